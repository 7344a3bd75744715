//! Which values a picture spans, and where in it a value stands.

use crate::unit::Unit;

/// A range of values, `lo` below `hi`, both finite; both above zero where the scale is logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    lo: f64,
    hi: f64,
    /// The highest of the values that it was made for, as far as it is within; `lo` where that is not known.
    crest: f64,
    /// The base of a logarithmic scale.
    base: Option<f64>,
}

impl Scale {
    /// A scale for these values; those that are not finite do not count. A fixed end is kept, and so is a fixed pair even
    /// if the values leave it.
    ///
    /// Zero is included where the distance from it is what matters (rates, bytes, shares) and where it is near; values
    /// that are all equal stand in the middle, except zeros, which stand at the bottom.
    pub(super) fn fit(values: impl Iterator<Item = f64>, unit: Unit, min: Option<f64>, max: Option<f64>) -> Self {
        let (min, max) = (min.filter(|v| v.is_finite()), max.filter(|v| v.is_finite()));
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.filter(|v| v.is_finite()) {
            lo = lo.min(v);
            hi = hi.max(v);
        }
        if lo > hi {
            (lo, hi) = (0.0, 0.0);
        }
        let (data_lo, data_hi) = (lo, hi);
        if lo == hi {
            match lo {
                0.0 => hi = 1.0,
                v if v > 0.0 => (lo, hi) = (0.0, v * 2.0),
                v => (lo, hi) = (v * 2.0, 0.0),
            }
        } else {
            let margin = (hi / 2.0 - lo / 2.0) * 0.1;
            if lo >= 0.0 && lo <= hi * zero_is_near(unit) {
                lo = 0.0;
            } else if lo > 0.0 {
                lo = (lo - margin).max(0.0);
            } else if lo < 0.0 {
                lo -= margin;
            }
            if hi <= 0.0 && hi >= data_lo * zero_is_near(unit) {
                hi = 0.0;
            } else {
                hi += margin;
            }
        }
        lo = min.unwrap_or_else(|| max.filter(|max| *max <= lo).map_or(lo, |max| max - max.abs().max(1.0)));
        hi = max.unwrap_or_else(|| if lo < hi { hi } else { lo + (data_hi - lo).max(lo.abs()).max(1.0) });
        let scale = Self::of(lo, hi);
        Self { crest: data_hi.clamp(scale.lo, scale.hi), ..scale }
    }

    /// From `lo` to `hi`, made finite, and as wide as it takes to be a range at all.
    pub(super) fn of(lo: f64, hi: f64) -> Self {
        let lo = lo.clamp(-f64::MAX, f64::MAX);
        let hi = hi.clamp(-f64::MAX, f64::MAX);
        let scale = Self { lo, hi, crest: lo, base: None };
        if scale.half() > 0.0 {
            return scale;
        }
        let room = lo.abs().max(1.0);
        let (lo, hi) = ((lo - room).max(-f64::MAX), (lo + room).min(f64::MAX));
        Self { lo, hi, crest: lo, base: None }
    }

    /// A logarithmic scale from power to power of `base` around the values above zero; `None` where there are none. A fixed
    /// end that is not above zero is no end.
    pub(super) fn log(
        values: impl Iterator<Item = f64>,
        base: f64,
        min: Option<f64>,
        max: Option<f64>,
    ) -> Option<Self> {
        let able = |v: &f64| v.is_finite() && *v > 0.0;
        let (mut lo, mut hi) = (f64::INFINITY, 0.0_f64);
        for v in values.filter(able) {
            lo = lo.min(v);
            hi = hi.max(v);
        }
        if hi == 0.0 {
            return None;
        }
        let power = |v: f64, round: fn(f64) -> f64| base.powf(round(v.log(base))).clamp(f64::MIN_POSITIVE, f64::MAX);
        let lo = min.filter(able).unwrap_or_else(|| power(lo, f64::floor));
        let hi = max.filter(able).unwrap_or_else(|| power(hi, f64::ceil));
        let hi = if hi > lo { hi } else { (lo * base).min(f64::MAX) };
        let lo = if lo < hi { lo } else { hi / base };
        Some(Self { lo, hi, crest: lo, base: Some(base) })
    }

    /// The powers within a logarithmic scale, at most `most` of them and evenly apart; `None` for a linear one.
    pub(super) fn powers(&self, most: usize) -> Option<Vec<f64>> {
        let base = self.base?;
        let (from, to) = ((self.lo.log(base) - 1e-9).ceil() as i32, (self.hi.log(base) + 1e-9).floor() as i32);
        let count = (to - from + 1).max(0) as usize;
        let apart = count.div_ceil(most.max(1)).max(1);
        Some((from..=to).step_by(apart).map(|e| base.powi(e)).collect())
    }

    pub(super) fn lo(&self) -> f64 {
        self.lo
    }

    pub(super) fn hi(&self) -> f64 {
        self.hi
    }

    pub(super) fn crest(&self) -> f64 {
        self.crest
    }

    // Half of the range, because the whole of it may be more than the largest float.
    fn half(&self) -> f64 {
        self.hi / 2.0 - self.lo / 2.0
    }

