//! One alert: what it says, how it came about, and the panels that show it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use super::{runbook, words};
use crate::app::{At, Model, Mute, standing};
use crate::layout::{Axis, Kind, Level, Panel, PanelQuery, Pos, Thresholds};
use crate::panel::{self, Curve, Frame, State, clip, wrap};
use crate::rules::{Alert, AlertState, Comparison, Health, Origin, Rendered, RuleStatus};
use crate::runbook::Lookup;
use crate::series::{Series, Window};
use crate::theme::Theme;
use crate::unit::{self, Unit};

/// From this width on the panels stand beside the words.
const BESIDE: u16 = 110;

/// Columns of the fields' names.
const INDENT: u16 = 9;

/// Lines that the chart gets, however much there is to say.
const LEAST: u16 = 6;

/// Lines from which on the runbook's beginning stands below the words.
const RUNBOOK: u16 = 8;

/// Lines of the alert's own chart.
const CHART: u16 = 9;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some((index, rule, alert)) = model.shown_alert() else {
        words::line(
            buf,
            area.inner(Margin::new(2, 1)),
            "this alert is gone, and so is its rule; Esc leads back",
            theme.dim,
        );
        return;
    };
    let wide = area.width >= BESIDE;
    let width = if wide { area.width / 2 } else { area.width };
    let lines = sentences(model, index, rule, alert, theme, width.saturating_sub(4));
    let wanted = lines.len() as u16 + 2;
    let (mut left, right) = if wide {
        (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
    } else {
        // The words first: what is left is the chart's, and it gets a little in any case.
        let text = wanted.min(area.height.saturating_sub(LEAST)).max(area.height / 2);
        (Rect { height: text, ..area }, Rect { y: area.y + text, height: area.height - text, ..area })
    };
    if wide
        && beside(
            model,
            rule,
            alert,
            theme,
            Rect { y: left.y + wanted, height: left.height.saturating_sub(wanted), ..left },
            buf,
        )
    {
        left.height = wanted;
    }
    text(model, rule, alert, &lines, theme, left, buf);
    pictures(model, index, rule, alert, theme, right, buf);
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
    let annotation = |name| alert.and_then(|a| a.annotation(name)).map(Rendered::text);
    let found = model.library.of_alert(annotation("runbook_url"), annotation("description"), &rule.name);
    let Lookup::Here { found, .. } = found else { return false };
    runbook::preview(found.entry, theme, area, buf);
    true
}

/// The words, in a frame of the alert's colour.
fn text(
    model: &Model,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    lines: &[(String, Style)],
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
    for (i, (line, style)) in lines.iter().skip(top).take(rows).enumerate() {
        words::line(buf, Rect { y: inside.y + i as u16, height: 1, ..inside }, line, *style);
    }
    let left = lines.len().saturating_sub(top + rows);
    if left > 0 || top > 0 {
        let text = if left > 0 { format!(" ↓ {left} more ") } else { " ↑ ".to_owned() };
        let width = text.chars().count() as u16;
        let spot = Rect { x: area.right().saturating_sub(width + 2), y: area.bottom() - 1, width, height: 1 };
        words::line(buf, spot, &text, theme.accent);
    }
}

fn sentences(
    model: &Model,
    index: usize,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    theme: &Theme,
    width: u16,
) -> Vec<(String, Style)> {
    let mut lines: Vec<(String, Style)> = Vec::new();
    let mut say = |text: &str, style: Style| {
        // Fields begin with their name and a tab; what goes on in the next line stands below their value.
        let (name, text) = text.split_once('\t').unwrap_or(("", text));
        let indent = if name.is_empty() { 0 } else { INDENT };
        let wrapped = text.lines().flat_map(|line| wrap(line, width.saturating_sub(indent)));
        lines.extend(wrapped.enumerate().map(|(i, line)| {
            // A long name leaves a blank before its value all the same.
            let before = if i == 0 { clip(name, INDENT - 1) } else { "".into() };
            (format!("{before:<0$}{line}", usize::from(indent)), style)
        }));
    };
    match alert {
        Some(alert) => {
            let (_, style) = words::severity(alert.severity(), theme);
            say(&state(alert, model, rule), style);
            if let Some(mute) = mute(model, rule, index, alert) {
                say(&mute.sentence(model.now, model.utc_offset), theme.warn);
            }
            for name in ["summary", "description"] {
                if let Some(text) = alert.annotation(name) {
                    annotation(text, if name == "summary" { theme.title } else { theme.text }, theme, &mut say);
                }
            }
        }
        None => say("not active: its expression gives nothing now", theme.good),
    }
    if let Health::Failed(why) = &rule.health {
        say(&format!("! the rule could not be evaluated: {why}"), theme.bad);
    }
    let threshold = model.alerts.watched(index).and_then(|(_, threshold)| threshold.as_ref());
    if let (Some(alert), Some(threshold)) = (alert, threshold) {
        let value = Unit::Short.format(alert.value, None);
        let limit = Unit::Short.format(threshold.value, None);
        say(&format!("value\t{value}, alerts when {} {limit}", threshold.comparison), theme.text);
    } else if let Some(alert) = alert {
        say(&format!("value\t{}", Unit::Short.format(alert.value, None)), theme.text);
    }
    if rule.hold > 0 {
        say(&format!("for\t{}", hold(rule, alert, model.now)), theme.text);
    }
    say(&format!("expr\t{}", one_line(&rule.expr)), theme.accent);
    if let Some(alert) = alert {
        let labels: Vec<String> = alert.labels.iter().map(|l| format!("{}={:?}", l.name, l.value)).collect();
        say(&format!("labels\t{}", labels.join(" ")), theme.dim);
        for (name, text) in &alert.annotations {
            if !matches!(name.as_str(), "summary" | "description") {
                annotation_line(name, text, theme, &mut say);
            }
        }
    }
    let who = match rule.origin {
        Origin::Server => "evaluated by Prometheus",
        Origin::Local => "evaluated by shtop itself",
    };
    let at =
        rule.last_evaluation.map_or_else(String::new, |at| format!(" {} ago", unit::duration((model.now - at).max(0))));
    say(&format!("rule\tgroup {}, {who}{at}", rule.group), theme.dim);
    lines
}

