//! A reader with a memory against one without: nothing of what is told may differ, whatever the memory knows.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use super::*;

#[path = "../../../tests/support/shared_data.rs"]
mod shared_data;

use shared_data::{Body, beside, bodies, own};

const FORMATS: [Format; 2] = [Format::Text, Format::OpenMetrics];

/// Every series ever read, by its text and format, numbered.
#[derive(Default)]
struct Texts(HashMap<(String, Format), usize>);

impl Memory for Texts {
    type Known = usize;

    fn recall(&self, series: &str, format: Format) -> Option<usize> {
        self.0.get(&(series.to_owned(), format)).copied()
    }
}

impl Texts {
    fn learn(&mut self, series: &str, format: Format) -> usize {
        let next = self.0.len();
        *self.0.entry((series.to_owned(), format)).or_insert(next)
    }

    fn of(bodies: &[Body]) -> Self {
        let mut texts = Self::default();
        for (body, format) in bodies.iter().flat_map(|b| FORMATS.map(|f| (b, f))) {
            for entry in Reader::new(&body.bytes, format) {
                if let Entry::Sample(sample) = entry {
                    texts.learn(sample.series, format);
                }
            }
        }
        texts
    }
}

/// All of an entry but what is known of it.
fn told<K>(entry: Entry<'_, K>) -> String {
    match entry {
        Entry::Help { family, text } => format!("help {family:?} {text:?}"),
        Entry::Type { family, kind } => format!("type {family:?} {kind:?}"),
        Entry::Unit { family, unit } => format!("unit {family:?} {unit:?}"),
        Entry::Sample(sample) => {
            let labels = sample.labels();
            let RawSample { series, value, timestamp, line, kind, part, place, exemplar, known: _, name, format } =
                sample;
            let bits = value.to_bits();
            format!(
                "{line} {series} {name:?} {bits:x} {timestamp:?} {kind:?} {part:?} {place:?} {exemplar:?} {format:?} {labels:?}"
            )
        }
    }
}

/// Reads `body` without a memory, with `texts`, and with `texts` that learn as they go; the same must be told by all
/// three. The answer is how many samples there were and how many of them `texts` knew.
fn assert_same(body: &[u8], format: Format, texts: &mut Texts) -> (usize, usize) {
    let mut reader = Reader::new(body, format);
    let plain: Vec<String> = reader.by_ref().map(told).collect();
    let (plain, summary) = (plain.join("\n"), reader.finish());
    let mut counts = (0, 0);
    for learns in [false, true] {
        let mut reader = Reader::new(body, format);
        let mut found = Vec::new();
        while let Some(entry) = reader.next_with(texts) {
            if let Entry::Sample(sample) = &entry {
                assert!(sample.known.is_none() || sample.known == texts.recall(sample.series, format));
                if learns {
                    texts.learn(sample.series, format);
                } else {
                    counts = (counts.0 + 1, counts.1 + usize::from(sample.known.is_some()));
                }
            }
            found.push(told(entry));
        }
        assert_eq!(found.join("\n"), plain, "{}", String::from_utf8_lossy(body));
        assert_eq!(reader.finish(), summary, "{}", String::from_utf8_lossy(body));
    }
    counts
}

/// Recorded bodies: ours and, where there are any, real ones, sound and malformed.
fn recorded() -> Vec<Body> {
    let mut all = own(".txt");
    if let Some(directory) = beside(3) {
        all.extend(bodies(&directory.join("exposition"), ".txt"));
        all.extend(bodies(&directory.join("streamhouse/malformed"), ".txt"));
        all.extend(bodies(&directory.join("streamhouse/steady"), "-1795351698.txt"));
    }
    all
}

#[test]
fn recorded_bodies_are_read_alike_and_nearly_all_of_their_samples_recalled() {
    let all = recorded();
    let (mut empty, mut full) = (Texts::default(), Texts::of(&all));
    let (mut samples, mut known) = (0, 0);
    for (body, format) in all.iter().flat_map(|b| FORMATS.map(|f| (b, f))) {
        assert_same(&body.bytes, format, &mut empty);
        let (s, k) = assert_same(&body.bytes, format, &mut full);
        (samples, known) = (samples + s, known + k);
    }
    assert!(samples > 100 && known * 20 > samples * 19, "{known} of {samples}");
}

