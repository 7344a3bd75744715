//! The way to a server: name resolution, proxies, socket files, and the library's clients that know them. Uses `access`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{NoProxy, Url, redirect};
use rustls::ClientConfig;

use super::fault::Unresolved;
use super::{HttpFault, Options, tls};
use crate::source::access::{Proxy, Tls, Value};

/// The share of the deadline within which there must be a connection.
const CONNECT_SHARE: f64 = 0.9;

/// Where the environment says which proxy https goes through.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// What tells one of the library's clients from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    /// Whether it is TLS.
    pub(super) secure: bool,
    /// Whether it leads past all proxies.
    pub(super) direct: bool,
    /// The host to connect to where the URL is asked for under the name of its certificate.
    pub(super) host: Option<String>,
}

impl Way {
    /// The way to `url`, and the URL to ask for along it.
    pub(super) fn to(url: &Url, proxy: &Proxy, socket: bool, named: Option<&str>) -> (Self, Url) {
        let secure = url.scheme() == "https";
        let direct = socket || *proxy == Proxy::Direct || is_loopback(url);
        let way = Self { secure, direct, host: None };
        // Whoever answers for many names needs to be told which one before it shows a certificate; the library tells it the
        // URL's host. A proxy would be told that too, so through one the name is only what the certificate is held against.
        let straight = direct || *proxy == Proxy::Environment && no_proxy_for_tls();
        let name = named.filter(|name| secure && straight && name.parse::<IpAddr>().is_err());
        let mut asked = url.clone();
        match (name, url.host_str()) {
            (Some(name), Some(host)) if asked.set_host(Some(name)).is_ok() && asked.host_str() != Some(host) => {
                (Self { host: Some(host.trim_matches(['[', ']']).to_owned()), ..way }, asked)
            }
            _ => (way, url.clone()),
        }
    }
}

fn no_proxy_for_tls() -> bool {
    PROXY_VARIABLES.iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()))
}

/// What a client is built from.
pub(super) struct Plan {
    pub(super) way: Way,
    pub(super) tls: Tls,
    pub(super) through: Option<Value>,
    pub(super) socket: Option<PathBuf>,
    pub(super) options: Options,
}

impl Plan {
    /// Builds the client. Reads certificates, so it takes a while.
    pub(super) fn build(self) -> Result<reqwest::Client, HttpFault> {
        let mut config: ClientConfig = if self.way.secure { tls::config(&self.tls)? } else { tls::unused()? };
        config.alpn_protocols = match &self.way.host {
            None => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            // HTTP/2 has no other host than the URL's, which is not the one that the request is for.
            Some(_) => vec![b"http/1.1".to_vec()],
        };
        let instead = self.way.host.zip(self.tls.server_name);
        let mut builder = reqwest::Client::builder()
            // Ours even for plain http: what the library sets up by itself fails on a machine without a CA store.
            .tls_backend_preconfigured(config)
            .dns_resolver(Arc::new(Names { instead }))
            .redirect(redirect::Policy::none())
            .connect_timeout(connect_timeout(self.options.timeout))
            .user_agent(concat!("shtop/", env!("CARGO_PKG_VERSION")))
            .gzip(true)
            .zstd(self.options.zstd)
            .pool_max_idle_per_host(self.options.idle)
            .tcp_nodelay(true);
        if self.way.direct {
            builder = builder.no_proxy();
        }
        if let Some(url) = self.through {
            let proxy = reqwest::Proxy::all(url.reveal())
                .map_err(|_| HttpFault::Proxy("its URL is none; write http://host:port".to_owned()))?;
            builder = builder.proxy(proxy.no_proxy(NoProxy::from_env()));
        }
        #[cfg(unix)]
        if let Some(path) = self.socket {
            builder = builder.unix_socket(path);
        }
        #[cfg(not(unix))]
        if self.socket.is_some() {
            return Err(HttpFault::Other("socket files do not exist on this system".to_owned()));
        }
        builder.build().map_err(|e| HttpFault::Other(format!("HTTP cannot be set up: {}", e.without_url())))
    }
}

pub(super) fn connect_timeout(timeout: Duration) -> Duration {
    timeout.mul_f64(CONNECT_SHARE)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// The system's resolver, with errors that can be told from others.
struct Names {
    /// A host that is to be found under the name of its certificate: host and name.
    instead: Option<(String, String)>,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let host = match &self.instead {
            Some((host, named)) if named.eq_ignore_ascii_case(name.as_str()) => host.clone(),
            _ => name.as_str().to_owned(),
        };
        Box::pin(async move {
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

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn loopback_is_known_by_name_and_address() {
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
    fn a_server_name_stands_in_the_url_only_where_nothing_lies_between() {
        let to = |text: &str, proxy, named| Way::to(&url(text), &proxy, false, named);
        let (way, asked) = to("https://localhost:8443/p", Proxy::Environment, Some("prom.example"));
        assert_eq!((way.host.as_deref(), asked.as_str()), (Some("localhost"), "https://prom.example:8443/p"));
        let (way, asked) = to("https://[::1]:8443", Proxy::Direct, Some("prom.example"));
        assert_eq!((way.host.as_deref(), asked.as_str()), (Some("::1"), "https://prom.example:8443/"));
        let through = || Proxy::Through(crate::source::access::Secret::Plain("http://proxy".to_owned()));
        for (text, proxy, named) in [
            ("https://far.example", through(), Some("prom.example")),
            ("http://localhost", Proxy::Direct, Some("prom.example")),
            ("https://localhost", Proxy::Direct, Some("10.0.0.1")),
            ("https://localhost", Proxy::Direct, None),
            ("https://prom.example", Proxy::Direct, Some("prom.example")),
        ] {
            let (way, asked) = to(text, proxy, named);
            assert_eq!((way.host, asked), (None, url(text)));
        }
    }
}
