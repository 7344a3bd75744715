//! Every setting, one row each: flag, environment variable, key of the file, default and help all come from here.

/// What a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The configuration file itself.
    Config,
    /// Which context is used.
    Context,
    /// A Prometheus server as the source.
    Prometheus,
    /// Targets as the source.
    Target,
    /// Target files as the source.
    TargetFile,
    /// Names whose every address is a target, as the source.
    Dns,
    /// The Alertmanager.
    Alertmanager,
    /// The job under which the agents run.
    Job,
    /// Whether nothing may be written anywhere.
    ReadOnly,
    /// The colour of the context in the header.
    Accent,
    /// User name for basic authentication.
    User,
    /// Its password.
    Password,
    /// Bearer token.
    Token,
    /// Further request headers.
    Header,
    /// Certificate authorities.
    Ca,
    /// Own certificate.
    Cert,
    /// Its key.
    PrivateKey,
    /// The name that the server's certificate is for.
    ServerName,
    /// Whether any certificate will do.
    Insecure,
    /// Which way requests go.
    Proxy,
    /// A socket file instead of host and port.
    Socket,
    /// Rule files.
    Rules,
    /// Where runbooks are looked for first.
    RunbookDir,
    /// Who writes silences.
    Author,
    /// Whether the bell sounds when an alert begins to fire.
    Bell,
    /// Whether the desktop is told then.
    Notify,
    /// Time between scrapes.
    Interval,
    /// How long an answer may take.
    Timeout,
    /// How old a sample may be and still be shown.
    Lookback,
    /// How long samples are kept.
    Retention,
    /// How much memory samples may take.
    Memory,
    /// Whether new counters start from 0.
    CreatedZero,
    /// Dashboards.
    Layout,
    /// Time range at first.
    Range,
    /// How many colours to use.
    Color,
    /// Which colours mean what.
    Theme,
    /// Which characters are drawn with.
    Drawing,
    /// Whether links are the terminal's to open.
    Links,
    /// How much of each panel is shown at first.
    Density,
    /// Whether times are in UTC.
    Utc,
    /// Whether the mouse is captured.
    Mouse,
}

/// What values a setting takes, and so how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word that is sent or compared as it stands.
    Word,
    /// A user name: a word without a colon.
    User,
    /// An http or https URL; a login in it is taken out.
    Url,
    /// The same, or `none`.
    UrlOrNone,
    /// A list of targets.
    Targets,
    /// A list of names to resolve.
    Names,
    /// A file or a folder.
    File,
    /// A list of files.
    Files,
    /// Something never shown: written, or in a file, a variable, a command's output.
    Secret,
    /// `Name: value`, several.
    Headers,
    /// A proxy's URL, `direct` or `environment`.
    Proxy,
    /// A duration.
    Time,
    /// A time range: a duration, or more words.
    Span,
    /// A number of bytes.
    Size,
    /// On or off; the flag alone means on.
    Switch,
    /// On or off; the flag needs a value.
    Choice,
    /// How many colours.
    Depth,
    /// A theme's name or file, or `auto`.
    Theme,
    /// Which characters.
    Drawing,
    /// On, off or as the terminal is.
    Links,
    /// How much of each panel is shown.
    Density,
    /// A colour.
    Paint,
}

/// Under which heading of the help a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Sources and contexts.
    Source,
    /// Who we say we are and whom we trust.
    Access,
    /// Scraping and keeping.
    Scrape,
    /// Rules and runbooks.
    Alerts,
    /// The screen.
    Screen,
}

impl Group {
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Source => "Where the data comes from",
            Self::Access => "Logging in, and whom to trust",
            Self::Scrape => "Scraping and keeping",
            Self::Alerts => "Rules and runbooks",
            Self::Screen => "The screen",
        }
    }
}

/// Where in the file a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere.
    Nowhere,
    /// Before the first table: for every context.
    Top,
    /// In a context.
    Context,
    /// In a context, or for every context.
    Both,
}

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub key: Key,
    /// The flag without its dashes.
    pub flag: Option<&'static str>,
    pub short: Option<char>,
    /// What the value is called in the help.
    pub value: &'static str,
    pub kind: Kind,
    /// The key in the file; `auth.user` is key `user` of table `auth`.
    pub file: &'static str,
    pub place: Place,
    pub group: Group,
    /// In the words of the file.
    pub default: Option<&'static str>,
    pub help: &'static str,
}

const ROW: Setting = Setting {
    key: Key::Config,
    flag: None,
    short: None,
    value: "NAME",
    kind: Kind::Word,
    file: "",
    place: Place::Context,
    group: Group::Source,
    default: None,
    help: "",
};

