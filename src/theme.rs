//! Colours with a meaning, for terminals with 16 million, 256, 16 or no colours. May use nothing of the crate.

mod charset;
mod contrast;
mod depth;
mod links;
mod palette;

pub use charset::Charset;
pub use depth::{Depth, TerminalHints};
pub use links::Links;
pub use palette::{DARK_GROUND, NAMES, Palette, Rgb};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// Every colour on the screen, by what it means. Built once for a terminal's colour depth; with [`Depth::None`] all
/// colours are the terminal's own and only bold, dim and reverse are left, so meaning must never rest on colour alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// How many colours the terminal has.
    pub depth: Depth,
    /// The ground painted behind everything; `None` where it is the terminal's own.
    pub back: Option<Color>,
    /// Ordinary text.
    pub text: Style,
    /// Text that matters less: units, axis labels, help.
    pub dim: Style,
    /// Panel borders.
    pub border: Style,
    /// The border of the selected panel.
    pub selected: Style,
    /// Panel titles.
    pub title: Style,
    /// Key names in the footer, links.
    pub accent: Style,
    /// The header and footer bars.
    pub bar: Style,
    /// As it should be.
    pub good: Style,
    /// Look soon.
    pub warn: Style,
    /// Look now.
    pub bad: Style,
    /// The DEMO mark and other banners that nobody may miss.
    pub banner: Style,
    /// What becomes of links: plain text, unless somebody knows that the terminal does more.
    pub links: Links,
    series: Vec<Style>,
    heat: Vec<Style>,
}

/// The theme that suits the ground of the terminal, as far as the environment tells: `COLORFGBG`, which some terminals
/// set to their default colours (`15;0`), ends in 7 or 15 on a light ground. No answer means dark.
pub fn suited(colorfgbg: Option<&str>) -> &'static str {
    match colorfgbg.and_then(|v| v.rsplit(';').next()) {
        Some("7" | "15") => "light",
        _ => "dark",
    }
}

impl Theme {
    /// The dark theme for a terminal with this many colours.
    pub fn dark(depth: Depth) -> Self {
        Self::new(&Palette::dark(), depth)
    }

    /// A built-in theme for a terminal with this many colours; `mono` has none on any terminal. `None` for a name that
    /// is none of [`NAMES`].
    pub fn named(name: &str, depth: Depth) -> Option<Self> {
        let depth = if name == "mono" { Depth::None } else { depth };
        Palette::named(name).map(|palette| Self::new(&palette, depth))
    }

    /// A theme of these colours, each fitted to what a terminal with this many can show.
    pub fn new(palette: &Palette, depth: Depth) -> Self {
        let color = |(r, g, b): Rgb| depth.color(r, g, b);
        let fg = |rgb| Style::new().fg(color(rgb));
        let plain = depth == Depth::None;
        let bold = |s: Style| s.add_modifier(Modifier::BOLD);
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        let unless_plain = |s: Style| if plain { Style::new() } else { s };
        Self {
            depth,
            back: palette.back.map(color).filter(|_| !plain),
            text: unless_plain(fg(palette.text)),
            dim: if plain { Style::new().add_modifier(Modifier::DIM) } else { fg(palette.dim) },
            border: unless_plain(fg(palette.border)),
            selected: bold(fg(palette.accent)),
            title: bold(unless_plain(fg(palette.title))),
            accent: bold(fg(palette.accent)),
            bar: if plain { reversed } else { fg(palette.bar_text).bg(color(palette.bar_back)) },
            good: fg(palette.good),
            warn: bold(fg(palette.warn)),
            bad: bold(fg(palette.bad)),
            banner: bold(if plain { reversed } else { fg(palette.banner_text).bg(color(palette.banner_back)) }),
            links: Links::Plain,
            series: palette.series.iter().copied().map(fg).collect(),
            heat: palette.heat.iter().copied().map(fg).collect(),
        }
    }

    /// The same where links become this.
    #[must_use]
    pub fn with_links(self, links: Links) -> Self {
        Self { links, ..self }
    }

