//! Prometheus' target files (`file_sd`): a list of `{targets, labels}` in JSON or YAML. Uses `series`.
//!
//! Facts: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config>

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use unicode_width::UnicodeWidthStr;

use super::target::{DEFAULT_PATH, Target, TargetFault};
use crate::series::printable;

/// Largest target file that is read; one line a target, this is some hundred thousand targets.
const MAX_BYTES: u64 = 16 << 20;

/// How much of the faulty line an error shows.
const EXCERPT: usize = 100;

/// A target file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {reason}; --targets takes a file_sd file, JSON or YAML", printable(&.file.display().to_string()))]
    Read {
        /// Its path as given.
        file: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// It is not what it should be. `Display` is several lines: place and reason, the line, a caret, a hint.
    #[error("{}", .0.in_full())]
    Syntax(Box<Syntax>),
}

/// A place in a target file and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// The file's path as given.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// The line itself, made safe and cut to what fits.
    pub excerpt: String,
    /// Where under the excerpt the caret stands, from 0, in cells.
    pub caret: usize,
}

impl Syntax {
    fn new(file: &Path, text: &str, line: usize, column: usize, reason: &str) -> Self {
        let (line, column) = (line.max(1), column.max(1));
        let source: Vec<char> = text.lines().nth(line - 1).unwrap_or_default().chars().collect();
        // A long line (JSON in one piece) is shown around the fault.
        let from = (column - 1).saturating_sub(EXCERPT / 2).min(source.len());
        let to = (from + EXCERPT).min(source.len());
        let at = (column - 1).clamp(from, to);
        // A tab would put the caret elsewhere than it is counted.
        let shown = |part: &[char]| -> String { part.iter().map(|c| if *c == '\t' { ' ' } else { *c }).collect() };
        Self {
            file: file.to_owned(),
            line,
            column,
            reason: printable(reason).into_owned(),
            excerpt: printable(&shown(&source[from..to])).into_owned(),
            caret: printable(&shown(&source[from..at])).width(),
        }
    }

    fn in_full(&self) -> String {
        let gutter = self.line.to_string();
        let pad = " ".repeat(gutter.len());
        format!(
            "{file}:{line}:{column}: {reason}\n{pad} |\n{gutter} | {excerpt}\n{pad} | {space}^\n{pad} = hint: a list of \
             {{\"targets\": [\"host:port\"], \"labels\": {{\"job\": \"streamhouse-agent\"}}}}, in JSON or YAML",
            file = printable(&self.file.display().to_string()),
            line = self.line,
            column = self.column,
            reason = self.reason,
            excerpt = self.excerpt,
            space = " ".repeat(self.caret),
        )
    }
}

/// Reads and parses a target file, and makes targets of it. Groups that name no job have `job`.
///
/// # Errors
/// A file that cannot be read, is too large, is neither JSON nor YAML, or is not a list of target groups.
pub fn read(file: &Path, job: &str) -> Result<Vec<Target>, FileError> {
    let cannot = |reason: String| FileError::Read { file: file.to_owned(), reason: printable(&reason).into_owned() };
    let size = std::fs::metadata(file).map_err(|e| cannot(reason(&e)))?;
    if size.is_dir() {
        return Err(cannot("is a directory".to_owned()));
    }
    if size.len() > MAX_BYTES {
        return Err(cannot(format!("larger than {} MiB", MAX_BYTES >> 20)));
    }
    let bytes = std::fs::read(file).map_err(|e| cannot(reason(&e)))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot("is not UTF-8 text".to_owned()))?;
    parse(file, &text, job)
}

/// The system's words without its error number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
    }
}

/// Parses `text`, the content of `file` (JSON by its name, else YAML). Groups that name no job have `job`.
///
/// # Errors
/// As [`read`].
pub fn parse(file: &Path, text: &str, job: &str) -> Result<Vec<Target>, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let groups = if json { from_json(file, text) } else { from_yaml(file, text) };
    let groups = groups.map_err(|e| FileError::Syntax(Box::new(e)))?.into_iter();
    let named = |group: Group| {
        let of_job = move |target: Target| if group.names_job { target } else { target.with_job(job) };
        group.targets.into_iter().map(of_job)
    };
    Ok(groups.flat_map(named).collect())
}

fn from_json(file: &Path, text: &str) -> Result<Vec<Group>, Syntax> {
    serde_json::from_str(text).map_err(|e| {
        let reason = e.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
        // serde_json counts bytes, and stands on the last one read.
        let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
        let before = line.char_indices().take_while(|(i, _)| *i + 1 < e.column()).count();
        Syntax::new(file, text, e.line(), before + 1, reason)
    })
}

