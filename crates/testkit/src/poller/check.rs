//! What must be seen: every check of the format, over the log, the snapshots and the store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use model::Health;
use regex::Regex;
use serde_json::Value;

use super::format::{Check, Scenario};
use super::origin::Request;
use super::value;
use super::world::{HOST, Seen, Snapshot, address};

/// Times are compared with this patience: the clock of the runtime counts milliseconds.
const TICK: f64 = 0.005;
/// How much later than its interval the feed of another host may be asked: its jitter is a tenth.
const LATE: f64 = 1.15;

/// What does not hold, in words.
pub(crate) fn failures(scenario: &Scenario, seen: &Seen) -> Vec<String> {
    let judged = scenario.expect.iter().filter_map(|check| {
        let result = Judge { check, seen }.judge();
        result.err().map(|reason| format!("{}: {reason}", check.check))
    });
    judged.collect()
}

type Judged = Result<(), String>;

struct Judge<'a> {
    check: &'a Check,
    seen: &'a Seen,
}

impl<'a> Judge<'a> {
    fn judge(&self) -> Judged {
        match self.check.check.as_str() {
            "request_header" => self.header(|value| {
                let wanted = self.text("equals")?;
                is(value == Some(wanted), || format!("{value:?} instead of {wanted:?}"))
            }),
            "request_header_matches" => self.header(|value| self.matches(value)),
            "request_header_absent" => self.absent(),
            "user_agent_matches" => {
                let requests = self.requests()?;
                requests.iter().try_for_each(|request| self.matches(request.header("user-agent")))
            }
            "same_path_and_query" => self.same_address(),
            "gap_before_request" => self.gap(),
            "gaps_grow" => self.gaps_grow(),
            "no_further_requests_after" => self.no_further(),
            "requests_at_most" => self.at_most(&self.seen.feed),
            "no_request_to_host_for_s" => self.silence(),
            "no_request_in_utc_hours" => self.outside_hours(),
            "no_request_on_utc_days" => self.outside_days(),
            "max_parallel_per_host" => self.parallel(),
            "start_spread_s" => self.spread(),
            "stored_items_after_request" => {
                let wanted = self.number("count")?;
                let items = self.after("request")?.items;
                is(items == wanted, || format!("{items} items instead of {wanted}"))
            }
            "items_not_duplicated" => self.not_duplicated(),
            "alerts_after_request" => self.alerts(),
            "stored_url" => self.stored_url(&[self.text("equals")?]),
            "stored_url_one_of" => self.stored_url(&self.texts("one_of")?),
            "source_state" => self.state(),
            "connection_closed_within_s" => self.closed(),
            "bytes_read_at_most" => {
                let most = self.float("bytes")?;
                let read = self.seen.log.iter().map(|request| request.sent).max().unwrap_or(0);
                #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
                is(read as f64 <= most, || format!("{read} bytes were read"))
            }
            "other_feeds_unaffected" => self.others(),
            "no_crash" => is(!self.seen.panicked, || "a run panicked".into()),
            "page_request_made" => {
                let pages = self.pages("/page/");
                is(!pages.is_empty(), || "no page was asked for".into())
            }
            "no_page_request" => {
                let pages = self.pages("/").len();
                is(pages == 0, || format!("{pages} pages were asked for"))
            }
            "robots_rules_applied" => self.rules_applied(),
            "robots_fetches_at_most" => self.at_most(&format!("{HOST}/robots.txt")),
            "page_gap_at_least_s" => self.page_gap(),
            // Our own, beyond the format.
            "messages" => self.messages(),
            "answered_within_s" => self.answered(),
            unknown => Err(format!("the check `{unknown}` is not known")),
        }
    }

