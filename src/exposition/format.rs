//! Which format a body is in, from its Content-Type and its first bytes.

use crate::series::printable;

use super::Fault;

/// The `Accept` header that asks for what [`Reader`](super::Reader) reads, the better format first, as Prometheus asks.
/// Names beyond the classic alphabet are welcome in both formats (`escaping=allow-utf-8`).
pub const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
    application/openmetrics-text;version=0.0.1;q=0.5,\
    text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
    text/plain;version=0.0.4;q=0.3,\
    */*;q=0.1";

/// How many characters of a Content-Type a fault repeats.
const NAMED: usize = 80;

/// The two text formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text format 0.0.4 (and 1.0.0, which only adds quoted names): timestamps are integer milliseconds.
    Text,
    /// OpenMetrics 1.0: timestamps are seconds, blanks are strict, `# EOF` ends the body.
    OpenMetrics,
}

impl Format {
    /// The format that a Content-Type header announces. Case and parameters do not matter; none at all means
    /// [`Format::Text`].
    ///
    /// # Errors
    /// [`Fault::NotText`] for every media type that is neither `text/plain` nor `application/openmetrics-text`.
    pub fn from_content_type(header: Option<&str>) -> Result<Self, Fault> {
        let header = header.unwrap_or_default();
        let media = header.split([';', ',']).next().unwrap_or_default().trim();
        if media.is_empty() || media.eq_ignore_ascii_case("text/plain") {
            Ok(Self::Text)
        } else if media.eq_ignore_ascii_case("application/openmetrics-text") {
            Ok(Self::OpenMetrics)
        } else {
            let named: String = media.chars().take(NAMED).collect();
            Err(Fault::NotText { content_type: printable(&named).to_lowercase() })
        }
    }
}

/// A fault that the first bytes of a body give away, whatever its Content-Type says.
pub(super) fn disguised(body: &[u8]) -> Option<Fault> {
    const MARKUP: [&[u8]; 3] = [b"<!doctype", b"<html", b"<?xml"];
    const PACKED: [(&[u8], &str); 2] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")];

    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if MARKUP.iter().any(|tag| start.get(..tag.len()).is_some_and(|s| s.eq_ignore_ascii_case(tag))) {
        return Some(Fault::Html);
    }
    PACKED.iter().find(|(magic, _)| body.starts_with(magic)).map(|&(_, encoding)| Fault::Compressed { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_chooses_the_format() {
        for (header, format) in [
            (None, Format::Text),
            (Some(""), Format::Text),
            (Some("text/plain"), Format::Text),
            (Some("text/plain; version=0.0.4; charset=utf-8"), Format::Text),
            (Some(" Text/PLAIN ;charset=UTF-8;version=0.0.4"), Format::Text),
            (Some("application/openmetrics-text"), Format::OpenMetrics),
            (Some("application/openmetrics-text; version=1.0.0; charset=utf-8"), Format::OpenMetrics),
            (Some("Application/OpenMetrics-Text;charset=utf-8;version=1.0.0"), Format::OpenMetrics),
        ] {
            assert_eq!(Format::from_content_type(header), Ok(format), "{header:?}");
        }
    }

    #[test]
    fn any_other_content_type_is_a_fault_that_names_it() {
        for (header, named) in [
            ("text/html; charset=utf-8", "text/html"),
            ("Application/JSON", "application/json"),
            ("application/octet-stream", "application/octet-stream"),
            ("application/vnd.google.protobuf; proto=x; encoding=delimited", "application/vnd.google.protobuf"),
            ("a\x1b[2Jb", "a␛[2jb"),
        ] {
            let fault = Format::from_content_type(Some(header)).unwrap_err();
            assert_eq!(fault, Fault::NotText { content_type: named.into() });
            assert!(fault.to_string().contains(named), "{fault}");
        }
    }

    #[test]
    fn markup_and_packed_bytes_are_recognised_whatever_the_header_says() {
        for body in ["<!DOCTYPE html><p>", "\n \t<html>", "\u{feff}<?xml version='1.0'?>", "<HTML lang=de>"] {
            assert_eq!(disguised(body.as_bytes()), Some(Fault::Html), "{body}");
        }
        assert_eq!(disguised(b"\x1f\x8b\x08\0\0"), Some(Fault::Compressed { encoding: "gzip" }));
        for body in ["", "up 1\n", "# <html>\n", "<", "<h"] {
            assert_eq!(disguised(body.as_bytes()), None, "{body}");
        }
    }
}
