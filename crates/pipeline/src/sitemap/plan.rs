//! Which sitemaps of an index are worth a request. Pure.

use std::time::Duration;

use connector::sitemap::Child;
use model::{SitemapChild, SitemapMemory, Timestamp};

use super::{CHILDREN, WATCHED};

/// A sitemap that could not be read is tried again after this, or when its date moves.
const AGAIN: Duration = Duration::from_secs(86_400);

/// What to do about the sitemaps of an index.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) ask: Vec<Child>,
    /// More have moved than one run asks for: the index must be read again by the next one.
    pub(super) more: bool,
    /// What is not known and dated up to here is left aside from now on.
    pub(super) horizon: Option<Timestamp>,
    /// What was left out, for people.
    pub(super) told: Vec<String>,
}

/// Chooses among the sitemaps of an index, which come newest first: those whose date moved since
/// they were read, and those that have none, the longest unread first.
pub(super) fn plan(
    mut children: Vec<Child>,
    memory: &SitemapMemory,
    first: bool,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan { horizon: memory.horizon, ..Plan::default() };
    if children.len() > WATCHED {
        let reason = format!("{} sitemaps: only the newest {WATCHED} are watched", children.len());
        plan.told.push(reason);
        children.truncate(WATCHED);
    }
    let total = children.len();
    let (mut dated, mut undated): (Vec<_>, Vec<_>) = children
        .into_iter()
        .filter(|child| is_worth_asking(child, memory, now))
        .partition(|child| child.modified.is_some());
    undated.sort_by_key(|child| known(memory, &child.url).map(|known| known.read));
    let left = dated.split_off(dated.len().min(CHILDREN));
    undated.truncate(CHILDREN - dated.len());
    if first {
        plan.horizon = plan.horizon.max(left.iter().filter_map(|child| child.modified).max());
        let asked = dated.len() + undated.len();
        if asked < total {
            plan.told.push(format!(
                "{total} sitemaps: the first poll reads the newest {asked}, another when its date \
                 moves; those without a date are read in turn"
            ));
        }
    } else {
        plan.more = !left.is_empty();
    }
    plan.ask = dated;
    plan.ask.extend(undated);
    plan
}

/// What can be asked without a new index: sitemaps without a date, and what could not be read.
pub(super) fn remembered(memory: &SitemapMemory) -> Vec<Child> {
    let open = memory.children.iter().filter(|child| child.modified.is_none() || is_unread(child));
    open.map(|child| Child { url: child.url.clone(), modified: child.modified }).collect()
}

fn is_worth_asking(child: &Child, memory: &SitemapMemory, now: Timestamp) -> bool {
    match (known(memory, &child.url), child.modified) {
        (Some(known), modified @ Some(_)) if known.read == UNTIL_IT_MOVES => {
            known.modified != modified
        }
        (Some(known), modified) if is_unread(known) => {
            known.modified != modified || now.since(known.read) >= AGAIN
        }
        (_, None) => true,
        (Some(known), modified) => known.modified != modified,
        (None, modified) => modified > memory.horizon,
    }
}

/// In place of the hash of a body: never read.
pub(super) const UNREAD: [u8; 16] = [0; 16];
/// The same, and the index named it when it was first read: what it brings is no news.
pub(super) const BACKLOG: [u8; 16] = [0xff; 16];
/// In place of the time at which it was read: nobody tried yet. One with a date waits until that
/// moves, others for their turn.
pub(super) const UNTIL_IT_MOVES: Timestamp = Timestamp::EPOCH;

pub(super) fn is_unread(child: &SitemapChild) -> bool {
    child.body == UNREAD || is_backlog(child)
}

pub(super) fn is_backlog(child: &SitemapChild) -> bool {
    child.body == BACKLOG
}

pub(super) fn known<'m>(memory: &'m SitemapMemory, url: &str) -> Option<&'m SitemapChild> {
    memory.children.iter().find(|known| known.url == url)
}

