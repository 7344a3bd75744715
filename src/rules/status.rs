//! What is known about rules and alerts, whoever evaluated them: the words that screens, logs and Prometheus'
//! `/api/v1/rules` share. Uses `series`.

use std::fmt;

use crate::series::{Labels, Timestamp};

/// The two kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Its series are alerts.
    Alerting,
    /// Its series are stored under its name.
    Recording,
}

/// How bad an alert is. Ordered: the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// None is given, or one that says nothing here.
    #[default]
    Other,
    /// To know.
    Low,
    /// To look at in the day.
    Medium,
    /// To look at now.
    High,
    /// To get up for.
    Critical,
}

impl Severity {
    /// From the worst down.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Other];

    /// The severity that the label's value `text` stands for, in either case. Beside the five names it knows the words of
    /// other rule files: `page`, `error`, `warning`, `info` and the like.
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "critical" | "crit" | "page" | "pager" | "emergency" | "fatal" | "disaster" | "p1" | "sev1" => {
                Self::Critical
            }
            "high" | "error" | "major" | "urgent" | "p2" | "sev2" => Self::High,
            "medium" | "warning" | "warn" | "minor" | "average" | "ticket" | "p3" | "sev3" => Self::Medium,
            "low" | "info" | "information" | "informational" | "notice" | "p4" | "p5" | "sev4" => Self::Low,
            _ => Self::Other,
        }
    }

    /// That of the label `severity`.
    pub fn of(labels: &Labels) -> Self {
        Self::parse(labels.get("severity").unwrap_or_default())
    }

    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who evaluated a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// shtop itself.
    Local,
    /// The Prometheus that is asked.
    Server,
}

/// How the last evaluation of a rule went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    /// Well.
    Ok,
    /// There was none yet.
    #[default]
    Unknown,
    /// With this error, safe for the screen.
    Failed(String),
}

/// A rule and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatus {
    /// The group's name.
    pub group: String,
    /// The rule's.
    pub name: String,
    /// Alerting or recording.
    pub kind: Kind,
    /// The expression as it was written.
    pub expr: String,
    /// `for`, ms.
    pub hold: i64,
    /// `keep_firing_for`, ms.
    pub keep_firing: i64,
    /// The rule's own labels, templates as they are written.
    pub labels: Labels,
    /// The rule's annotations, templates as they are written, safe for the screen, in the order of their names.
    pub annotations: Vec<(String, String)>,
    /// How the last evaluation went.
    pub health: Health,
    /// When that was, ms since the epoch.
    pub last_evaluation: Option<Timestamp>,
    /// How many ms it took.
    pub evaluation_ms: Option<f64>,
    /// Pending and firing ones, and those resolved not long ago. In the order of their labels.
    pub alerts: Vec<Alert>,
    /// Who evaluated it.
    pub origin: Origin,
}

impl RuleStatus {
    /// From the rule's own label `severity`.
    pub fn severity(&self) -> Severity {
        Severity::of(&self.labels)
    }

    /// The text of annotation `name`, with its templates as they are.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str())
    }
}

/// One alert: a label set for which an alerting rule's expression holds, or held not long ago.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// With `alertname`, safe for the screen.
    pub labels: Labels,
    /// In the order of their names.
    pub annotations: Vec<(String, Rendered)>,
    /// Where it stands.
    pub state: AlertState,
    /// Since when the expression holds without a gap, ms since the epoch.
    pub active_at: Timestamp,
    /// The expression's value when it held last.
    pub value: f64,
    /// The expression holds no more, and only `keep_firing_for` keeps the alert firing, until then.
    pub kept_until: Option<Timestamp>,
    /// Of alerts evaluated here: the first time at which the rule was evaluated or reconstructed. An alert that was
    /// active then may be older than `active_at` says.
    pub known_since: Option<Timestamp>,
}

impl Alert {
    /// From its label `severity`.
    pub fn severity(&self) -> Severity {
        Severity::of(&self.labels)
    }

    /// The rendered annotation `name`.
    pub fn annotation(&self, name: &str) -> Option<&Rendered> {
        self.annotations.iter().find(|(n, _)| n == name).map(|(_, text)| text)
    }

    /// Where its runbook is said to be: annotation `runbook_url` or, as many an organisation's rules have it, `runbook`.
    pub fn runbook_url(&self) -> Option<&Rendered> {
        self.annotation("runbook_url").or_else(|| self.annotation("runbook"))
    }

    /// What it says at length: annotation `description` or, in older rules, `message`.
    pub fn description(&self) -> Option<&Rendered> {
        self.annotation("description").or_else(|| self.annotation("message"))
    }

    /// Whether it may have been active before `active_at`, because nobody looked then.
    pub fn may_be_older(&self) -> bool {
        self.known_since.is_some_and(|since| self.active_at <= since)
    }
}

/// Where an alert stands. Times are ms since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// The expression holds, but not for as long as the rule wants it to.
    Pending {
        /// When it will be that long.
        fires_at: Timestamp,
    },
    /// It fires.
    Firing {
        /// Since then.
        since: Timestamp,
    },
    /// It fired, and does not any more.
    Resolved {
        /// Since then.
        at: Timestamp,
    },
}

impl AlertState {
    /// Without its times.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Pending { .. } => Phase::Pending,
            Self::Firing { .. } => Phase::Firing,
            Self::Resolved { .. } => Phase::Resolved,
        }
    }
}

/// The states of an alert without their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// There is no such alert.
    Inactive,
    /// It fired not long ago.
    Resolved,
    /// It may fire soon.
    Pending,
    /// It fires.
    Firing,
}

impl Phase {
    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An annotation with its template filled in. Texts are safe for the screen, line by line: their newlines are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// The text.
    Text(String),
    /// The template could not be filled in.
    Failed {
        /// The template as it is written.
        raw: String,
        /// Line and column in the template, and what is wrong there.
        error: String,
    },
}

impl Rendered {
    /// The text, or the template as it is written.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Failed { raw, .. } => raw,
        }
    }
}

/// An alert that changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The group's name.
    pub group: String,
    /// The rule's.
    pub rule: String,
    /// The alert's labels, with `alertname`.
    pub labels: Labels,
    /// What it was.
    pub from: Phase,
    /// What it is.
    pub to: Phase,
    /// When, ms since the epoch.
    pub at: Timestamp,
    /// The expression's value when it held last.
    pub value: f64,
}
