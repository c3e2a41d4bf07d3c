//! Decides which of the places that were found count, and makes tags of them.

use model::{Facet, Span, Tag};
use regex::{Match, Regex};

use crate::Text;
use crate::address;
use crate::amount::{self, Amount, Cued};
use crate::compile::{Core, Evidence, Owner, Rule};
use crate::context::{Near, Seen, Weighed, weigh};
use crate::cover;
use crate::fold::Folded;
use crate::language;
use crate::pattern::Found;
use crate::refused::{Beside, Verdict};
use crate::written::{Written, written};

/// Places found in one item, what is behind them is not looked at.
const MAX_HITS: usize = 1 << 16;
/// Tags of one item, and spans of one tag.
const MAX_TAGS: usize = 256;
const MAX_SPANS: usize = 16;
/// Bytes of a span's text; longer ones are cut at a letter.
const MAX_SPAN_BYTES: usize = 128;

/// How sure a match is, by what it matched.
const NAME: f32 = 1.0;
const WORD: f32 = 0.8;
const WEAK: f32 = 0.6;
/// The marks of letters are missing, or an acronym stands among capitals only.
const DOUBTFUL: f32 = 0.9;

/// One place where a rule found something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) rule: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) evidence: Evidence,
    doubtful: bool,
    /// In a headline of capitals.
    pub(crate) shouted: bool,
    pub(crate) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Counts,
    /// By this context.
    Vetoed(u32),
    Missing,
    Alone,
    /// By the match of this rule.
    Covered(u32),
    Address,
    Case,
    /// Two capitals among nothing but capitals.
    Shouted,
    /// The text is in another language.
    Language,
    /// This rule finds a vendor in the item.
    Named(u32),
}

/// Buffers that are used again for the next item.
#[derive(Default)]
pub(crate) struct Scratch {
    folded: Folded,
    hits: Vec<Hit>,
    seen: Vec<Seen>,
    cued: Vec<Cued>,
    /// Regexes that can match, and in which field.
    possible: Vec<(u32, usize)>,
    amounts: Vec<Amount>,
    /// Rule and place of words that are written as common words.
    common: Vec<(u32, u32, u32)>,
    strong: Vec<u32>,
    vendors: Vec<(u32, u32)>,
    order: Vec<u32>,
}

/// One place where something was found, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) rule: u32,
    pub(crate) span: Span,
    pub(crate) verdict: Verdict,
    pub(crate) weak: bool,
    pub(crate) confirmed: Option<Beside>,
    pub(crate) veto: Option<Beside>,
    pub(crate) despite: Option<Beside>,
}

impl Scratch {
    /// Finds everything in `text` and decides what counts.
    pub(crate) fn run(&mut self, core: &Core, text: &Text<'_>) {
        self.folded.read(text);
        self.hits.clear();
        self.seen.clear();
        self.cued.clear();
        self.find(core, text);
        self.find_regex(core, text);
        self.hits.sort_unstable_by_key(|hit| {
            (hit.rule, hit.start, u32::MAX - hit.end, hit.state != State::Counts, hit.doubtful)
        });
        self.check_language(core, text.lang);
        self.check_context(core);
        cover::check(core, &mut self.hits, &mut self.order);
        self.check_named(core);
        self.note_strong(core);
        self.check_weak(core);
        amount::find(&self.folded, text, &self.cued, &mut self.amounts);
    }

    /// How many places were found.
    pub(crate) fn found(&self) -> usize {
        self.hits.len()
    }

    fn find(&mut self, core: &Core, text: &Text<'_>) {
        let (folded, hits, seen, cued) =
            (&self.folded, &mut self.hits, &mut self.seen, &mut self.cued);
        core.index.scan(folded, |pattern, start, found| {
            let form = &core.index.patterns()[pattern as usize];
            match core.owners[pattern as usize] {
                Owner::Context(context) => {
                    let plain = form.is_plain();
                    let counts = || {
                        let written = written(text, folded, form, start, found);
                        matches!(written, Some(Written { state: State::Counts, .. }))
                    };
                    if plain || counts() {
                        let start = start - usize::from(form.lead.is_some());
                        seen.push(Seen { context, start: start as u32, end: found.end as u32 });
                    }
                }
                Owner::Amount(cue) => {
                    if cued.len() < amount::MAX_CUES {
                        cued.push(Cued { cue, start: start as u32, end: found.end as u32 });
                    }
                }
                Owner::Rule { rule, evidence } => {
                    if let Some(written) = written(text, folded, form, start, found) {
                        hits.push(hit(rule, start, found, evidence, written));
                    }
                }
            }
            hits.len() < MAX_HITS && seen.len() < MAX_HITS
        });
    }

