//! DAGs and their versions.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::ids::{DagId, Digest};
use crate::store::{DagRecord, DagVersion, Seen};

use super::codec::{RowExt, json, micros};

pub(super) fn keep(tx: &Transaction<'_>, version: &DagVersion, seen: Seen, now: Timestamp) -> rusqlite::Result<()> {
    let digest = version.digest.to_string();
    let dag_id = version.dag_id.as_str();
    let folder = version.folder.to_string_lossy().into_owned();
    tx.prepare_cached(
        "INSERT OR IGNORE INTO dag_version (digest, dag_id, source, folder, plugins, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![digest, dag_id, &*version.source, folder, json(&version.plugins)?, micros(now)])?;
    tx.prepare_cached(
        "INSERT INTO dag (dag_id, first_seen_at, last_seen_at) VALUES (?1, ?2, ?2)
         ON CONFLICT (dag_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    )?
    .execute(params![dag_id, micros(now)])?;
    match seen {
        Seen::Nowhere => {}
        Seen::Run(path) => {
            let update = "UPDATE dag SET path = ?2 WHERE dag_id = ?1 AND version IS NULL";
            tx.prepare_cached(update)?.execute(params![dag_id, path.to_string_lossy()])?;
        }
        Seen::Served(path) => {
            let update = "UPDATE dag SET version = ?2, path = ?3, is_served = 1 WHERE dag_id = ?1";
            tx.prepare_cached(update)?.execute(params![dag_id, digest, path.to_string_lossy()])?;
        }
    }
    Ok(())
}

pub(super) fn version(tx: &Transaction<'_>, digest: Digest) -> rusqlite::Result<Option<DagVersion>> {
    tx.prepare_cached("SELECT * FROM dag_version WHERE digest = ?1")?
        .query_row([digest.to_string()], read_version)
        .optional()
}

fn read_version(row: &Row<'_>) -> rusqlite::Result<DagVersion> {
    let folder: String = row.get("folder")?;
    Ok(DagVersion {
        digest: row.parsed("digest")?,
        dag_id: row.parsed("dag_id")?,
        source: row.get::<_, String>("source")?.into(),
        folder: folder.into(),
        plugins: row.opt_from_json("plugins")?.unwrap_or_default(),
    })
}

const DAGS: &str = "SELECT dag.*, (SELECT count(*) FROM dag_run WHERE dag_run.dag_id = dag.dag_id AND callback IS NULL) AS runs FROM dag";

pub(super) fn get(tx: &Transaction<'_>, dag: &DagId) -> rusqlite::Result<Option<DagRecord>> {
    tx.prepare_cached(&format!("{DAGS} WHERE dag_id = ?1"))?.query_row([dag.as_str()], read_dag).optional()
}

pub(super) fn list(tx: &Transaction<'_>) -> rusqlite::Result<Vec<DagRecord>> {
    tx.prepare_cached(&format!("{DAGS} ORDER BY dag_id"))?.query_map([], read_dag)?.collect()
}

fn read_dag(row: &Row<'_>) -> rusqlite::Result<DagRecord> {
    let path: Option<String> = row.get("path")?;
    Ok(DagRecord {
        dag_id: row.parsed("dag_id")?,
        version: row.opt_parsed("version")?,
        path: path.map(PathBuf::from),
        is_served: row.get("is_served")?,
        paused: row.get("paused")?,
        first_seen_at: row.instant("first_seen_at")?,
        last_seen_at: row.instant("last_seen_at")?,
        runs: row.get("runs")?,
    })
}
