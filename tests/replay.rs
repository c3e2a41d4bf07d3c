//! Silence is provable (R20): a week is played through the real pipeline, with sources that fail,
//! hide behind walls, flood, are switched off, and a daemon that is away; then every hour of it is
//! asked for, and compared with what was played.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use console::SourceInfo;
use console::query;
use console::rows::{Cause, CoverageRow, Sight};
use model::{SourceId, Timestamp};
use pipeline::digest::{Digest, Period};
use pipeline::{Clock, Context, ManualClock, Settings, Source};
use store::{Store, tables};
use testkit::{Answer, Origin};
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3_600);

fn hour(number: u64) -> Timestamp {
    let monday: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    monday.after(HOUR * u32::try_from(number).unwrap())
}

/// A feed of the week. Its entries come in an even rhythm, and it shows the latest of them.
struct Feed {
    id: &'static str,
    every_min: u64,
    entry_every_min: u64,
    window: u64,
    /// What it does instead of answering: from hour to hour.
    plays: Vec<(u64, u64, Play)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Play {
    Status(u16),
    Wall,
    Off,
}

impl Feed {
    fn plays_at(&self, at: Timestamp) -> Option<Play> {
        let found = self.plays.iter().find(|(from, to, _)| (hour(*from)..hour(*to)).contains(&at));
        found.map(|(_, _, play)| *play)
    }

    fn newest(&self, at: Timestamp) -> u64 {
        1_000 + at.since(hour(0)).as_secs() / 60 / self.entry_every_min
    }

    /// Between two looks everything that it shows was replaced.
    fn rolled_over(&self, before: Timestamp, after: Timestamp) -> bool {
        self.newest(after) - self.newest(before) >= self.window
    }

    fn document(&self, at: Timestamp) -> String {
        let newest = self.newest(at);
        let entries = (newest + 1 - self.window..=newest).rev().map(|number| {
            let published = hour(0).before(Duration::from_secs(60_000 * self.entry_every_min));
            let age = Duration::from_secs(60 * self.entry_every_min * number);
            let date = published.after(age).to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT");
            format!("<item><guid>{number}</guid><title>N {number}</title><pubDate>{date}</pubDate></item>")
        });
        let entries: String = entries.collect();
        format!("<rss version=\"2.0\"><channel><title>T</title>{entries}</channel></rss>")
    }
}

/// The attempts that were made at one source, and how they ended.
type Log = BTreeMap<SourceId, Vec<(Timestamp, bool)>>;

struct World {
    feeds: Vec<Feed>,
    /// Hours in which the daemon did not run.
    away: Vec<(u64, u64)>,
    origin: Origin,
    cx: Context,
    clock: ManualClock,
    log: Log,
    /// The digest of each day, as it was made at its end.
    digests: Vec<(Period, String)>,
}

impl World {
    fn new(feeds: Vec<Feed>, away: Vec<(u64, u64)>) -> Self {
        let clock = ManualClock::at(hour(0));
        let origin = Origin::start();
        let (tagger, _) = tagger::Tagger::build(vec![]);
        let fetcher = fetch::Fetcher::new(fetch::Settings {
            user_agent: "stackwatch/test (+https://example.org)".into(),
            per_host: 1,
            spacing: Duration::ZERO,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            allow: vec!["127.0.0.0/8".parse().unwrap()],
        });
        let cx = Context {
            store: Store::in_memory(),
            fetcher: fetcher.unwrap(),
            tagger,
            settings: Arc::new(Settings {
                sources: vec![],
                alerts: vec![],
                channels: vec![],
                digests: vec![],
                timezone: jiff::tz::TimeZone::UTC,
                parallel: 1,
                per_host: 1,
                max_feed_bytes: 1 << 20,
                max_list_bytes: 1 << 20,
                heartbeat: None,
                websub: None,
                data: PathBuf::new(),
                min_free_bytes: 0,
            }),
            clock: Arc::new(clock.clone()),
        };
        let (log, digests) = (Log::new(), Vec::new());
        Self { feeds, away, origin, cx, clock, log, digests }
    }

