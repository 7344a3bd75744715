//! Samples outside their family and series that come twice: what an injected line looks like. Uses `exposition`.

use rustc_hash::FxHashSet;

use super::case::{Case, Reading};
use super::finding::{Finding, Place, counted};
use crate::exposition::{Place as Standing, RawSample};

/// How many places are told for each finding.
const TOLD: usize = 100;

pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for reading in &case.readings {
        let broken: FxHashSet<u32> = reading.summary.diagnoses.iter().map(|d| d.line).collect();
        let outside = reading.samples.iter().filter(|s| s.place == Standing::Outside);
        let (injected, elsewhere): (Vec<_>, Vec<_>) = outside.partition(|s| broken.contains(&s.line.saturating_sub(1)));
        // A metric without any description stands outside of its neighbour's family too; that alone is no sign of harm.
        let families: FxHashSet<&str> = reading.summary.families.iter().map(|f| f.name.as_str()).collect();
        let declared: Vec<_> = elsewhere.into_iter().filter(|s| is_described(&families, &s.metric())).collect();
        if let Some(first) = injected.first() {
            findings.push(
                Finding::error(format!(
                    "{} right after a line that breaks off, in the block of another family: injected through a label value",
                    stand(injected.len())
                ))
                .at(place(reading, first))
                .why("Whoever can choose a topic's name can write any metric of this target, and does")
                .next("escape label values in the client; do not trust this target's numbers until then")
                .items(told(&injected)),
            );
        }
        if let Some(first) = declared.first() {
            findings.push(
                Finding::warning(format!(
                    "{} in the block of another family, though described elsewhere",
                    stand(declared.len())
                ))
                .at(place(reading, first))
                .why("A line feed in a label value looks like this: the rest of the value becomes a sample")
                .next("look at the line before it; if that is whole, write each family's samples below its TYPE")
                .items(told(&declared)),
            );
        }
    }
    findings.extend(twice(case));
    findings
}

/// Whether one of `families` takes samples of this name.
fn is_described(families: &FxHashSet<&str>, name: &str) -> bool {
    let suffixes = ["", "_total", "_bucket", "_sum", "_count", "_created"];
    suffixes.iter().any(|suffix| name.strip_suffix(suffix).is_some_and(|family| families.contains(family)))
}

fn twice(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, reading) in case.readings.iter().enumerate() {
        let here = case.census.twice.iter().filter(|t| t.reading == i);
        let pairs = here.map(|t| (&reading.samples[t.first], &reading.samples[t.second]));
        let (same, other): (Vec<_>, Vec<_>) =
            pairs.partition(|(a, b)| a.value == b.value || a.value.is_nan() && b.value.is_nan());
        for (pairs, differ) in [(other, true), (same, false)] {
            let Some((first, second)) = pairs.first() else { continue };
            let n = counted(pairs.len(), "sample");
            let words =
                |(a, b): &(&RawSample<'_>, &RawSample<'_>)| format!("{}: as line {}: {}", b.line, a.line, b.series);
            let finding = if differ {
                Finding::error(format!(
                    "{n} of a series that was there before, with another value ({} on line {}, then {})",
                    first.value, first.line, second.value
                ))
            } else {
                Finding::warning(format!(
                    "{n} of a series that was there before, with the same value (line {})",
                    first.line
                ))
            };
            findings.push(
                finding
                    .at(place(reading, second))
                    .why("Prometheus keeps the first and counts the scrape's duplicates; which value is true nobody can tell")
                    .next("register each metric once, or give the series a label that tells them apart")
                    .items(pairs.iter().skip(1).take(TOLD).map(words).collect()),
            );
        }
    }
    findings
}

fn stand(n: usize) -> String {
    if n == 1 { "1 sample stands".to_owned() } else { format!("{n} samples stand") }
}

fn place(reading: &Reading<'_>, sample: &RawSample<'_>) -> Place {
    let excerpt: String = sample.series.chars().take(120).collect();
    Place {
        target: reading.visit.name.clone(),
        line: Some(sample.line),
        column: Some(1),
        excerpt: Some(format!("{excerpt} {}", sample.value)),
    }
}

fn told(samples: &[&RawSample<'_>]) -> Vec<String> {
    samples.iter().skip(1).take(TOLD).map(|s| format!("{}: {} {}", s.line, s.series, s.value)).collect()
}
