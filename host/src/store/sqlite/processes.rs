//! Processes and their ends.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::store::{ProcessId, ProcessKind};

use super::codec::micros;

fn word(kind: ProcessKind) -> &'static str {
    match kind {
        ProcessKind::Run => "run",
        ProcessKind::Server => "server",
    }
}

pub(super) fn enter(tx: &Transaction<'_>, kind: ProcessKind, pid: u32, now: Timestamp) -> rusqlite::Result<ProcessId> {
    tx.execute(
        "INSERT INTO process (kind, pid, started_at) VALUES (?1, ?2, ?3)",
        params![word(kind), pid, micros(now)],
    )?;
    Ok(ProcessId(tx.last_insert_rowid()))
}

pub(super) fn open(tx: &Transaction<'_>) -> rusqlite::Result<Vec<(ProcessId, ProcessKind, u32)>> {
    tx.prepare_cached("SELECT id, kind, pid FROM process WHERE ended_at IS NULL ORDER BY id")?
        .query_map([], |row| {
            let kind: String = row.get(1)?;
            let kind = if kind == word(ProcessKind::Server) { ProcessKind::Server } else { ProcessKind::Run };
            Ok((ProcessId(row.get(0)?), kind, row.get(2)?))
        })?
        .collect()
}

pub(super) fn end(tx: &Transaction<'_>, process: ProcessId, now: Timestamp) -> rusqlite::Result<()> {
    tx.execute("UPDATE process SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", params![process.0, micros(now)])?;
    Ok(())
}
