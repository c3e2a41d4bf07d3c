//! What elements mean, by namespace address and local name, whatever their prefix and case.

use super::elements::lower_case;
use super::scan::Tag;

/// The vocabularies that feeds are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// RSS of whatever version, or no namespace.
    Core,
    Atom,
    Rdf,
    DublinCore,
    DublinTerms,
    Content,
    Media,
    Itunes,
    FeedBurner,
    Syndication,
    Xhtml,
    Xml,
    Other,
}

impl Space {
    /// By its address; spelled loosely, as feeds do.
    pub(crate) fn by_address(address: &str) -> Self {
        let address = address.trim().to_ascii_lowercase();
        let has = |part| address.contains(part);
        if address.is_empty() || has("purl.org/net/rss1.1") || has("my.netscape.com/") {
            Self::Core
        } else if has("w3.org/2005/atom") || has("purl.org/atom/") {
            Self::Atom
        } else if has("rss/1.0/modules/content") {
            Self::Content
        } else if has("rss/1.0/modules/syndication") {
            Self::Syndication
        } else if has("purl.org/rss/1.0/modules/") {
            Self::Other
        } else if has("purl.org/rss/1.0")
            || has("channel.netscape.com/rdf")
            || has("backend.userland.com/rss")
            || has("harvard.edu/tech/rss")
            || has("harvard.edu/rss")
        {
            Self::Core
        } else if has("22-rdf-syntax-ns") {
            Self::Rdf
        } else if has("purl.org/dc/elements") {
            Self::DublinCore
        } else if has("purl.org/dc/terms") {
            Self::DublinTerms
        } else if has("search.yahoo.com/mrss") || has("video.search.yahoo.com") {
            Self::Media
        } else if has("itunes.com/dtds") || has("itunes.com/podcast") {
            Self::Itunes
        } else if has("feedburner") {
            Self::FeedBurner
        } else if has("1999/xhtml") {
            Self::Xhtml
        } else {
            Self::Other
        }
    }

    /// By the prefix that everybody uses for it.
    pub(crate) fn by_habit(prefix: &str) -> Self {
        let mut lower = [0; 12];
        match lower_case(prefix, &mut lower) {
            Some("atom" | "atom10" | "a10") => Self::Atom,
            Some("rss" | "rss1" | "rss10") => Self::Core,
            Some("rdf") => Self::Rdf,
            Some("dc") => Self::DublinCore,
            Some("dcterms") => Self::DublinTerms,
            Some("content") => Self::Content,
            Some("media") => Self::Media,
            Some("itunes") => Self::Itunes,
            Some("feedburner") => Self::FeedBurner,
            Some("sy") => Self::Syndication,
            Some("xhtml") => Self::Xhtml,
            Some("xml") => Self::Xml,
            _ => Self::Other,
        }
    }
}

/// A field of an entry or of the feed itself. The number is its rank: the lowest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Title(u8),
    Link,
    /// What FeedBurner's own link stands for.
    OriginalLink,
    Id,
    Published(u8),
    Updated(u8),
    Summary(u8),
    Content(u8),
    Author(u8),
    Language,
    Rhythm(Rhythm),
}

/// What a feed says about how often it is worth asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Ttl,
    SkipHours,
    SkipDays,
    UpdatePeriod,
    UpdateFrequency,
    UpdateBase,
}

/// What an element is, where it stands under a feed or an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Root,
    Entry,
    Field(Field),
    /// Holds fields of the entry around it.
    Group,
    /// An element without content that some write without its end.
    Void,
    Other,
}

