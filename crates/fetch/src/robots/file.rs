//! A whole robots.txt: groups of rules, and those that are meant for one crawler.

use std::time::Duration;

use super::line::{Line, lines};
use super::path;
use super::rule::Rule;

/// Bytes of a robots.txt that are read (RFC 9309, 2.5); the rest is ignored.
pub const MAX_BYTES: usize = 500 << 10;
/// Longest delay that is believed to be one; more is a mistake of the author.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(366 * 24 * 3600);

/// A robots.txt, read.
#[derive(Clone, Debug, Default)]
pub struct Robots {
    groups: Vec<Group>,
    sitemaps: Vec<String>,
}

/// Consecutive user-agent lines with the rules behind them.
#[derive(Clone, Debug, Default)]
struct Group {
    agents: Vec<Box<[u8]>>,
    rules: Vec<Rule>,
    /// A rule was seen, an empty one too: the next user-agent line begins another group.
    closed: bool,
    /// The last line was a delay: if nothing follows, it was all that was to be said.
    just_delayed: bool,
    /// With the number of agents that stood before it: one that follows later did not ask for it.
    delays: Vec<(usize, Duration)>,
}

/// What a robots.txt says to one crawler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

impl Robots {
    /// Reads a robots.txt, or anything else: what makes no sense says nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut robots = Self::default();
        for line in lines(whole_lines(bytes)) {
            let delayed = matches!(line, Line::CrawlDelay(_));
            match line {
                Line::Agent(agent) => robots.name(agent),
                Line::Allow(path) => robots.rule(true, path),
                Line::Disallow(path) => robots.rule(false, path),
                Line::CrawlDelay(delay) => robots.delay(delay),
                Line::Sitemap(url) if !url.is_empty() => {
                    robots.sitemaps.push(String::from_utf8_lossy(url).into_owned());
                }
                Line::Sitemap(_) => {}
                Line::Blank => robots.pause(),
            }
            if let Some(group) = robots.groups.last_mut() {
                group.just_delayed = delayed;
            }
        }
        robots
    }

    /// The addresses behind `Sitemap:`, as written.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// What is said to the crawler `agent`, a product token or a whole `User-Agent`: all groups
    /// with its name together, else all groups for `*` (RFC 9309, 2.2.1).
    pub fn rules(&self, agent: &str) -> Rules {
        let agent = agent.trim().split('/').next().unwrap_or_default().as_bytes();
        let by_name = |line: &[u8]| is_named(line, agent);
        let named = self.groups.iter().any(|group| group.agents.iter().any(|a| by_name(a)));
        let meant = |line: &[u8]| if named { by_name(line) } else { is_anyone(line) };
        let mut rules = Rules::default();
        for group in &self.groups {
            let Some(at) = group.agents.iter().position(|line| meant(line)) else { continue };
            rules.rules.extend_from_slice(&group.rules);
            let delays = group.delays.iter().filter(|(agents, _)| at < *agents);
            // Of several, the most patient.
            rules.crawl_delay = rules.crawl_delay.max(delays.map(|(_, delay)| *delay).max());
        }
        // The winner first: the longest, on a tie what allows.
        rules.rules.sort_by_key(|rule| std::cmp::Reverse((rule.octets, rule.allow)));
        rules.rules.dedup();
        rules
    }

    fn name(&mut self, agent: &[u8]) {
        if self.groups.last().is_none_or(|group| group.closed) {
            self.groups.push(Group::default());
        }
        self.groups.last_mut().expect("there is one now").agents.push(agent.into());
    }

    fn rule(&mut self, allow: bool, path: &[u8]) {
        // Rules before the first name are meant for nobody.
        let Some(group) = self.groups.last_mut() else { return };
        group.closed = true;
        group.rules.extend(Rule::new(allow, path));
        if allow {
            group.rules.extend(Rule::folder_of_index(path));
        }
    }

    /// A blank line means nothing, but behind a delay: "this crawler, slowly" is all that many
    /// files say to one. By the letter of the RFC, which knows no delays, the next group's rules
    /// would hold for it as well; its authors and other crawlers do not read it so.
    fn pause(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.closed |= group.just_delayed;
        }
    }

    fn delay(&mut self, text: &[u8]) {
        let Some(group) = self.groups.last_mut() else { return };
        let seconds = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
        let delay = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if let Some(delay) = delay.filter(|delay| *delay <= MAX_CRAWL_DELAY) {
            group.delays.push((group.agents.len(), delay));
        }
    }
}

