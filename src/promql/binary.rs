//! Binary operators and how they pair series. Uses `error`, `eval`, `group`, `tree` and `series`.

use rustc_hash::FxHashMap;

use crate::series::{GAP, Labels, Window, is_gap};

use super::error::{Error, Reason};
use super::eval::{Evaluator, Row, Val, join, merge};
use super::group::{Grouping, Groups};
use super::tree::Binary;

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    And,
    Or,
    Unless,
}

/// How many series of each side a pair of matching labels may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Card {
    OneToOne,
    /// `group_left`
    ManyToOne,
    /// `group_right`
    OneToMany,
}

/// `on`, `ignoring`, `group_left` and `group_right`.
#[derive(Debug)]
pub(super) struct Matching {
    pub(super) labels: Grouping,
    pub(super) card: Card,
    /// Labels that the "many" side takes over from the "one" side.
    pub(super) include: Vec<String>,
}

impl Operator {
    /// All of them as they are written.
    pub(super) const SIGNS: [(&str, Self); 16] = [
        ("+", Self::Add),
        ("-", Self::Sub),
        ("*", Self::Mul),
        ("/", Self::Div),
        ("%", Self::Mod),
        ("^", Self::Pow),
        ("atan2", Self::Atan2),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("<=", Self::LessEqual),
        (">=", Self::GreaterEqual),
        ("and", Self::And),
        ("or", Self::Or),
        ("unless", Self::Unless),
    ];

    /// The one written so, words in upper or lower case.
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Self::SIGNS.iter().find(|(known, _)| known.eq_ignore_ascii_case(sign)).map(|&(_, operator)| operator)
    }

    pub(super) fn is_comparison(self) -> bool {
        use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | Greater | LessEqual | GreaterEqual)
    }

    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// The number of an arithmetic operation; 0 or 1 of a comparison.
    fn apply(self, l: f64, r: f64) -> f64 {
        let truth = |b: bool| if b { 1.0 } else { 0.0 };
        match self {
            Self::Add => l + r,
            Self::Sub => l - r,
            Self::Mul => l * r,
            Self::Div => l / r,
            // The remainder has the sign of the dividend, in Go as here.
            Self::Mod => l % r,
            Self::Pow => l.powf(r),
            Self::Atan2 => l.atan2(r),
            Self::Equal => truth(l == r),
            Self::NotEqual => truth(l != r),
            Self::Less => truth(l < r),
            Self::Greater => truth(l > r),
            Self::LessEqual => truth(l <= r),
            Self::GreaterEqual => truth(l >= r),
            // Set operators work on membership and never get here.
            Self::And | Self::Or | Self::Unless => f64::NAN,
        }
    }
}

/// What an operator leaves at a step for a pair of values: a filtering comparison keeps one of them or nothing.
#[derive(Clone, Copy)]
struct Cell {
    operator: Operator,
    filters: bool,
}

impl Cell {
    fn new(b: &Binary) -> Self {
        Self { operator: b.operator, filters: b.operator.is_comparison() && !b.returns_bool }
    }

    /// `kept` is what a comparison that holds leaves.
    fn value(self, l: f64, r: f64, kept: f64) -> f64 {
        let v = self.operator.apply(l, r);
        if !self.filters {
            v
        } else if v == 1.0 {
            kept
        } else {
            GAP
        }
    }
}

/// A chain of operators recurses through here as deep as it is long, so nothing else stands in this frame.
pub(super) fn eval(ev: &Evaluator<'_>, b: &Binary, steps: Window) -> Result<Val, Error> {
    let left = ev.eval(&b.left, steps)?;
    let right = ev.eval(&b.right, steps)?;
    combine(ev, b, steps, left, right)
}

fn combine(ev: &Evaluator<'_>, b: &Binary, steps: Window, left: Val, right: Val) -> Result<Val, Error> {
    let cell = Cell::new(b);
    let nameless = b.returns_bool || !b.operator.is_comparison();
    match (left, right) {
        (Val::Scalar(mut left), Val::Scalar(right)) => {
            for (l, r) in left.iter_mut().zip(&right) {
                *l = b.operator.apply(*l, *r);
            }
            Ok(Val::Scalar(left))
        }
        (Val::Vector(rows), Val::Scalar(scalar)) => {
            Ok(Val::Vector(with_scalar(rows, &scalar, nameless, |v, s| cell.value(v, s, v))))
        }
        (Val::Scalar(scalar), Val::Vector(rows)) => {
            Ok(Val::Vector(with_scalar(rows, &scalar, nameless, |v, s| cell.value(s, v, v))))
        }
        (Val::Vector(left), Val::Vector(right)) => {
            ev.spend(left.len() + right.len(), steps.steps())?;
            let rows = match b.operator {
                Operator::And => restrict(left, &right, &b.matching, steps, true),
                Operator::Unless => restrict(left, &right, &b.matching, steps, false),
                Operator::Or => either(left, right, &b.matching, steps)?,
                _ => pair(left, right, b, steps)?,
            };
            Ok(Val::Vector(rows))
        }
        (Val::Text(_), _) | (_, Val::Text(_)) => Err(Error::new(Reason::Type("strings have no operators".to_owned()))),
    }
}

