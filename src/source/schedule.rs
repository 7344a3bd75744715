//! When a target is scraped. Uses `series`.
//!
//! At once, again within the first second (a rate needs two samples), then once an interval at the target's own offset,
//! so that a cluster is not asked all at the same moment. A scrape that takes longer than its interval skips ticks.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::fetch::{Body, ScrapeFault};
use super::inbox::{Message, Outlet, TargetId};
use super::target::Target;
use crate::series::Timestamp;

/// Tells the time, in ms since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// When the second scrape begins after the first.
const SECOND: Duration = Duration::from_millis(700);

/// Until when after the first scrape a second one is still worth it.
const EARLY: Duration = Duration::from_secs(1);

/// The distance that the first scheduled scrape keeps at least from the one before, as a share of the interval.
const APART: u32 = 4;

/// The moments at which one target is scraped.
#[derive(Debug)]
struct Beat {
    interval: Duration,
    offset: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Begin,
    Second,
    /// Any moment at which a tick lies.
    Steady(Instant),
}

impl Beat {
    /// When to scrape after a scrape that began at `began` and ended `now`, which the clock calls `wall`.
    fn next(&mut self, began: Instant, now: Instant, wall: Timestamp) -> Instant {
        match self.state {
            State::Begin => {
                self.state = State::Second;
                if now < began + EARLY {
                    return now.max(began + SECOND.min(self.interval));
                }
                self.next(began, now, wall)
            }
            State::Second => {
                let interval = i64::try_from(self.interval.as_millis()).unwrap_or(i64::MAX).max(1);
                let offset = i64::try_from(self.offset.as_millis()).unwrap_or(0);
                let wait = interval - (wall - offset).rem_euclid(interval);
                let mut tick = now + Duration::from_millis(wait.unsigned_abs());
                if tick < began + self.interval / APART {
                    tick += self.interval;
                }
                self.state = State::Steady(tick);
                tick
            }
            State::Steady(tick) => {
                let nanos = self.interval.as_nanos().max(1);
                let passed = now.saturating_duration_since(tick).as_nanos() / nanos;
                let ticks = u32::try_from(passed).unwrap_or(u32::MAX) + u32::from(now >= tick);
                let tick = tick + self.interval * ticks;
                self.state = State::Steady(tick);
                tick
            }
        }
    }
}

/// One target's loop.
pub(super) struct Loop {
    pub(super) id: TargetId,
    pub(super) target: Target,
    pub(super) interval: Duration,
    pub(super) clock: Clock,
    pub(super) outlet: Outlet,
    /// Changes when everything is to be scraped now.
    pub(super) refresh: watch::Receiver<u64>,
    pub(super) cancel: CancellationToken,
}

