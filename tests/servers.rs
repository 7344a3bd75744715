//! The real servers, each started by the test on a loopback port: Prometheus and VictoriaMetrics beside our own scraping,
//! the same cluster and the same dashboards; a Prometheus that dies, hangs or stands behind a proxy; behind TLS; a node
//! exporter; one that has only just started; and what a screen costs in bytes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, prints what it found, and real servers need real time"
)]

#[path = "servers/access.rs"]
mod access;
#[path = "support/authority.rs"]
mod authority;
#[path = "servers/bytes.rs"]
mod bytes;
#[path = "servers/differences.rs"]
mod differences;
#[path = "servers/equal.rs"]
mod equal;
#[path = "servers/faults.rs"]
mod faults;
#[path = "servers/front.rs"]
mod front;
#[path = "servers/node_exporter.rs"]
mod node_exporter;
#[path = "servers/panels.rs"]
mod panels;
#[path = "servers/past.rs"]
mod past;
#[path = "support/port.rs"]
mod port;
#[path = "servers/process.rs"]
mod process;
#[path = "servers/watching.rs"]
mod watching;
#[path = "differential/wire.rs"]
mod wire;
#[path = "servers/young.rs"]
mod young;

use std::time::Duration;

/// How long each thing waited for may take. Generous: this is a limit for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
