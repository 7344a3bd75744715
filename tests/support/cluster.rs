//! The demo's cluster as recorded bodies, fed to a source that needs no time: the same screen every time.

use std::sync::OnceLock;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shtop::app::{Cluster, Command, Message, Model, Origin, Setup, Zones, update};
use shtop::demo::{EXPORTER, HISTORY, MEMBERS, Scenario, Simulation};
use shtop::exposition::Format;
use shtop::layout;
use shtop::runbook::Library;
use shtop::source::fetch::Body;
use shtop::source::{Plan, Replay, Seed, Target};
use shtop::store::{Created, Limits};
use shtop::theme::{Depth, Theme};
use shtop::view::view;

/// 2026-11-22 13:45:00 UTC.
pub(crate) const NOW: i64 = 1_795_355_100_000;
const STEP: i64 = 15_000;

/// The four members of the demo.
pub(crate) fn targets() -> Vec<Target> {
    (0..MEMBERS)
        .map(|m| {
            let job = if m == EXPORTER { "resources=" } else { "" };
            Target::parse(&format!("{job}http://10.0.0.{}:9090/metrics", m + 1)).expect("a target")
        })
        .collect()
}

/// One scrape of a member as the simulation has it now.
pub(crate) fn scrape(simulation: &Simulation, member: usize, at: i64) -> Seed {
    let format = if member == EXPORTER { Format::Text } else { Format::OpenMetrics };
    Seed { target: member, at, body: simulation.expose(member).map(|text| Body::new(format, text.into_bytes())) }
}

/// A source with the whole history of a scenario in it, up to [`NOW`].
pub(crate) fn replay(scenario: Scenario) -> Replay {
    let mut simulation = Simulation::new(scenario, 1, NOW - HISTORY);
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), NOW - HISTORY);
    for at in (NOW - HISTORY..=NOW).step_by(STEP as usize) {
        simulation.advance(at);
        for member in 0..MEMBERS {
            source.feed(scrape(&simulation, member, at));
        }
    }
    source
}

/// The outage, made once for all tests of a file.
pub(crate) fn outage() -> &'static Replay {
    static OUTAGE: OnceLock<Replay> = OnceLock::new();
    OUTAGE.get_or_init(|| replay(Scenario::S3Outage))
}

/// A screen of this size before anything has happened.
pub(crate) fn model(width: u16, height: u16) -> Model {
    opened(cluster(Origin::Demo("s3-outage".to_owned())), NOW, (width, height))
}

/// A screen of this size that has just been opened on a cluster.
pub(crate) fn opened(cluster: Cluster, now: i64, size: (u16, u16)) -> Model {
    let zone = jiff::tz::TimeZone::UTC;
    Model::new(Setup { cluster, contexts: Vec::new(), now, zone, size, mouse: true })
}

/// The built-in dashboards over a cluster without a context.
pub(crate) fn cluster(origin: Origin) -> Cluster {
    Cluster {
        context: None,
        color: None,
        origin,
        dashboards: layout::builtin(),
        library: Library::new(Vec::new()),
        range: None,
        interval: 5_000,
        job: None,
        read_only: false,
        insecure: false,
        remarks: Vec::new(),
        log: Vec::new(),
        alertmanager: None,
        notice: None,
    }
}

/// Tells the model something and answers what it then wants to watch. Gives the plan, if there was one.
pub(crate) fn tell(model: &mut Model, message: Message, source: &Replay) -> Option<Plan> {
    let Some(Command::Watch(mut plan)) = update(model, message) else { return None };
    loop {
        // What an answer tells may change what is wanted: the range grows with the data.
        let mut next = None;
        for event in source.answers(&plan, model.now) {
            if let Some(Command::Watch(wanted)) = update(model, Message::Source(event)) {
                next = Some(wanted);
            }
        }
        match next {
            Some(wanted) => plan = wanted,
            None => return Some(plan),
        }
    }
}

/// What is on the screen.
pub(crate) fn draw(model: &Model, depth: Depth) -> Buffer {
    drawn(model, depth).0
}

/// What is on the screen, and where it is for the mouse.
pub(crate) fn drawn(model: &Model, depth: Depth) -> (Buffer, Zones) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    let zones = view(model, &Theme::dark(depth), area, &mut buffer);
    (buffer, zones)
}

/// The text of a buffer, one line a row.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let rows = buffer.content().chunks(width);
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}
