//! The popup that ranks what moved at the crosshair.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};

use super::{sheet, words};
use crate::app::{Model, Rows, Zones};
use crate::panel::clip;
use crate::theme::Theme;
use crate::unit;

pub(super) fn draw(model: &Model, cursor: usize, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let moved = model.moved();
    let width = area.width.min(100);
    let height = area.height.min(moved.len().max(1) as u16 + 3).max(4).min(area.height);
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let when = match model.cursor {
        Some(at) => format!("at {}", unit::clock(at, model.offset(at))),
        None => "now".to_owned(),
    };
    sheet::popup(popup, format!(" What moved most {when} "), theme.selected, theme, buf, zones);
    let inside = popup.inner(Margin::new(2, 1));
    if moved.is_empty() {
        words::line(buf, inside, "no series left what it was before", theme.dim);
        return;
    }
    // Panel, series, before, then: the numbers keep their room.
    let panel_width = (inside.width / 4).min(28);
    let numbers = 30.min(inside.width / 2);
    let name_width = inside.width.saturating_sub(panel_width + numbers + 4);
    let rows = usize::from(inside.height);
    let top = cursor.saturating_sub(rows.saturating_sub(1));
    sheet::rows(popup, inside, Rows { at: cursor, top }, moved.len(), theme, buf, zones);
    for (i, m) in moved.iter().enumerate().skip(top).take(rows) {
        let line = Rect { y: inside.y + (i - top) as u16, height: 1, ..inside };
        let panel = &model.views[m.view].dashboard.panels[m.panel];
        let curve = model.views[m.view].panels[m.panel].picture.as_ref().and_then(|p| p.curves.get(m.curve));
        let name = curve.map_or("", |c| c.name.as_str());
        let here = i == cursor;
        let style = if here { theme.selected } else { theme.text };
        let at = |x: u16, width: u16| Rect { x: line.x + x, width: width.min(line.width.saturating_sub(x)), ..line };
        words::line(buf, at(0, 2), if here { "› " } else { "  " }, style);
        words::line(buf, at(2, panel_width), &clip(&panel.title, panel_width), style);
        words::line(buf, at(panel_width + 3, name_width), &clip(name, name_width), theme.dim);
        let change = format!("{} → {}", panel.text(m.before), panel.text(m.at));
        let mark = if m.at > m.before { '↑' } else { '↓' };
        let x = panel_width + name_width + 4;
        words::line(buf, at(x, numbers), &format!("{mark} {change}"), style);
    }
}
