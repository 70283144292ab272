//! The simulated world: planner, store, an executor and a clock, and what disturbs them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::contract::Outcome;
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::change::{Change, RunChange, RunStep, SkipCause, TaskChange, TaskStep};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::launch::{Attempt, Report, Usage};
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::play::{output, params_check, snapshot};
use crate::planner::tests::rng::Rng;
use crate::planner::tests::sim::act::{self, Act, Happened};
use crate::planner::tests::sim::naive::{self, Around, Kept};
use crate::planner::tests::sim::store::{Store, Stored, is_end_of_run};
use crate::planner::tests::sim::{pools, roomy_pools};
use crate::planner::tests::spec::{Spec, TaskSpec, ix};
use crate::planner::{Capacity, Decision, Event, Held, Planner};

/// A try that the simulated executor runs.
struct Running {
    ends_at: Timestamp,
    act: Act,
    task: TaskSpec,
    cancelled: bool,
}

pub(super) struct World {
    seed: u64,
    rng: Rng,
    pub(super) now: Timestamp,
    pub(super) capacity: Capacity,
    planner: Planner,
    pub(super) store: Store,
    executor: BTreeMap<(i64, u32, u32), (Attempt, Running)>,
    old_reports: Vec<Report>,
    /// When each ready instance became so.
    since: BTreeMap<InstanceKey, Timestamp>,
    pub(super) events: u64,
}

/// When the process dies.
#[derive(PartialEq)]
enum Crash {
    No,
    BeforeCommit,
    BeforeLaunch,
}

impl World {
    /// `seed` decides what the tasks do, `timing` everything else.
    pub(super) fn new(seed: u64, timing: u64, capacity: Capacity, specs: &[(Spec, bool)]) -> Self {
        let planner = Planner::new(capacity.clone(), params_check());
        let mut world = Self {
            seed,
            rng: Rng::new(timing),
            now: Timestamp::from_second(1_000_000).unwrap(),
            capacity,
            planner,
            store: Store::default(),
            executor: BTreeMap::new(),
            old_reports: Vec::new(),
            since: BTreeMap::new(),
            events: 0,
        };
        for ((spec, has_past), key) in specs.iter().zip(1..) {
            let mut stored = Stored::new(spec.clone(), snapshot(key, spec));
            stored.past = (*has_past && key > 1).then(|| RunKey(key - 1));
            world.store.runs.insert(RunKey(key), stored);
        }
        for key in world.keys() {
            if world.rng.percent(75) {
                world.drive(key);
            }
        }
        world
    }

    fn keys(&self) -> Vec<RunKey> {
        self.store.runs.keys().copied().collect()
    }

    /// Has the planner drive a run, if it does not yet.
    fn drive(&mut self, key: RunKey) {
        if !self.store.runs[&key].driven {
            let snapshot = self.store.snapshot(key);
            self.store.runs.get_mut(&key).unwrap().driven = true;
            self.apply(Event::RunAdded(Box::new(snapshot)));
        }
    }

    fn apply(&mut self, event: Event) -> Decision {
        let decision = self.planner.apply(event, self.now);
        self.perform(&decision);
        decision
    }

    fn perform(&mut self, decision: &Decision) {
        self.events += 1;
        let before: BTreeMap<RunKey, Vec<TaskState>> =
            self.store.runs.iter().map(|(key, run)| (*key, states(run))).collect();
        self.store.commit(&decision.changes, self.capacity.memory_budget_bytes);
        for launch in &decision.launches {
            self.launch(launch.attempt.clone());
        }
        for attempt in &decision.cancels {
            let soon = later(self.now, Duration::from_millis(self.rng.below(3000)));
            let (_, running) = self.executor.get_mut(&key_of(attempt)).expect("what is cancelled runs");
            running.cancelled = true;
            running.ends_at = soon;
        }
        self.note_ended_early(decision, &before);
        self.hold_against_the_order(decision);
        self.note_ready(decision);
        self.check();
    }

    fn launch(&mut self, attempt: Attempt) {
        let stored = &self.store.runs[&attempt.instance.run];
        let place = attempt.instance.task.index();
        let before = stored.stories[place].happened.iter().filter(|what| matches!(what, Happened::Answered(_))).count();
        let clears = u64::from(stored.snapshot.instances[place].clears);
        let running = Running {
            // In some worlds tries take so long that waiting outweighs weights.
            ends_at: later(
                self.now,
                Duration::from_millis((1 + self.rng.below(20_000)) * [1, 1, 100][self.seed as usize % 3]),
            ),
            act: act::act(self.seed ^ (clears << 20), &stored.spec, place, before as u64),
            task: stored.spec.tasks[place].clone(),
            cancelled: false,
        };
        let task = running.task.clone();
        let around = self.around();
        assert!(around.within_limits(attempt.instance.run, &task), "a limit of {task:?} is exceeded");
        assert!(around.has_slots(&task), "the pool of {task:?} is full");
        let old = self.executor.insert(key_of(&attempt), (attempt, running));
        assert!(old.is_none(), "no start runs twice");
        let in_use = self.planner.in_use();
        assert!(in_use.tasks <= self.capacity.parallelism, "{in_use:?}");
        assert!(in_use.memory_bytes <= self.capacity.memory_budget_bytes, "{in_use:?}");
    }

