//! One task instance with its earlier tries: `runs show DAG RUN TASK --json`.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::contract::{Invocation, Problem};
use crate::ids::TaskId;
use crate::lifecycle::launch::Usage;
use crate::lifecycle::state::TaskState;
use crate::store::{InstanceRecord, TryRecord};
use crate::views::duration_s;
use crate::views::run::{OutputDocument, TaskInstanceDocument};

/// An instance in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskDocument {
    /// The instance as in the run's document.
    #[serde(flatten)]
    pub instance: TaskInstanceDocument,
    /// Its tries at most, by the count that goes on after a clear.
    pub max_tries: u32,
    /// When its rule was met.
    pub scheduled_when: Option<Timestamp>,
    /// When it got a slot.
    pub queued_when: Option<Timestamp>,
    /// When it goes on, while it waits for a retry or a reschedule.
    pub due: Option<Timestamp>,
    /// The labels that its branch chose.
    pub chosen: Option<Vec<String>>,
    /// What its last try was given.
    pub invocation: Option<Invocation>,
    /// What its last try used.
    pub usage: Option<Usage>,
    /// The tries before the present one, oldest first.
    pub tries: Vec<TryDocument>,
}

/// An earlier try.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TryDocument {
    /// The task.
    pub task_id: TaskId,
    /// Which try.
    pub try_number: u32,
    /// How it ended.
    pub state: TaskState,
    /// `name@version`.
    pub plugin: Option<String>,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// From start to end, in seconds.
    pub duration: Option<f64>,
    /// Its small result.
    pub value: Option<Value>,
    /// What it published.
    pub outputs: Vec<OutputDocument>,
    /// Why it was not a success.
    pub error: Option<Problem>,
}

impl TaskDocument {
    /// The document of `instance`; of `tries`, which may be those of the whole run, it takes its own.
    pub fn new(instance: InstanceRecord, tries: Vec<TryRecord>) -> Self {
        let mut own: Vec<_> = tries.into_iter().filter(|earlier| earlier.task_id == instance.task_id).collect();
        own.sort_by_key(|earlier| (earlier.try_number, earlier.start_number));
        Self {
            max_tries: instance.max_tries,
            scheduled_when: instance.scheduled_at,
            queued_when: instance.queued_at,
            due: instance.due,
            chosen: instance.chosen.clone(),
            invocation: instance.invocation.as_deref().cloned(),
            usage: instance.usage,
            tries: own.into_iter().map(TryDocument::from).collect(),
            instance: TaskInstanceDocument::new(instance),
        }
    }
}

impl From<TryRecord> for TryDocument {
    fn from(earlier: TryRecord) -> Self {
        Self {
            task_id: earlier.task_id,
            try_number: earlier.try_number,
            state: earlier.state,
            plugin: earlier.plugin,
            start_date: earlier.start_date,
            end_date: earlier.end_date,
            duration: duration_s(earlier.start_date, earlier.end_date),
            value: earlier.value,
            outputs: earlier.outputs.into_iter().map(OutputDocument::from).collect(),
            error: earlier.problem,
        }
    }
}
