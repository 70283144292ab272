//! Callbacks: what is to be started beside a change, and the deadline of a run.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::dag::callback::{CallbackKind, DeadlineReference};
use crate::ids::TaskIx;
use crate::lifecycle::callback::{self, Happened};
use crate::lifecycle::change::{Call, RunStep, TaskStep};
use crate::lifecycle::retry;
use crate::lifecycle::state::RunState;
use crate::planner::event::Why;
use crate::planner::run::{Cx, Run};

impl Run {
    /// The callback of that kind of `ix`, if it has one. It is to follow `step`, which is taken in already.
    pub(super) fn task_call(&self, ix: TaskIx, kind: CallbackKind, step: &TaskStep, at: Timestamp) -> Option<Call> {
        let (task, node) = (self.dag.task(ix)?, self.node(ix)?);
        self.dag.callbacks.of_task(ix, kind)?;
        let happened = Happened {
            task_id: Some(&task.id),
            try_number: Some(node.inst.try_number),
            max_tries: Some(node.inst.max_tries),
            ..self.happened(kind, node.inst.state.as_str(), at)
        };
        let event = to_value(&happened.with_task_step(step));
        Some(Call { run: self.key, task: Some(task.id.clone()), kind, at, event })
    }

    /// The run's own callback that follows `step`, which is taken in already.
    pub(super) fn run_call(&self, step: &RunStep, at: Timestamp) -> Option<Call> {
        let kind = callback::of_run(step)?;
        self.dag.callbacks.of_run(kind)?;
        let event = to_value(&self.happened(kind, self.state.as_str(), at).with_run_step(step));
        Some(Call { run: self.key, task: None, kind, at, event })
    }

    fn happened<'a>(&'a self, kind: CallbackKind, state: &'static str, at: Timestamp) -> Happened<'a> {
        Happened {
            kind,
            at,
            dag_id: &self.dag.id,
            run_id: &self.run_id,
            task_id: None,
            state,
            try_number: None,
            max_tries: None,
            next_try_at: None,
            code: None,
            message: None,
            value: None,
            deadline: None,
        }
    }

    /// Waits for the deadline of a run that began at `started_at`.
    pub(super) fn set_deadline(&mut self, started_at: Timestamp, cx: &mut Cx<'_>) {
        self.deadline_at = self.deadline(started_at);
        if let Some(at) = self.deadline_at {
            cx.shared.timers.set(at, Why::Deadline(self.key));
        }
    }

    fn deadline(&self, started_at: Timestamp) -> Option<Timestamp> {
        let deadline = self.dag.settings.deadline?;
        let from = match deadline.after {
            DeadlineReference::RunStart => started_at,
            // What runs long after its date on purpose is not late.
            DeadlineReference::LogicalDate if self.in_background || self.runs_again() => return None,
            DeadlineReference::LogicalDate => self.dates.logical_date?,
        };
        Some(retry::later(from, deadline.of))
    }

    /// Whether something of it was cleared.
    fn runs_again(&self) -> bool {
        self.nodes.iter().any(|node| node.inst.clears > 0)
    }

    /// The deadline passed, and the run is not at its end.
    pub(super) fn miss_deadline(&mut self, cx: &mut Cx<'_>) {
        if let Some(due) = self.deadline_at.take() {
            self.record(RunStep::MissDeadline { due }, RunState::Running, cx);
        }
    }
}

fn to_value(happened: &Happened<'_>) -> Arc<Value> {
    // Strings, numbers and what was JSON already: it cannot fail.
    Arc::new(serde_json::to_value(happened).unwrap_or_default())
}
