//! `@continuous`: no ticks; the end of a run calls for the next.

use jiff::{SignedDuration, Timestamp};

/// Between the starts of two runs, at least: a run that ends at once must not become a busy loop.
const STARTS_APART: SignedDuration = SignedDuration::from_secs(1);

/// How a DAG is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At ticks: ask the timetable for them.
    Ticks,
    /// By its own runs, one at a time; the timetable has no ticks.
    Continuous(Continuous),
}

/// When `@continuous` starts its next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Continuous {
    /// No run before it.
    pub start_date: Option<Timestamp>,
    /// No run after it.
    pub end_date: Option<Timestamp>,
}

/// A scheduled run that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedRun {
    /// When it was made: its `run_after`.
    pub started: Timestamp,
    /// When its last task was done.
    pub ended: Timestamp,
}

impl Continuous {
    /// From when on the next run may start, given the last scheduled one; `None`: `end_date` is over by then. It may
    /// lie in the past; the run's `run_after` is then the moment at which it is made.
    pub fn next_start(&self, last: Option<EndedRun>, first_seen: Timestamp) -> Option<Timestamp> {
        let free = match last {
            None => self.start_date.unwrap_or(first_seen),
            Some(run) => run.ended.max(run.started.checked_add(STARTS_APART).ok()?),
        };
        let start = self.start_date.map_or(free, |start_date| free.max(start_date));
        self.end_date.is_none_or(|end_date| start <= end_date).then_some(start)
    }
}
