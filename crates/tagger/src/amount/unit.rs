//! The words for scales, currencies and counted devices, in normal form.

use super::Cue;

/// Which language a scale word is of: it says what a point and a comma are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `1.234` is one and a bit.
    English,
    /// `1,234` is one and a bit.
    Balkan,
}

/// A scale: a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) power: u32,
    pub(crate) style: Style,
    /// The word alone is one of them: `milion`, `milijardu`.
    pub(crate) is_one: bool,
}

/// The scale that `word` is; `attached` to the digits (`3m`, `500k`).
pub(crate) fn scale(word: &[u8], attached: bool) -> Option<Scale> {
    use Style::{Balkan, English};
    let one = |power, style| Some(Scale { power, style, is_one: true });
    let many = |power, style| Some(Scale { power, style, is_one: false });
    match word {
        b"m" | b"b" | b"k" if !attached => None,
        b"k" | b"thousand" => many(3, English),
        b"m" | b"mn" | b"million" | b"millions" => many(6, English),
        b"b" | b"bn" | b"billion" | b"billions" => many(9, English),
        b"tn" | b"trillion" | b"trillions" => many(12, English),
        b"hiljadu" | b"tisucu" | b"iljada" => one(3, Balkan),
        b"hilj" | b"tis" | b"hiljada" | b"hiljade" | b"tisuca" | b"tisuce" | b"iljadi" => {
            many(3, Balkan)
        }
        b"milion" | b"milijun" => one(6, Balkan),
        b"mil" | b"mln" | b"mio" | b"miliona" | b"milioni" | b"milijuna" | b"milijuni"
        | b"milione" | b"milijune" | b"milionima" => many(6, Balkan),
        b"milijardu" | b"milijarda" => one(9, Balkan),
        b"mlrd" | b"mird" | b"milijarde" | b"milijardi" | b"milijardama" => many(9, Balkan),
        b"bilion" => one(12, Balkan),
        b"biliona" => many(12, Balkan),
        _ => None,
    }
}

/// A currency; `weak`: the word means other things too, so that a scale must stand before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Currency {
    pub(crate) unit: &'static str,
    pub(crate) weak: bool,
}

/// Beginnings of the words for a currency, the letters that may follow, and what it is.
const CURRENCIES: &[(&str, &[&str], &str, bool)] = &[
    ("evr", &["a", "o", "e", "i", "u", "ima"], "eur", false),
    ("eur", &["", "a", "o", "os", "e", "i", "u", "ima"], "eur", false),
    ("dolar", &["", "a", "i", "e", "u", "ima"], "usd", false),
    ("dollar", &["", "s"], "usd", false),
    ("usd", &[""], "usd", false),
    ("dinar", &["", "a", "i", "e", "s", "ima"], "rsd", false),
    ("rsd", &[""], "rsd", false),
    ("din", &[""], "rsd", false),
    ("juan", &["", "a", "i", "ima"], "cny", false),
    ("yuan", &["", "s"], "cny", false),
    ("renminbi", &["", "ja"], "cny", false),
    ("rmb", &[""], "cny", false),
    ("cny", &[""], "cny", false),
    ("bam", &[""], "bam", false),
    ("marak", &["a"], "bam", false),
    ("maraka", &[""], "bam", false),
    ("denar", &["", "a", "i", "s"], "mkd", false),
    ("mkd", &[""], "mkd", false),
    ("forint", &["", "a", "i", "s"], "huf", false),
    ("huf", &[""], "huf", false),
    ("funti", &["", "ma"], "gbp", false),
    ("pound", &["s"], "gbp", true),
    ("gbp", &[""], "gbp", false),
    ("franak", &["a"], "chf", false),
    ("franc", &["s"], "chf", false),
    ("chf", &[""], "chf", false),
    ("kun", &["a", "e"], "hrk", false),
    ("hrk", &[""], "hrk", false),
    ("rubl", &["i", "e", "es"], "rub", false),
    ("rubalja", &[""], "rub", false),
    ("leva", &[""], "bgn", true),
    ("leka", &[""], "all", true),
    ("lek", &["", "e"], "all", true),
    ("yen", &[""], "jpy", false),
    ("jena", &[""], "jpy", true),
    ("zlot", &["a", "i", "ih", "ys"], "pln", false),
    ("lira", &["", "s"], "try", true),
];

/// The currency that `word` is; `km`, the Bosnian mark, is also the kilometre and asked for apart.
pub(crate) fn currency(word: &[u8]) -> Option<Currency> {
    let named = |&&(stem, endings, ..): &&(&str, &[&str], &str, bool)| {
        let ending = word.strip_prefix(stem.as_bytes());
        ending.is_some_and(|ending| endings.iter().any(|e| e.as_bytes() == ending))
    };
    let &(.., unit, weak) = CURRENCIES.iter().find(named)?;
    Some(Currency { unit, weak })
}

/// Whose currency it is: may stand before it.
pub(crate) fn is_adjective(word: &[u8]) -> bool {
    let stems: [&[u8]; 8] = [
        b"americk",
        b"konvertibiln",
        b"kinesk",
        b"svajcarsk",
        b"us",
        b"chinese",
        b"serbian",
        b"srpsk",
    ];
    stems.iter().any(|stem| word.starts_with(stem)) && (word.len() > 4 || word == b"us")
}

