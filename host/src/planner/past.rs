//! The DAG's previous run: what `depends_on_past` and `wait_for_downstream` wait for.
//!
//! A run is told which run comes before it. If that is driven here too, it is looked up, and what changes in it wakes who
//! waits for it; else what was kept of it stands. Whoever waits is in `none`: only a rule that is met makes a try, and this is
//! the last thing that is asked before. One that was scheduled already waits there if the past was cleared meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::dag::model::{Dag, PastRule};
use crate::ids::{RunKey, TaskId, TaskIx};
use crate::lifecycle::state::TaskState;
use crate::planner::branch;
use crate::planner::run::Run;
use crate::planner::world::Planner;

/// The DAG's run before another, by logical date, among its scheduled and backfill runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// Which it is.
    pub key: RunKey,
    /// What is kept of its tasks; looked at only while that run is not driven here. It needs to name those that depend
    /// on the past in the later run; one that it lacks is taken for one that the run does not have.
    pub tasks: BTreeMap<TaskId, PastTask>,
}

/// A task of the previous run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTask {
    /// Its state.
    pub state: TaskState,
    /// Those directly downstream of it in that run.
    pub downstream: Vec<(TaskId, TaskState)>,
}

impl PastRun {
    /// What a later run under `later` needs to know of the run `key`, which holds `dag` with these states in its order.
    pub fn of(key: RunKey, dag: &Dag, states: &[TaskState], later: &Dag) -> Self {
        let state = |ix: TaskIx| states.get(ix.index()).copied().unwrap_or(TaskState::None);
        let wanted: BTreeSet<&TaskId> =
            later.tasks.iter().filter(|task| task.terms.past != PastRule::Ignored).map(|task| &task.id).collect();
        let all = dag.tasks.iter().zip((0..).map(TaskIx)).filter(|(task, _)| wanted.contains(&task.id));
        let tasks = all.map(|(task, ix)| {
            let below = branch::downstream(dag, ix).iter();
            let downstream = below.filter_map(|ix| Some((dag.task(*ix)?.id.clone(), state(*ix)))).collect();
            (task.id.clone(), PastTask { state: state(ix), downstream })
        });
        Self { key, tasks: tasks.collect() }
    }
}

/// Whether a state lets the next run's task go on. One that is removed counts as if the run did not have it.
pub(super) fn lets_go_on(state: TaskState) -> bool {
    match state {
        TaskState::Success | TaskState::Skipped | TaskState::Removed => true,
        TaskState::None
        | TaskState::Scheduled
        | TaskState::Queued
        | TaskState::Running
        | TaskState::Failed
        | TaskState::UpForRetry
        | TaskState::UpForReschedule
        | TaskState::UpstreamFailed => false,
    }
}

/// Which task of a run is which of the previous one, where both are driven here.
#[derive(Debug, Default)]
pub(super) struct Link {
    to_past: FxHashMap<TaskIx, TaskIx>,
    from_past: FxHashMap<TaskIx, TaskIx>,
}

impl Link {
    fn new(past: &Run, later: &Run) -> Self {
        let mut link = Self::default();
        for (task, ix) in past.dag.tasks.iter().zip((0..).map(TaskIx)) {
            if let Some(own) = later.past_tasks.get(&task.id) {
                link.to_past.insert(*own, ix);
                link.from_past.insert(ix, *own);
            }
        }
        link
    }
}

impl Run {
    /// Whether the task of this run, and those directly downstream if they are waited for, let the next run's go on.
    fn lets_next_go_on(&self, ix: TaskIx, rule: PastRule) -> bool {
        let Some(node) = self.node(ix) else { return true };
        match rule {
            PastRule::Ignored => true,
            PastRule::SameTask => lets_go_on(node.inst.state),
            // One that is removed counts as absent, and so do its edges.
            PastRule::WithDownstream if node.inst.state == TaskState::Removed => true,
            PastRule::WithDownstream => {
                lets_go_on(node.inst.state) && (node.open_below == 0 || planted!(PastDownstreamForgotten))
            }
        }
    }

    fn kept_lets_go_on(&self, task: &TaskId, rule: PastRule) -> bool {
        let Some(past) = self.past.as_ref().and_then(|past| past.tasks.get(task)) else { return true };
        match rule {
            PastRule::Ignored => true,
            PastRule::SameTask => lets_go_on(past.state),
            PastRule::WithDownstream if past.state == TaskState::Removed => true,
            PastRule::WithDownstream => {
                lets_go_on(past.state) && past.downstream.iter().all(|(_, state)| lets_go_on(*state))
            }
        }
    }

    /// Counts that an instance waits for the past, or not any more. `true`: it is to be looked at.
    fn set_past(&mut self, ix: TaskIx, open: bool) -> bool {
        let Some(node) = self.nodes.get_mut(ix.index()).filter(|node| node.past_open != open) else { return false };
        node.past_open = open;
        self.past_open = if open { self.past_open.saturating_add(1) } else { self.past_open.saturating_sub(1) };
        self.todo.push_back(ix);
        true
    }

    /// Notes what the next run may wait for, when an instance's state changed.
    pub(super) fn note_news(&mut self, ix: TaskIx, was: TaskState, is: TaskState) {
        if lets_go_on(was) == lets_go_on(is) && (was == TaskState::Removed) == (is == TaskState::Removed) {
            return;
        }
        self.news.push(ix);
        self.count_below(ix, Some(was), is);
    }

