//! `shtop import`: a Grafana dashboard as a layout file.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::answer::{put, remark};
use super::{FAILED, Failure, opening};
use crate::layout;
use crate::series::printable;

/// Converts a Grafana dashboard (classic or v2 JSON) into a layout file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop import node.json                       what comes along, and what does not, on standard error
  shtop import node.json > node.toml
  shtop import node.json --strict -o node.toml fails where anything is lost
  curl -s https://grafana/api/dashboards/uid/UID | shtop import - > node.toml
  shtop --layout node.json -p http://prometheus:9090    shows it without converting
  shtop lint node.json                         what is wrong in it, with line and column

Exit status: 0 converted; 1 with --strict, something is lost, or it cannot be written; 2 no
dashboard, or none of its panels can be shown.")]
pub(super) struct Import {
    /// The dashboard, as Grafana exports it; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Fail where any panel or setting is lost, and write nothing
    #[arg(long)]
    strict: bool,
    /// Write here instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(command: &Import) -> Result<u8, Failure> {
    let is_stdin = command.file.as_os_str() == "-";
    let name = if is_stdin { "standard input".to_owned() } else { command.file.display().to_string() };
    let bytes = if is_stdin {
        opening::capped(std::io::stdin().lock(), opening::LARGEST)
    } else {
        opening::bytes(&command.file, opening::LARGEST)
    };
    let bytes = bytes.map_err(|e| Failure::Usage(format!("cannot read {}: {e}", printable(&name))))?;
    let imported = layout::import(&name, &bytes).map_err(|e| Failure::Usage(e.to_string()))?;
    let report = &imported.report;
    remark(report.to_string().trim_end());
    if command.strict && !report.is_complete() {
        return Ok(FAILED);
    }
    let text = layout::write(&imported.dashboard);
    match &command.output {
        Some(file) => fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?,
        None => put(&text)?,
    }
    Ok(0)
}
