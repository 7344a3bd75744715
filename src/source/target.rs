//! Targets: what a user or a target file writes, and what is asked for it. Uses `series`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use reqwest::Url;
use rustc_hash::FxHasher;

use crate::series::{Labels, printable};

/// Label `job` of a target that is given none.
pub const DEFAULT_JOB: &str = "streamhouse-agent";

/// How the names of StreamHouse's metrics begin.
pub(super) const PREFIX: &str = "streamhouse_";

/// The path asked for where a target names none.
pub const DEFAULT_PATH: &str = "/metrics";

/// One `/metrics` endpoint and the labels its series get.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    url: Url,
    login: Option<Login>,
    labels: Labels,
}

/// User and password for basic authentication; never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// A flag's value that is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {value:?}: {reason}")]
pub struct TargetError {
    /// The flag, for example `--target`.
    pub flag: &'static str,
    /// Its value, without credentials.
    pub value: String,
    /// What is wrong with it.
    pub reason: TargetFault,
}

/// What is wrong with a target, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// Nothing there.
    #[error("it is empty; write host:port, for example localhost:8080")]
    Empty,
    /// `=URL`.
    #[error("the job before `=` is empty; write job=host:port, or host:port alone")]
    NoJob,
    /// A scheme that is neither http nor https.
    #[error("scheme {0} cannot be scraped; write http:// or https://")]
    Scheme(String),
    /// `:8080`, `http:///metrics`.
    #[error("there is no host; write host:port, for example localhost:8080")]
    NoHost,
    /// A port that is no port.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// A name to be resolved without a port.
    #[error("there is no port; write NAME:PORT, for example agents.streamhouse.svc:8080")]
    NoPort,
    /// An IPv6 address without brackets.
    #[error("an IPv6 address needs brackets; write [{0}] or [{0}]:8080")]
    Brackets(String),
    /// `user:password@host` where it cannot be kept secret.
    #[error("it holds a user or password; leave it out")]
    Credentials,
    /// Anything else that the URL reader refuses.
    #[error("it is no URL ({0}); write http://host:port/metrics or host:port")]
    Url(String),
}

impl Target {
    /// Reads the value of `--target`: `URL`, `host`, `host:port`, each with `job=` before it if the job is not
    /// `streamhouse-agent`. `http` and `/metrics` are understood; userinfo in a URL becomes basic authentication.
    ///
    /// # Errors
    /// A value that names no endpoint; the error says what to write instead.
    pub fn parse(value: &str) -> Result<Self, TargetError> {
        Self::read(value.trim()).map_err(|reason| TargetError { flag: "--target", value: masked(value), reason })
    }

    fn read(value: &str) -> Result<Self, TargetFault> {
        let (job, place) = split_job(value)?;
        let mut url = endpoint(place)?;
        if matches!(url.path(), "" | "/") {
            url.set_path(DEFAULT_PATH);
        }
        Ok(Self::new(url, [("job", job.unwrap_or(DEFAULT_JOB))]))
    }

    /// A target of a target file: its address, scheme, path and labels as Prometheus means them.
    pub(crate) fn discovered<'a>(
        scheme: &str,
        address: &str,
        path: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, TargetFault> {
        if address.contains('@') {
            return Err(TargetFault::Credentials);
        }
        let mut url = endpoint(&format!("{scheme}://{address}"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(TargetFault::Url(
                "only host:port belongs here, the path goes into __metrics_path__".to_owned(),
            ));
        }
        url.set_path(if path.is_empty() { DEFAULT_PATH } else { path });
        Ok(Self::new(url, labels))
    }

    /// Labels later in the list win; `job` and `instance` get their defaults where they are not among them.
    fn new<'a>(mut url: Url, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let login = login(&url);
        // Neither fails: the scheme is http or https and there is a host.
        url.set_username("").ok();
        url.set_password(None).ok();
        url.set_fragment(None);
        let instance = match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let own = [("job", DEFAULT_JOB), ("instance", &instance)].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let given = labels.into_iter().filter(|(_, v)| !v.is_empty());
        let given = given.map(|(n, v)| (printable(n).into_owned(), printable(v).into_owned()));
        let labels = Labels::from_pairs(own.into_iter().chain(given));
        Self { url, login, labels }
    }

    /// What is asked for; no userinfo in it.
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Labels that every series of the target gets: `job`, `instance` and those of its target file.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Label `job`.
    pub fn job(&self) -> &str {
        self.labels.get("job").unwrap_or_default()
    }

    /// The same target under another job.
    pub(crate) fn with_job(mut self, job: &str) -> Self {
        let labels = self.labels.iter().map(|l| (l.name.as_ref().to_owned(), l.value.as_ref().to_owned()));
        self.labels = Labels::from_pairs(labels.chain([("job".to_owned(), printable(job).into_owned())]));
        self
    }

    /// Label `instance`, host:port unless a target file says otherwise.
    pub fn instance(&self) -> &str {
        self.labels.get("instance").unwrap_or_default()
    }

