//! What the rules and the panels can see: which can never fire, which can never show anything. Uses `catalog`, `promql`,
//! `rules`, `layout`, `series` and `source`.

use super::case::{Case, Presence, metric_of, selector};
use super::finding::{Finding, few};
use crate::catalog;
use crate::layout::{All, Binding, Dashboard, Panel, Scope, Selection, Values, Variable, stands_free};
use crate::promql::Query;
use crate::rules::{Kind, Rule, RuleFile};
use crate::series::{Labels, MatchOp, Matcher};
use crate::source::DEFAULT_JOB;

/// How many missing metrics are named for each rule and panel.
const NAMED: usize = 3;

/// How much a rule or panel can see. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// Nobody exposes what it reads.
    Blind,
    /// What it reads is announced, or there with other labels: it may see something one day.
    Later,
    /// It can see something.
    Clear,
}

/// A rule or a panel.
pub(super) struct Watcher<'a> {
    /// How it is told from the others.
    pub(super) name: String,
    /// The dashboard, of a panel.
    pub(super) dashboard: Option<&'a Dashboard>,
    pub(super) queries: Vec<Query>,
}

impl Watcher<'_> {
    pub(super) fn sight(&self, case: &Case<'_>) -> Sight {
        self.queries.iter().map(|query| sight(case, query)).max().unwrap_or(Sight::Clear)
    }

    fn selectors(&self) -> Vec<Vec<Matcher>> {
        self.queries.iter().flat_map(Query::selectors).map(|matchers| open(&matchers)).collect()
    }

    /// The metrics that it would need and that are not there, by the names that the catalogue gives them.
    pub(super) fn lacking(&self, case: &Case<'_>, below: Presence) -> Vec<String> {
        let mut names = Vec::new();
        for matchers in self.selectors() {
            let presence = case.presence(&matchers);
            if presence >= below {
                continue;
            }
            let name = match presence {
                Presence::Unmatched => told(&matchers),
                _ => metric(&matchers),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The metrics of the catalogue that it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = &'static catalog::Metric> {
        self.selectors().into_iter().filter_map(|matchers| known(metric_of(&matchers)?))
    }

    /// The names of the series that it reads and that are none of StreamHouse's.
    pub(super) fn reads_others(&self) -> bool {
        self.selectors().iter().any(|m| metric_of(m).is_some_and(|name| !name.starts_with(super::PREFIX)))
    }
}

fn sight(case: &Case<'_>, query: &Query) -> Sight {
    let presence = |matchers: &[Matcher]| case.presence(&open(matchers));
    if query.can_answer(&|m| presence(m) == Presence::There) {
        Sight::Clear
    } else if query.can_answer(&|m| presence(m) > Presence::Missing) {
        Sight::Later
    } else {
        Sight::Blind
    }
}

/// The catalogue's first name of what `matchers` name.
fn metric(matchers: &[Matcher]) -> String {
    match metric_of(matchers) {
        Some(name) => known(name).map_or(name, |m| m.name).to_owned(),
        None => selector(matchers),
    }
}

/// The catalogue's metric of this name, with or without the `_total` that clients add or leave out.
fn known(name: &str) -> Option<&'static catalog::Metric> {
    catalog::find(name).or_else(|| catalog::find(&format!("{name}_total")))
}

/// A selector as one writes it.
fn told(matchers: &[Matcher]) -> String {
    let Some(name) = metric_of(matchers) else { return selector(matchers) };
    let others = matchers.iter().filter(|m| m.name != Labels::NAME && !restricts_nothing(m));
    let others: Vec<_> = others.map(ToString::to_string).collect();
    if others.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", others.join(", ")) }
}

/// A variable with all its values.
fn restricts_nothing(matcher: &Matcher) -> bool {
    matcher.op == MatchOp::Regex && matcher.value == ".*"
}

/// Every rule.
pub(super) fn rules(files: &[RuleFile]) -> impl Iterator<Item = &Rule> {
    files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules)
}

/// Every alerting rule.
pub(super) fn alerts<'a>(case: &Case<'a>) -> Vec<Watcher<'a>> {
    let alerting = rules(&case.installation.rules).filter(|rule| rule.kind == Kind::Alerting);
    let watcher =
        |rule: &'a Rule| Watcher { name: rule.name.clone(), dashboard: None, queries: vec![rule.query.clone()] };
    alerting.map(watcher).collect()
}

/// Every panel, its variables at "all".
pub(super) fn panels<'a>(case: &Case<'a>) -> Vec<Watcher<'a>> {
    let installation = case.installation;
    let each = |d: &'a Dashboard| d.panels.iter().map(move |p| panel(d, p, &installation.job, installation.interval));
    installation.dashboards.iter().flat_map(each).collect()
}

fn panel<'a>(dashboard: &'a Dashboard, panel: &'a Panel, job: &str, interval: i64) -> Watcher<'a> {
    let queries = queries(dashboard, panel, job, interval).collect();
    Watcher { name: format!("{} ({})", panel.title, dashboard.id), dashboard: Some(dashboard), queries }
}

/// Stands for any value of a variable: nobody's labels have this character, and in a pattern it means itself.
const ANY: char = '\u{f8ff}';

/// What may stand for a variable outside of strings of which no value is known: a name, a number, a duration.
const GUESSES: [&str; 3] = ["x", "1", "5m"];

/// Steps of a chart.
const STEPS: i64 = 120;

