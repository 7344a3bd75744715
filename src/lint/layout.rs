//! What is wrong and what is doubtful in a layout file. Uses `layout`, `promql`, `runbook` and `series`.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::query;
use super::{Doubts, Ground, Source};
use crate::layout::{Panel, PanelQuery, TomlValue, neutral, parse, suggest};
use crate::promql::Query;
use crate::series::{Fault, nearest};

pub(super) fn check(file: &Source, ground: &Ground, doubts: &mut Doubts<'_>) -> Vec<Fault> {
    let dashboard = match parse(&file.name, &file.text) {
        Ok(dashboard) => dashboard,
        Err(error) => return error.faults,
    };
    let (root, _) = DeTable::parse_recoverable(&file.text);
    for (panel, value) in dashboard.panels.iter().zip(items(root.get_ref().get("panel"))) {
        let DeValue::Table(table) = value.get_ref() else { continue };
        for (query, value) in panel.queries.iter().zip(items(table.get("query"))) {
            if let DeValue::Table(table) = value.get_ref() {
                asked(file, query, table, ground, doubts);
            }
        }
        references(panel, table, ground, doubts);
        scale(panel, table, doubts);
    }
    Vec::new()
}

/// One query: its metrics, and the labels of its legend.
fn asked(file: &Source, asked: &PanelQuery, table: &DeTable<'_>, ground: &Ground, doubts: &mut Doubts<'_>) {
    let (Ok(query), Some(value)) = (Query::parse(&neutral(&asked.expr)), table.get("expr")) else { return };
    let place = value.span();
    let source = file.text.get(place.clone()).unwrap_or_default();
    let start = source.find(&asked.expr).map(|at| place.start + at);
    let within = |inside: &Range<usize>| match start {
        Some(start) => start + inside.start..start + inside.end,
        // Escapes stand between the text and the file.
        None => place.clone(),
    };
    for doubt in query::doubts(&query, &ground.others) {
        doubts.add(within(&doubt.place), doubt.message, doubt.hint);
    }
    let (Some(legend), Some(value)) = (&asked.legend, table.get("legend")) else { return };
    let kept = query.kept();
    let labels = legend.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim()));
    let gone: BTreeSet<&str> = labels.filter(|label| !label.is_empty() && !kept.has(label)).collect();
    for label in gone {
        let hint = format!("keep it where the query groups: by ({label}, …)");
        doubts.add(value.span(), format!("the legend names {label}, which the query does not keep"), hint);
    }
}

/// What a panel mentions by name.
fn references(panel: &Panel, table: &DeTable<'_>, ground: &Ground, doubts: &mut Doubts<'_>) {
    if let (Some((view, title)), Some(DeValue::Table(drill))) =
        (&panel.drill, table.get("drill").map(TomlValue::get_ref))
    {
        let place = |key| drill.get(key).map(TomlValue::span).unwrap_or_default();
        match ground.panels.get(view) {
            None => {
                let hint = suggest(view, ground.panels.keys().map(String::as_str), "there are");
                doubts.add(place("view"), format!("there is no dashboard {view:?}"), hint);
            }
            Some(titles) if !titles.contains(title) => {
                let hint = suggest(title, titles.iter().map(String::as_str), "it has");
                doubts.add(place("panel"), format!("dashboard {view:?} has no panel {title:?}"), hint);
            }
            Some(_) => {}
        }
    }
    if let (Some(name), Some(value)) = (&panel.runbook, table.get("runbook"))
        && ground.runbooks.find(name).is_none()
    {
        let names: Vec<&str> = ground.runbooks.entries().map(|entry| entry.name.as_str()).collect();
        let hint = suggest(name, names.iter().copied(), "there are");
        doubts.add(value.span(), format!("there is no runbook {name:?}"), hint);
    }
    for (name, value) in panel.alerts.iter().zip(items(table.get("alerts"))) {
        if !ground.alerts.contains(name) {
            let hint = match nearest(name, ground.alerts.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "name the rule file that has it too, so that its alerts are known".to_owned(),
            };
            doubts.add(value.span(), format!("there is no alert {name:?}"), hint);
        }
    }
}

/// Thresholds that no value on the scale can reach.
fn scale(panel: &Panel, table: &DeTable<'_>, doubts: &mut Doubts<'_>) {
    let Some(DeValue::Table(thresholds)) = table.get("thresholds").map(TomlValue::get_ref) else { return };
    for (&(from, _), value) in panel.thresholds.steps.iter().zip(items(thresholds.get("steps"))) {
        let outside = match (panel.min, panel.max) {
            (Some(min), _) if from < min => format!("below the panel's min {min}"),
            (_, Some(max)) if from > max => format!("above the panel's max {max}"),
            _ => continue,
        };
        let hint = "a value out of the scale is drawn at its end; move the step or the end".to_owned();
        doubts.add(value.span(), format!("the threshold {from} lies {outside}"), hint);
    }
}

fn items<'d, 't>(value: Option<&'d TomlValue<'t>>) -> &'d [TomlValue<'t>] {
    match value.map(TomlValue::get_ref) {
        Some(DeValue::Array(items)) => items,
        _ => &[],
    }
}
