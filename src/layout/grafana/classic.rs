//! Dashboards as Grafana has always written them: a list of panels, or before version 5 a list of rows.

use serde_json::Value;

use super::json::{flag, get, items, list, number, safe, text, whole};
use super::{Draft, Heading, Import, Schema, Section};

/// The variables with their places.
pub(super) fn variables(body: &Value, path: &str) -> Vec<(Value, String)> {
    let all = get(body, &["templating", "list"]).map(list).unwrap_or_default();
    all.iter().enumerate().map(|(i, v)| (v.clone(), format!("{path}templating.list[{i}]"))).collect()
}

pub(super) fn sections(import: &mut Import, body: &Value, path: &str) -> Vec<Section> {
    let mut sections = of_panels(items(body, "panels"), path);
    for (i, row) in items(body, "rows").iter().enumerate() {
        sections.push(of_row(row, &format!("{path}rows[{i}]")));
    }
    sections.retain(|section| section.heading.is_some() || !section.drafts.is_empty());
    if sections.iter().all(|section| section.drafts.is_empty()) {
        import.report.ignore("", &format!("{path}panels"), "there are none");
    }
    sections
}

fn of_panels(panels: &[Value], path: &str) -> Vec<Section> {
    let mut order: Vec<(usize, &Value)> = panels.iter().enumerate().collect();
    // Panels belong to the row above them, wherever they are in the file; those without a place stay where they are.
    if panels.iter().all(|p| spot(p).is_some()) {
        order.sort_by_key(|(_, panel)| spot(panel).map(|[x, y, ..]| (y, x)));
    }
    let mut sections = vec![Section::default()];
    for (i, panel) in order {
        let path = format!("{path}panels[{i}]");
        if text(panel, "type") != Some("row") {
            if sections.last().is_some_and(holds_its_own) {
                // What follows a folded row is beneath it, not in it.
                let heading = Heading { title: "…".to_owned(), ..Heading::default() };
                sections.push(Section { heading: Some(heading), drafts: Vec::new() });
            }
            if let Some(section) = sections.last_mut() {
                section.drafts.push(draft(panel, path));
            }
            continue;
        }
        let inside = items(panel, "panels").iter().enumerate();
        sections.push(Section {
            heading: Some(Heading {
                title: safe(text(panel, "title").unwrap_or_default()),
                collapsed: flag(panel, "collapsed"),
                repeat: Import::repeat(panel),
            }),
            drafts: inside.map(|(n, panel)| draft(panel, format!("{path}.panels[{n}]"))).collect(),
        });
    }
    sections
}

/// Whether a section is a folded row, which has its panels inside.
fn holds_its_own(section: &Section) -> bool {
    section.heading.as_ref().is_some_and(|heading| heading.collapsed) && !section.drafts.is_empty()
}

fn draft(panel: &Value, path: String) -> Draft {
    Draft { json: panel.clone(), path, schema: Schema::Classic, spot: spot(panel), repeat: Import::repeat(panel) }
}

fn spot(panel: &Value) -> Option<[i64; 4]> {
    let pos = panel.get("gridPos")?;
    let of = |key: &str| pos.get(key).and_then(whole);
    Some([of("x").unwrap_or(0), of("y").unwrap_or(0), of("w").unwrap_or(12), of("h").unwrap_or(8)])
}

/// Pixels of a line of the grid with the gap beneath it.
const LINE: f64 = 38.0;

/// A row of the time before the grid: panels share 12 columns, and flow.
fn of_row(row: &Value, path: &str) -> Section {
    let height = |value: &Value| {
        let pixels = match value {
            Value::String(text) => text.trim().trim_end_matches("px").parse().ok(),
            other => number(other),
        };
        pixels.filter(|p: &f64| p.is_finite()).map(|p| ((p / LINE).ceil() as i64).clamp(3, 60))
    };
    let of_row = row.get("height").and_then(height).unwrap_or(7);
    let (mut x, mut y, mut tallest) = (0, 0, 0);
    let mut drafts = Vec::new();
    for (i, panel) in items(row, "panels").iter().enumerate() {
        let w = panel.get("span").and_then(number).map_or(8, |span| (span * 2.0).round() as i64).clamp(2, 24);
        let h = panel.get("height").and_then(height).unwrap_or(of_row);
        if x + w > 24 {
            (x, y, tallest) = (0, y + tallest, 0);
        }
        let mut draft = draft(panel, format!("{path}.panels[{i}]"));
        draft.spot = Some([x, y, w, h]);
        drafts.push(draft);
        x += w;
        tallest = tallest.max(h);
    }
    let collapsed = flag(row, "collapse");
    let repeat = Import::repeat(row);
    let is_shown = flag(row, "showTitle") || collapsed || repeat.is_some();
    let title = safe(text(row, "title").unwrap_or_default());
    Section { heading: is_shown.then_some(Heading { title, collapsed, repeat }), drafts }
}
