//! Series on top of each other, as areas: what they make together and what each has of it.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::pen::Pen;
use super::scale::Scale;
use super::{Frame, axis, spark};
use crate::layout::Stacking;

/// The curves of a frame that do not stand apart, added up from the first on. A gap adds nothing; where all have a gap there is one.
pub(super) struct Stack {
    /// For every step and every curve the running sum; `None` where no curve has a value.
    tops: Vec<Option<Vec<f64>>>,
}

impl Stack {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let steps = frame.curves.iter().map(|c| c.values.len()).max().unwrap_or(0);
        let mut tops: Vec<Option<Vec<f64>>> = (0..steps).map(|step| Self::at(frame, step)).collect();
        if frame.panel.stacking == Stacking::Percent {
            tops.iter_mut().flatten().for_each(|tops| in_percent(tops));
        }
        Self { tops }
    }

    fn at(frame: &Frame<'_>, step: usize) -> Option<Vec<f64>> {
        let mut sum = 0.0_f64;
        let mut any = false;
        let tops = frame.curves.iter().map(|curve| {
            let value = curve.values.get(step).copied().filter(|v| !curve.stands_apart() && v.is_finite());
            // What is below zero has no share of a whole.
            let value = value.filter(|v| frame.panel.stacking != Stacking::Percent || *v >= 0.0);
            any |= value.is_some();
            sum = (sum + value.unwrap_or(0.0)).clamp(-f64::MAX, f64::MAX);
            sum
        });
        let tops: Vec<f64> = tops.collect();
        any.then_some(tops)
    }

    /// Every sum that is an edge.
    pub(super) fn edges(&self) -> impl Iterator<Item = f64> + '_ {
        self.tops.iter().flatten().flatten().copied()
    }

    /// Where curve `index` ends at a step, counted from zero.
    pub(super) fn top(&self, step: usize, index: usize) -> Option<f64> {
        self.tops.get(step)?.as_ref()?.get(index).copied()
    }

    /// The sums for each of `columns` columns: of the steps in one column the highest, between two steps further apart
    /// what lies on the straight line between them.
    fn spread(&self, columns: usize) -> Vec<Option<Vec<f64>>> {
        let last_step = self.tops.len().saturating_sub(1);
        let mut spread: Vec<Option<Vec<f64>>> = vec![None; columns];
        let total = |tops: &[f64]| tops.last().copied().unwrap_or(0.0);
        for (step, tops) in self.tops.iter().enumerate() {
            let Some(tops) = tops else { continue };
            let x = axis::column(step, last_step, columns);
            if spread[x].as_ref().is_none_or(|have| total(have) < total(tops)) {
                spread[x] = Some(tops.clone());
            }
            if let Some(Some(next)) = self.tops.get(step + 1) {
                let end = axis::column(step + 1, last_step, columns);
                for (between, place) in spread.iter_mut().enumerate().take(end).skip(x + 1) {
                    let share = (between - x) as f64 / (end - x) as f64;
                    *place = Some(tops.iter().zip(next).map(|(a, b)| a * (1.0 - share) + b * share).collect());
                }
            }
        }
        spread
    }

    /// Fills the areas in eighths of a cell: one colour in front, the one above it behind.
    pub(super) fn fill(&self, frame: &Frame<'_>, plot: &mut Pen<'_>, scale: Scale) {
        let (columns, rows) = (usize::from(plot.width()), plot.height());
        let eighths = usize::from(rows) * 8;
        let height = |value: f64| (scale.share(value).clamp(0.0, 1.0) * eighths as f64).round() as usize;
        let ground = height(0.0);
        let mut owners: Vec<Option<usize>> = vec![None; eighths];
        for (x, tops) in self.spread(columns).iter().enumerate() {
            let Some(tops) = tops else { continue };
            owners.fill(None);
            let mut below = ground;
            for (index, top) in tops.iter().enumerate() {
                let top = height(*top);
                owners[below.min(top)..below.max(top)].fill(Some(index));
                below = top;
            }
            if owners.iter().all(Option::is_none) {
                // Nothing but zeros is a line at the bottom; only a gap is blank.
                owners[ground.min(eighths - 1)] = Some(0);
            }
            for y in 0..rows {
                let from = eighths - usize::from(y + 1) * 8;
                draw_cell(frame, plot, (x as u16, y), &owners[from..from + 8]);
            }
        }
    }

    /// Without colours areas would be one area: only their upper edges are drawn.
    pub(super) fn outline(&self, frame: &Frame<'_>, canvas: &mut Canvas, scale: Scale) {
        let spread = self.spread(canvas.dot_columns());
        for (index, _) in frame.curves.iter().enumerate().filter(|(_, c)| !c.stands_apart()) {
            let mut before = None;
            for (x, tops) in (0..).zip(&spread) {
                let y = tops.as_ref().and_then(|tops| axis::dot_of(scale, tops[index], canvas.dot_rows()));
                if let Some(y) = y {
                    canvas.line(before.map_or((x, y), |before| (x - 1, before)), (x, y));
                }
                before = y;
            }
            canvas.merge(index, false);
        }
    }
}

/// Makes 100 of the whole; a whole of nothing stays nothing.
fn in_percent(tops: &mut [f64]) {
    let whole = tops.last().copied().unwrap_or(0.0);
    if whole > 0.0 {
        for top in tops {
            *top = *top / whole * 100.0;
        }
    }
}

/// One cell from its eight owners, the lowest first: the run that starts at the bottom in front, of the rest the most
/// frequent behind.
fn draw_cell(frame: &Frame<'_>, plot: &mut Pen<'_>, (x, y): (u16, u16), owners: &[Option<usize>]) {
    let color = |owner: usize| frame.series_style(owner).fg.unwrap_or_default();
    let Some(first) = owners[0] else {
        // Only areas below zero hang from above; they take the whole cell.
        if let Some(owner) = owners.iter().rev().find_map(|o| *o) {
            let lit = owners.iter().filter(|o| o.is_some()).count();
            plot.glyph(x, y, if lit > 4 { '█' } else { '▀' }, Style::new().fg(color(owner)));
        }
        return;
    };
    let run = owners.iter().take_while(|o| **o == Some(first)).count();
    let rest = &owners[run..];
    let count = |owner: Option<usize>| rest.iter().filter(|o| **o == owner).count();
    let behind = rest.iter().copied().max_by_key(|o| count(*o)).flatten();
    let mut style = Style::new().fg(color(first));
    if let Some(behind) = behind {
        style = style.bg(color(behind));
    }
    plot.glyph(x, y, spark::EIGHTHS[run - 1], style);
}
