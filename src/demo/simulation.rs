//! The simulated cluster as a whole: what happens in one second, and what its members say when they are scraped.
//!
//! Pure: no I/O, no clock. The same scenario, seed, start and instants give the same bytes. Uses `series` of the crate.

mod clients;
mod schemas;
mod uploads;

use crate::demo::agent::{Agent, CACHE_BYTES, Run};
use crate::demo::dice::Dice;
use crate::demo::exporter::{self, MEMORY_LIMIT, Pod, VOLUME_BYTES};
use crate::demo::instruments::Outcome;
use crate::demo::lease::{Estate, Leases, Peer, Takeover, home};
use crate::demo::log::Log;
use crate::demo::scenario::{Process, Scenario, Script, Weather};
use crate::demo::topology::{AGENTS, GROUPS, HOT_PARTITION, PARTITION_COUNT, PARTITIONS, SUBJECTS, TOPICS};
use crate::series::Timestamp;
use schemas::Registry;

/// How much time one step of the model takes, ms.
const TICK: i64 = 1_000;
/// How much past is simulated, ms: the hour that is shown, and eight minutes that the first step of it looks back at: five
/// for a rate, and up to a step of the widest chart.
pub const HISTORY: i64 = 4_080_000;
/// How long the model runs before the history begins, so that it begins in full swing, ms.
const WARM_UP: i64 = 120_000;
/// What is further away than this is leapt to: a machine that slept has no use for what it missed; ms.
const LEAP: i64 = 7_200_000;
/// For how long before the history each agent has been up, ms.
const UP_FOR: [i64; AGENTS.len()] =
    [9 * 86_400_000 + 4_000_000, 9 * 86_400_000 + 3_100_000, 2 * 86_400_000 + 7_700_000];
/// After this much silence an agent is not believed alive, ms.
const SILENCE: i64 = 30_000;
/// The share of the data volume that is taken before any write-ahead log.
const VOLUME_BASE: f64 = 0.55;

/// How many members a cluster has: the agents and the exporter, in this order.
pub const MEMBERS: usize = AGENTS.len() + 1;
/// The member that serves the metrics of containers, volume and pods.
pub const EXPORTER: usize = AGENTS.len();

/// The simulated cluster, without servers or clock.
#[derive(Debug)]
pub struct Simulation {
    script: Script,
    /// The last second that has been simulated, ms since the epoch.
    now: Timestamp,
    weather: Weather,
    dice: Dice,
    agents: [Agent; AGENTS.len()],
    leases: Leases,
    logs: [Log; PARTITION_COUNT],
    /// What each partition takes of its topic's traffic, as a multiple of an even share.
    skew: [f64; PARTITION_COUNT],
    /// The slow noise of each topic's traffic, around 0.
    swing: [f64; TOPICS.len()],
    registry: Registry,
    recoveries: u64,
}

impl Simulation {
    /// A cluster whose history begins at `start`, ms since the epoch. The scenario's present is [`HISTORY`] later.
    pub fn new(scenario: Scenario, seed: u64, start: Timestamp) -> Self {
        let mut dice = Dice::with_seed(seed);
        let begin = start - WARM_UP;
        let script = Script::new(scenario, start + HISTORY);
        let mut simulation = Self {
            script,
            now: begin,
            weather: script.at(begin),
            agents: std::array::from_fn(|a| {
                let mut run = Run::new(a, begin);
                run.cache_bytes = CACHE_BYTES * dice.between(0.91, 0.99);
                Agent { run: Some(run), restarts: 0, last_exit: None, seen: begin }
            }),
            leases: Leases::new(begin, &mut dice),
            logs: std::array::from_fn(|_| Log::default()),
            skew: std::array::from_fn(|p| if p == HOT_PARTITION { 1.5 } else { dice.between(0.75, 1.15) }),
            swing: [0.0; TOPICS.len()],
            registry: Registry::new(),
            recoveries: 0,
            dice,
        };
        simulation.advance(start);
        simulation.remember(start);
        simulation
    }

