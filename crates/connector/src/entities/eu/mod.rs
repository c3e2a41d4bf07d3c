//! The European Union: financial sanctions files (FSF) as XML and CSV, the feed that announces
//! them, and annexes of regulations as rows.

mod annex;
mod table;

use model::Designation;

use super::ledger::Ledger;
use super::source::ended;
use super::source::xml::{Node, Seen, walk};
use super::word::{Order, alpha2, country, full_date, is_null, long_date};
use crate::ParseError;

pub(crate) use self::annex::annexes;
pub(crate) use self::table::csv;

/// Reads the XML file of any version of the schema.
pub(crate) fn xml(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let end = walk(text, &[], &["sanctionEntity"], &mut |seen| match seen {
        Seen::Open(root) => {
            ledger.published = full_date(root.attr("generationDate"), Order::DayFirst);
            ledger.version = Some(root.attr("globalFileId").to_owned()).filter(|id| !id.is_empty());
        }
        Seen::Record(node) => {
            let entry = entity(&node);
            let at = format!("sanctionEntity {}", entry.entity_id);
            let key = [node.attr("logicalId").to_owned(), entry.name.clone()];
            ledger.add(at, entry, &[&key[0], &key[1]]);
        }
    });
    ended(end, ledger)
}

fn entity(node: &Node) -> Designation {
    let id = [node.attr("euReferenceNumber"), node.attr("logicalId")];
    let subject = node.child("subjectType");
    let code = subject.map_or("", |subject| subject.attr("code"));
    let class = subject.map_or("", |subject| subject.attr("classificationCode"));
    let kind = [code, class, node.attr("subjectType")].into_iter().find_map(kind);
    let mut entry = Designation {
        entity_id: id.into_iter().find(|id| !id.is_empty()).unwrap_or_default().into(),
        kind,
        listed: full_date(node.attr("designationDate"), Order::DayFirst),
        ..Designation::default()
    };
    let names: Vec<(&Node, String)> = node.all("nameAlias").map(|n| (n, whole_name(n))).collect();
    let plain = |name: &Node| matches!(name.attr("nameLanguage"), "" | "EN" | "en");
    let strong = |name: &Node| name.attr("strong") != "false";
    let filled = |text: &str| !text.is_empty();
    let first = names.iter().position(|(n, text)| strong(n) && plain(n) && filled(text));
    let first = first
        .or_else(|| names.iter().position(|(n, text)| strong(n) && filled(text)))
        .or_else(|| names.iter().position(|(_, text)| filled(text)));
    for (at, (_, text)) in names.iter().enumerate() {
        if Some(at) == first {
            entry.name.clone_from(text);
        } else {
            entry.aliases.push(text.clone());
        }
    }
    for regulation in node.all("regulation") {
        entry.programmes.push(regulation.attr("programme").to_owned());
        entry.citations.push(regulation.attr("numberTitle").to_owned());
        if entry.listed.is_none() {
            entry.listed = full_date(regulation.attr("entryIntoForceDate"), Order::DayFirst)
                .or_else(|| full_date(regulation.attr("publicationDate"), Order::DayFirst));
        }
        if entry.source_url.is_none() {
            entry.source_url =
                Some(regulation.value("publicationUrl")).filter(|url| !url.is_empty());
        }
    }
    for address in node.all("address") {
        let land = address.attr("countryDescription");
        let words =
            ["street", "poBox", "zipCode", "city", "region", "place"].map(|key| address.attr(key));
        let mut words: Vec<&str> = words.into_iter().filter(|word| !is_null(word)).collect();
        if !words.is_empty() {
            words.extend(Some(land).filter(|land| country(land).is_some()));
            entry.addresses.push(words.join(", "));
        }
        entry.countries.extend(land_of(address));
    }
    entry.countries.extend(node.all("citizenship").filter_map(land_of));
    if entry.kind.as_deref() != Some("individual") {
        entry.remarks = Some(node.values("remark").join("; "));
        for id in node.all("identification") {
            entry.identifiers.push(format!(
                "{} {}",
                id.attr("identificationTypeCode"),
                id.attr("number")
            ));
        }
    }
    entry
}

fn whole_name(name: &Node) -> String {
    let whole = name.attr("wholeName");
    if !whole.is_empty() {
        return whole.to_owned();
    }
    let words = ["firstName", "middleName", "lastName"].map(|key| name.attr(key));
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn land_of(node: &Node) -> Option<String> {
    let code = node.attr("countryIso2Code");
    let known = alpha2(code).map(Into::into);
    known.or_else(|| country(node.attr("countryDescription"))).or_else(|| country(code))
}

fn kind(word: &str) -> Option<String> {
    Some(match word.trim().to_lowercase().as_str() {
        "person" | "p" => "individual".into(),
        "enterprise" | "e" | "entity" => "entity".into(),
        "vessel" | "ship" => "vessel".into(),
        _ => return None,
    })
}

/// Reads the feed: it lists files, not parties. The XML of the newest schema is where to go on,
/// its checksum is the version.
pub(crate) fn rss(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut best: Option<(u8, String, Option<String>)> = None;
    let end = walk(text, &[], &["item", "lastBuildDate"], &mut |seen| {
        let Seen::Record(node) = seen else { return };
        if node.name != "item" {
            ledger.published = long_date(&node.text());
            return;
        }
        let (title, link) = (node.value("title"), node.value("link"));
        ledger.skip(format!("item `{title}`"), "announces a file");
        let rank = match title.to_lowercase() {
            title if title.contains("xml") && title.contains("1.1") => 4,
            title if title.contains("xml") => 3,
            title if title.contains("csv") && title.contains("1.1") => 2,
            title if title.contains("csv") => 1,
            _ => 0,
        };
        let guid = node.value("guid");
        let checksum = guid
            .split_once("checksum=")
            .map(|(_, rest)| rest.split('&').next().unwrap_or_default().to_owned());
        if best.as_ref().is_none_or(|(known, ..)| rank > *known) {
            best = Some((rank, link, checksum));
        }
    });
    ended(end, ledger)?;
    if let Some((_, link, checksum)) = best {
        ledger.next = Some(link).filter(|link| !link.is_empty());
        ledger.version = checksum;
    }
    Ok(())
}
