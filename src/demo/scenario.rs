//! What happens to the simulated cluster and when: the scenarios, as functions of time.
//!
//! A scenario decides only what comes from outside (S3, the network, a process that ends); all that follows from it is
//! the model's. Uses `series` of the crate.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::demo::topology::AGENTS;
use crate::series::Timestamp;

/// A minute in ms.
const MINUTE: i64 = 60_000;
/// After this long a scenario's story begins again, ms.
const CYCLE: i64 = 60 * MINUTE;
/// Where the outage of S3 begins, ms relative to the end of the history.
const OUTAGE_BEGINS: i64 = -14 * MINUTE;
/// Where the network divides, ms relative to the end of the history.
const SPLIT_BEGINS: i64 = -8 * MINUTE;
/// Where agent-2 is restarted for a new version, ms relative to the end of the history.
const ROLLOUT_BEGINS: i64 = -35 * MINUTE;
/// How long a graceful restart takes, ms.
const ROLLOUT_TAKES: i64 = 40_000;

/// The agent that is restarted gracefully.
const ROLLED: usize = 1;
/// The agent that runs out of memory.
const STARVED: usize = 2;

/// A story for the simulated cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scenario {
    /// S3 throttles writes, then refuses them.
    #[default]
    S3Outage,
    /// A healthy cluster.
    Calm,
    /// Two agents lose sight of each other and claim the same partitions.
    SplitBrain,
}

impl Scenario {
    /// All scenarios, the default one first.
    pub const ALL: [Self; 3] = [Self::S3Outage, Self::Calm, Self::SplitBrain];

    /// The name, as the command line takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3Outage => "s3-outage",
            Self::Calm => "calm",
            Self::SplitBrain => "split-brain",
        }
    }

    /// One line on what is to be seen.
    pub const fn description(self) -> &'static str {
        match self {
            Self::S3Outage => {
                "S3 throttles writes, then refuses them: the circuit opens, WALs and lag grow, an agent is OOM-killed"
            }
            Self::Calm => "A healthy cluster with small ripples and one rolling restart",
            Self::SplitBrain => "Two agents lose sight of each other and claim the same partitions: lease conflicts",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No scenario has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no scenario is called {0:?}; try s3-outage, calm or split-brain")]
pub struct UnknownScenario(String);

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}

impl ValueEnum for Scenario {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.description()))
    }
}

/// How S3 treats one kind of request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Service {
    /// Probability of a 503 `SlowDown`.
    pub(super) slow_down: f64,
    /// Probability of a hard failure: an internal error or no answer at all.
    pub(super) failure: f64,
    /// Median seconds of an answer.
    pub(super) latency: f64,
}

/// Whether a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    Runs,
    /// It was asked to stop, and gave its leases back first.
    Stopped,
    /// The kernel ended it for want of memory.
    Killed,
}

/// Everything that comes from outside, at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weather {
    pub(super) put: Service,
    pub(super) get: Service,
    pub(super) processes: [Process; AGENTS.len()],
    /// How far each agent has been driven from its natural memory use to its limit, 0 to 1.
    pub(super) starvation: [f64; AGENTS.len()],
    /// Whether agent-1 and agent-3 see different lease tables.
    pub(super) split: bool,
}

const FAIR: Weather = Weather {
    put: Service { slow_down: 0.000_03, failure: 0.000_1, latency: 0.045 },
    get: Service { slow_down: 0.0, failure: 0.000_2, latency: 0.022 },
    processes: [Process::Runs; AGENTS.len()],
    starvation: [0.0; AGENTS.len()],
    split: false,
};

/// A scenario with its place in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    scenario: Scenario,
    /// The end of the history, ms since the epoch.
    now: Timestamp,
}

/// How far `x` has come from `from` to `to`, clamped to 0 and 1.
fn progress(x: f64, from: f64, to: f64) -> f64 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

impl Script {
    pub(super) const fn new(scenario: Scenario, now: Timestamp) -> Self {
        Self { scenario, now }
    }

