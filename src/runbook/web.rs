//! Which links a terminal may be told to open, and how they are written then. Uses nothing of the crate.

use std::fmt::Write as _;

/// Longest address that is handed to a terminal, in bytes: terminals pass over longer ones.
const LONGEST: usize = 2_000;

/// The signs that have a meaning in an address, or none at all.
const SIGNS: &[u8] = b"-._~%:/?#@!$&'()*+,;=";

/// `url` as it can stand in an escape sequence, or `None` where nobody should follow it from here: everything but `http`
/// and `https` (a click must not start a program or open a file), what has no host, and what was not printable as it
/// came, because what is left of that leads elsewhere.
///
/// The answer is printable ASCII without blanks, quotes and brackets: every other byte is percent-encoded, as RFC 3986
/// has it.
pub fn web_address(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Pictures of controls and replacement characters stand for what was taken out.
    let changed = |c: char| matches!(c, '\u{2400}'..='\u{2421}' | '\u{fffd}') || c.is_control();
    if !is_web || host.is_empty() || !host.contains(char::is_alphanumeric) || url.contains(changed) {
        return None;
    }
    let mut out = format!("{}://", scheme.to_ascii_lowercase());
    for byte in rest.bytes() {
        match byte {
            plain if plain.is_ascii_alphanumeric() || SIGNS.contains(&plain) => out.push(char::from(plain)),
            // Brackets are an IPv6 address's in the host and belong nowhere else.
            b'[' | b']' if host.starts_with('[') => out.push(char::from(byte)),
            // Writing into a string cannot fail.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    (out.len() <= LONGEST).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_web_is_written_so_that_it_ends_no_sequence() {
        let table = [
            ("https://runbooks.example/a/b?c=d&e=%20#f", "https://runbooks.example/a/b?c=d&e=%20#f"),
            ("HTTP://h", "http://h"),
            ("http://[::1]:9090/x", "http://[::1]:9090/x"),
            ("https://h/a b<c>\"d\"\\e{f}|g^`h[i]", "https://h/a%20b%3Cc%3E%22d%22%5Ce%7Bf%7D%7Cg%5E%60h%5Bi%5D"),
            ("https://h/größe", "https://h/gr%C3%B6%C3%9Fe"),
            ("https://日本.example", "https://%E6%97%A5%E6%9C%AC.example"),
        ];
        for (url, written) in table {
            assert_eq!(web_address(url).as_deref(), Some(written), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_followed() {
        let long = format!("https://h/{}", "x".repeat(LONGEST));
        for url in [
            "",
            "#verify",
            "circuit-breaker-open.md",
            "javascript:alert(1)",
            "javascript://h/%0aalert(1)",
            "file:///etc/passwd",
            "mailto:a@b",
            "ssh://h",
            "https://",
            "https:///path",
            "https://?q",
            "https://-/",
            "//h/x",
            "https://h/\u{1b}\\\u{1b}]0;owned\u{7}",
            "https://h/\u{9c}x",
            "https://h/␛]0;owned␇",
            "https://h/\u{fffd}x",
            &long,
        ] {
            assert_eq!(web_address(url), None, "{url:?}");
        }
    }
}
