//! The JSON of Alertmanager's API v2. Uses `series`.
//!
//! What the specification lets out, and fields that are null, are taken as empty; fields that are not known here are
//! passed over. Texts become safe to show on the way in. Lists are cut while they are read, not after.
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>

use std::borrow::Cow;
use std::fmt;
use std::hash::Hasher;
use std::marker::PhantomData;
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::alert::{AlertState, AlertmanagerAlert};
use super::draft::SilenceDraft;
use super::matcher::SilenceMatcher;
use super::silence::{Silence, SilenceState};
use super::{Exact, Listed, Peer, ServerStatus};
use crate::series::{Label, Labels, MatchOp, Timestamp, printable};

/// Most alerts that are kept.
pub const MAX_ALERTS: usize = 5_000;

/// Most silences that are kept, expired ones last.
pub const MAX_SILENCES: usize = 2_000;

/// Most of anything smaller: receivers, peers.
const MAX_NAMES: usize = 1_000;

/// Longest annotation that is kept, bytes.
const LONGEST: usize = 8 << 10;

/// What comes of `/api/v2/alerts`.
pub(super) fn alerts(body: &[u8]) -> Result<Listed<AlertmanagerAlert>, serde_json::Error> {
    let list: Keep<AlertJson, MAX_ALERTS> = serde_json::from_slice(body)?;
    Ok(Listed { items: list.items.into_iter().map(AlertJson::into_alert).collect(), left_out: list.left_out })
}

/// What comes of `/api/v2/silences`: active, pending, expired, in each the one that ends next first, and of the expired
/// the one that ended last.
pub(super) fn silences(body: &[u8]) -> Result<Listed<Silence>, serde_json::Error> {
    let list: Keep<SilenceJson, MAX_SILENCES> = serde_json::from_slice(body)?;
    let mut items: Vec<_> = list.items.into_iter().map(SilenceJson::into_silence).collect();
    items.sort_by_key(|s| (s.state, if s.state == SilenceState::Expired { -s.ends_at } else { s.ends_at }));
    Ok(Listed { items, left_out: list.left_out })
}

/// What comes of `/api/v2/silence/{id}`.
pub(super) fn silence(body: &[u8]) -> Result<Silence, serde_json::Error> {
    serde_json::from_slice(body).map(SilenceJson::into_silence)
}

/// What comes of `/api/v2/receivers`.
pub(super) fn receivers(body: &[u8]) -> Result<Listed<String>, serde_json::Error> {
    let list: Keep<Named, MAX_NAMES> = serde_json::from_slice(body)?;
    Ok(Listed { items: list.items.into_iter().map(|n| n.name.0).collect(), left_out: list.left_out })
}

/// What comes of `/api/v2/status`.
pub(super) fn status(body: &[u8]) -> Result<ServerStatus, serde_json::Error> {
    let status: StatusJson = serde_json::from_slice(body)?;
    let config = status.config.map(|config| {
        let mut hasher = FxHasher::default();
        hasher.write(config.original.0.as_bytes());
        hasher.finish()
    });
    let peers = status.cluster.peers;
    Ok(ServerStatus {
        version: status.version_info.version.0,
        started_at: status.uptime.map(|t| t.0),
        cluster: status.cluster.status.0,
        name: status.cluster.name.0,
        peers: Listed {
            items: peers.items.into_iter().map(|p| Peer { name: p.name.0, address: p.address.0 }).collect(),
            left_out: peers.left_out,
        },
        config,
    })
}

/// What comes of a silence that was written: its id.
pub(super) fn written(body: &[u8]) -> Result<String, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Written {
        #[serde(rename = "silenceID")]
        id: Shown,
    }
    serde_json::from_slice(body).map(|w: Written| w.id.0)
}

/// The reason in the body of a refusal: a string, or an object with a `message`. Safe to show.
pub(super) fn reason(body: &[u8]) -> Option<String> {
    let words = match serde_json::from_slice(body).ok()? {
        Value::String(words) => words,
        Value::Object(mut object) => match object.remove("message")? {
            Value::String(words) => words,
            _ => return None,
        },
        _ => return None,
    };
    Some(printable(words.trim()).into_owned()).filter(|words| !words.is_empty())
}

/// The body of `POST /api/v2/silences`.
pub(super) fn draft(draft: &SilenceDraft) -> Vec<u8> {
    let matchers: Vec<_> = draft
        .ticked()
        .map(|m| {
            json!({
                "name": m.exact_name(),
                "value": m.exact_value(),
                "isRegex": matches!(m.op(), MatchOp::Regex | MatchOp::NotRegex),
                "isEqual": matches!(m.op(), MatchOp::Equal | MatchOp::Regex),
            })
        })
        .collect();
    let mut body = json!({
        "matchers": matchers,
        "startsAt": format_time(draft.starts_at),
        "endsAt": format_time(draft.ends_at),
        "createdBy": draft.exact_author(),
        "comment": draft.exact_comment(),
    });
    if let Some(silence) = &draft.changes {
        body["id"] = Value::String(silence.id.clone());
    }
    body.to_string().into_bytes()
}

