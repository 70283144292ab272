//! The store on SQLite: one connection that writes, in groups; short-lived readers beside it.

mod callbacks;
mod clean;
mod codec;
mod dags;
mod open;
mod plugins;
mod pools;
mod processes;
mod run_changes;
mod runs;
mod served;
mod task_changes;
mod writer;

use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};
use rustc_hash::FxHashMap;

use crate::ids::{BackfillId, CallbackId, DagId, Digest, PoolName, RunId, RunKey};
use crate::lifecycle::change::Change;
use crate::store::{
    BackfillRecord, CallbackRecord, Created, DagRecord, DagVersion, ImportErrorRecord, InstanceRecord, NewBackfill,
    NewRun, PoolRecord, ProcessId, ProcessKind, Rebase, Result, RunFilter, RunRecord, Seen, Store, StoreError,
    TryRecord, Verdict,
};

pub use open::SCHEMA_VERSION;

/// A home's database.
pub struct SqliteStore {
    path: PathBuf,
    writer: writer::Writer,
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens or makes the database at `path`, and brings an older one up to date (a copy of it is kept beside).
    pub fn open(path: &Path) -> Result<Self> {
        let connection = open::open_writer(path)?;
        Ok(Self {
            path: path.to_owned(),
            writer: writer::Writer::new(connection, path.to_owned()),
            readers: Mutex::new(Vec::new()),
        })
    }

    /// Tells `heard` each statement that writes from now on.
    #[cfg(test)]
    pub(crate) fn listen(&self, mut heard: impl FnMut(&str) + Send + 'static) -> Result<()> {
        use rusqlite::trace::{TraceEvent, TraceEventCodes};
        let tell = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, sql) = event {
                heard(sql);
            }
        };
        let listening = self.writer.connection().trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(tell));
        listening.map_err(|source| StoreError::of(&self.path, source))
    }

    /// Runs `read` on a connection that sees one state of the database throughout.
    fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let pooled = self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => open::open_reader(&self.path)?,
        };
        let result = connection.transaction().and_then(|transaction| read(&transaction));
        self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(connection);
        result.map_err(|source| StoreError::of(&self.path, source))
    }

    /// Runs `write` in a transaction, and waits until it is durable.
    fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.call(write)
    }
}

/// One verdict for each change; all of a run's changes are refused if it belongs to another process, and a callback is
/// with the change before it.
fn commit(tx: &Transaction<'_>, process: ProcessId, changes: &[Change]) -> rusqlite::Result<Vec<Verdict>> {
    let mut owned = FxHashMap::default();
    let mut verdicts = Vec::with_capacity(changes.len());
    let mut rest = changes;
    while let [change, after @ ..] = rest {
        let run = change.run();
        let ours = match owned.entry(run) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => *unknown.insert(owns(tx, process, run)?),
        };
        if ours
            && let (Change::Task(first), [Change::Task(second), after @ ..]) = (change, after)
            && let Some(verdict) = task_changes::apply_both(tx, first, second)?
        {
            verdicts.extend([verdict, verdict]);
            rest = after;
            continue;
        }
        let cause = verdicts.last() == Some(&Verdict::Accepted);
        verdicts.push(match change {
            _ if !ours => Verdict::Refused,
            Change::Task(change) => task_changes::apply(tx, change)?,
            Change::Run(change) => run_changes::apply(tx, change)?,
            Change::Call(call) if cause => callbacks::record(tx, call).map(|()| Verdict::Accepted)?,
            Change::Call(_) => Verdict::Refused,
        });
        rest = after;
    }
    Ok(verdicts)
}

fn owns(tx: &Transaction<'_>, process: ProcessId, run: RunKey) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM dag_run WHERE run_key = ?1 AND owner = ?2")?
        .query_row([run.0, process.0], |_| Ok(()))
        .optional()
        .map(|found| found.is_some())
}

impl Store for SqliteStore {
    fn commit(&self, process: ProcessId, changes: Arc<Vec<Change>>) -> Result<Vec<Verdict>> {
        self.write(move |tx| commit(tx, process, &changes))
    }

    fn enter_process(&self, kind: ProcessKind, pid: u32, now: Timestamp) -> Result<ProcessId> {
        self.write(move |tx| processes::enter(tx, kind, pid, now))
    }

    fn open_processes(&self) -> Result<Vec<(ProcessId, ProcessKind, u32)>> {
        self.read(processes::open)
    }

    fn end_process(&self, process: ProcessId, now: Timestamp) -> Result<()> {
        self.write(move |tx| processes::end(tx, process, now))
    }

    fn keep_dag_versions(&self, versions: Vec<(DagVersion, Seen)>, now: Timestamp) -> Result<()> {
        self.write(move |tx| versions.into_iter().try_for_each(|(version, seen)| dags::keep(tx, &version, seen, now)))
    }

    fn dag_version(&self, digest: Digest) -> Result<Option<DagVersion>> {
        self.read(|tx| dags::version(tx, digest))
    }

    fn dag(&self, dag: &DagId) -> Result<Option<DagRecord>> {
        self.read(|tx| dags::get(tx, dag))
    }

    fn dags(&self) -> Result<Vec<DagRecord>> {
        self.read(dags::list)
    }

    fn dag_versions(&self, dag: &DagId) -> Result<Vec<(Digest, Timestamp)>> {
        self.read(|tx| served::versions(tx, dag))
    }

    fn unserve_dag(&self, dag: &DagId) -> Result<()> {
        let dag = dag.clone();
        self.write(move |tx| served::serve(tx, &dag, false))
    }

    fn pause_dag(&self, dag: &DagId, reason: Option<&str>) -> Result<bool> {
        let (dag, reason) = (dag.clone(), reason.map(str::to_owned));
        self.write(move |tx| served::pause(tx, &dag, reason.as_deref()))
    }

