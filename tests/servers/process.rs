//! Servers of Debian's packages as processes that end with their owner.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, sleep};

use crate::port::free_address;
use crate::{PATIENCE, PAUSE};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Prometheus,
    /// As it stands: it shows no samples of the last 30 s, against such as come late.
    VictoriaMetrics,
    /// Without that caution.
    VictoriaMetricsAtOnce,
    NodeExporter,
}

impl Kind {
    /// The program, which is called like its Debian package.
    fn program(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::VictoriaMetrics | Self::VictoriaMetricsAtOnce => "victoria-metrics",
            Self::NodeExporter => "prometheus-node-exporter",
        }
    }

    fn health(self) -> &'static str {
        match self {
            Self::Prometheus => "-/ready",
            Self::VictoriaMetrics | Self::VictoriaMetricsAtOnce => "health",
            Self::NodeExporter => "",
        }
    }
}

/// One scrape job: its name, and the addresses of its targets.
pub(crate) type Job = (String, Vec<String>);

/// A server with a folder of its own.
pub(crate) struct Server {
    kind: Kind,
    /// Whether it lets in only some, by what `web.yml` in its folder says.
    guarded: bool,
    child: Child,
    pub(crate) address: String,
    dir: tempfile::TempDir,
    http: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Started on a free port, scraping nothing, ready to be asked.
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::start_with(kind, None).await
    }

    /// A Prometheus with this web configuration (its own TLS, certificates and passwords).
    pub(crate) async fn guarded(web: &str) -> Self {
        Self::start_with(Kind::Prometheus, Some(web)).await
    }

    async fn start_with(kind: Kind, web: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let guarded = web.is_some();
        if let Some(web) = web {
            fs::write(dir.path().join("web.yml"), web).expect("written");
        }
        fs::write(dir.path().join("config.yml"), config(&[])).expect("written");
        // None of them takes a listening socket, so something else may take the port between here and there.
        let free = free_address();
        let child = spawn(kind, guarded, dir.path(), &free);
        let mut server = Self { kind, guarded, child, address: free, dir, http: client() };
        for _ in 0..3 {
            if server.is_ready().await {
                return server;
            }
            server.address = free_address();
            server.kill();
            server.child = spawn(kind, guarded, server.dir.path(), &server.address);
        }
        panic!("{} does not get ready:\n{}", kind.program(), server.log());
    }

    /// Kills it; what it has written stays.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Starts it again on the same port, with what it had written.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.kind, self.guarded, self.dir.path(), &self.address);
        assert!(self.is_ready().await, "{} does not come back:\n{}", self.kind.program(), self.log());
    }

    /// Stops the process where it is: its port takes connections, and nobody answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a stopped process go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the process is ours");
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Waits until it answers; false where it ends before.
    async fn is_ready(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && self.child.try_wait().expect("it can be waited for").is_none() {
            let health = format!("http://{}/{}", self.address, self.kind.health());
            // Whoever wants TLS says so to whoever does not speak it.
            if self.http.get(health).send().await.is_ok_and(|answer| self.guarded || answer.status().is_success()) {
                return true;
            }
            sleep(PAUSE).await;
        }
        false
    }

    /// What is at this path; `None` while there is no good answer.
    pub(crate) async fn get(&self, path: &str) -> Option<String> {
        let answer = self.http.get(format!("http://{}/{path}", self.address)).send().await.ok()?;
        if answer.status().is_success() { answer.text().await.ok() } else { None }
    }

    /// Posts a remote write's body.
    pub(crate) async fn write(&self, body: Vec<u8>) {
        let request = self
            .http
            .post(format!("http://{}/api/v1/write", self.address))
            .header("content-encoding", "snappy")
            .header("content-type", "application/x-protobuf")
            .body(body);
        let answer = request.send().await.expect("it answers");
        let (status, words) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{} does not take the samples: {status}: {words}", self.kind.program());
    }

    /// Makes sure that what was written is found: VictoriaMetrics gathers samples for a second before it shows them.
    pub(crate) async fn settle(&self) {
        if matches!(self.kind, Kind::VictoriaMetrics | Kind::VictoriaMetricsAtOnce) {
            self.get("internal/force_flush").await.expect("it shows what it has");
        }
    }

    /// Scrapes these every second from now on.
    pub(crate) fn scrape(&self, jobs: &[Job]) {
        fs::write(self.dir.path().join("config.yml"), config(jobs)).expect("written");
        self.signal(Signal::HUP);
    }
}

fn spawn(kind: Kind, guarded: bool, dir: &std::path::Path, address: &str) -> Child {
    let (config, data) = (dir.join("config.yml").display().to_string(), dir.join("data").display().to_string());
    let mut args = match kind {
        Kind::Prometheus => vec![
            format!("--config.file={config}"),
            format!("--storage.tsdb.path={data}"),
            format!("--web.listen-address={address}"),
            "--web.enable-remote-write-receiver".to_owned(),
        ],
        Kind::VictoriaMetrics | Kind::VictoriaMetricsAtOnce => vec![
            format!("-promscrape.config={config}"),
            format!("-storageDataPath={data}"),
            format!("-httpListenAddr={address}"),
            format!("-search.latencyOffset={}", if kind == Kind::VictoriaMetrics { "30s" } else { "0s" }),
            // It would take most of what is free for its caches.
            "-memory.allowedBytes=256MiB".to_owned(),
        ],
        Kind::NodeExporter => vec![format!("--web.listen-address={address}")],
    };
    if guarded {
        args.push(format!("--web.config.file={}", dir.join("web.yml").display()));
    }
    let program = kind.program();
    let mut command = Command::new(program);
    command.args(args).stdout(Stdio::null()).stderr(File::create(dir.join("log")).expect("the log can be written"));
    command
        .spawn()
        .unwrap_or_else(|e| panic!("cannot run `{program}` ({e}): tests/run installs it (Debian package `{program}`)"))
}

fn config(jobs: &[Job]) -> String {
    let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
    if jobs.is_empty() {
        text = text.replace("scrape_configs:\n", "scrape_configs: []\n");
    }
    for (job, targets) in jobs {
        let targets: Vec<_> = targets.iter().map(|target| format!("'{target}'")).collect();
        writeln!(text, "  - job_name: {job}\n    static_configs: [{{targets: [{}]}}]", targets.join(", "))
            .expect("a string takes it");
    }
    text
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
