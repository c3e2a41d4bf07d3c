//! The compiled watchlists, and what can be asked of them.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use model::{Facet, Span, Tag};
use serde::Serialize;

use crate::EntrySpec;
use crate::company::{CompanyMatcher, Designation};
use crate::compile::{Core, Entry, Example, Read, Rule, assemble, read};
use crate::evaluate::Scratch;
use crate::fold::Folder;
use crate::refused::{Beside, Refused, RefusedBecause, Verdict};

/// Places that an explanation lists.
const MAX_EXPLAINED: usize = 1_000;

/// Words of `needs` that a message names.
const SHOWN_NEEDS: usize = 8;

/// What is tagged: the parts of one item, as they were published.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text<'a> {
    pub title: Option<&'a str>,
    pub summary: Option<&'a str>,
    pub text: Option<&'a str>,
    /// BCP 47: for the rules that name their languages; `None` is any.
    pub lang: Option<&'a str>,
}

/// All rules of all watchlists, compiled. Cheap to clone.
#[derive(Clone)]
pub struct Tagger {
    core: Arc<Core>,
    vendors: Arc<Vendors>,
}

/// What of the vendors is about companies, and the matcher of company names that is made of it
/// when it is first asked for: most reloads need none.
struct Vendors {
    specs: Vec<EntrySpec>,
    matcher: OnceLock<CompanyMatcher>,
}

/// Why a text is tagged as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub tags: Vec<Tag>,
    /// Every place where a name, word or regex was found, at most 1,000.
    pub found: Vec<Explained>,
}

/// One place where a rule found something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    pub facet: Facet,
    pub id: String,
    /// `id/rule`
    pub rule: String,
    pub span: Span,
    /// The line of the field that it stands in, from 1.
    pub line: u32,
    pub verdict: Verdict,
    /// A weak word: it counts beside a hit of its entry, or a vendor.
    pub weak: bool,
    /// The nearest word of `needs`.
    pub confirmed: Option<Beside>,
    /// The nearest word of `unless`.
    pub veto: Option<Beside>,
    /// What outweighs the veto: a word of `despite`, or a nearer one of `needs`.
    pub despite: Option<Beside>,
}

