//! Digests: the same bytes whenever they are made, on the days when the clock is set too (R13).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod tell;

use std::path::Path;

use model::{Facet, Health, Held, MessageId, Outage};
use pipeline::digest::{self, Digest, Period, build, day, plan, render};
use pipeline::{DigestFormat, Settings};
use store::{Commit, Store, tables};
use tell::{
    alert, at, item, morning, put_alert, put_health, put_item, rule, settings, source, tag,
};

const ALL: &[DigestFormat] = &[DigestFormat::Markdown, DigestFormat::Html, DigestFormat::Json];

fn belgrade() -> Settings {
    let mut settings = settings(Path::new("/nowhere"));
    let mut off = source("novosti", "Novosti");
    off.off = Some("blocks unknown agents".into());
    settings.sources.extend([source("new", "Just added"), off]);
    settings.sources.sort_by(|a, b| a.id.cmp(&b.id));
    settings
}

fn build_day(store: &Store, settings: &Settings, date: &str) -> Digest {
    let period = day(date.parse().unwrap(), &settings.timezone);
    build(store, settings, &morning(ALL), period).unwrap()
}

/// One day with everything that a digest can tell; hours are counted from local midnight.
fn eventful_day(midnight: &str) -> Store {
    let store = Store::in_memory();
    let hour = |hours: u64| at(midnight).after(std::time::Duration::from_secs(3600 * hours));
    let when = |hours| hour(hours).to_string();
    let before = at(midnight).before(std::time::Duration::from_secs(5 * 3600)).to_string();

    let huawei =
        || vec![tag(Facet::Vendor, "huawei", "Huawei"), tag(Facet::Layer, "network", "5G")];
    let first = item("danas", "5g", "Huawei [wins] a *5G* contract | `now`", &when(1), huawei());
    put_item(&store, &first);
    let mut copy = item("beta", "copy", "Huawei wins a 5G contract", &when(2), huawei());
    copy.story = first.story;
    put_item(&store, &copy);
    put_alert(&store, &alert(&first, &rule()), &["log"]);

    let hostile = "ZTE <script>alert(1)</script>\u{202e}\r\nBcc: x";
    let mut zte = item("beta", "zte", hostile, &when(3), vec![tag(Facet::Vendor, "zte", "ZTE")]);
    zte.url = Some("javascript:alert(1)".into());
    put_item(&store, &zte);

    let mut late = item("danas", "late", "", &when(22), vec![tag(Facet::Vendor, "zte", "ZTE")]);
    late.title = None;
    late.published = Some(at(&before));
    put_item(&store, &late);

    let mut old = item("new", "old", "Nuctech scanners of last year", &when(4), vec![]);
    old.tags = vec![tag(Facet::Vendor, "nuctech", "Nuctech")];
    old.baseline = true;
    put_item(&store, &old);
    put_alert(&store, &model::Alert { held: Some(Held::Baseline), ..alert(&old, &rule()) }, &[]);
    put_item(&store, &item("danas", "weather", "Sun", &when(5), vec![]));

    put_health(&store, "danas", &before, Health::Unknown, Health::Healthy, "");
    put_health(&store, "beta", &before, Health::Unknown, Health::Healthy, "");
    put_health(&store, "beta", &when(6), Health::Healthy, Health::Broken, "server answered 503");
    put_health(&store, "new", &when(4), Health::Unknown, Health::Healthy, "");
    let mut commit = Commit::default();
    commit.put::<tables::Outages>(&hour(8), &Outage { until: hour(9) });
    store.commit_blocking(commit).unwrap();
    store
}

#[test]
fn the_day_on_which_summer_time_begins() {
    let store = eventful_day("2026-03-28T23:00:00Z");
    let digest = build_day(&store, &belgrade(), "2026-03-29");
    insta::assert_snapshot!("spring_md", render(&digest, DigestFormat::Markdown));
    insta::assert_snapshot!("spring_html", render(&digest, DigestFormat::Html));
}

#[test]
fn the_day_on_which_summer_time_ends() {
    let store = eventful_day("2026-10-24T22:00:00Z");
    let digest = build_day(&store, &belgrade(), "2026-10-25");
    insta::assert_snapshot!("autumn_md", render(&digest, DigestFormat::Markdown));
    insta::assert_snapshot!("autumn_json", render(&digest, DigestFormat::Json));
}

