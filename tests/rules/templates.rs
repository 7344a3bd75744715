//! Templates against Prometheus: promtool renders the same annotations over the same values, and must agree with ours.

use std::fmt::Write as _;

use shtop::rules::{Engine, Rendered, Settings};

use crate::promtool::{load, promtool};

/// Of every magnitude, and the ones that are none.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "0.5",
    "0.0625",
    "-0.25",
    "1.5",
    "12.3456789",
    "100",
    "1000",
    "1023",
    "1024",
    "1234.5678",
    "999999",
    "1000000",
    "1234567",
    "123456789",
    "1e20",
    "1e21",
    "1.7976931348623157e308",
    "0.0001",
    "0.00001234",
    "1e-9",
    "2.5e-25",
    "59.99",
    "60",
    "3599",
    "86400",
    "93784.5",
    "-3700",
    "1435065584.128",
    "NaN",
    "Inf",
    "-Inf",
];

const ALIKE: &[&str] = &[
    "{{ $value }}",
    "{{ .Value }} {{ $.Value }} {{ .Labels.i }} {{ $labels.job }} {{ $labels.missing }}|",
    "{{ $value | humanize }} {{ humanize1024 $value }} {{ $value | humanizePercentage }}",
    // Beyond 64 bits of seconds, what Go computes depends on the processor.
    "{{ if or (lt $value 1e18) (ne $value $value) }}{{ $value | humanizeDuration }}{{ end }}",
    "{{ printf \"%.2f|%8.3f|%-8.1f|%08.2f|%+.1f|%e|%g|%.3g|%G|%v\" $value $value $value $value $value $value $value $value $value $value }}",
    "{{ printf \"%d %s %t %q %x\" $value $value $value $value \"hi\" }}",
    "{{ printf \"%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%q|%U|%#x\" 42 42 42 42 255 255 8 5 65 65 65 255 }}",
    "{{ printf \"%s|%10s|%-10s|%.2s|%q|%v|%x|% d\" \"größe\" \"abc\" \"abc\" \"abcdef\" \"a\\\"b\\n\" \"x\" \"hé\" 7 }}",
    "{{ printf \"%d %d\" 1 }} {{ printf \"%d\" 1 2 }} {{ printf \"100%%\" }} {{ printf \"%\" }} {{ printf \"%z\" 3 }}",
    "{{ printf \"%[2]d %[1]d\" 1 2 }} {{ printf \"%*d|%.*f\" 5 42 2 3.14159 }} {{ printf \"%v %v\" true nil }} {{ printf \"%T\" $value }}",
    "{{ printf \"%5t|%v|%s\" true $labels $labels }} {{ printf \"%6.2f%%\" 12.345 }} {{ printf \"%q\" $labels }}",
    "{{ if gt $value 10.0 }}big{{ else if lt $value 0.0 }}negative{{ else }}small{{ end }}",
    "{{ eq $value 1.0 }} {{ ne $value 1.0 }} {{ le $value 1.0 }} {{ ge $value 1.0 }} {{ lt \"a\" \"b\" }} {{ eq 1 2 1 }} {{ eq \"a\" \"b\" \"a\" }}",
    "{{ and 1 0 }} {{ or 0 \"x\" }} {{ not $value }} {{ and true false }} {{ or \"\" 0 }} {{ not \"\" }}",
    "{{ if $value }}true{{ else }}false{{ end }} {{ if $labels.missing }}there{{ else }}not there{{ end }}",
    "a  {{- $value -}}  b {{- /* comment */ -}} c {{/* one */}} d",
    "{{ $x := 5 }}{{ $y := printf \"%d\" $x }}{{ $x = 7 }}{{ $x }}-{{ $y }}",
    "{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}",
    "{{ range $v := $labels }}{{ $v }};{{ else }}none{{ end }}{{ range .ExternalLabels }}[{{ . }}]{{ else }}none{{ end }}",
    "{{ with $labels.job }}job {{ . }}{{ end }}{{ with $labels.missing }}x{{ else }}no{{ end }}{{ with $x := 3 }}{{ $x }}{{ end }}",
    "{{ range query \"other\" | sortByLabel \"a\" }}{{ .Labels.a }}={{ .Value }} {{ end }}",
    "{{ range $i, $s := query \"other\" | sortByLabel \"a\" }}{{ $i }}:{{ $s.Labels.a }}:{{ label \"a\" $s }}:{{ value $s }} {{ end }}",
    "{{ with query \"other{a='2'}\" }}{{ . | first | value | humanize }} {{ (first .).Labels.a }} {{ len . }}{{ end }}",
    "{{ with printf \"other{a='%s'}\" $labels.job | query }}{{ . }}{{ else }}nothing{{ end }}",
    "{{ (index (query \"other\" | sortByLabel \"a\") 1).Value }} {{ index $labels \"job\" }} {{ index \"abc\" 1 }} {{ slice \"abcdef\" 1 3 }}",
    "{{ range query \"other\" | sortByLabel \"a\" }}{{ if eq .Labels.a \"2\" }}{{ continue }}{{ end }}{{ .Labels.a }}{{ if eq .Labels.a \"3\" }}{{ break }}{{ end }}{{ end }}",
    "{{ \"hello wORLD foo-bar a_b it's\" | title }} {{ toUpper \"straße é\" }} {{ \"ÀB\" | toLower }} {{ title \"ünder ßa\" }}",
    "{{ match \"^ho.t\" $labels.instance }} {{ match \"x$\" $labels.instance }} {{ reReplaceAll \"(.*):(.*)\" \"$2/${1}x\" $labels.instance }} {{ reReplaceAll \"[a-z]+\" \"<$0>\" \"ab 1 cd\" }}",
    "{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }} {{ stripPort \"[::1]:80\" }} {{ stripDomain \"10.1.2.3:80\" }} {{ stripDomain \"a.b.c\" }} {{ stripPort \"::1\" }} {{ stripDomain \"::1\" }} {{ stripPort \"a:b:c\" }}",
    "{{ parseDuration \"1h30m\" }} {{ parseDuration \"500ms\" | humanizeDuration }} {{ humanizeTimestamp 1435065584.128 }} {{ 0 | humanizeTimestamp }} {{ humanizeTimestamp -1.5 }}",
    "{{ humanize \"12345.678\" }} {{ humanize 0 }} {{ humanize1024 1048576 }} {{ humanizeDuration \"0.001\" }} {{ humanizePercentage 0.12345 }} {{ humanize -0.0001 }}",
    "{{ toTime 1435065584.128 }}",
    "{{ graphLink \"up{job=\\\"a b\\\"} > 0\" }} {{ tableLink \"sum(rate(x[5m]))\" }} {{ safeHtml \"<b>\" }}",
    "{{ $externalLabels.cluster }} {{ .ExternalLabels.cluster }} {{ $externalURL }} {{ .ExternalURL }}",
    "{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" $value }}{{ template \"t\" }}",
    "{{ define \"two\" }}{{ .arg0 }}-{{ .arg1 }}{{ .arg2 }}{{ end }}{{ template \"two\" (args 1 \"b\") }} {{ block \"c\" 3 }}[{{ . }}]{{ end }}",
    "{{ print 1 2 \"a\" \"b\" 3 4.5 nil true }}|{{ println \"a\" 1 }}|{{ print $value $value }}|{{ println }}",
    "{{ html \"<a href='x'>&\\\"\" }} {{ urlquery \"a b&c/é~\" }} {{ js \"it's \\\"<x>\\\" = &\" }} {{ \"x\" | html }}",
    "{{ `raw \\n` }} {{ \"a\\nb\\x41\\u00e9\\101\" }} {{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ 0b101 }} {{ 017 }} {{ 1e3 }} {{ .5 }} {{ -3 }} {{ +2.50 }}",
    "{{ true }} {{ (printf \"%s\" \"x\") }} {{ len $labels }} {{ len \"größe\" }} {{ ($value) }} {{ (1) }}",
    "{{ $labels }} {{ .ExternalLabels }}",
    "{{\n  $value\n  | printf \"%.1f\"\n}}",
    "{{if lt $value 0.0}}{{- \" x \" -}}{{else}}{{with 1}}{{.}}{{end}}{{end}} text }} {",
    "{{ if and (gt $value 1.0) (lt $value 100.0) }}mid{{ else }}out{{ end }} {{ $value | printf \"%s is %.3g\" \"it\" }}",
    "{{ 1000000.0 }} {{ 123456.0 }} {{ 1e6 | printf \"%v\" }} {{ 0.000012 }} {{ 5.0 }} {{ 100000000000000000000.0 }}",
    "{{ range $labels }}{{ $x := . }}{{ $x }}{{ end }}{{ $value | print }}{{ print nil | print }} {{ 1 | }}",
];

/// What fails while executing, there and here.
const FAILING: &[&str] = &[
    "{{ gt $value 10 }}",
    "{{ eq $value \"1\" }}",
    "{{ first (query \"nothing\") }}",
    "{{ toUpper $value }}",
    "{{ $value.foo }}",
    "{{ $labels.job.x }}",
    "{{ .Nope }}",
    "{{ query \"sum(\" }}",
    "{{ humanize \"abc\" }}",
    "{{ humanize true }}",
    "{{ parseDuration \"5\" }}",
    "{{ index $labels 1 }}",
    "{{ slice \"abc\" 5 }}",
    "{{ len $value }}",
    "{{ template \"nope\" }}",
    "{{ value $value }}",
    "{{ humanizeTimestamp 1e20 }}",
    "{{ range $value }}{{ end }}",
    "{{ $labels.job \"x\" }}",
    "{{ match \"(\" \"x\" }}",
    "{{ nil | print }}",
];

/// What is no template, there and here.
const BROKEN: &[&str] = &[
    "{{ nope $value }}",
    "{{ $value",
    "{{ if $value }}",
    "{{ end }}",
    "{{ else }}",
    "{{ $undefined }}",
    "{{ $labels.my-label }}",
    "{{ \"unterminated }}",
    "{{ | humanize }}",
    "{{ }}",
    "{{ $value | 5 }}",
    "{{ (humanize $value }}",
    "{{ /* open }}",
    "{{ break }}",
    "{{ range $a, $b, $c := $labels }}{{ end }}",
    "{{ 1a }}",
    "{{ \"\\q\" }}",
    "{{ template nope }}",
    "{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}",
    "{{ if 1 }}{{ else }}{{ else }}{{ end }}",
    "{{ $x := 1 }}{{ with 1 }}{{ $y := 2 }}{{ end }}{{ $y }}",
    "{{ 99999999999999999999 }}",
    "{{ 5.x }}",
    "{{ $value)}}",
    "{{ a.b }}",
];

/// A text in double quotes for YAML.
fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn rule_file(templates: &[&str]) -> String {
    let mut rules = "groups:\n  - name: g\n    rules:\n".to_owned();
    for (i, template) in templates.iter().enumerate() {
        writeln!(rules, "      - {{alert: T{i}, expr: x, annotations: {{a: {}}}}}", quote(template)).unwrap();
    }
    rules
}

/// The annotation of each alert for each value, as we render it; none where it fails.
fn ours(rules: &str) -> Vec<Vec<(String, Option<String>)>> {
    let file = shtop::rules::parse("rules.yaml", rules).unwrap_or_else(|e| panic!("{e}"));
    let settings = Settings {
        external_labels: shtop::series::Labels::from_pairs([("cluster", "eu"), ("replica", "1")]),
        external_url: "http://prom.example.org:9090/prefix".to_owned(),
        ..Settings::default()
    };
    let mut engine = Engine::new(vec![file], settings);
    let series = series();
    engine.evaluate(0, 0, &mut load("1m", series.iter().map(|(s, v)| (s.as_str(), v.as_str()))));
    let text = |rendered: &Rendered| match rendered {
        Rendered::Text(text) => Some(text.clone()),
        Rendered::Failed { .. } => None,
    };
    let statuses = engine.statuses();
    assert!(statuses.iter().all(|s| s.alerts.len() == VALUES.len()), "{statuses:#?}");
    let of_alert = |a: &shtop::rules::Alert| (a.labels.get("i").unwrap().to_owned(), text(&a.annotations[0].1));
    statuses.iter().map(|s| s.alerts.iter().map(of_alert).collect()).collect()
}

fn series() -> Vec<(String, String)> {
    let labels = |i| format!("x{{i=\"{i}\", instance=\"host-1.example.org:9090\", job=\"a b\"}}");
    let mut series: Vec<_> = VALUES.iter().enumerate().map(|(i, v)| (labels(i), (*v).to_owned())).collect();
    for (a, v) in [("3", "30"), ("1", "0.5"), ("2", "2000")] {
        series.push((format!("other{{a=\"{a}\"}}"), v.to_owned()));
    }
    series
}

/// A test file that expects these annotations.
fn test_file(expected: &[Vec<(String, Option<String>)>]) -> String {
    let mut file = "rule_files: [rules.yaml]\ntests:\n  - interval: 1m\n    external_url: http://prom.example.org:9090/prefix\n    \
                    external_labels: {cluster: eu, replica: '1'}\n    input_series:\n"
        .to_owned();
    for (series, value) in series() {
        writeln!(file, "      - {{series: {}, values: {}}}", quote(&series), quote(&value)).unwrap();
    }
    file.push_str("    alert_rule_test:\n");
    for (i, alerts) in expected.iter().enumerate() {
        writeln!(file, "      - eval_time: 0s\n        alertname: T{i}\n        exp_alerts:").unwrap();
        for (label, text) in alerts {
            let text = quote(text.as_deref().unwrap_or("fails"));
            writeln!(
                file,
                "          - {{exp_labels: {{i: '{label}', instance: 'host-1.example.org:9090', job: a b}}, exp_annotations: {{a: {text}}}}}"
            )
            .unwrap();
        }
    }
    file
}

fn judge(rules: &str, expected: &[Vec<(String, Option<String>)>]) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rules.yaml"), rules).unwrap();
    let test = dir.path().join("test.yaml");
    std::fs::write(&test, test_file(expected)).unwrap();
    promtool(&["test", "rules", test.to_str().unwrap()])
}

