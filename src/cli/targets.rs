//! `shtop targets`: who is scraped, and how that goes.

use clap::Args;
use serde::Serialize;

use super::answer::{Format, Ink, Table, Tone, columns, put, time};
use super::gather::{Asking, Needs, ask, tell};
use super::{FAILED, Failure};
use crate::series::Timestamp;
use crate::source::{Health, Status, TargetStatus};
use crate::unit::{Unit, age};

/// Prints the targets, one a line, with what is wrong with those that do not answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop targets --targets /etc/prometheus/file_sd/agents.yaml
  shtop targets --dns streamhouse-agents.prod.svc:9090 --format json
  shtop targets -p http://prometheus:9090               as Prometheus has them

Exit status: 0 answered, whoever is down; 1 nothing answers; 2 wrong use.")]
pub(super) struct Targets {
    /// How to write them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    asking: Asking,
}

impl Targets {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &Targets) -> Result<u8, Failure> {
    ask(&command.asking, Needs::Targets, async |session| {
        session.settle(drop).await;
        let outage = session.outage();
        let mut remarks: Vec<String> = outage.clone().into_iter().collect();
        if let Some(status) = &session.status {
            let news = status.troubles.iter().chain(&status.remarks).filter(|words| !remarks.contains(words));
            let news: Vec<String> = news.cloned().collect();
            remarks.extend(news);
        }
        let targets = session.status.as_ref().map_or(&[][..], |s: &Status| &s.targets);
        let now = (session.clock)();
        let words = match command.format {
            Format::Text => text(targets, Ink::of(&session.config), now),
            Format::Json => {
                let targets = targets.iter().map(TargetWords::of).collect();
                session.document("targets", remarks.clone(), Found { targets }).json()?
            }
        };
        tell(&remarks);
        put(&words)?;
        Ok(if outage.is_some() { FAILED } else { 0 })
    })
}

fn text(targets: &[TargetStatus], ink: Ink, now: Timestamp) -> String {
    let mut table = Table::new(columns() / 2);
    for target in targets {
        let (state, tone, words) = match &target.health {
            Health::Unknown => ("unknown", Tone::Dim, "no answer yet".to_owned()),
            Health::Up => ("up", Tone::Good, scraped(target)),
            Health::Down { reason } => ("down", Tone::Bad, reason.clone()),
        };
        let last = target.last_success.map_or_else(|| "never".to_owned(), |at| format!("{} ago", age(at, now)));
        table.row([
            (state.to_owned(), Some(tone)),
            (target.job.clone(), None),
            (target.instance.clone(), Some(Tone::Bold)),
            (last, None),
            (words, None),
        ]);
    }
    table.text(ink)
}

/// What a good scrape brought.
fn scraped(target: &TargetStatus) -> String {
    let took = Unit::Seconds.format(target.took / 1000.0, None);
    // A server that is asked does not say how many samples its scrapes bring.
    let mut words = match target.samples {
        0 => format!("in {took}"),
        n => format!("{n} samples in {took}"),
    };
    if target.unreadable > 0 {
        let first = target.diagnoses.first().map(|first| format!(" ({first})")).unwrap_or_default();
        words = format!("{words}, {} lines not readable{first}", target.unreadable);
    }
    words
}

/// The targets in JSON.
#[derive(Serialize)]
struct Found {
    targets: Vec<TargetWords>,
}

/// A target in JSON. `samples`, `families` and `unreadable_lines` are those of the last good scrape.
#[derive(Serialize)]
pub(super) struct TargetWords {
    url: String,
    job: String,
    instance: String,
    /// `up`, `down` or `unknown`.
    health: &'static str,
    reason: Option<String>,
    since: String,
    last_scrape: Option<String>,
    last_success: Option<String>,
    took_seconds: f64,
    samples: usize,
    families: usize,
    families_without_samples: usize,
    unreadable_lines: usize,
    diagnoses: Vec<String>,
}

impl TargetWords {
    pub(super) fn of(target: &TargetStatus) -> Self {
        let (health, reason) = match &target.health {
            Health::Unknown => ("unknown", None),
            Health::Up => ("up", None),
            Health::Down { reason } => ("down", Some(reason.clone())),
        };
        Self {
            url: target.url.clone(),
            job: target.job.clone(),
            instance: target.instance.clone(),
            health,
            reason,
            since: time(target.since),
            last_scrape: target.last_scrape.map(time),
            last_success: target.last_success.map(time),
            took_seconds: target.took / 1000.0,
            samples: target.samples,
            families: target.families.0,
            families_without_samples: target.families.1,
            unreadable_lines: target.unreadable,
            diagnoses: target.diagnoses.clone(),
        }
    }
}
