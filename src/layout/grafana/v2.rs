//! Dashboards of Grafana's second schema: panels are elements, and a layout says where they stand. They are read into the
//! shape that classic panels and variables have, so that there is one way from there on.

use serde_json::{Map, Value, json};

use super::json::{flag, get, items, safe, text, whole};
use super::{Draft, Heading, Import, Schema, Section};
use crate::layout::repeat::Repeat;

/// Layouts within layouts that are followed.
const DEEPEST: usize = 8;

/// The variables in the shape of classic ones, with their places.
pub(super) fn variables(body: &Value, path: &str) -> Vec<(Value, String)> {
    let read = |(i, one): (usize, &Value)| {
        let kind = text(one, "kind").unwrap_or_default();
        let mut spec = one.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
        let name = kind.trim_end_matches("Variable").to_ascii_lowercase();
        let name = if name == "text" { "textbox".to_owned() } else { name };
        spec.insert("type".to_owned(), Value::from(name));
        if spec.get("hide").and_then(Value::as_str) == Some("hideVariable") {
            spec.insert("hide".to_owned(), Value::from(2));
        }
        (Value::Object(spec), format!("{path}variables[{i}].spec"))
    };
    items(body, "variables").iter().enumerate().map(read).collect()
}

pub(super) fn sections(import: &mut Import, body: &Value, path: &str) -> Vec<Section> {
    let mut walk = Walk { body, path, import, sections: vec![Section::default()] };
    let layout = body.get("layout").unwrap_or(&Value::Null);
    walk.layout(layout, &format!("{path}layout"), "", DEEPEST);
    let mut sections = walk.sections;
    if sections.iter().all(|s| s.drafts.is_empty()) {
        // A layout that cannot be read must not hide what there is.
        let names = body.get("elements").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        let all = names.filter_map(|name| element(body, path, name)).collect();
        sections = vec![Section { heading: None, drafts: all }];
    }
    sections.retain(|s| s.heading.is_some() || !s.drafts.is_empty());
    sections
}

struct Walk<'w> {
    body: &'w Value,
    path: &'w str,
    import: &'w mut Import,
    sections: Vec<Section>,
}

impl Walk<'_> {
    /// Goes through a layout; `above` is the title of what it is in.
    fn layout(&mut self, layout: &Value, at: &str, above: &str, depth: usize) {
        let spec = layout.get("spec").unwrap_or(&Value::Null);
        match text(layout, "kind").unwrap_or_default() {
            _ if depth == 0 => self.import.report.ignore("", at, "layouts nested this deep"),
            "GridLayout" => self.grid(spec, at),
            "AutoGridLayout" | "ResponsiveGridLayout" => self.auto_grid(spec, at),
            "RowsLayout" => self.parts(spec, "rows", at, above, depth),
            "TabsLayout" => self.parts(spec, "tabs", at, above, depth),
            "" => {}
            other => self.import.report.ignore("", at, format!("a layout of kind {:?}", safe(other))),
        }
    }

    fn parts(&mut self, spec: &Value, key: &str, at: &str, above: &str, depth: usize) {
        for (i, part) in items(spec, key).iter().enumerate() {
            let at = format!("{at}.spec.{key}[{i}].spec");
            let Some(own) = part.get("spec") else { continue };
            let own_title = safe(text(own, "title").unwrap_or_default());
            let title = match (above, own_title.as_str()) {
                ("", title) | (title, "") => title.to_owned(),
                (above, title) => format!("{above} / {title}"),
            };
            if get(own, &["conditionalRendering", "spec", "items"]).is_some_and(|i| !super::list(i).is_empty()) {
                self.import.report.ignore(
                    "",
                    &format!("{at}.conditionalRendering"),
                    format!("when {title:?} is shown"),
                );
            }
            let heading = Heading {
                title: title.clone(),
                collapsed: flag(own, "collapse") || flag(own, "collapsed"),
                repeat: repeat(own),
            };
            let is_hidden = flag(own, "hideHeader") && heading.repeat.is_none();
            self.sections.push(Section { heading: (!is_hidden).then_some(heading), drafts: Vec::new() });
            let (place, inside) = (self.sections.len() - 1, own.get("layout").unwrap_or(&Value::Null));
            self.layout(inside, &format!("{at}.layout"), &title, depth - 1);
            // Parts of parts have headings of their own, which name this one.
            if matches!(text(inside, "kind"), Some("RowsLayout" | "TabsLayout"))
                && self.sections[place].drafts.is_empty()
            {
                self.sections.remove(place);
            }
        }
    }

    fn grid(&mut self, spec: &Value, at: &str) {
        for (i, item) in items(spec, "items").iter().enumerate() {
            let at = format!("{at}.spec.items[{i}].spec");
            let Some(own) = item.get("spec") else { continue };
            if text(item, "kind") == Some("GridLayoutRow") {
                let heading = Heading {
                    title: safe(text(own, "title").unwrap_or_default()),
                    collapsed: flag(own, "collapsed"),
                    repeat: repeat(own),
                };
                self.sections.push(Section { heading: Some(heading), drafts: Vec::new() });
                for element in items(own, "elements") {
                    self.place(element.get("spec").unwrap_or(&Value::Null), &at);
                }
            } else {
                self.place(own, &at);
            }
        }
    }

    fn place(&mut self, own: &Value, at: &str) {
        let of = |key: &str| own.get(key).and_then(whole);
        let spot = [of("x").unwrap_or(0), of("y").unwrap_or(0), of("width").unwrap_or(12), of("height").unwrap_or(8)];
        self.put(own, spot, at);
    }

    fn auto_grid(&mut self, spec: &Value, at: &str) {
        let columns = spec.get("maxColumnCount").and_then(whole).unwrap_or(3).clamp(1, 8);
        let height = match (text(spec, "rowHeightMode"), spec.get("rowHeight").and_then(whole)) {
            (Some("short"), _) => 5,
            (Some("tall"), _) => 13,
            (Some("custom"), Some(pixels)) => (pixels / 38).clamp(3, 60),
            _ => 8,
        };
        for (i, item) in items(spec, "items").iter().enumerate() {
            let own = item.get("spec").unwrap_or(&Value::Null);
            let at = format!("{at}.spec.items[{i}].spec");
            if get(own, &["conditionalRendering", "spec", "items"]).is_some_and(|i| !super::list(i).is_empty()) {
                self.import.report.ignore("", &format!("{at}.conditionalRendering"), "when a panel is shown");
            }
            let (n, w) = (i as i64, 24 / columns);
            self.put(own, [n % columns * w, n / columns * height, w, height], &at);
        }
    }

    /// Puts the element that `own` names where it is to stand.
    fn put(&mut self, own: &Value, spot: [i64; 4], at: &str) {
        let name = get(own, &["element", "name"]).and_then(Value::as_str).unwrap_or_default();
        let Some(mut draft) = element(self.body, self.path, name) else {
            self.import.report.panels += 1;
            self.import.report.lose("", at, format!("element {:?}, which the file does not have", safe(name)));
            return;
        };
        draft.spot = Some(spot);
        draft.repeat = repeat(own);
        if let Some(section) = self.sections.last_mut() {
            section.drafts.push(draft);
        }
    }
}

