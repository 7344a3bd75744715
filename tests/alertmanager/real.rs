//! The real Alertmanager and its `amtool`: what they say is what we read, and what we write is what they read.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shtop::series::MatchOp;
use shtop::source::access::Access;
use shtop::source::alertmanager::{
    AlertFilter, AlertState, AlertmanagerAlert, AlertmanagerClient, AlertmanagerOptions, Command, DraftMatcher, Event,
    Kind, Silence, SilenceDraft, SilenceMatcher, SilenceState, expire_command, write_command,
};
use shtop::source::http::{Client, Options, Request};
use tokio::time::{Instant, sleep};

use shtop::app::Message;

use super::keys;
use super::port::free_address;
use super::{PATIENCE, draft, now, options, start, url};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

const CONFIG: &str = r#"
route: {receiver: oncall, group_wait: 1s}
receivers: [{name: oncall}, {name: log}]
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="low"'], equal: [cluster]}
"#;

/// A value that shells, terminals and `amtool` would each like to make something else of.
const HOSTILE: &str = "it's \"$(id)\" `id` \\n \\\\ =~ {a,b} \u{1b}[31m\nline\ttab \u{202e}größe 日本 %s ! * ~ #";

/// A process that ends with its owner.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub(crate) struct Alertmanager {
    process: Running,
    pub(crate) address: String,
    http: Arc<Client>,
    pub(crate) client: AlertmanagerClient,
    dir: tempfile::TempDir,
}

/// The program of the Debian package, started; fails with what to do where it is not installed.
#[track_caller]
fn started(command: &mut Process) -> Child {
    let program = command.get_program().to_string_lossy().into_owned();
    command.spawn().unwrap_or_else(|e| {
        panic!("cannot run `{program}` ({e}): tests/run installs it (Debian package `prometheus-alertmanager`)")
    })
}

/// An Alertmanager with what `dir` holds, below `prefix`, which gossips at the first address of `cluster` with those at the
/// others; without one it is alone.
fn run(dir: &Path, listen: &str, prefix: &str, cluster: &[String]) -> Running {
    let file = dir.join("alertmanager.yml");
    fs::write(&file, CONFIG).expect("written");
    let mut command = Process::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", dir.join("data").display()))
        .arg(format!("--web.listen-address={listen}"))
        .arg(format!("--web.route-prefix=/{prefix}"))
        .arg(format!("--cluster.listen-address={}", cluster.first().map_or("", |address| address)))
        .args(cluster.iter().skip(1).map(|address| format!("--cluster.peer={address}")))
        .stdout(Stdio::null())
        .stderr(File::create(dir.join("log")).expect("the log can be written"));
    Running(started(&mut command))
}

impl Alertmanager {
    /// Below `prefix`, ready to be asked.
    pub(crate) async fn start(prefix: &str) -> Self {
        Self::start_in(prefix, &[]).await
    }

    /// The same as a member of a cluster.
    async fn start_in(prefix: &str, cluster: &[String]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // Alertmanager takes no listening socket, so something else may take the port between here and there.
        for _ in 0..3 {
            let free = free_address();
            let mut process = run(dir.path(), &free, prefix, cluster);
            let address = format!("http://{free}/{prefix}");
            let http = Options { timeout: PATIENCE, idle: 2, zstd: false };
            let http = Arc::new(Client::new(Access::default(), http).expect("a client"));
            let client = AlertmanagerClient::new(&url(&address), Arc::clone(&http));
            let begin = Instant::now();
            while begin.elapsed() < PATIENCE && process.0.try_wait().expect("it can be waited for").is_none() {
                if client.status().await.is_ok() {
                    return Self { process, address, http, client, dir };
                }
                sleep(PAUSE).await;
            }
        }
        panic!("Alertmanager does not get ready:\n{}", fs::read_to_string(dir.path().join("log")).unwrap_or_default());
    }

