//! The schema registry, which the agents share.

use crate::demo::agent::{Agent, Run};
use crate::demo::dice::Dice;
use crate::demo::instruments::{Outcome, SchemaFault};
use crate::demo::topology::{AGENTS, SUBJECTS};
use crate::series::Timestamp;

/// Schema look-ups of one agent, per second.
const LOOKUPS: f64 = 14.0;
/// Registrations over the whole cluster, per second.
const REGISTRATIONS: f64 = 0.014;
/// Compatibility checks that no registration follows, over the whole cluster, per second.
const CHECKS: f64 = 0.022;
/// An agent's schema cache is filled after about this long, ms.
const CACHE_FILLED_AFTER: f64 = 90_000.0;

/// The state of the registry.
#[derive(Debug)]
pub(super) struct Registry {
    schemas: u64,
    subjects: u64,
    registrations: u64,
    checks: u64,
}

impl Registry {
    pub(super) const fn new() -> Self {
        Self { schemas: 132, subjects: 41, registrations: 0, checks: 0 }
    }

    /// One second; `rare` says whether the rare events happen as well.
    pub(super) fn advance(
        &mut self,
        agents: &mut [Agent; AGENTS.len()],
        now: Timestamp,
        rare: bool,
        split: bool,
        dice: &mut Dice,
    ) {
        for run in agents.iter().filter_map(|a| a.run.as_ref()) {
            let cold = libm::exp(-((now - run.since) as f64) / (CACHE_FILLED_AFTER / 3.0));
            let lookups = dice.poisson(LOOKUPS);
            let misses = dice.poisson(lookups as f64 * (0.014 + 0.2 * cold)).min(lookups);
            run.meters.schema_lookups.add([Outcome::Hit.into()], (lookups - misses) as f64);
            if misses > 0 {
                run.meters.schema_lookups.add([Outcome::Miss.into()], misses as f64);
            }
        }
        let asked = dice.pick(AGENTS.len());
        let up = (0..AGENTS.len()).map(|i| (asked + i) % AGENTS.len()).find_map(|a| agents[a].run.as_ref());
        let Some(run) = up.filter(|_| rare) else { return };
        if dice.chance(REGISTRATIONS) {
            self.register(run, dice);
        }
        if dice.chance(CHECKS) {
            self.check(run, dice);
        }
        // A store that cannot be agreed upon loses sight of schemas.
        if dice.chance(if split { 0.02 } else { 0.004 }) {
            run.meters.schema_errors.add([SchemaFault::NotFound.into()], 1.0);
        }
        if split && dice.chance(0.006) {
            run.meters.schema_registrations.add([dice.pick(SUBJECTS.len()), Outcome::Error.into()], 1.0);
            run.meters.schema_errors.add([SchemaFault::Store.into()], 1.0);
        }
    }

    fn register(&mut self, run: &Run, dice: &mut Dice) {
        let subject = dice.pick(SUBJECTS.len());
        self.registrations += 1;
        // By turns and not by chance, so that an hour has some of each.
        let result = match self.registrations {
            n if n % 11 == 4 => Outcome::Incompatible,
            n if n % 19 == 8 => Outcome::Error,
            _ => Outcome::Success,
        };
        run.meters.schema_registrations.add([subject, result.into()], 1.0);
        match result {
            Outcome::Incompatible => {
                run.meters.schema_checks.add([subject, Outcome::Incompatible.into()], 1.0);
                run.meters.schema_errors.add([SchemaFault::Incompatible.into()], 1.0);
            }
            Outcome::Error => run.meters.schema_errors.add([SchemaFault::Store.into()], 1.0),
            _ => {
                run.meters.schema_checks.add([subject, Outcome::Compatible.into()], 1.0);
                // Half of them are known already.
                self.schemas += self.registrations % 2;
                self.subjects += u64::from(self.registrations.is_multiple_of(12));
            }
        }
    }

    fn check(&mut self, run: &Run, dice: &mut Dice) {
        self.checks += 1;
        let result = if self.checks % 9 == 3 { Outcome::Incompatible } else { Outcome::Compatible };
        run.meters.schema_checks.add([dice.pick(SUBJECTS.len()), result.into()], 1.0);
    }

    /// Sets an agent's gauges.
    pub(super) fn publish(&self, run: &Run, now: Timestamp) {
        let filled = 1.0 - libm::exp(-((now - run.since) as f64) / CACHE_FILLED_AFTER);
        run.meters.schema_cache.set([], (self.schemas as f64 * filled).round());
        run.meters.schemas.set([], self.schemas as f64);
        run.meters.subjects.set([], self.subjects as f64);
    }
}
