//! The text of a configuration file as error messages may quote it: what could be secret is starred out.
//!
//! Both functions return as many bytes as they get, with the same line breaks, so that places stay true.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::setting::{Kind, SETTINGS};
use crate::layout::TomlValue;

/// A file that could be parsed: keys are legible, and the values of those keys that are known and never secret, without
/// the logins in them.
pub(super) fn masked(text: &str, root: &DeTable<'_>) -> String {
    let mut legible = vec![false; text.len()];
    for (start, line) in lines(text) {
        if is_header(line) {
            mark(&mut legible, start..start + line.len(), true);
        }
    }
    reveal(text, root, "", &mut legible);
    starred(text, |at| legible.get(at).copied().unwrap_or_default())
}

/// A file that could not be parsed, so that nobody knows where a value begins: only what must be a key is legible.
pub(super) fn masked_entirely(text: &str) -> String {
    let mut legible = vec![false; text.len()];
    for (start, line) in lines(text) {
        let key = line.find('=').filter(|end| line[..*end].chars().all(is_key));
        let end = if is_header(line) { line.len() } else { key.unwrap_or_default() };
        mark(&mut legible, start..start + end, true);
    }
    starred(text, |at| legible.get(at).copied().unwrap_or_default())
}

/// Each line with the byte it begins at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len();
        Some((start, line))
    })
}

/// Whether a character can be part of a bare key or stand around it.
fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '\t')
}

/// Whether a line is the header of a table and nothing else.
fn is_header(line: &str) -> bool {
    line.trim().strip_prefix('[').is_some_and(|rest| rest.trim_end_matches(']').chars().all(is_key))
}

fn mark(legible: &mut [bool], place: Range<usize>, as_what: bool) {
    if let Some(part) = legible.get_mut(place) {
        part.fill(as_what);
    }
}

/// Marks all of a table in which there is nothing to hide.
fn reveal_all(table: &DeTable<'_>, legible: &mut [bool]) {
    for (key, value) in table {
        mark(legible, key.span(), true);
        match value.get_ref() {
            DeValue::Table(table) => reveal_all(table, legible),
            _ => mark(legible, value.span(), true),
        }
    }
}

/// Marks what is legible of a table that stands under the key `own`.
fn reveal(text: &str, table: &DeTable<'_>, own: &str, legible: &mut [bool]) {
    for (key, value) in table {
        mark(legible, key.span(), true);
        let name: &str = key.get_ref();
        match value.get_ref() {
            // What keys do is no secret. A context may be called like the table of the keys; that is not the one.
            DeValue::Table(table) if own.is_empty() && name == "keys" => reveal_all(table, legible),
            DeValue::Table(table) => reveal(text, table, name, legible),
            DeValue::Array(items) => {
                for item in items {
                    reveal_value(text, is_public(own, name), item, legible);
                }
            }
            _ => reveal_value(text, is_public(own, name), value, legible),
        }
    }
}

fn reveal_value(text: &str, public: bool, value: &TomlValue<'_>, legible: &mut [bool]) {
    let place = value.span();
    mark(legible, place.clone(), public);
    let written = text.get(place.clone()).unwrap_or_default();
    if let Some(login) = login(written) {
        mark(legible, place.start + login.start..place.start + login.end, false);
    }
}

/// Whether the value of this key, in the table under the key `own`, is never a secret.
fn is_public(own: &str, key: &str) -> bool {
    let own = own.strip_prefix("alertmanager-").unwrap_or(own);
    SETTINGS.iter().any(|s| {
        let (table, name) = s.path();
        let form = key.strip_prefix(name);
        table.is_none_or(|table| table == own)
            && match s.kind {
                Kind::Headers | Kind::Proxy => false,
                Kind::Secret => matches!(form, Some("-file" | "-env")),
                // Where headers are, any key may be the name of one; where logins are, a key in the wrong place.
                _ => form == Some("") && (table.is_some() || !matches!(own, "headers" | "auth")),
            }
    })
}

