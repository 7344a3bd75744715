//! The values of a dashboard's variables: searched, chosen on a draft, applied at once. Pure. Uses `layout`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use rustc_hash::FxHashSet;

use super::keys::{Action, Place, typing};
use super::message::Command;
use super::model::{Model, Overlay, View};
use super::scope::Offered;
use super::search::Filter;
use super::sheet::{Rows, Sheet, Typed};
use crate::layout::{All, Selection, Values, Variable};
use crate::series::printable;

/// Widest popup, in cells.
const WIDTH: u16 = 60;

/// Lines that say how many values there are.
const TOLD: u16 = 1;

/// Where the reader is among the values of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// Index of the variable.
    pub variable: usize,
    /// What is searched for.
    pub typed: Typed,
    /// The place in the list.
    pub rows: Rows,
    /// The values that have it, as the list shows them.
    pub items: Vec<Item>,
    /// What is newly chosen of each variable; `None` where nothing has been changed, an empty set for all.
    drafts: Vec<Option<BTreeSet<Arc<str>>>>,
    /// Whether the cursor was moved.
    moved: bool,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// All values.
    All,
    /// A value that is chosen though no series has it now.
    Gone(Arc<str>),
    /// A value.
    Value(Offered),
}

impl Item {
    /// The value; `None` for all of them.
    pub const fn value(&self) -> Option<&Arc<str>> {
        match self {
            Self::All => None,
            Self::Gone(value) => Some(value),
            Self::Value(known) => Some(&known.value),
        }
    }
}

impl View {
    /// What is chosen of a variable; nothing is all. Where there is no "all", nothing is the first value.
    fn marked(&self, variable: &Variable) -> BTreeSet<Arc<str>> {
        match self.selection.get(&variable.name) {
            Some(Selection::Values(values)) => values.iter().map(|value| Arc::from(value.as_str())).collect(),
            Some(Selection::All) | None if variable.all == All::No => {
                let first = self.values.get(&variable.name).and_then(|values| values.first());
                first.map(|known| known.value.clone()).into_iter().collect()
            }
            Some(Selection::All) | None => BTreeSet::new(),
        }
    }

    /// The known values of a variable.
    pub fn known(&self, variable: usize) -> &[Offered] {
        let variable = self.dashboard.variables.get(variable);
        variable.and_then(|v| self.values.get(&v.name)).map_or(&[], Vec::as_slice)
    }
}

impl Picker {
    fn new(variable: usize, view: &View) -> Self {
        let mut picker = Self {
            variable,
            typed: Typed::default(),
            rows: Rows::default(),
            items: Vec::new(),
            drafts: vec![None; view.dashboard.variables.len()],
            moved: false,
        };
        picker.search(view);
        picker
    }

    /// What is chosen of the variable, on the draft or else already; nothing is all.
    pub fn chosen(&self, view: &View) -> BTreeSet<Arc<str>> {
        match self.drafts.get(self.variable) {
            Some(Some(draft)) => draft.clone(),
            _ => view.dashboard.variables.get(self.variable).map(|v| view.marked(v)).unwrap_or_default(),
        }
    }

    /// Makes the list anew: all, what is chosen and gone, then the values.
    fn search(&mut self, view: &View) {
        let Some(variable) = view.dashboard.variables.get(self.variable) else { return };
        if variable.values == Values::Typed {
            let value: Arc<str> = Arc::from(self.typed.text());
            let text: Arc<str> = Arc::from(&*printable(&value));
            self.items = if value.is_empty() {
                view.marked(variable)
                    .into_iter()
                    .map(|value| Item::Value(Offered { text: value.clone(), value }))
                    .collect()
            } else {
                vec![Item::Value(Offered { text, value })]
            };
            return;
        }
        let values = view.known(self.variable);
        let known: FxHashSet<&str> = values.iter().map(|known| &*known.value).collect();
        let mut gone = self.chosen(view);
        gone.append(&mut view.marked(variable));
        gone.retain(|value| !known.contains(&**value));
        let filter = Filter::parse(self.typed.text());
        let mut sieve = filter.sieve();
        let all = (filter.is_empty() && variable.all != All::No).then_some(Item::All);
        let rest = gone.into_iter().map(Item::Gone).chain(values.iter().cloned().map(Item::Value));
        let found = rest.filter(|item| match item {
            Item::All => false,
            Item::Gone(value) => sieve.passes(&[value]),
            Item::Value(known) => sieve.passes(&[&known.text]),
        });
        self.items = all.into_iter().chain(found).collect();
    }

