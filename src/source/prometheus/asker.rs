//! The task that asks: keeps the plan, the requests in flight, the schedule and the state of the line. Uses `series`,
//! `promql` and the range cache.
//!
//! It never waits for anything but the next thing to happen: a plan, a key, an answer, a moment. While the server does not
//! answer, one request at a time tries whether it does again; the first that is answered brings back all the others.

mod alerting;
mod beside;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::alerting::Watch;
use self::beside::Beside;
use super::alerts::{Alerts, Question, Said};
use super::api::{Api, ApiFault, Metadata, Told};
use super::explain::{explain, text};
use super::line::Line;
use super::round::{Errand, Found, LATE, Round};
use super::targets::Known;
use crate::promql::Query;
use crate::series::Timestamp;
use crate::source::Listing;
use crate::source::cache::RangeCache;
use crate::source::http::HttpFault;
use crate::source::schedule::Clock;
use crate::source::{Absence, DEFAULT_JOB, Event, Health, Plan, Status};

/// How much of what was answered is kept, bytes: an hour of some ten thousand curves.
const KEPT: usize = 16 << 20;

/// How long after a step's time it is asked for, at least, ms: scrapes take their time.
const LAG: i64 = 100;

/// How long after the end of a fixed window a sample may still come for it, ms.
const SETTLE: i64 = 30_000;

/// For how long the reason of an empty panel holds.
const EXPLAINED: Duration = Duration::from_secs(30);

/// The same where it is only a matter of time.
const EXPECTED: Duration = Duration::from_secs(5);

/// How often the values of variables are asked for.
const VARIED: Duration = Duration::from_secs(60);

/// How often a round may begin anew because the clocks differ: behind one name there may be servers with several.
const COMPARED: Duration = Duration::from_secs(60);

/// After how long without a word it is asked whether it is still there, however long the next refresh is off: whoever looks
/// at the screen must know soon.
const PULSE: Duration = Duration::from_secs(3);

/// Waiting for nothing in particular.
const LONG: Duration = Duration::from_secs(3600);

/// What the task is made of.
pub(super) struct Setup {
    pub(super) api: Arc<Api>,
    /// ms.
    pub(super) interval: i64,
    pub(super) concurrency: usize,
    pub(super) jobs: Vec<String>,
    pub(super) finds_alertmanagers: bool,
    pub(super) alerts: Alerts,
    pub(super) plans: watch::Receiver<Option<Arc<Plan>>>,
    pub(super) refreshed: watch::Receiver<u64>,
    pub(super) clock: Clock,
    pub(super) cancel: CancellationToken,
}

/// The task at work.
pub(super) struct Asker {
    api: Arc<Api>,
    interval: i64,
    jobs: Vec<String>,
    plans: watch::Receiver<Option<Arc<Plan>>>,
    refreshed: watch::Receiver<u64>,
    clock: Clock,
    cancel: CancellationToken,
    line: Line,
    cache: RangeCache,
    plan: Option<Arc<Plan>>,
    round: Option<Round>,
    began: Instant,
    /// Errands on their way, all of them of the round.
    running: JoinSet<(Errand, Result<Found, ApiFault>)>,
    /// What is asked besides the plan.
    beside: JoinSet<Beside>,
    watch: Watch,
    /// What is asked for alerts.
    asking: JoinSet<(Question, Said)>,
    outgoing: VecDeque<Event>,
    status_is_new: bool,
    /// When the plan is asked next; `None` where it has an end that no sample changes any more.
    due: Option<Instant>,
    targets_due: Instant,
    /// When it last said anything.
    heard: Instant,
    /// Most errands at a time: what was given, less where the server asks for fewer.
    width: usize,
    most: usize,
    targets: Known,
    /// Whether the server has not yet said what it is.
    asks_version: bool,
    /// Whether the server has no list of targets, so that `up` has to tell.
    only_up: bool,
    /// When it is asked for its Alertmanagers; `None` where it is not.
    alertmanagers_due: Option<Instant>,
    alertmanagers: Vec<Url>,
    /// From when on what was answered may not be the last word, as samples may still come; and the last step that was asked
    /// for then.
    provisional: Option<(Timestamp, Timestamp)>,
    /// When the clocks were last compared anew.
    compared: Option<Instant>,
    explained: FxHashMap<String, (Absence, Instant)>,
    /// The jobs that have StreamHouse's metrics; `None` while nothing gave reason to ask for them.
    found_jobs: Option<Vec<String>>,
    /// When the values of variables were last asked for.
    varied: Option<Instant>,
    /// This terminal's own delay behind each step, as a share of what is possible.
    delay: f64,
}

/// Why a plan is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The user wants to see something else.
    Plan,
    /// Time has passed.
    Schedule,
}

