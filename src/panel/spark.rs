//! The range as a small picture: columns of eighth blocks, each in the colour of its own level, so that one sees when it
//! turned.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::pen::Pen;
use super::scale::Scale;
use super::{Curve, Frame};
use crate::layout::Level;
use crate::series::is_gap;

/// From one eighth to the whole.
pub(super) const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws values on one line without a scale of their own: the lowest is one eighth high, the highest seven.
pub fn course(values: &[f64], style: Style, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, Rect { height: area.height.min(1), ..area });
    let columns = usize::from(pen.width());
    let present = || values.iter().copied().filter(|v| !is_gap(*v) && v.is_finite());
    let (Some(low), Some(high)) = (present().min_by(f64::total_cmp), present().max_by(f64::total_cmp)) else { return };
    if columns == 0 || pen.height() == 0 {
        return;
    }
    for column in 0..columns {
        let from = column * values.len() / columns;
        let to = ((column + 1) * values.len() / columns).max(from + 1).min(values.len());
        let seen = values[from..to].iter().copied().filter(|v| !is_gap(*v) && v.is_finite());
        let Some(value) = seen.max_by(f64::total_cmp) else { continue };
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        pen.glyph(column as u16, 0, EIGHTHS[(share * 6.0).round() as usize], style);
    }
}

/// Draws `curve` over the pen's whole area. A value at the bottom of the scale is one eighth high, a gap is blank;
/// of the steps that share a column the most alarming is drawn. `plain` is the style of values without a level.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>, curve: &Curve, plain: Style) {
    let (columns, rows) = (usize::from(pen.width()), pen.height());
    if curve.values.is_empty() || columns == 0 || rows == 0 {
        return;
    }
    let scale = Scale::fit(curve.values.iter().copied(), frame.unit(curve.axis), frame.panel.min, frame.panel.max);
    let low_is_bad = frame.panel.thresholds.low_is_bad();
    let steps = curve.values.len();
    for column in 0..columns {
        let from = column * steps / columns;
        let to = ((column + 1) * steps / columns).max(from + 1);
        let present = curve.values[from..to].iter().copied().filter(|v| !is_gap(*v) && !v.is_nan());
        let alarm = |v: &f64| (frame.level(curve, *v).filter(|l| *l > Level::Good), if low_is_bad { -*v } else { *v });
        let Some(value) = present.max_by(|a, b| {
            let (a, b) = (alarm(a), alarm(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        }) else {
            continue;
        };
        let level = frame.level(curve, value);
        // Only what alarms is bright, so that the eye finds when it happened.
        let style = match level {
            Some(Level::Warn | Level::Bad) => frame.level_style(level).remove_modifier(Modifier::BOLD),
            Some(Level::Good) => frame.theme.good.add_modifier(Modifier::DIM),
            None => plain.add_modifier(Modifier::DIM),
        };
        // The number of a state has no size; how bad it is has one.
        let share = match (frame.panel.mapping(value), level) {
            (Some(_), Some(Level::Good)) => 0.0,
            (Some(_), Some(Level::Warn)) => 0.5,
            (Some(_), Some(Level::Bad)) => 1.0,
            _ => scale.share(value),
        };
        // A single row leaves an eighth free, so that the rows of a list do not run together.
        let most = if rows == 1 { 7 } else { i32::from(rows) * 8 };
        let mut left = 1 + (share.clamp(0.0, 1.0) * f64::from(most - 1)).round() as i32;
        for y in (0..rows).rev() {
            if left <= 0 {
                break;
            }
            pen.glyph(column as u16, y, EIGHTHS[(left.min(8) - 1) as usize], style);
            left -= 8;
        }
    }
}