    fn put(&mut self, at: usize, height: u16) {
        self.rows.put(at, self.items.len(), height);
    }

    /// Chooses or drops the value under the cursor; of a variable that takes only one, this one instead.
    fn toggle(&mut self, view: &View) {
        let Some(item) = self.items.get(self.rows.at) else { return };
        let multi = view.dashboard.variables.get(self.variable).is_some_and(|v| v.multi);
        let mut chosen = self.chosen(view);
        match item.value() {
            None => chosen.clear(),
            Some(value) if chosen.remove(value) => {}
            Some(value) => {
                if !multi {
                    chosen.clear();
                }
                chosen.insert(value.clone());
            }
        }
        self.drafts[self.variable] = Some(chosen);
    }

    /// Chooses everything that is found; with nothing searched for that is all.
    fn choose_found(&mut self, view: &View) {
        let multi = view.dashboard.variables.get(self.variable).is_some_and(|v| v.multi);
        let mut chosen = self.chosen(view);
        if self.items.first() == Some(&Item::All) {
            chosen.clear();
        } else if multi {
            chosen.extend(self.items.iter().filter_map(Item::value).cloned());
        }
        self.drafts[self.variable] = Some(chosen);
    }

    /// The variable after this one, or before it, that is not hidden.
    fn next(&self, view: &View, forward: bool) -> usize {
        let all = &view.dashboard.variables;
        let after = (1..=all.len()).map(|i| (self.variable + if forward { i } else { all.len() - i }) % all.len());
        after.into_iter().find(|&i| !all[i].hidden).unwrap_or(self.variable)
    }

    /// Goes over to another variable; the drafts stay.
    fn turn_to(&mut self, variable: usize, view: &View) {
        self.variable = variable;
        self.typed = Typed::default();
        self.rows = Rows::default();
        self.moved = false;
        self.search(view);
    }
}

impl Model {
    /// Where the popup stands in `body`: as high as all values, so that typing does not move it.
    pub fn picker_sheet(&self, picker: &Picker, body: Rect) -> Sheet {
        let known = self.view().map_or(0, |view| view.known(picker.variable).len());
        Sheet::place(body, WIDTH, TOLD, (known + 1).max(picker.items.len()).max(4))
    }

    fn picker_height(&self, picker: &Picker) -> u16 {
        self.picker_sheet(picker, self.body_area()).list.height
    }

    /// Opens the picker where it was left.
    pub(super) fn open_picker(&mut self) -> Option<Command> {
        let view = self.view()?;
        let is_open = |i: &usize| view.dashboard.variables.get(*i).is_some_and(|variable| !variable.hidden);
        let Some(first) = (0..view.dashboard.variables.len()).find(is_open) else {
            self.notice = Some("this dashboard has no variables".to_owned());
            return None;
        };
        let (variable, value) = view.left_at.clone().filter(|(i, _)| is_open(i)).unwrap_or((first, None));
        let mut picker = Picker::new(variable, view);
        let at = picker.items.iter().position(|item| item.value() == value.as_ref()).unwrap_or(0);
        picker.put(at, self.picker_height(&picker));
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
        None
    }