/// RFC 3339 in UTC; a time out of the calendar is its nearest end.
pub(super) fn format_time(at: Timestamp) -> String {
    let end = if at < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at).unwrap_or(end).to_string()
}

/// A list cut at `MAX`; what is over, and most worth keeping, takes the place of what is not.
struct Keep<T, const MAX: usize> {
    items: Vec<T>,
    left_out: usize,
}

impl<T, const MAX: usize> Default for Keep<T, MAX> {
    fn default() -> Self {
        Self { items: Vec::new(), left_out: 0 }
    }
}

/// What a list is made of.
trait Item {
    /// Whether it gives way to others where there are too many.
    fn gives_way(&self) -> bool {
        false
    }
}

impl<'de, T: Item + Deserialize<'de>, const MAX: usize> Deserialize<'de> for Keep<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Item + Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
            type Value = Keep<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Keep::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Keep::<T, MAX>::default();
                while kept.items.len() < MAX {
                    match list.next_element()? {
                        Some(item) => kept.items.push(item),
                        None => return Ok(kept),
                    }
                }
                let mut places: Vec<_> = (0..MAX).filter(|&i| kept.items[i].gives_way()).collect();
                while let Some(&place) = places.last() {
                    let Some(item) = list.next_element::<T>()? else { return Ok(kept) };
                    kept.left_out += 1;
                    if !item.gives_way() {
                        kept.items[place] = item;
                        places.pop();
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    kept.left_out += 1;
                }
                Ok(kept)
            }
        }

        deserializer.deserialize_any(List(PhantomData))
    }
}

/// A text that is safe to show.
#[derive(Default)]
struct Shown(String);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Shown;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Shown, E> {
                Ok(Shown(printable(text).into_owned()))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A time, RFC 3339.
struct Time(Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Shown::deserialize(deserializer)?.0;
        match text.parse::<jiff::Timestamp>() {
            Ok(time) => Ok(Self(time.as_millisecond())),
            Err(_) => Err(D::Error::custom(format_args!("{text:.40?} is no RFC 3339 time"))),
        }
    }
}

/// Labels or annotations.
#[derive(Default)]
struct LabelSet {
    shown: Option<Labels>,
    exact: Option<Labels>,
}

impl<'de> Deserialize<'de> for LabelSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Set;

        impl<'de> Visitor<'de> for Set {
            type Value = LabelSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label set")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LabelSet, A::Error> {
                let mut exact = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    exact.push(Label { name: Arc::from(name), value: Arc::from(value) });
                }
                let is_safe = |l: &Label| printable(&l.name) == *l.name && printable(&l.value) == *l.value;
                if exact.iter().all(is_safe) {
                    return Ok(LabelSet { shown: Some(Labels::from_labels(exact)), exact: None });
                }
                let shown = exact.iter().map(|l| (printable(&l.name), printable(&l.value)));
                Ok(LabelSet { shown: Some(Labels::from_pairs(shown)), exact: Some(Labels::from_labels(exact)) })
            }
        }

        deserializer.deserialize_map(Set)
    }
}

/// `text` as it is shown, and as it is.
fn parted(text: String) -> (String, Exact<String>) {
    match printable(&text) {
        Cow::Borrowed(_) => (text, Exact::default()),
        Cow::Owned(shown) => (shown, Exact::new(Some(text))),
    }
}

/// `annotations` with what nobody can read in a terminal cut.
fn shortened(annotations: &Labels) -> Labels {
    if annotations.iter().all(|a| a.value.len() <= LONGEST) {
        return annotations.clone();
    }
    Labels::from_pairs(annotations.iter().map(|a| {
        let end = (0..=LONGEST.min(a.value.len())).rev().find(|&end| a.value.is_char_boundary(end)).unwrap_or(0);
        let more = if end < a.value.len() { "…" } else { "" };
        (&*a.name, format!("{}{more}", &a.value[..end]))
    }))
}

/// What is null is what is not there.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertJson {
    labels: LabelSet,
    #[serde(default, deserialize_with = "or_default")]
    annotations: LabelSet,
    starts_at: Time,
    ends_at: Time,
    updated_at: Option<Time>,
    status: AlertStatusJson,
    #[serde(default, deserialize_with = "or_default")]
    receivers: Vec<Named>,
    #[serde(default, deserialize_with = "or_default")]
    fingerprint: Shown,
    #[serde(default, deserialize_with = "or_default", rename = "generatorURL")]
    generator_url: Shown,
}