    /// Where in each `interval` this target is scraped: the same for the same target at every start, different for
    /// different targets.
    pub fn offset(&self, interval: Duration) -> Duration {
        let mut hasher = FxHasher::default();
        self.url.as_str().hash(&mut hasher);
        self.labels.hash(&mut hasher);
        let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(hasher.finish() % millis)
    }
}

/// The URL without credentials or query.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        shown.set_query(None);
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.to_string())
            .field("login", &self.login.is_some())
            .field("labels", &self.labels)
            .finish()
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(value: &str) -> Result<Self, TargetError> {
        Self::parse(value)
    }
}

/// A name whose every address is a target (`--dns`): a headless service, say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DnsName {
    job: String,
    host: String,
    port: u16,
}

impl DnsName {
    /// Reads the value of `--dns`: `NAME:PORT`, with `job=` before it if the job is not `streamhouse-agent`.
    ///
    /// # Errors
    /// A value without a name or a port.
    pub fn parse(value: &str) -> Result<Self, TargetError> {
        Self::read(value.trim()).map_err(|reason| TargetError { flag: "--dns", value: masked(value), reason })
    }

    fn read(value: &str) -> Result<Self, TargetFault> {
        let (job, place) = split_job(value)?;
        let url = endpoint(place)?;
        if url.port().is_none() && !place.ends_with(":80") || !matches!(url.path(), "" | "/") {
            return Err(TargetFault::NoPort);
        }
        if login(&url).is_some() {
            return Err(TargetFault::Credentials);
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().ok_or(TargetFault::NoPort)?;
        Ok(Self { job: job.unwrap_or(DEFAULT_JOB).to_owned(), host, port })
    }

    /// The same name with its targets under another job.
    pub(crate) fn with_job(self, job: &str) -> Self {
        Self { job: job.to_owned(), ..self }
    }

    /// The name to resolve.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port at every address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The target at one of the name's addresses.
    pub(crate) fn at(&self, address: std::net::IpAddr) -> Result<Target, TargetFault> {
        let address = std::net::SocketAddr::new(address, self.port);
        Target::discovered("http", &address.to_string(), DEFAULT_PATH, [("job", self.job.as_str())])
    }
}

/// `name:port`.
impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl std::str::FromStr for DnsName {
    type Err = TargetError;

    fn from_str(value: &str) -> Result<Self, TargetError> {
        Self::parse(value)
    }
}

/// `job=rest`, where what stands before the first `=` cannot be the beginning of a URL.
fn split_job(value: &str) -> Result<(Option<&str>, &str), TargetFault> {
    if value.is_empty() {
        return Err(TargetFault::Empty);
    }
    match value.split_once('=') {
        Some((job, place)) if !job.contains(['/', ':', '?', '@']) => match (job.trim(), place.trim()) {
            ("", _) => Err(TargetFault::NoJob),
            (_, "") => Err(TargetFault::Empty),
            (job, place) => Ok((Some(job), place)),
        },
        _ => Ok((None, value)),
    }
}

/// `place` as an http or https URL with a host.
fn endpoint(place: &str) -> Result<Url, TargetFault> {
    if place.parse::<std::net::Ipv6Addr>().is_ok() {
        return Err(TargetFault::Brackets(place.to_owned()));
    }
    let (scheme, rest) = place.split_once("://").unwrap_or(("http", place));
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(TargetFault::Scheme(printable(&scheme).into_owned()));
    }
    // The URL reader skips any number of slashes here, so that a path would become the host.
    if rest.is_empty() || rest.starts_with(['/', '\\', ':', '?', '#']) {
        return Err(TargetFault::NoHost);
    }
    let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|e| match e.to_string() {
        reason if reason.contains("port") => TargetFault::Port,
        reason if reason.contains("empty host") => TargetFault::NoHost,
        reason => TargetFault::Url(reason),
    })?;
    match (url.host_str(), url.port()) {
        (None | Some(""), _) => Err(TargetFault::NoHost),
        (_, Some(0)) => Err(TargetFault::Port),
        _ => Ok(url),
    }
}

fn login(url: &Url) -> Option<Login> {
    let password = url.password().unwrap_or_default();
    (!url.username().is_empty() || !password.is_empty())
        .then(|| Login { user: percent_decoded(url.username()), password: percent_decoded(password) })
}

