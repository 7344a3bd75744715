//! What a query reads, how, and which labels its answer can have, told without evaluating anything. Uses `aggregate`,
//! `binary`, `group`, `series` and `tree`.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::series::{Labels, MatchOp, Matcher};

use super::Query;
use super::aggregate::Aggregator;
use super::binary::{Card, Operator};
use super::group::Grouping;
use super::tree::{Aggregate, Binary, Call, Form, Node, Selector, Type};

/// One mention of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub metric: String,
    /// Where it stands, bytes of the query's text.
    pub place: Range<usize>,
    /// The innermost function over time that it is given to: `rate`.
    pub over: Option<&'static str>,
    /// What of it counts.
    pub interest: Interest,
}

/// What of a selector's samples makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Their values.
    Values,
    /// Whether they are there, how many they are or when they change.
    Presence,
}

/// The labels that the series of an answer can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// These at most.
    Only(BTreeSet<String>),
    /// Any but these.
    AllBut(BTreeSet<String>),
}

impl Kept {
    /// Whether a label of this name can be there.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.contains(name),
            Self::AllBut(names) => !names.contains(name),
        }
    }

    fn any() -> Self {
        Self::AllBut(BTreeSet::new())
    }

    fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// What is left of it behind `by` or `without`.
    fn grouped(self, grouping: &Grouping) -> Self {
        match (self, grouping) {
            (Self::Only(names), grouping) => Self::Only(names.into_iter().filter(|n| grouping.counts(n)).collect()),
            (Self::AllBut(gone), Grouping::By(by)) => {
                Self::Only(by.iter().filter(|n| !gone.contains(*n)).cloned().collect())
            }
            (Self::AllBut(gone), Grouping::Without(without)) => {
                let unnamed = [Labels::NAME.to_owned()];
                Self::AllBut(gone.into_iter().chain(without.iter().cloned()).chain(unnamed).collect())
            }
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(a), Self::Only(b)) => Self::Only(a.into_iter().chain(b).collect()),
            (Self::AllBut(a), Self::AllBut(b)) => Self::AllBut(a.intersection(&b).cloned().collect()),
            (Self::AllBut(gone), Self::Only(names)) | (Self::Only(names), Self::AllBut(gone)) => {
                Self::AllBut(gone.difference(&names).cloned().collect())
            }
        }
    }

    fn with(self, name: &str) -> Self {
        self.or(Self::Only(BTreeSet::from([name.to_owned()])))
    }

    fn without(self, name: &str) -> Self {
        match self {
            Self::Only(names) => Self::Only(names.into_iter().filter(|n| n != name).collect()),
            Self::AllBut(gone) => Self::AllBut(gone.into_iter().chain([name.to_owned()]).collect()),
        }
    }
}

impl Query {
    /// Every mention of a metric by its name, in the order of the text.
    pub fn readings(&self) -> Vec<Reading> {
        let mut found = Vec::new();
        read(&self.0.root, Under { over: None, interest: Interest::Values }, &mut found);
        found.sort_by_key(|reading| reading.place.start);
        found
    }

    /// The labels that its series can have. A label that is kept need not be there: that depends on the data.
    pub fn kept(&self) -> Kept {
        kept(&self.0.root)
    }
}

/// What stands around a part of a query.
#[derive(Clone, Copy)]
struct Under {
    over: Option<&'static str>,
    interest: Interest,
}

impl Under {
    const fn presence(self) -> Self {
        Self { interest: Interest::Presence, ..self }
    }
}

