//! One panel: its kind, its queries, its options.

use serde_json::Value;

use super::adhoc::filtered;
use super::json::{flag, get, items, list, regex, safe, safe_lines, text, whole};
use super::{Draft, Import};
use crate::layout::model::{Kind, Panel, PanelQuery, letter};
use crate::layout::probe::probe;
use crate::layout::style::{Reduce, Stacking};
use crate::layout::transform::{Pick, Transform};
use crate::layout::variables::pattern;
use crate::promql::parse_duration;

/// The types of panel and what they become.
const TYPES: &[(&str, Kind)] = &[
    ("stat", Kind::Stat),
    ("singlestat", Kind::Stat),
    ("grafana-singlestat-panel", Kind::Stat),
    ("gauge", Kind::Gauge),
    ("bargauge", Kind::Bars),
    ("barchart", Kind::Bars),
    ("histogram", Kind::Bars),
    ("timeseries", Kind::Timeseries),
    ("graph", Kind::Timeseries),
    ("trend", Kind::Timeseries),
    ("table", Kind::Table),
    ("table-old", Kind::Table),
    ("piechart", Kind::Pie),
    ("grafana-piechart-panel", Kind::Pie),
    ("heatmap", Kind::Heatmap),
    ("heatmap-new", Kind::Heatmap),
    ("state-timeline", Kind::States),
    ("status-history", Kind::States),
    ("natel-discrete-panel", Kind::States),
    ("text", Kind::Text),
    ("alertlist", Kind::Alerts),
];

/// Panels of plugins, and what shows the same numbers in another shape.
const PLUGINS: &[(&str, Kind)] = &[
    ("grafana-polystat-panel", Kind::Stat),
    ("vonage-status-panel", Kind::Stat),
    ("michaeldmoore-multistat-panel", Kind::Bars),
    ("marcusolsson-treemap-panel", Kind::Bars),
    ("flant-statusmap-panel", Kind::States),
    ("briangann-gauge-panel", Kind::Gauge),
    ("btplc-status-dot-panel", Kind::Stat),
    ("yesoreyeram-boomtable-panel", Kind::Table),
    ("candlestick", Kind::Timeseries),
    ("xychart", Kind::Table),
    ("geomap", Kind::Table),
    ("grafana-worldmap-panel", Kind::Table),
];

/// The kinds of data source that speak PromQL.
const PROMETHEUS: &[&str] = &[
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
    "victoriametrics-datasource",
    "victoriametrics-metrics-datasource",
    "datasource",
    "mixed",
];

/// Whether data sources of this kind are asked in PromQL, or may be.
pub(crate) fn speaks_promql(kind: &str) -> bool {
    PROMETHEUS.contains(&kind) || kind.starts_with(['$', '-'])
}

/// Grafana's names of reductions.
const CALCS: &[(&str, Reduce)] = &[
    ("last", Reduce::Last),
    ("lastNotNull", Reduce::Last),
    ("current", Reduce::Last),
    ("first", Reduce::First),
    ("firstNotNull", Reduce::First),
    ("min", Reduce::Min),
    ("max", Reduce::Max),
    ("mean", Reduce::Mean),
    ("avg", Reduce::Mean),
    ("sum", Reduce::Sum),
    ("total", Reduce::Sum),
    ("count", Reduce::Count),
    ("diff", Reduce::Difference),
    ("delta", Reduce::Difference),
    ("range", Reduce::Spread),
];

