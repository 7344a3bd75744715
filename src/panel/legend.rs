//! Which line is which, and how it stands now: the items that matter most first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Frame;
use super::chrome;
use super::emphasis::Emphasis;
use super::pen::{self, Pen};
use crate::layout::{Axis, Level, Reduce};
use crate::unit::Unit;

/// Blank columns between items.
const BETWEEN: u16 = 2;

/// What a table tells of each series where the layout does not say it, the most telling first.
const TELLING: [Reduce; 4] = [Reduce::Last, Reduce::Max, Reduce::Min, Reduce::Mean];

/// One series as the legend names it.
#[derive(Debug, Clone)]
struct Item {
    /// Index in the frame's curves, which decides colour and marker.
    curve: usize,
    name: String,
    value: String,
    level: Option<Level>,
}

/// What stands for series `index`: a dot in its colour, or without colours a letter that is on its line too.
pub(super) fn marker(frame: &Frame<'_>, index: usize) -> char {
    if frame.has_colours() { '●' } else { letter(frame, index) }
}

/// A letter for series `index`; they repeat after 52.
pub(super) fn letter(frame: &Frame<'_>, index: usize) -> char {
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char::from(alphabet[frame.hue(index) % alphabet.len()])
}

fn item(frame: &Frame<'_>, index: usize) -> Item {
    let curve = &frame.curves[index];
    let level = frame.level_of(curve).filter(|level| *level > Level::Good);
    let value = match (frame.value(curve), level) {
        (None, _) => "–".to_owned(),
        (Some(v), None) => frame.text(curve, v),
        (Some(v), Some(level)) => format!("{} {}", chrome::glyph(level), frame.text(curve, v)),
    };
    let name = match curve.axis {
        Axis::Left => curve.name.clone(),
        Axis::Right => format!("{} (right)", curve.name),
    };
    Item { curve: index, name, value, level }
}

/// A number of a series in words.
fn calculated(frame: &Frame<'_>, index: usize, reduce: Reduce) -> String {
    let curve = &frame.curves[index];
    let newest = frame.value(curve);
    let number = reduce.of(&curve.values, newest);
    // The newest value is younger than the last step, and would otherwise be above the largest of all.
    let number = match (reduce, number, newest) {
        (Reduce::Max, Some(v), Some(newest)) => Some(v.max(newest)),
        (Reduce::Min, Some(v), Some(newest)) => Some(v.min(newest)),
        _ => number,
    };
    match number {
        None => "–".to_owned(),
        Some(count) if reduce == Reduce::Count => Unit::Count.format(count, Some(0)),
        Some(v) => frame.text(curve, v),
    }
}

/// How wide an item is with its name cut to `cap`.
fn item_width(item: &Item, cap: u16) -> u16 {
    let name = pen::width(&item.name).min(cap);
    2 + name + u16::from(name > 0) + pen::width(&item.value)
}

/// Items in rows: (row, column) of each of the first ones that fit, names cut to `cap`.
fn flow(items: &[Item], width: u16, rows: u16, cap: u16, reserve: u16) -> Vec<(u16, u16)> {
    let mut places = Vec::with_capacity(items.len());
    let (mut x, mut y) = (0, 0);
    for item in items {
        let item_width = item_width(item, cap);
        let room = |y: u16| if y + 1 == rows { width.saturating_sub(reserve) } else { width };
        if x > 0 && x + item_width > room(y) {
            (x, y) = (0, y + 1);
        }
        if y >= rows || x + item_width > room(y) {
            break;
        }
        places.push((y, x));
        x += item_width + BETWEEN;
    }
    places
}

/// The first items of `order`: more than these have no room in so many columns and rows.
fn first_items(frame: &Frame<'_>, order: &[usize], width: u16, rows: u16) -> Vec<Item> {
    // An item takes at least a marker, a blank, a digit and what lies between two.
    let most = usize::from(width / 5 + 1) * usize::from(rows) + 1;
    order.iter().take(most).map(|&index| item(frame, index)).collect()
}

/// The least number of rows, up to `most`, in which all curves of `order` are seen with names of a readable length; `most`
/// where not even that is enough.
pub(super) fn rows(frame: &Frame<'_>, order: &[usize], width: u16, most: u16) -> u16 {
    let items = first_items(frame, order, width, most);
    let picked = u16::from(frame.picked.is_some());
    let least = (1..=most).find(|&rows| flow(&items, width, rows, 28, 0).len() == order.len()).unwrap_or(most);
    (least + picked).min(most)
}

