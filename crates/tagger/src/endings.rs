//! The endings that a name takes in Serbian, Croatian, Bosnian and Macedonian, and the cases of
//! Hungarian, Romanian and Albanian.

use std::sync::LazyLock;

use crate::Endings;

/// The longest ending in bytes.
const LONGEST: usize = 7;

/// Cases of a masculine name that ends in a consonant.
const MASCULINE: &[&str] = &["a", "u", "e", "om", "em", "i", "ima", "ot"];
/// Cases behind a vowel, with and without the j that is spoken between.
const FOREIGN: &[&str] =
    &["j", "ja", "ju", "je", "jem", "jom", "ji", "jima", "a", "u", "em", "om", "m", "ot"];
/// Cases of a feminine name, behind the stem without its -a.
const FEMININE: &[&str] =
    &["a", "e", "i", "u", "o", "om", "ama", "ata", "ja", "ju", "jem", "aja", "aju", "ajem"];
/// Cases behind a consonant in Hungarian, Romanian and Albanian, without their marks; those that make
/// other words of names (-at: Honorat, -ra: Temura) are left out. What is written behind a hyphen
/// (BYD-nek) needs no list: a word ends there.
const MASCULINE_ABROAD: &[&str] = &[
    "ot", "et", "nak", "nek", "tol", "bol", "rol", "on", "en", "hoz", "hez", "nal", "nel", "ban",
    "ben", "ert", "ul", "ului", "it", "ut", "un", "in",
];
/// The same behind a vowel.
const FOREIGN_ABROAD: &[&str] = &[
    "t", "n", "nak", "nek", "val", "vel", "tol", "bol", "rol", "hoz", "hez", "nal", "nel", "ban",
    "ben", "ert", "ul", "ului", "to",
];
/// The same behind -a, which stays. `an` is left out: Nubian is another word.
const FEMININE_ABROAD: &[&str] =
    &["at", "anak", "aval", "atol", "abol", "arol", "ahoz", "anal", "aban", "aba", "ara", "aert"];
/// Endings of what belongs to someone, behind -ov, -ev, -in.
const POSSESSIVE: &[&str] = &[
    "", "a", "o", "oj", "og", "oga", "om", "ome", "omu", "u", "i", "e", "ih", "im", "ima", "ata",
    "ite", "oto", "iot", "ski", "ska", "ci", "ce", "cima", "aca",
];

/// The endings of one class, packed and sorted.
pub(crate) struct Class {
    /// Ending of the name as it stands in the list.
    base: u64,
    /// Directly behind the stem; the base form included.
    plain: Vec<u64>,
    /// Behind a hyphen that follows the base form.
    hyphen: Vec<u64>,
}

/// Which endings a word of a name may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tail {
    /// None: a boundary follows.
    Exact,
    /// Anything may follow: scripts without spaces.
    Open,
    /// The next word follows, joined, hyphenated or apart.
    Glue,
    /// Up to four letters.
    Any,
    Masculine,
    ForeignJ,
    Feminine,
    /// A masculine name in -o: Lenovo, Lenova, Lenovov.
    InO,
    /// Capitals: endings behind a hyphen, or directly behind in small letters.
    Acronym,
    /// With digits: endings behind a hyphen only.
    Code,
}

fn possessives(cores: &[&str]) -> Vec<String> {
    cores.iter().flat_map(|core| POSSESSIVE.iter().map(move |end| format!("{core}{end}"))).collect()
}

fn pack(ending: &[u8]) -> u64 {
    ending.iter().rev().fold(0, |packed, &b| (packed << 8) | u64::from(b))
}

