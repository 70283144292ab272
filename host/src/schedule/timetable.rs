//! A DAG's schedule with all that decides when it runs.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::schedule::beat::{Beat, moment_after};
use crate::schedule::catchup::{Catchup, since};
use crate::schedule::changes::ClockChanges;
use crate::schedule::continuous::{Continuous, Pace};
use crate::schedule::expression::Schedule;
use crate::schedule::planned::{PlannedRun, PlannedRuns, Window, has_intervals};
use crate::schedule::ticks::Ticks;

/// What a [`Timetable`] is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct TimetableSpec {
    /// When it ticks.
    pub schedule: Schedule,
    /// Whose clocks cron goes by.
    pub zone: TimeZone,
    /// What a clock change does to a tick.
    pub clock_changes: ClockChanges,
    /// No logical date before it.
    pub start_date: Option<Timestamp>,
    /// No logical date after it.
    pub end_date: Option<Timestamp>,
    /// What a scheduled run is for.
    pub window: Window,
    /// What to do about missed ticks.
    pub catchup: Catchup,
}

impl TimetableSpec {
    /// In UTC, unbounded, and the defaults of a DAG file.
    pub fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            zone: TimeZone::UTC,
            clock_changes: ClockChanges::default(),
            start_date: None,
            end_date: None,
            window: Window::default(),
            catchup: Catchup::default(),
        }
    }
}

/// When a DAG's scheduled runs start and what each is for; Airflow's word.
///
/// It knows no clock: the time is always an argument. A tick here is an instant at which a run starts, and the run's
/// logical date lies from `start_date` to `end_date`, both included, as in Airflow. So with [`Window::Previous`] the
/// schedule's first tick in that time starts no run: it begins the first interval, whose run starts at the second;
/// and the run for the interval that begins last may start after `end_date`.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    spec: TimetableSpec,
    /// Between which instants the ticks lie, both included; `None`: there is none.
    bounds: Option<(Timestamp, Timestamp)>,
}

impl Timetable {
    /// From its parts.
    pub fn new(spec: TimetableSpec) -> Self {
        let mut timetable = Self { spec, bounds: Some((Timestamp::MIN, Timestamp::MAX)) };
        // Else every search would go through all time to find nothing.
        timetable.bounds = match timetable.spec.schedule.never() {
            Some(_) => None,
            None => timetable.ticks_for(
                timetable.spec.start_date.unwrap_or(Timestamp::MIN),
                timetable.spec.end_date.unwrap_or(Timestamp::MAX),
            ),
        };
        timetable
    }

    /// What it was made of.
    pub fn spec(&self) -> &TimetableSpec {
        &self.spec
    }

    /// Whether it goes by ticks or by its own runs.
    pub fn pace(&self) -> Pace {
        let TimetableSpec { start_date, end_date, .. } = self.spec;
        match self.spec.schedule {
            Schedule::Continuous => Pace::Continuous(Continuous { start_date, end_date }),
            Schedule::Once | Schedule::Every(_) | Schedule::Cron(_) => Pace::Ticks,
        }
    }

