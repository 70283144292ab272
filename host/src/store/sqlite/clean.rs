//! Old runs are removed; what is left is looked over.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::contract::Output;
use crate::dag::model::RunInputs;
use crate::ids::{DagId, Digest, RunId, RunKey};

use super::codec::{RowExt, micros};

/// Finished runs that ended before `before`, but for the newest `keep` of each DAG and its last scheduled one, which tells
/// where its schedule goes on. The runs of its callbacks go with a run, and keep it while they are not over.
pub(super) fn old_runs(
    tx: &Transaction<'_>,
    before: Timestamp,
    keep: u32,
) -> rusqlite::Result<Vec<(RunKey, DagId, RunId)>> {
    tx.prepare_cached(
        "WITH old AS (
             SELECT run_key, dag_id, run_id FROM (
                 SELECT run_key, dag_id, run_id, state, end_date, reprocess,
                     row_number() OVER (PARTITION BY dag_id ORDER BY run_after DESC, run_key DESC) AS place,
                     run_type = 'scheduled' AND run_after = max(iif(run_type = 'scheduled', run_after, NULL))
                         OVER (PARTITION BY dag_id) AS is_last_scheduled
                 FROM dag_run WHERE callback IS NULL) AS run
             WHERE state IN ('success', 'failed') AND reprocess = 0 AND end_date < ?1 AND place > ?2
               AND NOT coalesce(is_last_scheduled, 0)
               AND NOT EXISTS (
                   SELECT 1 FROM callback LEFT JOIN dag_run AS started ON started.callback = callback.id
                   WHERE callback.run_key = run.run_key
                     AND (is_open = 1 OR started.state IN ('queued', 'running'))))
         SELECT run_key, dag_id, run_id FROM old
         UNION ALL
         SELECT started.run_key, started.dag_id, started.run_id
         FROM old JOIN callback ON callback.run_key = old.run_key JOIN dag_run AS started ON started.callback = callback.id
         ORDER BY run_key",
    )?
    .query_map(params![micros(before), keep], |row| {
        Ok((RunKey(row.get("run_key")?), row.parsed("dag_id")?, row.parsed("run_id")?))
    })?
    .collect()
}

/// Removes runs that are still finished, and DAG versions that nothing refers to then.
pub(super) fn remove_runs(tx: &Transaction<'_>, runs: &[RunKey]) -> rusqlite::Result<u64> {
    let mut removed = 0;
    // The runs of callbacks are younger than those that they are about, and would go with them uncounted.
    for run in runs.iter().rev() {
        removed += tx
            .prepare_cached(
                "DELETE FROM dag_run WHERE run_key = ?1 AND state IN ('success', 'failed') AND reprocess = 0",
            )?
            .execute([run.0])?;
    }
    tx.execute(
        "DELETE FROM dag_version WHERE digest NOT IN (SELECT version FROM dag_run)
             AND digest NOT IN (SELECT version FROM dag WHERE version IS NOT NULL)",
        [],
    )?;
    tx.execute(
        "DELETE FROM backfill WHERE ended_at IS NOT NULL AND id NOT IN (SELECT backfill FROM dag_run WHERE backfill IS NOT NULL)",
        [],
    )?;
    Ok(removed as u64)
}

/// The artifacts that any row names.
pub(super) fn used_artifacts(tx: &Transaction<'_>) -> rusqlite::Result<HashSet<Digest>> {
    let mut used = HashSet::new();
    for table in ["task_instance", "task_try"] {
        let mut rows = tx.prepare(&format!("SELECT outputs FROM {table} WHERE outputs IS NOT NULL"))?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let outputs: Vec<Output> = row.opt_from_json("outputs")?.unwrap_or_default();
            used.extend(outputs.into_iter().map(|output| output.artifact.digest));
        }
    }
    let mut rows = tx.prepare("SELECT inputs FROM dag_run")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let inputs: RunInputs = row.opt_from_json("inputs")?.unwrap_or_default();
        used.extend(inputs.files.values().map(|artifact| artifact.digest));
    }
    Ok(used)
}

/// What SQLite finds wrong with its file, and rows that refer to none; nothing, if all is well.
pub(super) fn check(tx: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    let mut wrong: Vec<String> =
        tx.prepare("PRAGMA integrity_check")?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    wrong.retain(|line| line != "ok");
    let mut foreign = tx.prepare("PRAGMA foreign_key_check")?;
    let lines = foreign.query_map([], |row| {
        let (table, row, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let row = row.map_or_else(|| "a row".to_owned(), |row| format!("row {row}"));
        Ok(format!("{row} of {table} refers to a row of {parent} that is not there"))
    })?;
    for line in lines {
        wrong.push(line?);
    }
    Ok(wrong)
}
