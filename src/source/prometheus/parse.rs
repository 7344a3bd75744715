//! Answers of Prometheus' HTTP API, read straight from their bytes: series go into their steps as they are read, nothing is
//! held in between. Uses `series`.
//!
//! Lenient where the kin differ (`null` for no result, numbers for strings, fields in any order, fields of their own),
//! strict where something would be lost: a body that breaks off or goes on is a fault. A native histogram becomes two
//! series, its count and its sum: named ones end in `_count` and `_sum`, as classic histograms do, others get the label
//! [`PART`] with the value `count` or `sum`.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::series::{GAP, Label, Labels, Series, Window, printable};

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

/// Where values go.
#[derive(Clone, Copy)]
struct Grid<'a> {
    window: Window,
    /// How many values there is room for.
    room: &'a Cell<usize>,
}

impl Grid<'_> {
    fn set<E: serde::de::Error>(
        self,
        values: &mut Vec<f64>,
        seconds: Option<f64>,
        value: Option<f64>,
    ) -> Result<(), E> {
        let (Some(seconds), Some(value)) = (seconds.filter(|s| s.is_finite()), value) else {
            return Err(E::custom("a point is not a time and a number"));
        };
        if values.is_empty() {
            let steps = self.window.steps();
            match self.room.get().checked_sub(steps) {
                Some(rest) => self.room.set(rest),
                None => return Err(E::custom(format!("it has more than {MOST} values; ask for fewer series"))),
            }
            values.resize(steps, GAP);
        }
        let step = if self.window.is_instant() {
            Some(0)
        } else {
            let after = (seconds * 1000.0).round() as i64 - self.window.start;
            usize::try_from((after + self.window.step / 2).div_euclid(self.window.step)).ok()
        };
        // What lies outside was not asked for.
        if let Some(place) = step.and_then(|step| values.get_mut(step)) {
            *place = value;
        }
        Ok(())
    }
}

/// `data`: `resultType` is not needed, an element shows what it is.
struct Answered<'a> {
    grid: Grid<'a>,
}

impl<'de> DeserializeSeed<'de> for Answered<'_> {
    type Value = Vec<Series>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Series>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Answered<'_> {
    type Value = Vec<Series>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `result`")
    }

    fn visit_unit<E>(self) -> Result<Vec<Series>, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Series>, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "result" {
                found = map.next_value_seed(Elements { grid: self.grid })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// `result`: series, or the two elements of a scalar's only point.
struct Elements<'a> {
    grid: Grid<'a>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = Vec<Series>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Series>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = Vec<Series>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }

    fn visit_unit<E>(self) -> Result<Vec<Series>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Series>, A::Error> {
        let (mut found, mut scalar) = (Vec::new(), Vec::new());
        while let Some(element) = list.next_element_seed(Element { grid: self.grid, found: &mut found })? {
            if let Some(number) = element {
                scalar.push(number.0);
            }
        }
        // A string has no place in a chart: its text is no number.
        if let [time, Some(value)] = scalar[..] {
            let mut values = Vec::new();
            self.grid.set(&mut values, time, Some(value))?;
            found.push(Series { labels: Labels::empty(), values });
        }
        Ok(found)
    }
}

/// A series, which goes into `found`, or a number.
struct Element<'a, 'b> {
    grid: Grid<'a>,
    found: &'b mut Vec<Series>,
}

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = Option<Number>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<Number>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_, '_> {
    type Value = Option<Number>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a series")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<Number>, E> {
        Ok(Some(Number(Some(number))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<Number>, E> {
        Ok(Some(Number(Some(number as f64))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<Number>, E> {
        Ok(Some(Number(Some(number as f64))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Number>, E> {
        Ok(Some(Number(number(text))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Number>, A::Error> {
        let (mut labels, mut values) = (Vec::new(), Vec::new());
        let (mut counts, mut sums) = (Vec::new(), Vec::new());
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match &*key {
                "metric" => labels = map.next_value_seed(Metric)?,
                "value" => map.next_value_seed(Point { grid: self.grid, into: [&mut values, &mut Vec::new()] })?,
                "values" => map.next_value_seed(Points { grid: self.grid, into: [&mut values, &mut Vec::new()] })?,
                "histogram" => map.next_value_seed(Point { grid: self.grid, into: [&mut counts, &mut sums] })?,
                "histograms" => map.next_value_seed(Points { grid: self.grid, into: [&mut counts, &mut sums] })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let labels = Labels::from_labels(labels);
        for (values, part) in [(counts, "count"), (sums, "sum")] {
            if !values.is_empty() {
                let labels = match labels.metric() {
                    Some(name) => labels.with(Labels::NAME, &format!("{name}_{part}")),
                    None => labels.with(PART, part),
                };
                self.found.push(Series { labels, values });
            }
        }
        if !values.is_empty() {
            self.found.push(Series { labels, values });
        }
        Ok(None)
    }
}

/// `metric`.
struct Metric;

impl<'de> DeserializeSeed<'de> for Metric {
    type Value = Vec<Label>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Label>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Metric {
    type Value = Vec<Label>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("labels")
    }

    fn visit_unit<E>(self) -> Result<Vec<Label>, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Label>, A::Error> {
        let mut labels = Vec::new();
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            let value = map.next_value::<Text>()?;
            labels.push(Label { name: Arc::from(&*printable(&name)), value: Arc::from(&*printable(&value.0)) });
        }
        Ok(labels)
    }
}

/// `[time, "value"]`, or `[time, {count, sum, …}]`.
struct Point<'a, 'b> {
    grid: Grid<'a>,
    /// A number goes into the first of them, a histogram into both.
    into: [&'b mut Vec<f64>; 2],
}

impl<'de> DeserializeSeed<'de> for Point<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Point<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let time: Option<Number> = list.next_element()?;
        let (Some(time), Some(value)) = (time, list.next_element::<Value>()?) else {
            return Err(A::Error::custom("a point is not a time and a value"));
        };
        while list.next_element::<IgnoredAny>()?.is_some() {}
        let [first, second] = self.into;
        match value {
            Value::Number(value) => self.grid.set(first, time.0, value),
            Value::Histogram { count, sum } => {
                self.grid.set(first, time.0, count)?;
                self.grid.set(second, time.0, sum)
            }
        }
    }
}

/// A list of points.
struct Points<'a, 'b> {
    grid: Grid<'a>,
    into: [&'b mut Vec<f64>; 2],
}

impl<'de> DeserializeSeed<'de> for Points<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Points<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of points")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let [first, second] = self.into;
        while list.next_element_seed(Point { grid: self.grid, into: [&mut *first, &mut *second] })?.is_some() {}
        Ok(())
    }
}

/// The value of a point.
enum Value {
    Number(Option<f64>),
    Histogram { count: Option<f64>, sum: Option<f64> },
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a histogram")
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Number(number(text)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Number(Some(number)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(Some(number as f64)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(Some(number as f64)))
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Number(Some(f64::NAN)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let (mut count, mut sum) = (None, None);
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    match &*key {
                        "count" => count = map.next_value::<Number>()?.0,
                        "sum" => sum = map.next_value::<Number>()?.0,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Value::Histogram { count, sum })
            }
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests;
