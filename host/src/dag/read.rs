//! TOML text → JSON.
//!
//! Dates become strings; what JSON cannot hold is a mistake.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::path::{DocPath, Step};
use crate::limits::{DAG_FILE_MAX_BYTES, JSON_DEPTH_MAX};

/// What a text holds.
pub(crate) struct Read {
    /// The document, `None` if the text is no TOML.
    pub(crate) value: Option<Value>,
    /// What is wrong with it.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Reads a text; every syntax error is found.
pub(crate) fn read(text: &str) -> Read {
    if text.len() as u64 > DAG_FILE_MAX_BYTES {
        let message = format!("a DAG file has at most {DAG_FILE_MAX_BYTES} bytes, this one has {}", text.len());
        return Read { value: None, mistakes: vec![Mistake::error(Place::Span(0..0), message)] };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Read { value: None, mistakes: errors.iter().map(|error| syntax(error, text)).collect() };
    }
    let mut wrong = Vec::new();
    let value = table_to_json(table.into_inner(), JSON_DEPTH_MAX, &mut wrong);
    let mistakes = wrong.into_iter().map(|wrong| {
        let path: DocPath = wrong.steps_up.into_iter().rev().collect();
        Mistake::error(Place::value(path), wrong.message)
    });
    Read { value: Some(value), mistakes: mistakes.collect() }
}

fn syntax(error: &toml::de::Error, text: &str) -> Mistake {
    let span = error.span().unwrap_or(text.len()..text.len());
    Mistake::error(Place::Span(span), format!("this is no TOML: {}", error.message()))
}

/// A value that JSON cannot hold.
struct Wrong {
    message: String,
    /// Its path, from the end: added to on the way back, so that what is right costs nothing.
    steps_up: Vec<Step>,
}

fn step_up(wrong: &mut [Wrong], before: usize, step: impl Fn() -> Step) {
    for wrong in wrong.iter_mut().skip(before) {
        wrong.steps_up.push(step());
    }
}

fn table_to_json(table: DeTable<'_>, depth_left: usize, wrong: &mut Vec<Wrong>) -> Value {
    let mut map = Map::with_capacity(table.len());
    for (key, value) in table {
        let key = key.into_inner().into_owned();
        let before = wrong.len();
        let value = to_json(value, depth_left.saturating_sub(1), wrong);
        step_up(wrong, before, || Step::Key(key.clone()));
        if let Some(value) = value {
            map.insert(key, value);
        }
    }
    Value::Object(map)
}

fn array_to_json(items: DeArray<'_>, depth_left: usize, wrong: &mut Vec<Wrong>) -> Value {
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let before = wrong.len();
        let value = to_json(item, depth_left.saturating_sub(1), wrong);
        step_up(wrong, before, || Step::Index(index));
        // The place of a wrong item is kept, so that the others keep theirs.
        value.unwrap_or(Value::Null)
    });
    items.collect()
}

/// `None`: it was a mistake.
fn to_json(value: Spanned<DeValue<'_>>, depth_left: usize, wrong: &mut Vec<Wrong>) -> Option<Value> {
    let converted = match value.into_inner() {
        DeValue::String(text) => Ok(Value::String(text.into_owned())),
        DeValue::Boolean(value) => Ok(Value::Bool(value)),
        DeValue::Datetime(date) => Ok(Value::String(date.to_string())),
        DeValue::Integer(integer) => to_integer(integer.as_str(), integer.radix())
            .map(Value::Number)
            .ok_or_else(|| format!("`{integer}` is too large: integers have 64 bits")),
        DeValue::Float(float) => to_float(float.as_str())
            .map(Value::Number)
            .ok_or_else(|| format!("`{float}` is not a number that JSON can hold, and JSON is what tasks are given")),
        DeValue::Array(_) | DeValue::Table(_) if depth_left == 0 => {
            Err(format!("values nest at most {JSON_DEPTH_MAX} deep"))
        }
        DeValue::Table(table) => Ok(table_to_json(table, depth_left, wrong)),
        DeValue::Array(items) => Ok(array_to_json(items, depth_left, wrong)),
    };
    converted.map_err(|message| wrong.push(Wrong { message, steps_up: Vec::new() })).ok()
}

fn to_float(text: &str) -> Option<Number> {
    text.parse().ok().and_then(Number::from_f64)
}

fn to_integer(digits: &str, radix: u32) -> Option<Number> {
    let signed = i64::from_str_radix(digits, radix).map(Number::from);
    signed.or_else(|_| u64::from_str_radix(digits, radix).map(Number::from)).ok()
}
