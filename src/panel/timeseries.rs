//! Lines over time. A gap stays a gap, a spike between two columns of dots is still seen, and what leaves a fixed scale
//! or is infinite is an arrow at its edge.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::axis::{self, Ends, ValueAxis};
use super::canvas::Canvas;
use super::legend::{self, Item, Table};
use super::pen::Pen;
use super::scale::Scale;
use super::stack::Stack;
use super::{Curve, Frame, last_step, message};
use crate::layout::{Axis, Level, Stacking};
use crate::series::is_gap;
use crate::theme::Depth;

/// From this width on several series are listed beside the picture instead of below it.
const TABLE_FROM: u16 = 90;

/// Where the legend goes.
enum Place {
    Beside(Table),
    Below(Vec<Item>),
}

/// The legend with its place, and the columns and rows that it leaves to the picture.
fn divide(frame: &Frame<'_>, width: u16, height: u16) -> (Place, u16, u16) {
    let items = legend::items(frame);
    if width >= TABLE_FROM && items.len() > 3 && height >= 5 {
        let table = Table::new(frame, items, width / 2);
        let left = width.saturating_sub(table.width() + 2);
        return (Place::Beside(table), left, height);
    }
    let most = match height {
        0..=2 => 0,
        3..=6 => 1,
        7..=12 => 2,
        _ => 3,
    };
    let rows = if most == 0 { 0 } else { legend::rows(&items, width, most) };
    (Place::Below(items), width, height - rows)
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let (place, picture_width, picture_height) = divide(frame, width, height);
    match place {
        Place::Beside(table) => {
            let table_width = table.width().min(width);
            table.draw(frame, &mut pen.part(width - table_width, 0, table_width, height));
        }
        Place::Below(items) => {
            let mut below = pen.part(0, picture_height, width, height - picture_height);
            legend::draw_flow(frame, &mut below, &items);
        }
    }
    let mut picture = pen.part(0, 0, picture_width, picture_height);
    if !frame.curves.iter().any(has_values) {
        // Axes would only frame an invented scale.
        message::draw(&mut picture, "no values in this range", frame.theme.dim);
    } else if let Some(parts) = Parts::of(frame, picture_width, picture_height) {
        draw_picture(frame, &mut picture, &parts);
    }
}

/// Draws the picture alone, without a legend.
pub(super) fn draw_alone(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if frame.curves.iter().any(has_values)
        && let Some(parts) = Parts::of(frame, pen.width(), pen.height())
    {
        draw_picture(frame, pen, &parts);
    }
}

/// The part of the panel's inside, from its top left corner, on which time runs; `None` where nothing is drawn.
pub(super) fn plot(frame: &Frame<'_>, width: u16, height: u16) -> Option<Rect> {
    let (_, width, height) = divide(frame, width, height);
    let parts = Parts::of(frame, width, height).filter(|_| frame.curves.iter().any(has_values))?;
    Some(Rect { x: parts.left_width, y: 0, width: parts.columns, height: parts.rows })
}

/// How a picture's room is shared out.
struct Parts {
    stack: Option<Stack>,
    left: Scale,
    left_axis: Option<ValueAxis>,
    left_width: u16,
    right: Scale,
    right_axis: Option<ValueAxis>,
    columns: u16,
    rows: u16,
    has_times: bool,
}

impl Parts {
    /// `None` where no cell is left for lines.
    fn of(frame: &Frame<'_>, width: u16, height: u16) -> Option<Self> {
        let has_times = height >= 4 && width >= 16;
        let rows = height - u16::from(has_times);
        // Newest values alone make no areas; they are dots.
        let has_range = frame.curves.iter().any(|curve| !curve.values.is_empty());
        let stack = (frame.panel.stacking != Stacking::None && has_range).then(|| Stack::of(frame));
        let has_axes = width >= 24 && rows >= 2;
        let scale = left_scale(frame, stack.as_ref());
        let (left, left_axis) = ValueAxis::fit(scale, frame.panel.unit, rows, left_ends(frame));
        let left_axis = left_axis.filter(|axis| has_axes && axis.width() <= width / 2);
        let right = right_scale(frame).map(|scale| ValueAxis::fit(scale, frame.panel.unit_right, rows, Ends::Free));
        let (right, right_axis) = right.unzip();
        let right_axis = right_axis.flatten().filter(|axis| has_axes && width >= 40 && axis.width() <= width / 4);
        let left_width = left_axis.as_ref().map_or(0, ValueAxis::width);
        let right_width = right_axis.as_ref().map_or(0, ValueAxis::width);
        let columns = width.saturating_sub(left_width + right_width);
        let right = right.unwrap_or(left);
        let parts = Self { stack, left, left_axis, left_width, right, right_axis, columns, rows, has_times };
        (columns > 0 && rows > 0).then_some(parts)
    }
}

