//! From the JSON of a Grafana dashboard, classic or v2, to a [`Dashboard`] and a report of what could not be brought along.
//!
//! What Grafana writes is described at <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>;
//! anything may be missing or of another type than it should be, which is never an error here. Looks alone (widths of lines,
//! fixed colours, tooltips, where a legend stands) are left to shtop; whatever else is left out is reported. Uses `unit` and
//! `promql`.

mod adhoc;
mod carried;
mod classic;
mod color;
mod field;
mod json;
mod legacy;
mod link;
mod panel;
mod report;
mod transform;
mod v2;
mod variable;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use self::adhoc::Filter;
pub(crate) use self::carried::{OPTION, carried};
use self::json::{get, items, list, safe, text, whole};
pub(crate) use self::link::{ALERTS, RUNBOOK, UID_PREFIX, encoded};
pub(crate) use self::panel::speaks_promql;
pub use self::report::{Loss, Report};
use super::arrange::{Gaps, drop_down};
use super::fault::LayoutError;
use super::model::{Dashboard, GRID_COLUMNS, Kind, Panel, Pos, Variable};
use super::parse::{MAX_ROW, RANGE};
use super::repeat::{MOST_PANELS, Repeat};
use super::variables::{BUILTIN, Selection, places};
use super::{Values, parse};
use crate::promql::parse_duration;
use crate::series::Faults;

/// A dashboard from Grafana.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The dashboard.
    pub dashboard: Dashboard,
    /// What of it is not there.
    pub report: Report,
}

/// Whether `bytes` are JSON rather than a layout file: their first character is a brace.
pub fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Reads the dashboard `bytes`, which is called `path_name`. Its id is its uid, or the stem of that name.
///
/// # Errors
/// JSON that cannot be read, with its place; JSON that is no dashboard, or a dashboard of which no panel can be shown.
pub fn import(path_name: &str, bytes: &[u8]) -> Result<Imported, LayoutError> {
    let lossy = String::from_utf8_lossy(bytes);
    let text = lossy.strip_prefix('\u{feff}').unwrap_or(&lossy);
    let wrong = |place: usize, message: &str, hint: Option<&str>| {
        let mut faults = Faults::new(path_name, text);
        faults.add(place..place, message, hint.map(str::to_owned));
        faults.finish(()).map_err(|faults| LayoutError { faults })
    };
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            let (place, message) = json::place(text, &error);
            wrong(place, &message, None)?;
            Value::Null
        }
    };
    let mut import = Import::default();
    let Some((dashboard, path)) = body(&root) else {
        let hint = "it has no panels, rows or elements; export the dashboard from Grafana as JSON";
        wrong(0, "this JSON is no Grafana dashboard", Some(hint))?;
        return Ok(Imported { dashboard: Dashboard::default(), report: import.report });
    };
    let dashboard = import.dashboard(parse::stem(path_name), &root, dashboard, &path);
    if !dashboard.panels.iter().any(|p| p.kind != Kind::Row) {
        let mut words = "this dashboard has no panel that can be shown".to_owned();
        for loss in import.report.losses.iter().take(10) {
            words.extend(["; ", &loss.to_string()]);
        }
        wrong(0, &words, None)?;
    }
    Ok(Imported { dashboard, report: import.report })
}

/// The dashboard itself in what it may be wrapped in, and the path to it.
fn body(root: &Value) -> Option<(&Value, String)> {
    let is_one = |value: &Value| ["panels", "rows", "elements"].iter().any(|key| value.get(key).is_some());
    let spots: [&[&str]; 6] =
        [&[], &["dashboard"], &["spec"], &["dashboard", "spec"], &["resource", "spec"], &["dashboard", "dashboard"]];
    spots.into_iter().find_map(|spot| {
        let value = get(root, spot)?;
        let path = spot.iter().flat_map(|key| [key, "."]).collect();
        is_one(value).then_some((value, path))
    })
}

/// A panel of the file, in the shape that classic dashboards have, and where it is from.
struct Draft {
    json: Value,
    path: String,
    schema: Schema,
    /// Column, row, width, height; `None` for wherever there is room.
    spot: Option<[i64; 4]>,
    repeat: Option<Repeat>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Schema {
    Classic,
    V2,
}

impl Draft {
    /// The path of a part of the panel that classic dashboards have at `part`.
    fn at(&self, part: &str) -> String {
        let Self { path, schema, .. } = self;
        if *schema == Schema::V2 {
            for (classic, own) in [
                ("fieldConfig", "vizConfig.spec.fieldConfig"),
                ("options", "vizConfig.spec.options"),
                ("targets", "data.spec.queries"),
                ("transformations", "data.spec.transformations"),
                ("type", "vizConfig"),
            ] {
                if let Some(rest) = part.strip_prefix(classic) {
                    return format!("{path}.{own}{rest}");
                }
            }
        }
        if part.is_empty() { path.clone() } else { format!("{path}.{part}") }
    }

