//! The store on scrapes as they come from agents: what it keeps, and what that weighs.

#![expect(clippy::expect_used, reason = "a test may fail")]

use std::collections::{BTreeMap, HashMap, HashSet};

use shtop::exposition::{Entry, Format, Reader};
use shtop::series::{Labels, Matcher, Select, is_stale};
use shtop::store::{Ingest, Limits, Store};

#[path = "store/history.rs"]
mod history;

fn target(instance: &str) -> Ingest {
    Ingest::new(Labels::from_pairs([("job", "streamhouse-agent"), ("instance", instance)]))
}

type Samples = BTreeMap<Labels, Vec<(i64, u64)>>;

fn stored(store: &Store, matchers: &[Matcher]) -> Samples {
    let mut all = BTreeMap::new();
    store.select(matchers, i64::MIN, i64::MAX, &mut |labels, samples| {
        all.insert(labels.clone(), samples.iter().map(|s| (s.t, s.v.to_bits())).collect());
    });
    all
}

#[test]
fn every_sample_of_a_real_installation_comes_back() {
    let Some(scrapes) = history::steady() else { return };
    let mut store = Store::new(Limits::default());
    let mut targets: HashMap<&str, Ingest> = HashMap::new();
    let mut want = Samples::new();
    let mut seen: HashMap<&str, HashSet<String>> = HashMap::new();
    for s in &scrapes {
        let ingest = targets.entry(&s.target).or_insert_with(|| target(&s.target));
        let report = ingest.scrape(&mut store, s.at, 3.0, Format::OpenMetrics, &s.body).expect("a good body");
        assert_eq!((report.rejected, report.samples), (0, report.summary.samples));
        let mut here = HashSet::new();
        for entry in &mut Reader::new(&s.body, Format::OpenMetrics) {
            let Entry::Sample(raw) = entry else { continue };
            let mut labels = raw.labels().expect("readable");
            labels.push(("job".into(), "streamhouse-agent".into()));
            labels.push(("instance".into(), s.target.as_str().into()));
            want.entry(Labels::from_pairs(labels)).or_default().push((s.at, raw.value.to_bits()));
            here.insert(raw.series.to_owned());
        }
        let before = seen.insert(&s.target, here.clone()).unwrap_or_default();
        assert_eq!(report.series_added, here.difference(&before).count());
    }
    let mut got = stored(&store, &[]);
    got.retain(|labels, _| {
        let name = labels.metric().expect("has a name");
        name != "up" && !name.starts_with("scrape_")
    });
    assert_eq!(got.len(), want.len());
    let mut injected = 0;
    for (labels, samples) in got {
        let ours: Vec<_> = samples.iter().copied().filter(|s| !is_stale(f64::from_bits(s.1))).collect();
        let theirs = &want[&labels];
        // A counter that appeared later has one zero before.
        let zero = usize::from(ours.len() > theirs.len() && ours[0].1 == 0);
        injected += zero;
        assert_eq!(&ours[zero..], theirs, "{labels}");
    }
    eprintln!("{injected} counters appeared and start from zero");
    assert_eq!(stored(&store, &[Matcher::equal("__name__", "up")]).len(), 4);

    let f = store.footprint();
    let texts: usize = targets.values().map(Ingest::bytes).sum();
    eprintln!("60 real scrapes of 4 targets: {}", weight(&store, texts));
    // A quarter of the length that the goal of 3 bytes is set for, so labels weigh four times as much.
    assert!((f.bytes + texts) as f64 / f.samples as f64 <= 8.0);
}

fn weight(store: &Store, texts: usize) -> String {
    let f = store.footprint();
    format!(
        "{} series, {} samples, {:.2} bytes a sample in the store ({} a series), {:.2} with known texts",
        f.series,
        f.samples,
        f.bytes as f64 / f.samples as f64,
        f.bytes / f.series,
        (f.bytes + texts) as f64 / f.samples as f64
    )
}

#[test]
fn an_hour_of_three_agents_takes_at_most_three_bytes_a_sample() {
    let mut store = Store::new(Limits::default());
    let mut agents: Vec<_> =
        (0..3).map(|i| (history::Agent::new(i), target(&format!("agent-{i}.streamhouse:9090")))).collect();
    let mut rng = fastrand::Rng::with_seed(5);
    for step in 0..240 {
        for (i, (agent, ingest)) in (0..).zip(&mut agents) {
            let at = 1_795_351_698_000 + step * 15_000 + i * 4_000 + rng.i64(0..8);
            ingest.scrape(&mut store, at, 3.0, Format::Text, agent.body(15.0).as_bytes()).expect("a good body");
        }
        if step % 60 == 59 {
            let texts = agents.iter().map(|(_, i)| i.bytes()).sum();
            eprintln!("after {} scrapes: {}", step + 1, weight(&store, texts));
        }
    }
    let f = store.footprint();
    let bytes = f.bytes + agents.iter().map(|(_, i)| i.bytes()).sum::<usize>();
    assert!(bytes <= 3 * f.samples, "{bytes} for {} samples", f.samples);
}

/// The process' resident memory, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("on Linux");
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("is there");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1_024
}

#[cfg(target_os = "linux")]
#[test]
fn the_footprint_is_what_the_process_grows_by() {
    let before = resident();
    let mut store = Store::new(Limits::default());
    let clock = store.clock();
    let mut rng = fastrand::Rng::with_seed(3);
    let ids: Vec<_> = (0..60_000)
        .map(|i| {
            let labels = Labels::from_pairs([
                ("__name__", format!("streamhouse_metric_{}_total", i % 300)),
                ("instance", "agent-0.streamhouse:9090".to_owned()),
                ("job", "streamhouse-agent".to_owned()),
                ("partition", (i / 300).to_string()),
                ("unique", format!("{i:08x}")),
            ]);
            (store.series_on(&labels, clock).id(), rng.f64() * 100.0)
        })
        .collect();
    let mut values = vec![0.0; ids.len()];
    for t in 0..180 {
        store.tick(clock, t * 5_000);
        for (&(id, rate), v) in ids.iter().zip(&mut values) {
            *v += (rate * rng.f64()).floor();
            store.append(id, t * 5_000, *v).expect("in order");
        }
    }
    let grown = resident() - before;
    let aside = ids.len() * size_of_val(&ids[0]) + values.len() * 8;
    let counted = store.footprint().bytes + aside;
    let ratio = counted as f64 / grown as f64;
    eprintln!("counted {counted}, resident {grown}: {ratio:.3}; {}", weight(&store, 0));
    // Other tests run beside this one, and pages are not given back at once.
    assert!((0.8..1.25).contains(&ratio));
}
