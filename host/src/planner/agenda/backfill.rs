//! One backfill: its runs in their order, so many at once.

use std::collections::{BTreeSet, VecDeque};

use crate::ids::{DagId, RunKey};
use crate::planner::agenda::event::Waiting;

#[derive(Debug)]
pub(super) struct Backfill {
    pub(super) dag: DagId,
    max_active_runs: u32,
    waiting: VecDeque<RunKey>,
    active: BTreeSet<RunKey>,
}

impl Backfill {
    pub(super) fn new(dag: DagId, max_active_runs: u32) -> Self {
        Self { dag, max_active_runs, waiting: VecDeque::new(), active: BTreeSet::new() }
    }

    pub(super) fn queue(&mut self, run: RunKey) {
        if !self.waiting.contains(&run) {
            self.waiting.push_back(run);
        }
    }

    pub(super) fn activate(&mut self, run: RunKey) {
        self.waiting.retain(|waiting| *waiting != run);
        self.active.insert(run);
    }

    pub(super) fn end(&mut self, run: RunKey) {
        self.waiting.retain(|waiting| *waiting != run);
        self.active.remove(&run);
    }

    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.active.is_empty()
    }

    /// Those that there is room for; they count as active from here on.
    pub(super) fn start_waiting(&mut self) -> impl Iterator<Item = RunKey> {
        let room = (self.max_active_runs as usize).saturating_sub(self.active.len());
        let room = if planted!(BackfillUnbounded) { usize::MAX } else { room };
        let started: Vec<_> = self.waiting.drain(..room.min(self.waiting.len())).collect();
        self.active.extend(&started);
        started.into_iter()
    }

    pub(super) fn waits(&self, run: RunKey, paused: bool) -> Option<Waiting> {
        if !self.waiting.contains(&run) {
            return None;
        }
        Some(if paused { Waiting::Paused } else { Waiting::BackfillMaxActiveRuns { limit: self.max_active_runs } })
    }
}
