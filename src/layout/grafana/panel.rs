//! One panel: its kind, its queries, its options.

use serde_json::Value;

use super::json::{flag, get, items, list, regex, safe, safe_lines, text};
use super::{Draft, Import};
use crate::layout::model::{Kind, Panel, PanelQuery, letter};
use crate::layout::probe::probe;
use crate::layout::style::{Reduce, Stacking};
use crate::layout::variables::pattern;

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
        let Some(&(_, kind)) = TYPES.iter().find(|(own, _)| *own == name) else {
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
        panel.title = title(draft, &panel);
        panel.repeat = draft.repeat.clone().filter(|repeat| self.variables.iter().any(|v| v.name == repeat.variable));
        super::link::links(json, &mut panel);
        if kind.asks() {
            self.options(draft, name, &mut panel);
        }
        for (key, what) in [("timeFrom", "a time range of its own"), ("timeShift", "a time shift")] {
            if let Some(own) = text(json, key).filter(|own| !own.is_empty()) {
                self.ignored(draft, key, format!("{what}, {:?}", safe(own)));
            }
        }
        Self::alert(draft, &mut panel);
        fit(&mut panel);
        self.restore(draft, &mut panel);
        Some(panel)
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
                match pattern(&regex(own)) {
                    Some(_) => {
                        let (pattern, pick) = (regex(own), crate::layout::Pick::Keep);
                        panel.transforms.push(crate::layout::Transform::Series { pattern, pick });
                    }
                    None => self.ignored(draft, "options.reduceOptions.fields", "a choice of series"),
                }
            }
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
        let targets = items(&draft.json, "targets");
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
            if expr.trim().is_empty() {
                let is_idle = target.get("expr").is_some() || target.as_object().is_none_or(|o| o.len() <= 2);
                if !is_idle {
                    let of = source.map_or_else(String::new, |s| format!(" to {:?}", safe(s)));
                    self.ignored(draft, &at, format!("a query{of} that is not PromQL"));
                }
                continue;
            }
            if let Some(source) = source.filter(|s| !PROMETHEUS.contains(s) && !s.starts_with(['$', '-'])) {
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
                expr: expr.trim().replace('\r', ""),
                // Both at once is a range with the newest value, which there always is.
                instant: flag(target, "instant") && !flag(target, "range"),
                legend: legend.map(safe).filter(|l| l.matches("{{").count() == l.matches("}}").count()),
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

    /// The words of a text.
    fn content(&mut self, draft: &Draft) -> Option<String> {
        let json = &draft.json;
        let of = |key: &str| get(json, &["options", key]).and_then(Value::as_str).or_else(|| text(json, key));
        let words = of("content").unwrap_or_default();
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
