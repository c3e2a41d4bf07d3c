//! The life of a procedure: planning, notice, corrigendum, award, modification, termination are
//! states of one item. Pure: stored notices and a new one in, what it means out.

use std::collections::HashSet;

use model::{Notice, Stage};

use super::changes::{Change, changes, squeezed};

/// Most names of one notice.
const NAMES: usize = 256;

/// What a notice tells those who get alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The procedure was not known before.
    Procedure,
    /// Winners, or sums, that were not known before.
    Award,
    /// A signed contract was changed.
    Modification,
    /// The procedure or a contract ended early.
    Termination,
}

/// What a notice means for its procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Something that nobody was told yet; `None` for corrigenda of deadlines and repetitions.
    pub news: Option<News>,
    /// Whether it is the newest state: older notices that arrive late are kept, and are no state.
    pub newest: bool,
    /// What it says differently from the newest state so far.
    pub changes: Vec<Change>,
}

/// The names under which later notices find this one's procedure, for the store to keep: the
/// procedure, the notice, and its other numbers.
pub fn claims(notice: &Notice) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(procedure) = &notice.procedure_id {
        push(&mut names, format!("procedure:{}", plain(procedure)));
    }
    if !notice.local_id {
        push(&mut names, format!("notice:{}", plain(&notice.notice_id)));
    }
    for alias in &notice.aliases {
        push(&mut names, format!("notice:{}", plain(alias)));
    }
    names
}

/// The names under which this notice's procedure may be known already, the surest first: the
/// procedure, the notice itself, then the notices that it corrects or continues. Before eForms a
/// procedure had no number of its own, and is found through the earlier notice.
pub fn lookups(notice: &Notice) -> Vec<String> {
    let mut names = claims(notice);
    if let Some(procedure) = &notice.procedure_id {
        push(&mut names, format!("notice:{}", plain(procedure)));
    }
    for earlier in &notice.previous {
        push(&mut names, format!("notice:{}", plain(earlier)));
        push(&mut names, format!("procedure:{}", plain(earlier)));
    }
    names
}

fn push(names: &mut Vec<String>, name: String) {
    // Aliases and earlier notices are a handful each.
    if names.len() < NAMES && !names.contains(&name) {
        names.push(name);
    }
}

