//! The shell round the pure core: one inbox, one loop, and what is done about a decision.
//!
//! The loop turns what happened into planner events, commits what the planner decided, and only then acts on it.
//! Must never know: SQLite, wasmtime, the command line. It is given its store, executor and clock.
//! One more thing that can happen: a [`Message`], and its arm in `turn`.
//!
//! - [`lease`]: which processes live, and the end of those that do not
//! - [`create`]: a checked DAG → a run in the store, or an earlier run moved to it
//! - `turn`: the loop
//! - `perform`: launches and cancels

pub mod create;
pub mod lease;
mod load;
mod params;
mod perform;
mod turn;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::dag::model::Dag;
use crate::executor::Executor;
use crate::ids::{RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::change::{RunChange, TaskChange};
use crate::lifecycle::launch::{Attempt, Report};
use crate::lifecycle::state::RunState;
use crate::planner::{Capacity, RunSnapshot};
use crate::store::{ProcessId, Store, StoreError};

pub use load::snapshot;

/// Told of what was committed, after the commit. Must not block. What an observer does not care for it leaves out.
pub trait RunObserver: Send + Sync {
    /// A run was made, or an earlier one goes on.
    fn run_made(&self, dag: &Dag, run_id: &RunId) {
        let _ = (dag, run_id);
    }
    /// A task instance changed.
    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        let _ = (task, change);
    }
    /// The run changed.
    fn run_changed(&self, change: &RunChange) {
        let _ = change;
    }
    /// A task said how far it is. `message` is a stranger's text.
    fn progress(&self, task: &TaskId, done: u64, total: Option<u64>, message: &str) {
        let _ = (task, done, total, message);
    }
}

/// For runs that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl RunObserver for Unobserved {}

/// What the loop is told.
enum Message {
    /// Drive this run; `clear` is cleared first; `ended` is told its final state.
    Add {
        snapshot: Box<RunSnapshot>,
        clear: Vec<TaskIx>,
        observer: Arc<dyn RunObserver>,
        ended: oneshot::Sender<RunState>,
    },
    /// A try ended.
    Ended(Box<Report>),
    /// A committed launch gave no report.
    Lost(Attempt),
    /// A run is to end now.
    Cancel { run: RunKey, reason: String },
    /// No more runs; the loop ends when it has none left.
    Close,
}

/// What the loop works with.
pub struct Parts {
    /// Where it records.
    pub store: Arc<dyn Store>,
    /// What runs tries.
    pub executor: Arc<dyn Executor>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who it is: the owner of its runs.
    pub process: ProcessId,
    /// What may run at once.
    pub capacity: Capacity,
}

/// A handle on the loop.
#[derive(Clone)]
pub struct Scheduler {
    inbox: mpsc::UnboundedSender<Message>,
}

/// The loop is over: it failed, or was closed.
#[derive(Debug, thiserror::Error)]
#[error("the scheduler has stopped")]
pub struct Stopped;

/// The running loop. Dropping this ends it and what it runs, as a crash would: what was committed is what the next
/// process finds.
pub struct Looping(JoinHandle<Result<(), StoreError>>);

impl Looping {
    /// Waits until the loop was closed and has nothing left to do.
    ///
    /// # Errors
    /// When the store fails; what ran is ended. A loop that panicked counts as closed by the store.
    pub async fn ended(mut self) -> Result<(), StoreError> {
        (&mut self.0).await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Looping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Scheduler {
    /// Starts the loop as a task of the present runtime.
    pub fn start(parts: Parts) -> (Self, Looping) {
        let (inbox, messages) = mpsc::unbounded_channel();
        let looping = turn::Loop::new(parts, inbox.clone(), messages);
        (Self { inbox }, Looping(tokio::spawn(looping.run())))
    }

    /// Drives a run to its end, which the receiver is told.
    pub fn add(
        &self,
        snapshot: RunSnapshot,
        clear: Vec<TaskIx>,
        observer: Arc<dyn RunObserver>,
    ) -> Result<oneshot::Receiver<RunState>, Stopped> {
        let (ended, end) = oneshot::channel();
        let snapshot = Box::new(snapshot);
        self.inbox.send(Message::Add { snapshot, clear, observer, ended }).map_err(|_| Stopped)?;
        Ok(end)
    }

    /// Ends a run now.
    pub fn cancel(&self, run: RunKey, reason: &str) -> Result<(), Stopped> {
        self.inbox.send(Message::Cancel { run, reason: reason.to_owned() }).map_err(|_| Stopped)
    }

    /// Lets the loop end when its runs have.
    pub fn close(&self) -> Result<(), Stopped> {
        self.inbox.send(Message::Close).map_err(|_| Stopped)
    }
}
