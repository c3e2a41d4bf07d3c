//! Decides what a run changes: items, revisions, tags, alerts, outbox rows, validators, next due
//! time. Pure: what the store knows and the time are handed in, one commit comes out.

mod records;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fetch::Strain;
use model::{
    AliasKey, Attempt, Counts, Detail, Entry, Item, ItemId, ListingChange, OutcomeKind, Problem,
    Published, Revision, SourceState, StoryId, StoryKey, Timestamp, truncated,
};
use store::{Commit, tables};
use tagger::{Tagger, Text};

use crate::alerting::{About, CLASS_NEW, Occasion, Raised};
use crate::identify::{Candidate, Told};
use crate::known::Known;
use crate::language::language;
use crate::outcome::Outcome;
use crate::record::{self, Ends, Mention, Taggable};
use crate::state::state_after;
use crate::window::Window;
use crate::{AlertRule, Source};

/// Revisions in which only id, address or dates changed, kept of one item: feeds that change them
/// at every poll would add revisions for ever.
const RESTLESS_REVISIONS: u8 = 8;
/// Revisions kept of one item at all.
const REVISIONS: u32 = 256;
/// Alias rows of one item: an id that changes at every poll would add them for ever.
const ALIASES: u8 = 16;

/// What a run changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub outcome: OutcomeKind,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub bytes: u64,
    pub millis: u32,
    pub counts: Counts,
    /// Alerts put into the outbox.
    pub alerts: u32,
    /// Alerts held back: baseline or old (I7a).
    pub held: u32,
    pub problems: Vec<Problem>,
    /// How a list differs from its last version.
    pub list: ListDelta,
    /// Of the new entries, those that stood there before the source was watched.
    pub backlog: u32,
    /// What the document shows of the time before it.
    pub(crate) window: Window,
    pub next_due: Timestamp,
    pub health: Option<(model::Health, model::Health)>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// What a failure says against the host as a whole.
    pub strain: Option<Strain>,
    /// The silence that the host asked for, for all its sources.
    pub host_pause: Option<Duration>,
}

impl Report {
    /// What the document came to so far.
    pub fn totals(&self) -> Totals {
        Totals {
            counts: self.counts,
            alerts: self.alerts,
            held: self.held,
            problems: self.problems.clone(),
            list: self.list,
            backlog: self.backlog,
            window: self.window,
        }
    }
}

/// Everything that a run changes, in one commit, and what is said about it.
#[derive(Debug)]
pub struct Decision {
    pub commit: Commit,
    pub report: Report,
}

/// What `decide` goes by beside the document itself.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    pub source: &'a Source,
    pub fetch_key: [u8; 8],
    pub tagger: &'a Tagger,
    pub rules: &'a [AlertRule],
    pub now: Timestamp,
    pub millis: u32,
    /// What earlier parts of the same document came to.
    pub so_far: &'a Totals,
    /// The last part of the document: the one that writes the source's state (I1).
    pub last: bool,
    /// Another reader of ours read the list last time.
    pub restating: bool,
    /// What tells one download of an entity list from the next: a hash of its bytes.
    pub version: &'a str,
    /// Entries that a list does not have any more, and those whose own end has passed.
    pub departures: &'a [(ItemId, Departure)],
    /// Ends of entries up to this full-date were dealt with before.
    pub since: &'a str,
    /// Stored once all of it is dealt with.
    pub ends: Option<&'a Ends>,
    /// A hub tells what is new: polls are a safety net.
    pub told: bool,
}

/// How an entry of a list goes without being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The list does not have it any more.
    Left,
    /// The list has it still, and says that it ended.
    Ended,
}

/// What a document came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub counts: Counts,
    pub alerts: u32,
    pub held: u32,
    pub problems: Vec<Problem>,
    /// How a list differs from its last version.
    pub list: ListDelta,
    /// Of the new entries, those that stood there before the source was watched.
    pub backlog: u32,
    /// What the document shows of the time before it.
    pub(crate) window: Window,
}

/// How many entries of a list came, changed and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ListDelta {
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
    /// Read differently by a newer reader of ours: no change of the list.
    pub restated: u32,
}

