//! Points in time: milliseconds since 1970 in UTC, RFC 3339 in text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC with millisecond precision, never before 1970 nor after 9999.
///
/// Text form is RFC 3339 with a `Z`; binary form is the number of milliseconds since 1970, which
/// is also what store keys hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Why a value is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimestamp {
    #[error("`{0}` is not an RFC 3339 time, for example 2026-03-01T07:00:00Z")]
    Text(String),
    #[error("the time lies before 1970 or after 9999")]
    Range,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-30T22:00:00Z, the last instant that every zone can show.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// 2026-01-01T00:00:00Z: a clock that says less is not set, since this program is younger.
    pub const CLOCK_FLOOR: Self = Self(1_767_225_600_000);

    pub const fn from_millis(millis: u64) -> Result<Self, InvalidTimestamp> {
        if millis > Self::MAX.0 { Err(InvalidTimestamp::Range) } else { Ok(Self(millis)) }
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> u64 {
        self.0
    }

    pub fn from_jiff(time: jiff::Timestamp) -> Result<Self, InvalidTimestamp> {
        let millis = u64::try_from(time.as_millisecond()).map_err(|_| InvalidTimestamp::Range)?;
        Self::from_millis(millis)
    }

    pub fn to_jiff(self) -> jiff::Timestamp {
        let millis = i64::try_from(self.0).expect("MAX fits in an i64");
        jiff::Timestamp::from_millisecond(millis).expect("MAX is inside jiff's range")
    }

    /// Later by `by`, held at [`Timestamp::MAX`].
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }

    /// Earlier by `by`, held at [`Timestamp::EPOCH`].
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time: jiff::Timestamp =
            text.parse().map_err(|_| InvalidTimestamp::Text(text.into()))?;
        Self::from_jiff(time)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if d.is_human_readable() {
            String::deserialize(d)?.parse().map_err(D::Error::custom)
        } else {
            Self::from_millis(u64::deserialize(d)?).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_milliseconds_agree() {
        let time: Timestamp = "2026-03-01T08:00:00.25+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-03-01T07:00:00.25Z");
        assert_eq!(Timestamp::from_millis(time.millis()), Ok(time));
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-03-01T07:00:00.25Z\"");
        assert_eq!("1969-12-31T23:59:59Z".parse::<Timestamp>(), Err(InvalidTimestamp::Range));
        assert_eq!(Timestamp::MAX.after(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::EPOCH.before(Duration::MAX), Timestamp::EPOCH);
        Timestamp::MAX.to_string();
    }
}
