//! Who holds how much of what may run at once.

use rustc_hash::FxHashMap;

use crate::lifecycle::launch::Attempt;
use crate::planner::event::Capacity;

/// What is taken of the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InUse {
    /// Tries that hold a slot.
    pub tasks: u32,
    /// Their memory limits together.
    pub memory_bytes: u64,
    /// Those among them whose instance does not count on them any more: they were cancelled and have not reported.
    pub ending: u32,
}

/// The slots. One belongs to the active instance that holds it, or to a cancelled try until its report comes.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) capacity: Capacity,
    tasks: u32,
    memory_bytes: u64,
    ending: FxHashMap<Attempt, u64>,
}

impl Slots {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self { capacity, tasks: 0, memory_bytes: 0, ending: FxHashMap::default() }
    }

    /// Whether one more task may run at all.
    pub(super) fn is_full(&self) -> bool {
        self.tasks >= self.capacity.parallelism
    }

    /// Whether that much memory is left of the budget.
    pub(super) fn fits(&self, memory_bytes: u64) -> bool {
        self.memory_bytes.saturating_add(memory_bytes) <= self.capacity.memory_budget_bytes
    }

    /// Whether that much memory is more than there ever is.
    pub(super) fn never_fits(&self, memory_bytes: u64) -> bool {
        memory_bytes > self.capacity.memory_budget_bytes
    }

    pub(super) fn take(&mut self, memory_bytes: u64) {
        self.tasks = self.tasks.saturating_add(1);
        self.memory_bytes = self.memory_bytes.saturating_add(memory_bytes);
    }

    pub(super) fn give_back(&mut self, memory_bytes: u64) {
        self.tasks = self.tasks.saturating_sub(1);
        self.memory_bytes = self.memory_bytes.saturating_sub(memory_bytes);
    }

    /// The slot stays taken until the cancelled try has reported.
    pub(super) fn take_until_reported(&mut self, attempt: Attempt, memory_bytes: u64) {
        if self.ending.insert(attempt, memory_bytes).is_none() {
            self.take(memory_bytes);
        }
    }

    /// A cancelled try is over. `false`: it was none.
    pub(super) fn reported(&mut self, attempt: &Attempt) -> bool {
        let Some(memory_bytes) = self.ending.remove(attempt) else { return false };
        self.give_back(memory_bytes);
        true
    }

    /// Cancelled tries of which `gone` says that they never ran.
    pub(super) fn never_ran(&mut self, gone: impl Fn(&Attempt) -> bool) {
        let attempts: Vec<Attempt> = self.ending.keys().filter(|attempt| gone(attempt)).cloned().collect();
        for attempt in attempts {
            self.reported(&attempt);
        }
    }

    pub(super) fn in_use(&self) -> InUse {
        InUse {
            tasks: self.tasks,
            memory_bytes: self.memory_bytes,
            ending: u32::try_from(self.ending.len()).unwrap_or(u32::MAX),
        }
    }
}
