//! What is otherwise for some of a panel's series than for the panel. Uses `unit`.

use regex::Regex;

use super::model::{Axis, Level, Mapping, Thresholds};
use super::style::Draw;
use crate::unit::Unit;

/// For which series, and what.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Override {
    /// For which.
    pub of: Which,
    /// What they are called.
    pub name: Option<String>,
    /// Their unit.
    pub unit: Option<Unit>,
    /// What their values are multiplied by, instead of by the panel's factor.
    pub factor: Option<f64>,
    /// Digits after the decimal point.
    pub decimals: Option<u8>,
    /// Their axis.
    pub axis: Option<Axis>,
    /// Whether they are left out.
    pub hidden: Option<bool>,
    /// Colours by value.
    pub thresholds: Option<Thresholds>,
    /// Texts that stand for values.
    pub mappings: Option<Vec<Mapping>>,
    /// What stands for a value of theirs.
    pub draw: Option<Draw>,
    /// Whether they stand on the others where the panel's series do: those that do not are lines of their own.
    pub stacked: Option<bool>,
}

/// Which series an override is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those of this name.
    Name(String),
    /// Those in whose name this regular expression is found.
    Pattern(String),
    /// Those of the query of this id.
    Query(String),
    /// Those that have no value but zero.
    Zero,
}

impl Default for Which {
    fn default() -> Self {
        Self::Name(String::new())
    }
}

/// What the overrides of a panel come to for one series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Own {
    /// Its name.
    pub name: Option<String>,
    /// Its axis.
    pub axis: Option<Axis>,
    /// What its values are multiplied by.
    pub factor: Option<f64>,
    /// Whether it is left out.
    pub hidden: bool,
    /// How its values are shown.
    pub look: Look,
}

/// How the values of one series are shown, where that is not how the panel's are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// The unit.
    pub unit: Option<Unit>,
    /// Digits after the decimal point.
    pub decimals: Option<u8>,
    /// Colours by value.
    pub thresholds: Option<Thresholds>,
    /// Texts that stand for values.
    pub mappings: Option<Vec<Mapping>>,
    /// What stands for a value of it.
    pub draw: Option<Draw>,
    /// Whether it is a line of its own where the panel's series stand on each other.
    pub is_apart: bool,
}

impl Look {
    /// The mapping of the series' own for `value`.
    fn mapping(&self, value: f64) -> Option<&Mapping> {
        self.mappings.iter().flatten().find(|m| m.when.holds(value))
    }

    /// `value` in words, where this says how; `unit` and `decimals` are the panel's.
    pub fn text(&self, value: f64, unit: Unit, decimals: Option<u8>) -> Option<String> {
        if let Some(mapping) = self.mapping(value)
            && !mapping.text.is_empty()
        {
            return Some(mapping.text.clone());
        }
        let says = self.unit.is_some() || self.decimals.is_some() || self.mappings.is_some();
        says.then(|| self.unit.unwrap_or(unit).format(value, self.decimals.or(decimals)))
    }

    /// What `value` means, where this says so: `Some(None)` is "nothing".
    pub fn level(&self, value: f64) -> Option<Option<Level>> {
        if let Some(mapping) = self.mapping(value) {
            return Some(mapping.level);
        }
        self.thresholds.as_ref().map(|thresholds| thresholds.level(value))
    }
}

/// The overrides of a panel, ready to be asked.
#[derive(Debug)]
pub struct Overrides<'p> {
    all: Vec<(&'p Override, Option<Regex>)>,
}

impl<'p> Overrides<'p> {
    /// A pattern that is none matches nothing.
    pub fn new(all: &'p [Override]) -> Self {
        let ready = |one: &'p Override| match &one.of {
            Which::Pattern(pattern) => Some((one, Some(super::variables::pattern(pattern)?))),
            Which::Name(_) | Which::Query(_) | Which::Zero => Some((one, None)),
        };
        Self { all: all.iter().filter_map(ready).collect() }
    }

    /// What they come to for the series `name` of the query `id`; `is_zero` tells whether it has no value but zero.
    pub fn of(&self, name: &str, id: &str, is_zero: impl Fn() -> bool) -> Own {
        let mut own = Own::default();
        for (one, pattern) in &self.all {
            let holds = match &one.of {
                Which::Name(wanted) => wanted == name,
                Which::Pattern(_) => pattern.as_ref().is_some_and(|p| p.is_match(name)),
                Which::Query(wanted) => wanted == id && !id.is_empty(),
                Which::Zero => is_zero(),
            };
            if !holds {
                continue;
            }
            take(&mut own.name, one.name.as_ref());
            take(&mut own.axis, one.axis.as_ref());
            take(&mut own.factor, one.factor.as_ref());
            take(&mut own.look.unit, one.unit.as_ref());
            take(&mut own.look.decimals, one.decimals.as_ref());
            take(&mut own.look.thresholds, one.thresholds.as_ref());
            take(&mut own.look.mappings, one.mappings.as_ref());
            take(&mut own.look.draw, one.draw.as_ref());
            own.look.is_apart = one.stacked.map_or(own.look.is_apart, |stacked| !stacked);
            own.hidden = one.hidden.unwrap_or(own.hidden);
        }
        own
    }
}

fn take<T: Clone>(slot: &mut Option<T>, value: Option<&T>) {
    if let Some(value) = value {
        *slot = Some(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_override_wins_and_the_rest_stays() {
        let all = [
            Override { of: Which::Pattern("^a".to_owned()), unit: Some(Unit::Bytes), ..Override::default() },
            Override { of: Which::Name("ab".to_owned()), decimals: Some(2), ..Override::default() },
            Override { of: Which::Query("B".to_owned()), unit: Some(Unit::Seconds), ..Override::default() },
            Override { of: Which::Zero, stacked: Some(false), ..Override::default() },
            Override { of: Which::Pattern("(".to_owned()), hidden: Some(true), ..Override::default() },
        ];
        let ready = Overrides::new(&all);
        let look = |name, id| {
            let own = ready.of(name, id, || name == "x");
            (own.look.unit, own.look.decimals, own.hidden)
        };
        assert_eq!(look("ab", "A"), (Some(Unit::Bytes), Some(2), false));
        assert_eq!(look("ac", "B"), (Some(Unit::Seconds), None, false));
        assert_eq!(look("x", ""), (None, None, false));
        assert!(ready.of("x", "", || true).look.is_apart && !ready.of("x", "", || false).look.is_apart);
    }

    #[test]
    fn a_series_with_mappings_of_its_own_has_none_of_the_panel() {
        let word = Mapping { when: crate::layout::Match::Value(1.0), text: "up".to_owned(), level: None };
        let look = Look { mappings: Some(vec![word]), ..Look::default() };
        assert_eq!(look.text(1.0, Unit::Short, None).as_deref(), Some("up"));
        assert_eq!(look.text(2.0, Unit::Short, None).as_deref(), Some("2"));
        assert_eq!(look.level(1.0), Some(None));
        assert_eq!(Look::default().text(1.0, Unit::Short, None), None);
    }
}
