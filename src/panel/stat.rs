//! Big numbers: every series, not just the first, with the range as a small picture below.

use ratatui::style::{Modifier, Style};

use super::digits::Large;
use super::pen::{self, Pen};
use super::{Frame, chrome, spark};
use crate::layout::{Level, Reduce};
use crate::series::is_gap;
use crate::unit::{self, Unit};

/// More series than this are listed instead of standing side by side.
const TILES: usize = 4;

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let order = frame.by_weight();
    match order[..] {
        [] => {}
        [index] => draw_one(frame, pen, index, Name::IfTelling),
        _ if order.len() <= TILES && height >= 4 && width / order.len() as u16 >= 16 => {
            // In the layout's order: a number that changes places cannot be found again.
            let each = width / order.len() as u16;
            for index in 0..order.len() {
                let mut tile = pen.part(each * index as u16, 0, each - 1, height);
                draw_one(frame, &mut tile, index, Name::Always);
            }
        }
        _ => draw_list(frame, pen, &order),
    }
}

/// Columns beside large digits in which a picture still tells something.
const BESIDE: u16 = 12;

/// Whether a number is named.
#[derive(Clone, Copy, PartialEq)]
enum Name {
    Always,
    /// Where it says what the title does not.
    IfTelling,
}

/// The words for a value and how they look.
struct Words {
    text: String,
    style: Style,
    /// Below the value: why there is none, or what it means.
    note: Option<String>,
}

fn words(frame: &Frame<'_>, index: usize) -> Words {
    let curve = &frame.curves[index];
    let Some(value) = frame.value(curve) else {
        let last = curve.values.iter().copied().enumerate().rev().find(|(_, v)| !is_gap(*v));
        let note = last.map(|(step, v)| {
            let at = frame.window.at(step);
            let at = unit::clock_short(at, unit::offset(frame.zone, at));
            format!("last {} at {at}", frame.text(curve, v))
        });
        return Words { text: "no value now".to_owned(), style: frame.theme.dim, note };
    };
    if value.is_nan() && frame.panel.mapping(value).is_none() {
        return Words {
            text: "NaN".to_owned(),
            style: frame.theme.dim,
            note: Some("0/0, nothing to divide".to_owned()),
        };
    }
    let level = frame.level(curve, value);
    let style = match level {
        None => frame.theme.title,
        Some(_) => frame.level_style(level).add_modifier(Modifier::BOLD),
    };
    Words { text: frame.text(curve, value), style, note: None }
}

/// One number in the middle, its name below, its range at the bottom.
fn draw_one(frame: &Frame<'_>, pen: &mut Pen<'_>, index: usize, name_it: Name) {
    let (width, height) = (pen.width(), pen.height());
    let curve = &frame.curves[index];
    let words = words(frame, index);
    let is_named = name_it == Name::Always || !says_the_same(&curve.name, &frame.panel.title);
    let caption = words.note.clone().or_else(|| is_named.then(|| curve.name.clone())).filter(|c| !c.is_empty());
    let change = change(frame, index);
    // Both where both fit; else the name if nothing else tells whose number it is.
    let caption = |room: u16| match (&caption, &change) {
        (Some(name), Some(change)) if pen::width(name) + 3 + pen::width(change) <= room => {
            Some(format!("{name}   {change}"))
        }
        (Some(name), Some(_)) if name_it == Name::Always || words.note.is_some() => Some(name.clone()),
        (_, Some(change)) if pen::width(change) <= room => Some(change.clone()),
        (caption, _) => caption.clone(),
    };
    let has_range = curve.values.iter().filter(|v| !is_gap(**v)).count() > 1;

    let large = match frame.value(curve) {
        Some(v) if frame.panel.mapping(v).is_some() => Large::words(&words.text),
        Some(_) => Large::number(&words.text),
        None => None,
    };
    if let Some(large) = large.as_ref().filter(|large| {
        // Rows for large digits or for what belongs to them, but not for both on top of each other.
        (3..=5).contains(&height) && large.width(1) + 3 + BESIDE <= width
    }) {
        let right = large.width(1) + 4;
        large.draw(pen, (1, (height - Large::height(1)) / 2), 1, words.style, frame.theme.dim);
        let mut beside = pen.part(right, 0, width.saturating_sub(right), height);
        let width = beside.width();
        let caption = caption(width);
        let caption_rows = u16::from(caption.is_some());
        if let Some(caption) = caption {
            beside.fitted(0, 0, width, &caption, frame.theme.dim);
        }
        let mut below = beside.part(0, caption_rows, width, height - caption_rows);
        spark::draw(frame, &mut below, curve, frame.series_style(index));
        return;
    }
    let caption = caption(width);
    // The picture gets a third, and at least one row.
    let spark_rows = if has_range && height >= 2 { (height / 3).clamp(1, 6) } else { 0 };
    let caption_rows = u16::from(caption.is_some() && height - spark_rows >= 2);
    let room = height - spark_rows - caption_rows;
    let scale = large.as_ref().and_then(|large| large.scale(width.saturating_sub(2), room));
    let (value_rows, top) = match scale {
        Some(scale) => (Large::height(scale), (room - Large::height(scale)) / 2),
        None => (1, room.saturating_sub(1) / 2),
    };
    match (&large, scale) {
        (Some(large), Some(scale)) => {
            let left = (width - large.width(scale)) / 2;
            large.draw(pen, (left, top), scale, words.style, frame.theme.dim);
        }
        _ => pen.centred(top, &words.text, words.style),
    }
    if let Some(caption) = caption.filter(|_| caption_rows > 0) {
        pen.centred(top + value_rows, &caption, frame.theme.dim);
    }
    let mut below = pen.part(0, height - spark_rows, width, spark_rows);
    spark::draw(frame, &mut below, curve, frame.series_style(index));
}

