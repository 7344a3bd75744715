//! Dashboards: read from TOML, checked, placed on a terminal of any size. May use `catalog`, `series`, `unit`, `promql`.

mod builtin;
mod fault;
pub(crate) mod grafana_units;
mod model;
mod parse;
mod place;
mod section;
mod style;
mod variables;

pub use crate::series::Fault;
pub use builtin::builtin;
pub use fault::LayoutError;
pub use model::{
    Axis, Dashboard, GRID_COLUMNS, Kind, Level, Mapping, Match, Panel, PanelQuery, Pos, Thresholds, Variable,
};
pub use parse::parse;
pub use place::{Cells, Density, Direction, Placed, Placement, auto_density, neighbour, place};
pub(crate) use section::{Section, Value as TomlValue, suggest, wrong_type};
pub use style::{Draw, Marking, Reduce, Spacing, Stacking};
pub use variables::{Selection, interpolate};
