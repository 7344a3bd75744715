//! Values of settings: read from words, and shown with secrets masked.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use reqwest::header::{HeaderName, HeaderValue};

use super::address::{Address, masked};
use super::amount::{bytes, duration, within_reason};
use super::layer::Origin;
use super::paint::Paint;
use super::setting::Kind;
use super::{ColorFlag, DensityFlag, DrawingFlag, LinkFlag, ThemeFlag, flag_value};
use crate::series::printable;
use crate::source::access::{Proxy, Secret};
use crate::source::{DEFAULT_JOB, DnsName, Target};
use crate::unit::Span;

/// A value as read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Word(String),
    Address(Address),
    /// What could be named is not wanted.
    Nothing,
    Targets(Vec<Place<Target>>),
    Names(Vec<Place<DnsName>>),
    File(PathBuf),
    Files(Vec<PathBuf>),
    Secret(Secret),
    Headers(Vec<Header>),
    Proxy(Proxy),
    Time {
        ms: i64,
        text: String,
    },
    /// A range of time that is more than the length of the last while.
    Span(Span),
    Size {
        bytes: usize,
        text: String,
    },
    On(bool),
    Depth(ColorFlag),
    Theme(ThemeFlag),
    Drawing(DrawingFlag),
    Links(LinkFlag),
    Density(DensityFlag),
    Paint(Paint),
}

/// Something to scrape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place<T> {
    pub at: T,
    /// Whether a job was given with it.
    pub own_job: bool,
    /// Whether a password stood in it.
    pub login: bool,
}

/// A request header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    /// A valid name, as it was written.
    pub name: String,
    pub value: Secret,
    pub origin: Origin,
}

/// What relative paths and `~` are relative to.
#[derive(Debug, Clone, Default)]
pub(super) struct Base {
    /// Empty for the working directory.
    pub folder: PathBuf,
    pub home: Option<PathBuf>,
}

impl Base {
    /// `text` as a path: `~/` is the home directory, what is relative begins in the folder.
    pub(super) fn path(&self, text: &OsStr) -> PathBuf {
        let path = Path::new(text);
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.folder.join(path),
        }
    }
}

/// Words that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Misread {
    /// Which of the words.
    pub index: usize,
    /// What is wrong with it, without secrets.
    pub message: String,
}

/// Reads the words given for a setting of this kind; all of them are used for lists, the last one otherwise.
pub(super) fn read(kind: Kind, words: &[&OsStr], base: &Base) -> Result<Value, Misread> {
    let last = words.len().saturating_sub(1);
    let wrong = |message| Misread { index: last, message };
    let Some(raw) = words.last().filter(|w| !w.is_empty()) else { return Err(wrong("it is empty".to_owned())) };
    match kind {
        Kind::File => return Ok(Value::File(base.path(raw))),
        Kind::Files => {
            return each(words, |w| Ok(base.path(w))).map(Value::Files);
        }
        // A flag can only name the file.
        Kind::Secret => return Ok(Value::Secret(Secret::File(base.path(raw)))),
        Kind::Targets => return each(words, |w| target(text(w)?)).map(Value::Targets),
        Kind::Names => return each(words, |w| name(text(w)?)).map(Value::Names),
        Kind::Headers => {
            let headers = each(words, |w| header(text(w)?))?;
            return Ok(Value::Headers(headers));
        }
        _ => {}
    }
    let word = text(raw).map_err(wrong)?;
    let value = match kind {
        Kind::UrlOrNone if word.trim() == "none" => Ok(Value::Nothing),
        Kind::Url | Kind::UrlOrNone => Address::parse(word).map(Value::Address),
        Kind::Proxy => proxy(word).map(Value::Proxy),
        Kind::Time => duration(word).map(|ms| Value::Time { ms, text: word.trim().to_owned() }),
        Kind::Span => span(word),
        Kind::Size => bytes(word).map(|bytes| Value::Size { bytes, text: word.trim().to_owned() }),
        Kind::Switch | Kind::Choice => switch(word).map(Value::On),
        Kind::Depth => one_of(word).map(Value::Depth),
        Kind::Theme => ThemeFlag::parse(word, |path| base.path(OsStr::new(path))).map(Value::Theme),
        Kind::Drawing => one_of(word).map(Value::Drawing),
        Kind::Links => one_of(word).map(Value::Links),
        Kind::Density => one_of(word).map(Value::Density),
        Kind::Paint => Paint::parse(word).map(Value::Paint),
        Kind::User if word.contains(':') => Err("a user name holds no colon".to_owned()),
        _ if printable(word) != word || word.trim().is_empty() => {
            Err(format!("{:?} holds characters that do not belong into a name", printable(word)))
        }
        _ => Ok(Value::Word(word.to_owned())),
    };
    value.map_err(wrong)
}

