//! One way through a plan: its variables, then its panels, one at a time, so that the owner can read its inbox between
//! them. What earlier rounds evaluated is not evaluated again. Uses `series`, `store` and `promql`.

mod remarks;
mod shared;

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use self::remarks::Remarks;
use self::shared::Shared;
use super::absence::Scene;
use super::cache::{Instants, Missing, RangeCache};
use super::{Answer, Ask, Event, Fault, Listing, Plan, Reply, Shape, VariableAsk};
use crate::promql::{self, Note, Query};
use crate::series::{Labels, Select, Series, Timestamp, Window, is_gap, printable};
use crate::store::{Chosen, Store};

/// Longest error text of a query, in characters.
const LONGEST: usize = 300;

/// How many series of one query are handed on. A chart of more is a smear, and holding them all is not free.
const MOST: usize = 1_000;

/// So many new steps at most share their samples with the newest values: those samples are held all at the same time.
const FEW: usize = 8;

/// How much of what was evaluated is kept from one round to the next, bytes: an hour of some thirty thousand curves.
const KEPT: usize = 64 << 20;

/// What rounds leave to those after them. It belongs to one store and one look-back.
pub(super) struct Known {
    ranges: RangeCache,
    instants: Instants,
    chosen: Chosen,
    remarks: Remarks,
}

impl Known {
    pub(super) fn new() -> Self {
        Self {
            ranges: RangeCache::new(KEPT),
            instants: Instants::default(),
            chosen: Chosen::default(),
            remarks: Remarks::default(),
        }
    }

    /// `touched` is the time of the earliest sample since the last round began, `at` the time of the newest values.
    fn begin(&mut self, touched: Option<Timestamp>, at: Timestamp) {
        if let Some(touched) = touched {
            self.ranges.invalidate_from(touched);
            self.instants.invalidate_from(touched);
        }
        self.ranges.forget_unused();
        self.instants.begin(at);
        self.remarks.begin();
    }
}

/// A plan on its way.
pub(super) struct Round {
    plan: Arc<Plan>,
    at: Timestamp,
    window: Window,
    options: promql::Options,
    done: usize,
    /// Queries that failed in this round: they are not tried again for another panel.
    failed: Vec<(Query, Fault)>,
    /// What was doubtful about what was evaluated since it was last taken; `None` where nothing was.
    doubts: RefCell<Option<Vec<Note>>>,
}

impl Round {
    /// `newest` is the time of the newest scrape, `since` that of the oldest sample, `touched` that of the earliest sample
    /// since the last round began.
    pub(super) fn begin(
        plan: Arc<Plan>,
        newest: Timestamp,
        since: Option<Timestamp>,
        lookback: i64,
        known: &mut Known,
        touched: Option<Timestamp>,
    ) -> Self {
        let at = plan.end.unwrap_or(newest);
        let window = Window::aligned(at, plan.range, plan.step);
        known.begin(touched, at);
        let options = promql::Options { lookback, since, ..promql::Options::default() };
        Self { plan, at, window, options, done: 0, failed: Vec::new(), doubts: RefCell::default() }
    }

    /// The next event; `None` when the plan is through.
    pub(super) fn step(&mut self, store: &Store, scene: &Scene<'_>, known: &mut Known) -> Option<Event> {
        let (plan, number) = (Arc::clone(&self.plan), self.done);
        self.done += 1;
        if let Some(ask) = plan.variables.get(number) {
            return Some(self.variable(ask, store, scene));
        }
        plan.asks.get(number - plan.variables.len()).map(|ask| Event::Answer(self.answer(ask, store, scene, known)))
    }

    fn variable(&self, ask: &VariableAsk, store: &Store, scene: &Scene<'_>) -> Event {
        if ask.lists == Listing::Help {
            return Event::Variable { key: ask.key.clone(), values: help(scene) };
        }
        let after = self.window.start.min(self.at - ask.selector.reach());
        let mut values: Vec<Arc<str>> = Vec::new();
        for matchers in ask.selector.selectors() {
            let found = match &ask.lists {
                Listing::Names => store.label_names(&matchers, after, self.at),
                Listing::Values(label) => store.label_values(label, &matchers, after, self.at),
                Listing::Help => Vec::new(),
            };
            values.extend(found.into_iter().map(|v| match printable(&v) {
                Cow::Borrowed(_) => v,
                Cow::Owned(safe) => Arc::from(safe),
            }));
        }
        values.sort_unstable();
        values.dedup();
        Event::Variable { key: ask.key.clone(), values }
    }

