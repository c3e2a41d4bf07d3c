//! Scripted hosts against the real pipeline, in virtual time: two days take a moment, and the same
//! file always gives the same verdicts.
//!
//! A scenario says what a host answers and what must be seen in its log. The daemon's own code
//! (`pipeline::watch`, the fetcher, the store in memory) asks an origin in the same process over a
//! Unix socket, as real HTTP. The format is in `FORMAT.md` beside the scenarios.

mod check;
mod format;
mod origin;
mod time;
mod value;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use format::{File, Scenario};

/// What a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub id: String,
    pub title: String,
    /// What did not hold; none: it passed.
    pub failures: Vec<String>,
    /// The log of the host, a line per request, for the one who looks into a failure.
    pub log: Vec<String>,
}

impl Verdict {
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every scenario of a file, in its order.
pub fn run(file: &File) -> Vec<Verdict> {
    file.scenarios.iter().map(|scenario| run_one(file, scenario)).collect()
}

/// Runs one scenario in a runtime of its own. A panic is a verdict as well.
pub fn run_one(file: &File, scenario: &Scenario) -> Verdict {
    if let Some(mistake) = &scenario.mistake {
        let failures = vec![format!("could not be read: {mistake}")];
        let (id, title) = (scenario.id.clone(), scenario.title.clone());
        return Verdict { id, title, failures, log: Vec::new() };
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| world::play(file, scenario)));
    let (failures, log) = match outcome {
        Ok(Ok(seen)) => (check::failures(scenario, &seen), seen.lines()),
        Ok(Err(error)) => (vec![format!("could not be played: {error:#}")], Vec::new()),
        Err(_) => (vec!["it panicked".into()], Vec::new()),
    };
    Verdict { id: scenario.id.clone(), title: scenario.title.clone(), failures, log }
}
