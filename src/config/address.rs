//! URLs of servers as people write them, with the login taken out.

use std::fmt;

use reqwest::Url;

use crate::series::printable;

/// A server's URL and the login that stood in it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// http or https, with a host; no userinfo, query or fragment.
    pub url: Url,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("url", &self.url.as_str()).field("login", &self.login.is_some()).finish()
    }
}

impl Address {
    /// Reads `http://host:port/path`, `https://…` or `host:port`.
    ///
    /// # Errors
    /// In words, without credentials: what is wrong and what would do.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text.trim()).map_err(|reason| format!("{:?}: {reason}", masked(text)))
    }

    fn read(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err("only http:// and https:// are spoken".to_owned());
        }
        // The URL reader skips any number of slashes here, so that a path would become the host.
        if rest.is_empty() || rest.starts_with(['/', '\\', ':', '?', '#', '@']) {
            return Err("there is no host; write it like https://prometheus.example:9090".to_owned());
        }
        let mut url = Url::parse(&format!("{scheme}://{rest}"))
            .map_err(|e| format!("it is no URL ({e}); write it like https://prometheus.example:9090"))?;
        if url.port() == Some(0) {
            return Err("the port must be a number from 1 to 65535".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("leave out what begins with ? or #: the server's address is enough".to_owned());
        }
        let login = (!url.username().is_empty() || url.password().is_some())
            .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
        // Neither fails: the scheme is http or https and there is a host.
        url.set_username("").ok();
        url.set_password(None).ok();
        Ok(Self { url, login })
    }
}

/// Scheme, host and port: what credentials belong to.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// `text` fit for a message: no userinfo, nothing behind `?`, nothing that steers a terminal.
pub(super) fn masked(text: &str) -> String {
    let begin = text.find("://").map_or(0, |i| i + 3);
    let (before, after) = text.split_at(begin);
    // A password may hold a slash that should have been escaped: the last @ of all ends it.
    let after = after.rfind('@').map_or_else(|| after.to_owned(), |at| format!("…{}", &after[at..]));
    let after = after.split_once(['?', '#']).map_or(after.as_str(), |(place, _)| place);
    printable(&format!("{before}{after}")).into_owned()
}

/// `%40` → `@`; what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let escaped = match tail {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_url() {
        let table = [
            (
                "https://ann:p%40s%2Fs@prom.example/prometheus",
                "https://prom.example/prometheus",
                Some(("ann", "p@s/s")),
            ),
            ("http://ann@prom:9090", "http://prom:9090/", Some(("ann", ""))),
            ("prom:9090", "http://prom:9090/", None),
            ("HTTPS://Prom.Example", "https://prom.example/", None),
            ("ann:100%@prom:1", "http://prom:1/", Some(("ann", "100%"))),
        ];
        for (text, url, login) in table {
            let address = Address::parse(text).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(address.url.as_str(), url, "{text}");
            assert_eq!(address.login.as_ref().map(|(u, p)| (u.as_str(), p.as_str())), login, "{text}");
            assert!(!format!("{address:?}").contains("ann"), "{address:?}");
        }
    }

    #[test]
    fn what_is_no_address_says_so_without_credentials() {
        for (text, words) in [
            ("", "no host"),
            ("http://", "no host"),
            ("ftp://ann:secret@host", "only http://"),
            ("https://ann:secret@host:99999", "no URL"),
            ("http://ann:se/secret@host:0", "no URL"),
            ("http://host:0", "1 to 65535"),
            ("http://prom/graph?g0.expr=secret", "leave out"),
            ("http://prom\x1b[31m/#", "no URL"),
        ] {
            let error = Address::parse(text).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("secret") && !error.contains('\x1b'), "{error}");
        }
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        let of = |text| origin(&Address::parse(text).expect("good").url);
        assert_eq!(of("https://prom.example/a"), of("https://u:p@PROM.example:443/b/c"));
        for other in ["http://prom.example", "https://prom.example:444", "https://prom.example.evil"] {
            assert_ne!(of("https://prom.example"), of(other));
        }
    }
}
