//! The tree of a runbook as lines of a width. Uses nothing of the crate.

use super::document::{Item, List, Node, Run};
use super::{Anchor, Line, Role, Runbook, Span, table, wrap};

/// Most lines that one runbook becomes; the last of them says that it goes on.
pub const MAX_LINES: usize = 50_000;

/// Cells that are left for text, if there are as many, before nested blocks are no longer indented.
const LEAST_ROOM: usize = 12;

/// Stands left of code, and of the line below it that is for its value.
const GUTTER: &str = "│ ";
const SLOT: &str = "╰ ";
/// Where a line of code goes on.
const CUT: &str = "…";

/// `width` is at least 1.
pub(super) fn render(book: &Runbook, width: usize) -> Vec<Line> {
    let mut page = Page { book, lines: Vec::new() };
    let mut frame = Frame { first: None, rest: Vec::new(), room: width, plain: Role::Text };
    page.nodes(&book.body, &mut frame, true);
    let notice = if page.is_full() {
        page.lines.truncate(MAX_LINES - 1);
        Some("… the rest is left out: the runbook has too many lines".to_owned())
    } else if book.left_out > 0 {
        Some(format!("… {} bytes more are left out: the runbook is too long", book.left_out))
    } else {
        None
    };
    if let Some(notice) = notice {
        let spans = wrap::wrap(&[Run::Text(notice, Role::Notice)], width, Role::Notice);
        page.lines.extend(spans.into_iter().map(|spans| Line { spans, anchor: None }));
        page.lines.truncate(MAX_LINES);
    }
    page.lines
}

/// What stands left of the blocks inside a list or quote.
struct Frame {
    /// On the next line only: a list's marker.
    first: Option<Vec<Span>>,
    rest: Vec<Span>,
    /// Cells right of it, at least 1.
    room: usize,
    plain: Role,
}

impl Frame {
    /// A frame inside this one, with `first` left of its first line and `rest` left of the others, both as wide. Where that
    /// leaves too little room there is only a marker, or nothing.
    fn inside(&mut self, first: Vec<Span>, rest: Vec<Span>, plain: Role) -> Self {
        let outer = self.first.take();
        let wide = |spans: &[Span]| spans.iter().map(|s| wrap::width(&s.text)).sum::<usize>();
        let marker: Vec<Span> =
            first.iter().filter(|s| matches!(s.role, Role::Marker | Role::Task(_))).take(1).cloned().collect();
        let (first, rest) = if self.room >= wide(&first) + LEAST_ROOM {
            (first, rest)
        } else if wide(&marker) < self.room {
            let pad = vec![blank(wide(&marker)); marker.len()];
            (marker, pad)
        } else {
            (Vec::new(), Vec::new())
        };
        let room = self.room - wide(&first);
        let lead =
            if first.is_empty() { outer } else { Some([outer.unwrap_or_else(|| self.rest.clone()), first].concat()) };
        Self { first: lead, rest: [self.rest.clone(), rest].concat(), room, plain }
    }
}

fn span(text: impl Into<String>, role: Role) -> Span {
    Span { text: text.into(), role }
}

fn blank(cells: usize) -> Span {
    span(" ".repeat(cells), Role::Text)
}

