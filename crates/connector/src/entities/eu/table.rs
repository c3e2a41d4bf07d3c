//! The financial sanctions file as CSV: many rows for one entity.

use std::collections::HashMap;

use model::Designation;

use super::kind;
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::rows::{Row, Table};
use crate::entities::word::{Order, country, full_date, is_null};

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
