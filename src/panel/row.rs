//! A panel as one line, for terminals too small for pictures: state, title, value, how far the threshold is, and the
//! range.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::drain::Drain;
use super::pen::{self, Pen};
use super::{Frame, State, alerts, bars, brief, chrome, heatmap, pie, spark, states, table, text, worst};
use crate::layout::{Kind, Level};
use crate::unit;

/// Columns that all rows of a list share, so that the eye can run down them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowColumns {
    /// Columns of the title.
    pub title: u16,
    /// Columns of the value, with the name of its series.
    pub value: u16,
    /// Columns of the threshold that is near; 0 where there is no room.
    pub limit: u16,
}

/// Selection mark and state, a blank after each of: state, title, value, limit.
const FIXED: u16 = 3;

impl RowColumns {
    /// Columns for rows of `width` columns: at 80, 26 for the title, 24 for the value, 8 for the threshold and the rest
    /// for the range.
    pub const fn fit(width: u16) -> Self {
        match width {
            0..24 => Self { title: width.saturating_sub(FIXED + 8), value: 8, limit: 0 },
            24..60 => Self { title: (width - FIXED) / 2, value: (width - FIXED) / 2 - 6, limit: 0 },
            60..76 => Self { title: 24, value: 18, limit: 0 },
            76..110 => Self { title: 26, value: 24, limit: 8 },
            110..160 => Self { title: 30, value: 30, limit: 8 },
            _ => Self { title: 36, value: 44, limit: 8 },
        }
    }
}

/// Draws a panel as one line on the first row of `area`; writes every cell of that row and none outside it.
pub fn draw_row(frame: &Frame<'_>, columns: &RowColumns, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, Rect { height: area.height.min(1), ..area });
    pen.clear();
    if frame.panel.kind == Kind::Row {
        super::section::draw(frame, &mut pen);
        return;
    }
    draw(frame, *columns, &mut pen);
}

/// Draws a panel whose area is too small for a border.
pub(super) fn draw_alone(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    draw(frame, RowColumns::fit(width), &mut pen.part(0, 0, width, 1));
    if height >= 2
        && let State::Live | State::Stale { .. } = frame.state
    {
        draw_range(frame, &mut pen.part(0, 1, width, height - 1));
    }
}

/// The range of the series that [`draw_value`] names; of a pie, which has no range, its shares.
fn draw_range(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if frame.panel.kind == Kind::Pie {
        pie::shares(frame, pen);
    } else if frame.panel.kind == Kind::Bars {
        bars::mini(frame, pen);
    } else if frame.panel.kind == Kind::States {
        if let Some(&index) = frame.by_weight().first() {
            states::strip(frame, pen, index);
        }
    } else if frame.panel.kind == Kind::Heatmap
        && let Some(p99) = heatmap::quantile(frame.curves, 0.99)
    {
        spark::draw(frame, pen, &p99, frame.theme.series(0));
    } else if let Some(&index) = frame.by_weight().first() {
        spark::draw(frame, pen, &frame.curves[index], frame.series_style(index));
    }
}

