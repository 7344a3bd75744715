//! The last line: the answer to the last key, or what is wrong with the selected panel, and the keys that matter here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::words;
use crate::app::{Action, Model, Overlay, Place, Prompt, Purpose, Row, Sifted, Spot, Zones};
use crate::layout::{Density, Kind};
use crate::panel::State;
use crate::theme::Theme;
use crate::unit;

/// Cells kept for the keys that hold anywhere: help and quit.
const HELP: u16 = 20;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    buf.set_style(area, theme.bar);
    if let Some(prompt) = &model.prompt {
        typed(model, prompt, theme, area, buf);
        return;
    }
    if let Some((from, to)) = model.drawn_range() {
        let clock = |at| unit::clock(at, model.offset(at));
        let length = unit::duration(to - from);
        let text = format!("{} to {}, {length}: let go to show it, Esc drops it", clock(from), clock(to));
        words::line(buf, rest(area, area.x + 1), &text, theme.bar.patch(theme.accent));
        return;
    }
    if let Some(notice) = &model.notice {
        words::line(buf, Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, notice, theme.bar);
        return;
    }
    let mut x = area.x + 1;
    if model.hand.lent {
        let key = model.keymap.rows().find(|row| row.action == Action::Mouse).map_or("", |row| row.shown.as_str());
        let whole = format!("⊘ the mouse is the terminal's: select text as usual; {key} takes it back");
        let fits = whole.chars().count() + usize::from(HELP) < usize::from(area.width);
        let text = if fits { whole } else { format!("⊘ mouse off: {key} takes it back") };
        let used = words::line(buf, rest(area, x), &text, theme.bar.patch(theme.warn));
        x += used + 2;
    }
    if let Some(job) = model.offered_job().filter(|_| model.overlay.is_none()) {
        let usual = model.asked_job();
        let whole = format!("▲ the agents run as job {job}, not {usual}: J shows them, Esc does not");
        let brief = format!("▲ the agents run as job {job}: J shows them");
        let fits = whole.chars().count() + usize::from(HELP) < usize::from(area.width);
        let spot = Rect { width: area.width.saturating_sub(HELP), ..rest(area, x) };
        let used = words::line(buf, spot, if fits { &whole } else { &brief }, theme.bar.patch(theme.warn));
        zones.mark(Rect { width: used, ..spot }, Spot::Action(Action::Job));
        x += used + 2;
    }
    let offers = x > area.x + 1;
    let selected = model.view().filter(|v| model.overlay.is_none() && !v.full && v.shows(v.selected));
    let selected = selected.and_then(|v| Some((v.dashboard.panels.get(v.selected)?, v.panels.get(v.selected)?)));
    // What is wrong comes before the keys: a small panel has no room to say it whole.
    let trouble = selected.and_then(|(panel, data)| match data.state(model.present()) {
        State::Empty(reason) | State::Failed(reason) | State::Stale { reason, .. } => {
            Some(format!("{}: {reason}", panel.title))
        }
        State::Live if !data.notes.is_empty() => {
            let more =
                if data.notes.len() > 1 { format!(" (1 of {}; f shows all)", data.notes.len()) } else { String::new() };
            Some(format!("ⓘ {}{more}", data.notes[0]))
        }
        State::Waiting | State::Live => None,
    });
    let trouble = trouble.filter(|_| !offers);
    if let Some(trouble) = &trouble {
        let spot = Rect { width: area.width.saturating_sub(HELP), ..rest(area, x) };
        let used = words::line(buf, spot, trouble, theme.bar.patch(theme.warn));
        zones.mark(Rect { width: used, ..spot }, Spot::Action(Action::Full));
        x += used + 2;
    }
    let here = match &model.overlay {
        Some(Overlay::Picker(_)) => Place::Picker,
        Some(Overlay::Moved(_)) => Place::Moved,
        Some(Overlay::Contexts(_)) => Place::Contexts,
        Some(Overlay::Confirm(_)) => Place::Confirm,
        Some(Overlay::Time(_)) => Place::Time,
        Some(Overlay::Palette(_) | Overlay::Shelf(_)) => Place::Palette,
        Some(Overlay::Help(_)) => Place::Help,
        Some(Overlay::Log(_)) => Place::Log,
        None => model.place(),
    };
    // In a popup only its own keys do something; where one types, the others would be typed.
    let bound = model.overlay.is_none() && !here.types();
    let rows = model.keymap.rows().filter(|b| {
        // What is wrong leaves room for help and quit only.
        let holds = match b.place {
            Place::Anywhere if !bound => false,
            Place::Anywhere => matches!(b.action, Action::Help | Action::Quit) || (trouble.is_none() && !offers),
            place => place == here && trouble.is_none() && !offers,
        };
        !b.footer.is_empty() && holds && (b.action != Action::Sort || has_order(model))
    });
    let needed = |b: &Row| (b.shown.chars().count() + b.footer.chars().count() + 3) as u16;
    // Help and quit stand last, and are never the ones without room.
    let always: u16 =
        model.keymap.rows().filter(|b| bound && b.place == Place::Anywhere && !b.footer.is_empty()).map(needed).sum();
    // On a list the keys of the list come first: the table has them behind those that hold anywhere.
    let mut rows: Vec<&Row> = rows.collect();
    rows.sort_by_key(|b| b.place == Place::Anywhere);
    for binding in rows {
        let reserved = if binding.place == Place::Anywhere { 0 } else { always };
        if x + needed(binding) > area.right().saturating_sub(reserved) {
            continue;
        }
        let start = x;
        x += words::line(buf, rest(area, x), &binding.shown, theme.bar.patch(theme.accent)) + 1;
        x += words::line(buf, rest(area, x), binding.footer, theme.bar);
        if let Some(&key) = binding.keys.first() {
            zones.mark(Rect { x: start, width: x - start, ..area }, Spot::Key(key));
        }
        x += 2;
    }
    // What the selected panel is for, where there is room.
    if let Some((panel, _)) = selected.filter(|_| trouble.is_none() && !offers && area.right().saturating_sub(x) > 24) {
        let text = format!("│ {}: {}", panel.title, panel.description);
        words::line(buf, rest(area, x), &text, theme.bar.patch(theme.dim));
    }
}

