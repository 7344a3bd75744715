//! The dashboards that are part of the program.

use super::{Dashboard, parse};

/// The files of the built-in dashboards, in the order of their keys.
const BUILTIN: [(&str, &str); 3] = [
    ("layouts/overview.toml", include_str!("../../layouts/overview.toml")),
    ("layouts/storage.toml", include_str!("../../layouts/storage.toml")),
    ("layouts/coordination.toml", include_str!("../../layouts/coordination.toml")),
];

/// The three dashboards that shtop brings along: `overview`, `storage`, `coordination`.
///
/// # Panics
/// Never in a build that passed its tests: they read the same files.
pub fn builtin() -> Vec<Dashboard> {
    #[expect(clippy::expect_used, reason = "the files are part of the program")]
    let read = |(name, text): (&str, &str)| parse(name, text).expect("a test reads every built-in layout");
    BUILTIN.into_iter().map(read).collect()
}

#[cfg(test)]
mod answers;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::layout::{Axis, Kind, Level, Panel, Selection, Stacking, interpolate, variables};
    use crate::promql::Query;
    use crate::unit::Unit;
    use Kind::{Gauge, Heatmap, Pie, Stat, Timeseries};

    type Steps = &'static [(f64, Level)];
    type Row = (&'static str, Kind, [u16; 4], Unit);

    const OVERVIEW: [Row; 15] = [
        ("System Health", Stat, [0, 0, 6, 4], Unit::Count),
        ("Circuit Breaker Status", Stat, [6, 0, 6, 4], Unit::Short),
        ("Throttle Rate (allow %)", Stat, [12, 0, 6, 4], Unit::Percent),
        ("Active Leases", Stat, [18, 0, 6, 4], Unit::Count),
        ("Request Throughput", Timeseries, [0, 4, 12, 8], Unit::PerSecond),
        ("Error Rates", Timeseries, [12, 4, 12, 8], Unit::PerSecond),
        ("Latency p99", Timeseries, [0, 12, 12, 8], Unit::Seconds),
        ("Consumer Lag", Timeseries, [12, 12, 12, 8], Unit::Messages),
        ("Memory Usage by Pod", Timeseries, [0, 20, 12, 8], Unit::Percent),
        ("CPU Usage by Pod", Timeseries, [12, 20, 12, 8], Unit::Cores),
        ("Disk Usage", Timeseries, [0, 28, 12, 8], Unit::Percent),
        ("WAL Size by Partition", Timeseries, [12, 28, 12, 8], Unit::Bytes),
        ("Throttle Decisions Breakdown", Pie, [0, 36, 8, 8], Unit::Count),
        ("Lease Acquisition Results", Pie, [8, 36, 8, 8], Unit::Count),
        ("Schema Registry Operations", Pie, [16, 36, 8, 8], Unit::Count),
    ];

    const STORAGE: [Row; 15] = [
        ("Circuit Breaker State (PUT)", Stat, [0, 0, 6, 4], Unit::Short),
        ("Current PUT Rate Limit", Gauge, [6, 0, 6, 4], Unit::OpsPerSecond),
        ("Throttle Decision Rate", Stat, [12, 0, 6, 4], Unit::Percent),
        ("S3 Error Rate", Stat, [18, 0, 6, 4], Unit::Percent),
        ("Throttle Decisions Over Time", Timeseries, [0, 4, 12, 8], Unit::PerSecond),
        ("S3 Request Rate by Operation", Timeseries, [12, 4, 12, 8], Unit::PerSecond),
        ("S3 Errors by Type", Timeseries, [0, 12, 12, 8], Unit::PerSecond),
        ("S3 Latency Heatmap (PUT)", Heatmap, [12, 12, 12, 8], Unit::Seconds),
        ("Circuit Breaker State Transitions", Timeseries, [0, 20, 12, 8], Unit::PerSecond),
        ("Circuit Breaker Failure/Success Count", Timeseries, [12, 20, 12, 8], Unit::Count),
        ("Segment Flush Rate", Timeseries, [0, 28, 12, 8], Unit::PerSecond),
        ("WAL Size by Partition", Timeseries, [12, 28, 12, 8], Unit::Bytes),
        ("WAL Operations", Timeseries, [0, 36, 12, 8], Unit::PerSecond),
        ("WAL Recovery Stats", Timeseries, [12, 36, 12, 8], Unit::Count),
        ("Adaptive Rate Adjustment", Timeseries, [0, 44, 24, 8], Unit::OpsPerSecond),
    ];

    const COORDINATION: [Row; 16] = [
        ("Active Leases", Stat, [0, 0, 6, 4], Unit::Count),
        ("Lease Conflicts (5m)", Stat, [6, 0, 6, 4], Unit::Count),
        ("Lease Renewal Success Rate", Gauge, [12, 0, 6, 4], Unit::Percent),
        ("Registered Schemas", Stat, [18, 0, 6, 4], Unit::Count),
        ("Lease Acquisition Results", Timeseries, [0, 4, 12, 8], Unit::PerSecond),
        ("Lease Renewal Results", Timeseries, [12, 4, 12, 8], Unit::PerSecond),
        ("Lease Conflicts by Partition", Timeseries, [0, 12, 12, 8], Unit::PerSecond),
        ("Lease Epoch by Partition", Timeseries, [12, 12, 12, 8], Unit::Count),
        ("Lease Time to Expiration", Timeseries, [0, 20, 24, 8], Unit::Seconds),
        ("Schema Registrations", Timeseries, [0, 28, 12, 8], Unit::PerSecond),
        ("Schema Compatibility Checks", Timeseries, [12, 28, 12, 8], Unit::PerSecond),
        ("Schema Registry Errors by Type", Timeseries, [0, 36, 12, 8], Unit::PerSecond),
        ("Schema Cache Performance", Timeseries, [12, 36, 12, 8], Unit::PerSecond),
        ("Schema Cache Hit Rate", Gauge, [0, 44, 8, 8], Unit::Percent),
        ("Subjects and Schemas", Stat, [8, 44, 8, 8], Unit::Count),
        ("Lease Assignment by Agent", Pie, [16, 44, 8, 8], Unit::Count),
    ];

    fn panel<'d>(dashboards: &'d [Dashboard], id: &str, title: &str) -> &'d Panel {
        let dashboard = dashboards.iter().find(|d| d.id == id).unwrap();
        &dashboard.panels[dashboard.panel(title).unwrap()]
    }

    #[test]
    fn all_46_panels_are_there_in_order() {
        let expected: [(&str, &[Row]); 3] =
            [("overview", &OVERVIEW), ("storage", &STORAGE), ("coordination", &COORDINATION)];
        let dashboards = builtin();
        assert_eq!(dashboards.iter().map(|d| d.panels.len()).sum::<usize>(), 46);
        for (dashboard, (id, rows)) in dashboards.iter().zip(expected) {
            assert_eq!(dashboard.id, id);
            let found: Vec<_> = dashboard
                .panels
                .iter()
                .map(|p| (p.title.as_str(), p.kind, [p.pos.x, p.pos.y, p.pos.w, p.pos.h], p.unit))
                .collect();
            assert_eq!(found, rows);
            assert_eq!(dashboard.range, 3_600_000);
        }
    }

    #[test]
    fn thresholds_are_those_of_the_specification() {
        use Level::{Bad, Good, Warn};
        let dashboards = builtin();
        let table: &[(&str, &str, Option<Level>, Steps)] = &[
            ("overview", "System Health", Some(Bad), &[(1.0, Warn), (2.0, Good)]),
            ("overview", "Throttle Rate (allow %)", Some(Bad), &[(80.0, Warn), (95.0, Good)]),
            ("overview", "Memory Usage by Pod", None, &[(85.0, Bad)]),
            ("overview", "CPU Usage by Pod", None, &[(3.5, Bad)]),
            ("overview", "Disk Usage", None, &[(85.0, Warn), (95.0, Bad)]),
            ("storage", "Current PUT Rate Limit", Some(Bad), &[(1000.0, Warn), (2500.0, Good)]),
            ("storage", "Throttle Decision Rate", Some(Good), &[(5.0, Warn), (10.0, Bad)]),
            ("storage", "S3 Error Rate", Some(Good), &[(1.0, Warn), (5.0, Bad)]),
            ("storage", "WAL Size by Partition", None, &[(100e6, Bad)]),
            ("coordination", "Lease Conflicts (5m)", Some(Good), &[(1.0, Warn), (5.0, Bad)]),
            ("coordination", "Lease Renewal Success Rate", Some(Bad), &[(80.0, Warn), (95.0, Good)]),
            ("coordination", "Lease Time to Expiration", Some(Bad), &[(5.0, Warn), (10.0, Good)]),
            ("coordination", "Schema Cache Hit Rate", Some(Bad), &[(80.0, Warn), (95.0, Good)]),
        ];
        for &(id, title, base, steps) in table {
            let thresholds = &panel(&dashboards, id, title).thresholds;
            assert_eq!((thresholds.base, thresholds.steps.as_slice()), (base, steps), "{id} {title}");
        }
        let with = dashboards.iter().flat_map(|d| &d.panels).filter(|p| !p.thresholds.is_empty()).count();
        assert_eq!(with, table.len());
    }

    #[test]
    fn the_circuit_reads_as_words() {
        let dashboards = builtin();
        for (id, title) in [("overview", "Circuit Breaker Status"), ("storage", "Circuit Breaker State (PUT)")] {
            let panel = panel(&dashboards, id, title);
            let words: Vec<_> = [0.0, 1.0, 2.0].map(|v| (panel.text(v), panel.level(v))).into();
            assert_eq!(
                words,
                [
                    ("Closed ✓".to_owned(), Some(Level::Good)),
                    ("Open ✗".to_owned(), Some(Level::Bad)),
                    ("HalfOpen ⚠".to_owned(), Some(Level::Warn))
                ]
            );
        }
    }

    #[test]
    fn scales_and_axes_are_those_of_the_specification() {
        let dashboards = builtin();
        let scale = |id, title| {
            let p = panel(&dashboards, id, title);
            (p.min, p.max)
        };
        assert_eq!(scale("overview", "Memory Usage by Pod").1, Some(100.0));
        assert_eq!(scale("overview", "Disk Usage").1, Some(100.0));
        assert_eq!(scale("storage", "Current PUT Rate Limit"), (Some(0.0), Some(5000.0)));
        assert_eq!(scale("coordination", "Lease Renewal Success Rate"), (Some(0.0), Some(100.0)));
        assert_eq!(scale("coordination", "Schema Cache Hit Rate"), (Some(0.0), Some(100.0)));
        let cache = panel(&dashboards, "coordination", "Schema Cache Performance");
        assert_eq!(cache.queries.iter().map(|q| q.axis).collect::<Vec<_>>(), [Axis::Left, Axis::Left, Axis::Right]);
        let stacked: Vec<_> =
            dashboards.iter().flat_map(|d| &d.panels).filter(|p| p.stacking == Stacking::Sum).collect();
        assert_eq!(stacked.iter().map(|p| p.title.as_str()).collect::<Vec<_>>(), ["Throttle Decisions Over Time"]);
    }

    #[test]
    fn legends_are_those_of_the_specification() {
        let dashboards = builtin();
        let table: &[(&str, &str, &[&str])] = &[
            ("overview", "System Health", &["Active Agents"]),
            ("overview", "Circuit Breaker Status", &["PUT circuit"]),
            ("overview", "Request Throughput", &["Producer records/s", "Consumer records/s", "S3 PUT/s"]),
            (
                "overview",
                "Error Rates",
                &["S3: {{error_type}}", "Producer: {{error_type}}", "Consumer: {{error_type}}"],
            ),
            ("overview", "Latency p99", &["Producer p99", "S3 PUT p99"]),
            ("overview", "Consumer Lag", &["{{topic}}-{{partition}} ({{consumer_group}})"]),
            ("overview", "Memory Usage by Pod", &["{{pod}}"]),
            ("overview", "Disk Usage", &["{{instance}}"]),
            ("storage", "Throttle Decisions Over Time", &["Allowed", "Rate limited", "Circuit open"]),
            ("storage", "Circuit Breaker State Transitions", &["{{from_state}} → {{to_state}}"]),
            (
                "storage",
                "Circuit Breaker Failure/Success Count",
                &["Consecutive failures", "Consecutive successes (half-open)"],
            ),
            ("storage", "WAL Operations", &["Appends", "Append errors", "Truncates"]),
            ("storage", "Adaptive Rate Adjustment", &["PUT rate limit", "Actual PUT rate"]),
            ("coordination", "Lease Epoch by Partition", &["{{topic}}-{{partition}} ({{agent_id}})"]),
            ("coordination", "Subjects and Schemas", &["Subjects", "Schemas"]),
            ("coordination", "Lease Assignment by Agent", &["{{agent_id}}"]),
        ];
        for &(id, title, legends) in table {
            let found: Vec<_> =
                panel(&dashboards, id, title).queries.iter().filter_map(|q| q.legend.as_deref()).collect();
            assert_eq!(found, legends, "{id} {title}");
        }
        assert!(dashboards.iter().flat_map(|d| &d.panels).flat_map(|p| &p.queries).all(|q| q.legend.is_some()));
    }

    #[test]
    fn alerts_and_runbooks_are_known_ones() {
        let dashboards = builtin();
        let carried: Vec<_> = dashboards
            .iter()
            .flat_map(|d| &d.panels)
            .flat_map(|p| p.alerts.iter().map(|a| (p.title.as_str(), a.as_str())))
            .collect();
        assert_eq!(
            carried,
            [
                ("Memory Usage by Pod", "HighMemoryUsage"),
                ("Disk Usage", "DiskSpaceLow"),
                ("Disk Usage", "DiskSpaceCritical"),
                ("WAL Size by Partition", "WALSizeHigh"),
                ("Lease Time to Expiration", "LeaseExpiringSoon"),
            ]
        );
        let runbooks: BTreeSet<_> =
            dashboards.iter().flat_map(|d| &d.panels).filter_map(|p| p.runbook.as_deref()).collect();
        assert_eq!(
            runbooks.into_iter().collect::<Vec<_>>(),
            [
                "agent-availability",
                "circuit-breaker-open",
                "consumer-lag",
                "high-s3-throttling-rate",
                "partition-lease-conflicts",
                "producer-errors",
                "resource-pressure",
                "schema-registry-errors",
                "wal-recovery-failures",
            ]
        );
        assert!(dashboards.iter().flat_map(|d| &d.panels).all(|p| p.runbook.is_some() && p.description.len() > 40));
    }

    #[test]
    fn every_drill_leads_to_another_panel_that_exists() {
        let dashboards = builtin();
        for dashboard in &dashboards {
            for p in &dashboard.panels {
                let Some((id, title)) = &p.drill else { continue };
                let target = panel(&dashboards, id, title);
                assert!(!std::ptr::eq(target, p), "{title} leads to itself");
            }
        }
        let drill = |n: usize| dashboards[0].panels[n - 1].drill.as_ref().map(|(id, _)| id.as_str());
        for n in [2, 3, 5, 12, 13] {
            assert_eq!(drill(n), Some("storage"), "{n}");
        }
        for n in [4, 14, 15] {
            assert_eq!(drill(n), Some("coordination"), "{n}");
        }
    }

    #[test]
    fn every_query_parses_whatever_is_selected() {
        for dashboard in builtin() {
            for p in &dashboard.panels {
                for q in &p.queries {
                    for selection in [Selection::All, Selection::Values(vec!["a.b:1".to_owned(), "\"'`\\".to_owned()])]
                    {
                        let chosen: Vec<_> =
                            dashboard.variables.iter().map(|v| (v.name.clone(), selection.clone())).collect();
                        let expr = interpolate(&q.expr, &chosen);
                        assert!(Query::parse(&expr).is_ok(), "{}: {expr}", p.title);
                        assert!(variables::places(&expr).is_empty(), "{}: {expr}", p.title);
                    }
                }
            }
        }
    }

    #[test]
    fn variables_take_their_values_from_the_data() {
        let dashboards = builtin();
        let variables: Vec<_> = dashboards
            .iter()
            .flat_map(|d| &d.variables)
            .map(|v| (v.name.as_str(), v.selector.as_str(), v.values_of.as_str(), v.multi))
            .collect();
        assert_eq!(
            variables,
            [
                ("agent", r#"up{job="streamhouse-agent"}"#, "instance", true),
                ("topic", "streamhouse_segment_writes_total", "topic", true),
                ("agent_id", "streamhouse_lease_epoch_current", "agent_id", true),
            ]
        );
    }
}
