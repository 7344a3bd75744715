//! HTTP as every source speaks it, made from an [`Access`]: login, trust, way, deadline and caps are the same for targets,
//! Prometheus and Alertmanager. Uses `access` and `series`.
//!
//! Everything that answers here is untrusted. Redirects are not followed (credentials would travel), loopback addresses
//! bypass proxies, bodies are counted after decompression, and no answer takes longer than the deadline.

mod answer;
mod body;
mod connect;
mod fault;
mod request;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use rustc_hash::FxHashMap;
use tokio::time::{Instant, timeout_at};

pub use answer::Answer;
pub use body::Body;
pub(crate) use fault::span;
pub use fault::{HttpFault, Unresolved};
pub use request::Request;

use super::access::{Access, Login, Proxy, Secret, SecretFault, Secrets, Stamp, Value};
use crate::series::Timestamp;
use connect::{Plan, Way, connect_timeout};

/// How often certificate files are looked at, to see whether they have changed.
const LOOK: Duration = Duration::from_secs(1);

/// How a client goes about its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// For a whole request: asking for secrets, connecting, waiting and reading.
    pub timeout: Duration,
    /// How many idle connections to one server are kept.
    pub idle: usize,
    /// Whether zstd is understood besides gzip.
    pub zstd: bool,
}

/// Asks servers that are reached in the same way. Secrets are had when they are first needed; certificate files are read
/// again when they change.
pub struct Client {
    access: Access,
    options: Options,
    headers: Vec<(HeaderName, Secret)>,
    secrets: Secrets,
    pool: body::Pool,
    made: tokio::sync::Mutex<Made>,
}

/// The library's clients that were needed so far, and what they were made from.
#[derive(Default)]
struct Made {
    clients: FxHashMap<Way, reqwest::Client>,
    looked: Option<Instant>,
    stamps: [Option<Stamp>; 3],
    through: Option<Value>,
}

