//! The program itself: `shtop config`, its exit statuses, and the manual.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use shtop::config::reference;
use snapbox::{assert_data_eq, str};

const FILE: &str = "context = \"prod\"\nutc = true\n\n[contexts.prod]\nprometheus = \"https://ops:hunter2@prom.example/prometheus\"\n\
    color = \"red\"\nread-only = true\nheaders = { X-Scope-OrgID = \"team-a\", X-Key = \"hunter2\" }\n\n\
    [contexts.staging]\ntargets = [\"a:1\", \"b:1\"]\n";

/// Runs shtop in a folder of its own, with a configuration file if there is to be one.
fn shtop(text: Option<&str>, arguments: &[&str], environment: &[(&str, &str)]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(text) = text {
        let path = folder.path().join("shtop/config.toml");
        fs::create_dir_all(path.parent().expect("it has one")).expect("created");
        fs::write(&path, text).expect("written");
        private(&path);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_shtop"))
        .args(arguments)
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.path())
        .env("HOME", folder.path())
        .envs(environment.iter().copied())
        .current_dir(folder.path())
        .output()
        .expect("shtop runs");
    (output, folder)
}

#[cfg(unix)]
fn private(path: &Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("permissions set");
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// What was written, the changing folder called FOLDER.
fn words(bytes: &[u8], folder: &tempfile::TempDir) -> String {
    String::from_utf8_lossy(bytes).replace(&*folder.path().to_string_lossy(), "FOLDER")
}

#[test]
fn show_tells_every_value_and_who_says_so() {
    let (output, folder) = shtop(Some(FILE), &["config", "show", "--job", "streamhouse"], &[("SHTOP_INTERVAL", "10s")]);
    assert!(output.status.success());
    assert_data_eq!(
        words(&output.stdout, &folder),
        str![[r"
context                prod                             FOLDER/shtop/config.toml:1
prometheus             https://prom.example/prometheus  FOLDER/shtop/config.toml:5
job                    streamhouse                      --job
read-only              on                               FOLDER/shtop/config.toml:7
context.color          red                              FOLDER/shtop/config.toml:6
auth.user              ops                              FOLDER/shtop/config.toml:5
auth.password          (hidden)                         FOLDER/shtop/config.toml:5
headers.X-Key          (hidden)                         FOLDER/shtop/config.toml:8
headers.X-Scope-OrgID  team-a                           FOLDER/shtop/config.toml:8
tls.insecure           off                              default
proxy                  environment                      default
interval               10s                              $SHTOP_INTERVAL
lookback               5m                               default
retention              2h                               default
memory                 512MB                            default
created-zero           on                               default
bell                   on                               default
notify                 off                              default
color                  auto                             default
theme                  auto                             default
drawing                auto                             default
links                  auto                             default
density                auto                             default
utc                    on                               FOLDER/shtop/config.toml:2
mouse                  on                               default

"]]
    );
}

#[test]
fn show_as_json_is_json() {
    let (output, folder) = shtop(Some(FILE), &["config", "show", "--format", "json", "--context", "staging"], &[]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["context"], "staging");
    assert_eq!(json["file"], folder.path().join("shtop/config.toml").to_string_lossy().as_ref());
    let setting = |name: &str| json["settings"].as_array().and_then(|all| all.iter().find(|s| s["name"] == name));
    let targets = setting("targets").expect("there");
    assert_eq!(targets["value"], "http://a:1/metrics http://b:1/metrics");
    assert_eq!((&targets["origin"]["kind"], &targets["origin"]["line"]), (&"file".into(), &11.into()));
    assert_eq!(setting("context").expect("there")["origin"]["name"], "--context");
}

#[test]
fn contexts_are_listed_with_the_one_in_use_marked() {
    let (output, folder) = shtop(Some(FILE), &["config", "contexts"], &[]);
    assert_data_eq!(
        words(&output.stdout, &folder),
        str![[r"
* prod     https://prom.example/prometheus        FOLDER/shtop/config.toml:5
  staging  http://a:1/metrics http://b:1/metrics  FOLDER/shtop/config.toml:11

"]]
    );
}

#[test]
fn path_tells_where_the_file_would_be() {
    let (output, folder) = shtop(None, &["config", "path"], &[]);
    assert_eq!(words(&output.stdout, &folder), "FOLDER/shtop/config.toml\n");
    let (output, _folder) = shtop(Some("broken"), &["config", "path", "--config", "/x.toml"], &[]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"/x.toml\n"[..]));
}

#[test]
fn a_missing_file_matters_only_where_it_is_named() {
    let (output, _folder) = shtop(None, &["config", "show"], &[]);
    assert!(output.status.success());
    for (arguments, environment) in [
        (&["config", "show", "--config", "no.toml"][..], &[][..]),
        (&["demo", "--config", "no.toml"], &[]),
        (&[], &[("SHTOP_CONFIG", "no.toml")]),
    ] {
        let (output, folder) = shtop(None, arguments, environment);
        assert_eq!(output.status.code(), Some(2));
        let words = words(&output.stderr, &folder);
        assert!(words.starts_with("shtop: cannot read configuration no.toml: "), "{words}");
    }
}

#[test]
fn errors_end_with_status_2_and_say_where() {
    let (output, folder) = shtop(Some("[contexts.prod]\nprometeus = \"http://h\"\n"), &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_data_eq!(
        words(&output.stderr, &folder),
        str![[r#"
shtop: FOLDER/shtop/config.toml:2:1: unknown key "prometeus" in a context
  prometeus = "********"
  ^^^^^^^^^
  did you mean "prometheus"?

"#]]
    );
    let (output, folder) = shtop(Some(FILE), &["--context", "prdo"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        words(&output.stderr, &folder),
        "shtop: --context: there is no context \"prdo\"; did you mean \"prod\"?\n"
    );
    let (output, _folder) = shtop(None, &["--proxy", "hunter2", "--header", "hunter2"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
}

#[test]
fn without_a_source_the_contexts_are_offered() {
    let (output, folder) = shtop(Some(FILE.trim_start_matches("context = \"prod\"\n")), &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    let words_ = words(&output.stderr, &folder);
    assert!(words_.contains("shtop --context \"prod\"") && words_.contains("prod, staging"), "{words_}");
    let (output, folder) = shtop(None, &[], &[]);
    let ways = words(&output.stderr, &folder);
    assert!(ways.contains("--prometheus URL") && ways.contains("--context NAME"), "{ways}");
}

#[cfg(unix)]
#[test]
fn a_file_with_secrets_that_others_may_read_is_warned_of() {
    let (_, folder) = shtop(Some(FILE), &["config", "path"], &[]);
    let path = folder.path().join("shtop/config.toml");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("permissions set");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shtop"));
        command.args(arguments).arg("--config").arg(&path).env_clear().env("HOME", folder.path());
        command.output().expect("shtop runs")
    };
    let warning = "holds secrets and others may read it (mode 0644): chmod 600 ";
    let shown = run(&["config", "show"]);
    assert!(shown.status.success() && String::from_utf8_lossy(&shown.stdout).contains(warning));
    assert!(String::from_utf8_lossy(&run(&["--context", "staging"]).stderr).contains(warning));
}

#[test]
fn the_help_fits_a_small_terminal() {
    for arguments in [&["--help"][..], &["demo", "--help"], &["config", "show", "--help"]] {
        let (output, _folder) = shtop(None, arguments, &[("COLUMNS", "80")]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("--config"), "{text}");
        let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn the_manual_has_the_table_of_the_program_and_an_example_that_works() {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    assert!(manual.contains(&reference()), "README.md should contain:\n{}", reference());
    let section = manual.split_once("## Configuration").expect("a section").1;
    let example = section.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
    let (output, folder) = shtop(Some(example), &["config", "contexts"], &[("STAGING_KEY", "x")]);
    assert!(output.status.success(), "{}", words(&output.stderr, &folder));
    let listed = words(&output.stdout, &folder);
    assert!(listed.contains("* prod") && !listed.contains("no source") && !listed.contains("not set"), "{listed}");
}
