//! The normal form of a text, and the way back to the original.
//!
//! Lower case, Serbian Cyrillic in Latin letters, look-alike letters inside words of the other
//! script repaired, marks of letters left out but remembered, quotes and dashes of one kind, and
//! nothing invisible. Folding a folded text changes nothing.

use model::Field;

use crate::letters::{
    NO_MARK, Short, ShortKind, as_cyrillic, as_latin, long, short_table, short_text,
};

/// Zero bytes behind the text, so that eight bytes can be read at any place of it.
pub(crate) const PADDING: usize = 8;
/// What stands between two fields: nothing matches across it.
pub(crate) const BREAK: u8 = b'\n';
/// The longest word whose mixed scripts are repaired, in letters.
const REPAIR_LETTERS: usize = 64;
/// A buffer larger than this is given back after use: the longest item fits twice.
const KEEP_BYTES: usize = 2 << 20;

/// From `out` on, every `step_out` folded bytes come from `step_in` original bytes.
#[derive(Clone, Copy, Debug)]
struct Segment {
    out: u32,
    original: u32,
    step_in: u8,
    step_out: u8,
}

/// Where the last segment leads if it goes on.
#[derive(Clone, Copy, Default)]
struct Run {
    out: u32,
    original: u32,
    step_in: u8,
    step_out: u8,
}

/// The fields of one item in normal form, one behind the other.
#[derive(Default)]
pub(crate) struct Folded {
    /// With `PADDING` at the end once it is [sealed](Self::seal).
    bytes: Vec<u8>,
    len: usize,
    segments: Vec<Segment>,
    run: Run,
    /// Places of letters that carried a caron, acute or bar.
    marks: Vec<u32>,
    /// Where each field begins.
    fields: Vec<(Field, u32)>,
}

