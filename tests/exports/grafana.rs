//! Grafana's dashboards: 46 panels, each with what its layout says, in the JSON that Grafana reads.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use shtop::export::{Family, Options};
use shtop::layout::{self, Axis, Dashboard, Kind, Match, Panel, Stacking};
use shtop::promql::Query;

use super::{BASE, hard, plain};

fn dashboards(options: &Options) -> Vec<Value> {
    let files = Family::Grafana.artefacts(options);
    let json = files.iter().filter(|file| file.text.starts_with('{'));
    json.map(|file| serde_json::from_str(&file.text).unwrap_or_else(|e| panic!("{}: {e}", file.path))).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key} in {value}"))
}

/// Every panel of the program beside what became of it.
fn pairs(exported: &[Value]) -> Vec<(Dashboard, Panel, Value)> {
    let built = layout::builtin();
    assert_eq!(exported.len(), built.len());
    let mut pairs = Vec::new();
    for (dashboard, json) in built.into_iter().zip(exported) {
        let panels = list(json, "panels");
        assert_eq!(panels.len(), dashboard.panels.len());
        for (panel, json) in dashboard.panels.clone().into_iter().zip(panels) {
            pairs.push((dashboard.clone(), panel, json.clone()));
        }
    }
    assert_eq!(pairs.len(), 46);
    pairs
}

fn plugin(kind: Kind) -> &'static str {
    match kind {
        Kind::Stat => "stat",
        Kind::Gauge => "gauge",
        Kind::Timeseries => "timeseries",
        Kind::Pie => "piechart",
        Kind::Heatmap => "heatmap",
        Kind::Table => "table",
        Kind::Bars => "bargauge",
        Kind::States => "state-timeline",
        Kind::Text => "text",
        Kind::Alerts => "alertlist",
        Kind::Row => "row",
    }
}

/// The panels of a layout with these lines in each, one panel after the other.
fn panels(texts: &[&str]) -> Vec<Value> {
    let panel = |(i, text): (usize, &&str)| {
        let query = if text.contains("query")
            || text.contains("content")
            || text.contains("\"alerts\"")
            || text.contains("\"row\"")
        {
            ""
        } else {
            "query = [{ expr = \"up\" }]"
        };
        format!("[[panel]]\ntitle = \"{i}\"\npos = [0, {i}, 24, 1]\n{query}\n{text}\n")
    };
    let text: String = texts.iter().enumerate().map(panel).collect();
    let dashboard = layout::parse("own.toml", &format!("title = \"Own\"\n{text}")).unwrap_or_else(|e| panic!("{e}"));
    list(&dashboards(&Options::new(vec![dashboard]))[0], "panels").to_vec()
}

#[test]
fn every_kind_of_panel_has_its_plugin_and_its_queries() {
    for &(name, kind) in Kind::NAMES {
        let more = match kind {
            Kind::Gauge => "min = 0\nmax = 1",
            Kind::Text => "content = \"# Hello\"",
            _ => "",
        };
        let json = panels(&[&format!("kind = \"{name}\"\n{more}")]).remove(0);
        assert_eq!(json["type"], plugin(kind));
        assert_eq!(json.get("targets").is_some(), kind.asks(), "{name}");
        assert_eq!(json["options"]["content"] == "# Hello", kind == Kind::Text);
    }
}

#[test]
fn lines_are_drawn_as_the_layout_says() {
    let kind = "kind = \"timeseries\"\n";
    let custom = |text: &str| panels(&[&format!("{kind}{text}")])[0]["fieldConfig"]["defaults"]["custom"].clone();
    for (text, key, value) in [
        ("draw = \"steps\"", "lineInterpolation", json!("stepAfter")),
        ("draw = \"bars\"", "drawStyle", json!("bars")),
        ("draw = \"points\"", "showPoints", json!("always")),
        ("", "fillOpacity", json!(0)),
        ("filled = true", "fillOpacity", json!(25)),
        ("stacked = true", "stacking", json!({ "group": "A", "mode": "normal" })),
        ("stacked = \"percent\"", "stacking", json!({ "group": "A", "mode": "percent" })),
        ("spacing = \"log10\"", "scaleDistribution", json!({ "log": 10, "type": "log" })),
        ("spacing = \"log2\"", "scaleDistribution", json!({ "log": 2, "type": "log" })),
        ("marking = \"bands\"", "thresholdsStyle", json!({ "mode": "area" })),
        ("marking = \"both\"", "thresholdsStyle", json!({ "mode": "dashed+area" })),
        ("marking = \"none\"", "thresholdsStyle", json!({ "mode": "off" })),
    ] {
        assert_eq!(custom(text)[key], value, "{text}");
    }
    let legend = panels(&[&format!("{kind}legend = [\"mean\", \"spread\"]")])[0]["options"]["legend"].clone();
    assert_eq!((&legend["calcs"], &legend["displayMode"]), (&json!(["mean", "range"]), &json!("table")));
}

