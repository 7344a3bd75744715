//! A report as text and as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::super::answer::{Document, Ink, SCHEMA, SourceWords, Table, Tone, columns, time};
use super::super::check::UNKNOWN;
use crate::config::Config;
use crate::doctor::{About, Finding, Installation, Place, Report, Row, Severity};
use crate::series::printable;

/// How many things a finding names in text.
const NAMED: usize = 5;

/// Where the text of a finding begins.
const INDENT: usize = 9;

/// The widest line that reads well.
const WIDEST: usize = 120;

/// What was examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Targets,
    Server,
    Demo,
    Files,
}

/// The report as lines for people.
pub(super) fn text(subject: Subject, installation: &Installation, report: &Report, ink: Ink, all: bool) -> String {
    let mut out = head(subject, installation, report);
    out.push('\n');
    for finding in &report.findings {
        out.push('\n');
        tell(&mut out, finding, ink, all);
    }
    if !report.coverage.is_empty() {
        out.push('\n');
        out.push_str(&matrix(&report.coverage, ink));
    }
    out.push_str(&top(report, ink));
    let (errors, warnings, notes) = counts(report);
    // Writing into a string cannot fail, here and below.
    writeln!(out, "\n{}, {}, {}", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note")).ok();
    out
}

fn counts(report: &Report) -> (usize, usize, usize) {
    (report.count(Severity::Error), report.count(Severity::Warning), report.count(Severity::Note))
}

fn plural(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

/// One line on what was examined.
fn head(subject: Subject, installation: &Installation, report: &Report) -> String {
    if let Some(server) = &installation.server {
        let version = server.version.as_deref().unwrap_or("a server");
        let mut words = format!("{version} at {}", server.url);
        if let Some(targets) = &server.targets {
            let up = targets.iter().filter(|t| t.health == "up").count();
            write!(words, ", {up} of {} up", plural(targets.len(), "target")).ok();
        }
        if !report.jobs.is_empty() {
            write!(words, ", StreamHouse's metrics under {}", report.jobs).ok();
        }
        return printable(&words).into_owned();
    }
    let thing = if subject == Subject::Files { "saved answer" } else { "target" };
    let series = report.top.series.unwrap_or(0);
    let all = plural(installation.visits.len(), thing);
    format!(
        "{all}, {} readable, {}",
        report.read,
        if series == 1 { "1 series".to_owned() } else { format!("{series} series") }
    )
}

fn tell(out: &mut String, finding: &Finding, ink: Ink, all: bool) {
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Note => Tone::Dim,
    };
    let width = usize::from(columns()).min(WIDEST).saturating_sub(INDENT).max(20);
    let name = finding.severity.name();
    let blanks = " ".repeat(INDENT - name.len());
    let place = finding.place.as_ref().map(|place| format!("{}  ", place_words(place))).unwrap_or_default();
    let mut lines = wrap(&format!("{place}{}", finding.what), width).into_iter();
    writeln!(out, "{}{blanks}{}", ink.put(tone, name), ink.put(Tone::Bold, &lines.next().unwrap_or_default())).ok();
    for line in lines {
        writeln!(out, "{:INDENT$}{}", "", ink.put(Tone::Bold, &line)).ok();
    }
    if let Some(excerpt) = finding.place.as_ref().and_then(|p| p.excerpt.as_deref()) {
        writeln!(out, "{:INDENT$}│ {excerpt}", "").ok();
    }
    let shown = if all { finding.items.len() } else { finding.items.len().min(NAMED) };
    for item in &finding.items[..shown] {
        indented(out, "· ", item, width, ink);
    }
    if finding.items.len() > shown {
        writeln!(out, "{:INDENT$}· and {} more (--all)", "", finding.items.len() - shown).ok();
    }
    if !finding.why.is_empty() {
        indented(out, "", &format!("{}.", finding.why), width, ink);
    }
    if !finding.next.is_empty() {
        indented(out, "→ ", &finding.next, width, ink);
    }
}

fn indented(out: &mut String, mark: &str, words: &str, width: usize, ink: Ink) {
    let deep = mark.width();
    for (i, line) in wrap(words, width.saturating_sub(deep)).iter().enumerate() {
        let mark = if i == 0 { mark } else { "  " };
        let mark = if deep == 0 { "" } else { mark };
        writeln!(out, "{:INDENT$}{}{line}", "", ink.put(Tone::Dim, mark)).ok();
    }
}

/// `agent-1:9090 line 41:17`.
fn place_words(place: &Place) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{} line {line}:{column}", place.target),
        (Some(line), None) => format!("{} line {line}", place.target),
        _ => place.target.clone(),
    }
}

