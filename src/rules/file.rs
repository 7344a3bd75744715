//! Rule files as they are used: groups of alerting and recording rules. Uses `series` and `promql`.

use crate::promql::Query;
use crate::series::Fault;

use super::status::{Kind, Severity};
use super::template::Template;

/// The pattern by which the built-in rules know the job of the agents.
pub const AGENTS: &str = "(?i)(.*/)?streamhouse[-_]agents?";

/// One rule file.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// As it was named.
    pub name: String,
    /// In the order of the file, names unique.
    pub groups: Vec<Group>,
}

/// Rules that are evaluated together, one after the other.
#[derive(Debug, Clone)]
pub struct Group {
    /// Unique within its file.
    pub name: String,
    /// ms between evaluations; none where the file does not say.
    pub interval: Option<i64>,
    /// Most alerts or series that each rule may have; 0 for no limit.
    pub limit: usize,
    /// How many ms before the time of evaluation the expressions are asked for; none where the file does not say.
    pub query_offset: Option<i64>,
    /// In the order of the file.
    pub rules: Vec<Rule>,
}

/// An alerting or recording rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Of the alert, or of the series that is recorded.
    pub name: String,
    /// Which of the two.
    pub kind: Kind,
    /// The expression.
    pub query: Query,
    /// `for`: ms that the expression must hold before the alert fires.
    pub hold: i64,
    /// `keep_firing_for`: ms that the alert goes on firing after the expression held last.
    pub keep_firing: i64,
    /// Those of the group and of the rule (which win), in the order of their names. Of alerting rules they are templates.
    pub labels: Vec<(String, Template)>,
    /// In the order of their names.
    pub annotations: Vec<(String, Template)>,
    /// The line of the file in which the rule begins, from 1.
    pub line: usize,
}

impl RuleFile {
    /// The rules for agents that run under job `to`: where a matcher of an expression names `from`, or the pattern by which
    /// the built-in rules know the agents ([`AGENTS`]), it names `to`.
    #[must_use]
    pub fn with_job(mut self, from: &str, to: &str) -> Self {
        for rule in self.groups.iter_mut().flat_map(|group| &mut group.rules) {
            rule.query = rule.query.with_job(from, to).with_job(AGENTS, to);
        }
        self
    }
}

impl Rule {
    /// From the label `severity` as it is written.
    pub fn severity(&self) -> Severity {
        Severity::parse(self.label("severity").unwrap_or_default())
    }

    /// The text of label `name`, with its templates as they are.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(n, _)| n == name).map(|(_, t)| t.text())
    }

    /// The text of annotation `name`, with its templates as they are.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(n, _)| n == name).map(|(_, t)| t.text())
    }
}

/// A rule file cannot be used. `Display` shows every fault with its line and a caret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.faults))]
pub struct RuleError {
    /// At least one, in the order of the file.
    pub faults: Vec<Fault>,
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}
