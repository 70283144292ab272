//! The simulated world: planner, store, an executor and a clock, which may be set. What disturbs them is in `disturb`, what
//! must hold in `checks`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::contract::Outcome;
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::launch::{Attempt, Report, Usage};
use crate::lifecycle::state::TaskState;
use crate::planner::tests::play::{output, params_check, snapshot};
use crate::planner::tests::rng::Rng;
use crate::planner::tests::sim::act::{self, Act, Happened};
use crate::planner::tests::sim::naive::Around;
use crate::planner::tests::sim::roomy_pools;
use crate::planner::tests::sim::store::{Store, Stored};
use crate::planner::tests::spec::{Spec, TaskSpec};
use crate::planner::{Capacity, Decision, EndedRun, Event, Planner};

/// A try that the simulated executor runs.
pub(super) struct Running {
    /// By how much time passed since the beginning, whatever the clock says.
    ends_at: SignedDuration,
    act: Act,
    pub(super) task: TaskSpec,
    pub(super) cancelled: bool,
}

pub(super) struct World {
    seed: u64,
    /// Hosts are lost all the time.
    pub(super) is_lossy: bool,
    pub(super) rng: Rng,
    /// When it began.
    begin: Timestamp,
    /// How much time has passed since.
    elapsed: SignedDuration,
    /// What the clock says.
    pub(super) now: Timestamp,
    pub(super) capacity: Capacity,
    pub(super) planner: Planner,
    pub(super) store: Store,
    pub(super) executor: BTreeMap<(i64, u32, u32), (Attempt, Running)>,
    pub(super) old_reports: Vec<Report>,
    /// Runs that came to their end, by what was committed, and nobody asked about them yet.
    pub(super) ended: Vec<EndedRun>,
    /// How often another process went on.
    pub(super) restarts: u64,
    /// When each ready instance became so.
    pub(super) since: BTreeMap<InstanceKey, Timestamp>,
    pub(super) events: u64,
}

/// What happens next.
pub(super) enum Next {
    Ends((i64, u32, u32)),
    Wakes,
}

/// When the process dies.
#[derive(PartialEq)]
pub(super) enum Crash {
    No,
    BeforeCommit,
    BeforeLaunch,
}

impl World {
    /// `seed` decides what the tasks do, `timing` everything else.
    pub(super) fn new(seed: u64, timing: u64, begin: Timestamp, capacity: Capacity, specs: &[(Spec, bool)]) -> Self {
        let planner = Planner::new(capacity.clone(), params_check());
        let mut world = Self {
            seed,
            is_lossy: false,
            rng: Rng::new(timing),
            begin,
            elapsed: SignedDuration::ZERO,
            now: begin,
            capacity,
            planner,
            store: Store::default(),
            executor: BTreeMap::new(),
            old_reports: Vec::new(),
            ended: Vec::new(),
            restarts: 0,
            since: BTreeMap::new(),
            events: 0,
        };
        for ((spec, has_past), key) in specs.iter().zip(1..) {
            let stored = Stored::new(spec.clone(), snapshot(key, spec));
            let past = (*has_past && key > 1).then(|| RunKey(key - 1));
            world.store.runs.insert(RunKey(key), Stored { past, ..stored });
        }
        for key in world.keys() {
            if world.rng.percent(75) {
                world.drive(key);
            }
        }
        world
    }

    pub(super) fn keys(&self) -> Vec<RunKey> {
        self.store.runs.keys().copied().collect()
    }

    /// Has the planner drive a run, if it does not yet.
    pub(super) fn drive(&mut self, key: RunKey) {
        if !self.store.runs[&key].driven {
            let snapshot = self.store.snapshot(key);
            self.store.runs.get_mut(&key).unwrap().driven = true;
            self.apply(Event::RunAdded(Box::new(snapshot)));
        }
    }

    pub(super) fn apply(&mut self, event: Event) -> Decision {
        let decision = self.planner.apply(event, self.now);
        self.perform(&decision);
        decision
    }

    fn perform(&mut self, decision: &Decision) {
        self.events += 1;
        let driven = self.store.runs.iter().filter(|(_, run)| run.driven);
        let before: BTreeMap<RunKey, Vec<TaskState>> = driven.map(|(key, run)| (*key, states(run))).collect();
        self.commit(decision);
        for launch in &decision.launches {
            self.launch(launch.attempt.clone());
        }
        for attempt in &decision.cancels {
            let soon = self.elapsed + SignedDuration::from_millis(self.rng.below(3000) as i64);
            let (_, running) = self.executor.get_mut(&key_of(attempt)).expect("what is cancelled runs");
            running.cancelled = true;
            running.ends_at = soon;
        }
        self.note_ended_early(decision, &before);
        self.hold_against_the_order(decision);
        self.note_ready(decision);
        self.check();
        self.check_cancels();
    }

    pub(super) fn commit(&mut self, decision: &Decision) {
        self.store.commit(&decision.changes, self.capacity.memory_budget_bytes);
        self.ended.extend(&decision.ended_runs);
    }

