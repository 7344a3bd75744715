//! In which unit Grafana gets the values of a panel whose values are multiplied: where it has the unit that they are of
//! before, it gets them as they are.

use crate::layout::grafana_units::{id_of, scaled_id_of};
use crate::unit::Unit;

/// How Grafana gets values that a layout multiplies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// The identifier of the unit.
    pub(super) id: &'static str,
    /// What Grafana's numbers are multiplied by to be those of the layout.
    pub(super) by: f64,
    /// Whether they are drawn downwards.
    pub(super) is_mirrored: bool,
    /// What is left to multiply in the query.
    pub(super) left: Option<f64>,
}

impl Scale {
    /// For values of `unit` after they are multiplied by `factor`; a chart can draw downwards.
    pub(super) fn new(unit: Unit, factor: Option<f64>, is_chart: bool) -> Self {
        let plain = Self { id: id_of(unit), by: 1.0, is_mirrored: false, left: None };
        let Some(factor) = factor.filter(|f| *f != 1.0) else { return plain };
        let is_mirrored = factor < 0.0 && is_chart;
        match if is_mirrored { -factor } else { factor } {
            1.0 => Self { is_mirrored, ..plain },
            by => match scaled_id_of(unit, by) {
                Some(id) => Self { id, by, is_mirrored, left: None },
                None => Self { left: Some(factor), ..plain },
            },
        }
    }

    /// The number of Grafana's that stands for `value` of the layout.
    pub(super) fn number(&self, value: f64) -> f64 {
        value / self.by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_the_unit_that_they_are_of() {
        let of = |unit, factor, is_chart| {
            let scale = Scale::new(unit, factor, is_chart);
            (scale.id, scale.by, scale.is_mirrored, scale.left)
        };
        assert_eq!(of(Unit::Percent, None, true), ("percent", 1.0, false, None));
        assert_eq!(of(Unit::Percent, Some(100.0), true), ("percentunit", 100.0, false, None));
        assert_eq!(of(Unit::Seconds, Some(-1e-3), true), ("ms", 1e-3, true, None));
        assert_eq!(of(Unit::Bytes, Some(-1.0), true), ("bytes", 1.0, true, None));
        assert_eq!(of(Unit::Bytes, Some(-1.0), false), ("bytes", 1.0, false, Some(-1.0)));
        assert_eq!(of(Unit::Bytes, Some(512.0), true), ("bytes", 1.0, false, Some(512.0)));
    }

    #[test]
    fn a_number_is_that_of_the_unit_which_grafana_has() {
        let scale = Scale::new(Unit::Percent, Some(100.0), false);
        assert_eq!([90.0, 12.5, 0.0].map(|v| scale.number(v)), [0.9, 0.125, 0.0]);
        assert_eq!(scale.number(f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
