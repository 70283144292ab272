//! Every DAG of `examples/`, with each of its tasks failing in turn, and its host lost at each of them in turn: the planner on
//! the real DAG, held against the model on a description of it. Plugins are stood in for by what the file asks of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::act::{Act, Happened, outcome};
use super::model::{self, Story};
use crate::contract::{ArtifactKind, ArtifactRef, Output};
use crate::dag::model::{Dag, RunInputs, TriggerRule, Wire};
use crate::dag::params::fill_params;
use crate::dag::testing::stand_ins;
use crate::dag::{Draft, check};
use crate::ids::{Digest, InstanceKey, RunId, RunKey, TaskIx};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{Attempt, Report, RunDates, Usage};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::spec::{Spec, TaskSpec};
use crate::planner::{Capacity, Decision, Event, Held, Planner, RunSnapshot};

const RUN: RunKey = RunKey(1);
const BUDGET: u64 = u64::MAX;

/// The DAG files of the examples.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            found.extend(files(&path));
        } else if name.ends_with(".toml") && name != "Cargo.toml" {
            found.push(path);
        }
    }
    found
}

fn dag(path: &Path, branching: bool) -> Arc<Dag> {
    let draft = Draft::from_toml(&std::fs::read_to_string(path).unwrap());
    let checked = check(&draft, &stand_ins(&draft, branching));
    Arc::new(checked.dag.unwrap_or_else(|| panic!("{}: {:#?}", path.display(), checked.diagnostics)))
}

/// The DAG in the model's words: its tasks in an order in which each comes after its upstreams, as `order` has them.
fn described(dag: &Dag, order: &[TaskIx], branching: bool) -> Spec {
    let place = |ix: &TaskIx| order.iter().position(|other| other == ix).unwrap();
    let tasks = order.iter().map(|ix| {
        let task = dag.task(*ix).unwrap();
        let mut spec = TaskSpec::new(task.id.as_str());
        spec.rule = task.terms.trigger_rule;
        spec.after = dag.edges.upstream.of(*ix).iter().map(place).collect();
        for wire in task.wires() {
            match wire {
                Wire::File { .. } => {}
                Wire::Port { task, required: true, .. } => spec.required.push(place(task)),
                Wire::Port { task, required: false, .. } => spec.optional.push(place(task)),
                Wire::Value { task } => spec.values.push(place(task)),
            }
        }
        spec.templates = task.template_values.iter().map(place).collect();
        spec.retries = task.terms.retry.retries;
        spec.memory_bytes = task.terms.limits.memory_bytes;
        spec.may_branch = branching;
        spec
    });
    Spec::new(tasks.collect())
}

/// What a start comes to.
#[derive(Debug, Clone)]
enum Comes {
    To(Act),
    /// Its executor says nothing more.
    ToNothing,
    /// The process ends; another goes on from what was kept.
    ToACrash,
}

/// A run of a DAG under way.
struct Stage {
    dag: Arc<Dag>,
    order: Vec<TaskIx>,
    planner: Planner,
    now: Timestamp,
    running: BTreeSet<(usize, u32)>,
    stories: Vec<Story>,
}

impl Stage {
    fn new(dag: &Arc<Dag>) -> Self {
        let order = dag.edges.order.clone();
        let mut stage = Self {
            dag: Arc::clone(dag),
            planner: planner(),
            now: Timestamp::from_second(1_000).unwrap(),
            running: BTreeSet::new(),
            stories: vec![Story::default(); order.len()],
            order,
        };
        let snapshot = stage.snapshot(RunState::Queued, Vec::new());
        stage.apply(Event::RunAdded(Box::new(snapshot)));
        stage
    }

    fn snapshot(&self, state: RunState, instances: Vec<Instance>) -> RunSnapshot {
        let artifact = artifact();
        let wires = self.dag.tasks.iter().flat_map(|task| task.wires());
        let files = wires.filter_map(|wire| match wire {
            Wire::File { path } => Some((path.clone(), artifact)),
            Wire::Port { .. } | Wire::Value { .. } => None,
        });
        let params = fill_params(&self.dag, BTreeMap::new()).unwrap();
        let inputs = RunInputs { params, files: files.collect(), ..RunInputs::default() };
        let dates = RunDates { logical_date: Some(self.now), data_interval: None, run_after: self.now };
        let new = RunSnapshot::new(RUN, RunId::new("manual__1").unwrap(), Arc::clone(&self.dag), inputs, dates);
        RunSnapshot { state, started_at: Some(self.now), instances, ..new }
    }

