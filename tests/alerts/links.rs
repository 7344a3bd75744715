//! Links that the terminal opens: whole in every cell, harmless whatever the runbook says, gone under what lies above.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Rect;
use shtop::app::{Model, Screen};
use shtop::export;
use shtop::rules::{Alert, AlertState, Health, Kind, Origin, Rendered, RuleStatus};
use shtop::series::Labels;
use shtop::theme::{Depth, Links, Theme};
use shtop::view::view;

use super::walk::with;
use super::{NOW, act, outage, press, report, shown};

const HOSTILE: &str = "# Ours\n\nThe [wide 日本 page](https://runbooks.example.org/a%20b?c=d) and \
[a trap](https://evil.example/\u{1b}\\\u{1b}]0;owned\u{7}\u{9c}x) and [another](javascript:alert(1)) and \
[a file](file:///etc/passwd) and [one of ours](consumer-lag.md) and <https://h.example/größe>.\n";

fn painted(model: &Model, links: Links) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    let mut theme = Theme::dark(Depth::Indexed);
    theme.links = links;
    view(model, &theme, area, &mut buffer);
    buffer
}

/// The address to which a cell leads, and its text.
fn parts(cell: &Cell) -> Option<(&str, &str)> {
    let rest = cell.symbol().strip_prefix("\u{1b}]8;id=")?;
    let (_, rest) = rest.split_once(';').expect("an id, then the address");
    let (url, rest) = rest.split_once("\u{1b}\\").expect("it ends");
    Some((url, rest.strip_suffix("\u{1b}]8;;\u{1b}\\").expect("every cell closes its own")))
}

fn linked(buffer: &Buffer) -> Vec<(String, String)> {
    let mut links: Vec<(String, String)> = Vec::new();
    for (url, text) in buffer.content().iter().filter_map(parts) {
        match links.iter_mut().find(|(of, _)| of == url) {
            Some((_, all)) => all.push_str(text),
            None => links.push((url.to_owned(), text.to_owned())),
        }
    }
    links
}

#[test]
fn only_what_leads_to_the_web_is_a_link_and_each_cell_is_whole() {
    let (source, _) = outage();
    let mut model = with(&[("ours.md", HOSTILE)], Vec::new());
    press(&mut model, "Bours\n", source);
    assert_eq!(model.screen, Screen::Runbook);
    let buffer = painted(&model, Links::Live);
    let links = linked(&buffer);
    let urls: Vec<_> = links.iter().map(|(url, _)| url.as_str()).collect();
    assert_eq!(urls, ["https://runbooks.example.org/a%20b?c=d", "https://h.example/gr%C3%B6%C3%9Fe"]);
    // The text and, behind it, the address, which can be read without any link.
    assert!(links[0].1.contains("wide 日本 page") && links[0].1.contains("https://runbooks.example.org/a%20b?c=d"));
    for cell in buffer.content() {
        let Some((_, text)) = parts(cell) else {
            assert!(!cell.symbol().contains('\u{1b}'), "{:?}", cell.symbol());
            continue;
        };
        let width = if text.is_ascii() || text == "ö" || text == "ß" { 1 } else { 2 };
        assert_eq!(cell.diff_option, CellDiffOption::ForcedWidth(NonZeroU16::new(width).expect("not zero")), "{text}");
    }
}

#[test]
fn without_links_the_screen_is_the_same_text_and_exports_have_no_escapes() {
    let (source, _) = outage();
    let mut model = with(&[("ours.md", HOSTILE)], Vec::new());
    press(&mut model, "Bours\n", source);
    let (plain, live) = (painted(&model, Links::Plain), painted(&model, Links::Live));
    assert!(plain.content().iter().all(|cell| !cell.symbol().contains('\u{1b}')));
    assert_eq!(export::text(&plain), export::text(&live));
    assert!(export::text(&live).contains("https://runbooks.example.org/a%20b?c=d"));
    assert!(!export::html(&live, export::Ground::DARK, "t").contains('\u{1b}'));
}

