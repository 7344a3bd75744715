//! The source that feeds the screen, and how another takes its place. Uses `app` and `source`.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{Cluster, Message, Wish};
use crate::source::prometheus::{self, PrometheusOptions};
use crate::source::{Clock, Control, Handle, ScrapeOptions, SourceError, start};

/// A cluster, and the source that knows about it, not yet started.
pub struct Opening {
    /// What is known before any data is.
    pub cluster: Cluster,
    /// The source.
    pub source: SourceOptions,
}

/// A source of either kind, not yet started.
pub enum SourceOptions {
    /// Agents are scraped.
    Scrape(Box<ScrapeOptions>),
    /// A server is asked.
    Prometheus(Box<PrometheusOptions>),
}

/// Finds out what a wish comes to; the words say why that is nothing. Runs beside the loop and may read files.
pub type Opener = Arc<dyn Fn(&Wish) -> Result<Opening, String> + Send + Sync>;

/// A running source with everything that is its own.
struct Running {
    handle: Handle,
    has_ended: bool,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
}

impl Running {
    fn start(source: SourceOptions, clock: &Clock) -> Result<Self, SourceError> {
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let handle = match source {
            SourceOptions::Scrape(options) => start(*options, Arc::clone(clock), &cancel, &mut tasks)?,
            SourceOptions::Prometheus(options) => prometheus::start(*options, Arc::clone(clock), &cancel, &mut tasks)?,
        };
        Ok(Self { handle, has_ended: false, cancel, tasks })
    }
}

/// The source that feeds the screen. It is one at a time: what another has to say is never heard.
pub struct Feed {
    running: Running,
    /// Sources that were told to end and may take a moment for it.
    leaving: Vec<JoinSet<()>>,
    opener: Opener,
    opening: JoinSet<Result<Opening, String>>,
    clock: Clock,
}

impl Feed {
    /// Starts `source`. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// As the source's own start.
    pub fn start(source: SourceOptions, clock: Clock, opener: Opener) -> Result<Self, SourceError> {
        let running = Running::start(source, &clock)?;
        Ok(Self { running, leaving: Vec::new(), opener, opening: JoinSet::new(), clock })
    }

    /// Tells the source what to do.
    pub fn control(&self) -> &Control {
        &self.running.handle.control
    }

    /// Begins to open what is wished for; the source that runs goes on until that can take its place. A wish that is still
    /// being opened is dropped.
    pub fn open(&mut self, wish: Wish) {
        let opener = Arc::clone(&self.opener);
        self.opening = JoinSet::new();
        self.opening.spawn_blocking(move || opener(&wish));
    }

    /// The next thing there is to tell. Safe to drop while waiting; waits for ever where nothing can come any more.
    pub async fn next(&mut self) -> Message {
        loop {
            let is_idle = self.running.has_ended && self.opening.is_empty();
            tokio::select! {
                event = self.running.handle.events.recv(), if !self.running.has_ended => match event {
                    Some(event) => return Message::Source(event),
                    None => self.running.has_ended = true,
                },
                Some(opened) = self.opening.join_next() => {
                    let opened = opened.unwrap_or_else(|e| Err(format!("it cannot be opened: {e}")));
                    return match opened.and_then(|opening| self.replace(opening)) {
                        Ok(cluster) => Message::Opened(Box::new(cluster)),
                        Err(why) => Message::Unopened(why),
                    };
                }
                () = std::future::pending(), if is_idle => {}
            }
        }
    }

    /// What the source has to tell right now.
    pub fn try_next(&mut self) -> Option<Message> {
        self.running.handle.events.try_recv().ok().map(Message::Source)
    }

    fn replace(&mut self, Opening { cluster, source }: Opening) -> Result<Cluster, String> {
        let running = Running::start(source, &self.clock).map_err(|e| e.to_string())?;
        let before = std::mem::replace(&mut self.running, running);
        before.cancel.cancel();
        self.leaving.retain_mut(|tasks| {
            while tasks.try_join_next().is_some() {}
            !tasks.is_empty()
        });
        self.leaving.push(before.tasks);
        Ok(cluster)
    }

    /// Ends whatever runs.
    pub async fn stop(mut self) {
        self.running.cancel.cancel();
        for mut tasks in self.leaving {
            tasks.shutdown().await;
        }
        self.running.tasks.shutdown().await;
    }
}
