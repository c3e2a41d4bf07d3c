//! From what a watchlist says to what is looked for.

use std::collections::HashMap;

use model::Facet;
use regex::{Regex, RegexBuilder};
use sha2::{Digest, Sha256};

use crate::amount::{CUES, Cue};
use crate::index::Index;
use crate::pattern::{Pattern, name, word};
use crate::prefilter::Prefilter;
use crate::refused::{Refused, RefusedBecause};
use crate::{EntrySpec, RuleSpec};

/// Changes when the same rules would find other things: part of every version.
const ENGINE: &str = "tagger/3";
/// Names and words of one entry.
const MAX_FORMS: usize = 4_096;
/// The longest regex in bytes.
const MAX_REGEX_BYTES: usize = 1_024;
/// Bytes that one compiled regex may take.
const MAX_REGEX_PROGRAM: usize = 256 << 10;

/// What kind of evidence a pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    Name,
    Word,
    Weak,
}

/// Whom a pattern belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    Rule {
        rule: u32,
        evidence: Evidence,
    },
    Context(u32),
    /// A word that an amount may be a part of.
    Amount(Cue),
}

/// One entry, without its rules.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) facet: Facet,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) formerly: Vec<String>,
    pub(crate) cpv: Vec<String>,
    pub(crate) usual_layers: Vec<String>,
}

pub(crate) struct Rule {
    pub(crate) entry: u32,
    pub(crate) facet: Facet,
    /// `entry/rule`
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) confidence: Option<f32>,
    /// Contexts, any of which must be there.
    pub(crate) needs: Vec<u32>,
    /// Contexts, none of which may be there.
    pub(crate) unless: Vec<u32>,
    /// Contexts that outweigh those.
    pub(crate) despite: Vec<u32>,
    /// Contexts behind which a name is an aside.
    pub(crate) aside: Vec<u32>,
    pub(crate) within: Option<usize>,
    pub(crate) langs: Vec<String>,
    pub(crate) unless_vendor: bool,
}

impl Rule {
    /// Whether the words around a hit say if it counts.
    pub(crate) fn asks(&self) -> bool {
        !(self.needs.is_empty() && self.unless.is_empty() && self.aside.is_empty())
    }
}

/// One entry whose every name, word and regex was understood.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) entry: Entry,
    rules: Vec<ReadRule>,
    pub(crate) examples: Vec<Example>,
}

#[derive(Clone)]
struct ReadRule {
    id: String,
    version: String,
    confidence: Option<f32>,
    patterns: Vec<(Pattern, Evidence)>,
    needs: Vec<Context>,
    unless: Vec<Context>,
    despite: Vec<Context>,
    aside: Vec<Context>,
    within: Option<usize>,
    langs: Vec<String>,
    unless_vendor: bool,
    regex: Vec<Regex>,
}

#[derive(Clone)]
struct Context {
    text: String,
    patterns: Vec<Pattern>,
}

/// A line of `matches` or `ignores`.
#[derive(Clone)]
pub(crate) struct Example {
    /// `None`: any rule of the entry.
    pub(crate) rule: Option<String>,
    pub(crate) line: String,
    pub(crate) tagged: bool,
}

/// All rules, ready to be applied.
pub(crate) struct Core {
    pub(crate) entries: Vec<Entry>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) index: Index,
    /// Of each pattern of the index.
    pub(crate) owners: Vec<Owner>,
    /// The words of `needs`, `unless`, `despite` and `aside`, as they stand in the lists.
    pub(crate) contexts: Vec<String>,
    /// The regexes, each with its rule, in the order of the rules.
    pub(crate) regexes: Vec<(u32, Regex)>,
    pub(crate) prefilter: Prefilter,
    pub(crate) version: String,
}

