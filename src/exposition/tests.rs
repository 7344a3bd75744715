//! Tables of bodies: what is read from them, what is diagnosed, what is remarked. One line a case.

mod memory;

use super::*;

/// Everything that comes of a body, as text: entries, then `!line:column reason` for each unreadable line, then
/// `?line:column reason` for each remark; or the fault.
fn read(body: &[u8], format: Format) -> String {
    let mut reader = Reader::new(body, format);
    let mut said: Vec<String> = reader.by_ref().map(|entry| describe(&entry)).collect();
    match reader.finish() {
        Ok(summary) => {
            let word = |mark, d: &Diagnosis| format!("{mark}{}:{} {:?}", d.line, d.column, d.reason);
            said.extend(summary.diagnoses.iter().map(|d| word('!', d)));
            said.extend(summary.remarks.iter().map(|d| word('?', d)));
            assert_eq!(summary.samples, said.iter().filter(|s| s.contains(" = ")).count());
        }
        Err(fault) => {
            assert!(said.is_empty(), "a faulty body gives no entries: {said:?}");
            let name = format!("{fault:?}");
            said.push(name.split(['(', ' ']).next().unwrap_or_default().to_owned());
        }
    }
    said.join("; ")
}

fn describe(entry: &Entry<'_>) -> String {
    match entry {
        Entry::Help { family, text } => format!("help {family} {text:?}"),
        Entry::Type { family, kind } => format!("type {family} {}", kind.as_str()),
        Entry::Unit { family, unit } => format!("unit {family} {unit}"),
        Entry::Sample(sample) => {
            let pairs =
                |labels: Vec<Pair<'_>>| labels.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("|");
            let labels = sample.labels().unwrap();
            assert_eq!(labels[0], ("__name__".into(), sample.metric()));
            let time = |mark, t: Option<i64>| t.map_or_else(String::new, |t| format!("{mark}{t}"));
            let exemplar = sample
                .exemplar
                .map_or_else(String::new, |e| format!(" #{}={}{}", pairs(e.labels()), e.value, time("@", e.timestamp)));
            let series = &pairs(labels)["__name__=".len()..];
            format!("{series} = {}{}{exemplar}", sample.value, time(" @", sample.timestamp))
        }
    }
}

fn text(line: &str) -> String {
    read(format!("{line}\n").as_bytes(), Format::Text)
}

/// A line of OpenMetrics, with the end that the format wants after it.
fn openmetrics(line: &str) -> String {
    read(format!("{line}\n# EOF\n").as_bytes(), Format::OpenMetrics)
}

