//! What a mistyped word was perhaps meant to be.

/// Longer texts are neither ids nor keys.
const MAX_BYTES: usize = 64;

/// The one of `known` that differs from `word` in the fewest letters, if they are few.
pub(crate) fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if word.len() > MAX_BYTES {
        return None;
    }
    let near = known.into_iter().map(|known| (distance(word, known), known)).min()?;
    (near.0 <= 1 + word.len() / 5).then_some(near.1)
}

/// ": did you mean …?", or nothing.
pub(crate) fn hint<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(word, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default()
}

/// Letters to be changed, added or removed to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_near_and_another_word_is_not() {
        let known = ["huawei", "zte", "nuctech"];
        assert_eq!(nearest("huawey", known), Some("huawei"));
        assert_eq!(nearest("nutech", known), Some("nuctech"));
        assert_eq!(nearest("dahua", known), None);
        assert_eq!(nearest(&"z".repeat(100_000), known), None);
    }
}
