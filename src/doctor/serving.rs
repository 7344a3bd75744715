//! What a Prometheus has loaded, whom it reaches, and whether its times fit the queries. Uses `promql`, `rules`, `series` and
//! `unit`.

use std::collections::BTreeSet;

use super::case::Case;
use super::finding::{Finding, counted, few};
use super::server::Server;
use super::sight::{queries, rules};
use super::targets::down;
use crate::promql::{Query, parse_duration};
use crate::rules::{Kind, format_duration as duration};
use crate::unit::Unit;

/// How many names are told in a sentence.
const NAMED: usize = 5;

/// Of the time that a scrape may take.
const SLOW: f64 = 0.8;

/// The targets' health as the server tells it.
pub(super) fn check_targets(case: &Case<'_>) -> Vec<Finding> {
    let Some(server) = &case.installation.server else { return Vec::new() };
    let mut findings = Vec::new();
    for words in &server.silent {
        findings.push(
            Finding::note(format!("not told by the server: {words}"))
                .on(&server.url)
                .why("What depends on it was not checked")
                .next("ask with a login that may see it; some of Prometheus' kin do not have it"),
        );
    }
    let targets = server.targets.as_deref().unwrap_or_default();
    let name = |t: &crate::source::prometheus::api::ActiveTarget| {
        let label = |name: &str| t.labels.get(name).cloned().unwrap_or_default();
        format!("{} of job {}", label("instance"), label("job"))
    };
    // What has nothing to do with StreamHouse is others' to see to.
    let own = |t: &&crate::source::prometheus::api::ActiveTarget| server.is_agent(t, &case.installation.job);
    if !server.unreached.is_empty() {
        let n = server.unreached.len();
        findings.push(
            Finding::note(format!(
                "{} not answer this machine: what only their answers tell was not checked",
                do_not(n)
            ))
            .on(&server.url)
            .why("Prometheus asks from another place, and with credentials of its own, which nobody is sent from here")
            .next("run shtop doctor where they can be reached, or save an answer there: curl -s URL | shtop doctor -")
            .items(server.unreached.clone()),
        );
    }
    let fell = targets.iter().filter(|t| t.health == "down").filter(own).map(|target| {
        let reason = if target.last_error.is_empty() { "it does not say why" } else { target.last_error.as_str() };
        (name(target), reason.to_owned())
    });
    findings.extend(down(fell.collect(), targets.len(), "see that it runs and that Prometheus can reach it"));
    let others: Vec<String> = targets.iter().filter(|t| t.health == "down" && !own(t)).map(name).collect();
    if !others.is_empty() {
        findings.push(
            Finding::warning(format!(
                "{} down that {} to other jobs",
                counted(others.len(), "target"),
                if others.len() == 1 { "belongs" } else { "belong" }
            ))
            .on(&server.url)
            .why("Panels about memory, CPU and disk may depend on them")
            .next("see Status > Targets there")
            .items(others),
        );
    }
    let slow = |t: &&crate::source::prometheus::api::ActiveTarget| {
        parse_duration(&t.scrape_timeout).is_some_and(|ms| t.last_scrape_duration * 1000.0 > SLOW * ms as f64)
    };
    let slow: Vec<String> = targets
        .iter()
        .filter(slow)
        .map(|t| format!("{}: {} of {}", name(t), Unit::Seconds.format(t.last_scrape_duration, None), t.scrape_timeout))
        .collect();
    if !slow.is_empty() {
        findings.push(
            Finding::warning(format!("{} nearly as long to answer as they may", take(slow.len())))
                .on(&server.url)
                .why("A little more load and they are down for Prometheus, just when it matters")
                .next("expose fewer series, or raise scrape_timeout")
                .items(slow),
        );
    }
    findings
}

fn do_not(n: usize) -> String {
    if n == 1 { "1 agent does".to_owned() } else { format!("{n} agents do") }
}

fn take(n: usize) -> String {
    if n == 1 { "1 target takes".to_owned() } else { format!("{n} targets take") }
}

