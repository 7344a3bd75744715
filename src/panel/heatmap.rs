//! How many observations fell into which bucket, over time. The curves are cumulative (`le`), so that each bucket's own
//! count is the difference to the one below.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::axis;
use super::chrome::Heading;
use super::pen::{self, Pen};
use super::{Curve, Frame, last_step, message, timeseries};
use crate::series::{GAP, is_gap};
use crate::theme::Depth;
use crate::unit::Unit;

/// The quantiles that are drawn over the picture, and as what.
const QUANTILES: [(f64, char); 2] = [(0.5, '╌'), (0.99, '━')];

/// Few to many, for terminals whose colours have no order.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

/// Counts by bucket and column of the picture.
struct Grid {
    /// Upper bounds, ascending; one more than there are rows where buckets share a row.
    bounds: Vec<f64>,
    /// For each bucket, from the lowest, a count per column; `None` for a gap.
    counts: Vec<Vec<Option<f64>>>,
    max: f64,
}

/// The upper bound that a curve's name carries: `0.25`, `+Inf`, `le="0.25"`.
pub(super) fn bound(name: &str) -> Option<f64> {
    let name = name.trim().trim_matches(|c| matches!(c, '{' | '}'));
    let name = name.strip_prefix("le=").unwrap_or(name).trim_matches('"').trim();
    name.parse::<f64>().ok().filter(|v| !v.is_nan())
}

impl Grid {
    /// `None` where no curve is a bucket with a range.
    fn of(curves: &[Curve], columns: usize) -> Option<Self> {
        let mut buckets: Vec<(f64, &[f64])> = curves
            .iter()
            .filter(|curve| !curve.values.is_empty())
            .filter_map(|curve| Some((bound(&curve.name)?, curve.values.as_slice())))
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        buckets.dedup_by(|a, b| a.0 == b.0);
        let steps = buckets.iter().map(|(_, values)| values.len()).max()?;
        let mut counts = vec![vec![None; columns]; buckets.len()];
        let mut max: f64 = 0.0;
        for column in 0..columns {
            let from = column * steps / columns;
            let to = ((column + 1) * steps / columns).max(from + 1);
            for step in from..to {
                let mut below = 0.0;
                for ((_, values), row) in buckets.iter().zip(&mut counts) {
                    let Some(&value) = values.get(step).filter(|v| !is_gap(**v) && v.is_finite()) else { continue };
                    // Extrapolation can put a bucket below its lower neighbour by a fraction.
                    let count = (value - below).max(0.0);
                    below = value.max(below);
                    // Of the steps in one column the fullest is seen.
                    row[column] = Some(row[column].map_or(count, |have: f64| have.max(count)));
                    max = max.max(count);
                }
            }
        }
        Some(Self { bounds: buckets.into_iter().map(|(bound, _)| bound).collect(), counts, max })
    }

    fn is_empty(&self, bucket: usize) -> bool {
        self.counts[bucket].iter().all(|count| count.is_none_or(|c| c == 0.0))
    }

    /// Makes of the buckets at most `most` bands: buckets at either end that are always empty go first (one stays, to
    /// show that it is empty), then neighbours are added up.
    fn shrink(&mut self, most: usize) {
        let most = most.max(1);
        while self.bounds.len() > most && self.bounds.len() > 2 {
            let last = self.bounds.len() - 1;
            let (top, bottom) = (self.is_empty(last) && self.is_empty(last - 1), self.is_empty(0) && self.is_empty(1));
            if top {
                self.bounds.pop();
                self.counts.pop();
            } else if bottom {
                self.bounds.remove(0);
                self.counts.remove(0);
            } else {
                break;
            }
        }
        if self.bounds.len() <= most {
            return;
        }
        let together = self.bounds.len().div_ceil(most);
        self.bounds = self.bounds.chunks(together).filter_map(|chunk| chunk.last().copied()).collect();
        self.counts = self
            .counts
            .chunks(together)
            .map(|rows| {
                let columns = rows.first().map_or(0, Vec::len);
                (0..columns)
                    .map(|x| {
                        let present = rows.iter().filter_map(|row| row[x]);
                        present.fold(None, |sum: Option<f64>, count| Some(sum.unwrap_or(0.0) + count))
                    })
                    .collect()
            })
            .collect();
        self.max = self.counts.iter().flatten().flatten().copied().fold(0.0, f64::max);
    }

