//! What the store knows about the entries of one document, read once, with the versions read.

use std::collections::{BTreeMap, HashMap};

use model::{
    Alert, AlertId, AliasKey, Detail, Facet, Item, ItemId, Kind, SourceState, StoryId, StoryKey,
};
use store::{Commit, Store, StoreError, Version, Versioned, tables};

use tagger::Tagger;

use crate::alerting::list_alert_ids;
use crate::identify::{Candidate, Told};
use crate::record::{self, CLASSES, Mention};
use crate::surplus::Surplus;
use crate::{AlertRule, Source};

/// Plain values for `decide`, and what a commit has to expect about them (I7b).
#[derive(Debug)]
pub struct Known {
    pub state: Option<SourceState>,
    pub aliases: HashMap<AliasKey, ItemId>,
    pub items: HashMap<ItemId, Item>,
    pub stories: HashMap<StoryKey, StoryId>,
    pub alerts: HashMap<AlertId, Alert>,
    /// The records behind the items.
    pub details: HashMap<ItemId, Detail>,
    /// What was told of entries that several lists repeat, by their origin.
    pub(crate) mentions: HashMap<String, Mention>,
    /// What is too much of what is written down about the source.
    pub(crate) surplus: Surplus,
    /// The silence that lasts, if one does.
    pub blind: Option<model::Blind>,
    expects: Expects,
}

/// The versions read, per table.
#[derive(Debug, Default)]
struct Expects {
    state: Option<Version>,
    aliases: BTreeMap<AliasKey, Version>,
    items: BTreeMap<ItemId, Version>,
    stories: BTreeMap<StoryKey, Version>,
    alerts: BTreeMap<AlertId, Version>,
    /// By row.
    mentions: BTreeMap<String, Version>,
}

impl Known {
    /// Reads everything that `candidates` may lead to.
    pub fn read(
        store: &Store,
        source: &Source,
        candidates: &[Candidate],
        rules: &[AlertRule],
    ) -> Result<Self, StoreError> {
        let mut known = Self::state_only(store, source)?;
        for candidate in candidates {
            known.read_candidate(store, candidate)?;
        }
        // Most polls change nothing, and then nothing can alert. But one changed entry can make
        // another one of the same document a change too, when both are states of one item.
        if candidates.iter().any(|candidate| known.may_alert(candidate)) {
            for candidate in candidates {
                known.read_story(store, candidate, rules)?;
            }
        }
        Ok(known)
    }

    /// Reads which attempts are to be trimmed: polls look at every tenth of them, but what a hub
    /// pushes is not counted by them.
    pub(crate) fn read_surplus(
        &mut self,
        store: &Store,
        source: &Source,
    ) -> Result<(), StoreError> {
        self.surplus = Surplus::of_attempts(store, source)?;
        Ok(())
    }

    /// Reads what an attempt without entries needs.
    pub fn state_only(store: &Store, source: &Source) -> Result<Self, StoreError> {
        let state = store.read::<tables::Sources>(&source.id)?;
        let polls = state.value.as_ref().map_or(0, |state| state.polls);
        let surplus = Surplus::of(store, source, polls)?;
        let blind = match state.value.as_ref().filter(|state| state.failures > 0) {
            Some(failing) => {
                let key = (source.id.clone(), crate::blind::key(failing));
                store.get::<tables::Blindness>(&key)?.filter(|row| row.until.is_none())
            }
            None => None,
        };
        Ok(Self {
            expects: Expects { state: Some(state.version), ..Expects::default() },
            state: state.value,
            aliases: HashMap::new(),
            items: HashMap::new(),
            stories: HashMap::new(),
            alerts: HashMap::new(),
            details: HashMap::new(),
            mentions: HashMap::new(),
            surplus,
            blind,
        })
    }

    /// Writes into `commit` that everything read still has to be as it was.
    pub fn expect(&self, commit: &mut Commit, source: &Source) {
        if let Some(version) = self.expects.state {
            commit.expect::<tables::Sources>(&source.id, version);
        }
        for (key, version) in &self.expects.aliases {
            commit.expect::<tables::Aliases>(key, *version);
        }
        for (key, version) in &self.expects.items {
            commit.expect::<tables::Items>(key, *version);
        }
        for (key, version) in &self.expects.stories {
            commit.expect::<tables::StoryKeys>(key, *version);
        }
        for (key, version) in &self.expects.alerts {
            commit.expect::<tables::Alerts>(key, *version);
        }
        for (key, version) in &self.expects.mentions {
            commit.expect::<tables::Meta>(key, *version);
        }
    }

