//! shtop, the on-call terminal for StreamHouse.
pub mod catalog;
pub mod exposition;
pub mod series;
pub mod store;
