//! The single pass over a body.

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::Format;
use super::diagnosis::{Complaint, Diagnosis, Fault, Reason};
use super::family::{Family, Ledger, Place};
use super::format::disguised;
use super::line::{self, Line};
use super::sample::{Entry, Memory, RawSample};
use super::section::{Seen, unescape};

/// How many diagnoses and how many remarks a [`Summary`] keeps; all are counted.
pub const KEPT: usize = 100;

/// Reads a body line by line, once, borrowing everything from it.
///
/// A body with a [`Fault`] gives no entry at all, so entries may be stored as they come.
#[derive(Debug)]
pub struct Reader<'a> {
    body: &'a [u8],
    /// The body as text, where it is that as a whole, which is far cheaper to find out than line by line.
    whole: Option<&'a str>,
    format: Format,
    /// Where the line that is read starts, and where the next one does.
    start: usize,
    at: usize,
    line: u32,
    fault: Option<Fault>,
    ledger: Ledger<'a>,
    seen: Seen<'a>,
    /// Whether any line could be read that only an exposition has.
    sense: bool,
    returns: bool,
    samples: usize,
    outside: usize,
    diagnoses: Kept,
    remarks: Kept,
}

/// The first few of many.
#[derive(Debug, Default)]
struct Kept {
    first: Vec<Diagnosis>,
    all: usize,
}

impl Kept {
    fn push(&mut self, line: u32, text: &[u8], complaint: Complaint) {
        self.all += 1;
        if self.first.len() < KEPT {
            self.first.push(Diagnosis::new(line, text, complaint));
        }
    }
}

