//! The first line: which screen, whether the data can be trusted, and DEMO where it is not real.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Action, Model, Origin, Screen, Spot, View, Zones};
use crate::layout::Selection;
use crate::panel::clip;
use crate::rules::Severity;
use crate::source::{Health, Link};
use crate::theme::Theme;
use crate::unit::{self, Unit};

/// Widest name of a context, in cells.
const NAME: u16 = 24;

/// Widest reason why a server does not answer, in cells; the targets screen has all of it.
const REASON: u16 = 60;

/// Width under which the header says the least.
const NARROW: u16 = 60;

/// Width from which on the header says from when to when.
const WIDE: u16 = 120;

/// A difference between the server's clock and this machine's that is worth a word, ms.
const SKEW: i64 = 5_000;

/// A piece of the line; the ones with the lowest weight go first when there is no room.
struct Piece {
    text: String,
    style: Style,
    weight: u8,
    /// What a click on it does.
    spot: Option<Spot>,
}

impl Piece {
    fn new(text: String, style: Style, weight: u8, action: Option<Action>) -> Self {
        Self { text, style, weight, spot: action.map(Spot::Action) }
    }
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    buf.set_style(area, theme.bar);
    let mut left = tabs(model, theme, Tabs::Titles);
    let width = |pieces: &[Piece]| pieces.iter().map(|p| p.text.width() + 1).sum::<usize>();
    // How bad it is comes before what the other screens are called.
    let least = width(&tabs(model, theme, Tabs::Numbers));
    let mut right = facts(model, theme, Tally::Full);
    for shorter in [Tally::Bare, Tally::Firing, Tally::Sum] {
        if least + width(&right) > usize::from(area.width) {
            right = facts(model, theme, shorter);
        }
    }
    for shorter in [Tabs::Words, Tabs::Numbers] {
        if width(&left) + width(&right) > usize::from(area.width) {
            left = tabs(model, theme, shorter);
        }
    }
    while width(&left) + width(&right) > usize::from(area.width) {
        // Tabs of other screens and lesser facts make room for what is wrong.
        let weakest = left.iter().chain(&right).map(|p| p.weight).min().unwrap_or(u8::MAX);
        if weakest == u8::MAX {
            break;
        }
        if let Some(i) = right.iter().rposition(|p| p.weight == weakest) {
            right.remove(i);
        } else if let Some(i) = left.iter().rposition(|p| p.weight == weakest) {
            left.remove(i);
        }
    }
    let mut put = |x: u16, piece: &Piece| {
        let spot = Rect { x, width: area.right().saturating_sub(x), ..area };
        let used = words::line(buf, spot, &piece.text, piece.style);
        if let Some(button) = &piece.spot {
            zones.mark(Rect { width: used, ..spot }, button.clone());
        }
        used
    };
    let mut x = area.x;
    for piece in &left {
        x += put(x, piece) + 1;
    }
    let mut x = area.right().saturating_sub((width(&right) as u16).min(area.width)).max(x);
    for piece in &right {
        if x >= area.right() {
            break;
        }
        x += put(x, piece) + 1;
    }
}

/// How much the names of the screens say.
#[derive(Clone, Copy, PartialEq)]
enum Tabs {
    /// `Storage & S3`
    Titles,
    /// `Storage`
    Words,
    /// The number alone, but for the screen that is shown.
    Numbers,
}

