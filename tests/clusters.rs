//! What the screen says of the cluster that is shown: whose it is, how the line to its server is, under which job its agents
//! run; and that going over to another leaves nothing of it behind.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "the recorded cluster is for others")]
mod cluster;

use cluster::{NOW, cluster, draw, text};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::style::{Color, Modifier};
use shtop::app::{Choice, Cluster, Command, Message, Model, Origin, Overlay, Setup, Wish, update};
use shtop::series::{Labels, Series, Window};
use shtop::source::{Absence, Answer, Event, Health, Link, Plan, Reply, Status, TargetStatus, Traffic};
use shtop::theme::Depth;

fn asked() -> Cluster {
    Cluster { context: Some("prod".to_owned()), color: Some((0xe5, 0x48, 0x4d)), ..cluster(Origin::Prometheus) }
}

fn model(cluster: Cluster, width: u16) -> Model {
    let choice = |name: &str, source: &str| Choice { name: name.to_owned(), source: source.to_owned(), color: None };
    Model::new(Setup {
        cluster,
        contexts: vec![choice("prod", "http://prom:9090"), choice("staging", "agent-1:9090")],
        now: NOW,
        zone: jiff::tz::TimeZone::UTC,
        size: (width, 40),
        mouse: true,
    })
}

fn press(model: &mut Model, code: KeyCode) -> Option<Command> {
    update(model, Message::Key(KeyEvent::from(code)))
}

fn watched(command: Option<Command>) -> Plan {
    match command {
        Some(Command::Watch(plan)) => plan,
        Some(Command::Several(commands)) => watched(commands.into_iter().next()),
        other => panic!("{other:?}"),
    }
}

fn begun(model: &mut Model) -> Plan {
    let (width, height) = model.size;
    watched(update(model, Message::Resize(width, height)))
}

fn link(health: Health) -> Link {
    Link {
        url: "http://prom:9090".to_owned(),
        version: Some("Prometheus 2.42.0+ds".to_owned()),
        health,
        since: NOW - 12_000,
        last_success: Some(NOW - 12_000),
        silent: None,
        next_try: Some(NOW + 3_000),
        took: 8.0,
        skew: 0,
        insecure: false,
        bytes: 30_000,
        requests: 40,
        last: Traffic { bytes: 4_096, requests: 17 },
    }
}

fn tell(model: &mut Model, link: Link, jobs: &[&str]) {
    let target = TargetStatus {
        url: "http://10.0.0.1:9090/metrics".to_owned(),
        job: "streamhouse".to_owned(),
        instance: "10.0.0.1:9090".to_owned(),
        health: Health::Up,
        since: NOW - 60_000,
        last_scrape: Some(NOW - 4_000),
        last_success: Some(NOW - 4_000),
        took: 2.0,
        samples: 0,
        families: (0, 0),
        unreadable: 0,
        diagnoses: Vec::new(),
    };
    let jobs = jobs.iter().map(|job| (*job).to_owned()).collect();
    let status = Status { at: NOW, targets: vec![target], jobs, link: Some(link), ..Status::default() };
    update(model, Message::Source(Event::Status(Box::new(status))));
}

/// An answer of one series to the plan's first ask.
fn answer(plan: &Plan, notes: &[&str]) -> Message {
    let window = Window::aligned(NOW, plan.range, plan.step);
    let series = || Series { labels: Labels::empty(), values: vec![77.0; window.steps()] };
    let reply = || Reply {
        range: vec![series()],
        now: vec![(Labels::empty(), 77.0)],
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        ..Reply::default()
    };
    let replies = plan.asks[0].queries.iter().map(|_| Ok(reply())).collect();
    Message::Source(Event::Answer(Answer {
        revision: plan.revision,
        key: plan.asks[0].key,
        window,
        at: window.end,
        replies,
    }))
}

#[test]
fn what_a_server_holds_is_shown_whole_from_the_start() {
    let mut model = model(asked(), 120);
    assert_eq!(begun(&mut model).range, 3_600_000);
    tell(&mut model, link(Health::Up), &[]);
    assert_eq!(model.shown_range(), 3_600_000);
}

#[test]
fn every_query_is_about_the_job_that_the_agents_run_under() {
    let jobs = |plan: &Plan| {
        let texts = plan.asks.iter().flat_map(|a| a.queries.iter()).chain(plan.variables.iter().map(|v| &v.selector));
        let count = |job: &str| texts.clone().filter(|q| q.text().contains(&format!("job=\"{job}\""))).count();
        (count("streamhouse-agent"), count("streamhouse"))
    };
    let (usual, none) = jobs(&begun(&mut model(asked(), 120)));
    assert!(usual >= 5 && none == 0, "{usual} {none}");
    let renamed = Cluster { job: Some("streamhouse".to_owned()), ..asked() };
    assert_eq!(jobs(&begun(&mut model(renamed, 120))), (0, usual));
}

