//! What is wrong in a targets file. Uses `series` and `source`.

use std::path::Path;

use super::Source;
use crate::series::{Fault, nearest, printable};
use crate::source::DEFAULT_JOB;
use crate::source::file_sd::{FileError, parse};

pub(super) fn check(file: &Source) -> Vec<Fault> {
    let Err(error) = parse(Path::new(&file.name), &file.text, DEFAULT_JOB) else { return Vec::new() };
    let shown = printable(&file.name).into_owned();
    let fault = match error {
        FileError::Syntax(syntax) => {
            let named = syntax.reason.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`'));
            let near = named.and_then(|(word, _)| nearest(word, ["targets", "labels"]));
            let hint = near.map_or_else(
                || "a list of {targets: [\"host:port\"], labels: {job: streamhouse-agent}}, in JSON or YAML".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            Fault {
                file: shown,
                line: syntax.line,
                column: syntax.column,
                message: syntax.reason,
                excerpt: syntax.excerpt,
                indent: syntax.caret,
                extent: 1,
                hint: Some(hint),
            }
        }
        FileError::Read { reason, .. } => Fault {
            file: shown,
            line: 1,
            column: 1,
            message: reason,
            excerpt: String::new(),
            indent: 0,
            extent: 1,
            hint: None,
        },
    };
    vec![fault]
}