impl Asker {
    pub(super) fn new(setup: Setup, line: Line) -> Self {
        let now = Instant::now();
        Self {
            api: setup.api,
            interval: setup.interval,
            jobs: setup.jobs,
            plans: setup.plans,
            refreshed: setup.refreshed,
            clock: setup.clock,
            cancel: setup.cancel,
            line,
            cache: RangeCache::new(KEPT),
            plan: None,
            round: None,
            began: now,
            running: JoinSet::new(),
            beside: JoinSet::new(),
            watch: Watch::new(setup.alerts, now),
            asking: JoinSet::new(),
            outgoing: VecDeque::new(),
            status_is_new: true,
            due: None,
            targets_due: now,
            heard: now,
            width: setup.concurrency,
            most: setup.concurrency,
            targets: Known::default(),
            asks_version: true,
            only_up: false,
            alertmanagers_due: setup.finds_alertmanagers.then_some(now),
            alertmanagers: Vec::new(),
            provisional: None,
            compared: None,
            explained: FxHashMap::default(),
            found_jobs: None,
            varied: None,
            delay: fastrand::f64(),
        }
    }

    /// Asks until cancelled, or until nobody reads the events.
    pub(super) async fn run(mut self, events: mpsc::Sender<Event>) {
        loop {
            self.advance();
            let wake = self.wake();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return,
                permit = events.reserve(), if !self.outgoing.is_empty() => {
                    let Ok(permit) = permit else { return };
                    if let Some(event) = self.outgoing.pop_front() {
                        permit.send(event);
                    }
                }
                () = events.closed(), if self.outgoing.is_empty() => return,
                Ok(()) = self.plans.changed() => {
                    self.plan.clone_from(&self.plans.borrow_and_update());
                    self.begin(Cause::Plan);
                }
                Ok(()) = self.refreshed.changed() => self.hurry(),
                Some(done) = self.running.join_next() => {
                    if let Ok((errand, result)) = done {
                        self.take(&errand, result);
                    }
                }
                Some(done) = self.beside.join_next() => {
                    if let Ok(beside) = done {
                        self.take_beside(beside);
                    }
                }
                Some(done) = self.asking.join_next() => {
                    if let Ok((question, said)) = done {
                        self.take_watch(&question, said);
                    }
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// When there is something to do though nothing happens.
    fn wake(&self) -> Instant {
        if !self.outgoing.is_empty() {
            // The first thing to happen is that somebody reads.
            return Instant::now() + LONG;
        }
        let due = self.due.filter(|_| self.round.is_none());
        let targets = Some(self.targets_due).filter(|_| self.beside.is_empty() && self.is_idle());
        let next = match self.line.next_try() {
            Some(next) => {
                Some(next).filter(|_| self.round.is_none() && self.beside.is_empty() && self.asking.is_empty())
            }
            None => due
                .into_iter()
                .chain(targets)
                .chain(self.pulse_due())
                .chain(self.watch_due())
                .chain(self.line.silent_at())
                .min(),
        };
        next.unwrap_or_else(|| Instant::now() + LONG)
    }

    /// When it is asked whether it is still there; not while it is asked anything else.
    fn pulse_due(&self) -> Option<Instant> {
        let is_quiet = self.round.is_none() && self.beside.is_empty() && self.line.link().health == Health::Up;
        is_quiet.then(|| self.heard + PULSE)
    }

    /// Whether there is room for what is not in sight: the server answers, and the plan has all its requests on their way.
    fn is_idle(&self) -> bool {
        let is_proven = self.line.link().health == Health::Up || !self.asks_anything();
        self.plan.is_some() && is_proven && self.round.as_ref().is_none_or(Round::is_handed_out)
    }

    /// Does what is due.
    fn advance(&mut self) {
        let now = Instant::now();
        let down = self.line.down().is_some();
        let may_try = self.line.next_try().is_none_or(|at| at <= now);
        let is_due = if down { may_try } else { self.due.is_some_and(|due| due <= now) };
        // Whoever does not read answers needs no further ones.
        if self.round.is_none() && is_due && self.outgoing.is_empty() && (!down || self.asks_anything()) {
            self.begin(Cause::Schedule);
        }
        if self.beside.is_empty() && self.is_idle() && if down { may_try } else { self.targets_due <= now } {
            self.ask_beside();
        }
        if self.outgoing.is_empty() && self.pulse_due().is_some_and(|due| due <= now) {
            self.feel_pulse();
        }
        let width = if down { 1 } else { self.width };
        while self.running.len() + self.asking.len() < width
            && let Some(errand) = self.round.as_mut().and_then(Round::next_errand)
        {
            self.line.asked();
            self.running.spawn(run(Arc::clone(&self.api), self.plan.clone(), errand, self.targets.up()));
        }
        if self.round.is_some() && self.running.is_empty() {
            self.end();
        }
        self.advance_watch(now);
        let owes = !(self.running.is_empty() && self.beside.is_empty() && self.asking.is_empty());
        self.status_is_new |= if owes { self.line.look(self.now()) } else { self.line.rest() };
        if std::mem::take(&mut self.status_is_new) {
            self.tell_status();
        }
    }

    /// Tells how things stand. An older status that nobody has read is of no use any more: this one has its place.
    fn tell_status(&mut self) {
        let status = Event::Status(Box::new(self.status()));
        match self.outgoing.iter_mut().find(|event| matches!(event, Event::Status(_))) {
            Some(waiting) => *waiting = status,
            None => self.outgoing.push_back(status),
        }
    }

    /// The jobs under which the agents are said to run.
    fn homes(&self) -> impl Iterator<Item = &str> {
        let usual = self.jobs.is_empty().then_some(DEFAULT_JOB);
        self.jobs.iter().map(String::as_str).chain(usual)
    }

    fn asks_anything(&self) -> bool {
        self.plan.as_ref().is_some_and(|p| !p.asks.is_empty() || !p.variables.is_empty())
    }

    fn begin(&mut self, cause: Cause) {
        self.running = JoinSet::new();
        self.round = None;
        (self.began, self.due) = (Instant::now(), None);
        self.line.begin();
        let Some(plan) = self.plan.clone() else { return };
        let at = self.line.theirs(self.now());
        // What came late is asked for again with the next step, not at every look at the present in between.
        if cause == Cause::Schedule
            && let Some((from, last)) = self.provisional
            && Round::last_step(&plan, at) > last
        {
            self.provisional = None;
            self.cache.invalidate_from(from);
        }
        let fresh = self.period();
        let varied = self.varied.is_none_or(|at| at.elapsed() >= VARIED);
        let variables = cause == Cause::Plan || varied;
        if variables {
            self.varied = Some(Instant::now());
        }
        let mut round = Round::begin(plan, at, fresh, variables, &mut self.cache);
        match self.line.down() {
            // Nobody waits for what cannot come; it is asked for when it is time to try again.
            Some(reason) if self.line.next_try().is_some_and(|next| next > self.began) => {
                self.outgoing.extend(round.give_up(reason));
            }
            _ => {
                self.round = Some(round);
                self.answer();
            }
        }
    }

    /// How often a plan is asked, ms; also how old its last step may be and still stand for the present. Where steps are
    /// further apart, only the present is asked for in between.
    fn period(&self) -> i64 {
        self.interval.max(1)
    }

    /// All of the round has come back.
    fn end(&mut self) {
        let Some(round) = self.round.take() else { return };
        if let Some((at, window)) = round.asked_ranges() {
            // The last two steps, and whatever was asked for before its samples can have come.
            let from = (window.end - window.step).min(at - LATE);
            let from = self.provisional.map_or(from, |(before, _)| before.min(from));
            self.provisional = Some((from, window.end));
        }
        if self.found_jobs.is_none() && self.homes().any(|job| round.misses(job)) {
            self.ask_for_jobs();
        }
        self.line.end(self.began.elapsed().as_secs_f64() * 1000.0);
        self.width = (self.width + 1).min(self.most);
        self.due = self.next_due();
        self.status_is_new = true;
    }

    /// Shortly after the next step, but not too soon after the last look.
    fn next_due(&self) -> Option<Instant> {
        let plan = self.plan.as_ref()?;
        let server = self.line.theirs(self.now());
        if plan.end.is_some_and(|end| server > end + SETTLE) || !self.asks_anything() {
            return None;
        }
        let period = self.period();
        let delay = LAG + ((period / 10).min(2_000) as f64 * self.delay) as i64;
        let mut wait = period - (server - delay).rem_euclid(period);
        let gone = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(0);
        if wait + gone < period / 4 {
            wait += period;
        }
        Some(Instant::now() + Duration::from_millis(wait.unsigned_abs()))
    }

    /// The user wants it now.
    fn hurry(&mut self) {
        let now = Instant::now();
        self.line.hurry(now);
        (self.due, self.targets_due) = (Some(now), now);
        self.watch.hurry(now);
        self.explained.clear();
        self.found_jobs = None;
    }

    fn take(&mut self, errand: &Errand, result: Result<Found, ApiFault>) {
        let now = self.now();
        match result {
            Ok(found) => {
                self.heard = Instant::now();
                self.status_is_new |= self.line.up(now);
                let skewed = match &found {
                    Found::Series(told) => self.line.heard(told, now),
                    Found::Values(told) => self.line.heard(told, now),
                    Found::Absence(_) => false,
                };
                if let (Errand::Explain { query, .. }, Found::Absence(absence)) = (errand, &found) {
                    self.explained.insert(query.text().to_owned(), (absence.clone(), Instant::now()));
                }
                let Some(round) = &mut self.round else { return };
                let event = round.found(errand, found, &mut self.cache);
                self.outgoing.extend(event);
                let often = self.compared.is_some_and(|at| at.elapsed() < COMPARED);
                if skewed && !often && self.plan.as_ref().is_some_and(|p| p.end.is_none()) {
                    // The windows end at a time that is none of the server's.
                    self.compared = Some(Instant::now());
                    self.status_is_new = true;
                    self.begin(Cause::Plan);
                    return;
                }
            }
            Err(fault) => {
                let Some(round) = &mut self.round else { return };
                if let Errand::Explain { query, .. } = errand {
                    // Not asked again at each refresh.
                    self.explained.insert(query.text().to_owned(), (Absence::Filtered, Instant::now()));
                }
                // Gateways that let queries through need not know the rest of the API.
                let is_aside = matches!(errand, Errand::Explain { .. } | Errand::Variable { .. }) && fault.is_unknown();
                if !is_aside && fault.is_general().unwrap_or(round.answered == 0) {
                    self.fall(&fault);
                    return;
                }
                round.failed(errand, &fault);
                if fault.is_general() == Some(false) {
                    round.answered += 1;
                    self.status_is_new |= self.line.up(now);
                }
            }
        }
        self.answer();
    }

    /// Hands on the answers that have become possible.
    fn answer(&mut self) {
        let Some(round) = &mut self.round else { return };
        let (explained, targets) = (&self.explained, &self.targets);
        let live = self.plan.as_ref().is_some_and(|p| p.end.is_none());
        let events = round.answers(&self.cache, |query: &Query| {
            if live && targets.all_down() {
                return Some(Absence::AllDown { targets: targets.targets().len() });
            }
            let (absence, since) = explained.get(query.text())?;
            let passes = matches!(absence, Absence::Waiting | Absence::TooFew { .. });
            (since.elapsed() < if passes { EXPECTED } else { EXPLAINED }).then(|| absence.clone())
        });
        self.outgoing.extend(events);
    }

    /// The server does not answer.
    fn fall(&mut self, fault: &ApiFault) {
        self.running = JoinSet::new();
        self.beside = JoinSet::new();
        if matches!(fault, ApiFault::Http(HttpFault::Status { code: 429, .. })) {
            self.width = (self.width / 2).max(1);
        }
        self.line.fell(fault, self.now());
        if let Some(mut round) = self.round.take() {
            self.outgoing.extend(round.give_up(&fault.words()));
        }
        self.fall_watch(fault);
        self.explained.clear();
        self.status_is_new = true;
    }

    fn status(&self) -> Status {
        Status {
            at: self.now(),
            targets: self.targets.targets().to_vec(),
            remarks: self.line.remark().into_iter().chain(self.watch.alerts.remarks().iter().cloned()).collect(),
            jobs: self.found_jobs.clone().unwrap_or_default(),
            alertmanagers: self.alertmanagers.clone(),
            link: Some(self.line.link().clone()),
            ..Status::default()
        }
    }
}

/// What metrics are, as [`Listing::Help`] has it. Of several things that targets say the first one stands.
fn help(said: BTreeMap<String, Vec<Metadata>>) -> Vec<String> {
    let line = |(name, said): (String, Vec<Metadata>)| {
        let first = said.first()?;
        Some(format!("{name} {}  {}", first.r#type, first.help))
    };
    said.into_iter().filter_map(line).collect()
}

/// Runs one errand.
async fn run(api: Arc<Api>, plan: Option<Arc<Plan>>, errand: Errand, up: usize) -> (Errand, Result<Found, ApiFault>) {
    let found = match &errand {
        Errand::Range { query, window, .. } => api.query_range(query.text(), *window).await.map(Found::Series),
        Errand::Now { query, at, .. } => api.query(query.text(), *at).await.map(Found::Series),
        Errand::Explain { query, asked, at, .. } => explain(&api, query, *asked, *at, up).await.map(Found::Absence),
        Errand::Variable { number, from, to } => match plan.as_ref().and_then(|p| p.variables.get(*number)) {
            Some(ask) => {
                let matches: Vec<String> = ask.selector.selectors().iter().map(text).collect();
                match &ask.lists {
                    Listing::Names => api.labels(&matches, *from, *to).await,
                    Listing::Values(label) => api.label_values(label, &matches, *from, *to).await,
                    Listing::Help => api.metadata(None).await.map(|told| told.map(help)),
                }
                .map(Found::Values)
            }
            None => Ok(Found::Values(Told { data: Vec::new(), notes: Vec::new(), bytes: 0, date: None })),
        },
    };
    (errand, found)
}