#[test]
fn the_text_format_is_read_as_prometheus_reads_it() {
    for (line, want) in [
        ("up 1", "up = 1"),
        ("up\t1", "up = 1"),
        (" \tup \t 1 \t", "up = 1"),
        ("up{} 1", "up = 1"),
        ("up{}1", "up = 1"),
        ("up {\t} 1", "up = 1"),
        (":a:b_9{_c=\"d\"} 1", ":a:b_9|_c=d = 1"),
        ("m{a=\"b\",} -1.5e3 1600000000123", "m|a=b = -1500 @1600000000123"),
        ("m { a = \"b\" c = \"d\" } 33  \t123123", "m|a=b|c=d = 33 @123123"),
        ("m{a=\"} 7 # {\",b=\",\"} 1", "m|a=} 7 # {|b=, = 1"),
        ("m{a=\"\\\\\\\"\\n\\x\"} 1", "m|a=\\\"\n\\x = 1"),
        ("m{a=\"abc\0\"} 1", "m|a=abc\0 = 1"),
        ("{\"my.metric\",\"label.one\"=\"x\"} 1", "my.metric|label.one=x = 1"),
        ("{ \"my metric\" , a=\"b\" , } 1", "my metric|a=b = 1"),
        ("{a=\"b\",\"m\"} 1", "m|a=b = 1"),
        ("{\"größe\\n\\\"10€\\\"\"} 1", "größe\n\"10€\" = 1"),
        ("up NaN", "up = NaN"),
        ("up +Inf", "up = inf"),
        ("up -infinity", "up = -inf"),
        ("up 0x1p-2", "up = 0.25; ?1:4 Hexadecimal"),
        ("up 1 -5", "up = 1 @-5; ?1:6 SignedTimestamp"),
        ("up 1\r", "up = 1; ?1:5 CarriageReturn"),
        ("", ""),
        (" \t", ""),
        ("#", ""),
        ("# a comment \\n with \0 bytes", ""),
        ("#HELP a b", ""),
        ("# HELPa b", ""),
        ("# HELP", ""),
        ("# UNIT a_b b", ""),
        ("# EOF", ""),
        ("# HELP a", "help a \"\""),
        ("# HELP a ", "help a \"\""),
        ("#\t HELP \t a  b \\\\ \\n \\\" c ", "help a \" b \\\\ \\n \\\\\\\" c \""),
        ("# HELP \"a b\" c", "help a b \"c\""),
        ("# TYPE a counter", "type a counter"),
        ("#  TYPE \"a\\\"b\" untyped", "type a\"b unknown"),
        ("# TYPE a  gauge ", "type a gauge; ?1:10 Blanks"),
        ("# TYPE a info", "type a info; ?1:10 TypeOfOtherFormat"),
    ] {
        assert_eq!(text(line), want, "{line:?}");
    }
}

#[test]
fn lines_that_the_text_format_does_not_know_are_diagnosed_in_their_place() {
    for (line, want) in [
        ("up", "!2:3 ValueExpected"),
        ("up ", "!2:4 ValueExpected"),
        ("up{}", "!2:5 ValueExpected"),
        ("up true", "!2:4 NotANumber"),
        ("up 1_0", "!2:4 NotANumber"),
        ("up -NaN", "!2:4 NotANumber"),
        ("up 1e999", "!2:4 OutOfRange"),
        ("up 1 2.5", "!2:6 BadTimestamp(Milliseconds)"),
        ("up 1 99999999999999999999", "!2:6 BadTimestamp(Milliseconds)"),
        ("up 1 2 3", "!2:8 Surplus"),
        ("up 1 # {a=\"b\"} 2", "!2:6 BadTimestamp(Milliseconds)"),
        ("my-metric 1", "!2:3 NameCharacter('-')"),
        ("größe 1", "!2:3 NameCharacter('ö')"),
        ("up\0{} 1", "!2:3 NameCharacter('\\0')"),
        ("1up 1", "!2:1 NameExpected"),
        ("\0up 1", "!2:1 NameExpected"),
        ("  日本 1", "!2:3 NameExpected"),
        ("\u{feff}up 1", "!2:1 NameExpected"),
        ("{a=\"b\"} 1", "!2:1 NoName"),
        ("{} 1", "!2:1 NoName"),
        ("{__name__=\"up\"} 1", "!2:2 NameAsLabel"),
        ("up{__name__=\"up\"} 1", "!2:4 NameAsLabel"),
        ("up{\"down\"} 1", "!2:4 TwoNames"),
        ("{\"up\",\"down\"} 1", "!2:7 TwoNames"),
        ("up{a=\"ü\",b=\"ü\",a=\"1\"} 1", "!2:16 DuplicateLabel"),
        ("up{a=\"b} 1", "!2:6 QuoteOpen"),
        ("up{a=\"b\" 1", "!2:10 LabelExpected"),
        ("up{a='b'} 1", "!2:6 QuoteExpected"),
        ("up{,} 1", "!2:4 LabelExpected"),
        ("# TYPE a", "!2:9 UnknownType"),
        ("# TYPE a Counter", "!2:10 UnknownType"),
        ("# TYPE #", "!2:8 NameExpected"),
        ("# HELP ", "!2:8 NameExpected"),
        ("# HELP a-b c", "!2:9 NameCharacter('-')"),
        ("# HELP \"\" c", "!2:8 EmptyName"),
        ("# HELP \"a c", "!2:8 QuoteOpen"),
    ] {
        assert_eq!(text(&format!("ok 1\n{line}\nok 2")), format!("ok = 1; ok = 2; {want}"), "{line:?}");
    }
}

