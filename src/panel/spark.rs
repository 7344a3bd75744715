//! The range as a small picture: columns of eighth blocks, each in the colour of its own level, so that one sees when it
//! turned.

use ratatui::style::Style;

use super::Frame;
use super::pen::Pen;
use super::scale::Scale;
use crate::layout::Level;
use crate::series::is_gap;

/// From one eighth to the whole.
pub(super) const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws curve `index` over the pen's whole area. A value at the bottom of the scale is one eighth high, a gap is blank;
/// of the steps that share a column the most alarming is drawn. `plain` is the style of values without a level.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>, index: usize, plain: Style) {
    let Some(curve) = frame.curves.get(index) else { return };
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
        let style = frame.level(curve, value).map_or(plain, |level| frame.level_style(Some(level)));
        let most = i32::from(rows) * 8;
        let mut left = 1 + (scale.share(value).clamp(0.0, 1.0) * f64::from(most - 1)).round() as i32;
        for y in (0..rows).rev() {
            if left <= 0 {
                break;
            }
            pen.glyph(column as u16, y, EIGHTHS[(left.min(8) - 1) as usize], style);
            left -= 8;
        }
    }
}
