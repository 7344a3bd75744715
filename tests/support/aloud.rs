//! Words that the test harness does not keep to itself: what was judged, and what could not be.

use std::io::Write;

/// Prints `text` whether the test passes or not, in one piece.
pub(crate) fn aloud(text: impl AsRef<str>) {
    let text = format!("\n{}\n", text.as_ref().trim_end());
    std::io::stdout().lock().write_all(text.as_bytes()).expect("standard output takes it");
}
