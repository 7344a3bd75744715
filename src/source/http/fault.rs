//! Why a request failed, in words for the screen: no URL, no credentials, nothing that steers a terminal, never long.
//! Uses `exposition` and `series`.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::exposition;
use crate::series::printable;

/// Longest reason, in characters.
const LONGEST: usize = 200;

/// What the HTTP library calls it when the connection ends before the answer begins: before or after the request went out.
const CLOSED: [&str; 4] =
    ["closed before message completed", "connection was not ready", "connection closed", "channel closed"];

/// What rustls calls an alert, before the alert's name.
const ALERT: &str = "received fatal alert: ";

/// Why a request failed. `Display` is the reason alone, for the line of the server it is about; [`HttpFault::hint`] is what
/// to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFault {
    /// The host's name leads to no address.
    NotResolved(Unresolved),
    /// Nobody listens there.
    Refused,
    /// No way there, or the system forbids it; in the system's words.
    Unreachable(String),
    /// No connection within this time.
    NoConnection(Duration),
    /// Connected, but no answer within this time.
    NoAnswer(Duration),
    /// The answer began but did not end within this time.
    Incomplete(Duration),
    /// The peer closed or reset the connection before the answer was complete.
    Cut,
    /// The peer closed or reset the connection before it said anything.
    Closed,
    /// What answers does not speak HTTP.
    NotHttp(String),
    /// The answer's head is larger than any real one.
    HeadTooLarge,
    /// The body is larger than this many bytes after decompression.
    TooLarge(usize),
    /// Too many large bodies at once.
    Crowded,
    /// The body is said to be compressed but cannot be decompressed.
    Encoding,
    /// https, but no certificate authority is known on this machine.
    NoAuthorities,
    /// The TLS handshake failed, in words.
    Tls(String),
    /// A redirect, which is not followed.
    Redirect {
        /// The HTTP status.
        code: u16,
        /// Where it points: scheme, host and port, or words where those are the same.
        to: Option<String>,
    },
    /// 401 or 403: who we say we are is not believed, or is not enough.
    Denied {
        /// The HTTP status.
        code: u16,
        /// What was shown, in words: `the token (from file …)`.
        login: String,
        /// What the server says to it, or nothing.
        says: String,
    },
    /// Any other HTTP status than 200.
    Status {
        /// The HTTP status.
        code: u16,
        /// Its standard phrase.
        words: &'static str,
        /// For how long the server asks to be left alone (`Retry-After`).
        rest: Option<Duration>,
        /// What the server says to it, or nothing.
        says: String,
    },
    /// A web page where an API was expected; its title, or nothing.
    Page(String),
    /// The proxy between here and there does not let us through, in words.
    Proxy(String),
    /// A password, token, certificate or key that cannot be had, in words that say which.
    Secret(String),
    /// The body is not what was asked for, in words.
    Content(String),
    /// Anything else, in the library's words.
    Other(String),
}

/// A host name that leads to no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot resolve host {host}: {reason}")]
pub struct Unresolved {
    host: String,
    reason: String,
}

impl Unresolved {
    /// `error` as the resolver gave it.
    pub(crate) fn new(host: &str, error: &io::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.rsplit(": ").next().unwrap_or_default().to_lowercase();
        Self { host: printable(host).into_owned(), reason: printable(&reason).into_owned() }
    }
}

impl HttpFault {
    /// A body that is no exposition.
    pub fn content(fault: &exposition::Fault) -> Self {
        Self::Content(fault.to_string())
    }

