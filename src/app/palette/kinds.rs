//! The kinds of things that the palette finds, one row each: what it is called, what there is of it, what choosing one does.

use std::borrow::Cow;

use super::{Entry, Id};
use crate::app::alerts::standing;
use crate::app::keys::{Action, Place};
use crate::app::message::Command;
use crate::app::model::{AlertId, Model, Screen};
use crate::app::shelf::whose;
use crate::layout::Density;
use crate::rules::{self, Alert, Phase};
use crate::series::Labels;
use crate::source::Health;
use crate::theme::{self, Charset};

/// A kind of thing.
pub(super) struct Kind {
    /// What it is called in the list, and before a name that is typed: `theme light`.
    pub(super) word: &'static str,
    /// All there is of it: title, detail, key and which one it is.
    all: fn(&Model) -> Vec<Row>,
    /// What is typed, where that is one itself.
    typed: fn(&Model, &str) -> Option<Row>,
    /// What choosing one does.
    pub(super) run: fn(&mut Model, &Id) -> Option<Command>,
}

struct Row {
    title: String,
    detail: String,
    key: Cow<'static, str>,
    is_current: bool,
    hindrance: Option<String>,
    id: Id,
}

impl Row {
    /// Something without a key.
    fn new(title: impl Into<String>, detail: impl Into<String>, id: Id) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { title, detail, key: Cow::Borrowed(""), is_current: false, hindrance: None, id }
    }
}

/// The table, in the order of the list.
pub(super) const KINDS: &[Kind] = &[
    Kind { word: "view", all: views, typed: no, run: go_to_view },
    Kind { word: "alert", all: alerts, typed: no, run: open_alert },
    Kind { word: "command", all: commands, typed: no, run: perform },
    Kind { word: "panel", all: panels, typed: no, run: go_to_panel },
    Kind { word: "runbook", all: runbooks, typed: no, run: open_runbook },
    Kind { word: "range", all: ranges, typed: typed_range, run: take_range },
    Kind { word: "target", all: targets, typed: no, run: go_to_target },
    Kind { word: "context", all: contexts, typed: no, run: go_over },
    Kind { word: "theme", all: themes, typed: no, run: take_theme },
    Kind { word: "density", all: densities, typed: no, run: take_density },
    Kind { word: "charset", all: charsets, typed: no, run: take_charset },
];

/// Everything there is.
pub(super) fn entries(model: &Model) -> Vec<Entry> {
    let of = |(kind, row): (usize, &Kind)| (row.all)(model).into_iter().map(move |row| entry(kind, row));
    KINDS.iter().enumerate().flat_map(of).collect()
}

/// What is typed as an entry of this kind, where it is one.
pub(super) fn typed(model: &Model, kind: usize, text: &str) -> Option<Entry> {
    (KINDS[kind].typed)(model, text).map(|row| entry(kind, row))
}

fn entry(kind: usize, row: Row) -> Entry {
    let Row { title, detail, key, is_current, hindrance, id } = row;
    Entry { kind, title, detail, key, is_current, hindrance, id }
}

fn no(_: &Model, _: &str) -> Option<Row> {
    None
}

fn views(model: &Model) -> Vec<Row> {
    const KEYS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let names = model.views.iter().map(|view| (view.dashboard.title.clone(), view.dashboard.description.clone()));
    let targets = ("Targets".to_owned(), "who is scraped, and how that goes".to_owned());
    names
        .chain(std::iter::once(targets))
        .enumerate()
        .map(|(i, (title, detail))| Row {
            key: Cow::Borrowed(KEYS.get(i).unwrap_or(&"")),
            is_current: model.screen == if i < model.views.len() { Screen::Dashboard(i) } else { Screen::Targets },
            ..Row::new(title, detail, Id::Index(i))
        })
        .collect()
}

fn go_to_view(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Index(i) = *id else { return None };
    Some(model.go(i))
}

/// The commands whose keys hold here; what only moves about has no name that anybody would look for.
fn commands(model: &Model) -> Vec<Row> {
    use Action as A;
    let here = model.place();
    let moves = |action| {
        matches!(
            action,
            A::Screen(_)
                | A::Palette
                | A::Next
                | A::Previous
                | A::Left
                | A::Right
                | A::Up
                | A::Down
                | A::PageUp
                | A::PageDown
                | A::First
                | A::Last
        )
    };
    // A key of the place itself hides the same key of everywhere.
    let hidden =
        |keys: &[_]| model.keymap.rows().any(|b| b.place == here && keys.iter().all(|key| b.keys.contains(key)));
    model
        .keymap
        .rows()
        .filter(|b| b.place == here || (b.place == Place::Anywhere && !hidden(&b.keys)))
        .filter(|b| !moves(b.action))
        .map(|b| Row {
            key: Cow::Owned(b.shown.clone()),
            hindrance: hindrance(model, b.action).map(str::to_owned),
            ..Row::new(b.help, "", Id::Action(b.action))
        })
        .collect()
}

