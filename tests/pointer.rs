//! The mouse, the help and pasting over the demo's outage: what is found on the screen is clicked where it stands. Nothing
//! here waits or touches a network.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/answered.rs"]
mod answered;
#[allow(dead_code, reason = "the dashboards' tests use the rest")]
#[path = "support/cluster.rs"]
mod cluster;

#[path = "pointer/bars.rs"]
mod bars;
#[path = "pointer/charts.rs"]
mod charts;
#[path = "pointer/lists.rs"]
mod lists;
#[path = "pointer/manual.rs"]
mod manual;
#[path = "pointer/paste.rs"]
mod paste;
#[path = "pointer/steps.rs"]
mod steps;

use std::sync::OnceLock;

use cluster::{draw, drawn, replay, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use shtop::app::{Choice, Cluster, Command, Message, Model, Origin, Setup, Zones};
use shtop::demo::Scenario;
use shtop::layout;
use shtop::rules;
use shtop::runbook::Library;
use shtop::source::{AlertReport, Event, Replay};
use shtop::theme::Depth;

/// The sizes at which everything is tried.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

const LEFT: MouseButton = MouseButton::Left;

/// The outage with its alerts as they are after the history, made once.
fn outage() -> &'static (Replay, AlertReport) {
    static OUTAGE: OnceLock<(Replay, AlertReport)> = OnceLock::new();
    OUTAGE.get_or_init(|| {
        let mut source = replay(Scenario::S3Outage).with_rules(vec![rules::builtin()], 15_000);
        let report = source.judge().expect("rules are due");
        (source, report)
    })
}

/// A screen of this size over the outage, with the tour as its last dashboard, two contexts and three runbooks of its own.
fn screen(width: u16, height: u16) -> Model {
    let mut cluster: Cluster = cluster::cluster(Origin::Scrape);
    let tour = layout::parse("tour.toml", include_str!("../assets/layouts/tour.toml")).expect("the tour is sound");
    cluster.dashboards.push(tour);
    cluster.context = Some("east".to_owned());
    let runbook = |name: &str| (name.to_owned(), format!("# {name}\n\n- [ ] one\n- [ ] two\n\n[other](beta.md)\n"));
    cluster.library = Library::new(["alpha.md", "beta.md", "gamma.md"].map(runbook).to_vec());
    let choice = |name: &str| Choice { name: name.to_owned(), source: format!("{name}.example"), color: None };
    let mut model = Model::new(Setup {
        cluster,
        contexts: ["east", "west"].map(choice).to_vec(),
        now: cluster::NOW,
        zone: jiff::tz::TimeZone::UTC,
        size: (width, height),
        mouse: true,
    });
    act(&mut model, Message::Resize(width, height));
    act(&mut model, Message::Source(Event::Alerts(Box::new(outage().1.clone()))));
    press(&mut model, "1");
    model
}

/// Tells the model something over the outage; what else it wants done than to watch.
fn act(model: &mut Model, message: Message) -> Vec<Command> {
    answered::act(model, message, &outage().0)
}

fn code(model: &mut Model, code: KeyCode) -> Vec<Command> {
    act(model, Message::Key(KeyEvent::from(code)))
}

fn press(model: &mut Model, keys: &str) -> Vec<Command> {
    let of = |c| match c {
        '\n' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        '\u{1b}' => KeyCode::Esc,
        c => KeyCode::Char(c),
    };
    keys.chars().flat_map(|c| code(model, of(c))).collect()
}

fn shown(model: &Model) -> String {
    text(&draw(model, Depth::TrueColor))
}

/// The column and line of the first place on the screen that says so.
fn find(model: &Model, words: &str) -> (u16, u16) {
    let screen = shown(model);
    let found = screen.lines().enumerate().find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((line[..at].chars().count() as u16, y as u16))
    });
    assert!(found.is_some(), "{words:?} is not on the screen:\n{screen}");
    found.expect("it was just asserted")
}

/// What the mouse does at a place, over what is on the screen.
fn mouse(model: &mut Model, kind: MouseEventKind, at: (u16, u16), modifiers: KeyModifiers) -> Vec<Command> {
    let (_, zones) = drawn(model, Depth::TrueColor);
    point(model, &zones, kind, at, modifiers)
}

/// The same over what was on the screen when these zones were drawn.
fn point(
    model: &mut Model,
    zones: &Zones,
    kind: MouseEventKind,
    (column, row): (u16, u16),
    modifiers: KeyModifiers,
) -> Vec<Command> {
    let now = model.now;
    act(model, Message::Mouse(zones.point(MouseEvent { kind, column, row, modifiers }, now)))
}

/// The button goes down and up.
fn click_at(model: &mut Model, at: (u16, u16)) -> Vec<Command> {
    // Long enough after whatever was clicked before, and not so long that the data is old.
    model.now += 450;
    again_at(model, at)
}

/// The second click of two.
fn again_at(model: &mut Model, at: (u16, u16)) -> Vec<Command> {
    let mut done = mouse(model, MouseEventKind::Down(LEFT), at, KeyModifiers::NONE);
    done.extend(mouse(model, MouseEventKind::Up(LEFT), at, KeyModifiers::NONE));
    done
}

/// Clicks the first place that says so.
fn click(model: &mut Model, words: &str) -> Vec<Command> {
    let at = find(model, words);
    click_at(model, at)
}

fn double(model: &mut Model, words: &str) -> Vec<Command> {
    let at = find(model, words);
    let mut done = click_at(model, at);
    done.extend(again_at(model, at));
    done
}

fn wheel(model: &mut Model, at: (u16, u16), down: bool) {
    let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
    mouse(model, kind, at, KeyModifiers::NONE);
}

/// The symbols of a column of the screen.
fn column(buffer: &Buffer, x: u16) -> String {
    (0..buffer.area.height).map(|y| buffer[(x, y)].symbol().chars().next().unwrap_or(' ')).collect()
}

#[test]
fn any_click_anywhere_leaves_a_screen_that_can_be_drawn() {
    // The same sequence every time.
    let mut seed = 7_u64;
    let mut next = |n: u16| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) % u64::from(n.max(1))) as u16
    };
    let kinds = [
        MouseEventKind::Down(LEFT),
        MouseEventKind::Up(LEFT),
        MouseEventKind::Drag(LEFT),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Down(MouseButton::Right),
    ];
    for (width, height) in [(40, 12), (80, 24), (120, 30)] {
        let mut model = screen(width, height);
        for key in ["", "a", "a\n", "B\n", "L", "?", "t", "v", ":", "w", "C", "x", "4", "5", "d", "f"] {
            press(&mut model, key);
            for _ in 0..10 {
                let (buffer, zones) = drawn(&model, Depth::Indexed);
                let kind = kinds[usize::from(next(kinds.len() as u16))];
                let modifiers = if next(4) == 0 { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                model.now += i64::from(next(700));
                let at = (next(width + 2), next(height + 2));
                if let Some(zone) = zones.at(at) {
                    assert_eq!(zone.area.intersection(buffer.area), zone.area, "{zone:?} is outside the screen");
                }
                point(&mut model, &zones, kind, at, modifiers);
            }
            press(&mut model, "\u{1b}\u{1b}\u{1b}\u{1b}1");
        }
    }
}
