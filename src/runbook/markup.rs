//! What of HTML in markdown is shown: nothing of tags that a browser knows, all of what only looks like one. Uses nothing
//! of the crate.
//!
//! A runbook that says `s3://<bucket>/` means a word to fill in; dropping that would change what it says.

/// Tags that say how text looks; without them the text says the same.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "li",
    "link",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Elements whose content is no text.
const SILENT: &[&str] = &["script", "style", "svg", "iframe"];

/// A part of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'h> {
    Text(&'h str),
    Break,
}

/// What is to be shown of `html`, in order.
pub(super) fn visible(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        pieces.push(Piece::Text(&rest[..at]));
        rest = &rest[at..];
        let length = if rest.starts_with("<!--") {
            rest.find("-->").map_or(rest.len(), |end| end + 3)
        } else {
            rest.find('>').map_or(rest.len(), |end| end + 1)
        };
        let (tag, after) = rest.split_at(length);
        rest = after;
        let name: String =
            tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
        let ends_name = tag.trim_start_matches(['<', '/']).get(name.len()..).unwrap_or_default();
        let name = name.to_ascii_lowercase();
        // `<a-b>` and `<code_name>` are none of the browser's.
        let known = KNOWN.contains(&name.as_str()) && ends_name.starts_with([' ', '\t', '\n', '\r', '/', '>']);
        if tag.starts_with("<!") || tag.starts_with("<?") {
            continue;
        }
        if !known {
            pieces.push(Piece::Text(tag));
        } else if name == "br" {
            pieces.push(Piece::Break);
        } else if SILENT.contains(&name.as_str()) && !tag.starts_with("</") {
            rest = after_end(rest, &name);
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// What follows the end of element `name`.
fn after_end<'h>(html: &'h str, name: &str) -> &'h str {
    let ends = html.match_indices("</").find(|(at, _)| {
        html.as_bytes().get(at + 2..at + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    });
    let end = ends.and_then(|(at, _)| html[at..].find('>').map(|i| at + i + 1));
    end.map_or("", |end| &html[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        visible(html)
            .iter()
            .map(|p| match p {
                Piece::Text(t) => t,
                Piece::Break => "↵",
            })
            .collect()
    }

    #[test]
    fn tags_go_and_words_to_fill_in_stay() {
        assert_eq!(text("<b>now</b> s3://<bucket>/<your-path>"), "now s3://<bucket>/<your-path>");
        assert_eq!(text("<details>\n<summary>More</summary>"), "\nMore");
        assert_eq!(text("a<br/>b<BR>c"), "a↵b↵c");
        assert_eq!(text("<code-name> <a href=\"x\">y</a>"), "<code-name> y");
    }

    #[test]
    fn comments_and_scripts_are_not_text() {
        assert_eq!(text("a<!-- b > c -->d<script>alert(1)</SCRIPT >e<?php x ?>f"), "adef");
        assert_eq!(text("<style>x"), "");
        assert_eq!(text("<!-- never ends"), "");
        assert_eq!(text("1 < 2"), "1 < 2");
    }
}