/// `text` in the normal form that names are looked for in: lower case, Serbian Cyrillic in Latin
/// letters without their marks, nothing invisible.
pub fn fold(text: &str) -> String {
    String::from_utf8_lossy(Folder::default().fold(text)).into_owned()
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Tagger {
    /// Compiles the entries. One that is wrong, or that fails its own examples, is reported and
    /// left out; the others work.
    pub fn build(mut specs: Vec<EntrySpec>) -> (Self, Vec<Refused>) {
        let mut refused = Vec::new();
        let vendors = specs.iter().filter(|spec| spec.facet == Facet::Vendor);
        let vendors: Vec<EntrySpec> = vendors.map(EntrySpec::for_companies).collect();
        let vendors = Arc::new(Vendors { specs: vendors, matcher: OnceLock::new() });
        specs.sort_by(|a, b| (a.facet, &a.id).cmp(&(b.facet, &b.id)));
        let mut entries: Vec<Read> = Vec::new();
        for spec in specs {
            let (facet, id) = (spec.facet, spec.id.clone());
            if entries.last().is_some_and(|e| e.entry.facet == facet && e.entry.id == id) {
                refused.push(Refused::new(facet, &id, None, RefusedBecause::IdTwice));
                continue;
            }
            match read(spec) {
                Ok(read) => entries.push(read),
                Err(error) => refused.push(*error),
            }
        }
        refuse_taken_ids(&mut entries, &mut refused);
        // An entry that is left out may be what another's example stood on, so until all hold.
        loop {
            let vendors = Arc::clone(&vendors);
            let tagger = Self { core: Arc::new(assemble(&entries)), vendors };
            let failed: Vec<Refused> =
                entries.iter().filter_map(|e| tagger.try_examples(e)).collect();
            if failed.is_empty() {
                return (tagger, refused);
            }
            entries.retain(|e| {
                !failed.iter().any(|f| (f.facet, &f.id) == (e.entry.facet, &e.entry.id))
            });
            refused.extend(failed);
        }
    }

    /// What the rules find in `text`, sorted by facet, id and rule: at most 256 tags with at most
    /// 16 spans each.
    pub fn tag(&self, text: &Text<'_>) -> Vec<Tag> {
        self.with_scratch(text, |scratch| scratch.tags(&self.core, text))
    }

    /// Which vendors a company is, by its names and addresses: for entity lists and parties of
    /// notices, where no running text says what an ambiguous name means.
    pub fn tag_company(&self, company: &Designation<'_>) -> Vec<Tag> {
        let matcher = self.vendors.matcher.get_or_init(|| {
            // What was refused has no say here either.
            let known = |spec: &&EntrySpec| self.entry(Facet::Vendor, &spec.id).is_some();
            let specs: Vec<EntrySpec> = self.vendors.specs.iter().filter(known).cloned().collect();
            CompanyMatcher::build(&specs)
        });
        matcher.tag(company)
    }

    /// As [`tag`](Self::tag), with everything that was found and what became of it.
    pub fn explain(&self, text: &Text<'_>) -> Explanation {
        let core = &self.core;
        self.with_scratch(text, |scratch| {
            let judged = scratch.judged(core, text, MAX_EXPLAINED);
            let found = judged.into_iter().map(|judged| {
                let rule = &core.rules[judged.rule as usize];
                Explained {
                    facet: rule.facet,
                    id: core.entries[rule.entry as usize].id.clone(),
                    rule: rule.id.clone(),
                    line: text.line_of(&judged.span),
                    span: judged.span,
                    verdict: judged.verdict,
                    weak: judged.weak,
                    confirmed: judged.confirmed,
                    veto: judged.veto,
                    despite: judged.despite,
                }
            });
            let amounts = scratch.amounts(text).map(|(amount, span)| Explained {
                facet: Facet::Amount,
                id: amount.id(),
                rule: amount.rule().into(),
                line: text.line_of(&span),
                span,
                verdict: Verdict::Counted,
                weak: false,
                confirmed: None,
                veto: None,
                despite: None,
            });
            Explanation { found: found.chain(amounts).collect(), tags: scratch.tags(core, text) }
        })
    }

    /// How many places the rules find in `text`, counted or not: what the benches compare.
    pub fn count(&self, text: &Text<'_>) -> usize {
        self.with_scratch(text, Scratch::found)
    }

    fn with_scratch<T>(&self, text: &Text<'_>, then: impl FnOnce(&Scratch) -> T) -> T {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.run(&self.core, text);
            then(scratch)
        })
    }

    /// The ids of a facet, sorted.
    pub fn ids(&self, facet: Facet) -> impl Iterator<Item = &str> {
        self.entries(facet).iter().map(|entry| entry.id.as_str())
    }

    /// What people call the entry.
    pub fn label(&self, facet: Facet, id: &str) -> Option<&str> {
        self.entry(facet, id).map(|entry| entry.label.as_str())
    }

    /// The layers that the entry is usually seen in: a hint for people, never evidence.
    pub fn usual_layers(&self, facet: Facet, id: &str) -> &[String] {
        self.entry(facet, id).map_or(&[], |entry| &entry.usual_layers)
    }

    /// The id under which the entry `id` goes today, if there is one.
    pub fn current_id(&self, facet: Facet, id: &str) -> Option<&str> {
        let entries = self.entries(facet);
        let named = self.entry(facet, id);
        named
            .or_else(|| entries.iter().find(|e| e.formerly.iter().any(|f| f == id)))
            .map(|entry| entry.id.as_str())
    }

    /// The entries of a facet with the longest CPV prefix that covers `code`, and that prefix:
    /// evidence in notices.
    pub fn by_cpv(&self, facet: Facet, code: &str) -> Vec<(&str, &str)> {
        let covers = |entry: &Entry| -> usize {
            let covering = entry.cpv.iter().filter(|prefix| code.starts_with(prefix.as_str()));
            covering.map(String::len).max().unwrap_or(0)
        };
        let entries = self.entries(facet);
        let longest = entries.iter().map(covers).max().unwrap_or(0);
        let best = entries.iter().filter(|e| longest > 0 && covers(e) == longest);
        best.map(|e| {
            let prefix = e.cpv.iter().find(|p| p.len() == longest && code.starts_with(p.as_str()));
            (e.id.as_str(), prefix.map_or("", String::as_str))
        })
        .collect()
    }

    /// Sixteen hexadecimal digits over the content of all rules: the same rules find the same.
    pub fn version(&self) -> &str {
        &self.core.version
    }

    /// The rule with this id: `entry/rule`.
    pub(crate) fn rule(&self, id: &str) -> Option<&Rule> {
        self.core.rules.iter().find(|rule| rule.id == id)
    }

    fn entries(&self, facet: Facet) -> &[Entry] {
        let all = &self.core.entries;
        let from = all.partition_point(|e| e.facet < facet);
        let to = all.partition_point(|e| e.facet <= facet);
        &all[from..to]
    }

    fn entry(&self, facet: Facet, id: &str) -> Option<&Entry> {
        let entries = self.entries(facet);
        let at = entries.binary_search_by(|e| e.id.as_str().cmp(id)).ok()?;
        entries.get(at)
    }

    /// The first example of the entry that does not hold.
    fn try_examples(&self, read: &Read) -> Option<Refused> {
        let (facet, id) = (read.entry.facet, read.entry.id.as_str());
        read.examples.iter().find_map(|example| {
            let what = self.try_example(facet, id, example)?;
            let rule = match &what {
                RefusedBecause::Tagged { rule, .. } => rule.split_once('/').map(|(_, rule)| rule),
                _ => example.rule.as_deref(),
            };
            Some(Refused::new(facet, id, rule, what.clone()))
        })
    }

    fn try_example(&self, facet: Facet, id: &str, example: &Example) -> Option<RefusedBecause> {
        let text = Text { text: Some(&example.line), ..Text::default() };
        let wanted = example.rule.as_ref().map(|rule| format!("{id}/{rule}"));
        let is_own = |tag: &&Tag| {
            tag.facet == facet && tag.id == id && wanted.as_ref().is_none_or(|w| *w == tag.rule)
        };
        let tags = self.tag(&text);
        let line = example.line.clone();
        match (tags.iter().find(is_own), example.tagged) {
            (Some(tag), false) => {
                let words = tag.spans.first().map_or(String::new(), |span| span.text.clone());
                Some(RefusedBecause::Tagged { example: line, rule: tag.rule.clone(), words })
            }
            (None, true) => {
                let why = self.why_not(&text, facet, id);
                Some(RefusedBecause::NotTagged { example: line, why })
            }
            _ => None,
        }
    }

    fn why_not(&self, text: &Text<'_>, facet: Facet, id: &str) -> String {
        let found = self.explain(text).found;
        let Some(first) = found.iter().find(|f| f.facet == facet && f.id == id) else {
            return "none of its names and words is in it".into();
        };
        let words = &first.span.text;
        match &first.verdict {
            Verdict::Counted => format!("`{words}` is tagged by rule `{}`", first.rule),
            Verdict::Vetoed { word } => format!("`{words}` is vetoed by `{word}`"),
            Verdict::Missing { needs } => {
                let shown = needs[..needs.len().min(SHOWN_NEEDS)].join("`, `");
                let more = needs.len().saturating_sub(SHOWN_NEEDS);
                let more = if more > 0 { format!(" or {more} more") } else { String::new() };
                format!("`{words}` needs one of `{shown}`{more} near it")
            }
            Verdict::Alone => format!("`{words}` is weak and stands alone"),
            Verdict::Covered { by } => format!("`{words}` is covered by a longer match of `{by}`"),
            Verdict::Address => format!("`{words}` is part of an address"),
            Verdict::Case => format!("`{words}` is not written in capitals"),
            Verdict::Shouted => format!("`{words}` stands in a headline of capitals"),
            Verdict::Language { langs } => {
                format!("`{words}` counts in texts in `{}` only", langs.join("`, `"))
            }
            Verdict::Named { by } => {
                format!("`{words}` counts where no vendor is named, and `{by}` names one")
            }
        }
    }
}

/// Former ids must lead to one entry, and not away from one that is still there.
fn refuse_taken_ids(entries: &mut Vec<Read>, refused: &mut Vec<Refused>) {
    let taken = |n: usize, id: &String| {
        let facet = entries[n].entry.facet;
        entries.iter().enumerate().any(|(other, read)| {
            let entry = &read.entry;
            entry.facet == facet && (entry.id == *id || (other < n && entry.formerly.contains(id)))
        })
    };
    let wrong: Vec<(usize, String)> = (0..entries.len())
        .filter_map(|n| {
            let id = entries[n].entry.formerly.iter().find(|id| taken(n, id))?;
            Some((n, id.clone()))
        })
        .collect();
    for (n, former) in wrong.into_iter().rev() {
        let entry = entries.remove(n).entry;
        let what = RefusedBecause::FormerlyTaken { id: former };
        refused.push(Refused::new(entry.facet, &entry.id, None, what));
    }
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entries, rules) = (self.core.entries.len(), self.core.rules.len());
        write!(f, "Tagger({entries} entries, {rules} rules, {})", self.core.version)
    }
}
