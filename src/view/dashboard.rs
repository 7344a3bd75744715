//! A dashboard: its panels where the placement puts them, scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Model, Screen, Spot, View, Zones, standing};
use crate::layout::{Density, Kind, Placement};
use crate::panel::{self, Badge, Frame, State};
use crate::rules::AlertState;
use crate::theme::Theme;

/// Lines under which a chart beneath the rows says no more than the row does.
const ROOM: u16 = 5;

pub(super) fn draw(model: &Model, view: &View, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let states: Vec<State> = view
        .panels
        .iter()
        .zip(&view.dashboard.panels)
        .map(|(p, panel)| p.shown_state(panel, model.present()))
        .collect();
    let lists = view.dashboard.panels.iter().any(|panel| panel.kind == Kind::Alerts);
    let alerts = if lists { model.alert_lines() } else { None };
    let badges: Vec<Option<Badge>> = (0..states.len()).map(|panel| badge(model, panel, theme)).collect();
    let frame = |(i, state): (usize, _)| {
        let (alerts, badge) = (alerts.as_deref(), badges.get(i)?.as_ref());
        Some(Frame { badge, alerts, ..view.frame(i, model, state, theme)? })
    };
    let frames: Vec<Frame<'_>> = states.iter().enumerate().filter_map(frame).collect();
    if view.full {
        if let Some(frame) = frames.get(view.selected) {
            let chart = full(frame, view.note_lines(model.body()), area, buf);
            zones.mark(chart, Spot::Panel { index: view.selected, whole: true });
            band(model, frame, chart, buf);
        }
        return;
    }
    let placement = view.placement(model.body());
    if let Some(sifted) = view.sifted.as_ref().filter(|_| placement.rows.is_empty()) {
        nothing(sifted.filter.text(), theme, area, buf);
        return;
    }
    // Whoever stands above or to the left comes first: what panels share is drawn by the later one, whose title it bears.
    let mut rows = placement.rows.clone();
    rows.sort_by_key(|placed| (placed.cells.y, placed.cells.x));
    let mut drawn = Vec::with_capacity(rows.len());
    for placed in rows {
        let Some(frame) = frames.get(placed.panel) else { continue };
        let cells = placed.cells;
        let rect = Rect { x: cells.x, y: cells.y, width: cells.w, height: cells.h };
        let top = i32::from(rect.y) - i32::from(view.scroll);
        if top + i32::from(rect.height) <= 0 || top >= i32::from(area.height) {
            continue;
        }
        let whole = top >= 0 && top + i32::from(rect.height) <= i32::from(area.height);
        if whole {
            let seen = Rect { x: area.x + rect.x, y: area.y + top as u16, ..rect }.intersection(area);
            draw_one(placement.density, frame, seen, buf);
            let whole = matches!(placement.density, Density::Grid | Density::Compact);
            zones.mark(seen, Spot::Panel { index: placed.panel, whole });
            if whole {
                band(model, frame, seen, buf);
            }
        } else {
            // Scrolled out in part: drawn whole beside the screen, so that it looks the same while it moves.
            let mut aside = Buffer::empty(Rect { x: 0, y: 0, width: rect.width, height: rect.height });
            let aside_area = aside.area;
            draw_one(placement.density, frame, aside_area, &mut aside);
            copy(&aside, buf, area, rect.x, top);
            let (y, bottom) = (top.max(0) as u16, (top + i32::from(rect.height)).max(0) as u16);
            let seen = Rect { x: area.x + rect.x, y: area.y + y, height: bottom - y, ..rect }.intersection(area);
            zones.mark(seen, Spot::Panel { index: placed.panel, whole: false });
        }
        drawn.push((frame, cells));
    }
    if matches!(placement.density, Density::Grid | Density::Compact) {
        panel::join(&drawn, view.scroll, area, buf);
    }
    more_marks(view, placement.total_height, area, theme, buf);
    beneath(model, view, &placement, &frames, area, buf, zones);
}

/// Says that the filter finds nothing, and how to get rid of it.
fn nothing(filter: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let text = format!("no panel and no series has {filter}; Esc clears the filter");
    let lines = panel::wrap(&text, area.width.saturating_sub(4));
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, y) in lines.iter().zip(top..area.bottom()) {
        let indent = area.width.saturating_sub(line.width() as u16) / 2;
        words::line(buf, Rect { x: area.x + indent, y, width: area.width - indent, height: 1 }, line, theme.warn);
    }
}