fn tabs(model: &Model, theme: &Theme, say: Tabs) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Origin::Demo(scenario) = &model.origin {
        pieces.push(Piece::new(format!(" DEMO {scenario} "), theme.banner, u8::MAX, None));
    } else if let Some(name) = &model.name.context {
        // Whose cluster this is must never be in doubt.
        let style = theme.bar.patch(model.name.color.map_or(theme.title, |color| theme.ground(color)));
        let text = format!(" {} ", clip(name, NAME));
        pieces.push(Piece::new(text, style, u8::MAX, Some(Action::Contexts)));
    } else {
        let contexts = (!model.contexts.is_empty()).then_some(Action::Contexts);
        pieces.push(Piece::new(" shtop".to_owned(), theme.bar.patch(theme.title), 2, contexts));
    }
    let names = model.views.iter().map(|v| {
        let title = v.dashboard.title.as_str();
        match say {
            Tabs::Titles => title,
            Tabs::Words | Tabs::Numbers => title.split([' ', '&']).next().unwrap_or(title),
        }
    });
    for (i, name) in names.chain(std::iter::once("Targets")).enumerate() {
        let here = match model.screen {
            Screen::Dashboard(s) => s == i,
            Screen::Targets => i == model.views.len(),
            _ => false,
        };
        let (style, weight) = if here { (theme.bar.patch(theme.selected), u8::MAX) } else { (theme.bar, 1) };
        let text = match (here, say) {
            (true, _) => format!("[{} {name}]", i + 1),
            (false, Tabs::Numbers) => format!("{}", i + 1),
            (false, _) => format!(" {} {name} ", i + 1),
        };
        pieces.push(Piece::new(text, style, weight, Some(Action::Screen(i))));
    }
    let here = !matches!(model.screen, Screen::Dashboard(_) | Screen::Targets | Screen::Explore);
    let (style, weight) = if here { (theme.bar.patch(theme.selected), u8::MAX) } else { (theme.bar, 1) };
    let text = match (here, say) {
        (true, _) => "[a Alerts]".to_owned(),
        (false, Tabs::Numbers) => "a".to_owned(),
        (false, _) => " a Alerts ".to_owned(),
    };
    pieces.push(Piece::new(text, style, weight, Some(Action::Alerts)));
    if model.screen == Screen::Explore {
        let style = theme.bar.patch(theme.selected);
        pieces.push(Piece::new("[x Explore]".to_owned(), style, u8::MAX, None));
    }
    pieces
}

/// How much is said of how many alerts there are.
#[derive(Clone, Copy, PartialEq)]
enum Tally {
    /// `✗ firing: 1 critical, 5 high; pending: 2 medium`
    Full,
    /// `✗ 1 critical, 5 high firing; 2 pending`
    Bare,
    /// `✗ 1 critical, 5 high firing`
    Firing,
    /// `✗ 6 firing`
    Sum,
}

fn alerts(model: &Model, theme: &Theme, tally: Tally) -> Option<(String, Style, u8)> {
    let report = model.alerts.report.as_ref()?;
    let counts = model.alerts.counts();
    // What is told may be all there was when it could last be told.
    let is_known = report.trouble.is_none() && model.blindness().is_none() && counts.unevaluated == 0;
    let others = match (is_known, tally) {
        (true, _) => "",
        (false, Tally::Full) => "; others unknown",
        (false, _) => ", others?",
    };
    let each = |counts: [usize; 5]| {
        let some = Severity::ALL.into_iter().zip(counts).filter(|(_, n)| *n > 0);
        some.map(|(severity, n)| format!("{n} {severity}")).collect::<Vec<_>>().join(", ")
    };
    let Some(worst) = counts.worst() else {
        return Some(match (counts.all_pending(), counts.failed) {
            (0, 0) if is_known && !report.rules.is_empty() => ("● no alerts".to_owned(), theme.good, 2),
            (0, 0) if report.trouble.is_none() && counts.unevaluated > 0 => {
                (format!("… {} not evaluated yet", count(counts.unevaluated, "rule")), theme.warn, 6)
            }
            (0, 0) => ("alerts unknown".to_owned(), theme.warn, 6),
            (0, n) => (format!("▲ {n} rules failed"), theme.warn, 6),
            (n, _) if matches!(tally, Tally::Firing | Tally::Sum) => (format!("… {n} pending{others}"), theme.warn, 6),
            _ => (format!("… pending: {}{others}", each(counts.pending)), theme.warn, 6),
        });
    };
    let (glyph, style) = words::severity(worst, theme);
    let text = match (tally, counts.all_pending()) {
        (Tally::Sum, _) => format!("{glyph} {} firing{others}", counts.all_firing()),
        (Tally::Full | Tally::Bare, 0) => format!("{glyph} firing: {}{others}", each(counts.firing)),
        (Tally::Full, _) => {
            format!("{glyph} firing: {}; pending: {}{others}", each(counts.firing), each(counts.pending))
        }
        (Tally::Firing, _) => format!("{glyph} {} firing{others}", each(counts.firing)),
        (Tally::Bare, n) => format!("{glyph} {} firing; {n} pending{others}", each(counts.firing)),
    };
    Some((text, style, u8::MAX))
}

