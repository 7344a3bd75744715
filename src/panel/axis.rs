//! Value axes beside a picture and the time axis below it.

use jiff::tz::TimeZone;
use ratatui::style::Style;

use super::pen::{self, Pen};
use super::scale::Scale;
use crate::series::Timestamp;
use crate::unit::{self, Unit};

/// The ticks of a value axis: (row of the picture, value's label), from the bottom up, no two in one row.
pub(super) struct ValueAxis {
    ticks: Vec<(u16, String)>,
    /// Columns that the labels take.
    width: u16,
}

impl ValueAxis {
    /// An axis for a picture of so many rows, and the scale as the axis makes it: ends that may move are moved until
    /// ticks are the same number of whole rows apart. `None` where no tick fits.
    pub(super) fn fit(scale: Scale, unit: Unit, rows: u16, ends: Ends) -> (Scale, Option<Self>) {
        if let Some(powers) = scale.powers(usize::from(rows / 2 + 1)) {
            // Far apart as they are, each label has the prefix that suits it.
            let labels = powers.iter().map(|v| unit.format(*v, None)).collect();
            return (scale, Self::at(scale, rows, &powers, labels));
        }
        let even = if ends == Ends::Fixed { None } else { even(scale, unit, rows, ends) };
        let (scale, values) = even.unwrap_or_else(|| {
            let most = usize::from(if rows <= 8 { rows / 2 + 1 } else { rows / 4 + 3 });
            // One tick alone says nothing of distances.
            let ticks = (most..most + 4).map(|most| unit.ticks(scale.lo(), scale.hi(), most)).find(|t| t.len() > 1);
            (scale, ticks.unwrap_or_else(|| unit.ticks(scale.lo(), scale.hi(), most)))
        });
        let labels = unit.format_axis(&values);
        (scale, Self::at(scale, rows, &values, labels))
    }

    fn at(scale: Scale, rows: u16, values: &[f64], labels: Vec<String>) -> Option<Self> {
        let mut ticks: Vec<(u16, String)> = Vec::with_capacity(values.len());
        for (value, label) in values.iter().zip(labels) {
            let row = row_of(scale, *value, rows);
            if ticks.last().is_none_or(|(below, _)| *below > row) {
                ticks.push((row, label));
            }
        }
        let width = ticks.iter().map(|(_, label)| pen::width(label)).max();
        width.map(|width| Self { ticks, width })
    }

    /// Columns that the axis takes: labels, a blank and the line.
    pub(super) fn width(&self) -> u16 {
        self.width + 2
    }

    /// The rows that have a tick.
    pub(super) fn rows(&self) -> impl Iterator<Item = u16> + '_ {
        self.ticks.iter().map(|(row, _)| *row)
    }

    /// Draws the axis with its line at column `x` and its labels to the left.
    pub(super) fn draw_left(&self, pen: &mut Pen<'_>, x: u16, rows: u16, line: Style, label: Style) {
        for y in 0..rows {
            pen.glyph(x, y, '│', line);
        }
        for (row, text) in &self.ticks {
            pen.glyph(x, *row, '┤', line);
            pen.right(x.saturating_sub(1), *row, text, label);
        }
    }

    /// Draws the axis with its line at column `x` and its labels to the right.
    pub(super) fn draw_right(&self, pen: &mut Pen<'_>, x: u16, rows: u16, line: Style, label: Style) {
        for y in 0..rows {
            pen.glyph(x, y, '│', line);
        }
        for (row, text) in &self.ticks {
            pen.glyph(x, *row, '├', line);
            pen.text(x + 2, *row, text, label);
        }
    }
}

/// Whether an axis may move the ends of its scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// Both.
    Free,
    /// The upper one.
    LowFixed,
    /// None.
    Fixed,
}