/// Where one line a panel leaves room, the selected panel is drawn in it.
fn beneath(
    model: &Model,
    view: &View,
    placement: &Placement,
    frames: &[Frame<'_>],
    area: Rect,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    let used = placement.total_height;
    if placement.density != Density::Rows || area.height < used.saturating_add(ROOM) {
        return;
    }
    let Some(frame) = frames.get(view.selected) else { return };
    let spot = Rect { y: area.y + used, height: area.height - used, ..area };
    panel::draw(&Frame { selected: false, ..frame.clone() }, spot, buf);
    zones.mark(spot, Spot::Panel { index: view.selected, whole: true });
    band(model, frame, spot, buf);
}

/// The range that is being drawn with the mouse, on the chart of a panel that is drawn in `area`.
pub(super) fn band(model: &Model, frame: &Frame<'_>, area: Rect, buf: &mut Buffer) {
    let Some((from, to)) = model.drawn_range() else { return };
    let Some(plot) = panel::plot(frame, area) else { return };
    let clamp = |at: i64| plot.column_of(at.clamp(plot.start, plot.end));
    if let (Some(left), Some(right)) = (clamp(from), clamp(to)) {
        let spot = Rect { x: left, width: right.saturating_sub(left) + 1, ..plot.area };
        buf.set_style(spot, Style::new().add_modifier(Modifier::REVERSED));
    }
}

fn draw_one(density: Density, frame: &Frame<'_>, area: Rect, buf: &mut Buffer) {
    match density {
        Density::Rows => panel::draw_row(frame, &panel::RowColumns::fit(area.width), area, buf),
        Density::Grid | Density::Compact => panel::draw(frame, area, buf),
        Density::Wall => panel::draw_tile(frame, area, buf),
    }
}

/// The alert that a panel shows.
fn badge(model: &Model, panel: usize, theme: &Theme) -> Option<Badge> {
    let Screen::Dashboard(view) = model.screen else { return None };
    let id = model.marks.get(&(view, panel))?;
    let (_, rule, alert) = model.alerts.find(&id.rule, &id.labels)?;
    let (glyph, style) = words::severity(alert.severity(), theme);
    let style = if matches!(alert.state, AlertState::Firing { .. }) { style } else { theme.dim };
    Some(Badge { glyph, name: rule.name.clone(), standing: standing(alert, model.now), style })
}

fn copy(from: &Buffer, to: &mut Buffer, area: Rect, x: u16, top: i32) {
    for y in 0..from.area.height {
        let line = top + i32::from(y);
        if line < 0 || line >= i32::from(area.height) {
            continue;
        }
        for column in 0..from.area.width.min(area.width.saturating_sub(x)) {
            let target = Position { x: area.x + x + column, y: area.y + line as u16 };
            if let (Some(cell), Some(slot)) = (from.cell((column, y)), to.cell_mut(target)) {
                *slot = cell.clone();
            }
        }
    }
}

/// Says on the last line that there is more below, so that nothing is missed for want of scrolling.
fn more_marks(view: &View, height: u16, area: Rect, theme: &Theme, buf: &mut Buffer) {
    let below = height.saturating_sub(view.scroll.saturating_add(area.height));
    if below == 0 {
        return;
    }
    let text = format!(" ↓ {below} more lines ");
    let width = text.chars().count() as u16;
    if area.width > width + 4 {
        // On a bare piece of border, the one nearest to the middle: borders carry legends and alerts.
        let y = area.bottom() - 1;
        let middle = area.x + (area.width - width) / 2;
        let is_bare = |x: &u16| {
            (*x..x + width).all(|x| buf.cell((x, y)).is_some_and(|cell| matches!(cell.symbol(), "─" | "━" | "╯" | "╰")))
        };
        let bare = (area.x..area.right() - width).filter(is_bare).min_by_key(|x| x.abs_diff(middle));
        // Rows have none; there it covers least at the right.
        let spot = Rect { x: bare.unwrap_or(area.right() - width), y, width, height: 1 };
        words::line(buf, spot, &text, theme.accent);
    }
}

/// One panel on the whole screen, with what it is for beneath; gives where the panel is.
fn full(frame: &Frame<'_>, below: u16, area: Rect, buf: &mut Buffer) -> Rect {
    let width = area.width.saturating_sub(2);
    let mut lines: Vec<_> = panel::wrap(&frame.panel.description, width).into_iter().take(3).collect();
    let texts = lines.len();
    lines.extend(frame.notes.iter().map(|note| format!("ⓘ {note}")));
    let chart = Rect { height: area.height - below, ..area };
    panel::draw(frame, chart, buf);
    for (i, text) in lines.iter().take(usize::from(below)).enumerate() {
        let spot = Rect { x: area.x + 1, y: chart.bottom() + i as u16, width: area.width.saturating_sub(2), height: 1 };
        words::line(buf, spot, text, if i < texts { frame.theme.dim } else { frame.theme.warn });
    }
    chart
}
