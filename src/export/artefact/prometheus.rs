//! Prometheus' configuration, as far as StreamHouse needs it.
//!
//! <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>

use super::Options;
use crate::export::yaml::{document, field, map};

const HEAD: &str = "\
# How Prometheus scrapes StreamHouse and evaluates its alerts: as it stands for a Prometheus of its own, else to be taken
# over part by part. rule_files is relative to this file. Check with: promtool check config prometheus.yml
#
# The panels and alerts on memory, processors and disks read what cAdvisor (container_*), kube-state-metrics (kube_*) and
# the node exporter (node_*) expose; those are usually scraped already.
";

/// The text of the file.
pub(super) fn text(options: &Options) -> String {
    let agents = map([
        field("job_name", options.job()).note("The dashboards and the alerts ask for this job."),
        field("static_configs", [map([field("targets", ["agent-1:9090", "agent-2:9090", "agent-3:9090"])])])
            .note("Your agents, or a service discovery that knows them."),
    ]);
    let manager = map([field("static_configs", [map([field("targets", ["alertmanager:9093"])])])]);
    HEAD.to_owned()
        + &document([
            field("global", map([field("scrape_interval", "15s"), field("evaluation_interval", "15s")])),
            field("rule_files", ["rules/*.yaml"]),
            field("alerting", map([field("alertmanagers", [manager])])),
            field("scrape_configs", [agents]),
        ])
}
