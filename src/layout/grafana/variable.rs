//! The variables of a dashboard.

use serde_json::Value;

use super::json::{flag, get, items, list, number, regex, safe, text, whole, word};
use super::{Import, adhoc};
use crate::layout::model::{All, Order, Values, Variable};
use crate::layout::probe::probe;
use crate::layout::variables::{Selection, pattern};

/// Values of a list that are taken.
const MOST: usize = 2_000;

impl Import {
    /// The variable that `json`, in the classic shape, comes to; what is lost with it is noted.
    pub(super) fn variable(&mut self, json: &Value, path: &str) -> Option<Variable> {
        let name = text(json, "name").unwrap_or_default();
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        let kind = text(json, "type").unwrap_or_default();
        if !is_name {
            self.report.ignore("", path, format!("a variable called {:?}", safe(name)));
            return None;
        }
        let values = self.values(json, kind, name, path)?;
        let label = text(json, "label").filter(|l| !l.trim().is_empty()).map_or_else(|| name.to_owned(), safe);
        let all = match (flag(json, "includeAll"), text(json, "allValue")) {
            (false, _) => All::No,
            (true, Some(value)) if !value.is_empty() => All::Pattern(value.to_owned()),
            (true, _) => All::Listed,
        };
        let Source { values, selector, label: values_of } = values;
        let hidden = kind == "constant" || kind == "datasource" || json.get("hide").and_then(whole) == Some(2);
        Some(Variable {
            name: name.to_owned(),
            label,
            initial: initial(json, &values),
            selector,
            values_of,
            multi: flag(json, "multi"),
            all,
            // Which data source is asked is not the dashboard's to say here.
            filter: if kind == "datasource" { String::new() } else { self.filter(json, path) },
            order: order(json),
            hidden,
            values,
        })
    }

    fn values(&mut self, json: &Value, kind: &str, name: &str, path: &str) -> Option<Source> {
        let words = |json: &Value| text(json, "query").map(str::to_owned).unwrap_or_default();
        let given = |values| Some(Source { values: Values::Given(values), ..Source::default() });
        match kind {
            "query" => {
                let definition = definition(json);
                let source = source(definition.trim());
                if let Some(source) = source.filter(Source::parses) {
                    return Some(source);
                }
                self.report.ignore("", path, format!("variable ${name}, asked for with {:?}", safe(&definition)));
                None
            }
            "custom" => given(custom(json)),
            "interval" => {
                let mut values = split(&words(json), ',');
                if flag(json, "auto") {
                    values.insert(0, "auto".to_owned());
                }
                let pair = |v: String| {
                    let value = if v == "auto" { "$__interval".to_owned() } else { v.clone() };
                    (v, value)
                };
                given(values.into_iter().map(|v| v.trim_matches(['"', '\'']).to_owned()).map(pair).collect())
            }
            "constant" => {
                let own = words(json);
                // An exported dashboard leaves it to whoever imports it, with what it was.
                let input = own.strip_prefix("${").and_then(|name| self.inputs.get(name.strip_suffix('}')?));
                let value = input.cloned().unwrap_or(own);
                given(vec![(safe(&value), value)])
            }
            "textbox" => Some(Source { values: Values::Typed, ..Source::default() }),
            "datasource" => {
                let current = get(json, &["current", "text"]).and_then(word).unwrap_or_default();
                // One that is still to be chosen stands for nothing.
                if current.is_empty() { None } else { given(vec![(safe(&current), current)]) }
            }
            "switch" => {
                let of = |key: &str, usual: &str| json.get(key).and_then(word).unwrap_or_else(|| usual.to_owned());
                let values = [("on", of("enabledValue", "true")), ("off", of("disabledValue", "false"))];
                given(values.map(|(text, value)| (text.to_owned(), value)).to_vec())
            }
            "adhoc" => {
                let (filters, others) = adhoc::filters(json);
                self.filters.extend(filters);
                for words in others {
                    self.report.ignore("", path, format!("filter {words} on every query"));
                }
                None
            }
            other => {
                self.report.ignore("", path, format!("variable ${name} of kind {:?}", safe(other)));
                None
            }
        }
    }

    fn filter(&mut self, json: &Value, path: &str) -> String {
        let Some(own) = text(json, "regex").filter(|own| !own.is_empty()) else { return String::new() };
        // A group is named in the same way there; look-around has no counterpart.
        let own = regex(own);
        if pattern(&own).is_some() {
            return own;
        }
        self.report.ignore("", &format!("{path}.regex"), format!("the regular expression {:?}", safe(&own)));
        String::new()
    }
}

/// Where values come from.
#[derive(Default)]
struct Source {
    values: Values,
    selector: String,
    label: String,
}

impl Source {
    fn labels(selector: String, label: &str) -> Self {
        Self { values: Values::Labels, selector, label: label.to_owned() }
    }

    fn parses(&self) -> bool {
        match &self.values {
            Values::Query(expr) => probe(expr).is_ok(),
            _ => probe(&self.selector).is_ok(),
        }
    }
}

