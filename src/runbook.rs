//! Runbooks: markdown as lines with a meaning, links, tasks, and `PromQL` blocks that run and say whether they hold.
//!
//! Uses `series`, `unit` and `promql` of the crate. Nothing here draws or asks: [`Runbook::render`] gives lines whose
//! spans carry a [`Role`], which the view turns into styles, and anchors where the view puts what is live. A runbook is
//! text from outside like any other: it is capped, made safe at ingress, and no text at no width is an error.
//!
//! `read` turns markdown into a small tree (`document`), `render` the tree into lines; `live` finds queries and
//! expectations in fenced `promql` blocks, `expect` judges them; `library` finds the runbook of an alert, `reference`
//! understands what an alert calls its runbook, `folder` reads an organisation's own.

mod builtin;
mod document;
mod expect;
mod fault;
mod fill;
mod folder;
mod library;
mod live;
mod markup;
mod read;
mod reference;
mod render;
mod table;
mod web;
mod wrap;

use crate::series::Labels;

use document::Node;
pub use expect::{Comparison, Expect, Quantifier, Verdict};
pub use fault::Fault;
pub use fill::Filled;
pub use folder::{FolderError, FolderFault, read_folder};
pub use library::{Entry, Found, Library, Lookup, Origin, Via};
pub use live::Live;
pub use reference::{Placeholder, mentioned, placeholder};
pub use render::MAX_LINES;
pub use web::web_address;

/// Longest text, in bytes, that is read of one runbook; what follows is left out and said to be.
pub const MAX_BYTES: usize = 1 << 20;

/// A runbook that was read.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// The name it goes by: its file's name without folder and `.md`. Safe for the screen, as all text in here.
    pub name: String,
    /// The text of the first heading of the highest level there is; the name where there is no heading.
    pub title: String,
    /// Every heading, in the order of the text.
    pub sections: Vec<Section>,
    /// Every code block, in the order of the text; a block's id is its index.
    pub blocks: Vec<Block>,
    /// Every checkbox, in the order of the text; a task's id is its index.
    pub tasks: Vec<Task>,
    /// Every link and image, in the order of the text; [`Role::Link`] carries an index into it, the screen shows that
    /// index plus one.
    pub links: Vec<Link>,
    /// How many bytes of the text were left out because it is longer than [`MAX_BYTES`].
    pub left_out: usize,
    body: Vec<Node>,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// 1 to 6.
    pub level: u8,
    /// Its text without markup.
    pub text: String,
    /// What a URL's fragment calls it, as code hosts do: lower case, `-` for spaces, a number for the second of a name.
    pub slug: String,
    /// Line of the source, from 1.
    pub line: usize,
}

/// A code block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its index in [`Runbook::blocks`].
    pub id: usize,
    /// Line of the source, from 1, on which its code begins.
    pub line: usize,
    /// The heading that it stands under, an index into [`Runbook::sections`].
    pub section: Option<usize>,
    /// The first word of the fence's info string in lower case; empty where there is none.
    pub language: String,
    /// The code in full, to show and to copy: lines without the indent of the list they stand in, no newline at the end,
    /// tabs as four spaces.
    pub text: String,
    /// What runs, of a fenced `promql` block.
    pub live: Option<Live>,
}

/// A line with a checkbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its index in [`Runbook::tasks`].
    pub id: usize,
    /// Line of the source, from 1.
    pub line: usize,
    /// The heading that it stands under, an index into [`Runbook::sections`].
    pub section: Option<usize>,
    /// Its text without markup.
    pub text: String,
    /// Whether the source has it ticked.
    pub ticked_in_source: bool,
}

/// A link or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the text calls it: the link's text, the image's alternative text.
    pub text: String,
    /// Where it leads, as written: any scheme, relative or `#fragment` too.
    pub url: String,
}

/// One line of a rendered runbook, never wider than asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Its text from left to right; no span is empty.
    pub spans: Vec<Span>,
    /// What stands on it, or begins here.
    pub anchor: Option<Anchor>,
}

