//! What is done with the series before they are drawn, in Grafana's transformations.

use serde_json::{Map, Value, json};

use super::form::{Asks, calculation};
use super::value::{column, slashed};
use crate::layout::{Operand, Panel, PanelQuery, Pick, Transform};

/// All of a panel, behind what its kind needs.
pub(super) fn transformations(panel: &Panel, asks: Asks, before: Vec<Value>) -> Vec<Value> {
    let is_table = asks == Asks::Rows;
    let mut all = before;
    all.extend(panel.transforms.iter().filter_map(|transform| one(transform, panel, is_table)));
    if is_table && !panel.transforms.iter().any(|t| matches!(t, Transform::Columns { .. })) {
        // All lines are of the same time.
        all.push(json!({ "id": "organize", "options": { "excludeByName": { "Time": true }, "renameByName": {} } }));
    }
    all
}

/// `None` for what Grafana has no transformation for.
fn one(transform: &Transform, panel: &Panel, is_table: bool) -> Option<Value> {
    let (id, options) = match transform {
        Transform::Series { pattern, pick: Pick::Keep } => {
            // What is drawn over time needs its times.
            ("filterFieldsByName", json!({ "include": { "pattern": slashed("^Time$|", pattern) } }))
        }
        Transform::Series { pattern, pick: Pick::Drop } => {
            ("filterFieldsByName", json!({ "exclude": { "pattern": slashed("", pattern) } }))
        }
        Transform::Queries { pattern, pick: Pick::Keep } => ("filterByRefId", json!({ "include": pattern })),
        Transform::Queries { pattern, pick: Pick::Drop } => ("filterByRefId", json!({ "exclude": pattern })),
        Transform::Columns { hidden, kept, renamed } => ("organize", columns(hidden, kept, renamed, panel, is_table)),
        Transform::Rename { pattern, to } => {
            ("renameByRegex", json!({ "regex": pattern, "renamePattern": to.replace("${", "$").replace('}', "") }))
        }
        // Which text a stat shows is an option of its own.
        Transform::Words { .. } => return None,
        Transform::Group { by, reduce } => {
            let key = |name: &String| (name.clone(), json!({ "aggregations": [], "operation": "groupby" }));
            let mut fields: Map<_, _> = by.iter().map(key).collect();
            let value = json!({ "aggregations": [calculation(*reduce)], "operation": "aggregate" });
            fields.extend((0..panel.queries.len()).map(|i| (column(&panel.queries, i), value.clone())));
            ("groupBy", json!({ "fields": fields }))
        }
        Transform::Values { of, from, to, pick } => {
            let query = panel.queries.iter().position(|q| q.id == *of)?;
            let (id, limits) = match (from, to) {
                (Some(from), Some(to)) => ("between", json!({ "from": from, "to": to })),
                (Some(from), None) => ("greaterOrEqual", json!({ "value": from })),
                (None, Some(to)) => ("lowerOrEqual", json!({ "value": to })),
                (None, None) => return None,
            };
            let filter =
                json!({ "config": { "id": id, "options": limits }, "fieldName": column(&panel.queries, query) });
            let pick = if *pick == Pick::Drop { "exclude" } else { "include" };
            ("filterByValue", json!({ "filters": [filter], "match": "all", "type": pick }))
        }
        Transform::Calculate { name, left, operator, right, others } => {
            let side = |operand: &Operand| match operand {
                Operand::Number(value) => value.to_string(),
                Operand::Series(name) => field(name, &panel.queries),
            };
            let binary = json!({ "left": side(left), "operator": operator.name(), "right": side(right) });
            (
                "calculateField",
                json!({
                    "alias": name, "binary": binary, "mode": "binary", "reduce": { "reducer": "sum" },
                    "replaceFields": *others == Pick::Drop,
                }),
            )
        }
        Transform::Total { name, reduce, of, others } => {
            let mut sum = json!({ "reducer": calculation(*reduce) });
            if !of.is_empty() {
                sum["include"] = json!(of);
            }
            (
                "calculateField",
                json!({ "alias": name, "mode": "reduceRow", "reduce": sum, "replaceFields": *others == Pick::Drop }),
            )
        }
        Transform::Sort { by, descending } => {
            let field = if by.is_empty() { "Value" } else { by };
            ("sortBy", json!({ "fields": {}, "sort": [{ "desc": descending, "field": field }] }))
        }
        Transform::Limit(count) => ("limit", json!({ "limitField": count })),
    };
    Some(json!({ "id": id, "options": options }))
}

fn columns(hidden: &[String], kept: &[String], renamed: &[(String, String)], panel: &Panel, is_table: bool) -> Value {
    let flags = |names: &[String]| names.iter().map(|name| (name.clone(), json!(true))).collect::<Map<_, _>>();
    let mut excluded = flags(hidden);
    if is_table {
        excluded.insert("Time".to_owned(), json!(true));
    }
    let mut options = json!({
        "excludeByName": excluded,
        "indexByName": {},
        "renameByName": renamed.iter().map(|(from, to)| (from.clone(), json!(to))).collect::<Map<_, _>>(),
    });
    if !kept.is_empty() {
        let mut included = flags(kept);
        // The numbers stay in any case.
        included.extend((0..panel.queries.len()).map(|i| (column(&panel.queries, i), json!(true))));
        options["includeByName"] = Value::Object(included);
    }
    options
}

/// The field of the series `name`: where that is the id of a query, the column of its values.
fn field(name: &str, queries: &[PanelQuery]) -> String {
    let is_series = queries.iter().any(|q| q.legend.as_deref() == Some(name));
    let query = queries.iter().position(|q| q.id == name).filter(|_| !is_series);
    query.map_or_else(|| name.to_owned(), |query| column(queries, query))
}
