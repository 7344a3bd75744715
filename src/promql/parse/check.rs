//! Nodes from their parts, types checked, in Prometheus' own words. Uses `aggregate`, `binary`, `error`, `function`,
//! `group`, `lex`, `tree` and `series`.

use crate::promql::aggregate::Aggregator;
use crate::promql::binary::{Card, Matching, Operator};
use crate::promql::error::{Error, Span};
use crate::promql::function::{self, Function};
use crate::promql::group::Grouping;
use crate::promql::lex::Token;
use crate::promql::tree::{Aggregate, Binary, Call, Form, Node, Type};
use crate::series::nearest;

use super::Part;
use super::modifier::Modifiers;

fn is_value(part: &Part) -> bool {
    matches!(part.node.type_of(), Type::Scalar | Type::Vector)
}

/// `+of` or `-of`.
pub(super) fn signed(sign: &Token<'_>, of: Part) -> Result<Part, Error> {
    if !is_value(&of) {
        let got = of.node.type_of().name();
        let what = "unary expression only allowed on expressions of type scalar or instant vector";
        return Err(Error::mismatch(format!("{what}, got {got:?}"), of.span));
    }
    let (place, span) = (sign.span, sign.span.to(of.span));
    let constant = of.node.constant;
    let form = match of.node.form {
        form if sign.is("+") => form,
        // A number that is none has no sign either.
        Form::Number(number) => Form::Number(if number.is_nan() { number } else { -number }),
        form => Form::Negate(Box::new(Node { form, ..of.node })),
    };
    let place = if matches!(form, Form::Negate(_)) { place } else { of.node.place };
    // Nothing that binds to a selector goes through a sign.
    Ok(Part { node: Node { form, place, constant }, span, is_wrapped: true })
}

/// `left operator right`.
pub(super) fn binary(
    left: Part,
    (operator, place): (Operator, Span),
    modifiers: Modifiers,
    right: Part,
) -> Result<Part, Error> {
    if let Some(side) = [&left, &right].into_iter().find(|side| !is_value(side)) {
        return Err(Error::mismatch("binary expression must contain only scalar and instant vector types", side.span));
    }
    let scalar = [&left, &right].into_iter().find(|side| side.node.type_of() == Type::Scalar).map(|side| side.span);
    let scalars = left.node.type_of() == Type::Scalar && right.node.type_of() == Type::Scalar;
    if let Some(place) = modifiers.returns_bool.filter(|_| !operator.is_comparison()) {
        return Err(Error::mismatch("bool modifier can only be used on comparison operators", place));
    }
    if operator.is_comparison() && scalars && modifiers.returns_bool.is_none() {
        return Err(Error::mismatch("comparisons between scalars must use bool modifier", place));
    }
    let returns_bool = modifiers.returns_bool.is_some();
    let matching = match scalar {
        Some(scalar) => without_vectors(operator, &modifiers, scalar)?,
        None => matching(operator, modifiers)?,
    };
    let span = left.span.to(right.span);
    let (left, right) = (left.node, right.node);
    let constant = left.constant && right.constant;
    let binary = Binary { operator, left, right, returns_bool, matching };
    Ok(Part { node: Node { form: Form::Binary(Box::new(binary)), place, constant }, span, is_wrapped: true })
}

/// The matching of an operation that has the scalar at `scalar` on a side: none.
fn without_vectors(operator: Operator, modifiers: &Modifiers, scalar: Span) -> Result<Matching, Error> {
    if operator.is_set() {
        let name = sign(operator);
        let what = format!("set operator {name:?} not allowed in binary scalar expression");
        return Err(Error::mismatch(what, scalar));
    }
    let (Grouping::By(labels) | Grouping::Without(labels)) = &modifiers.matching.labels;
    if let Some(place) = modifiers.labels.filter(|_| !labels.is_empty()) {
        return Err(Error::mismatch("vector matching only allowed between instant vectors", place));
    }
    Ok(Matching { labels: Grouping::Without(Vec::new()), card: Card::OneToOne, include: Vec::new() })
}

fn matching(operator: Operator, modifiers: Modifiers) -> Result<Matching, Error> {
    let matching = modifiers.matching;
    if let Some(place) = modifiers.group.filter(|_| operator.is_set()) {
        let what = format!("no grouping allowed for {:?} operation", sign(operator));
        return Err(Error::mismatch(what, place));
    }
    if let Grouping::By(on) = &matching.labels
        && let Some(twice) = on.iter().find(|label| matching.include.contains(label))
        && let Some(place) = modifiers.group
    {
        let what = format!("label {twice:?} must not occur in ON and GROUP clause at once");
        return Err(Error::mismatch(what, place));
    }
    Ok(matching)
}

/// How an operator is written.
pub(in crate::promql) fn sign(operator: Operator) -> &'static str {
    Operator::SIGNS.iter().find(|(_, known)| *known == operator).map_or("", |(sign, _)| sign)
}