/// Draws axes, thresholds and lines.
fn draw_picture(frame: &Frame<'_>, pen: &mut Pen<'_>, parts: &Parts) {
    let &Parts { left, left_width, right, columns, rows, .. } = parts;
    let mut plot = pen.part(left_width, 0, columns, rows);
    let mut canvas = Canvas::new(columns, rows);
    let mut marks = Vec::new();
    if let Some(stack) = &parts.stack {
        if frame.has_colours() {
            stack.fill(frame, &mut plot, left);
        } else {
            stack.outline(frame, &mut canvas, left);
        }
    }
    for (index, curve) in frame.curves.iter().enumerate() {
        let scale = match curve.axis {
            Axis::Left => left,
            Axis::Right => right,
        };
        if parts.stack.is_none() || curve.axis == Axis::Right {
            let mut line = Line { canvas: &mut canvas, scale, marks: &mut marks, index };
            line.draw(curve, frame.window.steps());
            canvas.merge(index);
        }
    }
    canvas.write(&mut plot, frame.distance, |index| frame.theme.series(index));
    for mark in marks {
        plot.glyph(
            mark.column,
            if mark.up { 0 } else { rows - 1 },
            if mark.up { '↑' } else { '↓' },
            frame.theme.series(mark.index),
        );
    }
    draw_cursor(frame, &mut plot);
    draw_names(frame, &mut plot, parts);
    draw_thresholds(frame, &mut plot, left);
    if let Some(axis) = &parts.left_axis {
        draw_grid(frame, &mut plot, axis);
        axis.draw_left(pen, left_width - 1, rows, frame.theme.border, frame.theme.dim);
    }
    if let Some(axis) = &parts.right_axis {
        axis.draw_right(pen, left_width + columns, rows, frame.theme.border, frame.theme.dim);
    }
    if parts.has_times {
        let span = (frame.window.start, last_step(frame));
        axis::draw_time(pen, (left_width, columns, rows), span, frame.utc_offset, frame.theme.dim);
    }
}

fn left_scale(frame: &Frame<'_>, stack: Option<&Stack>) -> Scale {
    let (unit, min, max) = (frame.panel.unit, frame.panel.min, frame.panel.max);
    match stack {
        // Areas stand on zero.
        Some(stack) => Scale::fit(stack.edges().chain([0.0]), unit, min, max),
        None => Scale::fit(values(frame, Axis::Left), unit, min, max),
    }
}

/// Which ends of the left scale the layout fixes.
fn left_ends(frame: &Frame<'_>) -> Ends {
    match (frame.panel.min, frame.panel.max) {
        (_, Some(_)) => Ends::Fixed,
        (Some(_), None) => Ends::LowFixed,
        (None, None) => Ends::Free,
    }
}

/// The right scale, where there are curves for it; the panel's fixed ends belong to the left one.
fn right_scale(frame: &Frame<'_>) -> Option<Scale> {
    let any = frame.curves.iter().any(|c| c.axis == Axis::Right);
    any.then(|| Scale::fit(values(frame, Axis::Right), frame.panel.unit_right, None, None))
}

fn has_values(curve: &Curve) -> bool {
    let mut values = curve.values.iter().copied().chain(curve.now.filter(|_| curve.values.is_empty()));
    values.any(|v| !v.is_nan())
}

fn values<'a>(frame: &'a Frame<'_>, axis: Axis) -> impl Iterator<Item = f64> + 'a {
    let curves = frame.curves.iter().filter(move |c| c.axis == axis);
    curves.flat_map(|c| c.values.iter().copied().chain(c.now.filter(|_| c.values.is_empty())))
}

/// A value beyond the edge.
struct Mark {
    column: u16,
    up: bool,
    index: usize,
}

/// Draws one curve on the canvas.
struct Line<'a> {
    canvas: &'a mut Canvas,
    scale: Scale,
    marks: &'a mut Vec<Mark>,
    index: usize,
}

