//! What a message about sources says. Pure.

use std::time::Duration;

use model::{Health, Timestamp, one_line, truncated};

use super::told::News;
use crate::Source;

/// Sources named in one message, and its longest text.
const NAMED: usize = 20;
const SUMMARY_BYTES: usize = 4_096;
const REASON_BYTES: usize = 160;

/// What became of one source.
#[derive(Clone, Debug)]
pub(super) struct Turn<'a> {
    pub(super) source: &'a Source,
    pub(super) news: News,
    /// What was told before.
    pub(super) before: Health,
    pub(super) health: Health,
    pub(super) since: Option<Timestamp>,
    pub(super) reason: Option<String>,
    /// The newest entry came then.
    pub(super) last_new: Option<Timestamp>,
    /// It goes up and down.
    pub(super) unsteady: bool,
}

/// Title and text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) summary: String,
}

/// Our own network is down.
pub(super) fn network_down(on: usize) -> Words {
    Words {
        title: "No host answers: the network of this machine seems to be down".into(),
        summary: format!(
            "None of {on} sources is watched until it is back. Then each is asked again by itself, \
             and one more message says so; what fails until then is not told one by one."
        ),
    }
}

/// It is back after `outage`: `read` of `on` sources are read, `turns` is what is not as before.
pub(super) fn network_back(
    outage: Duration,
    (read, on): (usize, usize),
    turns: &[Turn<'_>],
) -> Words {
    let mut title = format!(
        "The network is back after {}: {read} of {on} sources are read again",
        length(outage)
    );
    let mut summary = String::new();
    if let Some(words) = turned(turns) {
        title.push_str("; ");
        title.push_str(&words.title);
        summary = words.summary;
    }
    Words { title, summary }
}

/// What became of sources, lost ones first; `None`: nothing.
pub(super) fn turned(turns: &[Turn<'_>]) -> Option<Words> {
    if let [only] = turns {
        return Some(Words { title: sentence(only), summary: String::new() });
    }
    let kinds = [
        (News::Lost, "is no longer read", "are no longer read"),
        (News::Odd, "brings less than usual", "bring less than usual"),
        (News::Back, "is as usual again", "are as usual again"),
    ];
    let mut titles = Vec::new();
    let mut lines = Vec::new();
    for (kind, one, many) in kinds {
        let those: Vec<_> = turns.iter().filter(|turn| turn.news == kind).collect();
        match those.as_slice() {
            [] => continue,
            [only] => titles.push(format!("{} {one}", name(only.source))),
            all => titles.push(format!("{} sources {many}", all.len())),
        }
        lines.extend(those.into_iter().map(sentence));
    }
    let more = lines.len().saturating_sub(NAMED);
    lines.truncate(NAMED);
    if more > 0 {
        lines.push(format!("and {more} more: `stackwatch source list` has them all"));
    }
    let summary = truncated(&lines.join("\n"), SUMMARY_BYTES).into_owned();
    (!titles.is_empty()).then(|| Words { title: titles.join("; "), summary })
}

fn name(source: &Source) -> String {
    one_line(&source.name)
}

fn sentence(turn: &Turn<'_>) -> String {
    let since = turn.since.map(|at| format!(" since {}", minute(at))).unwrap_or_default();
    let mut text = match turn.news {
        News::Back => {
            format!("{} is as usual again{since}, was {}", name(turn.source), turn.before)
        }
        News::Odd | News::Lost => format!("{} is {}{since}", name(turn.source), turn.health),
    };
    let reason = turn
        .reason
        .as_deref()
        .map(|reason| truncated(&one_line(reason), REASON_BYTES).into_owned());
    let explained = match turn.health {
        Health::Quiet => {
            turn.last_new.map(|at| format!("no new entry since {}, longer than usual", minute(at)))
        }
        Health::Stale => Some("it answers with old entries only".to_owned()),
        Health::Empty => Some("it answers without entries".to_owned()),
        Health::Degraded => {
            Some(reason.unwrap_or_else(|| "it answers, but much of it cannot be used".to_owned()))
        }
        Health::Gone => Some("its server says that it is gone for good (410)".to_owned()),
        Health::Broken | Health::Blocked => reason,
        Health::Healthy | Health::Unknown | Health::Off | Health::Retired => None,
    };
    if let Some(explained) = explained {
        text.push_str(": ");
        text.push_str(&explained);
    }
    if turn.unsteady {
        text.push_str(
            "; it goes up and down, and is told again when it has kept one state for hours",
        );
    }
    text
}

/// `2026-03-01 06:00 UTC`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

fn length(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 1_440, minutes / 60, minutes) {
        (days @ 2.., _, _) => format!("{days} days"),
        (_, hours @ 2.., _) => format!("{hours} hours"),
        (_, _, minutes) => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{source, start};

    fn turn(source: &Source, news: News, before: Health, health: Health) -> Turn<'_> {
        Turn {
            source,
            news,
            before,
            health,
            since: Some(start()),
            reason: Some("answered 403 Forbidden\u{1b}[2J\nBcc: x".into()),
            last_new: Some(start()),
            unsteady: false,
        }
    }

    #[test]
    fn one_source_is_a_sentence_with_its_reason() {
        let a = source("a");
        let words = |news, before, health| turned(&[turn(&a, news, before, health)]).unwrap().title;
        assert_eq!(
            words(News::Lost, Health::Healthy, Health::Broken),
            "A is broken since 2026-03-01 06:00 UTC: answered 403 Forbidden [2J Bcc: x"
        );
        assert_eq!(
            words(News::Back, Health::Broken, Health::Healthy),
            "A is as usual again since 2026-03-01 06:00 UTC, was broken"
        );
        assert_eq!(
            words(News::Odd, Health::Healthy, Health::Quiet),
            "A is quiet since 2026-03-01 06:00 UTC: no new entry since 2026-03-01 06:00 UTC, \
             longer than usual"
        );
    }

    #[test]
    fn many_sources_are_counted_and_the_first_are_named() {
        let sources: Vec<_> = (0..30).map(|n| source(&format!("s{n}"))).collect();
        let mut turns: Vec<_> = sources
            .iter()
            .map(|source| turn(source, News::Lost, Health::Healthy, Health::Broken))
            .collect();
        turns[29].news = News::Back;
        let words = turned(&turns).unwrap();
        assert_eq!(words.title, "29 sources are no longer read; S29 is as usual again");
        assert_eq!(words.summary.lines().count(), NAMED + 1);
        assert!(words.summary.ends_with("and 10 more: `stackwatch source list` has them all"));
        assert_eq!(turned(&[]), None);
    }

    #[test]
    fn the_network_is_said_to_be_back_with_what_is_not() {
        let a = source("a");
        let days = Duration::from_secs(72 * 3_600);
        let words = network_back(days, (9, 10), &[]);
        assert_eq!(words.title, "The network is back after 3 days: 9 of 10 sources are read again");
        let lost = turn(&a, News::Lost, Health::Healthy, Health::Broken);
        let words = network_back(Duration::from_secs(600), (9, 10), &[lost]);
        assert!(words.title.starts_with("The network is back after 10 minutes: 9 of 10"));
        assert!(words.title.contains("; A is broken since"), "{words:?}");
    }
}
