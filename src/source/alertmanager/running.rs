//! Keeps asking a cluster of Alertmanagers, and writes to it when told to. Uses the client, `access`, `schedule`.
//!
//! One task, one reading and one write at a time. A reading goes on while others wait for a write; whoever hangs is given
//! up at the deadline. After a write the member that took it is read at once: the others hear of it later.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, OptionFuture};
use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::amtool::without_credentials;
use super::client::AlertmanagerClient;
use super::draft::SilenceDraft;
use super::reading::{self, Faults, Members, Reading, Write, Written, authority};
use super::{ServerStatus, State};
use crate::series::{Timestamp, printable};
use crate::source::Clock;
use crate::source::access::Access;
use crate::source::http::{Client, HttpFault, Options};

/// How many events may wait for the screen.
const EVENTS: usize = 16;

/// How many commands may wait for their turn.
const COMMANDS: usize = 8;

/// Shortest interval and shortest deadline.
const SHORTEST: Duration = Duration::from_millis(100);

/// Each member of a cluster has this share of the deadline to itself before the next one is asked too.
const TURN: f64 = 0.2;

/// How old the server's status may get: it carries the whole configuration, so it is not read each time.
const STATUS_AGE: Duration = Duration::from_secs(60);

/// The first wait after a failure, and the longest that comes of doubling it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait that a server may ask for (`Retry-After`).
const LONGEST_REST: Duration = Duration::from_secs(300);

/// How much of a wait is left to chance, so that many terminals do not ask at the same moment.
const JITTER: f64 = 0.2;

/// Whom to ask, and how.
pub struct AlertmanagerOptions {
    /// The members of one cluster, at least one; they may have a path. Each reading is of one of them, the first that
    /// answers; a write goes to one.
    pub urls: Vec<Url>,
    /// How they are reached. Credentials in a URL go before it.
    pub access: Access,
    /// Time between two readings.
    pub interval: Duration,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether writes are refused, before anything is sent.
    pub read_only: bool,
}

impl Default for AlertmanagerOptions {
    /// Nobody yet; every 15 s, 4 s for a request, writes allowed.
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            access: Access::default(),
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(4),
            read_only: false,
        }
    }
}

/// Why the source cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody to ask.
    #[error("there is no Alertmanager; give --alertmanager URL")]
    Nobody,
    /// A URL that leads nowhere.
    #[error(
        "{0} is no URL of an Alertmanager; give http://host:port or https://host:port, with its path if it has one"
    )]
    Url(String),
    /// An interval too short, or a deadline of nothing.
    #[error("{0} is too short; give at least 100ms")]
    TooShort(&'static str),
    /// The HTTP client cannot be set up.
    #[error("{0}")]
    Http(#[from] HttpFault),
}

/// A running source.
#[derive(Debug)]
pub struct Handle {
    /// Tells it what to do.
    pub control: Control,
    /// What it tells. When the receiver is dropped, the source ends.
    pub events: mpsc::Receiver<Event>,
}

/// Tells the source what to do; never waits.
#[derive(Debug, Clone)]
pub struct Control(mpsc::Sender<Command>);

/// What the source can be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Read now, whatever was to be waited for.
    Refresh,
    /// Write a silence, or change the one that the draft is of.
    CreateSilence(Box<SilenceDraft>),
    /// End the silence of this id now.
    ExpireSilence(String),
}

/// A command found no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Alertmanager has not answered earlier commands yet; try again when it has")]
pub struct Busy;

/// What the source tells. Every text is safe to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What Alertmanager has now.
    State(Arc<State>),
    /// Nobody answered; told each time, until a [`Event::State`].
    Failed {
        /// Why, with the hosts where there are several.
        reason: String,
        /// What to do about it, where that can be said; reads on after the reason.
        hint: Option<&'static str>,
        /// Since when nobody has answered.
        since: Timestamp,
        /// When they are asked again.
        next_try: Timestamp,
    },
    /// A silence was written; this is its id.
    SilenceCreated(String),
    /// The silence of this id was ended.
    SilenceExpired(String),
    /// A write was refused, here or by the server, or it is not known what became of it; in words.
    Refused(String),
}

impl Control {
    /// Hands in `command`.
    ///
    /// # Errors
    /// Too many wait already, or the source has ended.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        self.0.try_send(command).map_err(|_| Busy)
    }
}

