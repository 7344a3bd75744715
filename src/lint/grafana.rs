//! What is wrong and what is doubtful in a Grafana dashboard, classic or v2, and what of it shtop cannot show. Uses
//! `layout`, `promql` and `series`.

mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::json::{Entry, Node, Tree, inside, parse};
use super::{Doubts, Ground, Source, query};
use crate::layout::{GLOBALS, Loss, import, neutral, probe, speaks_promql, variables_in};
use crate::promql::Query;
use crate::series::{Fault, Faults, nearest};

/// Variables that Grafana itself gives a value, beside those that shtop does:
/// <https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables>.
const GRAFANAS: [&str; 19] = [
    "__all_variables",
    "__auto",
    "__cell",
    "__conditionalAll",
    "__dashboard",
    "__data",
    "__field",
    "__name",
    "__org",
    "__searchFilter",
    "__series",
    "__timeFilter",
    "__timezone",
    "__unixEpochFilter",
    "__url",
    "__url_time_range",
    "__user",
    "__value",
    "timeFilter",
];

pub(super) fn check(file: &Source, ground: &Ground, doubts: &mut Doubts<'_>) -> Vec<Fault> {
    let imported = import(&file.name, file.text.as_bytes());
    let Some(root) = parse(&file.text) else {
        return imported.err().map(|error| error.faults).unwrap_or_default();
    };
    let mut wrong = Faults::new(&file.name, &file.text);
    let mut told = Told::default();
    twice(&root, doubts);
    if let Some(board) = body(&root) {
        let variables = variables(&root, board, doubts);
        let mut check = Check { file, ground, variables, wrong: &mut wrong, told: &mut told, doubts };
        check.board(board);
    }
    let mut faults = wrong.finish(()).err().unwrap_or_default();
    match imported {
        Ok(imported) => {
            for loss in &imported.report.losses {
                lost(&root, loss, &told, doubts);
            }
        }
        // That none of its panels can be shown follows from what is wrong with them.
        Err(error) if faults.is_empty() => faults = error.faults,
        Err(_) => {}
    }
    faults
}

/// The dashboard itself in what it may be wrapped in.
fn body(root: &Node) -> Option<&Node> {
    let spots: [&[&str]; 6] =
        [&[], &["dashboard"], &["spec"], &["dashboard", "spec"], &["resource", "spec"], &["dashboard", "dashboard"]];
    let is_one = |node: &&Node| ["panels", "rows", "elements"].iter().any(|key| node.get(key).is_some());
    spots.iter().find_map(|spot| root.at(spot).filter(is_one))
}

/// Keys that one object has twice.
fn twice(root: &Node, doubts: &mut Doubts<'_>) {
    root.each(&mut |node| {
        let mut seen = BTreeSet::new();
        for Entry { key, place, .. } in node.entries() {
            if !seen.insert(key) {
                let hint = "only the last one counts; take one of them away".to_owned();
                doubts.add(place.clone(), format!("the key {key:?} is there twice"), hint);
            }
        }
    });
}

/// The names of all variables that have a value.
fn variables(root: &Node, board: &Node, doubts: &mut Doubts<'_>) -> BTreeSet<String> {
    let classic = board.at(&["templating", "list"]).map_or(&[][..], Node::items).iter();
    let v2 = board.get("variables").map_or(&[][..], Node::items).iter().filter_map(|one| one.get("spec"));
    let mut names = BTreeSet::new();
    for variable in classic.chain(v2) {
        let (Some(name), Some(node)) = (variable.word("name"), variable.get("name")) else { continue };
        if !names.insert(name.to_owned()) {
            let hint = "the later one counts; give it another name".to_owned();
            doubts.add(node.place.clone(), format!("the variable ${name} is defined twice"), hint);
        }
    }
    // What whoever imports the dashboard is asked for.
    let inputs = root.get("__inputs").or_else(|| board.get("__inputs")).map_or(&[][..], Node::items);
    names.extend(inputs.iter().filter_map(|input| input.word("name")).map(str::to_owned));
    names
}

/// What was looked at here, so that it need not be told again as lost.
#[derive(Default)]
struct Told {
    /// The places of all expressions.
    asked: Vec<Range<usize>>,
    /// The variables that expressions mention and nobody defines.
    undefined: BTreeSet<String>,
}

