//! One way through a plan: its variables, then its panels, one at a time, so that the owner can read its inbox between
//! them. Uses `series`, `store` and `promql`.

use std::borrow::Cow;
use std::sync::Arc;

use super::absence::Scene;
use super::{Answer, Ask, Event, Fault, Plan, Reply, Shape, VariableAsk};
use crate::promql::{self, Query};
use crate::series::{Labels, Series, Timestamp, Window, printable};
use crate::store::Store;

/// Longest error text of a query, in characters.
const LONGEST: usize = 300;

/// A plan on its way.
pub(super) struct Round {
    plan: Arc<Plan>,
    at: Timestamp,
    window: Window,
    options: promql::Options,
    done: usize,
}

impl Round {
    /// `newest` is the time of the newest scrape.
    pub(super) fn begin(plan: Arc<Plan>, newest: Timestamp, lookback: i64) -> Self {
        let at = plan.end.unwrap_or(newest);
        let window = Window::aligned(at, plan.range, plan.step);
        Self { plan, at, window, options: promql::Options { lookback, ..promql::Options::default() }, done: 0 }
    }

    /// The next event; `None` when the plan is through.
    pub(super) fn step(&mut self, store: &Store, scene: &Scene<'_>) -> Option<Event> {
        let (plan, number) = (Arc::clone(&self.plan), self.done);
        self.done += 1;
        if let Some(ask) = plan.variables.get(number) {
            return Some(self.variable(ask, store));
        }
        plan.asks.get(number - plan.variables.len()).map(|ask| Event::Answer(self.answer(ask, store, scene)))
    }

    fn variable(&self, ask: &VariableAsk, store: &Store) -> Event {
        let after = self.window.start.min(self.at - ask.selector.reach());
        let mut values: Vec<Arc<str>> = Vec::new();
        for matchers in ask.selector.selectors() {
            let found = store.label_values(&ask.label, &matchers, after, self.at);
            values.extend(found.into_iter().map(|v| match printable(&v) {
                Cow::Borrowed(_) => v,
                Cow::Owned(safe) => Arc::from(safe),
            }));
        }
        values.sort_unstable();
        values.dedup();
        Event::Variable { key: ask.key.clone(), values }
    }

    fn answer(&self, ask: &Ask, store: &Store, scene: &Scene<'_>) -> Answer {
        let replies = ask.queries.iter().map(|q| self.reply(q, ask.shape, store, scene)).collect();
        Answer { revision: self.plan.revision, key: ask.key, window: self.window, at: self.at, replies }
    }

    fn reply(&self, query: &Query, shape: Shape, store: &Store, scene: &Scene<'_>) -> Result<Reply, Fault> {
        let now: Vec<(Labels, f64)> = self
            .series(query, Window::instant(self.at), store)?
            .into_iter()
            .filter_map(|s| s.last().map(|(_, v)| (s.labels, v)))
            .collect();
        let mut range = match shape {
            Shape::Instant => Vec::new(),
            Shape::Range => self.series(query, self.window, store)?,
        };
        range.retain(|s| s.last().is_some());
        let absence = (now.is_empty() && range.is_empty()).then(|| {
            let first = if shape == Shape::Range { self.window.start } else { self.at };
            // `reach` counts the usual look-back in.
            let wider = (self.options.lookback - promql::Options::default().lookback).max(0);
            scene.explain(query, first - query.reach() - wider, self.at)
        });
        let ended = if now.is_empty() { None } else { scene.ended(query, self.at, self.options.lookback) };
        Ok(Reply { range, now, absence, ended })
    }

    fn series(&self, query: &Query, window: Window, store: &Store) -> Result<Vec<Series>, Fault> {
        match promql::eval(query, window, store, &self.options) {
            Ok(value) => Ok(value.into_series()),
            Err(e) => Err(Fault::Query(printable(&e.to_string()).chars().take(LONGEST).collect())),
        }
    }
}
