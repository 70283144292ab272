//! What is written about a DAG that is scheduled, and which runs that asks for.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::ticks::{Beats, SCHEDULES, ZONES, all_ticks};
use crate::planner::agenda::DagTerms;
use crate::planner::tests::rng::Rng;
use crate::schedule::{Catchup, Schedule, Timetable, TimetableSpec, Window};

/// When a run starts, and its logical date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: Timestamp,
    pub(super) logical_date: Timestamp,
}

#[derive(Debug, Clone)]
pub(in crate::planner) struct Written {
    pub(super) beats: Beats,
    /// Not for `@once` and `@continuous`, which go by when the DAG was first seen, and by their own runs.
    pub(super) ticks: Vec<Tick>,
    pub(super) start_date: Option<Timestamp>,
    pub(super) end_date: Option<Timestamp>,
    pub(super) catchup: Catchup,
    pub(super) max_active_runs: usize,
    pub(super) max_failed: u32,
    /// The same for the agenda; `None`: by hand only.
    pub(super) timetable: Option<Arc<Timetable>>,
}

impl Written {
    pub(super) fn new(begin: Timestamp, rng: &mut Rng) -> Self {
        let by_hand = rng.percent(10);
        let (text, beats) = *rng.pick(&SCHEDULES).unwrap();
        let hours = |rng: &mut Rng, most| begin + SignedDuration::from_hours(rng.below(most) as i64);
        let zone = *rng.pick(&ZONES).unwrap();
        let spec = TimetableSpec {
            zone: TimeZone::get(zone).unwrap(),
            start_date: rng.percent(30).then(|| hours(rng, 12)),
            end_date: rng.percent(20).then(|| hours(rng, 96)),
            window: if rng.percent(30) { Window::Previous } else { Window::None },
            catchup: catchup(rng),
            ..TimetableSpec::new(Schedule::parse(text).unwrap())
        };
        let ticks = if by_hand { Vec::new() } else { ticks(&spec, &all_ticks(beats, zone, begin, spec.start_date)) };
        Self {
            beats,
            ticks,
            start_date: spec.start_date,
            end_date: spec.end_date,
            catchup: spec.catchup.clone(),
            max_active_runs: if beats == Beats::Continuous { 1 } else { 1 + rng.below(4) as usize },
            max_failed: if rng.percent(40) { 1 + rng.below(3) as u32 } else { 0 },
            timetable: (!by_hand).then(|| Arc::new(Timetable::new(spec))),
        }
    }

    /// Without a schedule, and never paused for its failures.
    pub(super) fn by_hand(self) -> Self {
        Self { timetable: None, ticks: Vec::new(), max_failed: 0, ..self }
    }

    pub(super) fn terms(&self) -> DagTerms {
        DagTerms {
            timetable: self.timetable.clone(),
            max_active_runs: u32::try_from(self.max_active_runs).unwrap(),
            max_consecutive_failed_runs: self.max_failed,
        }
    }
}

fn catchup(rng: &mut Rng) -> Catchup {
    match rng.below(4) {
        0 => Catchup::Latest,
        1 | 2 => Catchup::All,
        _ => Catchup::Within {
            window: rng.percent(60).then(|| Duration::from_secs(600 + rng.below(20_000))),
            max: rng.percent(60).then(|| 1 + rng.below(4) as u32),
        },
    }
}

/// Those whose logical date lies within the bounds: the tick itself, or the one before it.
fn ticks(spec: &TimetableSpec, all: &[Timestamp]) -> Vec<Tick> {
    let of = |pair: &[Timestamp]| Tick {
        at: pair[1],
        logical_date: if spec.window == Window::Previous { pair[0] } else { pair[1] },
    };
    let is_within = |tick: &Tick| {
        spec.start_date.is_none_or(|start| start <= tick.logical_date)
            && spec.end_date.is_none_or(|end| tick.logical_date <= end)
    };
    all.windows(2).map(of).filter(is_within).collect()
}
