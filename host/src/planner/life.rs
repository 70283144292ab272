//! A run's own states: its start, its timeout, its end.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ids::TaskIx;
use crate::lifecycle::change::{Change, RunChange, RunStep};
use crate::lifecycle::retry;
use crate::lifecycle::run_end::{RunEnd, run_end};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::branch;
use crate::planner::event::{EndedRun, Why};
use crate::planner::run::{Cx, Run};
use crate::planner::shape::to_u32;

impl Run {
    /// queued → running.
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) {
        self.record(RunStep::Start, RunState::Running, cx);
        self.set_timeout(cx.now, cx);
        self.set_deadline(cx.now, cx);
    }

    pub(super) fn set_timeout(&mut self, started_at: Timestamp, cx: &mut Cx<'_>) {
        self.timeout_at = self.dag.settings.dagrun_timeout.map(|timeout| retry::later(started_at, timeout));
        if let Some(at) = self.timeout_at.filter(|_| !planted!(RunTimeoutForgotten)) {
            cx.shared.timers.set(at, Why::RunTimeout(self.key));
        }
    }

    /// Whether a timer still means something.
    pub(super) fn waits_for(&self, why: Why, at: Timestamp) -> bool {
        let due =
            |ix: TaskIx, state| self.node(ix).is_some_and(|node| node.inst.state == state && node.inst.due == Some(at));
        let running = self.state == RunState::Running;
        match why {
            Why::Retry(instance) => running && due(instance.task, TaskState::UpForRetry),
            Why::Reschedule(instance) => running && due(instance.task, TaskState::UpForReschedule),
            Why::RunTimeout(_) => running && self.timeout_at == Some(at),
            Why::Deadline(_) => running && self.deadline_at == Some(at),
        }
    }

    /// Ends the run if no task of it can go on.
    pub(super) fn end_if_over(&mut self, cx: &mut Cx<'_>) {
        if self.state != RunState::Running {
            return;
        }
        match run_end(&self.tally, || to_u32(self.bad_leaves().len())) {
            RunEnd::GoesOn => {}
            RunEnd::Success { with_failures } => {
                self.end(RunStep::Succeed { with_failures }, RunState::Success, cx);
            }
            RunEnd::Failed => {
                let reason = format!("failed: {}", self.names(&self.causes()));
                self.end(RunStep::Fail { reason }, RunState::Failed, cx);
            }
            // The past may still be cleared and come out otherwise, or be marked.
            RunEnd::Stuck if self.past_open > 0 => {}
            RunEnd::Stuck => {
                let stuck: Vec<TaskIx> = self.all().filter(|ix| self.state_of(*ix) == Some(TaskState::None)).collect();
                let reason = format!("stuck, since nothing that runs could start them: {}", self.names(&stuck));
                self.end(RunStep::Fail { reason }, RunState::Failed, cx);
            }
        }
    }

    pub(super) fn end(&mut self, step: RunStep, state: RunState, cx: &mut Cx<'_>) {
        self.record(step, state, cx);
        cx.out.ended_runs.push(EndedRun { run: self.key, state });
    }

    pub(super) fn record(&mut self, step: RunStep, state: RunState, cx: &mut Cx<'_>) {
        let expect = std::mem::replace(&mut self.state, state);
        let call = self.run_call(&step, cx.now);
        cx.out.changes.push(Change::Run(RunChange { run: self.key, expect, at: cx.now, step }));
        cx.out.changes.extend(call.map(Change::Call));
    }

    /// What made the run fail: its bad leaves, or the tasks above them that those are upstream_failed for.
    fn causes(&self) -> Vec<TaskIx> {
        let mut causes = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = self.bad_leaves();
        while let Some(ix) = open.pop() {
            let above = || branch::upstream(&self.dag, ix).iter().copied().filter(|up| self.is_bad(*up));
            if self.state_of(ix) == Some(TaskState::UpstreamFailed) && above().next().is_some() {
                open.extend(above().filter(|up| seen.insert(*up)));
            } else {
                causes.insert(ix);
            }
        }
        causes.into_iter().collect()
    }

    fn is_bad(&self, ix: TaskIx) -> bool {
        matches!(self.state_of(ix), Some(TaskState::Failed | TaskState::UpstreamFailed))
    }

    /// Leaves that are failed or upstream_failed. A task all of whose downstreams are removed is a leaf.
    fn bad_leaves(&self) -> Vec<TaskIx> {
        let bad = |ix: &TaskIx| self.is_bad(*ix);
        let removed = |ix: &TaskIx| self.state_of(*ix) == Some(TaskState::Removed);
        self.all().filter(bad).filter(|ix| branch::downstream(&self.dag, *ix).iter().all(removed)).collect()
    }

    /// The first few of these tasks, for people.
    fn names(&self, tasks: &[TaskIx]) -> String {
        const SHOWN: usize = 5;
        let mut text = tasks
            .iter()
            .take(SHOWN)
            .filter_map(|ix| self.dag.task(*ix))
            .map(|task| format!("`{}`", task.id))
            .collect::<Vec<_>>()
            .join(", ");
        if tasks.len() > SHOWN {
            text.push_str(&format!(" and {} more", tasks.len() - SHOWN));
        }
        text
    }
}
