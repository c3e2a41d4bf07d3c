//! The state of a source after an attempt. Pure.

use std::time::Duration;

use connector::Connector;
use fetch::Strain;
use model::{
    Counts, FAILURES_BEFORE_BROKEN, Health, Hints, Moved, OutcomeKind, PossibleGap, SourceState,
    Timestamp, Validators, truncated,
};

use crate::decide::Situation;
use crate::due::{Last, fit, next_due};
use crate::habit;
use crate::health::{Sign, after_attempt};
use crate::outcome::{Outcome, Transport};
use crate::window::Window;
use crate::{Clock, Source};

/// Longest error text in a source's state.
const ERROR_BYTES: usize = 200;
/// A host that only says "not modified" is asked for the whole document this often, and one that
/// was caught being wrong about it every day.
const AUDIT: Duration = Duration::from_secs(7 * 86_400);
const AUDIT_LIAR: Duration = Duration::from_secs(86_400);
/// A permanent redirect becomes the source's address when so many answers in a row agreed on it,
/// the last of them so long after the first: many are mistakes or captive portals.
const MOVE_ANSWERS: u16 = 12;
const MOVE_AFTER: Duration = Duration::from_secs(20 * 3_600);
/// After so many failures at an address that was moved to, the configured one is asked again.
const MOVE_GIVEN_UP: u32 = 5;
/// The shortest pause of a host that is told at once.
const HUSH: Duration = Duration::from_secs(86_400);
/// So many entries that cannot be used, and more of them than others, are not as it should be.
const REJECTED: u32 = 3;

/// Whether the next request leaves the validators out, although there are some.
pub(crate) fn asks_whole(state: &SourceState, clock: &dyn Clock) -> bool {
    state.validators != Validators::default() && (state.memory.doubt || audits(state, clock.now()))
}

/// Whether the next request is for the host's own answer and nobody's copy of it: wherever "not
/// modified" is doubted, for most of those who say so without being asked are caches.
pub(crate) fn asks_fresh(state: &SourceState, clock: &dyn Clock) -> bool {
    state.memory.doubt || asks_whole(state, clock)
}

/// The first "not modified" to a request without conditions is a poll that brought nothing; the
/// next one asks again, past all caches. If that is answered no better, the source is not being
/// read: the outcome stays the failure that it is. A portal's requests are for a span of days, of
/// which "not modified" says nothing.
pub(crate) fn spare(source: &Source, before: &SourceState, outcome: Outcome) -> Outcome {
    let may = before.baseline.is_some()
        && before.fetch_key == source.fetch_key()
        && before.failures == 0
        && !before.memory.doubt
        && !matches!(source.connector, Connector::Notices(_));
    match outcome {
        Outcome::Unreadable { transport, .. } if transport.unasked && may => {
            Outcome::Unchanged { validators: before.validators.clone(), transport }
        }
        other => other,
    }
}

/// Whether it is time to see if "not modified" is true. An error never is: what comes after it is
/// asked for as cheaply as what came before.
fn audits(state: &SourceState, now: Timestamp) -> bool {
    let period = if state.memory.lies { AUDIT_LIAR } else { AUDIT };
    let last = state.memory.full_at.or(state.baseline);
    state.failures == 0 && last.is_some_and(|last| now.since(last) >= period)
}

