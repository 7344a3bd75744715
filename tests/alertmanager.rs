//! Alertmanager as a source: against servers that fail in every way, and against the real one.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "the recorded cluster is for others")]
mod cluster;
#[path = "alertmanager/faults.rs"]
mod faults;
#[path = "alertmanager/found.rs"]
mod found;
#[path = "alertmanager/keys.rs"]
mod keys;
#[path = "support/port.rs"]
mod port;
#[path = "support/program.rs"]
mod program;
#[path = "alertmanager/real.rs"]
mod real;
#[allow(dead_code, reason = "the terminal's tests use the rest")]
#[allow(clippy::disallowed_methods, reason = "a real program in a real terminal needs real time")]
#[path = "support/screen.rs"]
mod screen;
#[allow(dead_code, reason = "the scrapes' tests use the rest")]
#[path = "source/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use shtop::series::{Labels, Timestamp};
use shtop::source::Clock;
use shtop::source::alertmanager::{self, AlertmanagerOptions, Event, Handle, SilenceDraft, State};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long each thing waited for may take. Generous: this is a limit for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(120);

/// A source and the tasks that end with it.
struct Source {
    handle: Handle,
    _tasks: JoinSet<()>,
}

/// The machine's time.
fn clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_millisecond())
}

fn now() -> Timestamp {
    clock()()
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

fn options(urls: &[String]) -> AlertmanagerOptions {
    AlertmanagerOptions { urls: urls.iter().map(|u| url(u)).collect(), ..AlertmanagerOptions::default() }
}

fn start(options: AlertmanagerOptions) -> Source {
    let mut tasks = JoinSet::new();
    let handle = alertmanager::start(options, clock(), &CancellationToken::new(), &mut tasks).expect("it starts");
    Source { handle, _tasks: tasks }
}

impl Source {
    async fn next(&mut self) -> Event {
        timeout(PATIENCE, self.handle.events.recv()).await.expect("an event in time").expect("the source goes on")
    }

    /// The next state, past failures.
    async fn state(&mut self) -> Arc<State> {
        loop {
            if let Event::State(state) = self.next().await {
                return state;
            }
        }
    }

    /// The next event that is no state.
    async fn news(&mut self) -> Event {
        loop {
            match self.next().await {
                Event::State(_) => {}
                event => return event,
            }
        }
    }
}

/// A draft without a fault.
fn draft(pairs: &[(&str, &str)]) -> SilenceDraft {
    let mut draft = SilenceDraft::of_labels(&Labels::from_pairs(pairs.iter().copied()), now(), 3_600_000, "ana");
    "disk swap".clone_into(&mut draft.comment);
    draft
}
