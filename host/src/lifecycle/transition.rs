//! The table of a task instance's states (`docs/scheduling.md`), and the step that each row makes.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::contract::Problem;
use crate::dag::model::RetryPolicy;
use crate::lifecycle::change::{SkipCause, TaskStep};
use crate::lifecycle::event::{MarkAs, TaskEvent};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::retry::{self, Jitter, NextTry};
use crate::lifecycle::state::TaskState;
use crate::limits;

/// States that wait for their time.
macro_rules! waiting {
    () => {
        TaskState::UpForRetry | TaskState::UpForReschedule
    };
}
/// States that hold a slot.
macro_rules! active {
    () => {
        TaskState::Queued | TaskState::Running
    };
}
/// States at the end.
macro_rules! finished {
    () => {
        TaskState::Success | TaskState::Failed | TaskState::UpstreamFailed | TaskState::Skipped | TaskState::Removed
    };
}

/// What an event does to an instance in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// → scheduled, one try more.
    Schedule,
    /// → scheduled, the same try.
    ScheduleSameTry,
    /// → queued.
    Queue,
    /// → running.
    Start,
    /// → success.
    Succeed,
    /// → skipped.
    Skip,
    /// → upstream_failed.
    FailUpstream,
    /// → failed.
    Fail,
    /// → up_for_retry while tries are left, else failed.
    RetryOrFail,
    /// → up_for_reschedule until `reschedule_timeout`, then failed.
    RescheduleOrFail,
    /// → scheduled until too many hosts were lost, then failed.
    LoseHost,
    /// → scheduled.
    HandBack,
    /// → running; → none when its try is over.
    ClearLater,
    /// → none.
    Clear,
    /// → success or failed.
    Mark,
    /// → removed.
    Remove,
}

/// The table. `None`: the event is refused in that state.
pub fn table(state: TaskState, event: &TaskEvent) -> Option<Move> {
    use TaskState as S;
    match event {
        TaskEvent::RuleMet => match state {
            S::None => Some(Move::Schedule),
            S::Scheduled | active!() | waiting!() | finished!() => None,
        },
        TaskEvent::RuleSkips { .. } => match state {
            S::None => Some(Move::Skip),
            S::Scheduled | active!() | waiting!() | finished!() => None,
        },
        TaskEvent::UpstreamFailed { .. } => match state {
            // Beyond none: what it needs was cleared while it waited, and did not come again.
            S::None | S::Scheduled | waiting!() => Some(Move::FailUpstream),
            active!() | finished!() => None,
        },
        TaskEvent::CannotStart { .. } => match state {
            S::None | S::Scheduled => Some(Move::Fail),
            active!() | waiting!() | finished!() => None,
        },
        TaskEvent::Due => match state {
            S::UpForRetry => Some(Move::Schedule),
            S::UpForReschedule => Some(Move::ScheduleSameTry),
            S::None | S::Scheduled | active!() | finished!() => None,
        },
        TaskEvent::SlotFree => match state {
            S::Scheduled => Some(Move::Queue),
            S::None | active!() | waiting!() | finished!() => None,
        },
        TaskEvent::Started { .. } => match state {
            S::Queued => Some(Move::Start),
            S::None | S::Scheduled | S::Running | waiting!() | finished!() => None,
        },
        TaskEvent::Succeeded(_) => running_only(state, Move::Succeed),
        TaskEvent::AnsweredSkipped { .. } => running_only(state, Move::Skip),
        TaskEvent::AnsweredAgain { .. } => running_only(state, Move::RescheduleOrFail),
        TaskEvent::FailedRetryably { .. } => running_only(state, Move::RetryOrFail),
        TaskEvent::FailedPermanently { .. } => running_only(state, Move::Fail),
        TaskEvent::HostLost => active_only(state, Move::LoseHost),
        TaskEvent::HandedBack => active_only(state, Move::HandBack),
        TaskEvent::RunEnded { .. } => match state {
            S::Running => Some(Move::Fail),
            S::None | S::Scheduled | S::Queued | waiting!() => Some(Move::Skip),
            finished!() => None,
        },
        TaskEvent::ClearAsked => running_only(state, Move::ClearLater),
        TaskEvent::EndedForClear => active_only(state, Move::Fail),
        TaskEvent::Cleared => match state {
            S::Scheduled | waiting!() | finished!() => Some(Move::Clear),
            // An active one is ended first; one in none has nothing to clear.
            S::None | active!() => None,
        },
        TaskEvent::Marked { .. } => match state {
            S::None | S::Scheduled | active!() | waiting!() | finished!() => Some(Move::Mark),
        },
        TaskEvent::Gone => match state {
            S::None | S::Scheduled | active!() | waiting!() => Some(Move::Remove),
            finished!() => None,
        },
    }
}

fn running_only(state: TaskState, then: Move) -> Option<Move> {
    match state {
        TaskState::Running => Some(then),
        TaskState::None | TaskState::Scheduled | TaskState::Queued | waiting!() | finished!() => None,
    }
}

fn active_only(state: TaskState, then: Move) -> Option<Move> {
    match state {
        active!() => Some(then),
        TaskState::None | TaskState::Scheduled | waiting!() | finished!() => None,
    }
}

/// What of a task its transitions depend on.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// How it is tried again.
    pub retry: &'a RetryPolicy,
    /// How long it may answer `again`, counted from the first.
    pub reschedule_timeout: Duration,
    /// Of this try's retry delay.
    pub jitter: Jitter,
}