#[test]
fn nothing_from_outside_becomes_markup_or_a_script_or_a_foreign_resource() {
    let store = eventful_day("2026-03-28T23:00:00Z");
    let digest = build_day(&store, &belgrade(), "2026-03-29");
    let html = render(&digest, DigestFormat::Html);
    for bad in ["<script", "javascript:", "\u{202e}", "src=", "<img", "<link", "url(", "@import"] {
        assert!(!html.contains(bad), "{bad}");
    }
    assert!(html.contains("rel=\"noreferrer\""));
    let markdown = render(&digest, DigestFormat::Markdown);
    assert!(markdown.contains("\\[wins\\] a \\*5G\\* contract \\| \\`now\\`"));
    assert!(!markdown.contains("javascript:"));
    assert!(markdown.lines().all(|line| !line.starts_with("Bcc")));
}

#[test]
fn a_day_is_told_as_it_stood_whatever_happened_since() {
    let store = eventful_day("2026-03-28T23:00:00Z");
    let settings = belgrade();
    let told = build_day(&store, &settings, "2026-03-29");

    // The next day a title is edited, the blind source recovers, a held alert is released by a
    // further outlet, and the daemon was away.
    let mut commit = Commit::default();
    let zte = item("beta", "zte", "", "2026-03-29T02:00:00Z", vec![]);
    let before = store.get::<tables::Items>(&zte.id).unwrap().unwrap();
    let edited = model::Item {
        title: Some("ZTE, corrected".into()),
        tags: vec![],
        revision: 1,
        ..before.clone()
    };
    commit.replace_item(&before, &edited);
    tell::put_revision(&mut commit, &edited, at("2026-03-30T08:00:00Z"), &["title"]);
    store.commit_blocking(commit).unwrap();
    let old = item("new", "old", "", "2026-03-29T03:00:00Z", vec![]);
    let mut fresh = item("danas", "fresh", "Nuctech again", "2026-03-30T09:00:00Z", vec![]);
    fresh.story = old.story;
    fresh.tags = vec![tag(Facet::Vendor, "nuctech", "Nuctech")];
    put_item(&store, &fresh);
    let held = alert(&old, &rule());
    let mut commit = Commit::default();
    commit.delete::<tables::AlertsByTime>(&(held.at, held.id));
    store.commit_blocking(commit).unwrap();
    let released = model::Alert { further: vec![old.id], ..alert(&fresh, &rule()) };
    assert_eq!(released.id, held.id);
    put_alert(&store, &released, &["log"]);
    put_health(&store, "beta", "2026-03-30T06:00:00Z", Health::Broken, Health::Healthy, "");

    let again = build_day(&store, &settings, "2026-03-29");
    for format in ALL {
        assert_eq!(render(&told, *format), render(&again, *format));
    }
    let next = build_day(&store, &settings, "2026-03-30");
    assert_eq!((next.counts.alerts, next.counts.items), (1, 1));
    let beta = &next.watched.blind[0];
    assert_eq!(beta.stretches[0].until, Some(at("2026-03-30T06:00:00Z")));
}

#[test]
fn a_day_that_is_not_over_blames_nobody_for_what_has_yet_to_come() {
    let store = Store::in_memory();
    let settings = belgrade();
    let read = at("2026-03-29T08:00:00Z");
    let mut commit = Commit::default();
    for source in &settings.sources {
        let state = model::SourceState {
            last_attempt: Some(read),
            last_success: Some(read),
            last_outcome: Some(model::OutcomeKind::Parsed),
            baseline: Some(at("2026-03-01T00:00:00Z")),
            next_due: read.after(source.every),
            health: Health::Healthy,
            ..model::SourceState::default()
        };
        commit.put::<tables::Sources>(&source.id, &state);
    }
    store.commit_blocking(commit).unwrap();
    let period = day("2026-03-29".parse().unwrap(), &settings.timezone);
    let blind = |now| {
        let digest = pipeline::digest::build_at(&store, &settings, &morning(ALL), period, now);
        digest.unwrap().watched.blind.len()
    };
    assert_eq!(blind(at("2026-03-29T08:01:00Z")), 0);
    assert!(blind(period.end) > 0, "by the evening somebody should have asked");
}

#[test]
fn what_an_alert_of_another_class_was_about_is_marked() {
    let store = Store::in_memory();
    let when = |hour: u8| format!("2026-03-29T0{hour}:00:00Z");
    let vendor = || vec![tag(Facet::Vendor, "huawei", "Huawei")];
    let first = item("danas", "award", "A contract is awarded", &when(2), vendor());
    let second = item("danas", "row", "A row of the same list", &when(3), vendor());
    let quiet = item("danas", "other", "Not told at once", &when(4), vendor());
    for item in [&first, &second, &quiet] {
        put_item(&store, item);
    }
    let story = model::StoryId([9; 16]);
    let of_a_list = model::Alert {
        id: model::AlertId::derive(&rule().id, story, "listing"),
        story,
        further: vec![second.id],
        ..alert(&first, &rule())
    };
    put_alert(&store, &of_a_list, &[]);
    let digest = build_day(&store, &belgrade(), "2026-03-29");
    let stories = digest.sections.iter().flat_map(|section| &section.stories);
    let mut marked: Vec<_> = stories.map(|line| (line.title.as_str(), line.alerted)).collect();
    marked.sort_unstable();
    let expected = [
        ("A contract is awarded", true),
        ("A row of the same list", true),
        ("Not told at once", false),
    ];
    assert_eq!(marked, expected);
}

