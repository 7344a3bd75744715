//! One way through a plan: which requests it takes, and which panels can be answered with what has come. Uses `series`,
//! `promql` and the range cache; asks nobody.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::api::{ApiFault, MOST_STEPS, Told};
use crate::promql::Query;
use crate::series::{Labels, Series, Timestamp, Window, printable};
use crate::source::cache::RangeCache;
use crate::source::evaluate::thin;
use crate::source::{Absence, Answer, Ask, Event, Fault, Plan, Reply, Shape};

/// Most notes of one query that are handed on.
const NOTES: usize = 5;

/// How late after its time a sample may be seen, ms. VictoriaMetrics shows none in its first 30 s (`-search.latencyOffset`):
/// it repeats the one before, and where nothing older was asked for there is none to repeat.
pub(super) const LATE: i64 = 40_000;

/// What is to be asked of the server.
#[derive(Debug, Clone)]
pub(super) enum Errand {
    /// The steps of a window.
    Range { job: usize, query: Query, window: Window },
    /// The values at one time.
    Now { job: usize, query: Query, at: Timestamp },
    /// Why there was nothing when it was asked for, or at any step until then.
    Explain { job: usize, query: Query, asked: Timestamp, at: Timestamp },
    /// The values of the plan's variable of this number, which selectors have between two times.
    Variable { number: usize, from: Timestamp, to: Timestamp },
}

/// What became of an errand.
#[derive(Debug)]
pub(super) enum Found {
    Series(Told<Vec<Series>>),
    Values(Told<Vec<String>>),
    Absence(Absence),
}

/// One query of the plan, however many panels show it.
#[derive(Debug)]
struct Job {
    query: Query,
    /// Whether its values are asked for besides the range.
    wants_now: bool,
    wants_range: bool,
    /// How many of its errands have not come back.
    open: usize,
    now: Vec<(Labels, f64)>,
    notes: Vec<String>,
    fault: Option<Fault>,
    absence: Option<Absence>,
}

/// A plan on its way.
pub(super) struct Round {
    plan: Arc<Plan>,
    at: Timestamp,
    window: Window,
    /// Whether the last step of the range is new enough to be the present.
    last_step_is_now: bool,
    jobs: Vec<Job>,
    /// The jobs of each ask, and whether it has been answered.
    asks: Vec<(Vec<usize>, bool)>,
    waiting: VecDeque<Errand>,
    asks_ranges: bool,
    /// Numbers of the variables that have no values.
    barren: Vec<usize>,
    /// How many errands came back with an answer.
    pub(super) answered: usize,
}

impl Round {
    /// `at` is the present by the server's clock. A last step not older than `fresh` ms stands for it. `variables` says whether
    /// their values are asked for too.
    pub(super) fn begin(plan: Arc<Plan>, at: Timestamp, fresh: i64, variables: bool, cache: &mut RangeCache) -> Self {
        let at = plan.end.unwrap_or(at);
        let window = Self::window(&plan, at);
        let mut round = Self {
            last_step_is_now: at - window.end <= fresh.max(1),
            at,
            window,
            jobs: Vec::new(),
            asks: Vec::new(),
            waiting: VecDeque::new(),
            asks_ranges: false,
            barren: Vec::new(),
            answered: 0,
            plan,
        };
        cache.forget_unused();
        let plan = Arc::clone(&round.plan);
        let mut known: FxHashMap<&str, usize> = FxHashMap::default();
        for ask in &plan.asks {
            let jobs = ask.queries.iter().map(|query| {
                let job = *known.entry(query.text()).or_insert_with(|| {
                    round.jobs.push(Job::new(query.clone()));
                    round.jobs.len() - 1
                });
                let ranges = ask.shape == Shape::Range;
                round.jobs[job].wants_range |= ranges;
                round.jobs[job].wants_now |= !ranges || !round.last_step_is_now;
                job
            });
            let jobs = jobs.collect();
            round.asks.push((jobs, false));
        }
        for (job, asked) in round.jobs.iter_mut().enumerate() {
            let query = &asked.query;
            if asked.wants_now {
                round.waiting.push_back(Errand::Now { job, query: query.clone(), at });
                asked.open += 1;
            }
            if asked.wants_range {
                for mut window in cache.missing(query, window).windows() {
                    if window.end == round.window.end {
                        let sure = (at - LATE).div_euclid(window.step) * window.step;
                        window.start = window.start.min(sure).max(round.window.start);
                    }
                    round.waiting.push_back(Errand::Range { job, query: query.clone(), window });
                    asked.open += 1;
                    round.asks_ranges = true;
                }
            }
        }
        for (number, variable) in plan.variables.iter().enumerate().filter(|_| variables) {
            let from = window.start.min(at - variable.selector.reach());
            round.waiting.push_back(Errand::Variable { number, from, to: at });
        }
        round
    }

