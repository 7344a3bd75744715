//! What is exported to Grafana, in either of its schemas, and read back is what it was.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shtop::export::{Family, Options, Schema};
use shtop::layout::{self, Dashboard, Imported, Reduce};
use shtop::unit::Unit;

const TOUR: &str = include_str!("../../assets/layouts/tour.toml");

/// Everything that a layout can say, also what Grafana has no word for.
const EVERYTHING: &str = include_str!("../data/grafana/everything.toml");

const FROM_GRAFANA: [&str; 3] = [
    include_str!("../data/grafana/classic.json"),
    include_str!("../data/grafana/old.json"),
    include_str!("../data/grafana/v2.json"),
];

fn options(schema: Schema) -> Options {
    Options { schema, ..Options::new(Vec::new()) }
}

fn exported(dashboard: &Dashboard, options: &Options) -> String {
    let options = Options { dashboards: vec![dashboard.clone()], ..options.clone() };
    Family::Grafana.artefacts(&options).remove(0).text
}

fn read(text: &str) -> Imported {
    layout::import("dir/board.json", text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn everything() -> Dashboard {
    layout::parse("everything.toml", EVERYTHING).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn comes_back(dashboard: &Dashboard) {
    for schema in [Schema::Classic, Schema::V2] {
        for datasource in [None, Some("main".to_owned())] {
            let options = Options { datasource, ..options(schema) };
            let text = exported(dashboard, &options);
            let back = read(&text);
            // As texts first: they can be read where they differ.
            assert_eq!(layout::write(&back.dashboard), layout::write(dashboard), "{schema:?}");
            assert_eq!(back.dashboard, *dashboard, "{schema:?}");
            assert!(back.report.is_complete(), "{schema:?}: {}", back.report);
            assert_eq!(exported(&back.dashboard, &options), text, "{schema:?}");
        }
    }
}

#[test]
fn the_built_in_dashboards_come_back() {
    layout::builtin().iter().for_each(comes_back);
}

#[test]
fn layouts_come_back_whatever_they_say() {
    comes_back(&layout::parse("tour.toml", TOUR).unwrap_or_else(|e| panic!("{e}")));
    comes_back(&everything());
}

#[test]
fn dashboards_from_grafana_come_back() {
    for text in FROM_GRAFANA {
        comes_back(&read(text).dashboard);
    }
}

#[test]
fn every_unit_comes_back() {
    let panel = |(i, name): (usize, &&str)| {
        let y = 4 * i;
        format!(
            "[[panel]]\ntitle = {name:?}\nkind = \"stat\"\nunit = {name:?}\npos = [0, {y}, 6, 4]\nquery = [{{ expr = \"up\" }}]\n"
        )
    };
    let panels: String = Unit::NAMES.iter().enumerate().map(panel).collect();
    comes_back(&layout::parse("units.toml", &format!("title = \"U\"\n{panels}")).unwrap_or_else(|e| panic!("{e}")));
}

/// The panel called `title` of a classic dashboard.
fn panel<'v>(dashboard: &'v mut Value, title: &str) -> &'v mut Value {
    let panels = dashboard["panels"].as_array_mut().expect("panels");
    panels.iter_mut().find(|panel| panel["title"] == title).unwrap_or_else(|| panic!("no panel {title}"))
}

#[test]
fn what_somebody_changed_in_grafana_counts() {
    let mut json: Value = serde_json::from_str(&exported(&everything(), &options(Schema::Classic))).expect("JSON");
    let number = panel(&mut json, "Number");
    number["fieldConfig"]["defaults"]["unit"] = json!("none");
    number["options"]["reduceOptions"]["calcs"] = json!(["max"]);
    let chart = panel(&mut json, "Chart");
    chart["options"]["legend"]["calcs"] = json!(["mean"]);
    chart["transformations"] = json!([]);
    let board = read(&json.to_string()).dashboard;
    let of = |title: &str| &board.panels[board.panel(title).expect("a panel")];
    let number = of("Number");
    assert_eq!((number.unit, number.factor, number.reduce), (Unit::Short, None, Reduce::Max));
    assert_eq!(number.drill, Some(("storage".to_owned(), "PUTs".to_owned())), "the rest of the panel is its own");
    let chart = of("Chart");
    assert_eq!((chart.legend.as_slice(), chart.transforms.as_slice()), (&[Reduce::Mean][..], &[][..]));
    assert_eq!((chart.trend, chart.reduce), (layout::Trend::Drain, Reduce::Max));
}

#[test]
fn what_is_carried_in_a_hostile_file_is_refused_or_made_harmless() {
    let mut json: Value = serde_json::from_str(&exported(&everything(), &options(Schema::Classic))).expect("JSON");
    for (title, carried) in [
        ("Number", json!({ "query.0.expr": ["up", "sum("] })),
        ("Bars", json!({ "kind": ["bars", "heatmaps"] })),
        ("Shares", json!("what")),
        ("Dial", json!({ "": [null, 1], "a.b": 3 })),
        ("Chart", json!({ "runbook": [null, "x\u{1b}[31m"] })),
    ] {
        panel(&mut json, title)["options"]["shtop"] = carried;
    }
    let board = read(&json.to_string());
    let losses: Vec<_> = board.report.losses.iter().map(|loss| loss.panel.as_str()).collect();
    assert_eq!(losses, ["Number", "Dial", "Bars"]);
    let chart = &board.dashboard.panels[board.dashboard.panel("Chart").expect("a panel")];
    assert_eq!(chart.runbook.as_deref(), Some("x␛[31m"));
}

#[test]
fn each_kind_of_variable_has_the_fields_that_grafana_writes() {
    let json: Value = serde_json::from_str(&exported(&everything(), &options(Schema::Classic))).expect("JSON");
    let list = json["templating"]["list"].as_array().expect("variables");
    let mut kinds = BTreeSet::new();
    for variable in list {
        let kind = variable["type"].as_str().expect("a type");
        kinds.insert(kind);
        let fields: &[&str] = match kind {
            "query" => {
                &["current", "datasource", "definition", "includeAll", "multi", "query", "refresh", "regex", "sort"]
            }
            "custom" => &["current", "includeAll", "multi", "query"],
            "interval" => &["auto", "auto_count", "auto_min", "current", "query", "refresh"],
            "datasource" => &["current", "query", "refresh"],
            _ => &["query"],
        };
        for field in ["name", "label", "hide", "options", "skipUrlSync"].iter().chain(fields) {
            assert!(variable.get(field).is_some(), "{field} of {variable}");
        }
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["constant", "custom", "datasource", "interval", "query", "textbox"]
    );
    let of = |name: &str| list.iter().find(|v| v["name"] == name).expect("a variable");
    assert_eq!(of("zone")["definition"], "label_values(zone)");
    assert_eq!(of("node")["regex"], "/^(?<value>[^:]+)/x/i");
    assert_eq!((&of("disk")["query"]["qryType"], &of("disk")["allValue"]), (&json!(3), &json!(".+")));
    assert_eq!(of("quantile")["query"], "0.5, p99 : 0.99, a\\, b : a\\,b");
    assert_eq!((&of("window")["auto"], &of("window")["query"]), (&json!(true), &json!("1m,5m")));
    assert_eq!(json["panels"][2]["datasource"]["uid"], "${datasource}");
}

#[test]
fn panels_of_everything_are_of_the_shape_that_grafana_writes() {
    let json: Value = serde_json::from_str(&exported(&everything(), &options(Schema::Classic))).expect("JSON");
    let top = json["panels"].as_array().expect("panels");
    let inside = top.iter().filter_map(|panel| panel["panels"].as_array()).flatten();
    let all: Vec<&Value> = top.iter().chain(inside).collect();
    let ids: BTreeSet<_> = all.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    assert_eq!((ids.len(), ids.first()), (all.len(), Some(&1)));
    for panel in all.iter().filter(|panel| panel["type"] != "row") {
        assert!(panel["fieldConfig"]["defaults"].is_object() && panel["fieldConfig"]["overrides"].is_array());
        assert!(panel["options"].is_object() && panel["pluginVersion"].is_string());
        let pos = |key: &str| panel["gridPos"][key].as_u64().expect("a number");
        assert!(pos("x") + pos("w") <= 24 && pos("h") >= 1 && panel["gridPos"]["y"].is_u64());
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        let letters: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str().expect("a text")).collect();
        assert_eq!(letters.len(), targets.len());
    }
    let row = top.iter().find(|panel| panel["collapsed"] == true).expect("a folded row");
    assert_eq!((row["panels"].as_array().map(Vec::len), &row["repeat"]), (Some(3), &json!("node")));
    let mut json = json.clone();
    let chart = panel(&mut json, "Chart").clone();
    assert_eq!((&chart["repeat"], &chart["repeatDirection"]), (&json!("node"), &json!("v")));
    let defaults = &chart["fieldConfig"]["defaults"];
    assert_eq!((&defaults["unit"], &defaults["custom"]["transform"]), (&json!("ms"), &json!("negative-Y")));
    let steps: Vec<_> = chart["transformations"].as_array().expect("a list").iter().map(|t| t["id"].clone()).collect();
    let names = ["filterFieldsByName", "filterFieldsByName", "filterByRefId", "filterByRefId"];
    assert_eq!(steps[..4], names.map(Value::from));
    assert_eq!(chart["transformations"][0]["options"]["include"]["pattern"], "/^Time$|a|b/i");
    let matchers: Vec<_> = chart["fieldConfig"]["overrides"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|o| o["matcher"]["id"].clone())
        .collect();
    assert_eq!(matchers, ["byFrameRefID", "byName", "byRegexp", "byType", "byFrameRefID"].map(Value::from));
    let number = panel(&mut json, "Number").clone();
    assert_eq!(number["fieldConfig"]["defaults"]["unit"], "percentunit");
    assert_eq!(number["fieldConfig"]["defaults"]["max"], 0.9);
    assert_eq!(panel(&mut json, "Dial")["targets"][0]["expr"], "(up) * 512");
}

