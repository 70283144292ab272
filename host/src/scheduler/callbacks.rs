//! Callbacks: recorded with the change that they are about, run after its commit.
//!
//! The run of a callback is driven like any other, but the agenda does not know of it: it takes no room of its DAG, and
//! counts as no run of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::dag::callback::CallbackKind;
use crate::dag::model::{Dag, RunInputs};
use crate::ids::{DagId, RunId, RunKey, TaskId};
use crate::lifecycle::launch::RunDates;
use crate::planner::RunSnapshot;
use crate::store::{CallbackRecord, Created, NewRun, ProcessId, RunRecord, RunType, Store, StoreError};

use super::Materials;
use super::create::{Source, new_instances};
use super::step::Step;
use super::turn::Loop;

impl Loop {
    /// Starts what was recorded for these runs, unless nothing may start here: then it waits for the next server.
    pub(super) fn call(&mut self, runs: BTreeSet<RunKey>, next: &mut Step) -> Result<(), StoreError> {
        if self.capacity.parallelism == 0 {
            return Ok(());
        }
        for run in runs {
            let open = self.with_store(move |store| store.callbacks(run))?;
            self.start_callbacks(open.into_iter().filter(|callback| callback.is_open).collect(), next)?;
        }
        Ok(())
    }

    /// Goes on with the runs of callbacks that this process took over, and starts those that the processes before it
    /// recorded and did not start.
    pub(super) fn recover_callbacks(&mut self, runs: Vec<RunRecord>, next: &mut Step) -> Result<(), StoreError> {
        if self.capacity.parallelism == 0 {
            return Ok(());
        }
        for run in runs {
            self.take_over(run.key, next)?;
        }
        let process = self.process;
        let open = self.with_store(move |store| store.open_callbacks(process))?;
        self.start_callbacks(open, next)
    }

    fn start_callbacks(&mut self, open: Vec<CallbackRecord>, next: &mut Step) -> Result<(), StoreError> {
        for callback in open {
            let known = self.driven.get(&callback.run).map(|driven| Arc::clone(&driven.dag));
            let (materials, owner, now) = (Arc::clone(&self.materials), self.process, self.clock.now());
            let started =
                self.with_store(move |store| start(store, materials.as_ref(), known, &callback, owner, now))?;
            let Some(Started { key, run_id, dag, new }) = started else { continue };
            self.drive(Box::new(RunSnapshot::new(key, run_id, dag, new.inputs, new.dates)), next);
        }
        Ok(())
    }
}

/// The run of a callback, made.
struct Started {
    key: RunKey,
    run_id: RunId,
    dag: Arc<Dag>,
    new: NewRun,
}

/// Makes the run of a callback, or notes why there is none. `known`: the DAG of the run that it is about.
fn start(
    store: &dyn Store,
    materials: &dyn Materials,
    known: Option<Arc<Dag>>,
    callback: &CallbackRecord,
    owner: ProcessId,
    now: Timestamp,
) -> Result<Option<Started>, StoreError> {
    let Some(about) = store.run(callback.run)? else { return Ok(None) };
    let dag = match known {
        Some(dag) => Ok(dag),
        None => version_of(store, materials, &about)?,
    };
    let dag = match dag.and_then(|dag| task_of(&dag, callback)) {
        Ok(dag) => dag,
        Err(why) => {
            store.give_up_callback(callback.id, &why)?;
            return Ok(None);
        }
    };
    let new = planned(&about, &dag, callback, owner, now);
    let made = store.start_callback(callback.id, &new)?;
    Ok(match made {
        Some(Created::Made(key, run_id)) => Some(Started { key, run_id, dag, new }),
        Some(Created::LogicalDateTaken) | None => None,
    })
}

/// The run has the dates and the parameters of the one that it is about.
fn planned(about: &RunRecord, dag: &Dag, callback: &CallbackRecord, owner: ProcessId, now: Timestamp) -> NewRun {
    let (kind, at) = (run_kind(callback.kind, callback.task_id.as_ref()), callback.at);
    let inputs =
        RunInputs { params: about.inputs.params.clone(), event: Some(callback.event.clone()), ..RunInputs::default() };
    NewRun {
        dag_id: about.dag_id.clone(),
        run_id: RunId::at(&kind, format_args!("{at:.6}")),
        run_type: RunType::Callback,
        version: about.version,
        owner,
        dates: RunDates { run_after: at, ..about.dates.clone() },
        inputs,
        tasks: new_instances(dag),
        now,
    }
}

/// What the run of a callback is called before its time: `train.on_failure`.
fn run_kind(kind: CallbackKind, task: Option<&TaskId>) -> String {
    task.map_or_else(|| kind.to_string(), |task| format!("{task}.{kind}"))
}

/// The DAG that a run holds, which is most often that of its file as it is now; of the run of a callback, the callback's.
/// The error says why it cannot be had any more.
pub(super) fn dag_of(
    store: &dyn Store,
    materials: &dyn Materials,
    roster: &BTreeMap<DagId, Source>,
    run: &RunRecord,
) -> Result<Result<Arc<Dag>, String>, StoreError> {
    let served = roster.get(&run.dag_id).filter(|source| source.dag.version == run.version);
    let dag = match served {
        Some(source) => Ok(Arc::clone(&source.dag)),
        None => version_of(store, materials, run)?,
    };
    let Some(id) = run.callback else { return Ok(dag) };
    let callback = store.callback(id)?;
    Ok(dag.and_then(|dag| match callback {
        Some(callback) => task_of(&dag, &callback),
        None => Err("what it was started for is not kept any more".to_owned()),
    }))
}

/// The whole DAG of a run's version.
fn version_of(
    store: &dyn Store,
    materials: &dyn Materials,
    run: &RunRecord,
) -> Result<Result<Arc<Dag>, String>, StoreError> {
    Ok(match store.dag_version(run.version)? {
        Some(version) => materials.dag(&version),
        None => Err(format!("version {} of its DAG is not kept any more", run.version)),
    })
}

/// The DAG of one task that a callback is, in the version of the run that it is about.
fn task_of(dag: &Dag, callback: &CallbackRecord) -> Result<Arc<Dag>, String> {
    let found = match &callback.task_id {
        None => dag.callbacks.of_run(callback.kind),
        Some(task) => dag.find(task.as_str()).and_then(|task| dag.callbacks.of_task(task, callback.kind)),
    };
    let of = callback.task_id.as_ref().map(|task| format!(" of `{task}`")).unwrap_or_default();
    found.cloned().ok_or_else(|| format!("version {} of the DAG has no `{}`{of}", dag.version, callback.kind))
}
