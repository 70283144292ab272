//! One planner and several runs, played by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::contract::Outcome;
use crate::ids::{InstanceKey, PoolName, RunKey};
use crate::lifecycle::launch::{Attempt, Report, Usage};
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::play::{ok, output, params_check, roomy, snapshot, task};
use crate::planner::tests::spec::{Spec, TaskSpec, ix};
use crate::planner::{Capacity, Decision, Event, PastRun, Planner, Reason, RunSnapshot};

/// Enough of everything, with these pools.
pub(super) fn pools(sizes: &[(&str, u32)]) -> Capacity {
    let sizes = sizes.iter().map(|(name, size)| (PoolName::new(name).unwrap(), *size));
    Capacity { pools: sizes.collect(), ..roomy() }
}

/// A task that takes so many slots of a pool.
pub(super) fn takes(id: &str, pool: &str, slots: u32) -> TaskSpec {
    TaskSpec { pool: pool.to_owned(), pool_slots: slots, ..task(id, &[]) }
}

pub(super) struct Many {
    pub(super) planner: Planner,
    pub(super) now: Timestamp,
    pub(super) last: Decision,
    specs: BTreeMap<i64, Spec>,
}

impl Many {
    pub(super) fn new(capacity: Capacity) -> Self {
        let planner = Planner::new(capacity, params_check());
        let now = Timestamp::from_second(1000).unwrap();
        Self { planner, now, last: Decision::default(), specs: BTreeMap::new() }
    }

    /// A new run; its key is its number.
    pub(super) fn add(&mut self, key: i64, tasks: Vec<TaskSpec>) -> &mut Self {
        self.add_as(key, Spec::new(tasks), |_| {})
    }

    /// A new run after another that is driven here too.
    pub(super) fn add_after(&mut self, key: i64, past: i64, tasks: Vec<TaskSpec>) -> &mut Self {
        let past = PastRun { key: RunKey(past), tasks: BTreeMap::new() };
        self.add_as(key, Spec::new(tasks), |snapshot| snapshot.past = Some(past))
    }

    pub(super) fn add_as(&mut self, key: i64, spec: Spec, edit: impl FnOnce(&mut RunSnapshot)) -> &mut Self {
        let mut kept = snapshot(key, &spec);
        edit(&mut kept);
        self.specs.insert(key, spec);
        self.apply(Event::RunAdded(Box::new(kept)))
    }

    pub(super) fn apply(&mut self, event: Event) -> &mut Self {
        self.last = self.planner.apply(event, self.now);
        self
    }

    pub(super) fn after(&mut self, time: Duration) -> &mut Self {
        self.now = later(self.now, time);
        self
    }

    pub(super) fn key(&self, run: i64, id: &str) -> InstanceKey {
        let place = self.specs[&run].tasks.iter().position(|task| task.id == id).unwrap();
        InstanceKey { run: RunKey(run), task: ix(place) }
    }

    pub(super) fn state(&self, run: i64, id: &str) -> TaskState {
        self.planner.instance(self.key(run, id)).unwrap().state
    }

    pub(super) fn run_state(&self, run: i64) -> RunState {
        self.planner.run_state(RunKey(run)).unwrap()
    }

    pub(super) fn attempt(&self, run: i64, id: &str) -> Attempt {
        let instance = self.key(run, id);
        let kept = self.planner.instance(instance).unwrap();
        Attempt { instance, try_number: kept.try_number, start_number: kept.start_number }
    }

    /// The running try ends so.
    pub(super) fn ends(&mut self, run: i64, id: &str, outcome: Outcome) -> &mut Self {
        assert_eq!(self.state(run, id), TaskState::Running, "{run} {id}");
        self.reports(self.attempt(run, id), outcome)
    }

    pub(super) fn reports(&mut self, attempt: Attempt, outcome: Outcome) -> &mut Self {
        let report = Report {
            attempt,
            ended_at: self.now,
            outcome,
            outputs: vec![output()],
            metrics: Vec::new(),
            usage: Usage::default(),
        };
        self.apply(Event::TaskEnded(Box::new(report)))
    }

    pub(super) fn succeeds(&mut self, run: i64, id: &str) -> &mut Self {
        self.ends(run, id, ok())
    }

    pub(super) fn clear(&mut self, run: i64, id: &str) -> &mut Self {
        let instance = self.key(run, id);
        self.apply(Event::Clear { run: instance.run, tasks: vec![instance.task] })
    }

    /// What was launched last, as run and task.
    pub(super) fn launched(&self) -> Vec<(i64, &str)> {
        let launches = self.last.launches.iter();
        launches.map(|launch| (launch.attempt.instance.run.0, launch.task_id.as_str())).collect()
    }

    pub(super) fn reasons(&self, run: i64, id: &str) -> Vec<Reason> {
        self.planner.explain(self.key(run, id)).unwrap().reasons
    }
}