    /// Counts for the upstreams whether one of their downstreams lets the next run go on.
    pub(super) fn count_below(&mut self, ix: TaskIx, was: Option<TaskState>, is: TaskState) {
        let (was_open, is_open) = (was.is_some_and(|was| !lets_go_on(was)), !lets_go_on(is));
        if was_open == is_open {
            return;
        }
        for up in branch::upstream(&self.dag, ix) {
            let Some(node) = self.nodes.get_mut(up.index()) else { continue };
            let before = node.open_below;
            node.open_below = if is_open { before.saturating_add(1) } else { before.saturating_sub(1) };
            if (before == 0) != (node.open_below == 0) {
                self.news.push(*up);
            }
        }
    }

    /// What is kept of this run for one that comes after it.
    fn kept_for(&self, later: &Self) -> PastRun {
        let states: Vec<TaskState> = self.nodes.iter().map(|node| node.inst.state).collect();
        PastRun::of(self.key, &self.dag, &states, &later.dag)
    }
}

impl Planner {
    /// A run was added: it is told of its past, and those that come after it are told of it.
    pub(super) fn join(&mut self, key: RunKey, touched: &mut BTreeSet<RunKey>) {
        self.join_past(key);
        for later in self.later_than(key) {
            self.join_past(later);
            touched.insert(later);
        }
    }

    /// A run is removed: those that come after it keep what it is now.
    pub(super) fn part(&mut self, key: RunKey) {
        self.leave_past(key);
        for later in self.later_than(key) {
            let kept = self.runs.get(&key).zip(self.runs.get(&later)).map(|(past, later)| past.kept_for(later));
            if let Some(later) = self.runs.get_mut(&later) {
                later.past = kept.or_else(|| later.past.take());
                later.link = None;
            }
        }
    }

    /// A run's past is another one.
    pub(super) fn change_past(&mut self, key: RunKey, past: Option<PastRun>) {
        if planted!(NewPastIgnored) {
            return;
        }
        self.leave_past(key);
        if let Some(run) = self.runs.get_mut(&key) {
            run.past = past;
        }
        self.join_past(key);
    }

    /// Tells those that come after a run what changed in it. Gives those that are to be looked at.
    pub(super) fn tell_later(&mut self, key: RunKey) -> BTreeSet<RunKey> {
        let Some(mut news) = self.runs.get_mut(&key).map(|run| std::mem::take(&mut run.news)) else {
            return BTreeSet::new();
        };
        if news.is_empty() {
            return BTreeSet::new();
        }
        news.sort_unstable();
        news.dedup();
        let mut later = self.later_than(key);
        later.retain(|later| {
            let linked = self.runs.get(later).and_then(|run| run.link.as_ref());
            let tasks = linked.map(|link| news.iter().filter_map(|ix| link.from_past.get(ix)).copied().collect());
            self.ask_past(*later, tasks.unwrap_or_default())
        });
        later
    }

    fn later_than(&self, key: RunKey) -> BTreeSet<RunKey> {
        self.later.get(&key).cloned().unwrap_or_default()
    }

    fn join_past(&mut self, key: RunKey) {
        let Some(run) = self.runs.get(&key) else { return };
        let past = run.past.as_ref().map(|past| past.key);
        let link = past.and_then(|past| self.runs.get(&past)).map(|past| Link::new(past, run));
        let tasks: Vec<TaskIx> = run.past_tasks.values().copied().collect();
        if let Some(past) = past {
            self.later.entry(past).or_default().insert(key);
        }
        if let Some(run) = self.runs.get_mut(&key) {
            run.link = link;
        }
        self.ask_past(key, tasks);
    }

    fn leave_past(&mut self, key: RunKey) {
        let Some(past) = self.runs.get(&key).and_then(|run| run.past.as_ref()).map(|past| past.key) else { return };
        if let Some(later) = self.later.get_mut(&past) {
            later.remove(&key);
            if later.is_empty() {
                self.later.remove(&past);
            }
        }
    }

    /// Asks the past of these tasks anew. `true`: something about the run changed.
    fn ask_past(&mut self, key: RunKey, tasks: Vec<TaskIx>) -> bool {
        let asked: Vec<(TaskIx, bool)> = tasks.into_iter().map(|ix| (ix, self.waits_for_past(key, ix))).collect();
        let Some(run) = self.runs.get_mut(&key) else { return false };
        let mut changed = false;
        for (ix, open) in asked {
            changed |= run.set_past(ix, open);
        }
        changed
    }

    fn waits_for_past(&self, key: RunKey, ix: TaskIx) -> bool {
        let Some((run, task)) = self.runs.get(&key).and_then(|run| Some((run, run.dag.task(ix)?))) else {
            return false;
        };
        let past = run.past.as_ref().and_then(|past| self.runs.get(&past.key));
        match (&run.link, past) {
            (Some(link), Some(past)) => {
                link.to_past.get(&ix).is_some_and(|ix| !past.lets_next_go_on(*ix, task.terms.past))
            }
            _not_driven_here => !run.kept_lets_go_on(&task.id, task.terms.past),
        }
    }

    /// What an instance waits for in the previous run, if that is why.
    pub(super) fn past_of(&self, run: &Run, ix: TaskIx) -> Option<(RunKey, PastTask)> {
        let task = run.dag.task(ix)?;
        let kept = run.past.as_ref()?;
        let live = run.link.as_ref().zip(self.runs.get(&kept.key));
        let found = match live {
            None => kept.tasks.get(&task.id)?.clone(),
            Some((link, past)) => {
                let ix = *link.to_past.get(&ix)?;
                let below = branch::downstream(&past.dag, ix).iter();
                let downstream =
                    below.filter_map(|ix| Some((past.dag.task(*ix)?.id.clone(), past.state_of(*ix)?))).collect();
                PastTask { state: past.state_of(ix)?, downstream }
            }
        };
        Some((kept.key, found))
    }
}
