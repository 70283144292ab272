//! A list of runs: `runs list --json`.

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{DagId, RunId};
use crate::lifecycle::state::RunState;
use crate::store::RunRecord;
use crate::views::duration_s;

/// Runs, newest first, and how many there are beyond the limit too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunList {
    /// Those that were asked for.
    pub dag_runs: Vec<RunSummary>,
    /// How many there are in all.
    pub total_entries: u64,
}

/// A run without its instances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Whose.
    pub dag_id: DagId,
    /// Its id, unique within its DAG.
    pub run_id: RunId,
    /// `scheduled`, `manual`, `backfill` or `callback`.
    pub run_type: &'static str,
    /// Its state.
    pub state: RunState,
    /// It is a success, but a task that is no leaf failed.
    pub with_failures: bool,
    /// What it is for.
    pub logical_date: Option<Timestamp>,
    /// The interval of data that it is for: from.
    pub data_interval_start: Option<Timestamp>,
    /// To, exclusive.
    pub data_interval_end: Option<Timestamp>,
    /// Not before this instant.
    pub run_after: Timestamp,
    /// When it was made.
    pub queued_at: Timestamp,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// From start to end, in seconds.
    pub duration: Option<f64>,
    /// When its deadline was, if it passed since the run last began.
    pub missed_deadline: Option<Timestamp>,
    /// Why it failed, where that is more than a failed task.
    pub reason: Option<String>,
}

impl RunList {
    /// The list of what the store found.
    pub fn new(runs: Vec<RunRecord>, total_entries: u64) -> Self {
        Self { dag_runs: runs.into_iter().map(RunSummary::from).collect(), total_entries }
    }
}

impl From<RunRecord> for RunSummary {
    fn from(run: RunRecord) -> Self {
        Self {
            dag_id: run.dag_id,
            run_id: run.run_id,
            run_type: run.run_type.as_str(),
            state: run.state,
            with_failures: run.with_failures,
            logical_date: run.dates.logical_date,
            data_interval_start: run.dates.data_interval.map(|(start, _)| start),
            data_interval_end: run.dates.data_interval.map(|(_, end)| end),
            run_after: run.dates.run_after,
            queued_at: run.queued_at,
            start_date: run.start_date,
            end_date: run.end_date,
            duration: duration_s(run.start_date, run.end_date),
            missed_deadline: run.missed_deadline,
            reason: run.reason,
        }
    }
}
