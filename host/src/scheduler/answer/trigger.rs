//! A run that a person wants; a DAG that a person pauses.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::to_microseconds;
use crate::dag::params::fill_params;
use crate::ids::{DagId, RunKey};
use crate::lifecycle::launch::RunDates;
use crate::planner::agenda::{Lane, Matter};
use crate::scheduler::create::{NewRunRequest, planned};
use crate::scheduler::request::{Reply, RequestError};
use crate::scheduler::step::Step;
use crate::scheduler::turn::Loop;
use crate::store::{RunType, Store};

use super::{Answer, ask};

/// A manual run is for the instant that it is triggered at, unless another is given; its interval has no width.
pub fn manual_dates(logical_date: Option<Timestamp>, now: Timestamp) -> RunDates {
    let logical_date = to_microseconds(logical_date.unwrap_or(now));
    RunDates { logical_date: Some(logical_date), data_interval: Some((logical_date, logical_date)), run_after: now }
}

impl Loop {
    pub(super) async fn trigger(
        &mut self,
        dag: DagId,
        params: BTreeMap<String, Value>,
        logical_date: Option<Timestamp>,
        step: &mut Step,
    ) -> Answer {
        let source = ask!(self.source(&dag).await?);
        let wrong = |wrong: Vec<crate::dag::params::BadParam>| RequestError::Params {
            wrong: wrong.iter().map(ToString::to_string).collect(),
        };
        let params = ask!(fill_params(&source.dag, params).map_err(wrong));
        let (materials, owner, now) = (Arc::clone(&self.materials), self.process, self.clock.now());
        let (run, run_id) = self
            .blocking(move |store| {
                let mut inputs = materials.files(&source);
                inputs.params = params;
                let dates = manual_dates(logical_date, now);
                let request = NewRunRequest { run_type: RunType::Manual, dates, inputs, owner, now };
                store.create_run(&planned(&source, request))
            })
            .await?;
        step.matters.extend(self.known(&dag).await?);
        step.matters.push(Matter::Queued { dag, run, lane: Lane::Dag });
        Ok(Ok(Reply::Triggered { run_id }))
    }

    /// What the agenda has to know of a DAG before a run of it.
    pub(super) async fn known(&self, dag: &DagId) -> Result<Option<Matter>, crate::store::StoreError> {
        let dag = dag.clone();
        self.blocking(move |store| Ok(known_dag(store, &dag)?.map(Matter::DagKnown))).await
    }

    pub(super) async fn pause(&mut self, dag: DagId, reason: Option<String>, step: &mut Step) -> Answer {
        let (which, why) = (dag.clone(), reason.clone());
        if !self.blocking(move |store| store.pause_dag(&which, why.as_deref())).await? {
            return Ok(Err(RequestError::NoSuchDag { dag }));
        }
        step.matters.push(Matter::Paused { dag, paused: reason.is_some() });
        Ok(Ok(Reply::Done))
    }

    /// Ends a run that waits; `false`: it does not wait here.
    pub(super) async fn end_waiting(&mut self, run: RunKey, reason: &str, step: &mut Step) -> Answer<bool> {
        if self.driven.contains_key(&run) {
            return Ok(Ok(false));
        }
        let (now, reason) = (self.clock.now(), reason.to_owned());
        self.blocking(move |store| store.abandon_run(run, &reason, now)).await?;
        self.tell_watchers(run, crate::lifecycle::state::RunState::Failed);
        step.matters.push(Matter::Ended { run, state: crate::lifecycle::state::RunState::Failed });
        Ok(Ok(true))
    }
}

/// A DAG as the agenda wants to know it.
pub fn known_dag(
    store: &dyn Store,
    dag: &DagId,
) -> Result<Option<crate::planner::agenda::KnownDag>, crate::store::StoreError> {
    let Some(record) = store.dags()?.into_iter().find(|record| record.dag_id == *dag) else { return Ok(None) };
    Ok(Some(crate::planner::agenda::KnownDag {
        dag_id: record.dag_id,
        first_seen: record.first_seen_at,
        last_scheduled: store.last_scheduled(dag)?,
        paused: record.paused.is_some(),
    }))
}
