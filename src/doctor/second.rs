//! A second opinion: every line read by an independent reader too, the crate prometheus-parse. Uses `exposition`.
//!
//! That reader has faults of its own, which are known and must not be blamed on the target: a difference that one of them
//! explains is only counted. It is given a bounded part of each body, line by line, in a thread of its own; should it panic
//! at a line, that line is counted, too.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prometheus_parse::{LineInfo, SampleType, Scrape, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::case::{Case, Reading};
use super::finding::{About, Finding, Place, counted};
use crate::exposition::{Format, RawSample, Type};

/// Name of the thread in which the second reader runs, by which whoever reports panics can tell that this one is caught.
pub const SECOND_READER: &str = "second reader";

/// How much of a body it is given, and of a line, in bytes.
const MOST: usize = 8 << 20;
const LONGEST: usize = 16 << 10;

/// How many differences are told of one body.
const TOLD: usize = 20;

/// A fault of the second reader that is known, in the order of the table in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Known {
    Brace,
    Comma,
    Escape,
    Blank,
    Colon,
    Quoted,
    Empty,
    Float,
    Seconds,
    Strictness,
}

impl Known {
    const fn words(self) -> &'static str {
        match self {
            Self::Brace => "takes a } in a label value for the end of the labels",
            Self::Comma => "splits label values at , and =",
            Self::Escape => "does not decode \\\\, \\\" and \\n",
            Self::Blank => "wants a blank after the braces and none inside them",
            Self::Colon => "does not know : in names",
            Self::Quoted => "does not know quoted names",
            Self::Empty => "does not know {} without labels",
            Self::Float => "reads fewer spellings of numbers",
            Self::Seconds => "takes OpenMetrics' seconds for milliseconds, or ignores them",
            Self::Strictness => "takes lines that the formats forbid",
        }
    }
}

/// What it made of one body.
#[derive(Debug, Default)]
struct Opinion {
    /// Lines that it was given.
    lines: usize,
    /// Lines that it was not given: too long, or beyond the part that is read.
    skipped: usize,
    panicked: Vec<u32>,
    known: FxHashMap<Known, usize>,
    /// Differences that nothing explains: the line, what was read here, what was read there.
    unknown: Vec<(u32, String, String)>,
    differences: usize,
}

pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    let readings = &case.readings;
    let read = || readings.iter().map(Opinion::of).collect::<Vec<_>>();
    let opinions = std::thread::scope(|scope| {
        // What one body does to it must not end the examination.
        let contained = || catch_unwind(AssertUnwindSafe(read)).ok();
        let thread = std::thread::Builder::new().name(SECOND_READER.to_owned()).spawn_scoped(scope, contained);
        thread.ok().and_then(|t| t.join().ok()).flatten()
    });
    let Some(opinions) = opinions else {
        return vec![
            Finding::note("the second reader gave no opinion: it could not be run")
                .why("The bodies were read by one reader only")
                .next("nothing on the installation's side")
                .about(About::SecondReader),
        ];
    };
    let mut findings = Vec::new();
    let mut known: FxHashMap<Known, usize> = FxHashMap::default();
    let (mut skipped, mut panicked, mut lines) = (0, 0, 0);
    for (reading, opinion) in case.readings.iter().zip(opinions) {
        for (fault, n) in &opinion.known {
            *known.entry(*fault).or_default() += n;
        }
        skipped += opinion.skipped;
        panicked += opinion.panicked.len();
        lines += opinion.lines;
        let Some((line, ours, theirs)) = opinion.unknown.first() else { continue };
        let item = |(line, ours, theirs): &(u32, String, String)| format!("{line}: {ours}; the second: {theirs}");
        let place = Place { target: reading.visit.name.clone(), line: Some(*line), column: Some(1), excerpt: None };
        findings.push(
            Finding::warning(format!(
                "two readers differ on {}: {ours}; the second: {theirs}",
                counted(opinion.differences, "line")
            ))
            .at(place)
            .why("What one tool shows of this target another may not")
            .next("write these lines in the plainest way the format knows")
            .items(opinion.unknown.iter().skip(1).map(item).collect()),
        );
    }
    let mut folded: Vec<_> = known.into_iter().collect();
    folded.sort();
    let mut items: Vec<String> =
        folded.iter().map(|(fault, n)| format!("{}: it {}", counted(*n, "line"), fault.words())).collect();
    let all: usize = folded.iter().map(|(_, n)| n).sum();
    if panicked > 0 {
        items.push(format!("{}: it broke down", counted(panicked, "line")));
    }
    if skipped > 0 {
        items.push(format!("{}: not given to it, they are too long or too many", counted(skipped, "line")));
    }
    if !items.is_empty() {
        findings.push(
            Finding::note(format!(
                "the second reader differs on {} of {lines} lines by known faults of its own",
                all + panicked
            ))
            .why("Nothing is wrong with these lines; they only have one witness")
            .next("nothing on the installation's side")
            .items(items)
            .about(About::SecondReader),
        );
    }
    findings
}