    fn answer(&mut self, ask: &Ask, store: &Store, scene: &Scene<'_>, known: &mut Known) -> Answer {
        let replies = ask.queries.iter().map(|q| self.reply(q, ask.shape, store, scene, known)).collect();
        Answer { revision: self.plan.revision, key: ask.key, window: self.window, at: self.at, replies }
    }

    fn reply(
        &mut self,
        query: &Query,
        shape: Shape,
        store: &Store,
        scene: &Scene<'_>,
        known: &mut Known,
    ) -> Result<Reply, Fault> {
        if let Some((_, fault)) = self.failed.iter().find(|(failed, _)| failed.text() == query.text()) {
            return Err(fault.clone());
        }
        let Known { ranges, instants, chosen, remarks } = known;
        let store = store.remembering(chosen);
        let tail = match ranges.missing(query, self.window) {
            Missing::Tail(tail) if shape == Shape::Range && tail.steps() <= FEW => Some(tail),
            _ => None,
        };
        let together = match tail {
            Some(tail) if !instants.knows(query) => self.together(query, tail, &store, ranges, instants),
            _ => Ok(()),
        };
        // Where that cannot be, both still come from the same samples.
        let ahead = tail.map_or(-1, |tail| self.at - tail.start);
        let shared = Shared::new(&store, ahead);
        let data: &dyn Select = if ahead < 0 { &store } else { &shared };
        let both = self.doubts.take();
        let values = together.and_then(|()| {
            let now = self.now(query, data, instants)?;
            let doubts = self.doubts.take();
            Ok((now, doubts, self.range(query, shape, data, ranges)?))
        });
        let values = values.inspect_err(|fault| self.failed.push((query.clone(), fault.clone())));
        let doubts = self.doubts.take();
        let (mut now, doubts_now, mut range) = values?;
        let notes = remarks.hear(query, shape, both.clone().or(doubts_now), both.or(doubts));
        let left_out = thin(&mut now, &mut range);
        let absence = (now.is_empty() && range.is_empty()).then(|| {
            let first = if shape == Shape::Range { self.window.start } else { self.at };
            // `reach` counts the usual look-back in.
            let wider = (self.options.lookback - promql::Options::default().lookback).max(0);
            scene.explain(query, first - query.reach() - wider, self.at)
        });
        let ended = if now.is_empty() { None } else { scene.ended(query, self.at, self.options.lookback) };
        Ok(Reply { range, now, left_out, absence, ended, notes })
    }

    /// Evaluates the steps of `tail` and the present at once, where these are evenly apart and the order of the answer
    /// means nothing.
    fn together(
        &self,
        query: &Query,
        tail: Window,
        data: &dyn Select,
        ranges: &mut RangeCache,
        instants: &mut Instants,
    ) -> Result<(), Fault> {
        let last = tail.at(tail.steps() - 1);
        let (window, present) = if last == self.at {
            (tail, Present::Last)
        } else if tail.steps() == 1 {
            (Window { start: last, end: self.at, step: self.at - last }, Present::Beyond)
        } else {
            return Ok(());
        };
        if query.is_ordered() {
            return Ok(());
        }
        let (steps, now) = part(self.eval(query, window, data)?, present);
        ranges.put(query, tail, steps);
        instants.put(query, now);
        Ok(())
    }

    /// The newest values.
    fn now(&self, query: &Query, data: &dyn Select, instants: &mut Instants) -> Result<Vec<(Labels, f64)>, Fault> {
        instants.answer(query, || {
            let series = self.eval(query, Window::instant(self.at), data)?;
            Ok(series.into_iter().filter_map(|s| s.last().map(|(_, v)| (s.labels, v))).collect())
        })
    }

