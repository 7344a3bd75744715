//! What both sides are asked about: the demo's cluster over an outage, as it was scraped, and series that are made to be
//! difficult.
//!
//! Samples come every 15 s, a few odd milliseconds after the second, and queries ask at whole seconds: no sample ever lies
//! on the border of a window, which belongs to it in Prometheus 2 and not in 3.

use fastrand::Rng;
use shtop::demo::{EXPORTER, MEMBERS, Scenario, Simulation};
use shtop::exposition::Format;
use shtop::series::{Labels, MatchOp, Matcher, Sample, Select, Timestamp, stale_marker};
use shtop::store::{Ingest, Limits, Store};

/// Where the data begins, ms: a whole hour.
pub(crate) const BEGIN: Timestamp = 1_700_006_400_000;
const MINUTE: i64 = 60_000;
const STEP: i64 = 15_000;
/// How many samples a series has that is there from begin to end: 1 h 10 min of them.
const SAMPLES: i64 = 281;
const INSTANCES: [&str; 4] = ["a", "b", "c", "d"];
const ZONES: [&str; 4] = ["eu-1", "eu-1", "eu-2", "us-1"];

/// A store with everything in it, staleness markers too.
pub(crate) fn store(seed: u64) -> Store {
    let mut scraped = empty();
    demo(&mut scraped);
    let mut store = empty();
    for (labels, mut samples) in everything(&scraped) {
        begin_with_zero(&labels, &mut samples);
        let id = store.series(labels);
        for s in samples {
            store.append(id, s.t, s.v).expect("samples ascend");
        }
    }
    Made { store: &mut store, rng: Rng::with_seed(seed) }.all();
    store
}

fn empty() -> Store {
    Store::new(Limits { retention: 24 * 60 * MINUTE, ..Limits::default() })
}

/// Gives counters that come (back) a zero a second before their first value. How far back a young counter is extrapolated
/// that is not zero has changed between the versions.
fn begin_with_zero(labels: &Labels, samples: &mut Vec<Sample>) {
    let name = labels.metric().unwrap_or_default();
    if !["_total", "_count", "_sum", "_bucket", "_skipped", "_recovered"].iter().any(|end| name.ends_with(end)) {
        return;
    }
    let mut at = 1;
    while at < samples.len() {
        if samples[at].t - samples[at - 1].t > 2 * STEP {
            samples.insert(at, Sample { t: samples[at].t - 1_000, v: 0.0 });
            at += 1;
        }
        at += 1;
    }
}

/// Everything that a store holds.
pub(crate) fn everything(store: &Store) -> Vec<(Labels, Vec<Sample>)> {
    let any = Matcher::new(Labels::NAME, MatchOp::Regex, ".+").expect("a pattern");
    let mut all = Vec::new();
    store.select(&[any], Timestamp::MIN, Timestamp::MAX, &mut |labels, samples| {
        all.push((labels.clone(), samples.to_vec()));
    });
    all
}

/// The demo's members, each scraped at its own milliseconds.
fn demo(store: &mut Store) {
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, BEGIN);
    let mut targets: Vec<Ingest> = (0..MEMBERS)
        .map(|m| {
            let job = if m == EXPORTER { "resources" } else { "streamhouse-agent" };
            Ingest::new(Labels::from_pairs([("job", job), ("instance", &format!("10.0.0.{}:9090", m + 1))]))
        })
        .collect();
    for i in 0..SAMPLES {
        for (member, ingest) in targets.iter_mut().enumerate() {
            let at = BEGIN + i * STEP + 1_117 + member as i64 * 3_222;
            simulation.advance(at);
            let format = if member == EXPORTER { Format::Text } else { Format::OpenMetrics };
            match simulation.expose(member) {
                Some(body) => drop(ingest.scrape(store, at, 12.0, format, body.as_bytes()).expect("an exposition")),
                None => ingest.fail(store, at, 10_000.0),
            }
        }
    }
}

/// Series that are made up, under names with `sim_`.
struct Made<'s> {
    store: &'s mut Store,
    rng: Rng,
}