struct Page<'r> {
    book: &'r Runbook,
    lines: Vec<Line>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.lines.len() > MAX_LINES
    }

    fn emit(&mut self, frame: &mut Frame, spans: Vec<Span>, anchor: Option<Anchor>) {
        let mut all = frame.first.take().unwrap_or_else(|| frame.rest.clone());
        all.extend(spans);
        if !matches!(anchor, Some(Anchor::Block(_))) {
            trim_end(&mut all);
        }
        self.lines.push(Line { spans: all, anchor });
    }

    fn nodes(&mut self, nodes: &[Node], frame: &mut Frame, spaced: bool) {
        for (i, node) in nodes.iter().enumerate() {
            if self.is_full() {
                return;
            }
            if i > 0 && spaced {
                self.emit(frame, Vec::new(), None);
            }
            self.node(node, frame);
        }
    }

    fn node(&mut self, node: &Node, frame: &mut Frame) {
        match node {
            Node::Heading(section, runs) => self.heading(*section, runs, frame),
            Node::Paragraph(runs) => {
                for spans in wrap::wrap(runs, frame.room, frame.plain) {
                    self.emit(frame, spans, None);
                }
            }
            Node::Code(block) => self.code(*block, frame),
            Node::Quote(label, children) => {
                let bar = || vec![span(GUTTER, Role::Border)];
                let mut inner = frame.inside(bar(), bar(), Role::Quote);
                if let Some(label) = label {
                    for spans in wrap::wrap(&[Run::Text((*label).to_owned(), Role::Label)], inner.room, Role::Label) {
                        self.emit(&mut inner, spans, None);
                    }
                }
                self.nodes(children, &mut inner, true);
                self.close(&mut inner);
            }
            Node::List(list) => self.list(list, frame),
            Node::Table(table) => {
                for spans in table::lines(table, frame.room, frame.plain) {
                    self.emit(frame, spans, None);
                }
            }
            Node::Rule => self.emit(frame, vec![span("─".repeat(frame.room), Role::Border)], None),
        }
    }

    /// A marker that nothing followed stands alone.
    fn close(&mut self, frame: &mut Frame) {
        if frame.first.is_some() {
            self.emit(frame, Vec::new(), None);
        }
    }

    fn heading(&mut self, section: usize, runs: &[Run], frame: &mut Frame) {
        let level = self.book.sections.get(section).map_or(1, |s| s.level);
        let mut anchor = Some(Anchor::Heading(level, section));
        let lines = wrap::wrap(runs, frame.room, Role::Heading(level));
        let mut widest = 0;
        let last = lines.len().saturating_sub(1);
        for (i, mut spans) in lines.into_iter().enumerate() {
            let wide = spans.iter().map(|s| wrap::width(&s.text)).sum();
            widest = widest.max(wide);
            // What divides a runbook is seen without colours too.
            if level == 2 && i == last && frame.room > wide + 1 {
                spans.push(span(" ", Role::Heading(level)));
                spans.push(span("─".repeat(frame.room - wide - 1), Role::Border));
            }
            self.emit(frame, spans, anchor.take());
        }
        if level == 1 && widest > 0 {
            self.emit(frame, vec![span("═".repeat(widest), Role::Border)], None);
        }
    }

    fn code(&mut self, id: usize, frame: &mut Frame) {
        let Some(block) = self.book.blocks.get(id) else { return };
        let gutter = if frame.room > LEAST_ROOM { GUTTER } else { "" };
        let room = frame.room - wrap::width(gutter);
        let lead = |text: &str| (!text.is_empty()).then(|| span(text, Role::Border));
        let mut anchor = Some(Anchor::Code(id));
        for line in block.text.split('\n') {
            let role = role_of(line, block.live.is_some());
            let mut spans: Vec<Span> = lead(gutter).into_iter().collect();
            let (mut kept, cut) = wrap::head(line, room);
            if cut {
                (kept, _) = wrap::head(line, room - 1);
            }
            spans.extend((!kept.is_empty()).then(|| span(kept, role)));
            spans.extend(cut.then(|| span(CUT, Role::Notice)));
            self.emit(frame, spans, anchor.take());
            if self.is_full() {
                return;
            }
        }
        if block.live.is_some() {
            let slot = if gutter.is_empty() { "" } else { SLOT };
            self.emit(frame, lead(slot).into_iter().collect(), Some(Anchor::Block(id)));
        }
    }

    fn list(&mut self, list: &List, frame: &mut Frame) {
        let highest = list.start.map(|start| start.saturating_add(list.items.len() as u64).saturating_sub(1));
        let digits = highest.map_or(0, |n| n.to_string().len());
        for (i, item) in list.items.iter().enumerate() {
            if self.is_full() {
                return;
            }
            if i > 0 && list.loose {
                self.emit(frame, Vec::new(), None);
            }
            let number = list.start.map(|start| start.saturating_add(i as u64));
            self.item(item, number.map(|n| format!("{n:>digits$}.")), frame, list.loose);
        }
    }

    fn item(&mut self, item: &Item, number: Option<String>, frame: &mut Frame, spaced: bool) {
        let task = item.task.and_then(|id| self.book.tasks.get(id));
        let mut first = Vec::new();
        if number.is_some() || task.is_none() {
            first.push(span(number.unwrap_or_else(|| "•".to_owned()), Role::Marker));
            first.push(blank(1));
        }
        if let Some(task) = task {
            first.push(span(if task.ticked_in_source { "[x]" } else { "[ ]" }, Role::Task(task.id)));
            first.push(blank(1));
        }
        let wide = first.iter().map(|s| wrap::width(&s.text)).sum();
        let plain = frame.plain;
        let mut inner = frame.inside(first, vec![blank(wide)], plain);
        let begins = self.lines.len();
        self.nodes(&item.children, &mut inner, spaced);
        self.close(&mut inner);
        if let (Some(task), Some(line)) = (task, self.lines.get_mut(begins)) {
            // A block that begins on the same line keeps its own anchor: it can be reached by no other line.
            line.anchor.get_or_insert(Anchor::Task(task.id));
        }
    }
}

fn role_of(line: &str, runs: bool) -> Role {
    let Some(comment) = line.trim_start().strip_prefix('#') else { return Role::CodeBlock };
    let word = comment.trim_start().get(..6).unwrap_or_default();
    if runs && word.eq_ignore_ascii_case("expect") { Role::Expect } else { Role::Comment }
}

/// Spaces at the end of a line are nothing to draw.
fn trim_end(spans: &mut Vec<Span>) {
    while let Some(last) = spans.last_mut() {
        last.text.truncate(last.text.trim_end_matches(' ').len());
        if !last.text.is_empty() {
            return;
        }
        spans.pop();
    }
}
