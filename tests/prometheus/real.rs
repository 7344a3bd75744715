//! The real thing: Debian's Prometheus and VictoriaMetrics, each scraping itself.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use shtop::rules::{AlertState, Origin, Phase};
use shtop::series::Labels;
use shtop::source::AlertReport;
use shtop::source::access::Access;
use shtop::source::http::{Client, Options};
use shtop::source::prometheus::api::Api;

use super::port::free_address;
use super::*;

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start_process(program: &str, args: &[String]) -> Process {
    let child = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Process(child.unwrap_or_else(|e| panic!("cannot run `{program}` ({e}): tests/run installs it (Debian package)")))
}

fn scraping_itself(dir: &Path, address: &str) -> String {
    let config = dir.join("prometheus.yml");
    let text = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: self\n    static_configs: [{{targets: ['{address}']}}]\n"
    );
    fs::write(&config, text).expect("written");
    config.display().to_string()
}

/// Waits for the server without being told that it is there, then asks it for what it knows of itself.
async fn answers(program: &str, args: impl Fn(&Path, &str) -> Vec<String>, version: Option<&str>, own: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let mut source = run(options(&address));
    source.control.watch(Plan {
        step: 1_000,
        range: 60_000,
        ..plan(
            1,
            vec![ask(1, &["up", "sum(up)", "vector(1)", "time()"]), ask(2, &[own]), ask(3, &["nothing_like_this"])],
        )
    });
    assert!(down(&source.answer(1, 1).await).is_some_and(|words| words.starts_with("connection refused")));
    let _server = start_process(program, &args(dir.path(), &address));
    let answer = source
        .first(|event| match event {
            Event::Answer(answer) if answer.key == 1 => {
                let full = answer.replies.iter().all(|r| r.as_ref().is_ok_and(|r| !r.now.is_empty()));
                full.then_some(answer)
            }
            _ => None,
        })
        .await;
    for query in 0..3 {
        assert_eq!(reply(&answer, query).now[0].1, 1.0, "{query}");
    }
    assert_eq!(reply(&answer, 0).now[0].0.get("job"), Some("self"));
    // VictoriaMetrics repeats the last but one of the newest steps.
    let behind = answer.at as f64 / 1000.0 - reply(&answer, 3).now[0].1;
    assert!(behind == 0.0 || behind == 1.0 && version.is_none(), "{behind}");
    let rates = source
        .first(|event| match event {
            Event::Answer(answer) if answer.key == 2 => {
                answer.replies.into_iter().next()?.ok().filter(|r| !r.now.is_empty())
            }
            _ => None,
        })
        .await;
    assert!(rates.now.iter().any(|(_, v)| *v > 0.0), "{rates:?}");
    // Until its first scrape, VictoriaMetrics calls its only target down, which is a reason too.
    let unknown = |answer: Answer| match reply(&answer, 0).absence {
        Some(Absence::NotExposed { ref metric, .. }) => Some(metric.clone()),
        _ => None,
    };
    let metric = source.first(|event| match event {
        Event::Answer(answer) if answer.key == 3 && answer.replies[0].is_ok() => unknown(answer),
        _ => None,
    });
    assert_eq!(metric.await, "nothing_like_this");
    source.control.refresh();
    let status = source
        .status(|s, link| {
            link.version.is_some() == version.is_some() && s.targets.iter().any(|t| t.health == Health::Up)
        })
        .await;
    let link = status.link.expect("a link");
    assert!(link.version.as_deref().unwrap_or_default().starts_with(version.unwrap_or_default()), "{link:?}");
    assert_eq!((status.targets[0].job.as_str(), status.targets[0].instance.as_str()), ("self", address.as_str()));
    the_rest_of_the_api_answers(&address, own.contains("prometheus")).await;
    println!("{program}: {} requests, {} bytes, a plan in {:.1} ms", link.requests, link.bytes, link.took);
    source.end().await;
}

