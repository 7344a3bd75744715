//! The simulated cluster, as a scraper sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shtop::catalog::{self, METRICS};
use shtop::demo::{Bind, Cluster, DemoError, EXPORTER, HISTORY, MEMBERS, Scenario, Simulation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Any full second.
const START: i64 = 1_795_351_500_000;
const NOW: i64 = START + HISTORY;
const STEP: i64 = 15_000;
const MINUTE: i64 = 60_000;

/// One series as it is written; the demo's label values need no escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name(String);

impl Name {
    fn metric(&self) -> &str {
        self.0.split('{').next().unwrap_or_default()
    }

    fn label(&self, name: &str) -> &str {
        self.labels().find(|l| l.0 == name).map_or("", |l| l.1)
    }

    fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let inside = self.0.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).unwrap_or_default();
        inside.split(',').filter_map(|label| label.split_once('=')).map(|(name, value)| (name, value.trim_matches('"')))
    }
}

type Body = BTreeMap<Name, f64>;

/// Reads a line of the two formats as the demo writes them; panics at anything else.
fn sample(line: &str) -> (Name, f64) {
    let (series, value) = line.rsplit_once(' ').expect("series and value");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let (metric, rest) = series.split_once('{').unwrap_or((series, ""));
    assert!(metric.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{line}");
    if !rest.is_empty() {
        let inside = rest.strip_suffix("\"}").expect("a closing quote and brace");
        let well_formed = |label: &str| label.split_once("=\"").is_some_and(|(n, v)| !n.is_empty() && !v.contains('"'));
        assert!(inside.split("\",").all(well_formed), "{line}");
    }
    (Name(series.to_owned()), value)
}

fn read(body: &str) -> Body {
    let lines: Vec<_> = body.lines().filter(|l| !l.starts_with("# ")).map(sample).collect();
    let count = lines.len();
    let body: Body = lines.into_iter().collect();
    assert_eq!(body.len(), count, "a series appears twice");
    body
}

fn scrape(simulation: &Simulation) -> Vec<Option<Body>> {
    (0..MEMBERS).map(|member| simulation.expose(member).as_deref().map(read)).collect()
}

/// The sum over members of every series of `metric` that satisfies `wanted`.
fn sum(scrape: &[Option<Body>], metric: &str, wanted: impl Fn(&Name) -> bool) -> f64 {
    let all = scrape.iter().flatten().flatten();
    all.filter(|(name, _)| name.metric() == metric && wanted(name)).map(|(_, v)| v).sum()
}

/// Walks through the time from the start of the history to `until` in steps, with the scrape at every step.
fn walk(scenario: Scenario, seed: u64, until: i64, mut visit: impl FnMut(i64, &[Option<Body>])) {
    let mut simulation = Simulation::new(scenario, seed, START);
    for at in (START..=until).step_by(STEP as usize) {
        simulation.advance(at);
        visit(at, &scrape(&simulation));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_however_time_is_cut() {
    for scenario in Scenario::ALL {
        let mut fine = Simulation::new(scenario, 3, START);
        let mut coarse = Simulation::new(scenario, 3, START);
        let mut other = Simulation::new(scenario, 4, START);
        (START..=NOW).step_by(700).for_each(|at| fine.advance(at));
        fine.advance(NOW);
        coarse.advance(NOW);
        other.advance(START);
        for member in 0..MEMBERS {
            assert!(fine.expose(member) == coarse.expose(member), "{scenario}, member {member}");
            assert!(fine.expose(member) != other.expose(member), "{scenario}, member {member}, another seed");
        }
    }
}

#[test]
fn every_metric_of_the_catalogue_has_samples_at_the_end_of_an_outage() {
    for seed in 0..4 {
        let mut simulation = Simulation::new(Scenario::S3Outage, seed, START);
        simulation.advance(NOW);
        let scraped = scrape(&simulation);
        let seen: BTreeSet<&str> = scraped[..EXPORTER]
            .iter()
            .flatten()
            .flatten()
            .map(|(name, _)| catalog::find(name.metric()).unwrap_or_else(|| panic!("{name:?}")).name)
            .collect();
        let missing: Vec<_> = METRICS.iter().map(|m| m.name).filter(|name| !seen.contains(name)).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?} have no samples");
        for (agent, body) in scraped[..EXPORTER].iter().flatten().enumerate() {
            let put = &Name("streamhouse_circuit_breaker_state{operation=\"PUT\"}".to_owned());
            assert!(body[put] != 0.0, "seed {seed}: the circuit of agent {agent} is closed");
        }
        for (metric, result) in [
            ("streamhouse_lease_acquisitions_total", "conflict"),
            ("streamhouse_lease_acquisitions_total", "error"),
            ("streamhouse_schema_registrations_total", "incompatible"),
            ("streamhouse_schema_compatibility_checks_total", "incompatible"),
            ("streamhouse_wal_appends_total", "error"),
        ] {
            assert!(sum(&scraped, metric, |n| n.label("result") == result) > 0.0, "seed {seed}: {metric} {result}");
        }
    }
}

#[test]
fn bodies_are_small_and_end_as_their_format_wants() {
    for scenario in Scenario::ALL {
        let mut simulation = Simulation::new(scenario, 1, START);
        for at in [START, NOW - 5 * MINUTE, NOW] {
            simulation.advance(at);
            for member in 0..EXPORTER {
                let body = simulation.expose(member).unwrap();
                assert!(body.ends_with("# EOF\n") && body.len() < 52_000, "{scenario}: {} bytes", body.len());
            }
            let exporter = simulation.expose(EXPORTER).unwrap();
            assert!(exporter.ends_with('\n') && !exporter.contains("# EOF"));
        }
    }
}

#[test]
fn counters_fall_only_with_a_restart() {
    for scenario in Scenario::ALL {
        let mut last: Vec<Option<Body>> = vec![None; MEMBERS];
        let mut compared = 0;
        walk(scenario, 5, NOW, |at, bodies| {
            for (member, body) in bodies.iter().enumerate().take(EXPORTER) {
                let uptime = |b: &Body| b[&Name("streamhouse_uptime_seconds".to_owned())];
                if let (Some(body), Some(last)) = (body, &last[member])
                    && uptime(body) > uptime(last)
                {
                    for (name, before) in last {
                        let counts = ["_total", "_bucket", "_count", "_sum"].iter().any(|s| name.metric().ends_with(s))
                            && catalog::find(name.metric()).is_none_or(|m| m.kind != catalog::Kind::Gauge);
                        if counts {
                            let now = body.get(name).unwrap_or_else(|| panic!("{at}: {name:?} vanished"));
                            assert!(now >= before, "{at}: {name:?} fell from {before} to {now}");
                            compared += 1;
                        }
                    }
                }
            }
            last = bodies.to_vec();
        });
        assert!(compared > 100_000, "{compared}");
    }
}

#[test]
fn buckets_are_cumulative_and_the_last_one_is_the_count() {
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, START);
    simulation.advance(NOW);
    let mut histograms = 0;
    for body in scrape(&simulation).iter().flatten() {
        let mut by_series: HashMap<Name, Vec<(f64, f64)>> = HashMap::new();
        for (name, &v) in body.iter().filter(|(n, _)| n.metric().ends_with("_bucket")) {
            let le = name.label("le");
            let series = name.0.replace("_bucket{", "_count{").replace(&format!("le=\"{le}\","), "");
            let (series, le) = (Name(series), le.parse().unwrap());
            by_series.entry(series).or_default().push((le, v));
        }
        for (count, mut buckets) in by_series {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{count:?}: {buckets:?}");
            assert_eq!(buckets.last().unwrap(), &(f64::INFINITY, body[&count]), "{count:?}");
            histograms += 1;
        }
    }
    assert!(histograms > 30, "{histograms}");
}

#[test]
fn the_wal_only_grows_while_the_circuit_is_open_and_is_truncated_after() {
    let sizes = |body: &Body| -> BTreeMap<Name, f64> {
        body.iter().filter(|(n, _)| n.metric() == "streamhouse_wal_size_bytes").map(|(n, v)| (n.clone(), *v)).collect()
    };
    let open = |body: &Body| {
        let state = |n: &Name| n.metric() == "streamhouse_circuit_breaker_state" && n.label("operation") == "PUT";
        body.iter().any(|(n, v)| state(n) && *v == 1.0)
    };
    let mut last: Vec<Option<Body>> = vec![None; MEMBERS];
    let (mut grew, mut largest_now, mut largest_after) = (0, 0.0_f64, 0.0_f64);
    walk(Scenario::S3Outage, 1, NOW + 14 * MINUTE, |at, bodies| {
        for (body, last) in bodies.iter().zip(&last) {
            if let (Some(body), Some(last)) = (body, last)
                && open(body)
                && open(last)
                && (NOW - 8 * MINUTE..NOW + 6 * MINUTE).contains(&at)
            {
                let before = sizes(last);
                for (name, size) in sizes(body) {
                    if let Some(before) = before.get(&name) {
                        assert!(size >= *before, "{at}: {name:?} shrank from {before} to {size}");
                        grew += usize::from(size > *before);
                    }
                }
            }
        }
        let largest = bodies.iter().flatten().flat_map(|b| sizes(b).into_values()).fold(0.0, f64::max);
        if at == NOW {
            largest_now = largest;
        } else if at == NOW + 14 * MINUTE {
            largest_after = largest;
        }
        last = bodies.to_vec();
    });
    assert!(grew > 300, "{grew}");
    assert!(largest_now > 100e6, "{largest_now}");
    assert!(largest_after < 6e6, "{largest_after}");
}

#[test]
fn a_partition_has_one_leader_unless_its_lease_has_expired() {
    for scenario in [Scenario::Calm, Scenario::S3Outage] {
        let mut down_until = i64::MIN;
        let mut orphaned = 0;
        walk(scenario, 2, NOW, |at, bodies| {
            if bodies.iter().any(Option::is_none) {
                // Thirty seconds until the lease expires, and two until a second attempt.
                down_until = at + 32_000;
            }
            let mut holders: BTreeMap<(String, String), usize> = BTreeMap::new();
            for (name, _) in bodies.iter().flatten().flatten() {
                if name.metric() == "streamhouse_lease_epoch_current" {
                    let partition = (name.label("topic").to_owned(), name.label("partition").to_owned());
                    *holders.entry(partition).or_default() += 1;
                }
            }
            assert!(holders.values().all(|&n| n == 1), "{scenario} {at}: {holders:?}");
            if holders.len() != 22 {
                orphaned += 1;
                assert!(at <= down_until, "{scenario} {at}: {} of 22 partitions are led", holders.len());
            }
        });
        assert!(orphaned > 0, "{scenario}: leases must have been without a holder for a while");
    }
}

#[test]
fn what_was_produced_is_either_consumed_or_lag() {
    let groups = [("orders-workers", "orders"), ("fraud-detection", "payments"), ("analytics", "clickstream")];
    let mut first = None;
    // After the restart of agent-2, so that no counter begins anew.
    walk(Scenario::Calm, 9, NOW, |at, bodies| {
        let state = groups.map(|(group, topic)| {
            let of_topic = |n: &Name| n.label("topic") == topic;
            let of_group = |n: &Name| of_topic(n) && n.label("consumer_group") == group;
            sum(bodies, "streamhouse_producer_records_total", of_topic)
                - sum(bodies, "streamhouse_consumer_records_total", of_group)
                - sum(bodies, "streamhouse_consumer_lag", of_group)
        });
        if at == NOW - 30 * MINUTE {
            first = Some(state);
        } else if let Some(first) = first {
            assert_eq!(state, first, "{at}");
        }
    });
    assert!(first.is_some());
}

#[test]
fn a_split_network_shows_two_leaders_in_different_epochs() {
    let mut simulation = Simulation::new(Scenario::SplitBrain, 1, START);
    simulation.advance(NOW - 5 * MINUTE);
    let before = scrape(&simulation);
    simulation.advance(NOW);
    let scraped = scrape(&simulation);
    let mut epochs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, v) in scraped.iter().flatten().flatten() {
        if name.metric() == "streamhouse_lease_epoch_current" {
            epochs.entry(format!("{}-{}", name.label("topic"), name.label("partition"))).or_default().push(*v);
        }
    }
    let twice: Vec<_> = epochs.values().filter(|e| e.len() == 2).collect();
    assert!(twice.len() > 10 && twice.iter().all(|e| e[0] != e[1]), "{epochs:?}");
    let increase = |metric: &str, result: &str| {
        let of = |s: &[Option<Body>]| sum(s, metric, |n| result.is_empty() || n.label("result") == result);
        of(&scraped) - of(&before)
    };
    assert!(increase("streamhouse_lease_conflicts_total", "") / 300.0 > 0.01);
    let failed = increase("streamhouse_lease_renewals_total", "failure");
    let share = failed / (failed + increase("streamhouse_lease_renewals_total", "success"));
    assert!((0.15..0.40).contains(&share), "{share}");
    let conflicts = increase("streamhouse_lease_acquisitions_total", "conflict");
    assert!(conflicts / increase("streamhouse_lease_acquisitions_total", "") > 0.2);
}

