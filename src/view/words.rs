//! Text into cells, one line at a time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::panel::clip;

/// Writes `text` into the first line of `area`; returns how many cells it took. Longer text ends in `…`.
pub(super) fn line(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let (end, _) = buf.set_stringn(area.x, area.y, clip(text, area.width), usize::from(area.width), style);
    end - area.x
}
