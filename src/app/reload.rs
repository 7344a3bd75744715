//! Dashboards that were read again, and files that could not be: what was shown stays until something better is there.
//! Uses `layout`.

use std::collections::HashMap;

use super::message::Command;
use super::model::{Model, Screen, View};
use super::related;
use crate::layout::{Dashboard, Panel};

/// Which of the files in use could not be read again, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Misread {
    /// The layouts.
    pub layouts: Option<String>,
    /// The theme.
    pub theme: Option<String>,
}

impl Model {
    /// What the banner under the header says: a file in use was changed into one that cannot be used.
    pub fn banner(&self) -> Option<String> {
        let Misread { layouts, theme } = &self.misread;
        let why = layouts.as_ref().or(theme.as_ref())?;
        let which = if layouts.is_some() { "layout" } else { "theme" };
        Some(format!("the {which} of before stays: {why}"))
    }

    /// Takes dashboards that were read again. What one had of the reader stays: where they are, and the data of panels that
    /// ask the same.
    pub(super) fn take_layouts(&mut self, read: Result<Vec<Dashboard>, String>) -> Option<Command> {
        let dashboards = match read {
            Ok(dashboards) => dashboards,
            Err(why) => {
                self.misread.layouts = Some(why);
                return None;
            }
        };
        self.misread.layouts = None;
        let shown = |screen: Screen, views: &[View]| match screen {
            Screen::Dashboard(i) => views.get(i).map(|view| view.dashboard.id.clone()),
            _ => None,
        };
        let here = shown(self.screen, &self.views);
        let before: Vec<Option<String>> = self.trail.iter().map(|screen| shown(*screen, &self.views)).collect();
        let mut old: HashMap<String, View> =
            self.views.drain(..).map(|view| (view.dashboard.id.clone(), view)).collect();
        self.views = dashboards
            .into_iter()
            .map(|dashboard| match old.remove(&dashboard.id) {
                Some(view) => view.replaced(dashboard),
                None => View { density: self.density, ..View::new(dashboard) },
            })
            .collect();
        let find = |id: &String| self.views.iter().position(|view| view.dashboard.id == *id);
        let back = self.trail.iter().zip(&before).filter_map(|(screen, id)| match (screen, id) {
            (Screen::Dashboard(_), id) => id.as_ref().and_then(find).map(Screen::Dashboard),
            (screen, _) => Some(*screen),
        });
        self.trail = back.collect();
        if matches!(self.screen, Screen::Dashboard(_)) {
            self.screen = Screen::Dashboard(here.as_ref().and_then(find).unwrap_or(0));
        }
        self.related = related::panels(self.alerts.rules(), &self.views);
        self.mark_panels();
        self.notice = Some("the layouts have changed and were read again".to_owned());
        Some(self.watch())
    }

    /// Takes note of whether the theme could be read again.
    pub(super) fn take_theme(&mut self, read: Result<(), String>) -> Option<Command> {
        self.misread.theme = read.err();
        if self.misread.theme.is_none() {
            self.notice = Some("the theme has changed and was read again".to_owned());
        }
        None
    }
}

impl View {
    /// The view of `dashboard` in the place of this one.
    fn replaced(mut self, dashboard: Dashboard) -> Self {
        let asks_alike = |a: &Panel, b: &Panel| a.title == b.title && a.kind == b.kind && a.queries == b.queries;
        let here = self.dashboard.panels.get(self.selected).map(|panel| panel.title.clone());
        let mut view = Self::new(dashboard);
        let before = &self.dashboard.variables;
        for variable in view.dashboard.variables.iter().filter(|variable| before.contains(variable)) {
            let name = &variable.name;
            view.selection.extend(self.selection.remove_entry(name));
            view.values.extend(self.values.remove_entry(name));
        }
        if *before == view.dashboard.variables {
            view.settle();
            for (panel, data) in view.dashboard.panels.iter().zip(&mut view.panels) {
                let at = self.dashboard.panels.iter().position(|other| asks_alike(other, panel));
                if let Some(known) = at.and_then(|at| self.panels.get_mut(at)) {
                    *data = std::mem::take(known);
                }
            }
        } else {
            view.settle();
        }
        let index = here.and_then(|title| view.dashboard.panel(&title));
        view.full = self.full && index.is_some();
        view.selected = index.unwrap_or(0);
        (view.scroll, view.density, view.order) = (self.scroll, self.density, self.order);
        view.sifted = self.sifted;
        view.sift_again();
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;

    #[test]
    fn a_changed_dashboard_keeps_the_place_and_the_data_of_what_asks_the_same() {
        let mut view = View::new(layout::builtin().remove(0));
        view.selected = 3;
        view.full = true;
        view.scroll = 7;
        view.panels[3].notes = vec!["kept".to_owned()];
        view.panels[4].notes = vec!["dropped".to_owned()];
        let mut changed = view.dashboard.clone();
        changed.panels[4].queries[0].expr = "up".to_owned();
        changed.panels.remove(0);
        let view = view.replaced(changed);
        assert_eq!((view.selected, view.full, view.scroll, view.panels.len()), (2, true, 7, 14));
        assert_eq!(view.panels[2].notes, ["kept"]);
        assert!(view.panels[3].notes.is_empty());
    }

    #[test]
    fn a_selected_panel_that_is_gone_gives_its_place_to_the_first() {
        let mut view = View::new(layout::builtin().remove(0));
        view.selected = 3;
        view.full = true;
        let mut changed = view.dashboard.clone();
        changed.panels.remove(3);
        let view = view.replaced(changed);
        assert_eq!((view.selected, view.full), (0, false));
    }
}