#[test]
fn prometheus_renders_what_we_render() {
    let rules = rule_file(ALIKE);
    let rendered = ours(&rules);
    for (template, alerts) in ALIKE.iter().zip(&rendered) {
        assert!(alerts.iter().all(|(_, text)| text.is_some()), "{template} fails here");
    }
    let (content, said) = judge(&rules, &rendered);
    if !content {
        report(&said, ALIKE);
    }
    assert!(content, "promtool renders otherwise: {}", said.chars().take(2_000).collect::<String>());
}

/// The lines of promtool's complaint that differ, by template.
fn report(said: &str, templates: &[&str]) {
    for complaint in said.split("alertname: T").skip(1) {
        let number: usize = complaint.split(',').next().unwrap().parse().unwrap();
        let (want, got) = complaint.split_once("got:[").unwrap_or((complaint, ""));
        let lines = |part: &str| -> Vec<String> {
            part.lines()
                .filter(|l| l.contains("Annotations:"))
                .map(|l| l.trim().trim_end_matches(',').to_owned())
                .collect()
        };
        println!("{}", templates[number]);
        let differs = lines(want).into_iter().zip(lines(got)).filter(|(want, got)| want != got);
        for (want, got) in differs.take(3) {
            println!("  here  {want}\n  there {got}");
        }
    }
}