fn repeat(own: &Value) -> Option<Repeat> {
    let repeat = own.get("repeat")?;
    // The names of what a classic panel has.
    Import::repeat(&json!({
        "repeat": repeat.get("value"),
        "repeatDirection": repeat.get("direction"),
        "maxPerRow": repeat.get("maxPerRow"),
    }))
}

/// An element in the shape of a classic panel.
fn element(body: &Value, path: &str, name: &str) -> Option<Draft> {
    let own = get(body, &["elements", name])?;
    let spec = own.get("spec")?;
    let mut panel = Map::new();
    for key in ["id", "title", "description", "links", "libraryPanel"] {
        if let Some(value) = spec.get(key) {
            panel.insert(key.to_owned(), value.clone());
        }
    }
    if text(own, "kind") == Some("LibraryPanel") {
        panel.entry("libraryPanel").or_insert(Value::Null);
    }
    if let Some(config) = spec.get("vizConfig") {
        let kind = text(config, "kind").filter(|kind| *kind != "VizConfig").or_else(|| text(config, "group"));
        panel.insert("type".to_owned(), Value::from(kind.unwrap_or_default()));
        for key in ["options", "fieldConfig"] {
            if let Some(value) = get(config, &["spec", key]) {
                panel.insert(key.to_owned(), value.clone());
            }
        }
    }
    let group = get(spec, &["data", "spec"]).unwrap_or(&Value::Null);
    panel.insert("targets".to_owned(), items(group, "queries").iter().map(target).collect());
    panel.insert("transformations".to_owned(), items(group, "transformations").iter().map(transformation).collect());
    for key in ["timeFrom", "timeShift", "interval"] {
        if let Some(value) = get(group, &["queryOptions", key]) {
            panel.insert(key.to_owned(), value.clone());
        }
    }
    let word = if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!(".{name}")
    } else {
        format!("[{:?}]", safe(name))
    };
    let path = format!("{path}elements{word}.spec");
    Some(Draft { json: Value::Object(panel), path, schema: Schema::V2, spot: None, repeat: None })
}

fn target(query: &Value) -> Value {
    let own = query.get("spec").unwrap_or(&Value::Null);
    let inner = own.get("query").unwrap_or(&Value::Null);
    let mut target = inner.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
    let kind = text(inner, "kind").filter(|kind| *kind != "DataQuery").or_else(|| text(inner, "group"));
    if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
        target.insert("datasource".to_owned(), json!({ "type": kind }));
    }
    for (key, from) in [("refId", "refId"), ("hide", "hidden")] {
        if let Some(value) = own.get(from) {
            target.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(target)
}

fn transformation(one: &Value) -> Value {
    let spec = one.get("spec").unwrap_or(&Value::Null);
    let kind = text(one, "kind").filter(|kind| *kind != "Transformation");
    let id = kind.or_else(|| text(one, "group")).or_else(|| text(spec, "id"));
    json!({ "id": id, "options": spec.get("options"), "disabled": spec.get("disabled") })
}
