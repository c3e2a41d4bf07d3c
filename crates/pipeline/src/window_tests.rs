//! Possible gaps against a naive model that knows what was published and what was shown.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Entry;
use store::tables;

use crate::run::store_outcome;
use crate::testing::{context, entry, parsed, source};

const MINUTE: Duration = Duration::from_secs(60);
const HISTORIES: u64 = 12;
const POLLS: usize = 40;

/// How a feed shows what it publishes.
#[derive(Clone, Copy, Debug, Default)]
struct Habits {
    dated: bool,
    oldest_first: bool,
    /// In another order at each poll.
    shuffled: bool,
    /// So many old entries stay on top.
    pinned: usize,
    /// The newest entry at some time is pinned then.
    pins_news: bool,
    /// The window changes its size now and then.
    resized: bool,
    /// An entry is withdrawn now and then.
    withdrawn: bool,
}

/// Numbers that look random and are the same at each run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What was told of all polls of a kind of feed.
#[derive(Debug, Default)]
struct Tally {
    polls: u32,
    lost: u32,
    told: u32,
    /// An entry was lost and nobody was told.
    silent: u32,
    /// Told, and nothing was lost.
    wrong: u32,
}

struct Feed {
    habits: Habits,
    dice: Dice,
    /// By number: the minute of their publication. Withdrawn ones are gone.
    published: Vec<(u32, u64)>,
    next: u32,
    room: usize,
    pinned: Vec<(u32, u64)>,
}

impl Feed {
    fn publish(&mut self, minute: u64) {
        self.published.push((self.next, minute));
        self.next += 1;
    }

    /// What stands in the document now, from the top.
    fn shown(&mut self) -> Vec<(u32, u64)> {
        let habits = self.habits;
        let from = self.published.len().saturating_sub(self.room);
        let mut shown: Vec<_> = self.published[from..].to_vec();
        shown.retain(|one| !self.pinned.contains(one));
        if !habits.oldest_first {
            shown.reverse();
        }
        if habits.shuffled {
            for at in (1..shown.len()).rev() {
                shown.swap(at, self.dice.roll(at as u64 + 1) as usize);
            }
        }
        self.pinned.iter().copied().chain(shown).collect()
    }
}

async fn history(habits: Habits, seed: u64, tally: &mut Tally) {
    let (cx, clock) = context(vec![]);
    let source = Arc::new(source("a"));
    let mut dice = Dice(seed * 7_919 + 1);
    let room = 3 + dice.roll(12) as usize;
    let mut feed = Feed { habits, dice, published: vec![], next: 0, room, pinned: vec![] };
    let mut minute = 0;
    for _ in 0..room + 3 {
        minute += 1;
        feed.publish(minute);
    }
    feed.pinned = feed.published[..habits.pinned].to_vec();
    let start = cx.clock.now();
    let mut gap = None;
    let mut before = minute;
    // From a feed that sleeps to one that is too fast for its window.
    let pace = 3 + feed.dice.roll(60);
    for poll in 0..POLLS {
        let shown = feed.shown();
        let entries: Vec<Entry> = shown
            .iter()
            .map(|(n, at)| {
                let url = format!("https://a.example/{n}");
                let mut entry = entry(&format!("g{n}"), Some(&url), &format!("Entry {n}"));
                entry.published = habits.dated.then(|| start.after(MINUTE * *at as u32));
                entry
            })
            .collect();
        let outcome = parsed(&format!("\"{poll}\""), entries);
        store_outcome(&cx, &source, outcome, Instant::now()).await.unwrap();
        let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
        let told = state.memory.gap != gap;
        gap = state.memory.gap;
        let visible: BTreeSet<u32> = shown.iter().map(|(n, _)| *n).collect();
        let since = feed.published.iter().filter(|(_, at)| *at > before);
        let lost = since.clone().any(|(n, _)| !visible.contains(n));
        if poll > 0 {
            tally.polls += 1;
            tally.lost += u32::from(lost);
            tally.told += u32::from(told);
            tally.silent += u32::from(lost && !told);
            tally.wrong += u32::from(told && !lost);
        }
        before = minute;
        if habits.pins_news && feed.dice.roll(6) == 0 {
            feed.pinned = feed.published.last().copied().into_iter().collect();
        }
        if habits.resized && feed.dice.roll(6) == 0 {
            feed.room = 2 + feed.dice.roll(14) as usize;
        }
        if habits.withdrawn && feed.dice.roll(4) == 0 && feed.published.len() > 1 {
            // Of what was seen: what goes before anybody sees it is lost for all.
            let last = feed.published.len() - 1;
            let at = last - feed.dice.roll((last as u64).min(room as u64)) as usize;
            feed.published.remove(at);
        }
        // Now and then the poller sleeps for long.
        let pause = if feed.dice.roll(12) == 0 { 600 } else { 15 + feed.dice.roll(45) };
        for _ in 0..pause {
            minute += 1;
            if feed.dice.roll(pace) == 0 {
                feed.publish(minute);
            }
        }
        clock.advance(MINUTE * pause as u32);
    }
}

async fn tally(habits: Habits) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..HISTORIES {
        history(habits, seed, &mut tally).await;
    }
    tally
}

#[tokio::test]
async fn what_was_lost_is_told_and_hardly_more() {
    let dated = Habits { dated: true, ..Habits::default() };
    for (name, habits, wrong) in [
        ("dated", dated, 2),
        ("undated", Habits::default(), 2),
        ("oldest first, dated", Habits { oldest_first: true, ..dated }, 2),
        ("oldest first, undated", Habits { oldest_first: true, ..Habits::default() }, 12),
        ("reordered, undated", Habits { shuffled: true, ..Habits::default() }, 6),
        ("one pinned", Habits { pinned: 1, ..Habits::default() }, 2),
        ("two pinned, dated", Habits { pinned: 2, ..dated }, 2),
        ("news is pinned", Habits { pins_news: true, ..Habits::default() }, 5),
        ("window changes its size", Habits { resized: true, ..dated }, 4),
        ("entries are withdrawn", Habits { withdrawn: true, ..dated }, 4),
    ] {
        let tally = tally(habits).await;
        println!("{name}: {tally:?}");
        assert!(tally.lost > 20, "{name}: nothing to tell: {tally:?}");
        assert_eq!(tally.silent, 0, "{name}: {tally:?}");
        let percent = f64::from(tally.wrong) * 100.0 / f64::from(tally.polls);
        assert!(percent <= f64::from(wrong), "{name}: {percent:.1} %: {tally:?}");
    }
}
