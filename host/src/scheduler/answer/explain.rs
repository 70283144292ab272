//! Why a DAG, a run or a task does or does not run, in lines for people.

use crate::dag::model::Dag;
use crate::ids::{DagId, InstanceKey, RunId, TaskId, TaskIx};
use crate::lifecycle::rules;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::agenda::Waiting;
use crate::planner::{Reason, Waits};
use crate::schedule::Pace;
use crate::scheduler::request::{Reply, RequestError};
use crate::scheduler::turn::Loop;
use crate::store::{DagRecord, RunFilter, RunRecord};
use crate::text::exact_bytes;

use super::{Answer, ask};

/// Said by a loop that only does what it is asked.
const NO_SERVER: &str = "no server runs on this home folder: nothing begins until there is one";

impl Loop {
    pub(super) fn explain(&mut self, dag: DagId, run: Option<RunId>, task: Option<TaskId>) -> Answer {
        let lines = match (run, task) {
            (None, _) => ask!(self.explain_dag(dag)?),
            (Some(run), None) => {
                let record = ask!(self.run_record(&dag, &run)?);
                self.explain_run(&record)
            }
            (Some(run), Some(task)) => {
                let record = ask!(self.run_record(&dag, &run)?);
                ask!(self.explain_task(&record, task)?)
            }
        };
        Ok(Ok(Reply::Explained { lines }))
    }

    fn explain_dag(&self, dag: DagId) -> Answer<Vec<String>> {
        let wanted = dag.clone();
        let (record, active) = self.with_store(move |store| {
            let record = store.dag(&wanted)?;
            let count = |state| {
                let filter = RunFilter {
                    dag_id: Some(wanted.clone()),
                    state: Some(state),
                    limit: Some(0),
                    ..RunFilter::default()
                };
                store.runs(&filter).map(|(_, total)| total)
            };
            Ok((record, (count(RunState::Running)?, count(RunState::Queued)?)))
        })?;
        let Some(record) = record else { return Ok(Err(RequestError::NoSuchDag { dag })) };
        let mut lines = self.schedule_lines(&record);
        lines.push(format!("{} runs are running, {} are queued", active.0, active.1));
        Ok(Ok(lines))
    }

    fn schedule_lines(&self, record: &DagRecord) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(reason) = &record.paused {
            lines.push(format!("it is paused ({reason}): no scheduled runs are made, and queued ones wait"));
        }
        if !self.begins_runs {
            lines.push(NO_SERVER.to_owned());
            return lines;
        }
        let Some(source) = self.roster.get(&record.dag_id) else {
            lines.push("no file of the served folder has it now: nothing is scheduled".to_owned());
            return lines;
        };
        let settings = &source.dag.settings;
        let (Some(timetable), Some(text)) = (&settings.timetable, &settings.schedule) else {
            lines.push("it has no schedule: it runs by hand only".to_owned());
            return lines;
        };
        let next = timetable.next_after(self.clock.now());
        lines.push(match (timetable.pace(), next, timetable.never()) {
            (Pace::Continuous(_), _, _) => {
                "it is @continuous: each run starts when the one before has ended".to_owned()
            }
            (Pace::Ticks, Some(next), _) => {
                format!("its schedule `{text}` ({}) ticks next at {next}", settings.timezone)
            }
            (Pace::Ticks, None, Some(why)) => format!("its schedule `{text}` never fires: {why}"),
            (Pace::Ticks, None, None) => format!("its schedule `{text}` has no tick any more"),
        });
        if record.paused.is_none() && next.is_some() && self.agenda.next_tick(&record.dag_id).is_none() {
            let limit = settings.max_active_runs;
            lines.push(format!("max_active_runs = {limit} is reached: the next run is made when one ends"));
        }
        lines
    }

    fn explain_run(&self, record: &RunRecord) -> Vec<String> {
        let mut lines = vec![format!("run `{}` is {}", record.run_id, record.state)];
        lines.extend(record.reason.clone());
        lines.extend(record.missed_deadline.map(|due| format!("it missed its deadline, which was {due}")));
        if !self.begins_runs && !record.state.is_finished() {
            lines.push(NO_SERVER.to_owned());
        }
        lines.extend(self.agenda.waits(record.key).map(|waiting| match waiting {
            Waiting::Paused => "it waits: its DAG is paused".to_owned(),
            Waiting::Gone => "it waits: no file of the served folder has its DAG now".to_owned(),
            Waiting::MaxActiveRuns { limit } => format!("it waits: max_active_runs = {limit} of its DAG is reached"),
            Waiting::BackfillMaxActiveRuns { limit } => {
                format!("it waits: max_active_runs = {limit} of its backfill is reached")
            }
        }));
        lines
    }

    fn explain_task(&self, record: &RunRecord, task: TaskId) -> Answer<Vec<String>> {
        let dag = ask!(self.dag_of(record)?);
        let place = dag.tasks.iter().zip((0..).map(TaskIx)).find(|(known, _)| known.id == task);
        let Some((_, ix)) = place else {
            return Ok(Err(RequestError::NoSuchTask { run: record.run_id.clone(), tasks: vec![task] }));
        };
        let mut lines = self.explain_run(record);
        match self.planner.explain(InstanceKey { run: record.key, task: ix }) {
            Some(waits) => lines.extend(task_lines(&dag, &task, &waits)),
            None => {
                let run = record.key;
                let kept = self.with_store(move |store| store.instances(run))?;
                let kept = kept.into_iter().find(|instance| instance.task_id == task);
                let state = kept.as_ref().map_or(TaskState::None, |instance| instance.state);
                lines.push(format!("task `{task}` is {state}"));
                lines.extend(kept.and_then(|instance| instance.problem).map(|problem| problem.message));
            }
        }
        Ok(Ok(lines))
    }
}

