//! Which stretch of time a digest covers, and when it is due. Pure.

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::Timestamp;

use crate::{DigestSettings, Weekday};

/// From `start` on and before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// The farthest that two days of one weekday lie apart, and a day on either side for the zone.
const SCAN_DAYS: i64 = 9;

/// The latest period that has ended by `now`; `None` for a digest without days.
///
/// It begins where the one before it ended, so Monday's covers the week-end when Saturday and
/// Sunday are left out.
pub fn period_ending(settings: &DigestSettings, tz: &TimeZone, now: Timestamp) -> Option<Period> {
    let today = local_date(tz, now);
    // One day ahead, for a zone whose day has begun where UTC's has not.
    let (last, end) = (-1..SCAN_DAYS).find_map(|back| {
        let date = days_from(today, -back)?;
        due_on(settings, tz, date).filter(|end| *end <= now).map(|end| (date, end))
    })?;
    let start = (1..SCAN_DAYS).find_map(|back| due_on(settings, tz, days_from(last, -back)?))?;
    Some(Period { start, end })
}

/// The first time after `now` at which the digest is due.
pub fn next_due(settings: &DigestSettings, tz: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = local_date(tz, now);
    (-1..SCAN_DAYS)
        .find_map(|ahead| due_on(settings, tz, days_from(today, ahead)?).filter(|due| *due > now))
}

/// The calendar day `date` as it was in the zone: 23, 24 or 25 hours.
pub fn day(date: Date, tz: &TimeZone) -> Period {
    let midnight = |date: Date| instant(date.at(0, 0, 0, 0), tz);
    let next = days_from(date, 1).unwrap_or(date);
    Period { start: midnight(date), end: midnight(next) }
}

fn due_on(settings: &DigestSettings, tz: &TimeZone, date: Date) -> Option<Timestamp> {
    let on = settings.days.iter().any(|day| weekday(*day) == date.weekday());
    on.then(|| instant(date.to_datetime(settings.at), tz))
}

/// The instant of a local time: the first of two where the clock is set back, the first instant
/// after the gap where it is set forward.
fn instant(local: jiff::civil::DateTime, tz: &TimeZone) -> Timestamp {
    let ambiguous = tz.to_ambiguous_timestamp(local);
    let found = match ambiguous.offset() {
        // The later offset places the missing time before the gap, and the gap follows it.
        AmbiguousOffset::Gap { after, .. } => after
            .to_timestamp(local)
            .ok()
            .and_then(|before| tz.following(before).next())
            .map(|transition| transition.timestamp()),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    };
    // Dates before 1970 and after 9999 are nobody's period.
    found.and_then(|time| Timestamp::from_jiff(time).ok()).unwrap_or(Timestamp::EPOCH)
}

pub(super) fn local_date(tz: &TimeZone, time: Timestamp) -> Date {
    tz.to_datetime(time.to_jiff()).date()
}

fn days_from(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(days)).ok()
}

fn weekday(day: Weekday) -> jiff::civil::Weekday {
    use jiff::civil::Weekday as Day;
    match day {
        Weekday::Mon => Day::Monday,
        Weekday::Tue => Day::Tuesday,
        Weekday::Wed => Day::Wednesday,
        Weekday::Thu => Day::Thursday,
        Weekday::Fri => Day::Friday,
        Weekday::Sat => Day::Saturday,
        Weekday::Sun => Day::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Criteria, DigestFormat};
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

    const WORKDAYS: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri];
    const ALL: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri, Sat, Sun];

    fn digest(at: &str, days: &[Weekday]) -> DigestSettings {
        DigestSettings {
            id: "morning".parse().unwrap(),
            label: "Morning".into(),
            at: at.parse().unwrap(),
            days: days.to_vec(),
            when: Criteria::default(),
            unless: Criteria::default(),
            to: vec![],
            formats: vec![DigestFormat::Markdown],
        }
    }

    fn belgrade() -> TimeZone {
        TimeZone::get("Europe/Belgrade").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn check(at_local: &str, days: &[Weekday], now: &str, start: &str, end: &str) {
        let found = period_ending(&digest(at_local, days), &belgrade(), at(now));
        assert_eq!(found, Some(Period { start: at(start), end: at(end) }), "{now}");
    }

    #[test]
    fn monday_covers_the_week_end() {
        let (friday, monday) = ("2026-03-06T06:00:00Z", "2026-03-09T06:00:00Z");
        check("07:00", WORKDAYS, "2026-03-09T06:00:00Z", friday, monday);
        check("07:00", WORKDAYS, "2026-03-09T05:59:59Z", "2026-03-05T06:00:00Z", friday);
        check("07:00", WORKDAYS, "2026-03-10T05:00:00Z", friday, monday);
        check("07:00", &[Mon], "2026-03-15T23:00:00Z", "2026-03-02T06:00:00Z", monday);
        assert_eq!(period_ending(&digest("07:00", &[]), &belgrade(), at(monday)), None);
        assert_eq!(next_due(&digest("07:00", &[]), &belgrade(), at(monday)), None);
    }

    #[test]
    fn the_days_on_which_the_clock_is_set_have_23_and_25_hours() {
        let (spring, autumn) = ("2026-03-29T12:00:00Z", "2026-10-25T12:00:00Z");
        check("07:00", ALL, spring, "2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z");
        check("07:00", ALL, autumn, "2026-10-24T05:00:00Z", "2026-10-25T06:00:00Z");
        let hours = |date: &str| {
            let Period { start, end } = day(date.parse().unwrap(), &belgrade());
            end.since(start).as_secs() / 3600
        };
        assert_eq!([hours("2026-03-29"), hours("2026-10-25"), hours("2026-10-26")], [23, 25, 24]);
    }

    #[test]
    fn a_time_that_does_not_exist_runs_after_the_gap_and_one_that_exists_twice_runs_once() {
        // 02:30 is skipped: 03:00 summer time is the first instant after it.
        check("02:30", ALL, "2026-03-29T01:00:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z");
        // 02:30 comes at 00:30Z and again at 01:30Z.
        let digest = digest("02:30", ALL);
        let first = at("2026-10-25T00:30:00Z");
        assert_eq!(next_due(&digest, &belgrade(), at("2026-10-25T00:00:00Z")), Some(first));
        let second = at("2026-10-26T01:30:00Z");
        assert_eq!(next_due(&digest, &belgrade(), first), Some(second));
        check("02:30", ALL, "2026-10-25T23:00:00Z", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z");
    }

    #[test]
    fn periods_join_without_gap_or_overlap_all_year_in_every_zone() {
        for zone in
            ["Europe/Belgrade", "UTC", "Pacific/Auckland", "America/St_Johns", "Africa/Cairo"]
        {
            let tz = TimeZone::get(zone).unwrap();
            for (time, days) in [("07:00", WORKDAYS), ("02:30", ALL), ("00:00", ALL)] {
                let digest = digest(time, days);
                let mut now = at("2026-01-01T00:00:00Z");
                let mut before = period_ending(&digest, &tz, now).unwrap();
                for _ in 0..200 {
                    now = next_due(&digest, &tz, now).unwrap();
                    let period = period_ending(&digest, &tz, now).unwrap();
                    assert_eq!((period.start, period.end), (before.end, now), "{zone} {time}");
                    before = period;
                }
            }
        }
    }
}
