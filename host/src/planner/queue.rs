//! What of a run is ready, in the order in which it goes: priority first, then who came first.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::ids::TaskIx;
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::state::RunState;
use crate::planner::launch::{self, Lack};
use crate::planner::run::{Cx, Rank, Run};

impl Run {
    pub(super) fn make_ready(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        let priority = self.dag.task(ix).map_or(0, |task| task.priority_weight);
        let Some(node) = self.nodes.get_mut(ix.index()) else { return };
        node.held = false;
        node.ticket = cx.shared.next_ticket();
        self.ready.push(Reverse(((Reverse(priority), node.ticket), ix)));
    }

    /// What of this run goes first, if one more of it may run.
    pub(super) fn head(&mut self) -> Option<(Rank, TaskIx)> {
        if self.state != RunState::Running || self.tally.active() >= self.dag.settings.max_active_tasks {
            return None;
        }
        while let Some(Reverse(((_, ticket), ix))) = self.ready.peek() {
            if self.node(*ix).is_some_and(|node| node.ticket == *ticket) {
                break;
            }
            self.ready.pop();
        }
        self.ready.peek().map(|Reverse(entry)| *entry)
    }

    /// Starts what goes first. Whoever calls has made sure of a free slot.
    pub(super) fn start_head(&mut self, cx: &mut Cx<'_>) {
        let Some(Reverse((_, ix))) = self.ready.pop() else { return };
        match launch::invocation(self, ix, &cx.shared.params_check) {
            Ok(invocation) => {
                let invocation = Arc::new(invocation);
                self.step(ix, TaskEvent::SlotFree, cx.now, cx);
                self.step(ix, TaskEvent::Started { invocation: Arc::clone(&invocation) }, cx.now, cx);
                let launch = launch::launch(self, ix, &invocation);
                cx.out.launches.extend(launch);
            }
            Err(Lack::NotYet) => {
                if let Some(node) = self.nodes.get_mut(ix.index()) {
                    node.held = true;
                    node.ticket = 0;
                }
            }
            Err(Lack::NeverComes(problem)) => {
                self.step(ix, TaskEvent::UpstreamFailed { problem }, cx.now, cx);
            }
            Err(Lack::Broken(problem)) => {
                self.step(ix, TaskEvent::CannotStart { problem }, cx.now, cx);
            }
        }
    }
}