impl Client {
    /// # Errors
    /// A header whose name is none.
    pub fn new(access: Access, options: Options) -> Result<Self, HttpFault> {
        let headers = access.headers.iter().map(|(name, value)| match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => Ok((name, value.clone())),
            Err(_) => Err(HttpFault::Other(format!("{name:?} cannot be the name of a header"))),
        });
        Ok(Self {
            headers: headers.collect::<Result<_, _>>()?,
            options,
            secrets: Secrets::default(),
            pool: body::Pool::default(),
            made: tokio::sync::Mutex::default(),
            access,
        })
    }

    /// For how long a request may go on.
    pub fn timeout(&self) -> Duration {
        self.options.timeout
    }

    /// Sends `request`; returns when the answer's head is there, whatever its status. What a command said is asked for anew
    /// where the server does not believe it.
    ///
    /// # Errors
    /// Whatever kept an answer from coming; safe to show.
    pub async fn send(&self, request: &Request) -> Result<Answer, HttpFault> {
        let deadline = Instant::now() + self.options.timeout;
        let (mut asked_again, mut logged_in_again) = (false, false);
        loop {
            let (client, url) = self.by(deadline, self.client(&request.url)).await?;
            let (headers, shown) = self.by(deadline, self.headers(request, &url)).await?;
            match self.ask(&client, url, request, headers, deadline).await {
                // Some servers close a kept connection just when the next request comes along it: that is no answer of theirs.
                Err(HttpFault::Closed) if request.is_repeatable() && !asked_again => asked_again = true,
                // Where the reason came, it may have come too late for the library to hand it on.
                Err(HttpFault::Closed) if request.url.scheme() == "https" => {
                    let asks = if self.access.tls.certificate.is_none() { "want a" } else { "not take the" };
                    return Err(HttpFault::Tls(format!(
                        "connection closed without an answer; it may {asks} client certificate"
                    )));
                }
                Err(fault) => return Err(fault),
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !logged_in_again => {
                    // All of them, so that all are had anew at once.
                    let renewed = shown.iter().filter(|(secret, value)| self.secrets.refused(secret, value)).count();
                    if renewed == 0 {
                        return Ok(self.answer(request, response, deadline));
                    }
                    logged_in_again = true;
                }
                Ok(response) => return Ok(self.answer(request, response, deadline)),
            }
        }
    }

    async fn by<T>(&self, deadline: Instant, what: impl Future<Output = Result<T, HttpFault>>) -> Result<T, HttpFault> {
        let late =
            |_| HttpFault::Secret(format!("secrets and certificates were not there within {}", span(self.timeout())));
        timeout_at(deadline, what).await.map_err(late)?
    }

    async fn ask(
        &self,
        client: &reqwest::Client,
        url: Url,
        request: &Request,
        headers: HeaderMap,
        deadline: Instant,
    ) -> Result<Response, HttpFault> {
        let mut asked = client.request(request.method.clone(), url).headers(headers);
        if let Some((_, content)) = &request.content {
            asked = asked.body(content.clone());
        }
        match timeout_at(deadline, asked.send()).await {
            Err(_) => Err(HttpFault::NoAnswer(self.options.timeout)),
            Ok(Err(e)) if e.is_timeout() => Err(HttpFault::NoConnection(connect_timeout(self.options.timeout))),
            Ok(Err(e)) => Err(match HttpFault::of(&e) {
                HttpFault::Cut => HttpFault::Closed,
                fault => fault,
            }),
            Ok(Ok(response)) => Ok(response),
        }
    }

    /// The headers of a request, and the secrets in them.
    async fn headers(&self, request: &Request, asked: &Url) -> Result<(HeaderMap, Vec<(Secret, Value)>), HttpFault> {
        let mut headers = HeaderMap::new();
        let mut shown = Vec::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
        if let Some((kind, _)) = &request.content {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in &request.headers {
            headers.insert(*name, header_value(name, value)?);
        }
        if asked.host_str() != request.url.host_str() {
            headers.insert(header::HOST, header_value("Host", &authority(&request.url))?);
        }
        match request.login.as_ref().unwrap_or(&self.access.login) {
            Login::None => {}
            Login::Basic { user, password } => {
                let value = self.secrets.value(password).await.map_err(|e| unavailable(&e))?;
                let pair = base64(format!("{user}:{}", value.reveal()).as_bytes());
                headers.insert(header::AUTHORIZATION, header_value("Authorization", &format!("Basic {pair}"))?);
                shown.push((password.clone(), value));
            }
            Login::Bearer(token) => {
                let value = self.secrets.value(token).await.map_err(|e| unavailable(&e))?;
                let bearer = format!("Bearer {}", value.reveal());
                headers.insert(header::AUTHORIZATION, header_value("Authorization", &bearer)?);
                shown.push((token.clone(), value));
            }
        }
        for (name, secret) in &self.headers {
            let value = self.secrets.value(secret).await.map_err(|e| unavailable(&e))?;
            headers.insert(name, header_value(name.as_str(), value.reveal())?);
            shown.push((secret.clone(), value));
        }
        Ok((headers, shown))
    }

    /// The library's client for `url`, and the URL to ask it for.
    async fn client(&self, url: &Url) -> Result<(reqwest::Client, Url), HttpFault> {
        let access = &self.access;
        let (way, asked) = Way::to(url, &access.proxy, access.socket.is_some(), access.tls.server_name.as_deref());
        let through = match &access.proxy {
            Proxy::Through(secret) if !way.direct => {
                Some(self.secrets.value(secret).await.map_err(|e| unavailable(&e))?)
            }
            _ => None,
        };
        // Held while a client is made: all who want it wait for the one.
        let mut made = self.made.lock().await;
        if way.secure && made.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            let stamps = tls::stamps(&access.tls);
            if stamps != made.stamps {
                made.clients.retain(|way, _| !way.secure);
            }
            (made.looked, made.stamps) = (Some(Instant::now()), stamps);
        }
        if through.is_some() && through != made.through {
            made.clients.retain(|way, _| way.direct);
            made.through.clone_from(&through);
        }
        if let Some(client) = made.clients.get(&way) {
            return Ok((client.clone(), asked));
        }
        let plan = Plan {
            way: way.clone(),
            tls: access.tls.clone(),
            through,
            socket: access.socket.clone(),
            options: self.options,
        };
        let built = tokio::task::spawn_blocking(|| plan.build()).await;
        let client = built.map_err(|e| HttpFault::Other(e.to_string()))??;
        made.clients.insert(way, client.clone());
        Ok((client, asked))
    }

    fn answer(&self, request: &Request, response: Response, deadline: Instant) -> Answer {
        let date = text(&response, &header::DATE).and_then(http_date);
        let login = request.login.as_ref().unwrap_or(&self.access.login);
        let fault = self.fault(&request.url, login, &response, date);
        Answer { fault, date, response, deadline, timeout: self.options.timeout, pool: Arc::clone(&self.pool) }
    }

    /// What a status other than 200 means.
    fn fault(&self, url: &Url, login: &Login, response: &Response, date: Option<Timestamp>) -> Option<HttpFault> {
        let status = response.status();
        let code = status.as_u16();
        if status == StatusCode::OK {
            return None;
        }
        if status.is_redirection() {
            let to = text(response, &header::LOCATION).and_then(|to| url.join(to).ok());
            let to = to.map(|to| match to.origin() {
                origin if origin == url.origin() => "another path of the same host".to_owned(),
                origin => origin.ascii_serialization(),
            });
            return Some(HttpFault::Redirect { code, to });
        }
        if let (401 | 403, Some(login)) = (code, self.shown(login)) {
            return Some(HttpFault::Denied { code, login, says: String::new() });
        }
        let rest = text(response, &header::RETRY_AFTER).and_then(|after| rest(after, date));
        let words = status.canonical_reason().unwrap_or_default();
        Some(HttpFault::Status { code, words, rest, says: String::new() })
    }

    /// What is shown as a login, in words.
    fn shown(&self, login: &Login) -> Option<String> {
        let origin = |secret: &Secret| match secret {
            Secret::Plain(_) => String::new(),
            other => format!(" {other}"),
        };
        match login {
            Login::Basic { password, .. } => Some(format!("the user and password{}", origin(password))),
            Login::Bearer(token) => Some(format!("the token{}", origin(token))),
            Login::None => {
                let (_, secret) = self.headers.iter().find(|(name, _)| *name == header::AUTHORIZATION)?;
                Some(format!("the Authorization header{}", origin(secret)))
            }
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("access", &self.access).field("options", &self.options).finish_non_exhaustive()
    }
}