/// `name by (…) (parameter, of)`, which reaches over `span`; its arguments end with the parenthesis at `close`.
pub(super) fn aggregate(
    (aggregator, name): (Aggregator, &Token<'_>),
    grouping: Option<Grouping>,
    arguments: Vec<Part>,
    close: Span,
    span: Span,
) -> Result<Part, Error> {
    let want = aggregator.parameter();
    let wanted = 1 + usize::from(want.is_some());
    if arguments.len() != wanted {
        let got = arguments.len();
        let what = if got == 0 {
            "no arguments for aggregate expression provided".to_owned()
        } else {
            format!("wrong number of arguments for aggregate expression provided, expected {wanted}, got {got}")
        };
        return Err(Error::mismatch(what, arguments.get(wanted).map_or(close, |surplus| surplus.span)));
    }
    let mut arguments = arguments.into_iter();
    let parameter = want.and_then(|want| arguments.next().map(|got| (want, got)));
    let Some(of) = arguments.next() else {
        return Err(Error::mismatch("no arguments for aggregate expression provided", close));
    };
    if of.node.type_of() != Type::Vector {
        return Err(expected(Type::Vector, "aggregation expression", &of));
    }
    if let Some((want, got)) = &parameter
        && got.node.type_of() != *want
    {
        return Err(expected(*want, "aggregation parameter", got));
    }
    let parameter = parameter.map(|(_, got)| got.node);
    let constant = of.node.constant && parameter.as_ref().is_none_or(|p| p.constant);
    let grouping = grouping.unwrap_or(Grouping::By(Vec::new()));
    let aggregate = Aggregate { aggregator, grouping, parameter, of: of.node };
    let node = Node { form: Form::Aggregate(Box::new(aggregate)), place: name.span, constant };
    Ok(Part { node, span, is_wrapped: true })
}

fn expected(want: Type, context: &str, got: &Part) -> Error {
    let (want, type_of) = (want.name(), got.node.type_of().name());
    Error::mismatch(format!("expected type {want} in {context}, got {type_of}"), got.span)
}

/// The function that a token names.
pub(super) fn function(name: &Token<'_>) -> Result<&'static Function, Error> {
    if let Some(function) = function::find(name.text) {
        return Ok(function);
    }
    if ["info", "start_timestamp"].contains(&name.text) {
        return Err(Error::unsupported(format!("the experimental function {}()", name.text), name.span));
    }
    Err(Error::syntax(format!("unknown function with name {:?}{}", name.text, hint(name.text)), name.span))
}

/// That a name is followed by grouping but is no aggregation.
pub(super) fn unknown_aggregation(name: &Token<'_>) -> Error {
    let known = Aggregator::NAMES.iter().map(|(name, _)| *name);
    let hint = nearest(name.text, known).map_or(String::new(), |near| format!(", did you mean {near}?"));
    Error::syntax(format!("unknown aggregation with name {:?}{hint}", name.text), name.span)
}

fn hint(name: &str) -> String {
    // What Prometheus 3 renamed is not near.
    let renamed = (name == "holt_winters").then_some("double_exponential_smoothing");
    let known = || function::names().chain(Aggregator::NAMES.iter().map(|(name, _)| *name));
    renamed.or_else(|| nearest(name, known())).map_or(String::new(), |near| format!(", did you mean {near}?"))
}

/// `function(arguments)`, closed by the parenthesis at `close`.
pub(super) fn call(
    (function, place): (&'static Function, Span),
    arguments: Vec<Part>,
    close: Span,
) -> Result<Part, Error> {
    let (least, most) = function.arity();
    let got = arguments.len();
    let surplus = most.and_then(|most| arguments.get(most));
    if got < least || surplus.is_some() {
        let expected = match most {
            Some(most) if most == least => least.to_string(),
            Some(most) if got > most => format!("at most {most}"),
            _ => format!("at least {least}"),
        };
        let what = format!("expected {expected} argument(s) in call to {:?}, got {got}", function.name);
        return Err(Error::mismatch(what, surplus.map_or(close, |argument| argument.span)));
    }
    let wrong = arguments.iter().enumerate().find_map(|(i, argument)| {
        let want = function.takes(i)?;
        (argument.node.type_of() != want).then_some((want, argument))
    });
    if let Some((want, argument)) = wrong {
        let error = expected(want, &format!("call to function {:?}", function.name), argument);
        let lacks_range = want == Type::Matrix && matches!(argument.node.form, Form::Instant(_));
        return Err(if lacks_range { error.with("; write the range behind it, such as [5m]") } else { error });
    }
    let arguments: Vec<Node> = arguments.into_iter().map(|argument| argument.node).collect();
    let at_fixed_sample = matches!(arguments.as_slice(), [Node { form: Form::Instant(_), constant: true, .. }]);
    let constant = arguments.iter().all(|a| a.constant)
        && (!function.follows_time() || (function.name == "timestamp" && at_fixed_sample));
    let span = place.to(close);
    let node = Node { form: Form::Call(Box::new(Call { function, arguments })), place, constant };
    Ok(Part { node, span, is_wrapped: true })
}