    /// Regexes read the original; their places are kept as places in the normal form.
    fn find_regex(&mut self, core: &Core, text: &Text<'_>) {
        self.possible.clear();
        for (number, (_, content)) in text.fields().enumerate() {
            core.prefilter.possible(content, |regex| self.possible.push((regex, number)));
        }
        self.possible.sort_unstable();
        self.possible.dedup();
        for &(regex, number) in &self.possible {
            let (rule, regex) = &core.regexes[regex as usize];
            let Some((field, content)) = text.fields().nth(number) else { continue };
            for found in regex.find_iter(content).filter(|m| !m.is_empty()).take(MAX_SPANS) {
                let found = named(regex, content, found);
                let place = self.folded.range(text, field, found.start(), found.end());
                let Some((start, end)) = place else { continue };
                let inside = address::inside(content, found.start(), found.end());
                self.hits.push(Hit {
                    rule: *rule,
                    start: start as u32,
                    end: end as u32,
                    evidence: Evidence::Word,
                    doubtful: false,
                    shouted: false,
                    state: if inside { State::Address } else { State::Counts },
                });
            }
        }
    }

    fn check_language(&mut self, core: &Core, lang: Option<&str>) {
        let bound = |hit: &&mut Hit| {
            hit.state == State::Counts && !core.rules[hit.rule as usize].langs.is_empty()
        };
        let mut bound = self.hits.iter_mut().filter(bound).peekable();
        if bound.peek().is_none() {
            return;
        }
        let Some(lang) = lang.or_else(|| language::by_letters(&self.folded)) else { return };
        for hit in bound {
            let langs = &core.rules[hit.rule as usize].langs;
            if !langs.iter().any(|want| language::is_of(lang, want)) {
                hit.state = State::Language;
            }
        }
    }

    fn check_context(&mut self, core: &Core) {
        let asks = |hit: &Hit| core.rules[hit.rule as usize].asks();
        if !self.hits.iter().any(asks) {
            return;
        }
        self.seen.sort_unstable();
        self.note_common(asks);
        let mut missing = false;
        for hit in self.hits.iter_mut().filter(|hit| hit.state == State::Counts && asks(hit)) {
            let rule = &core.rules[hit.rule as usize];
            let weighed = weigh(rule, &self.seen, &self.common, hit);
            if let Some(context) = weighed.vetoed() {
                hit.state = State::Vetoed(context);
            } else if weighed.missing {
                hit.state = State::Missing;
                missing = true;
            }
        }
        if !missing {
            return;
        }
        // A full name elsewhere says what the short one means.
        self.note_strong(core);
        for hit in &mut self.hits {
            let entry = core.rules[hit.rule as usize].entry;
            if hit.state == State::Missing && self.strong.binary_search(&entry).is_ok() {
                hit.state = State::Counts;
            }
        }
    }

    /// Notes where the words of rules with a context are written without their capitals.
    fn note_common(&mut self, asks: impl Fn(&Hit) -> bool) {
        self.common.clear();
        let common = self.hits.iter().filter(|hit| hit.state == State::Case && asks(hit));
        self.common.extend(common.map(|hit| (hit.rule, hit.start, hit.end)));
    }

    /// Leaves out what counts only where the item names no vendor.
    fn check_named(&mut self, core: &Core) {
        let rule = |hit: &Hit| &core.rules[hit.rule as usize];
        let asks = |hit: &Hit| hit.state == State::Counts && rule(hit).unless_vendor;
        if !self.hits.iter().any(asks) {
            return;
        }
        let names = |hit: &&Hit| {
            hit.state == State::Counts
                && hit.evidence != Evidence::Weak
                && rule(hit).facet == Facet::Vendor
        };
        let Some(by) = self.hits.iter().find(names).map(|hit| hit.rule) else { return };
        for hit in self.hits.iter_mut().filter(|hit| asks(hit)) {
            hit.state = State::Named(by);
        }
    }