#[test]
fn openmetrics_is_read_as_prometheus_reads_it() {
    for (line, want) in [
        ("up 1", "up = 1"),
        ("up{} 1", "up = 1"),
        ("a_total{b=\"c\",} 1e3 1520879607.789", "a_total|b=c = 1000 @1520879607789"),
        ("a 1 1.5e9", "a = 1 @1500000000000"),
        ("a 1 -1", "a = 1 @-1000"),
        ("a_bucket{le=\"1\"} 5 # {} 0.5", "a_bucket|le=1 = 5 #=0.5"),
        (
            "a_bucket{le=\"1\"} 5 2 # {trace_id=\"x y\",\"s.p\"=\"\\\"\"} -0.5 1.25",
            "a_bucket|le=1 = 5 @2000 #trace_id=x y|s.p=\"=-0.5@1250",
        ),
        ("{\"my.metric\",\"label.one\"=\"x\",} 1", "my.metric|label.one=x = 1"),
        ("# HELP a b \\\\ \\n \\\" c", "help a \"b \\\\ \\n \\\" c\""),
        ("# HELP a", "help a \"\""),
        ("# TYPE a stateset", "type a stateset"),
        ("# TYPE a gaugehistogram", "type a gaugehistogram"),
        ("# TYPE a untyped", "type a unknown; ?1:10 TypeOfOtherFormat"),
        ("# TYPE a counter ", "type a counter; ?1:10 Blanks"),
        ("# UNIT a_seconds seconds", "unit a_seconds seconds"),
        ("# UNIT a ", "unit a "),
        ("# UNIT aseconds seconds", "unit aseconds seconds; ?1:17 UnitNotInName"),
        ("", "?1:1 EmptyLine"),
        ("# a comment", "?1:1 Comment"),
        ("#  TYPE a counter", "?1:1 Comment"),
        ("#", "?1:1 Comment"),
        ("up 1\r", "up = 1; ?1:5 CarriageReturn"),
    ] {
        assert_eq!(openmetrics(line), want, "{line:?}");
    }
}

#[test]
fn lines_that_openmetrics_does_not_know_are_diagnosed_in_their_place() {
    for (line, want) in [
        (" up 1", "!2:1 Blanks"),
        ("up  1", "!2:4 Blanks"),
        ("up\t1", "!2:3 Blanks"),
        ("up {} 1", "!2:4 NotANumber"),
        ("up{}1", "!2:5 Blanks"),
        ("up{ } 1", "!2:4 Blanks"),
        ("up{a=\"b\", c=\"d\"} 1", "!2:10 Blanks"),
        ("up{a=\"b\"c=\"d\"} 1", "!2:9 CommaExpected"),
        ("up 1 ", "!2:6 Blanks"),
        ("up 1\t2", "!2:5 Blanks"),
        ("up", "!2:3 ValueExpected"),
        ("up ", "!2:4 ValueExpected"),
        ("up 1 NaN", "!2:6 BadTimestamp(Seconds)"),
        ("up 1 Inf", "!2:6 BadTimestamp(Seconds)"),
        ("up 1 0x1p3", "!2:6 BadTimestamp(Seconds)"),
        ("up 1 1z", "!2:6 BadTimestamp(Seconds)"),
        ("up 1 2 3", "!2:8 Surplus"),
        ("up 1 2 #", "!2:8 BadExemplar"),
        ("up 1 #", "!2:6 BadExemplar"),
        ("up 1 # {a=\"b\"}", "!2:15 ValueExpected"),
        ("up 1 # {a=\"b\"} ", "!2:16 ValueExpected"),
        ("up 1 # {a=\"b\"} x", "!2:16 NotANumber"),
        ("up 1 # {a=\"b\"} 1 NaN", "!2:18 BadTimestamp(Seconds)"),
        ("up 1 # {a=\"b\"} 1 2 3", "!2:20 Surplus"),
        ("up 1 # {a=\"b\",a=\"c\"} 1", "!2:15 DuplicateLabel"),
        ("up 1 # {\"b\"} 1", "!2:9 LabelExpected"),
        ("up 1 # {b} 1", "!2:10 EqualsExpected"),
        ("up 1 # {b=c} 1", "!2:11 QuoteExpected"),
        ("up{topic=\"a\"b\\c\",x=\"y\"} 1", "!2:13 CommaExpected"),
        ("# TYPE a", "!2:9 UnknownType"),
        ("# TYPE  a gauge", "!2:8 NameExpected"),
        ("# UNIT a", "!2:9 UnitExpected"),
        ("# HELP \"a", "!2:8 QuoteOpen"),
    ] {
        assert_eq!(openmetrics(&format!("ok 1\n{line}\nok 2")), format!("ok = 1; ok = 2; {want}"), "{line:?}");
    }
}

