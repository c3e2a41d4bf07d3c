//! Where a notice stands in the life of its procedure.

use model::Stage;

use super::super::ParsedNotices;
use super::{Notice, Sections, line};

/// The stage of each document type (`TD_DOCUMENT_TYPE@CODE`, the TED code list "Type of document").
#[rustfmt::skip]
const DOCUMENTS: &[(&str, Stage)] = &[
    ("0", Stage::Planning),     // Prior information notice without call for competition
    ("1", Stage::Corrigendum),  // Corrigenda
    ("2", Stage::Corrigendum),  // Additional information
    ("3", Stage::Notice),       // Contract notice
    ("4", Stage::Notice),       // Prequalification notices
    ("5", Stage::Notice),       // Request for proposals
    ("6", Stage::Planning),     // General information
    ("7", Stage::Award),        // Contract award notice
    ("8", Stage::Notice),       // Other
    ("9", Stage::Notice),       // Not applicable
    ("A", Stage::Notice),       // Prior information notice with call for competition
    ("B", Stage::Planning),     // Buyer profile
    ("C", Stage::Notice),       // Public works concession
    ("D", Stage::Notice),       // Design contest
    ("E", Stage::Notice),       // Works contracts awarded by the concessionnaire
    ("F", Stage::Notice),       // Subcontract notice
    ("G", Stage::Notice),       // European economic interest grouping
    ("H", Stage::Notice),       // Concession notice
    ("I", Stage::Notice),       // Call for expressions of interest
    ("J", Stage::Award),        // Concession award notice
    ("K", Stage::Modification), // Modification of a contract/concession during its term
    ("M", Stage::Notice),       // Periodic indicative notice with call for competition
    ("O", Stage::Notice),       // Qualification system with call for competition
    ("P", Stage::Planning),     // Periodic indicative notice without call for competition
    ("Q", Stage::Notice),       // Qualification system without call for competition
    ("R", Stage::Award),        // Results of design contests
    ("S", Stage::Notice),       // European company
    ("V", Stage::Award),        // Voluntary ex ante transparency notice
    ("Y", Stage::Notice),       // Dynamic purchasing system
];

/// The stage of each standard form, where the document type is missing.
#[rustfmt::skip]
const FORMS: &[(&str, Stage)] = &[
    ("F01", Stage::Planning), ("F02", Stage::Notice), ("F03", Stage::Award), ("F04", Stage::Planning),
    ("F05", Stage::Notice), ("F06", Stage::Award), ("F07", Stage::Notice), ("F08", Stage::Planning),
    ("F12", Stage::Notice), ("F13", Stage::Award), ("F14", Stage::Corrigendum), ("F15", Stage::Award),
    ("F16", Stage::Planning), ("F17", Stage::Notice), ("F18", Stage::Award), ("F19", Stage::Notice),
    ("F20", Stage::Modification), ("F21", Stage::Notice), ("F22", Stage::Notice), ("F23", Stage::Notice),
    ("F24", Stage::Notice), ("F25", Stage::Award), ("T01", Stage::Planning), ("T02", Stage::Award),
];

pub(super) fn of(sections: &Sections<'_>, parsed: &mut ParsedNotices) -> Stage {
    let document = sections.codes.and_then(|codes| codes.child("TD_DOCUMENT_TYPE"));
    let code = document.and_then(|el| el.attribute("CODE"));
    let form = form_number(sections);
    // A corrigendum carries the type of what it corrects in some years: the form is surer.
    if form.as_deref() == Some("F14") {
        return Stage::Corrigendum;
    }
    let known = |table: &[(&str, Stage)], code: Option<&str>| {
        table.iter().find(|(known, _)| Some(*known) == code).map(|&(_, stage)| stage)
    };
    known(DOCUMENTS, code).or_else(|| known(FORMS, form.as_deref())).unwrap_or_else(|| {
        parsed.problem("notice", "neither its document type nor its form is known");
        Stage::Notice
    })
}

/// `F03`, also of the older forms, which write `3`.
fn form_number(sections: &Sections<'_>) -> Option<String> {
    let number = sections.form?.attribute("FORM")?;
    let digits =
        !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
    Some(if digits { format!("F{number:0>2}") } else { number.to_owned() })
}

/// The publisher's codes for what a notice is, `F03/7`, into the notice.
pub(super) fn form(notice: &mut Notice, sections: &Sections<'_>) {
    let document = sections.codes.and_then(|codes| codes.child("TD_DOCUMENT_TYPE"));
    let code = document.and_then(|el| el.attribute("CODE")).map(str::to_owned);
    let codes: Vec<_> = [form_number(sections), code].into_iter().flatten().collect();
    notice.form = (!codes.is_empty()).then(|| codes.join("/"));
    for reason in sections.form.iter().flat_map(|form| form.named("CHANGE")) {
        let place = line(reason, "WHERE/SECTION");
        let label = line(reason, "WHERE/LABEL");
        let what: Vec<_> = [place, label].into_iter().flatten().collect();
        super::words::add(&mut notice.changes, super::words::title(&what.join(" ")));
    }
}
