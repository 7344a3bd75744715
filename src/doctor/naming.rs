//! Names and metadata of metrics, as `promtool check metrics` looks at them. Uses `exposition`.
//!
//! Sources: <https://prometheus.io/docs/practices/naming/>, <https://prometheus.io/docs/instrumenting/writing_exporters/>,
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>, the OpenMetrics specification. Checked against promtool
//! itself by a test.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::case::{Case, Reading};
use super::finding::Finding;
use crate::exposition::{Format, Type};

/// One family as far as its name and metadata go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// `None` where no TYPE says.
    kind: Option<Type>,
    has_help: bool,
    labels: BTreeSet<String>,
}

/// What can be wrong with a family.
struct Rule {
    id: &'static str,
    what: &'static str,
    next: &'static str,
    /// Nothing where it is right, else what more there is to say, which may be nothing.
    applies: fn(&str, &Named) -> Option<String>,
}

const fn rule(
    id: &'static str,
    what: &'static str,
    next: &'static str,
    applies: fn(&str, &Named) -> Option<String>,
) -> Rule {
    Rule { id, what, next, applies }
}

/// Base units, the only ones that names should have, and the units that stand for them elsewhere.
const UNITS: [(&str, &[&str]); 9] = [
    ("seconds", &["minutes", "hours", "days", "weeks"]),
    ("bytes", &["bits"]),
    ("celsius", &["fahrenheit", "rankine"]),
    ("kelvin", &["kelvins"]),
    ("meters", &["metres", "inches", "yards", "miles"]),
    ("grams", &["pounds", "ounces"]),
    ("joules", &["calories"]),
    ("volts", &[]),
    ("amperes", &[]),
];

const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga", "gibi",
    "tera", "tebi", "peta", "pebi",
];

const ABBREVIATIONS: [&str; 14] = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

const TYPES: [&str; 4] = ["counter", "gauge", "summary", "histogram"];

const RULES: [Rule; 16] = [
    rule("no-help", "without HELP", "describe it in one sentence", |_, f| flag(!f.has_help)),
    rule("no-type", "without TYPE", "declare its type", |_, f| flag(f.kind.is_none())),
    rule("counter-total", "counted, without _total in the name", "end the name of a counter in _total", |name, f| {
        flag(f.kind == Some(Type::Counter) && !name.ends_with("_total"))
    }),
    rule("total", "with _total in the name, though not a counter", "leave _total to counters", |name, f| {
        flag(f.is_typed() && f.kind != Some(Type::Counter) && name.ends_with("_total"))
    }),
    rule("bucket", "with _bucket in the name, though not a histogram", "leave _bucket to histograms", |name, f| {
        flag(f.is_typed() && !f.is_histogram() && name.ends_with("_bucket"))
    }),
    rule(
        "count",
        "with _count in the name, though neither histogram nor summary",
        "leave _count to them",
        |name, f| flag(f.is_typed() && !f.is_histogram() && !f.is_summary() && name.ends_with("_count")),
    ),
    rule("sum", "with _sum in the name, though neither histogram nor summary", "leave _sum to them", |name, f| {
        flag(f.is_typed() && !f.is_histogram() && !f.is_summary() && name.ends_with("_sum"))
    }),
    rule("le", "with label le, though not a histogram", "give the label another name", |_, f| {
        flag(f.is_typed() && !f.is_histogram() && f.labels.contains("le"))
    }),
    rule("quantile", "with label quantile, though not a summary", "give the label another name", |_, f| {
        flag(f.is_typed() && !f.is_summary() && f.labels.contains("quantile"))
    }),
    rule(
        "base-unit",
        "not in base units",
        "measure in seconds, bytes, ratios: whatever shows them chooses the scale",
        |name, _| {
            let (word, base) = unit(name)?;
            (word != base).then(|| format!("{base} instead of {word}"))
        },
    ),
    rule("abbreviated-unit", "with an abbreviated unit", "write units in full", |name, _| {
        let lower = name.to_ascii_lowercase();
        ABBREVIATIONS.iter().find(|unit| has_word(&lower, unit)).map(|unit| format!("_{unit}"))
    }),
    rule("type-in-name", "with a type in the name", "leave the type to TYPE", |name, _| {
        let lower = name.to_ascii_lowercase();
        TYPES.iter().find(|kind| has_word(&lower, kind)).map(|kind| format!("_{kind}"))
    }),
    rule("colon", "with a colon in the name", "leave : to recording rules", |name, _| flag(name.contains(':'))),
    rule("camel-case", "in camelCase", "write snake_case", |name, _| flag(is_camel(name))),
    rule("camel-case-label", "with a label in camelCase", "write snake_case", |_, f| {
        f.labels.iter().find(|label| is_camel(label)).cloned()
    }),
    rule(
        "illegal-name",
        "with a name that needs quotes",
        "keep to letters, digits and _: much of what reads metrics knows no other",
        |name, _| flag(!name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))),
    ),
];

