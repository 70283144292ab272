//! What a scheduled run is for.

use jiff::Timestamp;

use crate::schedule::beat::Beat;
use crate::schedule::expression::Schedule;
use crate::schedule::ticks::Ticks;

/// What a scheduled run is for: Airflow's trigger schedules and data-interval schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// The tick itself: the data interval has no width.
    #[default]
    None,
    /// From the previous tick to this one.
    Previous,
}

/// A run as the schedule wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRun {
    /// The tick: the run starts no earlier.
    pub run_after: Timestamp,
    /// What identifies it among the runs of its DAG: the start of its data interval.
    pub logical_date: Timestamp,
    /// What it is to work on.
    pub data_interval: DataInterval,
}

/// From `start` up to, not including, `end`; without width for a trigger schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataInterval {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant behind it.
    pub end: Timestamp,
}

impl PlannedRun {
    /// For the interval from `start` to the tick.
    pub(crate) fn new(start: Timestamp, tick: Timestamp) -> Self {
        Self { run_after: tick, logical_date: start, data_interval: DataInterval { start, end: tick } }
    }

    /// The one of a tick. Before the first tick of all there is no interval, so that one's has no width.
    pub(crate) fn of(beat: Beat<'_>, window: Window, tick: Timestamp) -> Self {
        let start = match window {
            Window::Previous if has_intervals(beat.schedule) => beat.before(tick),
            Window::Previous | Window::None => None,
        };
        Self::new(start.unwrap_or(tick), tick)
    }
}

/// Whether ticks follow one another, so that something lies between them.
pub(crate) fn has_intervals(schedule: &Schedule) -> bool {
    match schedule {
        Schedule::Once | Schedule::Continuous => false,
        Schedule::Every(_) | Schedule::Cron(_) => true,
    }
}

/// Planned runs, found as they are asked for; newest first with `rev()`.
#[derive(Debug, Clone)]
pub struct PlannedRuns<'a> {
    ticks: Ticks<'a>,
    beat: Beat<'a>,
    window: Window,
}

impl<'a> PlannedRuns<'a> {
    pub(crate) fn new(ticks: Ticks<'a>, beat: Beat<'a>, window: Window) -> Self {
        Self { ticks, beat, window }
    }
}

impl Iterator for PlannedRuns<'_> {
    type Item = PlannedRun;

    fn next(&mut self) -> Option<PlannedRun> {
        Some(PlannedRun::of(self.beat, self.window, self.ticks.next()?))
    }
}

impl DoubleEndedIterator for PlannedRuns<'_> {
    fn next_back(&mut self) -> Option<PlannedRun> {
        Some(PlannedRun::of(self.beat, self.window, self.ticks.next_back()?))
    }
}

impl std::iter::FusedIterator for PlannedRuns<'_> {}
