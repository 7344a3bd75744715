//! What is doubtful in any expression: metrics that StreamHouse does not have, functions that do not suit them. Uses
//! `catalog`, `promql` and `series`.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::catalog::{self, Kind, METRICS, Metric};
use crate::promql::{Interest, Query, Reading};
use crate::series::nearest;

/// What all of StreamHouse's metrics begin with.
const PREFIX: &str = "streamhouse_";

/// One doubt about a query.
pub(super) struct Doubt {
    /// Bytes of the query's text.
    pub(super) place: Range<usize>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// The doubts about `query`, each metric's once. `others` are series that there are beside the catalogue's.
pub(super) fn doubts(query: &Query, others: &BTreeSet<String>) -> Vec<Doubt> {
    let mut told = BTreeSet::new();
    let readings = query.readings().into_iter();
    readings.filter_map(|reading| doubt(&reading, others)).filter(|doubt| told.insert(doubt.message.clone())).collect()
}

fn doubt(reading: &Reading, others: &BTreeSet<String>) -> Option<Doubt> {
    let name = reading.metric.as_str();
    let doubt = |message, hint: String| Some(Doubt { place: reading.place.clone(), message, hint: Some(hint) });
    let Some(metric) = known(name) else {
        // A colon is in the names of what rules record.
        if !name.starts_with(PREFIX) || name.contains(':') || others.contains(name) {
            return None;
        }
        let names: Vec<String> = METRICS.iter().flat_map(Metric::series_names).collect();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "shtop doctor lists the metrics that an installation exposes".to_owned(),
        };
        return doubt(format!("StreamHouse has no metric {name}"), hint);
    };
    match (metric.kind, reading.over) {
        (Kind::Gauge, Some(over @ ("rate" | "irate" | "increase"))) => doubt(
            format!("{over}() of {name}, which is a gauge: it takes each fall for a restart"),
            "how a gauge moves is told by deriv() or delta()".to_owned(),
        ),
        (Kind::Counter | Kind::Histogram(_), None) if reading.interest == Interest::Values => doubt(
            format!("{name} is a counter and is read without rate()"),
            format!("its value tells only how long the process has run; write rate({name}[5m]) or increase(…)"),
        ),
        _ => None,
    }
}

/// The catalogue's metric of this name, with or without the `_total` that clients add or leave out.
fn known(name: &str) -> Option<&'static Metric> {
    catalog::find(name).or_else(|| catalog::find(&format!("{name}_total")))
}
