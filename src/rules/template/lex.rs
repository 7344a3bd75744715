//! Texts and the tokens inside `{{ }}`, each with its place. Uses nothing of the crate.

use std::ops::Range;

use super::Fault;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Between actions, white space already trimmed where an action said so.
    Text(String),
    /// `{{`
    Open,
    /// `}}`
    Close,
    Word(String),
    /// `.name`, without the dot.
    Field(String),
    Dot,
    /// With its `$`.
    Variable(String),
    Str(String),
    Int(i64),
    Float(f64),
    /// One of `| ( ) = := ,`
    Sign(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Range<usize>,
    /// Whether white space stands before it.
    pub(super) spaced: bool,
}

/// White space as templates see it.
fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

pub(super) fn lex(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    let mut trim = false;
    loop {
        let rest = &text[lexer.at..];
        let Some(found) = rest.find("{{") else {
            lexer.text_token(rest.len(), trim, false);
            return Ok(lexer.tokens);
        };
        let inside = &rest[found + 2..];
        let trims = inside.starts_with('-') && inside[1..].starts_with(blank);
        lexer.text_token(found, trim, trims);
        let open = lexer.at;
        lexer.at += 2 + if trims { 2 } else { 0 };
        let comment = text[lexer.at..].trim_start_matches(blank);
        trim = if comment.starts_with("/*") && (trims || text[lexer.at..].starts_with("/*")) {
            lexer.at = text.len() - comment.len();
            lexer.comment(open)?
        } else {
            lexer.push(Kind::Open, open..open + 2, false);
            lexer.action(open)?
        };
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, place: Range<usize>, spaced: bool) {
        self.tokens.push(Token { kind, place, spaced });
    }

    fn text_token(&mut self, len: usize, trim_start: bool, trim_end: bool) {
        let mut text = &self.text[self.at..self.at + len];
        if trim_start {
            text = text.trim_start_matches(blank);
        }
        if trim_end {
            text = text.trim_end_matches(blank);
        }
        let text = text.to_owned();
        if !text.is_empty() {
            self.push(Kind::Text(text), self.at..self.at + len, false);
        }
        self.at += len;
    }

    /// Skips a comment and the end of its action; whether that trims what follows.
    fn comment(&mut self, open: usize) -> Result<bool, Fault> {
        let end = self.rest().find("*/").ok_or_else(|| Fault::new("unclosed comment", open..open + 2))?;
        self.at += end + 2;
        self.close().ok_or_else(|| Fault::new("comment ends before closing delimiter", open..self.at))
    }

    /// Skips `}}` or ` -}}` if that is what comes; whether it trims.
    fn close(&mut self) -> Option<bool> {
        let rest = self.rest();
        let trims = rest.starts_with(blank) && rest[1..].starts_with("-}}");
        if !trims && !rest.starts_with("}}") {
            return None;
        }
        self.at += if trims { 4 } else { 2 };
        Some(trims)
    }

    /// The tokens up to and with `}}`; whether it trims what follows.
    fn action(&mut self, open: usize) -> Result<bool, Fault> {
        loop {
            let start = self.at;
            if let Some(trims) = self.close() {
                self.push(Kind::Close, start..self.at, false);
                return Ok(trims);
            }
            let blanks = self.rest().len() - self.rest().trim_start_matches(blank).len();
            // ` -}}` may stand after more than one blank.
            self.at += blanks.saturating_sub(1);
            let start = self.at;
            if let Some(trims) = self.close() {
                self.push(Kind::Close, start..self.at, false);
                return Ok(trims);
            }
            self.at += blanks.min(1);
            let start = self.at;
            if self.rest().starts_with("}}") {
                continue;
            }
            let Some(c) = self.rest().chars().next() else {
                return Err(Fault::new("unclosed action", open..open + 2));
            };
            let kind = self.token(c)?;
            self.push(kind, start..self.at, blanks > 0);
        }
    }

    fn token(&mut self, c: char) -> Result<Kind, Fault> {
        let start = self.at;
        let rest = self.rest();
        let digit_after = |sign: &str| rest[sign.len()..].starts_with(|d: char| d.is_ascii_digit());
        for sign in [":=", "=", "|", "(", ")", ","] {
            if rest.starts_with(sign) {
                self.at += sign.len();
                return Ok(Kind::Sign(sign));
            }
        }
        match c {
            '"' | '\'' => self.quoted(c),
            '`' => {
                let end = rest[1..]
                    .find('`')
                    .ok_or_else(|| Fault::new("unterminated raw quoted string", start..start + 1))?;
                let raw = rest[1..=end].replace('\r', "");
                self.at += end + 2;
                Ok(Kind::Str(raw))
            }
            '$' => Ok(Kind::Variable(format!("${}", self.name(1)))),
            '.' if !digit_after(".") => {
                let name = self.name(1);
                Ok(if name.is_empty() { Kind::Dot } else { Kind::Field(name) })
            }
            '0'..='9' | '.' | '+' | '-' => self.number(),
            c if c == '_' || c.is_alphabetic() => Ok(Kind::Word(self.name(0))),
            c => Err(Fault::new(format!("unexpected character {c:?} in an action"), start..start + c.len_utf8())),
        }
    }

    /// The name that begins after `skip` bytes.
    fn name(&mut self, skip: usize) -> String {
        let rest = &self.rest()[skip..];
        let name: String = rest.chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect();
        self.at += skip + name.len();
        name
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        let mut before = ' ';
        let word: String = self
            .rest()
            .chars()
            .take_while(|&c| {
                let exponent = matches!(before, 'e' | 'E' | 'p' | 'P' | ' ') && matches!(c, '+' | '-');
                before = c;
                c == '_' || c == '.' || c.is_alphanumeric() || exponent
            })
            .collect();
        self.at += word.len();
        let bad = || Fault::new(format!("bad number syntax: {word:?}"), start..start + word.len());
        let (negative, digits) = match word.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, word.strip_prefix('+').unwrap_or(&word)),
        };
        let plain = digits.replace('_', "");
        let lower = plain.to_ascii_lowercase();
        let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
        let whole = match lower.get(..2) {
            Some("0x") => radix(&lower[2..], 16),
            Some("0b") => radix(&lower[2..], 2),
            Some("0o") => radix(&lower[2..], 8),
            _ if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|b| b.is_ascii_digit()) => {
                radix(&lower[1..], 8)
            }
            _ => radix(&lower, 10),
        };
        if let Some(whole) = whole.filter(|_| !lower.starts_with(['+', '-'])) {
            let signed = if negative { -whole } else { whole };
            return i64::try_from(signed).map(Kind::Int).map_err(|_| Fault::new("integer overflow", start..self.at));
        }
        // Rust would read words such as `inf` too.
        if !lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') || lower.contains(['x', 'n', 'i']) {
            return Err(bad());
        }
        let float: f64 = lower.parse().map_err(|_| bad())?;
        if float.is_infinite() {
            return Err(bad());
        }
        Ok(Kind::Float(if negative { -float } else { float }))
    }

    /// A string, or a character, which is a number.
    fn quoted(&mut self, quote: char) -> Result<Kind, Fault> {
        let start = self.at;
        let what = if quote == '"' { "unterminated quoted string" } else { "unterminated character constant" };
        let unterminated = || Fault::new(what, start..start + 1);
        let mut out = Vec::new();
        let mut chars = self.text[start + 1..].char_indices();
        loop {
            let Some((i, c)) = chars.next() else { return Err(unterminated()) };
            match c {
                '\n' => return Err(unterminated()),
                c if c == quote => {
                    self.at = start + 1 + i + 1;
                    break;
                }
                '\\' => {
                    let here = start + 1 + i;
                    escape(&mut chars, quote, &mut out)
                        .ok_or_else(|| Fault::new("unknown escape sequence", here..here + 2))?;
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        let text = String::from_utf8_lossy(&out).into_owned();
        if quote == '"' {
            return Ok(Kind::Str(text));
        }
        let mut one = text.chars();
        match (one.next(), one.next()) {
            (Some(c), None) => Ok(Kind::Int(i64::from(u32::from(c)))),
            _ => Err(Fault::new("malformed character constant", start..self.at)),
        }
    }
}

/// One of Go's escape sequences, after its backslash.
fn escape(chars: &mut std::str::CharIndices<'_>, quote: char, out: &mut Vec<u8>) -> Option<()> {
    let (_, c) = chars.next()?;
    let mut digits = |n: usize, radix: u32, first: Option<char>| -> Option<u32> {
        let mut value = match first {
            Some(c) => c.to_digit(radix)?,
            None => 0,
        };
        for _ in usize::from(first.is_some())..n {
            value = value.checked_mul(radix)?.checked_add(chars.next()?.1.to_digit(radix)?)?;
        }
        Some(value)
    };
    match c {
        'a' => out.push(7),
        'b' => out.push(8),
        'f' => out.push(12),
        'n' => out.push(b'\n'),
        'r' => out.push(b'\r'),
        't' => out.push(b'\t'),
        'v' => out.push(11),
        '\\' => out.push(b'\\'),
        c if c == quote => out.push(c as u8),
        'x' => out.push(u8::try_from(digits(2, 16, None)?).ok()?),
        'u' | 'U' => {
            let value = digits(if c == 'u' { 4 } else { 8 }, 16, None)?;
            out.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut [0; 4]).as_bytes());
        }
        '0'..='7' => out.push(u8::try_from(digits(3, 8, Some(c))?).ok()?),
        _ => return None,
    }
    Some(())
}
