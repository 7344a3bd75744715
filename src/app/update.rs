//! The one function through which the state changes.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::keys::{Action, Key, Place, action};
use super::message::{Command, Message};
use super::model::{Model, Origin, Overlay, Screen};
use super::prompt::Purpose;
use crate::layout::Direction;
use crate::source::alertmanager;

/// Applies `message` to `model`; what is to be done in the world comes back as a command.
pub fn update(model: &mut Model, message: Message) -> Option<Command> {
    match message {
        Message::Key(key) if key.kind == KeyEventKind::Release => None,
        Message::Key(key) => {
            model.attend();
            let told = pressed(model, &key);
            told.or_else(|| model.look()).or_else(|| model.look_at_target())
        }
        Message::Mouse(event) => {
            model.attend();
            let told = model.moused(&event);
            told.or_else(|| model.look()).or_else(|| model.look_at_target())
        }
        Message::Paste(text) => {
            model.attend();
            let told = model.pasted(&text);
            told.or_else(|| model.look()).or_else(|| model.look_at_target())
        }
        Message::Resize(width, height) => {
            model.size = (width, height);
            model.fit_runbook();
            let body = model.body();
            if let Some(view) = model.view_mut() {
                view.reveal(body);
            }
            // The width decides the step.
            Some(model.watch())
        }
        Message::Queries(queries) => {
            model.take_queries(queries);
            None
        }
        Message::Unrecorded(why) | Message::Unopened(why) | Message::Exported(Err(why)) => {
            model.notice = Some(why);
            None
        }
        Message::Exported(Ok(file)) => {
            model.notice = Some(format!("written: {file}"));
            None
        }
        Message::Layouts(read) => model.take_layouts(read),
        Message::Theme(read) => model.take_theme(read),
        Message::Found(alertmanager) => {
            model.find(*alertmanager);
            None
        }
        Message::Alertmanager(event) => model.hear(event),
        Message::Tick(now) => {
            model.now = now;
            // Clocks may change while the program runs.
            model.utc_offset = model.offset(now);
            model.follow()
        }
        Message::Opened(cluster) => Some(model.open(*cluster)),
        Message::Source(event) => {
            let told = model.absorb(event);
            match (told, model.follow()) {
                (Some(told), Some(follow)) => Some(Command::Several(vec![told, follow])),
                (told, follow) => told.or(follow),
            }
        }
    }
}

/// What a key does, wherever the reader is.
pub(super) fn pressed(model: &mut Model, key: &KeyEvent) -> Option<Command> {
    model.notice = None;
    if key.code == KeyCode::Esc && model.hand.drop_line() {
        return None;
    }
    if model.prompt.is_some() {
        return model.typed(key);
    }
    if matches!(model.overlay, Some(Overlay::Shelf(_))) {
        return model.in_shelf(key);
    }
    match model.overlay {
        Some(Overlay::Time(_)) => return model.in_time(key),
        Some(Overlay::Picker(_)) => return model.in_picker(key),
        Some(Overlay::Palette(_)) => return model.in_palette(key),
        _ => {}
    }
    if model.overlay.is_none() && model.screen == Screen::Explore {
        return model.in_explore(key);
    }
    let place = match &model.overlay {
        Some(Overlay::Confirm(_)) => Place::Confirm,
        Some(Overlay::Moved(_)) => Place::Moved,
        Some(Overlay::Contexts(_)) => Place::Contexts,
        Some(Overlay::Help(_)) => Place::Help,
        Some(Overlay::Log(_)) => Place::Log,
        _ => model.place(),
    };
    let action = action(&model.keymap, place, key).map(|action| match (action, Key::of(key)) {
        // A letter that ends the program closes what lies over the screen first.
        (Action::Quit, Some(Key::Char(_))) if model.overlay.is_some() => Action::Back,
        (action, _) => action,
    });
    if let Some(Overlay::Help(_)) = model.overlay {
        return model.in_manual(key, action);
    }
    let action = action?;
    if let Some(Overlay::Log(back)) = model.overlay {
        return in_log(model, back, action);
    }
    if let Some(Overlay::Confirm(asking)) = &model.overlay {
        let asking = asking.clone();
        return match action {
            Action::Confirm => model.confirmed(&asking),
            Action::Copy => model.copy_command(&asking),
            Action::Back | Action::Quit | Action::Suspend | Action::Repaint => act(model, action),
            // Any other key is not meant as a yes.
            _ => None,
        };
    }
    if let Some(Overlay::Moved(cursor)) = model.overlay {
        return model.in_moved(cursor, action);
    }
    if let Some(Overlay::Contexts(cursor)) = model.overlay {
        return model.in_contexts(cursor, action);
    }
    act(model, action)
}

