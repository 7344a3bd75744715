//! The help, written from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{BINDINGS, Place};
use crate::theme::Theme;

pub(super) fn draw(scroll: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rows: Vec<(String, &str)> = lines();
    let width = area.width.min(76);
    let height = area.height.min(rows.len() as u16 + 2);
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let inside = popup.inner(Margin::new(2, 1));
    let last = (rows.len() as u16).saturating_sub(inside.height);
    let top = scroll.min(last);
    Clear.render(popup, buf);
    let more = if last > 0 {
        format!(" {}–{} of {}, ↓ ↑ scroll ", top + 1, top + inside.height, rows.len())
    } else {
        String::new()
    };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.selected)
        .title(" Keys ")
        .title_style(theme.title)
        .title_bottom(more)
        .render(popup, buf);
    for (i, (keys, help)) in rows.iter().skip(usize::from(top)).take(usize::from(inside.height)).enumerate() {
        let line = Rect { y: inside.y + i as u16, height: 1, ..inside };
        if keys.is_empty() {
            words::line(buf, line, help, theme.title);
            continue;
        }
        let pad = 11usize.saturating_sub(keys.width()) as u16;
        let used = words::line(buf, line, keys, theme.accent) + pad;
        let rest = Rect { x: line.x + used, width: line.width.saturating_sub(used), ..line };
        words::line(buf, rest, help, theme.text);
    }
}

/// Key and explanation a line; headings have no key.
fn lines() -> Vec<(String, &'static str)> {
    let mut lines = Vec::new();
    for (place, heading) in [
        (Place::Anywhere, "Everywhere"),
        (Place::Dashboard, "On a dashboard"),
        (Place::Targets, "On the targets"),
        (Place::Picker, "In the variable picker"),
    ] {
        if !lines.is_empty() {
            lines.push((String::new(), ""));
        }
        lines.push((String::new(), heading));
        lines.extend(BINDINGS.iter().filter(|b| b.place == place).map(|b| (b.shown.to_owned(), b.help)));
    }
    lines.push((String::new(), ""));
    lines.push((String::new(), "Marks: ● good  ▲ look soon  ✗ look now  ○ nothing to show  ⚠ old data"));
    lines
}