/// The sign at the beginning of `text`, and its length.
pub(crate) fn sign(text: &[u8]) -> Option<(&'static str, usize)> {
    let signs = [("$", "usd"), ("€", "eur"), ("£", "gbp"), ("¥", "cny")];
    signs
        .iter()
        .find_map(|(sign, unit)| text.starts_with(sign.as_bytes()).then_some((*unit, sign.len())))
}

/// The currency whose sign or code ends where `text` ends, and its length.
pub(crate) fn prefix(text: &[u8]) -> Option<(&'static str, usize)> {
    const SIGNS: &[(&str, &str)] = &[
        ("us$", "usd"),
        ("hk$", "hkd"),
        ("nt$", "twd"),
        ("a$", "aud"),
        ("c$", "cad"),
        ("s$", "sgd"),
        ("$", "usd"),
        ("€", "eur"),
        ("£", "gbp"),
        ("¥", "cny"),
        ("usd", "usd"),
        ("eur", "eur"),
        ("rsd", "rsd"),
        ("rmb", "cny"),
        ("cny", "cny"),
        ("gbp", "gbp"),
        ("chf", "chf"),
        ("bam", "bam"),
        ("mkd", "mkd"),
        ("huf", "huf"),
        ("人民币", "cny"),
        ("人民幣", "cny"),
    ];
    let (sign, unit) = SIGNS.iter().find(|(sign, _)| {
        text.strip_suffix(sign.as_bytes()).is_some_and(|before| {
            !sign.as_bytes()[0].is_ascii_alphabetic()
                || before.last().is_none_or(|b| !b.is_ascii_alphanumeric())
        })
    })?;
    Some((*unit, sign.len()))
}

/// Every unit that an amount may have: currencies by their ISO 4217 code, then devices.
pub(crate) const UNITS: &[&str] = &[
    "eur",
    "usd",
    "rsd",
    "cny",
    "bam",
    "mkd",
    "huf",
    "gbp",
    "chf",
    "hrk",
    "rub",
    "bgn",
    "all",
    "jpy",
    "pln",
    "try",
    "hkd",
    "twd",
    "aud",
    "cad",
    "sgd",
    "cameras",
    "drones",
    "scanners",
    "base-stations",
    "phones",
    "laptops",
    "tablets",
    "routers",
    "robots",
    "servers",
    "electric-buses",
    "whiteboards",
    "locations",
];

/// Currencies have three letters.
pub(crate) fn is_currency(unit: &str) -> bool {
    unit.len() == 3
}

/// Words that amounts are found by, besides digits.
pub(crate) const CUES: &[(&str, Cue)] = &[
    ("milion*", Cue::Scale),
    ("milijun*", Cue::Scale),
    ("milijard*", Cue::Scale),
    ("million*", Cue::Scale),
    ("billion*", Cue::Scale),
    ("hiljadu", Cue::Scale),
    ("kamera", Cue::Device("cameras")),
    ("kamere", Cue::Device("cameras")),
    ("kamerama", Cue::Device("cameras")),
    ("kameri", Cue::Device("cameras")),
    ("cameras", Cue::Device("cameras")),
    ("摄像头", Cue::Device("cameras")),
    ("摄像机", Cue::Device("cameras")),
    ("监控探头", Cue::Device("cameras")),
    ("dron*", Cue::Device("drones")),
    ("dronovima", Cue::Device("drones")),
    ("drones", Cue::Device("drones")),
    ("UAVs", Cue::Device("drones")),
    ("bespilotn* letelic*", Cue::Device("drones")),
    ("bespilotn* letjelic*", Cue::Device("drones")),
    ("bespilotn* letal*", Cue::Device("drones")),
    ("unmanned aerial vehicles", Cue::Device("drones")),
    ("无人机", Cue::Device("drones")),
    ("skener*", Cue::Device("scanners")),
    ("scanners", Cue::Device("scanners")),
    ("安检机", Cue::Device("scanners")),
    ("bazn* stanic*", Cue::Device("base-stations")),
    ("base stations", Cue::Device("base-stations")),
    ("基站", Cue::Device("base-stations")),
    ("pametn* telefon*", Cue::Device("phones")),
    ("telefona", Cue::Device("phones")),
    ("smartphones", Cue::Device("phones")),
    ("phones", Cue::Device("phones")),
    ("laptopov*", Cue::Device("laptops")),
    ("laptopa", Cue::Device("laptops")),
    ("laptops", Cue::Device("laptops")),
    ("tableta", Cue::Device("tablets")),
    ("tablets", Cue::Device("tablets")),
    ("ruter*", Cue::Device("routers")),
    ("routers", Cue::Device("routers")),
    ("robota", Cue::Device("robots")),
    ("robots", Cue::Device("robots")),
    ("机器人", Cue::Device("robots")),
    ("servera", Cue::Device("servers")),
    ("servers", Cue::Device("servers")),
    ("服务器", Cue::Device("servers")),
    ("električn* autobus*", Cue::Device("electric-buses")),
    ("electric buses", Cue::Device("electric-buses")),
    ("pametn* tabl*", Cue::Device("whiteboards")),
    ("interaktivn* tabl*", Cue::Device("whiteboards")),
    ("lokacij*", Cue::Device("locations")),
    ("locations", Cue::Device("locations")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_that_is_found_can_be_asked_for() {
        let of_cues = CUES.iter().filter_map(|(_, cue)| match cue {
            Cue::Device(unit) => Some(*unit),
            Cue::Scale => None,
        });
        for unit in of_cues.chain(CURRENCIES.iter().map(|currency| currency.2)) {
            assert!(UNITS.contains(&unit), "{unit}");
        }
    }
}