#[test]
fn what_lies_over_a_link_leads_nowhere() {
    let (source, _) = outage();
    let many: Vec<String> = (0..200).map(|i| format!("[page {i}](https://h.example/{i})")).collect();
    let many = many.join(" ");
    let mut model = with(&[("ours.md", &format!("# Ours\n\n{many}\n"))], Vec::new());
    press(&mut model, "Bours\n", source);
    assert!(linked(&painted(&model, Links::Live)).len() > 20);
    press(&mut model, "?", source);
    let buffer = painted(&model, Links::Live);
    let text = export::text(&buffer);
    let (top, line) = text.lines().enumerate().find(|(_, l)| l.contains("╭ Keys ")).expect("the help is open");
    let cells = |bytes: usize| line[..bytes].chars().count() as u16;
    let left = line.find("╭ Keys ").map(cells).expect("just found");
    let right = line.find("╭ Keys ").and_then(|at| Some(at + line[at..].find('╮')?)).map(cells).expect("its other end");
    for y in top as u16..buffer.area.height - 3 {
        for x in left..=right {
            let cell = &buffer[(x, y)];
            assert!(parts(cell).is_none() && cell.diff_option == CellDiffOption::None, "{x},{y}: {:?}", cell.symbol());
        }
    }
}

/// A rule with one alert of many words.
fn wordy(lines: usize, runbook: &str) -> RuleStatus {
    let text = (0..lines).map(|i| format!("line {i}")).collect::<Vec<_>>().join("\n");
    let alert = Alert {
        labels: Labels::from_pairs([("alertname", "Wordy"), ("severity", "high")]),
        annotations: vec![
            ("description".to_owned(), Rendered::Text(text)),
            ("runbook_url".to_owned(), Rendered::Text(runbook.to_owned())),
        ],
        state: AlertState::Firing { since: NOW - 60_000 },
        active_at: NOW - 60_000,
        value: 1.0,
        kept_until: None,
        known_since: None,
    };
    RuleStatus {
        group: "g".to_owned(),
        name: "Wordy".to_owned(),
        kind: Kind::Alerting,
        expr: "up == 0".to_owned(),
        hold: 60_000,
        keep_firing: 0,
        labels: Labels::from_pairs([("severity", "high")]),
        annotations: Vec::new(),
        health: Health::Ok,
        last_evaluation: Some(NOW),
        evaluation_ms: None,
        alerts: vec![alert],
        origin: Origin::Local,
    }
}

#[test]
fn an_alerts_runbook_is_a_link_over_as_many_lines_as_it_takes() {
    let (source, _) = outage();
    let url = format!("https://runbooks.example.org/{}", "x".repeat(150));
    let mut model = crate::cluster::model(80, 24);
    act(&mut model, report(vec![wordy(2, &url)]), source);
    press(&mut model, "a\n", source);
    let links = linked(&painted(&model, Links::Live));
    assert_eq!(links, [(url.clone(), url)], "neither the field's name nor blanks belong to it");
}

#[test]
fn the_words_of_an_alert_scroll_to_their_end_and_no_further() {
    let (source, _) = outage();
    for (width, height) in [(80, 24), (120, 40)] {
        let mut model = crate::cluster::model(width, height);
        act(&mut model, report(vec![wordy(300, "https://h.example/x")]), source);
        press(&mut model, "a\n", source);
        assert!(shown(&model).contains("line 0") && !shown(&model).contains("group g"), "{}", shown(&model));
        press(&mut model, "G", source);
        assert!(shown(&model).contains("line 299") && shown(&model).contains("group g"), "{}", shown(&model));
        let end = shown(&model);
        press(&mut model, "↓↓↓", source);
        assert_eq!(shown(&model), end);
        press(&mut model, "↑", source);
        assert_ne!(shown(&model), end, "one line up is one line up");
        press(&mut model, "g", source);
        assert!(shown(&model).contains("line 0"));
        // Short words do not scroll at all.
        act(&mut model, report(vec![wordy(1, "https://h.example/x")]), source);
        let start = shown(&model);
        press(&mut model, "↓G", source);
        assert_eq!(shown(&model), start);
    }
}
