//! What can happen to a task instance.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::contract::{Invocation, Problem};
use crate::lifecycle::change::Success;
use crate::lifecycle::launch::Usage;

/// The two states that a person may mark an instance with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkAs {
    /// success
    Success,
    /// failed
    Failed,
}

/// What happened. [`transition`](super::transition::transition) says what follows.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskEvent {
    /// Its trigger rule is met, and the data that it needs is there.
    RuleMet,
    /// Its rule skips it, or a branch directly upstream did not choose it.
    RuleSkips {
        /// Why, for people.
        reason: String,
    },
    /// Its rule says so, or a required input cannot come any more.
    UpstreamFailed {
        /// Which upstream, or which port.
        problem: Problem,
    },
    /// No try could ever be launched: its rendered params do not fit, or it needs more than there is.
    CannotStart {
        /// Why.
        problem: Problem,
    },
    /// The time that it waited for has come.
    Due,
    /// A slot is free.
    SlotFree,
    /// An executor is handed the decided try.
    Started {
        /// What it is given.
        invocation: Arc<Invocation>,
    },
    /// It answered `done` or `branch`, and its outputs are published.
    Succeeded(Arc<Success>),
    /// It answered `skipped`.
    AnsweredSkipped {
        /// Why, for people.
        reason: String,
    },
    /// It answered `again`.
    AnsweredAgain {
        /// How long to wait.
        after: Duration,
        /// Handed back as `resume`.
        state: Option<Value>,
    },
    /// It failed in a way that another try may help.
    FailedRetryably {
        /// Why.
        problem: Problem,
        /// The guest's own wish for the delay.
        after: Option<Duration>,
        /// What the try used.
        usage: Usage,
    },
    /// It failed for good.
    FailedPermanently {
        /// Why.
        problem: Problem,
        /// What the try used.
        usage: Usage,
    },
    /// Its host is gone.
    HostLost,
    /// Its host stops in good order.
    HandedBack,
    /// Its run was cancelled, or took too long.
    RunEnded {
        /// Why, for people.
        reason: String,
    },
    /// A person cleared it while it runs: [`TaskEvent::EndedForClear`] follows when its try is over.
    ClearAsked,
    /// It was cleared while active, and its try is over now: [`TaskEvent::Cleared`] follows.
    EndedForClear,
    /// A person cleared it.
    Cleared,
    /// A person marked it.
    Marked {
        /// As what.
        state: MarkAs,
        /// The person's reason.
        reason: String,
    },
    /// The DAG version that its run was moved to has no such task.
    Gone,
}

impl TaskEvent {
    /// What happened, in a few words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RuleMet => "its rule is met",
            Self::RuleSkips { .. } => "its rule skips it",
            Self::UpstreamFailed { .. } => "an upstream failed",
            Self::CannotStart { .. } => "it cannot be launched",
            Self::Due => "its time has come",
            Self::SlotFree => "a slot is free",
            Self::Started { .. } => "an executor starts it",
            Self::Succeeded(_) => "it succeeded",
            Self::AnsweredSkipped { .. } => "it answered `skipped`",
            Self::AnsweredAgain { .. } => "it answered `again`",
            Self::FailedRetryably { .. } => "it failed, another try may help",
            Self::FailedPermanently { .. } => "it failed for good",
            Self::HostLost => "its host is gone",
            Self::HandedBack => "its host stops",
            Self::RunEnded { .. } => "its run is ended",
            Self::ClearAsked => "a person clears it while it runs",
            Self::EndedForClear => "its try was ended to clear it",
            Self::Cleared => "a person cleared it",
            Self::Marked { .. } => "a person marked it",
            Self::Gone => "its task is gone from the DAG",
        }
    }
}
