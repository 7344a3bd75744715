//! The command line: what can be asked for, one file a subcommand. May use everything.

mod alerts;
mod answer;
mod check;
mod completions;
mod config;
mod demo;
mod desk;
mod doctor;
mod export;
mod files;
mod gather;
mod help;
mod import;
mod lint;
mod look;
mod man;
mod opening;
mod query;
mod runbook;
mod screen;
mod snapshot;
mod targets;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::Flags;
use crate::series::printable;

/// Exit status for wrong use: flags, files that cannot be read, no source named.
const USAGE: u8 = 2;
/// Exit status for everything else that went wrong.
const FAILED: u8 = 1;

/// The version, with the commit it was built from where that is known.
const VERSION: &str = env!("SHTOP_VERSION");

/// Shows on a terminal what is broken in a StreamHouse cluster, and since when.
#[derive(Debug, Parser)]
#[command(
    version = VERSION,
    long_about = None,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:
  shtop --target agent-1:9090 agent-2:9090 agent-3:9090
  shtop --target agent-1:9090 --target streamhouse=http://server:8080/metrics
  shtop --targets /etc/prometheus/file_sd/agents.yaml
  shtop --dns streamhouse-agents.prod.svc:9090
  shtop --prometheus https://prometheus.example --token-file ~/.prometheus-token
  shtop --context prod
  shtop demo
  shtop check --context prod

Every flag can also be set in the environment (--read-only is SHTOP_READ_ONLY)
or in the configuration file: shtop config path tells where that is, shtop
config show what all of it comes to.

Exit status: 0 quit, 1 failed while running, 2 wrong use or unreadable file,
101 bug, 128+N ended by signal N."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulates a cluster of three agents in this process and shows it
    Demo(demo::Demo),
    /// Prints which alerts fire or are pending
    Alerts(Box<alerts::Alerts>),
    /// Judges in one line and by the exit status: 0 ok, 1 warning, 2 critical, 3 unknown
    Check(Box<check::Check>),
    /// Tells whether an installation can be observed, and what is in the way
    Doctor(Box<doctor::Doctor>),
    /// Checks layouts, Grafana dashboards, rules, targets, runbooks, themes and configuration files
    Lint(lint::Lint),
    /// Evaluates a PromQL expression
    Query(Box<query::QueryCommand>),
    /// Converts a Grafana dashboard into a layout file
    Import(import::Import),
    /// Prints a runbook, or which there are
    Runbook(Box<runbook::RunbookCommand>),
    /// Draws a screen once: text, ANSI, SVG, HTML, JSON or PNG
    Snapshot(Box<snapshot::Snapshot>),
    /// Prints the targets and how they are
    Targets(Box<targets::Targets>),
    /// Writes what other programs load: alert rules, Grafana dashboards, configuration, manifests
    Export(Box<export::Export>),
    /// Shows what flags, environment and configuration file come to
    Config(config::ConfigCommand),
    /// Prints the completions for a shell
    Completions(completions::Completions),
    /// Prints a page of the manual, or writes all of them
    Man(man::Manual),
}

impl Command {
    /// The kind of the JSON document that was asked for; `None` where none was.
    fn kind_of_json(&self) -> Option<&'static str> {
        let (is_json, kind) = match self {
            Self::Alerts(command) => (command.is_json(), "alerts"),
            Self::Doctor(command) => (command.is_json(), "doctor"),
            Self::Lint(command) => (command.is_json(), "lint"),
            Self::Query(command) => (command.is_json(), "query"),
            Self::Runbook(command) => (command.is_json(), "runbook"),
            Self::Snapshot(command) => (command.is_json(), "snapshot"),
            Self::Targets(command) => (command.is_json(), "targets"),
            Self::Config(command) => (command.is_json(), "config"),
            // Check has its own words for what cannot be known; the others write no JSON of their own.
            Self::Check(_)
            | Self::Demo(_)
            | Self::Import(_)
            | Self::Export(_)
            | Self::Completions(_)
            | Self::Man(_) => return None,
        };
        is_json.then_some(kind)
    }
}

/// What goes wrong before or around the screen.
#[derive(Debug)]
enum Failure {
    /// The user can mend it: the words say how.
    Usage(String),
    /// Something broke.
    Run(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Run(error)
    }
}

