//! The configuration file: TOML to layers, each fault with its place.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::keys::read as keys_of;
use super::layer::{Given, Layer, Origin};
use super::mask::{masked, masked_entirely};
use super::setting::{Key, Kind, SETTINGS, Setting};
use super::value::{Base, Header, Value, header_name, header_value, proxy, read};
use crate::app::Keymap;
use crate::layout::{TomlValue, suggest, wrong_type};
use crate::series::{Fault, Faults, nearest, printable};
use crate::source::access::{Proxy, Secret};

/// Before the names of tables and keys of a context that are about its Alertmanager.
const ALERTMANAGER: &str = "alertmanager-";

/// What a configuration file says.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    /// What stands before the first table.
    pub top: Layer,
    /// The contexts by name, each safe for the screen.
    pub contexts: BTreeMap<String, Section>,
    /// What each key does.
    pub keymap: Keymap,
    /// Whether secrets stand in it in plain words.
    pub secrets: bool,
}

/// One context of the file.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// Where it begins.
    pub origin: Origin,
    /// What it says.
    pub layer: Layer,
    /// How to reach its Alertmanager.
    pub alertmanager: Layer,
}

/// Reads the file at `path` with the content `text`.
pub(super) fn parse(path: &Path, text: &str, home: Option<PathBuf>) -> Result<File, Vec<Fault>> {
    let shown = path.display().to_string();
    let (root, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        // What is left of a file with broken syntax would be full of faults that are none.
        let quotable = masked_entirely(text);
        let mut faults = Faults::new(&shown, &quotable);
        for error in &broken {
            faults.add(error.span().unwrap_or_default(), error.message(), None);
        }
        return faults.finish(File::default());
    }
    let quotable = masked(text, root.get_ref());
    let mut faults = Faults::new(&shown, &quotable);
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut reader = Reader { path, text, base: Base { folder, home }, faults: &mut faults };
    let file = reader.file(root.get_ref());
    faults.finish(file)
}

struct Reader<'a, 't> {
    path: &'a Path,
    text: &'a str,
    base: Base,
    faults: &'a mut Faults<'t>,
}

impl Reader<'_, '_> {
    fn file(&mut self, root: &DeTable<'_>) -> File {
        let mut file = File::default();
        let known: Vec<String> = top_keys().collect();
        for (key, value) in root {
            let name: &str = key.get_ref();
            if name == "contexts" {
                file.contexts = self.contexts(value);
            } else if name == "keys" {
                file.keymap = keys_of(value, self.text, self.faults);
            } else if let Some(setting) = SETTINGS.iter().find(|s| s.at_top() && s.file == name) {
                self.setting(setting, name, value, &mut file.top);
            } else if name == "auth" || name == "tls" || SETTINGS.iter().any(|s| s.file == name) {
                let hint = "it belongs into a context: write it below [contexts.NAME]".to_owned();
                self.faults.add(key.span(), format!("{name:?} cannot stand at the top of the file"), Some(hint));
            } else {
                self.unknown(
                    "at the top of the file",
                    name,
                    key.span(),
                    known.iter().map(String::as_str).chain(["contexts", "keys"]),
                );
            }
        }
        file.secrets = std::iter::once(&file.top)
            .chain(file.contexts.values().flat_map(|s| [&s.layer, &s.alertmanager]))
            .any(|layer| layer.values().any(|given| given.value.holds_secret()));
        file
    }

    fn contexts(&mut self, value: &TomlValue<'_>) -> BTreeMap<String, Section> {
        let mut contexts = BTreeMap::new();
        let DeValue::Table(table) = value.get_ref() else {
            wrong_type::<()>(value, "tables: [contexts.NAME]", self.faults);
            return contexts;
        };
        for (key, value) in table {
            let name: &str = key.get_ref();
            if name.trim().is_empty() || printable(name) != name {
                let hint = "letters, digits, blanks and signs that can be seen".to_owned();
                self.faults.add(key.span(), "that cannot name a context", Some(hint));
            }
            let DeValue::Table(table) = value.get_ref() else {
                wrong_type::<()>(value, "a table: [contexts.NAME]", self.faults);
                continue;
            };
            contexts.insert(name.to_owned(), self.context(key.span(), table));
        }
        contexts
    }

