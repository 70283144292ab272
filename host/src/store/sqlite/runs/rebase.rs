//! A finished run is moved to a DAG version: the same run id, the file and plugins as they are now.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Transaction, named_params, params};

use crate::ids::RunKey;
use crate::store::{NewInstance, Rebase};

use super::super::codec::{json, micros};
use super::create::insert_instance;

/// Renumbers the instances that the version has, adds those that the run lacks, and marks removed what is gone and had not ended.
/// False if the run is not finished.
pub(in super::super) fn rebase(
    tx: &Transaction<'_>,
    run: RunKey,
    to: &Rebase,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let moved = tx.execute(
        "UPDATE dag_run SET version = :version, owner = :owner, inputs = :inputs
         WHERE run_key = :run AND state IN ('success', 'failed')",
        named_params! {
            ":run": run.0,
            ":version": to.version.to_string(),
            ":owner": to.owner.0,
            ":inputs": json(&to.inputs)?,
        },
    )?;
    if moved == 0 {
        return Ok(false);
    }
    let mut kept = park(tx, run)?;
    for (place, task) in to.tasks.iter().enumerate() {
        match kept.remove(task.task_id.as_str()) {
            Some(parked) => settle(tx, run, parked, place, task)?,
            None => insert_instance(tx, run, place, task)?,
        }
    }
    let mut gone: Vec<_> = kept.into_iter().collect();
    gone.sort();
    for (offset, (_, parked)) in gone.into_iter().enumerate() {
        remove(tx, run, parked, to.tasks.len() + offset, now)?;
    }
    Ok(true)
}

/// Moves all instances out of the way, to negative places; gives those by task id.
fn park(tx: &Transaction<'_>, run: RunKey) -> rusqlite::Result<HashMap<String, i64>> {
    tx.execute("UPDATE task_instance SET task = -1 - task WHERE run_key = ?1", [run.0])?;
    tx.prepare("SELECT task_id, task FROM task_instance WHERE run_key = ?1")?
        .query_map([run.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn settle(tx: &Transaction<'_>, run: RunKey, parked: i64, place: usize, task: &NewInstance) -> rusqlite::Result<()> {
    // One that had gone from an earlier version begins anew, and what never began has the tries of this version.
    tx.prepare_cached(
        "UPDATE task_instance SET task = :place,
             state     = iif(state = 'removed', 'none', state),
             max_tries = iif(state IN ('removed', 'none'), try_number + :tries, max_tries),
             problem   = iif(state = 'removed', NULL, problem),
             end_date  = iif(state = 'removed', NULL, end_date),
             component = iif(state = 'success', component, :component),
             plugin    = iif(state = 'success', plugin, :plugin)
         WHERE run_key = :run AND task = :parked",
    )?
    .execute(named_params! {
        ":run": run.0,
        ":parked": parked,
        ":place": place as i64,
        ":component": task.component.to_string(),
        ":plugin": task.plugin,
        ":tries": task.max_tries,
    })?;
    Ok(())
}

fn remove(tx: &Transaction<'_>, run: RunKey, parked: i64, place: usize, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE task_instance SET task = ?3, end_date = coalesce(end_date, ?4),
             state = iif(state IN ('success', 'failed', 'skipped', 'upstream_failed'), state, 'removed')
         WHERE run_key = ?1 AND task = ?2",
    )?
    .execute(params![run.0, parked, place as i64, micros(now)])?;
    Ok(())
}
