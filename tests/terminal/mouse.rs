//! The mouse and pasting as a terminal sends them.

use super::{BODY, Screen, Target};

/// The place of `words` as a terminal counts: from 1, column first.
fn place(screen: &Screen, words: &str) -> (usize, usize) {
    let text = screen.wait_for(words);
    let mut lines = text.lines().enumerate();
    let found = lines.find_map(|(y, line)| Some((line[..line.find(words)?].chars().count() + 1, y + 1)));
    found.expect("it was waited for")
}

fn click(screen: &mut Screen, words: &str) {
    let (x, y) = place(screen, words);
    screen.press(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
}

fn watched(target: &Target) -> Screen {
    let address = format!("127.0.0.1:{}", target.port);
    let screen = Screen::open(&["--target", &address, "--interval", "1s", "--utc"], 120, 40);
    screen.wait_for("1/1 target up");
    screen
}

#[test]
fn header_footer_and_popups_are_clicked() {
    let target = Target::serve(BODY);
    let mut screen = watched(&target);
    click(&mut screen, "target up");
    screen.wait_for("Selected target");
    click(&mut screen, "1 ");
    screen.wait_for("[1 Overview]");
    click(&mut screen, "t time");
    click(&mut screen, "last 15m");
    screen.wait("the range", |s| s.contains("last 15m") && !s.contains("Time range"));
    click(&mut screen, "? help");
    screen.wait_for(" Keys ");
    // The wheel, then a click beside it.
    screen.press("\x1b[<65;40;20M");
    screen.press("\x1b[<0;2;1M\x1b[<0;2;1m");
    screen.wait("the help closed", |s| !s.contains(" Keys "));
    click(&mut screen, "q quit");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn the_mouse_is_lent_and_taken_back() {
    let target = Target::serve(BODY);
    let mut screen = watched(&target);
    let mode = |screen: &Screen| screen.parser.lock().expect("not poisoned").screen().mouse_protocol_mode();
    assert_ne!(mode(&screen), vt100::MouseProtocolMode::None);
    screen.press("m");
    screen.wait_for("m takes it back");
    assert_eq!(mode(&screen), vt100::MouseProtocolMode::None);
    screen.press("m");
    screen.wait("the mouse taken back", |s| !s.contains("takes it back"));
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn what_is_pasted_into_a_dashboard_does_not_quit_and_into_a_filter_filters() {
    let target = Target::serve(BODY);
    let mut screen = watched(&target);
    assert!(screen.parser.lock().expect("not poisoned").screen().bracketed_paste());
    screen.press("\x1b[200~q\nqa\x1b[201~");
    screen.wait_for("what was pasted is dropped");
    screen.press("/");
    screen.press("\x1b[200~consumer\rlag\n\x1b[201~");
    screen.wait_for("filter: consumer lag");
    screen.press("\x1b");
    screen.wait("no filter", |s| !s.contains("filter: "));
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}