fn draw(frame: &Frame<'_>, columns: RowColumns, pen: &mut Pen<'_>) {
    let width = pen.width();
    if width == 0 || pen.height() == 0 {
        return;
    }
    let theme = frame.theme;
    let level = worst(frame);
    let (glyph, style) = match (frame.state, level) {
        (State::Waiting, _) => ('…', theme.dim),
        (State::Empty(_), _) => ('○', theme.dim),
        (State::Failed(_), _) => ('!', theme.bad),
        (_, Some(level)) => (chrome::glyph(level), frame.level_style(Some(level))),
        (_, None) if !frame.panel.kind.asks() => ('·', theme.dim),
        (_, None) if frame.curves.iter().all(|c| frame.value(c).is_none()) => ('○', theme.dim),
        (_, None) => ('·', theme.dim),
    };
    let alarm = level.filter(|level| *level > Level::Good);
    let (mark, title_style) = match (frame.selected, alarm) {
        (true, _) => ('▸', theme.selected),
        (false, Some(level)) => (' ', frame.level_style(Some(level))),
        (false, None) => (' ', theme.text),
    };
    pen.glyph(0, 0, mark, theme.selected);
    pen.glyph(1, 0, glyph, style);
    pen.fitted(3, 0, columns.title, &frame.panel.title, title_style);
    let after_title = FIXED + columns.title + 1;

    if !frame.panel.kind.asks() {
        let style = frame.level_style(alarm);
        match frame.panel.kind {
            Kind::Alerts => alerts::brief(frame, &mut pen.part(after_title, 0, width.saturating_sub(after_title), 1)),
            _ => sentence(pen, after_title, &text::beginning(frame), style),
        }
        return;
    }
    let is_stale = matches!(frame.state, State::Stale { .. });
    match frame.state {
        State::Live | State::Stale { .. } => {
            let mut value = pen.part(after_title, 0, columns.value, 1);
            draw_value(frame, &mut value);
            let mut x = after_title + columns.value + 1;
            if columns.limit > 0 {
                let mut limit = pen.part(x, 0, columns.limit, 1);
                draw_limit(frame, &mut limit);
                x += columns.limit + 1;
            }
            let mut rest = pen.part(x, 0, width.saturating_sub(x), 1);
            if let State::Stale { at, reason } = frame.state {
                let age = unit::duration(frame.now.saturating_sub(*at).max(0));
                let room = rest.width();
                rest.text(0, 0, &pen::clip(&format!("⚠ stale {age}: {reason}"), room), theme.warn);
            } else {
                draw_range(frame, &mut rest);
            }
        }
        State::Waiting => sentence(pen, after_title, "waiting for the first answer", theme.dim),
        State::Empty(reason) => sentence(pen, after_title, reason, theme.dim),
        State::Failed(reason) => sentence(pen, after_title, reason, theme.bad),
    }
    if is_stale {
        let end = (after_title + columns.value).min(width);
        pen.part(0, 0, end, 1).tint(Style::new().add_modifier(Modifier::DIM));
    }
}

fn sentence(pen: &mut Pen<'_>, x: u16, text: &str, style: Style) {
    let room = pen.width().saturating_sub(x);
    pen.text(x, 0, &pen::clip(text, room), style);
}

/// What stands for the whole panel.
pub(super) struct Headline<'a> {
    /// The worst value, or the largest, in words.
    pub(super) text: String,
    pub(super) style: Style,
    /// The series that it belongs to; empty where it says nothing.
    pub(super) name: Cow<'a, str>,
    /// How many other series there are.
    pub(super) others: usize,
    /// The value as a mapping's text rather than as a number.
    pub(super) is_mapped: bool,
}

/// The worst value, or the largest; of a heatmap quantiles in at most `room` columns, of a pie the largest share. `None`
/// without series.
pub(super) fn headline<'a>(frame: &'a Frame<'_>, room: u16) -> Option<Headline<'a>> {
    let &index = frame.by_weight().first()?;
    let is_histogram =
        frame.panel.kind == Kind::Heatmap || (frame.panel.kind == Kind::Bars && bars::are_buckets(frame));
    if is_histogram && let Some(text) = quantiles(frame, room) {
        let style = frame.theme.text.add_modifier(Modifier::BOLD);
        return Some(Headline { text, style, name: Cow::Borrowed(""), others: 0, is_mapped: false });
    }
    if frame.panel.kind == Kind::Table
        && let Some((text, style, name, rows)) = table::headline(frame)
    {
        let others = (rows + frame.left_out).saturating_sub(1);
        let name = if others > 0 { Cow::Owned(name) } else { Cow::Borrowed("") };
        return Some(Headline { text, style, name, others, is_mapped: false });
    }
    let curve = &frame.curves[index];
    let share = if frame.panel.kind == Kind::Pie { pie::largest(frame) } else { None };
    let value = frame.value(curve);
    let (text, style) = match value {
        None => ("no value now".to_owned(), frame.theme.dim),
        Some(v) if v.is_nan() && frame.panel.mapping(v).is_none() => ("NaN".to_owned(), frame.theme.dim),
        Some(v) => {
            let text = share.unwrap_or_else(|| frame.text(curve, v));
            (text, frame.level_style(frame.level(curve, v)).add_modifier(Modifier::BOLD))
        }
    };
    let others = frame.curves.len() - 1 + frame.left_out;
    let is_mapped = value.is_some_and(|v| frame.panel.mapping(v).is_some());
    Some(Headline { text, style, name: Cow::Borrowed(if others > 0 { &curve.name } else { "" }), others, is_mapped })
}

