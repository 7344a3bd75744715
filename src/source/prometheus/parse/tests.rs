//! What servers of every kind answer, and what becomes of it.

use super::*;
use crate::series::is_gap;

const WINDOW: Window = Window { start: 1_000_000, end: 1_060_000, step: 15_000 };

fn read(body: &str) -> (Vec<(String, Vec<f64>)>, Vec<String>) {
    match series(body.as_bytes(), WINDOW) {
        Ok(Said::Success { data, notes }) => {
            (data.into_iter().map(|s| (s.labels.to_string(), s.values)).collect(), notes)
        }
        other => panic!("{body}: {other:?}"),
    }
}

fn fails(body: &str) -> String {
    series(body.as_bytes(), WINDOW).expect_err(body)
}

fn matrix(result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":{result}}}}}"#)
}

/// Gaps as -1: NaN is equal to nothing.
fn plain(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| if is_gap(*v) { -1.0 } else { *v }).collect()
}

#[test]
fn values_go_to_their_steps_and_the_rest_are_gaps() {
    let (found, notes) = read(&matrix(
        r#"[{"metric":{"__name__":"up","job":"b"},"values":[[1000,"1"],[1030.000,"+Inf"],[1045,"-Inf"],[1060,"2e3"]]},
            {"metric":{"__name__":"up","job":"a"},"values":[[1015.2,"0.5"],[99,"7"],[2000,"8"]]}]"#,
    ));
    assert_eq!(found[0].0, r#"up{job="a"}"#);
    assert_eq!(plain(&found[0].1), [-1.0, 0.5, -1.0, -1.0, -1.0]);
    assert_eq!(plain(&found[1].1), [1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, 2000.0]);
    assert!(notes.is_empty());
}

#[test]
fn a_nan_is_no_gap() {
    let (found, _) = read(&matrix(r#"[{"metric":{},"values":[[1000,"NaN"]]}]"#));
    assert!(found[0].1[0].is_nan() && !is_gap(found[0].1[0]) && is_gap(found[0].1[1]));
}

#[test]
fn instants_scalars_and_strings_are_read() {
    let at = Window::instant(5_000);
    let one = |body: &str| match series(body.as_bytes(), at) {
        Ok(Said::Success { data, .. }) => {
            data.into_iter().map(|s| (s.labels.to_string(), s.values)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let vector =
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[5,"3"]}]}}"#;
    assert_eq!(one(vector), [("{a=\"b\"}".to_owned(), vec![3.0])]);
    let scalar = r#"{"status":"success","data":{"result":[1435781430.781,"4"],"resultType":"scalar"}}"#;
    assert_eq!(one(scalar), [("{}".to_owned(), vec![4.0])]);
    let string = r#"{"status":"success","data":{"resultType":"string","result":[1435781430.781,"text"]}}"#;
    assert_eq!(one(string), []);
}

#[test]
fn native_histograms_become_their_count_and_sum() {
    let histogram = |n: u32| format!(r#"{{"count":"{n}","sum":"{}.5","buckets":[[0,"1","2","{n}"]]}}"#, n * 2);
    let body = matrix(&format!(
        r#"[{{"metric":{{"__name__":"lat","a":"b"}},"histograms":[[1000,{}],[1015,{}]],"values":[[1030,"9"]]}},
            {{"metric":{{"a":"b"}},"histograms":[[1000,{}]]}}]"#,
        histogram(1),
        histogram(2),
        histogram(3)
    ));
    let (found, _) = read(&body);
    let found: Vec<_> = found.iter().map(|(name, values)| (name.as_str(), plain(values))).collect();
    assert_eq!(
        found,
        [
            (r#"lat{a="b"}"#, vec![-1.0, -1.0, 9.0, -1.0, -1.0]),
            (r#"lat_count{a="b"}"#, vec![1.0, 2.0, -1.0, -1.0, -1.0]),
            (r#"lat_sum{a="b"}"#, vec![2.5, 4.5, -1.0, -1.0, -1.0]),
            (r#"{a="b",histogram="count"}"#, vec![3.0, -1.0, -1.0, -1.0, -1.0]),
            (r#"{a="b",histogram="sum"}"#, vec![6.5, -1.0, -1.0, -1.0, -1.0]),
        ]
    );
}

#[test]
fn the_kins_ways_to_say_the_same_are_understood() {
    for nothing in [
        matrix("null"),
        matrix("[]"),
        r#"{"status":"success","data":null}"#.to_owned(),
        r#"{"status":"success"}"#.to_owned(),
        r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[]},"stats":{"a":[1]}}"#
            .to_owned(),
    ] {
        assert_eq!(read(&nothing), (Vec::new(), Vec::new()), "{nothing}");
    }
    let (found, notes) = read(
        r#"{"isPartial":true,"warnings":["a\u001b[31m"],"infos":["b"],"data":{"result":[{"values":[["1000",1.5],[1015,2,"x"],
           [1030,null]],"extra":{},"metric":{"n":7}}],"resultType":"matrix"},"status":"success"}"#,
    );
    assert_eq!(found[0].0, r#"{n="7"}"#);
    assert_eq!((found[0].1[0], found[0].1[1]), (1.5, 2.0));
    assert!(found[0].1[2].is_nan());
    assert_eq!(notes, ["the answer is partial: not every storage node answered", "a␛[31m", "b"]);
}