    /// The value that stands at `share` of the way from the lower end to the upper one.
    pub(super) fn at(&self, share: f64) -> f64 {
        match self.base {
            Some(_) => (self.lo.ln() * (1.0 - share) + self.hi.ln() * share).exp(),
            None => self.lo * (1.0 - share) + self.hi * share,
        }
    }

    /// Where `value` stands: 0 at the lower end, 1 at the upper end, beyond them outside the scale. Infinities stay
    /// infinite, NaN stays NaN; what is not above zero lies infinitely low on a logarithmic scale.
    pub(super) fn share(&self, value: f64) -> f64 {
        if self.base.is_some() {
            let (lo, hi) = (self.lo.ln(), self.hi.ln());
            return if value <= 0.0 { f64::NEG_INFINITY } else { (value.ln() - lo) / (hi - lo) };
        }
        if value.is_finite() { (value / 2.0 - self.lo / 2.0) / self.half() } else { value }
    }
}

/// From zero on when the smallest value is at most this part of the largest. A rate or a number of bytes is read by its
/// size; counts and durations also by how they change, so for those zero has to be near.
fn zero_is_near(unit: Unit) -> f64 {
    match unit {
        Unit::Short
        | Unit::Count
        | Unit::Seconds
        | Unit::Date
        | Unit::Celsius
        | Unit::Fahrenheit
        | Unit::Kelvin
        | Unit::Volts
        | Unit::Hertz
        | Unit::Turns
        | Unit::Degrees
        | Unit::Decibels
        | Unit::DecibelMilliwatts => 0.7,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(values: &[f64], unit: Unit) -> Scale {
        Scale::fit(values.iter().copied(), unit, None, None)
    }

    #[test]
    fn zeros_lie_at_the_bottom_and_equal_values_in_the_middle() {
        assert_eq!(fit(&[0.0, 0.0], Unit::Short).share(0.0), 0.0);
        assert_eq!(fit(&[7.0, 7.0], Unit::Short).share(7.0), 0.5);
        assert_eq!(fit(&[-7.0, -7.0], Unit::Short).share(-7.0), 0.5);
    }

    #[test]
    fn rates_start_at_zero_and_epochs_where_they_are() {
        assert_eq!(fit(&[90.0, 100.0], Unit::PerSecond).lo(), 0.0);
        assert!(fit(&[1040.0, 1043.0], Unit::Count).lo() > 1000.0);
        assert_eq!(fit(&[1.0, 3.0], Unit::Count).lo(), 0.0);
    }

    #[test]
    fn fixed_ends_are_kept() {
        let scale = Scale::fit([20.0, 130.0].into_iter(), Unit::Percent, Some(0.0), Some(100.0));
        assert_eq!((scale.lo(), scale.hi()), (0.0, 100.0));
        assert!(scale.share(130.0) > 1.0);
        let scale = Scale::fit([20.0, 30.0].into_iter(), Unit::Short, Some(50.0), None);
        assert!(scale.lo() == 50.0 && scale.hi() > 50.0);
        let scale = Scale::fit([20.0, 30.0].into_iter(), Unit::Short, None, Some(10.0));
        assert!(scale.hi() == 10.0 && scale.lo() < 10.0);
    }

    #[test]
    fn a_logarithmic_scale_goes_from_power_to_power() {
        let scale = Scale::log([0.0, -3.0, 3.0, 700.0, f64::NAN].into_iter(), 10.0, None, None).unwrap();
        assert_eq!(scale.powers(9), Some(vec![1.0, 10.0, 100.0, 1000.0]));
        assert_eq!(scale.powers(2), Some(vec![1.0, 100.0]));
        assert!((scale.share(10.0) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(scale.share(0.0), f64::NEG_INFINITY);
        assert!(scale.share(f64::NAN).is_nan() && scale.share(f64::INFINITY).is_infinite());
        assert_eq!(Scale::log([0.0, -1.0].into_iter(), 2.0, None, None), None);
        for v in [5e-324, 1.0, f64::MAX] {
            let scale = Scale::log([v].into_iter(), 2.0, Some(-1.0), Some(f64::INFINITY)).unwrap();
            assert!(scale.lo() > 0.0 && scale.lo() < scale.hi() && scale.hi().is_finite(), "{v} {scale:?}");
        }
        let fixed = Scale::log([1.0].into_iter(), 2.0, Some(64.0), Some(32.0)).unwrap();
        assert!(fixed.lo() < fixed.hi());
    }

    #[test]
    fn no_values_make_a_scale_that_is_none() {
        let hard = [0.0, -1.0, 5e-324, -5e-324, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0];
        for a in hard {
            for b in hard {
                for (min, max) in [(None, None), (Some(a), None), (None, Some(b)), (Some(a), Some(b))] {
                    let scale = Scale::fit([a, b].into_iter(), Unit::Short, min, max);
                    assert!(scale.lo() < scale.hi() && scale.lo().is_finite() && scale.hi().is_finite(), "{a} {b}");
                    assert!(scale.share(scale.lo()) == 0.0 && scale.share(scale.hi()) == 1.0, "{scale:?}");
                }
            }
        }
    }
}
