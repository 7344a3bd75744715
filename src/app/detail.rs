//! One alert in words: what it says, how it stands, where its runbook is, as lines for the terminal as it is; and how far
//! they scroll. Pure. Uses `panel`, `rules`, `runbook` and `unit`.

use super::alerts::{At, standing};
use super::model::Model;
use super::muting::Mute;
use crate::panel::{clip, wrap};
use crate::promql::Query;
use crate::rules::{Alert, AlertState, Health, Origin, Phase, Rendered, RuleStatus, Severity};
use crate::runbook::web_address;
use crate::series::Timestamp;
use crate::unit::{self, Unit};

/// From this width on the panels stand beside the words.
const BESIDE: u16 = 110;

/// Columns of the fields' names.
const INDENT: u16 = 9;

/// Lines that the chart gets, however much there is to say.
const LEAST: u16 = 6;

/// Cells of the bar that shows how much of `for` has passed.
const BAR: usize = 20;

/// One line of an alert's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Safe for the screen, no wider than there is room.
    pub text: String,
    /// What it is.
    pub tone: Tone,
    /// What the text behind the field's name leads to, in full, where that can be opened: see [`web_address`].
    pub link: Option<String>,
}

/// What a line is, for the view to choose a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// How the alert stands.
    State(Severity),
    /// What it is about.
    Title,
    /// Ordinary text.
    Text,
    /// What matters less.
    Dim,
    /// What can be copied.
    Accent,
    /// As it should be.
    Good,
    /// Odd.
    Warn,
    /// Wrong.
    Bad,
}

/// How an alert's words and its charts share the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The words.
    pub lines: Vec<Sentence>,
    /// Cells of their frame across.
    pub width: u16,
    /// Lines of their frame, where nothing else stands in its column.
    pub height: u16,
    /// Whether the charts stand beside the words, else below them.
    pub beside: bool,
}

impl Detail {
    /// The first column of what a field's name stands before.
    pub const INDENT: u16 = INDENT;

    /// Lines that the frame would need to show all words.
    pub fn wanted(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2)
    }

    /// How many lines the words can be scrolled down.
    fn most(&self) -> u16 {
        self.wanted().saturating_sub(self.height)
    }
}

impl Model {
    /// The words on the alert that is shown, in a body of this size; `None` where there is none.
    pub fn detail(&self, width: u16, height: u16) -> Option<Detail> {
        let (index, rule, alert) = self.shown_alert()?;
        let beside = width >= BESIDE;
        let own = if beside { width / 2 } else { width };
        let mut page = Page { lines: Vec::new(), width: own.saturating_sub(4) };
        self.tell(index, rule, alert, &mut page);
        let mut detail = Detail { lines: page.lines, width: own, height, beside };
        if !beside {
            // The words first: what is left is the charts', and they get a little in any case.
            detail.height = detail.wanted().min(height.saturating_sub(LEAST)).max(height / 2);
        }
        Some(detail)
    }

    /// Scrolls the words of the alert by so many lines, no further than they go.
    pub(super) fn scroll_alert(&mut self, lines: i64) {
        let body = self.body();
        let most = self.detail(body.width, body.height).map_or(0, |d| d.most());
        let from = self.alert_scroll.min(most);
        self.alert_scroll = i64::from(from).saturating_add(lines).clamp(0, i64::from(most)) as u16;
    }

    fn tell(&self, index: usize, rule: &RuleStatus, alert: Option<&Alert>, page: &mut Page) {
        match alert {
            Some(alert) => {
                page.say(&self.state(alert, rule), Tone::State(alert.severity()));
                if let Some(why) = self.blindness() {
                    page.say(&format!("⚠ whether it still is cannot be told: {why}"), Tone::Warn);
                }
                if let Some(mute) = self.mute(rule, index, alert) {
                    page.say(&mute.sentence(self.now, &self.zone), Tone::Warn);
                }
                for (name, tone) in [("summary", Tone::Title), ("description", Tone::Text)] {
                    if let Some(text) = alert.annotation(name) {
                        page.say(text.text(), tone);
                        page.complain(text);
                    }
                }
            }
            None => match self.blindness() {
                Some(why) => page.say(&format!("⚠ whether it is active cannot be told: {why}"), Tone::Warn),
                None => page.say("not active: its expression gives nothing now", Tone::Good),
            },
        }
        if let Health::Failed(why) = &rule.health {
            page.say(&format!("! the rule could not be evaluated: {why}"), Tone::Bad);
        }
        let threshold = self.alerts.watched(index).and_then(|(_, threshold)| threshold.as_ref());
        if let Some(alert) = alert {
            let value = Unit::Short.format(alert.value, None);
            let against = threshold.map_or_else(String::new, |t| {
                format!(", alerts when {} {}", t.comparison, Unit::Short.format(t.value, None))
            });
            if let Some((held, span)) = self.short_of(rule) {
                page.say(&format!("▲ it rests on {held} of data; its expression looks back {span}"), Tone::Warn);
            }
            let was = if alert.state.phase() == Phase::Resolved { "was " } else { "" };
            page.field("value", &format!("{was}{value}{against}"), Tone::Text);
        }
        if rule.hold > 0 {
            page.field("for", &hold(rule, alert, self.now), Tone::Text);
        }
        page.field("expr", &rule.expr.split_whitespace().collect::<Vec<_>>().join(" "), Tone::Accent);
        if let Some(alert) = alert {
            let labels: Vec<String> = alert.labels.iter().map(|l| format!("{}={:?}", l.name, l.value)).collect();
            page.field("labels", &labels.join(" "), Tone::Dim);
            for (name, text) in &alert.annotations {
                if matches!(name.as_str(), "summary" | "description") {
                    continue;
                }
                page.field(if name == "runbook_url" { "runbook" } else { name }, text.text(), Tone::Dim);
                page.complain(text);
            }
        }
        let who = match rule.origin {
            Origin::Server => "evaluated by Prometheus",
            Origin::Local => "evaluated by shtop itself",
        };
        let at = rule.last_evaluation.map_or_else(String::new, |at| format!(" {} ago", unit::age(at, self.now)));
        page.field("rule", &format!("group {}, {who}{at}", rule.group), Tone::Dim);
    }

