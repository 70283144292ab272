//! JSON in the one form that a guest is given.

use std::fmt::Write as _;

use serde_json::Value;

/// `value` with its keys sorted by their bytes and without white space; numbers as they are.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Whether arrays and objects nest at most `max` deep; a plain value is 0 deep. Does not recurse.
pub fn nests_at_most(value: &Value, max: usize) -> bool {
    let mut left = vec![(value, 0_usize)];
    while let Some((value, depth)) = left.pop() {
        let children: Vec<&Value> = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => continue,
            Value::Array(items) => items.iter().collect(),
            Value::Object(map) => map.values().collect(),
        };
        if depth + 1 > max {
            return false;
        }
        left.extend(children.into_iter().map(|child| (child, depth + 1)));
    }
    true
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}");
        }
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            // Whether the map itself is sorted depends on a feature of serde_json that any crate may turn on.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_bytes());
            text.push('{');
            for (at, (key, item)) in entries.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
    }
}

fn write_string(string: &str, text: &mut String) {
    let _ = write!(text, "{}", Quoted(string));
}

/// A string as JSON writes it.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = serde_json::to_string(self.0).map_err(|_| std::fmt::Error)?;
        f.write_str(&quoted)
    }
}
