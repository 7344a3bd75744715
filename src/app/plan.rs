//! What to ask the source, from what is in sight.

use std::sync::Arc;

use super::alerts::watched;
use super::cluster::Name;
use super::message::Command;
use super::model::{Body, Model, Screen, Trouble, View};
use super::slot::Slot;
use crate::layout::{Kind, Panel, Placed, Reduce, Values};
use crate::promql::Query;
use crate::source::{Ask, Listing, Plan, Shape, VariableAsk};

/// Distances between steps that people can read off an axis, ms.
const STEPS: [i64; 16] = [
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
    3_600_000, 7_200_000, 14_400_000,
];

/// A dashboard of more panels than this asks only for those near what is in sight.
const LARGE: usize = 60;

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
        if self.screen == Screen::Targets {
            return self.look_at_target();
        }
        let shows = !matches!(self.screen, Screen::Silence | Screen::Silences);
        (shows && self.planned.is_some_and(|range| range != self.shown_range())).then(|| self.watch())
    }

    /// A new plan where something has come into sight that the last one does not ask for.
    pub(super) fn look(&mut self) -> Option<Command> {
        let body = self.body();
        self.view().is_some_and(|view| view.overlooks(body)).then(|| self.watch())
    }

    /// A plan for what is on the screen now, under a new revision.
    pub(super) fn watch(&mut self) -> Command {
        self.revision += 1;
        let (range, interval, width) = (self.shown_range(), self.interval, self.size.0);
        self.planned = Some(range);
        let (revision, end, body, now) = (self.revision, self.end, self.body(), self.present());
        let mut plan = Plan { revision, asks: Vec::new(), variables: Vec::new(), range, step: interval, end };
        let index = match self.screen {
            Screen::Dashboard(index) => index,
            Screen::Targets => {
                plan.asks.extend(self.target_ask());
                return Command::Watch(plan);
            }
            // These need no series; their plan ends the evaluation of the last dashboard.
            Screen::Silence | Screen::Silences => return Command::Watch(plan),
            Screen::Runbook => {
                plan.step = step(range, width / 3, interval);
                for (key, query) in self.block_queries() {
                    let query = self.name.at_home(query);
                    plan.asks.push(Ask { key, queries: Arc::new([query]), shape: Shape::Range });
                }
                return Command::Watch(plan);
            }
            Screen::Explore => {
                plan.step = step(range, width.saturating_sub(8), interval);
                self.ask_for_explore(&mut plan);
                return Command::Watch(plan);
            }
            Screen::Alerts | Screen::Alert => {
                plan.step = step(range, width / 3, interval);
                self.ask_for_rules(&mut plan);
                return Command::Watch(plan);
            }
        };
        let asks_all = self.everything;
        let Some(view) = self.views.get_mut(index) else { return Command::Watch(plan) };

        let cells = if view.full { width } else { width / 2 };
        plan.step = step(range, cells.saturating_sub(8), interval);
        let clock = Clock { step: plan.step, interval, range: (end.unwrap_or(now) - range, end.unwrap_or(now)) };
        view.asked.clear();
        for panel in view.wanted(body, asks_all) {
            let kind = view.dashboard.panels[panel].kind;
            if !view.dashboard.panels[panel].queries.iter().all(|q| view.is_ready(&q.expr)) {
                continue;
            }
            view.asked.insert(panel);
            match view.queries(panel, &self.name, clock) {
                Ok(queries) => {
                    let own = &view.dashboard.panels[panel];
                    let is_now = own.reduce == Reduce::Last && own.legend.is_empty() && self.cursor.is_none();
                    // Shares have no range, except where one points at a time in it.
                    let shape = if kind == Kind::Pie && is_now || own.queries.iter().all(|q| q.instant) {
                        Shape::Instant
                    } else {
                        Shape::Range
                    };
                    plan.asks.push(Ask { key: Slot::Panel(index, panel).key(), queries, shape });
                }
                Err(reason) => view.panels[panel].trouble = Some(Trouble::Failed(reason)),
            }
        }
        for (number, variable) in view.dashboard.variables.iter().enumerate() {
            let ask = |expr: &str| {
                let scope = view.scope(&Panel::default(), clock.step, interval, clock.range);
                let query = view.is_ready(expr).then(|| Query::parse(&scope.query(expr)).ok()).flatten();
                query.map(|query| self.name.at_home(query))
            };
            match &variable.values {
                Values::Labels => plan.variables.extend(ask(&variable.selector).map(|selector| VariableAsk {
                    key: (view.dashboard.id.clone(), variable.name.clone()),
                    selector,
                    lists: match variable.values_of.as_str() {
                        "" => Listing::Names,
                        label => Listing::Values(label.to_owned()),
                    },
                })),
                // First of all: panels wait for them.
                Values::Query(expr) => plan
                    .asks
                    .splice(
                        0..0,
                        ask(expr).map(|query| Ask {
                            key: Slot::Variable(index, number).key(),
                            queries: Arc::new([query]),
                            shape: Shape::Instant,
                        }),
                    )
                    .for_each(drop),
                Values::Given(_) | Values::Typed => {}
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
            let clock = Clock { step: plan.step, interval: self.interval, range: (self.now - plan.range, self.now) };
            if let Some(Ok(queries)) = self.views.get_mut(view).map(|v| v.queries(panel, &self.name, clock)) {
                plan.asks.push(Ask { key: Slot::Panel(view, panel).key(), queries, shape: Shape::Range });
            }
        }
    }
}