#[test]
fn the_first_digest_floods_nobody() {
    let store = Store::in_memory();
    for n in 0..120 {
        let vendor = if n % 10 == 0 { "bgi" } else { "zte" };
        let tags = vec![tag(Facet::Vendor, vendor, vendor)];
        let when = format!("2026-03-02T08:{:02}:{:02}Z", n / 60, n % 60);
        let mut item = item("danas", &n.to_string(), &format!("Story {n}"), &when, tags);
        item.baseline = true;
        put_item(&store, &item);
    }
    let digest = build_day(&store, &belgrade(), "2026-03-02");
    assert!(digest.sections.is_empty());
    assert_eq!((digest.baseline.stories, digest.baseline.not_listed), (120, 70));
    assert_eq!(digest.baseline.listed.len(), digest::MAX_BASELINE);
    // What an alert rule means comes first.
    assert!(digest.baseline.listed[..12].iter().all(|line| line.vendors == ["bgi"]));
    assert!(render(&digest, DigestFormat::Markdown).contains("- and 70 more"));
}

#[test]
fn a_huge_day_is_bounded_and_says_what_it_leaves_out() {
    let store = Store::in_memory();
    let mut commit = Commit::default();
    for n in 0..1_300_u32 {
        let when = at("2026-03-02T08:00:00Z").after(std::time::Duration::from_secs(n.into()));
        let tags = vec![tag(Facet::Vendor, "zte", "ZTE")];
        let item = item("danas", &n.to_string(), "Story", &when.to_string(), tags);
        commit.put_item(&item);
        if n % 200 == 199 {
            store.commit_blocking(std::mem::take(&mut commit)).unwrap();
        }
    }
    store.commit_blocking(commit).unwrap();
    let digest = build_day(&store, &belgrade(), "2026-03-02");
    assert_eq!(digest.sections[0].stories.len(), digest::MAX_STORIES);
    assert_eq!((digest.counts.stories, digest.counts.not_listed), (1_300, 300));
    assert!(render(&digest, DigestFormat::Html).contains("Not listed below: 300 stories"));
}

#[test]
fn coverage_counts_sources_that_never_slept() {
    let store = Store::in_memory();
    put_health(&store, "danas", "2026-03-01T08:00:00Z", Health::Unknown, Health::Healthy, "");
    put_health(&store, "danas", "2026-03-02T08:00:00Z", Health::Healthy, Health::Broken, "503");
    put_health(&store, "danas", "2026-03-02T09:00:00Z", Health::Broken, Health::Healthy, "");
    let sources = ["2026-03-01", "2026-03-02", "2026-03-03"].map(|date| {
        let watched = build_day(&store, &belgrade(), date).watched;
        (watched.throughout, watched.sources, watched.blind.len(), watched.off.len())
    });
    assert_eq!(sources, [(0, 3, 3, 1), (0, 3, 3, 1), (1, 3, 2, 1)]);
    let second = build_day(&store, &belgrade(), "2026-03-02").watched;
    let danas = second.blind.iter().find(|blind| blind.name == "Danas").unwrap();
    assert_eq!(danas.stretches[0].since, Some(at("2026-03-02T08:00:00Z")));
    assert_eq!(danas.stretches[0].reason.as_deref(), Some("503"));
    assert!(!danas.is_blind_at_end());
}

