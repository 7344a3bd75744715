//! The real binary in a real pseudo-terminal: what is on the screen, and what is left of the terminal afterwards.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "a real program in a real terminal needs real time")]

#[path = "terminal/alarms.rs"]
mod alarms;
#[path = "terminal/asked.rs"]
mod asked;
#[path = "terminal/files.rs"]
mod files;
#[path = "terminal/keys.rs"]
mod keys;
#[path = "terminal/look.rs"]
mod look;
#[path = "terminal/mouse.rs"]
mod mouse;
#[path = "support/port.rs"]
mod port;
#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use asked::Asked;
use portable_pty::{PtySize, native_pty_system};
use screen::{PATIENCE, Screen};

/// A target in this process that can be stopped: answers every request with `body` until told otherwise.
struct Target {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Target {
    fn serve(body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.expect("a connection");
                let mut request = [0; 4096];
                if !matches!(stream.read(&mut request), Ok(1..)) {
                    continue;
                }
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).ok();
            }
        });
        Self { port, stop, thread: Some(thread) }
    }

    fn kill(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the target ends");
        }
    }
}

const BODY: &str = "# TYPE streamhouse_agents_active gauge\nstreamhouse_agents_active 3\n\
                    # TYPE streamhouse_consumer_lag gauge\n\
                    streamhouse_consumer_lag{topic=\"orders\",partition=\"0\",consumer_group=\"workers\"} 1234\n";

#[test]
fn a_killed_target_is_named_with_its_reason_and_the_last_data_stays() {
    let (mut first, second) = (Target::serve(BODY), Target::serve("streamhouse_uptime_seconds 5\n"));
    let mut screen = Screen::open(
        &[
            "--target",
            &format!("127.0.0.1:{}", first.port),
            &format!("127.0.0.1:{}", second.port),
            "--interval",
            "1s",
            "--utc",
        ],
        100,
        40,
    );
    screen.wait_for("2/2 targets up");
    screen.wait("the lag", |s| s.contains("1.23 k"));
    first.kill();
    screen.wait_for("1 of 2 targets down");
    screen.press("4");
    screen.wait("the reason", |s| s.contains("down for") && s.contains("refused"));
    screen.wait("the other target unharmed", |s| s.contains("1 samples in") || s.contains("1 sample"));
    screen.press("1");
    screen.wait("the old lag, marked as old", |s| s.contains("1.23 k") && s.contains("⚠ stale"));
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn a_query_is_written_over_a_scraped_target_and_is_there_again_the_next_time() {
    let state = tempfile::tempdir().expect("a folder");
    let state = state.path().to_str().expect("a path of text").to_owned();
    let environment = [("TERM", "xterm-256color"), ("XDG_STATE_HOME", state.as_str())];
    let target = Target::serve(BODY);
    let address = format!("127.0.0.1:{}", target.port);
    let arguments = ["--target", address.as_str(), "--interval", "1s", "--utc"];
    let mut screen = Screen::open_as(&arguments, 100, 30, &environment);
    screen.wait_for("1/1 target up");
    screen.press("4x");
    screen.wait_for("Explore");
    screen.press("sum by (topic) (consumer_l");
    screen.wait_for("1 of ");
    screen.press("\t");
    screen.wait_for("(streamhouse_consumer_lag");
    screen.press("{top");
    screen.wait("the label", |s| s.contains("labels ") && s.contains("›topic"));
    screen.press("\t");
    screen.wait("the value", |s| s.contains("values ") && s.contains("›orders"));
    screen.press("\t})");
    screen.wait_for("✓ instant vector");
    screen.press("\r\x14");
    screen.wait("the result", |s| s.contains("orders  1,234"));
    screen.press("\x03");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();

    let mut screen = Screen::open_as(&arguments, 100, 30, &environment);
    screen.wait_for("1/1 target up");
    screen.press("4x\x1b[A");
    screen.wait_for("sum by (topic) (streamhouse_consumer_lag{topic=\"orders\"})");
    screen.press("\r");
    screen.wait_for("1 series");
    screen.press("\x1b");
    screen.wait_for("Selected target");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn the_demo_fills_every_size_and_survives_resizing() {
    let mut screen = Screen::open(&["demo", "--seed", "7"], 120, 40);
    screen.wait("the overview", |s| {
        s.contains("DEMO s3-outage") && s.contains("System Health") && s.contains("4/4 targets up")
    });
    for (cols, rows) in [(80, 24), (200, 60), (40, 12), (10, 3), (1, 1), (300, 100), (80, 24)] {
        screen.resize(cols, rows);
        if cols >= 80 {
            screen.wait("the overview at this size", |s| {
                s.contains("System Health") && s.lines().last().is_some_and(|l| l.contains("quit"))
            });
        }
    }
    screen.press("2");
    screen.wait_for("S3 Error Rate");
    screen.press("3");
    screen.wait_for("Lease Conflicts");
    screen.press("?");
    screen.wait_for(" Keys ");
    screen.press("\x1b");
    screen.wait("the help closed", |s| !s.contains(" Keys "));
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn every_signal_that_ends_it_leaves_a_sound_terminal() {
    use rustix::process::Signal;
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)] {
        let mut screen = Screen::open(&["demo", "--scenario", "calm"], 80, 24);
        screen.wait_for("4/4 targets up");
        screen.signal(signal);
        assert_eq!(screen.end(), status, "{signal:?}");
        screen.assert_restored();
    }
}

#[test]
fn a_terminal_that_stops_reading_holds_up_neither_signals_nor_keys() {
    for stop in ["TERM", "q"] {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 200, cols: 400, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo-terminal can be opened");
        let mut command = screen::command();
        command.args(["demo", "--scenario", "calm", "--color", "true"]);
        let mut child = pair.slave.spawn_command(command).expect("shtop starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let mut writer = pair.master.take_writer().expect("the terminal can be written");
        // Read up to the first frame, which is far larger than what a terminal holds, and no further.
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !seen.ends_with(b"\x1b[?2026h") {
            reader.read_exact(&mut byte).expect("it writes a frame");
            seen.extend_from_slice(&byte);
        }
        let expected = if stop == "q" {
            writer.write_all(b"q").expect("the terminal takes keys");
            0
        } else {
            let id = i32::try_from(child.process_id().expect("it runs")).expect("a pid fits");
            let pid = rustix::process::Pid::from_raw(id).expect("not zero");
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the signal is sent");
            143
        };
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().ok();
                panic!("{stop}: held up by a terminal that does not read");
            }
            thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.exit_code(), expected, "{stop}");
        // What was on its way is thrown away; the words that give the terminal back are not.
        let mut rest = Vec::new();
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut bytes) {
            rest.extend_from_slice(&bytes[..n]);
        }
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.contains("\x1b[?1049l") && rest.contains("\x1b[?25h"), "{stop}: left as it was");
    }
}

