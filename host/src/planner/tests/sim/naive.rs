//! A plan of the whole world from nothing: looks at every instance, counts nothing, remembers nothing. The oracle for
//! the planner, which must have left nothing undone, and done nothing else. (Since when somebody waits is told it.)

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::dag::model::PastRule;
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::lifecycle::tests::restated::{End, Says, before_the_end};
use crate::planner::tests::spec::{Spec, TaskSpec, ix};
use crate::planner::{Capacity, Why};

/// A task of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) run: RunKey,
    pub(super) dag: &'a str,
    /// Lets those of other runs go first.
    pub(super) in_background: bool,
    pub(super) task: &'a TaskSpec,
}

/// A run as it is kept.
#[derive(Clone)]
pub(super) struct Kept<'a> {
    pub(super) key: RunKey,
    pub(super) in_background: bool,
    pub(super) spec: &'a Spec,
    pub(super) state: RunState,
    pub(super) started_at: Option<Timestamp>,
    pub(super) instances: &'a [Instance],
    /// The run before it, as it is kept.
    pub(super) past: Option<(&'a Spec, &'a [Instance])>,
}

impl<'a> Kept<'a> {
    fn state(&self, place: usize) -> TaskState {
        self.instances[place].state
    }

    fn end(&self, place: usize) -> Option<End> {
        match self.state(place) {
            TaskState::Success => Some(End::Success),
            TaskState::Failed => Some(End::Failed),
            TaskState::UpstreamFailed => Some(End::UpstreamFailed),
            TaskState::Skipped => Some(End::Skipped),
            _unfinished => None,
        }
    }

    fn places(&self) -> std::ops::Range<usize> {
        0..self.instances.len()
    }

    fn active(&self) -> usize {
        self.instances.iter().filter(|instance| instance.state.is_active()).count()
    }

    /// Whether a branch that has chosen leaves `place` out.
    fn left_out(&self, place: usize) -> bool {
        self.spec.tasks[place].upstream().into_iter().any(|up| {
            let result = self.instances[up].result.as_ref().filter(|_| self.state(up) == TaskState::Success);
            let Some(chosen) = result.and_then(|result| result.chosen.as_ref()) else { return false };
            let task = &self.spec.tasks[up];
            let chosen: Vec<usize> = chosen
                .iter()
                .flat_map(|label| match task.labels.get(label) {
                    Some(places) => places.clone(),
                    None => self.places().filter(|place| self.spec.tasks[*place].id == *label).collect(),
                })
                .collect();
            task.may_branch && !self.spec.with_descendants(&chosen).contains(&place)
        })
    }

    /// What an instance in none becomes now.
    pub(super) fn next(&self, place: usize, budget: u64) -> TaskState {
        let task = &self.spec.tasks[place];
        if self.left_out(place) {
            return TaskState::Skipped;
        }
        let upstream = task.upstream();
        if upstream.iter().any(|up| self.spec.tasks[*up].may_branch && self.end(*up).is_none()) {
            return TaskState::None;
        }
        let ends: Vec<End> = upstream.iter().filter_map(|up| self.end(*up)).collect();
        match before_the_end(task.rule, &ends, upstream.len() - ends.len()) {
            Says::Wait => TaskState::None,
            Says::Skip => TaskState::Skipped,
            Says::UpstreamFailed => TaskState::UpstreamFailed,
            Says::Run => match self.with_data(place, budget) {
                TaskState::Scheduled if self.waits_for_past(place) => TaskState::None,
                next => next,
            },
        }
    }

    fn with_data(&self, place: usize, budget: u64) -> TaskState {
        let task = &self.spec.tasks[place];
        if !self.has_all_ends(place) {
            return TaskState::None;
        }
        let result = |up: &usize| self.instances[*up].result.as_ref().filter(|_| self.state(*up) == TaskState::Success);
        let published = |up: &usize| result(up).is_some_and(|result| !result.outputs.is_empty());
        if !task.required.iter().all(published) || !task.templates.iter().all(|up| result(up).is_some()) {
            return TaskState::UpstreamFailed;
        }
        let good = |up: &usize| result(up).and_then(|result| result.value["x"].as_i64()).is_some_and(|x| x >= 0);
        if task.memory_bytes > budget || !task.templates.iter().all(good) {
            return TaskState::Failed;
        }
        TaskState::Scheduled
    }