    /// Gives the agents a past: they have been up for days, with the traffic of the warm-up all the while.
    fn remember(&mut self, start: Timestamp) {
        for (a, (agent, up_for)) in self.agents.iter_mut().zip(UP_FOR).enumerate() {
            let Some(run) = &mut agent.run else { continue };
            let factor = up_for as f64 / WARM_UP as f64;
            run.meters.scale_counts(factor);
            run.cpu_seconds *= factor;
            run.since = start - up_for;
            for p in (0..PARTITION_COUNT).filter(|&p| home(p) == a) {
                run.meters.lease_acquisitions.add([p, Outcome::Success.into()], 1.0 + (p % 4) as f64);
            }
            for subject in 0..SUBJECTS.len() {
                run.meters.schema_registrations.add([subject, Outcome::Success.into()], 2.0 + (subject % 3) as f64);
                run.meters.schema_checks.add([subject, Outcome::Compatible.into()], 5.0 + (subject % 5) as f64);
            }
        }
        // One of them had an accident that is long forgotten.
        if let Some(agent) = self.agents.first_mut() {
            agent.restarts = 1;
            agent.last_exit = Some("Error");
        }
    }

    /// Simulates up to and including `to`, ms since the epoch, in whole seconds. An instant that has passed changes
    /// nothing; one more than two hours away is leapt to, and only the last two hours before it are simulated.
    pub fn advance(&mut self, to: Timestamp) {
        if to - self.now > LEAP {
            self.now += (to - self.now - LEAP).div_euclid(TICK) * TICK;
        }
        while self.now + TICK <= to {
            self.now += TICK;
            self.tick();
        }
    }

    /// Whether a member answers at all; no member beyond [`MEMBERS`] does.
    pub fn reachable(&self, member: usize) -> bool {
        member == EXPORTER || self.agents.get(member).is_some_and(|a| a.run.is_some())
    }

    /// What a member answers to a scrape: OpenMetrics text of an agent, Prometheus text 0.0.4 of the exporter, `None` of
    /// one that is down.
    pub fn expose(&self, member: usize) -> Option<String> {
        let mut body = String::with_capacity(48 << 10);
        if member == EXPORTER {
            let pods = std::array::from_fn(|a| self.pod(a));
            let wal: u64 = self.logs.iter().map(|log| log.wal_bytes).sum();
            let used = VOLUME_BASE * VOLUME_BYTES + 2.2 * wal as f64;
            let written = exporter::encode(&mut body, &pods, used);
            debug_assert!(written.is_ok(), "writing to a String does not fail");
        } else {
            let run = self.agents.get(member)?.run.as_ref()?;
            self.publish(member, run);
            run.meters.encode(&mut body);
        }
        Some(body)
    }

    fn tick(&mut self) {
        let before = self.weather;
        self.weather = self.script.at(self.now);
        self.processes(before);
        for run in self.agents.iter_mut().filter_map(|a| a.run.as_mut()) {
            run.advance(self.now);
        }
        self.lease_table();
        for swing in &mut self.swing {
            *swing = 0.985 * *swing + 0.012 * self.dice.normal();
        }
        self.produce();
        self.upload();
        self.consume();
        // The registry's rare events have no part in the past that is made up from the warm-up.
        let rare = self.now > self.script_start();
        self.registry.advance(&mut self.agents, self.now, rare, self.weather.split, &mut self.dice);
        self.resources();
    }

    fn script_start(&self) -> Timestamp {
        self.script.now() - HISTORY
    }

    /// Ends and starts processes as the script says.
    fn processes(&mut self, before: Weather) {
        for a in 0..AGENTS.len() {
            let agent = &mut self.agents[a];
            match (self.weather.processes[a], agent.run.is_some()) {
                (Process::Runs, false) => {
                    agent.run = Some(Run::new(a, self.now));
                    if before.processes[a] == Process::Killed {
                        agent.restarts += 1;
                    }
                }
                (Process::Killed, true) => {
                    agent.run = None;
                    agent.last_exit = Some("OOMKilled");
                    self.leases.depart(a, Estate::Torn, self.now);
                }
                (Process::Stopped, true) => {
                    agent.run = None;
                    self.leases.depart(a, Estate::Orderly, self.now);
                }
                _ => continue,
            }
            self.rebalance();
        }
        for agent in self.agents.iter_mut().filter(|a| a.run.is_some()) {
            agent.seen = self.now;
        }
    }

    /// The members of every group are dealt their partitions anew, by the agent that coordinates the group.
    fn rebalance(&mut self) {
        for g in 0..GROUPS.len() {
            let up = (0..AGENTS.len()).map(|i| (g + i) % AGENTS.len()).find(|&a| self.agents[a].run.is_some());
            if let Some(run) = up.and_then(|a| self.agents[a].run.as_ref()) {
                run.meters.consumer_rebalances.add([g], 1.0);
            }
        }
    }

    fn lease_table(&mut self) {
        let peers = std::array::from_fn(|a| {
            let run = self.agents[a].run.as_ref();
            Peer { meters: run.map(|r| &r.meters), since: run.map_or(self.now, |r| r.since) }
        });
        for takeover in self.leases.advance(self.now, &peers, self.weather.split, &mut self.dice) {
            self.recover(takeover);
        }
    }

