//! Everything that can be done or gone to: kind, name with the letters that were found, and the key that does the same.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Found, Model, Palette, Zones};
use crate::theme::Theme;

/// Cells of the kind's column.
const KIND: u16 = 8;

pub(super) fn draw(model: &Model, palette: &Palette, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let place = model.palette_sheet(area);
    sheet::frame(&place, " Go to or do ", palette.rows, palette.found.len(), theme, buf, zones);
    sheet::typed(&place, &palette.typed, "consumer lag · range 6h · theme light · runbook · quit", theme, buf);
    if palette.found.is_empty() {
        words::line(buf, place.list, "nothing is called that", theme.dim);
    }
    for (row, line) in sheet::lines(&place, palette.rows, palette.found.len()) {
        entry(&palette.found[row], row == palette.rows.at, theme, line, buf);
    }
}

fn entry(found: &Found, here: bool, theme: &Theme, line: Rect, buf: &mut Buffer) {
    let entry = &found.entry;
    let style = match (here, &entry.hindrance) {
        (true, _) => theme.selected,
        (false, Some(_)) => theme.dim,
        (false, None) => theme.text,
    };
    let mut x = line.x + words::line(buf, line, if here { "› " } else { "  " }, style);
    words::line(buf, Rect { width: KIND, ..sheet::rest(line, x) }.intersection(line), entry.kind(), theme.dim);
    x += KIND + 1;
    let key = entry.key.width() as u16;
    let room = sheet::rest(Rect { width: line.width.saturating_sub(if key > 0 { key + 1 } else { 0 }), ..line }, x);
    let mark = theme.accent.add_modifier(Modifier::UNDERLINED);
    let mut used = marked(&entry.title, &found.title, (style, mark), room, buf);
    if entry.is_current {
        used += words::line(buf, sheet::rest(room, x + used), " ✓ now", theme.good);
    }
    if let Some(why) = &entry.hindrance {
        words::line(buf, sheet::rest(room, x + used + 2), &format!("({why})"), theme.dim);
    } else if !entry.detail.is_empty() && used + 4 < room.width {
        marked(&entry.detail, &found.detail, (theme.dim, mark), sheet::rest(room, x + used + 2), buf);
    }
    if key > 0 && key < line.width {
        words::line(buf, Rect { x: line.right() - key, width: key, ..line }, &entry.key, theme.accent);
    }
}

/// Writes `text` as far as there is room, the graphemes at `places` in the second of the two styles; returns the cells it took.
fn marked(text: &str, places: &[u32], (style, mark): (Style, Style), area: Rect, buf: &mut Buffer) -> u16 {
    let whole = text.width() <= usize::from(area.width);
    let mut x = area.x;
    for (i, grapheme) in (0_u32..).zip(text.graphemes(true)) {
        let width = grapheme.width() as u16;
        if x + width > area.right().saturating_sub(u16::from(!whole)) {
            x += words::line(buf, sheet::rest(area, x), "…", style);
            break;
        }
        let style = if places.binary_search(&i).is_ok() { mark } else { style };
        x += words::line(buf, Rect { width, ..sheet::rest(area, x) }, grapheme, style);
    }
    x - area.x
}
