//! A real Prometheus: started, filled by remote write, asked over HTTP.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use shtop::series::{Labels, Sample, Window};

use crate::port::free_address;
use crate::wire;

/// How long Prometheus may take to get ready, and to answer. Generous: this is a limit for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);
/// How many queries are on their way at the same time.
const AT_ONCE: usize = 4;
/// How much time one write covers, ms. Prometheus takes nothing older than an hour before its newest sample, so what is
/// written ascends.
const SLICE: i64 = 600_000;

/// A query as it is to be asked.
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) window: Window,
}

/// A Prometheus of its own, which ends with its owner.
pub(crate) struct Server {
    child: Child,
    address: String,
    client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    /// Starts one that scrapes nothing, with its files in `dir`.
    pub(crate) async fn start(dir: &Path) -> Self {
        let config = dir.join("prometheus.yml");
        fs::write(&config, "global: {evaluation_interval: 1m}\nrule_files: ['*.rules.yml']\n").expect("written");
        let log = dir.join("log");
        let client = client();
        // Prometheus takes no listening socket, so something else may take the port between here and there.
        for _ in 0..3 {
            let free = free_address();
            let child = Command::new("prometheus")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
                .arg(format!("--web.listen-address={free}"))
                .args(["--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y"])
                .stdout(Stdio::null())
                .stderr(fs::File::create(&log).expect("the log can be written"))
                .spawn()
                .unwrap_or_else(|e| {
                    panic!("cannot run `prometheus` ({e}): tests/run installs it (Debian package `prometheus`)")
                });
            let mut server = Self { child, address: free, client: client.clone() };
            let start = Instant::now();
            while start.elapsed() < PATIENCE && server.child.try_wait().expect("it can be waited for").is_none() {
                let ready = client.get(format!("http://{}/-/ready", server.address)).send().await;
                if ready.is_ok_and(|r| r.status().is_success()) {
                    return server;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        panic!("Prometheus does not get ready:\n{}", fs::read_to_string(&log).unwrap_or_default());
    }

    /// Where it listens: `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its version, as it gives it.
    pub(crate) async fn version(&self) -> String {
        let answer = self.client.get(format!("http://{}/api/v1/status/buildinfo", self.address)).send().await;
        let body = answer.expect("it answers").bytes().await.expect("it answers");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        body["data"]["version"].as_str().expect("a version").to_owned()
    }

    /// Writes all samples, staleness markers as they are.
    pub(crate) async fn write(&self, data: &[(Labels, Vec<Sample>)]) {
        let times = || data.iter().flat_map(|(_, samples)| samples).map(|s| s.t);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return };
        for from in (first..=last).step_by(SLICE as usize) {
            let slice = data.iter().filter_map(|(labels, samples)| {
                let start = samples.partition_point(|s| s.t < from);
                let end = samples.partition_point(|s| s.t < from + SLICE);
                (start < end).then(|| (labels, &samples[start..end]))
            });
            let request = self
                .client
                .post(format!("http://{}/api/v1/write", self.address))
                .header("content-encoding", "snappy")
                .header("content-type", "application/x-protobuf")
                .body(wire::snappy(&wire::write_request(slice)));
            let answer = request.send().await.expect("Prometheus answers");
            let (status, words) = (answer.status(), answer.text().await.unwrap_or_default());
            assert!(status.is_success(), "Prometheus does not take the samples: {status}: {words}");
        }
    }

    /// What it says to each query, in their order, whatever the status.
    pub(crate) async fn ask(&self, queries: &[Asked]) -> Vec<Value> {
        stream::iter(queries).map(|query| self.ask_one(query)).buffered(AT_ONCE).collect().await
    }

    async fn ask_one(&self, Asked { text, window }: &Asked) -> Value {
        let seconds = |ms: i64| format!("{}.{:03}", ms.div_euclid(1_000), ms.rem_euclid(1_000));
        let (path, times) = if window.is_instant() {
            ("query", vec![("time", seconds(window.start))])
        } else {
            let step = seconds(window.step);
            ("query_range", vec![("start", seconds(window.start)), ("end", seconds(window.end)), ("step", step)])
        };
        let form: Vec<_> = times.into_iter().chain([("query", text.clone())]).collect();
        let request = self.client.post(format!("http://{}/api/v1/{path}", self.address)).form(&form);
        let answer = request.send().await.unwrap_or_else(|e| panic!("{text}: {e}"));
        let body = answer.bytes().await.unwrap_or_else(|e| panic!("{text}: {e}"));
        serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{text}: {e}"))
    }
}

/// Plain HTTP needs no authorities, but reqwest without any TLS set up looks for the machine's.
fn client() -> Client {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS can be set up")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(PATIENCE).build().expect("HTTP can be set up")
}
