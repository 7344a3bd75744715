//! Lines over time. A gap stays a gap, a spike between two columns of dots is still seen, and what leaves a fixed scale
//! or is infinite is an arrow at its edge.

use ratatui::layout::Rect;

use super::axis::{self, Ends, ValueAxis};
use super::canvas::Canvas;
use super::chrome::Heading;
use super::drain::Drain;
use super::emphasis::Emphasis;
use super::legend::{self, Table};
use super::line::Line;
use super::pen::{self, Pen};
use super::scale::Scale;
use super::stack::Stack;
use super::{Curve, Frame, last_step, marking, message};
use crate::layout::{Axis, Spacing, Stacking, Trend};
use crate::theme::Depth;
use crate::unit::Unit;

/// From this width on several series are listed beside the picture instead of below it.
const TABLE_FROM: u16 = 90;

/// From this height on there is room for a table below the picture.
const TABLE_BELOW: u16 = 16;

/// Where the legend goes.
enum Place {
    /// On the border, right of the title, where it costs no row.
    Border(Vec<usize>),
    Beside(Table),
    /// A table below, of so many rows.
    Under(Table, u16),
    Below(Vec<usize>),
}

/// The legend with its place, and the columns and rows that it leaves to the picture; `spare` columns are left beside the
/// title.
fn divide(frame: &Frame<'_>, width: u16, height: u16, spare: u16) -> (Place, u16, u16) {
    let order = frame.by_prominence();
    if width >= TABLE_FROM && order.len() > 3 && height >= 5 {
        let table = Table::new(frame, &order, width * 9 / 20, height);
        let left = width.saturating_sub(table.width() + 2);
        return (Place::Beside(table), left, height);
    }
    if height >= TABLE_BELOW && order.len() > 1 {
        // A heading, and as many series as leave two thirds to the picture.
        let rows = (height / 3).min(order.len().min(usize::from(height)) as u16 + 1);
        return (Place::Under(Table::new(frame, &order, width, rows), rows), width, height - rows);
    }
    let most = match height {
        0..=2 => 0,
        3..=6 => 1,
        7..=12 => 2,
        _ => 3,
    };
    if frame.picked.is_none() && frame.left_out == 0 && legend::fits(frame, &order, spare) {
        return (Place::Border(order), width, height);
    }
    let rows = if most == 0 { 0 } else { legend::rows(frame, &order, width, most) };
    (Place::Below(order), width, height - rows)
}

/// Draws the panel's inside, and a short legend beside the title. `pen` is for the whole panel.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>, margin: u16) {
    let (outer_width, outer_height) = (pen.width(), pen.height());
    let (width, height) = (outer_width - 2 - 2 * margin, outer_height - 2);
    if width == 0 || height == 0 {
        return;
    }
    let (x, spare) = Heading::of(frame, outer_width).spare;
    let order = draw_inside(frame, &mut pen.part(1 + margin, 1, width, height), spare);
    if !order.is_empty() {
        legend::draw_line(frame, &mut pen.part(x - 1, 0, spare + 2, 1), &order);
    }
}

/// Gives the curves whose legend belongs beside the title.
fn draw_inside(frame: &Frame<'_>, pen: &mut Pen<'_>, spare: u16) -> Vec<usize> {
    let (width, height) = (pen.width(), pen.height());
    let top = heading_rows(frame, width, height);
    if top > 0 {
        draw_trend(frame, pen);
    }
    let mut pen = pen.part(0, top, width, height - top);
    let height = height - top;
    let (place, picture_width, picture_height) = divide(frame, width, height, spare);
    let mut on_border = Vec::new();
    match place {
        Place::Border(order) => on_border = order,
        Place::Beside(table) => {
            let table_width = table.width().min(width);
            table.draw(frame, &mut pen.part(width - table_width, 0, table_width, height));
        }
        Place::Under(table, rows) => table.draw(frame, &mut pen.part(0, height - rows, width, rows)),
        Place::Below(order) => {
            let mut below = pen.part(0, picture_height, width, height - picture_height);
            legend::draw_flow(frame, &mut below, &order);
        }
    }
    let mut picture = pen.part(0, 0, picture_width, picture_height);
    if !frame.curves.iter().any(has_values) {
        // Axes would only frame an invented scale.
        message::draw(&mut picture, "no values in this range", frame.theme.dim);
    } else if is_beneath_log(frame) {
        let why = "no value is above 0, where a logarithmic scale begins";
        message::draw(&mut picture, why, frame.theme.dim);
    } else if let Some(parts) = Parts::of(frame, picture_width, picture_height) {
        draw_picture(frame, &mut picture, &parts);
    }
    on_border
}

