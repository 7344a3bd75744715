//! The rule file: the built-in one as it stands, comments and all, with job and runbooks put in.

use super::{Options, RUNBOOK_BASE};
use crate::export::yaml::{self, field};
use crate::rules;
use crate::source::DEFAULT_JOB;

pub(super) const PATH: &str = "rules/streamhouse.yaml";

/// The text of the rule file.
pub(super) fn text(options: &Options) -> String {
    let mut text = rules::BUILTIN.to_owned();
    if let Some(job) = &options.job {
        text = with_job(&text, job);
    }
    if options.runbook_base != RUNBOOK_BASE {
        text = with_runbooks(&text, options);
    }
    text
}

/// The expressions of the rules for the agents' job, each put in where it stands in its rule.
fn with_job(text: &str, job: &str) -> String {
    let (old, new) = (rules::builtin(), rules::builtin().with_job(DEFAULT_JOB, job));
    let pairs = old.groups.iter().zip(&new.groups).flat_map(|(old, new)| old.rules.iter().zip(&new.rules));
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::with_capacity(text.len());
    // From the last rule to the first, so that lines keep their numbers.
    for (old, new) in pairs.collect::<Vec<_>>().into_iter().rev() {
        let rule = lines.split_off((old.line - 1).min(lines.len())).concat();
        let written = |query: &str| yaml::indented(query, EXPR_INDENT);
        out.insert_str(0, &rule.replacen(&written(old.query.text()), &written(new.query.text()), 1));
    }
    out.insert_str(0, &lines.concat());
    out
}

/// Columns before the lines of an expression in the built-in file.
const EXPR_INDENT: usize = 10;

/// The rules with the URLs of somebody else's runbooks.
fn with_runbooks(text: &str, options: &Options) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let name = rest.strip_prefix("runbook_url: ").and_then(|url| url.trim_end().strip_prefix(RUNBOOK_BASE));
        match name {
            Some(name) => {
                out.push_str(indent);
                out.push_str(&yaml::document([field("runbook_url", options.runbook_url(name))]));
            }
            None => out.push_str(line),
        }
    }
    out
}
