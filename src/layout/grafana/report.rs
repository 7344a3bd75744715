//! What an import could not bring along.

use std::fmt;

/// How much of a dashboard was imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Panels of the file; rows are none.
    pub panels: usize,
    /// How many of them are shown.
    pub shown: usize,
    /// What is not as it is in Grafana, in the order of the file.
    pub losses: Vec<Loss>,
}

/// One thing that was not brought along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The panel's title, safe for the screen; empty where it is about the dashboard.
    pub panel: String,
    /// Where it stands: `panels[3].fieldConfig.defaults.unit`.
    pub path: String,
    /// What it is, in words that are safe for the screen.
    pub what: String,
    /// Whether the whole panel is not shown.
    pub is_panel: bool,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { panel, path, what, is_panel } = self;
        let verb = if *is_panel { "not shown" } else { "ignored" };
        match panel.as_str() {
            "" => write!(f, "{path}: {verb}: {what}"),
            panel => write!(f, "{path}: {panel:?}: {verb}: {what}"),
        }
    }
}

/// Losses that are told one by one.
const MOST: usize = 1_000;

impl Report {
    /// Whether everything is as it is in Grafana.
    pub fn is_complete(&self) -> bool {
        self.losses.is_empty() && self.panels == self.shown
    }

    /// All of it in one line: `52 of 54 panels; 3 settings ignored`.
    pub fn summary(&self) -> String {
        let settings = self.losses.iter().filter(|loss| !loss.is_panel).count();
        let panels = format!("{} of {} panels", self.shown, self.panels);
        match settings {
            0 => panels,
            1 => format!("{panels}; 1 setting ignored"),
            n => format!("{panels}; {n} settings ignored"),
        }
    }

    pub(super) fn lose(&mut self, panel: &str, path: &str, why: impl Into<String>) {
        self.add(panel, path, why.into(), true);
    }

    pub(super) fn ignore(&mut self, panel: &str, path: &str, what: impl Into<String>) {
        self.add(panel, path, what.into(), false);
    }

    fn add(&mut self, panel: &str, path: &str, what: String, is_panel: bool) {
        if self.losses.len() < MOST {
            let path = crate::series::printable(path).into_owned();
            self.losses.push(Loss { panel: panel.to_owned(), path, what, is_panel });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary())?;
        self.losses.iter().try_for_each(|loss| writeln!(f, "  {loss}"))
    }
}
