//! The command line of `amtool` that does the same, to be read, copied and run as it stands. Uses `series`.

use std::fmt::Write as _;

use reqwest::Url;

use super::draft::SilenceDraft;
use super::matcher::SilenceMatcher;
use super::wire;
use crate::series::{MatchOp, Timestamp, printable};

/// What `amtool` is asked to write `draft` at `now` to the Alertmanager at `url`, whose credentials are left out. Safe to
/// show. A change of a silence's matchers is two commands: one ends it, one makes the new one.
///
/// `None` where no command line can say it: a value with a NUL in it.
pub fn write_command(draft: &SilenceDraft, url: &Url, now: Timestamp) -> Option<String> {
    let mut words = Vec::new();
    let changed = draft.changes.as_deref();
    let kept = changed.filter(|s| draft.ticked().eq(&s.matchers) && draft.created_by == s.created_by);
    if let Some(silence) = changed.filter(|_| kept.is_none()) {
        words.extend([expire_command(&silence.id, url)?, "&&".to_owned()]);
    }
    words.extend(["amtool", "silence", if kept.is_some() { "update" } else { "add" }].map(str::to_owned));
    words.push(address(url)?);
    if kept.is_none() {
        words.push(quote(&format!("--author={}", draft.exact_author()))?);
    }
    words.push(quote(&format!("--comment={}", draft.exact_comment()))?);
    if draft.starts_at > now {
        words.push(format!("--start={}", wire::format_time(draft.starts_at)));
    }
    words.push(format!("--end={}", wire::format_time(draft.ends_at)));
    match kept {
        Some(silence) => words.push(argument(&silence.id)?),
        None => {
            for matcher in draft.ticked() {
                words.push(argument(&notation(matcher))?);
            }
        }
    }
    Some(words.join(" "))
}

/// What `amtool` is asked to expire the silence `id` on the Alertmanager at `url`, as [`write_command`].
pub fn expire_command(id: &str, url: &Url) -> Option<String> {
    Some(format!("amtool silence expire {} {}", address(url)?, argument(id)?))
}

fn address(url: &Url) -> Option<String> {
    quote(&format!("--alertmanager.url={}", without_credentials(url)))
}

/// `url` without user, password, query and fragment.
pub(super) fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    // Refused only where there is no host, and so no user either.
    url.set_username("").and(url.set_password(None)).ok();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// A matcher as `amtool` reads it: the value quoted, a name that is no classic label name quoted too (which Alertmanager
/// knows from 0.27 on).
pub(super) fn notation(matcher: &SilenceMatcher) -> String {
    let name = matcher.exact_name();
    let classic = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let op = match matcher.op() {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Regex => "=~",
        MatchOp::NotRegex => "!~",
    };
    let value = escape(matcher.exact_value());
    if classic { format!("{name}{op}{value}") } else { format!("{}{op}{value}", escape(name)) }
}