    /// Notes the entries that have more than weak words.
    fn note_strong(&mut self, core: &Core) {
        self.strong.clear();
        let strong =
            self.hits.iter().filter(|h| h.state == State::Counts && h.evidence != Evidence::Weak);
        self.strong.extend(strong.map(|hit| core.rules[hit.rule as usize].entry));
        self.strong.sort_unstable();
        self.strong.dedup();
    }

    /// A weak word counts beside another hit of its entry, a vendor, or a vendor that is hidden.
    fn check_weak(&mut self, core: &Core) {
        if !self.hits.iter().any(|h| h.evidence == Evidence::Weak && h.state == State::Counts) {
            return;
        }
        self.vendors.clear();
        let strong =
            self.hits.iter().filter(|h| h.state == State::Counts && h.evidence != Evidence::Weak);
        for hit in strong {
            match core.rules[hit.rule as usize].facet {
                Facet::Vendor => self.vendors.push((hit.start, hit.end)),
                // Its words are no name: a weak word among them counts as well.
                Facet::Origin => self.vendors.push((hit.start, hit.start)),
                _ => {}
            }
        }
        self.vendors.sort_unstable();
        let outside = |hit: &Hit, &(start, end): &(u32, u32)| end <= hit.start || start >= hit.end;
        for n in 0..self.hits.len() {
            let hit = self.hits[n];
            let rule = &core.rules[hit.rule as usize];
            if hit.evidence != Evidence::Weak
                || hit.state != State::Counts
                || self.strong.binary_search(&rule.entry).is_ok()
            {
                continue;
            }
            let within = rule.within.unwrap_or(usize::MAX);
            let first =
                self.vendors.partition_point(|&(_, end)| distance_before(end, hit.start) > within);
            let near = self.vendors[first..]
                .iter()
                .take_while(|&&(start, _)| distance_before(hit.end, start) <= within);
            // Part of one vendor's name, it says nothing beside another.
            let (mut beside, mut part) = (false, false);
            for vendor in near {
                beside |= outside(&hit, vendor);
                part |= !outside(&hit, vendor);
            }
            if part || !beside {
                self.hits[n].state = State::Alone;
            }
        }
    }

    /// The tags, sorted by facet, id and rule.
    pub(crate) fn tags(&self, core: &Core, text: &Text<'_>) -> Vec<Tag> {
        let mut tags: Vec<Tag> = Vec::new();
        for hits in self.hits.chunk_by(|a, b| a.rule == b.rule) {
            let mut counted = hits.iter().filter(|hit| hit.state == State::Counts).peekable();
            if counted.peek().is_none() {
                continue;
            }
            let rule = &core.rules[hits[0].rule as usize];
            let mut confidence = 0.0_f32;
            let mut spans = Vec::new();
            let mut end = 0;
            for hit in counted {
                confidence = confidence.max(confidence_of(rule, hit));
                if (hit.start >= end || spans.is_empty()) && spans.len() < MAX_SPANS {
                    spans.push(self.span(text, hit.start, hit.end));
                    end = hit.end;
                }
            }
            tags.push(Tag {
                facet: rule.facet,
                id: core.entries[rule.entry as usize].id.clone(),
                rule: rule.id.clone(),
                version: rule.version.clone(),
                confidence,
                spans,
            });
            if tags.len() == MAX_TAGS {
                break;
            }
        }
        self.amount_tags(text, &mut tags);
        tags.sort_unstable_by(|a, b| (a.facet, &a.id, &a.rule).cmp(&(b.facet, &b.id, &b.rule)));
        tags
    }

    /// The amounts, each with its id and place.
    pub(crate) fn amounts(&self, text: &Text<'_>) -> impl Iterator<Item = (&Amount, Span)> {
        self.amounts.iter().map(move |a| (a, self.span(text, a.start, a.end)))
    }

    fn amount_tags(&self, text: &Text<'_>, tags: &mut Vec<Tag>) {
        let first = tags.len();
        for (amount, span) in self.amounts(text) {
            let id = amount.id();
            let same = tags[first..].iter_mut().find(|tag| tag.id == id);
            if let Some(tag) = same {
                tag.confidence = tag.confidence.max(amount.confidence);
                if tag.spans.len() < MAX_SPANS {
                    tag.spans.push(span);
                }
            } else if tags.len() < MAX_TAGS {
                tags.push(Tag {
                    facet: Facet::Amount,
                    id,
                    rule: amount.rule().into(),
                    version: amount::version().into(),
                    confidence: amount.confidence,
                    spans: vec![span],
                });
            }
        }
    }

