//! `demo`: the whole product offline. The binary serves itself recorded sources over loopback,
//! runs the real daemon on them in a throw-away data folder, then lets things happen.

mod origin;
mod recorded;
mod records;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use console::query::{self, AlertsQuery, CoverageQuery, ItemsQuery};
use console::rows::{AlertRow, ItemRow, Sight};
use model::Timestamp;
use pipeline::{Clock as _, Context, SystemClock};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::origin::Origin;
use self::recorded as told;
use crate::cli::{Cli, DemoArgs};
use crate::command::{reads, run};
use crate::exit::{Failure, Outcome};
use crate::installation::{Installation, write_shipped};
use crate::scratch::Folder;
use crate::{output, reach, tell};

/// Sources are polled this often, so that nobody has to wait.
const EVERY: Duration = Duration::from_millis(700);
/// Longest wait for something to happen.
const PATIENCE: Duration = Duration::from_secs(40);

/// Tells the story; on a terminal the daemon then runs on until Ctrl-C.
pub(crate) async fn demo(cli: &Cli, args: &DemoArgs) -> Outcome {
    let folder = Folder::new("stackwatch-demo").map_err(Failure::io)?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::io)?;
    let address = listener.local_addr().map_err(Failure::io)?;
    let origin = Origin::default();
    let began = SystemClock.now();
    serve_first(&origin, began);
    let stop = CancellationToken::new();
    let served = tokio::task::JoinSet::from_iter([origin.clone().run(listener, stop.clone())]);

    let settings = settings(&format!("http://{address}"));
    let config = write_shipped(folder.path(), &settings).map_err(Failure::io)?;
    let mut at = Installation::load_at(&config, cli.data.as_deref())?;
    for source in &mut Arc::make_mut(&mut at.config.pipeline).sources {
        source.every = EVERY;
        source.pace.floor = EVERY;
    }
    let store = reach::open(&at).await?;
    let cx = tell::context(&at, store.clone()).map_err(Failure::io)?;
    let console = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::io)?;
    let port = console.local_addr().map_err(Failure::io)?;
    let mut daemon =
        run::start_on(cx.clone(), Arc::clone(&at.config.console), console, stop.clone()).await?;

    let story =
        Story { at: &at, cx: &cx, store: &store, origin: &origin, began, told: Instant::now() };
    let result = tokio::select! {
        told = story.tell(&config, port) => told,
        // Ended early: the folder is tidied away all the same.
        _ = tokio::signal::ctrl_c() => Err(Failure::found(crate::because!("the demo was interrupted"))),
    };
    if result.is_ok() && !args.quick && std::io::stdout().is_terminal() {
        say("The daemon runs on until Ctrl-C, and the folder is removed then.")?;
        // Without a handler for it the wait ends at once.
        drop(tokio::signal::ctrl_c().await);
    }
    stop.cancel();
    drop(tokio::time::timeout(Duration::from_secs(8), daemon.wind_up()).await);
    drop(served);
    store.shutdown().map_err(Failure::io)?;
    result
}

fn settings(base: &str) -> String {
    let mut text = String::from(
        "data       = \"../data\"\nwatchlists = \"../watchlists\"\n\
         contact    = \"https://example.org/demo\"\ntimezone   = \"Europe/Belgrade\"\n\
         [fetch]\nspacing = \"0s\"\nper_host = 4\nallow = [\"127.0.0.0/8\"]\n\
         [store]\nmin_free = \"16 MiB\"\n[console]\nlisten = \"127.0.0.1:0\"\n\
         [channel.log]\nfile = { path = \"alerts.jsonl\" }\n\
         [alert.new-mention]\nlabel = \"New Huawei, Nuctech or BGI mention\"\n\
         when.vendor = [\"huawei\", \"nuctech\", \"bgi\"]\nmax_age = \"14d\"\nto = [\"log\"]\n\
         [alert.sources]\nlabel = \"Sources\"\nwhen.health = [\"*\"]\nto = [\"log\"]\n\
         [digest.morning]\nlabel = \"Morning digest\"\nat = \"07:00\"\n\
         days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         when.vendor = [\"*\"]\nto = [\"log\"]\nformats = [\"md\"]\n",
    );
    for (id, name, lang, category) in [
        ("courier", "The Courier", "en", "local-news"),
        ("glasnik", "Glasnik", "sr-Latn", "local-news"),
        ("vesnik", "Весник", "sr-Cyrl", "local-news"),
        ("kexun", "科讯", "zh", "prc-state-media"),
        ("wire", "Regional Wire", "en", "wire"),
        ("ledger", "Procurement Ledger", "en", "trade-press"),
    ] {
        text.push_str(&format!(
            "[source.{id}]\nname = \"{name}\"\nfeed.url = \"{base}/{id}\"\nevery = \"1m\"\n\
             lang = \"{lang}\"\ncategory = \"{category}\"\n"
        ));
    }
    text.push_str(&format!(
        "[source.screening]\nname = \"Screening list\"\nentities.url = \"{base}/screening\"\n\
         entities.list = \"demo-el\"\nentities.rows = [3, 100]\nevery = \"1m\"\n\
         category = \"entity-list\"\nterms = \"ok\"\n\
         [source.portal]\nname = \"Procurement portal\"\nnotices.url = \"{base}/portal\"\n\
         notices.format = \"ocds\"\nnotices.country = \"RS\"\nevery = \"1m\"\n\
         category = \"procurement\"\nterms = \"ok\"\n"
    ));
    text
}

