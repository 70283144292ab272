//! Runs that begin: the agenda's orders, done.

use std::sync::Arc;

use crate::dag::params::fill_params;
use crate::ids::{DagId, RunKey};
use crate::lifecycle::launch::RunDates;
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Matter, Order};
use crate::planner::{Event, RunSnapshot};
use crate::schedule::PlannedRun;
use crate::store::{Created, NewRun, RunType, StoreError};

use super::create::{self, NewRunRequest};
use super::load;
use super::step::Step;
use super::turn::Loop;

impl Loop {
    /// Tells the agenda, and does what it orders. What follows goes into `next`.
    pub(super) fn plan(&mut self, matters: Vec<Matter>, next: &mut Step) -> Result<(), StoreError> {
        let now = self.clock.now();
        if !self.begins_runs {
            // What is said now is said again when the next server recovers.
            return Ok(());
        }
        let mut planned = Vec::new();
        for order in self.agenda.apply(matters, now) {
            match order {
                Order::Make { dag, planned: run } => planned.push((dag, run)),
                Order::Start { run } => self.start(run, next)?,
                Order::Pause { dag, reason } => {
                    self.with_store(move |store| store.pause_dag(&dag, Some(&reason)))?;
                }
                Order::EndBackfill { id } => {
                    self.with_store(move |store| store.end_backfill(id, false, now))?;
                }
            }
        }
        if planned.is_empty() { Ok(()) } else { self.make(planned, next) }
    }

    /// Makes scheduled runs, all in one transaction.
    fn make(&mut self, planned: Vec<(DagId, PlannedRun)>, next: &mut Step) -> Result<(), StoreError> {
        let mut sources = Vec::new();
        for (dag, run) in planned {
            match self.roster.get(&dag) {
                Some(source) => sources.push((source.clone(), run)),
                // Its file went away meanwhile.
                None => next.matters.push(Matter::Made { dag, run: None }),
            }
        }
        let (materials, process, now) = (Arc::clone(&self.materials), self.process, self.clock.now());
        let made = self.with_store(move |store| {
            let new: Vec<NewRun> = sources
                .iter()
                .map(|(source, run)| {
                    let mut inputs = materials.files(source);
                    // A DAG whose params lack a default cannot be scheduled, which its check says.
                    inputs.params = fill_params(&source.dag, Default::default()).unwrap_or_default();
                    let dates = planned_dates(*run);
                    let run_type = RunType::Scheduled;
                    create::planned(source, NewRunRequest { run_type, dates, inputs, owner: process, now })
                })
                .collect();
            let created = store.create_runs(new.clone())?;
            let mut made = Vec::new();
            for (((source, _), new), created) in sources.into_iter().zip(new).zip(created) {
                let past = match new.dates.logical_date {
                    Some(date) => load::past_before(store, materials.as_ref(), &new.dag_id, date, &source.dag)?,
                    None => None,
                };
                made.push((source, new, past, created));
            }
            Ok(made)
        })?;
        for (source, new, past, created) in made {
            let dag = source.dag.id.clone();
            match created {
                Created::Made(key, run_id) => {
                    let fresh = RunSnapshot::new(key, run_id, source.dag, new.inputs, new.dates);
                    self.drive(Box::new(RunSnapshot { past, ..fresh }), next);
                    next.pasts.insert(dag.clone());
                    next.matters.push(Matter::Made { dag, run: Some(key) });
                }
                Created::LogicalDateTaken => next.matters.push(Matter::Made { dag, run: None }),
            }
        }
        Ok(())
    }

    /// Starts a run that waits: a new one, or a finished one that its backfill clears.
    fn start(&mut self, run: RunKey, next: &mut Step) -> Result<(), StoreError> {
        if let Some(fresh) = self.fresh.remove(&run) {
            self.drive(fresh, next);
            return Ok(());
        }
        let found = self.with_store(move |store| store.run(run))?;
        let again = found.as_ref().is_some_and(|run| run.reprocess);
        let state = found.map_or(RunState::Failed, |run| run.state);
        if state.is_finished() && !again {
            // Ended by another process while it waited.
            next.matters.push(Matter::Ended { run, state });
            self.tell_watchers(run, state);
        } else if self.take_up(run, next)? && again {
            let tasks = self.driven.get(&run).map_or(0, |driven| driven.dag.tasks.len());
            let tasks = (0..u32::try_from(tasks).unwrap_or(u32::MAX)).map(crate::ids::TaskIx).collect();
            next.events.push(Event::Clear { run, tasks });
        }
        Ok(())
    }
}

/// The dates of a run that a timetable planned.
pub(super) fn planned_dates(run: PlannedRun) -> RunDates {
    RunDates {
        logical_date: Some(run.logical_date),
        data_interval: Some((run.data_interval.start, run.data_interval.end)),
        run_after: run.run_after,
    }
}
