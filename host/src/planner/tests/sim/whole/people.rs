//! What people do, and what else disturbs the whole world.

use super::{Whole, spec_of};
use crate::ids::{DagId, RunKey};
use crate::lifecycle::state::RunState;

impl Whole {
    pub(super) fn disturb(&mut self) {
        let dag = self.some_dag();
        match self.rng.below(24) {
            0 => self.runs.restart(),
            1 => self.runs.crash_at_a_report(),
            2 => self.runs.lose_hosts(),
            3 => self.runs.hand_back(),
            4 => self.runs.change_capacity(),
            5 => self.runs.repeat_a_report(),
            6 | 7 => self.runs.set_clock(),
            8..11 => self.trigger(&dag),
            11..13 => self.backfill(&dag),
            13..15 => self.book.turn(&dag),
            15..17 => self.change_file(&dag),
            17 => self.of_some_run(Self::cancel),
            18..20 => self.of_some_run(Self::clear),
            20 => self.of_some_run(Self::clear_alone),
            21 => self.of_some_run(Self::mark_and_clear),
            _more => self.of_some_run(Self::mark_only),
        }
    }

    fn some_dag(&mut self) -> DagId {
        let dags = self.book.dag_ids();
        self.rng.pick(&dags).unwrap().clone()
    }

    fn of_some_run(&mut self, act: impl Fn(&mut Self, RunKey)) {
        let runs = self.runs.keys();
        if let Some(run) = self.rng.pick(&runs).copied() {
            act(self, run);
        }
    }

    fn trigger(&mut self, dag: &DagId) {
        let run = self.book.trigger(dag);
        self.enter(run);
    }

    /// New runs of a few dates, and finished ones that are to run again.
    fn backfill(&mut self, dag: &DagId) {
        let finished = self.runs.store.runs.iter().filter(|(run, stored)| {
            let entered = &self.book.runs[run];
            let counts = entered.dag == *dag && entered.logical_date.is_some();
            counts && stored.snapshot.state.is_finished() && !stored.reprocess
        });
        let again: Vec<RunKey> = finished.map(|(run, _)| *run).filter(|run| run.0 % 4 == 0).take(2).collect();
        for run in &again {
            let stored = self.runs.store.runs.get_mut(run).unwrap();
            stored.reprocess = true;
            stored.snapshot.in_background = true;
        }
        for run in self.book.backfill(dag, &again) {
            self.enter(run);
        }
    }

    fn change_file(&mut self, dag: &DagId) {
        if self.rng.percent(40) {
            self.specs.insert(dag.clone(), spec_of(dag, &mut self.rng));
        }
        self.book.change_file(dag);
    }

    fn cancel(&mut self, run: RunKey) {
        if self.is_driven(run) {
            self.runs.cancel(run);
        } else if self.state(run) == RunState::Queued {
            self.runs.store.abandon(run);
            self.book.end(run, RunState::Failed);
            let later: Vec<RunKey> =
                self.runs.store.runs.iter().filter(|(_, later)| later.past == Some(run)).map(|(key, _)| *key).collect();
            later.into_iter().for_each(|later| self.tell_past(later));
        }
    }

    /// Sees to it that a run is driven: one at its end goes on. `false`: it waits for room.
    fn have(&mut self, run: RunKey) -> bool {
        if !self.is_driven(run) && self.state(run).is_finished() {
            self.book.go_on(run);
            self.runs.drive(run);
        }
        self.is_driven(run)
    }

    fn clear(&mut self, run: RunKey) {
        let places = self.runs.places_to_clear(run);
        if self.state(run).is_finished() && self.book.has_to_wait(run) {
            self.runs.clear_to_wait(run, &places);
            self.book.wait(run);
        } else if self.have(run) {
            self.runs.clear_places(run, &places);
        }
    }

    fn clear_alone(&mut self, run: RunKey) {
        // Room is as for `clear`.
        if !(self.state(run).is_finished() && self.book.has_to_wait(run)) && self.have(run) {
            self.runs.clear_alone(run);
        }
    }

    fn mark_and_clear(&mut self, run: RunKey) {
        if self.is_driven(run) {
            self.runs.mark(run);
        }
    }

    /// A run at its end is not driven for it any longer than that.
    fn mark_only(&mut self, run: RunKey) {
        if self.state(run).is_finished() {
            self.runs.drive(run);
            self.runs.mark_only(run);
            assert_eq!(self.runs.ended.len(), 0, "it was at its end before");
            self.runs.forget(run);
        } else if self.is_driven(run) {
            self.runs.mark_only(run);
        }
    }
}
