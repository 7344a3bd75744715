//! What one origin says: the command line, the environment, a context, the top of the file, or nobody (defaults).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use super::address::origin as origin_of;
use super::flags::Flags;
use super::setting::{Group, Key, Kind, SETTINGS, SOURCES, Setting, WITH_SOURCE};
use super::value::{Base, Value, read};
use crate::source::access::Secret;

/// Who says what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// A configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// Nobody: it is what it is unless said otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Environment(name) => write!(f, "${name}"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and who says it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    pub value: Value,
    pub origin: Origin,
}

/// What one origin says of each setting.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    values: BTreeMap<Key, Given>,
}

impl Layer {
    /// What the command line says; complaints about what cannot be read go to `wrong`.
    pub(super) fn from_flags(flags: &Flags, base: &Base, wrong: &mut Vec<String>) -> Self {
        let mut layer = Self::default();
        for (key, words) in flags.iter() {
            let setting = Setting::of(key);
            if let Some(flag) = setting.flag {
                layer.read(setting, &words, base, &Origin::Flag(flag), wrong);
            }
        }
        layer.check(wrong);
        layer
    }

    /// What the environment says; an empty variable is one that is not set.
    pub(super) fn from_environment(
        variable: &dyn Fn(&str) -> Option<OsString>,
        base: &Base,
        wrong: &mut Vec<String>,
    ) -> Self {
        let mut layer = Self::default();
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        for setting in &SETTINGS {
            let Some(name) = setting.variable() else { continue };
            let secret = setting.secret_variable().filter(|name| get(name).is_some());
            if let Some(value) = get(&name) {
                if let Some(secret) = &secret {
                    wrong.push(format!("${name} and ${secret} are both set; unset one of them"));
                }
                let words = split(setting.kind, &value);
                let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
                layer.read(setting, &words, base, &Origin::Environment(name), wrong);
            } else if let Some(name) = secret {
                let value = Value::Secret(Secret::Environment(name.clone()));
                layer.set(setting.key, Given { value, origin: Origin::Environment(name) });
            }
        }
        layer.check(wrong);
        layer
    }

    /// What holds where nobody says anything.
    pub(super) fn defaults() -> Self {
        let mut layer = Self::default();
        for setting in &SETTINGS {
            // All can be read: a test sees to it.
            let word = setting.default.map(|word| read(setting.kind, &[OsStr::new(word)], &Base::default()));
            if let Some(Ok(value)) = word {
                layer.set(setting.key, Given { value, origin: Origin::Default });
            }
        }
        layer
    }

    fn read(&mut self, setting: &Setting, words: &[&OsStr], base: &Base, origin: &Origin, wrong: &mut Vec<String>) {
        let value = match read(setting.kind, words, base) {
            Ok(Value::On(on)) => Value::On(on != setting.negated()),
            Ok(Value::Headers(mut headers)) => {
                for header in &mut headers {
                    header.origin = origin.clone();
                }
                Value::Headers(headers)
            }
            Ok(value) => value,
            Err(misread) => {
                let between = if misread.message.starts_with('"') { " " } else { ": " };
                wrong.push(format!("{origin}{between}{}", misread.message));
                return;
            }
        };
        self.set(setting.key, Given { value, origin: origin.clone() });
    }

    /// Complains about settings that exclude each other. The file has its own way to say so.
    fn check(&self, wrong: &mut Vec<String>) {
        if let Some((first, second)) = self.conflict() {
            wrong.push(format!("{} and {} exclude each other; give one of them", first.origin, second.origin));
        }
    }

    /// Two settings that exclude each other.
    pub(super) fn conflict(&self) -> Option<(&Given, &Given)> {
        let scraped = [Key::Target, Key::TargetFile, Key::Dns].iter().find_map(|key| self.get(*key));
        if let (Some(prometheus), Some(scraped)) = (self.get(Key::Prometheus), scraped) {
            return Some((prometheus, scraped));
        }
        let basic = self.get(Key::User).or_else(|| self.get(Key::Password));
        let token = self.get(Key::Token);
        if let (Some(basic), Some(token)) = (basic, token) {
            return Some((basic, token));
        }
        let url = self.get(Key::Prometheus).filter(|given| given.value.holds_secret());
        url.zip(basic.or(token))
    }

