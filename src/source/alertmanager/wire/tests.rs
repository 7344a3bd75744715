//! The JSON of Alertmanagers old and new, and of some that there had better not be.

use super::*;

const ALERT: &str = r#"{"annotations":{"summary":"s"},"endsAt":"2026-11-22T16:30:38.368Z",
    "fingerprint":"759f1acb879cf0bc","receivers":[{"name":"oncall"},{"name":"log"}],
    "startsAt":"2026-11-22T16:25:38.368Z","updatedAt":"2026-11-22T18:25:39.368+02:00",
    "status":{"inhibitedBy":["f99ae3b4b9930706"],"silencedBy":["28c71d16-f07b-4b7e-8dc3-316ed7caabe5"],
    "mutedBy":["night"],"state":"suppressed","novelty":[1,{"a":null}]},
    "generatorURL":"http://prometheus/graph?g0.expr=x","labels":{"alertname":"B","severity":"low"}}"#;

fn alert(text: &str) -> Result<AlertmanagerAlert, String> {
    alerts(format!("[{text}]").as_bytes()).map(|mut l| l.items.remove(0)).map_err(|e| e.to_string())
}

fn silence_of(matchers: &str) -> Result<Silence, String> {
    let text = format!(
        r#"{{"id":"1","matchers":{matchers},"startsAt":"2026-11-22T16:25:38Z","endsAt":"2026-11-22T17:25:38.5Z",
        "updatedAt":"2026-11-22T16:25:38Z","createdBy":"ana","comment":"why","status":{{"state":"active"}}}}"#
    );
    silence(text.as_bytes()).map_err(|e| e.to_string())
}

#[test]
fn an_alert_is_read_in_full() {
    let alert = alert(ALERT).expect("an alert");
    assert_eq!(alert.labels.to_string(), r#"{alertname="B",severity="low"}"#);
    assert_eq!(alert.name(), "B");
    assert_eq!(alert.annotations.get("summary"), Some("s"));
    assert_eq!(alert.starts_at, 1_795_364_738_368);
    assert_eq!(alert.ends_at, alert.starts_at + 300_000);
    assert_eq!(alert.updated_at, alert.starts_at + 1000);
    assert_eq!(alert.state, AlertState::Suppressed);
    assert_eq!(alert.silenced_by, ["28c71d16-f07b-4b7e-8dc3-316ed7caabe5"]);
    assert_eq!(alert.inhibited_by, ["f99ae3b4b9930706"]);
    assert_eq!(alert.muted_by, ["night"]);
    assert_eq!(alert.receivers, ["oncall", "log"]);
    assert_eq!(alert.fingerprint, "759f1acb879cf0bc");
    assert_eq!(alert.generator_url, "http://prometheus/graph?g0.expr=x");
}

#[test]
fn what_may_be_missing_may_be_null_too() {
    let least = r#"{"labels":{},"startsAt":"2026-11-22T16:25:38Z","endsAt":"0001-01-01T00:00:00.000Z",
        "status":{"state":"new in 2030"}}"#;
    let null = r#"{"labels":{},"startsAt":"2026-11-22T16:25:38Z","endsAt":"0001-01-01T00:00:00.000Z",
        "updatedAt":null,"annotations":null,"receivers":null,"fingerprint":null,"generatorURL":null,
        "status":{"state":"new in 2030","silencedBy":null,"inhibitedBy":null,"mutedBy":null}}"#;
    let least = alert(least).expect("an alert");
    assert_eq!(Ok(&least), alert(null).as_ref());
    assert_eq!(least.state, AlertState::Active, "what nobody knows is not called muted");
    assert_eq!(least.updated_at, least.starts_at);
    assert_eq!(least.name(), "");
    assert_eq!(alerts(b"null").expect("no list"), Listed { items: Vec::new(), left_out: 0 });
}

