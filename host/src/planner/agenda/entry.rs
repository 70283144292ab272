//! One DAG: its terms, what runs of it, and what waits for room.

use jiff::{SignedDuration, Timestamp};

use crate::ids::RunKey;
use crate::lifecycle::state::RunState;
use crate::planner::agenda::event::{DagTerms, KnownDag, Waiting};
use crate::planner::agenda::lane::Runs;
use crate::schedule::{Continuous, DataInterval, EndedRun, Pace, PlannedRun, Timetable};

#[derive(Debug)]
pub(super) struct Entry {
    /// `None`: its file is gone.
    pub(super) terms: Option<DagTerms>,
    pub(super) paused: bool,
    /// When it is looked at again though nothing happened.
    pub(super) due: Option<Timestamp>,
    first_seen: Timestamp,
    /// `run_after` of the last scheduled run.
    last_scheduled: Option<Timestamp>,
    pub(super) runs: Runs,
    /// Runs that were ordered and are not made yet.
    making: u32,
    failed_in_a_row: u32,
}

impl Entry {
    pub(super) fn new(known: &KnownDag) -> Self {
        Self {
            terms: None,
            paused: known.paused,
            due: None,
            first_seen: known.first_seen,
            last_scheduled: known.last_scheduled,
            runs: Runs::default(),
            making: 0,
            failed_in_a_row: if planted!(FailuresForgottenAtLoad) { 0 } else { known.failed_in_a_row },
        }
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        // Whoever ends the pause wants to see it run again.
        self.failed_in_a_row = 0;
    }

    pub(super) fn made(&mut self, run: Option<RunKey>) {
        self.making = self.making.saturating_sub(1);
        if let Some(run) = run {
            self.runs.activate(run);
        }
    }

    /// A run is over. Whether it was one of those that ran or waited.
    pub(super) fn end(&mut self, run: RunKey, state: RunState) -> bool {
        if !self.runs.end(run) {
            return false;
        }
        match state {
            RunState::Failed => self.failed_in_a_row = self.failed_in_a_row.saturating_add(1),
            RunState::Success if planted!(FailuresAddUp) => {}
            RunState::Success | RunState::Queued | RunState::Running => self.failed_in_a_row = 0,
        }
        true
    }

    /// Why the DAG is to be paused, if as many runs failed in a row as may.
    pub(super) fn fails_too_often(&self) -> Option<String> {
        let most = self.terms.as_ref().map_or(0, |terms| terms.max_consecutive_failed_runs);
        let pauses = most > 0 && self.failed_in_a_row >= most && !self.paused;
        pauses.then(|| format!("{most} runs failed in a row (max_consecutive_failed_dag_runs)"))
    }

    /// Whether as many run or begin as may, with `more` besides.
    pub(super) fn is_full(&self, more: usize) -> bool {
        let taken = self.runs.active() + self.making as usize + more;
        self.terms.as_ref().is_some_and(|terms| taken >= terms.max_active_runs as usize)
    }

    fn room(&self, terms: &DagTerms) -> usize {
        let taken = self.runs.active() + self.making as usize;
        let most = terms.max_active_runs as usize + usize::from(planted!(OneActiveRunMore));
        if self.paused && !planted!(PauseForgotten) { 0 } else { most.saturating_sub(taken) }
    }

    /// The waiting runs that there is room for; they count as active from here on.
    pub(super) fn start_waiting(&mut self) -> Vec<RunKey> {
        let room = self.terms.as_ref().map_or(0, |terms| self.room(terms));
        self.runs.start(room)
    }

    /// The oldest scheduled run that is missing, if there is room for it; it counts as being made from here on.
    pub(super) fn make_one(&mut self, now: Timestamp) -> Option<PlannedRun> {
        let terms = self.terms.as_ref().filter(|terms| self.room(terms) > 0)?;
        let timetable = terms.timetable.as_deref()?;
        let planned = match timetable.pace() {
            Pace::Ticks => {
                let now = if planted!(TickLost) { now - SignedDuration::from_secs(1) } else { now };
                let mut missed = timetable.missed(self.last_scheduled, self.first_seen, now);
                let tick = if planted!(CatchupReversed) { missed.next_back() } else { missed.next() }?;
                timetable.run_at(tick)
            }
            Pace::Continuous(continuous) => self.continuous_run(continuous, now)?,
        };
        if !planted!(TickTwice) {
            self.last_scheduled = Some(planned.run_after);
        }
        self.making += 1;
        Some(planned)
    }

    fn continuous_run(&self, continuous: Continuous, now: Timestamp) -> Option<PlannedRun> {
        self.next_continuous(continuous).filter(|start| *start <= now)?;
        Some(PlannedRun { run_after: now, logical_date: now, data_interval: DataInterval { start: now, end: now } })
    }

    /// It is asked only where there is room, which is when the last run has ended.
    fn next_continuous(&self, continuous: Continuous) -> Option<Timestamp> {
        let last = self.last_scheduled.map(|started| EndedRun { started, ended: started });
        continuous.next_start(last, self.first_seen)
    }

    /// When it is to be looked at again. Without room only the end of a run changes anything.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        if planted!(TickNotWaitedFor) {
            return None;
        }
        let terms = self.terms.as_ref().filter(|terms| self.room(terms) > 0)?;
        let timetable: &Timetable = terms.timetable.as_deref()?;
        match timetable.pace() {
            Pace::Ticks => {
                let tick = timetable.next_after(self.last_scheduled.map_or(now, |last| last.max(now)));
                // Seen first at a time that is to come, since the clock was set back: then what is due at first sight is.
                let first = Some(self.first_seen).filter(|seen| self.last_scheduled.is_none() && *seen > now);
                tick.into_iter().chain(first).min()
            }
            Pace::Continuous(continuous) => self.next_continuous(continuous).map(|start| start.max(now)),
        }
    }

    pub(super) fn waits(&self, run: RunKey) -> Option<Waiting> {
        if !self.runs.waits(run) {
            return None;
        }
        Some(match &self.terms {
            None => Waiting::Gone,
            Some(_) if self.paused => Waiting::Paused,
            Some(terms) => Waiting::MaxActiveRuns { limit: terms.max_active_runs },
        })
    }
}
