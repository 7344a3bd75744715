//! Which panels show what a rule watches. Pure. Uses `promql`, `rules` and `layout`.

use super::model::View;
use crate::promql::Query;
use crate::rules::RuleStatus;
use crate::series::{Labels, MatchOp, Matcher};

/// How many panels are named.
const MOST: usize = 8;

/// How many of those that were found by what they ask bear the mark of an alert: a screen full of marks says nothing.
const MARKED: usize = 3;

/// What every dashboard reads and no rule is about: it shows whether a target is there, not what it does.
const GENERIC: &str = "up";

/// What stands for a variable in a query: no label has such a value.
const ANY: &str = "\u{e000}";

/// The panels that show what a rule watches, as indexes of dashboard and panel, the most telling first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Related {
    /// All of them.
    pub(super) panels: Vec<(usize, usize)>,
    /// How many of the first ones bear the mark of the rule's alerts.
    marked: usize,
}

impl Related {
    /// Those that bear the mark of the rule's alerts: those whose layout names it, and where none does the nearest.
    pub(super) fn marked(&self) -> &[(usize, usize)] {
        &self.panels[..self.marked]
    }
}

/// A series that a query reads: the metric's name, without the suffixes that clients add, and what its labels have to be.
type Read = (String, Vec<Matcher>);

/// A panel: the indexes of dashboard and panel, the alerts that its layout names, the series that it reads.
type Known<'a> = (usize, usize, &'a [String], Vec<Read>);

/// For each of `rules` the panels that show what it watches: first those whose layout names the alert, then those that read
/// most of the same series.
pub(super) fn panels(rules: &[RuleStatus], views: &[View]) -> Vec<Related> {
    let mut known: Vec<Known<'_>> = Vec::new();
    for (v, view) in views.iter().enumerate() {
        let asking = view.dashboard.panels.iter().enumerate().filter(|(_, panel)| panel.kind.asks());
        for (p, panel) in asking {
            let read = panel.queries.iter().flat_map(|q| series(&plain(&q.expr))).collect();
            known.push((v, p, &panel.alerts, read));
        }
    }
    rules.iter().map(|rule| of_rule(&rule.name, &series(&rule.expr), &known)).collect()
}

fn of_rule(name: &String, watched: &[Read], known: &[Known<'_>]) -> Related {
    let watched: Vec<&Read> = watched.iter().filter(|(metric, _)| metric != GENERIC).collect();
    let mut found: Vec<(bool, usize, usize, usize)> = Vec::new();
    for (v, p, alerts, read) in known {
        let named = alerts.contains(name);
        let mut shared: Vec<&str> = watched.iter().filter(|w| read.iter().any(|r| meet(w, r))).map(|w| &*w.0).collect();
        shared.sort_unstable();
        shared.dedup();
        if named || !shared.is_empty() {
            found.push((named, shared.len(), *v, *p));
        }
    }
    // The more specific dashboards come later in the list, and explain more.
    found.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    found.truncate(MOST);
    let best = found.first().map_or(0, |first| first.1);
    let marked = match found.iter().filter(|(named, ..)| *named).count() {
        0 => found.iter().filter(|(_, shared, ..)| *shared == best).count().min(MARKED),
        named => named,
    };
    Related { panels: found.into_iter().map(|(_, _, v, p)| (v, p)).collect(), marked }
}

/// Whether a series can be of both.
fn meet((metric, matchers): &Read, (other, others): &Read) -> bool {
    metric == other && matchers.iter().all(|a| others.iter().filter(|b| b.name == a.name).all(|b| agree(a, b)))
}

/// Whether a value can satisfy both; where that cannot be told by the values that are written out, it can.
fn agree(a: &Matcher, b: &Matcher) -> bool {
    let one_way = |a: &Matcher, b: &Matcher| values(a).is_none_or(|values| values.iter().any(|v| b.matches(v)));
    one_way(a, b) && one_way(b, a)
}

/// The values that a condition names, where it names them one by one.
fn values(matcher: &Matcher) -> Option<Vec<&str>> {
    match matcher.op {
        MatchOp::Equal => Some(vec![&matcher.value]),
        MatchOp::Regex => {
            let is_plain = |v: &str| v.chars().all(|c| c.is_ascii_alphanumeric() || "_-/: ".contains(c));
            let values: Vec<&str> = matcher.value.split('|').collect();
            values.iter().all(|v| is_plain(v)).then_some(values)
        }
        MatchOp::NotEqual | MatchOp::NotRegex => None,
    }
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
        // Ranges and resolutions take durations.
        out.push_str(if out.ends_with(['[', ':']) { "5m" } else { ANY });
        if characters.peek() == Some(&'{') {
            while characters.next().is_some_and(|c| c != '}') {}
        } else {
            while characters.next_if(|c| c.is_ascii_alphanumeric() || *c == '_').is_some() {}
        }
    }
    out
}

