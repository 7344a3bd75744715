//! A histogram's buckets as columns: how many observations each has of its own.

use crate::layout::Level;
use crate::panel::axis::{Ends, ValueAxis};
use crate::panel::pen::{self, Pen};
use crate::panel::scale::Scale;
use crate::panel::{Frame, chrome, heatmap, spark};
use crate::unit::Unit;

/// Fewer buckets are bars like any other.
const LEAST: usize = 3;

/// Whether the series are cumulative buckets: every one is named by its upper bound, and the last of these is infinite.
pub(in crate::panel) fn are(frame: &Frame<'_>) -> bool {
    let bounds: Vec<f64> = frame.curves.iter().filter_map(|curve| heatmap::bound(&curve.name)).collect();
    bounds.len() >= LEAST && bounds.len() == frame.curves.len() && bounds.contains(&f64::INFINITY)
}

/// Upper bound and own count of each bucket, ascending; `None` for one without a value.
fn counts(frame: &Frame<'_>) -> Vec<(f64, Option<f64>)> {
    let mut buckets: Vec<(f64, Option<f64>)> = frame
        .curves
        .iter()
        .filter_map(|curve| Some((heatmap::bound(&curve.name)?, frame.value(curve).filter(|v| v.is_finite()))))
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets.dedup_by(|a, b| a.0 == b.0);
    let mut below = 0.0;
    for (_, count) in &mut buckets {
        if let Some(count) = count {
            let cumulative = *count;
            // Extrapolation can put a bucket below its lower neighbour by a fraction.
            *count = (cumulative - below).max(0.0);
            below = cumulative.max(below);
        }
    }
    buckets
}

/// What a bucket's bound is called.
fn label(unit: Unit, le: f64) -> String {
    if le.is_infinite() { "+Inf".to_owned() } else { unit.format(le, None) }
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let mut buckets = counts(frame);
    let has_labels = height >= 3;
    let rows = height - u16::from(has_labels);
    let highest = buckets.iter().filter_map(|(_, count)| *count).fold(0.0, f64::max);
    let scale = Scale::of(0.0, if highest > 0.0 { highest } else { 1.0 });
    let (scale, axis) = ValueAxis::fit(scale, Unit::Count, rows, Ends::LowFixed);
    let axis = axis.filter(|axis| width >= 24 && rows >= 2 && axis.width() <= width / 3);
    let left = axis.as_ref().map_or(0, ValueAxis::width);
    let room = usize::from(width - left);
    // Neighbours share a column where there are more buckets than columns.
    let together = buckets.len().div_ceil(room.max(1));
    if together > 1 {
        let sum = |chunk: &[(f64, Option<f64>)]| {
            let present = chunk.iter().filter_map(|(_, count)| *count);
            let sum = present.fold(None, |sum: Option<f64>, count| Some(sum.unwrap_or(0.0) + count));
            chunk.last().map(|(le, _)| (*le, sum))
        };
        buckets = buckets.chunks(together).filter_map(sum).collect();
    }
    let each = (room / buckets.len().max(1)).clamp(1, 12) as u16;
    // A blank between columns wide enough to spare it.
    let broad = if each >= 3 { each - 1 } else { each };
    for (i, (_, count)) in buckets.iter().enumerate() {
        let x = left + i as u16 * each;
        // What is in a bucket lies above the bound of the one below.
        let level = frame.panel.thresholds.level(if i == 0 { 0.0 } else { buckets[i - 1].0 });
        let style = if level.is_some() { frame.level_style(level) } else { frame.theme.series(0) };
        let Some(count) = count else {
            pen.glyph(x, rows - 1, '·', frame.theme.border);
            continue;
        };
        let eighths = (scale.share(*count).clamp(0.0, 1.0) * f64::from(rows) * 8.0).round() as u16;
        // What is not nothing is seen.
        let eighths = if *count > 0.0 { eighths.max(1) } else { 0 };
        for y in 0..rows {
            let filled = eighths.saturating_sub((rows - 1 - y) * 8).min(8);
            if filled > 0 {
                (x..x + broad).for_each(|x| pen.glyph(x, y, spark::EIGHTHS[usize::from(filled) - 1], style));
            }
        }
        if level > Some(Level::Good) && eighths > 0 && broad >= 2 && eighths < rows * 8 - 7 {
            let top = rows - 1 - eighths.div_ceil(8).min(rows - 1);
            pen.glyph(x + broad / 2, top, level.map_or(' ', chrome::glyph), style);
        }
    }
    if let Some(axis) = axis {
        axis.draw_left(pen, left - 1, rows, frame.theme.border, frame.theme.dim);
    }
    if has_labels {
        draw_labels(frame, pen, &buckets, (left, each, rows));
    }
}

/// The counts on one line, without bounds.
pub(super) fn mini(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let counts = counts(frame);
    let highest = counts.iter().filter_map(|(_, count)| *count).fold(0.0, f64::max);
    for (x, (_, count)) in (0..pen.width()).zip(&counts) {
        if let Some(count) = count.filter(|count| *count > 0.0) {
            let eighth = (count / highest * 6.0).round() as usize;
            pen.glyph(x, 0, spark::EIGHTHS[eighth.min(6)], frame.theme.series(0));
        }
    }
}

/// Upper bounds beneath the buckets, as many as have room; the last one before the others.
fn draw_labels(frame: &Frame<'_>, pen: &mut Pen<'_>, buckets: &[(f64, Option<f64>)], (left, each, y): (u16, u16, u16)) {
    let mut taken: Vec<(u16, u16)> = Vec::with_capacity(buckets.len());
    let last = buckets.len().saturating_sub(1);
    for i in std::iter::once(last).chain(0..last) {
        let Some((le, _)) = buckets.get(i) else { return };
        let label = label(frame.panel.unit, *le);
        // It ends where its bucket does, because it is the upper bound.
        let end = left + (i as u16 + 1) * each - u16::from(each >= 3);
        let from = end.saturating_sub(pen::width(&label));
        let end = from + pen::width(&label);
        if end <= pen.width() && taken.iter().all(|&(a, b)| end < a || from > b) {
            pen.text(from, y, &label, frame.theme.dim);
            taken.push((from, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Kind, Panel};
    use crate::panel::{Curve, State};
    use crate::theme::{Depth, Theme};

    fn with<T>(curves: &[Curve], of: impl FnOnce(&Frame<'_>) -> T) -> T {
        let (panel, theme) = (Panel { kind: Kind::Bars, ..Panel::default() }, Theme::dark(Depth::None));
        of(&Frame { curves, ..Frame::new(&panel, &State::Live, &theme, 0) })
    }

    fn curve(name: &str, now: Option<f64>) -> Curve {
        Curve { name: name.to_owned(), now, ..Curve::default() }
    }

    #[test]
    fn buckets_have_counts_of_their_own() {
        let curves = [curve("+Inf", Some(10.0)), curve("0.1", Some(4.0)), curve("0.5", None), curve("1", Some(3.5))];
        let found = with(&curves, counts);
        assert_eq!(found, [(0.1, Some(4.0)), (0.5, None), (1.0, Some(0.0)), (f64::INFINITY, Some(6.0))]);
    }

    #[test]
    fn numbers_as_names_are_no_histogram_without_the_last_bucket() {
        assert!(!with(&[curve("1", None), curve("2", None), curve("3", None)], are));
        assert!(!with(&[curve("1", None), curve("+Inf", None), curve("orders", None)], are));
        assert!(with(&[curve("1", None), curve("2", None), curve("+Inf", None)], are));
    }
}
