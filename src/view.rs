//! Screens: the model drawn into a buffer of cells. Pure: the same model gives the same cells, and nothing is written
//! back. May use everything up to `app`.

mod alert;
mod alerts;
mod contexts;
mod dashboard;
mod explore;
mod footer;
mod header;
mod help;
mod log;
mod moved;
mod palette;
mod picker;
mod runbook;
mod sheet;
mod shelf;
mod silence;
mod strip;
mod targets;
mod time;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Model, Overlay, Screen, Zones};
use crate::theme::Theme;

/// The smallest terminal in which the screens can be read.
const SMALLEST: (u16, u16) = (40, 8);

/// Draws the whole screen into `area`. Gives where on it is what, for the mouse.
pub fn view(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) -> Zones {
    let mut zones = Zones::of(model);
    let area = area.intersection(buf.area);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("shtop needs {}x{}; this is {}x{}", SMALLEST.0, SMALLEST.1, area.width, area.height);
        words::line(buf, area, &text, theme.text);
        theme.paint(area, buf);
        return zones;
    }
    let top = Rect { height: 1, ..area };
    let above = model.top();
    let body = Rect { y: area.y + above, height: area.height - above - 1, ..area };
    let bottom = Rect { y: area.bottom() - 1, height: 1, ..area };
    header::draw(model, theme, top, buf, &mut zones);
    if let Some(banner) = model.banner() {
        let line = Rect { y: area.y + 1, height: 1, ..area };
        buf.set_style(line, theme.banner);
        words::line(buf, line, &format!(" ✗ {banner}"), theme.banner);
    }
    if model.has_strip() {
        strip::draw(model, theme, Rect { y: body.y - 1, height: 1, ..area }, buf, &mut zones);
    }
    match (model.screen, model.view()) {
        (Screen::Dashboard(_), Some(view)) => dashboard::draw(model, view, theme, body, buf, &mut zones),
        (Screen::Alerts, _) => alerts::draw(model, theme, body, buf, &mut zones),
        (Screen::Runbook, _) => runbook::draw(model, theme, body, buf, &mut zones),
        (Screen::Alert, _) => alert::draw(model, theme, body, buf, &mut zones),
        (Screen::Silence, _) => silence::form(model, theme, body, buf, &mut zones),
        (Screen::Explore, _) => explore::draw(model, theme, body, buf, &mut zones),
        (Screen::Silences, _) => silence::list(model, theme, body, buf, &mut zones),
        _ => targets::draw(model, theme, body, buf, &mut zones),
    }
    match &model.overlay {
        Some(Overlay::Help(manual)) => help::draw(model, manual, theme, body, buf, &mut zones),
        Some(Overlay::Moved(cursor)) => moved::draw(model, *cursor, theme, body, buf, &mut zones),
        Some(Overlay::Contexts(cursor)) => contexts::draw(model, *cursor, theme, body, buf, &mut zones),
        Some(Overlay::Picker(picker)) => picker::draw(model, picker, theme, body, buf, &mut zones),
        Some(Overlay::Confirm(asking)) => silence::confirm(model, asking, theme, body, buf, &mut zones),
        Some(Overlay::Log(back)) => log::whole(model, *back, theme, body, buf, &mut zones),
        Some(Overlay::Palette(palette)) => palette::draw(model, palette, theme, body, buf, &mut zones),
        Some(Overlay::Time(picker)) => time::draw(model, picker, theme, body, buf, &mut zones),
        Some(Overlay::Shelf(shelf)) => shelf::draw(model, shelf, theme, body, buf, &mut zones),
        None => {}
    }
    footer::draw(model, theme, bottom, buf, &mut zones);
    theme.paint(area, buf);
    zones
}
