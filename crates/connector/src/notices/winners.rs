//! Winners that stand only in the words of a notice, under headings such as the World Bank's:
//! `Awarded Bidder(s):`, a name, its address, `Signed Contract Price`, a sum. What stands under no
//! such heading is not guessed at.

use std::sync::LazyLock;

use model::{Money, Notice, Party, PartyRole, Timestamp};
use regex::Regex;

use super::{country, words};

/// Lines of a text that are looked at: notices with hundreds of bidders have some thousand.
const LINES: usize = 5_000;
/// Longest line that can be a name.
const NAME_BYTES: usize = 200;

/// Who takes part in a tender, one or several.
const WHO: &str = r"(?:bidder|firm|consultant|contractor|supplier|tenderer|proposer)s?\b(?:\s*\(s\))?(?:\s*/\s*[a-z() ]{1,40})?";

fn line(pattern: &str) -> Regex {
    Regex::new(&format!("(?i)^{}$", pattern.replace("WHO", WHO))).expect("a valid pattern")
}

static AWARDED: LazyLock<Regex> =
    LazyLock::new(|| line(r"(?:awarded|winning|successful|selected) WHO\s*(?::\s*(.*))?"));
static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
    line(
        r"(?:evaluated|rejected|unsuccessful|other|disqualified|short-?listed|participating|(?:non-?)?responsive) WHO.*",
    )
});
static PRICE: LazyLock<Regex> = LazyLock::new(|| {
    line(
        r"(?:(?:signed |final |awarded )?contract (?:price|amount|value)|awarded (?:price|amount|value))(?:\s*\([^)]{0,40}\))?\s*(?::\s*(.*))?",
    )
});
static SIGNED: LazyLock<Regex> = LazyLock::new(|| {
    line(
        r"(?:(?:contract )?(?:signature|signing|award) date|date of (?:contract )?(?:award|signature|signing))(?:\s*\([^)]{0,40}\))?\s*(?::\s*(.*))?",
    )
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    line(
        r"(?:name(?: of (?:the )?(?:bidder|firm|contractor|supplier))?|bidder|firm|supplier|contractor)\s*:\s*(.+)",
    )
});
static COUNTRY: LazyLock<Regex> =
    LazyLock::new(|| line(r"(?:country|nationality)\s*(?::\s*(.*))?"));
/// A name with the Bank's own number of the supplier.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| line(r"(.*\S)\s*\((?:id:?\s*)?(\d{3,9})\)"));
static SUM: LazyLock<Regex> =
    LazyLock::new(|| line(r"(?:([a-z]{3})\s+)?(\d[\d.,' \u{a0}]*)(?:\s*([a-z]{3}))?"));
/// `1,234.56`, `1 234 567`: three digits behind a single sign are thousands, two are cents.
static PLAIN: LazyLock<Regex> =
    LazyLock::new(|| line(r"\d{1,3}(?:,\d{3})*(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"));

/// Puts the winners that `text` names into an award, with what they get and when it was decided.
pub(super) fn read(notice: &mut Notice, text: &str) {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    let lines: Vec<&str> = lines.collect();
    let mut winners: Vec<Winner> = Vec::new();
    let mut inside = false;
    for (at, line) in lines.iter().enumerate() {
        // A value stands behind its label or on the next line.
        let value = |found: &regex::Captures<'_>| -> String {
            let same = found.get(1).map_or("", |value| value.as_str()).trim();
            let next = || lines.get(at + 1).copied().unwrap_or_default();
            if same.is_empty() { next().to_owned() } else { same.to_owned() }
        };
        if let Some(found) = SIGNED.captures(line) {
            notice.awarded = notice.awarded.or_else(|| date(&value(&found)));
        } else if let Some(found) = AWARDED.captures(line) {
            inside = true;
            winners.extend(Winner::of(&value(&found)));
        } else if OTHERS.is_match(line) {
            inside = false;
        } else if !inside {
            continue;
        } else if let Some(found) = PRICE.captures(line) {
            if let Some(winner) = winners.last_mut().filter(|winner| winner.sum.is_none()) {
                winner.sum = sum(&value(&found));
            }
        } else if let Some(found) = COUNTRY.captures(line) {
            if let Some(winner) = winners.last_mut().filter(|winner| winner.country.is_none()) {
                winner.country = country::alpha2(&value(&found));
            }
        } else if let Some(found) = NAMED.captures(line) {
            let more = Winner::of(&found[1]);
            winners.extend(more.filter(|more| winners.iter().all(|w| w.name != more.name)));
        } else if NUMBERED.is_match(line) {
            let more = Winner::of(line);
            winners.extend(more.filter(|more| winners.iter().all(|w| w.name != more.name)));
        }
    }
    let value = words::add_up_all(winners.iter().map(|winner| winner.sum.clone()));
    for Winner { name, id, country, .. } in winners {
        words::party(notice, Party { role: PartyRole::Winner, name, id, country });
    }
    if value.is_some() {
        let estimated = notice.estimated.take();
        notice.set_value(value, estimated);
    }
}