    /// The end of the history, ms since the epoch.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// What comes from outside at `at`, ms since the epoch.
    pub(super) fn at(&self, at: Timestamp) -> Weather {
        let t = at - self.now;
        let mut weather = FAIR;
        if (t - ROLLOUT_BEGINS).rem_euclid(CYCLE) < ROLLOUT_TAKES {
            weather.processes[ROLLED] = Process::Stopped;
        }
        match self.scenario {
            Scenario::S3Outage if t >= OUTAGE_BEGINS => {
                outage(&mut weather, (t - OUTAGE_BEGINS).rem_euclid(CYCLE) as f64 / MINUTE as f64);
            }
            Scenario::Calm | Scenario::S3Outage => {}
            Scenario::SplitBrain => {
                weather.split = t >= SPLIT_BEGINS && (t - SPLIT_BEGINS).rem_euclid(CYCLE) < 20 * MINUTE;
            }
        }
        weather
    }
}

/// The outage of S3, `x` minutes after it began: throttling for 5, refusal for 15, recovery within 3.
fn outage(weather: &mut Weather, x: f64) {
    let (put, get) = (&mut weather.put, &mut weather.get);
    if x < 5.0 {
        let ramp = progress(x, 0.0, 4.0);
        put.slow_down = 0.01 + 0.27 * ramp;
        put.latency *= 1.0 + 7.0 * ramp;
        get.latency *= 1.0 + 2.0 * ramp;
    } else if x < 20.0 {
        *put = Service { slow_down: 0.10, failure: 0.87, latency: 2.6 };
        *get = Service { slow_down: 0.05, failure: 0.09, latency: 0.12 };
    } else if x < 23.0 {
        let rest = 1.0 - progress(x, 20.0, 23.0);
        put.slow_down = 0.22 * rest;
        put.failure += 0.05 * rest * rest;
        put.latency *= 1.0 + 6.0 * rest;
        get.failure += 0.03 * rest;
        get.latency *= 1.0 + 2.0 * rest;
    }
    if (8.0..9.0).contains(&x) {
        weather.processes[STARVED] = Process::Killed;
    } else if x < 8.0 {
        weather.starvation[STARVED] = libm::pow(progress(x, 4.5, 7.9), 1.4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(scenario: Scenario, m: f64) -> Weather {
        Script::new(scenario, 0).at((m * MINUTE as f64) as i64)
    }

    #[test]
    fn names_read_back() {
        for s in Scenario::ALL {
            assert_eq!(s.to_string().parse(), Ok(s));
            assert_eq!(<Scenario as ValueEnum>::from_str(s.name(), false), Ok(s));
        }
        let e = "storm".parse::<Scenario>().unwrap_err();
        assert_eq!(e.to_string(), "no scenario is called \"storm\"; try s3-outage, calm or split-brain");
    }

    #[test]
    fn the_outage_ends_six_minutes_after_the_history_and_comes_back_forty_minutes_later() {
        let failing = |m| minutes(Scenario::S3Outage, m).put.failure > 0.5;
        assert!(!failing(-59.0) && !failing(-10.0) && failing(-8.5) && failing(0.0) && failing(5.9));
        assert!(!failing(6.1) && !failing(45.0) && failing(52.0));
        assert!(minutes(Scenario::S3Outage, -11.0).put.slow_down > 0.2);
        assert!(minutes(Scenario::S3Outage, 10.0).put.slow_down < 0.01);
    }

    #[test]
    fn one_agent_is_killed_for_a_minute_in_the_outage_only() {
        let killed = |s, m: f64| minutes(s, m).processes.contains(&Process::Killed);
        assert!(killed(Scenario::S3Outage, -5.5) && !killed(Scenario::S3Outage, -4.9));
        assert!(
            (-60..60).all(|m| !killed(Scenario::Calm, f64::from(m)) && !killed(Scenario::SplitBrain, f64::from(m)))
        );
    }

    #[test]
    fn the_network_heals_twelve_minutes_after_the_history() {
        let split = |m| minutes(Scenario::SplitBrain, m).split;
        assert!(!split(-9.0) && split(-7.0) && split(11.0) && !split(13.0) && split(53.0));
    }
}
