//! The checked query: what the evaluator walks. Uses `aggregate`, `binary`, `error`, `function`, `group` and `series`.

use crate::series::{Labels, MatchOp, Matcher};

use super::aggregate::Aggregator;
use super::binary::{Matching, Operator};
use super::error::Span;
use super::function::Function;
use super::group::Grouping;

/// The four types of PromQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A number at each step.
    Scalar,
    /// Series with a value at each step.
    Vector,
    /// Series with the samples of a range at each step.
    Matrix,
    /// A string.
    Text,
}

impl Type {
    /// Prometheus' name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::Text => "string",
        }
    }
}

/// One expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) form: Form,
    /// Where it stands: its name or operator, not all of it.
    pub(super) place: Span,
    /// Whether its value is the same at every step, so that one evaluation will do.
    pub(super) constant: bool,
}

/// What an expression is. Parentheses are gone.
#[derive(Debug)]
pub(super) enum Form {
    Number(f64),
    Text(String),
    Instant(Selector),
    Range(Selector, i64),
    Subquery(Box<Subquery>),
    Negate(Box<Node>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call(Box<Call>),
}

/// Which series, and which time instead of the step's.
#[derive(Debug)]
pub(super) struct Selector {
    pub(super) matchers: Vec<Matcher>,
    pub(super) shift: Shift,
}

/// `offset` and `@`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shift {
    /// ms into the past.
    pub(super) offset: i64,
    pub(super) at: Option<At>,
}

/// A fixed time.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// The first step of the query.
    Start,
    /// The last.
    End,
    /// ms since the epoch.
    Time(i64),
}

#[derive(Debug)]
pub(super) struct Subquery {
    pub(super) of: Node,
    /// ms.
    pub(super) range: i64,
    /// ms, the default step where none was given.
    pub(super) step: Option<i64>,
    pub(super) shift: Shift,
}

#[derive(Debug)]
pub(super) struct Binary {
    pub(super) operator: Operator,
    pub(super) left: Node,
    pub(super) right: Node,
    /// 0 or 1 instead of filtering.
    pub(super) returns_bool: bool,
    pub(super) matching: Matching,
}

#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) aggregator: Aggregator,
    pub(super) grouping: Grouping,
    pub(super) parameter: Option<Node>,
    pub(super) of: Node,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) arguments: Vec<Node>,
}

impl Node {
    pub(super) fn type_of(&self) -> Type {
        match &self.form {
            Form::Number(_) => Type::Scalar,
            Form::Text(_) => Type::Text,
            Form::Range(..) | Form::Subquery(_) => Type::Matrix,
            Form::Negate(of) => of.type_of(),
            Form::Binary(b) if b.left.type_of() == Type::Scalar && b.right.type_of() == Type::Scalar => Type::Scalar,
            Form::Instant(_) | Form::Aggregate(_) | Form::Binary(_) => Type::Vector,
            Form::Call(call) => call.function.returns,
        }
    }

    /// The length of a range vector's windows, ms.
    pub(super) fn range(&self) -> Option<i64> {
        match &self.form {
            Form::Range(_, range) => Some(*range),
            Form::Subquery(s) => Some(s.range),
            _ => None,
        }
    }

    /// The name of the metric of a range vector, where its selector fixes one.
    pub(super) fn metric(&self) -> Option<&str> {
        let Form::Range(selector, _) = &self.form else { return None };
        let name = selector.matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal)?;
        Some(&name.value)
    }

    /// The expressions that this one is made of.
    pub(super) fn children(&self) -> Vec<&Self> {
        match &self.form {
            Form::Number(_) | Form::Text(_) | Form::Instant(_) | Form::Range(..) => Vec::new(),
            Form::Subquery(s) => vec![&s.of],
            Form::Negate(of) => vec![of],
            Form::Binary(b) => vec![&b.left, &b.right],
            Form::Aggregate(a) => a.parameter.iter().chain([&a.of]).collect(),
            Form::Call(call) => call.arguments.iter().collect(),
        }
    }

    /// Whether the order of an instant answer means something, because something in it sorts.
    pub(super) fn is_ordered(&self) -> bool {
        let here = match &self.form {
            Form::Aggregate(a) => a.aggregator.is_ordered(),
            Form::Call(call) => call.function.sorts(),
            _ => false,
        };
        here || self.children().into_iter().any(Self::is_ordered)
    }

    /// Calls `visit` with the matchers of every selector, in the order of the text.
    pub(super) fn selectors<'n>(&'n self, visit: &mut dyn FnMut(&'n [Matcher])) {
        if let Form::Instant(s) | Form::Range(s, _) = &self.form {
            visit(&s.matchers);
        }
        for child in self.children() {
            child.selectors(visit);
        }
    }

    /// How far before a step, in ms, the samples lie that it reads: `lookback` for instant selectors. Fixed times (`@`)
    /// do not count.
    pub(super) fn reach(&self, lookback: i64) -> i64 {
        let own = |range: i64, shift: Shift| if shift.at.is_some() { 0 } else { range.saturating_add(shift.offset) };
        match &self.form {
            Form::Instant(s) => own(lookback, s.shift),
            Form::Range(s, range) => own(*range, s.shift),
            Form::Subquery(s) if s.shift.at.is_some() => 0,
            Form::Subquery(s) => s.of.reach(lookback).saturating_add(s.range).saturating_add(s.shift.offset),
            _ => self.children().into_iter().map(|c| c.reach(lookback)).max().unwrap_or(0),
        }
    }

    /// How far after a step, in ms, the newest sample may lie that it reads, negative where all are older than the step;
    /// `None` where it reads none, or only at fixed times.
    pub(super) fn latest(&self) -> Option<i64> {
        let own = |shift: Shift| shift.at.is_none().then_some(shift.offset.saturating_neg());
        match &self.form {
            Form::Instant(s) | Form::Range(s, _) => own(s.shift),
            Form::Subquery(s) => own(s.shift).and_then(|own| Some(s.of.latest()?.saturating_add(own))),
            _ => self.children().into_iter().filter_map(Self::latest).max(),
        }
    }

    /// Whether something in it looks at a fixed time, or at the steps of the whole query rather than at its own.
    pub(super) fn is_pinned(&self) -> bool {
        let here = match &self.form {
            Form::Instant(s) | Form::Range(s, _) => s.shift.at.is_some(),
            Form::Subquery(s) => s.shift.at.is_some(),
            Form::Call(call) => matches!(call.function.name, "start" | "end" | "range" | "step"),
            _ => false,
        };
        here || self.children().into_iter().any(Self::is_pinned)
    }
}
