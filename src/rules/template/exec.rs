//! Executes a template's tree within limits. Uses `series`.

use std::ops::Range;
use std::sync::Arc;

use super::format::{self, MAX_TEXT};
use super::function;
use super::parse::GIVEN;
use super::tree::{Branch, Command, Form, Node, Operand, Pipe, Tree};
use super::value::{Data, Value, strings};
use super::{Ask, Fault, Scope};

/// How many nodes and commands a template may execute.
const MAX_STEPS: usize = 100_000;
/// How many bytes of text to work on are as much work as a node.
const BYTES_A_STEP: usize = 256;
/// How many queries a template may ask.
const MAX_QUERIES: usize = 100;
/// How deep branches, pipelines and templates that call templates may nest while executing.
const MAX_DEPTH: usize = 100;

pub(super) fn run(tree: &Tree, scope: &Scope<'_>, ask: &mut dyn Ask) -> Result<String, Fault> {
    let data = Data {
        labels: strings(scope.labels),
        external_labels: strings(scope.external_labels),
        external_url: scope.external_url.into(),
        value: scope.value,
    };
    let root = Value::Data(Arc::new(data));
    let field = |name| root.field(name).unwrap_or(Value::Nil);
    let given = [root.clone(), field("Labels"), field("ExternalLabels"), field("ExternalURL"), field("Value")];
    let mut exec = Exec {
        tree,
        at: scope.at,
        external_url: scope.external_url,
        ask,
        variables: GIVEN.iter().map(|name| (*name).to_owned()).zip(given).collect(),
        out: String::new(),
        steps: 0,
        queries: 0,
        depth: 0,
    };
    exec.nodes(&tree.body, &root)?;
    Ok(exec.out)
}

/// Whether a list of nodes ran to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

pub(super) struct Exec<'a> {
    tree: &'a Tree,
    pub(super) at: i64,
    pub(super) external_url: &'a str,
    pub(super) ask: &'a mut dyn Ask,
    variables: Vec<(String, Value)>,
    out: String,
    steps: usize,
    queries: usize,
    depth: usize,
}

impl<'a> Exec<'a> {
    fn spend(&mut self, place: &Range<usize>) -> Result<(), Fault> {
        self.charge(1).map_err(|what| Fault::new(what, place.clone()))
    }

