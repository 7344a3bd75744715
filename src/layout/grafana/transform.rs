//! Grafana's transformations, as far as they say something of series rather than of tables in general.

use serde_json::Value;

use super::json::{flag, get, items, number, regex, safe, text, whole};
use super::{Draft, Import};
use crate::layout::model::{Kind, Panel, PanelQuery};
use crate::layout::overrides::{Override, Which};
use crate::layout::transform::{Operand, Operator, Pick, Transform};
use crate::layout::variables::pattern;

/// The query whose values the column `name` of a table holds.
pub(super) fn query_of_column(name: &str, queries: &[PanelQuery]) -> Option<usize> {
    if name == "Value" {
        return Some(0).filter(|_| !queries.is_empty());
    }
    let id = name.strip_prefix("Value #")?;
    queries.iter().position(|q| q.id == id)
}

impl Import {
    /// Takes `transformations` over into `panel`.
    pub(super) fn transformations(&mut self, draft: &Draft, panel: &mut Panel) {
        for (i, one) in items(&draft.json, "transformations").iter().enumerate() {
            if flag(one, "disabled") {
                continue;
            }
            let id = text(one, "id").unwrap_or_default();
            let options = one.get("options").unwrap_or(&Value::Null);
            let at = format!("transformations[{i}]");
            let done = match id {
                "organize" => organize(options, panel),
                // Series with the same labels are one line of a table anyway, and labels its columns.
                "labelsToFields" | "joinByLabels" | "timeSeriesTable" => panel.kind == Kind::Table,
                "merge" | "seriesToColumns" | "joinByField" | "prepareTimeSeries" | "seriesToRows"
                | "convertFieldType" | "formatTime" | "" => true,
                "renameByRegex" => rename(options, panel),
                "groupBy" => self.group(draft, &at, options, panel),
                "filterByValue" => filter_values(options, panel),
                "reduce" => self.reduce_all(draft, &at, options, panel),
                "filterFieldsByName" => filter_names(options, panel),
                "filterByRefId" | "filterFrames" => filter_queries(options, panel),
                "calculateField" => self.calculate(draft, &at, options, panel),
                "sortBy" => sort(options, panel),
                "limit" => {
                    let count = options.get("limitField").and_then(whole).unwrap_or(10).clamp(0, 10_000);
                    panel.transforms.push(Transform::Limit(count as usize));
                    true
                }
                _ => false,
            };
            if !done {
                self.ignored(draft, &at, format!("the transformation {:?}", safe(id)));
            }
        }
    }

    /// A line for each value of some labels; of what is left the first calculation.
    fn group(&mut self, draft: &Draft, at: &str, options: &Value, panel: &mut Panel) -> bool {
        let fields = options.get("fields").and_then(Value::as_object).into_iter().flatten();
        let (mut by, mut hidden) = (Vec::new(), Vec::new());
        let mut reduce = None;
        let mut valued = false;
        for (name, field) in fields {
            let calcs: Vec<&str> = items(field, "aggregations").iter().filter_map(Value::as_str).collect();
            let is_value = query_of_column(name, &panel.queries).is_some();
            match (text(field, "operation"), is_value) {
                (Some("groupby"), true) => return false,
                (Some("groupby"), false) => by.push(safe(name)),
                (Some("aggregate"), true) => {
                    valued = true;
                    for calc in calcs {
                        let found = self.reduce(draft, &format!("{at}.options.fields"), calc);
                        if reduce.is_some() && reduce != found {
                            self.ignored(
                                draft,
                                &format!("{at}.options.fields"),
                                format!("the calculation {:?}", safe(calc)),
                            );
                        }
                        reduce = reduce.or(found);
                    }
                }
                // The value of another label, which those of one group have in common more often than not.
                (Some("aggregate"), false) if !calcs.is_empty() && !name.starts_with("Time") => by.push(safe(name)),
                _ => {}
            }
        }
        if by.is_empty() {
            return false;
        }
        if !valued && panel.kind == Kind::Table {
            hidden.push("/^Value( #.*)?$/".to_owned());
            panel.transforms.push(Transform::Columns { hidden, kept: Vec::new(), renamed: Vec::new() });
        }
        panel.transforms.push(Transform::Group { by, reduce: reduce.unwrap_or_default() });
        true
    }

    /// Every series becomes a line of numbers.
    fn reduce_all(&mut self, draft: &Draft, at: &str, options: &Value, panel: &mut Panel) -> bool {
        let at = format!("{at}.options.reducers");
        let names: Vec<&str> = items(options, "reducers").iter().filter_map(Value::as_str).collect();
        let found: Vec<_> = names.iter().filter_map(|name| self.reduce(draft, &at, name)).collect();
        if let Some(&first) = found.first() {
            panel.reduce = first;
        }
        if panel.kind == Kind::Table {
            panel.legend = found;
        }
        true
    }

