//! The simulated cluster on real sockets.
//!
//! First the past: [`Cluster::history`] simulates the hour before now on a thread of its own, while the caller takes in what
//! it yields. Then the present: [`Cluster::run`] serves the same simulation and lets it go on with the clock. A member
//! that the scenario ends stops listening, and listens again on the same port when it is back. Uses `series` of the crate.

mod server;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::demo::scenario::Scenario;
use crate::demo::simulation::{EXPORTER, HISTORY, MEMBERS, Simulation};
use crate::demo::topology::AGENTS;
use crate::series::Timestamp;

/// The distance between the scrapes of the history, ms.
const STEP: i64 = 15_000;
/// How often the simulation catches up with the clock while it is served.
const PACE: Duration = Duration::from_millis(500);
/// Scrapes of the history that are kept ready before the caller takes them.
const AHEAD: usize = 4 * MEMBERS;

/// Where the members listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bind {
    /// On the loopback address, on ports that the system picks.
    #[default]
    Loopback,
    /// The first agent on this address, the others on the ports after it; port 0 lets the system pick all of them.
    Fixed(SocketAddr),
}

impl Bind {
    fn address(self, member: usize) -> Option<SocketAddr> {
        match self {
            Self::Loopback => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)),
            Self::Fixed(first) if first.port() == 0 => Some(first),
            Self::Fixed(first) => {
                let port = first.port().checked_add(u16::try_from(member).ok()?)?;
                Some(SocketAddr::new(first.ip(), port))
            }
        }
    }
}

/// One scrape target of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What it is called: the agent's id, or `exporter`.
    pub name: String,
    /// The job under which it is scraped: `streamhouse-agent` or `resources`.
    pub job: String,
    /// Where it answers `/metrics`.
    pub addr: SocketAddr,
}

/// Why the cluster could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An address is taken or not this machine's.
    #[error("cannot listen on {addr} for {member}: {source}; give another address, or none to let the system pick")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// The member that was to listen there.
        member: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The ports after the first one do not exist.
    #[error("{first} leaves no room for {MEMBERS} ports; give a lower one")]
    NoPort {
        /// The address of the first member.
        first: SocketAddr,
    },
    /// The system gave no thread to simulate the past on.
    #[error("cannot start the thread that simulates the past: {0}; is a process limit reached?")]
    Thread(#[source] io::Error),
    /// The history is computed once.
    #[error("the history of this cluster has been taken already; start another cluster")]
    HistoryTaken,
}

/// What a scrape of the history found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scraped {
    /// Index into [`Cluster::members`].
    pub member: usize,
    /// When, ms since the epoch.
    pub at: Timestamp,
    /// The body; `None` where the member was down.
    pub body: Option<String>,
}

/// The simulation, shared by the thread of the history, the servers and the clock.
type Shared = Arc<Mutex<Simulation>>;

fn lock(simulation: &Shared) -> MutexGuard<'_, Simulation> {
    // The model stays usable wherever a thread left it.
    simulation.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A simulated cluster whose sockets are bound.
pub struct Cluster {
    simulation: Shared,
    members: Vec<Member>,
    listeners: Vec<Option<TcpListener>>,
    now: Timestamp,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    past: Past,
}

/// How far the history is.
#[derive(Debug)]
enum Past {
    Ahead,
    /// The other end is dropped when the thread has ended.
    UnderWay(oneshot::Receiver<()>),
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("members", &self.members).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Binds the sockets and sets the simulation [`HISTORY`] before `now`, ms since the epoch. `clock` tells the time, in
    /// the same unit, once the cluster runs. Connections wait until then.
    ///
    /// # Errors
    /// An address that cannot be bound.
    pub async fn start(
        scenario: Scenario,
        seed: u64,
        bind: Bind,
        now: Timestamp,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, DemoError> {
        let (mut members, mut listeners) = (Vec::with_capacity(MEMBERS), Vec::with_capacity(MEMBERS));
        for member in 0..MEMBERS {
            let name = AGENTS.get(member).copied().unwrap_or("exporter");
            let addr = bind.address(member).ok_or_else(|| match bind {
                Bind::Fixed(first) => DemoError::NoPort { first },
                Bind::Loopback => DemoError::NoPort { first: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0) },
            })?;
            let failed = |source| DemoError::Listen { addr, member: name, source };
            let listener = TcpListener::bind(addr).await.map_err(failed)?;
            members.push(Member {
                name: name.to_owned(),
                job: if member == EXPORTER { "resources" } else { "streamhouse-agent" }.to_owned(),
                addr: listener.local_addr().map_err(failed)?,
            });
            listeners.push(Some(listener));
        }
        Ok(Self {
            simulation: Arc::new(Mutex::new(Simulation::new(scenario, seed, now - HISTORY))),
            members,
            listeners,
            now,
            clock: Arc::new(clock),
            past: Past::Ahead,
        })
    }