/// Decides what one attempt changes. `candidates` are the entries of a parsed outcome.
pub fn decide(
    at: Situation<'_>,
    known: &Known,
    outcome: &Outcome,
    candidates: &[Candidate],
) -> Decision {
    let before = known.state.clone().unwrap_or_default();
    let baseline = before.baseline.is_none();
    let mut run = Run::new(at, known, baseline);
    run.entries(candidates);
    for (id, departure) in at.departures {
        match departure {
            Departure::Left => run.leave(*id),
            Departure::Ended => run.end(*id),
        }
    }
    if at.last
        && let Outcome::Parsed { parsed, .. } | Outcome::Pushed { parsed, .. } = outcome
    {
        run.totals.counts.rejected += parsed.rejected;
        run.totals.counts.seen += parsed.rejected;
        run.totals.problems.extend(parsed.problems.iter().cloned());
    }
    // What is read late is no arrival: the source's habits are learned from news.
    let backlog = run.totals.backlog;
    let counts = run.totals.counts;
    let arrived = Counts {
        new: counts.new.saturating_sub(backlog),
        unchanged: counts.unchanged + backlog,
        ..counts
    };
    let after = state_after(at, before.clone(), outcome, &arrived, &run.totals.window);
    if at.last {
        run.write_state(&before, &after, outcome);
        run.write_list_version(outcome);
        if let Some(ends) = at.ends {
            ends.write(&mut run.commit, &at.source.id);
        }
    }
    known.expect(&mut run.commit, at.source);
    let Totals { counts, alerts, held, problems, list, backlog, window } = run.totals;
    let (alerts, held) = (alerts + run.raised.sent, held + run.raised.held);
    let report = Report {
        outcome: outcome.kind(),
        status: outcome.status(),
        error: outcome.error().map(str::to_owned),
        bytes: outcome.bytes(),
        millis: at.millis,
        counts,
        alerts,
        held,
        problems,
        list,
        backlog,
        window,
        next_due: after.next_due,
        health: (before.health != after.health).then_some((before.health, after.health)),
        failures: after.failures,
        strain: outcome.trouble().strain,
        host_pause: outcome.host_pause(),
    };
    Decision { commit: run.commit, report }
}

/// The work on one document: what it writes, over what is known.
struct Run<'a> {
    at: Situation<'a>,
    known: &'a Known,
    baseline: bool,
    commit: Commit,
    totals: Totals,
    /// Items, keys and alerts as they stand after the entries so far.
    items: HashMap<ItemId, Item>,
    details: HashMap<ItemId, Detail>,
    aliases: HashMap<AliasKey, ItemId>,
    stories: HashMap<StoryKey, StoryId>,
    raised: Raised,
    mentions: HashMap<String, Mention>,
    /// Items that an entry of this document has claimed by its published id.
    claimed: HashSet<ItemId>,
    /// Items that an entry of this document was found to be a state of, with its address.
    taken: HashMap<ItemId, Option<String>>,
}

impl<'a> Run<'a> {
    fn new(at: Situation<'a>, known: &'a Known, baseline: bool) -> Self {
        Self {
            at,
            known,
            baseline,
            commit: Commit::default(),
            totals: at.so_far.clone(),
            items: HashMap::new(),
            details: HashMap::new(),
            aliases: HashMap::new(),
            stories: HashMap::new(),
            raised: Raised::default(),
            mentions: HashMap::new(),
            claimed: HashSet::new(),
            taken: HashMap::new(),
        }
    }

    fn entries(&mut self, candidates: &[Candidate]) {
        // A published id is the stronger claim: an address leads to an item only if no entry of
        // this document has that item's id.
        let by_guid = candidates.iter().filter_map(|c| self.known.aliases.get(&c.guid?));
        self.claimed = by_guid.copied().collect();
        // Documents list the newest entry first; the oldest is told first.
        for candidate in candidates.iter().rev() {
            self.totals.counts.seen += 1;
            let found = self.find(candidate);
            let id = found.as_ref().map_or(candidate.new_id, |item| item.id);
            self.taken.entry(id).or_insert_with(|| candidate.canonical.clone());
            self.note(candidate, found.as_ref());
            match found {
                None => self.add(candidate),
                Some(item) => self.compare(item, candidate),
            }
        }
    }

    /// Notes what the entry says about the time since the last poll.
    fn note(&mut self, candidate: &Candidate, found: Option<&Item>) {
        let date = candidate.entry.published.or(candidate.entry.updated);
        let before = self.known.state.as_ref();
        if let Some(before) = before.filter(|before| before.baseline.is_some()) {
            self.totals.window.add(date, found.map(|item| item.fetched), before);
        }
    }