    fn around(&self) -> Around<'_> {
        let tries = self.executor.values().map(|(attempt, running)| (attempt.instance.run, &running.task)).collect();
        Around { capacity: &self.capacity, tries, since: &self.since }
    }

    /// Nobody started who stood behind somebody in the same line, or in another whose first could have started too.
    fn hold_against_the_order(&self, decision: &Decision) {
        let around = self.around();
        let runs = self.store.driven();
        let lines = around.in_lines(&runs);
        let ready: Vec<&TaskSpec> = runs.iter().flat_map(Kept::ready).map(|(_, task)| task).collect();
        // One that changed is ready only since now.
        let changed: BTreeSet<InstanceKey> = changed(decision).collect();
        let waited = |instance: &InstanceKey| self.since.contains_key(instance) && !changed.contains(instance);
        for launch in &decision.launches {
            let instance = launch.attempt.instance;
            let started = &self.executor[&key_of(&launch.attempt)].1.task;
            // One that was ready only now came after those that waited.
            let since = self.since.get(&instance).copied().unwrap_or(self.now);
            let since = BTreeMap::from([(instance, since)]);
            let order = Around { since: &since, tries: Vec::new(), capacity: &self.capacity }.order(instance, started);
            for (other, task) in lines.iter().filter(|(instance, _)| waited(instance)) {
                // Those too that have left the line since, because their run is full now.
                let all_fit = || ready.iter().all(|any| any.pool != task.pool || around.has_slots(any));
                let goes_first = around.order(*other, task) < order && (task.pool == started.pool || all_fit());
                assert!(!goes_first, "{instance:?} overtook {other:?}");
            }
        }
    }

    /// Keeps when each instance began to wait for slots.
    fn note_ready(&mut self, decision: &Decision) {
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
    fn note_ended_early(&mut self, decision: &Decision, before: &BTreeMap<RunKey, Vec<TaskState>>) {
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
    fn check(&self) {
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

    /// Runs until nothing moves any more, with up to `disturbances` on the way and at the end.
    pub(super) fn play(&mut self, mut disturbances: u32) {
        loop {
            assert!(self.events < 20_000, "it never ends");
            if disturbances > 0 && self.rng.percent(12) {
                disturbances -= 1;
                self.disturb();
            } else if !self.advance() {
                if disturbances > 0 {
                    disturbances -= 1;
                    self.disturb();
                } else if !self.help() {
                    break;
                }
            }
        }
        assert!(self.store.runs.values().all(|run| run.snapshot.state.is_finished()), "a run never ended");
        assert_eq!(self.planner.in_use().tasks, 0);
    }

    /// Nothing moves any more: drives what is not driven, makes room for what lacks it, and cancels what waits for a past that
    /// will not come. `false`: all are at their end.
    fn help(&mut self) -> bool {
        let is_open = |key: &RunKey| !self.store.runs[key].snapshot.state.is_finished();
        let open: Vec<RunKey> = self.keys().into_iter().filter(is_open).collect();
        let Some(first) = open.first().copied() else { return false };
        if let Some(waiting) = open.iter().find(|key| !self.store.runs[key].driven) {
            self.drive(*waiting);
        } else if self.capacity.pools != roomy_pools() {
            self.capacity.pools = roomy_pools();
            self.apply(Event::CapacityChanged(self.capacity.clone()));
        } else {
            assert!(open.iter().any(|key| self.store.kept(*key).hangs()), "something else holds the runs up");
            self.apply(Event::CancelRun { run: first, reason: "run ends".into() });
        }
        true
    }

    /// Goes to what happens next. `false`: nothing does.
    fn advance(&mut self) -> bool {
        let first = self.executor.iter().map(|(key, (_, running))| (running.ends_at, *key)).min();
        let wake = self.planner.next_wakeup();
        match (first, wake) {
            (Some((at, key)), wake) if wake.is_none_or(|wake| at <= wake.at) => {
                self.now = self.now.max(at);
                self.finish(key, Crash::No);
                true
            }
            (_, Some(wake)) => {
                self.now = self.now.max(wake.at);
                self.apply(Event::Wake);
                true
            }
            (_, None) => false,
        }
    }

    /// A try ends and reports.
    fn finish(&mut self, key: (i64, u32, u32), crash: Crash) {
        let (attempt, running) = self.executor.remove(&key).unwrap();
        let holds = self.holds(&attempt);
        // One that is told to end may have been done before it heard of it.
        let cancelled = running.cancelled && self.rng.percent(70);
        let outcome = if cancelled { Outcome::Cancelled } else { act::outcome(&running.act) };
        let outputs = if act::publishes(&running.act) && !cancelled { vec![output()] } else { Vec::new() };
        let report = Report {
            attempt: attempt.clone(),
            ended_at: self.now,
            outcome,
            outputs,
            metrics: Vec::new(),
            usage: Usage::default(),
        };
        let decision = self.planner.apply(Event::TaskEnded(Box::new(report.clone())), self.now);
        if crash != Crash::BeforeCommit {
            assert_eq!(decision.late.is_empty(), holds, "{attempt:?}");
            if holds {
                let what = if cancelled { Happened::HandedBack } else { Happened::Answered(running.act) };
                self.tell(&attempt, what);
            }
        }
        self.old_reports.push(report);
        match crash {
            Crash::No => self.perform(&decision),
            Crash::BeforeCommit => self.restart(),
            Crash::BeforeLaunch => {
                self.store.commit(&decision.changes, self.capacity.memory_budget_bytes);
                self.restart();
            }
        }
    }

    /// By the store alone: whether that start is what its instance is at.
    fn holds(&self, attempt: &Attempt) -> bool {
        let instance = &self.store.runs[&attempt.instance.run].snapshot.instances[attempt.instance.task.index()];
        instance.state == TaskState::Running && instance.start_number == attempt.start_number
    }

    fn tell(&mut self, attempt: &Attempt, what: Happened) {
        let stored = self.store.runs.get_mut(&attempt.instance.run).unwrap();
        stored.stories[attempt.instance.task.index()].happened.push(what);
    }

    /// Another process goes on from what was kept.
    fn restart(&mut self) {
        self.executor.clear();
        self.since.clear();
        self.planner = Planner::new(self.capacity.clone(), params_check());
        let mut keys: Vec<RunKey> = self.store.driven().iter().map(|run| run.key).collect();
        if self.rng.percent(50) {
            keys.reverse();
        }
        let idle = Capacity { parallelism: 0, ..self.capacity.clone() };
        self.planner.apply(Event::CapacityChanged(idle), self.now);
        for key in &keys {
            let kept = self.store.snapshot(*key);
            let decision = self.planner.apply(Event::RunAdded(Box::new(kept)), self.now);
            self.store.commit(&decision.changes, self.capacity.memory_budget_bytes);
        }
        for key in &keys {
            for place in self.store.runs[key].in_states(TaskState::is_active) {
                self.store.runs.get_mut(key).unwrap().stories[place].happened.push(Happened::HostLost);
            }
            let decision = self.planner.apply(Event::HostLost(Held::Run(*key)), self.now);
            self.store.commit(&decision.changes, self.capacity.memory_budget_bytes);
        }
        self.apply(Event::CapacityChanged(self.capacity.clone()));
    }

    fn disturb(&mut self) {
        match self.rng.below(15) {
            0 => self.restart(),
            1 | 2 => self.crash_at_a_report(),
            3 => self.lose_hosts(),
            4 => self.hand_back(),
            5 => self.cancel(),
            6 | 7 => self.clear(),
            8 => self.mark(),
            9 => self.clear_alone(),
            10 | 11 => self.change_capacity(),
            12 => self.let_go(),
            13 => self.change_past(),
            _more => self.repeat_a_report(),
        }
    }

    fn crash_at_a_report(&mut self) {
        let keys: Vec<_> = self.executor.keys().copied().collect();
        let Some(key) = self.rng.pick(&keys).copied() else { return };
        let crash = if self.rng.percent(50) { Crash::BeforeCommit } else { Crash::BeforeLaunch };
        self.finish(key, crash);
    }

    fn some_running(&mut self) -> Vec<Attempt> {
        let attempts: Vec<Attempt> = self.executor.values().map(|(attempt, _)| attempt.clone()).collect();
        attempts.into_iter().filter(|_| self.rng.percent(50)).collect()
    }

    fn lose_hosts(&mut self) {
        let attempts = self.some_running();
        for attempt in &attempts {
            self.executor.remove(&key_of(attempt));
            if self.holds(attempt) {
                self.tell(attempt, Happened::HostLost);
            }
        }
        self.apply(Event::HostLost(Held::Attempts(attempts)));
    }

    fn hand_back(&mut self) {
        let attempts = self.some_running();
        for attempt in &attempts {
            if self.holds(attempt) && !self.executor[&key_of(attempt)].1.cancelled {
                self.tell(attempt, Happened::HandedBack);
            }
        }
        self.apply(Event::HandBack(Held::Attempts(attempts)));
    }

    fn some_run(&mut self) -> RunKey {
        let keys = self.keys();
        let key = *self.rng.pick(&keys).unwrap();
        self.drive(key);
        key
    }

    /// A run at its end is not driven any more.
    fn let_go(&mut self) {
        let runs = self.store.runs.iter();
        let done = runs.filter(|(_, run)| run.driven && run.snapshot.state.is_finished());
        let done: Vec<RunKey> = done.map(|(key, _)| *key).collect();
        let Some(key) = self.rng.pick(&done).copied() else { return };
        self.store.runs.get_mut(&key).unwrap().driven = false;
        self.apply(Event::RunRemoved(key));
    }

    /// A run loses its past, or a person marks something in a past that is not driven here.
    fn change_past(&mut self) {
        let key = self.some_run();
        let Some(past) = self.store.runs[&key].past else { return };
        let stored = self.store.runs.get_mut(&past).unwrap();
        if stored.driven || self.rng.percent(30) {
            self.store.runs.get_mut(&key).unwrap().past = None;
        } else if stored.snapshot.state.is_finished() {
            stored.cleared_alone = true;
            let place = self.rng.below(stored.spec.tasks.len() as u64) as usize;
            let state = if self.rng.percent(70) { TaskState::Success } else { TaskState::Failed };
            stored.snapshot.instances[place].record(&TaskStep::Mark { state, reason: "a person".into() });
        }
        let past = self.store.past_run(key);
        self.apply(Event::PastChanged { run: key, past });
    }

    fn cancel(&mut self) {
        let run = self.some_run();
        self.apply(Event::CancelRun { run, reason: "run ends".into() });
    }

    fn clear_places(&mut self, run: RunKey, places: &[usize]) {
        self.apply(Event::Clear { run, tasks: places.iter().map(|place| ix(*place)).collect() });
    }

    /// A task with all that comes after it; of a run that was ended early, all that is not a success.
    fn clear(&mut self) {
        let run = self.some_run();
        let stored = self.store.runs.get_mut(&run).unwrap();
        let from = if stored.ended_early {
            stored.ended_early = false;
            stored.in_states(|state| state != TaskState::Success)
        } else {
            vec![self.rng.below(stored.spec.tasks.len() as u64) as usize]
        };
        let places = stored.spec.with_descendants(&from);
        self.clear_places(run, &places);
    }

    /// A task without what comes after it: its downstreams keep what they were.
    fn clear_alone(&mut self) {
        let run = self.some_run();
        let stored = self.store.runs.get_mut(&run).unwrap();
        stored.cleared_alone = true;
        let place = self.rng.below(stored.spec.tasks.len() as u64) as usize;
        self.clear_places(run, &[place]);
    }

    /// A task is marked, and all that comes after it cleared.
    fn mark(&mut self) {
        let run = self.some_run();
        let stored = &self.store.runs[&run];
        let place = self.rng.below(stored.spec.tasks.len() as u64) as usize;
        if stored.snapshot.state != RunState::Running || stored.stories[place].marked.is_some() {
            return;
        }
        let below: Vec<usize> = stored.spec.with_descendants(&[place]).into_iter().filter(|at| *at != place).collect();
        let state = if self.rng.percent(50) { MarkAs::Success } else { MarkAs::Failed };
        let instance = InstanceKey { run, task: ix(place) };
        self.apply(Event::Mark { instance, state, reason: "a person".into() });
        self.clear_places(run, &below);
    }

    fn change_capacity(&mut self) {
        // The budget stays: what the model knows depends on it.
        self.capacity.parallelism = 1 + self.rng.below(6) as u32;
        self.capacity.pools = pools(&mut self.rng);
        self.apply(Event::CapacityChanged(self.capacity.clone()));
    }

    fn repeat_a_report(&mut self) {
        let Some(report) = self.rng.pick(&self.old_reports).cloned() else { return };
        if self.executor.contains_key(&key_of(&report.attempt)) {
            return;
        }
        let decision = self.apply(Event::TaskEnded(Box::new(report)));
        assert_eq!(decision.late.len(), 1, "an old report is passed over");
    }
}

/// Instances that a decision changes.
fn changed(decision: &Decision) -> impl Iterator<Item = InstanceKey> + '_ {
    decision.changes.iter().filter_map(|change| match change {
        Change::Task(change) => Some(change.instance),
        Change::Run(_) | Change::Call(_) => None,
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

fn states(run: &Stored) -> Vec<TaskState> {
    run.snapshot.instances.iter().map(|instance| instance.state).collect()
}

fn key_of(attempt: &Attempt) -> (i64, u32, u32) {
    (attempt.instance.run.0, attempt.instance.task.0, attempt.start_number)
}
