//! Who holds how much of what may run at once.
//!
//! A ledger: what a try takes is written down with the try, and exactly that is given back. So a slot belongs to whoever
//! holds it, and cannot leak.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::contract::Problem;
use crate::ids::{DagId, InstanceKey, PoolName, RunKey, TaskId};
use crate::lifecycle::launch::Attempt;
use crate::limits::TaskLimits;
use crate::planner::event::Capacity;
use crate::planner::shape::to_u32;
use crate::text::exact_bytes;

/// What is taken of the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InUse {
    /// Tries that hold a slot.
    pub tasks: u32,
    /// Their memory limits together.
    pub memory_bytes: u64,
    /// What they declare for `/out` and `/tmp`, together.
    pub scratch_bytes: u64,
    /// Those among them whose instance does not count on them any more: they were cancelled and have not reported.
    pub ending: u32,
}

/// What is counted together for a task's own limits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tries {
    dag: DagId,
    task: TaskId,
    /// In this run only; `None`: over all runs.
    run: Option<RunKey>,
}

/// What a try takes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Need {
    pub(super) memory_bytes: u64,
    /// What its task declares for `/out` and `/tmp`; 0 if it leaves that to the default.
    pub(super) scratch_bytes: u64,
}

impl Need {
    /// Of one try of this task.
    pub(super) fn of(limits: &TaskLimits) -> Self {
        let scratch_bytes = if limits.scratch_declared { limits.scratch_bytes } else { 0 };
        Self { memory_bytes: limits.memory_bytes, scratch_bytes }
    }
}

/// What a try takes while it holds a slot.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    pub(super) need: Need,
    pub(super) pool: PoolName,
    pub(super) pool_slots: u32,
    pub(super) dag: DagId,
    pub(super) task: TaskId,
    pub(super) run: RunKey,
}

impl Hold {
    /// Where it is counted for `max_active_tis_per_dag`.
    pub(super) fn over_runs(&self) -> Tries {
        Tries { dag: self.dag.clone(), task: self.task.clone(), run: None }
    }

    /// Where it is counted for `max_active_tis_per_dagrun`.
    pub(super) fn in_run(&self) -> Tries {
        Tries { run: Some(self.run), ..self.over_runs() }
    }
}

/// Whether a pool has the slots that somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Yes,
    NotNow,
    /// Somebody wants more than the pool has: others need not wait for that.
    Never,
}

/// What was taken or given back since that was last asked: whoever waits for it is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) pools: BTreeSet<PoolName>,
    pub(super) taken: Vec<Tries>,
    pub(super) given_back: Vec<Tries>,
}

/// The slots. One belongs to the active instance that holds it, or to a cancelled try until its report comes.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) capacity: Capacity,
    active: FxHashMap<InstanceKey, Hold>,
    ending: FxHashMap<Attempt, Hold>,
    needs: Need,
    pools: FxHashMap<PoolName, u32>,
    tries: FxHashMap<Tries, u32>,
    changed: Changed,
}

