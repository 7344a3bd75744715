//! Parts of dates in UTC. Uses nothing of the crate.

/// A second of the proleptic Gregorian calendar, UTC.
#[derive(Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: u8,
    /// Of the month, from 1.
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    /// Since the epoch.
    days: i64,
}

const SECONDS: i64 = 86_400;

impl Moment {
    /// The moment `seconds` after the epoch; fractions are cut towards zero, as in Prometheus.
    pub(super) fn at(seconds: f64) -> Self {
        let seconds = seconds as i64;
        let days = seconds.div_euclid(SECONDS);
        let of_day = seconds.rem_euclid(SECONDS);
        // Years that begin in March, in eras of 400 of them: the leap day is then a year's last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let part = |n: i64| n as u8;
        Self {
            year,
            month: part(month),
            day: part(day),
            hour: part(of_day / 3_600),
            minute: part(of_day % 3_600 / 60),
            days,
        }
    }

    /// 0 is Sunday.
    pub(super) fn weekday(&self) -> u8 {
        // The epoch was a Thursday.
        (self.days + 4).rem_euclid(7) as u8
    }

    fn is_leap(&self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    pub(super) fn days_in_month(&self) -> u8 {
        match self.month {
            2 => 28 + u8::from(self.is_leap()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// From 1.
    pub(super) fn day_of_year(&self) -> u16 {
        const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let leap_day = u16::from(self.month > 2 && self.is_leap());
        BEFORE[usize::from(self.month - 1)] + u16::from(self.day) + leap_day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_have_their_dates() {
        let ymd = |s: f64| {
            let m = Moment::at(s);
            (m.year, m.month, m.day)
        };
        assert_eq!(ymd(0.0), (1970, 1, 1));
        assert_eq!(ymd(1_456_790_399.0), (2016, 2, 29));
        assert_eq!(ymd(1_456_790_400.0), (2016, 3, 1));
        assert_eq!(ymd(-86_401.0), (1969, 12, 30));
        assert_eq!(ymd(-62_135_596_800.0), (1, 1, 1));
        assert_eq!(Moment::at(1_483_191_420.0).day_of_year(), 366);
        assert_eq!(Moment::at(0.0).weekday(), 4);
    }

    #[test]
    fn values_that_are_no_time_give_some_date() {
        for v in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!((1..=12).contains(&Moment::at(v).month));
        }
    }
}
