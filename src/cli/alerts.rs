//! `shtop alerts`: which alerts fire, are pending or were resolved; and how `shtop check` gets to know them.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::answer::{Format, Ink, Number, Table, Tone, columns, label_map, put, time};
use super::gather::{Asking, Needs, Session, ask, tell};
use super::{FAILED, Failure};
use crate::app::{Board, Line, standing, told_apart, watched};
use crate::rules::{Alert, AlertState, Health, Kind, Origin, Phase, RuleStatus, Severity};
use crate::series::{nearest, printable};
use crate::source::{AlertReport, Event};
use crate::unit::Unit;

/// Prints the alerts, one a line: those that fire first, of those the worst.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop alerts --target agent-1:9090 agent-2:9090
  shtop alerts --context prod --severity high+          high and worse
  shtop alerts -p http://prometheus:9090 --state firing --format json
  shtop alerts --demo s3-outage

A rule wants its condition to hold for a while before it fires. Agents that are scraped
only now have no past: what holds now is told as pending, unless --watch looks longer.

Exit status: 0 answered, whatever fires; 1 the alerts cannot be known; 2 wrong use.")]
pub(super) struct Alerts {
    /// How to write them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Only alerts in these states, separated by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    asking: Asking,
}

/// The states of an alert, as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    /// It fires.
    Firing,
    /// Its condition holds, but not yet for as long as the rule wants.
    Pending,
    /// It fired not long ago.
    Resolved,
}

impl State {
    const fn phase(self) -> Phase {
        match self {
            Self::Firing => Phase::Firing,
            Self::Pending => Phase::Pending,
            Self::Resolved => Phase::Resolved,
        }
    }
}

/// Which alerts count.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Filter {
    /// Only alerts of these severities: critical, high, medium, low, other; high+ for high and worse
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',', value_parser = severities)]
    severity: Vec<Vec<Severity>>,
    /// Only alerts of these names, separated by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    alert: Vec<String>,
}

/// A severity, or with `+` that one and all that are worse.
fn severities(word: &str) -> Result<Vec<Severity>, String> {
    let (name, and_worse) = word.trim().strip_suffix('+').map_or((word.trim(), false), |name| (name, true));
    let known = Severity::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(name));
    match known {
        Some(least) => Ok(Severity::ALL.into_iter().filter(|s| *s == least || and_worse && *s > least).collect()),
        None => Err("write critical, high, medium, low or other, with + for all that are worse too".to_owned()),
    }
}

impl Filter {
    fn takes(&self, severity: Severity) -> bool {
        self.severity.is_empty() || self.severity.iter().flatten().any(|s| *s == severity)
    }

    fn names(&self, rule: &str) -> bool {
        self.alert.is_empty() || self.alert.iter().any(|name| name == rule)
    }

    /// Leaves of the report what counts.
    pub(super) fn apply(&self, report: &mut AlertReport) {
        report.rules.retain(|rule| rule.kind == Kind::Alerting && self.names(&rule.name));
        for rule in &mut report.rules {
            rule.alerts.retain(|alert| self.takes(alert.severity()));
        }
        // A rule whose severity is a template may still be meant.
        report.rules.retain(|rule| {
            let open = rule.labels.get("severity").is_some_and(|text| text.contains("{{"));
            !rule.alerts.is_empty() || open || self.takes(rule.severity())
        });
    }

