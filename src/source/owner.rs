//! The thread that owns the store: takes scrapes in, answers plans. Uses `series`, `exposition`, `store` and `promql`.
//!
//! It is the only one that touches the store, so there are no locks. Scrapes go first: between any two panels it reads
//! its inbox empty. It never waits for the screen either: an event that finds no place is kept and offered again, and
//! only the evaluation rests meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::absence::{Scene, Seen};
use super::evaluate::Round;
use super::fetch::{Body, ScrapeFault};
use super::inbox::{Found, Inbox, Message, Roster, TargetId};
use super::schedule::Clock;
use super::target::Target;
use super::{Event, Health, Plan, Status, TargetStatus};
use crate::series::Timestamp;
use crate::store::{Created, Ingest, Report, Store};

/// How long after the first new scrape the others are waited for before panels are evaluated.
const GATHER: Duration = Duration::from_millis(50);

/// Shortest time between two evaluations that new scrapes cause.
const PACE: Duration = Duration::from_millis(250);

/// Time between two statuses, and between two that tell of a target that went up or down.
const STATUS: Duration = Duration::from_secs(1);
const STATUS_HEALTH: Duration = Duration::from_millis(100);

/// After how long an event that found no place is offered again.
const RETRY: Duration = Duration::from_millis(10);

/// How many messages are taken in a row before the rest gets its turn.
const BATCH: usize = 256;

/// How much data time passes between two looks for expired data, ms.
const EXPIRE: i64 = 10_000;

/// How many diagnoses of a target a status lists.
const DIAGNOSES: usize = 20;

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
    pub(super) lookback: i64,
    pub(super) inbox: Inbox,
    pub(super) plans: watch::Receiver<Option<Arc<Plan>>>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) clock: Clock,
    pub(super) cancel: CancellationToken,
}

struct Watched {
    id: TargetId,
    ingest: Ingest,
    status: TargetStatus,
    /// Time of the newest sample.
    last: Timestamp,
    /// Whether it answered since the last evaluation began.
    fresh: bool,
}

/// The owner at work.
struct Work {
    owner: Owner,
    watched: Vec<Watched>,
    troubles: Vec<String>,
    /// Time of the newest scrape.
    newest: Option<Timestamp>,
    expired: Timestamp,
    plan: Option<Arc<Plan>>,
    round: Option<Round>,
    /// When the first scrape came that no evaluation has seen.
    fresh_since: Option<Instant>,
    /// Before this, new scrapes do not cause an evaluation.
    rest_until: Option<Instant>,
    /// When the running round began, if new scrapes caused it.
    round_began: Option<Instant>,
    /// When the next status is due, if anything changed.
    status_due: Option<Instant>,
    status_sent: Option<Instant>,
    /// An event that found no place.
    held: Option<Event>,
}

impl Owner {
    /// Works until cancelled, or until nobody reads its events.
    pub(super) fn run(self, roster: Roster, seeds: Option<Seeds>, seeded: &[TargetId]) {
        let mut work = Work {
            owner: self,
            watched: Vec::new(),
            troubles: Vec::new(),
            newest: None,
            expired: 0,
            plan: None,
            round: None,
            fresh_since: None,
            rest_until: None,
            round_began: None,
            status_due: None,
            status_sent: None,
            held: None,
        };
        work.replace(roster);
        for seed in seeds.into_iter().flatten() {
            if work.owner.cancel.is_cancelled() {
                return;
            }
            if let Some(&target) = seeded.get(seed.target) {
                work.scraped(target, seed.at, 1.0, seed.body.ok_or(ScrapeFault::Refused));
            }
        }
        work.run();
    }
}

