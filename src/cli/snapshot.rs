//! `shtop snapshot`: a screen as text, picture, page or data, drawn by what draws the terminal.

mod panels;

use std::fs;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustc_hash::FxHashSet;

use super::alerts::AlertWords;
use super::answer::{depth, meant, moment, put_bytes, spanned, to_come};
use super::gather::{Asking, Needs, Session, ask, tell};
use super::targets::TargetWords;
use super::{FAILED, Failure, look, opening, screen};
use crate::app::{Command, Message, Model, Screen, Setup, update};
use crate::config::ColorFlag;
use crate::export::{self, Ground};
use crate::layout::Dashboard;
use crate::panel::State;
use crate::series::{Timestamp, nearest, printable};
use crate::source::Event;
use crate::theme::Depth;
use crate::unit::Moment;
use crate::view::view;

/// Draws a dashboard, the targets or the alerts once, as the terminal would show them.
#[derive(Debug, Args)]
#[command(
    override_usage = "shtop snapshot [VIEW] [OPTIONS]",
    after_help = "Examples:
  shtop snapshot --context prod                                 the overview, as text
  shtop snapshot storage --demo s3-outage --format svg --output storage.svg
  shtop snapshot alerts -p http://prometheus:9090 --format ansi --size 100x30
  shtop snapshot --layout mine.toml -t agent-1:9090 --format html > mine.html
  shtop snapshot coordination --context prod --range '03:10 to 03:40' --format json

json gives every panel's series, state and reason, in sight or not.

Exit status: 0 every panel has answered; 1 the source or some panels have not, as the
picture says, or it cannot be written; 2 wrong use."
)]
pub(super) struct Snapshot {
    /// A dashboard's id or title, targets, or alerts; the first dashboard where it is not given
    #[arg(value_name = "VIEW")]
    view: Option<String>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Cells across and lines
    #[arg(long, value_name = "WxH", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    /// The end of the time range: 2026-11-22T13:45:00Z, 'yesterday 03:10', Unix seconds, -15m
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<Moment>,
    /// Write here instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Characters without colours.
    Text,
    /// Characters with colours, for terminals.
    Ansi,
    /// A picture.
    Svg,
    /// A page.
    Html,
    /// A picture in dots, if shtop was built with the feature png.
    Png,
    /// What the screen is drawn from.
    Json,
}

/// Largest screen in either direction, in cells.
const LARGEST: u16 = 1_000;

fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once(['x', 'X', '×']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parsed {
        Some((w @ 40..=LARGEST, h @ 8..=LARGEST)) => Ok((w, h)),
        Some(_) => Err(format!("{text:?} is out of range; from 40x8 to {LARGEST}x{LARGEST} will do")),
        None => Err(format!("{text:?} is no size; write it like 120x40")),
    }
}

impl Snapshot {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &Snapshot) -> Result<u8, Failure> {
    if command.format == Format::Png {
        check_png(command)?;
    }
    ask(&command.asking, Needs::Series, async |session| {
        let mut stage = Stage::new(command, session)?;
        stage.fill(session).await;
        if stage.failed().next().is_some() && session.is_server() {
            // That the server is down may come a moment after the panels' own faults, and belongs into the picture.
            session.hear_of_outage().await;
            if let Some(status) = session.status.clone() {
                stage.tell(Message::Source(Event::Status(Box::new(status))), session);
            }
        }
        let mut remarks = session.doubts();
        let outage = session.outage();
        remarks.extend(outage.clone());
        let (waiting, failed) = (stage.waiting.len(), stage.failed().count());
        if outage.is_none() && waiting > 0 {
            remarks.push(format!("{} in time", panels_have(waiting, "not been answered")));
        }
        if outage.is_none()
            && let Some(first) = stage.failed().next()
        {
            remarks.push(format!("{}: {first}", panels_have(failed, "failed")));
        }
        let is_past = command.at.is_some() || session.config.context.span.is_some();
        if is_past && !matches!(stage.model.screen, Screen::Dashboard(_)) {
            remarks.push("--at and --range are for dashboards: targets and alerts are those of now".to_owned());
        }
        remarks.extend(to_come(stage.model.end, (session.clock)()));
        let words = stage.write(command, session, &remarks)?;
        tell(&remarks);
        match &command.output {
            Some(file) => fs::write(file, words).with_context(|| format!("cannot write {}", file.display()))?,
            None => put_bytes(&words)?,
        }
        Ok(if outage.is_some() || waiting > 0 || failed > 0 { FAILED } else { 0 })
    })
}

