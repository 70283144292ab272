//! Runs of the past.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dag::params::fill_params;
use crate::ids::BackfillId;
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Lane, Matter};
use crate::schedule::{Pace, PlannedRun};
use crate::scheduler::create::{NewRunRequest, planned};
use crate::scheduler::orders::planned_dates;
use crate::scheduler::request::{Backfill, BackfilledRun, Reply, Reprocess, RequestError};
use crate::scheduler::step::Step;
use crate::scheduler::turn::Loop;
use crate::store::{BackfillRun, NewBackfill, RunFilter, RunRecord, RunType};

use super::{Answer, ask};

/// Runs of one backfill: three centuries of days, or eleven years of hours.
const RUNS_MAX: usize = 100_000;

/// What a backfill does for one logical date.
enum Plan {
    Make(PlannedRun),
    Again(Box<RunRecord>),
}

impl Loop {
    pub(super) fn backfill(&mut self, asked: Backfill, step: &mut Step) -> Answer {
        let source = ask!(self.source(&asked.dag)?);
        let no_ticks = || RequestError::NoTicks { dag: asked.dag.clone() };
        let timetable = ask!(source.dag.settings.timetable.clone().ok_or_else(no_ticks));
        if timetable.pace() != Pace::Ticks {
            return Ok(Err(no_ticks()));
        }
        let dates: Vec<_> = timetable.planned_between(asked.from, asked.to).take(RUNS_MAX + 1).collect();
        if dates.len() > RUNS_MAX {
            return Ok(Err(RequestError::TooMany { most: RUNS_MAX }));
        }
        let filter = RunFilter {
            dag_id: Some(asked.dag.clone()),
            logical_from: Some(asked.from),
            logical_to: Some(asked.to),
            ..RunFilter::default()
        };
        let (there, _) = self.with_store(move |store| store.runs(&filter))?;
        let mut plans = plans(dates, there, asked.reprocess);
        if asked.newest_first {
            plans.reverse();
        }
        let runs = plans.iter().filter_map(told).collect();
        if asked.dry_run || plans.is_empty() {
            return Ok(Ok(Reply::Backfilled { id: None, runs }));
        }
        let (materials, owner, now) = (Arc::clone(&self.materials), self.process, self.clock.now());
        let (dag, max_active_runs) = (asked.dag.clone(), asked.max_active_runs.max(1));
        let (id, keys) = self.with_store(move |store| {
            let mut inputs = materials.files(&source);
            inputs.params = fill_params(&source.dag, Default::default()).unwrap_or_default();
            let run_of = |plan: Plan| match plan {
                Plan::Again(run) => BackfillRun::Again(run.key),
                Plan::Make(run) => {
                    let (run_type, dates) = (RunType::Backfill, planned_dates(run));
                    let request = NewRunRequest { run_type, dates, inputs: inputs.clone(), owner, now };
                    BackfillRun::New(Box::new(planned(&source, request)))
                }
            };
            let runs = plans.into_iter().map(run_of).collect();
            let Backfill { dag: dag_id, from, to, .. } = asked;
            store.create_backfill(NewBackfill { dag_id, from, to, max_active_runs, runs, owner, now })
        })?;
        step.matters.extend(self.known(&dag)?);
        step.matters.push(Matter::BackfillAdded { id, dag: dag.clone(), max_active_runs });
        let lane = Lane::Backfill(id);
        step.pasts.insert(dag.clone());
        step.matters.extend(keys.into_iter().map(|run| Matter::Queued { dag: dag.clone(), run, lane }));
        Ok(Ok(Reply::Backfilled { id: Some(id), runs }))
    }

    pub(super) fn cancel_backfill(&mut self, id: BackfillId, step: &mut Step) -> Answer {
        let (process, now) = (self.process, self.clock.now());
        let waiting = self.with_store(move |store| {
            let open = store.backfills()?.into_iter().any(|known| known.id == id && known.ended_at.is_none());
            if !open {
                return Ok(None);
            }
            let mine = |run: &RunRecord| run.backfill == Some(id) && run.state != RunState::Running;
            let waiting: Vec<_> = store.unfinished_runs(process)?.into_iter().filter(mine).collect();
            store.end_backfill(id, true, now)?;
            for run in waiting.iter().filter(|run| !run.state.is_finished()) {
                store.abandon_run(run.key, "its backfill was cancelled", now)?;
            }
            Ok(Some(waiting))
        })?;
        let Some(waiting) = waiting else { return Ok(Err(RequestError::NoSuchBackfill { id })) };
        for run in waiting {
            let state = if run.state.is_finished() { run.state } else { RunState::Failed };
            step.matters.push(Matter::Ended { run: run.key, state });
            step.pasts.insert(run.dag_id);
            self.tell_watchers(run.key, state);
        }
        Ok(Ok(Reply::Done))
    }
}

/// What is to be done for each date, oldest first. Runs that are under way stay as they are, and those by hand do not
/// count.
fn plans(dates: Vec<PlannedRun>, there: Vec<RunRecord>, reprocess: Reprocess) -> Vec<Plan> {
    let counts = there.into_iter().filter(|run| run.run_type != RunType::Manual);
    let mut by_date: BTreeMap<_, _> = counts.filter_map(|run| Some((run.dates.logical_date?, run))).collect();
    dates
        .into_iter()
        .filter_map(|date| match by_date.remove(&date.logical_date) {
            None => Some(Plan::Make(date)),
            Some(run) => {
                let again = match (reprocess, run.state) {
                    (Reprocess::Completed, RunState::Success | RunState::Failed)
                    | (Reprocess::Failed, RunState::Failed) => true,
                    (Reprocess::None, _)
                    | (Reprocess::Failed, RunState::Success)
                    | (_, RunState::Queued | RunState::Running) => false,
                };
                again.then(|| Plan::Again(Box::new(run)))
            }
        })
        .collect()
}

fn told(plan: &Plan) -> Option<BackfilledRun> {
    Some(match plan {
        Plan::Make(run) => BackfilledRun { logical_date: run.logical_date, again: false },
        Plan::Again(run) => BackfilledRun { logical_date: run.dates.logical_date?, again: true },
    })
}
