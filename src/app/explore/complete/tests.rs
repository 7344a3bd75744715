//! Tables of texts with a cursor, and what the best word makes of them.

use std::sync::Arc;

use super::*;

/// Names as the source would tell them.
fn names() -> Names {
    let mut names = Names::default();
    let mut tell = |question: Option<Question>, values: &[&str]| {
        let question = question.expect("a question");
        names.want(question.clone(), 0);
        let asks = names.asks();
        let key = asks.first().expect("an ask").key.1.clone();
        assert!(names.take(&key, values.iter().map(|v| Arc::from(*v)).collect(), 0), "{question:?}");
    };
    let metrics =
        ["my.metric", "streamhouse_consumer_lag", "streamhouse_producer_records_total", "streamhouse_s3_rate", "up"];
    tell(Some(Question::metrics()), &metrics);
    tell(Some(Question::names("up")), &["__name__", "a.b", "instance", "job"]);
    tell(Some(Question::names("up or streamhouse_consumer_lag")), &["__name__", "job", "topic"]);
    tell(Question::values("up", "job"), &["agent", "a\"b", "a\\b", "a`b", "a.b", "a␊b", "}{,", "日本"]);
    names
}

/// The best words at the `¦` of `text`, and the text with the first of them, its cursor marked the same way.
fn at(text: &str) -> (Vec<String>, String) {
    let cursor = text.find('¦').expect("a cursor");
    let text = text.replace('¦', "");
    let completion = complete(&text, cursor, &names());
    let words = completion.candidates.iter().map(|c| c.word.clone()).collect();
    let first = completion.candidates.first().map_or(String::new(), |c| {
        format!("{}{}¦{}", &text[..completion.replaced.start], c.insert, &text[completion.replaced.end..])
    });
    (words, first)
}

#[test]
fn the_words_that_belong_there_come_with_what_follows_them() {
    for (text, best, becomes) in [
        ("rat¦", "rate", "rate(¦"),
        ("rat¦(x)", "rate", "rate¦(x)"),
        ("sum(incr¦)", "increase", "sum(increase(¦)"),
        ("su¦", "sum", "sum(¦"),
        ("con¦", "streamhouse_consumer_lag", "streamhouse_consumer_lag¦"),
        ("rate(prodrec¦)", "streamhouse_producer_records_total", "rate(streamhouse_producer_records_total¦)"),
        ("my¦", "my.metric", "{\"my.metric\"}¦"),
        ("up{¦", "__name__", "up{__name__=\"¦"),
        ("up{jo¦}", "job", "up{job=\"¦}"),
        ("up{j¦=\"x\"}", "job", "up{job¦=\"x\"}"),
        ("up{a¦", "a.b", "up{\"a.b\"=\"¦"),
        ("up{job=¦}", "agent", "up{job=\"agent\"¦}"),
        ("up{job=\"¦", "agent", "up{job=\"agent\"¦"),
        ("up{job=\"ag¦\"}", "agent", "up{job=\"agent¦\"}"),
        ("up{job=\"a\"¦, b=\"c\"}", "", ""),
        ("sum by (¦) (up + streamhouse_consumer_lag)", "job", "sum by (job¦) (up + streamhouse_consumer_lag)"),
        ("rate(up[¦", "1m", "rate(up[1m]¦"),
        ("rate(up[¦])", "1m", "rate(up[1m¦])"),
        ("rate(up[7¦", "7s", "rate(up[7s]¦"),
        ("up offset ¦", "1m", "up offset 1m¦"),
        ("sum b¦", "by", "sum by (¦"),
        ("up un¦ x", "unless", "up unless¦ x"),
        ("up * o¦", "on", "up * on (¦"),
    ] {
        let (words, first) = at(text);
        assert_eq!((words.first().map_or("", String::as_str), first.as_str()), (best, becomes), "{text}: {words:?}");
    }
}

#[test]
fn hostile_values_are_put_so_that_the_query_means_them() {
    for (text, word, becomes) in [
        ("up{job=\"a\"¦", "", ""),
        ("up{job=\"a\\\"¦", "", ""),
        ("up{job=\"}¦", "}{,", "up{job=\"}{,\"¦"),
        ("up{job=\"日¦", "日本", "up{job=\"日本\"¦"),
        ("up{job=~\"a.¦", "a.b", "up{job=~\"a\\\\.b\"¦"),
        ("up{job=~'x|}¦'}", "}{,", "up{job=~'x|\\\\}\\\\{,¦'}"),
    ] {
        let (words, first) = at(text);
        assert_eq!((words.first().map_or("", String::as_str), first.as_str()), (word, becomes), "{text}: {words:?}");
    }
    let inserts = |quote: &str| {
        let text = format!("up{{job={quote}");
        let completion = complete(&text, text.len(), &names());
        completion.candidates.into_iter().map(|c| (c.word, format!("{text}{}}}", c.insert))).collect::<Vec<_>>()
    };
    for (quote, listed) in [("\"", 7), ("'", 7), ("`", 6)] {
        let inserts = inserts(quote);
        // What a terminal cannot show is not what the source has, and a raw string has no backquote.
        assert_eq!(inserts.len(), listed, "{inserts:?}");
        for (value, text) in inserts {
            let query = crate::promql::Query::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert!(query.selectors()[0].iter().any(|m| m.name == "job" && m.matches(&value)), "{text}");
        }
    }
}

#[test]
fn what_begins_as_typed_comes_first_and_the_count_is_told() {
    let completion = complete("rate", 4, &names());
    let words: Vec<&str> = completion.candidates.iter().map(|c| c.word.as_str()).collect();
    // All of it, the beginning of a part, anywhere.
    assert_eq!(words[..3], ["rate", "streamhouse_s3_rate", "irate"]);
    assert_eq!(completion.found, words.len());
    assert!(completion.of > 90, "{}", completion.of);
}

#[test]
fn a_word_that_stands_there_whole_brings_up_no_list() {
    for (text, is_wanted) in [("streamhouse_consumer_lag", false), ("streamhouse_consumer_la", true), ("", false)] {
        assert_eq!(complete(text, text.len(), &names()).is_wanted, is_wanted, "{text}");
    }
}

#[test]
fn what_is_known_of_a_metric_stands_beside_it() {
    let completion = complete("streamhouse_consumer_lag", 8, &names());
    let about = &completion.candidates[0].about;
    assert!(about.starts_with("gauge  "), "{about}");
}

#[test]
fn what_the_source_has_not_said_yet_is_waited_for() {
    let text = "unknown{";
    assert_eq!(question(text, text.len()), Some(Question::names("unknown")));
    let completion = complete(text, text.len(), &names());
    assert!(completion.is_waiting && completion.candidates.is_empty());
}