/// What a query variable asks: a text, which newer dashboards wrap.
fn definition(json: &Value) -> String {
    let spots: [&[&str]; 5] = [
        &["query"],
        &["query", "query"],
        &["query", "spec", "query"],
        &["query", "spec", "__legacyStringValue"],
        &["definition"],
    ];
    let found = spots.into_iter().find_map(|spot| get(json, spot).and_then(Value::as_str).filter(|d| !d.is_empty()));
    found.unwrap_or_default().to_owned()
}

/// The functions that Grafana knows in such queries:
/// <https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/>.
fn source(definition: &str) -> Option<Source> {
    let inside = |name: &str| {
        let rest = definition.strip_prefix(name)?.trim_start().strip_prefix('(')?;
        rest.trim_end().strip_suffix(')').map(str::trim)
    };
    if definition.is_empty() {
        return None;
    }
    if let Some(arguments) = inside("label_values") {
        let (selector, label) = match arguments.rsplit_once(',') {
            // A comma in braces belongs to a selector without a label, which is none.
            Some((selector, label)) if !label.contains(['}', '"']) => (Some(selector.trim()), label.trim()),
            _ => (None, arguments),
        };
        let is_label = !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "_:$".contains(c));
        let selector = match selector {
            Some(selector) if !selector.trim_matches(['{', '}', ' ']).is_empty() => selector.to_owned(),
            _ => format!("{{{label}!=\"\"}}"),
        };
        return is_label.then(|| Source::labels(selector, label));
    }
    if let Some(wanted) = inside("metrics") {
        let wanted = wanted.trim_matches(['"', '\'']).replace('\\', "\\\\").replace('"', "\\\"");
        return Some(Source::labels(format!("{{__name__=~\".*(?:{wanted}).*\"}}"), "__name__"));
    }
    if let Some(selector) = inside("label_names") {
        let all = if selector.is_empty() { "{__name__!=\"\"}" } else { selector };
        return Some(Source::labels(all.to_owned(), ""));
    }
    let expr = inside("query_result").unwrap_or(definition);
    Some(Source { values: Values::Query(expr.to_owned()), ..Source::default() })
}

/// `a, b : c` as pairs; a comma behind a backslash belongs to the value.
fn custom(json: &Value) -> Vec<(String, String)> {
    let Some(query) = text(json, "query").filter(|q| !q.trim().is_empty()) else {
        let pair = |option: &Value| {
            let value = option.get("value").and_then(word).filter(|v| v != "$__all")?;
            Some((option.get("text").and_then(word).map_or_else(|| safe(&value), |t| safe(&t)), value))
        };
        return items(json, "options").iter().filter_map(pair).take(MOST).collect();
    };
    let pair = |word: String| match word.split_once(" : ") {
        Some((text, value)) => (safe(text.trim()), value.trim().to_owned()),
        None => (safe(&word), word),
    };
    split(query, ',').into_iter().map(pair).collect()
}

fn split(text: &str, at: char) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\\' && characters.peek() == Some(&at) {
            characters.next();
            words.last_mut().map(|w| w.push(at)).unwrap_or_default();
        } else if c == at {
            words.push(String::new());
        } else {
            words.last_mut().map(|w| w.push(c)).unwrap_or_default();
        }
    }
    words.into_iter().map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).take(MOST).collect()
}

/// What is chosen when the dashboard opens.
fn initial(json: &Value, values: &Values) -> Selection {
    let current = get(json, &["current", "value"]).unwrap_or(&Value::Null);
    let chosen: Vec<String> = match current {
        Value::Array(_) => list(current).iter().filter_map(word).take(MOST).collect(),
        other => word(other).into_iter().collect(),
    };
    let is_all = chosen.iter().any(|value| value == "$__all");
    match values {
        Values::Typed => {
            let typed = chosen.first().cloned().or_else(|| text(json, "query").map(str::to_owned));
            Selection::Values(vec![typed.unwrap_or_default()])
        }
        // Constants and sources have one value, which is chosen anyway.
        Values::Given(known) if known.len() <= 1 => Selection::All,
        Values::Given(known) => {
            let auto = |value: String| if value.starts_with("$__auto") { "$__interval".to_owned() } else { value };
            let there: Vec<String> =
                chosen.into_iter().map(auto).filter(|v| known.iter().any(|(_, k)| k == v)).collect();
            if there.is_empty() || is_all { Selection::All } else { Selection::Values(there) }
        }
        _ if chosen.is_empty() || is_all || chosen.iter().all(String::is_empty) => Selection::All,
        _ => Selection::Values(chosen),
    }
}

fn order(json: &Value) -> Order {
    let sort = json.get("sort").unwrap_or(&Value::Null);
    match (number(sort).map(|n| n as i64), sort.as_str().unwrap_or_default()) {
        (Some(1 | 5 | 7), _) => Order::Name,
        (Some(2 | 6 | 8), _) => Order::NameDown,
        (Some(3), _) => Order::Number,
        (Some(4), _) => Order::NumberDown,
        (None, word) if word.starts_with("numerical") => {
            if word.ends_with("Desc") {
                Order::NumberDown
            } else {
                Order::Number
            }
        }
        (None, word) if word.ends_with("Desc") => Order::NameDown,
        (None, word) if word.ends_with("Asc") => Order::Name,
        _ => Order::None,
    }
}