    fn failed_in_a_row(&self, dag: &DagId) -> Result<u32> {
        self.read(|tx| served::failed_in_a_row(tx, dag))
    }

    fn last_scheduled(&self, dag: &DagId) -> Result<Option<Timestamp>> {
        self.read(|tx| served::last_scheduled(tx, dag))
    }

    fn keep_import_error(&self, path: &Path, text: Option<&str>, now: Timestamp) -> Result<()> {
        let (path, text) = (path.to_string_lossy().into_owned(), text.map(str::to_owned));
        self.write(move |tx| served::keep_import_error(tx, &path, text.as_deref(), now))
    }

    fn import_errors(&self) -> Result<Vec<ImportErrorRecord>> {
        self.read(served::import_errors)
    }

    fn old_runs(&self, before: Timestamp, keep: u32) -> Result<Vec<(RunKey, DagId, RunId)>> {
        self.read(|tx| clean::old_runs(tx, before, keep))
    }

    fn remove_runs(&self, runs: Vec<RunKey>) -> Result<u64> {
        self.write(move |tx| clean::remove_runs(tx, &runs))
    }

    fn used_artifacts(&self) -> Result<HashSet<Digest>> {
        self.read(clean::used_artifacts)
    }

    fn check(&self) -> Result<Vec<String>> {
        self.read(clean::check)
    }

    fn pools(&self) -> Result<Vec<PoolRecord>> {
        self.read(pools::list)
    }

    fn set_pool(&self, pool: &PoolRecord) -> Result<()> {
        let pool = pool.clone();
        self.write(move |tx| pools::set(tx, &pool))
    }

    fn remove_pool(&self, pool: &PoolName) -> Result<bool> {
        let pool = pool.clone();
        self.write(move |tx| pools::remove(tx, &pool))
    }

    fn create_runs(&self, new: Vec<NewRun>) -> Result<Vec<Created>> {
        self.write(move |tx| new.iter().map(|run| runs::create(tx, run)).collect())
    }

    fn open_callbacks(&self, process: ProcessId) -> Result<Vec<CallbackRecord>> {
        self.read(|tx| callbacks::open(tx, process))
    }

    fn callbacks(&self, run: RunKey) -> Result<Vec<CallbackRecord>> {
        self.read(|tx| callbacks::of_run(tx, run))
    }

    fn callback(&self, id: CallbackId) -> Result<Option<CallbackRecord>> {
        self.read(|tx| callbacks::get(tx, id))
    }

    fn start_callback(&self, id: CallbackId, run: &NewRun) -> Result<Option<Created>> {
        let run = run.clone();
        self.write(move |tx| callbacks::start(tx, id, &run))
    }

    fn give_up_callback(&self, id: CallbackId, problem: &str) -> Result<()> {
        let problem = problem.to_owned();
        self.write(move |tx| callbacks::give_up(tx, id, &problem))
    }

    fn create_backfill(&self, new: NewBackfill) -> Result<(BackfillId, Vec<RunKey>)> {
        self.write(move |tx| runs::create_backfill(tx, &new))
    }

    fn backfills(&self) -> Result<Vec<BackfillRecord>> {
        self.read(runs::list_backfills)
    }

    fn end_backfill(&self, id: BackfillId, cancelled: bool, now: Timestamp) -> Result<()> {
        self.write(move |tx| runs::end_backfill(tx, id, cancelled, now))
    }

    fn adopt_runs(&self, server: ProcessId, now: Timestamp) -> Result<()> {
        self.write(move |tx| served::adopt(tx, server, now))
    }

    fn rebase_run(&self, run: RunKey, rebase: &Rebase, now: Timestamp) -> Result<()> {
        let to = rebase.clone();
        if self.write(move |tx| runs::rebase(tx, run, &to, now))? {
            return Ok(());
        }
        let found = self.run(run)?;
        let of = |text: fn(&RunRecord) -> String| found.as_ref().map(text).unwrap_or_default();
        Err(StoreError::RunInUse { run_id: of(|run| run.run_id.to_string()), state: of(|run| run.state.to_string()) })
    }

    fn find_run(&self, dag_id: &DagId, run_id: &RunId) -> Result<Option<RunRecord>> {
        self.read(|tx| runs::find(tx, dag_id, run_id))
    }

    fn run_before(&self, dag: &DagId, logical_date: Timestamp) -> Result<Option<RunRecord>> {
        self.read(|tx| runs::before(tx, dag, logical_date))
    }

    fn claim_run(&self, run: RunKey, process: ProcessId) -> Result<bool> {
        self.write(move |tx| served::claim(tx, run, process))
    }

    fn run(&self, run: RunKey) -> Result<Option<RunRecord>> {
        self.read(|tx| runs::get(tx, run))
    }

    fn runs(&self, filter: &RunFilter) -> Result<(Vec<RunRecord>, u64)> {
        self.read(|tx| runs::list(tx, filter))
    }

    fn unfinished_runs(&self, process: ProcessId) -> Result<Vec<RunRecord>> {
        self.read(|tx| runs::unfinished(tx, process))
    }

    fn instances(&self, run: RunKey) -> Result<Vec<InstanceRecord>> {
        self.read(|tx| runs::instances(tx, run))
    }

    fn tries(&self, run: RunKey) -> Result<Vec<TryRecord>> {
        self.read(|tx| runs::tries(tx, run))
    }

    fn abandon_run(&self, run: RunKey, reason: &str, now: Timestamp) -> Result<()> {
        let reason = reason.to_owned();
        self.write(move |tx| runs::abandon(tx, run, &reason, now))
    }
}