impl Item for AlertJson {}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatusJson {
    state: Shown,
    #[serde(default, deserialize_with = "or_default")]
    silenced_by: Vec<Shown>,
    #[serde(default, deserialize_with = "or_default")]
    inhibited_by: Vec<Shown>,
    #[serde(default, deserialize_with = "or_default")]
    muted_by: Vec<Shown>,
}

/// A receiver or a peer.
#[derive(serde::Deserialize)]
struct Named {
    #[serde(default, deserialize_with = "or_default")]
    name: Shown,
    #[serde(default, deserialize_with = "or_default")]
    address: Shown,
}

impl Item for Named {}

impl AlertJson {
    fn into_alert(self) -> AlertmanagerAlert {
        let texts = |list: Vec<Shown>| list.into_iter().map(|t| t.0).collect();
        AlertmanagerAlert {
            labels: self.labels.shown.unwrap_or_else(Labels::empty),
            annotations: self.annotations.shown.as_ref().map_or_else(Labels::empty, shortened),
            exact: Exact::new(self.labels.exact),
            updated_at: self.updated_at.map_or(self.starts_at.0, |t| t.0),
            starts_at: self.starts_at.0,
            ends_at: self.ends_at.0,
            state: match self.status.state.0.as_str() {
                "suppressed" => AlertState::Suppressed,
                "unprocessed" => AlertState::Unprocessed,
                _ => AlertState::Active,
            },
            silenced_by: texts(self.status.silenced_by),
            inhibited_by: texts(self.status.inhibited_by),
            muted_by: texts(self.status.muted_by),
            receivers: self.receivers.into_iter().map(|r| r.name.0).collect(),
            fingerprint: self.fingerprint.0,
            generator_url: self.generator_url.0,
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct SilenceJson {
    id: Shown,
    matchers: Vec<MatcherJson>,
    starts_at: Time,
    ends_at: Time,
    updated_at: Option<Time>,
    status: SilenceStatusJson,
    #[serde(default, deserialize_with = "or_default")]
    created_by: String,
    #[serde(default, deserialize_with = "or_default")]
    comment: String,
}

impl Item for SilenceJson {
    fn gives_way(&self) -> bool {
        self.status.state.0 == "expired"
    }
}

#[derive(serde::Deserialize)]
struct SilenceStatusJson {
    state: Shown,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatcherJson {
    name: String,
    value: String,
    #[serde(default, deserialize_with = "or_default")]
    is_regex: bool,
    /// Not there before Alertmanager 0.22, which knew nothing else.
    is_equal: Option<bool>,
}

impl SilenceJson {
    fn into_silence(self) -> Silence {
        let matcher = |m: MatcherJson| {
            let op = match (m.is_regex, m.is_equal.unwrap_or(true)) {
                (false, true) => MatchOp::Equal,
                (false, false) => MatchOp::NotEqual,
                (true, true) => MatchOp::Regex,
                (true, false) => MatchOp::NotRegex,
            };
            SilenceMatcher::new(m.name, op, m.value)
        };
        let (created_by, exact_author) = parted(self.created_by);
        let (comment, exact_comment) = parted(self.comment);
        Silence {
            id: self.id.0,
            matchers: self.matchers.into_iter().map(matcher).collect(),
            updated_at: self.updated_at.map_or(self.starts_at.0, |t| t.0),
            starts_at: self.starts_at.0,
            ends_at: self.ends_at.0,
            created_by,
            comment,
            exact_author,
            exact_comment,
            state: match self.status.state.0.as_str() {
                "pending" => SilenceState::Pending,
                "expired" => SilenceState::Expired,
                _ => SilenceState::Active,
            },
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusJson {
    #[serde(default, deserialize_with = "or_default")]
    cluster: ClusterJson,
    #[serde(default, deserialize_with = "or_default")]
    version_info: VersionJson,
    uptime: Option<Time>,
    config: Option<ConfigJson>,
}

#[derive(Default, serde::Deserialize)]
struct ClusterJson {
    #[serde(default, deserialize_with = "or_default")]
    name: Shown,
    #[serde(default, deserialize_with = "or_default")]
    status: Shown,
    #[serde(default)]
    peers: Keep<Named, MAX_NAMES>,
}

#[derive(Default, serde::Deserialize)]
struct VersionJson {
    #[serde(default, deserialize_with = "or_default")]
    version: Shown,
}

#[derive(serde::Deserialize)]
struct ConfigJson {
    #[serde(default, deserialize_with = "or_default")]
    original: Shown,
}

#[cfg(test)]
mod tests;
