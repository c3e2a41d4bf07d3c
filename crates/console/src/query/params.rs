//! What can be asked, and the form it has in an address.

use model::{AlertRuleId, ChannelId, DeliveryState, Facet, Kind, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Rows of an answer where the question does not say.
pub const DEFAULT_LIMIT: usize = 50;
/// Rows of an answer at most.
pub const MAX_LIMIT: usize = 10_000;

/// Which items. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemsQuery {
    /// First fetched at or after.
    pub since: Option<Timestamp>,
    /// First fetched before.
    pub until: Option<Timestamp>,
    pub limit: Option<usize>,
    /// The id of a vendor.
    pub vendor: Option<String>,
    /// The id of a layer.
    pub layer: Option<String>,
    pub source: Option<SourceId>,
    /// `article`, `notice`, `listing` or `page`.
    pub kind: Option<Kind>,
    /// Any tag, as `facet:id`: `place:nis`.
    pub tag: Option<String>,
    /// The texts too; without it `text` is `null`.
    pub with_text: bool,
}

impl ItemsQuery {
    /// The tags that an item must carry.
    pub(crate) fn tags(&self) -> Result<Vec<(Facet, String)>, Error> {
        let mut tags = Vec::new();
        tags.extend(self.vendor.clone().map(|id| (Facet::Vendor, id)));
        tags.extend(self.layer.clone().map(|id| (Facet::Layer, id)));
        if let Some(text) = &self.tag {
            let (facet, id) = text.split_once(':').ok_or_else(|| {
                Error::Invalid("`tag` is written facet:id, for example `vendor:huawei`".into())
            })?;
            tags.push((facet.parse().map_err(Error::Invalid)?, id.to_owned()));
        }
        match tags.iter().find(|(_, id)| id.is_empty() || id.len() > 128) {
            Some((facet, _)) => {
                Err(Error::Invalid(format!("the id of a {facet} has 1 to 128 letters")))
            }
            None => Ok(tags),
        }
    }
}

/// Which alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsQuery {
    /// Made at or after.
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
    pub rule: Option<AlertRuleId>,
    /// Only those that were held, or only those that were not; without it both.
    pub held: Option<bool>,
}

/// Which deliveries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveriesQuery {
    pub state: Option<DeliveryState>,
    pub channel: Option<ChannelId>,
    pub limit: Option<usize>,
}

/// Which kept documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuarantineQuery {
    pub source: Option<SourceId>,
    pub limit: Option<usize>,
}

impl QuarantineQuery {
    /// As many as an answer can hold.
    pub(crate) fn all() -> Self {
        Self { limit: Some(MAX_LIMIT), ..Self::default() }
    }
}

/// Which period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoverageQuery {
    /// From when; without it the last 24 hours.
    pub since: Option<Timestamp>,
    /// Until when; without it now.
    pub until: Option<Timestamp>,
}

/// Which cells of the matrix. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatrixQuery {
    /// Who brought something since then; without it, in the last 90 days.
    pub since: Option<Timestamp>,
    /// ISO 3166-1 alpha-2; `none` or `any`: the sources of no country.
    pub country: Option<String>,
    /// The id of a layer.
    pub layer: Option<String>,
    /// The id of a vendor.
    pub vendor: Option<String>,
    /// Only cells whose country has no source that is seen now.
    pub unwatched: bool,
}

impl MatrixQuery {
    pub(crate) fn wants_country(&self, country: Option<&str>) -> bool {
        self.country.as_deref().is_none_or(|wanted| match country {
            Some(country) => wanted.eq_ignore_ascii_case(country),
            None => matches!(wanted, "none" | "any"),
        })
    }

    pub(crate) fn wants_layer(&self, layer: &str) -> bool {
        self.layer.as_deref().is_none_or(|wanted| wanted == layer)
    }

    pub(crate) fn wants_vendor(&self, vendor: &str) -> bool {
        self.vendor.as_deref().is_none_or(|wanted| wanted == vendor)
    }
}

/// The number of rows that `limit` stands for.
pub(crate) fn limit(limit: Option<usize>) -> Result<usize, Error> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(Error::Invalid("`limit` is at least 1".into())),
        rows if rows > MAX_LIMIT => {
            Err(Error::Invalid(format!("`limit` is at most {MAX_LIMIT}, not {rows}")))
        }
        rows => Ok(rows),
    }
}

/// The question as the part of an address behind `?`: what is not given is left out.
pub fn query_string<Q: Serialize>(query: &Q) -> String {
    let value = serde_json::to_value(query).expect("questions are plain values");
    let mut text = String::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let value = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        escape(&value, &mut text);
    }
    text
}

/// RFC 3986: everything but the unreserved characters in percent signs.
fn escape(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_comes_back_from_its_address() {
        let query = ItemsQuery {
            since: Some("2026-03-01T07:00:00.25Z".parse().unwrap()),
            limit: Some(7),
            vendor: Some("a&b=ć +%".into()),
            with_text: true,
            ..ItemsQuery::default()
        };
        let address = format!("http://x/?{}", query_string(&query));
        assert!(!address.contains("until"), "{address}");
        let back =
            axum::extract::Query::<ItemsQuery>::try_from_uri(&address.parse().unwrap()).unwrap();
        assert_eq!(back.0, query);
    }

    #[test]
    fn limits_and_tags_outside_their_bounds_are_refused() {
        assert_eq!(limit(None).unwrap(), DEFAULT_LIMIT);
        for wrong in [0, MAX_LIMIT + 1] {
            assert!(matches!(limit(Some(wrong)), Err(Error::Invalid(_))));
        }
        let tag = |tag: &str| ItemsQuery { tag: Some(tag.into()), ..ItemsQuery::default() }.tags();
        assert_eq!(tag("place:nis").unwrap(), [(Facet::Place, "nis".to_owned())]);
        for wrong in ["nis", "town:nis", "place:", &format!("place:{}", "a".repeat(129))] {
            assert!(matches!(tag(wrong), Err(Error::Invalid(_))), "{wrong}");
        }
    }
}
