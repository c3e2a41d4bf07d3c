//! Points in time on the command line.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Timestamp;

use crate::exit::Failure;

/// `2026-03-01T07:00:00Z`, a local day `2026-03-01`, or how long ago: `90m`, `24h`, `7d`, `2w`.
pub(crate) fn since(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Some(ago) = ago(text) {
        return Ok(now.before(ago));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let day: Option<Timestamp> = text
        .parse::<Date>()
        .ok()
        .and_then(|day| day.to_zoned(zone.clone()).ok())
        .and_then(|start| Timestamp::from_jiff(start.timestamp()).ok());
    day.ok_or_else(|| {
        Failure::usage(crate::because!(
            "`{text}` is not a time: 2026-03-01, 2026-03-01T07:00:00Z, 24h and 7d are"
        ))
    })
}

fn ago(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_local_and_spans_count_back() {
        let zone = TimeZone::get("Europe/Belgrade").unwrap();
        let now: Timestamp = "2026-03-30T12:00:00Z".parse().unwrap();
        let of = |text| since(text, &zone, now).map(|t| t.to_string()).map_err(|e| e.to_string());
        assert_eq!(of("2026-03-30").unwrap(), "2026-03-29T22:00:00Z");
        assert_eq!(of("24h").unwrap(), "2026-03-29T12:00:00Z");
        assert_eq!(of("2026-03-01T07:00:00+01:00").unwrap(), "2026-03-01T06:00:00Z");
        assert!(of("yesterday").unwrap_err().contains("is not a time"));
        assert!(of("99999999999999999999d").is_err());
    }
}
