//! The tokens of a query with their places, and the text of it in a form that promql-parser reads as Prometheus would.
//! Uses `error`.
//!
//! promql-parser gives no positions, takes `99999999999s` for zero seconds, panics on `offset Inf` and reads `"\xff"`
//! as a character instead of a byte. So literals are read here, and handed on in a spelling that it reads right.

use std::fmt::Write;

use super::error::{Error, Span};

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A number, `Inf` and `NaN` included.
    Number(f64),
    /// A duration such as `1h30m`, in ms.
    Duration(i64),
    /// A quoted string, unquoted.
    Text(String),
    /// An operator or a bracket.
    Sign,
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As it stands in the query.
    pub(super) text: &'a str,
    pub(super) span: Span,
}

impl Token<'_> {
    pub(super) fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// Cuts `text` into tokens; white space and comments go.
///
/// # Errors
/// A character that starts no token, a string without end, an escape, a number or a duration that cannot be read.
pub(super) fn lex(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let mut lexer = Lexer { text, at: 0, in_brackets: false, in_braces: false, tokens: Vec::new() };
    while let Some(c) = lexer.skip_blanks() {
        lexer.token(c)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    in_brackets: bool,
    in_braces: bool,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) -> Option<char> {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return rest.chars().next();
            }
            self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
        }
    }

    fn push(&mut self, kind: Kind, len: usize) {
        let text = &self.rest()[..len];
        self.tokens.push(Token { kind, text, span: Span::new(self.at, self.at + len) });
        self.at += len;
    }

    fn token(&mut self, c: char) -> Result<(), Error> {
        let rest = self.rest();
        let second = rest.chars().nth(1);
        match c {
            '"' | '\'' | '`' => return self.string(c),
            '0'..='9' => return self.number(),
            '.' if second.is_some_and(|d| d.is_ascii_digit()) => return self.number(),
            ':' if self.in_brackets => self.push(Kind::Sign, 1),
            ':' if self.in_braces => return Err(self.unexpected(c)),
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || (c == ':' && !self.in_braces));
                let len = rest.find(end).unwrap_or(rest.len());
                let kind = match rest[..len].to_ascii_lowercase().as_str() {
                    "inf" if !self.in_braces => Kind::Number(f64::INFINITY),
                    "nan" if !self.in_braces => Kind::Number(f64::NAN),
                    _ => Kind::Word,
                };
                self.push(kind, len);
            }
            '=' | '!' | '<' | '>' => {
                let pair = ["==", "=~", "!=", "!~", "<=", ">="].iter().any(|p| rest.starts_with(p));
                if c == '!' && !pair {
                    return Err(self.unexpected(c));
                }
                self.push(Kind::Sign, if pair { 2 } else { 1 });
            }
            '+' | '-' | '*' | '/' | '%' | '^' | ',' | '@' | '(' | ')' | '[' | ']' | '{' | '}' => {
                match c {
                    '[' => self.in_brackets = true,
                    ']' => self.in_brackets = false,
                    '{' => self.in_braces = true,
                    '}' => self.in_braces = false,
                    _ => {}
                }
                self.push(Kind::Sign, 1);
            }
            _ => return Err(self.unexpected(c)),
        }
        Ok(())
    }

    fn unexpected(&self, c: char) -> Error {
        Error::syntax(format!("unexpected character {c:?}"), Span::new(self.at, self.at + c.len_utf8()))
    }

    fn number(&mut self) -> Result<(), Error> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut len = 0;
        while let Some(&b) = bytes.get(len) {
            let exponent = len > 0
                && matches!(b, b'+' | b'-')
                && matches!(bytes[len - 1], b'e' | b'E')
                && !rest.starts_with("0x")
                && !rest.starts_with("0X");
            if !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_') || exponent) {
                break;
            }
            len += 1;
        }
        let word = &rest[..len];
        let span = Span::new(self.at, self.at + len);
        let kind = if let Some(number) = parse_number(word) {
            Kind::Number(number)
        } else {
            Kind::Duration(parse_duration(word).map_err(|why| Error::syntax(why, span))?)
        };
        self.push(kind, len);
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<(), Error> {
        let rest = self.rest();
        let mut chars = rest.char_indices().skip(1);
        let len = loop {
            match chars.next() {
                Some((i, c)) if c == quote => break i + 1,
                Some((_, '\\')) if quote != '`' => {
                    chars.next();
                }
                Some((i, '\n')) if quote != '`' => {
                    return Err(Error::syntax("string has no end on its line", Span::new(self.at, self.at + i)));
                }
                Some(_) => {}
                None => {
                    return Err(Error::syntax("string has no end", Span::new(self.at, self.text.len())));
                }
            }
        };
        let body = &rest[1..len - 1];
        let span = Span::new(self.at, self.at + len);
        let text = if quote == '`' {
            body.to_owned()
        } else {
            let bytes = unquote(body, quote).map_err(|why| Error::syntax(why, span))?;
            String::from_utf8(bytes).map_err(|_| {
                let what = if self.in_braces { "value" } else { "name" };
                Error::syntax(format!("invalid label {what} {}: not UTF-8", &rest[..len]), span)
            })?
        };
        self.push(Kind::Text(text), len);
        Ok(())
    }
}

/// A number as Go's `strconv` reads it with base 0, which is what Prometheus does: hexadecimal, octal with a leading 0,
/// else decimal.
pub(super) fn parse_number(word: &str) -> Option<f64> {
    let lower = word.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with(['+', '-'])).map(|n| n as f64);
    }
    let octal = lower.strip_prefix("0o").or_else(|| lower.strip_prefix('0'));
    if let Some(octal) = octal.filter(|o| !o.is_empty() && o.bytes().all(|b| (b'0'..=b'7').contains(&b))) {
        return i64::from_str_radix(octal, 8).ok().map(|n| n as f64);
    }
    // Rust would take "inf", "nan" and "infinity" too; those are words here.
    let decimal = lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
    decimal.then(|| lower.parse().ok()).flatten()
}