/// A place in an original field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) field: Field,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Folded {
    pub(crate) fn clear(&mut self) {
        if self.bytes.capacity() > KEEP_BYTES {
            *self = Self::default();
        }
        self.bytes.clear();
        self.segments.clear();
        self.marks.clear();
        self.fields.clear();
        self.len = 0;
    }

    /// The normal form, without the padding.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The normal form with the padding behind it.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn seal(&mut self) {
        self.len = self.bytes.len();
        self.bytes.resize(self.len + PADDING, 0);
    }

    /// The marks in `start..end`, relative to `start`.
    pub(crate) fn marks(&self, start: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let first = self.marks.partition_point(|&at| (at as usize) < start);
        self.marks[first..]
            .iter()
            .map(|&at| at as usize)
            .take_while(move |&at| at < end)
            .map(move |at| at - start)
    }

    pub(crate) fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Where `start..end` of the normal form lies in its original field: the whole letters that it
    /// came from.
    pub(crate) fn place(&self, start: usize, end: usize) -> Place {
        let field = self.fields.partition_point(|&(_, at)| at as usize <= start);
        let field = self.fields[field.saturating_sub(1)].0;
        let (first, _) = self.letter(start);
        let (_, last) = self.letter(end.saturating_sub(1).max(start));
        Place { field, start: first, end: last }
    }

    /// Where `start..end` of the original `field` lies in the normal form.
    pub(crate) fn range(&self, field: Field, start: usize, end: usize) -> Option<(usize, usize)> {
        let found = self.fields.iter().position(|&(f, _)| f == field)?;
        let from = self.fields[found].1;
        let to = self.fields.get(found + 1).map_or(self.len as u32, |&(_, at)| at - 1);
        let first = self.segments.partition_point(|s| s.out < from);
        let last = self.segments.partition_point(|s| s.out < to);
        let segments = &self.segments[first..last];
        let out = |at: usize| {
            let n = segments.partition_point(|s| s.original as usize <= at).checked_sub(1)?;
            let s = segments[n];
            let steps = (at - s.original as usize) / usize::from(s.step_in.max(1));
            let limit = segments.get(n + 1).map_or(to, |next| next.out) as usize;
            Some((s.out as usize + steps * usize::from(s.step_out)).min(limit))
        };
        let start = out(start).unwrap_or(from as usize);
        let end = out(end)?;
        (start < end).then_some((start, end))
    }

    /// The original bytes of the letter that the folded byte at `at` came from.
    fn letter(&self, at: usize) -> (usize, usize) {
        let found = self.segments.partition_point(|s| s.out as usize <= at).saturating_sub(1);
        let Some(s) = self.segments.get(found) else { return (0, 0) };
        let steps = (at - s.out as usize) / usize::from(s.step_out.max(1));
        let start = s.original as usize + steps * usize::from(s.step_in);
        (start, start + usize::from(s.step_in))
    }

    /// Appends `text` as one more field.
    pub(crate) fn push(&mut self, field: Field, text: &str) {
        if !self.bytes.is_empty() {
            self.bytes.push(BREAK);
        }
        self.fields.push((field, self.bytes.len() as u32));
        self.run = Run::default();
        let original = text.as_bytes();
        self.bytes.reserve(original.len() + PADDING);
        let table = short_table();
        let mut at = 0;
        let mut after_cyrillic = false;
        while at < original.len() {
            let byte = original[at];
            if byte < 0x80 {
                if after_cyrillic && byte.is_ascii_alphabetic() {
                    at = self.repair(text, at, table);
                } else {
                    at = self.ascii(original, at);
                }
                after_cyrillic = false;
            } else if byte < 0xe0 {
                let entry = &table[code_of(byte, original[at + 1])];
                if entry.kind == ShortKind::Cyrillic
                    && at > 0
                    && original[at - 1].is_ascii_alphabetic()
                {
                    at = self.repair(text, at, table);
                    after_cyrillic = false;
                    continue;
                }
                self.short(entry, text, at);
                after_cyrillic = entry.kind == ShortKind::Cyrillic;
                at += 2;
            } else {
                at = self.long(text, at);
                after_cyrillic = false;
            }
        }
    }

    /// Folds the ASCII from `at` on, and returns where it ends.
    #[inline]
    fn ascii(&mut self, original: &[u8], at: usize) -> usize {
        let rest = &original[at..];
        let mut n = 0;
        while let Some(eight) = rest.get(n..n + 8)
            && eight.is_ascii()
        {
            n += 8;
        }
        n += rest[n..].iter().take_while(|b| b.is_ascii()).count();
        self.segments_of(at, 1, 1, n);
        self.bytes.extend(rest[..n].iter().map(|&b| lower(b)));
        at + n
    }

    #[inline]
    fn short(&mut self, entry: &Short, text: &str, at: usize) {
        match entry.kind {
            ShortKind::Copy => {
                self.segments_of(at, 1, 1, 2);
                self.bytes.extend_from_slice(&entry.bytes);
            }
            ShortKind::Combining => self.combine(text, at),
            ShortKind::Long => {
                let c = text[at..].chars().next().unwrap_or_default();
                self.letters(&short_text(c).0, at, 2);
            }
            ShortKind::Cyrillic | ShortKind::Other => {
                if entry.len == 0 {
                    return;
                }
                self.segment(at, 2, entry.len);
                if entry.mark != NO_MARK {
                    self.marks.push((self.bytes.len() + usize::from(entry.mark)) as u32);
                }
                self.bytes.push(entry.bytes[0]);
                if entry.len == 2 {
                    self.bytes.push(entry.bytes[1]);
                }
            }
        }
    }

    /// A caron on c, s, z and an acute on c are the marks of Serbian letters written apart.
    fn combine(&mut self, text: &str, at: usize) {
        let caron = text[at..].starts_with('\u{30c}');
        let acute = text[at..].starts_with('\u{301}');
        let Some(&before) = self.bytes.last() else { return };
        let place = self.bytes.len() as u32 - 1;
        let marks =
            matches!((before, caron, acute), (b'c', _, true) | (b'c' | b's' | b'z', true, _));
        if marks && self.marks.last() != Some(&place) {
            self.marks.push(place);
        }
    }

    /// Folds the character of three or four bytes at `at`, and those of its kind behind it.
    fn long(&mut self, text: &str, at: usize) -> usize {
        let original = text.as_bytes();
        // Ideographs and most other scripts stay as they are.
        let mut end = at;
        while end + 3 <= original.len() && matches!(original[end], 0xe4..=0xee) {
            end += 3;
        }
        if end > at {
            self.segments_of(at, 1, 1, end - at);
            self.bytes.extend_from_slice(&original[at..end]);
            return end;
        }
        let c = text[at..].chars().next().unwrap_or_default();
        let size = c.len_utf8();
        match long(c) {
            None => {
                self.segments_of(at, 1, 1, size);
                self.bytes.extend_from_slice(&original[at..at + size]);
            }
            Some(folded) => self.letters(&folded, at, size as u8),
        }
        at + size
    }

    fn letters(&mut self, folded: &str, at: usize, size: u8) {
        if !folded.is_empty() {
            self.segment(at, size, folded.len() as u8);
            self.bytes.extend_from_slice(folded.as_bytes());
        }
    }

    /// Notes that the next letter, `step_out` bytes, comes from `step_in` bytes at `original`.
    #[inline]
    fn segment(&mut self, original: usize, step_in: u8, step_out: u8) {
        self.segments_of(original, step_in, step_out, 1);
    }

    /// The same for `count` letters of one kind.
    #[inline]
    fn segments_of(&mut self, original: usize, step_in: u8, step_out: u8, count: usize) {
        let (out, original, count) = (self.bytes.len() as u32, original as u32, count as u32);
        let run = self.run;
        if run.out != out
            || run.original != original
            || run.step_in != step_in
            || run.step_out != step_out
        {
            self.segments.push(Segment { out, original, step_in, step_out });
        }
        self.run = Run {
            out: out + count * u32::from(step_out),
            original: original + count * u32::from(step_in),
            step_in,
            step_out,
        };
    }

    /// Folds the word around `at` again, which has letters of both scripts, and returns its end.
    ///
    /// Where the letters that belong to one script only are all of one script, the others are
    /// look-alikes of that script; otherwise every letter is taken for what it is.
    fn repair(&mut self, text: &str, at: usize, table: &[Short]) -> usize {
        let original = text.as_bytes();
        let mut start = at;
        let mut written = 0;
        for _ in 0..REPAIR_LETTERS {
            if start > 0 && original[start - 1].is_ascii_alphabetic() {
                start -= 1;
                written += 1;
            } else if start > 1 && is_cyrillic(original[start - 2], original[start - 1], table) {
                start -= 2;
                written += usize::from(table[code_of(original[start], original[start + 1])].len);
            } else {
                break;
            }
        }
        let mut end = at;
        for _ in 0..REPAIR_LETTERS {
            if end < original.len() && original[end].is_ascii_alphabetic() {
                end += 1;
            } else if end + 1 < original.len()
                && is_cyrillic(original[end], original[end + 1], table)
            {
                end += 2;
            } else {
                break;
            }
        }
        self.truncate(self.bytes.len() - written);
        let word = &text[start..end];
        let latin = word.bytes().any(|b| b.is_ascii() && as_cyrillic(b).is_none());
        let cyrillic = word.chars().any(|c| !c.is_ascii() && as_latin(c).is_none());
        for (offset, c) in word.char_indices() {
            let at = start + offset;
            let repaired = match c {
                _ if latin == cyrillic => None,
                _ if c.is_ascii() && cyrillic => as_cyrillic(c as u8),
                _ if !c.is_ascii() && latin => as_latin(c),
                _ => None,
            };
            match repaired {
                Some(byte) => {
                    self.segment(at, c.len_utf8() as u8, 1);
                    self.bytes.push(byte);
                }
                None if c.is_ascii() => {
                    self.segment(at, 1, 1);
                    self.bytes.push(lower(c as u8));
                }
                None => self.short(&table[c as usize], text, at),
            }
        }
        end
    }

    fn truncate(&mut self, len: usize) {
        self.run = Run::default();
        self.bytes.truncate(len);
        while self.segments.last().is_some_and(|s| s.out as usize >= len) {
            self.segments.pop();
        }
        while self.marks.last().is_some_and(|&at| at as usize >= len) {
            self.marks.pop();
        }
    }
}

