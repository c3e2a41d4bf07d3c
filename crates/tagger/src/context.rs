//! The words around a place that say what is meant there: `needs`, `unless` and `despite`.

use crate::compile::Rule;

/// Letters behind which another passage begins. A veto further away yields to a word of `needs`
/// in the place's own passage: one airport in a long article is no reason to lose the genomes.
const PASSAGE: usize = 300;
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

/// Weighs the words around `start..end`; `seen` is sorted.
pub(crate) fn weigh(rule: &Rule, seen: &[Seen], start: u32, end: u32) -> Weighed {
    let within = rule.within.unwrap_or(usize::MAX);
    let nearest = |contexts: &[u32]| {
        let all = contexts.iter().filter_map(|&context| nearest(seen, context, start, end));
        all.filter(|near| near.distance <= within)
            .min_by_key(|near| (near.distance, near.seen.start, near.seen.context))
    };
    let despite = nearest(&rule.despite);
    let needed = nearest(&rule.needs);
    let veto = nearest(&rule.unless);
    let same_passage =
        |veto: &Near| needed.filter(|needed| veto.distance > PASSAGE && needed.distance <= PASSAGE);
    Weighed {
        veto,
        outweighed: veto.and_then(|veto| despite.or_else(|| same_passage(&veto))),
        confirmed: needed.or(despite.filter(|_| !rule.needs.is_empty())),
        missing: !rule.needs.is_empty() && needed.is_none() && despite.is_none(),
    }
}

/// The place of `context` that is nearest to `start..end`, other than inside it.
fn nearest(seen: &[Seen], context: u32, start: u32, end: u32) -> Option<Near> {
    let outside = |s: &&Seen| s.start < start || s.end > end;
    let near = |seen: Seen| Near {
        seen,
        distance: (start.saturating_sub(seen.end)).max(seen.start.saturating_sub(end)) as usize,
    };
    let split = seen.partition_point(|s| (s.context, s.start) < (context, start));
    let (before, after) = seen.split_at(split);
    let of_context = |s: &&Seen| s.context == context;
    let before = before.iter().rev().take_while(of_context).take(AROUND).filter(outside);
    let after = after.iter().take_while(of_context).take(AROUND).find(outside);
    before.chain(after).map(|s| near(*s)).min_by_key(|near| (near.distance, near.seen.start))
}
