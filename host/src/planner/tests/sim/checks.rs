//! What must hold whenever a decision was performed.

use std::collections::{BTreeMap, BTreeSet};

use super::naive::{self, Around, Kept};
use super::roomy_pools;
use super::store::is_end_of_run;
use super::world::World;
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::change::{Change, RunChange, RunStep, SkipCause, TaskChange, TaskStep};
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::TaskState;
use crate::planner::Decision;
use crate::planner::tests::spec::{TaskSpec, ix};

impl World {
    /// Nobody started who stood behind somebody in the same line, or in another whose first could have started too.
    pub(super) fn hold_against_the_order(&self, decision: &Decision) {
        let around = self.around();
        let runs = self.store.driven();
        let lines = around.in_lines(&runs);
        let ready: Vec<&TaskSpec> = runs.iter().flat_map(Kept::ready).map(|(_, of)| of.task).collect();
        // One that changed is ready only since now.
        let changed: BTreeSet<InstanceKey> = changed(decision).collect();
        let waited = |instance: &InstanceKey| self.since.contains_key(instance) && !changed.contains(instance);
        for launch in &decision.launches {
            let instance = launch.attempt.instance;
            let stored = &self.store.runs[&instance.run];
            let started = stored.of(instance.run, &stored.spec.tasks[instance.task.index()]);
            // One that was ready only now, or now again, came after those that waited.
            let waited_since = self.since.get(&instance).filter(|_| !becomes_ready(decision, instance));
            let since = waited_since.copied().unwrap_or(self.now);
            let since = BTreeMap::from([(instance, since)]);
            let order = Around { since: &since, tries: Vec::new(), capacity: &self.capacity }.order(instance, &started);
            for (other, of) in lines.iter().filter(|(instance, _)| waited(instance)) {
                // Those too that have left the line since, because their run is full now.
                let all_fit = || ready.iter().all(|any| any.pool != of.task.pool || around.has_slots(any));
                let same_line = of.task.pool == started.task.pool;
                let goes_first = around.order(*other, of) < order && (same_line || all_fit());
                assert!(!goes_first, "{instance:?} overtook {other:?}");
            }
        }
    }

    /// Keeps when each instance began to wait for slots.
    pub(super) fn note_ready(&mut self, decision: &Decision) {
        let runs = self.store.driven();
        let ready: BTreeSet<InstanceKey> = runs.iter().flat_map(Kept::ready).map(|(instance, _)| instance).collect();
        self.since.retain(|instance, _| ready.contains(instance));
        for instance in changed(decision) {
            self.since.remove(&instance);
        }
        for instance in ready {
            self.since.entry(instance).or_insert(self.now);
        }
    }

    /// A run that was ended by a person or by its timeout must have left its tasks as `docs/scheduling.md` says.
    pub(super) fn note_ended_early(&mut self, decision: &Decision, before: &BTreeMap<RunKey, Vec<TaskState>>) {
        for ended in &decision.ended_runs {
            let stored = self.store.runs.get_mut(&ended.run).unwrap();
            if !decision.changes.iter().any(|change| ends_early(change, ended.run)) {
                continue;
            }
            for (at, was) in before[&ended.run].iter().enumerate() {
                let instance = InstanceKey { run: ended.run, task: ix(at) };
                // A report may have come at the same time.
                let just_ended = decision.changes.iter().find_map(|change| reported(change, instance));
                let expected = match just_ended.unwrap_or(*was) {
                    TaskState::Running => TaskState::Failed,
                    finished if finished.is_finished() => finished,
                    _unfinished => TaskState::Skipped,
                };
                assert_eq!(stored.state(at), expected, "{at} was {was}");
            }
            stored.ended_early = true;
        }
    }

    /// What must hold whenever a decision was performed.
    pub(super) fn check(&self) {
        let in_use = self.planner.in_use();
        let memory: u64 = self.executor.values().map(|(_, running)| running.task.memory_bytes).sum();
        assert_eq!((in_use.tasks as usize, in_use.memory_bytes), (self.executor.len(), memory), "slots leak");
        assert_eq!((in_use.tasks - in_use.ending) as usize, self.store.active(), "slots of active instances");
        let around = self.around();
        for pool in roomy_pools().keys() {
            assert_eq!(self.planner.pool_in_use(pool), around.pool_use(pool.as_str()), "slots of {pool} leak");
        }
        let kept = self.store.driven();
        for run in &kept {
            assert_eq!(self.planner.run_state(run.key), Some(run.state));
            for (place, instance) in run.instances.iter().enumerate() {
                let key = InstanceKey { run: run.key, task: ix(place) };
                assert_eq!(self.planner.instance(key), Some(instance));
                let waits = self.planner.explain(key).unwrap();
                let should_wait = !instance.state.is_finished() && !instance.state.is_active();
                assert_eq!(!waits.reasons.is_empty(), should_wait, "{key:?} {waits:?}");
            }
        }
        assert_eq!(naive::left_undone(&kept, &around), None);
        let wake = self.planner.next_wakeup().map(|wake| (wake.at, wake.why));
        assert_eq!(wake, naive::first_due(&kept));
    }

    /// Whatever runs and does not count any more is told to end; what is told was running.
    pub(super) fn check_cancels(&self) {
        for (attempt, running) in self.executor.values() {
            assert!(self.holds(attempt) || running.cancelled, "{attempt:?} runs on, and nobody waits for it");
        }
    }

    /// No run has more tasks under way than its DAG allows.
    pub(super) fn check_active_tasks(&self, attempt: &Attempt) {
        let stored = &self.store.runs[&attempt.instance.run];
        let active = stored.in_states(TaskState::is_active).len();
        assert!(active <= stored.spec.max_active_tasks as usize, "{active} tasks of {:?}", attempt.instance.run);
    }
}

/// Instances that a decision changes.
fn changed(decision: &Decision) -> impl Iterator<Item = InstanceKey> + '_ {
    decision.changes.iter().filter_map(|change| match change {
        Change::Task(change) => Some(change.instance),
        Change::Run(_) | Change::Call(_) => None,
    })
}

/// Whether it does anything with an instance before it starts it.
fn becomes_ready(decision: &Decision, instance: InstanceKey) -> bool {
    decision.changes.iter().any(|change| match change {
        Change::Task(change) => {
            change.instance == instance && !matches!(change.step, TaskStep::Queue | TaskStep::Start { .. })
        }
        Change::Run(_) | Change::Call(_) => false,
    })
}

/// What a report that came with a decision made of an instance.
fn reported(change: &Change, of: InstanceKey) -> Option<TaskState> {
    match change {
        Change::Task(TaskChange { instance, step, .. }) if *instance == of => match step {
            TaskStep::Succeed(_) => Some(TaskState::Success),
            TaskStep::Skip { cause: SkipCause::Answer, .. } => Some(TaskState::Skipped),
            TaskStep::RetryLater { .. } => Some(TaskState::UpForRetry),
            TaskStep::Reschedule { .. } => Some(TaskState::UpForReschedule),
            _no_report => None,
        },
        Change::Task(_) | Change::Run(_) | Change::Call(_) => None,
    }
}

fn ends_early(change: &Change, run: RunKey) -> bool {
    match change {
        Change::Run(RunChange { step: RunStep::Fail { reason }, run: ended, .. }) => {
            *ended == run && is_end_of_run(reason)
        }
        Change::Run(_) | Change::Task(_) | Change::Call(_) => false,
    }
}