/// The code of a character of two bytes.
fn code_of(first: u8, second: u8) -> usize {
    (usize::from(first & 0x1f) << 6) | usize::from(second & 0x3f)
}

fn is_cyrillic(first: u8, second: u8, table: &[Short]) -> bool {
    (0xd0..=0xd4).contains(&first)
        && second & 0xc0 == 0x80
        && table[code_of(first, second)].kind == ShortKind::Cyrillic
}

/// Lower case, and a space for every control character.
fn lower(b: u8) -> u8 {
    let b = if b.is_ascii_uppercase() { b | 0x20 } else { b };
    if b < b' ' { b' ' } else { b }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fold(text: &str) -> String {
        let mut folded = Folded::default();
        folded.push(Field::Title, text);
        folded.seal();
        String::from_utf8(folded.text().to_vec()).unwrap()
    }

    #[test]
    fn both_scripts_have_one_form() {
        for (text, expected) in [
            ("Huawei-јем", "huawei-jem"),
            ("Хуавејем", "huavejem"),
            ("Љубав, Њујорк, Џунгла, Ђорђе, Ћуприја", "ljubav, njujork, dzungla, djordje, cuprija"),
            ("Čvorište ĐURĐEVO", "cvoriste djurdjevo"),
            ("c\u{30c}voris\u{30c}te", "cvoriste"),
            ("5Г мрежа", "5g mreza"),
            ("Тецхнологиес Цхина", "technologies china"),
            ("Yеттел и ЕXИМ", "yettel i exim"),
            ("Hua\u{ad}wei\u{200b}ja", "huaweija"),
            ("Ｈｕａｗｅｉ　５Ｇ", "huawei 5g"),
            ("„Huawei“ i «ZTE»", "\"huawei\" i \"zte\""),
            ("海康威视 華為", "海康威视 華為"),
            ("a\tb\nc", "a b c"),
            ("Citroën, Škoda, ﬁn", "citroen, skoda, fin"),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    #[test]
    fn look_alike_letters_inside_a_word_of_the_other_script_are_repaired() {
        // Cyrillic о and р in a Latin word; Latin c and p in a Cyrillic one.
        for (text, expected) in [
            ("Pоtpredsednik", "potpredsednik"),
            ("Н\u{69}кола", "nikola"),
            ("cрta.rs", "cpta.rs"),
            ("cистем напpедан", "sistem napredan"),
            ("cilјu", "cilju"),
            ("Huaweiјем", "huaweijem"),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    #[test]
    fn places_lead_back_to_whole_letters() {
        let text = "Њ\u{ad}Чери, Huawei";
        let mut folded = Folded::default();
        folded.push(Field::Title, "x");
        folded.push(Field::Summary, text);
        folded.seal();
        let at = |needle: &[u8]| {
            let all = folded.text();
            let start = all.windows(needle.len()).position(|w| w == needle).unwrap();
            let place = folded.place(start, start + needle.len());
            assert_eq!(place.field, Field::Summary);
            &text[place.start..place.end]
        };
        assert_eq!(at(b"nj"), "Њ");
        assert_eq!(at(b"j"), "Њ");
        assert_eq!(at(b"ceri"), "Чери");
        assert_eq!(at(b"huawei"), "Huawei");
    }

    fn texts() -> impl Strategy<Value = String> {
        let letters = prop::sample::select(
            "aBcčĆđĐ žŠ дљЊџерсухВНpcxyw-'\u{ad}\u{30c}\u{301}\u{200b}华為Ａﬁé«„–\u{3000}İßÆя😀\t."
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(letters, 0..60).prop_map(|v| v.into_iter().collect())
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in prop_oneof![texts(), any::<String>()]) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn every_place_slices_the_original(text in prop_oneof![texts(), any::<String>()]) {
            let mut folded = Folded::default();
            folded.push(Field::Title, &text);
            folded.seal();
            let normal = std::str::from_utf8(folded.text()).unwrap();
            for (start, letter) in normal.char_indices() {
                let place = folded.place(start, start + letter.len_utf8());
                prop_assert!(place.start < place.end);
                prop_assert!(text.get(place.start..place.end).is_some());
            }
        }
    }
}
