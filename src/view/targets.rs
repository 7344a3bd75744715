//! The targets: who is scraped, how that goes, and for the selected one everything that is known.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Model, Origin, Rows, Sight, Zones};
use crate::catalog::METRICS;
use crate::panel::{clip, wrap};
use crate::series::printable;
use crate::source::{Health, Link, Status, TargetStatus};
use crate::theme::Theme;
use crate::unit::{self, Unit};

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let Some(status) = &model.status else {
        let words = match model.origin {
            Origin::Prometheus => "the server has not been asked yet",
            Origin::Scrape | Origin::Demo(_) => "no target has been asked yet",
        };
        words::line(buf, area.inner(Margin::new(2, 1)), words, theme.dim);
        return;
    };
    let detail = detail(model, status, theme, area.width.saturating_sub(4));
    // The list gets what it needs, at least half; the detail what is left.
    let wanted = status.targets.len() as u16 + 3;
    let list_height = wanted.min(area.height.saturating_sub((detail.len() as u16 + 2).min(area.height / 2)));
    list(model, status, theme, Rect { height: list_height, ..area }, buf, zones);
    let height = (area.height - list_height).min(detail.len() as u16 + 2);
    let below = Rect { y: area.y + list_height, height, ..area };
    if below.height < 3 {
        return;
    }
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(if status.link.is_some() { " Server and selected target " } else { " Selected target and store " })
        .title_style(theme.title)
        .render(below, buf);
    let inside = below.inner(Margin::new(2, 1));
    for (i, (text, style)) in detail.iter().take(usize::from(inside.height)).enumerate() {
        words::line(buf, Rect { y: inside.y + i as u16, height: 1, ..inside }, text, *style);
    }
}

fn list(model: &Model, status: &Status, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    if area.height < 3 {
        return;
    }
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(format!(" Targets ({}) ", status.targets.len()))
        .title_style(theme.title)
        .render(area, buf);
    let inside = area.inner(Margin::new(1, 1));
    let widest = |f: fn(&TargetStatus) -> &str, least: usize, most: usize| {
        status.targets.iter().map(|t| f(t).width()).max().unwrap_or(0).clamp(least, most)
    };
    let job = widest(|t| &t.job, 4, 20);
    let instance = widest(|t| &t.instance, 8, 28);
    let head = format!("    {:job$}  {:instance$}  state", "job", "instance");
    words::line(buf, Rect { height: 1, ..inside }, &head, theme.dim);
    let rows = usize::from(inside.height.saturating_sub(1));
    let of = status.targets.len();
    let top = sheet::first(model.hand.top, model.target, rows, of);
    let below = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    sheet::rows(area, below, Rows { at: model.target, top }, of, theme, buf, zones);
    for (i, t) in status.targets.iter().enumerate().skip(top).take(rows) {
        let line = Rect { y: inside.y + 1 + (i - top) as u16, height: 1, ..inside };
        let (glyph, style, state) = state(model, t, theme);
        let here = i == model.target;
        let base = if here { theme.selected } else { theme.text };
        let mut x = line.x;
        let rest = |x: u16| Rect { x, width: line.right().saturating_sub(x), ..line };
        x += words::line(buf, rest(x), if here { "› " } else { "  " }, base);
        x += words::line(buf, rest(x), &format!("{glyph} "), style);
        let names = format!("{:job$}  {:instance$}  ", clip(&t.job, job as u16), clip(&t.instance, instance as u16));
        x += words::line(buf, rest(x), &names, base);
        words::line(buf, rest(x), &state, style);
    }
}

