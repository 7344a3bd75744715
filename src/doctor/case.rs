//! What is examined, and what was read of it. Uses `catalog`, `series`, `exposition`, `rules`, `layout` and `source`.

use std::borrow::Cow;
use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::census::Census;
use super::server::Server;
use crate::catalog;
use crate::exposition::{Entry, Family, Fault, RawSample, Reader, Summary};
use crate::layout::Dashboard;
use crate::rules::RuleFile;
use crate::series::{Labels, MatchOp, Matcher, Timestamp};
use crate::source::fetch::Body;

/// Everything that was found of an installation.
#[derive(Debug)]
pub struct Installation {
    /// When, ms since the epoch.
    pub now: Timestamp,
    /// The job under which the agents are looked for.
    pub job: String,
    /// Time between two scrapes as the screen takes it to be, ms.
    pub interval: i64,
    /// The targets that were asked, and saved bodies.
    pub visits: Vec<Visit>,
    /// The Prometheus that was asked.
    pub server: Option<Server>,
    /// The rules that should be able to fire.
    pub rules: Vec<RuleFile>,
    /// The dashboards that should be able to show something.
    pub dashboards: Vec<Dashboard>,
    /// What is wrong with the list of targets itself, in words.
    pub troubles: Vec<String>,
}

/// One target, asked once, or one saved body.
#[derive(Debug)]
pub struct Visit {
    /// What it is called: its instance, or a file's name.
    pub name: String,
    /// The labels that every series of it gets, `job` and `instance` among them.
    pub labels: Labels,
    /// What came, or why nothing did, in words.
    pub body: Result<Body, String>,
    /// How the asking went; `None` for a saved body.
    pub trip: Option<Trip>,
}

/// How the asking of a target went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trip {
    /// How long it took, ms.
    pub took: f64,
    /// How long it may take, ms.
    pub timeout: f64,
    /// When the answer's head came, ms since the epoch.
    pub at: Timestamp,
    /// The target's own time then, by its `Date` header, to the second.
    pub date: Option<Timestamp>,
}

impl Visit {
    /// Label `job`.
    pub fn job(&self) -> &str {
        self.labels.get("job").unwrap_or_default()
    }
}

/// What was read of a body.
pub(super) struct Reading<'a> {
    pub(super) visit: &'a Visit,
    pub(super) body: &'a Body,
    pub(super) summary: Summary,
    pub(super) samples: Vec<RawSample<'a>>,
    by_name: FxHashMap<Cow<'a, str>, Vec<usize>>,
}

impl<'a> Reading<'a> {
    /// # Errors
    /// The body is unusable as a whole.
    fn of(visit: &'a Visit, body: &'a Body) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body.bytes, body.format);
        let mut samples = Vec::new();
        for entry in reader.by_ref() {
            if let Entry::Sample(sample) = entry {
                samples.push(sample);
            }
        }
        let summary = reader.finish()?;
        let mut by_name: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for (i, sample) in samples.iter().enumerate() {
            by_name.entry(sample.metric()).or_default().push(i);
        }
        Ok(Self { visit, body, summary, samples, by_name })
    }

    /// The names of its series.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(AsRef::as_ref)
    }

    /// The samples of the series called `name`.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &RawSample<'a>> {
        self.by_name.get(name).into_iter().flatten().map(|i| &self.samples[*i])
    }
}

/// How much of a selector is there. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Presence {
    /// Nobody exposes the metric.
    Missing,
    /// Somebody announces it and has no sample of it.
    Declared,
    /// It is there, but no series of it has these labels.
    Unmatched,
    /// There are series.
    There,
}

/// The installation with what was read of it.
pub(super) struct Case<'a> {
    pub(super) installation: &'a Installation,
    pub(super) readings: Vec<Reading<'a>>,
    /// Visits whose body is unusable, and why.
    pub(super) unusable: Vec<(&'a Visit, Fault)>,
    pub(super) census: Census<'a>,
    known: RefCell<FxHashMap<String, Presence>>,
}

impl<'a> Case<'a> {
    pub(super) fn new(installation: &'a Installation) -> Self {
        let (mut readings, mut unusable) = (Vec::new(), Vec::new());
        for visit in &installation.visits {
            match visit.body.as_ref().map(|body| Reading::of(visit, body)) {
                Ok(Ok(reading)) => readings.push(reading),
                Ok(Err(fault)) => unusable.push((visit, fault)),
                Err(_) => {}
            }
        }
        let census = Census::of(&readings);
        Self { installation, readings, unusable, census, known: RefCell::default() }
    }

