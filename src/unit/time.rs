//! Durations and times of day. Times are milliseconds since the Unix epoch, offsets seconds east of UTC.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// Distances between the ticks of a time axis, ms.
const STEPS: &[i64] = &[
    1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
    7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/// A duration in ms in its two largest parts: `350ms`, `4s`, `2m 10s`, `3h 05m`, `2d 3h`, from ten thousand days on in
/// years alone. Rounded down, as a clock does.
pub fn duration(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let text = match ms {
        0 => "0s".to_owned(),
        _ if ms < SECOND => format!("{ms}ms"),
        _ if ms < MINUTE => format!("{}s", ms / SECOND),
        _ if ms < HOUR => format!("{}m {:02}s", ms / MINUTE, ms % MINUTE / SECOND),
        _ if ms < DAY => format!("{}h {:02}m", ms / HOUR, ms % HOUR / MINUTE),
        _ if ms < 10_000 * DAY => format!("{}d {}h", ms / DAY, ms % DAY / HOUR),
        _ => format!("{}y", ms / YEAR),
    };
    format!("{sign}{text}")
}

/// A duration as [`duration`] has it, without a second part that is zero: `1h`, `1h 30m`, `7d`.
pub fn length(ms: i64) -> String {
    let text = duration(ms);
    match text.rsplit_once(' ') {
        Some((first, "00s" | "00m" | "0h")) => first.to_owned(),
        _ => text,
    }
}

/// How long before `now` the time `then` was, in its largest part alone: `4s`, `2m`, `3h`, `2d`. A time that is still to
/// come, as under a clock that runs ahead, is negative: `-5s`.
pub fn age(then: i64, now: i64) -> String {
    let ms = now.saturating_sub(then);
    let sign = if ms <= -(SECOND as i64) { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let text = match ms {
        _ if ms < MINUTE => format!("{}s", ms / SECOND),
        _ if ms < HOUR => format!("{}m", ms / MINUTE),
        _ if ms < DAY => format!("{}h", ms / HOUR),
        _ if ms < 10_000 * DAY => format!("{}d", ms / DAY),
        _ => format!("{}y", ms / YEAR),
    };
    format!("{sign}{text}")
}

/// The time of day, `13:05:09`.
pub fn clock(at: i64, utc_offset: i32) -> String {
    let t = civil(at, utc_offset);
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

/// The time of day to the minute, `13:05`.
pub fn clock_short(at: i64, utc_offset: i32) -> String {
    let t = civil(at, utc_offset);
    format!("{:02}:{:02}", t.hour(), t.minute())
}

/// Date and time of day, `2026-03-01 13:05:09`.
pub fn date_clock(at: i64, utc_offset: i32) -> String {
    let t = civil(at, utc_offset);
    format!("{:04}-{:02}-{:02} {}", t.year(), t.month(), t.day(), clock(at, utc_offset))
}

/// Date and time of day to the minute, in UTC and saying so: `2026-03-01 13:05Z`.
pub(super) fn date(at: i64) -> String {
    let text = date_clock(at, 0);
    format!("{}Z", text.rsplit_once(':').map_or(text.as_str(), |(minutes, _)| minutes))
}

/// At most `max_count` times within `[start, end]` that are round on the clocks of a time zone, ascending: whole seconds,
/// quarter minutes, minutes, hours or days. Across a change of the clocks they are round before and after it.
pub fn clock_ticks(start: i64, end: i64, max_count: usize, zone: &TimeZone) -> Vec<i64> {
    if max_count == 0 || end < start {
        return Vec::new();
    }
    let periods = periods(start, end, zone);
    let days = (1..).map(|n: u32| 86_400_000_i64.saturating_mul(2_i64.saturating_pow(n)));
    let count =
        |step: i64| -> i64 { periods.iter().map(|p| p.to.div_euclid(step) - p.before().div_euclid(step)).sum() };
    let Some(step) = STEPS.iter().copied().chain(days).find(|&step| count(step) <= max_count as i64) else {
        return Vec::new();
    };
    let mut ticks: Vec<i64> = Vec::with_capacity(max_count);
    for period in &periods {
        for i in period.before().div_euclid(step) + 1..=period.to.div_euclid(step) {
            let at = i * step - period.offset;
            // Where ticks are further apart than the change, an hour that the clocks show twice has one.
            if ticks.last().is_none_or(|last| at - last > step / 2) {
                ticks.push(at);
            }
        }
    }
    ticks
}

/// A time during which a zone's offset stays the same, in ms of its own clocks.
struct Period {
    offset: i64,
    from: i64,
    /// The last ms of it.
    to: i64,
}

impl Period {
    const fn before(&self) -> i64 {
        self.from.saturating_sub(1)
    }
}

/// The periods between two times, at least one.
fn periods(start: i64, end: i64, zone: &TimeZone) -> Vec<Period> {
    /// More changes than this are of no use on an axis, whose ticks are years apart.
    const MOST: usize = 64;
    let offset = |at: i64| i64::from(zone.to_offset(instant(at)).seconds()) * 1000;
    let changes = zone.following(instant(start)).map(|change| change.timestamp().as_millisecond());
    let mut periods = Vec::with_capacity(2);
    let mut from = start;
    for change in changes.take_while(|change| *change <= end).take(MOST) {
        let offset = offset(from);
        periods.push(Period { offset, from: from.saturating_add(offset), to: change.saturating_add(offset) - 1 });
        from = change;
    }
    let offset = offset(from);
    periods.push(Period { offset, from: from.saturating_add(offset), to: end.saturating_add(offset) });
    periods
}

/// The offset of a time zone from UTC at a time, seconds east.
pub fn offset(zone: &TimeZone, at: i64) -> i32 {
    zone.to_offset(instant(at)).seconds()
}

/// Out of the calendar (year 9999) the nearest time that is in it.
fn civil(at: i64, utc_offset: i32) -> DateTime {
    let offset = Offset::from_seconds(utc_offset).unwrap_or(Offset::UTC);
    offset.to_datetime(instant(at))
}

/// Out of the calendar the nearest time that is in it.
fn instant(at: i64) -> jiff::Timestamp {
    let end = if at < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_show_their_two_largest_parts() {
        let table = [
            (0, "0s"),
            (1, "1ms"),
            (350, "350ms"),
            (4_000, "4s"),
            (4_999, "4s"),
            (59_999, "59s"),
            (60_000, "1m 00s"),
            (130_000, "2m 10s"),
            (11_100_000, "3h 05m"),
            (183_600_000, "2d 3h"),
            (-4_000, "-4s"),
            (-130_000, "-2m 10s"),
            (9_999 * 86_400_000, "9999d 0h"),
            (i64::MAX, "292471208y"),
            (i64::MIN, "-292471208y"),
        ];
        for (ms, text) in table {
            assert_eq!(duration(ms), text, "{ms}");
        }
    }

    #[test]
    fn a_length_has_no_part_that_is_zero() {
        let table = [
            (3_600_000, "1h"),
            (5_400_000, "1h 30m"),
            (604_800_000, "7d"),
            (90_000_000, "1d 1h"),
            (60_000, "1m"),
            (0, "0s"),
        ];
        for (ms, text) in table {
            assert_eq!(length(ms), text, "{ms}");
        }
    }

    #[test]
    fn an_age_is_its_largest_part_and_the_future_is_negative() {
        let now = 1_000_000_000;
        let table = [
            (now, "0s"),
            (now - 999, "0s"),
            (now + 400, "0s"),
            (now - 4_000, "4s"),
            (now - 130_000, "2m"),
            (now - 11_100_000, "3h"),
            (now - 183_600_000, "2d"),
            (now + 5_000, "-5s"),
            (i64::MIN, "292471208y"),
        ];
        for (then, text) in table {
            assert_eq!(age(then, now), text, "{then}");
        }
    }

    #[test]
    fn clocks_follow_the_offset_over_midnight() {
        let t = 1_772_370_309_000; // 2026-03-01T13:05:09Z
        assert_eq!(clock(t, 0), "13:05:09");
        assert_eq!(clock_short(t, 3600), "14:05");
        assert_eq!(date_clock(t, 11 * 3600), "2026-03-02 00:05:09");
        assert_eq!(clock(t, -5 * 3600 - 1800), "07:35:09");
        assert_eq!(date_clock(-1, 0), "1969-12-31 23:59:59");
    }

    #[test]
    fn no_time_breaks_the_clock() {
        for at in [i64::MIN, i64::MAX, 0] {
            for offset in [i32::MIN, i32::MAX, 0, 50_400] {
                assert!(date_clock(at, offset).len() >= 19);
            }
        }
    }

    #[test]
    fn ticks_of_a_clock_are_round_where_it_hangs() {
        let t = 1_772_370_309_000;
        let hour = clock_ticks(t - 3_600_000, t, 7, &TimeZone::UTC);
        assert_eq!(
            hour.iter().map(|&t| clock(t, 0)).collect::<Vec<_>>(),
            ["12:10:00", "12:20:00", "12:30:00", "12:40:00", "12:50:00", "13:00:00"]
        );
        let half = clock_ticks(t - 6 * 3_600_000, t, 3, &TimeZone::fixed(Offset::from_seconds(19_800).unwrap()));
        assert_eq!(half.iter().map(|&t| clock_short(t, 19_800)).collect::<Vec<_>>(), ["14:00", "16:00", "18:00"]);
        assert_eq!(clock_ticks(60_000, 60_000, 5, &TimeZone::UTC), [60_000]);
        assert_eq!(clock_ticks(1, 0, 5, &TimeZone::UTC), [0; 0]);
        assert_eq!(clock_ticks(0, 1, 0, &TimeZone::UTC), [0; 0]);
        assert!(clock_ticks(i64::MIN, i64::MAX, 4, &TimeZone::fixed(Offset::constant(-1))).len() <= 4);
    }
}
