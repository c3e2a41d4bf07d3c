//! Among names of one facet the longest match wins, wherever matches overlap.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::Facet;

use crate::compile::{Core, Evidence};
use crate::evaluate::{Hit, State, confidence_of};

/// The facets whose names exclude each other. A layer or an event is no name.
const FACETS: [Facet; 4] = [Facet::Vendor, Facet::Counterparty, Facet::Place, Facet::Origin];

/// What decides between two entries that claim the same letters: how sure, then whether something
/// near confirms it, then a name before a product. Never the order of files.
type Rank = (u32, bool, bool);

/// A place that an entry holds.
struct Held {
    end: u32,
    rule: u32,
    rank: Rank,
}

/// Marks the hits that a longer one, or a better one of the same place, covers. Where nothing
/// tells two entries apart, both stand.
pub(crate) fn check(core: &Core, hits: &mut [Hit], order: &mut Vec<u32>) {
    for facet in FACETS {
        order.clear();
        order.extend((0..hits.len() as u32).filter(|&n| {
            let hit = &hits[n as usize];
            hit.state == State::Counts
                && hit.evidence != Evidence::Weak
                && core.rules[hit.rule as usize].facet == facet
        }));
        if order.len() < 2 {
            continue;
        }
        order.sort_unstable_by_key(|&n| {
            let hit = &hits[n as usize];
            (Reverse(hit.end - hit.start), hit.start, Reverse(rank(core, hit)), hit.rule)
        });
        let mut taken: BTreeMap<u32, Held> = BTreeMap::new();
        for &n in &*order {
            let hit = &mut hits[n as usize];
            let rank = rank(core, hit);
            match taken.range(..hit.end).next_back() {
                Some((&start, held)) if held.end > hit.start => {
                    let entry = |rule: u32| core.rules[rule as usize].entry;
                    let same_place = (start, held.end) == (hit.start, hit.end);
                    let stands = rank == held.rank || entry(held.rule) == entry(hit.rule);
                    if !(same_place && stands) {
                        hit.state = State::Covered(held.rule);
                    }
                }
                _ => {
                    taken.insert(hit.start, Held { end: hit.end, rule: hit.rule, rank });
                }
            }
        }
    }
}

fn rank(core: &Core, hit: &Hit) -> Rank {
    let rule = &core.rules[hit.rule as usize];
    // Between 0 and 1, so that thousandths tell what a list can say.
    let sure = (confidence_of(rule, hit) * 1_000.0) as u32;
    (sure, !rule.needs.is_empty(), hit.evidence == Evidence::Name)
}
