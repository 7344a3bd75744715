//! Reading in the lines of a panel: scrolling a table, sorting it, a text with the variables' values in it. Pure.

use ratatui::layout::Rect;

use super::message::Command;
use super::model::{Model, Screen, View};
use crate::layout::Kind;
use crate::panel::{self, AlertLine, Reading};
use crate::rules::{Health, Rendered};
use crate::theme::{Depth, Theme};

/// Where somebody is in the lines of a panel. Every panel begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    panel: usize,
    lines: usize,
    column: Option<usize>,
    /// Whether that was on the whole screen.
    whole: bool,
}

impl View {
    /// How a panel is looked at.
    pub(super) fn reading(&self, index: usize) -> Reading {
        let whole = self.full && index == self.selected;
        match self.place {
            place if place.panel == index => {
                Reading { whole, scroll: if whole == place.whole { place.lines } else { 0 }, sort: place.column }
            }
            _ => Reading { whole, ..Reading::default() },
        }
    }

    fn place(&self) -> Place {
        self.place_in(self.selected)
    }

    fn place_in(&self, panel: usize) -> Place {
        match self.place {
            place if place.panel != panel => Place { panel, whole: self.full, ..Place::default() },
            place if place.whole != self.full => Place { lines: 0, whole: self.full, ..place },
            place => place,
        }
    }
}

impl Model {
    /// The alerts as a panel lists them: what fires, what is pending, what cannot be evaluated.
    pub fn alert_lines(&self) -> Option<Vec<AlertLine<'_>>> {
        let report = self.alerts.report.as_ref()?;
        let active = self.alerts.active().map(|(at, rule, alert)| AlertLine {
            rule: &rule.name,
            which: self.alerts.told_apart(at),
            severity: alert.severity(),
            state: Ok((alert.state, alert.may_be_older())),
            summary: alert.annotation("summary").map_or("", Rendered::text),
            muted: self.muting.as_ref().is_some_and(|m| m.of(at).is_some()),
        });
        let failed = report.rules.iter().filter_map(|rule| match &rule.health {
            Health::Failed(why) => {
                let severity = rule.severity();
                Some(AlertLine { rule: &rule.name, which: "", severity, state: Err(why), summary: "", muted: false })
            }
            _ => None,
        });
        Some(active.chain(failed).collect())
    }

    /// Scrolls the lines of the panel on the whole screen; `false` where there is none with more lines than fit.
    pub(super) fn scroll_panel(&mut self, lines: i64) -> bool {
        let (Some(area), Some(view)) = (self.whole_area(), self.view()) else { return false };
        let panel = view.selected;
        let hidden = self.hidden(panel, area);
        let is_list = hidden.is_some_and(|hidden| hidden > 0);
        self.scroll_to(panel, hidden, lines);
        is_list
    }

    /// Where the panel on the whole screen stands; of the editor's queries their result.
    pub(super) fn whole_area(&self) -> Option<Rect> {
        let view = self.view().filter(|view| view.full)?;
        let area = self.body_area();
        if self.screen == Screen::Explore {
            return Some(self.explore.page(area).result);
        }
        let notes = view.note_lines(self.body());
        Some(Rect { height: area.height.saturating_sub(notes), ..area })
    }

    /// Scrolls the lines of the panel that is drawn in `area`; `false` where that moves nothing.
    pub(super) fn scroll_inside(&mut self, panel: usize, area: Rect, lines: i64) -> bool {
        let hidden = self.hidden(panel, area);
        self.scroll_to(panel, hidden, lines)
    }

    fn scroll_to(&mut self, panel: usize, hidden: Option<usize>, lines: i64) -> bool {
        let (Some(hidden @ 1..), Some(view)) = (hidden, self.view_mut()) else { return false };
        let mut place = view.place_in(panel);
        let before = place.lines.min(hidden);
        place.lines = (before as i64).saturating_add(lines).clamp(0, hidden as i64) as usize;
        view.place = place;
        place.lines != before
    }

    /// How many lines of a panel do not fit into the area in which it is drawn.
    fn hidden(&self, panel: usize, area: Rect) -> Option<usize> {
        let view = self.view()?;
        let state = view.panels.get(panel)?.state(self.present());
        // Colours do not decide where anything stands.
        let theme = Theme::dark(Depth::TrueColor);
        let lines = self.alert_lines();
        let mut frame = view.frame(panel, self, &state, &theme)?;
        frame.alerts = lines.as_deref();
        Some(panel::hidden(&frame, area))
    }

    /// Sorts the selected table by its next column; after the last one, worst first again.
    pub(super) fn sort_panel(&mut self) -> Option<Command> {
        let view = self.view_mut()?;
        let panel = view.dashboard.panels.get(view.selected)?;
        if panel.kind != Kind::Table {
            self.notice = Some("only tables have columns to sort by".to_owned());
            return None;
        }
        let curves = view.panels.get(view.selected)?.picture.as_ref().map_or(&[][..], |p| &p.curves);
        let columns = panel::table::Grid::of(panel, curves, panel::Curve::newest).columns;
        let mut place = view.place();
        place.column = place.column.map_or(Some(0), |column| Some(column + 1)).filter(|next| *next < columns.len());
        place.lines = 0;
        view.place = place;
        let by = place.column.and_then(|column| columns.get(column)).map_or("worst first", |c| c.name.as_str());
        self.notice = Some(format!("sorted: {by}"));
        None
    }

    /// From a list of alerts to the alerts themselves.
    pub(super) fn open_listed_alerts(&mut self) -> Option<Command> {
        let view = self.view()?;
        let lists = view.dashboard.panels.get(view.selected).is_some_and(|panel| panel.kind == Kind::Alerts);
        lists.then(|| self.visit(Screen::Alerts))
    }
}
