//! `shtop export`: the files that Prometheus, Alertmanager, Grafana and Kubernetes load, written from what the screen uses.
//! Needs no source.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::answer::put;
use super::config::Told;
use super::{Failure, files, opening};
use crate::export::{Artefact, Family, Options, RUNBOOK_BASE, Schema};
use crate::series::{nearest, printable};
use crate::source::DEFAULT_JOB;

/// Writes what other programs load: alert rules, Grafana dashboards, configuration, manifests.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop export rules > streamhouse.yaml
  shtop export grafana storage                          one dashboard of three
  shtop export grafana --layout mine.toml --datasource P1809F7CD0C75ACF3
  shtop export grafana overview --schema v2
  shtop export all --dir monitoring --job streamhouse --runbook-base https://wiki.example/runbooks/
  shtop export kubernetes --dir k8s --namespace monitoring --label release=prometheus
  shtop export grafana --dir grafana --context prod     with the job and layouts of this context

Without --context the configuration file is not read. The same options give the same bytes. With
--dir nothing is written if a file is there already with another content; --force replaces it.

Exit status: 0 written; 1 a file or standard output cannot be written; 2 wrong use.")]
pub(super) struct Export {
    /// What to write
    #[arg(value_name = "WHAT")]
    what: What,
    /// One of its files, by its name or a part of that
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Write files into this folder instead of one to standard output
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Replace files that are there with another content
    #[arg(long, requires = "dir")]
    force: bool,
    /// The agents' job, if not streamhouse-agent
    #[arg(long, value_name = "NAME", value_parser = job)]
    job: Option<String>,
    /// What comes before a runbook's name in the URL that leads to it
    #[arg(long, value_name = "URL", default_value = RUNBOOK_BASE, value_parser = runbook_base)]
    runbook_base: String,
    /// The data source of Grafana's panels; without it each dashboard lets one choose
    #[arg(long, value_name = "UID", value_parser = datasource)]
    datasource: Option<String>,
    /// How Grafana's dashboards are written
    #[arg(long, value_name = "SCHEMA", value_enum, default_value_t = As::Classic)]
    schema: As,
    /// Layouts, or dashboards from Grafana, to export instead of the built-in three
    #[arg(long, value_name = "FILE", num_args = 1..)]
    layout: Vec<PathBuf>,
    /// The namespace of Kubernetes' manifests
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
    /// A further label of Kubernetes' manifests; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = label)]
    label: Vec<(String, String)>,
    #[command(flatten)]
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    One(Family),
    All,
}

/// What [`Schema`] is called here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    /// Grafana 10 and later
    Classic,
    /// Grafana 12's second schema, v2beta1
    V2,
}

impl What {
    fn families(self) -> &'static [Family] {
        match self {
            Self::One(family) => Family::ALL.iter().find(|own| **own == family).map_or(&[], std::slice::from_ref),
            Self::All => &Family::ALL,
        }
    }
}

impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [What; Family::ALL.len() + 1] = {
            let mut all = [What::All; Family::ALL.len() + 1];
            let mut i = 0;
            while i < Family::ALL.len() {
                all[i] = What::One(Family::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::One(family) => PossibleValue::new(family.name()).help(family.about()),
            Self::All => PossibleValue::new("all").help("All of these; needs --dir"),
        })
    }
}

fn job(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("a job has at least one character, and none that cannot be seen".to_owned());
    }
    Ok(text.to_owned())
}

fn runbook_base(text: &str) -> Result<String, String> {
    let Ok(url) = reqwest::Url::parse(text) else {
        return Err("write it like https://wiki.example/runbooks/".to_owned());
    };
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err("an http or https URL without a login is needed".to_owned());
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '{' | '}' | '"' | '\\' | '$')) {
        return Err("blanks, braces, quotes, backslashes and $ must be percent-encoded".to_owned());
    }
    Ok(text.to_owned())
}