    /// Posts alerts as Prometheus does.
    async fn fire(&self, alerts: &Value) {
        let url = url(&format!("{}/api/v2/alerts", self.client.url().as_str().trim_end_matches('/')));
        let answer = self.http.send(&Request::post_json(url, alerts.to_string().into_bytes())).await;
        let fault = answer.expect("an answer").fault;
        assert!(fault.is_none(), "{fault:?}");
    }

    /// The alerts, once they are as `wanted`; Alertmanager takes its time.
    pub(crate) async fn alerts(&self, wanted: impl Fn(&[AlertmanagerAlert]) -> bool) -> Vec<AlertmanagerAlert> {
        let begin = Instant::now();
        loop {
            let alerts = self.client.alerts(&AlertFilter::default()).await.expect("alerts").items;
            if wanted(&alerts) {
                return alerts;
            }
            assert!(begin.elapsed() < PATIENCE, "{alerts:#?}");
            sleep(PAUSE).await;
        }
    }

    /// Runs `line` in a shell as it stands; what it prints.
    fn shell(&self, line: &str) -> String {
        let home = self.dir.path().join("home");
        let child = started(
            Process::new("bash")
                .args(["-c", line])
                // amtool's own configuration files must not have a say.
                .env("HOME", &home)
                .env("XDG_CONFIG_HOME", &home)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        let output = child.wait_with_output().expect("it ends");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{line}\n{words}(`amtool` comes with the Debian package `prometheus-alertmanager`; tests/run installs it)"
        );
        String::from_utf8(output.stdout).expect("text")
    }

    fn amtool(&self, rest: &str) -> String {
        self.shell(&format!("amtool --alertmanager.url={} {rest}", self.address))
    }
}

fn find<'a>(alerts: &'a [AlertmanagerAlert], name: &str) -> &'a AlertmanagerAlert {
    alerts.iter().find(|a| a.name() == name).unwrap_or_else(|| panic!("no {name} in {alerts:#?}"))
}

/// What makes two silences equal: all but the id and the times at which they were written.
fn essence(silence: &Silence) -> (&[SilenceMatcher], i64, &str, &str, SilenceState) {
    (&silence.matchers, silence.ends_at, &silence.created_by, &silence.comment, silence.state)
}

