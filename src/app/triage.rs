//! What can be done with alerts: look at one, go to its panel, copy it, put the list in order.

use std::fmt::Write as _;

use super::alerts::{Line, standing};
use super::explore::Focus;
use super::keys::Place;
use super::message::Command;
use super::model::{AlertId, Model, Screen};
use crate::rules::{Alert, RuleStatus};
use crate::series::Labels;
use crate::source::{Health, TargetStatus};
use crate::unit;

impl Model {
    /// Why nobody can tell how the alerts stand now, in words: what their rules look at is gone, whatever the last
    /// evaluation has found. `None` while it is there.
    pub fn blindness(&self) -> Option<String> {
        if let Some(link) = self.link().filter(|_| self.is_cut_off()) {
            return Some(format!("{} does not answer", link.url));
        }
        let targets = self.status.as_ref().filter(|s| s.link.is_none()).map_or(&[][..], |s| &s.targets);
        let is_down = |t: &TargetStatus| matches!(t.health, Health::Down { .. });
        match targets.len() {
            n if n > 0 && targets.iter().all(is_down) => {
                Some(if n == 1 { "the only target is down".to_owned() } else { format!("all {n} targets are down") })
            }
            _ => self.old().map(|age| format!("the newest data is {} old", unit::duration(age))),
        }
    }

    /// Where keys are pressed when nothing lies over the screen.
    pub fn place(&self) -> Place {
        match self.screen {
            Screen::Dashboard(_) => Place::Dashboard,
            Screen::Targets => Place::Targets,
            Screen::Alerts => Place::Alerts,
            Screen::Alert => Place::Alert,
            Screen::Runbook => Place::Runbook,
            Screen::Silence => Place::Silence,
            Screen::Silences => Place::Silences,
            Screen::Explore if self.explore.focus == Focus::Editor => Place::Explore,
            Screen::Explore => Place::Result,
        }
    }

    /// The alert whose detail is shown, and the index of its rule; `None` where there is no such alert any more.
    pub fn shown_alert(&self) -> Option<(usize, &RuleStatus, Option<&Alert>)> {
        let id = self.alert.as_ref()?;
        let found = self.alerts.find(&id.rule, &id.labels).map(|(at, rule, alert)| (at.rule, rule, Some(alert)));
        let rule = || self.alerts.rules().iter().enumerate().find(|(_, rule)| rule.name == id.rule);
        found.or_else(|| rule().map(|(i, rule)| (i, rule, None)))
    }

    pub(super) fn open_alert(&mut self) -> Option<Command> {
        let id = match self.alerts.here()? {
            Line::Heading(..) => return None,
            Line::Alert(_, rule, alert) => AlertId { rule: rule.name.clone(), labels: alert.labels.clone() },
            // One line for several: Enter shows them.
            Line::Group(..) => return self.collapse_alert(),
            Line::Failed(_, rule) | Line::Quiet(_, rule) => {
                AlertId { rule: rule.name.clone(), labels: Labels::empty() }
            }
        };
        self.alert = Some(id);
        self.alert_scroll = 0;
        Some(self.visit(Screen::Alert))
    }

    pub(super) fn sort_alerts(&mut self) -> Option<Command> {
        self.alerts.sort = self.alerts.sort.next();
        self.alerts.arrange();
        self.notice = Some(format!("alerts: {}", self.alerts.sort.words()));
        None
    }

    pub(super) fn collapse_alert(&mut self) -> Option<Command> {
        let name = match self.alerts.here()? {
            Line::Alert(_, rule, _) | Line::Group(_, rule, ..) => rule.name.clone(),
            Line::Heading(..) | Line::Failed(..) | Line::Quiet(..) => return None,
        };
        if !self.alerts.collapsed.remove(&name) {
            self.alerts.collapsed.insert(name.clone());
        }
        self.alerts.arrange();
        self.alerts.seek(&name);
        None
    }

    pub(super) fn toggle_quiet(&mut self) -> Option<Command> {
        self.alerts.quiet = !self.alerts.quiet;
        self.alerts.arrange();
        None
    }

    pub(super) fn go_to_panel(&mut self) -> Option<Command> {
        let (rule, ..) = self.shown_alert()?;
        let Some(&(view, panel)) = self.related(rule).first() else {
            self.notice = Some("no panel of the open dashboards shows what this alert watches".to_owned());
            return None;
        };
        self.point_at(view, panel);
        Some(self.visit(Screen::Dashboard(view)))
    }

    /// Name, labels, expression and link of the alert under the cursor or in detail.
    pub(super) fn copy_alert(&mut self) -> Option<Command> {
        let (rule, alert) = match self.screen {
            Screen::Alert => self.shown_alert().map(|(_, rule, alert)| (rule, alert))?,
            _ => self.alerts.under_cursor()?,
        };
        let mut text = rule.name.clone();
        if let Some(alert) = alert {
            // Writing into a string cannot fail.
            write!(text, "\n{}\n{}", alert.labels, standing(alert, self.now)).ok();
        }
        write!(text, "\n{}", rule.expr).ok();
        let link = alert.and_then(Alert::runbook_url).map(|url| url.text().to_owned());
        let raw = || rule.annotation("runbook_url").or_else(|| rule.annotation("runbook")).map(str::to_owned);
        if let Some(url) = link.or_else(raw) {
            write!(text, "\n{url}").ok();
        }
        self.notice = Some(format!("copied {} with its labels, expression and link", rule.name));
        Some(Command::Copy(text))
    }
}
