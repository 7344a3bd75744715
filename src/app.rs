//! What the program knows and how it changes: [`Model`], [`Message`], [`Command`], [`update`](fn@update) and the key table.
//!
//! Pure: no I/O, no clock, no drawing. May use everything up to `panel`.

mod absorb;
mod alerts;
mod cluster;
mod crosshair;
mod detail;
mod explore;
mod freshness;
mod handbook;
mod incident;
mod keepsake;
mod keymap;
mod keys;
mod looks;
mod message;
mod model;
mod moved;
mod muting;
mod navigate;
mod palette;
mod pick;
mod picker;
mod plan;
mod prompt;
mod reading;
mod related;
mod reload;
mod scope;
mod search;
mod sheet;
mod shelf;
mod sift;
mod sight;
mod silence;
mod slot;
mod time;
mod triage;
mod unattended;
mod update;

pub use alerts::{At, Board, Counts, History, Line, Sort, lasting, standing, told_apart, watched};
pub use cluster::{Choice, Cluster, Name};
pub use crosshair::Press;
pub use detail::{Detail, Sentence, Tone};
pub use explore::{Candidate, Completion, Explore, Focus, List, Mistake, Page, QUERIES, Ran, Show};
pub use handbook::{Handbook, Known, Live, Stop};
pub use incident::{Entry, Log, What};
pub use keepsake::{Form, Keepsake};
pub use keymap::{Clash, Keymap, Remap, Row};
pub use keys::{Action, BINDINGS, Binding, Key, Place, help};
pub use message::{Command, Message, Wish};
pub use model::{
    AlertId, Body, Looks, Model, Order, Origin, Overlay, PanelModel, Picture, Screen, Setup, Trouble, View,
};
pub use moved::Moved;
pub use muting::{Alertmanager, Mute, Muting, NamedBy};
pub use palette::{Entry as PaletteEntry, Found, Palette};
pub use picker::{Item, Picker};
pub use prompt::{Prompt, Purpose};
pub use reload::Misread;
pub use scope::Offered;
pub use search::Filter;
pub use sheet::{Rows, Sheet, Typed};
pub use shelf::{Shelf, whose};
pub use sift::Sifted;
pub use sight::Sight;
pub use silence::{Asking, Field, Muted, SilenceForm};
pub use time::TimePicker;
pub use update::update;
