//! Where a panel leads: to the dashboard that explains it, to its alerts and to its runbook.

use std::fmt::Write as _;

use serde_json::Value;

use super::json::{get, items, list, safe, text};
use crate::layout::model::Panel;

/// What comes before the id of a dashboard in the uid of its export.
pub(crate) const UID_PREFIX: &str = "streamhouse-";

/// The address of the list of alerts, up to the name that is looked for.
pub(crate) const ALERTS: &str = "/alerting/list?search=";

/// What comes before the title of a runbook in the link to it.
pub(crate) const RUNBOOK: &str = "Runbook: ";

/// The id of the dashboard with this uid.
pub(super) fn id_of(uid: &str) -> &str {
    uid.strip_prefix(UID_PREFIX).filter(|id| !id.is_empty()).unwrap_or(uid)
}

/// Takes the links of a panel over.
pub(super) fn links(json: &Value, panel: &mut Panel) {
    let own = items(json, "links").iter();
    let of_data = get(json, &["fieldConfig", "defaults", "links"]).map(list).unwrap_or_default();
    for link in own.chain(of_data) {
        let url = text(link, "url").unwrap_or_default();
        let title = text(link, "title").unwrap_or_default();
        if let Some((_, alert)) = url.split_once(ALERTS) {
            let alert = safe(&decoded(alert.split('&').next().unwrap_or_default()));
            if !alert.is_empty() && !panel.alerts.contains(&alert) {
                panel.alerts.push(alert);
            }
        } else if title.starts_with(RUNBOOK) {
            panel.runbook = panel.runbook.take().or_else(|| runbook(url));
        } else if panel.drill.is_none() {
            panel.drill = dashboard(url).map(|uid| (id_of(uid).to_owned(), String::new()));
        }
    }
}

/// The name of the runbook at `url`: its last part.
fn runbook(url: &str) -> Option<String> {
    let name = decoded(url.trim_end_matches('/').rsplit(['/', '=', '#', ':', '?', '&']).next()?);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    is_name.then_some(name)
}

/// The uid of the dashboard at `url`.
fn dashboard(url: &str) -> Option<&str> {
    let rest = url.split_once("/d/").map(|(_, rest)| rest).or_else(|| url.strip_prefix("d/"))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

/// `text` as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            write!(out, "%{byte:02X}").ok();
        }
        out
    })
}

/// The text that was [`encoded`]; what is no code stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_to_itself() {
        for text in ["HighLag", "a b&c=d/é%", "%", "%4", "100%25"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!((encoded("a b/é"), decoded("%zz%4")), ("a%20b%2F%C3%A9".to_owned(), "%zz%4".to_owned()));
    }

    #[test]
    fn links_are_told_apart_by_where_they_lead() {
        let link = |title: &str, url: &str| json!({ "title": title, "url": url });
        let mut panel = Panel::default();
        let all = json!({ "links": [
            link("Docs", "https://example.org"),
            link("Alert: a b", "/alerting/list?search=a%20b"),
            link("Alert: a b", "https://g.example/alerting/list?search=a%20b&state=firing"),
            link("Runbook: Lag", "https://wiki.example/view?page=RB:consumer-lag"),
            link("Storage", "/d/streamhouse-storage?${__url_time_range}&viewPanel=3"),
            link("Other", "/d/other/x"),
        ] });
        links(&all, &mut panel);
        assert_eq!(panel.alerts, ["a b"]);
        assert_eq!(panel.runbook.as_deref(), Some("consumer-lag"));
        assert_eq!(panel.drill, Some(("storage".to_owned(), String::new())));
        let mut panel = Panel::default();
        links(&json!({ "links": [link("Runbook: x", "https://x/../../etc/pass wd"), link("", "/d/")] }), &mut panel);
        assert_eq!((panel.runbook, panel.drill), (None, None));
    }
}
