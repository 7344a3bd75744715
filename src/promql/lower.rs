//! promql-parser's tree to ours: names resolved, types checked, patterns compiled, every node with its place in the text.
//! Uses `aggregate`, `binary`, `error`, `function`, `group`, `lex`, `tree` and `series`.

use promql_parser::label::{MatchOp as ParsedOp, Matchers};
use promql_parser::parser::{self, Expr, LabelModifier, Offset, VectorMatchCardinality};

use crate::series::{Labels, MatchOp, Matcher, printable};

use super::aggregate::Aggregator;
use super::binary::{Card, Matching, Operator};
use super::error::{Error, Reason, Span};
use super::function;
use super::group::Grouping;
use super::lex::{Kind, Token};
use super::tree::{Aggregate, At, Binary, Call, Form, Node, Selector, Shift, Subquery, Type};

/// Lowers and checks `expr`, which was parsed from `tokens`.
///
/// # Errors
/// Types that do not fit, unknown names, patterns that do not compile, times out of bounds.
pub(super) fn lower(expr: &Expr, tokens: &[Token<'_>]) -> Result<Node, Error> {
    let node = Lower { anchors: anchors(tokens), next: 0 }.node(expr)?;
    Ok(node)
}

/// The tokens at which expressions can stand: not those in braces, in lists of labels or in durations. Expressions come
/// in the order of the text, so a cursor over these finds each one's place.
fn anchors<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t Token<'a>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        out.push(token);
        i += 1;
        let labels = ["by", "without", "on", "ignoring", "group_left", "group_right"].iter().any(|w| token.is_word(w));
        let end = match token.text {
            "{" if token.kind == Kind::Sign => "}",
            "[" if token.kind == Kind::Sign => "]",
            _ if labels && tokens.get(i).is_some_and(|t| t.is("(")) => ")",
            _ => continue,
        };
        i += tokens[i..].iter().position(|t| t.is(end)).unwrap_or(0);
    }
    out
}

struct Lower<'t, 'a> {
    anchors: Vec<&'t Token<'a>>,
    next: usize,
}

