//! Scheduling, one run of a source from end to end, alerts, delivery, digests.

mod clock;
mod settings;

pub use clock::{Clock, ManualClock, SystemClock};
pub use settings::{
    AlertRule, Channel, ChannelKind, Criteria, DigestFormat, DigestSettings, EmailSettings,
    Heartbeat, Secret, SecretRef, Settings, SmtpTls, Source, Weekday,
};
