//! The whole state of the program. Fields are public within reason: the view reads them, only `update` writes them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use rustc_hash::{FxHashMap, FxHashSet};

use super::alerts::Board;
use super::cluster::{Choice, Cluster, Name};
use super::explore::Explore;
use super::handbook::Handbook;
use super::hues::{Names, Taken};
use super::incident::Log;
use super::keymap::Keymap;
use super::looks::Looks;
use super::manual::Manual;
use super::mouse::Hand;
use super::muting::Muting;
use super::palette::Palette;
use super::picker::Picker;
use super::prompt::Prompt;
use super::reading::Place;
use super::related::Related;
use super::reload::Misread;
use super::scope::{Offered, Standing};
use super::shelf::Shelf;
use super::sift::Sifted;
use super::sight::Sight;
use super::silence::{Asking, SilenceForm};
use super::time::TimePicker;
use super::unattended::Attention;
use crate::layout::{Dashboard, Density, Level, Panel, Selection};
use crate::panel::{Curve, Frame, State};
use crate::promql::Query;
use crate::runbook::Library;
use crate::series::{Labels, Timestamp, Window};
use crate::source::{Absence, Status};
use crate::theme::Theme;
use crate::unit;

/// Ranges that a dashboard grows through while data is gathered, ms.
const GROWING: [i64; 4] = [300_000, 900_000, 1_800_000, 3_600_000];

/// Lines from which on one of them is given to the alerts.
const STRIP_FROM: u16 = 16;

/// What is given once, at the start.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The cluster that is shown at first.
    pub cluster: Cluster,
    /// The contexts that can be gone over to.
    pub contexts: Vec<Choice>,
    /// The present.
    pub now: Timestamp,
    /// The time zone in which times are shown and read.
    pub zone: TimeZone,
    /// Size of the terminal in cells.
    pub size: (u16, u16),
    /// Whether the mouse is captured at first.
    pub mouse: bool,
}

/// Where the data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Agents scraped directly.
    Scrape,
    /// A server that is asked.
    Prometheus,
    /// Simulated agents; the name of the scenario.
    Demo(String),
}

/// Everything.
#[derive(Debug)]
pub struct Model {
    /// Which cluster is shown.
    pub name: Name,
    /// The contexts that can be gone over to.
    pub contexts: Vec<Choice>,
    /// Where the data comes from.
    pub origin: Origin,
    /// The dashboards with their data.
    pub views: Vec<View>,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Size of the terminal in cells.
    pub size: (u16, u16),
    /// The present.
    pub now: Timestamp,
    /// The time zone in which times are shown and read.
    pub zone: TimeZone,
    /// Its offset from UTC at present, seconds east.
    pub utc_offset: i32,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// The density of dashboards for which no other was asked; `None` for what suits the size.
    pub density: Option<Density>,
    /// Length of the time range, ms; `None` for each dashboard's own.
    pub range: Option<i64>,
    /// The end of the time range where it is not "now".
    pub end: Option<Timestamp>,
    /// Time ranges that were typed, the last one first.
    pub(super) spans: Vec<String>,
    /// What was run from the palette, the last one first.
    pub(super) ran: Vec<String>,
    /// The time under the crosshair, on all panels; `None` where there is none.
    pub cursor: Option<Timestamp>,
    /// How the source is; `None` until it first says so.
    pub status: Option<Status>,
    /// The alerts.
    pub alerts: Board,
    /// The worst active alert of each panel that shows one, by the indexes of dashboard and panel.
    pub marks: FxHashMap<(usize, usize), AlertId>,
    /// The alert whose detail is shown.
    pub alert: Option<AlertId>,
    /// The runbooks that can be opened.
    pub library: Library,
    /// The open runbook.
    pub handbook: Option<Handbook>,
    /// What happened, and what was done about it.
    pub log: Log,
    /// What Alertmanager says, where there is one.
    pub muting: Option<Muting>,
    /// The silence that is being written.
    pub form: Option<SilenceForm>,
    /// The selected line of the list of silences.
    pub silence: usize,
    /// Lines that the words of the alert in detail are scrolled down.
    pub alert_scroll: u16,
    /// For each rule the panels that show what it watches, as indexes of dashboard and panel.
    pub(super) related: Vec<Related>,
    /// The runbooks that Esc leads back to, the last one first out.
    pub(super) shelved: Vec<Handbook>,
    /// The screens that Esc leads back to, the last one first out.
    pub(super) trail: Vec<Screen>,
    /// The selected target of the targets screen.
    pub target: usize,
    /// What the selected target has, once that is known.
    pub sight: Option<Sight>,
    /// The target that was last asked about, by its job and instance.
    pub(super) looked_at: Option<(String, String)>,
    /// Distance between scrapes or refreshes, ms.
    pub interval: i64,
    /// One line for the footer that answers the last key.
    pub notice: Option<String>,
    /// Which files in use could not be read again.
    pub misread: Misread,
    /// The line that is being typed, if one is.
    pub prompt: Option<Prompt>,
    /// The editor of queries.
    pub explore: Explore,
    /// What each key does.
    pub keymap: Keymap,
    /// What is drawn with, and what could be.
    pub looks: Looks,
    /// Whether the job that was offered is not wanted.
    pub(super) declined: bool,
    /// The reader's hand on the mouse.
    pub hand: Hand,
    pub(super) revision: u64,
    pub(super) attention: Attention,
    /// The range of the last plan, ms.
    pub(super) planned: Option<i64>,
    pub(super) initial_range: Option<i64>,
    /// Whether all panels of a dashboard are asked for, in sight or not.
    pub everything: bool,
}

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A dashboard, by its index.
    Dashboard(usize),
    /// The targets.
    Targets,
    /// The alerts.
    Alerts,
    /// One alert.
    Alert,
    /// The open runbook.
    Runbook,
    /// A silence that is being written.
    Silence,
    /// The silences that Alertmanager has.
    Silences,
    /// The editor of queries, and a result.
    Explore,
}

