//! `dagwood explain`.

use clap::Args;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::ask::{ask, unexpected};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::target::{self, DagArg};
use crate::ids::{DagId, RunId, TaskId};
use crate::scheduler::{Reply, Request};
use crate::text;

/// Say why a DAG, a run or a task does or does not run
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The DAG: its id or its file
    dag: String,
    /// One of its runs, or `latest`
    run: Option<String>,
    /// A task of that run
    task: Option<TaskId>,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Explained {
    dag_id: DagId,
    run_id: Option<RunId>,
    task_id: Option<TaskId>,
    lines: Vec<String>,
}

/// Explains it.
pub(super) fn run(args: ExplainArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let run = args.run.as_deref().map(|run| target::run_of_dag(host.store.as_ref(), &dag, run)).transpose()?;
        let (run, task) = (run.map(|run| run.run_id), args.task);
        let request = Request::Explain { dag: dag.clone(), run: run.clone(), task: task.clone() };
        let lines = match ask(&host, request).await? {
            Reply::Explained { lines } => lines,
            other => return Err(unexpected(&other)),
        };
        if args.json.json {
            context.output.print_json(&Explained { dag_id: dag, run_id: run, task_id: task, lines })?;
        } else {
            let lines: Vec<_> = lines.iter().map(|line| text::one_line(line)).collect();
            context.output.print(&lines.join("\n"))?;
        }
        Ok(Exit::Done)
    })
}
