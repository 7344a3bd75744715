//! What is looked at before a query is parsed: brackets that pair, and caps that keep every tree small enough to walk.
//! Uses `error` and `lex`.

use crate::promql::error::{Error, Reason, Span};
use crate::promql::lex::{Kind, Token};

/// Deepest nesting of brackets. Dropping and walking a tree recurses, and must fit the stack of any thread.
pub(in crate::promql) const MAX_NESTING: usize = 100;
/// Most operators in one query: a chain of them is as deep a tree as it is long.
pub(in crate::promql) const MAX_OPERATORS: usize = 400;

/// Checks brackets and caps.
///
/// # Errors
/// Brackets that do not pair or nest too deep, too many operators.
pub(super) fn check(tokens: &[Token<'_>]) -> Result<(), Error> {
    let mut open: Vec<&Token<'_>> = Vec::new();
    let mut operators = 0;
    for token in tokens {
        let in_braces = open.last().is_some_and(|t| t.text == "{");
        match (&token.kind, token.text) {
            (Kind::Sign, "(" | "[" | "{") => {
                open.push(token);
                if open.len() > MAX_NESTING {
                    return Err(Error::at(Reason::TooDeep { limit: MAX_NESTING }, token.span));
                }
            }
            (Kind::Sign, ")" | "]" | "}") => close(open.pop(), token)?,
            (Kind::Sign, "," | "@" | ":" | "=") => {}
            (Kind::Sign, _) if !in_braces => operators += 1,
            (Kind::Word, _) if !in_braces && token.is_one_of(&["and", "or", "unless", "atan2"]) => operators += 1,
            _ => {}
        }
        if operators > MAX_OPERATORS {
            return Err(Error::at(Reason::TooManyOperators { limit: MAX_OPERATORS }, token.span));
        }
    }
    match open.last() {
        Some(token) => Err(Error::syntax(format!("unclosed `{}`", token.text), token.span)),
        None => Ok(()),
    }
}

fn close(opener: Option<&Token<'_>>, token: &Token<'_>) -> Result<(), Error> {
    let Some(opener) = opener else {
        return Err(Error::syntax(format!("unexpected `{}`", token.text), token.span));
    };
    if matches!((opener.text, token.text), ("(", ")") | ("[", "]") | ("{", "}")) {
        return Ok(());
    }
    let both: Span = opener.span.to(token.span);
    Err(Error::syntax(format!("`{}` is closed by `{}`", opener.text, token.text), both))
}