fn read(node: &Node, under: Under, found: &mut Vec<Reading>) {
    match &node.form {
        Form::Number(_) | Form::Text(_) => {}
        Form::Instant(selector) | Form::Range(selector, _) => {
            if let Some(metric) = metric(selector) {
                let place = node.place.start as usize..node.place.end as usize;
                found.push(Reading { metric: metric.to_owned(), place, over: under.over, interest: under.interest });
            }
        }
        Form::Subquery(subquery) => read(&subquery.of, under, found),
        Form::Negate(of) => read(of, under, found),
        Form::Binary(binary) => {
            let (left, right) = sides(binary, under);
            read(&binary.left, left, found);
            read(&binary.right, right, found);
        }
        Form::Aggregate(aggregate) => {
            let counts = matches!(aggregate.aggregator, Aggregator::Count | Aggregator::Group);
            let inside = if counts { under.presence() } else { under };
            aggregate.parameter.iter().for_each(|p| read(p, under, found));
            read(&aggregate.of, inside, found);
        }
        Form::Call(call) => call.arguments.iter().for_each(|argument| {
            let over = if argument.type_of() == Type::Matrix { Some(call.function.name) } else { under.over };
            let inside = Under { over, ..under };
            let counts = matches!(
                call.function.name,
                "absent"
                    | "absent_over_time"
                    | "present_over_time"
                    | "count_over_time"
                    | "changes"
                    | "resets"
                    | "timestamp"
            );
            read(argument, if counts { inside.presence() } else { inside }, found);
        }),
    }
}

/// How the two sides of an operator are read.
fn sides(binary: &Binary, under: Under) -> (Under, Under) {
    let is_zero = |node: &Node| matches!(node.form, Form::Number(n) if n == 0.0);
    match binary.operator {
        Operator::And | Operator::Unless => (under, under.presence()),
        // `0 * x` is 0 wherever there is an x.
        Operator::Mul if is_zero(&binary.left) || is_zero(&binary.right) => (under.presence(), under.presence()),
        // `x - x offset 5m` is how much it grew.
        Operator::Sub if grows(&binary.left, &binary.right) => (under.presence(), under.presence()),
        _ => (under, under),
    }
}

/// Whether both read one metric, and the same.
fn grows(left: &Node, right: &Node) -> bool {
    let names = |node: &Node| {
        let mut found = BTreeSet::new();
        node.selectors(&mut |matchers| {
            found.insert(name(matchers).map(str::to_owned));
        });
        found
    };
    let names_left = names(left);
    names_left.len() == 1 && !names_left.contains(&None) && names_left == names(right)
}

fn metric(selector: &Selector) -> Option<&str> {
    name(&selector.matchers)
}

fn name(matchers: &[Matcher]) -> Option<&str> {
    matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal).map(|m| m.value.as_str())
}

fn kept(node: &Node) -> Kept {
    match &node.form {
        Form::Number(_) | Form::Text(_) => Kept::none(),
        Form::Instant(_) | Form::Range(..) => Kept::any(),
        Form::Subquery(subquery) => kept(&subquery.of),
        Form::Negate(of) => kept(of).without(Labels::NAME),
        Form::Binary(binary) => of_binary(binary),
        Form::Aggregate(aggregate) => of_aggregate(aggregate),
        Form::Call(call) => of_call(call),
    }
}

fn of_aggregate(aggregate: &Aggregate) -> Kept {
    let inner = kept(&aggregate.of);
    match aggregate.aggregator {
        Aggregator::Topk | Aggregator::Bottomk | Aggregator::Limitk | Aggregator::LimitRatio => inner,
        Aggregator::CountValues => {
            let grouped = inner.grouped(&aggregate.grouping);
            match aggregate.parameter.as_ref().map(|p| &p.form) {
                Some(Form::Text(label)) => grouped.with(label),
                _ => grouped,
            }
        }
        _ => inner.grouped(&aggregate.grouping),
    }
}

fn of_binary(binary: &Binary) -> Kept {
    let (left, right) = (kept(&binary.left), kept(&binary.right));
    let is_scalar = |node: &Node| node.type_of() == Type::Scalar;
    match binary.operator {
        Operator::Or => return left.or(right),
        Operator::And | Operator::Unless => return left,
        _ if is_scalar(&binary.left) => return right,
        _ if is_scalar(&binary.right) => return left,
        _ => {}
    }
    let matching = &binary.matching;
    let (many, one) = match matching.card {
        Card::OneToOne => return left.grouped(&matching.labels),
        Card::OneToMany => (right, left),
        Card::ManyToOne => (left, right),
    };
    matching.include.iter().filter(|name| one.has(name)).fold(many, |kept, name| kept.with(name))
}

