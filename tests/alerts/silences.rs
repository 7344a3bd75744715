//! Silences by keys: asked before anything is sent, refused where nothing may be written.

use std::sync::Arc;

use reqwest::Url;
use shtop::app::{Alertmanager, Cluster, Command, Message, Model, NamedBy, Screen, What};
use shtop::series::{Labels, MatchOp};
use shtop::source::alertmanager::{
    self, AlertState, AlertmanagerAlert, Event, Exact, Listed, Silence, SilenceMatcher, SilenceState, State,
};

use super::{NOW, act, line, outage, press, report, rule, shown};

const HOUR: i64 = 3_600_000;

/// A screen of the alerts with two that fire, and an Alertmanager.
fn alerts(read_only: bool) -> Model {
    let base = crate::cluster::model(80, 24);
    let alertmanager = Alertmanager {
        url: Url::parse("http://am.example:9093/").expect("a URL"),
        read_only,
        author: "ana".to_owned(),
        named_by: NamedBy::Settings,
    };
    let cluster = Cluster { alertmanager: Some(alertmanager), ..crate::cluster::cluster(base.origin) };
    let mut model = crate::cluster::opened(cluster, NOW, (80, 24));
    let (source, _) = outage();
    act(&mut model, report(vec![rule("Down", "critical", &["a:1", "b:1"], NOW - 60_000)]), source);
    act(&mut model, Message::Alertmanager(state(&[])), source);
    press(&mut model, "a", source);
    model
}

