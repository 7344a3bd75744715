//! `shtop man`: the manual, a page a command, from the same descriptions as the help.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use super::answer::put;
use super::{Failure, files};
use crate::export::Artefact;
use crate::series::{nearest, printable};

/// Prints a page of the manual, or writes all of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop man | man -l -
  shtop man snapshot | man -l -
  shtop man --dir ~/.local/share/man/man1
  shtop man --dir man --force                           replace those of an older version

Exit status: 0 printed or written; 1 a file cannot be written; 2 wrong use.")]
pub(super) struct Manual {
    /// The command whose page is printed; shtop's own where it is not given
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    name: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Replace files that are there with another content
    #[arg(long, requires = "dir")]
    force: bool,
}

pub(super) fn run(command: &Manual) -> Result<u8, Failure> {
    let mut root = super::reference().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    gather(&root, &mut pages)?;
    if let Some(dir) = &command.dir {
        put(&files::write(dir, &pages, command.force)?)?;
        return Ok(0);
    }
    let wanted: Vec<&str> = std::iter::once("shtop").chain(command.name.iter().map(String::as_str)).collect();
    let wanted = wanted.join("-");
    let found = pages.iter().find(|page| page.path.strip_suffix(".1") == Some(&wanted));
    let Some(page) = found else {
        let name = command.name.join(" ");
        let names: Vec<String> = pages.iter().filter_map(|page| title(&page.path)).collect();
        let near = nearest(&name, names.iter().map(String::as_str));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let all = names.join(", ");
        let name = printable(&name).into_owned();
        return Err(Failure::Usage(format!("there is no command {name}{near}\n\nThere are: {all}")));
    };
    put(&page.text)?;
    Ok(0)
}

/// `shtop-config-show.1` is of the command `config show`.
fn title(path: &str) -> Option<String> {
    Some(path.strip_prefix("shtop-")?.strip_suffix(".1")?.replace('-', " "))
}

/// The page of a command, then those of its subcommands.
fn gather(command: &clap::Command, pages: &mut Vec<Artefact>) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    pages.push(Artefact { path: format!("{name}.1"), text: page(command).map_err(|e| Failure::Run(e.into()))? });
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| gather(sub, pages))
}

/// What `clap_mangen` begins each of its sections with; once a page is enough.
const PRELUDE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

fn page(command: &clap::Command) -> std::io::Result<String> {
    let man = Man::new(command.clone());
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    // Without a date: the same program gives the same pages.
    let title = format!(".TH {} 1 \"\" \"shtop {}\" shtop\n", roff_text(name), env!("CARGO_PKG_VERSION"));
    let mut head = Vec::new();
    man.render_name_section(&mut head)?;
    let mut body = Vec::new();
    man.render_description_section(&mut body)?;
    man.render_options_section(&mut body)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut body)?;
    }
    let usage = command.clone().render_usage().to_string();
    let usage: Vec<_> = usage.trim_start_matches("Usage: ").lines().map(str::trim_start).collect();
    let usage = usage.join("\n");
    let clean = |section: &[u8]| String::from_utf8_lossy(section).replace(PRELUDE, "");
    let mut text = format!("{PRELUDE}{title}{}.SH SYNOPSIS\n.nf\n{}.fi\n{}", clean(&head), roff(&usage), clean(&body));
    if let Some(more) = command.get_after_help() {
        sections(&more.to_string(), &mut text);
    }
    text.push_str(".SH VERSION\n");
    text.push_str(&roff(super::VERSION));
    Ok(text)
}

/// What stands below the options of the help: examples line by line, the rest as text.
fn sections(help: &str, out: &mut String) {
    let mut notes = ".SH NOTES\n";
    for paragraph in help.split("\n\n") {
        if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            out.push_str(".SH EXAMPLES\n.nf\n");
            out.push_str(&roff(examples));
            out.push_str(".fi\n");
        } else if let Some(statuses) = paragraph.strip_prefix("Exit status: ") {
            out.push_str(".SH EXIT STATUS\n");
            out.push_str(&roff(statuses));
        } else if let Some(table) = paragraph.strip_prefix("Exit status:\n") {
            out.push_str(".SH EXIT STATUS\n.nf\n");
            out.push_str(&roff(table));
            out.push_str(".fi\n");
        } else {
            out.push_str(std::mem::replace(&mut notes, ".PP\n"));
            out.push_str(&roff(paragraph));
        }
    }
}

/// Text as it may stand in a page, with a newline at its end.
fn roff(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        // A request begins with one of these.
        if line.starts_with(['.', '\'']) {
            out.push_str("\\&");
        }
        out.push_str(&roff_text(line));
        out.push('\n');
    }
    out
}

/// A line's text in a page.
fn roff_text(line: &str) -> String {
    line.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_not_become_a_request() {
        assert_eq!(roff(".x\n'y\na\\b --c"), "\\&.x\n\\&'y\na\\eb \\-\\-c\n");
    }

    #[test]
    fn help_becomes_sections() {
        let mut out = String::new();
        sections("Examples:\n  a -b\n\nMore.\n\nAnd more.\n\nExit status: 0 yes; 1 no.", &mut out);
        assert_eq!(
            out,
            ".SH EXAMPLES\n.nf\n  a \\-b\n.fi\n.SH NOTES\nMore.\n.PP\nAnd more.\n.SH EXIT STATUS\n0 yes; 1 no.\n"
        );
    }
}
