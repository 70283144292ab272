//! Backfills: made with their runs in one transaction, listed, ended.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, named_params, params};

use crate::ids::{BackfillId, RunKey};
use crate::store::{BackfillRecord, BackfillRun, Created, NewBackfill};

use super::super::codec::{RowExt, micros};
use super::create::create as create_run;

/// Makes the backfill, its new runs, and the mark on those that it is to run again.
pub(in super::super) fn create(tx: &Transaction<'_>, new: &NewBackfill) -> rusqlite::Result<(BackfillId, Vec<RunKey>)> {
    tx.execute(
        "INSERT INTO backfill (dag_id, from_date, to_date, max_active_runs, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![new.dag_id.as_str(), micros(new.from), micros(new.to), new.max_active_runs, micros(new.now)],
    )?;
    let id = BackfillId(tx.last_insert_rowid());
    let mut keys = Vec::new();
    for (place, run) in new.runs.iter().enumerate() {
        let key = match run {
            BackfillRun::New(run) => match create_run(tx, run)? {
                Created::Made(key, _) => key,
                // Made by the schedule since it was planned: that one is not run again.
                Created::LogicalDateTaken => continue,
            },
            BackfillRun::Again(key) => {
                tx.execute(
                    "UPDATE dag_run SET reprocess = 1, owner = ?2 WHERE run_key = ?1 AND state IN ('success', 'failed')",
                    params![key.0, new.owner.0],
                )?;
                *key
            }
        };
        tx.execute(
            "UPDATE dag_run SET backfill = ?2, backfill_place = ?3 WHERE run_key = ?1",
            params![key.0, id.0, place as i64],
        )?;
        keys.push(key);
    }
    Ok((id, keys))
}

pub(in super::super) fn list(tx: &Transaction<'_>) -> rusqlite::Result<Vec<BackfillRecord>> {
    tx.prepare_cached(
        "SELECT backfill.*,
             (SELECT count(*) FROM dag_run WHERE backfill = backfill.id) AS runs,
             (SELECT count(*) FROM dag_run WHERE backfill = backfill.id
                AND (state IN ('queued', 'running') OR reprocess = 1)) AS open_runs,
             (SELECT count(*) FROM dag_run WHERE backfill = backfill.id AND state = 'failed' AND reprocess = 0)
                AS failed_runs
         FROM backfill ORDER BY id DESC",
    )?
    .query_map([], record)?
    .collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<BackfillRecord> {
    Ok(BackfillRecord {
        id: BackfillId(row.get("id")?),
        dag_id: row.parsed("dag_id")?,
        from: row.instant("from_date")?,
        to: row.instant("to_date")?,
        max_active_runs: row.get("max_active_runs")?,
        created_at: row.instant("created_at")?,
        ended_at: row.opt_instant("ended_at")?,
        is_cancelled: row.get("cancelled")?,
        runs: row.get("runs")?,
        open_runs: row.get("open_runs")?,
        failed_runs: row.get("failed_runs")?,
    })
}

/// The backfill makes no more runs. Those that it was to run again are left as they are.
pub(in super::super) fn end(
    tx: &Transaction<'_>,
    id: BackfillId,
    cancelled: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    tx.execute("UPDATE dag_run SET reprocess = 0 WHERE backfill = ?1 AND reprocess = 1", [id.0])?;
    tx.execute(
        "UPDATE backfill SET ended_at = :now, cancelled = :cancelled WHERE id = :id AND ended_at IS NULL",
        named_params! {":now": micros(now), ":cancelled": cancelled, ":id": id.0},
    )?;
    Ok(())
}
