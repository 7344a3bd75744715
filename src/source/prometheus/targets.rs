//! The targets as the server knows them: from its list, or from `up` where it has none (Mimir, Thanos without sidecars). Uses
//! `series`.

use rustc_hash::FxHashMap;

use super::api::{ActiveTarget, Targets};
use crate::series::{Series, Timestamp, printable};
use crate::source::{Health, TargetStatus};

/// Longest reason that is kept, in characters.
const LONGEST: usize = 200;

/// What names a target from one list to the next.
type Name = (String, String, String);

/// The targets, with what no list tells: since when they are as they are.
#[derive(Default)]
pub(super) struct Known {
    targets: Vec<TargetStatus>,
}

impl Known {
    pub(super) fn targets(&self) -> &[TargetStatus] {
        &self.targets
    }

    /// How many answer.
    pub(super) fn up(&self) -> usize {
        self.targets.iter().filter(|t| t.health == Health::Up).count()
    }

    /// Whether all of them answer.
    pub(super) fn all_up(&self) -> bool {
        self.up() == self.targets.len()
    }

    /// Whether there are any, and none of them answers.
    pub(super) fn all_down(&self) -> bool {
        !self.targets.is_empty() && self.targets.iter().all(|t| matches!(t.health, Health::Down { .. }))
    }

    /// Takes in the server's list: of `jobs`, or of all where none is named or there is none of them, since a job that was
    /// misspelt must not hide what is down. `skew` is how far its clock is ahead of ours.
    pub(super) fn listed(&mut self, listed: &Targets, jobs: &[String], now: Timestamp, skew: i64) {
        let named = |t: &&ActiveTarget| t.labels.get("job").is_some_and(|job| jobs.contains(job));
        let all = !listed.active_targets.iter().any(|t| named(&t));
        let targets = listed.active_targets.iter().filter(|t| all || named(t)).map(|t| {
            let last_scrape = t.last_scrape.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond() - skew);
            // A target that was never scraped has the zero time of Go, long before the epoch.
            let last_scrape = last_scrape.filter(|at| *at > 0);
            let health = match t.health.as_str() {
                "up" => Health::Up,
                // VictoriaMetrics calls a target down before it has asked it.
                "down" if last_scrape.is_some() || !t.last_error.is_empty() => {
                    Health::Down { reason: shown(&t.last_error) }
                }
                _ => Health::Unknown,
            };
            TargetStatus { took: t.last_scrape_duration * 1000.0, ..target(t, health, last_scrape, now) }
        });
        let targets = targets.collect();
        self.replace(targets);
    }

    /// Takes in the result of `up`.
    pub(super) fn told(&mut self, up: &[Series], now: Timestamp) {
        let targets = up.iter().filter_map(|series| {
            let (_, value) = series.last()?;
            let label = |name: &str| series.labels.get(name).unwrap_or_default().to_owned();
            let health = if value == 0.0 {
                Health::Down { reason: "its last scrape failed; the server does not tell why".to_owned() }
            } else {
                Health::Up
            };
            let labels = ["job", "instance"].map(|name| (name.to_owned(), label(name)));
            let found =
                ActiveTarget { labels: labels.into(), scrape_url: label("instance"), ..ActiveTarget::default() };
            Some(target(&found, health, None, now))
        });
        let targets = targets.collect();
        self.replace(targets);
    }

    /// What stayed as it was has been so since before.
    fn replace(&mut self, mut targets: Vec<TargetStatus>) {
        let before: FxHashMap<Name, TargetStatus> = self.targets.drain(..).map(|t| (name(&t), t)).collect();
        for target in &mut targets {
            if let Some(before) = before.get(&name(target)) {
                if std::mem::discriminant(&before.health) == std::mem::discriminant(&target.health) {
                    target.since = before.since;
                }
                target.last_success = target.last_success.or(before.last_success);
            }
        }
        targets.sort_by(|a, b| (&a.job, &a.instance, &a.url).cmp(&(&b.job, &b.instance, &b.url)));
        self.targets = targets;
    }
}

fn name(target: &TargetStatus) -> Name {
    (target.job.clone(), target.instance.clone(), target.url.clone())
}

