//! The source that feeds the screen, and how another takes its place. Uses `app` and `source`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::received::received;
use super::reread::Reread;
use crate::app::{Alertmanager, Cluster, Entry, Message, Wish};
use crate::layout::Dashboard;
use crate::source::alertmanager::{self, AlertmanagerOptions};
use crate::source::prometheus::{self, PrometheusOptions};
use crate::source::{Clock, Control, Event, Handle, ScrapeOptions, SourceError, start};

/// A cluster, and the source that knows about it, not yet started.
pub struct Opening {
    /// What is known before any data is.
    pub cluster: Cluster,
    /// The source.
    pub source: SourceOptions,
    /// The incident log's file; `None` where there is none.
    pub journal: Option<Journal>,
    /// The Alertmanager to be asked.
    pub alertmanager: Silencer,
    /// The layouts, where they are files.
    pub layouts: Option<Reread<Vec<Dashboard>>>,
}

/// Which Alertmanager is asked.
pub enum Silencer {
    /// None.
    Nobody,
    /// This one, which the cluster names.
    Named(Box<AlertmanagerOptions>),
    /// The one that the source says its alerts are sent to, once it does.
    Found(Finder),
}

/// What becomes of the Alertmanagers that a source names: how they are asked, and what is shown of that; `None` where there
/// are none.
pub type Finder = Arc<dyn Fn(&[Url]) -> Option<(Alertmanager, AlertmanagerOptions)> + Send + Sync>;

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
    journal: Option<Journal>,
    alertmanager: Option<alertmanager::Handle>,
    layouts: Option<mpsc::Receiver<Result<Vec<Dashboard>, String>>>,
    /// What to do with those that the source names, and which it named last.
    finder: Option<(Finder, Vec<Url>)>,
    clock: Clock,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
}

impl Running {
    /// Gives the cluster back with what runs for it.
    fn start(opening: Opening, clock: &Clock) -> Result<(Cluster, Self), SourceError> {
        let Opening { mut cluster, source, journal, alertmanager, layouts } = opening;
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let handle = match source {
            SourceOptions::Scrape(options) => start(*options, Arc::clone(clock), &cancel, &mut tasks)?,
            SourceOptions::Prometheus(options) => prometheus::start(*options, Arc::clone(clock), &cancel, &mut tasks)?,
        };
        // A cluster can be watched without its Alertmanager.
        let (mut asked, mut finder) = (None, None);
        match alertmanager {
            Silencer::Nobody => {}
            Silencer::Found(found) => finder = Some((found, Vec::new())),
            Silencer::Named(options) => match alertmanager::start(*options, Arc::clone(clock), &cancel, &mut tasks) {
                Ok(handle) => asked = Some(handle),
                Err(why) => {
                    cluster.alertmanager = None;
                    cluster.notice = Some(format!("Alertmanager cannot be asked: {why}"));
                }
            },
        }
        let (clock, alertmanager) = (Arc::clone(clock), asked);
        let layouts = layouts.map(|layouts| layouts.start(&cancel, &mut tasks));
        let has_ended = false;
        Ok((cluster, Self { handle, has_ended, journal, alertmanager, layouts, finder, clock, cancel, tasks }))
    }

    /// Asks the Alertmanagers that the source names from now on, where it names others than before. What was asked of the
    /// others until then ends with their handle.
    fn find(&mut self, event: &Event) -> Option<Message> {
        let (Event::Status(status), Some((finder, known))) = (event, &mut self.finder) else { return None };
        if status.alertmanagers == *known {
            return None;
        }
        known.clone_from(&status.alertmanagers);
        let (shown, options) = finder(known)?;
        // What cannot even be begun is nobody's: the cluster names none.
        let handle = alertmanager::start(options, Arc::clone(&self.clock), &self.cancel, &mut self.tasks).ok()?;
        self.alertmanager = Some(handle);
        Some(Message::Found(Box::new(shown)))
    }
}

/// The source that feeds the screen. It is one at a time: what another has to say is never heard.
pub struct Feed {
    running: Running,
    /// What follows from what was told last.
    next: VecDeque<Message>,
    /// Sources that were told to end and may take a moment for it.
    leaving: Vec<JoinSet<()>>,
    opener: Opener,
    opening: JoinSet<Result<Opening, String>>,
    clock: Clock,
}

impl Feed {
    /// Starts what `opening` says; the cluster comes back for the model. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// As the source's own start.
    pub fn start(opening: Opening, clock: Clock, opener: Opener) -> Result<(Cluster, Self), SourceError> {
        let (cluster, running) = Running::start(opening, &clock)?;
        let feed = Self { running, next: VecDeque::new(), leaving: Vec::new(), opener, opening: JoinSet::new(), clock };
        Ok((cluster, feed))
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
        if let Some(message) = self.next.pop_front() {
            return message;
        }
        loop {
            let is_idle = self.running.has_ended && self.running.alertmanager.is_none() && self.opening.is_empty();
            let is_idle = is_idle && self.running.layouts.is_none();
            tokio::select! {
                event = self.running.handle.events.recv(), if !self.running.has_ended => match event {
                    Some(event) => return self.told(event),
                    None => self.running.has_ended = true,
                },
                event = received(self.running.alertmanager.as_mut().map(|handle| &mut handle.events)), if self.running.alertmanager.is_some() => match event {
                    Some(event) => return Message::Alertmanager(event),
                    None => self.running.alertmanager = None,
                },
                read = received(self.running.layouts.as_mut()), if self.running.layouts.is_some() => match read {
                    Some(read) => return Message::Layouts(read),
                    None => self.running.layouts = None,
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
        if let Some(message) = self.next.pop_front() {
            return Some(message);
        }
        let event = self.running.handle.events.try_recv().ok()?;
        Some(self.told(event))
    }

    fn told(&mut self, event: Event) -> Message {
        self.next.extend(self.running.find(&event));
        Message::Source(event)
    }

    fn replace(&mut self, opening: Opening) -> Result<Cluster, String> {
        let (cluster, running) = Running::start(opening, &self.clock).map_err(|e| e.to_string())?;
        let before = std::mem::replace(&mut self.running, running);
        before.cancel.cancel();
        self.next.clear();
        self.leaving.retain_mut(|tasks| {
            while tasks.try_join_next().is_some() {}
            !tasks.is_empty()
        });
        self.leaving.push(before.tasks);
        Ok(cluster)
    }

    /// Hands a command to the cluster's own Alertmanager; the event says why that is not possible.
    ///
    /// # Errors
    /// There is none, or it is busy.
    pub fn tell_alertmanager(&self, command: alertmanager::Command) -> Result<(), alertmanager::Event> {
        let refused = alertmanager::Event::Refused;
        let handle = self.running.alertmanager.as_ref();
        let handle = handle.ok_or_else(|| refused("there is no Alertmanager".to_owned()))?;
        handle.control.send(command).map_err(|busy| refused(busy.to_string()))
    }

    /// Writes entries into the cluster's incident log.
    ///
    /// # Errors
    /// In words, why that is not possible.
    pub fn record(&mut self, entries: &[Entry]) -> Result<(), String> {
        let Some(journal) = &mut self.running.journal else { return Ok(()) };
        let failed =
            |e: io::Error| format!("the incident log cannot be written to: {e}; it is kept on the screen only");
        entries.iter().try_for_each(|entry| journal.add(entry)).map_err(failed)
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
