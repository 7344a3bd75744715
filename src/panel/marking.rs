//! What lies behind the lines of a chart: thresholds as lines and bands, and where the present is.

use ratatui::style::{Color, Modifier, Style};

use super::pen::Pen;
use super::scale::Scale;
use super::{Frame, axis, last_step};
use crate::layout::{Level, Marking};
use crate::theme::{DARK_GROUND, Depth};

/// Dashed lines at the thresholds that lie inside the scale, behind everything else.
pub(super) fn draw_lines(frame: &Frame<'_>, plot: &mut Pen<'_>, scale: Scale) {
    if !matches!(frame.panel.marking, Marking::Lines | Marking::Both) {
        return;
    }
    for &(from, level) in &frame.panel.thresholds.steps {
        if !(0.0..=1.0).contains(&scale.share(from)) {
            continue;
        }
        // Where small is bad the step marks where the worse level ends.
        let level = if frame.panel.thresholds.low_is_bad() { below(frame, from) } else { Some(level) };
        let style = faint(frame, level);
        let y = axis::row_of(scale, from, plot.height());
        for x in 0..plot.width() {
            if plot.is_blank(x, y) {
                plot.glyph(x, y, '╌', style);
            }
        }
    }
}

/// The ground of each row in the colour of the level that its values have; without colours fine enough a pattern for what
/// is not good.
pub(super) fn draw_bands(frame: &Frame<'_>, plot: &mut Pen<'_>, scale: Scale) {
    if !matches!(frame.panel.marking, Marking::Bands | Marking::Both) {
        return;
    }
    let (width, rows) = (plot.width(), plot.height());
    for y in 0..rows {
        let Some(level) = frame.panel.thresholds.level(scale.at(1.0 - (f64::from(y) + 0.5) / f64::from(rows))) else {
            continue;
        };
        if let Some(ground) = ground(frame, level) {
            plot.part(0, y, width, 1).tint(Style::new().bg(ground));
        } else if level > Level::Good {
            for x in (y % 2..width).step_by(2) {
                plot.glyph(x, y, '·', faint(frame, Some(level)));
            }
        }
    }
}

/// A line through what is blank where the present is, if the window goes beyond it.
pub(super) fn draw_now(frame: &Frame<'_>, plot: &mut Pen<'_>) {
    let span = (frame.window.start, last_step(frame));
    if frame.now >= span.1 {
        return;
    }
    let Some(x) = axis::column_at(frame.now, span, plot.width()) else { return };
    for y in 0..plot.height() {
        if plot.is_blank(x, y) {
            plot.glyph(x, y, '┊', frame.theme.accent);
        }
    }
    let word = "now";
    if (x + 1..x + 4).all(|x| plot.is_blank(x, 0)) {
        plot.text(x + 1, 0, word, frame.theme.dim);
    }
}

/// The level of values just below a threshold step.
fn below(frame: &Frame<'_>, from: f64) -> Option<Level> {
    let thresholds = &frame.panel.thresholds;
    thresholds.steps.iter().rev().find(|(v, _)| *v < from).map(|&(_, level)| level).or(thresholds.base)
}

fn faint(frame: &Frame<'_>, level: Option<Level>) -> Style {
    frame.level_style(level).remove_modifier(Modifier::BOLD).add_modifier(Modifier::DIM)
}

/// A shade of the level's colour on which lines and text can still be read; `None` where the terminal has no such shade.
fn ground(frame: &Frame<'_>, level: Level) -> Option<Color> {
    /// Parts of the colour in a hundred.
    const SHADE: u32 = 16;
    let (Depth::TrueColor, Some(Color::Rgb(r, g, b))) = (frame.theme.depth, frame.level_style(Some(level)).fg) else {
        return None;
    };
    let back = match frame.theme.back {
        Some(Color::Rgb(r, g, b)) => (r, g, b),
        _ => DARK_GROUND,
    };
    let mix = |color: u8, back: u8| ((u32::from(color) * SHADE + u32::from(back) * (100 - SHADE)) / 100) as u8;
    Some(Color::Rgb(mix(r, back.0), mix(g, back.1), mix(b, back.2)))
}