/// The meaning of the element `local` of `space`.
pub(crate) fn meaning(space: Space, local: &str) -> Meaning {
    let mut lower = [0; 16];
    let Some(local) = lower_case(local, &mut lower) else { return Meaning::Other };
    let field = match (space, local) {
        (Space::Core | Space::Atom, "rss" | "feed" | "channel" | "items" | "rdf") => {
            return Meaning::Root;
        }
        (Space::Rdf, "rdf") => return Meaning::Root,
        (Space::Core | Space::Atom, "item" | "entry") => return Meaning::Entry,
        (Space::Core, "enclosure" | "category" | "comments") => return Meaning::Void,
        (Space::Media, "group" | "content") => return Meaning::Group,
        (Space::Core | Space::Atom, "title") => Field::Title(0),
        (Space::DublinCore | Space::DublinTerms, "title") => Field::Title(1),
        (Space::Media, "title") => Field::Title(2),
        (Space::Itunes, "title") => Field::Title(3),
        (Space::Core | Space::Atom, "link") => Field::Link,
        (Space::FeedBurner, "origlink") => Field::OriginalLink,
        (Space::Core | Space::Atom, "guid" | "id") => Field::Id,
        (Space::Core | Space::Atom, "pubdate" | "published" | "issued") => Field::Published(0),
        (Space::DublinCore, "date") => Field::Published(1),
        (Space::DublinTerms, "issued" | "date") => Field::Published(1),
        (Space::DublinTerms, "created") | (Space::Core | Space::Atom, "created") => {
            Field::Published(2)
        }
        (Space::Core | Space::Atom, "updated" | "modified") => Field::Updated(0),
        (Space::DublinCore | Space::DublinTerms, "modified") => Field::Updated(1),
        (Space::Core | Space::Atom, "description" | "summary" | "abstract") => Field::Summary(0),
        (Space::DublinCore | Space::DublinTerms, "description" | "abstract") => Field::Summary(1),
        (Space::Media, "description" | "text") => Field::Summary(2),
        (Space::Itunes, "summary") => Field::Summary(3),
        (Space::Itunes, "subtitle") => Field::Summary(4),
        (Space::Content, "encoded") | (Space::Core | Space::Atom, "content") => Field::Content(0),
        (Space::Xhtml, "body" | "div") => Field::Content(1),
        (Space::Core | Space::Atom, "fullitem") => Field::Content(1),
        (Space::Core | Space::Atom, "author") => Field::Author(0),
        (Space::DublinCore | Space::DublinTerms, "creator" | "author") => Field::Author(1),
        (Space::Itunes, "author") => Field::Author(2),
        (Space::Core, "language") | (Space::DublinCore, "language") => Field::Language,
        (Space::Core, "ttl") => Field::Rhythm(Rhythm::Ttl),
        (Space::Core, "skiphours") => Field::Rhythm(Rhythm::SkipHours),
        (Space::Core, "skipdays") => Field::Rhythm(Rhythm::SkipDays),
        (Space::Syndication, "updateperiod") => Field::Rhythm(Rhythm::UpdatePeriod),
        (Space::Syndication, "updatefrequency") => Field::Rhythm(Rhythm::UpdateFrequency),
        (Space::Syndication, "updatebase") => Field::Rhythm(Rhythm::UpdateBase),
        _ => return Meaning::Other,
    };
    Meaning::Field(field)
}

/// `rss-2.0`, `atom-1.0` and the like, by the root element.
pub(crate) fn format(tag: Tag<'_>, space: Space, local: &str) -> String {
    let version = tag.attribute("version").map(str::trim).filter(|version| {
        (1..=8).contains(&version.len())
            && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let address_says = |part: &str| {
        tag.attributes().any(|(name, value)| name.starts_with("xmlns") && value.contains(part))
    };
    match local.to_ascii_lowercase().as_str() {
        "rss" => format!("rss-{}", version.unwrap_or("2.0")),
        "feed" | "entry" if address_says("purl.org/atom/") || version == Some("0.3") => {
            "atom-0.3".into()
        }
        "feed" | "entry" => "atom-1.0".into(),
        "rdf" if address_says("rdf/simple/0.9") || address_says("netscape.com/rdf") => {
            "rss-0.90".into()
        }
        "rdf" => "rss-1.0".into(),
        "channel" if space == Space::Core && address_says("rss1.1") => "rss-1.1".into(),
        "channel" if tag.name.bytes().all(|byte| byte.is_ascii_uppercase()) => "cdf".into(),
        _ => "rss-2.0".into(),
    }
}

/// A language as BCP 47 writes it: lower case, the script with a capital.
pub(crate) fn language(text: &str) -> Option<String> {
    let text = text.trim().replace('_', "-").to_ascii_lowercase();
    let mut parts = text.split('-');
    let first = parts.next()?;
    let is_word = |part: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if text.len() > 35 || !is_word(first, 2..=3) || !parts.all(|part| is_word(part, 1..=8)) {
        return None;
    }
    let mut tag = first.to_owned();
    for part in text.split('-').skip(1) {
        tag.push('-');
        if part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            tag.push_str(&part[..1].to_ascii_uppercase());
            tag.push_str(&part[1..]);
        } else {
            tag.push_str(part);
        }
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_one_way() {
        for (text, tag) in [
            ("sr-latn-RS", Some("sr-Latn-rs")),
            ("EN_us", Some("en-us")),
            (" de ", Some("de")),
            ("English", None),
            ("", None),
        ] {
            assert_eq!(language(text).as_deref(), tag, "{text}");
        }
    }

    #[test]
    fn the_address_decides_and_not_the_prefix() {
        assert_eq!(Space::by_address(" http://www.w3.org/2005/Atom "), Space::Atom);
        assert_eq!(Space::by_address("http://purl.org/rss/1.0/"), Space::Core);
        assert_eq!(Space::by_address("http://purl.org/rss/1.0/modules/slash/"), Space::Other);
        assert_eq!(meaning(Space::Core, "pubDate"), Meaning::Field(Field::Published(0)));
        assert_eq!(meaning(Space::Other, "title"), Meaning::Other);
    }
}
