//! A line of cells as runs of one style. Uses nothing of the crate.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// Neighbouring cells of one style.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Column of the first cell, from 0.
    pub(super) x: u16,
    /// Cells across.
    pub(super) width: u16,
    pub(super) text: String,
    pub(super) style: Style,
}

/// The runs of line `y` of the buffer, `y` counted from its top. What a wide character covers is part of its cell.
pub(super) fn runs(buf: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let area = buf.area;
    let mut x = 0;
    while x < area.width {
        let Some(cell) = buf.cell((area.x + x, area.y + y)) else { break };
        let symbol = visible(cell.symbol());
        let width = (symbol.width().max(1) as u16).min(area.width - x);
        let style = Style { underline_color: None, ..cell.style() };
        match runs.last_mut().filter(|run| run.style == style) {
            Some(run) => {
                run.text.push_str(symbol);
                run.width += width;
            }
            None => runs.push(Run { x, width, text: symbol.to_owned(), style }),
        }
        x += width;
    }
    runs
}

/// What is to be seen of a cell: the terminal may have been told what it leads to.
fn visible(symbol: &str) -> &str {
    let end = "\u{1b}\\";
    let text = match symbol.strip_prefix("\u{1b}]8;").and_then(|link| link.split_once(end)) {
        Some((_, rest)) => rest.split('\u{1b}').next().unwrap_or_default(),
        None => symbol,
    };
    if text.is_empty() { " " } else { text }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn cells_of_one_style_are_one_run_and_wide_characters_count_twice() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        buf.set_string(0, 0, "a日b", Style::new());
        buf.set_string(4, 0, "cd", Style::new().fg(Color::Red));
        let runs = runs(&buf, 0);
        let told: Vec<_> = runs.iter().map(|r| (r.x, r.width, r.text.as_str())).collect();
        assert_eq!(told, [(0, 4, "a日b"), (4, 2, "cd"), (6, 2, "  ")]);
    }

    #[test]
    fn of_a_link_only_its_text_is_kept() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        for (x, c) in ["a", "日"].iter().enumerate() {
            buf[(x as u16, 0)].set_symbol(&format!("\u{1b}]8;id=1;https://h/\u{1b}\\{c}\u{1b}]8;;\u{1b}\\"));
        }
        assert_eq!(runs(&buf, 0)[0].text, "a日");
    }
}
