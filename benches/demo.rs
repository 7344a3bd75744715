//! The demo's cost: an hour of history, and one scrape of it.

use shtop::demo::{MEMBERS, Scenario, Simulation};

/// Any full second.
const START: i64 = 1_795_351_500_000;
const HOUR: i64 = shtop::demo::HISTORY;
const STEP: usize = 15_000;

fn main() {
    divan::main();
}

/// All scrapes of the past hour, text included, on one thread.
#[divan::bench(args = Scenario::ALL, sample_count = 20, sample_size = 1)]
fn history(bencher: divan::Bencher<'_, '_>, scenario: Scenario) {
    bencher.bench(|| {
        let mut simulation = Simulation::new(scenario, 1, START);
        let mut bytes = 0;
        for at in (START..START + HOUR).step_by(STEP) {
            simulation.advance(at);
            bytes += (0..MEMBERS).filter_map(|m| simulation.expose(m)).map(|body| body.len()).sum::<usize>();
        }
        bytes
    });
}

/// The model alone.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn an_hour_without_scrapes(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut simulation = Simulation::new(Scenario::S3Outage, 1, START);
        simulation.advance(START + HOUR);
        simulation.reachable(0)
    });
}

/// One agent's answer in the outage.
#[divan::bench]
fn scrape(bencher: divan::Bencher<'_, '_>) {
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, START);
    simulation.advance(START + HOUR);
    bencher
        .counter(divan::counter::BytesCount::new(simulation.expose(0).map_or(0, |b| b.len())))
        .bench_local(|| simulation.expose(0));
}
