//! `shtop lint`: checks the files that people write for shtop, without any source.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::answer::{Document, Format, SCHEMA, json, put, time};
use super::config::Told;
use super::gather::tell;
use super::{FAILED, Failure, USAGE, opening};
use crate::config::Context;
use crate::layout::is_json;
use crate::lint::{Finding, Kind, Severity, Source, Unclear, kind, lint};
use crate::runbook::read_folder;
use crate::runtime::system_clock;
use crate::series::printable;

/// How deep folders are walked.
const DEEPEST: usize = 16;

/// Most files that folders may hold together.
const MOST: usize = 10_000;

/// What files in folders must end with to be looked at.
const EXTENSIONS: [&str; 6] = ["toml", "yaml", "yml", "json", "md", "markdown"];

/// Checks layouts, Grafana dashboards, rule files, targets files, runbooks, themes and configuration files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop lint team.toml alerts.yaml
  shtop lint dashboards/ rules/ runbooks/       folders with all below them
  shtop lint --strict rules/ && promtool check rules rules/*.yaml
  helm template . -s rules.yaml | shtop lint --kind rules -
  shtop lint ~/.config/shtop/config.toml
  shtop lint --context prod team.toml          which may mention what this context has
  shtop lint --strict grafana/*.json
  shtop lint --format json rules.yaml

What a file is, its content tells. Files that are named together may mention each other's alerts,
panels and runbooks, beside those that shtop brings along, and with --context those of its rules,
layouts and runbook-dir. Without --context the configuration file is not read.

An error is what shtop could not use. A warning is what it can, but what is hardly meant that way:
metrics that StreamHouse does not have, counters without rate(), alerts without severity, summary,
runbook or for, links that lead nowhere, thresholds out of the scale, colours that are hard to see;
in Grafana dashboards panels and settings that shtop does not show, variables that nobody defines,
ids, queries and keys that are there twice, keys that are a slip of the finger.

Exit status: 0 clean, or warnings alone without --strict; 1 errors, or with --strict warnings;
2 wrong use, or a file that cannot be read or recognised, though the others are checked.")]
pub(super) struct Lint {
    /// Files and folders; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What they are, where their content does not tell
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    told: Told,
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Kind; 7] = {
            let names = Kind::NAMES;
            [names[0].1, names[1].1, names[2].1, names[3].1, names[4].1, names[5].1, names[6].1]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl Lint {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &Lint) -> Result<u8, Failure> {
    let beside = command.told.config()?.map(|config| beside(&config.context)).transpose()?.unwrap_or_default();
    let Gathered { sources, skipped, failed } = gather(command)?;
    if sources.is_empty() {
        let mut words = [failed, skipped].concat();
        if words.is_empty() {
            words.push("there is nothing to check".to_owned());
        }
        return Err(Failure::Usage(words.join("\n")));
    }
    let findings = lint(&sources, &beside);
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let is_bad = errors > 0 || command.strict && warnings > 0;
    let status = match (failed.is_empty(), is_bad) {
        (false, _) => USAGE,
        (true, true) => FAILED,
        (true, false) => 0,
    };
    let remarks = [failed, skipped].concat();
    tell(&remarks);
    match command.format {
        Format::Text => put(&text(&findings, &sources, errors, warnings))?,
        Format::Json => {
            let body = Words {
                exit_status: status,
                errors,
                warnings,
                files: sources.iter().map(FileWords::of).collect(),
                findings: findings.iter().map(FindingWords::of).collect(),
            };
            let at = time(system_clock()());
            put(&json(&Document { schema: SCHEMA, kind: "lint", at, source: None, remarks, body })?)?;
        }
    }
    Ok(status)
}

/// What there is to check.
#[derive(Default)]
struct Gathered {
    sources: Vec<Source>,
    /// Files of folders that are none of ours: told, but no mistake.
    skipped: Vec<String>,
    /// Files that were named and cannot be checked.
    failed: Vec<String>,
}

fn gather(command: &Lint) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    for path in &command.files {
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, 0, &mut found)?;
            found.sort();
            for file in found {
                match read(&file) {
                    Ok((name, text)) => match command.kind.map_or_else(|| kind(&name, &text), Ok) {
                        Ok(kind) => gathered.sources.push(Source { name, text, kind }),
                        Err(Unclear) => {
                            gathered.skipped.push(format!("{name} is not checked: it is none of shtop's files"));
                        }
                    },
                    Err(why) => gathered.failed.push(why),
                }
            }
            continue;
        }
        let read = if path.as_os_str() == "-" { standard_input() } else { read(path) };
        let checked = read.and_then(|(name, text)| match command.kind.map_or_else(|| kind(&name, &text), Ok) {
            Ok(kind) => Ok(Source { name, text, kind }),
            Err(why) => Err(format!("{}: {why}", printable(&name))),
        });
        match checked {
            Ok(source) => gathered.sources.push(source),
            Err(why) => gathered.failed.push(why),
        }
    }
    Ok(gathered)
}

/// What a context has that its files may mention.
fn beside(context: &Context) -> Result<Vec<Source>, Failure> {
    let file =
        |path: &PathBuf, kind| read(path).map(|(name, text)| Source { name, text, kind }).map_err(Failure::Usage);
    let mut sources = Vec::new();
    for path in &context.rules {
        sources.push(file(path, Kind::Rules)?);
    }
    for path in &context.layouts {
        let layout = file(path, Kind::Layout)?;
        let kind = if is_json(layout.text.as_bytes()) { Kind::Grafana } else { Kind::Layout };
        sources.push(Source { kind, ..layout });
    }
    if let Some(folder) = &context.runbook_dir {
        let (books, _) = read_folder(folder).map_err(|e| Failure::Usage(e.to_string()))?;
        sources.extend(books.into_iter().map(|(name, text)| Source { name, text, kind: Kind::Runbook }));
    }
    Ok(sources)
}

/// The findings, then what was checked.
fn text(findings: &[Finding], sources: &[Source], errors: usize, warnings: usize) -> String {
    let mut out = String::new();
    for Finding { severity, fault } in findings {
        let mut fault = fault.clone();
        fault.message = format!("{}: {}", severity.name(), fault.message);
        // Writing into a string cannot fail.
        write!(out, "{fault}\n\n").ok();
    }
    let mut kinds = BTreeMap::new();
    for source in sources {
        *kinds.entry(source.kind).or_insert(0) += 1;
    }
    let kinds: Vec<_> = kinds.iter().map(|(kind, n)| format!("{n} {}", kind.name())).collect();
    out + &format!(
        "{} ({}): {}, {}\n",
        counted(sources.len(), "file"),
        kinds.join(", "),
        counted(errors, "error"),
        counted(warnings, "warning")
    )
}

fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// The files below `folder` that may be ours; hidden ones and links to folders are left out.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|e| cannot_read(folder, &e.to_string()))?;
    for entry in entries {
        let entry = entry.map_err(|e| cannot_read(folder, &e.to_string()))?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if is_folder && depth < DEEPEST {
            walk(&path, depth + 1, found)?;
        } else if path.is_file() && EXTENSIONS.contains(&extension.as_str()) {
            found.push(path);
        }
        if found.len() > MOST {
            return Err(cannot_read(folder, &format!("it holds more than {MOST} files; name those that matter")));
        }
    }
    Ok(())
}

/// The name and the text of a file, or why there is none.
fn read(path: &Path) -> Result<(String, String), String> {
    text_of(&path.display().to_string(), opening::bytes(path, opening::LARGEST))
}

fn standard_input() -> Result<(String, String), String> {
    text_of("standard input", opening::capped(std::io::stdin().lock(), opening::LARGEST))
}

fn text_of(name: &str, bytes: std::io::Result<Vec<u8>>) -> Result<(String, String), String> {
    let text = bytes.and_then(opening::utf8).map_err(|e| format!("cannot read {}: {e}", printable(name)))?;
    Ok((name.to_owned(), text))
}

fn cannot_read(path: &Path, why: &str) -> Failure {
    Failure::Usage(format!("cannot read {}: {why}", printable(&path.display().to_string())))
}

#[derive(Serialize)]
struct Words {
    exit_status: u8,
    errors: usize,
    warnings: usize,
    files: Vec<FileWords>,
    findings: Vec<FindingWords>,
}

#[derive(Serialize)]
struct FileWords {
    file: String,
    kind: &'static str,
}

impl FileWords {
    fn of(source: &Source) -> Self {
        Self { file: source.name.clone(), kind: source.kind.name() }
    }
}

#[derive(Serialize)]
struct FindingWords {
    severity: &'static str,
    file: String,
    line: usize,
    column: usize,
    message: String,
    excerpt: String,
    hint: Option<String>,
}

impl FindingWords {
    fn of(Finding { severity, fault }: &Finding) -> Self {
        Self {
            severity: severity.name(),
            file: fault.file.clone(),
            line: fault.line,
            column: fault.column,
            message: fault.message.clone(),
            excerpt: fault.excerpt.clone(),
            hint: fault.hint.clone(),
        }
    }
}