#[cfg(test)]
mod tests {
    use model::Validators;

    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::CLOCK_FLOOR.after(Duration::from_secs(hours * 3_600))
    }

    fn child(name: &str, modified: Option<u64>) -> Child {
        Child { url: name.into(), modified: modified.map(at) }
    }

    fn read(name: &str, modified: Option<u64>, hours: u64) -> SitemapChild {
        SitemapChild {
            url: name.into(),
            modified: modified.map(at),
            validators: Validators::default(),
            body: [1; 16],
            read: at(hours),
        }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.ask.iter().map(|child| child.url.as_str()).collect()
    }

    #[test]
    fn a_first_poll_takes_the_newest_and_remembers_where_it_stopped() {
        let children: Vec<_> = (0..20).rev().map(|n| child(&format!("{n}"), Some(n))).collect();
        let plan = plan(children.clone(), &SitemapMemory::default(), true, at(30));
        assert_eq!(names(&plan), ["19", "18", "17", "16", "15", "14", "13", "12"]);
        assert_eq!((plan.horizon, plan.more), (Some(at(11)), false));
        assert!(plan.told[0].contains("20 sitemaps"), "{:?}", plan.told);
        // Later what was left stays left, until it moves.
        let seen = (12..20).map(|n| read(&format!("{n}"), Some(n), 30)).collect();
        let memory = SitemapMemory { horizon: plan.horizon, children: seen };
        assert!(super::plan(children.clone(), &memory, false, at(31)).ask.is_empty());
        let mut moved = children;
        moved[15].modified = Some(at(40));
        moved[3].modified = Some(at(41));
        assert_eq!(names(&super::plan(moved, &memory, false, at(42))), ["16", "4"]);
    }

    #[test]
    fn more_than_one_run_asks_for_wait_for_the_next() {
        let children: Vec<_> = (0..20).map(|n| child(&format!("{n}"), Some(50))).collect();
        let found = plan(children.clone(), &SitemapMemory::default(), false, at(60));
        assert_eq!((found.ask.len(), found.more, found.horizon), (CHILDREN, true, None));
        let seen = found.ask.iter().map(|child| read(&child.url, Some(50), 60)).collect();
        let memory = SitemapMemory { horizon: None, children: seen };
        let found = plan(children, &memory, false, at(61));
        assert_eq!(names(&found)[0], "8");
    }

    #[test]
    fn without_dates_the_longest_unread_comes_first() {
        let children: Vec<_> = (0..10).map(|n| child(&format!("{n}"), None)).collect();
        let seen = (0..9).map(|n| read(&format!("{n}"), None, 30 - n)).collect();
        let memory = SitemapMemory { horizon: None, children: seen };
        let found = plan(children, &memory, false, at(40));
        assert_eq!(names(&found), ["9", "8", "7", "6", "5", "4", "3", "2"]);
        assert_eq!(remembered(&memory).len(), 9);
    }

    #[test]
    fn what_could_not_be_read_is_tried_again_after_a_day_or_when_it_moves() {
        let unread = SitemapChild { body: UNREAD, ..read("a", Some(1), 10) };
        let memory = SitemapMemory { horizon: None, children: vec![unread] };
        let asked = |modified, now| {
            let plan = plan(vec![child("a", Some(modified))], &memory, false, at(now));
            plan.ask.len()
        };
        assert_eq!((asked(1, 33), asked(1, 34), asked(2, 11)), (0, 1, 1));
    }

    #[test]
    fn an_index_without_end_is_cut_and_that_is_told() {
        let children: Vec<_> = (0..WATCHED + 1).map(|n| child(&format!("{n}"), Some(1))).collect();
        let found = plan(children, &SitemapMemory::default(), true, at(2));
        assert!(found.told[0].contains("1001 sitemaps"), "{:?}", found.told);
    }
}
