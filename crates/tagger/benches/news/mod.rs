//! Texts and names for the benches: the same in every run.
#![allow(dead_code, reason = "each bench takes what it needs")]

/// The same numbers in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<'a>(&mut self, of: &'a [String]) -> &'a str {
        &of[self.below(of.len())]
    }

    /// A place in a list of `len` words, the first ones far more often: as words are used.
    fn ranked(&mut self, len: usize) -> usize {
        let unit = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (((len as f64 + 3.0).powf(unit) * 3.0_f64.powf(1.0 - unit)) as usize - 3).min(len - 1)
    }
}

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    English,
    Serbian,
    Cyrillic,
    Chinese,
    /// English 45 %, Serbian 22 %, Cyrillic 18 %, Chinese 15 % of the bytes.
    Mix,
}

const ENGLISH: &str = "the of to and in that is was for on with said as by it at from are has be \
    have an which would been will but its this were their who not they more had about new one or \
    after government minister network company equipment contract million report city camera public \
    tender agency officials software data security between foreign technology during against police";
const ENGLISH_PARTS: &str = "com con pro re de in ex sub inter trans per tion ment ing er est ance \
    ed ly al ous ic ive ate ter port form ver duc spec vis pos tract gov serv cap net work tech tel \
    sur chin bel mar lin nov pre dis un";
const SERBIAN: &str = "je da se na i u za su od sa koji će kao što iz ali ili bi to biti ne po do \
    kako samo više već nije juče vlada ministarstvo nabaviti opremu mrežu ugovor vredan miliona \
    dinara građani Beogradu kažu nadležni škole žele kompanija sedištem izveštaj đaci podataka čeka \
    između država tržište rešenje saopštila Srbija područje";
const SERBIAN_PARTS: &str = "pre pro na po za do iz raz pod nad sa u o ministar vlad grad rad kup \
    nov sed škol žen čest đak ćer stan kom mir slav vid nik ović ost nje ment cija ski ška čki ima \
    ama ati iti uje ava eno ano dan ric tel mar bel lin gor";
const CHINESE: &str = "的是在和了有为不中国人这上大个我以要他时来用们生到作地于出就分对成会可主\
    发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起\
    小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间\
    样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最";

/// Lower-case Serbian Latin in Cyrillic letters; the capitals of the words above as well.
fn in_cyrillic(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let pair = match (c, letters.peek()) {
            ('l', Some('j')) => Some('љ'),
            ('n', Some('j')) => Some('њ'),
            ('d', Some('ž')) => Some('џ'),
            _ => None,
        };
        if pair.is_some() {
            letters.next();
        }
        let latin = "abvgdđežzijklmnoprstćufhcčšBS";
        let cyrillic = "абвгдђежзијклмнопрстћуфхцчшБС";
        let same = latin.chars().position(|l| l == c).and_then(|n| cyrillic.chars().nth(n));
        out.push(pair.or(same).unwrap_or(c));
    }
    out
}

/// Words of a language, the common ones first.
fn vocabulary(common: &str, parts: &str) -> Vec<String> {
    let mut numbers = Numbers(0x0b5e);
    let parts: Vec<String> = parts.split_whitespace().map(str::to_owned).collect();
    let mut words: Vec<String> = common.split_whitespace().map(str::to_owned).collect();
    while words.len() < 6_000 {
        let count = numbers.below(3) + 2;
        words.push((0..count).map(|_| numbers.pick(&parts)).collect());
    }
    words
}

fn ideographs() -> Vec<String> {
    CHINESE.chars().filter(|c| !c.is_whitespace()).map(String::from).collect()
}

/// Items like those of news sites, 400 to 4,000 bytes each, `bytes` in all, with one of `names` in
/// about every fifty words.
pub(crate) fn items(script: Script, names: &[String], bytes: usize) -> Vec<String> {
    let english = vocabulary(ENGLISH, ENGLISH_PARTS);
    let serbian = vocabulary(SERBIAN, SERBIAN_PARTS);
    let cyrillic: Vec<String> = serbian.iter().map(|w| in_cyrillic(w)).collect();
    let chinese = ideographs();
    let mut numbers = Numbers(0x5eed);
    let mut items = Vec::new();
    let mut left = bytes;
    while left > 0 {
        let of = match script {
            Script::Mix => match numbers.below(100) {
                0..45 => Script::English,
                45..67 => Script::Serbian,
                67..85 => Script::Cyrillic,
                _ => Script::Chinese,
            },
            script => script,
        };
        let size = (400 + numbers.below(3_600)).min(left);
        let mut text = String::with_capacity(size + 128);
        while text.len() < size {
            let words = 6 + numbers.below(16);
            for n in 0..words {
                let word = match of {
                    Script::English => &english[numbers.ranked(english.len())],
                    Script::Serbian => &serbian[numbers.ranked(serbian.len())],
                    Script::Cyrillic => &cyrillic[numbers.ranked(cyrillic.len())],
                    Script::Chinese | Script::Mix => &chinese[numbers.ranked(chinese.len())],
                };
                text.push_str(word);
                match of {
                    Script::Chinese | Script::Mix if n % 12 == 11 => text.push('，'),
                    Script::Chinese | Script::Mix => {}
                    _ if n % 9 == 8 => text.push_str(", "),
                    _ => text.push(' '),
                }
            }
            if numbers.below(4) == 0 && !names.is_empty() {
                let name = numbers.pick(names);
                text.push_str(&if of == Script::Cyrillic {
                    in_cyrillic(name)
                } else {
                    name.into()
                });
            }
            text.push_str(match (of, numbers.below(6)) {
                (Script::Chinese, _) => "。",
                (Script::English, 0) => "” – ",
                (_, 0) => "“, ",
                (_, 1) => ".\n",
                _ => ". ",
            });
        }
        left = left.saturating_sub(text.len());
        items.push(text);
    }
    items
}

/// Names that look like names: three syllables to five, one in four of two words, one in six in
/// Chinese characters.
pub(crate) fn names(count: usize) -> Vec<String> {
    let syllables: Vec<String> =
        "hua wei tek no lin zhu mar kon da vis sun ro bel gra tran sin op ti ka net ki tel gu fen \
         gor pro chin mob com inter tech sur"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
    let chinese = ideographs();
    let mut numbers = Numbers(0xbead);
    let mut names = std::collections::BTreeSet::new();
    while names.len() < count {
        let mut name = String::new();
        if numbers.below(6) == 0 {
            for _ in 0..numbers.below(2) + 3 {
                name.push_str(numbers.pick(&chinese));
            }
        } else {
            for _ in 0..numbers.below(3) + 3 {
                name.push_str(numbers.pick(&syllables));
            }
            if numbers.below(4) == 0 {
                name.push(' ');
                name.push_str(numbers.pick(&syllables));
                name.push_str(numbers.pick(&syllables));
            }
        }
        names.insert(name);
    }
    names.into_iter().collect()
}
