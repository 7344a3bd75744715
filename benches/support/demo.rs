//! The demo's cluster, scraped every 15 s, and the plan that shows all of its dashboards at once.

use std::sync::Arc;

use shtop::demo::{EXPORTER, HISTORY, MEMBERS, Scenario, Simulation};
use shtop::exposition::Format;
use shtop::layout::{self, Kind, Selection, builtin};
use shtop::promql::Query;
use shtop::source::fetch::Body;
use shtop::source::{Ask, Event, Plan, Replay, Seed, Shape, Target};
use shtop::store::{Created, Limits};

/// 2026-11-22 13:45:00 UTC.
pub(crate) const NOW: i64 = 1_795_355_100_000;
/// Distance between scrapes and between steps, ms: 240 of them make an hour.
pub(crate) const STEP: i64 = 15_000;

/// A source that holds the demo's samples up to `now`.
pub(crate) struct Demo {
    simulation: Simulation,
    pub(crate) source: Replay,
    pub(crate) now: i64,
}

impl Demo {
    /// The members' jobs and instances.
    #[allow(dead_code, reason = "not every bench needs them")]
    pub(crate) fn labels() -> impl Iterator<Item = (&'static str, String)> {
        (0..MEMBERS)
            .map(|m| (if m == EXPORTER { "resources" } else { "streamhouse-agent" }, format!("10.0.0.{m}:9090")))
    }

    /// Gives every scrape of the hour up to [`NOW`]: member, time, body.
    #[allow(dead_code, reason = "not every bench needs them")]
    pub(crate) fn bodies(mut take: impl FnMut(usize, i64, Option<Body>)) {
        let mut simulation = Simulation::new(Scenario::S3Outage, 1, NOW - HISTORY);
        for at in (NOW - HISTORY..=NOW).step_by(STEP as usize) {
            simulation.advance(at);
            for member in 0..MEMBERS {
                take(member, at, body(&simulation, member));
            }
        }
    }

    pub(crate) fn after_an_hour() -> Self {
        let target = |m| {
            let job = if m == EXPORTER { "resources=" } else { "" };
            Target::parse(&format!("{job}http://10.0.0.{m}:9090/metrics")).expect("a target")
        };
        let start = NOW - HISTORY;
        // As Prometheus has it: counters start from what they are first seen with.
        let source = Replay::new((0..MEMBERS).map(target).collect(), Limits::default(), Created::AsIs, start);
        let mut demo = Self { simulation: Simulation::new(Scenario::S3Outage, 1, start), source, now: start - STEP };
        while demo.now < NOW {
            demo.scrape();
        }
        demo
    }

    /// Scrapes all members, one step on.
    pub(crate) fn scrape(&mut self) {
        self.now += STEP;
        self.simulation.advance(self.now);
        for target in 0..MEMBERS {
            let body = body(&self.simulation, target);
            self.source.feed(Seed { target, at: self.now, body });
        }
    }
}

fn body(simulation: &Simulation, member: usize) -> Option<Body> {
    let format = if member == EXPORTER { Format::Text } else { Format::OpenMetrics };
    simulation.expose(member).map(|text| Body::new(format, text.into_bytes()))
}

/// All panels of the built-in dashboards over an hour in 240 steps.
pub(crate) struct Views(pub(crate) Plan);

impl Views {
    pub(crate) fn new() -> Self {
        let mut asks = Vec::new();
        for dashboard in builtin() {
            let all: Vec<_> = dashboard.variables.iter().map(|v| (v.name.as_str(), Selection::All)).collect();
            for panel in &dashboard.panels {
                let parse = |expr: &str| Query::parse(&layout::interpolate(expr, &all)).expect("a built-in query");
                let queries: Arc<[Query]> = panel.queries.iter().map(|q| parse(&q.expr)).collect();
                let shape = if panel.kind == Kind::Pie { Shape::Instant } else { Shape::Range };
                asks.push(Ask { key: asks.len() as u32, queries, shape });
            }
        }
        let range = 3_600_000 - STEP;
        Self(Plan { revision: 1, asks, variables: Vec::new(), range, step: STEP, end: None })
    }

    /// The queries that are asked over the range.
    #[allow(dead_code, reason = "not every bench needs them")]
    pub(crate) fn range_queries(&self) -> Vec<Query> {
        let asks = self.0.asks.iter().filter(|ask| ask.shape == Shape::Range);
        asks.flat_map(|ask| ask.queries.iter().cloned()).collect()
    }

    /// Answers everything, nothing known before.
    pub(crate) fn cold(&self, demo: &Demo) -> Vec<Event> {
        demo.source.answers(&self.0, demo.now)
    }

    /// Answers everything, knowing what was answered before.
    pub(crate) fn refresh(&self, demo: &mut Demo) -> Vec<Event> {
        demo.source.refresh(&self.0, demo.now)
    }
}
