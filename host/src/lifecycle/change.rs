//! What is recorded: named transitions, each conditional on the state that it expects.
//!
//! The planner makes them, the store performs them. One that finds something else than it expects is refused by
//! itself, and the others of its batch stand.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde_json::Value;

use crate::contract::{Invocation, Output, Problem};
use crate::dag::callback::CallbackKind;
use crate::ids::{InstanceKey, RunKey, TaskId};
use crate::lifecycle::launch::Usage;
use crate::lifecycle::state::{RunState, TaskState};

/// A task instance's way from one state to another.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskChange {
    /// Which instance.
    pub instance: InstanceKey,
    /// The state that it must be in.
    pub expect: TaskState,
    /// The start that it must be at: see [`Attempt::start_number`](super::launch::Attempt).
    pub expect_start: u32,
    /// When.
    pub at: Timestamp,
    /// What happens to it.
    pub step: TaskStep,
}

/// The named transitions of a task instance. Comments give from → to.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskStep {
    /// none, up_for_retry, up_for_reschedule → scheduled.
    Schedule {
        /// The try that it is scheduled for: one more, but from up_for_reschedule.
        try_number: u32,
    },
    /// scheduled → queued.
    Queue,
    /// queued → running: everything about the try is decided and kept with it.
    Start {
        /// What the try is given.
        invocation: Arc<Invocation>,
        /// The start's number, one above the last.
        start_number: u32,
    },
    /// running → success.
    Succeed(Arc<Success>),
    /// running → skipped by its own answer; none → skipped by its rule or a branch; any unfinished state but running →
    /// skipped when its run is ended.
    Skip {
        /// What skipped it.
        cause: SkipCause,
        /// Why, for people.
        reason: String,
    },
    /// none → upstream_failed; the same from a waiting state where what it needs was cleared and did not come again.
    FailUpstream {
        /// Which upstream, or which port.
        problem: Problem,
    },
    /// running, queued → failed; none, scheduled → failed where it cannot be launched at all.
    Fail {
        /// Why.
        problem: Problem,
        /// What the try used, if one ran.
        usage: Option<Usage>,
    },
    /// running → up_for_retry. `resume` and the time of the first `again` are forgotten: they were this try's.
    RetryLater {
        /// Why this try failed.
        problem: Problem,
        /// When the next is due.
        due: Timestamp,
        /// What the try used.
        usage: Usage,
    },
    /// running → up_for_reschedule.
    Reschedule {
        /// When it is due again.
        due: Timestamp,
        /// Handed back as `resume`.
        state: Option<Value>,
        /// When this try first answered `again`.
        first_at: Timestamp,
    },
    /// queued, running → scheduled: its host is gone. `resume` and the time of the first `again` stay.
    LoseHost {
        /// Hosts that this instance has now lost since it was last cleared.
        lost_hosts: u32,
        /// The try that it is scheduled for.
        try_number: u32,
        /// One more than before: this scheduling costs no try.
        max_tries: u32,
    },
    /// queued, running → scheduled: its host stops in good order; costs nothing. `resume` and the time of the first
    /// `again` stay.
    HandBack {
        /// The try that it is scheduled for.
        try_number: u32,
        /// One more than before: this scheduling costs no try.
        max_tries: u32,
    },
    /// running → running: its try is told to end, and then it is cleared, whatever came of it.
    ClearLater,
    /// any but queued and running → none; the earlier tries stay in its history. What it left for others (result,
    /// outputs), what it waited for (due, `resume`) and its lost hosts are forgotten.
    Clear {
        /// The tries that there can be, by the count that goes on.
        max_tries: u32,
        /// How often it was cleared, this time included.
        clears: u32,
    },
    /// any → success or failed, by a person. What it published stays only from success to success.
    Mark {
        /// Success or failed.
        state: TaskState,
        /// The person's reason.
        reason: String,
    },
    /// unfinished → removed.
    Remove,
}

/// What skipped a task instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipCause {
    /// Its own answer.
    Answer,
    /// Its trigger rule, or a branch that did not choose it.
    Rule,
    /// The end of its run, before it was its turn.
    RunEnded,
}

impl SkipCause {
    /// The short word that is kept.
    pub fn code(self) -> &'static str {
        match self {
            Self::Answer => "skipped",
            Self::Rule => "not-its-turn",
            Self::RunEnded => "run-ended",
        }
    }
}

/// What a successful try leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// What those downstream may ask for.
    pub result: Arc<TaskResult>,
    /// The last value of each metric, by name.
    pub metrics: Vec<(String, f64)>,
    /// What it used.
    pub usage: Usage,
}

/// What a task leaves for those downstream.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskResult {
    /// The small result.
    pub value: Value,
    /// The labels that a branch chose.
    pub chosen: Option<Vec<String>>,
    /// What it published.
    pub outputs: Vec<Output>,
}

impl TaskResult {
    /// To be kept by many: all that left nothing have the same one.
    pub fn shared(self) -> Arc<Self> {
        static NOTHING: LazyLock<Arc<TaskResult>> =
            LazyLock::new(|| Arc::new(TaskResult { value: Value::Null, chosen: None, outputs: Vec::new() }));
        if self == **NOTHING { Arc::clone(&NOTHING) } else { Arc::new(self) }
    }
}

/// A run's way from one state to another.
#[derive(Debug, Clone, PartialEq)]
pub struct RunChange {
    /// Which run.
    pub run: RunKey,
    /// The state that it must be in.
    pub expect: RunState,
    /// When.
    pub at: Timestamp,
    /// What happens to it.
    pub step: RunStep,
}

/// The named transitions of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStep {
    /// queued → running. Its time is the run's start date, from which `dagrun_timeout` counts.
    Start,
    /// running → success; `with_failures` when something upstream of the leaves failed.
    Succeed {
        /// Whether a task that is no leaf failed.
        with_failures: bool,
    },
    /// queued, running → failed.
    Fail {
        /// Why, for people.
        reason: String,
    },
    /// finished → queued, when an instance of it was cleared; a `Start` follows, with a new start date.
    Requeue,
    /// running → running: its deadline passed.
    MissDeadline {
        /// When it was.
        due: Timestamp,
    },
}

/// A callback that is to be started, since the change before it happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What it is about: a run.
    pub run: RunKey,
    /// And a task of it; `None`: the run itself.
    pub task: Option<TaskId>,
    /// Which callback of the run, or of the task.
    pub kind: CallbackKind,
    /// When.
    pub at: Timestamp,
    /// What happened: the fields of [`Happened`](super::callback::Happened).
    pub event: Arc<Value>,
}

/// One record to make.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Of a task instance.
    Task(TaskChange),
    /// Of a run.
    Run(RunChange),
    /// A callback: recorded if the change before it was accepted, and refused with it.
    Call(Call),
}

impl Change {
    /// The run that it is about.
    pub fn run(&self) -> RunKey {
        match self {
            Self::Task(change) => change.instance.run,
            Self::Run(change) => change.run,
            Self::Call(call) => call.run,
        }
    }
}
