//! Panels and rows that are shown once for each chosen value of a variable. Pure: a dashboard and the values in, the
//! panels out.

use super::arrange::{self, Gaps};
use super::model::{Dashboard, GRID_COLUMNS, Kind, Panel};

/// How a panel is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// The variable, without `$`.
    pub variable: String,
    /// Where the next one goes.
    pub flow: Flow,
}

/// Where the next one of repeated panels goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Beside it, at most so many in a line, which share the width.
    Across(u16),
    /// Beneath it.
    Down,
}

impl Default for Flow {
    fn default() -> Self {
        Self::Across(4)
    }
}

/// Of one panel or row no more than this.
const MOST: usize = 100;

/// Of a dashboard no more panels than this, repeated ones too.
pub(super) const MOST_PANELS: usize = 2_000;

impl Dashboard {
    /// Whether any panel is repeated.
    pub fn repeats(&self) -> bool {
        self.panels.iter().any(|p| p.repeat.is_some())
    }

    /// The panels with those repeated that are to be, each with its index in this dashboard. `values` tells what is chosen
    /// of a variable; where that is nothing, the panel is shown once.
    pub fn expanded(&self, values: &dyn Fn(&str) -> Vec<String>) -> Vec<(usize, Panel)> {
        let mut all: Vec<(usize, Panel)> = Vec::new();
        let mut bottom = 0;
        for section in self.sections() {
            let row = section.first().map(|&i| &self.panels[i]).filter(|p| p.kind == Kind::Row);
            let bindings = row.map_or_else(|| vec![None], |row| bindings(row, values));
            for bound in bindings {
                let start = all.len();
                for &i in &section {
                    self.one(i, bound.as_ref(), values, &mut all);
                }
                bottom = settle(&mut all[start..], bottom);
            }
        }
        all.truncate(MOST_PANELS);
        all
    }

    /// The indexes of the panels of each section, the row first where it has one, in reading order.
    fn sections(&self) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.panels.len()).collect();
        order.sort_by_key(|&i| (self.panels[i].pos.y, self.panels[i].kind != Kind::Row, self.panels[i].pos.x));
        let mut sections: Vec<Vec<usize>> = Vec::new();
        for i in order {
            match sections.last_mut() {
                Some(section) if self.panels[i].kind != Kind::Row => section.push(i),
                _ => sections.push(vec![i]),
            }
        }
        sections
    }

    /// The panel `index`, as often as it is shown.
    fn one(
        &self,
        index: usize,
        row: Option<&(String, String)>,
        values: &dyn Fn(&str) -> Vec<String>,
        all: &mut Vec<(usize, Panel)>,
    ) {
        let mut panel = self.panels[index].clone();
        panel.bound.extend(row.cloned());
        let Some(repeat) = panel.repeat.clone().filter(|_| panel.kind != Kind::Row) else {
            all.push((index, panel));
            return;
        };
        // A panel of a row that is for one value already is for that one.
        let is_bound = panel.bound.iter().any(|(name, _)| *name == repeat.variable);
        let bindings = if is_bound { vec![None] } else { bindings(&panel, values) };
        let count = bindings.len() as u16;
        for (n, bound) in bindings.into_iter().enumerate() {
            let mut copy = panel.clone();
            copy.bound.extend(bound);
            let n = n as u16;
            match repeat.flow {
                Flow::Across(most) if count > 1 => {
                    let beside = most.clamp(1, GRID_COLUMNS).min(count);
                    copy.pos.w = GRID_COLUMNS / beside;
                    copy.pos.x = (n % beside) * copy.pos.w;
                    copy.pos.y = copy.pos.y.saturating_add((n / beside).saturating_mul(copy.pos.h));
                }
                Flow::Across(_) => {}
                Flow::Down => copy.pos.y = copy.pos.y.saturating_add(n.saturating_mul(copy.pos.h)),
            }
            all.push((index, copy));
        }
    }
}

/// What `panel` is repeated for, each value once.
fn bindings(panel: &Panel, values: &dyn Fn(&str) -> Vec<String>) -> Vec<Option<(String, String)>> {
    let Some(repeat) = &panel.repeat else { return vec![None] };
    let values = values(&repeat.variable);
    if values.is_empty() {
        return vec![None];
    }
    values.into_iter().take(MOST).map(|value| Some((repeat.variable.clone(), value))).collect()
}

