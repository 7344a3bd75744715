//! What belongs to a cluster besides its data: the incident log's file and the Alertmanager.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::app::{Alertmanager, Cluster, Entry, NamedBy, Origin};
use crate::config::{Context, Source};
use crate::runtime::{Journal, Queries, Silencer};
use crate::series::printable;
use crate::source::access::Access;
use crate::source::alertmanager::AlertmanagerOptions;
use etcetera::BaseStrategy as _;
use reqwest::Url;

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

/// Where the queries that were run are kept, whatever the cluster, under a name that no log has; nowhere on a system without a folder for them.
pub(super) fn queries() -> Option<Queries> {
    folder().ok().map(|folder| Queries::new(folder.join("queries.history")))
}

/// How to ask the context's Alertmanager: the one that it names, or the one that its Prometheus does.
pub(super) fn alertmanager(context: &Context, cluster: &mut Cluster) -> Silencer {
    if let Some(named) = &context.alertmanager {
        cluster.alertmanager = Some(shown(context, &named.url, NamedBy::Settings));
        return Silencer::Named(Box::new(options(context, vec![named.url.clone()], named.access.clone())));
    }
    if !context.finds_alertmanager || !matches!(context.source, Some(Source::Prometheus(_))) {
        return Silencer::Nobody;
    }
    let context = context.clone();
    Silencer::Found(Arc::new(move |urls| {
        let first = urls.first()?;
        let access = context.access_to(first);
        // Those of one cluster are reached alike; a login must not go to one that it was not given for.
        let urls = urls.iter().filter(|url| context.access_to(url) == access).cloned().collect();
        Some((shown(&context, first, NamedBy::Prometheus), options(&context, urls, access)))
    }))
}

fn shown(context: &Context, url: &Url, named_by: NamedBy) -> Alertmanager {
    Alertmanager { url: url.clone(), read_only: context.read_only, author: author(context), named_by }
}

fn options(context: &Context, urls: Vec<Url>, access: Access) -> AlertmanagerOptions {
    AlertmanagerOptions {
        urls,
        access,
        timeout: Duration::from_millis(context.scraping.timeout.unwrap_or(4_000).unsigned_abs()),
        read_only: context.read_only,
        ..AlertmanagerOptions::default()
    }
}

/// Who writes silences: as it is said, else whoever is logged in.
fn author(context: &Context) -> String {
    let login = || ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let author = context.author.clone().or_else(login).unwrap_or_default();
    printable(&author).into_owned()
}

