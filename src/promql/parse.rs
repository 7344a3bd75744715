//! Text to the checked tree: operators by precedence, all else by recursive descent over the tokens. Uses `aggregate`, `binary`,
//! `error`, `function`, `group`, `lex`, `tree` and `series`.
//!
//! The grammar is Prometheus 3's. Types are checked as nodes are built, while the places of all operands and arguments
//! are at hand; what Prometheus keeps behind experimental flags of its parser is recognised and refused by name.

mod brackets;
mod check;
mod modifier;
mod selector;
mod suffix;
#[cfg(test)]
mod tests;

use crate::series::printable;

use super::aggregate::Aggregator;
use super::binary::Operator;
use super::error::{Error, Reason, Span};
use super::lex::{self, Kind, Token};
use super::tree::{Form, Node};
use modifier::Modifiers;

#[cfg(test)]
pub(super) use brackets::{MAX_NESTING, MAX_OPERATORS};
pub(super) use check::sign;
pub(super) use selector::{is_label_name, is_metric_name};

/// Longest query text, bytes.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// How tightly an operator binds: 1 the least. A sign binds as multiplication does, so `-x ^ 2` is `-(x ^ 2)`.
pub(super) fn power(operator: Operator) -> u8 {
    use Operator::{Add, And, Atan2, Div, Mod, Mul, Or, Pow, Sub, Unless};
    match operator {
        Or => 1,
        And | Unless => 2,
        Add | Sub => 4,
        Mul | Div | Mod | Atan2 => 5,
        Pow => 6,
        // All that is left are comparisons.
        _ => 3,
    }
}

/// Parses and checks `text`.
///
/// # Errors
/// Whatever Prometheus 3 does not accept, and what of it is left out here, each with its place.
pub(super) fn parse(text: &str) -> Result<Node, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(Reason::TooLong { bytes: text.len(), limit: MAX_BYTES }));
    }
    let tokens = lex::lex(text)?;
    if tokens.is_empty() {
        return Err(Error::syntax("query is empty", Span::new(0, text.len())));
    }
    brackets::check(&tokens)?;
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let whole = parser.expression()?;
    if parser.peek().is_some() {
        return Err(parser.stray(&whole));
    }
    Ok(whole.node)
}

/// An expression that was read.
struct Part {
    node: Node,
    /// All of its text, while the node's own place is its name or operator.
    span: Span,
    /// Whether it stood in parentheses: ranges, `offset` and `@` only go right behind a selector.
    is_wrapped: bool,
}

/// What waits for the operand on its right.
enum Pending<'t, 'a> {
    Sign(&'t Token<'a>),
    Binary { left: Part, operator: Operator, place: Span, modifiers: Modifiers },
}

impl Pending<'_, '_> {
    /// Whether it takes the operand before an operator that binds as tightly as `next` does.
    fn comes_before(&self, next: u8) -> bool {
        match self {
            Self::Sign(_) => power(Operator::Mul) >= next,
            // Alone of all right-associative.
            Self::Binary { operator: Operator::Pow, .. } => power(Operator::Pow) > next,
            Self::Binary { operator, .. } => power(*operator) >= next,
        }
    }

    fn complete(self, right: Part) -> Result<Part, Error> {
        match self {
            Self::Sign(sign) => check::signed(sign, right),
            Self::Binary { left, operator, place, modifiers } => {
                check::binary(left, (operator, place), modifiers, right)
            }
        }
    }
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
}

impl<'t, 'a> Parser<'t, 'a> {
    fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    fn next_is(&self, sign: &str) -> bool {
        self.peek().is_some_and(|t| t.is(sign))
    }

    /// Takes the next token if it is `sign`, and tells its place.
    fn eat(&mut self, sign: &str) -> Option<Span> {
        let token = self.peek().filter(|t| t.is(sign))?;
        self.at += 1;
        Some(token.span)
    }

    /// Takes the next token if it is this keyword, and tells its place.
    fn eat_word(&mut self, word: &str) -> Option<Span> {
        let token = self.peek().filter(|t| t.is_word(word))?;
        self.at += 1;
        Some(token.span)
    }