/// The source's state after an attempt: validators by I1, what the answer teaches, health, next
/// due time. `counts` is what became of the whole document.
pub(crate) fn state_after(
    at: Situation<'_>,
    before: SourceState,
    outcome: &Outcome,
    counts: &Counts,
    window: &Window,
) -> SourceState {
    let kind = outcome.kind();
    if kind == OutcomeKind::Pushed {
        return after_push(at, before, counts);
    }
    let mut after = SourceState {
        fetch_key: at.fetch_key,
        polls: before.polls.saturating_add(1),
        last_attempt: Some(at.now),
        last_outcome: Some(kind),
        error: outcome
            .error()
            .or(outcome.remark())
            .map(|error| truncated(error, ERROR_BYTES).into_owned()),
        ..before.clone()
    };
    let elsewhere = before.fetch_key != at.fetch_key;
    // Validators belong to the address and the connector that they came with, and so does what
    // the old address taught.
    if elsewhere {
        after.validators = Validators::default();
        after.body = None;
        after.memory.hints = Hints::default();
        after.memory.moved = None;
        after.memory.gone = 0;
        after.memory.lies = false;
        after.memory.doubt = false;
    }
    let unproven = is_unproven(&before, outcome);
    let unasked = outcome.is_unasked();
    match outcome {
        Outcome::Parsed { parsed, body, transport, .. } => {
            after.memory.lies = lies(&before, transport, true).unwrap_or(after.memory.lies);
            // With the validators of one half the other would never be asked for; those of the
            // whole one before it still lead to what is new since then.
            let is_cut = transport.cut;
            if !is_cut {
                after.validators = transport.validators.clone();
            }
            after.body = (!is_cut).then_some(*body);
            after.baseline = before.baseline.or(Some(at.now));
            after.memory.hints = parsed.hints;
            after.memory.full_at = Some(at.now);
            // The answer of a portal or a list is no window that moves over a stream.
            let is_feed = matches!(at.source.connector, Connector::Feed(_));
            let is_stream = is_feed || matches!(at.source.connector, Connector::Sitemap(_));
            if before.baseline.is_some() && !elsewhere && is_feed {
                // What stood below the cut is not known: the whole document will say.
                let gap = gap(&before, window, at.now).filter(|_| !is_cut);
                after.memory.gap = gap.or(before.memory.gap);
                after.memory.pace_s = pace(at, &before, counts.seen, known(counts), gap.is_some());
            }
            let newest = transport.newest.filter(|_| is_stream);
            habit::learn(&mut after.memory.habit, counts, newest, before.baseline, at.now);
        }
        Outcome::Unchanged { validators, transport } => {
            after.memory.lies = lies(&before, transport, false).unwrap_or(after.memory.lies);
            after.validators = validators.clone();
            if transport.status != 304 {
                after.memory.full_at = Some(at.now);
            }
            after.memory.pace_s = pace(at, &before, 0, 0, false);
        }
        Outcome::Unreachable { .. }
        | Outcome::Refused { .. }
        | Outcome::Unreadable { .. }
        | Outcome::Pushed { .. }
        | Outcome::Panicked { .. } => {}
    }
    if kind.is_success() {
        after.last_success = Some(at.now);
        after.memory.gone = 0;
        after.memory.doubt =
            unasked || unproven && (!before.health.is_watched() || before.memory.doubt);
        // "Not modified" right after a document that could not be read may mean that very one.
        after.failures =
            if unproven && was_content(before.last_outcome) { before.failures } else { 0 };
    } else {
        after.failures = before.failures.saturating_add(1);
        // An audit that brought nothing usable, above all another "not modified", is not over.
        let is_audit = !elsewhere && audits(&before, at.now);
        after.memory.doubt |= unasked || is_audit && is_unusable(outcome);
        if kind == OutcomeKind::Gone || after.memory.gone > 0 {
            after.memory.gone = after.memory.gone.saturating_add(1);
        }
    }
    after.memory.lies |= unasked;
    after.memory.host_pause = outcome.host_pause().map(|wait| at.now.after(wait));
    after.memory.moved = moved(at.source, &after, outcome, at.now);
    let sign = sign(at, outcome, counts, &after, unproven);
    let health = after_attempt(before.health, sign, telling_failures(at, &after, outcome));
    if health != before.health {
        after.health = health;
        after.health_since = Some(at.now);
    }
    let last = Last {
        // The host answers: what it says may be doubted, but it is no reason to stay away.
        failures: if kind.is_success() || unasked { 0 } else { after.failures },
        gone: after.memory.gone,
        not_before: outcome.trouble().not_before,
        fresh_for: fresh_for(&mut after.memory.hints, outcome),
        // What the hub has just failed to tell, it may fail to tell again.
        told: at.told && counts.new == 0,
    };
    let fit = after.memory.pace_s.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let (source, hints) = (at.source, &after.memory.hints);
    after.next_due = next_due(&source.id, source.every, fit, &source.pace, hints, last, at.now);
    after
}

