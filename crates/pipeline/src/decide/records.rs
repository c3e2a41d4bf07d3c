//! Decisions about entries that are records: listings and notices.

use model::{
    Designation, Detail, Item, ItemId, ListVersion, Listing, ListingChange, Notice, Procurement,
    Published,
};
use store::tables;

use super::{REVISIONS, Run, text_bytes};
use crate::identify::{Candidate, Told};
use crate::outcome::Outcome;
use crate::record::{
    self, ListingMove, NoticeMove, compare_listing, compare_notice, ended, first_notice, passed,
    today,
};

impl Run<'_> {
    /// Keeps the record of a new item.
    pub(super) fn add_record(&mut self, item: &Item, candidate: &Candidate, change: ListingChange) {
        match candidate.record() {
            None => {}
            Some(Published::Designation(designation)) => {
                self.put_listing(item.id, designation.clone(), change, false);
                if !self.at.version.is_empty() {
                    self.commit.put::<tables::ListMembers>(&(item.source.clone(), item.id), &());
                }
                self.totals.list.added += 1;
            }
            Some(Published::Notice(notice)) => {
                let first = first_notice(notice, candidate.content);
                self.put_detail(item.id, Detail::Notice(first));
            }
        }
    }

    pub(super) fn put_detail(&mut self, id: ItemId, detail: Detail) {
        self.commit.put::<tables::Details>(&id, &record::write(&detail));
        self.details.insert(id, detail);
    }

    pub(super) fn put_listing(
        &mut self,
        id: ItemId,
        now: Designation,
        change: ListingChange,
        gone: bool,
    ) {
        let ended = ended(&now, &today(self.at.now));
        let listing = Listing { designation: now, change, gone, ended };
        self.put_detail(id, Detail::Listing(listing));
    }

    pub(super) fn renew(&mut self, candidate: &Candidate, record: Published) {
        let id = candidate.new_id;
        match record {
            Published::Designation(now) => {
                self.put_listing(id, now, ListingChange::Amended, false);
            }
            Published::Notice(now) => {
                let first = first_notice(&now, candidate.content);
                self.put_detail(id, Detail::Notice(first));
            }
        }
    }

    pub(super) fn compare_listing(
        &mut self,
        before: Item,
        candidate: &Candidate,
        now: &Designation,
        kept: &Listing,
    ) {
        let id = before.id;
        match compare_listing(kept, now, self.at.restating, self.at.since, &today(self.at.now)) {
            ListingMove::Unchanged => self.totals.counts.unchanged += 1,
            ListingMove::Restated => {
                self.totals.counts.unchanged += 1;
                self.totals.list.restated += 1;
                self.restate(&before, candidate);
                self.put_listing(id, now.clone(), kept.change, false);
            }
            ListingMove::Changed { change, fields } => {
                match change {
                    ListingChange::Relisted => self.totals.list.added += 1,
                    _ => self.totals.list.changed += 1,
                }
                self.commit.put::<tables::ListMembers>(&(before.source.clone(), id), &());
                let changed = std::iter::once(change.to_string()).chain(fields).collect();
                let told = Some((changed, Told::List));
                self.revise(before, candidate, true, told, change);
                self.put_listing(id, now.clone(), change, false);
            }
        }
    }

    pub(super) fn compare_notice(
        &mut self,
        before: Item,
        candidate: &Candidate,
        now: &Notice,
        kept: &Procurement,
    ) {
        let id = before.id;
        match compare_notice(kept, now, candidate.content) {
            NoticeMove::Unchanged => self.totals.counts.unchanged += 1,
            NoticeMove::Noted(noted) => {
                self.totals.counts.unchanged += 1;
                self.put_detail(id, Detail::Notice(noted));
            }
            NoticeMove::Newest { kept, class, changed } => {
                let told = Some((changed, Told::Notice { class }));
                self.revise(before, candidate, true, told, ListingChange::Amended);
                self.put_detail(id, Detail::Notice(kept));
            }
        }
    }

    /// Takes over what a newer reader of ours makes of an entry that did not change: no revision,
    /// no alert.
    fn restate(&mut self, before: &Item, candidate: &Candidate) {
        let entry = &candidate.entry;
        let after = Item {
            url: entry.url.clone(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            tags: self.tags(entry, entry.url.as_deref()),
            content: candidate.content,
            envelope: candidate.envelope,
            text_bytes: text_bytes(entry),
            ..before.clone()
        };
        self.commit.replace_item(before, &after);
        if let Some(text) = &entry.text {
            self.commit.put_text(after.id, after.revision, text);
        }
        self.items.insert(after.id, after);
    }

    /// An entry that its list does not have any more.
    pub(super) fn leave(&mut self, id: ItemId) {
        let Some(before) = self.items.get(&id).or_else(|| self.known.items.get(&id)).cloned()
        else {
            return;
        };
        let Some(Detail::Listing(kept)) = self.known.details.get(&id).cloned() else { return };
        self.commit.delete::<tables::ListMembers>(&(before.source.clone(), id));
        self.totals.list.removed += 1;
        let today = today(self.at.now);
        // That it ended is known already: its leaving afterwards wakes nobody.
        let known = kept.ended.is_some();
        let change = match ended(&kept.designation, &today) {
            Some(_) if !known => ListingChange::Expired,
            _ => ListingChange::Removed,
        };
        self.depart(before, kept, change, true, !known);
    }

    /// An entry that its list still has, and that has passed its own end.
    pub(super) fn end(&mut self, id: ItemId) {
        let Some(before) = self.items.get(&id).or_else(|| self.known.items.get(&id)).cloned()
        else {
            return;
        };
        let Some(Detail::Listing(kept)) = self.known.details.get(&id).cloned() else { return };
        if passed(&kept, self.at.since, &today(self.at.now)).is_some() {
            self.totals.list.changed += 1;
            self.depart(before, kept, ListingChange::Expired, false, true);
        }
    }

    /// A state of an entry that no document words.
    fn depart(
        &mut self,
        before: Item,
        kept: Listing,
        change: ListingChange,
        gone: bool,
        tell: bool,
    ) {
        let id = before.id;
        let after = Item { revision: before.revision + 1, ..before.clone() };
        if after.revision < REVISIONS {
            self.commit.replace_item(&before, &after);
            self.put_revision(&before, &after, vec![change.to_string()]);
        }
        let origin = kept.designation.origin.clone();
        self.put_listing(id, kept.designation, change, gone);
        if tell {
            self.raise_alerts(&after, Told::List, change, origin.as_deref());
        }
        self.items.insert(id, after);
    }

    /// The row of a good download: after all of its entries.
    pub(super) fn write_list_version(&mut self, outcome: &Outcome) {
        let Outcome::Parsed { list: Some(version), .. } = outcome else { return };
        let delta = self.totals.list;
        let version = ListVersion {
            added: delta.added,
            changed: delta.changed,
            removed: delta.removed,
            restated: delta.restated,
            first: version.first.or(Some(self.at.now)),
            ..(**version).clone()
        };
        let json = serde_json::to_string(&version).expect("counts and names are always JSON");
        let key = (self.at.source.id.clone(), self.at.now);
        self.commit.put::<tables::ListVersions>(&key, &json);
        if version.accepted {
            record::use_up_acceptance(&mut self.commit, &self.at.source.id);
        }
    }
}
