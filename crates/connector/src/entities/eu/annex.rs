//! Annexes of EU regulations and decisions as rows: act, annex, measure, entry.

use model::Designation;

use crate::ParseError;
use crate::entities::Format;
use crate::entities::ledger::Ledger;
use crate::entities::source::rows::Table;
use crate::entities::tables::kind_of;
use crate::entities::word::{Order, country, country_at_the_end, full_date, slug, split_list};

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
    let derived = ledger.list == Format::EuAnnexCsv.default_list();
    table.each(ledger, &mut |ledger, row| {
        let act = row.cell(act);
        if let Some(act) = Act::of(act).filter(|_| derived) {
            ledger.list = format!("eu-{}-{}", act.number, act.year);
        }
        let kind = kind_of(row.cell(schema));
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
            entry.countries.extend(country_at_the_end(address, false).map(Into::into));
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