fn state(model: &Model, t: &TargetStatus, theme: &Theme) -> (char, Style, String) {
    let since = unit::duration((model.now - t.since).max(0));
    match &t.health {
        Health::Unknown => ('…', theme.dim, "waiting for the first answer".to_owned()),
        Health::Down { reason } => ('✗', theme.bad, format!("down for {since}: {reason}")),
        // Only who scrapes knows what came.
        Health::Up if model.link().is_some() => match t.last_scrape {
            Some(at) => {
                let (ago, took) =
                    (unit::duration((model.now - at).max(0)), Unit::Seconds.format(t.took / 1000.0, None));
                ('●', theme.good, format!("up, scraped {ago} ago in {took}"))
            }
            None => ('●', theme.good, "up".to_owned()),
        },
        Health::Up if t.samples == 0 && !t.diagnoses.is_empty() => {
            ('▲', theme.warn, format!("up for {since}, nothing of what it exposes could be kept"))
        }
        Health::Up if t.samples == 0 => ('▲', theme.warn, format!("up for {since}, exposes nothing")),
        Health::Up if t.unreadable > 0 => (
            '▲',
            theme.warn,
            format!(
                "up for {since}, {}, {}",
                counted(t.samples, "sample", "samples"),
                counted(t.unreadable, "unreadable line", "unreadable lines")
            ),
        ),
        Health::Up => {
            let took = Unit::Seconds.format(t.took / 1000.0, None);
            ('●', theme.good, format!("up for {since}, {} in {took}", counted(t.samples, "sample", "samples")))
        }
    }
}

