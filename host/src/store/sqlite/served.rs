//! What a server keeps: which DAGs are served and paused, which files are wrong, and whose runs it goes on with.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, named_params, params};

use crate::ids::{DagId, Digest, RunKey};
use crate::store::{ImportErrorRecord, ProcessId};

use super::codec::{RowExt, micros};

/// Gives the unfinished runs of all other servers, and of those who queued runs while there was none, to `server`.
pub(super) fn adopt(tx: &Transaction<'_>, server: ProcessId, now: Timestamp) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE dag_run SET owner = :me
         WHERE (state IN ('queued', 'running') OR reprocess = 1)
           AND owner IN (SELECT id FROM process WHERE kind = 'server' AND id <> :me)",
        named_params! {":me": server.0},
    )?;
    tx.execute(
        "UPDATE process SET ended_at = :now WHERE kind = 'server' AND id <> :me AND ended_at IS NULL",
        named_params! {":me": server.0, ":now": micros(now)},
    )?;
    Ok(())
}

/// False if there is no such DAG.
pub(super) fn pause(tx: &Transaction<'_>, dag: &DagId, reason: Option<&str>) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        // The last end may be gone from the home by now.
        "UPDATE dag SET paused = ?2, failures_from = max(failures_from,
             coalesce((SELECT max(end_number) FROM dag_run WHERE dag_id = ?1), 0))
         WHERE dag_id = ?1",
        params![dag.as_str(), reason],
    )?;
    Ok(changed > 0)
}

/// The DAG's file is in the served folder, or is not any more.
pub(super) fn serve(tx: &Transaction<'_>, dag: &DagId, served: bool) -> rusqlite::Result<()> {
    tx.execute("UPDATE dag SET is_served = ?2 WHERE dag_id = ?1", params![dag.as_str(), served])?;
    Ok(())
}

/// `run_after` of the last scheduled run of a DAG.
pub(super) fn last_scheduled(tx: &Transaction<'_>, dag: &DagId) -> rusqlite::Result<Option<Timestamp>> {
    tx.prepare_cached(
        "SELECT run_after FROM dag_run WHERE dag_id = ?1 AND run_type = 'scheduled' ORDER BY run_after DESC LIMIT 1",
    )?
    .query_row([dag.as_str()], |row| row.instant("run_after"))
    .optional()
}

/// How many runs of a DAG failed since the last that did not, and since its last pause began or ended. Those of backfills,
/// of callbacks and of processes other than servers are passed over, as the agenda does.
pub(super) fn failed_in_a_row(tx: &Transaction<'_>, dag: &DagId) -> rusqlite::Result<u32> {
    let mut newest_first = tx.prepare_cached(
        "SELECT run.state FROM dag_run AS run JOIN process ON process.id = run.owner
         WHERE run.dag_id = ?1 AND run.state IN ('success', 'failed') AND process.kind = 'server'
           AND run.backfill IS NULL AND run.callback IS NULL
           AND run.end_number > coalesce((SELECT failures_from FROM dag WHERE dag_id = ?1), 0)
         ORDER BY run.end_number DESC",
    )?;
    let mut ended = newest_first.query([dag.as_str()])?;
    let mut failed = 0;
    while let Some(run) = ended.next()? {
        if run.get_ref("state")?.as_str()? != "failed" {
            break;
        }
        failed += 1;
    }
    Ok(failed)
}

/// Keeps why a file cannot be used, or with `None` that it can.
pub(super) fn keep_import_error(
    tx: &Transaction<'_>,
    path: &str,
    text: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    match text {
        Some(text) => tx.execute(
            "INSERT INTO import_error (path, text, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (path) DO UPDATE SET text = excluded.text, at = excluded.at",
            params![path, text, micros(now)],
        )?,
        None => tx.execute("DELETE FROM import_error WHERE path = ?1", [path])?,
    };
    Ok(())
}

pub(super) fn import_errors(tx: &Transaction<'_>) -> rusqlite::Result<Vec<ImportErrorRecord>> {
    tx.prepare_cached("SELECT * FROM import_error ORDER BY path")?
        .query_map([], |row| {
            let path: String = row.get("path")?;
            Ok(ImportErrorRecord { path: PathBuf::from(path), text: row.get("text")?, at: row.instant("at")? })
        })?
        .collect()
}

/// The versions of a DAG, newest first, each with when it was first kept.
pub(super) fn versions(tx: &Transaction<'_>, dag: &DagId) -> rusqlite::Result<Vec<(Digest, Timestamp)>> {
    tx.prepare_cached(
        "SELECT digest, created_at FROM dag_version WHERE dag_id = ?1 ORDER BY created_at DESC, rowid DESC",
    )?
    .query_map([dag.as_str()], |row| Ok((row.parsed("digest")?, row.instant("created_at")?)))?
    .collect()
}

/// False if the run is not finished.
pub(super) fn claim(tx: &Transaction<'_>, run: RunKey, process: ProcessId) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE dag_run SET owner = ?2 WHERE run_key = ?1 AND state IN ('success', 'failed')",
        params![run.0, process.0],
    )?;
    Ok(changed > 0)
}
