//! What the planner is told, and what it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::dag::model::{Dag, RunInputs};
use crate::ids::{InstanceKey, PoolName, RunId, RunKey, TaskIx};
use crate::lifecycle::change::Change;
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{Attempt, Launch, Report, RunDates};
use crate::lifecycle::state::RunState;
use crate::limits::DEFAULT_POOL_SLOTS;
use crate::planner::past::PastRun;

/// What may run at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Tasks at once. 0 launches nothing: so a server stops in good order.
    pub parallelism: u32,
    /// The memory limits of all that runs stay within it together.
    pub memory_budget_bytes: u64,
    /// What tasks declare for `/out` and `/tmp` stays within it together.
    pub scratch_budget_bytes: u64,
    /// The pools with their slots. One with 0 starts nothing; what names a pool that is not here waits.
    pub pools: BTreeMap<PoolName, u32>,
}

impl Capacity {
    /// With no pool but the default one, in its usual size, and a disk without an end.
    pub fn new(parallelism: u32, memory_budget_bytes: u64) -> Self {
        let pools = BTreeMap::from([(PoolName::default(), DEFAULT_POOL_SLOTS)]);
        Self { parallelism, memory_budget_bytes, scratch_budget_bytes: u64::MAX, pools }
    }
}

/// A run as it is kept: a new one, or one of before a crash.
#[derive(Debug, Clone)]
pub struct RunSnapshot {
    /// Its key.
    pub key: RunKey,
    /// Its id.
    pub run_id: RunId,
    /// The DAG version that it holds.
    pub dag: Arc<Dag>,
    /// What was fixed when it was made.
    pub inputs: Arc<RunInputs>,
    /// Its dates.
    pub dates: RunDates,
    /// Its state.
    pub state: RunState,
    /// When it last began; `dagrun_timeout` counts from here. `None` before.
    pub started_at: Option<Timestamp>,
    /// Whether it is recorded that its deadline passed since it last began.
    pub missed_deadline: bool,
    /// Its instances, in the order of the DAG's tasks. Those that lack at the end are new.
    pub instances: Vec<Instance>,
    /// The DAG's run before it, by logical date, among scheduled and backfill runs. `None`: it is the first, or it was
    /// triggered by hand, so it has no past.
    pub past: Option<PastRun>,
    /// Whether its tasks let those of other runs go first: it is of a backfill.
    pub in_background: bool,
}

impl RunSnapshot {
    /// One that was just made: all its instances are new.
    pub fn new(key: RunKey, run_id: RunId, dag: Arc<Dag>, inputs: RunInputs, dates: RunDates) -> Self {
        let inputs = Arc::new(inputs);
        let (state, instances) = (RunState::Queued, Vec::new());
        Self {
            key,
            run_id,
            dag,
            inputs,
            dates,
            state,
            started_at: None,
            missed_deadline: false,
            instances,
            past: None,
            in_background: false,
        }
    }
}

/// Which active instances an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// These; one that is not active any more is passed over.
    Attempts(Vec<Attempt>),
    /// All of a run.
    Run(RunKey),
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A run is to be driven from here on. If some of its instances are active, and nobody runs them, an
    /// [`Event::HostLost`] follows. A run that is known is forgotten first.
    RunAdded(Box<RunSnapshot>),
    /// A try ended. One that does not hold any more is passed over and named in [`Decision::late`].
    TaskEnded(Box<Report>),
    /// Nothing but time passed.
    Wake,
    /// A run is to end now: by a person, or because its process ended.
    CancelRun {
        /// Which.
        run: RunKey,
        /// Why, for people.
        reason: String,
    },
    /// What ran these is gone, or a committed launch did not happen. No report will come.
    HostLost(Held),
    /// What runs these stops in good order and gives them back. Set the parallelism to 0 before.
    HandBack(Held),
    /// A person, or `run --resume`, clears instances.
    Clear {
        /// Of which run.
        run: RunKey,
        /// Which.
        tasks: Vec<TaskIx>,
    },
    /// As [`Event::Clear`], of a run at its end for which there is no room now: it is queued, and not begun. Whoever has it
    /// begin adds it again.
    ClearToWait {
        /// Of which run.
        run: RunKey,
        /// Which.
        tasks: Vec<TaskIx>,
    },
    /// A person marks an instance.
    Mark {
        /// Which.
        instance: InstanceKey,
        /// As what.
        state: MarkAs,
        /// The person's reason.
        reason: String,
    },
    /// The store refused a change of this instance, since somebody else changed it. Its launch was not performed.
    Refused {
        /// Which.
        instance: InstanceKey,
        /// As it is kept.
        actual: Box<Instance>,
    },
    /// A run is not driven from here any more.
    RunRemoved(RunKey),
    /// More or less may run at once. What runs goes on.
    CapacityChanged(Capacity),
    /// Another run comes before this one now (one was made or deleted in between), or what is kept of it changed
    /// otherwise than by being driven here.
    PastChanged {
        /// The later run.
        run: RunKey,
        /// What comes before it.
        past: Option<PastRun>,
    },
}

/// What follows. To be done in this order: commit `changes` in one transaction, in which each may be refused by itself;
/// say [`Event::Refused`] for those that were; perform the other launches; end `cancels`. If there is no commit at all,
/// the planner is ahead of the store: make another from what is kept.
#[derive(Debug, Default)]
pub struct Decision {
    /// To be recorded in one transaction, in this order.
    pub changes: Vec<Change>,
    /// To be launched after that commit. Each gives one report, also when it is cancelled.
    pub launches: Vec<Launch>,
    /// To be ended. Their reports still come, and give their slots back.
    pub cancels: Vec<Attempt>,
    /// Runs that are at their end with these changes.
    pub ended_runs: Vec<EndedRun>,
    /// Reports that were passed over, since their try does not hold any more.
    pub late: Vec<Attempt>,
}

/// A run at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedRun {
    /// Which.
    pub run: RunKey,
    /// success or failed.
    pub state: RunState,
}

impl Decision {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.launches.is_empty() && self.cancels.is_empty()
    }

    /// Adds what was decided later, so that several events are committed together.
    pub fn absorb(&mut self, mut later: Self) {
        self.changes.append(&mut later.changes);
        self.launches.append(&mut later.launches);
        self.cancels.append(&mut later.cancels);
        self.ended_runs.append(&mut later.ended_runs);
        self.late.append(&mut later.late);
    }
}

/// When to apply [`Event::Wake`], unless something happens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakeUp {
    /// When.
    pub at: Timestamp,
    /// What is due then.
    pub why: Why,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A try after a failed one.
    Retry(InstanceKey),
    /// The same try, after `again`.
    Reschedule(InstanceKey),
    /// A run's `dagrun_timeout` passes.
    RunTimeout(RunKey),
    /// A run's `deadline` passes.
    Deadline(RunKey),
}
