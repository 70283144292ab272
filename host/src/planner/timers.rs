//! What is due when. An entry is never taken out early: who looks at the first one says whether it still holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;

use crate::planner::event::Why;

/// A heap of instants.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, Why)>>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, why: Why) {
        if planted!(WakeUpLost) && matches!(why, Why::Reschedule(_)) {
            return;
        }
        self.heap.push(Reverse((at, why)));
    }

    /// The earliest.
    pub(super) fn first(&self) -> Option<(Timestamp, Why)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub(super) fn drop_first(&mut self) {
        self.heap.pop();
    }
}
