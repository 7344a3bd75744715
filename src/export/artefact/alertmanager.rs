//! Alertmanager's configuration: who is told what, by severity, and which alerts say nothing that another does not say.
//!
//! <https://prometheus.io/docs/alerting/latest/configuration/>

use crate::export::yaml::{Yaml, document, field, map};

const HEAD: &str = "\
# Who is told of StreamHouse's alerts, by their severity.
#
# Two files hold what nobody else may know; Alertmanager reads them when it sends:
#   /etc/alertmanager/secrets/pagerduty-routing-key   the integration key of a PagerDuty service (Events API v2)
#   /etc/alertmanager/secrets/slack-webhook-url       the URL of a Slack app's incoming webhook
# Channels and names of receivers are yours to change. Check with: amtool check-config alertmanager.yml
";

const PAGERDUTY_KEY: &str = "/etc/alertmanager/secrets/pagerduty-routing-key";
const SLACK_URL: &str = "/etc/alertmanager/secrets/slack-webhook-url";

/// Severity, receiver.
const ROUTES: &[(&str, &str)] =
    &[("critical", "pagerduty-critical"), ("high", "slack-high"), ("medium", "slack-medium")];

/// Receiver, channel.
const CHANNELS: &[(&str, &str)] = &[
    ("platform-team", "#platform-team"),
    ("slack-high", "#streamhouse-alerts"),
    ("slack-medium", "#streamhouse-monitoring"),
];

/// An alert, those that only repeat it while it fires, and the labels that must be the same for that.
struct Inhibition {
    by: &'static str,
    alerts: &'static [&'static str],
    equal: &'static [&'static str],
    why: &'static str,
}

const INHIBITIONS: &[Inhibition] = &[
    Inhibition {
        by: "NoActiveAgents",
        alerts: &["AgentDown", "InsufficientAgents", "ThroughputCollapsed"],
        equal: &[],
        why: "No agent at all is also each of them, too few, and no throughput.",
    },
    Inhibition {
        by: "DiskSpaceCritical",
        alerts: &["DiskSpaceLow"],
        equal: &["cluster", "instance", "mountpoint"],
        why: "Less than 5 % is less than 15 %.",
    },
    Inhibition {
        by: "CircuitBreakerOpen",
        alerts: &["CircuitBreakerFlapping"],
        equal: &["cluster", "instance", "operation"],
        why: "An open circuit tries again every 30 s, which is what flapping looks like.",
    },
    Inhibition {
        by: "AgentOOMKilled",
        alerts: &["HighMemoryUsage"],
        equal: &["cluster", "namespace", "pod", "container"],
        why: "What was killed for its memory had used it up.",
    },
];

/// The text of the file.
pub(super) fn text() -> String {
    let equals = |name: &str, value: &str| format!("{name}=\"{value}\"");
    let routes: Vec<Yaml> = ROUTES
        .iter()
        .map(|(severity, receiver)| {
            map([field("matchers", [equals("severity", severity)]), field("receiver", *receiver)])
        })
        .collect();
    let inhibitions: Vec<Yaml> = INHIBITIONS
        .iter()
        .map(|Inhibition { by, alerts, equal, why }| {
            let targets = match alerts {
                [alert] => equals("alertname", alert),
                alerts => format!("alertname=~\"{}\"", alerts.join("|")),
            };
            let mut fields = vec![
                field("source_matchers", [equals("alertname", by)]).note(why),
                field("target_matchers", [targets]),
            ];
            if !equal.is_empty() {
                fields.push(field("equal", equal.to_vec()));
            }
            map(fields)
        })
        .collect();
    let route = map([
        field("receiver", "platform-team").note("Low ones, and whatever has no severity."),
        field("group_by", ["alertname", "cluster", "service"]),
        field("group_wait", "10s"),
        field("group_interval", "10s"),
        field("repeat_interval", "12h"),
        field("routes", routes),
    ]);
    let mut receivers: Vec<Yaml> = CHANNELS.iter().map(|(name, channel)| slack(name, channel)).collect();
    receivers.insert(1, pagerduty());
    HEAD.to_owned()
        + &document([field("route", route), field("inhibit_rules", inhibitions), field("receivers", receivers)])
}

/// One line for each alert: what is wrong, and where it says what to do.
const ALERTS: &str = "\
{{ range .Alerts -}}
*{{ .Labels.severity }}* {{ .Annotations.summary }}
{{ .Annotations.description }}
{{ with .Annotations.runbook_url }}Runbook: {{ . }}{{ end }}
{{ end }}";

fn slack(name: &str, channel: &str) -> Yaml {
    let config = map([
        field("api_url_file", SLACK_URL),
        field("channel", channel),
        field("send_resolved", true),
        field("title", "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} ({{ len .Alerts }})"),
        field("text", ALERTS),
    ]);
    map([field("name", name), field("slack_configs", [config])])
}

fn pagerduty() -> Yaml {
    let config = map([
        field("routing_key_file", PAGERDUTY_KEY),
        field("severity", "critical"),
        field("description", "{{ .CommonLabels.alertname }}: {{ (index .Alerts 0).Annotations.summary }}"),
        field(
            "details",
            map([
                field("description", "{{ (index .Alerts 0).Annotations.description }}"),
                field("runbook", "{{ (index .Alerts 0).Annotations.runbook_url }}"),
            ]),
        ),
        field("send_resolved", true),
    ]);
    map([field("name", "pagerduty-critical"), field("pagerduty_configs", [config])])
}