/// What a body came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many samples were given out.
    pub samples: usize,
    /// Every family that `# HELP`, `# TYPE` or `# UNIT` speaks of, in the order of the body, also those without samples.
    /// At most 20 000.
    pub families: Vec<Family>,
    /// The first [`KEPT`] lines that could not be read.
    pub diagnoses: Vec<Diagnosis>,
    /// How many lines could not be read. What follows `# EOF` counts as one.
    pub unreadable: usize,
    /// The first [`KEPT`] oddities of lines that could be read: what Prometheus would refuse, and what makes one doubt.
    pub remarks: Vec<Diagnosis>,
    /// How many oddities there are, a run of samples of one name outside their family counted as one.
    pub remarkable: usize,
    /// How many samples stand in the block of another family ([`Place::Outside`]).
    pub outside_family: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `body`.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self {
            body,
            whole: std::str::from_utf8(body).ok(),
            format,
            start: 0,
            at: 0,
            line: 0,
            fault: disguised(body).or_else(|| binary(body, format)).or_else(|| unfinished(body, format)),
            ledger: Ledger::with_room(body.len()),
            seen: Seen::default(),
            sense: false,
            returns: false,
            samples: 0,
            outside: 0,
            diagnoses: Kept::default(),
            remarks: Kept::default(),
        }
    }

    /// The next entry, like [`Iterator::next`] and all the same whether `memory` knows much or nothing; the more it does,
    /// the sooner. It is lent for one entry at a time, so that it may learn between them.
    pub fn next_with<M: Memory>(&mut self, memory: &M) -> Option<Entry<'a, M::Known>> {
        self.step(Some(memory))
    }

    fn step<M: Memory>(&mut self, memory: Option<&M>) -> Option<Entry<'a, M::Known>> {
        if self.fault.is_some() {
            return None;
        }
        while let Some((line, ended)) = self.advance() {
            if let Some(entry) = self.read(line, ended, memory) {
                return Some(entry);
            }
        }
        None
    }

    /// Reads what is left and sums up.
    ///
    /// # Errors
    /// Why the body is unusable. Then no entry has been given out.
    pub fn finish(mut self) -> Result<Summary, Fault> {
        while self.next().is_some() {}
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.sense
            && let Some(first) = self.diagnoses.first.first()
        {
            return Err(Fault::Garbage { lines: self.diagnoses.all, first: Box::new(first.clone()) });
        }
        Ok(Summary {
            samples: self.samples,
            families: self.ledger.into_families(),
            diagnoses: self.diagnoses.first,
            unreadable: self.diagnoses.all,
            remarks: self.remarks.first,
            remarkable: self.remarks.all,
            outside_family: self.outside,
        })
    }

    /// The next line without its end, and whether it had one.
    fn advance(&mut self) -> Option<(&'a [u8], bool)> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.line = self.line.saturating_add(1);
        self.start = self.at;
        let (line, ended) = memchr(b'\n', rest).map_or((rest, false), |n| (&rest[..n], true));
        self.at += line.len() + usize::from(ended);
        Some((line, ended))
    }

    /// The entry of a line, if it is one; otherwise what is wrong with it has been noted.
    fn read<M: Memory>(&mut self, bytes: &'a [u8], ended: bool, memory: Option<&M>) -> Option<Entry<'a, M::Known>> {
        let line = without_return(bytes);
        if line.len() < bytes.len() && !self.returns {
            self.returns = true;
            self.remark(bytes, Reason::CarriageReturn.at(line.len()));
        }
        let text = match self.whole {
            Some(whole) => Ok(&whole[self.start..self.start + line.len()]),
            None => std::str::from_utf8(line),
        };
        let text = match text {
            Ok(text) => text,
            Err(e) => {
                self.diagnoses.push(self.line, line, Reason::NotUtf8.at(e.valid_up_to()));
                return None;
            }
        };
        if let Some(memory) = memory
            && let Some((sample, known)) = line::recall(text, self.format, &mut self.seen, memory)
        {
            if !ended {
                self.remark(line, Reason::NotTerminated.at(line.len()));
            }
            return Some(Entry::Sample(self.sample(line, &sample, Some(known))));
        }
        match line::parse(text, self.format, &mut self.seen) {
            Ok(read) => {
                if !ended && !matches!(read, Line::Blank | Line::Eof { .. }) && line != b"# EOF" {
                    self.remark(line, Reason::NotTerminated.at(line.len()));
                }
                self.entry(line, read)
            }
            Err(complaint) => {
                self.diagnoses.push(self.line, line, complaint);
                None
            }
        }
    }

    fn entry<K>(&mut self, line: &'a [u8], read: Line<'a>) -> Option<Entry<'a, K>> {
        let strict = self.format == Format::OpenMetrics;
        let (entry, remark, odd) = match read {
            Line::Sample(sample) => return Some(Entry::Sample(self.sample(line, &sample, None))),
            Line::Blank => {
                if strict {
                    self.remark(line, Reason::EmptyLine.at(0));
                }
                return None;
            }
            Line::Comment => {
                if strict {
                    self.remark(line, Reason::Comment.at(0));
                }
                return None;
            }
            Line::Eof { surplus } => {
                self.end(line, surplus);
                return None;
            }
            Line::Help { family, text } => {
                let text = unescape(text, strict);
                let odd = self.ledger.help(family, &text);
                (Entry::Help { family: family.decode(), text }, None, odd)
            }
            Line::Type { family, kind, remark } => {
                let odd = self.ledger.kind(family, kind);
                (Entry::Type { family: family.decode(), kind }, remark, odd)
            }
            Line::Unit { family, unit, remark } => {
                let unit = unescape(unit, strict);
                let odd = self.ledger.unit(family, &unit);
                (Entry::Unit { family: family.decode(), unit }, remark, odd)
            }
        };
        self.sense = true;
        for complaint in remark.into_iter().chain(odd.map(|reason| reason.at(0))) {
            self.remark(line, complaint);
        }
        Some(entry)
    }

    fn sample<K>(&mut self, line: &'a [u8], sample: &line::Sample<'a>, known: Option<K>) -> RawSample<'a, K> {
        let entered = self.ledger.enter(sample.name);
        self.sense = true;
        self.samples += 1;
        if let Some(remark) = sample.remark {
            self.remark(line, remark);
        }
        if entered.place == Place::Outside {
            self.outside += 1;
            if entered.first {
                self.remark(line, Reason::OutsideFamily.at(0));
            }
        }
        RawSample {
            series: sample.series,
            value: sample.value,
            timestamp: sample.timestamp,
            line: self.line,
            kind: entered.kind,
            part: entered.part,
            place: entered.place,
            exemplar: sample.exemplar,
            known,
            name: sample.name,
            format: self.format,
        }
    }

    /// `# EOF` ends the body, whatever follows.
    fn end(&mut self, line: &'a [u8], surplus: Option<usize>) {
        self.sense = true;
        if let Some(at) = surplus {
            self.diagnoses.push(self.line, line, Reason::AfterEof.at(at));
        } else if self.at < self.body.len() {
            let mut empty = true;
            while empty && let Some((line, _)) = self.advance() {
                empty = line.trim_ascii().is_empty();
                if !empty {
                    self.diagnoses.push(self.line, line, Reason::AfterEof.at(0));
                }
            }
            if empty {
                self.remark(b"", Reason::EmptyLine.at(0));
            }
        }
        self.at = self.body.len();
    }

    fn remark(&mut self, line: &[u8], complaint: Complaint) {
        self.remarks.push(self.line, line, complaint);
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.step(None::<&Nothing>)
    }
}

