//! One run: its instances, what is counted about them, and its ready queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::dag::model::{Dag, RunInputs};
use crate::ids::{InstanceKey, PoolName, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::callback;
use crate::lifecycle::change::{Change, TaskChange};
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{Attempt, RunDates};
use crate::lifecycle::retry::Jitter;
use crate::lifecycle::rules::Upstream;
use crate::lifecycle::run_end::Tally;
use crate::lifecycle::state::{RunState, TaskState};
use crate::lifecycle::transition::{Terms, transition};
use crate::planner::branch;
use crate::planner::event::{Decision, Why};
use crate::planner::launch;
use crate::planner::node::Node;
use crate::planner::past::{Link, PastRun};
use crate::planner::queue::Lane;
use crate::planner::shape::{Shape, may_branch, to_u32};
use crate::planner::slots::{Hold, Need};
use crate::planner::world::Shared;

/// What a step of a run may touch beyond the run.
pub(super) struct Cx<'a> {
    pub(super) now: Timestamp,
    pub(super) shared: &'a mut Shared,
    pub(super) out: &'a mut Decision,
}

/// A run that is driven here.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) key: RunKey,
    pub(super) run_id: RunId,
    pub(super) dag: Arc<Dag>,
    pub(super) shape: Shape,
    pub(super) inputs: Arc<RunInputs>,
    pub(super) dates: RunDates,
    pub(super) state: RunState,
    pub(super) in_background: bool,
    pub(super) nodes: Vec<Node>,
    /// Its instances by state.
    pub(super) tally: Tally,
    pub(super) timeout_at: Option<Timestamp>,
    pub(super) deadline_at: Option<Timestamp>,
    /// Scheduled instances that wait for slots, by pool.
    pub(super) lanes: BTreeMap<PoolName, Lane>,
    /// Lanes about which something changed.
    pub(super) stale_lanes: BTreeSet<PoolName>,
    /// Whether one more could run when its lanes were last listed.
    pub(super) was_open: bool,
    /// Instances about which something changed.
    pub(super) todo: VecDeque<TaskIx>,
    /// The DAG's previous run.
    pub(super) past: Option<PastRun>,
    /// Its tasks there, while that run is driven here too.
    pub(super) link: Option<Link>,
    /// The tasks that depend on the past.
    pub(super) past_tasks: FxHashMap<TaskId, TaskIx>,
    /// How many of them wait for it.
    pub(super) past_open: u32,
    /// Instances about which the next run is to be told.
    pub(super) news: Vec<TaskIx>,
}

/// What an instance was before a change, as far as its neighbours care.
struct Was {
    state: TaskState,
    left_out: Vec<TaskIx>,
}

impl Run {
    pub(super) fn node(&self, ix: TaskIx) -> Option<&Node> {
        self.nodes.get(ix.index())
    }

    pub(super) fn state_of(&self, ix: TaskIx) -> Option<TaskState> {
        self.node(ix).map(|node| node.inst.state)
    }

    pub(super) fn instance(&self, ix: TaskIx) -> InstanceKey {
        InstanceKey { run: self.key, task: ix }
    }

    /// The try that the instance is at.
    pub(super) fn attempt(&self, ix: TaskIx) -> Option<Attempt> {
        self.node(ix).map(|node| Attempt {
            instance: self.instance(ix),
            try_number: node.inst.try_number,
            start_number: node.inst.start_number,
        })
    }

    /// Every task's place.
    pub(super) fn all(&self) -> impl Iterator<Item = TaskIx> + use<> {
        (0..to_u32(self.nodes.len())).map(TaskIx)
    }

    /// What a try of the instance takes of the machine.
    pub(super) fn need(&self, ix: TaskIx) -> Need {
        self.dag.task(ix).map_or_else(Need::default, |task| Need::of(&task.terms.limits))
    }

    /// What a try of the instance takes.
    pub(super) fn hold(&self, ix: TaskIx) -> Option<Hold> {
        let task = self.dag.task(ix)?;
        Some(Hold {
            need: Need::of(&task.terms.limits),
            pool: task.terms.pool.clone(),
            pool_slots: task.terms.pool_slots,
            dag: self.dag.id.clone(),
            task: task.id.clone(),
            run: self.key,
        })
    }

    /// What happens to an instance happens here: its step is decided, recorded, and told to its neighbours.
    /// `false`: that cannot happen in its state.
    pub(super) fn step(&mut self, ix: TaskIx, event: TaskEvent, at: Timestamp, cx: &mut Cx<'_>) -> bool {
        let was = self.was(ix);
        let fails = matches!(event, TaskEvent::FailedRetryably { .. });
        let jitter = if fails { launch::jitter(self, ix) } else { Jitter::default() };
        let instance = self.instance(ix);
        let (Some(task), Some(node)) = (self.dag.task(ix), self.nodes.get_mut(ix.index())) else { return false };
        let terms = Terms { retry: &task.terms.retry, reschedule_timeout: task.terms.reschedule_timeout, jitter };
        let is_its_own = callback::is_its_own(&event);
        let Ok(step) = transition(&node.inst, event, &terms, at) else { return false };
        let (expect, expect_start) = (node.inst.state, node.inst.start_number);
        node.inst.record(&step);
        let call = callback::of_task(&step).filter(|_| is_its_own).and_then(|kind| self.task_call(ix, kind, &step, at));
        cx.out.changes.push(Change::Task(TaskChange { instance, expect, expect_start, at, step }));
        cx.out.changes.extend(call.map(Change::Call));
        self.moved(ix, was, cx);
        true
    }

