//! The reference: what is known of each DAG, and from that, by lists of ticks and plain counting, which run is made next and
//! when. No code of the agenda, none of the schedules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::ticks::Beats;
use super::written::{Tick, Written};
use crate::ids::{BackfillId, RunKey};
use crate::schedule::Catchup;

/// A backfill, as the reference knows it.
#[derive(Debug, Clone, Default)]
pub(in crate::planner) struct Filling {
    pub(super) limit: usize,
    pub(super) waiting: VecDeque<RunKey>,
    pub(super) active: BTreeSet<RunKey>,
}

impl Filling {
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.active.is_empty()
    }
}

/// A DAG, as the reference knows it; what is kept of it survives a restart.
#[derive(Debug, Clone)]
pub(in crate::planner) struct Known {
    pub(super) written: Written,
    pub(super) first_seen: Timestamp,
    pub(super) has_file: bool,
    pub(super) paused: bool,
    pub(super) failed_in_a_row: u32,
    pub(super) last: Option<Timestamp>,
    pub(super) waiting: VecDeque<RunKey>,
    pub(super) active: BTreeSet<RunKey>,
    pub(super) backfills: BTreeMap<BackfillId, Filling>,
}

impl Known {
    pub(super) fn new(written: Written, first_seen: Timestamp, paused: bool) -> Self {
        Self {
            written,
            first_seen,
            has_file: true,
            paused,
            failed_in_a_row: 0,
            last: None,
            waiting: VecDeque::new(),
            active: BTreeSet::new(),
            backfills: BTreeMap::new(),
        }
    }

    pub(super) fn room(&self) -> usize {
        let open = self.has_file && !self.paused;
        if open { self.written.max_active_runs.saturating_sub(self.active.len()) } else { 0 }
    }

    /// Whether so many failed in a row that it is to be paused.
    pub(super) fn fails_too_often(&self) -> bool {
        self.has_file && self.written.max_failed > 0 && self.failed_in_a_row >= self.written.max_failed
    }

    /// Whether a tick counts, after the last scheduled run or from the start on.
    fn is_new(&self, tick: Timestamp) -> bool {
        match self.last {
            Some(last) => tick > last,
            None => tick >= self.written.start_date.unwrap_or(self.first_seen),
        }
    }

    /// The tick of the run that is to be made next at `now`, if one is.
    pub(super) fn next_made(&self, now: Timestamp) -> Option<Tick> {
        let written = &self.written;
        written.timetable.as_ref()?;
        let at_once = |at| Tick { at, logical_date: at };
        match written.beats {
            Beats::Continuous => self.next_continuous().filter(|start| *start <= now).map(|_| at_once(now)),
            Beats::Once => {
                let tick = self.only_tick()?;
                // Its window may have closed.
                let open = self.oldest(now).is_none_or(|oldest| tick >= oldest);
                (tick <= now && open).then(|| at_once(tick))
            }
            Beats::Every(_) | Beats::Clock { .. } => self.next_missed(now),
        }
    }

    fn next_missed(&self, now: Timestamp) -> Option<Tick> {
        let ticks = self.written.ticks.iter().copied();
        let missed: Vec<Tick> = ticks.filter(|tick| tick.at <= now && self.is_new(tick.at)).collect();
        let wanted = match &self.written.catchup {
            Catchup::Latest => missed.len().min(1),
            Catchup::All => missed.len(),
            Catchup::Within { max, .. } => {
                let oldest = self.oldest(now);
                let within = missed.iter().filter(|tick| oldest.is_none_or(|oldest| tick.at >= oldest)).count();
                max.map_or(within, |max| within.min(max as usize))
            }
        };
        missed.get(missed.len() - wanted).copied().filter(|_| wanted > 0)
    }

    fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.written.catchup {
            Catchup::Within { window: Some(window), .. } => now.checked_sub(*window).ok(),
            Catchup::Latest | Catchup::All | Catchup::Within { window: None, .. } => None,
        }
    }

    /// Of `@once`, if it has not run.
    fn only_tick(&self) -> Option<Timestamp> {
        let tick = self.written.start_date.unwrap_or(self.first_seen);
        let ends = self.written.end_date.is_none_or(|end| tick <= end);
        (self.is_new(tick) && ends).then_some(tick)
    }

    fn next_continuous(&self) -> Option<Timestamp> {
        let free = match self.last {
            Some(last) => last + SignedDuration::from_secs(1),
            None => self.written.start_date.unwrap_or(self.first_seen),
        };
        let start = self.written.start_date.map_or(free, |start_date| free.max(start_date));
        self.written.end_date.is_none_or(|end| start <= end).then_some(start)
    }

    /// When a run is made at the latest though nothing happens before.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let written = &self.written;
        if self.room() == 0 || written.timetable.is_none() {
            return None;
        }
        match written.beats {
            Beats::Continuous => self.next_continuous().map(|start| start.max(now)),
            Beats::Once => self.only_tick().filter(|tick| *tick > now),
            Beats::Every(_) | Beats::Clock { .. } => {
                written.ticks.iter().map(|tick| tick.at).find(|tick| *tick > now && self.is_new(*tick))
            }
        }
    }
}
