//! A finished run is moved to a DAG version: the same run id, the file and plugins as they are now.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params, params};

use crate::ids::{RunKey, TaskIx};
use crate::store::{NewInstance, Rebase};

use super::super::codec::{json, micros};
use super::create::insert_instance;

/// Writes down what was decided about a run. False if the run is not finished, or not as it was then.
pub(in super::super) fn rebase(
    tx: &Transaction<'_>,
    run: RunKey,
    to: &Rebase,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let moved = tx.execute(
        "UPDATE dag_run SET version = :version, owner = :owner, inputs = :inputs
         WHERE run_key = :run AND state IN ('success', 'failed')
           AND version = :expect_version AND owner = :expect_owner",
        named_params! {
            ":run": run.0,
            ":version": to.version.to_string(),
            ":owner": to.owner.0,
            ":inputs": json(&to.inputs)?,
            ":expect_version": to.expect_version.to_string(),
            ":expect_owner": to.expect_owner.0,
        },
    )?;
    if moved == 0 {
        return Ok(false);
    }
    // Out of the way first: an old place may be another's new one.
    tx.execute("UPDATE task_instance SET task = -1 - task WHERE run_key = ?1", [run.0])?;
    for (place, task) in to.tasks.iter().enumerate() {
        match task.from {
            Some(from) => settle(tx, run, parked(from), place, task.begins, &task.instance)?,
            None => insert_instance(tx, run, place, &task.instance)?,
        }
    }
    for (place, gone) in (to.tasks.len()..).zip(&to.gone) {
        tx.prepare_cached(
            "UPDATE task_instance SET task = ?3, state = iif(?4, 'removed', state), end_date = coalesce(end_date, ?5)
             WHERE run_key = ?1 AND task = ?2",
        )?
        .execute(params![run.0, parked(gone.from), place as i64, gone.remove, micros(now)])?;
    }
    Ok(true)
}

fn parked(place: TaskIx) -> i64 {
    -1 - i64::from(place.0)
}

/// Puts an instance in its new place. One that begins anew keeps its history only; a success keeps what it ran with.
fn settle(
    tx: &Transaction<'_>,
    run: RunKey,
    parked: i64,
    place: usize,
    begins: bool,
    task: &NewInstance,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE task_instance SET task = :place,
             state     = iif(:begins, 'none', state),
             max_tries = iif(:begins, :tries, max_tries),
             problem   = iif(:begins, NULL, problem),
             end_date  = iif(:begins, NULL, end_date),
             component = iif(state = 'success', component, :component),
             plugin    = iif(state = 'success', plugin, :plugin)
         WHERE run_key = :run AND task = :parked",
    )?
    .execute(named_params! {
        ":run": run.0,
        ":parked": parked,
        ":place": place as i64,
        ":begins": begins,
        ":tries": task.max_tries,
        ":component": task.component.to_string(),
        ":plugin": &*task.plugin,
    })?;
    Ok(())
}
