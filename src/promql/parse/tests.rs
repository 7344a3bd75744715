//! What is accepted and what is not, in which words, and where the caret stands.

use proptest::prelude::*;

use crate::promql::tests::{complaint, expression};
use crate::promql::{Query, Reason};

#[test]
fn syntax_errors_have_a_caret_under_the_offence() {
    for (text, want) in [
        ("", "1:1: query is empty\n\n^"),
        ("a b", "1:3: unexpected identifier b, expected an operator\na b\n  ^"),
        ("a +", "1:4: unexpected end of query, expected an expression\na +\n   ^"),
        ("sum(rate(x[5m])", "1:4: unclosed `(`\nsum(rate(x[5m])\n   ^"),
        ("sum(x))", "1:7: unexpected `)`\nsum(x))\n      ^"),
        ("sum(x]", "1:4: `(` is closed by `]`\nsum(x]\n   ^^^"),
        ("x{a=\"b}", "1:5: string has no end\nx{a=\"b}\n    ^^^"),
        ("x = 1", "1:3: unexpected `=`, expected an operator; labels are matched in braces\nx = 1\n  ^"),
        ("sum by job (x)", "1:8: expected `(` after by\nsum by job (x)\n       ^^^"),
        ("nonsense(x)", "1:1: unknown function with name \"nonsense\"\nnonsense(x)\n^^^^^^^^"),
        (
            "x{a=\"1\" or b=\"2\"}",
            "1:9: `or` between label matchers is not PromQL; use a regular expression\nx{a=\"1\" or b=\"2\"}\n        ^^",
        ),
        (
            "x{a=~\"(\"}",
            "1:6: invalid regular expression \"(\" for label a: error: unclosed group\nx{a=~\"(\"}\n     ^^^",
        ),
        (
            "rate(x[99999999999y])",
            "1:8: duration \"99999999999y\" is too long, at most 292 years fit\nrate(x[99999999999y])\n       ^^^^^^^^^^^^",
        ),
        ("x offset inf", "1:10: duration inf is out of range\nx offset inf\n         ^^^"),
        ("x[0s]", "1:3: duration must be greater than 0\nx[0s]\n  ^^"),
        ("x[5m] offset -1e300", "1:15: duration 1e300 is out of range\nx[5m] offset -1e300\n              ^^^^^"),
    ] {
        let got = complaint(text);
        assert_eq!(got, want, "{text}");
    }
}

#[test]
fn type_errors_say_what_was_expected_where() {
    for (text, want, marked) in [
        (
            "rate(x)",
            "1:6: expected type range vector in call to function \"rate\", got instant vector; write the range",
            "x",
        ),
        ("sum(5)", "1:5: expected type instant vector in aggregation expression, got scalar", "5"),
        ("sum(5m) by (a)", "1:5: expected type instant vector in aggregation expression, got scalar", "5m"),
        ("abs(x{a=\"1\"} [5m])", "got range vector", "x{a=\"1\"} [5m]"),
        ("topk(x, x)", "expected type scalar in aggregation parameter, got instant vector", "x"),
        ("topk(5)", "expected 2, got 1", ")"),
        ("sum(x, y, z)", "expected 1, got 3", "y"),
        ("sum by (a) ()", "no arguments for aggregate expression provided", ")"),
        ("x[5m] + 1", "1:1: binary expression must contain only scalar and instant vector types", "x[5m]"),
        ("1 + (\"a\")", "1:5: binary expression must contain only", "(\"a\")"),
        ("1 == 2", "1:3: comparisons between scalars must use bool modifier", "=="),
        ("x and 1", "set operator \"and\" not allowed in binary scalar expression", "1"),
        ("1 + bool 2", "bool modifier can only be used on comparison operators", "bool"),
        ("1 + on (a) x", "vector matching only allowed between instant vectors", "on (a)"),
        ("-x[5m]", "1:2: unary expression only allowed on expressions of type scalar or instant vector", "x[5m]"),
        ("x + on (a) group_left (a) x", "label \"a\" must not occur in on and group clause", "group_left"),
        ("x and on (a) group_left x", "no grouping allowed for \"and\" operation", "group_left"),
        ("clamp(x, 1)", "expected 3 argument(s) in call to \"clamp\", got 2", ")"),
        ("round(x, 1, 2)", "expected at most 2 argument(s) in call to \"round\", got 3", "2"),
        ("label_join(x)", "expected at least 3 argument(s) in call to \"label_join\", got 1", ")"),
        ("exp(NaN)", "1:5: expected type instant vector", "NaN"),
        ("x[5m:1m][5m]", "ranges only allowed for vector selectors", "[5m]"),
        ("(x)[5m]", "ranges only allowed for vector selectors", "[5m]"),
        ("x offset 5m [5m]", "no offset modifiers allowed before range", "[5m]"),
        ("x @ 5 [5m]", "no @ modifiers allowed before range", "[5m]"),
        ("1[5m:]", "subquery is only allowed on instant vector, got scalar instead", "1"),
        ("sum(x) offset 5m", "offset modifier must be preceded by", "sum(x)"),
        ("(x) @ 5", "@ modifier must be preceded by", "(x)"),
        ("x offset 5m offset 6m", "offset may not be set multiple times", "6m"),
        ("x @ 1 @ end()", "@ <timestamp> may not be set multiple times", "@ end()"),
        ("x @ -inf", "timestamp out of bounds", "-inf"),
        ("x{a=\"b\",__name__=\"y\"}", "metric name must not be set twice", "__name__=\"y\""),
        ("{a=~\".*\"}", "1:1: vector selector must contain at least one non-empty matcher", "{a=~\".*\"}"),
        ("label_replace(x, \"a\", \"b\", \"c\", y)", "expected type string", "y"),
    ] {
        let e = Query::parse(text).expect_err(text);
        assert!(complaint(text).to_lowercase().contains(want), "{text}: {e}");
        assert_eq!(e.place().map(|place| &text[place]), Some(marked), "{text}: {e}");
    }
}

