//! Servers that are not there, or not right: named within the deadline, tried again, recovered from.

use super::*;
use crate::server::{Server, gzipped};
use tokio::io::AsyncWriteExt;

/// The longest a request may take in these tests.
const DEADLINE: Duration = Duration::from_secs(3);
/// What a server says to everything.
type Rule = fn(&Asked) -> Says;

/// What scheduling may add on a machine with far too much to do.
const SLACK: Duration = Duration::from_secs(20);

/// What panel and status say of the server at `address`, and how long that took.
async fn outage(address: &str) -> String {
    let mut source = run(PrometheusOptions { timeout: DEADLINE, ..options(address) });
    let began = Instant::now();
    source.control.watch(plan(1, vec![ask(1, &["up"]), ask(2, &["up", "down"])]));
    let answer = source.answer(1, 2).await;
    let took = began.elapsed();
    let words = down(&answer).unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    assert!(took < DEADLINE + SLACK, "{words}: told after {took:?}");
    let status = source.status(|_, link| link.health != Health::Unknown).await;
    let link = status.link.expect("a link");
    assert_eq!(link.health, Health::Down { reason: words.clone() });
    let wait = link.next_try.expect("it is tried again") - status.at;
    assert!((-20_000..=1_300).contains(&wait), "tried again after {wait} ms");
    source.end().await;
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_outage_is_named_within_the_deadline() {
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    assert_eq!(outage(&address).await, "connection refused; is it running, and is the port right?");

    let fakes: [(Rule, &str); 10] = [
        (|_| Says::Nothing, "no answer within 3s; it may be overloaded; a longer timeout or a shorter range may help"),
        (
            |_| Says::Raw(401, vec![], String::new()),
            "HTTP 401 Unauthorized (does it want a user and password?); --user and --password-file, or --token-file, \
             give a login",
        ),
        (
            |_| Says::Raw(401, vec![("content-type", "text/plain".into())], "no org id\n".into()),
            "HTTP 401 Unauthorized: no org id; --user and --password-file, or --token-file, give a login",
        ),
        (|_| Says::Raw(403, vec![], String::new()), "HTTP 403 Forbidden; a login may be needed"),
        (|_| Says::Raw(404, vec![], String::new()), "HTTP 404 Not Found (is the path right?)"),
        (|_| json(500, "{}"), "HTTP 500 Internal Server Error"),
        (
            |_| json(503, r#"{"status":"error","errorType":"unavailable","error":"TSDB not ready"}"#),
            "HTTP 503 Service Unavailable: TSDB not ready; a proxy in between says that the server itself does not answer",
        ),
        (
            |_| Says::Raw(200, vec![("content-type", "text/html".into())], "<title>Sign in</title>".into()),
            "answers with a web page titled “Sign in”; is the URL that of the API itself, with its path, and no login page \
             in between?",
        ),
        (
            |_| Says::Raw(302, vec![("location", "https://sso.example/login?x=y".into())], String::new()),
            "HTTP 302: redirects to https://sso.example, which is not followed; is the URL that of the API itself, with \
             its path, and no login page in between?",
        ),
        (
            |_| json(200, r#"{"status":"success","data":{"resultType":"matrix","result":[{"met"#),
            "the answer breaks off after 65 bytes, inside a string; the rest of the JSON was expected",
        ),
    ];
    for (rule, words) in fakes {
        let fake = Fake::new(rule).await;
        assert_eq!(outage(&fake.address).await, words);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_crawl_break_off_or_never_end_are_named_too() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let slow = Server::new(|_, _, mut stream| async move {
        stream.write_all(format!("{HEAD}\r\n").as_bytes()).await.ok();
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let words = outage(&slow.address()).await;
    assert!(words.starts_with("answer not complete within 3s; "), "{words}");

    let cut = Server::raw(format!("{HEAD}Content-Length: 500\r\n\r\n{{")).await;
    assert_eq!(outage(&cut.address()).await, "connection lost before the answer was complete; did it restart?");

    let bomb = Server::raw(gzipped(&vec![b' '; 70 << 20])).await;
    let mut source = run(options(&bomb.address()));
    source.control.watch(plan(1, vec![ask(1, &["up"])]));
    let answer = source.answer(1, 1).await;
    let words = answer.replies[0].as_ref().expect_err("too large").to_string();
    assert_eq!(words, "query failed: answer larger than 64 MiB; ask for a shorter range or fewer series");
    source.end().await;
}

#[tokio::test]
async fn an_outage_ends_by_itself_and_is_gentle_to_the_server() {
    let fake = Fake::new(good).await;
    let mut source = run(options(&fake.address));
    let asks: Vec<Ask> = (0..20).map(|key| ask(key, &[["a", "b", "c", "d"][key as usize % 4]])).collect();
    source.control.watch(Plan { step: 1_000, range: 60_000, ..plan(1, asks) });
    source.answer(1, 19).await;
    fake.now_says(|_| json(503, "{}"));
    let lost = source.status(|_, link| matches!(link.health, Health::Down { .. })).await;
    let before = fake.all_seen().len();
    let again = source.status(|_, link| link.next_try.is_some_and(|at| at > lost.at + 1_500)).await;
    assert!(fake.all_seen().len() <= before + 4, "one request at a time tries whether it is back");
    assert_eq!(again.link.as_ref().map(|l| l.since), lost.link.as_ref().map(|l| l.since));
    fake.now_says(good);
    let back = source.status(|_, link| link.health == Health::Up).await;
    assert!(back.link.expect("a link").next_try.is_none());
    let answer = source.answer(1, 19).await;
    assert_eq!(reply(&answer, 0).range.len(), 1);
    source.end().await;
}

#[tokio::test]
async fn a_server_that_asks_for_rest_gets_it_unless_a_key_says_otherwise() {
    let fake = Fake::new(|_| Says::Raw(429, vec![("retry-after", "3600".into())], String::new())).await;
    let mut source = run(steady(&fake.address));
    source.control.watch(plan(1, vec![ask(1, &["up"])]));
    let answer = source.answer(1, 1).await;
    assert_eq!(down(&answer), Some("HTTP 429 Too Many Requests (asks for 3600s of rest)"));
    let status = source.status(|_, link| link.next_try.is_some()).await;
    let wait = status.link.and_then(|l| l.next_try).expect("a time") - status.at;
    assert!((299_000..=361_000).contains(&wait), "no longer than five minutes, and a little: {wait} ms");
    assert_eq!(fake.all_seen().len(), 1);

    // Whatever else is looked at meanwhile is answered at once, without asking.
    let began = Instant::now();
    source.control.watch(plan(2, vec![ask(5, &["other"])]));
    assert!(down(&source.answer(2, 5).await).is_some_and(|words| words.starts_with("HTTP 429")));
    assert!(began.elapsed() < SLACK);
    assert_eq!(fake.all_seen().len(), 1);

    fake.now_says(good);
    source.control.refresh();
    let answer = source.answer(2, 5).await;
    assert_eq!(last_hour(&answer).steps(), reply(&answer, 0).range[0].values.len());
    source.end().await;
}

#[tokio::test]
async fn a_hanging_server_holds_up_neither_plans_nor_the_end() {
    let hang: Shared<bool> = Arc::default();
    let switch = Arc::clone(&hang);
    let fake = Fake::new(move |asked| if *switch.lock().expect("whole") { Says::Nothing } else { good(asked) }).await;
    let mut source = run(PrometheusOptions { timeout: Duration::from_secs(10), ..options(&fake.address) });
    source.control.watch(Plan { step: 1_000, range: 60_000, ..plan(1, vec![ask(1, &["up"])]) });
    let first = source.answer(1, 1).await;
    *hang.lock().expect("whole") = true;
    let lost = source.answer(1, 1).await;
    let lost = if down(&lost).is_some() { lost } else { source.answer(1, 1).await };
    assert!(down(&lost).is_some_and(|words| words.starts_with("no answer within 10s")), "{lost:?}");
    assert!(lost.window.end >= first.window.end);
    let began = Instant::now();
    // What is known is known, server or not: but nobody claims that it is fresh.
    source.control.watch(plan(2, vec![ask(1, &["up"])]));
    assert!(down(&source.answer(2, 1).await).is_some());
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let began = Instant::now();
    source.end().await;
    assert!(began.elapsed() < Duration::from_secs(8));
}