impl Named {
    fn is_typed(&self) -> bool {
        self.kind.is_some_and(|kind| kind != Type::Unknown)
    }

    fn is_histogram(&self) -> bool {
        matches!(self.kind, Some(Type::Histogram | Type::GaugeHistogram))
    }

    fn is_summary(&self) -> bool {
        self.kind == Some(Type::Summary)
    }
}

fn flag(applies: bool) -> Option<String> {
    applies.then(String::new)
}

/// Whether `word` is one of the words of `name`, but not the first.
fn has_word(name: &str, word: &str) -> bool {
    let mut rest = name;
    while let Some(i) = rest.find(word) {
        let (before, after) = (&rest[..i], &rest[i + word.len()..]);
        if before.ends_with('_') && (after.is_empty() || after.starts_with('_')) {
            return true;
        }
        rest = &rest[i + 1..];
    }
    false
}

fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// The unit in `name`, as it is written there, and its base.
fn unit(name: &str) -> Option<(&str, &'static str)> {
    name.split('_').find_map(|word| {
        let plain = PREFIXES.iter().find_map(|p| word.strip_prefix(p)).filter(|rest| !rest.is_empty()).unwrap_or(word);
        UNITS.iter().find_map(|(base, others)| {
            // Both spellings of the metre are base units.
            let base = if plain == "metres" { "metres" } else { base };
            (plain == base || others.contains(&plain)).then_some((word, base))
        })
    })
}

/// The families that have samples, by their names, as Prometheus takes them together.
pub(super) fn families(reading: &Reading<'_>) -> BTreeMap<String, Named> {
    let declared: BTreeMap<&str, _> = reading.summary.families.iter().map(|f| (f.name.as_str(), f)).collect();
    let mut found: BTreeMap<String, Named> = BTreeMap::new();
    for series in reading.names() {
        let is_openmetrics = reading.body.format == Format::OpenMetrics;
        let family = std::iter::once(series).chain(bases(series, is_openmetrics)).find_map(|base| {
            let family = declared.get(base)?;
            takes(family.kind, series.strip_prefix(base)?, is_openmetrics).then_some(*family)
        });
        let mut name = family.map_or(series, |f| f.name.as_str()).to_owned();
        if series.ends_with("_total") && family.is_some_and(|f| f.kind == Type::Counter) {
            // OpenMetrics describes x and samples x_total.
            series.clone_into(&mut name);
        }
        let named = found.entry(name).or_default();
        if let Some(family) = family {
            named.kind = (family.kind != Type::Unknown).then_some(family.kind).or(named.kind);
            named.has_help |= !family.help.is_empty();
        }
        let own: &[&str] = match named.kind {
            Some(Type::Histogram | Type::GaugeHistogram) => &["le"],
            Some(Type::Summary) => &["quantile"],
            _ => &[],
        };
        for sample in reading.named(series) {
            let Ok(pairs) = sample.labels() else { continue };
            for (label, _) in pairs.into_iter().skip(1) {
                if !own.contains(&label.as_ref()) && !named.labels.contains(label.as_ref()) {
                    named.labels.insert(label.into_owned());
                }
            }
        }
    }
    found
}

