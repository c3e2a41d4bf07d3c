//! Addresses of the web.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

/// The longest address in bytes that is taken from anyone.
pub(crate) const MAX_URL_BYTES: usize = 2048;

/// Why a text is not an address that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    #[error("`{text}` is not an address: {reason}")]
    Syntax { text: String, reason: String },
    #[error("`{scheme}:` addresses are not fetched: use http or https")]
    Scheme { scheme: String },
    #[error("the address has no host")]
    NoHost,
    #[error("an address has at most {MAX_URL_BYTES} bytes, this one has {bytes}")]
    TooLong { bytes: usize },
}

/// An absolute `http` or `https` address with a host, as the WHATWG URL standard parses it. Cheap to
/// clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl(Arc<Url>);

impl HttpUrl {
    pub fn as_url(&self) -> &Url {
        &self.0
    }
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
    /// The host as the standard writes it: lower case, punycode, IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().expect("checked when it was made")
    }
    /// The host, and the port where it is not the usual one: who answers.
    pub fn authority(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }
    /// The address that `reference` means on a page at this address.
    pub fn join(&self, reference: &str) -> Result<Self, InvalidUrl> {
        let joined = self.0.join(reference).map_err(|error| syntax(reference, error))?;
        Self::try_from(joined)
    }
}

fn syntax(text: &str, error: url::ParseError) -> InvalidUrl {
    InvalidUrl::Syntax { text: crate::truncated(text, 80).into_owned(), reason: error.to_string() }
}

impl TryFrom<Url> for HttpUrl {
    type Error = InvalidUrl;
    fn try_from(url: Url) -> Result<Self, InvalidUrl> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidUrl::Scheme { scheme: url.scheme().into() });
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl::NoHost);
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(InvalidUrl::TooLong { bytes: url.as_str().len() });
        }
        Ok(Self(Arc::new(url)))
    }
}

impl FromStr for HttpUrl {
    type Err = InvalidUrl;
    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if text.len() > MAX_URL_BYTES {
            return Err(InvalidUrl::TooLong { bytes: text.len() });
        }
        Self::try_from(Url::parse(text).map_err(|error| syntax(text, error))?)
    }
}

impl TryFrom<String> for HttpUrl {
    type Error = InvalidUrl;
    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl From<HttpUrl> for String {
    fn from(url: HttpUrl) -> String {
        url.as_str().to_owned()
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_tells_who_answers_unless_it_is_the_usual_one() {
        for (url, authority) in [
            ("https://u:p@Example.org:443/a", "example.org"),
            ("http://example.org:8080/a", "example.org:8080"),
            ("http://[::1]:81/", "[::1]:81"),
        ] {
            let url: HttpUrl = url.parse().unwrap();
            assert_eq!(url.authority(), authority);
        }
    }

    #[test]
    fn only_web_addresses_with_a_host_are_taken() {
        assert!("https://example.org/feed".parse::<HttpUrl>().is_ok());
        let scheme = InvalidUrl::Scheme { scheme: "ftp".into() };
        assert_eq!("ftp://example.org/".parse::<HttpUrl>(), Err(scheme));
        assert!(matches!("feed.xml".parse::<HttpUrl>(), Err(InvalidUrl::Syntax { .. })));
        let long = format!("https://example.org/{}", "a".repeat(3000));
        assert!(matches!(long.parse::<HttpUrl>(), Err(InvalidUrl::TooLong { .. })));
    }
}
