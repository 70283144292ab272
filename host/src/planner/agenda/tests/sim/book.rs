//! The agenda with the reference beside it: whatever it is told, its orders are done and held against what the reference says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::reference::{Filling, Known};
use super::ticks::{Beats, beginning, horizon};
use super::written::{Tick, Written};
use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Agenda, KnownDag, Lane, Matter, Order};
use crate::planner::tests::rng::Rng;
use crate::schedule::{DataInterval, PlannedRun};

/// A run that exists.
#[derive(Debug, Clone)]
pub(in crate::planner) struct Entered {
    pub(in crate::planner) dag: DagId,
    pub(in crate::planner) lane: Lane,
    /// `None`: made by hand.
    pub(in crate::planner) logical_date: Option<Timestamp>,
}

pub(in crate::planner) struct Book {
    pub(in crate::planner) now: Timestamp,
    pub(super) rng: Rng,
    begin: Timestamp,
    agenda: Agenda,
    pub(super) dags: BTreeMap<DagId, Known>,
    /// All runs that were ever made.
    pub(in crate::planner) runs: BTreeMap<RunKey, Entered>,
    /// Logical dates that have a run, by DAG.
    taken: BTreeSet<(DagId, Timestamp)>,
    /// Runs that began, and nobody asked about them yet.
    begun: Vec<RunKey>,
    next_backfill: i64,
}

