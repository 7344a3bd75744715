//! Single scrapes: what is asked, and every way in which an answer can be none.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use shtop::source::access::Access;
use shtop::source::fetch::{Fetcher, ScrapeFault};
use tokio::io::AsyncWriteExt;

use super::server::{Server, gzipped, ok, send};
use super::{PATIENCE, SHORT, target};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

async fn fault(server: &Server, patience: Duration) -> String {
    fault_at(&format!("http://ann:secret@{}/metrics?token=secret", server.address()), patience).await
}

async fn fault_at(url: &str, patience: Duration) -> String {
    let words = match Fetcher::new(Access::default(), patience).expect("a client").fetch(&target(url)).await {
        Ok(body) => panic!("{url} answered {} bytes", body.bytes.len()),
        Err(fault) => fault.to_string(),
    };
    assert!(!words.contains("secret") && !words.contains("ann:"), "{words}");
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_is_none_names_its_reason() {
    let status = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let table = [
        (status("404 Not Found"), "HTTP 404 Not Found (is the path right?)"),
        (status("500 Internal Server Error"), "HTTP 500 Internal Server Error"),
        (status("204 No Content"), "HTTP 204 No Content"),
        (status("401 Unauthorized"), "HTTP 401: refused the user and password"),
        (status("599 Oops"), "HTTP 599"),
        (status("599 \x1b[31mOops"), "answers, but not in HTTP (invalid HTTP status-code parsed)"),
        (
            status("302 Found\r\nLocation: https://ann:secret@login.example:444/a/b?token=secret"),
            "HTTP 302: redirects to https://login.example:444, which is not followed",
        ),
        (status("301 Moved Permanently"), "HTTP 301: redirects, which is not followed"),
        (
            status("307 Temporary Redirect\r\nLocation: /metrics/?token=secret"),
            "HTTP 307: redirects to another path of the same host, which is not followed",
        ),
        (ok("text/html; charset=utf-8", "<html></html>"), "the answer is `text/html`, not metrics"),
        (ok("application/json", "{}"), "the answer is `application/json`, not metrics"),
        (String::new(), "connection closed without an answer"),
        (format!("{HEAD}Content-Length: 500\r\n\r\nup 1\n"), "connection lost before the answer was complete"),
        (
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nup 1\n\r\n"),
            "connection lost before the answer was complete",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "answers, but not in HTTP"),
        ("\u{1}\u{2}\u{3}garbage\n\n\n".to_owned(), "answers, but not in HTTP"),
        (format!("{HEAD}X-Flood: {}\r\n\r\n", "x".repeat(4 << 20)), "the answer's HTTP headers are too large"),
        (format!("{HEAD}{}\r\n", "X-Flood: x\r\n".repeat(10_000)), "the answer's HTTP headers are too large"),
        (format!("{HEAD}Content-Encoding: gzip\r\n\r\nthis is no gzip"), "the answer's compression is broken"),
        (format!("{HEAD}Content-Length: 99999999999\r\n\r\n"), "answer larger than 64 MiB"),
    ];
    for (bytes, words) in table {
        let shown: String = bytes.chars().take(120).collect();
        let server = Server::raw(bytes).await;
        let found = fault(&server, PATIENCE).await;
        assert!(found.starts_with(words), "{shown:?}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_hold_a_scrape_up_beyond_its_deadline() {
    let hanging = Server::new(|_, _, stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    assert_eq!(fault(&hanging, SHORT).await, "no answer within 300ms");

    let slow_head = Server::new(|_, _, mut stream| async move {
        while stream.write_all(b"HTTP/1.1 200 OK\r\n"[..1].as_ref()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let words = fault(&slow_head, SHORT).await;
    assert!(words == "no answer within 300ms" || words.starts_with("answers, but not in HTTP"), "{words}");

    let slow_body = Server::new(|_, _, mut stream| async move {
        stream.write_all(format!("{HEAD}\r\n").as_bytes()).await.ok();
        while stream.write_all(b"up 1\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // Its head comes soon, even where little is soon.
    assert_eq!(fault(&slow_body, Duration::from_secs(3)).await, "answer not complete within 3s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_and_exploding_bodies_stop_at_the_cap() {
    let endless = Server::new(|_, _, mut stream| async move {
        stream.write_all(format!("{HEAD}\r\n").as_bytes()).await.ok();
        let block = "up 1\n".repeat(20_000);
        while stream.write_all(block.as_bytes()).await.is_ok() {}
    })
    .await;
    assert_eq!(fault(&endless, PATIENCE).await, "answer larger than 64 MiB");

    let bomb = gzipped(&vec![b'\n'; 70 << 20]);
    assert!(bomb.len() < 1 << 20, "{} bytes on the wire", bomb.len());
    let bomb = Server::raw(bomb).await;
    assert_eq!(fault(&bomb, PATIENCE).await, "answer larger than 64 MiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_reached_is_told_apart() {
    // Bound and not listening: refuses, and nobody else gets the port meanwhile.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = taken.local_addr().expect("an address");
    assert_eq!(fault_at(&address.to_string(), PATIENCE).await, "connection refused");
    let words = fault_at("http://agents.invalid:1/", PATIENCE).await;
    assert!(words.starts_with("cannot resolve host agents.invalid: "), "{words}");
    let plain = Server::raw("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let words = fault_at(&format!("https://{}", plain.address()), PATIENCE).await;
    let no_roots = ScrapeFault::NoAuthorities.to_string();
    assert!(words == "TLS: the server does not speak TLS; is it http://?" || words == no_roots, "{words}");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_no_failed_scrape() {
    let server = Server::new(|_, _, mut stream| async move {
        stream.write_all(ok("text/plain", "up 1\n").replace("Connection: close\r\n", "").as_bytes()).await.ok();
        // The next request on this connection gets no answer.
        stream.readable().await.ok();
    })
    .await;
    let fetcher = Fetcher::new(Access::default(), PATIENCE).expect("a client");
    for _ in 0..5 {
        assert_eq!(fetcher.fetch(&target(&server.address())).await.expect("answers").bytes[..], *b"up 1\n");
    }
    assert_eq!(server.requests(), 5, "connections of which each got an answer");
}

#[tokio::test]
async fn a_request_says_who_asks_and_what_is_understood() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let server = Server::new(move |_, head, mut stream| {
        seen.lock().expect("not poisoned").push(head);
        async move { send(&mut stream, &gzipped(b"up 1\n")).await }
    })
    .await;
    let fetcher = Fetcher::new(Access::default(), Duration::from_secs(60)).expect("a client");
    let url = format!("http://ann:s%40cret@{}/m?match=x", server.address());
    let body = fetcher.fetch(&target(&url)).await.expect("answers");
    assert_eq!(body.bytes[..], *b"up 1\n");
    let head = heads.lock().expect("not poisoned")[0].to_lowercase();
    for line in [
        "get /m?match=x http/1.1\r\n",
        concat!("user-agent: shtop/", env!("CARGO_PKG_VERSION"), "\r\n"),
        "x-prometheus-scrape-timeout-seconds: 60\r\n",
        "accept: application/openmetrics-text;version=1.0.0",
        "accept-encoding: gzip\r\n",
        // ann:s@cret
        "authorization: basic yw5uonnay3jlda==\r\n",
    ] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
}