fn packed(base: &[&str], cores: &[&str]) -> Vec<u64> {
    let mut all: Vec<u64> = base
        .iter()
        .map(|e| (*e).to_owned())
        .chain(possessives(cores))
        .filter(|ending| ending.len() <= LONGEST)
        .map(|ending| pack(ending.as_bytes()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

static CLASSES: LazyLock<[Class; 6]> = LazyLock::new(|| {
    let behind_hyphen =
        packed(&[FOREIGN, MASCULINE, &["e", "o"]].concat(), &["ov", "ev", "jev", "in", "jin"]);
    let with = |base: &'static str, plain: &[&str], cores: &[&str]| Class {
        base: pack(base.as_bytes()),
        plain: packed(&[plain, &[base]].concat(), cores),
        hyphen: behind_hyphen.clone(),
    };
    [
        with("", &[MASCULINE, MASCULINE_ABROAD].concat(), &["ov", "ev"]),
        with("", &[FOREIGN, FOREIGN_ABROAD].concat(), &["jev", "ov", "ev", "v"]),
        with("a", &[FEMININE, FEMININE_ABROAD].concat(), &["in", "ov"]),
        with("", &["s", "a", "u", "om", "ja", "ju", "jem"], &["ov", "jev"]),
        with(
            "o",
            &[
                "a", "u", "om", "m", "oa", "ou", "oom", "oja", "oju", "ojem", "ot", "onak", "oval",
                "otol", "obol", "orol", "ohoz", "onal", "oban", "ora", "oul", "oului",
            ],
            &["ov", "oov", "ojev", "ev"],
        ),
        with("", &["s"], &[]),
    ]
});

/// The class of endings behind `tail`, if it is one.
pub(crate) fn class(tail: Tail) -> Option<&'static Class> {
    let at = match tail {
        Tail::Masculine => 0,
        Tail::ForeignJ => 1,
        Tail::Feminine => 2,
        Tail::Acronym => 3,
        Tail::InO => 4,
        Tail::Code => 5,
        Tail::Exact | Tail::Open | Tail::Glue | Tail::Any => return None,
    };
    Some(&CLASSES[at])
}

impl Class {
    /// Where a form whose stem ends at `at` ends, endings included; `None`: no such form.
    pub(crate) fn end(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = word_end(text, at)?;
        let ending = pack(&text[at..end]);
        self.plain.binary_search(&ending).ok()?;
        if ending == self.base
            && text.get(end) == Some(&b'-')
            && let Some(behind) = word_end(text, end + 1)
            && self.hyphen.binary_search(&pack(&text[end + 1..behind])).is_ok()
        {
            return Some(behind);
        }
        Some(end)
    }
}

/// Where the word that goes on at `at` ends, if that is near enough for an ending.
fn word_end(text: &[u8], at: usize) -> Option<usize> {
    let ahead = text.get(at..)?;
    let n = ahead.iter().take(LONGEST + 1).take_while(|b| b.is_ascii_alphanumeric()).count();
    (n <= LONGEST).then_some(at + n)
}

/// The class of a name that is written like `word`, when the list names none.
pub(crate) fn by_shape(word: &str) -> Tail {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let lower = word.chars().next().is_some_and(char::is_lowercase);
    if word.chars().any(|c| c.is_ascii_digit()) {
        return Tail::Code;
    }
    if is_acronym(word) {
        return Tail::Acronym;
    }
    let Some(last) = word.chars().last().filter(|c| c.is_alphabetic()) else { return Tail::Exact };
    if lower && letters <= 3 {
        return Tail::Exact;
    }
    match last.to_lowercase().next().unwrap_or(last) {
        'a' if letters > 2 => Tail::Feminine,
        'o' if letters > 3 => Tail::InO,
        'e' | 'i' | 'o' | 'u' | 'y' | 'a' => Tail::ForeignJ,
        _ => Tail::Masculine,
    }
}

/// Capitals only, two to five of them: `ZTE`, `SMIC`.
pub(crate) fn is_acronym(word: &str) -> bool {
    let letters = word.chars().count();
    (2..=5).contains(&letters) && word.chars().all(char::is_uppercase)
}

impl From<Endings> for Tail {
    fn from(endings: Endings) -> Self {
        match endings {
            Endings::Masculine => Self::Masculine,
            Endings::ForeignJ => Self::ForeignJ,
            Endings::Feminine => Self::Feminine,
            Endings::Acronym => Self::Acronym,
            Endings::None => Self::Exact,
        }
    }
}
