//! Producers and consumers, second by second.
//!
//! Producers offer records with a daily and a quicker rhythm; a full write-ahead log holds them back. Consumers read what
//! is there, as fast as they can process it and, where it is no longer in the cache, as fast as S3 gives it.

use super::Simulation;
use crate::demo::agent::{CACHE_BYTES, Sent};
use crate::demo::instruments::{Cause, Operation, Outcome};
use crate::demo::topology::{AGENTS, GROUPS, PARTITIONS, TOPICS};

/// A producer gives up on a request after this long, seconds.
const PRODUCER_TIMEOUT: f64 = 5.0;
/// How often a consumer fetches from a partition, per second.
const FETCHES: f64 = 2.0;

impl Simulation {
    /// Records per second that producers would send to a partition now.
    fn offered(&self, p: usize) -> f64 {
        use std::f64::consts::TAU;
        let partition = PARTITIONS[p];
        let topic = &TOPICS[partition.topic];
        let minutes = self.now as f64 / 60_000.0;
        let phase = partition.topic as f64;
        let rhythm = 1.0
            + 0.10 * libm::sin(TAU * minutes / 1_440.0 - 1.2)
            + 0.09 * libm::sin(TAU * minutes / 19.0 + phase)
            + 0.04 * libm::sin(TAU * minutes / 4.3 + 2.0 * phase)
            + self.swing[partition.topic];
        topic.records_per_second / topic.partitions as f64 * self.skew[p] * rhythm.max(0.2)
    }

    /// One second of all producers.
    pub(super) fn produce(&mut self) {
        for (p, partition) in PARTITIONS.iter().enumerate() {
            let t = partition.topic;
            let topic = &TOPICS[t];
            let pressure = self.logs[p].pressure();
            // Producers that wait for an answer send less meanwhile.
            let offered = self.offered(p) * (1.0 - 0.45 * pressure);
            let requests = self.dice.poisson(offered / topic.batch);
            let leader = self.leases.leader(p, self.now);
            let Some(run) = leader.and_then(|a| self.agents[a].run.as_mut()) else {
                self.misdirected(t, requests);
                continue;
            };
            let m = &run.meters;
            let throttled = run.put.is_open() || self.weather.put.slow_down > 0.05;
            let (mut records, mut bytes, mut appended, mut refused) = (0.0, 0.0, 0.0, 0.0);
            for _ in 0..requests {
                if self.dice.chance(0.30 * pressure * pressure) {
                    refused += 1.0;
                    continue;
                }
                let mut seconds = self.dice.lognormal(0.0045, 0.55);
                if self.dice.chance(0.01) {
                    seconds *= 5.0;
                }
                if throttled && self.dice.chance(0.03) {
                    seconds += self.dice.exponential(0.12);
                }
                if pressure > 0.0 && self.dice.chance(0.02 + 0.35 * pressure) {
                    seconds += self.dice.exponential(0.25 + 1.6 * pressure);
                }
                appended += 1.0;
                m.producer_latency.observe([t], seconds.min(PRODUCER_TIMEOUT));
                if seconds > PRODUCER_TIMEOUT {
                    m.producer_errors.add([t, Cause::Timeout.into()], 1.0);
                }
                let batch = self.dice.lognormal(topic.batch * 0.88, 0.5).round().max(1.0);
                m.producer_batch.observe([t], batch);
                records += batch;
                bytes += (batch * topic.record_bytes * self.dice.between(0.9, 1.1)).round();
            }
            if appended > 0.0 {
                m.producer_records.add([t], records);
                m.producer_bytes.add([t], bytes);
                m.wal_appends.add([p, Outcome::Success.into()], appended);
                self.logs[p].append(records as u64, bytes as u64, self.now);
            }
            if refused > 0.0 {
                m.producer_errors.add([t, Cause::Backpressure.into()], refused);
                m.wal_appends.add([p, Outcome::Error.into()], refused);
            }
            if self.weather.split && [0, 2].iter().all(|&a| self.leases.claim(a, p).is_some()) && self.dice.chance(0.3)
            {
                m.producer_errors.add([t, Cause::StaleEpoch.into()], 1.0);
            }
        }
    }

    /// Requests for a partition that nobody leads end at whichever agent is asked.
    fn misdirected(&mut self, topic: usize, requests: u64) {
        let asked = self.dice.pick(AGENTS.len());
        let up = (0..AGENTS.len()).map(|i| (asked + i) % AGENTS.len()).find_map(|a| self.agents[a].run.as_ref());
        if let Some(run) = up
            && requests > 0
        {
            // Clients back off after the first refusal.
            run.meters.producer_errors.add([topic, Cause::NotLeader.into()], (requests as f64 * 0.2).ceil());
        }
    }

    /// One second of all consumers.
    pub(super) fn consume(&mut self) {
        let trouble = ((self.weather.get.slow_down + self.weather.get.failure - 0.01) * 6.2).clamp(0.0, 0.85);
        for (g, group) in GROUPS.iter().enumerate() {
            for (p, partition) in PARTITIONS.iter().enumerate() {
                let t = partition.topic;
                if !group.topics.contains(&t) {
                    continue;
                }
                let leader = self.leases.leader(p, self.now);
                let Some(run) = leader.and_then(|a| self.agents[a].run.as_mut()) else { continue };
                let topic = &TOPICS[t];
                let usual = topic.records_per_second / topic.partitions as f64 * self.skew[p];
                let log = &mut self.logs[p];
                let lag = log.lag(g) as f64;
                let trouble = if run.get.is_open() { 0.85 } else { trouble };
                let able = usual * group.headroom * (1.0 - group.coldness * trouble) * self.dice.between(0.9, 1.1);
                let read = (lag * group.eagerness).ceil().min(able).min(lag).floor();
                log.consumed[g] += read as u64;
                if read > 0.0 {
                    run.meters.consumer_records.add([t, g], read);
                }

                // What lies behind by a minute has left the cache, and an empty cache has nothing yet.
                let behind = (lag / (usual * 60.0)).min(1.0);
                let empty = 1.0 - run.cache_bytes / CACHE_BYTES;
                let fetches = self.dice.poisson(FETCHES);
                let missing = (0.015 + 0.22 * behind * group.coldness + 0.25 * (empty - 0.1).max(0.0)) * fetches as f64;
                let misses = self.dice.poisson(missing).min(fetches);
                run.meters.cache_hits.add([], (fetches - misses) as f64);
                run.meters.cache_misses.add([], misses as f64);
                for _ in 0..misses {
                    match run.request(Operation::Get, self.weather.get, self.now, &mut self.dice) {
                        Sent::Done => run.keep_block(),
                        // Most fetches succeed on the second try.
                        Sent::Failed | Sent::RateLimited | Sent::CircuitOpen => {
                            if self.dice.chance(0.4) {
                                run.meters.consumer_errors.add([t, g, Cause::Storage.into()], 1.0);
                            }
                        }
                    }
                }
            }
        }
    }
}
