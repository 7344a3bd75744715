//! The table of functions: Go's own and Prometheus'. Uses `series`.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::exec::Exec;
use super::format::MAX_TEXT;
use super::value::{Point, Value, strings};
use super::{compare, format, humanize, printf, text};
use crate::rules::duration;

type Answer = Result<Value, String>;

pub(super) struct Function {
    name: &'static str,
    /// The fewest arguments, and the most where there is an end.
    pub(super) arity: (usize, Option<usize>),
    pub(super) call: fn(&mut Exec<'_>, &[Value]) -> Answer,
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|f| f.name)
}

const fn f(
    name: &'static str,
    least: usize,
    most: Option<usize>,
    call: fn(&mut Exec<'_>, &[Value]) -> Answer,
) -> Function {
    Function { name, arity: (least, most), call }
}

const FUNCTIONS: &[Function] = &[
    // Go's.
    f("and", 1, None, |_, v| Ok(first_where(v, |v| !v.is_true()))),
    f("or", 1, None, |_, v| Ok(first_where(v, Value::is_true))),
    f("not", 1, Some(1), |_, v| Ok(Value::Bool(!v[0].is_true()))),
    f("eq", 2, None, |_, v| compare::eq(v).map(Value::Bool)),
    f("ne", 2, Some(2), |_, v| compare::eq(v).map(|equal| Value::Bool(!equal))),
    f("lt", 2, Some(2), |_, v| ordered(v, |o| o == Some(Ordering::Less))),
    f("le", 2, Some(2), |_, v| ordered(v, |o| matches!(o, Some(Ordering::Less | Ordering::Equal)))),
    // Go has these as the opposites of the two before, so that a NaN is greater than everything.
    f("gt", 2, Some(2), |_, v| ordered(v, |o| !matches!(o, Some(Ordering::Less | Ordering::Equal)))),
    f("ge", 2, Some(2), |_, v| ordered(v, |o| o != Some(Ordering::Less))),
    f("len", 1, Some(1), |_, v| len(&v[0]).map(|n| Value::Int(n as i64))),
    f("index", 1, None, |_, v| v[1..].iter().try_fold(v[0].clone(), |of, key| index(&of, key))),
    f("slice", 1, Some(4), |_, v| slice(v)),
    f("print", 0, None, |_, v| Ok(Value::text(print(v)))),
    f("println", 0, None, |_, v| Ok(Value::text(println(v)))),
    f("printf", 1, None, |_, v| Ok(Value::text(printf::printf(string(&v[0])?, &v[1..])))),
    f("html", 0, None, |_, v| Ok(Value::text(text::html_escape(&print(v))))),
    f("js", 0, None, |_, v| Ok(Value::text(text::js_escape(&print(v))))),
    f("urlquery", 0, None, |_, v| Ok(Value::text(text::query_escape(&print(v))))),
    f("call", 1, None, |_, v| Err(format!("non-function of type {}", v[0].type_name()))),
    // Prometheus': series.
    f("query", 1, Some(1), |exec, v| query(exec, string(&v[0])?)),
    f("first", 1, Some(1), |_, v| {
        vector(&v[0])?.first().cloned().ok_or_else(|| "first() called on vector with no elements".to_owned())
    }),
    f("label", 2, Some(2), |_, v| {
        let name = string(&v[0])?;
        Ok(Value::text(sample(&v[1])?.labels.get(name).map_or("", String::as_str)))
    }),
    f("value", 1, Some(1), |_, v| Ok(Value::Float(sample(&v[0])?.value))),
    f("strvalue", 1, Some(1), |_, v| {
        Ok(Value::text(sample(&v[0])?.labels.get("__value__").map_or("", String::as_str)))
    }),
    f("sortByLabel", 2, Some(2), |exec, v| {
        let vector = vector(&v[1])?;
        exec.charge(vector.len())?;
        Ok(sort_by_label(string(&v[0])?, vector))
    }),
    f("args", 0, None, |_, v| {
        if v.iter().any(|v| matches!(v, Value::Map(_))) {
            return Err("args cannot hold what args has made".to_owned());
        }
        Ok(Value::Map(Arc::new(v.iter().enumerate().map(|(i, v)| (format!("arg{i}"), v.clone())).collect())))
    }),
    // Prometheus': strings.
    f("title", 1, Some(1), |_, v| Ok(Value::text(text::title(string(&v[0])?)))),
    f("toUpper", 1, Some(1), |_, v| Ok(Value::text(text::upper(string(&v[0])?)))),
    f("toLower", 1, Some(1), |_, v| Ok(Value::text(text::lower(string(&v[0])?)))),
    f("match", 2, Some(2), |exec, v| Ok(Value::Bool(regex(exec, string(&v[0])?)?.is_match(string(&v[1])?)))),
    f("reReplaceAll", 3, Some(3), |exec, v| {
        let regex = regex(exec, string(&v[0])?)?;
        Ok(Value::text(replaced(&regex, string(&v[1])?, string(&v[2])?)))
    }),
    f("stripPort", 1, Some(1), |_, v| Ok(Value::text(text::strip_port(string(&v[0])?)))),
    f("stripDomain", 1, Some(1), |_, v| Ok(Value::text(text::strip_domain(string(&v[0])?)))),
    f("safeHtml", 1, Some(1), |_, v| Ok(Value::text(string(&v[0])?))),
    f("urlQueryEscape", 1, Some(1), |_, v| Ok(Value::text(text::query_escape(string(&v[0])?)))),
    f("graphLink", 1, Some(1), |_, v| Ok(link(string(&v[0])?, 0))),
    f("tableLink", 1, Some(1), |_, v| Ok(link(string(&v[0])?, 1))),
    f("externalURL", 0, Some(0), |exec, _| Ok(Value::text(exec.external_url))),
    f("pathPrefix", 0, Some(0), |exec, _| Ok(Value::text(text::path(exec.external_url)))),
    // Prometheus': numbers and times.
    f("humanize", 1, Some(1), |_, v| Ok(Value::text(humanize::humanize(number(&v[0])?)))),
    f("humanize1024", 1, Some(1), |_, v| Ok(Value::text(humanize::humanize1024(number(&v[0])?)))),
    f("humanizeDuration", 1, Some(1), |_, v| Ok(Value::text(humanize::humanize_duration(number(&v[0])?)))),
    f("humanizePercentage", 1, Some(1), |_, v| Ok(Value::text(humanize::humanize_percentage(number(&v[0])?)))),
    f("humanizeTimestamp", 1, Some(1), |_, v| humanize::humanize_timestamp(number(&v[0])?).map(Value::text)),
    f("toTime", 1, Some(1), |_, v| humanize::timestamp(number(&v[0])?).map(Value::Time)),
    f("parseDuration", 1, Some(1), |_, v| Ok(Value::Float(duration::parse(string(&v[0])?)? as f64 / 1_000.0))),
    f("now", 0, Some(0), |exec, _| Ok(Value::Float(exec.at as f64 / 1_000.0))),
];

/// The first value that `decides`, else the last.
fn first_where(values: &[Value], decides: impl Fn(&Value) -> bool) -> Value {
    values.iter().find(|v| decides(v)).or(values.last()).cloned().unwrap_or(Value::Nil)
}

fn ordered(v: &[Value], holds: impl Fn(Option<Ordering>) -> bool) -> Answer {
    compare::order(&v[0], &v[1]).map(|order| Value::Bool(holds(order)))
}

fn wrong(wanted: &str, got: &Value) -> String {
    format!("wrong type for value; expected {wanted}; got {}", got.type_name())
}

fn string(value: &Value) -> Result<&str, String> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(wrong("string", other)),
    }
}