fn text(word: &OsStr) -> Result<&str, String> {
    word.to_str().ok_or_else(|| "it is no UTF-8".to_owned())
}

fn each<T>(words: &[&OsStr], read: impl Fn(&OsStr) -> Result<T, String>) -> Result<Vec<T>, Misread> {
    let one = |(index, word): (usize, &&OsStr)| {
        let word = if word.is_empty() { Err("it is empty".to_owned()) } else { read(word) };
        word.map_err(|message| Misread { index, message })
    };
    words.iter().enumerate().map(one).collect()
}

fn target(word: &str) -> Result<Place<Target>, String> {
    let at = Target::parse(word).map_err(|e| format!("{:?}: {}", e.value, e.reason))?;
    let own_job = at.job() != DEFAULT_JOB || word.trim_start().starts_with(&format!("{DEFAULT_JOB}="));
    // Only userinfo can bring an @ before the first slash of the place.
    let place = word.split_once("://").map_or(word, |(_, rest)| rest);
    Ok(Place { at, own_job, login: place.split('/').next().is_some_and(|host| host.contains('@')) })
}

fn name(word: &str) -> Result<Place<DnsName>, String> {
    let at = DnsName::parse(word).map_err(|e| format!("{:?}: {}", e.value, e.reason))?;
    Ok(Place { at, own_job: word.contains('='), login: false })
}

fn header(word: &str) -> Result<Header, String> {
    let usage = "write it like 'X-Scope-OrgID: team'";
    // What stands there instead may be the secret alone: it is not repeated.
    let (name, value) = word.split_once(':').ok_or_else(|| format!("there is no colon; {usage}"))?;
    let name = header_name(name.trim()).map_err(|e| format!("{e}; {usage}"))?;
    let value = header_value(&name, value.trim())?;
    Ok(Header { name, value: Secret::Plain(value), origin: Origin::Default })
}

/// Headers that say how a request is framed or where it goes: they are the client's own.
const RESERVED: [&str; 7] =
    ["host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade"];

/// Headers whose values are no secrets.
const PUBLIC: [&str; 5] = ["x-scope-orgid", "thanos-tenant", "accountid", "projectid", "user-agent"];

/// `name` if it can name a request header.
pub(super) fn header_name(name: &str) -> Result<String, String> {
    let valid = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "that is no header's name".to_owned())?;
    if RESERVED.contains(&valid.as_str()) {
        return Err(format!("header {name} is set by shtop itself"));
    }
    Ok(name.to_owned())
}

/// `value` if it can be sent as a header's value.
pub(super) fn header_value(name: &str, value: &str) -> Result<String, String> {
    match HeaderValue::from_str(value) {
        Ok(_) if !value.is_empty() => Ok(value.to_owned()),
        Ok(_) => Err(format!("header {name} has no value")),
        Err(_) => Err(format!("the value of header {name} holds characters that cannot be sent")),
    }
}

/// Whether what this header says may be shown.
pub(super) fn public_header(name: &str) -> bool {
    PUBLIC.iter().any(|public| name.eq_ignore_ascii_case(public))
}

/// `direct`, `environment` or a proxy's URL.
pub(super) fn proxy(word: &str) -> Result<Proxy, String> {
    match word.trim() {
        "direct" => return Ok(Proxy::Direct),
        "environment" => return Ok(Proxy::Environment),
        _ => {}
    }
    let scheme = word.split_once("://").map(|(scheme, _)| scheme.trim().to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https" | "socks5" | "socks5h")) {
        return Err(
            "write a proxy's URL (http://, https://, socks5:// or socks5h://), direct or environment".to_owned()
        );
    }
    match reqwest::Url::parse(word.trim()) {
        Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => {
            Ok(Proxy::Through(Secret::Plain(word.trim().to_owned())))
        }
        _ => Err(format!("{:?} is no URL; write it like http://proxy:3128", masked(word))),
    }
}

fn switch(word: &str) -> Result<bool, String> {
    match word.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err(format!("{:?} is neither on nor off", printable(word))),
    }
}

