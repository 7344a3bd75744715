//! The tree that a markdown text becomes: blocks that hold blocks, and runs of text at the leaves. Uses nothing else of
//! the crate.

use pulldown_cmark::Alignment;

use super::Role;

/// A part of a text.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// An index into the runbook's sections.
    Heading(usize, Vec<Run>),
    Paragraph(Vec<Run>),
    /// An index into the runbook's blocks.
    Code(usize),
    Quote(Option<&'static str>, Vec<Node>),
    List(List),
    Table(Table),
    Rule,
}

#[derive(Debug, Clone)]
pub(super) struct List {
    /// The number of the first item of a numbered list.
    pub(super) start: Option<u64>,
    /// Whether blank lines stand between its items.
    pub(super) loose: bool,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    /// An index into the runbook's tasks.
    pub(super) task: Option<usize>,
    pub(super) children: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) alignments: Vec<Alignment>,
    pub(super) head: Vec<Vec<Run>>,
    pub(super) rows: Vec<Vec<Vec<Run>>>,
}

/// A piece of flowing text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// Made safe for the screen, without newlines.
    Text(String, Role),
    /// The line ends here.
    Break,
}

/// The text of runs without roles, on one line.
pub(super) fn plain(runs: &[Run]) -> String {
    let text: String = runs
        .iter()
        .map(|run| match run {
            Run::Text(text, _) => text.as_str(),
            Run::Break => " ",
        })
        .collect();
    text.trim().to_owned()
}

/// What a URL's fragment calls a heading: lower case, words joined by `-`, other signs left out.
pub(super) fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
