//! What stands behind a selector: ranges and subqueries in brackets, `offset`, `@`. Uses `error`, `lex` and `tree`.

use crate::promql::error::{Error, Span};
use crate::promql::lex::{self, Kind, MAX_DURATION, Token};
use crate::promql::tree::{At, Form, Node, Selector, Shift, Subquery, Type};

use super::{Parser, Part};

/// Far outside of any data, and far from overflowing in sums; ms.
const FARTHEST: i64 = 1 << 60;

/// Most seconds of a duration: 64 bits of nanoseconds.
const MAX_SECONDS: f64 = i64::MAX as f64 / 1e9;

impl Parser<'_, '_> {
    pub(super) fn next_is_suffix(&self) -> bool {
        let is_suffix = |t: &Token<'_>| t.is("[") || t.is("@") || t.is_one_of(&["offset", "anchored", "smoothed"]);
        self.peek().is_some_and(is_suffix)
    }

    pub(super) fn suffix(&mut self, part: Part) -> Result<Part, Error> {
        let Some(token) = self.peek() else { return Ok(part) };
        self.at += 1;
        match token.text {
            "[" => self.bracket(part, token.span),
            "@" => self.at_modifier(part, token.span),
            _ if token.is_word("offset") => self.offset(part),
            word => {
                let what = format!("the experimental modifier `{}`", word.to_ascii_lowercase());
                Err(Error::unsupported(what, token.span))
            }
        }
    }

    /// `[range]` or `[range:step]`.
    fn bracket(&mut self, part: Part, open: Span) -> Result<Part, Error> {
        let range = self.range()?;
        if self.eat(":").is_some() {
            let step = if self.next_is("]") { None } else { Some(self.range()?) };
            let close = self.expect("]")?;
            return subquery(part, range, step, open.to(close));
        }
        let Some(close) = self.eat("]") else { return Err(self.unexpected("`:` or `]`")) };
        matrix(part, range, open.to(close))
    }

    /// A duration in brackets, ms; more than nothing, though it may be less than one.
    fn range(&mut self) -> Result<i64, Error> {
        let start = self.here();
        let (seconds, place) = self.duration("a duration")?;
        self.refuse_arithmetic()?;
        if seconds <= 0.0 {
            return Err(Error::syntax("duration must be greater than 0", start.to(place)));
        }
        Ok(ms(seconds))
    }

    fn offset(&mut self, part: Part) -> Result<Part, Error> {
        let start = self.here();
        let seconds = self.offset_seconds()?;
        let end = start.to(self.last());
        with_shift(part, end, "offset modifier", |shift| {
            let is_first = shift.offset == 0;
            shift.offset = ms(seconds);
            is_first.then_some(()).ok_or("offset may not be set multiple times")
        })
    }

    fn offset_seconds(&mut self) -> Result<f64, Error> {
        let is_sign = |t: &Token<'_>| t.is("+") || t.is("-");
        let signs = self.tokens[self.at..].iter().take_while(|t| is_sign(t)).count();
        // Parentheses behind a single sign need no flag in Prometheus, as long as nothing is computed in them.
        if signs == 1 && self.tokens.get(self.at + 1).is_some_and(|t| t.is("(")) {
            let sign = if self.next_is("-") { -1.0 } else { 1.0 };
            self.at += 2;
            let (seconds, _) = self.duration("a duration")?;
            self.refuse_arithmetic()?;
            self.expect(")")?;
            return Ok(sign * seconds);
        }
        let (seconds, _) = self.duration("a duration")?;
        // With one sign or none, an operator behind is the query's own; with more, Prometheus takes it for arithmetic.
        if signs > 1 {
            self.refuse_arithmetic()?;
        }
        Ok(seconds)
    }

    fn at_modifier(&mut self, part: Part, sign: Span) -> Result<Part, Error> {
        let start = self.here();
        let fixed =
            [("start", At::Start), ("end", At::End)].into_iter().find(|(word, _)| self.eat_word(word).is_some());
        let at = if let Some((_, at)) = fixed {
            self.expect("(")?;
            self.expect(")")?;
            at
        } else {
            At::Time(self.timestamp(start)?)
        };
        with_shift(part, sign.to(self.last()), "@ modifier", |shift| {
            let is_first = shift.at.is_none();
            shift.at = Some(at);
            is_first.then_some(()).ok_or("@ <timestamp> may not be set multiple times")
        })
    }

