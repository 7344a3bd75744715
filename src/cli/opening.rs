//! From a context of the configuration to a cluster and its source.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, desk};
use crate::app::{Choice, Cluster, Origin, Wish};
use crate::config::{Config, Context, Scraping, Source};
use crate::layout::{self, Dashboard};
use crate::rules::{self, RuleFile};
use crate::runbook::{Library, read_folder};
use crate::runtime::{Opener, Opening, Reread, SourceOptions};
use crate::series::printable;
use crate::source::prometheus::{PrometheusOptions, RulesFrom};
use crate::source::{DEFAULT_JOB, ScrapeOptions};
use crate::store::Limits;

/// Time between two refreshes from a server where nobody says, ms: what most servers scrape with.
const REFRESH: i64 = 15_000;

/// How long a server may take to answer where nobody says, ms.
const PATIENCE: i64 = 5_000;

/// The largest file that is read, bytes.
pub(super) const LARGEST: u64 = 8 << 20;

/// What `config` comes to with `wish`; files are read.
pub(super) fn opener(config: Config) -> Opener {
    Arc::new(move |wish: &Wish| {
        let mut context = match &wish.context {
            Some(name) => config.context(name).map_err(|e| e.to_string())?,
            None => config.context.clone(),
        };
        if let Some(job) = &wish.job {
            context.job = Some(job.clone());
        }
        match open(&context, &config.remarks) {
            Ok(opening) => Ok(opening),
            Err(Failure::Usage(words)) => Err(words),
            Err(Failure::Run(error)) => Err(format!("{error:#}")),
        }
        // It is shown on one line.
        .map_err(|words| words.lines().map(printable).collect::<Vec<_>>().join("; "))
    })
}

/// The cluster that `context` describes and its source. `remarks` are on the configuration as a whole.
///
/// # Errors
/// No source, or a file that cannot be used.
pub(super) fn open(context: &Context, remarks: &[String]) -> Result<Opening, Failure> {
    let mut cluster = cluster(context, remarks)?;
    let source = match &context.source {
        None => return Err(Failure::Usage(unnamed(context))),
        Some(Source::Scrape { targets, files, dns }) => {
            let mut options = scrape_options(&context.scraping);
            options.targets.clone_from(targets);
            options.files.clone_from(files);
            options.dns.clone_from(dns);
            options.job.clone_from(&context.job);
            options.access = context.access.clone();
            options.rules = watched_rules(context, &cluster.dashboards)?;
            SourceOptions::Scrape(Box::new(options))
        }
        Some(Source::Prometheus(url)) => {
            cluster.origin = Origin::Prometheus;
            let options = PrometheusOptions {
                access: context.access.clone(),
                interval: ms(cluster.interval),
                timeout: ms(context.scraping.timeout.unwrap_or(PATIENCE)),
                jobs: context.job.iter().cloned().collect(),
                rules: RulesFrom::Server { otherwise: watched_rules(context, &cluster.dashboards)? },
                finds_alertmanagers: context.finds_alertmanager,
                ..PrometheusOptions::new(url.clone())
            };
            SourceOptions::Prometheus(Box::new(options))
        }
    };
    let journal = desk::journal(context, &mut cluster);
    let alertmanager = desk::alertmanager(context, &mut cluster);
    Ok(Opening { cluster, source, journal, alertmanager, layouts: reread(&context.layouts) })
}

/// The cluster as scraped directly.
pub(super) fn cluster(context: &Context, remarks: &[String]) -> Result<Cluster, Failure> {
    let mut remarks = [remarks, &context.notes].concat();
    let library = match &context.runbook_dir {
        None => Library::new(Vec::new()),
        Some(folder) => {
            let (files, faults) = read_folder(folder).map_err(|e| Failure::Usage(e.to_string()))?;
            remarks.extend(faults.iter().map(ToString::to_string));
            Library::new(files)
        }
    };
    let (dashboards, notice) = dashboards(&context.layouts)?;
    Ok(Cluster {
        context: context.name.clone(),
        color: context.color.map(|paint| (paint.0, paint.1, paint.2)),
        origin: Origin::Scrape,
        dashboards,
        library,
        range: context.range,
        interval: interval(context),
        job: context.job.clone(),
        read_only: context.read_only,
        insecure: context.access.tls.insecure,
        remarks,
        log: Vec::new(),
        alertmanager: None,
        notice,
    })
}

/// Time between two scrapes, or two questions to a server, ms.
pub(super) fn interval(context: &Context) -> i64 {
    let is_said = context.origin("interval").is_some_and(|origin| *origin != crate::config::Origin::Default);
    let is_server = matches!(context.source, Some(Source::Prometheus(_)));
    if is_server && !is_said { REFRESH } else { context.scraping.interval }
}