    /// Where a value stands among the bands, from 0 at the lowest bound to 1 at the highest; inside a band evenly. `None`
    /// above the highest.
    fn height(&self, value: f64) -> Option<f64> {
        let band = self.bounds.iter().position(|le| value <= *le)?;
        let upper = self.bounds[band];
        let lower = if band == 0 { 0.0_f64.min(upper) } else { self.bounds[band - 1] };
        let inside =
            if upper.is_finite() && upper > lower { ((value - lower) / (upper - lower)).clamp(0.0, 1.0) } else { 0.0 };
        Some((band as f64 + inside) / self.bounds.len() as f64)
    }

    /// From just above 0 to 1, compressed so that the few next to the many are still seen; `None` for nothing.
    fn share(&self, count: f64) -> Option<f64> {
        (count > 0.0).then(|| 0.15 + 0.85 * (count / self.max).sqrt().min(1.0))
    }
}

/// The `q`-quantile of the newest values, and at every step: what a heatmap says in one line. Linear inside a bucket, as
/// PromQL's `histogram_quantile`; the lower bound of the last bucket where it falls into that. `None` where no curve is a
/// bucket.
pub(super) fn quantile(curves: &[Curve], q: f64) -> Option<Curve> {
    let mut buckets: Vec<(f64, &Curve)> = curves.iter().filter_map(|c| Some((bound(&c.name)?, c))).collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let steps = buckets.iter().map(|(_, curve)| curve.values.len()).max()?;
    let at = |value: &dyn Fn(&Curve) -> Option<f64>| -> Option<f64> {
        let cumulative = buckets.iter().filter_map(|(le, curve)| Some((*le, value(curve).filter(|v| v.is_finite())?)));
        interpolate(cumulative, q)
    };
    let values = (0..steps).map(|step| at(&|curve| curve.values.get(step).copied()).unwrap_or(GAP)).collect();
    let now = at(&Curve::newest);
    Some(Curve { name: format!("p{}", q * 100.0), values, now, ..Curve::default() })
}

fn interpolate(cumulative: impl Iterator<Item = (f64, f64)>, q: f64) -> Option<f64> {
    let buckets: Vec<(f64, f64)> = cumulative.collect();
    let rank = buckets.last()?.1 * q;
    if rank <= 0.0 {
        return None;
    }
    let i = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (upper, count) = buckets[i];
    let (lower, below) = if i == 0 { (0.0_f64.min(upper), 0.0) } else { buckets[i - 1] };
    if upper.is_infinite() {
        return (i > 0).then_some(lower);
    }
    Some(lower + (upper - lower) * ((rank - below) / (count - below)).clamp(0.0, 1.0))
}

/// How the inside is shared out.
struct Plot {
    /// Columns of the bounds.
    left: u16,
    columns: u16,
    rows: u16,
    has_times: bool,
}

impl Plot {
    fn of(frame: &Frame<'_>, width: u16, height: u16) -> Self {
        let bounds = frame.curves.iter().filter_map(|c| bound(&c.name));
        let widest = bounds.map(|le| pen::width(&label(frame.panel.unit, le))).max().unwrap_or(0);
        let left = if width >= 24 && widest + 2 <= width / 2 { widest + 2 } else { 0 };
        let has_times = height >= 4 && width >= 16;
        Self { left, columns: width - left, rows: height - u16::from(has_times), has_times }
    }
}

