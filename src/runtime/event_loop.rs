//! The loop: wait for anything, drain everything, then draw: at once after a key, else at most thirty times a second.

use std::io;
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream, MouseEventKind};
use futures_util::StreamExt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::keepsake;
use super::queries::Queries;
use super::received::received;
use super::reread::Reread;
use super::signals::{Caught, Signals, stop_job, stop_this_process};
use super::terminal::Terminal;
use crate::app::{Command, Looks, Message, Model, Zones, update};
use crate::source::Clock;
use crate::theme::{Charset, Depth, Theme};
use crate::view::view;

/// The least time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);

/// Keys and mouse events that may wait: a paste of a page, or a wheel that runs on.
const INPUTS: usize = 256;

/// How the screen ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The reader quit.
    Quit,
    /// By a signal; the exit status to end with.
    Signal(u8),
}

/// How the reader is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Desk {
    /// Whether the bell sounds when an alert begins to fire.
    pub bell: bool,
    /// Whether the desktop is told then.
    pub notify: bool,
}

/// What the screen is drawn with.
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// How many colours the terminal has, for themes that are chosen later.
    pub depth: Depth,
    /// Characters.
    pub charset: Charset,
    /// The name of the theme, which may be one of the reader's own.
    pub name: String,
    /// The reader's own themes by their names, each in a file.
    pub own: Vec<(String, Reread<Theme>)>,
}

impl Look {
    /// What there is to choose from, and what is chosen.
    pub fn looks(&self) -> Looks {
        let usual = Looks::default();
        let own = self.own.iter().map(|(name, _)| name.clone()).filter(|name| !usual.themes.contains(name));
        let themes = usual.themes.iter().cloned().chain(own).collect();
        Looks { themes, theme: self.name.clone(), charset: self.charset }
    }
}

/// Runs the screen until it is quit.
///
/// # Errors
/// The terminal is gone in the middle of a frame, or signals cannot be caught.
pub async fn run(
    mut model: Model,
    look: Look,
    feed: &mut Feed,
    mut terminal: Terminal,
    clock: &Clock,
    desk: Desk,
    queries: Option<Queries>,
) -> io::Result<Exit> {
    let mut signals = Signals::listen()?;
    let Look { mut theme, depth, mut charset, name, own } = look;
    let find = |name: &str| own.iter().find(|(own, _)| own == name).map(|(_, file)| file.clone());
    let (cancel, mut watchers) = (CancellationToken::new(), JoinSet::new());
    // It ends with the loop, together with the tasks.
    let mut themes = find(&name).map(|file| file.start(&cancel, &mut watchers));
    let mut reader = JoinSet::new();
    let mut input = read(&mut reader);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut drawn: Option<Instant> = None;
    let mut zones = Zones::of(&model);
    let mut dirty = true;
    let mut urgent = true;

    // The size as a message, so that the first plan is made for the terminal as it is.
    let mut told = Vec::new();
    let mut pending = vec![Message::Resize(model.size.0, model.size.1)];
    pending.extend(queries.as_ref().map(|queries| Message::Queries(queries.read())));
    loop {
        for message in pending.drain(..) {
            let ticks = matches!(message, Message::Tick(_));
            let was_old = model.old().is_some();
            urgent |= is_urgent(&message);
            let command = update(&mut model, message);
            // Most of the time nothing on the screen shows that a second has passed.
            dirty |= !ticks || command.is_some() || model.ages() || was_old != model.old().is_some();
            let Some(command) = command else { continue };
            let mut commands = vec![command];
            while let Some(command) = commands.pop() {
                match command {
                    Command::Quit => return Ok(Exit::Quit),
                    Command::Several(more) => commands.extend(more.into_iter().rev()),
                    Command::Watch(plan) => feed.control().watch(plan),
                    Command::Refresh => feed.control().refresh(),
                    Command::Open(wish) => feed.open(wish),
                    Command::Mouse(on) => terminal.capture_mouse(on)?,
                    Command::Export(keepsake) => {
                        let (frame, _) = frame(&model, &theme, charset);
                        told.push(Message::Exported(keepsake::keep(&keepsake, &model, &theme, &frame)));
                    }
                    Command::Repaint => terminal.forget(),
                    Command::Theme(name) => {
                        let file = find(&name);
                        told.extend(wear(&name, file.as_ref(), depth, &mut theme));
                        // What a file of before becomes is of no interest any more.
                        themes = file.map(|file| file.start(&cancel, &mut watchers));
                    }
                    Command::Charset(other) => charset = other,
                    Command::Suspend => terminal.lend(stop_job)?,
                    Command::Copy(text) => terminal.copy(&text)?,
                    Command::Alarm(words) => terminal.alarm(desk.bell, desk.notify.then_some(&*words))?,
                    Command::Remember(query) => {
                        let kept = queries.as_ref().map_or(Ok(()), |queries| queries.add(&query));
                        let lost = kept.err().map(|why| format!("the query is kept for this session only: {why}"));
                        told.extend(lost.map(Message::Unrecorded));
                    }
                    Command::Alertmanager(command) => {
                        told.extend(feed.tell_alertmanager(command).err().map(Message::Alertmanager));
                    }
                    Command::Record(entries) => told.extend(feed.record(&entries).err().map(Message::Unrecorded)),
                }
            }
        }
        pending.append(&mut told);
        if dirty && terminal.is_settled() && (urgent || drawn.is_none_or(|at| at.elapsed() >= FRAME)) {
            let (buffer, parts) = frame(&model, &theme, charset);
            terminal.paint(buffer)?;
            zones = parts;
            drawn = Some(Instant::now());
            (dirty, urgent) = (false, false);
        }
        let next_frame = drawn.map_or_else(Instant::now, |at| at + FRAME);
        tokio::select! {
            event = input.recv() => match event {
                Some(event) => pending.extend(message(event, &zones, clock)),
                // The terminal is gone.
                None => return Ok(Exit::Signal(129)),
            },
            message = feed.next() => pending.push(message),
            read = received(themes.as_mut()), if themes.is_some() => match read {
                Some(read) => pending.push(Message::Theme(read.map(|new| theme = new))),
                None => themes = None,
            },
            _ = tick.tick() => pending.push(Message::Tick(clock())),
            result = terminal.settle(), if !terminal.is_settled() => result?,
            () = tokio::time::sleep_until(next_frame), if dirty && terminal.is_settled() => {}
            caught = signals.next() => match caught {
                Caught::End(status) => return Ok(Exit::Signal(status)),
                Caught::HangUp => return Ok(Exit::Signal(129)),
                Caught::Stop => terminal.lend(stop_this_process)?,
                Caught::Continue => {
                    terminal.retake()?;
                    let (width, height) = Terminal::size()?;
                    pending.push(Message::Resize(width, height));
                }
            },
        }
        drain(feed, &mut input, &mut pending, &zones, clock);
    }
}

