//! The ticks of a schedule, whatever its kind, before `start_date` and `end_date` bound them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::schedule::Schedule;
use crate::schedule::changes::ClockChanges;
use crate::schedule::wall::WallClock;

/// Borrowed from a timetable, so that searches and iterators share it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beat<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) zone: &'a TimeZone,
    pub(crate) changes: ClockChanges,
    /// Where `every` begins to count, and the tick of `@once`.
    pub(crate) origin: Option<Timestamp>,
}

impl Beat<'_> {
    /// The first tick from `from` on.
    pub(crate) fn first_from(self, from: Timestamp) -> Option<Timestamp> {
        match self.schedule {
            Schedule::Once => self.origin.filter(|tick| *tick >= from),
            Schedule::Continuous => None,
            Schedule::Every(step) => multiple(
                self.origin,
                *step,
                |since, step| since.div_euclid(step) + i128::from(since.rem_euclid(step) != 0),
                from,
            ),
            Schedule::Cron(cron) => WallClock::new(cron, self.zone, self.changes).first_from(from),
        }
    }

    /// The last tick up to and with `to`.
    pub(crate) fn last_to(self, to: Timestamp) -> Option<Timestamp> {
        match self.schedule {
            Schedule::Once => self.origin.filter(|tick| *tick <= to),
            Schedule::Continuous => None,
            Schedule::Every(step) => multiple(self.origin, *step, i128::div_euclid, to),
            Schedule::Cron(cron) => WallClock::new(cron, self.zone, self.changes).last_to(to),
        }
    }

    /// The first tick after `instant`.
    pub(crate) fn after(self, instant: Timestamp) -> Option<Timestamp> {
        self.first_from(moment_after(instant)?)
    }

    /// The last tick before `instant`.
    pub(crate) fn before(self, instant: Timestamp) -> Option<Timestamp> {
        self.last_to(moment_before(instant)?)
    }
}

/// `origin` plus as many steps as `count` makes of the nanoseconds from there to `near`. Nothing adds up, so nothing
/// drifts; 128 bits hold the product of any two durations here.
fn multiple(
    origin: Option<Timestamp>,
    step: Duration,
    count: impl Fn(i128, i128) -> i128,
    near: Timestamp,
) -> Option<Timestamp> {
    let origin = origin.unwrap_or(Timestamp::UNIX_EPOCH).as_nanosecond();
    // The grammar refuses steps below a second; a schedule made by hand may not.
    let step = i128::try_from(step.as_nanos()).ok().filter(|step| *step > 0)?;
    let steps = count(near.as_nanosecond() - origin, step);
    Timestamp::from_nanosecond(origin.checked_add(steps.checked_mul(step)?)?).ok()
}

/// The next instant that can be told apart.
pub(crate) fn moment_after(instant: Timestamp) -> Option<Timestamp> {
    Timestamp::from_nanosecond(instant.as_nanosecond() + 1).ok()
}

/// The last instant that can be told apart.
pub(crate) fn moment_before(instant: Timestamp) -> Option<Timestamp> {
    Timestamp::from_nanosecond(instant.as_nanosecond() - 1).ok()
}
