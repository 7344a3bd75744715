//! What the program knows and how it changes: [`Model`], [`Message`], [`Command`], [`update`](fn@update) and the key table.
//!
//! Pure: no I/O, no clock, no drawing. May use everything up to `panel`.

mod absorb;
mod crosshair;
mod incident;
mod keys;
mod message;
mod model;
mod moved;
mod navigate;
mod plan;
mod update;

pub use crosshair::Press;
pub use incident::{Entry, Log, What};
pub use keys::{Action, BINDINGS, Binding, Place, action, help};
pub use message::{Command, Message};
pub use model::{Body, Model, Origin, Overlay, PanelModel, Picker, Picture, Screen, Setup, Trouble, View};
pub use moved::Moved;
pub use update::update;
