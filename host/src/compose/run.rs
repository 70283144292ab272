//! A DAG run here and now: made or taken up again, driven to its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::artifacts;
use crate::dag::model::{Dag, RunInputs};
use crate::dag::params::{BadParam, fill_params};
use crate::executor::local::Progress;
use crate::ids::{DagId, RunId, RunKey, TaskIx};
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::RunState;
use crate::loader::{self, LoadError, Loaded, import_files};
use crate::memory::{self, MANY_TASKS};
use crate::planner::RunSnapshot;
use crate::registry::SilentBuild;
use crate::scheduler::create::{CreateError, NewRunRequest, Source, manual_dates, new_run, resume};
use crate::scheduler::lease::{Lease, LeaseError};
use crate::scheduler::{NoMaterials, Parts, RunObserver, Scheduler, StartError, Stopped, Unobserved, snapshot};
use crate::store::{ProcessKind, RunType, StoreError};

use super::Host;

/// The reason that is kept with a run that was told to end.
const CANCELLED: &str = "cancelled by a signal or by the caller";

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The DAG.
    pub loaded: Loaded,
    /// The DAG's parameters that are given.
    pub params: BTreeMap<String, Value>,
    /// What the run is for; the present if it is not given.
    pub logical_date: Option<Timestamp>,
    /// An earlier run that goes on: what failed of it is cleared. It keeps its dates, and those of its parameters that
    /// are not given.
    pub resume: Option<RunId>,
}

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedRun {
    /// Its key in the store.
    pub key: RunKey,
    /// The DAG.
    pub dag_id: DagId,
    /// Its id.
    pub run_id: RunId,
    /// success or failed.
    pub state: RunState,
}