    /// Seconds since the epoch, in ms.
    fn timestamp(&mut self, start: Span) -> Result<i64, Error> {
        let is_negative = self.eat("-").is_some();
        if !is_negative {
            self.eat("+");
        }
        let number = match self.peek().map(|t| &t.kind) {
            Some(Kind::Number(number)) => *number,
            Some(Kind::Duration(ms)) => lex::seconds(*ms),
            _ => return Err(self.unexpected("a timestamp, start() or end()")),
        };
        self.at += 1;
        if !number.is_finite() || number >= i64::MAX as f64 {
            return Err(Error::syntax("timestamp out of bounds for @ modifier", start.to(self.last())));
        }
        let ms = ((number * 1e3).round() as i64).min(FARTHEST);
        Ok(if is_negative { -ms } else { ms })
    }

    /// A number of seconds or a duration, with any signs before it; in seconds.
    fn duration(&mut self, expected: &str) -> Result<(f64, Span), Error> {
        let mut sign = 1.0;
        while let Some(token) = self.peek().filter(|t| t.is("+") || t.is("-")) {
            sign *= if token.is("-") { -1.0 } else { 1.0 };
            self.at += 1;
        }
        let Some(token) = self.peek() else { return Err(self.unexpected(expected)) };
        let seconds = match token.kind {
            Kind::Number(number) => number,
            Kind::Duration(ms) => lex::seconds(ms),
            _ if token.is("(") || token.is_one_of(&["step", "range", "max_of", "min_of"]) => {
                return Err(expression(token));
            }
            _ => return Err(self.unexpected(expected)),
        };
        self.at += 1;
        if !(0.0..=MAX_SECONDS).contains(&seconds) {
            return Err(Error::syntax(format!("duration {} is out of range", token.text), token.span));
        }
        Ok((sign * seconds, token.span))
    }

    /// Refuses an operator where only a duration can stand.
    fn refuse_arithmetic(&self) -> Result<(), Error> {
        let is_operator = |t: &&Token<'_>| ["+", "-", "*", "/", "%", "^"].iter().any(|sign| t.is(sign));
        self.peek().filter(is_operator).map_or(Ok(()), |token| Err(expression(token)))
    }
}

fn expression(token: &Token<'_>) -> Error {
    Error::unsupported("the experimental arithmetic of durations", token.span)
}

/// Seconds in ms, by way of the nanoseconds in which Prometheus counts.
fn ms(seconds: f64) -> i64 {
    ((seconds * 1e9).round() as i64 / 1_000_000).clamp(-MAX_DURATION, MAX_DURATION)
}

fn matrix(part: Part, range: i64, brackets: Span) -> Result<Part, Error> {
    let is_wrapped = part.is_wrapped;
    let span = part.span.to(brackets);
    let Node { form, place, constant } = part.node;
    let what = match form {
        Form::Instant(Selector { shift: Shift { offset: 0, at: None }, matchers }) if !is_wrapped => {
            let form = Form::Range(Selector { matchers, shift: Shift::default() }, range);
            return Ok(Part { node: Node { form, place, constant }, span, is_wrapped });
        }
        Form::Instant(s) if !is_wrapped && s.shift.offset != 0 => "no offset modifiers allowed before range",
        Form::Instant(_) if !is_wrapped => "no @ modifiers allowed before range",
        _ => "ranges only allowed for vector selectors; a subquery needs a colon: [5m:]",
    };
    Err(Error::mismatch(what, brackets))
}

fn subquery(part: Part, range: i64, step: Option<i64>, brackets: Span) -> Result<Part, Error> {
    let got = part.node.type_of();
    if got != Type::Vector {
        let what = format!("subquery is only allowed on instant vector, got {} instead", got.name());
        return Err(Error::mismatch(what, part.span));
    }
    let span = part.span.to(brackets);
    let subquery = Subquery { of: part.node, range, step, shift: Shift::default() };
    let open = Span { end: brackets.start + 1, ..brackets };
    let node = Node { form: Form::Subquery(Box::new(subquery)), place: open, constant: false };
    Ok(Part { node, span, is_wrapped: false })
}

/// Lets `set` change the times that a selector or subquery looks at; `modifier` stands behind it and ends at `end`.
fn with_shift(
    mut part: Part,
    end: Span,
    modifier: &str,
    set: impl FnOnce(&mut Shift) -> Result<(), &'static str>,
) -> Result<Part, Error> {
    let shift = match &mut part.node.form {
        Form::Instant(s) | Form::Range(s, _) if !part.is_wrapped => &mut s.shift,
        Form::Subquery(s) if !part.is_wrapped => &mut s.shift,
        _ => {
            let what = "must be preceded by an instant vector selector or range vector selector or a subquery";
            return Err(Error::mismatch(format!("{modifier} {what}"), part.span));
        }
    };
    set(shift).map_err(|what| Error::syntax(what, end))?;
    part.node.constant = shift.at.is_some();
    part.span = part.span.to(end);
    Ok(part)
}