/// The length of the last while, or a range of time in words.
fn span(word: &str) -> Result<Value, String> {
    let last = |ms| Value::Time { ms, text: word.trim().to_owned() };
    match Span::parse(word) {
        Ok(span) => match span.last() {
            Some(ms) => within_reason(word, ms).map(last),
            None => Ok(Value::Span(span)),
        },
        // ISO 8601's lengths are none of the words.
        Err(fault) => duration(word)
            .map(last)
            .map_err(|_| format!("{}; write it like 1h, '2h to 1h ago', '03:10 to 03:40' or yesterday", fault.message)),
    }
}

/// The one of a few words.
fn one_of<T: ValueEnum>(word: &str) -> Result<T, String> {
    T::from_str(word.trim(), true).map_err(|_| {
        let names: Vec<_> = T::value_variants().iter().map(flag_value).collect();
        format!("{:?} is unknown here; write one of {}", printable(word), names.join(", "))
    })
}

impl Value {
    /// The value in words, secrets masked, safe for the screen. Headers have a line each and are not shown here.
    pub(super) fn shown(&self) -> String {
        let words = match self {
            Self::Word(word) => word.clone(),
            Self::Address(address) => address.url.to_string(),
            Self::Nothing => "none".to_owned(),
            Self::Targets(list) => joined(list.iter().map(|p| p.at.to_string())),
            Self::Names(list) => joined(list.iter().map(|p| p.at.to_string())),
            Self::File(path) => path.display().to_string(),
            Self::Files(paths) => joined(paths.iter().map(|p| p.display().to_string())),
            Self::Headers(list) => joined(list.iter().map(|h| h.name.clone())),
            Self::Proxy(Proxy::Environment) => "environment".to_owned(),
            Self::Proxy(Proxy::Direct) => "direct".to_owned(),
            Self::Proxy(Proxy::Through(Secret::Plain(url))) => masked(url),
            Self::Secret(secret) | Self::Proxy(Proxy::Through(secret)) => secret.to_string(),
            Self::Time { text, .. } | Self::Size { text, .. } => text.clone(),
            Self::Span(span) => span.text().to_owned(),
            Self::On(on) => if *on { "on" } else { "off" }.to_owned(),
            Self::Depth(depth) => flag_value(depth),
            Self::Theme(theme) => theme.to_string(),
            Self::Drawing(drawing) => flag_value(drawing),
            Self::Links(links) => flag_value(links),
            Self::Density(density) => flag_value(density),
            Self::Paint(paint) => paint.to_string(),
        };
        printable(&words).into_owned()
    }

    /// Whether a secret stands in it in plain words.
    pub(super) fn holds_secret(&self) -> bool {
        match self {
            Self::Secret(Secret::Plain(_)) => true,
            Self::Address(address) => address.login.as_ref().is_some_and(|(_, password)| !password.is_empty()),
            Self::Targets(list) => list.iter().any(|place| place.login),
            Self::Headers(list) => list.iter().any(|h| matches!(h.value, Secret::Plain(_)) && !public_header(&h.name)),
            Self::Proxy(Proxy::Through(Secret::Plain(url))) => url.contains('@'),
            _ => false,
        }
    }
}