/// Draws the picture alone, without a legend.
pub(super) fn draw_alone(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if has_picture(frame)
        && let Some(parts) = Parts::of(frame, pen.width(), pen.height())
    {
        draw_picture(frame, pen, &parts);
    }
}

/// The part of the panel's inside, from its top left corner, on which time runs; `None` where nothing is drawn. `outer` is
/// the width with the border.
pub(super) fn plot(frame: &Frame<'_>, width: u16, height: u16, outer: u16) -> Option<Rect> {
    let top = heading_rows(frame, width, height);
    let (_, width, height) = divide(frame, width, height - top, Heading::of(frame, outer).spare.1);
    let parts = Parts::of(frame, width, height).filter(|_| has_picture(frame))?;
    Some(Rect { x: parts.left_width, y: top, width: parts.columns, height: parts.rows })
}

/// Rows above the picture that tell where it is going.
fn heading_rows(frame: &Frame<'_>, width: u16, height: u16) -> u16 {
    u16::from(frame.panel.trend != Trend::None && frame.cursor.is_none() && height >= 6 && width >= 24)
}

/// Whether the backlog drains, and on the right who has most of it.
fn draw_trend(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let Some(drain) = Drain::of(frame) else { return };
    let (words, style) = drain.words(frame);
    let width = pen.width();
    let x = pen.text(0, 0, &pen::clip(&words, width), style);
    let hottest = drain.hottest(frame, width.saturating_sub(x + 3));
    if !hottest.is_empty() && pen::width(&hottest) >= 16 {
        pen.right(width, 0, &hottest, frame.theme.dim);
    }
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
        let is_stacked = frame.panel.stacking != Stacking::None && frame.panel.spacing == Spacing::Linear;
        let stack = (is_stacked && has_range).then(|| Stack::of(frame));
        let has_axes = width >= 24 && rows >= 2;
        let scale = left_scale(frame, stack.as_ref());
        let (unit, ends) = match (is_share(frame), frame.panel.unit) {
            (true, _) => (Unit::Percent, Ends::Fixed),
            (false, unit) => (unit, left_ends(frame)),
        };
        let (left, left_axis) = ValueAxis::fit(scale, unit, rows, ends);
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
    let has_thresholds = !is_share(frame);
    if has_thresholds {
        marking::draw_bands(frame, &mut plot, left);
    }
    if let Some(stack) = &parts.stack {
        if frame.has_colours() {
            stack.fill(frame, &mut plot, left);
        } else {
            stack.outline(frame, &mut canvas, left);
        }
    }
    let emphasis = Emphasis::of(frame);
    for (index, curve) in frame.curves.iter().enumerate() {
        let scale = match curve.axis {
            Axis::Left => left,
            Axis::Right => right,
        };
        if parts.stack.is_none() || curve.stands_apart() {
            let own = curve.look.as_ref().and_then(|look| look.draw);
            let (draw, filled) = (own.unwrap_or(frame.panel.draw), frame.panel.filled && parts.stack.is_none());
            let mut line = Line { canvas: &mut canvas, scale, marks: &mut marks, index, draw, filled };
            line.draw(curve, frame.window.steps());
            canvas.merge(index, emphasis.stands_out(index));
        }
    }
    canvas.write(&mut plot, frame.distance, |index| emphasis.style(frame, index));
    for mark in marks {
        let (y, arrow) = if mark.up { (0, '↑') } else { (rows - 1, '↓') };
        plot.glyph(mark.column, y, arrow, emphasis.style(frame, mark.index));
    }
    draw_cursor(frame, &mut plot);
    marking::draw_now(frame, &mut plot);
    draw_names(frame, &mut plot, parts, &emphasis);
    if has_thresholds {
        marking::draw_lines(frame, &mut plot, left);
    }
    if let Some(axis) = &parts.left_axis {
        draw_grid(frame, &mut plot, axis);
        axis.draw_left(pen, left_width - 1, rows, frame.theme.border, frame.theme.dim);
    }
    if let Some(axis) = &parts.right_axis {
        axis.draw_right(pen, left_width + columns, rows, frame.theme.border, frame.theme.dim);
    }
    if parts.has_times {
        let span = (frame.window.start, last_step(frame));
        axis::draw_time(pen, (left_width, columns, rows), span, frame.zone, frame.theme.dim);
    }
}