/// What times and distances variables stand for, ms.
#[derive(Debug, Clone, Copy)]
struct Clock {
    step: i64,
    interval: i64,
    range: (i64, i64),
}

impl View {
    /// The panels to ask for, those in sight first: of a large dashboard those that are near, else all that are not folded
    /// away.
    fn wanted(&self, body: Body, all: bool) -> Vec<usize> {
        let asks = |&i: &usize| self.dashboard.panels[i].kind.asks();
        // What a filter finds depends on what is there: it hides panels, and must not keep them from being asked.
        if all || self.sifted.is_some() {
            return (0..self.panels.len()).filter(asks).collect();
        }
        if self.full {
            return Some(self.selected).filter(|i| *i < self.panels.len()).into_iter().filter(asks).collect();
        }
        let margin = body.height.saturating_mul(if self.panels.len() > LARGE { 1 } else { u16::MAX });
        let (top, bottom) = (self.scroll, self.scroll.saturating_add(body.height));
        let placement = self.placement(body);
        let near =
            |p: &&Placed| p.cells.y < bottom.saturating_add(margin) && p.cells.bottom() > top.saturating_sub(margin);
        // Stable: within each half the reading order stays.
        let mut near: Vec<&Placed> = placement.rows.iter().filter(near).collect();
        near.sort_by_key(|p| !(p.cells.y < bottom && p.cells.bottom() > top));
        near.into_iter().map(|p| p.panel).filter(asks).collect()
    }

    /// Whether a panel in sight is not asked for, and could be.
    fn overlooks(&self, body: Body) -> bool {
        let is_missing = |&i: &usize| {
            let panel = &self.dashboard.panels[i];
            panel.kind.asks() && !self.asked.contains(&i) && panel.queries.iter().all(|q| self.is_ready(&q.expr))
        };
        !self.full && self.in_sight(body).iter().any(is_missing)
    }

    /// The panel's queries with the variables put in, parsed once.
    fn queries(&mut self, panel: usize, name: &Name, clock: Clock) -> Result<Arc<[Query]>, String> {
        let own = &self.dashboard.panels[panel];
        let (from, to) = own.span.map_or(clock.range, |span| (clock.range.1 - span, clock.range.1));
        let scope = self.scope(own, clock.step, clock.interval, (from, to));
        let texts: Vec<String> = own.queries.iter().map(|q| scope.for_query(q).query(&q.expr)).collect();
        let cached = &mut self.panels[panel].queries;
        if cached.as_ref().is_none_or(|(known, _)| *known != texts) {
            let parsed = texts
                .iter()
                .map(|text| Query::parse(text).map(|query| name.at_home(query)).map_err(|e| e.to_string()))
                .collect();
            *cached = Some((texts, parsed));
        }
        cached.as_ref().map_or_else(|| Err(String::new()), |(_, parsed)| parsed.clone())
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
