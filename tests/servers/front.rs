//! What stands before a real server: a proxy that counts bytes, that may speak TLS, ask for a password, or say 503.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It reaches the server.
    Open,
    /// Every request is answered with 503, as by a proxy whose server is away.
    Unavailable,
}

/// How a front looks.
#[derive(Default, Clone)]
pub(crate) struct Look {
    /// Speaks TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Lets in whoever sends this value of `Authorization`.
    pub(crate) authorization: Option<&'static str>,
}

/// A proxy on a loopback port that ends with its owner.
pub(crate) struct Front {
    port: u16,
    speaks_tls: bool,
    mode: watch::Sender<Mode>,
    sent: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Front {
    /// Before the server at this address.
    pub(crate) async fn new(server: &str, look: Look) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mode, modes) = watch::channel(Mode::Open);
        let sent = Arc::new(AtomicU64::new(0));
        let (count, server) = (Arc::clone(&sent), server.to_owned());
        let speaks_tls = look.tls.is_some();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (look, server) = (look.clone(), server.clone());
                let (modes, count) = (modes.clone(), Arc::clone(&count));
                connections.spawn(async move {
                    match look.tls {
                        None => serve(stream, &server, look.authorization, modes, &count).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &server, look.authorization, modes, &count).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, speaks_tls, mode, sent, _tasks: tasks }
    }

    /// Where it is, by a name that certificates can be for.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.speaks_tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }

    /// From now on connections fare like this; those that there are end.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Bytes that the server has sent through it, heads and all.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    server: &str,
    authorization: Option<&'static str>,
    mut modes: watch::Receiver<Mode>,
    sent: &AtomicU64,
) {
    let mode = *modes.borrow_and_update();
    let mut begin = Vec::new();
    // Whoever is let in with its first request is let in with all that follow on the same connection.
    while !begin.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read_buf(&mut begin).await {
            Ok(n) if n > 0 => {}
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&begin).into_owned();
    let allowed = authorization.is_none_or(|wanted| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().any(|(name, value)| name.eq_ignore_ascii_case("authorization") && value == wanted)
    });
    let refused = match mode {
        Mode::Unavailable => Some("503 Service Unavailable"),
        Mode::Open if !allowed => Some("401 Unauthorized"),
        Mode::Open => None,
    };
    if let Some(status) = refused {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok();
        stream.shutdown().await.ok();
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
    if upstream.write_all(&begin).await.is_err() {
        return;
    }
    let (mut from, mut to) = upstream.split();
    let (mut read, mut write) = tokio::io::split(stream);
    tokio::select! {
        _ = tokio::io::copy(&mut read, &mut to) => {}
        () = pour(&mut from, &mut write, sent) => {}
        _ = modes.changed() => {}
    }
}

async fn pour(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), sent: &AtomicU64) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(n) = from.read(&mut buffer).await {
        sent.fetch_add(n as u64, Ordering::SeqCst);
        if n == 0 || to.write_all(&buffer[..n]).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}
