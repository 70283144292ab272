//! A checked DAG becomes a run in the store; an earlier run is moved to the DAG as it is now.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::to_microseconds;
use crate::dag::model::{Dag, RunInputs, Task, TaskTerms};
use crate::ids::{RunId, RunKey, TaskIx};
use crate::lifecycle::change::SkipCause;
use crate::lifecycle::launch::RunDates;
use crate::lifecycle::state::TaskState;
use crate::planner::rebase;
use crate::store::{
    DagVersion, GoneInstance, InstanceRecord, MovedInstance, NewInstance, NewRun, ProcessId, Rebase, RunRecord,
    RunType, Seen, Store, StoreError,
};

use super::load;

/// The problem code of an instance that was skipped because its process ended; see the store's `abandon_run`.
const PROCESS_ENDED: &str = "process-ended";

/// A DAG with what is kept beside it.
#[derive(Debug, Clone)]
pub struct Source {
    /// The checked DAG.
    pub dag: Arc<Dag>,
    /// The text that it was checked from.
    pub text: Arc<str>,
    /// The folder that its relative paths start from.
    pub folder: PathBuf,
    /// The file that it was read from, by its whole path.
    pub file: Option<PathBuf>,
}

impl Source {
    fn seen(&self) -> Seen {
        self.file.clone().map_or(Seen::Nowhere, Seen::Run)
    }
}

/// What a new run is for.
#[derive(Debug, Clone)]
pub struct NewRunRequest {
    /// How it came to be.
    pub run_type: RunType,
    /// Its dates.
    pub dates: RunDates,
    /// Parameters and outside files.
    pub inputs: RunInputs,
    /// Who drives it.
    pub owner: ProcessId,
    /// The present.
    pub now: Timestamp,
}

/// Why a run was not made or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such run.
    #[error("DAG `{dag_id}` has no run `{run_id}`: `dagwood runs list {dag_id}` lists them")]
    NoSuchRun {
        /// The DAG.
        dag_id: String,
        /// The run.
        run_id: String,
    },
    /// Nothing of the run failed.
    #[error("run `{run_id}` is a {state}: there is nothing to resume")]
    NothingToResume {
        /// The run.
        run_id: String,
        /// Its state.
        state: String,
    },
    /// It is the run of a callback.
    #[error(
        "run `{run_id}` is of a callback, which is not in the file alone: `dagwood clear {dag_id} {run_id}` runs it again"
    )]
    IsCallback {
        /// The run.
        run_id: String,
        /// Its DAG.
        dag_id: String,
    },
    /// Another process drives it.
    #[error("run `{run_id}` is {state} in another process: wait for its end, or end that process")]
    InUse {
        /// The run.
        run_id: String,
        /// Its state.
        state: String,
    },
}

/// Keeps the DAG's version, then makes a run of it and its instances in one transaction.
pub fn new_run(store: &dyn Store, source: &Source, request: NewRunRequest) -> Result<(RunKey, RunId), CreateError> {
    store.keep_dag_version(&version(source), source.seen(), request.now)?;
    Ok(store.create_run(&planned(source, request))?)
}

/// A run of the DAG, to be made in the store. Its version must be kept.
pub fn planned(source: &Source, request: NewRunRequest) -> NewRun {
    let (kind, run_after) = (request.run_type.as_str(), request.dates.run_after);
    let run_id = match request.run_type {
        RunType::Manual | RunType::Callback => RunId::at(kind, format_args!("{run_after:.6}")),
        RunType::Scheduled | RunType::Backfill => RunId::at(kind, run_after),
    };
    NewRun {
        dag_id: source.dag.id.clone(),
        run_id,
        run_type: request.run_type,
        version: source.dag.version,
        owner: request.owner,
        dates: request.dates,
        inputs: request.inputs,
        tasks: new_instances(&source.dag),
        now: request.now,
    }
}

/// Moves a finished run to the DAG as it is now. Gives the run and the tasks to be cleared: those that failed, were
/// ended with the run or are new, and all that comes after them.
pub fn resume(
    store: &dyn Store,
    source: &Source,
    run_id: &RunId,
    inputs: RunInputs,
    owner: ProcessId,
    now: Timestamp,
) -> Result<(RunRecord, Vec<InstanceRecord>, Vec<TaskIx>), CreateError> {
    let dag = &source.dag;
    let words = || (run_id.to_string(), dag.id.to_string());
    let found = store.find_run(&dag.id, run_id)?;
    let Some(run) = found else {
        let (run_id, dag_id) = words();
        return Err(CreateError::NoSuchRun { dag_id, run_id });
    };
    if run.callback.is_some() {
        return Err(CreateError::IsCallback { run_id: run_id.to_string(), dag_id: dag.id.to_string() });
    }
    if !run.state.is_finished() {
        return Err(CreateError::InUse { run_id: run_id.to_string(), state: run.state.to_string() });
    }
    let instances = store.instances(run.key)?;
    if to_clear(dag, &placed(dag, &instances)).is_empty() {
        return Err(CreateError::NothingToResume { run_id: run_id.to_string(), state: run.state.to_string() });
    }
    store.keep_dag_version(&version(source), source.seen(), now)?;
    store.rebase_run(run.key, &moved(&run, &instances, dag, inputs, owner), now)?;
    let instances = store.instances(run.key)?;
    let run = store.run(run.key)?.ok_or_else(|| {
        let (run_id, dag_id) = words();
        CreateError::NoSuchRun { dag_id, run_id }
    })?;
    let clear = to_clear(dag, &placed(dag, &instances));
    Ok((run, instances, clear))
}

