//! What an alert rule says about amounts: `*`, `money`, `devices`, `eur`, `eur >= 1000000`.

use std::str::FromStr;

use super::number::Value;
use super::unit;

/// Which amounts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedAmount {
    what: What,
    least: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Any,
    Money,
    Devices,
    Unit(&'static str),
}

impl FromStr for WantedAmount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, least) = match text.split_once(">=") {
            Some((what, least)) => (what.trim(), Some(least.trim())),
            None => (text.trim(), None),
        };
        let unit = unit::UNITS.iter().find(|unit| **unit == what);
        let what = match (what, unit) {
            ("*", _) => What::Any,
            ("money", _) => What::Money,
            ("devices", _) => What::Devices,
            (_, Some(unit)) => What::Unit(unit),
            _ => {
                let near = "a currency as `eur`, a device as `cameras`, `money`, `devices` or `*`";
                return Err(format!("`{what}` is no unit of amounts: {near}"));
            }
        };
        let least = match least {
            None => None,
            Some(_) if !matches!(what, What::Unit(_)) => {
                return Err("a least value needs one currency or device before it".into());
            }
            Some(least) => Some(Value::of_id(least).ok_or_else(|| {
                format!("`{least}` is no number: write it in digits, as in `eur >= 1000000`")
            })?),
        };
        Ok(Self { what, least })
    }
}

impl WantedAmount {
    /// Whether it means the amount of a tag's id: `eur:150000000`. Of a range the upper end counts.
    pub fn holds(&self, id: &str) -> bool {
        let Some((unit, value)) = id.split_once(':') else { return false };
        let kind = match &self.what {
            What::Any => true,
            What::Money => unit::is_currency(unit),
            What::Devices => !unit::is_currency(unit),
            What::Unit(wanted) => *wanted == unit,
        };
        let value = value.rsplit('-').next().and_then(Value::of_id);
        kind && self.least.is_none_or(|least| value.is_some_and(|value| value >= least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_chosen_by_unit_and_least_value() {
        for (wanted, id, expected) in [
            ("*", "eur:1", true),
            ("money", "usd:5.5", true),
            ("money", "cameras:10", false),
            ("devices", "cameras:10", true),
            ("eur", "eur:1", true),
            ("eur", "usd:1", false),
            ("eur >= 1000000", "eur:1000000", true),
            ("eur >= 1000000", "eur:999999.99", false),
            ("eur>=1000000", "eur:500000-1500000", true),
            ("cameras >= 500", "cameras:1000", true),
            ("cameras >= 500", "nothing", false),
        ] {
            let wanted: WantedAmount = wanted.parse().unwrap();
            assert_eq!(wanted.holds(id), expected, "{wanted:?} {id}");
        }
        for wrong in ["euros", "eur > 5", "money >= 5", "eur >= 1,5", "eur >= ", ""] {
            assert!(wrong.parse::<WantedAmount>().is_err(), "{wrong}");
        }
    }
}
