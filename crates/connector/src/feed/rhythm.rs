//! How often a feed says that it is worth asking: RSS 2.0 `ttl`, `skipHours`, `skipDays`, and the
//! syndication module of RSS 1.0. Nonsense is left out, one by one.

use model::{Hints, Timestamp};

use super::date;
use super::names::Rhythm;

/// Longer ones are nonsense: a feed that is worth asking once in ten years.
const LONGEST_S: u64 = 3_660 * 86_400;
/// Markup of one of these elements that is looked at: all hours of a day with white space.
const MARKUP_BYTES: usize = 4 << 10;
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What was read of it so far.
#[derive(Debug, Default)]
pub(crate) struct RhythmDraft {
    ttl_s: Option<u32>,
    skip_hours: u32,
    skip_days: u8,
    period_s: Option<u64>,
    frequency: Option<u64>,
    base: Option<Timestamp>,
}

impl RhythmDraft {
    /// Takes over the content of one element.
    pub(crate) fn set(&mut self, what: Rhythm, raw: &str) {
        let raw = &raw[..raw.floor_char_boundary(MARKUP_BYTES)];
        let text = plain(raw);
        match what {
            Rhythm::Ttl => {
                self.ttl_s = text.parse().ok().and_then(|minutes: u64| seconds(minutes, 60));
            }
            Rhythm::SkipHours => {
                for hour in values(raw).filter_map(|hour| hour.parse::<u32>().ok()) {
                    // Some count from 1 to 24; RSS 0.91 did. 24 is midnight there and nonsense here.
                    if hour < 24 {
                        self.skip_hours |= 1 << hour;
                    }
                }
            }
            Rhythm::SkipDays => {
                for day in values(raw) {
                    let day = day.to_ascii_lowercase();
                    if let Some(number) = DAYS.iter().position(|name| *name == day) {
                        self.skip_days |= 1 << number;
                    }
                }
            }
            Rhythm::UpdatePeriod => {
                self.period_s = match text.to_ascii_lowercase().as_str() {
                    "hourly" => Some(3_600),
                    "daily" => Some(86_400),
                    "weekly" => Some(7 * 86_400),
                    "monthly" => Some(30 * 86_400),
                    "yearly" => Some(365 * 86_400),
                    _ => None,
                }
            }
            Rhythm::UpdateFrequency => {
                self.frequency = text.parse().ok().filter(|frequency| *frequency > 0);
            }
            Rhythm::UpdateBase => self.base = date::parse(&text),
        }
    }

    /// The hints; a frequency without a period counts from the module's default, a day.
    pub(crate) fn finish(self) -> Hints {
        let period = self.period_s.or(self.frequency.map(|_| 86_400));
        let period = period.map(|period| period / self.frequency.unwrap_or(1));
        Hints {
            max_age_s: None,
            ttl_s: self.ttl_s,
            period_s: period.and_then(|period| seconds(period, 1)),
            base: self.base,
            skip_hours: self.skip_hours,
            skip_days: self.skip_days,
        }
    }
}

fn seconds(count: u64, unit: u64) -> Option<u32> {
    let seconds = count.checked_mul(unit)?.min(LONGEST_S);
    u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// The text of an element without markup around it.
fn plain(raw: &str) -> String {
    let inner = raw.trim();
    let inner = inner.strip_prefix("<![CDATA[").unwrap_or(inner);
    inner.strip_suffix("]]>").unwrap_or(inner).trim().to_owned()
}

/// The texts between the tags of a list such as `<hour>1</hour><hour>2</hour>`.
fn values(raw: &str) -> impl Iterator<Item = &str> {
    raw.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim())
}

#[cfg(test)]
mod tests {
    use crate::{Document, FeedRules};

    fn hints(channel: &str) -> model::Hints {
        let text = format!(
            "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel>\
             <title>T</title>{channel}<item><title>a</title><ttl>7</ttl></item></channel></rss>"
        );
        let document = Document { bytes: text.as_bytes(), content_type: None, base_url: None };
        crate::feed::parse_feed(&FeedRules::default(), &document).unwrap().hints
    }

    #[test]
    fn a_feed_says_how_often_to_ask() {
        assert_eq!(hints("<ttl> 120 </ttl>").ttl_s, Some(7_200));
        for nonsense in ["<ttl>0</ttl>", "<ttl>-5</ttl>", "<ttl>soon</ttl>", "<ttl/>", ""] {
            assert_eq!(hints(nonsense), model::Hints::default(), "{nonsense}");
        }
        let skip = "<skipHours><hour>0</hour> <hour>23</hour><hour>24</hour><hour>x</hour></skipHours>\
                    <skipDays><day>Saturday</day><day>sunday</day><day>Funday</day></skipDays>";
        assert_eq!((hints(skip).skip_hours, hints(skip).skip_days), (1 | 1 << 23, 0b110_0000));
    }

    #[test]
    fn the_syndication_module_divides_a_period() {
        for (channel, seconds) in [
            ("<sy:updatePeriod>daily</sy:updatePeriod>", Some(86_400)),
            (
                "<sy:updatePeriod>\nhourly\t</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
                Some(900),
            ),
            ("<sy:updateFrequency>2</sy:updateFrequency>", Some(43_200)),
            (
                "<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
                Some(604_800),
            ),
            ("<sy:updatePeriod>often</sy:updatePeriod>", None),
        ] {
            assert_eq!(hints(channel).period_s, seconds, "{channel}");
        }
        let base = "<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>";
        assert_eq!(hints(base).base, Some("2000-01-01T12:00:00Z".parse().unwrap()));
    }
}
