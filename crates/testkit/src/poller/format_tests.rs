use super::*;

fn only(text: &str) -> Scenario {
    let file: File = text.parse().unwrap();
    file.scenarios.into_iter().next().unwrap()
}

#[test]
fn what_people_write_is_read() {
    let scenario = only(
        r#"[{"id": 7, "note": "n", "server": {"status": "200", "times": "2", "color": "red",
            "headers": {"A": 5, "B": ["x", "y"], "C": null}, "body": null},
            "routes": {"/a": {"status": 404}}, "run_s": "60", "feeds": "3",
            "actions": {"do": "clock", "at_s": "9", "shift_s": -3}, "expect": []}]"#,
    );
    assert_eq!((scenario.id.as_str(), scenario.mistake), ("7", None));
    let answer = &scenario.server[0];
    assert_eq!((answer.status, answer.times), (Some(200), Some(2)));
    let headers: Vec<_> = answer.headers.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(headers, ["A=5", "B=x", "B=y"]);
    assert_eq!(scenario.routes["/a"][0].status, Some(404));
    assert!(matches!(scenario.feeds, Some(Feeds::Count(3))));
    assert_eq!((scenario.run_s, scenario.actions[0].shift_s), (Some(60.0), Some(-3.0)));
}

#[test]
fn headers_come_in_four_shapes() {
    for list in [
        r#"{"A": "1", "B": "2"}"#,
        r#"[["A", "1"], ["B", 2]]"#,
        r#"["A: 1", "B: 2"]"#,
        r#"[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]"#,
    ] {
        let read = headers(&serde_json::from_str(list).unwrap()).unwrap();
        assert_eq!(read, [("A".into(), "1".into()), ("B".into(), "2".into())], "{list}");
    }
}

#[test]
fn one_that_cannot_be_read_says_why_and_leaves_the_others_alone() {
    let file: File = r#"{"scenarios": [
        {"id": "a", "server": [{"special": "explode"}], "expect": []},
        {"id": "b", "server": [{"status": "fine"}], "expect": []},
        {"server": 5, "expect": []},
        7,
        {"id": "e", "server": [], "actions": [{"do": "restart"}], "expect": []},
        {"id": "f", "server": [{"status": 200}], "expect": [{"check": "no_crash"}]}
    ]}"#
    .parse()
    .unwrap();
    let mistakes: Vec<_> = file.scenarios.iter().map(|it| it.mistake.as_deref()).collect();
    assert_eq!(
        mistakes,
        [
            Some("the special answer `explode` is not known"),
            Some("\"fine\" is no status"),
            Some("an answer is no object"),
            Some("it is no object"),
            Some("an action has no time"),
            None,
        ]
    );
    assert_eq!(file.scenarios[2].id, "scenario-3");
}

#[test]
fn a_document_may_be_made() {
    let file: File = r#"{"bodies": {"a": "x", "b": {"base64": "AP8="},
        "c": {"prefix": "<", "repeat": "ab", "times": 3, "suffix": ">"}}, "scenarios": []}"#
        .parse()
        .unwrap();
    assert_eq!(file.bodies["a"], b"x");
    assert_eq!(file.bodies["b"], [0, 255]);
    assert_eq!(file.bodies["c"], b"<ababab>");
}