    fn expect(&mut self, sign: &str) -> Result<Span, Error> {
        self.eat(sign).ok_or_else(|| self.unexpected(&format!("`{sign}`")))
    }

    /// The place of the next token, or of the query's end.
    fn here(&self) -> Span {
        let end = self.tokens.last().map_or(0, |t| t.span.end);
        self.peek().map_or(Span { start: end, end }, |t| t.span)
    }

    /// The place of the token that was taken last.
    fn last(&self) -> Span {
        self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(Span::default(), |t| t.span)
    }

    /// That the next token is not what can stand here.
    fn unexpected(&self, expected: &str) -> Error {
        let found = self.peek().map_or_else(|| "end of query".to_owned(), describe);
        Error::syntax(format!("unexpected {found}, expected {expected}"), self.here())
    }

    /// That something follows an expression which cannot.
    fn stray(&self, before: &Part) -> Error {
        let Some(token) = self.peek() else { return self.unexpected("an operator") };
        if token.is_match_op() {
            return self.unexpected("an operator; labels are matched in braces");
        }
        if token.is_one_of(&["by", "without"]) {
            let is_name = matches!(before.node.form, Form::Instant(_)) && before.span == before.node.place;
            let name = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).filter(|_| is_name);
            if let Some(name) = name {
                return check::unknown_aggregation(name);
            }
            return self.unexpected("an operator; grouping belongs to an aggregation such as sum");
        }
        if token.is_word("bool") {
            return self.unexpected("an operator; bool stands right behind a comparison");
        }
        if token.is_one_of(&["on", "ignoring", "group_left", "group_right"]) {
            return self.unexpected("an operator; matching stands right behind one");
        }
        self.unexpected("an operator")
    }

    /// An expression: operands and what is between them, put together by precedence without recursion. Only brackets
    /// recurse through here, and what builds messages or nodes stands apart, so that a deep query fits the stack.
    fn expression(&mut self) -> Result<Part, Error> {
        let mut pending: Vec<Pending<'t, 'a>> = Vec::new();
        loop {
            while let Some(sign) = self.peek().filter(|t| t.is("-") || t.is("+")) {
                self.at += 1;
                pending.push(Pending::Sign(sign));
            }
            let mut part = self.operand()?;
            let next = self.operator()?;
            let waits = next.map_or(0, |(operator, _)| power(operator));
            while let Some(top) = pending.pop_if(|top| top.comes_before(waits)) {
                part = top.complete(part)?;
            }
            let Some((operator, place)) = next else { return Ok(part) };
            let modifiers = self.modifiers()?;
            pending.push(Pending::Binary { left: part, operator, place, modifiers });
        }
    }

    /// Takes the next token if it is a binary operator.
    fn operator(&mut self) -> Result<Option<(Operator, Span)>, Error> {
        let Some(token) = self.peek().filter(|t| matches!(t.kind, Kind::Sign | Kind::Word)) else { return Ok(None) };
        if token.is("</") || token.is(">/") {
            return Err(Error::unsupported(format!("the experimental operator `{}`", token.text), token.span));
        }
        let operator = Operator::parse(token.text);
        self.at += usize::from(operator.is_some());
        Ok(operator.map(|operator| (operator, token.span)))
    }

    fn operand(&mut self) -> Result<Part, Error> {
        let Some(token) = self.peek() else { return Err(self.unexpected("an expression")) };
        let mut part = self.primary(token)?;
        while self.next_is_suffix() {
            part = self.suffix(part)?;
        }
        Ok(part)
    }

    fn primary(&mut self, token: &'t Token<'a>) -> Result<Part, Error> {
        match token.kind {
            Kind::Sign if token.is("(") => self.parenthesis(token.span),
            Kind::Sign if token.is("{") => self.selector(None),
            Kind::Sign => Err(self.unexpected("an expression")),
            Kind::Word => self.word(token),
            _ => Ok(self.literal(token)),
        }
    }

    fn parenthesis(&mut self, open: Span) -> Result<Part, Error> {
        self.at += 1;
        let inner = self.expression()?;
        let Some(close) = self.eat(")") else { return Err(self.stray(&inner)) };
        Ok(Part { node: inner.node, span: open.to(close), is_wrapped: true })
    }

    fn literal(&mut self, token: &Token<'_>) -> Part {
        self.at += 1;
        let form = match &token.kind {
            Kind::Number(number) => Form::Number(*number),
            Kind::Duration(ms) => Form::Number(lex::seconds(*ms)),
            // Stored labels are made safe where they come in, and what a query writes must both match them and reach the
            // screen as they do.
            Kind::Text(text) => Form::Text(printable(text).into_owned()),
            Kind::Word | Kind::Sign => Form::Text(String::new()),
        };
        let node = Node { form, place: token.span, constant: true };
        Part { node, span: token.span, is_wrapped: false }
    }

    /// A name: of an aggregation, a function or a metric, which may all be called alike.
    fn word(&mut self, token: &'t Token<'a>) -> Result<Part, Error> {
        let next = self.tokens.get(self.at + 1);
        let is_called = next.is_some_and(|t| t.is("("));
        if let Some(aggregator) = Aggregator::parse(token.text)
            && (is_called || next.is_some_and(|t| t.is_one_of(&["by", "without"])))
        {
            return self.aggregation(aggregator, token);
        }
        if is_called && is_callable(token) {
            return self.call(token);
        }
        if token.is_one_of(&["bool", "on", "ignoring", "group_left", "group_right", "atan2"]) {
            return Err(self.unexpected("an expression"));
        }
        self.selector(Some(token))
    }

    fn aggregation(&mut self, aggregator: Aggregator, name: &Token<'_>) -> Result<Part, Error> {
        self.at += 1;
        let before = self.grouping()?;
        let arguments = self.arguments()?;
        let close = self.last();
        let grouping = match before {
            Some(grouping) => Some(grouping),
            None => self.grouping()?,
        };
        let span = name.span.to(self.last());
        check::aggregate((aggregator, name), grouping, arguments, close, span)
    }

    fn call(&mut self, name: &Token<'_>) -> Result<Part, Error> {
        let function = check::function(name)?;
        self.at += 1;
        let arguments = self.arguments()?;
        check::call((function, name.span), arguments, self.last())
    }

    /// `(…, …)`, up to and with the closing parenthesis.
    fn arguments(&mut self) -> Result<Vec<Part>, Error> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.eat(")").is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.eat(")").is_some() {
                return Ok(arguments);
            }
            self.comma(arguments.last())?;
        }
    }

    fn comma(&mut self, before: Option<&Part>) -> Result<(), Error> {
        let Some(comma) = self.eat(",") else {
            return Err(before.map_or_else(|| self.unexpected("an expression"), |part| self.stray(part)));
        };
        if self.next_is(")") {
            return Err(Error::syntax("trailing commas not allowed in function call args", comma));
        }
        Ok(())
    }
}

/// Whether a name before a parenthesis can be a function's: not that of a recording rule, nor a keyword.
fn is_callable(name: &Token<'_>) -> bool {
    const KEYWORDS: [&str; 17] = [
        "and",
        "anchored",
        "atan2",
        "bool",
        "by",
        "fill",
        "fill_left",
        "fill_right",
        "group_left",
        "group_right",
        "ignoring",
        "offset",
        "on",
        "or",
        "smoothed",
        "unless",
        "without",
    ];
    !name.text.contains(':') && !name.is_one_of(&KEYWORDS)
}

/// Characters of a token that a message repeats; the caret shows the rest.
const SHOWN: usize = 40;

fn describe(token: &Token<'_>) -> String {
    let kind = match token.kind {
        Kind::Word => "identifier",
        Kind::Number(_) => "number",
        Kind::Duration(_) => "duration",
        Kind::Text(_) => "string",
        Kind::Sign => return format!("`{}`", token.text),
    };
    let mut text: String = token.text.chars().take(SHOWN).collect();
    if text.len() < token.text.len() {
        text.push('…');
    }
    format!("{kind} {text}")
}
