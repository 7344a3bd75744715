//! The tokens of a query with their places. Uses `error`.
//!
//! What is a token where follows Prometheus' scanner: braces and brackets have rules of their own, `inf` and `nan` are
//! numbers outside of both, keywords are words that only the parser tells from names.

mod number;
mod text;

use super::error::{Error, Span};

pub(super) use number::{MAX_DURATION, UNITS, parse_duration, seconds};
pub(super) use text::quote;

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

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// `=`, `!=`, `=~` or `!~`.
    pub(super) fn is_match_op(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text, "=" | "!=" | "=~" | "!~")
    }
}

/// Cuts `text` into tokens; white space and comments go.
///
/// # Errors
/// A character that starts no token, a string without end, an escape, a number or a duration that cannot be read.
pub(super) fn lex(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let mut lexer = Lexer { text, at: 0, inside: Inside::Nothing, tokens: Vec::with_capacity(text.len() / 4) };
    while let Some(c) = lexer.skip_blanks() {
        lexer.token(c)?;
    }
    Ok(lexer.tokens)
}

/// What the scanner is in the middle of, as far as its rules depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// `[`, nothing that counts yet.
    Brackets,
    /// `[` and a number or duration.
    Range,
    Braces,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    inside: Inside,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) -> Option<char> {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
            self.at = self.text.len() - rest.len();
            // Prometheus takes no comment between `[` and what follows it.
            if !rest.starts_with('#') || self.inside == Inside::Brackets {
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
        let second = self.rest().chars().nth(1);
        match c {
            '"' | '\'' | '`' => return self.string(c),
            '0'..='9' => return self.number(),
            '.' if second.is_some_and(|d| d.is_ascii_digit()) => return self.number(),
            ':' if self.in_brackets() => self.push(Kind::Sign, 1),
            ':' if self.inside == Inside::Braces => return Err(self.unexpected(c)),
            'a'..='z' | 'A'..='Z' | '_' | ':' => self.word(),
            '=' | '!' | '<' | '>' => return self.comparison(c),
            '+' | '-' | '*' | '/' | '%' | '^' | ',' | '@' | '(' | ')' | '[' | ']' | '{' | '}' => {
                self.inside = match c {
                    '[' => Inside::Brackets,
                    '{' => Inside::Braces,
                    ']' | '}' => Inside::Nothing,
                    _ => self.inside,
                };
                self.push(Kind::Sign, 1);
            }
            _ => return Err(self.unexpected(c)),
        }
        Ok(())
    }

    fn in_brackets(&self) -> bool {
        matches!(self.inside, Inside::Brackets | Inside::Range)
    }

    fn word(&mut self) {
        let rest = self.rest();
        let free = self.inside == Inside::Nothing;
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || (c == ':' && free)));
        let len = len.unwrap_or(rest.len());
        let kind = match &rest[..len] {
            word if free && word.eq_ignore_ascii_case("inf") => Kind::Number(f64::INFINITY),
            word if free && word.eq_ignore_ascii_case("nan") => Kind::Number(f64::NAN),
            _ => Kind::Word,
        };
        self.push(kind, len);
    }

    fn comparison(&mut self, c: char) -> Result<(), Error> {
        let rest = self.rest();
        let pairs = ["==", "=~", "!=", "!~", "<=", ">=", "</", ">/"];
        let pair = pairs.iter().any(|p| rest.starts_with(p));
        if c == '!' && !pair {
            return Err(self.unexpected(c));
        }
        self.push(Kind::Sign, if pair { 2 } else { 1 });
        Ok(())
    }

    fn unexpected(&self, c: char) -> Error {
        Error::syntax(format!("unexpected character {c:?}"), Span::new(self.at, self.at + c.len_utf8()))
    }

    fn number(&mut self) -> Result<(), Error> {
        let (len, read) = number::scan(self.rest());
        let kind = read.map_err(|why| Error::syntax(why, Span::new(self.at, self.at + len)))?;
        if self.in_brackets() {
            self.inside = Inside::Range;
        }
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
            let bytes = text::unquote(body, quote).map_err(|why| Error::syntax(why, span))?;
            String::from_utf8(bytes).map_err(|_| {
                let what = if self.inside == Inside::Braces { "value" } else { "name" };
                Error::syntax(format!("invalid label {what} {}: not UTF-8", &rest[..len]), span)
            })?
        };
        self.push(Kind::Text(text), len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        lex(text).expect("lexes").into_iter().map(|t| t.kind).collect()
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
    fn infinity_and_nan_are_words_where_labels_and_durations_stand() {
        assert_eq!(kinds("iNf"), [Kind::Number(f64::INFINITY)]);
        assert_eq!(kinds("{inf")[1], Kind::Word);
        assert_eq!(kinds("x[Inf")[2], Kind::Word);
    }

    #[test]
    fn a_comment_ends_with_its_line_and_stands_nowhere_right_behind_a_bracket() {
        assert_eq!(kinds("x # [\n + # )\r y").len(), 3);
        assert_eq!(kinds("x[5m # five\n]").len(), 4);
        assert_eq!(lex("x[ # five\n5m]").expect_err("as Prometheus").place(), Some(3..4));
    }

    #[test]
    fn what_starts_no_token_is_named_with_its_place() {
        for (text, place) in [
            ("a $ b", 2..3),
            ("a ! b", 2..3),
            ("\"abc", 0..4),
            ("x[5q]", 2..4),
            ("ä", 0..2),
            ("{a:b}", 2..3),
            ("a\u{c}b", 1..2),
            ("\"a\nb\"", 0..2),
        ] {
            assert_eq!(lex(text).expect_err(text).place(), Some(place), "{text}");
        }
    }
}
