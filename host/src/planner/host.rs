//! Hosts that are lost, and hosts that stop in good order.

use crate::ids::TaskIx;
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::TaskState;
use crate::planner::run::{Cx, Run};

impl Run {
    /// Its host is gone: scheduled again, or failed after too many. No report comes any more.
    pub(super) fn lose_host(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        if self.node(ix).is_some_and(|node| node.inst.clearing) && !planted!(ClearForgotten) {
            self.end_and_clear(ix, cx);
        } else {
            self.step(ix, TaskEvent::HostLost, cx.now, cx);
        }
    }

    /// Its host stops and gives it back. Its try is ended, and still reports.
    pub(super) fn hand_back(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        if self.node(ix).is_some_and(|node| node.inst.clearing) {
            // It was told to end already.
            return;
        }
        self.end_try(ix, cx, |run, cx| {
            run.step(ix, TaskEvent::HandedBack, cx.now, cx);
        });
    }

    /// Whether that try is what the instance is at. One that is queued has not begun the start that it is queued for.
    pub(super) fn holds(&self, attempt: &Attempt) -> bool {
        let ix = attempt.instance.task;
        let active = self.state_of(ix).is_some_and(TaskState::is_active);
        active && self.attempt(ix).as_ref() == Some(attempt)
    }

    /// All instances that hold a slot.
    pub(super) fn active(&self) -> Vec<TaskIx> {
        self.all().filter(|ix| self.state_of(*ix).is_some_and(TaskState::is_active)).collect()
    }
}