/// An event that an instance in that state cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("in state `{state}` this cannot happen to a task instance: {event}")]
pub struct Refused {
    /// The state that it is in.
    pub state: TaskState,
    /// What was to happen, for people.
    pub event: &'static str,
}

/// The step to record when `event` happens to `instance` at `at`.
///
/// # Errors
/// [`Refused`] where the table has no row for the event in that state.
pub fn transition(
    instance: &Instance,
    event: TaskEvent,
    terms: &Terms<'_>,
    at: Timestamp,
) -> Result<TaskStep, Refused> {
    let Some(to) = table(instance.state, &event) else {
        return Err(Refused { state: instance.state, event: event.name() });
    };
    let next_try = instance.try_number.saturating_add(1);
    let step = match event {
        TaskEvent::RuleMet => TaskStep::Schedule { try_number: next_try },
        TaskEvent::Due if to == Move::ScheduleSameTry && !planted!(RescheduleCostsATry) => {
            TaskStep::Schedule { try_number: instance.try_number }
        }
        TaskEvent::Due => TaskStep::Schedule { try_number: next_try },
        TaskEvent::RuleSkips { reason } => TaskStep::Skip { cause: SkipCause::Rule, reason },
        TaskEvent::AnsweredSkipped { reason } => TaskStep::Skip { cause: SkipCause::Answer, reason },
        TaskEvent::UpstreamFailed { problem } => TaskStep::FailUpstream { problem },
        TaskEvent::CannotStart { problem } => TaskStep::Fail { problem, usage: None },
        TaskEvent::SlotFree => TaskStep::Queue,
        TaskEvent::Started { invocation } => {
            TaskStep::Start { invocation, start_number: instance.start_number.saturating_add(1) }
        }
        TaskEvent::Succeeded(success) => TaskStep::Succeed(success),
        TaskEvent::AnsweredAgain { after, state } => again(instance, after, state, terms, at),
        TaskEvent::FailedRetryably { problem, after, usage } => {
            match retry::next_try(instance, terms.retry, after, terms.jitter, at) {
                NextTry::At(due) => TaskStep::RetryLater { problem, due, usage },
                NextTry::Never => TaskStep::Fail { problem, usage: Some(usage) },
            }
        }
        TaskEvent::FailedPermanently { problem, usage } => TaskStep::Fail { problem, usage: Some(usage) },
        TaskEvent::HostLost => lost(instance),
        TaskEvent::HandedBack => {
            TaskStep::HandBack { try_number: next_try, max_tries: instance.max_tries.saturating_add(1) }
        }
        TaskEvent::RunEnded { reason } if to == Move::Fail => {
            TaskStep::Fail { problem: Problem::new("cancelled", reason), usage: None }
        }
        TaskEvent::RunEnded { reason } => TaskStep::Skip { cause: SkipCause::RunEnded, reason },
        TaskEvent::ClearAsked => TaskStep::ClearLater,
        TaskEvent::EndedForClear => {
            TaskStep::Fail { problem: Problem::new("cleared", "a person cleared the task while it ran"), usage: None }
        }
        TaskEvent::Cleared => TaskStep::Clear {
            max_tries: instance.try_number.saturating_add(terms.retry.retries).saturating_add(1),
            clears: instance.clears.saturating_add(1),
        },
        TaskEvent::Marked { state: MarkAs::Success, reason } => TaskStep::Mark { state: TaskState::Success, reason },
        TaskEvent::Marked { state: MarkAs::Failed, reason } => TaskStep::Mark { state: TaskState::Failed, reason },
        TaskEvent::Gone => TaskStep::Remove,
    };
    Ok(step)
}

/// A host is lost: scheduled again without costing a try, but not for ever.
fn lost(instance: &Instance) -> TaskStep {
    let lost_hosts = instance.lost_hosts.saturating_add(1);
    if lost_hosts >= limits::LOST_HOSTS + u32::from(planted!(OneLostHostMore)) {
        let message = format!("lost its host {lost_hosts} times; it is not started again");
        return TaskStep::Fail { problem: Problem::new("lost-host", message), usage: None };
    }
    TaskStep::LoseHost {
        lost_hosts,
        try_number: instance.try_number.saturating_add(1),
        max_tries: instance.max_tries.saturating_add(u32::from(!planted!(LostHostCostsATry))),
    }
}

/// `again`: at least [`limits::MIN_RESCHEDULE`] later, at most at the end of its time, where it is asked once more.
fn again(instance: &Instance, after: Duration, state: Option<Value>, terms: &Terms<'_>, at: Timestamp) -> TaskStep {
    let first_at = instance.again.as_ref().map_or(at, |again| again.first_at);
    let last = retry::later(first_at, terms.reschedule_timeout);
    if at >= last {
        let timeout = terms.reschedule_timeout;
        let message = format!(
            "it answered `again` for longer than its reschedule_timeout of {timeout:?}; raise it, or look at what it waits for"
        );
        return TaskStep::Fail { problem: Problem::new("reschedule-timeout", message), usage: None };
    }
    let soonest = retry::later(at, limits::MIN_RESCHEDULE);
    let due = retry::later(at, after).min(last).max(soonest);
    TaskStep::Reschedule { due, state, first_at }
}