/// Names an alert, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertId {
    /// The rule's name.
    pub rule: String,
    /// The alert's labels.
    pub labels: Labels,
}

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// The help.
    Help(Box<Manual>),
    /// The picker of a dashboard's variables.
    Picker(Box<Picker>),
    /// What moved most, with the cursor on this line of it.
    Moved(usize),
    /// The contexts, with the cursor on this line of them.
    Contexts(usize),
    /// Whether that is to be done.
    Confirm(Asking),
    /// All runbooks, to choose one.
    Shelf(Shelf),
    /// The incident log, all but so many of its newest entries in sight.
    Log(usize),
    /// The time ranges, to choose or type one.
    Time(TimePicker),
    /// Everything that can be done or gone to.
    Palette(Box<Palette>),
}

/// A dashboard with its data and where the reader is in it.
#[derive(Debug)]
pub struct View {
    /// The dashboard.
    pub dashboard: Dashboard,
    /// The data of each panel, by the panel's index.
    pub panels: Vec<PanelModel>,
    /// Index of the selected panel.
    pub selected: usize,
    /// What a filter leaves of it, where there is one.
    pub sifted: Option<Sifted>,
    /// Lines scrolled down.
    pub scroll: u16,
    /// Whether the selected panel fills the screen.
    pub full: bool,
    /// The density asked for; `None` for what suits the size.
    pub density: Option<Density>,
    /// In which order the panels stand as rows.
    pub order: Order,
    /// The series that the reader has picked out of the selected panel: its query and its labels.
    pub(super) picked: Option<(usize, Labels)>,
    /// What is chosen of each variable, by name; absent is all.
    pub selection: HashMap<String, Selection>,
    /// Known values of each variable, by name.
    pub values: HashMap<String, Vec<Offered>>,
    /// What the panels are made from, where variables decide how many there are and what they are called.
    pub(super) template: Option<Box<Dashboard>>,
    pub(super) standing: Standing,
    /// The panels that the last plan asks for.
    pub(super) asked: FxHashSet<usize>,
    /// Where the picker was left: the variable's index, and the value, `None` for all.
    pub(super) left_at: Option<(usize, Option<Arc<str>>)>,
    /// Where somebody is in the lines of a panel.
    pub(super) place: Place,
    /// The colours of names on it.
    pub(super) hues: Names,
}

/// In which order panels stand as rows. On a wall it is always the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As the dashboard has them.
    #[default]
    Written,
    /// The worst first.
    Worst,
}

/// The data of one panel.
#[derive(Debug, Default)]
pub struct PanelModel {
    /// What the worst active alert means whose condition it shows.
    pub(super) alarm: Option<Level>,
    /// The last good picture.
    pub picture: Option<Picture>,
    /// What is wrong now, if anything.
    pub trouble: Option<Trouble>,
    /// What the source finds doubtful about the picture, each thing once.
    pub notes: Vec<String>,
    /// Its queries with the variables put in, and from which texts; the error where one does not parse.
    pub(super) queries: Option<Asked>,
    /// The colours of its series.
    pub(super) hues: Taken,
    /// Whether it asks nothing, so that there is nothing to wait for.
    is_still: bool,
}

