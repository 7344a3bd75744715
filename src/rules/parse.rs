//! From the text of a rule file to checked rules. Every fault of the file is reported, not the first alone. Uses `series`
//! and `promql`.
//!
//! What is refused is what Prometheus refuses:
//! <https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::promql::Query;
use crate::series::{Faults, Labels, nearest};

use super::duration;
use super::file::{Group, Rule, RuleError, RuleFile};
use super::status::Kind;
use super::template::Template;
use super::yaml::{self, Node, Tree};

const FILE: &[&str] = &["groups"];
const GROUP: &[&str] = &["name", "interval", "limit", "query_offset", "labels", "rules"];
const RULE: &[&str] = &["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

/// Longest file that is read, bytes.
const MAX_BYTES: usize = 8 << 20;

pub(super) fn parse(name: &str, text: &str) -> Result<RuleFile, RuleError> {
    let faults = Faults::new(name, text);
    let mut reader = Reader { text, faults };
    let groups = reader.file();
    let file = RuleFile { name: name.to_owned(), groups };
    reader.faults.finish(file).map_err(|faults| RuleError { faults })
}

struct Reader<'t> {
    text: &'t str,
    faults: Faults<'t>,
}

/// A map whose keys are known.
struct Section<'n> {
    /// For messages: "a group", "a rule".
    what: &'static str,
    /// Where it begins.
    place: Range<usize>,
    entries: Vec<(&'n str, &'n Range<usize>, &'n Node)>,
}

impl<'n> Section<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(k, ..)| *k == key).map(|(.., node)| *node)
    }

    fn key(&self, key: &str) -> Option<Range<usize>> {
        self.entries.iter().find(|(k, ..)| *k == key).map(|(_, place, _)| (*place).clone())
    }
}

