//! What elements mean, by namespace address and local name, whatever their prefix and case.

/// The vocabularies that sitemaps are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// The protocol of whatever version, or no namespace.
    Sitemap,
    News,
    /// Images, videos, other languages: not read.
    Other,
}

impl Space {
    /// By its address; spelled loosely.
    pub(super) fn by_address(address: &str) -> Self {
        let address = address.trim().to_ascii_lowercase();
        let has = |part| address.contains(part);
        if has("sitemap-news") || has("sitemaps-news") {
            Self::News
        } else if has("sitemap-") || has("xhtml") {
            Self::Other
        } else if has("sitemaps.org") || has("/sitemap/0.") || address.is_empty() {
            Self::Sitemap
        } else {
            Self::Other
        }
    }

    /// By the prefix that everybody uses for it.
    pub(super) fn by_habit(prefix: &str) -> Self {
        if prefix.is_empty() {
            return Self::Sitemap;
        }
        match prefix {
            _ if prefix.eq_ignore_ascii_case("news") || prefix.eq_ignore_ascii_case("n") => {
                Self::News
            }
            _ if ["sm", "s", "sitemap"].iter().any(|usual| prefix.eq_ignore_ascii_case(usual)) => {
                Self::Sitemap
            }
            _ => Self::Other,
        }
    }
}

/// A field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Loc,
    Modified,
    Published,
    Title,
    Publication,
    Language,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    UrlSet,
    Index,
    Url,
    Sitemap,
    Field(Field),
    /// Holds fields of the entry around it.
    Group,
    Other,
}

/// The meaning of the element `local` of `space`.
pub(super) fn meaning(space: Space, local: &str) -> Meaning {
    let is = |name: &str| local.eq_ignore_ascii_case(name);
    match space {
        Space::Sitemap if is("urlset") => Meaning::UrlSet,
        Space::Sitemap if is("sitemapindex") => Meaning::Index,
        Space::Sitemap if is("url") => Meaning::Url,
        Space::Sitemap if is("sitemap") => Meaning::Sitemap,
        Space::Sitemap if is("loc") => Meaning::Field(Field::Loc),
        Space::Sitemap if is("lastmod") => Meaning::Field(Field::Modified),
        Space::News if is("news") || is("publication") => Meaning::Group,
        Space::News if is("title") => Meaning::Field(Field::Title),
        Space::News if is("publication_date") => Meaning::Field(Field::Published),
        Space::News if is("language") => Meaning::Field(Field::Language),
        Space::News if is("name") => Meaning::Field(Field::Publication),
        Space::Sitemap | Space::News | Space::Other => Meaning::Other,
    }
}

/// Whether a document with this root is a feed.
pub(super) fn begins_feed(local: &str) -> bool {
    ["rss", "feed", "rdf", "channel"].iter().any(|name| local.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides_and_not_the_prefix() {
        for (address, space) in [
            ("http://www.sitemaps.org/schemas/sitemap/0.9", Space::Sitemap),
            ("https://www.google.com/schemas/sitemap/0.84", Space::Sitemap),
            ("http://www.google.com/schemas/sitemap-news/0.9", Space::News),
            ("http://www.google.com/schemas/sitemap-image/1.1", Space::Other),
            ("http://www.w3.org/1999/xhtml", Space::Other),
            ("https://example.org/anything", Space::Other),
        ] {
            assert_eq!(Space::by_address(address), space, "{address}");
        }
        assert_eq!(meaning(Space::News, "Publication_Date"), Meaning::Field(Field::Published));
        assert_eq!(meaning(Space::Other, "loc"), Meaning::Other);
    }
}
