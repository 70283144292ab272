//! Durations and sizes.

use std::time::Duration;

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{DurationText, SizeSpec};
use crate::dag::path::DocPath;
use crate::schedule::parse_duration;

/// Units of bytes.
const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// The largest size: what fits a signed integer of a database.
const SIZE_MAX_BYTES: u64 = i64::MAX as u64;

/// Whether zero makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    Allowed,
    Refused,
}

/// Reads a duration that stands at `at`; `None` if there is none or it is wrong.
pub(crate) fn duration(
    text: Option<&DurationText>,
    at: impl Fn() -> DocPath,
    zero: Zero,
    mistakes: &mut Vec<Mistake>,
) -> Option<Duration> {
    match parse_duration(&text?.0) {
        Ok(duration) if duration.is_zero() && zero == Zero::Refused => {
            mistakes.push(Mistake::error(Place::value(at()), "this must be longer than zero"));
            None
        }
        Ok(duration) => Some(duration),
        Err(error) => {
            mistakes.push(Mistake::error(Place::within(at(), error.span), error.message).hint(error.hint));
            None
        }
    }
}

/// Reads a number of bytes that stands at `at`; `None` if there is none or it is wrong.
pub(crate) fn size(
    size: Option<&SizeSpec>,
    at: impl Fn() -> DocPath,
    zero: Zero,
    mistakes: &mut Vec<Mistake>,
) -> Option<u64> {
    let bytes = match size? {
        SizeSpec::Bytes(bytes) => Some(*bytes),
        SizeSpec::Text(text) => match parse_size(text) {
            Ok(bytes) => bytes,
            Err(message) => {
                let hint = "write a whole number and a unit, such as `512MiB` or `1GiB`".to_owned();
                mistakes.push(Mistake::error(Place::value(at()), message).hint(hint));
                return None;
            }
        },
    };
    match bytes {
        Some(0) if zero == Zero::Refused => {
            mistakes.push(Mistake::error(Place::value(at()), "this must be more than zero"));
            None
        }
        Some(bytes) if bytes <= SIZE_MAX_BYTES => Some(bytes),
        Some(_) | None => {
            mistakes.push(Mistake::error(Place::value(at()), "this is more than any machine has"));
            None
        }
    }
}

/// The bytes; `None` if they are too many for a number.
fn parse_size(text: &str) -> Result<Option<u64>, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{text}` is no size"));
    }
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    match factor {
        Some(factor) => Ok(number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor))),
        None if unit.is_empty() => Err(format!("`{text}` has no unit")),
        None => Err(format!("`{unit}` is no unit of size")),
    }
}
