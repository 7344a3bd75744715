//! Layout files that are right, and every way in which one can be wrong.

use super::parse;
use crate::layout::{Axis, Draw, Kind, Level, Marking, Match, Reduce, Spacing, Stacking};
use crate::unit::Unit;

/// A panel that is right, with the lines given added.
fn panel(more: &str) -> String {
    let body = "title = \"P\"\nkind = \"timeseries\"\npos = [0, 0, 6, 4]";
    format!("title = \"T\"\n[[panel]]\n{body}\n{more}\n[[panel.query]]\nexpr = 'up'\n")
}

fn errors(text: &str) -> String {
    parse("dir/x.toml", text).map_or_else(|e| e.to_string(), |d| format!("accepted: {d:?}"))
}

fn query(expr: &str) -> String {
    let panel = format!("title = \"P\"\nkind = \"stat\"\npos = [0, 0, 6, 4]\n[[panel.query]]\nexpr = {expr}\n");
    format!(
        "title = \"T\"\n[[variable]]\nname = \"agent\"\nselector = 'up'\nvalues_of = \"instance\"\n[[panel]]\n{panel}"
    )
}

#[test]
fn a_whole_file_is_read() {
    let text = r#"
title = "Mine"
description = "D"
range = "30m"
[[variable]]
name = "agent"
selector = 'up{job="a"}'
values_of = "instance"
multi = false
[[panel]]
title = "A"
description = "About A"
kind = "timeseries"
pos = [0, 0, 24, 8]
unit = "bytes"
unit_right = "reqps"
decimals = 2
min = 0
max = 1e3
stacked = true
thresholds = { base = "green", steps = [[-1, "yellow"], [2.5, "red"]] }
mappings = [{ value = 0, text = "none" }, { value = 1, text = "one", color = "red" }]
alerts = ["X", "Y"]
drill = { view = "storage", panel = "B" }
runbook = "r"
[[panel.query]]
expr = 'up{instance=~"$agent"}'
legend = "{{instance}}"
[[panel.query]]
expr = """
  up
"""
axis = "right"
"#;
    let d = parse("some/dir/mine.toml", text).unwrap();
    assert_eq!((d.id.as_str(), d.title.as_str(), d.description.as_str(), d.range), ("mine", "Mine", "D", 1_800_000));
    let v = &d.variables[0];
    assert_eq!((v.name.as_str(), v.label.as_str(), v.multi), ("agent", "agent", false));
    let p = &d.panels[0];
    assert_eq!(
        (p.kind, p.unit, p.unit_right, p.decimals),
        (Kind::Timeseries, Unit::Bytes, Unit::RequestsPerSecond, Some(2))
    );
    assert_eq!((p.min, p.max, p.stacking), (Some(0.0), Some(1000.0), Stacking::Sum));
    assert_eq!(p.thresholds.base, Some(Level::Good));
    assert_eq!(p.thresholds.steps, [(-1.0, Level::Warn), (2.5, Level::Bad)]);
    assert_eq!((p.text(0.0).as_str(), p.level(1.0), p.level(0.0)), ("none", Some(Level::Bad), None));
    assert_eq!(p.alerts, ["X", "Y"]);
    assert_eq!(p.drill, Some(("storage".to_owned(), "B".to_owned())));
    assert_eq!(p.runbook.as_deref(), Some("r"));
    assert_eq!(p.queries[1].expr, "up");
    assert_eq!((p.queries[0].axis, p.queries[1].axis), (Axis::Left, Axis::Right));
}

