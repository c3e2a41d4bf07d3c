//! The life of a subscription: one pure function over its state and what happens. Time is passed in.

use std::time::Duration;

use model::{Asked, HubMode, Subscription, SubscriptionState, Timestamp, truncated};

use super::{DAY, HOUR};

/// How long a hub is asked to tell, in seconds: ten days, which every hub grants.
pub(crate) const LEASE_S: u64 = 10 * 86_400;
/// How long a hub may take to verify what it was asked for.
const VERIFY: Duration = HOUR;
/// A lease is renewed when this part of it is over: a renewal that fails has time to be repeated.
const RENEW_PERCENT: u32 = 80;
/// A lease is never renewed earlier than this, however short it is.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(600);
/// Leases above it count as this.
const LONGEST_LEASE: Duration = Duration::from_secs(366 * 86_400);
/// What a hub that does not say how long its lease is is taken to mean (section 5.3 requires it).
const LEASE_UNSAID: Duration = DAY;
/// First wait after a hub failed; doubled with each further failure.
const FIRST_RETRY: Duration = Duration::from_secs(300);
/// First wait after a hub said no, to what was asked or by `hub.mode=denied`.
const FIRST_RETRY_REFUSED: Duration = DAY;
const LONGEST_RETRY: Duration = Duration::from_secs(7 * 86_400);
/// A hub that does not take an unsubscription this often is left without it: leases end.
const LEAVE_TRIES: u32 = 3;
/// So many polls in a row that found what the hub did not tell make it silent.
const MISSES: u8 = 3;
const ERROR_BYTES: usize = 200;

/// What happens to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Time has gone by.
    Due,
    /// The hub did not take the request.
    Failed { error: &'a str, refused: bool, retry_after: Option<Duration> },
    /// The hub asks whether we meant it (section 5.3).
    Verify { mode: HubMode, topic: &'a str, lease: Option<Duration> },
    /// The hub says no (section 5.2).
    Denied { topic: &'a str, reason: &'a str },
    /// A message with the right signature; `news`: it could be read.
    Pushed { news: bool },
    /// A message without it.
    Forged,
    /// A poll of the source found entries that the hub had not told, or a document that offers
    /// something else.
    Polled { missed: bool, offered: Option<bool> },
    /// The source is off, gone, opted out, or its hub changed.
    Withdraw,
}

/// What is to be done beside storing the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The event changes nothing; a verification is answered with "not found".
    Ignore,
    /// The row is stored; a verification is answered with its challenge.
    Store,
    /// The row is stored, then the hub is asked.
    Ask(HubMode),
    /// The row is deleted; a verification is answered with its challenge.
    Forget,
}

/// What an event makes of a subscription.
pub(crate) fn step(row: &mut Subscription, event: &Event<'_>, now: Timestamp) -> Action {
    match *event {
        Event::Due => due(row, now),
        Event::Failed { error, refused, retry_after } => {
            if row.asked.take().is_none() {
                // The hub verified before its answer got lost.
                return Action::Ignore;
            }
            if row.state == SubscriptionState::Leaving {
                return leave_again(row, now);
            }
            fail(row, error);
            let wait = back_off(row.failures, refused).max(retry_after.unwrap_or_default());
            row.due = now.after(wait);
            Action::Store
        }
        Event::Verify { mode, topic, lease } => verify(row, mode, topic, lease, now),
        Event::Denied { topic, reason } => {
            if topic != row.topic {
                return Action::Ignore;
            }
            if row.state == SubscriptionState::Leaving {
                return Action::Forget;
            }
            enter(row, SubscriptionState::Denied, now);
            row.asked = None;
            row.lease_until = None;
            let reason = if reason.is_empty() { "the hub gave no reason" } else { reason };
            fail(row, reason);
            row.due = now.after(back_off(row.failures, true));
            Action::Store
        }
        Event::Pushed { news } => {
            row.pushes = row.pushes.saturating_add(1);
            row.last_push = Some(now);
            if news {
                row.missed = 0;
                if row.state == SubscriptionState::Silent {
                    enter(row, SubscriptionState::Live, now);
                }
            }
            Action::Store
        }
        Event::Forged => {
            row.forged = row.forged.saturating_add(1);
            Action::Store
        }
        Event::Polled { missed, offered } => polled(row, missed, offered, now),
        Event::Withdraw => {
            if row.state == SubscriptionState::Leaving {
                return Action::Ignore;
            }
            enter(row, SubscriptionState::Leaving, now);
            row.asked = None;
            row.failures = 0;
            row.error = None;
            row.due = now;
            Action::Store
        }
    }
}

