//! `dagwood dag …`.

mod check;
mod list;
mod next;
mod show;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// Check, show and list DAGs
#[derive(Debug, Subcommand)]
pub enum DagCommand {
    /// Find every mistake of a DAG file, each with its place and a hint
    Check(check::CheckArgs),
    /// Show a DAG's tasks and what comes after what
    Show(show::ShowArgs),
    /// List the DAGs that were run or served
    List(list::ListArgs),
    /// Show when a DAG's next scheduled runs start, and what each is for
    Next(next::NextArgs),
}

/// Does it.
pub(super) fn run(command: DagCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        DagCommand::Check(args) => check::run(args, context),
        DagCommand::Show(args) => show::run(args, context),
        DagCommand::List(args) => list::run(args, context),
        DagCommand::Next(args) => next::run(args, context),
    }
}
