//! Runs, instances and tries as they are kept.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::ids::{BackfillId, CallbackId, DagId, RunId, RunKey, TaskIx};
use crate::lifecycle::launch::RunDates;
use crate::store::{InstanceRecord, ProcessId, RunFilter, RunRecord, RunType, TryRecord};

use super::super::codec::{RowExt, micros, opt_micros};

pub(in super::super) fn find(tx: &Transaction<'_>, dag: &DagId, run: &RunId) -> rusqlite::Result<Option<RunRecord>> {
    tx.prepare_cached("SELECT * FROM dag_run WHERE dag_id = ?1 AND run_id = ?2")?
        .query_row(params![dag.as_str(), run.as_str()], run_record)
        .optional()
}

pub(in super::super) fn get(tx: &Transaction<'_>, run: RunKey) -> rusqlite::Result<Option<RunRecord>> {
    tx.prepare_cached("SELECT * FROM dag_run WHERE run_key = ?1")?.query_row([run.0], run_record).optional()
}

pub(in super::super) fn before(
    tx: &Transaction<'_>,
    dag: &DagId,
    logical_date: Timestamp,
) -> rusqlite::Result<Option<RunRecord>> {
    tx.prepare_cached(
        "SELECT * FROM dag_run WHERE dag_id = ?1 AND logical_date < ?2 AND run_type IN ('scheduled', 'backfill')
         ORDER BY logical_date DESC LIMIT 1",
    )?
    .query_row(params![dag.as_str(), micros(logical_date)], run_record)
    .optional()
}

pub(in super::super) fn list(tx: &Transaction<'_>, filter: &RunFilter) -> rusqlite::Result<(Vec<RunRecord>, u64)> {
    let dag = filter.dag_id.as_ref().map(DagId::as_str);
    let state = filter.state.map(|state| state.as_str());
    let which = "(:dag IS NULL OR dag_id = :dag) AND (:state IS NULL OR state = :state)
                 AND (:from IS NULL OR logical_date >= :from) AND (:to IS NULL OR logical_date <= :to)
                 AND (callback IS NOT NULL) = :callbacks";
    let callbacks = filter.callbacks;
    let (from, to) = (opt_micros(filter.logical_from), opt_micros(filter.logical_to));
    let total = tx.prepare_cached(&format!("SELECT count(*) FROM dag_run WHERE {which}"))?.query_row(
        named_params! {":dag": dag, ":state": state, ":from": from, ":to": to, ":callbacks": callbacks},
        |row| row.get(0),
    )?;
    let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
    let runs = tx
        .prepare_cached(&format!(
            "SELECT * FROM dag_run WHERE {which} ORDER BY run_after DESC, run_key DESC LIMIT :limit"
        ))?
        .query_map(
            named_params! {
                ":dag": dag, ":state": state, ":from": from, ":to": to, ":callbacks": callbacks, ":limit": limit
            },
            run_record,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok((runs, total))
}

pub(in super::super) fn unfinished(tx: &Transaction<'_>, owner: ProcessId) -> rusqlite::Result<Vec<RunRecord>> {
    tx.prepare_cached(
        "SELECT * FROM dag_run WHERE owner = ?1 AND (state IN ('queued', 'running') OR reprocess = 1)
         ORDER BY backfill, backfill_place, run_key",
    )?
    .query_map([owner.0], run_record)?
    .collect()
}

pub(in super::super) fn instances(tx: &Transaction<'_>, run: RunKey) -> rusqlite::Result<Vec<InstanceRecord>> {
    tx.prepare_cached("SELECT * FROM task_instance WHERE run_key = ?1 ORDER BY task, map_index")?
        .query_map([run.0], instance_record)?
        .collect()
}

pub(in super::super) fn tries(tx: &Transaction<'_>, run: RunKey) -> rusqlite::Result<Vec<TryRecord>> {
    tx.prepare_cached("SELECT * FROM task_try WHERE run_key = ?1 ORDER BY task_id, try_number, start_number")?
        .query_map([run.0], try_record)?
        .collect()
}

fn run_record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let run_type: String = row.get("run_type")?;
    let callback = row.get::<_, Option<i64>>("callback")?.map(CallbackId);
    let interval = row.opt_instant("interval_start")?.zip(row.opt_instant("interval_end")?);
    Ok(RunRecord {
        key: RunKey(row.get("run_key")?),
        dag_id: row.parsed("dag_id")?,
        run_id: row.parsed("run_id")?,
        run_type: match run_type.as_str() {
            _ if callback.is_some() => RunType::Callback,
            "scheduled" => RunType::Scheduled,
            "backfill" => RunType::Backfill,
            _ => RunType::Manual,
        },
        version: row.parsed("version")?,
        state: row.parsed("state")?,
        owner: ProcessId(row.get("owner")?),
        dates: RunDates {
            logical_date: row.opt_instant("logical_date")?,
            data_interval: interval,
            run_after: row.instant("run_after")?,
        },
        inputs: row.opt_from_json("inputs")?.unwrap_or_default(),
        backfill: row.get::<_, Option<i64>>("backfill")?.map(BackfillId),
        reprocess: row.get("reprocess")?,
        callback,
        queued_at: row.instant("queued_at")?,
        start_date: row.opt_instant("start_date")?,
        end_date: row.opt_instant("end_date")?,
        missed_deadline: row.opt_instant("missed_deadline")?,
        with_failures: row.get("with_failures")?,
        reason: row.get("reason")?,
    })
}

fn instance_record(row: &Row<'_>) -> rusqlite::Result<InstanceRecord> {
    Ok(InstanceRecord {
        task: TaskIx(row.get("task")?),
        task_id: row.parsed("task_id")?,
        state: row.parsed("state")?,
        try_number: row.get("try_number")?,
        start_number: row.get("start_number")?,
        max_tries: row.get("max_tries")?,
        lost_hosts: row.get("lost_hosts")?,
        clears: row.get("clears")?,
        clearing: row.get("clearing")?,
        component: row.opt_parsed("component")?,
        plugin: row.get("plugin")?,
        scheduled_at: row.opt_instant("scheduled_at")?,
        queued_at: row.opt_instant("queued_at")?,
        start_date: row.opt_instant("start_date")?,
        end_date: row.opt_instant("end_date")?,
        due: row.opt_instant("due")?,
        resume: row.opt_from_json("resume")?,
        rescheduled_at: row.opt_instant("rescheduled_at")?,
        invocation: row.opt_from_json("invocation")?,
        value: row.opt_from_json("value")?,
        chosen: row.opt_from_json("chosen")?,
        outputs: row.opt_from_json("outputs")?.unwrap_or_default(),
        metrics: row.opt_from_json("metrics")?.unwrap_or_default(),
        usage: row.opt_from_json("usage")?,
        problem: row.opt_from_json("problem")?,
    })
}

fn try_record(row: &Row<'_>) -> rusqlite::Result<TryRecord> {
    Ok(TryRecord {
        task_id: row.parsed("task_id")?,
        try_number: row.get("try_number")?,
        start_number: row.get("start_number")?,
        state: row.parsed("state")?,
        plugin: row.get("plugin")?,
        start_date: row.opt_instant("start_date")?,
        end_date: row.opt_instant("end_date")?,
        value: row.opt_from_json("value")?,
        outputs: row.opt_from_json("outputs")?.unwrap_or_default(),
        problem: row.opt_from_json("problem")?,
    })
}
