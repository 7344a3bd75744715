//! Functions of labels. Uses `error`, `eval`, `tree` and `series`.

use rustc_hash::FxHashMap;

use crate::promql::error::{Error, Reason};
use crate::promql::eval::{Evaluator, Val, merge};
use crate::promql::tree::{Call, Form, Node};
use crate::series::{Labels, MatchOp, Window, anchored};

/// The text of a string argument; checked when the query was parsed.
pub(super) fn text(node: &Node) -> &str {
    if let Form::Text(text) = &node.form { text } else { "" }
}

fn name<'n>(node: &'n Node, what: &str) -> Result<&'n str, Error> {
    match text(node) {
        "" => Err(Error::at(Reason::Argument(format!("invalid {what} label name \"\"")), node.place)),
        name => Ok(name),
    }
}

/// `label_replace(v, dst, replacement, src, regex)`: where all of `src` matches, `dst` becomes the expanded replacement.
pub(super) fn replace(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let [vector, dst, replacement, src, pattern] = call.arguments.as_slice() else {
        return Err(Error::new(Reason::Argument("label_replace() takes five arguments".to_owned())));
    };
    let dst = name(dst, "destination")?;
    let (replacement, src) = (text(replacement), text(src));
    let regex = anchored(text(pattern)).map_err(|why| {
        let what = format!("invalid regular expression in label_replace(): {:?}: {why}", text(pattern));
        Error::at(Reason::Argument(what), pattern.place)
    })?;
    let mut rows = ev.vector(vector, steps)?;
    for row in &mut rows {
        let Some(captures) = regex.captures(row.labels.get(src).unwrap_or_default()) else { continue };
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        row.labels = row.labels.with(dst, &value);
        // A name that was set on purpose stays.
        row.nameless &= dst != Labels::NAME;
    }
    merge(rows).map(Val::Vector)
}

/// `label_join(v, dst, separator, src…)`
pub(super) fn join(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let [vector, dst, separator, sources @ ..] = call.arguments.as_slice() else {
        return Err(Error::new(Reason::Argument("label_join() takes at least three arguments".to_owned())));
    };
    let dst = name(dst, "destination")?;
    let sources = sources.iter().map(|s| name(s, "source")).collect::<Result<Vec<_>, _>>()?;
    let mut rows = ev.vector(vector, steps)?;
    for row in &mut rows {
        let values: Vec<&str> = sources.iter().map(|s| row.labels.get(s).unwrap_or_default()).collect();
        row.labels = row.labels.with(dst, &values.join(text(separator)));
        row.nameless &= dst != Labels::NAME;
    }
    merge(rows).map(Val::Vector)
}

/// The labels that a selector fixes, for the answer of `absent`: those matched by `=`, and by nothing after it.
pub(super) fn selected(node: &Node) -> Labels {
    let (Form::Instant(selector) | Form::Range(selector, _)) = &node.form else { return Labels::empty() };
    let mut fixed: FxHashMap<&str, Option<&str>> = FxHashMap::default();
    for m in selector.matchers.iter().filter(|m| m.name != Labels::NAME) {
        // A second `=` unfixes what the first one fixed, but another matcher before the first does not count: so it is in
        // Prometheus (`createLabelsForAbsentFunction`).
        let first = m.op == MatchOp::Equal && !fixed.contains_key(m.name.as_str());
        if first {
            fixed.insert(&m.name, Some(&m.value));
        } else if let Some(value) = fixed.get_mut(m.name.as_str()) {
            *value = None;
        }
    }
    Labels::from_pairs(fixed.into_iter().filter_map(|(name, value)| value.map(|v| (name, v))))
}
