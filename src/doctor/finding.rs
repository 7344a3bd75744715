//! What a check says. Uses `series`.

use crate::series::printable;

/// How bad a finding is. Ordered: the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// To know; nothing is lost by it.
    Note,
    /// Something is not seen, or will not be one day.
    Warning,
    /// Something is not seen now, or seen wrongly.
    Error,
}

impl Severity {
    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Of whom a finding speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum About {
    /// The installation.
    #[default]
    Installation,
    /// The second reader alone: nothing is wrong with what it was given.
    SecondReader,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The target as the user knows it (its instance, a file's name), or the server's URL.
    pub target: String,
    /// The line of its text, from 1, where it is about one.
    pub line: Option<u32>,
    /// The character in that line, from 1.
    pub column: Option<u32>,
    /// That line, or the part of it that matters.
    pub excerpt: Option<String>,
}

impl Place {
    /// A target as a whole.
    pub fn target(name: impl Into<String>) -> Self {
        Self { target: name.into(), ..Self::default() }
    }
}

/// One thing that is wrong or remarkable. All its texts are safe to show once [`examine`](super::examine) has given it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which check found it, an id of [`CHECKS`](super::CHECKS).
    pub check: &'static str,
    /// What it is, in one sentence without a full stop.
    pub what: String,
    /// Where, if it is in one place.
    pub place: Option<Place>,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub next: String,
    /// What it is about, one by one, where that is more than one thing.
    pub items: Vec<String>,
    /// Of whom it speaks.
    pub about: About,
}

impl Finding {
    fn new(severity: Severity, what: impl Into<String>) -> Self {
        Self {
            severity,
            check: "",
            what: what.into(),
            place: None,
            why: String::new(),
            next: String::new(),
            items: Vec::new(),
            about: About::Installation,
        }
    }

    pub(super) fn error(what: impl Into<String>) -> Self {
        Self::new(Severity::Error, what)
    }

    pub(super) fn warning(what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, what)
    }

    pub(super) fn note(what: impl Into<String>) -> Self {
        Self::new(Severity::Note, what)
    }

    pub(super) fn of(severity: Severity, what: impl Into<String>) -> Self {
        Self::new(severity, what)
    }

    pub(super) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    pub(super) fn on(self, target: &str) -> Self {
        self.at(Place::target(target))
    }

    pub(super) fn why(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    pub(super) fn next(self, next: impl Into<String>) -> Self {
        Self { next: next.into(), ..self }
    }

    pub(super) fn items(self, items: Vec<String>) -> Self {
        Self { items, ..self }
    }

    pub(super) fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    /// With every text made safe to show.
    pub(super) fn safe(mut self) -> Self {
        let texts = [&mut self.what, &mut self.why, &mut self.next].into_iter();
        let place = self.place.iter_mut().flat_map(|p| std::iter::once(&mut p.target).chain(p.excerpt.as_mut()));
        for text in texts.chain(place).chain(&mut self.items) {
            *text = printable(text).into_owned();
        }
        self
    }
}

/// `1 line`, `3 lines`.
pub(super) fn counted(n: usize, thing: &str) -> String {
    match n {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}

/// The first few of `names`, and how many more there are.
pub(super) fn few(names: &[String], most: usize) -> String {
    match names.len().saturating_sub(most) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..most].join(", ")),
    }
}
