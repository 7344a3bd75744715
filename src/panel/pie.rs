//! Shares of a whole: a ring where there is room for one, else a bar, and always a table, because angles are hard to
//! compare.

use ratatui::style::{Color, Modifier, Style};

use super::legend;
use super::pen::{self, Pen};
use super::{Frame, message};

/// A ring of fewer rows is a blot.
const RING: u16 = 7;
/// Columns that a table takes beside the ring at the least.
const TABLE: u16 = 18;
/// Columns of a share, `85.2 %`.
const SHARE: u16 = 6;
/// The radius of the hole, as part of the ring's.
const HOLE: f64 = 0.56;

/// A share that is drawn.
struct Slice {
    curve: usize,
    value: f64,
    /// Part of the whole, 0–1.
    share: f64,
}

/// What the newest values make.
struct Whole {
    /// Largest first.
    slices: Vec<Slice>,
    total: f64,
    /// Values that no share can stand for.
    ignored: usize,
}

impl Whole {
    fn of(frame: &Frame<'_>) -> Self {
        let newest = frame.curves.iter().enumerate().filter_map(|(i, c)| Some((i, frame.value(c)?)));
        let (good, odd): (Vec<_>, Vec<_>) = newest.partition(|(_, v)| v.is_finite() && *v >= 0.0);
        let largest = good.iter().map(|(_, v)| *v).fold(0.0, f64::max);
        // Relative to the largest first: the sum itself may be more than the largest float.
        let relative: f64 = good.iter().map(|(_, v)| if largest > 0.0 { v / largest } else { 0.0 }).sum();
        let share = |v: f64| if largest > 0.0 { v / largest / relative } else { 0.0 };
        let mut slices: Vec<Slice> =
            good.iter().map(|&(curve, value)| Slice { curve, value, share: share(value) }).collect();
        slices.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.curve.cmp(&b.curve)));
        Self { slices, total: good.iter().map(|(_, v)| *v).sum(), ignored: odd.len() }
    }

    /// The slice at this part of the way round.
    fn at(&self, mut turn: f64) -> Option<&Slice> {
        let last = self.slices.iter().rev().find(|slice| slice.share > 0.0);
        self.slices
            .iter()
            .find(|slice| {
                turn -= slice.share;
                turn < 0.0
            })
            .or(last)
    }
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let whole = Whole::of(frame);
    if whole.slices.is_empty() {
        let why = if whole.ignored > 0 { "no value that could have a share" } else { "no value now" };
        message::draw(pen, why, frame.theme.dim);
        return;
    }
    if height == 0 || width == 0 {
        return;
    }
    // The ring is twice as wide as high, in cells, and leaves the table the room that it needs.
    let fitting = |table: u16| height.min(width.saturating_sub(table + 2) / 2).min(24);
    let wanted = table_width(frame, &whole);
    let ring_height = if fitting(wanted) >= RING { fitting(wanted) } else { fitting(TABLE) };
    if frame.has_colours() && ring_height >= RING {
        let ring_width = ring_height * 2;
        ring(frame, &mut pen.part(0, (height - ring_height) / 2, ring_width, ring_height), &whole);
        table(frame, &mut pen.part(ring_width + 2, 0, width - ring_width - 2, height), &whole, Align::Middle);
        return;
    }
    let bar_rows = if height >= 5 { 2 } else { 1 };
    bar(frame, &mut pen.part(0, 0, width, bar_rows), &whole);
    let gap = u16::from(height >= 7);
    table(frame, &mut pen.part(0, bar_rows + gap, width, height.saturating_sub(bar_rows + gap)), &whole, Align::Top);
}

/// The largest share in words; `None` where there is no whole.
pub(super) fn largest(frame: &Frame<'_>) -> Option<String> {
    let whole = Whole::of(frame);
    let first = whole.slices.first().filter(|_| whole.total > 0.0)?;
    Some(percent(first.share, whole.total))
}

