//! promtool: the program itself, and its files of rule tests run through our own engine.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use shtop::promql::{Options, Query, eval};
use shtop::rules::{AlertState, Engine, Ground, Rendered, RuleFile, Settings, parse};
use shtop::series::{Labels, Matcher, Sample, Select, Timestamp, Window};

use crate::script;

/// Runs promtool and returns whether it was content, and what it said.
pub(crate) fn promtool(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("promtool")
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("cannot run `promtool` ({e}): tests/run installs it (Debian package `prometheus`)"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    rule_files: Vec<String>,
    evaluation_interval: String,
    /// In which order the tool evaluates these groups; without it in an order that changes from run to run.
    #[serde(default)]
    group_eval_order: Vec<String>,
    tests: Vec<Group>,
    /// Those of `rule_files`, once they are read.
    #[serde(skip)]
    rules: Vec<RuleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    interval: String,
    input_series: Vec<Input>,
    #[serde(default)]
    alert_rule_test: Vec<AlertCase>,
    #[serde(default)]
    promql_expr_test: Vec<ExprCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    series: String,
    values: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertCase {
    eval_time: String,
    alertname: String,
    #[serde(default)]
    exp_alerts: Vec<ExpectedAlert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedAlert {
    exp_labels: BTreeMap<String, String>,
    #[serde(default)]
    exp_annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExprCase {
    expr: String,
    eval_time: String,
    #[serde(default)]
    exp_samples: Vec<ExpectedSample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedSample {
    labels: String,
    value: f64,
}

/// Samples that rules read and write.
#[derive(Default)]
pub(crate) struct Samples(BTreeMap<Labels, Vec<Sample>>);

impl Select for Samples {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        for (labels, samples) in &self.0 {
            let from = samples.partition_point(|s| s.t <= after);
            let to = samples.partition_point(|s| s.t <= until);
            if from < to && matchers.iter().all(|m| m.matches(labels.get(&m.name).unwrap_or_default())) {
                visit(labels, &samples[from..to]);
            }
        }
    }
}

impl Ground for Samples {
    fn write(&mut self, labels: &Labels, t: Timestamp, v: f64) {
        self.0.entry(labels.clone()).or_default().push(Sample { t, v });
    }
}

/// What `load` of a script of PromQL tests makes of these series.
pub(crate) fn load<'a>(interval: &str, series: impl Iterator<Item = (&'a str, &'a str)>) -> Samples {
    let lines: Vec<String> = series.map(|(labels, values)| format!("  {labels} {values}")).collect();
    let mut samples = Samples::default();
    for command in script::parse(&format!("load {interval}\n{}\n", lines.join("\n"))) {
        let script::Command::Load(loaded) = command else { panic!("only series are loaded") };
        for series in loaded {
            samples.0.insert(series.labels, series.samples);
        }
    }
    samples
}

impl File {
    pub(crate) fn read(path: &Path) -> Self {
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut file: Self = serde_saphyr::from_str(&read(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rules = |name: &String| parse(name, &read(&path.with_file_name(name))).unwrap_or_else(|e| panic!("{e}"));
        file.rules = file.rule_files.iter().map(rules).collect();
        let groups = file.rules.iter().flat_map(|rules| &rules.groups).map(|group| &group.name);
        let ordered: Vec<&String> = groups.filter(|name| file.group_eval_order.contains(name)).collect();
        assert!(
            ordered.iter().copied().eq(&file.group_eval_order),
            "{}: group_eval_order is not the order of the files: {ordered:?}",
            path.display()
        );
        file
    }

    /// The names of the alerts that some case expects to fire, and of those that some case expects not to.
    pub(crate) fn covered(&self) -> (Vec<&str>, Vec<&str>) {
        let cases = || self.tests.iter().flat_map(|t| &t.alert_rule_test);
        let names =
            |fires: bool| cases().filter(|c| c.exp_alerts.is_empty() != fires).map(|c| c.alertname.as_str()).collect();
        (names(true), names(false))
    }

    /// What does not come out as the file says; and how many cases there were.
    pub(crate) fn run(&self) -> (usize, Vec<String>) {
        let mut complaints = Vec::new();
        let mut cases = 0;
        for (number, group) in self.tests.iter().enumerate() {
            cases += group.alert_rule_test.len() + group.promql_expr_test.len();
            group.run(
                &format!("test {}", number + 1),
                script::duration(&self.evaluation_interval),
                &self.rules,
                &mut complaints,
            );
        }
        (cases, complaints)
    }
}

impl Group {
    fn run(&self, name: &str, interval: i64, rules: &[RuleFile], complaints: &mut Vec<String>) {
        let mut samples =
            load(&self.interval, self.input_series.iter().map(|i| (i.series.as_str(), i.values.as_str())));
        let mut engine = Engine::new(rules.to_vec(), Settings::default());
        let mut cases: Vec<(i64, &AlertCase)> =
            self.alert_rule_test.iter().map(|case| (script::duration(&case.eval_time), case)).collect();
        cases.sort_by_key(|(at, _)| *at);
        let end = cases.last().map_or(0, |(at, _)| *at);
        let mut cases = cases.into_iter().peekable();
        for at in (0..=end).step_by(usize::try_from(interval).unwrap()) {
            let groups = engine.groups().len();
            for group in 0..groups {
                engine.evaluate(group, at, &mut samples);
            }
            while let Some((_, case)) = cases.next_if(|(when, _)| *when < at + interval) {
                case.check(name, &engine, complaints);
            }
        }
        for case in &self.promql_expr_test {
            case.check(name, &samples, complaints);
        }
    }
}

type Fired = (BTreeMap<String, String>, BTreeMap<String, String>);

impl AlertCase {
    fn check(&self, name: &str, engine: &Engine, complaints: &mut Vec<String>) {
        let statuses = engine.statuses();
        let alerts = statuses.iter().filter(|s| s.name == self.alertname).flat_map(|s| &s.alerts);
        let mut got: Vec<Fired> = alerts
            .filter(|a| matches!(a.state, AlertState::Firing { .. }))
            .map(|a| {
                let labels = a.labels.iter().map(|l| (l.name.to_string(), l.value.to_string())).collect();
                let annotation = |(name, text): &(String, Rendered)| match text {
                    Rendered::Text(text) => (name.clone(), text.clone()),
                    Rendered::Failed { error, .. } => (name.clone(), format!("<error: {error}>")),
                };
                (labels, a.annotations.iter().map(annotation).collect())
            })
            .collect();
        let mut want: Vec<Fired> = self
            .exp_alerts
            .iter()
            .map(|e| {
                let mut labels = e.exp_labels.clone();
                labels.insert("alertname".to_owned(), self.alertname.clone());
                (labels, e.exp_annotations.clone())
            })
            .collect();
        got.sort();
        want.sort();
        if got != want {
            complaints
                .push(format!("{name}: {} at {}:\n want {want:#?}\n got {got:#?}", self.alertname, self.eval_time));
        }
        for status in statuses {
            if let shtop::rules::Health::Failed(why) = status.health {
                complaints.push(format!("{name}: rule {} fails: {why}", status.name));
            }
        }
    }
}

impl ExprCase {
    fn check(&self, name: &str, samples: &Samples, complaints: &mut Vec<String>) {
        let query = Query::parse(&self.expr).unwrap_or_else(|e| panic!("{}", e.display(&self.expr)));
        let at = script::duration(&self.eval_time);
        let answer = eval(&query, Window::instant(at), samples, &Options::default()).unwrap().into_series();
        let mut got: Vec<(String, f64)> = answer.iter().map(|s| (s.labels.to_string(), s.values[0])).collect();
        let mut want: Vec<(String, f64)> = self
            .exp_samples
            .iter()
            .map(|s| {
                let loaded = load("1m", [(s.labels.as_str(), "0")].into_iter());
                (loaded.0.keys().next().unwrap().to_string(), s.value)
            })
            .collect();
        got.sort_by(|a, b| a.0.cmp(&b.0));
        want.sort_by(|a, b| a.0.cmp(&b.0));
        let alike = got.len() == want.len()
            && got.iter().zip(&want).all(|(g, w)| g.0 == w.0 && (g.1 - w.1).abs() <= 1e-9 * w.1.abs());
        if !alike {
            complaints.push(format!("{name}: {} at {}:\n want {want:?}\n got {got:?}", self.expr, self.eval_time));
        }
    }
}
