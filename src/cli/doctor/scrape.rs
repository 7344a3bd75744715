//! Asks targets once, and reads saved answers.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::super::Failure;
use crate::config::Context;
use crate::doctor::{Server, Trip, Visit};
use crate::exposition::Format;
use crate::series::{Labels, printable};
use crate::source::access::Access;
use crate::source::fetch::{Body, Fetcher, MAX_BODY};
use crate::source::{Clock, DEFAULT_JOB, DnsName, Target, file_sd};

/// How long a scrape may take where nobody says: Prometheus' own default.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The same for the demo, whose agents do not answer before their past is made.
pub(super) const HISTORY: Duration = Duration::from_secs(60);

/// How long a resolver may take.
const RESOLVING: Duration = Duration::from_secs(10);

/// How many targets are asked at a time.
const AT_ONCE: usize = 16;

/// How many agents of a server are asked at most: a server may list any number.
const MOST: usize = 200;

/// The targets that are given in any way, each once, and what is wrong with the list.
pub(super) async fn all(
    given: &[Target],
    files: &[PathBuf],
    names: &[DnsName],
    job: &str,
) -> Result<(Vec<Target>, Vec<String>), Failure> {
    let (mut targets, mut troubles) = (given.to_vec(), Vec::new());
    for file in files {
        targets.extend(file_sd::read(file, job).map_err(|e| Failure::Usage(e.to_string()))?);
    }
    for name in names {
        let lookup = tokio::net::lookup_host((name.host(), name.port()));
        match tokio::time::timeout(RESOLVING, lookup).await {
            Ok(Ok(found)) => targets.extend(found.filter_map(|address| name.at(address.ip()).ok())),
            Ok(Err(e)) => troubles.push(format!("--dns {name}: {e}")),
            Err(_) => troubles.push(format!("--dns {name}: no answer from the resolver within 10s")),
        }
    }
    let mut once: Vec<Target> = Vec::with_capacity(targets.len());
    for target in targets {
        if !once.contains(&target) {
            once.push(target);
        }
    }
    Ok((once, troubles))
}

/// Asks all of `targets` once, each for as long as the configuration says or `patience`.
pub(super) async fn visit(
    targets: Vec<Target>,
    context: &Context,
    patience: Duration,
    clock: &Clock,
) -> Result<Vec<Visit>, Failure> {
    with_access(targets, context.access.clone(), context, patience, clock).await
}

async fn with_access(
    targets: Vec<Target>,
    access: Access,
    context: &Context,
    patience: Duration,
    clock: &Clock,
) -> Result<Vec<Visit>, Failure> {
    let timeout = context.scraping.timeout.map_or(patience, |ms| Duration::from_millis(ms.unsigned_abs()));
    let fetcher = Arc::new(Fetcher::new(access, timeout).map_err(|e| Failure::Run(e.into()))?);
    let one = |target: Target| {
        let (fetcher, clock) = (Arc::clone(&fetcher), clock.clone());
        async move {
            let began = Instant::now();
            let came = fetcher.fetch(&target).await;
            let took = began.elapsed().as_secs_f64() * 1000.0;
            let date = came.as_ref().ok().and_then(|body| body.date);
            let body = came.map_err(|fault| match fault.hint() {
                Some(hint) => format!("{fault}; {hint}"),
                None => fault.to_string(),
            });
            let trip = Trip { took, timeout: timeout.as_secs_f64() * 1000.0, at: clock(), date };
            Visit { name: target.instance().to_owned(), labels: target.labels().clone(), body, trip: Some(trip) }
        }
    };
    Ok(stream::iter(targets.into_iter().map(one)).buffered(AT_ONCE).collect().await)
}

/// Asks the agents that a server scrapes where it says that they are, and tells which of them do not answer, and why. The
/// server decides who is asked, so nobody is sent any credentials or headers of the context, nor what stands in a URL.
pub(super) async fn of_server(
    server: &Server,
    job: &str,
    context: &Context,
    clock: &Clock,
) -> Result<(Vec<Visit>, Vec<String>), Failure> {
    let access = Access { proxy: context.access.proxy.clone(), ..Access::default() };
    let (mut asked, mut unreached) = (Vec::new(), Vec::new());
    for agent in server.agents(job) {
        let label = |name: &str| agent.labels.get(name).map_or("", String::as_str);
        let name = printable(label("instance")).into_owned();
        match Target::parse(&agent.scrape_url) {
            _ if asked.len() == MOST => unreached.push(format!("{name}: more than {MOST} agents are not asked")),
            Ok(target) if target.login().is_none() => {
                let labels = Labels::from_pairs(agent.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())));
                asked.push((target, name, labels));
            }
            Ok(_) => unreached.push(format!("{name}: there is a login in its URL")),
            Err(error) => unreached.push(format!("{name}: {}", error.reason)),
        }
    }
    let targets = asked.iter().map(|(target, ..)| target.clone()).collect();
    let came = with_access(targets, access, context, PATIENCE, clock).await?;
    let mut visits = Vec::new();
    for (visit, (_, name, labels)) in came.into_iter().zip(asked) {
        match visit.body {
            Ok(_) => visits.push(Visit { name, labels, ..visit }),
            Err(why) => unreached.push(format!("{name}: {why}")),
        }
    }
    Ok((visits, unreached))
}

/// Reads answers that were saved, `-` from standard input.
pub(super) fn files(paths: &[PathBuf], job: Option<&str>) -> Result<Vec<Visit>, Failure> {
    paths.iter().map(|path| file(path, job.unwrap_or(DEFAULT_JOB))).collect()
}

fn file(path: &PathBuf, job: &str) -> Result<Visit, Failure> {
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin { "standard input".to_owned() } else { printable(&path.display().to_string()).into_owned() };
    let mut bytes = Vec::new();
    let most = MAX_BODY as u64 + 1;
    let read = if is_stdin {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|e| Failure::Usage(format!("cannot read {name}: {e}")))?;
    if bytes.len() > MAX_BODY {
        return Err(Failure::Usage(format!("cannot read {name}: it is larger than {} MiB", MAX_BODY >> 20)));
    }
    // A saved answer has lost its Content-Type; only OpenMetrics has a last line.
    let last = bytes.trim_ascii_end().rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let format = if last.starts_with(b"# EOF") { Format::OpenMetrics } else { Format::Text };
    let labels = Labels::from_pairs([("job", job), ("instance", &name)]);
    Ok(Visit { name, labels, body: Ok(Body::new(format, bytes)), trip: None })
}
