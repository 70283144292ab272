//! A try ended: what its report does.

use std::sync::Arc;

use jiff::Timestamp;

use crate::contract::{Failure, Outcome};
use crate::ids::TaskIx;
use crate::lifecycle::change::{Success, TaskResult};
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::launch::{Attempt, Report};
use crate::lifecycle::state::TaskState;
use crate::planner::branch;
use crate::planner::run::{Cx, Run};

impl Run {
    /// Takes the report in. `false`: its try does not hold any more.
    pub(super) fn report(&mut self, report: Report, cx: &mut Cx<'_>) -> bool {
        let ix = report.attempt.instance.task;
        if !self.is_running(&report.attempt) {
            return false;
        }
        if self.node(ix).is_some_and(|node| node.inst.clearing) {
            self.end_and_clear(ix, cx);
            return true;
        }
        // A record never lies in the future of its transaction, whatever the executor's clock says.
        let at = report.ended_at.min(cx.now);
        let event = self.event_of(ix, report);
        self.step(ix, event, at, cx);
        true
    }

    /// Whether that very start is running.
    pub(super) fn is_running(&self, attempt: &Attempt) -> bool {
        let ix = attempt.instance.task;
        self.state_of(ix) == Some(TaskState::Running)
            && (self.attempt(ix).as_ref() == Some(attempt) || planted!(StaleReportTaken))
    }

    fn event_of(&self, ix: TaskIx, report: Report) -> TaskEvent {
        let Report { outcome, outputs, metrics, usage, attempt: _, ended_at: _ } = report;
        let success = |value, chosen| {
            let result = TaskResult { value, chosen, outputs }.shared();
            TaskEvent::Succeeded(Arc::new(Success { result, metrics, usage }))
        };
        match outcome {
            Outcome::Done { value } => success(value, None),
            Outcome::Branch { value, chosen } => match branch::check(&self.dag, ix, &chosen) {
                Ok(()) => success(value, Some(chosen)),
                Err(problem) => TaskEvent::FailedPermanently { problem, usage },
            },
            Outcome::Skipped { reason } => TaskEvent::AnsweredSkipped { reason },
            Outcome::Again { after, state } => TaskEvent::AnsweredAgain { after, state },
            Outcome::Failed(Failure::Retryable { problem, after }) => {
                TaskEvent::FailedRetryably { problem, after, usage }
            }
            Outcome::Failed(Failure::Permanent { problem }) => TaskEvent::FailedPermanently { problem, usage },
            // Nobody here asked for it, so whoever runs it is stopping.
            Outcome::Cancelled => TaskEvent::HandedBack,
        }
    }

    /// The try of an instance that was cleared is over: failed, then none.
    pub(super) fn end_and_clear(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        let now: Timestamp = cx.now;
        self.step(ix, TaskEvent::EndedForClear, now, cx);
        self.step(ix, TaskEvent::Cleared, now, cx);
    }
}
