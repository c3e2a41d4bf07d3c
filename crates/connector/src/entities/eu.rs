//! The European Union: financial sanctions files (FSF) as XML and CSV, the feed that announces
//! them, and annexes of regulations as rows.

use std::collections::HashMap;

use model::Designation;

use super::ledger::Ledger;
use super::source::ended;
use super::source::rows::{Row, Table};
use super::source::xml::{Node, Seen, walk};
use super::word::{Order, alpha2, country, full_date, is_null, long_date, slug, split_list};
use crate::ParseError;

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

/// Reads the CSV file of any version: many rows for one entity, joined by its logical id.
pub(crate) fn csv(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| keys.iter().any(|key| key == "entitylogicalid");
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the table has no column `Entity_LogicalId`".into(),
    })?;
    let columns = Columns::of(&table)?;
    let mut drafts: Vec<(String, Designation)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut made = None;
    table.each(ledger, &mut |ledger, row| {
        let id = row.cell(columns.id).to_owned();
        if id.is_empty() {
            return ledger.reject(row.at(), "the row has no Entity_LogicalId");
        }
        made = made.take().or_else(|| full_date(row.cell(columns.made), Order::DayFirst));
        let index = *known.entry(id.clone()).or_insert(drafts.len());
        if index == drafts.len() {
            drafts.push((row.at(), columns.begin(&row, id)));
        } else {
            ledger.join();
        }
        columns.add(&row, &mut drafts[index].1);
    });
    ledger.published = made;
    for (at, entry) in drafts {
        let key = entry.name.clone();
        ledger.add(at, entry, &[&key]);
    }
    Ok(())
}

/// The columns of both versions of the file.
struct Columns {
    made: Option<usize>,
    id: Option<usize>,
    reference: Option<usize>,
    subject: [Option<usize>; 2],
    designated: Option<usize>,
    name: Option<usize>,
    parts: [Option<usize>; 3],
    programme: Option<usize>,
    title: Option<usize>,
    url: Option<usize>,
    force: [Option<usize>; 2],
    address: [Option<usize>; 6],
    land: [Option<usize>; 2],
    citizen: [Option<usize>; 2],
    number: Option<usize>,
    number_kind: Option<usize>,
    remark: Option<usize>,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ParseError> {
        let one = |keys: &[&str]| table.column(keys);
        Ok(Self {
            made: one(&["filegenerationdate"]),
            id: table.need(&["entitylogicalid"])?,
            reference: one(&["entityeureferencenumber", "eurefnum"]),
            subject: [
                one(&["entitysubjecttype", "subjecttype"]),
                one(&["entitysubjecttypeclassificationcode"]),
            ],
            designated: one(&["entitydesignationdate"]),
            name: table.need(&["namealiaswholename", "naalwholename"])?,
            parts: [
                one(&["namealiasfirstname", "naalfirstname"]),
                one(&["namealiasmiddlename", "naalmiddlename"]),
                one(&["namealiaslastname", "naallastname"]),
            ],
            programme: one(&["entityregulationprogramme", "entityprogramme", "programme"]),
            title: one(&["entityregulationnumbertitle", "lebanumtitle"]),
            url: one(&["entityregulationpublicationurl", "lebaurl"]),
            force: [
                one(&["entityregulationentryintoforcedate"]),
                one(&["entityregulationpublicationdate", "lebapublicationdate"]),
            ],
            address: [
                one(&["addressstreet", "addrstreet"]),
                one(&["addresspobox"]),
                one(&["addresszipcode", "addrzipcode"]),
                one(&["addresscity", "addrcity"]),
                one(&["addressregion"]),
                one(&["addressplace"]),
            ],
            land: [
                one(&["addresscountryiso2code", "addrcountry", "addresscountry"]),
                one(&["addresscountrydescription"]),
            ],
            citizen: [
                one(&["citizenshipcountryiso2code", "citicountry"]),
                one(&["citizenshipcountrydescription"]),
            ],
            number: one(&["identificationnumber", "idennumber"]),
            number_kind: one(&["identificationtypecode"]),
            remark: one(&["entityremark"]),
        })
    }

    fn begin(&self, row: &Row<'_>, id: String) -> Designation {
        let reference = row.cell(self.reference);
        Designation {
            entity_id: if reference.is_empty() { id } else { reference.to_owned() },
            kind: self.subject.into_iter().find_map(|column| kind(row.cell(column))),
            listed: full_date(row.cell(self.designated), Order::DayFirst),
            remarks: Some(row.cell(self.remark).to_owned()),
            ..Designation::default()
        }
    }

