//! Rule files: what they hold, and what is said about those that are wrong.

use proptest::prelude::*;

use crate::rules::{Kind, RuleFile, Severity, parse};

fn sound(text: &str) -> RuleFile {
    parse("r.yaml", text).unwrap_or_else(|e| panic!("{e}"))
}

/// What is said about the file `text`.
fn complaint(text: &str) -> String {
    parse("r.yaml", text).expect_err(text).to_string()
}

/// What is said about a group with this rule, its lines indented by eight.
fn about_rule(rule: &str) -> String {
    complaint(&format!("groups:\n  - name: g\n    rules:\n      - {}\n", rule.replace('\n', "\n        ")))
}

#[test]
fn rules_are_about_the_job_that_the_agents_run_under() {
    let built_in = crate::rules::builtin();
    let about = |file: &RuleFile, job: &str| {
        let rules = file.groups.iter().flat_map(|group| &group.rules);
        rules.filter(|rule| rule.query.text().contains(job)).count()
    };
    let (usual, all) = (about(&built_in, crate::rules::AGENTS), about(&built_in, ""));
    assert!(usual >= 3 && usual < all, "{usual} of {all}");
    let renamed = built_in.with_job("streamhouse-agent", "stream.house");
    assert_eq!((about(&renamed, crate::rules::AGENTS), about(&renamed, "job=~\"stream\\\\.house\"")), (0, usual));
    let own = sound("groups: [{name: g, rules: [{alert: A, expr: 'up{job=\"streamhouse-agent\"} == 0'}]}]");
    assert_eq!(own.with_job("streamhouse-agent", "b").groups[0].rules[0].query.text(), "up{job=\"b\"} == 0");
}

#[test]
fn a_file_is_read_as_prometheus_reads_it() {
    let file = sound(
        "groups:
  - name: g
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {team: core, severity: low}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {shard: 3, ratio: 1.50, on: yes}
      - alert: Down
        expr: up == 0
        for: 1h30m
        keep_firing_for: 5m
        labels: {severity: page}
        annotations: {summary: '{{ $labels.job }} down', empty: }
  - name: h
",
    );
    let [g, h] = &file.groups[..] else { panic!("two groups") };
    assert_eq!((g.interval, g.limit, g.query_offset), (Some(30_000), 10, Some(60_000)));
    assert_eq!((h.interval, h.limit, h.query_offset, h.rules.len()), (None, 0, None, 0));
    let [record, alert] = &g.rules[..] else { panic!("two rules") };
    assert_eq!((record.kind, record.name.as_str(), record.line), (Kind::Recording, "job:up:sum", 8));
    let labels: Vec<_> = record.labels.iter().map(|(n, t)| (n.as_str(), t.text())).collect();
    let want = [("on", "yes"), ("ratio", "1.50"), ("severity", "low"), ("shard", "3"), ("team", "core")];
    assert_eq!(labels, want);
    assert_eq!((alert.kind, alert.hold, alert.keep_firing), (Kind::Alerting, 5_400_000, 300_000));
    assert_eq!((alert.label("team"), alert.severity()), (Some("core"), Severity::Critical));
    assert_eq!((alert.annotation("summary"), alert.annotation("empty")), (Some("{{ $labels.job }} down"), Some("")));
}

#[test]
fn nothing_is_no_fault() {
    for text in
        ["", "\u{feff}groups: []\n", "# nothing\n", "groups:\n", "groups: []\n", "groups: [{name: a, rules: }]\n"]
    {
        assert!(parse("r.yaml", text).is_ok(), "{text}");
    }
}

#[test]
fn a_fault_of_an_expression_is_shown_where_it_stands() {
    assert_eq!(
        about_rule("alert: A\nexpr: sum(rate(x[5m])"),
        "r.yaml:5:18: could not parse expression: unclosed `(`\n          expr: sum(rate(x[5m])\n                   ^"
    );
    let block = about_rule("alert: A\nexpr: |\n  sum by (job) (\n    rate(größe[5m]) +\n    nope(x)\n  ) > 1");
    assert!(block.starts_with("r.yaml:"), "{block}");
    let unknown = about_rule("alert: A\nexpr: |\n  sum by (job) (\n    rate(x[5m])\n    + nope(x)\n  ) > 1");
    let lines: Vec<&str> = unknown.lines().collect();
    assert_eq!(lines[0], "r.yaml:8:15: could not parse expression: unknown function with name \"nope\"");
    assert_eq!(lines[1], "              + nope(x)");
    assert_eq!(lines[2], "                ^^^^");
    let folded = about_rule("alert: A\nexpr: >-\n  rate(x[5m])\n  > nope(x)");
    assert!(folded.starts_with("r.yaml:7:13: could not parse"), "{folded}");
    let quoted = about_rule("alert: A\nexpr: 'x{a=\"it''s\"} > nope(x)'");
    assert_eq!(quoted.lines().next_back().unwrap().find('^'), quoted.lines().nth(1).unwrap().find("nope"));
}