    fn title(&self) -> String {
        safe(text(&self.json, "title").unwrap_or_default())
    }
}

/// Panels under one heading, or under none.
#[derive(Default)]
struct Section {
    heading: Option<Heading>,
    drafts: Vec<Draft>,
}

/// The line above the panels of a section.
#[derive(Default)]
struct Heading {
    title: String,
    collapsed: bool,
    repeat: Option<Repeat>,
}

/// What an import gathers.
#[derive(Default)]
struct Import {
    report: Report,
    variables: Vec<Variable>,
    /// The queries of each panel by its id, for the panels that show another one's.
    shared: FxHashMap<i64, Vec<Value>>,
    /// What the values of an exported dashboard's own `__inputs` are, by name.
    inputs: FxHashMap<String, String>,
    /// What every query is filtered by.
    filters: Vec<Filter>,
}

impl Import {
    fn dashboard(&mut self, stem: &str, root: &Value, body: &Value, path: &str) -> Dashboard {
        let is_v2 = body.get("elements").is_some();
        self.inputs = items(root, "__inputs").iter().chain(items(body, "__inputs")).filter_map(input).collect();
        let variables = if is_v2 { v2::variables(body, path) } else { classic::variables(body, path) };
        for (json, path) in &variables {
            if let Some(variable) = self.variable(json, path) {
                self.variables.retain(|v| v.name != variable.name);
                self.variables.push(variable);
            }
        }
        let sections = if is_v2 { v2::sections(self, body, path) } else { classic::sections(self, body, path) };
        let drafts = sections.iter().flat_map(|section| &section.drafts);
        let queries = |draft: &Draft| {
            let targets = items(&draft.json, "targets");
            Some((draft.json.get("id").and_then(whole)?, targets.to_vec()))
        };
        self.shared = drafts.filter_map(queries).collect();
        let panels = self.place(sections);
        self.adopt(&panels);
        self.annotations(body, path);
        let uid = text(body, "uid").or_else(|| get(root, &["metadata", "name"]).and_then(Value::as_str));
        let is_uid = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let uid = uid.filter(|uid| !uid.is_empty() && uid.len() <= 60).filter(is_uid).map(str::to_owned);
        Dashboard {
            id: uid.map_or_else(|| stem.to_owned(), |uid| link::id_of(&uid).to_owned()),
            title: text(body, "title").filter(|title| !title.trim().is_empty()).map_or_else(|| stem.to_owned(), safe),
            description: safe(text(body, "description").unwrap_or_default()),
            range: self.range(body, path),
            variables: std::mem::take(&mut self.variables),
            panels,
        }
    }

    /// The panels of all sections, each where it stands.
    fn place(&mut self, sections: Vec<Section>) -> Vec<Panel> {
        let mut all: Vec<Panel> = Vec::new();
        let mut bottom: u16 = 0;
        for section in sections {
            let start = all.len();
            let mut top = bottom;
            if let Some(Heading { title, collapsed, repeat }) = section.heading {
                let repeat = repeat.filter(|r| self.variables.iter().any(|v| v.name == r.variable));
                let pos = Pos { x: 0, y: top, w: GRID_COLUMNS, h: 1 };
                let title = if title.trim().is_empty() { "(row)".to_owned() } else { title };
                all.push(Panel { title, kind: Kind::Row, pos, collapsed, repeat, ..Panel::default() });
                top += 1;
            }
            let mut spots: Vec<Pos> = Vec::new();
            let first = all.len();
            let mut flow = Flow::default();
            for draft in &section.drafts {
                self.report.panels += 1;
                // Behind the last grid row there is no place, and nobody scrolls that far.
                let room = all.len() < MOST_PANELS && top < MAX_ROW - 2_000;
                let panel = if room {
                    self.panel(draft)
                } else {
                    self.lost(draft, format!("more than {MOST_PANELS} panels"));
                    None
                };
                let Some(panel) = panel else { continue };
                let pos = draft.spot.map_or_else(|| flow.next(), |spot| bounded(spot, panel.kind));
                flow.past(pos);
                spots.push(pos);
                all.push(panel);
            }
            if all.len() == first && all.len() > start && !section.drafts.is_empty() {
                // Nothing stands under the heading.
                all.truncate(start);
                continue;
            }
            bottom = drop_down(&mut spots, top, Gaps::Close);
            for (panel, pos) in all[first..].iter_mut().zip(spots) {
                panel.pos = pos;
            }
            all[first..].sort_by_key(|p| (p.pos.y, p.pos.x));
            // Sections without a heading go on with the one above.
            let heading = all.iter().rposition(|p| p.kind == Kind::Row).unwrap_or(0);
            unique(&mut all[heading..]);
        }
        self.report.shown = all.iter().filter(|p| p.kind != Kind::Row).count();
        all
    }