impl Loop {
    /// Scrapes until cancelled. One scrape at a time; whoever hangs holds up nobody else.
    pub(super) async fn run<F, R>(mut self, fetch: F)
    where
        F: Fn(Target) -> R,
        R: Future<Output = Result<Body, ScrapeFault>>,
    {
        let mut beat = Beat { interval: self.interval, offset: self.target.offset(self.interval), state: State::Begin };
        let mut next = Instant::now();
        let mut last = Timestamp::MIN;
        loop {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return,
                () = sleep_until(next) => {}
                // When nobody can ask any more, only the schedule is left.
                Ok(()) = self.refresh.changed() => {}
            }
            let began = Instant::now();
            // A clock that is set back must not make samples older than those already taken.
            let at = (self.clock)().max(last.saturating_add(1));
            last = at;
            let outcome = tokio::select! {
                () = self.cancel.cancelled() => return,
                outcome = fetch(self.target.clone()) => outcome,
            };
            let now = Instant::now();
            let took_ms = (now - began).as_secs_f64() * 1000.0;
            let message = Message::Scraped { target: self.id, at, took_ms, outcome };
            tokio::select! {
                () = self.cancel.cancelled() => return,
                () = self.outlet.send(message) => {}
            }
            next = beat.next(began, now, (self.clock)());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::source::inbox::{Found, Inbox, channel};

    const INTERVAL: Duration = Duration::from_secs(5);
    /// A wall clock's start that is no multiple of the interval.
    const START: Timestamp = 1_795_351_698_123;

    struct Stage {
        inbox: Inbox,
        refresh: watch::Sender<u64>,
        cancel: CancellationToken,
        began: Instant,
    }

    /// A loop on the paused clock, whose scrapes take what `take` says (by their number), and what became of it.
    fn stage() -> (Loop, Stage) {
        let (outlet, inbox) = channel();
        let (refresh, asked) = watch::channel(0);
        let cancel = CancellationToken::new();
        let began = Instant::now();
        let clock: Clock = Arc::new(move || START + began.elapsed().as_millis() as i64);
        let target = Target::parse("agent-1:8080").expect("good");
        let run = Loop { id: 7, target, interval: INTERVAL, clock, outlet, refresh: asked, cancel: cancel.clone() };
        (run, Stage { inbox, refresh, cancel, began })
    }

    impl Stage {
        /// When the scrapes so far began, in ms after the start.
        fn begins(&self) -> Vec<i64> {
            let mut begins = Vec::new();
            while let Found::Message(Message::Scraped { at, .. }) = self.inbox.next(Some(Duration::ZERO)) {
                begins.push(at - START);
            }
            begins
        }
    }

    fn refused() -> std::future::Ready<Result<Body, ScrapeFault>> {
        std::future::ready(Err(ScrapeFault::Refused))
    }

    #[tokio::test(start_paused = true)]
    async fn twice_in_the_first_second_then_once_an_interval_at_the_offset() {
        let (run, stage) = stage();
        let offset = run.target.offset(INTERVAL).as_millis() as i64;
        let check = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            stage.cancel.cancel();
        };
        tokio::join!(run.run(|_| refused()), check);
        let begins = stage.begins();
        assert_eq!(begins[..2], [0, 700]);
        assert!(begins[2] - 700 >= 1250 && begins[2] - 700 <= 6250, "{begins:?}");
        assert!(begins[2..].windows(2).all(|w| w[1] - w[0] == 5000), "{begins:?}");
        assert!(begins[2..].iter().all(|b| (b + START - offset).rem_euclid(5000) == 0), "{begins:?}");
        assert!(begins.len() >= 12, "{begins:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_scrapes_skip_ticks_and_never_overlap() {
        let (run, stage) = stage();
        let running = RefCell::new(0);
        let fetch = |_| async {
            *running.borrow_mut() += 1;
            assert_eq!(*running.borrow(), 1);
            tokio::time::sleep(Duration::from_secs(7)).await;
            *running.borrow_mut() -= 1;
            Err(ScrapeFault::NoAnswer(INTERVAL))
        };
        let check = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            stage.cancel.cancel();
        };
        tokio::join!(run.run(fetch), check);
        let begins = stage.begins();
        assert!(begins[1] >= 7000, "no second scrape within the first second: {begins:?}");
        assert!(begins[1..].windows(2).all(|w| w[1] - w[0] == 10_000), "{begins:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_scrapes_now_and_leaves_the_schedule_as_it_is() {
        let (run, stage) = stage();
        let check = async {
            tokio::time::sleep(Duration::from_millis(12_345)).await;
            assert_eq!(stage.began.elapsed().as_millis(), 12_345);
            stage.refresh.send_modify(|n| *n += 1);
            tokio::time::sleep(Duration::from_secs(20)).await;
            stage.cancel.cancel();
        };
        tokio::join!(run.run(|_| refused()), check);
        let begins = stage.begins();
        assert!(begins.contains(&12_345), "{begins:?}");
        let scheduled: Vec<_> = begins[2..].iter().filter(|b| **b != 12_345).collect();
        assert!(scheduled.windows(2).all(|w| w[1] - w[0] == 5000), "{begins:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn samples_never_get_older_when_the_clock_is_set_back() {
        let (mut run, stage) = stage();
        let began = stage.began;
        run.clock = Arc::new(move || START - began.elapsed().as_millis() as i64);
        let check = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            stage.cancel.cancel();
        };
        tokio::join!(run.run(|_| refused()), check);
        let begins = stage.begins();
        assert!(begins.len() >= 4 && begins.windows(2).all(|w| w[1] > w[0]), "{begins:?}");
    }

    #[test]
    fn a_tick_in_the_past_is_skipped_not_piled_up() {
        let t0 = Instant::now();
        let mut beat = Beat { interval: INTERVAL, offset: Duration::ZERO, state: State::Steady(t0) };
        assert_eq!(beat.next(t0, t0 + Duration::from_secs(23), 0), t0 + Duration::from_secs(25));
        assert_eq!(beat.next(t0, t0 + Duration::from_secs(24), 0), t0 + Duration::from_secs(25));
        assert_eq!(beat.next(t0, t0 + Duration::from_secs(25), 0), t0 + Duration::from_secs(30));
    }
}