    fn add(&self, row: &Row<'_>, entry: &mut Designation) {
        let mut name = row.cell(self.name).to_owned();
        if name.is_empty() {
            let words = self.parts.iter().map(|part| row.cell(*part));
            name = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        }
        if entry.name.is_empty() {
            entry.name = name;
        } else if name != entry.name && !entry.aliases.contains(&name) {
            entry.aliases.push(name);
        }
        let push = |values: &mut Vec<String>, value: String| {
            if !value.is_empty() && !values.contains(&value) {
                values.push(value);
            }
        };
        push(&mut entry.programmes, row.cell(self.programme).into());
        push(&mut entry.citations, row.cell(self.title).into());
        let words = self.address.iter().map(|part| row.cell(*part)).filter(|word| !is_null(word));
        let mut words: Vec<&str> = words.collect();
        if !words.is_empty() {
            words.extend(Some(row.cell(self.land[1])).filter(|land| country(land).is_some()));
            push(&mut entry.addresses, words.join(", "));
        }
        for columns in [self.land, self.citizen] {
            let known = columns.iter().find_map(|column| country(row.cell(*column)));
            push(&mut entry.countries, known.unwrap_or_default());
        }
        if entry.kind.as_deref() != Some("individual") && !row.cell(self.number).is_empty() {
            let number = format!("{} {}", row.cell(self.number_kind), row.cell(self.number));
            push(&mut entry.identifiers, number);
        }
        if entry.kind.as_deref() == Some("individual") {
            entry.remarks = None;
        }
        if entry.listed.is_none() {
            let dates =
                self.force.iter().map(|column| full_date(row.cell(*column), Order::DayFirst));
            entry.listed = dates.flatten().next();
        }
        if entry.source_url.is_none() && !row.cell(self.url).is_empty() {
            entry.source_url = Some(row.cell(self.url).into());
        }
    }
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

/// Reads annexes of regulations as rows: act, annex, measure, entry.
pub(crate) fn annexes(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| keys.iter().any(|key| key == "annex");
    let table = Table::open(text, None, &header)
        .ok_or_else(|| ParseError::Damaged { reason: "the table has no column `annex`".into() })?;
    let column = |keys: &[&str]| table.column(keys);
    let act = table.need(&["amendedcelex", "celex"])?;
    let amendment = column(&["amendmentcelex"]);
    let (record, annex, name) =
        (column(&["recordid"]), table.need(&["annex"])?, table.need(&["name"])?);
    let (key, measure) = (column(&["programkey"]), column(&["measure"]));
    let (start, end) = (column(&["startdate"]), column(&["enddate"]));
    let aliases = ["alias", "weakalias", "previousname"].map(|key| column(&[key]));
    let lands = ["country", "nationality", "jurisdiction", "flag"].map(|key| column(&[key]));
    let (schema, address) = (column(&["schema"]), column(&["address"]));
    let (reason, notes) = (column(&["reason"]), column(&["notes"]));
    let ids = ["imonumber", "registrationnumber", "taxnumber", "idnumber", "leicode"]
        .map(|key| column(&[key]));
    let derived = ledger.list == super::Format::EuAnnexCsv.default_list();
    table.each(ledger, &mut |ledger, row| {
        let act = row.cell(act);
        if let Some(act) = Act::of(act).filter(|_| derived) {
            ledger.list = format!("eu-{}-{}", act.number, act.year);
        }
        let kind = super::tables::kind_of(row.cell(schema));
        let person = kind.as_deref() == Some("individual");
        let number = row.cell(record);
        let annex = row.cell(annex);
        let mut entry = Designation {
            list: ledger.sub(&format!("annex {annex}")),
            entity_id: if number.is_empty() {
                String::new()
            } else {
                format!("{}-{number}", slug(annex, 20))
            },
            name: row.cell(name).to_owned(),
            kind,
            programmes: vec![row.cell(key).into(), row.cell(measure).into()],
            listed: full_date(row.cell(start), Order::DayFirst),
            removed: full_date(row.cell(end), Order::DayFirst),
            remarks: Some([row.cell(reason), row.cell(notes)].join(" ")),
            ..Designation::default()
        };
        for column in aliases {
            entry.aliases.append(&mut split_list(row.cell(column), &[';']));
        }
        for column in lands {
            let words = split_list(row.cell(column), &[';']);
            entry.countries.extend(words.iter().filter_map(|word| country(word)));
        }
        entry.addresses = split_list(row.cell(address), &[';']);
        for address in &entry.addresses {
            entry.countries.extend(super::word::country_at_the_end(address, false).map(Into::into));
        }
        for id in ids.iter().filter(|_| !person) {
            entry.identifiers.append(&mut split_list(row.cell(*id), &[';']));
        }
        for celex in [act, row.cell(amendment)] {
            entry.citations.extend(Act::of(celex).map(|act| act.citation()));
        }
        if !act.is_empty() {
            let uri = format!("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{act}");
            entry.source_url = Some(uri);
        }
        let key = [
            entry.list.clone(),
            entry.name.clone(),
            entry.identifiers.first().cloned().unwrap_or_default(),
        ];
        ledger.add(row.at(), entry, &[&key[0], &key[1], &key[2]]);
    });
    Ok(())
}

/// An act by its CELEX number: `32014R0833` is Regulation 833 of 2014.
struct Act {
    decision: bool,
    number: u32,
    year: u32,
}

impl Act {
    fn of(celex: &str) -> Option<Self> {
        let rest = celex.trim().strip_prefix('3')?;
        let (year, rest) = rest.split_at_checked(4)?;
        let (kind, number) = rest.split_at_checked(1)?;
        let decision = match kind {
            "R" => false,
            "D" => true,
            _ => return None,
        };
        // `32014R0833(01)` is a corrigendum.
        let number = number.split('(').next()?.parse().ok()?;
        Some(Self { decision, number, year: year.parse().ok()? })
    }

    fn citation(&self) -> String {
        let Self { number, year, .. } = self;
        match (self.decision, year) {
            (true, ..2015) => format!("Decision {year}/{number}/CFSP"),
            (true, _) => format!("Decision (CFSP) {year}/{number}"),
            (false, ..2009) => format!("Regulation (EC) No {number}/{year}"),
            (false, 2009..2015) => format!("Regulation (EU) No {number}/{year}"),
            (false, _) => format!("Regulation (EU) {year}/{number}"),
        }
    }
}