impl Import {
    /// The panel that `draft` comes to; what is lost with it is noted.
    pub(super) fn panel(&mut self, draft: &Draft) -> Option<Panel> {
        let json = &draft.json;
        let name = text(json, "type").unwrap_or_default();
        if name.is_empty() {
            let why = match json.get("libraryPanel") {
                Some(library) => {
                    let name = safe(text(library, "name").unwrap_or("?"));
                    format!("library panel {name:?}, whose content is not in the file")
                }
                None => "it has no type".to_owned(),
            };
            self.lost(draft, why);
            return None;
        }
        let of = |table: &[(&str, Kind)]| table.iter().find(|(own, _)| *own == name).map(|&(_, kind)| kind);
        let Some(kind) = of(TYPES).or_else(|| of(PLUGINS)) else {
            self.lost(draft, format!("panels of type {:?}", safe(name)));
            return None;
        };
        let mut panel =
            Panel { kind, description: safe_lines(text(json, "description").unwrap_or_default()), ..Panel::default() };
        match kind {
            Kind::Text => panel.content = self.content(draft)?,
            Kind::Alerts => {}
            _ => panel.queries = self.queries(draft, kind)?,
        }
        if of(TYPES).is_none() {
            self.ignored(draft, "type", format!("the look of {:?}: shown as {}", safe(name), kind.name()));
        }
        panel.title = title(draft, &panel);
        panel.repeat = draft.repeat.clone().filter(|repeat| self.variables.iter().any(|v| v.name == repeat.variable));
        super::link::links(json, &mut panel);
        if kind.asks() {
            self.options(draft, name, &mut panel);
        }
        self.times(draft, &mut panel);
        Self::alert(draft, &mut panel);
        fit(&mut panel);
        self.restore(draft, &mut panel);
        Some(panel)
    }

    /// A range of its own is what `$__range` stands for; a picture still is of the dashboard's.
    fn times(&mut self, draft: &Draft, panel: &mut Panel) {
        let own = |key: &str| text(&draft.json, key).filter(|own| !own.is_empty());
        if let Some(from) = own("timeFrom") {
            panel.span = parse_duration(from.strip_prefix("now-").unwrap_or(from)).filter(|ms| *ms > 0);
            let is_newest = panel.kind != Kind::Timeseries && panel.reduce == Reduce::Last;
            let is_now = panel.queries.iter().all(|q| q.instant) || is_newest;
            if panel.span.is_none() || !is_now && panel.kind.asks() {
                self.ignored(draft, "timeFrom", format!("a time range of its own, {:?}", safe(from)));
            }
        }
        if let Some(shift) = own("timeShift").filter(|_| panel.kind.asks()) {
            self.ignored(draft, "timeShift", format!("a time shift, {:?}", safe(shift)));
        }
    }

    fn options(&mut self, draft: &Draft, name: &str, panel: &mut Panel) {
        let json = &draft.json;
        if panel.kind == Kind::Gauge {
            (panel.min, panel.max) = (Some(0.0), Some(100.0));
        }
        self.transformations(draft, panel);
        // Old panels that Grafana has rewritten have the new options too, and mean those.
        let is_rewritten =
            get(json, &["fieldConfig", "defaults"]).and_then(Value::as_object).is_some_and(|o| !o.is_empty());
        match name {
            "graph" => self.graph(draft, panel),
            "singlestat" | "grafana-singlestat-panel" if !is_rewritten => self.singlestat(draft, panel),
            "table-old" => self.styles(draft, panel),
            "table" if json.get("styles").is_some() && !is_rewritten => self.styles(draft, panel),
            _ => {
                self.fields(draft, panel);
                self.overrides(draft, panel);
            }
        }
        let options = json.get("options").unwrap_or(&Value::Null);
        let reduce = options.get("reduceOptions").or_else(|| get(options, &["fieldOptions"]));
        if let Some(reduce) = reduce {
            if let Some(calc) = items(reduce, "calcs").first().and_then(Value::as_str) {
                panel.reduce = self.reduce(draft, "options.reduceOptions.calcs", calc).unwrap_or_default();
            }
            if let Some(own) = text(reduce, "fields").filter(|own| !own.is_empty() && *own != "/.*/") {
                self.chosen(draft, &regex(own), panel);
            }
        }
        if text(options, "textMode") == Some("name") && panel.kind == Kind::Stat {
            panel.transforms.push(Transform::Words { label: String::new() });
        }
        let calcs = get(options, &["legend", "calcs"]).map(list).unwrap_or_default();
        let is_list = get(options, &["legend", "displayMode"]).is_some_and(|mode| mode == "list");
        if matches!(panel.kind, Kind::Timeseries | Kind::States) {
            for calc in calcs.iter().filter_map(Value::as_str) {
                if let Some(reduce) = self.reduce(draft, "options.legend.calcs", calc)
                    && !panel.legend.contains(&reduce)
                {
                    panel.legend.push(reduce);
                }
            }
            // A name and its newest value are what a chart tells anyway.
            if is_list && panel.legend == [Reduce::Last] {
                panel.legend.clear();
            }
        }
        match name {
            "histogram" => self.ignored(draft, "type", "the histogram: one bar a series instead"),
            "barchart" if stacks(options) => self.ignored(draft, "options.stacking", "bars on one another"),
            "heatmap" | "heatmap-new" if flag(options, "calculate") => {
                self.ignored(draft, "options.calculate", "buckets made from the values: the query's own are shown");
            }
            "trend" => self.ignored(draft, "options.xField", "an axis that is not time"),
            _ => {}
        }
    }