/// Runs shtop with these arguments, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match parse(arguments.clone()) {
        Ok(cli) => cli,
        Err(error) => return misused(&arguments, &error),
    };
    let result = match &cli.command {
        Some(Command::Demo(demo)) => demo::run(demo),
        Some(Command::Alerts(command)) => alerts::run(command),
        Some(Command::Check(command)) => check::run(command),
        Some(Command::Doctor(command)) => doctor::run(command),
        Some(Command::Lint(command)) => lint::run(command),
        Some(Command::Query(command)) => query::run(command),
        Some(Command::Import(command)) => import::run(command),
        Some(Command::Runbook(command)) => runbook::run(command),
        Some(Command::Snapshot(command)) => snapshot::run(command),
        Some(Command::Targets(command)) => targets::run(command),
        Some(Command::Export(command)) => export::run(command),
        Some(Command::Config(command)) => config::run(command),
        Some(Command::Completions(command)) => completions::run(command),
        Some(Command::Man(command)) => man::run(command),
        None => match swallowed(&arguments) {
            Some(name) => Err(Failure::Usage(format!(
                "{name} is taken for one more value of the flag before it: write the command first, as in shtop {name} --help"
            ))),
            None => screen::run(&cli.flags),
        },
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            let words = complaint(&failure);
            let judges = matches!(cli.command, Some(Command::Check(_) | Command::Doctor(_)));
            let status = match failure {
                // To whoever monitors, 1 and 2 are verdicts.
                _ if judges => check::UNKNOWN,
                Failure::Usage(_) => USAGE,
                Failure::Run(_) => FAILED,
            };
            if let Some(kind) = cli.command.as_ref().and_then(Command::kind_of_json) {
                // Where standard output takes nothing there is only standard error to tell.
                answer::no_answer(kind, &words, status).and_then(|document| answer::put(&document)).ok();
            }
            complain(&words, status)
        }
    }
}

/// Tells what is wrong with the arguments, or what they ask about shtop itself: to clap, help and version are errors too.
fn misused(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    let result = answer::written(error.print());
    if !error.use_stderr() {
        return match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => complain(&complaint(&failure), FAILED),
        };
    }
    match arguments.get(1).and_then(|word| word.to_str()) {
        Some("check") => {
            // What is said to whoever monitors is on standard output.
            let words = check::misused(&error.to_string(), asks_for_json(arguments));
            words.and_then(|words| answer::put(&words)).ok();
            ExitCode::from(check::UNKNOWN)
        }
        Some("doctor") => ExitCode::from(check::UNKNOWN),
        _ => ExitCode::from(error.exit_code() as u8),
    }
}

fn asks_for_json(arguments: &[OsString]) -> bool {
    let separate = arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    separate || arguments.iter().any(|word| word == "--format=json")
}

/// A command's name that stands behind the values of a flag which takes all that follows.
fn swallowed(arguments: &[OsString]) -> Option<String> {
    const GREEDY: [&str; 4] = ["-t", "--target", "--layout", "--rules"];
    let root = Cli::command();
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    // How many values the flag has so far; none where no such flag is open.
    let mut values = None;
    words.find_map(|word| {
        if word.starts_with('-') {
            values = GREEDY.contains(&&*word).then_some(0);
            return None;
        }
        let count = values.as_mut()?;
        *count += 1;
        // The first one may be a host or a file of that name.
        (*count > 1 && root.find_subcommand(&*word).is_some()).then(|| word.into_owned())
    })
}

fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = help::pages(Cli::command());
    let matches = command.try_get_matches_from_mut(arguments).map_err(in_order)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// With a hint where flags stand before a command.
fn in_order(mut error: clap::Error) -> clap::Error {
    let command = match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::ArgumentConflict, Some(ContextValue::String(command))) => command.clone(),
        _ => return error,
    };
    let tip = format!("flags stand behind the command they are for: shtop {command} …").into();
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    error
}

/// All that can be asked for, for what describes it.
fn reference() -> clap::Command {
    Cli::command()
}

/// What a failure says.
fn complaint(failure: &Failure) -> String {
    match failure {
        Failure::Usage(words) => words.clone(),
        Failure::Run(error) => format!("{error:#}"),
    }
}

/// Says what is wrong on standard error, made safe for a terminal.
fn complain(words: &str, status: u8) -> ExitCode {
    let safe: Vec<_> = words.lines().map(printable).collect();
    writeln!(std::io::stderr(), "shtop: {}", safe.join("\n")).ok();
    ExitCode::from(status)
}
