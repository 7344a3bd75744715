//! One scrape over HTTP: request, deadline, caps, and what went wrong in words. Uses `exposition` and `series`.
//!
//! Everything that answers here is untrusted. Redirects are not followed (credentials would travel), loopback addresses
//! bypass proxies, bodies are counted after decompression, and no answer takes longer than the deadline.

mod fault;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

pub use fault::{ScrapeFault, Unresolved};

use super::target::Target;
use crate::exposition::{ACCEPT, Format};

/// Largest body that is read, after decompression.
pub const MAX_BODY: usize = 64 << 20;

/// A body up to this size is always taken; what goes beyond is taken from [`SHARED`].
const OWN: usize = 4 << 20;

/// What all bodies together may hold beyond [`OWN`] each, so that many endless answers at once do not fill the machine.
const SHARED: usize = 256 << 20;

/// The share of the deadline within which there must be a connection.
const CONNECT_SHARE: f64 = 0.9;

/// Fetches bodies; one for all targets.
pub struct Fetcher {
    timeout: Duration,
    plain: Clients,
    /// Made when the first https target is scraped: reading the machine's certificates takes a while.
    secure: OnceCell<Result<Clients, ScrapeFault>>,
    shared: Arc<AtomicUsize>,
}

/// Two clients that differ in whether they heed the proxies of the environment.
struct Clients {
    direct: Client,
    proxied: Client,
}

/// A body that was read in full.
#[derive(Debug)]
pub struct Body {
    /// What its Content-Type says.
    pub format: Format,
    /// Decompressed.
    pub bytes: Vec<u8>,
    /// Given back when the body is dropped.
    _share: Share,
}

impl Body {
    /// A body that came from elsewhere than the network.
    pub fn new(format: Format, bytes: Vec<u8>) -> Self {
        Self { format, bytes, _share: Share { pool: Arc::default(), taken: 0 } }
    }
}

/// What a body holds of [`SHARED`].
#[derive(Debug)]
struct Share {
    pool: Arc<AtomicUsize>,
    taken: usize,
}