    /// The sources as configuration has them at `at`.
    fn sources(&self, at: Timestamp) -> Vec<Source> {
        let source = |feed: &Feed| {
            let url = self.origin.url(&format!("/{}", feed.id)).parse().unwrap();
            let every = Duration::from_secs(60 * feed.every_min);
            let off = (feed.plays_at(at) == Some(Play::Off)).then(|| "switched off".into());
            Source { off, ..Source::feed(feed.id.parse().unwrap(), url, every) }
        };
        let mut sources: Vec<_> = self.feeds.iter().map(source).collect();
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        sources
    }

    fn catalogue(&self, at: Timestamp) -> Vec<SourceInfo> {
        let info = |source: Source| SourceInfo {
            id: source.id,
            name: source.name,
            url: source.url,
            connector: "feed",
            every: source.every,
            category: None,
            country: None,
            lang: None,
            off: source.off,
            robots_ignored: None,
            terms: None,
            licence: None,
        };
        self.sources(at).into_iter().map(info).collect()
    }

    fn due(&self, source: &Source) -> Timestamp {
        let state = self.cx.store.get::<tables::Sources>(&source.id).unwrap();
        state.map_or(hour(1), |state| state.next_due)
    }

    /// Plays until hour `end`.
    async fn play(&mut self, end: u64) {
        let mut edges: BTreeSet<u64> = (1..=end / 24).map(|day| day * 24).collect();
        edges.extend(self.away.iter().map(|(from, _)| *from));
        let plays = self.feeds.iter().flat_map(|feed| &feed.plays);
        let offs = plays.filter(|(_, _, play)| *play == Play::Off);
        edges.extend(offs.flat_map(|(from, to, _)| [*from, *to]));
        edges.extend([0, end]);
        for edge in edges {
            self.poll_until(hour(edge)).await;
            if let Some((_, back)) = self.away.iter().find(|(from, _)| *from == edge).copied() {
                self.mark_alive().await;
                self.clock.set(hour(back));
                let now = self.clock.now();
                pipeline::note_outage(&self.cx.store, now).await.unwrap().expect("it was away");
            }
            let now = self.clock.now();
            pipeline::reconcile(&self.cx.store, &self.sources(now), now).await.unwrap();
            if edge % 24 == 0 && edge > 0 && now == hour(edge) {
                self.end_of_day(Period { start: hour(edge - 24), end: hour(edge) });
            }
        }
    }

    async fn mark_alive(&self) {
        let stop = CancellationToken::new();
        stop.cancel();
        let clock = Arc::clone(&self.cx.clock);
        pipeline::keep_alive(self.cx.store.clone(), clock, stop).await.unwrap();
    }

    async fn poll_until(&mut self, until: Timestamp) {
        loop {
            let now = self.clock.now();
            let on = self.sources(now).into_iter().filter(|source| source.off.is_none());
            let due = on.map(|source| (self.due(&source).max(now), source.id.clone(), source));
            let Some((at, _, source)) = due.min_by_key(|(at, id, _)| (*at, id.clone())) else {
                break;
            };
            if at >= until {
                break;
            }
            self.clock.set(at);
            self.poll(source, at).await;
        }
        self.clock.set(self.clock.now().max(until));
    }

    async fn poll(&mut self, source: Source, at: Timestamp) {
        let feed = self.feeds.iter().find(|feed| feed.id == source.id.as_str()).unwrap();
        let path = format!("/{}", feed.id);
        match feed.plays_at(at) {
            None => self.origin.serve(&path, feed.document(at)),
            Some(Play::Status(status)) => self.origin.script(&path, [Answer::status(status)]),
            Some(Play::Wall) => {
                let wall = "<html><head><title>Just a moment...</title></head><body>\
                            <div id=\"cf-challenge\">Checking your browser</div></body></html>";
                let answer = Answer::status(403).header("cf-mitigated", "challenge").body(wall);
                self.origin.script(&path, [answer]);
            }
            Some(Play::Off) => panic!("{} is off", source.id),
        }
        let source = Arc::new(source);
        let report = pipeline::run_source(&self.cx, &source).await.unwrap();
        let ended = (at, report.error.is_none());
        self.log.entry(source.id.clone()).or_default().push(ended);
    }

    fn coverage(&self, from: Timestamp, to: Timestamp) -> Vec<CoverageRow> {
        let now = self.clock.now();
        query::coverage(&self.cx.store, &self.catalogue(now), from..to, now).unwrap()
    }

