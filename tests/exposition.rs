//! The reader of `/metrics` against recorded bodies, against prometheus-parse, and against bytes nobody meant.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking and say so aloud")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use shtop::exposition::{Diagnosis, Entry, Fault, Format, Place, Reader, Reason, Summary, Type};
use shtop::series::Timestamp;

#[path = "support/shared_data.rs"]
mod shared_data;

use shared_data::{Body, beside, bodies, own};

/// A sample as both readers can tell it.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    name: String,
    labels: BTreeMap<String, String>,
    bits: u64,
    timestamp: Option<Timestamp>,
}

impl Told {
    /// Bounds of buckets and quantiles are compared as numbers, because prometheus-parse only tells those.
    fn new(name: &str, labels: BTreeMap<String, String>, value: f64, timestamp: Option<Timestamp>) -> Self {
        let bound = |(n, v): (String, String)| match (&*n, v.parse::<f64>()) {
            ("le" | "quantile", Ok(bound)) => (n, bound.to_string()),
            _ => (n, v),
        };
        let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
        Self { name: name.into(), labels: labels.into_iter().map(bound).collect(), bits, timestamp }
    }

    fn key(&self) -> String {
        format!("{self:?}")
    }
}

fn ours(body: &[u8], format: Format) -> (Vec<Told>, Result<Summary, Fault>) {
    let mut reader = Reader::new(body, format);
    let mut told = Vec::new();
    for entry in reader.by_ref() {
        if let Entry::Sample(s) = entry {
            let labels = s.labels().unwrap();
            assert_eq!(labels[0], ("__name__".into(), s.metric()));
            let rest = labels[1..].iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            told.push(Told::new(&s.metric(), rest, s.value, s.timestamp));
        }
    }
    (told, reader.finish())
}

fn theirs(body: &str) -> Vec<Told> {
    use prometheus_parse::Value;
    let scrape = prometheus_parse::Scrape::parse(body.lines().map(|l| Ok(l.to_owned()))).unwrap();
    let mut told = Vec::new();
    for sample in scrape.samples {
        let labels: BTreeMap<String, String> = sample.labels.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        let at = Some(sample.timestamp.timestamp_millis());
        let mut tell = |name: &str, bound: Option<(&str, f64)>, value| {
            let mut labels = labels.clone();
            labels.extend(bound.map(|(n, v)| (n.to_owned(), v.to_string())));
            told.push(Told::new(name, labels, value, at));
        };
        match sample.value {
            Value::Counter(v) | Value::Gauge(v) | Value::Untyped(v) => tell(&sample.metric, None, v),
            Value::Histogram(buckets) => {
                let name = format!("{}_bucket", sample.metric);
                for b in &buckets {
                    tell(&name, Some(("le", b.less_than)), b.count);
                }
            }
            Value::Summary(quantiles) => {
                for q in &quantiles {
                    tell(&sample.metric, Some(("quantile", q.quantile)), q.count);
                }
            }
        }
    }
    told
}

/// Both lists without regard to order; times only where our reader found one, because the other makes them up.
fn assert_same(name: &str, mut ours: Vec<Told>, mut theirs: Vec<Told>) {
    let untimed = |told: &Told| Told { timestamp: None, ..told.clone() }.key();
    ours.sort_by_key(untimed);
    theirs.sort_by_key(untimed);
    for (a, b) in ours.iter().zip(&mut theirs) {
        b.timestamp = a.timestamp.and(b.timestamp);
        assert_eq!(a, b, "{name}");
    }
    assert_eq!(ours.len(), theirs.len(), "{name}");
}

