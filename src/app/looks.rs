//! What is drawn with. The model only knows its names: the runtime has the colours. Uses `layout` and
//! `theme`.

use super::model::Model;
use crate::layout::Density;
use crate::theme::{Charset, NAMES};

/// What is drawn with, and what could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// The names of the themes: those that are built in, then the reader's own.
    pub themes: Vec<String>,
    /// The theme that is drawn in, by its name.
    pub theme: String,
    /// The characters that are drawn with.
    pub charset: Charset,
}

impl Default for Looks {
    fn default() -> Self {
        let themes: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        Self { theme: themes[0].clone(), themes, charset: Charset::default() }
    }
}

impl Model {
    /// The same with other colours and characters.
    #[must_use]
    pub fn with_looks(self, looks: Looks) -> Self {
        Self { looks, ..self }
    }

    /// Shows every dashboard with this density; `None` for what suits the size.
    pub fn prefer(&mut self, density: Option<Density>) {
        self.density = density;
        for view in &mut self.views {
            view.density = density;
        }
    }
}
