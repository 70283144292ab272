//! A list of DAGs: `dag list --json`.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{DagId, Digest};
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
    /// Where its file lies, if it is served from one.
    pub fileloc: Option<PathBuf>,
    /// The version that it is known by; null for one that was only run.
    pub dag_version: Option<Digest>,
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
            first_seen: dag.first_seen_at,
            last_seen: dag.last_seen_at,
            runs: dag.runs,
        }
    }
}
