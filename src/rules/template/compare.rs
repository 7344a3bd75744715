//! `eq ne lt le gt ge`: values of unlike types cannot be compared. Uses nothing of the crate.

use std::cmp::Ordering;

use super::value::Value;

const UNLIKE: &str = "incompatible types for comparison";

fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(a), Value::Int(b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, Value::Strings(_) | Value::Map(_) | Value::Vector(_) | Value::Sample(_))
        | (Value::Strings(_) | Value::Map(_) | Value::Vector(_) | Value::Sample(_), Value::Nil) => Ok(false),
        _ => Err(UNLIKE.to_owned()),
    }
}

/// Whether the first equals any of the others.
pub(super) fn eq(values: &[Value]) -> Result<bool, String> {
    let Some((first, others)) = values.split_first() else { return Ok(false) };
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How two values are ordered; none where one is NaN.
pub(super) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, String> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Ok(Some(a.cmp(b))),
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b)),
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Bool(_), Value::Bool(_)) => Err("invalid type for comparison".to_owned()),
        _ => Err(UNLIKE.to_owned()),
    }
}
