//! The tree as text that parses to the same tree but for the order of matchers. Uses `aggregate`, `binary`, `group`, `lex`, `parse`, `tree` and `series`.

use std::fmt::{self, Display, Formatter, Write};

use crate::series::{Labels, MatchOp, Matcher};

use super::aggregate::Aggregator;
use super::binary::{Card, Matching, Operator};
use super::group::Grouping;
use super::lex::{UNITS, quote};
use super::parse::{is_label_name, is_metric_name, power, sign};
use super::tree::{Aggregate, At, Binary, Form, Node, Selector, Shift};

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Number(number) => write_number(f, *number),
            Form::Text(text) => f.write_str(&quote(text)),
            Form::Instant(selector) => write!(f, "{}{}", Matchers(selector), selector.shift),
            Form::Range(selector, range) => {
                write!(f, "{}[{}]{}", Matchers(selector), Duration(*range), selector.shift)
            }
            Form::Subquery(s) => {
                // A selector without parentheses would do, but a binary operation or a sign would not.
                let of = Operand { node: &s.of, in_parentheses: strength(&s.of) < STRONGEST };
                write!(f, "{of}[{}:", Duration(s.range))?;
                if let Some(step) = s.step {
                    write!(f, "{}", Duration(step))?;
                }
                write!(f, "]{}", s.shift)
            }
            Form::Negate(of) => {
                let in_parentheses = strength(of) <= power(Operator::Mul);
                write!(f, "-{}", Operand { node: of, in_parentheses })
            }
            Form::Binary(b) => binary(f, b),
            Form::Aggregate(a) => aggregate(f, a),
            Form::Call(call) => {
                write!(f, "{}(", call.function.name)?;
                for (i, argument) in call.arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if i > 0 { ", " } else { "" })?;
                }
                f.write_char(')')
            }
        }
    }
}

/// How tightly what needs no parentheses binds.
const STRONGEST: u8 = 7;

/// How tightly the parts of a node hold together: as its operator binds.
fn strength(node: &Node) -> u8 {
    match &node.form {
        Form::Binary(b) => power(b.operator),
        Form::Negate(_) => power(Operator::Mul),
        Form::Number(number) if number.is_sign_negative() => power(Operator::Mul),
        _ => STRONGEST,
    }
}

struct Operand<'n> {
    node: &'n Node,
    in_parentheses: bool,
}

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.in_parentheses { write!(f, "({})", self.node) } else { self.node.fmt(f) }
    }
}

fn binary(f: &mut Formatter<'_>, b: &Binary) -> fmt::Result {
    let own = power(b.operator);
    let is_power = b.operator == Operator::Pow;
    let (left, right) = (strength(&b.left), strength(&b.right));
    let left = Operand { node: &b.left, in_parentheses: left < own || (left == own && is_power) };
    let right = Operand { node: &b.right, in_parentheses: right < own || (right == own && !is_power) };
    let bool = if b.returns_bool { " bool" } else { "" };
    write!(f, "{left} {}{bool}{} {right}", sign(b.operator), b.matching)
}

impl Display for Matching {
    /// With a space before it, or nothing where nothing is to be said.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.labels {
            Grouping::Without(labels) if labels.is_empty() && self.card == Card::OneToOne => return Ok(()),
            Grouping::Without(labels) => write!(f, " ignoring ({})", Names(labels))?,
            Grouping::By(labels) => write!(f, " on ({})", Names(labels))?,
        }
        match self.card {
            Card::OneToOne => Ok(()),
            Card::ManyToOne => write!(f, " group_left ({})", Names(&self.include)),
            Card::OneToMany => write!(f, " group_right ({})", Names(&self.include)),
        }
    }
}

fn aggregate(f: &mut Formatter<'_>, a: &Aggregate) -> fmt::Result {
    let name = Aggregator::NAMES.iter().find(|(_, known)| *known == a.aggregator).map_or("", |(name, _)| name);
    match &a.grouping {
        Grouping::By(labels) if labels.is_empty() => f.write_str(name)?,
        Grouping::By(labels) => write!(f, "{name} by ({}) ", Names(labels))?,
        Grouping::Without(labels) => write!(f, "{name} without ({}) ", Names(labels))?,
    }
    match &a.parameter {
        Some(parameter) => write!(f, "({parameter}, {})", a.of),
        None => write!(f, "({})", a.of),
    }
}

/// Labels of a list, in quotes where they need them.
struct Names<'n>(&'n [String]);

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let is_other = ["without", "inf", "nan"].iter().any(|word| word.eq_ignore_ascii_case(name));
            if is_label_name(name) && !is_other {
                write!(f, "{comma}{name}")?;
            } else {
                write!(f, "{comma}{}", quote(name))?;
            }
        }
        Ok(())
    }
}

/// The metric's name, if it can stand before braces, and what else is to match.
struct Matchers<'s>(&'s Selector);

impl Display for Matchers<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest: Vec<&Matcher> = self.0.matchers.iter().collect();
        let mut names = rest.iter().enumerate().filter(|(_, m)| m.name == Labels::NAME);
        if let (Some((i, name)), None) = (names.next(), names.next())
            && name.op == MatchOp::Equal
            && is_metric_name(&name.value)
        {
            f.write_str(&name.value)?;
            rest.remove(i);
        }
        if rest.is_empty() {
            return Ok(());
        }
        // Of several on one label the order stays: `absent` goes by it.
        rest.sort_by_key(|m| &m.name);
        for (i, m) in rest.iter().enumerate() {
            f.write_char(if i > 0 { ',' } else { '{' })?;
            if is_label_name(&m.name) {
                f.write_str(&m.name)?;
            } else {
                f.write_str(&quote(&m.name))?;
            }
            write!(f, "{}{}", m.op, quote(&m.value))?;
        }
        f.write_char('}')
    }
}

impl Display for Shift {
    /// With a space before it, or nothing.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.at {
            None => {}
            Some(At::Start) => f.write_str(" @ start()")?,
            Some(At::End) => f.write_str(" @ end()")?,
            Some(At::Time(ms)) => {
                f.write_str(" @ ")?;
                write_number(f, ms as f64 / 1e3)?;
            }
        }
        match self.offset {
            0 => Ok(()),
            ms if ms < 0 => write!(f, " offset -{}", Duration(ms.saturating_neg())),
            ms => write!(f, " offset {}", Duration(ms)),
        }
    }
}

/// A duration of so many ms, not negative.
struct Duration(i64);

impl Display for Duration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            // Less than a millisecond; nothing at all would not be taken.
            return f.write_str("0.0001");
        }
        let mut rest = self.0;
        for (unit, ms) in UNITS {
            if rest >= ms {
                write!(f, "{}{unit}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}

/// The shortest decimal that reads back as `number`.
fn write_number(f: &mut Formatter<'_>, number: f64) -> fmt::Result {
    if number.is_nan() {
        f.write_str("NaN")
    } else if number.is_infinite() {
        f.write_str(if number > 0.0 { "Inf" } else { "-Inf" })
    } else {
        let digits = format!("{number:?}");
        f.write_str(digits.strip_suffix(".0").unwrap_or(&digits))
    }
}
