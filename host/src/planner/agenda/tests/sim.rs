//! The agenda in a simulated world, seed by seed: schedules, catch-up, pauses, limits, failures, triggers, backfills, clocks
//! that are set, DAGs that change and go, restarts. Held against a reference that says after each step which runs begin and when
//! the next is due: lists of ticks, plain counting, no code of the agenda.
//!
//! A failure names its seed; `DAGWOOD_SEED` and `DAGWOOD_SEEDS` are as for the planner's simulation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Agenda, DagTerms, KnownDag, Lane, Matter, Order};
use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::tests::rng::Rng;
use crate::planner::tests::sim::{each_seed, seeds};
use crate::schedule::{Catchup, PlannedRun, Schedule, Timetable, TimetableSpec, Window};

pub(in crate::planner) const SEEDS: u64 = 1_500;
const STEPS: usize = 80;

/// Before the clocks of Berlin change, on 29 March at 01:00 UTC.
fn begin() -> Timestamp {
    "2026-03-28T20:00:00Z".parse().unwrap()
}

/// Far enough that no simulated clock gets there.
fn horizon() -> Timestamp {
    begin() + SignedDuration::from_hours(24 * 9)
}

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
struct Written {
    continuous: bool,
    once: bool,
    ticks: Vec<Timestamp>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    catchup: Catchup,
    max_active_runs: usize,
    max_failed: u32,
    timetable: Option<Arc<Timetable>>,
}

impl Written {
    fn new(rng: &mut Rng) -> Self {
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

    fn terms(&self) -> DagTerms {
        DagTerms {
            timetable: self.timetable.clone(),
            max_active_runs: u32::try_from(self.max_active_runs).unwrap(),
            max_consecutive_failed_runs: self.max_failed,
        }
    }
}

/// A backfill, as the reference knows it.
#[derive(Debug, Clone, Default)]
struct Filling {
    limit: usize,
    waiting: VecDeque<RunKey>,
    active: BTreeSet<RunKey>,
}

/// A DAG, as the reference knows it; what is kept of it survives a restart.
#[derive(Debug, Clone)]
struct Known {
    written: Written,
    first_seen: Timestamp,
    has_file: bool,
    paused: bool,
    failed_in_a_row: u32,
    last: Option<Timestamp>,
    waiting: VecDeque<RunKey>,
    active: BTreeSet<RunKey>,
    backfills: BTreeMap<BackfillId, Filling>,
}

impl Known {
    fn room(&self) -> usize {
        let open = self.has_file && !self.paused;
        if open { self.written.max_active_runs.saturating_sub(self.active.len()) } else { 0 }
    }

    /// Whether a tick counts, after the last scheduled run or from the start on.
    fn is_new(&self, tick: Timestamp) -> bool {
        match self.last {
            Some(last) => tick > last,
            None => tick >= self.written.start_date.unwrap_or(self.first_seen),
        }
    }

    /// The tick of the run that is to be made next at `now`, if one is.
    fn next_made(&self, now: Timestamp) -> Option<Timestamp> {
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

    fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.written.catchup {
            Catchup::Within { window: Some(window), .. } => now.checked_sub(*window).ok(),
            Catchup::Latest | Catchup::All | Catchup::Within { window: None, .. } => None,
        }
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
    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
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

struct World {
    rng: Rng,
    now: Timestamp,
    agenda: Agenda,
    dags: BTreeMap<DagId, Known>,
    /// Logical dates that have a run, by DAG: made by the schedule, or by a backfill before it.
    taken: BTreeSet<(DagId, Timestamp)>,
    lanes: BTreeMap<RunKey, (DagId, Lane)>,
    next_run: i64,
    next_backfill: i64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xa6e7_da00);
        let count = 1 + rng.below(3);
        let mut world = Self {
            now: begin(),
            agenda: Agenda::default(),
            dags: BTreeMap::new(),
            taken: BTreeSet::new(),
            lanes: BTreeMap::new(),
            next_run: 1,
            next_backfill: 1,
            rng: Rng::new(0),
        };
        for number in 0..count {
            let dag = Known {
                written: Written::new(&mut rng),
                first_seen: begin(),
                has_file: true,
                paused: rng.percent(10),
                failed_in_a_row: 0,
                last: None,
                waiting: VecDeque::new(),
                active: BTreeSet::new(),
                backfills: BTreeMap::new(),
            };
            world.dags.insert(DagId::new(&format!("dag-{number}")).unwrap(), dag);
        }
        world.rng = rng;
        world.restart();
        world
    }