fn vector(value: &Value) -> Result<&Arc<Vec<Value>>, String> {
    match value {
        Value::Vector(v) => Ok(v),
        other => Err(wrong("template.queryResult", other)),
    }
}

fn sample(value: &Value) -> Result<&Point, String> {
    match value {
        Value::Sample(s) => Ok(s),
        other => Err(wrong("*template.sample", other)),
    }
}

/// A number, or a string that holds one.
fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(f) => Ok(*f),
        Value::Int(i) => Ok(*i as f64),
        Value::Text(text) => {
            let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
            // Rust and Go agree on all spellings but these.
            let known = !plain.is_empty() && !text.ends_with(char::is_whitespace);
            text.parse()
                .ok()
                .filter(|_| known)
                .ok_or_else(|| format!("strconv.ParseFloat: parsing {}: invalid syntax", format::quoted(text)))
        }
        other => Err(format!("can't convert {} to float", other.type_name())),
    }
}

/// Go's `Sprint`: a blank between two values of which neither is a string.
fn print(values: &[Value]) -> String {
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        if out.len() > MAX_TEXT {
            break;
        }
        let texts = |v: &Value| matches!(v, Value::Text(_));
        if i > 0 && !texts(value) && !texts(&values[i - 1]) {
            out.push(' ');
        }
        out.push_str(&format::plain(value));
    }
    out
}

