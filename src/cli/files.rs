//! Writing files for other programs: at once or not at all, and never over what is somebody's own.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::Failure;
use crate::export::Artefact;
use crate::series::printable;

/// What stands in the way of a file.
enum Found {
    Nothing,
    TheSame,
    Another,
}

/// Writes the files and tells of each. If one of them is there with another content, none is written unless by force.
pub(super) fn write(dir: &Path, artefacts: &[Artefact], force: bool) -> Result<String, Failure> {
    let mut plan = Vec::new();
    for artefact in artefacts {
        let path = dir.join(&artefact.path);
        let found = look(&path, &artefact.text).with_context(|| format!("cannot read {}", path.display()))?;
        plan.push((path, artefact, found));
    }
    let others = plan.iter().filter(|(.., found)| matches!(found, Found::Another));
    let others: Vec<String> = others.map(|(path, ..)| shown(path)).collect();
    if !others.is_empty() && !force {
        return Err(Failure::Usage(format!(
            "nothing was written, because there already is another content in {}; --force replaces it",
            others.join(", ")
        )));
    }
    let mut told = String::new();
    for (path, artefact, found) in plan {
        let word = match found {
            Found::TheSame => "unchanged",
            Found::Another => "replaced",
            Found::Nothing => "wrote",
        };
        if !matches!(found, Found::TheSame) {
            replace(&path, &artefact.text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        told.extend([word, " ", &shown(&path), "\n"]);
    }
    Ok(told)
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}

fn look(path: &Path, text: &str) -> std::io::Result<Found> {
    let size = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Err(std::io::Error::other("it is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let same = size == text.len() as u64 && fs::read(path)? == text.as_bytes();
    Ok(if same { Found::TheSame } else { Found::Another })
}

/// Puts the file there at once, so that nobody ever reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // What cannot be removed either is told by the error at hand.
        fs::remove_file(&beside).ok();
    }
    written
}
