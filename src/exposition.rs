//! `/metrics` bytes → entries: a single-pass reader of the Prometheus text format 0.0.4 and of OpenMetrics 1.0.
//!
//! May use `series`. The body is borrowed and never copied; a line that cannot be read costs that line only and leaves a
//! [`Diagnosis`]; a body that is no exposition at all is a [`Fault`], known before the first entry is given out, so that
//! whoever stores samples as they come never has to take any back.
//!
//! The judge of what is readable is Prometheus' own reader (`model/textparse`). The differences, all on purpose:
//!
//! | input | Prometheus | here |
//! |---|---|---|
//! | an unreadable line | fails the scrape | costs the line, diagnosed |
//! | CRLF line ends | fails the scrape | read, remarked once |
//! | hexadecimal floats, signed text timestamps | fails the scrape | read, remarked |
//! | blank lines and comments in OpenMetrics | fails the scrape | skipped, remarked |
//! | data after `# EOF` | fails the scrape | not read, diagnosed |
//! | a raw line feed inside a quoted value, text format | part of the value | ends the line in both formats, as they say |
//! | `name-1` without a blank, text format | the value −1 of `name` | refused: far more likely a bad name |
//! | a raw NUL at the start of a line, text format | ends the body | costs the line |

mod diagnosis;
mod family;
mod format;
mod line;
mod number;
mod reader;
mod sample;
mod section;

pub use diagnosis::{Diagnosis, Fault, Reason, TimeUnit};
pub use family::{Family, Part, Place, Type};
pub use format::{ACCEPT, Format};
pub use reader::{KEPT, Reader, Summary};
pub use sample::{Entry, Exemplar, Memory, Pair, RawSample};

#[cfg(test)]
mod tests;