/// The log stands on its newest entry: up is into the past.
fn in_log(model: &mut Model, back: usize, action: Action) -> Option<Command> {
    let older = match action {
        Action::Up | Action::Previous => 1,
        Action::Down | Action::Next => -1,
        Action::PageUp => 10,
        Action::PageDown => -10,
        Action::First => i64::MAX / 2,
        Action::Last => i64::MIN / 2,
        Action::Log => return model.back(),
        Action::Back | Action::Note | Action::Quit | Action::Suspend | Action::Repaint | Action::Screen(_) => {
            return act(model, action);
        }
        _ => return None,
    };
    model.scroll_log(back, older);
    None
}

impl Model {
    /// Does what a key would do.
    pub(super) fn perform(&mut self, action: Action) -> Option<Command> {
        act(self, action)
    }

    /// Scrolls the log by so many entries into the past.
    pub(super) fn scroll_log(&mut self, back: usize, older: i64) {
        let last = self.log.entries().len().saturating_sub(1) as i64;
        let to = (back as i64).saturating_add(older).clamp(0, last);
        self.overlay = Some(Overlay::Log(to as usize));
    }

    /// What holds also while something is typed into a popup.
    pub(super) fn beyond(&mut self, action: Action) -> Option<Command> {
        match action {
            Action::Back | Action::Quit | Action::Suspend | Action::Repaint => act(self, action),
            _ => None,
        }
    }
}

/// Takes the mouse, or leaves it to the terminal.
fn lend_mouse(model: &mut Model) -> Command {
    model.mouse = !model.mouse;
    // What follows from its being lent stands on the last line as long as it is.
    model.hand.lent = !model.mouse;
    if model.mouse {
        model.notice = Some("the mouse belongs to shtop".to_owned());
    }
    Command::Mouse(model.mouse)
}

