//! The line to the server: whether it answers, when it is tried again, and how its clock differs from ours. Uses `series`
//! and `http`.

use std::time::Duration;

use tokio::time::Instant;

use super::api::{ApiFault, Told};
use crate::series::Timestamp;
use crate::source::{Health, Link, Traffic};

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest rest that a server may ask for.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// How much a wait may differ from what it should be, as a share: many terminals would ask in step.
const JITTER: f64 = 0.2;

/// How long it may owe an answer before that is worth a word: longer where it usually takes longer, as this multiple of what
/// it takes, but not much, since nobody waits in silence.
const SLOW: Duration = Duration::from_millis(1_500);
const SLOWER: f64 = 1.5;
const SLOWEST: Duration = Duration::from_secs(4);

/// Clocks that differ by less are taken for the same: a `Date` header tells whole seconds and takes its time to come.
const SAME: i64 = 2_000;

/// A difference that is worth a word, ms.
const ODD: i64 = 5_000;

/// The middle of the second that a `Date` header names, ms.
const HALF: i64 = 500;

/// The state of the line.
pub(super) struct Line {
    link: Link,
    failures: u32,
    next_try: Option<Instant>,
    /// Since when it owes an answer.
    owes: Option<Instant>,
    /// All traffic when the plan on its way was begun.
    before: Traffic,
}

impl Line {
    pub(super) fn new(url: String, insecure: bool, now: Timestamp) -> Self {
        let link = Link {
            url,
            version: None,
            health: Health::Unknown,
            since: now,
            last_success: None,
            silent: None,
            next_try: None,
            took: 0.0,
            skew: 0,
            insecure,
            bytes: 0,
            requests: 0,
            last: Traffic::default(),
        };
        Self { link, failures: 0, next_try: None, owes: None, before: Traffic::default() }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Why the server does not answer, if it does not.
    pub(super) fn down(&self) -> Option<&str> {
        match &self.link.health {
            Health::Down { reason } => Some(reason),
            Health::Unknown | Health::Up => None,
        }
    }

    /// When it is tried again; only while it is down.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.next_try
    }

    /// It is tried again at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.next_try = self.next_try.map(|at| at.min(now));
    }

    /// A request was sent.
    pub(super) fn asked(&mut self) {
        self.link.requests += 1;
        self.owes.get_or_insert_with(Instant::now);
    }

    /// Nobody waits for an answer any more; whether that is news.
    pub(super) fn rest(&mut self) -> bool {
        self.owes = None;
        self.link.silent.take().is_some()
    }

    /// When its silence is worth a word, unless it answers before or that has been said.
    pub(super) fn silent_at(&self) -> Option<Instant> {
        let usual = Duration::from_secs_f64(self.link.took.max(0.0) / 1e3);
        let patience = usual.mul_f64(SLOWER).clamp(SLOW, SLOWEST);
        let unsaid = self.link.silent.is_none() && self.down().is_none();
        self.owes.filter(|_| unsaid).map(|since| since + patience)
    }

    /// Says that it is silent, if it is; whether that is news.
    pub(super) fn look(&mut self, now: Timestamp) -> bool {
        let Some(since) = self.owes.filter(|_| self.silent_at().is_some_and(|at| at <= Instant::now())) else {
            return false;
        };
        self.link.silent = Some(now - i64::try_from(since.elapsed().as_millis()).unwrap_or(0));
        true
    }

    /// It is there; whether that is news.
    pub(super) fn up(&mut self, now: Timestamp) -> bool {
        self.link.last_success = Some(now);
        self.failures = 0;
        (self.next_try, self.link.next_try) = (None, None);
        // Of several requests the others are waited for from here on.
        self.owes = self.owes.map(|_| Instant::now());
        let spoke = self.link.silent.take().is_some();
        let news = self.link.health != Health::Up;
        if news {
            (self.link.health, self.link.since) = (Health::Up, now);
        }
        news || spoke
    }

    /// It is not there, and is left alone for a while.
    pub(super) fn fell(&mut self, fault: &ApiFault, now: Timestamp) {
        let wait = wait(self.failures, fault.rest(), fastrand::f64());
        self.failures = self.failures.saturating_add(1);
        self.next_try = Some(Instant::now() + wait);
        self.link.next_try = Some(now + i64::try_from(wait.as_millis()).unwrap_or(0));
        if self.down().is_none() {
            self.link.since = now;
        }
        self.link.health = Health::Down { reason: fault.words() };
        self.rest();
    }

    pub(super) fn set_version(&mut self, version: Option<String>) {
        self.link.version = version;
    }

    /// A plan is gone through from here on.
    pub(super) fn begin(&mut self) {
        self.before = Traffic { bytes: self.link.bytes, requests: self.link.requests };
    }

    /// The plan has been answered, which took so many ms. What is known already says nothing of the line.
    pub(super) fn end(&mut self, ms: f64) {
        if self.link.requests == self.before.requests {
            return;
        }
        self.link.took = ms;
        self.link.last =
            Traffic { bytes: self.link.bytes - self.before.bytes, requests: self.link.requests - self.before.requests };
    }

    /// Takes in what came with an answer; whether the clocks turn out to differ otherwise than was thought.
    pub(super) fn heard<T>(&mut self, told: &Told<T>, now: Timestamp) -> bool {
        self.link.bytes += told.bytes as u64;
        let Some((date, received)) = told.date else { return false };
        let here = now - i64::try_from(received.elapsed().as_millis()).unwrap_or(0);
        let found = date + HALF - here;
        let found = if found.abs() <= SAME { 0 } else { found };
        // From one answer to the next it seems to change by as much as a second.
        let news = (found - self.link.skew).abs() > SAME / 2;
        if news {
            self.link.skew = found;
        }
        news
    }

    /// The server's time when it is `now` here.
    pub(super) fn theirs(&self, now: Timestamp) -> Timestamp {
        now + self.link.skew
    }

    /// What is odd about the server's clock.
    pub(super) fn remark(&self) -> Option<String> {
        let skew = self.link.skew;
        (skew.abs() > ODD).then(|| {
            let direction = if skew > 0 { "ahead of" } else { "behind" };
            let seconds = skew.abs() / 1000;
            format!("the server's clock is {seconds}s {direction} this machine's; charts show the server's time")
        })
    }
}