async fn the_rest_of_the_api_answers(address: &str, is_prometheus: bool) {
    let http = Options { timeout: PATIENCE, idle: 1, zstd: true };
    let client = Client::new(Access::default(), http).expect("a client");
    let api = Api::new(client, &format!("http://{address}/api/v1/").parse().expect("a URL"));
    let now = system_clock()();
    let (up, from) = ([r#"{__name__="up"}"#.to_owned()], now - 60_000);
    let found = api.find(&up, from, now).await.expect("series").data;
    assert_eq!(found.iter().map(|labels| labels["job"].as_str()).collect::<Vec<_>>(), ["self"]);
    assert!(api.labels(&up, from, now).await.expect("labels").data.contains(&"instance".to_owned()));
    assert_eq!(api.label_values("job", &up, from, now).await.expect("values").data, ["self"]);
    api.metadata(None).await.expect("metadata");
    if is_prometheus {
        let metadata = api.metadata(Some("prometheus_http_requests_total")).await.expect("metadata").data;
        assert_eq!(metadata["prometheus_http_requests_total"][0].r#type, "counter");
        assert!(api.rules().await.expect("rules").data.groups.is_empty());
        assert!(api.alerts().await.expect("alerts").data.alerts.is_empty());
        assert!(api.alertmanagers().await.expect("Alertmanagers").data.active_alertmanagers.is_empty());
    }
    let window = Window::aligned(now, 10_000_000_000, 1_000);
    let fault = api.query_range("up", window).await.expect_err("too many steps");
    assert!(fault.to_string().contains(if is_prometheus { "11,000" } else { "too many points" }), "{fault}");
}

#[tokio::test]
async fn a_real_prometheus_answers() {
    let args = |dir: &Path, address: &str| {
        vec![
            format!("--config.file={}", scraping_itself(dir, address)),
            format!("--storage.tsdb.path={}", dir.join("data").display()),
            format!("--web.listen-address={address}"),
        ]
    };
    answers("prometheus", args, Some("Prometheus 2."), "sum(rate(prometheus_http_requests_total[10s]))").await;
}

#[tokio::test]
async fn a_real_victoria_metrics_answers() {
    let args = |dir: &Path, address: &str| {
        vec![
            format!("-promscrape.config={}", scraping_itself(dir, address)),
            format!("-storageDataPath={}", dir.join("data").display()),
            format!("-httpListenAddr={address}"),
            // Its caution against samples that come late, half a minute long.
            "-search.latencyOffset=0s".to_owned(),
        ]
    };
    answers("victoria-metrics", args, None, "sum(rate(vm_http_requests_total[10s]))").await;
}

/// Labels, state, active since (ms) and value of every alert.
type Alerts = Vec<(String, &'static str, i64, f64)>;

fn alerts(report: &AlertReport) -> Alerts {
    let all = report.rules.iter().flat_map(|r| &r.alerts);
    let mut all: Alerts = all.map(|a| (a.labels.to_string(), a.state.phase().name(), a.active_at, a.value)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[tokio::test]
async fn the_alerts_of_a_real_prometheus_are_as_it_tells_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let config = scraping_itself(dir.path(), &address);
    let text = fs::read_to_string(&config).expect("readable") + "rule_files: [rules.yml]\n";
    fs::write(&config, text).expect("written");
    let rules = "groups:\n  - name: g\n    interval: 1s\n    rules:\n      - alert: Fires\n        expr: up{job=\"self\"} + 1\n        for: 2s\n        labels: {severity: high}\n        annotations: {summary: '{{ $labels.instance }} is {{ $value }}'}\n      - {alert: Pends, expr: vector(7), for: 1h}\n      - {record: r, expr: vector(1)}\n";
    fs::write(dir.path().join("rules.yml"), rules).expect("written");
    let _server = start_process(
        "prometheus",
        &[
            format!("--config.file={config}"),
            format!("--storage.tsdb.path={}", dir.path().join("data").display()),
            format!("--web.listen-address={address}"),
        ],
    );
    let rules = PrometheusOptions::new(format!("http://{address}").parse().expect("a URL")).rules;
    let often = Duration::from_millis(500);
    let mut source = run(PrometheusOptions { evaluation_interval: often, rules, ..options(&address) });
    source.control.watch(plan(1, vec![ask(1, &["up"])]));
    let pending = source.report(|r| alerts(r).len() == 2).await;
    let report = source.report(|r| alerts(r).iter().any(|a| a.1 == "firing")).await;
    let (rule, found) = (&report.rules[0], alerts(&report));
    assert_eq!((rule.hold, rule.name.as_str(), report.rules.len()), (2_000, "Fires", 2));
    let alert = &rule.alerts[0];
    assert_eq!(alert.state, AlertState::Firing { since: alert.active_at + 2_000 });
    let summary = alert.annotation("summary").map(|text| text.text().to_owned());
    assert_eq!(summary, Some(format!("{address} is 2")));
    assert!(rule.last_evaluation.is_some_and(|at| (report.at - at).abs() < 60_000), "{rule:?}");
    if alerts(&pending).iter().all(|a| a.1 == "pending") {
        assert_eq!(report.transitions.len(), 1, "{:?}", report.transitions);
        assert_eq!(report.transitions[0].to, Phase::Firing);
    }

    let http = Options { timeout: PATIENCE, idle: 1, zstd: true };
    let client = Client::new(Access::default(), http).expect("a client");
    let api = Api::new(client, &format!("http://{address}").parse().expect("a URL"));
    let told = api.alerts().await.expect("alerts").data.alerts;
    let mut theirs: Alerts = told
        .iter()
        .map(|a| {
            let state = if a.state == "firing" { "firing" } else { "pending" };
            let at = a.active_at.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
            (Labels::from_pairs(&a.labels).to_string(), state, at, a.value.parse().expect("a number"))
        })
        .collect();
    theirs.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, theirs);
    let status = source.status(|s, _| !s.remarks.is_empty()).await;
    assert!(status.remarks[0].starts_with("the server has no rules for streamhouse_ metrics"), "{:?}", status.remarks);
    source.end().await;
}

#[tokio::test]
async fn a_real_victoria_metrics_has_no_rules_and_answers_ours() {
    let dir = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let _server = start_process(
        "victoria-metrics",
        &[
            format!("-promscrape.config={}", scraping_itself(dir.path(), &address)),
            format!("-storageDataPath={}", dir.path().join("data").display()),
            format!("-httpListenAddr={address}"),
            "-search.latencyOffset=0s".to_owned(),
        ],
    );
    let text = "groups:\n  - name: own\n    rules:\n      - {alert: Up, expr: up == 1, for: 1s}\n      - {alert: Down, expr: up == 0}\n";
    let otherwise = vec![shtop::rules::parse("own.yaml", text).expect("rules")];
    let mut source = run(PrometheusOptions {
        rules: RulesFrom::Server { otherwise },
        evaluation_interval: Duration::from_millis(500),
        ..options(&address)
    });
    source.control.watch(plan(1, vec![ask(1, &["up"])]));
    let report = source.report(|r| alerts(r).iter().any(|a| a.1 == "firing")).await;
    let names: Vec<_> = report.rules.iter().map(|r| (r.name.as_str(), r.origin, r.alerts.len())).collect();
    assert_eq!(names, [("Up", Origin::Local, 1), ("Down", Origin::Local, 0)]);
    assert_eq!(report.rules[0].alerts[0].labels.get("job"), Some("self"));
    source.end().await;
}
