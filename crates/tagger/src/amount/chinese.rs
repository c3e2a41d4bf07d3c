//! Chinese scales, currencies and numerals.

use super::number::Value;

const SCALES: &[(&str, u32)] = &[
    ("万亿", 12),
    ("萬億", 12),
    ("千亿", 11),
    ("百亿", 10),
    ("十亿", 9),
    ("亿", 8),
    ("億", 8),
    ("千万", 7),
    ("千萬", 7),
    ("百万", 6),
    ("百萬", 6),
    ("十万", 5),
    ("万", 4),
    ("萬", 4),
    ("千", 3),
];

/// The longest first, so that 美元 is not 元.
const CURRENCIES: &[(&str, &str)] = &[
    ("元人民币", "cny"),
    ("元人民幣", "cny"),
    ("人民币", "cny"),
    ("美元", "usd"),
    ("美金", "usd"),
    ("欧元", "eur"),
    ("歐元", "eur"),
    ("港元", "hkd"),
    ("港币", "hkd"),
    ("日元", "jpy"),
    ("英镑", "gbp"),
    ("第纳尔", "rsd"),
    ("福林", "huf"),
    ("卢布", "rub"),
    ("元", "cny"),
];

/// Approximation between number and unit: `2亿多元`, `5000余万`.
const ABOUT: &[&str] = &["多", "余", "餘"];

fn skip_about(text: &[u8], at: usize) -> usize {
    let about = ABOUT.iter().find(|about| text[at..].starts_with(about.as_bytes()));
    about.map_or(at, |about| at + about.len())
}

/// The power of ten of the scale at `at`, and where it ends.
pub(super) fn scale(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let at = skip_about(text, at);
    let (scale, power) =
        SCALES.iter().find(|(scale, _)| text[at..].starts_with(scale.as_bytes()))?;
    Some((*power, at + scale.len()))
}

pub(super) fn currency(text: &[u8], at: usize) -> Option<(&'static str, usize)> {
    let at = skip_about(text, at);
    let found = CURRENCIES.iter().find(|(word, _)| text[at..].starts_with(word.as_bytes()));
    found.map(|(word, unit)| (*unit, at + word.len()))
}

/// The numeral of one character that ends at `end`, and where it begins: 两, 三, 十.
pub(super) fn numeral_before(text: &[u8], end: usize) -> Option<(usize, Value)> {
    const NUMERALS: &[(&str, u64)] = &[
        ("一", 1),
        ("二", 2),
        ("两", 2),
        ("兩", 2),
        ("三", 3),
        ("四", 4),
        ("五", 5),
        ("六", 6),
        ("七", 7),
        ("八", 8),
        ("九", 9),
        ("十", 10),
    ];
    let (numeral, worth) = NUMERALS.iter().find(|(n, _)| text[..end].ends_with(n.as_bytes()))?;
    Some((end - numeral.len(), Value::whole(*worth)))
}

/// The quantity before the classifier that ends at `end`, or before the thing itself:
/// `8000个`, `3万台`, `两千架`. Where it begins and what it is.
pub(super) fn quantity_before(text: &[u8], end: usize) -> Option<(usize, Value)> {
    const CLASSIFIERS: &[&str] = &["个", "個", "架", "台", "臺", "部", "套", "座", "辆"];
    let back = |end: usize, words: &[&str]| {
        words.iter().find(|word| text[..end].ends_with(word.as_bytes())).map(|w| end - w.len())
    };
    let end = back(end, CLASSIFIERS).unwrap_or(end);
    let end = back(end, ABOUT).unwrap_or(end);
    let scale = SCALES.iter().find(|(scale, _)| text[..end].ends_with(scale.as_bytes()));
    let (power, end) = scale.map_or((0, end), |(scale, power)| (*power, end - scale.len()));
    let end = back(end, ABOUT).unwrap_or(end);
    let (start, value) = match super::number::read_back(text, end) {
        Some((start, number)) if !(number.is_year && power == 0) => (start, number.value),
        _ => numeral_before(text, end)?,
    };
    Some((start, value.scaled(power)?))
}
