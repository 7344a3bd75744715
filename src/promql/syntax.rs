//! Text to syntax tree: what must be checked before promql-parser sees a text, and where its complaints belong.
//! Uses `aggregate`, `error` and `lex`.

use promql_parser::parser::{self, Expr};

use super::aggregate::Aggregator;
use super::error::{Error, Reason, Span};
use super::lex::{self, Kind, MAX_DURATION, Token};

/// Longest query text, bytes.
pub(super) const MAX_BYTES: usize = 16 * 1024;
/// Deepest nesting of brackets. Dropping and walking a tree recurses, and must fit the stack of any thread.
pub(super) const MAX_NESTING: usize = 100;
/// Most operators in one query: a chain of them is as deep a tree as it is long.
pub(super) const MAX_OPERATORS: usize = 400;

/// Parses `text` into promql-parser's tree, with the tokens it was made of.
///
/// # Errors
/// Whatever is not PromQL as Prometheus 3 accepts it, as far as the form goes; types are checked when the tree is lowered.
pub(super) fn parse(text: &str) -> Result<(Expr, Vec<Token<'_>>), Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(Reason::TooLong { bytes: text.len(), limit: MAX_BYTES }));
    }
    let tokens = lex::lex(text)?;
    if tokens.is_empty() {
        return Err(Error::syntax("query is empty", Span::new(0, text.len())));
    }
    guard(&tokens)?;
    match parser::parse(&lex::canonical(&tokens)) {
        Ok(expr) => Ok((expr, tokens)),
        Err(complaint) => Err(locate(&tokens, &complaint)),
    }
}

