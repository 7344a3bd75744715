//! Gauges as half circles: the value in the middle, the thresholds on the arc and named beside it, the ends of the scale
//! below.

use std::f64::consts::PI;

use ratatui::style::Style;

use super::super::digits::Large;
use super::super::pen::{self, Pen};
use super::super::scale::Scale;
use super::super::{Frame, brief};
use super::{track, words};
use crate::layout::Level;

/// Columns and rows under which a bar says more.
const LEAST: (u16, u16) = (12, 5);

/// More gauges than this beside each other are bars.
const MOST: usize = 8;

/// How much of the radius the ring is wide.
const RING: f64 = 0.28;

/// The bit of each dot of a braille cell, by row and column, from Unicode's U+2800 block.
const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// One gauge, laid out.
struct Arc {
    /// Rows of the half circle.
    rows: u16,
    /// In dots: two a column, four a row.
    radius: f64,
    value: (String, Style),
    /// What the gauge is of; empty where the panel's title says it.
    caption: String,
}

/// Draws a gauge a series, those that matter first; `false` where bars have to do, and then nothing is drawn.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, order: &[usize]) -> bool {
    let Some((across, down)) = grid(pen.width(), pen.height(), order.len()) else { return false };
    let part = |whole: u16, i: u16, n: u16| whole * i / n;
    let mut gauges = Vec::with_capacity(order.len());
    for (i, &index) in (0..).zip(order) {
        let (column, row) = (i % across, i / across);
        let (x, y) = (part(pen.width(), column, across), part(pen.height(), row, down));
        let (width, height) = (part(pen.width(), column + 1, across) - x, part(pen.height(), row + 1, down) - y);
        // Gauges beside each other keep a column between them.
        let width = width - u16::from(across > 1);
        let Some(arc) = Arc::of(frame, scale, index, order.len(), (width, height)) else { return false };
        gauges.push((arc, index, (x, y, width, height)));
    }
    for (arc, index, (x, y, width, height)) in gauges {
        arc.draw(frame, &mut pen.part(x, y, width, height), scale, index);
    }
    true
}

/// How many gauges stand beside and above each other, so that they are as large as they can be.
fn grid(width: u16, height: u16, count: usize) -> Option<(u16, u16)> {
    if count > MOST {
        return None;
    }
    let count = count as u16;
    let size = |across: u16| {
        let (w, h) = (width / across, height / count.div_ceil(across));
        // The row of the scale's ends is not part of the circle.
        (w > LEAST.0 - u16::from(across == 1) && h >= LEAST.1).then(|| w.min((h - 1) * 4))
    };
    let best = (1..=count)
        .filter_map(|across| Some((size(across)?, across)))
        .max_by_key(|(size, across)| (*size, u16::MAX - across));
    best.map(|(_, across)| (across, count.div_ceil(across)))
}

impl Arc {
    /// `None` where the value has no room in the circle, or the ends of the scale none below it.
    fn of(frame: &Frame<'_>, scale: Scale, index: usize, count: usize, (width, height): (u16, u16)) -> Option<Self> {
        let name = &frame.curves[index].name;
        let has_caption = !name.is_empty() && name != "{}" && *name != frame.panel.title;
        let (lo, hi) = ends(frame, scale);
        let beside = width.saturating_sub(pen::width(&lo) + pen::width(&hi) + 4);
        let caption_row = has_caption && pen::width(name) > beside;
        // Of a lone series the name is worth no row that the circle needs.
        let has_row = caption_row && (count > 1 || height >= 9);
        let rows = height - 1 - u16::from(has_row);
        let caption = if has_caption && (!caption_row || has_row) { name.clone() } else { String::new() };
        let radius = (f64::from(width) - 0.5).min(f64::from(rows) * 4.0);
        let arc = Self { rows, radius, value: words(frame, index), caption };
        let fits = rows + 1 >= LEAST.1 - 1
            && pen::width(&arc.value.0) <= arc.room(1)
            && pen::width(&lo) + pen::width(&hi) < width;
        fits.then_some(arc)
    }

    fn inner(&self) -> f64 {
        self.radius - (self.radius * RING).max(3.0)
    }

