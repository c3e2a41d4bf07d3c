//! From bytes to text: which encoding, and who said so.
//!
//! Order: byte order mark, `charset` of the HTTP header, XML declaration, HTML `meta`, detection.
//! A claim that the bytes contradict loses against the next one.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes at the beginning in which a declaration is looked for.
const DECLARATION_BYTES: usize = 1_024;
/// Bytes that detection looks at: it is slow, and more would not change its mind.
const DETECTION_BYTES: usize = 64 * 1_024;

/// Who decided on the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// A byte order mark.
    Bom,
    /// The `charset` of the HTTP header.
    Header,
    /// The `encoding` of the XML declaration.
    Declaration,
    /// An HTML `meta` element.
    Meta,
    /// The bytes themselves.
    Detection,
    /// Nobody: UTF-8 with replacement characters.
    Fallback,
}

/// A document as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without its byte order mark.
    pub text: String,
    /// The encoding's name, as the WHATWG encoding standard writes it.
    pub encoding: &'static str,
    /// Who decided on it.
    pub decided_by: DecidedBy,
    /// How many characters could not be read and stand as U+FFFD.
    pub replaced: usize,
}

/// The text of `bytes`, which came with the header `content_type`. Never fails: what cannot be
/// read is replaced and counted.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let (text, encoding, decided_by, replaced) = decode_lazily(bytes, content_type);
    Decoded { text: text.into_owned(), encoding, decided_by, replaced }
}

/// As [`decode`], without a copy where the bytes are UTF-8 already.
pub(crate) fn decode_lazily<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
) -> (Cow<'a, str>, &'static str, DecidedBy, usize) {
    if let Some((text, name)) = utf32(bytes) {
        let replaced = replacements(&text);
        return (Cow::Owned(text), name, DecidedBy::Bom, replaced);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let (text, replaced) = with(encoding, &bytes[length..]);
        return (text, encoding.name(), DecidedBy::Bom, replaced);
    }
    if let Some(encoding) = sixteen_bits_without_mark(bytes) {
        let (text, replaced) = with(encoding, bytes);
        return (text, encoding.name(), DecidedBy::Detection, replaced);
    }
    let utf8 = std::str::from_utf8(bytes);
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let claims = [
        (content_type.and_then(charset_parameter), DecidedBy::Header),
        (xml_declaration(head), DecidedBy::Declaration),
        (html_meta(head), DecidedBy::Meta),
    ];
    let mut second_best = None;
    for (claim, by) in claims {
        let Some(encoding) = claim else { continue };
        let two_bytes = encoding == UTF_16LE || encoding == UTF_16BE;
        if two_bytes && !bytes.contains(&0) {
            continue;
        }
        if let Ok(text) = utf8
            && !two_bytes
            && encoding != encoding_rs::ISO_2022_JP
        {
            // Text beyond ASCII that is valid UTF-8 by chance does not occur; servers that call
            // everything ISO-8859-1 do.
            return match text.is_ascii() {
                true => (Cow::Borrowed(text), encoding.name(), by, 0),
                false if encoding == UTF_8 => (Cow::Borrowed(text), UTF_8.name(), by, 0),
                false => (Cow::Borrowed(text), UTF_8.name(), DecidedBy::Detection, 0),
            };
        }
        let (text, replaced) = with(encoding, bytes);
        if replaced == 0 {
            return (text, encoding.name(), by, 0);
        }
        if second_best.as_ref().is_none_or(|(_, _, _, least)| replaced < *least) {
            second_best = Some((text, encoding.name(), by, replaced));
        }
    }
    if let Ok(text) = utf8 {
        return (Cow::Borrowed(text), UTF_8.name(), DecidedBy::Detection, 0);
    }
    match second_best {
        // A few bad bytes in a claimed encoding are damage, many are a wrong claim.
        Some(best) if best.3 * 20 <= beyond_ascii(bytes) => best,
        found => {
            let (text, encoding, by, replaced) = detected(bytes);
            match found {
                Some(best) if best.3 <= replaced => best,
                _ => (text, encoding, by, replaced),
            }
        }
    }
}

fn beyond_ascii(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !byte.is_ascii()).count()
}

fn replacements(text: &str) -> usize {
    text.matches('\u{FFFD}').count()
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, usize) {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    let replaced = if damaged { replacements(&text) } else { 0 };
    (text, replaced)
}