/// What is known of the server that is asked, and of the line to it.
fn server(model: &Model, link: &Link, theme: &Theme, say: &mut impl FnMut(String, Style)) {
    let version = link.version.as_deref().unwrap_or("a server that has not said what it is");
    say(format!("{}, {version}", link.url), theme.title);
    if let Some(silence) = model.silence() {
        let silence = unit::duration(silence);
        say(format!("▲ no answer for {silence} to what it was asked; it may hang, or be busy"), theme.warn);
    }
    match &link.health {
        Health::Unknown => say("… waiting for its first answer".to_owned(), theme.dim),
        Health::Up => {
            let took = Unit::Seconds.format(link.took / 1000.0, None);
            say(
                format!(
                    "● answers for {}; the last refresh took {took}",
                    unit::duration((model.now - link.since).max(0))
                ),
                theme.good,
            );
        }
        Health::Down { reason } => {
            say(format!("✗ down for {}: {reason}", unit::duration((model.now - link.since).max(0))), theme.bad);
            let last = match link.last_success {
                Some(at) => {
                    format!("last answer {} ago; panels keep that data", unit::duration((model.now - at).max(0)))
                }
                None => "never answered since shtop started".to_owned(),
            };
            let next = match link.next_try {
                Some(at) if at > model.now => {
                    format!("tried again in {}, or with R at once", unit::duration(at - model.now))
                }
                _ => "being tried again".to_owned(),
            };
            say(format!("{last}; {next}"), theme.text);
        }
    }
    let (requests, bytes) = (counted(link.last.requests as usize, "request", "requests"), link.last.bytes as f64);
    let all = Unit::Bytes.format(link.bytes as f64, None);
    say(
        format!(
            "last refresh: {requests}, {}; since the start {}, {all}",
            Unit::Bytes.format(bytes, None),
            counted(link.requests as usize, "request", "requests")
        ),
        theme.dim,
    );
    if let Some(muting) = &model.muting {
        let (url, found) =
            (&muting.alertmanager.url, if muting.is_found() { ", found through Prometheus" } else { "" });
        let state = match (muting.out_of_reach(), &muting.trouble, &muting.state) {
            (Some(_), ..) => "; not to be reached from here: --alertmanager URL names a way to it",
            (None, Some(_), _) => "; does not answer",
            (None, None, None) => "; has not answered yet",
            (None, None, Some(_)) => "",
        };
        say(format!("Alertmanager {}{found}{state}", printable(url.as_str().trim_end_matches('/'))), theme.dim);
    }
    if link.insecure {
        say("▲ TLS not verified: anybody on the way could be this server".to_owned(), theme.warn);
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Since when a target is up, when it was scraped last and how long that took.
fn standing(model: &Model, status: &Status, t: &TargetStatus) -> String {
    let since = unit::duration((model.now - t.since).max(0));
    // Of a server's targets shtop knows only since when it has asked.
    let since = if status.link.is_some() { format!("up for {since} or longer") } else { format!("up for {since}") };
    match t.last_scrape {
        Some(at) => {
            let (ago, took) = (unit::duration((model.now - at).max(0)), Unit::Seconds.format(t.took / 1000.0, None));
            format!("{since}; last scrape {ago} ago, took {took}")
        }
        None => format!("{since}; the server does not tell when it was scraped"),
    }
}

/// How much a target has: samples, series, families.
fn holdings(model: &Model, status: &Status, t: &TargetStatus) -> String {
    let sight = model.selected_sight();
    let samples =
        if status.link.is_some() { sight.and_then(|s| s.samples).map(|n| n as usize) } else { Some(t.samples) };
    let mut words = Vec::new();
    words.extend(samples.map(|n| counted(n, "sample", "samples")));
    words.extend(sight.map(|s| counted(s.series, "series", "series")));
    if status.link.is_none() {
        let (families, silent) = t.families;
        let families = counted(families, "metric family", "metric families");
        words.push(format!("{families}, {silent} of them without a sample"));
    }
    if words.is_empty() { "how much it has is not known yet".to_owned() } else { words.join(", ") }
}

/// The metrics of the catalogue of which a target has no series.
fn lacking(sight: &Sight, say: &mut impl FnMut(String, Style), theme: &Theme) {
    let all = METRICS.len();
    match sight.lacks.as_slice() {
        [] => say(format!("● has series of all {all} metrics of the catalogue"), theme.good),
        lacks if sight.is_agent() => {
            let names: Vec<&str> = lacks.iter().map(|name| name.trim_start_matches("streamhouse_")).collect();
            let names = names.join(", ");
            say(format!("▲ no series of {} of the catalogue's {all} metrics: {names}", lacks.len()), theme.warn);
        }
        _ => say("has none of StreamHouse's metrics".to_owned(), theme.dim),
    }
}

fn detail(model: &Model, status: &Status, theme: &Theme, width: u16) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    let mut say = |text: String, style: Style| lines.extend(wrap(&text, width).into_iter().map(|l| (l, style)));
    for remark in &model.name.remarks {
        say(format!("· {remark}"), theme.warn);
    }
    if let Some(link) = &status.link {
        server(model, link, theme, &mut say);
    }
    if let Some(t) = model.selected_target() {
        say(t.url.clone(), theme.title);
        if let Health::Down { reason } = &t.health {
            say(format!("✗ {reason}"), theme.bad);
            say(
                match t.last_success {
                    Some(at) => {
                        format!(
                            "last good scrape {} ago; its panels keep that data",
                            unit::duration((model.now - at).max(0))
                        )
                    }
                    None => "never answered since shtop started".to_owned(),
                },
                theme.text,
            );
        }
        if t.health == Health::Up {
            say(standing(model, status, t), theme.text);
            say(holdings(model, status, t), theme.text);
            if let Some(sight) = model.selected_sight() {
                lacking(sight, &mut say, theme);
            }
        }
        if t.unreadable > 0 {
            let lines = counted(t.unreadable, "line", "lines");
            say(format!("▲ {lines} could not be read; the rest was kept:"), theme.warn);
        } else if !t.diagnoses.is_empty() {
            say("▲ not everything was kept:".to_owned(), theme.warn);
        }
        for diagnosis in &t.diagnoses {
            say(format!("· {diagnosis}"), theme.dim);
        }
    }
    // Lines with a caret under them must stay as they are.
    let troubles = status.troubles.iter().flat_map(|t| t.lines()).map(|line| (line.to_owned(), theme.bad));
    lines.extend(troubles);
    lines.extend(status.remarks.iter().map(|remark| (remark.clone(), theme.dim)));
    if let [_, _, ..] = status.jobs.as_slice() {
        let jobs = status.jobs.join(", ");
        lines.push((format!("no target runs as job {}; --job takes one of {jobs}", model.asked_job()), theme.warn));
    }
    if status.link.is_some() {
        return lines;
    }
    let per_sample = if status.samples > 0 { status.bytes as f64 / status.samples as f64 } else { 0.0 };
    lines.push((
        format!(
            "store: {} series, {} samples, {} ({per_sample:.1} bytes a sample)",
            status.series,
            status.samples,
            Unit::Bytes.format(status.bytes as f64, None)
        ),
        theme.dim,
    ));
    lines
}