    fn calculate(&mut self, draft: &Draft, at: &str, options: &Value, panel: &mut Panel) -> bool {
        let name = safe(text(options, "alias").unwrap_or_default());
        let others = if flag(options, "replaceFields") { Pick::Drop } else { Pick::Keep };
        match text(options, "mode").unwrap_or("reduceRow") {
            "binary" => {
                let Some(binary) = options.get("binary") else { return false };
                let side = |key: &str| {
                    let own = binary.get(key)?;
                    let name = own.as_str().or_else(|| get(own, &["matcher", "options"]).and_then(Value::as_str));
                    let fixed = own.get("fixed").and_then(number).or_else(|| number(own));
                    fixed.map(Operand::Number).or_else(|| {
                        let name = name?;
                        let query = query_of_column(name, &panel.queries).map(|q| panel.queries[q].id.clone());
                        Some(Operand::Series(query.unwrap_or_else(|| safe(name))))
                    })
                };
                let word = text(binary, "operator").unwrap_or("+");
                let operator = Operator::NAMES.iter().find(|(own, _)| *own == word).map(|&(_, operator)| operator);
                let (Some(left), Some(operator), Some(right)) = (side("left"), operator, side("right")) else {
                    return false;
                };
                panel.transforms.push(Transform::Calculate { name, left, operator, right, others });
                true
            }
            "reduceRow" => {
                let word = get(options, &["reduce", "reducer"]).and_then(Value::as_str).unwrap_or("sum");
                let Some(reduce) = self.reduce(draft, &format!("{at}.options.reduce.reducer"), word) else {
                    return true;
                };
                let of = get(options, &["reduce", "include"]).map(super::list).unwrap_or_default();
                let of = of.iter().filter_map(Value::as_str).map(safe).collect();
                let name = if name.is_empty() { "Total".to_owned() } else { name };
                panel.transforms.push(Transform::Total { name, reduce, of, others });
                true
            }
            _ => false,
        }
    }
}

/// Columns are left out and renamed; their order is the table's own.
fn organize(options: &Value, panel: &mut Panel) -> bool {
    let pairs = |key: &str| options.get(key).and_then(Value::as_object).into_iter().flatten();
    let (mut hidden, mut renamed) = (Vec::new(), Vec::new());
    for (name, _) in pairs("excludeByName").filter(|(_, is)| is.as_bool() == Some(true)) {
        match query_of_column(name, &panel.queries) {
            Some(_) if panel.kind == Kind::Table => hidden.push(safe(name)),
            Some(query) if panel.queries.len() > 1 => panel.overrides.push(Override {
                of: Which::Query(panel.queries[query].id.clone()),
                hidden: Some(true),
                ..Override::default()
            }),
            // A stat of labels has no values to leave out.
            Some(_) => {}
            None if name.starts_with("Time") => {}
            None => hidden.push(safe(name)),
        }
    }
    for (name, to) in pairs("renameByName") {
        let Some(to) = to.as_str().map(safe).filter(|to| !to.trim().is_empty()) else { continue };
        match query_of_column(name, &panel.queries) {
            Some(query) => panel.queries[query].legend = Some(to),
            None if name.starts_with("Time") => {}
            None if panel.kind == Kind::Table => renamed.push((safe(name), to)),
            None => {
                panel.overrides.push(Override { of: Which::Name(safe(name)), name: Some(to), ..Override::default() });
            }
        }
    }
    let kept: Vec<String> = pairs("includeByName")
        .filter(|(name, is)| is.as_bool() == Some(true) && query_of_column(name, &panel.queries).is_none())
        .map(|(name, _)| safe(name))
        .collect();
    if !hidden.is_empty() || !renamed.is_empty() || !kept.is_empty() {
        panel.transforms.push(Transform::Columns { hidden, kept, renamed });
    }
    true
}

fn filter_names(options: &Value, panel: &mut Panel) -> bool {
    let mut done = false;
    for (key, pick) in [("include", Pick::Keep), ("exclude", Pick::Drop)] {
        let Some(own) = options.get(key) else { continue };
        let names: Vec<&str> = items(own, "names").iter().filter_map(Value::as_str).collect();
        if let Some(text) = text(own, "pattern").filter(|text| !text.is_empty()) {
            let wanted = regex(text);
            if pattern(&wanted).is_none() {
                return false;
            }
            panel.transforms.push(if panel.kind == Kind::Table {
                let (wanted, none) = (vec![format!("/{wanted}/")], Vec::new());
                let (kept, hidden) = if pick == Pick::Keep { (wanted, none) } else { (none, wanted) };
                Transform::Columns { hidden, kept, renamed: Vec::new() }
            } else {
                Transform::Series { pattern: wanted, pick }
            });
            done = true;
        } else if !names.is_empty() && panel.kind == Kind::Table {
            let is_kept = |n: &&&str| pick == Pick::Drop || query_of_column(n, &panel.queries).is_none();
            let mut labels: Vec<String> =
                names.iter().filter(is_kept).filter(|n| **n != "Time").map(|n| safe(n)).collect();
            let is_valued = names.iter().any(|n| query_of_column(n, &panel.queries).is_some());
            if pick == Pick::Keep && !is_valued && !labels.is_empty() {
                let hidden = vec!["/^Value( #.*)?$/".to_owned()];
                panel.transforms.push(Transform::Columns {
                    hidden,
                    kept: std::mem::take(&mut labels),
                    renamed: Vec::new(),
                });
            }
            if !labels.is_empty() {
                let (kept, hidden) = if pick == Pick::Keep { (labels, Vec::new()) } else { (Vec::new(), labels) };
                panel.transforms.push(Transform::Columns { hidden, kept, renamed: Vec::new() });
            }
            done = true;
        } else if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|n| regex::escape(n)).collect();
            panel.transforms.push(Transform::Series { pattern: format!("^(?:{})$", names.join("|")), pick });
            done = true;
        }
    }
    done
}

