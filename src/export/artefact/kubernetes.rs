//! Manifests: the rules for the Prometheus operator or as a file, the dashboards for Grafana's sidecar.

use super::{Artefact, NAME, Options, rules};
use crate::export::grafana;
use crate::export::yaml::{Field, document, field, indented, map};

const RULE: &str = "\
# The alerts for the Prometheus operator. It takes up what its ruleSelector selects; kube-prometheus-stack selects by the
# label release: shtop export kubernetes --label release=NAME
";

const RULES: &str = "\
# The alerts as a file, for a Prometheus without operator that mounts it. Where the operator runs, apply the PrometheusRule
# instead; both would fire everything twice.
";

const DASHBOARD: &str = "\
# A dashboard for the sidecar of Grafana's chart, which takes up what carries the label grafana_dashboard.
";

/// The manifests, one a file: of several dashboards together the copy that `kubectl apply` keeps would grow too long.
pub(super) fn artefacts(options: &Options) -> Vec<Artefact> {
    let text = rules::text(options);
    let rule = RULE.to_owned()
        + &document([
            field("apiVersion", "monitoring.coreos.com/v1"),
            field("kind", "PrometheusRule"),
            metadata(options, NAME, &[]),
        ])
        + "spec:\n"
        + &indented(&text, 2);
    let file = RULES.to_owned() + &config_map(options, "streamhouse-rules", &[], ("streamhouse.yaml", text));
    let mut artefacts = vec![
        Artefact::new("kubernetes/prometheusrule.yaml", rule),
        Artefact::new("kubernetes/rules-configmap.yaml", file),
    ];
    artefacts.extend(grafana::dashboards(options).into_iter().map(|dashboard| {
        let name = dashboard.file_name().trim_end_matches(".json").replace('_', "-").to_ascii_lowercase();
        let name = name.trim_matches('-').replacen("streamhouse-", "streamhouse-dashboard-", 1);
        let data = (dashboard.file_name(), dashboard.text.clone());
        let text = DASHBOARD.to_owned() + &config_map(options, &name, &[("grafana_dashboard", "1")], data);
        let stem = name.trim_start_matches("streamhouse-dashboard-").to_owned();
        Artefact::new(format!("kubernetes/dashboard-{stem}-configmap.yaml"), text)
    }));
    artefacts
}

fn config_map(options: &Options, name: &str, labels: &[(&str, &str)], (file, text): (&str, String)) -> String {
    document([
        field("apiVersion", "v1"),
        field("kind", "ConfigMap"),
        metadata(options, name, labels),
        field("data", map([field(file, text)])),
    ])
}

fn metadata(options: &Options, name: &str, labels: &[(&str, &str)]) -> Field {
    let own = [("app.kubernetes.io/name", NAME), ("app.kubernetes.io/component", "monitoring")];
    let asked = options.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (name, value) in own.into_iter().chain(labels.iter().copied()).chain(asked) {
        all.retain(|(other, _)| *other != name);
        all.push((name, value));
    }
    let mut fields = vec![field("name", name)];
    fields.extend(options.namespace.as_deref().map(|namespace| field("namespace", namespace)));
    fields.push(field("labels", map(all.into_iter().map(|(name, value)| field(name, value)))));
    if labels.iter().any(|(name, _)| *name == "grafana_dashboard") {
        fields.push(field("annotations", map([field("grafana_folder", grafana::FOLDER)])));
    }
    field("metadata", map(fields))
}
