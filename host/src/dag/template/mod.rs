//! Params with holes: strings with `{{ … }}` or `{% … %}` that are filled in when a task starts.
//!
//! The language is Jinja, by minijinja, without loops over files, includes or macros and with bounded work. What a
//! template may name is the table in [`names`]; one more name: a line there and its value in [`context`].

pub mod context;
mod engine;
pub mod names;
mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use context::TemplateContext;
pub use names::Name;
pub(crate) use parse::Known;
pub use parse::TemplateMistake;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::dag::path::DocPath;

/// A JSON value in which some strings are templates.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    root: Node,
}

/// A part of the value: as little as possible is taken apart, so what holds no template costs nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Holds no template.
    Plain(Value),
    /// Is a template.
    Hole(Arc<Hole>),
    /// Holds some.
    Array(Vec<Node>),
    /// Holds some; keys are never templates.
    Object(Vec<(String, Node)>),
}

/// A string that is a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The string as written.
    pub source: String,
    /// What it becomes.
    pub kind: HoleKind,
    /// What it names, sorted, without doubles.
    pub names: Vec<Name>,
}

/// What a template becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoleKind {
    /// The string is one whole expression: any JSON value.
    Value,
    /// Text with expressions in it: always a string.
    Text,
}

impl Template {
    /// Takes `value` apart; the error lists every string that is a broken template.
    pub fn parse(value: &Value) -> Result<Self, Vec<TemplateMistake>> {
        let (template, mistakes) = parse::parse(value, &mut Known::default());
        if mistakes.is_empty() { Ok(template) } else { Err(mistakes) }
    }

    /// The same, but with what is whole of a value that has broken templates.
    pub(crate) fn parse_all(value: &Value, known: &mut Known) -> (Self, Vec<TemplateMistake>) {
        parse::parse(value, known)
    }

    /// `value` as it stands, whatever its strings hold.
    pub fn plain(value: Value) -> Self {
        Self { root: Node::Plain(value) }
    }

    /// The empty object: params that were left out.
    pub fn empty() -> Self {
        Self::plain(Value::Object(Map::new()))
    }

    /// Whether there is nothing to fill in.
    pub fn is_plain(&self) -> bool {
        matches!(self.root, Node::Plain(_))
    }

    /// The templates, each with its place in the value.
    pub fn holes(&self) -> Vec<(DocPath, &Hole)> {
        let mut holes = Vec::new();
        collect(&self.root, &DocPath::root(), &mut holes);
        holes
    }

    /// What the templates name, sorted, without doubles.
    pub fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.holes().iter().flat_map(|(_, hole)| hole.names.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The value with its holes filled in.
    ///
    /// # Errors
    /// A problem with code `template`, naming the place: an undefined name, too much work, a result that is no JSON.
    pub fn render(&self, context: &TemplateContext<'_>) -> Result<Value, crate::contract::Problem> {
        render::render(&self.root, context)
    }

    /// The value with `text` or null in place of its holes, by their kind: to check what does not depend on them.
    pub(crate) fn with_placeholders(&self, text: &str) -> Value {
        placeholders(&self.root, text)
    }

    /// As written, holes included.
    pub fn source(&self) -> Value {
        source(&self.root)
    }
}

fn collect<'a>(node: &'a Node, at: &DocPath, holes: &mut Vec<(DocPath, &'a Hole)>) {
    match node {
        Node::Plain(_) => {}
        Node::Hole(hole) => holes.push((at.clone(), hole)),
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &at.index(index), holes);
            }
        }
        Node::Object(entries) => {
            for (key, value) in entries {
                collect(value, &at.key(key), holes);
            }
        }
    }
}

fn placeholders(node: &Node, text: &str) -> Value {
    rebuild(node, &|hole| match hole.kind {
        HoleKind::Value => Value::Null,
        HoleKind::Text => Value::String(text.to_owned()),
    })
}

fn source(node: &Node) -> Value {
    rebuild(node, &|hole| Value::String(hole.source.clone()))
}

fn rebuild(node: &Node, fill: &impl Fn(&Hole) -> Value) -> Value {
    match node {
        Node::Plain(value) => value.clone(),
        Node::Hole(hole) => fill(hole),
        Node::Array(items) => items.iter().map(|item| rebuild(item, fill)).collect(),
        Node::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), rebuild(value, fill))).collect::<Map<_, _>>().into()
        }
    }
}
