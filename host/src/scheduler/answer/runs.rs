//! What people do to runs: cancel, clear, mark.

use crate::ids::{DagId, InstanceKey, RunId, TaskId, TaskIx};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::Event;
use crate::planner::agenda::{Lane, Matter};
use crate::scheduler::hear::lane;
use crate::scheduler::request::{Clear, Reply, RequestError};
use crate::scheduler::selection::select;
use crate::scheduler::step::Step;
use crate::scheduler::turn::Loop;
use crate::store::{RunRecord, StoreError};

use super::{Answer, ask};

impl Loop {
    pub(super) fn cancel_run(&mut self, dag: DagId, run: RunId, reason: String, step: &mut Step) -> Answer {
        let record = ask!(self.run_record(&dag, &run)?);
        if record.state.is_finished() {
            return Ok(Err(RequestError::AtItsEnd { run, state: record.state }));
        }
        ask!(self.check_ours(&record));
        if self.driven.contains_key(&record.key) {
            step.events.push(Event::CancelRun { run: record.key, reason });
        } else if record.state == RunState::Queued {
            ask!(self.end_waiting(record.key, &reason, step)?);
            step.pasts.insert(dag);
        } else if self.take_up(record.key, step)? {
            // It ran when an earlier server ended.
            step.events.push(Event::CancelRun { run: record.key, reason });
        }
        Ok(Ok(Reply::Done))
    }

    pub(super) fn clear(&mut self, clear: Clear, step: &mut Step) -> Answer {
        let record = ask!(self.run_record(&clear.dag, &clear.run)?);
        ask!(self.check_ours(&record));
        let dag = ask!(self.dag_of(&record)?);
        let states = self.states(&record, dag.tasks.len())?;
        let chosen = ask!(
            select(&dag, &states, &clear).map_err(|tasks| RequestError::NoSuchTask { run: clear.run.clone(), tasks })
        );
        let named = |ix: &TaskIx| {
            let state = states.get(ix.index()).copied().unwrap_or(TaskState::None);
            dag.task(*ix).map(|task| (task.id.clone(), state))
        };
        let tasks = chosen.iter().filter_map(named).collect();
        // It has nothing to clear, and is not to be pushed in.
        if !clear.dry_run && !self.waits(&record) && !chosen.is_empty() {
            let begins = |matter: &&Matter| matches!(matter, Matter::Active { dag, .. } if *dag == record.dag_id);
            let begin = step.matters.iter().filter(begins).count();
            if self.has_to_wait(&record, begin)? {
                self.clear_to_wait(&record, chosen, step)?;
            } else if self.have(&record, step)? {
                step.events.push(Event::Clear { run: record.key, tasks: chosen });
            }
        }
        Ok(Ok(Reply::Cleared { tasks }))
    }

    /// Whether a run at its end has no room to begin again, with the `begin` of its DAG that begin in this step; or is to begin
    /// under the next server, which counts what runs of its DAG.
    fn has_to_wait(&self, record: &RunRecord, begin: usize) -> Result<bool, StoreError> {
        if !record.state.is_finished() || record.callback.is_some() || lane(record) != Lane::Dag {
            return Ok(false);
        }
        if !self.begins_runs {
            let dag = record.dag_id.clone();
            return self.with_store(move |store| Ok(store.dag(&dag)?.is_some_and(|dag| dag.is_served)));
        }
        Ok(self.agenda.is_full(&record.dag_id, begin))
    }

    /// Clears a run at its end, and has it wait for room.
    fn clear_to_wait(&mut self, record: &RunRecord, tasks: Vec<TaskIx>, step: &mut Step) -> Result<(), StoreError> {
        let (run, dag) = (record.key, record.dag_id.clone());
        if self.claim(record, step)? {
            step.events.extend([Event::ClearToWait { run, tasks }, Event::RunRemoved(run)]);
            step.release.push(run);
            step.matters.extend(self.known(&dag)?);
            step.matters.push(Matter::Queued { dag, run, lane: Lane::Dag });
        }
        Ok(())
    }

    pub(super) fn mark(
        &mut self,
        dag: DagId,
        run: RunId,
        task: TaskId,
        success: bool,
        reason: String,
        step: &mut Step,
    ) -> Answer {
        let record = ask!(self.run_record(&dag, &run)?);
        ask!(self.check_ours(&record));
        let dag = ask!(self.dag_of(&record)?);
        let place = dag.tasks.iter().zip((0..).map(TaskIx)).find(|(known, _)| known.id == task);
        let Some((_, ix)) = place else { return Ok(Err(RequestError::NoSuchTask { run, tasks: vec![task] })) };
        if self.waits(&record) {
            return Ok(Err(RequestError::NotBegun { run }));
        }
        let is_finished = record.state.is_finished();
        let is_there = if is_finished { self.claim(&record, step)? } else { self.have(&record, step)? };
        if is_there {
            let state = if success { MarkAs::Success } else { MarkAs::Failed };
            step.events.push(Event::Mark { instance: InstanceKey { run: record.key, task: ix }, state, reason });
        }
        if is_there && is_finished {
            // It was only marked, and is not driven any further.
            step.events.push(Event::RunRemoved(record.key));
            step.release.push(record.key);
        }
        Ok(Ok(Reply::Done))
    }

    /// Whether a run waits for room.
    fn waits(&self, record: &RunRecord) -> bool {
        record.state == RunState::Queued && !self.driven.contains_key(&record.key)
    }

    /// A run of a living `dagwood run` is left alone.
    fn check_ours(&self, record: &RunRecord) -> Result<(), RequestError> {
        let foreign = record.owner != self.process && !record.state.is_finished();
        if foreign { Err(RequestError::Elsewhere { run: record.run_id.clone() }) } else { Ok(()) }
    }

    /// The states of a run's instances, in the order of its DAG.
    fn states(&self, record: &RunRecord, tasks: usize) -> Result<Vec<TaskState>, StoreError> {
        let run = record.key;
        let live = |task: u32| self.planner.instance(InstanceKey { run, task: TaskIx(task) }).map(|found| found.state);
        if self.driven.contains_key(&run) {
            let count = u32::try_from(tasks).unwrap_or(u32::MAX);
            return Ok((0..count).map(|task| live(task).unwrap_or(TaskState::None)).collect());
        }
        let kept = self.with_store(move |store| store.instances(run))?;
        Ok(kept.into_iter().map(|instance| instance.state).take(tasks).collect())
    }

    /// Sees to it that the planner has the run, which goes on. `false`: it cannot be had.
    fn have(&mut self, record: &RunRecord, step: &mut Step) -> Result<bool, StoreError> {
        if self.driven.contains_key(&record.key) {
            return Ok(true);
        }
        if record.callback.is_some() {
            return self.claim(record, step);
        }
        step.matters.extend(self.known(&record.dag_id)?);
        step.matters.push(Matter::Active { dag: record.dag_id.clone(), run: record.key, lane: lane(record) });
        self.claim(record, step)
    }

    /// Takes up a run that is not driven here; a finished one becomes this process's. `false`: it cannot be had.
    fn claim(&mut self, record: &RunRecord, step: &mut Step) -> Result<bool, StoreError> {
        let (run, process, state) = (record.key, self.process, record.state);
        if state.is_finished() && !self.with_store(move |store| store.claim_run(run, process))? {
            step.matters.push(Matter::Ended { run, state });
            return Ok(false);
        }
        self.take_up(run, step)
    }
}
