//! Which cluster is shown: the contexts to choose from, going over to another, and the job under which its agents run. Pure.
//! Uses `layout`, `source` and `theme`.

use super::incident::{Entry, What};
use super::keys::Action;
use super::message::{Command, Wish};
use super::model::{Model, Origin, Overlay, Screen, Setup};
use super::muting::Alertmanager;
use crate::layout::Dashboard;
use crate::promql::Query;
use crate::runbook::Library;
use crate::source::{DEFAULT_JOB, Health, Link};
use crate::theme::Rgb;

/// Everything about one cluster that is known before any data of it is.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The context that it is described in, safe for the screen; `None` where it was named on the command line.
    pub context: Option<String>,
    /// The context's colour.
    pub color: Option<Rgb>,
    /// Where the data comes from.
    pub origin: Origin,
    /// The dashboards, one a screen.
    pub dashboards: Vec<Dashboard>,
    /// The runbooks that can be opened.
    pub library: Library,
    /// The time range at first, ms; `None` for each dashboard's own.
    pub range: Option<i64>,
    /// Distance between scrapes or refreshes, ms: no step is shorter, and data older than three of these is called old.
    pub interval: i64,
    /// The job under which the agents run; `None` for [`DEFAULT_JOB`].
    pub job: Option<String>,
    /// Whether nothing may be written anywhere.
    pub read_only: bool,
    /// Whether certificates are taken whatever they are.
    pub insecure: bool,
    /// What is odd about its description, safe for the screen.
    pub remarks: Vec<String>,
    /// What its incident log has from earlier runs.
    pub log: Vec<Entry>,
    /// The Alertmanager that is asked; `None` where there is none.
    pub alertmanager: Option<Alertmanager>,
    /// What could not be set up, to be told first.
    pub notice: Option<String>,
}

/// A context that can be gone over to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name, safe for the screen.
    pub name: String,
    /// Where its data comes from, in words and without credentials.
    pub source: String,
    /// Its colour.
    pub color: Option<Rgb>,
}

/// What is shown of the cluster besides its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// The context, safe for the screen; `None` where there is none.
    pub context: Option<String>,
    /// The context's colour.
    pub color: Option<Rgb>,
    /// The job under which the agents run; `None` for the usual one.
    pub job: Option<String>,
    /// Whether nothing may be written anywhere.
    pub read_only: bool,
    /// Whether certificates are taken whatever they are.
    pub insecure: bool,
    /// What is odd about its description, safe for the screen.
    pub remarks: Vec<String>,
}

impl Name {
    /// The query for the job under which the agents run.
    pub(super) fn at_home(&self, query: Query) -> Query {
        match &self.job {
            Some(job) => query.with_job(DEFAULT_JOB, job),
            None => query,
        }
    }
}

impl Model {
    /// The server that is asked, as it last was; `None` where agents are scraped.
    pub fn link(&self) -> Option<&Link> {
        self.status.as_ref()?.link.as_ref()
    }

    /// The time of the data's clock: that of the server that is asked, however wrong this machine's is.
    pub fn present(&self) -> i64 {
        self.now + self.link().map_or(0, |link| link.skew)
    }

    /// The job under which the agents are said to run.
    pub fn asked_job(&self) -> &str {
        self.name.job.as_deref().unwrap_or(DEFAULT_JOB)
    }

    /// The job that the agents seem to run under: the only one that has StreamHouse's metrics, where it is not the one that
    /// is asked for.
    pub fn offered_job(&self) -> Option<&str> {
        match self.status.as_ref()?.jobs.as_slice() {
            [only] if !self.declined && only != self.asked_job() => Some(only),
            _ => None,
        }
    }

