//! The line under the header that names the active alerts, the worst first, on every screen that does not show them
//! anyway.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Action, AlertId, Model, Spot, Zones};
use crate::rules::{Alert, AlertState, RuleStatus};
use crate::theme::Theme;
use crate::unit;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    zones.mark(area, Spot::Action(Action::Alerts));
    let active = model.alerts.active();
    let all = active.len();
    // What is left out must be told, and how to see it.
    let tail = |left: usize| if left > 0 { format!("+{left} more: a") } else { "a: alerts".to_owned() };
    let mut x = area.x + 1;
    let mut told = 0;
    for (at, rule, alert) in active {
        let (glyph, style) = words::severity(alert.severity(), theme);
        let style = if matches!(alert.state, AlertState::Firing { .. }) { style } else { theme.dim };
        let left = all - told - 1;
        let room = area.right().saturating_sub(x + tail(left).width() as u16 + 3);
        let which = model.alerts.told_apart(at);
        let texts = [sentence(rule, alert, model.now, which), sentence(rule, alert, model.now, "")];
        let Some(text) = texts.into_iter().find(|t| t.width() + 2 <= usize::from(room)) else { break };
        let used = words::line(buf, Rect { x, width: room, ..area }, &format!("{glyph} {text}"), style);
        let id = AlertId { rule: rule.name.clone(), labels: alert.labels.clone() };
        zones.mark(Rect { x, width: used, ..area }, Spot::Alert(id));
        x += used + 3;
        told += 1;
    }
    let text = tail(all - told);
    let width = (text.width() as u16 + 1).min(area.width);
    let spot = Rect { x: area.right() - width, width, ..area };
    words::line(buf, spot, &text, theme.dim);
}

fn sentence(rule: &RuleStatus, alert: &Alert, now: i64, which: &str) -> String {
    let seconds = |ms: i64| unit::duration(ms.max(0) / 1_000 * 1_000);
    let age = |t: i64| seconds(now - t);
    let state = match alert.state {
        AlertState::Pending { fires_at } => format!("fires in {}", seconds(fires_at - now)),
        AlertState::Firing { since } => age(since),
        AlertState::Resolved { at } => format!("resolved {} ago", age(at)),
    };
    if which.is_empty() { format!("{} {state}", rule.name) } else { format!("{} {which} {state}", rule.name) }
}