#[test]
fn the_end_of_a_body_decides_whether_it_is_whole() {
    use Format::{OpenMetrics, Text};
    for (body, format, want) in [
        ("", Text, ""),
        ("\n \n\t", Text, ""),
        ("# EOF\n", Text, ""),
        ("# EOF", Text, ""),
        ("a 1", Text, "a = 1; ?1:4 NotTerminated"),
        ("a 1\n# TYPE b gauge", Text, "a = 1; type b gauge; ?2:15 NotTerminated"),
        ("a 1\nb{c=\"d", Text, "Truncated"),
        ("a 1\nb", Text, "Truncated"),
        ("a 1\nb{c=\"d\"} ", Text, "Truncated"),
        ("", OpenMetrics, "NoEof"),
        ("# EOF\n", OpenMetrics, ""),
        ("# EOF", OpenMetrics, ""),
        ("# EOF\r\n", OpenMetrics, "?1:6 CarriageReturn"),
        ("a 1\n", OpenMetrics, "NoEof"),
        ("a 1", OpenMetrics, "NoEof"),
        ("a 1\n# E", OpenMetrics, "NoEof"),
        ("a 1\nb{c=\"", OpenMetrics, "Truncated"),
        ("a{b=\"# EOF\"} 1\n", OpenMetrics, "NoEof"),
        (" # EOF\n", OpenMetrics, "NoEof"),
        ("a 1\n# EOF\nb 2\nc 3\n", OpenMetrics, "a = 1; !3:1 AfterEof"),
        ("a 1\n# EOF\n\n b", OpenMetrics, "a = 1; !4:1 AfterEof"),
        ("a 1\n# EOF\n\n", OpenMetrics, "a = 1; ?3:1 EmptyLine"),
        ("a 1\n# EOFb 2\n", OpenMetrics, "a = 1; !2:6 AfterEof"),
        ("a 1\n# EOF\nb 2\n# EOF\n", OpenMetrics, "a = 1; !3:1 AfterEof"),
    ] {
        assert_eq!(read(body.as_bytes(), format), want, "{format:?} {body:?}");
    }
}