impl Made<'_> {
    fn all(&mut self) {
        self.gauges();
        self.counters();
        self.histograms();
        self.comers_and_goers();
        self.oddities();
    }

    /// One series: `value` of each sample's number; `None` leaves it out.
    fn add(&mut self, name: &str, labels: &[(&str, &str)], mut value: impl FnMut(i64, &mut Rng) -> Option<f64>) {
        let labels = Labels::from_pairs(labels.iter().copied().chain([(Labels::NAME, name)]));
        // What one instance shows is scraped at the same time.
        let instance = labels.get("instance").and_then(|i| INSTANCES.iter().position(|known| *known == i));
        let jitter = instance.map_or_else(
            || 1_000 * self.rng.i64(0..14) + self.rng.i64(101..900),
            |instance| 2_291 + 3_222 * instance as i64,
        );
        let id = self.store.series(labels);
        for i in 0..SAMPLES {
            if let Some(v) = value(i, &mut self.rng) {
                self.store.append(id, BEGIN + i * STEP + jitter, v).expect("samples ascend");
            }
        }
    }

    /// Values are multiples of 1/8, so that sums are exact whatever their order.
    fn gauges(&mut self) {
        for (instance, zone) in INSTANCES.into_iter().zip(ZONES) {
            for code in ["200", "404", "500"] {
                let labels = [("instance", instance), ("zone", zone), ("code", code)];
                // No two alike at any time: topk has no ties to break.
                let unique = self.rng.f64() / 64.0;
                self.add("sim_load", &labels, |_, rng| Some(f64::from(rng.u32(8..8_000)) / 8.0 + unique));
            }
            let labels = [("instance", instance), ("zone", zone)];
            self.add("sim_temp", &labels, |_, rng| Some(f64::from(rng.i32(-400..400)) / 8.0));
            self.add("sim_flag", &labels, |_, rng| Some(f64::from(rng.u32(0..3))));
            self.add("sim_limit", &labels, |_, _| Some(500.0));
            self.add("sim_wave", &labels, |i, _| Some((i as f64 / 20.0).sin() * 40.0 + 3.0));
            let version = if instance < "c" { "1.2.0" } else { "1.3.0-rc1" };
            self.add("sim_info", &[("instance", instance), ("version", version)], |_, _| Some(1.0));
        }
        self.add("sim_single", &[], |i, _| Some(i as f64));
    }

    /// Counters that restart from nothing. What comes after a restart is never missing: how far back a counter near zero is
    /// extrapolated has changed between versions.
    fn counters(&mut self) {
        for (instance, zone) in INSTANCES.into_iter().zip(ZONES) {
            for code in ["200", "404", "500"] {
                let labels = [("instance", instance), ("zone", zone), ("code", code)];
                let mut total = f64::from(self.rng.u32(10_000..20_000));
                let mut young = 0;
                self.add("sim_requests_total", &labels, |_, rng| {
                    if rng.u32(0..90) == 0 {
                        (total, young) = (0.0, 6);
                    } else {
                        total += f64::from(rng.u32(0..400));
                    }
                    young -= 1;
                    (young > 0 || rng.u32(0..25) > 0).then_some(total)
                });
            }
            let labels = [("instance", instance), ("zone", zone), ("code", "500")];
            let mut total = 5_000.0;
            self.add("sim_errors_total", &labels, |i, rng| {
                total += if i > 60 { f64::from(rng.u32(0..3)) } else { 0.0 };
                Some(total)
            });
        }
    }

    fn histograms(&mut self) {
        const BOUNDS: [&str; 7] = ["0.005", "0.05", "0.1", "0.5", "1.0", "5", "+Inf"];
        for (instance, zone) in INSTANCES.into_iter().zip(ZONES) {
            let seed = self.rng.u64(..);
            for at in 0..=BOUNDS.len() {
                // Each bucket draws the same numbers again and counts those up to its own bound.
                let (mut observed, mut count) = (Rng::with_seed(seed), 0.0);
                let bound = BOUNDS.get(at).copied();
                let mut labels = vec![("instance", instance), ("zone", zone)];
                labels.extend(bound.map(|b| ("le", b)));
                let name = if bound.is_some() { "sim_latency_seconds_bucket" } else { "sim_latency_seconds_count" };
                self.add(name, &labels, |_, _| {
                    for _ in 0..20 {
                        let class = observed.usize(0..BOUNDS.len());
                        count += if class <= at { 1.0 } else { 0.0 };
                    }
                    Some(count + 1_000.0)
                });
            }
            let mut sum = 400.0;
            self.add("sim_latency_seconds_sum", &[("instance", instance), ("zone", zone)], |_, rng| {
                sum += f64::from(rng.u32(0..80)) / 8.0;
                Some(sum)
            });
        }
        // Counts that fall from bucket to bucket, the same bound twice, no bound, bounds that are none, no +Inf.
        let faulty: [(&str, &[(&str, f64)]); 6] = [
            ("falling", &[("1", 20.0), ("2", 10.0), ("4", 50.0), ("8", 40.0), ("+Inf", 80.0)]),
            ("twice", &[("1", 10.0), ("1.0", 4.0), ("2", 30.0), ("+Inf", 40.0), ("Inf", 2.0)]),
            ("endless", &[("1", 10.0), ("2", 30.0)]),
            ("words", &[("1", 10.0), ("many", 12.0), ("2", 30.0), ("+Inf", 31.0), ("", 5.0)]),
            ("negative", &[("-2", 4.0), ("-1", 8.0), ("0", 9.0), ("3", 16.0), ("+Inf", 16.0)]),
            ("nobody", &[("1", 0.0), ("2", 0.0), ("+Inf", 0.0)]),
        ];
        for (fault, buckets) in faulty {
            for (le, count) in buckets {
                self.add("sim_broken_bucket", &[("fault", fault), ("le", le)], |_, _| Some(*count));
            }
        }
    }

    /// Series that are not there all the time: ended by a marker or by silence, with holes, one after the other.
    fn comers_and_goers(&mut self) {
        self.add("sim_short", &[("end", "marked")], |i, _| match i {
            40..100 => Some(i as f64),
            100 => Some(stale_marker()),
            _ => None,
        });
        self.add("sim_short", &[("end", "silent")], |i, _| (60..120).contains(&i).then_some(i as f64 / 2.0));
        self.add("sim_short", &[("end", "again")], |i, _| match i % 50 {
            0..20 => Some(100.0 - i as f64),
            20 => Some(stale_marker()),
            _ => None,
        });
        self.add("sim_short", &[("end", "never")], |i, _| (i > 130).then_some(7.5));
        self.add("sim_short", &[("end", "rare")], |i, _| (i % 24 == 3).then_some(f64::from(i as i32)));
        // The same series is on one instance after the other.
        for (n, instance) in INSTANCES.into_iter().enumerate() {
            self.add("sim_leader", &[("instance", instance), ("group", "g")], |i, _| {
                let (turn, age) = ((i / 35) as usize % INSTANCES.len(), i % 35);
                let before = (n + 1) % INSTANCES.len() == turn;
                if turn == n { Some(1.0) } else { (before && age == 0).then(stale_marker) }
            });
        }
    }

    fn oddities(&mut self) {
        for (kind, values) in [
            ("nan", [f64::NAN; 4]),
            ("inf", [f64::INFINITY; 4]),
            ("-inf", [f64::NEG_INFINITY; 4]),
            ("mixed", [1.0, f64::NAN, f64::INFINITY, -2.0]),
            ("zeros", [0.0, -0.0, 0.0, -0.0]),
            ("huge", [1e150, 2e150, 4e150, 1e149]),
            ("tiny", [5e-300, 1e-290, -2e-280, 1e-300]),
        ] {
            self.add("sim_special", &[("kind", kind)], |i, _| Some(values[i as usize % values.len()]));
        }
        for (n, text) in ["plain", "quo\"te", "back\\slash", "sp ace", "ünïcode → ☃", "$1", "{a=\"b\"}", "a.b+c*"]
            .into_iter()
            .enumerate()
        {
            self.add("sim_odd", &[("text", text)], |i, _| Some((i + n as i64) as f64));
        }
        self.add("sim:rule:name", &[("_under", "1"), ("UP", "2")], |i, _| Some(i as f64 / 4.0));
        // Times and dates as values.
        self.add("sim_date", &[("when", "then")], |i, _| Some(1_582_934_400.0 + i as f64 * 40_000.0));
        self.add("sim_date", &[("when", "before")], |i, _| Some(-86_400.0 * 40.0 - i as f64 * 3_601.0));
    }
}
