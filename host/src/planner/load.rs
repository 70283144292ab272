//! Taking in a run as it is kept: a new one, or one of before a crash.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::dag::model::{Dag, PastRule};
use crate::ids::{TaskId, TaskIx};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::rules::Upstream;
use crate::lifecycle::run_end::Tally;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::branch;
use crate::planner::event::RunSnapshot;
use crate::planner::node::Node;
use crate::planner::run::{Cx, Run};
use crate::planner::shape::{Shape, may_branch, to_u32};

impl Run {
    /// Takes a run in as it is kept.
    pub(super) fn load(snapshot: RunSnapshot, cx: &mut Cx<'_>) -> Self {
        let RunSnapshot {
            key,
            run_id,
            dag,
            inputs,
            dates,
            state,
            started_at,
            missed_deadline,
            instances,
            past,
            in_background,
        } = snapshot;
        let mut nodes: Vec<Node> = instances.into_iter().take(dag.tasks.len()).map(Node::new).collect();
        nodes.extend(dag.tasks.iter().skip(nodes.len()).map(|task| Node::new(Instance::new(task.terms.retry.retries))));
        let shape = Shape::of(&dag);
        let mut run = Self {
            key,
            run_id,
            shape,
            inputs,
            dates,
            state,
            in_background,
            nodes,
            tally: Tally::default(),
            timeout_at: None,
            deadline_at: None,
            lanes: BTreeMap::new(),
            stale_lanes: BTreeSet::new(),
            was_open: false,
            todo: VecDeque::new(),
            past_tasks: past_tasks(&dag),
            past,
            link: None,
            past_open: 0,
            news: Vec::new(),
            dag,
        };
        for at in 0..run.nodes.len() {
            run.count_in(TaskIx(to_u32(at)), cx);
        }
        match run.state {
            RunState::Queued => run.start(cx),
            RunState::Running => {
                let started_at = started_at.unwrap_or(cx.now);
                run.set_timeout(started_at, cx);
                if !missed_deadline {
                    run.set_deadline(started_at, cx);
                }
            }
            RunState::Success | RunState::Failed => {}
        }
        run
    }

    /// Counts a loaded instance where it is looked up: its slot, its timer, its downstreams.
    fn count_in(&mut self, ix: TaskIx, cx: &mut Cx<'_>) {
        let Some(state) = self.state_of(ix) else { return };
        self.tally.add(state);
        if state.is_active() {
            self.take_slot(ix, cx);
        }
        if !(planted!(RetryForgottenAtLoad) && state == TaskState::UpForRetry) {
            self.file(ix, cx);
        }
        self.count_below(ix, None, state);
        let left_out = self.left_out(ix);
        let may_branch = self.dag.task(ix).is_some_and(may_branch);
        for below in branch::downstream(&self.dag, ix) {
            let Some(node) = self.nodes.get_mut(below.index()) else { continue };
            node.up.add(Upstream::from(state));
            if !state.is_finished() {
                node.open_branches += u32::from(may_branch);
                node.open_required += u32::from(self.shape.requires(*below, ix));
            }
        }
        self.leave_out(&left_out, true);
    }
}

/// The tasks that depend on the past.
fn past_tasks(dag: &Dag) -> FxHashMap<TaskId, TaskIx> {
    let all = dag.tasks.iter().zip((0..).map(TaskIx));
    all.filter(|(task, _)| task.terms.past != PastRule::Ignored).map(|(task, ix)| (task.id.clone(), ix)).collect()
}