    /// Which fields are shown: of a query that is a table a label, else some of the series.
    fn chosen(&mut self, draft: &Draft, own: &str, panel: &mut Panel) {
        let Some(found) = pattern(own) else {
            self.ignored(draft, "options.reduceOptions.fields", "a choice of series");
            return;
        };
        let is_table = items(&draft.json, "targets").iter().any(|t| text(t, "format") == Some("table"));
        let mut values =
            ["Value".to_owned()].into_iter().chain(panel.queries.iter().map(|q| format!("Value #{}", q.id)));
        let is_value = |name: &String| found.is_match(name);
        if !is_table {
            panel.transforms.push(Transform::Series { pattern: own.to_owned(), pick: Pick::Keep });
        } else if !values.any(|name| is_value(&name)) {
            // A series whose legend it is was a column of values before.
            let is_name = |q: &PanelQuery| q.legend.as_ref().is_some_and(is_value);
            panel.transforms.push(if panel.queries.iter().any(is_name) {
                Transform::Series { pattern: own.to_owned(), pick: Pick::Keep }
            } else {
                Transform::Words { label: own.to_owned() }
            });
        }
    }

    /// The reduction that Grafana calls `name`; unknown ones are noted.
    pub(super) fn reduce(&mut self, draft: &Draft, part: &str, name: &str) -> Option<Reduce> {
        let found = CALCS.iter().find(|(own, _)| *own == name).map(|&(_, reduce)| reduce);
        if found.is_none() {
            self.ignored(draft, part, format!("the calculation {:?}", safe(name)));
        }
        found
    }

    /// What the panel asks; `None` where that is nothing.
    fn queries(&mut self, draft: &Draft, kind: Kind) -> Option<Vec<PanelQuery>> {
        let targets: Vec<Value> = items(&draft.json, "targets").iter().flat_map(|t| self.resolved(t)).collect();
        let mut queries: Vec<PanelQuery> = Vec::new();
        let mut hidden = 0;
        for (i, target) in targets.iter().enumerate() {
            let at = format!("targets[{i}]");
            if flag(target, "hide") {
                hidden += 1;
                continue;
            }
            let source = source(target).or_else(|| source(&draft.json));
            let expr = text(target, "expr").unwrap_or_default();
            let filtered = filtered(expr, &self.filters);
            if expr.trim().is_empty() {
                let is_idle = target.get("expr").is_some() || target.as_object().is_none_or(|o| o.len() <= 2);
                if !is_idle {
                    let of = source.map_or_else(String::new, |s| format!(" to {:?}", safe(s)));
                    self.ignored(draft, &at, format!("a query{of} that is not PromQL"));
                }
                continue;
            }
            if let Some(source) = source.filter(|s| !speaks_promql(s)) {
                self.ignored(draft, &at, format!("a query to {:?}", safe(source)));
                continue;
            }
            if let Err(flaw) = probe(expr.trim()) {
                self.ignored(
                    draft,
                    &format!("{at}.expr"),
                    format!("a query that does not parse: {}", safe(&flaw.message)),
                );
                continue;
            }
            let is_table = text(target, "format") == Some("table") && kind == Kind::Table;
            let legend = text(target, "legendFormat").filter(|l| !l.trim().is_empty() && *l != "__auto" && !is_table);
            queries.push(PanelQuery {
                id: safe(text(target, "refId").unwrap_or_default()),
                expr: filtered.trim().replace('\r', ""),
                // Both at once is a range with the newest value, which there always is.
                instant: flag(target, "instant") && !flag(target, "range"),
                legend: legend.map(safe).filter(|l| l.matches("{{").count() == l.matches("}}").count()),
                step: distance(target).or_else(|| distance(&draft.json)).unwrap_or_default(),
                interval: distance(target).unwrap_or_default(),
                ..PanelQuery::default()
            });
        }
        if kind == Kind::Heatmap && queries.len() > 1 {
            self.ignored(draft, "targets", "all queries but the first: a heatmap has one");
            queries.truncate(1);
        }
        letter(&mut queries);
        if queries.is_empty() {
            let why = match (targets.len(), hidden) {
                (0, _) => "it asks nothing",
                (all, hidden) if all == hidden => "all of its queries are hidden",
                _ => "none of its queries is PromQL that can be asked",
            };
            self.lost(draft, why);
            return None;
        }
        Some(queries)
    }