fn of_call(call: &Call) -> Kept {
    let argument = |i: usize| call.arguments.get(i);
    let word = |i: usize| argument(i).and_then(|a| if let Form::Text(text) = &a.form { Some(text) } else { None });
    let vector = call.arguments.iter().find(|a| matches!(a.type_of(), Type::Vector | Type::Matrix));
    let inner = vector.map_or_else(Kept::none, kept);
    match call.function.name {
        "scalar" | "vector" => Kept::none(),
        // Labels of the selector that nothing matches, labels of info series.
        "absent" | "absent_over_time" | "info" => Kept::any(),
        "label_replace" | "label_join" => word(1).map_or_else(Kept::any, |label| inner.with(label)),
        "histogram_quantile" | "histogram_fraction" => inner.without("le"),
        _ => inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn every_metric_is_found_where_it_stands_with_what_is_made_of_it() {
        let text = "sum(rate(a_total[5m])) or 0 * sum(b_total) unless on () count(c_total)";
        let readings = parse(text).readings();
        let told: Vec<_> =
            readings.iter().map(|r| (&text[r.place.clone()], r.metric.as_str(), r.over, r.interest)).collect();
        assert_eq!(
            told,
            [
                ("a_total", "a_total", Some("rate"), Interest::Values),
                ("b_total", "b_total", None, Interest::Presence),
                ("c_total", "c_total", None, Interest::Presence),
            ]
        );
    }

    #[test]
    fn a_raw_value_is_told_from_growth_and_presence() {
        for (text, over, interest) in [
            ("x", None, Interest::Values),
            ("sum(x) / 2", None, Interest::Values),
            ("x - x offset 5m", None, Interest::Presence),
            ("sum(x) - sum(x offset 1h)", None, Interest::Presence),
            ("x - y", None, Interest::Values),
            ("increase(x[1h])", Some("increase"), Interest::Values),
            ("max_over_time(x[1h:1m])", Some("max_over_time"), Interest::Values),
            ("max_over_time(rate(x[5m])[1h:])", Some("rate"), Interest::Values),
            ("absent(x)", None, Interest::Presence),
            ("changes(x[1h])", Some("changes"), Interest::Presence),
            ("{job=\"a\", __name__=\"x\"}", None, Interest::Values),
        ] {
            let first = parse(text).readings().swap_remove(0);
            assert_eq!((first.over, first.interest), (over, interest), "{text}");
        }
        assert!(parse("{__name__=~\"x.*\"}").readings().is_empty(), "a pattern is no name");
    }

    #[test]
    fn labels_that_cannot_be_in_the_answer_are_known() {
        for (text, there, gone) in [
            ("x", "a", ""),
            ("sum(x)", "", "a"),
            ("sum by (a) (x)", "a", "b"),
            ("sum without (b) (x)", "a", "b"),
            ("sum by (a) (sum by (b) (x))", "", "a"),
            ("topk by (a) (3, x)", "b", ""),
            ("count_values(\"v\", x)", "v", "a"),
            ("histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))", "a", "le"),
            ("sum by (a) (x) or sum by (b) (y)", "b", "c"),
            ("sum by (a) (x) or y", "c", ""),
            ("sum(x) * on () group_right () y", "a", ""),
            ("sum by (a) (x) * on (a) group_left (b) y", "b", "c"),
            ("x / on (a) y", "a", "b"),
            ("x / ignoring (a) y", "b", "a"),
            ("sum by (a) (x) and on (a) y", "a", "b"),
            ("2 * sum by (a) (x)", "a", "b"),
            ("label_replace(sum(x), \"new\", \"$1\", \"a\", \"(.*)\")", "new", "a"),
            ("vector(1)", "", "a"),
            ("-sum by (a) (x)", "a", "b"),
        ] {
            let kept = parse(text).kept();
            assert!(there.is_empty() || kept.has(there), "{text} has {there}: {kept:?}");
            assert!(gone.is_empty() || !kept.has(gone), "{text} lacks {gone}: {kept:?}");
        }
    }
}
