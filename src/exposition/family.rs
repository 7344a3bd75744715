//! Which family a sample belongs to, and where it stands with regard to that family's block.

use std::borrow::Cow;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::series::printable;

use super::Format;
use super::diagnosis::Reason;
use super::section::Text;

/// How many families a summary lists; an installation has some hundreds. Keeps a hostile body from growing the ledger
/// beyond the body's own size.
const LISTED: usize = 20_000;

/// How many bytes of a body there are for each family at least, as a rule, and for how many families room is made before
/// any has come.
const DESCRIBED: usize = 256;
const USUAL: usize = 1_000;

/// How many characters of a help text are kept.
const HELP: usize = 1000;

/// What a family's samples are, by `# TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Only grows, restarts at zero.
    Counter,
    /// Goes both ways.
    Gauge,
    /// Cumulative buckets, a sum and a count.
    Histogram,
    /// Quantiles, a sum and a count.
    Summary,
    /// Buckets of a state that goes both ways, OpenMetrics only.
    GaugeHistogram,
    /// Labels that describe the process, value 1, OpenMetrics only.
    Info,
    /// One of several states has the value 1, OpenMetrics only.
    StateSet,
    /// Not said (`untyped` in the text format, `unknown` in OpenMetrics).
    Unknown,
}

impl Type {
    /// The word that stands for it in OpenMetrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// The type that `word` stands for in either format, and whether that is `format`.
    pub(super) fn from_word(word: &str, format: Format) -> Option<(Self, bool)> {
        let openmetrics = format == Format::OpenMetrics;
        Some(match word {
            "counter" => (Self::Counter, true),
            "gauge" => (Self::Gauge, true),
            "histogram" => (Self::Histogram, true),
            "summary" => (Self::Summary, true),
            "gaugehistogram" => (Self::GaugeHistogram, openmetrics),
            "info" => (Self::Info, openmetrics),
            "stateset" => (Self::StateSet, openmetrics),
            "unknown" => (Self::Unknown, openmetrics),
            "untyped" => (Self::Unknown, !openmetrics),
            _ => return None,
        })
    }
}

/// What a sample is within its family, by the suffix of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The value itself: a gauge's, a counter's (with or without `_total`), a quantile, `_info`, a state.
    Value,
    /// `_bucket`
    Bucket,
    /// `_sum`, `_gsum`
    Sum,
    /// `_count`, `_gcount`
    Count,
    /// `_created`: when the series began, seconds since the epoch.
    Created,
}

/// Where a sample stands with regard to its family's block, which begins at the family's `# HELP`, `# TYPE` or `# UNIT`
/// and ends where another family's begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the block of its family.
    Inside,
    /// In the block of another family. Whatever wrote the line may not have meant it as a sample: the rest of a label
    /// value with an unescaped line feed looks just like this. Metrics without any description that come after others
    /// with one stand here too.
    Outside,
    /// No block has begun.
    Undeclared,
}

/// One family that `# HELP`, `# TYPE` or `# UNIT` speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name, safe to show.
    pub name: String,
    /// Its type; [`Type::Unknown`] when there is no readable `# TYPE`.
    pub kind: Type,
    /// Its help, safe to show, cut after 1000 characters; empty when there is none.
    pub help: String,
    /// Its unit, safe to show, OpenMetrics only; empty when there is none.
    pub unit: String,
    /// How many samples of it came after its description; 0 for a family that is only described.
    pub samples: usize,
}

/// What the suffix of `name` says about it in `family`; `None` when it does not belong there.
///
/// The suffixes of OpenMetrics are taken in the text format too: agents serve the one's names under the other's
/// Content-Type. `kind` is `None` while no `# TYPE` has been read, which leaves every suffix possible.
fn part(family: &str, kind: Option<Type>, name: &str) -> Option<Part> {
    use Type::{Counter, GaugeHistogram, Histogram, Info, Summary};
    let Some(suffix) = name.strip_prefix(family) else {
        // Prometheus takes `x_created` for a counter declared as `x_total`.
        let base = family.strip_suffix("_total").filter(|_| kind == Some(Counter))?;
        return (name.strip_prefix(base)? == "_created").then_some(Part::Created);
    };
    Some(match (suffix, kind) {
        ("", _) | ("_total", None | Some(Counter)) | ("_info", None | Some(Info)) => Part::Value,
        ("_bucket", None | Some(Histogram | GaugeHistogram)) => Part::Bucket,
        ("_sum", None | Some(Histogram | Summary)) | ("_gsum", None | Some(GaugeHistogram)) => Part::Sum,
        ("_count", None | Some(Histogram | Summary)) | ("_gcount", None | Some(GaugeHistogram)) => Part::Count,
        ("_created", None | Some(Counter | Histogram | Summary)) => Part::Created,
        _ => return None,
    })
}

/// Every suffix that can stand between a family's name and a sample's.
const SUFFIXES: [&str; 8] = ["_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"];

