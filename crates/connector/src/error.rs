//! Why a document yielded nothing.

/// Nothing in the document could be used. Variants by what the caller does about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The address answers with something else: the source's address wants checking.
    #[error("not a feed but {what}")]
    NotAFeed {
        /// For example `an HTML page`.
        what: String,
    },
    /// As [`ParseError::NotAFeed`], for the other kinds of source.
    #[error("not {wanted} but {what}")]
    OtherKind {
        /// For example `procurement notices`.
        wanted: &'static str,
        /// For example `an HTML page`.
        what: String,
    },
    /// A workbook, which only a child process with limits opens: hand in its rows instead.
    #[error("a workbook: its rows must be read in a process of its own")]
    Workbook,
    /// Nothing but white space: worth another poll.
    #[error("the document is empty")]
    Empty,
    /// A feed by its beginning, with nothing left to use: worth another poll, then quarantine.
    #[error("the document is damaged: {reason}")]
    Damaged {
        /// What is wrong, and where.
        reason: String,
    },
    /// Built to harm or broken beyond use: quarantine, nothing to repeat.
    #[error("the document is nested deeper than {limit} levels")]
    TooDeep {
        /// The deepest nesting that is read.
        limit: usize,
    },
}
