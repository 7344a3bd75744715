//! What the built-in queries answer on clusters as they are found: old and new names side by side, labels more or
//! less, counters that do not exist yet, sources that are dead.

use std::sync::LazyLock;

use crate::layout::{Dashboard, Selection, interpolate};
use crate::promql::{Options, Query, eval};
use crate::series::{InMemory, Labels, MatchOp, Sample, Timestamp, Window};

static BUILTIN: LazyLock<Vec<Dashboard>> = LazyLock::new(super::builtin);

const NOW: Timestamp = 1_772_370_300_000;
const STEP: usize = 15_000;

/// Ninety minutes of scrapes.
#[derive(Default)]
struct Cluster(InMemory);

impl Cluster {
    /// A series, in PromQL's notation, whose value is `at(seconds before now)`.
    fn series(mut self, series: &str, at: impl Fn(f64) -> f64) -> Self {
        let matchers = Query::parse(series).unwrap().selectors().swap_remove(0);
        assert!(matchers.iter().all(|m| m.op == MatchOp::Equal), "{series}");
        let labels = Labels::from_pairs(matchers.iter().map(|m| (&m.name, &m.value)));
        let times = (NOW - 5_400_000..=NOW).step_by(STEP);
        let samples = times.map(|t| Sample { t, v: at((NOW - t) as f64 / 1000.0) }).collect();
        self.0.0.push((labels, samples));
        self
    }

    fn gauge(self, series: &str, value: f64) -> Self {
        self.series(series, |_| value)
    }

    fn counter(self, series: &str, per_second: f64) -> Self {
        self.series(series, |ago| (5_400.0 - ago) * per_second)
    }
}

/// Each resulting series of the panel as (its name, its value now rounded to a thousandth), sorted.
fn ask_about(cluster: &Cluster, view: &str, title: &str, selection: &Selection) -> Vec<(String, f64)> {
    let dashboard = BUILTIN.iter().find(|d| d.id == view).unwrap();
    let panel = &dashboard.panels[dashboard.panel(title).unwrap()];
    let chosen: Vec<_> = dashboard.variables.iter().map(|v| (v.name.clone(), selection.clone())).collect();
    let mut answers = Vec::new();
    for q in &panel.queries {
        let query = Query::parse(&interpolate(&q.expr, &chosen)).unwrap();
        let value = eval(&query, Window::instant(NOW), &cluster.0, &Options::default()).unwrap();
        let named = value.into_series().into_iter().filter_map(|s| s.last().map(|(_, v)| (q.name(&s.labels), v)));
        answers.extend(named.map(|(name, v)| (name, (v * 1000.0).round() / 1000.0)));
    }
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    answers
}

fn ask(cluster: &Cluster, view: &str, title: &str) -> Vec<(String, f64)> {
    ask_about(cluster, view, title, &Selection::All)
}

fn values(cluster: &Cluster, view: &str, title: &str) -> Vec<f64> {
    ask(cluster, view, title).into_iter().map(|(_, v)| v).collect()
}

fn named(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    expected.iter().map(|&(name, v)| (name.to_owned(), v)).collect()
}

const AGENT: &str = r#"job="streamhouse-agent""#;

