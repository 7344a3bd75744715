//! A number on its scale: an arc where there is room for one, else a bar with an eighth of a cell's precision, the
//! thresholds beside it.

mod arc;

use ratatui::style::{Modifier, Style};

use super::digits::Large;
use super::pen::{self, Pen};
use super::scale::Scale;
use super::{Frame, chrome, stat};
use crate::layout::Level;
use crate::unit::Unit;

/// From one eighth of a cell to seven, from the left.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if pen.width() == 0 || pen.height() == 0 {
        return;
    }
    if frame.curves.iter().all(|curve| frame.value(curve).is_none()) {
        // A scale with nothing on it would read as a zero.
        stat::draw(frame, pen);
        return;
    }
    let order = frame.by_weight();
    let scale = scale(frame);
    match order[..] {
        [] => {}
        _ if arc::draw(frame, pen, scale, &order) => {}
        [index] => draw_one(frame, pen, scale, index),
        _ => draw_bars(frame, pen, scale, &order),
    }
}

/// The bar of what matters most alone, with its thresholds below where there are rows for both.
pub(super) fn draw_bar(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let Some(&index) = frame.by_weight().first().filter(|_| width > 0 && height > 0) else { return };
    let (scale, tick_rows) = (scale(frame), u16::from(height >= 2));
    let rows = (height - tick_rows).min(6);
    bar(frame, &mut pen.part(0, 0, width, rows), scale, index);
    if tick_rows > 0 {
        ticks(frame, &mut pen.part(0, rows, width, 1), scale);
    }
}

