//! From the layers to one context: who wins, and which credentials may go where.

use std::collections::BTreeSet;

use super::context::{Context, Resolved};
use super::file::{File, Section};
use super::layer::{Given, Layer, Origin};
use super::reach::Draft;
use super::setting::{Group, Key, SETTINGS, Setting};
use super::value::Value;
use super::{ColorFlag, ConfigError, DensityFlag, DrawingFlag, LinkFlag, Screen, ThemeFlag};
use crate::layout::suggest;
use crate::series::printable;

/// Everything that is said, by who says it.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    pub flags: Layer,
    pub environment: Layer,
    pub file: File,
    pub defaults: Layer,
    /// Names of all environment variables that are set.
    pub variables: BTreeSet<String>,
}

/// Which context is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice<'a> {
    /// The one that flags, environment and file choose.
    Start,
    /// This one.
    Named(&'a str),
    /// None.
    Nothing,
}

/// A context and who chose it.
struct Chosen<'a> {
    name: String,
    section: &'a Section,
    by: Origin,
}

impl Layers {
    /// The screen's settings, which are the same in all contexts.
    pub(super) fn screen(&self) -> Screen {
        let merged = merged(&[&self.flags, &self.environment, &self.file.top, &self.defaults]);
        let color = match merged.get(Key::Color).map(|given| &given.value) {
            Some(Value::Depth(depth)) => *depth,
            _ => ColorFlag::Auto,
        };
        let theme = match merged.get(Key::Theme).map(|given| &given.value) {
            Some(Value::Theme(theme)) => theme.clone(),
            _ => ThemeFlag::Auto,
        };
        let drawing = match merged.get(Key::Drawing).map(|given| &given.value) {
            Some(Value::Drawing(drawing)) => *drawing,
            _ => DrawingFlag::Auto,
        };
        let links = match merged.get(Key::Links).map(|given| &given.value) {
            Some(Value::Links(links)) => *links,
            _ => LinkFlag::Auto,
        };
        let density = match merged.get(Key::Density).map(|given| &given.value) {
            Some(Value::Density(density)) => *density,
            _ => DensityFlag::Auto,
        };
        Screen {
            color,
            theme,
            drawing,
            links,
            density,
            keymap: self.file.keymap.clone(),
            utc: merged.on(Key::Utc),
            mouse: merged.on(Key::Mouse),
            bell: merged.on(Key::Bell),
            notify: merged.on(Key::Notify),
        }
    }

    /// What `choice` comes to.
    pub(super) fn resolve(&self, choice: Choice<'_>) -> Result<Context, ConfigError> {
        let mut notes = Vec::new();
        let (mut flags, mut environment) = (self.flags.clone(), self.environment.clone());
        let chosen = match choice {
            Choice::Nothing => None,
            Choice::Named(name) => Some(self.named(name, None)?),
            Choice::Start => self.chosen(&mut notes)?,
        };
        if !matches!(choice, Choice::Start) {
            // What they say about a source was given for the one that shtop begins with.
            flags = flags.without_bound();
            environment = environment.without_bound();
        }
        let mut section = chosen.as_ref().map(|c| c.section.layer.clone()).unwrap_or_default();
        if flags.source().is_some() {
            environment = subordinate(environment, &flags, &mut notes);
        } else if chosen.as_ref().is_some_and(|c| matches!(c.by, Origin::Flag(_))) && section.source().is_some() {
            // Who names a context on the command line names its source, which the environment does not outrank.
            environment = subordinate(environment, &section, &mut notes);
        }
        let stronger = if flags.source().is_some() { &flags } else { &environment };
        if stronger.source().is_some() && section.source().is_some() {
            section = keep_credentials_home(section, stronger, &mut notes).without_source();
        }
        let layers = [&flags, &environment, &section, &self.file.top, &self.defaults];
        let mut draft = Draft { all: merged(&layers), wrong: Vec::new(), variables: &self.variables };
        let access = draft.access(&layers);
        let alertmanager = draft.alertmanager(&layers, &access, chosen.as_ref().map(|c| c.section));
        let alertmanager_settings = alertmanager.as_ref().map(|(_, own)| settings(own, "alertmanager-"));
        if let Some(chosen) = &chosen {
            let given = Given { value: Value::Word(chosen.name.clone()), origin: chosen.by.clone() };
            draft.all.set(Key::Context, given);
        } else {
            draft.all.remove(Key::Context);
        }
        if !draft.wrong.is_empty() {
            return Err(ConfigError::Values(draft.wrong));
        }
        let all = draft.all;
        let mut listed = settings(&all, "");
        listed.extend(alertmanager_settings.unwrap_or_default());
        // Which cluster this is comes before everything about it.
        listed.sort_by_key(|s| !matches!(s.name.as_str(), "context" | "config"));
        Ok(Context {
            name: chosen.map(|c| c.name),
            color: match all.get(Key::Accent).map(|given| &given.value) {
                Some(Value::Paint(paint)) => Some(*paint),
                _ => None,
            },
            source: all.origin_of_data(),
            access,
            alertmanager: alertmanager.map(|(alertmanager, _)| alertmanager),
            finds_alertmanager: all.get(Key::Alertmanager).is_none(),
            job: all.word(Key::Job),
            read_only: all.on(Key::ReadOnly),
            author: all.word(Key::Author),
            rules: all.files(Key::Rules),
            runbook_dir: all.file(Key::RunbookDir),
            layouts: all.files(Key::Layout),
            range: all.time(Key::Range),
            span: all.span(Key::Range),
            scraping: all.scraping(),
            settings: listed,
            notes,
        })
    }

