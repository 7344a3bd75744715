//! `shtop runbook`: the runbooks, read without any source.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::answer::{Document, Ink, SCHEMA, Table, Tone, columns, json, put, remark, time};
use super::{Failure, config};
use crate::config::{Config, Flags};
use crate::rules;
use crate::runbook::{Anchor, Entry, Library, Line, Origin, Role, Runbook, read_folder};
use crate::runtime::system_clock;
use crate::series::{Labels, nearest, printable};

/// Prints a runbook, or without a name the list of them. Needs no source.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop runbook                                   what there is
  shtop runbook circuit-breaker-open
  shtop runbook AgentDown                         by the alert's name
  shtop runbook consumer-lag --format markdown > lag.md
  shtop runbook --runbook-dir ./runbooks disk-full   an organisation's own come first

Exit status: 0 printed; 2 there is no such runbook, or its folder cannot be read.")]
pub(super) struct RunbookCommand {
    /// Name of a runbook or of an alert, or the URL that an alert gives
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Longest line of text, in cells; as wide as the terminal, 100 at most, where it is not given
    #[arg(long, value_name = "CELLS", value_parser = clap::value_parser!(u16).range(20..=500))]
    width: Option<u16>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Laid out for reading.
    Text,
    /// As it was written.
    Markdown,
    /// Sections, queries with what is expected of them, tasks, links.
    Json,
}

impl RunbookCommand {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &RunbookCommand) -> Result<u8, Failure> {
    let config = config::load_telling(&command.flags, Config::resolve)?;
    let library = library(&config)?;
    let ink = Ink::of(&config);
    let words = match &command.name {
        None => list(&library, command.format, ink)?,
        Some(name) => {
            let entry = find(&library, name)?;
            let width = usize::from(command.width.unwrap_or_else(|| columns().min(100)));
            match command.format {
                Format::Text => text(&entry.read(), width, ink),
                Format::Markdown => markdown(entry),
                Format::Json => json(&document("runbook", One::of(entry)))?,
            }
        }
    };
    put(&words)?;
    Ok(0)
}

/// The runbooks of the program, those of the organisation before them.
pub(super) fn library(config: &Config) -> Result<Library, Failure> {
    let Some(folder) = &config.context.runbook_dir else { return Ok(Library::new(Vec::new())) };
    let (own, faults) = read_folder(folder).map_err(|e| Failure::Usage(e.to_string()))?;
    for fault in faults {
        remark(&fault.to_string());
    }
    Ok(Library::new(own))
}

fn find<'l>(library: &'l Library, name: &str) -> Result<&'l Entry, Failure> {
    let of_alert = || {
        let builtin = rules::builtin();
        let mut alerts = builtin.groups.into_iter().flat_map(|g| g.rules);
        let rule = alerts.find(|rule| rule.name.eq_ignore_ascii_case(name))?;
        library.find(rule.annotation("runbook_url")?).map(|found| found.entry)
    };
    if let Some(entry) = library.find(name).map(|found| found.entry).or_else(of_alert) {
        return Ok(entry);
    }
    let names: Vec<&str> = library.entries().map(|e| e.name.as_str()).collect();
    let near = nearest(name, names.iter().copied());
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Failure::Usage(format!("there is no runbook {}{near}\n\nThere are: {}", printable(name), names.join(", "))))
}

fn list(library: &Library, format: Format, ink: Ink) -> Result<String, Failure> {
    match format {
        Format::Json => {
            let runbooks = library.entries().map(Listed::of).collect();
            json(&document("runbooks", List { runbooks }))
        }
        Format::Text => {
            let mut table = Table::new(columns());
            for entry in library.entries() {
                let own = if entry.origin == Origin::Own { "own" } else { "" };
                table.row([
                    (entry.name.clone(), Some(Tone::Bold)),
                    (own.to_owned(), Some(Tone::Dim)),
                    (entry.read().title, None),
                ]);
            }
            Ok(table.text(ink))
        }
        Format::Markdown => {
            let lines: Vec<_> = library.entries().map(|e| format!("- `{}`: {}", e.name, e.read().title)).collect();
            Ok(lines.join("\n") + "\n")
        }
    }
}