/// One spelling for each number: `00012345-2026` and `12345-2026`, `2026/S 37-12345`, and a UUID
/// with and without its version.
fn plain(id: &str) -> String {
    let id = id.trim().to_lowercase();
    if let Some((year, rest)) = id.split_once("/s ")
        && let Some((_, number)) = rest.split_once('-')
    {
        return format!("{}-{year}", number.trim_start_matches('0'));
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match id.rsplit_once('-') {
        // A UUID has 36 characters; its version follows.
        Some((uuid, version)) if uuid.len() == 36 && digits(version) => uuid.to_owned(),
        Some((number, year)) if digits(number) && digits(year) && year.len() == 4 => {
            format!("{}-{year}", number.trim_start_matches('0'))
        }
        _ => id,
    }
}

/// What `now` means for a procedure of which `history` is known, oldest first; empty for a new one.
pub fn verdict(history: &[Notice], now: &Notice) -> Verdict {
    let Some(last) = history.last() else {
        let news = match now.stage {
            Stage::Award => News::Award,
            Stage::Modification => News::Modification,
            Stage::Termination => News::Termination,
            Stage::Planning | Stage::Notice | Stage::Corrigendum => News::Procedure,
        };
        return Verdict { news: Some(news), newest: true, changes: Vec::new() };
    };
    Verdict { news: news(history, now), newest: !is_older(now, last), changes: changes(last, now) }
}

fn news(history: &[Notice], now: &Notice) -> Option<News> {
    let same = history.iter().filter(|known| known.key() == now.key());
    if same.clone().any(|known| known == now) {
        return None;
    }
    let stage_known = same.clone().any(|known| known.stage == now.stage);
    // Winners and sums that no notice of this procedure had: awards, and corrigenda of awards. An
    // implementation report or a re-published award repeats both.
    let winners: HashSet<String> =
        history.iter().flat_map(|known| &known.suppliers).map(|name| squeezed(name)).collect();
    let new_winner = now.suppliers.iter().any(|name| !winners.contains(&squeezed(name)));
    let awarded = |notice: &Notice| {
        notice
            .value
            .filter(|_| notice.value_kind == Some(model::ValueKind::Awarded))
            .map(f64::to_bits)
    };
    let new_sum =
        awarded(now).is_some_and(|sum| !history.iter().any(|known| awarded(known) == Some(sum)));
    let first_award = !history.iter().any(|known| known.stage == Stage::Award);
    match now.stage {
        Stage::Award if first_award || new_winner || new_sum => Some(News::Award),
        Stage::Modification if !stage_known || new_winner || new_sum => Some(News::Modification),
        Stage::Termination if !stage_known => Some(News::Termination),
        Stage::Corrigendum | Stage::Notice | Stage::Planning if new_winner => Some(News::Award),
        _ => None,
    }
}

/// By date, then by the order of a life.
fn is_older(now: &Notice, last: &Notice) -> bool {
    let at = |notice: &Notice| notice.published.or(notice.dispatched);
    match (at(now), at(last)) {
        (Some(now_at), Some(last_at)) if now_at != last_at => now_at < last_at,
        _ if now.key() == last.key() => false,
        _ => now.stage < last.stage,
    }
}

#[cfg(test)]
mod tests {
    use model::ValueKind;

    use super::*;

    fn notice(id: &str, stage: Stage, day: &str) -> Notice {
        let mut notice = Notice::new(id, stage);
        notice.procedure_id = Some("p".into());
        notice.title = Some("Cameras".into());
        notice.buyer = Some("Town".into());
        notice.published = Some(format!("{day}T00:00:00Z").parse().unwrap());
        notice
    }

    fn award(id: &str, day: &str, suppliers: &[&str], value: f64) -> Notice {
        let mut notice = notice(id, Stage::Award, day);
        notice.suppliers = suppliers.iter().map(|name| (*name).to_owned()).collect();
        (notice.value, notice.currency) = (Some(value), Some("EUR".into()));
        notice.value_kind = Some(ValueKind::Awarded);
        notice
    }

    #[test]
    fn awards_and_modifications_alert_again_and_a_moved_deadline_does_not() {
        let mut history = vec![notice("1", Stage::Notice, "2026-01-01")];
        assert_eq!(verdict(&[], &history[0]).news, Some(News::Procedure));

        let mut later = notice("2", Stage::Corrigendum, "2026-01-10");
        later.deadline = Some("2026-02-01T00:00:00Z".parse().unwrap());
        let told = verdict(&history, &later);
        assert_eq!((told.news, told.newest), (None, true));
        let deadline = Change::Deadline { from: None, to: later.deadline };
        let stage = Change::Stage { from: Stage::Notice, to: Stage::Corrigendum };
        assert_eq!(told.changes, [stage, deadline]);
        history.push(later);

        let won = award("3", "2026-03-01", &["Integrator", "Maker"], 10.0);
        assert_eq!(verdict(&history, &won).news, Some(News::Award));
        history.push(won.clone());
        assert_eq!(verdict(&history, &won).news, None, "the same again");
        let repeated = award("4", "2026-03-05", &["INTEGRATOR", "Maker "], 10.0);
        assert_eq!(verdict(&history, &repeated).news, None, "published twice");
        let second = award("5", "2026-03-06", &["Another"], 4.0);
        assert_eq!(verdict(&history, &second).news, Some(News::Award), "another lot");

        let mut changed = award("6", "2026-06-01", &["Integrator"], 15.0);
        changed.stage = Stage::Modification;
        let told = verdict(&history, &changed);
        assert_eq!(told.news, Some(News::Modification));
        assert!(told.changes.contains(&Change::SuppliersRemoved(vec!["Maker".into()])));
        assert!(told.changes.contains(&Change::Value {
            from: Some(10.0),
            to: Some(15.0),
            currency: Some("EUR".into())
        }));
        history.push(changed.clone());
        changed.notice_id = "7".into();
        changed.published = Some("2026-07-01T00:00:00Z".parse().unwrap());
        assert_eq!(verdict(&history, &changed).news, Some(News::Modification), "another one");

        let end = notice("8", Stage::Termination, "2026-08-01");
        assert_eq!(verdict(&history, &end).news, Some(News::Termination));
        history.push(end.clone());
        let mut edited = end;
        edited.title = Some("Cameras, ended".into());
        assert_eq!(verdict(&history, &edited).news, None);
    }

    #[test]
    fn a_corrigendum_that_names_another_winner_is_news() {
        let history = [award("1", "2026-03-01", &["Integrator"], 10.0)];
        let mut other = award("2", "2026-03-09", &["Rival"], 10.0);
        other.stage = Stage::Corrigendum;
        assert_eq!(verdict(&history, &other).news, Some(News::Award));
        let mut typo = award("3", "2026-03-09", &["Integrator"], 10.0);
        typo.stage = Stage::Corrigendum;
        assert_eq!(verdict(&history, &typo).news, None);
    }

    #[test]
    fn a_late_older_notice_is_no_state() {
        let history = [award("2", "2026-03-01", &["Integrator"], 10.0)];
        let late = notice("1", Stage::Notice, "2026-01-01");
        let told = verdict(&history, &late);
        assert_eq!((told.news, told.newest), (None, false));
        // Without dates, the stage decides.
        let mut undated = notice("0", Stage::Planning, "2026-01-01");
        undated.published = None;
        assert!(!verdict(&history, &undated).newest);
    }

    #[test]
    fn notices_find_their_procedure_under_every_number() {
        let meets = |later: &Notice, earlier: &Notice| {
            let kept = claims(earlier);
            lookups(later).iter().any(|name| kept.contains(name))
        };
        // eForms: the procedure's number.
        let uuid = "11111111-aaaa-4bbb-8ccc-000000000001";
        let mut first = notice(uuid, Stage::Notice, "2026-01-01");
        first.aliases = vec![format!("{uuid}-01"), "12345-2026".into()];
        assert!(meets(&notice("x", Stage::Award, "2026-02-01"), &first));
        // A change that names the version, or the number in the Official Journal.
        for earlier in [format!("{uuid}-01"), "00012345-2026".into(), "2026/S 37-012345".into()] {
            let mut change = notice("y", Stage::Corrigendum, "2026-02-01");
            (change.procedure_id, change.previous) = (None, vec![earlier.clone()]);
            assert!(meets(&change, &first), "{earlier}");
        }
        // Before eForms: planning <- notice <- award, each naming the one before.
        let mut planning = notice("000100-2016", Stage::Planning, "2016-01-01");
        planning.procedure_id = Some("000100-2016".into());
        let mut call = notice("000200-2016", Stage::Notice, "2016-02-01");
        (call.procedure_id, call.previous) =
            (Some("000100-2016".into()), vec!["000100-2016".into()]);
        let mut won = notice("000300-2016", Stage::Award, "2016-03-01");
        (won.procedure_id, won.previous) = (Some("000200-2016".into()), vec!["000200-2016".into()]);
        assert!(meets(&call, &planning) && meets(&won, &call));
        // OCDS: `01` is the name of a release in every procedure.
        let mut release = notice("01", Stage::Notice, "2026-01-01");
        release.local_id = true;
        let mut other = notice("01", Stage::Notice, "2026-01-01");
        (other.local_id, other.procedure_id) = (true, Some("q".into()));
        assert!(!meets(&release, &other));
    }
}