#[test]
fn an_error_is_what_it_says() {
    let said = series(br#"{"status":"error","errorType":"bad_data","error":"1:2: parse \u001b error"}"#, WINDOW);
    assert_eq!(said, Ok(Said::Error { kind: "bad_data".into(), message: "1:2: parse ␛ error".into() }));
    let said = series(br#"{"status":"error","data":null,"errorType":422,"error":null}"#, WINDOW);
    assert_eq!(said, Ok(Said::Error { kind: "422".into(), message: String::new() }));
}

#[test]
fn what_is_broken_says_where_and_what_was_expected() {
    let whole = matrix(r#"[{"metric":{"__name__":"up"},"values":[[1000,"1"]]}]"#);
    let cut = &whole[..whole.len() - 9];
    assert_eq!(
        fails(cut),
        format!("the answer breaks off after {} bytes, inside a value; the rest of the JSON was expected", cut.len())
    );
    assert_eq!(
        fails(&format!("{whole}x")),
        format!("the answer goes on at line 1, column {}, after the JSON has ended", whole.len() + 1)
    );
    assert_eq!(fails(""), "the answer is empty; JSON was expected");
    for (body, words) in [
        ("{}", "it has no `status`"),
        (r#"{"status":"maybe"}"#, "`status` is \"maybe\""),
        ("[]", "expected an object with `status` and `data`"),
        (&matrix(r#"[{"metric":{},"values":[[1000,"x"]]}]"#), "a point is not a time and a number"),
        (&matrix(r#"[{"metric":{},"values":[[1000]]}]"#), "a point is not a time and a value"),
        (&matrix(r#"[{"metric":{},"values":"x"}]"#), "expected a list of points"),
        (&matrix(r#"[{"metric":[],"values":[]}]"#), "expected labels"),
        (&matrix(r#"{"a":1}"#), "expected a list of series"),
        (r#"{"status":"success","data":[]}"#, "expected an object with `result`"),
    ] {
        let found = fails(body);
        assert!(found.starts_with("the answer is not that of Prometheus' API: ") && found.contains(words), "{found}");
    }
    for end in 1..whole.len() {
        assert!(series(&whole.as_bytes()[..end], WINDOW).is_err(), "{end}");
    }
}

#[test]
fn many_series_of_one_point_do_not_fill_the_machine() {
    let window = Window { start: 0, end: 10_000_000, step: 1_000 };
    let one = r#"{"metric":{},"values":[[1,"1"]]},"#;
    let body = matrix(&format!("[{}{}]", one.repeat(1_000), one.trim_end_matches(',')));
    let words = series(body.as_bytes(), window).expect_err("too many");
    assert!(words.contains("it has more than 8388608 values; ask for fewer series"), "{words}");
}

#[test]
fn documents_are_read_leniently() {
    let said = document::<Vec<String>>(br#"{"status":"success","data":["a","b"]}"#);
    assert_eq!(said, Ok(Said::Success { data: vec!["a".into(), "b".into()], notes: vec![] }));
    let said = document::<Vec<String>>(br#"{"status":"success","data":null,"more":1}"#);
    assert_eq!(said, Ok(Said::Success { data: vec![], notes: vec![] }));
}
