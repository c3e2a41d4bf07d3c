//! What every run needs, handed in once.

use std::sync::Arc;

use fetch::Fetcher;
use store::Store;
use tagger::Tagger;

use crate::{Clock, Settings};

/// The parts that a run works with. Cheap to clone; a reload makes a new one over the same store.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    pub fetcher: Fetcher,
    pub tagger: Tagger,
    pub settings: Arc<Settings>,
    pub clock: Arc<dyn Clock>,
}
