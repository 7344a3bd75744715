//! Whether two answers are the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use shtop::promql::{Error, Value};
use shtop::series::{Labels, Timestamp, Window, is_gap};

/// The most by which two numbers may differ, relative to the larger one.
const TOLERANCE: f64 = 1e-9;

/// An answer in the form in which both can be brought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Refused(String),
    Text(String),
    Scalar(f64),
    /// Values by time, by labels; in the order of the answer where that means something.
    Series(Vec<(Labels, BTreeMap<Timestamp, f64>)>),
}

impl Answer {
    pub(crate) fn theirs(json: &Json) -> Self {
        if json["status"] != "success" {
            return Self::Refused(json["error"].as_str().unwrap_or_default().to_owned());
        }
        let result = &json["data"]["result"];
        let list = result.as_array().map(Vec::as_slice).unwrap_or_default();
        match json["data"]["resultType"].as_str().unwrap_or_default() {
            "string" => Self::Text(result[1].as_str().unwrap_or_default().to_owned()),
            "scalar" => Self::Scalar(point(result).1),
            "vector" => Self::Series(list.iter().map(|s| (labels(s), BTreeMap::from([point(&s["value"])]))).collect()),
            "matrix" => {
                let points = |s: &Json| s["values"].as_array().into_iter().flatten().map(point).collect();
                Self::Series(list.iter().map(|s| (labels(s), points(s))).collect())
            }
            other => panic!("a result of type {other:?}"),
        }
    }

    pub(crate) fn ours(outcome: Result<Value, Error>, window: Window) -> Self {
        match outcome {
            Err(e) => Self::Refused(e.to_string()),
            Ok(Value::String(text)) => Self::Text(text),
            Ok(Value::Scalar(values)) if window.is_instant() => Self::Scalar(values[0]),
            Ok(Value::Matrix(tracks)) => {
                let track = |(labels, samples): (Labels, Vec<_>)| {
                    (labels, samples.iter().map(|s: &shtop::series::Sample| (s.t, s.v)).collect())
                };
                Self::Series(tracks.into_iter().map(track).collect())
            }
            Ok(value) => {
                let steps = |values: Vec<f64>| {
                    let there = values.into_iter().enumerate().filter(|(_, v)| !is_gap(*v));
                    there.map(|(i, v)| (window.at(i), v)).collect()
                };
                Self::Series(value.into_series().into_iter().map(|s| (s.labels, steps(s.values))).collect())
            }
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether it was refused with words that contain these.
    pub(crate) fn is_refused_with(&self, words: &str) -> bool {
        matches!(self, Self::Refused(why) if why.contains(words))
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Series(all) if all.is_empty())
    }

    /// How `ours` differs from `theirs`, with an example; `None` where they agree. Compares the order of the values where
    /// they are `sorted`.
    pub(crate) fn difference(theirs: &Self, ours: &Self, sorted: bool) -> Option<String> {
        match (theirs, ours) {
            (Self::Refused(_), Self::Refused(_)) => None,
            (Self::Text(a), Self::Text(b)) if a == b => None,
            (Self::Scalar(a), Self::Scalar(b)) if close(*a, *b) => None,
            (Self::Series(theirs), Self::Series(ours)) => {
                series(theirs, ours).or_else(|| sorted.then(|| order(theirs, ours)).flatten())
            }
            _ => Some(format!("theirs {}\n  ours   {}", theirs.brief(), ours.brief())),
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Series(all) => {
                let first: Vec<String> = all.iter().take(3).map(|(l, v)| format!("{l} {v:?}")).collect();
                format!("{} series: {}", all.len(), first.join(", ").chars().take(600).collect::<String>())
            }
            other => format!("{other:?}"),
        }
    }
}

fn series(theirs: &[(Labels, BTreeMap<i64, f64>)], ours: &[(Labels, BTreeMap<i64, f64>)]) -> Option<String> {
    let by_labels: BTreeMap<_, _> = ours.iter().map(|(labels, values)| (labels, values)).collect();
    for (labels, values) in theirs {
        let Some(found) = by_labels.get(labels) else {
            let known: Vec<String> = ours.iter().take(4).map(|(l, _)| l.to_string()).collect();
            return Some(format!("we lack {labels} {values:?}; of our {} series: {}", ours.len(), known.join(", ")));
        };
        for t in values.keys().chain(found.keys()) {
            match (values.get(t), found.get(t)) {
                (Some(a), Some(b)) if close(*a, *b) => {}
                (a, b) => return Some(format!("{labels} at {t}: theirs {a:?}, ours {b:?}")),
            }
        }
    }
    let known: BTreeSet<_> = theirs.iter().map(|(labels, _)| labels).collect();
    let extra = ours.iter().find(|(labels, _)| !known.contains(labels));
    extra
        .map(|(labels, values)| format!("we have {labels} {values:?}, they do not"))
        .or_else(|| (ours.len() != theirs.len()).then(|| format!("{} series, theirs are {}", ours.len(), theirs.len())))
}

/// Equals may come in any order, so the values are what is compared.
fn order(theirs: &[(Labels, BTreeMap<i64, f64>)], ours: &[(Labels, BTreeMap<i64, f64>)]) -> Option<String> {
    let values = |all: &[(Labels, BTreeMap<i64, f64>)]| -> Vec<f64> {
        all.iter().filter_map(|(_, values)| values.values().next().copied()).collect()
    };
    let (theirs, ours) = (values(theirs), values(ours));
    let same = theirs.iter().zip(&ours).all(|(a, b)| close(*a, *b));
    (!same).then(|| format!("sorted as {ours:?}, theirs as {theirs:?}"))
}

/// NaN is NaN, infinities are exact, zeros have no sign.
pub(crate) fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) && (a - b).is_finite()
}

fn labels(series: &Json) -> Labels {
    let pairs = series["metric"].as_object().into_iter().flatten();
    Labels::from_pairs(pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())))
}

/// `[seconds, "value"]`
fn point(json: &Json) -> (Timestamp, f64) {
    let ms = (json[0].as_f64().expect("a time") * 1e3).round() as Timestamp;
    let value = json[1].as_str().expect("a value");
    (ms, value.parse().unwrap_or_else(|e| panic!("{value:?}: {e}")))
}
