//! What stands between an agent and S3, for one operation: the adaptive throttle and the circuit breaker.
//!
//! The throttle is a token bucket whose rate grows by a fixed amount while S3 answers and halves when S3 says 503
//! `SlowDown`. The breaker opens after five hard failures in a row, probes after thirty seconds, and closes after three
//! successful probes. Uses `series` of the crate.

use crate::demo::instruments::{Decision, Instruments, Operation, State};
use crate::series::Timestamp;

/// The throttle's ceiling, operations per second.
const MAX_RATE: f64 = 5_000.0;
/// The throttle's floor, operations per second.
const MIN_RATE: f64 = 9.0;
/// What a second with answers and without a `SlowDown` adds, operations per second.
const INCREASE: f64 = 30.0;
/// What a second with a `SlowDown` leaves of the rate.
const DECREASE: f64 = 0.5;
/// The rate grows again this long after a `SlowDown`, ms.
const STEADY: i64 = 1_500;
/// Hard failures in a row that open the circuit.
const FAILURES_TO_OPEN: u32 = 5;
/// Successes in a row that close a half-open circuit.
const SUCCESSES_TO_CLOSE: u32 = 3;
/// How long the circuit stays open before it probes, ms.
const OPEN_FOR: i64 = 30_000;
/// A probe without an answer counts as failed after this long, seconds.
const PROBE_PATIENCE: f64 = 3.0;

/// What S3 answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    SlowDown,
    Failed,
}

/// The throttle and the breaker of one operation.
#[derive(Debug)]
pub(super) struct Gate {
    operation: Operation,
    rate: f64,
    tokens: f64,
    refilled: Timestamp,
    /// When the rate last changed; it changes once a second at most in each direction.
    lowered: Timestamp,
    raised: Timestamp,
    state: State,
    since: Timestamp,
    failures: u32,
    successes: u32,
    probes: u32,
    /// The circuit opens again when the answer to a failing probe has come in.
    verdict: Option<Timestamp>,
}

impl Gate {
    pub(super) const fn new(operation: Operation, now: Timestamp) -> Self {
        Self {
            operation,
            rate: MAX_RATE,
            tokens: MAX_RATE,
            refilled: now,
            lowered: now,
            raised: now,
            state: State::Closed,
            since: now,
            failures: 0,
            successes: 0,
            probes: 0,
            verdict: None,
        }
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, now: Timestamp, meters: &Instruments) {
        let seconds = (now - self.refilled) as f64 / 1_000.0;
        // A bucket holds what one second brings.
        self.tokens = (self.tokens + self.rate * seconds).min(self.rate);
        self.refilled = now;
        if self.verdict.is_some_and(|at| at <= now) {
            self.turn(State::Open, now, meters);
        } else if self.state == State::Open && now - self.since >= OPEN_FOR {
            self.turn(State::HalfOpen, now, meters);
        }
    }

    /// Asks to send one request, and records the decision.
    pub(super) fn ask(&mut self, meters: &Instruments) -> Decision {
        let decision = match self.state {
            State::Open => Decision::CircuitOpen,
            State::HalfOpen if self.verdict.is_some() || self.probes >= SUCCESSES_TO_CLOSE => Decision::CircuitOpen,
            State::Closed | State::HalfOpen if self.tokens < 1.0 => Decision::RateLimited,
            State::Closed | State::HalfOpen => Decision::Allow,
        };
        if decision == Decision::Allow {
            self.tokens -= 1.0;
            self.probes += u32::from(self.state == State::HalfOpen);
        }
        meters.throttle_decisions.add([self.operation.into(), decision.into()], 1.0);
        decision
    }

    /// Takes the answer to a request, which took `seconds`.
    pub(super) fn answer(&mut self, answer: Answer, seconds: f64, now: Timestamp, meters: &Instruments) {
        match answer {
            Answer::Done => {
                self.failures = 0;
                if self.raised < now && now - self.lowered >= STEADY {
                    self.raised = now;
                    self.rate = (self.rate + INCREASE).min(MAX_RATE);
                }
                if self.state == State::HalfOpen {
                    self.successes += 1;
                    if self.successes >= SUCCESSES_TO_CLOSE {
                        self.turn(State::Closed, now, meters);
                    }
                }
            }
            // S3 asks for patience, which is the throttle's business; the breaker counts what is broken. A slot for a
            // probe that told nothing is free again.
            Answer::SlowDown => {
                self.probes = self.probes.saturating_sub(u32::from(self.state == State::HalfOpen));
                if self.lowered < now {
                    self.lowered = now;
                    self.rate = (self.rate * DECREASE).max(MIN_RATE);
                    self.tokens = self.tokens.min(self.rate);
                }
            }
            Answer::Failed => {
                self.failures += 1;
                match self.state {
                    State::Closed if self.failures >= FAILURES_TO_OPEN => self.turn(State::Open, now, meters),
                    State::HalfOpen => {
                        self.verdict.get_or_insert(now + (seconds.min(PROBE_PATIENCE) * 1_000.0) as i64);
                    }
                    State::Closed | State::Open => {}
                }
            }
        }
    }

