//! Whether a source is being watched. Pure; quiet, stale, blocked and gone arrive with coverage.

use model::{Health, OutcomeKind};

/// Failures in a row after which a source that has worked is called broken: one hiccup is not a
/// change of state (I8).
const FAILURES_BEFORE_BROKEN: u32 = 3;

/// The state after an attempt; `failures` counts this one.
pub(crate) fn after_attempt(before: Health, outcome: OutcomeKind, failures: u32) -> Health {
    if outcome.is_success() {
        return Health::Healthy;
    }
    match before {
        Health::Healthy if failures < FAILURES_BEFORE_BROKEN => Health::Healthy,
        // Never seen to work, or back from being off: what is not known to work is broken.
        Health::Healthy | Health::Unknown | Health::Broken | Health::Off | Health::Retired => {
            Health::Broken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_state_and_outcome_is_decided() {
        for &before in Health::ALL {
            for &outcome in OutcomeKind::ALL {
                for failures in 1..6 {
                    let after = after_attempt(before, outcome, failures);
                    let hiccup = before == Health::Healthy && failures < 3;
                    let expected = if outcome.is_success() || hiccup {
                        Health::Healthy
                    } else {
                        Health::Broken
                    };
                    assert_eq!(after, expected, "{before} {outcome} {failures}");
                }
            }
        }
    }
}