#[test]
fn what_is_no_list_of_alerts_is_told_with_its_place() {
    let table = [
        (r"[{}]", "missing field `labels`"),
        (r#"[{"labels":{"a":1}}]"#, "invalid type: integer `1`"),
        (r#"[{"labels":{},"startsAt":"yesterday"}]"#, "\"yesterday\" is no RFC 3339 time at line 1 column 3"),
        (r#"{"status":"success"}"#, "expected a list"),
        ("", "EOF"),
        (r#"[{"labels":{}"#, "EOF"),
        ("[]trailing", "trailing characters"),
    ];
    for (body, words) in table {
        let error = alerts(body.as_bytes()).expect_err(body).to_string();
        assert!(error.contains(words), "{body}: {error}");
    }
}

#[test]
fn hostile_texts_are_safe_to_show_and_still_match() {
    let text = ALERT
        .replace(r#""severity":"low""#, r#""x\u001b[2J":"a\u001b[31m\n\u202e\u0000","empty":"""#)
        .replace("oncall", r"\u009b1m")
        .replace(r#""s""#, r#""\u0007bell""#);
    let alert = alert(&text).expect("an alert");
    assert_eq!(alert.labels.to_string(), "{alertname=\"B\",x␛[2J=\"a␛[31m␊\u{fffd}␀\"}");
    assert_eq!(alert.receivers[0], "\u{fffd}1m");
    assert_eq!(alert.annotations.get("summary"), Some("␇bell"));

    let draft = SilenceDraft::of_alert(&alert, 0, 1, "ana");
    assert_eq!(draft.muted(std::slice::from_ref(&alert)).len(), 1);
    let sent: Value = serde_json::from_slice(&super::draft(&draft)).expect("JSON");
    assert_eq!(sent["matchers"][1]["name"], "x\x1b[2J");
    assert_eq!(sent["matchers"][1]["value"], "a\x1b[31m\n\u{202e}\0");
    let shown: Vec<_> = draft.ticked().map(ToString::to_string).collect();
    assert_eq!(shown[1], "x␛[2J=\"a␛[31m␊\u{fffd}␀\"");
}

#[test]
fn an_annotation_without_end_is_cut() {
    let long = alert(&ALERT.replace(r#""s""#, &format!("\"{}\"", "ö".repeat(LONGEST)))).expect("an alert");
    let kept = long.annotations.get("summary").expect("it is there");
    assert_eq!(kept.len(), LONGEST + "…".len());
    assert!(kept.ends_with("ö…"));
}

#[test]
fn a_comment_that_is_left_alone_is_written_back_as_it_was() {
    let text = r#"{"id":"1","matchers":[{"name":"a","value":"b"}],"startsAt":"2026-11-22T16:25:38Z",
        "endsAt":"2026-11-22T17:25:38Z","createdBy":"a\tb","comment":"one\ntwo","status":{"state":"active"}}"#;
    let silence = silence(text.as_bytes()).expect("a silence");
    assert_eq!((silence.created_by.as_str(), silence.comment.as_str()), ("a␉b", "one␊two"));
    let sent = |draft: &SilenceDraft| serde_json::from_slice::<Value>(&super::draft(draft)).expect("JSON");
    let mut draft = SilenceDraft::of_silence(&silence);
    assert_eq!((&sent(&draft)["createdBy"], &sent(&draft)["comment"]), (&json!("a\tb"), &json!("one\ntwo")));
    draft.comment.push('!');
    assert_eq!(sent(&draft)["comment"], "one␊two!");
}

#[test]
fn silences_of_every_version_are_read() {
    let silence = silence_of(
        r#"[{"name":"a","value":"1","isRegex":false},{"name":"b","value":"2","isRegex":false,"isEqual":false},
        {"name":"c","value":"3","isRegex":true,"isEqual":true},{"name":"d","value":"4(","isRegex":true,"isEqual":false}]"#,
    )
    .expect("a silence");
    let shown: Vec<_> = silence.matchers.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [r#"a="1""#, r#"b!="2""#, r#"c=~"3""#, r#"d!~"4(""#]);
    assert_eq!(silence.ends_at - silence.starts_at, 3_600_500);
    assert_eq!((silence.created_by.as_str(), silence.comment.as_str()), ("ana", "why"));
    assert!(silence_of(r#"[{"name":"a"}]"#).expect_err("no value").contains("missing field `value`"));
}

#[test]
fn a_draft_is_read_back_as_it_was_written() {
    let mut draft = SilenceDraft::of_silence(
        &silence_of(r#"[{"name":"c","value":"\"3\\d","isRegex":true,"isEqual":false}]"#).expect("a silence"),
    );
    draft.comment = "two\nlines".to_owned();
    let sent: Value = serde_json::from_slice(&super::draft(&draft)).expect("JSON");
    let expected = json!({
        "id": "1",
        "matchers": [{"name": "c", "value": "\"3\\d", "isRegex": true, "isEqual": false}],
        "startsAt": "2026-11-22T16:25:38Z",
        "endsAt": "2026-11-22T17:25:38.5Z",
        "createdBy": "ana",
        "comment": "two\nlines",
    });
    assert_eq!(sent, expected);
    draft.changes = None;
    let sent: Value = serde_json::from_slice(&super::draft(&draft)).expect("JSON");
    assert_eq!(sent.get("id"), None);
}

#[test]
fn times_out_of_the_calendar_are_its_ends() {
    assert_eq!(format_time(0), "1970-01-01T00:00:00Z");
    assert_eq!(format_time(1_795_364_738_120), "2026-11-22T16:25:38.12Z");
    assert!(format_time(i64::MAX).starts_with("9999-12-30") && format_time(i64::MIN).starts_with("-009999"));
}

fn silences_in(states: &[(&str, usize)]) -> Listed<Silence> {
    let one = |state: &str, i: usize| {
        format!(
            r#"{{"id":"{state}{i}","matchers":[],"startsAt":"2026-11-22T16:25:38Z",
            "endsAt":"2026-11-22T17:{:02}:{:02}Z","status":{{"state":"{state}"}}}}"#,
            i / 60 % 60,
            i % 60
        )
    };
    let all: Vec<_> = states.iter().flat_map(|&(state, n)| (0..n).map(move |i| one(state, i))).collect();
    silences(format!("[{}]", all.join(",")).as_bytes()).expect("silences")
}

#[test]
fn silences_are_in_order_of_what_matters() {
    let ids: Vec<_> =
        silences_in(&[("expired", 2), ("pending", 2), ("active", 2)]).items.into_iter().map(|s| s.id).collect();
    assert_eq!(ids, ["active0", "active1", "pending0", "pending1", "expired1", "expired0"]);
}

#[test]
fn of_too_many_silences_the_expired_ones_are_left_out() {
    let list = silences_in(&[("expired", MAX_SILENCES + 5), ("active", 30), ("expired", 7), ("pending", 2)]);
    assert_eq!((list.items.len(), list.left_out), (MAX_SILENCES, 44));
    let kept = |state| list.items.iter().filter(|s| s.state == state).count();
    assert_eq!((kept(SilenceState::Active), kept(SilenceState::Pending)), (30, 2));

    let list = silences_in(&[("active", MAX_SILENCES), ("active", 3)]);
    assert_eq!((list.items.len(), list.left_out), (MAX_SILENCES, 3));
}

#[test]
fn of_too_many_alerts_the_rest_is_counted() {
    let body = format!("[{}]", vec![ALERT; MAX_ALERTS + 3].join(","));
    let list = alerts(body.as_bytes()).expect("alerts");
    assert_eq!((list.items.len(), list.left_out), (MAX_ALERTS, 3));
}

#[test]
fn the_server_tells_of_itself_what_it_will() {
    let full =
        br#"{"cluster":{"name":"01A","peers":[{"address":"10.0.0.1:9094","name":"01A"},{"address":"b","name":"B"}],
        "status":"ready"},"config":{"original":"route: {}"},"uptime":"2026-11-22T16:25:38Z",
        "versionInfo":{"branch":"x","version":"0.27.0"}}"#;
    let full = status(full).expect("a status");
    assert_eq!((full.version.as_str(), full.cluster.as_str(), full.name.as_str()), ("0.27.0", "ready", "01A"));
    assert_eq!(full.peers.items[0], Peer { name: "01A".to_owned(), address: "10.0.0.1:9094".to_owned() });
    assert_eq!(full.started_at, Some(1_795_364_738_000));

    let other = status(br#"{"config":{"original":"route: {a: 1}"}}"#).expect("a status");
    assert!(other.config.is_some() && other.config != full.config);
    let least = status(br#"{"cluster":{"status":"disabled","peers":null},"versionInfo":null}"#).expect("a status");
    assert_eq!((least.version.as_str(), least.config, least.started_at), ("", None, None));
}

#[test]
fn receivers_and_receipts_are_read() {
    let names = receivers(br#"[{"name":"oncall"},{"name":"\u001b"}]"#).expect("receivers");
    assert_eq!(names.items, ["oncall", "␛"]);
    assert_eq!(written(br#"{"silenceID":"28c7"}"#).expect("a receipt"), "28c7");
    assert!(written(b"{}").is_err());
}

#[test]
fn a_refusal_gives_its_reason() {
    let table: [(&str, Option<&str>); 7] = [
        ("\"silence not found\"\n", Some("silence not found")),
        (
            r#"{"code":612,"message":"matchers in body should have at least 1 items"}"#,
            Some("matchers in body should have at least 1 items"),
        ),
        ("\"a\\u001b[31m\"", Some("a␛[31m")),
        ("\"\"", None),
        ("", None),
        ("[1]", None),
        (r#"{"message":1}"#, None),
    ];
    for (body, expected) in table {
        assert_eq!(reason(body.as_bytes()).as_deref(), expected, "{body}");
    }
}