    fn digest(&self, period: Period, sources: Vec<Source>) -> Digest {
        let settings = Settings { sources, ..(*self.cx.settings).clone() };
        let morning = pipeline::DigestSettings {
            id: "day".parse().unwrap(),
            label: "Day".into(),
            at: "00:00".parse().unwrap(),
            days: vec![],
            when: pipeline::Criteria::default(),
            unless: pipeline::Criteria::default(),
            to: vec![],
            formats: vec![],
        };
        pipeline::digest::build(&self.cx.store, &settings, &morning, period).unwrap()
    }

    /// Everything that says something about a day says the same at its end.
    fn end_of_day(&mut self, period: Period) {
        let now = self.clock.now();
        let rows = self.coverage(period.start, period.end);
        let digest = self.digest(period, self.sources(now));
        agree(&rows, &digest);
        let status = query::status(&self.cx.store, &self.catalogue(now), now).unwrap().sources;
        let count = |sight| rows.iter().filter(|row| row.state == sight).count() as u64;
        assert_eq!(
            (status.watched, status.failing, status.blind, status.pending, status.off),
            (
                count(Sight::Watched),
                count(Sight::Failing),
                count(Sight::Blind),
                count(Sight::Pending),
                count(Sight::Off)
            )
        );
        for row in &rows {
            let last = row.spans.last().unwrap();
            assert!(last.state == row.state || last.until == Some(now), "{row:?}");
        }
        for row in rows.iter().filter(|row| !matches!(row.state, Sight::Off | Sight::Pending)) {
            let health = row.health.unwrap();
            let seen = matches!(row.state, Sight::Watched | Sight::Failing);
            let late = row.reason.as_ref().is_some_and(|reason| reason.contains("was due at"));
            assert!(seen == health.is_watched() || late, "{row:?}");
        }
        let text = pipeline::digest::render(&digest, pipeline::DigestFormat::Json);
        self.digests.push((period, text));
    }