fn facts(model: &Model, theme: &Theme, tally: Tally) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut fact = |text: String, style: Style, weight: u8, action: Option<Action>| {
        pieces.push(Piece::new(text, theme.bar.patch(style), weight, action));
    };
    // Where there is more to be read of it.
    let targets = Some(Action::Screen(model.views.len()));

    if let Some((text, style, weight)) = alerts(model, theme, tally) {
        fact(text, style, weight, Some(Action::Alerts));
    }
    if let Some(status) = &model.status {
        if !status.troubles.is_empty() {
            let (n, screen) = (status.troubles.len(), model.views.len() + 1);
            fact(format!("✗ {} ({screen} tells)", count(n, "target list trouble")), theme.bad, 6, targets);
        }
        if let Some(cut) = status.cut {
            fact(format!("▲ memory cap: history from {}", unit::clock(cut, model.offset(cut))), theme.warn, 5, targets);
        }
    }
    if let Some(view) = model.view().filter(|v| !v.selection.is_empty()) {
        fact(filtered(model, view), theme.warn, 5, Some(Action::Variables));
    }
    if let Some(sifted) = model.view().and_then(|v| v.sifted.as_ref()) {
        let (shown, of) = sifted.count();
        let narrow = model.size.0 < NARROW;
        let (text, glue) =
            (clip(sifted.filter.text(), if narrow { 8 } else { NAME }), if narrow { "/" } else { " of " });
        fact(format!("/{text} {shown}{glue}{of}"), theme.warn, u8::MAX, Some(Action::Filter));
    }
    if let Some(at) = model.cursor.filter(|_| model.view().is_some()) {
        let text = format!("⌖ values at {}", unit::clock(at, model.offset(at)));
        fact(text, theme.warn, u8::MAX, Some(Action::Crosshair));
    }
    if model.view().is_some() && model.past().is_none() {
        fact(format!("last {}", unit::length(model.shown_range())), theme.dim, 3, Some(Action::Time));
    }
    if model.name.insecure {
        fact("TLS not verified".to_owned(), theme.warn, 8, targets);
    }
    if model.name.read_only {
        fact("read-only".to_owned(), theme.dim, 2, None);
    }
    if let Some(link) = model.link() {
        for (text, style, weight) in line(model, link, theme) {
            fact(text, style, weight, targets);
        }
    }
    match (&model.status, model.newest()) {
        (None, _) => fact("starting…".to_owned(), theme.dim, 4, targets),
        (Some(status), newest) => {
            let total = status.targets.len();
            let down = status.targets.iter().filter(|t| matches!(t.health, Health::Down { .. })).count();
            let unknown = status.targets.iter().filter(|t| t.health == Health::Unknown).count();
            let noun = if total == 1 { "target" } else { "targets" };
            match (total, down, unknown) {
                // What a server last knew of its targets is no news while it does not answer, and else only what is amiss.
                _ if model.is_cut_off() => {}
                (0, ..) | (_, 0, _) if model.link().is_some() => {}
                (_, d, _) if model.link().is_some() => {
                    fact(format!("▲ {d} of {total} {noun} down"), theme.warn, 5, targets);
                }
                (0, ..) => fact("✗ no targets".to_owned(), theme.bad, u8::MAX, targets),
                (_, 0, 0) => fact(format!("● {total}/{total} {noun} up"), theme.good, 7, targets),
                (_, 0, u) => fact(format!("… {}/{total} {noun} up", total - u), theme.dim, 7, targets),
                (_, d, _) if d == total => fact(format!("✗ all {total} {noun} down"), theme.bad, u8::MAX, targets),
                (_, d, _) => fact(format!("✗ {d} of {total} {noun} down"), theme.bad, u8::MAX, targets),
            }
            if let Some(end) = model.past() {
                fact(past(model, end), theme.banner, u8::MAX, Some(Action::Time));
            } else if let Some(end) = model.end {
                fact(
                    format!("‖ to {}", unit::clock(end, model.offset(end))),
                    theme.warn,
                    u8::MAX,
                    Some(Action::Freeze),
                );
            } else if let Some(age) = model.old() {
                fact(format!("data {} old", unit::duration(age)), theme.bad, u8::MAX, targets);
            } else if let Some(newest) = newest {
                fact(format!("live {}", unit::clock(newest, model.utc_offset)), theme.good, 4, Some(Action::Freeze));
            } else {
                fact("no data yet".to_owned(), theme.dim, 4, targets);
            }
        }
    }
    pieces
}

