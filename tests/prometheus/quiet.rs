//! What is asked besides a plan: whether the server is still there, and under which job the agents run.

use super::*;

fn agents() -> VariableAsk {
    VariableAsk {
        key: ("d".to_owned(), "agent".to_owned()),
        selector: Query::parse("up{job=\"streamhouse-agent\"}").expect("a query"),
        lists: Listing::Values("instance".to_owned()),
    }
}

#[tokio::test]
async fn a_server_that_goes_away_long_before_the_next_refresh_is_missed_within_seconds() {
    let fake = Fake::new(good).await;
    let mut source = run(PrometheusOptions { interval: Duration::from_secs(60), ..options(&fake.address) });
    source.control.watch(Plan { step: 60_000, ..plan(1, vec![ask(1, &["up"])]) });
    source.answer(1, 1).await;
    source.status(|status, _| !status.targets.is_empty()).await;
    fake.now_says(|_| json(503, "{}"));
    let began = Instant::now();
    source.status(|_, link| matches!(link.health, Health::Down { .. })).await;
    assert!(began.elapsed() < Duration::from_secs(40), "missed after {:?}", began.elapsed());
    source.end().await;
}

#[tokio::test]
async fn a_server_that_is_asked_often_is_not_asked_whether_it_is_there() {
    let fake = Fake::new(good).await;
    let mut source = run(options(&fake.address));
    source.control.watch(Plan { range: 60_000, step: 1_000, ..plan(1, vec![ask(1, &["up"])]) });
    for _ in 0..5 {
        source.answer(1, 1).await;
    }
    assert!(fake.seen("query").is_empty(), "{:?}", fake.seen("query"));
    source.end().await;
}

#[tokio::test]
async fn where_the_usual_job_has_nothing_it_is_asked_once_which_job_has() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "label/job/values" => Says::Data(r#"["streamhouse"]"#.to_owned()),
        _ => good(asked),
    })
    .await;
    let mut source = run(options(&fake.address));
    source.control.watch(Plan { range: 60_000, step: 1_000, ..plan(1, vec![ask(1, &["up"])]) });
    source.answer(1, 1).await;
    source.answer(1, 1).await;
    assert!(fake.seen("label/job/values").is_empty(), "nothing is missing yet");
    source.control.watch(Plan {
        range: 60_000,
        step: 1_000,
        variables: vec![agents()],
        ..plan(2, vec![ask(1, &["up"])])
    });
    let status = source.status(|status, _| !status.jobs.is_empty()).await;
    assert_eq!(status.jobs, ["streamhouse"]);
    source.answer(2, 1).await;
    source.answer(2, 1).await;
    let asked = fake.seen("label/job/values");
    assert_eq!((asked.len(), asked[0].field("match[]")), (1, r#"{__name__=~"streamhouse_.+"}"#));
    source.end().await;
}

#[tokio::test]
async fn where_the_job_that_is_given_has_nothing_the_one_that_has_is_found_too() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "label/job/values" => Says::Data(r#"["streamhouse-agent"]"#.to_owned()),
        _ => good(asked),
    })
    .await;
    let mut source = run(PrometheusOptions { jobs: vec!["agnets".to_owned()], ..options(&fake.address) });
    let VariableAsk { key, lists, selector } = agents();
    let variables = vec![VariableAsk { selector: selector.with_job("streamhouse-agent", "agnets"), key, lists }];
    source.control.watch(Plan { range: 60_000, step: 1_000, variables, ..plan(1, vec![ask(1, &["up"])]) });
    let status = source.status(|status, _| !status.jobs.is_empty() && !status.targets.is_empty()).await;
    assert_eq!(status.jobs, ["streamhouse-agent"]);
    assert_eq!(status.targets[0].job, "a", "a job that was misspelt hides no target");
    assert!(fake.seen("query").iter().all(|asked| !asked.field("query").starts_with("up{job=~")));
    source.end().await;
}

#[tokio::test]
async fn agents_that_are_only_down_are_no_reason_to_look_elsewhere() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "label/job/values" => Says::Data(r#"["streamhouse", "streamhouse-agent"]"#.to_owned()),
        _ => good(asked),
    })
    .await;
    let mut source = run(options(&fake.address));
    source.control.watch(Plan {
        range: 60_000,
        step: 1_000,
        variables: vec![agents()],
        ..plan(1, vec![ask(1, &["up"])])
    });
    for _ in 0..3 {
        source.answer(1, 1).await;
    }
    let status = source.status(|_, _| true).await;
    assert_eq!((fake.seen("label/job/values").len(), status.jobs.len()), (1, 0));
    source.end().await;
}
