//! The reference: what is written of each DAG and what is known of it, and from that, by lists of ticks and plain counting,
//! which run is made next and when. No code of the agenda.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{begin, horizon};
use crate::ids::{BackfillId, RunKey};
use crate::planner::agenda::DagTerms;
use crate::planner::tests::rng::Rng;
use crate::schedule::{Catchup, Schedule, Timetable, TimetableSpec, Window};

const SCHEDULES: [&str; 9] = [
    "every 11m",
    "every 7h",
    "*/20 * * * *",
    "30 2 * * *",
    "0 * * * *",
    "15 3 * * SUN",
    "@hourly",
    "@once",
    "@continuous",
];

/// What is written about a DAG, and its ticks as a list.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) continuous: bool,
    pub(super) once: bool,
    pub(super) ticks: Vec<Timestamp>,
    pub(super) start_date: Option<Timestamp>,
    pub(super) end_date: Option<Timestamp>,
    pub(super) catchup: Catchup,
    pub(super) max_active_runs: usize,
    pub(super) max_failed: u32,
    pub(super) timetable: Option<Arc<Timetable>>,
}

impl Written {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let by_hand = rng.percent(10);
        let text = *rng.pick(&SCHEDULES).unwrap();
        let hours = |rng: &mut Rng, most| begin() + SignedDuration::from_hours(rng.below(most) as i64);
        let spec = TimetableSpec {
            zone: TimeZone::get(["UTC", "Europe/Berlin", "America/New_York"][rng.below(3) as usize]).unwrap(),
            start_date: rng.percent(30).then(|| hours(rng, 12)),
            end_date: rng.percent(20).then(|| hours(rng, 96)),
            window: if rng.percent(30) { Window::Previous } else { Window::None },
            catchup: match rng.below(4) {
                0 => Catchup::Latest,
                1 | 2 => Catchup::All,
                _ => Catchup::Within {
                    window: rng.percent(60).then(|| Duration::from_secs(600 + rng.below(20_000))),
                    max: rng.percent(60).then(|| 1 + rng.below(4) as u32),
                },
            },
            ..TimetableSpec::new(Schedule::parse(text).unwrap())
        };
        let (continuous, once) = (text == "@continuous", text == "@once");
        let timetable = Timetable::new(spec.clone());
        let after = timetable.ticks_after(begin() - SignedDuration::from_hours(24));
        let mut ticks: Vec<Timestamp> = after.take_while(|tick| *tick <= horizon()).collect();
        ticks.extend(timetable.next_after(horizon()));
        Self {
            continuous,
            once,
            ticks: if by_hand { Vec::new() } else { ticks },
            start_date: spec.start_date,
            end_date: spec.end_date,
            catchup: spec.catchup,
            max_active_runs: if continuous { 1 } else { 1 + rng.below(4) as usize },
            max_failed: if rng.percent(40) { 1 + rng.below(3) as u32 } else { 0 },
            timetable: (!by_hand).then(|| Arc::new(timetable)),
        }
    }

    pub(super) fn terms(&self) -> DagTerms {
        DagTerms {
            timetable: self.timetable.clone(),
            max_active_runs: u32::try_from(self.max_active_runs).unwrap(),
            max_consecutive_failed_runs: self.max_failed,
        }
    }
}

/// A backfill, as the reference knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Filling {
    pub(super) limit: usize,
    pub(super) waiting: VecDeque<RunKey>,
    pub(super) active: BTreeSet<RunKey>,
}

/// A DAG, as the reference knows it; what is kept of it survives a restart.
#[derive(Debug, Clone)]
pub(super) struct Known {
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
    pub(super) fn room(&self) -> usize {
        let open = self.has_file && !self.paused;
        if open { self.written.max_active_runs.saturating_sub(self.active.len()) } else { 0 }
    }

    /// Whether a tick counts, after the last scheduled run or from the start on.
    pub(super) fn is_new(&self, tick: Timestamp) -> bool {
        match self.last {
            Some(last) => tick > last,
            None => tick >= self.written.start_date.unwrap_or(self.first_seen),
        }
    }

    /// The tick of the run that is to be made next at `now`, if one is.
    pub(super) fn next_made(&self, now: Timestamp) -> Option<Timestamp> {
        let written = &self.written;
        written.timetable.as_ref()?;
        if written.continuous {
            let start = self.next_continuous()?;
            return (start <= now).then_some(now);
        }
        if written.once {
            let tick = written.start_date.unwrap_or(self.first_seen);
            let ends = written.end_date.is_none_or(|end| tick <= end);
            // Its window may have closed.
            let oldest = self.oldest(now);
            return (self.is_new(tick) && tick <= now && ends && oldest.is_none_or(|oldest| tick >= oldest))
                .then_some(tick);
        }
        let missed: Vec<Timestamp> =
            written.ticks.iter().copied().filter(|tick| *tick <= now && self.is_new(*tick)).collect();
        let wanted = match &written.catchup {
            Catchup::Latest => missed.len().min(1),
            Catchup::All => missed.len(),
            Catchup::Within { max, .. } => {
                let within =
                    missed.iter().filter(|tick| self.oldest(now).is_none_or(|oldest| **tick >= oldest)).count();
                max.map_or(within, |max| within.min(max as usize))
            }
        };
        missed.get(missed.len() - wanted).copied().filter(|_| wanted > 0)
    }

    pub(super) fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.written.catchup {
            Catchup::Within { window: Some(window), .. } => now.checked_sub(*window).ok(),
            Catchup::Latest | Catchup::All | Catchup::Within { window: None, .. } => None,
        }
    }

    pub(super) fn next_continuous(&self) -> Option<Timestamp> {
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
        if written.continuous {
            return self.next_continuous().map(|start| start.max(now));
        }
        if written.once {
            let tick = written.start_date.unwrap_or(self.first_seen);
            let ends = written.end_date.is_none_or(|end| tick <= end);
            return Some(tick).filter(|tick| self.is_new(*tick) && *tick > now && ends);
        }
        written.ticks.iter().copied().find(|tick| *tick > now && self.is_new(*tick))
    }
}