fn all(entries: &[told::Told]) -> Vec<&told::Told> {
    entries.iter().collect()
}

fn with<'t>(new: &'t told::Told, entries: &'t [told::Told]) -> Vec<&'t told::Told> {
    let old = entries.iter().filter(|entry| entry.id != new.id);
    std::iter::once(new).chain(old).collect()
}

fn serve_first(origin: &Origin, began: Timestamp) {
    let rss = |name, title, lang, entries| {
        origin.serve(name, told::rss(title, lang, &all(entries), began));
    };
    rss("courier", "The Courier", "en", told::COURIER);
    rss("glasnik", "Glasnik", "sr-Latn", told::GLASNIK);
    rss("vesnik", "Весник Vesnik", "sr-Cyrl", told::VESNIK);
    rss("ledger", "Procurement Ledger", "en", told::LEDGER);
    origin.serve("kexun", told::atom("科讯 Kexun", "zh", &all(told::KEXUN), began));
    origin.serve("wire", told::atom("Regional Wire", "en", &all(told::WIRE), began));
    origin.serve("screening", records::list(false));
    origin.serve("portal", records::notices(false, began));
}

/// What a newcomer sees, step by step; every line of it is read from the store.
struct Story<'s> {
    at: &'s Installation,
    cx: &'s Context,
    store: &'s Store,
    origin: &'s Origin,
    began: Timestamp,
    told: Instant,
}

