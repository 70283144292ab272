//! Which run and try this is. **Calling anything in here makes the result depend on it**: such a component imports
//! `dagwood:task/context`, which `dagwood plugin inspect` shows. One that calls nothing in here does not import it.

use crate::bindings::dagwood::task::context as raw;
use crate::host;

/// Which instance of which task this is. Shapes and meanings are those of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskInstance {
    /// The DAG's id.
    pub dag_id: String,
    /// The run's id, unique within its DAG.
    pub run_id: String,
    /// The task's id.
    pub task_id: String,
    /// One index for each level of mapping; empty if not mapped.
    pub map_index: Vec<u32>,
    /// Starts at 1.
    pub try_number: u32,
    /// How many tries there are at most.
    pub max_tries: u32,
    /// The same for all tries; another one after a person cleared the instance. Effects on the outside are at least
    /// once: hand this to the service, so that it can drop the second one.
    pub idempotency_key: String,
}

/// When a run is and what it is for. Instants are RFC 3339 with an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDates {
    /// What the run is for; manual runs may have none.
    pub logical_date: Option<String>,
    /// Start and end of the data interval.
    pub data_interval: Option<(String, String)>,
    /// The earliest instant at which it may start.
    pub run_after: String,
}

/// Which task instance and try this is.
pub fn current() -> TaskInstance {
    host::current().into()
}

/// The dates of the run.
pub fn dates() -> RunDates {
    host::dates().into()
}

impl From<raw::TaskInstance> for TaskInstance {
    fn from(raw: raw::TaskInstance) -> Self {
        Self {
            dag_id: raw.dag_id,
            run_id: raw.run_id,
            task_id: raw.task_id,
            map_index: raw.map_index,
            try_number: raw.try_number,
            max_tries: raw.max_tries,
            idempotency_key: raw.idempotency_key,
        }
    }
}

impl From<raw::RunDates> for RunDates {
    fn from(raw: raw::RunDates) -> Self {
        Self {
            logical_date: raw.logical_date,
            data_interval: raw.data_interval.map(|interval| (interval.start, interval.end)),
            run_after: raw.run_after,
        }
    }
}
