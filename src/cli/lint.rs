//! `shtop lint`: checks the files that people write for shtop, without any source.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::answer::{Document, Format, SCHEMA, json, put, remark, time};
use super::{FAILED, Failure};
use crate::lint::{Finding, Kind, Severity, Source, Unclear, kind, lint};
use crate::runtime::system_clock;
use crate::series::printable;

/// Larger files are none that people write.
const LARGEST: u64 = 8 << 20;

/// How deep folders are walked.
const DEEPEST: usize = 16;

/// Most files that folders may hold together.
const MOST: usize = 10_000;

/// What files in folders must end with to be looked at.
const EXTENSIONS: [&str; 6] = ["toml", "yaml", "yml", "json", "md", "markdown"];

/// Checks layouts, rule files, targets files, runbooks, themes and configuration files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop lint team.toml alerts.yaml
  shtop lint dashboards/ rules/ runbooks/       folders with all below them
  shtop lint --strict rules/ && promtool check rules rules/*.yaml
  helm template . -s rules.yaml | shtop lint --kind rules -
  shtop lint ~/.config/shtop/config.toml
  shtop lint --format json rules.yaml

What a file is, its content tells. Files that are named together may mention each other's alerts,
panels and runbooks, beside those that shtop brings along.

An error is what shtop could not use. A warning is what it can, but what is hardly meant that way:
metrics that StreamHouse does not have, counters without rate(), alerts without severity, summary,
runbook or for, links that lead nowhere, thresholds out of the scale, colours that are hard to see.

Exit status: 0 clean, or warnings alone without --strict; 1 errors, or with --strict warnings;
2 wrong use, or a file that cannot be read or recognised.")]
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
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Kind; 6] = {
            let names = Kind::NAMES;
            [names[0].1, names[1].1, names[2].1, names[3].1, names[4].1, names[5].1]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

pub(super) fn run(command: &Lint) -> Result<u8, Failure> {
    let mut sources = Vec::new();
    // Files of folders that are none of ours: told, but no mistake.
    let mut skipped = Vec::new();
    for path in &command.files {
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, 0, &mut found)?;
            found.sort();
            for file in found {
                let (name, text) = read(&file)?;
                match command.kind.map_or_else(|| kind(&name, &text), Ok) {
                    Ok(kind) => sources.push(Source { name, text, kind }),
                    Err(why) => skipped.push(format!("{name} is not checked: {}", in_a_folder(why))),
                }
            }
        } else {
            let (name, text) = if path.as_os_str() == "-" { standard_input()? } else { read(path)? };
            let kind = command.kind.map_or_else(|| kind(&name, &text), Ok);
            let kind = kind.map_err(|why| Failure::Usage(format!("{}: {why}", printable(&name))))?;
            sources.push(Source { name, text, kind });
        }
    }
    if sources.is_empty() {
        skipped.push("there is nothing to check".to_owned());
        return Err(Failure::Usage(skipped.join("\n")));
    }
    let findings = lint(&sources);
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let status = if errors > 0 || command.strict && warnings > 0 { FAILED } else { 0 };
    match command.format {
        Format::Text => {
            for words in &skipped {
                remark(words);
            }
            put(&text(&findings, &sources, errors, warnings))?;
        }
        Format::Json => {
            let body = Words {
                exit_status: status,
                errors,
                warnings,
                files: sources.iter().map(FileWords::of).collect(),
                findings: findings.iter().map(FindingWords::of).collect(),
            };
            let at = time(system_clock()());
            put(&json(&Document { schema: SCHEMA, kind: "lint", at, source: None, remarks: skipped, body })?)?;
        }
    }
    Ok(status)
}

fn in_a_folder(why: Unclear) -> String {
    match why {
        Unclear::Grafana => why.to_string(),
        Unclear::Unknown => "it is none of shtop's files".to_owned(),
    }
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

/// The name and the text of a file.
fn read(path: &Path) -> Result<(String, String), Failure> {
    let bytes = fs::File::open(path).and_then(capped).map_err(|e| cannot_read(path, &e.to_string()))?;
    text_of(path, bytes)
}

fn standard_input() -> Result<(String, String), Failure> {
    let path = Path::new("standard input");
    let bytes = capped(std::io::stdin().lock()).map_err(|e| cannot_read(path, &e.to_string()))?;
    text_of(path, bytes)
}

fn capped(from: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text_of(path: &Path, bytes: Vec<u8>) -> Result<(String, String), Failure> {
    if bytes.len() as u64 > LARGEST {
        return Err(cannot_read(path, &format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        cannot_read(path, &format!("line {} is no UTF-8", good.split(|b| *b == b'\n').count()))
    })?;
    Ok((path.display().to_string(), text))
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
