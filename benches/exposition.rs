//! The reader of `/metrics` against prometheus-parse, on recorded bodies: `cargo bench --bench exposition`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a bench stops by panicking and says so")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use shtop::exposition::{Entry, Format, Reader};

#[path = "../tests/support/shared_data.rs"]
mod shared_data;

const AGENT: &str = "streamhouse agent";
const TYPES: &str = "237 families";
const BODIES: [&str; 2] = [AGENT, TYPES];

fn main() {
    divan::main();
}

/// A recorded body, or one of this crate in its place.
fn body(name: &str) -> (String, Format) {
    let (directory, file, own, format) = match name {
        AGENT => ("streamhouse/steady", "agent-0-server-1795351698.txt", "agent.om.txt", Format::OpenMetrics),
        _ => ("exposition", "alltypes.237mfs.prom.txt", "sound.prom.txt", Format::Text),
    };
    let mut found = match shared_data::beside(1) {
        Some(shared) => shared_data::bodies(&shared.join(directory), file),
        None => shared_data::own(own),
    };
    (String::from_utf8(found.remove(0).bytes).unwrap(), format)
}

#[divan::bench(args = BODIES)]
fn read(bencher: Bencher<'_, '_>, name: &str) {
    let (body, format) = body(name);
    bencher.counter(BytesCount::of_str(&body)).bench_local(|| {
        let mut reader = Reader::new(black_box(body.as_bytes()), format);
        for entry in reader.by_ref() {
            black_box(entry);
        }
        reader.finish().unwrap()
    });
}

#[divan::bench(args = BODIES)]
fn read_and_decode_labels(bencher: Bencher<'_, '_>, name: &str) {
    let (body, format) = body(name);
    bencher.counter(BytesCount::of_str(&body)).bench_local(|| {
        let mut reader = Reader::new(black_box(body.as_bytes()), format);
        for entry in reader.by_ref() {
            if let Entry::Sample(sample) = entry {
                black_box((sample.labels().unwrap(), sample.value));
            }
        }
        reader.finish().unwrap()
    });
}

#[divan::bench(args = BODIES)]
fn prometheus_parse(bencher: Bencher<'_, '_>, name: &str) {
    let (body, _) = body(name);
    bencher.counter(BytesCount::of_str(&body)).bench_local(|| {
        prometheus_parse::Scrape::parse(black_box(&body).lines().map(|line| Ok(line.to_owned()))).unwrap()
    });
}
