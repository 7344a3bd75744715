//! Which credentials come out, and to whom they may go.

use std::path::PathBuf;

use shtop::config::{Key, show};
use shtop::source::access::{Access, Login, Proxy, Secret, Tls};

use super::{Told, file, shown};

fn plain(text: &str) -> Secret {
    Secret::Plain(text.to_owned())
}

fn basic(user: &str, password: Secret) -> Login {
    Login::Basic { user: user.to_owned(), password }
}

#[test]
fn everything_about_access_can_stand_in_a_context() {
    let told = Told {
        environment: vec![("TENANT_KEY", "k"), ("PROXY", "http://p")],
        file: "[contexts.prod]\nprometheus = \"https://prom\"\nproxy = { env = \"PROXY\" }\nsocket = \"s.sock\"\n\
               [contexts.prod.auth]\nuser = \"ops\"\npassword-command = \"pass show prom\"\n\
               [contexts.prod.tls]\nca = \"ca.pem\"\ncert = \"~/c.pem\"\nkey = \"/k.pem\"\nserver-name = \"n\"\ninsecure = true\n\
               [contexts.prod.headers]\nX-Scope-OrgID = \"team-a\"\nX-Key = { env = \"TENANT_KEY\" }\n\
               X-File = { file = \"h\" }\nX-Command = { command = \"echo\" }\n",
        ..Told::default()
    };
    let mut access = told.config().context.access;
    access.headers.sort_by(|a, b| a.0.cmp(&b.0));
    let header = |name: &str, secret| (name.to_owned(), secret);
    let expected = Access {
        login: basic("ops", Secret::Command("pass show prom".to_owned())),
        headers: vec![
            header("X-Command", Secret::Command("echo".to_owned())),
            header("X-File", Secret::File(PathBuf::from("/etc/shtop/h"))),
            header("X-Key", Secret::Environment("TENANT_KEY".to_owned())),
            header("X-Scope-OrgID", plain("team-a")),
        ],
        tls: Tls {
            authorities: Some(PathBuf::from("/etc/shtop/ca.pem")),
            certificate: Some(PathBuf::from("/home/ann/c.pem")),
            key: Some(PathBuf::from("/k.pem")),
            server_name: Some("n".to_owned()),
            insecure: true,
        },
        proxy: Proxy::Through(Secret::Environment("PROXY".to_owned())),
        socket: Some(PathBuf::from("/etc/shtop/s.sock")),
    };
    // Plain secrets do not show in Debug: they are compared by value.
    assert!(access == expected, "{access:?}");
}