/// Reads one entry, or says what is wrong with it.
pub(crate) fn read(spec: EntrySpec) -> Result<Read, Box<Refused>> {
    let refuse =
        |rule: Option<&str>, what| Box::new(Refused::new(spec.facet, &spec.id, rule, what));
    let forms: usize = spec
        .rules
        .iter()
        .flat_map(|r| [&r.names, &r.words, &r.weak, &r.needs, &r.unless, &r.despite, &r.aside])
        .map(Vec::len)
        .sum();
    if forms > MAX_FORMS {
        return Err(refuse(None, RefusedBecause::TooMany { count: forms, max: MAX_FORMS }));
    }
    let finds = |r: &RuleSpec| {
        !(r.names.is_empty() && r.words.is_empty() && r.weak.is_empty() && r.regex.is_empty())
    };
    if !spec.rules.iter().any(finds) && spec.cpv.is_empty() {
        return Err(refuse(None, RefusedBecause::Empty));
    }
    let mut rules: Vec<ReadRule> = Vec::new();
    let mut examples = Vec::new();
    let mut example = |rule: Option<&str>, lines: &[String], tagged| {
        examples.extend(lines.iter().map(|line| Example {
            rule: rule.map(str::to_owned),
            line: line.clone(),
            tagged,
        }));
    };
    for rule in &spec.rules {
        if spec.rules.iter().filter(|r| r.id == rule.id).count() > 1 {
            return Err(refuse(None, RefusedBecause::RuleTwice { id: rule.id.clone() }));
        }
        let read = read_rule(&spec, rule).map_err(|what| refuse(Some(&rule.id), what))?;
        rules.push(read);
        example(Some(&rule.id), &rule.matches, true);
        example(Some(&rule.id), &rule.ignores, false);
    }
    example(None, &spec.matches, true);
    example(None, &spec.ignores, false);
    let entry = Entry {
        facet: spec.facet,
        id: spec.id,
        label: spec.label,
        formerly: spec.formerly,
        cpv: spec.cpv,
        usual_layers: spec.usual_layers,
    };
    Ok(Read { entry, rules, examples })
}

fn read_rule(entry: &EntrySpec, rule: &RuleSpec) -> Result<ReadRule, RefusedBecause> {
    if let Some(value) = rule.confidence.filter(|c| !(0.0..=1.0).contains(c)) {
        return Err(RefusedBecause::Confidence { value });
    }
    let wrong = |text: &str| {
        let text = text.to_owned();
        move |reason| RefusedBecause::Pattern { text, reason }
    };
    let mut patterns = Vec::new();
    for text in &rule.names {
        let found = name(text, rule.endings).map_err(wrong(text))?;
        patterns.extend(found.into_iter().map(|p| (p, Evidence::Name)));
    }
    for (texts, evidence) in [(&rule.words, Evidence::Word), (&rule.weak, Evidence::Weak)] {
        for text in texts {
            let found = word(text).map_err(wrong(text))?;
            patterns.extend(found.into_iter().map(|p| (p, evidence)));
        }
    }
    let contexts = |texts: &[String]| {
        let read = texts.iter().map(|text| {
            let patterns = word(text).map_err(wrong(text))?;
            Ok(Context { text: text.clone(), patterns })
        });
        read.collect::<Result<Vec<_>, RefusedBecause>>()
    };
    Ok(ReadRule {
        id: format!("{}/{}", entry.id, rule.id),
        version: version_of(entry, rule),
        confidence: rule.confidence,
        patterns,
        needs: contexts(&rule.needs)?,
        unless: contexts(&rule.unless)?,
        despite: contexts(&rule.despite)?,
        aside: contexts(&rule.aside)?,
        within: rule.within,
        langs: rule.langs.clone(),
        unless_vendor: rule.unless_vendor,
        regex: rule.regex.iter().map(|text| read_regex(text)).collect::<Result<_, _>>()?,
    })
}

fn read_regex(text: &str) -> Result<Regex, RefusedBecause> {
    let wrong = |reason: String| RefusedBecause::Regex { text: text.into(), reason };
    if text.len() > MAX_REGEX_BYTES {
        let bytes = text.len();
        return Err(wrong(format!("it has {bytes} bytes, at most {MAX_REGEX_BYTES} are taken")));
    }
    let regex = RegexBuilder::new(text)
        .size_limit(MAX_REGEX_PROGRAM)
        .dfa_size_limit(2 * MAX_REGEX_PROGRAM)
        .nest_limit(32)
        .build();
    let regex = regex.map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => {
            wrong(format!("it takes more than {limit} bytes when compiled: repeat less"))
        }
        error => wrong(error.to_string().lines().last().unwrap_or("not a regex").trim().into()),
    })?;
    if regex.is_match("") { Err(wrong("it matches an empty text".into())) } else { Ok(regex) }
}