    fn turn(&mut self, to: State, now: Timestamp, meters: &Instruments) {
        meters.breaker_transitions.add([self.operation.into(), self.state.into(), to.into()], 1.0);
        if to == State::Closed {
            self.failures = 0;
        }
        self.state = to;
        self.since = now;
        self.successes = 0;
        self.probes = 0;
        self.verdict = None;
    }

    /// Whether requests get through at all.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Sets the gauges.
    pub(super) fn publish(&self, meters: &Instruments) {
        let at = [usize::from(self.operation)];
        meters.throttle_rate.set(at, self.rate);
        // 0 closed, 1 open, 2 half-open: the order of the words.
        meters.breaker_state.set(at, usize::from(self.state) as f64);
        meters.breaker_failures.set(at, f64::from(self.failures));
        meters.breaker_successes.set(at, f64::from(self.successes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> (Gate, Instruments) {
        (Gate::new(Operation::Put, 0), Instruments::new(0))
    }

    fn fail(gate: &mut Gate, times: usize, now: Timestamp, meters: &Instruments) {
        (0..times).for_each(|_| gate.answer(Answer::Failed, 1.0, now, meters));
    }

    #[test]
    fn five_failures_in_a_row_open_the_circuit_and_four_do_not() {
        let (mut gate, meters) = gate();
        fail(&mut gate, 4, 1, &meters);
        gate.answer(Answer::Done, 0.1, 1, &meters);
        fail(&mut gate, 4, 1, &meters);
        assert!(!gate.is_open());
        fail(&mut gate, 1, 1, &meters);
        assert!(gate.is_open());
        assert_eq!(gate.ask(&meters), Decision::CircuitOpen);
    }

    #[test]
    fn an_open_circuit_probes_after_thirty_seconds_and_three_successes_close_it() {
        let (mut gate, meters) = gate();
        fail(&mut gate, 5, 0, &meters);
        gate.advance(29_999, &meters);
        assert_eq!(gate.ask(&meters), Decision::CircuitOpen);
        gate.advance(30_000, &meters);
        for _ in 0..3 {
            assert_eq!(gate.ask(&meters), Decision::Allow);
        }
        assert_eq!(gate.ask(&meters), Decision::CircuitOpen, "no more probes than it takes");
        (0..3).for_each(|_| gate.answer(Answer::Done, 0.1, 30_000, &meters));
        assert_eq!(gate.state, State::Closed);
    }

    #[test]
    fn a_failing_probe_opens_the_circuit_again_when_its_answer_is_in() {
        let (mut gate, meters) = gate();
        fail(&mut gate, 5, 0, &meters);
        gate.advance(30_000, &meters);
        assert_eq!(gate.ask(&meters), Decision::Allow);
        gate.answer(Answer::Failed, 2.0, 30_000, &meters);
        gate.advance(31_000, &meters);
        assert_eq!(gate.state, State::HalfOpen);
        gate.advance(32_000, &meters);
        assert!(gate.is_open());
    }

    #[test]
    fn a_slow_down_halves_the_rate_once_a_second_and_answers_raise_it_slowly() {
        let (mut gate, meters) = gate();
        gate.answer(Answer::SlowDown, 0.1, 1_000, &meters);
        gate.answer(Answer::SlowDown, 0.1, 1_000, &meters);
        assert_eq!(gate.rate, 2_500.0);
        gate.answer(Answer::Done, 0.1, 2_000, &meters);
        assert_eq!(gate.rate, 2_500.0, "not right after a SlowDown");
        gate.answer(Answer::Done, 0.1, 3_000, &meters);
        gate.answer(Answer::Done, 0.1, 3_000, &meters);
        assert_eq!(gate.rate, 2_530.0);
        (4..40).for_each(|s| gate.answer(Answer::SlowDown, 0.1, s * 1_000, &meters));
        assert_eq!(gate.rate, MIN_RATE);
    }

    #[test]
    fn a_bucket_without_tokens_says_rate_limited() {
        let (mut gate, meters) = gate();
        gate.rate = 2.0;
        gate.tokens = 0.0;
        gate.advance(1_000, &meters);
        let decisions: Vec<_> = (0..3).map(|_| gate.ask(&meters)).collect();
        assert_eq!(decisions, [Decision::Allow, Decision::Allow, Decision::RateLimited]);
    }
}