/// Whether there is an order to change: of the alerts, of rows, of a table on the whole screen.
fn has_order(model: &Model) -> bool {
    model.view().is_none_or(|view| {
        let is_table = view.dashboard.panels.get(view.selected).is_some_and(|panel| panel.kind == Kind::Table);
        if view.full { is_table } else { view.placement(model.body()).density == Density::Rows }
    })
}

/// The line that is being typed, its cursor reversed; what it is for behind it where there is room.
fn typed(model: &Model, prompt: &Prompt, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let bar = theme.bar;
    let mut x = area.x + 1;
    x += words::line(buf, rest(area, x), prompt.purpose.words(), bar.patch(theme.accent)) + 1;
    let room = area.right().saturating_sub(x + 1);
    let scroll = prompt.input.visual_scroll(usize::from(room));
    let line: String = prompt.input.value().chars().skip(scroll).collect();
    let used = words::line(buf, Rect { width: room, ..rest(area, x) }, &line, bar);
    let cursor = x + (prompt.input.visual_cursor().saturating_sub(scroll) as u16).min(room);
    if let Some(cell) = buf.cell_mut((cursor, area.y)) {
        cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
    }
    let mut after = x + used + 3;
    let sifted = model.view().and_then(|v| v.sifted.as_ref()).filter(|_| prompt.purpose == Purpose::Filter);
    if let Some((shown, of)) = sifted.map(Sifted::count) {
        let text = format!("{shown} of {of} panels");
        // What is typed matters more than its count.
        if area.right().saturating_sub(after) > text.len() as u16 {
            after += words::line(buf, rest(area, after), &text, bar.patch(theme.warn)) + 2;
        }
    }
    if area.right().saturating_sub(after) > 20 {
        words::line(buf, rest(area, after), prompt.purpose.hint(), bar.patch(theme.dim));
    }
}

fn rest(area: Rect, x: u16) -> Rect {
    Rect { x, width: area.right().saturating_sub(x), ..area }
}