#[test]
fn what_fails_there_fails_here() {
    for template in FAILING {
        let rules = rule_file(&[template]);
        let rendered = ours(&rules);
        assert!(
            rendered[0].iter().all(|(_, text)| text.is_none()),
            "{template} does not fail here: {:?}",
            rendered[0][0]
        );
    }
    let (_, said) = judge(&rule_file(FAILING), &ours(&rule_file(FAILING)));
    for (i, template) in FAILING.iter().enumerate() {
        let complaint = said.split(&format!("alertname: T{i},")).nth(1).unwrap_or_default();
        let got = complaint.split("got:[").nth(1).unwrap_or_default();
        let first = got.lines().find(|l| l.contains("Annotations:")).unwrap_or_default();
        assert!(first.contains("<error expanding template"), "{template} does not fail there: {first}");
    }
}

#[test]
fn what_is_no_template_there_is_none_here() {
    for template in BROKEN {
        let rules = rule_file(&[template]);
        let here = shtop::rules::parse("rules.yaml", &rules);
        assert!(here.is_err(), "{template} is accepted here");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rules.yaml");
        std::fs::write(&file, rules).unwrap();
        let (content, _) = promtool(&["check", "rules", file.to_str().unwrap()]);
        assert!(!content, "{template} is accepted there");
    }
}
