//! `shtop doctor`: is this installation observable, and if not, what is in the way.

mod scrape;
mod serve;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use tokio::task::JoinSet;

use super::answer::{Format, Ink, put};
use super::check::UNKNOWN;
use super::{Failure, config, demo, opening, screen};
use crate::config::{Config, Flags, Key, Source};
use crate::demo::Scenario;
use crate::doctor::{About, Installation, Report, SECOND_READER, Severity, examine};
use crate::runtime::system_clock;
use crate::source::{Clock, DEFAULT_JOB, ScrapeOptions};
use words::Subject;

/// Tells whether an installation can be observed: what its targets expose, against what dashboards and alerts need.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop doctor agent-1:9090 agent-2:9090
  shtop doctor streamhouse=http://server:8080/metrics
  shtop doctor --targets /etc/prometheus/file_sd/agents.yaml
  shtop doctor -p http://prometheus:9090 --job streamhouse
  shtop doctor -p http://prometheus:9090 --bodies       the agents' own answers too
  shtop doctor --context prod --format json
  curl -s agent-1:9090/metrics | shtop doctor -
  shtop doctor saved.prom --strict                      as promtool check metrics does, and more

Each target is asked once. Every answer is read by two independent readers. Findings come with the worst first: what it
is, why it matters and what to do next. With a Prometheus its own targets, rules, Alertmanagers and times are looked at,
and its metadata instead of the targets' answers; --bodies asks the agents that it scrapes for these, too.

Exit status:
  0 nothing worse than notes
  1 the worst is a warning
  2 the worst is an error
  3 unknown: nothing could be read, or wrong use
With --strict notes count as warnings and warnings as errors; notes on the second reader's own faults never count.")]
pub(super) struct Doctor {
    /// Agents (host:port, URL, job=URL) or files with a saved answer; - is standard input
    #[arg(value_name = "TARGET|FILE", conflicts_with_all = ["demo", "prometheus"])]
    what: Vec<OsString>,
    /// A simulated cluster instead: s3-outage, calm or split-brain
    #[arg(
        long,
        value_name = "SCENARIO",
        conflicts_with_all = ["target", "targets", "dns", "prometheus", "context"]
    )]
    demo: Option<Scenario>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Let notes count as warnings and warnings as errors
    #[arg(long)]
    strict: bool,
    /// Name all that a finding is about, not the first few; JSON always does
    #[arg(long)]
    all: bool,
    /// Of a Prometheus: ask the agents that it scrapes too, without any credentials, for what only their answers tell
    #[arg(long)]
    bodies: bool,
    #[command(flatten)]
    flags: Flags,
}

/// What is named before the flags.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    targets: Vec<OsString>,
    files: Vec<PathBuf>,
}

impl Named {
    /// `-` and what is there as a file is one; everything else is a target.
    fn of(words: &[OsString]) -> Self {
        let mut named = Self::default();
        for word in words {
            let path = PathBuf::from(word);
            let is_there = path.is_file() || path.is_dir() && !word.to_string_lossy().contains(':');
            if word == "-" || is_there || looks_like_file(&word.to_string_lossy()) {
                named.files.push(path);
            } else {
                named.targets.push(word.clone());
            }
        }
        named
    }
}

/// Whether a word is rather the name of a file that is not there than a host.
fn looks_like_file(word: &str) -> bool {
    let ends = [".txt", ".prom", ".om", ".metrics"];
    word.starts_with(['/', '.', '~']) || !word.contains(':') && ends.iter().any(|end| word.ends_with(end))
}

impl Doctor {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &Doctor) -> Result<u8, Failure> {
    // Whatever a body makes the second reader do is caught there, and must not reach the terminal raw.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(SECOND_READER) {
            usual(panic);
        }
    }));
    let (words, status) = answer(command)?;
    put(&words)?;
    Ok(status)
}

