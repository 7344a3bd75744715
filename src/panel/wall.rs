//! A panel as a tile of a wall: what it is, how it stands and how it came to that, large enough to be read across a room.
//! Borders would only take rows; a bar at the left says how bad it is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::digits::{Large, Measure, NARROW_ROWS, Narrow};
use super::drain::Drain;
use super::pen::{self, Pen};
use super::row::{Headline, headline};
use super::{Distance, Frame, State, chrome, gauge, heatmap, message, pie, row, spark, timeseries, worst};
use crate::layout::{Kind, Level};
use crate::unit;

/// Below this a tile is a line.
const LEAST: (u16, u16) = (16, 4);
/// The bar and the blank after it.
const BAR: u16 = 2;
/// Digits larger than this only push the picture out.
const LARGEST: u16 = 5;
/// A picture of fewer columns tells nothing.
const PICTURE: u16 = 10;

/// Draws a panel as a tile. Every cell of `area` is written, none outside it; any size from 0×0 will do.
pub fn draw_tile(frame: &Frame<'_>, area: Rect, buf: &mut Buffer) {
    if !frame.panel.kind.asks() {
        super::draw(frame, area, buf);
        return;
    }
    let frame = Frame { distance: Distance::Far, ..frame.clone() };
    let mut pen = Pen::new(buf, area);
    pen.clear();
    if pen.width() < LEAST.0 || pen.height() < LEAST.1 {
        row::draw_alone(&frame, &mut pen);
        return;
    }
    let (width, height) = (pen.width(), pen.height());
    let level = worst(&frame).filter(|level| *level > Level::Good);
    let is_failed = matches!(frame.state, State::Failed(_));
    let style = match level {
        _ if is_failed => frame.theme.bad,
        Some(_) => frame.level_style(level),
        None => frame.theme.border,
    };
    let bar = match level {
        _ if frame.selected => '┃',
        None if !is_failed => '▌',
        _ => '█',
    };
    if let Some(badge) = frame.badge {
        let text = badge.text(width.saturating_sub(BAR + 1));
        pen.text(BAR, height - 1, &text, badge.style);
    }
    // The last column stays blank, and the last row but for an alert, so that tiles keep apart.
    for y in 0..height - 1 {
        pen.glyph(0, y, bar, if frame.selected { frame.theme.selected } else { style });
    }
    let mut inside = pen.part(BAR, 0, width - BAR - 1, height - 1);
    let (width, height) = (inside.width(), inside.height());
    let title_style = if level.is_some() || is_failed { style } else { frame.theme.title };
    let title_rows = title(&frame, &mut inside, level, title_style);
    let mut below = inside.part(0, title_rows, width, height - title_rows);
    match frame.state {
        State::Waiting => message::draw(&mut below, "waiting for the first answer", frame.theme.dim),
        State::Empty(reason) => message::draw(&mut below, reason, frame.theme.dim),
        State::Failed(reason) => message::draw(&mut below, reason, frame.theme.bad),
        State::Live => body(&frame, &mut below),
        State::Stale { at, .. } => {
            let rows = below.height().saturating_sub(1);
            let mut old = below.part(0, 0, width, rows);
            body(&frame, &mut old);
            old.tint(Style::new().add_modifier(Modifier::DIM));
            let age = unit::duration(frame.now.saturating_sub(*at).max(0));
            below.text(0, rows, &format!("⚠ stale {age}"), frame.theme.warn);
        }
    }
}

/// The title, large where it fits and leaves room for a number; gives the rows taken.
fn title(frame: &Frame<'_>, pen: &mut Pen<'_>, level: Option<Level>, style: Style) -> u16 {
    let (width, height) = (pen.width(), pen.height());
    let mark = match level {
        Some(Level::Bad) => "✗ ",
        Some(Level::Warn) => "⚠ ",
        Some(Level::Good) | None => "",
    };
    let words = |text: &str| Narrow::new(&format!("{mark}{text}")).filter(|words| words.width() <= width);
    let brief = || {
        // What is in brackets can be left out first, then the mark: the bar is one too.
        let without = frame.panel.title.split_once(" (").map_or(frame.panel.title.as_str(), |(before, _)| before);
        words(without).or_else(|| Narrow::new(without).filter(|words| words.width() <= width))
    };
    if height > NARROW_ROWS + Large::height(1)
        && let Some(words) = words(&frame.panel.title).or_else(brief)
    {
        words.draw(pen, (0, 0), style);
        return NARROW_ROWS + u16::from(height >= 12);
    }
    let mut x = 0;
    if let Some(level) = level {
        pen.glyph(0, 0, chrome::glyph(level), style);
        x = 2;
    }
    pen.fitted(x, 0, width - x, &frame.panel.title, style.add_modifier(Modifier::BOLD));
    1
}

