//! Where variables stand, and what becomes of them there.

use crate::layout::{All, Binding, Scope, Selection};
use crate::promql::Query;

use super::{Site, places};

fn values(values: &[&str]) -> Selection {
    Selection::Values(values.iter().map(|&v| v.to_owned()).collect())
}

fn scope(name: &str, chosen: Selection) -> Scope {
    let binding = Binding { name: name.to_owned(), chosen, many: true, ..Binding::default() };
    Scope { bindings: vec![binding], step: 30_000, interval: 15_000, range: (1_000_000, 4_600_000) }
}

#[test]
fn selections_become_regular_expressions() {
    let table: &[(&str, Selection, &str)] = &[
        (r#"up{instance=~"$agent"}"#, Selection::All, r#"up{instance=~".*"}"#),
        (r#"up{instance=~"${agent}"}"#, Selection::All, r#"up{instance=~".*"}"#),
        (r#"up{instance=~"$agent"}"#, values(&[]), r#"up{instance=~".*"}"#),
        (r#"up{instance=~"$agent"}"#, values(&["a:9090"]), r#"up{instance=~"a:9090"}"#),
        (r#"up{instance=~"$agent"}"#, values(&["a", "b"]), r#"up{instance=~"a|b"}"#),
        (r#"up{instance!~ "$agent"}"#, values(&["a", "b"]), r#"up{instance!~ "a|b"}"#),
        (r#"up{pod=~"x-$agent.*"}"#, values(&["a", "b"]), r#"up{pod=~"x-(?:a|b).*"}"#),
        (r#"up{pod=~"x-${agent}y"}"#, values(&["a"]), r#"up{pod=~"x-ay"}"#),
        (r#"up{instance=~"$agent"}"#, values(&["10.0.0.1:80"]), r#"up{instance=~"10\\.0\\.0\\.1:80"}"#),
        (r#"up{instance=~"$agent"}"#, values(&["a\"b\\c\nd"]), r#"up{instance=~"a\"b\\\\c\nd"}"#),
        ("up{instance=~'$agent'}", values(&["it's \"x\""]), r#"up{instance=~'it\'s "x"'}"#),
        ("up{instance=~`$agent`}", values(&["a.b`c"]), r"up{instance=~`a\.b\x60c`}"),
        (r#"up{a=~"$other$agent"}"#, values(&["x"]), r#"up{a=~"$otherx"}"#),
        (r#"label_replace(up,"a","$1","b","(.*)$")"#, values(&["x"]), r#"label_replace(up,"a","$1","b","(.*)$")"#),
    ];
    for (expr, selection, text) in table {
        assert_eq!(&scope("agent", selection.clone()).query(expr), text, "{expr}");
    }
}

#[test]
fn elsewhere_a_value_stands_as_it_is() {
    let one = scope("x", values(&["a.b\"c"]));
    assert_eq!(one.query(r#"up{a="$x"}"#), r#"up{a="a.b\"c"}"#);
    assert_eq!(scope("n", values(&["5"])).query("topk($n, a[${n}m]) # $n"), "topk(5, a[5m]) # $n");
    assert_eq!(scope("m", values(&["up"])).query("[[m]] + rate(x[[[m]]])"), "up + rate(x[up])");
    assert_eq!(scope("m", values(&["up"])).query("a + $y + ${y} + [[y]]"), "a + $y + ${y} + [[y]]");
}

#[test]
fn a_format_says_how_values_are_written() {
    let two = scope("v", values(&["a.1", "b"]));
    let table = [
        ("regex", r"(a\.1|b)"),
        ("pipe", "a.1|b"),
        ("csv", "a.1,b"),
        ("raw", "a.1,b"),
        ("glob", "{a.1,b}"),
        ("doublequote", r#""a.1","b""#),
        ("singlequote", "'a.1','b'"),
        ("json", r#"["a.1","b"]"#),
        ("text", "a.1 + b"),
    ];
    for (format, text) in table {
        assert_eq!(two.query(&format!("${{v:{format}}}")), text, "{format}");
        assert_eq!(two.query(&format!("[[v:{format}]]")), text, "{format}");
    }
    // What is quoted twice is still one string.
    assert_eq!(two.query(r#"up{a=~"${v:regex}"}"#), r#"up{a=~"(a\\.1|b)"}"#);
    assert_eq!(scope("v", values(&["a.1"])).query(r#"up{a="${v:raw}"}"#), r#"up{a="a.1"}"#);
}

#[test]
fn the_only_value_of_a_variable_is_a_pattern_itself() {
    let mut one = scope("v", values(&["a.*|b"]));
    one.bindings[0].many = false;
    assert_eq!(one.query(r#"up{a=~"$v"}"#), r#"up{a=~"a.*|b"}"#);
    one.bindings[0].chosen = Selection::All;
    one.bindings[0].all = All::No;
    one.bindings[0].known = vec![("First".to_owned(), r"\d".to_owned())];
    assert_eq!(one.query(r#"up{a=~"$v"}"#), r#"up{a=~"\\d"}"#);
    assert_eq!(one.text("of $v"), "of First");
}

#[test]
fn all_is_listed_where_a_dashboard_means_those_it_knows() {
    let mut all = scope("v", Selection::All);
    all.bindings[0].all = All::Listed;
    assert_eq!(all.query(r#"up{a=~"$v"}"#), r#"up{a=~".*"}"#);
    all.bindings[0].known = ["a.b", "c"].map(|v| (v.to_owned(), v.to_owned())).to_vec();
    assert_eq!(all.query(r#"up{a=~"$v"}"#), r#"up{a=~"a\\.b|c"}"#);
    assert_eq!(all.text("$v: ${v:csv}"), "All: a.b,c");
}

#[test]
fn the_program_stands_in_for_times() {
    let scope = scope("v", values(&["$__interval"]));
    let expr = "rate(x[$__rate_interval]) / $__interval_ms + y[$__range:$__interval] @ ${__to} + $__range_s + z[$v]";
    let text = "rate(x[60s]) / 30000 + y[3600s:30s] @ 4600000 + 3600 + z[30s]";
    assert_eq!(scope.query(expr), text);
    assert_eq!(Scope { step: 120_000, ..scope }.query("x[$__rate_interval]"), "x[135s]");
}

#[test]
fn titles_name_what_is_chosen() {
    let scope = scope("v", values(&["a", "b"]));
    assert_eq!(scope.text("CPU of $v, ${v:pipe}, [x] $5"), "CPU of a + b, a|b, [x] $5");
}

#[test]
fn an_escaped_value_matches_itself_and_nothing_else() {
    for value in ["a.b", "a|b", "(x)", "a\\d", "[", "^$", "a*b+c?", "{1}", "-", "#x y", "日本"] {
        let expr = scope("v", values(&[value])).query(r#"up{a=~"$v"}"#);
        let query = Query::parse(&expr).unwrap_or_else(|e| panic!("{expr}: {e}"));
        let selectors = query.selectors();
        let pattern = selectors[0].iter().find(|m| m.name == "a").unwrap();
        assert!(pattern.matches(value), "{value}: {expr}");
        assert!(!pattern.matches("aXb") && !pattern.matches("a"), "{value}: {expr}");
    }
}

#[test]
fn variables_are_found_where_they_stand() {
    let names = |expr| places(expr).into_iter().map(|p| (p.name.to_owned(), p.site)).collect::<Vec<_>>();
    let regex = |alone| Site::Regex { quote: '"', alone };
    let text = Site::Text { quote: '"' };
    assert_eq!(names(r#"a{x=~"$a"} # $b "#), [("a".to_owned(), regex(true))]);
    assert_eq!(names(r#"a{x="$a",y=~"z$b"}"#), [("a".to_owned(), text), ("b".to_owned(), regex(false))]);
    assert_eq!(names("topk($n, a)"), [("n".to_owned(), Site::Outside)]);
    assert_eq!(names(r#"a{x=~"\"$a"}"#), [("a".to_owned(), regex(false))]);
    assert_eq!(names(r#"a{x=~"$"} $"#), []);
    assert_eq!(names(r#"a{x=~"${a"}"#), []);
    assert_eq!(names(r#"a{x=~"[[:alpha:]]"}[5m]"#), []);
    assert_eq!(names(r#"a{x=~"$a"#), [("a".to_owned(), regex(true))]);
    assert_eq!(names(r#""é" + a{x=~"é$a"}"#), [("a".to_owned(), regex(false))]);
}

#[test]
fn a_value_is_no_markup_in_markdown() {
    let chosen = Selection::Values(vec!["orders".to_owned(), "**x**[y](z)".to_owned()]);
    let binding = Binding { name: "topic".to_owned(), many: true, chosen, ..Binding::default() };
    let scope = Scope { bindings: vec![binding], step: 0, interval: 0, range: (0, 0) };
    assert_eq!(scope.markdown("for $topic, *here*"), r"for orders + \*\*x\*\*\[y\](z), *here*");
    assert_eq!(scope.text("for $topic"), "for orders + **x**[y](z)");
}