impl Book {
    pub(in crate::planner) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xa6e7_da00);
        let begin = beginning(seed);
        let count = 1 + rng.below(3);
        let known = |rng: &mut Rng| Known::new(Written::new(begin, rng), begin, rng.percent(10));
        let dags = (0..count).map(|number| (DagId::new(&format!("dag-{number}")).unwrap(), known(&mut rng)));
        let dags = dags.collect();
        let mut book = Self {
            now: begin,
            rng,
            begin,
            agenda: Agenda::default(),
            dags,
            runs: BTreeMap::new(),
            taken: BTreeSet::new(),
            begun: Vec::new(),
            next_backfill: 1,
        };
        book.restart();
        book
    }

    pub(in crate::planner) fn dag_ids(&self) -> Vec<DagId> {
        self.dags.keys().cloned().collect()
    }

    pub(super) fn some_dag(&mut self) -> DagId {
        let ids = self.dag_ids();
        self.rng.pick(&ids).unwrap().clone()
    }

    pub(super) fn known(&mut self, dag: &DagId) -> &mut Known {
        self.dags.get_mut(dag).unwrap()
    }

    /// Whether the clock is where the lists of ticks end soon.
    pub(in crate::planner) fn is_at_the_horizon(&self) -> bool {
        self.now > horizon(self.begin) - SignedDuration::from_hours(24)
    }

    pub(in crate::planner) fn next_wakeup(&self) -> Option<Timestamp> {
        self.agenda.next_wakeup().map(|(at, _)| at)
    }

    /// The runs that began since that was asked last.
    pub(in crate::planner) fn take_begun(&mut self) -> Vec<RunKey> {
        std::mem::take(&mut self.begun)
    }

    fn new_run(&mut self, dag: &DagId, lane: Lane, logical_date: Option<Timestamp>) -> RunKey {
        let run = RunKey(self.runs.len() as i64 + 1);
        self.runs.insert(run, Entered { dag: dag.clone(), lane, logical_date });
        run
    }

    /// Tells the agenda, has its orders done, and holds them against what the reference does.
    pub(in crate::planner) fn told(&mut self, mut matters: Vec<Matter>) {
        for round in 0.. {
            assert!(round < 1_000, "its orders never end");
            let orders = self.agenda.apply(std::mem::take(&mut matters), self.now);
            for order in &orders {
                matters.extend(self.perform(order));
            }
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
            Order::Start { run } => self.start(*run),
            Order::Pause { dag, reason: _ } => {
                let known = self.known(dag);
                assert!(known.fails_too_often() && !known.paused, "{dag} is paused: {known:?}");
                known.paused = true;
                known.failed_in_a_row = 0;
            }
            Order::EndBackfill { id } => {
                let of = self.dags.values_mut().find(|known| known.backfills.contains_key(id)).expect("it is there");
                let filling = of.backfills.remove(id).unwrap();
                assert!(filling.is_over(), "{filling:?}");
            }
        }
        None
    }

    fn make(&mut self, dag: &DagId, planned: PlannedRun) -> Matter {
        let now = self.now;
        let known = &self.dags[dag];
        assert!(known.room() > 0, "{dag} has no room: {known:?}");
        assert!(known.waiting.is_empty(), "{dag}: those that wait go first");
        let expected = known.next_made(now).map(|Tick { at, logical_date }| PlannedRun {
            run_after: at,
            logical_date,
            data_interval: DataInterval { start: logical_date, end: at },
        });
        assert_eq!(expected, Some(planned), "{dag} at {now}: {known:?}");
        let is_new = self.taken.insert((dag.clone(), planned.logical_date));
        let run = is_new.then(|| self.new_run(dag, Lane::Dag, Some(planned.logical_date)));
        let known = self.known(dag);
        known.last = Some(planned.run_after);
        known.active.extend(run);
        self.begun.extend(run);
        Matter::Made { dag: dag.clone(), run }
    }

    fn start(&mut self, run: RunKey) {
        let Entered { dag, lane, .. } = self.runs[&run].clone();
        let known = self.known(&dag);
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
        self.begun.push(run);
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
            let over = known.backfills.values().any(Filling::is_over);
            assert!(!over, "a backfill is over, and nobody said so: {}", words());
            assert!(!known.fails_too_often() || known.paused, "it is not paused: {}", words());
            let full = known.has_file && known.active.len() >= known.written.max_active_runs;
            assert_eq!(self.agenda.is_full(dag, 0), full, "{}", words());
            self.check_wakeup(dag, known);
        }
        let first = self.dags.keys().filter_map(|dag| self.agenda.next_tick(dag)).min();
        assert_eq!(self.next_wakeup(), first);
    }

    fn check_wakeup(&self, dag: &DagId, known: &Known) {
        let words = || format!("{dag} at {}: {known:?}", self.now);
        // It may wake earlier, for nothing, after the clock was set.
        let (wakes, due) = (self.agenda.next_tick(dag), known.next_due(self.now));
        let in_time = due.is_none_or(|due| wakes.is_some_and(|wakes| wakes <= due));
        assert!(in_time, "it wakes at {wakes:?} and is due at {due:?}: {}", words());
        let sleeps = known.written.beats == Beats::Continuous || wakes.is_none_or(|wakes| wakes > self.now);
        assert!(sleeps, "it never sleeps: {}", words());
    }

    /// A run is at its end, by the reference.
    pub(in crate::planner) fn note_end(&mut self, run: RunKey, state: RunState) {
        let Entered { dag, lane, .. } = self.runs[&run].clone();
        let known = self.known(&dag);
        match lane {
            Lane::Dag => {
                known.waiting.retain(|waiting| *waiting != run);
                known.active.remove(&run);
                known.failed_in_a_row = if state == RunState::Failed { known.failed_in_a_row + 1 } else { 0 };
            }
            Lane::Backfill(id) => {
                if let Some(filling) = known.backfills.get_mut(&id) {
                    filling.waiting.retain(|waiting| *waiting != run);
                    filling.active.remove(&run);
                }
            }
        }
    }

    pub(in crate::planner) fn end(&mut self, run: RunKey, state: RunState) {
        self.note_end(run, state);
        self.told(vec![Matter::Ended { run, state }]);
    }

    /// A person starts a run by hand.
    pub(in crate::planner) fn trigger(&mut self, dag: &DagId) -> RunKey {
        let run = self.new_run(dag, Lane::Dag, None);
        self.wait(run);
        run
    }

    /// A run of the DAG's own lane is to wait for room.
    pub(in crate::planner) fn wait(&mut self, run: RunKey) {
        let dag = self.runs[&run].dag.clone();
        self.known(&dag).waiting.push_back(run);
        self.told(vec![Matter::Queued { dag, run, lane: Lane::Dag }]);
    }

    /// Whether a run at its end that is cleared has to wait for room.
    pub(in crate::planner) fn has_to_wait(&self, run: RunKey) -> bool {
        let Entered { dag, lane, .. } = &self.runs[&run];
        let known = &self.dags[dag];
        *lane == Lane::Dag && known.has_file && known.active.len() >= known.written.max_active_runs
    }

    /// A run at its end goes on, with room or without.
    pub(in crate::planner) fn go_on(&mut self, run: RunKey) {
        let Entered { dag, lane, .. } = self.runs[&run].clone();
        let known = self.known(&dag);
        match lane {
            Lane::Dag => {
                known.active.insert(run);
            }
            Lane::Backfill(id) => {
                if let Some(filling) = known.backfills.get_mut(&id) {
                    filling.waiting.retain(|waiting| *waiting != run);
                    filling.active.insert(run);
                }
            }
        }
        self.told(vec![Matter::Active { dag, run, lane }]);
    }

    /// A backfill of a few ticks about now, of those that have no run yet; `again`: and runs that are there, which run again.
    /// Gives the runs that are new.
    pub(in crate::planner) fn backfill(&mut self, dag: &DagId, again: &[RunKey]) -> Vec<RunKey> {
        let hours = |rng: &mut Rng| SignedDuration::from_hours(rng.below(30) as i64 - 24);
        let from = self.now + hours(&mut self.rng);
        let count = 1 + self.rng.below(5) as usize;
        let ticks = self.dags[dag].written.ticks.iter().filter(|tick| tick.at >= from).take(count);
        let dates: Vec<Timestamp> = ticks.map(|tick| tick.logical_date).collect();
        let id = BackfillId(self.next_backfill);
        let lane = Lane::Backfill(id);
        let mut runs: Vec<RunKey> = Vec::new();
        for date in dates {
            if self.taken.insert((dag.clone(), date)) {
                runs.push(self.new_run(dag, lane, Some(date)));
            }
        }
        let new = runs.clone();
        for run in again {
            self.runs.get_mut(run).unwrap().lane = lane;
            runs.push(*run);
        }
        if self.rng.percent(40) {
            runs.reverse();
        }
        if !runs.is_empty() {
            self.next_backfill += 1;
            self.fill(dag, id, runs);
        }
        new
    }

    fn fill(&mut self, dag: &DagId, id: BackfillId, runs: Vec<RunKey>) {
        let limit = 1 + self.rng.below(3) as usize;
        let max_active_runs = u32::try_from(limit).unwrap();
        let mut matters = vec![Matter::BackfillAdded { id, dag: dag.clone(), max_active_runs }];
        let lane = Lane::Backfill(id);
        matters.extend(runs.iter().map(|run| Matter::Queued { dag: dag.clone(), run: *run, lane }));
        let filling = Filling { limit, waiting: runs.into(), active: BTreeSet::new() };
        self.known(dag).backfills.insert(id, filling);
        self.told(matters);
    }

    pub(in crate::planner) fn pause(&mut self, dag: &DagId, paused: bool) {
        let known = self.known(dag);
        known.paused = paused;
        known.failed_in_a_row = 0;
        self.told(vec![Matter::Paused { dag: dag.clone(), paused }]);
    }

    /// A person pauses a DAG, or ends the pause.
    pub(in crate::planner) fn turn(&mut self, dag: &DagId) {
        let paused = !self.dags[dag].paused;
        self.pause(dag, paused);
    }

    /// A DAG's file goes, comes back, or says something else.
    pub(in crate::planner) fn change_file(&mut self, dag: &DagId) {
        if self.dags[dag].has_file && self.rng.percent(40) {
            self.known(dag).has_file = false;
            return self.told(vec![Matter::DagGone(dag.clone())]);
        }
        let written = self.rng.percent(50).then(|| Written::new(self.begin, &mut self.rng));
        self.write(dag, written);
    }

    /// From now on nothing is made by itself, and nothing is held up for good.
    pub(in crate::planner) fn by_hand(&mut self, dag: &DagId) {
        let written = self.dags[dag].written.clone().by_hand();
        self.write(dag, Some(written));
        self.pause(dag, false);
    }

    fn write(&mut self, dag: &DagId, written: Option<Written>) {
        let known = self.known(dag);
        known.has_file = true;
        if let Some(written) = written {
            known.written = written;
        }
        let terms = known.written.terms();
        self.told(vec![Matter::DagSeen { dag: dag.clone(), terms }]);
    }

    /// Another server goes on from what is kept: `began` says which of the runs that are not over had begun.
    pub(in crate::planner) fn recover(&mut self, began: impl Fn(RunKey) -> bool) {
        for known in self.dags.values_mut() {
            put_back(&mut known.active, &mut known.waiting, &began);
            for filling in known.backfills.values_mut() {
                put_back(&mut filling.active, &mut filling.waiting, &began);
            }
        }
        self.restart();
    }

    /// Another server goes on from what is kept.
    pub(super) fn restart(&mut self) {
        self.agenda = Agenda::default();
        self.begun.clear();
        let mut matters = Vec::new();
        for (dag, known) in &mut self.dags {
            // The last run of one may have ended, and nobody could say so.
            known.backfills.retain(|_, filling| !filling.is_over());
            matters.extend(kept(dag, known));
        }
        let files: Vec<DagId> =
            self.dags.iter().filter(|(_, known)| known.has_file).map(|(dag, _)| dag.clone()).collect();
        for dag in &files {
            self.known(dag).has_file = false;
        }
        self.told(matters);
        // The files are read after that, and each by itself.
        for dag in &files {
            self.write(dag, None);
        }
    }
}