    fn apply(&mut self, event: Event) {
        let Decision { launches, .. } = self.planner.apply(event, self.now);
        for launch in launches {
            let ix = launch.attempt.instance.task;
            let place = self.order.iter().position(|other| *other == ix).unwrap();
            self.running.insert((place, launch.attempt.start_number));
        }
    }

    fn instance(&self, place: usize) -> Instance {
        self.planner.instance(InstanceKey { run: RUN, task: self.order[place] }).unwrap().clone()
    }

    fn attempt(&self, place: usize) -> Attempt {
        let (task, kept) = (self.order[place], self.instance(place));
        let instance = InstanceKey { run: RUN, task };
        Attempt { instance, try_number: kept.try_number, start_number: kept.start_number }
    }

    /// Goes on to the end: what a start of a task comes to is decided by how many starts it had.
    fn play(&mut self, decide: impl Fn(usize, usize) -> Comes) {
        while self.planner.run_state(RUN) == Some(RunState::Running) {
            let Some((place, _)) = self.running.pop_first() else {
                self.now = self.planner.next_wakeup().expect("nothing runs and nothing is due").at;
                self.apply(Event::Wake);
                continue;
            };
            let attempt = self.attempt(place);
            match decide(place, self.stories[place].happened.len()) {
                Comes::To(act) => {
                    self.stories[place].happened.push(Happened::Answered(act.clone()));
                    let report = self.report(attempt, &act);
                    self.apply(Event::TaskEnded(Box::new(report)));
                }
                Comes::ToNothing => {
                    self.stories[place].happened.push(Happened::HostLost);
                    self.apply(Event::HostLost(Held::Attempts(vec![attempt])));
                }
                Comes::ToACrash => self.crash(place),
            }
        }
    }

    fn report(&self, attempt: Attempt, act: &Act) -> Report {
        let outcome = outcome(act);
        let succeeded = matches!(act, Act::Done { .. } | Act::Branch { .. });
        let ports = &self.dag.task(attempt.instance.task).unwrap().terms.plugin.descriptor.outputs;
        let output =
            |port: &crate::contract::Port| Output { port: port.name.clone(), artifact: artifact(), media_type: None };
        let outputs = ports.iter().filter(|_| succeeded).map(output).collect();
        Report { attempt, ended_at: self.now, outcome, outputs, metrics: Vec::new(), usage: Usage::default() }
    }

    /// All that runs is lost, `place` among it; another planner goes on.
    fn crash(&mut self, place: usize) {
        let mut lost: BTreeSet<usize> = std::mem::take(&mut self.running).into_iter().map(|(place, _)| place).collect();
        lost.insert(place);
        for place in lost {
            self.stories[place].happened.push(Happened::HostLost);
        }
        let mut instances = vec![Instance::new(0); self.order.len()];
        for (place, ix) in self.order.iter().enumerate() {
            instances[ix.index()] = self.instance(place);
        }
        self.planner = planner();
        // What was only queued when the process ended is lost with what ran.
        let snapshot = self.snapshot(RunState::Running, instances);
        self.planner.apply(Event::CapacityChanged(Capacity::new(0, BUDGET)), self.now);
        self.apply(Event::RunAdded(Box::new(snapshot)));
        self.apply(Event::HostLost(Held::Run(RUN)));
        self.apply(Event::CapacityChanged(Capacity::new(1_000, BUDGET)));
    }

    /// Holds how it ended against the model; gives the final states.
    fn hold(&self, spec: &Spec, case: &str) -> Vec<TaskState> {
        let expected = model::finals(spec, &self.stories, BUDGET).unwrap_or_else(|why| panic!("{case}: {why}"));
        let states: Vec<TaskState> = (0..self.order.len()).map(|place| self.instance(place).state).collect();
        let words: Vec<_> = states.iter().map(|state| state.as_str()).collect();
        assert_eq!(words, expected.iter().map(|last| last.word()).collect::<Vec<_>>(), "{case}");
        let succeeded = self.planner.run_state(RUN) == Some(RunState::Success);
        assert_eq!(succeeded, model::run_succeeds(spec, &expected), "{case}");
        states
    }
}