    pub(super) fn set(&mut self, key: Key, given: Given) {
        self.values.insert(key, given);
    }

    pub(super) fn get(&self, key: Key) -> Option<&Given> {
        self.values.get(&key)
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.values.remove(&key);
    }

    /// Whether anything of it is about access.
    pub(super) fn has_access(&self) -> bool {
        self.values.keys().any(|key| Setting::of(*key).group == Group::Access)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Given> {
        self.values.values()
    }

    /// The first setting that names a source.
    pub(super) fn source(&self) -> Option<&Given> {
        SOURCES.iter().find_map(|key| self.get(*key))
    }

    /// The servers and files that its source is made of, each as one word that tells them apart.
    pub(super) fn places(&self) -> Vec<String> {
        let places = |given: &Given| match &given.value {
            Value::Address(address) => vec![origin_of(&address.url)],
            Value::Targets(list) => list.iter().map(|p| origin_of(p.at.url())).collect(),
            Value::Names(list) => list.iter().map(|p| format!("dns:{}", p.at)).collect(),
            Value::Files(list) => list.iter().map(|path| format!("file:{}", path.display())).collect(),
            _ => Vec::new(),
        };
        SOURCES.iter().filter_map(|key| self.get(*key)).flat_map(places).collect()
    }

    /// Without any source.
    pub(super) fn without_source(mut self) -> Self {
        self.values.retain(|key, _| !SOURCES.contains(key));
        self
    }

    /// Without anything about access.
    pub(super) fn without_access(mut self) -> Self {
        self.values.retain(|key, _| Setting::of(*key).group != Group::Access);
        self
    }

    /// Without anything that is meant for one source only.
    pub(super) fn without_bound(self) -> Self {
        let mut layer = self.without_source().without_access();
        layer.values.retain(|key, _| !WITH_SOURCE.contains(key));
        layer
    }

    /// Takes from `weaker` what is not said here; headers one by one.
    pub(super) fn fill(&mut self, weaker: &Self) {
        for (key, given) in &weaker.values {
            let own = self.values.get_mut(key).map(|own| &mut own.value);
            if let (Some(Value::Headers(own)), Value::Headers(more)) = (own, &given.value) {
                for header in more {
                    if !own.iter().any(|h| h.name.eq_ignore_ascii_case(&header.name)) {
                        own.push(header.clone());
                    }
                }
            } else {
                self.values.entry(*key).or_insert_with(|| given.clone());
            }
        }
    }
}

/// The words of a list in one variable: separated as the platform separates paths, lines for headers, white space or
/// commas otherwise.
fn split(kind: Kind, value: &OsStr) -> Vec<OsString> {
    let by = |separator: &dyn Fn(char) -> bool| match value.to_str() {
        Some(text) => text.split(separator).map(str::trim).filter(|w| !w.is_empty()).map(OsString::from).collect(),
        None => vec![value.to_owned()],
    };
    match kind {
        Kind::Files => std::env::split_paths(value).map(PathBuf::into_os_string).collect(),
        Kind::Headers => by(&|c| c == '\n'),
        Kind::Targets | Kind::Names => by(&|c| c == ',' || c.is_whitespace()),
        _ => vec![value.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_read() {
        let layer = Layer::defaults();
        for setting in SETTINGS.iter().filter(|s| s.default.is_some()) {
            let given = layer.get(setting.key).unwrap_or_else(|| panic!("{:?}", setting.key));
            assert_eq!(given.value.shown(), setting.default.unwrap());
        }
    }

    #[test]
    fn lists_in_the_environment_are_split_by_what_they_are_lists_of() {
        let table = [
            ("SHTOP_TARGET", "a:1, b:1 c:1", "http://a:1/metrics http://b:1/metrics http://c:1/metrics"),
            ("SHTOP_RULES", "/a b.yml:/c.yml", "/a b.yml /c.yml"),
            ("SHTOP_HEADER", "X-A: 1, 2\nX-B: 3\n", "X-A X-B"),
        ];
        for (name, value, shown) in table {
            let mut wrong = Vec::new();
            let variable = |asked: &str| (asked == name).then(|| OsString::from(value));
            let layer = Layer::from_environment(&variable, &Base::default(), &mut wrong);
            assert!(wrong.is_empty(), "{wrong:?}");
            assert_eq!(layer.values().next().expect("one").value.shown(), shown);
        }
    }
}