/// A body that must be read whole.
fn assert_sound(body: &Body, format: Format, samples: usize, families: usize) -> Summary {
    let (told, summary) = ours(&body.bytes, format);
    let summary = summary.unwrap_or_else(|e| panic!("{}: {e}", body.name));
    assert_eq!((told.len(), summary.samples), (samples, samples), "{}", body.name);
    assert_eq!(summary.families.len(), families, "{}", body.name);
    assert_eq!((summary.unreadable, &summary.diagnoses), (0, &Vec::new()), "{}", body.name);
    assert_eq!((summary.remarkable, &summary.remarks), (0, &Vec::new()), "{}", body.name);
    if families > 0 {
        assert_eq!(summary.families.iter().map(|f| f.samples).sum::<usize>(), samples, "{}", body.name);
    }
    summary
}

fn format_of(body: &Body) -> Format {
    if body.name.ends_with(".prom.txt") { Format::Text } else { Format::OpenMetrics }
}

fn places(kept: &[Diagnosis]) -> Vec<(u32, u32, Reason)> {
    kept.iter().map(|d| (d.line, d.column, d.reason)).collect()
}

// --- Recorded bodies ---------------------------------------------------------------------------------------------

#[test]
fn our_sound_bodies_are_read_whole() {
    for body in own(".txt") {
        let (samples, families) = match &*body.name {
            "agent.om.txt" => (94, 7),
            "sound.om.txt" => (25, 9),
            "sound.prom.txt" => (18, 7),
            "torn.om.txt" => continue,
            other => panic!("{other}: say here what it holds"),
        };
        let summary = assert_sound(&body, format_of(&body), samples, families);
        if body.name.starts_with("sound") {
            let last = summary.families.last().unwrap();
            assert_eq!((&*last.name, last.kind, last.samples), ("never_sampled", Type::Counter, 0));
        }
    }
}

#[test]
fn every_part_of_a_line_arrives() {
    let body = own("sound.om.txt").remove(0);
    let mut reader = Reader::new(&body.bytes, Format::OpenMetrics);
    let found = reader.find_map(|entry| match entry {
        Entry::Sample(s) if s.line == 7 => Some(s),
        _ => None,
    });
    let sample = found.unwrap();
    assert_eq!(sample.series, "requests_total{path=\"/\"}");
    assert_eq!((sample.value, sample.timestamp, sample.kind), (17.0, Some(1_795_350_817_500), Type::Counter));
    let exemplar = sample.exemplar.unwrap();
    assert_eq!((exemplar.value, exemplar.timestamp), (1.0, Some(1_795_350_816_250)));
    assert_eq!(
        exemplar.labels(),
        [("trace_id".into(), "0af7651916cd43dd".into()), ("span_id".into(), "b7ad6b71".into())]
    );
    let family = &reader.finish().unwrap().families[1];
    assert_eq!((&*family.name, &*family.help, family.samples), ("requests", "Requests, by \"path\".", 4));
}

#[test]
fn a_torn_label_value_costs_its_lines_only() {
    let body = own("torn.om.txt").remove(0);
    let (told, summary) = ours(&body.bytes, Format::OpenMetrics);
    let summary = summary.unwrap();
    assert_eq!(
        told.iter().map(|t| (&*t.name, f64::from_bits(t.bits))).collect::<Vec<_>>(),
        [
            ("uptime_seconds", 99_999_999.0),
            ("producer_errors_total", 3.0),
            ("uptime_seconds", 30.0),
            ("rate_limit_total", 8.0)
        ]
    );
    assert_eq!(
        places(&summary.diagnoses),
        [(3, 29, Reason::QuoteOpen), (5, 5, Reason::NameCharacter('"')), (6, 32, Reason::CommaExpected)]
    );
    assert_eq!(places(&summary.remarks), [(4, 1, Reason::OutsideFamily)]);
    assert_eq!(summary.outside_family, 1);
}

