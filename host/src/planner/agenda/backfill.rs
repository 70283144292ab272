//! One backfill: its runs in their order, so many at once.

use crate::ids::{DagId, RunKey};
use crate::planner::agenda::event::Waiting;
use crate::planner::agenda::lane::Runs;

#[derive(Debug)]
pub(super) struct Backfill {
    pub(super) dag: DagId,
    max_active_runs: u32,
    pub(super) runs: Runs,
}

impl Backfill {
    pub(super) fn new(dag: DagId, max_active_runs: u32) -> Self {
        Self { dag, max_active_runs, runs: Runs::default() }
    }

    /// Those that there is room for; they count as active from here on.
    pub(super) fn start_waiting(&mut self) -> Vec<RunKey> {
        let room = (self.max_active_runs as usize).saturating_sub(self.runs.active());
        self.runs.start(if planted!(BackfillUnbounded) { usize::MAX } else { room })
    }

    pub(super) fn waits(&self, run: RunKey, paused: bool) -> Option<Waiting> {
        let limit = Waiting::BackfillMaxActiveRuns { limit: self.max_active_runs };
        self.runs.waits(run).then_some(if paused { Waiting::Paused } else { limit })
    }
}
