//! A plan of the whole world from nothing: looks at every instance, counts nothing, remembers nothing. The oracle for
//! the planner, which must have left nothing undone, and done nothing else.

use jiff::Timestamp;

use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::lifecycle::tests::restated::{End, Says, before_the_end};
use crate::planner::tests::spec::{Spec, ix};
use crate::planner::{Capacity, Why};

/// A run as it is kept.
pub(super) struct Kept<'a> {
    pub(super) key: RunKey,
    pub(super) spec: &'a Spec,
    pub(super) state: RunState,
    pub(super) started_at: Option<Timestamp>,
    pub(super) instances: &'a [Instance],
}

impl Kept<'_> {
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
            Says::Run => self.with_data(place, budget),
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

    /// Scheduled instances that only lack a slot.
    fn ready(&self) -> impl Iterator<Item = usize> + '_ {
        self.places().filter(|place| self.state(*place) == TaskState::Scheduled && self.has_all_ends(*place))
    }
}

/// What is still to be done in this world, if anything is.
pub(super) fn left_undone(runs: &[Kept<'_>], capacity: &Capacity, tasks: u32, memory_bytes: u64) -> Option<String> {
    for run in runs.iter().filter(|run| run.state == RunState::Running) {
        let budget = capacity.memory_budget_bytes;
        let undecided = run.places().filter(|place| run.state(*place) == TaskState::None);
        if let Some(place) = undecided.into_iter().find(|place| run.next(*place, budget) != TaskState::None) {
            return Some(format!("{:?} task {place} should be {}", run.key, run.next(place, budget)));
        }
        if run.instances.iter().all(|instance| instance.state.is_finished() || instance.state == TaskState::None) {
            return Some(format!("{:?} should be at its end", run.key));
        }
    }
    if tasks >= capacity.parallelism {
        return None;
    }
    let open =
        runs.iter().filter(|run| run.state == RunState::Running && run.active() < run.spec.max_active_tasks as usize);
    let ready: Vec<_> = open.flat_map(|run| run.ready().map(move |place| &run.spec.tasks[place])).collect();
    let best = ready.iter().map(|task| task.priority).max()?;
    let firsts = ready.iter().filter(|task| task.priority == best);
    // Which of equals came first is not kept; if each of them fits, something should have started.
    let fits = |bytes: u64| memory_bytes + bytes <= capacity.memory_budget_bytes;
    firsts.into_iter().all(|task| fits(task.memory_bytes)).then(|| format!("{} tasks lack no slot", ready.len()))
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