struct Check<'c, 't, 'd> {
    file: &'c Source,
    ground: &'c Ground,
    variables: BTreeSet<String>,
    wrong: &'c mut Faults<'t>,
    told: &'c mut Told,
    doubts: &'c mut Doubts<'d>,
}

impl<'c> Check<'c, '_, '_> {
    fn board(&mut self, board: &'c Node) {
        keys::of_dashboard(board, self.doubts);
        let mut ids = BTreeMap::new();
        let panels = board.get("panels").map_or(&[][..], Node::items).iter();
        let rows = board.get("rows").map_or(&[][..], Node::items).iter();
        for panel in panels {
            self.panel(panel, &mut ids);
            panel.get("panels").map_or(&[][..], Node::items).iter().for_each(|panel| self.panel(panel, &mut ids));
        }
        for row in rows {
            self.repeats(row);
            row.get("panels").map_or(&[][..], Node::items).iter().for_each(|panel| self.panel(panel, &mut ids));
        }
        for entry in board.get("elements").map_or(&[][..], Node::entries) {
            let Some(spec) = entry.value.get("spec") else { continue };
            self.unique(spec, &mut ids);
            let queries = spec.at(&["data", "spec", "queries"]).map_or(&[][..], Node::items);
            let mut letters = BTreeMap::new();
            for query in queries.iter().filter_map(|query| query.get("spec")) {
                self.letter(query, &mut letters);
                let Some(inner) = query.get("query") else { continue };
                let kind = inner.word("group").or_else(|| inner.word("kind").filter(|kind| *kind != "DataQuery"));
                if let Some(own) = inner.get("spec") {
                    self.target(own, kind, query.is_true("hidden"));
                }
            }
        }
    }

    /// A classic panel.
    fn panel(&mut self, panel: &'c Node, ids: &mut BTreeMap<&'c str, usize>) {
        keys::of_panel(panel, self.doubts);
        self.unique(panel, ids);
        self.repeats(panel);
        let mut letters = BTreeMap::new();
        let source = |node: &'c Node| node.get("datasource").and_then(|source| source.word("type"));
        for target in panel.get("targets").map_or(&[][..], Node::items) {
            self.letter(target, &mut letters);
            self.target(target, source(target).or_else(|| source(panel)), target.is_true("hide"));
        }
    }

    /// Links, alerts and the screen's own state go by the id of a panel.
    fn unique(&mut self, panel: &'c Node, ids: &mut BTreeMap<&'c str, usize>) {
        let Some(node) = panel.get("id") else { return };
        let Tree::Plain(id) = &node.tree else { return };
        if id == "null" {
            return;
        }
        match ids.get(id.as_str()) {
            Some(other) => {
                let line = self.line(*other);
                let hint = format!("the other one is in line {line}; links and alerts find only one of them");
                self.doubts.add(node.place.clone(), format!("the panel id {id} is there twice"), hint);
            }
            None => drop(ids.insert(id, node.place.start)),
        }
    }

    /// Queries of one panel are told apart by their letter.
    fn letter(&mut self, target: &'c Node, letters: &mut BTreeMap<&'c str, usize>) {
        let (Some(letter), Some(node)) = (target.word("refId"), target.get("refId")) else { return };
        match letters.get(letter) {
            Some(other) => {
                let line = self.line(*other);
                let hint = format!("the other one is in line {line}; overrides and transformations mean either");
                self.doubts.add(node.place.clone(), format!("two queries of this panel are called {letter:?}"), hint);
            }
            None => drop(letters.insert(letter, node.place.start)),
        }
    }

    fn line(&self, at: usize) -> usize {
        1 + self.file.text[..at].matches('\n').count()
    }

    fn repeats(&mut self, panel: &Node) {
        let (Some(name), Some(node)) = (panel.word("repeat"), panel.get("repeat")) else { return };
        if !self.variables.contains(name) {
            let hint = self.instead(name);
            self.doubts.add(node.place.clone(), format!("it repeats for ${name}, which is not defined"), hint);
        }
    }

    fn instead(&self, name: &str) -> String {
        match nearest(name, self.variables.iter().map(String::as_str)) {
            Some(near) => format!("did you mean ${near}?"),
            None => "define it in templating.list, or take it away".to_owned(),
        }
    }