#[test]
fn the_bodies_of_prometheus_own_tests_are_read_whole() {
    let Some(directory) = beside(4) else { return };
    for body in bodies(&directory.join("exposition"), ".txt") {
        let (samples, families) = match &*body.name {
            "1histogram.om.txt" => (42, 1),
            "alltypes.5mfs.om.txt" => (53, 5),
            "alltypes.237mfs.prom.txt" => (1857, 237),
            "alltypes.237mfs.nometa.prom.txt" => (1857, 0),
            other => panic!("{other}: say here what it holds"),
        };
        assert_sound(&body, format_of(&body), samples, families);
    }
}

#[test]
fn every_scrape_of_a_running_streamhouse_is_read_whole() {
    let Some(directory) = beside(242) else { return };
    let steady = bodies(&directory.join("streamhouse/steady"), ".txt");
    assert_eq!(steady.len(), 240);
    for body in steady {
        let samples = match &*body.name {
            _ if body.bytes == b"# EOF\n" => 0,
            name if name.starts_with("agent-0-server") => 161,
            name if name.starts_with("agent-3") => 65,
            _ => 106,
        };
        let families = String::from_utf8_lossy(&body.bytes).matches("# TYPE ").count();
        assert_sound(&body, Format::OpenMetrics, samples, families);
    }
    for body in bodies(&directory.join("streamhouse/stock-agent"), ".txt") {
        // A stock agent answers `# EOF` as text/plain: up, and exposes nothing.
        let (format, samples, families) =
            if body.bytes == b"# EOF\n" { (Format::Text, 0, 0) } else { (Format::OpenMetrics, 4, 67) };
        assert_sound(&body, format, samples, families);
    }
}

#[test]
fn everything_readable_around_a_malformed_label_survives() {
    let Some(directory) = beside(2) else { return };
    for body in bodies(&directory.join("streamhouse/malformed"), ".txt") {
        let (told, summary) = ours(&body.bytes, Format::OpenMetrics);
        let summary = summary.unwrap();
        let injected = body.name.contains("inject");
        let uptime: Vec<f64> =
            told.iter().filter(|t| t.name == "streamhouse_uptime_seconds").map(|t| f64::from_bits(t.bits)).collect();
        let (samples, values, diagnosed, remarked) = if injected {
            (
                8,
                vec![99_999_999.0, 30.0],
                vec![(11, 87, Reason::QuoteOpen), (13, 1, Reason::NameExpected), (14, 90, Reason::CommaExpected)],
                vec![(12, 1, Reason::OutsideFamily)],
            )
        } else {
            (7, vec![30.0], vec![(11, 90, Reason::CommaExpected)], vec![])
        };
        assert_eq!((told.len(), uptime), (samples, values), "{}", body.name);
        assert_eq!(places(&summary.diagnoses), diagnosed, "{}", body.name);
        assert_eq!(places(&summary.remarks), remarked, "{}", body.name);
        assert_eq!(summary.outside_family, usize::from(injected));
        assert!(summary.diagnoses.iter().all(|d| !d.to_string().contains('\x1b')));
        assert_eq!(summary.families.len(), 67);
    }
}

// --- prometheus-parse as the second reader ---------------------------------------------------------------------

#[test]
fn recorded_bodies_are_read_as_prometheus_parse_reads_them() {
    let mut all = own("agent.om.txt");
    if let Some(directory) = beside(244) {
        all.extend(bodies(&directory.join("exposition"), ".txt"));
        all.extend(bodies(&directory.join("streamhouse/steady"), ".txt"));
    }
    for body in all {
        // Label values with these characters are beyond prometheus-parse, see the table below; two lines of one body
        // hold any.
        let beyond = |line: &str| {
            !line.starts_with('#') && line.split('"').skip(1).step_by(2).any(|v| v.contains([',', '=', '}', '\\']))
        };
        let text = std::str::from_utf8(&body.bytes).unwrap();
        let simple: String = text.split_inclusive('\n').filter(|line| !beyond(line)).collect();
        assert!(text.lines().count() - simple.lines().count() <= 2, "{}", body.name);
        let (told, summary) = ours(simple.as_bytes(), format_of(&body));
        assert!(summary.is_ok(), "{}", body.name);
        assert_same(&body.name, told, theirs(&simple));
    }
}