/// Whether the rules are loaded and evaluated, and whether anybody is told.
pub(super) fn check_rules(case: &Case<'_>) -> Vec<Finding> {
    let Some(server) = &case.installation.server else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(groups) = &server.rules {
        let loaded = || groups.iter().flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
        for (group, rule) in loaded().filter(|(_, rule)| rule.health == "err") {
            findings.push(
                Finding::error(format!("rule {} of group {} fails: {}", rule.name, group.name, rule.last_error))
                    .on(&server.url)
                    .why("A rule that fails never fires and never resolves")
                    .next("mend its expression: promtool check rules, shtop query"),
            );
        }
        let names: BTreeSet<&str> = loaded().map(|(_, rule)| rule.name.as_str()).collect();
        let alerting = rules(&case.installation.rules).filter(|rule| rule.kind == Kind::Alerting);
        let all: Vec<&str> = alerting.map(|rule| rule.name.as_str()).collect();
        let missing: Vec<String> = all.iter().filter(|name| !names.contains(*name)).map(|&n| n.to_owned()).collect();
        if !missing.is_empty() {
            let words = if missing.len() == all.len() {
                format!("none of the {} is loaded", counted(all.len(), "alert"))
            } else {
                format!("{} of {} alerts are not loaded", missing.len(), all.len())
            };
            findings.push(
                Finding::warning(words)
                    .on(&server.url)
                    .why("Nobody is told of what they watch while shtop is not open")
                    .next("load assets/rules/streamhouse.yaml there (rule_files), or say with --rules which alerts are yours")
                    .items(missing),
            );
        }
    }
    if server.alertmanagers.as_ref().is_some_and(Vec::is_empty) {
        findings.push(
            Finding::error("no Alertmanager is known to the server")
                .on(&server.url)
                .why("Alerts fire there, and nobody is told")
                .next("name one under alerting.alertmanagers in its configuration"),
        );
    }
    if server.reloaded == Some(false) {
        findings.push(
            Finding::error("the last reading of its configuration failed")
                .on(&server.url)
                .why("It goes on with the old one: new targets and rules are not in force")
                .next("promtool check config, then reload"),
        );
    }
    findings
}

/// Whether it keeps and scrapes as much as the queries need.
pub(super) fn check_times(case: &Case<'_>) -> Vec<Finding> {
    let Some(server) = &case.installation.server else { return Vec::new() };
    let asked = asked(case);
    let mut findings = Vec::new();
    if let Some(retention) = server.retention {
        let long: Vec<_> = asked.iter().filter(|(_, query)| query.reach() > retention).collect();
        let reach = long.iter().map(|(_, query)| query.reach()).max().unwrap_or(0);
        if !long.is_empty() {
            let names: Vec<String> = long.iter().map(|(name, _)| name.clone()).collect();
            findings.push(
                Finding::error(format!(
                    "samples are kept for {}, and {} back up to {}",
                    duration(retention),
                    if names.len() == 1 { "1 query looks".to_owned() } else { format!("{} queries look", names.len()) },
                    duration(reach)
                ))
                .on(&server.url)
                .why("They compare the present with a past that is not there any more")
                .next("raise --storage.tsdb.retention.time")
                .items(names),
            );
        }
    }
    let own = server.agents(&case.installation.job);
    let Some(interval) = own.filter_map(|t| parse_duration(&t.scrape_interval)).max() else { return findings };
    let shortest = |query: &Query| query.windows().into_iter().min();
    let short: Vec<_> = asked.iter().filter_map(|(name, query)| Some((name, shortest(query)?))).collect();
    for (factor, severe) in [(2, true), (4, false)] {
        let within = |window: i64| window < factor * interval && (severe || window >= 2 * interval);
        let names: Vec<String> =
            short.iter().filter(|(_, w)| within(*w)).map(|(name, w)| format!("{name}: [{}]", duration(*w))).collect();
        if names.is_empty() {
            continue;
        }
        let every = duration(interval);
        let finding = if severe {
            Finding::error(format!("{} shorter than two scrapes, one every {every}", windows(names.len())))
                .why("rate() needs two samples: these have a result only by chance, or never")
        } else {
            Finding::note(format!("{} shorter than four scrapes, one every {every}", windows(names.len())))
                .why("One scrape that fails leaves a gap in them, and an alert's `for` starts anew")
        };
        findings.push(finding.on(&server.url).next("lower scrape_interval for the agents' job").items(names));
    }
    findings
}

fn windows(n: usize) -> String {
    if n == 1 { "1 query has a window".to_owned() } else { format!("{n} queries have windows") }
}

/// What is asked of the server, with the name of the rule or panel that asks.
fn asked(case: &Case<'_>) -> Vec<(String, Query)> {
    let installation = case.installation;
    let of_rules = rules(&installation.rules).map(|rule| (rule.name.clone(), rule.query.clone()));
    let of_panels = installation.dashboards.iter().flat_map(|d| {
        d.panels.iter().flat_map(move |p| {
            queries(d, p, &installation.job, installation.interval)
                .map(move |query| (format!("{} ({})", p.title, d.id), query))
        })
    });
    let mut all: Vec<_> = of_rules.chain(of_panels).collect();
    all.dedup_by(|a, b| a.0 == b.0 && a.1.windows() == b.1.windows());
    all
}

/// The jobs of a server that has everything else in order, for the report's head.
pub(super) fn jobs(server: &Server) -> String {
    few(&server.jobs.iter().cloned().collect::<Vec<_>>(), NAMED)
}