/// Moves the panels of a section, in the order in which they are to be, to `top` and from one another; tells where they end.
fn settle(section: &mut [(usize, Panel)], top: u16) -> u16 {
    let first = section.iter().map(|(_, p)| p.pos.y).min().unwrap_or_default();
    for (_, panel) in section.iter_mut() {
        panel.pos.y = (panel.pos.y - first).saturating_add(top);
    }
    // Stable: copies of one panel stay in their order.
    let mut places: Vec<_> = section.iter().map(|(_, p)| p.pos).collect();
    let bottom = arrange::drop_down(&mut places, top, Gaps::Keep);
    for ((_, panel), pos) in section.iter_mut().zip(places) {
        panel.pos = pos;
    }
    bottom
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Pos;

    fn panel(title: &str, pos: [u16; 4], kind: Kind, repeat: Option<(&str, Flow)>) -> Panel {
        let [x, y, w, h] = pos;
        let repeat = repeat.map(|(variable, flow)| Repeat { variable: variable.to_owned(), flow });
        Panel { title: title.to_owned(), kind, pos: Pos { x, y, w, h }, repeat, ..Panel::default() }
    }

    fn shown(panels: Vec<Panel>, known: &[&str]) -> Vec<String> {
        let dashboard = Dashboard { panels, ..Dashboard::default() };
        let values = |name: &str| {
            if name == "node" { known.iter().map(|&v| v.to_owned()).collect() } else { Vec::new() }
        };
        let word = |(_, p): (usize, Panel)| {
            let bound: Vec<_> = p.bound.iter().map(|(_, value)| value.as_str()).collect();
            format!("{}({}) {},{} {}x{}", p.title, bound.join(" "), p.pos.x, p.pos.y, p.pos.w, p.pos.h)
        };
        dashboard.expanded(&values).into_iter().map(word).collect()
    }

    #[test]
    fn a_panel_is_repeated_beside_itself_and_pushes_down_what_is_below() {
        let panels = || {
            vec![
                panel("A", [0, 0, 12, 4], Kind::Stat, Some(("node", Flow::Across(2)))),
                panel("B", [0, 4, 24, 8], Kind::Timeseries, None),
            ]
        };
        assert_eq!(
            shown(panels(), &["x", "y", "z"]),
            ["A(x) 0,0 12x4", "A(y) 12,0 12x4", "A(z) 0,4 12x4", "B() 0,8 24x8"]
        );
        assert_eq!(shown(panels(), &[]), ["A() 0,0 12x4", "B() 0,4 24x8"]);
        assert_eq!(shown(panels(), &["x"]), ["A(x) 0,0 12x4", "B() 0,4 24x8"]);
    }

    #[test]
    fn a_panel_is_repeated_beneath_itself() {
        let panels = vec![
            panel("A", [0, 0, 6, 4], Kind::Stat, Some(("node", Flow::Down))),
            panel("B", [6, 0, 6, 4], Kind::Stat, None),
            panel("C", [0, 4, 6, 4], Kind::Stat, None),
        ];
        assert_eq!(shown(panels, &["x", "y"]), ["A(x) 0,0 6x4", "A(y) 0,4 6x4", "B() 6,0 6x4", "C() 0,8 6x4"]);
    }

    #[test]
    fn a_row_is_repeated_with_its_panels() {
        let panels = vec![
            panel("top", [0, 0, 24, 2], Kind::Stat, None),
            panel("R", [0, 2, 24, 1], Kind::Row, Some(("node", Flow::Down))),
            panel("A", [0, 3, 12, 4], Kind::Stat, Some(("node", Flow::Down))),
            panel("S", [0, 7, 24, 1], Kind::Row, None),
            panel("B", [0, 8, 12, 4], Kind::Stat, None),
        ];
        assert_eq!(
            shown(panels, &["x", "y"]),
            [
                "top() 0,0 24x2",
                "R(x) 0,2 24x1",
                "A(x) 0,3 12x4",
                "R(y) 0,7 24x1",
                "A(y) 0,8 12x4",
                "S() 0,12 24x1",
                "B() 0,13 12x4"
            ]
        );
    }

    #[test]
    fn however_many_values_there_are_the_panels_are_bounded() {
        let names: Vec<String> = (0..5_000).map(|i| i.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let panels =
            (0..40).map(|i| panel("A", [0, i * 4, 12, 4], Kind::Stat, Some(("node", Flow::Across(24))))).collect();
        assert_eq!(shown(panels, &names).len(), MOST_PANELS);
    }
}