    /// The values at every step, none where they are not wanted.
    fn range(
        &self,
        query: &Query,
        shape: Shape,
        data: &dyn Select,
        ranges: &mut RangeCache,
    ) -> Result<Vec<Series>, Fault> {
        match shape {
            Shape::Instant => Ok(Vec::new()),
            // Of one step there may also be what is no answer over several.
            Shape::Range if self.window.is_instant() => self.eval(query, self.window, data),
            Shape::Range => ranges.answer(query, self.window, |missing| self.eval(query, missing, data)),
        }
    }

    fn eval(&self, query: &Query, window: Window, data: &dyn Select) -> Result<Vec<Series>, Fault> {
        match promql::eval_with_notes(query, window, data, &self.options) {
            Ok((value, notes)) => {
                self.doubts.borrow_mut().get_or_insert_default().extend(notes);
                Ok(value.into_series())
            }
            Err(e) => Err(Fault::Query(printable(&e.to_string()).chars().take(LONGEST).collect())),
        }
    }
}

/// Where the present is in what was evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Present {
    /// It is the last step.
    Last,
    /// It comes after the last step, in its place.
    Beyond,
}

/// Parts what was evaluated over some steps and the present.
fn part(mut series: Vec<Series>, present: Present) -> (Vec<Series>, Vec<(Labels, f64)>) {
    let last = |s: &Series| s.values.last().copied().filter(|v| !is_gap(*v)).map(|v| (s.labels.clone(), v));
    let now = series.iter().filter_map(last).collect();
    if present == Present::Beyond {
        series.retain_mut(|s| {
            s.values.pop();
            s.last().is_some()
        });
    }
    (series, now)
}

/// Leaves [`MOST`] series at most, half of them those with the largest newest values and half those with the smallest:
/// whichever end is the bad one, it stays. Gives the number of those that went.
pub(super) fn thin(now: &mut Vec<(Labels, f64)>, range: &mut Vec<Series>) -> usize {
    let before = now.len().max(range.len());
    if before <= MOST {
        return 0;
    }
    now.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if now.len() > MOST {
        now.drain(MOST / 2..now.len() - MOST / 2);
    }
    let kept: FxHashSet<&Labels> = now.iter().map(|(labels, _)| labels).collect();
    // Series that have ended fill what room is left.
    let mut room = MOST - kept.len();
    range.retain(|series| {
        kept.contains(&series.labels) || {
            let stays = room > 0 && series.values.last().is_some_and(|v| is_gap(*v));
            room -= usize::from(stays);
            stays
        }
    });
    before - now.len().max(range.len())
}

/// What the targets say of their metrics, as [`Listing::Help`] has it: of several the first one that says anything.
fn help(scene: &Scene<'_>) -> Vec<Arc<str>> {
    let mut seen = FxHashSet::default();
    let families = scene.targets.iter().flat_map(|target| target.families);
    let news = families.filter(|family| !family.help.is_empty() && seen.insert(family.name.as_str()));
    let mut lines: Vec<Arc<str>> =
        news.map(|family| format!("{} {}  {}", family.name, family.kind.as_str(), family.help).into()).collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::GAP;

    #[test]
    fn of_too_many_series_the_largest_and_the_smallest_stay() {
        let labels = |i: usize| Labels::from_pairs([("i", i.to_string())]);
        let mut now: Vec<_> = (0..5_000).map(|i| (labels(i), i as f64)).collect();
        let mut range: Vec<_> =
            (0..5_000).map(|i| Series { labels: labels(i), values: vec![i as f64, i as f64] }).collect();
        range.push(Series { labels: labels(5_000), values: vec![1.0, GAP] });
        assert_eq!(thin(&mut now, &mut range), 4_001);
        assert_eq!((now.len(), range.len()), (MOST, MOST));
        let value = |v: f64| range.iter().any(|s| s.values[1] == v);
        assert!(value(0.0) && value(4_999.0) && !value(2_500.0));
    }

    #[test]
    fn a_few_series_all_stay() {
        let mut now = vec![(Labels::empty(), 1.0)];
        assert_eq!(thin(&mut now, &mut Vec::new()), 0);
        assert_eq!(now.len(), 1);
    }
}