fn planner() -> Planner {
    Planner::new(Capacity::new(1_000, BUDGET), Arc::new(|_, _| Ok(())))
}

fn artifact() -> ArtifactRef {
    ArtifactRef { digest: Digest::of(b"x"), kind: ArtifactKind::File, size_bytes: 1 }
}

/// What a task does that nothing is done to: it succeeds, and if it may choose, it chooses the first of those below it.
fn fine(spec: &Spec, place: usize) -> Act {
    let below = spec.downstream(place);
    match below.first() {
        Some(first) if spec.tasks[place].may_branch => {
            Act::Branch { chosen: [*first].into(), labels: vec![spec.tasks[*first].id.clone()] }
        }
        _ => Act::Done { published: true, x: Some(7) },
    }
}

/// Plays the DAG once for each of its tasks, to whose starts this is done; the others are fine.
fn in_turn(
    each: impl Fn(&Dag, &str, &mut dyn FnMut(&str, &dyn Fn(usize) -> Option<Comes>) -> Vec<(TaskState, usize)>),
) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let files = files(&examples);
    assert!(files.len() >= 4, "{files:?}");
    for (path, branching) in files.iter().flat_map(|path| [(path, false), (path, true)]) {
        let dag = dag(path, branching);
        let spec = described(&dag, &dag.edges.order, branching);
        let mut play = |case: &str, done: &dyn Fn(usize) -> Option<Comes>| {
            let played = (0..spec.tasks.len()).map(|chosen| {
                let case = format!("{} (branching: {branching}), {case} {}", dag.id, spec.tasks[chosen].id);
                let mut stage = Stage::new(&dag);
                stage.play(|place, before| {
                    let done = if place == chosen { done(before) } else { None };
                    done.unwrap_or_else(|| Comes::To(fine(&spec, place)))
                });
                (stage.hold(&spec, &case)[chosen], stage.stories[chosen].happened.len())
            });
            played.collect()
        };
        each(&dag, &path.display().to_string(), &mut play);
    }
}

#[test]
fn each_task_of_each_example_fails_in_turn() {
    in_turn(|dag, file, play| {
        let always = play("fails for good:", &|_| Some(Comes::To(Act::Broken)));
        for (state, starts) in always {
            // A branch may leave it out, or a rule may skip it, whatever it would do.
            assert!(starts == 0 || state == TaskState::Failed, "{file}: {state} after {starts}");
        }
        let flaky = play("fails at each try:", &|_| Some(Comes::To(Act::Flaky { after: None })));
        let retries = dag.edges.order.iter().map(|ix| dag.task(*ix).unwrap().terms.retry.retries as usize);
        for ((_, starts), retries) in flaky.into_iter().zip(retries) {
            assert!(starts == 0 || starts == retries + 1, "{file}: {starts} starts with {retries} retries");
        }
        play("fails once:", &|before| (before == 0).then_some(Comes::To(Act::Flaky { after: None })));
        play("skips itself:", &|_| Some(Comes::To(Act::Skip)));
    });
}

#[test]
fn the_host_is_lost_at_each_task_of_each_example_in_turn() {
    in_turn(|dag, file, play| {
        let undisturbed: Vec<_> = play("is fine:", &|_| None).into_iter().map(|(state, _)| state).collect();
        for (what, lost) in [("loses its host once:", Comes::ToNothing), ("is there at a crash:", Comes::ToACrash)] {
            for times in [1, 2] {
                let after = play(what, &|before| (before < times).then(|| lost.clone()));
                let states: Vec<_> = after.iter().map(|(state, _)| *state).collect();
                assert_eq!(states, undisturbed, "{file}: {what} {times} times");
            }
        }
        for (state, starts) in play("loses every host:", &|_| Some(Comes::ToNothing)) {
            assert!(starts == 0 || (state, starts) == (TaskState::Failed, 3), "{file}: {state} after {starts}");
        }
        assert!(dag.tasks.iter().any(|task| task.terms.trigger_rule == TriggerRule::AllSuccess));
    });
}
