//! What a message means to the planner and the agenda.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{DagTerms, Lane, Matter};
use crate::planner::{Event, Held, RunSnapshot};
use crate::store::{RunRecord, StoreError};

use super::Message;
use super::callbacks;
use super::create::Source;
use super::load;
use super::request::{Reply, Request, RequestError};
use super::step::Step;
use super::turn::{Driven, Loop};

impl Loop {
    pub(super) fn hear(&mut self, message: Message, step: &mut Step) -> Result<(), StoreError> {
        match message {
            Message::Add { snapshot, clear, observer, ended } => {
                let run = snapshot.key;
                let (dag, run_id) = (Arc::clone(&snapshot.dag), snapshot.run_id.clone());
                self.driven.insert(run, Driven { dag, run_id, observer });
                self.watchers.entry(run).or_default().push(Watcher::Run(ended));
                step.events.push(Event::RunAdded(snapshot));
                if !clear.is_empty() {
                    step.events.push(Event::Clear { run, tasks: clear });
                }
            }
            Message::Recover { dags, recovered } => {
                step.matters.extend(dags.into_iter().map(Matter::DagKnown));
                self.recover(step)?;
                // Who waits for it may have gone away.
                step.then.push(Box::new(move || {
                    let _ = recovered.send(());
                }));
            }
            Message::DagSeen(source) => {
                let (dag, terms) = (source.dag.id.clone(), terms(&source));
                if !self.agenda.knows(&dag) {
                    // Read here, where pauses are written, so that none can come in between.
                    step.matters.extend(self.known(&dag)?);
                }
                step.matters.push(Matter::DagSeen { dag: dag.clone(), terms });
                self.roster.insert(dag, *source);
            }
            Message::DagGone(dag) => {
                self.roster.remove(&dag);
                step.matters.push(Matter::DagGone(dag));
            }
            Message::Ended(report) => {
                self.launched.forget(&report.attempt);
                step.events.push(Event::TaskEnded(report));
            }
            Message::Lost(attempt) => {
                self.launched.forget(&attempt);
                step.events.push(Event::HostLost(Held::Attempts(vec![attempt])));
            }
            Message::Cancel { run, reason } => step.events.push(Event::CancelRun { run, reason }),
            Message::Ask { request, reply } if matches!(*request, Request::Wait { .. }) => {
                self.watch(*request, reply)?;
            }
            Message::Ask { request, reply } if matches!(*request, Request::Trigger { .. }) => {
                let asked = Asked(Some(reply));
                match self.wanted_run(*request)? {
                    Ok(run) => step.wanted.push((run, asked)),
                    Err(refused) => step.then.push(Box::new(move || asked.answer(Err(refused)))),
                }
            }
            Message::Ask { request, reply } => {
                let asked = Asked(Some(reply));
                let answer = self.answer(*request, step)?;
                // The answer waits for the commit of what it led to.
                step.then.push(Box::new(move || asked.answer(answer)));
            }
            Message::Stop { grace } => self.begin_stop(grace, step),
            Message::Close => self.closed = true,
        }
        Ok(())
    }

    /// Takes up the runs that this process owns: those that ran lost their host, those that waited wait again.
    fn recover(&mut self, step: &mut Step) -> Result<(), StoreError> {
        let process = self.process;
        let (runs, backfills) =
            self.with_store(move |store| Ok((store.unfinished_runs(process)?, store.backfills()?)))?;
        let open: BTreeSet<_> = runs.iter().filter_map(|run| run.backfill).collect();
        for backfill in backfills {
            let (id, dag, max_active_runs) = (backfill.id, backfill.dag_id, backfill.max_active_runs);
            if open.contains(&id) {
                step.matters.push(Matter::BackfillAdded { id, dag, max_active_runs });
            } else if backfill.ended_at.is_none() {
                // Its last run ended, and its process before it could say so.
                let now = self.clock.now();
                self.with_store(move |store| store.end_backfill(id, false, now))?;
            }
        }
        let mut callbacks = Vec::new();
        for run in runs {
            let (dag, lane) = (run.dag_id.clone(), lane(&run));
            if run.callback.is_some() {
                callbacks.push(run);
            } else if run.state == RunState::Running {
                step.matters.push(Matter::Active { dag, run: run.key, lane });
                self.take_over(run.key, step)?;
            } else {
                step.matters.push(Matter::Queued { dag, run: run.key, lane });
            }
        }
        self.recover_callbacks(callbacks, step)
    }

    /// Drives a run whose process is gone: what ran there has lost its host.
    pub(super) fn take_over(&mut self, run: RunKey, step: &mut Step) -> Result<(), StoreError> {
        let active = self.active_attempts(run)?;
        if self.take_up(run, step)? {
            if let Some(driven) = self.driven.get(&run) {
                driven.observer.run_resumed(&driven.dag, &driven.run_id);
            }
            // By their names: what was only scheduled begins as soon as the planner has the run.
            step.events.push(Event::HostLost(Held::Attempts(active)));
        }
        Ok(())
    }

