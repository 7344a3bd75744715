//! The screen as something else than a screen: plain text, text with colours, a picture, a page. The same buffer that
//! the terminal gets, so that what is pasted into a chat is what was seen. May use `theme`.
//!
//! And what StreamHouse's monitoring is to other programs: `artefact` writes the files that Prometheus, Alertmanager,
//! Grafana and Kubernetes load.
//!
//! Box drawing, blocks and braille become shapes in pictures: fonts disagree about them, charts must not.

mod ansi;
mod artefact;
mod csv;
mod grafana;
mod html;
mod palette;
#[cfg(feature = "png")]
mod png;
mod run;
mod shape;
mod svg;
mod text;
mod yaml;

pub use ansi::ansi;
pub use artefact::{Artefact, Family, Options, RUNBOOK_BASE, Schema};
pub use csv::{Column, csv};
pub use html::html;
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use svg::svg;
pub use text::text;

use ratatui::style::{Color, Style};

use crate::theme::Theme;

/// The ground on which the screen stands: the colours that a terminal would have by default, 24 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// Of text without a colour of its own.
    pub text: (u8, u8, u8),
    /// Behind everything.
    pub back: (u8, u8, u8),
}

impl Ground {
    /// Light text on dark.
    pub const DARK: Self = Self { text: (0xd8, 0xde, 0xe9), back: (0x12, 0x14, 0x1c) };

    /// That of a theme; dark for one that leaves its ground to the terminal.
    pub fn of(theme: &Theme) -> Self {
        let rgb = |color: Option<Color>, other| match color {
            Some(Color::Rgb(r, g, b)) => (r, g, b),
            _ => other,
        };
        match theme.back {
            Some(_) => Self { text: rgb(theme.text.fg, Self::DARK.text), back: rgb(theme.back, Self::DARK.back) },
            None => Self::DARK,
        }
    }
}

/// The look of a run of cells with reverse and dim already worked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    text: (u8, u8, u8),
    /// `None` where it is the ground's.
    back: Option<(u8, u8, u8)>,
    bold: bool,
    italic: bool,
    underlined: bool,
}

impl Look {
    fn of(style: Style, ground: Ground) -> Self {
        use ratatui::style::Modifier as M;
        let has = |m| style.add_modifier.contains(m);
        let mut text = style.fg.and_then(palette::rgb).unwrap_or(ground.text);
        let mut back = style.bg.and_then(palette::rgb);
        if has(M::REVERSED) {
            (text, back) = (back.unwrap_or(ground.back), Some(text));
        }
        if has(M::DIM) {
            text = palette::mix(text, back.unwrap_or(ground.back), 0.45);
        }
        Self { text, back, bold: has(M::BOLD), italic: has(M::ITALIC), underlined: has(M::UNDERLINED) }
    }
}

/// `#rrggbb`.
fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text as it may stand in XML and HTML, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0 knows no other controls, not even escaped.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    #[test]
    fn reverse_and_dim_are_worked_into_the_colours() {
        let style = Style::new().fg(Color::Rgb(10, 20, 30)).add_modifier(Modifier::REVERSED);
        let look = Look::of(style, Ground::DARK);
        assert_eq!((look.text, look.back), (Ground::DARK.back, Some((10, 20, 30))));
        let dim = Look::of(Style::new().add_modifier(Modifier::DIM), Ground::DARK);
        assert!(dim.text.0 < Ground::DARK.text.0 && dim.text.0 > Ground::DARK.back.0, "{dim:?}");
    }

    #[test]
    fn nothing_breaks_out_of_an_element() {
        assert_eq!(escape("<a b='c'>&\"\u{1b}[0m"), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;\u{fffd}[0m");
    }
}
