//! What the variables of a dashboard stand for: values as they become known, what is chosen of them, and the panels that
//! follow from both. Pure. Uses `layout` and `source`.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{Model, PanelModel, View};
use crate::layout::{self, All, Binding, Dashboard, Kind, Order, Panel, Scope, Selection, Values, Variable};
use crate::series::printable;
use crate::source::Reply;

/// A value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What the picker calls it, safe for the screen.
    pub text: Arc<str>,
    /// What stands in queries.
    pub value: Arc<str>,
}

/// How many values of one variable are kept.
const MOST: usize = 50_000;

/// Which panel of the template a panel is, and for which values.
type Place = (usize, Vec<(String, String)>);

/// What a dashboard's variables have come to.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Whether the rest has been looked at once.
    begun: bool,
    /// Those that are known.
    pub(super) bindings: Vec<Binding>,
    /// Names of those that are still waited for.
    pending: FxHashSet<String>,
    /// For what each repeated panel is there, as last laid out.
    laid_out: Vec<Place>,
}

impl View {
    /// Whether titles, texts or the number of panels depend on variables.
    fn is_template(dashboard: &Dashboard) -> bool {
        let has = |text: &str| text.contains(['$', '[']);
        dashboard.repeats()
            || dashboard.panels.iter().any(|p| {
                let legend = |q: &layout::PanelQuery| q.legend.as_deref().is_some_and(has);
                has(&p.title) || has(&p.description) || has(&p.content) || p.queries.iter().any(legend)
            })
    }

    /// Takes the values that are known from the start, and what is chosen at first.
    pub(super) fn prepare(&mut self) {
        for variable in &self.dashboard.variables {
            if let Values::Given(values) = &variable.values {
                let known = |(text, value): &(String, String)| Offered {
                    text: Arc::from(&*printable(text)),
                    value: Arc::from(value.as_str()),
                };
                self.values.insert(variable.name.clone(), values.iter().map(known).collect());
            }
            if let Selection::Values(values) = &variable.initial {
                self.selection.insert(variable.name.clone(), Selection::Values(values.clone()));
            }
        }
        if Self::is_template(&self.dashboard) {
            self.template = Some(Box::new(self.dashboard.clone()));
        }
        self.settle();
    }

    /// Takes the values that the source found for a variable; `true` where something follows from them.
    pub(super) fn learn(&mut self, name: &str, found: &[Arc<str>]) -> bool {
        let Some(variable) = self.dashboard.variables.iter().find(|v| v.name == name) else { return false };
        let known = known(variable, found);
        if self.values.get(name) == Some(&known) {
            return false;
        }
        // What is chosen and is no longer there goes; shtop's own dashboards keep it, for an agent may come back.
        if variable.all != All::default()
            && !known.is_empty()
            && let Some(Selection::Values(chosen)) = self.selection.get_mut(name)
        {
            chosen.retain(|value| known.iter().any(|k| *k.value == **value));
            if chosen.is_empty() {
                self.selection.remove(name);
            }
        }
        self.values.insert(name.to_owned(), known);
        self.settle()
    }

    /// The results of a variable's query as texts: `name{labels} value time`.
    pub(super) fn results(reply: &Reply, at: i64) -> Vec<Arc<str>> {
        let one =
            |(labels, value): &(crate::series::Labels, f64)| Arc::from(&*printable(&format!("{labels} {value} {at}")));
        reply.now.iter().take(MOST).map(one).collect()
    }

    /// Draws the consequences of what is known and chosen: bindings, panels, titles. Pictures that were asked for with
    /// something else go. Tells whether anything is other than it was.
    pub(super) fn settle(&mut self) -> bool {
        let (mut bindings, mut pending) = (Vec::new(), FxHashSet::default());
        for variable in &self.dashboard.variables {
            match self.binding(variable) {
                Some(binding) => bindings.push(binding),
                None => drop(pending.insert(variable.name.clone())),
            }
        }
        let before = std::mem::take(&mut self.standing);
        let is_same = before.bindings == bindings && before.pending == pending;
        let is_first = !before.begun;
        let changed: FxHashSet<String> = bindings
            .iter()
            .filter(|b| !before.bindings.contains(b))
            .map(|b| b.name.clone())
            .chain(pending.iter().filter(|name| !before.pending.contains(*name)).cloned())
            .collect();
        self.standing = Standing { begun: true, bindings, pending, laid_out: before.laid_out };
        // What is asked with a value that another variable decides is another question now.
        let children: Vec<String> = self
            .dashboard
            .variables
            .iter()
            .filter(|v| !is_first && changed.iter().any(|name| *name != v.name && depends(v, name)))
            .map(|v| v.name.clone())
            .collect();
        for name in children {
            if self.values.remove(&name).is_some() {
                self.standing.pending.insert(name.clone());
                self.standing.bindings.retain(|b| b.name != name);
            }
        }
        let is_other = is_first || !is_same;
        if is_other {
            for (panel, data) in self.dashboard.panels.iter().zip(&mut self.panels) {
                if panel.queries.iter().any(|q| changed.iter().any(|name| layout::mentions(&q.expr, name))) {
                    *data = PanelModel::default();
                }
            }
        }
        let is_other = self.lay_out() || is_other;
        self.sift_again();
        is_other
    }

