//! What shtop says of itself: help, manual, completions and version, for every command there is.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use program::program;
use snapbox::{assert_data_eq, file};

/// Lines of a page, and cells across.
const PAGE: (usize, usize) = (60, 100);

fn shtop(arguments: &[&str]) -> Output {
    program().args(arguments).env("COLUMNS", "100").output().expect("shtop runs")
}

fn said(arguments: &[&str]) -> String {
    let output = shtop(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert!(errors.is_empty(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Name and description of each subcommand that a page of help lists.
fn listed(help: &str) -> Vec<(String, String)> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut all: Vec<(String, String)> = Vec::new();
    for line in lines {
        // More blanks before it: a description that goes on.
        if let Some((name, about)) = line.trim_start().split_once("  ").filter(|_| !line.starts_with("    ")) {
            all.push((name.to_owned(), about.trim().to_owned()));
        } else {
            let (_, about) = all.last_mut().expect("a line before");
            *about = format!("{about} {}", line.trim());
        }
    }
    all.retain(|(name, _)| name != "help");
    all
}

/// The words of every command, those of `shtop config show` among them, with what the list says of it.
fn commands() -> Vec<(Vec<String>, String)> {
    let mut open = vec![Vec::new()];
    let mut all = Vec::new();
    while let Some(path) = open.pop() {
        for (name, about) in listed(&said(&words(&path, "--help"))) {
            let path = [path.as_slice(), &[name]].concat();
            all.push((path.clone(), about));
            open.push(path);
        }
    }
    assert!(all.len() > 12, "{all:?}");
    all
}

fn words<'p>(path: &'p [String], last: &'p str) -> Vec<&'p str> {
    path.iter().map(String::as_str).chain([last]).collect()
}

#[test]
fn the_help_of_every_command_is_one_page_with_examples_and_exit_statuses() {
    for (path, about) in commands() {
        let help = said(&words(&path, "--help"));
        let name = format!("shtop {}", path.join(" "));
        assert_eq!(help, said(&words(&path, "-h")), "{name}: -h is another page");
        assert!(help.lines().count() <= PAGE.0, "{name}: {} lines\n{help}", help.lines().count());
        for line in help.lines() {
            assert!(line.chars().count() <= PAGE.1, "{name}: {line}");
        }
        assert_eq!(help.lines().next().map(str::trim), Some(about.as_str()), "{name} is called otherwise in the list");
        assert!(about.starts_with(char::is_uppercase) && !about.ends_with('.'), "{name}: {about}");
        let examples = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{name} has no examples:\n{help}")).1;
        let examples: Vec<&str> = examples.lines().take_while(|line| !line.is_empty()).collect();
        assert!(examples.iter().any(|line| line.contains(&name)), "{name}: {examples:?}");
        assert!(examples.iter().all(|line| line.starts_with("  ")), "{name}: {examples:?}");
        let statuses = help.split_once("\nExit status:").unwrap_or_else(|| panic!("{name} has no exit statuses")).1;
        let statuses = statuses.trim_start();
        assert!(statuses.starts_with("0 "), "{name}: {statuses}");
    }
}

#[test]
fn what_does_not_fit_is_in_the_long_help() {
    for (path, _) in commands() {
        let page = said(&words(&path, "--help"));
        let long = said(&[&["help"], path.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
        let flags = |text: &str| -> BTreeSet<String> {
            let words =
                text.lines().filter_map(|line| line.trim_start().split([' ', '=', '[']).find(|w| w.starts_with("--")));
            words.map(|word| word.trim_end_matches(',').to_owned()).collect()
        };
        let missing: Vec<_> = flags(&page).difference(&flags(&long)).cloned().collect();
        assert!(missing.is_empty(), "{path:?}: {missing:?} only on the page");
        if flags(&long).len() > flags(&page).len() {
            let pointer = format!("shtop help {}", path.join(" "));
            assert!(page.contains(&pointer), "{path:?} does not say where the other flags are");
        }
    }
}

#[test]
fn flags_of_the_same_name_are_explained_alike() {
    let pages: Vec<String> = commands().iter().map(|(path, _)| said(&words(path, "--help"))).collect();
    for (flag, beginning) in [
        ("--format <FORMAT>", "How to write "),
        ("--force", "Replace files that are there"),
        ("-h, --help", "Print help"),
    ] {
        let of = |page: &String| page.lines().find(|line| line.trim_start().starts_with(flag)).map(str::to_owned);
        let lines: Vec<String> = pages.iter().filter_map(of).collect();
        assert!(lines.len() > 1, "{flag}");
        for line in lines {
            let about = line.trim_start()[flag.len()..].trim();
            assert!(about.starts_with(beginning), "{line}");
        }
    }
}

#[test]
fn pages_are_those_that_were_looked_at() {
    assert_data_eq!(said(&["export", "--help"]), file!["help/export.txt"].raw());
    assert_data_eq!(said(&["completions", "--help"]), file!["help/completions.txt"].raw());
    assert_data_eq!(said(&["man", "--help"]), file!["help/man.txt"].raw());
    assert_data_eq!(said(&["config", "show", "--help"]), file!["help/config-show.txt"].raw());
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let dir = tempfile::tempdir().expect("a folder");
    let told = said(&["man", "--dir", &dir.path().to_string_lossy()]);
    let all = commands();
    assert_eq!(told.lines().count(), all.len() + 1, "{told}");
    for (path, about) in &all {
        let file = dir.path().join(format!("shtop-{}.1", path.join("-")));
        let page = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        check_page(&page, &file);
        assert!(page.contains(&about.replace('-', "\\-")), "{path:?}");
        let printed = said(&[&["man"], path.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
        assert_eq!(printed, page);
    }
    let own = fs::read_to_string(dir.path().join("shtop.1")).expect("shtop's own");
    check_page(&own, Path::new("shtop.1"));
    assert_eq!(own, said(&["man"]));
    let output = shtop(&["man", "alert"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean alerts?"));
}

/// Sections in their order, and no line that a reader would take for a request that it is not.
fn check_page(page: &str, file: &Path) {
    let requests = [".TH", ".SH", ".TP", ".PP", ".nf", ".fi", ".br", ".RS", ".RE", ".IP", ".ie", ".el"];
    for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
        assert!(requests.iter().any(|request| line.starts_with(request)), "{}: {line}", file.display());
    }
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(sections[..4], ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"], "{}", file.display());
    for section in ["EXAMPLES", "EXIT STATUS", "VERSION"] {
        assert!(sections.contains(&section), "{} has no {section}", file.display());
    }
}

#[test]
fn completions_know_every_command_and_bash_reads_its_own() {
    let all = commands();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for (path, _) in all.iter().filter(|(path, _)| path.len() == 1) {
            assert!(script.contains(&path[0]), "{shell} does not know {path:?}");
        }
        for flag in ["prometheus", "runbook-base", "theme"] {
            assert!(script.contains(flag), "{shell} does not know --{flag}");
        }
    }
    let script = said(&["completions", "bash"]);
    let ask =
        "\nCOMP_WORDS=(shtop export ru) COMP_CWORD=2\n_shtop shtop ru export\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash runs");
    let mut input = bash.stdin.take().expect("a pipe");
    input.write_all((script + ask).as_bytes()).expect("written");
    drop(input);
    let output = bash.wait_with_output().expect("bash ends");
    let offered = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(offered.split_whitespace().collect::<Vec<_>>(), ["rules", "runbooks"]);
    assert_eq!(shtop(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn the_version_tells_the_commit_and_no_path() {
    let version = said(&["--version"]);
    assert_eq!(version, said(&["-V"]));
    let rest = version.trim_end().strip_prefix("shtop ").expect("the name");
    let (number, commit) = rest.split_once(' ').unwrap_or((rest, ""));
    assert_eq!(number, env!("CARGO_PKG_VERSION"));
    if Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists() {
        let commit = commit.trim_start_matches('(').trim_end_matches(')');
        let hash = commit.strip_suffix(", changed").unwrap_or(commit);
        assert!(hash.len() >= 12 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{version}");
    } else {
        assert_eq!(commit, "", "{version}");
    }
    assert!(!version.contains('/'), "{version}");
}