#[test]
fn the_outage_looks_like_one_now_and_calm_does_not() {
    let figures = |scenario| {
        let mut simulation = Simulation::new(scenario, 7, START);
        simulation.advance(NOW - 5 * MINUTE);
        let before = scrape(&simulation);
        simulation.advance(NOW);
        let now = scrape(&simulation);
        let rise = move |metric: &str, wanted: &dyn Fn(&Name) -> bool| {
            sum(&now, metric, wanted) - sum(&before, metric, wanted)
        };
        let allowed = rise("streamhouse_throttle_decisions_total", &|n| n.label("decision") == "allow")
            / rise("streamhouse_throttle_decisions_total", &|_| true);
        let failed = rise("streamhouse_s3_errors_total", &|_| true) / rise("streamhouse_s3_requests_total", &|_| true);
        (allowed, failed, rise("streamhouse_consumer_lag", &|_| true))
    };
    let (allowed, failed, lag) = figures(Scenario::S3Outage);
    assert!(allowed < 0.5 && failed > 0.05 && lag > 50_000.0, "{allowed} {failed} {lag}");
    let (allowed, failed, lag) = figures(Scenario::Calm);
    assert!(allowed > 0.99 && failed < 0.01 && lag.abs() < 50_000.0, "{allowed} {failed} {lag}");
}