    /// Lays the panels out anew where repeated ones come or go, and names all of them.
    fn lay_out(&mut self) -> bool {
        let Some(template) = self.template.take() else { return false };
        let chosen = |name: &str| self.chosen(name);
        let shown = template.expanded(&chosen);
        let keys: Vec<Place> = shown.iter().map(|(origin, panel)| (*origin, panel.bound.clone())).collect();
        let is_other = keys != self.standing.laid_out;
        let mut before: FxHashMap<Place, (PanelModel, bool)> = FxHashMap::default();
        if is_other {
            let selected = self.standing.laid_out.get(self.selected).cloned();
            let old = std::mem::take(&mut self.standing.laid_out).into_iter();
            for ((key, data), panel) in old.zip(self.panels.drain(..)).zip(&self.dashboard.panels) {
                before.insert(key, (data, panel.collapsed));
            }
            self.selected = selected.and_then(|key| keys.iter().position(|k| *k == key)).unwrap_or(0);
        } else {
            for (key, panel) in keys.iter().zip(&self.dashboard.panels) {
                before.insert(key.clone(), (PanelModel::default(), panel.collapsed));
            }
        }
        let mut panels = Vec::with_capacity(shown.len());
        let mut models = Vec::with_capacity(shown.len());
        for ((_, mut panel), key) in shown.into_iter().zip(&keys) {
            let (data, collapsed) = before.remove(key).unwrap_or_else(|| (PanelModel::of(&panel), panel.collapsed));
            panel.collapsed = collapsed;
            let scope = self.scope(&panel, 0, 0, (0, 0));
            for text in [&mut panel.title, &mut panel.description] {
                *text = scope.text(text);
            }
            panel.content = scope.markdown(&panel.content);
            for query in &mut panel.queries {
                query.legend = query.legend.as_deref().map(|legend| scope.text(legend));
            }
            panels.push(panel);
            models.push(data);
        }
        self.dashboard.panels = panels;
        if is_other {
            self.panels = models;
        }
        self.standing.laid_out = keys;
        self.template = Some(template);
        is_other
    }

    /// What all variables stand for in `panel`.
    pub(super) fn scope(&self, panel: &Panel, step: i64, interval: i64, range: (i64, i64)) -> Scope {
        let mut bindings = self.standing.bindings.clone();
        for (name, value) in &panel.bound {
            let own = self.standing.bindings.iter().find(|b| b.name == *name);
            let mut own =
                own.cloned().unwrap_or_else(|| Binding { name: name.clone(), many: true, ..Binding::default() });
            own.chosen = Selection::Values(vec![value.clone()]);
            bindings.push(own);
        }
        Scope { bindings, step, interval, range }
    }

    /// Whether every variable that `expr` mentions has a value.
    pub(super) fn is_ready(&self, expr: &str) -> bool {
        !self.standing.pending.iter().any(|name| layout::mentions(expr, name))
    }

    /// Whether a panel waits for the values of a variable.
    pub(super) fn is_pending(&self) -> bool {
        !self.standing.pending.is_empty()
    }

    /// The values that are chosen of the variable `name`, all of them for "all".
    fn chosen(&self, name: &str) -> Vec<String> {
        let Some(variable) = self.dashboard.variables.iter().find(|v| v.name == name) else { return Vec::new() };
        let known = || self.values.get(name).map_or(&[][..], Vec::as_slice).iter().map(|k| k.value.to_string());
        match self.selection.get(name) {
            Some(Selection::Values(values)) if !values.is_empty() => values.clone(),
            _ if variable.all == All::No => known().take(1).collect(),
            _ => known().collect(),
        }
    }

    /// What `variable` stands for; `None` while that cannot be told.
    fn binding(&self, variable: &Variable) -> Option<Binding> {
        let chosen = self.selection.get(&variable.name).cloned().unwrap_or_default();
        let values = self.values.get(&variable.name);
        let is_open = chosen == Selection::All && !matches!(variable.all, All::Pattern(_));
        if is_open && values.is_none() && variable.values != Values::Typed {
            return None;
        }
        let pairs =
            |known: &[Offered]| known.iter().map(|k| (k.text.to_string(), k.value.to_string())).collect::<Vec<_>>();
        let known = values.map_or_else(Vec::new, |known| match &chosen {
            Selection::All if is_open && variable.all == All::No => pairs(&known[..known.len().min(1)]),
            Selection::All if is_open => pairs(known),
            Selection::All => Vec::new(),
            // Only for what they are called.
            Selection::Values(own) => {
                let is_own = |k: &&Offered| k.text != k.value && own.iter().any(|value| **value == *k.value);
                pairs(&known.iter().filter(is_own).cloned().collect::<Vec<_>>())
            }
        });
        let many = variable.multi || variable.all != All::No;
        Some(Binding { name: variable.name.clone(), chosen, all: variable.all.clone(), many, known })
    }
}

