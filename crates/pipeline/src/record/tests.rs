//! Lists and notices as they come, download after download, on the real store types.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{
    Alert, Designation, Detail, Entry, Facet, Held, Item, Kind, ListVersion, ListingChange, Notice,
    Revision, Stage,
};
use store::{Range, tables};

use super::{last_version, read};
use crate::decide::Report;
use crate::outcome::Outcome;
use crate::run::store_outcome;
use crate::testing::{context, parsed, source};
use crate::{Context, ManualClock, Source};
use connector::entities::EntityRules;
use connector::{Changes, Connector, entry_of_designation, entry_of_notice};

struct World {
    cx: Context,
    clock: ManualClock,
    downloads: u32,
}

impl World {
    fn new() -> Self {
        let (cx, clock) = context(vec![source("list")]);
        Self { cx, clock, downloads: 0 }
    }

    async fn absorb(&mut self, entries: Vec<Entry>, list: Option<ListVersion>) -> Report {
        self.downloads += 1;
        self.clock.advance(Duration::from_secs(3_600));
        let mut outcome = parsed(&format!("\"{}\"", self.downloads), entries);
        if let Outcome::Parsed { list: into, .. } = &mut outcome {
            *into = list.map(Box::new);
        }
        store_outcome(&self.cx, &Arc::new(source("list")), outcome, Instant::now()).await.unwrap()
    }

    async fn list(&mut self, reader: u32, designations: &[Designation]) -> Report {
        let version = ListVersion {
            reader,
            digest: format!("{:032x}", self.downloads),
            entries: u32::try_from(designations.len()).unwrap(),
            ..ListVersion::default()
        };
        let entries = designations.iter().cloned().map(entry_of_designation).collect();
        self.absorb(entries, Some(version)).await
    }

    async fn notices(&mut self, notices: &[Notice]) -> Report {
        self.absorb(notices.iter().cloned().map(entry_of_notice).collect(), None).await
    }

    fn items(&self) -> Vec<Item> {
        let rows = self.cx.store.page(Range::<tables::Items>::all(), 10_000).unwrap();
        rows.into_iter().map(|(_, item)| item).collect()
    }

    fn detail(&self, item: &Item) -> Detail {
        read(&self.cx.store.get::<tables::Details>(&item.id).unwrap().unwrap()).unwrap()
    }

    fn alerts(&self) -> Vec<Alert> {
        let rows = self.cx.store.page(Range::<tables::AlertsByTime>::all(), 1_000).unwrap();
        let alert = |id| self.cx.store.get::<tables::Alerts>(id).unwrap().unwrap();
        rows.iter().map(|((_, id), ())| alert(id)).collect()
    }

    fn sent(&self) -> Vec<Alert> {
        self.alerts().into_iter().filter(|alert| alert.held.is_none()).collect()
    }

    fn revisions(&self, item: &Item) -> Vec<Revision> {
        let rows = self.cx.store.page(Range::<tables::Revisions>::prefix(&item.id), 100).unwrap();
        rows.into_iter().map(|(_, revision)| revision).collect()
    }

