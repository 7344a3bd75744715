//! A sentence in place of a picture: why there is nothing to see.

use ratatui::style::Style;

use super::pen::{self, Pen};

/// Writes `text` in the middle of the area, wrapped; what does not fit ends in `…`.
pub(super) fn draw(pen: &mut Pen<'_>, text: &str, style: Style) {
    // Long lines are hard to read, and a column to spare on either side keeps words off the border.
    let room = pen.width().saturating_sub(if pen.width() > 12 { 2 } else { 0 }).min(72);
    let rows = pen.height();
    let mut lines = pen::wrap(text, room);
    if lines.len() > usize::from(rows) {
        let rest = lines.split_off(usize::from(rows).saturating_sub(1)).join(" ");
        lines.push(pen::clip(&format!("{rest} "), room).into_owned());
        lines.truncate(usize::from(rows));
    }
    let top = (rows - lines.len() as u16) / 2;
    for (y, line) in (top..).zip(&lines) {
        pen.centred(y, line, style);
    }
}
