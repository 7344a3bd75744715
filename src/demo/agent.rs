//! One simulated agent: its process, its instruments, its way to S3.
//!
//! Uses `series` of the crate.

use crate::demo::dice::Dice;
use crate::demo::gate::{Answer, Gate};
use crate::demo::instruments::{Cause, Decision, Instruments, Operation};
use crate::demo::scenario::Service;
use crate::series::Timestamp;

/// The segment cache is full at this size, bytes.
pub(super) const CACHE_BYTES: f64 = 480.0 * 1024.0 * 1024.0;
/// What one read from S3 brings into the cache, bytes.
const BLOCK_BYTES: f64 = 2.0 * 1024.0 * 1024.0;
/// What is left of a full cache after an eviction.
const EVICTED_TO: f64 = 0.9;

/// How a request to S3 ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Done,
    /// S3 said no, or nothing.
    Failed,
    /// The throttle did not let it out.
    RateLimited,
    /// The circuit is open, or half-open and busy.
    CircuitOpen,
}

/// One run of an agent's process.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) meters: Instruments,
    /// When the process started, ms since the epoch.
    pub(super) since: Timestamp,
    pub(super) put: Gate,
    pub(super) get: Gate,
    pub(super) list: Gate,
    pub(super) delete: Gate,
    pub(super) cache_bytes: f64,
    pub(super) cpu_seconds: f64,
    pub(super) connections: f64,
}

impl Run {
    pub(super) fn new(agent: usize, now: Timestamp) -> Self {
        Self {
            meters: Instruments::new(agent),
            since: now,
            put: Gate::new(Operation::Put, now),
            get: Gate::new(Operation::Get, now),
            list: Gate::new(Operation::List, now),
            delete: Gate::new(Operation::Delete, now),
            cache_bytes: 0.0,
            cpu_seconds: 0.0,
            connections: 0.0,
        }
    }

    /// Lets time pass for the throttle and the breakers.
    pub(super) fn advance(&mut self, now: Timestamp) {
        for gate in [&mut self.put, &mut self.get, &mut self.list, &mut self.delete] {
            gate.advance(now, &self.meters);
        }
    }

    /// Sends one request to S3, if it may.
    pub(super) fn request(&mut self, operation: Operation, s3: Service, now: Timestamp, dice: &mut Dice) -> Sent {
        let gate = match operation {
            Operation::Put => &mut self.put,
            Operation::Get => &mut self.get,
            Operation::List => &mut self.list,
            Operation::Delete => &mut self.delete,
        };
        match gate.ask(&self.meters) {
            Decision::Allow => {}
            Decision::RateLimited => return Sent::RateLimited,
            Decision::CircuitOpen => return Sent::CircuitOpen,
        }
        let fate = dice.unit();
        let (answer, cause, seconds) = if fate < s3.failure {
            if dice.chance(0.4) {
                (Answer::Failed, Some(Cause::InternalError), dice.lognormal(0.9, 0.5))
            } else {
                (Answer::Failed, Some(Cause::Timeout), dice.between(5.0, 9.5))
            }
        } else if fate < s3.failure + s3.slow_down {
            (Answer::SlowDown, Some(Cause::SlowDown), dice.lognormal(s3.latency * 0.7, 0.4))
        } else {
            (Answer::Done, None, dice.lognormal(s3.latency, 0.5))
        };
        self.meters.s3_requests.add([operation.into()], 1.0);
        self.meters.s3_latency.observe([operation.into()], seconds);
        if let Some(cause) = cause {
            self.meters.s3_errors.add([operation.into(), cause.into()], 1.0);
        }
        gate.answer(answer, seconds, now, &self.meters);
        if answer == Answer::Done { Sent::Done } else { Sent::Failed }
    }

    /// Takes a block that was read from S3 into the cache.
    pub(super) fn keep_block(&mut self) {
        self.cache_bytes += BLOCK_BYTES;
        if self.cache_bytes > CACHE_BYTES {
            self.cache_bytes = CACHE_BYTES * EVICTED_TO;
        }
    }

    /// Sets the gauges that belong to the process itself.
    pub(super) fn publish(&self, now: Timestamp) {
        for gate in [&self.put, &self.get, &self.list, &self.delete] {
            gate.publish(&self.meters);
        }
        self.meters.cache_size.set([], self.cache_bytes);
        self.meters.connections.set([], self.connections.round());
        self.meters.uptime.set([], (now - self.since) as f64 / 1_000.0);
    }
}

/// An agent, running or not.
#[derive(Debug)]
pub(super) struct Agent {
    /// `None` while its process is down.
    pub(super) run: Option<Run>,
    /// Restarts of the container within its pod.
    pub(super) restarts: u64,
    /// Why the container ended last, in the words of Kubernetes.
    pub(super) last_exit: Option<&'static str>,
    /// When it last told the others that it is alive, ms since the epoch.
    pub(super) seen: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_s3_opens_the_circuit_and_then_is_left_alone() {
        let mut run = Run::new(0, 0);
        let mut dice = Dice::with_seed(1);
        let s3 = Service { slow_down: 0.0, failure: 1.0, latency: 0.1 };
        let sent: Vec<_> = (0..8).map(|_| run.request(Operation::Put, s3, 1, &mut dice)).collect();
        assert!(sent[..5].iter().all(|s| *s == Sent::Failed) && sent[5..].iter().all(|s| *s == Sent::CircuitOpen));
        assert_eq!(run.request(Operation::Get, s3, 1, &mut dice), Sent::Failed, "each operation has its own circuit");
    }

    #[test]
    fn a_full_cache_evicts() {
        let mut run = Run::new(0, 0);
        (0..1_000).for_each(|_| run.keep_block());
        assert!(run.cache_bytes <= CACHE_BYTES && run.cache_bytes >= CACHE_BYTES * EVICTED_TO);
    }
}
