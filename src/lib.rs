//! shtop, the on-call terminal for StreamHouse.
pub mod catalog;
pub mod demo;
pub mod series;
