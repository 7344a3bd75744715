//! The screen as a page.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use super::run::runs;
use super::{Ground, Look, escape, hex};

/// The screen as a standalone HTML 5 page without scripts: text that can be searched and copied.
pub fn html(buf: &Buffer, ground: Ground, title: &str) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>\n\
         body {{ margin: 1em; background: {}; }}\n\
         pre {{ color: {}; font: 14px/1.25 'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace; }}\n\
         </style>\n</head>\n<body>\n<pre>",
        escape(title),
        hex(ground.back),
        hex(ground.text),
    );
    for y in 0..buf.area.height {
        for run in runs(buf, y) {
            let look = Look::of(run.style, ground);
            let css = css(look, ground);
            if css.is_empty() {
                out.push_str(&escape(&run.text));
            } else {
                // Writing into a string cannot fail.
                write!(out, "<span style=\"{css}\">{}</span>", escape(&run.text)).ok();
            }
        }
        out.push('\n');
    }
    out.push_str("</pre>\n</body>\n</html>\n");
    out
}

fn css(look: Look, ground: Ground) -> String {
    let mut rules = Vec::new();
    if look.text != ground.text {
        rules.push(format!("color:{}", hex(look.text)));
    }
    rules.extend(look.back.map(|back| format!("background:{}", hex(back))));
    for (on, rule) in [
        (look.bold, "font-weight:bold"),
        (look.italic, "font-style:italic"),
        (look.underlined, "text-decoration:underline"),
    ] {
        if on {
            rules.push(rule.to_owned());
        }
    }
    rules.join(";")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;

    #[test]
    fn a_page_holds_the_text_and_nothing_that_runs() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 24, 1));
        buf.set_string(0, 0, "<script>x</script>", Style::new().fg(Color::Rgb(255, 0, 0)));
        let page = html(&buf, Ground::DARK, "t");
        assert!(page.contains("<span style=\"color:#ff0000\">&lt;script&gt;x&lt;/script&gt;</span>"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}
