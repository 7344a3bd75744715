//! The configuration in words: `shtop config show` and `shtop config contexts`.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::{Config, Context, Origin};
use crate::app::{Action, Row};
use crate::series::printable;

/// Every setting with its value and its origin, a line each, then what is not used and what is odd.
pub fn text(config: &Config) -> String {
    let context = &config.context;
    let rows: Vec<[String; 3]> = context
        .settings
        .iter()
        .map(|s| [printable(&s.name).into_owned(), s.value.clone(), printable(&s.origin.to_string()).into_owned()])
        .chain(remapped(config).map(|(name, keys, at)| [name, keys, printable(&at.to_string()).into_owned()]))
        .collect();
    let mut out = table(&rows);
    for note in notes(config) {
        // Writing into a string cannot fail.
        writeln!(out, "note: {note}").ok();
    }
    out
}

/// The same as JSON: `{"context", "file", "settings": [{"name", "value", "origin"}]}`. What is not used and what is odd is in
/// [`notes`].
pub fn json(config: &Config) -> Json {
    let Context { name, settings, .. } = &config.context;
    let settings: Vec<Json> = settings
        .iter()
        .map(|s| json!({"name": printable(&s.name), "value": s.value, "origin": origin(&s.origin)}))
        .chain(remapped(config).map(|(name, keys, at)| json!({"name": name, "value": keys, "origin": origin(&at)})))
        .collect();
    let file = config.file.as_ref().map(|path| path.display().to_string());
    json!({"context": name, "file": file, "settings": settings})
}

/// What is not used and what is odd, in words that are safe for the screen.
pub fn notes(config: &Config) -> Vec<String> {
    config.context.notes.iter().chain(&config.remarks).map(|note| printable(note).into_owned()).collect()
}

/// The keys that are not those built in: the name of what they do, the keys, who says so.
fn remapped(config: &Config) -> impl Iterator<Item = (String, String, Origin)> {
    config.screen.keymap.all().iter().filter_map(|row| {
        let origin = Origin::File { path: config.file.clone()?, line: row.line? };
        Some((format!("keys.{}", name(row)), keys(row), origin))
    })
}

fn name(row: &Row) -> String {
    format!("{}.{}", row.place.name(), row.action.name())
}

fn keys(row: &Row) -> String {
    if row.keys.is_empty() { "none".to_owned() } else { printable(&row.shown).into_owned() }
}

/// Everything that keys do, a line each: its name for the table `[keys]`, its keys, what it is.
pub fn key_names(config: &Config) -> String {
    let rows = config.screen.keymap.all().iter().filter(|row| row.action != Action::Screen(0));
    table(&rows.map(|row| [name(row), keys(row), row.help.to_owned()]).collect::<Vec<_>>())
}

fn origin(origin: &Origin) -> Json {
    match origin {
        Origin::Flag(flag) => json!({"kind": "flag", "name": format!("--{flag}")}),
        Origin::Environment(name) => json!({"kind": "environment", "name": name}),
        Origin::File { path, line } => json!({"kind": "file", "path": path.display().to_string(), "line": line}),
        Origin::Default => json!({"kind": "default"}),
    }
}

/// The contexts, a line each, the one in use marked with `*`; with its source, or what is wrong with it.
pub fn contexts(config: &Config) -> String {
    let row = |name: &str| {
        let mark = if config.context.name.as_deref() == Some(name) { "*" } else { " " };
        let (source, origin) = match config.context(name) {
            Ok(context) => {
                let source = ["prometheus", "targets", "files", "dns"];
                let found = context.settings.iter().find(|s| source.contains(&s.name.as_str()));
                let origin = found.map(|s| s.origin.to_string());
                (found.map_or_else(|| "no source".to_owned(), |s| s.value.clone()), origin.unwrap_or_default())
            }
            Err(error) => (error.to_string(), String::new()),
        };
        let origin = printable(&origin).into_owned();
        [format!("{mark} {name}"), printable(&source).into_owned(), origin]
    };
    table(&config.contexts().map(row).collect::<Vec<_>>())
}

/// Columns two blanks apart; a value too wide for its column moves only its own line.
fn table(rows: &[[String; 3]]) -> String {
    const WIDEST: usize = 48;
    let width = |column: usize| {
        rows.iter().map(|row| row[column].width()).filter(|width| *width <= WIDEST).max().unwrap_or_default()
    };
    let widths = [width(0), width(1)];
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let gap = width.saturating_sub(cell.width()) + 2;
            write!(line, "{cell}{}", " ".repeat(gap)).ok();
        }
        line.push_str(&row[2]);
        writeln!(out, "{}", line.trim_end()).ok();
    }
    out
}