    /// Counts work that is as much as `steps` nodes.
    pub(super) fn charge(&mut self, steps: usize) -> Result<(), String> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > MAX_STEPS { Err(format!("template takes more than {MAX_STEPS} steps")) } else { Ok(()) }
    }

    pub(super) fn count_query(&mut self) -> Result<(), String> {
        self.queries += 1;
        if self.queries > MAX_QUERIES { Err(format!("template asks more than {MAX_QUERIES} queries")) } else { Ok(()) }
    }

    fn write(&mut self, text: &str, place: &Range<usize>) -> Result<(), Fault> {
        if self.out.len() + text.len() > MAX_TEXT {
            return Err(Fault::new(format!("template writes more than {} KiB", MAX_TEXT >> 10), place.clone()));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn deeper(&mut self, place: &Range<usize>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(format!("template nests more than {MAX_DEPTH} deep"), place.clone()));
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &'a [Node], dot: &Value) -> Result<Flow, Fault> {
        self.deeper(&(0..0))?;
        let flow = self.each(nodes, dot);
        self.depth -= 1;
        flow
    }

    fn each(&mut self, nodes: &'a [Node], dot: &Value) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = match node {
                Node::Text(text) => {
                    self.write(text, &(0..0))?;
                    Flow::On
                }
                Node::Action(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        let text = match value {
                            Value::Nil => "<no value>".to_owned(),
                            value => format::plain(&value),
                        };
                        self.write(&text, &pipe.place)?;
                    }
                    Flow::On
                }
                Node::If(branch) | Node::With(branch) => {
                    let outer = self.variables.len();
                    let value = self.pipe(&branch.pipe, dot)?;
                    let flow = if value.is_true() {
                        let dot = if matches!(node, Node::With(_)) { &value } else { dot };
                        self.nodes(&branch.then, dot)?
                    } else {
                        self.nodes(&branch.otherwise, dot)?
                    };
                    self.variables.truncate(outer);
                    flow
                }
                Node::Range(branch) => {
                    let outer = self.variables.len();
                    let flow = self.range(branch, dot)?;
                    self.variables.truncate(outer);
                    flow
                }
                Node::Template { name, pipe, place } => {
                    let dot = pipe.as_ref().map_or(Ok(Value::Nil), |pipe| self.pipe(pipe, dot))?;
                    self.template(name, &dot, place)?;
                    Flow::On
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn template(&mut self, name: &str, dot: &Value, place: &Range<usize>) -> Result<(), Fault> {
        let Some(body) = self.tree.defined.get(name) else {
            return Err(Fault::new(format!("template {name:?} not defined"), place.clone()));
        };
        self.spend(place)?;
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), dot.clone())]);
        self.nodes(body, dot)?;
        self.variables = outer;
        Ok(())
    }

    fn range(&mut self, branch: &'a Branch, dot: &Value) -> Result<Flow, Fault> {
        let pipe = &branch.pipe;
        let value = self.commands(pipe, dot)?;
        let key = |name: &String| Value::text(name.as_str());
        let elements: Box<dyn Iterator<Item = (Value, Value)>> = match &value {
            Value::Vector(v) => Box::new(v.iter().enumerate().map(|(i, v)| (Value::Int(i as i64), v.clone()))),
            Value::Strings(m) => Box::new(m.iter().map(move |(k, v)| (key(k), Value::text(v.as_str())))),
            Value::Map(m) => Box::new(m.iter().map(move |(k, v)| (key(k), v.clone()))),
            Value::Int(n) => Box::new((0..*n).map(|i| (Value::Int(i), Value::Int(i)))),
            Value::Nil => Box::new(std::iter::empty()),
            other => {
                let what = format!("range can't iterate over {}", format::plain(other));
                return Err(Fault::new(what, pipe.place.clone()));
            }
        };
        let outer = self.variables.len();
        let mut any = false;
        for (key, element) in elements {
            any = true;
            self.spend(&pipe.place)?;
            // One variable takes the element, two take key and element.
            let values = if pipe.variables.len() == 1 { vec![element.clone()] } else { vec![key, element.clone()] };
            for (name, value) in pipe.variables.iter().zip(values) {
                self.set(name, value, pipe.assigns);
            }
            let flow = self.nodes(&branch.then, &element)?;
            self.variables.truncate(outer);
            if flow == Flow::Break {
                break;
            }
        }
        if any { Ok(Flow::On) } else { self.nodes(&branch.otherwise, dot) }
    }

    fn set(&mut self, name: &str, value: Value, assigns: bool) {
        match self.variables.iter_mut().rev().find(|(n, _)| assigns && n == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipe(&mut self, pipe: &'a Pipe, dot: &Value) -> Result<Value, Fault> {
        let value = self.commands(pipe, dot)?;
        for name in &pipe.variables {
            self.set(name, value.clone(), pipe.assigns);
        }
        Ok(value)
    }

    fn commands(&mut self, pipe: &'a Pipe, dot: &Value) -> Result<Value, Fault> {
        self.deeper(&pipe.place)?;
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, dot, last)?);
        }
        self.depth -= 1;
        Ok(last.unwrap_or(Value::Nil))
    }

    /// `last` is what the command before it in the pipe made.
    fn command(&mut self, command: &'a Command, dot: &Value, last: Option<Value>) -> Result<Value, Fault> {
        let Some((first, arguments)) = command.operands.split_first() else { return Ok(Value::Nil) };
        self.spend(&first.place)?;
        if let Form::Function(name) = &first.form {
            let value = self.call(name, &first.place, arguments, dot, last)?;
            return fields(value, first);
        }
        if matches!(first.form, Form::Nil) {
            return Err(Fault::new("nil is not a command", first.place.clone()));
        }
        if !arguments.is_empty() || last.is_some() {
            let what = "can't give an argument to something that is no function";
            return Err(Fault::new(what, first.place.clone()));
        }
        self.operand(first, dot)
    }

    fn call(
        &mut self,
        name: &str,
        place: &Range<usize>,
        arguments: &'a [Operand],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Fault> {
        let Some(function) = function::find(name) else {
            return Err(Fault::new(format!("function {name:?} not defined"), place.clone()));
        };
        let given = arguments.len() + usize::from(last.is_some());
        let (fewest, most) = function.arity;
        if given < fewest || most.is_some_and(|most| given > most) {
            let want = if most == Some(fewest) { fewest.to_string() } else { format!("at least {fewest}") };
            return Err(Fault::new(format!("wrong number of args for {name}: want {want} got {given}"), place.clone()));
        }
        let mut values = Vec::with_capacity(given);
        for argument in arguments {
            let value = self.operand(argument, dot)?;
            // The first that decides is the answer; the rest is not looked at.
            if (name == "and" && !value.is_true()) || (name == "or" && value.is_true()) {
                return Ok(value);
            }
            values.push(value);
        }
        values.extend(last);
        let fault = |what: String| Fault::new(format!("error calling {name}: {what}"), place.clone());
        let texts = values.iter().map(|v| if let Value::Text(text) = v { text.len() } else { 0 });
        self.charge(texts.sum::<usize>() / BYTES_A_STEP).map_err(fault)?;
        match (function.call)(self, &values).map_err(fault)? {
            Value::Text(text) if text.len() > MAX_TEXT => {
                Err(fault(format!("the text is longer than {} KiB", MAX_TEXT >> 10)))
            }
            value => Ok(value),
        }
    }

    fn operand(&mut self, operand: &'a Operand, dot: &Value) -> Result<Value, Fault> {
        let value = match &operand.form {
            Form::Dot => dot.clone(),
            Form::Nil => Value::Nil,
            Form::Bool(b) => Value::Bool(*b),
            Form::Int(i) => Value::Int(*i),
            Form::Float(f) => Value::Float(*f),
            Form::Text(text) => Value::text(text.as_str()),
            Form::Variable(name) => {
                self.variables.iter().rev().find(|(n, _)| n == name).map_or(Value::Nil, |(_, value)| value.clone())
            }
            Form::Function(name) => self.call(name, &operand.place, &[], dot, None)?,
            Form::Pipe(pipe) => self.pipe(pipe, dot)?,
        };
        fields(value, operand)
    }
}

fn fields(value: Value, operand: &Operand) -> Result<Value, Fault> {
    operand
        .fields
        .iter()
        .try_fold(value, |value, name| value.field(name).map_err(|what| Fault::new(what, operand.place.clone())))
}