fn with_scalar(mut rows: Vec<Row>, scalar: &[f64], nameless: bool, f: impl Fn(f64, f64) -> f64) -> Vec<Row> {
    for row in &mut rows {
        row.nameless |= nameless;
        for (v, &s) in row.values.iter_mut().zip(scalar) {
            if !is_gap(*v) {
                *v = f(*v, s);
            }
        }
    }
    rows.retain(Row::is_there);
    rows
}

/// For each group of matching labels, the steps at which any of `rows` is there.
fn presence(rows: &[Row], groups: &mut Groups<'_>, steps: Window) -> Vec<Vec<bool>> {
    let mut present: Vec<Vec<bool>> = Vec::new();
    for row in rows {
        let group = groups.place(&row.labels);
        if present.len() <= group {
            present.resize(group + 1, Vec::new());
        }
        let steps_of = &mut present[group];
        steps_of.resize(steps.steps(), false);
        for (p, &v) in steps_of.iter_mut().zip(&row.values) {
            *p |= !is_gap(v);
        }
    }
    present
}

/// `and` keeps what has a partner, `unless` what has none.
fn restrict(mut left: Vec<Row>, right: &[Row], matching: &Matching, steps: Window, partnered: bool) -> Vec<Row> {
    let mut groups = Groups::new(&matching.labels);
    let present = presence(right, &mut groups, steps);
    for row in &mut left {
        let partner = present.get(groups.place(&row.labels)).filter(|p| !p.is_empty());
        for (i, v) in row.values.iter_mut().enumerate() {
            if partner.is_some_and(|p| p[i]) != partnered {
                *v = GAP;
            }
        }
    }
    left.retain(Row::is_there);
    left
}

/// `or`: all of the left, and of the right what has no partner there.
fn either(mut left: Vec<Row>, right: Vec<Row>, matching: &Matching, steps: Window) -> Result<Vec<Row>, Error> {
    let mut groups = Groups::new(&matching.labels);
    let present = presence(&left, &mut groups, steps);
    let mut by_labels: FxHashMap<Labels, usize> = FxHashMap::default();
    by_labels.extend(left.iter().enumerate().map(|(i, row)| (row.labels.clone(), i)));
    for mut row in right {
        if let Some(taken) = present.get(groups.place(&row.labels)).filter(|p| !p.is_empty()) {
            for (v, &taken) in row.values.iter_mut().zip(taken) {
                if taken {
                    *v = GAP;
                }
            }
        }
        if !row.is_there() {
            continue;
        }
        match by_labels.get(&row.labels) {
            Some(&at) => join(&mut left[at], &row)?,
            None => left.push(row),
        }
    }
    Ok(left)
}

/// Arithmetic and comparisons between vectors.
fn pair(left: Vec<Row>, right: Vec<Row>, b: &Binary, steps: Window) -> Result<Vec<Row>, Error> {
    let swapped = b.matching.card == Card::OneToMany;
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    // Where a side is empty altogether nothing is looked at, so nothing can be ambiguous either.
    let mut active = vec![false; steps.steps()];
    for row in &many {
        for (a, &v) in active.iter_mut().zip(&row.values) {
            *a |= !is_gap(v);
        }
    }
    let mut groups = Groups::new(&b.matching.labels);
    let mut sides: Vec<Side<'_>> = Vec::new();
    for (rows, is_many) in [(&many, true), (&one, false)] {
        for row in rows {
            let group = groups.place(&row.labels);
            sides.resize_with(groups.len(), Side::default);
            if is_many { sides[group].many.push(row) } else { sides[group].one.push(row) }
        }
    }
    let mut out = Vec::new();
    for (group, side) in sides.iter().enumerate() {
        if side.one.len() > 1 || !side.many.is_empty() {
            let partner = side.partners(b, &active, || groups.labels(group))?;
            side.pair(b, &partner, &mut out)?;
        }
    }
    Ok(out)
}

