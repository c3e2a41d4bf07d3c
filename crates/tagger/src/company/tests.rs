use proptest::prelude::*;

use super::*;
use crate::RuleSpec;

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.into()).collect()
}

fn vendor(id: &str, rules: Vec<RuleSpec>) -> EntrySpec {
    EntrySpec {
        facet: Facet::Vendor,
        id: id.into(),
        label: id.into(),
        formerly: vec![],
        rules,
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    }
}

fn named(names: &[&str]) -> RuleSpec {
    RuleSpec { id: "name".into(), names: strings(names), ..RuleSpec::default() }
}

fn matcher() -> CompanyMatcher {
    let short = RuleSpec {
        id: "short".into(),
        needs: strings(&["genom*", "research"]),
        unless: strings(&["Barclays*"]),
        ..named(&["BGI"])
    };
    let bgi = RuleSpec {
        companies: strings(&["Forensic Genomics International"]),
        addresses: strings(&["Beishan Industrial Zone, Yantian"]),
        ..named(&["BGI Group", "BGI Genomics", "Beijing Genomics Institute", "华大基因"])
    };
    CompanyMatcher::build(&[
        vendor("huawei", vec![named(&["Huawei", "华为"])]),
        vendor("hmn", vec![named(&["Huawei Marine Networks"])]),
        vendor("zte", vec![named(&["ZTE"])]),
        vendor("bgi", vec![bgi, short]),
    ])
}

fn ids(of: &Designation<'_>) -> Vec<String> {
    matcher().tag(of).into_iter().map(|tag| tag.id).collect()
}

#[track_caller]
fn check(name: &str, country: &str, expected: &[&str]) {
    let of = Designation { names: vec![name], countries: vec![country], ..Designation::default() };
    assert_eq!(ids(&of), expected, "{name} ({country})");
}

#[test]
fn what_a_short_name_stands_beside_must_fit() {
    check("ZTE Corporation", "", &["zte"]);
    check("ZTE Deutschland GmbH", "DE", &["zte"]);
    check("ZTE Parsian", "Iran", &[]);
    check("ZTE Kangxun Telecom Co., Ltd.", "China", &["zte"]);
    check("BGI Tech Solutions (Hongkong) Co., Ltd.", "", &["bgi"]);
    check("Barclays BGI", "HK", &[]);
    check("Technologies Huawei Co", "", &["huawei"]);
    check("Huawei Marine Networks Co., Limited", "HK", &["hmn"]);
}

#[test]
fn an_alias_of_a_few_letters_does_not_outweigh_the_name() {
    let of = |name, alias| Designation {
        names: vec![name],
        aliases: vec![alias],
        countries: vec!["China"],
        ..Designation::default()
    };
    assert_eq!(ids(&of("Beijing Graphene Institute Co., Ltd", "BGI")), [""; 0]);
    assert_eq!(ids(&of("BGI Research", "BGI")), ["bgi"]);
    check("Beijing Graphene Institute (BGI)", "China", &[]);
}

#[test]
fn spans_are_the_words_of_the_fields() {
    let of = Designation {
        title: Some("Tongfang 华为 (Huawei)"),
        text: Some("BGI Genomics\nBldg 11, Beishan Industrial Zone, Yantian District"),
        names: vec!["Tongfang 华为 (Huawei)"],
        aliases: vec!["BGI Genomics"],
        ..Designation::default()
    };
    let tags = matcher().tag(&of);
    let spans: Vec<_> = tags.iter().flat_map(|t| &t.spans).map(|s| s.text.as_str()).collect();
    assert_eq!(spans, ["BGI Genomics", "华为", "Huawei"]);
    for span in tags.iter().flat_map(|t| &t.spans) {
        let field = of.field(span.field).unwrap();
        assert_eq!(&field[span.start as usize..span.end as usize], span.text);
    }
}

#[test]
fn an_address_decides_where_no_name_does() {
    let of = Designation {
        title: Some("Some Laboratory"),
        text: Some("Building 11, Beishan Industrial Zone, Yantian District, Shenzhen"),
        ..Designation::default()
    };
    let tags = matcher().tag(&of);
    assert_eq!(tags[0].rule, "bgi/company-address");
    assert_eq!(tags[0].spans[0].text, "Beishan Industrial Zone, Yantian");
}

#[test]
fn another_name_of_a_company_is_another_version_of_the_rules() {
    let version = |rule: RuleSpec| {
        let entry = vendor("bgi", vec![rule]);
        let (tagger, refused) = crate::Tagger::build(vec![entry.clone()]);
        assert_eq!(refused, []);
        let of = Designation { names: vec!["BGI Genomics"], ..Designation::default() };
        let tag = CompanyMatcher::build(&[entry]).tag(&of).remove(0);
        (tagger.version().to_owned(), tag.version)
    };
    let old = version(named(&["BGI Genomics"]));
    let companies = strings(&["Forensic Genomics International"]);
    let new = version(RuleSpec { companies, ..named(&["BGI Genomics"]) });
    assert_ne!(old.0, new.0);
    assert_ne!(old.1, new.1);
}

/// Pieces that names are made of, and pieces that nobody expects.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "Huawei",
        "华为",
        "ZTE",
        "B.G.I.",
        "BGI",
        "Genomics",
        "Co., Ltd.",
        "(",
        ")",
        "Šé",
        "Хуавеј",
    ];
    let known = prop::sample::select(known.to_vec()).prop_map(str::to_owned);
    prop_oneof![4 => known, 1 => any::<String>(), 1 => ".{0,8}"]
}

proptest! {
    #[test]
    fn any_text_is_read_and_spans_slice_it(
        title in prop::collection::vec(piece(), 0..6),
        lines in prop::collection::vec(prop::collection::vec(piece(), 0..5), 0..6),
    ) {
        let title = title.join(" ");
        let lines: Vec<String> = lines.iter().map(|line| line.join(" ")).collect();
        let text = lines.join("\n");
        let of = Designation { title: Some(&title), text: Some(&text), ..Designation::default() };
        let typed = Designation {
            aliases: lines.iter().map(String::as_str).collect(),
            names: vec![&title],
            ..of.clone()
        };
        for of in [&of, &typed] {
            for span in matcher().tag(of).iter().flat_map(|tag| &tag.spans) {
                let field = of.field(span.field).unwrap();
                prop_assert_eq!(&field[span.start as usize..span.end as usize], span.text.as_str());
            }
        }
    }

    #[test]
    fn the_order_of_aliases_does_not_matter(
        name in piece(),
        aliases in prop::collection::vec(prop::collection::vec(piece(), 1..4), 0..5),
    ) {
        let aliases: Vec<String> = aliases.iter().map(|alias| alias.join(" ")).collect();
        let mut of = Designation {
            names: vec![&name],
            aliases: aliases.iter().map(String::as_str).collect(),
            ..Designation::default()
        };
        let one = matcher().tag(&of);
        of.aliases.reverse();
        prop_assert_eq!(one, matcher().tag(&of));
    }
}