/// Draws with the theme of this name from now on, read from its file where it is one; what is to be told of it.
fn wear(name: &str, file: Option<&Reread<Theme>>, depth: Depth, theme: &mut Theme) -> Option<Message> {
    let read = match file {
        Some(file) => file.read(),
        None => Ok(Theme::named(name, depth)?),
    };
    let links = theme.links;
    Some(Message::Theme(read.map(|new| *theme = new.with_links(links))))
}

/// Reads the terminal on a task of its own until it is gone. The stream keeps only the waker that polled it last, so
/// nothing but this task may poll it.
fn read(tasks: &mut JoinSet<()>) -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(INPUTS);
    tasks.spawn(async move {
        let mut stream = EventStream::new();
        // After an error, reading on would spin.
        while let Some(Ok(event)) = stream.next().await {
            if sender.send(event).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// Takes whatever else is already there, so that a burst is drawn once.
fn drain(feed: &mut Feed, input: &mut mpsc::Receiver<Input>, pending: &mut Vec<Message>, zones: &Zones, clock: &Clock) {
    while let Some(message) = feed.try_next() {
        pending.push(message);
    }
    while let Ok(event) = input.try_recv() {
        pending.extend(message(event, zones, clock));
    }
}

/// Whether what comes of it is to be seen at once.
fn is_urgent(message: &Message) -> bool {
    match message {
        Message::Key(_) | Message::Paste(_) | Message::Resize(..) => true,
        // A wheel that is turned and a line that is drawn say so more often than anybody can see.
        Message::Mouse(pointer) => matches!(pointer.event.kind, MouseEventKind::Down(_) | MouseEventKind::Up(_)),
        _ => false,
    }
}

/// What an event of the terminal is to the program; a click is meant for what was on the screen when it came.
fn message(event: Input, zones: &Zones, clock: &Clock) -> Option<Message> {
    match event {
        Input::Key(key) => Some(Message::Key(key)),
        // Terminals that tell every motion though nobody asked for it would have every one drawn.
        Input::Mouse(mouse) if mouse.kind == MouseEventKind::Moved => None,
        Input::Mouse(mouse) => Some(Message::Mouse(zones.point(mouse, clock()))),
        Input::Paste(text) => Some(Message::Paste(text)),
        Input::Resize(width, height) => Some(Message::Resize(width, height)),
        Input::FocusGained | Input::FocusLost => None,
    }
}

fn frame(model: &Model, theme: &Theme, charset: Charset) -> (Buffer, Zones) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    let zones = view(model, theme, area, &mut buffer);
    charset.simplify(area, &mut buffer);
    (buffer, zones)
}