const SOURCE: Setting = ROW;
const ACCESS: Setting = Setting { group: Group::Access, ..ROW };
const SCRAPE: Setting = Setting { group: Group::Scrape, place: Place::Both, kind: Kind::Time, value: "TIME", ..ROW };
const ALERTS: Setting = Setting { group: Group::Alerts, place: Place::Both, ..ROW };
const SCREEN: Setting = Setting { group: Group::Screen, place: Place::Top, ..ROW };

/// Every setting, in the order of the help.
#[rustfmt::skip]
pub(super) const SETTINGS: [Setting; 41] = [
    Setting { key: Key::Target, flag: Some("target"), short: Some('t'), value: "[JOB=]URL", kind: Kind::Targets, file: "targets",
        help: "Agents to scrape: URL or host:port; job=URL for another job than the usual", ..SOURCE },
    Setting { key: Key::TargetFile, flag: Some("targets"), value: "FILE", kind: Kind::Files, file: "files",
        help: "Targets from file_sd files, JSON or YAML; re-read on change", ..SOURCE },
    Setting { key: Key::Dns, flag: Some("dns"), value: "NAME:PORT", kind: Kind::Names, file: "dns",
        help: "A name all of whose addresses are scraped (a headless service)", ..SOURCE },
    Setting { key: Key::Prometheus, flag: Some("prometheus"), short: Some('p'), value: "URL", kind: Kind::Url, file: "prometheus",
        help: "Ask this server instead: Prometheus, Thanos, Mimir, VictoriaMetrics", ..SOURCE },
    Setting { key: Key::Alertmanager, flag: Some("alertmanager"), value: "URL", kind: Kind::UrlOrNone, file: "alertmanager",
        help: "Where alerts are silenced, if not where Prometheus sends them; `none` for nowhere", ..SOURCE },
    Setting { key: Key::Job, flag: Some("job"), file: "job",
        help: "The agents' job, if not streamhouse-agent", ..SOURCE },
    Setting { key: Key::Context, flag: Some("context"), file: "context", place: Place::Top,
        help: "The context of the configuration file to use", ..SOURCE },
    Setting { key: Key::Config, flag: Some("config"), value: "FILE", kind: Kind::File, place: Place::Nowhere,
        help: "The configuration file, instead of the usual one", ..SOURCE },
    Setting { key: Key::ReadOnly, flag: Some("read-only"), value: "ON|OFF", kind: Kind::Switch, file: "read-only", place: Place::Both, default: Some("off"),
        help: "Write nothing anywhere: no silences", ..SOURCE },
    Setting { key: Key::Accent, value: "COLOUR", kind: Kind::Paint, file: "color",
        help: "The context's colour in the header: a name or #rrggbb", ..SOURCE },

    Setting { key: Key::User, flag: Some("user"), kind: Kind::User, file: "auth.user",
        help: "User name for basic authentication", ..ACCESS },
    Setting { key: Key::Password, flag: Some("password-file"), value: "FILE", kind: Kind::Secret, file: "auth.password",
        help: "File with its password; re-read on change", ..ACCESS },
    Setting { key: Key::Token, flag: Some("token-file"), value: "FILE", kind: Kind::Secret, file: "auth.token",
        help: "File with a bearer token; re-read on change", ..ACCESS },
    Setting { key: Key::Header, flag: Some("header"), value: "NAME: VALUE", kind: Kind::Headers, file: "headers",
        help: "A further header, such as 'X-Scope-OrgID: a'", ..ACCESS },
    Setting { key: Key::Ca, flag: Some("ca"), value: "FILE", kind: Kind::File, file: "tls.ca",
        help: "Authorities to trust instead of the machine's", ..ACCESS },
    Setting { key: Key::Cert, flag: Some("cert"), value: "FILE", kind: Kind::File, file: "tls.cert",
        help: "Client certificate", ..ACCESS },
    Setting { key: Key::PrivateKey, flag: Some("key"), value: "FILE", kind: Kind::File, file: "tls.key",
        help: "Its private key, if not in the same file", ..ACCESS },
    Setting { key: Key::ServerName, flag: Some("server-name"), file: "tls.server-name",
        help: "Name in the server's certificate, if not the URL's", ..ACCESS },
    Setting { key: Key::Insecure, flag: Some("insecure"), value: "ON|OFF", kind: Kind::Switch, file: "tls.insecure", default: Some("off"),
        help: "Take any certificate; marked on the screen", ..ACCESS },
    Setting { key: Key::Proxy, flag: Some("proxy"), value: "URL", kind: Kind::Proxy, file: "proxy", default: Some("environment"),
        help: "Proxy to go through; `direct` for none", ..ACCESS },
    Setting { key: Key::Socket, flag: Some("socket"), value: "FILE", kind: Kind::File, file: "socket",
        help: "Unix socket to use instead of the URL's host", ..ACCESS },

    Setting { key: Key::Interval, flag: Some("interval"), file: "interval", default: Some("5s"),
        help: "Time between two scrapes of a target", ..SCRAPE },
    Setting { key: Key::Timeout, flag: Some("timeout"), file: "timeout",
        help: "How long an answer may take; never longer than the interval, 10s at most unless given", ..SCRAPE },
    Setting { key: Key::Lookback, flag: Some("lookback"), file: "lookback", default: Some("5m"),
        help: "How old a sample may be and still count as the present", ..SCRAPE },
    Setting { key: Key::Retention, flag: Some("retention"), file: "retention", default: Some("2h"),
        help: "How long samples are kept", ..SCRAPE },
    Setting { key: Key::Memory, flag: Some("memory"), value: "SIZE", kind: Kind::Size, file: "memory", default: Some("512MB"),
        help: "How much memory samples may take; the oldest go first", ..SCRAPE },
    Setting { key: Key::CreatedZero, flag: Some("created-zero"), value: "ON|OFF", kind: Kind::Choice, file: "created-zero", default: Some("on"),
        help: "Whether a counter that appears between two scrapes counts from 0, so that the first error is seen; Prometheus counts from the value that it appears with", ..SCRAPE },

    Setting { key: Key::Rules, flag: Some("rules"), value: "FILE", kind: Kind::Files, file: "rules",
        help: "Prometheus rule files instead of the built-in alerts", ..ALERTS },
    Setting { key: Key::RunbookDir, flag: Some("runbook-dir"), value: "DIR", kind: Kind::File, file: "runbook-dir",
        help: "Where runbooks are looked for first", ..ALERTS },
    Setting { key: Key::Author, flag: Some("author"), file: "author",
        help: "Who writes silences, if not the one who is logged in", ..ALERTS },
    Setting { key: Key::Bell, flag: Some("bell"), value: "ON|OFF", kind: Kind::Choice, file: "bell", place: Place::Top, default: Some("on"),
        help: "Ring the terminal's bell when an alert begins to fire", ..ALERTS },
    Setting { key: Key::Notify, flag: Some("notify"), value: "ON|OFF", kind: Kind::Switch, file: "notify", place: Place::Top, default: Some("off"),
        help: "Tell the desktop then too (OSC 9)", ..ALERTS },

    Setting { key: Key::Layout, flag: Some("layout"), value: "FILE", kind: Kind::Files, file: "layouts", place: Place::Both,
        help: "Dashboards to show instead of the built-in three", ..SCREEN },
    Setting { key: Key::Range, flag: Some("range"), value: "TIME", kind: Kind::Span, file: "range", place: Place::Both,
        help: "Time range at first: 15m, '2h to 1h ago', yesterday", ..SCREEN },
    Setting { key: Key::Color, flag: Some("color"), value: "HOW", kind: Kind::Depth, file: "color", default: Some("auto"),
        help: "Colours: auto, true, 256, 16 or none", ..SCREEN },
    Setting { key: Key::Theme, flag: Some("theme"), kind: Kind::Theme, file: "theme", default: Some("auto"),
        help: "Theme: auto (as COLORFGBG says), dark, light, high-contrast, color-blind, color-blind-light, mono, or a file", ..SCREEN },
    Setting { key: Key::Drawing, flag: Some("drawing"), value: "HOW", kind: Kind::Drawing, file: "drawing", default: Some("auto"),
        help: "Characters: auto (by TERM and locale), unicode, ascii", ..SCREEN },
    Setting { key: Key::Links, flag: Some("links"), value: "HOW", kind: Kind::Links, file: "links", default: Some("auto"),
        help: "Links that the terminal opens: on, off or auto", ..SCREEN },
    Setting { key: Key::Density, flag: Some("density"), value: "HOW", kind: Kind::Density, file: "density", default: Some("auto"),
        help: "How much of a panel at first: auto, rows, grid or wall", ..SCREEN },
    Setting { key: Key::Utc, flag: Some("utc"), value: "ON|OFF", kind: Kind::Switch, file: "utc", default: Some("off"),
        help: "Times in UTC instead of the local time zone", ..SCREEN },
    Setting { key: Key::Mouse, flag: Some("no-mouse"), value: "ON|OFF", kind: Kind::Switch, file: "mouse", default: Some("on"),
        help: "Leave the mouse to the terminal from the start", ..SCREEN },
];

