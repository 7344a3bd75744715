//! The editor of queries with its list, and the result of what was run.

mod editor;
mod list;
mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Widget};

use super::words;
use crate::app::{Explore, Model, Ran, Show};
use crate::panel::{self, State};
use crate::promql::Type;
use crate::source::Shape;
use crate::theme::Theme;
use crate::unit;

/// From this many lines on one is given to facts about the result.
const FACTS_FROM: u16 = 9;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let explore = &model.explore;
    let place = editor::draw(explore, theme, area, buf);
    let below = Rect { y: area.y + place.height, height: area.height.saturating_sub(place.height), ..area };
    result(model, explore, theme, below, buf);
    if let Some(list) = explore.list.as_ref().filter(|_| model.overlay.is_none()) {
        list::draw(list, place.cursor, theme, area, buf);
    }
}

fn result(model: &Model, explore: &Explore, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(ran) = &explore.ran else {
        let text = "no query was run yet: Enter runs what is written, Tab completes it, ↑ brings back the last ones";
        return say(text, theme, area, buf);
    };
    if let Some(text) = &ran.text {
        return say(text, theme, area, buf);
    }
    let facts = u16::from(area.height >= FACTS_FROM);
    let chart = Rect { height: area.height.saturating_sub(facts), ..area };
    let state = ran.data.state(model.present());
    let is_table = (explore.show == Show::Table || ran.query.type_of() == Type::Matrix) && ran.data.picture.is_some();
    match (is_table, &state) {
        (true, State::Live | State::Stale { .. }) => table::draw(explore, ran, theme, chart, buf),
        _ => {
            if let Some(frame) = explore.frame(model, &state, theme) {
                panel::draw(&frame, chart, buf);
            }
        }
    }
    if facts > 0 {
        let line = Rect { x: area.x + 1, y: chart.bottom(), width: area.width.saturating_sub(2), height: 1 };
        tell(model, ran, &state, theme, line, buf);
    }
}

/// One line on the result: how many series, when, and what is doubtful about them.
fn tell(model: &Model, ran: &Ran, state: &State, theme: &Theme, line: Rect, buf: &mut Buffer) {
    let mut said = Vec::new();
    if let Some(picture) = &ran.data.picture {
        let n = picture.curves.len() + picture.left_out;
        said.push(if n == 1 { "1 series".to_owned() } else { format!("{n} series") });
        if picture.left_out > 0 {
            said.push(format!("{} of them left out", picture.left_out));
        }
        said.push(format!("at {}", model.time_of(picture.at)));
        let window = picture.window;
        if !window.is_instant() && ran.shape() == Shape::Range && model.explore.show == Show::Chart {
            let (range, step) = (unit::duration(window.end - window.start), unit::duration(window.step));
            said.push(format!("{range} in steps of {step}"));
        }
    }
    if let Some(link) = model.link().filter(|link| link.took > 0.0) {
        said.push(format!("the server took {}", unit::Unit::Seconds.format(link.took / 1_000.0, None)));
    }
    if let State::Stale { reason, .. } = state {
        said.push(format!("⚠ {reason}"));
    }
    let used = words::line(buf, line, &said.join(" · "), theme.dim);
    if let Some(note) = ran.data.notes.first() {
        let more = ran.data.notes.len() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let after = used + u16::from(used > 0) * 2;
        let spot = Rect { x: line.x + after, width: line.width.saturating_sub(after), ..line };
        words::line(buf, spot, &format!("ⓘ {note}{more}"), theme.warn);
    }
}

/// A frame with a few words in it.
fn say(text: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(" Result ")
        .title_style(theme.title)
        .render(area, buf);
    let inside = area.inner(Margin::new(2, 1));
    for (i, text) in panel::wrap(text, inside.width).iter().take(usize::from(inside.height)).enumerate() {
        words::line(buf, Rect { y: inside.y + i as u16, height: 1, ..inside }, text, theme.text);
    }
}
