//! One try in which nothing is left to decide, and the report of how it ended.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::dag::model::{Grants, HttpGrant, Mount, MountMode, SecretGrant};
pub use crate::dag::origin::Origin;

use crate::contract::{Descriptor, Invocation, Outcome, Output};
use crate::ids::{DagId, Digest, InstanceKey, RunId, TaskId};
use crate::limits::TaskLimits;

/// The dates of a run, as `context.dates` gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDates {
    /// What the run is for; the trigger's time for a manual run.
    pub logical_date: Option<Timestamp>,
    /// The interval of data that the run is for, if its schedule has intervals: start, then end.
    pub data_interval: Option<(Timestamp, Timestamp)>,
    /// Not before this instant.
    pub run_after: Timestamp,
}

/// Which try of which instance this is. A report is accepted only if all of it still holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The instance.
    pub instance: InstanceKey,
    /// Counts schedulings, from 1; stays over reschedules.
    pub try_number: u32,
    /// Counts starts of this instance over its whole life: the fence against reports of an earlier start.
    pub start_number: u32,
}

/// A decided try: what the executor is handed after the commit that made it `running`.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Which try this is.
    pub attempt: Attempt,
    /// For `context`, for paths of logs, for people.
    pub dag_id: DagId,
    /// For `context`, for paths of logs, for people.
    pub run_id: RunId,
    /// For `context`, for paths of logs, for people.
    pub task_id: TaskId,
    /// For `context`: the tries that there can be, by this try's count.
    pub max_tries: u32,
    /// For `context`: the same for all tries, another after a clear.
    pub idempotency_key: String,
    /// For `context`.
    pub dates: RunDates,
    /// The component to run.
    pub component: Digest,
    /// What it said of itself when it was registered.
    pub descriptor: Arc<Descriptor>,
    /// What it is given.
    pub invocation: Invocation,
    /// What it may use.
    pub limits: TaskLimits,
    /// What it may do beyond the sandbox, if the operator still allows it.
    pub grants: Grants,
    /// Whether it runs with virtual clocks and seeded random numbers: no grants, and `deterministic` not set to false.
    pub pure: bool,
}

/// What a try used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The most memory that the instance had at once.
    pub peak_memory_bytes: u64,
    /// CPU time of the guest, and of what the host did for it on the guest's threads, in microseconds.
    #[serde(default)]
    pub cpu_time_us: u64,
    /// What it computed, in Wasmtime's units of fuel; none if nobody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of HTTP bodies that it sent and got; none if it had no grant.
    #[serde(default, skip_serializing_if = "is_none")]
    pub traffic_bytes: u64,
    /// Bytes of its inputs, read or not.
    #[serde(default)]
    pub input_bytes: u64,
    /// Bytes published from `/out`.
    pub output_bytes: u64,
    /// Whether it called `context`, so that its result may depend on the run and the try.
    pub context_called: bool,
}

fn is_none(bytes: &u64) -> bool {
    *bytes == 0
}

/// How a try ended, as the executor tells it.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which try.
    pub attempt: Attempt,
    /// The instant when it ended.
    pub ended_at: Timestamp,
    /// The answer, held against the contract.
    pub outcome: Outcome,
    /// What it published; empty unless it succeeded.
    pub outputs: Vec<Output>,
    /// The last value of each metric, by name.
    pub metrics: Vec<(String, f64)>,
    /// What it used.
    pub usage: Usage,
}
