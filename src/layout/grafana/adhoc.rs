//! Filters that a dashboard puts on every query: each is written into all selectors of an expression.

use serde_json::Value;

use super::json::{items, text};

/// One filter: `label operator "value"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(String);

/// What stands before a list of labels in parentheses.
const LISTS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Words that are neither a metric nor a function.
const KEYWORDS: &[&str] = &["and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"];

/// The filters of an adhoc variable, and those of them in words that are none of PromQL's.
pub(super) fn filters(json: &Value) -> (Vec<Filter>, Vec<String>) {
    let (mut filters, mut others) = (Vec::new(), Vec::new());
    for filter in items(json, "filters").iter().chain(items(json, "baseFilters")) {
        let part = |key: &str| text(filter, key).unwrap_or_default();
        let (label, operator, value) = (part("key"), part("operator"), part("value"));
        let is_label = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // Several values are written `=|` and stand beside one another.
        let several = items(filter, "values").iter().filter_map(Value::as_str).map(regex::escape);
        let (operator, value) = match operator {
            "=|" => ("=~", several.collect::<Vec<_>>().join("|")),
            "!=|" => ("!~", several.collect::<Vec<_>>().join("|")),
            other => (other, value.to_owned()),
        };
        if is_label && matches!(operator, "=" | "!=" | "=~" | "!~") {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            filters.push(Filter(format!("{label}{operator}\"{value}\"")));
        } else if !label.is_empty() {
            others.push(super::safe(&format!("{label} {operator} {value:?}")));
        }
    }
    (filters, others)
}

/// `expr` with the filters in each of its selectors.
pub(super) fn filtered(expr: &str, filters: &[Filter]) -> String {
    if filters.is_empty() {
        return expr.to_owned();
    }
    let wanted = filters.iter().map(|f| f.0.as_str()).collect::<Vec<_>>().join(",");
    let mut out = String::with_capacity(expr.len() + wanted.len());
    // The brackets that are open, and whether the next parenthesis holds labels.
    let (mut open, mut labels) = (Vec::new(), false);
    let mut rest = expr;
    while let Some(c) = rest.chars().next() {
        let is_selecting = !open.iter().any(|o| matches!(o, '{' | '[' | 'l'));
        let length = match c {
            '"' | '\'' | '`' => quoted(rest, c),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '$' => variable(rest),
            c if c.is_ascii_alphabetic() || matches!(c, '_' | ':') => word(rest),
            // Numbers and durations have letters in them.
            '0'..='9' => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        out += token;
        rest = after;
        let next = rest.trim_start().chars().next();
        match c {
            '{' if is_selecting => {
                out += &wanted;
                if next != Some('}') {
                    out.push(',');
                }
                open.push('{');
            }
            '(' => {
                open.push(if labels { 'l' } else { '(' });
                labels = false;
            }
            '{' | '[' => open.push(c),
            '}' | ']' | ')' => drop(open.pop()),
            c if is_selecting && (c.is_ascii_alphabetic() || matches!(c, '_' | ':')) => {
                let lower = token.to_ascii_lowercase();
                labels = LISTS.contains(&lower.as_str()) && next == Some('(');
                let is_metric = next != Some('(') && next != Some('{');
                if is_metric
                    && !LISTS.contains(&lower.as_str())
                    && !KEYWORDS.contains(&lower.as_str())
                    && !is_grouping(token, rest)
                {
                    out.extend(["{", &wanted, "}"]);
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether `token` is an aggregation whose labels come before what it aggregates.
fn is_grouping(token: &str, rest: &str) -> bool {
    let rest = rest.trim_start();
    let next = &rest[..word(rest)];
    !token.contains(':') && ["by", "without"].iter().any(|list| next.eq_ignore_ascii_case(list))
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | ':')).unwrap_or(text.len())
}

/// The length of the variable that `text` starts with.
fn variable(text: &str) -> usize {
    if text.starts_with("${") {
        return text.find('}').map_or(text.len(), |end| end + 1);
    }
    1 + text[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len() - 1)
}

/// The length of the string that `text` starts with.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return i + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_selector_gets_every_filter() {
        let (filters, others) = filters(&json!({ "filters": [
            { "key": "env", "operator": "=", "value": "a\"b" },
            { "key": "zone", "operator": "=|", "values": ["a.b", "c"] },
            { "key": "n", "operator": "<", "value": "3" },
        ] }));
        assert_eq!(others, ["n < \"3\""]);
        let f = r#"env="a\"b",zone=~"a\\.b|c""#;
        let table = [
            ("up", format!("up{{{f}}}")),
            ("up{} + x{a=\"{\"}", format!("up{{{f}}} + x{{{f},a=\"{{\"}}")),
            (
                "sum by (job) (rate(x[5m])) / on (a) group_left (b) sum without(c)(y offset 5m)",
                format!("sum by (job) (rate(x{{{f}}}[5m])) / on (a) group_left (b) sum without(c)(y{{{f}}} offset 5m)"),
            ),
            (
                "sum(a:b) by (x) > bool 1e3 and vector(Inf)",
                format!("sum(a:b{{{f}}}) by (x) > bool 1e3 and vector(Inf)"),
            ),
            (
                "count_values(\"up\", max_over_time($m{a=\"$b\"}[$__range:1m])) # up",
                format!("count_values(\"up\", max_over_time($m{{{f},a=\"$b\"}}[$__range:1m])) # up"),
            ),
            ("vector(1) or vector(time())", "vector(1) or vector(time())".to_owned()),
        ];
        for (expr, expected) in table {
            assert_eq!(filtered(expr, &filters), expected);
            assert!(crate::layout::probe::probe(&filtered(expr, &filters)).is_ok(), "{expr}");
        }
        assert_eq!(filtered("up", &[]), "up");
    }
}
