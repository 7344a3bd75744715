//! Loopback servers that answer what a test wants, bytes and all.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server that lives as long as this.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers every connection with `answer(number of the request from 0, head of the request, connection)`, then
    /// closes it.
    pub(crate) async fn new<A, F>(answer: A) -> Self
    where
        A: Fn(usize, String, TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let answer = Arc::new(answer);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, counter) = (Arc::clone(&answer), Arc::clone(&counter));
                connections.spawn(async move {
                    let head = head(&mut stream).await;
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    answer(number, head, stream).await;
                });
            }
        });
        Self { port, requests, _tasks: tasks }
    }

    /// Answers every request with these bytes.
    pub(crate) async fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Arc::new(bytes.into());
        Self::new(move |_, _, mut stream| {
            let bytes = Arc::clone(&bytes);
            async move { send(&mut stream, &bytes).await }
        })
        .await
    }

    /// Answers the n-th request with `body(n)` as Prometheus text.
    pub(crate) async fn text(body: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let body = Arc::new(body);
        Self::new(move |n, _, mut stream| {
            let answer = ok("text/plain; version=0.0.4", &body(n));
            async move { send(&mut stream, answer.as_bytes()).await }
        })
        .await
    }

    /// How many requests came so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// What comes before the body of a request, or whatever came if there is no end to it.
async fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 && head.first().or(buffer.first()).is_some_and(u8::is_ascii_uppercase) => {
                head.extend_from_slice(&buffer[..n]);
            }
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Writes what the peer takes; it may hang up whenever it wants.
pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    if stream.write_all(bytes).await.is_ok() {
        stream.shutdown().await.ok();
    }
}

/// A whole answer.
pub(crate) fn ok(content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// `body` behind the head of a gzip answer.
pub(crate) fn gzipped(body: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("memory");
    let body = encoder.finish().expect("memory");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    [head.as_bytes(), &body].concat()
}