    /// Whether all producers that the task cannot do without are at their end.
    fn has_all_ends(&self, place: usize) -> bool {
        let task = &self.spec.tasks[place];
        task.required.iter().chain(&task.templates).all(|up| self.end(*up).is_some())
    }

    /// Whether the run before holds the task back.
    pub(super) fn waits_for_past(&self, place: usize) -> bool {
        let task = &self.spec.tasks[place];
        let Some((spec, instances)) = self.past.filter(|_| task.past != PastRule::Ignored) else { return false };
        let Some(same) = spec.tasks.iter().position(|other| other.id == task.id) else { return false };
        let good = |place: usize| matches!(instances[place].state, TaskState::Success | TaskState::Skipped);
        let below_good = || spec.downstream(same).into_iter().all(good);
        !good(same) || (task.past == PastRule::WithDownstream && !below_good())
    }

    /// Scheduled instances that lack nothing but slots, if those.
    pub(super) fn ready(&self) -> Vec<(InstanceKey, Of<'a>)> {
        let scheduled = |place: &usize| self.state == RunState::Running && self.state(*place) == TaskState::Scheduled;
        let ready = |place: &usize| scheduled(place) && self.has_all_ends(*place) && !self.waits_for_past(*place);
        let (run, dag, in_background) = (self.key, self.spec.dag_id.as_str(), self.in_background);
        let of = |place: usize| Of { run, dag, in_background, task: &self.spec.tasks[place] };
        self.places().filter(ready).map(|place| (InstanceKey { run, task: ix(place) }, of(place))).collect()
    }

    /// Whether nothing in it can go on before the run before has come out otherwise. Those that were scheduled before the
    /// past was cleared may wait there.
    pub(super) fn hangs(&self) -> bool {
        let waits = |place: &usize| match self.state(*place) {
            TaskState::None | TaskState::Scheduled => self.waits_for_past(*place),
            _other => false,
        };
        let still = |place: &usize| self.state(*place).is_finished() || self.state(*place) == TaskState::None;
        self.places().any(|place| waits(&place)) && self.places().all(|place| waits(&place) || still(&place))
    }
}

/// The world beside the runs that are driven.
pub(super) struct Around<'a> {
    pub(super) capacity: &'a Capacity,
    /// What every try that holds a slot is of: those that are ended and have not reported too.
    pub(super) tries: Vec<Of<'a>>,
    /// When each ready instance became so.
    pub(super) since: &'a BTreeMap<InstanceKey, Timestamp>,
}

/// What orders those who wait: when it became ready, as much earlier as its weight is worth; then its weight.
pub(super) type Order = (i64, Reverse<i32>);

/// Ten minutes for each doubling of one more than the weight, evenly between.
fn worth(weight: i32) -> i64 {
    let size = i128::from(weight).abs() + 1;
    let (mut doublings, mut power) = (0_i128, 1_i128);
    while power * 2 <= size {
        power *= 2;
        doublings += 1;
    }
    let worth = (doublings * 600_000_000 + (size - power) * 600_000_000 / power) as i64;
    if weight < 0 { -worth } else { worth }
}

