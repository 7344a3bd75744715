//! What is wrong and what is doubtful in a runbook's queries. Uses `runbook` and `series`.

use std::ops::Range;

use super::query;
use super::{Doubts, Ground, Source};
use crate::runbook::{self, Block, Runbook};
use crate::series::{Fault, printable};

pub(super) fn check(file: &Source, ground: &Ground, doubts: &mut Doubts<'_>) -> Vec<Fault> {
    let book = Runbook::parse(super::last_part(&file.name), &file.text);
    let mut faults = Vec::new();
    for block in &book.blocks {
        let Some(live) = &block.live else { continue };
        faults.extend(live.expect.as_ref().err().map(|fault| located(file, fault)));
        match &live.query {
            Err(fault) => faults.push(located(file, fault)),
            Ok(query) => {
                for doubt in query::doubts(query, &ground.others) {
                    doubts.add(place(&file.text, block, query.text(), &doubt.place), doubt.message, doubt.hint);
                }
            }
        }
    }
    faults
}

fn located(file: &Source, fault: &runbook::Fault) -> Fault {
    Fault {
        file: printable(&file.name).into_owned(),
        line: fault.line,
        column: fault.column,
        message: fault.message.clone(),
        excerpt: fault.excerpt.clone(),
        indent: fault.indent,
        extent: 1,
        hint: None,
    }
}

/// Where the bytes `inside` of a block's query stand in the file: lines of a block stand there indented by what it is in.
fn place(text: &str, block: &Block, code: &str, inside: &Range<usize>) -> Range<usize> {
    let before = code.get(..inside.start).unwrap_or_default();
    let line = block.line - 1 + before.matches('\n').count();
    let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let start_in_code = before.rfind('\n').map_or(0, |i| i + 1);
    let code_line = code.get(start_in_code..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let source = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let indent = source.find(code_line).unwrap_or_default();
    let start = line_start + indent + (inside.start - start_in_code);
    start..start + inside.len()
}