/// Whether the left scale is one of shares instead of the panel's unit.
fn is_share(frame: &Frame<'_>) -> bool {
    frame.panel.stacking == Stacking::Percent && frame.panel.spacing == Spacing::Linear
}

/// Whether the left scale is logarithmic and has nothing to show.
fn is_beneath_log(frame: &Frame<'_>) -> bool {
    frame.panel.spacing != Spacing::Linear
        && log_scale(frame).is_none()
        && frame.curves.iter().all(|curve| curve.axis == Axis::Left)
}

fn has_picture(frame: &Frame<'_>) -> bool {
    frame.curves.iter().any(has_values) && !is_beneath_log(frame)
}

fn log_scale(frame: &Frame<'_>) -> Option<Scale> {
    let base = match frame.panel.spacing {
        Spacing::Linear => return None,
        Spacing::Log2 => 2.0,
        Spacing::Log10 => 10.0,
    };
    Scale::log(values(frame, Axis::Left), base, frame.panel.min, frame.panel.max)
}

fn left_scale(frame: &Frame<'_>, stack: Option<&Stack>) -> Scale {
    let (unit, min, max) = (frame.panel.unit, frame.panel.min, frame.panel.max);
    if let Some(scale) = log_scale(frame) {
        return scale;
    }
    match stack {
        Some(_) if is_share(frame) => Scale::of(0.0, 100.0),
        // Areas stand on zero.
        Some(stack) => {
            let apart = frame.curves.iter().filter(|c| c.axis == Axis::Left && c.stands_apart());
            let apart = apart.flat_map(|c| c.values.iter().copied());
            Scale::fit(stack.edges().chain([0.0]).chain(apart), unit, min, max)
        }
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

/// Without colours every line that stands out carries its letter at its newest point.
fn draw_names(frame: &Frame<'_>, plot: &mut Pen<'_>, parts: &Parts, emphasis: &Emphasis) {
    if frame.theme.depth != Depth::None || frame.curves.len() < 2 {
        return;
    }
    let (columns, rows) = (plot.width(), plot.height());
    let last_step = frame.window.steps().saturating_sub(1);
    let mut taken = Vec::with_capacity(frame.curves.len());
    for (index, curve) in frame.curves.iter().enumerate().filter(|(index, _)| emphasis.is_bright(*index)) {
        let Some((step, value)) = curve.values.iter().copied().enumerate().rev().find(|(_, v)| v.is_finite()) else {
            continue;
        };
        let scale = if curve.axis == Axis::Right { parts.right } else { parts.left };
        let stacked = parts.stack.as_ref().filter(|_| !curve.stands_apart()).and_then(|stack| stack.top(step, index));
        let y = axis::row_of(scale, stacked.unwrap_or(value), rows);
        let mut x = axis::column(step, last_step.max(step), usize::from(columns)) as u16;
        while x > 0 && taken.contains(&(x, y)) {
            x -= 1;
        }
        taken.push((x, y));
        plot.glyph(x, y, legend::letter(frame, index), frame.theme.title);
    }
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
