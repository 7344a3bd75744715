//! How old what is shown is. Pure. Uses `source`.

use super::model::{Model, Origin, Trouble};
use crate::series::Timestamp;
use crate::source::Absence;

impl Model {
    /// When the newest good scrape of any target began; of a server that is asked, when it last answered.
    pub fn newest(&self) -> Option<Timestamp> {
        if self.origin == Origin::Prometheus {
            return self.link()?.last_success;
        }
        self.status.as_ref()?.targets.iter().filter_map(|t| t.last_success).max()
    }

    /// Whether anything on the screen says how long ago or how long until something is: it has to be drawn anew as time
    /// passes, though nothing happens.
    pub fn ages(&self) -> bool {
        let counts = self.alerts.counts();
        let alerts = counts.all_firing() + counts.all_pending() > 0;
        let calm = self.status.is_some() && self.overlay.is_none() && !alerts && self.old().is_none();
        let Some(view) = self.view().filter(|_| calm) else { return true };
        view.panels.iter().any(|panel| match &panel.trouble {
            None => false,
            Some(Trouble::Absent(
                Absence::Waiting
                | Absence::AllDown { .. }
                | Absence::NotExposed { .. }
                | Absence::Declared { .. }
                | Absence::NoMatch { .. }
                | Absence::TooSparse { .. }
                | Absence::Filtered,
            )) => panel.picture.is_some(),
            Some(_) => true,
        })
    }

    /// The age of the newest data, where it is so old that one must be told: more than three scrapes were due since.
    pub fn old(&self) -> Option<i64> {
        let age = self.now - self.newest()?;
        // A server is asked no more often than a step passes, and at least once a minute.
        let pace = if self.origin == Origin::Prometheus { self.interval.max(60_000) } else { self.interval };
        (age > 3 * pace + 1_000 || self.is_cut_off() || self.silence().is_some()).then_some(age)
    }
}
