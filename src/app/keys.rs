//! The key table: what each key does, in one place that the help, the footer and the dispatcher read.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// End the program.
    Quit,
    /// Open or close the help.
    Help,
    /// One level back: popup, full screen. Never ends the program.
    Back,
    /// The n-th screen, from 0: the dashboards, then the targets.
    Screen(usize),
    /// The next or the previous panel.
    Next,
    /// See `Next`.
    Previous,
    /// The panel in a direction.
    Left,
    /// See `Left`.
    Right,
    /// See `Left`.
    Up,
    /// See `Left`.
    Down,
    /// Scroll by a screenful.
    PageDown,
    /// See `PageDown`.
    PageUp,
    /// The first panel.
    First,
    /// The last panel.
    Last,
    /// Go to the panel that explains the selected one.
    Drill,
    /// The selected panel on the whole screen, and back.
    Full,
    /// One line a panel, the grid, or the wall.
    Density,
    /// A shorter range.
    ZoomIn,
    /// A longer range.
    ZoomOut,
    /// The dashboard's own range, live.
    ResetTime,
    /// Half a range into the past.
    PanBack,
    /// Half a range towards the present.
    PanForward,
    /// Stop at what is on the screen, or go on.
    Freeze,
    /// One time on all panels, and away again.
    Crosshair,
    /// The crosshair ten steps back.
    LeapBack,
    /// The crosshair ten steps forward.
    LeapForward,
    /// What moved most at the crosshair.
    Moved,
    /// In a list: go to what is under the cursor.
    Go,
    /// Choose the values of variables.
    Variables,
    /// Choose the time range.
    Time,
    /// Find a command, a panel, an alert: anything by its name.
    Palette,
    /// In the palette: the name of what is under the cursor onto the line; in the editor: what belongs at its cursor.
    Complete,
    /// Choose another context.
    Contexts,
    /// Take the job that is offered.
    Job,
    /// Scrape or ask now.
    Refresh,
    /// Capture the mouse or leave it to the terminal.
    Mouse,
    /// Draw every cell anew.
    Repaint,
    /// Stop as a job, like Ctrl-Z anywhere.
    Suspend,
    /// The alerts.
    Alerts,
    /// In the alerts: what is selected, in detail.
    Detail,
    /// Type a filter of the dashboard or of the alerts.
    Filter,
    /// In the alerts, among rows and in tables: another order.
    Sort,
    /// In the alerts: one line for all of a rule, and back.
    Collapse,
    /// In the alerts: rules without alerts too, and back.
    Quiet,
    /// Write a line into the incident log.
    Note,
    /// To the panel that shows what the alert watches.
    Panel,
    /// Copy what is selected.
    Copy,
    /// The runbook of what is selected.
    Runbook,
    /// In a runbook: tick the selected step.
    Tick,
    /// In a runbook: tick the selected step, or follow the selected link.
    Follow,
    /// In a runbook: to the checks that tell whether the fix has worked.
    Checks,
    /// The whole incident log, and away again.
    Log,
    /// All runbooks, to choose one.
    Shelf,
    /// Silence the selected alert.
    Silence,
    /// The silences that there are.
    Silences,
    /// In the list of silences: end the selected one.
    Expire,
    /// Change what is selected.
    Edit,
    /// Do what is asked.
    Confirm,
    /// In a list: choose or drop the value under the cursor.
    Toggle,
    /// In a list: choose all that is found.
    All,
    /// In a list: choose nothing in particular.
    Clear,
    /// Write a query, or change the one in sight.
    Explore,
    /// In the editor: ask it.
    Run,
    /// In the editor: a chart or a table.
    Show,
    /// In the editor: a query that was run.
    Search,
    /// In the editor: copy the command that asks the same.
    CopyCommand,
    /// In the editor: another line.
    Newline,
}

