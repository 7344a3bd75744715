//! The screen as a file.

use std::fs;
use std::path::Path;

use super::{BODY, Screen, Target};

/// Types the name over the one that is offered.
fn write(screen: &mut Screen, name: &str) {
    screen.press("e");
    screen.wait_for("write to:");
    screen.press(&format!("\u{15}{name}\r"));
}

#[test]
fn what_is_on_the_screen_is_written_and_never_over_another_file() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder can be made");
    let target = Target::serve(BODY);
    let mut screen = Screen::open(&["--target", &format!("127.0.0.1:{}", target.port), "--interval", "1s"], 120, 30);
    screen.wait_for("1/1 target up");
    for (file, wanted) in [("a.txt", "1/1 target up"), ("a.svg", "</svg>"), ("a.csv", "time,panel,series,query,")] {
        let path = folder.join(file);
        let name = path.to_str().expect("UTF-8");
        write(&mut screen, name);
        screen.wait("that it is written", |s| s.contains("written: ") && path.exists());
        let text = fs::read_to_string(&path).expect("it can be read");
        assert!(text.contains(wanted) && !text.contains("write to:"), "{file}: {text}");
        write(&mut screen, name);
        screen.wait_for("is there already");
        assert_eq!(fs::read_to_string(&path).expect("it can be read"), text);
    }
    write(&mut screen, "/nowhere/at/all.svg");
    screen.wait_for("cannot write /nowhere/at/all.svg");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}
