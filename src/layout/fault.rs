//! What is wrong with a layout file. Uses `series`.

use crate::series::Fault;

/// A layout file cannot be used. `Display` shows every fault with its line and a caret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.faults))]
pub struct LayoutError {
    /// At least one, in the order of the file.
    pub faults: Vec<Fault>,
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}