/// Why a command would do nothing now.
fn hindrance(model: &Model, action: Action) -> Option<&'static str> {
    let panel = || model.view().and_then(|view| view.dashboard.panels.get(view.selected));
    let lacks = match action {
        Action::Job => (model.offered_job().is_none(), "no other job is offered"),
        Action::Contexts => (model.contexts.is_empty(), "no other context is configured"),
        Action::Variables => {
            let has_one = model.view().is_some_and(|view| view.dashboard.variables.iter().any(|v| !v.hidden));
            (!has_one, "this dashboard has no variables")
        }
        Action::LeapBack | Action::LeapForward => (model.cursor.is_none(), "c shows the crosshair first"),
        Action::ResetTime => {
            (model.end.is_none() && model.cursor.is_none() && model.range == model.initial_range, "it is live")
        }
        Action::Silence if model.name.read_only => (true, "the context is read-only"),
        Action::Silence | Action::Silences => (model.muting.is_none(), "no Alertmanager is known"),
        Action::Drill => (panel().is_some_and(|panel| panel.drill.is_none()), "no panel explains the selected one"),
        Action::Sort if model.place() == Place::Result => (
            panel().is_none_or(|panel| panel.kind != crate::layout::Kind::Table),
            "only tables have columns to sort by",
        ),
        Action::Log => (model.log.entries().is_empty(), "nothing was logged yet"),
        _ => (false, ""),
    };
    lacks.0.then_some(lacks.1)
}

fn perform(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Action(action) = *id else { return None };
    model.perform(action)
}

fn panels(model: &Model) -> Vec<Row> {
    let of = |(v, view): (usize, &crate::app::View)| {
        let dashboard = view.dashboard.title.clone();
        let row = move |(p, title): (usize, String)| Row::new(title, dashboard.clone(), Id::Panel(v, p));
        view.dashboard.panels.iter().map(|panel| panel.title.clone()).enumerate().map(row).collect::<Vec<_>>()
    };
    model.views.iter().enumerate().flat_map(of).collect()
}

fn go_to_panel(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Panel(view, panel) = *id else { return None };
    model.point_at(view, panel);
    Some(model.visit(Screen::Dashboard(view)))
}

/// The active alerts from the worst down, then the rules without one.
fn alerts(model: &Model) -> Vec<Row> {
    let named = |rule: &str, labels: Labels, detail: String| {
        Row::new(rule, detail, Id::Alert(AlertId { rule: rule.to_owned(), labels }))
    };
    let active = model.alerts.active().map(|(at, rule, alert)| {
        let which = model.alerts.told_apart(at);
        let state = standing(alert, model.now);
        let detail = if which.is_empty() { state } else { format!("{which} · {state}") };
        named(&rule.name, alert.labels.clone(), detail)
    });
    let is_over = |alert: &Alert| alert.state.phase() == Phase::Resolved;
    let rules = model.alerts.rules().iter().filter(|rule| rule.kind == rules::Kind::Alerting);
    let quiet = rules.filter(|rule| rule.alerts.iter().all(is_over));
    active.chain(quiet.map(|rule| named(&rule.name, Labels::empty(), "quiet".to_owned()))).collect()
}

fn open_alert(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Alert(alert) = id else { return None };
    model.alert = Some(alert.clone());
    model.alert_scroll = 0;
    Some(model.visit(Screen::Alert))
}

fn runbooks(model: &Model) -> Vec<Row> {
    let row = |entry: &crate::runbook::Entry| Row::new(entry.name.clone(), whose(entry), Id::Name(entry.name.clone()));
    model.library.entries().map(row).collect()
}

fn open_runbook(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Name(name) = id else { return None };
    model.open_by_name(name)
}

fn ranges(model: &Model) -> Vec<Row> {
    model.ranges().filter_map(|text| range(model, text)).collect()
}

fn typed_range(model: &Model, text: &str) -> Option<Row> {
    // Words that other things are called by are no times.
    let is_meant =
        text.starts_with(|c: char| c.is_ascii_digit() || c == '-') || text.contains("now") || text.contains("day");
    range(model, text).filter(|_| is_meant && !model.ranges().any(|known| known == text))
}

