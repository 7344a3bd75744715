//! The alerts: which fire, since when and how far off they are; beneath, what happened and what was done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use super::{log, words};
use crate::app::{Line, Model, standing, told_apart, watched};
use crate::panel::{self, clip};
use crate::rules::{Alert, AlertState, Health, Origin, Phase, RuleStatus};
use crate::theme::Theme;
use crate::unit::{self, Unit};

/// Lines that the log gets where there are so many.
const LOG_FROM: u16 = 18;

/// Columns of the list.
struct Columns {
    name: u16,
    labels: u16,
    state: u16,
    value: u16,
    course: u16,
}

/// Columns before the name: cursor, mark, severity, blanks.
const FIXED: u16 = 13;

impl Columns {
    fn fit(lines: &[Line<'_>], width: u16, now: i64) -> Self {
        let mut widest = (8, 0, 6);
        for line in lines {
            let (rule, alert) = match line {
                Line::Alert(_, rule, alert) => (rule, Some(*alert)),
                Line::Group(_, rule, alert, _) => (rule, Some(*alert)),
                Line::Failed(_, rule) | Line::Quiet(_, rule) => (rule, None),
                Line::Heading(..) => continue,
            };
            widest.0 = widest.0.max(rule.name.width() as u16);
            if let Some(alert) = alert {
                widest.1 = widest.1.max(told_apart(rule, alert).width() as u16);
                widest.2 = widest.2.max(standing(alert, now).width() as u16);
            }
        }
        let course = match width {
            0..100 => 0,
            100..150 => 16,
            _ => 32,
        };
        let value = if width < 70 { 0 } else { 16 };
        let state = widest.2.min(22);
        let left = width.saturating_sub(FIXED + state + value + course + 4);
        let name = widest.0.min(32).min(left * 3 / 5);
        Self { name, labels: left.saturating_sub(name + 1).min(widest.1.max(8)), state, value, course }
    }
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let lines = model.alerts.lines();
    let wanted = (lines.len() as u16).saturating_add(4);
    let log_height = if area.height >= LOG_FROM {
        (area.height / 3).max(area.height.saturating_sub(wanted)).min(area.height - 8).min(log::wanted(model) + 2)
    } else {
        0
    };
    list(model, &lines, theme, Rect { height: area.height - log_height, ..area }, buf);
    if log_height >= 3 {
        log::draw(model, theme, Rect { y: area.bottom() - log_height, height: log_height, ..area }, buf);
    }
}

fn list(model: &Model, lines: &[Line<'_>], theme: &Theme, area: Rect, buf: &mut Buffer) {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(format!(" Alerts, {} ", model.alerts.sort.words()))
        .title_style(theme.title)
        .render(area, buf);
    let inside = area.inner(Margin::new(1, 1));
    let (text, style) = summary(model, theme);
    words::line(
        buf,
        Rect { x: inside.x + 1, height: 1, width: inside.width.saturating_sub(1), ..inside },
        &text,
        style,
    );
    let below = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if lines.is_empty() {
        let text = empty(model);
        words::line(buf, Rect { x: below.x + 1, y: below.y + 1, ..below }, &text, theme.dim);
        return;
    }
    let columns = Columns::fit(lines, inside.width, model.now);
    let rows = usize::from(below.height);
    let top = first_shown(lines, model.alerts.cursor, rows);
    for (i, line) in lines.iter().enumerate().skip(top).take(rows) {
        let row = Rect { y: below.y + (i - top) as u16, height: 1, ..below };
        draw_line(model, line, i == model.alerts.cursor, &columns, theme, row, buf);
    }
    let left = lines.len().saturating_sub(top + rows);
    if left > 0 {
        let text = format!(" ↓ {left} more ");
        let width = text.width() as u16;
        let spot = Rect { x: area.right().saturating_sub(width + 2), y: area.bottom() - 1, width, height: 1 };
        words::line(buf, spot, &text, theme.accent);
    }
}

/// The first line in sight: the cursor's, with the heading above it where it is the first of its phase.
fn first_shown(lines: &[Line<'_>], cursor: usize, rows: usize) -> usize {
    if cursor + 1 <= rows {
        return 0;
    }
    let top = cursor + 1 - rows;
    top.min(lines.len().saturating_sub(rows))
}

/// Who evaluated the rules and when, or why they could not be.
fn summary(model: &Model, theme: &Theme) -> (String, Style) {
    let Some(report) = &model.alerts.report else { return (String::new(), theme.dim) };
    let age = unit::duration((model.now - report.at).max(0));
    if let Some(trouble) = &report.trouble {
        return (format!("⚠ as of {age} ago: {trouble}"), theme.warn);
    }
    let rules = report.rules.len();
    let server = report.rules.iter().any(|r| r.origin == Origin::Server);
    let who = if server { "by Prometheus" } else { "by shtop itself" };
    let filter = match model.alerts.filter.as_str() {
        "" => String::new(),
        filter => format!("; only those with: {filter}"),
    };
    (format!("{rules} rules, evaluated {who} {age} ago{filter}"), theme.dim)
}

fn empty(model: &Model) -> String {
    match &model.alerts.report {
        None => "the rules have not been evaluated yet".to_owned(),
        Some(_) if !model.alerts.filter.is_empty() => "no alert has what the filter asks for; / changes it".to_owned(),
        Some(report) if report.rules.is_empty() => "there are no rules".to_owned(),
        Some(_) => "● nothing fires and nothing is pending; i lists the rules".to_owned(),
    }
}

fn draw_line(
    model: &Model,
    line: &Line<'_>,
    here: bool,
    columns: &Columns,
    theme: &Theme,
    row: Rect,
    buf: &mut Buffer,
) {
    let base = if here { theme.selected } else { theme.text };
    let part = |x: u16, width: u16| Rect { x: row.x + x, width: width.min(row.width.saturating_sub(x)), ..row };
    match *line {
        Line::Heading(phase, n) => {
            let text = match phase {
                Phase::Firing => format!("Firing ({n})"),
                Phase::Pending => format!("Pending ({n}): true, but not yet for as long as the rule wants"),
                Phase::Resolved => format!("Resolved ({n})"),
                Phase::Inactive => format!("Quiet rules ({n})"),
            };
            words::line(buf, part(1, row.width), &text, theme.title);
        }
        Line::Alert(index, rule, alert) => {
            let which = told_apart(rule, alert);
            draw_alert(model, (index, rule, alert), &which, base, here, columns, theme, row, buf);
        }
        Line::Group(index, rule, alert, n) => {
            let which = format!("{n} alerts, Space shows them");
            draw_alert(model, (index, rule, alert), &which, base, here, columns, theme, row, buf);
        }
        Line::Failed(_, rule) => {
            let Health::Failed(why) = &rule.health else { return };
            words::line(buf, part(0, 2), if here { "› " } else { "  " }, base);
            words::line(buf, part(2, 10), "! failed", theme.bad);
            words::line(buf, part(FIXED, columns.name), &rule.name, base);
            let x = FIXED + columns.name + 1;
            words::line(buf, part(x, row.width), why, theme.bad);
        }
        Line::Quiet(_, rule) => {
            let (_, style) = words::severity(rule.severity(), theme);
            words::line(buf, part(0, 2), if here { "› " } else { "  " }, base);
            words::line(buf, part(2, 10), &format!("· {}", rule.severity()), style.add_modifier(Modifier::DIM));
            words::line(buf, part(FIXED, columns.name), &rule.name, if here { base } else { theme.dim });
            let x = FIXED + columns.name + 1;
            words::line(buf, part(x, row.width), &rule.expr, theme.dim);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one line of the list, with everything that is on it")]
fn draw_alert(
    model: &Model,
    (index, rule, alert): (usize, &RuleStatus, &Alert),
    which: &str,
    base: Style,
    here: bool,
    columns: &Columns,
    theme: &Theme,
    row: Rect,
    buf: &mut Buffer,
) {
    let part = |x: u16, width: u16| Rect { x: row.x + x, width: width.min(row.width.saturating_sub(x)), ..row };
    let (glyph, style) = words::severity(alert.severity(), theme);
    let fires = matches!(alert.state, AlertState::Firing { .. });
    let style = if fires { style } else { style.add_modifier(Modifier::DIM) };
    words::line(buf, part(0, 2), if here { "› " } else { "  " }, base);
    words::line(buf, part(2, 10), &format!("{glyph} {}", alert.severity()), style);
    words::line(buf, part(FIXED, columns.name), &clip(&rule.name, columns.name), if here { base } else { style });
    let mut x = FIXED + columns.name + 1;
    words::line(buf, part(x, columns.labels), &clip(which, columns.labels), base);
    x += columns.labels + 1;
    words::line(buf, part(x, columns.state), &standing(alert, model.now), if fires { style } else { base });
    x += columns.state + 1;
    if columns.value > 0 {
        words::line(buf, part(x, columns.value), &against(rule, alert), theme.text);
        x += columns.value + 1;
    }
    if columns.course > 0
        && let Some((history, series)) = model.alerts.series_of(index, alert)
    {
        panel::course(&series.values, style.remove_modifier(Modifier::BOLD), part(x, columns.course), buf);
        debug_assert_eq!(series.values.len(), history.window.steps());
    }
}

/// The value that the rule compares, and with what: `0.23 > 0.1`.
fn against(rule: &RuleStatus, alert: &Alert) -> String {
    let value = Unit::Short.format(alert.value, None);
    match watched(rule).1 {
        Some(threshold) => format!("{value} {} {}", threshold.comparison, Unit::Short.format(threshold.value, None)),
        None => value,
    }
}