/// Quarters of a cell: bit 0 top left, 1 top right, 2 bottom left, 3 bottom right.
pub(super) const QUARTERS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// The shares as a bar over the whole of `pen`; nothing where there is no whole.
pub(super) fn shares(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let whole = Whole::of(frame);
    if whole.total > 0.0 {
        bar(frame, pen, &whole);
    }
}

/// A ring in quarter cells, from twelve o'clock clockwise, the total in its hole.
fn ring(frame: &Frame<'_>, pen: &mut Pen<'_>, whole: &Whole) {
    let (width, height) = (pen.width(), pen.height());
    let radius = f64::from(height);
    let owner = |x: f64, y: f64| -> Option<usize> {
        // In half rows: a column is as wide as half a row is high.
        let (dx, dy) = (x - f64::from(width) / 2.0, y - radius);
        let distance = dx.hypot(dy) / radius;
        if !(HOLE..=1.0).contains(&distance) {
            return None;
        }
        let turn = (dx.atan2(-dy) / std::f64::consts::TAU).rem_euclid(1.0);
        if whole.total > 0.0 { whole.at(turn).map(|slice| slice.curve) } else { Some(usize::MAX) }
    };
    let color = |owner: usize| {
        if owner == usize::MAX { frame.theme.border.fg } else { frame.series_style(owner).fg }.unwrap_or(Color::Reset)
    };
    for row in 0..height {
        for column in 0..width {
            let quarters: [Option<usize>; 4] = std::array::from_fn(|i| {
                let x = f64::from(column) + if i % 2 == 0 { 0.25 } else { 0.75 };
                let y = f64::from(row) * 2.0 + if i < 2 { 0.5 } else { 1.5 };
                owner(x, y)
            });
            let Some((first, second)) = two(quarters) else { continue };
            let bits = (0..4).filter(|&i| quarters[i] == Some(first)).fold(0, |bits, i| bits | 1 << i);
            let mut style = Style::new().fg(color(first));
            if let Some(second) = second {
                style = style.bg(color(second));
            }
            pen.glyph(column, row, QUARTERS[bits], style);
        }
    }
    let room = (f64::from(width) * HOLE) as u16;
    let mut hole = pen.part((width - room.min(width)) / 2, 0, room, height);
    let middle = height / 2;
    let total = if whole.total > 0.0 {
        frame.panel.unit.format(whole.total, frame.panel.decimals)
    } else {
        "all zero".to_owned()
    };
    if pen::width(&total) > room || whole.total.is_infinite() {
        return;
    }
    let has_word = whole.total > 0.0 && height >= 8;
    hole.centred(middle - u16::from(has_word && height % 2 == 0), &total, frame.theme.title);
    if has_word {
        hole.centred(middle + u16::from(height % 2 == 1), "total", frame.theme.dim);
    }
}

/// The owner that is written, and the one behind it where a cell has two and no empty quarter. Of three owners the rarest
/// yields.
fn two(quarters: [Option<usize>; 4]) -> Option<(usize, Option<usize>)> {
    let count = |owner: usize| quarters.iter().filter(|q| **q == Some(owner)).count();
    let mut owners: Vec<usize> = quarters.iter().flatten().copied().collect();
    owners.sort_unstable();
    owners.dedup();
    owners.sort_by_key(|owner| std::cmp::Reverse(count(*owner)));
    let first = *owners.first()?;
    let is_full = quarters.iter().all(Option::is_some);
    Some((first, owners.get(1).copied().filter(|_| is_full)))
}