    /// Everything that was found, counted or not, at most `max`.
    pub(crate) fn judged(&self, core: &Core, text: &Text<'_>, max: usize) -> Vec<Judged> {
        let shown = |context: u32| core.contexts[context as usize].clone();
        let judge = |hit: &Hit| {
            let rule = &core.rules[hit.rule as usize];
            let verdict = match hit.state {
                State::Counts => Verdict::Counted,
                State::Vetoed(context) => Verdict::Vetoed { word: shown(context) },
                State::Missing => {
                    Verdict::Missing { needs: rule.needs.iter().map(|&c| shown(c)).collect() }
                }
                State::Alone => Verdict::Alone,
                State::Covered(by) => Verdict::Covered { by: core.rules[by as usize].id.clone() },
                State::Address => Verdict::Address,
                State::Case => Verdict::Case,
                State::Shouted => Verdict::Shouted,
                State::Language => Verdict::Language { langs: rule.langs.clone() },
                State::Named(by) => Verdict::Named { by: core.rules[by as usize].id.clone() },
            };
            let weighed = if rule.asks() && matches!(hit.state, State::Counts | State::Vetoed(_)) {
                weigh(rule, &self.seen, &self.common, hit)
            } else {
                Weighed::default()
            };
            let beside = |near: Near| Beside {
                word: shown(near.seen.context),
                span: self.span(text, near.seen.start, near.seen.end),
            };
            Judged {
                rule: hit.rule,
                span: self.span(text, hit.start, hit.end),
                verdict,
                weak: hit.evidence == Evidence::Weak,
                confirmed: weighed.confirmed.map(beside),
                veto: weighed.veto.map(beside),
                despite: weighed.outweighed.map(beside),
            }
        };
        // What a longer match of the same rule covers says nothing more.
        let is_told = |hit: &&Hit| hit.state != State::Covered(hit.rule);
        let mut places = self.hits.iter().filter(is_told).collect::<Vec<_>>();
        places.dedup_by_key(|hit| (hit.rule, hit.start, hit.end));
        places.into_iter().take(max).map(judge).collect()
    }

    fn span(&self, text: &Text<'_>, start: u32, end: u32) -> Span {
        let place = self.folded.place(text, start as usize, end as usize);
        let content = text.field(place.field);
        let end = if place.end - place.start > MAX_SPAN_BYTES {
            content.floor_char_boundary(place.start + MAX_SPAN_BYTES)
        } else {
            place.end
        };
        Span {
            field: place.field,
            start: place.start as u32,
            end: end as u32,
            text: content[place.start..end].to_owned(),
        }
    }
}

/// The group `name` of a regex is the place itself: what else it matches is context, and free for
/// other names and for the words of layers.
fn named<'t>(regex: &Regex, content: &'t str, found: Match<'t>) -> Match<'t> {
    let has_name = regex.captures_len() > 1;
    let captures = has_name.then(|| regex.captures_at(content, found.start())).flatten();
    captures.and_then(|captures| captures.name("name")).unwrap_or(found)
}

fn hit(rule: u32, start: usize, found: Found, evidence: Evidence, written: Written) -> Hit {
    Hit {
        rule,
        start: start as u32,
        end: found.end as u32,
        evidence,
        doubtful: found.bare || written.shouted,
        shouted: written.shouted,
        state: written.state,
    }
}

pub(crate) fn confidence_of(rule: &Rule, hit: &Hit) -> f32 {
    let by_evidence = match hit.evidence {
        Evidence::Name => NAME,
        Evidence::Word => WORD,
        Evidence::Weak => WEAK,
    };
    let sure = rule.confidence.unwrap_or(by_evidence);
    if hit.doubtful { sure * DOUBTFUL } else { sure }
}

/// Letters between the end of one place and the start of a later one; 0 when they overlap.
fn distance_before(end: u32, start: u32) -> usize {
    start.saturating_sub(end) as usize
}