impl Work {
    fn run(&mut self) {
        loop {
            self.look();
            if self.owner.cancel.is_cancelled() || self.owner.events.is_closed() {
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
            match self.owner.inbox.next(patience) {
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
        if self.round.is_some() {
            return Some(Duration::ZERO);
        }
        self.round_due().into_iter().chain(self.status_due).map(until).min()
    }

    /// When new scrapes are to be evaluated.
    fn round_due(&self) -> Option<Instant> {
        let since = self.fresh_since.filter(|_| self.is_moving())?;
        let everyone = self.watched.iter().all(|w| w.fresh);
        let gathered = if everyone { since } else { since + GATHER };
        Some(self.rest_until.map_or(gathered, |rest| rest.max(gathered)))
    }

    /// Whether new scrapes can change what is in sight: not in a frozen window that ended before them.
    fn is_moving(&self) -> bool {
        let slack = self.owner.lookback;
        self.plan
            .as_ref()
            .is_some_and(|p| p.end.is_none_or(|end| self.newest.is_none_or(|newest| end + slack >= newest)))
    }

    /// Looks for a new plan, and whether an evaluation is due.
    fn look(&mut self) {
        if self.owner.plans.has_changed().unwrap_or(false) {
            self.plan.clone_from(&self.owner.plans.borrow_and_update());
            self.begin();
            // What the user did is answered at once, and does not put off what the targets say.
            self.round_began = None;
        }
        let now = Instant::now();
        if self.round.is_none() && self.round_due().is_some_and(|due| due <= now) {
            self.begin();
            self.round_began = Some(now);
        }
    }

    fn begin(&mut self) {
        let newest = self.newest.unwrap_or_else(|| (self.owner.clock)());
        self.round = self.plan.clone().map(|plan| Round::begin(plan, newest, self.owner.lookback));
        self.fresh_since = None;
        for watched in &mut self.watched {
            watched.fresh = false;
        }
    }

    /// Offers one event: the one that is held, a status that is due, or the next panel.
    fn tell(&mut self) {
        let now = Instant::now();
        let event = match self.held.take() {
            Some(held) => Some(held),
            None if self.status_due.is_some_and(|due| due <= now) => {
                self.status_due = None;
                self.status_sent = Some(now);
                Some(Event::Status(Box::new(self.status())))
            }
            None => self.next_panel(now),
        };
        if let Some(event) = event
            && let Err(TrySendError::Full(event)) = self.owner.events.try_send(event)
        {
            self.held = Some(event);
        }
    }

    fn next_panel(&mut self, now: Instant) -> Option<Event> {
        let round = self.round.as_mut()?;
        let scene = Scene {
            data: &self.owner.store,
            targets: self
                .watched
                .iter()
                .map(|w| Seen { health: &w.status.health, families: w.ingest.families(), samples: w.status.samples })
                .collect(),
            live: self.plan.as_ref().is_none_or(|p| p.end.is_none()),
        };
        let event = round.step(&self.owner.store, &scene);
        if event.is_none() {
            self.round = None;
            if let Some(began) = self.round_began.take() {
                // Evaluating takes at most half of the thread, however much is in sight.
                self.rest_until = Some((began + PACE).max(now + (now - began)));
            }
        }
        event
    }

    fn scraped(&mut self, id: TargetId, at: Timestamp, took_ms: f64, outcome: Result<Body, ScrapeFault>) {
        // A target that left the list while it was being scraped has nothing to say any more.
        let Some(watched) = self.watched.iter_mut().find(|w| w.id == id) else { return };
        // History may reach up to this very moment.
        let at = at.max(watched.last.saturating_add(1));
        let changed = watched.take(&mut self.owner.store, at, took_ms, outcome);
        self.newest = self.newest.max(Some(at));
        self.fresh_since.get_or_insert_with(Instant::now);
        self.status_soon(if changed { STATUS_HEALTH } else { STATUS });
        if at >= self.expired + EXPIRE {
            self.expired = at;
            self.owner.store.expire(at);
        }
    }

    fn status_soon(&mut self, after: Duration) {
        let due = self.status_sent.map_or_else(Instant::now, |sent| sent + after);
        self.status_due = Some(self.status_due.map_or(due, |d| d.min(due)));
    }

    fn replace(&mut self, roster: Roster) {
        let now = (self.owner.clock)();
        let mut before = std::mem::take(&mut self.watched);
        for (id, target) in roster.targets {
            let known = before.iter().position(|w| w.id == id).map(|i| before.swap_remove(i));
            self.watched.push(known.unwrap_or_else(|| Watched::new(id, &target, now, self.owner.created)));
        }
        for mut gone in before {
            let at = now.max(gone.last.saturating_add(1));
            gone.ingest.forget(&mut self.owner.store, at);
            self.fresh_since.get_or_insert_with(Instant::now);
        }
        self.troubles = roster.troubles;
        self.status_soon(STATUS_HEALTH);
    }

    fn status(&self) -> Status {
        let footprint = self.owner.store.footprint();
        Status {
            at: (self.owner.clock)(),
            targets: self.watched.iter().map(|w| w.status.clone()).collect(),
            series: footprint.series,
            samples: footprint.samples as u64,
            bytes: footprint.bytes + self.watched.iter().map(|w| w.ingest.bytes()).sum::<usize>(),
            cut: footprint.cut,
            troubles: self.troubles.clone(),
        }
    }
}

impl Watched {
    fn new(id: TargetId, target: &Target, now: Timestamp, created: Created) -> Self {
        let status = TargetStatus {
            url: target.to_string(),
            job: target.job().to_owned(),
            instance: target.instance().to_owned(),
            health: Health::Unknown,
            since: now,
            last_scrape: None,
            last_success: None,
            took: 0.0,
            samples: 0,
            families: (0, 0),
            unreadable: 0,
            diagnoses: Vec::new(),
        };
        let ingest = Ingest::new(target.labels().clone()).created(created);
        Self { id, ingest, status, last: Timestamp::MIN, fresh: false }
    }

    /// Takes a scrape in; whether the target went up or down by it.
    fn take(&mut self, store: &mut Store, at: Timestamp, took_ms: f64, outcome: Result<Body, ScrapeFault>) -> bool {
        let report = match outcome {
            Ok(body) => {
                let report = self.ingest.scrape(store, at, took_ms, body.format, &body.bytes);
                report.map_err(|fault| ScrapeFault::content(&fault))
            }
            Err(fault) => {
                self.ingest.fail(store, at, took_ms);
                Err(fault)
            }
        };
        let status = &mut self.status;
        (self.last, self.fresh) = (at, true);
        (status.last_scrape, status.took) = (Some(at), took_ms);
        let health = match report {
            Ok(report) => {
                let families = &report.summary.families;
                status.last_success = Some(at);
                status.samples = report.samples;
                status.families = (families.len(), families.iter().filter(|f| f.samples == 0).count());
                status.unreadable = report.summary.unreadable;
                status.diagnoses = diagnoses(&report);
                Health::Up
            }
            Err(fault) => Health::Down { reason: fault.to_string() },
        };
        let changed = std::mem::discriminant(&health) != std::mem::discriminant(&status.health);
        if changed {
            status.since = at;
        }
        status.health = health;
        changed
    }
}

/// What was wrong with a body that was read: first what was not stored, then the lines that could not be read.
fn diagnoses(report: &Report) -> Vec<String> {
    let refused = &report.refused;
    let reasons = [
        (refused.duplicate, "duplicates of others"),
        (refused.out_of_order, "older than the last of their series"),
        (refused.out_of_bounds, "with a time too old or too far ahead"),
        (refused.over_limit, "of new series on a target that has too many"),
        (refused.reserved, "under names that scrapes write themselves"),
    ];
    let refused = reasons.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} samples not kept: {why}"));
    refused.chain(report.summary.diagnoses.iter().map(ToString::to_string)).take(DIAGNOSES).collect()
}
