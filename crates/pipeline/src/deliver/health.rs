//! How each channel is doing, for metrics and the doctor.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use model::{ChannelId, Timestamp};

/// What is known about a channel since the process began.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ChannelHealth {
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Messages given up.
    pub dead: u64,
    /// Failures since the last delivery.
    pub failures: u32,
    pub last_delivery: Option<Timestamp>,
    /// The last error and its time; it stays after a success, `failures` says whether it counts.
    pub last_error: Option<(Timestamp, String)>,
}

impl ChannelHealth {
    /// The last attempt failed.
    pub fn is_red(&self) -> bool {
        self.failures > 0
    }
}

#[derive(Debug, Default)]
pub(super) struct HealthBook(Mutex<BTreeMap<ChannelId, ChannelHealth>>);

impl HealthBook {
    fn book(&self) -> MutexGuard<'_, BTreeMap<ChannelId, ChannelHealth>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> BTreeMap<ChannelId, ChannelHealth> {
        self.book().clone()
    }

    pub(super) fn succeeded(&self, channel: &ChannelId, at: Timestamp) {
        let mut book = self.book();
        let health = book.entry(channel.clone()).or_default();
        health.delivered += 1;
        health.failures = 0;
        health.last_delivery = Some(at);
    }

    /// Returns how many failures in a row that makes.
    pub(super) fn failed(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        error: &str,
        dead: bool,
    ) -> u32 {
        let mut book = self.book();
        let health = book.entry(channel.clone()).or_default();
        health.failed += 1;
        health.dead += u64::from(dead);
        health.failures = health.failures.saturating_add(1);
        health.last_error = Some((at, error.to_owned()));
        health.failures
    }
}
