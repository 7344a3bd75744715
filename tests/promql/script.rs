//! Prometheus' test scripts for PromQL: `load`, `clear` and `eval` commands, as described in its
//! `promql/promqltest/README.md`.

use std::sync::LazyLock;

use regex::Regex;
use shtop::promql::Severity;
use shtop::series::{Labels, Sample, Timestamp, stale_marker};

/// One command of a script.
pub(crate) enum Command {
    Clear,
    Load(Vec<Loaded>),
    Eval(Box<Eval>),
}

/// One series of a `load`.
pub(crate) struct Loaded {
    pub(crate) labels: Labels,
    /// Float samples, staleness markers among them.
    pub(crate) samples: Vec<Sample>,
    /// When there are native histograms, which are left out.
    pub(crate) natives: Vec<Timestamp>,
}

/// A query and what must come of it.
pub(crate) struct Eval {
    pub(crate) line: usize,
    pub(crate) query: String,
    pub(crate) when: When,
    pub(crate) expect: Expect,
    /// What must be noted beside the answer, and what must not.
    pub(crate) notes: Vec<Noted>,
    /// Whether the order of the series matters.
    pub(crate) ordered: bool,
}

/// What is said of the notes of one severity, which Prometheus calls annotations.
pub(crate) struct Noted {
    pub(crate) severity: Severity,
    pub(crate) wanted: Wanted,
}

pub(crate) enum Wanted {
    Nothing,
    Anything,
    /// One that is this, its place included.
    Text(String),
    Pattern(Regex),
}

pub(crate) enum When {
    Instant(Timestamp),
    Range { start: Timestamp, end: Timestamp, step: i64 },
}

pub(crate) enum Expect {
    /// An error, with this message where one is given.
    Failure(Option<String>),
    Scalar(f64),
    Text(String),
    /// Series with a value, or none, at each step.
    Series(Vec<(Labels, Vec<Option<f64>>)>),
    /// Samples of an instant query for a range vector, the i-th value at `start + i * step`.
    Matrix {
        start: Timestamp,
        step: i64,
        series: Vec<(Labels, Vec<Option<f64>>)>,
    },
    /// Native histograms, which are left out.
    Native,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Vec<Command> {
    let lines: Vec<&str> = text.lines().map(str::trim).map(|l| if l.starts_with('#') { "" } else { l }).collect();
    let instant = Regex::new(r"^eval(_\w+)?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$").unwrap();
    let range = Regex::new(r"^eval(_\w+)?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$").unwrap();
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let number = at + 1;
        at += 1;
        if line.is_empty() {
            continue;
        }
        let body_end = lines[at..].iter().position(|l| l.is_empty()).map_or(lines.len(), |n| at + n);
        if line == "clear" {
            commands.push(Command::Clear);
        } else if line.starts_with("load") {
            let mut words = line.split_whitespace();
            let with_nhcb = words.next() == Some("load_with_nhcb");
            let step = duration(words.next().unwrap());
            let mut loaded: Vec<Loaded> = Vec::new();
            for line in &lines[at..body_end] {
                let (labels, values) = series(line);
                let times = values.iter().enumerate().filter(|(_, v)| !matches!(v, Item::Nothing));
                let at = |(i, v): (usize, &Item)| (i as i64 * step, matches!(v, Item::Native));
                let (natives, floats): (Vec<_>, Vec<_>) = times.map(at).partition(|(_, native)| *native);
                let natives: Vec<_> = natives.into_iter().map(|(t, _)| t).collect();
                let samples = values.iter().enumerate().filter_map(|(i, v)| match v {
                    Item::Float(v) => Some(Sample { t: i as i64 * step, v: *v }),
                    _ => None,
                });
                let samples = samples.collect();
                // Of two lines for the same series in one load the last one holds.
                loaded.retain(|l| l.labels != labels);
                if with_nhcb && let Some(labels) = native_of(&labels) {
                    let natives = floats.into_iter().map(|(t, _)| t).collect();
                    loaded.push(Loaded { labels, samples: Vec::new(), natives });
                }
                loaded.push(Loaded { labels, samples, natives });
            }
            commands.push(Command::Load(loaded));
            at = body_end;
        } else {
            let (when, mode, query) = if let Some(c) = range.captures(line) {
                let when = When::Range { start: duration(&c[2]), end: duration(&c[3]), step: duration(&c[4]) };
                (when, c.get(1), c[5].to_owned())
            } else {
                let c = instant.captures(line).unwrap_or_else(|| panic!("line {number}: no command: {line}"));
                (When::Instant(c.get(2).map_or(0, |at| duration(at.as_str()))), c.get(1), c[3].to_owned())
            };
            let mode = mode.map_or("", |m| m.as_str());
            let (expect, ordered, used) = expectation(&lines[at..body_end], mode);
            let notes = lines[at..at + used].iter().filter_map(|line| noted(line)).collect();
            at += used;
            commands.push(Command::Eval(Box::new(Eval { line: number, query, when, expect, notes, ordered })));
        }
    }
    commands
}

fn noted(line: &str) -> Option<Noted> {
    let (what, more) =
        line.strip_prefix("expect ")?.trim_start().split_once(' ').unwrap_or((line.strip_prefix("expect ")?, ""));
    let severity = match what.trim().trim_start_matches("no_") {
        "info" => Severity::Info,
        "warn" => Severity::Warning,
        _ => return None,
    };
    let wanted = match more.trim().split_once(':') {
        _ if what.starts_with("no_") => Wanted::Nothing,
        Some(("msg", text)) => Wanted::Text(text.trim().to_owned()),
        Some(("regex", pattern)) => Wanted::Pattern(Regex::new(pattern.trim()).unwrap()),
        _ => Wanted::Anything,
    };
    Some(Noted { severity, wanted })
}

