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

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

pub use error::StoreError;
pub use records::{
    BackfillRecord, BackfillRun, CallbackRecord, Created, DagRecord, DagVersion, GoneInstance, ImportErrorRecord,
    InstanceRecord, MovedInstance, NewBackfill, NewInstance, NewRun, PoolRecord, ProcessId, ProcessKind, Rebase,
    RunFilter, RunRecord, RunType, Seen, StartedCallback, TryRecord,
};

use crate::ids::{BackfillId, CallbackId, DagId, Digest, PoolName, RunId, RunKey};
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

/// A home's memory. Methods block; each write is durable when it returns.
pub trait Store: Send + Sync + 'static {
    /// Makes the changes, in order, in one transaction, perhaps together with those of other callers. One verdict each.
    /// Only the runs that belong to `process` may change.
    fn commit(&self, process: ProcessId, changes: Arc<Vec<Change>>) -> Result<Vec<Verdict>>;

    /// Enters this process; its id is the owner of the runs that it makes.
    fn enter_process(&self, kind: ProcessKind, pid: u32, now: Timestamp) -> Result<ProcessId>;
    /// Processes that were entered and have not been ended.
    fn open_processes(&self) -> Result<Vec<(ProcessId, ProcessKind, u32)>>;
    /// Ends a process: its own last word, or that of the next one after it died.
    fn end_process(&self, process: ProcessId, now: Timestamp) -> Result<()>;

    /// Keeps versions of DAGs, all in one transaction.
    fn keep_dag_versions(&self, versions: Vec<(DagVersion, Seen)>, now: Timestamp) -> Result<()>;
    /// Keeps a version of a DAG.
    fn keep_dag_version(&self, version: &DagVersion, seen: Seen, now: Timestamp) -> Result<()> {
        self.keep_dag_versions(vec![(version.clone(), seen)], now)
    }
    /// The digests of a DAG's versions, newest first, each with when it was first kept.
    fn dag_versions(&self, dag: &DagId) -> Result<Vec<(Digest, Timestamp)>>;
    /// A version by its digest.
    fn dag_version(&self, digest: Digest) -> Result<Option<DagVersion>>;
    /// One of the DAGs that were ever run or served.
    fn dag(&self, dag: &DagId) -> Result<Option<DagRecord>>;
    /// All DAGs that were ever run or served, by id.
    fn dags(&self) -> Result<Vec<DagRecord>>;

    /// Notes that a server's folder has no file of the DAG any more. Its version and its runs stay.
    fn unserve_dag(&self, dag: &DagId) -> Result<()>;
    /// Pauses a DAG for a reason, or with `None` ends the pause. False: there is no such DAG.
    fn pause_dag(&self, dag: &DagId, reason: Option<&str>) -> Result<bool>;
    /// `run_after` of a DAG's last scheduled run.
    fn last_scheduled(&self, dag: &DagId) -> Result<Option<Timestamp>>;
    /// How many of a DAG's scheduled and manual runs failed since the last that did not, and since its last pause began or
    /// ended. Runs of processes that are no servers do not count.
    fn failed_in_a_row(&self, dag: &DagId) -> Result<u32>;
    /// Keeps why a file is no DAG, or with `None` that nothing is wrong with it.
    fn keep_import_error(&self, path: &Path, text: Option<&str>, now: Timestamp) -> Result<()>;
    /// The files that are no DAGs.
    fn import_errors(&self) -> Result<Vec<ImportErrorRecord>>;

    /// All pools, by name. `default_pool` is always among them.
    fn pools(&self) -> Result<Vec<PoolRecord>>;
    /// Makes a pool, or changes the one of that name.
    fn set_pool(&self, pool: &PoolRecord) -> Result<()>;
    /// Removes a pool. False: there is none of that name.
    fn remove_pool(&self, pool: &PoolName) -> Result<bool>;

    /// Makes runs and their instances in one transaction. A run id gets a suffix where it is taken.
    fn create_runs(&self, runs: Vec<NewRun>) -> Result<Vec<Created>>;
    /// As [`Store::create_runs`], for one.
    ///
    /// # Errors
    /// Besides the usual ones: its logical date is taken.
    fn create_run(&self, run: &NewRun) -> Result<(RunKey, RunId)> {
        match self.create_runs(vec![run.clone()])?.pop() {
            Some(Created::Made(key, run_id)) => Ok((key, run_id)),
            Some(Created::LogicalDateTaken) => Err(StoreError::LogicalDateTaken {
                dag_id: run.dag_id.to_string(),
                logical_date: run.dates.logical_date.map(|date| date.to_string()).unwrap_or_default(),
            }),
            None => Err(StoreError::Closed),
        }
    }
    /// Callbacks that have no run yet, of runs of this process and of processes that are over.
    fn open_callbacks(&self, process: ProcessId) -> Result<Vec<CallbackRecord>>;
    /// The callbacks of a run and its tasks, in order.
    fn callbacks(&self, run: RunKey) -> Result<Vec<CallbackRecord>>;
    /// A callback.
    fn callback(&self, id: CallbackId) -> Result<Option<CallbackRecord>>;
    /// Makes the run of a callback. `None`: it has one already, or was given up.
    fn start_callback(&self, id: CallbackId, run: &NewRun) -> Result<Option<Created>>;
    /// Notes why a callback can have no run.
    fn give_up_callback(&self, id: CallbackId, problem: &str) -> Result<()>;
    /// Makes a backfill with its runs in one transaction; gives those that it has in fact, in order.
    fn create_backfill(&self, new: NewBackfill) -> Result<(BackfillId, Vec<RunKey>)>;
    /// All backfills, newest first.
    fn backfills(&self) -> Result<Vec<BackfillRecord>>;
    /// A backfill is over, or cancelled: it clears and starts no more runs.
    fn end_backfill(&self, id: BackfillId, cancelled: bool, now: Timestamp) -> Result<()>;
    /// Gives this server the unfinished runs of all earlier ones, whose processes are ended.
    fn adopt_runs(&self, server: ProcessId, now: Timestamp) -> Result<()>;
    /// Moves a finished run to a DAG version and to its next owner, if it is still as it was when that was decided.
    fn rebase_run(&self, run: RunKey, rebase: &Rebase, now: Timestamp) -> Result<()>;
    /// A run by its ids.
    fn find_run(&self, dag_id: &DagId, run_id: &RunId) -> Result<Option<RunRecord>>;
    /// The scheduled or backfill run of a DAG with the latest logical date before this one.
    fn run_before(&self, dag: &DagId, logical_date: Timestamp) -> Result<Option<RunRecord>>;
    /// Makes `process` the owner of a finished run, which it is to clear. False: it is not finished any more.
    fn claim_run(&self, run: RunKey, process: ProcessId) -> Result<bool>;
    /// A run by its key.
    fn run(&self, run: RunKey) -> Result<Option<RunRecord>>;
    /// Runs, newest first, and how many there are in all.
    fn runs(&self, filter: &RunFilter) -> Result<(Vec<RunRecord>, u64)>;
    /// Unfinished runs of a process, and finished ones that a backfill is to run again; those of a backfill in its order.
    fn unfinished_runs(&self, process: ProcessId) -> Result<Vec<RunRecord>>;
    /// Finished runs that ended before `before`, but for the newest `keep` of each DAG and its last scheduled one.
    fn old_runs(&self, before: Timestamp, keep: u32) -> Result<Vec<(RunKey, DagId, RunId)>>;
    /// Removes those of the runs that are finished still, and versions that nothing refers to then. Gives how many runs.
    fn remove_runs(&self, runs: Vec<RunKey>) -> Result<u64>;
    /// The artifacts that any row names.
    fn used_artifacts(&self) -> Result<HashSet<Digest>>;
    /// What is wrong with the database's file; nothing, if all is well.
    fn check(&self) -> Result<Vec<String>>;
    /// The instances of a run, in the order of their tasks.
    fn instances(&self, run: RunKey) -> Result<Vec<InstanceRecord>>;
    /// The earlier tries of a run's instances.
    fn tries(&self, run: RunKey) -> Result<Vec<TryRecord>>;
    /// Makes runs and their instances end because their process is gone: running ones failed, others skipped.
    fn abandon_run(&self, run: RunKey, reason: &str, now: Timestamp) -> Result<()>;
}