/// Text of one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Safe for the screen, without newlines.
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// What a span is, for the view to choose a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// `*emphasis*`.
    Emphasis,
    /// `**strong emphasis**`.
    Strong,
    /// `~~struck~~`.
    Struck,
    /// `` `code` `` within text.
    Code,
    /// A link's text, an image's alternative text, and behind it the URL: an index into [`Runbook::links`].
    Link(usize),
    /// A heading of this level, 1 to 6.
    Heading(u8),
    /// Ordinary text in a quote.
    Quote,
    /// The word that opens a quote of a kind: Note, Tip, Important, Warning, Caution.
    Label,
    /// A list's bullet or number.
    Marker,
    /// The box of a task, `[ ]` or `[x]` as in the source: an index into [`Runbook::tasks`].
    Task(usize),
    /// A line of a code block.
    CodeBlock,
    /// A comment in a code block.
    Comment,
    /// A comment of a `promql` block that states what is expected.
    Expect,
    /// Ordinary text in a table's head.
    TableHead,
    /// Lines around and between: of tables, quotes, code blocks, headings, and rules.
    Border,
    /// What shtop itself says: `…` where a line of code is cut, that a text is cut.
    Notice,
}

/// What stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// A heading of this level begins here: the level, and the index into [`Runbook::sections`].
    Heading(u8, usize),
    /// A task's box is on this line: an index into [`Runbook::tasks`].
    Task(usize),
    /// The first line of a code block: an index into [`Runbook::blocks`].
    Code(usize),
    /// The line below a `promql` block's code, empty but for its indent, for its value, sparkline and verdict: an index
    /// into [`Runbook::blocks`].
    Block(usize),
}

impl Line {
    /// Its width in cells.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| wrap::width(&span.text)).sum()
    }

    /// Its text without roles.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

impl Runbook {
    /// Reads markdown. What is wrong with a block stands in its [`Live`]; nothing else can be wrong with a text.
    pub fn parse(name: &str, text: &str) -> Self {
        read::read(name, text)
    }

    /// The runbook as lines of at most `width` cells; a width of 0 is taken for 1. At most [`MAX_LINES`] lines.
    pub fn render(&self, width: usize) -> Vec<Line> {
        render::render(self, width.max(1))
    }

    /// The query of block `id` with its `$name` and `${name}` filled in from `labels`, the labels of the alert or panel
    /// from which the runbook was opened.
    ///
    /// Variables are known in the strings of label matchers only. In `=` and `!=` a value stands as it is, in `=~` and
    /// `!~` escaped so that it matches literally. A variable that `labels` does not have makes its matcher match
    /// anything (`instance="$instance"` becomes `instance=~".*"`), or exclude nothing if it is a negative one; its name is
    /// told in [`Filled::unknown`].
    ///
    /// `None` where the block is not there or not live.
    ///
    /// # Errors
    /// The fault of a block whose query cannot be parsed, before or after filling.
    pub fn query(&self, id: usize, labels: &Labels) -> Option<Result<Filled, Fault>> {
        let live = self.blocks.get(id)?.live.as_ref()?;
        Some(live.fill(labels))
    }

    /// The section that a URL's fragment names, with or without `#`, as an index into [`Runbook::sections`].
    pub fn section(&self, fragment: &str) -> Option<usize> {
        let wanted = fragment.trim_start_matches('#');
        let wanted = document::slug(wanted.strip_prefix("user-content-").unwrap_or(wanted));
        self.sections.iter().position(|section| section.slug == wanted)
    }

    /// The blocks that state an expectation, under the headings that contain `word` in any case; all of them for an empty
    /// one. `expecting("verify")` are those that hold when the incident is over.
    pub fn expecting<'r>(&'r self, word: &str) -> impl Iterator<Item = &'r Block> {
        let word = word.to_lowercase();
        self.blocks.iter().filter(move |block| {
            let under = || self.path(block.section).any(|s| s.text.to_lowercase().contains(&word));
            let expects = block.live.as_ref().is_some_and(|live| !matches!(live.expect, Ok(None)));
            expects && (word.is_empty() || under())
        })
    }

    /// A heading and those above it that it belongs to, innermost first.
    fn path(&self, section: Option<usize>) -> impl Iterator<Item = &Section> {
        let mut at = section;
        std::iter::from_fn(move || {
            let index = at?;
            let here = self.sections.get(index)?;
            at = self.sections[..index].iter().rposition(|s| s.level < here.level);
            Some(here)
        })
    }
}
