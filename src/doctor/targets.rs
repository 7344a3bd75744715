//! The targets as a whole: who answers, under which job, and whether those of one job are alike. Uses `exposition` and
//! `series`.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, Reading, Visit};
use super::coverage::{announced, is_streamhouse};
use super::finding::{Finding, counted, few};

/// How many names are told in a sentence.
const NAMED: usize = 4;

/// Who does not answer, or answers with nothing.
pub(super) fn check_answers(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for words in &case.installation.troubles {
        let what = words.lines().collect::<Vec<_>>().join("; ");
        findings.push(Finding::error(what).why("Targets may be missing").next("mend the file or the name"));
    }
    let visits = &case.installation.visits;
    let fell = visits.iter().filter_map(|v| Some((v.name.clone(), v.body.as_ref().err()?.clone()))).collect();
    findings.extend(down(
        fell,
        visits.len(),
        "see that it runs and that its address, port and path are right (curl -sv)",
    ));
    for reading in case.readings.iter().filter(|r| r.samples.is_empty() && r.summary.unreadable == 0) {
        let announced = reading.summary.families.len();
        let words = match announced {
            0 => "up, and exposes nothing at all".to_owned(),
            n => format!("up, and announces {n} metrics without a single sample"),
        };
        findings.push(
            Finding::error(words)
                .on(&reading.visit.name)
                .why("It counts as up, so that no alert fires, while every panel about it is empty")
                .next("enable metrics in this build, or wait for its first event if it has just started"),
        );
    }
    findings
}

/// Targets that are down, each with the reason: one by one while they are few.
pub(super) fn down(fell: Vec<(String, String)>, all: usize, next: &str) -> Vec<Finding> {
    let told = |finding: Finding| finding.why("Nothing of it is seen; its part of every sum is missing").next(next);
    if fell.len() <= NAMED {
        let one = |(name, reason): (String, String)| told(Finding::error(format!("down: {reason}")).on(&name));
        return fell.into_iter().map(one).collect();
    }
    let words = format!("{} of {all} targets are down", fell.len());
    vec![
        told(Finding::error(words)).items(fell.into_iter().map(|(name, reason)| format!("{name}: {reason}")).collect()),
    ]
}

/// Whether the agents run under the job that dashboards and rules ask for.
pub(super) fn check_jobs(case: &Case<'_>) -> Vec<Finding> {
    let job = case.installation.job.as_str();
    let (all, with): (BTreeSet<&str>, BTreeSet<&str>) = if let Some(server) = &case.installation.server {
        let listed = server.targets.iter().flatten().filter_map(|t| t.labels.get("job"));
        (listed.chain(&server.jobs).map(String::as_str).collect(), server.jobs.iter().map(String::as_str).collect())
    } else {
        let asked = case.installation.visits.iter().filter(|v| v.trip.is_some()).map(Visit::job);
        let with = case.readings.iter().filter(|r| r.visit.trip.is_some() && is_streamhouse(r));
        (asked.collect(), with.map(|r| r.visit.job()).collect())
    };
    if all.is_empty() || with.contains(job) {
        return Vec::new();
    }
    let why = "Dashboards and alerts ask for that job: Active Agents, AgentDown, NoActiveAgents and more are wrong";
    let others: Vec<String> = with.iter().map(|&name| name.to_owned()).collect();
    let (words, next) = match others.as_slice() {
        [] if all.contains(job) => (
            format!("no target of job {job} exposes a StreamHouse metric"),
            "see that these targets are agents".to_owned(),
        ),
        [] => (
            format!("there is no job {job}, and no other that has StreamHouse's metrics"),
            "name the agents' addresses, and see that their metrics are enabled".to_owned(),
        ),
        [one] => (
            format!("no agent runs under job {job}; the one job that has StreamHouse's metrics is {one}"),
            format!("say --job {one}, or job = {one:?} in the context; in Prometheus set job_name: {job}"),
        ),
        many => (
            format!("no agent runs under job {job}; jobs with StreamHouse's metrics: {}", few(many, NAMED)),
            "say which of them are the agents: --job NAME".to_owned(),
        ),
    };
    vec![Finding::error(words).why(why).next(next)]
}