impl Model {
    /// Whether the dashboard on the screen waits for the values of a variable before it can ask everything.
    pub fn waits_for_variables(&self) -> bool {
        self.view().is_some_and(View::is_pending)
    }

    /// Folds the panels under the selected row away, or shows them again; `false` where no row is selected.
    pub(super) fn fold(&mut self) -> bool {
        let body = self.body();
        let Some(view) = self.view_mut().filter(|view| !view.full) else { return false };
        let Some(row) = view.dashboard.panels.get_mut(view.selected).filter(|p| p.kind == Kind::Row) else {
            return false;
        };
        row.collapsed = !row.collapsed;
        view.reveal(body);
        true
    }
}

/// Whether the values of `variable` are asked for with `name`.
fn depends(variable: &Variable, name: &str) -> bool {
    match &variable.values {
        Values::Labels => layout::mentions(&variable.selector, name),
        Values::Query(expr) => layout::mentions(expr, name),
        Values::Given(_) | Values::Typed => false,
    }
}

/// The values found, filtered and in the variable's order.
fn known(variable: &Variable, found: &[Arc<str>]) -> Vec<Offered> {
    let mut known: Vec<Offered> = match layout::filter(&variable.filter) {
        None => found.iter().map(|v| Offered { text: Arc::clone(v), value: Arc::clone(v) }).collect(),
        Some(filter) => {
            let one = |text: &Arc<str>| {
                let groups = filter.captures(text)?;
                let named = |name: &str| groups.name(name).map(|m| m.as_str());
                let first = groups.get(1).map_or(&groups[0], |m| m.as_str());
                let value = named("value").or(named("text")).unwrap_or(first);
                Some(Offered { text: Arc::from(named("text").unwrap_or(value)), value: Arc::from(value) })
            };
            found.iter().filter_map(one).collect()
        }
    };
    let mut seen = FxHashSet::default();
    known.retain(|k| seen.insert(Arc::clone(&k.value)));
    let number = |k: &Offered| {
        let digits = k.text.find(|c: char| c.is_ascii_digit()).map(|i| &k.text[i..]);
        let digits = digits.map(|d| &d[..d.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(d.len())]);
        digits.and_then(|d| d.parse::<f64>().ok()).unwrap_or(f64::NEG_INFINITY)
    };
    match variable.order {
        Order::None => {}
        Order::Name | Order::NameDown => known.sort_by_cached_key(|k| k.text.to_lowercase()),
        Order::Number | Order::NumberDown => known.sort_by(|a, b| number(a).total_cmp(&number(b))),
    }
    if matches!(variable.order, Order::NameDown | Order::NumberDown) {
        known.reverse();
    }
    known.truncate(MOST);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(filter: &str, order: Order, found: &[&str]) -> Vec<(String, String)> {
        let variable = Variable { filter: filter.to_owned(), order, ..Variable::default() };
        let found: Vec<Arc<str>> = found.iter().map(|&v| Arc::from(v)).collect();
        known(&variable, &found).into_iter().map(|k| (k.text.to_string(), k.value.to_string())).collect()
    }

    #[test]
    fn a_filter_picks_values_out_of_results() {
        let pair = |text: &str, value: &str| (text.to_owned(), value.to_owned());
        let found = ["disk{d=\"sda\"} 5", "disk{d=\"sdb\"} 7", "disk{d=\"sda\"} 9", "other"];
        assert_eq!(names("d=\"(.*)\"", Order::None, &found), [pair("sda", "sda"), pair("sdb", "sdb")]);
        let both = "d=\"(?<text>.*)\"} (?<value>.*)";
        assert_eq!(names(both, Order::None, &found[..2]), [pair("sda", "5"), pair("sdb", "7")]);
        assert_eq!(names("^oth", Order::None, &found), [pair("oth", "oth")]);
    }

    #[test]
    fn values_have_the_order_that_is_asked_for() {
        let order = |order| names("", order, &["n10", "B", "n9", "a"]).into_iter().map(|(t, _)| t).collect::<Vec<_>>();
        assert_eq!(order(Order::None), ["n10", "B", "n9", "a"]);
        assert_eq!(order(Order::Name), ["a", "B", "n10", "n9"]);
        assert_eq!(order(Order::NumberDown), ["n10", "n9", "a", "B"]);
    }
}
