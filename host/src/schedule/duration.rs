//! Durations as people write them: `10ms`, `5s`, `15m`, `1h30m`, `2d`.

use std::time::Duration;

use crate::schedule::BadExpression;

/// Units from the largest to the smallest, with their milliseconds.
const UNITS: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest duration: a hundred years, so that instants plus durations stay within what calendars hold.
pub const DURATION_MAX: Duration = Duration::from_secs(36_500 * 86_400);

const HINT: &str = "write whole numbers with units from large to small, such as `10ms`, `5s`, `15m`, `1h30m` or `2d`";

/// Reads a duration.
///
/// # Errors
/// The part that is wrong: no number, no or an unknown unit, units out of order, more than [`DURATION_MAX`].
pub fn parse_duration(text: &str) -> Result<Duration, BadExpression> {
    let all = 0..text.len();
    if text.is_empty() {
        return Err(BadExpression::new(all, "a duration must not be empty").hint(HINT));
    }
    let mut total_ms = 0_u64;
    let mut next_unit = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let after = &rest[digits..];
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (number, unit) = (&rest[..digits], &after[..letters]);
        let part = at..(at + digits + letters).max(at + rest.chars().next().map_or(0, char::len_utf8));
        if number.is_empty() || unit.is_empty() {
            return Err(BadExpression::new(0..text.len(), format!("`{text}` is no duration")).hint(HINT));
        }
        let place = UNITS
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or_else(|| BadExpression::new(part.clone(), format!("`{unit}` is no unit of time")).hint(HINT))?;
        if place < next_unit {
            return Err(
                BadExpression::new(part, format!("`{unit}` stands behind a smaller or the same unit")).hint(HINT)
            );
        }
        next_unit = place + 1;
        total_ms = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(UNITS[place].1))
            .and_then(|ms| total_ms.checked_add(ms))
            .filter(|ms| Duration::from_millis(*ms) <= DURATION_MAX)
            .ok_or_else(|| BadExpression::new(part.clone(), "a duration is at most 36500 days"))?;
        at = part.end;
    }
    Ok(Duration::from_millis(total_ms))
}

/// A duration as [`parse_duration`] reads it; what is below a millisecond is dropped.
pub fn show_duration(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, ms) in UNITS {
        let count = left / ms;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
        left %= ms;
    }
    text
}
