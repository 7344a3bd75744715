//! Keys that the configuration puts in the place of others.

use std::fs;
use std::path::Path;

use super::{BODY, Screen, Target};

fn config(name: &str, keys: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, format!("[keys]\n{keys}")).expect("it can be written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_remapped_key_works_and_is_shown_where_keys_are_shown() {
    let file = config("keys.toml", "freeze = \"p\"\nquit = \"ctrl-q\"\n");
    let target = Target::serve(BODY);
    let address = format!("127.0.0.1:{}", target.port);
    let mut screen = Screen::open(&["--target", &address, "--config", &file, "--interval", "1s"], 160, 40);
    screen.wait("the footer with the keys in use", |s| {
        s.contains("1/1 target up") && s.contains("p freeze") && s.contains("Ctrl-Q quit")
    });
    screen.press("p");
    screen.wait("the frozen screen", |s| s.contains("‖ to "));
    screen.press("?");
    let help = screen.wait_for(" Keys ");
    assert!(!help.contains("Space freeze"), "{help}");
    // What `q` was for is gone, also in a popup.
    screen.press("q");
    screen.press("\u{1b}");
    screen.wait("no help", |s| !s.contains(" Keys "));
    screen.press("\u{11}");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn a_key_that_would_do_two_things_is_refused_before_anything_is_drawn() {
    let file = config("clash.toml", "freeze = \"q\"\n");
    let mut screen = Screen::open(&["--target", "127.0.0.1:1", "--config", &file], 120, 20);
    let said = screen.wait_for("would do two things");
    assert!(said.contains("clash.toml:2:10") && said.contains("anywhere.quit (built in)"), "{said}");
    assert_eq!(screen.end(), 2);
}