/// The names that the family of a series may have, if not its own.
fn bases(series: &str, is_openmetrics: bool) -> impl Iterator<Item = &str> {
    let suffixes: &[&str] = if is_openmetrics {
        &["_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"]
    } else {
        &["_bucket", "_sum", "_count"]
    };
    suffixes.iter().filter_map(move |suffix| series.strip_suffix(suffix))
}

fn takes(kind: Type, suffix: &str, is_openmetrics: bool) -> bool {
    match suffix {
        "" => true,
        "_bucket" => matches!(kind, Type::Histogram | Type::GaugeHistogram),
        "_sum" | "_count" => matches!(kind, Type::Histogram | Type::Summary),
        "_total" => is_openmetrics && kind == Type::Counter,
        "_created" => is_openmetrics && matches!(kind, Type::Counter | Type::Histogram | Type::Summary),
        "_gsum" | "_gcount" => kind == Type::GaugeHistogram,
        "_info" => kind == Type::Info,
        _ => false,
    }
}

/// What is wrong with a family: the ids of rules, and what more there is to say.
pub(super) fn faults(name: &str, named: &Named) -> Vec<(&'static str, String)> {
    RULES.iter().filter_map(|rule| Some((rule.id, (rule.applies)(name, named)?))).collect()
}

pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    // Of each rule the families that break it, and on how many targets.
    let mut broken: BTreeMap<&'static str, BTreeMap<String, usize>> = BTreeMap::new();
    let mut note = |name: &str, named: &Named| {
        for (id, words) in faults(name, named) {
            let item = if words.is_empty() { name.to_owned() } else { format!("{name}: {words}") };
            *broken.entry(id).or_default().entry(item).or_default() += 1;
        }
    };
    for reading in &case.readings {
        for (name, named) in families(reading) {
            note(&name, &named);
        }
    }
    // What the agents themselves said is more than what a server keeps of it.
    let server = case.installation.server.iter().filter(|_| case.readings.is_empty());
    let metadata = server.flat_map(|server| &server.metadata);
    for (name, said) in metadata.filter(|(name, _)| name.starts_with(super::PREFIX)) {
        let Some(said) = said.first() else { continue };
        let total = format!("{name}_total");
        // The server knows OpenMetrics' counters by their families.
        let names = case.installation.server.as_ref().map(|server| &server.names);
        let is_family = said.r#type == "counter" && names.is_some_and(|n| !n.contains(name) && n.contains(&total));
        note(
            if is_family { &total } else { name },
            &Named { kind: kind(&said.r#type), has_help: !said.help.is_empty(), labels: BTreeSet::new() },
        );
    }
    let targets = case.readings.len();
    let finding = |rule: &Rule| {
        let families = broken.get(rule.id)?;
        let item = |(name, n): (&String, &usize)| {
            if targets > 1 { format!("{name} ({n} of {targets} targets)") } else { name.clone() }
        };
        let n = families.len();
        let words = format!("{} {}", if n == 1 { "1 metric".to_owned() } else { format!("{n} metrics") }, rule.what);
        let why = "Tools and people read types and units from names and metadata";
        Some(Finding::note(words).why(why).next(rule.next).items(families.iter().map(item).collect()))
    };
    RULES.iter().filter_map(finding).collect()
}

fn kind(word: &str) -> Option<Type> {
    Some(match word {
        "counter" => Type::Counter,
        "gauge" => Type::Gauge,
        "histogram" => Type::Histogram,
        "summary" => Type::Summary,
        "gaugehistogram" => Type::GaugeHistogram,
        "info" => Type::Info,
        "stateset" => Type::StateSet,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
