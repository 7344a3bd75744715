//! The thread that owns the store: takes scrapes in, answers plans. Uses `series`, `exposition`, `store` and `promql`.
//!
//! It is the only one that touches the store, so there are no locks. Scrapes go first: between any two panels it reads
//! its inbox empty. It never waits for the screen either: an event that finds no place is kept and offered again, and
//! only the evaluation rests meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::alarms::Alarms;
use super::evaluate::{Known, Round};
use super::fetch::{Body, ScrapeFault};
use super::holdings::Holdings;
use super::inbox::{Found, Inbox, Message, Roster, TargetId};
use super::replay::TOOK;
use super::schedule::Clock;
use super::{Event, Plan};
use crate::series::Timestamp;
use crate::store::{Created, Store};

/// How long after the first new scrape the others are waited for before panels are evaluated.
const GATHER: Duration = Duration::from_millis(50);

/// Shortest time between two evaluations that new scrapes cause. A target's first scrape does not wait for it.
const PACE: Duration = Duration::from_millis(250);

/// Time between two statuses, and between two that tell of a target that went up or down.
const STATUS: Duration = Duration::from_secs(1);
const STATUS_HEALTH: Duration = Duration::from_millis(100);

/// After how long an event that found no place is offered again.
const RETRY: Duration = Duration::from_millis(10);

/// How many messages are taken in a row before the rest gets its turn.
const BATCH: usize = 256;

/// How long after the end of a fixed window a scrape may still have something to say about it, ms.
const SETTLE: i64 = 30_000;

/// A scrape that was made before the program started: the demo's history.
#[derive(Debug)]
pub struct Seed {
    /// Which of [`ScrapeOptions::targets`](super::ScrapeOptions::targets).
    pub target: usize,
    /// When the scrape began; ascending for each target.
    pub at: Timestamp,
    /// What was answered; `None` for a target that was down.
    pub body: Option<Body>,
}

/// Seeds in order of time.
pub type Seeds = Box<dyn Iterator<Item = Seed> + Send>;

/// What the owner is made of.
pub(super) struct Owner {
    pub(super) store: Store,
    pub(super) created: Created,
    /// The job under which the agents are said to run.
    pub(super) home: String,
    pub(super) lookback: i64,
    /// Rules to be evaluated over the store; `None` for none.
    pub(super) alarms: Option<Alarms>,
    pub(super) inbox: Inbox,
    pub(super) plans: watch::Receiver<Option<Arc<Plan>>>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) clock: Clock,
    pub(super) cancel: CancellationToken,
}

/// The owner at work.
struct Work {
    holdings: Holdings,
    lookback: i64,
    alarms: Option<Alarms>,
    /// When the first scrape came that the rules have not seen.
    unjudged_since: Option<Instant>,
    inbox: Inbox,
    plans: watch::Receiver<Option<Arc<Plan>>>,
    events: mpsc::Sender<Event>,
    clock: Clock,
    cancel: CancellationToken,
    plan: Option<Arc<Plan>>,
    round: Option<Round>,
    known: Known,
    /// When the first scrape came that no evaluation has seen.
    fresh_since: Option<Instant>,
    /// Before this, nothing but a new plan causes an evaluation.
    rest_until: Option<Instant>,
    /// When the last round that new scrapes caused began.
    paced: Option<Instant>,
    /// When the running round began, if new scrapes caused it.
    round_began: Option<Instant>,
    /// When the next status is due, if anything changed.
    status_due: Option<Instant>,
    status_sent: Option<Instant>,
    /// An event that found no place.
    held: Option<Event>,
}

impl Owner {
    /// Works until cancelled, or until nobody reads its events. `taken` is told when the seeds are in.
    pub(super) fn run(self, roster: Roster, seeds: Option<Seeds>, seeded: &[TargetId], taken: oneshot::Sender<()>) {
        let mut work = Work {
            holdings: Holdings::new(self.store, self.created, self.home),
            lookback: self.lookback,
            alarms: self.alarms,
            unjudged_since: None,
            inbox: self.inbox,
            plans: self.plans,
            events: self.events,
            clock: self.clock,
            cancel: self.cancel,
            plan: None,
            round: None,
            known: Known::new(),
            fresh_since: None,
            rest_until: None,
            paced: None,
            round_began: None,
            status_due: None,
            status_sent: None,
            held: None,
        };
        work.replace(roster);
        for seed in seeds.into_iter().flatten() {
            if work.cancel.is_cancelled() {
                return;
            }
            if let Some(&target) = seeded.get(seed.target) {
                work.scraped(target, seed.at, TOOK, seed.body.ok_or(ScrapeFault::Refused));
            }
        }
        // Nobody waits for it any more where everything is about to end.
        taken.send(()).ok();
        work.run();
    }
}

impl Work {
    fn run(&mut self) {
        loop {
            self.look();
            if self.cancel.is_cancelled() || self.events.is_closed() {
                return;
            }
            self.tell();
            if self.take_in().is_none() {
                return;
            }
        }
    }

    /// Reads the inbox empty, waiting for a first message as long as nothing else is to be done. `None` when there will
    /// be none any more.
    fn take_in(&mut self) -> Option<()> {
        let mut patience = self.patience(Instant::now());
        for _ in 0..BATCH {
            match self.inbox.next(patience) {
                Found::Message(Message::Scraped { target, at, took_ms, outcome }) => {
                    self.scraped(target, at, took_ms, outcome);
                }
                Found::Message(Message::Roster(roster)) => self.replace(roster),
                Found::Nudge => {}
                Found::Nothing => break,
                Found::Closed => return None,
            }
            patience = Some(Duration::ZERO);
        }
        Some(())
    }