/// How long to wait after this many failures before; `dice` is in 0–1.
fn wait(failures: u32, rest: Option<Duration>, dice: f64) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << failures.min(10)).min(LONGEST_WAIT);
    let wait = wait.mul_f64(1.0 - JITTER * dice);
    // Nobody is asked before it is ready, but not all the moment it is.
    rest.map_or(wait, |rest| wait.max(rest.min(LONGEST_REST).mul_f64(1.0 + JITTER * dice)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::new("http://prom:9090".to_owned(), false, 0)
    }

    #[test]
    fn waits_double_up_to_half_a_minute_and_heed_what_the_server_asks() {
        let waits: Vec<_> = (0..8).map(|n| wait(n, None, 0.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(wait(0, None, 1.0), Duration::from_millis(800));
        assert_eq!(wait(0, Some(Duration::from_secs(17)), 0.0), Duration::from_secs(17));
        assert_eq!(wait(5, Some(Duration::from_secs(2)), 0.0), Duration::from_secs(30));
        assert_eq!(wait(0, Some(Duration::from_secs(86_400)), 0.0), LONGEST_REST);
        assert_eq!(wait(u32::MAX, None, 0.0), LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn clocks_are_compared_and_small_differences_are_none() {
        let mut line = line();
        let now = 1_795_351_698_400;
        let told = |date| Told { data: (), notes: Vec::new(), bytes: 10, date: Some((date, Instant::now())) };
        assert!(!line.heard(&told(1_795_351_698_000), now));
        assert!(!line.heard(&told(1_795_351_697_000), now), "just before the next second");
        assert!(line.heard(&told(1_795_351_688_000), now));
        assert_eq!((line.link().skew, line.theirs(now)), (-9_900, 1_795_351_688_500));
        assert!(!line.heard(&told(1_795_351_689_000), now), "a header tells whole seconds");
        let remark = "the server's clock is 9s behind this machine's; charts show the server's time";
        assert_eq!(line.remark().as_deref(), Some(remark));
        assert!(line.heard(&told(1_795_351_698_000), now));
        assert_eq!((line.link().skew, line.remark()), (0, None));
        assert_eq!(line.link().bytes, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_before_it_is_an_outage() {
        let mut line = line();
        let now = 1_795_351_698_400;
        assert!(line.silent_at().is_none() && !line.look(now), "nothing was asked");
        line.asked();
        tokio::time::advance(Duration::from_secs(1)).await;
        line.asked();
        assert!(!line.look(now + 1_000));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(line.look(now + 1_500) && !line.look(now + 1_500), "told once");
        assert_eq!(line.link().silent, Some(now), "since the first of them");
        line.up(now + 1_600);
        assert_eq!(line.link().silent, None);
        tokio::time::advance(Duration::from_millis(1_499)).await;
        assert!(!line.look(now + 3_099), "the other one is waited for from there on");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(line.look(now + 3_100) && line.rest() && line.silent_at().is_none());

        // Who is always slow is not hanging.
        line.link.took = 2_000.0;
        line.asked();
        tokio::time::advance(Duration::from_millis(2_900)).await;
        assert!(!line.look(now));
        line.link.took = 60_000.0;
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!(line.look(now), "four seconds are long in any case");
        line.fell(&ApiFault::Content("no".to_owned()), now);
        assert!(line.link().silent.is_none() && line.silent_at().is_none(), "it is down, which says more");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_down_since_its_first_failure_and_tried_again() {
        let mut line = line();
        assert!(line.up(10) && !line.up(20));
        let fault = ApiFault::Content("no".to_owned());
        line.fell(&fault, 1_000);
        line.fell(&fault, 2_000);
        assert_eq!((line.down(), line.link().since), (Some("no"), 1_000));
        let wait = line.next_try().expect("a time").duration_since(Instant::now());
        assert!(wait > Duration::from_millis(1_500) && wait <= Duration::from_secs(2), "{wait:?}");
        line.hurry(Instant::now());
        assert_eq!(line.next_try(), Some(Instant::now()));
        assert!(line.up(3_000));
        assert_eq!((line.down(), line.next_try(), line.link().since), (None, None, 3_000));
    }
}
