//! The variables of a layout file.

use toml::de::DeValue;

use super::query;
use crate::layout::model::{All, Order, Values, Variable};
use crate::layout::section::{Section, Value, choice, items, text, wrong_type};
use crate::layout::variables::{Selection, pattern};
use crate::series::Faults;

const VARIABLE: &[&str] = &[
    "name",
    "label",
    "selector",
    "values_of",
    "names",
    "query",
    "values",
    "typed",
    "multi",
    "all",
    "filter",
    "order",
    "initial",
    "hidden",
];

/// The variables; each may use all of them.
pub(super) fn variables(values: &[Value<'_>], faults: &mut Faults<'_>) -> Vec<Variable> {
    let read: Vec<_> = values.iter().filter_map(|value| variable(value, faults)).collect();
    let variables: Vec<Variable> = read.iter().map(|(variable, _)| variable.clone()).collect();
    for (variable, section) in &read {
        let (expr, key) = match &variable.values {
            Values::Labels => (&variable.selector, "selector"),
            Values::Query(expr) => (expr, "query"),
            Values::Given(_) | Values::Typed => continue,
        };
        if let (Some(value), false) = (section.value(key), expr.is_empty()) {
            query(expr, value.span(), &variables, faults);
        }
    }
    variables
}

fn variable<'d, 't>(value: &'d Value<'t>, faults: &mut Faults<'_>) -> Option<(Variable, Section<'d, 't>)> {
    let section = Section::of("a variable", value, VARIABLE, faults)?;
    let name = section.words("name", faults).unwrap_or_default();
    let is_name = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !word.starts_with(|c: char| c.is_ascii_digit())
    };
    if !is_name(name) {
        let place = section.value("name").map_or_else(|| section.place(), Value::span);
        let hint = "letters, digits and _ only, no digit first".to_owned();
        faults.add(place, format!("{name:?} cannot name a variable"), Some(hint));
    }
    let values = source(&section, faults);
    let of_labels = values == Values::Labels;
    let required = |key, faults: &mut _| if of_labels { section.words(key, faults) } else { None }.unwrap_or_default();
    let values_of = match section.flag("names", faults) {
        Some(true) => "",
        _ => required("values_of", faults),
    };
    let filter = section.text("filter", faults).unwrap_or_default();
    if let (Some(value), None) = (section.value("filter"), pattern(filter)) {
        faults.add(value.span(), "the filter is no regular expression", None);
    }
    let initial: Vec<String> =
        section.items("initial", faults).iter().filter_map(|v| text(v, faults)).map(str::to_owned).collect();
    let variable = Variable {
        name: name.to_owned(),
        label: section.text("label", faults).unwrap_or(name).to_owned(),
        selector: required("selector", faults).to_owned(),
        values_of: values_of.to_owned(),
        multi: section.flag("multi", faults).unwrap_or(of_labels),
        all: section.value("all").and_then(|v| all(v, faults)).unwrap_or(if of_labels {
            All::default()
        } else {
            All::No
        }),
        filter: filter.to_owned(),
        order: section.value("order").and_then(|v| choice("order", v, Order::NAMES, faults)).unwrap_or_default(),
        initial: if initial.is_empty() { Selection::All } else { Selection::Values(initial) },
        hidden: section.flag("hidden", faults).unwrap_or(false),
        values,
    };
    Some((variable, section))
}

/// Where the values come from; a selector where the file says nothing else.
fn source(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Values {
    let ways: Vec<&str> =
        ["selector", "query", "values", "typed"].into_iter().filter(|key| section.value(key).is_some()).collect();
    if let [first, second, ..] = ways.as_slice() {
        let place = section.value(second).map_or_else(|| section.place(), Value::span);
        faults.add(place, format!("a variable has {first:?} or {second:?}, not both"), None);
    }
    if let Some(expr) = section.value("query").and_then(|_| section.words("query", faults)) {
        return Values::Query(expr.to_owned());
    }
    if section.value("values").is_some() {
        return Values::Given(section.items("values", faults).iter().filter_map(|v| given(v, faults)).collect());
    }
    if section.flag("typed", faults) == Some(true) { Values::Typed } else { Values::Labels }
}

/// A value, or [what it is called, the value].
fn given(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<(String, String)> {
    if let DeValue::String(word) = value.get_ref() {
        return Some((word.to_string(), word.to_string()));
    }
    let [name, word] = items(value, faults)?.as_ref() else {
        faults.add(value.span(), "a value is \"value\" or [\"name\", \"value\"]", None);
        return None;
    };
    Some((text(name, faults)?.to_owned(), text(word, faults)?.to_owned()))
}

/// `false`, `true` for all that are known, or what stands for all.
fn all(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<All> {
    match value.get_ref() {
        DeValue::Boolean(true) => Some(All::Listed),
        DeValue::Boolean(false) => Some(All::No),
        DeValue::String(pattern) => Some(All::Pattern(pattern.to_string())),
        _ => wrong_type(value, "true, false or a text", faults),
    }
}
