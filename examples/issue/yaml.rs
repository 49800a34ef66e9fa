//! `--cli-input-yaml`: a YAML document as the JSON that it stands for, by the core schema of YAML 1.2.

mod scalar;

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

/// How deep lists and structures may be nested: as deep as in JSON.
const MAX_DEPTH: usize = 127;

/// How many values aliases may repeat, all together.
const MAX_REPEATED: usize = 10_000;

/// The member that stands for a value `!!binary`, which JSON lacks.
const BINARY: &str = "!!binary";

/// The base64 of a value `!!binary`.
pub(crate) fn binary(value: &Value) -> Option<String> {
    value.as_object()?.get(BINARY)?.as_str().map(str::to_owned)
}

/// Reads the one document of a text; null if there is none.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser::new_from_str(text);
    let mut loader = Loader::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let place = span.start;
        let at = |problem: String| format!("{problem} at line {} column {}", place.line(), place.col() + 1);
        loader.take(event).map_err(at)?;
    }
    Ok(loader.document.unwrap_or_default())
}

/// A value, and how many values it consists of.
#[derive(Clone, Default)]
struct Node {
    value: Value,
    size: usize,
    depth: usize,
}

/// A list or structure that is not complete.
struct Open {
    anchor: usize,
    content: Content,
    size: usize,
    depth: usize,
}

enum Content {
    List(Vec<Value>),
    /// The members, and the name of the one whose value comes next.
    Structure(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    repeated: usize,
    document: Option<Value>,
}

impl Loader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) if self.document.is_some() => Err("a second document".to_owned()),
            Event::SequenceStart(anchor, tag) => self.begin(anchor, tag.as_deref(), "seq", Content::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.begin(anchor, tag.as_deref(), "map", Content::Structure(Map::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref()),
            Event::Alias(anchor) => self.alias(anchor),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, kind: &str, content: Content) -> Result<(), String> {
        if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == kind)) {
            return Err(scalar::unsupported(tag));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        if self.expects_name() {
            return Err("the name of a member is not a scalar".to_owned());
        }
        self.open.push(Open { anchor, content, size: 1, depth: 1 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { anchor, content, size, depth }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::List(items) => Value::Array(items),
            Content::Structure(members, _) => Value::Object(members),
        };
        self.add(anchor, Node { value, size, depth })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>) -> Result<(), String> {
        if let Some(Open { content: Content::Structure(members, name @ None), .. }) = self.open.last_mut() {
            if members.contains_key(text) {
                return Err(format!("a second member '{text}'"));
            }
            *name = Some(text.to_owned());
            if anchor > 0 {
                self.anchors.insert(anchor, Node { value: text.into(), size: 1, depth: 0 });
            }
            return Ok(());
        }
        let value = match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "binary" => {
                let base64: String = text.split_whitespace().collect();
                Value::Object(Map::from_iter([(BINARY.to_owned(), base64.into())]))
            }
            tag => scalar::value(text, style, tag)?,
        };
        self.add(anchor, Node { value, size: 1, depth: 0 })
    }

    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        let node = self.anchors.get(&anchor).ok_or("an alias inside what it stands for")?;
        self.repeated += node.size;
        if self.repeated > MAX_REPEATED {
            return Err(format!("aliases repeat more than {MAX_REPEATED} values"));
        }
        if self.open.len() + node.depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        if self.expects_name() {
            return Err("an alias in place of the name of a member".to_owned());
        }
        let node = node.clone();
        self.add(0, node)
    }

    /// Whether the name of a member comes next.
    fn expects_name(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Structure(_, None), .. }))
    }

    /// Puts a complete value where it belongs.
    fn add(&mut self, anchor: usize, node: Node) -> Result<(), String> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.document = Some(node.value);
            return Ok(());
        };
        open.size += node.size;
        open.depth = open.depth.max(node.depth + 1);
        match &mut open.content {
            Content::List(items) => items.push(node.value),
            Content::Structure(members, name) => {
                let name = name.take().ok_or("a value without a name")?;
                members.insert(name, node.value);
            }
        }
        Ok(())
    }
}
