//! `robots.ignore` and `robots.obey`: what a source makes of robots.txt.

use pipeline::RobotsRule;

use crate::table::{Table, not_blank};

/// A host's wish is set aside only with a written reason, which `source list` shows.
pub(crate) fn read(source: &mut Table<'_>) -> RobotsRule {
    let Some(mut table) = source.table("robots") else { return RobotsRule::Usual };
    let here = table.here.clone();
    let reason = table.placed("ignore", not_blank).map(|reason| reason.value);
    let obey = table.switch("obey");
    table.finish();
    match (reason, obey) {
        (Some(_), Some(true)) => {
            here.bare_problem(
                "`robots` says both: either `robots.obey = true` or `robots.ignore = \"why\"`",
            );
            RobotsRule::Usual
        }
        (Some(reason), _) => RobotsRule::Ignore { reason: reason.into() },
        (None, Some(true)) => RobotsRule::Obey,
        (None, Some(false)) => {
            here.bare_problem("to set robots.txt aside, say why: `robots.ignore = \"…\"`");
            RobotsRule::Usual
        }
        (None, None) => RobotsRule::Usual,
    }
}
