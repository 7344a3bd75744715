//! The runbooks as markdown for any reader: what runs in shtop stands there as code.

use super::{Artefact, Options};
use crate::runbook::Library;

/// One file a runbook, links between them relative.
pub(super) fn artefacts(options: &Options) -> Vec<Artefact> {
    let library = Library::new(Vec::new());
    let file = |entry: &crate::runbook::Entry| {
        Artefact::new(format!("runbooks/{}.md", entry.name), for_job(entry.text(), options))
    };
    library.entries().map(file).collect()
}

/// The text with the queries of its `promql` blocks for the agents' job.
fn for_job(text: &str, options: &Options) -> String {
    if options.job.is_none() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut block: Option<String> = None;
    for line in text.split_inclusive('\n') {
        match (&mut block, line.trim()) {
            (None, "```promql") => block = Some(String::new()),
            (Some(query), "```") => {
                out.push_str(&options.expr(query));
                block = None;
            }
            (Some(query), _) => {
                query.push_str(line);
                continue;
            }
            (None, _) => {}
        }
        out.push_str(line);
    }
    out + &block.unwrap_or_default()
}