/// The smallest scale around this one on which round ticks are whole rows apart, and those ticks; `None` where that would
/// waste too much of the picture.
fn even(scale: Scale, unit: Unit, rows: u16, ends: Ends) -> Option<(Scale, Vec<f64>)> {
    const LEAST_USED: f64 = 0.55;
    let dots = f64::from(rows) * 4.0 - 1.0;
    let range = scale.hi() - scale.lo();
    if rows < 3 || !range.is_finite() {
        return None;
    }
    let mut best: Option<(f64, Scale, Vec<f64>)> = None;
    let mut seen = f64::NAN;
    for most in (2..=usize::from(rows / 2 + 2).min(16)).rev() {
        let step = match unit.ticks(scale.lo(), scale.hi(), most)[..] {
            [a, b, ..] if b - a != seen => b - a,
            _ => continue,
        };
        seen = step;
        let low = (scale.lo() / step + 1e-9).floor() * step;
        if ends == Ends::LowFixed && (low - scale.lo()).abs() > step * 1e-6 {
            continue;
        }
        for apart in 2..=5_u16.min(rows - 1) {
            let high = low + step / (f64::from(apart) * 4.0) * dots;
            let used = range / (high - low);
            // The margin above the data may go: the ticks are what keeps lines off the edge. None of the data may.
            let least = (scale.hi() - range * 0.04).max(scale.crest());
            let is_wide_enough = high >= least && high.is_finite();
            let count = (rows - 1) / apart + 1;
            if !is_wide_enough || (rows >= 9 && count < 3) || best.as_ref().is_some_and(|(have, ..)| *have >= used) {
                continue;
            }
            let ticks =
                (0..count).map(|i| low + step * f64::from(i)).map(|v| if v.abs() < step * 1e-9 { 0.0 } else { v });
            best = Some((used, Scale::of(low, high), ticks.collect()));
        }
    }
    best.filter(|(used, ..)| *used >= LEAST_USED).map(|(_, scale, ticks)| (scale, ticks))
}

/// The column of step `i`; a lone step stands at the right, where "now" is.
pub(super) fn column(i: usize, last_step: usize, columns: usize) -> usize {
    let last = columns.max(1) - 1;
    if last_step == 0 { last } else { (i * last * 2 + last_step) / (last_step * 2) }
}

/// The row of a picture of `rows` rows, from the top, in which a value of the scale stands.
pub(super) fn row_of(scale: Scale, value: f64, rows: u16) -> u16 {
    // In dots, so that a label stands in the row in which a line of that value is drawn.
    dot_of(scale, value, usize::from(rows) * 4).map_or(0, |dot| (dot / 4).min(i32::from(rows) - 1).max(0) as u16)
}

/// The row of dots, from the top, in which a value stands; outside `0..dots` where it is beyond the scale, `None` for
/// what is not finite.
pub(super) fn dot_of(scale: Scale, value: f64, dots: usize) -> Option<i32> {
    let share = scale.share(value);
    if !share.is_finite() {
        return None;
    }
    // Far outside it makes no difference how far, and lines stay short enough to be drawn.
    let share = share.clamp(-3.0, 4.0);
    Some(((1.0 - share) * (dots.max(1) - 1) as f64).round() as i32)
}

/// Draws round local times below a picture that spans columns `left..left + columns` and times `start..=end`.
pub(super) fn draw_time(
    pen: &mut Pen<'_>,
    (left, columns, y): (u16, u16, u16),
    (start, end): (Timestamp, Timestamp),
    zone: &TimeZone,
    style: Style,
) {
    let range = end.saturating_sub(start);
    if columns < 5 || range <= 0 {
        return;
    }
    let fitting = |label_width: u16| usize::from((columns / (label_width + 4)).max(1));
    let mut times = unit::clock_ticks(start, end, fitting(5), zone);
    let by_seconds = |times: &[Timestamp]| times.windows(2).any(|w| (w[1] - w[0]) % 60_000 != 0);
    let seconds = by_seconds(&times) || range < 60_000;
    if seconds {
        times = unit::clock_ticks(start, end, fitting(8), zone);
    }
    let mut free = left.saturating_sub(3);
    for at in times {
        let label = label(at, unit::offset(zone, at), seconds);
        let width = pen::width(&label);
        let share = at.saturating_sub(start) as f64 / range as f64;
        let middle = left + (share * f64::from(columns - 1)).round() as u16;
        let x = middle.saturating_sub(width / 2).min((left + columns).saturating_sub(width));
        if x >= free {
            free = pen.text(x, y, &label, style) + 2;
        }
    }
}

/// The column of a time on a picture of so many columns from `start` to `end`; `None` for times outside.
pub(super) fn column_at(at: Timestamp, (start, end): (Timestamp, Timestamp), columns: u16) -> Option<u16> {
    if !(start..=end).contains(&at) || columns == 0 {
        return None;
    }
    let range = end.saturating_sub(start);
    let share = if range == 0 { 1.0 } else { at.saturating_sub(start) as f64 / range as f64 };
    Some((share * f64::from(columns - 1)).round() as u16)
}

