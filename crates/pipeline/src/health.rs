//! Whether a source is being watched: one total function from state and sign to state. Pure.

use model::{FAILURES_BEFORE_BROKEN, Health};

/// What an attempt says about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A document with entries was read.
    Well,
    /// It is as it was.
    Same,
    /// "Not modified" after a time in which nothing could be read.
    Unproven,
    /// Most of its entries cannot be used.
    Partial,
    Empty,
    Quiet,
    Stale,
    Failed,
    Blocked,
    Gone,
}

#[cfg(test)]
impl Sign {
    pub(crate) const ALL: [Self; 10] = [
        Self::Well,
        Self::Same,
        Self::Unproven,
        Self::Partial,
        Self::Empty,
        Self::Quiet,
        Self::Stale,
        Self::Failed,
        Self::Blocked,
        Self::Gone,
    ];
}

/// The state after an attempt; `failures` counts this one if it failed.
pub(crate) fn after_attempt(before: Health, sign: Sign, failures: u32) -> Health {
    match sign {
        Sign::Well => Health::Healthy,
        Sign::Partial => Health::Degraded,
        Sign::Empty => Health::Empty,
        Sign::Quiet => Health::Quiet,
        Sign::Stale => Health::Stale,
        Sign::Gone => Health::Gone,
        // What it says is as little as before; an unusual silence is over only with a new entry,
        // or when the silence is no longer unusual.
        Sign::Same => match before {
            Health::Empty | Health::Degraded => before,
            _ => Health::Healthy,
        },
        Sign::Unproven => match before {
            // The failures did not make it blind, so there is nothing to come back from.
            Health::Healthy | Health::Empty | Health::Quiet | Health::Stale => before,
            _ => Health::Degraded,
        },
        Sign::Failed => failed(before, failures, Health::Broken),
        Sign::Blocked => failed(before, failures, Health::Blocked),
    }
}

fn failed(before: Health, failures: u32, worst: Health) -> Health {
    match before {
        // Said on purpose, and only an answer can take it back.
        Health::Gone => Health::Gone,
        // A wall that sometimes does not answer at all is still a wall: no flapping between two
        // kinds of not being read.
        Health::Blocked => Health::Blocked,
        // Never seen to work, or back from being off: what is not known to work is broken.
        Health::Unknown | Health::Broken | Health::Off | Health::Retired => worst,
        Health::Healthy | Health::Degraded | Health::Empty | Health::Quiet | Health::Stale => {
            if failures < FAILURES_BEFORE_BROKEN {
                before
            } else {
                worst
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair (R7). Letters: H healthy, D degraded, B broken, X blocked, E empty, Q quiet,
    /// S stale, G gone. Columns in the order of [`Sign::ALL`]; failures are told for the first, the
    /// third and the hundredth.
    #[test]
    fn every_pair_of_state_and_sign_is_decided() {
        let table = [
            // before            first         third         hundredth
            (Health::Unknown, "HHDDEQSBXG", "HHDDEQSBXG", "HHDDEQSBXG"),
            (Health::Healthy, "HHHDEQSHHG", "HHHDEQSBXG", "HHHDEQSBXG"),
            (Health::Broken, "HHDDEQSBXG", "HHDDEQSBXG", "HHDDEQSBXG"),
            (Health::Off, "HHDDEQSBXG", "HHDDEQSBXG", "HHDDEQSBXG"),
            (Health::Retired, "HHDDEQSBXG", "HHDDEQSBXG", "HHDDEQSBXG"),
            (Health::Degraded, "HDDDEQSDDG", "HDDDEQSBXG", "HDDDEQSBXG"),
            (Health::Blocked, "HHDDEQSXXG", "HHDDEQSXXG", "HHDDEQSXXG"),
            (Health::Empty, "HEEDEQSEEG", "HEEDEQSBXG", "HEEDEQSBXG"),
            (Health::Quiet, "HHQDEQSQQG", "HHQDEQSBXG", "HHQDEQSBXG"),
            (Health::Stale, "HHSDEQSSSG", "HHSDEQSBXG", "HHSDEQSBXG"),
            (Health::Gone, "HHDDEQSGGG", "HHDDEQSGGG", "HHDDEQSGGG"),
        ];
        assert_eq!(table.len(), Health::ALL.len());
        for (before, first, third, hundredth) in table {
            for (failures, row) in [(1, first), (2, first), (3, third), (100, hundredth)] {
                let got: String = Sign::ALL
                    .iter()
                    .map(|sign| letter(after_attempt(before, *sign, failures)))
                    .collect();
                assert_eq!(got, row, "{before} after {failures} failures");
            }
        }
    }

    /// However the answers alternate, a source that flaps tells of it at most once per two polls,
    /// and one that only stumbles never.
    #[test]
    fn a_flapping_source_changes_its_state_a_bounded_number_of_times() {
        let changes = |signs: &[Sign]| {
            let (mut health, mut failures, mut changes) = (Health::Healthy, 0, 0);
            for sign in signs.iter().cycle().take(120) {
                let fails = matches!(sign, Sign::Failed | Sign::Blocked);
                failures = if fails { failures + 1 } else { 0 };
                let after = after_attempt(health, *sign, failures);
                changes += usize::from(after != health);
                health = after;
            }
            changes
        };
        use Sign::{Blocked, Failed, Unproven, Well};
        assert_eq!(changes(&[Well, Failed]), 0);
        assert_eq!(changes(&[Well, Failed, Failed]), 0);
        assert_eq!(changes(&[Well, Failed, Blocked]), 0);
        assert_eq!(changes(&[Failed, Blocked]), 2, "broken, then blocked, and no more");
        assert_eq!(changes(&[Failed, Failed, Failed, Well]), 60, "and that is what happened");
        assert_eq!(changes(&[Unproven]), 0);
    }

    fn letter(health: Health) -> char {
        match health {
            Health::Healthy => 'H',
            Health::Degraded => 'D',
            Health::Broken => 'B',
            Health::Blocked => 'X',
            Health::Empty => 'E',
            Health::Quiet => 'Q',
            Health::Stale => 'S',
            Health::Gone => 'G',
            Health::Unknown | Health::Off | Health::Retired => '?',
        }
    }
}
