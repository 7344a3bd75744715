//! A server that speaks Prometheus' API as a test wants it, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Without `/api/v1/`.
    pub(crate) path: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// A time or step, ms.
    pub(crate) fn ms(&self, name: &str) -> i64 {
        (self.field(name).parse::<f64>().expect("seconds") * 1000.0).round() as i64
    }
}

/// What is answered.
pub(crate) enum Says {
    /// `data`, with success around it.
    Data(String),
    /// Status, headers, body.
    Raw(u16, Vec<(&'static str, String)>, String),
    /// Nothing, ever.
    Nothing,
}

pub(crate) fn json(status: u16, body: &str) -> Says {
    Says::Raw(status, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

type Rule = Box<dyn Fn(&Asked) -> Says + Send>;

/// The server, as long as it is held.
pub(crate) struct Fake {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Asked>>>,
    rule: Arc<Mutex<Rule>>,
    /// Requests that are being waited on.
    waiting: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// Counts a request for as long as its sender waits.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fake {
    pub(crate) async fn new(rule: impl Fn(&Asked) -> Says + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let seen: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(rule)));
        let waiting = Arc::new(AtomicUsize::new(0));
        let (log, rules, count) = (Arc::clone(&seen), Arc::clone(&rule), Arc::clone(&waiting));
        let app = Router::new().fallback(move |request: Request| {
            let (log, rules, count) = (Arc::clone(&log), Arc::clone(&rules), Arc::clone(&count));
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                let waiting = Waiting(count);
                let asked = read(request).await;
                log.lock().expect("whole").push(asked.clone());
                let says = rules.lock().expect("whole")(&asked);
                let response = answer(says).await;
                drop(waiting);
                response
            }
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { address, seen, rule, waiting, _tasks: tasks }
    }

    /// From now on this is answered.
    pub(crate) fn now_says(&self, rule: impl Fn(&Asked) -> Says + Send + 'static) {
        *self.rule.lock().expect("whole") = Box::new(rule);
    }

    /// What was asked so far under `path`.
    pub(crate) fn seen(&self, path: &str) -> Vec<Asked> {
        self.seen.lock().expect("whole").iter().filter(|a| a.path == path).cloned().collect()
    }

    pub(crate) fn all_seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("whole").clone()
    }

    /// How many requests are waited on right now.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

async fn read(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let text = String::from_utf8(body.to_vec()).expect("text");
    let pairs = if text.is_empty() { head.uri.query().unwrap_or_default().to_owned() } else { text };
    let fields =
        reqwest::Url::parse(&format!("http://x/?{pairs}")).expect("pairs").query_pairs().into_owned().collect();
    let path = head.uri.path().trim_start_matches("/api/v1/").to_owned();
    Asked { method: head.method, path, fields }
}

async fn answer(says: Says) -> Response {
    let (status, headers, body) = match says {
        Says::Data(data) => (
            200,
            vec![("content-type", "application/json".to_owned())],
            format!(r#"{{"status":"success","data":{data}}}"#),
        ),
        Says::Raw(status, headers, body) => (status, headers, body),
        Says::Nothing => std::future::pending().await,
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a value"));
    }
    response
}

/// A matrix or vector of these series, whose value at each time is the time in seconds.
pub(crate) fn series(asked: &Asked, names: &[&str]) -> Says {
    let all: Vec<String> = if asked.path == "query_range" {
        let (start, end, step) = (asked.ms("start"), asked.ms("end"), asked.ms("step"));
        let points: Vec<_> = (start..=end).step_by(step as usize).map(point).collect();
        names.iter().map(|n| format!(r#"{{"metric":{{"n":"{n}"}},"values":[{}]}}"#, points.join(","))).collect()
    } else {
        let point = point(asked.ms("time"));
        names.iter().map(|n| format!(r#"{{"metric":{{"n":"{n}"}},"value":{point}}}"#)).collect()
    };
    let kind = if asked.path == "query_range" { "matrix" } else { "vector" };
    Says::Data(format!(r#"{{"resultType":"{kind}","result":[{}]}}"#, all.join(",")))
}

fn point(t: i64) -> String {
    let seconds = t as f64 / 1000.0;
    format!(r#"[{seconds},"{seconds}"]"#)
}

/// Everything is as it should be: one series for every query, one target.
pub(crate) fn good(asked: &Asked) -> Says {
    match asked.path.as_str() {
        "query" | "query_range" => series(asked, &["x"]),
        "targets" => Says::Data(
            r#"{"activeTargets":[{"labels":{"job":"a","instance":"h:1"},"scrapeUrl":"http://h:1/metrics","health":"up",
               "lastScrape":"2026-11-22T16:00:00Z","lastScrapeDuration":0.01}]}"#
                .to_owned(),
        ),
        "status/buildinfo" => Says::Data(r#"{"version":"2.42.0"}"#.to_owned()),
        _ => Says::Data("[]".to_owned()),
    }
}

/// Counts by what was asked: query, path or both.
pub(crate) fn counted(all: &[Asked], name: impl Fn(&Asked) -> String) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for asked in all {
        *counts.entry(name(asked)).or_default() += 1;
    }
    counts
}
