//! `--logical-date`: an instant, or a date in UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::clock::to_microseconds;

/// A text that is no instant.
#[derive(Debug, thiserror::Error)]
#[error("write it as `2026-01-31`, `2026-01-31T06:00:00` (both are UTC) or `2026-01-31T06:00:00+01:00`")]
pub struct NoDate;

/// Reads RFC 3339, or a date with or without a time, which is taken as UTC: never as the machine's own zone. A zone in
/// brackets is taken as it is.
pub fn parse(text: &str) -> Result<Timestamp, NoDate> {
    if text.contains('[') {
        return text.parse::<Zoned>().map(|zoned| to_microseconds(zoned.timestamp())).map_err(|_| NoDate);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(to_microseconds(instant));
    }
    let civil: DateTime = text.parse().map_err(|_| NoDate)?;
    let zoned = civil.to_zoned(TimeZone::UTC).map_err(|_| NoDate)?;
    Ok(to_microseconds(zoned.timestamp()))
}
