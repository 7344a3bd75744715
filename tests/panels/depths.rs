//! Every kind of panel with every hard set at three sizes, side by side, in every colour depth: what is drawn, and in which
//! styles.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;
use shtop::layout::{Kind, Level, Panel};
use shtop::panel::{State, draw};
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;

use super::fixtures::{buckets, frame, hard, panel, thresholds};
use super::lines;

const SIZES: [(u16, u16); 3] = [(16, 4), (30, 6), (50, 9)];

/// All of a kind in one buffer: a hard set a line, a size a column.
fn sheet(kind: Kind, depth: Depth) -> Buffer {
    let theme = Theme::dark(depth);
    let mut sets = hard();
    if kind == Kind::Heatmap {
        // Anything else is no histogram, and says so.
        sets.retain(|(name, _)| matches!(*name, "no data" | "all gaps" | "huge"));
        sets.push(("buckets", buckets()));
    }
    let width = SIZES.iter().map(|(width, _)| width).sum();
    let height = SIZES[2].1;
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height * sets.len() as u16));
    for (row, (name, curves)) in (0..).zip(&sets) {
        let panel = Panel {
            thresholds: thresholds(Level::Good, &[(20.0, Level::Warn), (60.0, Level::Bad)]),
            ..panel(name, kind, Unit::Short)
        };
        let mut x = 0;
        for (width, height_here) in SIZES {
            let place = Rect::new(x, row * height, width, height_here);
            draw(&frame(&panel, curves, &State::Live, &theme), place, &mut buf);
            x += width;
        }
    }
    buf
}

/// A letter for the style of each cell, and what the letters mean.
fn styles(buf: &Buffer) -> String {
    let mut known: Vec<Style> = vec![Cell::default().style()];
    let mut grid = String::new();
    for row in buf.content().chunks(usize::from(buf.area.width)) {
        let letters: String = row
            .iter()
            .map(|cell| {
                let style = cell.style();
                let at = known.iter().position(|s| *s == style).unwrap_or_else(|| {
                    known.push(style);
                    known.len() - 1
                });
                if at == 0 { ' ' } else { char::from(b'A' + (at as u8 - 1) % 58) }
            })
            .collect();
        grid += letters.trim_end();
        grid.push('\n');
    }
    let letters = known.iter().enumerate().skip(1).map(|(at, style)| {
        let letter = char::from(b'A' + (at as u8 - 1) % 58);
        format!("{letter}: {:?} on {:?} {:?}\n", style.fg, style.bg, style.add_modifier)
    });
    grid.extend(letters);
    grid
}

#[test]
fn every_kind_at_three_sizes_in_every_depth() {
    let kinds = [
        (Kind::Stat, "stat"),
        (Kind::Gauge, "gauge"),
        (Kind::Timeseries, "timeseries"),
        (Kind::Pie, "pie"),
        (Kind::Heatmap, "heatmap"),
    ];
    let depths = [(Depth::None, "none"), (Depth::Ansi, "16"), (Depth::Indexed, "256"), (Depth::TrueColor, "true")];
    for (kind, name) in kinds {
        let mut before = String::new();
        for (depth, colours) in depths {
            let buf = sheet(kind, depth);
            // Glyphs only where they are others than with fewer colours.
            let glyphs = lines(&buf);
            let shown = if glyphs == before { "the same\n".to_owned() } else { glyphs.clone() };
            before = glyphs;
            insta::assert_snapshot!(format!("{name}_{colours}"), format!("{shown}\n{}", styles(&buf)));
        }
    }
}
