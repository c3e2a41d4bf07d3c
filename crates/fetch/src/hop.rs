//! Redirects, followed by hand: each hop is checked anew.

use model::{HttpUrl, InvalidUrl};
use url::Url;

use crate::check::bare;
use crate::error::RedirectProblem;

/// Redirects of one request. Browsers follow twenty; RFC 9309 (2.3.1.2) wants five at least.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Where a request stands in its chain of redirects.
#[derive(Debug)]
pub(crate) struct Trail {
    /// What is asked next.
    pub(crate) url: HttpUrl,
    visited: Vec<HttpUrl>,
    all_permanent: bool,
    /// End of the leading run of permanent redirects.
    pub(crate) moved: Option<HttpUrl>,
    /// The configured headers may hold keys: they go to the first origin only. Once dropped they
    /// stay dropped, even if the chain comes back.
    pub(crate) send_headers: bool,
    /// Validators as well, but they also follow a host from http to https: the commonest redirect
    /// of all, and without them each poll of such a source would load everything again.
    pub(crate) send_validators: bool,
}

impl Trail {
    pub(crate) fn new(url: &HttpUrl) -> Self {
        Self {
            url: bare(url),
            visited: Vec::new(),
            all_permanent: true,
            moved: None,
            send_headers: true,
            send_validators: true,
        }
    }

    /// Goes on to `location` as the answer `status` said.
    pub(crate) fn follow(&mut self, status: u16, location: &[u8]) -> Result<(), RedirectProblem> {
        if self.visited.len() == MAX_REDIRECTS {
            return Err(RedirectProblem::TooMany { limit: MAX_REDIRECTS });
        }
        let target = |error: InvalidUrl| RedirectProblem::Target { reason: error.to_string() };
        let next = self.url.join(String::from_utf8_lossy(location).trim()).map_err(target)?;
        let next = bare(&next);
        if next == self.url || self.visited.contains(&next) {
            return Err(RedirectProblem::Loop { url: next });
        }
        self.all_permanent &= matches!(status, 301 | 308);
        if self.all_permanent {
            self.moved = Some(next.clone());
        }
        self.send_headers &= same_origin(self.url.as_url(), next.as_url());
        self.send_validators &= same_origin(self.url.as_url(), next.as_url())
            || is_upgrade(self.url.as_url(), next.as_url());
        self.visited.push(std::mem::replace(&mut self.url, next));
        Ok(())
    }

    /// There were redirects, and all of them were permanent.
    pub(crate) fn is_permanent(&self) -> bool {
        !self.visited.is_empty() && self.all_permanent
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host() == b.host()
        && a.port_or_known_default() == b.port_or_known_default()
}

fn is_upgrade(a: &Url, b: &Url) -> bool {
    (a.scheme(), b.scheme()) == ("http", "https")
        && a.host() == b.host()
        && (a.port(), b.port()) == (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validators_follow_a_host_to_https_and_keys_do_not() {
        for (from, to, headers, validators) in [
            ("https://a.org/1", "https://a.org/2", true, true),
            ("https://a.org/1", "https://a.org:443/2", true, true),
            ("http://a.org/1", "https://a.org/1", false, true),
            ("https://a.org/1", "http://a.org/1", false, false),
            ("http://a.org:8080/1", "https://a.org:8080/1", false, false),
            ("https://a.org/1", "https://a.org:8443/1", false, false),
            ("https://a.org/1", "https://www.a.org/1", false, false),
        ] {
            let mut trail = Trail::new(&from.parse().unwrap());
            trail.follow(301, to.as_bytes()).unwrap();
            assert_eq!((trail.send_headers, trail.send_validators), (headers, validators), "{to}");
        }
    }

    #[test]
    fn a_location_is_read_as_browsers_read_it() {
        for (location, expected) in [
            (&b"/b"[..], "https://a.org/b"),
            (b"b?x=1#part", "https://a.org/dir/b?x=1"),
            (b" //b.org/ ", "https://b.org/"),
            (b"https://user:word@b.org/", "https://b.org/"),
            ("/вести".as_bytes(), "https://a.org/%D0%B2%D0%B5%D1%81%D1%82%D0%B8"),
            (b"/\xe9", "https://a.org/%EF%BF%BD"),
        ] {
            let mut trail = Trail::new(&"https://a.org/dir/a".parse().unwrap());
            trail.follow(302, location).unwrap();
            assert_eq!(trail.url.as_str(), expected);
        }
    }
}
