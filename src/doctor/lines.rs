//! Lines and bodies that cannot be read, or that Prometheus would refuse. Uses `exposition`.

use super::case::Case;
use super::finding::{Finding, Place, Severity, counted};
use crate::exposition::{Diagnosis, Fault, Reason};

/// What Prometheus does to whoever sends it something that it cannot read.
const REFUSED: &str = "Prometheus drops the whole scrape for one such line; shtop loses no more than the line";

pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (visit, fault) in &case.unusable {
        let place = match fault {
            Fault::Truncated { at } => at_line(&visit.name, at),
            Fault::Garbage { first, .. } => at_line(&visit.name, first),
            _ => Place::target(&visit.name),
        };
        findings.push(
            Finding::error(fault.to_string())
                .at(place)
                .why("Nothing of this target is seen, though it answers")
                .next("ask it by hand (curl -sv) and mend what it sends"),
        );
    }
    for reading in &case.readings {
        let (name, summary) = (&reading.visit.name, &reading.summary);
        let beyond = summary.unreadable - summary.diagnoses.len();
        for (i, (reason, all)) in by_reason(&summary.diagnoses).into_iter().enumerate() {
            // Beyond the first hundred nobody has kept what is wrong: they are counted where most of them will belong.
            let more = if i == 0 && beyond > 0 { format!(" (and {beyond} more of any kind)") } else { String::new() };
            findings.push(
                Finding::error(format!("{} cannot be read: {reason}{more}", counted(all.len(), "line")))
                    .at(at_line(name, all[0]))
                    .why(REFUSED)
                    .next(mend(reason))
                    .items(places(&all)),
            );
        }
        for (reason, all) in by_reason(&summary.remarks) {
            let Some((severity, why, next)) = remark(reason) else { continue };
            findings.push(
                Finding::of(severity, format!("{}: {reason}", counted(all.len(), "line")))
                    .at(at_line(name, all[0]))
                    .why(why)
                    .next(next)
                    .items(places(&all)),
            );
        }
    }
    findings
}

/// Where a diagnosis is.
pub(super) fn at_line(target: &str, diagnosis: &Diagnosis) -> Place {
    Place {
        target: target.to_owned(),
        line: Some(diagnosis.line),
        column: Some(diagnosis.column),
        excerpt: Some(diagnosis.excerpt.clone()),
    }
}

/// The same reasons together, in the order in which they come first.
fn by_reason(diagnoses: &[Diagnosis]) -> Vec<(Reason, Vec<&Diagnosis>)> {
    let mut groups: Vec<(Reason, Vec<&Diagnosis>)> = Vec::new();
    for diagnosis in diagnoses {
        match groups.iter_mut().find(|(reason, _)| *reason == diagnosis.reason) {
            Some((_, all)) => all.push(diagnosis),
            None => groups.push((diagnosis.reason, vec![diagnosis])),
        }
    }
    groups
}

/// Where the others are, if there are others.
fn places(all: &[&Diagnosis]) -> Vec<String> {
    all.iter().skip(1).map(|d| format!("{}:{}: {}", d.line, d.column, d.excerpt)).collect()
}

const fn mend(reason: Reason) -> &'static str {
    match reason {
        Reason::EqualsExpected
        | Reason::CommaExpected
        | Reason::QuoteOpen
        | Reason::QuoteExpected
        | Reason::BraceOpen
        | Reason::NameExpected
        | Reason::LabelExpected => {
            "the client must escape \\, \" and line feeds in label values: update its library, and keep what users choose \
             (topics) to plain names until then"
        }
        Reason::DuplicateLabel | Reason::NameAsLabel => "give each label once, under a name of its own",
        Reason::NotUtf8 => "send label values as UTF-8",
        Reason::NotANumber | Reason::OutOfRange | Reason::ValueExpected => {
            "write values as Go and C print floats: 1.5, 1e9, NaN, +Inf"
        }
        Reason::BadTimestamp(_) => "leave timestamps out: whoever scrapes knows when",
        Reason::Blanks => "put exactly one blank between series and value, or answer as text/plain; version=0.0.4",
        Reason::AfterEof => "end the answer after # EOF: something is appended to it, a proxy or a second registry",
        _ => "update the client library, or mend what writes this line",
    }
}

/// How bad it is that Prometheus refuses a line, or what there is to know about one that it takes. `None` for what other
/// checks look at more closely.
const fn remark(reason: Reason) -> Option<(Severity, &'static str, &'static str)> {
    Some(match reason {
        Reason::CarriageReturn => (Severity::Error, REFUSED, "end lines with a line feed alone"),
        Reason::Comment | Reason::EmptyLine => {
            (Severity::Error, REFUSED, "leave it out, or answer as text/plain; version=0.0.4")
        }
        Reason::Hexadecimal | Reason::SignedTimestamp => (Severity::Error, REFUSED, "write decimal numbers"),
        Reason::TypeOfOtherFormat => {
            (Severity::Error, REFUSED, "write a type of this format, or answer with the other Content-Type")
        }
        Reason::UnitNotInName => (Severity::Error, REFUSED, "end the family's name in its unit, or leave out # UNIT"),
        Reason::NotTerminated => (
            Severity::Warning,
            "An answer that was cut short looks the same: the last number may lack digits",
            "end the last line with a line feed",
        ),
        Reason::FamilyAgain => (
            Severity::Note,
            "The formats want all lines of a family together; some readers refuse anything else",
            "join the registries before writing: two of them hold the same family",
        ),
        Reason::TooManyFamilies => (
            Severity::Warning,
            "Only the first 20,000 families are described",
            "look for names that are made at run time",
        ),
        _ => return None,
    })
}
