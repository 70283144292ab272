//! The shell round the pure core: one inbox, one loop, and what is done about a decision.
//!
//! The loop turns what happened into events for the planner and the agenda, commits what they decided, and only then
//! acts on it. `dagwood run` and the server drive the same loop; the server also tells it of DAGs, which it then
//! schedules, and of what people ask for.
//! Must never know: SQLite, wasmtime, the command line. It is given its store, executor and clock.
//! One more thing that can happen: a [`Message`], and its arm in `hear`. One more thing that people can ask for: a
//! [`Request`], and a file in `answer`.
//!
//! - [`lease`]: which processes live, and the end of those that do not
//! - [`create`]: a checked DAG → a run in the store, or an earlier run moved to it
//! - `turn`: the loop; `hear`: messages; `step`: what they mean
//! - `callbacks`: what is started since something happened; `pasts`: runs whose past became another
//! - `orders`: runs that begin; `perform`: launches and cancels; `stop`: the end in good order
//! - [`request`]: what people ask for; `answer`: what is done about it; [`selection`]: which tasks are meant

mod answer;
mod callbacks;
pub mod create;
mod hear;
pub mod lease;
mod load;
mod orders;
mod params;
mod pasts;
mod perform;
pub mod request;
pub mod selection;
mod step;
mod stop;
mod turn;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::dag::model::{Dag, RunInputs};
use crate::executor::Executor;
use crate::ids::{DagId, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::change::{RunChange, TaskChange};
use crate::lifecycle::launch::{Attempt, Report};
use crate::lifecycle::state::RunState;
use crate::planner::agenda::KnownDag;
use crate::planner::{Capacity, RunSnapshot};
use crate::store::{DagVersion, Store, StoreError};

pub use answer::{all_known_dags, pools};
use create::Source;
use lease::Presence;
pub use load::snapshot;
pub use request::{Reply, Request, RequestError};

/// Told of what was committed, after the commit. Must not block. What an observer does not care for it leaves out.
pub trait RunObserver: Send + Sync {
    /// A run was made, or an earlier one is driven again, whatever for.
    fn run_made(&self, dag: &Dag, run_id: &RunId) {
        let _ = (dag, run_id);
    }
    /// A run was queued, and runs from here on.
    fn run_began(&self, dag: &Dag, run_id: &RunId) {
        let _ = (dag, run_id);
    }
    /// A run whose process is gone goes on here.
    fn run_resumed(&self, dag: &Dag, run_id: &RunId) {
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
    /// A run is not at its end at its deadline.
    fn deadline_missed(&self, dag: &Dag, run_id: &RunId, due: Timestamp) {
        let _ = (dag, run_id, due);
    }
    /// A run is at its end.
    fn run_ended(&self, dag: &Dag, run_id: &RunId, state: RunState) {
        let _ = (dag, run_id, state);
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

/// What runs are made of, which lies outside the database. May block.
pub trait Materials: Send + Sync + 'static {
    /// Takes in the outside files of a DAG; those that cannot be taken are left out, with the reason for each.
    fn files(&self, source: &Source) -> RunInputs;
    /// The DAG of a kept version, with the plugins that it had.
    ///
    /// # Errors
    /// Why it cannot be had any more, for people.
    fn dag(&self, version: &DagVersion) -> Result<Arc<Dag>, String>;
}

/// For loops that make no runs themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMaterials;

impl Materials for NoMaterials {
    fn files(&self, _source: &Source) -> RunInputs {
        RunInputs::default()
    }

    fn dag(&self, version: &DagVersion) -> Result<Arc<Dag>, String> {
        Err(format!("version {} of `{}` is not looked for here", version.digest, version.dag_id))
    }
}

/// What the loop is told.
enum Message {
    /// Drive this run; `clear` is cleared first; `ended` is told its final state.
    Add {
        snapshot: Box<RunSnapshot>,
        clear: Vec<TaskIx>,
        observer: Arc<dyn RunObserver>,
        ended: oneshot::Sender<RunState>,
    },
    /// DAGs that are kept, and the runs that this process owns: after a start.
    Recover { dags: Vec<KnownDag>, recovered: oneshot::Sender<()> },
    /// A DAG's file is there, or has a new version of it.
    DagSeen(Box<Source>),
    /// A DAG's file is gone.
    DagGone(DagId),
    /// A try ended.
    Ended(Box<Report>),
    /// A committed launch gave no report.
    Lost(Attempt),
    /// A run is to end now.
    Cancel { run: RunKey, reason: String },
    /// A person asks for something.
    Ask { request: Box<Request>, reply: oneshot::Sender<Result<Reply, RequestError>> },
    /// Nothing new is begun; what runs may go on for `grace`, and is given back then.
    Stop { grace: Duration },
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
    /// What runs are made of.
    pub materials: Arc<dyn Materials>,
    /// Told of runs that nobody else watches.
    pub observer: Arc<dyn RunObserver>,
    /// Who it is: the owner of its runs.
    pub process: Presence,
    /// What may run at once.
    pub capacity: Capacity,
    /// Whether it begins runs: those that are due, and those that wait.
    pub begins_runs: bool,
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

/// The loop's own thread or its runtime cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the thread of the scheduler cannot be started")]
pub struct StartError(#[source] pub std::io::Error);

/// The running loop. Dropping this ends it and what it runs, as a crash would: a step that is under way is the last, and
/// the process counts as living until then. What was committed is what the next process finds.
pub struct Looping {
    ended: oneshot::Receiver<Result<(), StoreError>>,
    /// Dropped with this, which the loop hears.
    held: watch::Sender<()>,
    told: bool,
}

impl Looping {
    /// Waits until the loop was closed and has nothing left to do. Losing a race loses nothing; what the first answer
    /// was is not said again.
    ///
    /// # Errors
    /// When the store fails; what ran is ended. A loop that panicked counts as closed by the store.
    pub async fn ended(&mut self) -> Result<(), StoreError> {
        if self.told {
            return Err(StoreError::Closed);
        }
        let ended = (&mut self.ended).await;
        self.told = true;
        ended.unwrap_or(Err(StoreError::Closed))
    }

    /// Ends the loop, tells what it runs to end, and waits until the loop writes nothing any more: another may then go on in
    /// the name of the same process.
    pub async fn end(self) {
        let Self { ended, held, told } = self;
        drop(held);
        if !told {
            // How it ended does not matter any more.
            let _ = ended.await;
        }
    }
}

impl Scheduler {
    /// Starts the loop on a thread of its own: it waits for the disk at each commit, and nobody else is to wait with it.
    ///
    /// # Errors
    /// There is no thread.
    pub fn start(parts: Parts) -> Result<(Self, Looping), StartError> {
        let (inbox, messages) = mpsc::unbounded_channel();
        let (ending, ended) = oneshot::channel();
        let (held, hold) = watch::channel(());
        let looping = turn::Loop::new(parts, inbox.clone(), messages, hold);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(StartError)?;
        let work = move || {
            let end = runtime.block_on(looping.run());
            // Who waited may have gone away.
            let _ = ending.send(end);
        };
        std::thread::Builder::new().name("scheduler".to_owned()).spawn(work).map_err(StartError)?;
        Ok((Self { inbox }, Looping { ended, held, told: false }))
    }

    fn tell(&self, message: Message) -> Result<(), Stopped> {
        self.inbox.send(message).map_err(|_| Stopped)
    }

    /// Drives a run to its end, which the receiver is told.
    pub fn add(
        &self,
        snapshot: RunSnapshot,
        clear: Vec<TaskIx>,
        observer: Arc<dyn RunObserver>,
    ) -> Result<oneshot::Receiver<RunState>, Stopped> {
        let (ended, end) = oneshot::channel();
        self.tell(Message::Add { snapshot: Box::new(snapshot), clear, observer, ended })?;
        Ok(end)
    }

    /// Takes up the runs that this process owns in the store. `dags`: all that are kept.
    pub async fn recover(&self, dags: Vec<KnownDag>) -> Result<(), Stopped> {
        let (recovered, done) = oneshot::channel();
        self.tell(Message::Recover { dags, recovered })?;
        done.await.map_err(|_| Stopped)
    }

    /// A DAG's file is there, or has a new version, which is kept already.
    pub fn dag_seen(&self, source: Source) -> Result<(), Stopped> {
        self.tell(Message::DagSeen(Box::new(source)))
    }

    /// A DAG's file is gone.
    pub fn dag_gone(&self, dag: DagId) -> Result<(), Stopped> {
        self.tell(Message::DagGone(dag))
    }

    /// Does what a person asks for; the answer comes when it is committed.
    pub async fn ask(&self, request: Request) -> Result<Reply, RequestError> {
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Ask { request: Box::new(request), reply }).map_err(|_| RequestError::Stopped)?;
        answer.await.unwrap_or(Err(RequestError::Stopped))
    }

    /// Ends a run now.
    pub fn cancel(&self, run: RunKey, reason: &str) -> Result<(), Stopped> {
        self.tell(Message::Cancel { run, reason: reason.to_owned() })
    }

    /// Begins nothing new, lets what runs go on for `grace`, then gives it back; then the loop ends.
    pub fn stop(&self, grace: Duration) -> Result<(), Stopped> {
        self.tell(Message::Stop { grace })
    }

    /// Lets the loop end when its runs have.
    pub fn close(&self) -> Result<(), Stopped> {
        self.tell(Message::Close)
    }
}
