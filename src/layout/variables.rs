//! `$name` in queries: where variables stand, and putting their values in.

use std::ops::Range;

/// What is chosen of a variable's values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// All of them, those that are still to come too.
    #[default]
    All,
    /// These. None at all restricts nothing, as [`Selection::All`].
    Values(Vec<String>),
}

/// `expr` with each `$name` and `${name}` of `selections` inside the string of a `=~` or `!~` matcher replaced by a
/// regular expression: `.*` for all values, else the values themselves, escaped so that they match literally. Everything
/// else stays as it is.
pub fn interpolate<N: AsRef<str>>(expr: &str, selections: &[(N, Selection)]) -> String {
    let mut text = String::with_capacity(expr.len());
    let mut copied = 0;
    for place in places(expr) {
        let Site::Regex { quote, alone } = place.site else { continue };
        let Some((_, selection)) = selections.iter().find(|(name, _)| name.as_ref() == place.name) else { continue };
        text += &expr[copied..place.range.start];
        text += &alternatives(selection, quote, alone);
        copied = place.range.end;
    }
    text + &expr[copied..]
}

/// One mention of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'e> {
    /// Without `$` and braces.
    pub(super) name: &'e str,
    /// Bytes of the expression, `$` included.
    pub(super) range: Range<usize>,
    pub(super) site: Site,
}

/// What a variable stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// The string of a regex matcher, in these quotes; `alone` where the string is nothing else.
    Regex { quote: char, alone: bool },
    /// Any other string.
    Text,
    /// Not in a string.
    Outside,
}

/// Every `$name` and `${name}` of `expr`, comments left out. `$1` and a `$` at the end of a pattern are none.
pub(super) fn places(expr: &str) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = expr[at..].chars().next() {
        at = match c {
            '#' => expr[at..].find('\n').map_or(expr.len(), |i| at + i),
            '"' | '\'' | '`' => {
                let end = closing(expr, at + 1, c);
                let before = expr[..at].trim_end();
                let regex = before.ends_with("=~") || before.ends_with("!~");
                mentions(expr, at + 1..end, |range, name| {
                    let alone = range == (at + 1..end);
                    let site = if regex { Site::Regex { quote: c, alone } } else { Site::Text };
                    found.push(Place { name, range, site });
                });
                (end + 1).min(expr.len())
            }
            '$' => {
                let end = end_of_mention(expr, at);
                mentions(expr, at..end, |range, name| found.push(Place { name, range, site: Site::Outside }));
                end
            }
            _ => at + c.len_utf8(),
        };
    }
    found
}

/// The index of the quote that ends the string whose text starts at `start`; the end where there is none.
fn closing(expr: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in expr[start..].char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != '`' {
            escaped = true;
        } else if c == quote {
            return start + i;
        }
    }
    expr.len()
}

fn mentions<'e>(expr: &'e str, within: Range<usize>, mut visit: impl FnMut(Range<usize>, &'e str)) {
    let mut at = within.start;
    while let Some(i) = expr[at..within.end].find('$') {
        let start = at + i;
        let end = end_of_mention(expr, start).min(within.end);
        let name = expr[start + 1..end].trim_start_matches('{').trim_end_matches('}');
        if end > start + 1 {
            visit(start..end, name);
        }
        at = end.max(start + 1);
    }
}

/// The end of `$name` or `${name}` that starts at `start`, or of the `$` where it is neither.
fn end_of_mention(expr: &str, start: usize) -> usize {
    let rest = &expr[start + 1..];
    let (open, name) = rest.strip_prefix('{').map_or((0, rest), |name| (1, name));
    let starts_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let len = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    match (starts_name, open, name[len..].starts_with('}')) {
        (true, 0, _) => start + 1 + len,
        (true, _, true) => start + 1 + open + len + 1,
        _ => start + 1,
    }
}

fn alternatives(selection: &Selection, quote: char, alone: bool) -> String {
    let values = match selection {
        Selection::All => return ".*".to_owned(),
        Selection::Values(values) if values.is_empty() => return ".*".to_owned(),
        Selection::Values(values) => values,
    };
    let escaped: Vec<String> = values.iter().map(|v| quoted(&regex::escape(v), quote)).collect();
    if alone || escaped.len() == 1 { escaped.join("|") } else { format!("(?:{})", escaped.join("|")) }
}

