//! The screen as a picture.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::run::{Run, runs};
use super::shape::{Shape, shapes};
use super::{Ground, Look, escape, hex};

/// Width and height of a cell, and the size of its type, in pixels.
const WIDTH: f64 = 9.0;
const HEIGHT: f64 = 19.0;
const TYPE: f64 = 15.0;

/// Where the type stands in its cell.
const BASELINE: f64 = 14.2;

/// Pixels around the screen.
const MARGIN: f64 = 10.0;

/// Width of a light stroke and of a heavy one, and the radius of a dot.
const LIGHT: f64 = 1.1;
const HEAVY: f64 = 2.6;
const DOT: f64 = 1.25;

/// The screen as a standalone SVG 1.1 document. Every run of text is fitted to its cells, so that it stays aligned in
/// whatever monospaced font there is.
pub fn svg(buf: &Buffer, ground: Ground, title: &str) -> String {
    let (width, height) = (f64::from(buf.area.width) * WIDTH, f64::from(buf.area.height) * HEIGHT);
    let (outer_width, outer_height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{outer_width}\" height=\"{outer_height}\" \
         viewBox=\"0 0 {outer_width} {outer_height}\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\" font-size=\"{TYPE}\" font-family=\"'DejaVu Sans Mono', \
         'JetBrains Mono', Menlo, Consolas, 'Liberation Mono', monospace\" xml:space=\"preserve\">\n",
        escape(title),
        hex(ground.back),
    );
    for y in 0..buf.area.height {
        let line = runs(buf, y);
        // Grounds first: a character may reach over its cell.
        for run in &line {
            back(run, y, ground, &mut out);
        }
        for run in &line {
            front(run, y, ground, &mut out);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn back(run: &Run, y: u16, ground: Ground, out: &mut String) {
    if let Some(fill) = Look::of(run.style, ground).back {
        let (x, y) = (f64::from(run.x) * WIDTH, f64::from(y) * HEIGHT);
        let width = f64::from(run.width) * WIDTH;
        // Writing into a string cannot fail, here and below.
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
            hex(fill)
        )
        .ok();
    }
}

/// Letters and shapes of a run, each kind of shape in one path.
fn front(run: &Run, y: u16, ground: Ground, out: &mut String) {
    let look = Look::of(run.style, ground);
    let top = f64::from(y) * HEIGHT;
    let mut drawing = Drawing::default();
    let mut word = Word { x: run.x, width: 0, text: String::new() };
    let mut x = run.x;
    for symbol in run.text.graphemes(true) {
        let width = symbol.width().max(1) as u16;
        let mut characters = symbol.chars();
        let drawn = match (characters.next(), characters.next()) {
            (Some(' '), None) => Some(Vec::new()),
            (Some(c), None) => shapes(c),
            _ => None,
        };
        if let Some(shapes) = drawn {
            // A single blank between words belongs to the text; what is drawn ends it.
            if symbol == " " && word.width > 0 && !word.text.ends_with(' ') {
                word.text.push(' ');
                word.width += 1;
            } else {
                word.put(top, look, out);
                word = Word { x: x + width, width: 0, text: String::new() };
            }
            for shape in shapes {
                drawing.add(&shape, f64::from(x) * WIDTH, top);
            }
        } else {
            if word.width == 0 {
                word.x = x;
            }
            word.text.push_str(symbol);
            word.width += width;
        }
        x += width;
    }
    word.put(top, look, out);
    drawing.put(&hex(look.text), out);
    if look.underlined {
        let (x, width) = (f64::from(run.x) * WIDTH, f64::from(run.width) * WIDTH);
        writeln!(out, "<path d=\"M{x} {}h{width}\" stroke=\"{}\"/>", top + BASELINE + 2.0, hex(look.text)).ok();
    }
}

/// Letters without a drawing between them.
struct Word {
    x: u16,
    width: u16,
    text: String,
}

impl Word {
    fn put(&self, top: f64, look: Look, out: &mut String) {
        let text = self.text.trim_end();
        if text.is_empty() {
            return;
        }
        let blanks = (self.text.len() - text.len()) as u16;
        let (x, width) = (f64::from(self.x) * WIDTH, f64::from(self.width - blanks) * WIDTH);
        let bold = if look.bold { " font-weight=\"bold\"" } else { "" };
        let italic = if look.italic { " font-style=\"italic\"" } else { "" };
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{bold}{italic}>{}</text>",
            top + BASELINE,
            hex(look.text),
            escape(text)
        )
        .ok();
    }
}

/// The shapes of one colour.
#[derive(Default)]
struct Drawing {
    dots: String,
    light: String,
    heavy: String,
    /// Bars by opacity, in percent.
    bars: Vec<(u8, String)>,
}

impl Drawing {
    fn add(&mut self, shape: &Shape, left: f64, top: f64) {
        let point = |(x, y): (f64, f64)| format!("{} {}", round(left + x * WIDTH), round(top + y * HEIGHT));
        match *shape {
            Shape::Dot(x, y) => {
                let (x, y) = (round(left + x * WIDTH - DOT), round(top + y * HEIGHT));
                write!(self.dots, "M{x} {y}a{DOT} {DOT} 0 1 1 {d} 0a{DOT} {DOT} 0 1 1 -{d} 0", d = 2.0 * DOT).ok();
            }
            Shape::Bar(x, y, w, h, opacity) => {
                let percent = (opacity * 100.0) as u8;
                let at = self.bars.iter().position(|(p, _)| *p == percent).unwrap_or_else(|| {
                    self.bars.push((percent, String::new()));
                    self.bars.len() - 1
                });
                let (w, h) = (round(w * WIDTH), round(h * HEIGHT));
                write!(self.bars[at].1, "M{}h{w}v{h}h-{w}z", point((x, y))).ok();
            }
            Shape::Stroke(from, to, heavy) => {
                let path = if heavy { &mut self.heavy } else { &mut self.light };
                write!(path, "M{}L{}", point(from), point(to)).ok();
            }
            Shape::Corner(from, to) => {
                write!(self.light, "M{}Q{} {}", point(from), point((0.5, 0.5)), point(to)).ok();
            }
        }
    }

    fn put(&self, color: &str, out: &mut String) {
        for (percent, path) in &self.bars {
            let opacity = if *percent == 100 { String::new() } else { format!(" opacity=\"0.{percent}\"") };
            writeln!(out, "<path d=\"{path}\" fill=\"{color}\"{opacity} shape-rendering=\"crispEdges\"/>").ok();
        }
        if !self.dots.is_empty() {
            writeln!(out, "<path d=\"{}\" fill=\"{color}\"/>", self.dots).ok();
        }
        for (path, width) in [(&self.light, LIGHT), (&self.heavy, HEAVY)] {
            if !path.is_empty() {
                writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"/>").ok();
            }
        }
    }
}

/// Hundredths of a pixel are enough, and keep the file small.
fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;

    fn picture(text: &str) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
        buf.set_string(0, 0, text, Style::new().fg(Color::Rgb(1, 2, 3)));
        svg(&buf, Ground::DARK, "a <title>")
    }

    #[test]
    fn text_is_fitted_to_its_cells_and_escaped() {
        let got = picture("a<b  c");
        assert!(got.contains("<title>a &lt;title&gt;</title>"), "{got}");
        assert!(
            got.contains("textLength=\"27\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#010203\">a&lt;b</text>"),
            "{got}"
        );
        assert!(got.contains("<text x=\"45\""), "the second word starts in its own cell: {got}");
    }

    #[test]
    fn drawings_are_paths_not_letters() {
        let got = picture("⣿─█");
        assert!(!got.contains("<text"), "{got}");
        assert_eq!(got.matches("<path").count(), 3, "{got}");
    }
}
