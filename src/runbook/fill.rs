//! `$name` in a block's query, filled in from an alert's labels. Uses `promql` and `series` of the crate.

use std::borrow::Cow;
use std::ops::Range;

use crate::promql::Query;
use crate::series::Labels;

/// A query with its variables filled in.
#[derive(Debug, Clone)]
pub struct Filled {
    /// What is to be asked.
    pub query: Query,
    /// The variables for which there was no label, in the order of the text, each once.
    pub unknown: Vec<String>,
}

/// A part of a query's text that is no plain syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// From `#` to the end of the line.
    Comment(Range<usize>),
    /// A string, quotes included.
    String(Range<usize>),
}

/// Calls `visit` for every comment and string of `text`.
pub(super) fn scan(text: &str, mut visit: impl FnMut(Part)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'#' => {
                at = text[at..].find('\n').map_or(text.len(), |i| at + i);
                visit(Part::Comment(start..at));
            }
            b'"' | b'\'' | b'`' => {
                at += 1;
                while let Some(&inside) = bytes.get(at) {
                    at += 1;
                    if inside == b'\\' && byte != b'`' {
                        at += 1;
                    } else if inside == byte {
                        break;
                    }
                }
                // A backslash at the very end, or before a sign of several bytes.
                at = (at.min(text.len())..=text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(text.len());
                visit(Part::String(start..at));
            }
            _ => at += 1,
        }
    }
}

/// How a label is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// The matcher's operator at the end of `before`, with where it begins.
fn operator(before: &str) -> Option<(Op, usize)> {
    let before = before.trim_end();
    let table = [("=~", Op::Regex), ("!~", Op::NotRegex), ("!=", Op::NotEqual), ("=", Op::Equal)];
    let (sign, op) = table.into_iter().find(|(sign, _)| before.ends_with(sign))?;
    let start = before.len() - sign.len();
    // `== "x"` is not a matcher.
    (op != Op::Equal || !before[..start].ends_with(['=', '<', '>'])).then_some((op, start))
}

/// `text` with the variables in its matchers filled in, and the names of those that `labels` does not have.
pub(super) fn fill(text: &str, labels: &Labels) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut unknown: Vec<String> = Vec::new();
    let mut copied = 0;
    scan(text, |part| {
        let Part::String(range) = part else { return };
        let Some((op, at)) = operator(&text[..range.start]) else { return };
        let quoted = &text[range.clone()];
        let quote = quoted.chars().next().unwrap_or('"');
        let inside = quoted.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or_default();
        let pieces = pieces(inside);
        if !pieces.iter().any(|p| matches!(p, Piece::Variable { .. })) {
            return;
        }
        let mut widened = false;
        for piece in &pieces {
            if let Piece::Variable { name, .. } = *piece
                && labels.get(name).is_none()
            {
                widened = op == Op::Equal;
                if !unknown.iter().any(|n| n == name) {
                    unknown.push(name.to_owned());
                }
            }
        }
        if widened {
            out += &text[copied..at];
            out += "=~\".*\"";
        } else {
            out += &text[copied..range.start];
            out.push('"');
            for piece in &pieces {
                out += &written(piece, op, quote, labels);
            }
            out.push('"');
        }
        copied = range.end;
    });
    out += &text[copied..];
    (out, unknown)
}

/// A part of a string.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Variable { name: &'t str, raw: &'t str },
}

/// `$name` and `${name}`; `$1`, and `$` before anything else, are text.
fn pieces(inside: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = inside;
    let mut from = 0;
    while let Some(at) = rest[from..].find('$').map(|i| from + i) {
        let after = &rest[at + 1..];
        let open = usize::from(after.starts_with('{'));
        let name = &after[open..];
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let closed = open == 0 || name[length..].starts_with('}');
        if !named || !closed {
            from = at + 1;
            continue;
        }
        let end = at + 1 + open + length + open;
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(Piece::Variable { name: &name[..length], raw: &rest[at..end] });
        rest = &rest[end..];
        from = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// A piece as it stands in a string with double quotes.
fn written<'p>(piece: &Piece<'p>, op: Op, quote: char, labels: &Labels) -> Cow<'p, str> {
    let text = match *piece {
        Piece::Text(text) => text,
        Piece::Variable { name, raw } => match (labels.get(name), op) {
            (Some(value), Op::Regex | Op::NotRegex) => return Cow::Owned(escaped(&regex::escape(value))),
            (Some(value), _) => return Cow::Owned(escaped(value)),
            (None, Op::Regex) => return Cow::Borrowed(".*"),
            // What no label is called excludes nothing.
            (None, _) => raw,
        },
    };
    match quote {
        '`' => Cow::Owned(escaped(text)),
        '\'' => Cow::Owned(text.replace("\\'", "'").replace('"', "\\\"")),
        _ => Cow::Borrowed(text),
    }
}

/// `text` inside double quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        Labels::from_pairs([("instance", "10.0.0.1:9090"), ("topic", "a\"b\\c"), ("pod", "x-1")])
    }

    #[track_caller]
    fn check(text: &str, wanted: &str, missing: &[&str]) {
        let (filled, unknown) = fill(text, &labels());
        assert_eq!(filled, wanted);
        assert_eq!(unknown, missing);
        let query = Query::parse(&filled);
        assert!(query.is_ok(), "{filled}: {query:?}");
    }

    #[test]
    fn a_known_label_takes_its_place_literally() {
        check(r#"up{instance="$instance"}"#, r#"up{instance="10.0.0.1:9090"}"#, &[]);
        check(r#"x{a=~"${pod}|b"}"#, r#"x{a=~"x\\-1|b"}"#, &[]);
        check(r#"x{a = '$topic', b!="$pod"}"#, r#"x{a = "a\"b\\c", b!="x-1"}"#, &[]);
        check(r"x{a=~`^$instance\d`}", r#"x{a=~"^10\\.0\\.0\\.1:9090\\d"}"#, &[]);
    }

    #[test]
    fn an_unknown_label_widens_its_matcher_and_is_told() {
        check(r#"x{a="$nope", b="1"}"#, r#"x{a=~".*", b="1"}"#, &["nope"]);
        check(r#"x{a=~"$nope-$pod|$nope"}"#, r#"x{a=~".*-x\\-1|.*"}"#, &["nope"]);
        check(r#"x{a!="$nope", b!~"$not"}"#, r#"x{a!="$nope", b!~"$not"}"#, &["nope", "not"]);
    }

    #[test]
    fn comments_other_strings_and_other_dollars_stay() {
        for text in [
            "# for $instance\nup",
            r#"label_replace(up, "a", "$1", "b", "(.*)$")"#,
            r#"label_replace(up, "a", "$pod", "b", "x")"#,
            r#"x{a=~"b$"}"#,
            r#"x{a="b$|${c"}"#,
        ] {
            check(text, text, &[]);
        }
    }
}
