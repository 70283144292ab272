//! The planner itself: hands events to their runs, fires timers, gives free slots to who comes first, ends runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::ids::{InstanceKey, PoolName, RunKey, TaskIx};
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{Attempt, Report};
use crate::lifecycle::state::RunState;
use crate::planner::event::{Capacity, Decision, Event, Held, RunSnapshot, WakeUp, Why};
use crate::planner::launch::ParamsCheck;
use crate::planner::lines::Lines;
use crate::planner::run::{Cx, Run};
use crate::planner::slots::{InUse, Slots};
use crate::planner::timers::Timers;

/// All runs that are driven here. See the room's page.
#[derive(Debug)]
pub struct Planner {
    pub(super) runs: BTreeMap<RunKey, Run>,
    /// Who waits for slots.
    pub(super) lines: Lines,
    /// For each run, driven here or not, those driven here that it is the past of.
    pub(super) later: BTreeMap<RunKey, BTreeSet<RunKey>>,
    pub(super) shared: Shared,
}

/// What all runs share.
pub(super) struct Shared {
    pub(super) slots: Slots,
    pub(super) timers: Timers,
    pub(super) params_check: ParamsCheck,
    tickets: u64,
}

impl Shared {
    /// A place in the order of arrival, from 1.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.tickets = self.tickets.saturating_add(1);
        self.tickets
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("slots", &self.slots).field("timers", &self.timers).finish_non_exhaustive()
    }
}

impl Planner {
    /// A planner without runs. `params_check` holds rendered params against a plugin's schema.
    pub fn new(capacity: Capacity, params_check: ParamsCheck) -> Self {
        let shared = Shared { slots: Slots::new(capacity), timers: Timers::default(), params_check, tickets: 0 };
        Self { runs: BTreeMap::new(), lines: Lines::default(), later: BTreeMap::new(), shared }
    }

    /// Takes in what happened, and all that is due at `now`, and decides what follows.
    pub fn apply(&mut self, event: Event, now: Timestamp) -> Decision {
        let mut out = Decision::default();
        let mut touched = BTreeSet::new();
        self.take_in(event, now, &mut out, &mut touched);
        self.fire(now, &mut out, &mut touched);
        self.settle(touched.clone(), now, &mut out, &mut touched);
        self.fill(now, &mut out, &mut touched);
        for key in &touched {
            self.with_run(*key, now, &mut out, Run::end_if_over);
        }
        self.drop_stale_timers();
        out
    }

    /// When to apply [`Event::Wake`] at the latest, and why. `None`: only an event brings anything.
    pub fn next_wakeup(&self) -> Option<WakeUp> {
        self.shared.timers.first().map(|(at, why)| WakeUp { at, why })
    }

    /// What is taken of the capacity.
    pub fn in_use(&self) -> InUse {
        self.shared.slots.in_use()
    }

    /// The slots of a pool that are taken.
    pub fn pool_in_use(&self, pool: &PoolName) -> u32 {
        self.shared.slots.held_of(pool)
    }

    /// An instance as it stands, with all decisions made so far.
    pub fn instance(&self, key: InstanceKey) -> Option<&Instance> {
        self.runs.get(&key.run)?.node(key.task).map(|node| &node.inst)
    }

    /// A run's state, with all decisions made so far. `None`: it is not driven here.
    pub fn run_state(&self, key: RunKey) -> Option<RunState> {
        self.runs.get(&key).map(|run| run.state)
    }

    fn take_in(&mut self, event: Event, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        match event {
            Event::RunAdded(snapshot) => {
                touched.insert(snapshot.key);
                self.add(*snapshot, now, out, touched);
            }
            Event::TaskEnded(report) => self.report(*report, now, out, touched),
            Event::Wake => {}
            Event::CancelRun { run, reason } => {
                touched.insert(run);
                self.with_run(run, now, out, |run, cx| run.cancel(&reason, cx));
            }
            Event::HostLost(held) => self.lose_hosts(held, now, out, touched),
            Event::HandBack(held) => self.hand_back(held, now, out, touched),
            Event::Clear { run, tasks } => {
                touched.insert(run);
                self.with_run(run, now, out, |run, cx| run.clear(&tasks, cx));
            }
            Event::ClearToWait { run, tasks } => {
                touched.insert(run);
                self.with_run(run, now, out, |run, cx| {
                    run.clear_and_queue(&tasks, cx);
                });
            }
            Event::Mark { instance, state, reason } => {
                touched.insert(instance.run);
                self.with_run(instance.run, now, out, |run, cx| run.mark(instance.task, state, reason, cx));
            }
            Event::Refused { instance, actual } => {
                touched.insert(instance.run);
                self.reload(instance, *actual, now, out);
            }
            Event::RunRemoved(key) => self.remove(key, now, out),
            Event::CapacityChanged(capacity) => self.change_capacity(capacity),
            Event::PastChanged { run, past } => {
                touched.insert(run);
                self.change_past(run, past);
            }
        }
    }

