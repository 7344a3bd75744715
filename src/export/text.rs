//! The screen as plain text.

use ratatui::buffer::Buffer;

use super::run::runs;

/// The screen's characters, a line each, without blanks at the ends of lines.
pub fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let line: String = runs(buf, y).into_iter().map(|run| run.text).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn lines_end_where_their_text_does() {
        let mut buf = Buffer::empty(Rect::new(3, 4, 9, 3));
        buf.set_string(4, 4, "日本", Style::new());
        buf.set_string(3, 6, "x", Style::new());
        assert_eq!(text(&buf), " 日本\n\nx\n");
    }
}
