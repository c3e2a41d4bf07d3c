//! Scheduling, one run of a source from end to end, alerts, delivery, digests.

#[cfg(test)]
mod absorb_tests;
mod alerting;
mod blind;
#[cfg(test)]
mod cache_tests;
mod clock;
mod context;
mod criteria;
mod decide;
pub mod deliver;
pub mod digest;
mod due;
mod guarded;
mod habit;
mod hash;
mod health;
mod identify;
mod known;
mod language;
mod lifecycle;
pub mod listing;
mod lookup;
mod network;
mod news;
pub mod notices;
mod outcome;
pub mod quarantine;
mod record;
mod retag;
mod robots;
mod run;
mod scheduler;
mod settings;
mod sitemap;
mod state;
mod steady;
mod surplus;
#[cfg(test)]
mod testing;
mod watch;
pub mod websub;
mod window;

pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use criteria::{Facts, accepts};
pub use decide::{Decision, Report, Situation, Totals, decide};
pub use deliver::Deliverer;
pub use digest::Digest;
pub use due::{Last, Stored, first_due, fit, next_due};
pub use identify::{Candidate, identify};
pub use known::Known;
pub use language::language;
pub use lifecycle::{heartbeat, keep_alive, note_outage, reconcile};
pub use outcome::{Outcome, Transport, Trouble};
pub use record::{Collapse, Guard, accept_list, guard};
pub use retag::{Change, Difference, Retag, Retagged, Sample, retag};
pub use run::{Rehearsal, RunError, digest_of, import, rehearse, run_source};
pub use scheduler::Schedule;
pub use settings::{
    AlertRule, Channel, ChannelKind, Criteria, DigestFormat, DigestSettings, EmailSettings,
    Heartbeat, Pace, RobotsRule, Secret, SecretRef, Settings, Signal, SmtpTls, Source, SourceNews,
    WantedHealth, Weekday,
};
pub use watch::{Summary, watch, watch_once, watch_with};
pub use websub::WebSub;
