//! What the terminal is told when an alert begins to fire, what of an incident is there again after a restart, and links.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::Screen;

/// A target that says one number, whichever it is set to; it lives as long as the test program.
struct Dial {
    port: u16,
    number: Arc<AtomicU64>,
}

impl Dial {
    fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let number = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&number);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, told.load(Ordering::SeqCst));
            }
        });
        Self { port, number }
    }

    fn turn(&self, to: u64) {
        self.number.store(to, Ordering::SeqCst);
    }
}

fn answer(mut stream: TcpStream, number: u64) {
    let mut request = [0; 4096];
    if matches!(stream.read(&mut request), Ok(1..)) {
        let body = format!("# TYPE sick gauge\nsick {number}\n");
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close";
        stream.write_all(format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes()).ok();
    }
}

const RULES: &str = "groups:
- name: g
  interval: 1s
  rules:
  - alert: Sick
    expr: sick > 0
    labels: {severity: critical}
    annotations: {summary: 'it is sick', runbook_url: 'https://runbooks.example.org/ours'}
";

const OURS: &str = "# Ours\n\n- [ ] look at it\n\nSee [the page](https://runbooks.example.org/page) or \
[a trap](https://h/\u{1b}\\\u{1b}]0;owned\u{7}) or [a script](javascript:alert(1)).\n";

/// Opens a screen on `dial` with the rules and the runbook, its state in `folder`.
fn open(dial: &Dial, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Screen {
    let (rules, books) = (folder.join("rules.yaml"), folder.join("books"));
    std::fs::write(&rules, RULES).expect("written");
    std::fs::create_dir_all(&books).expect("made");
    std::fs::write(books.join("ours.md"), OURS).expect("written");
    let (rules, books, state) =
        (rules.display().to_string(), books.display().to_string(), folder.display().to_string());
    let target = format!("127.0.0.1:{}", dial.port);
    let usual = ["--target", &target, "--interval", "1s", "--utc", "--rules", &rules, "--runbook-dir", &books];
    let around = [("TERM", "xterm-256color"), ("XDG_STATE_HOME", state.as_str())];
    Screen::open_as(&[&usual, arguments].concat(), 120, 40, &[&around, environment].concat())
}

/// How many bells and how many notices came so far.
fn alarms(screen: &Screen) -> (usize, usize) {
    let raw = screen.raw.lock().expect("not poisoned").clone();
    let text = String::from_utf8_lossy(&raw).into_owned();
    (text.matches('\u{7}').count(), text.matches("\u{1b}]9;Sick is firing\u{1b}\\").count())
}

#[test]
fn bell_and_notice_come_once_for_each_time_that_an_alert_begins_to_fire() {
    for (arguments, bells, notices) in
        [(&["--notify"][..], 1, 1), (&[], 1, 0), (&["--bell", "off"], 0, 0), (&["--bell", "off", "--notify"], 0, 1)]
    {
        let (dial, folder) = (Dial::serve(), tempfile::tempdir().expect("a folder"));
        let mut screen = open(&dial, folder.path(), arguments, &[]);
        screen.wait_for("● no alerts");
        for times in 1..=2 {
            assert_eq!(alarms(&screen), (bells * (times - 1), notices * (times - 1)), "{arguments:?}");
            dial.turn(1);
            screen.wait_for("firing: 1 critical");
            // It fires at more than one evaluation before it is over.
            let count = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            let first = count(&screen.text());
            screen.wait("another second of it", |text| count(text) != first && text.contains("firing: 1 critical"));
            dial.turn(0);
            screen.wait_for("● no alerts");
            assert_eq!(alarms(&screen), (bells * times, notices * times), "{arguments:?}");
        }
        screen.press("q");
        assert_eq!(screen.end(), 0);
        screen.assert_restored();
    }
}

#[test]
fn what_fires_before_anybody_looks_rings_no_bell() {
    let (dial, folder) = (Dial::serve(), tempfile::tempdir().expect("a folder"));
    dial.turn(1);
    let mut screen = open(&dial, folder.path(), &["--notify"], &[]);
    screen.wait_for("firing: 1 critical");
    screen.press("q");
    screen.end();
    assert_eq!(alarms(&screen), (0, 0));
}

#[test]
fn notes_ticks_and_changes_of_an_incident_are_there_again_after_a_restart() {
    let (dial, folder) = (Dial::serve(), tempfile::tempdir().expect("a folder"));
    let mut screen = open(&dial, folder.path(), &[], &[]);
    screen.wait_for("● no alerts");
    dial.turn(1);
    screen.wait_for("firing: 1 critical");
    screen.press("a");
    screen.wait_for("Incident log");
    screen.press("r");
    screen.wait_for("Runbook: Ours");
    screen.press("\t ");
    screen.wait_for("[x] look at it");
    screen.press("n");
    screen.press("a customer called: größe\r");
    screen.press("\x1b");
    screen
        .wait("the log", |text| text.contains("✎ a customer called: größe") && text.contains("[x] look at it (ours)"));
    screen.press("q");
    assert_eq!(screen.end(), 0);

    let mut screen = open(&dial, folder.path(), &[], &[]);
    screen.wait_for("firing: 1 critical");
    screen.press("a");
    let text = screen.wait("the log of the run before", |text| {
        text.contains("✎ a customer called: größe") && text.contains("[x] look at it (ours)")
    });
    // The incident goes on: it began once.
    assert_eq!(text.matches("✗ Sick firing").count(), 1, "{text}");
    screen.press("r");
    screen.wait_for("[x] look at it");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn links_are_the_terminals_where_it_is_known_to_have_them() {
    const BARE: [(&str, &str); 6] =
        [("TMUX", ""), ("STY", ""), ("ZELLIJ", ""), ("TERM_PROGRAM", ""), ("VTE_VERSION", ""), ("WT_SESSION", "")];
    for (arguments, term, is_link) in [
        (&[][..], "xterm-256color", false),
        (&[], "xterm-kitty", true),
        (&["--links", "off"], "xterm-kitty", false),
        (&["--links", "on"], "xterm-256color", true),
    ] {
        let (dial, folder) = (Dial::serve(), tempfile::tempdir().expect("a folder"));
        let mut screen = open(&dial, folder.path(), arguments, &[&BARE[..], &[("TERM", term)]].concat());
        screen.wait_for("● no alerts");
        screen.press("Bours\r");
        // Whatever becomes of it, the address can be read.
        screen.wait("the runbook", |text| text.contains("the page [1: https://runbooks.example.org/page]"));
        screen.press("q");
        screen.end();
        let raw = screen.raw.lock().expect("not poisoned").clone();
        let text = String::from_utf8_lossy(&raw);
        assert_eq!(text.contains(";https://runbooks.example.org/page\u{1b}\\"), is_link, "{arguments:?} in {term}");
        assert_eq!(text.matches("\u{1b}]8;id=").count(), text.matches("\u{1b}]8;;\u{1b}\\").count(), "all are closed");
        assert!(!text.contains("\u{1b}]0;") && !text.contains(";javascript:") && !text.contains('\u{7}'), "{text:?}");
    }
}
