//! What the screen is drawn with, from settings, environment and theme file.

use std::env;
use std::path::{Path, PathBuf};

use super::{Failure, opening, screen};
use crate::config::{Screen, ThemeFlag, parse_theme};
use crate::runtime::{Look, Reread};
use crate::series::printable;
use crate::theme::{Charset, Depth, Palette, Theme};

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
    let file = match &screen.theme {
        ThemeFlag::Auto | ThemeFlag::Named(_) => None,
        ThemeFlag::File(path) => {
            let path = path.clone();
            let again = path.clone();
            let read = move || {
                let palette = palette(&again).map_err(|e| opening::brief(&e))?;
                let mut theme = Theme::new(&palette, depth);
                theme.links = links;
                Ok(theme)
            };
            Some(Reread::new(vec![path], read))
        }
    };
    Ok(Look { theme, depth, charset: charset(screen), file })
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

fn palette(path: &PathBuf) -> Result<Palette, String> {
    let name = printable(&Path::display(path).to_string()).into_owned();
    let text = opening::text(path).map_err(|e| format!("cannot read theme {name}: {e}"))?;
    parse_theme(&name, &text).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