    /// One query, which goes to a data source of this `kind` where it is said.
    fn target(&mut self, target: &Node, kind: Option<&str>, is_hidden: bool) {
        let (Some(written), Some(node)) = (target.word("expr"), target.get("expr")) else { return };
        if kind.is_some_and(|kind| !speaks_promql(kind)) {
            return;
        }
        self.told.asked.push(node.place.clone());
        let lead = written.len() - written.trim_start().len();
        let expr = written.trim();
        let text = &self.file.text;
        let place = |of: &Range<usize>| {
            let at = |offset| inside(text, &node.place, lead + offset);
            at(of.start)..at(of.end).max(at(of.start))
        };
        for (of, name) in variables_in(expr) {
            // `[[:alpha:]]` is a class of characters.
            if self.variables.contains(name) || GLOBALS.contains(&name) || expr[of.clone()].starts_with('[') {
                continue;
            }
            let (message, hint) = if GRAFANAS.contains(&name) {
                (format!("shtop has no value for ${name}"), "it is empty until typed".to_owned())
            } else {
                (format!("the variable ${name} is not defined"), self.instead(name))
            };
            self.told.undefined.insert(name.to_owned());
            self.doubts.add(place(&of), message, hint);
        }
        if let Err(flaw) = probe(expr) {
            let place = flaw.place.as_ref().map_or_else(|| node.place.clone(), place);
            let message = format!("no PromQL: {}", flaw.message);
            if is_hidden {
                self.doubts.add(place, message, "the query is hidden, and so is what is wrong with it".to_owned());
            } else {
                self.wrong.add(place, message, None);
            }
            return;
        }
        let Ok(query) = Query::parse(&neutral(expr)) else { return };
        for doubt in query::doubts(&query, &self.ground.others) {
            self.doubts.add(place(&doubt.place), doubt.message, doubt.hint);
        }
    }
}

/// Something that shtop does not bring along, unless what is wrong with an expression says it already.
fn lost(root: &Node, loss: &Loss, told: &Told, doubts: &mut Doubts<'_>) {
    let node = find(root, &loss.path);
    let holds = |place: &Range<usize>| node.place.start <= place.start && place.end <= node.place.end;
    let is_about_one = loss.path.rsplit('.').next() == Some("expr");
    let is_expression = !loss.is_panel && is_about_one && told.asked.iter().any(holds);
    let is_variable = variables_in(&loss.what).any(|(_, name)| told.undefined.contains(name));
    if is_expression || is_variable {
        return;
    }
    let of = if loss.panel.is_empty() { String::new() } else { format!("{:?}: ", loss.panel) };
    let verb = if loss.is_panel { "not shown" } else { "ignored" };
    doubts.add(handle(node), format!("{of}{verb} by shtop: {}", loss.what), None);
}

/// What of a value is pointed at: its title, where it is an object that has one, or the brace that opens it.
fn handle(node: &Node) -> Range<usize> {
    match &node.tree {
        Tree::Object(_) => ["title", "name", "type", "id"]
            .iter()
            .find_map(|key| node.get(key).filter(|n| n.text().is_some()))
            .map_or(node.place.start..node.place.start + 1, |n| n.place.clone()),
        Tree::List(_) => node.place.start..node.place.start + 1,
        Tree::Text(_) | Tree::Plain(_) => node.place.clone(),
    }
}

/// The value at a path such as `panels[3].targets[0].expr` or `elements["a b"].spec`, as far as it can be followed.
fn find<'n>(root: &'n Node, path: &str) -> &'n Node {
    let (mut node, mut rest) = (root, path);
    while !rest.is_empty() {
        let step = if let Some(inner) = rest.strip_prefix("[\"") {
            inner.split_once("\"]").and_then(|(key, rest)| Some((node.get(key)?, rest)))
        } else if let Some(inner) = rest.strip_prefix('[') {
            inner.split_once(']').and_then(|(n, rest)| Some((node.items().get(n.parse::<usize>().ok()?)?, rest)))
        } else {
            let rest = rest.trim_start_matches('.');
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            node.get(&rest[..end]).map(|node| (node, &rest[end..]))
        };
        let Some((next, behind)) = step else { break };
        (node, rest) = (next, behind);
    }
    node
}