/// Targets that cannot be told apart, and targets of one job that are not alike.
pub(super) fn check_alike(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut jobs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Those that a server scrapes are among what it lists.
    let has_server = case.installation.server.is_some();
    let asked = case.installation.visits.iter().filter(|v| v.trip.is_some() && !has_server);
    let asked = asked.map(|v| (v.job().to_owned(), v.labels.get("instance").unwrap_or_default().to_owned()));
    let listed = case.installation.server.iter().flat_map(|s| s.targets.iter().flatten());
    let label = |labels: &BTreeMap<String, String>, name: &str| labels.get(name).cloned().unwrap_or_default();
    let listed = listed.map(|t| (label(&t.labels, "job"), label(&t.labels, "instance")));
    for (job, instance) in asked.chain(listed) {
        *names.entry((job.clone(), instance.clone())).or_default() += 1;
        jobs.entry(instance).or_default().insert(job);
    }
    let twice: Vec<String> =
        names.iter().filter(|(_, n)| **n > 1).map(|((job, i), n)| format!("{i} of job {job}: {n} targets")).collect();
    if !twice.is_empty() {
        findings.push(
            Finding::error(format!("{} shared by several targets of one job", counted(twice.len(), "instance")))
                .why("Their series cannot be told apart and overwrite each other")
                .next("give each target its own instance, or name each address once")
                .items(twice),
        );
    }
    let shared: Vec<String> = jobs
        .into_iter()
        .filter(|(_, jobs)| jobs.len() > 1)
        .map(|(instance, jobs)| format!("{instance}: {}", jobs.into_iter().collect::<Vec<_>>().join(", ")))
        .collect();
    if !shared.is_empty() {
        findings.push(
            Finding::note(format!("{} scraped under more than one job", counted(shared.len(), "instance")))
                .why("What is summed over all jobs counts it twice")
                .next("drop one of the scrape configurations, unless they ask for different paths")
                .items(shared),
        );
    }
    findings.extend(different_metrics(case));
    findings.extend(different_versions(case));
    findings
}

fn of_jobs<'c, 'a>(case: &'c Case<'a>) -> BTreeMap<&'a str, Vec<&'c Reading<'a>>> {
    let mut jobs: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for reading in case.readings.iter().filter(|r| !r.samples.is_empty()) {
        jobs.entry(reading.visit.job()).or_default().push(reading);
    }
    jobs
}

fn different_metrics(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (job, readings) in of_jobs(case) {
        let sets: Vec<BTreeSet<&str>> = readings.iter().map(|r| announced(r).into_iter().collect()).collect();
        let union: BTreeSet<&str> = sets.iter().flatten().copied().collect();
        let lacks = |(reading, set): (&&Reading<'_>, &BTreeSet<&str>)| {
            let missing: Vec<String> = union.difference(set).map(|&name| name.to_owned()).collect();
            (!missing.is_empty()).then(|| format!("{} lacks {}", reading.visit.name, few(&missing, NAMED)))
        };
        let items: Vec<String> = readings.iter().zip(&sets).filter_map(lacks).collect();
        if items.is_empty() {
            continue;
        }
        findings.push(
            Finding::note(format!(
                "{} of {} targets of job {job} expose fewer metrics than the others",
                items.len(),
                readings.len()
            ))
            .why("Either these have not happened there yet, or the targets run different builds")
            .next("compare their versions")
            .items(items),
        );
    }
    findings
}

fn different_versions(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (job, readings) in of_jobs(case) {
        let mut versions: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for reading in readings {
            let names: Vec<&str> = reading.names().filter(|n| n.ends_with("_info")).collect();
            for sample in names.into_iter().flat_map(|n| reading.named(n)) {
                let Ok(pairs) = sample.labels() else { continue };
                let Some((_, version)) = pairs.iter().find(|(name, _)| name == "version") else { continue };
                let of = versions.entry(sample.metric().into_owned()).or_default();
                of.entry(version.clone().into_owned()).or_default().push(reading.visit.name.clone());
            }
        }
        for (metric, of) in versions.into_iter().filter(|(_, of)| of.len() > 1) {
            let items =
                of.into_iter().map(|(version, targets)| format!("{version}: {}", few(&targets, NAMED))).collect();
            findings.push(
                Finding::warning(format!("the targets of job {job} run different versions, by {metric}"))
                    .why("Names, labels and buckets may differ between them, and what is summed over them with it")
                    .next("finish the rollout")
                    .items(items),
            );
        }
    }
    findings
}