fn expectation(lines: &[&str], mode: &str) -> (Expect, bool, usize) {
    let range_vector = Regex::new(r"^expect range vector from (\S+) to (\S+) step (\S+)$").unwrap();
    let fail = Regex::new(r"^expect\s+fail(?:\s+msg:\s*(.+))?$").unwrap();
    let mut ordered = mode == "_ordered";
    let mut matrix = None;
    let mut failure = (mode == "_fail").then_some(None);
    let mut series_seen = Vec::new();
    let mut native = false;
    for (i, line) in lines.iter().enumerate() {
        if let Some(c) = fail.captures(line) {
            failure = Some(c.get(1).map(|m| m.as_str().trim().to_owned()));
        } else if let Some(message) = line.strip_prefix("expected_fail_message") {
            failure = Some(Some(message.trim().to_owned()));
        } else if let Some(c) = range_vector.captures(line) {
            matrix = Some((duration(&c[1]), duration(&c[3])));
        } else if let Some(text) = line.strip_prefix("expect string ") {
            return (Expect::Text(text.trim_matches(['"', '`']).to_owned()), ordered, i + 1);
        } else if line.starts_with("expect ordered") {
            ordered = true;
        } else if line.starts_with("expect ") {
            // Notes are looked at beside the values.
        } else if let Some(v) = number(line) {
            return (Expect::Scalar(v), ordered, i + 1);
        } else {
            let (labels, values) = series(line);
            native |= values.iter().any(|v| matches!(v, Item::Native));
            let values = values.iter().map(|v| if let Item::Float(v) = v { Some(*v) } else { None }).collect();
            series_seen.push((labels, values));
        }
    }
    let expect = match (failure, matrix) {
        _ if native => Expect::Native,
        (Some(message), _) => Expect::Failure(message),
        (None, Some((start, step))) => Expect::Matrix { start, step, series: series_seen },
        (None, None) => Expect::Series(series_seen),
    };
    (expect, ordered, lines.len())
}

/// The native histogram that Prometheus would make of a classic one's series.
fn native_of(labels: &Labels) -> Option<Labels> {
    let name = labels.metric()?;
    let base = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix))?;
    Some(labels.filtered(|l| l != "le").with(Labels::NAME, base))
}

enum Item {
    Float(f64),
    Nothing,
    Native,
}

/// `name{label="value"} values…`
fn series(line: &str) -> (Labels, Vec<Item>) {
    let name_end = line.find(['{', ' ', '\t']).unwrap_or(line.len());
    let mut pairs = vec![(Labels::NAME.to_owned(), line[..name_end].to_owned())];
    let mut rest = &line[name_end..];
    if rest.starts_with('{') && !rest.starts_with("{{") {
        rest = &rest[1..];
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
            let (name, after) = rest.split_once('=').unwrap_or_else(|| panic!("no label in {line}"));
            let after = after.trim_start();
            let quote = after.chars().next().unwrap();
            let mut end = 1;
            while after.as_bytes()[end] as char != quote {
                end += if after.as_bytes()[end] == b'\\' { 2 } else { 1 };
            }
            let value = after[1..end].replace("\\\"", "\"").replace("\\\\", "\\");
            pairs.push((name.trim().to_owned(), value));
            rest = &after[end + 1..];
        }
    }
    (Labels::from_pairs(pairs), values(rest))
}

fn values(text: &str) -> Vec<Item> {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| {
        let float = r"[+-]?(?:inf|nan|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)";
        Regex::new(&format!(r"^(?i)({float})(?:([+-])({float}))?(?:x(\d+))?$")).unwrap()
    });
    static NATIVE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x(\d+))?").unwrap());
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(c) = NATIVE.captures(rest) {
            let times = c.get(1).map_or(0, |n| n.as_str().parse().unwrap());
            out.extend((0..=times).map(|_| Item::Native));
            rest = rest[c[0].len()..].trim_start();
            continue;
        }
        let (word, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        rest = after.trim_start();
        if let Some(times) = word.strip_prefix('_') {
            let times = times.strip_prefix('x').map_or(1, |n| n.parse().unwrap());
            out.extend((0..times).map(|_| Item::Nothing));
        } else if word == "stale" {
            out.push(Item::Float(stale_marker()));
        } else {
            let c = ITEM.captures(word).unwrap_or_else(|| panic!("no value: {word:?} in {text:?}"));
            let first = number(&c[1]).unwrap();
            let step = c.get(3).map_or(0.0, |n| number(n.as_str()).unwrap());
            let step = if c.get(2).is_some_and(|s| s.as_str() == "-") { -step } else { step };
            let times = c.get(4).map_or(0, |n| n.as_str().parse().unwrap());
            // Prometheus adds up rather than multiplies, which rounds differently.
            let mut v = first;
            for _ in 0..=times {
                out.push(Item::Float(v));
                v += step;
            }
        }
    }
    out
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// `1m30s`, `10s53ms` or `0`, in ms.
pub(crate) fn duration(text: &str) -> i64 {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds * 1e3) as i64;
    }
    let part = Regex::new(r"(\d+)(ms|[smhdwy])").unwrap();
    let unit = |u: &str| match u {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => 365 * 86_400_000,
    };
    part.captures_iter(text).map(|c| c[1].parse::<i64>().unwrap() * unit(&c[2])).sum()
}