    fn context(&mut self, place: Range<usize>, table: &DeTable<'_>) -> Section {
        let mut layer = Layer::default();
        let mut alertmanager = Layer::default();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let (wanted, target) = match name.strip_prefix(ALERTMANAGER) {
                Some(rest) => (rest, &mut alertmanager),
                None => (name, &mut layer),
            };
            let about_alertmanager = wanted.len() < name.len();
            if tables().contains(&wanted) {
                self.table(wanted, value, target);
            } else if let Some(setting) = SETTINGS.iter().find(|s| {
                s.in_context()
                    && s.path() == (None, wanted)
                    && (!about_alertmanager || matches!(wanted, "proxy" | "socket"))
            }) {
                self.setting(setting, wanted, value, target);
            } else if SETTINGS.iter().any(|s| s.at_top() && s.file == name) {
                let hint = "it is for all contexts: write it before the first table".to_owned();
                self.faults.add(key.span(), format!("{name:?} cannot stand in a context"), Some(hint));
            } else if let Some(setting) =
                SETTINGS.iter().find(|s| keys(s).iter().any(|k| k == wanted) && s.path().0.is_some())
            {
                let hint = format!("it belongs into table {:?} of the context", setting.path().0.unwrap_or_default());
                self.faults.add(key.span(), format!("{name:?} cannot stand here"), Some(hint));
            } else {
                let known = SETTINGS.iter().filter(|s| s.in_context() && s.path().0.is_none()).map(|s| s.file);
                let both = ["auth", "tls", "headers", "proxy", "socket"].map(|t| format!("{ALERTMANAGER}{t}"));
                let known: Vec<&str> = known.chain(tables()).chain(both.iter().map(String::as_str)).collect();
                self.unknown("in a context", name, key.span(), known.into_iter());
            }
        }
        let named = layer.get(Key::Alertmanager).filter(|given| given.value != Value::Nothing);
        let mut with_url = alertmanager.clone();
        if let Some(given) = named {
            with_url.set(Key::Prometheus, given.clone());
        }
        for layer in [&layer, &with_url] {
            if let Some((first, second)) = layer.conflict() {
                let line = |given: &Given| match given.origin {
                    Origin::File { line, .. } => line,
                    _ => 0,
                };
                let (first, second) = (line(first).min(line(second)), line(first).max(line(second)));
                let message = format!("what lines {first} and {second} say excludes each other");
                let hint = "a context has one kind of source and one login: leave out one of the two".to_owned();
                self.faults.add(self.start_of(second), message, Some(hint));
            }
        }
        if let (Some(Given { origin: Origin::File { line, .. }, .. }), None) = (alertmanager.values().next(), named) {
            let hint = "write alertmanager = \"URL\": credentials go to no server that is not named here".to_owned();
            self.faults.add(self.start_of(*line), "the context has no Alertmanager that this is for", Some(hint));
        }
        Section { origin: self.origin(&place), layer, alertmanager }
    }

    /// `auth`, `tls` or `headers`.
    fn table(&mut self, name: &str, value: &TomlValue<'_>, layer: &mut Layer) {
        let DeValue::Table(table) = value.get_ref() else {
            wrong_type::<()>(value, "a table", self.faults);
            return;
        };
        if let Some(setting) = SETTINGS.iter().find(|s| s.kind == Kind::Headers && s.file == name) {
            let mut headers: Vec<Header> = Vec::new();
            for (key, value) in table {
                match header_name(key.get_ref()) {
                    Ok(name) if headers.iter().any(|h| h.name.eq_ignore_ascii_case(&name)) => {
                        self.faults.add(key.span(), format!("header {name} is given twice"), None);
                    }
                    Ok(name) => headers.extend(self.header(name, &key.span(), value)),
                    Err(error) => self.faults.add(key.span(), error, None),
                }
            }
            if let Some(first) = headers.first() {
                let origin = first.origin.clone();
                layer.set(setting.key, Given { value: Value::Headers(headers), origin });
            }
            return;
        }
        let settings = || SETTINGS.iter().filter(|s| s.path().0 == Some(name));
        for (key, value) in table {
            let word: &str = key.get_ref();
            let Some(setting) = settings().find(|s| keys(s).iter().any(|k| k == word)) else {
                let known: Vec<String> = settings().flat_map(keys).collect();
                self.unknown(&format!("in {name:?}"), word, key.span(), known.iter().map(String::as_str));
                continue;
            };
            if layer.get(setting.key).is_some() {
                self.faults.add(key.span(), format!("{:?} is given twice, in two forms", setting.path().1), None);
            }
            self.setting(setting, word, value, layer);
        }
    }

    fn header(&mut self, name: String, place: &Range<usize>, value: &TomlValue<'_>) -> Option<Header> {
        let secret = self.secret(value)?;
        if let Secret::Plain(plain) = &secret
            && let Err(error) = header_value(&name, plain)
        {
            self.faults.add(value.span(), error, None);
        }
        Some(Header { name, value: secret, origin: self.origin(place) })
    }

    /// A text, or `{ file = … }`, `{ env = … }`, `{ command = … }`.
    fn secret(&mut self, value: &TomlValue<'_>) -> Option<Secret> {
        let DeValue::Table(table) = value.get_ref() else {
            return match value.get_ref() {
                DeValue::String(text) => Some(Secret::Plain(text.to_string())),
                _ => wrong_type(value, "a text in quotes, or a table with file, env or command", self.faults),
            };
        };
        let mut entries = table.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else {
            self.faults.add(value.span(), "write one of file, env and command", None);
            return None;
        };
        let form: &str = key.get_ref();
        if !["file", "env", "command"].contains(&form) {
            self.unknown("here", form, key.span(), ["file", "env", "command"].into_iter());
            return None;
        }
        self.form(form, value)
    }

    /// A secret that stands elsewhere.
    fn form(&mut self, form: &str, value: &TomlValue<'_>) -> Option<Secret> {
        let text = self.text(value)?;
        Some(match form {
            "file" => Secret::File(self.base.path(OsStr::new(text))),
            "env" => {
                if text.contains(['=', '\0', '$']) {
                    let hint = "only its name, without a $".to_owned();
                    self.faults.add(value.span(), "that cannot name an environment variable", Some(hint));
                }
                Secret::Environment(text.to_owned())
            }
            _ => Secret::Command(text.to_owned()),
        })
    }

    /// A text that says something.
    fn text<'v>(&mut self, value: &'v TomlValue<'_>) -> Option<&'v str> {
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.faults.add(value.span(), "it is empty", None);
                None
            }
            DeValue::String(text) => Some(text),
            _ => wrong_type(value, "a text in quotes", self.faults),
        }
    }

    /// Reads one key into `layer`. `name` is the key as it stands there, which for a secret tells its form.
    fn setting(&mut self, setting: &Setting, name: &str, value: &TomlValue<'_>, layer: &mut Layer) {
        let value_read = match setting.kind {
            Kind::Secret => {
                let form = name.strip_prefix(setting.path().1).unwrap_or_default().trim_start_matches('-');
                match form {
                    "" => self.text(value).map(|text| Value::Secret(Secret::Plain(text.to_owned()))),
                    form => self.form(form, value).map(Value::Secret),
                }
            }
            Kind::Proxy if matches!(value.get_ref(), DeValue::Table(_)) => {
                self.secret(value).map(|secret| Value::Proxy(Proxy::Through(secret)))
            }
            Kind::Proxy => self.text(value).and_then(|text| {
                proxy(text).map(Value::Proxy).map_err(|e| self.faults.add(value.span(), e, None)).ok()
            }),
            Kind::Switch | Kind::Choice => match value.get_ref() {
                DeValue::Boolean(on) => Some(Value::On(*on)),
                _ => wrong_type(value, "true or false", self.faults),
            },
            Kind::Files | Kind::Targets | Kind::Names => self.list(setting.kind, value),
            kind => {
                let text = match (kind, value.get_ref()) {
                    // On and off are written as for any other switch.
                    (Kind::Links, DeValue::Boolean(on)) => Some(if *on { "on" } else { "off" }),
                    _ => self.text(value),
                };
                text.and_then(|text| self.read(kind, &[text], &[value.span()]))
            }
        };
        if let Some(value_read) = value_read {
            layer.set(setting.key, Given { value: value_read, origin: self.origin(&value.span()) });
        }
    }

    fn list(&mut self, kind: Kind, value: &TomlValue<'_>) -> Option<Value> {
        let DeValue::Array(items) = value.get_ref() else {
            return wrong_type(value, "a list: [\"…\"]", self.faults);
        };
        if items.is_empty() {
            self.faults.add(value.span(), "the list is empty; leave the key out", None);
            return None;
        }
        let texts: Vec<_> = items.iter().filter_map(|item| Some((self.text(item)?, item.span()))).collect();
        if texts.len() < items.len() {
            return None;
        }
        let (words, places): (Vec<&str>, Vec<_>) = texts.into_iter().unzip();
        self.read(kind, &words, &places)
    }

    fn read(&mut self, kind: Kind, words: &[&str], places: &[Range<usize>]) -> Option<Value> {
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        match read(kind, &words, &self.base) {
            Ok(value) => Some(value),
            Err(misread) => {
                let hint = (kind == Kind::Depth).then(|| {
                    "this is how many colours the terminal has; a context's own colour stands in [contexts.NAME]"
                        .to_owned()
                });
                self.faults.add(places.get(misread.index).cloned().unwrap_or_default(), misread.message, hint);
                None
            }
        }
    }

    fn unknown<'k>(&mut self, place: &str, name: &str, at: Range<usize>, known: impl Iterator<Item = &'k str> + Clone) {
        let flag = SETTINGS.iter().find(|s| s.flag == Some(name) && !s.file.is_empty() && s.file != name);
        let hint = match (nearest(name, known.clone()), flag) {
            (None, Some(setting)) => format!("in the file it is called {:?}", setting.file),
            _ => suggest(name, known, "known here"),
        };
        self.faults.add(at, format!("unknown key {name:?} {place}"), Some(hint));
    }

    fn origin(&self, place: &Range<usize>) -> Origin {
        let line = self.text.get(..place.start).unwrap_or(self.text).matches('\n').count() + 1;
        Origin::File { path: self.path.to_path_buf(), line }
    }

    /// What stands on a line.
    fn start_of(&self, line: usize) -> Range<usize> {
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let content = self.text[before..].lines().next().unwrap_or_default();
        let indent = content.len() - content.trim_start().len();
        before + indent..before + content.trim_end().len()
    }
}

/// Every key under which a setting may stand at the top of the file.
pub(super) fn top_keys() -> impl Iterator<Item = String> {
    SETTINGS.iter().filter(|s| s.at_top()).flat_map(keys)
}

/// The tables of a context.
fn tables() -> [&'static str; 3] {
    ["auth", "tls", "headers"]
}

/// Every key under which a setting may stand in its table.
fn keys(setting: &Setting) -> Vec<String> {
    let key = setting.path().1;
    let forms: &[&str] = if setting.kind == Kind::Secret { &["", "-file", "-env", "-command"] } else { &[""] };
    forms.iter().filter(|_| !key.is_empty()).map(|form| format!("{key}{form}")).collect()
}
