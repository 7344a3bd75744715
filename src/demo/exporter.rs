//! What the cluster's exporters serve: containers, the data volume, pods; Prometheus text 0.0.4.
//!
//! prometheus-client writes OpenMetrics only, so these few families are written here.

use std::fmt::{self, Write};

use crate::demo::topology::AGENTS;

/// The memory limit of an agent's container, bytes.
pub(super) const MEMORY_LIMIT: f64 = 1_536.0 * 1024.0 * 1024.0;
/// The size of the data volume, bytes.
pub(super) const VOLUME_BYTES: f64 = 24.0 * 1024.0 * 1024.0 * 1024.0;

/// What is known of one agent's pod.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pod {
    /// Bytes of memory and CPU seconds, while its container runs.
    pub(super) usage: Option<(f64, f64)>,
    pub(super) restarts: u64,
    pub(super) last_exit: Option<&'static str>,
}

/// Writes the exposition of the pods and the volume, of which `used` bytes are taken.
pub(super) fn encode(body: &mut String, pods: &[Pod; AGENTS.len()], used: f64) -> fmt::Result {
    let containers = |body: &mut String, value: fn(&Pod) -> Option<f64>, name: &str| {
        for (pod, agent) in pods.iter().zip(AGENTS) {
            if let Some(v) = value(pod) {
                writeln!(
                    body,
                    "{name}{{container=\"agent\",namespace=\"streamhouse\",pod=\"streamhouse-{agent}\"}} {v}"
                )?;
            }
        }
        Ok(())
    };
    let mut family = |name: &str, kind: &str, help: &str, value: fn(&Pod) -> Option<f64>| {
        writeln!(body, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
        containers(body, value, name)
    };
    family(
        "container_memory_usage_bytes",
        "gauge",
        "Current memory usage in bytes, including all memory regardless of when it was accessed.",
        |pod| pod.usage.map(|(memory, _)| memory.round()),
    )?;
    family("container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", |pod| {
        pod.usage.map(|_| MEMORY_LIMIT)
    })?;
    family("container_cpu_usage_seconds_total", "counter", "Cumulative CPU time consumed in seconds.", |pod| {
        pod.usage.map(|(_, cpu)| (cpu * 1e3).round() / 1e3)
    })?;
    family("kube_pod_container_status_restarts_total", "counter", "Restarts of the container.", |pod| {
        Some(pod.restarts as f64)
    })?;
    let name = "kube_pod_container_status_last_terminated_reason";
    writeln!(body, "# HELP {name} Why the container was last in terminated state.\n# TYPE {name} gauge")?;
    for (pod, agent) in pods.iter().zip(AGENTS) {
        if let Some(reason) = pod.last_exit {
            writeln!(
                body,
                "{name}{{container=\"agent\",namespace=\"streamhouse\",pod=\"streamhouse-{agent}\",reason=\"{reason}\"}} 1"
            )?;
        }
    }
    for (name, help, v) in [
        ("node_filesystem_size_bytes", "Filesystem size in bytes.", VOLUME_BYTES),
        ("node_filesystem_avail_bytes", "Filesystem space available to non-root users.", VOLUME_BYTES - used),
    ] {
        writeln!(body, "# HELP {name} {help}\n# TYPE {name} gauge")?;
        writeln!(
            body,
            "{name}{{device=\"/dev/nvme1n1\",fstype=\"ext4\",mountpoint=\"/data\"}} {}",
            v.clamp(0.0, VOLUME_BYTES).round()
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_does_not_run_has_no_usage_but_keeps_its_past() {
        let up = Pod { usage: Some((1e9, 12.5)), restarts: 0, last_exit: None };
        let down = Pod { usage: None, restarts: 1, last_exit: Some("OOMKilled") };
        let mut body = String::new();
        encode(&mut body, &[up, up, down], 1e9).unwrap();
        let with = |text: &str| body.lines().filter(|l| l.contains(text)).count();
        assert_eq!(with("container_memory_usage_bytes{"), 2);
        assert_eq!(with("container_cpu_usage_seconds_total{"), 2);
        assert_eq!(with("status_restarts_total{"), 3);
        assert_eq!(with("pod=\"streamhouse-agent-3\",reason=\"OOMKilled\"} 1"), 1);
        assert!(body.contains("mountpoint=\"/data\"} 24769803776\n"));
    }
}