fn from_yaml(file: &Path, text: &str) -> Result<Vec<Group>, Syntax> {
    // An empty file is an empty list, as for Prometheus.
    let groups: Result<Option<Vec<Group>>, _> = serde_saphyr::from_str(text);
    groups.map(Option::unwrap_or_default).map_err(|e| {
        let at = e.location();
        let place = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
        let reason = e.without_snippet().to_string();
        let reason = reason.lines().next().unwrap_or_default();
        // The place stands in front already.
        let reason = match reason.find(" at line ").or_else(|| reason.find("line ").filter(|i| *i == 0)) {
            Some(0) => reason.split_once(": ").map_or(reason, |(_, rest)| rest),
            Some(cut) => &reason[..cut],
            None => reason,
        };
        Syntax::new(file, text, place(at.map(|l| l.line())), place(at.map(|l| l.column())), reason)
    })
}

/// The targets of one list entry. Read field by field, so that a fault is reported where it stands.
struct Group {
    targets: Vec<Target>,
    /// Whether the group says which job they are of.
    names_job: bool,
}

/// `host:port`, checked as it is read.
struct Address(String);

/// The labels of a group, checked as they are read.
#[derive(Default)]
struct GroupLabels(Vec<(String, String)>);

impl GroupLabels {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn target(&self, address: &str) -> Result<Target, TargetFault> {
        let scheme = self.get("__scheme__").unwrap_or("http");
        let path = self.get("__metrics_path__").unwrap_or(DEFAULT_PATH);
        let kept = self.0.iter().filter(|(n, _)| !n.starts_with("__"));
        Target::discovered(scheme, address, path, kept.map(|(n, v)| (n.as_str(), v.as_str())))
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Group;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a group with `targets` and `labels`")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Group, M::Error> {
                let (mut addresses, mut labels) = (None::<Vec<Address>>, None::<GroupLabels>);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "targets" if addresses.is_some() => return Err(de::Error::duplicate_field("targets")),
                        "labels" if labels.is_some() => return Err(de::Error::duplicate_field("labels")),
                        "targets" => addresses = Some(map.next_value()?),
                        "labels" => labels = map.next_value::<Option<GroupLabels>>()?,
                        _ => return Err(de::Error::unknown_field(&key, &["targets", "labels"])),
                    }
                }
                let addresses = addresses.ok_or_else(|| de::Error::missing_field("targets"))?;
                let labels = labels.unwrap_or_default();
                let targets = addresses.iter().map(|a| labels.target(&a.0));
                let targets = targets.collect::<Result<_, _>>().map_err(de::Error::custom)?;
                Ok(Group { targets, names_job: labels.get("job").is_some() })
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"host:port\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                if text.contains("://") {
                    return Err(E::custom("write host:port here; the scheme goes into the label __scheme__"));
                }
                Target::discovered("http", text, DEFAULT_PATH, []).map_err(E::custom)?;
                Ok(Address(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for GroupLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = GroupLabels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels, each with a string")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<GroupLabels, M::Error> {
                let mut labels: Vec<(String, String)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name.is_empty() || name == "__name__" {
                        return Err(de::Error::custom(format!("{name:?} cannot be the name of a target's label")));
                    }
                    let value: String = map.next_value()?;
                    if name == "__scheme__" && value != "http" && value != "https" {
                        return Err(de::Error::custom("__scheme__ must be http or https"));
                    }
                    // Last one wins, as everywhere in Prometheus.
                    labels.retain(|(n, _)| *n != name);
                    labels.push((name, value));
                }
                Ok(GroupLabels(labels))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, _: S) -> Result<GroupLabels, S::Error> {
                Err(de::Error::custom("labels are a map: name: value"))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::target::DEFAULT_JOB;

    fn targets(name: &str, text: &str) -> Vec<Target> {
        parse(Path::new(name), text, DEFAULT_JOB).unwrap_or_else(|e| panic!("{e}"))
    }

    fn fault(name: &str, text: &str) -> Syntax {
        match parse(Path::new(name), text, DEFAULT_JOB) {
            Err(FileError::Syntax(fault)) => *fault,
            other => panic!("no syntax error: {other:?}"),
        }
    }

    const YAML: &str = "\
- targets: ['agent-1:8080', agent-2:8080]
  labels:
    zone: eu-1
    shard: 3
    __meta_x: dropped
- targets: [server]
  labels:
    job: streamhouse
    instance: the-server
    __scheme__: https
    __metrics_path__: /stats
    __address__: ignored:1
";

    #[test]
    fn yaml_and_json_read_alike() {
        let json = r#"[
          {"targets": ["agent-1:8080", "agent-2:8080"], "labels": {"zone": "eu-1", "shard": "3", "__meta_x": "dropped"}},
          {"targets": ["server"], "labels": {"job": "streamhouse", "instance": "the-server", "__scheme__": "https",
           "__metrics_path__": "/stats", "__address__": "ignored:1"}}
        ]"#;
        let read = targets("t.yml", YAML);
        assert_eq!(read, targets("t.json", json));
        assert_eq!(read[1].to_string(), "http://agent-2:8080/metrics");
        assert_eq!(
            read[1].labels().to_string(),
            r#"{instance="agent-2:8080",job="streamhouse-agent",shard="3",zone="eu-1"}"#
        );
        assert_eq!(read[2].to_string(), "https://server/stats");
        assert_eq!(read[2].labels().to_string(), r#"{instance="the-server",job="streamhouse"}"#);
    }

    #[test]
    fn a_group_that_names_no_job_is_of_the_one_that_is_given() {
        let jobs = |name: &str, text: &str| {
            let read = parse(Path::new(name), text, "agents").unwrap_or_else(|e| panic!("{e}"));
            read.iter().map(|target| target.job().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(jobs("t.yml", YAML), ["agents", "agents", "streamhouse"]);
        // The usual job, where it is named, is a name like any other.
        let named = r#"[{"targets": ["a:1"], "labels": {"job": "streamhouse-agent"}}, {"targets": ["b:1"]}]"#;
        assert_eq!(jobs("t.json", named), ["streamhouse-agent", "agents"]);
    }

    #[test]
    fn nothing_in_a_file_is_no_fault() {
        assert!(targets("t.yml", "").is_empty() && targets("t.yml", "[]").is_empty());
        assert!(targets("t.json", "[]").is_empty() && targets("t.yml", "# none yet\n").is_empty());
        assert!(targets("t.yml", "- targets: []\n  labels:\n").is_empty());
    }

    #[test]
    fn a_fault_names_its_place_and_reason() {
        let table = [
            ("t.json", "[\n  {\"targets\": [\"a:1\",]}\n]", (2, 22), "trailing comma"),
            ("t.json", "[{\"targets\": [\"größe:1\", \"a:xyz\"]}]", (1, 32), "the port must be a number"),
            ("t.json", "[{\"labels\": {}}]", (1, 15), "missing field `targets`"),
            ("t.json", "[{\"targets\": [], \"label\": {}}]", (1, 24), "unknown field `label`"),
            ("t.json", "", (1, 1), "EOF while parsing"),
            ("t.yml", "- targets: [a:1]\n  labels:\n    __scheme__: ftp\n", (3, 5), "__scheme__ must be http or https"),
            ("t.yml", "- targets:\n    - a:1\n    - http://b:1\n", (3, 7), "write host:port here"),
            ("t.yml", "- targets: [a:1\n", (1, 12), ""),
            ("t.yml", "targets: [a:1]\n", (1, 1), ""),
        ];
        for (name, text, (line, column), reason) in table {
            let f = fault(name, text);
            println!("{}\n", FileError::Syntax(Box::new(f.clone())));
            assert_eq!(f.line, line, "{name} {text:?}: {f:?}");
            assert!(f.reason.contains(reason), "{name} {text:?}: {f:?}");
            assert!(!f.reason.contains("at line"), "{f:?}");
            if !reason.is_empty() {
                assert_eq!(f.column, column, "{name} {text:?}: {f:?}");
            }
        }
    }

    #[test]
    fn the_caret_stands_under_the_fault() {
        let text = "[\n  {\"targets\": [\"a:1\",]}\n]";
        let shown = parse(Path::new("t.json"), text, DEFAULT_JOB).expect_err("comma").to_string();
        assert_eq!(
            shown.lines().take(4).collect::<Vec<_>>(),
            ["t.json:2:22: trailing comma", "  |", "2 |   {\"targets\": [\"a:1\",]}", "  |                      ^"]
        );
        assert!(shown.contains("hint: a list of"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let text = format!("[{}{{\"targets\": 3}}]", "{\"targets\": [\"agent:8080\"]},".repeat(200));
        let f = fault("t.json", &text);
        assert!(f.excerpt.chars().count() <= EXCERPT && f.caret < EXCERPT && f.column > 5000, "{f:?}");
        assert_eq!(f.excerpt.chars().nth(f.caret), Some('3'), "{f:?}");
    }

    #[test]
    fn a_terminal_is_not_steered_by_a_broken_file() {
        let text = "- targets: [\"\x1b[31m\x1b]0;x\u{7}\"]\n";
        let e = parse(Path::new("t\x1b[2J.yml"), text, DEFAULT_JOB).expect_err("no target");
        assert!(!e.to_string().contains('\x1b') && !e.to_string().contains('\u{7}'), "{e:?}");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let level = |(name, of): (char, char)| format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(", "));
        let levels: String = ('b'..='j').zip('a'..).map(level).collect();
        let text = format!("a: &a [x, x, x, x, x, x, x, x, x]\n{levels}targets: *j\n");
        fault("t.yml", &text);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let e = read(Path::new("/nowhere/agents.json"), DEFAULT_JOB).expect_err("absent");
        assert_eq!(e.to_string(), "/nowhere/agents.json: no such file; --targets takes a file_sd file, JSON or YAML");
        assert!(read(Path::new("/"), DEFAULT_JOB).expect_err("a directory").to_string().contains("is a directory"));
    }
}
