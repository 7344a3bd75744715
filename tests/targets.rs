//! The list of the targets: what is wrong with any of them is seen without looking for it.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "the recorded cluster is for others")]
mod cluster;

use cluster::{NOW, draw, text};
use crossterm::event::{KeyCode, KeyEvent};
use shtop::app::{Message, Model, update};
use shtop::source::{Event, Health, Status, TargetStatus};
use shtop::theme::Depth;

fn target(number: usize, health: Health) -> TargetStatus {
    TargetStatus {
        url: format!("http://10.0.0.{number}:9090/metrics"),
        job: "streamhouse-agent".to_owned(),
        instance: format!("10.0.0.{number}:9090"),
        health,
        since: NOW - 60_000,
        last_scrape: Some(NOW - 4_000),
        last_success: Some(NOW - 4_000),
        took: 2.0,
        samples: 100,
        families: (10, 0),
        unreadable: 0,
        diagnoses: Vec::new(),
    }
}

fn tell(model: &mut Model, targets: Vec<TargetStatus>) {
    let status = Status { at: NOW, targets, ..Status::default() };
    update(model, Message::Source(Event::Status(Box::new(status))));
}

fn press(model: &mut Model, code: KeyCode) {
    update(model, Message::Key(KeyEvent::from(code)));
}

/// Thirty targets, of which these do not answer.
fn thirty(down: &[usize]) -> Vec<TargetStatus> {
    let refused = || Health::Down { reason: "connection refused".to_owned() };
    let health = |n| if down.contains(&n) { refused() } else { Health::Up };
    (1..=30).map(|n| target(n, health(n))).collect()
}

#[test]
fn of_many_targets_the_one_that_is_down_is_seen_first_on_the_smallest_common_screen() {
    let mut model = cluster::model(80, 24);
    tell(&mut model, thirty(&[]));
    tell(&mut model, thirty(&[27]));
    press(&mut model, KeyCode::Char('4'));
    let screen = text(&draw(&model, Depth::Indexed));
    let first = screen.lines().find(|line| line.contains("10.0.0.")).expect("a target");
    assert!(first.contains("✗") && first.contains("10.0.0.27:9090") && first.contains("refused"), "{screen}");
    assert!(screen.contains("http://10.0.0.27:9090/metrics"), "its detail is shown: {screen}");
}

#[test]
fn the_cursor_stays_on_its_target_when_another_one_goes_down() {
    let mut model = cluster::model(80, 24);
    tell(&mut model, thirty(&[]));
    press(&mut model, KeyCode::Char('4'));
    press(&mut model, KeyCode::Down);
    assert_eq!(model.selected_target().expect("a target").instance, "10.0.0.2:9090");
    tell(&mut model, thirty(&[27, 30]));
    assert_eq!(model.selected_target().expect("a target").instance, "10.0.0.2:9090");
    assert_eq!(model.target, 3);
    tell(&mut model, thirty(&[]));
    assert_eq!(model.target, 1);
}

#[test]
fn a_target_of_which_nothing_could_be_kept_does_not_seem_to_expose_nothing() {
    let mut model = cluster::model(120, 40);
    let why = "96 samples not kept: with a time too old or too far ahead".to_owned();
    tell(&mut model, vec![TargetStatus { samples: 0, diagnoses: vec![why.clone()], ..target(1, Health::Up) }]);
    press(&mut model, KeyCode::Char('4'));
    let screen = text(&draw(&model, Depth::Indexed));
    assert!(screen.contains("nothing of what it exposes could be kept") && screen.contains(&why), "{screen}");
    assert!(!screen.contains("exposes nothing"), "{screen}");
}