/// A line that prometheus-parse reads correctly.
fn simple_line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<f64>().prop_filter("infinities are spelled below", |v| v.is_finite()).prop_map(|v| format!("{v}")),
        any::<f64>().prop_filter("infinities are spelled below", |v| v.is_finite()).prop_map(|v| format!("{v:e}")),
        any::<i32>().prop_map(|v| v.to_string()),
        "[0-9]{1,20}\\.[0-9]{1,20}",
        Just("NaN".to_owned()),
        Just("+Inf".to_owned()),
        Just("-Inf".to_owned()),
    ];
    let labels = proptest::collection::btree_map("[a-z_][a-z0-9_]{0,8}", "[a-zA-Z0-9_./:;+-]{0,12}", 0..6);
    ("[a-zA-Z_][a-zA-Z0-9_]{0,20}", labels, value, proptest::option::of(0..4_000_000_000_000_i64)).prop_map(
        |(name, labels, value, time)| {
            let labels: Vec<String> = labels.iter().map(|(n, v)| format!("{n}=\"{v}\"")).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let time = time.map_or_else(String::new, |t| format!(" {t}"));
            format!("{name}{labels} {value}{time}")
        },
    )
}

proptest! {
    #[test]
    fn simple_bodies_are_read_as_prometheus_parse_reads_them(lines in proptest::collection::vec(simple_line(), 0..20)) {
        let body = lines.join("\n") + "\n";
        let (told, summary) = ours(body.as_bytes(), Format::Text);
        let summary = summary.unwrap();
        prop_assert_eq!((summary.unreadable, summary.remarkable), (0, 0), "{}", body);
        assert_same(&body, told, theirs(&body));
    }
}

