//! What happens to the book: runs end, people ask for something, files change, another server goes on.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entered};
use super::reference::{Filling, Known};
use super::written::Written;
use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Agenda, KnownDag, Lane, Matter};
use crate::planner::tests::rng::Rng;

impl Book {
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