    /// What is wrong with a name that no rule has, and which was probably meant.
    pub(super) fn unknown(&self, report: &AlertReport) -> Option<String> {
        let names = || report.rules.iter().filter(|r| r.kind == Kind::Alerting).map(|r| r.name.as_str());
        let wrong = self.alert.iter().find(|name| !names().any(|n| n == name.as_str()))?;
        let near = nearest(wrong, names()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Some(format!("no rule is called {}{near}", printable(wrong)))
    }
}

impl Alerts {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &Alerts) -> Result<u8, Failure> {
    ask(&command.asking, Needs::Alerts, async |session| {
        let report = report(session).await;
        let mut remarks = session.doubts();
        let Some(mut report) = report else {
            let why = session.outage().unwrap_or_else(|| "the rules were not evaluated in time".to_owned());
            tell(&remarks);
            return Err(Failure::Run(anyhow::anyhow!("the alerts cannot be known: {why}")));
        };
        if let Some(wrong) = command.filter.unknown(&report) {
            return Err(Failure::Usage(wrong));
        }
        if report.trouble.is_some() {
            session.hear_of_outage().await;
        }
        let outage = session.outage();
        // An outage is the trouble, with the server's name.
        remarks.extend(outage.clone().or_else(|| report.trouble.clone()));
        command.filter.apply(&mut report);
        for rule in &mut report.rules {
            let wanted = |alert: &Alert| command.state.iter().any(|s| s.phase() == alert.state.phase());
            rule.alerts.retain(|alert| command.state.is_empty() || wanted(alert));
        }
        let words = match command.format {
            Format::Text => text(&report, Ink::of(&session.config), (session.clock)()),
            Format::Json => session.document("alerts", remarks.clone(), Found::of(&report)).json()?,
        };
        tell(&remarks);
        put(&words)?;
        Ok(if outage.is_some() || report.trouble.is_some() { FAILED } else { 0 })
    })
}

/// How the rules stand once the source has answered; `None` where that cannot be known in time.
pub(super) async fn report(session: &mut Session) -> Option<AlertReport> {
    let mut found = None;
    session
        .settle(|event| {
            if let Event::Alerts(report) = event {
                found = Some(*report);
            }
        })
        .await;
    if session.outage().is_some() && (!session.is_server() || found.is_some()) {
        return found;
    }
    // A report counts when it has seen the last scrape of every target that was waited for.
    let after = session.ripen(drop).await;
    if after.is_some() {
        found = None;
    }
    while found.is_none() {
        if session.is_server() && session.outage().is_some() {
            return None;
        }
        match session.next().await? {
            Event::Alerts(report) if after.is_none_or(|after| report.at > after) => found = Some(*report),
            _ => {}
        }
    }
    found
}

fn text(report: &AlertReport, ink: Ink, now: i64) -> String {
    let board = Board::of(report.clone());
    let mut table = Table::new(columns() / 2);
    let mut failed = Table::new(columns());
    for line in board.lines() {
        match line {
            Line::Alert(_, rule, alert) => table.row(cells(rule, alert, now)),
            Line::Failed(_, rule) => {
                let Health::Failed(why) = &rule.health else { continue };
                failed.row([
                    ("failed".to_owned(), Some(Tone::Bad)),
                    (rule.name.clone(), None),
                    (why.lines().next().unwrap_or_default().to_owned(), None),
                ]);
            }
            Line::Heading(..) | Line::Group(..) | Line::Quiet(..) => {}
        }
    }
    table.text(ink) + &failed.text(ink)
}

/// An alert as a line of a table.
pub(super) fn cells(rule: &RuleStatus, alert: &Alert, now: i64) -> [(String, Option<Tone>); 6] {
    let phase = alert.state.phase();
    let tone = match (phase, alert.severity()) {
        (Phase::Firing, Severity::Critical | Severity::High) => Tone::Bad,
        (Phase::Firing, _) => Tone::Warn,
        _ => Tone::Dim,
    };
    let value = Unit::Short.format(alert.value, None);
    let against = match watched(rule).1 {
        Some(threshold) => {
            format!("{value} {} {}", threshold.comparison, Unit::Short.format(threshold.value, None))
        }
        None => value,
    };
    let standing = standing(alert, now);
    // The first column says the state already.
    let standing = standing.strip_prefix(&format!("{phase} ")).map_or(standing.clone(), |age| format!("for {age}"));
    let standing = if phase == Phase::Resolved { standing.replacen("for ", "", 1) } else { standing };
    [
        (phase.name().to_owned(), Some(tone)),
        (alert.severity().name().to_owned(), Some(tone)),
        (rule.name.clone(), Some(Tone::Bold)),
        (told_apart(rule, alert), None),
        (standing, None),
        (against, None),
    ]
}

/// The alerts in JSON.
#[derive(Serialize)]
struct Found {
    /// When the rules were looked at.
    evaluated_at: String,
    counts: Counts,
    alerts: Vec<AlertWords>,
    failed_rules: Vec<FailedRule>,
}

#[derive(Serialize)]
struct Counts {
    rules: usize,
    firing: usize,
    pending: usize,
    resolved: usize,
    failed_rules: usize,
}

/// An alert in JSON. Durations are seconds, times RFC 3339, `null` where there is none.
#[derive(Serialize)]
pub(super) struct AlertWords {
    name: String,
    severity: &'static str,
    state: &'static str,
    group: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    active_at: String,
    /// Whether it may have been active before `active_at`: nobody looked then.
    may_be_older: bool,
    firing_since: Option<String>,
    fires_at: Option<String>,
    resolved_at: Option<String>,
    value: Number,
    threshold: Option<ThresholdWords>,
    expr: String,
    for_seconds: f64,
    /// `shtop` or `prometheus`.
    evaluated_by: &'static str,
}

#[derive(Serialize)]
struct ThresholdWords {
    comparison: String,
    value: Number,
}

#[derive(Serialize)]
struct FailedRule {
    name: String,
    group: String,
    reason: String,
}

impl AlertWords {
    pub(super) fn of(rule: &RuleStatus, alert: &Alert) -> Self {
        let (mut firing_since, mut fires_at, mut resolved_at) = (None, None, None);
        match alert.state {
            AlertState::Pending { fires_at: at } => fires_at = Some(time(at)),
            AlertState::Firing { since } => firing_since = Some(time(since)),
            AlertState::Resolved { at } => resolved_at = Some(time(at)),
        }
        Self {
            name: rule.name.clone(),
            severity: alert.severity().name(),
            state: alert.state.phase().name(),
            group: rule.group.clone(),
            labels: label_map(&alert.labels),
            annotations: alert.annotations.iter().map(|(n, text)| (n.clone(), text.text().to_owned())).collect(),
            active_at: time(alert.active_at),
            may_be_older: alert.may_be_older(),
            firing_since,
            fires_at,
            resolved_at,
            value: Number(alert.value),
            threshold: watched(rule)
                .1
                .map(|t| ThresholdWords { comparison: t.comparison.to_string(), value: Number(t.value) }),
            expr: rule.expr.clone(),
            for_seconds: rule.hold as f64 / 1000.0,
            evaluated_by: match rule.origin {
                Origin::Local => "shtop",
                Origin::Server => "prometheus",
            },
        }
    }

    /// Every alert of the report, in the order of the text.
    pub(super) fn all(report: &AlertReport) -> Vec<Self> {
        let board = Board::of(report.clone());
        let of = |line| match line {
            Line::Alert(_, rule, alert) => Some(Self::of(rule, alert)),
            _ => None,
        };
        board.lines().into_iter().filter_map(of).collect()
    }
}

impl Found {
    fn of(report: &AlertReport) -> Self {
        let count = |phase| report.rules.iter().flat_map(|r| &r.alerts).filter(|a| a.state.phase() == phase).count();
        let failed_rules: Vec<_> = report
            .rules
            .iter()
            .filter_map(|rule| match &rule.health {
                Health::Failed(reason) => {
                    Some(FailedRule { name: rule.name.clone(), group: rule.group.clone(), reason: reason.clone() })
                }
                _ => None,
            })
            .collect();
        Self {
            evaluated_at: time(report.at),
            counts: Counts {
                rules: report.rules.len(),
                firing: count(Phase::Firing),
                pending: count(Phase::Pending),
                resolved: count(Phase::Resolved),
                failed_rules: failed_rules.len(),
            },
            alerts: AlertWords::all(report),
            failed_rules,
        }
    }
}
