//! How to reach a server: who we say we are, whom we trust and which way we go; the same for targets, Prometheus and
//! Alertmanager. Uses nothing of the crate.

mod secret;

use std::fmt;
use std::path::PathBuf;

pub(crate) use secret::{SecretFault, Secrets, Stamp, Value};

/// How to reach a server. The default: no login, the machine's certificate authorities, the environment's proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Access {
    /// Who we say we are.
    pub login: Login,
    /// Further request headers, such as `X-Scope-OrgID`; their values may be secret.
    pub headers: Vec<(String, Secret)>,
    /// Whom we trust.
    pub tls: Tls,
    /// Which way we go.
    pub proxy: Proxy,
    /// A socket file to connect to instead of the URL's host and port.
    pub socket: Option<PathBuf>,
}

/// Who we say we are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Login {
    /// Nobody.
    #[default]
    None,
    /// HTTP basic authentication.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token, sent as `Authorization: Bearer`.
    Bearer(Secret),
}

/// Whom we trust, and what we show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// Certificate authorities in PEM, trusted instead of the machine's.
    pub authorities: Option<PathBuf>,
    /// Our own certificate chain in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM; where it is not given, it is looked for in the certificate's file.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must be for, where it differs from the URL's host.
    pub server_name: Option<String>,
    /// Whether any certificate is taken. What is read over such a connection is marked on the screen.
    pub insecure: bool,
}

/// Which way requests go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Proxy {
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say; never for loopback addresses.
    #[default]
    Environment,
    /// Straight.
    Direct,
    /// Through this one; the URL may carry credentials.
    Through(Secret),
}

/// Something that is never printed: where it comes from is, what it is is not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Secret {
    /// The value itself.
    Plain(String),
    /// The first line of a file, read again when the file changes.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The first line that a command prints; it is run by `sh -c` when first needed, and again after a 401.
    Command(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where the secret comes from, in words; never the secret.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("(hidden)"),
            Self::File(path) => write!(f, "(from file {})", path.display()),
            Self::Environment(name) => write!(f, "(from ${name})"),
            Self::Command(_) => f.write_str("(from a command)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let access = Access {
            login: Login::Basic { user: "ops".to_owned(), password: Secret::Plain("hunter2".to_owned()) },
            headers: vec![("X-Scope-OrgID".to_owned(), Secret::Command("pass show hunter2".to_owned()))],
            proxy: Proxy::Through(Secret::Plain("http://u:hunter2@proxy".to_owned())),
            ..Access::default()
        };
        assert!(!format!("{access:?}").contains("hunter2"), "{access:?}");
    }
}
