//! What a file is, by what it says; its name decides only where that leaves it open. Uses `config` and `series`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config;
use crate::series::nearest;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A dashboard in TOML.
    Layout,
    /// A dashboard of Grafana, JSON.
    Grafana,
    /// Prometheus' alerting and recording rules, YAML.
    Rules,
    /// Prometheus' target files (`file_sd`), YAML or JSON.
    Targets,
    /// A runbook in Markdown.
    Runbook,
    /// A theme in TOML.
    Theme,
    /// The configuration file, TOML.
    Config,
}

impl Kind {
    /// Every one with its name.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("layout", Self::Layout),
        ("grafana", Self::Grafana),
        ("rules", Self::Rules),
        ("targets", Self::Targets),
        ("runbook", Self::Runbook),
        ("theme", Self::Theme),
        ("config", Self::Config),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("layout", |&(name, _)| name)
    }
}

/// It is none of the kinds, or too little of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no layout, Grafana dashboard, rule file, targets file, runbook, theme or configuration that can be recognised; --kind says what it is"
)]
pub struct Unclear;

/// What stands first in each kind of TOML file.
const LAYOUT: &[&str] = &["title", "description", "range", "variable", "panel"];
const THEME: &[&str] = &[
    "base",
    "back",
    "series",
    "heat",
    "text",
    "dim",
    "border",
    "title",
    "accent",
    "bar-text",
    "bar-back",
    "good",
    "warn",
    "bad",
    "banner-text",
    "banner-back",
];

/// So many lines are looked at.
const LINES: usize = 2_000;

/// Tells what the file `name` with the content `text` is.
///
/// # Errors
/// It is something else.
pub fn kind(name: &str, text: &str) -> Result<Kind, Unclear> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if matches!(extension.as_str(), "md" | "markdown") {
        return Ok(Kind::Runbook);
    }
    let start = text.trim_start();
    if start.starts_with('{') {
        return object(text);
    }
    if start.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', ']'])) {
        return Ok(Kind::Targets);
    }
    let lines = || text.lines().take(LINES).filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
    let is_prose =
        text.lines().any(|l| l.starts_with("```")) || text.lines().next().is_some_and(|l| l.starts_with("# "));
    match lines().next() {
        None if extension == "toml" => Ok(Kind::Config),
        None if matches!(extension.as_str(), "yml" | "yaml") => Ok(Kind::Rules),
        Some(first) if extension == "toml" || is_toml(first) => toml(lines()).ok_or(Unclear),
        Some(_) => yaml(lines()).or_else(|| is_prose.then_some(Kind::Runbook)).ok_or(Unclear),
        None => Err(Unclear),
    }
}

/// A JSON object: rules, targets, or a dashboard.
fn object(text: &str) -> Result<Kind, Unclear> {
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    if has("groups") && !has("panels") {
        return Ok(Kind::Rules);
    }
    if has("targets") && !["panels", "dashboard", "schemaVersion"].iter().any(|key| has(key)) {
        return Ok(Kind::Targets);
    }
    let grafana = ["panels", "rows", "dashboard", "schemaVersion", "elements"].iter().any(|key| has(key));
    if grafana { Ok(Kind::Grafana) } else { Err(Unclear) }
}

/// Whether it opens a table or gives a key a value.
fn is_toml(line: &str) -> bool {
    line.starts_with('[') || toml_key(line).is_some()
}

/// `key` of `key = …` and of `[key]`.
fn toml_key(line: &str) -> Option<&str> {
    let named = line.trim_start_matches('[');
    let end = named.find(['=', ']', '.'])?;
    let is_key = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '"' | '\'');
    let key = named[..end].trim();
    (!key.is_empty() && key.chars().all(is_key) && !line.starts_with(' ')).then(|| key.trim_matches(['"', '\'']))
}

/// The kind whose words its keys are, slips of the finger counting half.
fn toml<'t>(lines: impl Iterator<Item = &'t str>) -> Option<Kind> {
    // Keys below the first table are not the file's own.
    let mut in_table = false;
    let mut keys = BTreeSet::new();
    for line in lines {
        let opens = line.starts_with('[');
        if opens || !in_table {
            keys.extend(toml_key(line));
        }
        in_table |= opens;
    }
    let config = config::top_keys();
    let words = |known: &[&str]| -> usize {
        let points = |key: &str| {
            let near = || usize::from(nearest(key, known.iter().copied()).is_some());
            if known.contains(&key) { 2 } else { near() }
        };
        keys.iter().map(|key| points(key)).sum()
    };
    let config: Vec<&str> = config.iter().map(String::as_str).collect();
    let scores = [(Kind::Layout, words(LAYOUT)), (Kind::Theme, words(THEME)), (Kind::Config, words(&config))];
    let best = scores.iter().map(|(_, points)| *points).max()?;
    scores.iter().find(|(_, points)| *points == best && best > 0).map(|&(kind, _)| kind)
}

fn yaml<'t>(mut lines: impl Iterator<Item = &'t str>) -> Option<Kind> {
    let first = lines.find(|line| !line.starts_with("---") && !line.starts_with('%'))?;
    let word = |text: &str| -> Option<String> {
        let (key, _) = text.split_once(':')?;
        let key = key.trim().trim_matches(['"', '\'']);
        key.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| key.to_owned())
    };
    if let Some(item) = first.trim_start().strip_prefix('-') {
        let item = item.trim_start_matches([' ', '{']);
        let inside = if item.trim().is_empty() { lines.next().unwrap_or_default().trim() } else { item };
        return nearest(&word(inside)?, ["targets", "labels"]).map(|_| Kind::Targets);
    }
    nearest(&word(first)?, ["groups"]).map(|_| Kind::Rules)
}