/// `%40` → `@`; what is no escape stays as it is.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// `value` fit for an error message: no userinfo, no query, nothing that steers a terminal.
fn masked(value: &str) -> String {
    let begin = value.find("://").map_or_else(|| value.find('=').map_or(0, |i| i + 1), |i| i + 3);
    let (before, after) = value.split_at(begin);
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    // A password may hold a slash that should have been escaped: then the last @ of the whole value ends it.
    let place = match after[..end].rfind('@').or_else(|| after.rfind('@')) {
        Some(at) => format!("…{}", &after[at..]),
        None => after.to_owned(),
    };
    let place = place.split_once('?').map_or(place.as_str(), |(place, _)| place);
    printable(&format!("{before}{place}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(value: &str) -> Target {
        Target::parse(value).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_way_to_write_a_target_is_understood() {
        let table = [
            ("localhost:9090", "http://localhost:9090/metrics", "streamhouse-agent", "localhost:9090"),
            ("agent-1", "http://agent-1/metrics", "streamhouse-agent", "agent-1:80"),
            ("https://agent-1", "https://agent-1/metrics", "streamhouse-agent", "agent-1:443"),
            ("http://agent-1:8080/", "http://agent-1:8080/metrics", "streamhouse-agent", "agent-1:8080"),
            ("HTTP://Agent-1:8080/stats", "http://agent-1:8080/stats", "streamhouse-agent", "agent-1:8080"),
            ("[::1]:9090", "http://[::1]:9090/metrics", "streamhouse-agent", "[::1]:9090"),
            ("server=host:8080", "http://host:8080/metrics", "server", "host:8080"),
            ("server=https://host/m?a=b", "https://host/m", "server", "host:443"),
            ("http://host:1/m?a=b", "http://host:1/m", "streamhouse-agent", "host:1"),
            ("host:1/custom", "http://host:1/custom", "streamhouse-agent", "host:1"),
            (" host:1 ", "http://host:1/metrics", "streamhouse-agent", "host:1"),
        ];
        for (value, url, job, instance) in table {
            let t = target(value);
            assert_eq!((t.to_string().as_str(), t.job(), t.instance()), (url, job, instance), "{value}");
        }
        assert_eq!(target("http://host:1/m?a=b").url().query(), Some("a=b"));
    }

    #[test]
    fn credentials_go_into_the_login_and_are_never_shown() {
        for value in ["https://ann:p%40ss@host:1/m", "ann:p%40ss@host:1/m"] {
            let t = target(value);
            let login = t.login().expect("has one");
            assert_eq!((login.user.as_str(), login.password.as_str()), ("ann", "p@ss"));
            assert!(t.url().username().is_empty() && t.url().password().is_none());
            let shown = format!("{t} {t:?} {}", t.instance());
            assert!(!shown.contains("ann") && !shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_target_says_what_to_write() {
        let table = [
            ("", "--target \"\": it is empty; write host:port, for example localhost:8080"),
            ("=host:1", "--target \"=host:1\": the job before `=` is empty; write job=host:port, or host:port alone"),
            ("job=", "--target \"job=\": it is empty; write host:port, for example localhost:8080"),
            (":8080", "--target \":8080\": there is no host; write host:port, for example localhost:8080"),
            (
                "http:///metrics",
                "--target \"http:///metrics\": there is no host; write host:port, for example localhost:8080",
            ),
            ("ftp://host", "--target \"ftp://host\": scheme ftp cannot be scraped; write http:// or https://"),
            ("host:99999", "--target \"host:99999\": the port must be a number from 1 to 65535"),
            ("host:0", "--target \"host:0\": the port must be a number from 1 to 65535"),
            ("host:http", "--target \"host:http\": the port must be a number from 1 to 65535"),
            ("::1", "--target \"::1\": an IPv6 address needs brackets; write [::1] or [::1]:8080"),
        ];
        for (value, message) in table {
            assert_eq!(Target::parse(value).expect_err(value).to_string(), message);
        }
        let e = Target::parse("ho st:1").expect_err("a space");
        assert!(e.to_string().contains("it is no URL"), "{e}");
    }

    #[test]
    fn an_error_hides_credentials_and_query() {
        for value in
            ["http://ann:secret@host:99999/m?key=secret", "job=ann:secret@host:99999", "http://ann:se/secret@h:0"]
        {
            let e = Target::parse(value).expect_err("bad port").to_string();
            assert!(!e.contains("secret"), "{e}");
        }
    }

    #[test]
    fn names_to_resolve_need_a_port() {
        let n = DnsName::parse("agents.svc:8080").expect("good");
        assert_eq!((n.host(), n.port()), ("agents.svc", 8080));
        assert_eq!(DnsName::parse("web=agents:80").expect("good").to_string(), "agents:80");
        let t = n.at("10.0.0.7".parse().expect("address")).expect("target");
        assert_eq!((t.to_string().as_str(), t.instance()), ("http://10.0.0.7:8080/metrics", "10.0.0.7:8080"));
        let t = n.at("fd00::7".parse().expect("address")).expect("target");
        assert_eq!(t.instance(), "[fd00::7]:8080");
        assert_eq!(DnsName::parse("agents.svc").expect_err("no port").reason, TargetFault::NoPort);
        assert_eq!(DnsName::parse("a:b@agents.svc:1").expect_err("login").reason, TargetFault::Credentials);
    }

    #[test]
    fn offsets_are_stable_inside_the_interval_and_spread() {
        let interval = Duration::from_secs(5);
        let offsets: Vec<_> = (0..32).map(|i| target(&format!("agent-{i}:8080")).offset(interval)).collect();
        assert!(offsets.iter().all(|o| *o < interval));
        assert_eq!(offsets[3], target("agent-3:8080").offset(interval));
        let early = offsets.iter().filter(|o| **o < interval / 2).count();
        assert!((6..=26).contains(&early), "{early} of 32 in the first half");
    }
}