    fn with_run(&mut self, key: RunKey, now: Timestamp, out: &mut Decision, act: impl FnOnce(&mut Run, &mut Cx<'_>)) {
        if let Some(run) = self.runs.get_mut(&key) {
            act(run, &mut Cx { now, shared: &mut self.shared, out });
        }
    }

    fn add(&mut self, snapshot: RunSnapshot, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        let key = snapshot.key;
        self.remove(key, now, out);
        let run = Run::load(snapshot, &mut Cx { now, shared: &mut self.shared, out });
        self.runs.insert(key, run);
        self.join(key, touched);
    }

    fn remove(&mut self, key: RunKey, now: Timestamp, out: &mut Decision) {
        self.with_run(key, now, out, Run::abandon);
        self.part(key);
        if let Some(run) = self.runs.remove(&key) {
            self.unlist(&run);
        }
    }

    fn report(&mut self, report: Report, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        let attempt = report.attempt.clone();
        let key = attempt.instance.run;
        let mut holds = false;
        if !self.shared.slots.reported(&attempt) {
            touched.insert(key);
            self.with_run(key, now, out, |run, cx| holds = run.report(report, cx));
        }
        if !holds {
            out.late.push(attempt);
        }
    }

    fn lose_hosts(&mut self, held: Held, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        if let Held::Attempts(attempts) = &held {
            for attempt in attempts {
                self.shared.slots.reported(attempt);
            }
        }
        for instance in self.held(&held) {
            touched.insert(instance.run);
            self.with_run(instance.run, now, out, |run, cx| run.lose_host(instance.task, cx));
        }
    }

    fn hand_back(&mut self, held: Held, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        for instance in self.held(&held) {
            touched.insert(instance.run);
            self.with_run(instance.run, now, out, |run, cx| run.hand_back(instance.task, cx));
        }
    }

    /// The instances that are active and meant.
    fn held(&self, held: &Held) -> Vec<InstanceKey> {
        let holds = |attempt: &&Attempt| self.runs.get(&attempt.instance.run).is_some_and(|run| run.holds(attempt));
        match held {
            Held::Attempts(attempts) => attempts.iter().filter(holds).map(|attempt| attempt.instance).collect(),
            Held::Run(key) => {
                let active = self.runs.get(key).map_or_else(Vec::new, Run::active);
                active.into_iter().map(|task: TaskIx| InstanceKey { run: *key, task }).collect()
            }
        }
    }

    fn reload(&mut self, key: InstanceKey, actual: Instance, now: Timestamp, out: &mut Decision) {
        // A cancelled start that was never recorded was never launched either: nobody will report it.
        let recorded = actual.start_number;
        self.shared.slots.never_ran(|attempt| attempt.instance == key && attempt.start_number > recorded);
        self.with_run(key.run, now, out, |run, cx| run.reload(key.task, actual, cx));
    }

    /// Does what is due.
    fn fire(&mut self, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        while let Some((at, why)) = self.shared.timers.first().filter(|(at, _)| *at <= now) {
            self.shared.timers.drop_first();
            let key = run_of(why);
            if !self.runs.get(&key).is_some_and(|run| run.waits_for(why, at)) {
                continue;
            }
            touched.insert(key);
            self.with_run(key, now, out, |run, cx| match why {
                Why::Retry(instance) | Why::Reschedule(instance) => {
                    run.step(instance.task, TaskEvent::Due, now, cx);
                }
                Why::RunTimeout(_) => run.time_out(cx),
                Why::Deadline(_) => run.miss_deadline(cx),
            });
        }
    }

    /// Looks at what changed in these runs and, where they wait for it, in those that come after them; and brings their
    /// places among the others up to date.
    pub(super) fn settle(
        &mut self,
        keys: BTreeSet<RunKey>,
        now: Timestamp,
        out: &mut Decision,
        touched: &mut BTreeSet<RunKey>,
    ) {
        let mut open = keys;
        while let Some(key) = open.pop_first() {
            touched.insert(key);
            self.with_run(key, now, out, Run::settle);
            self.list(key);
            open.extend(self.tell_later(key));
        }
    }

    fn drop_stale_timers(&mut self) {
        while let Some((at, why)) = self.shared.timers.first() {
            if self.runs.get(&run_of(why)).is_some_and(|run| run.waits_for(why, at)) {
                return;
            }
            self.shared.timers.drop_first();
        }
    }
}

fn run_of(why: Why) -> RunKey {
    match why {
        Why::Retry(instance) | Why::Reschedule(instance) => instance.run,
        Why::RunTimeout(run) | Why::Deadline(run) => run,
    }
}