    fn whole(&self) {
        let findings = self.cx.store.verify().unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}

fn designation(id: &str, name: &str) -> Designation {
    Designation {
        list: "us-el".into(),
        entity_id: id.into(),
        name: name.into(),
        countries: vec!["CN".into()],
        ..Designation::default()
    }
}

fn others() -> Vec<Designation> {
    (0..30).map(|n| designation(&format!("o{n}"), &format!("Other Works {n}"))).collect()
}

fn change_of(world: &World, name: &str) -> (ListingChange, bool) {
    let item = world.items().into_iter().find(|item| item.title.as_deref() == Some(name)).unwrap();
    match world.detail(&item) {
        Detail::Listing(listing) => (listing.change, listing.gone),
        Detail::Notice(_) => panic!("a listing"),
    }
}

#[tokio::test]
async fn a_first_download_is_held_and_a_rule_that_names_110_is_one_alert() {
    let mut world = World::new();
    let mut list = others();
    list.push(designation("h", "Huawei Technologies"));
    let first = world.list(1, &list).await;
    assert_eq!((first.counts.new, first.alerts, first.held), (31, 0, 1));
    assert!(world.items().iter().all(|item| item.kind == Kind::Listing && item.baseline));
    assert_eq!(world.alerts()[0].held, Some(Held::Baseline));

    list.extend((0..110).map(|n| designation(&format!("h{n}"), &format!("Huawei Works {n}"))));
    let report = world.list(1, &list).await;
    assert_eq!((report.counts.new, report.counts.unchanged, report.alerts), (110, 31, 1));
    assert_eq!(report.list.added, 110);
    let [alert] = &world.sent()[..] else { panic!("{:?}", world.sent()) };
    assert_eq!(alert.further.len(), 109);
    assert!(alert.title.as_deref().unwrap().starts_with("Added to the list: Huawei Works"));
    assert_eq!(last_version(&world.cx.store, &source("list").id).unwrap().unwrap().added, 110);
    let again = world.list(1, &list).await;
    assert_eq!((again.counts.unchanged, again.alerts), (141, 0));
    assert_eq!(change_of(&world, "Huawei Works 3"), (ListingChange::Added, false));
    world.whole();
}

#[tokio::test]
async fn an_entry_leaves_comes_back_and_is_renamed_as_one_item() {
    let mut world = World::new();
    let mut list = others();
    list.push(designation("h", "Huawei Works"));
    world.list(1, &list).await;
    let gone = world.list(1, &others()).await;
    assert_eq!((gone.list.removed, gone.alerts, gone.counts.seen), (1, 1, 30));
    assert_eq!(change_of(&world, "Huawei Works"), (ListingChange::Removed, true));
    assert!(world.sent()[0].title.as_deref().unwrap().starts_with("Removed from the list"));
    let still = world.list(1, &others()).await;
    assert_eq!((still.list.removed, still.alerts), (0, 0), "it leaves once");

    let back = world.list(1, &list).await;
    assert_eq!((back.counts.revised, back.alerts), (1, 1));
    assert_eq!(change_of(&world, "Huawei Works"), (ListingChange::Relisted, false));
    list[30].name = "Huawei Mills".into();
    list[30].aliases = vec!["Huawei Works".into()];
    let renamed = world.list(1, &list).await;
    assert_eq!((renamed.counts.revised, renamed.counts.unchanged, renamed.alerts), (1, 30, 1));
    let item = world.items().into_iter().find(|i| i.title.as_deref() == Some("Huawei Mills"));
    let told: Vec<_> = world.revisions(&item.unwrap()).into_iter().map(|r| r.changed).collect();
    assert_eq!(
        told,
        [vec![], vec!["removed"], vec!["relisted"], vec!["renamed", "name", "aliases"]]
    );
    world.whole();
}

#[tokio::test]
async fn a_list_that_numbers_its_rows_anew_has_not_changed() {
    let mut world = World::new();
    let mut list = others();
    list.push(designation("h", "Huawei Works"));
    world.list(1, &list).await;
    for (n, entry) in list.iter_mut().enumerate() {
        entry.entity_id = format!("new-{n}");
    }
    let report = world.list(1, &list).await;
    assert_eq!((report.counts.revised, report.counts.new, report.alerts), (31, 0, 0));
    assert_eq!((report.list.added, report.list.removed), (0, 0));
    let again = world.list(1, &list).await;
    assert_eq!((again.counts.unchanged, again.list.removed), (31, 0), "found under the new number");
    world.whole();
}

#[tokio::test]
async fn a_new_address_is_kept_and_wakes_nobody() {
    let mut world = World::new();
    let mut list = vec![designation("h", "Huawei Works"), designation("x", "X")];
    world.list(1, &list).await;
    list[0].addresses.push("1 Road".into());
    let report = world.list(1, &list).await;
    assert_eq!((report.counts.revised, report.alerts, report.list.changed), (1, 0, 1));
    assert_eq!(change_of(&world, "Huawei Works").0, ListingChange::Amended);
}

#[tokio::test]
async fn a_newer_reader_of_ours_changes_entries_and_tells_nobody_then_works_on() {
    let mut world = World::new();
    let mut list = others();
    list.push(designation("h", "Huawei  Works"));
    world.list(1, &list).await;
    list[30].name = "Huawei Works".into();
    list[30].addresses.push("1 Road".into());
    let report = world.list(2, &list).await;
    assert_eq!((report.counts.unchanged, report.counts.revised, report.alerts), (31, 0, 0));
    assert_eq!(report.list.restated, 1);
    assert_eq!(change_of(&world, "Huawei Works").0, ListingChange::Listed);
    list[30].name = "Huawei Mills".into();
    let report = world.list(2, &list).await;
    assert_eq!((report.counts.revised, report.alerts), (1, 1), "a true change is told again");
    list[5].name = "Huawei Five".into();
    assert_eq!(world.list(2, &list).await.alerts, 1, "also of what the newer reader left alone");
    world.whole();
}

#[tokio::test]
async fn news_of_a_list_are_stories_of_their_own_and_nothing_leaves() {
    let mut world = World::new();
    let rule = |n: u32| {
        let mut rule = designation(&format!("2026-{n}"), &format!("Addition of Huawei Unit {n}"));
        rule.kind = Some("rule".into());
        entry_of_designation(rule)
    };
    world.absorb(vec![rule(1)], None).await;
    let second = world.absorb(vec![rule(2), rule(1)], None).await;
    assert_eq!((second.counts.new, second.alerts), (1, 1));
    let third = world.absorb(vec![rule(3), rule(2)], None).await;
    assert_eq!((third.counts.new, third.alerts), (1, 1), "not swallowed by the alert before");
    assert_eq!(third.list.removed, 0, "the first has only left the window");
    assert_eq!(world.sent().len(), 2);
    world.whole();
}

fn notice(id: &str, stage: Stage, day: u32) -> Notice {
    Notice {
        procedure_id: Some("proc-1".into()),
        title: Some("Nabavka sistema za video-nadzor grada".into()),
        buyer: Some("Grad Primer".into()),
        published: Some(format!("2026-02-{day:02}T00:00:00Z").parse().unwrap()),
        ..Notice::new(id, stage)
    }
}

#[tokio::test]
async fn a_procedure_is_one_item_that_alerts_at_its_call_and_its_award() {
    let mut world = World::new();
    world.notices(&[]).await;
    let call = Notice { suppliers: vec!["Huawei d.o.o.".into()], ..notice("1", Stage::Notice, 20) };
    let report = world.notices(std::slice::from_ref(&call)).await;
    assert_eq!((report.counts.new, report.alerts), (1, 1));
    let later = Notice { suppliers: call.suppliers.clone(), ..notice("2", Stage::Corrigendum, 21) };
    let both = world.notices(&[later.clone(), call.clone()]).await;
    assert_eq!((both.counts.revised, both.counts.unchanged, both.alerts), (1, 1, 0));
    let again = world.notices(&[later.clone(), call.clone()]).await;
    assert_eq!((again.counts.unchanged, again.counts.revised), (2, 0), "no state flips back");

    let award = Notice { suppliers: call.suppliers.clone(), ..notice("3", Stage::Award, 25) };
    let report = world.notices(&[award.clone(), later.clone(), call.clone()]).await;
    assert_eq!((report.counts.revised, report.alerts), (1, 1), "an award is news again");
    let early = notice("0", Stage::Planning, 1);
    let report = world.notices(&[award, early]).await;
    assert_eq!((report.counts.unchanged, report.alerts), (2, 0), "an older one is only noted");
    let [item] = &world.items()[..] else { panic!("one item") };
    assert_eq!((item.kind, item.revision), (Kind::Notice, 2));
    let Detail::Notice(kept) = world.detail(item) else { panic!("a notice") };
    assert_eq!((kept.notice.stage, kept.seen.len()), (Stage::Award, 4));
    assert_eq!(world.revisions(item)[2].changed, ["award"]);
    world.whole();
}

#[tokio::test]
async fn a_cpv_code_is_evidence_of_a_layer_and_retag_says_the_same() {
    let mut world = World::new();
    let specs = vec![tagger::EntrySpec {
        facet: Facet::Layer,
        id: "network".into(),
        label: "Network".into(),
        formerly: vec![],
        rules: vec![],
        cpv: vec!["324".into()],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    }];
    let (tagger, refused) = tagger::Tagger::build(specs);
    assert!(refused.is_empty(), "{refused:?}");
    world.cx.tagger = tagger.clone();
    let call = Notice { cpv: vec!["32420000".into()], ..notice("1", Stage::Notice, 20) };
    world.notices(&[call]).await;
    let [item] = &world.items()[..] else { panic!("one item") };
    let [tag] = &item.tags[..] else { panic!("{:?}", item.tags) };
    assert_eq!((tag.id.as_str(), tag.rule.as_str()), ("network", "network/cpv"));
    assert_eq!(tag.spans[0].text, "32420000");
    let text = world.cx.store.text(item.id, 0).unwrap().unwrap();
    let (start, end) = (tag.spans[0].start as usize, tag.spans[0].end as usize);
    assert_eq!(&text[start..end], "32420000");
    let retag = crate::retag(&world.cx, &tagger, &crate::Retag::default()).await.unwrap();
    assert_eq!((retag.items, retag.changed), (1, 0));
}

impl World {
    /// The same bytes once more, or a 304, `days` later.
    async fn unchanged(&mut self, days: u64) -> Report {
        self.clock.advance(Duration::from_secs(days * 24 * 3_600));
        let outcome = Outcome::Unchanged {
            validators: model::Validators::default(),
            transport: crate::outcome::Transport::default(),
        };
        store_outcome(&self.cx, &Arc::new(listed("list")), outcome, Instant::now()).await.unwrap()
    }

