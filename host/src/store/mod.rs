//! What is kept: processes, DAG versions, runs, task instances, plugins.
//!
//! The verbs are the transitions of `lifecycle`; a batch of them is one transaction, and each is accepted or refused
//! by itself. Must never know: why a transition is made, the sandbox, the clock. One more database: implement
//! [`Store`] and run the conformance suite of `tests` over it.

mod error;
mod records;
pub mod sqlite;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use error::StoreError;
pub use records::{
    DagRecord, DagVersion, GoneInstance, InstanceRecord, MovedInstance, NewInstance, NewRun, ProcessId, ProcessKind,
    Rebase, RunFilter, RunRecord, RunType, Seen, TryRecord,
};

use crate::executor::Boxed;
use crate::ids::{DagId, Digest, RunId, RunKey};
use crate::lifecycle::change::Change;

/// Whether a change found what it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is durable.
    Accepted,
    /// The row was in another state, or the run belongs to another process. Nothing was changed.
    Refused,
}

/// The store's answer to what was asked.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A home's memory. Methods block (except [`Store::commit`]'s future); each write is durable when it returns.
pub trait Store: Send + Sync + 'static {
    /// Makes the changes, in order, in one transaction, perhaps together with those of other callers. One verdict each.
    /// Only the runs that belong to `process` may change.
    fn commit(&self, process: ProcessId, changes: Vec<Change>) -> Boxed<Result<Vec<Verdict>>>;

    /// Enters this process; its id is the owner of the runs that it makes.
    fn enter_process(&self, kind: ProcessKind, pid: u32, now: Timestamp) -> Result<ProcessId>;
    /// Processes that were entered and have not been ended.
    fn open_processes(&self) -> Result<Vec<(ProcessId, ProcessKind, u32)>>;
    /// Ends a process: its own last word, or that of the next one after it died.
    fn end_process(&self, process: ProcessId, now: Timestamp) -> Result<()>;

    /// Keeps a version of a DAG.
    fn keep_dag_version(&self, version: &DagVersion, seen: Seen, now: Timestamp) -> Result<()>;
    /// A version by its digest.
    fn dag_version(&self, digest: Digest) -> Result<Option<DagVersion>>;
    /// All DAGs that were ever run or served, by id.
    fn dags(&self) -> Result<Vec<DagRecord>>;

    /// Makes a run and its instances in one transaction. Its run id gets a suffix where it is taken.
    fn create_run(&self, run: &NewRun) -> Result<(RunKey, RunId)>;
    /// Moves a finished run to a DAG version and to its next owner, if it is still as it was when that was decided.
    fn rebase_run(&self, run: RunKey, rebase: &Rebase, now: Timestamp) -> Result<()>;
    /// A run by its ids.
    fn find_run(&self, dag_id: &DagId, run_id: &RunId) -> Result<Option<RunRecord>>;
    /// A run by its key.
    fn run(&self, run: RunKey) -> Result<Option<RunRecord>>;
    /// Runs, newest first, and how many there are in all.
    fn runs(&self, filter: &RunFilter) -> Result<(Vec<RunRecord>, u64)>;
    /// Unfinished runs of a process.
    fn unfinished_runs(&self, process: ProcessId) -> Result<Vec<RunRecord>>;
    /// The instances of a run, in the order of their tasks.
    fn instances(&self, run: RunKey) -> Result<Vec<InstanceRecord>>;
    /// The earlier tries of a run's instances.
    fn tries(&self, run: RunKey) -> Result<Vec<TryRecord>>;
    /// Makes runs and their instances end because their process is gone: running ones failed, others skipped.
    fn abandon_run(&self, run: RunKey, reason: &str, now: Timestamp) -> Result<()>;
}
