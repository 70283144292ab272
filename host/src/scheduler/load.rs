//! From the store's rows to what the planner is told.

use std::sync::Arc;

use jiff::Timestamp;

use crate::dag::model::{Dag, PastRule};
use crate::ids::DagId;
use crate::lifecycle::change::TaskResult;
use crate::lifecycle::instance::{Again, Instance};
use crate::lifecycle::state::TaskState;
use crate::planner::{PastRun, RunSnapshot};
use crate::store::{InstanceRecord, RunRecord, RunType, Store, StoreError};

use super::Materials;

/// A run as the planner takes it. Instances of tasks that the DAG lacks (removed ones) are left out.
pub fn snapshot(run: &RunRecord, dag: Arc<Dag>, instances: &[InstanceRecord], past: Option<PastRun>) -> RunSnapshot {
    let tasks = dag.tasks.len();
    RunSnapshot {
        key: run.key,
        run_id: run.run_id.clone(),
        inputs: Arc::new(run.inputs.clone()),
        dates: run.dates.clone(),
        state: run.state,
        started_at: run.start_date,
        missed_deadline: run.missed_deadline.is_some(),
        instances: instances.iter().filter(|record| record.task.index() < tasks).map(instance).collect(),
        // Runs by hand have no past.
        dag,
        past,
        in_background: run.backfill.is_some(),
    }
}

/// An instance as the planner takes it.
pub(super) fn instance(record: &InstanceRecord) -> Instance {
    let again = record.rescheduled_at.map(|first_at| Box::new(Again { first_at, state: record.resume.clone() }));
    Instance {
        state: record.state,
        try_number: record.try_number,
        max_tries: record.max_tries,
        start_number: record.start_number,
        lost_hosts: record.lost_hosts,
        clears: record.clears,
        clearing: record.clearing,
        due: record.due,
        again,
        result: result(record),
    }
}

fn result(record: &InstanceRecord) -> Option<Arc<TaskResult>> {
    // One that a person marked a success has no value: what is downstream finds none.
    let value = record.value.clone().filter(|_| record.state == TaskState::Success)?;
    Some(TaskResult { value, chosen: record.chosen.clone(), outputs: record.outputs.clone() }.shared())
}

/// The DAG's run before this one, as far as tasks of `dag` wait for it. Runs by hand have no past.
pub(super) fn past(
    store: &dyn Store,
    materials: &dyn Materials,
    run: &RunRecord,
    dag: &Dag,
) -> Result<Option<PastRun>, StoreError> {
    match (run.run_type, run.dates.logical_date) {
        (RunType::Scheduled | RunType::Backfill, Some(date)) => past_before(store, materials, &run.dag_id, date, dag),
        (RunType::Manual | RunType::Callback, _) | (RunType::Scheduled | RunType::Backfill, None) => Ok(None),
    }
}

/// As [`past`], for a run of that logical date.
pub(super) fn past_before(
    store: &dyn Store,
    materials: &dyn Materials,
    dag_id: &DagId,
    logical_date: Timestamp,
    dag: &Dag,
) -> Result<Option<PastRun>, StoreError> {
    if dag.tasks.iter().all(|task| task.terms.past == PastRule::Ignored) {
        return Ok(None);
    }
    let Some(before) = store.run_before(dag_id, logical_date)? else { return Ok(None) };
    let version = store.dag_version(before.version)?;
    // A version that cannot be had any more is taken for one without these tasks: nobody could wait for it.
    let Some(held) = version.and_then(|version| materials.dag(&version).ok()) else { return Ok(None) };
    let instances = store.instances(before.key)?;
    let states: Vec<_> = instances.iter().map(|instance| instance.state).take(held.tasks.len()).collect();
    Ok(Some(PastRun::of(before.key, &held, &states, dag)))
}
