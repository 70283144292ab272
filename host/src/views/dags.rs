//! A list of DAGs: `dag list --json`; their next runs: `dag next --json`.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{DagId, Digest};
use crate::schedule::PlannedRun;
use crate::store::DagRecord;

/// DAGs by id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DagList {
    /// All that the home knows.
    pub dags: Vec<DagSummary>,
    /// How many there are.
    pub total_entries: u64,
}

/// A DAG that the home knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DagSummary {
    /// Its id.
    pub dag_id: DagId,
    /// Where its file lies, if it was read from one.
    pub fileloc: Option<PathBuf>,
    /// The version that it is known by; null for one that was only run.
    pub dag_version: Option<Digest>,
    /// Whether it makes no scheduled runs.
    pub is_paused: bool,
    /// Why it is paused; null where it is not.
    pub paused_reason: Option<String>,
    /// Whether a file that a server watches has it now.
    pub is_served: bool,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// How many runs are kept.
    pub runs: u64,
}

impl DagList {
    /// The list of the store's records.
    pub fn new(dags: Vec<DagRecord>) -> Self {
        let dags: Vec<_> = dags.into_iter().map(DagSummary::from).collect();
        Self { total_entries: dags.len() as u64, dags }
    }
}

impl From<DagRecord> for DagSummary {
    fn from(dag: DagRecord) -> Self {
        Self {
            dag_id: dag.dag_id,
            fileloc: dag.path,
            dag_version: dag.version,
            is_paused: dag.paused.is_some(),
            paused_reason: dag.paused,
            is_served: dag.is_served,
            first_seen: dag.first_seen_at,
            last_seen: dag.last_seen_at,
            runs: dag.runs,
        }
    }
}

/// A scheduled run that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextRun {
    /// It starts no earlier.
    pub run_after: Timestamp,
    /// What it is for.
    pub logical_date: Timestamp,
    /// Where its interval of data begins.
    pub data_interval_start: Timestamp,
    /// The first instant behind it; the start itself for an interval without width.
    pub data_interval_end: Timestamp,
}

impl From<PlannedRun> for NextRun {
    fn from(run: PlannedRun) -> Self {
        Self {
            run_after: run.run_after,
            logical_date: run.logical_date,
            data_interval_start: run.data_interval.start,
            data_interval_end: run.data_interval.end,
        }
    }
}
