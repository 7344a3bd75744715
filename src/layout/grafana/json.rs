//! Reading JSON in which anything may be missing or of another type.

use serde_json::Value;

use crate::series::printable;

/// The value at the end of `keys`.
pub(super) fn get<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The elements of an array; none where it is none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).map_or(&[], list)
}

/// A finite number, also from a text: old dashboards have both.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|n| n.is_finite())
}

pub(super) fn whole(value: &Value) -> Option<i64> {
    number(value).filter(|n| n.abs() < 1e15).map(|n| n.round() as i64)
}

/// Any scalar as text.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Texts longer than this are nobody's: characters.
const LONGEST: usize = 2_000;

/// `text` for the screen, on one line.
pub(super) fn safe(text: &str) -> String {
    let words: Vec<&str> = text.split(['\n', '\r', '\t']).map(str::trim).filter(|w| !w.is_empty()).collect();
    let line = if words.len() == 1 { words[0].to_owned() } else { words.join(" ") };
    printable(&line).chars().take(LONGEST).collect()
}

/// `text` for the screen, its lines kept.
pub(super) fn safe_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}

/// The regular expression that Grafana's `text` means: `/…/` with flags as it is, anything else for the whole.
pub(super) fn regex(text: &str) -> String {
    let Some((body, flags)) = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else {
        return format!("^(?:{text})$");
    };
    let flags: String = flags.chars().filter(|c| matches!(c, 'i' | 's' | 'm')).collect();
    let body = body.replace("\\/", "/");
    if flags.is_empty() { body } else { format!("(?{flags}){body}") }
}

/// Where in `text` it cannot be read, and why.
pub(super) fn place(text: &str, error: &serde_json::Error) -> (usize, String) {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let message = error.to_string();
    // The place is told apart from the words.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(words, _)| words);
    (before + error.column().saturating_sub(1), format!("not JSON: {message}"))
}
