//! shtop, the on-call terminal for StreamHouse.

pub mod demo;
pub mod catalog;
pub mod exposition;
pub mod layout;
pub mod panel;
pub mod promql;
pub mod series;
pub mod source;
pub mod store;
pub mod theme;
pub mod unit;
