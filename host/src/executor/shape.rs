//! A plugin's schema of its result, compiled once for each component.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::contract::Problem;
use crate::ids::Digest;
use crate::limits::JSON_DEPTH_MAX;
use crate::text::cut;

/// What one regular expression of a stranger's may take when compiled.
const PATTERN_MAX_BYTES: usize = 1 << 20;
/// Violations that one message names.
const VIOLATIONS_SHOWN: usize = 5;
/// The text of one violation: it may quote the whole value.
const VIOLATION_MAX_BYTES: usize = 300;

/// Compiles a stranger's JSON Schema (2020-12): nothing is fetched for a `$ref`, and regular expressions take linear
/// time. The error says what is wrong with the schema.
pub fn compile(schema: &Value) -> Result<Validator, Problem> {
    let bad = |why: String| Problem::new("bad-schema", format!("the schema cannot be used: {}", cut(&why, 1_000)));
    if is_deeper_than(schema, JSON_DEPTH_MAX) {
        return Err(bad(format!("it nests deeper than {JSON_DEPTH_MAX} levels")));
    }
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES))
        .build(schema)
        .map_err(|error| bad(error.to_string()))
}

/// What of `value` does not satisfy the schema, for people; none if all does.
pub fn violations(shape: &Validator, value: &Value) -> Option<String> {
    if shape.is_valid(value) {
        return None;
    }
    let told = |error: jsonschema::ValidationError<'_>| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "the value".to_owned() } else { format!("`{place}`") };
        format!("{place}: {}", cut(&error.to_string(), VIOLATION_MAX_BYTES))
    };
    let shown: Vec<_> = shape.iter_errors(value).take(VIOLATIONS_SHOWN).map(told).collect();
    Some(shown.join("; "))
}

/// Whether `value` nests deeper than `levels`; a number has depth 0.
pub fn is_deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| is_deeper_than(item, levels - 1)),
        Value::Object(map) => levels == 0 || map.values().any(|item| is_deeper_than(item, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The compiled schemas by component.
#[derive(Default)]
pub(super) struct Shapes(Mutex<HashMap<Digest, Result<Arc<Validator>, Problem>>>);

impl Shapes {
    /// The schema of the result of `component`, compiled when it is first asked for.
    pub(super) fn get(&self, component: Digest, schema: &Value) -> Result<Arc<Validator>, Problem> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shape = known.entry(component).or_insert_with(|| compile(schema).map(Arc::new));
        shape.clone()
    }
}