/// Eight hexadecimal digits over everything that decides what the rule finds.
fn version_of(entry: &EntrySpec, rule: &RuleSpec) -> String {
    let mut parts =
        vec![ENGINE.to_owned(), entry.facet.to_string(), entry.id.clone(), rule.id.clone()];
    let lists = [
        &rule.names,
        &rule.words,
        &rule.weak,
        &rule.regex,
        &rule.needs,
        &rule.unless,
        &rule.despite,
        &rule.langs,
    ];
    for list in lists {
        parts.push(list.len().to_string());
        parts.extend(list.iter().cloned());
    }
    for list in [&rule.companies, &rule.company_unless, &rule.addresses, &rule.aside] {
        if !list.is_empty() {
            parts.push(list.len().to_string());
            parts.extend(list.iter().cloned());
        }
    }
    let (endings, within, confidence) = (rule.endings, rule.within, rule.confidence);
    parts.push(format!("{endings:?} {within:?} {confidence:?} {}", rule.unless_vendor));
    let digest = digest(&parts);
    format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
}

/// SHA-256 over the parts, each behind its length.
fn digest(parts: &[String]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Puts the entries together; they are sorted by facet and id, so their order in files counts for
/// nothing.
pub(crate) fn assemble<'a>(entries: &'a [Read]) -> Core {
    let mut patterns = Vec::new();
    let mut owners = Vec::new();
    let mut rules = Vec::new();
    let mut regexes: Vec<(u32, Regex)> = Vec::new();
    let mut contexts: Vec<String> = Vec::new();
    let mut known: HashMap<&'a str, u32> = HashMap::new();
    let mut versions = vec![ENGINE.to_owned(), crate::company::ENGINE.to_owned()];
    for (n, read) in entries.iter().enumerate() {
        let entry = &read.entry;
        versions.extend([entry.facet.to_string(), entry.id.clone(), entry.cpv.join(" ")]);
        for rule in &read.rules {
            let number = rules.len() as u32;
            for (pattern, evidence) in &rule.patterns {
                patterns.push(pattern.clone());
                owners.push(Owner::Rule { rule: number, evidence: *evidence });
            }
            let mut number_of = |context: &'a Context| {
                *known.entry(&context.text).or_insert_with(|| {
                    let id = contexts.len() as u32;
                    contexts.push(context.text.clone());
                    owners.extend(context.patterns.iter().map(|_| Owner::Context(id)));
                    patterns.extend(context.patterns.iter().cloned());
                    id
                })
            };
            let needs = rule.needs.iter().map(&mut number_of).collect();
            let unless = rule.unless.iter().map(&mut number_of).collect();
            let despite = rule.despite.iter().map(&mut number_of).collect();
            let aside = rule.aside.iter().map(&mut number_of).collect();
            versions.push(rule.version.clone());
            rules.push(Rule {
                entry: n as u32,
                facet: entry.facet,
                id: rule.id.clone(),
                version: rule.version.clone(),
                confidence: rule.confidence,
                needs,
                unless,
                despite,
                aside,
                within: rule.within,
                langs: rule.langs.clone(),
                unless_vendor: rule.unless_vendor,
            });
            regexes.extend(rule.regex.iter().map(|regex| (number, regex.clone())));
        }
    }
    for (text, cue) in CUES {
        let found = word(text).expect("the words of amounts are written in this crate");
        owners.extend(found.iter().map(|_| Owner::Amount(*cue)));
        patterns.extend(found);
    }
    let version = digest(&versions)[..8].iter().map(|b| format!("{b:02x}")).collect();
    Core {
        entries: entries.iter().map(|read| read.entry.clone()).collect(),
        rules,
        index: Index::new(patterns),
        owners,
        contexts,
        prefilter: Prefilter::new(regexes.iter().map(|(_, regex)| regex.as_str())),
        regexes,
        version,
    }
}
