//! A store in memory: performs changes on their conditions, as the real one does, and holds each against the oracle.

use std::collections::BTreeMap;

use crate::ids::{RunKey, TaskId};
use crate::lifecycle::change::{Change, RunChange, RunStep, SkipCause, TaskChange, TaskStep};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::sim::model::Story;
use crate::planner::tests::sim::naive::{Kept, Of};
use crate::planner::tests::spec::{Spec, TaskSpec};
use crate::planner::{PastRun, PastTask, RunSnapshot};

/// A run, and what the simulation knows of it beside.
pub(super) struct Stored {
    pub(super) spec: Spec,
    pub(super) snapshot: RunSnapshot,
    pub(super) stories: Vec<Story>,
    /// Ended by cancel or timeout.
    pub(super) ended_early: bool,
    /// Something was cleared without what came after it, which is what it was then: the model cannot know it.
    pub(super) cleared_alone: bool,
    /// The run before it.
    pub(super) past: Option<RunKey>,
    /// Whether the planner has it.
    pub(super) driven: bool,
    /// Its tasks do otherwise than those of other runs of its DAG.
    pub(super) seed: u64,
    /// At its end, and to be cleared and run again by a backfill.
    pub(super) reprocess: bool,
}

impl Stored {
    pub(super) fn new(spec: Spec, mut snapshot: RunSnapshot) -> Self {
        snapshot.instances = spec.tasks.iter().map(|task| Instance::new(task.retries)).collect();
        let stories = vec![Story::default(); spec.tasks.len()];
        Self {
            spec,
            snapshot,
            stories,
            ended_early: false,
            cleared_alone: false,
            past: None,
            driven: false,
            seed: 0,
            reprocess: false,
        }
    }

    pub(super) fn of<'a>(&'a self, run: RunKey, task: &'a TaskSpec) -> Of<'a> {
        Of { run, dag: &self.spec.dag_id, in_background: self.snapshot.in_background, task }
    }

    pub(super) fn state(&self, place: usize) -> TaskState {
        self.snapshot.instances[place].state
    }

    /// The places in one of these states.
    pub(super) fn in_states(&self, test: impl Fn(TaskState) -> bool) -> Vec<usize> {
        (0..self.stories.len()).filter(|place| test(self.state(*place))).collect()
    }
}

/// Whether that is why a run was ended before its tasks were.
pub(super) fn is_end_of_run(reason: &str) -> bool {
    reason.starts_with("run ends") || reason.contains("dagrun_timeout")
}

#[derive(Default)]
pub(super) struct Store {
    pub(super) runs: BTreeMap<RunKey, Stored>,
}

impl Store {
    pub(super) fn kept(&self, key: RunKey) -> Kept<'_> {
        let stored = &self.runs[&key];
        let past = stored.past.map(|past| &self.runs[&past]);
        Kept {
            key,
            in_background: stored.snapshot.in_background,
            spec: &stored.spec,
            state: stored.snapshot.state,
            started_at: stored.snapshot.started_at,
            instances: &stored.snapshot.instances,
            past: past.map(|past| (&past.spec, past.snapshot.instances.as_slice())),
        }
    }

    /// The runs that the planner has.
    pub(super) fn driven(&self) -> Vec<Kept<'_>> {
        self.runs.iter().filter(|(_, run)| run.driven).map(|(key, _)| self.kept(*key)).collect()
    }

    /// What the shell tells the planner of a run: with what is kept of the run before it.
    pub(super) fn snapshot(&self, key: RunKey) -> RunSnapshot {
        RunSnapshot { past: self.past_run(key), ..self.runs[&key].snapshot.clone() }
    }

    pub(super) fn past_run(&self, key: RunKey) -> Option<PastRun> {
        let past = &self.runs[&self.runs[&key].past?];
        let state = |place: usize| past.snapshot.instances[place].state;
        let id = |place: usize| TaskId::new(&past.spec.tasks[place].id).unwrap();
        let tasks = (0..past.spec.tasks.len()).map(|place| {
            let downstream = past.spec.downstream(place).into_iter().map(|below| (id(below), state(below))).collect();
            (id(place), PastTask { state: state(place), downstream })
        });
        Some(PastRun { key: past.snapshot.key, tasks: tasks.collect() })
    }

    /// One transaction. Whoever else could have changed something does not exist here, so nothing is refused.
    pub(super) fn commit(&mut self, changes: &[Change], budget: u64) {
        for change in changes {
            match change {
                Change::Task(change) => self.task(change, budget),
                Change::Run(change) => self.run(change),
                Change::Call(_) => {}
            }
        }
    }

    fn task(&mut self, change: &TaskChange, budget: u64) {
        let kept = self.kept(change.instance.run);
        let place = change.instance.task.index();
        let instance = &kept.instances[place];
        assert_eq!((instance.state, instance.start_number), (change.expect, change.expect_start), "{change:?}");
        let ends = matches!(change.step, TaskStep::Fail { .. } | TaskStep::Mark { .. } | TaskStep::ClearLater);
        assert!(ends || !instance.clearing, "it was to be cleared: {change:?}");
        let decided = match &change.step {
            TaskStep::Schedule { .. } => Some(TaskState::Scheduled),
            TaskStep::FailUpstream { .. } => Some(TaskState::UpstreamFailed),
            TaskStep::Fail { .. } => Some(TaskState::Failed),
            // The end of a run skips too.
            TaskStep::Skip { cause, .. } if *cause != SkipCause::RunEnded => Some(TaskState::Skipped),
            _not_decided_by_a_rule => None,
        };
        if let Some(decided) = decided.filter(|_| instance.state == TaskState::None) {
            assert_eq!(kept.next(place, budget), decided, "{change:?}");
        }
        let stored = self.runs.get_mut(&change.instance.run).unwrap();
        match &change.step {
            TaskStep::Clear { .. } => stored.stories[place] = Story::default(),
            TaskStep::Mark { state, .. } => stored.stories[place].marked = Some(*state == TaskState::Success),
            _not_told => {}
        }
        stored.snapshot.instances[place].record(&change.step);
    }

    fn run(&mut self, change: &RunChange) {
        let stored = self.runs.get_mut(&change.run).unwrap();
        let snapshot = &mut stored.snapshot;
        assert_eq!(snapshot.state, change.expect, "{change:?}");
        snapshot.state = match &change.step {
            RunStep::Start => {
                snapshot.started_at = Some(change.at);
                RunState::Running
            }
            RunStep::Succeed { .. } => RunState::Success,
            RunStep::Fail { .. } => RunState::Failed,
            RunStep::Requeue => {
                stored.reprocess = false;
                RunState::Queued
            }
            RunStep::MissDeadline { .. } => RunState::Running,
        };
    }

    /// Ends a run that has not begun.
    pub(super) fn abandon(&mut self, run: RunKey) {
        let stored = self.runs.get_mut(&run).unwrap();
        stored.snapshot.state = RunState::Failed;
        stored.ended_early = true;
        for instance in stored.snapshot.instances.iter_mut().filter(|instance| !instance.state.is_finished()) {
            instance.state = TaskState::Skipped;
        }
    }

    /// Instances that hold a slot.
    pub(super) fn active(&self) -> usize {
        self.runs.values().map(|run| run.in_states(TaskState::is_active).len()).sum()
    }
}