/// Refuses what would overflow a stack or panic in the parser, and what it accepts although Prometheus does not.
fn guard(tokens: &[Token<'_>]) -> Result<(), Error> {
    let mut open: Vec<&Token<'_>> = Vec::new();
    let mut operators = 0;
    for (i, token) in tokens.iter().enumerate() {
        let inside = open.last().map_or("", |t| t.text);
        if matches!(token.kind, Kind::Word) {
            let alone = inside == "{" && !tokens.get(i + 1).is_some_and(is_matcher);
            if alone && token.is_word("or") {
                return Err(Error::syntax(
                    "`or` between label matchers is not PromQL; use a regular expression",
                    token.span,
                ));
            }
            if inside != "{" && ["and", "or", "unless", "atan2"].iter().any(|w| token.is_word(w)) {
                operators += 1;
            }
            let next_is = |sign: &str| tokens.get(i + 1).is_some_and(|t| t.is(sign));
            if ["fill", "fill_left", "fill_right"].iter().any(|w| token.is_word(w)) && next_is("(") {
                return Err(Error::at(Reason::Unsupported("the experimental modifier `fill`".to_owned()), token.span));
            }
            let after_selector = i > 0 && (tokens[i - 1].is("]") || tokens[i - 1].is("}"));
            if after_selector && ["anchored", "smoothed"].iter().any(|w| token.is_word(w)) {
                let what = format!("the experimental modifier `{}`", token.text.to_ascii_lowercase());
                return Err(Error::at(Reason::Unsupported(what), token.span));
            }
        }
        if token.kind == Kind::Sign {
            match token.text {
                "(" | "[" | "{" => {
                    open.push(token);
                    if open.len() > MAX_NESTING {
                        return Err(Error::at(Reason::TooDeep { limit: MAX_NESTING }, token.span));
                    }
                }
                ")" | "]" | "}" => close(&mut open, token)?,
                "+" | "-" | "*" | "/" | "%" | "^" | "==" | "!=" | "<" | ">" | "<=" | ">=" if inside != "{" => {
                    operators += 1;
                }
                _ => {}
            }
        }
        if operators > MAX_OPERATORS {
            return Err(Error::at(Reason::TooManyOperators { limit: MAX_OPERATORS }, token.span));
        }
        durations(tokens, i, inside)?;
    }
    match open.last() {
        Some(token) => Err(Error::syntax(format!("unclosed `{}`", token.text), token.span)),
        None => Ok(()),
    }
}

fn is_matcher(token: &Token<'_>) -> bool {
    ["=", "!=", "=~", "!~"].iter().any(|op| token.is(op))
}

fn close(open: &mut Vec<&Token<'_>>, token: &Token<'_>) -> Result<(), Error> {
    let partner = match token.text {
        ")" => "(",
        "]" => "[",
        _ => "{",
    };
    match open.pop() {
        Some(opener) if opener.text == partner => Ok(()),
        Some(opener) => {
            Err(Error::syntax(format!("`{}` is closed by `{}`", opener.text, token.text), opener.span.to(token.span)))
        }
        None => Err(Error::syntax(format!("unexpected `{}`", token.text), token.span)),
    }
}

/// Checks the numbers that stand for durations, and that ranges and steps are longer than nothing.
fn durations(tokens: &[Token<'_>], i: usize, inside: &str) -> Result<(), Error> {
    let token = &tokens[i];
    let mut before = tokens[..i].iter().rev();
    let signed = |t: &Token<'_>| t.is("+") || t.is("-");
    let is_offset = match before.next() {
        Some(t) if signed(t) => before.next().is_some_and(|t| t.is_word("offset")),
        Some(t) => t.is_word("offset"),
        None => false,
    };
    let ms = match token.kind {
        Kind::Number(n) => n * 1e3,
        Kind::Duration(ms) => ms as f64,
        _ => return Ok(()),
    };
    if !(inside == "[" || is_offset) {
        return Ok(());
    }
    if !(0.0..=MAX_DURATION as f64).contains(&ms) {
        return Err(Error::syntax(format!("duration {} is out of range", token.text), token.span));
    }
    if inside == "[" && ms < 1.0 {
        return Err(Error::syntax("duration must be greater than 0", token.span));
    }
    Ok(())
}

/// The parser's complaint, which has no place, with the place that a look at the tokens suggests.
fn locate(tokens: &[Token<'_>], complaint: &str) -> Error {
    if complaint == "invalid promql query" {
        if let Some(error) = misplaced(tokens) {
            return error;
        }
        return Error::new(Reason::Syntax("not a valid PromQL expression".to_owned()));
    }
    // In the words of Prometheus' documentation.
    let mut words = complaint.to_owned();
    for before in ["type ", "got ", "got: "] {
        words = words.replace(&format!("{before}matrix"), &format!("{before}range vector"));
        words = words.replace(&format!("{before}vector"), &format!("{before}instant vector"));
    }
    match suspect(tokens, complaint) {
        Some(token) => Error::syntax(words, token.span),
        None => Error::new(Reason::Syntax(words)),
    }
}

/// The token that a complaint is most likely about.
fn suspect<'t, 'a>(tokens: &'t [Token<'a>], complaint: &str) -> Option<&'t Token<'a>> {
    // Complaints quote the name that they are about.
    let quoted = complaint.split(['\'', '"', '`']).nth(1).filter(|name| !name.is_empty());
    if let Some(name) = quoted {
        let exact = tokens.iter().find(|t| t.text.eq_ignore_ascii_case(name));
        return exact.or_else(|| tokens.iter().find(|t| t.text.contains(name)));
    }
    let first = |signs: &[&str]| tokens.iter().find(|t| signs.iter().any(|sign| t.is(sign)));
    let last_word = |word: &str| tokens.iter().rev().find(|t| t.is_word(word));
    let aggregation = || {
        let called =
            tokens.windows(2).find(|w| Aggregator::parse(&w[0].text.to_lowercase()).is_some() && !w[1].is("{"));
        called.map(|w| &w[0])
    };
    match complaint.split_whitespace().next()? {
        "bool" => last_word("bool"),
        "offset" => last_word("offset"),
        "@" => tokens.iter().rev().find(|t| t.is("@")),
        "illegal" => illegal_pattern(tokens, complaint),
        "vector" if complaint.contains("non-empty matcher") => first(&["{"]),
        "comparisons" => first(&["==", "!=", "<", ">", "<=", ">="]),
        "unary" => first(&["-", "+"]),
        "binary" | "ranges" => first(&["["]),
        _ if complaint.contains("aggregat") => aggregation(),
        _ => None,
    }
}

fn illegal_pattern<'t, 'a>(tokens: &'t [Token<'a>], complaint: &str) -> Option<&'t Token<'a>> {
    tokens.iter().find(|t| matches!(&t.kind, Kind::Text(text) if complaint.ends_with(text.as_str())))
}

/// Walks the tokens, expecting operands and operators in turn, up to the first that stands where it must not.
fn misplaced(tokens: &[Token<'_>]) -> Option<Error> {
    let mut operand_next = true;
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let next = tokens.get(i + 1);
        let fault = |what: &str| {
            Some(Error::syntax(format!("unexpected {} {}, expected {what}", describe(token), token.text), token.span))
        };
        i += 1;
        match (&token.kind, token.text) {
            (Kind::Sign, "(") => {
                let called = i > 1 && tokens[i - 2].kind == Kind::Word;
                if !operand_next && !called {
                    return fault("an operator");
                }
                operand_next = true;
            }
            (Kind::Sign, ")") => {
                let empty = i > 1 && tokens[i - 2].is("(");
                if operand_next && !empty {
                    return fault("an expression");
                }
                operand_next = false;
            }
            (Kind::Sign, "[" | "{") => {
                if token.is("[") && operand_next {
                    return fault("an expression");
                }
                if token.is("{") && !operand_next && i > 1 && tokens[i - 2].kind != Kind::Word {
                    return fault("an operator");
                }
                let end = if token.is("[") { "]" } else { "}" };
                i += tokens[i..].iter().position(|t| t.is(end)).map_or(tokens.len(), |n| n + 1);
                operand_next = false;
            }
            (Kind::Sign, "+" | "-") => operand_next = true,
            (Kind::Sign, ",") if operand_next => return fault("an expression"),
            (Kind::Sign, "=" | "=~" | "!~") => return fault("an operator; labels are matched in braces"),
            (Kind::Sign, _) => {
                if operand_next {
                    return fault("an expression");
                }
                operand_next = true;
            }
            (Kind::Word, _) if token.is_word("offset") && !operand_next => operand_next = true,
            (Kind::Word, _) if modifier(token) && (next.is_some_and(|t| t.is("(")) || !operand_next) => {
                let grouping = token.is_word("group_left") || token.is_word("group_right") || token.is_word("bool");
                if next.is_some_and(|t| t.is("(")) && !token.is_word("bool") {
                    i += tokens[i..].iter().position(|t| t.is(")")).map_or(tokens.len(), |n| n + 1);
                } else if !grouping {
                    let place = next.map_or(Span { start: token.span.end, end: token.span.end }, |t| t.span);
                    return Some(Error::syntax(format!("expected `(` after {}", token.text), place));
                }
            }
            (Kind::Word, _) if ["and", "or", "unless", "atan2"].iter().any(|w| token.is_word(w)) && !operand_next => {
                operand_next = true;
            }
            _ if !operand_next => return fault("an operator"),
            _ => operand_next = false,
        }
    }
    let end = tokens.last().map_or(0, |t| t.span.end);
    operand_next.then(|| Error::syntax("unexpected end of query, expected an expression", Span { start: end, end }))
}

fn modifier(token: &Token<'_>) -> bool {
    ["by", "without", "on", "ignoring", "group_left", "group_right", "bool"].iter().any(|w| token.is_word(w))
}

fn describe(token: &Token<'_>) -> &'static str {
    match token.kind {
        Kind::Word => "identifier",
        Kind::Number(_) => "number",
        Kind::Duration(_) => "duration",
        Kind::Text(_) => "string",
        Kind::Sign => "",
    }
}