#[test]
fn a_body_that_is_no_exposition_is_a_fault() {
    for (body, want) in [
        (&b"<!DOCTYPE html>\n<html></html>\n"[..], "Html"),
        (b"\xef\xbb\xbf <?xml version=\"1.0\"?>\n", "Html"),
        (b"\x1f\x8b\x08\x00\x00\x00\n", "Compressed"),
        (b"{\"status\":\"error\"}\n", "Garbage"),
        (b"404 page not found\n", "Garbage"),
        (b"\xff\xfeu\0p\0 \x001\0\n", "Binary"),
        (b"# only a comment\nnot a sample\n", "Garbage"),
        (b"\0\0\0\0", "Binary"),
        (b"\x0a\x10streamhouse_a_total\x12\x05A help\x18\x00", "Binary"),
    ] {
        assert_eq!(read(body, Format::Text), want, "{body:?}");
    }
    // Whatever came out of a random source, whether a line feed is at its end or not.
    let mut state = 0x9e37_79b9_u32;
    let random: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(20_000)
    .collect();
    for len in [16, 100, 5_000, 20_000] {
        assert_eq!(read(&random[..len], Format::Text), "Binary", "{len}");
        assert_eq!(read(&[&random[..len], b"\n"].concat(), Format::OpenMetrics), "Binary", "{len}");
    }
    let said = Reader::new(&random, Format::Text).finish().unwrap_err().to_string();
    assert_eq!(said, "the answer is not text but binary data, no metrics: check the target's port and path");
    // Labels of another encoding are no reason to leave the rest.
    let latin = b"a{b=\"\xe4\xf6\xfc\xdf\"} 1\n".repeat(100);
    assert_ne!(read(&[&b"# TYPE a gauge\n"[..], &latin].concat(), Format::Text), "Binary");
    let fault = Reader::new(b"404 page not found\nx\n", Format::Text).finish().unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the answer holds no metrics, none of its 2 lines can be read; line 1, column 1: expected a metric name, `{` or \
         `#`: 404 page not found"
    );
}

#[test]
fn one_bad_byte_costs_its_line() {
    assert_eq!(read(b"a 1\nb{c=\"\xff\"} 2\nd 3\n", Format::Text), "a = 1; d = 3; !2:6 NotUtf8");
    assert_eq!(read(b"a 1\nb{\xc3\xa9\xc3} 2\nd 3\n# EOF\n", Format::OpenMetrics), "a = 1; d = 3; !2:4 NotUtf8");
}

#[test]
fn crlf_is_remarked_once_and_diagnosed_columns_do_not_count_it() {
    assert_eq!(
        read(b"# TYPE a gauge\r\na 1\r\nb\r\nc 2 3\r\n\r\n", Format::Text),
        "type a gauge; a = 1; c = 2 @3; !3:2 ValueExpected; ?1:15 CarriageReturn; ?4:1 OutsideFamily"
    );
}

#[test]
fn an_injected_line_is_read_for_what_it_says_and_flagged() {
    let body = concat!(
        "# TYPE errors counter\n",
        "errors_total{topic=\"nl\n",
        "uptime_seconds 99\n",
        "red\",error_type=\"x\"} 1\n",
        "errors_total{topic=\"demo\"} 3\n",
        "# TYPE uptime_seconds gauge\n",
        "uptime_seconds 30\n",
        "# EOF\n",
    );
    let mut reader = Reader::new(body.as_bytes(), Format::OpenMetrics);
    let samples: Vec<_> = reader
        .by_ref()
        .filter_map(|entry| match entry {
            Entry::Sample(s) => Some((s.line, s.series, s.value, s.kind, s.place)),
            _ => None,
        })
        .collect();
    assert_eq!(
        samples,
        [
            (3, "uptime_seconds", 99.0, Type::Unknown, Place::Outside),
            (5, "errors_total{topic=\"demo\"}", 3.0, Type::Counter, Place::Inside),
            (7, "uptime_seconds", 30.0, Type::Gauge, Place::Inside),
        ]
    );
    let summary = reader.finish().unwrap();
    assert_eq!(summary.outside_family, 1);
    let lines = |kept: &[Diagnosis]| kept.iter().map(|d| (d.line, d.column, d.reason)).collect::<Vec<_>>();
    assert_eq!(lines(&summary.diagnoses), [(2, 20, Reason::QuoteOpen), (4, 4, Reason::NameCharacter('"'))]);
    assert_eq!(lines(&summary.remarks), [(3, 1, Reason::OutsideFamily)]);
    assert_eq!(summary.diagnoses[0].excerpt, "errors_total{topic=\"nl");
}