/// The words in lines of at most `width` cells; a word that is longer has a line of its own.
fn wrap(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

fn matrix(rows: &[Row], ink: Ink) -> String {
    let mut table = Table::new(columns() / 2);
    let heading = ["component", "metrics", "declared", "missing", "alerts", "panels", "dashboards"];
    table.row(heading.map(|word| (word.to_owned(), Some(Tone::Dim))));
    let share = |part: usize, of: usize| {
        let tone = if part == of { Tone::Good } else { Tone::Warn };
        (format!("{part}/{of}"), Some(tone))
    };
    let count = |n: usize, tone| if n == 0 { ("-".to_owned(), None) } else { (n.to_string(), tone) };
    for row in rows {
        table.row([
            (row.component.to_owned(), None),
            share(row.exposed, row.metrics),
            count(row.declared.len(), None),
            count(row.missing.len(), Some(Tone::Warn)),
            share(row.alerts.1, row.alerts.0),
            share(row.panels.1, row.panels.0),
            (row.dashboards.join(", "), None),
        ]);
    }
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (exposed, metrics) = (sum(|r| r.exposed), sum(|r| r.metrics));
    table.row([
        ("all".to_owned(), Some(Tone::Bold)),
        share(exposed, metrics),
        count(sum(|r| r.declared.len()), None),
        count(sum(|r| r.missing.len()), Some(Tone::Warn)),
        (String::new(), None),
        (String::new(), None),
        (String::new(), None),
    ]);
    table.text(ink).lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn top(report: &Report, ink: Ink) -> String {
    let mut out = String::new();
    let lists = [("most series", &report.top.metrics), ("most label values", &report.top.labels)];
    for (heading, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let words: Vec<String> = list.iter().take(NAMED).map(|(name, n)| format!("{name} {n}")).collect();
        writeln!(out, "\n{}  {}", ink.put(Tone::Dim, heading), words.join(", ")).ok();
    }
    out
}

/// A report in JSON.
#[derive(Serialize)]
pub(super) struct ReportWords {
    /// `ok`, `warning`, `error` or `unknown`, as the exit status says.
    status: &'static str,
    exit_status: u8,
    counts: Counts,
    findings: Vec<FindingWords>,
    coverage: Vec<RowWords>,
    top: TopWords,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    note: usize,
}

#[derive(Serialize)]
struct FindingWords {
    severity: &'static str,
    check: &'static str,
    what: String,
    target: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    excerpt: Option<String>,
    why: String,
    next: String,
    items: Vec<String>,
    /// `installation`, or `second_reader` where nothing is wrong with the installation.
    about: &'static str,
}

#[derive(Serialize)]
struct RowWords {
    component: &'static str,
    metrics: usize,
    exposed: usize,
    declared: Vec<&'static str>,
    missing: Vec<&'static str>,
    alerts: Share,
    panels: Share,
    dashboards: Vec<String>,
}

/// How many of them can see something.
#[derive(Serialize)]
struct Share {
    all: usize,
    able: usize,
}

#[derive(Serialize)]
struct TopWords {
    series: Option<u64>,
    metrics: Vec<MetricWords>,
    labels: Vec<LabelWords>,
}

#[derive(Serialize)]
struct MetricWords {
    name: String,
    series: u64,
}

#[derive(Serialize)]
struct LabelWords {
    name: String,
    values: u64,
}

/// The report as a document.
pub(super) fn document(
    subject: Subject,
    installation: &Installation,
    report: &Report,
    status: u8,
    config: &Config,
) -> Document<ReportWords> {
    let server = installation.server.as_ref();
    let (targets, up, down) = if let Some(server) = server {
        let all = server.targets.as_deref().unwrap_or_default();
        let of = |health: &str| all.iter().filter(|t| t.health == health).count();
        (all.len(), of("up"), of("down"))
    } else {
        let up = installation.visits.iter().filter(|v| v.body.is_ok()).count();
        (installation.visits.len(), up, installation.visits.len() - up)
    };
    let source = SourceWords {
        kind: match subject {
            Subject::Targets => "scrape",
            Subject::Server => "prometheus",
            Subject::Demo => "demo",
            Subject::Files => "file",
        },
        context: config.context.name.clone(),
        url: server.map(|server| server.url.clone()),
        targets,
        up,
        down,
    };
    let (error, warning, note) = counts(report);
    let body = ReportWords {
        status: match status {
            0 => "ok",
            1 => "warning",
            UNKNOWN => "unknown",
            _ => "error",
        },
        exit_status: status,
        counts: Counts { error, warning, note },
        findings: report.findings.iter().map(FindingWords::of).collect(),
        coverage: report.coverage.iter().map(RowWords::of).collect(),
        top: TopWords {
            series: report.top.series,
            metrics: report
                .top
                .metrics
                .iter()
                .map(|(n, series)| MetricWords { name: n.clone(), series: *series })
                .collect(),
            labels: report
                .top
                .labels
                .iter()
                .map(|(n, values)| LabelWords { name: n.clone(), values: *values })
                .collect(),
        },
    };
    Document {
        schema: SCHEMA,
        kind: "doctor",
        at: time(installation.now),
        source: Some(source),
        remarks: installation.troubles.clone(),
        body,
    }
}

impl FindingWords {
    fn of(finding: &Finding) -> Self {
        let place = finding.place.as_ref();
        Self {
            severity: finding.severity.name(),
            check: finding.check,
            what: finding.what.clone(),
            target: place.map(|p| p.target.clone()),
            line: place.and_then(|p| p.line),
            column: place.and_then(|p| p.column),
            excerpt: place.and_then(|p| p.excerpt.clone()),
            why: finding.why.clone(),
            next: finding.next.clone(),
            items: finding.items.clone(),
            about: match finding.about {
                About::Installation => "installation",
                About::SecondReader => "second_reader",
            },
        }
    }
}

impl RowWords {
    fn of(row: &Row) -> Self {
        let share = |(all, able): (usize, usize)| Share { all, able };
        Self {
            component: row.component,
            metrics: row.metrics,
            exposed: row.exposed,
            declared: row.declared.clone(),
            missing: row.missing.clone(),
            alerts: share(row.alerts),
            panels: share(row.panels),
            dashboards: row.dashboards.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("averylongword b", 4), ["averylongword", "b"]);
        assert_eq!(wrap("日本 語", 5), ["日本", "語"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