/// What the ledger knows of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) kind: Type,
    pub(super) part: Part,
    pub(super) place: Place,
    /// Whether this is the first of a run of samples with this name.
    pub(super) first: bool,
}

/// All families of one body.
#[derive(Debug, Default)]
pub(super) struct Ledger<'a> {
    families: Vec<Family>,
    /// For each family its name as samples spell it, and its type if there was a `# TYPE`.
    known: Vec<(Cow<'a, str>, Option<Type>)>,
    index: FxHashMap<Cow<'a, str>, usize>,
    /// The family whose block it is.
    open: Option<usize>,
    /// The name of the last sample and what it came to, so that a run of one name is looked up once.
    last: Option<Last<'a>>,
}

#[derive(Debug)]
struct Last<'a> {
    raw: &'a str,
    escaped: bool,
    family: Option<usize>,
    entered: Entered,
}

impl<'a> Ledger<'a> {
    /// A ledger with room for the families of a body of so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        let families = (bytes / DESCRIBED).min(USUAL);
        Self {
            families: Vec::with_capacity(families),
            known: Vec::with_capacity(families),
            index: FxHashMap::with_capacity_and_hasher(families, FxBuildHasher),
            open: None,
            last: None,
        }
    }

    /// Opens the block of `name`, which stays the one of `name` where it is open already; a remark where that is odd.
    fn declare(&mut self, name: Text<'a>) -> (Option<usize>, Option<Reason>) {
        let name = name.decode();
        if let Some(open) = self.open
            && self.known[open].0 == name
        {
            return (Some(open), None);
        }
        self.last = None;
        if let Some(&known) = self.index.get(&name) {
            self.open = Some(known);
            return (Some(known), Some(Reason::FamilyAgain));
        }
        if self.families.len() == LISTED {
            // Without an open block no sample is taken for one outside its family.
            self.open = None;
            return (None, Some(Reason::TooManyFamilies));
        }
        let i = self.families.len();
        self.families.push(Family {
            name: printable(&name).into_owned(),
            kind: Type::Unknown,
            help: String::new(),
            unit: String::new(),
            samples: 0,
        });
        self.known.push((name.clone(), None));
        self.index.insert(name, i);
        self.open = Some(i);
        (Some(i), None)
    }

    pub(super) fn help(&mut self, name: Text<'a>, text: &str) -> Option<Reason> {
        let (family, remark) = self.declare(name);
        if let Some(i) = family {
            // Characters are counted only where there may be too many.
            let cut = if text.len() > HELP { text.char_indices().nth(HELP) } else { None };
            self.families[i].help = printable(&text[..cut.map_or(text.len(), |(end, _)| end)]).into_owned();
        }
        remark
    }

    pub(super) fn kind(&mut self, name: Text<'a>, kind: Type) -> Option<Reason> {
        let (family, remark) = self.declare(name);
        if let Some(i) = family {
            self.families[i].kind = kind;
            self.known[i].1 = Some(kind);
            self.last = None;
        }
        remark
    }

    pub(super) fn unit(&mut self, name: Text<'a>, unit: &str) -> Option<Reason> {
        let (family, remark) = self.declare(name);
        if let Some(i) = family {
            self.families[i].unit = printable(unit).into_owned();
        }
        remark
    }

    /// Finds the family of a sample called `name` and counts the sample there.
    pub(super) fn enter(&mut self, name: Text<'a>) -> Entered {
        if let Some(last) = &self.last
            && last.raw == name.raw
            && last.escaped == name.escaped
        {
            let entered = Entered { first: false, ..last.entered };
            if let Some(i) = last.family {
                self.families[i].samples += 1;
            }
            return entered;
        }
        let (family, part, place) = self.find(&name.decode());
        if let Some(i) = family {
            self.families[i].samples += 1;
        }
        let kind = family.map_or(Type::Unknown, |i| self.families[i].kind);
        let entered = Entered { kind, part, place, first: true };
        self.last = Some(Last { raw: name.raw, escaped: name.escaped, family, entered });
        entered
    }

    fn find(&self, name: &str) -> (Option<usize>, Part, Place) {
        let Some(open) = self.open else { return (None, Part::Value, Place::Undeclared) };
        let fits = |i: usize| part(&self.known[i].0, self.known[i].1, name);
        if let Some(part) = fits(open) {
            return (Some(open), part, Place::Inside);
        }
        let bases = SUFFIXES.iter().filter_map(|suffix| name.strip_suffix(suffix));
        for base in std::iter::once(name).chain(bases) {
            if let Some(&i) = self.index.get(base)
                && let Some(part) = fits(i)
            {
                return (Some(i), part, Place::Outside);
            }
        }
        (None, Part::Value, Place::Outside)
    }

    pub(super) fn into_families(self) -> Vec<Family> {
        self.families
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(declared: &[(&'static str, Type)]) -> Ledger<'static> {
        let mut ledger = Ledger::default();
        for &(name, kind) in declared {
            assert_eq!(ledger.kind(Text::bare(name), kind), None);
        }
        ledger
    }

    #[test]
    fn suffixes_tell_the_part_where_the_type_allows_them() {
        use Part::{Bucket, Count, Created, Sum, Value};
        for (kind, name, part) in [
            (Type::Counter, "x", Some(Value)),
            (Type::Counter, "x_total", Some(Value)),
            (Type::Counter, "x_created", Some(Created)),
            (Type::Counter, "x_sum", None),
            (Type::Counter, "xy", None),
            (Type::Gauge, "x", Some(Value)),
            (Type::Gauge, "x_total", None),
            (Type::Gauge, "x_created", None),
            (Type::Histogram, "x_bucket", Some(Bucket)),
            (Type::Histogram, "x_sum", Some(Sum)),
            (Type::Histogram, "x_count", Some(Count)),
            (Type::Histogram, "x_created", Some(Created)),
            (Type::Histogram, "x_gsum", None),
            (Type::Summary, "x", Some(Value)),
            (Type::Summary, "x_sum", Some(Sum)),
            (Type::Summary, "x_count", Some(Count)),
            (Type::Summary, "x_bucket", None),
            (Type::GaugeHistogram, "x_bucket", Some(Bucket)),
            (Type::GaugeHistogram, "x_gsum", Some(Sum)),
            (Type::GaugeHistogram, "x_gcount", Some(Count)),
            (Type::GaugeHistogram, "x_count", None),
            (Type::Info, "x_info", Some(Value)),
            (Type::StateSet, "x", Some(Value)),
            (Type::Unknown, "x", Some(Value)),
            (Type::Unknown, "x_count", None),
        ] {
            let entered = ledger(&[("x", kind)]).enter(Text::bare(name));
            let (place, kind) = if part.is_some() { (Place::Inside, kind) } else { (Place::Outside, Type::Unknown) };
            let want = Entered { kind, part: part.unwrap_or(Value), place, first: true };
            assert_eq!(entered, want, "{kind:?} {name}");
        }
        assert_eq!(ledger(&[("x_total", Type::Counter)]).enter(Text::bare("x_created")).part, Created);
        let mut untyped = Ledger::default();
        assert_eq!(untyped.help(Text::bare("x"), "only help"), None);
        assert_eq!(untyped.enter(Text::bare("x_bucket")).part, Bucket);
    }

    #[test]
    fn a_sample_in_the_block_of_another_family_is_outside_and_still_counted_where_it_belongs() {
        let mut ledger = ledger(&[("up_seconds", Type::Gauge), ("lat", Type::Histogram), ("errors", Type::Counter)]);
        for (name, kind, place) in [
            ("errors_total", Type::Counter, Place::Inside),
            ("up_seconds", Type::Gauge, Place::Outside),
            ("lat_count", Type::Histogram, Place::Outside),
            ("nobody", Type::Unknown, Place::Outside),
        ] {
            let entered = ledger.enter(Text::bare(name));
            assert_eq!((entered.kind, entered.place, entered.first), (kind, place, true), "{name}");
            assert!(!ledger.enter(Text::bare(name)).first);
        }
        let counts: Vec<_> = ledger.into_families().into_iter().map(|f| (f.name, f.samples)).collect();
        assert_eq!(counts, [("up_seconds".into(), 2), ("lat".into(), 2), ("errors".into(), 2)]);
    }

    #[test]
    fn before_any_block_nothing_is_outside_one() {
        assert_eq!(Ledger::default().enter(Text::bare("up")).place, Place::Undeclared);
    }

    #[test]
    fn a_block_that_comes_twice_is_remarked_and_kept_as_one_family() {
        let mut ledger = ledger(&[("a", Type::Gauge), ("b", Type::Gauge)]);
        assert_eq!(ledger.help(Text::bare("b"), "same block"), None);
        assert_eq!(ledger.help(Text::bare("a"), "again"), Some(Reason::FamilyAgain));
        assert_eq!(ledger.enter(Text::bare("a")).place, Place::Inside);
        assert_eq!(ledger.into_families().len(), 2);
    }

    #[test]
    fn the_list_of_families_is_bounded_and_its_texts_are_safe() {
        let names: Vec<String> = (1..LISTED).map(|i| format!("f{i}")).collect();
        let mut ledger = Ledger::default();
        assert_eq!(ledger.help(Text::bare("a\x1bb"), &"\n".repeat(2 * HELP)), None);
        for name in &names {
            assert_eq!(ledger.kind(Text::bare(name), Type::Gauge), None);
        }
        assert_eq!(ledger.kind(Text::bare("one_more"), Type::Gauge), Some(Reason::TooManyFamilies));
        assert_eq!(ledger.enter(Text::bare("one_more")).place, Place::Undeclared);
        let families = ledger.into_families();
        assert_eq!((families.len(), &*families[0].name), (LISTED, "a␛b"));
        assert_eq!(families[0].help, "␊".repeat(HELP));
    }
}
