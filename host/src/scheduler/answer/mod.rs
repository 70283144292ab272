//! What is done about what people ask for: one file for each kind.

mod backfill;
mod explain;
mod runs;
mod trigger;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dag::model::Dag;
use crate::ids::{DagId, PoolName, RunId};
use crate::planner::Event;
use crate::planner::agenda::KnownDag;
use crate::store::{DagRecord, RunRecord, Store, StoreError};

use super::callbacks;
use super::create::Source;
use super::request::{Reply, Request, RequestError};
use super::step::Step;
use super::turn::Loop;

/// An answer; the outer error is the end of the loop.
pub(super) type Answer<T = Reply> = Result<Result<T, RequestError>, StoreError>;

/// Gives the value, or returns the refusal as an answer.
macro_rules! ask {
    ($answer:expr) => {
        match $answer {
            Ok(value) => value,
            Err(refused) => return Ok(Err(refused)),
        }
    };
}
pub(super) use ask;
pub(super) use trigger::WantedRun;

impl Loop {
    /// What is asked for goes into `step`; the answer is for after its commit.
    pub(super) fn answer(&mut self, request: Request, step: &mut Step) -> Answer {
        match request {
            Request::Pause { dag, reason } => self.pause(dag, reason, step),
            Request::Cancel { dag, run, reason } => self.cancel_run(dag, run, reason, step),
            Request::Clear(clear) => self.clear(clear, step),
            Request::Mark { dag, run, task, success, reason } => self.mark(dag, run, task, success, reason, step),
            Request::Backfill(backfill) => self.backfill(backfill, step),
            Request::CancelBackfill { id } => self.cancel_backfill(id, step),
            Request::PoolsChanged => self.pools_changed(step),
            Request::Explain { dag, run, task } => self.explain(dag, run, task),
            // Heard apart: the one is answered at the run's end, the others together.
            Request::Wait { dag, .. } | Request::Trigger { dag, .. } => Ok(Err(RequestError::NoSuchDag { dag })),
        }
    }

    fn pools_changed(&mut self, step: &mut Step) -> Answer {
        self.capacity.pools = self.with_store(pools)?;
        step.events.push(Event::CapacityChanged(self.capacity.clone()));
        Ok(Ok(Reply::Done))
    }

    /// The DAG as it is now: its file's, or where that is gone, its last version.
    fn source(&self, dag: &DagId) -> Answer<Source> {
        if let Some(source) = self.roster.get(dag) {
            return Ok(Ok(source.clone()));
        }
        let (wanted, materials) = (dag.clone(), Arc::clone(&self.materials));
        let found = self.with_store(move |store| {
            let Some((known, digest)) =
                store.dag(&wanted)?.and_then(|known| known.version.map(|digest| (known, digest)))
            else {
                return Ok(Err(RequestError::NoSuchDag { dag: wanted }));
            };
            let Some(version) = store.dag_version(digest)? else {
                return Ok(Err(RequestError::NoSuchDag { dag: wanted }));
            };
            Ok(match materials.dag(&version) {
                Ok(dag) => Ok(Source { dag, text: version.source, folder: version.folder, file: known.path }),
                Err(why) => Err(RequestError::Unusable { dag: wanted, why }),
            })
        })?;
        Ok(found)
    }

    fn run_record(&self, dag: &DagId, run: &RunId) -> Answer<RunRecord> {
        let (of, id) = (dag.clone(), run.clone());
        let found = self.with_store(move |store| store.find_run(&of, &id))?;
        Ok(found.ok_or_else(|| RequestError::NoSuchRun { dag: dag.clone(), run: run.clone() }))
    }

    /// The DAG version that a run holds.
    fn dag_of(&self, run: &RunRecord) -> Answer<Arc<Dag>> {
        if let Some(driven) = self.driven.get(&run.key) {
            return Ok(Ok(Arc::clone(&driven.dag)));
        }
        let (run, materials) = (run.clone(), Arc::clone(&self.materials));
        self.with_store(|store| {
            let found = callbacks::dag_of(store, materials.as_ref(), &self.roster, &run)?;
            Ok(found.map_err(|why| RequestError::Unusable { dag: run.dag_id, why }))
        })
    }
}

/// The pools with their slots, as the planner wants to know them. Blocks.
pub fn pools(store: &dyn Store) -> Result<BTreeMap<PoolName, u32>, StoreError> {
    Ok(store.pools()?.into_iter().map(|pool| (pool.name, pool.slots)).collect())
}

/// All DAGs that are kept, as the agenda wants to know them. Blocks.
pub fn all_known_dags(store: &dyn Store) -> Result<Vec<KnownDag>, StoreError> {
    store.dags()?.into_iter().map(|record| known(store, record)).collect()
}

/// One of them. Blocks.
pub(super) fn known_dag(store: &dyn Store, dag: &DagId) -> Result<Option<KnownDag>, StoreError> {
    store.dag(dag)?.map(|record| known(store, record)).transpose()
}

fn known(store: &dyn Store, record: DagRecord) -> Result<KnownDag, StoreError> {
    let last_scheduled = store.last_scheduled(&record.dag_id)?;
    let failed_in_a_row = store.failed_in_a_row(&record.dag_id)?;
    let paused = record.paused.is_some();
    Ok(KnownDag { dag_id: record.dag_id, first_seen: record.first_seen_at, last_scheduled, failed_in_a_row, paused })
}
