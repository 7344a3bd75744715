//! What stands between an operator or aggregation and its operands: `by`, `bool`, `on`, `group_left` and their like.
//! Uses `binary`, `error`, `group` and `lex`.

use crate::promql::binary::{Card, Matching};
use crate::promql::error::{Error, Span};
use crate::promql::group::Grouping;
use crate::promql::lex::{Kind, Token};
use crate::series::printable;

use super::Parser;

/// The modifiers of a binary operator.
pub(super) struct Modifiers {
    /// Where `bool` stands.
    pub(super) returns_bool: Option<Span>,
    pub(super) matching: Matching,
    /// Where `on` or `ignoring` stands, up to its last label.
    pub(super) labels: Option<Span>,
    /// Where `group_left` or `group_right` stands.
    pub(super) group: Option<Span>,
}

impl Parser<'_, '_> {
    /// `by (…)` or `without (…)`, if one follows.
    pub(super) fn grouping(&mut self) -> Result<Option<Grouping>, Error> {
        if self.eat_word("by").is_some() {
            return Ok(Some(Grouping::By(self.labels("by")?)));
        }
        if self.eat_word("without").is_some() {
            return Ok(Some(Grouping::Without(self.labels("without")?)));
        }
        Ok(None)
    }

    /// `bool`, then `on (…)` or `ignoring (…)`, then `group_left (…)` or `group_right (…)`, each if it follows.
    pub(super) fn modifiers(&mut self) -> Result<Modifiers, Error> {
        let returns_bool = self.eat_word("bool");
        let matching = Matching { labels: Grouping::Without(Vec::new()), card: Card::OneToOne, include: Vec::new() };
        let mut modifiers = Modifiers { returns_bool, matching, labels: None, group: None };
        if let Some(on) = self.eat_word("on") {
            modifiers.matching.labels = Grouping::By(self.labels("on")?);
            modifiers.labels = Some(on.to(self.last()));
        } else if let Some(ignoring) = self.eat_word("ignoring") {
            modifiers.matching.labels = Grouping::Without(self.labels("ignoring")?);
            modifiers.labels = Some(ignoring.to(self.last()));
        }
        if modifiers.labels.is_some() {
            self.group(&mut modifiers)?;
        }
        self.refuse_fill()?;
        Ok(modifiers)
    }

    fn group(&mut self, modifiers: &mut Modifiers) -> Result<(), Error> {
        for (word, card) in [("group_left", Card::ManyToOne), ("group_right", Card::OneToMany)] {
            let Some(place) = self.eat_word(word) else { continue };
            modifiers.matching.card = card;
            modifiers.group = Some(place);
            // A parenthesis here always holds labels, never the operand.
            if self.next_is("(") {
                modifiers.matching.include = self.labels(word)?;
            }
            break;
        }
        Ok(())
    }

    fn refuse_fill(&self) -> Result<(), Error> {
        let called = self.tokens.get(self.at + 1).is_some_and(|t| t.is("("));
        match self.peek().filter(|t| called && t.is_one_of(&["fill", "fill_left", "fill_right"])) {
            Some(fill) => Err(Error::unsupported("the experimental modifier `fill`", fill.span)),
            None => Ok(()),
        }
    }

    /// `(a, "b", …)` behind the keyword `after`; a comma may end it.
    fn labels(&mut self, after: &str) -> Result<Vec<String>, Error> {
        let mut labels = Vec::new();
        if self.eat("(").is_none() {
            return Err(Error::syntax(format!("expected `(` after {after}"), self.here()));
        }
        while self.eat(")").is_none() {
            let Some(label) = self.peek().and_then(label) else {
                return Err(self.unexpected("a label name, any other than letters, digits and _ in quotes"));
            };
            self.at += 1;
            labels.push(label);
            if self.eat(",").is_none() && !self.next_is(")") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        Ok(labels)
    }
}

/// The label that a token of a list names; `without` is none unless quoted, nor are the numbers `inf` and `nan`.
fn label(token: &Token<'_>) -> Option<String> {
    match &token.kind {
        Kind::Word if !token.is_word("without") => Some(token.text.to_owned()),
        Kind::Text(text) if !text.is_empty() => Some(printable(text).into_owned()),
        _ => None,
    }
}