/// Settings that name the source; one layer's replace those of every weaker layer.
pub(super) const SOURCES: [Key; 4] = [Key::Prometheus, Key::Target, Key::TargetFile, Key::Dns];

/// Settings about the source that was named with them, and meant for no other.
pub(super) const WITH_SOURCE: [Key; 2] = [Key::Alertmanager, Key::Job];

impl Setting {
    /// The row of `key`.
    pub(super) fn of(key: Key) -> &'static Self {
        SETTINGS.iter().find(|s| s.key == key).unwrap_or(&SETTINGS[0])
    }

    /// The environment variable: the flag in capitals, `SHTOP_` before it.
    pub(super) fn variable(&self) -> Option<String> {
        self.flag.map(|flag| format!("SHTOP_{}", flag.to_uppercase().replace('-', "_")))
    }

    /// The environment variable that holds a secret itself rather than the name of its file.
    pub(super) fn secret_variable(&self) -> Option<String> {
        let variable = self.variable().filter(|_| self.kind == Kind::Secret)?;
        variable.strip_suffix("_FILE").map(str::to_owned)
    }

    /// Whether flag and variable say the opposite of the key in the file.
    pub(super) fn negated(&self) -> bool {
        self.flag.is_some_and(|flag| flag.starts_with("no-"))
    }

    /// The table within a context and the key in it.
    pub(super) fn path(&self) -> (Option<&'static str>, &'static str) {
        match (self.kind, self.file.split_once('.')) {
            (Kind::Headers, _) => (Some(self.file), ""),
            (_, Some((table, key))) => (Some(table), key),
            (_, None) => (None, self.file),
        }
    }

    /// Whether the file may have it at its top, before the contexts.
    pub(super) fn at_top(&self) -> bool {
        matches!(self.place, Place::Top | Place::Both)
    }

    /// Whether a context may have it.
    pub(super) fn in_context(&self) -> bool {
        matches!(self.place, Place::Context | Place::Both)
    }
}

