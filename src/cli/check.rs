//! `shtop check`: one line and an exit status, as Nagios and Icinga want them.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::alerts::{AlertWords, Filter, cells, report};
use super::answer::{Document, Format, Ink, SCHEMA, Table, Tone, columns, json, put, time};
use super::gather::{Asking, Needs, ask};
use super::{Failure, complaint};
use crate::app::told_apart;
use crate::rules::{Alert, Health, Origin, Phase, RuleStatus, Severity};
use crate::runtime::system_clock;
use crate::series::{Timestamp, printable};
use crate::source::AlertReport;
use crate::unit;

/// Older evaluations than this, ms, say nothing of the present.
const STALE: i64 = 600_000;

/// So many alerts are named in the first line; the details name all.
const NAMED: usize = 5;

/// Judges a cluster in one line and by the exit status, for Nagios, Icinga, cron and CI.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop check --context prod
  shtop check -p http://prometheus:9090 --severity high+
  shtop check --target agent-1:9090 --watch 2m          knows `for` up to two minutes
  shtop check --target agent-1:9090 --pending           does not wait for it
  shtop check --demo s3-outage

The first line says it all, with the numbers behind | for graphs; the lines after it are the
details. What holds now but not yet for as long as its rule wants (`for`) is pending and does
not count, unless --pending.

Exit status:
  0 OK        nothing fires
  1 WARNING   the worst that fires is medium, low or has no severity
  2 CRITICAL  the worst that fires is high or critical
  3 UNKNOWN   it cannot be known: the source or a target is down, data is old, a rule
              failed, an alert that was named does not exist; wrong use, too
A high or critical alert that fires is 2 even if others cannot be known.")]
pub(super) struct Check {
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Count what is pending as if it fired
    #[arg(long)]
    pending: bool,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    asking: Asking,
}

/// What it comes to, ordered as the exit status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl Verdict {
    const fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => UNKNOWN,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warning | Self::Unknown => Tone::Warn,
            Self::Critical => Tone::Bad,
        }
    }
}

/// Exit status for what cannot be known.
pub(super) const UNKNOWN: u8 = 3;

/// What was found out.
struct Finding {
    verdict: Verdict,
    /// The first line behind the verdict, safe for a terminal.
    summary: String,
    /// Why something cannot be known.
    unknown: Vec<String>,
    report: Option<AlertReport>,
    /// How many fire, in the order of [`Severity::ALL`].
    counts: [usize; 5],
    pending: usize,
}

/// Never an error: what goes wrong is UNKNOWN, and said where monitoring reads it.
pub(super) fn run(command: &Check) -> Result<u8, Failure> {
    let judged = ask(&command.asking, Needs::Alerts, async |session| {
        let mut report = report(session).await;
        if report.as_ref().is_some_and(|r| r.trouble.is_some()) {
            session.hear_of_outage().await;
        }
        let mut unknown: Vec<String> = session.outage().into_iter().collect();
        unknown.extend(session.doubts());
        if report.is_none() && unknown.is_empty() {
            unknown.push("the rules were not evaluated in time".to_owned());
        }
        if let Some(report) = &mut report {
            unknown.extend(command.filter.unknown(report));
            command.filter.apply(report);
        }
        let now = (session.clock)();
        let finding = judge(report, unknown, command.pending, now);
        let words = match command.format {
            Format::Text => finding.text(Ink::of(&session.config), now),
            Format::Json => session.document("check", finding.unknown.clone(), finding.words()).json()?,
        };
        Ok((finding.verdict, words))
    });
    let (verdict, words) = match judged {
        Ok(judged) => judged,
        Err(failure) => (Verdict::Unknown, cannot(command.format, &complaint(&failure))?),
    };
    put(&words)?;
    Ok(verdict.status())
}

/// What is said where nothing could even be asked.
fn cannot(format: Format, words: &str) -> Result<String, Failure> {
    let finding = judge(None, vec![words.to_owned()], false, 0);
    match format {
        Format::Text => Ok(finding.text(Ink::NONE, 0)),
        Format::Json => json(&Document {
            schema: SCHEMA,
            kind: "check",
            at: time(system_clock()()),
            source: None,
            remarks: finding.unknown.clone(),
            body: finding.words(),
        }),
    }
}

/// What is said of words that are no command line.
pub(super) fn misused(words: &str, as_json: bool) -> Result<String, Failure> {
    let first = words.lines().next().unwrap_or_default();
    let words = format!("wrong use: {}", first.strip_prefix("error: ").unwrap_or(first));
    cannot(if as_json { Format::Json } else { Format::Text }, &words)
}

