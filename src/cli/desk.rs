//! What belongs to a cluster besides its data: the incident log's file and the Alertmanager.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::{Alertmanager, Cluster, Entry, Origin};
use crate::config::{Context, Source};
use crate::runtime::Journal;
use crate::series::printable;
use crate::source::alertmanager::AlertmanagerOptions;
use etcetera::BaseStrategy as _;

/// Longest name of a log's file, in bytes: file systems take 255.
const LONGEST: usize = 100;

/// Opens the cluster's incident log. A log that cannot be opened is a notice: the screen is needed all the same.
pub(super) fn journal(context: &Context, cluster: &mut Cluster) -> Option<Journal> {
    match open(&name(context, &cluster.origin)) {
        Ok((journal, log)) => {
            cluster.log = log;
            Some(journal)
        }
        Err(why) => {
            let why = printable(&why).into_owned();
            cluster.notice = Some(format!("the incident log is kept on the screen only: {why}"));
            None
        }
    }
}

/// How to ask the context's Alertmanager, where it has one.
pub(super) fn alertmanager(context: &Context, cluster: &mut Cluster) -> Option<AlertmanagerOptions> {
    let named = context.alertmanager.as_ref()?;
    let author = author(context);
    cluster.alertmanager = Some(Alertmanager { url: named.url.clone(), read_only: context.read_only, author });
    Some(AlertmanagerOptions {
        urls: vec![named.url.clone()],
        access: named.access.clone(),
        timeout: Duration::from_millis(context.scraping.timeout.unwrap_or(4_000).unsigned_abs()),
        read_only: context.read_only,
        ..AlertmanagerOptions::default()
    })
}

/// Who writes silences: as it is said, else whoever is logged in.
fn author(context: &Context) -> String {
    let login = || ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let author = context.author.clone().or_else(login).unwrap_or_default();
    printable(&author).into_owned()
}

/// What the log is called: one a cluster.
fn name(context: &Context, origin: &Origin) -> String {
    match (&context.name, &context.source) {
        _ if matches!(origin, Origin::Demo(_)) => "demo".to_owned(),
        (Some(name), _) => name.clone(),
        (None, Some(Source::Prometheus(_))) => "prometheus".to_owned(),
        (None, _) => "targets".to_owned(),
    }
}

fn open(name: &str) -> Result<(Journal, Vec<Entry>), String> {
    let path = path(name)?;
    Journal::open(&path).map_err(|e| format!("{}: {e}", path.display()))
}

fn path(name: &str) -> Result<PathBuf, String> {
    let folders = etcetera::choose_base_strategy().map_err(|e| e.to_string())?;
    // Not every system has a folder for state; data that outlives the program is the next best.
    let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    Ok(state.join("shtop").join(file(name)))
}

/// A context's name as a file's: what could lead elsewhere is written as `%` and a number.
fn file(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            b'.' if !out.is_empty() => out.push('.'),
            // Writing into a string cannot fail.
            other => drop(write!(out, "%{other:02x}")),
        }
        if out.len() > LONGEST {
            break;
        }
    }
    out + ".jsonl"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contexts_name_leads_to_no_other_folder() {
        assert_eq!(file("prod-eu.1"), "prod-eu.1.jsonl");
        assert_eq!(file("../../etc/passwd"), "%2e.%2f..%2fetc%2fpasswd.jsonl");
        assert_eq!(file("größe %"), "gr%c3%b6%c3%9fe%20%25.jsonl");
        assert!(file(&"/".repeat(4_000)).len() < 255);
    }
}