    /// The queries that a target is: those of another panel where it shows that one's.
    fn resolved(&self, target: &Value) -> Vec<Value> {
        let of_panel = target.get("panelId").and_then(whole).filter(|_| text(target, "expr").is_none_or(str::is_empty));
        match of_panel.and_then(|id| self.shared.get(&id)) {
            Some(targets) => targets.clone(),
            None => vec![target.clone()],
        }
    }

    /// The words of a text.
    fn content(&mut self, draft: &Draft) -> Option<String> {
        let json = &draft.json;
        let of = |key: &str| get(json, &["options", key]).and_then(Value::as_str).or_else(|| text(json, key));
        let words = of("content").unwrap_or_default();
        if words.trim().is_empty() {
            // There to keep others apart, and not seen there either.
            self.report.panels -= 1;
            return None;
        }
        let is_html = of("mode") == Some("html");
        let end = if words.ends_with('\n') && !is_html { "\n" } else { "" };
        let words = if is_html { without_tags(words) } else { words.to_owned() };
        let words = safe_lines(&words) + end;
        if words.trim().is_empty() {
            self.lost(draft, "a text without words");
            return None;
        }
        Some(words)
    }
}

/// The least distance between steps that a query or a panel asks for; a variable may say it.
fn distance(value: &Value) -> Option<String> {
    let own = text(value, "interval")?.trim().trim_start_matches(['>', '=']);
    let is_variable = own.starts_with('$') && !own.contains("__");
    (is_variable || parse_duration(own).is_some_and(|ms| ms > 0)).then(|| own.to_owned())
}

fn stacks(options: &Value) -> bool {
    !matches!(text(options, "stacking"), None | Some("none"))
}

/// The kind of data source that a query or a panel names; an old dashboard has its name instead, which says nothing.
fn source(value: &Value) -> Option<&str> {
    text(value.get("datasource")?, "type").filter(|kind| !kind.is_empty())
}

/// The title; where there is none, what the first query is called, or what the panel is.
fn title(draft: &Draft, panel: &Panel) -> String {
    let title = draft.title();
    if !title.trim().is_empty() {
        return title;
    }
    let query = panel.queries.first();
    let legend = query.and_then(|q| q.legend.clone()).filter(|l| !l.contains("{{"));
    let expr = query.map(|q| safe(&q.expr).chars().take(40).collect::<String>());
    legend.or(expr).filter(|t| !t.trim().is_empty()).unwrap_or_else(|| panel.kind.name().to_owned())
}

fn without_tags(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        words += before;
        let Some((tag, behind)) = after.split_once('>') else {
            rest = "";
            break;
        };
        if ["br", "/p", "/div", "/li", "/h", "/tr"].iter().any(|end| tag.to_ascii_lowercase().starts_with(end)) {
            words.push('\n');
        }
        rest = behind;
    }
    words += rest;
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(words, |words, (entity, char)| words.replace(entity, char))
}

/// Takes care of what a layout file would refuse.
fn fit(panel: &mut Panel) {
    if let (Some(min), Some(max)) = (panel.min, panel.max)
        && min >= max
    {
        panel.max = (panel.kind == Kind::Gauge).then_some(min + 1.0);
    }
    if panel.kind != Kind::Timeseries {
        panel.stacking = Stacking::None;
        panel.queries.iter_mut().for_each(|q| q.axis = crate::layout::Axis::Left);
    }
    panel.factor = panel.factor.filter(|f| *f != 1.0 && *f != 0.0);
}