impl Slots {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            active: FxHashMap::default(),
            ending: FxHashMap::default(),
            needs: Need::default(),
            pools: FxHashMap::default(),
            tries: FxHashMap::default(),
            changed: Changed::default(),
        }
    }

    /// Tries that hold a slot.
    pub(super) fn tasks(&self) -> u32 {
        to_u32(self.active.len().saturating_add(self.ending.len()))
    }

    /// Whether no more tasks may run at all.
    pub(super) fn is_full(&self) -> bool {
        self.tasks() >= self.capacity.parallelism
    }

    /// Whether that much is left of the budgets.
    pub(super) fn fits(&self, need: Need) -> bool {
        self.fits_memory(need) && self.fits_scratch(need)
    }

    /// Whether that much memory is left of its budget.
    pub(super) fn fits_memory(&self, need: Need) -> bool {
        let wanted = self.needs.memory_bytes.saturating_add(need.memory_bytes);
        planted!(MemoryUnbounded) || wanted <= self.capacity.memory_budget_bytes
    }

    /// Whether that much disk is left of its budget. What declares none waits for none.
    pub(super) fn fits_scratch(&self, need: Need) -> bool {
        let wanted = self.needs.scratch_bytes.saturating_add(need.scratch_bytes);
        need.scratch_bytes == 0 || wanted <= self.capacity.scratch_budget_bytes
    }

    /// Why that much is more than there ever is; nothing, if it is not.
    pub(super) fn never_fits(&self, need: Need) -> Option<Problem> {
        let Capacity { memory_budget_bytes, scratch_budget_bytes, .. } = self.capacity;
        if need.memory_bytes > memory_budget_bytes {
            return Some(over_memory(need.memory_bytes, memory_budget_bytes));
        }
        (need.scratch_bytes > scratch_budget_bytes).then(|| over_scratch(need.scratch_bytes, scratch_budget_bytes))
    }

    /// The slots of a pool that are taken.
    pub(super) fn held_of(&self, pool: &PoolName) -> u32 {
        self.pools.get(pool).copied().unwrap_or(0)
    }

    /// The slots that a pool has; `None`: there is no such pool.
    pub(super) fn size_of(&self, pool: &PoolName) -> Option<u32> {
        self.capacity.pools.get(pool).copied()
    }

    /// Whether a pool has that many slots left. A pool without slots, or that there is not, has none for anybody.
    pub(super) fn room(&self, pool: &PoolName, slots: u32) -> Room {
        let slots = if planted!(PoolSlotsUncounted) { slots.min(1) } else { slots };
        match self.size_of(pool) {
            None | Some(0) => Room::NotNow,
            Some(size) if slots > size => Room::Never,
            Some(size) if self.held_of(pool).saturating_add(slots) <= size => Room::Yes,
            Some(_) => Room::NotNow,
        }
    }

    /// How many tries are counted there.
    pub(super) fn tries(&self, tries: &Tries) -> u32 {
        self.tries.get(tries).copied().unwrap_or(0)
    }

    /// Everybody who holds something: the instance, what it takes, and whether its try is being ended.
    pub(super) fn holders(&self) -> impl Iterator<Item = (InstanceKey, &Hold, bool)> {
        let active = self.active.iter().map(|(instance, hold)| (*instance, hold, false));
        active.chain(self.ending.iter().map(|(attempt, hold)| (attempt.instance, hold, true)))
    }

    pub(super) fn take(&mut self, instance: InstanceKey, hold: Hold) {
        self.count(&hold);
        if let Some(old) = self.active.insert(instance, hold) {
            self.count_back(&old);
        }
    }

    pub(super) fn give_back(&mut self, instance: InstanceKey) {
        if let Some(hold) = self.active.remove(&instance) {
            self.count_back(&hold);
        }
    }

    /// The slot stays taken until the cancelled try has reported.
    pub(super) fn take_until_reported(&mut self, attempt: Attempt, hold: Hold) {
        self.count(&hold);
        if let Some(old) = self.ending.insert(attempt, hold) {
            self.count_back(&old);
        }
    }

    /// A cancelled try is over. `false`: it was none.
    pub(super) fn reported(&mut self, attempt: &Attempt) -> bool {
        let Some(hold) = self.ending.remove(attempt) else { return false };
        self.count_back(&hold);
        true
    }

    /// Cancelled tries of which `gone` says that they never ran.
    pub(super) fn never_ran(&mut self, gone: impl Fn(&Attempt) -> bool) {
        let attempts: Vec<Attempt> = self.ending.keys().filter(|attempt| gone(attempt)).cloned().collect();
        for attempt in attempts {
            self.reported(&attempt);
        }
    }

    /// What changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn in_use(&self) -> InUse {
        let Need { memory_bytes, scratch_bytes } = self.needs;
        InUse { tasks: self.tasks(), memory_bytes, scratch_bytes, ending: to_u32(self.ending.len()) }
    }

    fn count(&mut self, hold: &Hold) {
        let Need { memory_bytes, scratch_bytes } = hold.need;
        self.needs.memory_bytes = self.needs.memory_bytes.saturating_add(memory_bytes);
        self.needs.scratch_bytes = self.needs.scratch_bytes.saturating_add(scratch_bytes);
        let held = self.pools.entry(hold.pool.clone()).or_default();
        *held = held.saturating_add(hold.pool_slots);
        for tries in [hold.over_runs(), hold.in_run()] {
            let count = self.tries.entry(tries.clone()).or_default();
            *count = count.saturating_add(1);
            self.changed.taken.push(tries);
        }
        self.changed.pools.insert(hold.pool.clone());
    }

    fn count_back(&mut self, hold: &Hold) {
        let Need { memory_bytes, scratch_bytes } = hold.need;
        self.needs.memory_bytes = self.needs.memory_bytes.saturating_sub(memory_bytes);
        self.needs.scratch_bytes = self.needs.scratch_bytes.saturating_sub(scratch_bytes);
        if let Some(held) = self.pools.get_mut(&hold.pool) {
            *held = held.saturating_sub(hold.pool_slots);
        }
        for tries in [hold.over_runs(), hold.in_run()] {
            if let Some(count) = self.tries.get_mut(&tries) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.tries.remove(&tries);
                }
            }
            self.changed.given_back.push(tries);
        }
        self.changed.pools.insert(hold.pool.clone());
    }
}

/// The problem of a task that needs more memory than all tasks may have together.
fn over_memory(memory_bytes: u64, budget_bytes: u64) -> Problem {
    let message = format!(
        "its memory limit of {} is over the {} that all tasks of this host may have together: lower the task's `memory`",
        exact_bytes(memory_bytes),
        exact_bytes(budget_bytes),
    );
    Problem::new("memory-budget", message)
}

/// The problem of a task that declares more disk than all tasks may have together.
fn over_scratch(scratch_bytes: u64, budget_bytes: u64) -> Problem {
    let message = format!(
        "its `scratch` of {} is over the {} that all tasks of this host may declare together, three quarters of what was \
         free: lower it, or make room on the disk",
        exact_bytes(scratch_bytes),
        exact_bytes(budget_bytes),
    );
    Problem::new("scratch-budget", message)
}
