//! Queries over series in memory, from the text to the value.

use proptest::prelude::*;

use crate::series::{GAP, InMemory};

use super::*;

/// `n` series of one metric with a sample every 15 s from 0, each growing by 1.
fn rising(n: usize) -> InMemory {
    let samples: Vec<_> = (0..240).map(|i| Sample { t: i * 15_000, v: i as f64 }).collect();
    let labels = |i: usize| Labels::from_pairs([("__name__", "x"), ("i", &i.to_string())]);
    InMemory((0..n).map(|i| (labels(i), samples.clone())).collect())
}

fn at_end(text: &str, options: &Options) -> Result<Value, Error> {
    eval(&Query::parse(text).expect(text), Window::instant(600_000), &rising(3), options)
}

#[test]
fn a_rate_is_that_of_the_time_looked_at_and_not_of_the_range_before_it() {
    // 1 in 15 s, looked at from 0 on.
    let rate = |at: i64, since| {
        let options = Options { since, ..Options::default() };
        let value = eval(&Query::parse("sum(rate(x[5m]))").expect("parses"), Window::instant(at), &rising(1), &options);
        value.expect("a value").into_series()[0].values[0]
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(rate(30_000, Some(0)), 1.0 / 15.0);
    near(rate(240_000, Some(0)), 1.0 / 15.0);
    // As Prometheus has it.
    near(rate(30_000, None), 2.0 / 300.0);
    // Once the range is full there is no difference.
    near(rate(600_000, Some(0)), rate(600_000, None));
}

#[test]
fn what_was_counted_within_a_moment_is_no_rate() {
    let burst = [Sample { t: 0, v: 100.0 }, Sample { t: 500, v: 101.0 }];
    let data = InMemory(vec![(Labels::from_pairs([("__name__", "x")]), burst.to_vec())]);
    let options = Options { since: Some(0), ..Options::default() };
    let value = eval(&Query::parse("rate(x[5m])").expect("parses"), Window::instant(500), &data, &options);
    let rate = value.expect("a value").into_series()[0].values[0];
    // One and half a spacing more, in five seconds: of the half second alone it would be three.
    assert!((rate - 0.3).abs() < 1e-9, "{rate}");
}

/// What is said about a text that is no query, caret and all.
pub(super) fn complaint(text: &str) -> String {
    Query::parse(text).expect_err(text).display(text).to_string()
}

/// Runs `f` on a thread with the stack that threads have by default.
fn on_a_small_stack<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(f).expect("spawns");
    thread.join().expect("does not overflow its stack")
}

fn survives(text: String) {
    let answer = on_a_small_stack(move || {
        let query = Query::parse(&text).unwrap_or_else(|e| panic!("{e}"));
        let window = Window { start: 0, end: 120_000, step: 60_000 };
        let shared = query.clone();
        let value = eval(&query, window, &rising(2), &Options::default());
        drop((query, shared));
        value
    });
    assert!(answer.is_ok(), "{answer:?}");
}

