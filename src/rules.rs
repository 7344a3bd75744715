//! Alerting and recording rules as Prometheus has them: rule files, the states of alerts, templates of annotations. May use
//! `series` and `promql`.
//!
//! A file's text becomes checked rules (`yaml`, `parse`, `file`). The engine (`engine`) evaluates them group by group, or is
//! told their answers, and keeps the state of each alert (`alerting`). What others see of it is in `status`; `template`
//! fills in labels and annotations; `threshold` says what an alert compares with what.
//!
//! Semantics are Prometheus 3's.

mod alerting;
pub(crate) mod duration;
mod engine;
mod file;
mod parse;
mod status;
mod template;
mod threshold;
mod yaml;

use crate::promql;
use crate::series::Labels;

pub use alerting::RESOLVED_KEPT;
pub use duration::{format as format_duration, parse as parse_duration};
pub use engine::{Engine, Ground};
pub use file::{AGENTS, Group, Rule, RuleError, RuleFile};
pub use status::{Alert, AlertState, Health, Kind, Origin, Phase, Rendered, RuleStatus, Severity, Transition};
pub use template::{Ask, NoData, Scope, Template, TemplateError};
pub use threshold::{Comparison, Threshold};
pub(crate) use yaml::{Node as YamlNode, Tree as YamlTree, inside as place_inside, parse as parse_yaml};

/// The text of the built-in rules, as Prometheus loads it too.
pub const BUILTIN: &str = include_str!("../assets/rules/streamhouse.yaml");

/// What all rules of an [`Engine`] have in common.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How expressions are evaluated.
    pub query: promql::Options,
    /// ms between evaluations of groups that do not say; Prometheus' default is a minute.
    pub interval: i64,
    /// How many ms before the time of evaluation the expressions of groups that do not say are asked for.
    pub query_offset: i64,
    /// `$externalLabels` of templates.
    pub external_labels: Labels,
    /// `$externalURL` of templates, empty for none.
    pub external_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            query: promql::Options::default(),
            interval: 60_000,
            query_offset: 0,
            external_labels: Labels::empty(),
            external_url: String::new(),
        }
    }
}

/// Reads the rule file `name` with the content `text`.
///
/// # Errors
/// With every place of the file that is wrong: YAML that cannot be read, unknown fields, whatever Prometheus refuses too
/// (names, durations, expressions, templates).
pub fn parse(name: &str, text: &str) -> Result<RuleFile, RuleError> {
    parse::parse(name, text)
}

/// The rules that shtop brings along: every alert of StreamHouse.
///
/// # Panics
/// Never in a build that passed its tests: they read the same file.
pub fn builtin() -> RuleFile {
    #[expect(clippy::expect_used, reason = "the file is part of the program")]
    parse("streamhouse.yaml", BUILTIN).expect("a test reads the built-in rules")
}

#[cfg(test)]
mod tests;