fn target(found: &ActiveTarget, health: Health, last_scrape: Option<Timestamp>, now: Timestamp) -> TargetStatus {
    let label = |name: &str| found.labels.get(name).map(|v| printable(v).into_owned()).unwrap_or_default();
    let last_success = (health == Health::Up).then(|| last_scrape.unwrap_or(now));
    TargetStatus {
        url: masked(&found.scrape_url),
        job: label("job"),
        instance: label("instance"),
        health,
        since: now,
        last_scrape,
        last_success,
        took: 0.0,
        samples: 0,
        families: (0, 0),
        unreadable: 0,
        diagnoses: Vec::new(),
    }
}

/// A URL without userinfo and query; what is none, safe to show.
fn masked(url: &str) -> String {
    let shown = reqwest::Url::parse(url).ok().filter(reqwest::Url::has_host).map(|mut url| {
        // Neither fails: there is a host.
        url.set_username("").ok();
        url.set_password(None).ok();
        url.set_query(None);
        url.to_string()
    });
    printable(&shown.unwrap_or_else(|| url.to_owned())).into_owned()
}

fn shown(text: &str) -> String {
    printable(text).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Labels;

    fn list(health: &str, error: &str, at: &str) -> Targets {
        let labels = [("job", "a"), ("instance", "h:1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        Targets {
            active_targets: vec![ActiveTarget {
                labels: labels.into(),
                scrape_url: "http://u:secret@h:1/metrics?token=secret".to_owned(),
                health: health.to_owned(),
                last_error: error.to_owned(),
                last_scrape: at.to_owned(),
                last_scrape_duration: 0.012,
                ..ActiveTarget::default()
            }],
        }
    }

    #[test]
    fn a_target_is_as_it_is_since_it_changed() {
        let mut known = Known::default();
        let at = "2026-11-22T16:00:00.5Z";
        let scraped = at.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        known.listed(&list("up", "", at), &[], 10, 500);
        let target = &known.targets()[0];
        assert_eq!((target.url.as_str(), target.since, target.took), ("http://h:1/metrics", 10, 12.0));
        assert_eq!((target.last_scrape, target.last_success), (Some(scraped - 500), Some(scraped - 500)));
        known.listed(&list("down", "refused \x1b", at), &["a".to_owned()], 20, 0);
        known.listed(&list("down", "refused \x1b", at), &[], 30, 0);
        let target = &known.targets()[0];
        assert_eq!(target.health, Health::Down { reason: "refused ␛".to_owned() });
        assert_eq!((target.since, target.last_success), (20, Some(scraped - 500)));
        assert!(known.all_down() && known.up() == 0);
        known.listed(&list("unknown", "", "0001-01-01T00:00:00Z"), &[], 40, 0);
        assert_eq!((known.targets()[0].last_scrape, known.all_down()), (None, false));
        known.listed(&list("down", "", "0001-01-01T00:00:00Z"), &[], 45, 0);
        assert_eq!(known.targets()[0].health, Health::Unknown);
        let mut two = list("down", "refused", at);
        let mut other = two.active_targets[0].clone();
        other.labels.insert("job".to_owned(), "b".to_owned());
        two.active_targets.push(other);
        known.listed(&two, &["b".to_owned()], 50, 0);
        assert_eq!(known.targets().iter().map(|t| t.job.as_str()).collect::<Vec<_>>(), ["b"]);
        known.listed(&two, &["misspelt".to_owned()], 60, 0);
        assert_eq!(known.targets().len(), 2, "what is down is not hidden");
    }

    #[test]
    fn up_tells_of_targets_where_there_is_no_list() {
        let mut known = Known::default();
        let series = |instance: &str, v| Series {
            labels: Labels::from_pairs([("job", "a"), ("instance", instance)]),
            values: vec![v],
        };
        known.told(&[series("h:2", 0.0), series("h:1", 1.0)], 10);
        let found: Vec<_> = known.targets().iter().map(|t| (t.instance.as_str(), t.last_success)).collect();
        assert_eq!(found, [("h:1", Some(10)), ("h:2", None)]);
        assert_eq!(known.up(), 1);
    }
}