/// The series of both sides that have the same matching labels.
#[derive(Default)]
struct Side<'r> {
    many: Vec<&'r Row>,
    one: Vec<&'r Row>,
}

/// No series of the "one" side at a step.
const NOBODY: usize = usize::MAX;

impl Side<'_> {
    /// At each step, which series of the "one" side is there.
    fn partners(&self, b: &Binary, active: &[bool], shared: impl Fn() -> Labels) -> Result<Vec<usize>, Error> {
        let mut partner = vec![NOBODY; active.len()];
        for (which, row) in self.one.iter().enumerate() {
            for (i, &v) in row.values.iter().enumerate() {
                if is_gap(v) {
                    continue;
                }
                if partner[i] == NOBODY {
                    partner[i] = which;
                } else if active[i] {
                    let side = if b.matching.card == Card::OneToMany { "left" } else { "right" };
                    let mut pair = [braced(&row.labels), braced(&self.one[partner[i]].labels)];
                    pair.sort();
                    return Err(Error::new(Reason::Matching(format!(
                        "found duplicate series for the match group {} on the {side} hand-side of the operation: \
                         [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                        braced(&shared()),
                        pair[0],
                        pair[1],
                    ))));
                }
            }
        }
        Ok(partner)
    }

    fn pair(&self, b: &Binary, partner: &[usize], out: &mut Vec<Row>) -> Result<(), Error> {
        let one_to_one = b.matching.card == Card::OneToOne;
        let swapped = b.matching.card == Card::OneToMany;
        let cell = Cell::new(b);
        let meet = |m: &Row, which: usize, i: usize| partner[i] == which && !is_gap(m.values[i]);
        // Which pairs led to these labels. Two that meet at the same step are an error, even where a comparison
        // filters them afterwards.
        let mut origins: FxHashMap<Labels, Vec<(usize, usize)>> = FxHashMap::default();
        let mut results = Vec::new();
        for (m, &many) in self.many.iter().enumerate() {
            for (o, &one) in self.one.iter().enumerate() {
                if !(0..partner.len()).any(|i| meet(many, o, i)) {
                    continue;
                }
                let labels = result_labels(&many.labels, &one.labels, b);
                // One to one, no second series may meet the partner, whatever its labels.
                let key = if one_to_one { Labels::empty() } else { labels.clone() };
                let before = origins.entry(key).or_default();
                for &(m2, o2) in before.iter() {
                    if (0..partner.len()).any(|i| meet(many, o, i) && meet(self.many[m2], o2, i)) {
                        return Err(ambiguous(one_to_one, &self.many[m2].labels, &many.labels));
                    }
                }
                before.push((m, o));
                let value = |i: usize| {
                    let (l, r) = (many.values[i], one.values[i]);
                    let (l, r) = if swapped { (r, l) } else { (l, r) };
                    if meet(many, o, i) { cell.value(l, r, l) } else { GAP }
                };
                let values = (0..partner.len()).map(value).collect();
                results.push(Row { labels, nameless: b.returns_bool || many.nameless, values });
            }
        }
        results.retain(Row::is_there);
        out.extend(if results.len() > 1 { merge(results)? } else { results });
        Ok(())
    }
}

/// Two series met the same partner at the same step.
fn ambiguous(one_to_one: bool, a: &Labels, b: &Labels) -> Error {
    let what = if one_to_one {
        "many-to-one matching must be explicit (group_left/group_right)"
    } else {
        "grouping labels must ensure unique matches"
    };
    Error::new(Reason::Matching(format!("multiple matches for labels: {what}: [{}, {}]", braced(a), braced(b))))
}

/// All labels in braces, the name among them: how Prometheus writes them in messages about labels.
fn braced(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|l| format!("{}={:?}", l.name, l.value)).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The labels of a pair: the "many" side's, reduced to the matching ones where the pairing is one to one.
fn result_labels(many: &Labels, one: &Labels, b: &Binary) -> Labels {
    let drops_name = !b.operator.is_comparison();
    let one_to_one = b.matching.card == Card::OneToOne;
    let kept = many.filtered(|name| {
        if name == Labels::NAME && drops_name {
            return false;
        }
        match &b.matching.labels {
            _ if !one_to_one => true,
            Grouping::By(on) => on.iter().any(|l| l == name),
            Grouping::Without(ignored) => !ignored.iter().any(|l| l == name),
        }
    });
    b.matching.include.iter().fold(kept, |labels, name| {
        let value = one.get(name).unwrap_or_default();
        if labels.get(name).unwrap_or_default() == value { labels } else { labels.with(name, value) }
    })
}
