//! Sums of floats that do not lose the small next to the large. Uses nothing of the crate.

/// A running sum after Kahan and Neumaier, as Prometheus sums everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) sum: f64,
    /// What rounding took away so far.
    pub(super) rest: f64,
}

impl Sum {
    pub(super) fn add(&mut self, v: f64) {
        let t = self.sum + v;
        if t.is_infinite() {
            // The rest would only turn an infinity into NaN.
            self.rest = 0.0;
        } else if self.sum.abs() >= v.abs() {
            self.rest += (self.sum - t) + v;
        } else {
            self.rest += (v - t) + self.sum;
        }
        self.sum = t;
    }

    pub(super) fn total(self) -> f64 {
        self.sum + self.rest
    }
}

/// A running mean: sum by count, until the sum would overflow; incremental from there on, as Prometheus does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    sum: Sum,
    count: f64,
    incremental: bool,
}

impl Mean {
    pub(super) fn new(first: f64) -> Self {
        Self { sum: Sum { sum: first, rest: 0.0 }, count: 1.0, incremental: false }
    }

    pub(super) fn add(&mut self, v: f64) {
        self.count += 1.0;
        if !self.incremental {
            let mut next = self.sum;
            next.add(v);
            if !next.sum.is_infinite() {
                self.sum = next;
                return;
            }
            self.incremental = true;
            self.sum.sum /= self.count - 1.0;
            self.sum.rest /= self.count - 1.0;
        }
        let weight = (self.count - 1.0) / self.count;
        self.sum.sum *= weight;
        self.sum.rest *= weight;
        self.sum.add(v / self.count);
    }

    pub(super) fn value(self) -> f64 {
        if self.incremental { self.sum.total() } else { self.sum.sum / self.count + self.sum.rest / self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_survive_large_ones_that_cancel() {
        let mut sum = Sum::default();
        for v in [1.0, 1e100, 1.0, -1e100] {
            sum.add(v);
        }
        assert_eq!(sum.total(), 2.0);
    }

    #[test]
    fn a_mean_does_not_overflow_where_its_sum_would() {
        let mut mean = Mean::new(f64::MAX);
        mean.add(f64::MAX);
        assert_eq!(mean.value(), f64::MAX);
        let mut infinite = Mean::new(f64::INFINITY);
        infinite.add(1.0);
        assert_eq!(infinite.value(), f64::INFINITY);
    }
}
