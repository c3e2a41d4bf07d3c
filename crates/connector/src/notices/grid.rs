//! JSON behind the grids of three national portals: Serbia (`searchgrid`), Montenegro (CeJN) and
//! North Macedonia (ESJN). Only fields that were seen are read; contact persons are not among them.

use model::{Money, Notice, Party, PartyRole, Stage, Timestamp};
use serde_json::Value;

use super::{NoticeRules, ParsedNotices, country, json, words};
use crate::ParseError;

/// Whether an object with these keys is an answer of a grid.
pub(super) fn fits(has: impl Fn(&str) -> bool) -> bool {
    (has("data") && (has("totalCount") || has("recordsFiltered")))
        || (has("value") && has("totalCount"))
}

/// Reads one answer.
pub(super) fn read(text: &str, rules: &NoticeRules) -> Result<ParsedNotices, ParseError> {
    let documents = json::Documents::new(text)?;
    let mut parsed = ParsedNotices::new("grid");
    let mut found = false;
    for document in documents.split(text) {
        let damaged = |error: serde_json::Error| ParseError::Damaged { reason: error.to_string() };
        let value: Value = serde_json::from_str(document.get()).map_err(damaged)?;
        // Services of ASP.NET wrap their answers.
        let answer = json::get(&value, "d").filter(|inner| inner.is_object()).unwrap_or(&value);
        let rows = ["data", "value"].iter().find_map(|key| json::get(answer, key)?.as_array());
        let Some(rows) = rows else { continue };
        found = true;
        let total =
            ["totalCount", "recordsFiltered"].iter().find_map(|key| json::text(answer, key));
        parsed.total = total.and_then(|total| total.parse().ok()).or(parsed.total);
        for row in rows {
            let at = parsed.items.len() + parsed.skipped.len() + parsed.rejected as usize + 1;
            let place = format!("row {at}");
            match Portal::of(row) {
                None => parsed.skip(place, "its fields are of no portal that is known"),
                Some(portal) => match notice(row, portal, rules) {
                    Some(notice) => parsed.items.push(notice),
                    None => parsed.reject(place, "it has no id"),
                },
            }
        }
    }
    if found {
        return Ok(parsed);
    }
    let what = "JSON without the rows of a grid".into();
    Err(ParseError::OtherKind { wanted: "the grid of a portal", what })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Portal {
    Serbia,
    Montenegro,
    NorthMacedonia,
}

impl Portal {
    fn of(row: &Value) -> Option<Self> {
        let has = |key: &str| row.get(key).is_some();
        match () {
            () if has("ContractingInstitutionName") => Some(Self::NorthMacedonia),
            () if has("contractAuthority") => Some(Self::Montenegro),
            () if has("ReferenceNumber") || has("NoticePublishDate") || has("TenderId") => {
                Some(Self::Serbia)
            }
            () => None,
        }
    }

    fn country(self) -> &'static str {
        match self {
            Self::Serbia => "RS",
            Self::Montenegro => "ME",
            Self::NorthMacedonia => "MK",
        }
    }

    fn page(self, id: &str, procedure: Option<&str>) -> Option<String> {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain(id) {
            return None;
        }
        match self {
            Self::Serbia => Some(format!("https://jnportal.ujn.gov.rs/tender-eo/{id}")),
            Self::Montenegro => Some(format!("https://cejn.gov.me/tenders/view-tender/{id}")),
            Self::NorthMacedonia => procedure.filter(|kind| plain(kind)).map(|kind| {
                format!("https://e-nabavki.gov.mk/PublicAccess/home.aspx#/dossie/{id}/{kind}")
            }),
        }
    }
}

