//! Text into cells, one line at a time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::panel::clip;
use crate::rules::Severity;
use crate::theme::Theme;

/// The mark of a severity, and its colour.
pub(super) fn severity(severity: Severity, theme: &Theme) -> (char, Style) {
    match severity {
        Severity::Critical | Severity::High => ('✗', theme.bad),
        Severity::Medium => ('▲', theme.warn),
        Severity::Low => ('▽', theme.accent),
        Severity::Other => ('◇', theme.text),
    }
}

/// Writes `text` into the first line of `area`; returns how many cells it took. Longer text ends in `…`.
pub(super) fn line(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let (end, _) = buf.set_stringn(area.x, area.y, clip(text, area.width), usize::from(area.width), style);
    end - area.x
}