fn act(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Quit => Some(Command::Quit),
        Action::Help => model.open_manual(),
        Action::Back => model.back(),
        Action::Screen(i) => Some(model.go(i)),
        Action::Next
        | Action::Previous
        | Action::Left
        | Action::Right
        | Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last
        | Action::LeapBack
        | Action::LeapForward => walk(model, action),
        Action::Crosshair => model.toggle_crosshair(),
        Action::Alerts if model.screen == Screen::Alerts => model.back(),
        Action::Alerts => Some(model.visit(Screen::Alerts)),
        Action::Detail => model.open_alert(),
        Action::Filter => model.ask(Purpose::Filter),
        Action::Note => model.ask(Purpose::Note),
        Action::Export => model.ask(Purpose::Export),
        Action::Sort if model.screen == Screen::Alerts => model.sort_alerts(),
        Action::Sort if model.view().is_some_and(|view| view.full) => model.sort_panel(),
        Action::Sort => model.sort_panels(),
        Action::Collapse => model.collapse_alert(),
        Action::Quiet => model.toggle_quiet(),
        Action::Panel => model.go_to_panel(),
        Action::Copy if model.screen == Screen::Runbook => model.copy_from_runbook(),
        Action::Copy if model.view().is_some() => model.copy_panel(),
        Action::Copy => model.copy_alert(),
        Action::Runbook if model.screen == Screen::Runbook => model.back(),
        Action::Runbook => model.open_runbook(),
        Action::Tick => model.tick(),
        Action::Follow => model.follow_stop(),
        Action::Checks => model.find_checks(),
        Action::Shelf => model.open_shelf(),
        Action::Log => show(model, Overlay::Log(0)),
        Action::Silence => model.begin_silence(),
        Action::Silences => model.open_silences(),
        Action::Expire => model.ask_to_expire(),
        Action::Edit if model.screen == Screen::Silences => model.change_silence(),
        Action::Edit => model.edit_field(),
        Action::Toggle if model.screen == Screen::Silence => model.tick_matcher(),
        Action::Moved => show(model, Overlay::Moved(0)),
        Action::Drill => model.drill(),
        Action::Full => model.full(),
        Action::Density => model.toggle_density(),
        Action::ZoomIn => model.zoom(true),
        Action::ZoomOut => model.zoom(false),
        Action::ResetTime => Some(model.reset_time()),
        Action::PanBack => Some(model.pan(false)),
        Action::PanForward => Some(model.pan(true)),
        Action::Freeze if model.fold() => Some(model.watch()),
        Action::Freeze => Some(model.freeze()),
        Action::Variables => model.open_picker(),
        Action::Time => model.open_time(),
        Action::Palette => model.open_palette(),
        Action::Explore => Some(model.open_explore()),
        Action::Focus
        | Action::Run
        | Action::Complete
        | Action::Show
        | Action::Search
        | Action::CopyCommand
        | Action::CopyValues
        | Action::Newline
        | Action::Undo => match model.screen {
            Screen::Explore => model.explore_with(action),
            _ => None,
        },
        // They are those of popups, which have their keys first.
        Action::Go | Action::Toggle | Action::Confirm | Action::All | Action::Clear => None,
        Action::Refresh => Some(refresh(model)),
        Action::Contexts => model.choose_context(),
        Action::Job => model.take_job(),
        Action::Mouse => Some(lend_mouse(model)),
        Action::Repaint => Some(Command::Repaint),
        Action::Suspend => Some(Command::Suspend),
    }
}

fn show(model: &mut Model, overlay: Overlay) -> Option<Command> {
    model.overlay = Some(overlay);
    None
}

/// Goes a step, a page or to an end.
fn walk(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Next | Action::Previous if model.screen == Screen::Runbook => {
            model.next_stop(action == Action::Next);
            None
        }
        Action::Next if model.view().is_none() => model.steer(Direction::Down),
        Action::Previous if model.view().is_none() => model.steer(Direction::Up),
        Action::Next => model.step_panel(true),
        Action::Previous => model.step_panel(false),
        Action::Left | Action::Right if model.move_crosshair(if action == Action::Left { -1 } else { 1 }, false) => {
            None
        }
        Action::Left => model.steer(Direction::Left),
        Action::Right => model.steer(Direction::Right),
        Action::LeapBack | Action::LeapForward => {
            if !model.move_crosshair(if action == Action::LeapBack { -1 } else { 1 }, true) {
                model.notice = Some("c shows the crosshair that these keys move".to_owned());
            }
            None
        }
        Action::Up => model.steer(Direction::Up),
        Action::Down => model.steer(Direction::Down),
        Action::PageDown => model.page(true),
        Action::PageUp => model.page(false),
        Action::First => model.end_of_list(false),
        Action::Last => model.end_of_list(true),
        _ => None,
    }
}

/// Asks every target or the server now, and Alertmanager where there is one.
fn refresh(model: &mut Model) -> Command {
    let what = if model.origin == Origin::Prometheus { "asking the server" } else { "scraping every target" };
    model.notice = Some(format!("{what} now"));
    if model.muting.is_some() {
        let ask = Command::Alertmanager(alertmanager::Command::Refresh);
        return Command::Several(vec![Command::Refresh, ask]);
    }
    Command::Refresh
}
