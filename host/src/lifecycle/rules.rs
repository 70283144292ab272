//! Trigger rules (`docs/scheduling.md`): what the states of its upstreams mean for a task.
//!
//! Given the same outcomes, the final states do not depend on who finished first: a verdict other than [`Verdict::Wait`]
//! is given before all upstreams finish only where no later result could change it.

use crate::dag::model::TriggerRule;
use crate::lifecycle::state::TaskState;

/// What an upstream's state counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// Not at its end.
    Unfinished,
    /// success
    Success,
    /// failed
    Failed,
    /// upstream_failed
    UpstreamFailed,
    /// skipped
    Skipped,
    /// removed: as if the edge were not there.
    Removed,
}

impl From<TaskState> for Upstream {
    fn from(state: TaskState) -> Self {
        match state {
            TaskState::None
            | TaskState::Scheduled
            | TaskState::Queued
            | TaskState::Running
            | TaskState::UpForRetry
            | TaskState::UpForReschedule => Self::Unfinished,
            TaskState::Success => Self::Success,
            TaskState::Failed => Self::Failed,
            TaskState::UpstreamFailed => Self::UpstreamFailed,
            TaskState::Skipped if planted!(SkippedCountsAsSuccess) => Self::Success,
            TaskState::Skipped => Self::Skipped,
            TaskState::Removed => Self::Removed,
        }
    }
}

/// How many upstreams of a task are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not at their end.
    pub unfinished: u32,
    /// success
    pub success: u32,
    /// failed
    pub failed: u32,
    /// upstream_failed
    pub upstream_failed: u32,
    /// skipped
    pub skipped: u32,
    /// removed
    pub removed: u32,
}

impl Counts {
    /// The count of one kind.
    pub fn slot(&mut self, kind: Upstream) -> &mut u32 {
        match kind {
            Upstream::Unfinished => &mut self.unfinished,
            Upstream::Success => &mut self.success,
            Upstream::Failed => &mut self.failed,
            Upstream::UpstreamFailed => &mut self.upstream_failed,
            Upstream::Skipped => &mut self.skipped,
            Upstream::Removed => &mut self.removed,
        }
    }

    /// One upstream more.
    pub fn add(&mut self, kind: Upstream) {
        let slot = self.slot(kind);
        *slot = slot.saturating_add(1);
    }

    /// An upstream went from one kind to another.
    pub fn shift(&mut self, from: Upstream, to: Upstream) {
        let slot = self.slot(from);
        *slot = slot.saturating_sub(1);
        self.add(to);
    }

    /// Failed and upstream_failed together.
    pub fn bad(&self) -> u32 {
        self.failed + self.upstream_failed
    }

    /// All that count: the removed do not.
    pub fn total(&self) -> u32 {
        self.unfinished + self.success + self.bad() + self.skipped
    }
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Not decided: a later result may change it.
    Wait,
    /// The task may run.
    Met,
    /// It is skipped.
    Skip,
    /// It is upstream_failed.
    UpstreamFailed,
}

/// What `rule` says, given the states of the upstreams.
pub fn verdict(rule: TriggerRule, up: &Counts) -> Verdict {
    use Verdict::{Met, Skip, UpstreamFailed};
    if up.total() == 0 {
        return Met;
    }
    let done = up.unfinished == 0;
    let rule = if planted!(RuleSwapped) && rule == TriggerRule::NoneFailed { TriggerRule::AllSuccess } else { rule };
    match rule {
        TriggerRule::AllSuccess if up.bad() > 0 => UpstreamFailed,
        // A skipped upstream decides nothing while another may still fail.
        TriggerRule::AllSuccess => at_end(done, if up.skipped > 0 { Skip } else { Met }),
        TriggerRule::AllFailed if up.success + up.skipped > 0 => Skip,
        TriggerRule::AllFailed => at_end(done, Met),
        TriggerRule::AllDone => at_end(done, Met),
        TriggerRule::AllDoneMinOneSuccess => at_end(done, if up.success > 0 { Met } else { UpstreamFailed }),
        TriggerRule::AllSkipped if up.success + up.bad() > 0 => Skip,
        TriggerRule::AllSkipped => at_end(done, Met),
        TriggerRule::OneFailed if up.bad() > 0 => Met,
        TriggerRule::OneFailed => at_end(done, Skip),
        TriggerRule::OneSuccess if up.success > 0 => Met,
        TriggerRule::OneSuccess => at_end(done, if up.bad() == 0 { Skip } else { UpstreamFailed }),
        // An upstream_failed one is neither a success nor a failure of its own.
        TriggerRule::OneDone if up.success + up.failed > 0 => Met,
        TriggerRule::OneDone => at_end(done, Skip),
        TriggerRule::NoneFailed if up.bad() > 0 => UpstreamFailed,
        TriggerRule::NoneFailed => at_end(done, Met),
        TriggerRule::NoneFailedMinOneSuccess if up.bad() > 0 => UpstreamFailed,
        TriggerRule::NoneFailedMinOneSuccess => at_end(done, if up.success > 0 { Met } else { Skip }),
        TriggerRule::NoneSkipped if up.skipped > 0 => Skip,
        TriggerRule::NoneSkipped => at_end(done, Met),
        TriggerRule::Always => Met,
    }
}

fn at_end(done: bool, verdict: Verdict) -> Verdict {
    if done { verdict } else { Verdict::Wait }
}

/// The rule's name in a DAG file.
pub fn word(rule: TriggerRule) -> &'static str {
    match rule {
        TriggerRule::AllSuccess => "all_success",
        TriggerRule::AllFailed => "all_failed",
        TriggerRule::AllDone => "all_done",
        TriggerRule::AllDoneMinOneSuccess => "all_done_min_one_success",
        TriggerRule::AllSkipped => "all_skipped",
        TriggerRule::OneFailed => "one_failed",
        TriggerRule::OneSuccess => "one_success",
        TriggerRule::OneDone => "one_done",
        TriggerRule::NoneFailed => "none_failed",
        TriggerRule::NoneFailedMinOneSuccess => "none_failed_min_one_success",
        TriggerRule::NoneSkipped => "none_skipped",
        TriggerRule::Always => "always",
    }
}
