//! Why a query has no result, found by a few small questions to the server: is there such a metric, is there a series that
//! matches, and when was the last sample. Uses `series`, `promql` and `absence`.

use super::api::{Api, ApiFault};
use crate::promql::Query;
use crate::series::{Labels, MatchOp, Matcher, Series, Timestamp};
use crate::source::Absence;
use crate::source::absence::{Part, is_sparse, parts, reads_ranges, selector};

/// How far back samples are looked for, ms.
const BACK: i64 = 86_400_000;

/// The same, looking once in every look-back, as a subquery's range.
const BACK_RANGE: &str = "[1d:4m]";

/// Why `query` gives nothing at the steps up to `asked`, as far as is known at `at`: the last step may be a while ago, and
/// what has come since is not in it yet. `up` is the number of targets that answer.
///
/// # Errors
/// The server cannot be asked.
pub(super) async fn explain(
    api: &Api,
    query: &Query,
    asked: Timestamp,
    at: Timestamp,
    up: usize,
) -> Result<Absence, ApiFault> {
    let parts = parts(query);
    let named: Vec<String> =
        parts.iter().filter(|p| p.named).flat_map(|p| &p.alternatives).map(|s| text(names(s))).collect();
    if !named.is_empty() {
        let there = api.label_values(Labels::NAME, &named, at - BACK, at).await?.data;
        let missing = |part: &&Part| {
            let matches = |selector: &Vec<Matcher>| there.iter().any(|name| names(selector).all(|m| m.matches(name)));
            part.named && !part.alternatives.iter().any(matches)
        };
        if let Some(part) = parts.iter().find(missing) {
            return Ok(Absence::NotExposed { metric: part.metric.clone(), targets: up, silent: 0 });
        }
    }
    for part in &parts {
        let last = format!("max({})", times(part));
        if number(api, &last, at).await?.is_some() {
            continue;
        }
        return Ok(match number(api, &format!("max_over_time({last}{BACK_RANGE})"), at).await? {
            Some(last) => Absence::Gone { metric: part.metric.clone(), last: (last * 1000.0) as Timestamp },
            None => Absence::NoMatch { selector: selector(&part.alternatives[0]) },
        });
    }
    let ranges = reads_ranges(query.text());
    if asked < at {
        for part in &parts {
            let last = format!("max({})", times(part));
            if number(api, &last, asked).await?.is_none() {
                let since = first(api, part, at).await?;
                let metric = part.metric.clone();
                return Ok(if ranges { Absence::TooFew { metric, since } } else { Absence::Waiting });
            }
        }
    }
    if ranges {
        let (reach, window) = (query.reach().max(1), query.span());
        for part in &parts {
            let counts = part.alternatives.iter().map(|s| format!("count_over_time({}[{reach}ms])", text(s)));
            let most = number(api, &format!("max({})", counts.collect::<Vec<_>>().join(" or ")), asked).await?;
            if most.is_none_or(|most| most < 2.0)
                && let Some(every) = apart(api, part, window, asked).await?
                && is_sparse(every, window)
            {
                return Ok(Absence::TooSparse { metric: part.metric.clone(), window, every });
            }
            if most.is_some_and(|most| most < 2.0) {
                let since = first(api, part, asked).await?;
                return Ok(Absence::TooFew { metric: part.metric.clone(), since });
            }
        }
    }
    Ok(Absence::Filtered)
}

/// The times of the newest samples of the part's series. Of anything but a selector, `timestamp` is the time of the
/// evaluation.
fn times(part: &Part) -> String {
    let times = part.alternatives.iter().map(|s| format!("timestamp({})", text(s)));
    times.collect::<Vec<_>>().join(" or ")
}

/// How far apart, in ms, the newest sample of a part's series and the one before it are, of which at most one lies in the
/// window before `at`; `None` where there is none before it.
async fn apart(api: &Api, part: &Part, window: i64, at: Timestamp) -> Result<Option<i64>, ApiFault> {
    // The window may lie between two samples: then what is a window older is the same sample still.
    for windows in 1..=3 {
        let offset = windows * window.max(1);
        let gaps = part.alternatives.iter().map(|s| {
            let selector = text(s);
            format!("timestamp({selector}) - timestamp({selector} offset {offset}ms)")
        });
        match number(api, &format!("min({})", gaps.collect::<Vec<_>>().join(" or ")), at).await? {
            Some(0.0) => {}
            gap => return Ok(gap.map(|seconds| (seconds * 1000.0) as i64)),
        }
    }
    Ok(None)
}

/// When a part of which each series has one sample at `at` began.
async fn first(api: &Api, part: &Part, at: Timestamp) -> Result<Option<Timestamp>, ApiFault> {
    let first = number(api, &format!("min({})", times(part)), at).await?;
    Ok(first.map(|seconds| (seconds * 1000.0) as Timestamp))
}

/// The only value of `query`.
async fn number(api: &Api, query: &str, at: Timestamp) -> Result<Option<f64>, ApiFault> {
    let told = api.query(query, at).await?;
    Ok(told.data.first().and_then(Series::last).map(|(_, value)| value))
}

fn names(selector: &[Matcher]) -> impl Iterator<Item = &Matcher> {
    selector.iter().filter(|m| m.name == Labels::NAME)
}

/// A selector as Prometheus reads it: all in braces, names quoted where they have to be.
pub(super) fn text<'a>(matchers: impl IntoIterator<Item = &'a Matcher>) -> String {
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let one = |m: &Matcher| {
        let (op, value) = (m.op, quoted(&m.value));
        if plain(&m.name) { format!("{}{op}{value}", m.name) } else { format!("{}{op}{value}", quoted(&m.name)) }
    };
    format!("{{{}}}", matchers.into_iter().map(one).collect::<Vec<_>>().join(","))
}

/// A string as Prometheus reads it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A matcher of label `job`: one of `jobs`, or any.
pub(super) fn among(jobs: &[String]) -> String {
    if jobs.is_empty() {
        return String::new();
    }
    let any: Vec<String> = jobs.iter().map(|job| regex::escape(job)).collect();
    format!("{{job{}{}}}", MatchOp::Regex, quoted(&any.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_as_prometheus_reads_them() {
        let written = |query: &str| text(&Query::parse(query).expect("a query").selectors()[0]);
        assert_eq!(written(r#"rate(up{job="a\"b\\c",x=~"y|z"}[5m])"#), r#"{__name__="up",job="a\"b\\c",x=~"y|z"}"#);
        assert_eq!(among(&[]), "");
        assert_eq!(among(&["a.b".to_owned(), "c".to_owned()]), r#"{job=~"a\\.b|c"}"#);
    }
}
