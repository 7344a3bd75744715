//! Why a query has no result: found by asking the store and the targets, said in words. Uses `catalog`, `series`,
//! `unit`, `exposition`, `store` and `promql`.

use std::fmt;

use super::{Absence, Health};
use crate::catalog::{self, Metric};
use crate::exposition::Family;
use crate::promql::Query;
use crate::series::{Labels, MatchOp, Matcher, Select, Timestamp, is_stale, printable};
use crate::store::Store;
use crate::unit::length;

/// Before any sample that there can be.
const EVER: Timestamp = Timestamp::MIN / 4;

/// What is known of a target.
pub(super) struct Seen<'a> {
    pub(super) health: &'a Health,
    /// Families of its last good body.
    pub(super) families: &'a [Family],
    /// Samples in its last good body.
    pub(super) samples: usize,
}

/// Data in which reasons can be found.
pub(super) trait Evidence: Select {
    /// Whether a series satisfies all `matchers` and has a sample in `(after, until]`; does not look at more than it must.
    fn any(&self, matchers: &[Matcher], after: Timestamp, until: Timestamp) -> bool;
}

impl Evidence for Store {
    fn any(&self, matchers: &[Matcher], after: Timestamp, until: Timestamp) -> bool {
        // Every series has a name, and the store looks at one series a name only.
        !self.label_values(Labels::NAME, matchers, after, until).is_empty()
    }
}

/// What an explanation is found in.
pub(super) struct Scene<'a> {
    pub(super) data: &'a dyn Evidence,
    pub(super) targets: Vec<Seen<'a>>,
    /// Whether the window ends at the newest data: then the targets' health is part of the answer.
    pub(super) live: bool,
}

/// What stands for one series name in a query: the names of a metric joined by `or` count as one.
pub(super) struct Part {
    /// The catalogue's name, else the query's; the selector where there is no name.
    pub(super) metric: String,
    /// The metric, if the catalogue has it.
    known: Option<&'static Metric>,
    /// Whether `metric` names a metric at all.
    pub(super) named: bool,
    /// Matchers on other labels, as text: parts that differ in them have to be there on their own.
    others: String,
    /// The selectors, one a name.
    pub(super) alternatives: Vec<Vec<Matcher>>,
}

/// What the store holds of a part.
#[derive(Default)]
struct Held {
    /// Most samples of one series, staleness markers not counted.
    most: usize,
    /// The first sample of any series, and the newest.
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// The shortest time between two of any series' newest samples, ms.
    every: Option<i64>,
    /// Whether a series goes on to the end.
    open: bool,
}

/// How many of a series' newest samples tell how far apart they are.
const RECENT: usize = 4;

/// Whether windows of this length hold no two samples that are this far apart, but by chance: scrapes come a little early
/// or late.
pub(super) fn is_sparse(every: i64, window: i64) -> bool {
    window > 0 && every.saturating_mul(10) >= window.saturating_mul(9)
}

