//! What is wrong with a block of a runbook, and where. Uses `series` of the crate.

use std::fmt;

use super::wrap;
use crate::series::printable;

/// Longest line, in characters, that is shown around a fault.
const EXCERPT: usize = 200;

/// One thing wrong in one place of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{runbook}:{line}:{column}: {message}")]
pub struct Fault {
    /// The runbook's name.
    pub runbook: String,
    /// Line of the source, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do where that is not obvious.
    pub message: String,
    /// The line, as far as it is worth showing.
    pub excerpt: String,
    /// Cells of the excerpt before the place.
    pub indent: usize,
}

impl Fault {
    /// The fault with its line and a caret under the place: three lines.
    pub fn display(&self) -> impl fmt::Display + '_ {
        WithCaret(self)
    }
}

struct WithCaret<'f>(&'f Fault);

impl fmt::Display for WithCaret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{:indent$}^", self.0, self.0.excerpt, "", indent = self.0.indent)
    }
}

/// A source by lines, to name places in it.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    runbook: String,
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// `runbook` is safe for the screen.
    pub(super) fn new(runbook: &str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { runbook: runbook.to_owned(), text, starts }
    }

    /// The line, from 1, in which byte `at` lies.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    /// A fault at byte `at`; `message` may quote the text.
    pub(super) fn fault(&self, at: usize, message: &str) -> Fault {
        let line = self.line(at);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let source = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let before = source.get(..at.saturating_sub(start).min(source.len())).unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(EXCERPT / 2);
        let excerpt: String = source.chars().skip(skipped).take(EXCERPT).collect();
        let shown: String = before.chars().skip(skipped).collect();
        Fault {
            runbook: self.runbook.clone(),
            line,
            column: before.chars().count() + 1,
            message: printable(message).into_owned(),
            excerpt: printable(excerpt.trim_end()).into_owned(),
            indent: wrap::width(&printable(&shown)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_shown_with_its_line_and_a_caret_in_cells() {
        let lines = Lines::new("a", "one\n日本 $ x\r\nend");
        let at = "one\n日本 ".len();
        let fault = lines.fault(at, "unexpected $");
        assert_eq!(fault.to_string(), "a:2:4: unexpected $");
        assert_eq!(fault.display().to_string(), "a:2:4: unexpected $\n日本 $ x\n     ^");
    }

    #[test]
    fn places_at_the_end_or_in_a_very_long_line_are_shown_too() {
        assert_eq!(Lines::new("a", "").fault(0, "empty").display().to_string(), "a:1:1: empty\n\n^");
        assert_eq!(Lines::new("a", "x\n").fault(99, "end").line, 2);
        let long = format!("{}!{}", "x".repeat(5_000), "y".repeat(5_000));
        let fault = Lines::new("a", &long).fault(5_000, "there");
        assert_eq!((fault.column, fault.indent), (5_001, 100));
        assert_eq!(fault.excerpt.chars().nth(100), Some('!'));
        assert_eq!(fault.excerpt.len(), EXCERPT);
    }
}
