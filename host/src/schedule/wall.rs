//! Cron in a time zone: which instants are ticks, where clocks change too.
//!
//! Every stretch of one offset has local times to itself: those that it shows, less those that a neighbour shows too
//! and that the rule gives to the neighbour; and those that the change before it skips, due at its first instant. So
//! the searches walk over stretches and ask the calendar once or twice in each.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::schedule::changes::{ClockChanges, DstFold, DstGap};
use crate::schedule::cron::Cron;
use crate::schedule::stretch::{Change, Stretch, rounded_down, rounded_up, second_before};

/// A cron expression on the clocks of a zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WallClock<'a> {
    cron: &'a Cron,
    zone: &'a TimeZone,
    changes: ClockChanges,
}

impl<'a> WallClock<'a> {
    /// `changes` does not matter where the hour field is exactly `*`.
    pub(crate) fn new(cron: &'a Cron, zone: &'a TimeZone, changes: ClockChanges) -> Self {
        let changes = if cron.every_hour { ClockChanges::EVERY_INSTANT } else { changes };
        Self { cron, zone, changes }
    }

    /// The first tick from `from` on.
    pub(crate) fn first_from(self, from: Timestamp) -> Option<Timestamp> {
        let from = rounded_up(from)?;
        let mut stretch = Stretch::at(self.zone, from);
        let mut local = stretch.local(from);
        let mut search = Onward::new(self.cron, local);
        if let Some(change) = stretch.start.filter(|change| change.at == from)
            && let Some((first, behind)) = self.skipped(change)
            && search.from(first).is_some_and(|found| found < behind)
        {
            return Some(from);
        }
        loop {
            if let Some(found) = search.from(self.first_own(stretch, local))
                && self.behind_own(stretch).is_none_or(|behind| found < behind)
            {
                return stretch.instant(found);
            }
            let change = stretch.end?;
            if let Some((first, behind)) = self.skipped(change)
                && search.from(first).is_some_and(|found| found < behind)
            {
                return Some(change.at);
            }
            stretch = stretch.after(self.zone)?;
            local = change.new;
        }
    }

    /// The last tick up to and with `to`.
    pub(crate) fn last_to(self, to: Timestamp) -> Option<Timestamp> {
        let to = rounded_down(to)?;
        let mut stretch = Stretch::at(self.zone, to);
        let mut local = stretch.local(to);
        let mut search = Back::new(self.cron, local);
        loop {
            let last =
                self.behind_own(stretch).map_or(Some(local), |behind| Some(local.min(second_before(behind)?)))?;
            if let Some(found) = search.to(last)
                && stretch.start.is_none_or(|change| found >= self.first_own(stretch, change.new))
            {
                return stretch.instant(found);
            }
            let change = stretch.start?;
            if let Some((first, behind)) = self.skipped(change)
                && search.to(second_before(behind)?).is_some_and(|found| found >= first)
            {
                return Some(change.at);
            }
            stretch = stretch.before(self.zone)?;
            local = second_before(change.old)?;
        }
    }

    /// From `local` on, the first local time that counts in this stretch and not in the one before.
    fn first_own(self, stretch: Stretch, local: DateTime) -> DateTime {
        match (self.changes.fold, stretch.start) {
            (DstFold::First, Some(change)) => local.max(change.old),
            (DstFold::First | DstFold::Second | DstFold::Both, _) => local,
        }
    }

    /// Where the local times end that count in this stretch and not in the next.
    fn behind_own(self, stretch: Stretch) -> Option<DateTime> {
        let change = stretch.end?;
        Some(match self.changes.fold {
            DstFold::First | DstFold::Both => change.old,
            DstFold::Second => change.old.min(change.new),
        })
    }

    /// The first of the local times that `change` skips and that are due right after it, and where they end.
    fn skipped(self, change: Change) -> Option<(DateTime, DateTime)> {
        match self.changes.gap {
            DstGap::After => (change.old < change.new).then_some((change.old, change.new)),
            DstGap::Skip => None,
        }
    }
}

/// Asks the calendar onward, and only if its last answer does not tell: a rare date is sought once, not once a stretch.
struct Onward<'a> {
    cron: &'a Cron,
    asked: DateTime,
    found: Option<DateTime>,
}

impl<'a> Onward<'a> {
    fn new(cron: &'a Cron, from: DateTime) -> Self {
        Self { cron, asked: from, found: cron.first_from(from) }
    }

    fn from(&mut self, from: DateTime) -> Option<DateTime> {
        let known = self.asked <= from && self.found.is_none_or(|found| from <= found);
        if !known {
            *self = Self::new(self.cron, from);
        }
        self.found
    }
}

/// The same backward.
struct Back<'a> {
    cron: &'a Cron,
    asked: DateTime,
    found: Option<DateTime>,
}

impl<'a> Back<'a> {
    fn new(cron: &'a Cron, to: DateTime) -> Self {
        Self { cron, asked: to, found: cron.last_to(to) }
    }

    fn to(&mut self, to: DateTime) -> Option<DateTime> {
        let known = to <= self.asked && self.found.is_none_or(|found| found <= to);
        if !known {
            *self = Self::new(self.cron, to);
        }
        self.found
    }
}