impl Share {
    fn take(&mut self, bytes: usize) -> Result<(), ScrapeFault> {
        let before = self.pool.fetch_add(bytes, Ordering::Relaxed);
        self.taken += bytes;
        if before + bytes > SHARED { Err(ScrapeFault::Crowded) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

impl Fetcher {
    /// `timeout` is for a whole scrape: connecting, waiting and reading.
    ///
    /// # Errors
    /// The HTTP client cannot be set up, in words.
    pub fn new(timeout: Duration) -> Result<Self, String> {
        Ok(Self {
            timeout,
            plain: Clients::new(RootCertStore::empty(), timeout)?,
            secure: OnceCell::new(),
            shared: Arc::default(),
        })
    }

    /// Scrapes `target` once.
    ///
    /// # Errors
    /// Whatever kept the body from being read in full; safe to show.
    pub async fn fetch(&self, target: &Target) -> Result<Body, ScrapeFault> {
        let client = self.client(target.url()).await?;
        let deadline = Instant::now() + self.timeout;
        let response = match self.ask(client, target, deadline).await {
            // Some servers close a kept connection just when the next scrape comes along it: that is no answer of theirs.
            Err(ScrapeFault::Closed) => self.ask(client, target, deadline).await,
            other => other,
        }?;
        check_status(target.url(), &response)?;
        let content_type = response.headers().get(header::CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()));
        let format = Format::from_content_type(content_type.as_deref()).map_err(|f| ScrapeFault::content(&f))?;
        match timeout_at(deadline, self.read(response)).await {
            Err(_) => Err(ScrapeFault::Incomplete(self.timeout)),
            Ok(read) => read.map(|(bytes, share)| Body { format, bytes, _share: share }),
        }
    }

    /// Sends the request; returns when the answer's head is there.
    async fn ask(&self, client: &Client, target: &Target, deadline: Instant) -> Result<Response, ScrapeFault> {
        let mut request = client
            .get(target.url().clone())
            .header(header::ACCEPT, ACCEPT)
            .header("X-Prometheus-Scrape-Timeout-Seconds", self.timeout.as_secs_f64().to_string());
        if let Some(login) = target.login() {
            request = request.basic_auth(&login.user, Some(&login.password));
        }
        match timeout_at(deadline, request.send()).await {
            Err(_) => Err(ScrapeFault::NoAnswer(self.timeout)),
            Ok(Err(e)) if e.is_timeout() => Err(ScrapeFault::NoConnection(connect_timeout(self.timeout))),
            Ok(Err(e)) => Err(match ScrapeFault::of(&e) {
                ScrapeFault::Cut => ScrapeFault::Closed,
                fault => fault,
            }),
            Ok(Ok(response)) => Ok(response),
        }
    }

    async fn read(&self, mut response: Response) -> Result<(Vec<u8>, Share), ScrapeFault> {
        let length = response.content_length().unwrap_or(0);
        if length > MAX_BODY as u64 {
            return Err(ScrapeFault::TooLarge);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).min(OWN));
        let mut share = Share { pool: Arc::clone(&self.shared), taken: 0 };
        while let Some(chunk) = response.chunk().await.map_err(|e| ScrapeFault::of(&e))? {
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(ScrapeFault::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
            // Counted by what is allocated, which a growing vector doubles.
            let beyond = bytes.capacity().saturating_sub(OWN);
            if beyond > share.taken {
                share.take(beyond - share.taken)?;
            }
        }
        Ok((bytes, share))
    }

    async fn client(&self, url: &Url) -> Result<&Client, ScrapeFault> {
        let clients = if url.scheme() == "https" {
            let made = self.secure.get_or_init(|| secure(self.timeout)).await;
            made.as_ref().map_err(ScrapeFault::clone)?
        } else {
            &self.plain
        };
        Ok(if is_loopback(url) { &clients.direct } else { &clients.proxied })
    }
}

/// Clients that trust what the machine trusts.
async fn secure(timeout: Duration) -> Result<Clients, ScrapeFault> {
    let load = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    };
    match tokio::task::spawn_blocking(load).await {
        Ok(roots) if roots.is_empty() => Err(ScrapeFault::NoAuthorities),
        Ok(roots) => Clients::new(roots, timeout).map_err(ScrapeFault::Other),
        Err(e) => Err(ScrapeFault::Other(e.to_string())),
    }
}

impl Clients {
    fn new(roots: RootCertStore, timeout: Duration) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| format!("TLS cannot be set up: {e}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let builder = || {
            Client::builder()
                // Ours even for plain http: what reqwest sets up by itself fails on a machine without a CA store.
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(Names))
                .redirect(redirect::Policy::none())
                .connect_timeout(connect_timeout(timeout))
                .user_agent(concat!("shtop/", env!("CARGO_PKG_VERSION")))
                .gzip(true)
                .pool_max_idle_per_host(1)
                .tcp_nodelay(true)
        };
        let build = |b: reqwest::ClientBuilder| b.build().map_err(|e| format!("HTTP cannot be set up: {e}"));
        Ok(Self { direct: build(builder().no_proxy())?, proxied: build(builder())? })
    }
}

fn connect_timeout(timeout: Duration) -> Duration {
    timeout.mul_f64(CONNECT_SHARE)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn check_status(url: &Url, response: &Response) -> Result<(), ScrapeFault> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    if status.is_redirection() {
        let to = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
        let to = to.and_then(|to| url.join(to).ok()).map(|to| match to.origin() {
            origin if origin == url.origin() => "another path of the same host".to_owned(),
            origin => origin.ascii_serialization(),
        });
        return Err(ScrapeFault::Redirect { code: status.as_u16(), to });
    }
    Err(ScrapeFault::Status { code: status.as_u16(), words: status.canonical_reason().unwrap_or_default() })
}

/// The system's resolver, with errors that can be told from others.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            match tokio::net::lookup_host((host.as_str(), 0)).await {
                Ok(found) => Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs),
                Err(e) => Err(Box::new(Unresolved::new(&host, &e)).into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_address() {
        let url = |s: &str| Url::parse(s).expect("a URL");
        for yes in [
            "http://localhost:1",
            "http://a.localhost",
            "http://127.9.9.9",
            "https://[::1]:1",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(&url(yes)), "{yes}");
        }
        for no in ["http://localhost.example", "http://10.0.0.1", "http://[fd00::1]"] {
            assert!(!is_loopback(&url(no)), "{no}");
        }
    }

    #[test]
    fn endless_bodies_share_a_limit_and_give_it_back() {
        let pool = Arc::new(AtomicUsize::new(0));
        let mut one = Share { pool: Arc::clone(&pool), taken: 0 };
        let mut two = Share { pool: Arc::clone(&pool), taken: 0 };
        assert!(one.take(SHARED).is_ok());
        assert!(matches!(two.take(1), Err(ScrapeFault::Crowded)));
        drop(two);
        drop(one);
        assert_eq!(pool.load(Ordering::Relaxed), 0);
    }
}
