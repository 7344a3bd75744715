//! Writes the screen into a file. Uses `app`, `export`, `layout` and `series`.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;

use crate::app::{Form, Keepsake, Model, Screen};
use crate::export::{self, Column, Ground};
use crate::layout::PanelQuery;
use crate::panel::Curve;
use crate::series::{Window, is_gap, printable};
use crate::theme::Theme;

/// Writes what `model` shows, drawn as `frame`, into a new file; returns its path, safe for the screen.
///
/// # Errors
/// In words: the file is already there, or it cannot be made or written to.
pub(super) fn keep(keepsake: &Keepsake, model: &Model, theme: &Theme, frame: &Buffer) -> Result<String, String> {
    let title = model.caption();
    let text = match keepsake.form {
        Form::Text => export::text(frame),
        Form::Ansi => export::ansi(frame),
        Form::Svg => export::svg(frame, Ground::of(theme), &title),
        Form::Html => export::html(frame, Ground::of(theme), &title),
        Form::Csv => values(model),
    };
    let path = at_home(&keepsake.path);
    let shown = printable(&path.display().to_string()).into_owned();
    match write(&path, &text) {
        Ok(()) => {
            let whole = path.canonicalize().unwrap_or(path);
            Ok(printable(&whole.display().to_string()).into_owned())
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            Err(format!("{shown} is there already and stays as it is: e and another name"))
        }
        Err(e) => Err(format!("cannot write {shown}: {e}")),
    }
}

/// A path as a shell would read it that begins with the home folder.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// Never over a file that is there, nor through a link: what was kept in an incident stays.
fn write(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// The values of the selected panel, or of the editor's result.
fn values(model: &Model) -> String {
    let result = model.explore.ran.as_ref().filter(|_| model.screen == Screen::Explore).map(|ran| &ran.view);
    let Some(view) = result.or_else(|| model.view()) else { return export::csv(&[]) };
    let (panel, data) = (view.dashboard.panels.get(view.selected), view.panels.get(view.selected));
    let Some((panel, data)) = panel.zip(data) else { return export::csv(&[]) };
    let Some(picture) = &data.picture else { return export::csv(&[]) };
    let columns: Vec<Column<'_>> = picture
        .curves
        .iter()
        .map(|curve| {
            let query = panel.queries.get(curve.query).map_or("", |query: &PanelQuery| query.expr.as_str());
            let lead = vec![("panel", panel.title.as_str()), ("series", curve.name.as_str()), ("query", query)];
            Column { lead, labels: &curve.labels, values: course(curve, picture.window, picture.at) }
        })
        .collect();
    export::csv(&columns)
}

/// All values there are; the newest alone where nothing else was asked for.
fn course(curve: &Curve, window: Window, at: i64) -> Vec<(i64, f64)> {
    if curve.values.is_empty() {
        return curve.newest().map(|v| (at, v)).into_iter().collect();
    }
    let there = curve.values.iter().enumerate().filter(|(_, v)| !is_gap(**v));
    there.map(|(i, v)| (window.at(i), *v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, "first").unwrap();
        assert_eq!(write(&path, "second").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
    }

    #[test]
    fn the_home_folder_is_where_it_is() {
        assert_eq!(at_home("a~/b"), PathBuf::from("a~/b"));
        assert_eq!(at_home("~/b"), std::env::home_dir().unwrap().join("b"));
    }
}
