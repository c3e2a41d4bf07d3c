//! `[digest.ID]`: the scheduled summaries.

use model::DigestId;
use pipeline::{DigestFormat, DigestSettings, Weekday};

use crate::criteria::{self, Names};
use crate::groups::{Entry, Groups};
use crate::sources::checked_id;
use crate::table::{Placed, Table, not_blank};
use crate::value::{one_of, time_of_day};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];
const FORMATS: [(&str, DigestFormat); 3] =
    [("html", DigestFormat::Html), ("md", DigestFormat::Markdown), ("json", DigestFormat::Json)];

/// Reads every digest, in the order of ids.
pub(crate) fn read(groups: &mut Groups<'_>, names: &Names) -> Vec<DigestSettings> {
    let mut digests = Vec::new();
    for Entry { id, mut table } in groups.take("digest") {
        let place = table.here.clone();
        let id = checked_id::<DigestId>(&place, "digest", &id);
        let label = table.placed("label", not_blank).map(|label| label.value);
        let at = table.required("at", "\"07:00\"", time_of_day);
        let days = words(&mut table, "days", &DAYS);
        let when = criteria::read(&mut table, "when", names);
        let unless = criteria::read(&mut table, "unless", names);
        if !when.health.is_empty() || !unless.health.is_empty() {
            place.bare_problem(
                "a digest tells of every source that is not read as it should be: `health` chooses \
                 nothing here",
            );
        }
        let to = criteria::channels(&mut table, names);
        let formats = words(&mut table, "formats", &FORMATS);
        table.finish();
        let Some((id, at)) = id.zip(at) else { continue };
        digests.push(DigestSettings {
            label: label.unwrap_or_else(|| id.to_string()),
            id,
            at: at.value,
            days: days.unwrap_or_else(|| DAYS.map(|(_, day)| day).to_vec()),
            when,
            unless,
            to,
            formats: formats.unwrap_or_else(|| vec![DigestFormat::Html, DigestFormat::Markdown]),
        });
    }
    digests
}

/// A list of known words, each once; `None` when it is not there.
fn words<T: Copy + PartialEq>(
    table: &mut Table<'_>,
    key: &'static str,
    known: &'static [(&'static str, T)],
) -> Option<Vec<T>> {
    let value = table.take(key)?;
    if value.is_empty_list() {
        value.here.problem("is empty: leave the key out for the default");
        return None;
    }
    let mut words = Vec::new();
    for text in value.texts() {
        let Some(Placed { here, value }) = text.check(one_of(known)) else { continue };
        if words.contains(&value) {
            here.problem("is there twice");
        } else {
            words.push(value);
        }
    }
    Some(words)
}