#[test]
fn what_prometheus_parse_gets_wrong_is_read_right() {
    use Format::{OpenMetrics, Text};

    type Right<'a> = &'a [(&'a str, f64, Option<Timestamp>)];
    let cases: [(&[u8], Format, Right<'_>); 12] = [
        (b"m{a=\"x}y\"} 1\n", Text, &[("m{a=x}y}", 1.0, None)]),
        (b"m{a=\"x y\",b=\"} 2 3\"} 1\n", Text, &[("m{a=x y,b=} 2 3}", 1.0, None)]),
        (b"m{a=\"x\", b=\"y\"} 1\n", Text, &[("m{a=x,b=y}", 1.0, None)]),
        (b"job:lag:max 5\n", Text, &[("job:lag:max{}", 5.0, None)]),
        (b"m{dev=\"a,b\"} 1\nm{dev=\"a,c\"} 2\n", Text, &[("m{dev=a,b}", 1.0, None), ("m{dev=a,c}", 2.0, None)]),
        (b"m{a=\"b=c\"} 1\n", Text, &[("m{a=b=c}", 1.0, None)]),
        (b"m{a=\"\\\"q\\\"\\\\n\\n\"} 1\n", Text, &[("m{a=\"q\"\\n\n}", 1.0, None)]),
        (b"m{} 1\n", Text, &[("m{}", 1.0, None)]),
        (b"{\"m.x\",\"l.y\"=\"z\"} 1\n", Text, &[("m.x{l.y=z}", 1.0, None)]),
        (b"m 1 1520879607.789\n# EOF\n", OpenMetrics, &[("m{}", 1.0, Some(1_520_879_607_789))]),
        (b"m 1 1520879607\n# EOF\n", OpenMetrics, &[("m{}", 1.0, Some(1_520_879_607_000))]),
        (b"a 1\nm{a=\"\xff\"} 2\nb 3\n", Text, &[("a{}", 1.0, None), ("b{}", 3.0, None)]),
    ];
    for (body, format, want) in cases {
        let shown = String::from_utf8_lossy(body);
        let (told, _) = ours(body, format);
        let right: Vec<(String, f64, Option<Timestamp>)> = told
            .iter()
            .map(|t| {
                let labels: Vec<String> = t.labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
                (format!("{}{{{}}}", t.name, labels.join(",")), f64::from_bits(t.bits), t.timestamp)
            })
            .collect();
        assert_eq!(right, want.iter().map(|&(n, v, t)| (n.to_owned(), v, t)).collect::<Vec<_>>(), "{shown}");
        // The case belongs into this table only while the other reader differs.
        if let Ok(text) = std::str::from_utf8(body) {
            let other = theirs(text);
            let same = other.len() == told.len()
                && told.iter().zip(&other).all(|(a, b)| {
                    a.name == b.name && a.labels == b.labels && (a.timestamp.is_none() || a.timestamp == b.timestamp)
                });
            assert!(!same, "{shown} is read alike");
        }
    }
}

// --- Bytes nobody meant ----------------------------------------------------------------------------------------

/// Reads everything that can be read of `body` and checks what holds for every body.
fn assert_survives(body: &[u8], format: Format) {
    let mut reader = Reader::new(body, format);
    let (mut samples, mut entries) = (0, 0);
    for entry in reader.by_ref() {
        entries += 1;
        if let Entry::Sample(s) = entry {
            samples += 1;
            let labels = s.labels().unwrap();
            let mut names: Vec<_> = labels.iter().map(|(n, _)| n).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), labels.len(), "{}", s.series);
            assert!(!s.metric().is_empty());
            if let Some(exemplar) = s.exemplar {
                exemplar.labels();
            }
        }
    }
    match reader.finish() {
        Ok(summary) => {
            assert_eq!(summary.samples, samples);
            assert!(summary.diagnoses.len() <= summary.unreadable && summary.remarks.len() <= summary.remarkable);
            for d in summary.diagnoses.iter().chain(&summary.remarks) {
                assert!(d.line >= 1 && d.column >= 1);
                assert!(!d.to_string().contains(|c: char| c.is_control()), "{d:?}");
            }
        }
        Err(fault) => {
            assert_eq!(entries, 0, "a faulty body gives no entries");
            assert!(!fault.to_string().contains(|c: char| c.is_control()), "{fault:?}");
        }
    }
}

/// Pieces from which lines are made, so that chance gets beyond the first character.
fn piece() -> impl Strategy<Value = &'static [u8]> {
    proptest::sample::select(vec![
        &b"up"[..],
        b"a_total",
        b"{",
        b"}",
        b"\"",
        b"\\",
        b"\\\"",
        b"=",
        b",",
        b" ",
        b"  ",
        b"\t",
        b"\n",
        b"\r\n",
        b"1",
        b"-1.5e3",
        b"NaN",
        b"0x1p3",
        b"1e999",
        b"# ",
        b"#",
        b"HELP ",
        b"TYPE ",
        b"UNIT ",
        b"# EOF\n",
        b"counter",
        b"histogram",
        b"_bucket",
        b"le=\"1\"",
        b"a=\"b\"",
        b"\0",
        b"\xff",
        b"\xc3\xa9",
        b"\xe6\x97\xa5",
        b"\x1b[31m",
        b"__name__",
        b"\"x.y\"",
        b" # {",
        b"1795350817.5",
        b"\n# EOF",
    ])
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_survives(&body, Format::Text);
        assert_survives(&body, Format::OpenMetrics);
    }

    #[test]
    fn lines_of_likely_pieces_never_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        let mut body = pieces.concat();
        assert_survives(&body, Format::Text);
        assert_survives(&body, Format::OpenMetrics);
        body.extend(b"\n# EOF\n");
        assert_survives(&body, Format::Text);
        assert_survives(&body, Format::OpenMetrics);
    }
}

