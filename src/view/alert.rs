//! One alert: what it says, how it came about, and the panels that show it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use super::{runbook, sheet, words};
use crate::app::{Action, Detail, Model, Sentence, Spot, Tone, Zones};
use crate::layout::{Kind, Level, Panel, PanelQuery, Pos, Thresholds};
use crate::panel::{self, Curve, Frame, State};
use crate::rules::{Alert, AlertState, Comparison, Rendered, RuleStatus};
use crate::runbook::Lookup;
use crate::series::{Series, Window};
use crate::theme::Theme;
use crate::unit::Unit;

/// Lines from which on the runbook's beginning stands below the words.
const RUNBOOK: u16 = 8;

/// Lines of the alert's own chart.
const CHART: u16 = 9;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let (Some((index, rule, alert)), Some(detail)) = (model.shown_alert(), model.detail(area.width, area.height))
    else {
        words::line(
            buf,
            area.inner(Margin::new(2, 1)),
            "this alert is gone, and so is its rule; Esc leads back",
            theme.dim,
        );
        return;
    };
    let (width, height) = (detail.width, detail.height);
    let (mut left, right) = if detail.beside {
        (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
    } else {
        (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
    };
    let wanted = detail.wanted();
    let below = Rect { y: left.y.saturating_add(wanted), height: left.height.saturating_sub(wanted), ..left };
    if detail.beside && beside(model, rule, alert, theme, below, buf) {
        left.height = wanted;
        zones.mark(below, Spot::Action(Action::Runbook));
    }
    text(model, rule, alert, &detail.lines, theme, left, buf);
    let inside = left.inner(Margin::new(2, 1));
    let (rows, of) = (usize::from(inside.height), detail.lines.len());
    let top = usize::from(model.alert_scroll).min(of.saturating_sub(rows));
    sheet::bar(left, inside, (top, rows, of), theme, buf, zones);
    pictures(model, index, (rule, alert), theme, right, buf, zones);
}

/// Draws the beginning of the alert's runbook where there is room for it; whether it did.
fn beside(
    model: &Model,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> bool {
    if area.height < RUNBOOK {
        return false;
    }
    let text = |annotation: Option<&Rendered>| annotation.map(|text| text.text().to_owned());
    let (url, description) = (text(alert.and_then(Alert::runbook_url)), text(alert.and_then(Alert::description)));
    let found = model.library.of_alert(url.as_deref(), description.as_deref(), &rule.name);
    let Lookup::Here { found, .. } = found else { return false };
    runbook::preview(found.entry, theme, area, buf);
    true
}

/// The words, in a frame of the alert's colour.
fn text(
    model: &Model,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    lines: &[Sentence],
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let severity = alert.map_or_else(|| rule.severity(), Alert::severity);
    let (glyph, style) = words::severity(severity, theme);
    let fires = alert.is_some_and(|a| matches!(a.state, AlertState::Firing { .. }));
    let border = if fires { style } else { theme.border };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(border)
        .title(format!(" {glyph} {severity}  {} ", rule.name))
        .title_style(style)
        .render(area, buf);
    let inside = area.inner(Margin::new(2, 1));
    let rows = usize::from(inside.height);
    let top = usize::from(model.alert_scroll).min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().skip(top).take(rows).enumerate() {
        let row = Rect { y: inside.y + i as u16, height: 1, ..inside };
        let used = words::line(buf, row, &line.text, style_of(line.tone, theme));
        if let Some(url) = &line.link {
            let (x, width) = (row.x + Detail::INDENT, used.saturating_sub(Detail::INDENT));
            words::link(buf, Rect { x, width, ..row }, url, theme);
        }
    }
    let left = lines.len().saturating_sub(top + rows);
    if left > 0 || top > 0 {
        let text = if left > 0 { format!(" ↓ {left} more ") } else { " ↑ ".to_owned() };
        let width = text.chars().count() as u16;
        let spot = Rect { x: area.right().saturating_sub(width + 2), y: area.bottom() - 1, width, height: 1 };
        words::line(buf, spot, &text, theme.accent);
    }
}

fn style_of(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::State(severity) => words::severity(severity, theme).1,
        Tone::Title => theme.title,
        Tone::Text => theme.text,
        Tone::Dim => theme.dim,
        Tone::Accent => theme.accent,
        Tone::Good => theme.good,
        Tone::Warn => theme.warn,
        Tone::Bad => theme.bad,
    }
}

/// The rule's own course, then the panels that show what it watches, as many as there is room for.
fn pictures(
    model: &Model,
    index: usize,
    (rule, alert): (&RuleStatus, Option<&Alert>),
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    if area.height < 3 {
        return;
    }
    let related = model.related(index);
    let room = usize::from((area.height / CHART).max(1));
    let shown = related.len().min(room.saturating_sub(1));
    let each = area.height / (shown as u16 + 1);
    let first = Rect { height: area.height - each * shown as u16, ..area };
    course(model, index, rule, alert, theme, first, buf);
    for (i, &(view, panel)) in related.iter().take(shown).enumerate() {
        let spot = Rect { y: first.bottom() + each * i as u16, height: each, ..area };
        zones.mark(spot, Spot::Elsewhere(view, panel));
        let Some(view) = model.views.get(view) else { continue };
        let Some(data) = view.panels.get(panel) else { continue };
        let state = data.state(model.present());
        if let Some(frame) = view.frame(panel, model, &state, theme) {
            panel::draw(&Frame { selected: false, cursor: None, ..frame }, spot, buf);
        }
    }
}

/// What tells a series from the others, the values alone.
fn name(rule: &RuleStatus, series: &Series, all: &[Series]) -> String {
    let differs = |name: &str, value: &str| all.iter().any(|other| other.labels.get(name) != Some(value));
    let telling = series.labels.iter().filter(|l| differs(&l.name, &l.value));
    let words: Vec<&str> = telling.map(|l| &*l.value).collect();
    if words.is_empty() { rule.name.clone() } else { words.join(" ") }
}

/// What the rule watches, over time, with its threshold.
fn course(
    model: &Model,
    index: usize,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let history = model.alerts.history(index);
    let (expr, threshold) = model.alerts.watched(index).cloned().unwrap_or_else(|| (rule.expr.clone(), None));
    let mut thresholds = Thresholds::default();
    if let Some(t) = &threshold {
        match t.comparison {
            Comparison::Less | Comparison::LessOrEqual => {
                thresholds.base = Some(Level::Bad);
                thresholds.steps = vec![(t.value, Level::Good)];
            }
            _ => thresholds.steps = vec![(t.value, Level::Bad)],
        }
    }
    let panel = Panel {
        title: if threshold.is_some() { "What it compares".to_owned() } else { "Its expression".to_owned() },
        kind: Kind::Timeseries,
        pos: Pos { x: 0, y: 0, w: 24, h: 8 },
        queries: vec![PanelQuery { expr, ..PanelQuery::default() }],
        unit: Unit::Short,
        unit_right: Unit::Short,
        thresholds,
        ..Panel::default()
    };
    let mut curves: Vec<Curve> = Vec::new();
    if let Some(history) = history {
        for series in &history.series {
            let name = name(rule, series, &history.series);
            let (labels, values) = (series.labels.clone(), series.values.clone());
            curves.push(Curve { name, labels, values, ..Curve::default() });
        }
        // The alert's own series first: it gets the first colour.
        if let Some((_, own)) = alert.and_then(|a| model.alerts.series_of(index, a))
            && let Some(i) = history.series.iter().position(|s| s.labels == own.labels)
        {
            curves.swap(0, i);
        }
    }
    let state = match history {
        None => State::Waiting,
        Some(_) if curves.is_empty() => State::Empty("the expression gives nothing in this range".to_owned()),
        Some(_) => State::Live,
    };
    let frame = Frame {
        window: history.map_or(Window::instant(model.now), |h| h.window),
        curves: &curves,
        zone: &model.zone,
        ..Frame::new(&panel, &state, theme, model.now)
    };
    panel::draw(&frame, area, buf);
}