    /// Columns inside the ring on the `rows` lowest rows.
    fn room(&self, rows: u16) -> u16 {
        let (inner, height) = (self.inner(), f64::from(rows) * 4.0);
        // A dot more on either side, which the ring needs to be told from the value.
        ((inner * inner - height * height).max(0.0).sqrt() - 1.0).max(0.0) as u16
    }

    fn draw(&self, frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, index: usize) {
        let width = pen.width();
        self.ring(frame, pen, scale, index);
        let mut unnamed = Vec::new();
        for &(from, level) in &frame.panel.thresholds.steps {
            let share = scale.share(from);
            let label = brief(frame.panel.unit, from);
            if share > 0.0 && share < 1.0 && !self.name_threshold(pen, share, &label, frame.level_style(Some(level))) {
                unnamed.push((label, level));
            }
        }
        self.write_value(frame, pen);
        let (lo, hi) = ends(frame, scale);
        let (left, right) = self.span(width);
        let lo_x = left.min(width.saturating_sub(pen::width(&lo) + pen::width(&hi) + 1));
        let lo_end = pen.text(lo_x, self.rows, &lo, frame.theme.dim);
        let hi_x = right.max(lo_end + 1 + pen::width(&hi)).min(width);
        pen.right(hi_x, self.rows, &hi, frame.theme.dim);
        let free = (lo_end + 1, hi_x.saturating_sub(pen::width(&hi) + 1));
        let caption = pen::width(&self.caption);
        if self.rows + 1 < pen.height() && caption > 0 {
            pen.centred(self.rows + 1, &self.caption, frame.theme.dim);
        } else if caption > 0 && free.0 + caption <= free.1 {
            pen.centred(self.rows, &self.caption, frame.theme.dim);
        } else {
            name_below(frame, pen, self.rows, free, &unnamed);
        }
    }

    /// The columns that the circle takes.
    fn span(&self, width: u16) -> (u16, u16) {
        let half = (self.radius / 2.0).ceil() as u16;
        let middle = width / 2;
        (middle.saturating_sub(half), (middle + half + width % 2).min(width))
    }

    /// The ring: full dots up to the value, every other dot of the track beyond, in the colours of the levels it leads
    /// through, and a full line where a level begins.
    fn ring(&self, frame: &Frame<'_>, pen: &mut Pen<'_>, scale: Scale, index: usize) {
        let (width, inner) = (pen.width(), self.inner());
        let curve = &frame.curves[index];
        let value = frame.value(curve).filter(|v| !v.is_nan());
        let reached = value.map_or(0.0, |v| scale.share(v));
        let style = value.map_or(frame.theme.dim, |v| match frame.level(curve, v) {
            None => frame.series_style(index),
            level => frame.level_style(level),
        });
        let steps = frame.panel.thresholds.steps.iter();
        let marks: Vec<(f64, Level)> = steps.map(|&(from, level)| (scale.share(from), level)).collect();
        let centre = (f64::from(width) - 0.5, f64::from(self.rows) * 4.0 - 0.5);
        for (row, column) in (0..self.rows).flat_map(|row| (0..width).map(move |column| (row, column))) {
            let (mut full, mut sparse, mut marked, mut count, mut sum) = (0, 0, None, 0_u32, 0.0);
            for (y, bits) in (0..4_u16).zip(BITS) {
                for (x, bit) in (0..2_u16).zip(bits) {
                    let (dot_x, dot_y) = (column * 2 + x, row * 4 + y);
                    let (dx, dy) = (f64::from(dot_x) - centre.0, centre.1 - f64::from(dot_y));
                    let distance = dx.hypot(dy);
                    if !(inner..=self.radius).contains(&distance) {
                        continue;
                    }
                    let share = 1.0 - dy.atan2(dx) / PI;
                    (count, sum) = (count + 1, sum + share);
                    // Half a dot on either side, whatever the radius.
                    let near = |at: f64| at > 0.0 && at < 1.0 && (share - at).abs() * PI * distance < 0.75;
                    if share <= reached {
                        full |= bit;
                    } else if let Some((_, level)) = marks.iter().find(|(at, _)| near(*at)) {
                        (sparse, marked) = (sparse | bit, Some(*level));
                    } else if (dot_x + dot_y) % 2 == 0 {
                        sparse |= bit;
                    }
                }
            }
            if full == 0 && sparse == 0 {
                continue;
            }
            let style = match marked {
                _ if full.count_ones() * 2 >= count => style,
                Some(level) => frame.level_style(Some(level)),
                None => track_at(frame, scale, sum / f64::from(count.max(1))),
            };
            let glyph = char::from_u32(0x2800 + (full | sparse)).unwrap_or(' ');
            pen.glyph(column, row, glyph, style);
        }
        let (left, right) = self.span(width);
        if reached > 1.0 {
            pen.glyph(right.saturating_sub(1), self.rows - 1, '▶', style);
        } else if reached < 0.0 {
            pen.glyph(left, self.rows - 1, '◀', style);
        }
    }