    /// Replaces an instance by what is kept of it.
    pub(super) fn reload(&mut self, ix: TaskIx, actual: Instance, cx: &mut Cx<'_>) {
        let was = self.was(ix);
        let Some(node) = self.nodes.get_mut(ix.index()) else { return };
        node.inst = actual;
        self.moved(ix, was, cx);
    }

    fn was(&self, ix: TaskIx) -> Was {
        Was { state: self.state_of(ix).unwrap_or(TaskState::None), left_out: self.left_out(ix) }
    }

    /// Brings everything that is looked up in line with an instance that changed.
    fn moved(&mut self, ix: TaskIx, was: Was, cx: &mut Cx<'_>) {
        let Some(state) = self.state_of(ix) else { return };
        self.tally.shift(was.state, state);
        match (was.state.is_active(), state.is_active()) {
            (false, true) => self.take_slot(ix, cx),
            (true, false) if planted!(SlotLeaked) && state == TaskState::Failed => {}
            (true, false) => cx.shared.slots.give_back(self.instance(ix)),
            (false, false) | (true, true) => {}
        }
        self.leave_lane(ix);
        if let Some(node) = self.nodes.get_mut(ix.index()) {
            node.held = false;
        }
        self.file(ix, cx);
        self.note_news(ix, was.state, state);
        self.tell_downstream(ix, was.state, state);
        let left_out = self.left_out(ix);
        if left_out != was.left_out {
            self.leave_out(&was.left_out, false);
            self.leave_out(&left_out, true);
        }
    }

    pub(super) fn take_slot(&self, ix: TaskIx, cx: &mut Cx<'_>) {
        if let Some(hold) = self.hold(ix) {
            cx.shared.slots.take(self.instance(ix), hold);
        }
    }

    /// Puts an instance where its state belongs: the ready queue, the timers, those to be looked at.
    pub(super) fn file(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        let instance = self.instance(ix);
        let Some(node) = self.nodes.get_mut(ix.index()) else { return };
        let why = match node.inst.state {
            TaskState::Scheduled => return self.make_ready(ix, cx),
            TaskState::None => return self.todo.push_back(ix),
            TaskState::UpForRetry => Why::Retry(instance),
            TaskState::UpForReschedule => Why::Reschedule(instance),
            TaskState::Queued
            | TaskState::Running
            | TaskState::Success
            | TaskState::Failed
            | TaskState::UpstreamFailed
            | TaskState::Skipped
            | TaskState::Removed => return,
        };
        let due = *node.inst.due.get_or_insert(cx.now);
        cx.shared.timers.set(due, why);
    }

    /// Counts for the downstreams what became of one of their upstreams, and has them looked at again.
    fn tell_downstream(&mut self, ix: TaskIx, was: TaskState, is: TaskState) {
        let (from, to) = (Upstream::from(was), Upstream::from(is));
        if from == to {
            return;
        }
        let may_branch = self.dag.task(ix).is_some_and(may_branch);
        let forgotten = planted!(DownstreamNotTold) && is == TaskState::Skipped;
        for below in branch::downstream(&self.dag, ix) {
            let Some(node) = self.nodes.get_mut(below.index()) else { continue };
            node.up.shift(from, to);
            let required = self.shape.requires(*below, ix);
            match (was.is_finished(), is.is_finished()) {
                (false, true) => {
                    node.open_branches = node.open_branches.saturating_sub(u32::from(may_branch));
                    node.open_required = node.open_required.saturating_sub(u32::from(required));
                }
                (true, false) => {
                    node.open_branches += u32::from(may_branch);
                    node.open_required += u32::from(required);
                }
                (true, true) | (false, false) => {}
            }
            if !forgotten {
                self.todo.push_back(*below);
            }
        }
    }

    /// Whom the instance, if it is a branch that chose, leaves out.
    pub(super) fn left_out(&self, ix: TaskIx) -> Vec<TaskIx> {
        let (Some(task), Some(node)) = (self.dag.task(ix), self.node(ix)) else { return Vec::new() };
        if !may_branch(task) || node.inst.state != TaskState::Success {
            return Vec::new();
        }
        let chosen = node.inst.result.as_ref().and_then(|result| result.chosen.as_ref());
        chosen.map_or_else(Vec::new, |chosen| branch::left_out(&self.dag, &self.shape, ix, chosen))
    }

    pub(super) fn leave_out(&mut self, tasks: &[TaskIx], out: bool) {
        for ix in tasks {
            let Some(node) = self.nodes.get_mut(ix.index()) else { continue };
            node.left_out_by =
                if out { node.left_out_by.saturating_add(1) } else { node.left_out_by.saturating_sub(1) };
            self.todo.push_back(*ix);
        }
    }

    /// Looks at every instance about which something changed, until nothing follows any more.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_>) {
        if self.state != RunState::Running {
            self.todo.clear();
            return;
        }
        while let Some(ix) = self.todo.pop_front() {
            if let Some(event) = self.decide(ix, cx.shared) {
                self.step(ix, event, cx.now, cx);
            } else {
                self.look_at_scheduled(ix, cx);
            }
        }
    }

    /// Has all instances looked at again.
    pub(super) fn look_at_all(&mut self) {
        self.todo.extend(self.dag.edges.order.iter().copied());
    }
}