/// The contexts of the configuration, to choose from.
pub(super) fn choices(config: &Config) -> Vec<Choice> {
    let choice = |name: &str| {
        let context = config.context(name);
        let source = match &context {
            Ok(context) => context.source.as_ref().map_or_else(|| "names no source".to_owned(), source_words),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        let color = context.ok().and_then(|c| c.color).map(|paint| (paint.0, paint.1, paint.2));
        Choice { name: name.to_owned(), source: printable(&source).into_owned(), color }
    };
    config.contexts().map(choice).collect()
}

fn source_words(source: &Source) -> String {
    match source {
        Source::Prometheus(url) => url.as_str().trim_end_matches('/').to_owned(),
        Source::Scrape { targets, files, dns } => {
            let targets = targets.iter().map(ToString::to_string);
            let files = files.iter().map(|path| path.display().to_string());
            let names = dns.iter().map(ToString::to_string);
            targets.chain(files).chain(names).collect::<Vec<_>>().join(", ")
        }
    }
}

fn unnamed(context: &Context) -> String {
    let name = context.name.as_deref().unwrap_or_default();
    format!("context {name:?} names no source: give it prometheus, targets, files or dns")
}

fn ms(t: i64) -> Duration {
    Duration::from_millis(t.unsigned_abs())
}

/// The options that the settings on scraping ask for.
pub(super) fn scrape_options(scraping: &Scraping) -> ScrapeOptions {
    ScrapeOptions {
        interval: ms(scraping.interval),
        timeout: Some(ms(scraping.deadline())),
        limits: Limits { retention: scraping.retention, max_bytes: scraping.memory },
        created: scraping.created,
        lookback: scraping.lookback,
        ..ScrapeOptions::default()
    }
}

/// The rules that are watched beside `dashboards`. Somebody who opens dashboards from Grafana that have nothing to do with
/// StreamHouse, and says nothing of it, must not be told that it is down.
fn watched_rules(context: &Context, dashboards: &[Dashboard]) -> Result<Vec<RuleFile>, Failure> {
    let is_asked_for = !context.rules.is_empty() || context.job.is_some() || context.layouts.is_empty();
    let is_grafana = |file: &PathBuf| bytes(file, LARGEST).is_ok_and(|bytes| layout::is_json(&bytes));
    if !is_asked_for && dashboards.iter().all(is_foreign) && context.layouts.iter().all(is_grafana) {
        return Ok(Vec::new());
    }
    rule_files(context)
}

/// Whether a dashboard asks for no metric of StreamHouse's.
fn is_foreign(dashboard: &Dashboard) -> bool {
    let mut exprs = dashboard.panels.iter().flat_map(|panel| &panel.queries).map(|query| query.expr.as_str());
    exprs.all(|expr| !expr.contains("streamhouse"))
}

/// The rules of a context, for its agents' job: those in its files, or the built-in ones.
pub(super) fn rule_files(context: &Context) -> Result<Vec<RuleFile>, Failure> {
    let read = |file: &PathBuf| {
        let name = printable(&file.display().to_string()).into_owned();
        let text = text(file).map_err(|e| Failure::Usage(format!("cannot read rules {name}: {e}")))?;
        rules::parse(&name, &text).map_err(|e| Failure::Usage(e.to_string()))
    };
    let files = match context.rules.as_slice() {
        [] => vec![rules::builtin()],
        files => files.iter().map(read).collect::<Result<_, _>>()?,
    };
    Ok(match &context.job {
        Some(job) => files.into_iter().map(|file| file.with_job(DEFAULT_JOB, job)).collect(),
        None => files,
    })
}

/// The dashboards in these files, or the built-in ones, and what one line should say of those that are not whole.
pub(super) fn dashboards(layouts: &[PathBuf]) -> Result<(Vec<Dashboard>, Option<String>), Failure> {
    if layouts.is_empty() {
        return Ok((layout::builtin(), None));
    }
    let mut all: Vec<Dashboard> = Vec::new();
    let mut losses = Vec::new();
    for file in layouts {
        let name = printable(&file.display().to_string()).into_owned();
        let bytes = bytes(file, LARGEST).map_err(|e| Failure::Usage(format!("cannot read layout {name}: {e}")))?;
        let unusable = |e: layout::LayoutError| Failure::Usage(e.to_string());
        let mut dashboard = if layout::is_json(&bytes) {
            let imported = layout::import(&name, &bytes).map_err(unusable)?;
            if !imported.report.is_complete() {
                losses.push(format!("{}: `shtop import {name}` lists them", imported.report.summary()));
            }
            imported.dashboard
        } else {
            let text = utf8(bytes).map_err(|e| Failure::Usage(format!("cannot read layout {name}: {e}")))?;
            layout::parse(&name, &text).map_err(unusable)?
        };
        // Answers go to dashboards by their id.
        let base = dashboard.id.clone();
        let mut number = 2;
        while all.iter().any(|other| other.id == dashboard.id) {
            dashboard.id = format!("{base}-{number}");
            number += 1;
        }
        all.push(dashboard);
    }
    Ok((all, Some(losses.join("; ")).filter(|words| !words.is_empty())))
}

/// The layouts in these files, read again whenever one of them changes.
pub(super) fn reread(layouts: &[PathBuf]) -> Option<Reread<Vec<Dashboard>>> {
    let files = layouts.to_vec();
    let again = files.clone();
    let read = move || {
        dashboards(&again).map(|(dashboards, _)| dashboards).map_err(|failure| match failure {
            Failure::Usage(words) => brief(&words),
            Failure::Run(error) => brief(&format!("{error:#}")),
        })
    };
    (!files.is_empty()).then(|| Reread::new(files, read))
}

/// What fits a line of a message with an excerpt and a caret.
pub(super) fn brief(words: &str) -> String {
    printable(words.lines().next().unwrap_or_default()).into_owned()
}

/// The text of a file that is not too large to be meant.
pub(super) fn text(file: &Path) -> std::io::Result<String> {
    bytes(file, LARGEST).and_then(utf8)
}

/// What a file holds, where that is no more than `most` bytes: also of those that never end.
pub(super) fn bytes(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    capped(fs::File::open(file)?, most)
}

/// What can be read `from` there, where that is no more than `most` bytes.
pub(super) fn capped(from: impl Read, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// The bytes as text; where they are none, the line is told.
pub(super) fn utf8(bytes: Vec<u8>) -> std::io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        std::io::Error::other(format!("line {} is no UTF-8", good.split(|b| *b == b'\n').count()))
    })
}