    fn read_mention(&mut self, store: &Store, origin: &str) -> Result<(), StoreError> {
        let row = Mention::row(origin);
        // What a first download brings is told to nobody.
        let baseline = self.state.as_ref().is_none_or(|state| state.baseline.is_none());
        if baseline || self.expects.mentions.contains_key(&row) {
            return Ok(());
        }
        let Versioned { value, version } = store.read::<tables::Meta>(&row)?;
        let mention = value.as_deref().and_then(Mention::read);
        self.mentions.extend(mention.map(|mention| (origin.to_owned(), mention)));
        self.expects.mentions.insert(row, version);
        Ok(())
    }

    fn read_candidate(&mut self, store: &Store, candidate: &Candidate) -> Result<(), StoreError> {
        for alias in candidate.aliases() {
            if self.expects.aliases.contains_key(&alias) {
                continue;
            }
            let Versioned { value, version } = store.read::<tables::Aliases>(&alias)?;
            self.expects.aliases.insert(alias, version);
            if let Some(id) = value {
                self.aliases.insert(alias, id);
                self.read_item(store, id)?;
            }
        }
        if let Some(origin) = candidate.origin() {
            self.read_mention(store, origin)?;
        }
        self.read_item(store, candidate.new_id)
    }

    fn read_item(&mut self, store: &Store, id: ItemId) -> Result<(), StoreError> {
        if self.expects.items.contains_key(&id) {
            return Ok(());
        }
        let Versioned { value, version } = store.read::<tables::Items>(&id)?;
        self.expects.items.insert(id, version);
        if let Some(item) = value {
            // Written with the item in one commit: the item's version stands for both.
            if item.kind != Kind::Article
                && let Some(json) = store.get::<tables::Details>(&id)?
            {
                self.details.extend(record::read(&json).map(|detail| (id, detail)));
            }
            self.items.insert(id, item);
        }
        Ok(())
    }

    fn read_alert(&mut self, store: &Store, id: AlertId) -> Result<(), StoreError> {
        if self.expects.alerts.contains_key(&id) {
            return Ok(());
        }
        let Versioned { value, version } = store.read::<tables::Alerts>(&id)?;
        self.expects.alerts.insert(id, version);
        if let Some(alert) = value {
            self.alerts.insert(id, alert);
        }
        Ok(())
    }

    /// Reads the alerts that a version of an entity list may have caused.
    pub fn read_list_alerts(
        &mut self,
        store: &Store,
        source: &Source,
        version: &str,
        tagger: &Tagger,
        rules: &[AlertRule],
    ) -> Result<(), StoreError> {
        let vendors = tagger.ids(Facet::Vendor).collect::<Vec<_>>();
        for id in list_alert_ids(rules, &source.id, version, vendors.iter().copied()) {
            self.read_alert(store, id)?;
        }
        Ok(())
    }

    /// Reads items that are no longer in a list.
    pub fn read_items(
        &mut self,
        store: &Store,
        items: impl Iterator<Item = ItemId>,
    ) -> Result<(), StoreError> {
        for id in items {
            self.read_item(store, id)?;
            if let Some(Detail::Listing(kept)) = self.details.get(&id)
                && let Some(origin) = kept.designation.origin.clone()
            {
                self.read_mention(store, &origin)?;
            }
        }
        Ok(())
    }

    /// New or changed: only these are tagged, so only these can alert. Which of several items an
    /// entry is a state of is decided later, so any that differs counts.
    fn may_alert(&self, candidate: &Candidate) -> bool {
        let items = candidate.aliases().filter_map(|alias| self.aliases.get(&alias));
        let items = items.chain([&candidate.new_id]).filter_map(|id| self.items.get(id));
        let (known, changed) = items.fold((false, false), |(_, changed), item| {
            let differs = item.content != candidate.content || candidate.speaks_by_another(item);
            (true, changed || differs)
        });
        !known || changed
    }

    fn read_story(
        &mut self,
        store: &Store,
        candidate: &Candidate,
        rules: &[AlertRule],
    ) -> Result<(), StoreError> {
        let mut stories = vec![StoryId::of(candidate.new_id)];
        for key in &candidate.story {
            if !self.expects.stories.contains_key(key) {
                let Versioned { value, version } = store.read::<tables::StoryKeys>(key)?;
                self.expects.stories.insert(*key, version);
                if let Some(story) = value {
                    self.stories.insert(*key, story);
                }
            }
            stories.extend(self.stories.get(key));
        }
        let known = candidate.aliases().filter_map(|alias| self.aliases.get(&alias));
        stories.extend(known.filter_map(|id| self.items.get(id)).map(|item| item.story));
        let classes = match candidate.told() {
            Told::Story | Told::List => &CLASSES[..1],
            Told::Notice { .. } => CLASSES,
        };
        for rule in rules {
            for (story, class) in stories.iter().flat_map(|s| classes.iter().map(move |c| (s, c))) {
                self.read_alert(store, AlertId::derive(&rule.id, *story, class))?;
            }
        }
        Ok(())
    }
}
