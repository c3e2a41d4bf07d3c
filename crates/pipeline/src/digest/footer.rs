//! What was not watched, in words. Pure.

use jiff::tz::TimeZone;
use model::{Health, Sight};

use super::render::{local, local_exact, number};
use super::{Blind, Changed, Digest, Missed, Off, PossibleGaps, Silence, Watched};

/// The lines of the last part of a digest, as plain text.
pub(super) fn footer(digest: &Digest) -> Vec<String> {
    let (zone, watched) = (&digest.zone, &digest.watched);
    let mut lines = vec![watched_line(watched)];
    lines.extend(watched.outages.iter().map(|outage| {
        let (from, to) = (local_exact(zone, outage.start), local_exact(zone, outage.end));
        format!("stackwatch did not run from {from} to {to}: nothing was watched")
    }));
    let blind = watched.blind.iter();
    lines.extend(blind.map(|of| format!("{} was not read: {}", of.name, blind_line(zone, of))));
    lines.extend(watched.failing.iter().map(|of| {
        let since = of.since.map(|since| format!("since {}", local(zone, since)));
        let since = since.unwrap_or_else(|| "so far".into());
        format!("{}: the latest attempt failed, not known {since}", of.name)
    }));
    lines.extend(watched.possible_gaps.iter().map(|of| gap_line(zone, of)));
    lines.extend(watched.changed.iter().map(|of| changed_line(zone, of)));
    lines.extend(still_line(watched));
    if watched.not_named > 0 {
        lines
            .push(format!("and {} not named here", number(watched.not_named, "source", "sources")));
    }
    lines.extend(watched.off.iter().map(off_line));
    lines
}

fn watched_line(watched: &Watched) -> String {
    let Watched { throughout, sources, outages, .. } = watched;
    let time = match outages.is_empty() {
        true => "during the whole period",
        false => "while stackwatch ran",
    };
    let mut line = format!("Watched {throughout} of {sources} sources {time}");
    let blind = watched.blind.iter().filter(|blind| blind.is_blind_at_end()).count();
    for (count, word) in [(blind, "blind at its end"), (watched.failing.len(), "failing")] {
        if count > 0 {
            line.push_str(&format!("; {count} {word}"));
        }
    }
    line + "."
}

fn blind_line(zone: &TimeZone, blind: &Blind) -> String {
    let mut parts: Vec<_> = blind.stretches.iter().map(|s| stretch(zone, s)).collect();
    if blind.not_listed > 0 {
        parts.insert(0, format!("{} earlier times", blind.not_listed));
    }
    parts.join("; ")
}

fn stretch(zone: &TimeZone, silence: &Silence) -> String {
    let span = match (silence.since, silence.until) {
        (Some(since), Some(until)) => format!("{} to {}", local(zone, since), local(zone, until)),
        (Some(since), None) => format!("since {}", local(zone, since)),
        (None, Some(until)) => format!("first read at {}", local(zone, until)),
        (None, None) => "never read so far".into(),
    };
    let late = if silence.state == Sight::Late { ", read late" } else { "" };
    match &silence.reason {
        Some(reason) => format!("{span}{late} ({reason})"),
        None => format!("{span}{late}"),
    }
}

fn gap_line(zone: &TimeZone, of: &PossibleGaps) -> String {
    let told = |gap: &Missed| {
        let time = format!("{} to {}", local(zone, gap.from), local(zone, gap.to));
        match (gap.filled, gap.new) {
            (true, new) => format!("{time} (found in its sitemap, {} new)", new.unwrap_or(0)),
            (false, Some(new)) => format!("{time} ({new} found in its sitemap, maybe not all)"),
            (false, None) => time,
        }
    };
    let mut parts: Vec<_> = of.gaps.iter().map(told).collect();
    if of.not_listed > 0 {
        parts.insert(0, format!("{} earlier times", of.not_listed));
    }
    format!("{} may have published more than was read: {}", of.name, parts.join("; "))
}

fn changed_line(zone: &TimeZone, of: &Changed) -> String {
    let since = local(zone, of.since);
    match of.to {
        Health::Healthy => format!("{} is well again since {since} (was {})", of.name, of.from),
        to => format!("{} is {to} since {since}: {}", of.name, of.reason),
    }
}

fn still_line(watched: &Watched) -> Option<String> {
    let told: Vec<_> = watched.still.iter().map(|(health, n)| format!("{n} {health}")).collect();
    (!told.is_empty()).then(|| format!("As before: {}", told.join(", ")))
}

fn off_line(off: &Off) -> String {
    format!("{} off: {}", number(off.sources, "source is", "sources are"), off.reason)
}