/// Starts asking, at once and then once an interval. Must be called within a tokio runtime; the task goes into `tasks` and
/// ends with `cancel`.
///
/// # Errors
/// Nobody to ask, or no way to; the texts are for the user.
pub fn start(
    options: AlertmanagerOptions,
    clock: Clock,
    cancel: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> Result<Handle, StartError> {
    if options.urls.is_empty() {
        return Err(StartError::Nobody);
    }
    if let Some(url) = options.urls.iter().find(|u| !matches!(u.scheme(), "http" | "https")) {
        return Err(StartError::Url(printable(without_credentials(url).as_str()).into_owned()));
    }
    for (time, name) in [(options.interval, "the interval"), (options.timeout, "the timeout")] {
        if time < SHORTEST {
            return Err(StartError::TooShort(name));
        }
    }
    // One connection for each of the lists and the status.
    let http = Options { timeout: options.timeout, idle: 3, zstd: false };
    let http = Arc::new(Client::new(options.access, http)?);
    let members: Vec<_> = options.urls.iter().map(|url| AlertmanagerClient::new(url, Arc::clone(&http))).collect();
    let (commands_in, commands) = mpsc::channel(COMMANDS);
    let (events_in, events) = mpsc::channel(EVENTS);
    let work = Work {
        members: members.into(),
        interval: options.interval,
        turn: options.timeout.mul_f64(TURN),
        read_only: options.read_only,
        clock,
        events: events_in,
        first: 0,
        status: None,
        outage: None,
        skew: 0,
        next: Instant::now(),
    };
    let cancel = cancel.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = cancel.cancelled() => {}
            () = work.run(commands) => {}
        }
    });
    Ok(Handle { control: Control(commands_in), events })
}

struct Work {
    members: Members,
    interval: Duration,
    turn: Duration,
    read_only: bool,
    clock: Clock,
    events: mpsc::Sender<Event>,
    /// The member that answered last.
    first: usize,
    /// Its status, and when that was read.
    status: Option<(Instant, Arc<ServerStatus>)>,
    outage: Option<Outage>,
    /// How far the server's clock was last ahead of ours, ms.
    skew: i64,
    /// When to read next.
    next: Instant,
}

/// Nobody answers.
struct Outage {
    since: Timestamp,
    /// The wait before the next reading, before chance.
    wait: Duration,
}

impl Outage {
    /// How long to wait now: each time twice as long, and not less than the server asks for by `rest`.
    fn next_wait(&mut self, rest: Option<Duration>) -> Duration {
        let wait = jittered(self.wait).max(rest.unwrap_or_default().min(LONGEST_REST));
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        wait
    }
}

/// The screen is gone.
struct Gone;

