//! The screen itself: from flags to a running event loop.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Failure, config};
use crate::app::{Model, Origin, Setup};
use crate::config::{Config, Flags, Scraping, Source};
use crate::layout::{self, Dashboard};
use crate::rules;
use crate::runbook::Library;
use crate::runtime::{Desk, Exit, Terminal, TerminalError, run as run_loop, system_clock, utc_offset};
use crate::source::{Clock, ScrapeOptions, SourceError, start};
use crate::store::Limits;
use crate::theme::{TerminalHints, Theme};

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
    let mut options = scrape_options(&config.context.scraping);
    match &config.context.source {
        Some(Source::Scrape { targets, files, dns }) => {
            options.targets.clone_from(targets);
            options.files.clone_from(files);
            options.dns.clone_from(dns);
        }
        Some(Source::Prometheus(url)) => {
            return Err(Failure::Usage(format!(
                "{url} is a server to ask, and only agents can be shown: give --target"
            )));
        }
        None => return Err(Failure::Usage(ways(&config))),
    }
    let dashboards = dashboards(&config.context.layouts)?;
    let runtime = runtime()?;
    let stage = Stage { origin: Origin::Scrape, dashboards, config: &config };
    let result = runtime.block_on(show(options, stage, &system_clock(), JoinSet::new()));
    end(runtime);
    result
}

/// What to say where no source is given: the contexts to choose from, if there are any.
fn ways(config: &Config) -> String {
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

/// The options that the settings on scraping ask for.
pub(super) fn scrape_options(scraping: &Scraping) -> ScrapeOptions {
    let ms = |t: i64| Duration::from_millis(t.unsigned_abs());
    ScrapeOptions {
        interval: ms(scraping.interval),
        timeout: Some(ms(scraping.deadline())),
        limits: Limits { retention: scraping.retention, max_bytes: scraping.memory },
        created: scraping.created,
        lookback: scraping.lookback,
        rules: vec![rules::builtin()],
        ..ScrapeOptions::default()
    }
}

/// The dashboards in these files, or the built-in ones.
pub(super) fn dashboards(layouts: &[PathBuf]) -> Result<Vec<Dashboard>, Failure> {
    if layouts.is_empty() {
        return Ok(layout::builtin());
    }
    layouts
        .iter()
        .map(|file| {
            let name = file.display().to_string();
            let text =
                fs::read_to_string(file).map_err(|e| Failure::Usage(format!("cannot read layout {name}: {e}")))?;
            layout::parse(&name, &text).map_err(|e| Failure::Usage(e.to_string()))
        })
        .collect()
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
pub(super) struct Stage<'a> {
    /// Where the data comes from.
    pub origin: Origin,
    /// The dashboards.
    pub dashboards: Vec<Dashboard>,
    /// Everything else that is told.
    pub config: &'a Config,
}

/// Takes the terminal, starts the source and runs the loop. `tasks` are what else is running; all end with the screen.
pub(super) async fn show(
    options: ScrapeOptions,
    stage: Stage<'_>,
    clock: &Clock,
    mut tasks: JoinSet<()>,
) -> Result<u8, Failure> {
    let cancel = CancellationToken::new();
    let source = start(options, clock.clone(), &cancel, &mut tasks).map_err(|e| match e {
        SourceError::Nothing | SourceError::TooShort(_) | SourceError::File(_) => Failure::Usage(e.to_string()),
        SourceError::Http(_) | SourceError::Thread(_) => Failure::Run(e.into()),
    })?;
    let now = clock();
    let (screen, context) = (stage.config.screen, &stage.config.context);
    let terminal = Terminal::take(screen.mouse).map_err(|e| match e {
        TerminalError::NotATerminal | TerminalError::Dumb => Failure::Usage(e.to_string()),
        TerminalError::Io(_) => Failure::Run(e.into()),
    })?;
    let model = Model::new(Setup {
        dashboards: stage.dashboards,
        origin: stage.origin,
        range: context.range,
        interval: context.scraping.interval,
        now,
        utc_offset: if screen.utc { 0 } else { utc_offset(now) },
        size: Terminal::size().map_err(gone)?,
        mouse: screen.mouse,
        library: Library::new(Vec::new()),
        log: Vec::new(),
    });
    let theme = Theme::dark(screen.color.depth(&hints()));
    let result = run_loop(model, &theme, source, terminal, clock, Desk { bell: true, ..Desk::default() }).await;
    cancel.cancel();
    tasks.shutdown().await;
    match result {
        Ok(Exit::Quit) => Ok(0),
        Ok(Exit::Signal(status)) => Ok(status),
        Err(error) => Err(gone(error)),
    }
}

fn gone(error: io::Error) -> Failure {
    Failure::Run(anyhow::Error::new(error).context("the terminal is gone"))
}

fn hints() -> TerminalHints {
    let get = |name| std::env::var(name).ok();
    TerminalHints { no_color: get("NO_COLOR"), colorterm: get("COLORTERM"), term: get("TERM") }
}
