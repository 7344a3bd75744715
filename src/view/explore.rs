//! The editor of queries with its list, and the result of what was run.

mod editor;
mod list;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Widget};

use super::{dashboard, words};
use crate::app::{Explore, Focus, Model, Ran, Spot, Zones};
use crate::panel::{self, State};
use crate::series::Window;
use crate::source::Shape;
use crate::theme::Theme;
use crate::unit;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let explore = &model.explore;
    let page = explore.page(area);
    let cursor = editor::draw(explore, &page, theme, buf, zones);
    result(model, explore, theme, page.result, buf, zones);
    if page.facts.height > 0
        && let Some(ran) = explore.ran.as_ref().filter(|ran| ran.words.is_none())
    {
        tell(model, ran, theme, page.facts, buf);
    }
    if let Some(list) = explore.list.as_ref().filter(|_| model.overlay.is_none()) {
        list::draw(list, cursor, theme, area, buf, zones);
    }
}

fn result(model: &Model, explore: &Explore, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let Some(ran) = &explore.ran else {
        let text = "no query was run yet: Enter runs what is written, Tab completes it, ↑ brings back the last ones; \
                    a ; stands between two queries, Shift-Tab goes to the result";
        return say(text, theme, area, buf);
    };
    if let Some(words) = &ran.words {
        return say(words, theme, area, buf);
    }
    let Some(data) = ran.data() else { return };
    let state = data.state(model.present());
    if let Some(mut frame) = ran.view.frame(0, model, &state, theme) {
        frame.selected = explore.focus != Focus::Editor;
        // A table has the newest values, whatever a crosshair points at elsewhere.
        frame.cursor = frame.cursor.filter(|_| ran.shape() == Shape::Range);
        panel::draw(&frame, area, buf);
        zones.mark(area, Spot::Panel { index: 0, whole: true });
        dashboard::band(model, &frame, area, buf);
    }
}

/// One line on the result: how many series, when, what they have in common, and what is doubtful about them.
fn tell(model: &Model, ran: &Ran, theme: &Theme, line: Rect, buf: &mut Buffer) {
    let Some(data) = ran.data() else { return };
    let mut said = Vec::new();
    if let Some(picture) = &data.picture {
        let n = picture.curves.len() + picture.left_out;
        let shown = ran.view.sifted.as_ref().map(|_| ran.shown());
        said.push(match (shown, n) {
            (Some(shown), n) => format!("{shown} of {n} series"),
            (None, 1) => "1 series".to_owned(),
            (None, n) => format!("{n} series"),
        });
        if picture.left_out > 0 {
            said.push(format!("{} of them left out", picture.left_out));
        }
        said.push(format!("at {}", model.time_of(picture.at)));
        let Window { start, end, step } = picture.window;
        if start < end && ran.shape() == Shape::Range {
            said.push(format!("{} in steps of {}", unit::duration(end - start), unit::duration(step)));
        }
    }
    if let Some(link) = model.link().filter(|link| link.took > 0.0) {
        said.push(format!("the server took {}", unit::Unit::Seconds.format(link.took / 1_000.0, None)));
    }
    if let State::Stale { reason, .. } = data.state(model.present()) {
        said.push(format!("⚠ {reason}"));
    }
    let mut x = words::line(buf, line, &said.join(" · "), theme.dim);
    let mut put = |text: &str, style| {
        let after = x + u16::from(x > 0) * 2;
        let spot = Rect { x: line.x + after, width: line.width.saturating_sub(after), ..line };
        x = after + words::line(buf, spot, text, style);
    };
    if let Some(note) = data.notes.first() {
        let more = data.notes.len() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        put(&format!("ⓘ {note}{more}"), theme.warn);
    }
    // A table says it itself.
    let common = if ran.shape() == Shape::Range { ran.common() } else { String::new() };
    if !common.is_empty() {
        put(&format!("all: {common}"), theme.dim);
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
