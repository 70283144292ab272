//! Instants in files: microseconds since 1970-01-01T00:00:00 by the clock that the file was written by, whichever that was. An
//! instant with an offset is brought to UTC.

use std::ops::RangeInclusive;

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};

pub(crate) const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// An instant from its text: `2026-01-31`, `2026-01-31 06:30`, `2026-01-31T06:30:00.25`, or with `Z` or an offset.
pub fn parse(text: &str) -> Option<i64> {
    // A date has its strokes at these places, so most other texts need no closer look.
    let strokes = text.as_bytes().get(4).zip(text.as_bytes().get(7));
    if strokes != Some((&b'-', &b'-')) {
        return None;
    }
    let has_offset = text.get(10..).is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']));
    if has_offset {
        return text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond);
    }
    text.parse::<DateTime>().ok().and_then(to_microseconds)
}

/// The instant that a clock shows as this.
pub fn to_microseconds(shown: DateTime) -> Option<i64> {
    i64::try_from(shown.duration_since(EPOCH).as_micros()).ok()
}

/// What the clock shows at an instant.
pub fn shown(microseconds: i64) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::from_micros(microseconds)).ok()
}

/// The first and the last instant that a clock can show.
pub fn reach() -> RangeInclusive<i64> {
    to_microseconds(DateTime::MIN).unwrap_or(i64::MIN)..=to_microseconds(DateTime::MAX).unwrap_or(i64::MAX)
}

#[test]
fn an_instant_in_reach_is_shown_and_no_other() {
    let (first, last) = reach().into_inner();
    assert_eq!((shown(first), shown(first - 1)), (Some(DateTime::MIN), None));
    assert!(shown(last).is_some());
    assert_eq!(shown(last + 1), None);
}

#[test]
fn dates_and_times_are_read_and_other_texts_are_not() {
    let day = 24 * 3600 * 1_000_000;
    assert_eq!(parse("1970-01-02"), Some(day));
    assert_eq!(parse("1970-01-02 06:00"), Some(day + day / 4));
    assert_eq!(parse("1970-01-02T06:00:00.5"), Some(day + day / 4 + 500_000));
    assert_eq!(parse("1970-01-02T06:00:00Z"), Some(day + day / 4));
    assert_eq!(parse("1970-01-02T07:00:00+01:00"), Some(day + day / 4));
    assert_eq!(parse("1969-12-31"), Some(-day));
    for edge in ["9999-12-31T23:59:59", "-009999-01-01T00:00:00", "0001-01-01T00:00:00"] {
        let at = edge.parse().ok().and_then(to_microseconds);
        assert_eq!(shown(at.unwrap()).unwrap().to_string(), edge);
    }
    assert_eq!(shown(i64::MAX), None);
    for text in ["", "x", "1970", "19700102", "1970-13-01", "1970-01-32", "1970-01-02x", "12:00", "abcd-ef-gh"] {
        assert_eq!(parse(text), None, "{text}");
    }
    assert_eq!(shown(day + day / 4).unwrap().to_string(), "1970-01-02T06:00:00");
}