impl Opinion {
    fn of(reading: &Reading<'_>) -> Self {
        let mut opinion = Self::default();
        let unreadable: FxHashSet<u32> = reading.summary.diagnoses.iter().map(|d| d.line).collect();
        // Beyond what is kept nobody knows which line was the bad one.
        let is_complete = reading.summary.unreadable == reading.summary.diagnoses.len();
        let mut samples = reading.samples.iter().peekable();
        let types: FxHashMap<&str, Type> = reading.summary.families.iter().map(|f| (f.name.as_str(), f.kind)).collect();
        let mut read = 0;
        for (i, bytes) in reading.body.bytes.split(|&b| b == b'\n').enumerate() {
            let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
            let own = samples.next_if(|s| s.line == number);
            read += bytes.len() + 1;
            if bytes.is_empty() {
                continue;
            }
            let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.len() <= LONGEST && read <= MOST);
            let Some(line) = text else {
                opinion.skipped += 1;
                continue;
            };
            opinion.lines += 1;
            let Ok(second) = catch_unwind(|| Second::of(line)) else {
                opinion.panicked.push(number);
                continue;
            };
            let broken = unreadable.contains(&number) || own.is_none() && !is_complete;
            opinion.compare(number, line, own, second, broken, &types, reading.body.format);
        }
        opinion
    }

    #[expect(clippy::too_many_arguments, reason = "all there is to know of one line, said once")]
    fn compare(
        &mut self,
        number: u32,
        line: &str,
        own: Option<&RawSample<'_>>,
        second: Second,
        broken: bool,
        types: &FxHashMap<&str, Type>,
        format: Format,
    ) {
        let (ours, theirs, known) = match (own, second) {
            (Some(own), Second::Sample(theirs)) => {
                let ours = Sample::of(own);
                if ours.agrees(&theirs) {
                    return;
                }
                (ours.words(), theirs.words(), explained(line, Some(own), format))
            }
            (Some(own), _) => (Sample::of(own).words(), "no sample".to_owned(), explained(line, Some(own), format)),
            // The lines that cannot be read are told as such, whatever the second reader makes of them.
            (None, Second::Sample(_)) if broken => return self.count(Known::Strictness),
            (None, Second::Sample(theirs)) => {
                ("no sample".to_owned(), theirs.words(), line.starts_with('#').then_some(Known::Strictness))
            }
            (None, Second::Type(name, theirs)) => {
                let Some(kind) = types.get(name.as_str()).filter(|_| !broken) else { return };
                let ours = match kind {
                    Type::Counter => SampleType::Counter,
                    Type::Gauge => SampleType::Gauge,
                    Type::Histogram => SampleType::Histogram,
                    Type::Summary => SampleType::Summary,
                    Type::GaugeHistogram | Type::Info | Type::StateSet | Type::Unknown => SampleType::Untyped,
                };
                if ours == theirs {
                    return;
                }
                (format!("{name} is a {}", kind.as_str()), format!("{theirs:?}"), None)
            }
            (None, Second::Nothing) => return,
        };
        if let Some(fault) = known {
            return self.count(fault);
        }
        self.differences += 1;
        if self.unknown.len() < TOLD {
            self.unknown.push((number, ours, theirs));
        }
    }

    fn count(&mut self, fault: Known) {
        *self.known.entry(fault).or_default() += 1;
    }
}