    /// What to do next, where that can be said; reads on after the reason.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotResolved(_) => "is the name right?",
            Self::Refused => "is it running, and is the port right?",
            Self::Unreachable(_) | Self::NoConnection(_) => "is the way there open (VPN, firewall, proxy)?",
            Self::NoAnswer(_) | Self::Incomplete(_) => {
                "it may be overloaded; a longer timeout or a shorter range may help"
            }
            Self::Cut | Self::Closed => "did it restart?",
            Self::NotHttp(_) | Self::Page(_) | Self::Redirect { .. } => {
                "is the URL that of the API itself, with its path, and no login page in between?"
            }
            Self::TooLarge(_) => "ask for a shorter range or fewer series",
            Self::Denied { code: 401, .. } => "is it still valid?",
            Self::Denied { .. } => "has this login the right to read, and is the tenant right?",
            Self::Status { code: 401, .. } => "--user and --password-file, or --token-file, give a login",
            Self::Status { code: 403, .. } => "a login may be needed",
            Self::Status { code: 502..=504, .. } => "a proxy in between says that the server itself does not answer",
            Self::Tls(words) if words.contains("client certificate") => "--cert and --key name one",
            _ => return None,
        })
    }

    /// The same with what the server says to it in plain words.
    #[must_use]
    pub(crate) fn saying(mut self, text: &str) -> Self {
        if let Self::Denied { says, .. } | Self::Status { says, .. } = &mut self {
            let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            *says = printable(line).chars().take(LONGEST / 2).collect();
        }
        self
    }

    /// For how long the server asks to be left alone.
    pub fn rest(&self) -> Option<Duration> {
        match self {
            Self::Status { rest, .. } => *rest,
            _ => None,
        }
    }

    /// The reason inside the HTTP library's error.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut cause: &(dyn Error + 'static) = error;
        let (mut found, mut tunnel) = (None, false);
        loop {
            if let Some(fault) = known(cause) {
                found = Some(fault);
            }
            // The type is not ours to name: that of the library below the library.
            match cause.to_string().strip_prefix("tunnel error: ") {
                Some("proxy authorization required") => {
                    return Self::Proxy("it wants a user and password, which its URL can carry".to_owned());
                }
                Some("unsuccessful") => return Self::Proxy("it does not connect us to this server".to_owned()),
                Some("unexpected end of file") => return Self::Proxy("it closed the connection".to_owned()),
                Some(_) => tunnel = true,
                None => {}
            }
            // The source of an I/O error that wraps another one is that one's source: it would be skipped.
            let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            match inner.map(|e| e as &(dyn Error + 'static)).or_else(|| cause.source()) {
                Some(next) => cause = next,
                None => break,
            }
        }
        let words = cause.to_string();
        // An alert that comes after the handshake passes through HTTP/2, which keeps its words only.
        if let Some(alert) = words.strip_prefix(ALERT) {
            found = found.or_else(|| Some(Self::Tls(alert_words(alert))));
        }
        match found {
            Some(fault) if tunnel => Self::Proxy(fault.to_string()),
            Some(fault) => fault,
            None if CLOSED.iter().any(|closed| words.contains(closed)) => Self::Closed,
            None if words.contains("end of file before message length") || words.contains("unexpected EOF") => {
                Self::Cut
            }
            None if words.contains("head is too large") || words.contains("too many headers") => Self::HeadTooLarge,
            None if words.contains("HTTP version") || words.contains("invalid HTTP") => Self::NotHttp(words),
            None if error.is_decode() => Self::Encoding,
            None => Self::Other(words),
        }
    }
}

/// What a single error in the chain of causes says, if it says anything definite.
fn known(error: &(dyn Error + 'static)) -> Option<HttpFault> {
    if let Some(unresolved) = error.downcast_ref::<Unresolved>() {
        return Some(HttpFault::NotResolved(unresolved.clone()));
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(HttpFault::Tls(tls_words(tls)));
    }
    let error = error.downcast_ref::<io::Error>()?;
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(HttpFault::Refused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(HttpFault::Cut)
        }
        io::ErrorKind::NotFound => Some(HttpFault::Unreachable("there is no such socket file".to_owned())),
        io::ErrorKind::HostUnreachable => Some(HttpFault::Unreachable("no route to host".to_owned())),
        io::ErrorKind::NetworkUnreachable => Some(HttpFault::Unreachable("network unreachable".to_owned())),
        io::ErrorKind::PermissionDenied => Some(HttpFault::Unreachable("permission denied".to_owned())),
        io::ErrorKind::TimedOut => Some(HttpFault::Unreachable("the connection timed out".to_owned())),
        _ => None,
    }
}

/// What a server's alert says, by its name.
fn alert_words(alert: &str) -> String {
    match alert {
        "CertificateRequired" => "the server wants a client certificate".to_owned(),
        // The server has judged no certificate but ours; Go's servers say so too where there is none.
        "BadCertificate"
        | "UnsupportedCertificate"
        | "CertificateRevoked"
        | "CertificateExpired"
        | "CertificateUnknown"
        | "UnknownCA"
        | "DecryptError" => {
            format!("the server does not take the client certificate, or wants one ({alert})")
        }
        _ => format!("the server refused: {alert}"),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use CertificateError as C;
    let certificate = match error {
        rustls::Error::InvalidCertificate(reason) => reason,
        rustls::Error::InvalidMessage(_) => return "the server does not speak TLS; is it http://?".to_owned(),
        rustls::Error::AlertReceived(alert) => return alert_words(&format!("{alert:?}")),
        other => return other.to_string(),
    };
    match certificate {
        C::Expired | C::ExpiredContext { .. } => "the certificate has expired".to_owned(),
        C::NotValidYet | C::NotValidYetContext { .. } => "the certificate is not valid yet".to_owned(),
        C::Revoked => "the certificate was revoked".to_owned(),
        // A bad signature is what an authority of the same name makes of it: one that was set up anew, say.
        C::UnknownIssuer | C::BadSignature => {
            "the certificate's authority is unknown here; --ca can name a file that holds it".to_owned()
        }
        C::NotValidForNameContext { expected, .. } => {
            format!("the certificate is not for {}", expected.to_str())
        }
        C::NotValidForName => "the certificate is for another name".to_owned(),
        // What the verifier says of most certificates that someone made for a single host by hand.
        C::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the certificate is self-signed; give the server one signed by an authority that --ca names".to_owned()
        }
        other => format!("the certificate is not accepted: {other}"),
    }
}