    pub(super) fn launch(&mut self, attempt: Attempt) {
        let stored = &self.store.runs[&attempt.instance.run];
        let place = attempt.instance.task.index();
        let before = stored.stories[place].happened.iter().filter(|what| matches!(what, Happened::Answered(_))).count();
        let clears = u64::from(stored.snapshot.instances[place].clears);
        // In some worlds tries take so long that waiting outweighs weights.
        let takes = (1 + self.rng.below(20_000)) * [1, 1, 100][self.seed as usize % 3];
        let seed = self.seed ^ (clears << 20) ^ stored.seed;
        let running = Running {
            ends_at: self.elapsed + SignedDuration::from_millis(takes as i64),
            act: act::act(seed, &stored.spec, place, before as u64),
            task: stored.spec.tasks[place].clone(),
            cancelled: false,
        };
        let task = running.task.clone();
        let around = self.around();
        assert!(around.within_limits(&stored.of(attempt.instance.run, &task)), "a limit of {task:?} is exceeded");
        self.check_active_tasks(&attempt);
        assert!(around.has_slots(&task), "the pool of {task:?} is full");
        let old = self.executor.insert(key_of(&attempt), (attempt, running));
        assert!(old.is_none(), "no start runs twice");
        let in_use = self.planner.in_use();
        assert!(in_use.tasks <= self.capacity.parallelism, "{in_use:?}");
        assert!(in_use.memory_bytes <= self.capacity.memory_budget_bytes, "{in_use:?}");
    }

    pub(super) fn around(&self) -> Around<'_> {
        let held = self.executor.values().map(|(attempt, running)| (attempt.instance.run, &running.task));
        let tries = held.map(|(run, task)| self.store.runs[&run].of(run, task)).collect();
        Around { capacity: &self.capacity, tries, since: &self.since }
    }

    /// Runs until nothing moves any more, with up to `disturbances` on the way and at the end.
    pub(super) fn play(&mut self, mut disturbances: u32) {
        self.is_lossy = disturbances > 0 && self.seed % 5 == 4;
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
        let Some((left, next)) = self.next() else { return false };
        self.pass(left);
        self.go_on(next);
        true
    }

    /// What happens next, and how soon.
    pub(super) fn next(&self) -> Option<(SignedDuration, Next)> {
        let first = self.executor.iter().map(|(key, (_, running))| (running.ends_at, *key)).min();
        let ends = first.map(|(at, key)| (at - self.elapsed, Next::Ends(key)));
        let wakes = self.planner.next_wakeup().map(|wake| (self.until(wake.at), Next::Wakes));
        // Of both at once, the end.
        ends.into_iter().chain(wakes).min_by_key(|(left, _)| *left)
    }

    /// How long the loop would sleep until then.
    pub(super) fn until(&self, at: Timestamp) -> SignedDuration {
        at.duration_since(self.now).max(SignedDuration::ZERO)
    }

    pub(super) fn pass(&mut self, time: SignedDuration) {
        self.elapsed += time;
        self.now += time;
    }

    /// The clock is set wrong, or right again, which the loop sees when it looks the next time.
    pub(super) fn set_clock(&mut self) {
        let right = self.begin + self.elapsed;
        if self.now != right && self.rng.percent(60) {
            self.now = right;
        } else {
            let hours = self.rng.below(9) as i64 - 3;
            self.now += SignedDuration::from_mins(60 * hours + self.rng.below(60) as i64);
        }
        self.apply(Event::Wake);
    }

    pub(super) fn go_on(&mut self, next: Next) {
        match next {
            Next::Ends(key) if self.is_lossy && self.rng.percent(25) => self.lose_host(key),
            Next::Ends(key) => self.finish(key, Crash::No),
            Next::Wakes => drop(self.apply(Event::Wake)),
        }
    }

    /// A try ends and reports.
    pub(super) fn finish(&mut self, key: (i64, u32, u32), crash: Crash) {
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
                self.commit(&decision);
                self.restart();
            }
        }
    }

    /// By the store alone: whether that start is what its instance is at.
    pub(super) fn holds(&self, attempt: &Attempt) -> bool {
        let instance = &self.store.runs[&attempt.instance.run].snapshot.instances[attempt.instance.task.index()];
        instance.state == TaskState::Running && instance.start_number == attempt.start_number
    }

    pub(super) fn tell(&mut self, attempt: &Attempt, what: Happened) {
        let stored = self.store.runs.get_mut(&attempt.instance.run).unwrap();
        stored.stories[attempt.instance.task.index()].happened.push(what);
    }
}

pub(super) fn states(run: &Stored) -> Vec<TaskState> {
    run.snapshot.instances.iter().map(|instance| instance.state).collect()
}

pub(super) fn key_of(attempt: &Attempt) -> (i64, u32, u32) {
    (attempt.instance.run.0, attempt.instance.task.0, attempt.start_number)
}