/// A host that wants to be left alone for so long leaves its sources unread by it: nobody waits
/// for further failures to say so.
pub(crate) fn is_hush(source: &Source, wait: Duration) -> bool {
    wait >= HUSH.max(source.every.saturating_mul(FAILURES_BEFORE_BROKEN))
}

/// Failures in a row, as far as they speak against the source. The waits between attempts grow: a
/// second failure is enough when, at the source's own pace, there would have been as many as it
/// takes.
fn telling_failures(at: Situation<'_>, after: &SourceState, outcome: &Outcome) -> u32 {
    // There will be no second one for a long time.
    if outcome.trouble().not_before.is_some_and(|wait| is_hush(at.source, wait)) {
        return after.failures.max(FAILURES_BEFORE_BROKEN);
    }
    let unread = at.now.since(after.last_success.unwrap_or(at.now));
    let late = unread >= at.source.every.saturating_mul(FAILURES_BEFORE_BROKEN);
    if late && after.failures > 1 {
        after.failures.max(FAILURES_BEFORE_BROKEN)
    } else {
        after.failures
    }
}

/// A push brings entries and says nothing of the rest: validators, window, gaps, health and the
/// next poll stay as they were. Only the source's silence is over, whoever told.
fn after_push(at: Situation<'_>, before: SourceState, counts: &Counts) -> SourceState {
    let (window, baseline) = (before.memory.habit.window, before.baseline);
    let mut after = before;
    habit::learn(&mut after.memory.habit, counts, None, baseline, at.now);
    after.memory.habit.window = window;
    after
}

/// "Not modified" is no recovery (R3): it says nothing about what could not be read meanwhile.
fn is_unproven(before: &SourceState, outcome: &Outcome) -> bool {
    let said = matches!(outcome, Outcome::Unchanged { transport, .. } if transport.status == 304);
    let was_blind = before.baseline.is_some() && !before.health.is_watched();
    said && (was_blind
        || before.memory.doubt
        || before.failures > 0 && was_content(before.last_outcome))
}

/// The host answered, but neither with a document nor with a refusal.
fn is_unusable(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unreachable { trouble, .. } => {
            trouble.status.is_none() && trouble.strain == Some(Strain::Soft)
        }
        Outcome::Unreadable { .. } | Outcome::Panicked { .. } => true,
        Outcome::Parsed { .. }
        | Outcome::Pushed { .. }
        | Outcome::Unchanged { .. }
        | Outcome::Refused { .. } => false,
    }
}

/// The host answered, and what it answered could not be read.
fn was_content(outcome: Option<OutcomeKind>) -> bool {
    use OutcomeKind::{Blocked, Panicked, Unreadable};
    matches!(outcome, Some(Unreadable | Panicked | Blocked))
}

/// Whether an audit proves that "not modified" was a lie: the same validators, another document.
fn lies(before: &SourceState, transport: &Transport, changed: bool) -> Option<bool> {
    let said_unchanged = before.last_outcome == Some(OutcomeKind::Unchanged);
    let same = transport.validators == before.validators;
    transport.audit.then_some(changed && said_unchanged && same)
}

fn known(counts: &Counts) -> u32 {
    counts.unchanged + counts.revised
}

/// The time since the last poll, if the window does not reach back to it.
fn gap(before: &SourceState, window: &Window, now: Timestamp) -> Option<PossibleGap> {
    let from = before.last_success.filter(|_| window.may_have_lost(before))?;
    Some(PossibleGap { from, to: now })
}