impl Around<'_> {
    pub(super) fn order(&self, instance: InstanceKey, of: &Of<'_>) -> Order {
        // Twelve hours.
        let behind = if of.in_background { 43_200_000_000 } else { 0 };
        let weight = of.task.priority;
        (self.since[&instance].as_microsecond() - worth(weight) + behind, Reverse(weight))
    }

    pub(super) fn pool_size(&self, task: &TaskSpec) -> Option<u32> {
        self.capacity.pools.iter().find(|(name, _)| name.as_str() == task.pool).map(|(_, size)| *size)
    }

    pub(super) fn pool_use(&self, pool: &str) -> u32 {
        self.tries.iter().map(|of| of.task).filter(|task| task.pool == pool).map(|task| task.pool_slots).sum()
    }

    pub(super) fn has_slots(&self, task: &TaskSpec) -> bool {
        let size = self.pool_size(task);
        size.is_some_and(|size| self.pool_use(&task.pool) + task.pool_slots <= size)
    }

    /// Whether the task's own limits let one more run.
    pub(super) fn within_limits(&self, of: &Of<'_>) -> bool {
        let same = || self.tries.iter().filter(|other| other.dag == of.dag && other.task.id == of.task.id);
        let over_runs = same().count();
        let in_run = same().filter(|other| other.run == of.run).count();
        let below = |count: usize, max: Option<u32>| max.is_none_or(|max| count < max as usize);
        below(over_runs, of.task.max_per_dag) && below(in_run, of.task.max_per_run)
    }

    pub(super) fn has_memory(&self, bytes: u64) -> bool {
        let in_use: u64 = self.tries.iter().map(|of| of.task.memory_bytes).sum();
        in_use + bytes <= self.capacity.memory_budget_bytes
    }

    /// Those who stand in the line of their pool: they would start if it had the slots.
    pub(super) fn in_lines<'a>(&self, runs: &[Kept<'a>]) -> Vec<(InstanceKey, Of<'a>)> {
        let open = runs.iter().filter(|run| run.active() < run.spec.max_active_tasks as usize);
        let ready = open.flat_map(Kept::ready);
        let fits_ever = |task: &TaskSpec| self.pool_size(task).is_some_and(|size| task.pool_slots <= size);
        ready.filter(|(_, of)| fits_ever(of.task) && self.within_limits(of)).collect()
    }

    /// The first who is not waited for: of all lines whose first has its slots, the first. `None`: there is no such line,
    /// or several are equal and it depends on which of them is first.
    fn next<'a>(&self, runs: &[Kept<'a>]) -> Vec<&'a TaskSpec> {
        let mut lines: BTreeMap<&str, BTreeMap<Order, Vec<&TaskSpec>>> = BTreeMap::new();
        for (instance, of) in self.in_lines(runs) {
            let line = lines.entry(of.task.pool.as_str()).or_default();
            line.entry(self.order(instance, &of)).or_default().push(of.task);
        }
        // The firsts of every line, but of those whose firsts lack slots.
        let firsts = lines.into_values().filter_map(|line| line.into_iter().next());
        let open = firsts.filter(|(_, tasks)| tasks.iter().any(|task| self.has_slots(task)));
        let mut open: Vec<_> = open.collect();
        open.sort_by_key(|(order, _)| *order);
        let Some(first) = open.first().map(|(order, _)| *order) else { return Vec::new() };
        let equal = open.into_iter().filter(|(order, _)| *order == first);
        equal.flat_map(|(_, tasks)| tasks).collect()
    }
}

/// What is still to be done in this world, if anything is.
pub(super) fn left_undone(runs: &[Kept<'_>], around: &Around<'_>) -> Option<String> {
    for run in runs.iter().filter(|run| run.state == RunState::Running) {
        let budget = around.capacity.memory_budget_bytes;
        let undecided = run.places().filter(|place| run.state(*place) == TaskState::None);
        if let Some(place) = undecided.into_iter().find(|place| run.next(*place, budget) != TaskState::None) {
            return Some(format!("{:?} task {place} should be {}", run.key, run.next(place, budget)));
        }
        let is_still = |instance: &Instance| instance.state.is_finished() || instance.state == TaskState::None;
        if run.instances.iter().all(is_still) && !run.hangs() {
            return Some(format!("{:?} should be at its end", run.key));
        }
    }
    if around.tries.len() >= around.capacity.parallelism as usize {
        return None;
    }
    let next = around.next(runs);
    // Which of equals came first is not kept; if each of them fits, something should have started.
    let startable = |task: &&TaskSpec| around.has_slots(task) && around.has_memory(task.memory_bytes);
    let ids: BTreeSet<&str> = next.iter().map(|task| task.id.as_str()).collect();
    (!next.is_empty() && next.iter().all(startable)).then(|| format!("{ids:?} lack nothing"))
}

/// What is due first.
pub(super) fn first_due(runs: &[Kept<'_>]) -> Option<(Timestamp, Why)> {
    let running = runs.iter().filter(|run| run.state == RunState::Running);
    let dues = running.flat_map(|run| {
        let timeout = run.spec.dagrun_timeout.zip(run.started_at);
        let timeout = timeout.map(|(timeout, at)| (later(at, timeout), Why::RunTimeout(run.key)));
        let waiting = run.places().filter_map(|place| {
            let instance = InstanceKey { run: run.key, task: ix(place) };
            let due = run.instances[place].due?;
            let retry = run.state(place) == TaskState::UpForRetry;
            Some((due, if retry { Why::Retry(instance) } else { Why::Reschedule(instance) }))
        });
        waiting.chain(timeout).collect::<Vec<_>>()
    });
    dues.min()
}
