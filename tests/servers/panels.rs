//! The panels of the built-in dashboards as plans.

use std::sync::Arc;

use shtop::layout::{Selection, builtin, interpolate};
use shtop::promql::Query;
use shtop::source::{Ask, Plan, Shape};

/// A panel with its queries, every variable at all values.
pub(crate) struct Panel {
    pub(crate) place: String,
    pub(crate) queries: Arc<[Query]>,
}

/// The panels of one dashboard, or of all.
pub(crate) fn panels(id: Option<&str>) -> Vec<Panel> {
    let mut found = Vec::new();
    for dashboard in builtin().iter().filter(|d| id.is_none_or(|id| d.id == id)) {
        let all: Vec<_> = dashboard.variables.iter().map(|v| (v.name.as_str(), Selection::All)).collect();
        for panel in &dashboard.panels {
            let queries = panel.queries.iter();
            let parse = |text: String| Query::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", panel.title));
            found.push(Panel {
                place: format!("{} / {}", dashboard.title, panel.title),
                queries: queries.map(|q| parse(interpolate(&q.expr, &all))).collect(),
            });
        }
    }
    found
}

/// All of these panels over one window; each answers to its number.
pub(crate) fn plan(revision: u64, panels: &[Panel], range: i64, step: i64, end: Option<i64>) -> Plan {
    let asks = panels.iter().zip(0..);
    let asks = asks.map(|(panel, key)| Ask { key, queries: Arc::clone(&panel.queries), shape: Shape::Range });
    Plan { revision, asks: asks.collect(), variables: Vec::new(), range, step, end }
}

/// The same panels asking something else.
pub(crate) fn asked(panels: &[Panel], other: impl Fn(&str) -> String) -> Vec<Panel> {
    let query = |query: &Query| Query::parse(&other(query.text())).expect("a query");
    let panel =
        |panel: &Panel| Panel { place: panel.place.clone(), queries: panel.queries.iter().map(query).collect() };
    panels.iter().map(panel).collect()
}