impl Scene<'_> {
    /// Why `query`, evaluated over steps up to `until` of which the first reads data after `from`, has no result.
    pub(super) fn explain(&self, query: &Query, from: Timestamp, until: Timestamp) -> Absence {
        let up = self.targets.iter().filter(|t| *t.health == Health::Up).count();
        if self.live && up == 0 {
            let waiting = self.targets.is_empty() || self.targets.iter().any(|t| *t.health == Health::Unknown);
            return if waiting { Absence::Waiting } else { Absence::AllDown { targets: self.targets.len() } };
        }
        let parts = parts(query);
        if let Some(absence) = parts.iter().find_map(|p| self.missing(p, up, until)) {
            return absence;
        }
        let held: Vec<_> = parts.iter().map(|p| (p, self.held(&p.alternatives, from, until))).collect();
        for (part, held) in &held {
            if held.last.is_none() {
                let ever = part.alternatives.iter().any(|matchers| self.data.any(matchers, EVER, until));
                return match ever.then(|| self.held(&part.alternatives, EVER, until).last).flatten() {
                    Some(last) => Absence::Gone { metric: part.metric.clone(), last },
                    None => Absence::NoMatch { selector: selector(&part.alternatives[0]) },
                };
            }
        }
        let window = query.span();
        let sparse = |every: i64| is_sparse(every, window);
        if reads_ranges(query.text())
            && let Some((part, every)) =
                held.iter().find_map(|(p, h)| Some((p, h.every.filter(|every| sparse(*every))?)))
        {
            return Absence::TooSparse { metric: part.metric.clone(), window, every };
        }
        if reads_ranges(query.text())
            && let Some((part, held)) = held.iter().find(|(_, h)| h.most < 2)
        {
            return Absence::TooFew { metric: part.metric.clone(), since: held.first };
        }
        let gone = held.iter().filter(|(_, h)| !h.open).find_map(|(p, h)| h.last.map(|last| (p, last)));
        match gone {
            Some((part, last)) => Absence::Gone { metric: part.metric.clone(), last },
            None => Absence::Filtered,
        }
    }

    /// The time of the newest sample that `query` reads at `at`, where none of its series goes on: what it gives then comes
    /// from the past alone.
    pub(super) fn ended(&self, query: &Query, at: Timestamp, lookback: i64) -> Option<Timestamp> {
        // Only a target that does not answer ends series all at once.
        if !self.live || self.targets.iter().all(|t| *t.health == Health::Up) {
            return None;
        }
        let held = self.held(&query.selectors(), at - lookback, at);
        if held.open { None } else { held.last }
    }

    /// Whether nothing of the part's name was ever there.
    fn missing(&self, part: &Part, up: usize, until: Timestamp) -> Option<Absence> {
        let by_name = |selector: &Vec<Matcher>| -> Vec<Matcher> {
            selector.iter().filter(|m| m.name == Labels::NAME).cloned().collect()
        };
        let names: Vec<_> = part.alternatives.iter().map(by_name).collect();
        if !part.named || names.iter().any(|matchers| self.data.any(matchers, EVER, until)) {
            return None;
        }
        let looked_at = self.targets.iter().filter(|t| !self.live || *t.health == Health::Up);
        let declared = looked_at.filter(|t| t.families.iter().any(|f| part.is_declared_by(f))).count();
        Some(if declared > 0 {
            Absence::Declared { metric: part.metric.clone(), targets: declared }
        } else {
            let silent = self.targets.iter().filter(|t| *t.health == Health::Up && t.samples == 0).count();
            Absence::NotExposed { metric: part.metric.clone(), targets: up, silent }
        })
    }

    fn held(&self, alternatives: &[Vec<Matcher>], after: Timestamp, until: Timestamp) -> Held {
        let mut held = Held::default();
        for matchers in alternatives {
            self.data.select(matchers, after, until, &mut |_, samples| {
                held.most = held.most.max(samples.iter().filter(|s| !is_stale(s.v)).count());
                let first = samples.iter().find(|s| !is_stale(s.v)).map(|s| s.t);
                held.first = held.first.into_iter().chain(first).min();
                held.last = held.last.max(samples.iter().rev().find(|s| !is_stale(s.v)).map(|s| s.t));
                let times: Vec<_> = samples.iter().rev().filter(|s| !is_stale(s.v)).take(RECENT).map(|s| s.t).collect();
                let gaps = times.windows(2).map(|pair| pair[0] - pair[1]);
                held.every = held.every.into_iter().chain(gaps).min();
                held.open |= samples.last().is_some_and(|s| !is_stale(s.v));
            });
        }
        held
    }
}

impl Part {
    /// Whether `family` announces the part's metric without a sample of it.
    fn is_declared_by(&self, family: &Family) -> bool {
        let announces = |name: &str| {
            let suffix = name.strip_prefix(family.name.as_str());
            suffix.is_some_and(|s| matches!(s, "" | "_total" | "_bucket" | "_sum" | "_count" | "_created" | "_info"))
        };
        family.samples == 0
            && match self.known {
                Some(metric) => metric.names().any(announces),
                None => announces(&self.metric),
            }
    }
}

/// The parts of `query`, in its order.
pub(super) fn parts(query: &Query) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for matchers in query.selectors() {
        let (known, metric) = match name_of(&matchers) {
            Some(name) => match catalog::find(name) {
                Some(metric) => (Some(metric), canonical(metric, name)),
                None => (None, printable(name).into_owned()),
            },
            None => match by_pattern(&matchers) {
                Some(metric) => (Some(metric), metric.name.to_owned()),
                None => (None, String::new()),
            },
        };
        let others = others(&matchers);
        let named = !metric.is_empty();
        let metric = if named { metric } else { selector(&matchers) };
        match parts.iter_mut().find(|p| named && p.metric == metric && p.others == others) {
            Some(part) => part.alternatives.push(matchers),
            None => parts.push(Part { metric, known, named, others, alternatives: vec![matchers] }),
        }
    }
    parts
}