fn pace(
    at: Situation<'_>,
    before: &SourceState,
    seen: u32,
    known: u32,
    rolled_over: bool,
) -> Option<u32> {
    let source = at.source;
    let current = before.memory.pace_s.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let fit = fit(source.every, current, &source.pace, seen, known, rolled_over)?;
    u32::try_from(fit.as_secs()).ok()
}

/// The permanent redirect after this attempt. It counts while it leads to the document, and only
/// answers in a row count.
fn moved(source: &Source, state: &SourceState, outcome: &Outcome, now: Timestamp) -> Option<Moved> {
    let before = state.memory.moved.clone();
    let transport = match outcome {
        Outcome::Parsed { transport, .. } | Outcome::Unchanged { transport, .. } => transport,
        // Where it was moved to does not answer: back to what was configured.
        _ => return before.filter(|moved| !moved.adopted || state.failures < MOVE_GIVEN_UP),
    };
    match (&transport.moved, before) {
        (None, before) => before.filter(|moved| moved.adopted),
        (Some(to), Some(mut moved)) if moved.to == to.as_str() => {
            moved.answers = moved.answers.saturating_add(1);
            let agreed = moved.answers >= MOVE_ANSWERS && now.since(moved.since) >= MOVE_AFTER;
            // Configured headers may hold keys; they belong to the configured host.
            let may = source.headers.is_empty() || to.host() == source.url.host();
            moved.adopted |= agreed && may;
            Some(moved)
        }
        (Some(to), _) => Some(Moved { to: to.to_string(), since: now, answers: 1, adopted: false }),
    }
}

/// For how long asking again is useless. A 304 that says nothing about it renews what the document
/// said (RFC 9111, 4.3.4), so that is remembered.
fn fresh_for(hints: &mut Hints, outcome: &Outcome) -> Option<Duration> {
    let (Outcome::Parsed { transport, .. } | Outcome::Unchanged { transport, .. }) = outcome else {
        return None;
    };
    let cache = &transport.cache;
    let silent = cache.max_age.is_none() && cache.expires.is_none() && !cache.revalidate;
    if transport.status == 304 && silent {
        let max_age = Duration::from_secs(u64::from(hints.max_age_s?));
        return Some(max_age.saturating_sub(cache.age.unwrap_or_default()));
    }
    let max_age = cache.max_age.filter(|_| !cache.revalidate);
    hints.max_age_s = max_age.and_then(|age| u32::try_from(age.as_secs()).ok());
    cache.fresh_for()
}

/// What the attempt says about whether the source is being watched.
fn sign(
    at: Situation<'_>,
    outcome: &Outcome,
    counts: &Counts,
    after: &SourceState,
    unproven: bool,
) -> Sign {
    let now = at.now;
    match outcome.kind() {
        OutcomeKind::Gone => return Sign::Gone,
        OutcomeKind::Blocked => return Sign::Blocked,
        OutcomeKind::Unreachable
        | OutcomeKind::Refused
        | OutcomeKind::Unreadable
        | OutcomeKind::Panicked => return Sign::Failed,
        OutcomeKind::Parsed | OutcomeKind::Unchanged | OutcomeKind::Pushed => {}
    }
    if unproven {
        return Sign::Unproven;
    }
    let parsed = matches!(outcome, Outcome::Parsed { .. });
    let is_feed = matches!(at.source.connector, Connector::Feed(_));
    if parsed && counts.seen == 0 && is_feed {
        Sign::Empty
    } else if parsed && counts.rejected >= REJECTED && counts.rejected * 2 > counts.seen {
        Sign::Partial
    } else if habit::is_stale(&after.memory.habit, now) {
        Sign::Stale
    } else if habit::is_quiet(&after.memory.habit, after.baseline, now) {
        Sign::Quiet
    } else if parsed {
        Sign::Well
    } else {
        Sign::Same
    }
}

/// The health that a report tells the log of at a louder level: nothing is read any more.
pub(crate) fn is_loss(from: Health, to: Health) -> bool {
    (from.is_watched() || from == Health::Unknown) && !to.is_watched()
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