    /// Takes the job that is offered.
    pub(super) fn take_job(&mut self) -> Option<Command> {
        let Some(job) = self.offered_job().map(str::to_owned) else {
            let known = self.asked_job();
            let several = self.status.as_ref().map(|s| s.jobs.join(", ")).filter(|jobs| !jobs.is_empty());
            self.notice = Some(match several {
                Some(jobs) if !self.declined => format!("start shtop with --job and one of {jobs}"),
                _ => format!("the agents' job is {known}; --job names another"),
            });
            return None;
        };
        self.notice = Some(format!("asking for job {job} from now on; --job {job} does so from the start"));
        Some(Command::Open(Wish { context: self.name.context.clone(), job: Some(job) }))
    }

    /// Shows the contexts to choose from.
    pub(super) fn choose_context(&mut self) -> Option<Command> {
        if self.contexts.is_empty() {
            let why = match self.origin {
                Origin::Demo(_) => "the demo has no contexts: start shtop without it",
                _ => "the configuration file has no contexts: shtop config path tells where it is",
            };
            self.notice = Some(why.to_owned());
            return None;
        }
        let here = self.contexts.iter().position(|c| Some(&c.name) == self.name.context.as_ref());
        self.overlay = Some(Overlay::Contexts(here.unwrap_or(0)));
        None
    }

    /// Keys in the list of contexts.
    pub(super) fn in_contexts(&mut self, cursor: usize, action: Action) -> Option<Command> {
        let last = self.contexts.len().saturating_sub(1);
        match action {
            Action::Go => {
                self.overlay = None;
                self.go_over(cursor)
            }
            Action::Contexts | Action::Back => self.back(),
            Action::Quit => Some(Command::Quit),
            _ => {
                self.overlay = Some(Overlay::Contexts(action.step(cursor, last)?));
                None
            }
        }
    }

    /// Goes over to the context of this index.
    pub(super) fn go_over(&mut self, index: usize) -> Option<Command> {
        let name = self.contexts.get(index)?.name.clone();
        if self.name.context.as_ref() == Some(&name) {
            self.notice = Some(format!("{name} is what is shown already"));
            return None;
        }
        self.notice = Some(format!("going over to {name}…"));
        Some(Command::Open(Wish { context: Some(name), job: None }))
    }

    /// Begins anew with another cluster: nothing of the one before stays on the screen.
    pub(super) fn open(&mut self, cluster: Cluster) -> Command {
        let fresh = Self::new(Setup {
            cluster,
            contexts: std::mem::take(&mut self.contexts),
            now: self.now,
            zone: self.zone.clone(),
            size: self.size,
            mouse: self.mouse,
        });
        let before = std::mem::replace(self, fresh);
        self.keymap = before.keymap;
        self.misread.theme = before.misread.theme;
        self.prefer(before.density);
        // Answers to older plans are known by their revision.
        self.revision = before.revision;
        // What the reader typed is about no cluster.
        (self.spans, self.ran) = (before.spans, before.ran);
        self.keep_explore(before.explore);
        let untold = self.notice.take();
        self.notice = untold.clone().or(before.notice);
        self.screen = match before.screen {
            Screen::Dashboard(i) if i >= self.views.len() => Screen::Dashboard(0),
            Screen::Alert | Screen::Runbook | Screen::Silence | Screen::Silences => Screen::Alerts,
            screen => screen,
        };
        if before.name.context == self.name.context {
            return self.watch();
        }
        let name = self.name.context.clone().unwrap_or_default();
        self.notice = Some(untold.map_or_else(|| format!("this is {name}"), |why| format!("this is {name}; {why}")));
        let entry = Entry { at: self.now, what: What::Note { text: format!("going over to context {name}") } };
        self.log.add(entry.clone());
        Command::Several(vec![self.watch(), Command::Record(vec![entry])])
    }

    /// For how long the server that is asked has owed an answer, ms, where that is longer than usual.
    pub fn silence(&self) -> Option<i64> {
        Some((self.now - self.link()?.silent?).max(0))
    }

    /// Whether the server that is asked does not answer.
    pub fn is_cut_off(&self) -> bool {
        self.link().is_some_and(|link| matches!(link.health, Health::Down { .. }))
    }
}