fn judge(report: Option<AlertReport>, mut unknown: Vec<String>, counts_pending: bool, now: Timestamp) -> Finding {
    let rules = report.as_ref().map_or(&[][..], |r| &r.rules);
    if let Some(report) = &report {
        unknown.extend(report.trouble.clone().filter(|_| unknown.is_empty()));
        unknown.extend(failures(rules, now));
        if rules.is_empty() && unknown.is_empty() {
            unknown.push("there are no rules to judge by".to_owned());
        }
    }
    let phase_counts = |phase| phase == Phase::Firing || counts_pending && phase == Phase::Pending;
    let mut firing: Vec<(&RuleStatus, &Alert)> = rules
        .iter()
        .flat_map(|rule| rule.alerts.iter().map(move |alert| (rule, alert)))
        .filter(|(_, alert)| phase_counts(alert.state.phase()))
        .collect();
    firing.sort_by(|a, b| b.1.severity().cmp(&a.1.severity()).then_with(|| a.0.name.cmp(&b.0.name)));
    let pending = rules.iter().flat_map(|r| &r.alerts).filter(|a| a.state.phase() == Phase::Pending).count();
    let pending = if counts_pending { 0 } else { pending };
    let count = |severity| firing.iter().filter(|(_, a)| a.severity() == severity).count();
    let counts = Severity::ALL.map(count);
    let verdict = match firing.first().map(|(_, a)| a.severity()) {
        Some(Severity::Critical | Severity::High) => Verdict::Critical,
        _ if !unknown.is_empty() => Verdict::Unknown,
        Some(_) => Verdict::Warning,
        None => Verdict::Ok,
    };
    let held = if counts_pending { "firing or pending" } else { "firing" };
    let mut summary = if firing.is_empty() { format!("nothing {held}") } else { told(&firing, &counts, held) };
    // Writing into a string cannot fail, here and below.
    if pending > 0 {
        write!(summary, ", {pending} pending").ok();
    }
    if firing.is_empty() && !rules.is_empty() && unknown.is_empty() {
        write!(summary, ", {} rules", rules.len()).ok();
    }
    if let Some(first) = unknown.first() {
        let first = first.lines().next().unwrap_or_default();
        summary = if firing.is_empty() { first.to_owned() } else { format!("{summary}; unknown: {first}") };
        if unknown.len() > 1 {
            write!(summary, " (and {} more)", unknown.len() - 1).ok();
        }
    }
    Finding { verdict, summary: bare(&summary), unknown, counts, pending, report }
}

/// `2 firing (1 critical: AgentDown agent-3; 1 high: CircuitBreakerOpen agent-1)`.
fn told(firing: &[(&RuleStatus, &Alert)], counts: &[usize; 5], held: &str) -> String {
    let mut room = NAMED;
    let each: Vec<String> = Severity::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, n)| **n > 0)
        .map(|(severity, n)| {
            let of = firing.iter().filter(|(_, a)| a.severity() == severity);
            let names: Vec<String> = of
                .take(room)
                .map(|(rule, alert)| format!("{} {}", rule.name, told_apart(rule, alert)).trim_end().to_owned())
                .collect();
            room -= names.len();
            match (names.len(), n - names.len()) {
                (0, _) => format!("{n} {severity}"),
                (_, 0) => format!("{n} {severity}: {}", names.join(", ")),
                (_, more) => format!("{n} {severity}: {} and {more} more", names.join(", ")),
            }
        })
        .collect();
    format!("{} {held} ({})", firing.len(), each.join("; "))
}

/// The rules that say nothing of the present.
fn failures(rules: &[RuleStatus], now: Timestamp) -> Vec<String> {
    let why = |rule: &RuleStatus| match (&rule.health, rule.last_evaluation) {
        (Health::Failed(why), _) => Some(format!("rule {} failed: {why}", rule.name)),
        (Health::Unknown, None) => Some(format!("rule {} was not evaluated yet", rule.name)),
        (_, Some(at)) if rule.origin == Origin::Server && now - at > STALE => {
            Some(format!("rule {} was evaluated {} ago", rule.name, unit::duration(now - at)))
        }
        _ => None,
    };
    rules.iter().filter_map(why).collect()
}

/// Text that neither ends the first line nor begins its numbers.
fn bare(text: &str) -> String {
    printable(text).replace('|', "¦")
}

/// The finding in JSON.
#[derive(Serialize)]
struct Words {
    status: &'static str,
    exit_status: u8,
    summary: String,
    firing: Firing,
    pending: usize,
    unknown: Vec<String>,
    alerts: Vec<AlertWords>,
}

#[derive(Serialize)]
struct Firing {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    other: usize,
}

impl Finding {
    fn text(&self, ink: Ink, now: Timestamp) -> String {
        let [critical, high, medium, low, other] = self.counts;
        let verdict = ink.put(self.verdict.tone(), &self.verdict.name().to_uppercase());
        let numbers = match &self.report {
            // Nothing is known of alerts without rules: a graph must not say that there are none.
            Some(report) if !report.rules.is_empty() => format!(
                " | critical={critical} high={high} medium={medium} low={low} other={other} pending={}",
                self.pending
            ),
            _ => String::new(),
        };
        let mut out = format!("shtop {verdict}: {}{numbers}\n", self.summary);
        let mut table = Table::new(columns() / 2);
        let rules = self.report.as_ref().map_or(&[][..], |r| &r.rules);
        for phase in [Phase::Firing, Phase::Pending] {
            let mut alerts: Vec<_> = rules
                .iter()
                .flat_map(|rule| rule.alerts.iter().map(move |alert| (rule, alert)))
                .filter(|(_, alert)| alert.state.phase() == phase)
                .collect();
            alerts.sort_by_key(|(_, alert)| std::cmp::Reverse(alert.severity()));
            for (rule, alert) in alerts {
                table.row(cells(rule, alert, now).map(|(text, tone)| (text.replace('|', "¦"), tone)));
            }
        }
        out.push_str(&table.text(ink));
        // Of a single reason in a single line the summary has said all.
        let is_said = self.verdict == Verdict::Unknown && self.unknown.len() == 1 && self.counts == [0; 5];
        for why in &self.unknown {
            for (i, line) in why.lines().enumerate().skip(usize::from(is_said)) {
                let head = if i == 0 { "unknown  " } else { "         " };
                out.push_str(format!("{head}{}", bare(line)).trim_end());
                out.push('\n');
            }
        }
        out
    }

    fn words(&self) -> Words {
        let [critical, high, medium, low, other] = self.counts;
        Words {
            status: self.verdict.name(),
            exit_status: self.verdict.status(),
            summary: self.summary.clone(),
            firing: Firing { critical, high, medium, low, other },
            pending: self.pending,
            unknown: self.unknown.clone(),
            alerts: self.report.as_ref().map_or_else(Vec::new, AlertWords::all),
        }
    }
}
