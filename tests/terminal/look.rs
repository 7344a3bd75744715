//! Layouts and themes that change while they are on the screen, and terminals without more than ASCII.

use std::fs;
use std::path::{Path, PathBuf};

use super::{BODY, Screen, Target};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

fn layout(title: &str, kind: &str) -> String {
    format!(
        "title = \"Mine\"\n[[panel]]\ntitle = \"{title}\"\nkind = \"{kind}\"\npos = [0, 0, 24, 8]\n\
         [[panel.query]]\nexpr = 'streamhouse_agents_active'\nlegend = \"agents\"\n"
    )
}

#[test]
fn a_layout_that_changes_is_read_again_and_a_broken_one_leaves_the_last_good_one() {
    let file = folder("reload").join("mine.toml");
    fs::write(&file, layout("First words", "stat")).expect("it can be written");
    let target = Target::serve(BODY);
    let mut screen = Screen::open(
        &[
            "--target",
            &format!("127.0.0.1:{}", target.port),
            "--layout",
            file.to_str().expect("UTF-8"),
            "--interval",
            "1s",
        ],
        100,
        30,
    );
    screen.wait("the panel", |s| s.contains("First words") && s.contains("1/1 target up"));
    fs::write(&file, layout("Other words", "timeseries")).expect("it can be written");
    screen.wait("the changed panel", |s| s.contains("Other words") && !s.contains("First words"));
    fs::write(&file, layout("Third words", "satt")).expect("it can be written");
    let broken = screen.wait("what is wrong", |s| s.contains("unknown kind"));
    assert!(broken.contains("the layout of before stays") && broken.contains("mine.toml:4:8"), "{broken}");
    assert!(broken.contains("Other words"), "the last good one stays:\n{broken}");
    fs::write(&file, layout("Third words", "stat")).expect("it can be written");
    screen.wait("the mended panel", |s| s.contains("Third words") && !s.contains("of before stays"));
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_theme_file_colours_the_screen_and_is_read_again() {
    let file = folder("theme").join("mine.toml");
    fs::write(&file, "base = \"light\"\nback = \"#010203\"\n").expect("it can be written");
    let target = Target::serve(BODY);
    let mut screen = Screen::open(
        &[
            "--target",
            &format!("127.0.0.1:{}", target.port),
            "--theme",
            file.to_str().expect("UTF-8"),
            "--color",
            "true",
        ],
        100,
        30,
    );
    screen.wait_for("1/1 target up");
    let ground = |screen: &Screen, rgb: (u8, u8, u8)| {
        screen.wait("the ground", |_| {
            let parser = screen.parser.lock().expect("not poisoned");
            parser.screen().cell(20, 50).is_some_and(|c| c.bgcolor() == vt100::Color::Rgb(rgb.0, rgb.1, rgb.2))
        })
    };
    ground(&screen, (1, 2, 3));
    fs::write(&file, "base = \"light\"\nback = \"#0a0b0c\"\n").expect("it can be written");
    ground(&screen, (10, 11, 12));
    fs::write(&file, "base = \"lihgt\"\n").expect("it can be written");
    screen.wait("what is wrong", |s| s.contains("the theme of before stays") && s.contains("mine.toml:1:8"));
    ground(&screen, (10, 11, 12));
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_broken_theme_is_refused_before_anything_is_drawn() {
    let file = folder("refused").join("mine.toml");
    fs::write(&file, "txet = \"#ffffff\"\n").expect("it can be written");
    let mut screen = Screen::open(&["demo", "--theme", file.to_str().expect("UTF-8")], 100, 30);
    assert_eq!(screen.end(), 2);
    let said = screen.text();
    assert!(said.contains("unknown key \"txet\" in a theme") && said.contains("did you mean \"text\"?"), "{said}");
}

#[test]
fn nothing_but_ascii_reaches_a_terminal_that_has_nothing_else() {
    for (arguments, term) in [(&["--drawing", "ascii"][..], "xterm-256color"), (&[][..], "linux")] {
        let target = Target::serve(BODY);
        let mut screen = Screen::open_as(
            &[&["--target", &format!("127.0.0.1:{}", target.port), "--interval", "1s"], arguments].concat(),
            100,
            30,
            &[("TERM", term)],
        );
        let text = screen.wait("the lag", |s| s.contains("1/1 target up") && s.contains("1.23 k"));
        assert!(text.is_ascii(), "{text}");
        assert!(text.contains("+--"), "borders are drawn:\n{text}");
        screen.press("?");
        let text = screen.wait_for(" Keys ");
        assert!(text.is_ascii(), "{text}");
        screen.press("\x1b");
        screen.wait("the help closed", |s| !s.contains(" Keys "));
        screen.press("q");
        assert_eq!(screen.end(), 0);
    }
}