impl Action {
    /// Where this leads from line `cursor` of a list whose last line is `last`; `None` for what moves no cursor.
    pub(super) fn step(self, cursor: usize, last: usize) -> Option<usize> {
        let to = match self {
            Self::Up => cursor.saturating_sub(1),
            Self::Down => cursor + 1,
            Self::PageUp => cursor.saturating_sub(10),
            Self::PageDown => cursor + 10,
            Self::First => 0,
            Self::Last => last,
            _ => return None,
        };
        Some(to.min(last))
    }
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everywhere, unless a popup has the key itself.
    Anywhere,
    /// On a dashboard.
    Dashboard,
    /// On the targets.
    Targets,
    /// In the variable picker.
    Picker,
    /// Among the time ranges.
    Time,
    /// In the palette.
    Palette,
    /// In the list of what moved.
    Moved,
    /// In the list of contexts.
    Contexts,
    /// On the alerts.
    Alerts,
    /// On one alert.
    Alert,
    /// In a runbook.
    Runbook,
    /// In the form of a silence.
    Silence,
    /// In the list of silences.
    Silences,
    /// Where something is asked.
    Confirm,
    /// In the editor of queries.
    Explore,
}

impl Place {
    /// Whether keys that type a character are typed there.
    pub const fn types(self) -> bool {
        matches!(self, Self::Time | Self::Picker | Self::Palette | Self::Explore)
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Where.
    pub place: Place,
    /// The keys, any of which does it.
    pub keys: &'static [Key],
    /// How the help calls the keys.
    pub shown: &'static str,
    /// What it does, in words.
    pub help: &'static str,
    /// The footer's short word; empty for keys that the footer leaves out.
    pub footer: &'static str,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A key that types a character; shift is in the character.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// Any other key.
    Code(KeyCode),
}

impl Key {
    /// The key of an event, `None` for combinations that no table has.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        match event.code {
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                Some(Self::Ctrl(c.to_ascii_lowercase()))
            }
            KeyCode::Char(_) if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) => None,
            KeyCode::Char(c) => Some(Self::Char(c)),
            KeyCode::BackTab => Some(Self::Code(KeyCode::BackTab)),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Some(Self::Code(KeyCode::BackTab)),
            code => Some(Self::Code(code)),
        }
    }
}

/// The keys of the screens, in their order.
const SCREENS: &[Key] = &[
    Key::Char('1'),
    Key::Char('2'),
    Key::Char('3'),
    Key::Char('4'),
    Key::Char('5'),
    Key::Char('6'),
    Key::Char('7'),
    Key::Char('8'),
    Key::Char('9'),
];