impl Story<'_> {
    /// On a terminal there is someone who reads along.
    async fn pause(&self) {
        if std::io::stdout().is_terminal() {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
    }

    async fn tell(&self, config: &std::path::Path, port: std::net::SocketAddr) -> Outcome {
        self.baseline().await?;
        self.pause().await;
        self.new_item().await?;
        self.pause().await;
        self.second_outlet().await?;
        self.pause().await;
        self.edited_title().await?;
        self.pause().await;
        self.cyrillic().await?;
        self.pause().await;
        self.listing().await?;
        self.pause().await;
        self.award().await?;
        self.pause().await;
        self.dead_feed().await?;
        self.pause().await;
        self.digest()?;
        self.where_next(config, port)
    }

    async fn baseline(&self) -> Outcome {
        say(
            "1. Six recorded feeds, in English, Serbian (both scripts) and Chinese, an entity list \
             and a procurement portal, served over loopback HTTP. Their first poll is the baseline: \
             stored and tagged, alerts held back.",
        )?;
        let recorded =
            [told::COURIER, told::GLASNIK, told::VESNIK, told::KEXUN, told::WIRE, told::LEDGER];
        let entries: usize = recorded.iter().map(|entries| entries.len()).sum();
        let entries = entries + records::LISTED + 1;
        let items = self.wait(|| self.items(), |items| items.len() == entries).await?;
        for item in items.iter().filter(|item| !item.tags.is_empty()) {
            say(&format!(
                "     {:<8} {}  [{}]",
                item.source,
                title(item.title.as_deref()),
                reads::tag_words(&item.tags)
            ))?;
        }
        let held = self.alerts()?.iter().filter(|alert| alert.held.is_some()).count();
        say(&format!("   {} items stored, {held} alerts held, none sent.\n", items.len()))
    }

    async fn new_item(&self) -> Outcome {
        say("2. The Courier publishes something new:")?;
        let document =
            told::rss("The Courier", "en", &with(&told::COURIER_NEWS, told::COURIER), self.began);
        self.origin.serve("courier", document);
        let alert = self.sent_about("nuctech").await?;
        self.show_alert(&alert)
    }

    async fn second_outlet(&self) -> Outcome {
        say(
            "3. A second outlet carries the same story. No second alert: the outlet joins the first.",
        )?;
        let document =
            told::atom("Regional Wire", "en", &with(&told::WIRE_COPY, told::WIRE), self.began);
        self.origin.serve("wire", document);
        let joined = |alerts: &Vec<AlertRow>| alerts.iter().any(|alert| !alert.further.is_empty());
        let alerts = self.wait(|| self.alerts(), joined).await?;
        let alert = alerts.iter().find(|alert| !alert.further.is_empty()).ok_or_else(gone)?;
        say(&format!("   alert {} now names {} outlets.\n", alert.id, alert.further.len() + 1))
    }

    async fn edited_title(&self) -> Outcome {
        say(
            "4. Glasnik edits a headline, and names a vendor. A revision of the same item, and an alert:",
        )?;
        let document = told::rss(
            "Glasnik",
            "sr-Latn",
            &with(&told::GLASNIK_EDITED, told::GLASNIK),
            self.began,
        );
        self.origin.serve("glasnik", document);
        let alert = self.sent_about("huawei").await?;
        self.show_alert(&alert)?;
        let detail = query::item(self.store, alert.item).map_err(reach::failure)?;
        for state in &detail.revisions {
            say(&format!("     revision {}: {}", state.revision, title(state.title.as_deref())))?;
        }
        say("")
    }

    async fn cyrillic(&self) -> Outcome {
        say("5. A laboratory in Cyrillic, the acronym inflected and in need of context:")?;
        let document = told::rss(
            "Весник Vesnik",
            "sr-Cyrl",
            &with(&told::VESNIK_NEWS, told::VESNIK),
            self.began,
        );
        self.origin.serve("vesnik", document);
        let alert = self.sent_about("bgi").await?;
        self.show_alert(&alert)
    }

    async fn listing(&self) -> Outcome {
        say("6. The screening list grows by two entries. One alert for the vendor, with both:")?;
        self.origin.serve("screening", records::list(true));
        let alert = self.sent_by("screening").await?;
        self.show_alert(&alert)?;
        let known = tell::vendor(&self.cx.tagger, "huawei").map_err(reach::failure)?;
        let sources = &self.at.config.console.sources;
        let vendor = query::vendor(self.store, &known, sources).map_err(reach::failure)?;
        for row in &vendor.listings {
            let (of, change) = (&row.listing.designation, row.listing.change);
            say(&format!(
                "     {} {}: {} ({})",
                of.list,
                change,
                of.name,
                of.citations.join("; ")
            ))?;
        }
        say("")
    }

    async fn award(&self) -> Outcome {
        say("7. A tender that was open at the start is awarded, and its winner is a vendor:")?;
        self.origin.serve("portal", records::notices(true, self.began));
        let alert = self.sent_by("portal").await?;
        self.show_alert(&alert)?;
        let item = query::item(self.store, alert.item).map_err(reach::failure)?.item;
        let Some(notice) = item.notice else { return say("") };
        say(&format!(
            "     {} of {}: {} for {} {}, CPV {} [{}]\n",
            notice.stage,
            notice.buyer.as_deref().unwrap_or("–"),
            notice.suppliers.join(", "),
            notice.value.unwrap_or_default(),
            notice.currency.as_deref().unwrap_or_default(),
            notice.cpv.join(" "),
            reads::tag_words(&item.tags)
        ))
    }

    async fn dead_feed(&self) -> Outcome {
        say("8. The Procurement Ledger goes dead. Nobody is left to believe that it was quiet:")?;
        self.origin.kill("ledger");
        // One failure is a hiccup; the third in a row is a change of state, which is told.
        let broken = |sources: &Vec<console::rows::SourceRow>| {
            sources
                .iter()
                .any(|row| row.id.as_str() == "ledger" && row.health == model::Health::Broken)
        };
        self.wait(|| self.sources(), broken).await?;
        let rows = self.coverage()?;
        for row in rows.iter().filter(|row| row.state == Sight::Blind) {
            let since = row.since.map_or_else(|| "–".into(), |time| reads::local(self.at, time));
            let why = row.reason.as_deref().unwrap_or("–");
            say(&format!("   {} blind since {since}: {why}", row.source))?;
        }
        let told = |alert: &AlertRow| alert.rule.as_str() == "sources";
        let alerts = self.wait(|| self.alerts(), |alerts| alerts.iter().any(told)).await?;
        let alert = alerts.into_iter().find(told).ok_or_else(gone)?;
        self.show_alert(&alert)
    }

    fn digest(&self) -> Outcome {
        say("9. The digest of the day, as it would arrive tomorrow morning:\n")?;
        let query = console::DigestQuery::default();
        let document = tell::render_digest(self.store, &self.cx.settings, &SystemClock, &query)
            .map_err(reach::failure)?;
        for line in String::from_utf8_lossy(&document.body).lines() {
            say(&format!("   | {line}"))?;
        }
        say("")
    }

    fn where_next(&self, config: &std::path::Path, port: std::net::SocketAddr) -> Outcome {
        let delivered = std::fs::read_to_string(self.at.config.data.join("alerts.jsonl"));
        let lines = delivered.map(|text| text.lines().count()).unwrap_or(0);
        let stackwatch = std::env::current_exe().unwrap_or_else(|_| "stackwatch".into());
        let stackwatch = format!("{} --config {}", stackwatch.display(), config.display());
        say(&format!(
            "That was {} s: {} items, {} alerts, {lines} lines delivered to {}.\n",
            self.told.elapsed().as_secs(),
            self.items()?.len(),
            self.alerts()?.iter().filter(|alert| alert.held.is_none()).count(),
            self.at.config.data.join("alerts.jsonl").display(),
        ))?;
        say(&format!(
            "Where to look next, while this runs:\n  {stackwatch} alerts list\n  {stackwatch} coverage\n  http://{port}/ (status) and http://{port}/feed/alerts.atom (alerts for a feed reader)"
        ))?;
        say(
            "Your own installation:\n  stackwatch check      reads ./config and ./watchlists, every mistake with its place\n  stackwatch run        watches the shipped catalogue\n  stackwatch doctor     can this machine run it\n  ARCHITECTURE.md       how an item travels",
        )
    }

    fn show_alert(&self, alert: &AlertRow) -> Outcome {
        say(&format!("   ALERT {}: {}", alert.label, title(alert.title.as_deref())))?;
        for tag in alert.tags.iter().filter(|tag| tag.facet == model::Facet::Vendor) {
            say(&format!("     because {}", reads::reason(tag)))?;
        }
        say(&format!(
            "     {} · {} · id {}\n",
            alert.source_name,
            alert.url.as_deref().unwrap_or("–"),
            alert.id
        ))
    }

    /// The first alert about `vendor` that was sent.
    async fn sent_about(&self, vendor: &str) -> Result<AlertRow, Failure> {
        let about = |alert: &AlertRow| {
            alert.held.is_none() && alert.tags.iter().any(|tag| tag.id == vendor)
        };
        let alerts = self.wait(|| self.alerts(), |alerts| alerts.iter().any(about)).await?;
        alerts.into_iter().find(|alert| about(alert)).ok_or_else(gone)
    }

    /// The first alert that was sent about something of `source`.
    async fn sent_by(&self, source: &str) -> Result<AlertRow, Failure> {
        let by = |alert: &AlertRow| alert.held.is_none() && alert.source.as_str() == source;
        let alerts = self.wait(|| self.alerts(), |alerts| alerts.iter().any(by)).await?;
        alerts.into_iter().find(|alert| by(alert)).ok_or_else(gone)
    }

    fn items(&self) -> Result<Vec<ItemRow>, Failure> {
        let query = ItemsQuery { limit: Some(1_000), ..ItemsQuery::default() };
        query::items(self.store, &query).map_err(reach::failure)
    }

    fn alerts(&self) -> Result<Vec<AlertRow>, Failure> {
        let query = AlertsQuery { limit: Some(1_000), ..AlertsQuery::default() };
        query::alerts(self.store, &query).map_err(reach::failure)
    }

    fn sources(&self) -> Result<Vec<console::rows::SourceRow>, Failure> {
        query::sources(self.store, &self.at.config.console.sources).map_err(reach::failure)
    }

    fn coverage(&self) -> Result<Vec<console::rows::CoverageRow>, Failure> {
        let now = self.cx.clock.now();
        let since = CoverageQuery::default().since.unwrap_or(self.began);
        query::coverage(self.store, &self.at.config.console.sources, since..now, now)
            .map_err(reach::failure)
    }

    /// Looks again after each commit until `enough`.
    async fn wait<T>(
        &self,
        look: impl Fn() -> Result<T, Failure>,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, Failure> {
        let mut commits = self.store.subscribe();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            commits.borrow_and_update();
            let seen = look()?;
            if enough(&seen) {
                return Ok(seen);
            }
            match tokio::time::timeout_at(deadline, commits.changed()).await {
                Ok(Ok(())) => {}
                _ => {
                    return Err(Failure::found(crate::because!(
                        "the demo waited {PATIENCE:?} for something that did not happen"
                    )));
                }
            }
        }
    }
}

fn title(title: Option<&str>) -> String {
    model::one_line(title.unwrap_or("(without a title)"))
}

fn gone() -> Failure {
    Failure::found(crate::because!("what was just there is gone"))
}

fn say(line: &str) -> Outcome {
    output::line(line)
}