/// Go's `Sprintln`: a blank between all values.
fn println(values: &[Value]) -> String {
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        if out.len() > MAX_TEXT {
            break;
        }
        out.push_str(if i > 0 { " " } else { "" });
        out.push_str(&format::plain(value));
    }
    out + "\n"
}

fn len(value: &Value) -> Result<usize, String> {
    match value {
        Value::Text(t) => Ok(t.len()),
        Value::Strings(m) => Ok(m.len()),
        Value::Map(m) => Ok(m.len()),
        Value::Vector(v) => Ok(v.len()),
        Value::Nil => Err("len of nil pointer".to_owned()),
        other => Err(format!("len of type {}", other.type_name())),
    }
}

fn index(of: &Value, key: &Value) -> Answer {
    let place = |len: usize| match key {
        Value::Int(i) => {
            usize::try_from(*i).ok().filter(|i| *i < len).ok_or_else(|| format!("index out of range: {i}"))
        }
        other => Err(format!("cannot index slice/array with type {}", other.type_name())),
    };
    match of {
        Value::Strings(_) | Value::Map(_) => match key {
            Value::Text(name) => of.field(name),
            other => Err(format!("value has type {}; should be string", other.type_name())),
        },
        Value::Vector(v) => Ok(place(v.len()).map(|i| v[i].clone())?),
        Value::Text(t) => Ok(place(t.len()).map(|i| Value::Int(i64::from(t.as_bytes()[i])))?),
        Value::Nil => Err("index of untyped nil".to_owned()),
        other => Err(format!("can't index item of type {}", other.type_name())),
    }
}

fn slice(v: &[Value]) -> Answer {
    let len = match &v[0] {
        Value::Text(t) if v.len() < 4 => t.len(),
        Value::Text(_) => return Err("cannot 3-index slice a string".to_owned()),
        Value::Vector(v) => v.len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, len];
    for (bound, given) in bounds.iter_mut().zip(&v[1..]) {
        let Value::Int(i) = given else {
            return Err(format!("cannot index slice/array with type {}", given.type_name()));
        };
        *bound = usize::try_from(*i).ok().filter(|i| *i <= len).ok_or_else(|| format!("index out of range: {i}"))?;
    }
    let [from, to] = bounds;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(match &v[0] {
        Value::Text(t) => Value::text(String::from_utf8_lossy(&t.as_bytes()[from..to]).into_owned()),
        Value::Vector(v) => Value::Vector(Arc::new(v[from..to].to_vec())),
        _ => Value::Nil,
    })
}

fn query(exec: &mut Exec<'_>, text: &str) -> Answer {
    exec.count_query()?;
    let series = exec.ask.ask(text, exec.at)?;
    exec.charge(series.len())?;
    let points = series
        .into_iter()
        .map(|(labels, value)| Value::Sample(Arc::new(Point { labels: strings(&labels), value })))
        .collect();
    Ok(Value::Vector(Arc::new(points)))
}

fn sort_by_label(name: &str, vector: &[Value]) -> Value {
    let key = |v: &Value| sample(v).ok().and_then(|s| s.labels.get(name).cloned()).unwrap_or_default();
    let mut sorted = vector.to_vec();
    sorted.sort_by_key(key);
    Value::Vector(Arc::new(sorted))
}

fn regex(exec: &mut Exec<'_>, pattern: &str) -> Result<Regex, String> {
    /// Steps that making one counts as.
    const COST: usize = 50;
    exec.charge(COST)?;
    let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build();
    regex.map_err(|_| format!("error parsing regexp: {}", format::quoted(pattern)))
}

/// `text` with all matches replaced; cut short where it gets longer than any text may be.
fn replaced(regex: &Regex, replacement: &str, text: &str) -> String {
    let (mut out, mut end) = (String::new(), 0);
    for found in regex.captures_iter(text) {
        if out.len() > MAX_TEXT {
            return out;
        }
        let Some(all) = found.get(0) else { continue };
        out.push_str(&text[end..all.start()]);
        found.expand(replacement, &mut out);
        end = all.end();
    }
    out + &text[end..]
}

fn link(expr: &str, tab: u8) -> Value {
    Value::text(format!("/graph?g0.expr={}&g0.tab={tab}", text::query_escape(expr)))
}