impl Header {
    /// The value in words, masked unless everybody may know it.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Secret::Plain(value) if public_header(&self.name) => printable(value).into_owned(),
            secret => printable(&secret.to_string()).into_owned(),
        }
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: Kind, word: &str) -> Result<Value, String> {
        read(kind, &[OsStr::new(word)], &Base::default()).map_err(|m| m.message)
    }

    #[test]
    fn headers_need_a_name_a_colon_and_a_value() {
        let table = [
            ("hunter2", "there is no colon; write it like 'X-Scope-OrgID: team'"),
            (": hunter2", "that is no header's name; write it like 'X-Scope-OrgID: team'"),
            ("X Y: hunter2", "that is no header's name; write it like 'X-Scope-OrgID: team'"),
            ("X-Key:", "header X-Key has no value"),
            ("X-Key: hunter2\r\nEvil: 1", "the value of header X-Key holds characters that cannot be sent"),
            ("Host: hunter2", "header Host is set by shtop itself; write it like 'X-Scope-OrgID: team'"),
        ];
        for (word, message) in table {
            assert_eq!(one(Kind::Headers, word).unwrap_err(), message, "{word}");
        }
        let Ok(Value::Headers(headers)) = one(Kind::Headers, "X-Api-Key:  a:b ") else { panic!("no header") };
        assert_eq!((headers[0].name.as_str(), &headers[0].value), ("X-Api-Key", &Secret::Plain("a:b".to_owned())));
    }

    #[test]
    fn secrets_are_masked_and_tenants_are_not() {
        let shown = |word| match one(Kind::Headers, word).unwrap() {
            Value::Headers(headers) => headers[0].shown(),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown("X-Api-Key: hunter2"), "(hidden)");
        assert_eq!(shown("x-scope-orgid: team-a"), "team-a");
        assert_eq!(one(Kind::Proxy, "http://u:hunter2@proxy:3128").unwrap().shown(), "http://…@proxy:3128");
        assert_eq!(one(Kind::Url, "http://u:hunter2@prom").unwrap().shown(), "http://prom/");
        assert_eq!(one(Kind::Targets, "http://u:hunter2@a:1").unwrap().shown(), "http://a:1/metrics");
    }

    #[test]
    fn it_is_known_what_holds_a_secret() {
        let table = [
            (Kind::Url, "http://u:p@h", true),
            (Kind::Url, "http://h", false),
            (Kind::Targets, "job=u:p@h:1", true),
            (Kind::Targets, "http://h:1/a@b", false),
            (Kind::Headers, "Cookie: x", true),
            (Kind::Headers, "X-Scope-OrgID: x", false),
            (Kind::Proxy, "http://u:p@h", true),
            (Kind::Proxy, "socks5h://h:1", false),
            (Kind::Word, "word", false),
        ];
        for (kind, word, secret) in table {
            assert_eq!(one(kind, word).unwrap().holds_secret(), secret, "{word}");
        }
    }

    #[test]
    fn a_range_is_a_length_or_more_words() {
        for (word, ms) in [("1h", 3_600_000), ("last 2h", 7_200_000), ("PT1M", 60_000), ("7d", 604_800_000)] {
            assert_eq!(one(Kind::Span, word), Ok(Value::Time { ms, text: word.to_owned() }), "{word}");
        }
        for word in ["2h to 1h ago", "2026-11-22 03:10 to 03:40", "yesterday", "since 03:10"] {
            assert_eq!(one(Kind::Span, word).expect("a range").shown(), word);
        }
    }

    #[test]
    fn words_may_have_blanks_around_them_and_links_are_a_switch_too() {
        assert_eq!(one(Kind::Density, " Wall "), Ok(Value::Density(DensityFlag::Wall)));
        assert_eq!(one(Kind::Links, "TRUE"), Ok(Value::Links(LinkFlag::On)));
    }

    #[test]
    fn paths_begin_where_their_file_lies() {
        let base = Base { folder: PathBuf::from("/etc/shtop"), home: Some(PathBuf::from("/home/ann")) };
        for (text, path) in [
            ("ca.pem", "/etc/shtop/ca.pem"),
            ("../ca.pem", "/etc/shtop/../ca.pem"),
            ("/ca.pem", "/ca.pem"),
            ("~/ca.pem", "/home/ann/ca.pem"),
            ("~", "/home/ann"),
            ("~bob/ca.pem", "/etc/shtop/~bob/ca.pem"),
        ] {
            assert_eq!(base.path(OsStr::new(text)), PathBuf::from(path), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_repeated_only_where_it_is_no_secret() {
        for (kind, word, words) in [
            (Kind::Switch, "maybe", "\"maybe\" is neither on nor off"),
            (Kind::Depth, "512", "\"512\" is unknown here; write one of auto, true, 256, 16, none"),
            (Kind::Links, "maybe", "\"maybe\" is unknown here; write one of auto, on, off"),
            (Kind::Density, "thin", "\"thin\" is unknown here; write one of auto, rows, grid, wall"),
            (
                Kind::Span,
                "noon",
                "no time is written so; write it like 1h, '2h to 1h ago', '03:10 to 03:40' or yesterday",
            ),
            (Kind::Span, "last 90d", "\"last 90d\" is out of range; from 100ms to 744h will do"),
            (Kind::User, "ann:secret", "a user name holds no colon"),
            (
                Kind::Theme,
                "drak",
                "\"drak\" is no theme; did you mean dark? Write auto, dark, light, high-contrast, color-blind, color-blind-light, mono, or the path of a theme file",
            ),
            (Kind::Word, "a\x1b[31m", "\"a␛[31m\" holds characters that do not belong into a name"),
            (
                Kind::Proxy,
                "secret",
                "write a proxy's URL (http://, https://, socks5:// or socks5h://), direct or environment",
            ),
            (Kind::Proxy, "http://u:secret@h:99999", "\"http://…@h:99999\" is no URL; write it like http://proxy:3128"),
            (Kind::File, "", "it is empty"),
        ] {
            assert_eq!(one(kind, word).unwrap_err(), words);
        }
    }
}
