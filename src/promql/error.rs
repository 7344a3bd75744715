//! What can be wrong with a query, and where in its text. Uses `series`.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::series::printable;

/// A query that could not be parsed or evaluated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct Error {
    /// What is wrong.
    pub reason: Reason,
    place: Option<Span>,
}

/// What is wrong with a query, in words that end with what to do where that is not obvious.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The text is longer than is accepted.
    #[error("query has {bytes} bytes, at most {limit} are accepted")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is accepted.
        limit: usize,
    },
    /// Brackets are nested deeper than is accepted.
    #[error("query nests brackets more than {limit} deep")]
    TooDeep {
        /// What is accepted.
        limit: usize,
    },
    /// More operators than are accepted.
    #[error("query has more than {limit} operators")]
    TooManyOperators {
        /// What is accepted.
        limit: usize,
    },
    /// Not PromQL.
    #[error("{0}")]
    Syntax(String),
    /// PromQL whose parts do not fit together.
    #[error("{0}")]
    Type(String),
    /// A part of PromQL that is left out here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A value with which the function or aggregation cannot work.
    #[error("{0}")]
    Argument(String),
    /// Series on both sides of an operator that cannot be paired one to one (or one to many).
    #[error("{0}")]
    Matching(String),
    /// Two series of the result have the same labels at the same time.
    #[error("vector cannot contain metrics with the same labelset: {0} appears twice")]
    Duplicate(String),
    /// The query reads more than the budget allows.
    #[error("query reads more than {limit} samples; narrow its selectors or its time range")]
    TooManySamples {
        /// The budget.
        limit: usize,
    },
    /// The query computes more values than the budget allows.
    #[error("query computes more than {limit} values; narrow its selectors or take longer steps")]
    TooManyValues {
        /// The budget.
        limit: usize,
    },
    /// The query takes more time than the budget allows.
    #[error("query takes longer than {limit:?}; narrow its selectors or shorten its time range")]
    TooSlow {
        /// The budget.
        limit: Duration,
    },
}

/// Bytes of the query's text, from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        // Texts are capped far below 4 GiB before anything is located in them.
        Self { start: start as u32, end: end as u32 }
    }

    /// From the start of one to the end of the other.
    pub(super) fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl Error {
    pub(super) fn new(reason: Reason) -> Self {
        Self { reason, place: None }
    }

    pub(super) fn at(reason: Reason, place: Span) -> Self {
        Self { reason, place: Some(place) }
    }

    /// What the query's own text puts into the message is made safe for a terminal.
    pub(super) fn syntax(what: impl AsRef<str>, place: Span) -> Self {
        Self::at(Reason::Syntax(printable(what.as_ref()).into_owned()), place)
    }

    /// Likewise.
    pub(super) fn mismatch(what: impl AsRef<str>, place: Span) -> Self {
        Self::at(Reason::Type(printable(what.as_ref()).into_owned()), place)
    }

    pub(super) fn unsupported(what: impl Into<String>, place: Span) -> Self {
        Self::at(Reason::Unsupported(what.into()), place)
    }

    /// Says what to do as well, where the reason is a type.
    pub(super) fn with(mut self, advice: &str) -> Self {
        if let Reason::Type(what) = &mut self.reason {
            what.push_str(advice);
        }
        self
    }

    /// Keeps the place where one is known already.
    pub(super) fn or_at(mut self, place: Span) -> Self {
        self.place.get_or_insert(place);
        self
    }

    /// The offending bytes of the query's text, where they are known.
    pub fn place(&self) -> Option<Range<usize>> {
        self.place.map(|s| s.start as usize..s.end as usize)
    }

    /// Line and column, both from 1, columns in characters, of the offending place in `text`.
    pub fn line_column(&self, text: &str) -> Option<(usize, usize)> {
        let before = text.get(..self.place()?.start.min(text.len()))?;
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }

    /// The error with the offending line of `text` (the text that was parsed) and a caret under the place, for people:
    /// message, then the line, then the caret, made safe for a terminal. The message alone where the place is not known.
    pub fn display<'a>(&'a self, text: &'a str) -> impl fmt::Display + 'a {
        Located { error: self, text }
    }
}

struct Located<'a> {
    error: &'a Error,
    text: &'a str,
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((place, (line, column))) = self.error.place().zip(self.error.line_column(self.text)) else {
            return f.write_str(&printable(&self.error.to_string()));
        };
        let source = self.text.lines().nth(line - 1).unwrap_or_default();
        let start = place.start.min(self.text.len());
        let end = place.end.min(self.text.len()).max(start);
        // A place that runs over the line's end is underlined up to there.
        let marked = self.text.get(start..end).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
        // A query may come from outside. Tabs become pictures as wide as one character, so the caret stays in place.
        let (message, source) = (self.error.to_string(), printable(source));
        let (indent, carets) = (" ".repeat(column - 1), "^".repeat(width));
        write!(f, "{line}:{column}: {}\n{source}\n{indent}{carets}", printable(&message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_offending_place() {
        let text = "sum(\n\tfoo $ bar)";
        let e = Error::syntax("unexpected character '$'", Span::new(10, 11));
        assert_eq!(e.line_column(text), Some((2, 6)));
        assert_eq!(e.display(text).to_string(), "2:6: unexpected character '$'\n␉foo $ bar)\n     ^");
    }

    #[test]
    fn a_place_at_the_end_or_past_it_still_renders() {
        let e = Error::syntax("unexpected end", Span::new(2, 2));
        assert_eq!(e.display("a+").to_string(), "1:3: unexpected end\na+\n  ^");
        let e = Error::syntax("unexpected end", Span::new(99, 120));
        assert_eq!(e.display("a+").to_string(), "1:3: unexpected end\na+\n  ^");
    }
}