/// Flags, environment, a line of the context, and the login that they come to.
type Row<'a> = (&'a [(Key, &'a str)], &'a [(&'a str, &'a str)], &'a str, Login);

#[test]
fn a_login_comes_from_the_strongest_layer_that_has_one() {
    const FILE: &str = "[contexts.c]\nprometheus = \"http://h\"\n";
    let table: [Row<'_>; 10] = [
        (
            &[(Key::Prometheus, "http://ann@h")],
            &[("SHTOP_PASSWORD", "p")],
            "",
            basic("ann", Secret::Environment("SHTOP_PASSWORD".to_owned())),
        ),
        (&[(Key::Prometheus, "http://ann@h"), (Key::Password, "/p")], &[], "", basic("ann", Secret::File("/p".into()))),
        (&[], &[], "auth = { token = \"t\" }", Login::Bearer(plain("t"))),
        (&[], &[], "auth = { user = \"u\", password-file = \"p\" }", basic("u", Secret::File("/etc/shtop/p".into()))),
        (
            &[],
            &[("SHTOP_TOKEN", "t")],
            "auth = { user = \"u\", password = \"p\" }",
            Login::Bearer(Secret::Environment("SHTOP_TOKEN".to_owned())),
        ),
        (&[(Key::Token, "/t")], &[("SHTOP_TOKEN", "t")], "", Login::Bearer(Secret::File("/t".into()))),
        // A user from here and a password from there are one login.
        (
            &[(Key::User, "ann")],
            &[("SHTOP_PASSWORD", "p")],
            "auth = { token = \"t\" }",
            basic("ann", Secret::Environment("SHTOP_PASSWORD".to_owned())),
        ),
        (&[(Key::User, "ann")], &[], "auth = { user = \"u\", password = \"p\" }", basic("ann", plain("p"))),
        (&[(Key::Prometheus, "http://ann:s%20s@h")], &[], "auth = { token = \"t\" }", basic("ann", plain("s s"))),
        (&[(Key::Token, "/t")], &[("SHTOP_PROMETHEUS", "http://u:p@h")], "", Login::Bearer(Secret::File("/t".into()))),
    ];
    for (flags, environment, auth, login) in table {
        let text = format!("{FILE}{auth}\n");
        let told = Told { flags: flags.to_vec(), environment: environment.to_vec(), file: &text };
        assert!(told.config().context.access.login == login, "{flags:?} {environment:?} {auth}");
    }
}

#[test]
fn headers_are_merged_one_by_one() {
    let told = Told {
        flags: vec![(Key::Header, "x-scope-orgid: flag")],
        environment: vec![("SHTOP_HEADER", "X-B: env\nX-C: env")],
        file: "[contexts.c]\ntargets = [\"h:1\"]\nheaders = { X-Scope-OrgID = \"file\", X-C = \"file\", X-D = \"file\" }",
    };
    let config = told.config();
    let mut names: Vec<_> = config.context.access.headers.iter().map(|(n, _)| n.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["X-B", "X-C", "X-D", "x-scope-orgid"]);
    assert_eq!(shown(&config, "headers.x-scope-orgid"), Some(("flag".to_owned(), "--header".to_owned())));
    assert_eq!(shown(&config, "headers.X-C"), Some(("(hidden)".to_owned(), "$SHTOP_HEADER".to_owned())));
    assert_eq!(shown(&config, "headers.X-D"), Some(("(hidden)".to_owned(), "/etc/shtop/config.toml:3".to_owned())));
}

const PROD: &str = "[contexts.prod]\nprometheus = \"https://prom.example/a\"\nsocket = \"/s\"\n\
    auth = { token = \"hunter2\" }\ntls = { cert = \"/c\", insecure = true }\nheaders = { X-Key = \"hunter2\" }\n";

#[test]
fn a_contexts_credentials_go_to_no_other_server() {
    let access = |flags: &[(Key, &str)], environment: &[(&str, &str)]| {
        let mut all = vec![(Key::Context, "prod")];
        all.extend(flags);
        let context = Told { flags: all, environment: environment.to_vec(), file: PROD }.config().context;
        (context.access, context.notes)
    };
    let (own, notes) = access(&[], &[]);
    assert!(own.login == Login::Bearer(plain("hunter2")) && own.socket.is_some() && notes.is_empty());
    let (same, notes) = access(&[(Key::Prometheus, "https://PROM.example:443/b")], &[]);
    assert!(same == own && notes.is_empty());
    for other in ["https://prom.example.evil", "http://prom.example", "https://prom.example:8443"] {
        let (access, notes) = access(&[(Key::Prometheus, other)], &[]);
        assert_eq!(access, Access::default(), "{other}");
        assert!(notes[0].contains("--prometheus"), "{notes:?}");
    }
    assert_eq!(access(&[(Key::Target, "prom.example:1")], &[]).0, Access::default());
    // What comes with the new source is used.
    let (with_token, _) = access(&[(Key::Prometheus, "https://other"), (Key::Token, "/t")], &[]);
    assert_eq!(with_token, Access { login: Login::Bearer(Secret::File("/t".into())), ..Access::default() });
}

#[test]
fn the_environments_credentials_stay_with_the_environments_source() {
    let environment =
        [("SHTOP_PROMETHEUS", "https://env"), ("SHTOP_TOKEN", "hunter2"), ("SHTOP_ALERTMANAGER", "https://am")];
    let resolve = |flags: &[(Key, &str)], environment: &[(&str, &str)]| {
        Told { flags: flags.to_vec(), environment: environment.to_vec(), file: PROD }.config().context
    };
    let token = Login::Bearer(Secret::Environment("SHTOP_TOKEN".to_owned()));
    assert!(resolve(&[], &environment).access.login == token);
    assert!(resolve(&[(Key::Prometheus, "https://env/prefix")], &environment).access.login == token);
    let elsewhere = resolve(&[(Key::Prometheus, "https://other")], &environment);
    assert!(elsewhere.access == Access::default() && elsewhere.alertmanager.is_none());
    assert!(resolve(&[(Key::Context, "prod")], &environment).access.login == Login::Bearer(plain("hunter2")));
    // Not even where the context that is named beside it has the environment's source.
    let like_prod = [("SHTOP_PROMETHEUS", "https://prom.example"), ("SHTOP_TOKEN", "hunter2")];
    let replaced = resolve(&[(Key::Context, "prod"), (Key::Prometheus, "https://other")], &like_prod);
    assert_eq!(replaced.access, Access::default());
    // A token without a source in the environment is meant for whatever is shown.
    assert!(resolve(&[(Key::Prometheus, "https://other")], &environment[1..2]).access.login == token);
}

#[test]
fn an_alertmanager_gets_credentials_only_as_its_own_or_as_the_same_server() {
    let resolve = |text: &str| file(text).config().context;
    let own = |rest: &str| format!("[contexts.c]\nprometheus = \"https://u:p@mimir/prometheus\"\n{rest}\n");
    let same = resolve(&own("alertmanager = \"https://mimir/alertmanager\""));
    let alertmanager = same.alertmanager.expect("named");
    assert_eq!(alertmanager.url.as_str(), "https://mimir/alertmanager");
    assert!(alertmanager.access == same.access && same.access.login == basic("u", plain("p")));

    let other = resolve(&own("alertmanager = \"https://other\"")).alertmanager.expect("named");
    assert_eq!(other.access, Access::default());
    let login = resolve(&own(
        "alertmanager = \"https://other\"\nalertmanager-auth = { token = \"t\" }\nalertmanager-proxy = \"direct\"",
    ));
    let named = login.alertmanager.expect("named");
    assert!(named.access == Access { login: Login::Bearer(plain("t")), proxy: Proxy::Direct, ..Access::default() });
    let in_url = resolve(&own("alertmanager = \"https://a:b@other\"")).alertmanager.expect("named");
    assert!(in_url.access.login == basic("a", plain("b")) && in_url.url.as_str() == "https://other/");
    // Its own tenant beside the source's login on the same server.
    let tenant = resolve(&own("alertmanager = \"https://mimir/am\"\nalertmanager-headers = { X-Scope-OrgID = \"t\" }"));
    let tenant = tenant.alertmanager.expect("named").access;
    assert!(tenant.login == basic("u", plain("p")) && tenant.headers.len() == 1, "{tenant:?}");

    let text = own("alertmanager = \"https://other\"\nalertmanager-auth = { token = \"t\" }");
    let flags = vec![(Key::Context, "c"), (Key::Alertmanager, "https://third")];
    let third = Told { flags, file: &text, ..Told::default() }.config().context.alertmanager.expect("named");
    assert_eq!((third.url.as_str(), third.access), ("https://third/", Access::default()));
}

#[test]
fn a_server_that_was_only_found_gets_no_credentials() {
    let context = file(PROD).config().context;
    let url = |text: &str| text.parse().expect("a URL");
    assert!(context.access_to(&url("https://prom.example/alertmanager")) == context.access);
    assert_eq!(context.access_to(&url("https://alertmanager.example")), Access::default());
}

#[test]
fn no_secret_is_ever_shown() {
    let told = Told {
        flags: vec![(Key::Header, "X-Flag: hunter2"), (Key::Proxy, "http://u:hunter2@proxy")],
        environment: vec![("SHTOP_TARGET", "http://u:hunter2@h:1/?hunter2"), ("OTHER", "hunter2")],
        file: "[contexts.c]\nalertmanager = \"https://u:hunter2@am\"\nalertmanager-headers = { Cookie = \"hunter2\" }\n\
               [contexts.c.auth]\nuser = \"ann\"\npassword = \"hunter2\"\n",
    };
    let config = told.config();
    let all = format!("{config:?}{}{}{:?}", show::text(&config), show::json(&config), told.input());
    assert!(!all.contains("hunter2"), "{all}");
    for masked in ["(hidden)", "http://h:1/metrics", "http://…@proxy"] {
        assert!(show::text(&config).contains(masked) || masked == "http://h:1/metrics", "{}", show::text(&config));
    }
}
