//! The CSV sets: names, aliases, addresses, continued remarks; no header, `-0-` for nothing, a
//! last byte 0x1A.

use std::collections::HashMap;

use csv::StringRecord;
use model::Designation;

use super::{kind, remarks};
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::Text;
use crate::entities::source::rows::each_row;
use crate::entities::word::{country, is_null, tidy};

/// Which of the four files, by the number of cells of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Names,
    Aliases,
    Addresses,
    Comments,
}

impl Kind {
    fn cells(self) -> usize {
        match self {
            Self::Names => 12,
            Self::Aliases => 5,
            Self::Addresses => 6,
            Self::Comments => 2,
        }
    }

    fn of(cells: usize) -> Option<Self> {
        let kinds = [Self::Names, Self::Aliases, Self::Addresses, Self::Comments];
        kinds.into_iter().find(|kind| kind.cells() == cells)
    }

    /// The cells hold what they hold in a file of this kind.
    fn fits(self, row: &StringRecord) -> bool {
        let word = |at: usize| row.get(at).unwrap_or_default().trim().to_lowercase();
        let number = |at: usize| word(at).parse::<u64>().is_ok() || is_null(&word(at));
        match self {
            Self::Names => {
                matches!(
                    word(2).as_str(),
                    "individual" | "entity" | "vessel" | "aircraft" | "-0-" | ""
                ) && !number(1)
            }
            Self::Aliases => {
                number(1) && matches!(word(2).as_str(), "aka" | "fka" | "nka" | "a.k.a." | "f.k.a.")
            }
            Self::Addresses => number(1) && !matches!(word(2).as_str(), "aka" | "fka" | "nka"),
            Self::Comments => !number(1),
        }
    }
}

/// The kind of a text, if its first rows are of such a file: a number first, and as many cells.
pub(crate) fn kind_of(text: &str) -> Option<Kind> {
    let mut scratch = Ledger::new("");
    let mut counts: HashMap<usize, (usize, usize)> = HashMap::new();
    let mut rows = 0;
    let head: String = text.split_inclusive('\n').take(40).collect();
    each_row(&head, b',', &mut scratch, &mut |_, row, _, _| {
        let number = row.get(0).is_some_and(|cell| cell.trim().parse::<u32>().is_ok());
        rows += 1;
        if let Some(kind) = Kind::of(row.len()).filter(|_| number) {
            let (count, fitting) = counts.entry(kind.cells()).or_default();
            *count += 1;
            *fitting += usize::from(kind.fits(row));
        }
    });
    let (cells, most) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
    let found = Kind::of(cells)?;
    // With a column more or less a file has as many cells as another one: what stands in them tells.
    let (count, fitting) = most;
    if fitting * 2 < count {
        return None;
    }
    // Two cells of which one is a number are written by many: the second must be prose.
    let enough = count * 2 > rows && (found != Kind::Comments || text.contains(';'));
    enough.then_some(found)
}

/// Reads the files of one set, in whatever order they come.
pub(crate) fn read(files: &[Text<'_>], ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut sorted: Vec<(Kind, &Text<'_>)> = Vec::new();
    for file in files {
        match kind_of(&file.text) {
            Some(kind) => sorted.push((kind, file)),
            None => ledger.problem(file.name, "left out: not a file of OFAC's set"),
        }
    }
    sorted.sort_by_key(|(kind, _)| *kind);
    if sorted.first().is_none_or(|(kind, _)| *kind != Kind::Names) {
        let reason = "aliases, addresses or comments without the file of names \
                      (SDN.CSV or CONS_PRIM.CSV): hand in the whole folder";
        return Err(ParseError::Damaged { reason: reason.into() });
    }
    for (kind, file) in [Kind::Aliases, Kind::Addresses].into_iter().filter_map(|kind| {
        let there = sorted.iter().any(|(known, _)| *known == kind);
        (!there).then_some((kind, "document"))
    }) {
        let what = if kind == Kind::Aliases { "aliases" } else { "addresses" };
        ledger.problem(file, format!("the set has no file of {what}"));
    }
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut notes: HashMap<String, String> = HashMap::new();
    for (kind, file) in sorted {
        each_row(&file.text, b',', ledger, &mut |ledger, row, line, end| {
            let at = format!("{} line {line}", file.name);
            if row.iter().all(|cell| cell.trim_matches([' ', '\u{1A}']).is_empty()) {
                return;
            }
            if end.is_cut(row.len() < kind.cells()) {
                return ledger.cut(at, "the file ends in the middle of a row");
            }
            let id = cell(row, 0);
            if row.len() != kind.cells() || id.parse::<u32>().is_err() {
                let reason = format!("the row has {} of {} cells", row.len(), kind.cells());
                return ledger.reject(at, reason);
            }
            if kind == Kind::Names {
                if let Some(index) = ledger.add(at, entry(row), &[]) {
                    notes.insert(id.clone(), cell(row, 11));
                    known.insert(id, index);
                }
                return;
            }
            let Some(index) = known.get(&id) else {
                return ledger.reject(at, format!("there is no entry {id}"));
            };
            ledger.join();
            match kind {
                Kind::Comments => {
                    // A long remark is cut in the middle of a word and goes on here.
                    notes.entry(id).or_default().push_str(row.get(1).unwrap_or_default());
                }
                Kind::Aliases => ledger.extend(*index, |item| item.aliases.push(cell(row, 3))),
                Kind::Addresses | Kind::Names => ledger.extend(*index, |item| {
                    let land = cell(row, 4);
                    let words = [cell(row, 2), cell(row, 3), land.clone()];
                    let words: Vec<&str> =
                        words.iter().map(String::as_str).filter(|w| !w.is_empty()).collect();
                    let place = words.len() > usize::from(!land.is_empty());
                    if place {
                        item.addresses.push(words.join(", "));
                    }
                    item.countries.extend(country(&land));
                }),
            }
        });
    }
    for (id, note) in notes {
        if let Some(index) = known.get(&id)
            && !note.is_empty()
        {
            ledger.extend(*index, |item| remarks::apply(item, &note));
        }
    }
    Ok(())
}

fn entry(row: &StringRecord) -> Designation {
    let programmes = cell(row, 3);
    Designation {
        entity_id: cell(row, 0),
        name: cell(row, 1),
        kind: kind(&cell(row, 2)),
        programmes: programmes
            .split("] [")
            .map(|word| word.trim_matches(['[', ']', ' ']).into())
            .collect(),
        countries: country(&cell(row, 9)).into_iter().collect(),
        ..Designation::default()
    }
}

/// A cell, or nothing where it says `-0-`.
fn cell(row: &StringRecord, at: usize) -> String {
    let text = tidy(row.get(at).unwrap_or_default());
    if is_null(&text) { String::new() } else { text }
}
