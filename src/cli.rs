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
    /// Checks layouts, rules, targets, runbooks, themes and configuration files
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
    let is_check = arguments.get(1).is_some_and(|word| word == "check");
    let is_doctor = arguments.get(1).is_some_and(|word| word == "doctor");
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, too; it knows where to print what. A closed pipe is no news.
            error.print().ok();
            if is_check && error.use_stderr() {
                // To whoever monitors, 2 is critical; and what is said to them is on standard output.
                write!(std::io::stdout(), "{}", check::misused(&error.to_string())).ok();
                return ExitCode::from(check::UNKNOWN);
            }
            if is_doctor && error.use_stderr() {
                return ExitCode::from(check::UNKNOWN);
            }
            return ExitCode::from(error.exit_code() as u8);
        }
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
        None => screen::run(&cli.flags),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            let status = if matches!(failure, Failure::Usage(_)) { USAGE } else { FAILED };
            complain(&complaint(&failure), status)
        }
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = help::pages(Cli::command());
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
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