#[test]
fn damaged_bodies_are_read_alike() {
    let all = recorded();
    let full = std::cell::RefCell::new(Texts::of(&all));
    let byte = prop_oneof![any::<u8>(), select(&b"{}\"\\=, \t\n\r#1.e-"[..])];
    let damage = prop::collection::vec((any::<Index>(), byte), 1..20);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    runner
        .run(&(0..all.len(), any::<Index>(), damage), |(which, from, damage)| {
            // A part is enough, and quicker; what is known is known of the whole.
            let body = &all[which].bytes;
            let mut bytes = body[from.index(body.len())..].to_vec();
            bytes.truncate(4_000);
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            for format in FORMATS {
                assert_same(&bytes, format, &mut full.borrow_mut());
                let ended = [&bytes[..], b"\n# EOF\n"].concat();
                assert_same(&ended, format, &mut full.borrow_mut());
            }
            Ok(())
        })
        .unwrap();
}

/// Series of which most are sound in one format at least, and all of which a memory could be asked for.
const SERIES: [&str; 22] = [
    "up",
    "a_total",
    "h_bucket{le=\"1\"}",
    "h_bucket{le=\"+Inf\"}",
    "h_created",
    "up{}",
    "up {}",
    "up{a=\"b\"}",
    "up{a=\"b\",}",
    "up{a=\"b\", c=\"d\"}",
    "up{a=\"b\"c=\"d\"}",
    "up\t{ a = \"b\" }",
    "up{a=\"}\"}",
    "up{a=\"} 1 # {b=\"}",
    "up{a=\"\\\"}\"}",
    "up{\"x.y\"=\"größe\"}",
    "{\"my.metric\",a=\"b\"}",
    "{\"up\"}",
    "up{a=\"b\",a=\"c\"}",
    "up{a=\"b}",
    "up{",
    "1up",
];

/// What may follow a series.
const TAILS: [&str; 22] = [
    " 1",
    "1",
    "\t1",
    "  1",
    " 1 ",
    " -1.5e3 1600000000123",
    " 1 1520879607.789",
    " 0x1p-2 -5",
    " NaN",
    " 1_0",
    " 1e999",
    "",
    " ",
    " {} 1",
    "{} 1",
    " }",
    " 1 }",
    "} 1",
    " 1 # {a=\"b\"} 2",
    " 1 2 # {a=\"}\"} 2 3",
    " 1 # {a=\"b\",a=\"c\"} 2",
    " 1 # {a=\"b\"}",
];

proptest! {
    #[test]
    fn likely_and_unlikely_lines_are_read_alike(
        lines in prop::collection::vec((
            select(&["", "", "", " ", "# ", "# TYPE h histogram\n", "# HELP up "][..]),
            select(&SERIES[..]),
            select(&TAILS[..]),
            select(&["\n", "\n", "\n", "\r\n", " ", "\n\n"][..]),
        ), 0..12),
        learned in prop::collection::vec(any::<bool>(), SERIES.len()),
    ) {
        let mut texts = Texts::default();
        for format in FORMATS {
            for (series, _) in SERIES.iter().zip(&learned).filter(|(_, learned)| **learned) {
                for entry in Reader::new(format!("{series} 1\n# EOF\n").as_bytes(), format) {
                    if let Entry::Sample(sample) = entry {
                        texts.learn(sample.series, format);
                    }
                }
            }
        }
        let mut body: String = lines.iter().flat_map(|&(a, b, c, d)| [a, b, c, d]).collect();
        for _ in 0..2 {
            for format in FORMATS {
                assert_same(body.as_bytes(), format, &mut texts);
            }
            body.push_str("\n# EOF\n");
        }
    }
}

#[test]
fn a_line_is_recalled_when_only_its_value_is_new() {
    for (format, line, recalled) in [
        (Format::Text, "up 2 7", true),
        (Format::Text, "up{a=\"b\", c=\"d\"}2", true),
        (Format::Text, "up{a=\"} 1\"}\t2", true),
        (Format::Text, " up 2", false),
        (Format::Text, "{\"up\"} 2", false),
        (Format::OpenMetrics, "up 2", true),
        (Format::OpenMetrics, "up{a=\"b\"} 2 7.5", true),
        (Format::OpenMetrics, "up{a=\"b\"} 2 # {c=\"d\"} 2", false),
    ] {
        let body = format!("{line}\n# EOF\n");
        let mut texts = Texts::default();
        assert_eq!(assert_same(body.as_bytes(), format, &mut texts), (1, 0));
        assert_eq!(assert_same(body.as_bytes(), format, &mut texts), (1, usize::from(recalled)), "{line}");
    }
}