    fn named(&self, name: &str, by: Option<Origin>) -> Result<Chosen<'_>, ConfigError> {
        let name = printable(name).into_owned();
        let Some(section) = self.file.contexts.get(&name) else {
            let known = self.file.contexts.keys().map(String::as_str);
            let hint = if self.file.contexts.is_empty() {
                "the configuration file has none".to_owned()
            } else {
                suggest(&name, known, "there are")
            };
            return Err(ConfigError::NoContext { name, by, hint });
        };
        Ok(Chosen { name, section, by: by.unwrap_or_else(|| section.origin.clone()) })
    }

    /// The context that flags, environment or file choose, or the only one there is.
    fn chosen(&self, notes: &mut Vec<String>) -> Result<Option<Chosen<'_>>, ConfigError> {
        let pick = |layer: &Layer| layer.get(Key::Context).map(|given| (layer_word(given), given.origin.clone()));
        if let Some((name, by)) = pick(&self.flags) {
            return self.named(&name, Some(by)).map(Some);
        }
        // A source that is named by somebody stronger than who chose the context is another cluster: showing it under
        // the context's name and colour would be a lie.
        let (chosen, source) = match (pick(&self.environment), pick(&self.file.top)) {
            (Some((name, by)), _) => (self.named(&name, Some(by))?, self.flags.source()),
            (None, Some((name, by))) => {
                (self.named(&name, Some(by))?, self.flags.source().or(self.environment.source()))
            }
            (None, None) => match self.file.contexts.iter().next().filter(|_| self.file.contexts.len() == 1) {
                Some((name, _)) => (self.named(name, None)?, self.flags.source().or(self.environment.source())),
                None => return Ok(None),
            },
        };
        let Some(source) = source else { return Ok(Some(chosen)) };
        let stronger = if self.flags.source().is_some() { &self.flags } else { &self.environment };
        if chosen.section.layer.source().is_none() || covers(&chosen.section.layer, stronger) {
            return Ok(Some(chosen));
        }
        let Chosen { name, by, .. } = chosen;
        notes.push(format!("context {name:?} ({by}) is not used: {} names another source", source.origin));
        Ok(None)
    }
}

/// Whether everything that `other`'s source is made of also belongs to `layer`'s.
fn covers(layer: &Layer, other: &Layer) -> bool {
    let (own, others) = (layer.places(), other.places());
    !others.is_empty() && others.iter().all(|place| own.contains(place))
}

/// The environment below a stronger source: without its own, and without what was meant for that.
fn subordinate(environment: Layer, stronger: &Layer, notes: &mut Vec<String>) -> Layer {
    let Some(source) = environment.source() else { return environment };
    if covers(&environment, stronger) {
        return environment.without_source();
    }
    notes.push(format!("{} is not used, nor what the environment says about access to it", source.origin));
    environment.without_bound()
}

/// A context whose source is replaced keeps its credentials to itself, unless the new source is the same server.
fn keep_credentials_home(section: Layer, stronger: &Layer, notes: &mut Vec<String>) -> Layer {
    if covers(&section, stronger) || !section.has_access() {
        return section;
    }
    let by = stronger.source().map(|given| given.origin.to_string()).unwrap_or_default();
    notes.push(format!("the context's credentials and TLS settings are not used: {by} names another server"));
    section.without_access()
}

/// All layers in one, the strongest first.
pub(super) fn merged(layers: &[&Layer]) -> Layer {
    let mut all = Layer::default();
    for layer in layers {
        all.fill(layer);
    }
    all
}

fn layer_word(given: &Given) -> String {
    match &given.value {
        Value::Word(word) => word.clone(),
        other => other.shown(),
    }
}

/// The settings that have a value, in the order of the manual; `prefix` goes before those about access.
fn settings(layer: &Layer, prefix: &str) -> Vec<Resolved> {
    let mut list = Vec::new();
    for setting in &SETTINGS {
        let Some(given) = layer.get(setting.key) else { continue };
        let prefix = if setting.group == Group::Access { prefix } else { "" };
        if let Value::Headers(headers) = &given.value {
            list.extend(headers.iter().map(|header| Resolved {
                name: format!("{prefix}headers.{}", header.name),
                value: header.shown(),
                origin: header.origin.clone(),
            }));
            continue;
        }
        list.push(Resolved { name: name(setting, prefix), value: given.value.shown(), origin: given.origin.clone() });
    }
    list
}

fn name(setting: &Setting, prefix: &str) -> String {
    match setting.file {
        "" => setting.flag.unwrap_or_default().to_owned(),
        // The number of the terminal's colours has this key at the top.
        file if setting.key == Key::Accent => format!("context.{file}"),
        file => format!("{prefix}{file}"),
    }
}