#[test]
fn a_mistyped_name_is_told_the_nearest_one() {
    for (text, want) in [
        ("rte(x[5m])", "unknown function with name \"rte\", did you mean rate?"),
        ("histogram_quantil(0.9, x)", "did you mean histogram_quantile?"),
        ("Rate(x[5m])", "did you mean rate?"),
        ("summ(x)", "did you mean sum?"),
        ("sun by (job) (x)", "1:1: unknown aggregation with name \"sun\", did you mean sum?"),
        ("holt_winters(x[5m], 0.5, 0.5)", "did you mean double_exponential_smoothing?"),
    ] {
        assert!(complaint(text).contains(want), "{text}: {}", complaint(text));
    }
}

#[test]
fn what_belongs_to_native_histograms_or_experiments_is_called_so() {
    for (text, marked) in [
        ("x + fill(0) y", "fill"),
        ("x * on (a) group_left fill_right(0) y", "fill_right"),
        ("info(x)", "info"),
        ("x[5m] smoothed", "smoothed"),
        ("rate(x[5m] anchored)", "anchored"),
        ("x </ 5", "</"),
        ("x >/ y", ">/"),
        ("x[5m * 2]", "*"),
        ("x[step()]", "step"),
        ("x[5m:(1m)]", "("),
        ("x offset -max_of(1m, 2m)", "max_of"),
    ] {
        let e = Query::parse(text).expect_err(text);
        assert!(matches!(e.reason, Reason::Unsupported(_)), "{text}: {e}");
        assert_eq!(e.place().map(|place| &text[place]), Some(marked), "{text}: {e}");
    }
}

