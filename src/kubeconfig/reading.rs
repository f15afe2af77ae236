//! YAML read as kubectl reads it, into a tree in which nothing is left to resolve: the first document of a file, its aliases
//! and merge keys replaced by what they stand for.
//!
//! kubectl's parser (go-yaml 2) takes merge keys in the order of the text: what comes later goes before what came earlier,
//! whether it was merged in or written out. In a list of maps the first goes before the others. What it makes of tags other
//! than the plain ones cannot be written back as it was, so that is refused.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use yaml_serde::{Mapping, Value};

use super::malformed::Malformed;
use super::scalar;

/// The deepest nesting that is read; a kubeconfig has about 6 levels.
const DEEPEST: usize = 100;
/// The deepest nesting of brackets that is given to the parser, whose time grows with the square of it.
const MOST_BRACKETS: usize = 512;
/// The most values of a file with its aliases written out. A kubeconfig of a thousand clusters has 20,000.
const MOST_VALUES: usize = 1_000_000;
const MERGE: &str = "<<";
const CORE: &str = "tag:yaml.org,2002:";

/// The first document of a text, and the rest as it stands, from the line that ends the first.
pub(super) fn split(text: &str) -> (&str, &str) {
    let (mut begun, mut at) = (false, 0);
    for line in text.split_inclusive(['\n', '\r']) {
        let is_mark = |mark: &str| {
            line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
        };
        let is_start = is_mark("---");
        if begun && (is_start || is_mark("...")) {
            return text.split_at(at);
        }
        let content = line.trim();
        begun |= is_start || !(content.is_empty() || content.starts_with(['#', '%']) || is_mark("..."));
        at += line.len();
    }
    (text, "")
}

/// Reads one document; nothing at all is null.
///
/// # Errors
/// [`Malformed`] with the place; what the text holds is not in it.
pub(super) fn read(text: &str) -> Result<Value, Malformed> {
    if has_strange_characters(text) {
        return Err(Malformed(
            "it is not YAML: it has control characters, or line breaks that programs read differently".to_owned(),
        ));
    }
    if is_too_deep(text) {
        return Err(too_deep());
    }
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| no_yaml(&error))?;
        if let Some(root) = tree.take(event, span)? {
            return Ok(root);
        }
    }
    Ok(Value::Null)
}

/// A list or map that is not at its end yet.
enum Open {
    List { values: Vec<Value>, anchor: usize },
    Map { map: Mapping, key: Option<Key>, written: HashSet<String>, anchor: usize },
}

enum Key {
    Plain(Value),
    Merge,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    values: usize,
}

