//! Names and numbers of the calendar: months, zones, years of two digits.

/// After Howard Hinnant's `days_from_civil`: years begin in March, eras have 400 of them.
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Minutes east of Greenwich of a zone that has a name.
pub(super) fn named_zone(name: &str) -> Option<i64> {
    let name = name.trim().trim_end_matches(':').to_ascii_uppercase();
    let hours = match name.as_str() {
        "" | "Z" | "UT" | "UTC" | "GMT" | "WET" | "UCT" | "ZULU" => 0,
        "CET" | "MET" | "MEZ" | "BST" | "WEST" | "WAT" => 1,
        "CEST" | "MEST" | "MESZ" | "EET" | "SAST" | "CAT" => 2,
        "EEST" | "MSK" | "AST+3" | "TRT" | "EAT" => 3,
        "MSD" | "GST" => 4,
        "PKT" | "YEKT" => 5,
        "IST" => return Some(5 * 60 + 30),
        "WIB" | "ICT" => 7,
        "HKT" | "SGT" | "AWST" | "PHT" | "CST+8" => 8,
        "JST" | "KST" => 9,
        "ACST" => return Some(9 * 60 + 30),
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "BRT" | "ART" | "ADT" => -3,
        "NDT" => return Some(-(2 * 60 + 30)),
        "NST" => return Some(-(3 * 60 + 30)),
        "AST" | "EDT" => -4,
        "EST" | "CDT" | "ET" => -5,
        "CST" | "MDT" | "CT" => -6,
        "MST" | "PDT" | "MT" => -7,
        "PST" | "AKDT" | "PT" => -8,
        "AKST" => -9,
        "HST" => -10,
        _ => return None,
    };
    Some(hours * 60)
}

/// RFC 2822 section 4.3: two digits below 50 are of this century.
pub(super) fn full_year(year: i64, digits: usize) -> Option<i64> {
    match (digits, year) {
        (2, 0..50) => Some(2_000 + year),
        (2, _) | (3, _) => Some(1_900 + year),
        (4, _) => Some(year),
        _ => None,
    }
}

/// A month by the beginning of its name in English, Serbian (both scripts), German, French,
/// Spanish, Italian, Portuguese, Dutch, Polish, Czech, Russian, Bulgarian, Greek, Hungarian.
pub(super) fn month(word: &str) -> Option<i64> {
    const BEGINNINGS: [(&[&str], i64); 12] = [
        (
            &[
                "jan", "jän", "janv", "ene", "gen", "led", "sty", "siječ", "јан", "янв", "яну",
                "ιαν",
            ],
            1,
        ),
        (&["feb", "fév", "fev", "únor", "lut", "velj", "феб", "фев", "φεβ"], 2),
        (
            &[
                "mar", "mär", "maer", "mrz", "maart", "mrt", "már", "břez", "ožuj", "мар", "μαρ",
                "μάρ",
            ],
            3,
        ),
        (&["apr", "avr", "abr", "ápr", "dub", "kwi", "trav", "апр", "απρ"], 4),
        (
            &[
                "may", "mai", "maj", "mag", "mei", "máj", "květ", "svib", "мај", "май", "мая",
                "μαι", "μαϊ", "μάι", "μάϊ",
            ],
            5,
        ),
        (
            &[
                "jun", "juin", "giu", "jún", "červn", "cze", "lip", "јун", "июн", "юни", "ιουν",
                "ιούν",
            ],
            6,
        ),
        (&["jul", "juil", "lug", "júl", "červen", "srp", "јул", "июл", "юли", "ιουλ", "ιούλ"], 7),
        (&["aug", "avg", "août", "aout", "ago", "srpn", "sie", "kolov", "авг", "αυγ", "αύγ"], 8),
        (&["sep", "set", "szept", "září", "wrz", "rujn", "сеп", "сен", "σεπ"], 9),
        (&["oct", "okt", "ott", "out", "říj", "paź", "listop", "окт", "οκτ"], 10),
        (&["nov", "nob", "listopada", "studen", "нов", "ноя", "ное", "νοε", "νοέ"], 11),
        (&["dec", "dez", "déc", "dic", "pros", "gru", "dek", "дец", "дек", "δεκ"], 12),
    ];
    if word.chars().count() < 3 {
        return None;
    }
    // Weekdays first: Spanish and Italian ones begin as months do.
    if ["mart", "marti", "martes", "mardi", "martedì", "mer"].contains(&word) && word != "mart" {
        return None;
    }
    let matching =
        BEGINNINGS.iter().flat_map(|(names, month)| names.iter().map(move |name| (name, month)));
    matching
        .filter(|(name, _)| word.starts_with(**name))
        .max_by_key(|(name, _)| name.len())
        .map(|(_, &month)| month)
}