#[test]
fn created_series_belong_to_their_family_and_say_so() {
    let body = "# TYPE a counter\na_total 1\na_created 1.5\n# TYPE b histogram\nb_bucket{le=\"+Inf\"} 1\nb_sum 1\nb_count 1\n\
                b_created 2\n# EOF\n";
    let mut reader = Reader::new(body.as_bytes(), Format::OpenMetrics);
    let parts: Vec<_> = reader
        .by_ref()
        .filter_map(|entry| match entry {
            Entry::Sample(s) => Some((s.metric().into_owned(), s.kind, s.part)),
            _ => None,
        })
        .collect();
    let want = [
        ("a_total", Type::Counter, Part::Value),
        ("a_created", Type::Counter, Part::Created),
        ("b_bucket", Type::Histogram, Part::Bucket),
        ("b_sum", Type::Histogram, Part::Sum),
        ("b_count", Type::Histogram, Part::Count),
        ("b_created", Type::Histogram, Part::Created),
    ];
    assert_eq!(parts, want.map(|(name, kind, part)| (name.to_owned(), kind, part)));
    let families = reader.finish().unwrap().families;
    assert_eq!(families.iter().map(|f| (&*f.name, f.samples)).collect::<Vec<_>>(), [("a", 2), ("b", 4)]);
}

#[test]
fn families_are_listed_in_order_with_what_is_said_of_them() {
    let body = "# HELP a_seconds About \x1b[31ma.\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# TYPE b counter\n\
                b_total 1\nb_total{x=\"y\"} 2\n# EOF\n";
    let families = Reader::new(body.as_bytes(), Format::OpenMetrics).finish().unwrap().families;
    let family = |name: &str, kind, help: &str, unit: &str, samples| Family {
        name: name.into(),
        kind,
        help: help.into(),
        unit: unit.into(),
        samples,
    };
    assert_eq!(
        families,
        [family("a_seconds", Type::Gauge, "About ␛[31ma.", "seconds", 0), family("b", Type::Counter, "", "", 2)]
    );
}

#[test]
fn series_is_the_text_from_the_first_byte_to_the_closing_brace() {
    for (line, want) in [
        ("up 1", "up"),
        ("  up 1", "up"),
        ("up{a=\"}\"} 1", "up{a=\"}\"}"),
        ("up { a = \"b\" }\t1", "up { a = \"b\" }"),
        ("{\"a.b\",c=\"d\"}1", "{\"a.b\",c=\"d\"}"),
    ] {
        let body = format!("{line}\n");
        let entry = Reader::new(body.as_bytes(), Format::Text).next();
        assert!(matches!(entry, Some(Entry::Sample(s)) if s.series == want), "{line:?}");
    }
}

#[test]
fn millions_of_bad_lines_are_counted_and_the_first_hundred_kept() {
    let body = "ok 1\n".to_owned() + &"?\n".repeat(1_000_000);
    let summary = Reader::new(body.as_bytes(), Format::Text).finish().unwrap();
    assert_eq!((summary.samples, summary.unreadable, summary.diagnoses.len()), (1, 1_000_000, KEPT));
    let body = "# EOF\n".repeat(2);
    assert_eq!(Reader::new(body.as_bytes(), Format::OpenMetrics).finish().unwrap().unreadable, 1);
}

#[test]
fn a_line_of_many_megabytes_is_one_line() {
    let value = "x\\\\".repeat(4 << 20);
    let body = format!("a{{b=\"{value}\"}} 1\nc{{d=\"{value} 2\ne 3\n");
    let mut reader = Reader::new(body.as_bytes(), Format::Text);
    let Some(Entry::Sample(sample)) = reader.next() else { panic!("the first line is a sample") };
    assert_eq!(sample.labels().unwrap()[1].1.len(), 2 * (4 << 20));
    let summary = reader.finish().unwrap();
    assert_eq!((summary.samples, summary.unreadable), (2, 1));
    assert!(summary.diagnoses[0].excerpt.len() < 400, "{}", summary.diagnoses[0].excerpt.len());
}
