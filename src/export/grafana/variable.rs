//! The variables of a dashboard: what each is to Grafana.

use serde_json::{Value, json};

use super::Frame;
use super::value::slashed;
use crate::layout::{All, Order, Selection, Values, Variable};
use crate::promql::parse_duration;

/// What Grafana calls all values at once.
const ALL: &str = "$__all";

/// The variable by which one chooses the data source; `chosen` is what it is called where that is known.
pub(super) fn source(name: &str, label: &str, chosen: Option<&str>) -> Value {
    json!({
        "type": "datasource", "name": name, "label": label, "query": "prometheus",
        "current": chosen.map_or_else(|| json!({}), |chosen| json!({ "text": chosen, "value": chosen })),
        "hide": 0, "includeAll": false, "multi": false, "options": [], "refresh": 1, "regex": "", "skipUrlSync": false,
    })
}

/// What a constant stands for, if `variable` is one: nothing can be chosen.
pub(super) fn constant(variable: &Variable) -> Option<&str> {
    match &variable.values {
        Values::Given(values) if variable.hidden && !variable.multi && variable.all == All::No => match &values[..] {
            [(text, value)] if text == value => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// The variable as Grafana's JSON.
pub(super) fn json(variable: &Variable, frame: &Frame<'_>) -> Value {
    let mut json = json!({
        "name": variable.name,
        "label": variable.label,
        "hide": if variable.hidden { 2 } else { 0 },
        "options": [],
        "skipUrlSync": false,
    });
    let more = match &variable.values {
        // The names of labels rather than the values of one.
        Values::Labels if variable.values_of.is_empty() => {
            let asks = if variable.selector == "{__name__!=\"\"}" { "" } else { variable.selector.as_str() };
            query(variable, frame, 0, &format!("label_names({asks})"))
        }
        Values::Labels => {
            let Variable { selector, values_of, .. } = variable;
            let bare = format!("{{{values_of}!=\"\"}}");
            let asks = if *selector == bare { values_of.clone() } else { format!("{selector}, {values_of}") };
            query(variable, frame, 1, &format!("label_values({asks})"))
        }
        Values::Query(expr) => query(variable, frame, 3, &format!("query_result({expr})")),
        Values::Given(_) if constant(variable).is_some() => {
            json!({ "type": "constant", "query": constant(variable), "skipUrlSync": true })
        }
        Values::Given(values) => given(variable, values),
        Values::Typed => {
            let typed = chosen(variable).first().cloned().unwrap_or_default();
            json!({
                "type": "textbox", "query": typed, "current": { "selected": true, "text": typed, "value": typed },
                "options": [{ "selected": true, "text": typed, "value": typed }],
            })
        }
    };
    for (key, value) in more.as_object().into_iter().flatten() {
        json[key] = value.clone();
    }
    json
}

fn chosen(variable: &Variable) -> &[String] {
    match &variable.initial {
        Selection::All => &[],
        Selection::Values(values) => values,
    }
}

/// What is asked of the data source; `kind` is its editor's word for which question it is.
fn query(variable: &Variable, frame: &Frame<'_>, kind: u8, asks: &str) -> Value {
    let mut json = choice(variable, &str::to_owned);
    json["type"] = json!("query");
    json["datasource"] = frame.datasource();
    json["definition"] = json!(asks);
    json["query"] = json!({ "qryType": kind, "query": asks, "refId": "PrometheusVariableQueryEditor-VariableQuery" });
    // Whenever the time range changes.
    json["refresh"] = json!(2);
    json["regex"] = json!(regex(variable));
    json["sort"] = json!(sort(variable.order));
    json
}

/// One or more of several values.
fn choice(variable: &Variable, name_of: &dyn Fn(&str) -> String) -> Value {
    let chosen = match (chosen(variable), &variable.all) {
        ([], All::No) => None,
        ([], _) => Some((vec!["All".to_owned()], vec![ALL.to_owned()])),
        (values, _) => Some((values.iter().map(|v| name_of(v)).collect(), values.to_vec())),
    };
    let current = match chosen {
        None => json!({}),
        Some((texts, values)) if variable.multi => json!({ "selected": true, "text": texts, "value": values }),
        Some((texts, values)) => json!({ "selected": true, "text": texts[0], "value": values[0] }),
    };
    let mut json = json!({
        "current": current,
        "includeAll": variable.all != All::No,
        "multi": variable.multi,
    });
    if let All::Pattern(pattern) = &variable.all {
        json["allValue"] = json!(pattern);
    }
    json
}

/// Values that the dashboard itself lists.
fn given(variable: &Variable, values: &[(String, String)]) -> Value {
    let name_of = |value: &str| {
        let pair = values.iter().find(|(_, own)| own == value);
        pair.map_or_else(|| value.to_owned(), |(text, _)| text.clone())
    };
    let is_auto = |(i, pair): (usize, &(String, String))| i == 0 && *pair == ("auto".into(), "$__interval".into());
    let is_length = |(i, pair): (usize, &(String, String))| {
        is_auto((i, pair)) || pair.0 == pair.1 && parse_duration(&pair.1).is_some()
    };
    let options: Vec<Value> = values
        .iter()
        .map(|(text, value)| json!({ "selected": chosen(variable).contains(value), "text": text, "value": value }))
        .collect();
    let mut json = choice(variable, &name_of);
    let alone = !variable.multi && variable.all == All::No && !values.is_empty();
    if alone && values.iter().enumerate().all(is_length) {
        let has_auto = is_auto((0, &values[0]));
        let lengths: Vec<&str> = values.iter().skip(usize::from(has_auto)).map(|(_, value)| value.as_str()).collect();
        json["type"] = json!("interval");
        json["query"] = json!(lengths.join(","));
        json["auto"] = json!(has_auto);
        json["auto_count"] = json!(30);
        json["auto_min"] = json!("10s");
        json["refresh"] = json!(2);
        if chosen(variable).first().is_some_and(|value| value == "$__interval") {
            let auto = format!("$__auto_interval_{}", variable.name);
            json["current"] = json!({ "selected": true, "text": "auto", "value": auto });
        }
        json["options"] = json!(options);
        return json;
    }
    let word = |text: &str| text.replace(',', "\\,");
    let pair = |(text, value): &(String, String)| {
        if text == value { word(value) } else { format!("{} : {}", word(text), word(value)) }
    };
    json["type"] = json!("custom");
    json["query"] = json!(values.iter().map(pair).collect::<Vec<_>>().join(", "));
    json["options"] = json!(options);
    if !variable.filter.is_empty() {
        json["regex"] = json!(regex(variable));
    }
    if variable.order != Order::None {
        json["sort"] = json!(sort(variable.order));
    }
    json
}

fn regex(variable: &Variable) -> String {
    if variable.filter.is_empty() { String::new() } else { slashed("", &variable.filter) }
}

fn sort(order: Order) -> u8 {
    match order {
        Order::None => 0,
        Order::Name => 1,
        Order::NameDown => 2,
        Order::Number => 3,
        Order::NumberDown => 4,
    }
}