/// That not all values of the variables are shown; which are, where there is room: `filtered: Topic orders +2`.
fn filtered(model: &Model, view: &View) -> String {
    if model.size.0 < WIDE {
        return "filtered".to_owned();
    }
    let chosen = view.dashboard.variables.iter().filter_map(|variable| match view.selection.get(&variable.name)? {
        Selection::Values(values) => {
            let more = if values.len() > 1 { format!(" +{}", values.len() - 1) } else { String::new() };
            Some(format!("{} {}{more}", variable.label, clip(values.first()?, NAME)))
        }
        Selection::All => None,
    });
    format!("filtered: {}", chosen.collect::<Vec<_>>().join(", "))
}

/// That what is shown is over, and when it was: ` ‖ past 11-21 23:40–00:20, 13h ago `.
fn past(model: &Model, end: i64) -> String {
    let start = end - model.shown_range();
    let clock = |at| unit::clock_short(at, model.offset(at));
    let ago = unit::age(end, model.present());
    if model.size.0 < NARROW {
        return format!("‖ to {}", clock(end));
    }
    if model.size.0 < WIDE {
        return format!(" ‖ to {}, {ago} ago ", clock(end));
    }
    // The year is in the time picker.
    let day = |at| unit::date_clock(at, model.offset(at))[5..10].to_owned();
    let date = if day(start) == day(model.present()) { String::new() } else { format!("{} ", day(start)) };
    let later = if day(end) == day(start) { String::new() } else { format!("{} ", day(end)) };
    format!(" ‖ past {date}{}–{later}{}, {ago} ago ", clock(start), clock(end))
}

/// How the line to the server is: `● Prometheus 2.42 · 8 ms`, or for how long it has been down and why.
fn line(model: &Model, link: &Link, theme: &Theme) -> Vec<(String, Style, u8)> {
    let server = link.version.as_deref().map_or_else(|| "server".to_owned(), brief);
    if let Some(silence) = model.silence() {
        let whom = link.version.as_ref().map_or(host(&link.url), |_| &server);
        return vec![(format!("▲ {whom}: no answer for {}", unit::duration(silence)), theme.warn, u8::MAX)];
    }
    match &link.health {
        Health::Unknown => vec![(format!("… asking {}", host(&link.url)), theme.dim, 7)],
        Health::Up => {
            let took = Unit::Seconds.format(link.took / 1000.0, None);
            let told = if link.took > 0.0 { format!("● {server} · {took}") } else { format!("● {server}") };
            let mut facts = Vec::new();
            if link.skew.abs() > SKEW {
                let direction = if link.skew > 0 { "ahead" } else { "behind" };
                let by = unit::duration(link.skew.abs());
                facts.push((format!("▲ its clock is {by} {direction}"), theme.warn, 4));
            }
            facts.push((told, theme.good, 7));
            facts
        }
        Health::Down { reason } => {
            let since = unit::duration((model.now - link.since).max(0));
            let next = match link.next_try {
                Some(at) if at > model.now => format!("next try in {}", unit::duration(at - model.now)),
                _ => "trying again".to_owned(),
            };
            vec![
                (format!("✗ {server} down for {since}"), theme.bad, u8::MAX),
                (format!("{next}: {}", clip(reason, REASON)), theme.bad, 4),
            ]
        }
    }
}

/// A server's name and version without what only its packagers care about: `Prometheus 2.42`.
fn brief(version: &str) -> String {
    let (name, number) = version.rsplit_once(' ').unwrap_or(("", version));
    let number = number.trim_start_matches('v');
    let parts: Vec<&str> = number.split('.').take(2).collect();
    if number.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{name} {}", parts.join(".")).trim().to_owned()
    } else {
        clip(if name.is_empty() { version } else { name }, NAME).into_owned()
    }
}

/// Host and port of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_as_people_say_them() {
        for (told, brief_one) in [
            ("Prometheus 2.42.0+ds", "Prometheus 2.42"),
            ("Prometheus v3.1.0", "Prometheus 3.1"),
            ("Grafana Mimir 2.10.0", "Grafana Mimir 2.10"),
            ("Prometheus 2.24.0", "Prometheus 2.24"),
            ("Prometheus main-abc", "Prometheus"),
            ("7", "7"),
        ] {
            assert_eq!(brief(told), brief_one);
        }
        assert_eq!(host("https://prom.example:9090/prometheus"), "prom.example:9090");
    }
}
