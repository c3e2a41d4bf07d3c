//! Words: stepping over them in the normal form, and numbers written in them.

use super::Source;
use super::number::Value;

/// The longest word that is looked at, in bytes.
const MAX_WORD: usize = 24;
/// Spaces between two words of one amount.
const MAX_SPACES: usize = 2;
/// Words of one number.
const MAX_NUMBER_WORDS: usize = 4;

/// Where the letters that begin at `at` end.
pub(super) fn letters_end(text: &[u8], at: usize) -> usize {
    let ahead = text.get(at..).unwrap_or_default();
    at + ahead.iter().take(MAX_WORD).take_while(|b| b.is_ascii_alphabetic()).count()
}

/// Behind the spaces, or the one hyphen, at `at`.
pub(super) fn skip_gap(text: &[u8], at: usize) -> usize {
    let ahead = text.get(at..).unwrap_or_default();
    if ahead.first() == Some(&b'-') {
        return at + 1;
    }
    at + ahead.iter().take(MAX_SPACES).take_while(|b| **b == b' ').count()
}

/// The word that ends before the gap before `at`: its start and end. Letters and digits.
pub(super) fn word_before(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let before = &text[..at];
    let spaces = before.iter().rev().take(MAX_SPACES).take_while(|b| **b == b' ').count();
    let end = if spaces == 0 && before.last() == Some(&b'-') { at - 1 } else { at - spaces };
    if end == at {
        return None;
    }
    let length = text[..end]
        .iter()
        .rev()
        .take(MAX_WORD)
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'\'')
        .count();
    (length > 0).then_some((end - length, end))
}

/// A number word and what it is worth; `marked` where a letter of it carries a mark.
fn worth(word: &[u8], marked: bool) -> Option<u64> {
    Some(match word {
        b"one" | b"jedan" | b"jedna" | b"jednu" | b"jednog" | b"jedne" => 1,
        b"two" | b"dva" | b"dve" | b"dvije" => 2,
        b"three" | b"tri" => 3,
        b"four" | b"cetiri" => 4,
        b"five" | b"pet" => 5,
        b"six" | b"sest" => 6,
        b"seven" | b"sedam" => 7,
        b"eight" | b"osam" => 8,
        b"nine" | b"devet" => 9,
        b"ten" | b"deset" => 10,
        b"eleven" | b"jedanaest" => 11,
        b"twelve" | b"dvanaest" => 12,
        b"thirteen" | b"trinaest" => 13,
        b"fourteen" | b"cetrnaest" => 14,
        b"fifteen" | b"petnaest" => 15,
        b"sixteen" | b"sesnaest" => 16,
        b"seventeen" | b"sedamnaest" => 17,
        b"eighteen" | b"osamnaest" => 18,
        b"nineteen" | b"devetnaest" => 19,
        b"twenty" | b"dvadeset" => 20,
        b"thirty" | b"trideset" => 30,
        b"forty" | b"cetrdeset" => 40,
        b"fifty" | b"pedeset" => 50,
        b"sixty" | b"sezdeset" => 60,
        b"seventy" | b"sedamdeset" => 70,
        b"eighty" | b"osamdeset" => 80,
        b"ninety" | b"devedeset" => 90,
        // `što` is another word.
        b"sto" if !marked => 100,
        b"stotinu" => 100,
        b"dvesta" | b"dvesto" | b"dvjesto" | b"dvjesta" => 200,
        b"trista" | b"tristo" => 300,
        b"petsto" => 500,
        _ => return None,
    })
}

/// The number in words that ends before `at`, and where it begins: `dva i po`, `two hundred`,
/// `half a`, `dvadeset pet`.
pub(super) fn number_before(source: &Source<'_>, at: usize) -> Option<(usize, Value)> {
    let text = source.bytes();
    let (mut start, mut end) = word_before(text, at)?;
    let mut half = false;
    match &text[start..end] {
        b"pola" => return Some((start, Value::half())),
        b"a" => {
            return match word_before(text, start) {
                Some((half, end)) if &text[half..end] == b"half" => Some((half, Value::half())),
                _ => Some((start, Value::whole(1))),
            };
        }
        b"po" => {
            let (and, and_end) = word_before(text, start)?;
            (start, end) = word_before(text, and).filter(|_| &text[and..and_end] == b"i")?;
            half = true;
        }
        _ => {}
    }
    let mut found: Option<usize> = None;
    let (mut sum, mut hundreds) = (0, 1);
    for _ in 0..MAX_NUMBER_WORDS {
        if &text[start..end] == b"hundred" {
            hundreds = 100;
        } else if let Some(worth) = worth(&text[start..end], source.is_marked(start, end)) {
            sum += worth * hundreds;
            hundreds = 1;
        } else {
            break;
        }
        found = Some(start);
        match word_before(text, start) {
            Some(word) => (start, end) = word,
            None => break,
        }
    }
    let value = Value::whole(if hundreds == 100 { sum + 100 } else { sum });
    found.map(|start| (start, if half { value.plus_half() } else { value }))
}
