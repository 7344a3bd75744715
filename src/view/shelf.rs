//! The popup that lists all runbooks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{sheet, words};
use crate::app::{Model, Shelf, Zones, whose};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, shelf: &Shelf, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let found = shelf.found(&model.library);
    let place = model.shelf_sheet(area);
    sheet::frame(&place, " Runbooks ", shelf.rows, found.len(), theme, buf, zones);
    sheet::typed(&place, &shelf.typed, "type a part of the name", theme, buf);
    if found.is_empty() {
        words::line(buf, place.list, "no runbook has that in its name", theme.dim);
    }
    for (row, line) in sheet::lines(&place, shelf.rows, found.len()) {
        let here = row == shelf.rows.at;
        let style = if here { theme.selected } else { theme.text };
        let used = words::line(buf, line, &format!("{} {}", if here { '›' } else { ' ' }, found[row].name), style) + 2;
        words::line(buf, sheet::rest(line, line.x + used), whose(found[row]), theme.dim);
    }
}