    /// The last step of a plan as it is asked for at `at`, by the server's clock.
    pub(super) fn last_step(plan: &Plan, at: Timestamp) -> Timestamp {
        Self::window(plan, plan.end.unwrap_or(at)).end
    }

    fn window(plan: &Plan, at: Timestamp) -> Window {
        Window::aligned(at, plan.range, coarse(plan.range, plan.step))
    }

    /// The time and the steps that ranges were asked for, if any were.
    pub(super) fn asked_ranges(&self) -> Option<(Timestamp, Window)> {
        self.asks_ranges.then_some((self.at, self.window))
    }

    /// The next errand to run, in the plan's order.
    pub(super) fn next_errand(&mut self) -> Option<Errand> {
        self.waiting.pop_front()
    }

    /// Whether every errand has been handed out.
    pub(super) fn is_handed_out(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes in what an errand brought; gives an event that it made possible by itself.
    pub(super) fn found(&mut self, errand: &Errand, found: Found, cache: &mut RangeCache) -> Option<Event> {
        self.answered += 1;
        match (errand, found) {
            (Errand::Range { job, query, window }, Found::Series(told)) => {
                cache.put(query, *window, told.data);
                self.jobs[*job].come(told.notes);
            }
            (Errand::Now { job, .. }, Found::Series(told)) => {
                let job = &mut self.jobs[*job];
                job.come(told.notes);
                job.now = told.data.into_iter().filter_map(|s| s.last().map(|(_, v)| (s.labels, v))).collect();
            }
            (Errand::Explain { job, .. }, Found::Absence(absence)) => {
                let job = &mut self.jobs[*job];
                job.come(Vec::new());
                job.absence = Some(absence);
            }
            (Errand::Variable { number, .. }, Found::Values(told)) => {
                if told.data.is_empty() {
                    self.barren.push(*number);
                }
                let key = self.plan.variables.get(*number)?.key.clone();
                let mut values: Vec<Arc<str>> = told.data.iter().map(|v| Arc::from(&*printable(v))).collect();
                values.sort_unstable();
                values.dedup();
                return Some(Event::Variable { key, values });
            }
            // An errand brings nothing but its own.
            _ => {}
        }
        None
    }

    /// Takes in that the server answered an errand with a fault that is this errand's alone.
    pub(super) fn failed(&mut self, errand: &Errand, fault: &ApiFault) {
        match errand {
            Errand::Range { job, .. } | Errand::Now { job, .. } => {
                let job = &mut self.jobs[*job];
                job.open -= 1;
                job.fault.get_or_insert_with(|| Fault::Query(fault.words()));
            }
            Errand::Explain { job, .. } => {
                let job = &mut self.jobs[*job];
                job.open -= 1;
                job.absence = Some(Absence::Filtered);
            }
            // The picker keeps what it has.
            Errand::Variable { .. } => {}
        }
    }

    /// The answers that have become possible, in the plan's order. `explain` gives the reason of an empty result where it
    /// is known; else the server is asked for it first.
    pub(super) fn answers(
        &mut self,
        cache: &RangeCache,
        mut explain: impl FnMut(&Query) -> Option<Absence>,
    ) -> Vec<Event> {
        let plan = Arc::clone(&self.plan);
        let mut events = Vec::new();
        for (i, ask) in plan.asks.iter().enumerate() {
            if self.asks[i].1 || self.asks[i].0.iter().any(|job| self.jobs[*job].open > 0) {
                continue;
            }
            let jobs = self.asks[i].0.clone();
            let mut replies: Vec<Result<Reply, Fault>> =
                jobs.iter().map(|job| self.reply(&self.jobs[*job], ask.shape, cache)).collect();
            let mut unexplained = false;
            for (job, reply) in jobs.iter().zip(&mut replies) {
                let Ok(reply) = reply else { continue };
                if !reply.now.is_empty() || !reply.range.is_empty() {
                    continue;
                }
                let job_number = *job;
                let job = &mut self.jobs[job_number];
                if job.absence.is_none() {
                    job.absence = explain(&job.query);
                }
                reply.absence.clone_from(&job.absence);
                if job.absence.is_none() && job.open == 0 {
                    job.open = 1;
                    let query = job.query.clone();
                    let asked = if job.wants_now { self.at } else { self.window.end };
                    self.waiting.push_front(Errand::Explain { job: job_number, query, asked, at: self.at });
                }
                unexplained |= reply.absence.is_none();
            }
            if !unexplained {
                self.asks[i].1 = true;
                events.push(self.event(ask, replies));
            }
        }
        events
    }

    /// Whether a query or a variable about this job found nothing that matches.
    pub(super) fn misses(&self, job: &str) -> bool {
        let unmatched = |j: &&Job| matches!(j.absence, Some(Absence::NoMatch { .. }));
        let queries = self.jobs.iter().filter(unmatched).map(|j| &j.query);
        let variables = self.barren.iter().filter_map(|i| self.plan.variables.get(*i)).map(|v| &v.selector);
        queries
            .chain(variables)
            .any(|query| query.selectors().iter().flatten().any(|m| m.name == "job" && m.value == job))
    }

    /// Answers whatever is not yet answered: the server is not there.
    pub(super) fn give_up(&mut self, reason: &str) -> Vec<Event> {
        let plan = Arc::clone(&self.plan);
        let unanswered = plan.asks.iter().zip(&self.asks).filter(|(_, (_, answered))| !answered);
        let down = |ask: &Ask| ask.queries.iter().map(|_| Err(Fault::Down(reason.to_owned()))).collect();
        let events = unanswered.map(|(ask, _)| self.event(ask, down(ask))).collect();
        self.waiting.clear();
        events
    }

    fn event(&self, ask: &Ask, replies: Vec<Result<Reply, Fault>>) -> Event {
        let at = if ask.shape == Shape::Range && self.last_step_is_now { self.window.end } else { self.at };
        Event::Answer(Answer { revision: self.plan.revision, key: ask.key, window: self.window, at, replies })
    }

    fn reply(&self, job: &Job, shape: Shape, cache: &RangeCache) -> Result<Reply, Fault> {
        if let Some(fault) = &job.fault {
            return Err(fault.clone());
        }
        let (mut range, mut now) = (Vec::new(), Vec::new());
        if shape == Shape::Range {
            range = cache.read(&job.query, self.window).unwrap_or_default();
        }
        if shape == Shape::Range && self.last_step_is_now {
            let last = self.window.steps().wrapping_sub(1);
            now.extend(range.iter().filter_map(|s| match s.last() {
                Some((step, value)) if step == last => Some((s.labels.clone(), value)),
                _ => None,
            }));
        } else {
            now.clone_from(&job.now);
        }
        let left_out = thin(&mut now, &mut range);
        Ok(Reply { range, now, left_out, absence: None, ended: None, notes: job.notes.clone() })
    }
}

impl Job {
    fn new(query: Query) -> Self {
        Self {
            query,
            wants_now: false,
            wants_range: false,
            open: 0,
            now: Vec::new(),
            notes: Vec::new(),
            fault: None,
            absence: None,
        }
    }

    /// An errand came back.
    fn come(&mut self, notes: Vec<String>) {
        self.open -= 1;
        self.notes.extend(notes);
        self.notes.sort_unstable();
        self.notes.dedup();
        self.notes.truncate(NOTES);
    }
}

/// `step`, or the least multiple of it with which `range` has no more steps than a server takes.
fn coarse(range: i64, step: i64) -> i64 {
    let step = step.max(1);
    let most = (MOST_STEPS - 1) as i64;
    step * (range / step).div_euclid(most + 1).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_no_more_steps_than_a_server_takes() {
        assert_eq!(coarse(3_600_000, 20_000), 20_000);
        for (range, step) in [(10_998_000, 1_000), (10_999_000, 1_000), (86_400_000, 1_000), (7 * 86_400_000, 1_000)] {
            let coarse = coarse(range, step);
            let steps = Window::aligned(1_795_351_698_123, range, coarse).steps();
            assert!(steps <= MOST_STEPS && steps > MOST_STEPS / 2 && coarse % step == 0, "{steps} of {coarse}");
        }
    }
}