/// The part of the panel's inside, from its top left corner, on which time runs; `None` where no curve is a bucket.
pub(super) fn plot(frame: &Frame<'_>, width: u16, height: u16) -> Option<Rect> {
    let Plot { left, columns, rows, .. } = Plot::of(frame, width, height);
    Grid::of(frame.curves, usize::from(columns))?;
    Some(Rect { x: left, y: 0, width: columns, height: rows })
}

/// Draws the inside of the panel, and its key beside the title. `pen` is for the whole panel.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>, margin: u16) {
    let (outer_width, outer_height) = (pen.width(), pen.height());
    let (width, height) = (outer_width - 2 - 2 * margin, outer_height - 2);
    let mut inside = pen.part(1 + margin, 1, width, height);
    let Plot { left, columns, rows, has_times } = Plot::of(frame, width, height);
    let Some(mut grid) = Grid::of(frame.curves, usize::from(columns)) else {
        message::draw(&mut inside, "no series is a bucket: their names have to be upper bounds (le)", frame.theme.dim);
        return;
    };
    draw_cells(frame, &mut inside.part(left, 0, columns, rows), &mut grid);
    timeseries::draw_cursor(frame, &mut inside.part(left, 0, columns, rows));
    if left > 0 {
        draw_bounds(frame, &mut inside, &grid, left, rows);
    }
    if has_times {
        let span = (frame.window.start, last_step(frame));
        axis::draw_time(&mut inside, (left, columns, rows), span, frame.zone, frame.theme.dim);
    }
    let (x, spare) = Heading::of(frame, outer_width).spare;
    draw_key(frame, &mut pen.part(x - 1, 0, spare + 2, 1), &grid);
}

/// Draws the picture alone: no bounds, no times, no key.
pub(super) fn draw_alone(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if let Some(mut grid) = Grid::of(frame.curves, usize::from(pen.width())) {
        draw_cells(frame, pen, &mut grid);
    }
}

/// A cell a column and one or two bands, and the quantiles over them; the grid gets as many bands as fit.
fn draw_cells(frame: &Frame<'_>, pen: &mut Pen<'_>, grid: &mut Grid) {
    let (columns, rows) = (pen.width(), pen.height());
    // Half rows need two colours in a cell.
    let halves = matches!(frame.theme.depth, Depth::Indexed | Depth::TrueColor);
    grid.shrink(usize::from(rows) * if halves { 2 } else { 1 });
    let bands = grid.bounds.len();
    // The bands share the rows, in half rows or in whole ones, evenly as far as they divide.
    let units = usize::from(rows) * if halves { 2 } else { 1 };
    let band_of = |from_bottom: usize| from_bottom * bands / units.max(1);
    for y in 0..rows {
        let from_bottom = usize::from(rows - 1 - y);
        let (lower, upper) = if halves {
            (band_of(from_bottom * 2), band_of(from_bottom * 2 + 1))
        } else {
            (band_of(from_bottom), band_of(from_bottom))
        };
        for x in 0..columns {
            let count = |band: usize| grid.counts[band][usize::from(x)];
            match (count(upper), count(lower)) {
                (None, None) => pen.glyph(x, y, '·', frame.theme.border),
                (upper, lower) if halves => {
                    let share = |count: Option<f64>| grid.share(count?);
                    draw_halves(frame, pen, (x, y), share(upper), share(lower));
                }
                (_, lower) => {
                    if let Some(share) = lower.and_then(|count| grid.share(count)) {
                        let shade = SHADES[((share * 4.0) as usize).min(3)];
                        pen.glyph(x, y, shade, frame.theme.text);
                    }
                }
            }
        }
    }
    if rows >= 4 {
        for (q, glyph) in QUANTILES {
            draw_quantile(frame, pen, grid, q, glyph);
        }
    }
}

