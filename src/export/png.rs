//! The picture of a screen in dots, for whatever shows no SVG. Drawn by `resvg` with the fonts of this machine.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// Dots for each pixel of the SVG, in both directions: letters stay sharp on fine screens.
const SCALE: f32 = 2.0;

/// Most dots of a picture; each takes four bytes while it is drawn.
const MOST: f32 = 60e6;

/// A picture cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PngError {
    /// Nothing to write letters with.
    #[error("no monospaced font is installed: install one (DejaVu Sans Mono), or use --format svg")]
    NoFont,
    /// It would have too many dots.
    #[error("{width}x{height} dots are too many for a PNG: choose a smaller --size, or --format svg")]
    TooLarge {
        /// Dots across.
        width: u32,
        /// Lines of dots.
        height: u32,
    },
    /// The SVG cannot be read or the PNG cannot be written.
    #[error("the picture cannot be drawn: {0}")]
    Drawing(String),
}

/// The picture that [`svg`](super::svg) wrote as the bytes of a PNG.
///
/// # Errors
/// No monospaced font is installed, or the picture is too large.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    draw(svg, fonts)
}

fn draw(svg: &str, mut fonts: Database) -> Result<Vec<u8>, PngError> {
    let mut families: Vec<String> = fonts
        .faces()
        .filter(|face| face.monospaced)
        .filter_map(|face| face.families.first().map(|(name, _)| name.clone()))
        .collect();
    // The first by name, so that the same machine draws the same picture every time.
    families.sort();
    let Some(family) = families.first() else { return Err(PngError::NoFont) };
    fonts.set_monospace_family(family.as_str());
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| PngError::Drawing(e.to_string()))?;
    let (width, height) = ((tree.size().width() * SCALE).ceil(), (tree.size().height() * SCALE).ceil());
    let (across, down) = (width as u32, height as u32);
    let too_large = PngError::TooLarge { width: across, height: down };
    let pixmap = if width * height <= MOST { Pixmap::new(across, down) } else { None };
    let mut pixmap = pixmap.ok_or(too_large)?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| PngError::Drawing(e.to_string()))
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::export::{Ground, svg};

    fn picture(text: &str) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        buffer.set_string(1, 1, text, Style::new().fg(Color::Rgb(255, 0, 0)));
        svg(&buffer, Ground::DARK, "a test")
    }

    #[test]
    fn letters_and_drawings_become_dots_of_their_colour() {
        for text in ["letters", "█▌⣿", "─│╭"] {
            let bytes = png(&picture(text)).expect("a font is installed where the tests run");
            let drawn = Pixmap::decode_png(&bytes).expect("a PNG");
            assert_eq!((drawn.width(), drawn.height()), (400, 154));
            let red = drawn.pixels().iter().filter(|dot| dot.red() > 150 && dot.green() < 60).count();
            assert!(red > 50, "{text}: {red} red dots");
        }
    }

    #[test]
    fn the_same_screen_is_the_same_picture() {
        assert_eq!(png(&picture("x")), png(&picture("x")));
    }

    #[test]
    fn without_a_font_it_says_what_to_install() {
        let error = draw(&picture("x"), Database::new()).expect_err("no font");
        assert_eq!(error, PngError::NoFont);
        assert!(error.to_string().contains("DejaVu Sans Mono"));
    }

    #[test]
    fn a_picture_that_would_fill_the_memory_is_refused() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9020\" height=\"19020\"/>";
        let error = png(svg).expect_err("too large");
        assert_eq!(error, PngError::TooLarge { width: 18_040, height: 38_040 });
    }
}
