//! `[alert.ID]`: which items someone must see at once.

use model::AlertRuleId;
use pipeline::{AlertRule, Criteria};

use crate::criteria::{self, Names};
use crate::groups::{Entry, Groups};
use crate::sources::checked_id;
use crate::table::{Here, Placed, not_blank};
use crate::value::duration_within;

/// A rule with the places of its examples.
pub(crate) struct PlacedRule<'d> {
    pub(crate) rule: AlertRule,
    pub(crate) matches: Vec<Here<'d>>,
    pub(crate) ignores: Vec<Here<'d>>,
}

/// Reads every alert rule, in the order of ids.
pub(crate) fn read<'d>(groups: &mut Groups<'d>, names: &Names) -> Vec<PlacedRule<'d>> {
    let mut rules = Vec::new();
    for Entry { id, mut table } in groups.take("alert") {
        let place = table.here.clone();
        let rule_id = checked_id::<AlertRuleId>(&place, "alert", &id);
        let label = table.placed("label", not_blank).map(|label| label.value);
        let has_when = table.has("when");
        let when = criteria::read(&mut table, "when", names);
        if !has_when {
            // Without it every item of every source would be sent.
            table.missing("when", "{ vendor = [\"huawei\"] }");
        }
        let unless = criteria::read(&mut table, "unless", names);
        let max_age = table.parsed("max_age", duration_within("1h", "3650d"));
        let to = criteria::channels(&mut table, names);
        let (matches, match_places) = apart(table.texts("matches"));
        let (ignores, ignore_places) = apart(table.texts("ignores"));
        table.finish();
        let Some(id) = rule_id else { continue };
        let label = label.unwrap_or_else(|| id.to_string());
        let sources = Criteria { health: vec![], category: vec![], ..when.clone() };
        if !when.health.is_empty() && sources != Criteria::default() {
            place.bare_problem(
                "`when.health` is about sources: of the other keys only `category` can stand beside it",
            );
        }
        for here in match_places.iter().chain(&ignore_places) {
            if !when.health.is_empty() {
                here.problem("cannot be tried: a rule with `when.health` does not look at texts");
            }
        }
        let rule = AlertRule { id, label, when, unless, max_age, to, matches, ignores };
        rules.push(PlacedRule { rule, matches: match_places, ignores: ignore_places });
    }
    rules
}

fn apart<'d>(texts: Vec<Placed<'d, String>>) -> (Vec<String>, Vec<Here<'d>>) {
    texts.into_iter().map(|text| (text.value, text.here)).unzip()
}