/// How the run is moved to the DAG as it is now: what the planner says becomes of its instances.
fn moved(run: &RunRecord, instances: &[InstanceRecord], dag: &Dag, inputs: RunInputs, owner: ProcessId) -> Rebase {
    let old: Vec<_> = instances.iter().map(|kept| (kept.task, kept.task_id.clone(), load::instance(kept))).collect();
    let rebased = rebase(&old, dag);
    let tasks = rebased.carried.into_iter().zip(new_instances(dag)).map(|(carried, new)| MovedInstance {
        from: carried.from,
        begins: carried.begins,
        instance: NewInstance { max_tries: carried.instance.max_tries, ..new },
    });
    let gone = rebased.gone.into_iter().map(|gone| GoneInstance { from: gone.from, remove: gone.remove });
    Rebase {
        expect_version: run.version,
        expect_owner: run.owner,
        version: dag.version,
        owner,
        inputs,
        tasks: tasks.collect(),
        gone: gone.collect(),
    }
}

/// A manual run is for the instant that it is triggered at, unless another is given; its interval has no width.
pub fn manual_dates(logical_date: Option<Timestamp>, now: Timestamp) -> RunDates {
    let logical_date = to_microseconds(logical_date.unwrap_or(now));
    RunDates { logical_date: Some(logical_date), data_interval: Some((logical_date, logical_date)), run_after: now }
}

/// What is kept of the source.
pub fn version(source: &Source) -> DagVersion {
    let plugins: BTreeMap<_, _> =
        source.dag.with_callbacks().map(|task| (task.terms.plugin_name.clone(), task.terms.plugin.digest)).collect();
    DagVersion {
        digest: source.dag.version,
        dag_id: source.dag.id.clone(),
        source: Arc::clone(&source.text),
        folder: source.folder.clone(),
        plugins,
    }
}

pub(super) fn new_instances(dag: &Dag) -> Vec<NewInstance> {
    // Tasks with the same terms mostly stand together: their plugin's words are made once.
    let mut last: Option<(&Arc<TaskTerms>, Arc<str>)> = None;
    let mut instances = Vec::with_capacity(dag.tasks.len());
    for Task { id, terms, .. } in &dag.tasks {
        let plugin = match last.take() {
            Some((known, plugin)) if Arc::ptr_eq(known, terms) => plugin,
            _ => format!("{}@{}", terms.plugin.descriptor.name, terms.plugin.descriptor.version).into(),
        };
        last = Some((terms, Arc::clone(&plugin)));
        let max_tries = terms.retry.retries.saturating_add(1);
        instances.push(NewInstance { task_id: id.clone(), max_tries, component: terms.plugin.digest, plugin });
    }
    instances
}

/// For each task of the DAG, its instance if the run has it.
fn placed<'a>(dag: &Dag, instances: &'a [InstanceRecord]) -> Vec<Option<&'a InstanceRecord>> {
    let by_id: std::collections::HashMap<_, _> =
        instances.iter().map(|instance| (instance.task_id.as_str(), instance)).collect();
    dag.tasks.iter().map(|task| by_id.get(task.id.as_str()).copied()).collect()
}

/// What did not come to a good end, and all downstream of it.
fn to_clear(dag: &Dag, instances: &[Option<&InstanceRecord>]) -> Vec<TaskIx> {
    let mut again = vec![false; dag.tasks.len()];
    for task in &dag.edges.order {
        let at = task.index();
        let mut upstream = dag.edges.upstream.of(*task).iter();
        let below = upstream.any(|up| again.get(up.index()).copied().unwrap_or(false));
        let itself = instances.get(at).copied().flatten().is_none_or(needs_another_go);
        if let Some(slot) = again.get_mut(at) {
            *slot = below || itself;
        }
    }
    again.iter().zip(0..).filter(|(again, _)| **again).map(|(_, at)| TaskIx(at)).collect()
}

fn needs_another_go(instance: &InstanceRecord) -> bool {
    match instance.state {
        TaskState::Success => false,
        TaskState::Skipped => {
            let with_the_run = [PROCESS_ENDED, SkipCause::RunEnded.code()];
            instance.problem.as_ref().is_some_and(|problem| with_the_run.contains(&problem.code.as_str()))
        }
        TaskState::Failed
        | TaskState::UpstreamFailed
        | TaskState::Removed
        | TaskState::None
        | TaskState::Scheduled
        | TaskState::Queued
        | TaskState::Running
        | TaskState::UpForRetry
        | TaskState::UpForReschedule => true,
    }
}