    /// How many messages about sources there were between two times, and what they say.
    fn messages(&self) -> Judged {
        let from = self.float("from_s").unwrap_or(0.0);
        let to = self.float("to_s").unwrap_or(f64::MAX);
        let within = |at: &Duration| (from..to).contains(&at.as_secs_f64());
        let told: Vec<_> = self.seen.messages.iter().filter(|(at, _)| within(at)).collect();
        let said = || format!("{} messages: {told:#?}", told.len());
        if let Ok(count) = self.number("count") {
            is(told.len() == count, said)?;
        }
        if let Ok(most) = self.number("at_most") {
            is(told.len() <= most, said)?;
        }
        if self.check.arguments.contains_key("regex") {
            told.iter().try_for_each(|(_, text)| self.matches(Some(text)))?;
        }
        Ok(())
    }

    /// Every feed was asked between two times, and answered.
    fn answered(&self) -> Judged {
        let from = self.float("from_s")?;
        let to = from + self.float("seconds")?;
        self.seen.feeds.iter().try_for_each(|feed| {
            let asked = self.to(feed);
            let found = asked.iter().any(|request| {
                (from..to).contains(&request.at.as_secs_f64()) && request.status < 400
            });
            is(found, || format!("{feed} was not"))
        })
    }

    // ---- arguments

    fn argument(&self, name: &str) -> Result<&'a Value, String> {
        self.check.arguments.get(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    fn text(&self, name: &str) -> Result<&'a str, String> {
        self.argument(name)?.as_str().ok_or_else(|| format!("`{name}` is no text"))
    }