    async fn changes(&mut self, source: &str, entries: Vec<Entry>, changes: Changes) -> Report {
        self.downloads += 1;
        self.clock.advance(Duration::from_secs(3_600));
        let mut outcome = parsed(&format!("\"{}\"", self.downloads), entries);
        if let Outcome::Parsed { parsed, body, .. } = &mut outcome {
            parsed.changes = Some(Box::new(changes));
            body[0] = u8::try_from(self.downloads).unwrap();
        }
        store_outcome(&self.cx, &Arc::new(listed(source)), outcome, Instant::now()).await.unwrap()
    }
}

/// A source of the list `us-el`.
fn listed(id: &str) -> Source {
    let rules = EntityRules { list: Some("us-el".into()), ..EntityRules::default() };
    Source { connector: Connector::Entities(Box::new(rules)), ..source(id) }
}

fn until(id: &str, name: &str, end: &str) -> Designation {
    Designation { removed: Some(end.into()), ..designation(id, name) }
}

fn day(world: &World, days: u64) -> String {
    super::today(world.cx.clock.now().after(Duration::from_secs(days * 24 * 3_600)))
}

#[tokio::test]
async fn an_end_that_passes_is_told_once_even_when_the_list_never_changes() {
    let mut world = World::new();
    let (soon, later) = (day(&world, 3), day(&world, 9));
    let mut list = others();
    list.push(until("h", "Huawei Licence", &soon));
    list.push(until("n", "Nuctech Licence", &later));
    list.push(until("p", "Huawei Past", "2001-01-01"));
    world.list(1, &list).await;
    assert_eq!(world.unchanged(1).await.alerts, 0, "what ended long ago is no news");
    let told = world.unchanged(3).await;
    assert_eq!((told.alerts, told.list.changed), (1, 1));
    assert_eq!(change_of(&world, "Huawei Licence"), (ListingChange::Expired, false));
    let [alert] = &world.sent()[..] else { panic!("{:?}", world.sent()) };
    assert_eq!(alert.title.as_deref(), Some("Expired on the list: Huawei Licence (us-el)"));
    for _ in 0..3 {
        assert_eq!(world.unchanged(1).await.alerts, 0, "never twice");
    }
    // The row is amended, then it goes: neither is the same news again.
    list[30].addresses.push("1 Road".into());
    assert_eq!(world.list(1, &list).await.alerts, 0);
    list.remove(30);
    let gone = world.list(1, &list).await;
    assert_eq!((gone.list.removed, gone.alerts), (1, 0));
    assert_eq!(change_of(&world, "Huawei Licence"), (ListingChange::Removed, true));
    world.unchanged(5).await;
    assert_eq!(change_of(&world, "Nuctech Licence"), (ListingChange::Expired, false));
    world.whole();
}

#[tokio::test]
async fn an_end_is_told_with_a_download_too_whatever_else_changed() {
    let mut world = World::new();
    let soon = day(&world, 3);
    let mut list = others();
    list.push(until("h", "Huawei Licence", &soon));
    list.push(until("x", "Huawei Extended", &soon));
    world.list(1, &list).await;
    world.clock.advance(Duration::from_secs(4 * 24 * 3_600));
    list[30].aliases.push("HL".into());
    list[31].removed = Some(day(&world, 300));
    let report = world.list(1, &list).await;
    assert_eq!((report.alerts, report.counts.revised), (1, 2));
    assert_eq!(change_of(&world, "Huawei Licence").0, ListingChange::Expired);
    assert_eq!(change_of(&world, "Huawei Extended").0, ListingChange::Amended, "in force");
    // One that comes back after its end, and one that is new and past already.
    list[30].removed = None;
    list.push(until("q", "Huawei Late", &soon));
    let report = world.list(1, &list).await;
    assert_eq!((report.list.added, report.alerts), (2, 1));
    assert_eq!(change_of(&world, "Huawei Licence").0, ListingChange::Relisted);
    assert_eq!(change_of(&world, "Huawei Late").0, ListingChange::Added);
    assert_eq!(world.unchanged(2).await.alerts, 0);
    world.whole();
}

fn off(ids: &[&str], named: &[&str]) -> Changes {
    let keys = |ids: &[&str]| ids.iter().map(|id| format!("us-el/{id}")).collect::<Vec<_>>();
    Changes {
        list: "us-el".into(),
        removals: keys(ids),
        named: keys(named).into_iter().collect(),
        complete: true,
    }
}

fn many(world: &mut World) -> Vec<Designation> {
    let mut settings = (*world.cx.settings).clone();
    settings.sources = vec![listed("list"), listed("changes")];
    world.cx.settings = Arc::new(settings);
    (0..40).map(|n| designation(&n.to_string(), &format!("Huawei Works {n}"))).collect()
}

#[tokio::test]
async fn a_file_of_changes_takes_entries_off_the_list_that_it_changes() {
    let mut world = World::new();
    let list = many(&mut world);
    world.list(1, &list).await;
    world.changes("changes", vec![], off(&[], &[])).await;
    // One by its number only, one with its name, one that nobody has.
    let named = until("4", "Huawei Works 4", "2026-03-01");
    let entries = vec![entry_of_designation(named)];
    let report = world.changes("changes", entries, off(&["3", "4", "77"], &["4"])).await;
    assert_eq!((report.list.removed, report.counts.new, report.alerts), (2, 0, 1));
    assert_eq!((report.counts.seen, report.counts.revised), (1, 1));
    for name in ["Huawei Works 3", "Huawei Works 4"] {
        assert_eq!(change_of(&world, name), (ListingChange::Removed, true));
    }
    let title = world.sent()[0].title.clone().unwrap();
    assert!(title.starts_with("Removed from the list: Huawei Works"), "{title}");
    // The whole list says the same afterwards, and the changes come once more.
    let rest: Vec<_> =
        list.iter().filter(|d| !["3", "4"].contains(&d.entity_id.as_str())).cloned().collect();
    let whole = world.list(1, &rest).await;
    assert_eq!((whole.list.removed, whole.alerts, whole.counts.unchanged), (0, 0, 38));
    let again = world.changes("changes", vec![], off(&["3", "4"], &[])).await;
    assert_eq!((again.list.removed, again.alerts), (0, 0));
    world.whole();
}

#[tokio::test]
async fn changes_that_would_take_off_too_much_or_were_cut_change_nothing() {
    let mut world = World::new();
    let list = many(&mut world);
    world.list(1, &list).await;
    let ids: Vec<String> = (0..9).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let report = world.changes("changes", vec![], off(&ids, &[])).await;
    assert_eq!(report.list.removed, 0);
    let error = report.error.unwrap();
    assert!(error.starts_with("9 of 40 entries of us-el would go at once"), "{error}");
    super::accept_list(&world.cx.store, &source("changes").id, world.cx.clock.now()).await.unwrap();
    let report = world.changes("changes", vec![], off(&ids, &[])).await;
    assert_eq!(report.list.removed, 9, "an operator knows better");
    let cut = Changes { complete: false, ..off(&["20"], &[]) };
    let before = super::ListBefore::read(&world.cx.store, &listed("changes")).unwrap();
    let judged = before.judge(&listed("changes"), [0; 16], None, Some(&cut));
    assert_eq!(judged, Err(super::Collapse::Incomplete));
}

#[tokio::test]
async fn what_two_lists_repeat_is_told_once_by_each_rule() {
    let mut world = World::new();
    let of = |list: &str, id: &str, name: &str| Designation {
        list: list.into(),
        origin: Some(format!("us-treasury/{id}")),
        ..designation(id, name)
    };
    let mut settings = (*world.cx.settings).clone();
    settings.sources = vec![listed("list"), listed("csl")];
    world.cx.settings = Arc::new(settings);
    let base = |list: &str| (100..140).map(|n| of(list, &n.to_string(), "X")).collect::<Vec<_>>();
    world.list(1, &base("ofac")).await;
    let csl = |world: &mut World, designations: Vec<Designation>| {
        world.downloads += 1;
        world.clock.advance(Duration::from_secs(3_600));
        let entries = designations.into_iter().map(entry_of_designation).collect();
        let mut outcome = parsed(&format!("\"{}\"", world.downloads), entries);
        if let Outcome::Parsed { list, .. } = &mut outcome {
            let digest = format!("{:032x}", world.downloads);
            *list = Some(Box::new(ListVersion { reader: 1, digest, ..ListVersion::default() }));
        }
        let cx = world.cx.clone();
        async move {
            store_outcome(&cx, &Arc::new(listed("csl")), outcome, Instant::now()).await.unwrap()
        }
    };
    csl(&mut world, base("csl/sdn")).await;

    let with = |list: &str, name: &str| {
        let mut all = base(list);
        all.push(of(list, "7", name));
        all
    };
    assert_eq!(world.list(1, &with("ofac", "Huawei Works")).await.alerts, 1);
    let repeated = csl(&mut world, with("csl/sdn", "Huawei Works")).await;
    assert_eq!((repeated.list.added, repeated.alerts), (1, 0), "OFAC said so already");
    let first = csl(&mut world, with("csl/sdn", "Huawei Mills")).await;
    assert_eq!(first.alerts, 1, "whoever comes first tells it");
    assert_eq!(world.list(1, &with("ofac", "HUAWEI MILLS")).await.alerts, 0);
    assert_eq!(world.list(1, &base("ofac")).await.alerts, 1);
    assert_eq!(csl(&mut world, base("csl/sdn")).await.alerts, 0);
    assert_eq!(csl(&mut world, with("csl/sdn", "Huawei Mills")).await.alerts, 1, "it is back");
    assert_eq!(world.sent().len(), 4);
    world.whole();
}