/// The table, in the order of the help.
pub const BINDINGS: &[Binding] = {
    use Action as A;
    use Key::{Char, Code, Ctrl};
    use Place::{
        Alert, Alerts, Anywhere, Confirm, Contexts, Dashboard, Explore, Moved, Palette, Picker, Runbook, Silence,
        Silences, Targets, Time,
    };
    const fn row(
        place: Place,
        action: Action,
        keys: &'static [Key],
        shown: &'static str,
        footer: &'static str,
        help: &'static str,
    ) -> Binding {
        Binding { action, place, keys, shown, help, footer }
    }
    &[
        row(
            Anywhere,
            A::Screen(0),
            SCREENS,
            "1–9",
            "",
            "a dashboard, as numbered in the header; after the last one, the targets",
        ),
        row(Dashboard, A::Next, &[Code(KeyCode::Tab)], "Tab", "", "next panel"),
        row(Dashboard, A::Previous, &[Code(KeyCode::BackTab)], "Shift-Tab", "", "previous panel"),
        row(Anywhere, A::Left, &[Code(KeyCode::Left), Char('h')], "← h", "", "panel to the left"),
        row(Anywhere, A::Right, &[Code(KeyCode::Right), Char('l')], "→ l", "", "panel to the right"),
        row(Anywhere, A::Up, &[Code(KeyCode::Up), Char('k')], "↑ k", "", "up"),
        row(Anywhere, A::Down, &[Code(KeyCode::Down), Char('j')], "↓ j", "", "down"),
        row(Anywhere, A::PageDown, &[Code(KeyCode::PageDown), Ctrl('d')], "PgDn", "", "a screenful down"),
        row(Anywhere, A::PageUp, &[Code(KeyCode::PageUp), Ctrl('u')], "PgUp", "", "a screenful up"),
        row(Anywhere, A::First, &[Code(KeyCode::Home), Char('g')], "Home g", "", "to the top"),
        row(Anywhere, A::Last, &[Code(KeyCode::End), Char('G')], "End G", "", "to the bottom"),
        row(Dashboard, A::Drill, &[Code(KeyCode::Enter)], "Enter", "explain", "go to the panel that explains this one"),
        row(Dashboard, A::Full, &[Char('f')], "f", "full", "this panel on the whole screen, and back"),
        row(
            Dashboard,
            A::Filter,
            &[Char('/')],
            "/",
            "filter",
            "only panels and series that have these words; !word that have not, ~wrd by its letters; Esc clears it",
        ),
        row(
            Dashboard,
            A::Time,
            &[Char('t')],
            "t",
            "time",
            "choose the time range, or type it: 2h to 1h ago, 03:10 to 03:40",
        ),
        row(
            Dashboard,
            A::Density,
            &[Char('d')],
            "d",
            "density",
            "one line a panel, the grid, or the wall: large digits, the worst first",
        ),
        row(Dashboard, A::Sort, &[Char('s')], "s", "", "rows: the worst first, and back; a table: by its next column"),
        row(Dashboard, A::ZoomIn, &[Char('+'), Char('=')], "+", "", "shorter time range"),
        row(Dashboard, A::ZoomOut, &[Char('-')], "-", "", "longer time range"),
        row(Dashboard, A::PanBack, &[Char('[')], "[", "", "half a range into the past"),
        row(Dashboard, A::PanForward, &[Char(']')], "]", "", "half a range towards now"),
        row(Dashboard, A::ResetTime, &[Char('0')], "0", "", "back to live and to the usual range"),
        row(Dashboard, A::Freeze, &[Char(' ')], "Space", "freeze", "freeze what is on the screen, or go on"),
        row(
            Dashboard,
            A::Crosshair,
            &[Char('c')],
            "c",
            "crosshair",
            "one time on all panels; ← → move it, a click sets it, Esc takes it away",
        ),
        row(Dashboard, A::LeapBack, &[Char('<')], "<", "", "crosshair ten steps back"),
        row(Dashboard, A::LeapForward, &[Char('>')], ">", "", "crosshair ten steps forward"),
        row(Dashboard, A::Moved, &[Char('w')], "w", "what moved", "what moved most at the crosshair, or now"),
        row(
            Dashboard,
            A::Variables,
            &[Char('v')],
            "v",
            "variables",
            "choose agents, topics: the dashboard's variables",
        ),
        row(Anywhere, A::Alerts, &[Char('a')], "a", "alerts", "the alerts, and back"),
        row(Anywhere, A::Runbook, &[Char('r')], "r", "runbook", "the runbook of the alert, or of the selected panel"),
        row(
            Anywhere,
            A::Palette,
            &[Char(':')],
            ":",
            "go to",
            "find anything by its name: commands, views, panels, alerts, runbooks",
        ),
        row(Anywhere, A::Explore, &[Char('x')], "x", "explore", "write a query; opens with the one in sight"),
        row(Anywhere, A::Shelf, &[Char('B')], "B", "", "all runbooks; type a part of the name"),
        row(Anywhere, A::Note, &[Char('n')], "n", "", "write a line into the incident log"),
        row(Anywhere, A::Log, &[Char('L')], "L", "", "the whole incident log, and away again"),
        row(Anywhere, A::Refresh, &[Char('R')], "R", "", "scrape every target, or ask the server, now"),
        row(Anywhere, A::Contexts, &[Char('C')], "C", "", "go over to another context"),
        row(Anywhere, A::Job, &[Char('J')], "J", "", "take the job that is offered where the agents run under another"),
        row(
            Anywhere,
            A::Mouse,
            &[Char('m')],
            "m",
            "",
            "leave the mouse to the terminal (to select text), or take it back",
        ),
        row(Anywhere, A::Repaint, &[Ctrl('l')], "Ctrl-L", "", "draw the whole screen anew"),
        row(Anywhere, A::Suspend, &[Ctrl('z')], "Ctrl-Z", "", "suspend; `fg` brings it back"),
        row(
            Anywhere,
            A::Back,
            &[Code(KeyCode::Esc), Code(KeyCode::Backspace)],
            "Esc",
            "",
            "one level back; never quits",
        ),
        row(Anywhere, A::Help, &[Char('?'), Code(KeyCode::F(1))], "?", "help", "this help"),
        row(Anywhere, A::Quit, &[Char('q'), Ctrl('c')], "q", "quit", "quit"),
        row(
            Targets,
            A::Down,
            &[Code(KeyCode::Down), Char('j')],
            "↓ ↑",
            "choose a target",
            "the next target, the one before",
        ),
        row(Picker, A::Toggle, &[Char(' ')], "Space", "choose", "choose or drop this value"),
        row(
            Picker,
            A::Confirm,
            &[Code(KeyCode::Enter)],
            "Enter",
            "apply",
            "show what is chosen; with nothing marked, what was searched for",
        ),
        row(Picker, A::All, &[Ctrl('a')], "Ctrl-A", "all found", "choose all values that are found"),
        row(Picker, A::Clear, &[Ctrl('x')], "Ctrl-X", "clear", "back to all values, also those still to come"),
        row(Picker, A::Next, &[Code(KeyCode::Tab)], "Tab", "next variable", "the next variable"),
        row(Picker, A::Back, &[Code(KeyCode::Esc)], "Esc", "close", "leave everything as it is"),
        row(
            Alerts,
            A::Detail,
            &[Code(KeyCode::Enter)],
            "Enter",
            "detail",
            "this alert with its course, its panels and its runbook",
        ),
        row(
            Alerts,
            A::Filter,
            &[Char('/')],
            "/",
            "filter",
            "filter: words that must be there, !word that must not, ~wrd by its letters",
        ),
        row(Alerts, A::Silence, &[Char('S')], "S", "silence", "silence this alert at Alertmanager"),
        row(Alerts, A::Silences, &[Char('z')], "z", "silences", "the silences that there are"),
        row(Alerts, A::Sort, &[Char('s')], "s", "sort", "worst first, newest first, by name"),
        row(Alerts, A::Collapse, &[Char(' ')], "Space", "collapse", "all alerts of this rule as one line, and back"),
        row(Alerts, A::Quiet, &[Char('i')], "i", "all rules", "rules without alerts too, and back"),
        row(Alerts, A::Copy, &[Char('y')], "y", "copy", "copy name, labels, expression and link"),
        row(Alert, A::Panel, &[Char('p'), Code(KeyCode::Enter)], "p", "panel", "to the panel that shows it best"),
        row(Alert, A::Silence, &[Char('S')], "S", "silence", "silence this alert at Alertmanager"),
        row(Alert, A::Silences, &[Char('z')], "z", "", "the silences that there are"),
        row(Alert, A::Copy, &[Char('y')], "y", "copy", "copy name, labels, expression and link"),
        row(Runbook, A::Next, &[Code(KeyCode::Tab)], "Tab", "next step", "the next step or query"),
        row(Runbook, A::Previous, &[Code(KeyCode::BackTab)], "Shift-Tab", "", "the one before"),
        row(Runbook, A::Tick, &[Char(' ')], "Space", "tick", "tick the step, or take the tick back"),
        row(Runbook, A::Checks, &[Char('v')], "v", "checks", "to the checks: whether the fix has worked"),
        row(Runbook, A::Follow, &[Code(KeyCode::Enter)], "Enter", "", "tick the step, or open the selected link"),
        row(Runbook, A::Copy, &[Char('y')], "y", "copy", "copy the selected query, step or link"),
        row(Silence, A::Down, &[Code(KeyCode::Down), Char('j'), Code(KeyCode::Tab)], "↓ ↑", "field", "the next field"),
        row(Silence, A::Up, &[Code(KeyCode::Up), Char('k'), Code(KeyCode::BackTab)], "↑", "", "the field before"),
        row(Silence, A::Toggle, &[Char(' ')], "Space", "tick", "whether this matcher counts"),
        row(
            Silence,
            A::Edit,
            &[Code(KeyCode::Enter)],
            "Enter",
            "change",
            "change the field; on the last one, write it",
        ),
        row(Silences, A::Edit, &[Code(KeyCode::Enter)], "Enter", "change", "change this silence, or make it anew"),
        row(Silences, A::Expire, &[Char('x')], "x", "expire", "end this silence now"),
        row(Confirm, A::Confirm, &[Char('y')], "y", "do it", "do what is asked"),
        row(Confirm, A::Copy, &[Char('c')], "c", "copy command", "copy the amtool command that does the same"),
        row(
            Explore,
            A::Run,
            &[Code(KeyCode::Enter)],
            "Enter",
            "run",
            "run the query, or take the chosen line of the list",
        ),
        row(
            Explore,
            A::Complete,
            &[Code(KeyCode::Tab)],
            "Tab",
            "complete",
            "what belongs at the cursor; Tab again takes it",
        ),
        row(Explore, A::Up, &[Code(KeyCode::Up)], "↑ ↓", "history", "the query before; in a list, the line above"),
        row(Explore, A::Down, &[Code(KeyCode::Down)], "↓", "", "the query after; in a list, the line below"),
        row(
            Explore,
            A::Search,
            &[Ctrl('r')],
            "Ctrl-R",
            "",
            "the queries that were run and have what is written in them",
        ),
        row(Explore, A::Show, &[Ctrl('t')], "Ctrl-T", "chart/table", "the result as a chart, or as a table"),
        row(Explore, A::Sort, &[Ctrl('s')], "Ctrl-S", "", "another order of the table"),
        row(Explore, A::PageDown, &[Code(KeyCode::PageDown)], "PgDn", "", "the table a page down, PgUp up"),
        row(Explore, A::PageUp, &[Code(KeyCode::PageUp)], "PgUp", "", "the table a page up"),
        row(Explore, A::Copy, &[Ctrl('y')], "Ctrl-Y", "copy", "copy the query"),
        row(Explore, A::CopyCommand, &[Ctrl('x')], "Ctrl-X", "", "copy the command line that asks the same"),
        row(Explore, A::Newline, &[Ctrl('j')], "Ctrl-J", "", "another line"),
        row(Explore, A::ZoomIn, &[Ctrl('n')], "Ctrl-N", "", "shorter time range"),
        row(Explore, A::ZoomOut, &[Ctrl('o')], "Ctrl-O", "", "longer time range"),
        row(Explore, A::PanBack, &[Ctrl('b')], "Ctrl-B", "", "half a range into the past"),
        row(Explore, A::PanForward, &[Ctrl('f')], "Ctrl-F", "", "half a range towards now"),
        row(Explore, A::Back, &[Code(KeyCode::Esc)], "Esc", "back", "close the list, then leave the editor"),
        row(Explore, A::Help, &[Code(KeyCode::F(1))], "F1", "help", "this help"),
        row(Explore, A::Quit, &[Ctrl('c')], "Ctrl-C", "", "quit"),
        row(Moved, A::Go, &[Code(KeyCode::Enter)], "Enter", "go to the panel", "go to the panel of this series"),
        row(Moved, A::Moved, &[Char('w')], "w", "close", "close the list"),
        row(Contexts, A::Go, &[Code(KeyCode::Enter)], "Enter", "go over to it", "show this context"),
        row(Contexts, A::Contexts, &[Char('C')], "C", "close", "close the list"),
        row(
            Time,
            A::Down,
            &[Code(KeyCode::Down), Code(KeyCode::Tab)],
            "↓ ↑",
            "choose",
            "the next range of the list, the one before",
        ),
        row(Palette, A::Confirm, &[Code(KeyCode::Enter)], "Enter", "go", "do it, or go there"),
        row(Palette, A::Down, &[Code(KeyCode::Down)], "↓ ↑", "choose", "the next line"),
        row(Palette, A::Up, &[Code(KeyCode::Up)], "↑", "", "the line before; on an empty line, what was run before"),
        row(
            Palette,
            A::Complete,
            &[Code(KeyCode::Tab)],
            "Tab",
            "complete",
            "the name of the selected line onto the line",
        ),
        row(Palette, A::Back, &[Code(KeyCode::Esc)], "Esc", "close", "do nothing"),
        row(Time, A::Up, &[Code(KeyCode::Up), Code(KeyCode::BackTab)], "↑", "", "the range before"),
        row(Time, A::Confirm, &[Code(KeyCode::Enter)], "Enter", "show it", "show this range"),
        row(Time, A::Back, &[Code(KeyCode::Esc)], "Esc", "close", "leave the time as it is"),
    ]
};