/// What a server that starts knows of a DAG.
fn kept(dag: &DagId, known: &Known) -> Vec<Matter> {
    let mut matters = vec![Matter::DagKnown(KnownDag {
        dag_id: dag.clone(),
        first_seen: known.first_seen,
        last_scheduled: known.last,
        failed_in_a_row: known.failed_in_a_row,
        paused: known.paused,
    })];
    let mut told = |lane, active: &BTreeSet<RunKey>, waiting: &VecDeque<RunKey>| {
        if let Lane::Backfill(id) = lane {
            let max_active_runs = u32::try_from(known.backfills[&id].limit).unwrap();
            matters.push(Matter::BackfillAdded { id, dag: dag.clone(), max_active_runs });
        }
        matters.extend(active.iter().map(|run| Matter::Active { dag: dag.clone(), run: *run, lane }));
        matters.extend(waiting.iter().map(|run| Matter::Queued { dag: dag.clone(), run: *run, lane }));
    };
    told(Lane::Dag, &known.active, &known.waiting);
    for (id, filling) in &known.backfills {
        told(Lane::Backfill(*id), &filling.active, &filling.waiting);
    }
    matters
}

/// Those that had not begun wait again, the oldest first.
fn put_back(active: &mut BTreeSet<RunKey>, waiting: &mut VecDeque<RunKey>, began: impl Fn(RunKey) -> bool) {
    for run in active.extract_if(.., |run| !began(*run)).collect::<Vec<_>>().into_iter().rev() {
        waiting.push_front(run);
    }
}