#[test]
fn the_footer_names_who_fails_who_lacks_something_and_who_changed_their_ways() {
    let store = Store::in_memory();
    let mut settings = belgrade();
    settings.sources = ["gap", "mute", "shaky", "still", "well"].map(|id| source(id, id)).to_vec();
    let (healthy, quiet) = (Health::Healthy, Health::Quiet);
    for id in ["gap", "mute", "shaky", "still", "well"] {
        put_health(&store, id, "2026-03-01T01:00:00Z", Health::Unknown, healthy, "");
    }
    put_health(&store, "still", "2026-03-01T02:00:00Z", healthy, Health::Stale, "");
    put_health(&store, "well", "2026-03-01T02:00:00Z", healthy, Health::Empty, "");
    put_health(&store, "mute", "2026-03-02T08:00:00Z", healthy, quiet, "");
    put_health(&store, "well", "2026-03-02T09:00:00Z", Health::Empty, healthy, "");
    let mut commit = Commit::default();
    let (from, to) = (at("2026-03-02T05:00:00Z"), at("2026-03-02T06:00:00Z"));
    let fill = model::Fill {
        at: at("2026-03-04T00:00:00Z"),
        tries: 1,
        found: 3,
        new: 2,
        undated: 0,
        oldest: Some(from),
        error: None,
        over: true,
    };
    let gap = model::Gap { from, to, fill: Some(fill) };
    commit.put::<tables::Gaps>(&("gap".parse().unwrap(), to), &gap);
    let failing = model::Blind {
        until: None,
        noticed: at("2026-03-02T22:30:00Z"),
        outcome: Some(model::OutcomeKind::Unreachable),
        reason: Some("server answered 502".into()),
        failures: 1,
    };
    let key = ("shaky".parse().unwrap(), at("2026-03-02T22:00:00Z"));
    commit.put::<tables::Blindness>(&key, &failing);
    store.commit_blocking(commit).unwrap();

    let digest = build_day(&store, &settings, "2026-03-02");
    let markdown = render(&digest, DigestFormat::Markdown);
    let footer = markdown.split("## What was not watched\n\n").nth(1).unwrap();
    let lines: Vec<_> = footer.lines().collect();
    assert_eq!(
        lines,
        [
            "- Watched 3 of 5 sources during the whole period; 1 failing.",
            "- shaky: the latest attempt failed, not known since 2026-03-02 23:00",
            "- gap may have published more than was read: 2026-03-02 06:00 to 2026-03-02 07:00",
            "- mute is quiet since 2026-03-02 09:00: silent for longer than its own history explains",
            "- well is well again since 2026-03-02 10:00 (was empty)",
            "- As before: 1 stale",
        ]
    );
    // The sitemap was searched later: the digest of that day stays as it was.
    let later = build_day(&store, &settings, "2026-03-04").watched;
    assert!(later.possible_gaps.is_empty());
    assert_eq!(later.still.iter().collect::<Vec<_>>(), [(&quiet, &1), (&Health::Stale, &1)]);
}

fn plan_at(store: &Store, settings: &Settings, now: &str) -> Option<Period> {
    let digest = morning(ALL);
    let commit = plan(store, &digest, &settings.timezone, at(now)).unwrap()?;
    store.commit_blocking(commit).unwrap();
    let runs = store::Range::<tables::DigestRuns>::prefix(&digest.id).newest_first();
    let (_, run) = store.page(runs, 1).unwrap().pop().unwrap();
    Some(Period { start: run.start, end: run.end })
}

#[test]
fn a_digest_is_made_once_and_a_downtime_is_made_up_for_in_one() {
    let store = Store::in_memory();
    let settings = belgrade();
    let period = |start: &str, end: &str| Some(Period { start: at(start), end: at(end) });
    // Installed on a Monday at noon: nothing to tell about the night before.
    assert_eq!(plan_at(&store, &settings, "2026-03-02T11:00:00Z"), None);
    put_health(&store, "danas", "2026-03-02T11:01:00Z", Health::Unknown, Health::Broken, "x");
    assert_eq!(plan_at(&store, &settings, "2026-03-02T11:02:00Z"), None);
    // The first comes on Tuesday, even if all that there is to tell is that nothing was seen.
    let tuesday = period("2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z");
    assert_eq!(plan_at(&store, &settings, "2026-03-03T06:00:01Z"), tuesday);
    assert_eq!(plan_at(&store, &settings, "2026-03-03T06:00:02Z"), None);
    assert_eq!(plan_at(&store, &settings, "2026-03-03T23:00:00Z"), None);
    // Away from Wednesday to Friday of the next week: one digest that covers all of it.
    let late = period("2026-03-03T06:00:00Z", "2026-03-13T06:00:00Z");
    assert_eq!(plan_at(&store, &settings, "2026-03-13T15:00:00Z"), late);
    assert_eq!(plan_at(&store, &settings, "2026-03-13T15:00:01Z"), None);
    assert_eq!(tell::outbox(&store).len(), 2);
}

#[test]
fn two_that_plan_the_same_digest_make_it_once() {
    let store = Store::in_memory();
    let settings = belgrade();
    put_health(&store, "danas", "2026-03-02T11:00:00Z", Health::Unknown, Health::Healthy, "");
    let digest = morning(ALL);
    let now = at("2026-03-03T07:00:00Z");
    let plan = || plan(&store, &digest, &settings.timezone, now).unwrap().unwrap();
    let (one, other) = (plan(), plan());
    store.commit_blocking(one).unwrap();
    assert!(matches!(store.commit_blocking(other), Err(store::CommitError::Conflict { .. })));
    let rows = tell::outbox(&store);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0.1, MessageId::digest(&digest.id, at("2026-03-03T06:00:00Z")));
}