/// All settings as a table in Markdown, for the manual: flag, variable, key in the file, default.
pub fn reference() -> String {
    use std::fmt::Write as _;
    let mut table = "| flag | environment | file | default | |\n|---|---|---|---|---|\n".to_owned();
    for s in &SETTINGS {
        let code = |text: Option<String>| text.map(|t| format!("`{t}`")).unwrap_or_default();
        let flag = s.flag.map(|f| match s.short {
            Some(short) => format!("--{f}`, `-{short}"),
            None => format!("--{f}"),
        });
        let mut variable = code(s.variable());
        if let Some(secret) = s.secret_variable() {
            variable = format!("`{secret}`, {variable}");
        }
        let file = match (s.kind, s.file) {
            (_, "") => String::new(),
            (Kind::Secret, f) => format!("`{f}`, `…-file`, `…-env`, `…-command`"),
            (Kind::Headers, f) => format!("`[{f}]`"),
            (_, f) => format!("`{f}`"),
        };
        let place = match s.place {
            Place::Nowhere => "",
            Place::Top => " top",
            Place::Context => " context",
            Place::Both => " both",
        };
        // Writing into a string cannot fail.
        writeln!(
            table,
            "| {} | {variable} | {file}{place} | {} | {} |",
            code(flag),
            s.default.unwrap_or_default(),
            s.help.replace('|', "\\|")
        )
        .ok();
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_setting_has_names_of_its_own() {
        let unique =
            |names: Vec<String>| assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        unique(SETTINGS.iter().map(|s| format!("{:?}", s.key)).collect());
        unique(SETTINGS.iter().filter_map(|s| s.flag.map(str::to_owned)).collect());
        unique(SETTINGS.iter().flat_map(|s| [s.variable(), s.secret_variable()]).flatten().collect());
        unique(SETTINGS.iter().filter(|s| s.at_top()).map(|s| s.file.to_owned()).collect());
        unique(SETTINGS.iter().filter(|s| s.in_context()).map(|s| s.file.to_owned()).collect());
    }

    #[test]
    fn names_in_the_environment_follow_from_the_flags() {
        assert_eq!(Setting::of(Key::RunbookDir).variable().as_deref(), Some("SHTOP_RUNBOOK_DIR"));
        assert_eq!(Setting::of(Key::Token).variable().as_deref(), Some("SHTOP_TOKEN_FILE"));
        assert_eq!(Setting::of(Key::Token).secret_variable().as_deref(), Some("SHTOP_TOKEN"));
        assert_eq!(Setting::of(Key::User).secret_variable(), None);
        assert_eq!(Setting::of(Key::Accent).variable(), None);
    }
}
