//! One planner and one run, played by hand.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::contract::{ArtifactKind, ArtifactRef, Failure, Outcome, Output, Problem};
use crate::dag::model::RunInputs;
use crate::ids::{Digest, InstanceKey, RunId, RunKey};
use crate::lifecycle::change::{Change, RunStep, TaskStep};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{Attempt, Launch, Report, RunDates, Usage};
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::spec::{Spec, TaskSpec, ix};
use crate::planner::{Capacity, Decision, Event, ParamsCheck, Planner, RunSnapshot};

pub(super) fn roomy() -> Capacity {
    Capacity::new(1000, 1000)
}

/// Refuses params in which a number is negative.
pub(super) fn params_check() -> ParamsCheck {
    Arc::new(|_plugin, params| {
        let values = params.as_object().into_iter().flat_map(|map| map.values());
        let negative = values.filter_map(Value::as_i64).any(|number| number < 0);
        if negative { Err(Problem::new("params", "a number is negative")) } else { Ok(()) }
    })
}

pub(super) fn snapshot(key: i64, spec: &Spec) -> RunSnapshot {
    RunSnapshot {
        key: RunKey(key),
        run_id: RunId::new(&format!("manual__{key}")).unwrap(),
        dag: spec.dag(&spec.dag_id),
        inputs: Arc::new(RunInputs::default()),
        dates: RunDates { logical_date: None, data_interval: None, run_after: Timestamp::UNIX_EPOCH },
        state: RunState::Queued,
        started_at: None,
        missed_deadline: false,
        instances: Vec::new(),
        past: None,
        in_background: false,
    }
}

/// A task after others, by their names.
pub(super) fn task(id: &str, after: &[usize]) -> TaskSpec {
    TaskSpec { after: after.to_vec(), ..TaskSpec::new(id) }
}

pub(super) fn output() -> Output {
    let artifact = ArtifactRef { digest: Digest::of(b"out"), kind: ArtifactKind::File, size_bytes: 3 };
    Output { port: "out".into(), artifact, media_type: Some("text/plain".into()) }
}

pub(super) fn done(value: Value) -> Outcome {
    Outcome::Done { value }
}

pub(super) fn ok() -> Outcome {
    done(json!({ "x": 1 }))
}

pub(super) fn broken() -> Outcome {
    Outcome::Failed(Failure::Permanent { problem: Problem::new("broken", "it is broken") })
}

pub(super) fn flaky() -> Outcome {
    Outcome::Failed(Failure::Retryable { problem: Problem::new("flaky", "it flickers"), after: None })
}

pub(super) fn chooses(labels: &[&str]) -> Outcome {
    Outcome::Branch { value: Value::Null, chosen: labels.iter().map(|label| (*label).to_owned()).collect() }
}

pub(super) fn skips() -> Outcome {
    Outcome::Skipped { reason: "nothing to do".into() }
}

/// A planner with one run, and what it decided last.
pub(super) struct Play {
    pub(super) planner: Planner,
    pub(super) now: Timestamp,
    pub(super) last: Decision,
    spec: Spec,
}

pub(super) const RUN: RunKey = RunKey(1);

impl Play {
    pub(super) fn new(tasks: Vec<TaskSpec>) -> Self {
        Self::with(Spec::new(tasks), roomy())
    }

    pub(super) fn with(spec: Spec, capacity: Capacity) -> Self {
        let kept = snapshot(1, &spec);
        Self::load(spec, kept, capacity)
    }

    /// A run as it was kept.
    pub(super) fn load(spec: Spec, kept: RunSnapshot, capacity: Capacity) -> Self {
        let mut planner = Planner::new(capacity, params_check());
        let now = Timestamp::from_second(1000).unwrap();
        let last = planner.apply(Event::RunAdded(Box::new(kept)), now);
        Self { planner, now, last, spec }
    }

    pub(super) fn place(&self, id: &str) -> usize {
        self.spec.tasks.iter().position(|task| task.id == id).unwrap()
    }

    pub(super) fn key(&self, id: &str) -> InstanceKey {
        InstanceKey { run: RUN, task: ix(self.place(id)) }
    }

    pub(super) fn instance(&self, id: &str) -> &Instance {
        self.planner.instance(self.key(id)).unwrap()
    }

    pub(super) fn state(&self, id: &str) -> TaskState {
        self.instance(id).state
    }

    pub(super) fn states(&self) -> Vec<&'static str> {
        self.spec.tasks.iter().map(|task| self.state(&task.id).as_str()).collect()
    }

    pub(super) fn run_state(&self) -> RunState {
        self.planner.run_state(RUN).unwrap()
    }

    pub(super) fn attempt(&self, id: &str) -> Attempt {
        let instance = self.instance(id);
        Attempt { instance: self.key(id), try_number: instance.try_number, start_number: instance.start_number }
    }

    pub(super) fn apply(&mut self, event: Event) -> &Decision {
        self.last = self.planner.apply(event, self.now);
        &self.last
    }

    pub(super) fn report(&self, id: &str, outcome: Outcome) -> Report {
        let succeeded = matches!(outcome, Outcome::Done { .. } | Outcome::Branch { .. });
        Report {
            attempt: self.attempt(id),
            ended_at: self.now,
            outcome,
            outputs: if succeeded { vec![output()] } else { Vec::new() },
            metrics: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// The running try of `id` ends so.
    pub(super) fn ends(&mut self, id: &str, outcome: Outcome) -> &Decision {
        assert_eq!(self.state(id), TaskState::Running, "{id}");
        let report = self.report(id, outcome);
        self.apply(Event::TaskEnded(Box::new(report)))
    }

    pub(super) fn after(&mut self, seconds: u64) -> &Decision {
        self.now = later(self.now, Duration::from_secs(seconds));
        self.apply(Event::Wake)
    }

    /// The steps of `id` that were decided last.
    pub(super) fn steps(&self, id: &str) -> Vec<&TaskStep> {
        let key = self.key(id);
        self.last
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Task(change) if change.instance == key => Some(&change.step),
                Change::Task(_) | Change::Run(_) | Change::Call(_) => None,
            })
            .collect()
    }

    pub(super) fn run_steps(&self) -> Vec<&RunStep> {
        self.last
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Run(change) => Some(&change.step),
                Change::Task(_) | Change::Call(_) => None,
            })
            .collect()
    }

    /// The last launch of `id`.
    pub(super) fn launch(&self, id: &str) -> &Launch {
        let key = self.key(id);
        self.last.launches.iter().find(|launch| launch.attempt.instance == key).unwrap()
    }

    pub(super) fn launched(&self) -> Vec<&str> {
        self.last.launches.iter().map(|launch| launch.task_id.as_str()).collect()
    }

    /// Why `id` failed, is upstream_failed or was skipped, in the last decision.
    pub(super) fn why(&self, id: &str) -> String {
        let steps = self.steps(id);
        match steps.last() {
            Some(TaskStep::Fail { problem, .. } | TaskStep::FailUpstream { problem }) => {
                format!("{}: {}", problem.code, problem.message)
            }
            Some(TaskStep::Skip { reason, .. }) => reason.clone(),
            other => panic!("{id} did not end: {other:?}"),
        }
    }
}