fn escape(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A positional argument: one that begins with `-` would be taken for a flag, one with `@` for a file of arguments.
fn argument(word: &str) -> Option<String> {
    let quoted = quote(word)?;
    Some(if word.starts_with(['-', '@']) { format!("-- {quoted}") } else { quoted })
}

/// One word of a POSIX shell, safe to show. What a terminal must not be sent, or what would look like something else, is
/// written in octal inside `$'…'`, which bash, zsh, ksh, busybox and POSIX 2024 know.
fn quote(word: &str) -> Option<String> {
    if word.contains('\0') {
        return None;
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return Some(word.to_owned());
    }
    if printable(word) == word {
        return Some(format!("'{}'", word.replace('\'', "'\\''")));
    }
    let mut quoted = "$'".to_owned();
    for byte in word.bytes() {
        match byte {
            b'\'' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=b'~' => quoted.push(char::from(byte)),
            // A String takes everything that is written to it.
            _ => write!(quoted, "\\{byte:03o}").unwrap_or_default(),
        }
    }
    quoted.push('\'');
    Some(quoted)
}

#[cfg(test)]
mod tests {
    use super::super::Exact;
    use super::super::draft::DraftMatcher;
    use super::super::silence::{Silence, SilenceState};
    use super::*;
    use crate::series::Labels;

    const NOW: Timestamp = 1_795_364_738_000; // 2026-11-22T16:25:38Z

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn draft() -> SilenceDraft {
        let labels = Labels::from_pairs([("alertname", "A"), ("topic", "it's")]);
        let mut draft = SilenceDraft::of_labels(&labels, NOW, 5_400_000, "ana");
        draft.comment = "disk swap".to_owned();
        draft
    }

    #[test]
    fn words_are_quoted_for_a_shell_and_for_the_screen() {
        let table = [
            ("", "''"),
            ("a-b_c./:=@%+,9", "a-b_c./:=@%+,9"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(id)`id`\\\"*?~!#&|;<>", "'$(id)`id`\\\"*?~!#&|;<>'"),
            ("größe 日本", "'größe 日本'"),
            ("a\x1b[31m'\\\n", r"$'a\033[31m\'\\\012'"),
            ("\u{202e}ö", r"$'\342\200\256\303\266'"),
        ];
        for (word, quoted) in table {
            assert_eq!(quote(word).as_deref(), Some(quoted), "{word:?}");
        }
        assert_eq!(quote("a\0"), None);
    }

    #[test]
    fn a_new_silence_is_one_command_without_credentials() {
        let text = write_command(&draft(), &url("https://ops:hunter2@am.example/am/?token=x#y"), NOW);
        assert_eq!(
            text.as_deref(),
            Some(
                "amtool silence add --alertmanager.url=https://am.example/am/ --author=ana '--comment=disk swap' \
                 --end=2026-11-22T17:55:38Z 'alertname=\"A\"' 'topic=\"it'\\''s\"'"
            )
        );
        let mut later = draft();
        later.starts_at = NOW + 1;
        later.matchers[1].ticked = false;
        let text = write_command(&later, &url("http://am:9093"), NOW).expect("a command");
        assert!(text.contains(" --start=2026-11-22T16:25:38.001Z --end=") && !text.contains("topic"), "{text}");
    }

    #[test]
    fn a_change_keeps_the_silence_where_alertmanager_does() {
        let draft = draft();
        let silence = Silence {
            id: "28c71d16-f07b-4b7e-8dc3-316ed7caabe5".to_owned(),
            matchers: draft.ticked().cloned().collect(),
            starts_at: NOW,
            ends_at: NOW + 1,
            created_by: "ana".to_owned(),
            comment: "disk swap".to_owned(),
            state: SilenceState::Active,
            updated_at: NOW,
            exact_author: Exact::default(),
            exact_comment: Exact::default(),
        };
        let mut longer = SilenceDraft::of_silence(&silence);
        longer.ends_at = NOW + 5_400_000;
        assert_eq!(
            write_command(&longer, &url("http://am"), NOW).as_deref(),
            Some(
                "amtool silence update --alertmanager.url=http://am/ '--comment=disk swap' \
                 --end=2026-11-22T17:55:38Z 28c71d16-f07b-4b7e-8dc3-316ed7caabe5"
            )
        );
        longer.matchers[1].ticked = false;
        let text = write_command(&longer, &url("http://am"), NOW).expect("a command");
        assert!(
            text.starts_with(
                "amtool silence expire --alertmanager.url=http://am/ 28c71d16-f07b-4b7e-8dc3-316ed7caabe5 && amtool \
                 silence add --alertmanager.url=http://am/ --author=ana"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_a_server_names_a_silence_is_no_flag() {
        assert_eq!(
            expire_command("--x", &url("http://am")).as_deref(),
            Some("amtool silence expire --alertmanager.url=http://am/ -- --x")
        );
    }

    #[test]
    fn matchers_are_written_as_amtool_reads_them() {
        let table = [
            ("a", MatchOp::Equal, "b", r#"a="b""#),
            ("a", MatchOp::NotEqual, "", r#"a!="""#),
            ("a:b_1", MatchOp::Regex, "\\d \"\n", r#"a:b_1=~"\\d \"\n""#),
            ("1.b c", MatchOp::NotRegex, "x", r#""1.b c"!~"x""#),
        ];
        for (name, op, value, text) in table {
            assert_eq!(notation(&SilenceMatcher::new(name, op, value)), text);
        }
    }

    #[test]
    fn what_no_command_line_can_say_has_none() {
        let mut draft = draft();
        let nul = SilenceMatcher::new("a", MatchOp::Equal, "\0");
        draft.matchers.push(DraftMatcher { matcher: nul, ticked: true });
        assert_eq!(write_command(&draft, &url("http://am"), NOW), None);
    }
}
