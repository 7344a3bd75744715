//! Tables of texts with a cursor, and what belongs there.

use super::*;

/// The spot at the `|` of `text`, which is taken out.
fn at(text: &str) -> Spot {
    let cursor = text.find('|').expect("a cursor");
    spot(&format!("{}{}", &text[..cursor], &text[cursor + 1..]), cursor)
}

fn matcher(selector: &str) -> Wanted {
    Wanted::Matcher(selector.to_owned())
}

fn value(selector: &str, label: &str, quote: Option<char>, regex: bool) -> Wanted {
    Wanted::Value { selector: selector.to_owned(), label: label.to_owned(), quote, regex }
}

fn grouping(metrics: &[&str]) -> Wanted {
    Wanted::Grouping(metrics.iter().map(|m| (*m).to_owned()).collect())
}

#[test]
fn the_place_decides_what_belongs_there() {
    for (text, wanted, typed) in [
        ("|", Wanted::Expression(&[]), ""),
        ("ra|", Wanted::Expression(&[]), "ra"),
        ("rate(stre|", Wanted::Expression(&[]), "stre"),
        ("rate(stre|)", Wanted::Expression(&[]), "stre"),
        ("topk(5, s|", Wanted::Expression(&[]), "s"),
        ("a + o|", Wanted::Expression(PAIRING), "o"),
        ("a + on (b) g|", Wanted::Expression(MANY), "g"),
        ("a |", Wanted::Word(BEHIND), ""),
        ("a o|", Wanted::Word(BEHIND), "o"),
        ("sum |", Wanted::Word(AGGREGATING), ""),
        ("sum(a) b|", Wanted::Word(AGGREGATED), "b"),
        ("(sum(a)) b|", Wanted::Word(BEHIND), "b"),
        ("x{|", matcher("x"), ""),
        ("x{|}", matcher("x"), ""),
        ("x{to|", matcher("x"), "to"),
        ("x{a=\"1\",|", matcher("x{a=\"1\"}"), ""),
        ("{|", matcher(""), ""),
        ("{__name__=\"x\", t|", matcher("{__name__=\"x\"}"), "t"),
        ("x{a=|", value("x", "a", None, false), ""),
        ("x{a=\"|", value("x", "a", Some('"'), false), ""),
        ("x{a='or|'}", value("x", "a", Some('\''), false), "or"),
        ("x{a=\"1\", b!=\"2|\"}", value("x{a=\"1\"}", "b", Some('"'), false), "2"),
        ("x{a=~\"one|", value("x", "a", Some('"'), true), "one"),
        ("x{\"a b\"=\"|", value("x", "a b", Some('"'), false), ""),
        ("x{a=\"1\"|", Wanted::Nothing, ""),
        ("x{a |", Wanted::Nothing, ""),
        ("rate(x[|", Wanted::Duration, ""),
        ("rate(x[5|", Wanted::Duration, "5"),
        ("rate(x[5m:|", Wanted::Duration, ""),
        ("x offset 1|", Wanted::Duration, "1"),
        ("sum by (|", grouping(&[]), ""),
        ("sum by (|) (rate(x{a=\"b\"}[5m]) / y)", grouping(&["x", "y"]), ""),
        ("sum(rate(x[5m])) by (a, t|", grouping(&["x"]), "t"),
        ("a * on (|", grouping(&["a"]), ""),
        ("a * on (x) group_left (|", grouping(&["a"]), ""),
        ("sum by (a |", Wanted::Nothing, ""),
        ("sum by |", Wanted::Nothing, ""),
        ("12|", Wanted::Nothing, ""),
        ("x # rat|", Wanted::Nothing, ""),
        ("x # why\n + ra|", Wanted::Expression(PAIRING), "ra"),
        ("label_replace(x, \"a|", Wanted::Nothing, ""),
    ] {
        let spot = at(text);
        assert_eq!((spot.wanted, spot.typed.as_str()), (wanted, typed), "{text}");
    }
}

#[test]
fn alternatives_of_a_pattern_are_typed_one_at_a_time() {
    let text = "x{a=~\"one¦tw".replace('¦', "|");
    let spot = spot(&text, text.len());
    assert_eq!((spot.typed.as_str(), spot.replaced), ("tw", 10..12));
}

#[test]
fn what_stands_behind_the_cursor_is_replaced_only_as_far_as_it_belongs_to_the_word() {
    for (text, replaced) in [
        ("ra|te(x)", 0..4),
        ("rate(x{a=\"|, b=\"c\"})", 10..10),
        ("x{a=\"or|ders\"}", 5..11),
        ("x{a=\"|})", 5..5),
        ("x[5|m]", 2..4),
        ("x{to|pic=\"a\"}", 2..7),
    ] {
        assert_eq!(at(text).replaced, replaced, "{text}");
    }
}

#[test]
fn no_text_and_no_cursor_is_refused() {
    let hostile = "sum by(a)}{[\"é\\\"x{\u{1b}=~'|`#\n))]]({{\"";
    for cursor in 0..=hostile.len() + 3 {
        let spot = spot(hostile, cursor);
        assert!(hostile.get(spot.replaced.clone()).is_some(), "{cursor}: {spot:?}");
    }
}

#[test]
fn a_semicolon_parts_queries_unless_it_is_in_a_string_or_a_comment() {
    let parts = |text| queries(text).into_iter().map(|part| &text[part]).collect::<Vec<&str>>();
    assert_eq!(parts("up ;\n sum(up);"), ["up", "sum(up)", ""]);
    assert_eq!(parts("up{a=\";\"} # one; two\n; x"), ["up{a=\";\"} # one; two", "x"]);
    assert_eq!(parts(""), [""]);
    assert_eq!(parts("up{a=\"; x"), ["up{a=\"; x"]);
    assert_eq!(parts(" ; é ;"), ["", "é", ""]);
}