fn panels_have(n: usize, what: &str) -> String {
    if n == 1 { format!("1 panel has {what}") } else { format!("{n} panels have {what}") }
}

/// A screen that nobody sits at.
struct Stage {
    model: Model,
    /// The revision of the last plan, and which of its questions have no answer yet.
    revision: u64,
    waiting: FxHashSet<u32>,
    /// When the rules were last looked at.
    judged: Option<Timestamp>,
}

impl Stage {
    fn new(command: &Snapshot, session: &Session) -> Result<Self, Failure> {
        let context = &session.config.context;
        let mut cluster = opening::cluster(context, &[])?;
        cluster.origin = session.origin.clone();
        let screen = find(command.view.as_deref(), &cluster.dashboards)?;
        let now = (session.clock)();
        let own = match screen {
            Screen::Dashboard(i) => cluster.dashboards.get(i).map(|d| d.range),
            _ => None,
        };
        let zone = session.zone();
        let usual = own.unwrap_or(3_600_000);
        let period = spanned(context.span.as_ref(), command.at.as_ref(), now, &zone, usual)?;
        // What is asked of the past did not begin with this program.
        let range = context.range.or_else(|| own.filter(|_| command.at.is_some()));
        cluster.range = period.map(|period| period.length()).or(range);
        let mut model = Model::new(Setup {
            cluster,
            contexts: Vec::new(),
            now,
            zone: zone.clone(),
            size: command.size,
            mouse: false,
        })
        .with_keymap(session.config.screen.keymap.clone());
        model.prefer(session.config.screen.density.density());
        model.screen = screen;
        model.everything = command.format == Format::Json;
        let end = command.at.as_ref().map(|at| meant(at, now, &zone)).transpose()?;
        model.end = end.or(period.filter(|period| !period.live).map(|period| period.end));
        Ok(Self { model, revision: 0, waiting: FxHashSet::default(), judged: None })
    }

    /// Asks until everything on the screen is answered, or time is up.
    async fn fill(&mut self, session: &mut Session) {
        let mut heard = Vec::new();
        session.settle(|event| heard.push(event)).await;
        let after = session.ripen(|event| heard.push(event)).await;
        for event in heard {
            self.hear(event, session);
        }
        self.tell(Message::Tick((session.clock)()), session);
        let (width, height) = self.model.size;
        self.tell(Message::Resize(width, height), session);
        let wants_rules = session.outage().is_none();
        while !self.waiting.is_empty() || self.model.waits_for_variables() || wants_rules && !self.is_judged(after) {
            let Some(event) = session.next().await else { return };
            if session.is_server() && session.outage().is_some() && self.waiting.is_empty() {
                return;
            }
            self.hear(event, session);
        }
    }

    /// Why panels of the dashboard have no answer, one by one.
    fn failed(&self) -> impl Iterator<Item = String> {
        let panels = self.model.view().map_or(&[][..], |view| &view.panels);
        panels.iter().filter_map(|panel| match panel.state(self.model.now) {
            State::Failed(why) => Some(why),
            _ => None,
        })
    }

    fn is_judged(&self, after: Option<Timestamp>) -> bool {
        self.judged.is_some_and(|at| after.is_none_or(|after| at > after))
    }

    fn hear(&mut self, event: Event, session: &Session) {
        match &event {
            Event::Answer(answer) if answer.revision == self.revision => {
                self.waiting.remove(&answer.key);
            }
            Event::Alerts(report) => self.judged = Some(report.at),
            _ => {}
        }
        self.tell(Message::Source(event), session);
    }

    fn tell(&mut self, message: Message, session: &Session) {
        let mut commands: Vec<Command> = update(&mut self.model, message).into_iter().collect();
        while let Some(command) = commands.pop() {
            match command {
                Command::Several(more) => commands.extend(more.into_iter().rev()),
                Command::Watch(plan) => {
                    self.revision = plan.revision;
                    self.waiting = plan.asks.iter().map(|ask| ask.key).collect();
                    session.watch(plan);
                }
                // Nobody hears, and nobody keeps a log here.
                _ => {}
            }
        }
    }

