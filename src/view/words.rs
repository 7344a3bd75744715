//! Text into cells, one line at a time.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::panel::clip;
pub(super) use crate::panel::severity;
use crate::theme::{Links, Theme};

/// Writes `text` into the first line of `area`; returns how many cells it took. Longer text ends in `…`.
pub(super) fn line(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let (end, _) = buf.set_stringn(area.x, area.y, clip(text, area.width), usize::from(area.width), style);
    end - area.x
}

/// Makes what is written in `area` lead to `url`, which is one of [`crate::runbook::web_address`], where the terminal
/// knows how. Each cell is a link of its own, so that whatever part of them is drawn anew is whole; cells of one URL are
/// one link to the reader by their common id.
pub(super) fn link(buf: &mut Buffer, area: Rect, url: &str, theme: &Theme) {
    if theme.links == Links::Plain {
        return;
    }
    let id = url.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let cell = &mut buf[(x, y)];
            // What a wide character covers belongs to its cell.
            let width = NonZeroU16::new(cell.symbol().width() as u16).unwrap_or(NonZeroU16::MIN);
            let symbol = format!("\u{1b}]8;id={id:x};{url}\u{1b}\\{}\u{1b}]8;;\u{1b}\\", cell.symbol());
            cell.set_symbol(&symbol).set_diff_option(CellDiffOption::ForcedWidth(width));
            x += width.get();
        }
    }
}
