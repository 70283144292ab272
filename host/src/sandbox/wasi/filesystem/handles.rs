//! Open files of all guests together: the machine gives a process so many, and the host needs some itself.

use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::ledger::Refusal;
use crate::sandbox::limits::HANDLES_PRUNED_AT;

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
}

/// What one guest holds open. A file stays open as long as a stream of it is there, so the file itself is asked.
#[derive(Debug)]
pub(super) struct Handles {
    budget: Arc<Budget>,
    open: Vec<Weak<File>>,
    prune_at: usize,
}

impl Handles {
    /// None yet.
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self { budget, open: Vec::new(), prune_at: HANDLES_PRUNED_AT }
    }

    /// Whether one more file may be opened.
    pub(super) fn admit(&mut self) -> Result<(), Refusal> {
        if self.budget.held.load(Ordering::Relaxed) >= self.budget.most {
            self.prune();
        }
        match self.budget.held.load(Ordering::Relaxed) < self.budget.most {
            true => Ok(()),
            false => Err(Refusal::Handles),
        }
    }

    /// A file was opened.
    pub(super) fn opened(&mut self, file: &Arc<File>) {
        if self.open.len() >= self.prune_at {
            self.prune();
        }
        self.open.push(Arc::downgrade(file));
        self.budget.held.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets what is closed.
    fn prune(&mut self) {
        let before = self.open.len();
        self.open.retain(|file| file.strong_count() > 0);
        self.budget.held.fetch_sub(before - self.open.len(), Ordering::Relaxed);
        self.prune_at = (self.open.len() * 2).max(HANDLES_PRUNED_AT);
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.open.len(), Ordering::Relaxed);
    }
}
