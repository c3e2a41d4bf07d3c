//! OFAC's remarks: a small format of its own in one cell.

use model::Designation;

use crate::entities::word::{Order, country, full_date};

/// Takes from the remarks what has a place in the entry: weak aliases in quotes, dates of listing,
/// nationality, website, numbers of companies. Of persons nothing else is kept.
pub(super) fn apply(entry: &mut Designation, remarks: &str) {
    let person = entry.kind.as_deref() == Some("individual");
    for part in remarks.split(';').map(|part| part.trim().trim_end_matches('.')) {
        let lower = part.to_lowercase();
        if ["a.k.a.", "f.k.a.", "n.k.a.", "alt. a.k.a."].iter().any(|mark| lower.starts_with(mark))
        {
            let name = part.split_once('\'').map(|(_, rest)| rest.trim_end_matches('\''));
            entry.aliases.extend(name.map(Into::into));
        } else if lower.starts_with("listing date") {
            let date = full_date(after(part), Order::DayFirst);
            // Several programmes have a date each: the entry stands there since the first.
            entry.listed = [entry.listed.take(), date].into_iter().flatten().min();
        } else if lower.starts_with("nationality ") {
            let word = part.split_once(' ').map_or("", |(_, word)| word);
            entry.countries.extend(country(word));
        } else if !person
            && (part.contains(" No. ") || part.contains("(USCC)") || lower.contains("number "))
        {
            entry.identifiers.push(part.to_owned());
        }
    }
    if !person {
        entry.remarks = Some(remarks.to_owned());
    }
}

/// What stands after `Listing Date (CMIC)`, with or without a colon.
fn after(part: &str) -> &str {
    part.rsplit([')', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_hold_aliases_dates_and_numbers() {
        let mut entry = Designation { kind: Some("entity".into()), ..Designation::default() };
        apply(
            &mut entry,
            "Listing Date (CMIC): 03 Jun 2021; Effective Date (CMIC): 02 Aug 2021; Unified Social \
             Credit Code (USCC) 91X; Listing Date (EO 1): 01 Feb 2020; a.k.a. 'ACME'; a.k.a. 'O'NEIL'.",
        );
        assert_eq!(entry.aliases, ["ACME", "O'NEIL"]);
        assert_eq!(entry.listed.as_deref(), Some("2020-02-01"));
        assert_eq!(entry.identifiers, ["Unified Social Credit Code (USCC) 91X"]);
    }

    #[test]
    fn of_persons_neither_birth_dates_nor_passports_are_kept() {
        let mut entry = Designation { kind: Some("individual".into()), ..Designation::default() };
        apply(&mut entry, "DOB 1962; Passport No. 123; nationality Cuba; a.k.a. 'EL X'.");
        assert_eq!((entry.remarks, entry.identifiers), (None, vec![]));
        assert_eq!((entry.countries, entry.aliases), (vec!["CU".into()], vec!["EL X".to_owned()]));
    }
}