fn datasource(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '{' | '}');
    if text.is_empty() || !text.chars().all(fits) {
        return Err(
            "the uid of a data source has letters, digits, - and _ only; Grafana shows it in the URL".to_owned()
        );
    }
    Ok(text.to_owned())
}

/// A DNS label, as Kubernetes names namespaces.
fn namespace(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 63 || !text.chars().all(inner) || text.starts_with('-') || text.ends_with('-') {
        return Err("a namespace has lower-case letters, digits and - only".to_owned());
    }
    Ok(text.to_owned())
}

/// A label as Kubernetes takes it.
fn label(text: &str) -> Result<(String, String), String> {
    let fits = |text: &str, also: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && fits(name, "-_./") && fits(value, "-_.") && value.len() <= 63 => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("write it like release=prometheus".to_owned()),
    }
}

pub(super) fn run(command: &Export) -> Result<u8, Failure> {
    let config = command.told.config()?;
    let context = config.as_ref().map(|config| &config.context);
    let job = command.job.clone().or_else(|| context.and_then(|context| context.job.clone()));
    let layouts = match context {
        Some(context) if command.layout.is_empty() => &context.layouts,
        _ => &command.layout,
    };
    let options = Options {
        job: job.filter(|job| job != DEFAULT_JOB),
        runbook_base: command.runbook_base.clone(),
        datasource: command.datasource.clone(),
        schema: match command.schema {
            As::Classic => Schema::Classic,
            As::V2 => Schema::V2,
        },
        namespace: command.namespace.clone(),
        labels: command.label.clone(),
        ..Options::new(opening::dashboards(layouts)?.0)
    };
    let mut artefacts: Vec<Artefact> =
        command.what.families().iter().flat_map(|family| family.artefacts(&options)).collect();
    check_names(&artefacts)?;
    if let Some(name) = &command.name {
        artefacts = vec![pick(artefacts, name)?];
    }
    match (&command.dir, artefacts.as_slice()) {
        (Some(dir), artefacts) => put(&files::write(dir, artefacts, command.force)?)?,
        (None, [artefact]) => put(&artefact.text)?,
        (None, artefacts) => {
            let names = names(artefacts);
            let count = artefacts.len();
            return Err(Failure::Usage(format!(
                "these are {count} files: name one of them, or write all with --dir DIR\n\nThere are: {names}"
            )));
        }
    }
    Ok(0)
}

/// Two layouts of the same name would be the same dashboard to Grafana.
fn check_names(artefacts: &[Artefact]) -> Result<(), Failure> {
    for (i, artefact) in artefacts.iter().enumerate() {
        if artefacts[..i].iter().any(|other| other.path == artefact.path) {
            let name = printable(&artefact.path).into_owned();
            return Err(Failure::Usage(format!("two layouts would both become {name}: give their files other names")));
        }
    }
    Ok(())
}

fn names(artefacts: &[Artefact]) -> String {
    artefacts.iter().map(Artefact::file_name).collect::<Vec<_>>().join(", ")
}

/// The file of that name, with or without its ending, or the only one whose name contains it.
fn pick(mut artefacts: Vec<Artefact>, name: &str) -> Result<Artefact, Failure> {
    let stem = |artefact: &Artefact| artefact.file_name().rsplit_once('.').map_or("", |(stem, _)| stem).to_owned();
    let exact = artefacts.iter().position(|a| a.file_name() == name || a.path == name || stem(a) == name);
    let mut containing = artefacts.iter().enumerate().filter(|(_, a)| a.file_name().contains(name)).map(|(i, _)| i);
    let index = exact.or_else(|| containing.next().filter(|_| containing.next().is_none() && !name.is_empty()));
    if let Some(index) = index {
        return Ok(artefacts.swap_remove(index));
    }
    let near = nearest(name, artefacts.iter().map(Artefact::file_name));
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    let names = names(&artefacts);
    Err(Failure::Usage(format!("no single file is called {}{near}\n\nThere are: {names}", printable(name))))
}