/// The whole as one bar; without colours each slice is filled with its letter.
fn bar(frame: &Frame<'_>, pen: &mut Pen<'_>, whole: &Whole) {
    let (width, rows) = (pen.width(), pen.height());
    for x in 0..width {
        let turn = (f64::from(x) + 0.5) / f64::from(width);
        let slice = if whole.total > 0.0 { whole.at(turn) } else { None };
        let (glyph, style) = match slice {
            None => ('░', frame.theme.border),
            Some(slice) if frame.has_colours() => ('█', frame.series_style(slice.curve)),
            Some(slice) => (legend::letter(frame, slice.curve), Style::new().add_modifier(Modifier::REVERSED)),
        };
        (0..rows).for_each(|y| pen.glyph(x, y, glyph, style));
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Align {
    Top,
    Middle,
}

/// Columns of the widest name and the widest value.
fn widths(frame: &Frame<'_>, whole: &Whole) -> (u16, u16) {
    let widest = |text: &dyn Fn(&Slice) -> u16| whole.slices.iter().map(text).max().unwrap_or(0);
    let names = widest(&|slice| pen::width(&frame.curves[slice.curve].name));
    let values = widest(&|slice| pen::width(&frame.text(&frame.curves[slice.curve], slice.value)));
    (names, values)
}

/// Columns that the table takes with nothing cut.
fn table_width(frame: &Frame<'_>, whole: &Whole) -> u16 {
    let (names, values) = widths(frame, whole);
    2 + names + 2 + values + 2 + SHARE
}

/// Name, value and share of each slice, and a note where something has no share.
fn table(frame: &Frame<'_>, pen: &mut Pen<'_>, whole: &Whole, align: Align) {
    let (width, height) = (pen.width(), pen.height());
    if width < 4 || height == 0 {
        return;
    }
    let note = match whole.ignored {
        0 if whole.total > 0.0 => None,
        0 => Some("all zero".to_owned()),
        n => Some(format!("{n} left out: no share")),
    };
    let rows = usize::from(height) - usize::from(note.is_some()).min(usize::from(height) - 1);
    let shown = if whole.slices.len() > rows { rows - 1 } else { whole.slices.len() };
    let used = (shown + usize::from(shown < whole.slices.len()) + usize::from(note.is_some())) as u16;
    let mut y = if align == Align::Middle { height.saturating_sub(used) / 2 } else { 0 };

    let texts: Vec<(String, String)> = whole
        .slices
        .iter()
        .map(|slice| (frame.text(&frame.curves[slice.curve], slice.value), percent(slice.share, whole.total)))
        .collect();
    let (widest, values) = widths(frame, whole);
    // What does not fit goes in this order: the value, because the share says most here, then the share.
    let fixed = if 2 + 6 + 2 + values + 2 + SHARE <= width {
        2 + values + 2 + SHARE
    } else if 2 + 4 + 1 + SHARE <= width {
        1 + SHARE
    } else {
        0
    };
    let name_width = widest.min(width - 2 - fixed.min(width - 2));
    let names: Vec<&str> =
        whole.slices.iter().take(shown).map(|slice| frame.curves[slice.curve].name.as_str()).collect();
    let names = pen::fit_all(&names, name_width);
    for ((slice, name), (value, share)) in whole.slices.iter().zip(&names).zip(&texts) {
        pen.glyph(0, y, legend::marker(frame, slice.curve), frame.series_style(slice.curve));
        pen.text(2, y, name, frame.theme.text);
        let end = 2 + name_width + fixed;
        if fixed > 0 {
            pen.right(end, y, share, frame.theme.dim);
        }
        if fixed > 1 + SHARE {
            pen.right(end - SHARE - 2, y, value, frame.theme.text);
        }
        y += 1;
    }
    if shown < whole.slices.len() {
        pen.text(2, y, &format!("+{} more", whole.slices.len() - shown), frame.theme.dim);
        y += 1;
    }
    if let Some(note) = note {
        pen.text(0, y, &pen::clip(&note, width), frame.theme.dim);
    }
}

/// A share with one digit after the point; what is something never reads as nothing.
fn percent(share: f64, total: f64) -> String {
    if total <= 0.0 {
        "–".to_owned()
    } else if share > 0.0 && share < 0.0005 {
        "<0.1 %".to_owned()
    } else if share >= 0.9995 {
        if share < 1.0 { ">99.9%".to_owned() } else { "100 %".to_owned() }
    } else {
        format!("{:.1} %", share * 100.0)
    }
}