    /// How long nothing is to be done; `None` for as long as there is no message.
    fn patience(&self, now: Instant) -> Option<Duration> {
        let until = |t: Instant| t.saturating_duration_since(now);
        if self.held.is_some() {
            return Some(RETRY);
        }
        if self.round.is_some() || self.alarms.as_ref().is_some_and(Alarms::is_busy) {
            return Some(Duration::ZERO);
        }
        let due = [self.round_due(), self.status_due, self.judgement_due()];
        due.into_iter().flatten().map(until).min()
    }

    /// When new scrapes are to be evaluated.
    fn round_due(&self) -> Option<Instant> {
        let since = self.fresh_since.filter(|_| self.is_moving())?;
        let everyone = self.holdings.all_fresh();
        let gathered = if everyone { since } else { since + GATHER };
        let first = self.holdings.has_newcomer();
        let paced = self.paced.filter(|_| !first).map(|began| began + PACE);
        Some(self.rest_until.into_iter().chain(paced).fold(gathered, Instant::max))
    }

    /// When the rules are to be looked at.
    fn judgement_due(&self) -> Option<Instant> {
        self.unjudged_since.filter(|_| self.alarms.is_some()).map(|since| since + GATHER)
    }

    /// Whether new scrapes can change what is in sight: not in a fixed window that ended before them.
    fn is_moving(&self) -> bool {
        let settled = |end: Timestamp| self.holdings.newest.is_some_and(|newest| newest > end + SETTLE);
        self.plan.as_ref().is_some_and(|p| !p.end.is_some_and(settled))
    }

    /// Looks for a new plan, and whether an evaluation is due.
    fn look(&mut self) {
        if self.plans.has_changed().unwrap_or(false) {
            self.plan.clone_from(&self.plans.borrow_and_update());
            self.begin();
            // What the user did is answered at once, and does not put off what the targets say.
            self.round_began = None;
        }
        let now = Instant::now();
        if self.round.is_none() && self.round_due().is_some_and(|due| due <= now) {
            self.begin();
            (self.round_began, self.paced) = (Some(now), Some(now));
        }
        if self.judgement_due().is_some_and(|due| due <= now)
            && let (Some(alarms), Some(newest)) = (&mut self.alarms, self.holdings.newest)
            && !alarms.is_busy()
        {
            self.unjudged_since = None;
            alarms.wake(self.holdings.store.oldest(), newest);
        }
    }

    fn begin(&mut self) {
        let newest = self.holdings.newest.unwrap_or_else(|| (self.clock)());
        self.round = self.plan.clone().map(|plan| {
            let touched = self.holdings.store.take_touched();
            let since = self.holdings.seen_since();
            Round::begin(plan, newest, since, self.lookback, &mut self.known, touched)
        });
        self.fresh_since = None;
        self.holdings.seen();
    }

    /// Offers one event: the one that is held, a status that is due, or the next panel.
    fn tell(&mut self) {
        let now = Instant::now();
        let event = match self.held.take() {
            Some(held) => Some(held),
            None if self.status_due.is_some_and(|due| due <= now) => {
                self.status_due = None;
                self.status_sent = Some(now);
                Some(Event::Status(Box::new(self.holdings.status((self.clock)()))))
            }
            None if self.round.is_some() => self.next_panel(now),
            None => {
                let report = self.alarms.as_mut().and_then(|alarms| alarms.step(&mut self.holdings.store));
                report.map(|report| Event::Alerts(Box::new(report)))
            }
        };
        if let Some(event) = event
            && let Err(TrySendError::Full(event)) = self.events.try_send(event)
        {
            self.held = Some(event);
        }
    }

    fn next_panel(&mut self, now: Instant) -> Option<Event> {
        let round = self.round.as_mut()?;
        let scene = self.holdings.scene(self.plan.as_ref().is_none_or(|p| p.end.is_none()));
        let event = round.step(&self.holdings.store, &scene, &mut self.known);
        if event.is_none() {
            self.round = None;
            if let Some(began) = self.round_began.take() {
                // Evaluating takes at most half of the thread, however much is in sight.
                self.rest_until = Some(now + (now - began));
            }
        }
        event
    }

    fn scraped(&mut self, id: TargetId, at: Timestamp, took_ms: f64, outcome: Result<Body, ScrapeFault>) {
        let Some(changed) = self.holdings.scraped(id, at, took_ms, outcome) else { return };
        self.fresh_since.get_or_insert_with(Instant::now);
        self.unjudged_since.get_or_insert_with(Instant::now);
        self.status_soon(if changed { STATUS_HEALTH } else { STATUS });
    }

    fn status_soon(&mut self, after: Duration) {
        let due = self.status_sent.map_or_else(Instant::now, |sent| sent + after);
        self.status_due = Some(self.status_due.map_or(due, |d| d.min(due)));
    }

    fn replace(&mut self, roster: Roster) {
        let now = (self.clock)();
        if self.holdings.replace(roster, now) {
            self.fresh_since.get_or_insert_with(Instant::now);
        }
        self.status_soon(STATUS_HEALTH);
    }
}