#[test]
fn a_number_that_is_not_the_newest_is_made_of_the_range() {
    let table = "kind = \"table\"\n";
    let two = "query = [{ expr = \"up\" }, { expr = \"absent(up)\" }]\n";
    let all = panels(&[
        "kind = \"pie\"",
        "kind = \"pie\"\nreduce = \"sum\"",
        table,
        &format!("{table}{two}"),
        &format!("{table}legend = [\"min\", \"max\"]"),
    ]);
    let asks = |i: usize| (all[i]["targets"][0]["format"].clone(), all[i]["targets"][0]["instant"].clone());
    assert_eq!(asks(0), (json!("time_series"), json!(true)));
    assert_eq!(asks(1), (json!("time_series"), json!(false)));
    assert_eq!(all[1]["options"]["reduceOptions"]["calcs"], json!(["sum"]));
    assert_eq!(asks(2), (json!("table"), json!(true)));
    assert_eq!(all[2]["transformations"][0]["options"]["excludeByName"], json!({ "Time": true }));
    assert!(all[0].get("transformations").is_none());
    assert_eq!(all[3]["transformations"][0]["id"], "merge");
    assert_eq!(asks(4), (json!("time_series"), json!(false)));
    assert_eq!(all[4]["transformations"][0]["options"]["reducers"], json!(["min", "max"]));
}

#[test]
fn mappings_of_ranges_and_of_nan_come_in_their_order() {
    let text = "kind = \"stat\"\nmappings = [{ from = 5, text = \"much\", color = \"red\" }, \
                { special = \"nan\", text = \"none\" }, { value = 0.5, text = \"half\" }]";
    let json = panels(&[text]).remove(0);
    assert_eq!(
        json["fieldConfig"]["defaults"]["mappings"],
        json!([
            { "type": "range", "options": { "from": 5, "to": null,
                "result": { "index": 0, "text": "much", "color": "red" } } },
            { "type": "special", "options": { "match": "nan", "result": { "index": 1, "text": "none" } } },
            { "type": "value", "options": { "0.5": { "index": 2, "text": "half" } } },
        ])
    );
}

#[test]
fn every_panel_has_its_kind_its_place_and_its_words() {
    for (_, panel, json) in pairs(&dashboards(&plain())) {
        let plugin = plugin(panel.kind);
        assert_eq!((&json["type"], &json["title"]), (&json!(plugin), &json!(panel.title)));
        assert_eq!(json["description"], panel.description);
        let pos = &json["gridPos"];
        assert_eq!([&pos["x"], &pos["y"], &pos["w"], &pos["h"]], [panel.pos.x, panel.pos.y, panel.pos.w, panel.pos.h]);
        let defaults = &json["fieldConfig"]["defaults"];
        assert_eq!(defaults["min"].as_f64(), panel.min, "{}", panel.title);
        assert_eq!(defaults["max"].as_f64(), panel.max, "{}", panel.title);
        assert_eq!(defaults["decimals"].as_u64(), panel.decimals.map(u64::from), "{}", panel.title);
        let steps = list(&defaults["thresholds"], "steps");
        assert_eq!((steps.len(), &steps[0]["value"]), (panel.thresholds.steps.len() + 1, &Value::Null));
        for (step, (from, _)) in steps[1..].iter().zip(&panel.thresholds.steps) {
            assert_eq!(step["value"].as_f64(), Some(*from), "{}", panel.title);
        }
        let mappings = list(defaults, "mappings");
        assert_eq!(mappings.len(), panel.mappings.len(), "{}", panel.title);
        for (json, mapping) in mappings.iter().zip(&panel.mappings) {
            let Match::Value(value) = mapping.when else { panic!("{}: a mapping of what?", panel.title) };
            assert_eq!(json["options"][value.to_string()]["text"], mapping.text);
        }
        let stacking = &defaults["custom"]["stacking"]["mode"];
        assert_eq!(stacking == "normal", panel.stacking == Stacking::Sum, "{}", panel.title);
    }
}

#[test]
fn every_query_is_the_one_of_the_layout_and_parses() {
    for (_, panel, json) in pairs(&dashboards(&plain())) {
        let targets = list(&json, "targets");
        assert_eq!(targets.len(), panel.queries.len());
        for (target, query) in targets.iter().zip(&panel.queries) {
            assert_eq!(target["expr"], query.expr);
            assert_eq!(target["legendFormat"].as_str(), query.legend.as_deref());
            assert_ne!(target["instant"], target["range"]);
        }
        let ids: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str()).collect();
        assert_eq!(ids.len(), targets.len());
        let right = panel.queries.iter().filter(|query| query.axis == Axis::Right).count();
        assert_eq!(list(&json["fieldConfig"], "overrides").len(), right, "{}", panel.title);
        assert_eq!(targets[0]["format"] == "heatmap", panel.kind == Kind::Heatmap);
    }
    let mut renamed = 0;
    for (_, panel, json) in pairs(&dashboards(&hard())) {
        for target in list(&json, "targets") {
            let expr = target["expr"].as_str().expect("text");
            assert!(Query::parse(expr).is_ok(), "{}: {expr}", panel.title);
            assert!(!expr.contains("\"streamhouse-agent\""), "{}: {expr}", panel.title);
            renamed += usize::from(expr.contains("job=\"s.h"));
        }
    }
    assert!(renamed > 3, "{renamed}");
}