fn range(model: &Model, text: &str) -> Option<Row> {
    let period = model.period(text).ok()?;
    let clock = |at| crate::unit::date_clock(at, model.offset(at));
    let detail =
        if period.live { "live".to_owned() } else { format!("{} to {}", clock(period.start), clock(period.end)) };
    let is_current = model.end.is_none() && period.live && period.length() == model.shown_range();
    Some(Row { is_current, ..Row::new(text, detail, Id::Name(text.to_owned())) })
}

fn take_range(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Name(text) = id else { return None };
    model.take_time(text)
}

fn targets(model: &Model) -> Vec<Row> {
    let targets = model.status.as_ref().map_or(&[][..], |status| &status.targets);
    let row = |target: &crate::source::TargetStatus| {
        let health = match target.health {
            Health::Up => "up",
            Health::Down { .. } => "down",
            Health::Unknown => "not asked yet",
        };
        let name = target.instance.clone();
        Row::new(name.clone(), format!("{} · {health}", target.job), Id::Name(name))
    };
    targets.iter().map(row).collect()
}

fn go_to_target(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Name(name) = id else { return None };
    let targets = model.status.as_ref().map_or(&[][..], |status| &status.targets);
    // It may have gone while the palette was open.
    match targets.iter().position(|target| target.instance == *name) {
        Some(at) => model.target = at,
        None => model.notice = Some(format!("{name} is no target any more")),
    }
    Some(model.visit(Screen::Targets))
}

fn contexts(model: &Model) -> Vec<Row> {
    let row = |(i, context): (usize, &crate::app::Choice)| Row {
        is_current: model.name.context.as_ref() == Some(&context.name),
        ..Row::new(context.name.clone(), context.source.clone(), Id::Index(i))
    };
    model.contexts.iter().enumerate().map(row).collect()
}

fn go_over(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Index(i) = *id else { return None };
    model.go_over(i)
}

fn themes(model: &Model) -> Vec<Row> {
    let row = |name: &String| {
        let detail = if theme::NAMES.contains(&name.as_str()) { "" } else { "of your own" };
        Row { is_current: *name == model.looks.theme, ..Row::new(name.clone(), detail, Id::Name(name.clone())) }
    };
    model.looks.themes.iter().map(row).collect()
}

fn take_theme(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Name(name) = id else { return None };
    model.looks.theme.clone_from(name);
    Some(Command::Theme(name.clone()))
}

fn charsets(model: &Model) -> Vec<Row> {
    const DETAILS: [&str; 2] = ["lines, blocks and braille", "letters and signs alone"];
    let row = |(i, (name, charset)): (usize, &(&'static str, Charset))| Row {
        is_current: *charset == model.looks.charset,
        ..Row::new(*name, DETAILS[i], Id::Index(i))
    };
    CHARSETS.iter().enumerate().map(row).collect()
}

/// Those that can be drawn with, by what they are called.
const CHARSETS: [(&str, Charset); 2] = [("unicode", Charset::Unicode), ("ascii", Charset::Ascii)];

fn take_charset(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Index(i) = *id else { return None };
    model.looks.charset = CHARSETS.get(i)?.1;
    Some(Command::Charset(model.looks.charset))
}

/// How much of each panel is shown, and what suits the size.
fn densities(model: &Model) -> Vec<Row> {
    const SUITED: &str = "auto";
    const DETAILS: [&str; 4] =
        ["one line a panel", "the grid", "large digits, the worst first", "what suits the terminal's size"];
    let names = Density::NAMES.iter().map(|&(name, density)| (name, Some(density)));
    let here = model.view().filter(|_| matches!(model.screen, Screen::Dashboard(_)));
    let hindrance = here.is_none().then(|| "only a dashboard has it".to_owned());
    let row = |(i, (name, density)): (usize, (&'static str, Option<Density>))| Row {
        is_current: here.is_some_and(|view| view.density == density),
        hindrance: hindrance.clone(),
        ..Row::new(name, DETAILS[i], Id::Index(i))
    };
    names.chain([(SUITED, None)]).enumerate().map(row).collect()
}

fn take_density(model: &mut Model, id: &Id) -> Option<Command> {
    let Id::Index(i) = *id else { return None };
    model.take_density(Density::NAMES.get(i).map(|&(_, density)| density))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert!(!kind.word.is_empty() && !kind.word.contains(' '));
            assert!(KINDS[..i].iter().all(|other| other.word != kind.word), "{}", kind.word);
        }
    }
}