/// What `key` asks for at `place`; a binding of the place itself wins over one that holds anywhere.
pub fn action(place: Place, event: &KeyEvent) -> Option<Action> {
    let key = Key::of(event)?;
    let find = |place| BINDINGS.iter().find(|b| b.place == place && b.keys.contains(&key)).map(|b| b.action);
    match find(place).or_else(|| find(Place::Anywhere))? {
        // One row for all of them: which one is in the key.
        Action::Screen(_) => SCREENS.iter().position(|k| *k == key).map(Action::Screen),
        action => Some(action),
    }
}

/// What `key` asks for at a `place` where a line is typed; `None` for what belongs to the line.
pub(super) fn typing(place: Place, event: &KeyEvent) -> Option<Action> {
    use KeyCode::{Backspace, Delete, End, Home, Left, Right};
    let key = Key::of(event)?;
    if matches!(key, Key::Code(Backspace | Delete | End | Home | Left | Right) | Key::Ctrl('d' | 'u')) {
        return None;
    }
    let own = BINDINGS.iter().any(|b| b.place == place && b.keys.contains(&key));
    if own || !matches!(key, Key::Char(_)) { action(place, event) } else { None }
}

/// The help: key and explanation a line; headings and blank lines have no key.
pub fn help() -> Vec<(&'static str, &'static str)> {
    let mut lines = Vec::new();
    for (place, heading) in [
        (Place::Anywhere, "Everywhere"),
        (Place::Dashboard, "On a dashboard"),
        (Place::Targets, "On the targets"),
        (Place::Alerts, "On the alerts"),
        (Place::Alert, "On one alert"),
        (Place::Runbook, "In a runbook"),
        (Place::Silence, "In the form of a silence"),
        (Place::Silences, "In the list of silences"),
        (Place::Confirm, "Where something is asked"),
        (Place::Palette, "In the palette"),
        (Place::Time, "Among the time ranges"),
        (Place::Explore, "In the editor of queries"),
        (Place::Picker, "In the variable picker"),
        (Place::Moved, "In the list of what moved"),
        (Place::Contexts, "In the list of contexts"),
    ] {
        if !lines.is_empty() {
            lines.push(("", ""));
        }
        lines.push(("", heading));
        lines.extend(BINDINGS.iter().filter(|b| b.place == place).map(|b| (b.shown, b.help)));
    }
    lines.extend([("", ""), ("", "Marks: ● good  ▲ look soon  ✗ look now  ○ nothing to show  ⚠ old data")]);
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_is_bound_twice_in_one_place() {
        let mut seen = HashSet::new();
        for b in BINDINGS {
            for &key in b.keys {
                assert!(seen.insert((b.place, key)), "{key:?} is bound twice in {:?}", b.place);
                let shadowed = b.place == Place::Dashboard && seen.contains(&(Place::Anywhere, key));
                assert!(!shadowed, "{key:?} on a dashboard hides the one that holds anywhere");
            }
        }
    }

    #[test]
    fn every_binding_is_explained() {
        assert!(BINDINGS.iter().all(|b| !b.keys.is_empty() && !b.shown.is_empty() && !b.help.is_empty()));
    }

    #[test]
    fn escape_goes_back_and_only_q_and_ctrl_c_quit() {
        let press = |code, mods| action(Place::Dashboard, &KeyEvent::new(code, mods));
        assert_eq!(press(KeyCode::Esc, KeyModifiers::NONE), Some(Action::Back));
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None);
        assert_eq!(press(KeyCode::Tab, KeyModifiers::SHIFT), Some(Action::Previous));
        assert_eq!(press(KeyCode::Char('3'), KeyModifiers::NONE), Some(Action::Screen(2)));
    }
}