    fn some_dag(&mut self) -> DagId {
        let ids: Vec<DagId> = self.dags.keys().cloned().collect();
        self.rng.pick(&ids).unwrap().clone()
    }

    fn known(&mut self, dag: &DagId) -> &mut Known {
        self.dags.get_mut(dag).unwrap()
    }

    fn new_run(&mut self, dag: &DagId, lane: Lane) -> RunKey {
        let run = RunKey(self.next_run);
        self.next_run += 1;
        self.lanes.insert(run, (dag.clone(), lane));
        run
    }

    /// Tells the agenda, has its orders done, and holds them against what the reference does.
    fn told(&mut self, matters: Vec<Matter>) {
        let mut matters = matters;
        let mut orders = Vec::new();
        for round in 0.. {
            assert!(round < 1_000, "its orders never end");
            let more = self.agenda.apply(std::mem::take(&mut matters), self.now);
            for order in &more {
                matters.extend(self.perform(order));
            }
            orders.extend(more);
            if matters.is_empty() {
                break;
            }
        }
        self.check();
    }

    /// Does an order, which the reference must want too.
    fn perform(&mut self, order: &Order) -> Option<Matter> {
        match order {
            Order::Make { dag, planned } => return Some(self.make(dag, *planned)),
            Order::Start { run } => {
                let (dag, lane) = self.lanes[run].clone();
                self.start(&dag, *run, lane);
            }
            Order::Pause { dag, reason: _ } => {
                let known = self.known(dag);
                let most = known.written.max_failed;
                assert!(most > 0 && known.failed_in_a_row >= most && !known.paused, "{dag} is paused: {known:?}");
                known.paused = true;
                known.failed_in_a_row = 0;
            }
            Order::EndBackfill { id } => {
                let of = self.dags.values_mut().find(|known| known.backfills.contains_key(id)).expect("it is there");
                let filling = of.backfills.remove(id).unwrap();
                assert!(filling.waiting.is_empty() && filling.active.is_empty(), "{filling:?}");
            }
        }
        None
    }

    fn make(&mut self, dag: &DagId, planned: PlannedRun) -> Matter {
        let now = self.now;
        let known = &self.dags[dag];
        assert!(known.room() > 0, "{dag} has no room: {known:?}");
        assert!(known.waiting.is_empty(), "{dag}: those that wait go first");
        assert_eq!(known.next_made(now), Some(planned.run_after), "{dag} at {now}: {known:?}");
        let is_new = self.taken.insert((dag.clone(), planned.logical_date));
        let run = is_new.then(|| self.new_run(dag, Lane::Dag));
        let known = self.known(dag);
        known.last = Some(planned.run_after);
        known.active.extend(run);
        Matter::Made { dag: dag.clone(), run }
    }

    fn start(&mut self, dag: &DagId, run: RunKey, lane: Lane) {
        let known = self.known(dag);
        assert!(known.has_file && !known.paused, "{run:?} of {dag} starts");
        let room = known.room();
        let (waiting, active, room) = match lane {
            Lane::Dag => (&mut known.waiting, &mut known.active, room),
            Lane::Backfill(id) => {
                let filling = known.backfills.get_mut(&id).expect("it is not over");
                let room = filling.limit.saturating_sub(filling.active.len());
                (&mut filling.waiting, &mut filling.active, room)
            }
        };
        assert!(room > 0, "there is no room for {run:?} of {dag}");
        assert_eq!(waiting.pop_front(), Some(run), "the first goes first");
        active.insert(run);
    }

