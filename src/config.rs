//! What the program is told to do: flags and environment into one checked value, by a pure function.

mod amount;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

pub use amount::{bytes, duration};

use crate::source::default_timeout;
use crate::theme::{Depth, TerminalHints};

/// Flags that say where the data comes from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where the data comes from")]
pub struct SourceFlags {
    /// Agents to scrape: URL or host:port, of job `streamhouse-agent`; job=URL for another job
    #[arg(long, short = 't', value_name = "[JOB=]URL", num_args = 1.., action = clap::ArgAction::Append)]
    pub target: Vec<String>,
    /// Targets in Prometheus' `file_sd` format, JSON or YAML; read again when the file changes
    #[arg(long, value_name = "FILE", action = clap::ArgAction::Append)]
    pub targets: Vec<PathBuf>,
    /// A name all of whose addresses are scraped (a headless service); followed as it changes
    #[arg(long, value_name = "NAME:PORT", action = clap::ArgAction::Append)]
    pub dns: Vec<String>,
}

/// Flags on scraping and keeping.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scraping and keeping")]
pub struct ScrapeFlags {
    /// Time between two scrapes of a target
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub interval: i64,
    /// How long a target may take to answer; the interval at most, 10s at most unless given
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<i64>,
    /// How long samples are kept
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = duration)]
    pub retention: i64,
    /// How much memory samples may take; the oldest go first
    #[arg(long, value_name = "SIZE", default_value = "512MB", value_parser = bytes)]
    pub memory: usize,
    /// Whether a counter that appears between two scrapes counts from 0, so that the first error is seen; Prometheus
    /// counts from the value that it appears with
    #[arg(long, value_name = "ON|OFF", default_value = "on")]
    pub created_zero: Switch,
}

/// Flags on the screen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The screen")]
pub struct ScreenFlags {
    /// Dashboards to show instead of the built-in three. May be given several times
    #[arg(long, value_name = "FILE", action = clap::ArgAction::Append)]
    pub layout: Vec<PathBuf>,
    /// Time range at first: 15m, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub range: Option<i64>,
    /// Colours: by the terminal's environment, or as many as said here
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub color: ColorFlag,
    /// Times in UTC instead of the local time zone
    #[arg(long)]
    pub utc: bool,
    /// Leave the mouse to the terminal from the start
    #[arg(long)]
    pub no_mouse: bool,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// How many colours to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorFlag {
    /// As `NO_COLOR`, `COLORTERM` and `TERM` say.
    Auto,
    /// 24 bits.
    True,
    /// 256.
    #[value(name = "256")]
    Indexed,
    /// 16.
    #[value(name = "16")]
    Ansi,
    /// None.
    None,
}

impl ColorFlag {
    /// The depth: as the flag says, else as the environment does.
    pub fn depth(self, hints: &TerminalHints) -> Depth {
        match self {
            Self::Auto => Depth::detect(hints),
            Self::True => Depth::TrueColor,
            Self::Indexed => Depth::Indexed,
            Self::Ansi => Depth::Ansi,
            Self::None => Depth::None,
        }
    }
}

impl SourceFlags {
    /// Whether no source was named at all.
    pub fn is_empty(&self) -> bool {
        self.target.is_empty() && self.targets.is_empty() && self.dns.is_empty()
    }
}

impl ScrapeFlags {
    /// How long a target may take, ms.
    pub fn deadline(&self) -> i64 {
        let usual = || default_timeout(Duration::from_millis(self.interval.unsigned_abs())).as_millis() as i64;
        self.timeout.unwrap_or_else(usual).min(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(no_color: Option<&str>) -> TerminalHints {
        TerminalHints {
            no_color: no_color.map(str::to_owned),
            colorterm: None,
            term: Some("xterm-256color".to_owned()),
        }
    }

    #[test]
    fn a_color_flag_wins_over_the_environment() {
        assert_eq!(ColorFlag::Auto.depth(&hints(Some("1"))), Depth::None);
        assert_eq!(ColorFlag::True.depth(&hints(Some("1"))), Depth::TrueColor);
        assert_eq!(ColorFlag::Auto.depth(&hints(None)), Depth::Indexed);
    }

    #[test]
    fn a_deadline_is_never_longer_than_the_interval() {
        let flags =
            |interval, timeout| ScrapeFlags { interval, timeout, retention: 1, memory: 1, created_zero: Switch::On };
        assert_eq!(flags(5_000, None).deadline(), 5_000);
        assert_eq!(flags(60_000, None).deadline(), 10_000);
        assert_eq!(flags(60_000, Some(30_000)).deadline(), 30_000);
        assert_eq!(flags(5_000, Some(30_000)).deadline(), 5_000);
    }
}