#[test]
fn the_only_job_that_has_the_metrics_is_offered_and_taken_with_a_key() {
    let mut model = model(asked(), 120);
    begun(&mut model);
    assert!(press(&mut model, KeyCode::Char('J')).is_none());
    tell(&mut model, link(Health::Up), &["a", "b"]);
    assert_eq!(model.offered_job(), None, "nobody knows which of two");
    press(&mut model, KeyCode::Char('4'));
    assert!(text(&draw(&model, Depth::None)).contains("--job takes one of a, b"));
    press(&mut model, KeyCode::Char('1'));
    tell(&mut model, link(Health::Up), &["streamhouse"]);
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("the agents run as job streamhouse, not streamhouse-agent: J shows them"), "{screen}");
    let Some(Command::Open(wish)) = press(&mut model, KeyCode::Char('J')) else { panic!("it is taken") };
    assert_eq!(wish, Wish { context: Some("prod".to_owned()), job: Some("streamhouse".to_owned()) });
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.offered_job(), None, "Esc is no");
    let wrong = Cluster { job: Some("agnets".to_owned()), ..asked() };
    watched(update(&mut model, Message::Opened(Box::new(wrong))));
    tell(&mut model, link(Health::Up), &["streamhouse"]);
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("the agents run as job streamhouse, not agnets: J shows them"), "{screen}");
    let taken = Cluster { job: Some("streamhouse".to_owned()), ..asked() };
    let plan = watched(update(&mut model, Message::Opened(Box::new(taken))));
    tell(&mut model, link(Health::Up), &["streamhouse"]);
    assert!(model.offered_job().is_none() && plan.revision > 1);
}

#[test]
fn the_header_tells_how_the_line_to_the_server_is() {
    let mut model = model(Cluster { insecure: true, read_only: true, ..asked() }, 160);
    begun(&mut model);
    let head = |model: &Model| text(&draw(model, Depth::None)).lines().next().expect("a line").to_owned();
    assert!(head(&model).starts_with(" prod "), "{}", head(&model));
    tell(&mut model, link(Health::Up), &[]);
    let line = head(&model);
    for part in ["● Prometheus 2.42 · 8 ms", "TLS not verified", "read-only", "live 13:44:48"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    tell(&mut model, link(Health::Down { reason: "connection refused".to_owned() }), &[]);
    let line = head(&model);
    for part in ["✗ Prometheus 2.42 down for 12s", "next try in 3s: connection refused", "data 12s old"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("target"), "what it knew of its targets is old: {line}");
    press(&mut model, KeyCode::Char('+'));
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("the last 30m are shown when the server answers"), "{screen}");
    press(&mut model, KeyCode::Char('-'));
    tell(&mut model, Link { silent: Some(NOW - 3_000), ..link(Health::Up) }, &[]);
    let line = head(&model);
    for part in ["▲ Prometheus 2.42: no answer for 3s", "data 12s old"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let silent = Link { version: None, silent: Some(NOW - 3_000), last_success: None, ..link(Health::Unknown) };
    tell(&mut model, silent, &[]);
    assert!(head(&model).contains("▲ prom:9090: no answer for 3s no data yet"), "{}", head(&model));
    tell(&mut model, Link { skew: -90_000, ..link(Health::Up) }, &[]);
    assert!(head(&model).contains("▲ its clock is 1m 30s behind"), "{}", head(&model));
    assert_eq!(model.present(), NOW - 90_000);
    insta::assert_snapshot!("header_of_a_server", head(&model));
}

#[test]
fn the_targets_screen_tells_what_goes_over_the_line() {
    let mut model = model(Cluster { remarks: vec!["a remark".to_owned()], insecure: true, ..asked() }, 100);
    begun(&mut model);
    press(&mut model, KeyCode::Char('4'));
    tell(&mut model, Link { insecure: true, ..link(Health::Down { reason: "refused".to_owned() }) }, &[]);
    insta::assert_snapshot!("targets_of_a_server", text(&draw(&model, Depth::None)));
}

#[test]
fn a_context_wears_its_colour_at_every_depth() {
    for (depth, back) in [
        (Depth::TrueColor, Some(Color::Rgb(0xe5, 0x48, 0x4d))),
        (Depth::Indexed, Some(Color::Indexed(167))),
        (Depth::Ansi, Some(Color::LightRed)),
        (Depth::None, None),
    ] {
        for width in [40, 80, 200] {
            let buffer = draw(&model(asked(), width), depth);
            let (name, bar) = (&buffer[(2, 0)], &buffer[(width - 1, 0)]);
            assert_eq!(name.symbol(), "r", "{width} at {depth:?}");
            if let Some(back) = back {
                assert_eq!(name.bg, back, "{depth:?}");
            }
            let look = |cell: &ratatui::buffer::Cell| (cell.bg, cell.modifier.contains(Modifier::REVERSED));
            assert_ne!(look(name), look(bar), "the block stands out at {depth:?}");
        }
    }
}

#[test]
fn what_is_doubtful_about_a_panel_is_marked_and_told() {
    let mut model = model(asked(), 140);
    let plan = begun(&mut model);
    update(&mut model, answer(&plan, &["PromQL warning: odd", "PromQL info: no counter"]));
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.lines().nth(1).expect("borders").contains("ⓘ 2"), "{screen}");
    assert!(screen.contains("ⓘ PromQL warning: odd (1 of 2; f shows all)"), "{screen}");
    let plan = watched(press(&mut model, KeyCode::Char('f')));
    update(&mut model, answer(&plan, &["PromQL warning: odd", "PromQL info: no counter"]));
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("ⓘ PromQL info: no counter"), "{screen}");
    update(&mut model, answer(&plan, &[]));
    assert!(!text(&draw(&model, Depth::None)).contains('ⓘ'));
}

