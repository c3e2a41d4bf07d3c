//! What of a document's links is believed: which hub is asked, and for which topic. Pure.

use model::{HttpUrl, Links};

/// A hub that may be asked for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// In the order of the document; at least one.
    pub(crate) hubs: Vec<String>,
    /// As it was published: hubs compare it letter by letter.
    pub(crate) topic: String,
}

/// The offer of a document that was asked for at `asked`, `moved` for good where that is known.
///
/// The topic must be on the host that was asked, or on the one that it has moved to for good. A
/// feed that named a topic of somebody else's would have that somebody's entries stored and told
/// under its own name; no source may speak for another. Without a `rel=self` the address that was
/// asked is the topic, as hubs take it. `allow` are networks that may be addressed all the same.
pub(crate) fn offer(
    links: &Links,
    asked: &HttpUrl,
    moved: Option<&HttpUrl>,
    may: impl Fn(&HttpUrl) -> bool,
) -> Option<Offer> {
    let topic = match &links.this {
        Some(this) => {
            let url: HttpUrl = this.parse().ok()?;
            let known = [Some(asked), moved].into_iter().flatten();
            known.into_iter().any(|known| is_same_site(known, &url)).then(|| this.clone())?
        }
        None => asked.to_string(),
    };
    let secure = asked.as_url().scheme() == "https";
    let hubs = links.hubs.iter().filter_map(|hub| hub.parse().ok());
    let hubs = hubs.map(|hub| if secure { over_tls(hub) } else { hub });
    let hubs = hubs.filter(|hub| may(hub)).map(String::from).collect::<Vec<_>>();
    (!hubs.is_empty()).then_some(Offer { hubs, topic })
}

/// What came over TLS is not to be replaced by what did not: its hub is asked over TLS or not at
/// all. Old feeds name the great hubs by `http:`, and those answer on both.
fn over_tls(hub: HttpUrl) -> HttpUrl {
    if hub.as_url().scheme() == "https" || hub.as_url().port().is_some() {
        return hub;
    }
    hub.as_str().replacen("http:", "https:", 1).parse().unwrap_or(hub)
}

/// One host, or one that differs by `www.` alone: that is the same owner's.
fn is_same_site(a: &HttpUrl, b: &HttpUrl) -> bool {
    let bare = |url: &HttpUrl| {
        let host = url.host().trim_end_matches('.');
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: &str, moved: Option<&str>, hubs: &[&str], this: Option<&str>) -> Option<Offer> {
        let links = Links {
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            this: this.map(str::to_owned),
        };
        let moved = moved.map(|moved| moved.parse().unwrap());
        let may = |hub: &HttpUrl| fetch::check_url(hub.as_str(), &[]).allowed;
        offer(&links, &asked.parse().unwrap(), moved.as_ref(), may)
    }

    #[test]
    fn a_topic_is_on_the_host_that_was_asked_or_moved_to() {
        const ASKED: &str = "https://a.example.org/feed";
        for (moved, this, topic) in [
            (None, Some("https://a.example.org/t"), Some("https://a.example.org/t")),
            (None, Some("http://www.a.example.org/t"), Some("http://www.a.example.org/t")),
            (None, Some("https://A.Example.org"), Some("https://A.Example.org")),
            (None, None, Some(ASKED)),
            (None, Some("https://victim.example.org/t"), None),
            (None, Some("https://a.example.org.evil.example/t"), None),
            (None, Some("https://a.example.org@evil.example/t"), None),
            (None, Some("https://sub.a.example.org/t"), None),
            (None, Some("not an address"), None),
            (
                Some("https://b.example.org/f"),
                Some("https://b.example.org/t"),
                Some("https://b.example.org/t"),
            ),
            (Some("https://b.example.org/f"), Some("https://c.example.org/t"), None),
        ] {
            let found = read(ASKED, moved, &["https://hub.example.org/"], this);
            assert_eq!(found.map(|offer| offer.topic).as_deref(), topic, "{this:?}");
        }
    }

    #[test]
    fn hubs_inside_of_networks_are_left_out_and_plain_ones_asked_over_tls() {
        let hubs = |asked: &str, hubs: &[&str]| read(asked, None, hubs, None).map(|o| o.hubs);
        let offered = [
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://169.254.169.254/latest",
            "http://10.0.0.1/",
            "http://localhost/",
            "https://hub.internal/",
            "https://hub.example.org:25/",
            "gopher://x/",
            "https://good.example.org/",
        ];
        assert_eq!(
            hubs("https://a.example.org/", &offered),
            Some(vec!["https://good.example.org/".into()])
        );
        assert_eq!(hubs("https://a.example.org/", &offered[..8]), None);
        assert_eq!(hubs("https://a.example.org/", &[]), None);
        let plain = ["http://hub.example.org/p"];
        assert_eq!(
            hubs("https://a.example.org/", &plain),
            Some(vec!["https://hub.example.org/p".into()])
        );
        assert_eq!(
            hubs("http://a.example.org/", &plain),
            Some(vec!["http://hub.example.org/p".into()])
        );
    }
}
