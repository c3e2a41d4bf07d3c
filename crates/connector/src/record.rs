//! Records as words: what people read and the tagger looks at.

use std::fmt::Write as _;

use model::{Designation, Entry, Notice, Published, Stage, entry_limits, truncated};

/// The entry of a designation: its name as title, where it stands as summary, aliases and addresses
/// as text, one a line.
pub fn entry_of_designation(designation: Designation) -> Entry {
    let lines = designation.aliases.iter().chain(&designation.addresses);
    let text = lines.map(String::as_str).collect::<Vec<_>>().join("\n");
    let parts = [
        designation.kind.clone().unwrap_or_default(),
        designation.countries.join(", "),
        designation.programmes.join(", "),
        designation.citations.join("; "),
        designation.listed.as_deref().map(|day| format!("since {day}")).unwrap_or_default(),
        designation.removed.as_deref().map(|day| format!("until {day}")).unwrap_or_default(),
    ];
    let summary = join(parts.iter().map(String::as_str), " · ");
    Entry {
        id: format!("{}/{}", designation.list, designation.entity_id),
        id_published: true,
        url: designation.source_url.clone(),
        title: cut(&designation.name, entry_limits::TITLE_BYTES),
        summary: cut(&summary, entry_limits::SUMMARY_BYTES),
        text: cut(&text, entry_limits::TEXT_BYTES),
        record: Some(Box::new(Published::Designation(designation))),
        ..Entry::default()
    }
}

/// The entry of a notice: all notices of one procedure have one id. Buyer, suppliers, value and lots
/// stand in the text, so that names in them are found.
pub fn entry_of_notice(notice: Notice) -> Entry {
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            writeln!(text, "{label}: {value}").expect("writing to memory");
        }
    };
    line("Buyer", notice.buyer.as_deref().unwrap_or_default());
    line("Supplier", &notice.suppliers.join("; "));
    if let Some(value) = notice.value {
        let currency = notice.currency.as_deref().unwrap_or_default();
        let kind = notice.value_kind.map_or("Value", |kind| match kind {
            model::ValueKind::Estimated => "Estimated value",
            model::ValueKind::Awarded => "Awarded value",
            model::ValueKind::Framework => "Framework value",
        });
        line(kind, format!("{value} {currency}").trim());
    }
    line("CPV", &notice.cpv.join(" "));
    for lot in &notice.lots {
        line(&format!("Lot {}", lot.id), lot.title.as_deref().unwrap_or_default());
        line("Supplier of the lot", &lot.suppliers.join("; "));
    }
    let summary = [
        stage_word(notice.stage),
        notice.buyer.as_deref().unwrap_or_default(),
        notice.summary.as_deref().unwrap_or_default(),
    ];
    let updated = notice.published;
    Entry {
        id: notice.procedure_id.clone().unwrap_or_else(|| notice.notice_id.clone()),
        id_published: true,
        url: notice.url.clone(),
        title: notice.title.as_deref().and_then(|title| cut(title, entry_limits::TITLE_BYTES)),
        summary: cut(&join(summary.into_iter(), " · "), entry_limits::SUMMARY_BYTES),
        text: cut(text.trim_end(), entry_limits::TEXT_BYTES),
        published: updated,
        lang: notice.lang.clone(),
        record: Some(Box::new(Published::Notice(notice))),
        ..Entry::default()
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Planning => "Planned",
        Stage::Notice => "Call for tenders",
        Stage::Corrigendum => "Corrigendum",
        Stage::Award => "Award",
        Stage::Modification => "Contract modification",
        Stage::Termination => "Terminated",
    }
}

fn join<'a>(parts: impl Iterator<Item = &'a str>, between: &str) -> String {
    parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(between)
}

fn cut(text: &str, bytes: usize) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| truncated(text, bytes).into_owned())
}
