//! Markdown as lines: shapes, widths, and texts that nobody would write but somebody will send.

use std::fmt::Write as _;
use std::time::Instant;

use proptest::prelude::*;
use shtop::runbook::{Anchor, Line, MAX_BYTES, MAX_LINES, Role, Runbook};
use shtop::series::Labels;
use shtop::unit::Unit;

fn lines(text: &str, width: usize) -> Vec<String> {
    Runbook::parse("test", text).render(width).iter().map(Line::text).collect()
}

fn shown(text: &str, width: usize) -> String {
    lines(text, width).join("\n")
}

/// The role of the first span that holds `text`.
fn role(lines: &[Line], text: &str) -> Role {
    let span = lines.iter().flat_map(|line| &line.spans).find(|span| span.text.contains(text));
    span.unwrap_or_else(|| panic!("nowhere: {text}")).role
}

#[test]
fn every_kind_of_text_has_its_role() {
    let text = "# One\n\nplain *soft* **loud** ~~gone~~ `code` [text](https://a.io) ![alt](b.png)\n\n> quoted\n\n\
                > [!WARNING]\n> hot\n\n- item\n- [x] done\n\n| h |\n|---|\n| cell |\n\n```sh\n# why\nls\n```\n\n\
                ```promql\n# expect: == 0\nup\n```\n\n---\n";
    let book = Runbook::parse("test", text);
    let lines = book.render(80);
    for (text, wanted) in [
        ("One", Role::Heading(1)),
        ("plain", Role::Text),
        ("soft", Role::Emphasis),
        ("loud", Role::Strong),
        ("gone", Role::Struck),
        ("code", Role::Code),
        ("text", Role::Link(0)),
        ("https://a.io", Role::Link(0)),
        ("alt", Role::Link(1)),
        ("quoted", Role::Quote),
        ("Warning", Role::Label),
        ("•", Role::Marker),
        ("[x]", Role::Task(0)),
        ("cell", Role::Text),
        ("# why", Role::Comment),
        ("ls", Role::CodeBlock),
        ("# expect", Role::Expect),
        ("│ ", Role::Border),
        ("───", Role::Border),
    ] {
        assert_eq!(role(&lines, text), wanted, "{text}");
    }
    let head = lines.iter().flat_map(|l| &l.spans).find(|s| s.role == Role::TableHead);
    assert_eq!(head.map(|s| s.text.trim()), Some("h"));
    assert_eq!(book.links[1].text, "alt");
    assert!(book.tasks[0].ticked_in_source && book.tasks[0].text == "done");
}

#[test]
fn lists_nest_number_and_tick() {
    let text =
        "1. one\n   - a\n     - deep and long enough to wrap\n   - b\n2. two\n\n9. x\n10. y\n\n- [ ] do\n- [x] done\n";
    assert_eq!(
        shown(text, 24),
        "1. one\n\n   • a\n     • deep and long\n       enough to wrap\n   • b\n\n2. two\n\n3. x\n\n4. y\n\n[ ] do\n[x] done"
    );
    assert_eq!(shown("9. a\n10. b\n", 20), " 9. a\n10. b");
    assert_eq!(shown("-\n- b\n", 20), "•\n• b");
}

#[test]
fn tables_shrink_wrap_and_at_last_become_lists() {
    let text = "| name | what it means | n |\n|:--|:-:|--:|\n| CircuitBreakerOpen | writes to S3 are held back | 12 |\n| x | 日本語 | 3 |\n";
    assert_eq!(
        shown(text, 60),
        "name               │       what it means        │  n\n\
         ───────────────────┼────────────────────────────┼───\n\
         CircuitBreakerOpen │ writes to S3 are held back │ 12\n\
         x                  │           日本語           │  3"
    );
    let narrow = lines(text, 36);
    assert!(narrow.len() > 4 && narrow.iter().all(|l| l.matches('│').count() == 2 || l.contains('┼')), "{narrow:#?}");
    assert_eq!(
        shown(text, 16),
        "name:\nCircuitBreakerOp\nen\nwhat it means:\nwrites to S3 are\nheld back\nn: 12\n────────\nname: x\nwhat it means:\n日本語\nn: 3"
    );
    assert_eq!(shown("| a |\n|---|\n", 9), "a\n─");
    assert_eq!(shown("| a | b |\n|---|---|\n| 1 |\n| 1<br>2 | 3 | 4 |\n", 9), "a │ b\n──┼──\n1 │\n1 │ 3\n2 │");
}

