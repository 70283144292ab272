//! `dagwood dag pause` and `dagwood dag unpause`.

use clap::Args;

use crate::cli::ask::{ask, done};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::target::DagArg;
use crate::scheduler::Request;

/// Make no scheduled runs of a DAG; what runs goes on, triggered runs wait
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The DAG: its id or its file
    dag: String,
    /// Why, for others
    #[arg(long, value_name = "TEXT", default_value = "by a person")]
    reason: String,
}

/// Make scheduled runs of a DAG again
#[derive(Debug, Args)]
pub struct UnpauseArgs {
    /// The DAG: its id or its file
    dag: String,
}

/// Pauses it.
pub(super) fn pause(args: PauseArgs, context: &Context) -> Result<Exit, CliError> {
    set(&args.dag, Some(args.reason), "is paused", context)
}

/// Ends the pause.
pub(super) fn unpause(args: UnpauseArgs, context: &Context) -> Result<Exit, CliError> {
    set(&args.dag, None, "is not paused", context)
}

fn set(dag: &str, reason: Option<String>, words: &str, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(dag)?.id(host.store.as_ref())?;
        let reply = ask(&host, Request::Pause { dag: dag.clone(), reason }).await?;
        done(context, &format!("DAG `{dag}` {words}"), &reply)
    })
}