impl Work {
    /// Works until nobody reads its events; may be dropped at any await.
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut reading: Option<BoxFuture<'static, Result<Reading, Faults>>> = None;
        let mut writing: Option<BoxFuture<'static, (Write, Written)>> = None;
        let events = self.events.clone();
        loop {
            let told = tokio::select! {
                biased;
                () = events.closed() => return,
                Some((write, written)) = OptionFuture::from(writing.as_mut()) => {
                    writing = None;
                    // What is being read may be from before the write.
                    reading = None;
                    self.next = Instant::now();
                    self.written(&write, written).await
                }
                Some(command) = commands.recv(), if writing.is_none() => match command {
                    Command::Refresh => {
                        self.next = Instant::now();
                        Ok(())
                    }
                    Command::CreateSilence(draft) => self.admit(Write::Silence(draft), &mut writing).await,
                    Command::ExpireSilence(id) => self.admit(Write::Expire(id), &mut writing).await,
                },
                Some(outcome) = OptionFuture::from(reading.as_mut()) => {
                    reading = None;
                    match outcome {
                        Ok(read) => self.read(read).await,
                        Err(faults) => self.failed(&faults).await,
                    }
                }
                () = sleep_until(self.next), if reading.is_none() => {
                    let fresh = self.status.as_ref().is_some_and(|(at, _)| at.elapsed() < STATUS_AGE);
                    let members = Arc::clone(&self.members);
                    reading = Some(Box::pin(reading::read(members, self.first, !fresh, self.turn)));
                    Ok(())
                }
            };
            if told.is_err() {
                return;
            }
        }
    }

    /// Begins `write`, unless it may not be.
    async fn admit(
        &self,
        mut write: Write,
        writing: &mut Option<BoxFuture<'static, (Write, Written)>>,
    ) -> Result<(), Gone> {
        if self.read_only {
            return self.tell(Event::Refused("this context is read-only: nothing was sent".to_owned())).await;
        }
        if let Write::Silence(draft) = &mut write {
            let now = (self.clock)();
            if let Some(fault) = draft.faults(now).first() {
                return self.tell(Event::Refused(format!("nothing was sent: {fault}"))).await;
            }
            if draft.changes.is_none() && draft.starts_at <= now {
                // "At once" is at once by the server's clock too, which may be behind ours.
                draft.starts_at = draft.starts_at.min(now.saturating_add(self.skew));
            }
        }
        let (members, first) = (Arc::clone(&self.members), self.first);
        *writing = Some(Box::pin(async move {
            let written = reading::write(members, first, &write).await;
            (write, written)
        }));
        Ok(())
    }

    async fn written(&mut self, write: &Write, written: Written) -> Result<(), Gone> {
        self.turn_to(written.member);
        let event = match (written.outcome, write) {
            (Err(words), _) => Event::Refused(words),
            (Ok(id), Write::Silence(_)) => Event::SilenceCreated(id),
            (Ok(id), Write::Expire(_)) => Event::SilenceExpired(id),
        };
        self.tell(event).await
    }

    async fn read(&mut self, reading: Reading) -> Result<(), Gone> {
        let at = (self.clock)();
        self.turn_to(reading.member);
        if let Some(status) = reading.status {
            self.status = Some((Instant::now(), Arc::new(status)));
        }
        // The rest of the reading may have taken its time since then.
        let since = |told: Instant| Timestamp::try_from(told.elapsed().as_millis()).unwrap_or(0);
        let skew = reading.date.map(|(date, told)| date.saturating_add(since(told)).saturating_sub(at));
        self.skew = skew.unwrap_or(0);
        self.outage = None;
        self.next = Instant::now() + jittered(self.interval);
        let state = State {
            alerts: reading.alerts,
            silences: reading.silences,
            status: self.status.as_ref().map(|(_, status)| Arc::clone(status)),
            at,
            from: printable(self.members[self.first].url().as_str()).into_owned(),
            skew,
        };
        self.tell(Event::State(Arc::new(state))).await
    }

    async fn failed(&mut self, faults: &Faults) -> Result<(), Gone> {
        let now = (self.clock)();
        let outage = self.outage.get_or_insert(Outage { since: now, wait: FIRST_WAIT });
        // As long as one member asks for no rest, there is somebody to ask.
        let wait = outage.next_wait(faults.iter().map(|(_, fault)| fault.rest().unwrap_or_default()).min());
        let since = outage.since;
        self.next = Instant::now() + wait;
        let next_try = now.saturating_add(Timestamp::try_from(wait.as_millis()).unwrap_or(Timestamp::MAX));
        let reasons = faults.iter().map(|(member, fault)| match self.members.len() {
            1 => fault.to_string(),
            _ => format!("{}: {fault}", printable(&authority(&self.members[*member]))),
        });
        let reason = reasons.collect::<Vec<_>>().join("; ");
        let hint = faults.iter().find_map(|(_, fault)| fault.hint());
        self.tell(Event::Failed { reason, hint, since, next_try }).await
    }

    /// From now on this member is asked first.
    fn turn_to(&mut self, member: usize) {
        if self.first != member {
            (self.first, self.status) = (member, None);
        }
    }

    async fn tell(&self, event: Event) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }
}

fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + JITTER * (fastrand::f64() - 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_left_to_chance_a_little() {
        let mut outage = Outage { since: 0, wait: FIRST_WAIT };
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = outage.next_wait(None).as_secs_f64();
            assert!((wait / expected - 1.0).abs() <= JITTER / 2.0 + 1e-9, "{wait} for {expected}");
        }
        let waits: Vec<_> = (0..20).map(|_| outage.next_wait(None)).collect();
        assert!(waits.windows(2).any(|w| w[0] != w[1]), "{waits:?}");
    }

    #[test]
    fn a_server_that_asks_for_rest_gets_it_within_reason() {
        let mut outage = Outage { since: 0, wait: FIRST_WAIT };
        assert_eq!(outage.next_wait(Some(Duration::from_secs(90))), Duration::from_secs(90));
        assert_eq!(outage.next_wait(Some(Duration::from_secs(9_000))), LONGEST_REST);
    }
}