impl Tree {
    /// Takes the next event; gives the document when it is whole.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<Option<Value>, Malformed> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let is_merge = self.wants_key() && is_plain && text == MERGE && is_untagged_or(tag.as_deref(), "merge");
                if is_merge {
                    self.set_key(Key::Merge);
                    return Ok(None);
                }
                let value = scalar_of(&text, is_plain, tag.as_deref(), span)?;
                self.add(value, anchor, span)
            }
            Event::Alias(anchor) => {
                let unknown = || at("an alias contains itself", span);
                let (value, size) = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.count(size)?;
                self.add(value, 0, span)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "seq", span)?;
                self.begin(Open::List { values: Vec::new(), anchor }, span)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "map", span)?;
                let map = Open::Map { map: Mapping::new(), key: None, written: HashSet::new(), anchor };
                self.begin(map, span)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { values, anchor }) => self.add(Value::Sequence(values), anchor, span),
                Some(Open::Map { map, anchor, .. }) => self.add(Value::Mapping(map), anchor, span),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn begin(&mut self, open: Open, span: Span) -> Result<Option<Value>, Malformed> {
        if self.wants_key() {
            return Err(at("a key is a list or a map", span));
        }
        if self.open.len() >= DEEPEST {
            return Err(too_deep());
        }
        self.open.push(open);
        Ok(None)
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Open::Map { key, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    fn count(&mut self, values: usize) -> Result<(), Malformed> {
        self.values = self.values.saturating_add(values);
        if self.values <= MOST_VALUES { Ok(()) } else { Err(Malformed("its aliases expand to too much".to_owned())) }
    }

    /// Puts a whole value where it belongs.
    fn add(&mut self, value: Value, anchor: usize, span: Span) -> Result<Option<Value>, Malformed> {
        self.count(1)?;
        if anchor != 0 {
            let size = size_of(&value);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            None => return Ok(Some(value)),
            Some(Open::List { values, .. }) => values.push(value),
            Some(Open::Map { map, key, written, .. }) => match key.take() {
                None => {
                    let name = name_of_key(&value).ok_or_else(|| at("a key is not text", span))?;
                    if !written.insert(name) {
                        return Err(at("a key is repeated", span));
                    }
                    *key = Some(Key::Plain(value));
                }
                Some(Key::Plain(key)) => {
                    map.insert(key, value);
                }
                Some(Key::Merge) => merge(map, value).ok_or_else(|| at("what is merged in is not a map", span))?,
            },
        }
        Ok(None)
    }
}

/// Merges a map, or the maps of a list, into `map`.
fn merge(map: &mut Mapping, value: Value) -> Option<()> {
    let maps = match value {
        Value::Mapping(one) => vec![one],
        Value::Sequence(list) => {
            let maps: Option<Vec<Mapping>> = list
                .into_iter()
                .map(|one| match one {
                    Value::Mapping(one) => Some(one),
                    _ => None,
                })
                .collect();
            maps?
        }
        _ => return None,
    };
    for (key, value) in maps.into_iter().rev().flatten() {
        map.insert(key, value);
    }
    Some(())
}

fn scalar_of(text: &str, is_plain: bool, tag: Option<&Tag>, span: Span) -> Result<Value, Malformed> {
    let Some(tag) = tag else {
        return Ok(if is_plain { scalar::plain(text) } else { Value::from(text) });
    };
    let value = scalar::plain(text);
    let is_meant = tag.handle == CORE
        && match tag.suffix.as_str() {
            "str" => return Ok(Value::from(text)),
            "null" => value.is_null(),
            "bool" => value.is_bool(),
            "int" => value.is_i64() || value.is_u64(),
            "float" => value.is_f64(),
            _ => false,
        };
    if is_meant { Ok(value) } else { Err(strange_tag(span)) }
}

fn is_untagged_or(tag: Option<&Tag>, suffix: &str) -> bool {
    tag.is_none_or(|tag| tag.handle == CORE && tag.suffix == suffix)
}

fn refuse_tag(tag: Option<&Tag>, suffix: &str, span: Span) -> Result<(), Malformed> {
    if is_untagged_or(tag, suffix) { Ok(()) } else { Err(strange_tag(span)) }
}

/// The key as JSON, which kubectl makes of YAML first, has it: `1` and `'1'` are the same.
fn name_of_key(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::Sequence(list) => 1 + list.iter().map(size_of).sum::<usize>(),
        Value::Mapping(map) => 1 + map.values().map(size_of).sum::<usize>(),
        _ => 1,
    }
}

fn at(problem: &str, span: Span) -> Malformed {
    Malformed(format!("it is not YAML: {problem} at line {} column {}", span.start.line(), span.start.col() + 1))
}

fn strange_tag(span: Span) -> Malformed {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    Malformed(format!("it has a YAML tag that azlab cannot keep at line {line} column {column}"))
}

fn too_deep() -> Malformed {
    Malformed("it cannot be read as YAML: it is nested deeper than any kubeconfig".to_owned())
}

/// Why a text is no YAML. The parser's words are constants but for those that quote a character, and in a file that was
/// damaged that may be of a secret.
fn no_yaml(error: &ScanError) -> Malformed {
    let (line, column) = (error.marker().line(), error.marker().col() + 1);
    let why = if error.info().starts_with("unexpected character") { "unexpected character" } else { error.info() };
    Malformed(format!("it is not YAML: {why} at line {line} column {column}"))
}

/// Characters that kubectl's parser refuses, or takes for line breaks where YAML 1.2 does not.
fn has_strange_characters(text: &str) -> bool {
    text.chars().any(|c| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
    })
}

/// Whether brackets are open in brackets beyond all sense. The parser takes the square of the depth in time. Brackets in
/// texts count too: a kubeconfig's have none to speak of.
fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MOST_BRACKETS
    })
}
