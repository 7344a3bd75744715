//! `shtop demo`: the simulated cluster, shown or only served.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Failure, config, desk, opening, screen};
use crate::app::{Origin, Wish};
use crate::config::{Config, SourcelessFlags};
use crate::demo::{Bind, Cluster, DemoError, Scenario, Scraped};
use crate::exposition::Format;
use crate::runtime::{Opening, SourceOptions, stopped, system_clock};
use crate::source::fetch::Body;
use crate::source::{Clock, ScrapeOptions, Seed, Target};

/// Simulates a StreamHouse cluster and shows it, marked as DEMO on every screen.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop demo
  shtop demo --scenario split-brain
  shtop demo --serve 127.0.0.1:9400      serve the agents for a real Prometheus, without the screen

Exit status: 0 quit; 1 failed while running; 2 wrong use.")]
pub(super) struct Demo {
    /// What happens in the cluster
    #[arg(long, value_name = "NAME", default_value_t)]
    scenario: Scenario,
    /// The same seed gives the same course of events
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Serve the agents on this address and the ports after it, without the screen
    #[arg(long, value_name = "ADDR")]
    serve: Option<SocketAddr>,
    #[command(flatten)]
    flags: SourcelessFlags,
}

pub(super) fn run(demo: &Demo) -> Result<u8, Failure> {
    let runtime = screen::runtime()?;
    let clock = system_clock();
    let result = match demo.serve {
        Some(address) => runtime.block_on(serve(demo, address, &clock)),
        None => runtime.block_on(show(demo, &clock)),
    };
    screen::end(runtime);
    result
}

async fn cluster(scenario: Scenario, seed: u64, bind: Bind, clock: &Clock) -> Result<Cluster, Failure> {
    let ticking = clock.clone();
    Cluster::start(scenario, seed, bind, clock(), move || ticking()).await.map_err(failure)
}

/// Starts a cluster whose agents and history `options` then scrape. It ends with `tasks`.
pub(super) async fn attach(
    scenario: Scenario,
    number: u64,
    clock: &Clock,
    options: &mut ScrapeOptions,
    tasks: &mut JoinSet<()>,
) -> Result<(), Failure> {
    let mut cluster = cluster(scenario, number, Bind::Loopback, clock).await?;
    for member in cluster.members() {
        let target = Target::parse(&format!("{}=http://{}/metrics", member.job, member.addr));
        options.targets.push(target.map_err(|e| Failure::Usage(e.to_string()))?);
    }
    options.seed = Some(Box::new(cluster.history().map_err(failure)?.map(seed)));
    tasks.spawn(cluster.run(CancellationToken::new()));
    Ok(())
}

fn failure(error: DemoError) -> Failure {
    match error {
        DemoError::Listen { .. } | DemoError::NoPort { .. } => Failure::Usage(error.to_string()),
        DemoError::Thread(_) | DemoError::HistoryTaken => Failure::Run(error.into()),
    }
}

async fn show(demo: &Demo, clock: &Clock) -> Result<u8, Failure> {
    // Contexts are about real clusters; what holds for every screen holds for this one.
    let config = config::load_telling(&demo.flags.0, Config::without_context)?;
    let mut shown = opening::cluster(&config.context, &config.remarks)?;
    let mut options = opening::scrape_options(&config.context.scraping);
    options.rules = opening::rule_files(&config.context)?;
    // The cluster ends with the screen: its task is dropped with the others.
    let mut tasks = JoinSet::new();
    attach(demo.scenario, demo.seed, clock, &mut options, &mut tasks).await?;
    shown.origin = Origin::Demo(demo.scenario.to_string());
    let journal = desk::journal(&config.context, &mut shown);
    let alertmanager = desk::alertmanager(&config.context, &mut shown);
    let source = SourceOptions::Scrape(Box::new(options));
    let layouts = opening::reread(&config.context.layouts);
    let mut opening = Opening { cluster: shown, source, journal, alertmanager, layouts };
    let end = screen::pin(&config, &mut opening, clock())?;
    let stage = screen::Stage { opening, contexts: Vec::new(), screen: config.screen, end };
    let only = Arc::new(|_: &Wish| Err("the demo shows nothing but itself".to_owned()));
    Box::pin(screen::show(stage, only, clock)).await
}

fn seed(scraped: Scraped) -> Seed {
    // The exporter speaks the older format, as the real ones do.
    let body = scraped.body.map(|text| {
        let format = if text.ends_with("# EOF\n") { Format::OpenMetrics } else { Format::Text };
        Body::new(format, text.into_bytes())
    });
    Seed { target: scraped.member, at: scraped.at, body }
}

async fn serve(demo: &Demo, address: SocketAddr, clock: &Clock) -> Result<u8, Failure> {
    let mut cluster = cluster(demo.scenario, demo.seed, Bind::Fixed(address), clock).await?;
    let mut words = String::new();
    for member in cluster.members() {
        // Writing into a string cannot fail.
        writeln!(words, "{:<9} http://{}/metrics  job {}", member.name, member.addr, member.job).ok();
    }
    let printed = std::io::stdout().write_all(words.as_bytes()).and_then(|()| std::io::stdout().flush());
    printed.map_err(|e| Failure::Run(anyhow::Error::new(e).context("cannot write to standard output")))?;
    // Nobody wants the past here, but the present follows from it.
    let past = cluster.history().map_err(failure)?;
    let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn_blocking(move || past.for_each(drop));
    tasks.spawn(cluster.run(cancel.clone()));
    let status = stopped().await.map_err(|e| Failure::Run(anyhow::Error::new(e).context("cannot catch signals")))?;
    cancel.cancel();
    if tokio::time::timeout(Duration::from_secs(1), async { while tasks.join_next().await.is_some() {} }).await.is_err()
    {
        tasks.abort_all();
    }
    Ok(status)
}
