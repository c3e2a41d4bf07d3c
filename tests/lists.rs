//! Entity lists and procurement portals through the whole program.

use serde_json::{Value, json};
use testkit::{Daemon, Origin};

use crate::{delivered, installation, rows, stderr, stdout};

fn list(names: &[&str]) -> String {
    let mut csv = String::from("id,name,alt_names,address,country,listed\n");
    for n in 0..60 {
        csv.push_str(&format!("o{n},Other Works {n},,{n} Example Road,CN,2020-01-01\n"));
    }
    for name in names {
        let id = name.to_lowercase().replace(' ', "-");
        csv.push_str(&format!("{id},{name},,1 Example Road,CN,2026-02-01\n"));
    }
    csv
}

fn with_list(origin: &Origin) -> Daemon {
    let source = format!(
        "[source.us-list]\nname = \"A list\"\nentities.url = \"{}\"\nentities.list = \"us-el\"\n\
         entities.columns = {{ id = \"id\", name = \"name\", address = \"address\", \
         country = \"country\", listed = \"listed\" }}\nentities.rows = [50, 500]\n\
         every = \"1h\"\ncategory = \"entity-list\"\nterms = \"ok\"\nlicence = \"public domain\"\n",
        origin.url("/list.csv")
    );
    installation().file("config/sources/lists.toml", &source)
}

#[test]
fn a_list_is_state_its_changes_are_told_and_its_collapse_is_not_believed() {
    let origin = Origin::start();
    origin.serve("/list.csv", list(&["Huawei Works"]));
    let daemon = with_list(&origin);
    let first = daemon.run_once();
    assert!(first.status.success(), "{}", stderr(&first));
    let listing = &rows(&daemon.command(&["items", "--vendor", "huawei", "--json"]))[0];
    assert_eq!(listing["kind"], "listing");
    assert_eq!(listing["listing"]["entity_id"], "huawei-works");
    assert_eq!(listing["listing"]["change"], "listed");
    assert_eq!(listing["listing"]["listed"], "2026-02-01");
    assert_eq!(delivered(&daemon).len(), 0, "a first download is held");

    origin.serve("/list.csv", list(&["Huawei Works", "Huawei Mills", "Huawei Yards"]));
    daemon.run_once();
    let told = delivered(&daemon);
    assert_eq!(told.len(), 1, "one alert for the vendor: {told:?}");
    assert!(told[0]["title"].as_str().unwrap().starts_with("Added to the list: Huawei"));
    assert_eq!(told[0]["further"].as_array().unwrap().len(), 1);

    let vendor = &rows(&daemon.command(&["vendor", "show", "huawei", "--json"]))[0];
    assert_eq!(vendor["listings"].as_array().unwrap().len(), 3);
    assert_eq!(vendor["listings"][0]["licence"], "public domain");
    assert!(stdout(&daemon.command(&["vendor", "show", "huawei"])).contains("us-el"));

    let collapsed = list(&[]).lines().take(30).collect::<Vec<_>>().join("\n");
    for bad in [collapsed.as_str(), "<html><body>Sign in</body></html>"] {
        origin.serve("/list.csv", bad);
        let run = daemon.run_once();
        assert_eq!(run.status.code(), Some(1), "{}", stdout(&run));
        assert!(stdout(&run).contains("not watched: us-list"), "{}", stdout(&run));
    }
    let vendor = &rows(&daemon.command(&["vendor", "show", "huawei", "--json"]))[0];
    let gone = |row: &Value| row["gone"] == true;
    assert!(!vendor["listings"].as_array().unwrap().iter().any(gone), "the last good state stands");

    origin.serve("/list.csv", collapsed);
    assert!(daemon.command(&["source", "accept", "us-list"]).status.success());
    assert!(daemon.run_once().status.success());
    let vendor = &rows(&daemon.command(&["vendor", "show", "huawei", "--json"]))[0];
    assert!(vendor["listings"].as_array().unwrap().iter().all(gone), "an operator knew better");
    assert_eq!(delivered(&daemon).len(), 2, "removed: one alert for the three");
    assert!(daemon.command(&["store", "verify"]).status.success());
}

fn release(id: &str, tag: &str, date: &str, award: Option<&str>) -> Value {
    let mut release = json!({
        "ocid": "ocds-test-1", "id": id, "date": date, "tag": [tag], "language": "sr",
        "buyer": { "name": "Grad Primer" },
        "tender": {
            "id": "t1", "title": "Nabavka sistema za video-nadzor",
            "items": [{ "id": "1", "classification": { "scheme": "CPV", "id": "32323500" } }],
        },
    });
    if let Some(supplier) = award {
        release["awards"] = json!([{
            "id": "a1", "status": "active", "value": { "amount": 1200, "currency": "EUR" },
            "suppliers": [{ "name": supplier }],
        }]);
    }
    release
}

