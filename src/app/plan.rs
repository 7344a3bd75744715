//! What to ask the source, from what is in sight.

use std::sync::Arc;

use super::alerts::watched;
use super::cluster::Name;
use super::message::Command;
use super::model::{Model, Screen, Trouble, View};
use super::slot::Slot;
use crate::layout::{self, Kind, Selection};
use crate::promql::Query;
use crate::source::{Ask, Plan, Shape, VariableAsk};

/// Distances between steps that people can read off an axis, ms.
const STEPS: [i64; 16] = [
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
    3_600_000, 7_200_000, 14_400_000,
];

/// Of how many rules the course is asked for at once.
const RULES: usize = 40;

/// The smallest readable step with which a chart this many cells wide gets at most two steps a cell, the resolution of
/// braille, and never less than one scrape.
pub(super) fn step(range: i64, cells: u16, interval: i64) -> i64 {
    let finest = (range / (i64::from(cells.max(10)) * 2)).max(interval).max(1_000);
    // Beyond the table, whole hours.
    STEPS.into_iter().find(|s| *s >= finest).unwrap_or((finest + 3_599_999) / 3_600_000 * 3_600_000)
}

impl Model {
    /// A new plan where the range has grown with the data.
    pub(super) fn follow(&mut self) -> Option<Command> {
        let shows = !matches!(self.screen, Screen::Targets | Screen::Silence | Screen::Silences);
        (shows && self.planned.is_some_and(|range| range != self.shown_range())).then(|| self.watch())
    }

    /// A plan for what is on the screen now, under a new revision.
    pub(super) fn watch(&mut self) -> Command {
        self.revision += 1;
        let (range, interval, width) = (self.shown_range(), self.interval, self.size.0);
        self.planned = Some(range);
        let (revision, end, body) = (self.revision, self.end, self.body());
        let mut plan = Plan { revision, asks: Vec::new(), variables: Vec::new(), range, step: interval, end };
        let index = match self.screen {
            Screen::Dashboard(index) => index,
            // These need no series; their plan ends the evaluation of the last dashboard.
            Screen::Targets | Screen::Silence | Screen::Silences => return Command::Watch(plan),
            Screen::Runbook => {
                plan.step = step(range, width / 3, interval);
                for (key, query) in self.block_queries() {
                    let query = self.name.at_home(query);
                    plan.asks.push(Ask { key, queries: Arc::new([query]), shape: Shape::Range });
                }
                return Command::Watch(plan);
            }
            Screen::Alerts | Screen::Alert => {
                plan.step = step(range, width / 3, interval);
                self.ask_for_rules(&mut plan);
                return Command::Watch(plan);
            }
        };
        let Some(view) = self.views.get_mut(index) else { return Command::Watch(plan) };

        let cells = if view.full { width } else { width / 2 };
        plan.step = step(range, cells.saturating_sub(8), interval);
        let mut order: Vec<usize> = (0..view.panels.len()).collect();
        if view.full {
            order.retain(|&i| i == view.selected);
        } else {
            let in_sight = view.in_sight(body);
            // Stable: within each half the reading order stays.
            order.sort_by_key(|i| !in_sight.contains(i));
        }
        for panel in order {
            match view.queries(panel, &self.name) {
                Ok(queries) => {
                    let kind = view.dashboard.panels[panel].kind;
                    // Shares have no range, except where one points at a time in it.
                    let shape = if kind == Kind::Pie && self.cursor.is_none() { Shape::Instant } else { Shape::Range };
                    plan.asks.push(Ask { key: Slot::Panel(index, panel).key(), queries, shape });
                }
                Err(reason) => view.panels[panel].trouble = Some(Trouble::Failed(reason)),
            }
        }
        for variable in &view.dashboard.variables {
            if let Ok(selector) = Query::parse(&variable.selector).map(|query| self.name.at_home(query)) {
                plan.variables.push(VariableAsk {
                    key: (view.dashboard.id.clone(), variable.name.clone()),
                    selector,
                    label: variable.values_of.clone(),
                });
            }
        }
        Command::Watch(plan)
    }

    /// What the alerts on the screen come from: for the list what every rule with an alert watches, for one alert what
    /// its rule watches and the panels that show it.
    fn ask_for_rules(&mut self, plan: &mut Plan) {
        let mut rules: Vec<usize> = match self.screen {
            Screen::Alert => self.shown_alert().map(|(rule, ..)| rule).into_iter().collect(),
            _ => self.alerts.active().map(|(at, ..)| at.rule).collect(),
        };
        let mut seen = std::collections::BTreeSet::new();
        rules.retain(|i| seen.insert(*i));
        rules.truncate(RULES);
        for &rule in &rules {
            let Some(status) = self.alerts.rules().get(rule) else { continue };
            if let Ok(query) = Query::parse(&watched(status).0) {
                plan.asks.push(Ask { key: Slot::Rule(rule).key(), queries: Arc::new([query]), shape: Shape::Range });
            }
        }
        if self.screen != Screen::Alert {
            return;
        }
        let related = rules.first().map_or_else(Vec::new, |&rule| self.related(rule).to_vec());
        for (view, panel) in related {
            if let Some(Ok(queries)) = self.views.get_mut(view).map(|v| v.queries(panel, &self.name)) {
                plan.asks.push(Ask { key: Slot::Panel(view, panel).key(), queries, shape: Shape::Range });
            }
        }
    }
}

impl View {
    /// The panel's queries with the variables put in, parsed once.
    fn queries(&mut self, panel: usize, name: &Name) -> Result<Arc<[Query]>, String> {
        let chosen: Vec<(&str, Selection)> = self
            .dashboard
            .variables
            .iter()
            .map(|v| (v.name.as_str(), self.selection.get(&v.name).cloned().unwrap_or(Selection::All)))
            .collect();
        let queries = &self.dashboard.panels[panel].queries;
        self.panels[panel]
            .queries
            .get_or_insert_with(|| {
                queries
                    .iter()
                    .map(|q| {
                        let query = Query::parse(&layout::interpolate(&q.expr, &chosen)).map_err(|e| e.to_string())?;
                        Ok(name.at_home(query))
                    })
                    .collect()
            })
            .clone()
    }

    /// Forgets parsed queries and pictures: the variables have changed.
    pub(super) fn reset(&mut self) {
        for panel in &mut self.panels {
            *panel = super::model::PanelModel::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_readable_and_never_shorter_than_a_scrape() {
        assert_eq!(step(3_600_000, 92, 5_000), 20_000);
        assert_eq!(step(3_600_000, 52, 5_000), 60_000);
        assert_eq!(step(300_000, 92, 5_000), 5_000);
        assert_eq!(step(300_000, 92, 30_000), 30_000);
        assert_eq!(step(7 * 86_400_000, 5, 5_000), 9 * 3_600_000);
    }
}
