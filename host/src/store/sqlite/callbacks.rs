//! Callbacks: recorded beside a change, then run.

use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::ids::{CallbackId, RunKey};
use crate::lifecycle::change::Call;
use crate::store::{CallbackRecord, Created, NewRun, ProcessId, StartedCallback};

use super::codec::{RowExt, json, micros};
use super::runs;

/// Records that a callback is to be started.
pub(super) fn record(tx: &Transaction<'_>, call: &Call) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO callback (run_key, kind, task_id, event, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            call.run.0,
            call.kind.as_str(),
            call.task.as_ref().map(|task| task.as_str()),
            json(&call.event)?,
            micros(call.at)
        ])?;
    Ok(())
}

/// Makes the run of a callback. `None`: it has one, or can have none.
pub(super) fn start(tx: &Transaction<'_>, id: CallbackId, run: &NewRun) -> rusqlite::Result<Option<Created>> {
    let open = tx.execute("UPDATE callback SET is_open = 0 WHERE id = ?1 AND is_open = 1", [id.0])?;
    if open == 0 {
        return Ok(None);
    }
    let created = runs::create(tx, run)?;
    if let Created::Made(key, _) = &created {
        tx.execute("UPDATE dag_run SET callback = ?2 WHERE run_key = ?1", params![key.0, id.0])?;
    }
    Ok(Some(created))
}

/// Notes why a callback can have no run.
pub(super) fn give_up(tx: &Transaction<'_>, id: CallbackId, problem: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE callback SET is_open = 0, problem = ?2 WHERE id = ?1 AND is_open = 1", params![id.0, problem])?;
    Ok(())
}

const CALLBACKS: &str = "SELECT callback.*, started.run_id AS started_id, started.state AS started_state
    FROM callback LEFT JOIN dag_run AS started ON started.callback = callback.id";

pub(super) fn get(tx: &Transaction<'_>, id: CallbackId) -> rusqlite::Result<Option<CallbackRecord>> {
    tx.prepare_cached(&format!("{CALLBACKS} WHERE callback.id = ?1"))?.query_row([id.0], callback_record).optional()
}

/// Those of a run, in order.
pub(super) fn of_run(tx: &Transaction<'_>, run: RunKey) -> rusqlite::Result<Vec<CallbackRecord>> {
    tx.prepare_cached(&format!("{CALLBACKS} WHERE callback.run_key = ?1 ORDER BY callback.id"))?
        .query_map([run.0], callback_record)?
        .collect()
}

/// Those without a run yet, of runs of this process and of processes that are over.
pub(super) fn open(tx: &Transaction<'_>, process: ProcessId) -> rusqlite::Result<Vec<CallbackRecord>> {
    tx.prepare_cached(&format!(
        "{CALLBACKS} JOIN dag_run AS about ON about.run_key = callback.run_key
             JOIN process ON process.id = about.owner
         WHERE callback.is_open = 1 AND (process.id = :me OR process.ended_at IS NOT NULL)
         ORDER BY callback.id"
    ))?
    .query_map(named_params! {":me": process.0}, callback_record)?
    .collect()
}

fn callback_record(row: &Row<'_>) -> rusqlite::Result<CallbackRecord> {
    let started = row.opt_parsed("started_id")?.zip(row.opt_parsed("started_state")?);
    Ok(CallbackRecord {
        id: CallbackId(row.get("id")?),
        run: RunKey(row.get("run_key")?),
        kind: row.parsed("kind")?,
        task_id: row.opt_parsed("task_id")?,
        event: row.opt_from_json("event")?.unwrap_or_default(),
        at: row.instant("at")?,
        is_open: row.get("is_open")?,
        problem: row.get("problem")?,
        started: started.map(|(run_id, state)| StartedCallback { run_id, state }),
    })
}