/// The panel's fixed ends; where they are missing, 0 and enough for values and thresholds.
fn scale(frame: &Frame<'_>) -> Scale {
    let panel = frame.panel;
    let values = frame.curves.iter().filter_map(|curve| frame.value(curve)).filter(|v| v.is_finite());
    let reach = values.chain(panel.thresholds.steps.iter().map(|(from, _)| *from));
    let (lo, hi) = reach.fold((0.0_f64, 0.0_f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = match panel.unit {
        Unit::Percent if lo >= 0.0 && hi <= 100.0 => (0.0, 100.0),
        _ if lo == hi => (0.0, 1.0),
        // With room beyond, or the greatest value would always be a full bar.
        unit => unit.round_out(lo * 1.25, hi * 1.25, 3),
    };
    Scale::of(panel.min.unwrap_or(lo), panel.max.unwrap_or(hi))
}

/// The number above, the bar, the thresholds below.
fn draw_one(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, index: usize) {
    let (width, height) = (pen.width(), pen.height());
    let (text, style) = words(frame, index);
    if height == 1 {
        let text_width = pen::width(&text).min(width);
        pen.right(width, 0, &text, style);
        if width > text_width + 3 {
            bar(frame, &mut pen.part(0, 0, width - text_width - 1, 1), scale, index);
        }
        return;
    }
    let tick_rows = u16::from(height >= 3 && width >= 12);
    let caption = &frame.curves[index].name;
    let room = height - tick_rows;
    let bar_rows = if room >= 6 { (room / 4).clamp(2, 4) } else { 1 };
    let room = room - bar_rows;
    let large = Large::number(&text).filter(|_| frame.panel.mappings.is_empty());
    let large = large.and_then(|large| large.scale(width.saturating_sub(2), room).map(|scale| (large, scale)));
    let value_rows = large.as_ref().map_or(1, |(_, scale)| Large::height(*scale));
    let has_caption = room > value_rows + 1 && !caption.is_empty() && caption != "{}" && *caption != frame.panel.title;
    let blank = room - value_rows - u16::from(has_caption);
    let top = blank / 2;
    match large {
        Some((large, scale)) => {
            large.draw(pen, ((width - large.width(scale)) / 2, top), scale, style, frame.theme.dim);
        }
        None => pen.centred(top, &text, style),
    }
    if has_caption {
        pen.centred(top + value_rows, caption, frame.theme.dim);
    }
    bar(frame, &mut pen.part(0, room, width, bar_rows), scale, index);
    if tick_rows > 0 {
        ticks(frame, &mut pen.part(0, height - 1, width, 1), scale);
    }
}

/// A bar a series, the ones that matter first.
fn draw_bars(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, order: &[usize]) {
    let (width, height) = (pen.width(), pen.height());
    let tick_rows = u16::from(height >= 3 && width >= 36);
    let rows = height - tick_rows;
    let shown = if order.len() > usize::from(rows) { usize::from(rows) - 1 } else { order.len() };
    let texts: Vec<(String, Style)> = order.iter().map(|&index| words(frame, index)).collect();
    let value_width = texts.iter().map(|(text, _)| pen::width(text)).max().unwrap_or(0).min(width);
    let widest = order.iter().map(|&index| pen::width(&frame.curves[index].name)).max().unwrap_or(0);
    let name_width = widest.min(width / 3);
    let bar_width = width.saturating_sub(name_width + value_width + 2);
    let names: Vec<&str> = order.iter().take(shown).map(|&index| frame.curves[index].name.as_str()).collect();
    let names = pen::fit_all(&names, if bar_width < 3 { width.saturating_sub(value_width + 1) } else { name_width });
    for (y, ((&index, name), (text, style))) in (0..).zip(order.iter().zip(&names).zip(&texts)) {
        pen.right(width, y, text, *style);
        pen.text(0, y, name, frame.theme.dim);
        if bar_width >= 3 {
            bar(frame, &mut pen.part(name_width + 1, y, bar_width, 1), scale, index);
        }
    }
    if shown < order.len() {
        let more = format!("+{} more of {} series", order.len() - shown, order.len());
        pen.fitted(0, shown as u16, width, &more, frame.theme.dim);
    }
    if tick_rows > 0 && bar_width >= 12 {
        ticks(frame, &mut pen.part(name_width + 1, height - 1, bar_width, 1), scale);
    }
}

fn words(frame: &Frame<'_>, index: usize) -> (String, Style) {
    let curve = &frame.curves[index];
    match frame.value(curve) {
        None => ("no value now".to_owned(), frame.theme.dim),
        Some(v) if v.is_nan() && frame.panel.mapping(v).is_none() => ("NaN (0/0)".to_owned(), frame.theme.dim),
        Some(v) => {
            let level = frame.level(curve, v);
            let style = frame.level_style(level).add_modifier(Modifier::BOLD);
            let text = frame.text(curve, v);
            match level.filter(|level| *level > Level::Good) {
                Some(level) if frame.curves.len() > 1 => (format!("{} {text}", chrome::glyph(level)), style),
                _ => (text, style),
            }
        }
    }
}

/// Fills the pen's area up to the value. The track beyond has the colours of the levels it leads through; a value beyond
/// the scale ends in an arrow, one that is not a number leaves the track empty.
fn bar(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, index: usize) {
    let (width, rows) = (pen.width(), pen.height());
    let value = frame.value(&frame.curves[index]).filter(|v| !v.is_nan());
    let share = value.map_or(0.0, |v| scale.share(v));
    let style = value.map_or(frame.theme.dim, |v| match frame.level(&frame.curves[index], v) {
        None => frame.series_style(index),
        level => frame.level_style(level),
    });
    let eighths = (share.clamp(0.0, 1.0) * f64::from(width) * 8.0).round() as u16;
    for x in 0..width {
        let filled = eighths.saturating_sub(x * 8).min(8);
        for y in 0..rows {
            match filled {
                8 => pen.glyph(x, y, '█', style),
                0 => pen.glyph(x, y, '░', track(frame, scale, x, width)),
                n => pen.glyph(x, y, EIGHTHS[usize::from(n) - 1], style),
            }
        }
    }
    for &(from, level) in &frame.panel.thresholds.steps {
        let at = scale.share(from);
        let x = (at * f64::from(width.saturating_sub(1))).round() as u16;
        // On the bar itself the colour says which side the value is on.
        if at > 0.0 && at < 1.0 && x * 8 >= eighths {
            (0..rows).for_each(|y| pen.glyph(x, y, '┃', frame.level_style(Some(level))));
        }
    }
    if share > 1.0 && width > 0 {
        (0..rows).for_each(|y| pen.glyph(width - 1, y, '▶', style));
    } else if share < 0.0 {
        (0..rows).for_each(|y| pen.glyph(0, y, '◀', style));
    }
}

/// The style of the track in a column: faint, in the colour of the level there.
fn track(frame: &Frame<'_>, scale: Scale, x: u16, width: u16) -> Style {
    if !frame.has_colours() || frame.panel.thresholds.is_empty() {
        return frame.theme.border;
    }
    let at = (f64::from(x) + 0.5) / f64::from(width);
    let value = scale.lo() * (1.0 - at) + scale.hi() * at;
    let level = frame.panel.thresholds.level(value);
    frame.level_style(level).remove_modifier(Modifier::BOLD).add_modifier(Modifier::DIM)
}

/// The ends of the scale, and each threshold where it lies.
fn ticks(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale) {
    let width = pen.width();
    let text = |v: f64| super::brief(frame.panel.unit, v);
    let (lo, hi) = (text(scale.lo()), text(scale.hi()));
    let mut taken = vec![(0, pen::width(&lo)), (width.saturating_sub(pen::width(&hi)), width)];
    if pen::width(&lo) + pen::width(&hi) + 2 > width {
        taken.clear();
    } else {
        pen.text(0, 0, &lo, frame.theme.dim);
        pen.right(width, 0, &hi, frame.theme.dim);
    }
    for &(from, level) in frame.panel.thresholds.steps.iter().rev() {
        let share = scale.share(from);
        if !(0.0..=1.0).contains(&share) {
            continue;
        }
        let x = (share * f64::from(width.saturating_sub(1))).round() as u16;
        let label = text(from);
        let free = |from: u16, to: u16| to <= width && taken.iter().all(|&(a, b)| to < a || from > b);
        let label_width = pen::width(&label);
        let style = frame.level_style(Some(level));
        // The label to the right of its mark, else to the left, else the mark alone.
        if free(x, x + 1 + label_width) {
            pen.glyph(x, 0, '▴', style);
            pen.text(x + 1, 0, &label, style);
            taken.push((x, x + 1 + label_width));
        } else if x >= label_width && free(x - label_width, x + 1) {
            pen.glyph(x, 0, '▴', style);
            pen.text(x - label_width, 0, &label, style);
            taken.push((x - label_width, x + 1));
        } else if free(x, x + 1) {
            pen.glyph(x, 0, '▴', style);
            taken.push((x, x + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn eighths_grow() {
        assert!(super::EIGHTHS.windows(2).all(|w| w[0] > w[1]), "from U+258F down to U+2589");
    }
}