    /// Nothing is left undone, and the next that is due is waited for.
    fn check(&self) {
        for (dag, known) in &self.dags {
            let words = || format!("{dag} at {}: {known:?}", self.now);
            assert!(known.room() == 0 || known.waiting.is_empty(), "somebody waits though there is room: {}", words());
            let made = if known.room() > 0 { known.next_made(self.now) } else { None };
            assert_eq!(made, None, "a run was not made: {}", words());
            if known.has_file && !known.paused {
                for filling in known.backfills.values() {
                    let has_room = filling.active.len() < filling.limit;
                    assert!(!has_room || filling.waiting.is_empty(), "a backfill waits: {}", words());
                }
            }
            let over = |filling: &Filling| filling.waiting.is_empty() && filling.active.is_empty();
            assert!(!known.backfills.values().any(over), "a backfill is over, and nobody said so: {}", words());
            // It may wake earlier, for nothing, after the clock was set.
            let (wakes, due) = (self.agenda.next_tick(dag), known.next_due(self.now));
            let in_time = due.is_none_or(|due| wakes.is_some_and(|wakes| wakes <= due));
            assert!(in_time, "it wakes at {wakes:?} and is due at {due:?}: {}", words());
            assert!(
                wakes.is_none_or(|wakes| wakes > self.now || known.written.continuous),
                "it never sleeps: {}",
                words()
            );
        }
        let first = self.dags.keys().filter_map(|dag| self.agenda.next_tick(dag)).min();
        assert_eq!(self.agenda.next_wakeup().map(|(at, _)| at), first);
    }

    /// A run that runs, and whose it is.
    fn some_active(&mut self) -> Option<RunKey> {
        let of = |known: &Known| {
            let filled = known.backfills.values().flat_map(|filling| filling.active.iter().copied());
            known.active.iter().copied().chain(filled).collect::<Vec<_>>()
        };
        let active: Vec<RunKey> = self.dags.values().flat_map(of).collect();
        self.rng.pick(&active).copied()
    }

    fn end(&mut self, run: RunKey) {
        let failed = self.rng.percent(40);
        let (dag, lane) = self.lanes[&run].clone();
        let known = self.known(&dag);
        match lane {
            Lane::Dag => {
                known.active.remove(&run);
                known.failed_in_a_row = if failed { known.failed_in_a_row + 1 } else { 0 };
            }
            Lane::Backfill(id) => {
                known.backfills.get_mut(&id).unwrap().active.remove(&run);
            }
        }
        let most = known.written.max_failed;
        let to_pause = known.has_file && most > 0 && known.failed_in_a_row >= most && lane == Lane::Dag;
        let state = if failed { RunState::Failed } else { RunState::Success };
        self.told(vec![Matter::Ended { run, state }]);
        assert!(!to_pause || self.dags[&dag].paused, "{dag} is not paused: {:?}", self.dags[&dag]);
    }

    fn trigger(&mut self) {
        let dag = self.some_dag();
        let run = self.new_run(&dag, Lane::Dag);
        self.known(&dag).waiting.push_back(run);
        self.told(vec![Matter::Queued { dag, run, lane: Lane::Dag }]);
    }

    fn backfill(&mut self) {
        let dag = self.some_dag();
        let id = BackfillId(self.next_backfill);
        self.next_backfill += 1;
        let limit = 1 + self.rng.below(3) as usize;
        let count = 1 + self.rng.below(5);
        let mut matters =
            vec![Matter::BackfillAdded { id, dag: dag.clone(), max_active_runs: u32::try_from(limit).unwrap() }];
        let mut filling = Filling { limit, ..Filling::default() };
        for _ in 0..count {
            let run = self.new_run(&dag, Lane::Backfill(id));
            filling.waiting.push_back(run);
            matters.push(Matter::Queued { dag: dag.clone(), run, lane: Lane::Backfill(id) });
        }
        // It may come before the schedule to a date that the schedule has yet to make.
        let ahead: Vec<Timestamp> =
            self.dags[&dag].written.ticks.iter().copied().filter(|tick| *tick > self.now).collect();
        if let Some(tick) = ahead.first().filter(|_| self.rng.percent(30)) {
            self.taken.insert((dag.clone(), *tick));
        }
        self.known(&dag).backfills.insert(id, filling);
        self.told(matters);
    }

    fn pause(&mut self) {
        let dag = self.some_dag();
        let known = self.known(&dag);
        known.paused = !known.paused;
        known.failed_in_a_row = 0;
        let paused = known.paused;
        self.told(vec![Matter::Paused { dag, paused }]);
    }

