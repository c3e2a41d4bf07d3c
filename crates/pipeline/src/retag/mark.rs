//! How far a retag came: a row that goes with each of its commits.

use model::{ItemId, Timestamp};
use store::{Commit, CommitError, Store, StoreError, tables};
use tagger::Tagger;

use super::Retag;

const ROW: &str = "retag";

/// Where the next batch begins.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// What the marks of this retag begin with: rules and way must be the same to go on.
    work: String,
    since: Timestamp,
    last: Option<(Timestamp, ItemId)>,
    resumed: bool,
}

impl Mark {
    /// Behind the last item of an earlier retag that was cut off, if it did the same work on these
    /// items; else at the beginning.
    pub(super) fn begin(store: &Store, tagger: &Tagger, which: &Retag) -> Result<Self, StoreError> {
        let work = format!("{} {}", tagger.version(), if which.alert { "alert" } else { "quiet" });
        let since = which.since.unwrap_or(Timestamp::EPOCH);
        let mut mark = Self { work, since, last: None, resumed: false };
        if !which.dry_run
            && let Some(row) = store.get::<tables::Meta>(&ROW.to_owned())?
        {
            mark.last = mark.read(&row);
            mark.resumed = mark.last.is_some();
        }
        Ok(mark)
    }

    pub(super) fn last(&self) -> Option<(Timestamp, ItemId)> {
        self.last
    }

    pub(super) fn resumed_at(&self) -> Option<Timestamp> {
        self.last.filter(|_| self.resumed).map(|(at, _)| at)
    }

    pub(super) fn advance(&mut self, last: (Timestamp, ItemId)) {
        self.last = Some(last);
    }

    pub(super) fn put(&self, commit: &mut Commit, last: (Timestamp, ItemId)) {
        let row = format!("{}\n{}\n{}\n{}", self.work, self.since, last.0, last.1);
        commit.put::<tables::Meta>(&ROW.to_owned(), &row.into_bytes());
    }

    /// The retag is done: nothing is left to go on with.
    pub(super) async fn end(&self, store: &Store) -> Result<(), CommitError> {
        let mut commit = Commit::default();
        commit.delete::<tables::Meta>(&ROW.to_owned());
        store.commit(commit).await.map(drop)
    }

    /// A row of other work, of a later beginning, or one that cannot be read says nothing.
    fn read(&self, row: &[u8]) -> Option<(Timestamp, ItemId)> {
        let mut lines = std::str::from_utf8(row).ok()?.lines();
        let same = lines.next()? == self.work;
        let since: Timestamp = lines.next()?.parse().ok()?;
        let at: Timestamp = lines.next()?.parse().ok()?;
        let item: ItemId = lines.next()?.parse().ok()?;
        (same && since <= self.since && at >= self.since).then_some((at, item))
    }
}