impl Line<'_> {
    /// Every column of dots spans the least to the greatest of its values and is joined, from its last to the next one's
    /// first, with the column that follows without a gap.
    fn draw(&mut self, curve: &Curve, steps: usize) {
        let (dots_x, dots_y) = (self.canvas.dot_columns(), self.canvas.dot_rows());
        if curve.values.is_empty() {
            if let Some(v) = curve.now {
                self.point(dots_x as i32 - 1, v);
            }
            return;
        }
        let last_step = steps.max(curve.values.len()).saturating_sub(1);
        // Column, and the rows of its first, least, greatest and last value, of the values since the last gap.
        let mut open: Option<(i32, i32, i32, i32)> = None;
        for (i, &v) in curve.values.iter().enumerate() {
            let x = axis::column(i, last_step, dots_x) as i32;
            let Some(y) = (if is_gap(v) { None } else { axis::dot_of(self.scale, v, dots_y) }) else {
                if v.is_infinite() {
                    self.mark(x, v > 0.0);
                }
                self.close(open.take());
                continue;
            };
            if y < 0 || y >= dots_y as i32 {
                self.mark(x, y < 0);
            }
            open = Some(match open {
                Some((ox, top, bottom, _)) if ox == x => (x, top.min(y), bottom.max(y), y),
                Some(column @ (ox, _, _, last)) => {
                    self.close(Some(column));
                    self.canvas.line((ox, last), (x, y));
                    (x, y, y, y)
                }
                None => (x, y, y, y),
            });
        }
        self.close(open);
    }

    fn close(&mut self, open: Option<(i32, i32, i32, i32)>) {
        if let Some((x, top, bottom, _)) = open {
            self.canvas.vertical(x, top, bottom);
        }
    }

    fn point(&mut self, x: i32, v: f64) {
        match axis::dot_of(self.scale, v, self.canvas.dot_rows()) {
            Some(y) => self.canvas.dot(x, y),
            None if v.is_infinite() => self.mark(x, v > 0.0),
            None => {}
        }
    }

    fn mark(&mut self, x: i32, up: bool) {
        self.marks.push(Mark { column: (x / 2) as u16, up, index: self.index });
    }
}

/// The crosshair: a line through what is blank, and its ends on what is not.
pub(super) fn draw_cursor(frame: &Frame<'_>, plot: &mut Pen<'_>) {
    let span = (frame.window.start, last_step(frame));
    let (columns, rows) = (plot.width(), plot.height());
    let Some(x) = frame.cursor.and_then(|at| axis::column_at(at, span, columns)) else { return };
    for y in 0..rows {
        let glyph = match y {
            0 => '▼',
            y if y + 1 == rows && rows > 2 => '▲',
            y if plot.is_blank(x, y) => '│',
            _ => continue,
        };
        plot.glyph(x, y, glyph, frame.theme.accent);
    }
}

/// Without colours every line carries its letter at its newest point.
fn draw_names(frame: &Frame<'_>, plot: &mut Pen<'_>, parts: &Parts) {
    if frame.theme.depth != Depth::None || frame.curves.len() < 2 {
        return;
    }
    let (columns, rows) = (plot.width(), plot.height());
    let last_step = frame.window.steps().saturating_sub(1);
    let mut taken = Vec::with_capacity(frame.curves.len());
    for (index, curve) in frame.curves.iter().enumerate() {
        let Some((step, value)) = curve.values.iter().copied().enumerate().rev().find(|(_, v)| v.is_finite()) else {
            continue;
        };
        let scale = if curve.axis == Axis::Right { parts.right } else { parts.left };
        let stacked =
            parts.stack.as_ref().filter(|_| curve.axis == Axis::Left).and_then(|stack| stack.top(step, index));
        let y = axis::row_of(scale, stacked.unwrap_or(value), rows);
        let mut x = axis::column(step, last_step.max(step), usize::from(columns)) as u16;
        while x > 0 && taken.contains(&(x, y)) {
            x -= 1;
        }
        taken.push((x, y));
        plot.glyph(x, y, legend::letter(index), frame.theme.title);
    }
}

/// Dashed lines at the thresholds that lie inside the scale, behind everything else.
fn draw_thresholds(frame: &Frame<'_>, plot: &mut Pen<'_>, scale: Scale) {
    for &(from, level) in &frame.panel.thresholds.steps {
        if !(0.0..=1.0).contains(&scale.share(from)) {
            continue;
        }
        // Where small is bad the step marks where the worse level ends.
        let level = if frame.panel.thresholds.low_is_bad() { below(frame, from) } else { Some(level) };
        let style = frame.level_style(level).remove_modifier(Modifier::BOLD).add_modifier(Modifier::DIM);
        let y = axis::row_of(scale, from, plot.height());
        for x in 0..plot.width() {
            if plot.is_blank(x, y) {
                plot.glyph(x, y, '╌', style);
            }
        }
    }
}

/// The level of values just below a threshold step.
fn below(frame: &Frame<'_>, from: f64) -> Option<Level> {
    let thresholds = &frame.panel.thresholds;
    thresholds.steps.iter().rev().find(|(v, _)| *v < from).map(|&(_, level)| level).or(thresholds.base)
}

/// Faint lines at the ticks, so that the far end of a wide picture can be read too; only where the terminal has a
/// colour faint enough.
fn draw_grid(frame: &Frame<'_>, plot: &mut Pen<'_>, axis: &ValueAxis) {
    if !matches!(frame.theme.depth, Depth::TrueColor | Depth::Indexed) {
        return;
    }
    for y in axis.rows() {
        for x in 0..plot.width() {
            if plot.is_blank(x, y) {
                plot.glyph(x, y, '┈', frame.theme.border);
            }
        }
    }
}
