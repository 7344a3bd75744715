//! Asks a Prometheus for everything that is examined.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Url;
use tokio::time::Instant;

use super::super::Failure;
use crate::config::Context;
use crate::doctor::{Installation, Server, Top, selectors};
use crate::promql::parse_duration;
use crate::series::{Labels, Timestamp};
use crate::source::Clock;
use crate::source::http::{Client, Options};
use crate::source::prometheus::api::{Api, ApiFault, BuildInfo, Counted, Told, TsdbStatus};

/// How long an answer may take where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many questions are open at a time.
const AT_ONCE: usize = 8;

/// How far back names are looked for, ms.
const RECENT: i64 = 3_600_000;

/// The selector of StreamHouse's metrics.
const STREAMHOUSE: &str = "{__name__=~\"streamhouse_.+\"}";

/// Everything that the server at `url` says.
///
/// # Errors
/// It does not answer.
pub(super) async fn ask(
    url: &Url,
    context: &Context,
    installation: &Installation,
    clock: &Clock,
) -> Result<Server, Failure> {
    let timeout = context.scraping.timeout.map_or(PATIENCE, |ms| Duration::from_millis(ms.unsigned_abs()));
    let options = Options { timeout, idle: AT_ONCE, zstd: true };
    let client = Client::new(context.access.clone(), options).map_err(|e| Failure::Run(e.into()))?;
    let api = Api::new(client, url);
    let mut server = Server { url: api.url(), ..Server::default() };
    let began = Instant::now();
    let asked = clock();
    let down = |fault: &ApiFault| Failure::Run(anyhow::anyhow!("{} does not answer: {}", api.url(), fault.words()));
    let theirs = api.now().await.map_err(|fault| down(&fault))?.data;
    let trip = began.elapsed().as_millis() as i64;
    server.ahead = theirs.map(|theirs| (theirs - (asked + trip / 2), trip / 2));
    // Samples are found by the server's time, whatever it is here.
    let now = theirs.unwrap_or(asked);
    let (from, streamhouse) = (now - RECENT, [STREAMHOUSE.to_owned()]);
    let (targets, rules, alertmanagers, build, runtime, tsdb, metadata, names, jobs) = tokio::join!(
        api.targets(),
        api.rules(),
        api.alertmanagers(),
        api.build_info(),
        api.runtime_info(),
        api.tsdb_status(),
        api.metadata(None),
        api.label_values(Labels::NAME, &[], from, now),
        api.label_values("job", &streamhouse, from, now),
    );
    let silent = &mut server.silent;
    server.names = names.map_err(|fault| down(&fault))?.data.into_iter().collect();
    server.jobs = told("jobs", jobs, silent).unwrap_or_default().into_iter().collect();
    server.targets = told("targets", targets, silent).map(|t| t.active_targets);
    server.rules = told("rules", rules, silent).map(|r| r.groups);
    server.alertmanagers = told("Alertmanagers", alertmanagers, silent)
        .map(|a| a.active_alertmanagers.into_iter().map(|one| one.url).collect());
    server.version = told("version", build, silent).map(|build| version(&build));
    let runtime = told("retention", runtime, silent);
    server.reloaded = runtime.as_ref().and_then(|r| r.reload_config_success);
    server.retention = runtime.and_then(|r| retention(&r.storage_retention));
    server.top = told("series by metric", tsdb, silent).map(top);
    server.metadata = told("metadata", metadata, silent).unwrap_or_default();
    server.present = present(&api, installation, &server.names, now).await;
    Ok(server)
}

fn told<T>(what: &str, answer: Result<Told<T>, ApiFault>, silent: &mut Vec<String>) -> Option<T> {
    match answer {
        Ok(told) => Some(told.data),
        Err(fault) => {
            silent.push(format!("{what}: {}", fault.words()));
            None
        }
    }
}

fn version(build: &BuildInfo) -> String {
    let name = if build.application.is_empty() { "Prometheus" } else { &build.application };
    format!("{name} {}", build.version).trim_end().to_owned()
}

/// `15d`, `15d or 1GiB`; `None` where time is no limit.
fn retention(text: &str) -> Option<i64> {
    text.split(" or ").find_map(|word| parse_duration(word.trim())).filter(|ms| *ms > 0)
}

fn top(status: TsdbStatus) -> Top {
    let list = |all: Vec<Counted>| all.into_iter().map(|c| (c.name, c.value.max(0.0) as u64)).collect();
    let metrics = list(status.series_count_by_metric_name);
    Top { series: None, metrics, labels: list(status.label_value_count_by_label_name) }
}

/// Which selectors of rules and panels have series; what the server fails at is left out.
async fn present(
    api: &Api,
    installation: &Installation,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> BTreeMap<String, bool> {
    let wanted = selectors(&installation.rules, &installation.dashboards, &installation.job, installation.interval);
    // What has no name that is there needs no asking.
    let wanted = wanted.into_iter().filter(|(_, name)| name.as_ref().is_none_or(|name| names.contains(name)));
    let one = |(selector, _): (String, _)| async move {
        let told = api.query(&format!("group({selector})"), now).await.ok()?;
        Some((selector, !told.data.is_empty()))
    };
    let answers: Vec<_> = stream::iter(wanted.map(one)).buffer_unordered(AT_ONCE).collect().await;
    answers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_the_part_that_is_a_time() {
        const DAY: i64 = 86_400_000;
        for (text, ms) in
            [("15d", Some(15 * DAY)), ("2h or 512MiB", Some(7_200_000)), ("1GiB", None), ("", None), ("0s", None)]
        {
            assert_eq!(retention(text), ms, "{text}");
        }
    }
}
