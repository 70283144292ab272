//! A run begins to be, and one whose process is gone ends.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, named_params, params};

use crate::contract::Problem;
use crate::ids::{RunId, RunKey};
use crate::store::{Created, NewInstance, NewRun, RunType};

use super::super::codec::{json, micros, opt_micros};
use super::super::run_changes::NEXT_END;

/// Makes the run and its instances, all in state `none`. A taken run id gets the first free suffix.
pub(in super::super) fn create(tx: &Transaction<'_>, run: &NewRun) -> rusqlite::Result<Created> {
    if has_run_for(tx, run)? {
        return Ok(Created::LogicalDateTaken);
    }
    let run_id = free_run_id(tx, run)?;
    let interval = run.dates.data_interval;
    tx.prepare_cached(
        "INSERT INTO dag_run (dag_id, run_id, run_type, version, state, owner, logical_date, interval_start,
                              interval_end, run_after, inputs, queued_at)
         VALUES (:dag, :run, :type, :version, 'queued', :owner, :logical, :start, :end, :after, :inputs, :now)",
    )?
    .execute(named_params! {
        ":dag": run.dag_id.as_str(),
        ":run": run_id.as_str(),
        ":type": stored(run.run_type),
        ":version": run.version.to_string(),
        ":owner": run.owner.0,
        ":logical": opt_micros(run.dates.logical_date),
        ":start": opt_micros(interval.map(|(start, _)| start)),
        ":end": opt_micros(interval.map(|(_, end)| end)),
        ":after": micros(run.dates.run_after),
        ":inputs": json(&run.inputs)?,
        ":now": micros(run.now),
    })?;
    let key = RunKey(tx.last_insert_rowid());
    for (place, task) in run.tasks.iter().enumerate() {
        insert_instance(tx, key, place, task)?;
    }
    Ok(Created::Made(key, run_id))
}

/// The word in `run_type`: the run of a callback is told by its callback.
fn stored(run_type: RunType) -> &'static str {
    match run_type {
        RunType::Callback => RunType::Manual.as_str(),
        RunType::Scheduled | RunType::Manual | RunType::Backfill => run_type.as_str(),
    }
}

/// Over scheduled and backfill runs a logical date exists once.
fn has_run_for(tx: &Transaction<'_>, run: &NewRun) -> rusqlite::Result<bool> {
    let counts = match run.run_type {
        RunType::Scheduled | RunType::Backfill => true,
        RunType::Manual | RunType::Callback => false,
    };
    let Some(logical_date) = run.dates.logical_date.filter(|_| counts) else { return Ok(false) };
    tx.prepare_cached(
        "SELECT 1 FROM dag_run WHERE dag_id = ?1 AND logical_date = ?2 AND run_type IN ('scheduled', 'backfill')",
    )?
    .exists(params![run.dag_id.as_str(), micros(logical_date)])
}

/// One instance in state `none` at its place in the DAG version.
pub(super) fn insert_instance(
    tx: &Transaction<'_>,
    run: RunKey,
    place: usize,
    task: &NewInstance,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO task_instance (run_key, task, task_id, state, max_tries, component, plugin)
         VALUES (?1, ?2, ?3, 'none', ?4, ?5, ?6)",
    )?
    .execute(params![
        run.0,
        place as i64,
        task.task_id.as_str(),
        task.max_tries,
        task.component.to_string(),
        &*task.plugin
    ])?;
    Ok(())
}

fn free_run_id(tx: &Transaction<'_>, run: &NewRun) -> rusqlite::Result<RunId> {
    let mut taken = tx.prepare_cached("SELECT 1 FROM dag_run WHERE dag_id = ?1 AND run_id = ?2")?;
    let mut candidate = run.run_id.clone();
    for suffix in 2_u64.. {
        let exists =
            taken.query_row(params![run.dag_id.as_str(), candidate.as_str()], |_| Ok(())).optional()?.is_some();
        if !exists {
            break;
        }
        candidate = RunId::new(&format!("{}~{suffix}", run.run_id))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    }
    Ok(candidate)
}

/// Ends an unfinished run whose process is gone: what ran is failed, what waited is skipped, the run is failed.
pub(in super::super) fn abandon(
    tx: &Transaction<'_>,
    run: RunKey,
    reason: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let changed = tx.execute(
        &format!(
            "UPDATE dag_run SET state = 'failed', end_date = :now, end_number = {NEXT_END}, reason = :reason
             WHERE run_key = :run AND state IN ('queued', 'running')"
        ),
        named_params! {":run": run.0, ":now": micros(now), ":reason": reason},
    )?;
    if changed == 0 {
        return Ok(());
    }
    end_instances(tx, run, "state = 'running'", "failed", &Problem::new("process-ended", reason), now)?;
    let waited = "state IN ('none', 'scheduled', 'queued', 'up_for_retry', 'up_for_reschedule')";
    end_instances(tx, run, waited, "skipped", &Problem::new("process-ended", reason), now)
}

fn end_instances(
    tx: &Transaction<'_>,
    run: RunKey,
    which: &str,
    state: &str,
    problem: &Problem,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE task_instance SET state = :state, end_date = :now, problem = :problem, due = NULL, clearing = 0
         WHERE run_key = :run AND {which}"
    );
    tx.execute(&sql, named_params! {":run": run.0, ":state": state, ":now": micros(now), ":problem": json(problem)?})?;
    Ok(())
}