    /// Why nobody is notified of the alert.
    fn mute(&self, rule: &RuleStatus, index: usize, alert: &Alert) -> Option<&Mute> {
        let alert = rule.alerts.iter().position(|a| a.labels == alert.labels)?;
        self.muting.as_ref()?.of(At { rule: index, alert })
    }

    /// How much data there is, and how far a rule looks back, where that is further: a trend over seconds is little proof
    /// of one over minutes.
    fn short_of(&self, rule: &RuleStatus) -> Option<(String, String)> {
        let oldest = self.status.as_ref().filter(|s| s.link.is_none()).and_then(|s| s.oldest)?;
        let span = Query::parse(&rule.expr).ok()?.span();
        let held = (rule.last_evaluation? - oldest).max(0) / 1_000 * 1_000;
        (held < span).then(|| (unit::duration(held), unit::duration(span)))
    }

    fn state(&self, alert: &Alert, rule: &RuleStatus) -> String {
        let known = match alert.known_since {
            Some(since) if alert.may_be_older() => {
                format!(", or longer: nobody looked before {}", self.time_of(since))
            }
            _ => String::new(),
        };
        let words = standing(alert, self.now);
        let active = self.time_of(alert.active_at);
        match alert.state {
            AlertState::Pending { .. } => format!("{words}; true since {active}{known}"),
            AlertState::Firing { since } => {
                let kept = alert.kept_until.map_or_else(String::new, |until| {
                    format!("; its condition holds no more, kept firing until {} by the rule", self.time_of(until))
                });
                format!("{words}, since {}{known}{kept}", self.time_of(since))
            }
            AlertState::Resolved { at } => {
                format!("{words}, at {}; it was active since {active} ({})", self.time_of(at), rule.group)
            }
        }
    }

    /// The time of day, and the date before it where that is not today's.
    pub fn time_of(&self, at: Timestamp) -> String {
        const DAY: i64 = 86_400_000;
        let day = |t: i64| t.saturating_add(i64::from(self.offset(t)) * 1_000).div_euclid(DAY);
        let offset = self.offset(at);
        if day(at) == day(self.now) { unit::clock(at, offset) } else { unit::date_clock(at, offset) }
    }
}

/// Lines as they are written.
struct Page {
    lines: Vec<Sentence>,
    width: u16,
}

impl Page {
    fn say(&mut self, text: &str, tone: Tone) {
        let lines = text.lines().flat_map(|line| wrap(line, self.width));
        self.lines.extend(lines.map(|text| Sentence { text, tone, link: None }));
    }

    /// A field's name, and what it is; what goes on in the next line stands below it.
    fn field(&mut self, name: &str, text: &str, tone: Tone) {
        let link = web_address(text.trim());
        let wrapped = text.lines().flat_map(|line| wrap(line, self.width.saturating_sub(INDENT)));
        self.lines.extend(wrapped.enumerate().map(|(i, line)| {
            // A long name leaves a blank before its value all the same.
            let before = if i == 0 { clip(name, INDENT - 1) } else { "".into() };
            Sentence { text: format!("{before:<0$}{line}", usize::from(INDENT)), tone, link: link.clone() }
        }));
    }

    /// What is wrong with an annotation's template.
    fn complain(&mut self, text: &Rendered) {
        if let Rendered::Failed { error, .. } = text {
            self.say(&format!("▲ its template: {error}"), Tone::Warn);
        }
    }
}

/// How long the condition must hold, and how far that is.
fn hold(rule: &RuleStatus, alert: Option<&Alert>, now: Timestamp) -> String {
    let whole = unit::duration(rule.hold);
    match alert.map(|a| (a.state, a.active_at)) {
        Some((AlertState::Pending { .. }, since)) => {
            let share = ((now - since) as f64 / rule.hold as f64).clamp(0.0, 1.0);
            let full = (share * BAR as f64).round() as usize;
            format!("{whole}  {}{}  {:.0} %", "█".repeat(full), "░".repeat(BAR - full), share * 100.0)
        }
        _ => whole,
    }
}
