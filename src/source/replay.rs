//! A source that is fed: recorded or simulated bodies in, answers out, at once and in the caller's thread. The same bodies
//! and the same plan give the same answers. Uses `series` and `store`.

use std::sync::Arc;

use super::alarms::Alarms;
use super::evaluate::{Known, Round};
use super::fetch::ScrapeFault;
use super::holdings::Holdings;
use super::inbox::{Roster, TargetId};
use super::owner::Seed;
use super::target::{DEFAULT_JOB, Target};
use super::{AlertReport, Event, Plan};
use crate::promql;
use crate::rules::{Engine, RuleFile, Settings};
use crate::series::Timestamp;
use crate::store::{Created, Limits, Store};

/// How long a recorded scrape is said to have taken, ms: recordings do not tell.
pub(super) const TOOK: f64 = 1.0;

/// Targets whose scrapes are handed in.
pub struct Replay {
    holdings: Holdings,
    known: Known,
    alarms: Option<Alarms>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Replay").field(&self.holdings.store.footprint()).finish()
    }
}

impl Replay {
    /// A source of these targets, none of which has answered yet. `now` is since when that is so, ms since the epoch.
    pub fn new(targets: Vec<Target>, limits: Limits, created: Created, now: Timestamp) -> Self {
        let mut holdings = Holdings::new(Store::new(limits), created, DEFAULT_JOB.to_owned());
        let targets = targets.into_iter().enumerate().map(|(i, target)| (i as TargetId, target)).collect();
        holdings.replace(Roster { targets, troubles: Vec::new(), remarks: Vec::new() }, now);
        Self { holdings, known: Known::new(), alarms: None }
    }

    /// The same with rules, those of groups that do not say evaluated every `interval` ms.
    #[must_use]
    pub fn with_rules(mut self, rules: Vec<RuleFile>, interval: i64) -> Self {
        let query = promql::Options::default();
        let settings = Settings { query: query.clone(), interval, ..Settings::default() };
        self.alarms = Some(Alarms::new(Engine::new(rules, settings), query));
        self
    }

    /// Evaluates what is due at the newest scrape; `None` where nothing is, or there are no rules. The first time the
    /// state of every alert is reconstructed from all the history there is.
    pub fn judge(&mut self) -> Option<AlertReport> {
        let (alarms, newest) = (self.alarms.as_mut()?, self.holdings.newest?);
        alarms.wake(self.holdings.store.oldest(), newest);
        let mut report = None;
        while alarms.is_busy() {
            report = alarms.step(&mut self.holdings.store).or(report);
        }
        report
    }

    /// Takes one scrape in; of each target in order of time. One of an unknown target is left out.
    pub fn feed(&mut self, seed: Seed) {
        let Ok(id) = TargetId::try_from(seed.target) else { return };
        self.holdings.scraped(id, seed.at, TOOK, seed.body.ok_or(ScrapeFault::Refused));
    }

    /// Everything a source would say to `plan`: how the targets are, the values of variables, the answer of each panel.
    /// `now` is the present, which is also the end of a window for which no scrape has come yet.
    pub fn answers(&self, plan: &Plan, now: Timestamp) -> Vec<Event> {
        all(&self.holdings, plan, now, &mut Known::new(), None)
    }

    /// The same, evaluating only what earlier calls did not, as a running source does it.
    pub fn refresh(&mut self, plan: &Plan, now: Timestamp) -> Vec<Event> {
        let touched = self.holdings.store.take_touched();
        all(&self.holdings, plan, now, &mut self.known, touched)
    }
}

fn all(holdings: &Holdings, plan: &Plan, now: Timestamp, known: &mut Known, touched: Option<Timestamp>) -> Vec<Event> {
    let mut events = vec![Event::Status(Box::new(holdings.status(now)))];
    let scene = holdings.scene(plan.end.is_none());
    let lookback = promql::Options::default().lookback;
    let newest = holdings.newest.unwrap_or(now);
    let mut round = Round::begin(Arc::new(plan.clone()), newest, holdings.seen_since(), lookback, known, touched);
    events.extend(std::iter::from_fn(|| round.step(&holdings.store, &scene, known)));
    events
}
