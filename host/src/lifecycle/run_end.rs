//! When a run ends, and how (`docs/scheduling.md`).

use crate::lifecycle::state::TaskState;

/// How many instances of a run are in which state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally([u32; TaskState::ALL.len()]);

impl Tally {
    /// The count of one state.
    pub fn of(&self, state: TaskState) -> u32 {
        self.0.get(state as usize).copied().unwrap_or(0)
    }

    /// One instance more.
    pub fn add(&mut self, state: TaskState) {
        if let Some(count) = self.0.get_mut(state as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// An instance went from one state to another.
    pub fn shift(&mut self, from: TaskState, to: TaskState) {
        if let Some(count) = self.0.get_mut(from as usize) {
            *count = count.saturating_sub(1);
        }
        self.add(to);
    }

    /// Instances that are not at their end.
    pub fn unfinished(&self) -> u32 {
        TaskState::ALL.iter().filter(|state| !state.is_finished()).map(|state| self.of(*state)).sum()
    }

    /// Instances that hold a slot.
    pub fn active(&self) -> u32 {
        TaskState::ALL.iter().filter(|state| state.is_active()).map(|state| self.of(*state)).sum()
    }

    /// Instances that are failed or upstream_failed.
    pub fn bad(&self) -> u32 {
        self.of(TaskState::Failed) + self.of(TaskState::UpstreamFailed)
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// Some task can go on.
    GoesOn,
    /// All are at their end, no leaf failed.
    Success {
        /// Whether some other task failed.
        with_failures: bool,
    },
    /// All are at their end, a leaf is failed or upstream_failed.
    Failed,
    /// Some are unfinished, and none can ever start.
    Stuck,
}

/// How a run stands whose trigger rules have all been looked at: what is in none now waits for another.
///
/// `failed_leaves` counts the leaves that are failed or upstream_failed; it is asked only at the end.
pub fn run_end(tally: &Tally, failed_leaves: impl FnOnce() -> u32) -> RunEnd {
    let unfinished = tally.unfinished();
    if unfinished > tally.of(TaskState::None) {
        RunEnd::GoesOn
    } else if unfinished > 0 {
        RunEnd::Stuck
    } else if failed_leaves() > 0 && !planted!(LeavesForgotten) {
        RunEnd::Failed
    } else {
        RunEnd::Success { with_failures: tally.bad() > 0 }
    }
}
