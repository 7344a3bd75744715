//! Border, title and the state of the data, which stands on the border so that it never covers the picture.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{self, Pen};
use super::{Frame, State, heatmap, worst};
use crate::layout::{Kind, Level};
use crate::unit;

/// A border costs two columns; below this nothing readable is left between them.
pub(super) const MIN_WIDTH: u16 = 8;
/// A border costs two rows.
pub(super) const MIN_HEIGHT: u16 = 3;

/// Top left, horizontal, top right, vertical, bottom left, bottom right.
type Lines = [char; 6];

const THIN: Lines = ['╭', '─', '╮', '│', '╰', '╯'];
/// The focus is a shape too, for terminals without colours and panels whose border has a level's colour.
const HEAVY: Lines = ['┏', '━', '┓', '┃', '┗', '┛'];

/// The character that stands for a level wherever its colour does.
pub(super) fn glyph(level: Level) -> char {
    match level {
        Level::Good => '●',
        Level::Warn => '▲',
        Level::Bad => '✗',
    }
}

/// Draws border, title and state around the pen's area, which is at least [`MIN_WIDTH`] by [`MIN_HEIGHT`].
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let alarm = worst(frame).filter(|level| *level > Level::Good);
    let alarm_style = alarm.map(|level| frame.level_style(Some(level)));
    let (lines, style) =
        if frame.selected { (HEAVY, frame.theme.selected) } else { (THIN, alarm_style.unwrap_or(frame.theme.border)) };
    border(pen, lines, style);

    // Corner, line, blank … blank, line, corner.
    let room = pen.width().saturating_sub(6);
    let glyph_room = if alarm.is_some() { 2 } else { 0 };
    let wanted = pen::width(&frame.panel.title) + glyph_room;
    // The title yields to the mark down to half of the line; a mark that still does not fit is shortened.
    let mark = mark(frame, room.saturating_sub(wanted.min(room / 2) + 3)).filter(|(text, _)| !text.is_empty());
    let mark_width = mark.as_ref().map_or(0, |(text, _)| pen::width(text));
    let title_room = if mark_width > 0 { room.saturating_sub(mark_width + 3) } else { room };

    let mut x = pen.text(2, 0, " ", style);
    if let Some(level) = alarm {
        pen.glyph(x, 0, glyph(level), frame.level_style(Some(level)));
        pen.glyph(x + 1, 0, ' ', style);
        x += 2;
    }
    x = pen.fitted(
        x,
        0,
        title_room.saturating_sub(glyph_room),
        &frame.panel.title,
        alarm_style.unwrap_or(frame.theme.title),
    );
    pen.glyph(x, 0, ' ', style);
    if let Some((text, mark_style)) = mark {
        let end = pen.width() - 2;
        pen.glyph(end - 1, 0, ' ', style);
        pen.right(end - 1, 0, &text, mark_style);
        pen.glyph(end - 2 - mark_width, 0, ' ', style);
    }
}

/// Writes a short text, such as the state of an alert, onto the right end of the lower border that [`draw`](super::draw)
/// drew around `area`. Nothing happens where there is no border or no room.
pub fn badge(area: Rect, text: &str, style: Style, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    if pen.width() < MIN_WIDTH || pen.height() < MIN_HEIGHT {
        return;
    }
    let text = pen::clip(text, pen.width() - 6);
    let text = format!(" {text} ");
    let (end, y) = (pen.width() - 2, pen.height() - 1);
    pen.right(end, y, &text, style);
}

fn border(pen: &mut Pen<'_>, [top_left, across, top_right, down, bottom_left, bottom_right]: Lines, style: Style) {
    let (right, bottom) = (pen.width() - 1, pen.height() - 1);
    for x in 1..right {
        pen.glyph(x, 0, across, style);
        pen.glyph(x, bottom, across, style);
    }
    for y in 1..bottom {
        pen.glyph(0, y, down, style);
        pen.glyph(right, y, down, style);
    }
    pen.glyph(0, 0, top_left, style);
    pen.glyph(right, 0, top_right, style);
    pen.glyph(0, bottom, bottom_left, style);
    pen.glyph(right, bottom, bottom_right, style);
}

/// What the border says of the data in at most `room` columns; empty where nothing fits.
fn mark(frame: &Frame<'_>, room: u16) -> Option<(String, Style)> {
    // A reason cut to a word or two says nothing.
    const TELLING: u16 = 12;
    let longest = |words: &[String]| words.iter().find(|text| pen::width(text) <= room).cloned().unwrap_or_default();
    match frame.state {
        State::Stale { at, reason } => {
            let age = unit::duration(frame.now.saturating_sub(*at).max(0));
            let brief = format!("⚠ stale {age}");
            let full = format!("{brief}: {reason}");
            let text = if room >= pen::width(&full).min(pen::width(&brief) + 2 + TELLING) {
                pen::clip(&full, room).into_owned()
            } else {
                longest(&[brief, format!("⚠ {age}"), "⚠".to_owned()])
            };
            Some((text, frame.theme.warn))
        }
        State::Failed(reason) => {
            let what = if reason.starts_with("source down") { "✗ source down" } else { "✗ query failed" };
            Some((longest(&[what.to_owned(), "✗".to_owned()]), frame.theme.bad))
        }
        State::Live if !frame.notes.is_empty() => {
            Some((longest(&[format!("ⓘ {}", frame.notes.len()), "ⓘ".to_owned()]), frame.theme.warn))
        }
        State::Live if frame.panel.kind == Kind::Heatmap => {
            let key = heatmap::key_of_quantiles(frame);
            let brief = key.first().cloned().unwrap_or_default();
            Some((longest(&[key.join("  "), brief]), frame.theme.dim))
        }
        State::Waiting | State::Live | State::Empty(_) => None,
    }
}
