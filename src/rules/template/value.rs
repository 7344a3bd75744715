//! What templates compute with. Uses `series`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::series::{Labels, Timestamp};

/// A string map: missing keys read as the empty string.
pub(super) type StringMap = Arc<BTreeMap<String, String>>;

/// A value, in the types that Go has for it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// No value at all.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// Labels.
    Strings(StringMap),
    /// What `args` makes.
    Map(Arc<BTreeMap<String, Value>>),
    /// What `query` returns.
    Vector(Arc<Vec<Self>>),
    /// One of them.
    Sample(Arc<Point>),
    /// What the template as a whole is about.
    Data(Arc<Data>),
    /// ms since the epoch.
    Time(Timestamp),
}

#[derive(Debug)]
pub(super) struct Point {
    pub(super) labels: StringMap,
    pub(super) value: f64,
}

#[derive(Debug)]
pub(super) struct Data {
    pub(super) labels: StringMap,
    pub(super) external_labels: StringMap,
    pub(super) external_url: Arc<str>,
    pub(super) value: f64,
}

pub(super) fn strings(labels: &Labels) -> StringMap {
    Arc::new(labels.iter().map(|l| (l.name.to_string(), l.value.to_string())).collect())
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Go's name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Strings(_) => "map[string]string",
            Self::Map(_) => "map[string]interface {}",
            Self::Vector(_) => "template.queryResult",
            Self::Sample(_) => "*template.sample",
            Self::Data(_) => "struct",
            Self::Time(_) => "*time.Time",
        }
    }

    /// What `if` and `with` ask. Of numbers, zero alone is false: NaN is not.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(b) => *b,
            Self::Int(i) => *i != 0,
            Self::Float(f) => *f != 0.0,
            Self::Text(t) => !t.is_empty(),
            Self::Strings(m) => !m.is_empty(),
            Self::Map(m) => !m.is_empty(),
            Self::Vector(v) => !v.is_empty(),
            Self::Sample(_) | Self::Data(_) | Self::Time(_) => true,
        }
    }

    /// `.name` of it.
    pub(super) fn field(&self, name: &str) -> Result<Self, String> {
        let none = || Err(format!("can't evaluate field {name} in type {}", self.type_name()));
        match self {
            Self::Strings(m) => Ok(Self::text(m.get(name).map_or("", String::as_str))),
            Self::Map(m) => Ok(m.get(name).cloned().unwrap_or(Self::Nil)),
            Self::Sample(s) => match name {
                "Labels" => Ok(Self::Strings(Arc::clone(&s.labels))),
                "Value" => Ok(Self::Float(s.value)),
                _ => none(),
            },
            Self::Data(d) => match name {
                "Labels" => Ok(Self::Strings(Arc::clone(&d.labels))),
                "ExternalLabels" => Ok(Self::Strings(Arc::clone(&d.external_labels))),
                "ExternalURL" => Ok(Self::Text(Arc::clone(&d.external_url))),
                "Value" => Ok(Self::Float(d.value)),
                _ => none(),
            },
            Self::Nil => Err(format!("nil data; no entry for key {name:?}")),
            _ => none(),
        }
    }
}
