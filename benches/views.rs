//! A dashboard's answers over the demo's hour: `cargo bench --bench views`.

#![expect(clippy::expect_used, reason = "a bench that does not work says so")]

use divan::Bencher;

#[path = "support/demo.rs"]
mod demo;

use demo::{Demo, NOW, Views};

fn main() {
    divan::main();
}

/// Every query of the three views, for the newest values and over the hour, nothing known before.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn cold(bencher: Bencher<'_, '_>) {
    let (demo, views) = (Demo::after_an_hour(), Views::new());
    bencher.bench_local(|| views.cold(&demo));
}

/// The same after each further scrape of all targets, everything before it known.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn refresh(bencher: Bencher<'_, '_>) {
    let (mut demo, views) = (Demo::after_an_hour(), Views::new());
    views.refresh(&mut demo);
    assert_eq!(demo.now, NOW);
    let demo = std::cell::RefCell::new(demo);
    bencher.with_inputs(|| demo.borrow_mut().scrape()).bench_local_values(|()| views.refresh(&mut demo.borrow_mut()));
}
