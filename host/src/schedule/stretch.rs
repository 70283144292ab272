//! A time zone as stretches of time, each with one offset from UTC.
//!
//! No zone of the database changes its offset twice within 53 hours (a test watches it), and no two offsets are further
//! apart than 52. So a local time that a change skips exists nowhere, and one that it repeats exists in the two
//! stretches beside it: looking at one neighbour is enough.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A span of time in which a zone keeps its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// What is added to UTC.
    pub(crate) offset: Offset,
    /// The change that begins it; `None`: it has always been.
    pub(crate) start: Option<Change>,
    /// The change that ends it; `None`: it goes on for ever.
    pub(crate) end: Option<Change>,
}

/// A change of the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// The first instant of the new offset; always a whole second.
    pub(crate) at: Timestamp,
    /// The local time at which the old offset ends.
    pub(crate) old: DateTime,
    /// The local time at which the new offset begins.
    pub(crate) new: DateTime,
}

impl Stretch {
    /// The one that `instant` lies in.
    pub(crate) fn at(zone: &TimeZone, instant: Timestamp) -> Self {
        let offset = zone.to_offset(instant);
        Self { offset, start: start(zone, instant, offset), end: end(zone, instant, offset) }
    }

    /// The next one.
    pub(crate) fn after(self, zone: &TimeZone) -> Option<Self> {
        let change = self.end?;
        let offset = zone.to_offset(change.at);
        Some(Self { offset, start: Some(change), end: end(zone, change.at, offset) })
    }

    /// The one before.
    pub(crate) fn before(self, zone: &TimeZone) -> Option<Self> {
        let change = self.start?;
        let last = change.at.checked_sub(SECOND).ok()?;
        let offset = zone.to_offset(last);
        Some(Self { offset, start: start(zone, last, offset), end: Some(change) })
    }

    /// The local time at `instant`, which lies in it.
    pub(crate) fn local(self, instant: Timestamp) -> DateTime {
        self.offset.to_datetime(instant)
    }

    /// When that local time is, which exists in it; `None`: outside of what can be represented.
    pub(crate) fn instant(self, local: DateTime) -> Option<Timestamp> {
        self.offset.to_timestamp(local).ok()
    }
}

/// The change that began the offset that holds at `instant`. The database also has entries that change no offset.
fn start(zone: &TimeZone, instant: Timestamp, offset: Offset) -> Option<Change> {
    // Strictly before, that is; so ask from a moment later to see one at the very instant.
    let from = instant.checked_add(SECOND).unwrap_or(Timestamp::MAX);
    zone.preceding(from).map(|change| change.timestamp()).filter(|at| *at <= instant).find_map(|at| {
        let old = zone.to_offset(at.checked_sub(SECOND).ok()?);
        (old != offset).then(|| Change { at, old: old.to_datetime(at), new: offset.to_datetime(at) })
    })
}

/// The change that ends the offset that holds at `instant`.
fn end(zone: &TimeZone, instant: Timestamp, offset: Offset) -> Option<Change> {
    let change = zone.following(instant).find(|change| change.offset() != offset)?;
    let at = change.timestamp();
    Some(Change { at, old: offset.to_datetime(at), new: change.offset().to_datetime(at) })
}

/// The first whole second that is not before `instant`.
pub(crate) fn rounded_up(instant: Timestamp) -> Option<Timestamp> {
    let down = rounded_down(instant)?;
    if down == instant { Some(down) } else { down.checked_add(SECOND).ok() }
}

/// The last whole second that is not behind `instant`.
pub(crate) fn rounded_down(instant: Timestamp) -> Option<Timestamp> {
    // Before 1970 the part below a second counts down.
    let below = if instant.subsec_nanosecond() < 0 { 1 } else { 0 };
    Timestamp::from_second(instant.as_second() - below).ok()
}

/// A second earlier on the same clock.
pub(crate) fn second_before(local: DateTime) -> Option<DateTime> {
    local.checked_sub(SECOND).ok()
}