#[test]
fn the_kernel_kills_one_agent_in_the_outage_and_kubernetes_remembers() {
    let mut down = BTreeSet::new();
    walk(Scenario::S3Outage, 1, NOW, |at, bodies| {
        if bodies[2].is_none() {
            down.insert((at - NOW) / STEP);
        }
        assert!(bodies[EXPORTER].is_some());
        if at == NOW {
            let killed = |n: &Name| n.label("reason") == "OOMKilled" && n.label("pod") == "streamhouse-agent-3";
            assert_eq!(sum(bodies, "kube_pod_container_status_last_terminated_reason", killed), 1.0);
            let third = |n: &Name| n.label("pod") == "streamhouse-agent-3";
            assert_eq!(sum(bodies, "kube_pod_container_status_restarts_total", third), 1.0);
        }
    });
    assert_eq!(down, BTreeSet::from([-24, -23, -22, -21]), "from six minutes ago to five minutes ago");
}

/// Asks for a path over a connection of its own; the status line, the content type, the body.
async fn get(addr: SocketAddr, path: &str) -> std::io::Result<(String, String, String)> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let content_type = head.lines().find_map(|l| l.strip_prefix("content-type: ")).unwrap_or_default();
    Ok((head.lines().next().unwrap_or_default().to_owned(), content_type.to_owned(), body.to_owned()))
}