#[test]
fn a_file_says_no_more_than_it_must() {
    let d = parse("x", &panel("")).unwrap();
    assert_eq!((d.id.as_str(), d.range, d.variables.len()), ("x", 3_600_000, 0));
    assert_eq!((d.panels[0].unit, d.panels[0].decimals), (Unit::Short, None));
    assert!(d.panels[0].thresholds.is_empty());
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let table: &[(&str, &str)] = &[
        (
            "unit = \"pecent\"",
            "dir/x.toml:6:8: unknown unit \"pecent\"\n  unit = \"pecent\"\n         ^^^^^^^^\n  did you mean \"percent\"?",
        ),
        (
            "unit = \"furlongs\"",
            "dir/x.toml:6:8: unknown unit \"furlongs\"\n  unit = \"furlongs\"\n         ^^^^^^^^^^\n  use one of: short, count, \
             bytes, seconds, percent, per second, ops/s, cores, messages, bytes/s, bits, bits/s, requests/s, io/s, packets/s, \
             per minute, hertz, celsius, fahrenheit, kelvin, watts, watt hours, joules, volts, amperes, volt amperes, \
             turns/min, degrees, dB, dBm, dollars, euros, pounds, yen, true/false, yes/no, on/off, date",
        ),
        (
            "  treshholds = 1",
            "dir/x.toml:6:3: unknown key \"treshholds\" in a panel\n    treshholds = 1\n    ^^^^^^^^^^\n  did you mean \"thresholds\"?",
        ),
        ("unit = 7", "dir/x.toml:6:8: expected a text in quotes, found a number\n  unit = 7\n         ^"),
        (
            "thresholds = { base = \"blue\" }",
            "dir/x.toml:6:23: unknown color \"blue\"\n  thresholds = { base = \"blue\" }\n                        ^^^^^^\n  \
             use one of: green, yellow, red",
        ),
        (
            "thresholds = { steps = [[2, \"red\"], [1, \"green\"]] }",
            "dir/x.toml:6:38: 1 is not above the step before, 2\n  thresholds = { steps = [[2, \"red\"], [1, \"green\"]] }\n  \
             \u{20}                                    ^",
        ),
        (
            "thresholds = { steps = [[1]] }",
            "dir/x.toml:6:25: a step is [from value, \"color\"]\n  thresholds = { steps = [[1]] }\n                          ^^^",
        ),
        ("decimals = 10", "dir/x.toml:6:12: must be between 0 and 9\n  decimals = 10\n             ^^"),
        ("min = 5\nmax = 5", "dir/x.toml:7:7: max 5 is not above min 5\n  max = 5\n        ^"),
        ("min = inf", "dir/x.toml:6:7: not a finite number\n  min = inf\n        ^^^"),
        (
            "mappings = [{ value = 1, text = \"a\" }, { value = 1, text = \"b\" }]",
            "dir/x.toml:6:40: 1 is mapped twice\n  mappings = [{ value = 1, text = \"a\" }, { value = 1, text = \"b\" }]\n  \
             \u{20}                                      ^^^^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "mappings = [{ text = \"a\" }]",
            "dir/x.toml:6:13: a mapping needs \"value\"\n  mappings = [{ text = \"a\" }]\n              ^^^^^^^^^^^^^^",
        ),
        (
            "drill = { view = \"\", panel = \"b\" }",
            "dir/x.toml:6:18: \"view\" is empty\n  drill = { view = \"\", panel = \"b\" }\n                   ^^",
        ),
    ];
    for (line, message) in table {
        assert_eq!(errors(&panel(line)), *message, "{line}");
    }
}

#[test]
fn queries_are_checked_to_the_character() {
    let table: &[(&str, usize, usize, &str, &str, &str)] = &[
        (r#"'up{instance=~"$agnet"}'"#, 11, 23, "^^^^^^", "unknown variable $agnet", "did you mean \"agent\"?"),
        (
            r#"'up{instance="${agent}"}'"#,
            11,
            22,
            "^^^^^^^^",
            "variable $agent outside a =~ matcher",
            "write label=~\"$agent\": several values, or all, are a regular expression",
        ),
        (
            "'''\nsum(up)\n  + $agent'''",
            13,
            5,
            "^^^^^^",
            "variable $agent outside a =~ matcher",
            "write label=~\"$agent\": several values, or all, are a regular expression",
        ),
    ];
    for &(expr, line, column, caret, message, hint) in table {
        let text = query(expr);
        let excerpt = text.lines().nth(line - 1).unwrap();
        let indent = " ".repeat(column + 1);
        assert_eq!(
            errors(&text),
            format!("dir/x.toml:{line}:{column}: {message}\n  {excerpt}\n{indent}{caret}\n  {hint}")
        );
    }
    assert_eq!(errors(&query("\"\"")), "dir/x.toml:11:8: \"expr\" is empty\n  expr = \"\"\n         ^^");
}

#[test]
fn a_query_that_does_not_parse_is_pointed_at() {
    assert_eq!(
        errors(&query("'sum(up'")),
        "dir/x.toml:11:12: query does not parse: unclosed `(`\n  expr = 'sum(up'\n             ^"
    );
    // Behind a variable, and in a later line of the string.
    assert!(errors(&query(r#"'sum(up{a=~"$agent"}) + rate(up)'"#)).starts_with("dir/x.toml:11:37: "));
    let lines = errors(&query("'''\nsum(up)\n  + nosuch(up)'''"));
    assert!(lines.starts_with("dir/x.toml:13:5: "), "{lines}");
    assert!(lines.ends_with("\n    + nosuch(up)'''\n      ^^^^^^"), "{lines}");
    assert!(errors(&query(&format!("'{}'", "(".repeat(100_000)))).contains("does not parse: query has 100000 bytes"));
    assert!(errors(&query(r#"'up{instance=~"x-${agent}.*"}'"#)).starts_with("accepted"));
    assert!(errors(&query("\"up{instance=~\\\"$agent\\\"}\"")).starts_with("accepted"));
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let text = r#"
colour = 1
[[panel]]
kind = "statt"
pos = [20, 0, 6, 4]
[[panel.query]]
legend = "{{a"
[[panel]]
title = " "
kind = "gauge"
pos = [0, 0, 0]
query = []
"#;
    let error = parse("x.toml", text).unwrap_err();
    let found: Vec<String> = error.faults.iter().map(|f| format!("{}:{} {}", f.line, f.column, f.message)).collect();
    assert_eq!(
        found,
        [
            "1:1 a dashboard needs \"title\"",
            "2:1 unknown key \"colour\" in a dashboard",
            "3:1 a panel needs \"title\"",
            "4:8 unknown kind \"statt\"",
            "5:7 reaches column 26, but the grid ends at 24",
            "6:1 a query needs \"expr\"",
            "9:9 \"title\" is empty",
            "10:8 a gauge needs \"min\" and \"max\", the ends of its scale",
            "11:7 a position is [x, y, width, height]",
            "12:9 a panel needs at least one query",
        ]
    );
}

#[test]
fn panels_must_not_share_a_place_or_a_title() {
    let one = |title, pos| {
        format!("[[panel]]\ntitle = \"{title}\"\nkind = \"pie\"\npos = {pos}\n[[panel.query]]\nexpr = 'up'\n")
    };
    let text = format!("title = \"T\"\n{}{}", one("A", "[0, 0, 6, 4]"), one("A", "[5, 3, 6, 4]"));
    assert_eq!(
        errors(&text),
        "dir/x.toml:9:9: a second panel called \"A\"\n  title = \"A\"\n          ^^^\n  \
         a drill names its panel by title: give each its own\n\
         dir/x.toml:11:7: overlaps \"A\"\n  pos = [5, 3, 6, 4]\n        ^^^^^^^^^^^^\n  that one has [0, 0, 6, 4]"
    );
}

#[test]
fn only_what_a_kind_can_draw_is_accepted() {
    let with = |kind: &str, more: &str| panel(more).replace("\"timeseries\"", &format!("\"{kind}\""));
    assert!(errors(&with("pie", "stacked = true")).contains("6:11: only a timeseries can be stacked"));
    let right = with("stat", "").replace("expr = 'up'", "expr = 'up'\naxis = \"right\"");
    assert!(errors(&right).contains("only a timeseries or a table has a right axis"));
    let two = with("heatmap", "") + "[[panel.query]]\nexpr = 'up'\n";
    assert!(errors(&two).contains("a heatmap takes one query"));
    assert!(errors(&with("gauge", "min = 0")).contains("a gauge needs"));
    assert!(errors(&with("gauge", "min = 0\nmax = 1")).starts_with("accepted"));
}

#[test]
fn a_panel_says_how_it_is_drawn() {
    let d = parse("x", &panel("")).unwrap();
    let plain = &d.panels[0];
    assert_eq!((plain.reduce, plain.draw, plain.filled), (Reduce::Last, Draw::Lines, false));
    assert_eq!((plain.stacking, plain.spacing, plain.marking), (Stacking::None, Spacing::Linear, Marking::Lines));
    let more = "reduce = \"max\"\nlegend = [\"min\", \"mean\"]\ndraw = \"bars\"\nfilled = true\n\
                stacked = \"percent\"\nspacing = \"log10\"\nmarking = \"bands\"";
    let d = parse("x", &panel(more)).unwrap();
    let p = &d.panels[0];
    assert_eq!((p.reduce, p.draw, p.filled), (Reduce::Max, Draw::Bars, true));
    assert_eq!(p.legend, [Reduce::Min, Reduce::Mean]);
    assert_eq!((p.stacking, p.spacing, p.marking), (Stacking::Percent, Spacing::Log10, Marking::Bands));
    assert!(errors(&panel("reduce = \"avg\"")).contains("6:10: unknown reduction \"avg\""));
    assert!(errors(&panel("spacing = \"log\"")).contains("did you mean \"log2\"?"));
}

#[test]
fn a_mapping_is_for_a_value_a_range_or_nan() {
    let more = "mappings = [{ from = 1, to = 5, text = \"low\" }, { from = 5, text = \"high\" }, \
                { special = \"nan\", text = \"none\" }]";
    let d = parse("x", &panel(more)).unwrap();
    let p = &d.panels[0];
    assert_eq!(p.mappings[1].when, Match::Range { from: 5.0, to: f64::INFINITY });
    let texts = [1.0, 5.0, 6.0, f64::NAN].map(|v| p.text(v));
    assert_eq!(texts, ["low", "low", "high", "none"]);
    assert!(errors(&panel("mappings = [{ value = 1, from = 1, text = \"x\" }]")).contains("write it as several"));
    assert!(errors(&panel("mappings = [{ from = 2, to = 1, text = \"x\" }]")).contains("before it begins at 2"));
    assert!(errors(&panel("mappings = [{ text = \"x\" }]")).contains("needs \"value\""));
}

#[test]
fn a_text_and_an_alert_list_ask_nothing() {
    let words = |more: &str| format!("title = \"T\"\n[[panel]]\ntitle = \"P\"\npos = [0, 0, 6, 4]\n{more}\n");
    let d = parse("x", &words("kind = \"text\"\ncontent = \"# Read me\"")).unwrap();
    assert_eq!((d.panels[0].content.as_str(), d.panels[0].queries.len()), ("# Read me", 0));
    assert!(parse("x", &words("kind = \"alerts\"")).is_ok());
    assert!(errors(&words("kind = \"text\"")).contains("a text needs \"content\""));
    let asking = words("kind = \"alerts\"") + "[[panel.query]]\nexpr = 'up'\n";
    assert!(errors(&asking).contains("a panel of kind \"alerts\" asks nothing"));
    assert!(errors(&words("kind = \"table\"")).contains("needs \"query\""));
}

#[test]
fn broken_syntax_is_shown_like_any_other_fault() {
    let error = parse("x.toml", "title = \"T\nrange = 1\n[[panel\n").unwrap_err();
    assert_eq!(error.faults[0].line, 1, "{error}");
    assert!(error.faults.len() >= 2, "{error}");
    assert!(parse("x.toml", "").unwrap_err().to_string().starts_with("x.toml:1:1: a dashboard needs"));
}

#[test]
fn ranges_and_variable_names_are_checked() {
    let top = |line: &str| format!("{line}\n{}", panel(""));
    assert_eq!(
        errors(&top("range = \"soon\"")),
        "dir/x.toml:1:9: \"soon\" is no duration\n  range = \"soon\"\n          ^^^^^^\n  write it as Prometheus does: 30m, 1h, 1d"
    );
    assert!(errors(&top("range = \"0s\"")).contains("is no duration"));
    let named = query("'up'").replace("\"agent\"", "\"1-a\"");
    assert!(errors(&named).starts_with("dir/x.toml:3:8: \"1-a\" cannot name a variable"), "{}", errors(&named));
    let selector = query("'up'").replace("selector = 'up'", "selector = 'up{'");
    assert!(errors(&selector).contains("4:"), "{}", errors(&selector));
}

#[test]
fn hostile_text_cannot_steer_the_terminal() {
    let error = errors(&panel("unit = \"\\u001b[31m\u{202e}\""));
    assert!(!error.contains(['\x1b', '\u{202e}']), "{error}");
}
