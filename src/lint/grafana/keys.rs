//! The keys that parts of a Grafana dashboard have, of all versions that are about, and those that are a slip of the finger.
//!
//! Grafana has more keys than any list, and plugins add theirs: a key is told only where a known one that is hardly
//! different is missing beside it. Uses `series`.

use super::super::Doubts;
use super::super::json::Node;
use crate::series::nearest;

const DASHBOARD: &str = "annotations apiVersion cursorSync description editable elements fiscalYearStartMonth \
    folderId folderUid gnetId graphTooltip hideControls id iteration kind layout links liveNow meta metadata nav \
    originalTitle panels preload pulldowns refresh revision rows schemaVersion scopeMeta services sharedCrosshair \
    slug snapshot spec status style tags templating time timepicker timezone timeSettings title uid url variables \
    version weekStart __elements __inputs __requires";

const PANEL: &str = "alert aliasColors aliasYAxis bars bgColor cacheTimeout cards collapsed color colorBackground \
    colorMode colorPostfix colorPrefix colors colorValue columns content dashboardFilter dashboardTags dashes \
    dashLength dataFormat datasource decimals description displayMode editable error fieldConfig fill fillGradient \
    folderId fontSize format gauge grid gridPos heading headings heatmap height hiddenSeries hideEmpty \
    hideTimeOverride hideZero hideZeroBuckets highlightCards id interval isNew leftYAxisLabel legend legendLayer \
    libraryPanel limit linechart lines linewidth link linkTargetBlank links loading mappingType mappingTypes \
    maxDataPoints maxPerRow maxRows minSpan mode nameFilter nullPointMode nullText onlyAlertsOnDashboard options \
    orientation pageSize panels percentage pieType pluginVersion pointradius points postfix postfixFontSize prefix \
    prefixFontSize query queryCachingTTL rangeMaps recent renderer repeat repeatDirection repeatIteration \
    repeatPanelId repeatedByRow reverseYBuckets rightYAxisLabel savedWidth scopedVars scroll search seriesOverrides \
    show showHeader showHeadings showTitle snapshotData sort sortOrder spaceLength span sparkline stack starred \
    stateFilter steppedLine strokeWidth style styles tableColumn tags targets thresholds timeCompare timeFrom \
    timeRegions timeShift title titleSize toggle tooltip tooltipDecimals transform transformations transparent type \
    unit valueFontSize valueMaps valueName xaxis xAxis xBucketNumber xBucketSize yaxes yaxis yAxis yBucketBound \
    yBucketNumber yBucketSize y_formats x-axis y-axis";

const TARGET: &str = "adhocFilters aggregation alias application calculatedInterval conditions datasource \
    datasourceErrors disableTextWrap editorMode errors exemplar expr expression field format fullMetaSearch \
    functions group groupBy hide hideAlias host includeNullMetadata instant interval intervalFactor intervalMs item \
    key legendFormat legendLink limit maxDataPoints maxLines measurement metric metrics mode operation orderByTime \
    policy prometheusLink query queryType range rawQuery refId reducer requestId resultFormat scope scopes select \
    settings sourceLabel step tags target textEditor timeField timeShift type useBackend utcOffsetSec valueType \
    window";

const FIELD_CONFIG: &str = "defaults overrides";

const DEFAULTS: &str = "actions calcs color custom decimals description displayName displayNameFromDS fieldMinMax \
    filterable links mappings max min noValue nullValueMode path thresholds title type unit unitScale values \
    writeable";

const VARIABLE: &str = "allFormat allowCustomValue allValue auto auto_count auto_min baseFilters condition current \
    datasource defaultKeys definition description disabledValue enabledValue error filters global hide hideLabel id \
    includeAll index initLock label multi multiFormat name namespace options originalQuery query queryValue refresh \
    refresh_on_load regex regexApplyTo rootStateKey skipUrlSync sort staticOptions staticOptionsOrder state \
    supportsMultiSupport tags tagsQuery tagValuesQuery type useTags valuesFormat";

/// Panels whose keys are known: those of Grafana itself that have queries, and what stands between them.
const TYPES: &str = "alertlist barchart bargauge gauge graph heatmap histogram piechart row singlestat stat \
    state-timeline status-history table table-old text timeseries trend";

/// Doubts keys of the dashboard itself and of its variables.
pub(super) fn of_dashboard(dashboard: &Node, doubts: &mut Doubts<'_>) {
    slips(dashboard, "a dashboard", DASHBOARD, doubts);
    let variables = dashboard.at(&["templating", "list"]).map_or(&[][..], Node::items);
    for variable in variables {
        slips(variable, "a variable", VARIABLE, doubts);
    }
}

/// Doubts keys of a classic panel and of its targets.
pub(super) fn of_panel(panel: &Node, doubts: &mut Doubts<'_>) {
    if panel.word("type").is_some_and(|own| !TYPES.split(' ').any(|known| known == own)) {
        return;
    }
    slips(panel, "a panel", PANEL, doubts);
    let targets = panel.get("targets").map_or(&[][..], Node::items);
    for target in targets {
        slips(target, "a target", TARGET, doubts);
    }
    if let Some(config) = panel.get("fieldConfig") {
        slips(config, "a field configuration", FIELD_CONFIG, doubts);
    }
    if let Some(defaults) = panel.at(&["fieldConfig", "defaults"]) {
        slips(defaults, "field defaults", DEFAULTS, doubts);
    }
}

fn slips(object: &Node, thing: &str, known: &str, doubts: &mut Doubts<'_>) {
    let known: Vec<&str> = known.split_ascii_whitespace().collect();
    for entry in object.entries() {
        let key = entry.key.as_str();
        if known.contains(&key) {
            continue;
        }
        if let Some(near) = nearest(key, known.iter().copied()).filter(|near| object.get(near).is_none()) {
            let message = format!("{thing} has no key {key:?}");
            doubts.add(
                entry.place.clone(),
                message,
                format!("did you mean {near:?}? Grafana leaves out what it does not know"),
            );
        }
    }
}
