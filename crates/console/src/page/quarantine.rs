//! `/quarantine`: what could not be read.

use model::Timestamp;
use store::Store;

use super::{Rows, document, line, table};
use crate::query::{self, QuarantineQuery};
use crate::rows::QuarantineRow;
use crate::{Error, Settings, lookup};

pub(crate) fn quarantine(
    store: &Store,
    settings: &Settings,
    now: Timestamp,
) -> Result<String, Error> {
    let rows = query::quarantine(store, &QuarantineQuery::all())?;
    Ok(render(&rows, settings, now))
}

fn render(rows: &[QuarantineRow], settings: &Settings, now: Timestamp) -> String {
    let mut body = String::from("<h1>What could not be read</h1>\n");
    line(
        &mut body,
        format_args!(
            "<p>Documents kept: {}, as of {now}. <code>stackwatch quarantine show ID</code> shows \
             one, <code>stackwatch quarantine retry</code> reads them again. \
             <a href=\"/\">Front page</a>, <a href=\"/api/quarantine\">as JSON</a></p>",
            rows.len()
        ),
    );
    let mut cells = Rows::default();
    for QuarantineRow { id, document: of } in rows {
        cells.add(|| {
            let source = lookup::source(&settings.sources, &of.source);
            let unread = match of.rejected {
                0 => "all of it".to_owned(),
                1 => "1 entry".to_owned(),
                entries => format!("{entries} entries"),
            };
            let kept = if of.is_whole() { "" } else { ", not whole" };
            vec![
                of.last.to_string(),
                source.map_or_else(|| of.source.to_string(), |source| source.name.to_string()),
                unread,
                of.reason.clone(),
                of.times.to_string(),
                format!("{} bytes{kept}", of.bytes),
                of.retried.map_or_else(|| "–".into(), |at| at.to_string()),
                id.to_string(),
            ]
        });
    }
    let header = ["last", "source", "unread", "why", "times", "size", "tried again", "id"];
    table(&mut body, "Documents", &header, &cells);
    document("stackwatch: what could not be read", &body)
}
