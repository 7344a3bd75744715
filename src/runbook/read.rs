//! Markdown into the tree. Uses `series` of the crate.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::document::{Item, List, Node, Run, Table, plain, slug};
use super::fault::Lines;
use super::markup::{self, Piece};
use super::{Block, Link, MAX_BYTES, Role, Runbook, Section, Task, live, reference};
use crate::series::printable;

/// Lists and quotes nested deeper than this are flattened.
const DEEPEST: usize = 24;

pub(super) fn read(name: &str, text: &str) -> Runbook {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let end = (0..=MAX_BYTES.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or_default();
    let (kept, rest) = text.split_at(end);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut reader = Reader::new(name, kept);
    for (event, place) in Parser::new_ext(kept, options).into_offset_iter() {
        reader.event(event, place);
    }
    let mut book = reader.finish();
    book.left_out = rest.len();
    book
}

/// A container that is open.
enum Frame {
    Quote(Option<&'static str>, Vec<Node>),
    List(List),
    Item(Item),
}

/// A code block that is open: its language, whether it is fenced, its text, and where pieces of it come from.
struct Code {
    language: String,
    fenced: bool,
    start: usize,
    text: String,
    /// Bytes of the text and of the source, ascending.
    places: Vec<(usize, usize)>,
}

struct Reader<'t> {
    lines: Lines<'t>,
    book: Runbook,
    body: Vec<Node>,
    open: Vec<Frame>,
    /// Containers opened beyond [`DEEPEST`].
    ignored: usize,
    runs: Vec<Run>,
    /// What the flowing text is, outermost first.
    roles: Vec<Role>,
    heading: Option<Range<usize>>,
    level: u8,
    code: Option<Code>,
    table: Option<Table>,
    html: Option<String>,
    /// Where the text of an open link or image begins in `runs`, with its index.
    linking: Vec<(usize, usize)>,
    /// A task whose text is not yet complete.
    tasking: Option<usize>,
    metadata: bool,
    slugs: HashMap<String, usize>,
}

impl<'t> Reader<'t> {
    fn new(name: &str, text: &'t str) -> Self {
        let name = printable(name).into_owned();
        Self {
            lines: Lines::new(&name, text),
            book: Runbook {
                title: name.clone(),
                name,
                sections: Vec::new(),
                blocks: Vec::new(),
                tasks: Vec::new(),
                links: Vec::new(),
                left_out: 0,
                body: Vec::new(),
            },
            body: Vec::new(),
            open: Vec::new(),
            ignored: 0,
            runs: Vec::new(),
            roles: Vec::new(),
            heading: None,
            level: 0,
            code: None,
            table: None,
            html: None,
            linking: Vec::new(),
            tasking: None,
            metadata: false,
            slugs: HashMap::new(),
        }
    }

    fn event(&mut self, event: Event<'_>, place: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, place),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match (&mut self.code, &mut self.html) {
                (Some(code), _) => {
                    code.places.push((code.text.len(), place.start));
                    code.text.push_str(&text);
                }
                (None, Some(html)) => html.push_str(&text),
                (None, None) => self.say(&text),
            },
            Event::Code(text) => {
                let role = self.linking.last().map_or(Role::Code, |&(_, link)| Role::Link(link));
                self.runs.push(Run::Text(prose(&text), role));
            }
            Event::Html(html) => match &mut self.html {
                Some(all) => all.push_str(&html),
                None => self.show(&html),
            },
            Event::InlineHtml(html) => self.show(&html),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.say(&text),
            Event::FootnoteReference(name) => self.say(&format!("[^{name}]")),
            Event::SoftBreak => self.say(" "),
            Event::HardBreak => self.runs.push(Run::Break),
            Event::Rule => self.add(Node::Rule),
            Event::TaskListMarker(ticked) => self.task(ticked, place.start),
        }
    }

    fn role(&self) -> Role {
        if let Some(&(_, link)) = self.linking.last() {
            return Role::Link(link);
        }
        if self.heading.is_some() {
            return Role::Heading(self.level);
        }
        self.roles.last().copied().unwrap_or(Role::Text)
    }

    fn say(&mut self, text: &str) {
        if !self.metadata && !text.is_empty() {
            let role = self.role();
            self.runs.push(Run::Text(prose(text), role));
        }
    }

    /// What is to be seen of HTML.
    fn show(&mut self, html: &str) {
        for piece in markup::visible(html) {
            match piece {
                Piece::Text(text) => self.say(text),
                Piece::Break => self.runs.push(Run::Break),
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, place: Range<usize>) {
        match tag {
            Tag::Emphasis => self.roles.push(Role::Emphasis),
            Tag::Strong => self.roles.push(Role::Strong),
            Tag::Strikethrough => self.roles.push(Role::Struck),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.linking.push((self.runs.len(), self.book.links.len()));
                self.book.links.push(Link { text: String::new(), url: prose(&dest_url) });
            }
            Tag::TableHead | Tag::TableRow | Tag::TableCell => self.runs.clear(),
            block => {
                self.paragraph();
                self.start_block(block, place);
            }
        }
    }

    fn start_block(&mut self, tag: Tag<'_>, place: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.level = level as u8;
                self.heading = Some(place);
            }
            Tag::Paragraph => {
                // Only a loose list has paragraphs in its items.
                if let [.., Frame::List(list), Frame::Item(_)] = self.open.as_mut_slice()
                    && self.ignored == 0
                {
                    list.loose = true;
                }
            }
            Tag::BlockQuote(kind) => self.enter(Frame::Quote(kind.map(label), Vec::new())),
            Tag::FootnoteDefinition(name) => {
                self.enter(Frame::Quote(None, Vec::new()));
                self.say(&format!("[^{name}]: "));
            }
            Tag::List(start) => self.enter(Frame::List(List { start, loose: false, items: Vec::new() })),
            Tag::Item => self.enter(Frame::Item(Item::default())),
            Tag::CodeBlock(kind) => {
                let info = if let CodeBlockKind::Fenced(info) = &kind { info } else { "" };
                let language = info.split([' ', '\t', ',', '{']).next().unwrap_or_default().to_lowercase();
                self.code = Some(Code {
                    language: prose(&language),
                    fenced: matches!(kind, CodeBlockKind::Fenced(_)),
                    start: place.start,
                    text: String::new(),
                    places: Vec::new(),
                });
            }
            Tag::Table(alignments) => self.table = Some(Table { alignments, ..Table::default() }),
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::MetadataBlock(_) => self.metadata = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.roles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.runs);
                if let Some(table) = &mut self.table {
                    match table.rows.last_mut() {
                        Some(row) => row.push(cell),
                        None => table.head.push(cell),
                    }
                }
            }
            // A row is opened by the end of the one before it, so that its cells know where they belong.
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            TagEnd::Table => {
                if let Some(mut table) = self.table.take() {
                    table.rows.pop();
                    self.add(Node::Table(table));
                }
            }
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.show(&html);
                self.paragraph();
            }
            TagEnd::MetadataBlock(_) => self.metadata = false,
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition | TagEnd::List(_) | TagEnd::Item => {
                self.paragraph();
                self.leave();
            }
            _ => self.paragraph(),
        }
    }

    fn enter(&mut self, frame: Frame) {
        if self.open.len() < DEEPEST && self.ignored == 0 {
            self.open.push(frame);
        } else {
            self.ignored += 1;
        }
    }

    fn leave(&mut self) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        match self.open.pop() {
            Some(Frame::Quote(label, children)) => self.add_node(Node::Quote(label, children)),
            Some(Frame::List(list)) => self.add_node(Node::List(list)),
            Some(Frame::Item(item)) => match self.open.last_mut() {
                Some(Frame::List(list)) => list.items.push(item),
                _ => item.children.into_iter().for_each(|node| self.add_node(node)),
            },
            None => {}
        }
    }

    fn add(&mut self, node: Node) {
        self.paragraph();
        self.add_node(node);
    }

    fn add_node(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.body.push(node),
            Some(Frame::Quote(_, children) | Frame::Item(Item { children, .. })) => children.push(node),
            // Where nesting is cut off, what was in an item becomes one.
            Some(Frame::List(list)) => list.items.push(Item { task: None, children: vec![node] }),
        }
    }

    /// Ends the flowing text, if there is any.
    fn paragraph(&mut self) {
        if self.heading.is_some() || self.table.is_some() {
            return;
        }
        let runs = std::mem::take(&mut self.runs);
        if let Some(id) = self.tasking.take() {
            self.book.tasks[id].text = plain(&runs);
        }
        let blank = |run: &Run| matches!(run, Run::Text(text, _) if text.trim().is_empty());
        if !runs.iter().all(|run| blank(run) || *run == Run::Break) {
            self.add_node(Node::Paragraph(runs));
        }
    }

    fn end_heading(&mut self) {
        let Some(place) = self.heading.take() else { return };
        let runs = std::mem::take(&mut self.runs);
        let text = plain(&runs);
        let mut slug = slug(&text);
        let seen = self.slugs.entry(slug.clone()).or_insert(0);
        if *seen > 0 {
            slug = format!("{slug}-{seen}");
        }
        *seen += 1;
        let section = Section { level: self.level, text, slug, line: self.lines.line(place.start) };
        self.add_node(Node::Heading(self.book.sections.len(), runs));
        self.book.sections.push(section);
    }

    fn end_link(&mut self) {
        let Some((from, index)) = self.linking.pop() else { return };
        let text = plain(self.runs.get(from..).unwrap_or_default());
        let Some(link) = self.book.links.get_mut(index) else { return };
        // `[consumer-lag](consumer-lag.md)` says where it leads already.
        let name = || reference::last_part(&link.url).is_some_and(|r| r.name == text && r.fragment.is_empty());
        let same =
            link.url == text || link.url.strip_prefix("mailto:") == Some(&text) || (!link.url.contains(':') && name());
        let number = index + 1;
        let shown = match (text.is_empty(), same) {
            (true, _) => format!("[{number}: {}]", link.url),
            (false, true) => format!(" [{number}]"),
            (false, false) => format!(" [{number}: {}]", link.url),
        };
        link.text = text;
        self.runs.push(Run::Text(shown, Role::Link(index)));
    }

    fn end_code(&mut self) {
        let Some(mut code) = self.code.take() else { return };
        let kept = code.text.trim_end_matches(['\n', '\r']).len();
        code.text.truncate(kept);
        let id = self.book.blocks.len();
        let first = code.places.first().map_or(code.start, |&(_, source)| source);
        let source = |at: usize| {
            let i = code.places.partition_point(|&(text, _)| text <= at);
            i.checked_sub(1).map_or(first, |i| code.places[i].1 + (at - code.places[i].0))
        };
        let live = (code.fenced && code.language == "promql")
            .then(|| live::read(&code.text, |at, message| self.lines.fault(source(at), message)));
        let text: Vec<String> =
            code.text.lines().map(|line| printable(&line.replace('\t', "    ")).into_owned()).collect();
        self.book.blocks.push(Block {
            id,
            line: self.lines.line(first),
            section: self.book.sections.len().checked_sub(1),
            language: code.language,
            text: text.join("\n"),
            live,
        });
        self.add_node(Node::Code(id));
    }

    fn task(&mut self, ticked: bool, at: usize) {
        let Some(Frame::Item(item)) = self.open.last_mut().filter(|_| self.ignored == 0) else {
            // Nested too deep for a box of its own.
            self.say(if ticked { "[x] " } else { "[ ] " });
            return;
        };
        let id = self.book.tasks.len();
        item.task = Some(id);
        self.tasking = Some(id);
        let section = self.book.sections.len().checked_sub(1);
        let line = self.lines.line(at);
        self.book.tasks.push(Task { id, line, section, text: String::new(), ticked_in_source: ticked });
    }

    fn finish(mut self) -> Runbook {
        self.paragraph();
        while !self.open.is_empty() {
            self.ignored = 0;
            self.leave();
        }
        let title = self.book.sections.iter().filter(|s| !s.text.is_empty()).min_by_key(|s| s.level);
        if let Some(section) = title {
            self.book.title.clone_from(&section.text);
        }
        self.book.body = self.body;
        self.book
    }
}

/// Text that flows, safe for the screen. Signs that only choose how their neighbours look, as emoji are full of, are left
/// out: on the screen they would be replacement characters.
fn prose(text: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}');
    let spaced = |c: char| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
    let text: String = text.chars().filter(|&c| !hidden(c)).map(spaced).collect();
    printable(&text).into_owned()
}

fn label(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}