    fn change_file(&mut self) {
        let dag = self.some_dag();
        let goes = self.known(&dag).has_file && self.rng.percent(40);
        if goes {
            self.known(&dag).has_file = false;
            return self.told(vec![Matter::DagGone(dag)]);
        }
        if self.rng.percent(50) {
            let written = Written::new(&mut self.rng);
            self.known(&dag).written = written;
        }
        let known = self.known(&dag);
        known.has_file = true;
        let (terms, most) = (known.written.terms(), known.written.max_failed);
        let to_pause = most > 0 && known.failed_in_a_row >= most;
        self.told(vec![Matter::DagSeen { dag: dag.clone(), terms }]);
        assert!(!to_pause || self.dags[&dag].paused, "{dag} is not paused: {:?}", self.dags[&dag]);
    }

    /// Another server goes on from what is kept.
    fn restart(&mut self) {
        self.agenda = Agenda::default();
        let mut matters = Vec::new();
        for (dag, known) in &mut self.dags {
            matters.push(Matter::DagKnown(KnownDag {
                dag_id: dag.clone(),
                first_seen: known.first_seen,
                last_scheduled: known.last,
                failed_in_a_row: known.failed_in_a_row,
                paused: known.paused,
            }));
            for (id, filling) in &known.backfills {
                let max_active_runs = u32::try_from(filling.limit).unwrap();
                matters.push(Matter::BackfillAdded { id: *id, dag: dag.clone(), max_active_runs });
                let lane = Lane::Backfill(*id);
                let active = filling.active.iter().map(|run| Matter::Active { dag: dag.clone(), run: *run, lane });
                matters.extend(active);
                let waiting = filling.waiting.iter().map(|run| Matter::Queued { dag: dag.clone(), run: *run, lane });
                matters.extend(waiting);
            }
            let lane = Lane::Dag;
            matters.extend(known.active.iter().map(|run| Matter::Active { dag: dag.clone(), run: *run, lane }));
            matters.extend(known.waiting.iter().map(|run| Matter::Queued { dag: dag.clone(), run: *run, lane }));
        }
        let seen = self.dags.iter().filter(|(_, known)| known.has_file);
        let seen: Vec<Matter> =
            seen.map(|(dag, known)| Matter::DagSeen { dag: dag.clone(), terms: known.written.terms() }).collect();
        // The files are read after that, and each by itself.
        self.recover(matters, seen);
    }

    fn recover(&mut self, kept: Vec<Matter>, seen: Vec<Matter>) {
        let files: Vec<DagId> =
            self.dags.iter().filter(|(_, known)| known.has_file).map(|(dag, _)| dag.clone()).collect();
        for dag in &files {
            self.known(dag).has_file = false;
        }
        self.told(kept);
        for (dag, matter) in files.iter().zip(seen) {
            self.known(dag).has_file = true;
            self.told(vec![matter]);
        }
    }

    /// Time goes on: to what is due next, or somewhere; or the clock is set.
    fn pass_time(&mut self) {
        let seconds = |rng: &mut Rng, most| SignedDuration::from_secs(rng.below(most) as i64);
        let due = self.agenda.next_wakeup().map(|(at, _)| at);
        self.now = match self.rng.below(10) {
            0 => self.now - seconds(&mut self.rng, 7_200),
            1 => self.now + seconds(&mut self.rng, 6 * 3_600),
            2..4 => self.now + seconds(&mut self.rng, 1_800),
            _ => due.filter(|due| *due > self.now).unwrap_or(self.now + SignedDuration::from_secs(1)),
        };
        self.told(Vec::new());
    }

    fn step(&mut self) {
        if self.now > horizon() - SignedDuration::from_hours(24) {
            return;
        }
        match self.rng.below(100) {
            0..45 => self.pass_time(),
            45..75 => {
                if let Some(run) = self.some_active() {
                    self.end(run);
                }
            }
            75..82 => self.trigger(),
            82..86 => self.backfill(),
            86..92 => self.pause(),
            92..97 => self.change_file(),
            _ => self.restart(),
        }
    }
}

/// One world from its beginning to its end.
pub(in crate::planner) fn play(seed: u64) {
    let mut world = World::new(seed);
    (0..STEPS).for_each(|_| world.step());
}

#[test]
fn runs_begin_when_the_reference_says_and_no_others() {
    each_seed(seeds(SEEDS), play);
}
