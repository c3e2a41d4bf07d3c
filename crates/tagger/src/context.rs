//! The words around a place that say what is meant there: `needs`, `unless`, `despite` and
//! `aside`.

use crate::compile::Rule;
use crate::evaluate::Hit;

/// Letters behind which another passage begins. A veto further away yields to a word of `needs`
/// in the place's own passage: one airport in a long article is no reason to lose the genomes.
const PASSAGE: usize = 300;
/// Letters around a name in a headline of capitals in which its confirmation must stand.
const HEADLINE: usize = 80;
/// Letters in which a common word says what its capitalised form means: `Poco a poco`.
const COMMON_REACH: usize = 100;
/// Letters between a name and a word right beside it: a space and a bracket.
const BESIDE: usize = 2;
/// Letters behind a word of `aside` in which a name is none of the story: a list of platforms.
pub const ASIDE: usize = 80;
/// Places of one context around a hit that are looked at on either side. They overlap only where
/// a word of a list begins another, so that a few are enough.
const AROUND: usize = 8;

/// One place where a word of `needs`, `unless` or `despite` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) context: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The word of a list that is nearest to a hit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    pub(crate) seen: Seen,
    distance: usize,
}

/// What the words around a hit say, and which of them decided.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weighed {
    pub(crate) veto: Option<Near>,
    /// What outweighs the veto.
    pub(crate) outweighed: Option<Near>,
    pub(crate) confirmed: Option<Near>,
    /// Nothing that the rule needs is there.
    pub(crate) missing: bool,
}

impl Weighed {
    /// The context that leaves the hit out.
    pub(crate) fn vetoed(&self) -> Option<u32> {
        self.veto.filter(|_| self.outweighed.is_none()).map(|near| near.seen.context)
    }
}

/// Weighs the words around `hit`. `seen` is sorted; so is `common`, the places where words of a
/// rule are written without their capitals: a veto over such a place (`na temu`) says what that
/// word means, and nothing about a name in another sentence.
pub(crate) fn weigh(rule: &Rule, seen: &[Seen], common: &[(u32, u32, u32)], hit: &Hit) -> Weighed {
    let within = rule.within.unwrap_or(usize::MAX);
    // Among capitals a name looks like any word: only its own headline confirms it.
    let reach = if hit.shouted { within.min(HEADLINE) } else { within };
    let (start, end) = (hit.start, hit.end);
    let nearest = |contexts: &[u32], within: usize, counts: &dyn Fn(&Seen) -> bool| {
        let all = contexts.iter().filter_map(|&c| nearest(seen, c, start, end, counts));
        all.filter(|near| near.distance <= within)
            .min_by_key(|near| (near.distance, near.seen.start, near.seen.context))
    };
    let common_of_rule = {
        let from = common.partition_point(|place| place.0 < hit.rule);
        let to = common.partition_point(|place| place.0 <= hit.rule);
        &common[from..to]
    };
    let about_names = |s: &Seen| {
        if distance(s, start, end) <= COMMON_REACH {
            return true;
        }
        let first = common_of_rule.partition_point(|place| place.2 <= s.start);
        common_of_rule.get(first).is_none_or(|place| place.1 >= s.end)
    };
    if let Some(veto) = nearest(&rule.aside, ASIDE, &|s| s.end <= start) {
        return Weighed { veto: Some(veto), ..Weighed::default() };
    }
    let despite = nearest(&rule.despite, reach, &|_| true);
    let needed = nearest(&rule.needs, reach, &|_| true);
    let veto = nearest(&rule.unless, within, &about_names);
    // What stands over the name or right beside it (`BGI airport`, `Dow Jones (DJI)`) says what
    // this very mention is: no word further away outweighs that.
    let beside = |near: &Near| near.distance <= BESIDE;
    let despite_of = |veto: &Near| despite.filter(|despite| !beside(veto) || beside(despite));
    let same_passage =
        |veto: &Near| needed.filter(|needed| veto.distance > PASSAGE && needed.distance <= PASSAGE);
    Weighed {
        veto,
        outweighed: veto.and_then(|veto| despite_of(&veto).or_else(|| same_passage(&veto))),
        confirmed: needed.or(despite.filter(|_| !rule.needs.is_empty())),
        missing: !rule.needs.is_empty() && needed.is_none() && despite.is_none(),
    }
}

/// Letters between a place and `start..end`; 0 where they overlap.
fn distance(seen: &Seen, start: u32, end: u32) -> usize {
    start.saturating_sub(seen.end).max(seen.start.saturating_sub(end)) as usize
}

/// The place of `context` that is nearest to `start..end`, other than inside it, of those that
/// count.
fn nearest(
    seen: &[Seen],
    context: u32,
    start: u32,
    end: u32,
    counts: &dyn Fn(&Seen) -> bool,
) -> Option<Near> {
    let outside = |s: &&Seen| (s.start < start || s.end > end) && counts(s);
    let near = |seen: Seen| Near { seen, distance: distance(&seen, start, end) };
    let split = seen.partition_point(|s| (s.context, s.start) < (context, start));
    let (before, after) = seen.split_at(split);
    let of_context = |s: &&Seen| s.context == context;
    let before = before.iter().rev().take_while(of_context).take(AROUND).filter(outside);
    let after = after.iter().take_while(of_context).take(AROUND).find(outside);
    before.chain(after).map(|s| near(*s)).min_by_key(|near| (near.distance, near.seen.start))
}
