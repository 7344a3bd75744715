//! The screen as text with colours, for terminals and pagers.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::palette;
use super::run::runs;

/// The screen's lines with SGR sequences (ECMA-48), each line reset at its end. Colours are those of the buffer, so that
/// a screen drawn for few colours stays one.
pub fn ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let mut line = runs(buf, y);
        while line.last().is_some_and(|run| run.text.trim().is_empty() && is_plain(run.style)) {
            line.pop();
        }
        if let Some(last) = line.last_mut().filter(|run| is_plain(run.style)) {
            last.text.truncate(last.text.trim_end().len());
        }
        for run in line {
            let codes = codes(run.style);
            if codes.is_empty() {
                out.push_str(&run.text);
            } else {
                // Writing into a string cannot fail.
                write!(out, "\u{1b}[{codes}m{}\u{1b}[0m", run.text).ok();
            }
        }
        out.push('\n');
    }
    out
}

/// Whether a blank of this style cannot be seen.
fn is_plain(style: Style) -> bool {
    matches!(style.bg, None | Some(Color::Reset))
        && !style.add_modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT)
}

fn codes(style: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    for (modifier, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
        (Modifier::CROSSED_OUT, "9"),
    ] {
        if style.add_modifier.contains(modifier) {
            codes.push(code.to_owned());
        }
    }
    codes.extend(style.fg.and_then(|c| color(c, 30)));
    codes.extend(style.bg.and_then(|c| color(c, 40)));
    codes.join(";")
}

/// The parameters that choose a colour; `first` is 30 for text, 40 for the ground.
fn color(color: Color, first: u8) -> Option<String> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(format!("{};2;{r};{g};{b}", first + 8)),
        Color::Indexed(i) => Some(format!("{};5;{i}", first + 8)),
        // The bright eight have codes of their own, sixty further on.
        named => palette::sixteen(named).map(|i| (first + if i < 8 { i } else { i + 52 }).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn every_line_ends_as_it_began() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 2));
        buf.set_string(0, 0, "ab", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        buf.set_string(2, 0, "c", Style::new());
        buf.set_string(0, 1, "  ", Style::new().bg(Color::Indexed(236)));
        assert_eq!(ansi(&buf), "\u{1b}[1;38;2;1;2;3mab\u{1b}[0mc\n\u{1b}[48;5;236m  \u{1b}[0m\n");
    }

    #[test]
    fn the_sixteen_colours_have_their_own_codes() {
        assert_eq!(color(Color::LightRed, 30).as_deref(), Some("91"));
        assert_eq!(color(Color::Gray, 40).as_deref(), Some("47"));
        assert_eq!(color(Color::White, 40).as_deref(), Some("107"));
        assert_eq!(color(Color::Reset, 30), None);
    }
}
