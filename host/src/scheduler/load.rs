//! From the store's rows to what the planner is told.

use std::sync::Arc;

use crate::dag::model::Dag;
use crate::lifecycle::change::Success;
use crate::lifecycle::instance::{Again, Instance};
use crate::lifecycle::state::TaskState;
use crate::planner::RunSnapshot;
use crate::store::{InstanceRecord, RunRecord};

/// A run as the planner takes it. Instances of tasks that the DAG lacks (removed ones) are left out.
pub fn snapshot(run: &RunRecord, dag: Arc<Dag>, instances: &[InstanceRecord]) -> RunSnapshot {
    let tasks = dag.tasks.len();
    RunSnapshot {
        key: run.key,
        run_id: run.run_id.clone(),
        inputs: Arc::new(run.inputs.clone()),
        dates: run.dates.clone(),
        state: run.state,
        started_at: run.start_date,
        instances: instances.iter().filter(|record| record.task.index() < tasks).map(instance).collect(),
        // Runs by hand have no past.
        past: None,
        dag,
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
        due: record.due,
        again,
        result: result(record),
    }
}

fn result(record: &InstanceRecord) -> Option<Arc<Success>> {
    // One that a person marked a success has no value: what is downstream finds none.
    let value = record.value.clone().filter(|_| record.state == TaskState::Success)?;
    Some(Arc::new(Success {
        value,
        chosen: record.chosen.clone(),
        outputs: record.outputs.clone(),
        metrics: Vec::new(),
        usage: record.usage.unwrap_or_default(),
    }))
}
