//! The scheduled summary: what was found in a period, and what was not watched in it.
//!
//! [`build`] reads the store as it stood at the end of the period: the same period gives the same
//! digest whenever it is made (R13). Nothing here knows the time of day.

mod alerts;
mod collect;
mod footer;
mod line;
mod period;
mod plan;
mod render;
mod watched;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use model::{DigestId, Held, SourceId, Timestamp};
use serde::Serialize;
use store::{Store, StoreError};

pub use line::{Outlet, Section, StoryLine};
pub use period::{Period, day, next_due, period_ending};
pub use plan::plan;
pub use render::render;
pub use watched::{Blind, Changed, Failing, Missed, Off, PossibleGaps, Silence, Watched};

use crate::{DigestSettings, Settings, Source};

/// Everything that a digest says, ready to be shown in any format. Its serialised form is the
/// JSON format.
#[derive(Clone, Debug, Serialize)]
pub struct Digest {
    pub digest: DigestId,
    pub label: String,
    #[serde(flatten)]
    pub period: Period,
    /// Name of the zone in which people read it.
    pub timezone: String,
    #[serde(skip)]
    pub zone: TimeZone,
    pub counts: Counts,
    pub alerts: Vec<AlertLine>,
    /// By vendor, then by layer, then the rest.
    pub sections: Vec<Section>,
    /// Stories that came with a source's first poll: they may be old, so they are listed apart.
    pub baseline: Baseline,
    pub watched: Watched,
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Items first fetched in the period, whatever they say.
    pub fetched: usize,
    /// Those that the digest is about.
    pub items: usize,
    pub stories: usize,
    /// Stories that are not listed because there are more than [`MAX_STORIES`].
    pub not_listed: usize,
    pub alerts: usize,
    /// Alerts kept back: baseline or old.
    pub held: usize,
}

/// An alert of the period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertLine {
    pub id: model::AlertId,
    pub rule: model::AlertRuleId,
    pub label: String,
    pub at: Timestamp,
    /// Why it was not sent, if it was not.
    pub held: Option<Held>,
    pub title: String,
    pub url: Option<String>,
    pub source: String,
    /// What it is about: the item that caused it and those that were added.
    #[serde(skip)]
    pub items: Vec<model::ItemId>,
}

/// What the first polls of sources brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Baseline {
    pub stories: usize,
    /// At most [`MAX_BASELINE`], those that an alert rule means first.
    pub listed: Vec<StoryLine>,
    pub not_listed: usize,
}

/// Stories listed one by one in one digest.
pub const MAX_STORIES: usize = 1_000;
/// Baseline stories listed one by one: the first digest must not flood anyone (I7a).
pub const MAX_BASELINE: usize = 50;

/// What `build` goes by.
struct Cx<'a> {
    store: &'a Store,
    settings: &'a Settings,
    digest: &'a DigestSettings,
    sources: HashMap<&'a SourceId, &'a Source>,
    period: Period,
    /// The end of the period, or now.
    known_to: Timestamp,
}

impl Cx<'_> {
    /// A source's name; its id when it has left the configuration.
    fn name(&self, id: &SourceId) -> String {
        model::one_line(self.sources.get(id).map_or(id.as_str(), |source| &source.name))
    }

    fn category(&self, id: &SourceId) -> Option<&str> {
        self.sources.get(id).and_then(|source| source.category.as_deref())
    }
}

/// Reads the digest of `period` from the store, as it stood at the period's end. Blocks for the
/// time of the reads.
pub fn build(
    store: &Store,
    settings: &Settings,
    digest: &DigestSettings,
    period: Period,
) -> Result<Digest, StoreError> {
    build_at(store, settings, digest, period, period.end)
}

/// The same of a period that may not be over yet: it is `now`, and what would have to happen later
/// has not been missed.
pub fn build_at(
    store: &Store,
    settings: &Settings,
    digest: &DigestSettings,
    period: Period,
    now: Timestamp,
) -> Result<Digest, StoreError> {
    let sources = settings.sources.iter().map(|source| (&source.id, source)).collect();
    let known_to = period.end.min(now);
    let cx = Cx { store, settings, digest, sources, period, known_to };
    let found = collect::collect(&cx)?;
    let alerts = alerts::alerts(&cx, &found)?;
    let counts = Counts {
        fetched: found.fetched,
        items: found.items,
        stories: found.stories.len() + found.surplus,
        not_listed: 0,
        alerts: alerts.iter().filter(|alert| alert.held.is_none()).count(),
        held: alerts.iter().filter(|alert| alert.held.is_some()).count(),
    };
    let surplus = found.surplus;
    let lines = line::lines(&cx, found, &alerts)?;
    let zone = &settings.timezone;
    Ok(Digest {
        digest: digest.id.clone(),
        label: digest.label.clone(),
        period,
        timezone: zone.iana_name().unwrap_or("UTC").to_owned(),
        zone: zone.clone(),
        counts: Counts { not_listed: surplus + lines.not_listed, ..counts },
        alerts,
        sections: lines.sections,
        baseline: lines.baseline,
        watched: watched::watched(&cx)?,
    })
}

impl Digest {
    /// `Morning digest, 2026-03-29`: for a subject or a heading.
    pub fn heading(&self) -> String {
        format!("{}, {}", model::one_line(&self.label), self.date())
    }

    /// The local date on which the period ended; a period that ends at midnight is named after
    /// the day before it.
    pub fn date(&self) -> jiff::civil::Date {
        let last = self.period.end.before(std::time::Duration::from_millis(1));
        period::local_date(&self.zone, last)
    }
}
