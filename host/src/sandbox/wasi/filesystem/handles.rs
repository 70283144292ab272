//! Open files and folders of all guests together: the machine gives a process so many, and the host needs some itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHashMap;

use super::ledger::Refusal;

/// What all guests of a sandbox may hold open together.
#[derive(Debug)]
pub(in crate::sandbox) struct Budget {
    most: usize,
    held: AtomicUsize,
}

impl Budget {
    /// That many.
    pub(in crate::sandbox) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: AtomicUsize::new(0) })
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// One file that is open, as it counts in the budget. Everything that keeps the file open holds it.
#[derive(Debug)]
pub(super) struct Slot(Arc<Budget>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What one guest holds open, by the handle's number in its table.
#[derive(Debug)]
pub(super) struct Handles {
    budget: Arc<Budget>,
    open: FxHashMap<u32, Arc<Slot>>,
    /// Of what the host opened for the guest, for as long as the guest lives.
    standing: Vec<Slot>,
}

impl Handles {
    /// None yet.
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self { budget, open: FxHashMap::default(), standing: Vec::new() }
    }

    /// A slot for one more file, taken before it is opened.
    pub(super) fn take(&self) -> Result<Slot, Refusal> {
        // No guest takes more than half, so that there is always something left for another.
        if self.open.len() >= self.budget.most.div_ceil(2) {
            return Err(Refusal::Handles);
        }
        let one_more = |held: usize| (held < self.budget.most).then_some(held + 1);
        match self.budget.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Slot(Arc::clone(&self.budget))),
            Err(_) => Err(Refusal::Handles),
        }
    }

    /// The handle `number` leads to a file that was opened on `slot`.
    pub(super) fn opened(&mut self, number: u32, slot: Slot) {
        self.open.insert(number, Arc::new(slot));
    }

    /// The slot of a handle, for a stream that keeps its file open. Handles that opened nothing have none.
    pub(super) fn slot(&self, number: u32) -> Option<Arc<Slot>> {
        self.open.get(&number).cloned()
    }

    /// A handle was dropped.
    pub(super) fn closed(&mut self, number: u32) {
        self.open.remove(&number);
    }

    /// The host opened `count` folders for the guest. They count, and are never refused: each guest has them once.
    pub(super) fn stand(&mut self, count: usize) {
        self.budget.held.fetch_add(count, Ordering::Relaxed);
        self.standing.extend((0..count).map(|_| Slot(Arc::clone(&self.budget))));
    }
}