    /// What is to be said of the middle of an hour, by what was played and polled alone.
    fn expected(&self, feed: &Feed, at: Timestamp) -> Sight {
        let now = self.clock.now();
        let polls = self.log.get(&feed.id.parse().unwrap()).map_or(&[][..], Vec::as_slice);
        let away = self.away.iter().find(|(from, to)| (hour(*from)..hour(*to)).contains(&at));
        let off = |at| feed.plays_at(at) == Some(Play::Off);
        let before = polls.iter().rfind(|(time, ok)| *ok && *time <= at).map(|(time, _)| *time);
        let after = polls.iter().find(|(time, ok)| *ok && *time > at).map(|(time, _)| *time);
        let lost = match (before, after) {
            (Some(before), Some(after)) => feed.rolled_over(before, after),
            _ => false,
        };
        if off(at) {
            return Sight::Off;
        }
        let Some(first) = polls.first().map(|(time, _)| *time).filter(|first| *first <= at) else {
            return Sight::Pending;
        };
        let offs = || feed.plays.iter().filter(|(_, _, play)| *play == Play::Off);
        let ends = || offs().map(|(_, to, _)| hour(*to));
        let on_again = ends().filter(|end| *end <= at).max().unwrap_or(first);
        if !polls.iter().any(|(time, _)| (on_again..=at).contains(time)) {
            return Sight::Pending;
        }
        if away.is_some() {
            return if after.is_some() && !lost { Sight::Late } else { Sight::Blind };
        }
        let within = |time: &Timestamp| {
            before.is_none_or(|before| *time > before) && after.is_none_or(|after| *time < after)
        };
        let failed = polls.iter().filter(|(time, ok)| !ok && within(time)).map(|(time, _)| *time);
        let failed: Vec<_> = failed.collect();
        // The waits grow: the second one tells when three would have fitted in.
        let three = Duration::from_secs(3 * 60 * feed.every_min);
        let late = |time: &Timestamp| before.is_some_and(|before| time.since(before) >= three);
        // What was off is not known to work: its first failure says enough.
        let new = failed.iter().any(|time| {
            ends().any(|end| end <= *time && before.is_some_and(|before| before < end))
        });
        let silent = failed.len() >= 3 || failed.iter().skip(1).any(late) || new;
        match (before, after) {
            (None, _) => Sight::Blind,
            (Some(_), Some(_)) if lost && silent => Sight::Blind,
            (Some(_), Some(_)) if lost => Sight::Gap,
            (Some(_), Some(_)) if silent => Sight::Late,
            (Some(_), Some(_)) => Sight::Watched,
            (Some(_), None) if silent => Sight::Blind,
            (Some(_), None) if !failed.is_empty() => Sight::Failing,
            (Some(before), None) => {
                assert!(now.since(before) < 3 * Duration::from_secs(60 * feed.every_min));
                Sight::Watched
            }
        }
    }
}

/// What coverage says of a period at its end, and what the digest of it says.
fn agree(rows: &[CoverageRow], digest: &Digest) {
    let on: Vec<_> = rows.iter().filter(|row| row.state != Sight::Off).collect();
    let untold = |cause| matches!(cause, Cause::Watched | Cause::NotRunning | Cause::Window);
    let blind = |row: &CoverageRow| {
        row.spans.iter().any(|span| !untold(span.cause) && span.state != Sight::Failing)
    };
    let named: BTreeSet<_> = digest.watched.blind.iter().map(|blind| &blind.source).collect();
    let expected: BTreeSet<_> = on.iter().filter(|row| blind(row)).map(|row| &row.source).collect();
    assert_eq!(named, expected, "{:#?}\n{rows:#?}", digest.watched);
    let failing: BTreeSet<_> = digest.watched.failing.iter().map(|of| &of.source).collect();
    let expected: BTreeSet<_> =
        on.iter().filter(|row| row.state == Sight::Failing).map(|row| &row.source).collect();
    assert_eq!(failing, expected);
    let gaps: BTreeSet<_> = digest.watched.possible_gaps.iter().map(|of| &of.source).collect();
    let expected: BTreeSet<_> =
        on.iter().filter(|row| !row.possible_gaps.is_empty()).map(|row| &row.source).collect();
    assert_eq!(gaps, expected);
    let throughout = on.iter().filter(|row| {
        row.spans.iter().all(|span| matches!(span.cause, Cause::Watched | Cause::NotRunning))
    });
    assert_eq!((digest.watched.throughout, digest.watched.sources), (throughout.count(), on.len()));
}

/// Every hour is told, whole, as it was played.
fn compare(world: &World, end: u64) {
    let mut wrong = Vec::new();
    for number in 0..end {
        let (from, to) = (hour(number), hour(number + 1));
        let middle = from.after(HOUR / 2);
        let rows = world.coverage(from, to);
        assert_eq!(rows.len(), world.feeds.len());
        for row in rows {
            tiles(&row, from, to);
            let feed = world.feeds.iter().find(|feed| feed.id == row.source.as_str()).unwrap();
            let span =
                row.spans.iter().find(|span| (span.from..span.to).contains(&middle)).unwrap();
            let expected = world.expected(feed, middle);
            if span.state != expected {
                wrong.push(format!("{} at {middle}: {expected}, not {span:?}", feed.id));
            }
            assert_eq!(span.reason.is_none(), span.state == Sight::Watched, "{span:?}");
        }
    }
    assert!(wrong.is_empty(), "{} hours are wrong\n{}", wrong.len(), wrong.join("\n"));
    for (period, told) in &world.digests {
        let digest = world.digest(*period, world.sources(period.end));
        let again = pipeline::digest::render(&digest, pipeline::DigestFormat::Json);
        assert_eq!(*told, again, "the digest of {} has changed", period.start);
    }
}

/// No hole, no overlap.
fn tiles(row: &CoverageRow, from: Timestamp, to: Timestamp) {
    assert_eq!(row.spans.first().map(|span| span.from), Some(from));
    assert_eq!(row.spans.last().map(|span| span.to), Some(to));
    assert!(row.spans.iter().all(|span| span.from < span.to), "{:?}", row.spans);
    assert!(row.spans.windows(2).all(|two| two[0].to == two[1].from), "{:?}", row.spans);
}

fn feed(id: &'static str, plays: Vec<(u64, u64, Play)>) -> Feed {
    Feed { id, every_min: 30, entry_every_min: 60, window: 40, plays }
}

#[tokio::test]
async fn every_hour_of_a_week_is_told_as_it_was() {
    use Play::{Off, Status, Wall};
    let feeds = vec![
        feed("steady", vec![]),
        // A stumble, a silence that its window bridges, one that lasts at the end of the week.
        feed(
            "stumbles",
            vec![(20, 21, Status(500)), (30, 44, Status(503)), (150, 168, Status(404))],
        ),
        feed("walled", vec![(40, 52, Wall)]),
        // Its window holds two hours: every longer silence loses something.
        Feed { entry_every_min: 20, window: 6, ..feed("busy", vec![(60, 70, Status(502))]) },
        feed("switched", vec![(50, 60, Off)]),
        feed("late-comer", vec![(0, 100, Status(403))]),
        feed("unpaid", vec![(12, 14, Status(500)), (14, 30, Off), (30, 36, Status(500))]),
        Feed { every_min: 24 * 60, ..feed("daily", vec![]) },
    ];
    let mut world = World::new(feeds, vec![(80, 95)]);
    world.play(168).await;
    compare(&world, 168);
    // Some of it in words, against mistakes that the comparison above makes as well.
    let said = |id: &str, number: u64| {
        let rows = world.coverage(hour(number), hour(number + 1));
        let row = rows.into_iter().find(|row| row.source.as_str() == id).unwrap();
        let span = row.spans.last().unwrap().clone();
        (span.state, span.reason.unwrap_or_default(), row.items)
    };
    assert_eq!(said("steady", 35), (Sight::Watched, String::new(), 1));
    assert_eq!(said("stumbles", 20).0, Sight::Watched);
    let (state, reason, items) = said("stumbles", 40);
    assert_eq!((state, items), (Sight::Late, 0));
    assert!(reason.contains("503"), "{reason}");
    let (state, reason, _) = said("stumbles", 167);
    assert!(state == Sight::Blind && reason.contains("404"), "{state} {reason}");
    let (state, reason, _) = said("walled", 48);
    assert!(state == Sight::Late && reason.starts_with("blocked"), "{state} {reason}");
    let (state, reason, _) = said("busy", 66);
    assert!(state == Sight::Blind && reason.contains("may be missing"), "{state} {reason}");
    assert_eq!(said("switched", 55).1, "switched off");
    let (state, reason, _) = said("late-comer", 50);
    assert!(state == Sight::Blind && reason.contains("403"), "{state} {reason}");
    assert_eq!(said("steady", 85), (Sight::Late, "stackwatch did not run".into(), 0));
    assert_eq!(said("busy", 85).0, Sight::Blind, "more came than its window holds");
}

/// A small generator (SplitMix64): the same worlds on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A feed with a few plays, none of them an hour or less from the daemon's absence when it is off.
fn any_feed(id: &'static str, dice: &mut Dice, away: (u64, u64), end: u64) -> Feed {
    let mut plays = Vec::new();
    let mut from = dice.below(20);
    while from < end {
        let to = from + 1 + dice.below(24);
        let kinds =
            [Play::Status(500), Play::Status(404), Play::Status(503), Play::Wall, Play::Off];
        let play = dice.one_of(&kinds);
        let near_absence = to + 1 >= away.0 && from <= away.1 + 1;
        if play != Play::Off || (!near_absence && to < end) {
            plays.push((from, to, play));
        }
        from = to + 1 + dice.below(30);
    }
    Feed {
        id,
        every_min: dice.one_of(&[15, 30, 60, 120]),
        entry_every_min: dice.one_of(&[10, 30, 60]),
        window: dice.one_of(&[4, 20, 40]),
        plays,
    }
}

/// Whatever happens: each hour is told without hole or overlap and as it was, and the digest of each
/// day names the same sources as coverage does at its end, then and later.
#[tokio::test]
async fn coverage_and_digests_agree_over_any_history() {
    const HOURS: u64 = 96;
    for seed in 1..=8 {
        println!("world {seed}");
        let mut dice = Dice(seed);
        let from = 20 + dice.below(40);
        let away = (from, from + 1 + dice.below(15));
        let feeds = ["a", "b", "c"].map(|id| any_feed(id, &mut dice, away, HOURS));
        let mut world = World::new(feeds.into(), vec![away]);
        world.play(HOURS).await;
        compare(&world, HOURS);
    }
}
