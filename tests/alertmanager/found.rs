//! The Alertmanager that a real Prometheus sends its alerts to: asked, and written to, without anybody naming it.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

use shtop::source::access::Access;
use shtop::source::http::{Client, Options};
use shtop::source::prometheus::api::Api;
use tokio::time::{Instant, sleep};

use super::port::free_address;
use super::real::{Alertmanager, Running};
use super::screen::Screen;
use super::{PATIENCE, url};

/// A rule that always fires.
const RULES: &str =
    "groups: [{name: g, interval: 1s, rules: [{alert: Down, expr: 'vector(7)', labels: {severity: critical}}]}]";

/// A Prometheus that sends its alerts somewhere, and its folder.
struct Prometheus {
    address: String,
    _process: Running,
    dir: tempfile::TempDir,
}

impl Prometheus {
    /// Started, with the alert firing and the Alertmanagers at `to` (`host:port`) known to it.
    async fn sending(to: &str, prefix: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = |name: &str| dir.path().join(name).display().to_string();
        let config = format!(
            "global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting: {{alertmanagers: [{{path_prefix: \
             '/{prefix}', static_configs: [{{targets: ['{to}']}}]}}]}}\n"
        );
        fs::write(path("config.yml"), config).expect("written");
        fs::write(path("rules.yml"), RULES).expect("written");
        // It takes no listening socket, so something else may take the port between here and there.
        for _ in 0..3 {
            let address = free_address();
            let child = Command::new("prometheus")
                .arg(format!("--config.file={}", path("config.yml")))
                .arg(format!("--storage.tsdb.path={}", path("data")))
                .arg(format!("--web.listen-address={address}"))
                // The first alerts are sent before it knows where to.
                .arg("--rules.alert.resend-delay=1s")
                .stdout(Stdio::null())
                .stderr(File::create(path("log")).expect("the log can be written"))
                .spawn()
                .unwrap_or_else(|e| {
                    panic!("cannot run `prometheus` ({e}): tests/run installs it (Debian package `prometheus`)")
                });
            let mut process = Running(child);
            let http = Options { timeout: PATIENCE, idle: 1, zstd: false };
            let http = Client::new(Access::default(), http).expect("a client");
            let api = Api::new(http, &url(&format!("http://{address}")));
            let begin = Instant::now();
            while begin.elapsed() < PATIENCE && process.0.try_wait().expect("it can be waited for").is_none() {
                let fires = api.alerts().await.is_ok_and(|told| told.data.alerts.iter().any(|a| a.state == "firing"));
                let found = api.alertmanagers().await.is_ok_and(|told| !told.data.active_alertmanagers.is_empty());
                if fires && found {
                    return Self { address, _process: process, dir };
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("Prometheus does not get ready:\n{}", fs::read_to_string(path("log")).unwrap_or_default());
    }

    /// The screen of it, at its alerts, with these flags.
    fn alerts(&self, flags: &[&str]) -> Screen {
        let url = format!("http://{}", self.address);
        let arguments = [&["--prometheus", url.as_str(), "--range", "5m", "--author", "ana"], flags].concat();
        let log = self.dir.path().display().to_string();
        let mut screen =
            Screen::open_as(&arguments, 120, 30, &[("TERM", "xterm-256color"), ("XDG_STATE_HOME", log.as_str())]);
        screen.wait_for("[1 ");
        screen.press("a");
        screen.wait_for("Firing (1)");
        screen
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silences_are_written_to_the_alertmanager_that_prometheus_names() {
    let alertmanager = Alertmanager::start("am").await;
    let to = alertmanager.address.trim_start_matches("http://").trim_end_matches("/am");
    let prometheus = Prometheus::sending(to, "am").await;
    alertmanager.alerts(|alerts| alerts.len() == 1).await;
    let mut screen = prometheus.alerts(&[]);
    screen.press("z");
    let list = screen.wait_for("found through Prometheus");
    assert!(list.contains(&format!("0 at {}, found through Prometheus", alertmanager.address)), "{list}");
    screen.press("\u{1b}");
    screen.wait_for("Firing (1)");

    screen.press("S\rdisk swap\r");
    screen.wait_for("mutes 1 firing alert");
    screen.press("\r");
    let question = screen.wait_for("Write this silence?");
    assert!(question.contains(&format!("--alertmanager.url={}", alertmanager.address)), "{question}");
    screen.press("y");
    screen.wait_for("⊘ silenced");
    let silences = alertmanager.client.silences(&[]).await.expect("silences").items;
    assert_eq!(silences.len(), 1);
    assert_eq!(silences[0].comment, "disk swap");

    // The screen of the targets says where that is.
    screen.press("4");
    screen.wait_for(&format!("Alertmanager {}, found through Prometheus", alertmanager.address));
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_cannot_be_reached_is_told_once_and_is_no_outage() {
    // Nobody listens there, as where names of the inside of a cluster lead nowhere.
    let nowhere = tokio::net::TcpSocket::new_v4().expect("a socket");
    nowhere.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = nowhere.local_addr().expect("an address").to_string();
    let prometheus = Prometheus::sending(&address, "").await;
    let mut screen = prometheus.alerts(&[]);
    screen.press("z");
    let words =
        format!("http://{address}, which Prometheus sends its alerts to, cannot be asked for silences from here");
    let told = screen.wait("why", |text| text.replace('\n', "").contains(&words));
    assert!(told.contains("evaluated by Prometheus") && !told.contains("silences are not known"), "{told}");
    screen.press("S");
    // A key takes the words away, and no failure brings them back.
    screen.press("\u{1b}[B");
    screen.wait("a quiet screen", |text| !text.contains("cannot be asked"));
    sleep(Duration::from_secs(4)).await;
    let quiet = screen.text();
    assert!(!quiet.contains("cannot be asked") && !quiet.contains("not known"), "{quiet}");
    screen.press("4");
    screen.wait_for("found through Prometheus; not to be reached from here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_looked_for_where_none_is_wanted() {
    let alertmanager = Alertmanager::start("").await;
    let to = alertmanager.address.trim_start_matches("http://").trim_end_matches('/');
    let prometheus = Prometheus::sending(to, "").await;
    let mut screen = prometheus.alerts(&["--alertmanager", "none"]);
    sleep(Duration::from_secs(1)).await;
    screen.press("z");
    screen.wait_for("there is no Alertmanager to ask for silences");
}
