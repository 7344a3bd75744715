//! Tokens to a tree: actions, branches, pipelines; functions and variables must exist. Uses nothing of the crate.

use std::ops::Range;

use super::Fault;
use super::function;
use super::lex::{Kind, Token, lex};
use super::tree::{Branch, Command, Form, Node, Operand, Pipe, Tree};

/// How deep branches and parentheses may nest.
const MAX_DEPTH: usize = 50;

/// The variables that Prometheus sets before every template.
pub(super) const GIVEN: [&str; 5] = ["$", "$labels", "$externalLabels", "$externalURL", "$value"];

pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let tokens = lex(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        end: text.len(),
        variables: GIVEN.map(str::to_owned).to_vec(),
        depth: 0,
        in_range: 0,
        tree: Tree::default(),
    };
    let (body, end) = parser.nodes(true)?;
    if let Some((word, place)) = end {
        return Err(Fault::new(format!("unexpected {{{{{word}}}}}"), place));
    }
    parser.tree.body = body;
    Ok(parser.tree)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: usize,
    variables: Vec<String>,
    depth: usize,
    in_range: usize,
    tree: Tree,
}

/// The word that ended a list of nodes, `else` or `end`, and its place.
type End = Option<(&'static str, Range<usize>)>;

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn here(&self) -> Range<usize> {
        self.peek().map_or(self.end..self.end, |t| t.place.clone())
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token { kind: Kind::Sign(s), .. }) if *s == sign)
    }

    fn is_close(&self) -> bool {
        matches!(self.peek(), Some(Token { kind: Kind::Close, .. }))
    }

    fn unexpected(&self, context: &str) -> Fault {
        let what = match self.peek().map(|t| &t.kind) {
            None => "end of template".to_owned(),
            Some(Kind::Text(_)) => "text".to_owned(),
            Some(Kind::Open) => "{{".to_owned(),
            Some(Kind::Close) => "}}".to_owned(),
            Some(Kind::Word(w) | Kind::Variable(w)) => w.clone(),
            Some(Kind::Field(f)) => format!(".{f}"),
            Some(Kind::Dot) => ".".to_owned(),
            Some(Kind::Str(s)) => format!("{s:?}"),
            Some(Kind::Int(i)) => i.to_string(),
            Some(Kind::Float(f)) => f.to_string(),
            Some(Kind::Sign(s)) => (*s).to_owned(),
        };
        Fault::new(format!("unexpected {what} in {context}"), self.here())
    }

    fn close(&mut self, context: &str) -> Result<(), Fault> {
        if !self.is_close() {
            return Err(self.unexpected(context));
        }
        self.at += 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(format!("template nests more than {MAX_DEPTH} deep"), self.here()));
        }
        Ok(())
    }

    /// Nodes up to `{{else` or `{{end}}`, whose word is taken, or up to the end of the template.
    fn nodes(&mut self, top: bool) -> Result<(Vec<Node>, End), Fault> {
        let mut nodes = Vec::new();
        while let Some(token) = self.next() {
            match &token.kind {
                Kind::Text(text) => nodes.push(Node::Text(text.clone())),
                Kind::Open => {
                    let place = self.here();
                    let word = match self.peek().map(|t| &t.kind) {
                        Some(Kind::Word(word)) => word.as_str(),
                        _ => "",
                    };
                    if let Some(end) = ["else", "end"].into_iter().find(|w| *w == word) {
                        self.at += 1;
                        if end == "end" {
                            self.close("end")?;
                        }
                        return Ok((nodes, Some((end, place))));
                    }
                    if let Some(node) = self.node(word, top)? {
                        nodes.push(node);
                    }
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected("template"));
                }
            }
        }
        Ok((nodes, None))
    }

    /// The action that starts with `word`; none for a definition.
    fn node(&mut self, word: &str, top: bool) -> Result<Option<Node>, Fault> {
        let place = self.here();
        match word {
            "if" | "with" | "range" => {
                self.at += 1;
                self.branch(word, place).map(Some)
            }
            "break" | "continue" => {
                self.at += 1;
                if self.in_range == 0 {
                    return Err(Fault::new(format!("{{{{{word}}}}} outside {{{{range}}}}"), place));
                }
                self.close(word)?;
                Ok(Some(if word == "break" { Node::Break } else { Node::Continue }))
            }
            "template" => {
                self.at += 1;
                let name = self.template_name(word)?;
                let pipe = if self.is_close() { None } else { Some(self.pipe("template clause", 0)?) };
                self.close("template clause")?;
                Ok(Some(Node::Template { name, pipe, place }))
            }
            "define" if !top => Err(Fault::new("{{define}} inside of something else", place)),
            "define" | "block" => {
                self.at += 1;
                let name = self.template_name(word)?;
                let pipe = if word == "block" { Some(self.pipe("block clause", 0)?) } else { None };
                self.close(word)?;
                // What is defined sees its own dot alone.
                let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
                let in_range = std::mem::take(&mut self.in_range);
                let body = self.body(word, &place, false)?.0;
                (self.variables, self.in_range) = (variables, in_range);
                self.tree.defined.insert(name.clone(), body);
                Ok(pipe.map(|pipe| Node::Template { name, pipe: Some(pipe), place }))
            }
            _ => {
                let pipe = self.pipe("command", 1)?;
                self.close("command")?;
                Ok(Some(Node::Action(pipe)))
            }
        }
    }

    fn template_name(&mut self, context: &str) -> Result<String, Fault> {
        let Some(Token { kind: Kind::Str(name), .. }) = self.peek() else { return Err(self.unexpected(context)) };
        self.at += 1;
        Ok(name.clone())
    }

    /// The nodes of `word` up to `else` (taken, if there may be one) or `end`.
    fn body(&mut self, word: &str, place: &Range<usize>, may_else: bool) -> Result<(Vec<Node>, bool), Fault> {
        self.deeper()?;
        let (nodes, end) = self.nodes(false)?;
        self.depth -= 1;
        match end {
            None => Err(Fault::new(format!("{{{{{word}}}}} without {{{{end}}}}"), place.clone())),
            Some(("else", at)) if !may_else => Err(Fault::new("unexpected {{else}}", at)),
            Some((end, _)) => Ok((nodes, end == "else")),
        }
    }

    fn branch(&mut self, word: &str, place: Range<usize>) -> Result<Node, Fault> {
        let outer = self.variables.len();
        let pipe = self.pipe(word, if word == "range" { 2 } else { 1 })?;
        self.close(word)?;
        let ranges = usize::from(word == "range");
        self.in_range += ranges;
        let (then, has_else) = self.body(word, &place, true)?;
        self.in_range -= ranges;
        let mut otherwise = Vec::new();
        if has_else {
            let next = self.peek().map(|t| &t.kind);
            let again = word != "range" && matches!(next, Some(Kind::Word(next)) if next == word);
            if again {
                // `else if` is an `if` inside the `else` that shares its `end`.
                let place = self.here();
                self.at += 1;
                self.deeper()?;
                otherwise.push(self.branch(word, place)?);
                self.depth -= 1;
            } else {
                self.close("else")?;
                otherwise = self.body(word, &place, false)?.0;
            }
        }
        self.variables.truncate(outer);
        let branch = Branch { pipe, then, otherwise };
        Ok(match word {
            "if" => Node::If(branch),
            "with" => Node::With(branch),
            _ => Node::Range(branch),
        })
    }

    /// A pipeline that may declare up to `declares` variables, up to but not with what ends it.
    fn pipe(&mut self, context: &str, declares: usize) -> Result<Pipe, Fault> {
        let place = self.here();
        let (variables, assigns) = self.declaration(declares)?;
        let mut commands: Vec<Command> = Vec::new();
        loop {
            let at = self.here();
            let command = self.command(context)?;
            let stage = commands.len() + 1;
            let callable = matches!(
                command.operands.first(),
                Some(Operand { form: Form::Function(_) | Form::Variable(_) | Form::Pipe(_), .. })
            ) || command.operands.first().is_some_and(|o| !o.fields.is_empty());
            if stage > 1 && !callable {
                return Err(Fault::new(format!("non executable command in pipeline stage {stage}"), at));
            }
            commands.push(command);
            if !self.is_sign("|") {
                break;
            }
            self.at += 1;
            // Go takes a pipe that leads nowhere.
            if self.is_close() || self.is_sign(")") {
                break;
            }
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(place.end, |t| t.place.end);
        Ok(Pipe { variables, assigns, commands, place: place.start..end.max(place.start) })
    }

    fn declaration(&mut self, allowed: usize) -> Result<(Vec<String>, bool), Fault> {
        let start = self.at;
        let mut variables = Vec::new();
        while let Some(Token { kind: Kind::Variable(name), place, .. }) = self.peek() {
            self.at += 1;
            variables.push((name.clone(), place.clone()));
            if self.is_sign(",") && allowed == 2 && variables.len() < 2 {
                self.at += 1;
                continue;
            }
            let declares = self.is_sign(":=");
            if !declares && !self.is_sign("=") {
                break;
            }
            if variables.len() > allowed {
                return Err(Fault::new("too many declarations", place.clone()));
            }
            self.at += 1;
            for (name, place) in variables.iter().filter(|_| !declares) {
                self.known(name, place)?;
            }
            return Ok((variables.into_iter().map(|(name, _)| name).collect(), !declares));
        }
        if variables.len() > 1 {
            return Err(self.unexpected("range"));
        }
        self.at = start;
        Ok((Vec::new(), false))
    }

    fn known(&self, name: &str, place: &Range<usize>) -> Result<(), Fault> {
        if self.variables.iter().any(|v| v == name) {
            return Ok(());
        }
        Err(Fault::new(format!("undefined variable {name:?}"), place.clone()))
    }

    fn command(&mut self, context: &str) -> Result<Command, Fault> {
        let mut operands: Vec<Operand> = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token { kind: Kind::Close | Kind::Sign("|" | ")"), .. }) => break,
                Some(token) if !operands.is_empty() && !token.spaced => return Err(self.unexpected("operand")),
                Some(_) => operands.push(self.operand(context)?),
            }
        }
        if operands.is_empty() {
            return Err(Fault::new(format!("missing value for {context}"), self.here()));
        }
        Ok(Command { operands })
    }

    fn operand(&mut self, context: &str) -> Result<Operand, Fault> {
        let Some(token) = self.next() else { return Err(self.unexpected(context)) };
        let mut place = token.place.clone();
        let mut fields = Vec::new();
        let form = match &token.kind {
            Kind::Dot => Form::Dot,
            Kind::Field(name) => {
                fields.push(name.clone());
                Form::Dot
            }
            Kind::Str(text) => Form::Text(text.clone()),
            Kind::Int(i) => Form::Int(*i),
            Kind::Float(f) => Form::Float(*f),
            Kind::Variable(name) => {
                self.known(name, &place)?;
                Form::Variable(name.clone())
            }
            Kind::Word(word) => match word.as_str() {
                "true" | "false" => Form::Bool(word == "true"),
                "nil" => Form::Nil,
                word if function::find(word).is_some() => Form::Function(word.to_owned()),
                word => {
                    let near = crate::series::nearest(word, function::names());
                    let hint = near.map(|n| format!(", did you mean {n}?")).unwrap_or_default();
                    return Err(Fault::new(format!("function {word:?} not defined{hint}"), place));
                }
            },
            Kind::Sign("(") => {
                self.deeper()?;
                let pipe = self.pipe("parenthesized pipeline", 0)?;
                self.depth -= 1;
                if !self.is_sign(")") {
                    return Err(Fault::new("unclosed left paren", place));
                }
                self.at += 1;
                Form::Pipe(Box::new(pipe))
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected(context));
            }
        };
        while let Some(Token { kind: Kind::Field(name), spaced: false, place: at }) = self.peek() {
            if matches!(form, Form::Text(_) | Form::Int(_) | Form::Float(_) | Form::Bool(_) | Form::Nil) {
                return Err(Fault::new(format!("unexpected .{name} after a constant"), at.clone()));
            }
            self.at += 1;
            place.end = at.end;
            fields.push(name.clone());
        }
        Ok(Operand { form, fields, place })
    }
}
