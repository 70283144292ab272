//! What people do to runs and instances: cancel, clear, mark.

use crate::ids::TaskIx;
use crate::lifecycle::change::RunStep;
use crate::lifecycle::event::{MarkAs, TaskEvent};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::run::{Cx, Run};

impl Run {
    /// Ends the run now: what runs is failed, what else is unfinished is skipped.
    pub(super) fn cancel(&mut self, reason: &str, cx: &mut Cx<'_>) {
        if self.state.is_finished() {
            return;
        }
        for ix in self.all() {
            self.end_try(ix, cx, |run, cx| {
                run.step(ix, TaskEvent::RunEnded { reason: reason.to_owned() }, cx.now, cx);
            });
        }
        self.end(RunStep::Fail { reason: reason.to_owned() }, RunState::Failed, cx);
    }

    /// `dagrun_timeout` passed.
    pub(super) fn time_out(&mut self, cx: &mut Cx<'_>) {
        let timeout = self.dag.settings.dagrun_timeout.unwrap_or_default();
        self.cancel(&format!("it took longer than its dagrun_timeout of {timeout:?}"), cx);
    }

    /// Has nothing more to do with the run: its tries are ended, its slots are given back. Nothing is recorded.
    pub(super) fn abandon(&mut self, cx: &mut Cx<'_>) {
        for ix in self.active() {
            cx.shared.slots.give_back(self.instance(ix));
            if self.state_of(ix) == Some(TaskState::Running)
                && let (Some(attempt), Some(hold)) = (self.attempt(ix), self.hold(ix))
            {
                cx.shared.slots.take_until_reported(attempt.clone(), hold);
                cx.out.cancels.push(attempt);
            }
        }
    }

    /// Has instances go back to `none`, those that run as soon as their tries are over. A run at its end begins again.
    pub(super) fn clear(&mut self, tasks: &[TaskIx], cx: &mut Cx<'_>) {
        if self.clear_and_queue(tasks, cx) {
            self.start(cx);
            self.look_at_all();
        }
    }

    /// The same, but a run at its end is only queued. Whether it was.
    pub(super) fn clear_and_queue(&mut self, tasks: &[TaskIx], cx: &mut Cx<'_>) -> bool {
        let mut to_run = false;
        for ix in tasks {
            // One in `none`, such as a task that is new in this version, has nothing to clear but is to run.
            to_run |= self.state_of(*ix) == Some(TaskState::None) || self.clear_one(*ix, cx);
        }
        let again = to_run && self.state.is_finished();
        if again {
            self.record(RunStep::Requeue, RunState::Queued, cx);
        }
        again
    }

    fn clear_one(&mut self, ix: TaskIx, cx: &mut Cx<'_>) -> bool {
        match self.state_of(ix) {
            Some(TaskState::Running) => {
                cx.out.cancels.extend(self.attempt(ix));
                self.step(ix, TaskEvent::ClearAsked, cx.now, cx)
            }
            Some(TaskState::Queued) => {
                self.end_and_clear(ix, cx);
                true
            }
            Some(
                TaskState::None
                | TaskState::Scheduled
                | TaskState::Success
                | TaskState::Failed
                | TaskState::UpForRetry
                | TaskState::UpForReschedule
                | TaskState::UpstreamFailed
                | TaskState::Skipped
                | TaskState::Removed,
            ) => self.step(ix, TaskEvent::Cleared, cx.now, cx),
            None => false,
        }
    }

    /// Takes an instance for a success or a failure, whatever it is.
    pub(super) fn mark(&mut self, ix: TaskIx, state: MarkAs, reason: String, cx: &mut Cx<'_>) {
        self.end_try(ix, cx, |run, cx| {
            run.step(ix, TaskEvent::Marked { state, reason }, cx.now, cx);
        });
    }

    /// Does `change`, which leaves the instance no longer active; if it was running, its try is ended and holds its
    /// slot until its report comes.
    pub(super) fn end_try(&mut self, ix: TaskIx, cx: &mut Cx<'_>, change: impl FnOnce(&mut Self, &mut Cx<'_>)) {
        let running = self.state_of(ix) == Some(TaskState::Running);
        let attempt = self.attempt(ix).filter(|_| running);
        change(self, cx);
        if let (Some(attempt), Some(hold)) = (attempt, self.hold(ix)) {
            cx.shared.slots.take_until_reported(attempt.clone(), hold);
            if !planted!(CancelForgotten) {
                cx.out.cancels.push(attempt);
            }
        }
    }
}
