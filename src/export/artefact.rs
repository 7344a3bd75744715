//! What other programs load: the rule file, Grafana's dashboards, the configuration of Alertmanager and Prometheus,
//! Kubernetes' manifests, runbooks and the list of metrics. All of it comes from what the screen uses: the built-in rules,
//! dashboards, runbooks and the catalog. May use `catalog`, `promql`, `rules`, `runbook`, `layout` and `source`.
//!
//! The same options give the same bytes, always.

mod alertmanager;
mod kubernetes;
mod metrics;
mod prometheus;
mod rules;
mod runbooks;

use super::grafana;
use crate::layout::Dashboard;
use crate::promql::Query;
use crate::source::DEFAULT_JOB;

/// Where the built-in rules say that runbooks are to be found; the name of one follows.
pub const RUNBOOK_BASE: &str = "https://runbooks.streamhouse.internal/";

/// What all files of StreamHouse's monitoring are called after.
const NAME: &str = "streamhouse";

/// A file for another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Where it belongs, relative, with `/` between folders: `rules/streamhouse.yaml`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Artefact {
    fn new(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), text }
    }

    /// Its name without folders.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A family of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The rule file of Prometheus.
    Rules,
    /// Grafana's dashboards and how it is told of them.
    Grafana,
    /// The configuration of Alertmanager.
    Alertmanager,
    /// The configuration of Prometheus.
    Prometheus,
    /// Kubernetes' manifests of rules and dashboards.
    Kubernetes,
    /// The runbooks.
    Runbooks,
    /// The list of metrics.
    Metrics,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Rules,
        Self::Grafana,
        Self::Alertmanager,
        Self::Prometheus,
        Self::Kubernetes,
        Self::Runbooks,
        Self::Metrics,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Grafana => "grafana",
            Self::Alertmanager => "alertmanager",
            Self::Prometheus => "prometheus",
            Self::Kubernetes => "kubernetes",
            Self::Runbooks => "runbooks",
            Self::Metrics => "metrics",
        }
    }

    /// What it is, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Rules => "The rule file of Prometheus: every alert",
            Self::Grafana => "Grafana's dashboards, and how to provision them",
            Self::Alertmanager => "Alertmanager's routing by severity",
            Self::Prometheus => "Prometheus' scrape and rule configuration",
            Self::Kubernetes => "A PrometheusRule, and ConfigMaps of rules and dashboards",
            Self::Runbooks => "The runbooks as markdown",
            Self::Metrics => "The list of metrics with the alerts and panels that read them, markdown and JSON",
        }
    }

    /// Its files, in the order of what matters most.
    pub fn artefacts(self, options: &Options) -> Vec<Artefact> {
        match self {
            Self::Rules => vec![Artefact::new(rules::PATH, rules::text(options))],
            Self::Grafana => grafana::artefacts(options),
            Self::Alertmanager => vec![Artefact::new("alertmanager.yml", alertmanager::text())],
            Self::Prometheus => vec![Artefact::new("prometheus.yml", prometheus::text(options))],
            Self::Kubernetes => kubernetes::artefacts(options),
            Self::Runbooks => runbooks::artefacts(options),
            Self::Metrics => metrics::artefacts(options),
        }
    }
}

/// The ways in which Grafana writes down a dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schema {
    /// A list of panels, which every Grafana reads.
    #[default]
    Classic,
    /// Elements and a layout, `dashboard.grafana.app/v2beta1`: Grafana 12.
    V2,
}

/// What is asked of the files.
#[derive(Debug, Clone)]
pub struct Options {
    /// The dashboards, whose ids are unique.
    pub dashboards: Vec<Dashboard>,
    /// The agents' job, if it is another than the usual one; without control characters.
    pub job: Option<String>,
    /// What comes before the name of a runbook in the URL that leads to it; without blanks, braces and control characters.
    pub runbook_base: String,
    /// The uid of the data source that all panels use; without it each dashboard lets one choose.
    pub datasource: Option<String>,
    /// In which of Grafana's schemas dashboards are written.
    pub schema: Schema,
    /// The namespace of Kubernetes' manifests; without it whoever applies them says so.
    pub namespace: Option<String>,
    /// Further labels of the manifests, as operators select by them.
    pub labels: Vec<(String, String)>,
}

impl Options {
    /// The defaults with these dashboards.
    pub fn new(dashboards: Vec<Dashboard>) -> Self {
        Self {
            dashboards,
            job: None,
            runbook_base: RUNBOOK_BASE.to_owned(),
            datasource: None,
            schema: Schema::Classic,
            namespace: None,
            labels: Vec::new(),
        }
    }

    /// Where the runbook called `name` is to be found.
    pub(super) fn runbook_url(&self, name: &str) -> String {
        let base = &self.runbook_base;
        // In a query or a fragment the name stands behind whatever is there.
        let slash = if base.ends_with('/') || base.contains(['?', '#']) { "" } else { "/" };
        format!("{base}{slash}{name}")
    }

    /// The agents' job.
    fn job(&self) -> &str {
        self.job.as_deref().unwrap_or(DEFAULT_JOB)
    }

    /// `expr` for the agents' job. Variables in it stay as they are, and so does what is no query.
    pub(super) fn expr(&self, expr: &str) -> String {
        match (&self.job, Query::parse(expr)) {
            (Some(job), Ok(query)) => query.with_job(DEFAULT_JOB, job).text().to_owned(),
            _ => expr.to_owned(),
        }
    }
}