    /// The value on the lowest rows of the circle, as large as it fits.
    fn write_value(&self, frame: &Frame<'_>, pen: &mut Pen<'_>) {
        let (text, style) = &self.value;
        let width = pen.width();
        let large = Large::number(text).filter(|_| frame.panel.mappings.is_empty());
        let fitting = large.and_then(|large| {
            let fits = |scale: &u16| large.width(*scale) <= self.room(Large::height(*scale));
            let scale = (1..=4).rev().find(fits)?;
            Some((large, scale))
        });
        match fitting {
            Some((large, scale)) => {
                let x = (width - large.width(scale)).div_ceil(2);
                large.draw(pen, (x, self.rows - Large::height(scale)), scale, *style, frame.theme.dim);
            }
            None => pen.centred(self.rows - 1, text, *style),
        }
    }

    /// Writes a threshold's value outside the ring, where it stands; whether there was room.
    fn name_threshold(&self, pen: &mut Pen<'_>, share: f64, label: &str, style: Style) -> bool {
        let (width, label_width) = (pen.width(), pen::width(label));
        let angle = (1.0 - share) * PI;
        let reach = self.radius + 1.5;
        let x = f64::midpoint(f64::from(width), reach * angle.cos());
        let y = f64::from(self.rows) - (reach * angle.sin()) / 4.0;
        if y < 0.0 {
            return false;
        }
        let row = (y as u16).min(self.rows - 1);
        let column = if share < 0.5 { x.floor() - f64::from(label_width) } else { x.ceil() };
        if column < 0.0 || column as u16 + label_width > width {
            return false;
        }
        let column = column as u16;
        let is_free = (column..column + label_width).all(|x| pen.is_blank(x, row));
        if is_free {
            pen.text(column, row, label, style);
        }
        is_free
    }
}

/// Names thresholds that have no room beside the ring between the ends of the scale, as far as they fit.
fn name_below(frame: &Frame<'_>, pen: &mut Pen<'_>, row: u16, (from, to): (u16, u16), unnamed: &[(String, Level)]) {
    let needed: u16 = unnamed.iter().map(|(label, _)| pen::width(label) + 2).sum();
    if unnamed.is_empty() || from + needed > to {
        return;
    }
    let mut x = from + (to - from - needed) / 2;
    for (label, level) in unnamed {
        x = pen.text(x, row, &format!("▴{label} "), frame.level_style(Some(*level)));
    }
}

fn ends(frame: &Frame<'_>, scale: Scale) -> (String, String) {
    (brief(frame.panel.unit, scale.lo()), brief(frame.panel.unit, scale.hi()))
}

/// The style of the track at a share of the scale.
fn track_at(frame: &Frame<'_>, scale: Scale, share: f64) -> Style {
    const PARTS: u16 = 1_000;
    track(frame, scale, (share.clamp(0.0, 0.999) * f64::from(PARTS)) as u16, PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_are_as_large_as_they_can_be() {
        assert_eq!(grid(40, 8, 1), Some((1, 1)));
        assert_eq!(grid(80, 8, 4), Some((4, 1)));
        assert_eq!(grid(40, 20, 4), Some((2, 2)));
        assert_eq!(grid(30, 6, 4), None, "too many for the room");
        assert_eq!((grid(11, 5, 1), grid(12, 4, 1), grid(12, 5, 1)), (None, None, Some((1, 1))));
        assert_eq!(grid(400, 100, 9), None);
    }
}