    fn write(&self, command: &Snapshot, session: &Session, remarks: &[String]) -> Result<Vec<u8>, Failure> {
        if command.format == Format::Json {
            return self.json(session, remarks).map(String::into_bytes);
        }
        let color = session.config.screen.color;
        let depth = match command.format {
            Format::Text | Format::Json => Depth::None,
            // Who asks for colours gets them, also into a pipe.
            Format::Ansi if color == ColorFlag::Auto && depth(&session.config) == Depth::None => Depth::Indexed,
            Format::Ansi => depth(&session.config),
            Format::Svg | Format::Html | Format::Png if color == ColorFlag::Auto => Depth::TrueColor,
            Format::Svg | Format::Html | Format::Png => color.depth(&screen::hints()),
        };
        // A picture stands on a ground of its own, whatever the terminal's is.
        let theme = look::theme(&session.config.screen.theme, depth, None)?;
        let (width, height) = self.model.size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        view(&self.model, &theme, area, &mut buffer);
        let title = self.model.caption();
        Ok(match command.format {
            Format::Text | Format::Json => export::text(&buffer).into_bytes(),
            Format::Ansi => export::ansi(&buffer).into_bytes(),
            Format::Svg => export::svg(&buffer, Ground::of(&theme), &title).into_bytes(),
            Format::Html => export::html(&buffer, Ground::of(&theme), &title).into_bytes(),
            Format::Png => png(&export::svg(&buffer, Ground::of(&theme), &title))?,
        })
    }

    fn json(&self, session: &Session, remarks: &[String]) -> Result<String, Failure> {
        let remarks = remarks.to_vec();
        match (self.model.screen, self.model.view()) {
            (Screen::Alerts, _) => {
                let alerts = self.model.alerts.report.as_ref().map_or_else(Vec::new, AlertWords::all);
                session.document("snapshot", remarks, panels::Alerts::new(alerts)).json()
            }
            (_, Some(view)) => session.document("snapshot", remarks, panels::Board::of(view, &self.model)).json(),
            _ => {
                let targets = self.model.status.as_ref().map_or(&[][..], |s| &s.targets);
                let targets = targets.iter().map(TargetWords::of).collect();
                session.document("snapshot", remarks, panels::Targets::new(targets)).json()
            }
        }
    }
}

/// Whether a PNG can be drawn and has somewhere to go, before anybody is asked anything.
fn check_png(command: &Snapshot) -> Result<(), Failure> {
    if !cfg!(feature = "png") {
        return Err(Failure::Usage(NO_PNG.to_owned()));
    }
    if command.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::Usage("a PNG is nothing for a terminal: give --output FILE, or a pipe".to_owned()));
    }
    Ok(())
}

const NO_PNG: &str = "this shtop was built without PNG: build it with cargo's --features png, or use --format svg";

#[cfg(feature = "png")]
fn png(svg: &str) -> Result<Vec<u8>, Failure> {
    export::png(svg).map_err(|e| Failure::Usage(e.to_string()))
}

#[cfg(not(feature = "png"))]
fn png(_: &str) -> Result<Vec<u8>, Failure> {
    Err(Failure::Usage(NO_PNG.to_owned()))
}

/// The screen of that name.
fn find(name: Option<&str>, dashboards: &[Dashboard]) -> Result<Screen, Failure> {
    let Some(name) = name else { return Ok(Screen::Dashboard(0)) };
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    if let Some(i) = dashboards.iter().position(|d| is(&d.id) || is(&d.title)) {
        return Ok(Screen::Dashboard(i));
    }
    match name.to_ascii_lowercase().as_str() {
        "targets" => return Ok(Screen::Targets),
        "alerts" => return Ok(Screen::Alerts),
        _ => {}
    }
    let names: Vec<&str> = dashboards.iter().map(|d| d.id.as_str()).chain(["targets", "alerts"]).collect();
    let near = nearest(name, names.iter().copied()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Failure::Usage(format!("there is no view {}{near}\n\nThere are: {}", printable(name), names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers_that_a_screen_can_have() {
        assert_eq!(size("120x40"), Ok((120, 40)));
        assert_eq!(size("40X8"), Ok((40, 8)));
        for text in ["", "120", "120x", "39x40", "120x7", "1001x40", "99999x40", "-1x40"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
