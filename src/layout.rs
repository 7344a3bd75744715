//! Dashboards: read from TOML, checked, placed on a terminal of any size. May use `catalog`, `series`, `unit`, `promql`.

mod model;

pub use model::{Axis, Dashboard, Kind, Level, Mapping, Panel, PanelQuery, Pos, Thresholds, Variable};