/// Whether all curves of `order` are seen on one line of so many columns, whatever their values become: numbers change
/// their width, and a picture must not change its height with them.
pub(super) fn fits(frame: &Frame<'_>, order: &[usize], width: u16) -> bool {
    /// Columns of most numbers with their unit.
    const NUMBER: u16 = 9;
    let steady = |item: &Item| item_width(item, 28) + NUMBER.saturating_sub(pen::width(&item.value)) + BETWEEN;
    // Most legends are far too long, and need not be made in full.
    let mut left = width + BETWEEN;
    order.iter().all(|&index| {
        let needed = steady(&item(frame, index));
        let is_room = needed <= left;
        left = left.saturating_sub(needed);
        is_room
    })
}

/// Draws the curves of `order` onto the right end of a border, with a blank on either side.
pub(super) fn draw_line(frame: &Frame<'_>, pen: &mut Pen<'_>, order: &[usize]) {
    let width = pen.width();
    if width < 8 {
        return;
    }
    let mut line = Buffer::empty(Rect { x: 0, y: 0, width: width - 2, height: 1 });
    let area = line.area;
    draw_flow(frame, &mut Pen::new(&mut line, area), order);
    let used = line.content().iter().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last as u16 + 1);
    if used > 0 {
        let x = width - used - 2;
        pen.part(x, 0, used + 2, 1).clear();
        pen.part(x + 1, 0, used, 1).copy(&line);
    }
}

/// Draws the curves of `order` in the pen's area, one after another; the last words say how many are missing. One that is
/// picked out comes first, with its numbers.
pub(super) fn draw_flow(frame: &Frame<'_>, pen: &mut Pen<'_>, order: &[usize]) {
    let (width, height) = (pen.width(), pen.height());
    if width < 6 || height == 0 {
        return;
    }
    let picked = frame.picked.filter(|picked| *picked < frame.curves.len());
    if let Some(index) = picked {
        draw_picked(frame, pen, index);
    }
    let top = u16::from(picked.is_some());
    let rows = height - top;
    if rows == 0 {
        return;
    }
    let items = first_items(frame, order, width, rows);
    let mut pen = pen.part(0, top, width, rows);
    let all = [80, 60, 44, 34, 28, 22, 18, 14]
        .into_iter()
        .map(|cap| (cap, flow(&items, width, rows, cap, 0)))
        .find(|(_, places)| places.len() == order.len() && frame.left_out == 0);
    let (cap, places) = all.unwrap_or_else(|| {
        let reserve = BETWEEN + pen::width(&more(order.len() + frame.left_out));
        let most = [26, 20, 16].map(|cap| (cap, flow(&items, width, rows, cap, reserve)));
        // Of equal numbers the last is found, so the longest names come last.
        if let Some(best) = most.into_iter().rev().max_by_key(|(_, places)| places.len())
            && !best.1.is_empty()
        {
            return best;
        }
        // Not even one fits: the first, with what is left for its name.
        let value = items.first().map_or(0, |item| pen::width(&item.value));
        (width.saturating_sub(3 + value + reserve), vec![(0, 0)])
    });
    let emphasis = Emphasis::of(frame);
    let mut end = (0, 0);
    let shown: Vec<&str> = items.iter().take(places.len()).map(|item| item.name.as_str()).collect();
    let names = pen::fit_all(&shown, cap);
    for ((item, name), &(y, x)) in items.iter().zip(&names).zip(&places) {
        pen.glyph(x, y, marker(frame, item.curve), emphasis.style(frame, item.curve));
        let mut next = pen.text(x + 2, y, name, frame.theme.dim);
        next += u16::from(next > x + 2);
        let value_style = frame.level_style(item.level);
        end = (pen.fitted(next, y, width.saturating_sub(next), &item.value, value_style), y);
    }
    let missing = order.len() - places.len().min(order.len()) + frame.left_out;
    if missing > 0 {
        let (x, y) = match (end.0 + BETWEEN, end.1) {
            (x, y) if x + pen::width(&more(missing)) > width && y + 1 < rows => (0, y + 1),
            place => place,
        };
        let text = more(missing);
        let text = if x + pen::width(&text) > width { format!("+{missing}") } else { text };
        pen.text(x, y, &text, frame.theme.dim);
    }
}

fn more(missing: usize) -> String {
    format!("+{missing} more")
}