fn name_of(matchers: &[Matcher]) -> Option<&str> {
    matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal).map(|m| m.value.as_str())
}

/// The metric of the catalogue that a pattern for names means.
fn by_pattern(matchers: &[Matcher]) -> Option<&'static Metric> {
    let pattern = matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Regex)?;
    catalog::METRICS.iter().find(|m| m.series_names().iter().any(|n| pattern.matches(n)))
}

/// The first name of `metric` with the suffix that `series_name` has.
fn canonical(metric: &Metric, series_name: &str) -> String {
    let suffix = metric.names().filter_map(|n| series_name.strip_prefix(n)).min_by_key(|s| s.len());
    format!("{}{}", metric.name, suffix.unwrap_or_default())
}

fn others(matchers: &[Matcher]) -> String {
    let others: Vec<_> = matchers.iter().filter(|m| m.name != Labels::NAME).map(Matcher::to_string).collect();
    others.join(",")
}

/// The selector in Prometheus' notation, safe to show.
pub(super) fn selector(matchers: &[Matcher]) -> String {
    let name = name_of(matchers);
    let rest: Vec<_> = matchers
        .iter()
        .filter(|m| name.is_none() || m.name != Labels::NAME || m.op != MatchOp::Equal)
        .map(Matcher::to_string)
        .collect();
    let braces = if rest.is_empty() && name.is_some() { String::new() } else { format!("{{{}}}", rest.join(", ")) };
    printable(&format!("{}{braces}", name.unwrap_or_default())).into_owned()
}

/// Whether the query has a range (`[5m]`): a bracket outside of strings and comments.
pub(super) fn reads_ranges(text: &str) -> bool {
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"' | '\''), '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '#') => {
                chars.find(|c| *c == '\n');
            }
            (None, '[') => return true,
            _ => {}
        }
    }
    false
}

impl Absence {
    /// What the panel says, with ages as seen at `now`.
    pub fn words(&self, now: Timestamp) -> String {
        match self {
            Self::Gone { metric, last } => format!("last sample {} ago: {metric}", age(now - last)),
            Self::TooFew { metric, since: Some(since) } => {
                format!("needs two scrapes; {} so far: {metric}", age(now - since))
            }
            other => other.to_string(),
        }
    }
}

/// What the panel says, without ages; [`Absence::words`] has them.
impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting for the first scrape"),
            Self::AllDown { targets: 1 } => f.write_str("the only target is down"),
            Self::AllDown { targets } => write!(f, "no target is up, all {targets} are down"),
            Self::NotExposed { metric, targets, silent } => {
                match targets {
                    0 | 1 => write!(f, "not exposed by the target: {metric}")?,
                    2 => write!(f, "not exposed by either of the 2 targets: {metric}")?,
                    n => write!(f, "not exposed by any of the {n} targets: {metric}")?,
                }
                match (silent, targets) {
                    (0, _) => Ok(()),
                    (_, 1) => f.write_str(" (it is up and exposes nothing at all)"),
                    (s, t) if s == t => write!(f, " (all {t} are up and expose nothing at all)"),
                    (1, t) => write!(f, " (1 of {t} up targets exposes nothing at all)"),
                    (s, t) => write!(f, " ({s} of {t} up targets expose nothing at all)"),
                }
            }
            Self::Declared { metric, targets: 1 } => write!(f, "declared by 1 target, no samples yet: {metric}"),
            Self::Declared { metric, targets } => write!(f, "declared by {targets} targets, no samples yet: {metric}"),
            Self::NoMatch { selector } => write!(f, "no series matches {selector}"),
            Self::TooFew { metric, .. } => write!(f, "needs two scrapes: {metric}"),
            Self::TooSparse { metric, window, every } => {
                let (window, every) = (length(*window), length((every + 500) / 1_000 * 1_000));
                write!(f, "needs two samples in {window}, scraped every {every}: {metric}")
            }
            Self::Gone { metric, .. } => write!(f, "no samples any more: {metric}"),
            Self::Filtered => f.write_str("nothing meets the query's conditions"),
        }
    }
}

