//! What of a run is ready: a lane for each pool, in the order in which it goes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::ids::{PoolName, TaskIx};
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::launch::{self, Lack};
use crate::planner::rank::Rank;
use crate::planner::run::{Cx, Run};

/// What of a run waits for the slots of one pool. An entry holds if its rank is still its instance's.
#[derive(Debug, Default)]
pub(super) struct Lane {
    ready: BinaryHeap<Reverse<(Rank, TaskIx)>>,
    /// Those that want more slots than the pool has.
    too_big: Vec<(Rank, TaskIx)>,
    /// What of this run stands in the pool's line.
    pub(super) listed: Option<Rank>,
}

impl Run {
    /// Whether one more of it may run.
    pub(super) fn is_open(&self) -> bool {
        self.state == RunState::Running && {
            let more = u32::from(planted!(OneActiveTaskMore));
            self.tally.active() < self.dag.settings.max_active_tasks.saturating_add(more)
        }
    }

    /// Whether a scheduled instance lacks something that was cleared meanwhile.
    pub(super) fn lacks(&self, ix: TaskIx) -> bool {
        self.node(ix).is_some_and(|node| node.open_required > 0 || node.past_open)
    }

    /// A scheduled instance gets its place in the order of launches, or waits for what was cleared meanwhile.
    pub(super) fn make_ready(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        if self.lacks(ix) {
            return self.hold_back(ix);
        }
        let weight = self.dag.task(ix).map_or(0, |task| task.effective_weight);
        let rank = Rank::new(cx.now, self.in_background, weight, cx.shared.next_ticket());
        if let Some(node) = self.nodes.get_mut(ix.index()) {
            node.held = false;
            node.rank = Some(rank);
        }
        self.put_back(ix, rank);
    }

    /// A scheduled instance waits for something other than slots.
    fn hold_back(&mut self, ix: TaskIx) {
        self.leave_lane(ix);
        if let Some(node) = self.nodes.get_mut(ix.index()) {
            node.held = true;
        }
    }

    /// Looks again at a scheduled instance: whether it lacks something is not what it was.
    pub(super) fn look_at_scheduled(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        let Some(node) = self.node(ix) else { return };
        let held = node.held;
        if node.inst.state != TaskState::Scheduled || held == self.lacks(ix) {
            return;
        }
        if held {
            self.make_ready(ix, cx);
        } else {
            self.hold_back(ix);
        }
    }

    /// Whatever its state is, it has no place any more.
    pub(super) fn leave_lane(&mut self, ix: TaskIx) {
        let rank = self.nodes.get_mut(ix.index()).and_then(|node| node.rank.take());
        if rank.is_some() {
            self.stale_lanes.extend(self.dag.task(ix).map(|task| task.terms.pool.clone()));
        }
    }

    /// Puts an instance into the lane of its pool, if that is still its rank.
    pub(super) fn put_back(&mut self, ix: TaskIx, rank: Rank) {
        let (Some(task), true) = (self.dag.task(ix), self.holds_rank(ix, rank)) else { return };
        self.lanes.entry(task.terms.pool.clone()).or_default().ready.push(Reverse((rank, ix)));
        self.stale_lanes.insert(task.terms.pool.clone());
    }

    /// Those that wanted more slots than their pool had are looked at again.
    pub(super) fn put_back_too_big(&mut self) {
        let waiting: Vec<_> = self.lanes.values_mut().flat_map(|lane| std::mem::take(&mut lane.too_big)).collect();
        for (rank, ix) in waiting {
            self.put_back(ix, rank);
        }
    }

    fn holds_rank(&self, ix: TaskIx, rank: Rank) -> bool {
        self.node(ix).is_some_and(|node| node.rank == Some(rank))
    }

    /// What of a lane goes first, if one more of the run may run.
    pub(super) fn first_of(&mut self, pool: &PoolName) -> Option<(Rank, TaskIx)> {
        if !self.is_open() {
            return None;
        }
        loop {
            let Reverse((rank, ix)) = *self.lanes.get(pool)?.ready.peek()?;
            if self.holds_rank(ix, rank) {
                return Some((rank, ix));
            }
            self.take_first_of(pool);
        }
    }

    /// The top of a lane, which holds wherever the lane stands in a line.
    pub(super) fn peek_first_of(&self, pool: &PoolName) -> Option<TaskIx> {
        self.lanes.get(pool)?.ready.peek().map(|Reverse((_, ix))| *ix)
    }

    /// Takes the first out of a lane. It keeps its rank.
    pub(super) fn take_first_of(&mut self, pool: &PoolName) -> Option<(Rank, TaskIx)> {
        self.stale_lanes.insert(pool.clone());
        self.lanes.get_mut(pool)?.ready.pop().map(|Reverse(entry)| entry)
    }

    /// The first of a lane wants more slots than its pool has.
    pub(super) fn set_too_big_aside(&mut self, pool: &PoolName) {
        let first = self.take_first_of(pool);
        if let Some(lane) = self.lanes.get_mut(pool) {
            lane.too_big.extend(first);
        }
    }

    /// Starts the first of a lane. Whoever calls has made sure that it may.
    pub(super) fn start_first_of(&mut self, pool: &PoolName, cx: &mut Cx<'_>) {
        let Some((_, ix)) = self.take_first_of(pool) else { return };
        match launch::invocation(self, ix, &cx.shared.params_check) {
            Ok(invocation) => {
                let invocation = Arc::new(invocation);
                self.step(ix, TaskEvent::SlotFree, cx.now, cx);
                self.step(ix, TaskEvent::Started { invocation: Arc::clone(&invocation) }, cx.now, cx);
                let launch = launch::launch(self, ix, &invocation);
                cx.out.launches.extend(launch);
            }
            Err(Lack::NotYet) => self.hold_back(ix),
            Err(Lack::NeverComes(problem)) => {
                self.step(ix, TaskEvent::UpstreamFailed { problem }, cx.now, cx);
            }
            Err(Lack::Broken(problem)) => {
                self.step(ix, TaskEvent::CannotStart { problem }, cx.now, cx);
            }
        }
    }
}