/// A quantile as a line over the picture, where each column has its greatest.
fn draw_quantile(frame: &Frame<'_>, pen: &mut Pen<'_>, grid: &Grid, q: f64, glyph: char) {
    let Some(curve) = quantile(frame.curves, q) else { return };
    let (columns, rows) = (usize::from(pen.width()), pen.height());
    let steps = curve.values.len();
    for column in 0..columns {
        let from = column * steps / columns;
        let to = ((column + 1) * steps / columns).max(from + 1).min(steps);
        let seen = curve.values.get(from..to).unwrap_or_default().iter().copied().filter(|v| !is_gap(*v));
        let Some(height) = seen.max_by(f64::total_cmp).and_then(|v| grid.height(v)) else { continue };
        let y = ((1.0 - height) * f64::from(rows)).min(f64::from(rows - 1)) as u16;
        let text = frame.theme.text.add_modifier(Modifier::BOLD);
        pen.over(column as u16, y, glyph, |ground| match ground {
            Color::Rgb(red, green, blue) => frame.theme.ground((red, green, blue)),
            ground => text.bg(ground),
        });
    }
}

fn draw_halves(frame: &Frame<'_>, pen: &mut Pen<'_>, (x, y): (u16, u16), upper: Option<f64>, lower: Option<f64>) {
    let heat = |share: f64| frame.theme.heat(share);
    match (upper, lower) {
        (None, None) => {}
        (Some(upper), None) => pen.glyph(x, y, '▀', Style::new().fg(heat(upper))),
        (None, Some(lower)) => pen.glyph(x, y, '▄', Style::new().fg(heat(lower))),
        (Some(upper), Some(lower)) if heat(upper) == heat(lower) => pen.glyph(x, y, '█', Style::new().fg(heat(upper))),
        (Some(upper), Some(lower)) => pen.glyph(x, y, '▀', Style::new().fg(heat(upper)).bg(heat(lower))),
    }
}

fn label(unit: Unit, le: f64) -> Cow<'static, str> {
    if le.is_infinite() {
        Cow::Borrowed(if le > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        Cow::Owned(unit.format(le, None))
    }
}

/// Upper bounds beside the upper edges of their bands, as many as have a row of their own.
fn draw_bounds(frame: &Frame<'_>, pen: &mut Pen<'_>, grid: &Grid, left: u16, rows: u16) {
    for y in 0..rows {
        pen.glyph(left - 1, y, '│', frame.theme.border);
    }
    let bands = grid.bounds.len();
    let mut below = u16::MAX;
    for (band, le) in grid.bounds.iter().enumerate() {
        // The last row, from the bottom, that the band reaches into.
        let edge = ((band + 1) * usize::from(rows)).div_ceil(bands).max(1) as u16;
        let y = rows.saturating_sub(edge);
        if y < below {
            pen.right(left - 2, y, &label(frame.panel.unit, *le), frame.theme.dim);
            pen.glyph(left - 1, y, '┤', frame.theme.border);
            below = y;
        }
    }
}

/// What the lines over the picture stand at, the highest first.
pub(super) fn key_of_quantiles(frame: &Frame<'_>) -> Vec<String> {
    let text = |&(q, glyph): &(f64, char)| {
        let value = frame.value(&quantile(frame.curves, q)?)?;
        Some(format!("{glyph} p{} {}", q * 100.0, frame.panel.unit.format(value, frame.panel.decimals)))
    };
    QUANTILES.iter().rev().filter_map(text).collect()
}

