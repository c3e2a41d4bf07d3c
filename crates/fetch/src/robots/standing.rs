//! What is known of one origin's robots.txt, and what follows from it. Pure: time is handed in.

use std::time::Duration;

use bytes::Bytes;
use model::{RobotsCopy, Timestamp, Validators, truncated};
use tokio::time::Instant;

use super::file::{Robots, Rules};

/// How long what a host said is good (RFC 9309, 2.4).
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// How long an old copy stands in, or everything stays closed, while the file cannot be reached;
/// after that it counts as missing (RFC 9309, 2.3.1.4).
const OUTAGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Pause after a request that failed; doubled with each further one, up to [`FRESH`].
const FIRST_RETRY: Duration = Duration::from_secs(30 * 60);
/// The longest delay between pages that is honoured: with more, a list page with its articles
/// would take days, and a mistake of a file would look like a dead source.
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(60);
const ERROR_BYTES: usize = 200;

/// How a request for a robots.txt ended.
#[derive(Debug)]
pub(super) enum Said {
    Text(Bytes, Validators),
    /// 304: as last time.
    Same,
    /// Not there: a 4xx, or more redirects than anyone has to follow.
    Nothing,
    /// A 5xx, a 429, or no answer at all.
    Failed(String),
}

/// May a page be asked for?
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    Disallowed,
    /// Nobody knows; asking again makes sense after this time.
    Unknown {
        reason: String,
        retry_in: Duration,
    },
}

/// One origin's robots.txt. Ages are counted by a clock that nobody sets.
#[derive(Debug, Default)]
pub(super) struct Standing {
    rules: Rules,
    validators: Validators,
    /// What was said last, as it is kept over restarts.
    body: Option<Bytes>,
    /// When the host last said something.
    said: Option<Age>,
    asked: Option<Age>,
    failing: Option<Failing>,
}

#[derive(Debug)]
struct Failing {
    since: Age,
    failures: u32,
    error: String,
}

/// Something that was `before` old at `at`: older than the process, if need be.
#[derive(Clone, Copy, Debug)]
struct Age {
    at: Instant,
    before: Duration,
}

impl Age {
    fn new(at: Instant) -> Self {
        Self { at, before: Duration::ZERO }
    }

    fn at(self, now: Instant) -> Duration {
        self.before + now.saturating_duration_since(self.at)
    }
}

impl Standing {
    /// What was kept from before a restart.
    pub(super) fn recalled(copy: RobotsCopy, agent: &str, now: Instant, wall: Timestamp) -> Self {
        let age = |time: Timestamp| Age { at: now, before: wall.since(time) };
        let failing = copy.failing_since.map(|since| Failing {
            since: age(since),
            failures: copy.failures.max(1),
            error: copy.error.unwrap_or_default(),
        });
        let body = copy.body.map(Bytes::from);
        let rules = body.as_deref().map(|body| Robots::parse(body).rules(agent));
        Self {
            rules: rules.unwrap_or_default(),
            validators: copy.validators,
            body,
            said: copy.said_at.map(age),
            asked: copy.asked_at.map(age),
            failing,
        }
    }

    /// What to keep over a restart.
    pub(super) fn copy(&self, now: Instant, wall: Timestamp) -> RobotsCopy {
        let time = |age: Age| wall.before(age.at(now));
        RobotsCopy {
            said_at: self.said.map(time),
            body: self.body.as_deref().map(<[u8]>::to_vec),
            validators: self.validators.clone(),
            asked_at: self.asked.map(time),
            failing_since: self.failing.as_ref().map(|failing| time(failing.since)),
            failures: self.failing.as_ref().map_or(0, |failing| failing.failures),
            error: self.failing.as_ref().map(|failing| failing.error.clone()),
        }
    }

    /// Whether the host has to be asked before a verdict.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        match (&self.failing, self.asked) {
            (Some(failing), Some(asked)) => asked.at(now) >= retry_after(failing.failures),
            _ => self.said.is_none_or(|said| said.at(now) >= FRESH),
        }
    }

    /// What the next request carries, so that an unchanged file costs nothing.
    pub(super) fn validators(&self) -> Validators {
        // Without the document, "not modified" would say nothing.
        if self.body.is_some() { self.validators.clone() } else { Validators::default() }
    }

    /// Takes note of an answer.
    pub(super) fn heard(&mut self, said: Said, agent: &str, now: Instant) {
        self.asked = Some(Age::new(now));
        match said {
            Said::Failed(error) => {
                let (since, failures) = match &self.failing {
                    Some(failing) => (failing.since, failing.failures.saturating_add(1)),
                    None => (Age::new(now), 1),
                };
                let error = truncated(&error, ERROR_BYTES).into_owned();
                self.failing = Some(Failing { since, failures, error });
                return;
            }
            Said::Same => {}
            Said::Nothing => {
                (self.rules, self.validators, self.body) = Default::default();
            }
            Said::Text(body, validators) => {
                self.rules = Robots::parse(&body).rules(agent);
                (self.validators, self.body) = (validators, Some(body));
            }
        }
        self.said = Some(Age::new(now));
        self.failing = None;
    }

    pub(super) fn verdict(&self, url: &str, now: Instant) -> Verdict {
        let by_rules = if self.rules.allows(url) { Verdict::Allowed } else { Verdict::Disallowed };
        let Some(failing) = &self.failing else {
            return by_rules;
        };
        match self.said {
            Some(said) if said.at(now) < OUTAGE => by_rules,
            Some(_) => Verdict::Allowed,
            None if failing.since.at(now) >= OUTAGE => Verdict::Allowed,
            None => {
                let asked = self.asked.map_or(Duration::ZERO, |asked| asked.at(now));
                let retry_in = retry_after(failing.failures).saturating_sub(asked);
                Verdict::Unknown { reason: failing.error.clone(), retry_in }
            }
        }
    }

    /// The delay that the host wants between two pages, and whether it was cut.
    pub(super) fn delay(&self) -> Option<(Duration, bool)> {
        let wanted = self.rules.crawl_delay()?;
        Some((wanted.min(LONGEST_DELAY), wanted > LONGEST_DELAY))
    }
}