/// What a query reads.
fn series(expr: &str) -> Vec<Read> {
    let Ok(query) = Query::parse(expr) else { return Vec::new() };
    let mut read = Vec::new();
    for matchers in query.selectors() {
        let (names, labels): (Vec<Matcher>, Vec<Matcher>) =
            matchers.into_iter().partition(|m| &*m.name == Labels::NAME);
        let labels: Vec<Matcher> = labels.into_iter().filter(|m| !m.value.contains(ANY)).collect();
        for name in names {
            let names = match name.op {
                MatchOp::Equal => vec![name.value.as_str()],
                MatchOp::Regex => name.value.split('|').collect(),
                MatchOp::NotEqual | MatchOp::NotRegex => Vec::new(),
            };
            read.extend(names.into_iter().map(|name| (base(name), labels.clone())));
        }
    }
    read
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
        let mut names: Vec<String> = series(expr).into_iter().map(|(name, _)| name).collect();
        names.dedup();
        names
    }

    #[test]
    fn one_metric_has_one_name_whatever_its_series_are_called() {
        assert_eq!(names("rate(s3_latency_bucket[5m]) / rate(s3_latency_count[5m])"), ["s3_latency"]);
        assert_eq!(names(r#"sum({__name__=~"wal_recovered(_total)?|wal_skipped"})"#), ["wal_recovered", "wal_skipped"]);
        assert_eq!(names("not promql ("), Vec::<String>::new());
    }

    #[test]
    fn variables_do_not_keep_a_query_from_being_understood() {
        assert_eq!(names(&plain(r#"sum(rate(x_total{i=~"$agent"}[$__rate_interval]))"#)), ["x"]);
        assert_eq!(names(&plain(r#"sum(x_total{i=~"$agent",t=~"${topic}"})"#)), ["x"]);
        let read = series(&plain(r#"x_total{i="$agent", t="orders"}"#));
        assert_eq!(read[0].1.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["t"], "a variable can be anything");
    }

    /// The panels of `known`, each its named alerts and its query, that a rule called `R` is related to, and how many of
    /// them bear its mark.
    fn related(rule: &str, known: &[(&[&str], &str)]) -> (Vec<usize>, usize) {
        let names: Vec<Vec<String>> =
            known.iter().map(|(alerts, _)| alerts.iter().map(|a| (*a).to_owned()).collect()).collect();
        let known: Vec<Known<'_>> = known
            .iter()
            .zip(&names)
            .enumerate()
            .map(|(p, ((_, expr), n))| (0, p, &n[..], series(&plain(expr))))
            .collect();
        let related = of_rule(&"R".to_owned(), &series(rule), &known);
        (related.panels.iter().map(|(_, p)| *p).collect(), related.marked().len())
    }

    #[test]
    fn a_panel_shows_an_alert_only_where_it_can_read_the_same_series() {
        let put = r#"rate(s3_requests_total{operation=~"put|PUT", status!="ok"}[5m]) > 1"#;
        let known: [(&[&str], &str); 4] = [
            (&[], r#"s3_requests_total{operation="get"}"#),
            (&[], r#"s3_requests_total{operation="put", instance=~"$agent"}"#),
            (&[], "s3_requests_total"),
            (&[], r#"s3_requests_total{operation="put", status="ok"}"#),
        ];
        assert_eq!(related(put, &known), (vec![1, 2], 2));
    }

    #[test]
    fn that_targets_are_up_is_on_every_dashboard_and_relates_none() {
        assert_eq!(related("up == 0", &[(&[], "sum(up)"), (&["R"], "sum(up)")]), (vec![1], 1));
    }

    #[test]
    fn where_a_layout_names_the_alert_nothing_else_bears_its_mark() {
        assert_eq!(related("x > 1", &[(&[], "x"), (&["R"], "y"), (&[], "x")]), (vec![1, 0, 2], 1));
        let many: [(&[&str], &str); 6] = [(&[], "x"); 6];
        assert_eq!(related("x > 1", &many), ((0..6).collect(), MARKED));
        let partly: [(&[&str], &str); 2] = [(&[], "x"), (&[], "x / y")];
        assert_eq!(related("x / y > 1", &partly), (vec![1, 0], 1), "who shows all of it");
    }
}
