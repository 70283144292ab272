//! `dagwood runs cancel`.

use clap::Args;

use crate::cli::ask::{ask, done};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::target::{self, DagArg};
use crate::scheduler::Request;

/// End a run now: what runs is failed, what has not begun is skipped
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The run's id, or `latest`
    run: String,
    /// Why, for others
    #[arg(long, value_name = "TEXT", default_value = "cancelled by a person")]
    reason: String,
}

/// Cancels it.
pub(super) fn run(args: CancelArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let run = target::run_of_dag(host.store.as_ref(), &dag, &args.run)?.run_id;
        let words = format!("{dag}/{run} is cancelled");
        let reply = ask(&host, Request::Cancel { dag, run, reason: args.reason }).await?;
        done(context, &words, &reply)
    })
}