fn retry_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_RETRY.saturating_mul(1 << doublings).min(FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(24 * 3600);
    const PAGE: &str = "https://example.org/private/1";

    fn text(text: &'static str) -> Said {
        let validators = Validators { etag: Some("\"1\"".into()), last_modified: None };
        Said::Text(Bytes::from_static(text.as_bytes()), validators)
    }

    fn closed() -> Said {
        text("user-agent: *\ndisallow: /private/\ncrawl-delay: 100")
    }

    fn failed() -> Said {
        Said::Failed("server answered 503".into())
    }

    fn heard(said: impl IntoIterator<Item = (Said, Instant)>) -> Standing {
        let mut standing = Standing::default();
        for (said, at) in said {
            standing.heard(said, "stackwatch/1", at);
        }
        standing
    }

    #[test]
    fn a_file_is_good_for_a_day() {
        let now = Instant::now();
        let standing = heard([(closed(), now)]);
        assert!(!standing.is_due(now + DAY - HOUR) && standing.is_due(now + DAY));
        assert_eq!(standing.verdict(PAGE, now), Verdict::Disallowed);
        assert_eq!(standing.verdict("https://example.org/", now), Verdict::Allowed);
        assert_eq!(standing.delay(), Some((LONGEST_DELAY, true)));
        assert!(Standing::default().is_due(now));
    }

    #[test]
    fn no_file_opens_everything_and_forgets_what_was_said() {
        let now = Instant::now();
        let standing = heard([(closed(), now), (Said::Nothing, now + DAY)]);
        assert_eq!(standing.verdict(PAGE, now + DAY), Verdict::Allowed);
        assert_eq!((standing.delay(), standing.validators()), (None, Validators::default()));
        assert!(!standing.is_due(now + DAY + HOUR) && standing.is_due(now + 2 * DAY));
    }

    #[test]
    fn not_modified_keeps_the_rules_for_another_day() {
        let now = Instant::now();
        let standing = heard([(closed(), now), (Said::Same, now + DAY)]);
        assert_eq!(standing.verdict(PAGE, now + DAY), Verdict::Disallowed);
        assert!(standing.validators().etag.is_some());
        assert!(!standing.is_due(now + DAY + HOUR));
    }

    #[test]
    fn an_unreachable_file_closes_everything_for_thirty_days() {
        let now = Instant::now();
        let standing = heard([(failed(), now)]);
        let Verdict::Unknown { reason, retry_in } = standing.verdict("https://e.org/", now) else {
            panic!("it is not known")
        };
        assert_eq!((reason.as_str(), retry_in), ("server answered 503", FIRST_RETRY));
        assert!(!standing.is_due(now) && standing.is_due(now + FIRST_RETRY));
        assert_eq!(standing.verdict(PAGE, now + OUTAGE), Verdict::Allowed);
        let again = heard([(failed(), now), (failed(), now + HOUR), (failed(), now + 3 * HOUR)]);
        assert!(!again.is_due(now + 4 * HOUR) && again.is_due(now + 5 * HOUR));
        assert!(matches!(again.verdict(PAGE, now + 29 * DAY), Verdict::Unknown { .. }));
        assert_eq!(again.verdict(PAGE, now + OUTAGE), Verdict::Allowed);
    }

    #[test]
    fn an_old_copy_stands_in_for_thirty_days() {
        let now = Instant::now();
        let standing = heard([(closed(), now), (failed(), now + DAY)]);
        assert_eq!(standing.verdict(PAGE, now + 29 * DAY), Verdict::Disallowed);
        assert_eq!(standing.verdict("https://e.org/", now + 29 * DAY), Verdict::Allowed);
        assert_eq!(standing.verdict(PAGE, now + OUTAGE), Verdict::Allowed);
        let back = heard([(closed(), now), (failed(), now + DAY), (Said::Same, now + 2 * DAY)]);
        assert!(!back.is_due(now + 2 * DAY + HOUR));
        assert_eq!(back.verdict(PAGE, now + 40 * DAY), Verdict::Disallowed);
    }

    #[test]
    fn requests_for_a_file_that_fails_become_rare() {
        let waits = [1, 2, 3, 6, 7, 100].map(|failures| retry_after(failures).as_secs() / 60);
        assert_eq!(waits, [30, 60, 120, 960, 1440, 1440]);
    }

    #[test]
    fn what_is_kept_comes_back_with_its_age() {
        let now = Instant::now();
        let wall: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for before in [
            heard([(closed(), now)]),
            heard([(Said::Nothing, now)]),
            heard([(closed(), now), (failed(), now + HOUR)]),
            heard([(failed(), now), (failed(), now + HOUR)]),
        ] {
            let kept = before.copy(now + 2 * HOUR, wall);
            let after = Standing::recalled(kept.clone(), "stackwatch", now, wall.after(HOUR));
            // Two hours before it was kept, one hour since.
            for later in [HOUR, 20 * HOUR, 22 * HOUR, 29 * DAY, 31 * DAY] {
                let (then, same) = (now + 3 * HOUR + later, now + later);
                assert_eq!(after.is_due(same), before.is_due(then), "{later:?}");
                assert_eq!(after.verdict(PAGE, same), before.verdict(PAGE, then), "{later:?}");
            }
            assert_eq!(after.copy(now, wall.after(HOUR)), kept);
        }
    }
}
