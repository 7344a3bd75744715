//! What a key can ask for. Uses nothing of the crate.

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
    /// Write the screen, or the values of the selected panel, into a file.
    Export,
    /// In the editor: as it was before the last change.
    Undo,
    /// From the editor to its result, and back.
    Focus,
    /// Of a result: copy the values.
    CopyValues,
}

impl Action {
    /// Those whose keys can be chosen, by the names that the configuration has for them.
    pub const NAMES: &[(&'static str, Self)] = &[
        ("quit", Self::Quit),
        ("help", Self::Help),
        ("back", Self::Back),
        ("next", Self::Next),
        ("previous", Self::Previous),
        ("left", Self::Left),
        ("right", Self::Right),
        ("up", Self::Up),
        ("down", Self::Down),
        ("page-down", Self::PageDown),
        ("page-up", Self::PageUp),
        ("first", Self::First),
        ("last", Self::Last),
        ("drill", Self::Drill),
        ("full", Self::Full),
        ("density", Self::Density),
        ("zoom-in", Self::ZoomIn),
        ("zoom-out", Self::ZoomOut),
        ("reset-time", Self::ResetTime),
        ("pan-back", Self::PanBack),
        ("pan-forward", Self::PanForward),
        ("freeze", Self::Freeze),
        ("crosshair", Self::Crosshair),
        ("leap-back", Self::LeapBack),
        ("leap-forward", Self::LeapForward),
        ("moved", Self::Moved),
        ("go", Self::Go),
        ("variables", Self::Variables),
        ("contexts", Self::Contexts),
        ("job", Self::Job),
        ("refresh", Self::Refresh),
        ("mouse", Self::Mouse),
        ("repaint", Self::Repaint),
        ("suspend", Self::Suspend),
        ("alerts", Self::Alerts),
        ("detail", Self::Detail),
        ("filter", Self::Filter),
        ("sort", Self::Sort),
        ("collapse", Self::Collapse),
        ("quiet", Self::Quiet),
        ("note", Self::Note),
        ("panel", Self::Panel),
        ("copy", Self::Copy),
        ("runbook", Self::Runbook),
        ("tick", Self::Tick),
        ("follow", Self::Follow),
        ("checks", Self::Checks),
        ("log", Self::Log),
        ("shelf", Self::Shelf),
        ("silence", Self::Silence),
        ("silences", Self::Silences),
        ("expire", Self::Expire),
        ("edit", Self::Edit),
        ("confirm", Self::Confirm),
        ("toggle", Self::Toggle),
        ("time", Self::Time),
        ("palette", Self::Palette),
        ("complete", Self::Complete),
        ("all", Self::All),
        ("clear", Self::Clear),
        ("explore", Self::Explore),
        ("run", Self::Run),
        ("show", Self::Show),
        ("search", Self::Search),
        ("copy-command", Self::CopyCommand),
        ("newline", Self::Newline),
        ("export", Self::Export),
        ("undo", Self::Undo),
        ("focus", Self::Focus),
        ("copy-values", Self::CopyValues),
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, action)| *action == self).map_or("screen", |&(name, _)| name)
    }

    /// Where this leads from line `cursor` of a list whose last line is `last`; `None` for what moves no cursor.
    pub(in crate::app) fn step(self, cursor: usize, last: usize) -> Option<usize> {
        let to = match self {
            Self::Up | Self::Previous => cursor.saturating_sub(1),
            Self::Down | Self::Next => cursor + 1,
            Self::PageUp => cursor.saturating_sub(10),
            Self::PageDown => cursor + 10,
            Self::First => 0,
            Self::Last => last,
            _ => return None,
        };
        Some(to.min(last))
    }
}