#[tokio::test]
async fn alerts_are_read_with_what_mutes_them() {
    let server = Alertmanager::start("am/x").await;
    server
        .fire(&json!([
            {"labels": {"alertname": "Down", "severity": "critical", "cluster": "eu"},
             "annotations": {"summary": "agent \u{1b}[5mdown"}, "generatorURL": "http://prometheus/graph"},
            {"labels": {"alertname": "Slow", "severity": "low", "cluster": "eu"}},
            {"labels": {"alertname": "Odd", "x": HOSTILE}},
        ]))
        .await;
    // The one that inhibits may be processed after the one that it inhibits.
    let processed = |a: &[AlertmanagerAlert]| a.iter().all(|a| a.state != AlertState::Unprocessed);
    let inhibited = |a: &[AlertmanagerAlert]| find(a, "Slow").state == AlertState::Suppressed;
    let alerts = server.alerts(|a| a.len() == 3 && processed(a) && inhibited(a)).await;

    let (down, slow, odd) = (find(&alerts, "Down"), find(&alerts, "Slow"), find(&alerts, "Odd"));
    assert_eq!(down.state, AlertState::Active);
    assert_eq!(down.receivers, ["oncall"]);
    assert_eq!(down.annotations.get("summary"), Some("agent ␛[5mdown"));
    assert_eq!(down.generator_url, "http://prometheus/graph");
    assert!((down.starts_at - now()).abs() < 60_000 && down.is_firing(now()));
    assert_eq!(slow.state, AlertState::Suppressed);
    assert_eq!(slow.inhibited_by, [down.fingerprint.as_str()]);
    assert_eq!(slow.silenced_by, [""; 0]);
    assert!(odd.labels.get("x").is_some_and(|x| x.contains("␛[31m␊line␉tab \u{fffd}größe")), "{:?}", odd.labels);

    // The silence of the hostile alert mutes that one, though its value is not what is shown of it.
    let mut draft = SilenceDraft::of_alert(odd, now(), 3_600_000, "ana");
    draft.comment = "known".to_owned();
    assert_eq!(draft.muted(&alerts), [odd]);
    let id = server.client.write(&draft).await.expect("written");
    let alerts = server.alerts(|a| find(a, "Odd").state == AlertState::Suppressed).await;
    assert_eq!(find(&alerts, "Odd").silenced_by, [id.as_str()]);

    for (without, left) in [
        (Kind::Active, vec!["Odd", "Slow"]),
        (Kind::Silenced, vec!["Down", "Slow"]),
        (Kind::Inhibited, vec!["Down", "Odd"]),
        (Kind::Unprocessed, vec!["Down", "Odd", "Slow"]),
    ] {
        let filter = AlertFilter { without: vec![without], ..AlertFilter::default() };
        let alerts = server.client.alerts(&filter).await.expect("alerts").items;
        let mut names: Vec<_> = alerts.iter().map(AlertmanagerAlert::name).collect();
        names.sort_unstable();
        assert_eq!(names, left, "without {without:?}");
    }
    for (receiver, count) in [("oncall", 3), ("on.*", 3), ("call", 0), ("log", 0)] {
        let filter = AlertFilter { receiver: Some(receiver.to_owned()), ..AlertFilter::default() };
        assert_eq!(server.client.alerts(&filter).await.expect("alerts").items.len(), count, "{receiver}");
    }
    for (op, value, count) in [(MatchOp::Equal, "Odd", 1), (MatchOp::Equal, "Down", 0), (MatchOp::Regex, "Odd", 0)] {
        let matcher = SilenceMatcher::new("alertname", op, value);
        let silences = server.client.silences(&[matcher]).await.expect("silences").items;
        assert_eq!(silences.len(), count, "{value}");
    }
    assert_eq!(server.client.receivers().await.expect("receivers").items, ["oncall", "log"]);
    let status = server.client.status().await.expect("a status");
    assert!(status.version.starts_with("0.") && status.cluster == "disabled" && status.config.is_some(), "{status:?}");
}

