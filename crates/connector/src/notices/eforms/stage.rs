//! Where a notice stands in the life of its procedure.

use super::super::xml::El;
use super::{Extension, ParsedNotices, Stage, line};

/// The stage of each notice subtype (OPP-070, eForms Regulation (EU) 2019/1780 Annex, table 1, and
/// the SDK's `notice-types.json` for E1 to E6, T01, T02, X01, X02, CEI). A voluntary ex-ante
/// notice (25 to 28) names the supplier of a contract about to be signed: to those who watch it is
/// the award, as in the OCDS guidance for eForms (tags `award`, `contract`).
#[rustfmt::skip]
const SUBTYPES: &[(&str, Stage)] = &[
    ("1", Stage::Planning), ("2", Stage::Planning), ("3", Stage::Planning),
    ("4", Stage::Planning), ("5", Stage::Planning), ("6", Stage::Planning),
    ("7", Stage::Planning), ("8", Stage::Planning), ("9", Stage::Planning),
    ("E1", Stage::Planning), ("E2", Stage::Planning), ("T01", Stage::Planning),
    ("10", Stage::Notice), ("11", Stage::Notice), ("12", Stage::Notice), ("13", Stage::Notice),
    ("14", Stage::Notice), ("15", Stage::Notice), ("16", Stage::Notice), ("17", Stage::Notice),
    ("18", Stage::Notice), ("19", Stage::Notice), ("20", Stage::Notice), ("21", Stage::Notice),
    ("22", Stage::Notice), ("23", Stage::Notice), ("24", Stage::Notice),
    ("CEI", Stage::Notice), ("E3", Stage::Notice), ("X01", Stage::Notice), ("X02", Stage::Notice),
    ("25", Stage::Award), ("26", Stage::Award), ("27", Stage::Award), ("28", Stage::Award),
    ("29", Stage::Award), ("30", Stage::Award), ("31", Stage::Award), ("32", Stage::Award),
    ("33", Stage::Award), ("34", Stage::Award), ("35", Stage::Award), ("36", Stage::Award),
    ("37", Stage::Award), ("E4", Stage::Award), ("T02", Stage::Award),
    ("38", Stage::Modification), ("39", Stage::Modification), ("40", Stage::Modification),
    ("E6", Stage::Modification),
    // The completion of a contract.
    ("E5", Stage::Termination),
];

/// The stage of each form type (BT-03), where the subtype is missing or unknown.
const FORMS: &[(&str, Stage)] = &[
    ("planning", Stage::Planning),
    ("competition", Stage::Notice),
    ("consultation", Stage::Notice),
    ("change", Stage::Corrigendum),
    ("dir-awa-pre", Stage::Award),
    ("result", Stage::Award),
    ("cont-modif", Stage::Modification),
    ("completion", Stage::Termination),
    ("compl", Stage::Termination),
    ("bri", Stage::Notice),
];

/// The stage of a subtype, `16` or `E5`, or of a form type, `result`.
pub(in super::super) fn of_codes(subtype: Option<&str>, form: Option<&str>) -> Option<Stage> {
    let known = |table: &[(&str, Stage)], code: Option<&str>| {
        table.iter().find(|(known, _)| Some(*known) == code).map(|&(_, stage)| stage)
    };
    known(SUBTYPES, subtype).or_else(|| known(FORMS, form))
}

/// The stage of a notice, and its codes into the notice's `form`. A change notice repeats the form
/// that it changes: what makes it a corrigendum is `efac:Changes`.
pub(super) fn of(root: El<'_>, extension: &Extension<'_>, parsed: &mut ParsedNotices) -> Stage {
    let subtype = extension.subtype.and_then(|el| line(el, "SubTypeCode"));
    let kind = root.child("NoticeTypeCode");
    let form = kind.and_then(|kind| kind.attribute("listName"));
    if let Some(changes) = extension.changes {
        let cancelled =
            changes.named("ReasonCode").filter_map(El::line).any(|code| code == "cancel");
        return if cancelled { Stage::Termination } else { Stage::Corrigendum };
    }
    of_codes(subtype.as_deref(), form).unwrap_or_else(|| {
        let codes = [subtype.as_deref(), form].into_iter().flatten().collect::<Vec<_>>().join(", ");
        parsed.problem(
            "notice",
            format!("its kind ({codes}) is not known; the root element decides"),
        );
        match root.name() {
            "PriorInformationNotice" => Stage::Planning,
            "ContractAwardNotice" => Stage::Award,
            _ => Stage::Notice,
        }
    })
}

/// The publisher's codes for what a notice is: `can-standard/29`.
pub(super) fn form(root: El<'_>, extension: &Extension<'_>) -> Option<String> {
    let kind = line(root, "NoticeTypeCode");
    let subtype = extension.subtype.and_then(|el| line(el, "SubTypeCode"));
    let codes: Vec<_> = [kind, subtype].into_iter().flatten().collect();
    (!codes.is_empty()).then(|| codes.join("/"))
}
