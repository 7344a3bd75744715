//! Answers of Prometheus' HTTP API, read straight from their bytes: series go into their steps as they are read, nothing is
//! held in between. Uses `series`.
//!
//! Lenient where the kin differ (`null` for no result, numbers for strings, fields in any order, fields of their own),
//! strict where something would be lost: a body that breaks off or goes on is a fault. A native histogram becomes two
//! series, its count and its sum: named ones end in `_count` and `_sum`, as classic histograms do, others get the label
//! [`PART`] with the value `count` or `sum`.

mod matrix;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::series::{Series, Window, printable};
use matrix::{Answered, Grid};

/// The label that tells a nameless native histogram's count from its sum.
pub const PART: &str = "histogram";

/// Most values (series times steps) that one answer may have: many series of one point each would take far more memory
/// than they have bytes.
const MOST: usize = 8 << 20;

/// Longest text that is kept of an error or a warning, in characters.
const LONGEST: usize = 300;

/// Most warnings that are kept.
const NOTES: usize = 10;

/// What the API said.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said<T> {
    /// `status: success`.
    Success {
        data: T,
        /// Warnings and remarks, safe to show.
        notes: Vec<String>,
    },
    /// `status: error`.
    Error {
        /// `errorType`, or nothing.
        kind: String,
        /// Safe to show.
        message: String,
    },
}

/// Reads an answer whose data are series, over the steps of `window`. Series come in the order of their labels, each once.
pub(super) fn series(body: &[u8], window: Window) -> Result<Said<Vec<Series>>, String> {
    let room = Cell::new(MOST);
    let said = envelope(body, Answered { grid: Grid { window, room: &room } })?;
    Ok(match said {
        Said::Success { mut data, notes } => {
            data.sort_by(|a, b| a.labels.cmp(&b.labels));
            data.dedup_by(|next, kept| next.labels == kept.labels);
            Said::Success { data, notes }
        }
        Said::Error { kind, message } => Said::Error { kind, message },
    })
}

/// Reads any other answer.
pub(super) fn document<T: DeserializeOwned + Default>(body: &[u8]) -> Result<Said<T>, String> {
    envelope(body, OrDefault(PhantomData))
}

fn envelope<'de, S: DeserializeSeed<'de>>(body: &'de [u8], seed: S) -> Result<Said<S::Value>, String>
where
    S::Value: Default,
{
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = json.deserialize_map(Envelope(seed)).and_then(|said| json.end().map(|()| said));
    read.map_err(|e| words(&e, body.len()))
}

/// What is wrong with a body.
fn words(error: &serde_json::Error, length: usize) -> String {
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
    let place = format!("line {}, column {}", error.line(), error.column());
    let words = match reason {
        _ if length == 0 => "the answer is empty; JSON was expected".to_owned(),
        "trailing characters" => format!("the answer goes on at {place}, after the JSON has ended"),
        reason if error.is_eof() => {
            let inside = reason.strip_prefix("EOF while parsing ").unwrap_or(reason);
            format!("the answer breaks off after {length} bytes, inside {inside}; the rest of the JSON was expected")
        }
        reason => format!("the answer is not that of Prometheus' API: {reason} at {place}"),
    };
    shown(&words)
}

fn shown(text: &str) -> String {
    let text = printable(text.trim());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

struct Envelope<S>(S);

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Envelope<S>
where
    S::Value: Default,
{
    type Value = Said<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `status` and `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seed = Some(self.0);
        let (mut status, mut data, mut kind, mut message) = (None, None, Text::default(), Text::default());
        let mut notes = Vec::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match &*key {
                "status" => status = Some(map.next_value::<Text>()?.0),
                "data" => match seed.take() {
                    Some(seed) => data = Some(map.next_value_seed(seed)?),
                    None => return Err(A::Error::custom("`data` comes twice")),
                },
                "errorType" => kind = map.next_value()?,
                "error" => message = map.next_value()?,
                "warnings" | "infos" => {
                    let said: Option<Vec<Text>> = map.next_value()?;
                    notes.extend(said.unwrap_or_default().into_iter().map(|text| shown(&text.0)));
                }
                "isPartial" => {
                    if map.next_value::<Option<bool>>()? == Some(true) {
                        notes.push("the answer is partial: not every storage node answered".to_owned());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        notes.truncate(NOTES);
        match status.as_deref() {
            Some("success") => Ok(Said::Success { data: data.unwrap_or_default(), notes }),
            Some("error") => Ok(Said::Error { kind: shown(&kind.0), message: shown(&message.0) }),
            Some(other) => Err(A::Error::custom(format!("`status` is {other:?}, not \"success\" or \"error\""))),
            None => Err(A::Error::custom("it has no `status`")),
        }
    }
}

/// Any text; the kin write numbers where Prometheus writes strings.
#[derive(Debug, Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_bool<E>(self, is: bool) -> Result<Text, E> {
                Ok(Text(is.to_string()))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        from.deserialize_any(Any)
    }
}

/// A number, as such or as text: `1.5`, `"1.5"`, `"NaN"`, `"+Inf"`; `None` for text that is none, which a string result is.
struct Number(Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Number, E> {
                Ok(Number(number(text)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(Some(number)))
            }

            fn visit_unit<E>(self) -> Result<Number, E> {
                Ok(Number(Some(f64::NAN)))
            }
        }
        from.deserialize_any(Any)
    }
}

/// A NaN of any sign is an ordinary one: a staleness marker is never an answer.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().map(|v: f64| if v.is_nan() { f64::NAN } else { v })
}

struct OrDefault<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned + Default> DeserializeSeed<'de> for OrDefault<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