#[test]
fn a_fault_of_a_template_is_shown_where_it_stands() {
    let said =
        about_rule("alert: A\nexpr: x\nannotations:\n  summary: >-\n    all is\n    {{ $value | humanise }} now");
    assert_eq!(
        said,
        "r.yaml:9:25: template of annotation summary: function \"humanise\" not defined, did you mean humanize?\n              \
         {{ $value | humanise }} now\n                          ^^^^^^^^"
    );
    let label = about_rule("alert: A\nexpr: x\nlabels: {severity: '{{ if }}'}");
    assert!(label.contains("template of label severity: missing value for if"), "{label}");
    let bare = about_rule("alert: A\nexpr: x\nannotations:\n  summary: {{ $value }} now");
    assert!(bare.contains("a value that begins with {{ must stand in quotes"), "{bare}");
}

#[test]
fn unknown_fields_are_refused_with_the_nearest_known_one() {
    assert!(complaint("group: []\n").contains("r.yaml:1:1: unknown field group in a rule file"));
    assert!(complaint("group: []\n").contains("did you mean groups?"));
    assert!(complaint("groups: [{name: a, intervall: 5s}]").contains("did you mean interval?"));
    let said = about_rule("alert: A\nexpr: x\nanotations: {}");
    assert_eq!(said.lines().next(), Some("r.yaml:6:9: unknown field anotations in a rule"));
    assert!(said.ends_with("did you mean annotations?"), "{said}");
}

#[test]
fn what_prometheus_refuses_is_refused() {
    for (rule, want) in [
        ("expr: x", "one of 'record' or 'alert' must be set"),
        ("record: a\nalert: b\nexpr: x", "only one of 'record' and 'alert' must be set"),
        ("alert: a", "field 'expr' must be set in rule"),
        ("alert: a\nexpr: ''", "field 'expr' must be set in rule"),
        ("record: a\nexpr: x\nfor: 5m", "invalid field 'for' in recording rule"),
        ("record: a\nexpr: x\nkeep_firing_for: 5m", "invalid field 'keep_firing_for' in recording rule"),
        ("record: a\nexpr: x\nannotations: {b: c}", "invalid field 'annotations' in recording rule"),
        ("record: a{b='c'}\nexpr: x", "braces in the name of a recording rule"),
        ("record: ''\nexpr: x", "invalid recording rule name"),
        ("alert: a\nexpr: x\nfor: 5", "not a valid duration string: \"5\""),
        ("alert: a\nexpr: x\nlabels: {__name__: y}", "invalid label name: \"__name__\""),
        ("alert: a\nexpr: x\nlabels: {'': y}", "invalid label name: \"\""),
        ("alert: a\nexpr: x\nannotations: {'': y}", "invalid annotation name: \"\""),
        ("alert: a\nexpr: x\nlabels: [a]", "labels must be a map"),
        ("alert: a\nexpr: x\nlabels: {a: [b]}", "label a must be a text"),
        ("alert: [a]\nexpr: x", "alert of a rule must be a text"),
        ("[a]", "a rule must be a map"),
    ] {
        let said = about_rule(rule);
        assert!(said.contains(want), "{rule}: {said}");
    }
    for (text, want) in [
        ("groups: [{name: a}, {name: a}]", "group name \"a\" is repeated in the same file"),
        ("groups: [{rules: []}]", "a group must have a name"),
        ("groups: [{name: a, limit: x}]", "limit must be a whole number"),
        ("groups: [{name: a, interval: 1x}]", "not a valid duration string"),
        ("groups: {a: b}", "groups must be a list"),
        ("- a", "a rule file must be a map"),
        ("groups: [", "unclosed bracket"),
        ("groups: []\ngroups: []", "duplicate mapping key: groups"),
    ] {
        let said = complaint(text);
        assert!(said.contains(want), "{text}: {said}");
        assert!(said.starts_with("r.yaml:"), "{said}");
    }
}

#[test]
fn every_fault_is_reported_in_the_order_of_the_file() {
    let text =
        "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: x +\n        for: x\n      - expr: y\n";
    let error = parse("r.yaml", text).expect_err("three faults");
    let places: Vec<_> = error.faults.iter().map(|f| f.line).collect();
    assert_eq!(places, [5, 6, 7], "{error}");
}

#[test]
fn nothing_in_a_file_steers_a_terminal() {
    let said = about_rule("alert: \"\\e[2J\"\nexpr: \"\\e[2J\"\nfor: \"\\e[2J\"");
    assert!(!said.contains('\x1b'), "{said:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn no_file_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "groups:", "- name: g", "  ", "\n", "rules:", "- alert: A", "expr: ", "x >", "|\n", ">-\n", "'", "\"", "\\u00e9", "é", "日本",
        "{{ $value", " }}", "[", "]", "{", "}", ": ", "- ", "&a ", "*a", "<<: ", "~", "1.5", "\t", "\r\n", "# c", "for: 5m", "labels:",
        "annotations:", "nope(", "\\", "!!str ", "---\n", "|2\n", "a: b", ",", "\u{feff}", "\0",
    ]), 0..40)) {
        let text: String = parts.concat();
        if let Err(error) = parse("r.yaml", &text) {
            prop_assert!(!error.to_string().is_empty());
        }
        // The same within a file that is sound up to there, so that more of it is reached.
        let rule = text.replace('\n', "\n          ");
        let whole = format!("groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {rule}\n        annotations: {{a: x}}\n");
        if let Err(error) = parse("r.yaml", &whole) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
