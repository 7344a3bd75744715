//! The screen itself: from flags to a running event loop.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::answer::spanned;
use super::{Failure, config, desk, look, opening};
use crate::app::{Choice, Model, Setup};
use crate::config::{Config, Flags, Screen};
use crate::runtime::{
    Desk, Exit, Feed, Opener, Opening, Terminal, TerminalError, run as run_loop, system_clock, time_zone,
};
use crate::series::Timestamp;
use crate::source::{Clock, SourceError};
use crate::theme::TerminalHints;

/// What to say where no source is given.
const WAYS: &str = "nothing to show: name a source

  shtop --target agent-1:9090 agent-2:9090    scrape agents (host:port means http://host:port/metrics)
  shtop --targets FILE                        agents from a Prometheus file_sd file, JSON or YAML
  shtop --dns NAME:PORT                       every address behind a name, such as a headless service
  shtop --prometheus URL                      a Prometheus, Thanos, Mimir or VictoriaMetrics
  shtop --context NAME                        a context of the configuration file (shtop config path)
  shtop demo                                  a simulated cluster, to look around

shtop --help tells the rest.";

/// `shtop` without a subcommand.
pub(super) fn run(flags: &Flags) -> Result<u8, Failure> {
    let config = config::load_telling(flags, Config::resolve)?;
    if config.context.source.is_none() {
        return Err(Failure::Usage(ways(&config)));
    }
    let mut opening = opening::open(&config.context, &config.remarks)?;
    let clock = system_clock();
    let until = pin(&config, &mut opening, clock())?;
    let stage = Stage { opening, contexts: opening::choices(&config), screen: config.screen.clone(), end: until };
    let runtime = runtime()?;
    let result = runtime.block_on(show(stage, opening::opener(config), &clock));
    end(runtime);
    result
}

/// Gives the cluster the range that is said in more words than a length; the end of that, where it is not the present.
pub(super) fn pin(config: &Config, opening: &mut Opening, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let usual = opening.cluster.dashboards.first().map_or(3_600_000, |dashboard| dashboard.range);
    let zone = time_zone(config.screen.utc);
    let Some(period) = spanned(config.context.span.as_ref(), None, now, &zone, usual)? else { return Ok(None) };
    opening.cluster.range = Some(period.length());
    Ok((!period.live).then_some(period.end))
}

/// What to say where no source is given: the contexts to choose from, if there are any.
pub(super) fn ways(config: &Config) -> String {
    if let Some(name) = &config.context.name {
        return format!("context {name:?} names no source: give it prometheus, targets, files or dns");
    }
    let names: Vec<_> = config.contexts().collect();
    if names.is_empty() {
        return WAYS.to_owned();
    }
    let first = names[0];
    format!(
        "nothing to show: choose a context

  shtop --context {first:?}

There are: {}. `context = {first:?}` at the top of the configuration file makes one the usual.",
        names.join(", ")
    )
}

/// The runtime on which everything waits.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    // Two threads: one may be busy with a compressed body while the other answers.
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::Run(anyhow::Error::new(e).context("cannot start the runtime")))
}

/// Ends the runtime without waiting for the thread that reads keys, which waits for one more key.
pub(super) fn end(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// What is shown, and how.
pub(super) struct Stage {
    /// The cluster at first, and its source.
    pub opening: Opening,
    /// The contexts that can be gone over to.
    pub contexts: Vec<Choice>,
    /// What the screen is like.
    pub screen: Screen,
    /// The end of the time range at first, where it is not the present.
    pub end: Option<Timestamp>,
}

/// Starts the source, takes the terminal and runs the loop.
pub(super) async fn show(stage: Stage, opener: Opener, clock: &Clock) -> Result<u8, Failure> {
    let Stage { opening, contexts, screen, end } = stage;
    let look = look::look(&screen)?;
    let (cluster, mut feed) = Feed::start(opening, clock.clone(), opener).map_err(|e| match e {
        SourceError::Nothing | SourceError::TooShort(_) | SourceError::File(_) => Failure::Usage(e.to_string()),
        SourceError::Http(_) | SourceError::Thread(_) => Failure::Run(e.into()),
    })?;
    let now = clock();
    let terminal = Terminal::take(screen.mouse).map_err(|e| match e {
        TerminalError::NotATerminal | TerminalError::Dumb => Failure::Usage(e.to_string()),
        TerminalError::Io(_) => Failure::Run(e.into()),
    })?;
    let mut model = Model::new(Setup {
        cluster,
        contexts,
        now,
        zone: time_zone(screen.utc),
        size: Terminal::size().map_err(gone)?,
        mouse: screen.mouse,
    })
    .with_keymap(screen.keymap)
    .with_looks(look.looks());
    model.prefer(screen.density.density());
    model.end = end;
    let queries = desk::queries();
    let desk = Desk { bell: screen.bell, notify: screen.notify };
    let result = run_loop(model, look, &mut feed, terminal, clock, desk, queries).await;
    feed.stop().await;
    match result {
        Ok(Exit::Quit) => Ok(0),
        Ok(Exit::Signal(status)) => Ok(status),
        Err(error) => Err(gone(error)),
    }
}

fn gone(error: io::Error) -> Failure {
    Failure::Run(anyhow::Error::new(error).context("the terminal is gone"))
}

pub(super) fn hints() -> TerminalHints {
    let get = |name| std::env::var(name).ok();
    TerminalHints { no_color: get("NO_COLOR"), colorterm: get("COLORTERM"), term: get("TERM") }
}
