//! What is wrong or doubtful in the files that people write for shtop, each thing with its place. Pure: reads no file, asks
//! nobody. May use everything up to `config`.
//!
//! What makes a file unusable is told by the very readers that the screen has; what can be used and yet is hardly meant
//! that way is doubted here, one file a kind: `layout`, `grafana`, `rules`, `runbook`, `theme`. What all expressions are
//! doubted for is in `query`; `kind` tells files by their content.

mod grafana;
mod json;
mod kind;
mod layout;
mod query;
mod rules;
mod runbook;
mod targets;
mod theme;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use crate::config;
use crate::layout::{Dashboard, builtin as builtin_layouts, import, parse as parse_layout};
use crate::rules::{Kind as RuleKind, RuleFile, builtin as builtin_rules, parse as parse_rules};
use crate::runbook::Library;
use crate::series::{Fault, Faults};

pub use kind::{Kind, Unclear, kind};

/// Most doubts that are told of one file.
const MOST: usize = 200;

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// How it was named.
    pub name: String,
    /// What it says.
    pub text: String,
    /// What it is.
    pub kind: Kind,
}

/// How bad a finding is. Ordered: the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file can be used, but it is hardly meant that way.
    Warning,
    /// The file, or that part of it, cannot be used.
    Error,
}

impl Severity {
    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong or doubtful, safe for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, and where.
    pub fault: Fault,
}

/// Checks the files, which may mention each other's alerts, panels and runbooks beside those that shtop brings along and those
/// of the files `beside`, which are not checked. The findings come in the order of the files, in each in the order of its
/// lines.
pub fn lint(files: &[Source], beside: &[Source]) -> Vec<Finding> {
    let ground = Ground::of(&files.iter().chain(beside).collect::<Vec<_>>());
    files.iter().flat_map(|file| check(file, &ground)).collect()
}

fn check(file: &Source, ground: &Ground) -> Vec<Finding> {
    let mut doubts = Doubts::new(&file.name, &file.text);
    let wrong = match file.kind {
        Kind::Layout => layout::check(file, ground, &mut doubts),
        Kind::Grafana => grafana::check(file, ground, &mut doubts),
        Kind::Rules => rules::check(file, ground, &mut doubts),
        Kind::Runbook => runbook::check(file, ground, &mut doubts),
        Kind::Targets => targets::check(file),
        Kind::Theme => theme::check(file, &mut doubts),
        Kind::Config => config::faults(Path::new(&file.name), &file.text),
    };
    let error = |fault| Finding { severity: Severity::Error, fault };
    let mut findings: Vec<Finding> = wrong.into_iter().map(error).chain(doubts.finish()).collect();
    findings.sort_by_key(|finding| (finding.fault.line, finding.fault.column));
    findings
}

/// What the files can mention.
struct Ground {
    alerts: BTreeSet<String>,
    /// Series beside the catalogue's: what rules record, and what the built-in rules read of other systems.
    others: BTreeSet<String>,
    /// The titles of the panels of each dashboard.
    panels: BTreeMap<String, BTreeSet<String>>,
    runbooks: Library,
}

impl Ground {
    fn of(files: &[&Source]) -> Self {
        let of_kind = |kind| files.iter().filter(move |file| file.kind == kind);
        let own = of_kind(Kind::Runbook).map(|file| (last_part(&file.name).to_owned(), file.text.clone()));
        let mut ground = Self {
            alerts: BTreeSet::new(),
            others: BTreeSet::new(),
            panels: BTreeMap::new(),
            runbooks: Library::new(own.collect()),
        };
        let known = builtin_rules();
        ground.learn_rules(&known);
        let rules = known.groups.iter().flat_map(|group| &group.rules);
        ground.others.extend(rules.flat_map(|rule| rule.query.readings()).map(|reading| reading.metric));
        for file in of_kind(Kind::Rules).filter_map(|file| parse_rules(&file.name, &file.text).ok()) {
            ground.learn_rules(&file);
        }
        let layouts = of_kind(Kind::Layout).filter_map(|file| parse_layout(&file.name, &file.text).ok());
        let imported = of_kind(Kind::Grafana).filter_map(|file| import(&file.name, file.text.as_bytes()).ok());
        let own = layouts.chain(imported.map(|imported| imported.dashboard));
        for dashboard in builtin_layouts().into_iter().chain(own) {
            ground.learn_layout(&dashboard);
        }
        ground
    }

    fn learn_rules(&mut self, file: &RuleFile) {
        for rule in file.groups.iter().flat_map(|group| &group.rules) {
            match rule.kind {
                RuleKind::Alerting => self.alerts.insert(rule.name.clone()),
                RuleKind::Recording => self.others.insert(rule.name.clone()),
            };
        }
    }

    fn learn_layout(&mut self, dashboard: &Dashboard) {
        let titles = dashboard.panels.iter().map(|panel| panel.title.clone());
        self.panels.entry(dashboard.id.clone()).or_default().extend(titles);
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// Gathers the doubts about one file; what is beyond [`MOST`] of them is only counted.
struct Doubts<'t> {
    faults: Faults<'t>,
    count: usize,
}

impl<'t> Doubts<'t> {
    fn new(name: &'t str, text: &'t str) -> Self {
        Self { faults: Faults::new(name, text), count: 0 }
    }

    fn add(&mut self, place: Range<usize>, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.count += 1;
        if self.count <= MOST {
            self.faults.add(place, message, hint.into());
        }
    }

    fn finish(self) -> Vec<Finding> {
        let Err(mut faults) = self.faults.finish(()) else { return Vec::new() };
        if let Some(last) = faults.last_mut().filter(|_| self.count > MOST) {
            last.hint = Some(format!("{} more warnings of this file are not shown", self.count - MOST));
        }
        faults.into_iter().map(|fault| Finding { severity: Severity::Warning, fault }).collect()
    }
}

#[cfg(test)]
mod tests;
