//! What differs between two states of a procedure.

use model::{Notice, Stage, Timestamp};

/// One difference that an analyst can be told in a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Stage {
        from: Stage,
        to: Stage,
    },
    Title,
    /// The words about what is bought.
    Text,
    Buyer {
        from: Option<String>,
        to: Option<String>,
    },
    Deadline {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
    Value {
        from: Option<f64>,
        to: Option<f64>,
        currency: Option<String>,
    },
    SuppliersAdded(Vec<String>),
    /// Only where the later notice names winners itself: a corrigendum that repeats none removes none.
    SuppliersRemoved(Vec<String>),
    CpvAdded(Vec<String>),
    CpvRemoved(Vec<String>),
    Lots {
        from: usize,
        to: usize,
    },
}

/// What `now` says differently. What a notice leaves out is no change: awards do not repeat
/// deadlines, corrigenda leave out most things.
pub fn changes(before: &Notice, now: &Notice) -> Vec<Change> {
    let mut found = Vec::new();
    if before.stage != now.stage {
        found.push(Change::Stage { from: before.stage, to: now.stage });
    }
    let differs = |old: &Option<String>, new: &Option<String>| match new {
        Some(new) => old.as_ref().map(|old| squeezed(old)) != Some(squeezed(new)),
        None => false,
    };
    if differs(&before.title, &now.title) {
        found.push(Change::Title);
    }
    if differs(&before.summary, &now.summary) {
        found.push(Change::Text);
    }
    if differs(&before.buyer, &now.buyer) {
        found.push(Change::Buyer { from: before.buyer.clone(), to: now.buyer.clone() });
    }
    if now.deadline.is_some() && before.deadline != now.deadline {
        found.push(Change::Deadline { from: before.deadline, to: now.deadline });
    }
    let money = |notice: &Notice| (notice.value, notice.currency.clone());
    if now.value.is_some() && money(before) != money(now) {
        found.push(Change::Value {
            from: before.value.filter(|_| before.currency == now.currency),
            to: now.value,
            currency: now.currency.clone(),
        });
    }
    lists(
        &before.suppliers,
        &now.suppliers,
        Change::SuppliersAdded,
        Change::SuppliersRemoved,
        &mut found,
    );
    lists(&before.cpv, &now.cpv, Change::CpvAdded, Change::CpvRemoved, &mut found);
    if !now.lots.is_empty() && before.lots.len() != now.lots.len() {
        found.push(Change::Lots { from: before.lots.len(), to: now.lots.len() });
    }
    found
}

fn lists(
    old: &[String],
    new: &[String],
    added: impl Fn(Vec<String>) -> Change,
    removed: impl Fn(Vec<String>) -> Change,
    found: &mut Vec<Change>,
) {
    let without = |list: &[String], other: &[String]| -> Vec<String> {
        let known: std::collections::HashSet<String> =
            other.iter().map(|name| squeezed(name)).collect();
        list.iter().filter(|name| !known.contains(&squeezed(name))).cloned().collect()
    };
    let plus = without(new, old);
    let minus = if new.is_empty() { Vec::new() } else { without(old, new) };
    if !plus.is_empty() {
        found.push(added(plus));
    }
    if !minus.is_empty() {
        found.push(removed(minus));
    }
}

/// Letters and digits alone, in one case and one script: publishers re-type titles and names from
/// form to form.
pub(super) fn squeezed(text: &str) -> String {
    tagger::fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}
