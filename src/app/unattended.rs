//! A wall that nobody sits at goes to what begins to fire, and back when nothing does. Pure. Uses `layout` and `rules`.

use super::message::Command;
use super::model::{Model, Screen};
use crate::layout::Density;
use crate::rules::{Alert, AlertState, RuleStatus};
use crate::series::Timestamp;

/// How long nobody has touched key or mouse before a screen goes anywhere by itself, ms.
const ALONE: i64 = 60_000;

/// Whether somebody sits before the screen.
#[derive(Debug)]
pub(super) struct Attention {
    /// When key or mouse were last touched.
    touched: Timestamp,
    /// The dashboard that the screen left by itself.
    left: Option<usize>,
}

impl Attention {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { touched: now, left: None }
    }
}

impl Model {
    /// Whoever touches key or mouse decides where the screen is, and what it comes back to.
    pub(super) const fn attend(&mut self) {
        self.attention = Attention::new(self.now);
    }

    /// After a report: to the dashboard that shows the worst of the rules in `news`, which began to fire with it; back to
    /// where somebody left the screen once nothing fires.
    pub(super) fn attend_to(&mut self, news: &[String]) -> Option<Command> {
        let here = self.unattended()?;
        let is_firing = |state: AlertState| matches!(state, AlertState::Firing { .. });
        if !self.alerts.active().any(|(.., alert)| is_firing(alert.state)) {
            let back = self.attention.left.take()?;
            return Some(self.go(back));
        }
        let is_news = |rule: &RuleStatus, alert: &Alert| is_firing(alert.state) && news.contains(&rule.name);
        let (at, rule, _) = self.alerts.active().find(|(_, rule, alert)| is_news(rule, alert))?;
        let places = self.related(at.rule);
        let &(view, panel) = places.iter().find(|(view, _)| *view == here).or_else(|| places.first())?;
        if view == here {
            return None;
        }
        let notice = format!("{} began to fire: {}", rule.name, self.views[view].dashboard.title);
        let left = self.attention.left.or(Some(here));
        self.point_at(view, panel);
        let command = self.go(view);
        (self.attention.left, self.notice) = (left, Some(notice));
        Some(command)
    }

    /// The dashboard in sight, where it is a live wall with nobody before it.
    fn unattended(&self) -> Option<usize> {
        let Screen::Dashboard(here) = self.screen else { return None };
        let is_live = self.end.is_none() && self.cursor.is_none() && self.overlay.is_none() && self.prompt.is_none();
        let view = self.views.get(here).filter(|view| !view.full)?;
        let is_wall = view.placement(self.body()).density == Density::Wall;
        (is_live && is_wall && self.now - self.attention.touched >= ALONE).then_some(here)
    }
}
