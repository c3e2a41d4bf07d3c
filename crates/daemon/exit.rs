//! How the program ends: a code that scripts can rely on, and one clear message.

use std::fmt;
use std::process::ExitCode;

/// Why a command did not end well.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    error: anyhow::Error,
}

pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    /// Nothing usable, or problems found.
    pub(crate) fn found(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 1, error: error.into() }
    }
    /// Bad arguments or configuration (`EX_USAGE` of sysexits).
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 64, error: error.into() }
    }
    /// The store or a file (`EX_IOERR` of sysexits).
    pub(crate) fn io(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 74, error: error.into() }
    }
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", model::terminal_safe(&format!("{:#}", self.error)))
    }
}

/// A message without a cause.
#[macro_export]
macro_rules! because {
    ($($text:tt)*) => { anyhow::anyhow!($($text)*) };
}