/// The number, whose it is, and the picture: below where there is height for it, else beside.
fn body(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let Some(Headline { text, style, name, others, is_mapped }) = headline(frame, 8) else {
        message::draw(pen, "no series", frame.theme.dim);
        return;
    };
    // A quantile's name goes below its number.
    let (name, text) = match text.split_once(' ').filter(|_| frame.panel.kind == Kind::Heatmap) {
        Some(("p99", value)) => ("p99".into(), value.to_owned()),
        _ => (name, text),
    };
    if height == 0 {
        return;
    }
    let large = if is_mapped { Measure::words(&text) } else { Measure::new(&text) };
    let large = large.or_else(|| Measure::words(&text));
    let is_stacked = height >= 9;
    let most = if is_stacked { (height * 2 / 5).max(5) } else { height };
    let fit = |large: Measure| {
        let fits = |scale: &u16| large.width(*scale) <= width && Large::height(*scale) <= most;
        // Smaller digits with a picture rather than larger ones alone.
        let leaves_room = |scale: &u16| {
            is_stacked || large.width(*scale) + 2 + PICTURE <= width || Large::height(*scale) + 2 <= height
        };
        let mut scales = (1..=LARGEST).rev().filter(fits);
        let largest = scales.clone().next()?;
        let scale = scales.find(leaves_room).unwrap_or(largest);
        Some((large, scale))
    };
    // Rather large digits with a small unit than none.
    let fitting = large.and_then(fit).or_else(|| Measure::digits(&text).and_then(fit));
    let small = style.remove_modifier(Modifier::BOLD);
    let (value_width, value_rows) = match fitting {
        Some((large, scale)) => {
            large.draw(pen, (0, 0), scale, style, small);
            (large.width(scale), Large::height(scale))
        }
        None => (pen.fitted(0, 0, width, &text, style), 1),
    };
    let caption = match (&*name, others) {
        ("", 0) => String::new(),
        (name, 0) => name.to_owned(),
        (name, others) => format!("{name} +{others}"),
    };
    let (caption, caption_style) = match Drain::of(frame) {
        Some(drain) if pen::width(&drain.words(frame).0) <= width => drain.words(frame),
        Some(drain) => drain.brief(frame),
        None => (caption, frame.theme.dim),
    };
    let has_caption = !caption.is_empty() && value_rows < height;
    if has_caption {
        let room = if is_stacked { width } else { value_width.max(width / 2) };
        pen.fitted(0, value_rows, room.min(width), &caption, caption_style);
    }
    if is_stacked {
        let top = value_rows + 1;
        picture(frame, &mut pen.part(0, top, width, height - top.min(height)));
        return;
    }
    let left = if has_caption { value_width.max(pen::width(&caption).min(width / 2)) } else { value_width } + 2;
    if width >= left + PICTURE {
        picture(frame, &mut pen.part(left, 0, width - left, height));
    } else {
        let top = value_rows + u16::from(has_caption);
        picture(frame, &mut pen.part(0, top, width, height.saturating_sub(top)));
    }
}

/// The panel's picture with as few words as possible.
fn picture(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    match frame.panel.kind {
        Kind::Timeseries => timeseries::draw_alone(frame, pen),
        Kind::Gauge => gauge::draw_bar(frame, pen),
        Kind::Pie if pen.height() >= 5 => pie::draw(frame, pen),
        Kind::Pie => pie::shares(frame, pen),
        Kind::Heatmap if pen.height() >= 3 => heatmap::draw_alone(frame, pen),
        Kind::Heatmap => {
            if let Some(p99) = heatmap::quantile(frame.curves, 0.99) {
                spark::draw(frame, pen, &p99, frame.theme.series(0));
            }
        }
        _ => {
            if let Some(&index) = frame.by_weight().first() {
                spark::draw(frame, pen, &frame.curves[index], frame.series_style(index));
            }
        }
    }
}