/// Bytes that are no valid UTF-8 and that nobody can speak for.
fn detected(bytes: &[u8]) -> (Cow<'_, str>, &'static str, DecidedBy, usize) {
    let lossy = String::from_utf8_lossy(bytes);
    let bad = replacements(&lossy);
    let good = lossy.chars().filter(|&c| !c.is_ascii() && c != '\u{FFFD}').count();
    if good > bad {
        return (lossy, UTF_8.name(), DecidedBy::Fallback, bad);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(interesting(bytes), true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    let (text, replaced) = with(guess, bytes);
    (text, guess.name(), DecidedBy::Detection, replaced)
}

/// The part that detection looks at: from the first byte beyond ASCII.
fn interesting(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let start = start.saturating_sub(DECLARATION_BYTES);
    &bytes[start..bytes.len().min(start + DETECTION_BYTES)]
}

/// UTF-32 with its mark, which encoding_rs does not read and whose mark begins as UTF-16's.
fn utf32(bytes: &[u8]) -> Option<(String, &'static str)> {
    let (read, name, skip): (fn([u8; 4]) -> u32, _, _) = match bytes {
        [0xFF, 0xFE, 0, 0, ..] => (u32::from_le_bytes, "UTF-32LE", 4),
        [0, 0, 0xFE, 0xFF, ..] => (u32::from_be_bytes, "UTF-32BE", 4),
        [b'<', 0, 0, 0, ..] => (u32::from_le_bytes, "UTF-32LE", 0),
        [0, 0, 0, b'<', ..] => (u32::from_be_bytes, "UTF-32BE", 0),
        _ => return None,
    };
    let (units, _) = bytes[skip..].as_chunks::<4>();
    let text = units.iter().map(|&unit| char::from_u32(read(unit)).unwrap_or('\u{FFFD}')).collect();
    Some((text, name))
}

/// UTF-16 that begins with markup or JSON but lacks its mark.
fn sixteen_bits_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<' | b'{', 0, next, 0, ..] if *next != 0 => Some(UTF_16LE),
        [0, b'<' | b'{', 0, next, ..] if *next != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// An encoding by one of its names; those that the standard maps to nothing are not known.
fn by_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label).or_else(|| {
        let label = String::from_utf8_lossy(label).trim().to_ascii_lowercase().replace('_', "-");
        let other = match label.as_str() {
            "cp936" | "ms936" => "gbk",
            "cp950" | "big5-eten" => "big5",
            "cp932" | "ms932" => "shift_jis",
            "cp949" | "uhc" => "euc-kr",
            "cp874" => "windows-874",
            "utf8mb4" | "utf-8-sig" => "utf-8",
            "cp-1250" | "win1250" | "win-1250" => "windows-1250",
            "cp-1251" | "win1251" | "win-1251" => "windows-1251",
            "cp-1252" | "win1252" | "win-1252" => "windows-1252",
            other => other,
        };
        Encoding::for_label(other.as_bytes())
    })?;
    (encoding != REPLACEMENT).then_some(encoding)
}

/// The `charset` of a `Content-Type` header.
fn charset_parameter(header: &str) -> Option<&'static Encoding> {
    let at = header.to_ascii_lowercase().find("charset")? + "charset".len();
    let value = header[at..].trim_start().strip_prefix('=')?;
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    let end = value.find(['"', '\'', ';', ',', ' ']).unwrap_or(value.len());
    by_label(&value.as_bytes()[..end])
}

/// The `encoding` of an XML declaration, white space and comments before it notwithstanding.
fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let start = find(head, b"<?xml")?;
    let end = start + find(&head[start..], b">")?;
    let declaration = &head[start..end];
    let at = find(declaration, b"encoding")? + b"encoding".len();
    let rest = declaration[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = *rest.first().filter(|quote| matches!(quote, b'"' | b'\''))?;
    let value = &rest[1..];
    let encoding = by_label(&value[..value.iter().position(|&byte| byte == quote)?])?;
    // The declaration could be read byte by byte, so its claim of two bytes a character is wrong.
    (encoding != UTF_16LE && encoding != UTF_16BE).then_some(encoding)
}

