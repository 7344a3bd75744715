//! The house rules that a compiler does not check: modules use only those above them, files stay readable, nothing is
//! called `utils`.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the library, each may use only those before it. The order is explained in `src/lib.rs`.
const ORDER: [&str; 20] = [
    "catalog",
    "series",
    "unit",
    "theme",
    "exposition",
    "store",
    "promql",
    "rules",
    "runbook",
    "layout",
    "source",
    "doctor",
    "panel",
    "app",
    "view",
    "export",
    "demo",
    "runtime",
    "config",
    "lint",
];

/// `cli` stands below all of them and may use everything.
const LAST: &str = "cli";

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The top-level module that a file belongs to.
fn module(file: &Path) -> String {
    let inside = file.strip_prefix(src()).expect("below src");
    let first = inside.components().next().expect("not empty").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that a file names by `crate::…`, with the line.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + 7..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(|n| n.trim_matches([' ', '}', ';'])).collect(),
                None => vec![rest],
            };
            for name in names {
                let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                found.push((number + 1, name));
            }
        }
    }
    found
}

#[test]
fn a_module_uses_only_those_above_it() {
    let place = |name: &str| ORDER.iter().position(|m| *m == name).or((name == LAST).then_some(ORDER.len()));
    let mut wrong = Vec::new();
    let mut checked = 0;
    for file in sources(&src()) {
        let own = module(&file);
        if own == "lib" || own == "main" {
            continue;
        }
        let Some(own_place) = place(&own) else { panic!("module {own} has no place in the order") };
        for (line, used) in uses(&fs::read_to_string(&file).expect("the file can be read")) {
            checked += 1;
            match place(&used) {
                Some(p) if p <= own_place => {}
                _ => wrong.push(format!("{}:{line}: {own} uses {used}", file.display())),
            }
        }
    }
    assert!(checked > 50, "only {checked} uses were found: the check no longer sees them");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_are_files_of_a_readable_size_with_names_that_say_something() {
    for file in sources(&src()) {
        let name = file.file_stem().expect("named").to_string_lossy().into_owned();
        assert!(
            !["mod", "utils", "util", "helpers", "helper", "common", "misc", "manager"].contains(&name.as_str()),
            "{}",
            file.display()
        );
        let lines = fs::read_to_string(&file).expect("the file can be read").lines().count();
        assert!(lines <= 600, "{} has {lines} lines: one over 600 is asking to be two", file.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).expect("the file can be read");
        assert!(text.starts_with("//! "), "{} does not begin with what it is for", file.display());
    }
}