fn agents(up: &[f64]) -> Cluster {
    up.iter()
        .enumerate()
        .fold(Cluster::default(), |c, (i, &v)| c.gauge(&format!(r#"up{{{AGENT},instance="a{i}:9090"}}"#), v))
}

#[test]
fn health_counts_the_agents_that_are_up_and_zero_when_all_are_down() {
    let health = |c: &Cluster| values(c, "overview", "System Health");
    assert_eq!(health(&agents(&[1.0, 1.0, 0.0])), [2.0]);
    assert_eq!(health(&agents(&[0.0, 0.0])), [0.0]);
    assert_eq!(health(&agents(&[0.0]).gauge("streamhouse_agents_active", 3.0)), [0.0]);
    let server = || Cluster::default().gauge(r#"up{job="streamhouse"}"#, 1.0);
    assert_eq!(health(&server()), [0.0; 0]);
    assert_eq!(health(&server().gauge(r#"streamhouse_agents_active{job="streamhouse"}"#, 3.0)), [3.0]);
    // Agents under another job: one that is dead is none that is active, whatever the others still say.
    let elsewhere = |up: &[f64], reported: f64| {
        let one = |c: Cluster, (i, v): (usize, &f64)| {
            let c = c.gauge(&format!(r#"up{{job="agents",instance="a{i}"}}"#), *v);
            let gauge = format!(r#"streamhouse_agents_active{{job="agents",instance="a{i}"}}"#);
            if *v > 0.0 { c.gauge(&gauge, reported) } else { c }
        };
        health(&up.iter().enumerate().fold(server(), one))
    };
    for (up, reported, shown) in [
        (&[1.0, 1.0, 0.0][..], 3.0, 2.0),
        (&[1.0, 1.0, 1.0], 3.0, 3.0),
        (&[1.0, 1.0, 1.0], 2.0, 2.0),
        (&[1.0], 0.0, 0.0),
        // Two that report for three are not those three.
        (&[1.0, 0.0], 3.0, 3.0),
    ] {
        assert_eq!(elsewhere(up, reported), [shown], "{up:?} reporting {reported}");
    }
    let one = Selection::Values(vec!["a0:9090".to_owned()]);
    assert_eq!(ask_about(&agents(&[1.0, 1.0]), "overview", "System Health", &one), named(&[("Active Agents", 1.0)]));
}

#[test]
fn an_open_circuit_anywhere_wins() {
    let circuit = |states: &[(&str, f64)]| {
        let cluster = states.iter().enumerate().fold(Cluster::default(), |c, (i, (operation, state))| {
            let labels = format!(r#"operation="{operation}",instance="a{i}:9090",org_id="o{i}""#);
            c.gauge(&format!("streamhouse_circuit_breaker_state{{{labels}}}"), *state)
        });
        let found = ask(&cluster, "overview", "Circuit Breaker Status");
        assert_eq!(found, ask(&cluster, "storage", "Circuit Breaker State (PUT)"));
        found
    };
    let is = |state: f64| named(&[("PUT circuit", state)]);
    assert_eq!(circuit(&[("put", 0.0), ("put", 0.0)]), is(0.0));
    assert_eq!(circuit(&[("put", 0.0), ("PUT", 2.0)]), is(2.0));
    assert_eq!(circuit(&[("put", 2.0), ("PUT", 1.0), ("put", 0.0)]), is(1.0));
    assert_eq!(circuit(&[("put", 0.0), ("get", 1.0)]), is(0.0));
    assert_eq!(circuit(&[]), []);
}

#[test]
fn the_allow_rate_counts_both_spellings_and_is_zero_when_nothing_is_allowed() {
    let decisions = |rates: &[(&str, f64)]| {
        rates.iter().fold(Cluster::default(), |c, (decision, rate)| {
            let labels = format!(r#"operation="put",decision="{decision}""#);
            c.counter(&format!("streamhouse_throttle_decisions_total{{{labels}}}"), *rate)
        })
    };
    let allow = |c: &Cluster| values(c, "overview", "Throttle Rate (allow %)");
    assert_eq!(allow(&decisions(&[("allow", 6.0), ("allowed", 2.0), ("rate_limited", 2.0)])), [80.0]);
    assert_eq!(allow(&decisions(&[("circuit_open", 1.0)])), [0.0]);
    assert_eq!(allow(&decisions(&[("allow", 0.0)])), [0.0; 0]);
    assert_eq!(allow(&decisions(&[])), [0.0; 0]);

    let limited = |c: &Cluster| values(c, "storage", "Throttle Decision Rate");
    assert_eq!(limited(&decisions(&[("allow", 9.0), ("rate_limited", 1.0)])), [10.0]);
    assert_eq!(limited(&decisions(&[("allow", 9.0)])), [0.0]);
    assert_eq!(limited(&decisions(&[])), [0.0; 0]);

    let mixed = decisions(&[("allow", 1.0), ("allowed", 1.0), ("rate_limited", 0.5)]);
    let slices = ask(&mixed, "overview", "Throttle Decisions Breakdown");
    assert_eq!(slices, named(&[("allow", 7200.0), ("rate_limited", 1800.0)]));
    let over_time = ask(&mixed, "storage", "Throttle Decisions Over Time");
    assert_eq!(over_time, named(&[("Allowed", 2.0), ("Circuit open", 0.0), ("Rate limited", 0.5)]));
}

#[test]
fn producers_are_counted_once() {
    let records = "streamhouse_producer_records_total";
    let server =
        |c: Cluster| c.counter(&format!(r#"{records}{{job="streamhouse",instance="s:8080",topic="t"}}"#), 10.0);
    let agent = |c: Cluster, i: usize| {
        c.counter(&format!(r#"{records}{{{AGENT},instance="a{i}:9090",topic="t",org_id="o"}}"#), 4.0)
    };
    let rate = |c: &Cluster| ask(c, "overview", "Request Throughput");
    assert_eq!(rate(&server(Cluster::default())), named(&[("Producer records/s", 10.0)]));
    let both = agent(agent(server(Cluster::default()), 0), 1);
    assert_eq!(rate(&both), named(&[("Producer records/s", 8.0)]));
    let one = Selection::Values(vec!["a1:9090".to_owned()]);
    assert_eq!(ask_about(&both, "overview", "Request Throughput", &one), named(&[("Producer records/s", 4.0)]));

    let errors = "streamhouse_producer_errors_total";
    let failing = Cluster::default()
        .counter(&format!(r#"{errors}{{{AGENT},instance="a0:9090",error_type="timeout"}}"#), 1.0)
        .counter(&format!(r#"{errors}{{job="streamhouse",instance="s:8080",error_type="timeout"}}"#), 1.0)
        .counter(&format!(r#"{errors}{{job="streamhouse",instance="s:8080",error_type="topic_not_found"}}"#), 2.0);
    assert_eq!(
        ask(&failing, "overview", "Error Rates"),
        named(&[("Producer: timeout", 1.0), ("Producer: topic_not_found", 2.0)])
    );
}

#[test]
fn latency_is_a_gap_rather_than_nan_when_nothing_is_sent() {
    let latency = |job: &str, rate: f64| {
        [("0.1", 0.5), ("1", 1.0), ("+Inf", 1.0)].iter().fold(Cluster::default(), |c, (le, share)| {
            let name = "streamhouse_producer_latency_seconds_bucket";
            c.counter(&format!(r#"{name}{{job="{job}",instance="i",topic="t",le="{le}"}}"#), rate * share)
        })
    };
    assert_eq!(ask(&latency("streamhouse-agent", 10.0), "overview", "Latency p99"), named(&[("Producer p99", 0.982)]));
    assert_eq!(ask(&latency("streamhouse", 10.0), "overview", "Latency p99"), named(&[("Producer p99", 0.982)]));
    assert_eq!(ask(&latency("streamhouse-agent", 0.0), "overview", "Latency p99"), []);
}

#[test]
fn no_s3_errors_yet_is_zero_only_while_there_are_requests() {
    let requests = |rate| Cluster::default().counter(r#"streamhouse_s3_requests_total{operation="PUT"}"#, rate);
    let rate = |c: &Cluster| values(c, "storage", "S3 Error Rate");
    assert_eq!(rate(&requests(10.0)), [0.0]);
    let failing = requests(10.0).counter(r#"streamhouse_s3_errors_total{operation="PUT",error_type="timeout"}"#, 1.0);
    assert_eq!(rate(&failing), [10.0]);
    assert_eq!(rate(&requests(0.0)), [0.0; 0]);
}

#[test]
fn no_conflicts_yet_is_zero_only_where_somebody_would_count_them() {
    let conflicts = |c: &Cluster| values(c, "coordination", "Lease Conflicts (5m)");
    let lease = r#"{topic="t",partition="0",agent_id="a"}"#;
    assert_eq!(conflicts(&Cluster::default().gauge(&format!("streamhouse_lease_epoch_current{lease}"), 3.0)), [0.0]);
    let idle = Cluster::default().counter(r#"streamhouse_lease_renewals_total{result="success"}"#, 1.0);
    assert_eq!(conflicts(&idle), [0.0]);
    assert_eq!(conflicts(&idle.counter(r#"streamhouse_lease_conflicts_total{topic="t",partition="0"}"#, 0.1)), [30.0]);
    assert_eq!(conflicts(&agents(&[1.0, 1.0])), [0.0; 0]);
}

#[test]
fn lease_expiry_is_in_seconds_whatever_the_agent_exports() {
    let name = "streamhouse_lease_expires_at";
    let now = NOW as f64 / 1000.0;
    let cluster = Cluster::default()
        .gauge(&format!(r#"{name}{{topic="t",partition="0",agent_id="old"}}"#), now + 12.0)
        .gauge(&format!(r#"{name}{{topic="t",partition="1",agent_id="new",org_id="o"}}"#), (now + 7.5) * 1000.0)
        .gauge(&format!(r#"{name}{{topic="t",partition="2",agent_id="new"}}"#), now - 3.0);
    assert_eq!(
        ask(&cluster, "coordination", "Lease Time to Expiration"),
        named(&[("t-0 (old)", 12.0), ("t-1 (new)", 7.5), ("t-2 (new)", -3.0)])
    );
}

#[test]
fn a_rolling_upgrade_counts_old_and_new_names_together() {
    let wal = |c: Cluster, name: &str, i: usize| {
        c.counter(&format!(r#"streamhouse_wal_records_{name}{{instance="a{i}:9090",topic="t",partition="0"}}"#), 1.0)
    };
    let mixed = wal(wal(wal(Cluster::default(), "recovered", 0), "recovered_total", 1), "skipped", 0);
    assert_eq!(
        ask(&mixed, "storage", "WAL Recovery Stats"),
        named(&[("Recovered t-0", 7200.0), ("Skipped t-0", 3600.0)])
    );
    let schemas = Cluster::default()
        .gauge(r#"streamhouse_schemas{instance="s:8080"}"#, 12.0)
        .gauge(r#"streamhouse_schemas_total{instance="a0:9090"}"#, 11.0)
        .gauge(r#"streamhouse_subjects_total{instance="a0:9090"}"#, 4.0);
    assert_eq!(values(&schemas, "coordination", "Registered Schemas"), [12.0]);
    assert_eq!(ask(&schemas, "coordination", "Subjects and Schemas"), named(&[("Schemas", 12.0), ("Subjects", 4.0)]));
    let organisations = Cluster::default()
        .gauge(r#"streamhouse_schemas{instance="s:8080",org_id="a"}"#, 12.0)
        .gauge(r#"streamhouse_schemas{instance="s:8080",org_id="b"}"#, 5.0)
        .gauge(r#"streamhouse_schemas{instance="s2:8080",org_id="b"}"#, 5.0);
    assert_eq!(values(&organisations, "coordination", "Registered Schemas"), [17.0]);
}

#[test]
fn errors_and_failures_are_one_result() {
    let results = |name: &str| {
        [("success", 8.0), ("error", 1.0), ("failure", 1.0)].iter().fold(Cluster::default(), |c, (result, rate)| {
            c.counter(&format!(r#"{name}{{topic="t",partition="0",subject="s",result="{result}"}}"#), *rate)
        })
    };
    let renewals = results("streamhouse_lease_renewals_total");
    assert_eq!(values(&renewals, "coordination", "Lease Renewal Success Rate"), [80.0]);
    assert_eq!(ask(&renewals, "coordination", "Lease Renewal Results"), named(&[("Failure", 2.0), ("Success", 8.0)]));
    let acquisitions = results("streamhouse_lease_acquisitions_total");
    assert_eq!(
        ask(&acquisitions, "overview", "Lease Acquisition Results"),
        named(&[("error", 7200.0), ("success", 28800.0)])
    );
    assert_eq!(
        ask(&acquisitions, "coordination", "Lease Acquisition Results"),
        named(&[("Conflict", 0.0), ("Error", 2.0), ("Success", 8.0)])
    );
    let registrations = results("streamhouse_schema_registrations_total");
    assert_eq!(
        ask(&registrations, "coordination", "Schema Registrations"),
        named(&[("Error", 2.0), ("Incompatible", 0.0), ("Success", 8.0)])
    );
}

#[test]
fn extra_labels_do_not_multiply_series() {
    let lag = |c: Cluster, instance: &str, org: &str, v| {
        let labels = format!(r#"instance="{instance}",org_id="{org}",topic="t",partition="0",consumer_group="g""#);
        c.gauge(&format!("streamhouse_consumer_lag{{{labels}}}"), v)
    };
    let cluster = lag(lag(Cluster::default(), "a", "o", 5.0), "b", "", 7.0);
    assert_eq!(ask(&cluster, "overview", "Consumer Lag"), named(&[("t-0 (g)", 7.0)]));

    let lease = |c: Cluster, job: &str, org: &str, agent: &str| {
        let labels = format!(r#"job="{job}",org_id="{org}",topic="t",partition="0",agent_id="{agent}""#);
        c.gauge(&format!("streamhouse_lease_epoch_current{{{labels}}}"), 4.0)
    };
    // The same agent scraped under two jobs holds one lease; two organisations may each have a topic of that name.
    let leases = lease(lease(lease(Cluster::default(), "x", "o", "a1"), "y", "o", "a1"), "x", "p", "a2");
    assert_eq!(values(&leases, "overview", "Active Leases"), [2.0]);
    assert_eq!(values(&leases, "coordination", "Active Leases"), [2.0]);
    assert_eq!(ask(&leases, "coordination", "Lease Assignment by Agent"), named(&[("a1", 1.0), ("a2", 1.0)]));
}

#[test]
fn resources_are_those_of_the_worst_container_and_never_counted_twice() {
    let of = |metric: &str, pod: &str, container: &str| {
        format!(r#"container_{metric}{{namespace="n",pod="{pod}",container="{container}",id="/{container}"}}"#)
    };
    let cluster = Cluster::default()
        .gauge(&of("memory_usage_bytes", "streamhouse-agent-0", "agent"), 90.0)
        .gauge(&of("memory_usage_bytes", "streamhouse-agent-0", "sidecar"), 1.0)
        .gauge(&of("memory_usage_bytes", "streamhouse-agent-0", ""), 91.0)
        .gauge(&of("memory_usage_bytes", "other", "x"), 1.0)
        .gauge(&of("spec_memory_limit_bytes", "streamhouse-agent-0", "agent"), 100.0)
        .gauge(&of("spec_memory_limit_bytes", "streamhouse-agent-0", "sidecar"), 0.0)
        .gauge(&of("spec_memory_limit_bytes", "streamhouse-agent-0", ""), 110.0)
        .counter(&of("cpu_usage_seconds_total", "streamhouse-agent-0", "agent"), 2.0)
        .counter(&of("cpu_usage_seconds_total", "streamhouse-agent-0", ""), 2.25);
    assert_eq!(ask(&cluster, "overview", "Memory Usage by Pod"), named(&[("streamhouse-agent-0", 90.0)]));
    assert_eq!(ask(&cluster, "overview", "CPU Usage by Pod"), named(&[("streamhouse-agent-0", 2.25)]));
    // An exporter that names pods alone.
    let plain = Cluster::default()
        .gauge(r#"container_memory_usage_bytes{job="resources",pod="streamhouse-agent-1"}"#, 50.0)
        .gauge(r#"container_spec_memory_limit_bytes{job="resources",pod="streamhouse-agent-1"}"#, 200.0);
    assert_eq!(ask(&plain, "overview", "Memory Usage by Pod"), named(&[("streamhouse-agent-1", 25.0)]));
    let disk = Cluster::default()
        .gauge(r#"node_filesystem_avail_bytes{instance="n1",mountpoint="/data",device="d"}"#, 10.0)
        .gauge(r#"node_filesystem_size_bytes{instance="n1",mountpoint="/data",device="d"}"#, 40.0)
        .gauge(r#"node_filesystem_size_bytes{instance="n1",mountpoint="/",device="e"}"#, 40.0);
    assert_eq!(ask(&disk, "overview", "Disk Usage"), named(&[("n1", 75.0)]));
}

#[test]
fn the_cache_hit_rate_and_its_chart_agree() {
    let cluster = Cluster::default()
        .counter(r#"streamhouse_schema_lookups_total{result="hit"}"#, 9.0)
        .counter(r#"streamhouse_schema_lookups_total{result="miss"}"#, 1.0)
        .gauge(r#"streamhouse_schema_cache_entries{instance="a"}"#, 20.0)
        .gauge(r#"streamhouse_schema_cache_entries{instance="b"}"#, 30.0);
    assert_eq!(values(&cluster, "coordination", "Schema Cache Hit Rate"), [90.0]);
    assert_eq!(
        ask(&cluster, "coordination", "Schema Cache Performance"),
        named(&[("Entries", 50.0), ("Hits/s", 9.0), ("Misses/s", 1.0)])
    );
}

#[test]
fn nothing_is_invented_where_nothing_is_exposed() {
    // Targets that are up and expose nothing, as a stock agent does.
    let (empty, silent) = (Cluster::default(), agents(&[1.0]));
    for dashboard in BUILTIN.iter() {
        for panel in &dashboard.panels {
            assert_eq!(ask(&empty, &dashboard.id, &panel.title), [], "{}", panel.title);
            let expected = if panel.title == "System Health" { named(&[("Active Agents", 1.0)]) } else { Vec::new() };
            assert_eq!(ask(&silent, &dashboard.id, &panel.title), expected, "{}", panel.title);
        }
    }
}