/// What is, or without its `@` could be, a login in a URL.
fn login(value: &str) -> Option<Range<usize>> {
    if let Some(end) = value.rfind('@') {
        return Some(value[..end].find("://").map_or(0, |at| at + 3)..end);
    }
    let start = value.match_indices(':').map(|(at, _)| at + 1).find(|at| !is_port(&value[*at..]))?;
    Some(start..value.len())
}

/// Whether `text`, which stands behind a colon, is a port or the slashes of a URL.
fn is_port(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.starts_with("//") || rest.len() < text.len() && !rest.starts_with(|c: char| c.is_alphanumeric())
}

/// `text` with stars for what is not legible; what structures a file is left as it is.
fn starred(text: &str, legible: impl Fn(usize) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if legible(at)
            || matches!(c, '\n' | '\r' | '\t' | ' ' | '"' | '\'' | '[' | ']' | '{' | '}' | '=' | ',' | '.' | '#')
        {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_secret_is_starred_out() {
        let table = [
            ("password = \"hunter2\" # old", "password = \"*******\" # ***"),
            ("passwrod = 1234", "passwrod = ****"),
            ("auth.token-command = 'pass x'", "auth.token-command = '**** *'"),
            ("auth.token-file = \"/run/t\"", "auth.token-file = \"/run/t\""),
            ("prometheus = \"https://u:p@h/x\"", "prometheus = \"https://***@h/x\""),
            ("prometheus = \"http://u:p\"", "prometheus = \"http://u:*\""),
            ("prometheus = \"http://u:1p/\"", "prometheus = \"http://u:***\""),
            ("targets = [\n  \"u:p@h:1\",\n]", "targets = [\n  \"***@h:1\",\n]"),
            ("targets = [\"job=h:1\", \"http://h:2/m\"]", "targets = [\"job=h:1\", \"http://h:2/m\"]"),
            ("auth = { user = \"a\", password = \"b\" }", "auth = { user = \"a\", password = \"*\" }"),
            (
                "[c.prod.headers]\nX-Key = \"a\"\n[c.prod]\njob = \"x\"",
                "[c.prod.headers]\nX-Key = \"*\"\n[c.prod]\njob = \"x\"",
            ),
            ("[c.\"headers\"]\njob = \"a\"", "[c.\"headers\"]\njob = \"*\""),
            ("c.auth.token = \"a\"", "c.auth.token = \"*\""),
            ("proxy = \"\"\"\nhttp://u:p@h\"\"\"", "proxy = \"\"\"\n************\"\"\""),
            ("auth.job = \"a\"", "auth.job = \"*\""),
            ("color = \"red\"", "color = \"red\""),
            (
                "[keys]\nfull = \"Ctrl-Hyper-9\"\n[keys.alerts]\nsort = [\"s\"]",
                "[keys]\nfull = \"Ctrl-Hyper-9\"\n[keys.alerts]\nsort = [\"s\"]",
            ),
            ("[contexts.keys.auth]\npassword = \"a\"", "[contexts.keys.auth]\npassword = \"*\""),
        ];
        for (text, wanted) in table {
            let (root, broken) = DeTable::parse_recoverable(text);
            assert!(broken.is_empty(), "{broken:?}");
            let masked = masked(text, root.get_ref());
            assert_eq!(masked, wanted);
            assert_eq!(masked.len(), text.len());
        }
    }

    #[test]
    fn of_a_broken_file_only_keys_are_legible() {
        let table = [
            ("job = \"a\"token = \"b\"", "job = \"*\"***** = \"*\""),
            ("\"headers = { X = \"hunter2\"", "\"******* = { * = \"*******\""),
            ("password: hunter2", "********* *******"),
            ("[contexts.prod]\nhunter2@h\"", "[contexts.prod]\n*********\""),
            ("[\"hunter2\"]", "[\"*******\"]"),
        ];
        for (text, wanted) in table {
            assert_eq!(masked_entirely(text), wanted);
        }
    }

    #[test]
    fn places_stay_true_behind_wide_secrets() {
        let text = "token = \"größe\"\nutc = 1\n";
        let masked = masked_entirely(text);
        assert_eq!((masked.len(), masked.find("utc")), (text.len(), text.find("utc")));
    }
}
