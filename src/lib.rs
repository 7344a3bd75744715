//! shtop, the on-call terminal for StreamHouse.
//!
//! The rooms of the house, in the order of the list: each uses only those above it (a test checks that).
//!
//! ```text
//! bytes ─ exposition ─► store ─ promql ─► series ─┐                       (source thread: owns the store, no locks)
//!                                                 ▼
//!                      Event::Answer{revision, panel, replies}            bounded channel
//!                                                 ▼
//!         keys, mouse, ticks ─► app::update(&mut Model, Message) ─► Command    pure
//!                                                 ▼
//!                          view(&Model, area, &mut Buffer)                pure
//!                                                 ▼
//!                                            the terminal
//! back: Command::Watch(Plan) ─► source
//! ```
//!
//! | what changes | where |
//! |---|---|
//! | a metric | a row of [`catalog`] |
//! | a dashboard | a file in `layouts/` |
//! | an alert | a rule in `assets/rules/`, its cases in `tests/rules/` |
//! | a runbook | a file in `assets/runbooks/` |
//! | a theme | a palette in `theme/palette.rs` |
//! | a kind of panel | a file in `panel/` and a line in its table |
//! | a PromQL function | a row of a table in [`promql`] |
//! | a key | a row of `app/keys.rs`; help, footer and palette read it |
//! | what the palette finds | a row of `app/palette/kinds.rs` |
//! | a command for scripts | a file in `cli/` |
//! | a setting | a row of `config/setting.rs`; flags, environment, file and manual follow |
//! | a check of an installation | a file in `doctor/` and a line in its table |
//! | a doubt about a file | a file in `lint/` |
//! | a scenario of the demo | a file in `demo/` |

pub mod app;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod exposition;
pub mod layout;
pub mod lint;
pub mod panel;
pub mod promql;
pub mod rules;
pub mod runbook;
pub mod runtime;
pub mod series;
pub mod source;
pub mod store;
pub mod theme;
pub mod unit;
pub mod view;