#[test]
fn every_query_has_one_canonical_spelling() {
    for (text, canonical) in [
        ("SUM(x)by(a,\"b c\",)", "sum by (a, \"b c\") (x)"),
        ("topk  without()(5,x)", "topk without () (5, x)"),
        ("( (x) ) # comment", "x"),
        ("{b='1',a=~`\\d`,__name__=\"x\"}", "x{a=~\"\\\\d\",b=\"1\"}"),
        ("{\"x.y\"}", "{__name__=\"x.y\"}"),
        ("{__name__=\"On\"}", "{__name__=\"On\"}"),
        ("{__name__=\"a\",\"b\"}", "{__name__=\"a\",__name__=\"b\"}"),
        ("0x1F + 5m + 1_000 + +Inf", "31 + 300 + 1000 + Inf"),
        ("x[90m] offset -3600 @ 5m", "x[1h30m] @ 300 offset -1h"),
        ("(a + b)[5m:1m] @ end()", "(a + b)[5m:1m] @ end()"),
        ("(a)[5m:]", "a[5m:]"),
        ("(-a)[5m:]", "(-a)[5m:]"),
        ("-x ^ 2 + (-2) ^ 2 - -2", "-x ^ 2 + (-2) ^ 2 - -2"),
        ("(a ^ b) ^ c ^ (d ^ e)", "(a ^ b) ^ c ^ d ^ e"),
        ("(a + b) * c - (d - (e - f))", "(a + b) * c - (d - (e - f))"),
        ("a and (b or c) unless d", "a and (b or c) unless d"),
        ("a == BOOL on() group_left b", "a == bool on () group_left () b"),
        ("a / ignoring(x) group_right(y) b", "a / ignoring (x) group_right (y) b"),
        ("day_of_week( )", "day_of_week()"),
    ] {
        assert_eq!(Query::parse(text).expect(text).canonical(), canonical, "{text}");
    }
}

/// The tree without the places in it, which differ between spellings.
fn without_places(query: &Query) -> String {
    let told = format!("{:?}", query.0.root);
    let mut parts = told.split("place: Span { ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('}').map_or(part, |(_, rest)| rest))
}

/// Queries with tokens and bytes taken out, put in, doubled or swapped.
fn mutated() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "sum by (le, job) (rate(x_bucket{job=~\"a|b\",le!=\"\"}[5m] offset -1h30m)) / 1e3 > bool 0x1F",
        "histogram_quantile(0.99, sum without (a, \"b c\",) (rate({\"m.é\",z='\\'\\x41'}[5m:1m] @ end())))",
        "a * on (b) group_left (\"c\") d and ignoring () -e ^ -2 ^ .5 or {__name__=~`f.*`} unless vector(time())",
        "topk by (a) (5, x @ 1.5 offset 5m) # comment\n + max_over_time((y + 1)[1h:] offset 0s)",
        "label_replace(count_values(\"v\", x), \"é\", \"$1\", \"y\", \"(.*)\") == -Inf atan2 NaN % start()",
    ]);
    let piece = prop::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "+",
        "-",
        "^",
        "==",
        "=",
        "=~",
        "<",
        "!",
        "@",
        ":",
        ".",
        "#",
        "\n",
        "\"",
        "'",
        "`",
        "\\",
        "é",
        "\u{202e}",
        "\u{1b}",
        "5m",
        "1_0",
        "0x",
        "1e",
        "x",
        "sum",
        "by",
        "on",
        "bool",
        "group_left",
        "offset",
        "start",
        "step",
        "or",
        "fill",
        "anchored",
        "inf",
        "</",
        "rate(",
        "(x",
        "[5m]",
        "__name__",
    ]);
    let change = (any::<prop::sample::Index>(), 0..6_usize, piece);
    (known, prop::collection::vec(change, 1..6)).prop_map(|(known, changes)| {
        let mut text = known.to_owned();
        for (at, how_long, piece) in changes {
            let bounds: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            let i = at.index(bounds.len());
            let end = bounds[(i + how_long).min(bounds.len() - 1)];
            let taken = text[bounds[i]..end].to_owned();
            match how_long % 3 {
                0 => text.insert_str(bounds[i], piece),
                1 => text.replace_range(bounds[i]..end, ""),
                _ => text.insert_str(bounds[i], &taken),
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_query_is_printed_so_that_it_reads_the_same_again(text in expression()) {
        if let Ok(query) = Query::parse(&text) {
            let canonical = query.canonical();
            let again = Query::parse(&canonical).map_err(|e| TestCaseError::fail(e.display(&canonical).to_string()))?;
            prop_assert_eq!(without_places(&query), without_places(&again), "{} as {}", text, canonical);
            prop_assert_eq!(again.canonical(), canonical);
        }
    }

    #[test]
    fn every_error_has_its_place_inside_the_text(text in mutated()) {
        if let Err(e) = Query::parse(&text) {
            let place = e.place();
            prop_assert!(place.is_some(), "{}: {}", text, e);
            prop_assert!(place.and_then(|place| text.get(place)).is_some(), "{}: {} at {:?}", text, e, e.place());
            prop_assert!(!e.display(&text).to_string().is_empty());
        }
    }
}