/// The `charset` of an HTML `meta` element.
fn html_meta(head: &[u8]) -> Option<&'static Encoding> {
    let lower = head.to_ascii_lowercase();
    let mut rest = lower.as_slice();
    while let Some(start) = find(rest, b"<meta") {
        let end = find(&rest[start..], b">").map_or(rest.len(), |end| start + end);
        let element = String::from_utf8_lossy(&rest[start..end]);
        if let Some(encoding) = charset_parameter(&element) {
            return (encoding != UTF_16LE && encoding != UTF_16BE).then_some(encoding);
        }
        rest = &rest[end..];
    }
    None
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYRILLIC: &str = "Нова мрежа у Нишу и уговор са произвођачем опреме";

    fn check(bytes: &[u8], header: Option<&str>, encoding: &str, by: DecidedBy, text: &str) {
        let decoded = decode(bytes, header);
        assert_eq!((decoded.encoding, decoded.decided_by), (encoding, by), "{text}");
        assert!(decoded.text.contains(text), "{:?} lacks {text:?}", decoded.text);
        assert_eq!(decoded.replaced, 0);
    }

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(label.as_bytes()).expect("a known encoding");
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn mark_then_header_then_declaration_then_meta_then_bytes() {
        let header = Some("text/xml; charset=\"windows-1251\"");
        let marked = format!("\u{FEFF}<a>{CYRILLIC}");
        check(marked.as_bytes(), header, "UTF-8", DecidedBy::Bom, CYRILLIC);
        let claim = |text: &str| encoded("windows-1251", &format!("{text}{CYRILLIC}"));
        let declared = claim("<?xml version='1.0' encoding='koi8-r'?>");
        check(&declared, header, "windows-1251", DecidedBy::Header, CYRILLIC);
        let declared = claim("<?xml version='1.0' encoding = 'windows-1251' ?>");
        let plain = Some("text/xml");
        check(&declared, plain, "windows-1251", DecidedBy::Declaration, CYRILLIC);
        let page = claim("<html><META content='text/html; charset=cp1251'>");
        check(&page, None, "windows-1251", DecidedBy::Meta, CYRILLIC);
        check(&claim("<a>"), None, "windows-1251", DecidedBy::Detection, CYRILLIC);
        check(CYRILLIC.as_bytes(), None, "UTF-8", DecidedBy::Detection, CYRILLIC);
    }

    #[test]
    fn a_claim_that_the_bytes_contradict_loses() {
        let latin = Some("text/xml; charset=ISO-8859-1");
        check(CYRILLIC.as_bytes(), latin, "UTF-8", DecidedBy::Detection, CYRILLIC);
        let utf8 = Some("text/xml; charset=utf-8");
        let bytes = encoded("windows-1251", CYRILLIC);
        check(&bytes, utf8, "windows-1251", DecidedBy::Detection, CYRILLIC);
        let declared = "<?xml version='1.0' encoding='windows-1251'?>".to_owned() + CYRILLIC;
        let declared = encoded("windows-1251", &declared);
        check(&declared, utf8, "windows-1251", DecidedBy::Declaration, CYRILLIC);
        let sixteen = format!("<?xml version='1.0' encoding='utf-16'?>{CYRILLIC}");
        check(sixteen.as_bytes(), None, "UTF-8", DecidedBy::Detection, CYRILLIC);
    }

    #[test]
    fn wide_characters_are_told_by_their_zeros() {
        let text = format!("<a>{CYRILLIC}");
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&little, None, "UTF-16LE", DecidedBy::Detection, CYRILLIC);
        check(&big, None, "UTF-16BE", DecidedBy::Detection, CYRILLIC);
        let marked = text.chars().map(u32::from).flat_map(u32::to_be_bytes);
        let wide: Vec<u8> = [0, 0, 0xFE, 0xFF].into_iter().chain(marked).collect();
        check(&wide, None, "UTF-32BE", DecidedBy::Bom, CYRILLIC);
    }

    #[test]
    fn a_damaged_character_is_replaced_and_counted() {
        let mut bytes = CYRILLIC.as_bytes().to_vec();
        bytes[1] = b'x';
        let decoded = decode(&bytes, Some("text/plain; charset=utf-8"));
        assert_eq!((decoded.encoding, decoded.replaced), ("UTF-8", 1));
        assert!(decoded.text.ends_with("опреме"));
        let undeclared = decode(&bytes, None);
        assert_eq!((undeclared.decided_by, undeclared.replaced), (DecidedBy::Fallback, 1));
    }
}