fn unavailable(fault: &SecretFault) -> HttpFault {
    HttpFault::Secret(fault.to_string())
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, HttpFault> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| HttpFault::Secret(format!("the value of header {name} holds characters that no header can")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn text<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The time in a header, ms since the epoch.
fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text.trim()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// What `Retry-After` says: seconds, or a time by the clock that also wrote the `Date` header.
fn rest(after: &str, date: Option<Timestamp>) -> Option<Duration> {
    match after.trim().parse::<u32>() {
        Ok(seconds) => Some(Duration::from_secs(u64::from(seconds))),
        Err(_) => Some(Duration::from_millis(u64::try_from(http_date(after)? - date?).unwrap_or(0))),
    }
}

/// RFC 4648, as basic authentication wants it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0, |n, i| n << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * i) & 63) as usize];
            text.push(if i > group.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_seconds_or_a_time_by_the_servers_own_clock() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(784_111_777_000));
        assert_eq!(rest("17", None), Some(Duration::from_secs(17)));
        assert_eq!(rest("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(Duration::from_secs(30)));
        assert_eq!(rest("Sun, 06 Nov 1994 08:49:00 GMT", date), Some(Duration::ZERO));
        for nothing in ["soon", "-5", "", "99999999999999"] {
            assert_eq!(rest(nothing, date), None, "{nothing}");
        }
        assert_eq!(rest("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let table = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("?>~", "Pz5+")];
        for (bytes, text) in table {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
