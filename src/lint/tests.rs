//! Every kind of file: what shtop brings along is clean, what is wrong or doubtful is told where it stands.

mod grafana;

use std::fs;
use std::path::Path;

use super::{Kind, Source, Unclear, kind, lint};

/// What is said of a file, `severity line:column message | hint` each.
fn told(kind: Kind, name: &str, text: &str) -> Vec<String> {
    let findings = lint(&[Source { name: name.to_owned(), text: text.to_owned(), kind }], &[]);
    let one = |f: &super::Finding| {
        let fault = &f.fault;
        let hint = fault.hint.as_deref().unwrap_or_default();
        format!("{} {}:{} {} | {hint}", f.severity.name(), fault.line, fault.column, fault.message)
    };
    findings.iter().map(one).collect()
}

#[track_caller]
fn expect(kind: Kind, text: &str, wanted: &[&str]) {
    let found = told(kind, "x", text);
    assert_eq!(found.len(), wanted.len(), "{text}\n{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.contains(wanted), "{text}\n{found}\nlacks {wanted}");
    }
}

#[test]
fn everything_that_comes_along_is_clean_and_recognised() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for (folder, wanted) in
        [("layouts", Kind::Layout), ("assets/rules", Kind::Rules), ("assets/runbooks", Kind::Runbook)]
    {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let (name, text) = (path.display().to_string(), fs::read_to_string(&path).unwrap());
            assert_eq!(kind(&name, &text), Ok(wanted), "{name}");
            sources.push(Source { name, text, kind: wanted });
        }
    }
    assert!(sources.len() >= 13, "only {} files were found", sources.len());
    let findings: Vec<String> =
        lint(&sources, &[]).iter().map(|f| format!("{}: {}", f.severity.name(), f.fault)).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