#[test]
fn ids_are_unique_and_panels_do_not_overlap() {
    let mut uids = BTreeSet::new();
    for dashboard in dashboards(&plain()) {
        let uid = dashboard["uid"].as_str().expect("a uid").to_owned();
        assert!(uid.len() <= 40 && uids.insert(uid));
        assert_eq!(dashboard["schemaVersion"], 39);
        let panels = list(&dashboard, "panels");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len());
        let mut taken = BTreeSet::new();
        for panel in panels {
            let pos = |key: &str| panel["gridPos"][key].as_u64().expect("a number");
            assert!(pos("x") + pos("w") <= 24);
            for x in pos("x")..pos("x") + pos("w") {
                for y in pos("y")..pos("y") + pos("h") {
                    assert!(taken.insert((x, y)), "{} overlaps at {x},{y}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn links_lead_to_panels_that_exist_and_to_the_runbooks() {
    let all = dashboards(&hard());
    let mut inside = 0;
    for (_, panel, json) in pairs(&all) {
        let links = list(&json, "links");
        let urls: Vec<&str> = links.iter().filter_map(|link| link["url"].as_str()).collect();
        let runbook = format!("{BASE}{}", panel.runbook.as_deref().expect("every panel has one"));
        assert!(urls.contains(&runbook.as_str()), "{}: {urls:?}", panel.title);
        for url in urls.iter().filter_map(|url| url.strip_prefix("/d/")) {
            let (uid, rest) = url.split_once('?').expect("the time range goes along");
            let id: u64 = rest.rsplit_once("viewPanel=").and_then(|(_, id)| id.parse().ok()).expect("a panel");
            let target = all.iter().find(|dashboard| dashboard["uid"] == uid).expect("a dashboard");
            let target = list(target, "panels").iter().find(|panel| panel["id"] == id).expect("a panel");
            assert_eq!(target["title"].as_str(), panel.drill.as_ref().map(|(_, title)| title.as_str()));
            inside += 1;
        }
        for alert in &panel.alerts {
            assert!(urls.iter().any(|url| url.ends_with(&format!("search={alert}"))), "{}", panel.title);
        }
    }
    let drills = layout::builtin().iter().flat_map(|d| &d.panels).filter(|p| p.drill.is_some()).count();
    assert_eq!(inside, drills);
    for dashboard in &all {
        assert_eq!(list(dashboard, "links").len(), 3);
    }
}

#[test]
fn the_data_source_is_chosen_on_the_dashboard_or_given() {
    for dashboard in dashboards(&plain()) {
        let variables = list(&dashboard["templating"], "list");
        assert_eq!((&variables[0]["type"], &variables[0]["query"]), (&json!("datasource"), &json!("prometheus")));
        assert_eq!(list(&dashboard, "panels")[0]["datasource"]["uid"], "${datasource}");
    }
    for dashboard in dashboards(&hard()) {
        let variables = list(&dashboard["templating"], "list");
        assert!(variables.iter().all(|variable| variable["type"] == "query"));
        let text = dashboard.to_string();
        assert!(!text.contains("${datasource}"));
    }
}

#[test]
fn variables_take_their_values_from_the_agents_job() {
    let query = |options: &Options| {
        let dashboard = dashboards(options).remove(0);
        let variable = list(&dashboard["templating"], "list").last().expect("one").clone();
        assert_eq!((&variable["name"], &variable["multi"]), (&json!("agent"), &json!(true)));
        assert_eq!((&variable["includeAll"], &variable["allValue"]), (&json!(true), &json!(".*")));
        assert_eq!(variable["definition"], variable["query"]["query"]);
        variable["definition"].as_str().expect("text").to_owned()
    };
    assert_eq!(query(&plain()), r#"label_values(up{job="streamhouse-agent"}, instance)"#);
    let options = Options { job: Some("streamhouse".to_owned()), ..plain() };
    assert_eq!(query(&options), r#"label_values(up{job="streamhouse"}, instance)"#);
}

#[test]
fn one_panel_of_each_kind_and_the_frame_are_those_that_were_looked_at() {
    let all = dashboards(&plain());
    let mut seen = HashSet::new();
    let mut text = String::new();
    for (dashboard, panel, json) in pairs(&all) {
        let axes = panel.queries.iter().any(|q| q.axis == Axis::Right);
        let marked = !panel.thresholds.is_empty();
        if seen.insert((panel.kind, axes, panel.stacking, marked)) {
            writeln!(text, "{}: {}\n{json:#}", dashboard.title, panel.title).expect("written");
        }
    }
    insta::assert_snapshot!("grafana_panels", text);
    let mut frame = all[0].clone();
    frame["panels"] = json!([]);
    insta::assert_snapshot!("grafana_frame", format!("{frame:#}"));
    let provisioning = Family::Grafana.artefacts(&plain()).pop().expect("the last file");
    insta::assert_snapshot!("grafana_provisioning", provisioning.text);
}