impl Reader<'_> {
    fn fault(&mut self, place: Range<usize>, message: impl Into<String>) {
        self.faults.add(place, message, None);
    }

    fn file(&mut self) -> Vec<Group> {
        if self.text.len() > MAX_BYTES {
            self.fault(0..0, format!("rule file is larger than {} MiB", MAX_BYTES >> 20));
            return Vec::new();
        }
        let root = match yaml::parse(self.text) {
            Ok(root) => root,
            Err(broken) => {
                self.faults.add(broken.place, broken.message, broken.hint);
                return Vec::new();
            }
        };
        if matches!(root.tree, Tree::Null) {
            return Vec::new();
        }
        let Some(section) = self.section("a rule file", FILE, &root) else { return Vec::new() };
        let mut names = BTreeSet::new();
        let mut groups = Vec::new();
        for node in self.list(section.get("groups"), "groups") {
            if let Some(group) = self.group(node, &mut names) {
                groups.push(group);
            }
        }
        groups
    }

    fn section<'n>(&mut self, what: &'static str, known: &[&'static str], node: &'n Node) -> Option<Section<'n>> {
        let Tree::Map(entries) = &node.tree else {
            let hint = format!("{what} is a map of {}", known.join(", "));
            self.faults.add(node.place.clone(), format!("{what} must be a map"), Some(hint));
            return None;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let hint = match nearest(&key.text, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("{what} has {}", known.join(", ")),
            };
            self.faults.add(key.place.clone(), format!("unknown field {} in {what}", key.text), Some(hint));
        }
        let place = entries.first().map_or_else(|| node.place.clone(), |(key, _)| key.place.clone());
        let entries = entries.iter().map(|(key, node)| (key.text.as_str(), &key.place, node)).collect();
        Some(Section { what, place, entries })
    }

    fn list<'n>(&mut self, node: Option<&'n Node>, name: &str) -> &'n [Node] {
        match node.map(|n| (&n.tree, n)) {
            Some((Tree::List(list), _)) => list,
            None | Some((Tree::Null, _)) => &[],
            Some((_, node)) => {
                self.fault(node.place.clone(), format!("{name} must be a list"));
                &[]
            }
        }
    }

    /// The text at `key`; none where there is none, or something else, which is a fault.
    fn text<'n>(&mut self, section: &Section<'n>, key: &str) -> Option<(&'n str, &'n Node)> {
        let node = section.get(key)?;
        match &node.tree {
            Tree::Scalar(text) => Some((text, node)),
            Tree::Null => None,
            _ => {
                self.fault(node.place.clone(), format!("{key} of {} must be a text", section.what));
                None
            }
        }
    }

    fn duration(&mut self, section: &Section<'_>, key: &str) -> Option<i64> {
        let (text, node) = self.text(section, key)?;
        duration::parse(text).map_err(|why| self.fault(node.place.clone(), why)).ok()
    }

    fn group(&mut self, node: &Node, names: &mut BTreeSet<String>) -> Option<Group> {
        let section = self.section("a group", GROUP, node)?;
        let name = if let Some((name, at)) = self.text(&section, "name") {
            if !names.insert(name.to_owned()) {
                self.fault(at.place.clone(), format!("group name {name:?} is repeated in the same file"));
            }
            name.to_owned()
        } else {
            self.fault(section.place.clone(), "a group must have a name");
            String::new()
        };
        let interval = self.duration(&section, "interval").filter(|i| *i > 0);
        let query_offset = self.duration(&section, "query_offset");
        let mut limit = 0;
        if let Some((text, at)) = self.text(&section, "limit") {
            match text.parse::<i64>() {
                // Below 0 is no limit, as 0 is.
                Ok(number) => limit = usize::try_from(number).unwrap_or(0),
                Err(_) => self.fault(at.place.clone(), format!("limit must be a whole number, not {text:?}")),
            }
        }
        let labels = self.pairs(section.get("labels"), "label", false);
        let mut rules = Vec::new();
        for node in self.list(section.get("rules"), "rules") {
            if let Some(rule) = self.rule(node, &labels) {
                rules.push(rule);
            }
        }
        Some(Group { name, interval, limit, query_offset, rules })
    }

    fn rule(&mut self, node: &Node, group_labels: &BTreeMap<String, Template>) -> Option<Rule> {
        let section = self.section("a rule", RULE, node)?;
        let (record, alert) = (self.text(&section, "record"), self.text(&section, "alert"));
        let (name, kind) = match (record, alert) {
            (Some(_), Some((_, at))) => {
                self.fault(at.place.clone(), "only one of 'record' and 'alert' must be set");
                (String::new(), Kind::Alerting)
            }
            (None, None) => {
                self.fault(section.place.clone(), "one of 'record' or 'alert' must be set");
                (String::new(), Kind::Alerting)
            }
            (Some((name, at)), None) => {
                self.recording(&section, name, at);
                (name.to_owned(), Kind::Recording)
            }
            (None, Some((name, at))) => {
                if name.is_empty() {
                    self.fault(at.place.clone(), "an alert must have a name");
                }
                (name.to_owned(), Kind::Alerting)
            }
        };
        let alerting = kind == Kind::Alerting;
        let query = self.query(&section);
        let (hold, keep_firing) = (self.duration(&section, "for"), self.duration(&section, "keep_firing_for"));
        let mut labels = group_labels.clone();
        labels.extend(self.pairs(section.get("labels"), "label", alerting));
        let annotations = self.pairs(section.get("annotations"), "annotation", alerting);
        Some(Rule {
            name,
            kind,
            query: query?,
            hold: hold.unwrap_or(0),
            keep_firing: keep_firing.unwrap_or(0),
            labels: labels.into_iter().collect(),
            annotations: annotations.into_iter().collect(),
            line: self.text[..section.place.start.min(self.text.len())].matches('\n').count() + 1,
        })
    }

    /// What recording rules cannot have.
    fn recording(&mut self, section: &Section<'_>, name: &str, at: &Node) {
        if name.contains(['{', '}']) {
            self.fault(at.place.clone(), "braces in the name of a recording rule; should they be in expr?");
        } else if name.is_empty() || name.contains(char::is_control) {
            self.fault(at.place.clone(), format!("invalid recording rule name: {name:?}"));
        }
        for key in ["annotations", "for", "keep_firing_for"] {
            let empty = section.get(key).is_none_or(|node| match &node.tree {
                Tree::Null => true,
                Tree::Map(entries) => entries.is_empty(),
                _ => false,
            });
            if let Some(place) = section.key(key).filter(|_| !empty) {
                self.fault(place, format!("invalid field '{key}' in recording rule"));
            }
        }
    }

    fn query(&mut self, section: &Section<'_>) -> Option<Query> {
        let Some((text, node)) = self.text(section, "expr").filter(|(text, _)| !text.trim().is_empty()) else {
            let place = section.key("expr").unwrap_or_else(|| section.place.clone());
            self.fault(place, "field 'expr' must be set in rule");
            return None;
        };
        match Query::parse(text) {
            Ok(query) => Some(query),
            Err(error) => {
                let place = error.place().map(|p| self.inside(node, text, &p));
                self.fault(place.unwrap_or_else(|| node.place.clone()), format!("could not parse expression: {error}"));
                None
            }
        }
    }

    /// The bytes of the file that the bytes `place` of a scalar's value stand in.
    fn inside(&self, node: &Node, value: &str, place: &Range<usize>) -> Range<usize> {
        let at = |offset| yaml::inside(self.text, &node.place, value, offset);
        let start = at(place.start);
        start..at(place.end).max(start)
    }

    /// Labels or annotations. Where they are templates, they must be sound ones.
    fn pairs(&mut self, node: Option<&Node>, what: &str, templates: bool) -> BTreeMap<String, Template> {
        let mut pairs = BTreeMap::new();
        let entries = match node.map(|n| (&n.tree, n)) {
            None | Some((Tree::Null, _)) => return pairs,
            Some((Tree::Map(entries), _)) => entries,
            Some((_, node)) => {
                self.fault(node.place.clone(), format!("{what}s must be a map, name: text"));
                return pairs;
            }
        };
        for (key, node) in entries {
            let name = key.text.as_str();
            let reserved = what == "label" && name == Labels::NAME;
            if name.is_empty() || reserved || name.contains(char::is_control) {
                self.fault(key.place.clone(), format!("invalid {what} name: {name:?}"));
            }
            let text = match &node.tree {
                Tree::Scalar(text) => text.as_str(),
                Tree::Null => "",
                _ => {
                    let hint = "a value that begins with {{ must stand in quotes".to_owned();
                    let message = format!("{what} {name} must be a text");
                    self.faults.add(node.place.clone(), message, Some(hint));
                    continue;
                }
            };
            let template = if templates { Template::parse(text) } else { Ok(Template::verbatim(text)) };
            match template {
                Ok(template) => {
                    pairs.insert(name.to_owned(), template);
                }
                Err(error) => {
                    let place = self.inside(node, text, &error.place);
                    self.fault(place, format!("template of {what} {name}: {}", error.message));
                }
            }
        }
        pairs
    }
}
