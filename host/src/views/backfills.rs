//! A list of backfills: `backfill list --json`.

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{BackfillId, DagId};
use crate::store::BackfillRecord;

/// Backfills, newest first. Names are those of Airflow's REST API where it has the thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackfillList {
    /// All that are kept.
    pub backfills: Vec<BackfillSummary>,
    /// How many there are.
    pub total_entries: u64,
}

/// A backfill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackfillSummary {
    /// Its number.
    pub id: BackfillId,
    /// Whose.
    pub dag_id: DagId,
    /// The first logical date.
    pub from_date: Timestamp,
    /// The last one.
    pub to_date: Timestamp,
    /// Its runs at once.
    pub max_active_runs: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last run ended, or it was cancelled; null while it is under way.
    pub completed_at: Option<Timestamp>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// How many runs it has.
    pub runs: u64,
    /// Those that are not at their end.
    pub open_runs: u64,
    /// Those that failed.
    pub failed_runs: u64,
}

impl BackfillList {
    /// The list of the store's records.
    pub fn new(backfills: Vec<BackfillRecord>) -> Self {
        let backfills: Vec<_> = backfills.into_iter().map(BackfillSummary::from).collect();
        Self { total_entries: backfills.len() as u64, backfills }
    }
}

impl From<BackfillRecord> for BackfillSummary {
    fn from(backfill: BackfillRecord) -> Self {
        Self {
            id: backfill.id,
            dag_id: backfill.dag_id,
            from_date: backfill.from,
            to_date: backfill.to,
            max_active_runs: backfill.max_active_runs,
            created_at: backfill.created_at,
            completed_at: backfill.ended_at,
            is_cancelled: backfill.is_cancelled,
            runs: backfill.runs,
            open_runs: backfill.open_runs,
            failed_runs: backfill.failed_runs,
        }
    }
}