    /// The new leader of a partition reads back what is in its write-ahead log.
    fn recover(&mut self, takeover: Takeover) {
        let Takeover { partition: p, by, from } = takeover;
        let Some(run) = &self.agents[by].run else { return };
        self.recoveries += 1;
        // Now and then the volume is slow to attach, and a second attempt reads it all.
        if self.recoveries.is_multiple_of(13) {
            run.meters.wal_recoveries.add([p, Outcome::Error.into()], 1.0);
        }
        run.meters.wal_recoveries.add([p, Outcome::Success.into()], 1.0);
        let log = &mut self.logs[p];
        let torn = match from {
            Estate::Orderly => 0,
            Estate::Torn => self.dice.poisson(1.5 + log.wal_records as f64 * 2e-5).min(log.wal_records),
        };
        run.meters.wal_recovered.add([p], (log.wal_records - torn) as f64);
        if torn > 0 {
            run.meters.wal_skipped.add([p], torn as f64);
        }
        // An upload that was under way begins again.
        log.upload = None;
    }

    /// CPU time and connections.
    fn resources(&mut self) {
        let up = self.agents.iter().filter(|a| a.run.is_some()).count().max(1) as f64;
        for (a, agent) in self.agents.iter_mut().enumerate() {
            let Some(run) = &mut agent.run else { continue };
            let led = (0..PARTITION_COUNT).filter(|&p| self.leases.holds(a, p));
            let (traffic, pressure) = led.fold((0.0, 0.0), |(traffic, pressure), p| {
                let topic = &TOPICS[PARTITIONS[p].topic];
                let share = topic.records_per_second * self.skew[p] / topic.partitions as f64;
                (traffic + share * topic.record_bytes, pressure + self.logs[p].pressure())
            });
            let cores = 0.32 + traffic / 1e6 * 0.42 + pressure * 0.12 + 0.5 * self.weather.starvation[a];
            run.cpu_seconds += cores * self.dice.between(0.85, 1.15) * TICK as f64 / 1_000.0;
            let wanted = 420.0 / up * (1.0 + 0.05 * self.swing[0]);
            run.connections += (wanted - run.connections) * 0.08 + 0.6 * self.dice.normal();
            run.connections = run.connections.max(0.0);
        }
    }

    fn pod(&self, a: usize) -> Pod {
        let agent = &self.agents[a];
        let usage = agent.run.as_ref().map(|run| {
            let held = (0..PARTITION_COUNT).filter(|&p| self.leases.holds(a, p));
            let unflushed: u64 = held.map(|p| self.logs[p].wal_bytes).sum();
            // The allocator gives back less than it is asked for, and never all of the machine.
            let natural = 400e6 + run.cache_bytes + 0.75 * unflushed as f64 + run.connections * 0.4e6;
            let natural = natural.min(0.94 * MEMORY_LIMIT);
            (natural + (0.992 * MEMORY_LIMIT - natural).max(0.0) * self.weather.starvation[a], run.cpu_seconds)
        });
        Pod { usage, restarts: agent.restarts, last_exit: agent.last_exit }
    }

    /// Sets an agent's gauges to what holds now.
    fn publish(&self, a: usize, run: &Run) {
        let m = &run.meters;
        m.clear_gauges();
        run.publish(self.now);
        for (p, partition) in PARTITIONS.iter().enumerate() {
            if let Some(claim) = self.leases.claim(a, p) {
                m.lease_epoch.set([p, 0], claim.epoch as f64);
                m.lease_expires.set([p, 0], claim.expires as f64 / 1_000.0);
            }
            if !self.leases.holds(a, p) {
                continue;
            }
            let log = &self.logs[p];
            m.wal_size.set([p], log.wal_bytes as f64);
            m.segment_buffer.set([p], log.wal_records as f64);
            for (g, group) in GROUPS.iter().enumerate() {
                if group.topics.contains(&partition.topic) {
                    m.consumer_lag.set([p, g], log.lag(g) as f64);
                }
            }
        }
        for (t, topic) in TOPICS.iter().enumerate() {
            m.partitions.set([t], topic.partitions as f64);
        }
        m.topics.set([], TOPICS.len() as f64);
        let active = self.agents.iter().filter(|agent| self.now - agent.seen < SILENCE).count();
        m.agents_active.set([], active as f64);
        self.registry.publish(run, self.now);
    }
}