/// The texts of queries, and what they parse as.
pub(super) type Asked = (Vec<String>, Result<Arc<[Query]>, String>);

/// What a panel was drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The steps of the curves' values.
    pub window: Window,
    /// The time of the newest values.
    pub at: Timestamp,
    /// The curves.
    pub curves: Vec<Curve>,
    /// How many series are not among them because there are too many.
    pub left_out: usize,
}

/// What is wrong with a panel's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The queries work, but there is nothing.
    Absent(Absence),
    /// Some curves go back in time, none comes up to now: nobody says what they are now.
    Ended {
        /// The time of the newest value there is.
        last: Timestamp,
    },
    /// A query failed.
    Failed(String),
}

/// The part of the screen between header and footer, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Cells across.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

impl Model {
    /// The state before anything has happened.
    pub fn new(setup: Setup) -> Self {
        let cluster = setup.cluster;
        Self {
            name: Name {
                context: cluster.context,
                color: cluster.color,
                job: cluster.job,
                read_only: cluster.read_only,
                insecure: cluster.insecure,
                remarks: cluster.remarks,
            },
            contexts: setup.contexts,
            origin: cluster.origin,
            views: cluster.dashboards.into_iter().map(View::new).collect(),
            screen: Screen::Dashboard(0),
            overlay: None,
            size: setup.size,
            now: setup.now,
            utc_offset: unit::offset(&setup.zone, setup.now),
            zone: setup.zone,
            mouse: setup.mouse,
            density: None,
            range: cluster.range,
            end: None,
            spans: Vec::new(),
            ran: Vec::new(),
            cursor: None,
            status: None,
            alerts: Board::default(),
            marks: FxHashMap::default(),
            alert: None,
            library: cluster.library,
            handbook: None,
            log: Log::new(cluster.log),
            muting: cluster.alertmanager.map(Muting::new),
            form: None,
            silence: 0,
            alert_scroll: 0,
            related: Vec::new(),
            shelved: Vec::new(),
            trail: Vec::new(),
            target: 0,
            sight: None,
            looked_at: None,
            interval: cluster.interval,
            notice: cluster.notice,
            misread: Misread::default(),
            prompt: None,
            explore: Explore::default(),
            keymap: Keymap::default(),
            looks: Looks::default(),
            declined: false,
            hand: Hand::default(),
            revision: 0,
            attention: Attention::new(setup.now),
            planned: None,
            initial_range: cluster.range,
            everything: false,
        }
    }

    /// The same with other keys.
    #[must_use]
    pub fn with_keymap(self, keymap: Keymap) -> Self {
        Self { keymap, ..self }
    }

    /// The dashboard on the screen, or the result of the editor's queries, which is a panel on the whole screen.
    pub fn view(&self) -> Option<&View> {
        match self.screen {
            Screen::Dashboard(i) => self.views.get(i),
            Screen::Explore => self.explore.ran.as_ref().map(|ran| &ran.view),
            _ => None,
        }
    }

    pub(super) fn view_mut(&mut self) -> Option<&mut View> {
        match self.screen {
            Screen::Dashboard(i) => self.views.get_mut(i),
            Screen::Explore => self.explore.ran.as_mut().map(|ran| &mut ran.view),
            _ => None,
        }
    }

    /// The part of the screen between header and footer.
    pub fn body(&self) -> Body {
        // One line of footer; a terminal of three lines or less keeps what it can.
        let taken = 1 + self.top();
        Body { width: self.size.0, height: self.size.1.saturating_sub(taken) }
    }

    /// The same part as a place on the screen.
    pub fn body_area(&self) -> Rect {
        let body = self.body();
        Rect { x: 0, y: self.top(), width: body.width, height: body.height }
    }

    /// Offset of the displayed time zone from UTC at `at`, seconds east.
    pub fn offset(&self, at: Timestamp) -> i32 {
        unit::offset(&self.zone, at)
    }

    /// The end of the time range where what it shows is over, not merely held for a moment.
    pub fn past(&self) -> Option<Timestamp> {
        let held = (3 * self.interval).max(60_000);
        self.end.filter(|end| self.present() - end > held)
    }

