//! The alerts: which fire, since when and how far off they are; beneath, what happened and what was done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use super::{log, sheet, words};
use crate::app::{Action, At, Line, Model, Mute, Spot, Zones, lasting};
use crate::panel::{self, clip, wrap};
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
    mute: u16,
    course: u16,
}

/// Columns before the name: cursor, mark, severity, blanks.
const FIXED: u16 = 13;

impl Columns {
    /// What is in sight decides, so that a long name far below takes no room here.
    fn fit(model: &Model, lines: &[Line<'_>], width: u16) -> Self {
        let (mut name, mut labels, mut state, mut value, mut mute) = (8, 0, 6, 0, 0);
        let wider = |column: &mut u16, text: &str| *column = (*column).max(text.width() as u16);
        for line in lines {
            let (at, rule, alert) = match line {
                Line::Alert(at, rule, alert) => {
                    wider(&mut labels, model.alerts.told_apart(*at));
                    (*at, rule, *alert)
                }
                Line::Group(at, rule, alert, n) => {
                    wider(&mut labels, &group(*n));
                    (*at, rule, *alert)
                }
                Line::Failed(_, rule) | Line::Quiet(_, rule) => {
                    wider(&mut name, &rule.name);
                    continue;
                }
                Line::Heading(..) => continue,
            };
            wider(&mut name, &rule.name);
            wider(&mut state, &lasting(alert, model.now));
            wider(&mut value, &against(model, at, alert));
            if let Some(of) = model.muting.as_ref().and_then(|m| m.of(at)) {
                wider(&mut mute, &muted(of, model.now, width));
            }
        }
        let course = match width {
            0..100 => 0,
            100..150 => 16,
            _ => 32,
        };
        let (state, value, mute) = (state.min(18), if width < 60 { 0 } else { value.min(18) }, mute.min(24));
        let gaps = 2 + u16::from(value > 0) + u16::from(mute > 0) + u16::from(course > 0);
        let left = width.saturating_sub(FIXED + state + value + mute + course + gaps);
        // What tells alerts apart is cut last, but the name's beginning must be there too.
        let name = name.min(32).min(left.saturating_sub(labels).max(left / 2));
        Self { name, labels: left.saturating_sub(name).min(labels), state, value, mute, course }
    }
}

/// From this width on there is room for words on why an alert is muted.
const WIDE: u16 = 100;

fn muted(mute: &Mute, now: i64, width: u16) -> String {
    if width < WIDE { "⊘".to_owned() } else { mute.brief(now) }
}

fn group(n: usize) -> String {
    format!("{n} alerts, Space shows them")
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let lines = model.alerts.lines();
    let wanted = (lines.len() as u16).saturating_add(4);
    let log_height = if area.height >= LOG_FROM {
        (area.height / 3).max(area.height.saturating_sub(wanted)).min(area.height - 8).min(log::wanted(model) + 2)
    } else {
        0
    };
    list(model, &lines, theme, Rect { height: area.height - log_height, ..area }, buf, zones);
    if log_height >= 3 {
        log::draw(model, theme, Rect { y: area.bottom() - log_height, height: log_height, ..area }, buf, zones);
    }
}

fn list(model: &Model, lines: &[Line<'_>], theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let title = format!(" Alerts, {} ", model.alerts.sort.words());
    let (text, style) = summary(model, theme);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(title.as_str())
        .title_style(theme.title)
        .render(area, buf);
    let inside = area.inner(Margin::new(1, 1));
    let named =
        Rect { x: area.x + 1, width: (title.width() as u16).min(area.width.saturating_sub(2)), height: 1, ..area };
    zones.mark(named, Spot::Action(Action::Sort));
    // On the frame where there is room, so that the list has a line more.
    let room = area.width.saturating_sub(title.width() as u16 + 6);
    let width = text.width() as u16 + 2;
    let mut below = inside;
    if width <= room && !text.is_empty() {
        let spot = Rect { x: area.right() - width - 2, width, height: 1, ..area };
        words::line(buf, spot, &format!(" {text} "), style);
    } else if !text.is_empty() {
        let lines = wrap(&text, inside.width.saturating_sub(2));
        for (i, line) in lines.iter().take(2).enumerate() {
            words::line(buf, Rect { x: inside.x + 1, y: inside.y + i as u16, height: 1, ..inside }, line, style);
        }
        let used = (lines.len().min(2) as u16).min(inside.height);
        below = Rect { y: inside.y + used, height: inside.height - used, ..inside };
    }
    if lines.is_empty() {
        let text = empty(model);
        words::line(buf, Rect { x: below.x + 1, width: below.width.saturating_sub(1), ..below }, &text, theme.dim);
        return;
    }
    let rows = usize::from(below.height);
    let top = sheet::first(model.hand.top, model.alerts.cursor, rows, lines.len());
    sheet::bar(area, below, (top, rows, lines.len()), theme, buf, zones);
    let shown = &lines[top..(top + rows).min(lines.len())];
    let columns = Columns::fit(model, shown, inside.width);
    for (i, line) in shown.iter().enumerate() {
        let row = Rect { y: below.y + i as u16, height: 1, ..below };
        draw_line(model, line, top + i == model.alerts.cursor, &columns, theme, row, buf);
        if !matches!(line, Line::Heading(..)) {
            zones.mark(row, Spot::Row { index: top + i, top });
        }
    }
    let left = lines.len().saturating_sub(top + rows);
    if left > 0 {
        let text = format!(" ↓ {left} more ");
        let width = text.width() as u16;
        let spot = Rect { x: area.right().saturating_sub(width + 2), y: area.bottom() - 1, width, height: 1 };
        words::line(buf, spot, &text, theme.accent);
    }
}

/// Who evaluated the rules and when, or why they could not be.
fn summary(model: &Model, theme: &Theme) -> (String, Style) {
    let Some(report) = &model.alerts.report else { return (String::new(), theme.dim) };
    let age = unit::duration((model.now - report.at).max(0) / 1_000 * 1_000);
    if let Some(trouble) = &report.trouble {
        return (format!("⚠ as of {age} ago: {trouble}"), theme.warn);
    }
    if let Some(why) = model.blindness() {
        return (format!("⚠ {why}: what fires now is not known"), theme.warn);
    }
    let rules = report.rules.len();
    let unevaluated = model.alerts.counts().unevaluated;
    if unevaluated > 0 {
        let which = if unevaluated == rules {
            "the rules were".to_owned()
        } else {
            format!("{unevaluated} of {rules} rules were")
        };
        return (format!("⚠ {which} not evaluated yet: whether they fire is not known"), theme.warn);
    }
    let server = report.rules.iter().any(|r| r.origin == Origin::Server);
    let who = if server { "by Prometheus" } else { "by shtop itself" };
    if let Some(trouble) = model.muting.as_ref().filter(|m| m.out_of_reach().is_none()).and_then(|m| m.trouble.as_ref())
    {
        return (format!("⚠ silences are not known: {trouble}"), theme.warn);
    }
    if !model.alerts.filter.is_empty() {
        return (format!("only those with: {}", model.alerts.filter.text()), theme.warn);
    }
    (format!("{rules} rules, evaluated {who} {age} ago"), theme.dim)
}

fn empty(model: &Model) -> String {
    match &model.alerts.report {
        None => "the rules have not been evaluated yet".to_owned(),
        Some(_) if !model.alerts.filter.is_empty() => "no alert has what the filter asks for; / changes it".to_owned(),
        Some(report) if report.rules.is_empty() && report.trouble.is_some() => "the rules are not known".to_owned(),
        Some(report) if report.rules.is_empty() => "there are no rules".to_owned(),
        Some(_) if model.blindness().is_some() => "nothing was known to fire before that".to_owned(),
        Some(_) if model.alerts.counts().unevaluated > 0 => "nothing is known to fire yet".to_owned(),
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
                Phase::Pending => format!("Pending ({n}): fires if it stays true"),
                Phase::Resolved if model.blindness().is_some() => format!("Resolved, or only out of sight ({n})"),
                Phase::Resolved => format!("Resolved ({n})"),
                Phase::Inactive => format!("Quiet rules ({n})"),
            };
            words::line(buf, part(1, row.width), &text, theme.title);
        }
        Line::Alert(at, rule, alert) => {
            let which = model.alerts.told_apart(at);
            draw_alert(model, (at, rule, alert), which, base, here, columns, theme, row, buf);
        }
        Line::Group(at, rule, alert, n) => {
            draw_alert(model, (at, rule, alert), &group(n), base, here, columns, theme, row, buf);
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
    (at, rule, alert): (At, &RuleStatus, &Alert),
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
    let is_muted = model.muting.as_ref().is_some_and(|m| m.of(at).is_some());
    let style = if fires && !is_muted { style } else { style.add_modifier(Modifier::DIM) };
    words::line(buf, part(0, 2), if here { "› " } else { "  " }, base);
    words::line(buf, part(2, 10), &format!("{glyph} {}", alert.severity()), style);
    words::line(buf, part(FIXED, columns.name), &clip(&rule.name, columns.name), if here { base } else { style });
    let mut x = FIXED + columns.name + 1;
    if columns.labels > 0 {
        words::line(buf, part(x, columns.labels), &clip(which, columns.labels), base);
        x += columns.labels + 1;
    }
    words::line(buf, part(x, columns.state), &lasting(alert, model.now), if fires { style } else { base });
    x += columns.state + 1;
    if columns.value > 0 {
        words::line(buf, part(x, columns.value), &against(model, at, alert), theme.text);
        x += columns.value + 1;
    }
    if columns.mute > 0 {
        if let Some(mute) = model.muting.as_ref().and_then(|m| m.of(at)) {
            words::line(buf, part(x, columns.mute), &muted(mute, model.now, row.width), theme.warn);
        }
        x += columns.mute + 1;
    }
    if columns.course > 0
        && let Some((_, series)) = model.alerts.series_of(at.rule, alert)
    {
        panel::course(&series.values, style.remove_modifier(Modifier::BOLD), part(x, columns.course), buf);
    }
}

/// The value that the rule compares, and with what: `0.23 > 0.1`; of what is over, the last for which it held.
fn against(model: &Model, at: At, alert: &Alert) -> String {
    let was = if alert.state.phase() == Phase::Resolved { "was " } else { "" };
    let value = format!("{was}{}", Unit::Short.format(alert.value, None));
    match model.alerts.watched(at.rule).and_then(|(_, threshold)| threshold.as_ref()) {
        Some(threshold) => format!("{value} {} {}", threshold.comparison, Unit::Short.format(threshold.value, None)),
        None => value,
    }
}
