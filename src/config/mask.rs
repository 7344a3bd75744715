//! The text of a configuration file as error messages may quote it: values that could be secret are starred out.

use super::setting::{Kind, SETTINGS};

/// `text` with every value starred out except those of keys that are known and never secret; a login in a URL is starred
/// out everywhere. Byte for byte as long as `text`, with the same line breaks, so that places stay true.
///
/// Works line by line and not on the parsed file, because it is wanted most where the file cannot be parsed.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut table_is_public = true;
    let mut value_is_public = true;
    let mut open_text = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        let inside = open_text;
        open_text ^= (line.matches("\"\"\"").count() + line.matches("'''").count()) % 2 == 1;
        if inside {
            // A text over several lines is nothing that any key takes.
            out.push_str(&stars(line));
            continue;
        }
        if content.starts_with('[') && (content.trim_end().ends_with(']') || !content.contains('=')) {
            // In a table of headers every key is a header's name.
            table_is_public = !content.contains("headers");
            value_is_public = true;
        } else if let Some(at) = line.find(['=', ':']).filter(|at| is_key(&line[..*at])) {
            value_is_public = table_is_public && line.as_bytes()[at] == b'=' && is_public(&line[..at]);
            out.push_str(&line[..=at]);
            out.push_str(&hidden_unless(value_is_public, &line[at + 1..]));
            continue;
        }
        out.push_str(&hidden_unless(value_is_public, line));
    }
    out
}

fn hidden_unless(public: bool, text: &str) -> String {
    // Behind a second key on the same line, a line break is missing: nobody knows whose value follows.
    let next = text.match_indices('=').map(|(at, _)| at + 1).find(|at| balanced(&text[..*at]));
    let (own, other) = text.split_at(next.unwrap_or(text.len()));
    format!("{}{}", if public { without_logins(own) } else { stars(own) }, stars(other))
}

/// Whether no text is open at the end of `text`.
fn balanced(text: &str) -> bool {
    text.matches(['"', '\'']).count().is_multiple_of(2)
}

/// Whether `text` could be a key rather than the beginning of a value, which would have an open quote in it.
fn is_key(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && balanced(text)
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '"' | '\'' | ' '))
}

/// Whether the value of this key is never a secret.
fn is_public(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key).trim().trim_matches(['"', '\'']);
    let last = last.strip_prefix("alertmanager-").unwrap_or(last);
    SETTINGS.iter().any(|s| {
        let (_, name) = s.path();
        match s.kind {
            Kind::Headers | Kind::Proxy => false,
            Kind::Secret => last.strip_prefix(name).is_some_and(|form| matches!(form, "-file" | "-env")),
            _ => name == last,
        }
    })
}

/// `text`, the rest of a line, with what is or could be a login in a URL starred out.
fn without_logins(text: &str) -> String {
    let (start, end) = if let Some(end) = text.rfind('@') {
        (text[..end].find("://").map_or(0, |at| at + 3), end)
    } else if let Some(start) = text.match_indices(':').map(|(at, _)| at + 1).find(|at| !is_port(&text[*at..])) {
        // A line that broke within its URL: what follows a colon may be a password whose @ is missing.
        (start, text.len())
    } else {
        return text.to_owned();
    };
    format!("{}{}{}", &text[..start], stars(&text[start..end]), &text[end..])
}

/// Whether `text`, which stands behind a colon, is a port or the slashes of a URL.
fn is_port(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.starts_with("//") || rest.len() < text.len() && !rest.starts_with(|c: char| c.is_alphanumeric())
}

/// As many bytes, with white space and brackets where they were.
fn stars(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let kept = matches!(c, '\n' | '\r' | ' ' | '"' | '\'');
            std::iter::repeat_n(if kept { c } else { '*' }, if kept { 1 } else { c.len_utf8() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_secret_is_starred_out() {
        let table = [
            ("password = \"hunter2\"", "password = \"*******\""),
            ("passwrod = hunter2", "passwrod = *******"),
            ("password: hunter2", "password: *******"),
            ("token-command = 'pass x'", "token-command = '**** *'"),
            ("token-file = \"/run/t\"", "token-file = \"/run/t\""),
            ("prometheus = \"https://u:p@h/x\"", "prometheus = \"https://***@h/x\""),
            ("targets = [\n  \"u:p@h:1\",\n]", "targets = [\n  \"***@h:1\",\n]"),
            ("targets = [\"h:1\", \"http://h:2/m\"]", "targets = [\"h:1\", \"http://h:2/m\"]"),
            ("job = \"a\"token = \"b\"", "job = \"a\"token = \"*\""),
            ("targets = [\"job=h:1\"]", "targets = [\"job=h:1\"]"),
            ("prometheus = \"http://u:p", "prometheus = \"http://u:*"),
            ("prometheus = \"http://u:1p/\"", "prometheus = \"http://u:***\""),
            ("auth = { user = \"a\", password = \"b\" }", "auth = * **** * \"*\"* ******** * \"*\" *"),
            (
                "[contexts.prod.headers]\nX-Key = \"a\"\n[contexts.prod]\njob = \"x\"",
                "[contexts.prod.headers]\nX-Key = \"*\"\n[contexts.prod]\njob = \"x\"",
            ),
            ("[contexts.prod.\"headers\"]\njob = \"a\"", "[contexts.prod.\"headers\"]\njob = \"*\""),
            ("contexts.prod.auth.token = \"a\"", "contexts.prod.auth.token = \"*\""),
            ("proxy = \"\"\"\nhttp://u:p@h\"\"\"", "proxy = \"\"\"\n************\"\"\""),
            ("color = \"red\"", "color = \"red\""),
        ];
        for (text, wanted) in table {
            assert_eq!(masked(text), wanted);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn places_stay_true_behind_wide_secrets() {
        let text = "token = \"größe\"\nutc = 1\n";
        let masked = masked(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.find("utc"), text.find("utc"));
    }
}
