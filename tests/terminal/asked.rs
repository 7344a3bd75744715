//! A tiny server that speaks as much of Prometheus' HTTP API as shtop asks for: every query has one series, every step of it
//! the same value.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::port::free_address;

/// The server, until it is stopped.
pub(crate) struct Asked {
    pub(crate) port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Asked {
    /// Serves `value` on a port that stays its own while it is away.
    pub(crate) fn serve(value: &'static str) -> Self {
        Self::serve_at(&free_address(), value)
    }

    /// Serves `value` at this address again.
    pub(crate) fn serve_at(address: &str, value: &'static str) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.expect("a connection");
                thread::spawn(move || answer(stream, value));
            }
        });
        Self { port, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Answers one request; nobody may ask for a second one on this connection.
fn answer(stream: TcpStream, value: &str) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if !matches!(reader.read_line(&mut line), Ok(1..)) {
            return;
        }
        if let Some((name, number)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = number.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut form = vec![0; length];
    if reader.read_exact(&mut form).is_err() {
        return;
    }
    let form = String::from_utf8_lossy(&form);
    let field = |name: &str| form.split('&').find_map(|f| f.strip_prefix(name)).and_then(|v| v.parse::<f64>().ok());
    let path = head.split(' ').nth(1).unwrap_or_default();
    let data = if path.ends_with("/query_range") {
        let (start, end) = (field("start=").expect("a start"), field("end=").expect("an end"));
        let step = field("step=").expect("a step");
        let (mut values, mut at) = (String::new(), start);
        while at <= end {
            let comma = if values.is_empty() { "" } else { "," };
            write!(values, "{comma}[{at},\"{value}\"]").expect("a string takes it");
            at += step;
        }
        format!(r#"{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{values}]}}]}}"#)
    } else if path.ends_with("/query") {
        let at = field("time=").expect("a time");
        format!(r#"{{"resultType":"vector","result":[{{"metric":{{}},"value":[{at},"{value}"]}}]}}"#)
    } else if path.ends_with("/status/buildinfo") {
        r#"{"version":"9.87.6"}"#.to_owned()
    } else if path.contains("/targets") {
        r#"{"activeTargets":[{"labels":{"job":"streamhouse-agent","instance":"far:1"},"scrapeUrl":"http://far:1/metrics","health":"up","lastScrape":"2026-11-22T17:00:00Z","lastScrapeDuration":0.01}]}"#.to_owned()
    } else {
        "[]".to_owned()
    };
    let body = format!(r#"{{"status":"success","data":{data}}}"#);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    reader.into_inner().write_all(answer.as_bytes()).ok();
}