/// The markdown as it was written, but for what a terminal would obey.
fn markdown(entry: &Entry) -> String {
    let tabs = |line: &str| line.split('\t').map(printable).collect::<Vec<_>>().join("\t");
    entry.text().lines().map(|line| tabs(line) + "\n").collect()
}

fn text(runbook: &Runbook, width: usize, ink: Ink) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in runbook.render(width) {
        match line.anchor {
            // Where the screen shows values there is nothing here.
            Some(Anchor::Block(_)) => {}
            _ => lines.push(colored(&line, ink)),
        }
    }
    let mut out = lines.join("\n");
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn colored(line: &Line, ink: Ink) -> String {
    let tone = |role| match role {
        Role::Heading(_) | Role::Strong | Role::TableHead | Role::Label => Some(Tone::Bold),
        Role::Border | Role::Comment | Role::Notice | Role::Quote => Some(Tone::Dim),
        Role::Expect => Some(Tone::Good),
        _ => None,
    };
    let end = line.text().trim_end().len();
    let mut at = 0;
    let mut out = String::new();
    for span in &line.spans {
        let text = &span.text[..span.text.len().min(end.saturating_sub(at))];
        at += span.text.len();
        match tone(span.role) {
            Some(tone) => out.push_str(&ink.put(tone, text)),
            None => out.push_str(text),
        }
    }
    out
}

fn document<T: Serialize>(kind: &'static str, body: T) -> Document<T> {
    Document { schema: SCHEMA, kind, at: time(system_clock()()), source: None, remarks: Vec::new(), body }
}

#[derive(Serialize)]
struct List {
    runbooks: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    title: String,
    /// `own` or `builtin`.
    origin: &'static str,
}

impl Listed {
    fn of(entry: &Entry) -> Self {
        let origin = if entry.origin == Origin::Own { "own" } else { "builtin" };
        Self { name: entry.name.clone(), title: entry.read().title, origin }
    }
}

/// A runbook in JSON.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    listed: Listed,
    sections: Vec<SectionWords>,
    /// The fenced `promql` blocks.
    queries: Vec<QueryWords>,
    tasks: Vec<String>,
    links: Vec<LinkWords>,
    markdown: String,
}

#[derive(Serialize)]
struct SectionWords {
    level: u8,
    title: String,
    line: usize,
}

#[derive(Serialize)]
struct QueryWords {
    section: Option<String>,
    line: usize,
    /// The query with its variables standing for anything.
    expr: Option<String>,
    /// What is expected of it: `== 0`.
    expect: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct LinkWords {
    text: String,
    url: String,
}

impl One {
    fn of(entry: &Entry) -> Self {
        let runbook = entry.read();
        let section = |i: Option<usize>| i.and_then(|i| runbook.sections.get(i)).map(|s| s.text.clone());
        let queries = runbook.blocks.iter().filter_map(|block| {
            let live = block.live.as_ref()?;
            let filled = runbook.query(block.id, &Labels::empty())?;
            let (expr, mut error) = match filled {
                Ok(filled) => (Some(filled.query.text().to_owned()), None),
                Err(fault) => (None, Some(fault.to_string())),
            };
            let expect = match &live.expect {
                Ok(expect) => expect.as_ref().map(ToString::to_string),
                Err(fault) => {
                    error.get_or_insert_with(|| fault.to_string());
                    None
                }
            };
            Some(QueryWords { section: section(block.section), line: block.line, expr, expect, error })
        });
        Self {
            listed: Listed::of(entry),
            sections: runbook
                .sections
                .iter()
                .map(|s| SectionWords { level: s.level, title: s.text.clone(), line: s.line })
                .collect(),
            queries: queries.collect(),
            tasks: runbook.tasks.iter().map(|t| t.text.clone()).collect(),
            links: runbook.links.iter().map(|l| LinkWords { text: l.text.clone(), url: l.url.clone() }).collect(),
            markdown: entry.text().to_owned(),
        }
    }
}
