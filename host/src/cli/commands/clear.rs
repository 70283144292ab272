//! `dagwood clear` and `dagwood mark`: what people do to tasks.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::ask::{ask, done, unexpected};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell};
use crate::cli::target::{self, DagArg};
use crate::ids::{DagId, RunId, TaskId};
use crate::lifecycle::state::TaskState;
use crate::scheduler::request::Clear;
use crate::scheduler::{Reply, Request};

/// Run tasks of a run again; their earlier tries stay in their history
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The run's id, or `latest`
    run: String,
    /// The tasks; all if none is named
    #[arg(value_name = "TASK")]
    tasks: Vec<TaskId>,
    /// And all that comes before them
    #[arg(long, requires = "tasks")]
    upstream: bool,
    /// And all that comes after them
    #[arg(long, requires = "tasks")]
    downstream: bool,
    /// Of those only the failed and upstream_failed ones
    #[arg(long)]
    only_failed: bool,
    /// Only show which those are
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Cleared {
    dag_id: DagId,
    run_id: RunId,
    task_instances: Vec<ClearedTask>,
    total_entries: u64,
    dry_run: bool,
}

#[derive(Serialize)]
struct ClearedTask {
    task_id: TaskId,
    /// What it was.
    state: TaskState,
}

/// Clears them.
pub(super) fn clear(args: ClearArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let run = target::run_of_dag(host.store.as_ref(), &dag, &args.run)?.run_id;
        let ClearArgs { tasks, upstream, downstream, only_failed, dry_run, .. } = args;
        let (dag_id, run_id) = (dag.clone(), run.clone());
        let request = Clear { dag, run, tasks, upstream, downstream, only_failed, dry_run };
        let tasks = match ask(&host, Request::Clear(request)).await? {
            Reply::Cleared { tasks } => tasks,
            other => return Err(unexpected(&other)),
        };
        let task_instances: Vec<_> = tasks.into_iter().map(|(task_id, state)| ClearedTask { task_id, state }).collect();
        if args.json.json {
            let total_entries = task_instances.len() as u64;
            context.output.print_json(&Cleared { dag_id, run_id, task_instances, total_entries, dry_run })?;
        } else if task_instances.is_empty() {
            context.output.say("no task is meant: nothing is cleared");
        } else {
            let row = |task: &ClearedTask| vec![cell(task.task_id.as_str()), cell(task.state.as_str())];
            let header = ["task", if dry_run { "is" } else { "was" }];
            context.output.print(&table::render(&header, task_instances.iter().map(row), context.output.colours()))?;
        }
        Ok(Exit::Done)
    })
}

/// Take a task for a success or a failure, whatever it is
#[derive(Debug, Args)]
pub struct MarkArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The run's id, or `latest`
    run: String,
    /// The task
    task: TaskId,
    /// As what
    #[arg(value_enum)]
    state: MarkState,
    /// Why, for others
    #[arg(long, value_name = "TEXT", default_value = "marked by a person")]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MarkState {
    Success,
    Failed,
}

/// Marks it.
pub(super) fn mark(args: MarkArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let run = target::run_of_dag(host.store.as_ref(), &dag, &args.run)?.run_id;
        let (task, success) = (args.task, args.state == MarkState::Success);
        let word = if success { "success" } else { "failed" };
        let words = format!("`{task}` of {dag}/{run} is marked {word}");
        let reply = ask(&host, Request::Mark { dag, run, task, success, reason: args.reason }).await?;
        done(context, &words, &reply)
    })
}