impl fmt::Display for HttpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::NotResolved(unresolved) => unresolved.to_string(),
            Self::Refused => "connection refused".to_owned(),
            Self::Unreachable(reason) => format!("cannot be reached: {reason}"),
            Self::NoConnection(after) => format!("no connection within {}", span(*after)),
            Self::NoAnswer(after) => format!("no answer within {}", span(*after)),
            Self::Incomplete(after) => format!("answer not complete within {}", span(*after)),
            Self::Cut => "connection lost before the answer was complete".to_owned(),
            Self::Closed => "connection closed without an answer".to_owned(),
            Self::NotHttp(reason) => format!("answers, but not in HTTP ({reason})"),
            Self::HeadTooLarge => "the answer's HTTP headers are too large".to_owned(),
            Self::TooLarge(cap) => format!("answer larger than {} MiB", cap >> 20),
            Self::Crowded => "answer too large while other answers are large too".to_owned(),
            Self::Encoding => "the answer's compression is broken".to_owned(),
            Self::NoAuthorities => {
                "https needs certificate authorities and this machine has none; install ca-certificates or \
                 name them with --ca"
                    .to_owned()
            }
            Self::Tls(reason) => format!("TLS: {reason}"),
            Self::Redirect { code, to: Some(to) } => format!("HTTP {code}: redirects to {to}, which is not followed"),
            Self::Redirect { code, to: None } => format!("HTTP {code}: redirects, which is not followed"),
            Self::Denied { code: 401, login, says } => format!("HTTP 401: refused {login}{}", quoted(says)),
            Self::Denied { code, login, says } => {
                format!("HTTP {code}: does not let {login} do this{}", quoted(says))
            }
            Self::Status { code, words, rest, says } => {
                let hint = if says.is_empty() { status_hint(*code) } else { "" };
                let rest = rest.map(|rest| format!(" (asks for {} of rest)", span(rest))).unwrap_or_default();
                format!("HTTP {code} {words}{hint}{rest}{}", quoted(says)).trim().to_owned()
            }
            Self::Page(title) if title.is_empty() => "answers with a web page".to_owned(),
            Self::Page(title) => format!("answers with a web page titled “{title}”"),
            Self::Proxy(reason) => format!("the proxy does not let us through: {reason}"),
            Self::Secret(reason) | Self::Content(reason) | Self::Other(reason) => reason.clone(),
        };
        let words = printable(&words);
        match words.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", &words[..end]),
            None => f.write_str(&words),
        }
    }
}

impl Error for HttpFault {}

fn quoted(says: &str) -> String {
    if says.is_empty() { String::new() } else { format!(": {says}") }
}

fn status_hint(code: u16) -> &'static str {
    match code {
        400 => " (does it want https?)",
        401 => " (does it want a user and password?)",
        407 => " (the proxy wants a user and password)",
        404 | 405 => " (is the path right?)",
        _ => "",
    }
}

/// `5s`, `4.5s`, `300ms`.
pub(crate) fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{}ms", time.as_millis())
    } else {
        format!("{}s", (time.as_secs_f64() * 100.0).round() / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_safe_and_short() {
        let long = HttpFault::Other(format!("\x1b[31m{}", "x".repeat(1000))).to_string();
        assert!(!long.contains('\x1b') && long.chars().count() == LONGEST + 1, "{long}");
    }

    #[test]
    fn certificates_are_refused_in_words() {
        let words = |e| HttpFault::Tls(tls_words(&rustls::Error::InvalidCertificate(e))).to_string();
        assert_eq!(words(CertificateError::Expired), "TLS: the certificate has expired");
        assert!(words(CertificateError::UnknownIssuer).contains("authority is unknown"));
        assert!(words(CertificateError::BadEncoding).starts_with("TLS: the certificate is not accepted: "));
    }

    #[test]
    fn what_a_server_says_of_our_certificate_is_about_our_certificate() {
        use rustls::AlertDescription as A;
        let words = |alert| HttpFault::Tls(tls_words(&rustls::Error::AlertReceived(alert)));
        assert_eq!(rustls::Error::AlertReceived(A::UnknownCA).to_string(), format!("{ALERT}UnknownCA"));
        for alert in [A::CertificateRequired, A::UnknownCA, A::BadCertificate, A::DecryptError, A::CertificateExpired] {
            let fault = words(alert);
            assert!(fault.to_string().contains("client certificate"), "{fault}");
            assert_eq!(fault.hint(), Some("--cert and --key name one"));
        }
        assert_eq!(words(A::HandshakeFailure).to_string(), "TLS: the server refused: HandshakeFailure");
    }

    #[test]
    fn times_read_naturally() {
        let table = [(5000, "5s"), (4500, "4.5s"), (300, "300ms"), (10_000, "10s"), (1250, "1.25s")];
        for (ms, words) in table {
            assert_eq!(span(Duration::from_millis(ms)), words);
        }
    }
}
