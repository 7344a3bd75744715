//! One curve on a canvas: lines, steps, bars or points, filled or not. A gap stays a gap, and a spike between two columns of
//! dots is still seen.

use super::canvas::Canvas;
use super::scale::Scale;
use super::{Curve, axis};
use crate::layout::Draw;
use crate::series::is_gap;

/// A value beyond the edge, which an arrow stands for.
pub(super) struct Mark {
    pub(super) column: u16,
    pub(super) up: bool,
    pub(super) index: usize,
}

/// Draws one curve on the canvas.
pub(super) struct Line<'a> {
    pub(super) canvas: &'a mut Canvas,
    pub(super) scale: Scale,
    pub(super) marks: &'a mut Vec<Mark>,
    pub(super) index: usize,
    pub(super) draw: Draw,
    pub(super) filled: bool,
}

/// The rows of a column of dots since the last gap.
#[derive(Clone, Copy)]
struct Column {
    x: i32,
    top: i32,
    bottom: i32,
    last: i32,
}

impl Line<'_> {
    /// Every column of dots spans the least to the greatest of its values and is joined, from its last to the next one's
    /// first, with the column that follows without a gap.
    pub(super) fn draw(&mut self, curve: &Curve, steps: usize) {
        let (dots_x, dots_y) = (self.canvas.dot_columns(), self.canvas.dot_rows() as i32);
        if curve.values.is_empty() {
            if let Some(v) = curve.now {
                self.point(dots_x as i32 - 1, v);
            }
            return;
        }
        let last_step = steps.max(curve.values.len()).saturating_sub(1);
        // How wide a bar may be and still leave a dot to the next one.
        let wide = (dots_x / (last_step + 1)).saturating_sub(1).clamp(1, 6) as i32;
        let mut open: Option<Column> = None;
        for (i, &v) in curve.values.iter().enumerate() {
            let x = axis::column(i, last_step, dots_x) as i32;
            let Some(y) = (if is_gap(v) { None } else { self.row(x, v) }) else {
                self.close(open.take());
                continue;
            };
            if y < 0 || y >= dots_y {
                self.mark(x, y < 0);
            }
            match self.draw {
                Draw::Lines | Draw::Steps => {
                    open = Some(match open {
                        Some(c) if c.x == x => Column { x, top: c.top.min(y), bottom: c.bottom.max(y), last: y },
                        Some(column) => {
                            self.close(Some(column));
                            self.join((column.x, column.last), (x, y));
                            Column { x, top: y, bottom: y, last: y }
                        }
                        None => Column { x, top: y, bottom: y, last: y },
                    });
                }
                Draw::Bars => {
                    // The last one ends where time does.
                    let from = x.min(dots_x as i32 - wide).max(0);
                    let ground = self.ground();
                    (from..from + wide).for_each(|x| self.canvas.vertical(x, y, ground));
                }
                Draw::Points => {
                    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                        // Towards the middle at the right and lower edge.
                        let x = if x + 1 < dots_x as i32 { x + dx } else { x - dx };
                        self.canvas.dot(x, if y + 1 < dots_y { y + dy } else { y - dy });
                    }
                }
            }
        }
        self.close(open);
    }

    /// The row of dots of a value; `None` for what has none, which an arrow stands for where it lies beyond the scale.
    fn row(&mut self, x: i32, v: f64) -> Option<i32> {
        let row = axis::dot_of(self.scale, v, self.canvas.dot_rows());
        let share = self.scale.share(v);
        if row.is_none() && share.is_infinite() {
            self.mark(x, share > 0.0);
        }
        row
    }

    /// From one column to the next.
    fn join(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32)) {
        if self.draw == Draw::Steps {
            self.canvas.line((x0, y0), (x1, y0));
            self.canvas.vertical(x1, y0, y1);
        } else {
            self.canvas.line((x0, y0), (x1, y1));
        }
        for x in x0 + 1..x1 {
            let y = if self.draw == Draw::Steps { y0 } else { y0 + (y1 - y0) * (x - x0) / (x1 - x0) };
            self.fill(x, y);
        }
    }

    fn close(&mut self, open: Option<Column>) {
        if let Some(Column { x, top, bottom, .. }) = open {
            self.canvas.vertical(x, top, bottom);
            self.fill(x, top);
        }
    }

    /// Every other dot between a row and zero, so that the line itself still stands out.
    fn fill(&mut self, x: i32, y: i32) {
        if !self.filled || x % 2 != 0 {
            return;
        }
        let ground = self.ground();
        let last = self.canvas.dot_rows() as i32 - 1;
        let (from, to) = (y.min(ground).clamp(0, last), y.max(ground).clamp(0, last));
        (from..=to).filter(|y| y % 2 == 0).for_each(|y| self.canvas.dot(x, y));
    }

    /// The row of dots of zero, or the edge next to it.
    fn ground(&self) -> i32 {
        let last = self.canvas.dot_rows() as i32 - 1;
        axis::dot_of(self.scale, 0.0, self.canvas.dot_rows()).map_or(last, |y| y.clamp(0, last))
    }

    fn point(&mut self, x: i32, v: f64) {
        if let Some(y) = self.row(x, v) {
            self.canvas.dot(x, y);
        }
    }

    fn mark(&mut self, x: i32, up: bool) {
        self.marks.push(Mark { column: (x / 2) as u16, up, index: self.index });
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::panel::Distance;
    use crate::panel::pen::Pen;
    use crate::series::GAP;

    fn drawn(values: &[f64], draw: Draw, filled: bool, scale: Scale) -> Vec<String> {
        let mut canvas = Canvas::new(4, 2);
        let mut marks = Vec::new();
        let curve = Curve { values: values.to_vec(), ..Curve::default() };
        Line { canvas: &mut canvas, scale, marks: &mut marks, index: 0, draw, filled }.draw(&curve, values.len());
        canvas.merge(0, false);
        let area = Rect::new(0, 0, 4, 2);
        let mut buf = Buffer::empty(area);
        let mut pen = Pen::new(&mut buf, area);
        canvas.write(&mut pen, Distance::Near, |_| Style::new());
        for mark in marks {
            pen.glyph(mark.column, u16::from(!mark.up), if mark.up { '↑' } else { '↓' }, Style::new());
        }
        buf.content().chunks(4).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect()
    }

    #[test]
    fn a_step_holds_its_value_a_bar_stands_on_zero_and_a_point_is_alone() {
        let linear = Scale::of(0.0, 1.0);
        let of = |draw, filled| drawn(&[0.5, 1.0, GAP, 0.25], draw, filled, linear);
        assert_eq!(of(Draw::Lines, false), ["⢠⠃  ", "⠁  ⠐"]);
        assert_eq!(of(Draw::Steps, false), [" ⡇  ", "⠉⠁ ⠐"]);
        assert_eq!(of(Draw::Bars, false), [" ⡇  ", "⡇⡇ ⢰"]);
        assert_eq!(of(Draw::Points, false), [" ⠛  ", "⠛  ⠶"]);
        assert_eq!(of(Draw::Lines, true), ["⢠⠇  ", "⠅⠅ ⠐"]);
        assert_eq!(of(Draw::Steps, true), [" ⡇  ", "⠍⠅ ⠐"]);
    }

    #[test]
    fn on_a_logarithmic_scale_what_is_not_above_zero_is_an_arrow_down() {
        let log = Scale::log([1.0, 100.0].into_iter(), 10.0, None, None).unwrap();
        let rows = drawn(&[1.0, 0.0, -5.0, 100.0], Draw::Points, false, log);
        assert_eq!(rows.concat().matches('↓').count(), 2, "{rows:?}");
    }
}
