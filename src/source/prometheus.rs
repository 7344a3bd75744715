//! The source that asks a Prometheus, or whatever speaks its HTTP API: Thanos, Mimir, Cortex, VictoriaMetrics. Uses
//! `series`, `promql` and what sources are made of.

pub mod api;
mod parse;

pub use parse::PART;
