//! The contexts to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Model, Rows, Zones};
use crate::panel::clip;
use crate::theme::Theme;

/// Widest name that is shown whole, in cells.
const NAME: usize = 24;

pub(super) fn draw(model: &Model, cursor: usize, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let height = (model.contexts.len() as u16).saturating_add(2).max(3).min(area.height);
    let width = area.width.min(76);
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    sheet::popup(popup, " Contexts ", theme.selected, theme, buf, zones);
    let inside = popup.inner(Margin::new(2, 1));
    let name = model.contexts.iter().map(|c| c.name.width()).max().unwrap_or(0).min(NAME);
    let rows = usize::from(inside.height);
    let top = cursor.saturating_sub(rows.saturating_sub(1));
    sheet::rows(popup, inside, Rows { at: cursor, top }, model.contexts.len(), theme, buf, zones);
    for (i, context) in model.contexts.iter().enumerate().skip(top).take(rows) {
        let line = Rect { y: inside.y + (i - top) as u16, height: 1, ..inside };
        let rest = |x: u16| Rect { x, width: line.right().saturating_sub(x), ..line };
        let style = if i == cursor { theme.selected } else { theme.text };
        let shown = model.name.context.as_ref() == Some(&context.name);
        let marks = format!("{} {} ", if i == cursor { '›' } else { ' ' }, if shown { '●' } else { ' ' });
        let mut x = line.x + words::line(buf, line, &marks, style);
        let block = context.color.map_or(style, |color| theme.ground(color));
        x += words::line(buf, rest(x), &format!(" {} ", clip(&context.name, NAME as u16)), block);
        x = x.max(line.x + 4 + name as u16 + 2) + 2;
        words::line(buf, rest(x), &context.source, if i == cursor { theme.text } else { theme.dim });
    }
}