const ALERT: &str = "
        for: 5m
        labels: {severity: high}
        annotations: {summary: s, runbook_url: https://wiki.corp.net/x}
";

fn rules(expr: &str) -> String {
    format!("groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expr}{ALERT}")
}

#[test]
fn an_alert_that_says_everything_is_clean() {
    expect(Kind::Rules, &rules("streamhouse_wal_size_bytes > 1"), &[]);
    expect(Kind::Rules, &rules("sum(rate(streamhouse_producer_errors_total[5m])) > 1"), &[]);
    expect(Kind::Rules, &rules("sum(rate(streamhouse_producer_errors[5m])) > 1"), &[]);
    expect(Kind::Rules, &rules("node_load1 > 1"), &[]);
    expect(Kind::Rules, &rules("absent(streamhouse_producer_errors_total)"), &[]);
}

#[test]
fn what_an_alert_lacks_is_told_at_its_name() {
    expect(
        Kind::Rules,
        "groups:\n  - name: g\n    rules:\n      - alert: Odd\n        expr: up == 0\n",
        &[
            "warning 4:16 alert Odd has no \"for\" |",
            "warning 4:16 alert Odd has no label severity |",
            "warning 4:16 alert Odd has no annotation summary |",
            "warning 4:16 alert Odd has no annotation runbook_url |",
        ],
    );
    let placeholder = rules("up == 0").replace("https://wiki.corp.net/x", "https://example.com/x");
    expect(Kind::Rules, &placeholder, &["warning 8:48 alert A: the runbook URL is a placeholder: example.com"]);
    // Recording rules need none of it.
    expect(Kind::Rules, "groups:\n  - name: g\n    rules:\n      - {record: a:b, expr: up}\n", &[]);
}

#[test]
fn the_same_name_is_doubted_only_in_one_severity() {
    let one = "      - alert: A\n        expr: up == 0".to_owned() + ALERT;
    let twice = format!("groups:\n  - name: g\n    rules:\n{one}{one}");
    expect(Kind::Rules, &twice, &["warning 9:16 alert A is there twice | the other is in line 4"]);
    let other = one.replace("severity: high", "severity: low");
    expect(Kind::Rules, &format!("groups:\n  - name: g\n    rules:\n{one}{other}"), &[]);
}

#[test]
fn metrics_are_looked_up_in_the_catalogue() {
    for (expr, wanted) in [
        (
            "sum(rate(streamhouse_producer_eror_total[5m])) > 1",
            "warning 5:24 StreamHouse has no metric streamhouse_producer_eror_total | did you mean streamhouse_producer_errors_total?",
        ),
        (
            "rate(streamhouse_wal_size_bytes[5m]) > 1",
            "warning 5:20 rate() of streamhouse_wal_size_bytes, which is a gauge",
        ),
        (
            "streamhouse_producer_errors_total > 1",
            "warning 5:15 streamhouse_producer_errors_total is a counter and is read without rate()",
        ),
        (
            "'up > 0 and streamhouse_xyzzy_frobnications > 1'",
            "5:27 StreamHouse has no metric streamhouse_xyzzy_frobnications",
        ),
    ] {
        expect(Kind::Rules, &rules(expr), &[wanted]);
    }
    // In a block, the place is that of the line.
    let block = rules("|\n          up\n            + streamhouse_nothing_of_that");
    expect(Kind::Rules, &block, &["warning 7:15 StreamHouse has no metric"]);
}

#[test]
fn what_rules_record_is_no_unknown_metric() {
    let record = "groups:\n  - name: r\n    rules:\n      - {record: streamhouse_of_ours, expr: up}\n";
    let sources = [("a", rules("streamhouse_of_ours > 1")), ("b", record.to_owned())];
    let sources = sources.map(|(name, text)| Source { name: name.to_owned(), text, kind: Kind::Rules });
    assert_eq!(lint(&sources, &[]), []);
}

fn layout(panel: &str, query: &str) -> String {
    format!(
        "title = \"T\"\n[[variable]]\nname = \"v\"\nselector = \"up\"\nvalues_of = \"job\"\n\n[[panel]]\ntitle = \"P\"\nkind = \"gauge\"\nmin = 0\nmax = 100\npos = [0, 0, 6, 4]\n{panel}\n[[panel.query]]\n{query}\n"
    )
}

#[test]
fn a_layout_is_doubted_for_what_leads_nowhere() {
    let up = "expr = \"up\"";
    for (panel, query, wanted) in [
        (
            "drill = { view = \"storge\", panel = \"X\" }",
            up,
            "13:18 there is no dashboard \"storge\" | did you mean \"storage\"?",
        ),
        (
            "drill = { view = \"overview\", panel = \"System Helth\" }",
            up,
            "13:38 dashboard \"overview\" has no panel \"System Helth\" | did you mean \"System Health\"?",
        ),
        (
            "runbook = \"consumer-lagg\"",
            up,
            "13:11 there is no runbook \"consumer-lagg\" | did you mean \"consumer-lag\"?",
        ),
        ("alerts = [\"AgentDwn\"]", up, "13:11 there is no alert \"AgentDwn\" | did you mean \"AgentDown\"?"),
        (
            "thresholds = { base = \"green\", steps = [[80, \"yellow\"], [150, \"red\"]] }",
            up,
            "13:57 the threshold 150 lies above the panel's max 100",
        ),
        (
            "thresholds = { base = \"green\", steps = [[-1, \"red\"]] }",
            up,
            "the threshold -1 lies below the panel's min 0",
        ),
        (
            "",
            "expr = 'sum(up)'\nlegend = \"{{ instance }}\"",
            "16:10 the legend names instance, which the query does not keep",
        ),
        (
            "",
            "expr = 'sum(rate(streamhouse_wal_size_bytes{job=~\"$v\"}[5m])) + streamhouse_nothing_of_that'",
            "warning 15:18 rate() of streamhouse_wal_size_bytes",
        ),
    ] {
        let text = layout(panel, query);
        let found = told(Kind::Layout, "mine.toml", &text);
        assert!(found[0].starts_with("warning ") && found[0].contains(wanted), "{text}\n{found:#?}");
    }
    expect(Kind::Layout, &layout("runbook = \"ConsumerLag\"", "expr = 'sum by (job) (up)'\nlegend = \"{{job}}\""), &[]);
}

#[test]
fn files_that_are_named_together_know_each_other() {
    let text =
        layout("alerts = [\"A\"]\nrunbook = \"ours\"\ndrill = { view = \"mine\", panel = \"P\" }", "expr = \"up\"");
    let source = |name: &str, text: &str, kind| Source { name: name.to_owned(), text: text.to_owned(), kind };
    let mine = source("a/mine.toml", &text, Kind::Layout);
    assert_eq!(lint(std::slice::from_ref(&mine), &[]).len(), 2, "alone it knows itself only");
    let others =
        [mine, source("a.yaml", &rules("up == 0"), Kind::Rules), source("books/ours.md", "# Ours\n", Kind::Runbook)];
    assert_eq!(lint(&others, &[]), []);
    assert_eq!(lint(&others[..1], &others[1..]), [], "what is beside is known and not checked");
}

#[test]
fn each_kind_tells_what_makes_it_unusable() {
    for (kind, text, wanted) in [
        (
            Kind::Rules,
            "groups:\n  - nam: g\n    name: g\n",
            "error 2:5 unknown field nam in a group | did you mean name?",
        ),
        (Kind::Rules, "groups:\n  - name: g\n    rules:\n      - {record: a, expr: 'sum(up'}\n", "error 4:"),
        (Kind::Layout, "tilte = \"T\"\n", "error 1:1 unknown key \"tilte\" in a dashboard | did you mean \"title\"?"),
        (Kind::Theme, "txet = \"#ffffff\"\n", "error 1:1 unknown key \"txet\" in a theme | did you mean \"text\"?"),
        (
            Kind::Config,
            "thme = \"dark\"\n",
            "error 1:1 unknown key \"thme\" at the top of the file | did you mean \"theme\"?",
        ),
        (Kind::Targets, "- targets: [a:1]\n  label: {}\n", "| did you mean labels?"),
        (Kind::Targets, "[{\"targets\": [\"a:xyz\"]}]", "the port must be a number"),
        (Kind::Runbook, "# R\n\n```promql\nsum(up\n```\n", "error 4:"),
        (Kind::Runbook, "# R\n\n```promql\n# expect: nonsense\nup\n```\n", "error 4:"),
    ] {
        let found = told(kind, if text.starts_with("[{") { "x.json" } else { "x" }, text);
        assert!(found.iter().any(|f| f.contains(wanted) && f.starts_with("error ")), "{text}\n{found:#?}");
    }
}

#[test]
fn a_runbooks_metrics_are_doubted_where_they_stand() {
    let text = "# R\n\n- step\n\n  ```promql\n  # expect: > 0\n  up\n    + streamhouse_nothing_of_that\n  ```\n";
    expect(Kind::Runbook, text, &["warning 8:7 StreamHouse has no metric"]);
}

#[test]
fn colours_that_are_hard_to_see_are_told_at_the_colour() {
    let text = "base = \"dark\"\nback = \"#000000\"\ndim = \"#111111\"\nseries = [\"#ffffff\", \"#010101\"]\n";
    let found = told(Kind::Theme, "t.toml", text);
    assert!(found.iter().any(|f| f.starts_with("warning 3:7 dim on the ground")), "{found:#?}");
    assert!(found.iter().any(|f| f.starts_with("warning 4:22 series 2 on the ground")), "{found:#?}");
    expect(Kind::Theme, "base = \"light\"\n", &[]);
}

#[test]
fn the_content_tells_the_kind() {
    for (name, text, wanted) in [
        ("x", "title = \"T\"\n[[panel]]\n", Ok(Kind::Layout)),
        ("x", "# c\n\n[[panel]]\ntitle = \"T\"\n", Ok(Kind::Layout)),
        ("x.toml", "tilte = \"T\"\n[[panle]]\n", Ok(Kind::Layout)),
        ("x", "base = \"dark\"\ntext = \"#fff\"\n", Ok(Kind::Theme)),
        ("x", "theme = \"dark\"\n[contexts.prod]\nprometheus = \"http://p\"\n", Ok(Kind::Config)),
        ("x", "[contexts.prod]\n", Ok(Kind::Config)),
        ("x.toml", "[package]\nname = \"x\"\n[dependencies]\n", Err(Unclear)),
        ("x.toml", "", Ok(Kind::Config)),
        ("rules.txt", "---\n# c\ngroups:\n- name: a\n", Ok(Kind::Rules)),
        ("x.json", "{\"groups\": []}", Ok(Kind::Rules)),
        ("x", "- targets: [a]\n", Ok(Kind::Targets)),
        ("x", "- {\"targets\": [a]}\n", Ok(Kind::Targets)),
        ("x", "-\n  labels:\n    a: b\n  targets: []\n", Ok(Kind::Targets)),
        ("x", "[\n {\"targets\": []}]", Ok(Kind::Targets)),
        ("x.json", "{\"panels\": [], \"title\": \"x\"}", Ok(Kind::Grafana)),
        ("x.json", "{\"dashboard\": {\"panels\": [{\"targets\": []}]}}", Ok(Kind::Grafana)),
        ("x.md", "groups:\n", Ok(Kind::Runbook)),
        ("x", "# Title\n\nWords of a runbook.\n", Ok(Kind::Runbook)),
        ("x.yaml", "scrape_configs: []\n", Err(Unclear)),
        ("x", "", Err(Unclear)),
        ("x", "\u{1b}[31m\n\u{0}\n", Err(Unclear)),
    ] {
        assert_eq!(kind(name, text), wanted, "{name} {text:?}");
    }
}

#[test]
fn hostile_text_neither_steers_the_terminal_nor_floods_it() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}";
    for (_, of) in Kind::NAMES {
        for text in [
            format!("{evil}: 1\n"),
            format!("# {evil}\n```promql\n{evil}\n```\n"),
            format!("title = \"{evil}\n"),
            "[".repeat(5_000),
            "- ".repeat(2_000),
            "{".repeat(5_000),
            "\u{0}".repeat(100),
            format!("a = {}", "[".repeat(3_000)),
        ] {
            for finding in lint(&[Source { name: evil.to_owned(), text, kind: of }], &[]) {
                let shown = finding.fault.to_string();
                let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                assert!(!shown.contains(steers), "{shown:?}");
            }
        }
    }
    let many: Vec<String> = (0..400).map(|i| format!("      - {{alert: A{i}, expr: up}}\n")).collect();
    let found = told(Kind::Rules, "x", &format!("groups:\n  - name: g\n    rules:\n{}", many.concat()));
    assert_eq!(found.len(), super::MOST);
    assert!(found.last().unwrap().contains("1400 more warnings"), "{:?}", found.last());
}