/// An expression over several lines as one: it is wrapped anyway.
fn one_line(expr: &str) -> String {
    expr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why nobody is notified of the alert.
fn mute<'m>(model: &'m Model, rule: &RuleStatus, index: usize, alert: &Alert) -> Option<&'m Mute> {
    let alert = rule.alerts.iter().position(|a| a.labels == alert.labels)?;
    model.muting.as_ref()?.of(At { rule: index, alert })
}

fn annotation(text: &Rendered, style: Style, theme: &Theme, say: &mut dyn FnMut(&str, Style)) {
    say(text.text(), style);
    if let Rendered::Failed { error, .. } = text {
        say(&format!("▲ its template: {error}"), theme.warn);
    }
}

fn annotation_line(name: &str, text: &Rendered, theme: &Theme, say: &mut dyn FnMut(&str, Style)) {
    let name = if name == "runbook_url" { "runbook" } else { name };
    say(&format!("{name}\t{}", text.text()), theme.dim);
    if let Rendered::Failed { error, .. } = text {
        say(&format!("▲ its template: {error}"), theme.warn);
    }
}

fn state(alert: &Alert, model: &Model, rule: &RuleStatus) -> String {
    let at = |t: i64| when(t, model);
    let known = match alert.known_since {
        Some(since) if alert.may_be_older() => format!(", or longer: nobody looked before {}", at(since)),
        _ => String::new(),
    };
    let words = standing(alert, model.now);
    match alert.state {
        AlertState::Pending { .. } => format!("{words}; true since {}{known}", at(alert.active_at)),
        AlertState::Firing { since } => {
            let kept = alert.kept_until.map_or_else(String::new, |until| {
                format!("; its condition holds no more, kept firing until {} by the rule", at(until))
            });
            format!("{words}, since {}{known}{kept}", at(since))
        }
        AlertState::Resolved { at: then } => {
            format!("{words}, at {}; it was active since {} ({})", at(then), at(alert.active_at), rule.group)
        }
    }
}

/// The time of day, and the date before it where that was not today.
fn when(at: i64, model: &Model) -> String {
    super::log::time(at, model)
}

/// How long the condition must hold, and how far that is.
fn hold(rule: &RuleStatus, alert: Option<&Alert>, now: i64) -> String {
    let whole = unit::duration(rule.hold);
    match alert.map(|a| (a.state, a.active_at)) {
        Some((AlertState::Pending { .. }, since)) => {
            let share = ((now - since) as f64 / rule.hold as f64).clamp(0.0, 1.0);
            let full = (share * 20.0).round() as usize;
            format!("{whole}  {}{}  {:.0} %", "█".repeat(full), "░".repeat(20 - full), share * 100.0)
        }
        _ => whole,
    }
}

/// The rule's own course, then the panels that show what it watches, as many as there is room for.
fn pictures(
    model: &Model,
    index: usize,
    rule: &RuleStatus,
    alert: Option<&Alert>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
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
        queries: vec![PanelQuery { expr, legend: None, axis: Axis::Left }],
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
        panel: &panel,
        window: history.map_or(Window::instant(model.now), |h| h.window),
        curves: &curves,
        left_out: 0,
        state: &state,
        theme,
        now: model.now,
        utc_offset: model.utc_offset,
        selected: false,
        cursor: None,
        notes: &[],
    };
    panel::draw(&frame, area, buf);
}
