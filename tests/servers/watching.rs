//! A running source, scraping or asking, and what it tells.

use std::time::Duration;

use shtop::runtime::system_clock;
use shtop::source::prometheus::{self, PrometheusOptions};
use shtop::source::{Answer, Control, Event, Fault, Handle, Link, Plan, ScrapeOptions, Status, start};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::PATIENCE;

/// Longest that telling a source what to do may take, however its server fares: it is to wait for nothing, and this is what
/// a loaded machine may take for nothing.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A source that ends with its owner.
pub(crate) struct Watching {
    control: Control,
    events: mpsc::Receiver<Event>,
    _tasks: JoinSet<()>,
    /// The slowest that the source was at being told something.
    slowest: Duration,
}

/// The server at this address, asked every second.
pub(crate) fn options(url: &str) -> PrometheusOptions {
    let url = url.parse().expect("a URL");
    PrometheusOptions { interval: Duration::from_secs(1), ..PrometheusOptions::new(url) }
}

impl Watching {
    pub(crate) fn asking(options: PrometheusOptions) -> Self {
        let mut tasks = JoinSet::new();
        let handle = prometheus::start(options, system_clock(), &CancellationToken::new(), &mut tasks);
        Self::new(handle.expect("starts"), tasks)
    }

    pub(crate) fn scraping(options: ScrapeOptions) -> Self {
        let mut tasks = JoinSet::new();
        let handle = start(options, system_clock(), &CancellationToken::new(), &mut tasks);
        Self::new(handle.expect("starts"), tasks)
    }

    fn new(Handle { control, events }: Handle, tasks: JoinSet<()>) -> Self {
        Self { control, events, _tasks: tasks, slowest: Duration::ZERO }
    }

    /// Watches a plan.
    pub(crate) fn watch(&mut self, plan: Plan) {
        self.tell(|control| control.watch(plan));
    }

    /// Presses the key.
    pub(crate) fn refresh(&mut self) {
        self.tell(Control::refresh);
    }

    fn tell(&mut self, tell: impl FnOnce(&Control)) {
        let begin = Instant::now();
        tell(&self.control);
        self.slowest = self.slowest.max(begin.elapsed());
        assert!(self.slowest < AT_ONCE, "a source made its caller wait for {:?}", self.slowest);
    }

    /// The first event that `wanted` makes something of. The whole wait has one deadline: events come all the time.
    pub(crate) async fn first<T>(&mut self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let mut last = None;
        let found = timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the source is running");
                if matches!(event, Event::Status(_)) {
                    last = Some(event.clone());
                }
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        })
        .await;
        found.unwrap_or_else(|_| panic!("waited in vain for {what}; the last status: {last:#?}"))
    }

    /// The first status like this.
    pub(crate) async fn status(&mut self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        self.first(what, |event| match event {
            Event::Status(status) if wanted(&status) => Some(*status),
            _ => None,
        })
        .await
    }

    /// The first status with a link like this.
    pub(crate) async fn link(&mut self, what: &str, wanted: impl Fn(&Status, &Link) -> bool) -> Link {
        self.first(what, |event| match event {
            Event::Status(status) => {
                let link = status.link.clone()?;
                wanted(&status, &link).then_some(link)
            }
            _ => None,
        })
        .await
    }

    /// An answer to each of the plan's panels for which `wanted` holds; in the order of the keys, which count from 0.
    pub(crate) async fn all(&mut self, what: &str, panels: usize, wanted: impl Fn(&Answer) -> bool) -> Vec<Answer> {
        let mut found: Vec<Option<Answer>> = vec![None; panels];
        self.first(what, |event| {
            if let Event::Answer(answer) = event
                && wanted(&answer)
            {
                let key = answer.key as usize;
                found[key] = Some(answer);
            }
            found.iter().all(Option::is_some).then(|| found.iter().flatten().cloned().collect())
        })
        .await
    }
}

/// What an answer says of a server that is not there, where all of its queries say the same.
pub(crate) fn down(answer: &Answer) -> Option<&str> {
    let mut words = answer.replies.iter().map(|reply| match reply {
        Err(Fault::Down(words)) => Some(words.as_str()),
        _ => None,
    });
    let first = words.next()??;
    words.all(|other| other == Some(first)).then_some(first)
}
