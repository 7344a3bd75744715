//! Templates: places of faults, limits, and what promtool cannot be asked about (see `tests/rules.rs` for the rest).

use proptest::prelude::*;

use crate::rules::{Ask, NoData, Scope, Template};
use crate::series::{Labels, Timestamp};

/// Answers each query with its own text as a label.
struct Echo;

impl Ask for Echo {
    fn ask(&mut self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        Ok(vec![(Labels::from_pairs([("q", query)]), at as f64)])
    }
}

fn render(text: &str, ask: &mut dyn Ask) -> Result<String, String> {
    let labels = Labels::from_pairs([("__name__", "up"), ("job", "a")]);
    let external = Labels::empty();
    let scope = Scope {
        labels: &labels,
        value: 1.5,
        external_labels: &external,
        external_url: "https://p.example.org/prefix/x?y",
        at: 7_500,
    };
    Template::parse(text).and_then(|t| t.render(&scope, ask)).map_err(|e| e.to_string())
}

#[test]
fn faults_have_their_line_and_column() {
    for (text, want) in [
        ("a\nbß {{ nope }}", "2:7: function \"nope\" not defined"),
        (
            "{{ $value | humanizeprecentage }}",
            "1:13: function \"humanizeprecentage\" not defined, did you mean humanizePercentage?",
        ),
        ("{{ $x }}", "1:4: undefined variable \"$x\""),
        ("x {{ $value", "1:3: unclosed action"),
        ("{{ if $value }}x", "1:4: {{if}} without {{end}}"),
        ("{{ $labels.my-label }}", "1:14: unexpected -"),
        ("\n  {{ toUpper $value }}", "2:6: error calling toUpper: wrong type for value; expected string; got float64"),
        ("{{ humanize }}", "1:4: wrong number of args for humanize: want 1 got 0"),
        ("{{ printf }}", "1:4: wrong number of args for printf: want at least 1 got 0"),
        ("{{ $labels.job.x }}", "1:4: can't evaluate field x in type string"),
        ("{{ \x1b }}", "1:4: unexpected character '\\u{1b}' in an action"),
    ] {
        let said = render(text, &mut NoData).expect_err(text);
        assert!(said.starts_with(want) || (want.ends_with('-') && said.starts_with("1:14:")), "{text}: {said}");
    }
}

#[test]
fn the_name_and_the_urls_of_the_server_are_there() {
    assert_eq!(
        render("{{ $labels.__name__ }} {{ externalURL }} {{ pathPrefix }}", &mut NoData),
        Ok("up https://p.example.org/prefix/x?y /prefix/x".to_owned())
    );
    assert_eq!(render("{{ now }} {{ urlQueryEscape \"a b\" }}", &mut NoData), Ok("7.5 a+b".to_owned()));
}

#[test]
fn newer_gos_words_are_understood() {
    assert_eq!(render("{{ range $i := 3 }}{{ $i }}{{ end }}", &mut NoData), Ok("012".to_owned()));
    assert_eq!(
        render("{{ with $labels.x }}x{{ else with $labels.job }}{{ . }}{{ end }}", &mut NoData),
        Ok("a".to_owned())
    );
}

#[test]
fn queries_are_asked_at_the_time_of_the_evaluation() {
    let text = "{{ with query (printf \"x{job='%s'}\" $labels.job) }}{{ (first .).Labels.q }} {{ . | first | value }}{{ end }}";
    assert_eq!(render(text, &mut Echo), Ok("x{job='a'} 7500".to_owned()));
    assert!(render(text, &mut NoData).is_err_and(|e| e.contains("there is no data here")));
}

#[test]
fn what_a_template_may_spend_is_limited() {
    for (text, want) in [
        ("{{ range 1000000000 }}{{ end }}", "more than 100000 steps"),
        ("{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}", "more than 100000 steps"),
        ("{{ range 5000 }}aaaaaaaaaaaaaaaaaaaa{{ end }}", "writes more than 64 KiB"),
        (
            "{{ printf \"%9999d\" 1 }}{{ printf \"%999999d\" 1 }}{{ range 9 }}{{ printf \"%9999d\" 1 }}{{ end }}",
            "writes more than 64 KiB",
        ),
        ("{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}", "nests more than 100 deep"),
    ] {
        let said = render(text, &mut NoData).expect_err(text);
        assert!(said.contains(want), "{text}: {said}");
    }
    let deep = format!("{}1{}", "{{ if 1 }}".repeat(200), "{{ end }}".repeat(200));
    assert!(render(&deep, &mut NoData).is_err_and(|e| e.contains("nests more than 50 deep")));
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(200), ")".repeat(200));
    assert!(render(&deep, &mut NoData).is_err_and(|e| e.contains("nests more than 50 deep")));
    assert!(render(&"x".repeat(70_000), &mut NoData).is_err_and(|e| e.contains("longer than 64 KiB")));
    let many = "{{ range 200 }}{{ query \"x\" }}{{ end }}";
    assert!(render(many, &mut Echo).is_err_and(|e| e.contains("more than 100 queries")));
    let nested = "{{ $x := args 1 }}{{ range 9000 }}{{ $x = args $x $x }}{{ end }}{{ $x }}";
    assert!(render(nested, &mut NoData).is_err_and(|e| e.contains("args cannot hold")));
    let grown = "{{ $x := printf \"%9999d\" 1 }}{{ reReplaceAll \" \" $x $x }}";
    assert!(render(grown, &mut NoData).is_err_and(|e| e.contains("longer than 64 KiB")));
    // A string that doubles with every step.
    let doubling = format!("{{{{ $x := \"aaaaaaaaaaaaaaaa\" }}}}{}", "{{ $x = print $x $x }}".repeat(40));
    assert!(render(&doubling, &mut NoData).is_err_and(|e| e.contains("longer than")), "a text grows without end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "{{", "}}", "{{-", " -}}", "if ", "else ", "end", "range ", "with ", "$x", ":=", "=", "$value", "$labels", ".a", ".", "|",
        "(", ")", "printf ", "\"%*d%.3f%q\"", "\"a\"", "`b`", "'c'", "1", "-2.5", "nil", "true", "query ", "first ", "humanize",
        "slice ", "index ", " ", "\n", "é", "/*", "*/", "define ", "template ", "break", "$i, $v", "len ", "eq ", "lt ", "toTime ",
        "humanizeTimestamp ", "reReplaceAll ", "title ", "\\", "0x", "1e400", "{{ end }}", "{{ $value }}",
    ]), 0..24)) {
        let text: String = parts.concat();
        if let Err(error) = render(&text, &mut Echo) {
            prop_assert!(!error.is_empty());
        }
    }
}
