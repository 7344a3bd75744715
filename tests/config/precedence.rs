//! Flag over environment over context over the top of the file over the default, for every setting.

use std::path::PathBuf;

use shtop::config::{Config, Environment, FileText, Flags, Input, Key, Location, Origin, Paint, Source, reference};

use super::{Told, file, shown};

/// A setting: its key, variable, key in the file, and a value for each of flag, environment, context and top, as they
/// are written there; `""` where it cannot stand. Then the default.
type Row = (Key, &'static str, &'static str, [&'static str; 4], Option<&'static str>);

const ROWS: &[Row] = &[
    (Key::Prometheus, "SHTOP_PROMETHEUS", "prometheus", ["http://h/f", "http://h/e", "\"http://h/c\"", ""], None),
    (
        Key::Target,
        "SHTOP_TARGET",
        "targets",
        ["http://f:1/metrics", "http://e:1/metrics", "[\"http://c:1/metrics\"]", ""],
        None,
    ),
    (Key::TargetFile, "SHTOP_TARGETS", "files", ["/f", "/e", "[\"/c\"]", ""], None),
    (Key::Dns, "SHTOP_DNS", "dns", ["f:1", "e:1", "[\"c:1\"]", ""], None),
    (Key::Alertmanager, "SHTOP_ALERTMANAGER", "alertmanager", ["http://h/f", "http://h/e", "\"http://h/c\"", ""], None),
    (Key::Job, "SHTOP_JOB", "job", ["f", "e", "\"c\"", ""], None),
    (Key::ReadOnly, "SHTOP_READ_ONLY", "read-only", ["on", "off", "true", "false"], Some("off")),
    (Key::Ca, "SHTOP_CA", "tls.ca", ["/f", "/e", "\"/c\"", ""], None),
    (Key::Cert, "SHTOP_CERT", "tls.cert", ["/f", "/e", "\"/c\"", ""], None),
    (Key::ServerName, "SHTOP_SERVER_NAME", "tls.server-name", ["f", "e", "\"c\"", ""], None),
    (Key::Insecure, "SHTOP_INSECURE", "tls.insecure", ["on", "off", "true", ""], Some("off")),
    (Key::Proxy, "SHTOP_PROXY", "proxy", ["http://f:1", "direct", "\"http://c:1\"", ""], Some("environment")),
    (Key::Socket, "SHTOP_SOCKET", "socket", ["/f", "/e", "\"/c\"", ""], None),
    (Key::Interval, "SHTOP_INTERVAL", "interval", ["1s", "2s", "\"3s\"", "\"4s\""], Some("5s")),
    (Key::Timeout, "SHTOP_TIMEOUT", "timeout", ["1s", "2s", "\"3s\"", "\"4s\""], None),
    (Key::Lookback, "SHTOP_LOOKBACK", "lookback", ["1m", "2m", "\"3m\"", "\"4m\""], Some("5m")),
    (Key::Retention, "SHTOP_RETENTION", "retention", ["1h", "3h", "\"4h\"", "\"5h\""], Some("2h")),
    (Key::Memory, "SHTOP_MEMORY", "memory", ["1MB", "2MB", "\"3MB\"", "\"4MB\""], Some("512MB")),
    (Key::CreatedZero, "SHTOP_CREATED_ZERO", "created-zero", ["off", "on", "false", "true"], Some("on")),
    (Key::Rules, "SHTOP_RULES", "rules", ["/f", "/e", "[\"/c\"]", "[\"/t\"]"], None),
    (Key::RunbookDir, "SHTOP_RUNBOOK_DIR", "runbook-dir", ["/f", "/e", "\"/c\"", "\"/t\""], None),
    (Key::Author, "SHTOP_AUTHOR", "author", ["f", "e", "\"c\"", "\"t\""], None),
    (Key::Bell, "SHTOP_BELL", "bell", ["off", "on", "", "false"], Some("on")),
    (Key::Notify, "SHTOP_NOTIFY", "notify", ["on", "off", "", "true"], Some("off")),
    (Key::Layout, "SHTOP_LAYOUT", "layouts", ["/f", "/e", "[\"/c\"]", "[\"/t\"]"], None),
    (Key::Range, "SHTOP_RANGE", "range", ["1m", "2m", "\"3m\"", "\"4m\""], None),
    (Key::Color, "SHTOP_COLOR", "color", ["none", "256", "", "\"16\""], Some("auto")),
    (Key::Theme, "SHTOP_THEME", "theme", ["light", "mono", "", "\"dark\""], Some("auto")),
    (Key::Drawing, "SHTOP_DRAWING", "drawing", ["ascii", "unicode", "", "\"ascii\""], Some("auto")),
    (Key::Links, "SHTOP_LINKS", "links", ["on", "auto", "", "true"], Some("auto")),
    (Key::Density, "SHTOP_DENSITY", "density", ["wall", "grid", "", "\"rows\""], Some("auto")),
    (Key::Utc, "SHTOP_UTC", "utc", ["on", "off", "", "true"], Some("off")),
    (Key::Mouse, "SHTOP_NO_MOUSE", "mouse", ["on", "off", "", "false"], Some("on")),
];

/// What a value that is written in one of the layers is shown as.
fn plain(written: &str, key: Key, layer: usize) -> String {
    let text = written.trim_matches(['[', ']', '"']);
    match (text, key, layer) {
        ("on", Key::Mouse, 0 | 1) | ("false", ..) => "off".to_owned(),
        ("off", Key::Mouse, 0 | 1) | ("true", ..) => "on".to_owned(),
        _ => text.to_owned(),
    }
}

#[test]
fn every_setting_obeys_the_strongest_layer_that_names_it() {
    for (key, variable, name, values, default) in ROWS {
        // From all four down to none, so that each layer is once the strongest.
        for strongest in 0..=4 {
            let given = |layer: usize| layer >= strongest && !values[layer].is_empty();
            let at = |layer: usize| if given(layer) { format!("{name} = {}\n", values[layer]) } else { String::new() };
            // What flags and environment are tested for is the source itself or goes with it.
            let text = format!("context = \"c\"\n{}[contexts.c]\n{}", at(3), at(2));
            let told = Told {
                flags: [(Key::Context, "c")].into_iter().chain(given(0).then_some((*key, values[0]))).collect(),
                environment: given(1).then_some((*variable, values[1])).into_iter().collect(),
                file: &text,
            };
            let mut config = told.config();
            if matches!(key, Key::Prometheus | Key::Target | Key::TargetFile | Key::Dns) && strongest == 1 {
                // The flag that chooses the context chooses its source; without it the environment's counts.
                config = Told { flags: Vec::new(), ..told.clone() }.config();
            }
            let (value, origin) = match (0..4).find(|layer| given(*layer)) {
                Some(layer) => {
                    let lines: Vec<_> = (1..).zip(text.lines()).filter(|(_, l)| l.starts_with(name)).collect();
                    let line = if layer == 2 { lines.last() } else { lines.first() }.map_or(0, |(i, _)| *i);
                    let origin = match layer {
                        0 => None,
                        1 => Some(format!("${variable}")),
                        _ => Some(format!("/etc/shtop/config.toml:{line}")),
                    };
                    (Some(plain(values[layer], *key, layer)), origin)
                }
                None => (default.map(str::to_owned), Some("default".to_owned())),
            };
            let found = shown(&config, name);
            assert_eq!(found.as_ref().map(|(value, _)| value.clone()), value, "{key:?} from layer {strongest}: {text}");
            if let (Some((_, found)), Some(origin)) = (&found, &origin) {
                assert_eq!(found, origin, "{key:?} from layer {strongest}");
            } else if let Some((_, found)) = &found {
                assert!(found.starts_with("--"), "{found}");
            }
        }
    }
}

#[test]
fn the_table_above_and_those_of_the_logins_leave_no_setting_out() {
    let others = ["--context", "--config", "--user", "--password-file", "--token-file", "--header", "--key"];
    let flags = reference().lines().filter(|line| line.starts_with("| `--")).count();
    assert_eq!(flags, ROWS.len() + others.len());
}

#[test]
fn values_arrive_typed() {
    let config = file(
        "context = \"prod\"\nutc = true\nmouse = false\ncolor = \"256\"\ninterval = \"30s\"\n\
         [contexts.prod]\nprometheus = \"https://prom/prefix\"\ncolor = \"#ff0010\"\nread-only = true\njob = \"streamhouse\"\n\
         rules = [\"rules/a.yml\", \"~/b.yml\"]\nrunbook-dir = \"runbooks\"\nlayouts = [\"/l.toml\"]\nrange = \"15m\"\n\
         timeout = \"20s\"\nlookback = \"1m\"\nretention = \"1h\"\nmemory = \"64MB\"\ncreated-zero = false\n",
    )
    .config();
    let context = &config.context;
    assert_eq!(context.name.as_deref(), Some("prod"));
    assert_eq!(context.color, Some(Paint(0xff, 0, 0x10)));
    assert!(matches!(&context.source, Some(Source::Prometheus(url)) if url.as_str() == "https://prom/prefix"));
    assert_eq!((context.read_only, context.job.as_deref()), (true, Some("streamhouse")));
    assert_eq!(context.rules, [PathBuf::from("/etc/shtop/rules/a.yml"), PathBuf::from("/home/ann/b.yml")]);
    assert_eq!(context.runbook_dir, Some(PathBuf::from("/etc/shtop/runbooks")));
    assert_eq!(context.layouts, [PathBuf::from("/l.toml")]);
    assert_eq!(context.range, Some(900_000));
    let s = context.scraping;
    assert_eq!((s.interval, s.deadline(), s.lookback, s.retention), (30_000, 20_000, 60_000, 3_600_000));
    assert_eq!((s.memory, s.created), (64_000_000, shtop::store::Created::AsIs));
    assert!(config.screen.utc && !config.screen.mouse);
    let line = |name: &str| context.origin(name).cloned();
    let at = |line| Some(Origin::File { path: PathBuf::from("/etc/shtop/config.toml"), line });
    assert_eq!((line("context"), line("interval"), line("job"), line("memory")), (at(1), at(5), at(10), at(18)));
    assert_eq!(line("proxy"), Some(Origin::Default));
    assert_eq!(line("auth.user"), None);
}

#[test]
fn a_job_goes_to_the_targets_that_name_none() {
    let told = Told {
        flags: vec![
            (Key::Target, "a:1"),
            (Key::Target, "other=b:1"),
            (Key::Target, "streamhouse-agent=c:1"),
            (Key::Dns, "d:1"),
            (Key::Dns, "x=e:1"),
            (Key::Job, "ns/agents"),
        ],
        ..Told::default()
    };
    let Some(Source::Scrape { targets, dns, .. }) = told.config().context.source else { panic!("no targets") };
    let jobs: Vec<_> = targets.iter().map(shtop::source::Target::job).collect();
    assert_eq!(jobs, ["ns/agents", "other", "streamhouse-agent"]);
    assert!(format!("{:?}", dns[0]).contains("ns/agents") && format!("{:?}", dns[1]).contains("\"x\""), "{dns:?}");
}

const TWO: &str = "[contexts.prod]\nprometheus = \"http://prod\"\n[contexts.staging]\ntargets = [\"s:1\"]\n";

#[test]
fn a_context_is_chosen_by_flag_then_environment_then_file_and_the_only_one_by_itself() {
    let with_current = format!("context = \"prod\"\n{TWO}");
    let name = |flag: Option<&'static str>, variable: Option<&'static str>, text: &str| {
        let told = Told {
            flags: flag.map(|f| (Key::Context, f)).into_iter().collect(),
            environment: variable.map(|v| ("SHTOP_CONTEXT", v)).into_iter().collect(),
            file: text,
        };
        told.config().context.name
    };
    assert_eq!(name(None, None, TWO), None);
    assert_eq!(name(None, None, &with_current).as_deref(), Some("prod"));
    assert_eq!(name(None, Some("staging"), &with_current).as_deref(), Some("staging"));
    assert_eq!(name(Some("prod"), Some("staging"), &with_current).as_deref(), Some("prod"));
    assert_eq!(name(None, None, "[contexts.only]\ntargets = [\"a:1\"]").as_deref(), Some("only"));
}

#[test]
fn a_source_named_by_somebody_stronger_is_not_shown_under_the_contexts_name() {
    let text = format!("context = \"prod\"\n{TWO}");
    let elsewhere = Told { flags: vec![(Key::Target, "x:1")], file: &text, ..Told::default() }.config();
    assert_eq!(elsewhere.context.name, None);
    assert!(elsewhere.context.notes[0].contains("prod") && elsewhere.context.notes[0].contains("--target"));
    let by_variable = Told { environment: vec![("SHTOP_TARGET", "x:1")], file: &text, ..Told::default() }.config();
    assert_eq!(by_variable.context.name, None);
    // The same server by another path is still the same cluster.
    let same = Told { flags: vec![(Key::Prometheus, "http://prod/prefix")], file: &text, ..Told::default() }.config();
    assert_eq!(same.context.name.as_deref(), Some("prod"));
    // Who gives both, means both.
    let both = vec![(Key::Target, "x:1"), (Key::Context, "prod")];
    let both = Told { flags: both, file: &text, ..Told::default() }.config();
    assert_eq!(both.context.name.as_deref(), Some("prod"));
    assert!(matches!(both.context.source, Some(Source::Scrape { .. })));
}

#[test]
fn a_context_named_by_a_flag_outranks_the_environments_source() {
    let told = Told {
        flags: vec![(Key::Context, "prod")],
        environment: vec![("SHTOP_TARGET", "x:1"), ("SHTOP_JOB", "x"), ("SHTOP_INTERVAL", "9s")],
        file: TWO,
    };
    let context = told.config().context;
    assert!(matches!(&context.source, Some(Source::Prometheus(url)) if url.as_str() == "http://prod/"));
    assert_eq!((context.job, context.scraping.interval), (None, 9_000));
}

#[test]
fn contexts_are_switched_without_what_was_given_for_the_first() {
    let text = format!("context = \"prod\"\ninterval = \"7s\"\n{TWO}job = \"agents\"\n");
    let told = Told {
        flags: vec![(Key::Job, "first"), (Key::User, "ann"), (Key::Password, "/p"), (Key::Lookback, "1m")],
        environment: vec![("SHTOP_ALERTMANAGER", "http://am"), ("SHTOP_READ_ONLY", "1")],
        file: &text,
    };
    let config = told.config();
    assert_eq!(config.contexts().collect::<Vec<_>>(), ["prod", "staging"]);
    let prod = config.context("prod").expect("there");
    assert_eq!((prod.job.as_deref(), prod.alertmanager.is_some()), (Some("first"), true));
    let staging = config.context("staging").expect("there");
    assert_eq!(staging.name.as_deref(), Some("staging"));
    assert_eq!((staging.job.as_deref(), staging.alertmanager.is_some()), (Some("agents"), false));
    assert_eq!(staging.access, shtop::source::access::Access::default());
    assert!(staging.read_only);
    assert_eq!((staging.scraping.interval, staging.scraping.lookback), (7_000, 60_000));
    let error = config.context("stagin").expect_err("not there").to_string();
    assert_eq!(error, "there is no context \"stagin\"; did you mean \"staging\"?");
}

#[test]
fn without_a_context_only_the_top_of_the_file_counts() {
    let told =
        file("context = \"prod\"\nutc = true\nrange = \"5m\"\n[contexts.prod]\ntargets = [\"a:1\"]\nrange = \"9m\"");
    let config = Config::without_context(told.input()).expect("good");
    assert!(config.context.name.is_none() && config.context.source.is_none() && config.screen.utc);
    assert_eq!(config.context.range, Some(300_000));
    // A login that goes with some source is nothing to complain of here.
    let told = Told { environment: vec![("SHTOP_USER", "ann")], ..Told::default() };
    assert!(Config::without_context(told.input()).is_ok() && told.resolve().is_err());
}

#[test]
fn an_empty_variable_is_none() {
    let told = Told { environment: vec![("SHTOP_CONTEXT", ""), ("SHTOP_UTC", "")], file: TWO, ..Told::default() };
    assert!(told.config().context.name.is_none());
}

#[test]
fn a_slip_in_a_variables_name_is_remarked_and_others_are_not() {
    let told = Told { environment: vec![("SHTOP_PROMETEUS", "http://h"), ("SHTOP_TESTDATA", "/d")], ..Told::default() };
    let remark = "environment variable SHTOP_PROMETEUS is unknown; did you mean SHTOP_PROMETHEUS?";
    assert_eq!(told.config().remarks, [remark]);
}

#[test]
fn the_file_is_found_by_flag_then_environment_then_folder() {
    let find = |flag: Option<&str>, variable: &str, folder: Option<&str>| {
        let flags = Flags::from_pairs(flag.map(|f| (Key::Config, f)));
        let environment = Environment::from_pairs([("SHTOP_CONFIG", variable)]);
        Location::find(&flags, &environment, Some(PathBuf::from("/home/ann")), folder.map(PathBuf::from))
    };
    let at = |path: &str, origin| Some(Location { path: PathBuf::from(path), origin });
    let variable = || Origin::Environment("SHTOP_CONFIG".to_owned());
    assert_eq!(find(Some("a.toml"), "/b.toml", Some("/c")), at("a.toml", Origin::Flag("config")));
    assert_eq!(find(None, "~/b.toml", Some("/c")), at("/home/ann/b.toml", variable()));
    assert_eq!(find(None, "", Some("/c")), at("/c/shtop/config.toml", Origin::Default));
    assert_eq!(find(None, "", None), None);
}

#[test]
fn a_file_with_secrets_that_others_may_read_is_remarked() {
    let remarks = |text: &str, mode| {
        let file = FileText { path: PathBuf::from("/c.toml"), text: text.to_owned(), mode };
        Config::resolve(Input { file: Some(file), ..Input::default() }).expect("good").remarks
    };
    let secret = "[contexts.a]\ntargets = [\"h:1\"]\nauth = { token = \"t\" }\n";
    assert_eq!(
        remarks(secret, Some(0o100_644)),
        ["/c.toml holds secrets and others may read it (mode 0644): chmod 600 /c.toml"]
    );
    let in_url = "[contexts.a]\nprometheus = \"http://u:p@h\"\n[contexts.b]\ntargets = [\"h:1\"]";
    assert_eq!(remarks(in_url, Some(0o640)).len(), 1);
    assert!(remarks(secret, Some(0o600)).is_empty() && remarks(secret, None).is_empty());
    let elsewhere =
        "[contexts.a]\ntargets = [\"h:1\"]\nauth = { token-file = \"t\" }\nheaders = { X-Scope-OrgID = \"a\" }";
    assert!(remarks(elsewhere, Some(0o644)).is_empty());
}
