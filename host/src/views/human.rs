//! Durations, sizes, dates and values for people.

use jiff::Timestamp;
use serde_json::Value;

use crate::ids::Digest;
use crate::lifecycle::state::RunState;
use crate::text;

/// Hex digits that are enough to tell digests apart by eye.
const DIGEST_SHORT_DIGITS: usize = 12;
/// A result that is longer is shown over several lines.
const LINE_CHARS: usize = 100;
/// Lines of a result at most.
const BLOCK_LINES: usize = 40;

/// A duration in seconds: `0.8 ms`, `12 ms`, `0.41 s`, `12.3 s`, `2 min 3 s`, `1 h 2 min`, `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s < 0.0 => "?".to_owned(),
        s if s < 0.01 => format!("{:.1} ms", s * 1e3),
        s if s < 0.1 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        s => long_duration(s.round() as u64),
    }
}

fn long_duration(seconds: u64) -> String {
    let (minutes, s) = (seconds / 60, seconds % 60);
    let (hours, m) = (minutes / 60, minutes % 60);
    let (days, h) = (hours / 24, hours % 24);
    let (large, small) = match (days, hours) {
        (0, 0) => ((minutes, "min"), (s, "s")),
        (0, _) => ((hours, "h"), (m, "min")),
        (_, _) => ((days, "d"), (h, "h")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        (count, unit) => format!("{} {} {count} {unit}", large.0, large.1),
    }
}

/// A number of bytes: `512 B`, `1.5 KiB`, `23.4 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 and more would be shown as 1024.0.
    while amount >= 1023.95 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS.get(unit).copied().unwrap_or_default())
}

/// An instant to the second, in UTC: `2026-01-01 00:00:05Z`.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// An instant that may not be there: then `-`.
pub fn instant_or_dash(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), instant)
}

/// A duration that may not be known: then `-`.
pub fn duration_or_dash(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), duration)
}

/// The beginning of a digest's hex digits.
pub fn digest(digest: Digest) -> String {
    digest.hex().chars().take(DIGEST_SHORT_DIGITS).collect()
}

/// `1 task`, `2 tasks`: the count with its noun.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A run's state, with what it hides.
pub fn run_state(state: RunState, with_failures: bool) -> String {
    match (state, with_failures) {
        (RunState::Success, true) => "success, with failures".to_owned(),
        (RunState::Success, false) | (RunState::Queued | RunState::Running | RunState::Failed, _) => state.to_string(),
    }
}

/// A small result as one line of at most `max_chars` characters: `accuracy=0.9825 rows=344` for an object, JSON for
/// anything else, nothing for null.
pub fn value(value: &Value, max_chars: usize) -> String {
    let line = match value {
        Value::Null => return String::new(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| format!("{key}={}", scalar(value))).collect::<Vec<_>>().join(" ")
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => scalar(value),
    };
    text::short_line(&line, max_chars)
}

/// A result as [`value`] has it; one that would be a long line has its objects below that line, and what they hold line by line.
pub fn block(value: &Value, max_chars: usize) -> String {
    let line = self::value(value, max_chars);
    let Value::Object(fields) = value else { return line };
    if line.chars().count() <= LINE_CHARS || !fields.values().any(Value::is_object) {
        return line;
    }
    let plain: serde_json::Map<_, _> = fields
        .iter()
        .filter(|(_, value)| !value.is_object())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut lines = vec![self::value(&plain.into(), max_chars)];
    for (key, held) in fields.iter().filter_map(|(key, value)| Some((key, value.as_object()?))) {
        lines.push(format!("  {}:", text::short_line(key, LINE_CHARS)));
        let keys: Vec<String> = held.keys().map(|key| text::short_line(key, LINE_CHARS)).collect();
        let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or_default();
        let rows = keys.iter().zip(held.values());
        lines.extend(rows.map(|(key, value)| format!("    {key:width$}  {}", nested(value, max_chars))));
    }
    let more = lines.len().saturating_sub(BLOCK_LINES);
    lines.truncate(BLOCK_LINES);
    if more > 0 {
        lines.push(format!("  and {} more", count(more as u64, "line")));
    }
    lines.join("\n")
}

/// What stands in a row: an object as its fields, anything else as within a line.
fn nested(value: &Value, max_chars: usize) -> String {
    if value.is_null() { "null".to_owned() } else { self::value(value, max_chars) }
}

/// A value within a line: numbers to four places after the point, the rest as JSON.
fn scalar(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => float(number),
        Some(_) | None => value.to_string(),
    }
}

/// Four places are enough to compare by eye; very small and very large numbers keep an exponent.
pub fn float(number: f64) -> String {
    let magnitude = number.abs();
    if number != 0.0 && !(1e-3..1e12).contains(&magnitude) {
        return format!("{number:.3e}");
    }
    let fixed = format!("{number:.4}");
    fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
}
