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
        for (advice, all) in together(&summary.diagnoses, |d| mend(d.reason)) {
            let n = counted(all.len(), "line");
            findings.push(
                Finding::error(format!("{n} cannot be read: {}", all[0].reason))
                    .at(at_line(name, all[0]))
                    .why(REFUSED)
                    .next(advice)
                    .items(places(&all)),
            );
        }
        let beyond = summary.unreadable - summary.diagnoses.len();
        if beyond > 0 {
            findings.push(
                Finding::error(format!("{} more cannot be read", counted(beyond, "line")))
                    .on(name)
                    .why(REFUSED)
                    .next("mend those above first"),
            );
        }
        for (reason, all) in together(&summary.remarks, |d| d.reason) {
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

/// The diagnoses with the same `key` together, in the order in which they come first.
fn together<K: PartialEq>(diagnoses: &[Diagnosis], key: impl Fn(&Diagnosis) -> K) -> Vec<(K, Vec<&Diagnosis>)> {
    let mut groups: Vec<(K, Vec<&Diagnosis>)> = Vec::new();
    for diagnosis in diagnoses {
        let key = key(diagnosis);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, all)) => all.push(diagnosis),
            None => groups.push((key, vec![diagnosis])),
        }
    }
    groups
}

/// Where the others are, if there are others, and what is wrong there where that is something else.
fn places(all: &[&Diagnosis]) -> Vec<String> {
    let words = |d: &Diagnosis| {
        if d.reason == all[0].reason { String::new() } else { format!("{}: ", d.reason) }
    };
    all.iter().skip(1).map(|d| format!("{}:{}: {}{}", d.line, d.column, words(d), d.excerpt)).collect()
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
