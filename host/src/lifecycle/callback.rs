//! Which callback a change brings about, and what it is told.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::contract::Problem;
use crate::dag::callback::CallbackKind;
use crate::ids::{DagId, RunId, TaskId};
use crate::lifecycle::change::{RunStep, TaskStep};
use crate::lifecycle::event::TaskEvent;

/// Whether a task's end by this event is its own. One that a person or the end of its run brings about starts no callback
/// of the task.
pub fn is_its_own(event: &TaskEvent) -> bool {
    !matches!(event, TaskEvent::RunEnded { .. } | TaskEvent::EndedForClear | TaskEvent::Marked { .. })
}

/// The callback of a task that a step brings about.
pub fn of_task(step: &TaskStep) -> Option<CallbackKind> {
    match step {
        TaskStep::Succeed(_) => Some(CallbackKind::OnSuccess),
        TaskStep::Fail { .. } => Some(CallbackKind::OnFailure),
        TaskStep::RetryLater { .. } => Some(CallbackKind::OnRetry),
        TaskStep::Schedule { .. }
        | TaskStep::Queue
        | TaskStep::Start { .. }
        | TaskStep::Skip { .. }
        | TaskStep::FailUpstream { .. }
        | TaskStep::Reschedule { .. }
        | TaskStep::LoseHost { .. }
        | TaskStep::HandBack { .. }
        | TaskStep::ClearLater
        | TaskStep::Clear { .. }
        | TaskStep::Mark { .. }
        | TaskStep::Remove => None,
    }
}

/// The run's own callback that a step brings about: every end of it, whatever brought that about.
pub fn of_run(step: &RunStep) -> Option<CallbackKind> {
    match step {
        RunStep::Succeed { .. } => Some(CallbackKind::OnSuccess),
        RunStep::Fail { .. } => Some(CallbackKind::OnFailure),
        RunStep::MissDeadline { .. } => Some(CallbackKind::OnDeadline),
        RunStep::Start | RunStep::Requeue => None,
    }
}

/// What a callback is told. Whatever does not apply is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happened<'a> {
    /// What happened.
    pub kind: CallbackKind,
    /// When.
    pub at: Timestamp,
    /// To a run of this DAG.
    pub dag_id: &'a DagId,
    /// To this run.
    pub run_id: &'a RunId,
    /// To this task of it.
    pub task_id: Option<&'a TaskId>,
    /// The state of the run or the task after it.
    pub state: &'static str,
    /// The task's try.
    pub try_number: Option<u32>,
    /// The tries that it has.
    pub max_tries: Option<u32>,
    /// When the next try is due.
    pub next_try_at: Option<Timestamp>,
    /// The short word for what went wrong.
    pub code: Option<&'a str>,
    /// What went wrong.
    pub message: Option<&'a str>,
    /// The task's result.
    pub value: Option<&'a Value>,
    /// The deadline that passed.
    pub deadline: Option<Timestamp>,
}

impl<'a> Happened<'a> {
    /// What a step says of a task.
    #[must_use]
    pub fn with_task_step(mut self, step: &'a TaskStep) -> Self {
        match step {
            TaskStep::Succeed(success) => self.value = Some(&success.result.value),
            TaskStep::Fail { problem, usage: _ } => self.problem(problem),
            TaskStep::RetryLater { problem, due, usage: _ } => {
                self.problem(problem);
                self.next_try_at = Some(*due);
            }
            _ => {}
        }
        self
    }

    /// What a step says of a run.
    #[must_use]
    pub fn with_run_step(mut self, step: &'a RunStep) -> Self {
        match step {
            RunStep::Fail { reason } => self.message = Some(reason),
            RunStep::MissDeadline { due } => self.deadline = Some(*due),
            RunStep::Succeed { .. } | RunStep::Start | RunStep::Requeue => {}
        }
        self
    }

    fn problem(&mut self, problem: &'a Problem) {
        self.code = Some(&problem.code);
        self.message = Some(&problem.message);
    }
}
