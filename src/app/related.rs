//! Which panels show what a rule watches. Pure. Uses `promql`, `rules` and `layout`.

use std::collections::BTreeSet;

use super::model::View;
use crate::promql::Query;
use crate::rules::RuleStatus;
use crate::series::{Labels, MatchOp, Matcher};

/// How many panels are named.
const MOST: usize = 8;

/// A panel: the indexes of dashboard and panel, the alerts that its layout names, the metrics that it reads.
type Known<'a> = (usize, usize, &'a [String], BTreeSet<String>);

/// For each of `rules` the panels that show what it watches, as indexes of dashboard and panel: first those whose layout
/// names the alert, then those that read most of the same metrics.
pub(super) fn panels(rules: &[RuleStatus], views: &[View]) -> Vec<Vec<(usize, usize)>> {
    let mut known: Vec<Known<'_>> = Vec::new();
    for (v, view) in views.iter().enumerate() {
        let asking = view.dashboard.panels.iter().enumerate().filter(|(_, panel)| panel.kind.asks());
        for (p, panel) in asking {
            let read = panel.queries.iter().flat_map(|q| metrics(&plain(&q.expr))).collect();
            known.push((v, p, &panel.alerts, read));
        }
    }
    rules.iter().map(|rule| of_rule(rule, &known)).collect()
}

fn of_rule(rule: &RuleStatus, known: &[Known<'_>]) -> Vec<(usize, usize)> {
    let watched = metrics(&rule.expr);
    let mut found: Vec<(bool, usize, usize, usize)> = Vec::new();
    for (v, p, alerts, read) in known {
        let named = alerts.contains(&rule.name);
        let shared = read.intersection(&watched).count();
        if named || shared > 0 {
            found.push((named, shared, *v, *p));
        }
    }
    // The more specific dashboards come later in the list, and explain more.
    found.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    found.into_iter().map(|(_, _, v, p)| (v, p)).take(MOST).collect()
}

/// A layout's query with something in place of its variables, so that it parses.
fn plain(expr: &str) -> String {
    let mut out = String::with_capacity(expr.len());
    let mut characters = expr.chars().peekable();
    while let Some(c) = characters.next() {
        if c != '$' {
            out.push(c);
            continue;
        }
        out.push('v');
        if characters.peek() == Some(&'{') {
            while characters.next().is_some_and(|c| c != '}') {}
        }
    }
    out
}

/// The names of the metrics that a query reads, without the suffixes that clients add to one metric's series.
fn metrics(expr: &str) -> BTreeSet<String> {
    let Ok(query) = Query::parse(expr) else { return BTreeSet::new() };
    let names = |m: &Matcher| match m.op {
        MatchOp::Equal => vec![m.value.clone()],
        MatchOp::Regex => m.value.split('|').map(str::to_owned).collect(),
        MatchOp::NotEqual | MatchOp::NotRegex => Vec::new(),
    };
    let of = |matchers: Vec<Matcher>| matchers.into_iter().filter(|m| &*m.name == Labels::NAME).collect::<Vec<_>>();
    query.selectors().into_iter().flat_map(of).flat_map(|m| names(&m)).map(|name| base(&name)).collect()
}

fn base(name: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let name: String = name.chars().skip_while(|c| !is_part(*c)).take_while(|c| is_part(*c)).collect();
    for suffix in ["_total", "_bucket", "_sum", "_count"] {
        if let Some(base) = name.strip_suffix(suffix) {
            return base.to_owned();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(expr: &str) -> Vec<String> {
        metrics(expr).into_iter().collect()
    }

    #[test]
    fn one_metric_has_one_name_whatever_its_series_are_called() {
        assert_eq!(names("rate(s3_latency_bucket[5m]) / rate(s3_latency_count[5m])"), ["s3_latency"]);
        assert_eq!(names(r#"sum({__name__=~"wal_recovered(_total)?|wal_skipped"})"#), ["wal_recovered", "wal_skipped"]);
        assert_eq!(names("not promql ("), Vec::<String>::new());
    }

    #[test]
    fn variables_do_not_keep_a_query_from_being_understood() {
        assert_eq!(names(&plain(r#"sum(rate(x_total{i=~"$agent"}[$__rate_interval]))"#)), Vec::<String>::new());
        assert_eq!(names(&plain(r#"sum(x_total{i=~"$agent",t=~"${topic}"})"#)), ["x"]);
    }
}
