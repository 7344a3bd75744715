//! Patterns as Go reads them, in which Alertmanager is written, put into the words of our regex library. Uses nothing of
//! the crate.
//!
//! The two read the same language but for some corners: `\d`, `\w` and `\s` are ASCII in Go; a brace that repeats nothing
//! is a brace (`/topics/{id}` is a pattern); inside a class there are neither classes nor set operations; `\Q…\E` takes
//! what is between as it stands; `\<` is no more than `<`. <https://pkg.go.dev/regexp/syntax>

use regex::{Regex, RegexBuilder};

/// Largest compiled pattern, bytes: patterns come from a server.
const LARGEST: usize = 1 << 20;

/// Compiles `pattern`, anchored at both ends. `.` matches no newline.
///
/// # Errors
/// It is no pattern, not one that can be put into other words, or it is too large.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{})$", translated(pattern))).size_limit(LARGEST).build()
}

fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = Rest(pattern);
    while let Some(c) = rest.next() {
        match c {
            '\\' if rest.take("Q") => out.push_str(&regex::escape(rest.until("\\E"))),
            '\\' if rest.take("b") => out.push_str("(?-u:\\b)"),
            '\\' if group(&mut out, &mut rest) => {}
            '\\' => escape(&mut out, &mut rest),
            '[' => class(&mut out, &mut rest),
            '{' if !repeats(rest.0) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// What is left of a pattern.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn next(&mut self) -> Option<char> {
        let c = self.0.chars().next()?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    /// Whether `begin` comes next; it is passed over.
    fn take(&mut self, begin: &str) -> bool {
        let after = self.0.strip_prefix(begin);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// What comes before `end`, which is passed over; everything where there is no `end`.
    fn until(&mut self, end: &str) -> &'a str {
        let (before, after) = self.0.split_once(end).unwrap_or((self.0, ""));
        self.0 = after;
        before
    }
}

/// Writes the class of characters that an escape stands for, behind its backslash; whether it stands for one.
fn group(out: &mut String, rest: &mut Rest<'_>) -> bool {
    const GROUPS: [(&str, &str); 6] = [
        ("d", "[0-9]"),
        ("D", "[^0-9]"),
        ("w", "[0-9A-Za-z_]"),
        ("W", "[^0-9A-Za-z_]"),
        ("s", "[\\t\\n\\f\\r ]"),
        ("S", "[^\\t\\n\\f\\r ]"),
    ];
    match GROUPS.iter().find(|(letter, _)| rest.take(letter)) {
        Some((_, class)) => out.push_str(class),
        None if rest.0.starts_with("p{") || rest.0.starts_with("P{") => {
            out.extend(["\\", rest.until("}"), "}"]);
        }
        None => return false,
    }
    true
}

/// Writes the character that an escape stands for, behind its backslash.
fn escape(out: &mut String, rest: &mut Rest<'_>) {
    if rest.0.starts_with("x{") {
        // Its braces are no repetition.
        return out.extend(["\\", rest.until("}"), "}"]);
    }
    match rest.next() {
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

/// Writes a class, behind its bracket.
fn class(out: &mut String, rest: &mut Rest<'_>) {
    out.push('[');
    if rest.take("^") {
        out.push('^');
    }
    // A bracket that could close nothing yet is a character.
    if rest.take("]") {
        out.push_str("\\]");
    }
    while let Some(c) = rest.next() {
        match c {
            ']' => return out.push(']'),
            '[' if rest.0.starts_with(':') => out.extend(["[", rest.until("]"), "]"]),
            '\\' if group(out, rest) => {}
            c => {
                member(out, c, rest);
                if rest.0.starts_with('-') && !rest.0.starts_with("-]") {
                    rest.take("-");
                    out.push('-');
                    if let Some(end) = rest.next() {
                        member(out, end, rest);
                    }
                }
            }
        }
    }
}

/// Writes one character of a class, which begins with `c`.
fn member(out: &mut String, c: char, rest: &mut Rest<'_>) {
    match c {
        '\\' => escape(out, rest),
        '<' | '>' => out.push(c),
        c if c.is_ascii_punctuation() => out.extend(['\\', c]),
        c => out.push(c),
    }
}

/// Whether what follows a brace makes it `{2}`, `{2,}` or `{2,3}`.
fn repeats(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    match inside.split_once(',') {
        Some((least, most)) => number(least) && (most.is_empty() || number(most)),
        None => number(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_go() {
        let table = [
            ("a|b", "a|b"),
            (r"\d+\.\w", r"[0-9]+\.[0-9A-Za-z_]"),
            (r"[\d_]\s", r"[[0-9]\_][\t\n\f\r ]"),
            ("/topics/{id}", r"/topics/\{id}"),
            ("a{2}b{2,}c{2,3}d{,3}{", r"a{2}b{2,}c{2,3}d\{,3}\{"),
            (r"\Qa.b[\E+\Q(", r"a\.b\[+\("),
            (r"\<a\>\/\-", r"<a>\/\-"),
            ("[[a]&&[^]]", r"[\[a]&&[^\]]"),
            ("[a-z-9-]", r"[a-z\-9\-]"),
            ("[+--]", r"[\+-\-]"),
            ("[[:alpha:]^-~]", r"[[:alpha:]\^-\~]"),
            (r"[\x{41}-\x43\]]", r"[\x{41}-\x43\]]"),
            (r"\pL\p{Greek}\bx", r"\pL\p{Greek}(?-u:\b)x"),
        ];
        for (pattern, expected) in table {
            assert_eq!(translated(pattern), expected, "{pattern}");
            assert!(compile(pattern).is_ok(), "{pattern}: {:?}", compile(pattern));
        }
    }

    #[test]
    fn what_is_torn_is_no_pattern_and_breaks_nothing() {
        for torn in ["\\", "[", "[^", "[a-", "[\\", "(", r"\x{", r"\p{", "[[:alpha", r"\C"] {
            assert!(compile(torn).is_err(), "{torn}: {:?}", compile(torn));
        }
        assert!(compile(r"\Q").is_ok_and(|p| p.is_match("")));
    }
}
