//! What runs in a fenced `promql` block: its query, what is expected of it, and the unit of its values. Uses `promql` and
//! `unit` of the crate.
//!
//! ```text
//! # expect: < 5%          how the answer is when all is well; see `expect`
//! # unit: percent         the unit of the values, where no expectation says it
//! ```
//!
//! Both are comments, so that the block runs in Prometheus as it stands.

use std::ops::Range;

use super::Fault;
use super::expect::{Expect, Misread};
use super::fill::{self, Filled};
use crate::promql::{self, Query};
use crate::series::{Labels, printable};
use crate::unit::Unit;

/// The live part of a `promql` block: its query, and what its comments say of the answer.
///
/// `# expect:` takes `none`, `any`, or `all` (which may be left out) or `any` with a comparison and a bound: `== 0`,
/// `any > 2`, `< 5%`, `< 100MiB`, `<= 250ms`.
/// `# unit:` names the unit of the values where no expectation does, as layout files name it.
#[derive(Debug, Clone)]
pub struct Live {
    /// The query as written, `$name` and all; [`super::Runbook::query`] fills that in. Where it is a query only once
    /// `${name}` is filled in, `.*` stands for each. `Err` where it is none at all. A query keeps its text as it was
    /// written, so for the screen take [`super::Block::text`].
    pub query: Result<Query, Fault>,
    /// What is expected, if anything. `Err` where the comment cannot be read, or there are two.
    pub expect: Result<Option<Expect>, Fault>,
    /// The unit of the values: of the `# unit:` comment, else of the expectation.
    pub unit: Unit,
    /// The code as written, to fill in.
    code: String,
    /// Where it begins, for what is wrong with a query only once it is filled in.
    start: Box<Fault>,
}

impl Live {
    /// The query with its variables filled in from `labels`.
    pub(super) fn fill(&self, labels: &Labels) -> Result<Filled, Fault> {
        let query = self.query.clone()?;
        let (text, unknown) = fill::fill(&self.code, labels);
        if text == query.text() {
            return Ok(Filled { query, unknown });
        }
        let fault = |e: promql::Error| Fault {
            message: format!("with the labels filled in: {}", printable(&e.to_string())),
            ..(*self.start).clone()
        };
        Query::parse(&text).map(|query| Filled { query, unknown }).map_err(fault)
    }
}

/// Reads a block's code. `fault` makes a fault of a byte of it and a message.
pub(super) fn read(code: &str, fault: impl Fn(usize, &str) -> Fault) -> Live {
    // `${name}` is no regular expression; it becomes one when it is filled in.
    let query = Query::parse(code)
        .or_else(|e| Query::parse(&fill::fill(code, &Labels::empty()).0).map_err(|_| e))
        .map_err(|e| fault(e.place().map_or(0, |place| place.start), &e.to_string()));
    let mut expect = Ok(None);
    let mut unit = None;
    for comment in comments(code) {
        let text = &code[comment.clone()];
        let fail = |misread: Misread, value: &str| Err(fault(comment.end - value.len() + misread.at, &misread.message));
        if let Some(value) = after(text, "expect") {
            expect = match (&expect, Expect::parse(value)) {
                (Ok(Some(_)), _) => {
                    let message = "a block has one expectation; give each its own block".to_owned();
                    fail(Misread { at: 0, message }, value)
                }
                (Ok(None), Ok(expected)) => Ok(Some(expected)),
                (Ok(None), Err(misread)) => fail(misread, value),
                (Err(_), _) => continue,
            };
        } else if let Some(value) = after(text, "unit") {
            match value.parse::<Unit>() {
                Ok(known) => unit = Some(known),
                Err(e) if expect.is_ok() => expect = fail(Misread { at: 0, message: e.to_string() }, value),
                Err(_) => {}
            }
        }
    }
    let stated = expect.as_ref().ok().and_then(|e| e.as_ref()).and_then(Expect::unit);
    Live {
        query,
        expect,
        unit: unit.or(stated).unwrap_or_default(),
        code: code.to_owned(),
        start: Box::new(fault(0, "")),
    }
}

/// What follows `# word:` in a comment, without spaces around it.
fn after<'c>(comment: &'c str, word: &str) -> Option<&'c str> {
    let text = comment.trim_start_matches('#').trim_start();
    let (name, value) = text.split_once(':')?;
    name.trim_end().eq_ignore_ascii_case(word).then(|| value.trim_start())
}

/// Where the comments of `code` are, from `#` to the end of the line without spaces there.
fn comments(code: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    fill::scan(code, |part| {
        if let fill::Part::Comment(range) = part {
            let length = code[range.clone()].trim_end().len();
            found.push(range.start..range.start + length);
        }
    });
    found
}