    /// The agents and, last, the exporter.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The past ([`HISTORY`]) as scrapes of every member, 15 s apart, ascending in time and, within an instant, in the order of
    /// [`Cluster::members`]; the last instant is one step before now. It is computed on a thread of its own, a few
    /// scrapes ahead of the caller. What is not taken is not computed.
    ///
    /// # Errors
    /// The history was taken before, or no thread could be started.
    pub fn history(&mut self) -> Result<History, DemoError> {
        let Past::Ahead = self.past else { return Err(DemoError::HistoryTaken) };
        let (sender, scrapes) = sync_channel(AHEAD);
        let (over, past) = oneshot::channel::<()>();
        let simulation = Arc::clone(&self.simulation);
        let (start, end) = (self.now - HISTORY, self.now);
        let simulate = move || {
            let _over = over;
            for at in (start..end).step_by(STEP as usize) {
                let mut simulation = lock(&simulation);
                simulation.advance(at);
                for member in 0..MEMBERS {
                    if sender.send(Scraped { member, at, body: simulation.expose(member) }).is_err() {
                        return;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("demo-history".to_owned()).spawn(simulate);
        let thread = thread.map_err(DemoError::Thread)?;
        self.past = Past::UnderWay(past);
        Ok(History { scrapes: Some(scrapes), thread: Some(thread) })
    }

    /// Serves the members and lets the simulation follow the clock, until `cancel`. Waits for a history that is still
    /// being taken. A port that something else took while its agent was down is tried again until it is free.
    pub async fn run(self, cancel: CancellationToken) {
        if let Past::UnderWay(past) = self.past {
            tokio::select! {
                // The sender says nothing; that it is dropped is the news.
                _ = past => {}
                () = cancel.cancelled() => return,
            }
        }
        let mut servers = JoinSet::new();
        let mut serving: Vec<Option<CancellationToken>> = vec![None; self.members.len()];
        let mut listeners = self.listeners;
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = pace.tick() => {}
                () = cancel.cancelled() => break,
                Some(_) = servers.join_next() => continue,
            }
            let reachable: [bool; MEMBERS] = {
                let mut simulation = lock(&self.simulation);
                simulation.advance((self.clock)());
                std::array::from_fn(|member| simulation.reachable(member))
            };
            for (member, up) in reachable.into_iter().enumerate() {
                let (Some(listener), Some(stop)) = (listeners.get_mut(member), serving.get_mut(member)) else {
                    continue;
                };
                match (up, stop.as_ref()) {
                    (true, None) => {
                        let Some(addr) = self.members.get(member).map(|m| m.addr) else { continue };
                        let bound = match listener.take() {
                            Some(bound) => Ok(bound),
                            None => TcpListener::bind(addr).await,
                        };
                        if let Ok(bound) = bound {
                            let token = cancel.child_token();
                            let answer = server::Answerer::new(Arc::clone(&self.simulation), member);
                            servers.spawn(server::serve(bound, answer, token.clone()));
                            *stop = Some(token);
                        }
                    }
                    (false, Some(token)) => {
                        token.cancel();
                        *stop = None;
                    }
                    (false, None) => *listener = None,
                    (true, Some(_)) => {}
                }
            }
        }
        servers.shutdown().await;
    }
}

/// The scrapes of the past; see [`Cluster::history`].
#[derive(Debug)]
pub struct History {
    scrapes: Option<Receiver<Scraped>>,
    thread: Option<JoinHandle<()>>,
}

impl Iterator for History {
    type Item = Scraped;

    fn next(&mut self) -> Option<Scraped> {
        self.scrapes.as_ref()?.recv().ok()
    }
}

impl Drop for History {
    fn drop(&mut self) {
        // Without a receiver the thread ends at its next scrape.
        self.scrapes = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            drop(thread.join());
        }
    }
}