/// The picked curve in one line: its name and its numbers.
fn draw_picked(frame: &Frame<'_>, pen: &mut Pen<'_>, index: usize) {
    let width = pen.width();
    let item = item(frame, index);
    let numbers: Vec<String> =
        calcs(frame).iter().map(|&calc| format!("{} {}", heading(calc), calculated(frame, index, calc))).collect();
    // The name keeps half of the line; numbers that do not fit beside it go, the last first.
    let name_room = width.saturating_sub(3) / 2;
    let x = pen.text(0, 0, &format!("▸{} ", marker(frame, index)), frame.series_style(index));
    let mut x = pen.fitted(x, 0, name_room, &item.name, frame.theme.selected);
    for number in numbers {
        if x + 2 + pen::width(&number) > width {
            break;
        }
        x = pen.text(x + 2, 0, &number, frame.theme.text);
    }
}

fn calcs<'a>(frame: &'a Frame<'_>) -> &'a [Reduce] {
    if frame.panel.legend.is_empty() { &TELLING } else { &frame.panel.legend }
}

/// What a column of numbers is called.
fn heading(calc: Reduce) -> &'static str {
    match calc {
        Reduce::Difference => "diff",
        calc => calc.name(),
    }
}

/// A table: name and numbers of each series, the ones that matter first.
pub(super) struct Table {
    rows: Vec<Item>,
    /// Heading, width, and the numbers of the rows.
    columns: Vec<(Reduce, u16, Vec<String>)>,
    name: u16,
    missing: usize,
}

/// A name is cut no further for the sake of another column of numbers.
const NAME: u16 = 18;

impl Table {
    /// Lays the table out in at most `room` columns and `height` rows, one of them for the headings.
    pub(super) fn new(frame: &Frame<'_>, order: &[usize], room: u16, height: u16) -> Self {
        let height = usize::from(height.saturating_sub(1));
        let shown = if order.len() > height || frame.left_out > 0 { height.saturating_sub(1) } else { order.len() };
        let shown = shown.min(order.len());
        // What is picked out is in sight.
        let at = frame.picked.and_then(|picked| order.iter().position(|&index| index == picked)).unwrap_or(0);
        let from = (at + 1).saturating_sub(shown);
        let order_shown = &order[from..from + shown];
        let rows: Vec<Item> = order_shown.iter().map(|&index| item(frame, index)).collect();
        let widest = rows.iter().map(|item| pen::width(&item.name)).max().unwrap_or(0).max(6);
        let mut used = 2 + widest.min(NAME);
        let mut columns = Vec::new();
        for &calc in calcs(frame) {
            let numbers: Vec<String> = match calc {
                Reduce::Last => rows.iter().map(|item| item.value.clone()).collect(),
                calc => order_shown.iter().map(|&index| calculated(frame, index, calc)).collect(),
            };
            let width = numbers.iter().map(|text| pen::width(text)).max().unwrap_or(0);
            let width = width.min(60).max(pen::width(heading(calc)));
            if used + BETWEEN + width > room && !columns.is_empty() {
                break;
            }
            used += BETWEEN + width;
            columns.push((calc, width, numbers));
        }
        let name = widest.min(NAME + room.saturating_sub(used));
        Self { rows, columns, name, missing: order.len() - shown + frame.left_out }
    }

    /// Columns taken.
    pub(super) fn width(&self) -> u16 {
        2 + self.name + self.columns.iter().map(|(_, width, _)| BETWEEN + width).sum::<u16>()
    }

    /// Draws the table from the top of the pen's area.
    pub(super) fn draw(&self, frame: &Frame<'_>, pen: &mut Pen<'_>) {
        let dim = frame.theme.dim;
        let emphasis = Emphasis::of(frame);
        let names: Vec<&str> = self.rows.iter().map(|item| item.name.as_str()).collect();
        let names = pen::fit_all(&names, self.name);
        for (y, (item, name)) in (1..).zip(self.rows.iter().zip(&names)) {
            let is_picked = frame.picked == Some(item.curve);
            pen.glyph(0, y, marker(frame, item.curve), emphasis.style(frame, item.curve));
            if is_picked {
                pen.glyph(1, y, '▸', frame.theme.selected);
            }
            pen.text(2, y, name, if is_picked { frame.theme.selected } else { frame.theme.text });
        }
        let mut end = 2 + self.name;
        for (calc, width, numbers) in &self.columns {
            end += BETWEEN + width;
            pen.right(end, 0, heading(*calc), dim);
            for (y, (item, number)) in (1..).zip(self.rows.iter().zip(numbers)) {
                let style = if *calc == Reduce::Last { frame.level_style(item.level) } else { dim };
                let mut column = pen.part(0, y, end, 1);
                column.right(end, 0, number, style);
            }
        }
        if self.missing > 0 {
            pen.text(2, self.rows.len() as u16 + 1, &more(self.missing), dim);
        }
    }
}
