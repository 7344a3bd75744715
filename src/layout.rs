//! Dashboards: read from TOML, checked, placed on a terminal of any size. May use `catalog`, `series`, `unit`, `promql`.

mod arrange;
mod builtin;
mod fault;
mod grafana;
pub(crate) mod grafana_units;
mod model;
mod overrides;
mod parse;
mod place;
mod probe;
mod repeat;
mod section;
mod style;
mod transform;
mod variables;
mod write;

pub use crate::series::Fault;
pub use builtin::builtin;
pub use fault::LayoutError;
pub(crate) use grafana::{ALERTS, OPTION, RUNBOOK, UID_PREFIX, carried, encoded, speaks_promql};
pub use grafana::{Imported, Loss, Report, import, is_json};
pub use model::{
    All, Axis, Dashboard, GRID_COLUMNS, Kind, Level, Mapping, Match, Order, Panel, PanelQuery, Pos, Thresholds, Values,
    Variable,
};
pub use overrides::{Look, Override, Overrides, Own, Which};
pub use parse::parse;
pub use place::{Cells, Density, Direction, Placed, Placement, Ranking, auto_density, grid_density, neighbour, place};
pub(crate) use probe::probe;
pub use repeat::{Flow, Repeat};
pub(crate) use section::{Section, Value as TomlValue, suggest, wrong_type};
pub use style::{Draw, Marking, Reduce, Spacing, Stacking, Trend};
pub use transform::{Operand, Operator, Pick, Transform};
pub(crate) use variables::{BUILTIN as GLOBALS, mentioned as variables_in, neutral, stands_free};
pub use variables::{Binding, Scope, Selection, filter, interpolate, mentions};
pub use write::write;
