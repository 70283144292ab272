//! What a description must be like before it is kept.

use std::collections::BTreeSet;

use jsonschema::{Draft, PatternOptions};
use serde_json::Value;

use crate::contract::{Descriptor, Port};
use crate::ids::PortName;
use crate::limits::JSON_DEPTH_MAX;

/// The longest name, in bytes: it stands in tables and file names.
const NAME_MAX_BYTES: usize = 64;
/// Ports of one direction, and requests: far more than anybody wires by hand.
const LIST_MAX: usize = 256;
/// The largest schema, as JSON: it is compiled whenever a DAG is checked.
const SCHEMA_MAX_BYTES: usize = 1 << 20;
/// What a plugin can request.
const REQUEST_KINDS: [&str; 5] = ["http", "mount", "env", "secret", "memory"];

/// All that is wrong with a description; empty if nothing is.
pub(super) fn problems(descriptor: &Descriptor) -> Vec<String> {
    let mut found = Vec::new();
    if !is_plugin_name(&descriptor.name) {
        let name = shorten(&descriptor.name);
        found.push(format!("the name {name:?} is not lower-case words joined by `-`, {NAME_MAX_BYTES} bytes at most"));
    }
    check_ports("input", &descriptor.inputs, &mut found);
    check_ports("output", &descriptor.outputs, &mut found);
    check_schema("params-schema", &descriptor.params_schema, &mut found);
    if let Some(schema) = &descriptor.result_schema {
        check_schema("result-schema", schema, &mut found);
    }
    check_requests(descriptor, &mut found);
    found
}

/// Lower-case words joined by `-`; a word begins with a letter or digit, the first one with a letter.
pub(super) fn is_plugin_name(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= NAME_MAX_BYTES && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(is_word)
}

fn check_ports(direction: &str, ports: &[Port], found: &mut Vec<String>) {
    if ports.len() > LIST_MAX {
        found.push(format!("it has {} {direction} ports, {LIST_MAX} at most are allowed", ports.len()));
        return;
    }
    let mut seen = BTreeSet::new();
    for port in ports {
        let name = shorten(&port.name);
        if let Err(error) = PortName::new(&port.name) {
            found.push(format!("the {direction} port {name:?} has no usable name: {error}"));
        } else if !seen.insert(&port.name) {
            found.push(format!("the {direction} port {name:?} is there twice"));
        }
    }
}

fn check_requests(descriptor: &Descriptor, found: &mut Vec<String>) {
    if descriptor.requests.len() > LIST_MAX {
        found.push(format!("it has {} requests, {LIST_MAX} at most are allowed", descriptor.requests.len()));
        return;
    }
    for request in &descriptor.requests {
        if !REQUEST_KINDS.contains(&request.kind.as_str()) {
            let kind = shorten(&request.kind);
            found.push(format!("it requests {kind:?}, which is none of {}", REQUEST_KINDS.join(", ")));
        }
    }
}

fn check_schema(which: &str, schema: &Value, found: &mut Vec<String>) {
    // Depth first: what follows recurses over the document.
    if is_deeper_than(schema, JSON_DEPTH_MAX) {
        found.push(format!("its {which} nests deeper than {JSON_DEPTH_MAX} levels"));
        return;
    }
    if schema.to_string().len() > SCHEMA_MAX_BYTES {
        found.push(format!("its {which} is larger than {SCHEMA_MAX_BYTES} bytes"));
        return;
    }
    // Regular expressions in linear time, and nothing is fetched: a schema is a stranger's.
    let built = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema);
    if let Err(error) = built {
        let reason = shorten(&error.to_string());
        found.push(format!("its {which} is no JSON Schema 2020-12 that stands by itself: {reason}"));
    }
}

/// Without recursion, so that no document ends the stack.
fn is_deeper_than(value: &Value, limit: usize) -> bool {
    let mut waiting = vec![(value, 1)];
    while let Some((value, depth)) = waiting.pop() {
        if depth > limit {
            return true;
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => waiting.extend(members.values().map(|item| (item, depth + 1))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "descriptor_tests.rs"]
mod tests;