/// The known fault that explains why the second reader reads `line` otherwise.
fn explained(line: &str, own: Option<&RawSample<'_>>, format: Format) -> Option<Known> {
    let own = own?;
    let inside = own.series.find('{').map_or("", |open| &own.series[open + 1..]);
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let after = line.trim_start().get(own.series.len()..).unwrap_or_default();
    let pairs = own.labels().unwrap_or_default();
    let value = |wanted: &[char]| pairs.iter().skip(1).any(|(_, value)| value.contains(wanted));
    if own.series.starts_with('{') || inside.split(',').any(|part| part.trim_start().starts_with('"')) && !value(&[','])
    {
        return Some(Known::Quoted);
    }
    if own.series.contains('}') && inside.contains('}') {
        return Some(Known::Brace);
    }
    if own.series.ends_with("{}") {
        return Some(Known::Empty);
    }
    if inside.contains('\\') {
        return Some(Known::Escape);
    }
    if value(&[',', '=']) {
        return Some(Known::Comma);
    }
    if own.metric().contains(':') {
        return Some(Known::Colon);
    }
    let unquoted: String = inside.split('"').step_by(2).collect();
    let commas = unquoted.matches(',').count();
    if unquoted.contains([' ', '\t']) || commas + 1 < pairs.len().saturating_sub(1) || !after.starts_with([' ', '\t']) {
        return Some(Known::Blank);
    }
    let number = after.split_whitespace().next().unwrap_or_default();
    if number.parse::<f64>().is_err() {
        return Some(Known::Float);
    }
    (format == Format::OpenMetrics && own.timestamp.is_some()).then_some(Known::Seconds)
}

/// What the second reader makes of one line.
enum Second {
    Sample(Sample),
    Type(String, SampleType),
    Nothing,
}

/// A sample as either reader has it.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
    timestamp: Option<i64>,
}

impl Second {
    fn of(line: &str) -> Self {
        match LineInfo::parse(line) {
            LineInfo::Type { metric_name, metric_alias, sample_type } => {
                Self::Type(metric_alias.unwrap_or(metric_name), sample_type)
            }
            LineInfo::Sample { timestamp, .. } => {
                let timestamp = timestamp.and_then(|t| t.parse().ok());
                let read = Scrape::parse(std::iter::once(Ok(line.to_owned()))).ok();
                let Some(sample) = read.and_then(|mut scrape| scrape.samples.pop()) else { return Self::Nothing };
                let (Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value)) = sample.value else {
                    return Self::Nothing;
                };
                let mut labels: Vec<_> = sample.labels.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                labels.sort();
                Self::Sample(Sample { name: sample.metric, labels, value, timestamp })
            }
            LineInfo::Doc { .. } | LineInfo::Empty | LineInfo::Ignored => Self::Nothing,
        }
    }
}

impl Sample {
    fn of(own: &RawSample<'_>) -> Self {
        let pairs = own.labels().unwrap_or_default().into_iter().skip(1);
        let mut labels: Vec<_> = pairs.map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        labels.sort();
        Self { name: own.metric().into_owned(), labels, value: own.value, timestamp: own.timestamp }
    }

    fn agrees(&self, other: &Self) -> bool {
        let same = self.value == other.value || self.value.is_nan() && other.value.is_nan();
        same && self.name == other.name && self.labels == other.labels && self.timestamp == other.timestamp
    }

    fn words(&self) -> String {
        let mut words = self.name.clone();
        for (i, (name, value)) in self.labels.iter().enumerate() {
            // Writing into a string cannot fail.
            write!(words, "{}{name}={value:?}", if i == 0 { "{" } else { "," }).ok();
        }
        if !self.labels.is_empty() {
            words.push('}');
        }
        write!(words, " {}", self.value).ok();
        if let Some(at) = self.timestamp {
            write!(words, " at {at}").ok();
        }
        words.chars().take(200).collect()
    }
}

#[cfg(test)]
mod tests;