/// No memory at all: there is no value of this type.
enum Nothing {}

impl Memory for Nothing {
    type Known = ();

    fn recall(&self, _: &str, _: Format) -> Option<()> {
        match *self {}
    }
}

/// Lines may end in CR LF.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether `body` is something else than text, by its beginning. A label may hold whatever it likes, so the first line has
/// to make no sense besides.
fn binary(body: &[u8], format: Format) -> Option<Fault> {
    const BEGINNING: usize = 4_096;
    /// One byte in so many may be none of a text.
    const ODD: usize = 20;

    let beginning = &body[..body.len().min(BEGINNING)];
    // An empty line makes sense in anything.
    let start = beginning.trim_ascii_start();
    let first = without_return(memchr(b'\n', start).map_or(start, |n| &start[..n]));
    if std::str::from_utf8(first).is_ok_and(|text| line::parse(text, format, &mut Seen::default()).is_ok()) {
        return None;
    }
    let control = |b: &&u8| b.is_ascii_control() && !matches!(b, b'\t' | b'\n' | b'\r');
    let invalid: usize = beginning.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let odd = invalid + beginning.iter().filter(control).count();
    (odd > beginning.len() / ODD).then_some(Fault::Binary)
}

/// Whether the end of `body` is missing, as far as that can be seen, without reading the rest.
fn unfinished(body: &[u8], format: Format) -> Option<Fault> {
    if format == Format::OpenMetrics && has_eof(body) {
        return None;
    }
    let last = without_return(memrchr(b'\n', body).map_or(body, |n| &body[n + 1..]));
    let complaint = match std::str::from_utf8(last) {
        Ok(text) => line::parse(text, format, &mut Seen::default()).err(),
        Err(e) => Some(Reason::NotUtf8.at(e.valid_up_to())),
    };
    match complaint {
        None => (format == Format::OpenMetrics).then_some(Fault::NoEof),
        Some(complaint) => {
            let number = u32::try_from(memchr_iter(b'\n', body).count() + 1).unwrap_or(u32::MAX);
            Some(Fault::Truncated { at: Box::new(Diagnosis::new(number, last, complaint)) })
        }
    }
}

/// Whether a line starts with `# EOF`. Nearly always it is the last one, so that one is tried first.
fn has_eof(body: &[u8]) -> bool {
    const EOF: &[u8] = b"# EOF";
    let starts_line = |at: usize| at == 0 || body[at - 1] == b'\n';
    let last = without_return(body.strip_suffix(b"\n").unwrap_or(body));
    (last.ends_with(EOF) && starts_line(last.len() - EOF.len())) || memmem::find_iter(body, EOF).any(starts_line)
}