#[test]
fn a_tender_becomes_an_award_and_stays_one_item() {
    let origin = Origin::start();
    let package = |releases: Vec<Value>| {
        json!({ "version": "1.1", "publisher": { "name": "P" }, "publishedDate": "2026-02-01T00:00:00Z",
                "uri": "https://p.example/1", "releases": releases })
        .to_string()
    };
    let call = release("1", "tender", "2026-02-01T00:00:00Z", None);
    origin.serve("/ocds.json", package(vec![call.clone()]));
    let source = format!(
        "[source.portal]\nname = \"Portal\"\nnotices.url = \"{}\"\nnotices.format = \"ocds\"\n\
         notices.country = \"RS\"\nevery = \"1h\"\ncategory = \"procurement\"\nterms = \"ok\"\n",
        origin.url("/ocds.json")
    );
    let layer = "[layer.device]\nlabel = \"Devices\"\nwords = [\"skener*\"]\ncpv = [\"32323\"]\n";
    let daemon = installation()
        .file("config/sources/portal.toml", &source)
        .file("watchlists/layers.toml", layer);
    let first = daemon.run_once();
    assert!(first.status.success(), "{}{}", stdout(&first), stderr(&first));
    let item = &rows(&daemon.command(&["items", "--kind", "notice", "--json"]))[0];
    assert_eq!(item["notice"]["stage"], "notice");
    assert_eq!(item["notice"]["buyer"], "Grad Primer");
    let layers = item["tags"].as_array().unwrap().iter().filter(|tag| tag["facet"] == "layer");
    assert!(
        layers.clone().any(|tag| tag["rule"] == "device/cpv"),
        "{:?}",
        layers.collect::<Vec<_>>()
    );

    let award = release("2", "award", "2026-02-20T00:00:00Z", Some("Huawei Technologies d.o.o."));
    origin.serve("/ocds.json", package(vec![call, award]));
    assert!(daemon.run_once().status.success());
    let items = rows(&daemon.command(&["items", "--kind", "notice", "--json"]));
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["revision"], 1);
    assert_eq!(items[0]["notice"]["suppliers"], json!(["Huawei Technologies d.o.o."]));
    assert_eq!(items[0]["notice"]["value"], 1200.0);
    let vendor = &rows(&daemon.command(&["vendor", "show", "huawei", "--json"]))[0];
    assert_eq!(vendor["notices"][0]["supplies"], true);
    assert!(daemon.command(&["store", "verify"]).status.success());
}

#[test]
fn restricted_data_never_runs_by_itself() {
    let source = "[source.x]\nname = \"X\"\nentities.url = \"https://x.example/list.csv\"\n\
                  entities.format = \"table\"\nterms = \"restricted\"\n";
    let daemon = installation().file("config/sources/x.toml", source);
    let check = daemon.command(&["check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(stdout(&check).contains("restricted"), "{}", stdout(&check));
    let accepted = format!("{source}terms_accepted = \"editor in chief, 2026-02-01: own use\"\n");
    daemon.write("config/sources/x.toml", &accepted);
    assert!(daemon.command(&["check"]).status.success());
}

#[test]
fn a_file_that_is_brought_by_hand_is_stored_like_an_answer_and_a_bad_one_is_refused() {
    let source = "[source.portal]\nnotices.url = \"https://p.example/\"\nnotices.format = \"ocds\"\n\
                  terms = \"ok\"\noff = \"no interface: exported by hand\"\n\
                  [source.us-list]\nentities.url = \"https://l.example/list.csv\"\n\
                  entities.list = \"us-el\"\nterms = \"ok\"\noff = \"by hand\"\n";
    let daemon = installation().file("config/sources/hand.toml", source);
    let package = |releases: Vec<Value>| {
        json!({ "version": "1.1", "publisher": { "name": "P" }, "uri": "https://p.example/1",
                "publishedDate": "2026-02-01T00:00:00Z", "releases": releases })
        .to_string()
    };
    let call = release("1", "tender", "2026-02-01T00:00:00Z", None);
    daemon.write("one.json", &package(vec![call.clone()]));
    let file = daemon.path("one.json").display().to_string();
    let first = rows(&daemon.command(&["source", "import-file", "portal", &file, "--json"]));
    assert_eq!(first[0]["counts"]["new"], 1);
    let award = release("2", "award", "2026-02-20T00:00:00Z", Some("Huawei Technologies d.o.o."));
    daemon.write("two.json", &package(vec![award, call]));
    let file = daemon.path("two.json").display().to_string();
    let second = daemon.command(&["source", "import-file", "portal", &file]);
    assert!(stdout(&second).contains("0 new, 1 revised, 1 unchanged"), "{}", stdout(&second));

    daemon.write("lists/list.csv", &list(&["Huawei Works"]));
    let folder = daemon.path("lists").display().to_string();
    let listed = rows(&daemon.command(&["source", "import-file", "us-list", &folder, "--json"]));
    assert_eq!(listed[0]["counts"]["new"], 61);
    let short = list(&[]).lines().take(30).collect::<Vec<_>>().join("\n");
    daemon.write("lists/list.csv", &short);
    let refused = daemon.command(&["source", "import-file", "us-list", &folder]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(stderr(&refused).contains("stackwatch source accept"), "{}", stderr(&refused));
    let nothing = daemon.command(&["source", "import-file", "us-list", "/nowhere"]);
    assert!(stderr(&nothing).contains("/nowhere"), "{}", stderr(&nothing));
}