fn notice(row: &Value, portal: Portal, rules: &NoticeRules) -> Option<Notice> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| json::text(row, key));
    let id = text(&["Id", "id"]).as_deref().and_then(words::name)?;
    let mut notice = Notice::new(id.clone(), stage(row));
    // Rows of notices name their tender; rows of tenders are one.
    let tender = text(&["TenderId"]).as_deref().and_then(words::name).unwrap_or(id);
    notice.title = text(&["Name", "Subject", "title"]).as_deref().and_then(words::title);
    notice.reference = text(&["ReferenceNumber", "ProcessNumber"]).as_deref().and_then(words::name);
    let land = rules.country.clone().unwrap_or_else(|| portal.country().into());
    let buyer = text(&[
        "ContractingBody",
        "BusinessEntityName",
        "ContractingInstitutionName",
        "contractAuthority",
        "contractAuthority/name",
    ]);
    if let Some((name, id)) = buyer.as_deref().map(with_tax_number)
        && let Some(name) = words::name(name)
    {
        let country = Some(land.clone());
        words::party(&mut notice, Party { role: PartyRole::Buyer, name, id, country });
    }
    let time = |keys: &[&str]| text(keys).and_then(|text| instant(&text, &land));
    notice.published = time(&["NoticePublishDate", "AnnouncementDate", "publishDate"]);
    notice.deadline = time(&["SubmissionDeadline", "FinalDay"]);
    notice.nature = text(&["TypeContract", "GoodsWorksServices", "typeOfContractCaption"])
        .as_deref()
        .and_then(nature);
    let kind = text(&["ProcedureType"]);
    let procedure =
        text(&["EntityProcedureType", "typeOfProcedureCaption"]).or_else(|| kind.clone());
    notice.procedure = procedure.as_deref().and_then(words::name);
    for word in text(&["CPVExtended"]).unwrap_or_default().split(|c: char| !c.is_ascii_digit()) {
        words::add(&mut notice.cpv, words::cpv(word));
    }
    if let Some(amount) = json::amount(row, "EstimatedValue").filter(|_| portal == Portal::Serbia) {
        notice.set_value(None, Some(Money { amount, currency: Some("RSD".into()) }));
    }
    notice.places.extend(text(&["Nuts"]).as_deref().and_then(words::name));
    notice.url = portal.page(&tender, kind.as_deref()).as_deref().and_then(words::web);
    notice.procedure_id = Some(tender);
    notice.country = Some(land);
    Some(notice)
}

/// By the form that the Serbian portal names: Ф03 and Ф06 are awards, Ф14 is a change.
fn stage(row: &Value) -> Stage {
    let cells = row.as_object().into_iter().flat_map(serde_json::Map::values);
    let forms = cells.filter_map(Value::as_str).filter_map(|cell| {
        let digits = cell.trim().strip_prefix(['Ф', 'F'])?.get(..2)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    });
    for form in forms {
        match form.as_str() {
            "03" | "06" => return Stage::Award,
            "14" => return Stage::Corrigendum,
            _ => {}
        }
    }
    Stage::Notice
}

/// `Град Пример, ПИБ: 123456789`.
fn with_tax_number(text: &str) -> (&str, Option<String>) {
    for mark in ["ПИБ:", "PIB:"] {
        if let Some((name, number)) = text.split_once(mark) {
            let number: String = number.trim().chars().take_while(char::is_ascii_digit).collect();
            return (name.trim_end_matches([',', ' ']), (!number.is_empty()).then_some(number));
        }
    }
    (text, None)
}

fn nature(word: &str) -> Option<String> {
    let word = word.trim().to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|known| word.starts_with(known));
    let known = match () {
        () if begins(&["добра", "dobra", "rob", "стоки", "goods"]) => "goods",
        () if begins(&["услуг", "uslug", "services"]) => "services",
        () if begins(&["радов", "radov", "работи", "works"]) => "works",
        () => return None,
    };
    Some(known.to_owned())
}