    /// Whether a line of the screen tells which alerts are active: on every screen but those that show them anyway.
    pub fn has_strip(&self) -> bool {
        let counts = self.alerts.counts();
        matches!(self.screen, Screen::Dashboard(_) | Screen::Targets)
            && self.size.1 >= STRIP_FROM
            && counts.all_firing() + counts.all_pending() > 0
    }

    /// The first line of the body: after the header, and the banner and the strip where they are.
    pub fn top(&self) -> u16 {
        1 + u16::from(self.banner().is_some()) + u16::from(self.has_strip())
    }

    /// The panels that show what the rule of this index watches, as indexes of dashboard and panel.
    pub fn related(&self, rule: usize) -> &[(usize, usize)] {
        self.related.get(rule).map_or(&[], |related| &related.panels)
    }

    /// The time range on the screen, ms: as chosen, else the dashboard's own, but no longer than there is data for. A chart
    /// of an hour says nothing of the first five minutes.
    pub fn shown_range(&self) -> i64 {
        if let Some(range) = self.range {
            return range;
        }
        // What is frozen stays as it is, however much comes in meanwhile.
        if let (Some(_), Some(planned)) = (self.end, self.planned) {
            return planned;
        }
        let whole = self.view().map_or(3_600_000, |v| v.dashboard.range);
        let gathered = match (self.status.as_ref().and_then(|s| s.oldest), &self.origin) {
            (Some(oldest), _) => self.now - oldest,
            // The demo begins with all of its history; it only takes a moment.
            // What a server holds is there from the start.
            (None, Origin::Demo(_) | Origin::Prometheus) => whole,
            (None, Origin::Scrape) => 0,
        };
        GROWING.into_iter().find(|range| *range >= gathered).unwrap_or(whole).min(whole)
    }
}

impl View {
    pub(super) fn new(dashboard: Dashboard) -> Self {
        let mut view = Self {
            panels: dashboard.panels.iter().map(PanelModel::of).collect(),
            dashboard,
            selected: 0,
            sifted: None,
            scroll: 0,
            full: false,
            density: None,
            order: Order::Written,
            picked: None,
            selection: HashMap::new(),
            values: HashMap::new(),
            template: None,
            standing: Standing::default(),
            asked: FxHashSet::default(),
            left_at: None,
            place: Place::default(),
            hues: Names::default(),
        };
        view.prepare();
        view
    }

    /// What a panel is drawn from; `None` for an index that is none.
    pub fn frame<'a>(
        &'a self,
        index: usize,
        model: &'a Model,
        state: &'a State,
        theme: &'a Theme,
    ) -> Option<Frame<'a>> {
        let (panel, data) = (self.dashboard.panels.get(index)?, self.panels.get(index)?);
        let picture = data.picture.as_ref();
        let window = picture.map_or(Window::instant(model.present()), |p| p.window);
        // The alerts are the same for all panels, so whoever draws several makes them once.
        Some(Frame {
            window,
            curves: self.curves(index),
            left_out: picture.map_or(0, |p| p.left_out),
            zone: &model.zone,
            notes: &data.notes,
            selected: index == self.selected,
            cursor: model.cursor,
            picked: self.picked_of(index),
            alarm: data.alarm,
            reading: self.reading(index),
            ..Frame::new(panel, state, theme, model.present())
        })
    }
}

impl PanelModel {
    /// A panel that nothing is known of yet.
    pub(super) fn of(panel: &Panel) -> Self {
        Self { is_still: !panel.kind.asks(), ..Self::default() }
    }

    /// The panel's state in words, for now.
    pub fn state(&self, now: Timestamp) -> State {
        if self.is_still {
            return State::Live;
        }
        match (&self.picture, &self.trouble) {
            (Some(_), None) => State::Live,
            (None, None | Some(Trouble::Absent(Absence::Waiting))) => State::Waiting,
            (None, Some(Trouble::Absent(absence))) => State::Empty(absence.words(now)),
            (None, Some(Trouble::Ended { last })) => {
                State::Empty(format!("last sample {} ago", unit::duration(now - last)))
            }
            (None, Some(Trouble::Failed(reason))) => State::Failed(reason.clone()),
            (Some(picture), Some(trouble)) => {
                let (at, reason) = match trouble {
                    Trouble::Absent(absence) => (picture.at, absence.words(now)),
                    Trouble::Ended { last } => (*last, "no newer sample".to_owned()),
                    Trouble::Failed(reason) => (picture.at, reason.clone()),
                };
                State::Stale { at, reason }
            }
        }
    }
}