impl Lower<'_, '_> {
    /// The place of the next token that `fits`; stays where it is when there is none.
    fn find(&mut self, fits: impl Fn(&Token<'_>) -> bool) -> Span {
        match self.anchors[self.next..].iter().position(|t| fits(t)) {
            Some(n) => {
                let at = self.next + n;
                self.next = at + 1;
                self.anchors[at].span
            }
            None => self.anchors.get(self.next.saturating_sub(1)).map_or(Span::default(), |t| t.span),
        }
    }

    fn word(&mut self, word: &str) -> Span {
        self.find(|t| t.text.eq_ignore_ascii_case(word))
    }

    /// Recursion goes through here and through functions that do little else, so that a deep query fits the stack:
    /// what builds messages or nodes stands apart.
    fn node(&mut self, expr: &Expr) -> Result<Node, Error> {
        match expr {
            Expr::Paren(p) => self.node(&p.expr),
            Expr::Unary(u) => self.unary(u),
            Expr::Binary(b) => self.binary(b),
            Expr::Aggregate(a) => self.aggregate(a),
            Expr::Call(c) => self.call(c),
            Expr::Subquery(s) => self.subquery(s),
            leaf => self.leaf(leaf),
        }
    }

    fn leaf(&mut self, expr: &Expr) -> Result<Node, Error> {
        match expr {
            Expr::NumberLiteral(n) => {
                let place = self.find(|t| matches!(t.kind, Kind::Number(_) | Kind::Duration(_)));
                Ok(Node { form: Form::Number(n.val), place, constant: true })
            }
            Expr::StringLiteral(s) => {
                let place = self.find(|t| matches!(t.kind, Kind::Text(_)));
                // Stored labels are made safe where they come in, and what a query writes must both match them and reach
                // the screen as they do.
                Ok(Node { form: Form::Text(printable(&s.val).into_owned()), place, constant: true })
            }
            Expr::VectorSelector(s) => {
                let (selector, place) = self.selector(s)?;
                let constant = selector.shift.at.is_some();
                Ok(Node { form: Form::Instant(selector), place, constant })
            }
            Expr::MatrixSelector(m) => {
                let (selector, place) = self.selector(&m.vs)?;
                let constant = selector.shift.at.is_some();
                Ok(Node { form: Form::Range(selector, ms(m.range)), place, constant })
            }
            _ => Err(Error::new(Reason::Unsupported("an extension".to_owned()))),
        }
    }

    fn unary(&mut self, u: &parser::UnaryExpr) -> Result<Node, Error> {
        let sign = self.find(|t| t.is("-"));
        let of = self.node(&u.expr)?;
        negate(of, sign)
    }

    fn selector(&mut self, s: &parser::VectorSelector) -> Result<(Selector, Span), Error> {
        let place = match &s.name {
            Some(name) => self.word(name),
            None => self.find(|t| t.is("{")),
        };
        let matchers = matchers(s.name.as_deref(), &s.matchers).map_err(|e| e.or_at(place))?;
        let shift = shift(s.offset.as_ref(), s.at.as_ref()).map_err(|e| e.or_at(place))?;
        Ok((Selector { matchers, shift }, place))
    }

    fn subquery(&mut self, s: &parser::SubqueryExpr) -> Result<Node, Error> {
        let of = self.node(&s.expr)?;
        let place = self.find(|t| t.is("["));
        subquery(s, of, place)
    }

    fn binary(&mut self, b: &parser::BinaryExpr) -> Result<Node, Error> {
        let left = self.node(&b.lhs)?;
        let place = self.word(&b.op.to_string());
        let right = self.node(&b.rhs)?;
        binary(b, left, right, place)
    }

    fn aggregate(&mut self, a: &parser::AggregateExpr) -> Result<Node, Error> {
        let place = self.word(&a.op.to_string());
        let parameter = a.param.as_deref().map(|p| self.node(p)).transpose()?;
        let of = self.node(&a.expr)?;
        aggregate(a, parameter, of, place)
    }

    fn call(&mut self, c: &parser::Call) -> Result<Node, Error> {
        let place = self.word(c.func.name);
        let mut arguments = Vec::with_capacity(c.args.args.len());
        for argument in &c.args.args {
            arguments.push(self.node(argument)?);
        }
        call(c.func.name, arguments, place)
    }
}

fn negate(of: Node, place: Span) -> Result<Node, Error> {
    if !matches!(of.type_of(), Type::Scalar | Type::Vector) {
        let what = format!("a sign needs a scalar or an instant vector, got a {}", of.type_of().name());
        return Err(Error::mismatch(what, place));
    }
    let constant = of.constant;
    Ok(Node { form: Form::Negate(Box::new(of)), place, constant })
}

fn subquery(s: &parser::SubqueryExpr, of: Node, place: Span) -> Result<Node, Error> {
    if of.type_of() != Type::Vector {
        let what = format!("a subquery needs an instant vector, got a {}", of.type_of().name());
        return Err(Error::mismatch(what, of.place));
    }
    let shift = shift(s.offset.as_ref(), s.at.as_ref()).map_err(|e| e.or_at(place))?;
    let subquery = Subquery { of, range: ms(s.range), step: s.step.map(ms), shift };
    Ok(Node { form: Form::Subquery(Box::new(subquery)), place, constant: shift.at.is_some() })
}

fn binary(b: &parser::BinaryExpr, left: Node, right: Node, place: Span) -> Result<Node, Error> {
    let name = b.op.to_string();
    let operator =
        Operator::parse(&name).ok_or_else(|| Error::at(Reason::Unsupported(format!("the operator {name}")), place))?;
    for side in [&left, &right] {
        if !matches!(side.type_of(), Type::Scalar | Type::Vector) {
            let what = format!("{name} needs scalars or instant vectors, got a {}", side.type_of().name());
            return Err(Error::mismatch(what, side.place));
        }
    }
    let returns_bool = b.return_bool();
    let scalars = [&left, &right].into_iter().filter(|side| side.type_of() == Type::Scalar).count();
    if returns_bool && !operator.is_comparison() {
        return Err(Error::mismatch(format!("bool only goes with comparisons, not with {name}"), place));
    }
    if operator.is_comparison() && !returns_bool && scalars == 2 {
        let what = format!("comparisons between scalars must use the bool modifier: {name} bool");
        return Err(Error::mismatch(what, place));
    }
    if operator.is_set() && scalars > 0 {
        return Err(Error::mismatch(format!("set operator {name} needs an instant vector on both sides"), place));
    }
    if scalars > 0 && b.is_matching_labels_not_empty() {
        return Err(Error::mismatch("vector matching only works between instant vectors", place));
    }
    let matching = matching(b, operator).map_err(|e| e.or_at(place))?;
    let constant = left.constant && right.constant;
    let binary = Binary { operator, left, right, returns_bool, matching };
    Ok(Node { form: Form::Binary(Box::new(binary)), place, constant })
}

fn aggregate(a: &parser::AggregateExpr, parameter: Option<Node>, of: Node, place: Span) -> Result<Node, Error> {
    let name = a.op.to_string();
    let aggregator = Aggregator::parse(&name)
        .ok_or_else(|| Error::at(Reason::Unsupported(format!("the aggregation {name}")), place))?;
    if of.type_of() != Type::Vector {
        let what = format!("expected type instant vector in {name}, got {}", of.type_of().name());
        return Err(Error::mismatch(what, of.place));
    }
    if let (Some(want), Some(got)) = (aggregator.parameter(), &parameter)
        && got.type_of() != want
    {
        let what = format!("expected type {} as parameter of {name}, got {}", want.name(), got.type_of().name());
        return Err(Error::mismatch(what, got.place));
    }
    let grouping = match &a.modifier {
        Some(LabelModifier::Include(l)) => Grouping::By(l.labels.clone()),
        Some(LabelModifier::Exclude(l)) => Grouping::Without(l.labels.clone()),
        None => Grouping::By(Vec::new()),
    };
    let constant = of.constant && parameter.as_ref().is_none_or(|p| p.constant);
    let aggregate = Aggregate { aggregator, grouping, parameter, of };
    Ok(Node { form: Form::Aggregate(Box::new(aggregate)), place, constant })
}

fn call(name: &str, arguments: Vec<Node>, place: Span) -> Result<Node, Error> {
    let function =
        function::find(name).ok_or_else(|| Error::at(Reason::Unsupported(format!("the function {name}()")), place))?;
    function.check(&arguments, place)?;
    let at_fixed_sample = matches!(arguments.as_slice(), [Node { form: Form::Instant(_), constant: true, .. }]);
    let constant = arguments.iter().all(|a| a.constant)
        && (!function.follows_time() || (function.name == "timestamp" && at_fixed_sample));
    Ok(Node { form: Form::Call(Box::new(Call { function, arguments })), place, constant })
}

fn ms(duration: std::time::Duration) -> i64 {
    // Checked against Prometheus' own limit before parsing.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn shift(offset: Option<&Offset>, at: Option<&parser::AtModifier>) -> Result<Shift, Error> {
    /// ms; far outside of any data, and far from overflowing in sums.
    const FARTHEST: i64 = 1 << 60;
    let offset = match offset {
        None => 0,
        Some(Offset::Pos(d)) => ms(*d),
        Some(Offset::Neg(d)) => -ms(*d),
    };
    let at = match at {
        None => None,
        Some(parser::AtModifier::Start) => Some(At::Start),
        Some(parser::AtModifier::End) => Some(At::End),
        Some(parser::AtModifier::At(time)) => {
            let ms = match time.duration_since(std::time::UNIX_EPOCH) {
                Ok(after) => i64::try_from(after.as_millis()).ok(),
                Err(before) => i64::try_from(before.duration().as_millis()).ok().map(|ms| -ms),
            };
            let ms = ms.filter(|ms| ms.abs() < FARTHEST);
            let fault = || Error::new(Reason::Syntax("timestamp out of bounds for @ modifier".to_owned()));
            Some(At::Time(ms.ok_or_else(fault)?))
        }
    };
    Ok(Shift { offset, at })
}

fn matchers(name: Option<&str>, parsed: &Matchers) -> Result<Vec<Matcher>, Error> {
    if !parsed.or_matchers.is_empty() {
        let what = "`or` between label matchers is not PromQL; use a regular expression";
        return Err(Error::new(Reason::Syntax(what.to_owned())));
    }
    let mut out: Vec<Matcher> = name.map(|n| Matcher::equal(Labels::NAME, n)).into_iter().collect();
    for m in &parsed.matchers {
        let op = match m.op {
            ParsedOp::Equal => MatchOp::Equal,
            ParsedOp::NotEqual => MatchOp::NotEqual,
            ParsedOp::Re(_) => MatchOp::Regex,
            ParsedOp::NotRe(_) => MatchOp::NotRegex,
        };
        let matcher = Matcher::new(printable(&m.name), op, printable(&m.value));
        out.push(matcher.map_err(|e| Error::new(Reason::Syntax(e.to_string())))?);
    }
    Ok(out)
}

fn matching(b: &parser::BinaryExpr, operator: Operator) -> Result<Matching, Error> {
    let modifier = b.modifier.as_ref();
    let labels = match modifier.and_then(|m| m.matching.as_ref()) {
        Some(LabelModifier::Include(l)) => Grouping::By(l.labels.clone()),
        Some(LabelModifier::Exclude(l)) => Grouping::Without(l.labels.clone()),
        None => Grouping::Without(Vec::new()),
    };
    let (card, include) = match modifier.map(|m| &m.card) {
        Some(VectorMatchCardinality::ManyToOne(l)) => (Card::ManyToOne, l.labels.clone()),
        Some(VectorMatchCardinality::OneToMany(l)) => (Card::OneToMany, l.labels.clone()),
        _ => (Card::OneToOne, Vec::new()),
    };
    if operator.is_set() && card != Card::OneToOne {
        return Err(Error::new(Reason::Type(format!("no grouping allowed for {} operation", b.op))));
    }
    if let Grouping::By(on) = &labels
        && let Some(twice) = on.iter().find(|l| include.contains(l))
    {
        let what = format!("label {twice:?} must not occur in on and group clause at once");
        return Err(Error::new(Reason::Type(what)));
    }
    Ok(Matching { labels, card, include })
}
