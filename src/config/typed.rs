//! What a layer says, as the types that the rest of the program takes.

use std::path::PathBuf;

use super::context::{Scraping, Source};
use super::layer::{Given, Layer};
use super::setting::Key;
use super::value::{Header, Place, Value};
use crate::source::{DnsName, Target};
use crate::store::Created;
use crate::unit::Span;

impl Layer {
    pub(super) fn single(key: Key, given: Given) -> Self {
        let mut layer = Self::default();
        layer.set(key, given);
        layer
    }

    pub(super) fn word(&self, key: Key) -> Option<String> {
        match &self.get(key)?.value {
            Value::Word(word) => Some(word.clone()),
            _ => None,
        }
    }

    pub(super) fn on(&self, key: Key) -> bool {
        self.get(key).is_some_and(|given| given.value == Value::On(true))
    }

    pub(super) fn time(&self, key: Key) -> Option<i64> {
        match self.get(key)?.value {
            Value::Time { ms, .. } => Some(ms),
            _ => None,
        }
    }

    pub(super) fn span(&self, key: Key) -> Option<Span> {
        match &self.get(key)?.value {
            Value::Span(span) => Some(span.clone()),
            _ => None,
        }
    }

    pub(super) fn file(&self, key: Key) -> Option<PathBuf> {
        match &self.get(key)?.value {
            Value::File(path) => Some(path.clone()),
            _ => None,
        }
    }

    pub(super) fn files(&self, key: Key) -> Vec<PathBuf> {
        match self.get(key).map(|given| &given.value) {
            Some(Value::Files(paths)) => paths.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn headers(&self) -> Vec<Header> {
        match self.get(Key::Header).map(|given| &given.value) {
            Some(Value::Headers(headers)) => headers.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn scraping(&self) -> Scraping {
        let memory = match self.get(Key::Memory).map(|given| &given.value) {
            Some(Value::Size { bytes, .. }) => *bytes,
            _ => 0,
        };
        let time = |key| self.time(key).unwrap_or_default();
        Scraping {
            interval: time(Key::Interval),
            timeout: self.time(Key::Timeout),
            lookback: time(Key::Lookback),
            retention: time(Key::Retention),
            memory,
            created: if self.on(Key::CreatedZero) { Created::FromZero } else { Created::AsIs },
        }
    }

    /// The source that is named.
    pub(super) fn origin_of_data(&self) -> Option<Source> {
        if let Some(Value::Address(address)) = self.get(Key::Prometheus).map(|given| &given.value) {
            return Some(Source::Prometheus(address.url.clone()));
        }
        self.source()?;
        let job = self.word(Key::Job);
        let targets = match self.get(Key::Target).map(|given| &given.value) {
            Some(Value::Targets(list)) => under(list, job.as_deref(), Target::with_job),
            _ => Vec::new(),
        };
        let dns = match self.get(Key::Dns).map(|given| &given.value) {
            Some(Value::Names(list)) => under(list, job.as_deref(), DnsName::with_job),
            _ => Vec::new(),
        };
        Some(Source::Scrape { targets, files: self.files(Key::TargetFile), dns })
    }
}

/// The places, those without a job of their own under `job`.
fn under<T: Clone>(list: &[Place<T>], job: Option<&str>, with_job: impl Fn(T, &str) -> T) -> Vec<T> {
    let one = |place: &Place<T>| match job {
        Some(job) if !place.own_job => with_job(place.at.clone(), job),
        _ => place.at.clone(),
    };
    list.iter().map(one).collect()
}
