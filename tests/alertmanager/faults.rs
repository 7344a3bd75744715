//! Servers that fail in every way, and clusters of which some do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shtop::source::access::{Access, Login, Secret};
use shtop::source::alertmanager::{AlertmanagerOptions, Busy, Command, Event, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::server::{Server, ok, send};
use super::{PATIENCE, clock, draft, now, options, start, url};

const JSON: &str = "application/json";

/// What a request was: its first line.
type Log = Arc<Mutex<Vec<String>>>;

/// An Alertmanager with nothing in it, but what `answer` says to a request's first line goes before that.
async fn server(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> (Server, Log) {
    let log = Log::default();
    let (answer, lines) = (Arc::new(answer), Arc::clone(&log));
    let server = Server::new(move |_, head, mut stream| {
        let line = head.lines().next().unwrap_or_default().to_owned();
        let bytes = answer(&line).unwrap_or_else(|| match line.split(' ').nth(1).unwrap_or_default() {
            path if path.ends_with("/status") => ok(JSON, r#"{"versionInfo":{"version":"0.27.0"}}"#),
            path if path.ends_with("/silences") && line.starts_with("POST") => ok(JSON, r#"{"silenceID":"5"}"#),
            _ => ok(JSON, "[]"),
        });
        lines.lock().expect("sound").push(line);
        async move {
            if let Some(begin) = bytes.strip_suffix(HANG) {
                stream.write_all(begin.as_bytes()).await.ok();
                std::future::pending::<()>().await;
            }
            send(&mut stream, bytes.as_bytes()).await;
            // A connection that is closed with something unread in it is reset.
            drain(&mut stream).await;
        }
    })
    .await;
    (server, log)
}

/// What an answer ends in that never ends.
const HANG: &str = "\0hang";

async fn drain(stream: &mut TcpStream) {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {}
}

fn status(line: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\nContent-Type: {JSON}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn at(server: &Server) -> String {
    format!("http://{}", server.address())
}

/// A port on which nobody listens.
fn nobody() -> String {
    // Bound and kept, but never listening: a port that was given back would go to the server of another test.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("an address");
    std::mem::forget(socket);
    format!("http://{address}")
}

fn hasty(urls: &[String]) -> AlertmanagerOptions {
    AlertmanagerOptions { timeout: Duration::from_secs(3), ..options(urls) }
}

fn writes(log: &Log) -> usize {
    log.lock().expect("sound").iter().filter(|l| !l.starts_with("GET")).count()
}

fn reason(event: Event) -> String {
    match event {
        Event::Failed { reason, .. } => reason,
        other => panic!("{other:?} is no failure"),
    }
}

#[tokio::test]
async fn every_fault_is_named_at_the_first_reading() {
    let long = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: 999\r\n\r\n{body}");
    let table = [
        (status("503 Service Unavailable", ""), "HTTP 503 Service Unavailable"),
        (status("401 Unauthorized", ""), "HTTP 401 Unauthorized (does it want a user and password?)"),
        (status("400 Bad Request", "\"no such\\u001b thing\""), "HTTP 400 Bad Request: no such␛ thing"),
        (HANG.to_owned(), "no answer within 3s"),
        (long("["), "connection lost before the answer was complete"),
        (long("[") + HANG, "answer not complete within 3s"),
        (ok(JSON, r#"[{"labels":{"a":"b""#), "the answer breaks off before the list of alerts is complete"),
        (ok(JSON, r#"{"status":"success"}"#), "the answer is no list of"),
        (ok("text/html", "<title>Sign in</title>"), "answers with a web page titled “Sign in”"),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "answers, but not in HTTP"),
        (String::new(), "connection closed without an answer"),
    ];
    for (answer, expected) in table {
        let (server, _) = server(move |line| line.contains("/api/v2/alerts").then(|| answer.clone())).await;
        let began = now();
        let mut source = start(hasty(&[at(&server)]));
        match source.next().await {
            Event::Failed { reason, since, next_try, .. } => {
                assert!(reason.starts_with(expected), "{reason} for {expected}");
                assert!((began..=now()).contains(&since), "{expected}");
                assert!((since + 800..since + 1300).contains(&next_try), "{expected}: {}", next_try - since);
            }
            other => panic!("{other:?} for {expected}"),
        }
    }
    let mut source = start(hasty(&[nobody()]));
    let Event::Failed { reason, hint, .. } = source.next().await else { panic!("nobody answers") };
    assert_eq!((reason.as_str(), hint), ("connection refused", Some("is it running, and is the port right?")));
}

#[tokio::test]
async fn a_refresh_does_not_wait_and_a_recovery_is_told() {
    let sick = Arc::new(AtomicUsize::new(3));
    let left = Arc::clone(&sick);
    let (server, _) = server(move |line| {
        let fails = line.contains("/alerts")
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        fails.then(|| "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nConnection: close\r\n\r\n".to_owned())
    })
    .await;
    let mut source = start(options(&[at(&server)]));
    let mut first = None;
    for _ in 0..3 {
        let Event::Failed { reason, since, next_try, .. } = source.next().await else { panic!("it does not fail") };
        assert_eq!(reason, "HTTP 429 Too Many Requests (asks for 60s of rest)");
        assert!(next_try >= now() + 30_000, "the rest that the server asks for is kept");
        assert_eq!(*first.get_or_insert(since), since, "one outage has one beginning");
        source.handle.control.send(Command::Refresh).expect("a place");
    }
    let Event::State(state) = source.next().await else { panic!("it does not recover") };
    assert_eq!(state.status.as_ref().map(|s| s.version.as_str()), Some("0.27.0"));
    assert_eq!(state.from, format!("{}/", at(&server)));
}

#[tokio::test]
async fn a_member_that_answers_is_enough_and_is_asked_first_from_then_on() {
    let (hangs, asked) = server(|_| Some(HANG.to_owned())).await;
    let (sound, _) = server(|_| None).await;
    let mut source = start(AlertmanagerOptions {
        timeout: Duration::from_secs(10),
        ..options(&[nobody(), at(&hangs), format!("{}/", at(&sound))])
    });
    let Event::State(state) = source.next().await else { panic!("nobody answers") };
    assert_eq!(state.from, format!("{}/", at(&sound)));
    assert!(state.status.is_some(), "the status is the answering member's");
    let before = asked.lock().expect("sound").len();
    source.handle.control.send(Command::Refresh).expect("a place");
    assert!(matches!(source.next().await, Event::State(_)));
    assert_eq!(asked.lock().expect("sound").len(), before);
}

#[tokio::test]
async fn a_cluster_that_is_down_names_every_member() {
    let (one, two) = (nobody(), nobody());
    let mut source = start(hasty(&[one.clone(), two.clone()]));
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    let expected = format!("{}: connection refused; {}: connection refused", host(&one), host(&two));
    assert_eq!(reason(source.next().await), expected);
}

#[tokio::test]
async fn a_status_that_is_forbidden_is_no_failure() {
    let (server, _) = server(|line| line.contains("/status").then(|| status("403 Forbidden", ""))).await;
    let mut source = start(options(&[at(&server)]));
    let Event::State(state) = source.next().await else { panic!("it fails") };
    assert_eq!(state.status, None);
}

#[tokio::test]
async fn the_skew_of_the_servers_clock_is_told() {
    let dated = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                 Content-Length: 2\r\nConnection: close\r\n\r\n[]";
    let (server, _) = server(|_| Some(dated.to_owned())).await;
    let mut source = start(options(&[at(&server)]));
    let Event::State(state) = source.next().await else { panic!("it fails") };
    let skew = state.skew.expect("it has a clock");
    assert!((skew - (784_111_777_000 - state.at)).abs() < 60_000, "{skew}");
}

#[tokio::test]
async fn nothing_is_written_where_nothing_may_be() {
    let (server, log) = server(|_| None).await;
    let mut source = start(AlertmanagerOptions { read_only: true, ..options(&[at(&server)]) });
    for command in
        [Command::CreateSilence(Box::new(draft(&[("alertname", "A")]))), Command::ExpireSilence("5".to_owned())]
    {
        source.handle.control.send(command).expect("a place");
        assert_eq!(source.news().await, Event::Refused("this context is read-only: nothing was sent".to_owned()));
    }
    source.handle.control.send(Command::Refresh).expect("a place");
    source.state().await;
    assert_eq!(writes(&log), 0);
}

#[tokio::test]
async fn a_draft_with_a_fault_is_not_sent() {
    let (server, log) = server(|_| None).await;
    let mut source = start(options(&[at(&server)]));
    let mut draft = draft(&[("alertname", "A")]);
    draft.comment.clear();
    source.handle.control.send(Command::CreateSilence(Box::new(draft))).expect("a place");
    let expected = "nothing was sent: why the silence is made is missing; give a comment";
    assert_eq!(source.news().await, Event::Refused(expected.to_owned()));
    assert_eq!(writes(&log), 0);
}

#[tokio::test]
async fn after_a_write_the_same_member_is_read_at_once() {
    let (server, log) = server(|_| None).await;
    let interval = Duration::from_secs(3_600);
    let mut source = start(AlertmanagerOptions { interval, ..options(&[nobody(), at(&server)]) });
    source.state().await;
    source.handle.control.send(Command::CreateSilence(Box::new(draft(&[("alertname", "A")])))).expect("a place");
    assert_eq!(source.next().await, Event::SilenceCreated("5".to_owned()));
    // Long before the interval is over.
    source.state().await;
    source.handle.control.send(Command::ExpireSilence("5".to_owned())).expect("a place");
    assert_eq!(source.next().await, Event::SilenceExpired("5".to_owned()));
    source.state().await;
    let log = log.lock().expect("sound");
    let sent: Vec<_> = log.iter().filter(|l| !l.starts_with("GET")).map(String::as_str).collect();
    assert_eq!(sent, ["POST /api/v2/silences HTTP/1.1", "DELETE /api/v2/silence/5 HTTP/1.1"]);
}

#[tokio::test]
async fn a_write_that_may_have_arrived_is_not_repeated() {
    let (hangs, log) = server(|line| line.starts_with("POST").then(|| HANG.to_owned())).await;
    let (other, others) = server(|_| None).await;
    let mut source = start(hasty(&[at(&hangs), at(&other)]));
    source.state().await;
    source.handle.control.send(Command::CreateSilence(Box::new(draft(&[("alertname", "A")])))).expect("a place");
    let expected =
        format!("the silence may or may not be written, see the list: {}: no answer within 3s", hangs.address());
    assert_eq!(source.news().await, Event::Refused(expected));
    assert_eq!((writes(&log), writes(&others)), (1, 0));
}

#[tokio::test]
async fn a_write_that_cannot_have_arrived_goes_to_the_next_member() {
    let (server, log) = server(|_| None).await;
    // The write is told before anybody was read, so that nobody is known to be down.
    let mut source = start(options(&[nobody(), at(&server)]));
    source.handle.control.send(Command::ExpireSilence("5".to_owned())).expect("a place");
    assert_eq!(source.news().await, Event::SilenceExpired("5".to_owned()));
    assert_eq!(writes(&log), 1);

    let nobody = nobody();
    let mut source = start(options(std::slice::from_ref(&nobody)));
    source.handle.control.send(Command::ExpireSilence("5".to_owned())).expect("a place");
    loop {
        match source.next().await {
            Event::Failed { .. } => {}
            event => {
                let host = nobody.trim_start_matches("http://");
                let expected = format!("nothing was changed: {host}: connection refused");
                assert_eq!(event, Event::Refused(expected));
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_has_the_servers_words() {
    let words = "\"silence invalid: \\u001b]0;x\\u0007\"";
    let (server, _) = server(move |line| line.starts_with("POST").then(|| status("400 Bad Request", words))).await;
    let mut source = start(options(&[at(&server)]));
    source.handle.control.send(Command::CreateSilence(Box::new(draft(&[("alertname", "A")])))).expect("a place");
    let expected =
        format!("the silence was not written: {}: HTTP 400 Bad Request: silence invalid: ␛]0;x␇", server.address());
    assert_eq!(source.news().await, Event::Refused(expected));
}

#[tokio::test]
async fn no_more_commands_wait_than_there_are_places() {
    let (server, _) = server(|_| Some(HANG.to_owned())).await;
    let source = start(options(&[at(&server)]));
    let sent = (0..100).filter(|_| source.handle.control.send(Command::ExpireSilence("5".to_owned())).is_ok()).count();
    assert!(sent < 20, "{sent} wait");
    assert_eq!(source.handle.control.send(Command::Refresh), Err(Busy));
}

#[tokio::test]
async fn the_source_ends_with_its_token_and_with_its_reader() {
    let (server, _) = server(|_| Some(HANG.to_owned())).await;
    for by_token in [true, false] {
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let handle = shtop::source::alertmanager::start(options(&[at(&server)]), clock(), &cancel, &mut tasks);
        let handle = handle.expect("it starts");
        if by_token {
            cancel.cancel();
        } else {
            drop(handle.events);
        }
        let ended = tokio::time::timeout(PATIENCE, tasks.join_next()).await.expect("in time");
        assert!(ended.expect("one task").is_ok());
    }
}

#[tokio::test]
async fn credentials_are_sent_and_never_told() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let server = Server::new(move |_, head, mut stream| {
        seen.lock().expect("sound").push(head);
        async move { send(&mut stream, status("401 Unauthorized", "").as_bytes()).await }
    })
    .await;
    let access = Access { login: Login::Bearer(Secret::Plain("hunter2".to_owned())), ..Access::default() };
    let with_user = format!("http://ops:sesame@{}/am?key=hunter2", server.address());
    let mut source = start(AlertmanagerOptions { access, ..options(&[at(&server), with_user]) });
    let told = format!("{:?}", source.next().await);
    assert!(!told.contains("hunter2") && !told.contains("sesame"), "{told}");
    assert!(told.contains("HTTP 401: refused the token") && told.contains("refused the user and password"), "{told}");
    let heads = heads.lock().expect("sound").join("");
    assert!(heads.contains("GET /api/v2/alerts") && heads.contains("authorization: Bearer hunter2"), "{heads}");
    assert!(
        heads.contains("GET /am/api/v2/alerts HTTP") && heads.contains("authorization: Basic b3BzOnNlc2FtZQ=="),
        "{heads}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_at_once() {
    let mut tasks = JoinSet::new();
    let mut fails = |options| {
        let error = shtop::source::alertmanager::start(options, clock(), &CancellationToken::new(), &mut tasks);
        error.expect_err("nothing to ask")
    };
    assert!(matches!(fails(options(&[])), StartError::Nobody));
    let odd = AlertmanagerOptions { urls: vec![url("ftp://u:secret@h/x")], ..AlertmanagerOptions::default() };
    assert!(fails(odd).to_string().starts_with("ftp://h/x is no URL of an Alertmanager; give http://host:port"));
    let short = AlertmanagerOptions { interval: Duration::ZERO, ..options(&["http://a".to_owned()]) };
    assert_eq!(fails(short).to_string(), "the interval is too short; give at least 100ms");
}
