//! A source that is fed: recorded or simulated bodies in, answers out, at once and in the caller's thread. The same bodies
//! and the same plan give the same answers. Uses `series` and `store`.

use std::sync::Arc;

use super::evaluate::Round;
use super::fetch::ScrapeFault;
use super::holdings::Holdings;
use super::inbox::{Roster, TargetId};
use super::owner::Seed;
use super::target::Target;
use super::{Event, Plan};
use crate::promql;
use crate::series::Timestamp;
use crate::store::{Created, Limits, Store};

/// How long a recorded scrape is said to have taken, ms: recordings do not tell.
pub(super) const TOOK: f64 = 1.0;

/// Targets whose scrapes are handed in.
pub struct Replay(Holdings);

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Replay").field(&self.0.store.footprint()).finish()
    }
}

impl Replay {
    /// A source of these targets, none of which has answered yet. `now` is since when that is so, ms since the epoch.
    pub fn new(targets: Vec<Target>, limits: Limits, created: Created, now: Timestamp) -> Self {
        let mut holdings = Holdings::new(Store::new(limits), created);
        let targets = targets.into_iter().enumerate().map(|(i, target)| (i as TargetId, target)).collect();
        holdings.replace(Roster { targets, troubles: Vec::new(), remarks: Vec::new() }, now);
        Self(holdings)
    }

    /// Takes one scrape in; of each target in order of time. One of an unknown target is left out.
    pub fn feed(&mut self, seed: Seed) {
        let Ok(id) = TargetId::try_from(seed.target) else { return };
        self.0.scraped(id, seed.at, TOOK, seed.body.ok_or(ScrapeFault::Refused));
    }

    /// Everything a source would say to `plan`: how the targets are, the values of variables, the answer of each panel.
    /// `now` is the present, which is also the end of a window for which no scrape has come yet.
    pub fn answers(&self, plan: &Plan, now: Timestamp) -> Vec<Event> {
        let mut events = vec![Event::Status(Box::new(self.0.status(now)))];
        let scene = self.0.scene(plan.end.is_none());
        let lookback = promql::Options::default().lookback;
        let mut round = Round::begin(Arc::new(plan.clone()), self.0.newest.unwrap_or(now), lookback);
        events.extend(std::iter::from_fn(|| round.step(&self.0.store, &scene)));
        events
    }
}