#[test]
fn queries_at_the_caps_fit_a_default_stack() {
    use parse::{MAX_NESTING, MAX_OPERATORS};
    survives(format!("x{}", " + x".repeat(MAX_OPERATORS)));
    survives(format!("{}x", "x ^ ".repeat(MAX_OPERATORS)));
    survives(format!("{}x", "-".repeat(MAX_OPERATORS)));
    survives(format!("{}x{}", "(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    survives(format!("{}x{}", "sum(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    survives(format!("{}x{}", "topk(1, ".repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    survives(format!("{}x{}", "abs(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    // Both at once: as deep as a tree can get.
    let each = MAX_OPERATORS / MAX_NESTING;
    survives(format!("{}x{}", format!("{}abs(", "x + ".repeat(each)).repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    survives(format!("{}x{}", format!("sum({}", "-".repeat(each)).repeat(MAX_NESTING), ")".repeat(MAX_NESTING)));
    survives(format!("{}x{}", "max_over_time(".repeat(MAX_NESTING - 1), "[2m:1m])".repeat(MAX_NESTING - 1)));
}

#[test]
fn queries_past_the_caps_are_refused() {
    use parse::{MAX_BYTES, MAX_NESTING, MAX_OPERATORS};
    let deep = format!("{}x{}", "(".repeat(MAX_NESTING + 1), ")".repeat(MAX_NESTING + 1));
    let e = Query::parse(&deep).expect_err("too deep");
    assert_eq!((e.to_string(), e.place()), ("query nests brackets more than 100 deep".to_owned(), Some(100..101)));
    let e = Query::parse(&format!("x{}", " + x".repeat(MAX_OPERATORS + 1))).expect_err("too many");
    assert_eq!(e.to_string(), "query has more than 400 operators");
    let e = Query::parse(&" ".repeat(MAX_BYTES + 1)).expect_err("too long");
    assert_eq!(e.to_string(), "query has 16385 bytes, at most 16384 are accepted");
}

#[test]
fn a_selector_is_told_with_its_name_as_a_matcher() {
    let query = Query::parse(r#"sum(rate(a{x="1"}[5m])) / count({__name__=~"b.*",y!=""})"#).expect("parses");
    let told: Vec<String> = query
        .selectors()
        .iter()
        .map(|matchers| matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(told, [r#"__name__="a",x="1""#, r#"__name__=~"b.*",y!="""#]);
}

#[test]
fn the_reach_covers_ranges_offsets_subqueries_and_look_back() {
    for (text, minutes) in [
        ("x", 5),
        ("1", 0),
        ("rate(x[10m])", 10),
        ("rate(x[10m] offset 1h)", 70),
        ("x offset -1h", 0),
        ("max_over_time(rate(x[10m])[1h:1m])", 70),
        ("max_over_time(x[1h:] offset 5m)", 70),
        ("x + rate(x[20m])", 20),
        ("rate(x[10m] @ 0)", 0),
    ] {
        assert_eq!(Query::parse(text).expect(text).reach(), minutes * 60_000, "{text}");
    }
}

#[test]
fn the_lead_is_how_far_negative_offsets_look_ahead() {
    for (text, minutes) in [
        ("x", 0),
        ("1", 0),
        ("x offset -1h", 60),
        ("rate(x[10m] offset -1h) + y offset -5m", 60),
        ("x offset 1h", 0),
        ("max_over_time(x[1h:] offset -5m)", 5),
        ("max_over_time((x offset -1h)[1h:1m] offset 20m)", 40),
        ("max_over_time((x offset 1h)[1h:1m] offset -20m)", 0),
        ("sum_over_time(vector(1)[1h:] offset -5m)", 0),
        ("x @ 0 offset -1h", 0),
    ] {
        assert_eq!(Query::parse(text).expect(text).lead(), minutes * 60_000, "{text}");
    }
}

#[test]
fn a_query_is_pinned_by_fixed_times_and_by_the_window_it_is_asked_for() {
    for text in
        ["x @ 5", "sum(rate(x[5m] @ end()))", "max_over_time(x[5m:] @ start())", "x > range()", "vector(step())"]
    {
        assert!(Query::parse(text).expect(text).is_pinned(), "{text}");
    }
    for text in ["x", "x offset 5m", "time() - start", "max_over_time(x[5m:1m])", "hour()"] {
        assert!(!Query::parse(text).expect(text).is_pinned(), "{text}");
    }
}

#[test]
fn a_query_can_be_turned_to_another_job() {
    let query = Query::parse("up{job=\"a\"}  + up{job=~\"a|b\"} # job").expect("parses");
    assert_eq!(query.with_job("a", "c").text(), "up{job=\"c\"}  + up{job=~\"c|b\"} # job");
    assert_eq!(query.with_job("c", "d").text(), query.text());
    let huge = "x".repeat(parse::MAX_BYTES);
    assert_eq!(query.with_job("a", &huge).text(), query.text());
}

#[test]
fn a_budget_that_is_spent_stops_the_query() {
    let few = |max_samples, max_values| Options { max_samples, max_values, ..Options::default() };
    assert!(at_end("sum(rate(x[5m]))", &few(60, 100)).is_ok());
    let e = at_end("sum(rate(x[5m]))", &few(59, 100)).expect_err("reads 60");
    assert_eq!(e.reason, Reason::TooManySamples { limit: 59 });
    let e = at_end("sum(x) + sum(x) + sum(x)", &few(1_000, 10)).expect_err("computes more");
    assert_eq!(e.reason, Reason::TooManyValues { limit: 10 });
    let hurried = Options { max_time: Duration::ZERO, ..Options::default() };
    let e = at_end("sum_over_time(vector(1)[1h:10ms])", &hurried).expect_err("takes some time");
    assert_eq!(e.to_string(), "query takes longer than 0ns; narrow its selectors or shorten its time range");
    assert!(at_end("sum(x)", &hurried).is_ok(), "the clock is not looked at for so little");
    // Nothing is allocated for steps that are over budget.
    let e = at_end("sum_over_time(vector(1)[100y:1ms])", &Options::default()).expect_err("3e12 steps");
    assert!(matches!(e.reason, Reason::TooManyValues { .. }), "{e}");
    let endless = Window { start: 0, end: i64::MAX / 2, step: 1 };
    let e = eval(&Query::parse("1").expect("parses"), endless, &rising(1), &Options::default());
    assert!(e.is_err_and(|e| matches!(e.reason, Reason::TooManyValues { .. })));
}

#[test]
fn an_evaluation_error_points_at_its_expression() {
    let text = "1 + sum(topk(NaN, x))";
    let e = at_end(text, &Options::default()).expect_err("NaN is no number of series");
    assert_eq!(e.display(text).to_string(), format!("1:9: parameter value is NaN\n{text}\n        ^^^^"));
}

#[test]
fn every_step_of_a_range_is_the_instant_answer_at_its_time() {
    let data = rising(5);
    let window = Window { start: 7_000, end: 4_000_000, step: 33_000 };
    for text in [
        "x",
        "rate(x[1m])",
        "sum by (i) (increase(x[5m] offset 30s))",
        "topk(2, x * on (i) x)",
        "x > 100 or x{i=\"1\"}",
        "max_over_time(rate(x[1m])[3m:20s])",
        "absent(x)",
        "x @ 600 + on (i) x",
        "timestamp(x)",
        "hour() + minute(x)",
        "quantile by (i) (0.3, x) unless x{i=~\"[12]\"}",
        "predict_linear(x[5m], 60)",
    ] {
        let query = Query::parse(text).expect(text);
        let ask = |w| eval(&query, w, &data, &Options::default()).expect(text).into_series();
        let over_time = ask(window);
        for i in 0..window.steps() {
            let mut then: Vec<_> = ask(Window::instant(window.at(i)));
            then.sort_by(|a, b| a.labels.cmp(&b.labels));
            let there: Vec<_> = over_time
                .iter()
                .map(|s| (s.labels.clone(), s.values[i].to_bits()))
                .filter(|(_, bits)| *bits != GAP.to_bits())
                .collect();
            let then: Vec<_> = then.into_iter().map(|s| (s.labels, s.values[0].to_bits())).collect();
            assert_eq!(there, then, "{text} at step {i}");
        }
    }
}

#[test]
fn nothing_that_a_query_writes_steers_a_terminal() {
    let options = Options::default();
    let Ok(Value::Vector(series)) =
        at_end("label_replace(count_values(\"v\\x1b[2J\", x), \"l\\n\", \"\\x1b\", \"\", \"\")", &options)
    else {
        panic!("a vector")
    };
    assert_eq!(series[0].labels, Labels::from_pairs([("l␊", "␛"), ("v␛[2J", "40")]));
    assert!(!complaint("\"\x1b\" \"").contains('\x1b'));
}

#[test]
fn values_of_other_types_keep_their_type() {
    let options = Options::default();
    assert_eq!(at_end("time()", &options), Ok(Value::Scalar(vec![600.0])));
    assert_eq!(at_end("\"a\"", &options), Ok(Value::String("a".to_owned())));
    let Ok(Value::Matrix(tracks)) = at_end("x[30s]", &options) else { panic!("a matrix") };
    assert_eq!(tracks.len(), 3);
    assert_eq!(tracks[0].1, [Sample { t: 585_000, v: 39.0 }, Sample { t: 600_000, v: 40.0 }]);
    let range = Window { start: 0, end: 60_000, step: 60_000 };
    let e = eval(&Query::parse("x[30s]").expect("parses"), range, &rising(1), &options).expect_err("no matrix");
    assert_eq!(e.to_string(), "a query over time must be a scalar or an instant vector, this is a range vector");
}

#[test]
fn a_window_without_steps_has_no_values() {
    let none = Window { start: 60_000, end: 0, step: 1_000 };
    let ask = |text| eval(&Query::parse(text).expect(text), none, &rising(1), &Options::default());
    assert_eq!(ask("sum(x)"), Ok(Value::Vector(Vec::new())));
    assert_eq!(ask("1"), Ok(Value::Scalar(Vec::new())));
}

/// Expressions of any shape; about a quarter of them have types that fit.
pub(super) fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "x{i=\"1\"}",
        "{__name__=~\"x|y\",i!~\"2\"}",
        "nothing",
        "1",
        "-0.5",
        "Inf",
        "NaN",
        "1e300",
        "1h",
        "\"i\"",
        "\"(.*)\"",
        "x[5m]",
        "x[1ms]",
        "x[1m] @ 0",
        "x @ end()",
        "x offset -1y",
        "x[100y] offset 200y",
        "x @ -1e12",
        "time()",
        "vector(2)",
        "up",
        "x[5m:1m]",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 3, |inner| {
        let names: Vec<&str> = function::names().collect();
        let operators = vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "atan2",
            "==",
            "!= bool",
            "> bool",
            "<",
            "and",
            "or",
            "unless",
            "== on (i)",
            "* ignoring (i)",
            "/ on (i) group_left",
            "- on () group_right (i)",
            "unless on ()",
        ];
        let aggregations = vec![
            "sum(",
            "avg by (i) (",
            "max without (i) (",
            "stddev(",
            "group(",
            "topk(2, ",
            "bottomk by (i) (1, ",
            "quantile(0.5, ",
            "count_values(\"v\", ",
            "limitk(1, ",
            "limit_ratio(-0.5, ",
            "topk(NaN, ",
            "topk(1e300, ",
        ];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(l, o, r)| format!("{l} {o} {r}")),
            (prop::sample::select(aggregations), inner.clone()).prop_map(|(a, e)| format!("{a}{e})")),
            (prop::sample::select(names), prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(f, arguments)| format!("{f}({})", arguments.join(", "))),
            inner.clone().prop_map(|e| format!("(-{e})")),
            inner.prop_map(|e| format!("({e})[10m:30s] offset 7s")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_query_panics(text in expression()) {
        let data = rising(3);
        let options = Options { max_samples: 1_000_000, max_values: 100_000, ..Options::default() };
        if let Ok(query) = Query::parse(&text) {
            for window in [Window::instant(600_000), Window { start: -60_000, end: 600_000, step: 45_000 }] {
                if let Err(e) = eval(&query, window, &data, &options) {
                    prop_assert!(!e.display(&text).to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[a-z0-9 {}\\[\\]()\"'`,.:=~!<>+*/%^@#\\\\\n\u{80}-\u{ff}-]{0,40}") {
        if let Err(e) = Query::parse(&text) {
            prop_assert!(!e.display(&text).to_string().is_empty());
        }
    }
}