/// RFC 3339, a day, or the `/Date(…)/` of ASP.NET; a time without an offset is of the country's clock.
fn instant(text: &str, land: &str) -> Option<Timestamp> {
    if let Some(rest) = text.strip_prefix("/Date(") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        return Timestamp::from_millis(rest[..digits].parse().ok()?).ok();
    }
    let time = words::instant(text)?;
    let clock = text.get(10..).unwrap_or_default();
    let zoned = clock.contains(['Z', '+']) || clock.contains('-');
    Some(if clock.contains(':') && !zoned { country::local_time(time, Some(land)) } else { time })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Notice {
        let mut parsed = read(text, &NoticeRules::default()).unwrap();
        assert_eq!((parsed.items.len(), parsed.rejected, parsed.skipped.len()), (1, 0, 0));
        parsed.items.remove(0)
    }

    #[test]
    fn a_row_of_each_portal_is_read() {
        let serbian =
            one(r#"{"data":[{"Id":7,"ReferenceNumber":"2026/S F02-1","Name":"Видео надзор",
            "ContractingBody":"Град Пример, ПИБ: 123456789","TypeContract":"добра",
            "ProcedureType":"Отворени поступак","EstimatedValue":1500000.5,"CPVExtended":
            "32323500-8 - Систем за видео-надзор","NoticePublishDate":"2026-10-01T09:30:00",
            "SubmissionDeadline":"2026-11-01T10:00:00"}],"totalCount":1}"#);
        assert_eq!(serbian.buyer.as_deref(), Some("Град Пример"));
        assert_eq!(serbian.parties[0].id.as_deref(), Some("123456789"));
        assert_eq!((serbian.value, serbian.currency.as_deref()), (Some(1_500_000.5), Some("RSD")));
        assert_eq!(serbian.cpv, ["32323500"]);
        assert_eq!(serbian.published.unwrap().to_string(), "2026-10-01T07:30:00Z");
        assert_eq!(serbian.url.as_deref(), Some("https://jnportal.ujn.gov.rs/tender-eo/7"));
        assert_eq!((serbian.nature.as_deref(), serbian.stage), (Some("goods"), Stage::Notice));

        let montenegrin = one(
            r#"{"value":[{"id":12,"title":"Nabavka servera","publishDate":"2026-10-02T00:00:00Z",
            "contractAuthority":"Opština Primjer","typeOfContractCaption":"Robe",
            "typeOfProcedureCaption":"Otvoreni postupak"}],"totalCount":1}"#,
        );
        assert_eq!((montenegrin.country.as_deref(), montenegrin.value), (Some("ME"), None));
        assert_eq!(montenegrin.url.as_deref(), Some("https://cejn.gov.me/tenders/view-tender/12"));
        assert_eq!(montenegrin.deadline, None);

        let macedonian = one(
            r#"{"d":{"recordsFiltered":1,"data":[{"Id":"a-1","ProcessNumber":"05/2026",
            "ContractingInstitutionName":"Општина Пример","Subject":"Мрежна опрема",
            "GoodsWorksServices":"Стоки","ProcedureType":3,"AnnouncementDate":"/Date(1790000000000)/",
            "FinalDay":"nobody knows"}]}}"#,
        );
        assert_eq!(macedonian.country.as_deref(), Some("MK"));
        assert_eq!(macedonian.published.unwrap().millis(), 1_790_000_000_000);
        assert_eq!((macedonian.deadline, macedonian.reference.as_deref()), (None, Some("05/2026")));
        assert!(macedonian.url.unwrap().ends_with("#/dossie/a-1/3"));
    }

    #[test]
    fn rows_of_others_are_told_and_forms_make_stages() {
        let parsed = read(r#"{"data":[{"x":1},{"TenderId":3},{"Id":4,"TenderId":3,"Form":"Ф03 - Обавештење о додели"}],"totalCount":3}"#, &NoticeRules::default()).unwrap();
        assert_eq!((parsed.items.len(), parsed.skipped.len(), parsed.rejected), (1, 1, 1));
        assert_eq!(
            (parsed.items[0].stage, parsed.items[0].procedure_id.as_deref()),
            (Stage::Award, Some("3"))
        );
        assert!(read(r#"{"data":{},"totalCount":0}"#, &NoticeRules::default()).is_err());
    }
}
