//! Queries for another job: the matchers of one label's value replaced where they stand in the text. Uses `lex`.

use super::lex::{self, Kind, Token, quote};

/// `text` with the job `to` in the place of `from`; `None` where no matcher names it, or the text is no query.
pub(super) fn job(text: &str, from: &str, to: &str) -> Option<String> {
    let tokens = lex::lex(text).ok()?;
    let mut out = String::with_capacity(text.len() + to.len());
    let mut copied = 0;
    let mut in_braces = false;
    for (i, token) in tokens.iter().enumerate() {
        in_braces = (in_braces || token.is("{")) && !token.is("}");
        let Some([op, value]) = tokens.get(i + 1..i + 3) else { continue };
        if !in_braces || !names_job(token) || !op.is_match_op() {
            continue;
        }
        let Kind::Text(written) = &value.kind else { continue };
        let renamed = if matches!(op.text, "=~" | "!~") {
            alternatives(written, from, to)
        } else {
            (written == from).then(|| to.to_owned())
        };
        if let Some(renamed) = renamed {
            out.push_str(&text[copied..value.span.start as usize]);
            out.push_str(&quote(&renamed));
            copied = value.span.end as usize;
        }
    }
    out.push_str(&text[copied..]);
    (copied > 0).then_some(out)
}

fn names_job(token: &Token<'_>) -> bool {
    match &token.kind {
        Kind::Word => token.text == "job",
        Kind::Text(name) => name == "job",
        _ => false,
    }
}

/// The pattern with `to` in the place of each alternative that is `from`, the pattern itself or those of a group around
/// all of it; `None` where there is none.
fn alternatives(pattern: &str, from: &str, to: &str) -> Option<String> {
    let branches = split(pattern)?;
    if let [alone] = branches.as_slice()
        && let Some((open, inner)) = group(alone)
    {
        return alternatives(inner, from, to).map(|inner| format!("{open}{inner})"));
    }
    let is_from = |branch: &&str| literal(branch).is_some_and(|text| text == from) || **branch == *from;
    branches.iter().any(&is_from).then(|| {
        let escaped = escape(to);
        let renamed = branches.iter().map(|b| if is_from(b) { escaped.as_str() } else { b });
        renamed.collect::<Vec<_>>().join("|")
    })
}

/// What a pattern's `|` outside of groups and classes separate; `None` where brackets do not pair.
fn split(pattern: &str) -> Option<Vec<&str>> {
    let mut branches = Vec::new();
    let (mut start, mut depth, mut in_class) = (0, 0_usize, false);
    let mut chars = pattern.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            ']' => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '|' if depth == 0 => {
                branches.push(&pattern[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    branches.push(&pattern[start..]);
    (depth == 0 && !in_class).then_some(branches)
}

/// The opening and the inside of a group that is all of `branch`.
fn group(branch: &str) -> Option<(&'static str, &str)> {
    let (open, inner) = ["(?:", "("].into_iter().find_map(|open| Some((open, branch.strip_prefix(open)?)))?;
    let inner = inner.strip_suffix(')').filter(|inner| !inner.starts_with('?') && !inner.ends_with('\\'))?;
    // Of `(a)|(b)` the inside would not pair.
    split(inner).map(|_| (open, inner))
}

const SPECIAL: &str = "\\.+*?()|[]{}^$";

/// The text that a pattern matches which has nothing special in it but escaped characters.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(char::is_ascii_punctuation)?),
            c if SPECIAL.contains(c) => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// The pattern that matches `text` alone.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if SPECIAL.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_renamed_where_a_matcher_names_it_and_nowhere_else() {
        for (text, want) in [
            (r#"up{job="a"}"#, Some(r#"up{job="x.y"}"#)),
            ("up{ job != 'a' } # job=\"a\"", Some("up{ job != \"x.y\" } # job=\"a\"")),
            (r#"up{"job"="a",z="a"} / a{job=`a`}"#, Some(r#"up{"job"="x.y",z="a"} / a{job="x.y"}"#)),
            (r#"up{job=~"a"}"#, Some(r#"up{job=~"x\\.y"}"#)),
            (r#"up{job!~"b|a|c.*"}"#, Some(r#"up{job!~"b|x\\.y|c.*"}"#)),
            (r#"up{job=~"(?:b|a)"}"#, Some(r#"up{job=~"(?:b|x\\.y)"}"#)),
            (r#"up{job=~"((a))"}"#, Some(r#"up{job=~"((x\\.y))"}"#)),
            (r#"up{job="b"}"#, None),
            (r#"up{job=~"a.*|b"}"#, None),
            (r#"up{job=~"a+"}"#, None),
            (r#"up{job=~"[a|b]"}"#, None),
            (r#"up{job=~"(a)|(b)"}"#, None),
            (r#"up{jobs="a"}"#, None),
            (r#"label_replace(up, "job", "a", "", "")"#, None),
            ("sum by (job) (a)", None),
        ] {
            assert_eq!(job(text, "a", "x.y").as_deref(), want, "{text}");
        }
    }

    #[test]
    fn special_characters_of_a_job_are_compared_and_written_escaped() {
        assert_eq!(job(r#"a{job=~"s\\.h|b"}"#, "s.h", "a+b").as_deref(), Some(r#"a{job=~"a\\+b|b"}"#));
        assert_eq!(job(r#"a{job=~"s.h"}"#, "s.h", "t").as_deref(), Some(r#"a{job=~"t"}"#));
        assert_eq!(job(r#"a{job="q\""}"#, "q\"", "\\").as_deref(), Some(r#"a{job="\\"}"#));
    }
}
