//! YAML text -> tree, within limits.
//!
//! Anchors, aliases and merge keys are resolved here; tags and further documents are refused.

mod syntax;

use super::tree::{Entry, File, MOST_PROBLEMS, Node, Span, Value};
use crate::diagnostic::{Diagnostic, Report};
use granit_parser::{Event, Parser, ScalarStyle};
use std::collections::BTreeMap;

const DEPTH: usize = 64;
const NODES: usize = 100_000;
const ALIASES: usize = 100;

/// The one document of `text`, which `file` shows. Problems go to the report; `None` where there is no tree to go on with.
///
/// Errors: `BW-D101` syntax, `BW-D102` duplicate key, `BW-D103` limits, `BW-D104` documents, `BW-D105` tags,
/// `BW-D106` empty, `BW-D110` control characters, `BW-D202` a key that is not text.
pub fn parse(file: &File, text: &str, report: &mut Report) -> Option<Node> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
        disallow_directives: true,
        emit_comments: false,
    };
    let mut reading = Reading {
        file,
        text,
        report,
        events: Parser::new_from_str_with_options(text, options),
        anchors: BTreeMap::new(),
        nodes: 0,
        aliases: 0,
    };
    match reading.document() {
        Ok(root) => root,
        Err(fault) => {
            report.push(*fault);
            None
        }
    }
}

/// What ends the reading of a file; anything else is reported and read over.
type Fault = Box<Diagnostic>;

struct Reading<'a> {
    file: &'a File,
    text: &'a str,
    report: &'a mut Report,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    /// Whole subtrees and their node counts, by anchor id; `None` while one is still being read.
    anchors: BTreeMap<usize, Option<(Node, usize)>>,
    nodes: usize,
    aliases: usize,
}

