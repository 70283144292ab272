//! The agenda with the reference beside it: whatever it is told, its orders are done and held against what the reference says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::reference::{Filling, Known};
use super::ticks::{Beats, beginning, horizon};
use super::written::{Tick, Written};
use crate::ids::{DagId, RunKey};
use crate::planner::agenda::{Agenda, Lane, Matter, Order};
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
    pub(super) begin: Timestamp,
    pub(super) agenda: Agenda,
    pub(super) dags: BTreeMap<DagId, Known>,
    /// All runs that were ever made.
    pub(in crate::planner) runs: BTreeMap<RunKey, Entered>,
    /// Logical dates that have a run, by DAG.
    pub(super) taken: BTreeSet<(DagId, Timestamp)>,
    /// Runs that began, and nobody asked about them yet.
    pub(super) begun: Vec<RunKey>,
    pub(super) next_backfill: i64,
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

    pub(super) fn new_run(&mut self, dag: &DagId, lane: Lane, logical_date: Option<Timestamp>) -> RunKey {
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
}
