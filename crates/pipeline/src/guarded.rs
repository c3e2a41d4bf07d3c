//! A run that panics is an attempt like any other: written down, counted, tried again (R16).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tracing::error;

use crate::decide::Report;
use crate::outcome::{Outcome, Transport};
use crate::run::{RunError, run_source, store_outcome};
use crate::{Context, Source};

/// [`run_source`], with its panics as outcomes. Whatever the run had not committed is lost with it;
/// its validators did not move, so that the next poll brings the document again.
pub(crate) async fn run_guarded(cx: &Context, source: &Arc<Source>) -> Result<Report, RunError> {
    let began = Instant::now();
    match AssertUnwindSafe(run_source(cx, source)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            let said = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            error!(source.id = %source.id, error = said, "a run panicked");
            let error = "the run panicked: this is a bug of stackwatch".to_owned();
            let outcome = Outcome::Panicked { error, transport: Transport::default() };
            store_outcome(cx, source, outcome, began).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use model::{OutcomeKind, Timestamp};
    use store::{Range, tables};
    use testkit::Origin;

    use super::*;
    use crate::Clock;
    use crate::testing::{context, source, start};

    /// The time is asked for while a run is planned, far behind the reader.
    struct Panics(AtomicBool);

    impl Clock for Panics {
        fn now(&self) -> Timestamp {
            assert!(!self.0.swap(false, Ordering::SeqCst), "a mistake in the middle of a run");
            start()
        }
    }

    #[tokio::test]
    async fn a_panic_behind_the_reader_leaves_an_attempt_and_the_document_comes_again() {
        let origin = Origin::start();
        let item = "<item><guid>g</guid><title>Nuctech u luci</title></item>";
        origin.serve("/f", format!("<rss version=\"2.0\"><channel>{item}</channel></rss>"));
        let url = origin.url("/f").parse().unwrap();
        let source = Arc::new(Source { url, ..source("a") });
        let (mut cx, _clock) = context(vec![]);
        cx.clock = Arc::new(Panics(AtomicBool::new(true)));
        let report = run_guarded(&cx, &source).await.unwrap();
        assert_eq!(report.outcome, OutcomeKind::Panicked);
        let attempts = cx.store.page(Range::<tables::Attempts>::all(), 9).unwrap();
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].1.outcome, OutcomeKind::Panicked);
        assert!(attempts[0].1.error.as_ref().unwrap().contains("panicked"));
        let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
        assert_eq!((state.failures, state.last_success), (1, None));
        assert_eq!(cx.store.page(Range::<tables::Blindness>::all(), 9).unwrap().len(), 1);

        let report = run_guarded(&cx, &source).await.unwrap();
        assert_eq!((report.outcome, report.counts.new), (OutcomeKind::Parsed, 1));
    }
}
