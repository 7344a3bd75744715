//! What an agent's `/metrics` look like over time: real scrapes of a StreamHouse installation where they are at hand, and
//! invented ones with everything a store meets: busy and idle counters and histograms, sums with rounding noise, gauges
//! that wander, gauges that rest.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "tests and benches say what they miss, and may fail")]

use std::fmt::Write as _;
use std::path::PathBuf;

use fastrand::Rng;

/// One scrape: target, ms since the epoch, body.
#[derive(Debug)]
pub(super) struct Scrape {
    pub(super) target: String,
    pub(super) at: i64,
    pub(super) body: Vec<u8>,
}

/// The real scrapes of `streamhouse/steady`, in order of time. None, and a notice, where there are none.
pub(super) fn steady() -> Option<Vec<Scrape>> {
    let root = std::env::var_os("SHTOP_TESTDATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/testdata")), PathBuf::from);
    let folder = root.join("streamhouse/steady");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("NOTICE: no {}: the replay of real scrapes is skipped; set SHTOP_TESTDATA", folder.display());
        return None;
    };
    let mut scrapes: Vec<Scrape> = files
        .filter_map(|file| {
            let path = file.ok()?.path();
            let (target, at) = path.file_name()?.to_str()?.strip_suffix(".txt")?.rsplit_once('-')?;
            let at = at.parse::<i64>().ok()? * 1_000;
            Some(Scrape { target: target.to_owned(), at, body: std::fs::read(&path).ok()? })
        })
        .collect();
    scrapes.sort_by(|a, b| (a.at, &a.target).cmp(&(b.at, &b.target)));
    Some(scrapes)
}

const BOUNDS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const TOPICS: [&str; 6] = ["orders", "payments", "clickstream", "audit-log", "iot.telemetry", "sessions"];

struct Histogram {
    labels: String,
    rate: f64,
    buckets: [u64; 12],
    sum: f64,
}

/// An invented agent.
pub(super) struct Agent {
    rng: Rng,
    counters: Vec<(String, f64, u64)>,
    histograms: Vec<Histogram>,
    wandering: Vec<(String, i64)>,
    fractions: Vec<(String, f64)>,
    resting: Vec<String>,
}

impl Agent {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let org = |i: usize| format!("org_id=\"{:08x}-4b1c-4ab8-a8f3-c78bc0a86780\"", i % 2 + 0x51b2_b761);
        // A third never moves, a third now and then, a third all the time.
        let mut rate = || [0.0, 0.3, 40.0][rng.usize(..3)] * (0.5 + rng.f64());
        let (mut counters, mut histograms, mut wandering, mut fractions, mut resting) =
            (vec![], vec![], vec![], vec![], vec![]);
        for (i, topic) in TOPICS.iter().enumerate() {
            for (kind, factor) in [("records", 1.0), ("bytes", 230.0), ("errors", 0.01)] {
                let name = format!("streamhouse_producer_{kind}_total{{{},topic=\"{topic}\"}}", org(i));
                counters.push((name, rate() * factor, 0));
            }
            for operation in ["produce", "fetch"] {
                let labels = format!("{},topic=\"{topic}\",operation=\"{operation}\"", org(i));
                histograms.push(Histogram { labels, rate: rate(), buckets: [0; 12], sum: 0.0 });
            }
            for partition in 0..8 {
                let labels = format!("{},topic=\"{topic}\",partition=\"{partition}\"", org(i));
                wandering.push((format!("streamhouse_segment_buffer_records{{{labels}}}"), 40));
                wandering.push((format!("streamhouse_consumer_lag{{{labels},group=\"workers\"}}"), 5_000));
                counters.push((format!("streamhouse_segment_flushes_total{{{labels}}}"), rate() * 0.01, 0));
                resting.push(format!("streamhouse_partition_leader{{{labels}}} {}", partition % 3));
            }
        }
        for part in 0..12 {
            fractions.push((format!("streamhouse_cache_hit_ratio{{cache=\"{part}\"}}"), 0.9));
        }
        Self { rng, counters, histograms, wandering, fractions, resting }
    }

    /// The next body, `seconds` after the last, series in random order within a family as the real ones do.
    pub(super) fn body(&mut self, seconds: f64) -> String {
        let rng = &mut self.rng;
        let mut out = String::with_capacity(64 << 10);
        rng.shuffle(&mut self.counters);
        rng.shuffle(&mut self.histograms);
        for (name, rate, value) in &mut self.counters {
            *value += poisson(rng, *rate * seconds);
            line(&mut out, name, &value.to_string());
        }
        out += "# TYPE streamhouse_request_latency_seconds histogram\n";
        for h in &mut self.histograms {
            for _ in 0..poisson(rng, h.rate * seconds) {
                let took = 0.004 * (rng.f64() * 3.0).exp() * if rng.u8(..) < 4 { 40.0 } else { 1.0 };
                h.sum += (took * 1e9).round() / 1e9;
                h.buckets[BOUNDS.iter().position(|b| took <= *b).unwrap_or(11)] += 1;
            }
            let mut all = 0;
            for (i, n) in h.buckets.iter().enumerate() {
                all += n;
                let le = BOUNDS.get(i).map_or_else(|| "+Inf".to_owned(), |b| format!("{b:?}"));
                line(&mut out, &bucket(&h.labels, &le), &all.to_string());
            }
            line(&mut out, &format!("streamhouse_request_latency_seconds_sum{{{}}}", h.labels), &h.sum.to_string());
            line(&mut out, &format!("streamhouse_request_latency_seconds_count{{{}}}", h.labels), &all.to_string());
        }
        for (name, value) in &mut self.wandering {
            *value = (*value + rng.i64(-12..=12)).max(0);
            line(&mut out, name, &value.to_string());
        }
        for (name, value) in &mut self.fractions {
            *value = (*value + (rng.f64() - 0.5) * 0.01).clamp(0.0, 1.0);
            line(&mut out, name, &value.to_string());
        }
        for resting in &self.resting {
            out += resting;
            out.push('\n');
        }
        out
    }
}

fn bucket(labels: &str, le: &str) -> String {
    format!("streamhouse_request_latency_seconds_bucket{{{labels},le=\"{le}\"}}")
}

fn line(out: &mut String, name: &str, value: &str) {
    writeln!(out, "{name} {value}").expect("a string takes everything");
}

/// How often something happens that happens `mean` times.
fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean > 30.0 {
        let normal = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        return (mean + normal * mean.sqrt()).max(0.0) as u64;
    }
    let (limit, mut p, mut n) = ((-mean).exp(), 1.0, 0);
    loop {
        p *= rng.f64();
        if p <= limit {
            return n;
        }
        n += 1;
    }
}