/// The time of day, and at midnight the date of the day that begins.
fn label(at: Timestamp, utc_offset: i32, seconds: bool) -> String {
    const DAY: i64 = 86_400_000;
    let local = at.saturating_add(i64::from(utc_offset) * 1000);
    if local.rem_euclid(DAY) == 0 {
        // Year-month-day without the year.
        return unit::date_clock(at, utc_offset).chars().skip(5).take(5).collect();
    }
    if seconds { unit::clock(at, utc_offset) } else { unit::clock_short(at, utc_offset) }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    const UTC: TimeZone = TimeZone::UTC;

    fn times(columns: u16, start: Timestamp, end: Timestamp, zone: &TimeZone) -> String {
        let area = Rect::new(0, 0, columns, 1);
        let mut buf = Buffer::empty(area);
        draw_time(&mut Pen::new(&mut buf, area), (0, columns, 0), (start, end), zone, Style::new());
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn times_are_round_and_local() {
        let at = 1_772_370_309_000; // 2026-03-01 13:05:09 UTC
        assert_eq!(times(40, at - 3_600_000, at, &UTC), "    12:15     12:30     12:45     13:00");
        assert_eq!(times(20, at - 3_600_000, at, &TimeZone::fixed(jiff::tz::offset(1))), "      13:30    14:00");
        assert_eq!(times(40, at - 60_000, at, &UTC), "          13:04:30           13:05:00");
    }

    #[test]
    fn midnight_is_a_date() {
        let at = 1_772_370_309_000;
        assert!(times(60, at - 3 * 86_400_000, at, &UTC).contains("03-01"));
        let midnight = 1_772_323_200_000;
        assert_eq!(
            times(40, midnight - 1_800_000, midnight + 1_800_000, &UTC),
            "23:30             03-01            00:30"
        );
    }

    #[test]
    fn across_a_change_of_the_clocks_every_tick_is_what_the_clocks_show() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // On 2026-03-29 at 01:00 UTC 02:00 becomes 03:00; on 2026-10-25 at 01:00 UTC 03:00 becomes 02:00.
        let (spring, autumn) = (1_774_746_000_000, 1_792_890_000_000);
        let hour = 3_600_000;
        let labels = |start, end| -> Vec<String> {
            times(60, start, end, &berlin).split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(labels(spring - 2 * hour, spring + 2 * hour), ["03-29", "01:00", "03:00", "04:00", "05:00"]);
        assert_eq!(labels(autumn - 2 * hour, autumn + 2 * hour), ["01:00", "02:00", "02:00", "03:00", "04:00"]);
        let days = labels(spring - 26 * hour, spring + 70 * hour);
        assert_eq!(days, ["03-28", "03-29", "03-30", "03-31", "04-01"]);
        assert_eq!(labels(autumn - 12 * hour, autumn + 12 * hour), ["18:00", "10-25", "06:00", "12:00"]);
    }

    #[test]
    fn values_that_hardly_differ_far_from_a_fixed_zero_stay_on_the_picture() {
        for (low, high) in [(0.097, 0.098), (0.0961, 0.0979), (961.0, 979.0), (9.7, 9.8)] {
            for rows in 1..40 {
                let scale = Scale::fit([low, high].into_iter(), Unit::Seconds, Some(0.0), None);
                let (scale, _) = ValueAxis::fit(scale, Unit::Seconds, rows, Ends::LowFixed);
                assert!(scale.share(high) <= 1.0, "{high} of {scale:?} in {rows} rows");
            }
        }
    }

    #[test]
    fn no_two_ticks_share_a_row() {
        for rows in 0..40 {
            for ends in [Ends::Free, Ends::LowFixed, Ends::Fixed] {
                let (_, axis) = ValueAxis::fit(Scale::of(0.0, 1234.0), Unit::PerSecond, rows, ends);
                let taken: Vec<u16> = axis.iter().flat_map(ValueAxis::rows).collect();
                assert!(taken.windows(2).all(|w| w[0] > w[1]), "{taken:?}");
            }
        }
    }

    #[test]
    fn free_ends_put_ticks_evenly_and_keep_the_data_inside() {
        for rows in 3..40 {
            for hi in [1.0, 1.3, 7.7, 160.0, 16_000.0, 0.031] {
                let (scale, axis) = ValueAxis::fit(Scale::of(0.0, hi), Unit::Short, rows, Ends::Free);
                assert!(scale.lo() <= 0.0 && scale.hi() >= hi * 0.959 && hi / scale.hi() > 0.54, "{hi} {scale:?}");
                let taken: Vec<u16> = axis.iter().flat_map(ValueAxis::rows).collect();
                if hi / scale.hi() < 1.0 {
                    assert!(taken.windows(3).all(|w| w[0] - w[1] == w[1] - w[2]), "{rows} {hi} {taken:?}");
                }
            }
        }
    }
}
