//! What is wrong is named with its place and what to do, and without secrets.

use shtop::config::Key;

use super::{Told, file};

#[test]
fn several_faults_of_a_file_are_told_at_once_with_place_and_hint() {
    let error = file(
        "contxt = \"prod\"\nutc = 1\ninterval = \"soon\"\nprometheus = \"http://h\"\n\n\
         [contexts.prod]\nprometeus = \"http://h\"\ncolor = \"reddish\"\ntargets = \"h:1\"\nfiles = [1]\ndns = [\"n\"]\nutc = true\nuser = \"x\"\n\
         [contexts.prod.auth]\npasswrod = \"hunter2\"\n[contexts.prod.tls]\nca = \"\"\n[contexts.prod.headers]\nX-A = 1\n\"b d\" = \"hunter2\"\n",
    )
    .error();
    let expected = "\
/etc/shtop/config.toml:1:1: unknown key \"contxt\" at the top of the file
  contxt = \"****\"
  ^^^^^^
  did you mean \"context\"?
/etc/shtop/config.toml:2:7: expected true or false, found a number
  utc = 1
        ^
/etc/shtop/config.toml:3:12: \"soon\" is not a duration; write it like 30s, 5m or 1h30m
  interval = \"soon\"
             ^^^^^^
/etc/shtop/config.toml:4:1: \"prometheus\" cannot stand at the top of the file
  prometheus = \"http://h\"
  ^^^^^^^^^^
  it belongs into a context: write it below [contexts.NAME]
/etc/shtop/config.toml:7:1: unknown key \"prometeus\" in a context
  prometeus = \"********\"
  ^^^^^^^^^
  did you mean \"prometheus\"?
/etc/shtop/config.toml:8:9: \"reddish\" is no colour; write #rrggbb or one of red, orange, yellow, green, cyan, blue, magenta, white, gray
  color = \"reddish\"
          ^^^^^^^^^
/etc/shtop/config.toml:9:11: expected a list: [\"…\"], found a text
  targets = \"h:1\"
            ^^^^^
/etc/shtop/config.toml:10:10: expected a text in quotes, found a number
  files = [1]
           ^
/etc/shtop/config.toml:11:8: \"n\": there is no port; write NAME:PORT, for example agents.streamhouse.svc:8080
  dns = [\"n\"]
         ^^^
/etc/shtop/config.toml:12:1: \"utc\" cannot stand in a context
  utc = true
  ^^^
  it is for all contexts: write it before the first table
/etc/shtop/config.toml:13:1: \"user\" cannot stand here
  user = \"*\"
  ^^^^
  it belongs into table \"auth\" of the context
/etc/shtop/config.toml:15:1: unknown key \"passwrod\" in \"auth\"
  passwrod = \"*******\"
  ^^^^^^^^
  did you mean \"password\"?
/etc/shtop/config.toml:17:6: it is empty
  ca = \"\"
       ^^
/etc/shtop/config.toml:19:7: expected a text in quotes, or a table with file, env or command, found a number
  X-A = *
        ^
/etc/shtop/config.toml:20:1: that is no header's name
  \"b d\" = \"*******\"
  ^^^^^";
    assert_eq!(error, expected);
}

#[test]
fn broken_syntax_is_told_without_the_secret_beside_it() {
    for text in [
        "[contexts.a.auth]\npassword = hunter2\n",
        "[contexts.a.auth]\npassword: hunter2\n",
        "[contexts.a]\nauth = { token = \"hunter2\" \"x\" }\n",
        "[contexts.a]\nprometheus = \"http://u:hunter2@h\n",
        "[contexts.a]\ntargets = [\n  \"u:hunter2@h:1\" \"x\",\n]\n",
        "[contexts.a.headers]\njob = \"hunter2\" x\n",
        "[contexts.a.auth]\ntoken = \"\"\"\nhunter2\n\"\"\" x\n",
        "[contexts.a.auth]\npasswrod = \"hunter2\"\n",
    ] {
        let error = file(text).error();
        assert!(error.contains("config.toml:") && error.contains('^'), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_excludes_each_other_is_told() {
    let table = [
        (
            "prometheus = \"http://h\"\ntargets = [\"h:1\"]",
            "config.toml:3:1: what lines 2 and 3 say excludes each other",
        ),
        ("dns = [\"h:1\"]\nprometheus = \"http://h\"", "config.toml:3:1: what lines 2 and 3 say excludes each other"),
        ("[contexts.c.auth]\nuser = \"u\"\ntoken = \"t\"", "config.toml:4:1: what lines 3 and 4 say"),
        ("prometheus = \"http://u:p@h\"\nauth = { token = \"t\" }", "what lines 2 and 3 say"),
        ("auth = { token = \"t\", token-file = \"f\" }", "\"token\" is given twice, in two forms"),
        ("alertmanager = \"http://u:p@h\"\nalertmanager-auth = { token = \"t\" }", "what lines 2 and 3 say"),
        ("alertmanager-auth = { token = \"t\" }", "config.toml:2:1: the context has no Alertmanager that this is for"),
        ("headers = { X = {} }", "write one of file, env and command"),
        ("headers = { X = { fil = \"a\" } }", "did you mean \"file\"?"),
        ("headers = { Host = \"a\" }", "header Host is set by shtop itself"),
        ("headers = { X-A = \"a\", x-a = \"b\" }", "is given twice"),
        ("auth = { password-env = \"$PW\" }", "only its name, without a $"),
        ("proxy = \"hunter2\"", "write a proxy's URL"),
        ("alertmanager-job = \"x\"", "unknown key \"alertmanager-job\""),
        ("layout = [\"x\"]", "did you mean \"layouts\"?"),
        ("no-mouse = true", "in the file it is called \"mouse\""),
    ];
    for (lines, words) in table {
        let error = file(&format!("[contexts.c]\n{lines}\n")).error();
        assert!(error.contains(words), "{lines}:\n{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_is_incomplete_is_told_with_its_origin() {
    let context = |lines: &str| format!("[contexts.c]\ntargets = [\"h:1\"]\n{lines}\n");
    for (lines, words) in [
        ("auth = { user = \"u\" }", "/etc/shtop/config.toml:3: there is a user but no password; give --password-file"),
        ("auth = { password = \"p\" }", "/etc/shtop/config.toml:3: there is a password but no user"),
        ("tls = { key = \"k\" }", "/etc/shtop/config.toml:3: a key is of no use without a certificate"),
        ("auth = { token-env = \"NOT_SET\" }", "/etc/shtop/config.toml:3: environment variable NOT_SET is not set"),
        ("proxy = { env = \"NOT_SET\" }", "environment variable NOT_SET is not set"),
        ("auth = { token = \"t\" }\nheaders = { authorization = \"x\" }", "header Authorization and a login exclude"),
    ] {
        let error = file(&context(lines)).error();
        assert!(error.contains(words), "{lines}: {error}");
    }
}

#[test]
fn flags_and_variables_that_cannot_be_used_are_told_at_once() {
    let told = Told {
        flags: vec![(Key::Prometheus, "ftp://u:hunter2@h"), (Key::Header, "hunter2"), (Key::Target, "h:99999")],
        environment: vec![("SHTOP_INTERVAL", "soon"), ("SHTOP_TOKEN", "hunter2"), ("SHTOP_TOKEN_FILE", "/t")],
        ..Told::default()
    };
    assert_eq!(
        told.error(),
        "--prometheus \"ftp://…@h\": only http:// and https:// are spoken\n\
         --target \"h:99999\": the port must be a number from 1 to 65535\n\
         --header: there is no colon; write it like 'X-Scope-OrgID: team'\n\
         $SHTOP_TOKEN_FILE and $SHTOP_TOKEN are both set; unset one of them\n\
         $SHTOP_INTERVAL \"soon\" is not a duration; write it like 30s, 5m or 1h30m"
    );
    let both = Told { flags: vec![(Key::Prometheus, "http://h"), (Key::Dns, "h:1")], ..Told::default() };
    assert_eq!(both.error(), "--prometheus and --dns exclude each other; give one of them");
}

#[test]
fn a_hostile_file_cannot_steer_the_terminal() {
    let text = "[contexts.b]\ntargets = [\"h:1\"]\n";
    let wrong = Told { flags: vec![(Key::Context, "\x1b[2J")], file: text, ..Told::default() };
    for error in [
        wrong.error(),
        file("[contexts.\"\\u001b[31mprod\\u202e\"]\ntargets = [\"h:1\"]\n").error(),
        file("\"\\u001b[2J\" = 1").error(),
        file("[contexts.c]\njob = \"\\u001b[2J\"").error(),
        file("[contexts.c]\nlayouts = [\"\x1b[2J\"]").error(),
    ] {
        assert!(!error.contains(['\x1b', '\u{202e}']), "{error:?}");
    }
}

#[test]
fn no_slip_of_the_finger_brings_a_secret_into_an_error() {
    let text = "utc = true\n[contexts.prod]\nprometheus = \"https://u:hunter2@prom\"\nproxy = \"http://u:hunter2@h:1\"\n\
                alertmanager = 'https://am'\njob = \"a\"\nheaders = { X-A = \"hunter2\", X-B = { command = \"hunter2\" } }\n\
                targets = [\n  \"s=u:hunter2@h:1\",\n]\n[contexts.prod.alertmanager-auth]\nuser = \"ann\"\n\
                password = \"hunter2\" # mine\n[contexts.b.auth]\ntoken = 'hunter2'\n[contexts.b.headers]\njob = \"hunter2\"\n";
    let mut wrong = 0;
    for at in 0..=text.len() {
        // A login without its end is a host's name, and a secret with something in it is another one.
        let inside = text[..at].rfind("hunter2").is_some_and(|start| at > start && at < start + 7);
        let deleted = text.get(at..=at).filter(|c| !matches!(*c, "@") && !inside && !text[at..].starts_with('h'));
        let inserted = ["\"", "'", "=", "[", "]", "{", "}", "\n", ",", ".", "#", "x", ":", "\\", " ", "1", "\"\"\""];
        let inserted = inserted.iter().filter(|_| !inside).map(|c| format!("{}{c}{}", &text[..at], &text[at..]));
        let deleted = deleted.map(|_| format!("{}{}", &text[..at], &text[at + 1..]));
        for mutated in inserted.chain(deleted) {
            if let Err(error) = file(&mutated).resolve() {
                wrong += 1;
                assert!(!error.to_string().contains("hunter2"), "{mutated}\n{error}");
            }
        }
    }
    assert!(wrong > 1_000, "only {wrong} of the files were wrong");
}
