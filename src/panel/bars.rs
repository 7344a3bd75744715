//! Bars: one a series, from a common zero, in the colours of the thresholds that it passes. Series that are a histogram's
//! buckets stand as columns beside each other instead.

mod buckets;

use ratatui::style::{Modifier, Style};

use super::list::{self, Excerpt};
use super::pen::{self, Pen};
use super::scale::Scale;
use super::spark;
use super::{Frame, brief, chrome};
use crate::layout::{Level, Reduce};
use crate::unit::Unit;

pub(super) use buckets::are as are_buckets;

/// From one eighth of a cell to seven, from the left.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// How the inside is shared out.
struct Parts {
    /// Curves, those that matter first.
    order: Vec<usize>,
    excerpt: Excerpt,
    has_ticks: bool,
}

impl Parts {
    fn of(frame: &Frame<'_>, width: u16, height: u16) -> Self {
        let order = frame.by_weight();
        let has_ticks = height >= 3 && width >= 36;
        let excerpt = list::excerpt(frame, order.len(), frame.left_out, height - u16::from(has_ticks), "series");
        Self { order, excerpt, has_ticks }
    }
}

/// How many bars there are, and how many of them are shown.
pub(super) fn lines(frame: &Frame<'_>, width: u16, height: u16) -> (usize, usize) {
    if height == 0 || are_buckets(frame) {
        return (0, 0);
    }
    let parts = Parts::of(frame, width, height);
    (parts.order.len(), parts.excerpt.shown)
}