fn answer(command: &Doctor) -> Result<(String, u8), Failure> {
    let named = Named::of(&command.what);
    let sources = [Key::Target, Key::TargetFile, Key::Dns, Key::Prometheus, Key::Context];
    let has_source = !named.targets.is_empty() || sources.into_iter().any(|key| command.flags.has(key));
    // Files need no source, and none that nobody asked for is to be disturbed.
    let only_files = !named.files.is_empty() && !has_source;
    let resolve = if only_files || command.demo.is_some() { Config::without_context } else { Config::resolve };
    let config = config::load_telling(&command.flags.clone().and(Key::Target, named.targets), resolve)?;
    let runtime = screen::runtime()?;
    let found = runtime.block_on(find(command, &config, &named.files, &system_clock()));
    screen::end(runtime);
    let (subject, installation) = found?;
    let report = examine(&installation);
    let status = status(&report, installation.server.is_some(), command.strict);
    let words = match command.format {
        Format::Text => words::text(subject, &installation, &report, Ink::of(&config), command.all),
        Format::Json => words::document(subject, &installation, &report, status, &config).json()?,
    };
    Ok((words, status))
}

/// Asks whoever is to be asked.
async fn find(
    command: &Doctor,
    config: &Config,
    files: &[PathBuf],
    clock: &Clock,
) -> Result<(Subject, Installation), Failure> {
    let context = &config.context;
    let job = context.job.clone().unwrap_or_else(|| DEFAULT_JOB.to_owned());
    let mut installation = Installation {
        now: clock(),
        job,
        interval: opening::interval(context),
        visits: scrape::files(files, context.job.as_deref())?,
        server: None,
        rules: opening::rule_files(context)?,
        dashboards: opening::dashboards(&context.layouts)?.0,
        troubles: Vec::new(),
    };
    let mut tasks = JoinSet::new();
    let subject = match (command.demo, &context.source) {
        (Some(scenario), _) => {
            let mut options = ScrapeOptions::default();
            demo::attach(scenario, 1, clock, &mut options, &mut tasks).await?;
            if let Some(history) = options.seed.take() {
                // The present follows from the past, which somebody has to take.
                tasks.spawn_blocking(move || history.for_each(drop));
            }
            installation.visits.extend(scrape::visit(options.targets, context, scrape::HISTORY, clock).await?);
            Subject::Demo
        }
        (None, Some(Source::Scrape { targets, files, dns })) => {
            let (targets, troubles) = scrape::all(targets, files, dns, &installation.job).await?;
            installation.troubles = troubles;
            installation.visits.extend(scrape::visit(targets, context, scrape::PATIENCE, clock).await?);
            Subject::Targets
        }
        (None, Some(Source::Prometheus(url))) => {
            let mut server = Box::pin(serve::ask(url, context, &installation, clock)).await?;
            if command.bodies {
                let (visits, unreached) = scrape::of_server(&server, &installation.job, context, clock).await?;
                installation.visits = visits;
                server.unreached = unreached;
            }
            installation.server = Some(server);
            Subject::Server
        }
        (None, None) if files.is_empty() => return Err(Failure::Usage(screen::ways(config))),
        (None, None) => Subject::Files,
    };
    installation.now = clock();
    tasks.shutdown().await;
    Ok((subject, installation))
}

/// What a report comes to.
fn status(report: &Report, has_server: bool, strict: bool) -> u8 {
    if report.read == 0 && !has_server {
        return UNKNOWN;
    }
    let counts = report.findings.iter().map(|finding| match (finding.severity, strict) {
        (Severity::Note, true) if finding.about == About::Installation => 1,
        (Severity::Note, _) => 0,
        (Severity::Warning, false) => 1,
        (Severity::Warning, true) | (Severity::Error, _) => 2,
    });
    counts.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_target_unless_it_is_a_file() {
        let words =
            ["agent-1:9090", "-", "Cargo.toml", "http://a:1/m.txt", "saved.prom", "job=host:1", "/tmp/none", "src"];
        let named = Named::of(&words.map(OsString::from));
        assert_eq!(named.targets, ["agent-1:9090", "http://a:1/m.txt", "job=host:1"]);
        let files: Vec<_> = ["-", "Cargo.toml", "saved.prom", "/tmp/none", "src"].map(PathBuf::from).into();
        assert_eq!(named.files, files);
    }
}