/// A duration such as `1h30m` in ms: units from large to small, each once.
///
/// # Errors
/// In words, where it is none or does not fit into 64 bits of nanoseconds, as Prometheus' own must.
pub(super) fn parse_duration(word: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut units = UNITS.iter();
    let mut rest = word;
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (count, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let Some(&(_, ms)) = units.find(|(name, _)| *name == unit).filter(|_| !count.is_empty()) else {
            return Err(format!("bad number or duration {word:?}"));
        };
        sum = count
            .parse::<i64>()
            .ok()
            .and_then(|n| n.checked_mul(ms))
            .and_then(|part| sum.checked_add(part))
            .filter(|&ms| ms <= MAX_DURATION)
            .ok_or_else(|| format!("duration {word:?} is too long, at most 292 years fit"))?;
        rest = tail;
    }
    Ok(sum)
}

/// Prometheus keeps durations as 64 bits of nanoseconds.
pub(super) const MAX_DURATION: i64 = i64::MAX / 1_000_000;

/// The bytes that a quoted string's body stands for, by Go's rules.
fn unquote(body: &str, quote: char) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let c = after.chars().next().ok_or("escape at the end of a string")?;
        rest = &after[c.len_utf8()..];
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0'..='7' => 3,
            _ => 0,
        };
        if digits == 0 {
            out.push(match c {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0b,
                '\\' => b'\\',
                c if c == quote => c as u8,
                c => return Err(format!("unknown escape \\{c} in a string")),
            });
            continue;
        }
        let (source, radix) = if c.is_ascii_digit() { (after, 8) } else { (rest, 16) };
        let code = source
            .get(..digits)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, radix).ok())
            .ok_or_else(|| format!("escape \\{c} needs {digits} digits"))?;
        rest = &source[digits..];
        if digits < 4 {
            out.push(u8::try_from(code).map_err(|_| format!("escape \\{c} is above 255"))?);
        } else {
            let c = char::from_u32(code).ok_or_else(|| format!("escape \\{c} is no character"))?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// The query in the spelling in which promql-parser reads every literal as Prometheus does.
pub(super) fn canonical(tokens: &[Token<'_>]) -> String {
    let mut out = String::with_capacity(tokens.len() * 8);
    for token in tokens {
        // Writing into a String cannot fail.
        let written = match &token.kind {
            Kind::Number(n) if n.is_nan() => out.write_str("NaN"),
            Kind::Number(n) if n.is_infinite() => out.write_str("Inf"),
            // Debug always has a point or an exponent, so nothing looks octal.
            Kind::Number(n) => write!(out, "{n:?}"),
            Kind::Duration(ms) => write!(out, "{:?}", *ms as f64 / 1e3),
            Kind::Text(text) => quote(&mut out, text),
            Kind::Word | Kind::Sign => out.write_str(token.text),
        };
        debug_assert!(written.is_ok());
        out.push(' ');
    }
    out
}

fn quote(out: &mut String, text: &str) -> std::fmt::Result {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        lex(text).expect("lexes").into_iter().map(|t| t.kind).collect()
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (word, number) in
            [("0x1F", 31.0), ("017", 15.0), ("089", 89.0), ("1e3", 1e3), (".5", 0.5), ("2.", 2.0), ("0e5", 0.0)]
        {
            assert_eq!(parse_number(word), Some(number), "{word}");
        }
        assert_eq!(parse_number("5m"), None);
        assert_eq!(kinds("12.34e-6"), [Kind::Number(12.34e-6)]);
    }

    #[test]
    fn durations_go_from_large_to_small_and_must_fit() {
        assert_eq!(parse_duration("1h30m"), Ok(5_400_000));
        assert_eq!(parse_duration("1y2w3d4h5m6s7ms"), Ok(31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_706_007));
        assert!(parse_duration("1m1h").is_err_and(|e| e.contains("bad")));
        assert!(parse_duration("99999999999y").is_err_and(|e| e.contains("too long")));
        assert!(parse_duration("99999999999999999999s").is_err_and(|e| e.contains("too long")));
    }

    #[test]
    fn escapes_are_bytes_and_must_make_utf8() {
        assert_eq!(kinds(r#""a\n\x41\u00e9\101\xc3\xa9""#), [Kind::Text("a\nAéAé".into())]);
        assert_eq!(kinds("'it\\'s'"), [Kind::Text("it's".into())]);
        assert_eq!(kinds("`a\\n`"), [Kind::Text("a\\n".into())]);
        let e = lex(r#"count_values("a\xc5z", x)"#).expect_err("not UTF-8");
        assert_eq!(e.to_string(), r#"invalid label name "a\xc5z": not UTF-8"#);
        assert_eq!(e.place(), Some(13..21));
    }

    #[test]
    fn a_colon_separates_in_brackets_and_belongs_to_names_elsewhere() {
        let words: Vec<_> = lex("job:x:sum[5m:1m] # end").expect("lexes").iter().map(|t| t.text).collect();
        assert_eq!(words, ["job:x:sum", "[", "5m", ":", "1m", "]"]);
    }

    #[test]
    fn what_starts_no_token_is_named_with_its_place() {
        for (text, place) in
            [("a $ b", 2..3), ("a ! b", 2..3), ("\"abc", 0..4), ("x[5q]", 2..4), ("ä", 0..2), ("{a:b}", 2..3)]
        {
            assert_eq!(lex(text).expect_err(text).place(), Some(place), "{text}");
        }
    }
}