    /// Takes names that queries use and the dashboard does not define for texts that somebody is to type.
    fn adopt(&mut self, panels: &[Panel]) {
        let mut seen = FxHashSet::default();
        let exprs = panels.iter().flat_map(|p| p.queries.iter().map(|q| q.expr.clone())).collect::<Vec<_>>();
        let sources = self.variables.iter().flat_map(|v| match &v.values {
            Values::Query(expr) => vec![expr.clone()],
            _ => vec![v.selector.clone()],
        });
        for expr in exprs.iter().cloned().chain(sources.collect::<Vec<_>>()) {
            for place in places(&expr) {
                let is_class = expr[place.range.clone()].starts_with('[');
                let is_known = BUILTIN.contains(&place.name) || self.variables.iter().any(|v| v.name == place.name);
                if is_class || is_known || !seen.insert(place.name.to_owned()) {
                    continue;
                }
                let name = place.name.to_owned();
                self.report.ignore(
                    "",
                    "templating",
                    format!("variable ${name} is not defined; it is empty until typed"),
                );
                self.variables.push(Variable {
                    label: name.clone(),
                    name,
                    values: Values::Typed,
                    all: super::All::No,
                    initial: Selection::Values(vec![String::new()]),
                    ..Variable::default()
                });
            }
        }
    }

    fn range(&mut self, body: &Value, path: &str) -> i64 {
        let at = |key| get(body, &["time", key]).or_else(|| get(body, &["timeSettings", key])).and_then(Value::as_str);
        let (from, to) = (at("from").unwrap_or("now-1h"), at("to").unwrap_or("now"));
        let length = from.strip_prefix("now-").filter(|_| to == "now").and_then(parse_duration);
        if let Some(length) = length.filter(|&ms| ms > 0) {
            return length;
        }
        self.report.ignore("", &format!("{path}time"), format!("the time range {:?} to {:?}", safe(from), safe(to)));
        RANGE
    }

    fn annotations(&mut self, body: &Value, path: &str) {
        let classic = get(body, &["annotations", "list"]).map(list).unwrap_or_default();
        let v2 = body.get("annotations").map(list).unwrap_or_default();
        for (i, one) in classic.iter().chain(v2).enumerate() {
            let spec = one.get("spec").unwrap_or(one);
            let is_on = spec.get("enable").and_then(Value::as_bool).unwrap_or(true);
            let is_usual = spec.get("builtIn").is_some_and(|b| b == &Value::from(1) || b == &Value::from(true));
            // What fires is marked on every panel that shows it anyway.
            let expr = text(spec, "expr").or_else(|| text(spec.get("legacyOptions")?, "expr"));
            let is_alerts = expr.is_some_and(|expr| expr.contains("ALERTS{"));
            if is_on && !is_usual && !is_alerts {
                let name = safe(text(spec, "name").unwrap_or("?"));
                self.report.ignore("", &format!("{path}annotations[{i}]"), format!("annotations {name:?}"));
            }
        }
    }

    /// Notes that a panel is not shown, and why.
    fn lost(&mut self, draft: &Draft, why: impl Into<String>) {
        self.report.lose(&draft.title(), &draft.at(""), why);
    }

    /// Notes that something about a panel is left out.
    fn ignored(&mut self, draft: &Draft, part: &str, what: impl Into<String>) {
        self.report.ignore(&draft.title(), &draft.at(part), what);
    }

    /// The variable `name` as a reason to repeat; names that are none are left out.
    fn repeat(json: &Value) -> Option<Repeat> {
        use super::repeat::Flow;
        let variable = text(json, "repeat").filter(|name| !name.is_empty())?.to_owned();
        let most = json.get("maxPerRow").and_then(json::whole).map_or(4, |most| most.clamp(1, 24));
        let is_down = text(json, "repeatDirection").is_some_and(|word| word.starts_with('v'));
        Some(Repeat { variable, flow: if is_down { Flow::Down } else { Flow::Across(most as u16) } })
    }
}

/// What somebody exporting a dashboard left for whoever imports it: a constant has its value with it.
fn input(json: &Value) -> Option<(String, String)> {
    Some((text(json, "name")?.to_owned(), json.get("value").and_then(json::word)?))
}

/// A place on the grid, whatever a file says.
fn bounded([x, y, w, h]: [i64; 4], kind: Kind) -> Pos {
    let clamp = |value: i64, from: u16, to: u16| value.clamp(i64::from(from), i64::from(to)) as u16;
    let least = if kind == Kind::Timeseries || kind == Kind::Table { 3 } else { 2 };
    Pos { x: clamp(x, 0, 23), y: clamp(y, 0, MAX_ROW), w: clamp(w, 2, 24), h: clamp(h, least, 60) }
}

/// Where panels without a place go: one beside the other.
#[derive(Default)]
struct Flow {
    x: u16,
    y: u16,
}

impl Flow {
    fn next(&mut self) -> Pos {
        let pos = Pos { x: self.x, y: self.y, w: 12, h: 8 };
        (self.x, self.y) = if self.x == 0 { (12, self.y) } else { (0, self.y.saturating_add(8)) };
        pos
    }

    fn past(&mut self, pos: Pos) {
        if pos.y >= self.y.saturating_add(8) {
            *self = Self { x: 0, y: pos.y };
        }
    }
}

/// Gives each panel of a section a title of its own.
fn unique(panels: &mut [Panel]) {
    let mut taken = FxHashSet::default();
    for panel in panels {
        let mut title = panel.title.clone();
        let mut number = 2;
        while !taken.insert(title.clone()) {
            title = format!("{} ({number})", panel.title);
            number += 1;
        }
        panel.title = title;
    }
}