    fn texts(&self, name: &str) -> Result<Vec<&'a str>, String> {
        let list = self.argument(name)?.as_array().ok_or_else(|| format!("`{name}` is no list"))?;
        list.iter().map(|text| text.as_str().ok_or_else(|| "no text".to_owned())).collect()
    }

    fn float(&self, name: &str) -> Result<f64, String> {
        value::float(self.argument(name)?).ok_or_else(|| format!("`{name}` is no number"))
    }

    fn number(&self, name: &str) -> Result<usize, String> {
        let number = value::number(self.argument(name)?).and_then(|n| usize::try_from(n).ok());
        number.ok_or_else(|| format!("`{name}` is no count"))
    }

    // ---- requests

    fn to(&self, wanted: &str) -> Vec<&'a Request> {
        self.seen.log.iter().filter(|request| request.address() == wanted).collect()
    }

    /// Requests of one host, whatever their address.
    fn to_host(&self, host: &str) -> Vec<&'a Request> {
        let host = host.trim_start_matches("http://").trim_end_matches('/');
        self.seen.log.iter().filter(|request| request.host == host).collect()
    }

    /// The request that the check names on the feed's address.
    fn nth(&self, number: usize) -> Result<&'a Request, String> {
        let all = self.to(&self.seen.feed);
        let found = number.checked_sub(1).and_then(|at| all.get(at)).copied();
        found.ok_or_else(|| format!("request {number} was never made, {} were", all.len()))
    }

    /// The requests that the check is about: the one named, or all of a host, or all of the feed.
    fn requests(&self) -> Result<Vec<&'a Request>, String> {
        let arguments = &self.check.arguments;
        let host = arguments.get("host").and_then(Value::as_str);
        let found = match (host, arguments.contains_key("request")) {
            (Some(host), true) => {
                let number = self.number("request")?;
                let all = self.to_host(host);
                let one = number.checked_sub(1).and_then(|at| all.get(at)).copied();
                vec![one.ok_or_else(|| format!("{host} was not asked {number} times"))?]
            }
            (Some(host), false) => self.to_host(host),
            (None, true) => vec![self.nth(self.number("request")?)?],
            (None, false) => self.to(&self.seen.feed),
        };
        is(!found.is_empty(), || "no such request was made".into())?;
        Ok(found)
    }

    fn header(&self, holds: impl Fn(Option<&str>) -> Judged) -> Judged {
        let name = self.text("header")?;
        self.requests()?.iter().try_for_each(|request| holds(request.header(name)))
    }

    /// Of a host that was never asked, every request lacks the header.
    fn absent(&self) -> Judged {
        let name = self.text("header")?;
        let host = self.check.arguments.get("host").and_then(Value::as_str);
        let all = match host.filter(|_| !self.check.arguments.contains_key("request")) {
            Some(host) => self.to_host(host),
            None => self.requests()?,
        };
        let sent = all.iter().find_map(|request| request.header(name));
        sent.map_or(Ok(()), |value| Err(format!("{value:?} was sent")))
    }

    fn matches(&self, value: Option<&str>) -> Judged {
        let pattern = self.text("regex")?;
        let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
        let value = value.unwrap_or_default();
        is(regex.is_match(value), || format!("{value:?} does not match {pattern}"))
    }

    fn same_address(&self) -> Judged {
        // Counted by the path alone: an added query would make another address of it.
        let number = self.number("request")?;
        let path = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
        let wanted = path(&self.seen.feed);
        let mut all = self.seen.log.iter().filter(|request| path(&request.address()) == wanted);
        let asked = number.checked_sub(1).and_then(|at| all.nth(at));
        let asked = asked.ok_or_else(|| format!("request {number} was never made"))?;
        is(asked.address() == self.seen.feed, || format!("{} was asked", asked.address()))
    }

    // ---- time

    fn gap_before(&self, number: usize) -> Result<f64, String> {
        let (before, this) = (self.nth(number.saturating_sub(1))?, self.nth(number)?);
        Ok((this.at - before.at).as_secs_f64())
    }

    fn gap(&self) -> Judged {
        let gap = self.gap_before(self.number("request")?)?;
        let bound = |name: &str| self.check.arguments.get(name).and_then(value::float);
        if let Some(least) = bound("at_least_s") {
            is(gap + TICK >= least, || format!("{gap:.3}s, at least {least}s were wanted"))?;
        }
        if let Some(most) = bound("at_most_s") {
            is(gap - TICK <= most, || format!("{gap:.3}s, at most {most}s were wanted"))?;
        }
        Ok(())
    }

    fn gaps_grow(&self) -> Judged {
        let list = self.check.requests();
        let gaps: Result<Vec<f64>, String> = list.iter().map(|n| self.gap_before(*n)).collect();
        let gaps = gaps?;
        is(gaps.len() > 1 && gaps.windows(2).all(|two| two[0] < two[1]), || format!("{gaps:.1?}"))
    }

    fn no_further(&self) -> Judged {
        let number = self.number("request")?;
        let last = self.nth(number)?.at;
        let further = self.to(&self.seen.feed).into_iter().skip(number);
        let soon = further.filter(|request| request.at < last + Duration::from_secs(2 * 86_400));
        let soon = soon.count();
        is(soon == 0, || format!("{soon} further requests were made"))
    }

    fn at_most(&self, address: &str) -> Judged {
        let count = self.number("count")?;
        let within = self.check.arguments.get("within_s").and_then(value::float);
        let within = within.unwrap_or(self.seen.run.as_secs_f64());
        // A loop leads over several addresses of the host, so all of them count.
        let requests = if address == self.seen.feed && !self.seen.robots {
            let host = address.split('/').next().unwrap_or_default();
            self.to_host(host)
        } else {
            self.to(address)
        };
        let times: Vec<f64> = requests.iter().map(|request| request.at.as_secs_f64()).collect();
        let first = times.first().copied().unwrap_or(0.0);
        // A day after the first is the next day.
        let made = times.iter().filter(|at| **at - first + TICK < within).count();
        is(made <= count, || format!("{made} requests within {within}s"))
    }

    fn silence(&self) -> Judged {
        let after = self.nth(self.number("after_request")?)?;
        let seconds = self.float("seconds")?;
        let host = self.check.arguments.get("host").and_then(Value::as_str);
        let host = host.unwrap_or(&after.host);
        let said = after.ended.unwrap_or(after.at);
        let early = self.to_host(host).into_iter().find(|request| {
            request.at > after.at && (request.at - said).as_secs_f64() + TICK < seconds
        });
        match early {
            None => Ok(()),
            Some(early) => {
                let gap = early.at.saturating_sub(said).as_secs_f64();
                Err(format!("{} was asked after {gap:.1}s", early.address()))
            }
        }
    }

    /// The requests of the feeds that could know the feed's rules: all but each one's first.
    fn informed(&self) -> Vec<(jiff::Zoned, &'a Request)> {
        let mut first = BTreeSet::new();
        let known = self.seen.log.iter().filter(|request| {
            let address = request.address();
            self.seen.feeds.contains(&address) && !first.insert(address)
        });
        known
            .map(|request| {
                let at = self.seen.start.after(request.at);
                (at.to_jiff().to_zoned(TimeZone::UTC), request)
            })
            .collect()
    }

    fn outside_hours(&self) -> Judged {
        let list = self.argument("hours")?.as_array().ok_or("`hours` is no list")?;
        let hours: Vec<u64> = list.iter().filter_map(value::number).collect();
        let informed = self.informed();
        is(!informed.is_empty(), || "there was no second request".into())?;
        let hit = informed
            .iter()
            .find(|(at, _)| u64::try_from(at.hour()).is_ok_and(|hour| hours.contains(&hour)));
        hit.map_or(Ok(()), |(at, _)| Err(format!("asked at {at}")))
    }

    fn outside_days(&self) -> Judged {
        let days = self.texts("days")?;
        let name = |at: &jiff::Zoned| at.strftime("%A").to_string();
        let informed = self.informed();
        let hit = informed.iter().find(|(at, _)| {
            days.iter().any(|day| {
                let prefix = day.get(..3).unwrap_or(day);
                name(at)[..3].eq_ignore_ascii_case(prefix)
            })
        });
        hit.map_or(Ok(()), |(at, _)| Err(format!("asked at {at}")))
    }

    fn parallel(&self) -> Judged {
        let most = self.number("count")?;
        let mut by_host: BTreeMap<&str, Vec<(Duration, i32)>> = BTreeMap::new();
        for request in &self.seen.log {
            let edges = by_host.entry(&request.host).or_default();
            edges.push((request.at, 1));
            // An answer that takes no virtual time is under way all the same.
            let least = request.at + Duration::from_micros(1);
            edges.push((request.ended.map_or(Duration::MAX, |ended| ended.max(least)), -1));
        }
        for (host, mut edges) in by_host {
            // What ends and what begins in the same moment do not overlap.
            edges.sort_unstable();
            let mut open = 0;
            for (_, step) in edges {
                open += step;
                is(usize::try_from(open).unwrap_or(0) <= most, || {
                    format!("{open} requests at once on {host}")
                })?;
            }
        }
        Ok(())
    }

    fn spread(&self) -> Judged {
        let least = self.float("at_least")?;
        let firsts = self.seen.feeds.iter().filter_map(|feed| self.to(feed).first().copied());
        let times: Vec<f64> = firsts.map(|request| request.at.as_secs_f64()).collect();
        is(times.len() == self.seen.feeds.len(), || "some feed was never asked".into())?;
        let first = times.iter().copied().fold(f64::INFINITY, f64::min);
        let last = times.iter().copied().fold(0.0, f64::max);
        is(last - first >= least, || format!("{:.1}s", last - first))
    }

    // ---- what is stored

    /// What was known once the request that `name` names had been dealt with.
    fn after(&self, name: &str) -> Result<&'a Snapshot, String> {
        let number = self.number(name)?;
        let found = self.seen.snapshots.iter().find(|snapshot| snapshot.requests >= number);
        found.ok_or_else(|| format!("request {number} was never made"))
    }

    fn not_duplicated(&self) -> Judged {
        let items = &self.seen.items;
        let distinct: BTreeSet<_> = items.iter().collect();
        is(distinct.len() == items.len() && !items.is_empty(), || {
            format!("{} items, {} different ones", items.len(), distinct.len())
        })
    }

    fn alerts(&self) -> Judged {
        let alerts = self.after("request")?.alerts;
        let wanted = match self.check.arguments.contains_key("count_equals_after_request") {
            true => self.after("count_equals_after_request")?.alerts,
            false => self.number("count")?,
        };
        is(alerts == wanted, || format!("{alerts} alerts instead of {wanted}"))
    }

    fn stored_url(&self, wanted: &[&str]) -> Judged {
        // Once the source has moved, its old address is not asked any more.
        let snapshot = match self.after("after_request") {
            Ok(snapshot) => snapshot,
            Err(reason) => {
                let last =
                    self.seen.snapshots.last().filter(|last| address(&last.url) != self.seen.feed);
                last.ok_or(reason)?
            }
        };
        let same = |url: &&str| address(url) == address(&snapshot.url);
        is(wanted.iter().any(same), || format!("{} is stored", snapshot.url))
    }

    fn state(&self) -> Judged {
        let wanted = self.texts("one_of")?;
        let state = &self.after("after_request")?.state;
        let mut words = vec![state.health.as_str()];
        words.extend(match state.health {
            Health::Gone => &["disabled"][..],
            Health::Healthy if state.failures == 0 => &["ok", "active"][..],
            Health::Broken => &["failing", "error"][..],
            _ => &[][..],
        });
        if state.failures > 0 && state.health != Health::Gone {
            // One hiccup does not change the health (I8), but it stands in the record.
            words.extend(["failing", "error", "degraded"]);
        }
        let holds = wanted.iter().any(|word| words.contains(word));
        is(holds, || format!("it is {}", state.health))
    }

    // ---- limits

    fn closed(&self) -> Judged {
        let within = self.float("seconds")?;
        let requests = self.to(&self.seen.feed);
        is(!requests.is_empty(), || "no request was made".into())?;
        for request in requests {
            let took = match request.ended {
                Some(ended) => (ended - request.at).as_secs_f64(),
                // Still open when the daemon stopped.
                None => (self.seen.run.saturating_sub(request.at)).as_secs_f64(),
            };
            is(took <= within + TICK, || format!("open for {took:.1}s"))?;
        }
        Ok(())
    }

    fn others(&self) -> Judged {
        let late = self.seen.interval.as_secs_f64() * LATE;
        for other in &self.seen.others {
            let times: Vec<f64> =
                self.to(other).iter().map(|request| request.at.as_secs_f64()).collect();
            is(times.first().is_some_and(|first| *first < late), || format!("{other} waited"))?;
            let end = self.seen.run.as_secs_f64();
            let gaps = times.windows(2).map(|two| two[1] - two[0]);
            let longest = gaps.chain(times.last().map(|last| end - last)).fold(0.0, f64::max);
            is(longest <= late, || format!("{other} waited for {longest:.1}s"))?;
        }
        Ok(())
    }

    // ---- robots

    fn pages(&self, prefix: &str) -> Vec<&'a Request> {
        let all = self.seen.log.iter().filter(|request| request.host == HOST);
        all.filter(|request| request.target != "/robots.txt" && request.target.starts_with(prefix))
            .filter(|request| {
                request.target.starts_with("/page/") || request.target.starts_with("/private/")
            })
            .collect()
    }

    fn rules_applied(&self) -> Judged {
        let private = self.pages("/private/").len();
        is(private == 0, || "/private/1 was asked for".into())?;
        for page in ["/page/1", "/page/2", "/page/3"] {
            is(!self.pages(page).is_empty(), || format!("{page} was not asked for"))?;
        }
        Ok(())
    }

    fn page_gap(&self) -> Judged {
        let least = self.float("seconds")?;
        let times: Vec<f64> =
            self.pages("/").iter().map(|request| request.at.as_secs_f64()).collect();
        is(times.len() > 1, || "fewer than two pages were asked for".into())?;
        let gap = times.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min);
        is(gap + TICK >= least, || format!("{gap:.3}s"))
    }
}

fn is(holds: bool, reason: impl FnOnce() -> String) -> Judged {
    if holds { Ok(()) } else { Err(reason()) }
}