async fn cluster(clock: &Arc<AtomicI64>) -> Cluster {
    let clock = Arc::clone(clock);
    let tell = move || clock.load(Ordering::Relaxed);
    Cluster::start(Scenario::Calm, 1, Bind::Loopback, NOW, tell).await.unwrap()
}

#[tokio::test]
async fn the_history_is_complete_in_order_and_is_given_once() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let mut cluster = cluster(&clock).await;
    let history = cluster.history().unwrap();
    let (scrapes, last) = tokio::task::spawn_blocking(|| {
        let mut scrapes = Vec::new();
        let mut last = None;
        for s in history {
            scrapes.push((s.at, s.member, s.body.is_some()));
            last = Some(s);
        }
        (scrapes, last)
    })
    .await
    .unwrap();
    let wanted = (START..NOW).step_by(STEP as usize).flat_map(|at| (0..MEMBERS).map(move |m| (at, m)));
    assert!(scrapes.iter().map(|&(at, m, _)| (at, m)).eq(wanted));
    assert_eq!(scrapes.iter().filter(|s| !s.2).map(|s| s.1).collect::<BTreeSet<_>>(), BTreeSet::from([1]));
    let mut simulation = Simulation::new(Scenario::Calm, 1, START);
    simulation.advance(NOW - STEP);
    assert!(last.unwrap().body == simulation.expose(EXPORTER));
    assert!(matches!(cluster.history(), Err(DemoError::HistoryTaken)));
}