#[test]
fn wide_scripts_emoji_and_long_words_keep_to_the_width() {
    assert_eq!(lines("日本語のテキスト。", 7), ["日本語", "のテキ", "スト。"]);
    // Emoji that choose their look by invisible signs lose those, not themselves.
    assert_eq!(shown("⚠\u{fe0f} 👩\u{200d}🚒 fire", 20), "⚠ 👩🚒 fire");
    assert_eq!(lines(&"x".repeat(25), 10), ["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
    assert_eq!(shown("e\u{301}te\u{301}", 3), "e\u{301}te\u{301}");
}

#[test]
fn code_is_never_wrapped_but_cut_and_kept_whole_to_copy() {
    let text = "- step\n\n  ```sh\n  kubectl get pods --all-namespaces\n\n  \techo 日本\n  ```\n";
    let book = Runbook::parse("test", text);
    assert_eq!(book.blocks[0].text, "kubectl get pods --all-namespaces\n\n    echo 日本");
    assert_eq!((book.blocks[0].language.as_str(), book.blocks[0].line), ("sh", 4));
    assert!(book.blocks[0].live.is_none());
    assert_eq!(shown(text, 24), "• step\n\n  │ kubectl get pods --…\n  │\n  │     echo 日本");
    let anchors: Vec<_> = book.render(24).iter().filter_map(|l| l.anchor).collect();
    assert_eq!(anchors, [Anchor::Code(0)]);
}

#[test]
fn a_promql_block_has_a_slot_for_its_value_and_a_place_for_what_is_wrong() {
    let text = "# T\n\n1. ask\n\n   ```promql\n   # expect: < 5%\n   sum(up\n   ```\n\n   ```PromQL\n   # expect: about 5\n   up\n   ```\n\n\
                   ```promql\n# unit: bytes\nup # expect: any\n# expect: none\n```\n\n```promql\n# unit: apples\nup\n```\n";
    let book = Runbook::parse("own", text);
    let lives: Vec<_> = book.blocks.iter().map(|b| b.live.as_ref().expect("live")).collect();
    assert_eq!(lives[0].query.as_ref().unwrap_err().display().to_string(), "own:7:7: unclosed `(`\n   sum(up\n      ^");
    assert_eq!((lives[0].unit, book.blocks[0].line), (Unit::Percent, 6));
    assert!(lives[1].query.is_ok());
    assert_eq!(
        lives[1].expect.as_ref().unwrap_err().to_string(),
        "own:11:14: expected none, any, or one of == != < <= > >= and a number"
    );
    assert_eq!(
        lives[2].expect.as_ref().unwrap_err().to_string(),
        "own:18:11: a block has one expectation; give each its own block"
    );
    assert!(lives[3].expect.as_ref().unwrap_err().to_string().starts_with("own:22:9: unknown unit \"apples\""));
    let drawn = book.render(40);
    let slots: Vec<_> = drawn.iter().filter(|l| matches!(l.anchor, Some(Anchor::Block(_)))).map(Line::text).collect();
    assert_eq!(slots, ["   ╰ ", "   ╰ ", "╰ ", "╰ "]);
    assert!(book.query(7, &Labels::empty()).is_none());
    assert!(book.query(0, &Labels::empty()).unwrap().is_err());
}

#[test]
fn braces_around_a_variable_are_no_syntax_error() {
    let book = Runbook::parse("own", "```promql\nup{instance=~\"${instance}|x\"}\n```\n");
    let filled = |labels| book.query(0, &labels).unwrap().unwrap().query.text().to_owned();
    assert_eq!(filled(Labels::from_pairs([("instance", "a.b")])), r#"up{instance=~"a\\.b|x"}"#);
    assert_eq!(filled(Labels::empty()), r#"up{instance=~".*|x"}"#);
}

#[test]
fn links_show_where_they_lead() {
    assert_eq!(shown("[lag](docs/lag.md) [lag](lag.md#a)", 80), "lag [1] lag [2: lag.md#a]");
    let book = Runbook::parse("t", "[docs](https://a.io/x) <https://b.io> [**bold**](#verify) ![a](b.png) [](c)");
    assert_eq!(
        book.render(200)[0].text(),
        "docs [1: https://a.io/x] https://b.io [2] bold [3: #verify] a [4: b.png] [5: c]"
    );
    let urls: Vec<_> = book.links.iter().map(|l| (l.text.as_str(), l.url.as_str())).collect();
    let wanted =
        [("docs", "https://a.io/x"), ("https://b.io", "https://b.io"), ("bold", "#verify"), ("a", "b.png"), ("", "c")];
    assert_eq!(urls, wanted);
}

#[test]
fn html_is_left_out_and_words_to_fill_in_are_not() {
    let text = "<div align=center>\n<b>Now</b><!-- x -->\n</div>\n\nput s3://<bucket>/<path> a<br>b <script>alert(1)</script>\n";
    assert_eq!(shown(text, 80), "Now\n\nput s3://<bucket>/<path> a\nb alert(1)");
}

#[test]
fn headings_are_reached_by_their_fragment() {
    let book = Runbook::parse("x", "---\ntitle: no\n---\n## Intro\n# The `S3` Runbook!\n## Verify it\n## Verify it\n");
    assert_eq!(book.title, "The S3 Runbook!");
    assert_eq!(
        book.sections.iter().map(|s| s.slug.as_str()).collect::<Vec<_>>(),
        ["intro", "the-s3-runbook", "verify-it", "verify-it-1"]
    );
    assert_eq!(book.section("#user-content-verify-it-1"), Some(3));
    assert_eq!(book.section("Verify it"), Some(2));
    assert_eq!(book.section("nothing"), None);
    assert_eq!(book.sections[1].line, 5);
    assert_eq!(Runbook::parse("plain-name", "text").title, "plain-name");
    let lines = book.render(30);
    assert_eq!(lines[0].text(), format!("Intro {}", "─".repeat(24)));
    assert_eq!(lines[0].anchor, Some(Anchor::Heading(2, 0)));
}

#[test]
fn nothing_that_steers_a_terminal_comes_through() {
    let text = "# a\x1b[2J\n\n\x1b]8;;http://x\x07 \u{202e}b `c\x1bd` [e\x1b](f\x1b)\n\n```promql\x1b\nx\x1b\n```\n\n- [ ] g\x07\n\n| h\x1b |\n|---|\n\n&#27;[1m";
    let book = Runbook::parse("n\x1b", text);
    let drawn: String = book.render(40).iter().map(Line::text).collect();
    let kept =
        format!("{:?}{:?}{:?}{:?}{}{}", book.sections, book.blocks, book.tasks, book.links, book.title, book.name);
    for text in [drawn, kept] {
        let bad = text.chars().find(|c| c.is_control() || *c == '\u{202e}');
        assert_eq!(bad, None, "{text}");
        // What `Debug` escapes was still there.
        assert!(!text.contains("\\u{1b}") && !text.contains("\\u{7}"), "{text}");
    }
}

#[test]
fn a_text_that_is_too_long_says_so() {
    let text = format!("{}日", "word ".repeat(MAX_BYTES / 5 + 1));
    let book = Runbook::parse("long", &text);
    assert_eq!(book.left_out, text.len() - MAX_BYTES);
    let last = book.render(80).pop().unwrap();
    assert!(last.text().ends_with("bytes more are left out: the runbook is too long"), "{last:?}");
    let many = Runbook::parse("many", &"x\n\n".repeat(MAX_LINES)).render(80);
    assert_eq!(many.len(), MAX_LINES);
    assert!(many.last().unwrap().text().contains("too many lines"));
}

/// Texts that make a careless reader slow, deep or large.
#[test]
fn no_text_takes_long() {
    let size = 60_000;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let texts = [
        fill(">"),
        fill("> "),
        fill("- "),
        format!("{}\n{}", fill("- "), "\n".repeat(size)),
        fill("1. "),
        fill("["),
        fill("![a]("),
        fill("*a_ "),
        fill("**a "),
        fill("`a``"),
        fill("<a "),
        fill("<!--"),
        fill("a|"),
        format!("{}\n{}\n{}", "a|".repeat(2_000), "-|".repeat(2_000), "a\n".repeat(20_000)),
        fill("|a\n"),
        fill("# a\n"),
        fill("```\n"),
        fill("```promql\nup\n```\n"),
        fill("[a]: b\n"),
        fill("[^a]: b\n"),
        fill("e\u{301}"),
        fill("&amp;"),
        (0..300).fold(String::new(), |mut text, i| {
            writeln!(text, "{}- x", "  ".repeat(i)).unwrap();
            text
        }),
        "#".repeat(size),
        "\t".repeat(size),
    ];
    for text in texts {
        #[expect(clippy::disallowed_methods, reason = "a duration is measured")]
        let start = Instant::now();
        let book = Runbook::parse("slow", &text);
        for width in [1, 7, 80] {
            check_lines(&book.render(width), width);
        }
        let took = start.elapsed().as_secs();
        assert!(took < 60, "{took} s for {:?}…", text.chars().take(20).collect::<String>());
    }
}

fn check_lines(lines: &[Line], width: usize) {
    for line in lines {
        assert!(line.width() <= width, "{} > {width}: {line:?}", line.width());
        assert!(line.spans.iter().all(|span| !span.text.is_empty()), "{line:?}");
        assert!(!line.text().chars().any(char::is_control), "{line:?}");
    }
}

/// Markdown of pieces that mean something, in an order that does not.
fn muddle() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# ",
        "## ",
        "- ",
        "* ",
        "1. ",
        "  ",
        "    ",
        "> ",
        "[ ] ",
        "- [x] ",
        "`",
        "```",
        "```promql\n",
        "# expect: < 5%\n",
        "up",
        "{a=\"$b\"}",
        "**",
        "*",
        "_",
        "~~",
        "[",
        "](",
        ")",
        "![",
        "<",
        ">",
        "<br>",
        "<!--",
        "-->",
        "|",
        "|---|",
        "\n",
        "\n",
        "\n\n",
        "\t",
        " ",
        "\\",
        "---\n",
        "日本語",
        "👩\u{200d}🚒",
        "e\u{301}",
        "\x1b[2J",
        "\u{202e}",
        "\u{0}",
        "https://example.org/a/very/long/path?with=query",
        "word",
        "&lt;",
        "[^1]",
        "[^1]: ",
        "$",
        "\r",
        "ﷺ",
        "\u{feff}",
    ]);
    prop::collection::vec(prop_oneof![9 => piece.prop_map(str::to_owned), 1 => any::<String>()], 0..60)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_no_line_is_too_wide(text in muddle(), width in prop_oneof![1_usize..6, 6_usize..140]) {
        let book = Runbook::parse("any", &text);
        let lines = book.render(width);
        check_lines(&lines, width);
        let slots = lines.iter().filter(|l| matches!(l.anchor, Some(Anchor::Block(_)))).count();
        prop_assert_eq!(slots, book.blocks.iter().filter(|b| b.live.is_some()).count());
        let heads = lines.iter().filter(|l| matches!(l.anchor, Some(Anchor::Heading(..)))).count();
        prop_assert!(heads <= book.sections.len());
        for id in 0..book.blocks.len() {
            drop(book.query(id, &Labels::from_pairs([("b", "x\"\\{日")])));
        }
    }

    #[test]
    fn a_wider_page_never_loses_text(text in "[a-z日][a-z日 ]{0,200}", width in 2_usize..60) {
        let squeezed = |width| lines(&text, width).concat().replace(' ', "");
        prop_assert_eq!(squeezed(width), squeezed(500));
    }
}