/// What the log is called: one a cluster. Where no context has a name for it, by the first address that leads to it.
fn name(context: &Context, origin: &Origin) -> String {
    match (&context.name, &context.source) {
        _ if matches!(origin, Origin::Demo(_)) => "demo".to_owned(),
        (Some(name), _) => name.clone(),
        (None, Some(Source::Prometheus(url))) => {
            let (host, path) = (url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'));
            let port = url.port_or_known_default().unwrap_or_default();
            format!("prometheus {host}:{port}{path}")
        }
        (None, Some(Source::Scrape { targets, files, dns })) => {
            let target = targets.first().map(|target| target.instance().to_owned());
            let file = || files.first().map(|file| file.display().to_string());
            let name = || dns.first().map(ToString::to_string);
            format!("targets {}", target.or_else(file).or_else(name).unwrap_or_default())
        }
        (None, None) => "targets".to_owned(),
    }
}

fn open(name: &str) -> Result<(Journal, Vec<Entry>), String> {
    let path = path(name)?;
    Journal::open(&path).map_err(|e| format!("{}: {e}", path.display()))
}

fn path(name: &str) -> Result<PathBuf, String> {
    Ok(folder()?.join(file(name)))
}

fn folder() -> Result<PathBuf, String> {
    let folders = etcetera::choose_base_strategy().map_err(|e| e.to_string())?;
    // Not every system has a folder for state; data that outlives the program is the next best.
    let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    Ok(state.join("shtop"))
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
    use crate::config::{Config, FileText, Flags, Input, Key};
    use crate::source::access::Login;

    /// The Alertmanager of a context that says this.
    fn alertmanager_of(text: &str) -> (Silencer, Cluster) {
        let path = PathBuf::from("config.toml");
        let file = Some(FileText { path, text: format!("[contexts.c]\n{text}"), mode: None });
        let config = Config::resolve(Input { file, ..Input::default() }).expect("a configuration");
        let mut cluster = super::super::opening::cluster(&config.context, &[]).expect("a cluster");
        (alertmanager(&config.context, &mut cluster), cluster)
    }

    #[test]
    fn the_login_of_the_prometheus_goes_to_what_it_names_only_where_that_is_the_same_server() {
        let text = "prometheus = \"https://mimir/prometheus\"\nauth = { token = \"t\" }";
        let (Silencer::Found(finder), cluster) = alertmanager_of(text) else { panic!("it is looked for") };
        assert!(cluster.alertmanager.is_none(), "nobody has named one yet");
        let found = |urls: &[&str]| {
            let urls: Vec<Url> = urls.iter().map(|url| Url::parse(url).expect("a URL")).collect();
            finder(&urls).expect("some")
        };
        let (shown, asked) = found(&["https://mimir/alertmanager"]);
        assert!(shown.named_by == NamedBy::Prometheus && matches!(asked.access.login, Login::Bearer(_)));
        for other in ["https://mimir:9093/", "http://mimir/", "https://mimir.evil/"] {
            assert_eq!(found(&[other]).1.access, Access::default(), "{other}");
        }
        let (_, asked) = found(&["https://mimir/alertmanager", "https://other/"]);
        assert_eq!(asked.urls.len(), 1, "the other one must not be sent the token");
        let (_, asked) = found(&["http://a:9093/", "https://mimir/alertmanager", "http://b:9093/"]);
        assert!(asked.urls.len() == 2 && asked.access == Access::default());
    }

    #[test]
    fn an_alertmanager_is_named_looked_for_or_not_wanted() {
        let prometheus = "prometheus = \"http://prom\"\n";
        let named = format!("{prometheus}alertmanager = \"http://am\"");
        assert!(
            matches!(alertmanager_of(&named).0, Silencer::Named(options) if options.urls[0].as_str() == "http://am/")
        );
        let unwanted = format!("{prometheus}alertmanager = \"none\"");
        assert!(matches!(alertmanager_of(&unwanted).0, Silencer::Nobody));
        assert!(matches!(alertmanager_of("targets = [\"a:1\"]").0, Silencer::Nobody));
    }

    #[test]
    fn every_cluster_has_a_log_of_its_own() {
        let log = |flags: &[(Key, &str)], text: &str| {
            let file = Some(FileText { path: PathBuf::from("config.toml"), text: text.to_owned(), mode: None });
            let flags = Flags::from_pairs(flags.iter().copied());
            let config = Config::resolve(Input { flags, file, ..Input::default() }).expect("a configuration");
            let cluster = super::super::opening::cluster(&config.context, &[]).expect("a cluster");
            name(&config.context, &cluster.origin)
        };
        let prometheus = |url| log(&[(Key::Prometheus, url)], "");
        assert_eq!(prometheus("http://a"), "prometheus a:80");
        assert_eq!(prometheus("http://ops:secret@a:9090/prometheus/"), "prometheus a:9090/prometheus");
        let context = "context = \"prod\"\n[contexts.prod]\nprometheus = \"http://a\"";
        assert_eq!(log(&[], context), "prod");
        assert_eq!(log(&[(Key::Target, "a:1")], ""), "targets a:1");
    }

    #[test]
    fn a_contexts_name_leads_to_no_other_folder() {
        assert_eq!(file("prod-eu.1"), "prod-eu.1.jsonl");
        assert_eq!(file("../../etc/passwd"), "%2e.%2f..%2fetc%2fpasswd.jsonl");
        assert_eq!(file("größe %"), "gr%c3%b6%c3%9fe%20%25.jsonl");
        assert!(file(&"/".repeat(4_000)).len() < 255);
    }
}