/// The headline; of several series with a name and how many others there are.
fn draw_value(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let width = pen.width();
    let Some(Headline { text, style, name, others, .. }) = headline(frame, width) else {
        pen.fitted(0, 0, width, "no series", frame.theme.dim);
        return;
    };
    let mut x = pen.fitted(0, 0, width, &text, style);
    if others == 0 {
        return;
    }
    let others = format!("+{others}");
    let room = width.saturating_sub(x + 2 + pen::width(&others));
    if room >= 4 && !name.is_empty() {
        x = pen.fitted(x + 1, 0, room, &name, frame.theme.dim);
    }
    if x + 1 + pen::width(&others) <= width {
        pen.text(x + 1, 0, &others, frame.theme.dim);
    }
}

/// The threshold that the headline value has crossed, or comes to next: `≥ 85 %`, `< 10 s`. It is always what holds now. Of
/// a backlog whether it drains.
fn draw_limit(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    if let Some(drain) = Drain::of(frame) {
        let (text, style) = drain.brief(frame);
        let width = pen.width();
        pen.fitted(0, 0, width, &text, style);
        return;
    }
    let Some(curve) = frame.by_weight().first().map(|&index| &frame.curves[index]) else { return };
    let Some(value) = frame.value(curve).filter(|v| !v.is_nan()) else { return };
    let Some(level) = frame.level(curve, value) else { return };
    if frame.panel.mapping(value).is_some() {
        return;
    }
    let thresholds = &frame.panel.thresholds;
    let reached = thresholds.steps.iter().rposition(|(from, _)| value >= *from);
    let lower = reached.map(|i| {
        let beneath = if i == 0 { thresholds.base } else { Some(thresholds.steps[i - 1].1) };
        (thresholds.steps[i].0, beneath)
    });
    let upper = thresholds.steps.get(reached.map_or(0, |i| i + 1)).map(|&(from, above)| (from, Some(above)));
    // Good values have a worse neighbour to keep away from, bad ones a better one to get back to.
    let tells = |neighbour: Option<Level>| match neighbour {
        Some(n) if level == Level::Good => n > level,
        Some(n) => n < level,
        None => level > Level::Good,
    };
    let width = pen.width();
    let number = |v: f64| {
        let text = brief(frame.panel.unit, v);
        if pen::width(&text) + 2 > width { frame.panel.unit.format(v, Some(0)) } else { text }
    };
    let text = match (lower, upper) {
        (_, Some((at, neighbour))) if tells(neighbour) => format!("< {}", number(at)),
        (Some((at, neighbour)), _) if tells(neighbour) => format!("≥ {}", number(at)),
        _ => return,
    };
    let style = if level > Level::Good { frame.level_style(Some(level)) } else { frame.theme.dim };
    pen.fitted(0, 0, width, &text, style);
}

/// 99th percentile and, where there is room, median of a heatmap's newest values.
fn quantiles(frame: &Frame<'_>, width: u16) -> Option<String> {
    let text = |q: f64| {
        let value = frame.value(&heatmap::quantile(frame.curves, q)?)?;
        Some(frame.panel.unit.format(value, frame.panel.decimals))
    };
    let p99 = format!("p99 {}", text(0.99)?);
    let both = format!("{p99}  p50 {}", text(0.5)?);
    Some(if pen::width(&both) <= width { both } else { p99 })
}