/// `pattern` as it is written between these quotes.
fn quoted(pattern: &str, quote: char) -> String {
    let mut text = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        match c {
            // A raw string knows no escapes, but the regular expression in it does.
            '`' if quote == '`' => text += r"\x60",
            _ if quote == '`' => text.push(c),
            '\n' => text += r"\n",
            '\r' => text += r"\r",
            '\\' => text += r"\\",
            _ if c == quote => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::promql::Query;

    use super::*;

    fn values(values: &[&str]) -> Selection {
        Selection::Values(values.iter().map(|&v| v.to_owned()).collect())
    }

    #[test]
    fn selections_become_regular_expressions() {
        let table: &[(&str, Selection, &str)] = &[
            (r#"up{instance=~"$agent"}"#, Selection::All, r#"up{instance=~".*"}"#),
            (r#"up{instance=~"${agent}"}"#, Selection::All, r#"up{instance=~".*"}"#),
            (r#"up{instance=~"$agent"}"#, values(&[]), r#"up{instance=~".*"}"#),
            (r#"up{instance=~"$agent"}"#, values(&["a:9090"]), r#"up{instance=~"a:9090"}"#),
            (r#"up{instance=~"$agent"}"#, values(&["a", "b"]), r#"up{instance=~"a|b"}"#),
            (r#"up{instance!~ "$agent"}"#, values(&["a", "b"]), r#"up{instance!~ "a|b"}"#),
            (r#"up{pod=~"x-$agent.*"}"#, values(&["a", "b"]), r#"up{pod=~"x-(?:a|b).*"}"#),
            (r#"up{pod=~"x-${agent}y"}"#, values(&["a"]), r#"up{pod=~"x-ay"}"#),
            (r#"up{instance=~"$agent"}"#, values(&["10.0.0.1:80"]), r#"up{instance=~"10\\.0\\.0\\.1:80"}"#),
            (r#"up{instance=~"$agent"}"#, values(&["a\"b\\c\nd"]), r#"up{instance=~"a\"b\\\\c\nd"}"#),
            ("up{instance=~'$agent'}", values(&["it's \"x\""]), r#"up{instance=~'it\'s "x"'}"#),
            ("up{instance=~`$agent`}", values(&["a.b`c"]), r"up{instance=~`a\.b\x60c`}"),
            (r#"up{a="$agent"} + $agent"#, values(&["x"]), r#"up{a="$agent"} + $agent"#),
            (r#"up{a=~"$other$agent"}"#, values(&["x"]), r#"up{a=~"$otherx"}"#),
            (r#"label_replace(up,"a","$1","b","(.*)$")"#, values(&["x"]), r#"label_replace(up,"a","$1","b","(.*)$")"#),
        ];
        for (expr, selection, text) in table {
            assert_eq!(&interpolate(expr, &[("agent", selection.clone())]), text, "{expr}");
        }
    }

    #[test]
    fn an_escaped_value_matches_itself_and_nothing_else() {
        for value in ["a.b", "a|b", "(x)", "a\\d", "[", "^$", "a*b+c?", "{1}", "-", "#x y", "日本"] {
            let expr = interpolate(r#"up{a=~"$v"}"#, &[("v", values(&[value]))]);
            let query = Query::parse(&expr).unwrap_or_else(|e| panic!("{expr}: {e}"));
            let selectors = query.selectors();
            let pattern = selectors[0].iter().find(|m| m.name == "a").unwrap();
            assert!(pattern.matches(value), "{value}: {expr}");
            assert!(!pattern.matches("aXb") && !pattern.matches("a"), "{value}: {expr}");
        }
    }

    #[test]
    fn variables_are_found_where_they_stand() {
        let names = |expr| places(expr).into_iter().map(|p| (p.name.to_owned(), p.site)).collect::<Vec<_>>();
        let regex = |alone| Site::Regex { quote: '"', alone };
        assert_eq!(names(r#"a{x=~"$a"} # $b "#), [("a".to_owned(), regex(true))]);
        assert_eq!(names(r#"a{x="$a",y=~"z$b"}"#), [("a".to_owned(), Site::Text), ("b".to_owned(), regex(false))]);
        assert_eq!(names("topk($n, a)"), [("n".to_owned(), Site::Outside)]);
        assert_eq!(names(r#"a{x=~"\"$a"}"#), [("a".to_owned(), regex(false))]);
        assert_eq!(names(r#"a{x=~"$"} $"#), []);
        assert_eq!(names(r#"a{x=~"${a"}"#), []);
        assert_eq!(names(r#"a{x=~"$a"#), [("a".to_owned(), regex(true))]);
        assert_eq!(names(r#""é" + a{x=~"é$a"}"#), [("a".to_owned(), regex(false))]);
    }
}