impl<'a> Reading<'a> {
    fn document(&mut self) -> Result<Option<Node>, Fault> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    let second = self.file.error(
                        "BW-D104",
                        &span,
                        "a second document begins in the same file",
                    );
                    return Err(Box::new(
                        second.help("write one document a file: move what follows into its own"),
                    ));
                }
                Event::DocumentStart(..) => {}
                _ => root = Some(self.node(event, span, 1)?),
            }
        }
        if root.as_ref().is_none_or(Node::is_nothing) {
            let empty = self.file.error("BW-D106", &(0..0), "the file is empty");
            self.report
                .push(empty.help("begin with `kind:` and `name:`"));
            return Ok(None);
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let end = self.text.len();
                let bytes = span.byte_range().unwrap_or(end..end);
                let start = span.tag_start().and_then(|mark| mark.byte_offset());
                // A tag stands before the value it belongs to, and is what is complained about.
                Ok((
                    event.clone(),
                    start
                        .filter(|_| event.tag().is_some())
                        .unwrap_or(bytes.start)..bytes.end,
                ))
            }
            Some(Err(error)) => Err(Box::new(self.syntax(&error))),
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Fault> {
        if depth > DEPTH {
            return Err(self.too_deep(&span));
        }
        if let Event::Alias(id) = event {
            return self.alias(id, span, depth);
        }
        if let Some(tag) = event.tag() {
            let tag = self.file.error(
                "BW-D105",
                &span,
                format!("tags are not allowed: `{}`", tag.original()),
            );
            self.report
                .push(tag.help("remove the tag; types follow from the key"));
        }
        let before = self.nodes;
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(self.too_many(&span));
        }
        let anchor = event.anchor_id();
        if let Some(id) = anchor {
            self.anchors.insert(id, None);
        }
        let node = match event {
            Event::Scalar(text, style, ..) => {
                self.printable(&text, &span);
                Node {
                    span,
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain,
                    },
                }
            }
            Event::SequenceStart(..) => self.list(span, depth)?,
            Event::MappingStart(..) => self.map(span, depth)?,
            other => unreachable!("no node begins with {other:?}"),
        };
        if let Some(id) = anchor {
            let size = self.nodes - before;
            self.anchors.insert(id, Some((node.clone(), size)));
        }
        Ok(node)
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<Node, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node {
                    span: whole(&start, &span, items.last()),
                    value: Value::List(items),
                });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Node, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut first_keys: BTreeMap<String, Span> = BTreeMap::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(self.close_map(
                    whole(&start, &span, entries.last().map(|entry| &entry.value)),
                    entries,
                    merged,
                    first_keys,
                ));
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let Some(text) = key.text() else {
                let fault =
                    self.file
                        .error("BW-D202", &key.span, "a key is text, not a list or a map");
                self.report.push(fault);
                continue;
            };
            if text == "<<" {
                merged.push(value);
                continue;
            }
            match first_keys.get(text) {
                Some(first) => self.written_twice(text, &key.span, first)?,
                None => {
                    first_keys.insert(text.to_owned(), key.span.clone());
                    entries.push(Entry {
                        key: text.to_owned(),
                        key_span: key.span,
                        value,
                    });
                }
            }
        }
    }

    /// A file of nothing but repeated keys is not read to its end.
    fn written_twice(&mut self, key: &str, span: &Span, first: &Span) -> Result<(), Fault> {
        if self.report.len() + 1 >= MOST_PROBLEMS {
            return Err(self.limit(span, format!("{MOST_PROBLEMS} problems")));
        }
        let (line, _) = self.file.source.line_column(first.start);
        let fault = self.file.error(
            self.file.codes.duplicate_key,
            span,
            format!("`{key}` is written twice"),
        );
        self.report.push(
            fault
                .label(self.file.place(first), "first written here")
                .help(format!("keep one; the first `{key}` is on line {line}")),
        );
        Ok(())
    }

    /// Adds what merge keys bring: keys written in the map itself go first, then the earlier of several sources.
    fn close_map(
        &mut self,
        span: Span,
        mut entries: Vec<Entry>,
        merged: Vec<Node>,
        mut first_keys: BTreeMap<String, Span>,
    ) -> Node {
        let sources = merged.into_iter().flat_map(|source| match source.value {
            Value::List(items) => items,
            _ => vec![source],
        });
        for source in sources {
            let Value::Map(inherited) = source.value else {
                let message = "`<<` wants a map, or a list of maps";
                let fault = self.file.error("BW-D202", &source.span, message);
                self.report.push(
                    fault.help("write `<<: *name`, and `&name` before the map that is meant"),
                );
                continue;
            };
            for entry in inherited {
                if first_keys
                    .insert(entry.key.clone(), entry.key_span.clone())
                    .is_none()
                {
                    entries.push(entry);
                }
            }
        }
        Node {
            span,
            value: Value::Map(entries),
        }
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Node, Fault> {
        self.aliases += 1;
        if self.aliases > ALIASES {
            return Err(self.limit(&span, format!("more than {ALIASES} aliases")));
        }
        match self.anchors.get(&id) {
            Some(Some((node, size))) => {
                if depth + node.depth() > DEPTH + 1 {
                    return Err(self.too_deep(&span));
                }
                // Counted before it is copied: nine levels of nine aliases would be a billion values.
                self.nodes += size;
                if self.nodes > NODES {
                    return Err(self.too_many(&span));
                }
                Ok(node.clone())
            }
            _ => Err(self.limit(
                &span,
                "a recursive alias: it stands inside what it names".to_owned(),
            )),
        }
    }

    fn too_deep(&self, span: &Span) -> Fault {
        self.limit(span, format!("more than {DEPTH} levels deep"))
    }

    fn too_many(&self, span: &Span) -> Fault {
        self.limit(
            span,
            format!("more than {NODES} values, aliases counted in full"),
        )
    }

    fn limit(&self, span: &Span, message: String) -> Fault {
        let limits =
            format!("a file has at most {DEPTH} levels, {NODES} values and {ALIASES} aliases");
        Box::new(
            self.file
                .error(self.file.codes.limit, span, message)
                .help(limits),
        )
    }

    fn printable(&mut self, text: &str, span: &Span) {
        if let Some(fault) = super::value::control_character(text) {
            let fault = self
                .file
                .error(self.file.codes.control_character, span, fault);
            self.report.push(fault.help("remove the character"));
        }
    }
}

/// From the first to the last byte of a list or map; one in block style ends with its last value.
fn whole(start: &Span, end: &Span, last: Option<&Node>) -> Span {
    let bracketed = end.end > end.start;
    let end = match last {
        Some(last) if !bracketed => last.span.end,
        _ => end.end,
    };
    start.start..end.max(start.end)
}
