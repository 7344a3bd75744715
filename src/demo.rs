//! A simulated StreamHouse cluster in this process: three agents and an exporter, each on a real socket.
//!
//! [`Simulation`] is the pure part: given a scenario, a seed and a start it says at any instant what every member would
//! answer to a scrape, byte for byte the same each time. [`Cluster`] puts it on sockets and keeps it going. The agents are
//! instrumented with what the catalogue lists and with nothing else. Uses `catalog` and `series` of the crate.

mod agent;
mod cluster;
mod dice;
mod exporter;
mod gate;
mod instruments;
mod lease;
mod log;
mod scenario;
mod simulation;
mod topology;

pub use cluster::{Bind, Cluster, DemoError, History, Member, Scraped};
pub use scenario::{Scenario, UnknownScenario};
pub use simulation::{EXPORTER, HISTORY, MEMBERS, Simulation};