    /// Whether anything was read at all, here or by the server.
    pub(super) fn has_data(&self) -> bool {
        !self.readings.is_empty() || self.installation.server.is_some()
    }

    /// How much of the series that satisfy `matchers` is there.
    pub(super) fn presence(&self, matchers: &[Matcher]) -> Presence {
        let key = selector(matchers);
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let presence = match &self.installation.server {
            Some(server) => server.presence(matchers, &key),
            None => self.scraped(matchers),
        };
        self.known.borrow_mut().insert(key, presence);
        presence
    }

    fn scraped(&self, matchers: &[Matcher]) -> Presence {
        let mut found = Presence::Missing;
        let aliases: Vec<&str> = match metric_of(matchers) {
            Some(name) => catalog::find(name).map_or_else(|| vec![name], |metric| metric.names().collect()),
            None => Vec::new(),
        };
        for visit in &self.installation.visits {
            for name in OWN.iter().filter(|name| is_named(matchers, name)) {
                let value =
                    |label: &str| if label == Labels::NAME { name } else { visit.labels.get(label).unwrap_or("") };
                let fits = matchers.iter().all(|m| m.matches(value(&m.name)));
                found = found.max(if fits { Presence::There } else { Presence::Unmatched });
            }
        }
        for reading in &self.readings {
            if found == Presence::There {
                break;
            }
            let equal = matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal);
            let names: Vec<&str> = match equal {
                Some(m) => vec![&m.value],
                None => reading.names().filter(|name| is_named(matchers, name)).collect(),
            };
            for name in names {
                for sample in reading.named(name) {
                    found = found.max(Presence::Unmatched);
                    if fits(sample, &reading.visit.labels, matchers) {
                        found = Presence::There;
                        break;
                    }
                }
            }
            let declares = |f: &Family| f.samples == 0 && aliases.iter().any(|name| is_of(&f.name, name));
            if found == Presence::Missing && reading.summary.families.iter().any(declares) {
                found = Presence::Declared;
            }
        }
        found
    }
}

/// The series that whoever scrapes makes for each target.
const OWN: [&str; 4] = ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added"];

fn is_named(matchers: &[Matcher], name: &str) -> bool {
    matchers.iter().filter(|m| m.name == Labels::NAME).all(|m| m.matches(name))
}

/// Whether a sample, with its target's labels, satisfies `matchers`.
fn fits(sample: &RawSample<'_>, target: &Labels, matchers: &[Matcher]) -> bool {
    let Ok(labels) = sample.labels() else { return false };
    matchers.iter().all(|m| {
        let own = || labels.iter().find(|(name, _)| *name == m.name).map(|(_, value)| value.as_ref());
        m.matches(target.get(&m.name).or_else(own).unwrap_or_default())
    })
}

/// Whether a family and a series belong together, other names and suffixes of the metric included.
pub(super) fn same_metric(family: &str, series: &str) -> bool {
    let names = catalog::find(series).map_or_else(|| vec![series], |metric| metric.names().collect());
    names.into_iter().any(|name| is_of(family, name))
}

/// Whether a family takes samples of this name.
fn is_of(family: &str, name: &str) -> bool {
    let suffix = name.strip_prefix(family);
    suffix.is_some_and(|s| matches!(s, "" | "_total" | "_bucket" | "_sum" | "_count" | "_created" | "_info"))
}

/// The name that `matchers` ask for, where it is one.
pub(super) fn metric_of(matchers: &[Matcher]) -> Option<&str> {
    matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal).map(|m| m.value.as_str())
}

/// The selector in one spelling, the same for the same matchers in another order. It is PromQL.
pub(super) fn selector(matchers: &[Matcher]) -> String {
    let mut words: Vec<String> = matchers.iter().map(written).collect();
    words.sort();
    format!("{{{}}}", words.join(","))
}

fn written(matcher: &Matcher) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
    let plain = matcher.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let name = if plain { matcher.name.clone() } else { quoted(&matcher.name) };
    format!("{name}{}{}", matcher.op, quoted(&matcher.value))
}
