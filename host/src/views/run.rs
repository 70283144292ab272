//! A run with its task instances: the document of `run --json` and `runs show --json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::contract::{ArtifactKind, Output, Problem};
use crate::ids::{DagId, Digest, RunId, TaskId};
use crate::lifecycle::state::{RunState, TaskState};
use crate::store::{CallbackRecord, InstanceRecord, RunRecord};
use crate::views::duration_s;

/// Airflow's `map_index` of an instance that is not mapped.
pub const NOT_MAPPED: i32 = -1;

/// A run. Dates are RFC 3339 in UTC, durations seconds; what is not known yet is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunDocument {
    /// Whose.
    pub dag_id: DagId,
    /// Its id, unique within its DAG.
    pub run_id: RunId,
    /// Its state.
    pub state: RunState,
    /// What it is for.
    pub logical_date: Option<Timestamp>,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// From start to end.
    pub duration: Option<f64>,
    /// It is a success, but a task that is no leaf failed. Left out when false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_failures: bool,
    /// Why it failed, where that is more than a failed task. Left out when there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When its deadline was, if it passed since the run last began. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed_deadline: Option<Timestamp>,
    /// All its instances, those that never started too, in the order of the DAG file.
    pub task_instances: Vec<TaskInstanceDocument>,
    /// What was started since something happened to it or to its tasks, in that order. Left out when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<CallbackDocument>,
}

/// A callback of a run or of one of its tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallbackDocument {
    /// `on_success`, `on_failure`, `on_retry` or `on_deadline`.
    pub kind: &'static str,
    /// The task that it is about; null: the run itself.
    pub task_id: Option<TaskId>,
    /// When that happened.
    pub at: Timestamp,
    /// Its own run; null: none was made yet, or none can be.
    pub run_id: Option<RunId>,
    /// That run's state.
    pub state: Option<RunState>,
    /// Why it can have no run.
    pub error: Option<String>,
}

/// A task instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskInstanceDocument {
    /// The task.
    pub task_id: TaskId,
    /// [`NOT_MAPPED`], as long as no task is mapped.
    pub map_index: i32,
    /// Its state.
    pub state: TaskState,
    /// Its try; 0 before the first.
    pub try_number: u32,
    /// `name@version`.
    pub plugin: Option<String>,
    /// The component that it ran or will run.
    pub plugin_digest: Option<Digest>,
    /// When its try began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// From start to end.
    pub duration: Option<f64>,
    /// Its small result.
    pub value: Option<Value>,
    /// What it published.
    pub outputs: Vec<OutputDocument>,
    /// The last value of each of its metrics.
    pub metrics: BTreeMap<String, f64>,
    /// Why it is not a success.
    pub error: Option<Problem>,
}

/// What an output port published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputDocument {
    /// The port.
    pub port: String,
    /// Of its content.
    pub digest: Digest,
    /// Of a folder, that of all its files.
    pub size_bytes: u64,
    /// File or folder.
    pub kind: ArtifactKind,
    /// As the plugin declares it.
    pub media_type: Option<String>,
}

impl RunDocument {
    /// The document of a run, its instances and its callbacks, which keep their order.
    pub fn new(run: RunRecord, instances: Vec<InstanceRecord>, callbacks: Vec<CallbackRecord>) -> Self {
        Self {
            dag_id: run.dag_id,
            run_id: run.run_id,
            state: run.state,
            logical_date: run.dates.logical_date,
            start_date: run.start_date,
            end_date: run.end_date,
            duration: duration_s(run.start_date, run.end_date),
            with_failures: run.with_failures,
            reason: run.reason,
            missed_deadline: run.missed_deadline,
            task_instances: instances.into_iter().map(TaskInstanceDocument::new).collect(),
            callbacks: callbacks.into_iter().map(CallbackDocument::from).collect(),
        }
    }

    /// How many instances are in each state that occurs, in the order of a life.
    pub fn state_counts(&self) -> Vec<(TaskState, u64)> {
        let mut counts = BTreeMap::new();
        for instance in &self.task_instances {
            *counts.entry(instance.state).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }
}

impl TaskInstanceDocument {
    /// The document of an instance.
    pub fn new(instance: InstanceRecord) -> Self {
        Self {
            task_id: instance.task_id,
            map_index: NOT_MAPPED,
            state: instance.state,
            try_number: instance.try_number,
            plugin: instance.plugin,
            plugin_digest: instance.component,
            start_date: instance.start_date,
            end_date: instance.end_date,
            duration: duration_s(instance.start_date, instance.end_date),
            value: instance.value,
            outputs: instance.outputs.into_iter().map(OutputDocument::from).collect(),
            metrics: instance.metrics,
            error: instance.problem,
        }
    }
}

impl From<CallbackRecord> for CallbackDocument {
    fn from(callback: CallbackRecord) -> Self {
        let (run_id, state) = callback.started.map(|started| (started.run_id, started.state)).unzip();
        Self {
            kind: callback.kind.as_str(),
            task_id: callback.task_id,
            at: callback.at,
            run_id,
            state,
            error: callback.problem,
        }
    }
}

impl From<Output> for OutputDocument {
    fn from(output: Output) -> Self {
        Self {
            port: output.port,
            digest: output.artifact.digest,
            size_bytes: output.artifact.size_bytes,
            kind: output.artifact.kind,
            media_type: output.media_type,
        }
    }
}
