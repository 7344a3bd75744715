//! Text that is pasted: it goes where one types, as one piece, and nowhere else; it is never taken for keys. Pure. Uses
//! `series`.

use super::message::Command;
use super::model::{Model, Overlay, Screen};
use crate::series::printable;

impl Model {
    /// Takes in what was pasted.
    pub(super) fn pasted(&mut self, text: &str) -> Option<Command> {
        self.notice = None;
        let line = on_one_line(text);
        if self.prompt.is_some() {
            self.paste_into_prompt(&line);
            return None;
        }
        match &mut self.overlay {
            Some(Overlay::Help(manual)) if manual.typing => {
                manual.typed.paste(&line);
                manual.top = 0;
            }
            Some(Overlay::Time(picker)) => {
                picker.typed.paste(&line);
                picker.listed = picker.typed.text().is_empty();
            }
            Some(Overlay::Shelf(at)) => {
                at.typed.paste(&line);
                at.rows = super::sheet::Rows::default();
            }
            Some(Overlay::Picker(_)) => self.paste_into_picker(&line),
            Some(Overlay::Palette(_)) => self.paste_into_palette(&line),
            None if self.screen == Screen::Explore => return self.paste_into_explore(&on_lines(text)),
            _ => {
                self.notice =
                    Some("nothing is typed here: what was pasted is dropped; / filters, x writes a query".to_owned());
            }
        }
        None
    }
}

/// What was pasted on one line: what ends a line becomes a blank, control characters what can be seen of them.
fn on_one_line(text: &str) -> String {
    printable(&on_ends(text).replace(['\n', '\t'], " ")).trim().to_owned()
}

/// What was pasted as lines.
fn on_lines(text: &str) -> String {
    let text = on_ends(text).replace('\t', " ");
    text.trim_end().split('\n').map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
}

/// All ends of lines as one character. Terminals send what was a new line as a carriage return.
fn on_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_made_safe_and_fits_one_line() {
        assert_eq!(on_one_line("q\n"), "q");
        assert_eq!(on_one_line(" a\r\nb\rc\td "), "a b c d");
        assert_eq!(on_one_line("a\u{1b}[2Jb\u{202e}c"), "a␛[2Jb\u{fffd}c");
        assert_eq!(on_lines("sum(\r  x\u{7}\r\n)\n\n"), "sum(\n  x␇\n)");
    }
}