/// Why there is no run, or none that came to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The parameters are wrong: all that is.
    #[error("the run's parameters are wrong")]
    Params(Vec<BadParam>),
    /// An outside file could not be taken.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The run could not be made or taken up.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// This process could not be entered.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The artifacts or scratch folders failed.
    #[error(transparent)]
    Artifacts(#[from] artifacts::StoreError),
    /// The loop could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The loop ended before the run.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Host {
    /// Runs a DAG to its end. `cancel` becoming true ends it early: what runs is ended, the states are recorded.
    ///
    /// Runs of processes that died are ended first. The caller's runtime drives it. If the future is dropped, what runs
    /// is ended as by a crash: the next process that opens the home marks the run as failed.
    pub async fn run(
        &self,
        request: RunRequest,
        observer: Arc<dyn RunObserver>,
        cancel: watch::Receiver<bool>,
    ) -> Result<FinishedRun, RunError> {
        let lease = self.enter().await?;
        // After an error the lease is dropped without a last word, as after a crash: the next process that opens the home
        // ends what this one left unfinished.
        let finished = self.run_under(&lease, request, observer, cancel).await?;
        let now = self.clock.now();
        blocking(move || lease.end(now)).await?;
        Ok(finished)
    }

    async fn enter(&self) -> Result<Lease, RunError> {
        let (store, folder, now) = (Arc::clone(&self.store), self.home.processes(), self.clock.now());
        let (lease, _) = blocking(move || Lease::take(store, &folder, ProcessKind::Run, now)).await?;
        Ok(lease)
    }

    async fn run_under(
        &self,
        lease: &Lease,
        request: RunRequest,
        observer: Arc<dyn RunObserver>,
        mut cancel: watch::Receiver<bool>,
    ) -> Result<FinishedRun, RunError> {
        let dag = Arc::clone(&request.loaded.dag);
        loader::compile(&self.registry, &dag, &SilentBuild).await?;
        let (snapshot, clear) = self.make(lease, request).await?;
        if dag.tasks.len() >= MANY_TASKS {
            memory::give_back();
        }
        let (key, run_id) = (snapshot.key, snapshot.run_id.clone());
        observer.run_made(&dag, &run_id);
        let relay = Arc::new(Relay { run: key, dag: Arc::clone(&dag), observer: Arc::clone(&observer) });
        let parts = Parts {
            store: Arc::clone(&self.store),
            executor: Arc::new(self.executor(Some(relay))?),
            clock: Arc::clone(&self.clock),
            materials: Arc::new(NoMaterials),
            observer: Arc::new(Unobserved),
            process: lease.presence(),
            capacity: self.capacity()?,
            begins_runs: false,
        };
        let (scheduler, mut looping) = Scheduler::start(parts)?;
        let mut ended = scheduler.add(snapshot, clear, observer)?;
        let state = tokio::select! {
            state = &mut ended => state,
            // A caller that dropped the sender cannot cancel any more; the run goes on.
            Ok(_) = cancel.wait_for(|cancelled| *cancelled) => {
                // If the loop is over already, what comes below says why.
                drop(scheduler.cancel(key, CANCELLED));
                ended.await
            }
        };
        // Closed or failed: either way the loop is over soon, and says which.
        drop(scheduler.close());
        looping.ended().await?;
        let state = state.map_err(|_| Stopped)?;
        Ok(FinishedRun { key, dag_id: dag.id.clone(), run_id, state })
    }

    /// Makes the run in the store, or takes the earlier one up.
    async fn make(&self, lease: &Lease, request: RunRequest) -> Result<(RunSnapshot, Vec<TaskIx>), RunError> {
        let host = self.clone();
        let owner = lease.process();
        blocking(move || {
            let loaded = &request.loaded;
            let source = Source {
                dag: Arc::clone(&loaded.dag),
                text: Arc::clone(&loaded.source),
                folder: loaded.folder.clone(),
                file: loaded.file.clone(),
            };
            let files = import_files(&host.artifacts, &loaded.dag, &loaded.folder)?;
            let now = host.clock.now();
            let Some(run_id) = &request.resume else {
                let params = fill_params(&loaded.dag, request.params).map_err(RunError::Params)?;
                let dates = manual_dates(request.logical_date, now);
                let inputs = RunInputs { params, files, ..RunInputs::default() };
                let (as_made, on) = (inputs.clone(), dates.clone());
                let new = NewRunRequest { run_type: RunType::Manual, dates, inputs, owner, now };
                let (key, run_id) = new_run(host.store.as_ref(), &source, new)?;
                return Ok((RunSnapshot::new(key, run_id, source.dag, as_made, on), Vec::new()));
            };
            let given = host.earlier_params(&loaded.dag, run_id, request.params)?;
            let params = fill_params(&loaded.dag, given).map_err(RunError::Params)?;
            let inputs = RunInputs { params, files, ..RunInputs::default() };
            let (run, instances, clear) = resume(host.store.as_ref(), &source, run_id, inputs, owner, now)?;
            Ok((snapshot(&run, source.dag, &instances, None), clear))
        })
        .await
    }

    /// The earlier run's parameters that the DAG still has, under those that are given now.
    fn earlier_params(
        &self,
        dag: &Dag,
        run_id: &RunId,
        given: BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, RunError> {
        let Some(run) = self.store.find_run(&dag.id, run_id)? else { return Ok(given) };
        let mut params = run.inputs.params;
        params.retain(|name, _| dag.params.iter().any(|param| param.name == *name));
        params.extend(given);
        Ok(params)
    }
}

/// Does what blocks on a thread for that. The store's and the files' work is short; a panic in it goes on here.
async fn blocking<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// Tells the run's observer what the executor hears of its tries.
struct Relay {
    run: RunKey,
    dag: Arc<Dag>,
    observer: Arc<dyn RunObserver>,
}

impl Progress for Relay {
    fn progress(&self, attempt: &Attempt, done: u64, total: Option<u64>, message: &str) {
        let instance = attempt.instance;
        let Some(task) = self.dag.task(instance.task).filter(|_| instance.run == self.run) else { return };
        self.observer.progress(&task.id, done, total, message);
    }
}
