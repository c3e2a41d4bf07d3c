//! Which source an id means, among as many as there may be.

use model::SourceId;

use crate::{Settings, Source};

impl Settings {
    /// The configured source of this id, on or off.
    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        debug_assert!(
            self.sources.len() > MAX_CHECKED || self.sources.is_sorted_by(|a, b| a.id < b.id),
            "sources stand in the order of their ids"
        );
        let at = self.sources.binary_search_by(|source| source.id.cmp(id)).ok()?;
        Some(&self.sources[at])
    }
}

/// Beyond so many sources even a debug build takes their order for granted.
const MAX_CHECKED: usize = 100;

#[cfg(test)]
mod tests {
    use crate::testing::{context, source};

    #[test]
    fn every_source_is_found_by_its_id_and_no_other() {
        // The order of ids is that of their letters: `s10` stands before `s9`.
        let mut sources: Vec<_> = (0..200).map(|n| source(&format!("s{n}"))).collect();
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        let (cx, _) = context(sources);
        for n in 0..200 {
            let id = format!("s{n}").parse().unwrap();
            assert_eq!(cx.settings.source(&id).map(|found| &found.id), Some(&id));
        }
        for absent in ["a", "s", "s1990", "s200", "z"] {
            assert!(cx.settings.source(&absent.parse().unwrap()).is_none(), "{absent}");
        }
    }
}