#[tokio::test]
async fn our_matchers_take_what_alertmanagers_take() {
    let server = Alertmanager::start("").await;
    let values = [
        "", "/t/{id}", "{", "[", "&", "b&", ",", "-", "<", "٣", "a-", "a", "ab", "A", "a\nb", "a.b", "a\"b", "a\\b",
        " a ", "ö", HOSTILE,
    ];
    let alerts: Value =
        values.iter().enumerate().map(|(i, v)| json!({"labels": {"alertname": format!("{i}"), "x": v}})).collect();
    server.fire(&alerts).await;
    let alerts = server.alerts(|a| a.len() == values.len()).await;
    let mut compared = 0;
    for op in [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex] {
        let patterns = [
            ".*",
            ".+",
            "a|b",
            "a.b",
            "(?s)a.b",
            "a",
            "(?i)a",
            "^a$",
            "a?",
            "[^a]*",
            "\\s.*",
            "a\\\\b",
            "\\pL",
            "(a)(b)?",
            "\\w+",
            "\\W",
            "[\\w]+",
            "[^\\W]+",
            "/t/{id}",
            "{",
            "a{1}b{0,1}",
            "[[]",
            "[a&&b]",
            "[+--]",
            "[a-]+",
            "\\Qa.b\\E",
            "\\bö\\b",
            "\\<",
            "[\\d٣]",
            "\\d",
            "a\\x62",
            "[[:alpha:]]+",
            "a)|(b",
            "\\x{61}",
        ];
        for value in values.into_iter().filter(|v| *v != HOSTILE).chain(patterns) {
            let matcher = SilenceMatcher::new("x", op, value);
            if matcher.check().is_err() {
                continue;
            }
            let filter = AlertFilter { matchers: vec![matcher.clone()], ..AlertFilter::default() };
            let theirs = server.client.alerts(&filter).await.unwrap_or_else(|e| panic!("{matcher}: {e}")).items;
            let mut ours = draft(&[]);
            ours.matchers = vec![DraftMatcher { matcher: matcher.clone(), ticked: true }];
            let names =
                |alerts: Vec<&AlertmanagerAlert>| alerts.iter().map(|a| a.name().to_owned()).collect::<Vec<_>>();
            assert_eq!(names(ours.muted(&alerts)), names(theirs.iter().collect()), "{matcher}");
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} matchers were compared");
}

#[tokio::test]
async fn what_a_draft_may_be_is_what_alertmanager_takes() {
    let server = Alertmanager::start("").await;
    let one = |op, value: &str| {
        let mut draft = draft(&[]);
        draft.matchers = vec![DraftMatcher { matcher: SilenceMatcher::new("x", op, value), ticked: true }];
        draft
    };
    let mut drafts = vec![draft(&[]), draft(&[("alertname", "A")])];
    for op in [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex] {
        drafts.extend(["", "a", ".*", "a|", ".+", "a("].map(|value| one(op, value)));
    }
    let mut past = draft(&[("alertname", "A")]);
    (past.starts_at, past.ends_at) = (1_000, 2_000);
    let mut turned = draft(&[("alertname", "A")]);
    turned.ends_at = turned.starts_at - 1;
    let mut begun = draft(&[("alertname", "A")]);
    begun.starts_at = 1_000;
    drafts.extend([past, turned, begun]);
    for draft in drafts {
        let (ours, theirs) = (draft.faults(now()), server.client.write(&draft).await);
        assert_eq!(ours.is_empty(), theirs.is_ok(), "{:?}: {ours:?}, {theirs:?}", draft.matchers);
    }
}

#[tokio::test]
async fn the_printed_commands_do_the_same() {
    let server = Alertmanager::start("am").await;
    let base = url(&server.address.replace("http://", "http://ops:hunter2@"));
    let mut first = draft(&[("alertname", "A"), ("x", HOSTILE)]);
    let more = [(MatchOp::Regex, "a.*|\\d+"), (MatchOp::NotRegex, "\"q\""), (MatchOp::NotEqual, "")];
    first
        .matchers
        .extend(more.map(|(op, value)| DraftMatcher { matcher: SilenceMatcher::new("y", op, value), ticked: true }));
    first.comment = format!("@{HOSTILE}");
    let mut later = draft(&[("alertname", "B")]);
    later.starts_at = now() + 600_000;
    for draft in [first, later] {
        let line = write_command(&draft, &base, now()).expect("a command");
        assert!(!line.contains("hunter2") && line == shtop::series::printable(&line), "{line}");
        let printed = server.shell(&line);
        let theirs = server.client.silence(printed.trim()).await.expect("amtool's silence");
        let ours = server.client.write(&draft).await.expect("written");
        let ours = server.client.silence(&ours).await.expect("our silence");
        assert_eq!(essence(&theirs), essence(&ours), "{line}");
        assert!((theirs.starts_at - ours.starts_at).abs() < 60_000, "{} and {}", theirs.starts_at, ours.starts_at);

        // Longer, with other words: by the command for theirs, by us for ours. Neither becomes another silence.
        let change = |silence: &Silence| {
            let mut draft = SilenceDraft::of_silence(silence);
            draft.ends_at += 60_000;
            draft.comment = "longer".to_owned();
            draft
        };
        let printed = server.shell(&write_command(&change(&theirs), &base, now()).expect("a command"));
        assert!(printed.contains(&theirs.id), "{printed}");
        assert_eq!(server.client.write(&change(&ours)).await.expect("changed"), ours.id);
        let (theirs, ours) = (server.client.silence(&theirs.id).await, server.client.silence(&ours.id).await);
        let (theirs, ours) = (theirs.expect("still there"), ours.expect("still there"));
        assert_eq!(essence(&theirs), essence(&ours));
        assert_eq!(ours.comment, "longer");

        // Fewer matchers: another silence, and the old one is over.
        let mut fewer = SilenceDraft::of_silence(&theirs);
        fewer.matchers.truncate(1);
        fewer.created_by = "bo".to_owned();
        server.shell(&write_command(&fewer, &base, now()).expect("a command"));
        assert_eq!(server.client.silence(&theirs.id).await.expect("kept").state, SilenceState::Expired);

        server.shell(&expire_command(&ours.id, &base).expect("a command"));
        assert_eq!(server.client.silence(&ours.id).await.expect("kept").state, SilenceState::Expired);
    }
}

#[tokio::test]
async fn silences_are_made_and_expired_by_the_running_source() {
    let server = Alertmanager::start("").await;
    server.fire(&json!([{"labels": {"alertname": "Down", "cluster": "eu", "instance": "a:1"}}])).await;
    server.alerts(|a| a.iter().any(|a| a.state == AlertState::Active)).await;
    let mut source = start(options(std::slice::from_ref(&server.address)));
    let state = source.state().await;
    let down = find(&state.alerts.items, "Down");
    assert!(state.skew.is_some_and(|skew| skew.abs() < 60_000), "{:?}", state.skew);

    let mut draft = SilenceDraft::of_alert(down, now(), 7_200_000, "ana");
    draft.matchers.iter_mut().filter(|m| m.is_volatile()).for_each(|m| m.ticked = false);
    draft.comment = "disk swap".to_owned();
    source.handle.control.send(Command::CreateSilence(Box::new(draft.clone()))).expect("a place");
    let Event::SilenceCreated(id) = source.news().await else { panic!("it was not made") };
    let state = source.state().await;
    assert!(
        state.silences.items.iter().any(|s| s.id == id && s.matchers == draft.ticked().cloned().collect::<Vec<_>>())
    );

    let seen: Value = serde_json::from_str(&server.amtool("silence query -o json alertname=Down")).expect("JSON");
    assert_eq!((&seen[0]["id"], &seen[0]["comment"]), (&json!(id), &json!("disk swap")), "{seen}");
    assert_eq!(seen[0]["matchers"].as_array().map(Vec::len), Some(2), "{seen}");
    // Alertmanager looks at its silences when it is asked for the alerts.
    assert_eq!(find(&state.alerts.items, "Down").silenced_by, [id.as_str()]);

    source.handle.control.send(Command::ExpireSilence(id.clone())).expect("a place");
    assert_eq!(source.news().await, Event::SilenceExpired(id.clone()));
    let state = source.state().await;
    let over = state.silences.items.iter().find(|s| s.id == id).expect("it is kept for a while");
    assert_eq!((over.state, find(&state.alerts.items, "Down").state), (SilenceState::Expired, AlertState::Active));
    assert_eq!(server.amtool("silence query -q alertname=Down"), "");

    source
        .handle
        .control
        .send(Command::ExpireSilence("00000000-0000-0000-0000-000000000000".to_owned()))
        .expect("a place");
    let Event::Refused(words) = source.news().await else { panic!("there is no such silence") };
    assert!(words.starts_with("the silence was not expired: 127.0.0.1:") && words.contains("HTTP "), "{words}");
}

#[tokio::test]
async fn an_alertmanager_that_dies_and_returns_is_noticed() {
    let mut server = Alertmanager::start("").await;
    let mut source = start(AlertmanagerOptions {
        interval: Duration::from_millis(200),
        timeout: PATIENCE,
        ..options(std::slice::from_ref(&server.address))
    });
    source.state().await;
    // Its port and its folder stay its own.
    let listen = url(&server.address).socket_addrs(|| None).expect("an address")[0].to_string();
    server.process.0.kill().expect("killed");
    server.process.0.wait().expect("gone");
    let Event::Failed { reason, .. } = source.news().await else { panic!("it is gone") };
    assert!(reason == "connection refused" || reason.contains("closed") || reason.contains("lost"), "{reason}");
    server.process = run(server.dir.path(), &listen, "", &[]);
    source.state().await;
}

#[tokio::test]
async fn a_cluster_goes_on_without_a_member_that_hangs() {
    let gossip = [free_address(), free_address()];
    let one = Alertmanager::start_in("", &[gossip[0].clone(), gossip[1].clone()]).await;
    let two = Alertmanager::start_in("", &[gossip[1].clone(), gossip[0].clone()]).await;
    let mut source = start(AlertmanagerOptions {
        interval: Duration::from_millis(200),
        ..options(&[one.address.clone(), two.address.clone()])
    });
    assert_eq!(source.state().await.from, one.address);
    let begin = Instant::now();
    while one.client.status().await.expect("a status").peers.items.len() < 2 {
        assert!(begin.elapsed() < PATIENCE, "they do not find each other");
        sleep(PAUSE).await;
    }
    source.handle.control.send(Command::CreateSilence(Box::new(draft(&[("alertname", "A")])))).expect("a place");
    let Event::SilenceCreated(id) = source.news().await else { panic!("it was not made") };
    let begin = Instant::now();
    while two.client.silence(&id).await.is_err() {
        assert!(begin.elapsed() < PATIENCE, "the other one does not hear of it");
        sleep(PAUSE).await;
    }

    // Stopped: it takes connections and says nothing.
    one.shell(&format!("kill -STOP {}", one.process.0.id()));
    let state = loop {
        let state = source.state().await;
        if state.from == two.address {
            break state;
        }
    };
    assert!(state.silences.items.iter().any(|s| s.id == id), "{:?}", state.silences);
    assert!(state.status.as_ref().is_some_and(|s| s.peers.items.len() == 2), "{:?}", state.status);
    source.handle.control.send(Command::ExpireSilence(id.clone())).expect("a place");
    assert_eq!(source.news().await, Event::SilenceExpired(id));
}

#[tokio::test]
async fn by_keys_alone_a_silence_is_written_and_ended() {
    let server = Alertmanager::start("").await;
    server
        .fire(&json!([
            {"labels": {"alertname": "Down", "instance": "a:1", "cluster": "eu"}},
            {"labels": {"alertname": "Down", "instance": "b:1", "cluster": "eu"}},
        ]))
        .await;
    server.alerts(|a| a.len() == 2).await;
    let mut source = start(options(std::slice::from_ref(&server.address)));
    let mut model = keys::screen(&server.address);
    let state = source.state().await;
    keys::tell(&mut model, Message::Alertmanager(Event::State(state)));

    // To the alert of a:1, the form, the comment, the button, the question, yes.
    let sent = keys::press(&mut model, "aS\nknown\n\ny");
    source.handle.control.send(sent.expect("something is sent")).expect("taken");
    let id = loop {
        match source.next().await {
            Event::SilenceCreated(id) => break id,
            Event::Refused(words) => panic!("{words}"),
            _ => {}
        }
    };
    keys::tell(&mut model, Message::Alertmanager(Event::SilenceCreated(id.clone())));
    let begin = Instant::now();
    loop {
        let state = source.state().await;
        keys::tell(&mut model, Message::Alertmanager(Event::State(state)));
        let silenced =
            model.alerts.active().filter(|(at, ..)| model.muting.as_ref().is_some_and(|m| m.of(*at).is_some()));
        if silenced.count() == 1 {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "the alert is not marked");
        source.handle.control.send(Command::Refresh).expect("taken");
    }
    assert!(server.amtool("silence query").contains(&id));

    // The list of silences, end it, yes.
    let sent = keys::press(&mut model, "zxy").expect("something is sent");
    assert_eq!(sent, Command::ExpireSilence(id.clone()));
    source.handle.control.send(sent).expect("taken");
    loop {
        match source.next().await {
            Event::SilenceExpired(ended) => break assert_eq!(ended, id),
            Event::Refused(words) => panic!("{words}"),
            _ => {}
        }
    }
    assert!(!server.amtool("silence query").contains(&id));
}