    /// A key in the picker.
    pub(super) fn in_picker(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(Overlay::Picker(mut picker)) = self.overlay.take() else { return None };
        let last = picker.items.len().saturating_sub(1);
        let height = self.picker_height(&picker);
        let view = self.view()?;
        match typing(&self.keymap, Place::Picker, key) {
            Some(Action::Confirm) => return self.apply(&picker),
            Some(Action::Toggle) => picker.toggle(view),
            Some(Action::All) => picker.choose_found(view),
            Some(Action::Clear) => picker.drafts[picker.variable] = Some(BTreeSet::new()),
            Some(Action::Next) => picker.turn_to(picker.next(view, true), view),
            Some(Action::Previous) => picker.turn_to(picker.next(view, false), view),
            Some(action) => {
                let Some(at) = action.step(picker.rows.at, last) else {
                    self.keep_place(&picker);
                    self.overlay = Some(Overlay::Picker(picker));
                    return self.beyond(action);
                };
                picker.put(at, height);
                picker.moved = true;
            }
            None => {
                if picker.typed.take(key) {
                    picker.search(view);
                    picker.put(0, height);
                }
            }
        }
        self.overlay = Some(Overlay::Picker(picker));
        None
    }

    /// A click chooses or drops a value.
    pub(super) fn click_picker(&mut self, row: usize) -> Option<Command> {
        let Some(Overlay::Picker(mut picker)) = self.overlay.take() else { return None };
        if row < picker.items.len() {
            let height = self.picker_height(&picker);
            picker.put(row, height);
            picker.toggle(self.view()?);
        }
        self.overlay = Some(Overlay::Picker(picker));
        None
    }

    /// Searches for what was pasted.
    pub(super) fn paste_into_picker(&mut self, line: &str) {
        let Some(Overlay::Picker(mut picker)) = self.overlay.take() else { return };
        picker.typed.paste(line);
        if let Some(view) = self.view() {
            picker.search(view);
        }
        let height = self.picker_height(&picker);
        picker.put(0, height);
        self.overlay = Some(Overlay::Picker(picker));
    }

    /// Puts the cursor on a row.
    pub(super) fn put_in_picker(&mut self, row: usize) {
        let Some(Overlay::Picker(mut picker)) = self.overlay.take() else { return };
        let height = self.picker_height(&picker);
        picker.put(row, height);
        picker.moved = true;
        self.overlay = Some(Overlay::Picker(picker));
    }

    /// The values of a variable have changed: the list shows them, the cursor stays on its value.
    pub(super) fn refresh_picker(&mut self) {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return };
        let mut picker = picker.clone();
        let here = picker.items.get(picker.rows.at).cloned();
        if let Some(view) = self.view() {
            picker.search(view);
        }
        let same = |item: &Item| here.as_ref().is_some_and(|here| item.value() == here.value());
        let at = picker.items.iter().position(same).unwrap_or(picker.rows.at);
        picker.put(at, self.picker_height(&picker));
        self.overlay = Some(Overlay::Picker(picker));
    }

    fn keep_place(&mut self, picker: &Picker) {
        let value = picker.items.get(picker.rows.at).and_then(Item::value).cloned();
        if let Some(view) = self.view_mut() {
            view.left_at = Some((picker.variable, value));
        }
    }

    /// Takes the drafts over and closes the picker. Where nothing was marked, the value that was searched for or gone to is
    /// meant.
    fn apply(&mut self, picker: &Picker) -> Option<Command> {
        self.keep_place(picker);
        let view = self.view_mut()?;
        let mut drafts = picker.drafts.clone();
        let pointed = picker.moved || !picker.typed.text().is_empty();
        if let (None, true, Some(item)) = (&drafts[picker.variable], pointed, picker.items.get(picker.rows.at)) {
            drafts[picker.variable] = Some(item.value().cloned().into_iter().collect());
        }
        let mut changes = false;
        for (variable, draft) in view.dashboard.variables.iter().zip(drafts) {
            let Some(draft) = draft.filter(|draft| *draft != view.marked(variable)) else { continue };
            changes = true;
            if draft.is_empty() {
                view.selection.remove(&variable.name);
            } else {
                let values = draft.iter().map(ToString::to_string).collect();
                view.selection.insert(variable.name.clone(), Selection::Values(values));
            }
        }
        if !changes {
            return None;
        }
        let panels = view.panels.len();
        view.settle();
        let is_other = view.panels.len() != panels;
        if is_other {
            self.relate();
        }
        let body = self.body();
        self.view_mut()?.reveal(body);
        Some(self.watch())
    }
}
