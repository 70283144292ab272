//! The agenda in a simulated world, seed by seed: schedules, catch-up, pauses, limits, failures, triggers, backfills, clocks
//! that are set, DAGs that change and go, restarts. Held against a reference that says after each step which runs begin and when
//! the next is due: lists of ticks, plain counting, no code of the agenda.
//!
//! A failure names its seed; `DAGWOOD_SEED` and `DAGWOOD_SEEDS` are as for the planner's simulation.

mod reference;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{Agenda, KnownDag, Lane, Matter, Order};
use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::tests::rng::Rng;
use crate::planner::tests::sim::{each_seed, seeds};
use crate::schedule::PlannedRun;
use reference::{Filling, Known, Written};

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
