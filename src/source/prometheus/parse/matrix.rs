//! `data` of a query's answer: series of numbers and native histograms, each value put where it belongs as it is read. Uses
//! `series`.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{MOST, Number, PART, Text, number};
use crate::series::{GAP, Label, Labels, Series, Window, printable};

/// Where values go.
#[derive(Clone, Copy)]
pub(super) struct Grid<'a> {
    pub(super) window: Window,
    /// How many values there is room for.
    pub(super) room: &'a Cell<usize>,
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
pub(super) struct Answered<'a> {
    pub(super) grid: Grid<'a>,
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
