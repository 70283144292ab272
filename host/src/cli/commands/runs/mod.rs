//! `dagwood runs …`.

mod cancel;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// List, show and cancel runs
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    List(list::ListArgs),
    /// Show a run with its tasks, or one of its tasks with all its tries
    Show(show::ShowArgs),
    /// End a run now: what runs is failed, what has not begun is skipped
    Cancel(cancel::CancelArgs),
}

/// Does it.
pub(super) fn run(command: RunsCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        RunsCommand::List(args) => list::run(args, context),
        RunsCommand::Show(args) => show::run(args, context),
        RunsCommand::Cancel(args) => cancel::run(args, context),
    }
}
