//! One tender on several portals.

use model::Notice;

use super::changes::squeezed;

/// Letters of a reference below which it tells nothing: `1/26`.
const REFERENCE: usize = 5;

/// Keys that notices of the same tender share, whatever portal they are from: buyer with its own
/// reference; buyer with main CPV code and sum. Never a title alone: towns buy "computers" every
/// year.
pub fn twin_keys(notice: &Notice) -> Vec<String> {
    let Some(buyer) = notice.buyer.as_deref().map(squeezed).filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    let reference = notice.reference.as_deref().map(squeezed);
    if let Some(reference) = reference.filter(|reference| reference.len() >= REFERENCE) {
        keys.push(format!("reference:{buyer}:{reference}"));
    }
    let sum = notice.value.filter(|value| *value > 0.0);
    if let (Some(cpv), Some(sum), Some(currency)) = (notice.cpv.first(), sum, &notice.currency) {
        keys.push(format!("sum:{buyer}:{cpv}:{sum:.2}:{currency}"));
    }
    keys
}

#[cfg(test)]
mod tests {
    use model::Stage;

    use super::*;

    #[test]
    fn the_same_tender_meets_itself_in_another_script() {
        let mut national = Notice::new("1", Stage::Notice);
        national.buyer = Some("Град Ниш".into());
        national.reference = Some("ЈН-12/2026".into());
        let mut ted = Notice::new("2-2026", Stage::Notice);
        ted.buyer = Some("Grad Niš".into());
        ted.reference = Some("JN 12/2026".into());
        assert_eq!(twin_keys(&national), twin_keys(&ted));
        ted.reference = Some("1/26".into());
        assert_eq!(twin_keys(&ted), Vec::<String>::new());
        (ted.value, ted.currency) = (Some(1_000.0), Some("RSD".into()));
        ted.cpv = vec!["32323500".into()];
        assert_eq!(twin_keys(&ted).len(), 1);
        ted.buyer = None;
        assert_eq!(twin_keys(&ted), Vec::<String>::new());
    }
}