struct Winner {
    name: String,
    id: Option<String>,
    country: Option<String>,
    sum: Option<Money>,
}

impl Winner {
    /// The winner that a line names; `None` where it is another label, a sum, or prose.
    fn of(line: &str) -> Option<Self> {
        let line =
            NAMED.captures(line).map_or(line, |found| found.get(1).map_or("", |m| m.as_str()));
        let (name, id) = match NUMBERED.captures(line) {
            Some(found) => (found[1].to_owned(), Some(found[2].to_owned())),
            None => (line.to_owned(), None),
        };
        let name = name.trim().trim_end_matches([',', ';']);
        let label = name.ends_with(':')
            || [&AWARDED, &OTHERS, &PRICE, &SIGNED, &COUNTRY].iter().any(|p| p.is_match(name));
        let sentence =
            name.len() > NAME_BYTES || name.ends_with('.') && name.matches(' ').count() > 8;
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        let name = words::name(name).filter(|_| !label && !sentence && letters > 1)?;
        Some(Self { name, id, country: None, sum: None })
    }
}

/// A sum with its currency, or without one where none is written.
fn sum(text: &str) -> Option<Money> {
    let text = text.replace('€', "EUR ").replace("US$", "USD ").replace("USD$", "USD ");
    let found = SUM.captures(text.trim())?;
    let digits: String = found[2].chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    if !PLAIN.is_match(&digits) {
        return None;
    }
    let currency = found.get(1).or_else(|| found.get(3)).and_then(|c| words::currency(c.as_str()));
    let amount = words::sum(digits.replace(',', "").parse().ok()?)?;
    Some(Money { amount, currency })
}

fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    words::day(text).or_else(|| words::day(&text.replace('/', "-")))
}

#[cfg(test)]
mod tests {
    use model::{Stage, ValueKind};

    use super::*;

    fn award(text: &str) -> Notice {
        let mut notice = Notice::new("1", Stage::Award);
        read(&mut notice, text);
        notice
    }

    #[test]
    fn winners_stand_under_their_heading_and_nowhere_else() {
        let notice = award(
            "Contract Award Notice\nContract Signature Date: 2026/05/12\nAwarded Bidder(s):\n\
             Example Networks d.o.o. (501234)\n1 Sample Street\nCountry: Serbia\n\
             Bid Price at Opening: EUR 99,000.00\nSigned Contract Price\nEUR 98,500.50\n\
             Evaluated Bidder(s):\nOther Works (501235)\nCountry: Serbia\nBid Price: EUR 120,000.00\n\
             Rejected Bidder(s):\nThird Works (501236)",
        );
        assert_eq!(notice.suppliers, ["Example Networks d.o.o."]);
        assert_eq!((notice.value, notice.currency.as_deref()), (Some(98_500.5), Some("EUR")));
        assert_eq!(notice.value_kind, Some(ValueKind::Awarded));
        assert_eq!(notice.awarded.unwrap().to_string(), "2026-05-12T00:00:00Z");
        let [party] = &notice.parties[..] else { panic!("{:?}", notice.parties) };
        assert_eq!((party.id.as_deref(), party.country.as_deref()), (Some("501234"), Some("RS")));
    }

    #[test]
    fn several_winners_add_up_and_an_unknown_sum_makes_no_total() {
        let two = |second: &str| {
            award(&format!(
                "Awarded Firms:\nName: Alpha (West) Ltd\nContract price: USD 100.25\n\
                 Name: Beta\nContract price: {second}\nOther bidders\nName: Gamma"
            ))
        };
        let notice = two("200 USD");
        assert_eq!(notice.suppliers, ["Alpha (West) Ltd", "Beta"]);
        assert_eq!((notice.value, notice.currency.as_deref()), (Some(300.25), Some("USD")));
        for unknown in ["to be agreed", "1.234.567,89", "EUR 5"] {
            assert_eq!(two(unknown).value, None, "{unknown}");
        }
    }

    #[test]
    fn what_is_no_name_is_no_winner() {
        for text in [
            "Awarded Bidder(s):\nSigned Contract price: EUR 5",
            "Awarded Bidder:\n12345",
            "The contract was awarded to the best bidder.",
            "Awarded Bidder: The evaluation of all of the bids that came in has not been concluded by now.",
            "Successful completion of the works is expected.",
        ] {
            assert_eq!(award(text).suppliers, [""; 0], "{text}");
        }
        assert_eq!(award("Winning Bidder: Example AG").suppliers, ["Example AG"]);
    }
}