/// `4m 10s`, `3h 5m`, `45s`.
fn age(ms: i64) -> String {
    let s = ms.max(0) / 1000;
    let (d, h, m, s) = (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
    match (d, h, m) {
        (0, 0, 0) => format!("{s}s"),
        (0, 0, m) => format!("{m}m {s}s"),
        (0, h, m) => format!("{h}h {m}m"),
        (d, h, _) => format!("{d}d {h}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Type;
    use crate::series::{InMemory, Sample, stale_marker};

    impl Evidence for InMemory {
        fn any(&self, matchers: &[Matcher], after: Timestamp, until: Timestamp) -> bool {
            let mut found = false;
            self.select(matchers, after, until, &mut |_, _| found = true);
            found
        }
    }

    const NOW: Timestamp = 10_000_000;
    const MINUTE: i64 = 60_000;

    fn series(name: &str, label: (&str, &str), samples: &[(Timestamp, f64)]) -> (Labels, Vec<Sample>) {
        let labels = Labels::from_pairs([("__name__", name), label]);
        (labels, samples.iter().map(|&(t, v)| Sample { t, v }).collect())
    }

    fn data() -> InMemory {
        let two = [(NOW - 5000, 1.0), (NOW, 2.0)];
        InMemory(vec![
            series("streamhouse_s3_requests_total", ("operation", "put"), &two),
            series("streamhouse_s3_errors_total", ("operation", "put"), &two[1..]),
            series("streamhouse_topics", ("job", "server"), &two),
            series("streamhouse_wal_size_bytes", ("topic", "orders"), &[(NOW - 90 * MINUTE, 1.0)]),
            series(
                "streamhouse_consumer_lag",
                ("topic", "orders"),
                &[(NOW - 4 * MINUTE, 1.0), (NOW - 1, stale_marker())],
            ),
            series("up", ("job", "agent"), &two),
            series(
                "streamhouse_segment_writes_total",
                ("topic", "orders"),
                &[3, 2, 1, 0].map(|ago| (NOW - ago * MINUTE + ago, 1.0)),
            ),
        ])
    }

    fn family(name: &str, samples: usize) -> Family {
        Family { name: name.to_owned(), kind: Type::Unknown, help: String::new(), unit: String::new(), samples }
    }

    fn down() -> Health {
        Health::Down { reason: "connection refused".to_owned() }
    }

    fn explain(query: &str, healths: &[Health]) -> Absence {
        let families = [family("streamhouse_lease_acquisitions", 0), family("streamhouse_schemas", 0), family("x", 3)];
        let query = Query::parse(query).unwrap_or_else(|e| panic!("{query}: {e}"));
        let data = data();
        let targets = healths
            .iter()
            .enumerate()
            .map(|(i, health)| Seen {
                health,
                families: if i < 2 { &families } else { &[] },
                samples: usize::from(i < 2),
            })
            .collect();
        Scene { data: &data, targets, live: true }.explain(&query, NOW - 60 * MINUTE, NOW)
    }

    #[test]
    fn every_reason_is_told_from_the_others() {
        let up = vec![Health::Up, Health::Up, Health::Up];
        let table = [
            ("up", vec![], "waiting for the first scrape"),
            ("up", vec![Health::Unknown, down()], "waiting for the first scrape"),
            ("up", vec![down()], "the only target is down"),
            ("up", vec![down(), down(), down()], "no target is up, all 3 are down"),
            (
                "sum(nothing_of_that_name)",
                up.clone(),
                "not exposed by any of the 3 targets: nothing_of_that_name (1 of 3 up targets exposes nothing at all)",
            ),
            ("nothing_here", vec![Health::Up, down()], "not exposed by the target: nothing_here"),
            // A histogram is named with its suffix, by the catalogue's first name.
            (
                "histogram_quantile(0.99, sum by (le) (rate(streamhouse_s3_latency_seconds_bucket[5m])))",
                vec![Health::Up, Health::Up],
                "not exposed by either of the 2 targets: streamhouse_s3_latency_seconds_bucket",
            ),
            (
                "sum(rate(streamhouse_lease_acquisitions_total[5m]))",
                up.clone(),
                "declared by 2 targets, no samples yet: streamhouse_lease_acquisitions_total",
            ),
            // Two names of one metric: declared under the newer one.
            (
                "max(streamhouse_schemas_total or streamhouse_schemas)",
                vec![Health::Up],
                "declared by 1 target, no samples yet: streamhouse_schemas_total",
            ),
            (
                r#"streamhouse_s3_requests_total{operation=~"get|list"}"#,
                up.clone(),
                r#"no series matches streamhouse_s3_requests_total{operation=~"get|list"}"#,
            ),
            ("rate(streamhouse_s3_errors_total[5m])", up.clone(), "needs two scrapes: streamhouse_s3_errors_total"),
            ("streamhouse_s3_requests_total > 5", up.clone(), "nothing meets the query's conditions"),
            // The first one that is missing, in the query's order.
            (
                "rate(streamhouse_s3_requests_total[5m]) / absent_b",
                vec![Health::Up],
                "not exposed by the target: absent_b",
            ),
            // One of two names is there: not missing, and not to be filtered by its other name.
            (
                "(streamhouse_topics_total or streamhouse_topics) > 5",
                up.clone(),
                "nothing meets the query's conditions",
            ),
            (
                r#"{__name__=~"streamhouse_agents_.*"}"#,
                vec![Health::Up],
                "not exposed by the target: streamhouse_agents_active",
            ),
            (r#"{job="nobody"}"#, vec![Health::Up], r#"no series matches {job="nobody"}"#),
        ];
        for (query, healths, words) in table {
            assert_eq!(explain(query, &healths).to_string(), words, "{query}");
        }
    }

    #[test]
    fn what_ended_says_when() {
        let old = explain("streamhouse_wal_size_bytes", &[Health::Up]);
        assert_eq!(old.words(NOW), "last sample 1h 30m ago: streamhouse_wal_size_bytes");
        let stale = explain("streamhouse_consumer_lag", &[Health::Up]);
        assert_eq!(stale.words(NOW + 10_000), "last sample 4m 10s ago: streamhouse_consumer_lag");
    }

    #[test]
    fn what_is_young_says_how_young() {
        let young = explain("rate(streamhouse_s3_errors_total[5m])", &[Health::Up]);
        assert_eq!(young.words(NOW + 12_000), "needs two scrapes; 12s so far: streamhouse_s3_errors_total");
    }

    #[test]
    fn a_window_too_short_for_how_often_is_scraped_is_called_that() {
        let short = explain("rate(streamhouse_segment_writes_total[1m]) > 9", &[Health::Up]);
        let words = "needs two samples in 1m, scraped every 1m: streamhouse_segment_writes_total";
        assert_eq!(short.to_string(), words);
        let long = explain("rate(streamhouse_segment_writes_total[5m]) > 9", &[Health::Up]);
        assert_eq!(long, Absence::Filtered);
    }

    #[test]
    fn health_says_nothing_about_the_past() {
        let query = Query::parse("nothing_here").expect("good");
        let (data, health) = (data(), down());
        let targets = vec![Seen { health: &health, families: &[], samples: 0 }];
        let absence = Scene { data: &data, targets, live: false }.explain(&query, 0, NOW);
        assert!(matches!(absence, Absence::NotExposed { .. }), "{absence:?}");
    }

    #[test]
    fn a_stock_agent_is_said_to_expose_nothing() {
        let absence = |targets, silent| Absence::NotExposed { metric: "x".to_owned(), targets, silent }.to_string();
        assert_eq!(absence(1, 1), "not exposed by the target: x (it is up and exposes nothing at all)");
        assert_eq!(absence(3, 2), "not exposed by any of the 3 targets: x (2 of 3 up targets expose nothing at all)");
        assert_eq!(absence(3, 3), "not exposed by any of the 3 targets: x (all 3 are up and expose nothing at all)");
    }

    #[test]
    fn brackets_inside_strings_are_no_ranges() {
        assert!(reads_ranges("rate(x[5m])") && reads_ranges(r#"x{a="\"["} + rate(y[1m])"#));
        assert!(!reads_ranges(r#"x{a=~"[ab]", b='[', c=`\[`}"#) && !reads_ranges("x # [5m]\n + y"));
    }

    #[test]
    fn ages_read_naturally() {
        let table = [(-5, "0s"), (45_000, "45s"), (250_000, "4m 10s"), (11_100_000, "3h 5m"), (187_200_000, "2d 4h")];
        for (ms, words) in table {
            assert_eq!(age(ms), words);
        }
    }
}
