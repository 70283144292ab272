//! `dagwood dag …`.

mod check;
mod import_errors;
mod list;
mod next;
mod pause;
mod show;
mod versions;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// Check, show, list and pause DAGs
#[derive(Debug, Subcommand)]
pub enum DagCommand {
    /// Find every mistake of a DAG file, each with its place and a hint
    Check(check::CheckArgs),
    /// Show a DAG's tasks and what comes after what
    Show(show::ShowArgs),
    /// List the DAGs that were run or served
    List(list::ListArgs),
    /// Show which files of the served folder cannot be used, and why
    ImportErrors(import_errors::ImportErrorsArgs),
    /// Make no scheduled runs of a DAG; what runs goes on, triggered runs wait
    Pause(pause::PauseArgs),
    /// Make scheduled runs of a DAG again
    Unpause(pause::UnpauseArgs),
    /// List the versions of a DAG that are kept, newest first, or show one's text
    Versions(versions::VersionsArgs),
    /// Show when a DAG's next scheduled runs start, and what each is for
    Next(next::NextArgs),
}

/// Does it.
pub(super) fn run(command: DagCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        DagCommand::Check(args) => check::run(args, context),
        DagCommand::Show(args) => show::run(args, context),
        DagCommand::List(args) => list::run(args, context),
        DagCommand::ImportErrors(args) => import_errors::run(args, context),
        DagCommand::Pause(args) => pause::pause(args, context),
        DagCommand::Unpause(args) => pause::unpause(args, context),
        DagCommand::Versions(args) => versions::run(args, context),
        DagCommand::Next(args) => next::run(args, context),
    }
}