    /// The item that an entry is a state of: by its id, then its address, then its content.
    fn find(&self, candidate: &Candidate) -> Option<Item> {
        let lead = |alias: AliasKey| {
            self.aliases.get(&alias).or_else(|| self.known.aliases.get(&alias)).copied()
        };
        let by_guid = candidate.guid.and_then(lead);
        let by_url = || {
            let id = candidate.url.and_then(lead)?;
            // An address that the item once had is no claim while another entry is its state.
            let taken = self.taken.get(&id).is_some_and(|by| *by != candidate.canonical);
            (!self.claimed.contains(&id) && !taken).then_some(id)
        };
        let by_content = || candidate.content_key.and_then(lead);
        let by_name = || candidate.names.iter().copied().find_map(lead);
        let id = by_guid.or_else(by_url).or_else(by_content).or_else(by_name);
        let id = id.unwrap_or(candidate.new_id);
        self.items.get(&id).or_else(|| self.known.items.get(&id)).cloned()
    }

    fn add(&mut self, candidate: &Candidate) {
        let entry = &candidate.entry;
        let id = candidate.new_id;
        let story = self.story_of(candidate).unwrap_or_else(|| StoryId::of(id));
        let mut item = Item {
            id,
            kind: candidate.kind(),
            source: self.at.source.id.clone(),
            key: candidate.key.clone(),
            url: entry.url.clone(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            lang: self.language(entry),
            authors: entry.authors.clone(),
            published: entry.published,
            updated: entry.updated,
            fetched: self.at.now,
            revision: 0,
            story,
            capture: None,
            tags: self.tags(entry, entry.url.as_deref()),
            content: candidate.content,
            envelope: candidate.envelope,
            restless: 0,
            aliases: 0,
            baseline: self.baseline || entry.backlog,
            text_bytes: text_bytes(entry),
        };
        self.add_aliases(&mut item, candidate);
        self.add_story_rows(&item, candidate);
        self.commit.put_item(&item);
        if let Some(text) = &entry.text {
            self.commit.put_text(id, 0, text);
        }
        self.totals.counts.new += 1;
        if entry.backlog {
            self.totals.backlog += 1;
        }
        let change = if self.baseline { ListingChange::Listed } else { ListingChange::Added };
        self.add_record(&item, candidate, change);
        self.raise_alerts(&item, candidate.told(), change, candidate.origin());
        self.items.insert(id, item);
    }

    fn compare(&mut self, before: Item, candidate: &Candidate) {
        let detail = self.details.get(&before.id).or_else(|| self.known.details.get(&before.id));
        match (candidate.record(), detail.cloned()) {
            (Some(Published::Designation(now)), Some(Detail::Listing(kept))) => {
                self.compare_listing(before, candidate, now, &kept);
            }
            (Some(Published::Notice(now)), Some(Detail::Notice(kept))) => {
                self.compare_notice(before, candidate, now, &kept);
            }
            // Its record is lost or of another kind: it is taken as new words of the same item.
            (Some(record), _) => {
                let record = record.clone();
                self.revise(before, candidate, true, None, ListingChange::Amended);
                self.renew(candidate, record);
            }
            (None, _) => self.compare_words(before, candidate),
        }
    }

    fn compare_words(&mut self, before: Item, candidate: &Candidate) {
        let content = before.content != candidate.content;
        let envelope = before.envelope != candidate.envelope;
        let restless = envelope && !content && before.restless < RESTLESS_REVISIONS;
        if (content || restless) && before.revision + 1 < REVISIONS {
            self.revise(before, candidate, content, None, ListingChange::Amended);
        } else {
            if content {
                self.totals.problems.push(Problem {
                    at: format!("item {}", before.id),
                    reason: format!(
                        "changed more than {REVISIONS} times: further states are not kept"
                    ),
                });
            }
            self.totals.counts.unchanged += 1;
        }
    }

    /// `told` are the names of what changed and what is told about it, where the record knows
    /// better; `change` is what happened to an entry of a list.
    fn revise(
        &mut self,
        before: Item,
        candidate: &Candidate,
        content: bool,
        told: Option<(Vec<String>, Told)>,
        change: ListingChange,
    ) {
        let entry = &candidate.entry;
        let mut after = Item {
            url: entry.url.clone().or_else(|| before.url.clone()),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            lang: self.language(entry),
            authors: entry.authors.clone(),
            published: entry.published,
            updated: entry.updated,
            revision: before.revision + 1,
            content: candidate.content,
            envelope: candidate.envelope,
            restless: before.restless + u8::from(!content),
            text_bytes: text_bytes(entry),
            ..before.clone()
        };
        // Tags of an address are places in it.
        let tagged_anew = content || candidate.speaks_by_another(&before);
        if tagged_anew {
            after.tags = self.tags(entry, after.url.as_deref());
        }
        let (changed, told) =
            told.unwrap_or_else(|| (changed_fields(&before, &after, content), candidate.told()));
        self.add_aliases(&mut after, candidate);
        if content {
            self.add_story_rows(&after, candidate);
        }
        self.commit.replace_item(&before, &after);
        if content && let Some(text) = &entry.text {
            self.commit.put_text(after.id, after.revision, text);
        }
        self.put_revision(&before, &after, changed);
        self.totals.counts.revised += 1;
        if tagged_anew {
            self.raise_alerts(&after, told, change, candidate.origin());
        }
        self.items.insert(after.id, after);
    }

    /// The first state is written down when there is a second one: most items never have one.
    fn put_revision(&mut self, before: &Item, after: &Item, changed: Vec<String>) {
        if before.revision == 0 {
            let first = revision(before, before.fetched, vec![]);
            self.commit.put::<tables::Revisions>(&(before.id, 0), &first);
        }
        let key = (after.id, after.revision);
        self.commit.put::<tables::Revisions>(&key, &revision(after, self.at.now, changed));
    }

    /// Both keys lead to the item from now on; a key that leads elsewhere stays there.
    fn add_aliases(&mut self, item: &mut Item, candidate: &Candidate) {
        for alias in candidate.claims() {
            let taken =
                self.aliases.contains_key(&alias) || self.known.aliases.contains_key(&alias);
            if !taken && item.aliases < ALIASES {
                item.aliases += 1;
                self.aliases.insert(alias, item.id);
                self.commit.put::<tables::Aliases>(&alias, &item.id);
            }
        }
    }

    fn story_of(&self, candidate: &Candidate) -> Option<StoryId> {
        let known = |key| self.stories.get(key).or_else(|| self.known.stories.get(key)).copied();
        candidate.story.iter().find_map(known)
    }

    fn add_story_rows(&mut self, item: &Item, candidate: &Candidate) {
        for key in &candidate.story {
            let taken = self.stories.contains_key(key) || self.known.stories.contains_key(key);
            if !taken {
                self.stories.insert(*key, item.story);
                self.commit.put::<tables::StoryKeys>(key, &item.story);
            }
        }
        // The item that began a story is named by the story's id.
        if item.story != StoryId::of(item.id) {
            self.commit.put::<tables::StoryMembers>(&(item.story, item.id), &());
        }
    }

    /// In the language that the item is stored with: `retag` reads the same from the store.
    fn tags(&self, entry: &Entry, url: Option<&str>) -> Vec<model::Tag> {
        let lang = self.language(entry);
        let words = Text {
            title: entry.title.as_deref(),
            summary: entry.summary.as_deref(),
            text: entry.text.as_deref(),
            lang: lang.as_deref(),
        };
        Taggable::published(words, url, entry.record.as_deref()).tags(self.at.tagger)
    }

    fn language(&self, entry: &Entry) -> Option<model::Lang> {
        let parts = [&entry.title, &entry.summary, &entry.text];
        let sample: String = parts.into_iter().flatten().map(|part| truncated(part, 700)).collect();
        language(entry.lang.as_deref(), &sample, self.at.source.lang.as_deref())
    }

    /// `origin`: what tells an entry of a list that others repeat.
    fn raise_alerts(
        &mut self,
        item: &Item,
        told: Told,
        change: ListingChange,
        origin: Option<&str>,
    ) {
        let at = self.at;
        let source = &at.source.id;
        let about = match told {
            Told::Story => About::Story { class: CLASS_NEW, unless_told: &[] },
            // A repetition of an award that was told is no first mention of its procedure.
            Told::Notice { class: CLASS_NEW } => {
                About::Story { class: CLASS_NEW, unless_told: &record::CLASSES[1..] }
            }
            Told::Notice { class } => About::Story { class, unless_told: &[] },
            // News of a list, such as the rules of the Federal Register, are no state of it: each
            // is a story of its own.
            Told::List if at.version.is_empty() => {
                About::Story { class: CLASS_NEW, unless_told: &[] }
            }
            // What the first download brings is not news of the list; it is held as baseline.
            Told::List if change.is_news() || change == ListingChange::Listed => {
                About::List { source, version: at.version, change }
            }
            Told::List => return,
        };
        let state = match about {
            About::List { .. } => record::state_after(change, item.title.as_deref()),
            About::Story { .. } => None,
        };
        let mention = origin.zip(state.as_deref()).map(|(origin, state)| {
            let known = self.mentions.get(origin).or_else(|| self.known.mentions.get(origin));
            let same = known.filter(|known| known.says(state)).cloned();
            (origin, same.unwrap_or_else(|| Mention::of(state)))
        });
        let occasion = Occasion {
            mention: mention.as_ref().map(|(_, mention)| mention),
            rules: at.rules,
            source_name: &at.source.name,
            category: at.source.category.as_deref(),
            now: at.now,
            known: &self.known.alerts,
            about,
        };
        let told = self.raised.raise(&occasion, item, &mut self.commit);
        if let Some((origin, mut mention)) = mention
            && !told.is_empty()
        {
            mention.add(&told);
            self.commit.put::<tables::Meta>(&Mention::row(origin), &mention.write());
            self.mentions.insert(origin.to_owned(), mention);
        }
    }

    fn write_state(&mut self, before: &SourceState, after: &SourceState, outcome: &Outcome) {
        let id = &self.at.source.id;
        // First, since what is written now counts.
        self.known.surplus.write(&mut self.commit, id);
        self.commit.put::<tables::Sources>(id, after);
        if let Some(memory) = outcome.transport().and_then(|transport| transport.sitemap.as_ref()) {
            self.commit.put::<tables::Sitemaps>(id, memory);
        }
        let attempt = Attempt {
            outcome: outcome.kind(),
            status: outcome.status(),
            bytes: outcome.bytes(),
            millis: self.at.millis,
            counts: self.totals.counts,
            error: outcome.error().or(outcome.remark()).and(after.error.clone()),
        };
        self.commit.put::<tables::Attempts>(&(id.clone(), self.at.now), &attempt);
        // A push is no look at the source: it neither proves nor ends a silence of polls.
        if attempt.outcome != OutcomeKind::Pushed {
            let (known, states) = (self.known.blind.as_ref(), (before, after));
            crate::blind::note(&mut self.commit, self.at.source, known, states, self.at.now);
        }
        if before.health != after.health {
            let transition = model::Transition {
                from: before.health,
                to: after.health,
                reason: after.error.clone(),
            };
            self.commit.put::<tables::Transitions>(&(id.clone(), self.at.now), &transition);
        }
        if let Some(gap) = after.memory.gap.filter(|_| before.memory.gap != after.memory.gap) {
            self.commit.put::<tables::Gaps>(&(id.clone(), self.at.now), &gap.into());
        }
    }
}

fn revision(item: &Item, at: Timestamp, changed: Vec<String>) -> Revision {
    Revision {
        at,
        url: item.url.clone(),
        title: item.title.clone(),
        summary: item.summary.clone(),
        published: item.published,
        updated: item.updated,
        tags: item.tags.clone(),
        changed,
    }
}

fn changed_fields(before: &Item, after: &Item, content: bool) -> Vec<String> {
    let compared = [
        ("title", before.title != after.title),
        ("summary", before.summary != after.summary),
        ("authors", before.authors != after.authors),
        ("url", before.url != after.url),
        ("published", before.published != after.published),
        ("updated", before.updated != after.updated),
    ];
    let mut changed: Vec<String> =
        compared.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).into()).collect();
    // Text and published id are not kept in the item: they are what is left.
    if content && !compared[..3].iter().any(|(_, differs)| *differs) {
        changed.push("text".into());
    }
    if changed.is_empty() {
        changed.push("id".into());
    }
    changed
}

fn text_bytes(entry: &Entry) -> u32 {
    let bytes = entry.text.as_ref().map_or(0, String::len);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