impl Rules {
    /// May the address be fetched? Of the rules that match, the longest counts; none: yes.
    pub fn allows(&self, url: &str) -> bool {
        let path = path::of(url);
        let (query, has_one) = path::with_plain_query(&path, false);
        let query = has_one.then_some(query.as_str());
        self.rules.iter().find(|rule| rule.matches(&path, query)).is_none_or(|rule| rule.allow)
    }

    /// The time that shall lie between two requests. Not part of the RFC, yet common.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

/// At most [`MAX_BYTES`], without a last line that this cut: half a path forbids more than it says.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    if bytes.len() <= MAX_BYTES {
        return bytes;
    }
    let bytes = &bytes[..MAX_BYTES];
    let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    &bytes[..end.unwrap_or(0)]
}

/// `*` alone; what follows behind a space is a remark.
fn is_anyone(line: &[u8]) -> bool {
    matches!(line, [b'*'] | [b'*', b' ' | b'\t', ..])
}

/// Does a user-agent line name the crawler? What counts of it is the product token (letters, `_`
/// and `-`), so that `Crawler/2.1` names `Crawler`; a first word with other signs is compared
/// whole, for there are crawlers with digits in their names.
fn is_named(line: &[u8], agent: &[u8]) -> bool {
    let token = |sign: fn(u8) -> bool| {
        let end = line.iter().position(|byte| !sign(*byte)).unwrap_or(line.len());
        &line[..end]
    };
    let product = token(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
    let word = token(|byte| !byte.is_ascii_whitespace() && byte != b'/');
    let same = |name: &[u8]| !name.is_empty() && name.eq_ignore_ascii_case(agent);
    same(product) || same(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(text: &str, agent: &str) -> Rules {
        Robots::parse(text.as_bytes()).rules(agent)
    }

    #[track_caller]
    fn check(text: &str, agent: &str, allowed: &[&str], refused: &[&str]) {
        let rules = rules(text, agent);
        for path in allowed {
            assert!(rules.allows(&format!("https://example.org{path}")), "{agent}: {path} is open");
        }
        for path in refused {
            assert!(!rules.allows(&format!("https://example.org{path}")), "{agent}: {path} is not");
        }
    }

    #[test]
    fn the_longest_rule_counts_and_on_a_tie_the_open_one() {
        let text = "user-agent: *\ndisallow: /a\nallow: /a/b\ndisallow: /a/b/c\n\
                    disallow: /t\nallow: /t\nallow: /x$\ndisallow: /x";
        check(text, "any", &["/", "/a/b", "/a/b/d", "/t", "/x"], &["/a", "/a/c", "/a/b/cc", "/xy"]);
    }

    #[test]
    fn a_crawler_with_a_group_of_its_own_is_not_spoken_to_by_the_others() {
        let text = "user-agent: *\ndisallow: /\n\nuser-agent: watcher\ndisallow: /w\n\n\
                    user-agent: other\nuser-agent: WATCHER\ndisallow: /v\n\nuser-agent: free";
        check(text, "Watcher", &["/", "/a"], &["/w", "/v"]);
        check(text, "watcher/2.1 (+https://example.org/)", &["/"], &["/w", "/v"]);
        check(text, "other", &["/w"], &["/v"]);
        check(text, "free", &["/"], &[]);
        check(text, "watch", &[], &["/"]);
        check(text, "", &[], &["/"]);
    }

    #[test]
    fn the_product_token_of_a_line_is_what_counts() {
        for (line, agent, named) in [
            ("Watcher/2.1", "watcher", true),
            ("Watcher of things", "watcher", true),
            ("Watcher of things", "watcher of things", false),
            ("Watch12bot", "watch12bot", true),
            ("watcher-news", "watcher", false),
            ("watcher", "watcher-news", false),
            ("* # all", "watcher", false),
            ("*watcher", "watcher", false),
        ] {
            let text = format!("user-agent: {line}\nallow: /");
            let named_or_not = !rules(&text, agent).rules.is_empty();
            assert_eq!(named_or_not, named || line.starts_with("* "), "{line} {agent}");
        }
    }

    #[test]
    fn only_rules_end_a_list_of_names() {
        for between in ["sitemap: https://example.org/s", "", "# x", "host: a", "crawl-delay: 9"] {
            let text = format!("user-agent: a\n{between}\nuser-agent: b\ndisallow: /x");
            check(&text, "a", &["/"], &["/x"]);
            check(&text, "b", &["/"], &["/x"]);
        }
        let text = "user-agent: a\ndisallow:\nuser-agent: b\ndisallow: /x";
        check(text, "a", &["/x"], &[]);
        let text = "user-agent: a\ncrawl-delay: 9\n\nuser-agent: b\ndisallow: /x";
        check(text, "a", &["/x"], &[]);
        check(text, "b", &["/"], &["/x"]);
        check("disallow: /x\nuser-agent: a\nallow: /y", "a", &["/x"], &[]);
    }

    #[test]
    fn a_delay_holds_for_those_named_before_it() {
        let text = "user-agent: a\ncrawl-delay: 10\n\nuser-agent: *\ndisallow: /x\n\
                    crawl-delay: 2.5\n\nuser-agent: a\ncrawl-delay: 3";
        assert_eq!(rules(text, "a").crawl_delay(), Some(Duration::from_secs(10)));
        assert_eq!(rules(text, "b").crawl_delay(), Some(Duration::from_millis(2500)));
        for nonsense in ["-1", "soon", "nan", "inf", "1e300", "", "10s"] {
            let text = format!("user-agent: *\ncrawl-delay: {nonsense}");
            assert_eq!(rules(&text, "a").crawl_delay(), None, "{nonsense}");
        }
    }

    #[test]
    fn an_index_page_opens_its_folder() {
        let text = "user-agent: *\ndisallow: /\nallow: /a/index.html";
        check(text, "x", &["/a/", "/a/index.html"], &["/a", "/a/b", "/"]);
        check("user-agent: *\ndisallow: /a/index.html", "x", &["/a/"], &["/a/index.html"]);
    }

    #[test]
    fn what_stands_behind_500_kib_is_not_read() {
        let late = format!("user-agent: *\n{}disallow: /late", "#\n".repeat(MAX_BYTES / 2));
        check(&late, "x", &["/late"], &[]);
        // A rule that the limit cuts would forbid more than it says.
        let cut = format!("user-agent: *\n#{}\ndisallow: /long", "x".repeat(MAX_BYTES - 27));
        assert!(cut[..MAX_BYTES].ends_with("disallow: /"), "{}", &cut[MAX_BYTES - 20..]);
        check(&cut, "x", &["/", "/long"], &[]);
    }

    #[test]
    fn sitemaps_belong_to_everyone() {
        let text = "Sitemap: https://example.org/1\nuser-agent: a\nsite-map: /2\ndisallow: /";
        let robots = Robots::parse(text.as_bytes());
        assert_eq!(robots.sitemaps(), ["https://example.org/1", "/2"]);
    }

    #[test]
    fn a_hostile_file_takes_no_long_time() {
        let rule = format!("disallow: /{}b\n", "*a".repeat(4000));
        let text = format!("user-agent: *\n{}", rule.repeat(MAX_BYTES / rule.len()));
        let url = format!("https://example.org/{}", "a".repeat(8000));
        let start = std::time::Instant::now();
        assert!(rules(&text, "x").allows(&url));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), url in "\\PC{0,60}") {
            let rules = Robots::parse(&bytes).rules("x");
            let _ = rules.allows(&url);
        }
    }
}
