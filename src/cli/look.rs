//! What the screen is drawn with, from settings, environment and theme file.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::{Failure, opening, screen};
use crate::config::{Screen, ThemeFlag, parse_theme};
use crate::runtime::{Look, Reread};
use crate::series::printable;
use crate::theme::{Charset, Depth, Links, Palette, Theme, suited};

/// The look of the screen.
///
/// # Errors
/// A theme file that cannot be used.
pub(super) fn look(screen: &Screen) -> Result<Look, Failure> {
    let depth = screen.color.depth(&screen::hints());
    let colorfgbg = env::var("COLORFGBG").ok();
    let links = screen.links.links(|name| env::var(name).ok());
    let mut theme = theme(&screen.theme, depth, colorfgbg.as_deref())?;
    theme.links = links;
    let mut own: Vec<(String, Reread<Theme>)> = own_files()
        .into_iter()
        .filter_map(|path| Some((printable(path.file_stem()?.to_str()?).into_owned(), reread(path, depth, links))))
        .collect();
    let name = match &screen.theme {
        ThemeFlag::File(path) => {
            let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
            let name = printable(&stem).into_owned();
            own.retain(|(known, _)| *known != name);
            own.push((name.clone(), reread(path.clone(), depth, links)));
            name
        }
        ThemeFlag::Named(name) => (*name).to_owned(),
        ThemeFlag::Auto => suited(colorfgbg.as_deref()).to_owned(),
    };
    Ok(Look { theme, depth, charset: charset(screen), name, own })
}

/// A theme's file, to be read now or when it changes.
fn reread(path: PathBuf, depth: Depth, links: Links) -> Reread<Theme> {
    let read = {
        let path = path.clone();
        move || {
            let palette = palette(&path).map_err(|e| opening::brief(&e))?;
            Ok(Theme::new(&palette, depth).with_links(links))
        }
    };
    Reread::new(vec![path], read)
}

/// The files of the folder `themes` beside the configuration, by name; none where there is no such folder.
fn own_files() -> Vec<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok().map(|folders| folders.config_dir().join("shtop/themes"));
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
    let paths = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort_unstable();
    files
}

/// The theme for a terminal with this many colours.
///
/// # Errors
/// A theme file that cannot be used.
pub(super) fn theme(flag: &ThemeFlag, depth: Depth, colorfgbg: Option<&str>) -> Result<Theme, Failure> {
    match flag {
        ThemeFlag::File(path) => palette(path).map(|palette| Theme::new(&palette, depth)).map_err(Failure::Usage),
        flag => Ok(flag.builtin(depth, colorfgbg).unwrap_or_else(|| Theme::dark(depth))),
    }
}

/// The characters that the terminal can show.
fn charset(screen: &Screen) -> Charset {
    let said = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(said);
    screen.drawing.charset(said("TERM").as_deref(), locale.as_deref())
}

fn palette(path: &Path) -> Result<Palette, String> {
    let name = printable(&path.display().to_string()).into_owned();
    let text = opening::text(path).map_err(|e| format!("cannot read theme {name}: {e}"))?;
    parse_theme(&name, &text).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
