//! Its own faults are never the target's.

use super::*;
use crate::doctor::tests::{bare, recorded, said, told, visit};
use crate::doctor::{Severity, examine};

#[test]
fn known_faults_of_the_second_reader_are_counted_and_folded() {
    let body = "a{x=\"}\"} 1\n\
                b{x=\"1,2\"} 1\n\
                c{x=\"y=z\"} 1\n\
                d{x=\"\\\"q\\\"\"} 1\n\
                e:f 1\n\
                {\"g.h\",x=\"y\"} 1\n\
                i{} 1\n\
                j{ x = \"y\" } 1\n\
                k 0x1p3\n\
                l{x=\"y\"} 1 1795351818000\n\
                m 1\n";
    let said = said(body, &["readers"]);
    assert_eq!(
        said,
        ["note the second reader differs on 9 of 11 lines by known faults of its own \
          [1 line: it takes a } in a label value for the end of the labels | \
          2 lines: it splits label values at , and = | \
          1 line: it does not decode \\\\, \\\" and \\n | \
          1 line: it wants a blank after the braces and none inside them | \
          1 line: it does not know : in names | \
          1 line: it does not know quoted names | \
          1 line: it does not know {} without labels | \
          1 line: it reads fewer spellings of numbers]"]
    );
}

#[test]
fn a_time_of_openmetrics_is_a_known_fault_too() {
    let said = said("# TYPE x gauge\nx 1 1795351818.5\nx{a=\"b\"} 1 1795351818\n# EOF\n", &["readers"]);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("2 lines: it takes OpenMetrics' seconds for milliseconds"), "{said:?}");
}

#[test]
fn what_it_alone_reads_is_told_by_its_line() {
    // A name of letters that no format has: refused here, taken there.
    assert_eq!(said("größe 1\nx 1\n", &["readers"]).len(), 1);
    for (name, body) in recorded("streamhouse/malformed", "agent") {
        let report = examine(&bare(vec![visit(&name, &body)]));
        assert_eq!(told(&report, &["readers"]).len(), 1, "{name}");
        assert!(report.findings.iter().all(|f| f.check != "readers" || f.severity == Severity::Note));
        assert!(report.count(Severity::Error) > 0, "{name}");
    }
}

#[test]
fn both_read_every_recorded_body_alike_but_for_known_faults() {
    let all: Vec<_> = ["exposition", "streamhouse/steady", "streamhouse/stock-agent"]
        .into_iter()
        .flat_map(|folder| recorded(folder, ""))
        .enumerate()
        .filter(|(i, _)| i % 16 == 0 || *i < 4)
        .collect();
    for (_, (name, body)) in all {
        let report = examine(&bare(vec![visit(&name, &body)]));
        let blamed = report.findings.iter().filter(|f| f.check == "readers" && f.about == About::Installation);
        assert_eq!(blamed.count(), 0, "{name}: {:#?}", told(&report, &["readers"]));
    }
}

#[test]
fn what_is_too_long_is_not_given_to_it() {
    let body = format!("x{{a=\"{}\"}} 1\ny 1\n", "v".repeat(LONGEST));
    let said = said(&body, &["readers"]);
    assert!(said[0].contains("1 line: not given to it"), "{said:?}");
}