/// How the newest value has changed since an hour ago, or since the first value there is, and which of the two it is:
/// `▲ +12 % in 1h`. `None` where that says nothing: of states, under a crosshair, and of reductions of a whole range.
fn change(frame: &Frame<'_>, index: usize) -> Option<String> {
    const HOUR: i64 = 3_600_000;
    let curve = &frame.curves[index];
    let now = curve.newest().filter(|v| v.is_finite())?;
    if frame.cursor.is_some() || frame.panel.reduce != Reduce::Last || frame.panel.mapping(now).is_some() {
        return None;
    }
    let last = curve.values.len().checked_sub(1)?;
    let hour = usize::try_from(HOUR / frame.window.step.max(1)).unwrap_or(last);
    let from = last.saturating_sub(hour);
    let (step, then) = (from..last).map(|i| (i, curve.values[i])).find(|(_, v)| v.is_finite())?;
    let span = frame.window.at(last).saturating_sub(frame.window.at(step));
    let span = unit::duration(span);
    // Round lengths without their empty second part.
    let span = span.strip_suffix(" 00m").or_else(|| span.strip_suffix(" 00s")).unwrap_or(&span);
    let difference = now - then;
    if difference == 0.0 {
        return Some(format!("= as {span} ago"));
    }
    let (arrow, sign) = if difference > 0.0 { ('▲', '+') } else { ('▼', '−') };
    let part = difference / then.abs() * 100.0;
    let text = match part.abs() {
        // Percent of percent would be read as percent.
        _ if frame.panel.unit == Unit::Percent => format!("{:.1} points", difference.abs()),
        // Nothing to be a part of.
        p if then == 0.0 || !p.is_finite() => frame.text(curve, difference.abs()),
        p if p < 0.05 => return Some(format!("≈ as {span} ago")),
        p if p < 9.95 => format!("{p:.1} %"),
        p if p < 999.5 => format!("{p:.0} %"),
        _ if then > 0.0 => return Some(format!("{arrow} ×{:.0} in {span}", now / then)),
        _ => frame.text(curve, difference.abs()),
    };
    Some(format!("{arrow} {sign}{text} in {span}"))
}

/// Whether a series' name adds nothing to the title: `Active Leases` under "Active Leases (5m)", or no name at all.
fn says_the_same(name: &str, title: &str) -> bool {
    let (name, title) = (name.trim().to_lowercase(), title.to_lowercase());
    name.is_empty() || name == "{}" || title.contains(&name)
}

/// `name value` in columns, the ones that matter first.
fn draw_list(frame: &Frame<'_>, pen: &mut Pen<'_>, order: &[usize]) {
    const WIDEST: u16 = 44;
    let (width, height) = (pen.width(), pen.height());
    let rows: Vec<(usize, Words)> = order.iter().map(|&index| (index, words(frame, index))).collect();
    let widest = |text: &dyn Fn(&(usize, Words)) -> u16| rows.iter().map(text).max().unwrap_or(0);
    let value_width = widest(&|(_, words)| pen::width(&words.text));
    let name_width = widest(&|(index, _)| pen::width(&frame.curves[*index].name));
    let natural = (2 + name_width + 2 + value_width).min(WIDEST);
    let columns = if rows.len() > usize::from(height) { ((width + 2) / (natural + 2)).max(1) } else { 1 };
    let column_width = ((width + 2) / columns).saturating_sub(2).min(WIDEST.max(natural));
    let left = (width - (columns * (column_width + 2)).saturating_sub(2).min(width)) / 2;
    let places = usize::from(columns) * usize::from(height);
    let shown = if rows.len() > places { places.saturating_sub(1) } else { rows.len() };
    let named: Vec<&str> = order.iter().take(shown).map(|&index| frame.curves[index].name.as_str()).collect();
    let named = pen::fit_all(&named, column_width.saturating_sub(value_width + 3));
    for (place, ((index, words), name)) in rows.iter().zip(&named).enumerate() {
        let (column, y) = (place as u16 / height, place as u16 % height);
        let mut cell = pen.part(left + column * (column_width + 2), y, column_width, 1);
        draw_item(frame, &mut cell, (*index, name), words);
    }
    if shown < rows.len() {
        let (column, y) = (shown as u16 / height, shown as u16 % height);
        let text = if shown == 0 {
            format!("{} series", rows.len())
        } else {
            format!("+{} more of {} series", rows.len() - shown, rows.len())
        };
        let mut cell = pen.part(left + column * (column_width + 2), y, column_width, 1);
        let text = if pen::width(&text) > column_width { format!("+{}", rows.len() - shown) } else { text };
        cell.fitted(0, 0, column_width, &text, frame.theme.dim);
    }
}

fn draw_item(frame: &Frame<'_>, pen: &mut Pen<'_>, (index, name): (usize, &str), words: &Words) {
    let curve = &frame.curves[index];
    let width = pen.width();
    let level = frame.level_of(curve);
    let (glyph, glyph_style) = match level {
        Some(level) => (chrome::glyph(level), frame.level_style(Some(level))),
        None => ('·', frame.theme.dim),
    };
    let value_width = pen::width(&words.text).min(width);
    pen.right(width, 0, &words.text, words.style);
    if width > value_width + 3 {
        pen.glyph(0, 0, glyph, glyph_style);
        pen.fitted(
            2,
            0,
            width - value_width - 3,
            name,
            if level > Some(Level::Good) { frame.theme.text } else { frame.theme.dim },
        );
    }
}