fn due(row: &mut Subscription, now: Timestamp) -> Action {
    let over = row.lease_until.is_none_or(|until| until <= now);
    let told = matches!(row.state, SubscriptionState::Live | SubscriptionState::Silent);
    if over && told {
        enter(row, SubscriptionState::Wanted, now);
    }
    if row.due > now {
        return if over && told { Action::Store } else { Action::Ignore };
    }
    let unanswered = row.asked.take().is_some();
    if row.state == SubscriptionState::Leaving {
        // Never verified, or told no longer: there is nothing to leave.
        if over || unanswered && row.failures + 1 >= LEAVE_TRIES {
            return Action::Forget;
        }
        row.failures += u32::from(unanswered);
        return ask(row, HubMode::Unsubscribe, now);
    }
    if unanswered {
        fail(row, "the hub took the request and did not verify it");
        row.due = now.after(back_off(row.failures, false));
        return Action::Store;
    }
    if row.state == SubscriptionState::Denied {
        enter(row, SubscriptionState::Wanted, now);
    }
    ask(row, HubMode::Subscribe, now)
}

fn ask(row: &mut Subscription, mode: HubMode, now: Timestamp) -> Action {
    let until = now.after(VERIFY);
    row.asked = Some(Asked { mode, until });
    row.due = until;
    Action::Ask(mode)
}

fn leave_again(row: &mut Subscription, now: Timestamp) -> Action {
    row.failures += 1;
    if row.failures >= LEAVE_TRIES {
        return Action::Forget;
    }
    row.due = now.after(back_off(row.failures, false));
    Action::Store
}

fn verify(
    row: &mut Subscription,
    mode: HubMode,
    topic: &str,
    lease: Option<Duration>,
    now: Timestamp,
) -> Action {
    // Only what we asked for ourselves, and have not confirmed: everything else is an attempt to
    // subscribe us to something, or to take something from us.
    if row.asked.is_none_or(|asked| asked.mode != mode) || topic != row.topic {
        return Action::Ignore;
    }
    if mode == HubMode::Unsubscribe {
        return Action::Forget;
    }
    row.asked = None;
    row.failures = 0;
    row.error = None;
    let lease = lease.unwrap_or(LEASE_UNSAID).min(LONGEST_LEASE);
    row.lease_until = Some(now.after(lease));
    row.due = now.after((lease * RENEW_PERCENT / 100).max(SHORTEST_RENEWAL));
    // A hub that tells nothing verifies all the same: only a message ends its silence.
    if row.state != SubscriptionState::Silent {
        if row.state != SubscriptionState::Live {
            row.missed = 0;
        }
        enter(row, SubscriptionState::Live, now);
    }
    Action::Store
}

fn polled(row: &mut Subscription, missed: bool, offered: Option<bool>, now: Timestamp) -> Action {
    let before = (row.missed, row.absent, row.state);
    match offered {
        Some(true) => row.absent = 0,
        Some(false) => row.absent = row.absent.saturating_add(1),
        None => {}
    }
    if missed && matches!(row.state, SubscriptionState::Live | SubscriptionState::Silent) {
        row.missed = (row.missed + 1).min(MISSES);
        if row.missed == MISSES {
            enter(row, SubscriptionState::Silent, now);
        }
    }
    if (row.missed, row.absent, row.state) == before { Action::Ignore } else { Action::Store }
}

fn enter(row: &mut Subscription, state: SubscriptionState, now: Timestamp) {
    if row.state != state {
        row.state = state;
        row.since = now;
    }
}

fn fail(row: &mut Subscription, error: &str) {
    row.failures = row.failures.saturating_add(1);
    row.error = Some(truncated(&model::one_line(error), ERROR_BYTES).into_owned());
}

/// The wait after so many failures in a row.
fn back_off(failures: u32, refused: bool) -> Duration {
    let first = if refused { FIRST_RETRY_REFUSED } else { FIRST_RETRY };
    first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_RETRY)
}
