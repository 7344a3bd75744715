//! What is wrong and what is doubtful in a rule file. Uses `rules`, `runbook` and `series`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::query;
use super::{Doubts, Ground, Source};
use crate::rules::{Kind, Rule, YamlNode, YamlTree, parse, parse_yaml, place_inside};
use crate::runbook::Lookup;
use crate::series::Fault;

pub(super) fn check(file: &Source, ground: &Ground, doubts: &mut Doubts<'_>) -> Vec<Fault> {
    let rules = match parse(&file.name, &file.text) {
        Ok(rules) => rules,
        Err(error) => return error.faults,
    };
    // What the rules' own reader took is YAML.
    let Ok(root) = parse_yaml(&file.text) else { return Vec::new() };
    let mut seen = BTreeMap::new();
    for (group, node) in rules.groups.iter().zip(items(&root, "groups")) {
        for (rule, node) in group.rules.iter().zip(items(node, "rules")) {
            let site = Site { file, rule, node };
            site.expression(ground, doubts);
            if rule.kind == Kind::Alerting {
                site.alert(ground, doubts);
                site.twice(&mut seen, doubts);
            }
        }
    }
    Vec::new()
}

/// A rule, and where it stands.
struct Site<'a> {
    file: &'a Source,
    rule: &'a Rule,
    node: &'a YamlNode,
}

impl<'a> Site<'a> {
    fn name_place(&self) -> Range<usize> {
        get(self.node, "alert").map_or_else(|| self.node.place.clone(), |node| node.place.clone())
    }

    fn expression(&self, ground: &Ground, doubts: &mut Doubts<'_>) {
        let Some(node) = get(self.node, "expr") else { return };
        let YamlTree::Scalar(text) = &node.tree else { return };
        for doubt in query::doubts(&self.rule.query, &ground.others) {
            let at = |offset| place_inside(&self.file.text, &node.place, text, offset);
            let start = at(doubt.place.start);
            doubts.add(start..at(doubt.place.end).max(start), doubt.message, doubt.hint);
        }
    }

    fn alert(&self, ground: &Ground, doubts: &mut Doubts<'_>) {
        let (rule, name) = (self.rule, &self.rule.name);
        if get(self.node, "for").is_none() {
            let hint =
                "a single bad scrape fires it; write how long it must hold, or for: 0s if that is meant".to_owned();
            doubts.add(self.name_place(), format!("alert {name} has no \"for\""), hint);
        }
        if rule.label("severity").is_none_or(|severity| severity.trim().is_empty()) {
            let hint = "labels: severity: critical, high, medium or low; routing and shtop check go by it".to_owned();
            doubts.add(self.name_place(), format!("alert {name} has no label severity"), hint);
        }
        if rule.annotation("summary").is_none_or(|summary| summary.trim().is_empty()) {
            let hint = "annotations: summary: what is broken, in one line".to_owned();
            doubts.add(self.name_place(), format!("alert {name} has no annotation summary"), hint);
        }
        let url = rule.annotation("runbook_url").or_else(|| rule.annotation("runbook"));
        let place = || {
            let annotations = get(self.node, "annotations");
            let written = annotations.and_then(|a| get(a, "runbook_url").or_else(|| get(a, "runbook")));
            written.map_or_else(|| self.name_place(), |node| node.place.clone())
        };
        match ground.runbooks.of_alert(url, rule.annotation("description"), name) {
            Lookup::Here { placeholder: Some(wrong), .. } | Lookup::Placeholder(wrong) => {
                doubts.add(place(), format!("alert {name}: {wrong}"), None);
            }
            Lookup::Here { .. } if url.is_some() => {}
            Lookup::Elsewhere(_) => {}
            Lookup::Here { .. } | Lookup::Missing => {
                let hint = "annotations: runbook_url: where it says what to do".to_owned();
                doubts.add(place(), format!("alert {name} has no annotation runbook_url"), hint);
            }
        }
    }

    /// Two alerts of one name and severity cannot be told from each other. One name in several severities is usual.
    fn twice(&self, seen: &mut BTreeMap<(&'a str, &'a str), usize>, doubts: &mut Doubts<'_>) {
        let key = (self.rule.name.as_str(), self.rule.label("severity").unwrap_or_default());
        match seen.get(&key) {
            Some(line) => {
                let hint = format!("the other is in line {line}; give each a name of its own, or another severity");
                doubts.add(self.name_place(), format!("alert {} is there twice", self.rule.name), hint);
            }
            None => drop(seen.insert(key, self.rule.line)),
        }
    }
}

fn get<'n>(node: &'n YamlNode, key: &str) -> Option<&'n YamlNode> {
    let YamlTree::Map(entries) = &node.tree else { return None };
    entries.iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
}

fn items<'n>(node: &'n YamlNode, key: &str) -> &'n [YamlNode] {
    match get(node, key).map(|node| &node.tree) {
        Some(YamlTree::List(items)) => items,
        _ => &[],
    }
}
