//! Asks what alerts take, when panels have all they want. Uses `series`.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Asker;
use crate::source::Event;
use crate::source::prometheus::alerts::{Alerts, Question, Said};
use crate::source::prometheus::api::{Api, ApiFault};

/// How much longer than it should be a wait may be, as a share: many terminals would ask in step.
const JITTER: f64 = 0.1;

/// How long something in sight is waited for at the start: it comes first.
const FIRST: Duration = Duration::from_millis(250);

/// The part of the requests at a time that alerts may take up.
const SHARE: usize = 4;

/// What the asker keeps of alerts.
pub(super) struct Watch {
    pub(super) alerts: Alerts,
    /// When something is due; `None` while it is being asked.
    due: Option<Instant>,
    hurried: bool,
    /// The server was not there when something was due.
    missed: bool,
}

impl Watch {
    pub(super) fn new(alerts: Alerts, now: Instant) -> Self {
        Self { due: alerts.are_wanted().then_some(now), alerts, hurried: false, missed: false }
    }

    pub(super) fn hurry(&mut self, now: Instant) {
        self.hurried = true;
        self.due = self.due.map(|_| now);
    }
}

impl Asker {
    /// When alerts are to be asked for, if nothing happens before; only while they may be.
    pub(super) fn watch_due(&self) -> Option<Instant> {
        if self.plan.is_none() {
            let first = self.began + FIRST;
            return self
                .line
                .next_try()
                .or(self.watch.due)
                .map(|due| due.max(first))
                .filter(|_| self.asking.is_empty());
        }
        self.watch.due.filter(|_| self.line.down().is_none() && self.is_idle())
    }

    /// Does what is due.
    pub(super) fn advance_watch(&mut self, now: Instant) {
        if !self.watch.alerts.are_wanted() {
            return;
        }
        let down = self.line.down().is_some();
        if !down && std::mem::take(&mut self.watch.missed) {
            self.watch.due = Some(now);
        }
        if self.outgoing.is_empty() && self.asking.is_empty() && self.watch_due().is_some_and(|due| due <= now) {
            let hurried = std::mem::take(&mut self.watch.hurried);
            self.watch.alerts.begin(self.now(), self.line.link().skew, hurried);
            (self.watch.due, self.watch.missed) = (None, false);
            self.settle_watch();
        }
        let most = (self.width / SHARE).max(1);
        let may_ask = self.plan.is_none() || !down && self.is_idle();
        while may_ask
            && self.asking.len() < most
            && self.running.len() + self.asking.len() < self.width
            && let Some(question) = self.watch.alerts.next_question()
        {
            self.line.asked();
            self.asking.spawn(run(Arc::clone(&self.api), question));
        }
    }

    pub(super) fn take_watch(&mut self, asked: &Question, said: Said) {
        let (now, was) = (self.now(), self.line.link().health.clone());
        let fault = match &said {
            Said::List(Ok(told)) => {
                self.heard_beside(told);
                None
            }
            Said::Rule(Ok(told)) => {
                self.heard_beside(told);
                None
            }
            Said::List(Err(fault)) => Some(fault.clone()).filter(|f| !f.is_unknown()),
            Said::Rule(Err(fault)) => Some(fault.clone()).filter(|f| f.is_general() != Some(false)),
        };
        // Where nothing else is asked, this is what tells how the line is.
        if let Some(fault) = fault.filter(|_| !self.asks_anything()) {
            self.fall(&fault);
            return;
        }
        let report = self.watch.alerts.take(asked, said, now, self.line.link().skew);
        self.status_is_new |= was != self.line.link().health;
        if let Some(report) = report {
            // Its remarks say what the report is worth, and whoever judges it does so when it comes.
            self.status_is_new = false;
            self.tell_status();
            self.outgoing.push_back(Event::Alerts(Box::new(report)));
        }
        self.settle_watch();
    }

    /// Sets the time for the next look when this one is over.
    fn settle_watch(&mut self) {
        if self.watch.alerts.are_settled() && self.watch.due.is_none() {
            let wait = self.watch.alerts.wait(self.now()) as f64 * (1.0 + JITTER * fastrand::f64());
            self.watch.due = Some(Instant::now() + Duration::from_secs_f64(wait.max(1.0) / 1e3));
            if self.watch.hurried {
                self.watch.due = Some(Instant::now());
            }
        }
    }

    /// The server is not there.
    pub(super) fn fall_watch(&mut self, fault: &ApiFault) {
        self.asking = JoinSet::new();
        self.watch.alerts.abandon();
        self.watch.missed = true;
        self.watch.due = None;
        let report = self.watch.alerts.fail(&fault.words(), self.now());
        self.outgoing.extend(report.map(|report| Event::Alerts(Box::new(report))));
    }
}

/// Asks one question.
async fn run(api: Arc<Api>, question: Question) -> (Question, Said) {
    let said = match &question {
        Question::List => Said::List(api.alerting_rules().await),
        Question::Rule(asked) if asked.window.is_instant() => {
            Said::Rule(api.query(asked.query.text(), asked.window.start).await)
        }
        Question::Rule(asked) => Said::Rule(api.query_range(asked.query.text(), asked.window).await),
    };
    (question, said)
}
