//! Runs that share room: those that run, and those that wait for it in their order.

use std::collections::{BTreeSet, VecDeque};

use crate::ids::RunKey;

#[derive(Debug, Default)]
pub(super) struct Runs {
    active: BTreeSet<RunKey>,
    /// In the order in which they came.
    waiting: VecDeque<RunKey>,
}

impl Runs {
    pub(super) fn queue(&mut self, run: RunKey) {
        if !self.waiting.contains(&run) {
            self.waiting.push_back(run);
        }
    }

    pub(super) fn activate(&mut self, run: RunKey) {
        self.waiting.retain(|waiting| *waiting != run);
        self.active.insert(run);
    }

    /// Whether it was one of them.
    pub(super) fn end(&mut self, run: RunKey) -> bool {
        let waited = self.waits(run);
        self.waiting.retain(|waiting| *waiting != run);
        self.active.remove(&run) || waited
    }

    /// Starts as many of those that wait as there is room for.
    pub(super) fn start(&mut self, room: usize) -> Vec<RunKey> {
        let started: Vec<_> = self.waiting.drain(..room.min(self.waiting.len())).collect();
        if planted!(WaitingRunDropped) && !started.is_empty() {
            self.waiting.pop_front();
        }
        self.active.extend(&started);
        started
    }

    pub(super) fn active(&self) -> usize {
        self.active.len()
    }

    pub(super) fn waits(&self, run: RunKey) -> bool {
        self.waiting.contains(&run)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty() && self.waiting.is_empty()
    }
}
