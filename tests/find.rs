//! Finding things: time ranges, filters, variables and the palette, by keys and mouse over the demo's cluster. Nothing here
//! waits or touches a network.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
mod cluster;
#[path = "find/filter.rs"]
mod filter;
#[path = "find/keepsake.rs"]
mod keepsake;
#[path = "find/palette.rs"]
mod palette;
#[path = "find/picker.rs"]
mod picker;
#[path = "find/time.rs"]
mod time;

use std::fmt::Write as _;

use cluster::{draw, drawn, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use shtop::app::{Message, Model};
use shtop::exposition::Format;
use shtop::source::fetch::Body;
use shtop::source::{Plan, Replay, Seed};
use shtop::store::{Created, Limits};
use shtop::theme::Depth;

/// The sizes at which every popup is looked at.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn code(code: KeyCode) -> Message {
    Message::Key(KeyEvent::from(code))
}

fn ctrl(c: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

/// Types a line, one key after the other. Gives the last plan that came of it.
fn type_in(model: &mut Model, line: &str, source: &Replay) -> Option<Plan> {
    line.chars().filter_map(|c| cluster::tell(model, code(KeyCode::Char(c)), source)).last()
}

fn screen(model: &Model) -> String {
    text(&draw(model, Depth::TrueColor))
}

/// The column and line of the first place where the screen says so.
fn find(model: &Model, words: &str) -> (u16, u16) {
    let screen = screen(model);
    let mut lines = screen.lines().enumerate();
    let found = lines.find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((line[..at].chars().count() as u16, y as u16))
    });
    assert!(found.is_some(), "{words:?} is not on the screen:\n{screen}");
    found.expect("it was just asserted")
}

fn click(model: &Model, at: (u16, u16)) -> Message {
    mouse(model, MouseEventKind::Down(MouseButton::Left), at)
}

fn wheel(model: &Model, at: (u16, u16)) -> Message {
    mouse(model, MouseEventKind::ScrollDown, at)
}

fn mouse(model: &Model, kind: MouseEventKind, (column, row): (u16, u16)) -> Message {
    let (_, zones) = drawn(model, Depth::TrueColor);
    Message::Mouse(zones.point(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }, model.now))
}

/// Names that mean harm: they move cursors, hide, are wide, or do not end.
const HOSTILE: [&str; 5] =
    ["\u{1b}[31mred", "a\u{202e}b\u{200d}c", "日本語のとても長い名前", "x=\\\"y\\\",z", "{}!~/: "];

/// One agent whose topics have hostile names, and one that is very long.
fn hostile() -> Replay {
    let mut source = Replay::new(cluster::targets(), Limits::default(), Created::default(), cluster::NOW - 10_000);
    for at in [cluster::NOW - 5_000, cluster::NOW] {
        let mut text = String::from("# TYPE streamhouse_consumer_lag gauge\n");
        let long = "very-".repeat(200);
        for (i, topic) in HOSTILE.iter().copied().chain([long.as_str()]).enumerate() {
            // Writing into a string cannot fail.
            writeln!(
                text,
                "streamhouse_consumer_lag{{topic=\"{topic}\",partition=\"{i}\",consumer_group=\"{topic}\"}} {i}"
            )
            .ok();
        }
        source.feed(Seed { target: 0, at, body: Some(Body::new(Format::Text, text.into_bytes())) });
    }
    source
}