/// What the colours mean: `0 ░▒▓█ 420`.
fn draw_key(frame: &Frame<'_>, pen: &mut Pen<'_>, grid: &Grid) {
    let most = Unit::Count.format(grid.max, None);
    let halves = matches!(frame.theme.depth, Depth::Indexed | Depth::TrueColor);
    let shades: u16 = if halves { 9 } else { 4 };
    let text_width = pen::width(&most);
    let width = text_width + shades + 5;
    if pen.width() < width {
        return;
    }
    let mut x = pen.text(pen.width() - width, 0, " 0 ", frame.theme.dim);
    for i in 0..shades {
        let share = f64::from(i + 1) / f64::from(shades);
        if halves {
            pen.glyph(x, 0, '█', Style::new().fg(frame.theme.heat(0.15 + 0.85 * share)));
        } else {
            pen.glyph(x, 0, SHADES[usize::from(i)], frame.theme.text);
        }
        x += 1;
    }
    pen.text(x, 0, &format!(" {most} "), frame.theme.dim);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str, values: &[f64]) -> Curve {
        Curve { name: name.to_owned(), values: values.to_vec(), ..Curve::default() }
    }

    #[test]
    fn cumulative_buckets_become_counts_of_their_own() {
        let curves = [curve("+Inf", &[10.0, 3.0]), curve("0.1", &[4.0, 0.0]), curve("1", &[9.0, 2.5])];
        let grid = Grid::of(&curves, 2).unwrap();
        assert_eq!(grid.bounds, [0.1, 1.0, f64::INFINITY]);
        assert_eq!(grid.counts[0], [Some(4.0), Some(0.0)]);
        assert_eq!(grid.counts[1], [Some(5.0), Some(2.5)]);
        assert_eq!(grid.counts[2], [Some(1.0), Some(0.5)]);
        assert_eq!(grid.max, 5.0);
    }

    #[test]
    fn a_gap_is_not_an_empty_bucket_and_a_negative_count_is_none() {
        let curves = [curve("1", &[GAP, 5.0]), curve("2", &[GAP, 4.0])];
        let grid = Grid::of(&curves, 2).unwrap();
        assert_eq!(grid.counts[0], [None, Some(5.0)]);
        assert_eq!(grid.counts[1], [None, Some(0.0)]);
    }

    #[test]
    fn a_quantile_lies_inside_its_bucket() {
        let curves = [curve("1", &[50.0, 0.0]), curve("2", &[100.0, 0.0]), curve("+Inf", &[100.0, 0.0])];
        let median = quantile(&curves, 0.75).unwrap();
        assert_eq!(median.name, "p75");
        assert_eq!(median.values[0], 1.5);
        assert!(is_gap(median.values[1]), "nothing was observed");
        assert_eq!(median.now, None);
        let beyond = [curve("1", &[1.0]), curve("+Inf", &[100.0])];
        assert_eq!(quantile(&beyond, 0.5).unwrap().now, Some(1.0));
        assert_eq!(quantile(&[curve("orders", &[1.0])], 0.5), None);
    }

    #[test]
    fn a_value_stands_within_its_band() {
        let curves = [curve("1", &[1.0]), curve("3", &[2.0]), curve("+Inf", &[3.0])];
        let grid = Grid::of(&curves, 1).unwrap();
        for (value, height) in [(0.0, 0.0), (1.0, 1.0 / 3.0), (2.0, 0.5), (3.0, 2.0 / 3.0), (9.0, 2.0 / 3.0)] {
            assert_eq!(grid.height(value), Some(height), "{value}");
        }
        assert_eq!(Grid::of(&curves[..1], 1).unwrap().height(2.0), None);
    }

    #[test]
    fn names_carry_bounds_in_several_ways() {
        assert_eq!(bound("0.25"), Some(0.25));
        assert_eq!(bound("+Inf"), Some(f64::INFINITY));
        assert_eq!(bound("{le=\"2.5\"}"), Some(2.5));
        assert_eq!(bound("NaN"), None);
        assert_eq!(bound("orders"), None);
    }

    #[test]
    fn too_many_buckets_lose_their_empty_ends_first_and_no_count() {
        let curves: Vec<Curve> = (0..10u8)
            .map(|le| curve(&le.to_string(), &[if le < 3 { 0.0 } else { f64::from(le.min(7)) - 2.0 }]))
            .collect();
        let mut grid = Grid::of(&curves, 1).unwrap();
        grid.shrink(7);
        assert_eq!(grid.bounds, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        grid.shrink(3);
        assert!(grid.bounds.len() <= 3);
        assert_eq!(grid.counts.iter().filter_map(|row| row[0]).sum::<f64>(), 5.0);
    }
}