    /// The tries of a run that had begun when its process ended.
    fn active_attempts(&self, run: RunKey) -> Result<Vec<Attempt>, StoreError> {
        let instances = self.with_store(move |store| store.instances(run))?;
        let active = instances.into_iter().filter(|instance| instance.state.is_active()).map(|instance| Attempt {
            instance: InstanceKey { run, task: instance.task },
            try_number: instance.try_number,
            start_number: instance.start_number,
        });
        Ok(active.collect())
    }

    /// Drives a run that is kept. One whose DAG or components cannot be had any more is failed, and says so.
    pub(super) fn take_up(&mut self, run: RunKey, step: &mut Step) -> Result<bool, StoreError> {
        let (materials, now) = (Arc::clone(&self.materials), self.clock.now());
        let taken = self.with_store(|store| {
            let Some(record) = store.run(run)? else { return Ok(Err(None)) };
            match callbacks::dag_of(store, materials.as_ref(), &self.roster, &record)? {
                Ok(dag) => {
                    let past = load::past(store, materials.as_ref(), &record, &dag)?;
                    Ok(Ok(super::snapshot(&record, dag, &store.instances(run)?, past)))
                }
                Err(why) => {
                    store.abandon_run(run, &format!("it cannot go on: {why}"), now)?;
                    Ok(Err(Some(record.dag_id)))
                }
            }
        })?;
        let snapshot = match taken {
            Ok(snapshot) => snapshot,
            Err(dag) => {
                step.matters.push(Matter::Ended { run, state: RunState::Failed });
                step.pasts.extend(dag);
                self.tell_watchers(run, RunState::Failed);
                return Ok(false);
            }
        };
        self.drive(Box::new(snapshot), step);
        Ok(true)
    }

    /// Drives a run from what is kept of it, or was just made.
    pub(super) fn drive(&mut self, snapshot: Box<RunSnapshot>, step: &mut Step) {
        let (dag, run_id) = (Arc::clone(&snapshot.dag), snapshot.run_id.clone());
        self.observer.run_made(&dag, &run_id);
        self.driven.insert(snapshot.key, Driven { dag, run_id, observer: Arc::clone(&self.observer) });
        step.events.push(Event::RunAdded(snapshot));
    }
}

impl Loop {
    /// Answers when the run is at its end.
    fn watch(
        &mut self,
        request: Request,
        reply: oneshot::Sender<Result<Reply, RequestError>>,
    ) -> Result<(), StoreError> {
        let Request::Wait { dag, run } = request else { return Ok(()) };
        let (of, id) = (dag.clone(), run.clone());
        let answer = match self.with_store(move |store| store.find_run(&of, &id))? {
            None => Err(RequestError::NoSuchRun { dag, run }),
            Some(found) if found.state.is_finished() && !found.reprocess => Ok(Reply::Ended { state: found.state }),
            Some(found) if found.owner != self.process => Err(RequestError::Elsewhere { run }),
            Some(found) => {
                self.watchers.entry(found.key).or_default().push(Watcher::Asked(reply));
                return Ok(());
            }
        };
        let _ = reply.send(answer);
        Ok(())
    }
}

/// Who waits for the end of a run. Dropped without a word when the loop ends before the run.
pub(super) enum Watcher {
    /// Who gave the run to the loop.
    Run(oneshot::Sender<RunState>),
    /// Who asked for the end.
    Asked(oneshot::Sender<Result<Reply, RequestError>>),
}

impl Watcher {
    pub(super) fn tell(self, state: RunState) {
        // Who waited may have gone away.
        match self {
            Self::Run(ended) => drop(ended.send(state)),
            Self::Asked(reply) => drop(reply.send(Ok(Reply::Ended { state }))),
        }
    }
}

/// Who asked, and was heard: told that it failed, if nothing else is.
pub(super) struct Asked(Option<oneshot::Sender<Result<Reply, RequestError>>>);

impl Asked {
    pub(super) fn answer(mut self, answer: Result<Reply, RequestError>) {
        if let Some(reply) = self.0.take() {
            // Who asked may have gone away.
            let _ = reply.send(answer);
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take() {
            let _ = reply.send(Err(RequestError::Failed));
        }
    }
}

/// Whose room a run takes.
pub(super) fn lane(run: &RunRecord) -> Lane {
    run.backfill.map_or(Lane::Dag, Lane::Backfill)
}

fn terms(source: &Source) -> DagTerms {
    let settings = &source.dag.settings;
    DagTerms {
        timetable: settings.timetable.clone(),
        max_active_runs: settings.max_active_runs,
        max_consecutive_failed_runs: settings.max_consecutive_failed_dag_runs,
    }
}
