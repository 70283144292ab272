//! A run that a person wants; a DAG that a person pauses.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::dag::params::{BadParam, fill_params};
use crate::ids::{DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Lane, Matter};
use crate::scheduler::create::{NewRunRequest, manual_dates, planned};
use crate::scheduler::request::{Reply, RequestError};
use crate::scheduler::step::Step;
use crate::scheduler::turn::Loop;
use crate::store::{RunType, StoreError};

use super::{Answer, ask, known_dag};

impl Loop {
    pub(super) fn trigger(
        &mut self,
        dag: DagId,
        params: BTreeMap<String, Value>,
        logical_date: Option<Timestamp>,
        step: &mut Step,
    ) -> Answer {
        let source = ask!(self.source(&dag)?);
        let wrong =
            |wrong: Vec<BadParam>| RequestError::Params { wrong: wrong.iter().map(ToString::to_string).collect() };
        let params = ask!(fill_params(&source.dag, params).map_err(wrong));
        let (materials, owner, now) = (Arc::clone(&self.materials), self.process, self.clock.now());
        let (run, run_id) = self.with_store(move |store| {
            let mut inputs = materials.files(&source);
            inputs.params = params;
            let dates = manual_dates(logical_date, now);
            let request = NewRunRequest { run_type: RunType::Manual, dates, inputs, owner, now };
            store.create_run(&planned(&source, request))
        })?;
        step.matters.extend(self.known(&dag)?);
        step.matters.push(Matter::Queued { dag, run, lane: Lane::Dag });
        Ok(Ok(Reply::Triggered { run_id }))
    }

    /// What the agenda has to know of a DAG before a run of it.
    pub(super) fn known(&self, dag: &DagId) -> Result<Option<Matter>, StoreError> {
        let dag = dag.clone();
        self.with_store(move |store| Ok(known_dag(store, &dag)?.map(Matter::DagKnown)))
    }

    pub(super) fn pause(&mut self, dag: DagId, reason: Option<String>, step: &mut Step) -> Answer {
        let (which, why) = (dag.clone(), reason.clone());
        if !self.with_store(move |store| store.pause_dag(&which, why.as_deref()))? {
            return Ok(Err(RequestError::NoSuchDag { dag }));
        }
        step.matters.push(Matter::Paused { dag, paused: reason.is_some() });
        Ok(Ok(Reply::Done))
    }

    /// Ends a run that waits; `false`: it does not wait here.
    pub(super) fn end_waiting(&mut self, run: RunKey, reason: &str, step: &mut Step) -> Answer<bool> {
        if self.driven.contains_key(&run) {
            return Ok(Ok(false));
        }
        let (now, reason) = (self.clock.now(), reason.to_owned());
        self.with_store(move |store| store.abandon_run(run, &reason, now))?;
        self.tell_watchers(run, RunState::Failed);
        step.matters.push(Matter::Ended { run, state: RunState::Failed });
        Ok(Ok(true))
    }
}