/// What a panel asks for the agents of `job`, where one is scraped every `interval` ms; what does not parse is not asked.
pub(super) fn queries<'a>(
    dashboard: &'a Dashboard,
    panel: &'a Panel,
    job: &'a str,
    interval: i64,
) -> impl Iterator<Item = Query> + 'a {
    panel.queries.iter().filter_map(move |query| {
        let with = |guess: &&str| Query::parse(&scope(dashboard, &query.expr, guess, interval).query(&query.expr)).ok();
        let query = GUESSES.iter().find_map(with)?;
        Some(if job == DEFAULT_JOB { query } else { query.with_job(DEFAULT_JOB, job) })
    })
}

/// What the variables stand for in `expr`: in strings for anything, elsewhere for what the dashboard begins with.
fn scope(dashboard: &Dashboard, expr: &str, guess: &str, interval: i64) -> Scope {
    let binding = |variable: &Variable| {
        let known = || if stands_free(expr, &variable.name) { Some(first(variable).unwrap_or(guess)) } else { None };
        let value = known().map_or_else(|| ANY.to_string(), str::to_owned);
        Binding {
            name: variable.name.clone(),
            chosen: Selection::Values(vec![value]),
            all: All::No,
            ..Binding::default()
        }
    };
    let step = (dashboard.range / STEPS).max(interval);
    let bindings = dashboard.variables.iter().map(binding).collect();
    Scope { bindings, step, interval, range: (0, dashboard.range) }
}

/// The value that a variable has at first, where the file says it.
fn first(variable: &Variable) -> Option<&str> {
    let said = match (&variable.initial, &variable.values) {
        (Selection::Values(values), _) => values.first(),
        (Selection::All, Values::Given(values)) => values.first().map(|(_, value)| value),
        (Selection::All, _) => None,
    };
    said.map(String::as_str).filter(|value| !value.is_empty())
}

/// A selector in which what any value may stand in restricts nothing.
pub(super) fn open(matchers: &[Matcher]) -> Vec<Matcher> {
    matchers.iter().map(|matcher| opened(matcher).unwrap_or_else(|| matcher.clone())).collect()
}

fn opened(matcher: &Matcher) -> Option<Matcher> {
    if !matcher.value.contains(ANY) {
        return None;
    }
    let pattern = match matcher.op {
        MatchOp::Equal => matcher.value.split(ANY).map(escaped).collect::<Vec<_>>().join(".*"),
        MatchOp::Regex => matcher.value.replace(ANY, ".*"),
        // What one value excludes another may not.
        MatchOp::NotEqual | MatchOp::NotRegex => ".*".to_owned(),
    };
    Matcher::new(matcher.name.as_str(), MatchOp::Regex, pattern).ok()
}

/// The pattern that matches `text` alone.
fn escaped(text: &str) -> String {
    let special = |c: char| c.is_ascii_punctuation() && c != '_';
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Rules that cannot fire.
pub(super) fn check_rules(case: &Case<'_>) -> Vec<Finding> {
    report(case, &alerts(case), "alert", "can never fire", "cannot fire yet", "Nobody is told when it happens")
}

/// Panels that cannot show anything.
pub(super) fn check_panels(case: &Case<'_>) -> Vec<Finding> {
    report(case, &panels(case), "panel", "can never show anything", "show nothing yet", "The screen stays empty there")
}

fn report(case: &Case<'_>, watchers: &[Watcher<'_>], thing: &str, never: &str, yet: &str, harm: &str) -> Vec<Finding> {
    if !case.has_data() {
        return Vec::new();
    }
    let (mut own, mut others, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for watcher in watchers {
        match watcher.sight(case) {
            Sight::Clear => {}
            Sight::Later => {
                let lacking = watcher.lacking(case, Presence::There);
                later.push(format!("{}: {}", watcher.name, few(&lacking, NAMED)));
            }
            Sight::Blind => {
                let lacking = watcher.lacking(case, Presence::Declared);
                let foreign = !lacking.iter().any(|name| name.starts_with(super::PREFIX));
                let item = format!("{}: {}", watcher.name, few(&lacking, NAMED));
                if foreign { others.push(item) } else { own.push(item) }
            }
        }
    }
    let all = watchers.len();
    let title = |n: usize, words: &str| format!("{n} of {all} {thing}s {words}");
    let mut findings = Vec::new();
    if !own.is_empty() {
        let words = format!("{never}, for want of metrics that nobody exposes");
        findings.push(
            Finding::warning(title(own.len(), &words))
                .why(format!(
                    "{harm}. Counters may be there only after their first event, if the client does not announce them"
                ))
                .next("update the agents to a build that exposes these metrics, or name the target that does")
                .items(own),
        );
    }
    if !others.is_empty() {
        let words = format!("{never}, for want of what the cluster's exporters serve");
        let next =
            "scrape cAdvisor, node_exporter and kube-state-metrics too, or ask the Prometheus that does (--prometheus)";
        let finding = match case.installation.server {
            Some(_) => Finding::warning(title(others.len(), &words)),
            // Whoever scrapes agents by hand knows that these are not among them.
            None => Finding::note(title(others.len(), &words)),
        };
        findings.push(finding.why(harm).next(next).items(others));
    }
    if !later.is_empty() {
        let words = format!("{yet}: what is read is announced only, gone, or there with other labels");
        findings.push(
            Finding::note(title(later.len(), &words))
                .why("So it is before the first event of its kind; it is wrong if such events have happened")
                .next("make one happen and look again, or compare the labels with those that are exposed")
                .items(later),
        );
    }
    findings
}
