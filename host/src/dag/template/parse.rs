//! Taking a value apart into what is plain and what is a template.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::dag::path::DocPath;
use crate::dag::template::engine;
use crate::dag::template::names;
use crate::dag::template::{Hole, HoleKind, Node, Template};

/// A string that is a broken template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateMistake {
    /// Its place in the value.
    pub path: DocPath,
    /// What is wrong with it.
    pub message: String,
}

/// Holes by their text: files that a program wrote repeat the same few templates over and over.
#[derive(Debug, Default)]
pub(crate) struct Known(FxHashMap<String, Result<Arc<Hole>, String>>);

/// What is broken may become anything and names nothing, so that the rest can be checked.
pub(super) fn parse(value: &Value, known: &mut Known) -> (Template, Vec<TemplateMistake>) {
    let mut parser = Parser { known, mistakes: Vec::new() };
    let root = parser.node(value, &DocPath::root()).unwrap_or_else(|| Node::Plain(value.clone()));
    (Template { root }, parser.mistakes)
}

struct Parser<'a> {
    known: &'a mut Known,
    mistakes: Vec<TemplateMistake>,
}

impl Parser<'_> {
    /// `None`: there is no template in it.
    fn node(&mut self, value: &Value, at: &DocPath) -> Option<Node> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
            Value::String(text) => self.string(text, at),
            Value::Array(_) | Value::Object(_) if !holds_templates(value) => None,
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Some(Node::Array(items.map(|(index, item)| self.child(item, at.index(index))).collect()))
            }
            Value::Object(map) => {
                let entries = map.iter();
                Some(Node::Object(entries.map(|(key, item)| (key.clone(), self.child(item, at.key(key)))).collect()))
            }
        }
    }

    fn child(&mut self, value: &Value, at: DocPath) -> Node {
        self.node(value, &at).unwrap_or_else(|| Node::Plain(value.clone()))
    }

    fn string(&mut self, text: &str, at: &DocPath) -> Option<Node> {
        if !is_template(text) {
            return None;
        }
        if !self.known.0.contains_key(text) {
            self.known.0.insert(text.to_owned(), hole(text).map(Arc::new));
        }
        match self.known.0.get(text)? {
            Ok(hole) => Some(Node::Hole(Arc::clone(hole))),
            Err(message) => {
                self.mistakes.push(TemplateMistake { path: at.clone(), message: message.clone() });
                let hole = Hole { source: text.to_owned(), kind: HoleKind::Value, names: Vec::new() };
                Some(Node::Hole(Arc::new(hole)))
            }
        }
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn holds_templates(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => is_template(text),
        Value::Array(items) => items.iter().any(holds_templates),
        Value::Object(map) => map.values().any(holds_templates),
    }
}

fn hole(text: &str) -> Result<Hole, String> {
    let kind = engine::kind(text);
    let undeclared =
        engine::undeclared(text, kind).map_err(|error| format!("this template is broken: {}", engine::say(&error)))?;
    if let Some(unknown) = engine::unknown_filter(text) {
        return Err(unknown);
    }
    Ok(Hole { source: text.to_owned(), kind, names: names::of(text, kind, undeclared)? })
}
