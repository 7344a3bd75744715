//! Selectors: a name, matchers in braces, or both. Uses `error`, `lex`, `tree` and `series`.

use crate::promql::error::{Error, Span};
use crate::promql::lex::{Kind, Token};
use crate::promql::tree::{Form, Node, Selector, Shift};
use crate::series::{Labels, MatchOp, Matcher, printable};

use super::{Parser, Part};

impl Parser<'_, '_> {
    /// The selector that starts here, with the metric's name before its braces or without.
    pub(super) fn selector(&mut self, name: Option<&Token<'_>>) -> Result<Part, Error> {
        let start = self.here();
        let mut matchers = Vec::new();
        if let Some(name) = name {
            self.at += 1;
            matchers.push(Matcher::equal(Labels::NAME, name.text));
        }
        let mut renamed = None;
        if self.eat("{").is_some() {
            renamed = self.matchers(&mut matchers)?;
        }
        let span = start.to(self.last());
        match (name, renamed) {
            (Some(name), Some((other, place))) => {
                let what = format!("metric name must not be set twice: {:?} or {other:?}", name.text);
                return Err(Error::syntax(what, place));
            }
            (None, _) if matchers.iter().all(Matcher::matches_absent) => {
                return Err(Error::mismatch("vector selector must contain at least one non-empty matcher", span));
            }
            _ => {}
        }
        let form = Form::Instant(Selector { matchers, shift: Shift::default() });
        Ok(Part { node: Node { form, place: start, constant: false }, span, is_wrapped: false })
    }

    /// Matchers up to and with the closing brace; a comma may end them. Tells where one is on the metric's name, and what
    /// it says.
    fn matchers(&mut self, into: &mut Vec<Matcher>) -> Result<Option<(String, Span)>, Error> {
        let mut renamed = None;
        while self.eat("}").is_none() {
            let start = self.here();
            let matcher = self.matcher()?;
            if matcher.name == Labels::NAME && renamed.is_none() {
                renamed = Some((matcher.value.clone(), start.to(self.last())));
            }
            into.push(matcher);
            if self.eat(",").is_none() && !self.next_is("}") {
                return Err(self.unseparated());
            }
        }
        Ok(renamed)
    }

    fn unseparated(&self) -> Error {
        match self.peek().filter(|t| t.is_word("or")) {
            Some(or) => {
                let what = "`or` between label matchers is not PromQL; use a regular expression";
                Error::syntax(what, or.span)
            }
            None => self.unexpected("`,` or `}`"),
        }
    }

    /// `name op "value"`, or a metric's name in quotes.
    fn matcher(&mut self) -> Result<Matcher, Error> {
        let Some(token) = self.peek() else { return Err(self.unexpected("a label name or `}`")) };
        let (name, is_quoted) = match &token.kind {
            Kind::Word => (token.text.to_owned(), false),
            Kind::Text(text) => (printable(text).into_owned(), true),
            _ => return Err(self.unexpected("a label name or `}`")),
        };
        self.at += 1;
        let Some(op) = self.peek().and_then(match_op) else {
            if is_quoted {
                return Ok(Matcher::equal(Labels::NAME, name));
            }
            return Err(self.unexpected("=, !=, =~ or !~"));
        };
        self.at += 1;
        let Some((value, place)) = self.text() else { return Err(self.unexpected("a string")) };
        self.at += 1;
        Matcher::new(name, op, value).map_err(|e| Error::syntax(e.to_string(), place))
    }

    fn text(&self) -> Option<(String, Span)> {
        let token = self.peek()?;
        match &token.kind {
            Kind::Text(text) => Some((printable(text).into_owned(), token.span)),
            _ => None,
        }
    }
}

fn match_op(token: &Token<'_>) -> Option<MatchOp> {
    let ops = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];
    ops.into_iter().zip(["=", "!=", "=~", "!~"]).find(|(_, sign)| token.is(sign)).map(|(op, _)| op)
}

/// Whether a label of this name needs no quotes in braces.
pub(in crate::promql) fn is_label_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}

/// Whether a metric of this name needs neither quotes nor braces, wherever an expression may stand.
pub(in crate::promql) fn is_metric_name(name: &str) -> bool {
    const KEYWORDS: [&str; 8] = ["atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"];
    let is_keyword = KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(name));
    !name.is_empty() && is_label_name(&name.replace(':', "_")) && !is_keyword
}
