//! What a try answers.

use crate::Failure;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// What [`Task::run`](crate::Task::run) answers.
pub type TaskResult<V> = Result<Outcome<V>, Failure>;

/// How a try that did not fail ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<V> {
    /// Finished, with a small result; the outputs that were written are published.
    Done(V),
    /// Finished; of the direct downstream tasks only those with a chosen label go on. An empty choice skips all. Needs
    /// [`Plugin::may_branch`](crate::Plugin::may_branch).
    Branch {
        /// The small result.
        value: V,
        /// Labels of the tasks that go on; a task's id is its label unless the DAG says otherwise.
        chosen: Vec<String>,
    },
    /// Nothing to do, and why: the task counts as skipped.
    Skipped(String),
    /// Not ready: run again later, as the same try. What was written is thrown away; `state` is what stays.
    Again {
        /// How long to wait; to the host this is in milliseconds, and at least 100.
        after: Duration,
        /// Comes back by [`Invocation::resume`](crate::Invocation::resume).
        state: Option<Value>,
    },
}

impl<V> Outcome<V> {
    /// [`Outcome::Branch`] to the given labels.
    pub fn branch<L: Into<String>>(value: V, chosen: impl IntoIterator<Item = L>) -> Self {
        Self::Branch { value, chosen: chosen.into_iter().map(Into::into).collect() }
    }

    /// [`Outcome::Skipped`] with a reason.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }

    /// [`Outcome::Again`] without a state.
    pub fn again(after: Duration) -> Self {
        Self::Again { after, state: None }
    }

    /// [`Outcome::Again`] with a state for the next time.
    ///
    /// # Errors
    /// A permanent failure `bad-state` if the state cannot be JSON (a map whose keys are not strings, for example).
    pub fn again_with(after: Duration, state: impl Serialize) -> Result<Self, Failure> {
        match serde_json::to_value(state) {
            Ok(state) => Ok(Self::Again { after, state: Some(state) }),
            Err(error) => Err(Failure::permanent("bad-state", format!("the state cannot be written as JSON: {error}"))),
        }
    }
}