fn task_lines(dag: &Dag, task: &TaskId, waits: &Waits) -> Vec<String> {
    let mut lines = vec![format!("task `{task}` is {}", waits.state)];
    lines.extend(waits.reasons.iter().map(|reason| words(dag, reason)));
    if waits.reasons.is_empty() && !waits.state.is_finished() {
        lines.push("nothing holds it back".to_owned());
    }
    lines
}

fn states(dag: &Dag, tasks: &[(TaskIx, TaskState)]) -> String {
    let one = |(ix, state): &(TaskIx, TaskState)| {
        let id = dag.task(*ix).map_or("?", |task| task.id.as_str());
        format!("`{id}` is {state}")
    };
    tasks.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn words(dag: &Dag, reason: &Reason) -> String {
    match reason {
        Reason::Run(state) => format!("its run is {state}"),
        Reason::Branches(tasks) => format!("a branch may still leave it out: {}", states(dag, tasks)),
        Reason::Rule { rule, upstream } => {
            format!("its trigger rule {} is not decided: {}", rules::word(*rule), states(dag, upstream))
        }
        Reason::Data(tasks) => format!("it needs what these leave: {}", states(dag, tasks)),
        Reason::Past { run, with_downstream, task } => {
            let what = if *with_downstream { "that task and its direct downstreams" } else { "that task" };
            format!("the previous run (number {}) has it as {}: it waits until {what} succeed", run.0, task.state)
        }
        Reason::Due(wake) => format!("it goes on at {}", wake.at),
        Reason::ActiveTasks { active, max } => {
            format!("{active} tasks of its run are active, max_active_tasks = {max}")
        }
        Reason::TriesOverRuns { active, max } => {
            format!("{active} of its tries are active over all runs, max_active_tis_per_dag = {max}")
        }
        Reason::TriesInRun { active, max } => {
            format!("{active} of its tries are active in its run, max_active_tis_per_dagrun = {max}")
        }
        Reason::Pool { pool, wants, slots, holders } => match slots {
            None => format!("there is no pool `{pool}`: `dagwood pools set {pool} SLOTS` makes it"),
            Some(slots) => {
                let held: u32 = holders.iter().map(|holder| holder.slots).sum();
                format!("its pool `{pool}` has {slots} slots, {held} are held, and it wants {wants}")
            }
        },
        Reason::BehindInPool(_) => "another task is before it in its pool".to_owned(),
        Reason::Parallelism { tasks, max } => format!("{tasks} tasks run, parallelism = {max}"),
        Reason::Memory { wants_bytes, in_use_bytes, budget_bytes } => format!(
            "it may use {}, {} of {} are given out",
            exact_bytes(*wants_bytes),
            exact_bytes(*in_use_bytes),
            exact_bytes(*budget_bytes)
        ),
        Reason::Scratch { wants_bytes, in_use_bytes, budget_bytes } => format!(
            "it declares {} of `scratch`, {} of {} are given out",
            exact_bytes(*wants_bytes),
            exact_bytes(*in_use_bytes),
            exact_bytes(*budget_bytes)
        ),
        Reason::Behind(_) => "another task is before it and waits for memory or disk".to_owned(),
    }
}
