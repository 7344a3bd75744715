//! Rules evaluated over the store, a little at a time, so that neither scrapes nor panels wait for them. Uses `series`,
//! `store`, `promql` and `rules`.
//!
//! The first time, the state of every alert is reconstructed from the history that there is: a rule that has been true for
//! ten minutes fires at once, and says since when. From then on each group is evaluated when its interval has passed.

use super::AlertReport;
use crate::promql::{self, eval};
use crate::rules::{Engine, Ground, Kind, Transition};
use crate::series::{Labels, Matcher, Sample, Select, Timestamp, Window};
use crate::store::Store;

/// Most steps over which the state of a rule is reconstructed.
const STEPS: i64 = 720;

/// Rules at work.
pub(super) struct Alarms {
    engine: Engine,
    options: promql::Options,
    stage: Stage,
    /// The newest data when the stage began.
    at: Timestamp,
    began: bool,
    transitions: Vec<Transition>,
}

/// What is being done.
enum Stage {
    /// Nothing is due.
    Idle,
    /// The state of these rules (group and number) is to be reconstructed over a window that begins no earlier than this.
    Restore(Timestamp, Vec<(usize, usize)>),
    /// These groups are to be evaluated.
    Evaluate(Vec<usize>),
}

impl Alarms {
    pub(super) fn new(engine: Engine, options: promql::Options) -> Self {
        Self { engine, options, stage: Stage::Idle, at: 0, began: false, transitions: Vec::new() }
    }

    /// Looks what is due now that the newest data is of `newest` and the oldest of `oldest`.
    pub(super) fn wake(&mut self, oldest: Option<Timestamp>, newest: Timestamp) {
        if !matches!(self.stage, Stage::Idle) || newest <= self.at {
            return;
        }
        if !self.began {
            self.began = true;
            self.at = newest;
            let rules = self.engine.groups().enumerate().flat_map(|(g, group)| {
                let alerting =
                    |(r, rule): (usize, &crate::rules::Rule)| (rule.kind == Kind::Alerting).then_some((g, r));
                group.rules.iter().enumerate().filter_map(alerting).collect::<Vec<_>>()
            });
            let mut rules: Vec<_> = rules.collect();
            rules.reverse();
            self.stage = Stage::Restore(oldest.unwrap_or(newest), rules);
            return;
        }
        let mut due = self.engine.due(newest);
        if !due.is_empty() {
            due.reverse();
            self.at = newest;
            self.stage = Stage::Evaluate(due);
        }
    }

    /// Whether there is something to do.
    pub(super) const fn is_busy(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    /// Does a part of what is due: one rule, or one group. A report, when all of it is done.
    pub(super) fn step(&mut self, store: &mut Store) -> Option<AlertReport> {
        match &mut self.stage {
            Stage::Idle => None,
            Stage::Restore(oldest, rules) => {
                let oldest = *oldest;
                if let Some((group, rule)) = rules.pop() {
                    self.restore(group, rule, oldest, store);
                } else {
                    self.stage = Stage::Evaluate((0..self.engine.groups().len()).rev().collect());
                }
                None
            }
            Stage::Evaluate(groups) => {
                if let Some(group) = groups.pop() {
                    let mut ground = Soil(store);
                    self.transitions.extend(self.engine.evaluate(group, self.at, &mut ground));
                }
                if matches!(&self.stage, Stage::Evaluate(groups) if !groups.is_empty()) {
                    return None;
                }
                self.stage = Stage::Idle;
                let transitions = std::mem::take(&mut self.transitions);
                Some(AlertReport { at: self.at, rules: self.engine.statuses(), transitions, trouble: None })
            }
        }
    }

    /// A rule that cannot be reconstructed begins at the present, as it would without history.
    fn restore(&mut self, group: usize, rule: usize, oldest: Timestamp, store: &Store) {
        let step = self.engine.interval(group).max(1_000);
        let steps = ((self.at - oldest) / step).min(STEPS);
        let Some(query) = self.engine.groups().nth(group).and_then(|g| g.rules.get(rule)).map(|r| r.query.clone())
        else {
            return;
        };
        if steps < 1 {
            return;
        }
        let window = Window { start: self.at - steps * step, end: self.at, step };
        if let Ok(value) = eval(&query, window, store, &self.options) {
            self.engine.restore(group, rule, window, value.into_series()).ok();
        }
    }
}

/// The store as rules see it: they read samples and leave their own.
struct Soil<'a>(&'a mut Store);

impl Select for Soil<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.0.select(matchers, after, until, visit);
    }
}

impl Ground for Soil<'_> {
    fn write(&mut self, labels: &Labels, t: Timestamp, v: f64) {
        let id = self.0.series(labels.clone());
        // A time before the series' newest sample is refused, as everywhere.
        self.0.append(id, t, v).ok();
    }
}