#[test]
fn the_second_schema_has_the_parts_that_grafana_names() {
    let json: Value = serde_json::from_str(&exported(&everything(), &options(Schema::V2))).expect("JSON");
    assert_eq!((&json["apiVersion"], &json["kind"]), (&json!("dashboard.grafana.app/v2beta1"), &json!("Dashboard")));
    assert_eq!(json["metadata"]["name"], "streamhouse-everything");
    let spec = &json["spec"];
    let rows = spec["layout"]["spec"]["rows"].as_array().expect("rows");
    assert_eq!((&spec["layout"]["kind"], rows.len()), (&json!("RowsLayout"), 4));
    assert_eq!(rows[0]["spec"]["hideHeader"], true);
    assert_eq!(rows[1]["spec"]["repeat"]["value"], "node");
    let items = rows.iter().flat_map(|row| row["spec"]["layout"]["spec"]["items"].as_array().expect("items"));
    let named: BTreeSet<_> = items.map(|item| item["spec"]["element"]["name"].as_str().expect("a name")).collect();
    let elements = spec["elements"].as_object().expect("elements");
    assert_eq!(named, elements.keys().map(String::as_str).collect());
    for element in elements.values() {
        let panel = &element["spec"];
        assert_eq!((&panel["vizConfig"]["kind"], &panel["data"]["kind"]), (&json!("VizConfig"), &json!("QueryGroup")));
        for query in panel["data"]["spec"]["queries"].as_array().expect("queries") {
            let query = &query["spec"]["query"];
            assert_eq!((&query["group"], &query["version"]), (&json!("prometheus"), &json!("v0")));
            assert_eq!(query["datasource"]["name"], "${datasource}");
        }
    }
    let kinds: BTreeSet<_> =
        spec["variables"].as_array().expect("variables").iter().map(|v| v["kind"].as_str().expect("a kind")).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            "ConstantVariable",
            "CustomVariable",
            "DatasourceVariable",
            "IntervalVariable",
            "QueryVariable",
            "TextVariable"
        ]
    );
}