/// Line, series and value of every sample.
fn lines(body: &[u8], format: Format) -> Vec<(u32, String, u64)> {
    Reader::new(body, format)
        .filter_map(|entry| match entry {
            Entry::Sample(s) => Some((s.line, s.series.to_owned(), s.value.to_bits())),
            _ => None,
        })
        .collect()
}

/// Bodies of both formats to damage.
fn to_damage() -> Vec<Body> {
    let mut all: Vec<Body> = own(".txt").into_iter().filter(|b| b.name != "torn.om.txt").collect();
    if let Some(directory) = beside(5) {
        all.extend(bodies(&directory.join("exposition"), "mfs.om.txt"));
        all.extend(bodies(&directory.join("exposition"), "1histogram.om.txt"));
        all.extend(bodies(&directory.join("streamhouse/steady"), "agent-0-server-1795351698.txt"));
        all.extend(bodies(&directory.join("streamhouse/steady"), "agent-3-1795351793.txt"));
        all.extend(bodies(&directory.join("streamhouse/stock-agent"), "start-1795350817.txt"));
    }
    all
}

#[test]
fn damage_costs_the_touched_lines_only() {
    let bodies = to_damage();
    let damage = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    runner
        .run(&(0..bodies.len(), damage), |(which, damage)| {
            let (body, format) = (&bodies[which], format_of(&bodies[which]));
            let mut bytes = body.bytes.clone();
            // Line feeds stay where they are, and so does the end of the body.
            let end = bytes.len() - 8;
            let mut touched = Vec::new();
            for (index, byte) in damage {
                let at = index.index(end);
                if bytes[at] != b'\n' && byte != b'\n' {
                    bytes[at] = byte;
                    touched.push(memchr::memchr_iter(b'\n', &bytes[..at]).count() as u32 + 1);
                }
            }
            let untouched = |all: Vec<(u32, String, u64)>| -> Vec<_> {
                all.into_iter().filter(|(line, ..)| !touched.contains(line)).collect()
            };
            let (before, after) = (untouched(lines(&body.bytes, format)), untouched(lines(&bytes, format)));
            prop_assert_eq!(before, after, "{}", body.name);
            assert_survives(&bytes, format);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_body_cut_anywhere_is_a_fault_or_whole_lines() {
    for body in to_damage() {
        let (format, whole) = (format_of(&body), lines(&body.bytes, format_of(&body)));
        for cut in (0..body.bytes.len() - 8).step_by(1 + body.bytes.len() / 500) {
            let part = &body.bytes[..cut];
            match (format, Reader::new(part, format).finish()) {
                (Format::OpenMetrics, Err(Fault::NoEof | Fault::Truncated { .. }))
                | (Format::Text, Err(Fault::Truncated { .. })) => {}
                (Format::Text, Ok(_)) => {
                    // All but the last line are as they were; the last one may show fewer digits.
                    let ended = memchr::memchr_iter(b'\n', part).count() as u32;
                    let keep = |all: &[(u32, String, u64)]| -> Vec<_> {
                        all.iter().filter(|(line, ..)| *line <= ended).cloned().collect()
                    };
                    assert_eq!(keep(&lines(part, format)), keep(&whole), "{} cut at {cut}", body.name);
                }
                (_, other) => panic!("{} cut at {cut}: {other:?}", body.name),
            }
        }
    }
}

#[test]
fn samples_outside_their_block_are_flagged_in_both_formats() {
    for (format, end) in [(Format::Text, ""), (Format::OpenMetrics, "# EOF\n")] {
        let body = format!("a 1\n# TYPE b gauge\nb 2\na 3\n# TYPE a gauge\na 4\nb 5\n{end}");
        let found: Vec<Place> = Reader::new(body.as_bytes(), format)
            .filter_map(|entry| match entry {
                Entry::Sample(s) => Some(s.place),
                _ => None,
            })
            .collect();
        assert_eq!(found, [Place::Undeclared, Place::Inside, Place::Outside, Place::Inside, Place::Outside]);
    }
}
