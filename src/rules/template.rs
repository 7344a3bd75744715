//! Templates of labels and annotations: the part of Go's `text/template` that Prometheus' rules use, and Prometheus'
//! functions. Uses `series`.
//!
//! A text is cut into tokens (`lex`), becomes a tree (`parse`, `tree`) and is executed (`exec`) over `value`s by the
//! functions of `function`; `format` and `printf` write values as Go would. What a template may spend is limited.
//!
//! Facts: <https://pkg.go.dev/text/template>, <https://pkg.go.dev/fmt>,
//! <https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>

mod compare;
mod exec;
mod format;
mod function;
mod humanize;
mod lex;
mod parse;
mod printf;
mod text;
mod tree;
mod value;

use std::ops::Range;
use std::sync::Arc;

use crate::series::{Labels, Timestamp, printable};

/// A template that was parsed and whose functions are all known. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Template(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    body: tree::Tree,
}

/// What a template is about.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `$labels`: of the series that made the alert active, its name included where the expression kept it.
    pub labels: &'a Labels,
    /// `$value`.
    pub value: f64,
    /// `$externalLabels`.
    pub external_labels: &'a Labels,
    /// `$externalURL`, empty for none.
    pub external_url: &'a str,
    /// When the rule is evaluated, ms since the epoch.
    pub at: Timestamp,
}

/// Whoever answers the queries that a template asks.
pub trait Ask {
    /// The series of the instant query `query` at `at`.
    ///
    /// # Errors
    /// A query that cannot be answered, in words.
    fn ask(&mut self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String>;
}

/// Answers no query: for templates rendered where there is no data.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoData;

impl Ask for NoData {
    fn ask(&mut self, _: &str, _: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        Err("there is no data here that could be queried".to_owned())
    }
}

/// A template that cannot be parsed or executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct TemplateError {
    /// What is wrong, safe for the screen.
    pub message: String,
    /// Line in the template, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The bytes of the template that are meant.
    pub place: Range<usize>,
}

/// A fault and the bytes of the template that are meant.
#[derive(Debug)]
struct Fault {
    message: String,
    place: Range<usize>,
}

impl Fault {
    fn new(message: impl Into<String>, place: Range<usize>) -> Self {
        Self { message: message.into(), place }
    }

    fn locate(self, text: &str) -> TemplateError {
        let at = (0..=self.place.start.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or_default();
        let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
        TemplateError {
            message: printable(&self.message).into_owned(),
            line: text[..at].matches('\n').count() + 1,
            column: text[line_start..at].chars().count() + 1,
            place: self.place,
        }
    }
}

/// Longest template that is read, bytes.
const MAX_BYTES: usize = 64 << 10;

impl Template {
    /// Parses `text`.
    ///
    /// # Errors
    /// Text that is no template, functions and variables that do not exist, more than 64 KiB.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_BYTES {
            return Err(Fault::new(format!("template is longer than {} KiB", MAX_BYTES >> 10), 0..0).locate(text));
        }
        let body = parse::parse(text).map_err(|fault| fault.locate(text))?;
        Ok(Self(Arc::new(Parsed { text: text.to_owned(), body })))
    }

    /// `text` itself, whatever is in it.
    pub(super) fn verbatim(text: &str) -> Self {
        let body = tree::Tree { body: vec![tree::Node::Text(text.to_owned())], ..tree::Tree::default() };
        Self(Arc::new(Parsed { text: text.to_owned(), body }))
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text with everything filled in, exactly as Prometheus fills it in; not made safe for a screen.
    ///
    /// # Errors
    /// What fails while executing, with its place: values of a wrong type, queries that cannot be answered, more output
    /// (64 KiB), steps (100,000) or nesting (100) than is allowed.
    pub fn render(&self, scope: &Scope<'_>, ask: &mut dyn Ask) -> Result<String, TemplateError> {
        exec::run(&self.0.body, scope, ask).map_err(|fault| fault.locate(&self.0.text))
    }
}
