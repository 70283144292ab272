//! Words for messages: "did you mean", lists, values in short.

use std::cell::Cell;

use serde_json::Value;

/// Names compared in one check: enough for every file that a person writes, an end for those that nobody wrote.
const COMPARISONS_MAX: usize = 500_000;

/// Names that are listed where none is close.
const LISTED_MAX: usize = 12;

/// The longest piece of a value in a message, in characters.
const EXCERPT_MAX_CHARS: usize = 60;

/// Finds the name that was meant. It stops looking when it has compared too much.
#[derive(Debug)]
pub(crate) struct Suggest {
    left: Cell<usize>,
}

impl Default for Suggest {
    fn default() -> Self {
        Self { left: Cell::new(COMPARISONS_MAX) }
    }
}

impl Suggest {
    /// "did you mean `x`?", else the list of what there is, if it is short.
    pub(crate) fn hint<'a>(&self, name: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> Option<String> {
        if self.left.get() == 0 {
            return None;
        }
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(close) = self.closest(name, &known) {
            return Some(format!("did you mean `{close}`?"));
        }
        match known.len() {
            0 => Some(format!("there are no {what}")),
            1..=LISTED_MAX => Some(format!("the {what} are {}", list(known))),
            _ => None,
        }
    }

    /// "did you mean `x`?" alone, where the list is in the message already.
    pub(crate) fn close_hint<'a>(&self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let known: Vec<&str> = known.into_iter().collect();
        self.closest(name, &known).map(|close| format!("did you mean `{close}`?"))
    }

    fn closest<'a>(&self, name: &str, known: &[&'a str]) -> Option<&'a str> {
        let left = self.left.get().checked_sub(known.len());
        self.left.set(left.unwrap_or(0));
        left?;
        let allowed = (name.chars().count() / 3).max(1);
        known
            .iter()
            .filter(|other| other.len().abs_diff(name.len()) <= 4 * allowed)
            .map(|other| (distance(name, other), *other))
            .filter(|(distance, _)| *distance <= allowed)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, other)| other)
    }
}

/// Case, dashes and underscores cost nothing: they are the commonest slips.
fn distance(name: &str, other: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    strsim::damerau_levenshtein(&plain(name), &plain(other))
}

/// `a`, `b` and `c`, each quoted.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// A value in short, as JSON.
pub(crate) fn excerpt(value: &Value) -> String {
    shorten(&crate::dag::json::canonical(value))
}

/// At most [`EXCERPT_MAX_CHARS`] of `text`.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_MAX_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Names and values of a stranger come into messages: what would steer a terminal is written out.
pub(crate) fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// The type of a value, with its article.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