#[test]
fn only_what_shows_ages_is_drawn_each_second() {
    let mut model = model(asked(), 120);
    assert!(model.ages(), "nothing is known yet");
    let plan = begun(&mut model);
    tell(&mut model, Link { last_success: Some(NOW), ..link(Health::Up) }, &[]);
    update(&mut model, answer(&plan, &[]));
    let before = text(&draw(&model, Depth::None));
    assert!(!model.ages(), "{before}");
    assert!(update(&mut model, Message::Tick(NOW + 7_000)).is_none());
    assert_eq!(text(&draw(&model, Depth::None)), before, "nobody saw seven seconds pass");

    // Sooner or later it is too long since the server said anything.
    update(&mut model, Message::Tick(NOW + 3 * 60_000 + 2_000));
    assert!(model.ages());
    update(&mut model, Message::Tick(NOW));
    tell(&mut model, Link { silent: Some(NOW - 2_000), last_success: Some(NOW), ..link(Health::Up) }, &[]);
    assert!(model.ages());
    tell(&mut model, Link { last_success: Some(NOW), ..link(Health::Up) }, &[]);
    for absence in [
        Absence::Gone { metric: "x".to_owned(), last: NOW - 60_000 },
        Absence::TooFew { metric: "x".to_owned(), since: Some(NOW - 9_000) },
    ] {
        let mut gone = answer(&plan, &[]);
        let Message::Source(Event::Answer(told)) = &mut gone else { panic!("an answer") };
        told.replies = vec![Ok(Reply { absence: Some(absence), ..Reply::default() })];
        update(&mut model, gone);
        assert!(model.ages());
        update(&mut model, answer(&plan, &[]));
        assert!(!model.ages());
    }
    press(&mut model, KeyCode::Char('4'));
    assert!(model.ages(), "the targets tell since when they are as they are");
}

#[test]
fn going_over_to_another_context_leaves_nothing_behind() {
    let mut model = model(asked(), 80);
    let old = begun(&mut model);
    tell(&mut model, link(Health::Up), &[]);
    update(&mut model, answer(&old, &["a note"]));
    assert!(text(&draw(&model, Depth::None)).contains("77"));

    press(&mut model, KeyCode::Char('C'));
    assert_eq!(model.overlay, Some(Overlay::Contexts(0)));
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("● ") && screen.contains("prod") && screen.contains("agent-1:9090"), "{screen}");
    assert!(press(&mut model, KeyCode::Enter).is_none(), "it is shown already");
    press(&mut model, KeyCode::Char('C'));
    press(&mut model, KeyCode::Down);
    let Some(Command::Open(wish)) = press(&mut model, KeyCode::Enter) else { panic!("it is wished for") };
    assert_eq!(wish, Wish { context: Some("staging".to_owned()), job: None });
    assert!(text(&draw(&model, Depth::None)).contains("77"), "until the other is there, this one is shown");

    update(&mut model, Message::Unopened("no such file".to_owned()));
    assert!(text(&draw(&model, Depth::None)).contains("no such file"));
    let staging = Cluster { context: Some("staging".to_owned()), ..cluster(Origin::Scrape) };
    let plan = watched(update(&mut model, Message::Opened(Box::new(staging))));
    assert!(plan.revision > old.revision);
    update(&mut model, answer(&old, &[]));
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.starts_with(" staging ") && !screen.contains("77") && !screen.contains("prod"), "{screen}");
    assert_eq!((model.status.is_none(), model.newest(), model.alerts.report.is_none()), (true, None, true));
    assert_eq!(model.log.entries().len(), 1);
}
