//! The help, written from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Model, help};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, scroll: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rows = help(&model.keymap);
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