/// The panel's fixed ends; where they are missing, zero and what the values need.
fn scale(frame: &Frame<'_>) -> Scale {
    let values = frame.curves.iter().filter_map(|curve| frame.value(curve)).filter(|v| v.is_finite());
    let (lo, hi) = values.fold((0.0_f64, 0.0_f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = match frame.panel.unit {
        Unit::Percent if lo >= 0.0 && hi <= 100.0 && hi > 20.0 => (0.0, 100.0),
        _ if lo == hi => (0.0, 1.0),
        _ => (lo, hi),
    };
    Scale::of(frame.panel.min.unwrap_or(lo), frame.panel.max.unwrap_or(hi))
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    if are_buckets(frame) {
        buckets::draw(frame, pen);
        return;
    }
    let parts = Parts::of(frame, width, height);
    let scale = scale(frame);
    let shown = &parts.order[parts.excerpt.first..parts.excerpt.first + parts.excerpt.shown];
    let texts: Vec<(String, Style)> = shown.iter().map(|&index| words(frame, index)).collect();
    let value_width = texts.iter().map(|(text, _)| pen::width(text)).max().unwrap_or(0).min(width);
    let names: Vec<&str> = shown.iter().map(|&index| frame.curves[index].name.as_str()).collect();
    let is_named = !matches!(names[..], [name] if name.is_empty() || name == "{}" || name == frame.panel.title);
    let widest = if is_named { names.iter().map(|name| pen::width(name)).max().unwrap_or(0) } else { 0 };
    let name_width = widest.min((width / 3).max(6));
    let left = if name_width > 0 { name_width + 1 } else { 0 };
    let bar_width = width.saturating_sub(left + value_width + 1);
    let has_bars = bar_width >= 3;
    let names = pen::fit_all(&names, if has_bars { name_width } else { width.saturating_sub(value_width + 1) });
    let rows = height - u16::from(parts.has_ticks);
    let pitch = if shown.len() * 2 <= usize::from(rows) + 1 && parts.excerpt.rest.is_empty() { 2 } else { 1 };
    let block = if pitch == 2 || shown.len() < 2 { Block::Whole } else { Block::Half };
    for (y, ((&index, name), (text, style))) in (0..).step_by(pitch).zip(shown.iter().zip(&names).zip(&texts)) {
        let y: u16 = y;
        pen.right(width, y, text, *style);
        pen.text(0, y, if is_named { name } else { "" }, frame.theme.dim);
        if has_bars {
            draw_bar(frame, &mut pen.part(left, y, bar_width, 1), scale, index, block);
        }
    }
    let used = (shown.len() * pitch).min(usize::from(rows)) as u16;
    if !parts.excerpt.rest.is_empty() {
        pen.text(0, used, &pen::clip(&parts.excerpt.rest, width), frame.theme.dim);
    }
    // A scale with nothing on it would read as a zero.
    let has_values = frame.curves.iter().any(|curve| frame.value(curve).is_some_and(|v| !v.is_nan()));
    if parts.has_ticks && bar_width >= 12 && has_values {
        // Beneath the last bar, so that the eye need not travel.
        let lines = used + u16::from(!parts.excerpt.rest.is_empty());
        draw_ticks(frame, &mut pen.part(left, lines.min(height - 1), bar_width, 1), scale);
    }
}

fn words(frame: &Frame<'_>, index: usize) -> (String, Style) {
    let curve = &frame.curves[index];
    match frame.value(curve) {
        None => ("no value now".to_owned(), frame.theme.dim),
        Some(v) if v.is_nan() && frame.panel.mapping(v).is_none() => ("NaN (0/0)".to_owned(), frame.theme.dim),
        Some(v) => {
            let level = frame.level(curve, v);
            let text = frame.text(curve, v);
            let style = frame.level_style(level).add_modifier(Modifier::BOLD);
            match level.filter(|level| *level > Level::Good) {
                Some(level) => (format!("{} {text}", chrome::glyph(level)), style),
                None => (text, style),
            }
        }
    }
}

/// Where on a bar of so many cells zero is, and how many cells a unit takes. Zero lies between two cells, so that what is
/// below it and what is above share none.
struct Ruler {
    scale: Scale,
    zero: u16,
    width: u16,
}

impl Ruler {
    fn new(scale: Scale, width: u16) -> Self {
        let share = scale.share(0.0).clamp(0.0, 1.0);
        let has_both = share > 0.0 && share < 1.0;
        let zero = (share * f64::from(width)).round() as u16;
        Self { scale, zero: if has_both { zero.clamp(1, width - 1) } else { zero }, width }
    }

    /// Cells from zero to a value, at least a bit of one for what is not zero; infinity goes to the end.
    fn length(&self, value: f64) -> f64 {
        let room = f64::from(if value < 0.0 { self.zero } else { self.width - self.zero });
        let length = (self.scale.share(value) - self.scale.share(0.0).clamp(0.0, 1.0)).abs() * f64::from(self.width);
        if value == 0.0 { 0.0 } else { length.clamp(0.25, room.max(0.25)) }
    }

    /// The value in the middle of a cell.
    fn value_at(&self, x: u16) -> f64 {
        let at = (f64::from(x) + 0.5) / f64::from(self.width);
        self.scale.lo() * (1.0 - at) + self.scale.hi() * at
    }
}

/// A bar from zero to the value, to the left where that is below. What it leads through has the colours of the thresholds;
/// where small is bad it has the value's own, because a good bar would begin in red.
fn draw_bar(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, index: usize, block: Block) {
    let width = pen.width();
    let curve = &frame.curves[index];
    let ruler = Ruler::new(scale, width);
    if ruler.zero > 0 && ruler.zero < width {
        pen.glyph(ruler.zero, 0, '╎', frame.theme.border);
    }
    let Some(value) = frame.value(curve).filter(|v| !v.is_nan()) else { return };
    let own = match frame.level(curve, value) {
        None => frame.series_style(index),
        level => frame.level_style(level),
    };
    let thresholds = &frame.panel.thresholds;
    let is_plain = thresholds.is_empty() || thresholds.low_is_bad() || frame.panel.mapping(value).is_some();
    let style = |x: u16| {
        let at = ruler.value_at(x);
        // The end of a bar says what its value means.
        match thresholds.level(at) {
            Some(level) if !is_plain && at.abs() < value.abs() => {
                frame.level_style(Some(level)).remove_modifier(Modifier::BOLD)
            }
            _ => own,
        }
    };
    let length = ruler.length(value);
    if value < 0.0 {
        let halves = (length * 2.0).round().max(1.0) as u16;
        for x in 0..ruler.zero {
            let (full, half) = block.leftward();
            match (halves + 2 * x + 2).saturating_sub(2 * ruler.zero) {
                0 => {}
                1 => pen.glyph(x, 0, half, style(x)),
                _ => pen.glyph(x, 0, full, style(x)),
            }
        }
    } else {
        let eighths = (length * 8.0).round() as u16;
        for x in ruler.zero..width {
            match block.rightward(eighths.saturating_sub((x - ruler.zero) * 8).min(8)) {
                None => break,
                Some(glyph) => pen.glyph(x, 0, glyph, style(x)),
            }
        }
    }
    let share = scale.share(value);
    if share > 1.0 {
        pen.glyph(width - 1, 0, '▶', own);
    } else if share < 0.0 {
        pen.glyph(0, 0, '◀', own);
    } else if value == 0.0 {
        // A zero is a bar too, only a short one; what has no value has none.
        pen.glyph(ruler.zero.min(width - 1), 0, '▏', own);
    }
}

/// What bars are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// The whole height of a row, where the next row is blank.
    Whole,
    /// The lower half, where rows follow each other: bars that touch are one blot.
    Half,
}

impl Block {
    /// The block that fills so many eighths of a cell from the left; half bars know only halves of cells.
    const fn rightward(self, eighths: u16) -> Option<char> {
        match (self, eighths) {
            (_, 0) => None,
            (Self::Whole, 8) => Some('█'),
            (Self::Whole, n) => Some(EIGHTHS[n as usize - 1]),
            (Self::Half, 1..6) => Some('▖'),
            (Self::Half, _) => Some('▄'),
        }
    }

    /// The blocks that fill a cell, and its right half.
    const fn leftward(self) -> (char, char) {
        match self {
            Self::Whole => ('█', '▐'),
            Self::Half => ('▄', '▗'),
        }
    }
}

/// The ends of the scale, the thresholds between them, and what the series are reduced to.
fn draw_ticks(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale) {
    let width = pen.width();
    let text = |v: f64| brief(frame.panel.unit, v);
    let (lo, hi) = (text(scale.lo()), text(scale.hi()));
    if pen::width(&lo) + pen::width(&hi) + 2 > width {
        return;
    }
    let mut taken = vec![(0, pen::width(&lo)), (width - pen::width(&hi), width)];
    pen.text(0, 0, &lo, frame.theme.dim);
    pen.right(width, 0, &hi, frame.theme.dim);
    let zero = (scale.lo() < 0.0 && scale.hi() > 0.0).then_some((0.0, None));
    let thresholds = frame.panel.thresholds.steps.iter().rev().map(|&(from, level)| (from, Some(level)));
    for (at, level) in zero.into_iter().chain(thresholds) {
        let share = scale.share(at);
        if !(0.0..=1.0).contains(&share) {
            continue;
        }
        let label = format!("▴{}", text(at));
        let label_width = pen::width(&label);
        let x = ((share * f64::from(width)) as u16).min(width - 1);
        let free = |to: u16| to <= width && taken.iter().all(|&(a, b)| to < a || x > b);
        let style = if level.is_some() { frame.level_style(level) } else { frame.theme.dim };
        if free(x + label_width) {
            pen.text(x, 0, &label, style);
            taken.push((x, x + label_width));
        } else if free(x + 1) {
            pen.glyph(x, 0, '▴', style);
            taken.push((x, x + 1));
        }
    }
    if frame.panel.reduce != Reduce::Last && frame.cursor.is_none() {
        let words = frame.panel.reduce.name();
        let words_width = pen::width(words);
        let x = (width / 2).saturating_sub(words_width / 2);
        if taken.iter().all(|&(a, b)| x + words_width < a || x > b) {
            pen.text(x, 0, words, frame.theme.dim);
        }
    }
}

/// All bars on one line, those that matter first: a column of eighth blocks each.
pub(super) fn mini(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if are_buckets(frame) {
        buckets::mini(frame, pen);
        return;
    }
    let scale = scale(frame);
    for (x, index) in (0..pen.width()).zip(frame.by_weight()) {
        let curve = &frame.curves[index];
        let Some(value) = frame.value(curve).filter(|v| !v.is_nan()) else { continue };
        let style = match frame.level(curve, value) {
            None => frame.series_style(index),
            level => frame.level_style(level).remove_modifier(Modifier::BOLD),
        };
        let share = scale.share(value).clamp(0.0, 1.0);
        pen.glyph(x, 0, spark::EIGHTHS[(share * 6.0).round() as usize], style);
    }
}