/// Names of series are rewritten; in a table those of its columns of values.
fn rename(options: &Value, panel: &mut Panel) -> bool {
    let wanted = text(options, "regex").unwrap_or_default();
    let Some(found) = pattern(&slashed(wanted)).filter(|_| !wanted.is_empty()) else { return false };
    let to = replacement(text(options, "renamePattern").unwrap_or_default());
    if panel.kind != Kind::Table {
        panel.transforms.push(Transform::Rename { pattern: slashed(wanted), to });
        return true;
    }
    for query in &mut panel.queries {
        let name = query.legend.clone().unwrap_or_else(|| format!("Value #{}", query.id));
        if found.is_match(&name) {
            query.legend = Some(safe(&found.replace_all(&name, to.as_str()))).filter(|l| !l.contains("{{"));
        }
    }
    true
}

/// The regular expression that is found anywhere: with or without slashes.
fn slashed(text: &str) -> String {
    if text.starts_with('/') { regex(text) } else { text.to_owned() }
}

/// `$1` as a regular expression here takes it: what follows must not be read as a part of the name.
fn replacement(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out += before;
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        match &after[..digits] {
            "" => out += "$$",
            number => out.extend(["${", number, "}"]),
        }
        rest = &after[digits..];
    }
    out + rest
}

/// One condition on the values of a query.
fn filter_values(options: &Value, panel: &mut Panel) -> bool {
    let [filter] = items(options, "filters") else { return false };
    let field = text(filter, "fieldName").unwrap_or_default();
    let legend = |q: &PanelQuery| q.legend.as_deref() == Some(field);
    let query = query_of_column(field, &panel.queries).or_else(|| panel.queries.iter().position(legend));
    let config = filter.get("config").unwrap_or(&Value::Null);
    let end = |key: &str| get(config, &["options", key]).and_then(number);
    let value = end("value");
    let mut pick = if text(options, "type") == Some("exclude") { Pick::Drop } else { Pick::Keep };
    let turn = |pick: &mut Pick| *pick = if *pick == Pick::Keep { Pick::Drop } else { Pick::Keep };
    let Some(query) = query else { return false };
    let (from, to) = match text(config, "id") {
        Some("greaterOrEqual") => (value, None),
        Some("lowerOrEqual") => (None, value),
        // Greater is what is not lower or equal.
        Some("greater") => {
            turn(&mut pick);
            (None, value)
        }
        Some("lower") => {
            turn(&mut pick);
            (value, None)
        }
        Some("equal") => (value, value),
        Some("notEqual") => {
            turn(&mut pick);
            (value, value)
        }
        Some("range" | "between") => (end("from"), end("to")),
        _ => return false,
    };
    if from.is_none() && to.is_none() {
        return false;
    }
    let of = panel.queries[query].id.clone();
    panel.transforms.push(Transform::Values { of, from, to, pick });
    true
}

fn filter_queries(options: &Value, panel: &mut Panel) -> bool {
    for (key, pick) in [("include", Pick::Keep), ("exclude", Pick::Drop)] {
        let own = options.get(key);
        let ids = own.and_then(Value::as_str).or_else(|| own.and_then(|o| text(o, "options")));
        if let Some(ids) = ids.filter(|ids| !ids.is_empty() && pattern(ids).is_some()) {
            panel.transforms.push(Transform::Queries { pattern: ids.to_owned(), pick });
            return true;
        }
    }
    false
}

fn sort(options: &Value, panel: &mut Panel) -> bool {
    // By its first key alone.
    let Some(first) = items(options, "sort").first() else { return true };
    let field = text(first, "field").unwrap_or_default();
    let is_value = field.starts_with("Value") || panel.queries.iter().any(|q| q.legend.as_deref() == Some(field));
    let by = if is_value { String::new() } else { safe(field) };
    panel.transforms.push(Transform::Sort { by, descending: flag(first, "desc") });
    true
}
