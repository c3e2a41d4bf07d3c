//! What had to be repaired, cut or left out, with its place. Bounded: repairs are counted by kind,
//! and the list of problems ends at a limit.

use model::Problem;

/// Problems of one document that are told one by one.
const PROBLEMS: usize = 200;

/// A kind of damage that reading goes around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    BareLess,
    BareAmpersand,
    OpenTag,
    OpenQuote,
    OpenComment,
    OpenCData,
    UnclosedElement,
    StrayEnd,
    UndeclaredPrefix,
    ControlCharacter,
    JunkBeforeRoot,
    UnclosedTail,
}

const KINDS: usize = 12;

impl Repair {
    fn reason(self) -> &'static str {
        match self {
            Self::BareLess => "a `<` that begins no tag was taken as text",
            Self::BareAmpersand => "a `&` that begins no known reference was taken as text",
            Self::OpenTag => "a tag without its `>` was closed",
            Self::OpenQuote => "an attribute without its closing quote was closed",
            Self::OpenComment => "a comment without its end was skipped up to the next `>`",
            Self::OpenCData => "a CDATA section without its end was read up to the end",
            Self::UnclosedElement => "an element without its end tag was closed",
            Self::StrayEnd => "an end tag that closes nothing was skipped",
            Self::UndeclaredPrefix => "a namespace prefix that is not declared was taken as usual",
            Self::ControlCharacter => "control characters were dropped",
            Self::JunkBeforeRoot => "what stands before the root was skipped",
            Self::UnclosedTail => "the document ends in the middle",
        }
    }
}

/// The problems of one document.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    /// For each kind: the place of the first one in bytes, and how many.
    kinds: [Option<(usize, usize)>; KINDS],
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Repairs {
    /// A repair at byte `at` of the text.
    pub(crate) fn note(&mut self, repair: Repair, at: usize) {
        let slot = &mut self.kinds[repair as usize];
        match slot {
            Some((_, count)) => *count += 1,
            None => *slot = Some((at, 1)),
        }
    }

    pub(crate) fn list(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        if self.listed.len() < PROBLEMS {
            self.listed.push(Problem { at: at.into(), reason: reason.into() });
        } else {
            self.unlisted += 1;
        }
    }

    /// All of them, repairs first with the line of their first place in `text`.
    pub(crate) fn finish(self, text: &str) -> Vec<Problem> {
        let mut kinds: Vec<_> = ALL
            .into_iter()
            .filter_map(|kind| self.kinds[kind as usize].map(|(at, n)| (at, kind, n)))
            .collect();
        kinds.sort_by_key(|&(at, kind, _)| (at, kind as usize));
        let (mut line, mut counted) = (1, 0);
        let mut problems = Vec::new();
        for (at, kind, count) in kinds {
            let upto = text.as_bytes().get(counted..at).unwrap_or_default();
            line += upto.iter().filter(|&&byte| byte == b'\n').count();
            counted = counted.max(at);
            let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
            let reason = format!("{}{times}", kind.reason());
            problems.push(Problem { at: format!("line {line}"), reason });
        }
        problems.extend(self.listed);
        if self.unlisted > 0 {
            let reason = format!("{} more problems", self.unlisted);
            problems.push(Problem { at: "document".into(), reason });
        }
        problems
    }
}

const ALL: [Repair; KINDS] = [
    Repair::BareLess,
    Repair::BareAmpersand,
    Repair::OpenTag,
    Repair::OpenQuote,
    Repair::OpenComment,
    Repair::OpenCData,
    Repair::UnclosedElement,
    Repair::StrayEnd,
    Repair::UndeclaredPrefix,
    Repair::ControlCharacter,
    Repair::JunkBeforeRoot,
    Repair::UnclosedTail,
];
