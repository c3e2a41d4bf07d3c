//! Pages for a browser: what they show, and that nothing of it acts.

use std::time::Duration;

use model::{
    Blind, Fill, Gap, Health, Outage, OutcomeKind, QuarantineId, Quarantined, SourceState,
};
use store::Store;
use store::tables::{Blindness, Gaps, Outages, Quarantine, Sources};

use crate::world::{Running, info, minute, settings, source, stored};

const HOSTILE: &str = "</td><script>alert(1)</script> & \"q\" 'x' \u{202e}\u{1b}[31m\r\nX: y";

fn state(outcome: OutcomeKind, health: Health, failures: u32) -> SourceState {
    SourceState {
        baseline: Some(minute(1)),
        last_outcome: Some(outcome),
        last_attempt: Some(minute(595)),
        last_success: Some(minute(500)),
        next_due: minute(605),
        polls: 9,
        failures,
        error: (failures > 0).then(|| HOSTILE.to_owned()),
        health,
        health_since: Some(minute(400)),
        ..SourceState::default()
    }
}

fn world() -> Store {
    let document = Quarantined {
        source: source("dead"),
        first: minute(1),
        last: minute(2),
        times: 3,
        reason: HOSTILE.into(),
        rejected: 0,
        problems: vec![],
        connector: "feed".into(),
        url: "https://x.example/?<script>".into(),
        content_type: Some(HOSTILE.into()),
        status: 200,
        bytes: 2_000,
        kept: 1_000,
        retried: None,
    };
    let fill = Fill {
        at: minute(580),
        tries: 1,
        found: 9,
        new: 4,
        undated: 0,
        oldest: Some(minute(570)),
        error: None,
        over: true,
    };
    stored(|commit| {
        use OutcomeKind::{Parsed, Unreachable};
        commit.put::<Sources>(&source("dead"), &state(Unreachable, Health::Broken, 4));
        commit.put::<Sources>(&source("shaky"), &state(Unreachable, Health::Healthy, 1));
        commit.put::<Sources>(&source("mute"), &state(Parsed, Health::Quiet, 0));
        let gap = Gap { from: minute(560), to: minute(575), fill: Some(fill) };
        commit.put::<Gaps>(&(source("mute"), minute(575)), &gap);
        let late = Blind {
            until: Some(minute(450)),
            noticed: minute(425),
            outcome: Some(Unreachable),
            reason: Some(HOSTILE.into()),
            failures: 5,
        };
        commit.put::<Blindness>(&(source("mute"), minute(420)), &late);
        commit.put::<Outages>(&minute(10), &Outage { until: minute(20) });
        commit.put::<Quarantine>(&(source("dead"), QuarantineId([7; 16])), &document);
    })
}

async fn console() -> Running {
    let console = Running::over(world()).await;
    let mut settings = settings(console.folder.path());
    let sources = ["dead", "shaky", "mute", "new"].map(|id| {
        let name = format!("{id} {HOSTILE}").into();
        console::SourceInfo { name, every: Duration::from_secs(900), ..info(id, None) }
    });
    settings.sources = sources.to_vec();
    settings.sources.push(info("off", Some(HOSTILE)));
    settings.sources.sort_by(|a, b| a.id.cmp(&b.id));
    console.state.configure(settings.into());
    console
}

/// The text between two marks.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from} in\n{text}"));
    let rest = &text[start..];
    &rest[..rest.find(to).unwrap_or(rest.len())]
}

#[tokio::test]
async fn the_page_of_coverage_names_what_is_not_watched_and_why() {
    let console = console().await;
    let reply = console.get("/coverage").await;
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let text = reply.text();
    assert!(
        text.contains("Watched 1 of 4 sources; 1 blind, 1 failing, 1 not polled yet"),
        "{text}"
    );
    let part = |heading: &str| between(text, &format!("<h2>{heading}</h2>"), "</table>");
    let blind = part("Blind");
    assert!(blind.contains("dead &lt;") && blind.contains("2026-03-01T20:20:00Z"), "{blind}");
    assert!(blind.contains("unreachable: &lt;/td&gt;&lt;script&gt;"), "{blind}");
    assert!(part("Failing: not known yet").contains("1 attempt failed"));
    let missing = part("Entries may be missing");
    assert!(missing.contains("mute") && missing.contains("4 new in its sitemap, maybe not all"));
    let unlike = part("Read, but not as usual");
    assert!(unlike.contains("quiet") && unlike.contains("longer than its own history"), "{unlike}");
    assert!(part("Not read for a while, and read again").contains("2026-03-01T19:30:00Z"));
    assert!(part("stackwatch did not run").contains("2026-03-01T12:10:00Z"));
    assert!(part("Not polled yet").contains("new &lt;"));
    assert!(part("Off").contains("<td>1</td>"));
}

#[tokio::test]
async fn the_page_of_quarantine_lists_what_is_kept() {
    let console = console().await;
    let text = console.get("/quarantine").await.text().to_owned();
    assert!(text.contains("Documents kept: 1"), "{text}");
    assert!(text.contains("2000 bytes, not whole") && text.contains(&"07".repeat(16)));
    assert!(text.contains("all of it"));
    let front = console.get("/").await.text().to_owned();
    for page in ["/coverage", "/quarantine"] {
        assert!(front.contains(&format!("href=\"{page}\"")), "{front}");
    }
}

#[tokio::test]
async fn nothing_that_strangers_wrote_acts_on_a_page() {
    let console = console().await;
    for path in ["/", "/coverage", "/quarantine"] {
        let text = console.get(path).await.text().to_owned();
        for bad in ["<script", "\u{202e}", "\u{1b}", "\nX: y", "style=", "javascript:", "<img"] {
            assert!(!text.contains(bad), "{bad:?} in {path}\n{text}");
        }
        assert_eq!(text.matches("<td>").count(), text.matches("</td>").count(), "{path}");
    }
}
