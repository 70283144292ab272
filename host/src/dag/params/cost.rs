//! How much a schema asks of whoever checks with it: references to references multiply.

use std::collections::HashMap;

use serde_json::Value;

use crate::dag::params::BadSchema;

/// Parts of a schema when its references are written out: far more than any that a person wrote, and still checked in
/// well under a second.
const PARTS_MAX: usize = 1_000_000;

pub(super) fn check(schema: &Value) -> Result<(), BadSchema> {
    let mut counter = Counter { root: schema, known: HashMap::new() };
    if counter.parts(schema) > PARTS_MAX { Err(BadSchema::TooLarge(PARTS_MAX)) } else { Ok(()) }
}

struct Counter<'a> {
    root: &'a Value,
    /// The parts behind each reference; `None` while they are being counted: a cycle adds nothing.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Counter<'a> {
    fn parts(&mut self, value: &'a Value) -> usize {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
            Value::Array(items) => items.iter().fold(0, |sum, item| sum.saturating_add(self.parts(item))),
            Value::Object(map) => map.iter().fold(1, |sum: usize, (key, item)| {
                let parts = match (key.as_str(), item) {
                    // Only what is referred to counts.
                    ("$defs" | "definitions", _) => 0,
                    ("$ref", Value::String(target)) => self.behind(target),
                    (_, item) => self.parts(item),
                };
                sum.saturating_add(parts)
            }),
        }
    }

    fn behind(&mut self, target: &'a str) -> usize {
        if let Some(known) = self.known.get(target) {
            return known.unwrap_or(0);
        }
        let Some(value) = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { return 0 };
        self.known.insert(target, None);
        let parts = self.parts(value);
        self.known.insert(target, Some(parts));
        parts
    }
}
