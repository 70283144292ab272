//! What disturbs the simulated world: people, crashes, lost hosts, stops.

use super::act::Happened;
use super::pools;
use super::world::{Crash, World, key_of};
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::change::TaskStep;
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::tests::play::params_check;
use crate::planner::tests::spec::ix;
use crate::planner::{Capacity, Event, Held, Planner};

impl World {
    pub(super) fn disturb(&mut self) {
        match self.rng.below(16) {
            0 => self.restart(),
            1 | 2 => self.crash_at_a_report(),
            3 => self.lose_hosts(),
            4 => self.hand_back(),
            person @ 5..10 => {
                let run = self.some_run();
                match person {
                    5 => self.cancel(run),
                    6 | 7 => self.clear(run),
                    8 => self.mark(run),
                    _more => self.clear_alone(run),
                }
            }
            10 | 11 => self.change_capacity(),
            12 => self.let_go(),
            13 => self.change_past(),
            14 => self.set_clock(),
            _more => self.repeat_a_report(),
        }
    }

    /// Another process goes on from what was kept.
    pub(super) fn restart(&mut self) {
        self.restarts += 1;
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
            self.commit(&decision);
        }
        for key in &keys {
            for place in self.store.runs[key].in_states(TaskState::is_active) {
                self.store.runs.get_mut(key).unwrap().stories[place].happened.push(Happened::HostLost);
            }
            let decision = self.planner.apply(Event::HostLost(Held::Run(*key)), self.now);
            self.commit(&decision);
        }
        self.apply(Event::CapacityChanged(self.capacity.clone()));
    }

    pub(super) fn crash_at_a_report(&mut self) {
        let keys: Vec<_> = self.executor.keys().copied().collect();
        let Some(key) = self.rng.pick(&keys).copied() else { return };
        let crash = if self.rng.percent(50) { Crash::BeforeCommit } else { Crash::BeforeLaunch };
        self.finish(key, crash);
    }

    fn some_running(&mut self) -> Vec<Attempt> {
        let attempts: Vec<Attempt> = self.executor.values().map(|(attempt, _)| attempt.clone()).collect();
        attempts.into_iter().filter(|_| self.rng.percent(50)).collect()
    }

    pub(super) fn lose_hosts(&mut self) {
        let attempts = self.some_running();
        for attempt in &attempts {
            self.executor.remove(&key_of(attempt));
            if self.holds(attempt) {
                self.tell(attempt, Happened::HostLost);
            }
        }
        self.apply(Event::HostLost(Held::Attempts(attempts)));
    }

    pub(super) fn hand_back(&mut self) {
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
        self.forget(key);
    }

    /// A run is not driven any more.
    pub(super) fn forget(&mut self, run: RunKey) {
        let stored = self.store.runs.get_mut(&run).unwrap();
        if std::mem::replace(&mut stored.driven, false) {
            self.apply(Event::RunRemoved(run));
        }
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

    pub(super) fn cancel(&mut self, run: RunKey) {
        self.apply(Event::CancelRun { run, reason: "run ends".into() });
    }

    pub(super) fn clear_places(&mut self, run: RunKey, places: &[usize]) {
        self.apply(Event::Clear { run, tasks: places.iter().map(|place| ix(*place)).collect() });
    }

    /// A task with all that comes after it; of a run that was ended early, all that is not a success.
    fn clear(&mut self, run: RunKey) {
        let places = self.places_to_clear(run);
        self.clear_places(run, &places);
    }

    pub(super) fn places_to_clear(&mut self, run: RunKey) -> Vec<usize> {
        let stored = self.store.runs.get_mut(&run).unwrap();
        let from = if stored.ended_early {
            stored.ended_early = false;
            let bad = stored.in_states(|state| state != TaskState::Success);
            // They may have been marked.
            if bad.is_empty() { vec![0] } else { bad }
        } else {
            vec![self.rng.below(stored.spec.tasks.len() as u64) as usize]
        };
        stored.spec.with_descendants(&from)
    }

    /// A run at its end is cleared, and not begun.
    pub(super) fn clear_to_wait(&mut self, run: RunKey, places: &[usize]) {
        self.drive(run);
        self.apply(Event::ClearToWait { run, tasks: places.iter().map(|place| ix(*place)).collect() });
        self.forget(run);
    }

    /// All of a run at its end is cleared, by a backfill.
    pub(super) fn clear_all(&mut self, run: RunKey) {
        let stored = self.store.runs.get_mut(&run).unwrap();
        (stored.ended_early, stored.cleared_alone) = (false, false);
        let places: Vec<usize> = (0..stored.spec.tasks.len()).collect();
        self.clear_places(run, &places);
    }

    /// A task without what comes after it: its downstreams keep what they were.
    pub(super) fn clear_alone(&mut self, run: RunKey) {
        let stored = self.store.runs.get_mut(&run).unwrap();
        stored.cleared_alone = true;
        let place = self.rng.below(stored.spec.tasks.len() as u64) as usize;
        self.clear_places(run, &[place]);
    }

    /// A task is marked, and all that comes after it cleared.
    pub(super) fn mark(&mut self, run: RunKey) {
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

    /// A task is marked, and what comes after it keeps what it was.
    pub(super) fn mark_only(&mut self, run: RunKey) {
        let stored = self.store.runs.get_mut(&run).unwrap();
        stored.cleared_alone = true;
        let place = self.rng.below(stored.spec.tasks.len() as u64) as usize;
        let state = if self.rng.percent(50) { MarkAs::Success } else { MarkAs::Failed };
        let instance = InstanceKey { run, task: ix(place) };
        self.apply(Event::Mark { instance, state, reason: "a person".into() });
    }

    pub(super) fn change_capacity(&mut self) {
        // The budget stays: what the model knows depends on it.
        self.capacity.parallelism = 1 + self.rng.below(6) as u32;
        self.capacity.pools = pools(&mut self.rng);
        self.apply(Event::CapacityChanged(self.capacity.clone()));
    }

    pub(super) fn repeat_a_report(&mut self) {
        let Some(report) = self.rng.pick(&self.old_reports).cloned() else { return };
        if self.executor.contains_key(&key_of(&report.attempt)) {
            return;
        }
        let decision = self.apply(Event::TaskEnded(Box::new(report)));
        assert_eq!(decision.late.len(), 1, "an old report is passed over");
    }

    /// One that runs loses its host.
    pub(super) fn lose_host(&mut self, key: (i64, u32, u32)) {
        let (attempt, _) = self.executor.remove(&key).unwrap();
        if self.holds(&attempt) {
            self.tell(&attempt, Happened::HostLost);
        }
        self.apply(Event::HostLost(Held::Attempts(vec![attempt])));
    }
}