#[test]
fn suspended_it_gives_the_terminal_back_and_takes_it_again() {
    use rustix::process::Signal;
    let mut screen = Screen::open(&["demo", "--scenario", "calm"], 80, 24);
    screen.wait_for("4/4 targets up");
    screen.signal(Signal::TSTP);
    screen.assert_restored();
    screen.signal(Signal::CONT);
    screen.wait_for("4/4 targets up");
    assert!(screen.parser.lock().expect("not poisoned").screen().alternate_screen());
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn without_colours_no_colour_is_written_but_the_screen_is_whole() {
    let mut screen =
        Screen::open_as(&["demo", "--scenario", "calm"], 100, 40, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
    screen.wait_for("4/4 targets up");
    screen.wait_for("Closed ✓");
    screen.press("q");
    screen.end();
    let raw = screen.raw.lock().expect("not poisoned").clone();
    let text = String::from_utf8_lossy(&raw);
    for colour in ["\x1b[38;5;", "\x1b[38;2;", "\x1b[48;5;", "\x1b[48;2;", "\x1b[31m", "\x1b[32m"] {
        assert!(!text.contains(colour), "{colour:?} was written");
    }
}

#[test]
fn a_dumb_terminal_gets_words_instead_of_escapes() {
    let mut screen = Screen::open_as(&["demo", "--scenario", "calm"], 100, 40, &[("TERM", "dumb")]);
    assert_eq!(screen.end(), 2);
    screen.wait_for("TERM=dumb");
    assert!(!screen.raw.lock().expect("not poisoned").contains(&0x1b), "escapes were written");
}

#[test]
fn text_from_a_target_never_steers_the_terminal() {
    let evil = "streamhouse_consumer_lag{topic=\"a\u{1b}]0;owned\u{7}\u{9b}31m\",partition=\"0\",consumer_group=\"\u{202e}x\"} 77\n";
    let target = Target::serve(evil);
    let mut screen = Screen::open(&["--target", &format!("127.0.0.1:{}", target.port), "--interval", "1s"], 120, 40);
    screen.wait("the series", |s| s.contains("a␛]0;owned␇"));
    screen.press("q");
    screen.end();
    let raw = screen.raw.lock().expect("not poisoned").clone();
    let text = String::from_utf8_lossy(&raw);
    assert!(!text.contains("\x1b]0;") && !text.contains('\u{9b}') && !text.contains('\u{202e}'));
}

#[test]
fn a_prometheus_is_shown_and_its_end_and_return_are_told() {
    let server = Asked::serve("7");
    let port = server.port;
    let mut screen = Screen::open(&["--prometheus", &server.url(), "--interval", "1s", "--range", "5m"], 140, 40);
    screen.wait_for("Prometheus 9.87");
    screen.wait("a value", |text| text.contains("Active Leases") && text.contains('7'));
    screen.press("4");
    screen.wait_for("far:1");
    let text = screen.wait_for("last refresh: ");
    assert!(text.contains(&format!("http://127.0.0.1:{port}, Prometheus 9.87.6")), "{text}");
    screen.press("1");
    drop(server);
    let text = screen.wait_for("down for");
    assert!(text.contains("Prometheus 9.87 down for"), "{text}");
    screen.wait("the data's age", |text| text.contains("old") && text.contains("stale"));
    let again = Asked::serve_at(&format!("127.0.0.1:{port}"), "8");
    screen.press("R");
    screen.wait("its return", |text| text.contains("● Prometheus 9.87") && !text.contains("stale"));
    drop(again);
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_restored();
}

#[test]
fn another_context_is_gone_over_to_while_the_one_that_is_shown_is_down() {
    let server = Asked::serve("7");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let text = format!(
        "[contexts.east]\nprometheus = \"http://127.0.0.1:1\"\ncolor = \"red\"\n\
         [contexts.west]\nprometheus = \"{}\"\nread-only = true\n\
         [contexts.worn]\nprometheus = \"{}\"\nrules = [\"missing.yaml\"]\nlayouts = [\"missing.toml\"]\n",
        server.url(),
        server.url()
    );
    std::fs::write(&file, text).expect("it can be written");
    let file = file.display().to_string();
    let mut screen = Screen::open(&["--config", &file, "--context", "east"], 140, 40);
    screen.wait("that it is down", |text| text.contains(" east ") && text.contains("down for"));
    screen.press("C");
    let text = screen.wait_for("Contexts");
    assert!(text.contains("● ") && text.contains("west") && text.contains(&server.url()), "{text}");
    screen.press("jj\r");
    screen.wait("why it cannot be shown", |text| text.contains("missing.toml") && text.contains(" east "));
    screen.press("Cj\r");
    let text = screen.wait("the other context", |text| text.contains("Prometheus 9.87") && text.contains("read-only"));
    assert!(text.contains(" west ") && !text.contains("down for"), "{text}");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_rule_file_with_a_fault_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n").expect("it can be written");
    let file = file.display().to_string();
    let mut screen = Screen::open(&["--target", "127.0.0.1:1", "--rules", &file], 200, 20);
    assert_eq!(screen.end(), 2);
    let text = screen.text();
    assert!(text.contains("rules.yaml:5:") && text.contains('^'), "{text}");
}

#[test]
fn a_server_that_takes_connections_and_says_nothing_is_named_within_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    // A machine with too much to do is slow at everything: it is soon if it is soon once.
    let mut took = Vec::new();
    while took.iter().all(|took| *took >= Duration::from_secs(5)) {
        assert!(took.len() < 5, "told after {took:?}");
        let mut screen = Screen::open(&["--prometheus", &format!("http://{address}")], 80, 24);
        let begin = Instant::now();
        screen.wait_for(&format!("▲ {address}: no answer for"));
        took.push(begin.elapsed());
        screen.wait_for("no answer within 5s");
        screen.press("q");
        assert_eq!(screen.end(), 0);
    }
}
