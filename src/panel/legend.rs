//! Which line is which, and how it stands now: the items that matter most first.

use super::Frame;
use super::chrome;
use super::pen::{self, Pen};
use crate::layout::{Axis, Level};
use crate::series::is_gap;

/// Blank columns between items.
const BETWEEN: u16 = 2;

/// One series as the legend names it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Index in the frame's curves, which decides colour and marker.
    pub(super) curve: usize,
    name: String,
    value: String,
    level: Option<Level>,
}

/// What stands for series `index`: a dot in its colour, or without colours a letter that is on its line too.
pub(super) fn marker(frame: &Frame<'_>, index: usize) -> char {
    if frame.has_colours() { '●' } else { letter(index) }
}

/// A letter for series `index`; they repeat after 52.
pub(super) fn letter(index: usize) -> char {
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char::from(alphabet[index % alphabet.len()])
}

/// Every curve, in the order in which they matter.
pub(super) fn items(frame: &Frame<'_>) -> Vec<Item> {
    frame.by_weight().into_iter().map(|curve| item(frame, curve)).collect()
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

/// The least number of rows, up to `most`, in which all items are seen with names of a readable length; `most` where
/// not even that is enough.
pub(super) fn rows(items: &[Item], width: u16, most: u16) -> u16 {
    (1..=most).find(|&rows| flow(items, width, rows, 28, 0).len() == items.len()).unwrap_or(most)
}

/// Draws items in the pen's area, one after another; the last words say how many are missing.
pub(super) fn draw_flow(frame: &Frame<'_>, pen: &mut Pen<'_>, items: &[Item]) {
    let (width, rows) = (pen.width(), pen.height());
    if width < 6 || rows == 0 {
        return;
    }
    let all = [80, 60, 44, 34, 28, 22, 18, 14]
        .into_iter()
        .map(|cap| (cap, flow(items, width, rows, cap, 0)))
        .find(|(_, places)| places.len() == items.len() && frame.left_out == 0);
    let (cap, places) = all.unwrap_or_else(|| {
        let reserve = BETWEEN + pen::width(&more(items.len() + frame.left_out));
        let most = [26, 20, 16].map(|cap| (cap, flow(items, width, rows, cap, reserve)));
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
    let mut end = (0, 0);
    let shown: Vec<&str> = items.iter().take(places.len()).map(|item| item.name.as_str()).collect();
    let names = pen::fit_all(&shown, cap);
    for ((item, name), &(y, x)) in items.iter().zip(&names).zip(&places) {
        let style = frame.theme.series(item.curve);
        pen.glyph(x, y, marker(frame, item.curve), style);
        let mut next = pen.text(x + 2, y, name, frame.theme.dim);
        next += u16::from(next > x + 2);
        let value_style = frame.level_style(item.level);
        end = (pen.fitted(next, y, width.saturating_sub(next), &item.value, value_style), y);
    }
    let missing = items.len() - places.len().min(items.len()) + frame.left_out;
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

/// A table beside a picture: name, newest value, greatest value in the range.
pub(super) struct Table {
    rows: Vec<(Item, String)>,
    name: u16,
    last: u16,
    max: u16,
}

impl Table {
    /// Lays the table out in at most `room` columns.
    pub(super) fn new(frame: &Frame<'_>, items: Vec<Item>, room: u16) -> Self {
        let rows: Vec<(Item, String)> = items
            .into_iter()
            .map(|item| {
                let curve = &frame.curves[item.curve];
                let present = curve.values.iter().copied().filter(|v| !is_gap(*v) && !v.is_nan());
                let max = present.chain(curve.now.filter(|v| !v.is_nan())).max_by(f64::total_cmp);
                let max = max.map_or_else(|| "–".to_owned(), |v| frame.text(curve, v));
                (item, max)
            })
            .collect();
        let widest = |width: &dyn Fn(&(Item, String)) -> u16| rows.iter().map(width).max().unwrap_or(0);
        let last = widest(&|(item, _)| pen::width(&item.value)).max(4);
        let max = widest(&|(_, max)| pen::width(max)).max(3);
        let name = widest(&|(item, _)| pen::width(&item.name)).max(6).min(room.saturating_sub(2 + 2 + last + 2 + max));
        Self { rows, name, last, max }
    }

    /// Columns taken.
    pub(super) fn width(&self) -> u16 {
        2 + self.name + 2 + self.last + 2 + self.max
    }

    /// Draws the table from the top of the pen's area.
    pub(super) fn draw(&self, frame: &Frame<'_>, pen: &mut Pen<'_>) {
        let dim = frame.theme.dim;
        let last_end = 2 + self.name + 2 + self.last;
        let max_end = last_end + 2 + self.max;
        pen.right(last_end, 0, "last", dim);
        pen.right(max_end, 0, "max", dim);
        let room = usize::from(pen.height().saturating_sub(1));
        let shown = if self.rows.len() > room { room.saturating_sub(1) } else { self.rows.len() };
        let names: Vec<&str> = self.rows[..shown].iter().map(|(item, _)| item.name.as_str()).collect();
        let names = pen::fit_all(&names, self.name);
        for (y, ((item, max), name)) in (1..).zip(self.rows.iter().zip(&names)) {
            pen.glyph(0, y, marker(frame, item.curve), frame.theme.series(item.curve));
            pen.text(2, y, name, frame.theme.text);
            let mut value = pen.part(0, y, last_end, 1);
            value.right(last_end, 0, &item.value, frame.level_style(item.level));
            pen.right(max_end, y, max, dim);
        }
        if shown < self.rows.len() {
            pen.text(2, shown as u16 + 1, &more(self.rows.len() - shown + frame.left_out), dim);
        }
    }
}
