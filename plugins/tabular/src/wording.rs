//! How messages quote what a file holds: short, escaped, and with a guess at what was meant.

use crate::limits::{LIST_MAX_NAMES, QUOTE_MAX_CHARS};

/// The least likeness (Jaro-Winkler, 0 to 1) at which a name is offered as what was meant.
const LIKENESS_MIN: f64 = 0.8;

/// `text` in double quotes, control characters escaped, cut to [`QUOTE_MAX_CHARS`] characters.
pub fn quoted(text: &str) -> String {
    let mut shown = text.chars().take(QUOTE_MAX_CHARS).collect::<String>();
    if text.chars().count() > QUOTE_MAX_CHARS {
        shown.push('…');
    }
    format!("\"{}\"", shown.escape_debug())
}

/// `names`, quoted and joined by commas; of a long list the first [`LIST_MAX_NAMES`] and how many more there are.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let mut shown = names.iter().take(LIST_MAX_NAMES).map(|name| quoted(name.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > LIST_MAX_NAMES {
        shown.push_str(&format!(" and {} more", names.len() - LIST_MAX_NAMES));
    }
    shown
}

/// Mistakes, each with its place, in one message.
pub fn several<E: std::error::Error>(mistakes: &[E]) -> String {
    let each = mistakes.iter().enumerate().map(|(place, mistake)| format!("({}) {}", place + 1, with_causes(mistake)));
    format!("{}: {}", count(mistakes.len(), "mistake"), each.collect::<Vec<_>>().join("; "))
}

/// The name among `candidates` that is most like `wanted`, if one is like enough. Case and surrounding space are ignored.
pub fn closest<'a, S: AsRef<str>>(wanted: &str, candidates: &'a [S]) -> Option<&'a str> {
    let wanted = wanted.trim().to_lowercase();
    candidates
        .iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.as_ref().trim().to_lowercase()), name.as_ref()))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `1 row`, `2 rows`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// An error and everything that caused it, joined by `: `.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
