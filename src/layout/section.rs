//! A table of a layout file: typed access to its keys, each wrong one reported where it stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::series::{Faults, nearest};

/// A value of the file and its place.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// One table whose keys are known.
#[derive(Clone)]
pub(crate) struct Section<'d, 't> {
    /// What it is called in messages, with its article: `a panel`.
    name: &'static str,
    table: &'d DeTable<'t>,
    place: Range<usize>,
}

impl<'d, 't> Section<'d, 't> {
    /// Reports every key of `table` that is not among `known`.
    pub(crate) fn new(
        name: &'static str,
        table: &'d DeTable<'t>,
        place: Range<usize>,
        known: &[&'static str],
        faults: &mut Faults<'_>,
    ) -> Self {
        for (key, _) in table {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                let hint = suggest(word, known.iter().copied(), &format!("{name} knows"));
                faults.add(key.span(), format!("unknown key {word:?} in {name}"), Some(hint));
            }
        }
        Self { name, table, place }
    }

    /// The table that `value` is.
    pub(crate) fn of(
        name: &'static str,
        value: &'d Value<'t>,
        known: &[&'static str],
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(name, table, value.span(), known, faults)),
            _ => wrong_type(value, "a table", faults),
        }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'d Value<'t>> {
        self.table.get(key)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'d Value<'t>> {
        let value = self.value(key);
        if value.is_none() {
            faults.add(self.place(), format!("{} needs {key:?}", self.name), None);
        }
        value
    }

    pub(crate) fn text(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'d str> {
        text(self.value(key)?, faults)
    }

    /// A text that must be there and must say something.
    pub(super) fn words(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'d str> {
        let value = self.required(key, faults)?;
        let words = text(value, faults)?;
        if words.trim().is_empty() {
            faults.add(value.span(), format!("{key:?} is empty"), None);
            return None;
        }
        Some(words)
    }

    pub(super) fn number(&self, key: &str, faults: &mut Faults<'_>) -> Option<f64> {
        number(self.value(key)?, faults)
    }

    pub(super) fn flag(&self, key: &str, faults: &mut Faults<'_>) -> Option<bool> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => wrong_type(value, "true or false", faults),
        }
    }

    /// The elements of an array; none where the key is missing.
    pub(crate) fn items(&self, key: &str, faults: &mut Faults<'_>) -> &'d [Value<'t>] {
        self.value(key).and_then(|value| items(value, faults)).map_or(&[], |array| array)
    }
}

pub(super) fn text<'d>(value: &'d Value<'_>, faults: &mut Faults<'_>) -> Option<&'d str> {
    match value.get_ref() {
        DeValue::String(text) => Some(text),
        _ => wrong_type(value, "a text in quotes", faults),
    }
}

/// Finite, from an integer or a float.
pub(super) fn number(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|i| i as f64),
        DeValue::Float(f) => f.as_str().parse().ok(),
        _ => return wrong_type(value, "a number", faults),
    };
    let number = number.filter(|n: &f64| n.is_finite());
    if number.is_none() {
        faults.add(value.span(), "not a finite number", None);
    }
    number
}

/// Whole, within `range`.
pub(super) fn whole(value: &Value<'_>, range: std::ops::RangeInclusive<u16>, faults: &mut Faults<'_>) -> Option<u16> {
    let DeValue::Integer(i) = value.get_ref() else {
        return wrong_type(value, "a whole number", faults);
    };
    let number = u16::from_str_radix(i.as_str(), i.radix()).ok().filter(|n| range.contains(n));
    if number.is_none() {
        faults.add(value.span(), format!("must be between {} and {}", range.start(), range.end()), None);
    }
    number
}

pub(super) fn items<'d, 't>(value: &'d Value<'t>, faults: &mut Faults<'_>) -> Option<&'d DeArray<'t>> {
    match value.get_ref() {
        DeValue::Array(array) => Some(array),
        _ => wrong_type(value, "a list", faults),
    }
}

/// The one of `table` that `value` names.
pub(super) fn choice<T: Copy>(
    what: &str,
    value: &Value<'_>,
    table: &[(&'static str, T)],
    faults: &mut Faults<'_>,
) -> Option<T> {
    let word = text(value, faults)?;
    let found = table.iter().find(|(name, _)| *name == word).map(|&(_, choice)| choice);
    if found.is_none() {
        unknown(what, word, value.span(), table.iter().map(|&(name, _)| name), faults);
    }
    found
}

/// Reports `word` as none of `known`.
pub(super) fn unknown(
    what: &str,
    word: &str,
    place: Range<usize>,
    known: impl Iterator<Item = &'static str> + Clone,
    faults: &mut Faults<'_>,
) {
    let hint = suggest(word, known, "use one of");
    faults.add(place, format!("unknown {what} {word:?}"), Some(hint));
}

/// The nearest of `known`, or all of them.
pub(crate) fn suggest<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone, otherwise: &str) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("{otherwise}: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Reports that `value` is not what was `wanted`.
pub(crate) fn wrong_type<T>(value: &Value<'_>, wanted: &str, faults: &mut Faults<'_>) -> Option<T> {
    let found = match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    faults.add(value.span(), format!("expected {wanted}, found {found}"), None);
    None
}