#[tokio::test]
async fn the_members_answer_scrapes_from_where_the_history_ended() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let mut cluster = cluster(&clock).await;
    drop(cluster.history().unwrap());
    let members = cluster.members().to_vec();
    assert_eq!(
        members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(),
        ["agent-1", "agent-2", "agent-3", "exporter"]
    );
    let cancel = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(cluster.run(cancel.clone()));

    let mut simulation = Simulation::new(Scenario::Calm, 1, START);
    simulation.advance(NOW);
    for (i, member) in members.iter().enumerate() {
        let (status, content_type, body) = get(member.addr, "/metrics").await.unwrap();
        assert_eq!(status, "HTTP/1.1 200 OK");
        if i == EXPORTER {
            assert_eq!(
                (member.job.as_str(), content_type.as_str()),
                ("resources", "text/plain; version=0.0.4; charset=utf-8")
            );
        } else {
            assert_eq!(member.job, "streamhouse-agent");
            assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        }
        assert!(Some(body) == simulation.expose(i), "{}", member.name);
        assert_eq!(get(member.addr, "/").await.unwrap().0, "HTTP/1.1 404 Not Found");
    }
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(60), tasks.join_next()).await.expect("it ends when cancelled");
    for member in members {
        assert!(TcpStream::connect(member.addr).await.is_err(), "{} still listens", member.name);
    }
}

#[tokio::test]
async fn a_stopped_agent_refuses_connections_until_it_is_back_on_the_same_port() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let cluster = cluster(&clock).await;
    let addr = cluster.members()[1].addr;
    let cancel = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(cluster.run(cancel.clone()));

    // A connection that is kept alive must not outlive the process either.
    let mut kept = TcpStream::connect(addr).await.unwrap();
    kept.write_all(b"GET /nothing HTTP/1.1\r\nHost: demo\r\n\r\n").await.unwrap();
    assert!(kept.read(&mut [0; 1_024]).await.unwrap() > 0);

    // The next rolling restart.
    clock.store(NOW + 25 * MINUTE + 10_000, Ordering::Relaxed);
    let patience = Duration::from_secs(60);
    let gone = async { while kept.read(&mut [0; 1_024]).await.is_ok_and(|n| n > 0) {} };
    tokio::time::timeout(patience, gone).await.expect("the kept connection is closed");
    let refused = async { while TcpStream::connect(addr).await.is_ok() {} };
    tokio::time::timeout(patience, refused).await.expect("connections are refused");

    clock.store(NOW + 26 * MINUTE, Ordering::Relaxed);
    let back = async {
        loop {
            if let Ok(answer) = get(addr, "/metrics").await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let (_, _, body) = tokio::time::timeout(patience, back).await.expect("it comes back");
    let uptime = read(&body)[&Name("streamhouse_uptime_seconds".to_owned())];
    assert!(uptime < 60.0, "{uptime}");
    cancel.cancel();
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let e = Cluster::start(Scenario::Calm, 1, Bind::Fixed(addr), NOW, || NOW).await.unwrap_err();
    assert!(e.to_string().starts_with(&format!("cannot listen on {addr} for agent-1: ")), "{e}");
    let last = SocketAddr::from(([127, 0, 0, 1], u16::MAX));
    let e = Cluster::start(Scenario::Calm, 1, Bind::Fixed(last), NOW, || NOW).await.unwrap_err();
    assert_eq!(e.to_string(), "127.0.0.1:65535 leaves no room for 4 ports; give a lower one");
}
