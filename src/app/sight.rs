//! What the selected target has: asked like any panel, so that it is known of a server's targets too. Pure.

use std::sync::Arc;

use super::message::Command;
use super::model::{Model, Screen};
use super::slot::Slot;
use crate::catalog::METRICS;
use crate::promql::Query;
use crate::series::{Labels, Timestamp};
use crate::source::{Answer, Ask, Health, Shape, Status, TargetStatus};

/// What a target has.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Its job and instance.
    pub target: (String, String),
    /// When that was so.
    pub at: Timestamp,
    /// Samples of the last scrape, as the scrape itself has counted them; `None` where nobody has.
    pub samples: Option<f64>,
    /// Series with a value now.
    pub series: usize,
    /// Names of the catalogue's metrics of which it has no series, in the catalogue's order; all of them where it is no
    /// agent.
    pub lacks: Vec<&'static str>,
}

impl Sight {
    /// Whether the target has any metric of the catalogue.
    pub fn is_agent(&self) -> bool {
        self.lacks.len() < METRICS.len()
    }
}

impl Model {
    /// The target under the cursor.
    pub fn selected_target(&self) -> Option<&TargetStatus> {
        let targets = &self.status.as_ref()?.targets;
        targets.get(self.target.min(targets.len().saturating_sub(1)))
    }

    /// How the targets are: the worst come first, and the cursor stays on the target that is looked at.
    pub(super) fn take_status(&mut self, mut status: Status) {
        let name = |t: &TargetStatus| (t.job.clone(), t.instance.clone());
        // Until somebody chooses, the worst is what is looked at.
        let followed = self.screen == Screen::Targets || self.target > 0;
        let looked_at = self.selected_target().filter(|_| followed).map(name);
        let scraped_here = status.link.is_none();
        status.targets.sort_by_key(|t| match t.health {
            Health::Down { .. } => 0,
            // Only who scrapes knows what came.
            Health::Up if scraped_here && (t.samples == 0 || t.unreadable > 0) => 1,
            Health::Up | Health::Unknown => 2,
        });
        self.status = Some(status);
        let place = |wanted| self.status.iter().flat_map(|s| &s.targets).position(|t| name(t) == wanted);
        if let Some(at) = looked_at.and_then(place) {
            self.target = at;
        }
    }

    /// What is known of the selected target beyond its state.
    pub fn selected_sight(&self) -> Option<&Sight> {
        let target = self.selected_target()?;
        self.sight.as_ref().filter(|sight| sight.target.0 == target.job && sight.target.1 == target.instance)
    }

    /// Asks about the selected target where that has not been done yet.
    pub(super) fn look_at_target(&mut self) -> Option<Command> {
        let selected = self.selected_target().map(|t| (t.job.clone(), t.instance.clone()));
        let is_new = self.screen == Screen::Targets && selected.is_some() && selected != self.looked_at;
        is_new.then(|| self.watch())
    }

    /// What to ask about the selected target.
    pub(super) fn target_ask(&mut self) -> Option<Ask> {
        self.looked_at = self.selected_target().map(|t| (t.job.clone(), t.instance.clone()));
        // Another cluster may have a target of the same name.
        self.sight = self.sight.take().filter(|sight| self.looked_at.as_ref() == Some(&sight.target));
        let target = self.looked_at.as_ref()?;
        let quoted = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        let of = format!("job={}, instance={}", quoted(&target.0), quoted(&target.1));
        let texts = [
            format!("scrape_samples_scraped{{{of}}}"),
            format!("count({{{of}}})"),
            format!("count by (__name__) ({{{of}, __name__=~\"streamhouse_.+\"}})"),
        ];
        let queries: Option<Vec<Query>> = texts.iter().map(|text| Query::parse(text).ok()).collect();
        Some(Ask { key: Slot::Target.key(), queries: Arc::from(queries?), shape: Shape::Instant })
    }

    pub(super) fn take_sight(&mut self, answer: Answer) {
        let Some(target) = self.looked_at.clone() else { return };
        // A question that failed says nothing of what the target has.
        let Ok(replies) = answer.replies.into_iter().collect::<Result<Vec<_>, _>>() else { return };
        let mut replies = replies.into_iter().map(|reply| reply.now);
        let mut next = || replies.next().unwrap_or_default();
        let samples = next().first().map(|(_, n)| *n);
        let series = next().first().map_or(0, |(_, n)| *n as usize);
        let names = next();
        let has = |name: &str| names.iter().any(|(labels, _)| labels.get(Labels::NAME) == Some(name));
        let lacks = METRICS.iter().filter(|m| !m.series_names().iter().any(|name| has(name)));
        self.sight = Some(Sight { target, at: answer.at, samples, series, lacks: lacks.map(|m| m.name).collect() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_with_any_metric_of_the_catalogue_is_an_agent() {
        let sight = |lacks| Sight { target: Default::default(), at: 0, samples: None, series: 0, lacks };
        assert!(sight(vec!["streamhouse_wal_size_bytes"]).is_agent());
        assert!(!sight(METRICS.iter().map(|m| m.name).collect()).is_agent());
    }
}