/// What Alertmanager has: both alerts, `a:1` silenced by these.
fn state(silences: &[Silence]) -> Event {
    let alert = |instance: &str| AlertmanagerAlert {
        labels: Labels::from_pairs([
            ("alertname", "Down"),
            ("instance", instance),
            ("severity", "critical"),
            ("cluster", "eu"),
        ]),
        annotations: Labels::empty(),
        starts_at: NOW - 60_000,
        ends_at: NOW + HOUR,
        updated_at: NOW,
        state: AlertState::Active,
        silenced_by: silences.iter().filter(|_| instance == "a:1").map(|s| s.id.clone()).collect(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        receivers: Vec::new(),
        fingerprint: instance.to_owned(),
        generator_url: String::new(),
        exact: Exact::default(),
    };
    Event::State(Arc::new(State {
        alerts: Listed { items: vec![alert("a:1"), alert("b:1")], left_out: 0 },
        silences: Listed { items: silences.to_vec(), left_out: 0 },
        status: None,
        at: NOW,
        from: "http://am.example:9093/".to_owned(),
        skew: None,
    }))
}

fn silence(id: &str) -> Silence {
    Silence {
        id: id.to_owned(),
        matchers: vec![SilenceMatcher::new("instance", MatchOp::Equal, "a:1")],
        starts_at: NOW,
        ends_at: NOW + HOUR,
        created_by: "bo".to_owned(),
        comment: "disk\nswap".to_owned(),
        state: SilenceState::Active,
        updated_at: NOW,
        exact_author: Exact::default(),
        exact_comment: Exact::default(),
    }
}

#[test]
fn a_silence_is_filled_in_asked_for_and_only_then_written() {
    let (source, _) = outage();
    let mut model = alerts(false);
    press(&mut model, "S", source);
    assert_eq!(model.screen, Screen::Silence);
    let form = shown(&model);
    for part in
        ["[x] alertname=\"Down\"", "[x] cluster=\"eu\"", "[x] instance=\"a:1\"", "lasts", "ana", "mutes 1 firing"]
    {
        assert!(form.contains(part), "no {part} in\n{form}");
    }
    assert!(form.contains("give a comment"), "what is missing is told:\n{form}");
    // Without the instance it mutes both.
    press(&mut model, "↑↑↑ ", source);
    assert!(line(&model, "instance=").contains("[ ]"), "{}", shown(&model));
    assert!(shown(&model).contains("mutes 2 firing alerts: 2 Down"), "{}", shown(&model));
    // The comment, then the button, then the question.
    let sent = press(&mut model, "↓↓↓\ndisk swap\n\n", source);
    assert!(sent.is_empty(), "{sent:?}");
    let question = shown(&model);
    for part in ["Write this silence?", "mutes 2 firing", "disk swap", "amtool silence add", "am.example:9093"] {
        assert!(question.contains(part), "no {part} in\n{question}");
    }
    assert!(press(&mut model, "q", source).is_empty(), "q is one step back, and no yes");
    // No other key is a yes.
    assert!(press(&mut model, "\n x\n", source).iter().all(|c| !matches!(c, Command::Alertmanager(_))));
    assert!(shown(&model).contains("Write this silence?"), "{}", shown(&model));
    let copied = press(&mut model, "c", source);
    assert!(matches!(&copied[..], [Command::Copy(text)] if text.starts_with("amtool silence add")), "{copied:?}");
    let sent = press(&mut model, "y", source);
    let Some(Command::Alertmanager(alertmanager::Command::CreateSilence(draft))) = sent.first() else {
        panic!("{sent:?}")
    };
    assert_eq!((draft.comment.as_str(), draft.created_by.as_str()), ("disk swap", "ana"));
    assert_eq!((draft.ends_at - draft.starts_at, draft.ticked().count()), (2 * HOUR, 3));
    assert_eq!(model.screen, Screen::Alerts);
    let recorded = act(&mut model, Message::Alertmanager(Event::SilenceCreated("s-1".to_owned())), source);
    assert!(matches!(&recorded[..], [Command::Record(entries)] if matches!(entries[0].what, What::Silenced { .. })));
    assert!(shown(&model).contains("silence s-1 is written"), "{}", shown(&model));
}

#[test]
fn what_was_refused_is_told_and_what_was_typed_is_kept() {
    let (source, _) = outage();
    let mut model = alerts(false);
    press(&mut model, "S\nwhy\n\ny", source);
    act(&mut model, Message::Alertmanager(Event::Refused("503: later".to_owned())), source);
    assert!(shown(&model).contains("✗ 503: later"));
    press(&mut model, "S", source);
    assert!(line(&model, "comment").contains("why"), "{}", shown(&model));
    assert!(model.log.entries().iter().all(|e| !matches!(e.what, What::Silenced { .. })));
}

#[test]
fn silenced_alerts_are_marked_and_their_silence_can_be_ended() {
    let (source, _) = outage();
    let mut model = alerts(false);
    act(&mut model, Message::Alertmanager(state(&[silence("s-1")])), source);
    assert!(line(&model, "a:1").contains('⊘') && !line(&model, "b:1").contains('⊘'), "{}", shown(&model));
    press(&mut model, "\n", source);
    assert!(shown(&model).contains("silenced by bo until") && shown(&model).contains("disk swap"), "{}", shown(&model));
    press(&mut model, "z", source);
    assert!(shown(&model).contains("ends in 1h") && shown(&model).contains("by bo: disk swap"), "{}", shown(&model));
    let sent = press(&mut model, "x", source);
    assert!(sent.is_empty());
    assert!(shown(&model).contains("amtool silence expire"), "{}", shown(&model));
    assert!(shown(&model).contains("1 firing alert is notified of again"), "{}", shown(&model));
    let sent = press(&mut model, "y", source);
    let expire = alertmanager::Command::ExpireSilence("s-1".to_owned());
    assert!(matches!(&sent[..], [Command::Alertmanager(command)] if *command == expire), "{sent:?}");
    act(&mut model, Message::Alertmanager(Event::SilenceExpired("s-1".to_owned())), source);
    assert!(matches!(model.log.entries().last().expect("logged").what, What::Expired { .. }));
}

#[test]
fn nothing_is_written_from_a_read_only_context_or_without_an_alertmanager() {
    let (source, _) = outage();
    let mut model = alerts(true);
    act(&mut model, Message::Alertmanager(state(&[silence("s-1")])), source);
    assert!(press(&mut model, "S", source).is_empty());
    assert!(shown(&model).contains("this context is read-only"), "{}", shown(&model));
    press(&mut model, "zx", source);
    assert_eq!((model.screen, &model.overlay), (Screen::Silences, &None));
    assert!(shown(&model).contains("this context is read-only"), "{}", shown(&model));
    let mut model = super::screen(80, 24);
    press(&mut model, "aS", source);
    assert!(shown(&model).contains("--alertmanager URL"), "{}", shown(&model));
}

#[test]
fn an_alertmanager_that_does_not_answer_is_told() {
    let (source, _) = outage();
    let mut model = alerts(false);
    let failed =
        Event::Failed { reason: "connection refused".to_owned(), hint: None, since: NOW - 5_000, next_try: NOW };
    act(&mut model, Message::Alertmanager(failed), source);
    assert!(shown(&model).contains("silences are not known"), "{}", shown(&model));
}
