//! The elements of HTML, as far as text is concerned.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Block,
    Cell,
    Hidden,
    Inline,
}

/// What an element of HTML does to the text in it.
pub(super) fn element(name: &str) -> Element {
    let mut lower = [0; 12];
    let Some(lower) = lower_case(name, &mut lower) else { return Element::Inline };
    match lower {
        "" | "p" | "div" | "br" | "hr" | "li" | "ul" | "ol" | "dl" | "dt" | "dd" | "tr"
        | "table" | "thead" | "tbody" | "tfoot" | "caption" | "h1" | "h2" | "h3" | "h4" | "h5"
        | "h6" | "blockquote" | "pre" | "section" | "article" | "header" | "footer" | "figure"
        | "figcaption" | "address" | "aside" | "nav" | "main" | "form" | "fieldset" | "details"
        | "summary" | "center" | "html" | "body" | "head" | "option" | "dir" | "menu"
        | "legend" => Element::Block,
        "td" | "th" | "img" | "video" | "audio" | "iframe" | "embed" | "object" => Element::Cell,
        "script" | "style" | "noscript" | "template" | "title" | "textarea" | "select" => {
            Element::Hidden
        }
        _ => Element::Inline,
    }
}

/// Whether an element of HTML of this name stands inside of a line.
pub(super) fn is_inline(name: &str) -> bool {
    let mut lower = [0; 12];
    let Some(lower) = lower_case(name, &mut lower) else { return false };
    matches!(
        lower,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "blink"
            | "button"
            | "cite"
            | "code"
            | "col"
            | "colgroup"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "input"
            | "ins"
            | "kbd"
            | "label"
            | "link"
            | "map"
            | "area"
            | "mark"
            | "marquee"
            | "math"
            | "meta"
            | "meter"
            | "nobr"
            | "output"
            | "param"
            | "picture"
            | "progress"
            | "q"
            | "rp"
            | "rt"
            | "ruby"
            | "s"
            | "samp"
            | "slot"
            | "small"
            | "source"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "svg"
            | "path"
            | "time"
            | "track"
            | "tt"
            | "u"
            | "var"
            | "wbr"
            | "base"
            | "frame"
            | "frameset"
            | "noframes"
            | "applet"
            | "optgroup"
            | "canvas"
            | "dialog"
            | "g"
            | "o"
            | "st1"
            | "basefont"
            | "bgsound"
            | "isindex"
            | "layer"
            | "amp-img"
    )
}

/// `name` in lower case in `buffer`, unless it is longer.
pub(crate) fn lower_case<'a>(name: &str, buffer: &'a mut [u8]) -> Option<&'a str> {
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).ok()
}
