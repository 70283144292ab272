//! A run that a person wants; a DAG that a person pauses.

use std::sync::Arc;

use crate::dag::model::{Dag, RunInputs};
use crate::dag::params::{BadParam, fill_params};
use crate::ids::{DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::RunSnapshot;
use crate::planner::agenda::{Lane, Matter};
use crate::scheduler::create::{NewRunRequest, manual_dates, planned};
use crate::scheduler::request::{Reply, Request, RequestError};
use crate::scheduler::step::Step;
use crate::scheduler::turn::Loop;
use crate::store::{Created, NewRun, RunType, StoreError};

use super::{Answer, ask, known_dag};

/// A run that a person wants, to be made.
pub(in crate::scheduler) struct WantedRun {
    dag: Arc<Dag>,
    new: NewRun,
}

impl Loop {
    /// What a trigger asks for, checked.
    pub(in crate::scheduler) fn wanted_run(&self, request: Request) -> Answer<WantedRun> {
        let Request::Trigger { dag, params, logical_date } = request else { return Ok(Err(RequestError::Failed)) };
        let source = ask!(self.source(&dag)?);
        let wrong =
            |wrong: Vec<BadParam>| RequestError::Params { wrong: wrong.iter().map(ToString::to_string).collect() };
        let params = ask!(fill_params(&source.dag, params).map_err(wrong));
        let (owner, now) = (self.process, self.clock.now());
        let inputs = RunInputs { params, ..self.materials.files(&source) };
        let dates = manual_dates(logical_date, now);
        let request = NewRunRequest { run_type: RunType::Manual, dates, inputs, owner, now };
        let new = planned(&source, request);
        Ok(Ok(WantedRun { dag: source.dag, new }))
    }

    /// Makes the runs that were asked for together, in one transaction; each is answered after that.
    pub(in crate::scheduler) fn make_wanted(&mut self, step: &mut Step) -> Result<(), StoreError> {
        let wanted = std::mem::take(&mut step.wanted);
        if wanted.is_empty() {
            return Ok(());
        }
        let (mut new, mut kept) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
        for (WantedRun { dag, new: run }, asked) in wanted {
            kept.push((dag, run.inputs.clone(), run.dates.clone(), asked));
            new.push(run);
        }
        let made = self.with_store(|store| store.create_runs(new))?;
        for ((dag, inputs, dates, asked), created) in kept.into_iter().zip(made) {
            // A manual run takes nobody's logical date.
            let Created::Made(run, run_id) = created else { continue };
            let fresh = RunSnapshot::new(run, run_id.clone(), Arc::clone(&dag), inputs, dates);
            self.fresh.insert(run, Box::new(fresh));
            let dag = dag.id.clone();
            // A DAG that is served the agenda knows.
            if !self.roster.contains_key(&dag) {
                step.matters.extend(self.known(&dag)?);
            }
            step.matters.push(Matter::Queued { dag, run, lane: Lane::Dag });
            step.then.push(Box::new(move || asked.answer(Ok(Reply::Triggered { run_id }))));
        }
        Ok(())
    }

    /// What the agenda has to know of a DAG before a run of it.
    pub(in crate::scheduler) fn known(&self, dag: &DagId) -> Result<Option<Matter>, StoreError> {
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