    /// The first tick after `instant`. `@continuous` has none, see [`Self::pace`]; nor has `@once` without a
    /// start date: its tick is when the DAG was first seen, which is in the past, so [`Self::missed`] gives it.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.ticks_after(instant).next()
    }

    /// The last tick up to and with `instant`.
    pub fn last_at_or_before(&self, instant: Timestamp) -> Option<Timestamp> {
        self.ticks(self.beat(), Some(Timestamp::MIN), instant).next_back()
    }

    /// All ticks after `instant`, lazily: mostly they end at the end of time only.
    pub fn ticks_after(&self, instant: Timestamp) -> Ticks<'_> {
        self.ticks(self.beat(), moment_after(instant), Timestamp::MAX)
    }

    /// The run that starts at `tick`, which must be one of this timetable.
    pub fn run_at(&self, tick: Timestamp) -> PlannedRun {
        PlannedRun::of(self.beat(), self.spec.window, tick)
    }

    /// The ticks up to `now` that have no run and still get one, oldest first, reduced as `catchup` says. Only those
    /// after the last scheduled run's `run_after` count; before the first run, those since `start_date`, else since
    /// the DAG was first seen, both included.
    ///
    /// Lazy, so a short catch-up costs little however long ago the last run was; but with `max` it walks back over
    /// that many ticks at once.
    pub fn missed(
        &self,
        last_scheduled_run_after: Option<Timestamp>,
        first_seen: Timestamp,
        now: Timestamp,
    ) -> Ticks<'_> {
        let beat = match self.spec.schedule {
            Schedule::Once => Beat { origin: self.spec.start_date.or(Some(first_seen)), ..self.beat() },
            Schedule::Continuous | Schedule::Every(_) | Schedule::Cron(_) => self.beat(),
        };
        let since = since(last_scheduled_run_after, self.spec.start_date, first_seen);
        let oldest = since.map(|since| self.spec.catchup.oldest(now).map_or(since, |oldest| oldest.max(since)));
        self.spec.catchup.latest_of(self.ticks(beat, oldest, now))
    }

    /// The runs whose logical date lies from `from` to `to`, both included, and within `start_date` and `end_date`:
    /// lazily, oldest first, or newest first with `rev()`. `@once` has one only if there is a start date.
    pub fn planned_between(&self, from: Timestamp, to: Timestamp) -> PlannedRuns<'_> {
        let beat = self.beat();
        let from = self.spec.start_date.map_or(from, |start_date| start_date.max(from));
        let to = self.spec.end_date.map_or(to, |end_date| end_date.min(to));
        let ticks = match self.bounds.and_then(|_| self.ticks_for(from, to)) {
            Some((first, last)) => Ticks::new(beat, first, last),
            None => Ticks::none(beat),
        };
        PlannedRuns::new(ticks, beat, self.spec.window)
    }

    /// Why no scheduled run ever starts, if so: for a warning.
    pub fn never(&self) -> Option<String> {
        let TimetableSpec { schedule, start_date, end_date, .. } = &self.spec;
        if let Some(why) = schedule.never() {
            return Some(why);
        }
        if start_date.zip(*end_date).is_some_and(|(start_date, end_date)| end_date < start_date) {
            return Some("`end_date` is before `start_date`".to_owned());
        }
        let asks_for_ticks = match schedule {
            Schedule::Continuous => false,
            // Without a start date its tick is when the DAG is first seen.
            Schedule::Once => start_date.is_some(),
            Schedule::Every(_) | Schedule::Cron(_) => true,
        };
        (asks_for_ticks && self.next_after(Timestamp::MIN).is_none()).then(|| self.nothing_between())
    }

    fn nothing_between(&self) -> String {
        let what = if self.has_intervals() { "no interval between two ticks begins" } else { "there is no tick" };
        match (self.spec.start_date, self.spec.end_date) {
            (Some(_), Some(_)) => format!("{what} from `start_date` to `end_date`"),
            (Some(_), None) => format!("{what} after `start_date`"),
            (None, Some(_)) => format!("{what} before `end_date`"),
            (None, None) => format!("{what} at all"),
        }
    }

    fn beat(&self) -> Beat<'_> {
        let TimetableSpec { schedule, zone, clock_changes, start_date, .. } = &self.spec;
        Beat { schedule, zone, changes: *clock_changes, origin: *start_date }
    }

    /// Whether a run is for the time between two ticks.
    fn has_intervals(&self) -> bool {
        self.spec.window == Window::Previous && has_intervals(&self.spec.schedule)
    }

    /// The first and the last instant at which runs start whose logical date lies from `from` to `to`.
    fn ticks_for(&self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
        if !self.has_intervals() {
            return (from <= to).then_some((from, to));
        }
        let beat = self.beat();
        let (first, last) = (beat.first_from(from)?, beat.last_to(to)?);
        // An interval that begins within them ends at the next tick, be that within them or not.
        (first <= last).then_some((beat.after(first)?, beat.after(last).unwrap_or(Timestamp::MAX)))
    }

    /// The ticks between both, as far as they are within the bounds; without `from` none.
    fn ticks<'a>(&self, beat: Beat<'a>, from: Option<Timestamp>, to: Timestamp) -> Ticks<'a> {
        match (from, self.bounds) {
            (Some(from), Some((first, last))) => Ticks::new(beat, from.max(first), to.min(last)),
            (None, _) | (_, None) => Ticks::none(beat),
        }
    }
}