    /// Gives every cell without a ground of its own the theme's, and its text the theme's colour where it has none.
    pub fn paint(&self, area: Rect, buf: &mut Buffer) {
        let Some(back) = self.back else { return };
        let text = self.text.fg.unwrap_or(Color::Reset);
        let area = area.intersection(buf.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let Some(cell) = buf.cell_mut((x, y)) else { continue };
                if cell.bg == Color::Reset {
                    cell.bg = back;
                }
                if cell.fg == Color::Reset {
                    cell.fg = text;
                }
            }
        }
    }

    /// Text on a ground of this colour, black or white, whichever can be read better. Without colours it stands out from a
    /// bar by being all that is not reversed.
    pub fn ground(&self, rgb: Rgb) -> Style {
        if self.depth == Depth::None {
            return Style::new().add_modifier(Modifier::BOLD).remove_modifier(Modifier::REVERSED);
        }
        let (r, g, b) = rgb;
        let luminance = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
        let text = if luminance > 110_000 { (0x0c, 0x0e, 0x14) } else { (0xff, 0xff, 0xff) };
        let back = self.depth.color(r, g, b);
        // A terminal of 16 colours has its own idea of each of them; black and white it has, too.
        let text = self.depth.color(text.0, text.1, text.2);
        Style::new().fg(text).bg(back).add_modifier(Modifier::BOLD)
    }

    /// The style of the `i`-th series of a panel; colours repeat when all are given out.
    pub fn series(&self, i: usize) -> Style {
        self.series[i % self.series.len()]
    }

    /// The colour of a heatmap cell, `share` from 0 (fewest) to 1 (most); values outside are clamped, NaN is 0.
    pub fn heat(&self, share: f64) -> Color {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let i = (share * (self.heat.len() - 1) as f64).round() as usize;
        self.heat[i].fg.unwrap_or(Color::Reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_no_style_has_one() {
        let t = Theme::dark(Depth::None);
        for s in [
            t.text,
            t.dim,
            t.border,
            t.selected,
            t.title,
            t.accent,
            t.bar,
            t.good,
            t.warn,
            t.bad,
            t.banner,
            t.series(3),
        ] {
            assert!(matches!(s.fg, None | Some(Color::Reset)) && matches!(s.bg, None | Some(Color::Reset)), "{s:?}");
        }
    }

    #[test]
    fn a_light_ground_is_taken_from_the_environment() {
        assert_eq!(suited(None), "dark");
        assert_eq!(suited(Some("15;0")), "dark");
        assert_eq!(suited(Some("0;15")), "light");
        assert_eq!(suited(Some("0;default;7")), "light");
        assert_eq!(suited(Some("")), "dark");
    }

    #[test]
    fn a_painted_ground_leaves_what_has_its_own() {
        let theme = Theme::named("light", Depth::TrueColor).expect("built in");
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        buf.set_string(0, 0, "a", Style::new().bg(Color::Red));
        buf.set_string(1, 0, "b", Style::new().fg(Color::Green));
        theme.paint(Rect::new(0, 0, 3, 1), &mut buf);
        assert_eq!((buf[(0, 0)].bg, buf[(0, 0)].fg), (Color::Red, theme.text.fg.expect("coloured")));
        assert_eq!((buf[(1, 0)].bg, buf[(1, 0)].fg), (theme.back.expect("painted"), Color::Green));
        Theme::dark(Depth::TrueColor).paint(Rect::new(0, 0, 3, 1), &mut buf);
        assert_eq!(Some(buf[(2, 0)].bg), theme.back, "the dark theme paints nothing");
    }

    #[test]
    fn every_theme_has_a_name_and_mono_no_colours() {
        assert!(NAMES.iter().all(|name| Theme::named(name, Depth::Ansi).is_some()));
        assert_eq!(Theme::named("mono", Depth::TrueColor), Some(Theme::dark(Depth::None)));
    }

    #[test]
    fn text_on_a_colour_can_be_read_at_every_depth() {
        for depth in [Depth::Ansi, Depth::Indexed, Depth::TrueColor] {
            let theme = Theme::dark(depth);
            for rgb in [(0xe5, 0x48, 0x4d), (0xf2, 0xc5, 0x4b), (0, 0, 0x80), (0xe6, 0xea, 0xf2), (0, 0, 0)] {
                let style = theme.ground(rgb);
                assert!(style.fg.is_some() && style.bg.is_some() && style.fg != style.bg, "{rgb:?} at {depth:?}");
            }
        }
        let plain = Style::new().add_modifier(Modifier::REVERSED).patch(Theme::dark(Depth::None).ground((255, 0, 0)));
        assert_eq!((plain.add_modifier, plain.bg), (Modifier::BOLD, None));
    }

    #[test]
    fn heat_takes_any_share() {
        let t = Theme::dark(Depth::TrueColor);
        assert_eq!(t.heat(f64::NAN), t.heat(-3.0));
        assert_eq!(t.heat(2.0), t.heat(1.0));
        assert_ne!(t.heat(0.0), t.heat(1.0));
    }
}
